"""Rules of people, one at a time: practice, morale, leaving, hiring."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_rules import keep, log, plain, quantile, uniforms, world

from orgsim.engine import people, streams
from orgsim.engine import records as r

# Practice and morale --------------------------------------------------------------------------------------------------


def test_pace_and_skill_grow_with_practice_around_talent() -> None:
    w = world()
    rep = w.reps[0]
    rep.talent, rep.practice = 0.6, 4.0
    mean = 1 / (1 + 0.15 * 12 / 12)
    for leaves, ramps, ramp, pace, skill in (
        (1, 1, 5.7, 1 - 0.6 * math.exp(-12 / 5.7), 0.6 + 0.2 * (1 - math.exp(-4 / 12) - mean)),
        (0, 1, 5.7, 1 - 0.6 * math.exp(-12 / 5.7), 0.6 + 0.2 * (1 - math.exp(-4 / 12) - 1)),
        (1, 1, 0.0, 1.0, 0.6 + 0.2 * (1 - math.exp(-4 / 12) - mean)), (1, 0, 5.7, 1.0, 0.6),
    ):  # fmt: skip
        w.arm[0].leaves, w.arm[0].ramps, w.p[0].people_ramp = leaves, ramps, ramp
        plain(people.come_up_to_speed)(w, rep)
        assert (rep.pace, rep.skill) == pytest.approx((pace, skill))
    w.arm[0].ramps = 1
    for talent, practice, skill in ((0.0, 0.0, 0.0), (1.0, 1e9, 1.0)):
        rep.talent, rep.practice = talent, practice
        plain(people.come_up_to_speed)(w, rep)
        assert rep.skill == skill


def test_a_week_of_usual_selling_is_12_52nds_of_a_month_of_practice_and_moods_are_followed_slowly() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    p.people_skill_growth = 0.0
    w.reps.practice, w.reps.talent, w.reps.morale = 5.0, 0.5, 0.3
    w.reps.vacant = 0, 0, 1
    w.reps.hours[0, :7] = p.rep_habit
    w.reps.hours[1, :7] = 1.0, 2.0, 0.0, 1.0, 9.0, 9.0, 9.0
    w.marketers.morale = 0.1
    firm.cooperation, firm.lift[r.MORALE] = 0.75, 0.2
    plain(people.practise)(w)
    usual = 2.3 + 1.28 + 6.6 + 1.96
    assert w.reps.practice == pytest.approx([5 + 12 / 52, 5 + 4 / usual * 12 / 52, 5.0])
    assert w.reps.pace[0] == pytest.approx(1 - 0.6 * math.exp(-3 * (5 + 12 / 52) / 5.7))
    assert w.reps.morale == pytest.approx([keep(26) * 0.3 + (1 - keep(26)) * 0.25] * 3)
    assert w.marketers.morale == pytest.approx([keep(26) * 0.1 + (1 - keep(26)) * 0.45] * 2)
    w.arm[0].held[r.MORALE] = 1
    w.marketers.morale = 0.1
    plain(people.practise)(w)
    assert w.marketers.morale.tolist() == [0.1, 0.1]
    p.rep_habit[:4] = 0.0
    before = w.reps.practice.copy()
    plain(people.practise)(w)
    assert w.reps.practice.tolist() == before.tolist(), "there is no usual week to measure by"


def test_marketers_morale_owes_something_to_their_place() -> None:
    w = world()
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    p.teams_recognition, p.teams_frustration, p.teams_unfairness = 0.3, 0.4, 0.05
    arm.recognised, arm.leaning, arm.disputes, firm.request_hours, firm.lift[r.MORALE] = 1.0, 0.5, 2.0, 7.0, 0.11
    assert plain(people.strain)(w) == pytest.approx(0.3 - 0.4 * 0.2 - 0.05 * 0.5 * 2 + 0.11)
    firm.request_hours = 70.0
    assert plain(people.strain)(w) == pytest.approx(0.3 - 0.4 - 0.05 + 0.11)


# Leaving --------------------------------------------------------------------------------------------------------------


def test_somebody_leaves_at_a_hazard_moved_by_pay_against_what_is_expected_and_by_morale() -> None:
    w = world()
    p, rep = w.p[0], w.reps[1]
    thinks = plain(people.thinks_of_leaving)
    rep.holder, rep.returns = 2, 7
    u = uniforms(w, streams.TURNOVER, 0, 1, 2, 7)[0]
    rep.expected, rep.recent, rep.morale = 4000.0, 3000.0, 0.4
    p.people_pay_sensitivity, p.people_morale_sensitivity = 2.0, 0.75
    hazard = -math.log(1 - u)
    rate = 12 * hazard / math.exp(2 * 0.25 - 0.75 * 0.4)
    assert not thinks(w, rep, r.REP_ROLE, rate * 0.999999)
    assert rep.returns == 8
    rep.returns = 7
    assert thinks(w, rep, r.REP_ROLE, rate * 1.000001)
    rep.returns, rep.expected = 7, 0.0
    rate = 12 * hazard / math.exp(-0.3)
    assert thinks(w, rep, r.REP_ROLE, rate * 1.000001)
    rep.returns = 7
    assert not thinks(w, rep, r.REP_ROLE, rate * 0.999999)
    rep.returns, rep.morale = 7, -100.0
    rate = 12 * hazard / math.exp(20)
    assert thinks(w, rep, r.REP_ROLE, rate * 1.000001)
    rep.returns = 7
    assert not thinks(w, rep, r.REP_ROLE, rate * 0.999999), "however angry, by e^20 at most"
    for vacant, leaves, rate in ((1, 0, 1e9), (0, 1, 1e9), (0, 0, 0.0)):
        rep.vacant, rep.leaves, rep.returns = vacant, leaves, 7
        assert not thinks(w, rep, r.REP_ROLE, rate)
        assert rep.returns == 7


def test_reps_and_marketers_leave_each_by_their_own_turnover_and_nobody_with_the_switch_off() -> None:
    for leaves, rep_rate, marketer_rate, expected in (
        (1, 1e9, 0.0, (1, 0)), (1, 0.0, 1e9, (0, 1)), (0, 1e9, 1e9, (0, 0)),
    ):  # fmt: skip
        w = world()
        w.arm[0].leaves = leaves
        w.p[0].people_rep_turnover, w.p[0].people_marketer_turnover = rep_rate, marketer_rate
        plain(people.decide_to_leave)(w)
        assert w.reps.leaves.tolist() == [expected[0] * r.QUITS] * 3
        assert w.marketers.leaves.tolist() == [expected[1] * r.QUITS] * 2


@pytest.mark.parametrize(("reason", "role"), [(r.QUITS, 0), (r.IS_DISMISSED, 0), (r.QUITS, 1)])
def test_a_seat_that_is_left_stands_empty_until_a_monday_some_weeks_on(reason: int, role: int) -> None:
    w = world(people__vacancy=2.5)
    person = (w.reps if role == 0 else w.marketers)[1]
    person.leaves = reason
    plain(people.vacate)(w, person, role, 24)
    stint = w.stints[person.stint]
    assert (stint.left, stint.reason, stint.role, stint.seat) == (25, reason, role, 1)
    assert (person.vacant, person.leaves, person.hired) == (1, r.STAYS, 25 + 15)
    assert person.hours.tolist() == [0.0] * r.VACANT + [35.0]
    assert log(w) == [(175.0, r.NOTE_QUIT, -1, -1, 1 if role == 0 else -1, reason)]
    month = w.months[1]
    expected = (int(reason == 2), int(reason == 1 and role == 0), int(role == 1))
    assert (month.dismissals, month.quits, month.marketer_quits) == expected


def test_who_leaves_is_paid_off_and_the_line_passes_to_the_stand_in() -> None:
    w = world()
    w.arm[0].leaves = 1
    rep = w.reps[1]
    component, standing = w.components[0], w.standings[1, 0]
    standing.got, standing.since = 1000.0, 20
    rep.leaves, rep.closing_balance, rep.lead_hours, rep.closing_hours, rep.wakes = r.QUITS, 3.0, 4.0, 5.0, 170.0
    rep.share = 0.1
    for k, status in enumerate((r.QUEUED, r.CLOSED, r.QUEUED)):
        lead = w.leads[k]
        lead.prospect, lead.key = k, 1.0
        plain(people.stand_in_line)(w, rep, k, 150.0 + k)
        lead.status = status
    w.firm[0].queued = 2
    plain(people.leave)(w, 24)
    assert rep.earned == math.floor(100 * component.rate * 1000 + 0.5)
    assert (standing.got, rep.vacant, rep.share, rep.closing_balance) == (0.0, 1, 0.0, 0.0)
    assert (rep.lead_hours, rep.closing_hours, rep.wakes) == (0.0, 0.0, np.inf)
    assert (rep.queue, w.reps[2].queue, w.firm[0].queued) == (-1, 0, 2)
    assert [w.leads[k].line for k in (0, 2)] == [2, 2]
    assert [w.leads[k].queued for k in (0, 2)] == [150.0, 152.0], "who has waited has waited"


def test_a_common_line_stays_and_an_empty_one_passes_nothing_on() -> None:
    for pooled, queue in ((1.0, 0), (0.0, -1)):
        w = world()
        w.p[0].contact_pooled = pooled
        w.reps[0].leaves, w.reps[0].wakes = r.QUITS, 170.0
        if queue == 0:
            plain(people.stand_in_line)(w, w.reps[0], 0, 150.0)
        plain(people.leave)(w, 24)
        assert (w.reps[0].queue, w.reps[0].wakes, w.reps[1].queue) == (queue, 170.0, -1)


def test_pay_that_begins_only_tomorrow_is_not_settled_and_a_marketer_takes_knowledge_along() -> None:
    w = world()
    w.p[0].teams_newcomers = 0.5
    w.firm[0].field_knowledge = 0.8
    w.reps[0].leaves = w.marketers[1].leaves = r.QUITS
    w.standings[0, 0].got, w.standings[0, 0].since = 1000.0, 25
    w.marketer_standings[1, 0].got, w.marketer_standings[1, 0].since = 10.0, 24
    plain(people.leave)(w, 24)
    assert (w.reps[0].earned, w.standings[0, 0].got) == (0, 1000.0)
    assert w.marketers[1].earned == math.floor(100 * w.marketer_components[0].rate * 10 + 0.5)
    assert w.marketer_standings[1, 0].got == 0.0
    assert w.firm[0].field_knowledge == pytest.approx(0.8 * (1 - 0.5 / 2))
    w.arm[0].held[r.FIELD_KNOWLEDGE] = 1
    plain(people.take_knowledge_along)(w)
    assert w.firm[0].field_knowledge == pytest.approx(0.6)


# Hiring ---------------------------------------------------------------------------------------------------------------


def test_a_plan_promises_base_pay_and_what_each_component_pays_at_what_is_expected_of_a_talent() -> None:
    w = world()
    component = w.components[0]
    promised = plain(people.prospective_pay)
    base = 46_000 * (1 - w.arm[0].rep_share)
    lift = 0.25 * 0.45 * 0.4
    for metric, scope, closes in ((r.NEW_REVENUE, r.OWN, 1.0), (r.WINS, r.OWN, 1.0), (r.NEW_REVENUE, r.TEAM, 0.0),
                                  (r.ALL_REVENUE, r.OWN, 1 - w.p[0].repeat_share), (r.MQLS, r.OWN, 0.0)):  # fmt: skip
        component.metric, component.scope = metric, scope
        paid = component.rate * component.quota * 0.95 * (1 + lift * closes)
        assert promised(w, 1, 0.9) == pytest.approx(base + paid)
    component.winners, component.prize, component.period = 2, 900.0, r.A_QUARTER
    assert promised(w, 1, 0.9) == pytest.approx(base + 4 * 900 * 2 / 3)


def test_a_plan_with_a_quota_promises_the_worth_of_a_usual_period() -> None:
    """A bonus at an attainment of 1/2, certain where many deals make up the quota and the forecast is sharp."""
    w = world()
    component, p = w.components[0], w.p[0]
    component.linear, component.knots, component.period = 0, 2, r.A_QUARTER
    component.at[:2], component.slope[:2], component.jump[:2] = (0.0, 0.5), (400.0, 0.0), (0.0, 700.0)
    component.metric, component.quota, p.effort_forecast_error, p.market_deal_value = r.NEW_REVENUE, 4e6, 1e-6, 1.0
    base = 46_000 * (1 - w.arm[0].rep_share)
    expected = 0.95 * (1 + 0.25 * 0.45 * -0.3)
    assert plain(people.prospective_pay)(w, 0, 0.2) == pytest.approx(base + 4 * (400 * expected + 700), rel=1e-4)


def test_of_the_applicants_the_one_comes_to_whom_the_plan_promises_most_beyond_what_is_offered_elsewhere() -> None:
    w = world()
    p = w.p[0]
    for number in (1.0, 2.0, 5.0):
        p.people_applicants = number
        for seat, holder in ((0, 1), (1, 3), (2, 9), (0, 4)):
            offers = []
            for n in range(int(number)):
                talent, elsewhere = uniforms(w, streams.REP, n, seat, holder, 0)[:2]
                surplus = plain(people.prospective_pay)(w, seat, talent) - 46_000 * 0.05 * quantile(elsewhere)
                offers.append((surplus, talent))
            assert plain(people.choose_applicant)(w, seat, holder) == max(offers)[1]


def test_a_new_rep_begins_without_experience_in_the_habit_week_expecting_pay_at_target() -> None:
    w = world()
    w.firm[0].hiring, w.firm[0].joint_rep = 1, 1.5
    rep = w.reps[1]
    for name in ("practice", "morale", "weeks", "accrued", "good", "bad", "year"):
        rep[name] = 3.0
    rep.returns, rep.advanced, rep.holder, rep.vacant, rep.hired, rep.quota = 4, 5, 6, 1, 40, 2.0
    rep.spent[:] = rep.credit[:] = 7.0
    rep.usual[:] = 8.0
    w.standings[1, 0].got, w.standings[1, 0].since = 9.0, 2
    stints = int(w.firm[0].stints)
    plain(people.hire)(w, 39)
    assert rep.vacant == 1, "not before its time"
    plain(people.hire)(w, 40)
    for name in ("morale", "weeks", "accrued", "good", "bad", "year", "practice", "returns", "advanced", "vacant"):
        assert rep[name] == 0
    assert (rep.holder, rep.hired, rep.quota) == (7, 40, 1.0)
    assert rep.talent == plain(people.choose_applicant)(w, 1, 7)
    assert rep.pace == pytest.approx(0.4)
    assert rep.expected == rep.recent == pytest.approx(46_000 / 12)
    assert not rep.spent.any()
    assert not rep.credit.any()
    assert not rep.usual.any()
    assert (rep.closing_since, rep.earliest) == (280.0, 280.0)
    at_work = 35 * (1 - 0.117) - 1.5
    assert rep.hours[:7] == pytest.approx(w.p[0].rep_habit * at_work / w.p[0].rep_habit.sum())
    assert rep.hours[7:].tolist() == pytest.approx([1.5, 35 * 0.117, 0.0])
    assert (w.standings[1, 0].got, w.standings[1, 0].since) == (0.0, 40)
    assert w.months[1].hires == 1
    assert log(w) == [(280.0, r.NOTE_HIRED, -1, -1, 1, 0)]
    assert w.firm[0].stints == stints + 1
    stint = w.stints[stints]
    assert rep.stint == stints
    assert (stint.role, stint.seat, stint.holder, stint.talent, stint.hired, stint.left, stint.reason) == (
        0, 1, 7, rep.talent, 40, -1, r.STAYS
    )  # fmt: skip
    assert not w.reps[0].holder, "and nobody else's seat is touched"


def test_nobody_is_hired_while_hiring_is_off() -> None:
    w = world()
    w.reps.vacant = w.marketers.vacant = 1
    w.reps.hired = w.marketers.hired = 0
    w.firm[0].hiring = 0
    plain(people.hire)(w, 40)
    assert w.reps.vacant.tolist() == [1, 1, 1]
    w.firm[0].hiring = 1
    plain(people.hire)(w, 40)
    assert w.reps.vacant.tolist() + w.marketers.vacant.tolist() == [0] * 5


def test_a_new_marketer_may_live_in_the_field_first_and_both_teams_gain_by_it() -> None:
    for weeks, until in ((0.0, 0), (2.5, 40 + 15)):
        w = world()
        p, firm = w.p[0], w.firm[0]
        p.teams_immersion, firm.hiring = weeks, 1
        w.marketers[0].vacant, w.marketers[0].hired = 1, 40
        w.marketer_standings[0, 0].got, w.marketer_standings[0, 0].since = 9.0, 2
        plain(people.hire)(w, 40)
        marketer = w.marketers[0]
        assert (marketer.away_until, marketer.expected) == (until, pytest.approx(42_000 / 12))
        assert (w.marketer_standings[0, 0].got, w.marketer_standings[0, 0].since) == (0.0, 40)
        assert log(w) == [(280.0, r.NOTE_HIRED, -1, -1, -1, 0)]
        if until:
            firm.field_knowledge, firm.goodwill = 0.5, 0.2
            plain(people.come_back_from_the_field)(w, 50)
            assert firm.field_knowledge == 0.5
            plain(people.come_back_from_the_field)(w, until)
            part = 2.5 / 4 / 2
            assert firm.field_knowledge == pytest.approx(0.5 + part * 0.3)
            assert firm.goodwill == pytest.approx(0.2 + part * 0.2)
            assert firm.cooperation == pytest.approx(1 / (1 + math.exp(-firm.goodwill)))
            firm.field_knowledge = 0.99
            plain(people.come_back_from_the_field)(w, until)
            assert firm.field_knowledge == 1.0
            w.arm[0].held[r.FIELD_KNOWLEDGE] = w.arm[0].held[r.COOPERATION] = 1
            firm.field_knowledge, firm.goodwill = 0.5, 0.2
            plain(people.come_back_from_the_field)(w, until)
            assert (firm.field_knowledge, firm.goodwill) == (0.5, 0.2)
            w.arm[0].held[:] = 0
            marketer.vacant = 1
            plain(people.come_back_from_the_field)(w, until)
            assert firm.field_knowledge == 0.5, "who has left again brings nothing back"


def test_staff_at_the_start_have_the_tenure_that_turnover_leaves() -> None:
    for leaves, turnover in ((1, 0.15), (1, 1e-9), (0, 0.15), (1, 0.0)):
        w = world()
        w.arm[0].leaves, w.p[0].people_rep_turnover = leaves, turnover
        w.firm[0].stints = 0
        plain(people.start_staff)(w)
        for rep in w.reps:
            talent, _, tenure, _ = uniforms(w, streams.REP, 0, rep.index, 0, 0)
            assert rep.talent == talent
            if leaves and turnover:
                months = min(600.0, -12 * math.log(tenure) / turnover)
                assert rep.practice == pytest.approx(months)
                assert rep.hired == -math.floor(months * 260 / 12)
            else:
                assert (rep.practice, rep.hired) == (1e9, -260)
            assert (rep.quota, rep.aim) == (1.0, 1.0)
            assert rep.expected == rep.recent == pytest.approx(46_000 / 12)
            assert rep.pace == pytest.approx(1 - 0.6 * math.exp(-3 * rep.practice / 5.7))
        for marketer in w.marketers:
            assert (marketer.pace, marketer.hired) == (1.0, -260)
            assert marketer.expected == marketer.recent == pytest.approx(42_000 / 12)
        assert w.stints.role[:5].tolist() == [0, 0, 0, 1, 1]
        assert w.stints.seat[:5].tolist() == [0, 1, 2, 0, 1]
