"""Word of mouth: customers tell others, who buy because these did (E4: Bass 1969)."""

from __future__ import annotations

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note
from orgsim.engine.compile import rule
from orgsim.engine.market import need_opens
from orgsim.engine.needs import await_word, lift_of
from orgsim.engine.records import CUSTOMER, IDLE, NOTE_TOLD
from orgsim.engine.streams import uniforms


@rule
def tells(w, day, i, time, told):
    """A customer tells an account of its segment; if that has no need open, it has one now, and knows us."""
    prospect = w.prospects[i]
    if prospect.state != CUSTOMER or prospect.told != told:
        return
    segment = w.segments[prospect.segment]
    _, u_whom, _, _ = uniforms(w.firm[0], streams.WORD, prospect.segment, prospect.index, 0, told)
    other = segment.first + np.int64(u_whom * segment.reach)
    friend = w.prospects[other]
    note(w, time, NOTE_TOLD, other, -1, -1, 0)
    if friend.state == IDLE:
        friend.lift = lift_of(segment, 1.0 - segment.awareness)
        need_opens(w, day, other, time)
    await_word(w, day, i, time)
