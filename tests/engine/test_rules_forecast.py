"""Rules of what is foreseen, one at a time: yields, when they pay, and what a plan is worth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rules import bonus, foreseen, plain, world
from scipy import integrate, stats

from orgsim.engine import effort, forecast, plan, week
from orgsim.engine import records as r

number = st.floats


# Yields ---------------------------------------------------------------------------------------------------------------


def test_experience_is_weighed_with_hours_of_prior() -> None:
    learned = plain(forecast.learned)
    assert learned(100.0, 60.0, 30.0, 40.0, 25.0) == pytest.approx((100 + 60 * 25 / 40) / 130)
    for nothing in ((100.0, 60.0, 30.0, 0.0, 25.0), (100.0, 60.0, 30.0, 40.0, 0.0), (0.0, 60.0, 0.0, 40.0, 25.0)):
        assert learned(*nothing) == 1.0


def test_a_reps_belief_in_an_hour_is_what_it_was_at_first_corrected_by_what_was_seen() -> None:
    w = world()
    firm, rep = w.firm[0], w.reps[0]
    rep.credit[0], rep.spent[0], firm.usual_credit[0], firm.usual_spent[0] = 5e4, 100.0, 9e4, 300.0
    believes = plain(forecast.rep_yield)
    w.arm[0].learns = 0
    assert believes(w, rep, 0) == 332.0
    w.arm[0].learns = 1
    prior = 52 * 2.3
    assert believes(w, rep, 0) == pytest.approx(332 * (prior + 5e4 * 300 / 9e4) / (prior + 100))
    assert believes(w, rep, r.REP_ADMIN) == 0.0


def yields(w: Any, metric: int, marketer: bool = False) -> Any:
    component, f = w.components[0], w.forecasts[0]
    component.metric = metric
    if marketer:
        plain(forecast.marketer_yields)(w, component, f)
    else:
        plain(forecast.rep_yields)(w, w.reps[0], component, f)
    return f


def test_what_a_reps_hour_adds_to_each_metric_and_in_what_lumps() -> None:
    w = world()
    w.arm[0].learns = 0
    w.arm[0].clawback, w.p[0].customers_cancel = 45 * 7.0, 0.2
    kept, opp = 1 - 0.2 / 2 * 0.5, 332 / 25_000 / (0.59 * 0.55)
    sells, leads = [kept * 332] * 3 + [0.0] * 4, [opp, opp] + [0.0] * 5
    share = w.p[0].repeat_share
    for metric, news, orders, deal, order, cv, repeating in (
        (r.ALL_REVENUE, sells, 332.0, 25_000, 8_000, 0.8, share), (r.NEW_REVENUE, sells, 0.0, 25_000, 1, 0.8, 0.0),
        (r.REPEAT_REVENUE, [0.0] * 7, 332.0, 1, 8_000, 0.0, 1.0), (r.OPPORTUNITIES, leads, 0.0, 1, 1, 0.0, 0.0),
        (r.WINS, [x / 25_000 for x in sells], 0.0, 1, 1, 0.0, 0.0),
        (r.PIPELINE, [x * 25_000 for x in leads], 0.0, 25_000, 1, 0.8, 0.0),
        (r.SQLS, [opp / 0.8] + [0.0] * 6, 0.0, 1, 1, 0.0, 0.0), (r.MQLS, [0.0] * 7, 0.0, 1, 1, 0.0, 0.0),
        (r.HOURS_OF + 4, [0.0] * 4 + [1.0, 0.0, 0.0], 0.0, 1, 1, 0.0, 0.0),
    ):  # fmt: skip
        w.forecasts[0].news[:] = w.forecasts[0].orders[:] = 9.0
        f = yields(w, metric)
        assert f.news == pytest.approx(news), metric
        assert f.orders == pytest.approx([0.0] * 3 + [orders] + [0.0] * 3)
        assert (f.deal, f.order, f.cv, f.repeating) == pytest.approx((deal, order, cv, repeating))
    w.arm[0].clawback = 1e9
    assert yields(w, r.WINS).news[0] == pytest.approx(0.9 * 332 / 25_000)


def test_what_a_marketers_hour_adds_is_the_teams_with_what_the_team_has_learned() -> None:
    w = world()
    firm = w.firm[0]
    w.arm[0].learns = 1
    firm.market_spent[:], firm.usual_market_spent[:] = 40.0, 80.0
    firm.mql_credit[:], firm.usual_mql_credit[:] = 10.0, 15.0
    firm.deal_credit[:], firm.usual_deal_credit[:] = 4e4, 5e4
    prior = 52 * w.p[0].marketer_habit * 2
    by_mqls, by_deals = (prior + 10 * 80 / 15) / (prior + 40), (prior + 4e4 * 80 / 5e4) / (prior + 40)
    mqls = np.array([0, 0.1, 0.1, 0, 0, 0, 0]) * by_mqls
    sqls = np.array([0, 0.03, 0.05, 0, 0.01, 0, 0]) * by_mqls
    euro = np.array([150.0] * 5 + [0, 0]) * by_deals
    hours = np.zeros(7)
    hours[2] = 1.0
    for metric, news, deal, cv, repeating in (
        (r.MQLS, mqls, 1, 0.0, 0.0), (r.SQLS, sqls, 1, 0.0, 0.0), (r.OPPORTUNITIES, sqls * 0.8, 1, 0.0, 0.0),
        (r.PIPELINE, sqls * 0.8 * 25_000, 25_000, 0.8, 0.0), (r.SOURCED_PIPELINE, sqls * 2e4, 25_000, 0.8, 0.0),
        (r.ALL_REVENUE, euro, 25_000, 0.8, w.p[0].repeat_share), (r.NEW_REVENUE, euro, 25_000, 0.8, 0.0),
        (r.WINS, euro / 25_000, 1, 0.0, 0.0), (r.HOURS_OF + 2, hours, 1, 0.0, 0.0),
    ):  # fmt: skip
        w.forecasts[0].news[:] = w.forecasts[0].orders[:] = 9.0
        f = yields(w, metric, marketer=True)
        assert f.news == pytest.approx(news), metric
        assert not f.orders.any()
        assert (f.deal, f.order, f.cv, f.repeating) == pytest.approx((deal, 8_000, cv, repeating))
    w.arm[0].learns = 0
    assert yields(w, r.MQLS, marketer=True).news == pytest.approx([0, 0.1, 0.1, 0, 0, 0, 0])


def test_the_pace_of_results_is_what_the_quota_promises_corrected_by_experience() -> None:
    w = world()
    component, firm, rep = w.components[0], w.firm[0], w.reps[0]
    component.quota = 520_000.0
    rep.usual[:], rep.weeks = np.arange(8) * 100.0, 10.0
    firm.usual_total[:], firm.usual_total_weeks = np.arange(8) * 1000.0, 20.0
    pace = plain(forecast.pace_of_results)
    expected = 0.95 * 520_000 * 1.2 / 52
    w.arm[0].learns = 0
    assert pace(w, rep, component, 1.2) == pytest.approx(expected)
    w.arm[0].learns = 1
    for metric, scope, seen, weeks in (
        (r.ALL_REVENUE, r.OWN, 100.0, 10), (r.WINS, r.OWN, 200.0, 10), (r.ALL_REVENUE, r.TEAM, 1000.0, 20),
        (r.WINS, r.FIRM_WIDE, 2000.0, 20),
    ):  # fmt: skip
        component.metric, component.scope = metric, scope
        assert pace(w, rep, component, 1.2) == pytest.approx((52 * expected + seen) / (52 + weeks))
    component.period, component.first_week, component.last_week = r.A_QUARTER, 1, 4
    w.arm[0].learns = 0
    assert pace(w, rep, component, 1.0) == pytest.approx(0.95 * 520_000 / 16), "all of it in 16 of the year's weeks"


def test_for_hours_the_usual_pace_is_the_reference_week() -> None:
    w = world()
    component, f = w.components[0], w.forecasts[0]
    w.week[week.REFERENCE] = np.arange(7.0)
    component.metric = r.HOURS_OF + 5
    assert plain(effort.usual_pace)(w, w.reps[0], component, f, 1.0) == 5.0
    component.metric = r.WINS
    assert plain(effort.usual_pace)(w, w.reps[0], component, f, 1.0) == pytest.approx(
        plain(forecast.pace_of_results)(w, w.reps[0], component, 1.0)
    )


def test_a_reps_quota_factor_moves_own_results_with_a_quota_and_nothing_else() -> None:
    w = world()
    component, rep = w.components[0], w.reps[0]
    rep.quota, rep.aim = 1.5, 0.8
    for linear, winners, metric, scope, factor in (
        (0, 0, r.WINS, r.OWN, 1.2), (1, 0, r.WINS, r.OWN, 1.0), (0, 1, r.WINS, r.OWN, 1.0),
        (0, 0, r.HOURS_OF, r.OWN, 1.0), (0, 0, r.WINS, r.TEAM, 1.0),
    ):  # fmt: skip
        component.linear, component.winners, component.metric, component.scope = linear, winners, metric, scope
        assert plain(effort.quota_factor)(rep, component) == pytest.approx(factor)


# When it pays ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, derandomize=True)
@given(number(0.1, 40), number(0, 20), number(0.05, 30))
def test_chances_of_landing_inside_or_after_and_the_time_that_pays_are_integrals_of_the_delay(
    delay: float, opens: float, length: float
) -> None:
    closes = opens + length
    density = stats.expon(scale=delay)
    assert plain(forecast.inside)(delay, opens, closes) == pytest.approx(density.cdf(closes) - density.cdf(opens))
    assert plain(forecast.after)(delay, closes) == pytest.approx(density.sf(closes), rel=1e-9, abs=1e-300)
    paid = integrate.quad(
        lambda t: density.cdf(closes - t) - density.cdf(max(0.0, opens - t)), 0, closes, points=[opens], limit=200
    )[0]
    assert plain(forecast.time_inside)(delay, opens, closes) == pytest.approx(paid, rel=1e-6, abs=1e-8)


def test_without_a_delay_what_is_done_in_the_window_pays_at_once() -> None:
    inside, after, time = plain(forecast.inside), plain(forecast.after), plain(forecast.time_inside)
    assert [inside(0.0, *w) for w in ((0.0, 2.0), (1.0, 2.0), (2.0, 2.0), (0.0, 0.0))] == [1.0, 0.0, 0.0, 0.0]
    assert [after(0.0, c) for c in (0.0, 2.0)] == [1.0, 0.0]
    assert [time(0.0, *w) for w in ((0.0, 2.0), (1.0, 2.5), (2.0, 2.0))] == [2.0, 1.5, 0.0]
    assert inside(3.0, 2.0, 2.0) == time(3.0, 2.0, 2.0) == 0.0


@pytest.mark.parametrize("tomorrow", [0, 1])
def test_a_forecast_is_of_what_is_left_of_the_period(tomorrow: int) -> None:
    w = world()
    component, f, standing = bonus(w), w.forecasts[0], w.standings[0, 0]
    plain(forecast.rep_yields)(w, w.reps[0], component, f)
    news = f.news.copy()
    standing.got, standing.since, component.rate, component.per_unit = 30_000.0, 78, 0.01, 1
    delays = w.p[0].rep_delay
    plain(forecast.look_ahead)(w, component, f, standing, delays, 2000.0, 1.25, 100, tomorrow)
    share, quota = 52 / 65, 100_000 * 1.25 * 52 / 65
    closes = (130 - 100 - tomorrow) / 5
    assert (f.quota, f.part, f.weeks) == pytest.approx((125_000, share, closes))
    assert f.got == pytest.approx(30_000 / quota)
    assert f.rest == f.foreseen == pytest.approx(2000 * closes / quota)
    assert f.error == pytest.approx(0.05 * math.sqrt(closes / (13 * share)))
    assert (f.deal, f.order) == pytest.approx((25_000 / quota, 1 / quota))
    assert (f.scale, f.certain, f.linear) == (pytest.approx(1.25 * share), 0, 0)
    assert f.news == pytest.approx(news / quota)
    for i in range(7):
        assert f.inside[i] == pytest.approx(1 - math.exp(-closes / delays[i]) if delays[i] else 1.0)
        assert f.late[i] == pytest.approx(math.exp(-closes / delays[i]) if delays[i] else 0.0)
        assert f.time[i] == pytest.approx(plain(forecast.time_inside)(delays[i], 0.0, closes))
    assert (f.now, f.next_rest) == pytest.approx((0.01 * quota, 2000 * 13 / 125_000))


def test_a_forecast_of_a_spif_is_of_the_weeks_that_count() -> None:
    w = world()
    component, f, standing = bonus(w), w.forecasts[0], w.standings[0, 0]
    component.first_week, component.last_week = 4, 6
    standing.since = 65
    for day, opens, length in ((65, 3.0, 3.0), (75, 1.0, 3.0), (85, 0.0, 2.0), (95, 0.0, 0.0), (120, 0.0, 0.0)):
        plain(forecast.rep_yields)(w, w.reps[0], component, f)
        plain(forecast.look_ahead)(w, component, f, standing, w.p[0].rep_delay, 2000.0, 1.0, day, 0)
        assert f.weeks == pytest.approx(length)
        assert f.rest == pytest.approx(2000 * length / 100_000)
        assert f.error == pytest.approx(0.05 * math.sqrt(length / 3))
        assert f.next_rest == pytest.approx(2000 * 3 / 100_000)
        assert f.inside[0] == pytest.approx(math.exp(-opens / 13) - math.exp(-(opens + length) / 13))
        assert f.late[0] == pytest.approx(math.exp(-(opens + length) / 13))
    standing.since, component.first_week, component.last_week = 104, 9, 13
    plain(forecast.look_ahead)(w, component, f, standing, w.p[0].rep_delay, 2000.0, 1.0, 104, 0)
    assert f.error == 0.05, "five weeks count, more than the 26 days' part of five: no more error than a whole period's"
    standing.since, component.first_week, component.last_week = 65, 4, 6
    component.linear, component.rate = 1, 0.02
    plain(forecast.rep_yields)(w, w.reps[0], component, f)
    plain(forecast.look_ahead)(w, component, f, standing, w.p[0].rep_delay, 2000.0, 1.0, 75, 0)
    assert (f.now, f.next_deal, f.next_order) == pytest.approx((2000.0, 2000 * 3 / 13, 2000 * 3 / 13))
    component.linear, component.winners, standing.since = 0, 2, 104
    plain(forecast.look_ahead)(w, component, f, standing, w.p[0].rep_delay, 2000.0, 1.0, 105, 0)
    assert f.scale == 1.0, "a contest pays in full"


def test_what_the_next_period_is_worth_is_worked_out_once_and_weighed_for_the_wait() -> None:
    w = world()
    component, f, standing = bonus(w), w.forecasts[0], w.standings[0, 0]
    standing.since, standing.got, component.per_unit = 65, 90_000.0, 1

    def look(pace: float) -> None:
        plain(forecast.rep_yields)(w, w.reps[0], component, f)
        plain(forecast.look_ahead)(w, component, f, standing, w.p[0].rep_delay, pace, 1.25, 100, 0)

    look(9000.0)
    first = float(f.next_deal), float(f.next_order)
    kept = f.copy()
    assert standing.seen == 66
    f.rest, f.got, f.error, f.deal, f.scale = 9000 * 13 / 125_000, 0.0, 0.05, 25_000 / 125_000, 1.25
    plain(forecast.value_deals)(w, component, f, f.rest)
    assert first == pytest.approx((0.99 * f.new, 0.0))
    assert (kept.got, kept.rest) == pytest.approx((0.72, 9000 * 6 / 125_000)), "and the present one is as it was"
    look(1.0)
    assert float(f.next_deal) == first[0]
    standing.since = 66
    look(1.0)
    assert float(f.next_deal) != first[0]


def test_deals_expected_and_their_luck_are_those_of_a_compound_poisson_count() -> None:
    w = world()
    f = w.forecasts[0]
    f.deal, f.order, f.repeating, f.cv, f.certain = 0.2, 0.05, 0.25, 0.8, 0
    number_of, luck = plain(forecast.deals_expected), plain(forecast.luck_of_deals)
    assert number_of(f, 0.6) == pytest.approx(0.6 * (0.75 / 0.2 + 0.25 / 0.05))
    assert luck(f, 0.6) == pytest.approx(0.6 * (0.75 * 0.2 * 1.64 + 0.25 * 0.05))
    assert (number_of(f, 0.0), luck(f, 0.0), number_of(f, -1.0), luck(f, -1.0)) == (0.0, 0.0, 0.0, 0.0)
    f.certain = 1
    assert (number_of(f, 0.6), luck(f, 0.6)) == (50.0, 0.0)


# What a plan is worth -------------------------------------------------------------------------------------------------

AT, SLOPE, JUMP = np.array([0.0, 0.5, 1.0]), np.array([100.0, 900.0, -700.0]), np.array([20.0, 0.0, 500.0])


def pay(x: Any) -> Any:
    """Pay at an attainment, results below nothing counted too."""
    return 20 + 100 * x + 900 * np.maximum(0, x - 0.5) - 700 * np.maximum(0, x - 1) + 500 * (x >= 1)


@pytest.mark.parametrize(("mean", "sd"), [(0.2, 0.3), (0.7, 0.2), (1.0, 0.05), (1.4, 0.5), (0.6, 1e-4), (-0.5, 0.4)])
def test_mean_pay_and_its_square_are_integrals_over_the_forecast(mean: float, sd: float) -> None:
    first, second = plain(plan.moments)(AT, SLOPE, JUMP, 3, mean, sd, True)
    density = stats.norm(mean, sd)
    low, high = mean - 10 * sd, mean + 10 * sd
    points = [x for x in (0.5, 1.0) if low < x < high]
    for value, power in ((first, 1), (second, 2)):
        expected = integrate.quad(lambda x, n=power: pay(x) ** n * density.pdf(x), low, high, points=points, limit=300)
        assert value == pytest.approx(expected[0], rel=1e-6)
    assert plain(plan.moments)(AT, SLOPE, JUMP, 3, mean, sd, False) == (first, 0.0)


def test_pay_of_a_certain_result_is_the_curve_and_its_square() -> None:
    for x in (-0.3, 0.0, 0.2, 0.5, 0.999, 1.0, 3.0):
        for sd in (0.0, 1e-12):
            if abs(x - 1) > 1e-6 or sd == 0.0:
                assert plain(plan.moments)(AT, SLOPE, JUMP, 3, x, sd, True) == pytest.approx((pay(x), pay(x) ** 2))
    assert plain(plan.moments)(AT, SLOPE, JUMP, 2, 1.4, 0.0, False)[0] == pytest.approx(20 + 140 + 810)


def test_a_forecast_of_deals_mixes_none_with_some() -> None:
    got, rest, deals, variance, error = 0.3, 0.4, 1.5, 0.12, 0.05
    none = math.exp(-1.5)
    some = rest / (1 - none)
    spread = math.sqrt((variance + rest * rest) / (1 - none) - some * some + error * error)
    for aversion in (0.0, 0.002):
        first, second = 0.0, 0.0
        for weight, mean, sd in ((none, got, error), (1 - none, got + some, spread)):
            one, two = plain(plan.moments)(AT, SLOPE, JUMP, 3, mean, sd, True)
            first, second = first + weight * one, second + weight * two
        expected = first - aversion / 2 * (second - first**2)
        value = plain(plan.worth)(AT, SLOPE, JUMP, 3, got, rest, deals, variance, error, aversion)
        assert value == pytest.approx(expected)
    assert plain(plan.worth)(AT, SLOPE, JUMP, 3, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0) == pytest.approx(pay(0.3))
    many = plain(plan.worth)(AT, SLOPE, JUMP, 3, 0.3, 0.4, 50.0, 0.0, 1e-9, 0.0)
    assert many == pytest.approx(pay(0.7)), "with many deals to come, none is out of the question"


def test_one_more_deal_is_worth_the_mean_over_three_sizes_of_its_log_normal_size() -> None:
    state = (0.3, 0.4, 1.5, 0.12, 0.05, 0.0)

    def value(got: float) -> float:
        return float(plain(plan.worth)(AT, SLOPE, JUMP, 3, got, *state[1:]))

    without = value(0.3)
    gain = plain(plan.deal_gain)
    assert gain(AT, SLOPE, JUMP, 3, *state, 0.2, 0.0, without) == pytest.approx((value(0.5) - without) / 0.2)
    s = math.sqrt(math.log(1 + 0.8**2))
    sizes = np.exp(np.sqrt(3) * s * np.array([-1, 0, 1]))
    weights = np.array([1, 4, 1]) / 6
    sizes *= 0.2 / (weights @ sizes)
    assert weights @ sizes == pytest.approx(0.2)
    expected = sum(g * value(0.3 + x) for g, x in zip(weights, sizes, strict=True)) - without
    assert gain(AT, SLOPE, JUMP, 3, *state, 0.2, 0.8, without) == pytest.approx(expected / 0.2)
    assert gain(AT, SLOPE, JUMP, 3, *state, 0.0, 0.0, without) == pytest.approx((value(0.3 + 1e-7) - without) / 1e-7)
    assert plain(plan.deal_worth)(AT, SLOPE, JUMP, *state, 0.2, 0.0) == pytest.approx((value(0.5) - without) / 0.2)


def test_deals_and_orders_are_valued_at_their_own_size_at_the_scale_of_the_period() -> None:
    w = world()
    w.p[0].effort_risk_aversion = 0.001
    component, f = foreseen(w)
    arrays = component.at, component.slope, component.jump, 2
    n, var = 0.3 * (0.8 / 0.2 + 0.2 / 0.05), 0.3 * (0.8 * 0.2 * 1.64 + 0.2 * 0.05)
    state = 0.6, 0.3, n, var, 0.05, 0.0008
    without = plain(plan.worth)(*arrays, *state)
    plain(forecast.value_deals)(w, component, f, 0.3)
    assert f.new == pytest.approx(0.8 * plain(plan.deal_gain)(*arrays, *state, 0.2, 0.8, without))
    assert f.again == pytest.approx(0.8 * plain(plan.deal_gain)(*arrays, *state, 0.05, 0.0, without))
    assert plain(forecast.period_worth)(w, component, f, 0.3) == pytest.approx(0.8 * without)
    f.repeating = 0.0
    plain(forecast.value_deals)(w, component, f, 0.3)
    assert f.again == 0.0
