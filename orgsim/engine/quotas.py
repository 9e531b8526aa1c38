"""Quotas: how they follow a year's results, what they are off their mark, and who is spared."""

from __future__ import annotations

import math

from orgsim.engine import streams
from orgsim.engine.compile import rule
from orgsim.engine.payroll import write_settlement
from orgsim.engine.records import DAYS_PER_YEAR, HOURS_PER_DAY, IS_DISMISSED, REP_ROLE, REVIEW_OF_YEAR
from orgsim.engine.streams import normal_quantile, uniforms
from orgsim.engine.teams import quota_error

SHORTEST, LONGEST = 0.2, 5.0  # bounds of a quota's factor


@rule
def paid_on_unit(w):
    """Weight of the unit's own number in what moves the leader who sets quotas."""
    return 1.0 - w.chairs[w.arm[0].quota].firm_weight


@rule
def is_spared(w, rep, day):
    """Whether a poor performer is spared by a leader whose own number suffers: quota cut, no dismissal (A23)."""
    p = w.p[0]
    u, _, _, _ = uniforms(w.firm[0], streams.TURNOVER, 2, rep.index, rep.holder, day // DAYS_PER_YEAR)
    return u < p.quotas_gaming * paid_on_unit(w)


@rule
def aim_quotas(w, day):
    """What a quota is off its mark: the scale that its holder sets, and an error, new each year, that joint planning
    takes away (D13)."""
    firm = w.firm[0]
    error = quota_error(w)
    for rep in w.reps:
        rep.aim = firm.quota_scale
        if error > 0.0:
            u, _, _, _ = uniforms(firm, streams.QUOTA, 0, rep.index, 0, day // DAYS_PER_YEAR)
            rep.aim *= math.exp(error * normal_quantile(u))


@rule
def review_year(w, day):
    """At year's end, for who has been there all year: quotas follow results, up more than down (A22). The warm-up, in
    which the pipeline fills, is not judged."""
    p, arm = w.p[0], w.arm[0]
    firm = w.firm[0]
    judged = firm.phase_first * HOURS_PER_DAY >= firm.horizon_start and day + 1 - DAYS_PER_YEAR >= firm.phase_first
    for r in range(w.reps.size):
        rep = w.reps[r]
        if judged and not rep.vacant and rep.hired <= day + 1 - DAYS_PER_YEAR:
            quota = p.quota_per_rep * rep.quota * rep.aim
            reached = rep.year / quota
            write_settlement(w, day, REP_ROLE, r, REVIEW_OF_YEAR, rep.year, quota, 0)
            factor = rep.quota
            if reached < p.quotas_poor:
                if is_spared(w, rep, day):
                    factor *= reached
                elif arm.leaves:
                    rep.leaves = IS_DISMISSED
            elif reached >= 1.0:
                factor *= 1.0 + p.quotas_up * (reached - 1.0)
            else:
                factor *= 1.0 - p.quotas_down * (1.0 - reached)
            if arm.ratchets:
                rep.quota = min(LONGEST, max(SHORTEST, factor))
        rep.year = 0.0
