"""Rules of bounded leaders, one at a time: attention, beliefs, levers, vetoes, the year."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import chair, log, plain, world
from scipy import stats

from orgsim.engine import records as r
from orgsim.leadership import decide

PHI = stats.norm.cdf


# Attention and pace ---------------------------------------------------------------------------------------------------


def test_attention_is_what_escalated_deals_and_devices_leave_for_each_report() -> None:
    w = world()
    firm = w.firm[0]
    firm.late_opportunities, firm.joint_head = 8, 3.0
    of = plain(decide.attention)
    one = chair(w, 0, span=4.0, escalation_share=0.5, leads=r.LEADS_SALES)
    assert of(w, one, 42) == pytest.approx((25 - 0.15 * 1.5 * 8 * 0.5 - 3) / 4)
    assert of(w, one, 43) == pytest.approx((25 - 2 * 0.15 * 1.5 * 8 * 0.5 - 3) / 4)
    assert of(w, one, 65) == of(w, one, 42)
    assert of(w, one, 65 + 43) == of(w, one, 43)
    one.leads = r.LEADS_HEADS
    assert of(w, one, 42) == pytest.approx((25 - 0.15 * 1.5 * 8 * 0.5) / 4)
    firm.late_opportunities = 9999
    assert of(w, one, 42) == 0.0


def test_leaders_hours_of_a_month_are_for_development_and_in_the_field_but_the_chief_executives() -> None:
    w = world()
    firm = w.firm[0]
    firm.late_opportunities, firm.joint_head = 10, 4.0
    chair(w, 0, span=4.0, escalation_share=1.0, leads=r.LEADS_SALES)
    chair(w, 1, span=2.0, escalation_share=0.0, leads=r.LEADS_HEADS)
    month = w.months[1]
    month.development_hours, month.field_hours = 1.0, 2.0
    plain(decide.log_hours)(w, 22)
    weeks = 21 / 5
    escalated = 0.15 * 1.5 * 10
    assert w.arm[0].chief == 2
    assert month.development_hours == pytest.approx(1 + weeks * ((25 - escalated - 4) + 25))
    assert month.field_hours == pytest.approx(2 + weeks * escalated)
    plain(decide.log_hours)(w, int(np.searchsorted(w.month_of, w.month_of[-1])))
    last = w.months[int(w.month_of[-1])]
    assert last.development_hours > 0, "the last month ends with the calendar"
    days = int((w.month_of == w.month_of[-1]).sum())
    busy = 2.0 if (len(w.month_of) - days) % 65 >= 43 else 1.0
    assert last.field_hours == pytest.approx(days / 5 * min(25 - 4.0, busy * escalated))
    firm.late_opportunities = 9999
    firm.joint_head = 40.0
    w.months[2].development_hours = w.months[2].field_hours = 0.0
    plain(decide.log_hours)(w, 43)
    assert (w.months[2].development_hours, w.months[2].field_hours) == pytest.approx((22 / 5 * 25, 0.0)), (
        "no more than all of a leader's hours go into devices"
    )


def test_pace_falls_with_reports_and_with_a_new_structure_and_is_the_slower_of_two_who_hold_a_right_jointly() -> None:
    w = world()
    arm, firm = w.arm[0], w.firm[0]
    chair(w, 0, span=30.0, escalation_share=0.0, leads=r.LEADS_SALES)
    chair(w, 1, span=10.0, escalation_share=0.0, leads=r.LEADS_MARKETING)
    firm.adoption, w.p[0].leadership_attention_scale, firm.joint_head = 0.6, 2.0, 0.0
    paces = [0.6 * (1 - math.exp(-25 / span / 2)) for span in (30, 10)]
    pace = plain(decide.pace_of)
    assert [pace(w, k, 0) for k in (0, 1)] == pytest.approx(paces)
    arm.sales_chair, arm.marketing_chair = 0, 1
    assert pace(w, r.BOTH_HEADS, 0) == pytest.approx(paces[0])
    arm.sales_chair, arm.marketing_chair = 1, 0
    assert pace(w, r.BOTH_HEADS, 0) == pytest.approx(paces[0])
    assert plain(decide.pace_of_chair)(w, 1, 0) == pytest.approx(paces[1])
    assert plain(decide.attention_of)(w, 1, 0) == pytest.approx(2.5)
    arm.attention = 0
    assert pace(w, 0, 0) == 0.6


def test_who_is_paid_on_the_year_reckons_with_what_is_left_of_it() -> None:
    w = world()
    months = plain(decide.horizon_of)
    one = chair(w, 0, horizon=9.0, year_weight=0.0)
    assert months(w, one, 250) == 9.0
    one.year_weight = 0.4
    assert months(w, one, 0) == 9.0
    assert months(w, one, 195) == pytest.approx(9 + 0.4 * (3 - 9))
    assert months(w, one, 260 + 208) == pytest.approx(9 + 0.4 * (2.4 - 9))


# Beliefs and levers ---------------------------------------------------------------------------------------------------


def test_a_leader_believes_in_brand_by_background_and_error_both_of_which_experience_and_advice_shrink() -> None:
    w = world()
    one = chair(w, 0, prior=0.6, candidate=3)
    candidate = w.candidates[3]
    candidate.marketing, candidate.error, candidate.marketing_seen = 0.8, -1.2, 5.0
    w.arm[0].noise, w.firm[0].lift[r.ADVICE] = 0.5, 3.0
    off = (math.log(0.6) + 0.5 * math.exp(-0.4) * -1.2) / 3
    assert plain(decide.believed_brand_yield)(w, one) == pytest.approx(1.75 * math.exp(off))


def test_the_best_split_is_the_maximum_of_what_is_believed_and_counted() -> None:
    w = world()
    one = chair(w, 0, prior=1.0, horizon=6.0, year_weight=0.0)
    w.arm[0].noise, w.p[0].leadership_brand_yield, w.p[0].brand_exponent = 0.0, 1.4, 0.3
    b = 1.4 * (1 - math.exp(-6 / 9))
    shares = np.linspace(1e-6, 1 - 1e-6, 200_001)
    best = shares[np.argmax(b * shares**0.3 + (1 - shares) ** 0.3)]
    found = plain(decide.best_brand_share)(w, one, 0)
    assert found == pytest.approx(best, abs=1e-5)
    assert plain(decide.view_of_chair)(w, 0, 0, 0) == found
    w.p[0].brand_exponent = 1.0
    for b, share in ((1.0, 0.0), (2.5, 1.0)):
        w.p[0].leadership_brand_yield = b
        assert plain(decide.best_brand_share)(w, one, 0) == share
    w.p[0].leadership_brand_yield = 1 / (1 - math.exp(-6 / 9))
    assert plain(decide.best_brand_share)(w, one, 0) in (0.0, 1.0)


def test_a_right_on_proposals_bends_ones_own_view_and_a_joint_one_is_a_vote() -> None:
    w = world()
    w.arm[0].voice = 0.7
    settle = plain(decide.settle)
    assert settle(w, 0, 0, 0.2, 0.9, 0.5) == 0.2
    assert settle(w, 0, 1, 0.2, 0.9, 0.5) == pytest.approx(0.2 + 0.5 * (0.78 - 0.2))
    assert settle(w, r.BOTH_HEADS, 0, 0.2, 0.9, 0.5) == pytest.approx(0.78)


def test_a_veto_stops_a_lever_at_the_others_best_and_where_that_lies_on_the_other_side() -> None:
    for stopped in (decide.stopped_by_veto, decide.stop):
        for now, target, theirs, end in (
            (0.5, 0.8, 0.9, 0.8), (0.5, 0.8, 0.6, 0.6), (0.5, 0.8, 0.4, 0.5), (0.5, 0.2, 0.1, 0.2),
            (0.5, 0.2, 0.3, 0.3), (0.5, 0.2, 0.7, 0.5), (0.5, 0.5, 0.7, 0.5), (0.5, 0.8, 0.5, 0.5),
        ):  # fmt: skip
            assert plain(stopped)(now, target, theirs) == end


def budget_world() -> tuple[Any, list[float]]:
    """Three chairs of different views of the budget; no attention limits: pace = adoption = .4."""
    w = world()
    arm, firm = w.arm[0], w.firm[0]
    arm.noise, arm.attention, firm.adoption, arm.voice = 0.0, 0, 0.4, 0.7
    arm.budget, arm.budget_proposals, arm.budget_veto = 0, 0, -1
    arm.budget_adviser[:] = -1
    arm.taken[:] = 0
    arm.sales_chair, arm.marketing_chair, arm.hours_chair = 0, 1, 2
    for k, prior in enumerate((0.5, 1.5, 0.9)):
        chair(w, k, prior=prior, year_weight=0.0, candidate=k)
    w.candidates.marketing_seen = 0.0
    firm.brand_share, firm.budget_by_sales, firm.budget_by_marketing = 0.5, 0.2, 0.6
    return w, [float(plain(decide.best_brand_share)(w, w.chairs[k], 40)) for k in range(3)]


def test_the_budget_moves_towards_what_comes_out_of_the_right_to_it_and_both_heads_propose_anew() -> None:
    for change, target in (
        ({}, lambda best: best[0]), ({"budget": 1}, lambda best: best[1]),
        ({"budget_proposals": 1}, lambda best: best[0] + 0.5 * (0.6 + 0.7 * (0.2 - 0.6) - best[0])),
        ({"budget": r.BOTH_HEADS}, lambda best: 0.6 + 0.7 * (0.2 - 0.6)),
        ({"budget_adviser": (1, -1, 2)},
         lambda best: (best[0] + 0.2 * (best[1] - best[0])) * 0.8 + 0.2 * best[2]),
        ({"budget_adviser": (0, -1, -1), "budget": 1}, lambda best: best[1] + 0.2 * (best[0] - best[1])),
        ({"budget_veto": 0, "budget": 1}, lambda best: 0.5), ({"taken": (1, 0)}, lambda best: 0.5),
        ({"budget_veto": 1, "budget": 1}, lambda best: best[1]),
    ):  # fmt: skip
        w, best = budget_world()
        for name, value in change.items():
            w.arm[0][name] = value
        assert best[0] < 0.5 < best[1]
        plain(decide.decide_budget)(w, 40)
        firm = w.firm[0]
        assert firm.brand_share == pytest.approx(0.5 + 0.4 * (target(best) - 0.5)), change
        assert (firm.budget_by_sales, firm.budget_by_marketing, firm.brand_hours) == pytest.approx(tuple(best))
        right = change.get("budget", 0)
        assert log(w) == [(280.0, r.NOTE_BUDGET, -1, -1, right, int(firm.brand_share * 1e6))]


def test_near_the_end_of_a_year_that_pay_hangs_on_the_programme_is_cut_to_what_still_brings_as_much() -> None:
    w, _ = budget_world()
    arm, firm, p = w.arm[0], w.firm[0], w.p[0]
    day = 208  # 2.4 months are left
    for holder, right in ((0, 0), (1, r.BOTH_HEADS)):
        arm.budget = right
        w.chairs.year_weight = 0.0
        chair(w, holder, horizon=6.0, year_weight=0.5)
        months = 6 + 0.5 * (2.4 - 6)
        soon = 8 * 12 / 52
        brand = (1 - math.exp(-months / 9)) / (1 - math.exp(-6 / 9))
        active = (1 - math.exp(-months / soon)) / (1 - math.exp(-6 / soon))
        plain(decide.decide_programme)(w, day)
        assert firm.programme_scale == pytest.approx(0.5 * brand**2 + 0.5 * active**2)
    p.brand_exponent = 1.0
    plain(decide.decide_programme)(w, day)
    assert firm.programme_scale == 1.0
    p.brand_exponent, firm.programme_set, firm.programme_scale = 0.5, 1, 0.123
    plain(decide.decide_programme)(w, day)
    assert firm.programme_scale == 0.123, "what a leader of the user's has set is not cut by rule"
    firm.programme_set = 0
    w.chairs.year_weight = 0.0
    plain(decide.decide_programme)(w, day)
    assert firm.programme_scale == 1.0


# The month ------------------------------------------------------------------------------------------------------------


def test_leaders_decide_in_months_of_review_and_have_then_seen_a_month_more_of_what_they_lead() -> None:
    for day, review, decides, decided in ((0, 1, 1, True), (22, 2, 1, False), (43, 2, 1, True), (43, 1, 0, False)):
        w = world()
        arm, firm = w.arm[0], w.firm[0]
        firm.phase_first, arm.review, arm.decides, firm.lift[r.EVIDENCE] = 0, review, decides, 0.25
        assert plain(decide.due)(w, day) == (int(w.month_of[day]) % review == 0)
        arm.attention, firm.adoption, firm.brand_share, firm.programme_scale = 0, 1.0, 0.99, 0.5
        w.candidates.sales_seen = w.candidates.marketing_seen = 1.0
        for k, leads in enumerate((r.LEADS_SALES, r.LEADS_MARKETING, r.LEADS_HEADS)):
            chair(w, k, leads=leads, candidate=2 * k, year_weight=0.0)
        plain(decide.decide_month)(w, day)
        assert (firm.brand_share != 0.99) == decided
        assert firm.programme_scale == (1.0 if decided else 0.5)
        more = 1.25 if decides else 0.0
        assert w.candidates.sales_seen - 1 == pytest.approx([more, 0, 0, 0, more, 0])
        assert w.candidates.marketing_seen - 1 == pytest.approx([0, 0, more, 0, more, 0])


def test_a_director_of_both_sees_both_and_a_review_counts_from_the_first_month_of_the_phase() -> None:
    w = world()
    w.candidates.sales_seen = w.candidates.marketing_seen = 0.0
    chair(w, 0, leads=r.LEADS_BOTH, candidate=1)
    chair(w, 1, leads=r.LEADS_SALES, candidate=1)
    chair(w, 2, leads=r.LEADS_MARKETING, candidate=1)
    plain(decide.decide_month)(w, 0)
    assert w.candidates.sales_seen.tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert w.candidates.marketing_seen.tolist() == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    w.firm[0].phase_first, w.arm[0].review = 22, 3
    assert [plain(decide.due)(w, day) for day in (22, 43, 65, 87)] == [True, False, False, True]


def test_on_the_first_day_of_a_month_leaders_look_around_and_devices_start_in_months_of_review() -> None:
    for day, decides, starts in ((0, 1, True), (22, 1, False), (0, 0, False)):
        w = world()
        w.firm[0].phase_first, w.arm[0].review, w.arm[0].decides = 0, 2, decides
        w.devices.named = 0
        w.devices[0].named, w.devices[0].trigger, w.devices[0].running = 1, 99.0, 0
        w.firm[0].alignment = -1.0
        plain(decide.look_around)(w, day)
        assert w.firm[0].alignment > 0
        assert w.months[int(w.month_of[day])].development_hours > 0
        assert w.devices[0].running == starts
