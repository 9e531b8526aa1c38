"""Rules of quotas, one at a time: their aim, the year's review, who is spared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import above, plain, quantile, uniforms, world

from orgsim.engine import quotas, streams
from orgsim.engine import records as r

# Practice and morale --------------------------------------------------------------------------------------------------


# Quotas ---------------------------------------------------------------------------------------------------------------


def test_quotas_are_off_their_mark_by_a_scale_and_an_error_of_the_year_that_foresight_takes_away() -> None:
    w = world()
    firm = w.firm[0]
    firm.quota_scale = 1.2
    plain(quotas.aim_quotas)(w, 300)
    assert w.reps.aim.tolist() == [1.2] * 3
    w.p[0].teams_quota_error, firm.lift[r.FORESIGHT] = 0.4, 0.25
    plain(quotas.aim_quotas)(w, 300)
    error = [quantile(uniforms(w, streams.QUOTA, 0, seat, 0, 1)[0]) for seat in range(3)]
    assert w.reps.aim == pytest.approx([1.2 * math.exp(0.3 * z) for z in error])


def judged(w: Any) -> None:
    """A world whose year up to day 519 lies in a phase of the horizon."""
    w.firm[0].phase_first, w.firm[0].horizon_start = 260, 1820.0
    w.reps.hired, w.reps.aim, w.reps.quota = 0, 1.25, 0.8


def test_quotas_follow_a_year_up_more_than_down_within_bounds() -> None:
    w = world()
    judged(w)
    w.arm[0].ratchets, w.arm[0].leaves = 1, 0
    w.p[0].quotas_gaming = 0.0
    w.reps.year = np.array([1.0, 1.4, 0.5]) * 660_000
    settled = int(w.firm[0].settled)
    plain(quotas.review_year)(w, 519)
    assert w.reps.quota == pytest.approx([0.8, 0.8 * 1.2, 0.8 * 0.9])
    assert w.reps.year.tolist() == [0.0] * 3
    rows = w.settled[settled : settled + 3]
    assert w.firm[0].settled == settled + 3
    assert rows.component.tolist() == [r.REVIEW_OF_YEAR] * 3
    assert rows.got == pytest.approx([660_000, 924_000, 330_000])
    assert rows.quota == pytest.approx([660_000] * 3)
    assert (rows.person.tolist(), rows.day.tolist(), rows.role.tolist()) == ([0, 1, 2], [519] * 3, [0] * 3)
    w.reps.year, w.reps.quota, w.reps.aim = 1e9, 0.8, 1.25
    plain(quotas.review_year)(w, 519)
    assert w.reps.quota.tolist() == [5.0] * 3
    w.p[0].quotas_down, w.p[0].quotas_poor = 1.0, 0.0
    w.reps.year, w.reps.quota, w.reps.aim = 1000.0, 0.8, 1.25
    plain(quotas.review_year)(w, 519)
    assert w.reps.quota.tolist() == [0.2] * 3
    w.arm[0].ratchets = 0
    w.reps.year, w.reps.quota = 1e6, 0.7
    plain(quotas.review_year)(w, 519)
    assert w.reps.quota.tolist() == [0.7] * 3


def test_a_poor_performer_is_dismissed_or_spared_with_a_lower_quota_by_a_leader_paid_on_the_units_number() -> None:
    w = world()
    w.chairs[w.arm[0].quota].firm_weight = 0.3
    assert plain(quotas.paid_on_unit)(w) == pytest.approx(0.7)
    u = uniforms(w, streams.TURNOVER, 2, 1, 4, 1)[0]
    for gaming, leaves, spared in ((u / 0.7 * 1.000001, 1, True), (u / 0.7 * 0.999999, 1, False),
                                   (u / 0.7 * 0.999999, 0, False)):  # fmt: skip
        judged(w)
        w.arm[0].ratchets, w.arm[0].leaves, w.p[0].quotas_gaming = 1, leaves, gaming
        w.reps.leaves, w.reps.holder = 0, 4
        w.reps.year = 660_000.0, 0.49 * 660_000, 660_000.0
        plain(quotas.review_year)(w, 519)
        assert w.reps[1].leaves == (r.IS_DISMISSED if leaves and not spared else 0)
        assert w.reps[1].quota == pytest.approx(0.8 * (0.49 if spared else 1.0))
        assert w.reps.leaves[[0, 2]].tolist() == [0, 0]


def test_a_year_is_judged_only_where_it_lies_in_the_horizon_and_somebody_was_there_all_of_it() -> None:
    for phase, start, hired, vacant, is_judged in (
        (260, 1820.0, 260, 0, True), (261, 1820.0, 0, 0, False), (260, 1827.0, 0, 0, False),
        (260, 1820.0, 261, 0, False), (260, 1820.0, 0, 1, False),
    ):  # fmt: skip
        w = world()
        judged(w)
        w.arm[0].ratchets = 1
        w.firm[0].phase_first, w.firm[0].horizon_start = phase, start
        w.reps.hired, w.reps.vacant, w.reps.year = hired, vacant, 2 * 660_000.0
        plain(quotas.review_year)(w, 519)
        assert w.reps.quota == pytest.approx([0.8 * 1.5 if is_judged else 0.8] * 3)
        assert w.reps.year.tolist() == [0.0] * 3


def test_luck_that_is_just_enough_is_enough() -> None:
    """Chances are compared strictly: a chance equal to the uniform is not enough, the next number above it is."""
    w = world()
    u = uniforms(w, streams.TURNOVER, 2, 0, 0, 0)[0]
    w.chairs[w.arm[0].quota].firm_weight = 0.0
    for gaming, spared in ((u, False), (above(u), True)):
        w.p[0].quotas_gaming = gaming
        assert plain(quotas.is_spared)(w, w.reps[0], 0) == spared
