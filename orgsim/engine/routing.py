"""Which rep a lead goes to: an even split, territories, or what a rep has shown (A3)."""

from __future__ import annotations

import numpy as np

from orgsim.engine import streams
from orgsim.engine.compile import rule
from orgsim.engine.records import EVEN, NEW_REVENUE, PERFORMANCE, REPEAT_REVENUE, TERRITORY
from orgsim.engine.streams import uniforms

LONGEST_CLAIM = 600.0  # months of practice that count, where nobody ever leaves


@rule
def routed(w, prospect, lead):
    """Which seat a lead goes to: the account's own, its territory's, or by chance in proportion to last results or to
    practice (A3)."""
    firm = w.firm[0]
    if firm.routing == EVEN:
        return np.int64(prospect.owner)
    if firm.routing == TERRITORY:
        place = w.segments[prospect.segment].first + prospect.index
        return np.int64(place * w.reps.size // w.prospects.size)
    total = 0.0
    for rep in w.reps:
        total += claim(firm, rep)
    if total <= 0.0:
        return np.int64(prospect.owner)
    u, _, _, _ = uniforms(firm, streams.ROUTING, prospect.segment, prospect.index, lead.ordinal, 0)
    reached = 0.0
    for r in range(w.reps.size):
        reached += claim(firm, w.reps[r])
        if u * total < reached:
            return np.int64(r)
    return np.int64(w.reps.size - 1)


@rule
def claim(firm, rep):
    """What gives a rep a claim to leads, under routing by last results or by practice."""
    if firm.routing == PERFORMANCE:
        return max(0.0, rep.usual[NEW_REVENUE] + rep.usual[REPEAT_REVENUE])
    return min(LONGEST_CLAIM, rep.practice)
