"""Rules of the score for hand-over, one at a time: what a chair sees and believes, and where its objective is best."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import chair, log, plain, world
from scipy import stats

from orgsim.engine import records as r
from orgsim.leadership import decide, threshold

PHI = stats.norm.cdf


# The score for hand-over ----------------------------------------------------------------------------------------------


def test_the_hours_a_lead_takes_are_those_of_all_its_attempts_and_of_a_talk_if_one_succeeds() -> None:
    w = world()
    p = w.p[0]
    p.contact_attempts, p.contact_reach = 3.0, 0.4
    attempts = 1 + 0.6 + 0.36
    assert plain(threshold.hours_per_lead)(p) == pytest.approx(0.1 * attempts + 0.85 * (1 - 0.6**3))


@pytest.mark.parametrize(
    ("z", "cutoff", "rho"), [(-1.0, 0.2, 0.5), (0.5, 0.075, 0.3), (1.5, -0.5, 0.7), (0.0, 0.5, 0.0)]
)
def test_the_share_of_leads_that_pass_and_are_good_is_a_bivariate_normal_probability(
    z: float, cutoff: float, rho: float
) -> None:
    both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([-z, -cutoff])
    assert plain(threshold.good_above)(z, cutoff, rho) == pytest.approx(both, abs=2e-3)
    spread = math.sqrt(1 - rho * rho)
    low = PHI(z)
    u = np.clip(low + np.arange(17) * (1 - low) / 16, 1e-9, 1 - 1e-9)
    weights = np.array([1, *[4, 2] * 7, 4, 1])
    simpson = (weights * PHI((rho * stats.norm.ppf(u) - cutoff) / spread)).sum() * (1 - low) / 48
    assert plain(threshold.good_above)(z, cutoff, rho) == pytest.approx(simpson, rel=1e-9)


def test_a_perfect_score_tells_good_leads_apart() -> None:
    assert plain(threshold.good_above)(1.0, 0.0, 1.0) == pytest.approx(1 - PHI(1), rel=1e-6)


def seen(w: Any) -> None:
    """Sixty-five days of ten leads each, but for the first, of one mean and spread, with four planned hours a day."""
    w.days.raw, w.days.scores, w.days.squares, w.days.lead_hours = 10.0, 5.0, 42.5, 4.0
    w.days[0].raw = w.days[0].scores = w.days[0].squares = 0.0
    w.days[0].lead_hours = 0.0


def test_leaders_look_back_a_quarter_as_late_as_they_see() -> None:
    w = world()
    look = plain(threshold.look_up)
    w.days.raw = np.arange(w.days.size) % 7
    w.days.scores = w.days.raw * 0.5
    w.days.squares = w.days.raw * 4.25
    w.days.lead_hours = np.arange(w.days.size)
    for day, delay, first, last in ((100, 0.0, 35, 100), (100, 14.2, 20, 85), (70, 15.0, 0, 55), (66, 0.0, 1, 66)):
        days = np.arange(first, last)
        raw, mean, spread, hours = look(w, day, delay)
        weeks = len(days) / 5
        assert raw == pytest.approx((days % 7).sum() / weeks)
        assert (mean, spread) == pytest.approx((0.5, 2.0))
        assert hours == pytest.approx(days.sum() / weeks)
    w.days.raw = w.days.scores = w.days.squares = 0.0
    assert look(w, 100, 0.0)[:3] == (0.0, 0.0, 1.0)
    assert look(w, 10, 20.0)[0] == 0.0, "nothing is seen before anything has happened"
    w.days.raw, w.days.scores, w.days.squares = 1.0, 2.0, 4.0
    assert look(w, 100, 0.0)[2] == pytest.approx(1e-6), "a spread of nothing is kept apart from nothing"


def test_a_good_lead_is_worth_its_margin_as_the_chair_believes_it() -> None:
    w = world()
    one = chair(w, 0, candidate=2)
    candidate = w.candidates[2]
    candidate.selling, candidate.sales_error, candidate.sales_seen = 0.6, 1.3, 5.0
    w.arm[0].noise, w.firm[0].lift[r.ADVICE] = 0.5, 3.0
    worth = 0.24 * 0.45 * 25_000 * math.exp(0.5 * math.exp(-0.3) * 1.3 / 3)
    assert plain(threshold.believed_lead_worth)(w, one) == pytest.approx(worth)


def test_what_a_threshold_is_worth_weighs_the_firms_margin_against_the_chairs_own_number() -> None:
    w = world()
    p, arm = w.p[0], w.arm[0]
    arm.counts_mqls, arm.counts_sqls, arm.counts_revenue = 0.5, 0.3, 0.2
    z, raw, rho, worth = 0.4, 20.0, 0.5, 2000.0
    objective = plain(threshold.lead_objective)
    cutoff = stats.norm.ppf(1 - 0.47)
    for capacity in (3.0, 100.0):
        passing = raw * (1 - PHI(z))
        worked = min(capacity, passing)
        good = worked * raw * plain(threshold.good_above)(z, cutoff, rho) / passing
        firm = worth * good - 46 * plain(threshold.hours_per_lead)(p) * worked
        accepted = good * 0.97 + (worked - good) * 0.08
        marketing = 0.5 * 353 * passing + 0.3 * 944 * accepted + 0.2 * firm
        for leads, own in ((r.LEADS_MARKETING, marketing), (r.LEADS_SALES, worth * good), (r.LEADS_BOTH, firm),
                           (r.LEADS_HEADS, firm)):  # fmt: skip
            one = chair(w, 0, leads=leads, firm_weight=0.3)
            found = objective(w, one, z, raw, capacity, rho, worth)
            assert found == pytest.approx(0.3 * firm + 0.7 * own)
    assert objective(w, one, 9.0, raw, 3.0, rho, worth) == 0.0, "where nothing passes"


def test_the_best_threshold_is_the_maximum_of_the_chairs_objective_in_spreads_of_the_scores_seen() -> None:
    for leads, weight, hour_worth, sight in (
        (r.LEADS_BOTH, 1.0, 46.0, 10.0), (r.LEADS_SALES, 0.3, 46.0, 10.0), (r.LEADS_MARKETING, 0.3, 900.0, 0.0),
        (r.LEADS_BOTH, 1.0, 4000.0, 0.0),
    ):  # fmt: skip
        w = world()
        p, arm, firm = w.p[0], w.arm[0], w.firm[0]
        seen(w)
        arm.noise, arm.sight, p.leadership_hour_worth = 0.0, sight, hour_worth
        arm.counts_mqls, arm.counts_sqls, arm.counts_revenue = 0.0, 0.5, 0.5
        firm.definition, firm.info, p.lead_noise = 0.6, 0.8, 1.2
        one = chair(w, 0, leads=leads, firm_weight=weight)
        found = plain(threshold.best_threshold)(w, one, 100)
        rho = 0.6 / math.sqrt(1 + 1.44 / 1.8)
        capacity = 20 / plain(threshold.hours_per_lead)(p)
        worth = plain(threshold.believed_lead_worth)(w, one)
        grid = np.linspace(-6, 4, 2001)
        value = [plain(threshold.lead_objective)(w, one, z, 50.0, capacity, rho, worth) for z in grid]
        assert (found - 0.5) / 2 == pytest.approx(grid[int(np.argmax(value))], abs=0.011)
        assert plain(decide.view_of_chair)(w, 0, 1, 100) == found


def test_each_head_sees_the_own_unit_at_once_and_the_other_late() -> None:
    """Marketing's days count twice as many leads, and sales' hours half, since day 90; who sees them sets another
    threshold."""
    found = {}
    for leads in (r.LEADS_SALES, r.LEADS_MARKETING, r.LEADS_BOTH):
        for changed in ("", "marketing", "sales"):
            w = world()
            seen(w)
            w.arm[0].noise, w.arm[0].sight = 0.0, 10.0
            if changed == "marketing":
                w.days.scores[90:] += 40.0
                w.days.squares[90:] += 400.0
            if changed == "sales":
                w.days.lead_hours[90:] = 400.0
            one = chair(w, 0, leads=leads, firm_weight=1.0)
            found[leads, changed] = plain(threshold.best_threshold)(w, one, 100)
    for leads, sees in ((r.LEADS_SALES, ("sales",)), (r.LEADS_MARKETING, ("marketing",)), (r.LEADS_BOTH, ())):
        for changed in ("marketing", "sales"):
            assert (found[leads, changed] != found[leads, ""]) == (changed in sees)


def test_at_once_is_to_the_day_before() -> None:
    for leads in (r.LEADS_SALES, r.LEADS_MARKETING):
        found = []
        for changed in (False, True):
            w = world()
            seen(w)
            w.arm[0].noise, w.arm[0].sight = 0.0, 10.0
            if changed and leads == r.LEADS_SALES:
                w.days[99].lead_hours = 4000.0
            if changed and leads == r.LEADS_MARKETING:
                w.days[99].scores += 4.0
            found.append(plain(threshold.best_threshold)(w, chair(w, 0, leads=leads, firm_weight=1.0), 100))
        assert found[0] != found[1]


def test_without_leads_to_look_at_the_threshold_in_force_is_best_and_with_free_calls_all_can_be_worked() -> None:
    w = world()
    w.firm[0].threshold = 0.7
    assert plain(threshold.best_threshold)(w, w.chairs[0], 100) == 0.7
    seen(w)
    w.p[0].contact_attempt_time = w.p[0].contact_talk_time = 0.0
    one = chair(w, 0, leads=r.LEADS_BOTH, firm_weight=1.0)
    assert PHI((plain(threshold.best_threshold)(w, one, 100) - 0.5) / 2) < 0.01, "hand nearly all over"


def test_the_threshold_moves_by_the_rights_to_it_once_there_is_a_quarter_to_look_back_on() -> None:
    def views(w: Any) -> list[float]:
        return [float(plain(threshold.best_threshold)(w, w.chairs[k], 70)) for k in range(3)]

    for change, target in (
        ({}, lambda best: best[0]), ({"threshold": r.BOTH_HEADS}, lambda best: -1 + 0.7 * (1 - -1)),
        ({"threshold_proposals": 1}, lambda best: best[0] + 0.5 * (0.4 - best[0])),
        ({"threshold_adviser": (1, -1, -1)}, lambda best: best[0] + 0.2 * (best[1] - best[0])),
        ({"threshold_adviser": (-1, 0, -1), "threshold": 1}, lambda best: best[1] + 0.2 * (best[0] - best[1])),
        ({"threshold_veto": 1}, lambda best: decide_veto(best[0], best[1])),
        ({"threshold_veto": 0, "threshold": 1}, lambda best: decide_veto(best[1], best[0])),
        ({"taken": (0, 1)}, lambda best: 0.2),
    ):  # fmt: skip
        w = world()
        arm, firm = w.arm[0], w.firm[0]
        seen(w)
        arm.noise, arm.attention, firm.adoption, arm.voice, arm.sight = 0.0, 0, 0.4, 0.7, 0.0
        arm.threshold, arm.threshold_proposals, arm.threshold_veto = 0, 0, -1
        arm.threshold_adviser[:] = -1
        arm.taken[:] = 0
        arm.sales_chair, arm.marketing_chair = 0, 1
        arm.counts_mqls, arm.counts_sqls, arm.counts_revenue = 1.0, 0.0, 0.0
        chair(w, 0, leads=r.LEADS_SALES, firm_weight=1.0)
        chair(w, 1, leads=r.LEADS_MARKETING, firm_weight=0.0)
        for name, value in change.items():
            arm[name] = value
        best = views(w)
        firm.threshold, firm.threshold_by_sales, firm.threshold_by_marketing = 0.2, 1.0, -1.0
        plain(decide.decide_threshold)(w, 64)
        assert (firm.threshold, log(w)) == (0.2, [])
        plain(decide.decide_threshold)(w, 70)
        assert firm.threshold == pytest.approx(0.2 + 0.4 * (target(best) - 0.2)), change
        together = "threshold_proposals" in change or change.get("threshold") == r.BOTH_HEADS
        proposed = (best[0], best[1]) if together else (1.0, -1.0)
        assert (firm.threshold_by_sales, firm.threshold_by_marketing) == pytest.approx(proposed)
        right = change.get("threshold", 0)
        assert log(w) == [(490.0, r.NOTE_THRESHOLD, -1, -1, right, int(firm.threshold * 1e6))]
    w = world()
    seen(w)
    w.arm[0].threshold, w.arm[0].attention = 0, 0
    w.firm[0].adoption = 1.0
    plain(decide.decide_threshold)(w, 65)
    assert len(log(w)) == 1, "from day 65 on"


def decide_veto(target: float, theirs: float, now: float = 0.2) -> float:
    """Where a lever goes under a veto (docs/odd.md, 7.6)."""
    if (target - now) * (theirs - now) <= 0:
        return now
    return min(target, theirs, key=lambda x: abs(x - now))
