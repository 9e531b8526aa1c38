"""Rules of hours, one at a time: the week, habit and its bending, moving to the week and booking it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from plain_rules import keep, plain, world
from scipy import stats

from orgsim.engine import effort, week
from orgsim.engine import records as r

number = st.floats


def phi(z: float) -> float:
    return float(stats.norm.cdf(z))


# The week -------------------------------------------------------------------------------------------------------------


def wanted(habit: list[float], costs: list[float], value: list[float], total: float) -> tuple[Any, Any]:
    """Hours wanted, and the scratch week."""
    scratch = np.zeros((week.SCRATCH, r.EFFORT))
    scratch[week.HABIT], scratch[week.VALUE] = habit, value
    plain(effort.prepare)(scratch, np.array(costs))
    plain(week.wanted_week)(scratch, total, 15.0, 0.3)
    return scratch[week.WANTED], scratch


HABIT = [4.0, 6.0, 2.0, 5.0, 0.0, 8.0, 5.0]


def marginal(hours: Any, habit: Any, costs: Any, value: Any, priced: Any) -> Any:
    """Value less marginal cost of an hour, by the matrix C of docs/odd.md, 7.4."""
    root = np.sqrt(np.array(habit)[priced] / np.array(costs)[priced])
    cost = 15 * (0.7 * np.eye(len(root)) + 0.3) / np.outer(root, root)
    return np.array(value)[priced] - cost @ (np.array(hours) - habit)[priced]


def test_roots_are_those_of_habit_over_cost() -> None:
    scratch = np.zeros((week.SCRATCH, r.EFFORT))
    scratch[week.HABIT] = HABIT
    plain(effort.prepare)(scratch, np.array([1.0, 2.0, 0.5, 1.0, 1.0, 0.0, 4.0]))
    assert scratch[week.ROOT] == pytest.approx([2.0, math.sqrt(3), 2.0, math.sqrt(5), 0.0, 0.0, math.sqrt(1.25)])


def test_in_the_wanted_week_every_hour_that_is_worked_is_worth_the_same_less_its_cost() -> None:
    costs = [1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.5]
    value = [3.0, 1.0, -2.0, 0.0, 50.0, 1.0, 2.0]
    hours, _ = wanted(HABIT, costs, value, 29.0)
    assert hours.sum() == pytest.approx(29.0)
    assert hours[4] == 0.0, "what nobody is in the habit of is not begun"
    priced = [0, 1, 2, 3, 5, 6]
    left = marginal(hours, HABIT, costs, value, priced)
    assert left == pytest.approx([left[0]] * 6)


def test_an_activity_that_would_fall_below_nothing_is_dropped_and_the_rest_stay_even() -> None:
    costs = [1.0] * 7
    value = [9.0, 0.0, -40.0, 0.0, 0.0, 0.0, -30.0]
    hours, scratch = wanted(HABIT, costs, value, 30.0)
    assert hours[2] == hours[6] == 0.0
    assert scratch[week.AT_ZERO].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    left = marginal(hours, HABIT, costs, value, [0, 1, 2, 3, 5, 6])
    assert left[[0, 1, 3, 4]] == pytest.approx([left[0]] * 4)
    assert (left[[2, 5]] < left[0]).all()


def test_free_activities_share_what_the_others_leave_and_get_nothing_where_they_leave_nothing() -> None:
    costs = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    value = [3.0, 0.0, 1.0, 0.0, 0.0, 9.0, 9.0]
    hours, _ = wanted(HABIT, costs, value, 40.0)
    left = marginal(hours, HABIT, costs, value, [0, 1, 2, 3])
    assert left == pytest.approx([0.0] * 4), "an hour that could be free has no price"
    assert hours.sum() == pytest.approx(40.0)
    assert hours[5] / hours[6] == pytest.approx(8 / 5)
    hours, _ = wanted(HABIT, costs, value, 12.0)
    assert hours.sum() == pytest.approx(12.0)
    assert hours[5] == hours[6] == 0.0
    left = marginal(hours, HABIT, costs, value, [0, 1, 2, 3])
    assert left == pytest.approx([left[0]] * 4)


def test_leaving_habit_costs_half_the_quadratic_form() -> None:
    costs = [1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.5]
    hours, scratch = wanted(HABIT, costs, [3.0, 1.0, -2.0, 0.0, 5.0, 1.0, 2.0], 29.0)
    priced = [0, 1, 2, 3, 5, 6]
    root = np.sqrt(np.array(HABIT)[priced] / np.array(costs)[priced])
    cost = 15 * (0.7 * np.eye(6) + 0.3) / np.outer(root, root)
    moved = (hours - HABIT)[priced]
    assert plain(week.cost_of_week)(scratch, 15.0, 0.3) == pytest.approx(moved @ cost @ moved / 2)


# Habit and its bending ------------------------------------------------------------------------------------------------


def test_a_directive_bends_habit_by_its_weight_and_keeps_the_sum() -> None:
    habit = np.array(HABIT)
    multiples = np.array([2.0, 1.0, 0.0, 1.0, 3.0, 0.5, 1.0])
    plain(effort.direct)(habit, multiples, 0.5)
    bent = np.array(HABIT) * (1 + 0.5 * (multiples - 1))
    assert habit == pytest.approx(bent * sum(HABIT) / bent.sum())
    habit = np.array(HABIT)
    plain(effort.direct)(habit, multiples, 1.5)
    bent = np.array(HABIT) * np.maximum(0, 1 + 1.5 * (multiples - 1))
    assert habit == pytest.approx(bent * sum(HABIT) / bent.sum())
    habit = np.array(HABIT)
    plain(effort.direct)(habit, np.full(7, -9.0), 1.0)
    assert habit.tolist() == HABIT, "a directive that leaves nothing is not followed"


def test_hours_at_work_are_those_of_the_week_less_absence_and_joint_work() -> None:
    w = world()
    assert plain(effort.hours_at_work)(w, 2.0) == pytest.approx(35 * 0.883 - 2)


def flat(w: Any) -> None:
    """Pay on which no hour tells: what is wanted is habit, scaled to the hours at work."""
    w.components.rate = w.marketer_components.rate = 0.0
    w.components.linear = w.marketer_components.linear = 1


def test_a_reps_habit_follows_cooperation_commitment_directive_and_checks() -> None:
    w = world()
    flat(w)
    p, firm = w.p[0], w.firm[0]
    firm.cooperation, firm.lift[r.COMMITMENT] = 0.75, 0.1
    plain(effort.rep_week)(w, 1, 0)
    habit = p.rep_habit.copy()
    habit[r.REP_LEADS] *= (1 + 0.5 * 0.25) * math.exp(0.1)
    habit[r.REP_LOGGING] *= 1 + 0.5 * 0.25
    assert w.week[week.HABIT] == pytest.approx(habit)
    assert w.week[week.ROOT] == pytest.approx(np.sqrt(habit))
    assert w.week[week.WANTED].sum() == pytest.approx(plain(effort.hours_at_work)(w, firm.joint_rep))
    firm.directed = 1
    firm.rep_directive[:] = 2.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0
    plain(effort.rep_week)(w, 1, 0)
    bent = habit * (1 + 0.3 * (firm.rep_directive - 1))
    assert w.week[week.HABIT] == pytest.approx(bent * habit.sum() / bent.sum())
    firm.directed, firm.cooperation, p.cooperation_follow_up, p.cooperation_logging = 0, 0.3, 4.0, 5.0
    plain(effort.rep_week)(w, 1, 0)
    assert w.week[week.HABIT, [r.REP_LEADS, r.REP_LOGGING]].tolist() == [0.0, 0.0]


def test_checked_work_is_worth_what_hangs_on_it_for_the_week_and_no_longer() -> None:
    w = world()
    flat(w)
    plain(effort.rep_week)(w, 1, 0)
    before = w.week[week.WANTED].copy()
    w.arm[0].compliance = 2.0
    plain(effort.rep_week)(w, 1, 0)
    value = np.zeros(7)
    value[[r.REP_LEADS, r.REP_LOGGING]] = 2.0
    assert w.week[week.VALUE] == pytest.approx(value)
    assert (w.week[week.WANTED] - before)[[r.REP_LEADS, r.REP_LOGGING]].min() > 0
    assert not w.week[week.BASE].any()


def test_what_counts_of_later_yields_falls_with_the_persons_horizon() -> None:
    w = world()
    plain(effort.sooner_or_later)(w, w.p[0].rep_delay)
    assert w.sooner.tolist() == [1.0] * 7
    w.p[0].effort_horizon = 6.0
    plain(effort.sooner_or_later)(w, w.p[0].rep_delay)
    assert w.sooner == pytest.approx(np.exp(-w.p[0].rep_delay / 26))


def test_the_reference_week_is_habit_then_the_firms_usual_week_and_ones_own() -> None:
    w = world()
    firm, rep = w.firm[0], w.reps[1]
    rep.spent[:], rep.weeks = np.arange(7) * 10.0, 8.0
    firm.usual_spent[:] = np.arange(7) + 5.0
    for learns, weeks, expected in (
        (1, 4.0, (52 * (np.arange(7) + 5) / 4 + np.arange(7) * 10) / 60), (1, 0.0, w.p[0].rep_habit),
        (0, 4.0, w.p[0].rep_habit),
    ):  # fmt: skip
        w.arm[0].learns, firm.usual_rep_weeks = learns, weeks
        plain(effort.rep_reference)(w, rep)
        assert w.week[week.REFERENCE] == pytest.approx(expected)


def test_a_marketers_habit_is_split_as_the_leader_has_it_and_in_part_as_who_directs_hours_would() -> None:
    w = world()
    flat(w)
    p, firm = w.p[0], w.firm[0]
    p.marketer_habit[[r.BRAND, r.ACTIVATION]] = 6.0, 4.0
    firm.brand_share, firm.brand_hours = 0.7, 0.2
    for share in (0.0, 0.25):
        p.leadership_directs_hours = share
        plain(effort.marketer_week)(w, 0, 0)
        split = []
        for aim in (0.7, 0.2):
            o, q = 6 / 0.46 * aim, 4 / 0.54 * (1 - aim)
            split.append(10 * o / (o + q))
        directed = split[0] + share * (split[1] - split[0])
        brand = 6 + 0.3 * (directed - 6)
        habit = p.marketer_habit.copy()
        habit[[r.BRAND, r.ACTIVATION]] = brand, 10 - brand
        assert w.week[week.HABIT] == pytest.approx(habit)
    firm.directed = 1
    firm.marketer_directive[:] = 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 0.0
    plain(effort.marketer_week)(w, 0, 0)
    bent = habit * (1 + 0.3 * (firm.marketer_directive - 1))
    assert w.week[week.HABIT] == pytest.approx(bent * habit.sum() / bent.sum())
    firm.directed = 0
    for share, both in ((0.0, 10.0), (1.0, 10.0), (0.46, 0.0)):
        p.money_brand_share = share
        p.marketer_habit[[r.BRAND, r.ACTIVATION]] = both * 0.6, both * 0.4
        plain(effort.marketer_week)(w, 0, 0)
        assert w.week[week.HABIT] == pytest.approx(p.marketer_habit)


def test_a_split_of_nothing_leaves_habit_as_it_is() -> None:
    """All goes to brand by habit, and the lever stands at nothing for brand: there is nothing to share."""
    w = world()
    flat(w)
    w.p[0].marketer_habit[[r.BRAND, r.ACTIVATION]] = 9.0, 0.0
    for directs in (0.0, 0.5):
        w.p[0].leadership_directs_hours = directs
        w.firm[0].brand_share = w.firm[0].brand_hours = 0.0
        plain(effort.marketer_week)(w, 0, 0)
        assert w.week[week.HABIT, [r.BRAND, r.ACTIVATION]].tolist() == [9.0, 0.0]


def test_service_comes_out_of_a_marketers_habit_last_requests_first() -> None:
    w = world()
    flat(w)
    p, firm = w.p[0], w.firm[0]
    firm.brand_share = 0.46
    firm.request_hours, w.arm[0].services_hours, p.teams_priority = 2.0, 1.0, 0.5
    plain(effort.marketer_week)(w, 0, 0)
    habit = p.marketer_habit.copy()
    strategic = [r.BRAND, r.INSIGHT, r.ENABLE]
    habit[strategic] *= 1 - 1.0 / 11
    other = [i for i in range(7) if i != r.SERVE]
    habit[other] *= 1 - 1.0 / habit[other].sum()
    habit[other] *= 1 - 1.0 / habit[other].sum()
    habit[r.SERVE] += 3.0
    assert w.week[week.HABIT] == pytest.approx(habit)


# Moving to the week, booking it ---------------------------------------------------------------------------------------


def test_hours_move_towards_the_wanted_week_and_add_up_to_those_at_work() -> None:
    w = world()
    rep = w.reps[0]
    rep.hours[:] = 0.0
    rep.hours[:7] = [3.0, 2.0, 6.0, 2.0, 2.0, 10.0, 4.0]
    target = np.array([5.0, 1.0, 7.0, 2.0, 2.0, 10.0, 2.0])
    plain(effort.move_towards)(rep, target, 29.0, 1.5, 4.0, 0.25)
    assert rep.hours[:7] == pytest.approx([3.5, 1.75, 6.25, 2.0, 2.0, 10.0, 3.5])
    assert rep.hours[7:].tolist() == [1.5, 4.0, 0.0]
    plain(effort.move_towards)(rep, target, 14.5, 1.5, 4.0, 1.0)
    assert rep.hours[:7] == pytest.approx(target / 2)


def test_everyone_in_a_seat_plans_the_week_and_reps_know_their_share_for_calls_and_their_care() -> None:
    w = world()
    flat(w)
    w.reps.vacant = 0, 1, 0
    w.reps.hours[1] = 0.0
    w.reps.hours[1, r.VACANT] = 35.0
    w.reps.customers, w.reps.pace = (20, 20, 0), (0.8, 0.8, 0.8)
    w.marketers.vacant, w.marketers.away_until = (0, 0), (0, 11)
    plain(effort.plan_week)(w, 1.0, 10)
    at_work = plain(effort.hours_at_work)(w, w.firm[0].joint_rep)
    for rep in w.reps[[0, 2]]:
        assert rep.hours[:7].sum() == pytest.approx(at_work)
        assert rep.hours[7:].tolist() == pytest.approx([w.firm[0].joint_rep, 35 * 0.117, 0.0])
        assert rep.share == pytest.approx(rep.hours[r.REP_LEADS] / 35)
    assert w.reps.hours[1].tolist() == [0.0] * 9 + [35.0]
    care = w.reps.hours[0, r.REP_CUSTOMERS] * 0.8 / (2.2 * 20 / 52)
    assert w.reps.care == pytest.approx([min(1.5, care), 0.0, 1.0])
    assert w.marketers.hours[0, :7].sum() == pytest.approx(plain(effort.hours_at_work)(w, w.firm[0].joint_marketer))
    assert w.marketers.hours[1].tolist() == pytest.approx([0.0] * 7 + [35 * 0.883, 35 * 0.117, 0.0])
    plain(effort.plan_week)(w, 1.0, 11)
    assert w.marketers.hours[1, :7].sum() > 20, "back from the field"


def test_the_week_wanted_and_where_pay_stands_are_kept_for_the_record() -> None:
    w = world()
    w.week[week.WANTED] = np.arange(7.0)
    w.forecasts.got = 0.0, 0.25, 0.5, 0.75, 0, 0, 0, 0
    component = w.components[0]
    for scope, linear, metric, attainment in (
        (r.OWN, 0, r.WINS, 0.0), (r.TEAM, 0, r.WINS, math.nan), (r.OWN, 1, r.WINS, math.nan),
        (r.OWN, 0, r.HOURS_OF, math.nan),
    ):  # fmt: skip
        component.scope, component.linear, component.metric = scope, linear, metric
        plain(effort.remember_week)(w, 1, 12)
        assert w.weeks[2, 1] == pytest.approx([6.0, attainment], nan_ok=True)


def test_the_gap_to_the_wanted_week_closes_by_half_in_its_half_life() -> None:
    w = world()
    assert plain(effort.adjustment)(w.p[0]) == pytest.approx(1 - keep(3))
    w.p[0].effort_half_life = 0.0
    assert plain(effort.adjustment)(w.p[0]) == 1.0


def test_contact_with_customers_is_care_nurturing_and_what_devices_add_within_bounds() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    w.reps.care = 0.4, 0.8, 1.2
    plain(effort.keep_in_touch)(w)
    assert w.reps.care.tolist() == [0.4, 0.8, 1.2]
    p.customers_marketing_share, firm.focus = 0.25, 0.9
    w.marketers.hours[:, r.QUALIFY] = 4.0, 5.0
    plain(effort.keep_in_touch)(w)
    nurtured = 0.9 * 9 / 10
    assert w.reps.care == pytest.approx([0.75 * c + 0.25 * nurtured for c in (0.4, 0.8, 1.2)])
    w.marketers.hours[:, r.QUALIFY], w.reps.care = 500.0, 1.0
    plain(effort.keep_in_touch)(w)
    assert w.reps.care == pytest.approx([0.75 + 0.25 * 1.5] * 3)
    p.customers_marketing_share, firm.lift[r.CONTACT], w.reps.care = 0.0, -0.5, (0.4, 0.8, 1.2)
    plain(effort.keep_in_touch)(w)
    assert w.reps.care == pytest.approx([0.0, 0.3, 0.7])
    firm.lift[r.CONTACT], w.reps.care = 0.5, (0.4, 0.8, 1.2)
    plain(effort.keep_in_touch)(w)
    assert w.reps.care == pytest.approx([0.9, 1.3, 1.5])
    w.arm[0].held[r.CONTACT] = 1
    plain(effort.keep_in_touch)(w)
    assert w.reps.care.tolist() == [1.0] * 3


def test_every_hour_is_booked_once_and_planned_selling_without_work_is_slack() -> None:
    w = world()
    w.rep_hours[:] = w.marketer_hours[:] = 1.0
    w.reps.hours[:] = [2.0, 1.0, 6.0, 2.0, 2.0, 11.0, 5.0, 1.0, 4.0, 1.0]
    w.reps.lead_hours, w.reps.closing_hours = (1.5, 9.0, 4.0), (6.5, 1.0, 20.0)
    plain(effort.book_week)(w, 2, 9)
    booked = w.rep_hours[2] - 1
    assert booked.sum(axis=1) == pytest.approx([35.0] * 3)
    assert booked[:, r.REP_LEADS] == pytest.approx([1.5, 7.0, 4.0]), "a call may take the time of slack"
    assert booked[:, r.REP_OPPORTUNITIES] == pytest.approx([6.5, 1.0, 9.0])
    assert booked[:, r.REP_SLACK] == pytest.approx([5.0, 5.0, 0.0])
    assert w.reps.lead_hours == pytest.approx([0.0, 2.0, 0.0]), "what ran over is booked in the next week"
    assert w.reps.closing_hours == pytest.approx([0.0, 0.0, 11.0])
    others = [r.REP_PROSPECTING, r.REP_CUSTOMERS, r.REP_LOGGING, r.REP_ADMIN, r.JOINT, r.ABSENCE, r.VACANT]
    assert booked[:, others] == pytest.approx(w.reps.hours[:, others])
    assert w.marketer_hours[2] - 1 == pytest.approx(w.marketers.hours)


def test_services_sell_the_hours_that_are_spared_for_them() -> None:
    for vacant, away, spared, sold in ((0, 0, 3.0, 1.5), (0, 9, 1.0, 1.0), (0, 10, 3.0, 0.0), (1, 0, 3.0, 0.0),
                                       (0, 0, -2.0, 0.0)):  # fmt: skip
        w = world()
        firm = w.firm[0]
        w.arm[0].services_hours, firm.request_hours, firm.services_hours = 1.5, 2.0, 4.0
        w.marketers.vacant, w.marketers.away_until = (vacant, 1), (away, 0)
        w.marketers.hours[:, r.SERVE] = 5.0 + 2.0 + spared
        plain(effort.book_week)(w, 0, 9)
        assert firm.services_hours == 4.0 + sold
