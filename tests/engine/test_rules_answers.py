"""Rules of the answer to a quota, one at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import foreseen, plain, world

from orgsim.engine import choice, forecast, week

# The answer to a quota ------------------------------------------------------------------------------------------------


def test_an_hour_is_worth_what_lands_in_this_period_and_what_lands_later() -> None:
    w = world()
    _, f = foreseen(w)
    w.week[week.VALUE] = 1.0
    plain(choice.add_values)(w, f, 1000.0, 500.0, week.VALUE)
    news = np.array([0.004, 0.003, 0.002, 0, 0, 0, 0]) * (0.6 * 1000 + 0.3 * 0.9 * 300)
    orders = np.array([0, 0, 0, 0.001, 0, 0, 0]) * (0.6 * 500 + 0.3 * 0.9 * 200)
    assert w.week[week.VALUE] == pytest.approx(1 + news + orders)


def set_week(w: Any) -> float:
    """The habit week as reference, with 28 hours to work; returns them."""
    w.week[:] = 0.0
    w.week[week.HABIT] = w.week[week.REFERENCE] = w.p[0].rep_habit * 28 / w.p[0].rep_habit.sum()
    w.week[week.ROOT] = np.sqrt(w.week[week.HABIT])
    return 28.0


def test_what_is_expected_follows_the_hours_that_are_wanted_beyond_the_reference() -> None:
    w = world()
    _, f = foreseen(w)
    total = set_week(w)
    w.week[week.OTHERS] = 0.5
    rest = plain(choice.answer)(w, f, total, 1000.0, 500.0)
    value = w.week[week.VALUE].copy()
    w.week[week.VALUE] = 0.5
    plain(choice.add_values)(w, f, 1000.0, 500.0, week.VALUE)
    assert value == pytest.approx(w.week[week.VALUE])
    moved = w.week[week.WANTED] - w.week[week.REFERENCE]
    assert rest == pytest.approx(0.3 + ((f.news + f.orders) * moved * 2.5).sum())
    f.rest = -5.0
    assert plain(choice.expected_rest)(w, f) == 0.0
    f.rest = 0.3
    plain(forecast.value_deals)(w, w.components[0], f, 0.35)
    expected = plain(choice.answer)(w, f, total, f.new, f.again) - 0.35
    assert plain(choice.gap)(w, w.components[0], f, total, 0.35) == pytest.approx(expected)


def test_utility_is_pay_of_the_period_and_what_comes_later_less_the_cost_of_leaving_habit() -> None:
    w = world()
    component, f = foreseen(w)
    total = set_week(w)
    w.week[week.OTHERS] = 0.5
    plain(choice.answer)(w, f, total, 1000.0, 500.0)
    moved = w.week[week.WANTED] - w.week[week.HABIT]
    later = 0.3 * 0.9 * (f.news * 300 + f.orders * 200)
    weekly = ((0.5 + later) * moved).sum() - plain(week.cost_of_week)(w.week, 15.0, 0.3)
    expected = plain(forecast.period_worth)(w, component, f, 0.32) + 6 * weekly
    assert plain(choice.utility)(w, component, f, 0.32) == pytest.approx(expected)


def test_the_best_answer_is_the_week_of_highest_utility_among_those_that_bear_themselves_out() -> None:
    """Against a search: for every result that might be foreseen, the week that answers it; of those that lead to what
    was foreseen, that of most utility (docs/odd.md, 7.4)."""
    for got, rest, jump, effect in ((0.6, 0.3, 500.0, 1.0), (0.9, 0.05, 3000.0, 30.0), (0.2, 0.3, 9000.0, 60.0),
                                    (1.2, 0.3, 500.0, 5.0), (0.55, 0.2, 20_000.0, 40.0)):  # fmt: skip
        w = world()
        component, f = foreseen(w, got=got, rest=rest)
        component.jump[1] = jump
        f.news *= effect
        f.deal, f.order = 0.02, 0.02
        total = set_week(w)
        gap = plain(choice.gap)
        low = plain(choice.answer)(w, f, total, 0.0, 0.0)
        found = plain(choice.best_answer)(w, component, f, total)
        best = plain(choice.utility)(w, component, f, found)
        hours = w.week[week.WANTED].copy()
        assert abs(gap(w, component, f, total, found)) < 1e-6
        assert w.week[week.WANTED] == pytest.approx(hours, abs=1e-5)
        high = plain(choice.answer)(w, f, total, *[plain(choice.most_a_deal_can_add)(component, f, low)] * 2)
        grid = np.linspace(low, high, 400)
        gaps = [gap(w, component, f, total, x) for x in grid]
        for left, right, a, b in zip(grid, grid[1:], gaps, gaps[1:], strict=False):
            if a > 0 >= b:
                middle = left + (right - left) * a / (a - b)
                gap(w, component, f, total, middle)
                assert plain(choice.utility)(w, component, f, middle) <= best + 1e-3 * abs(best)


def test_where_risk_outweighs_what_a_deal_adds_the_answer_is_to_what_is_expected_without_it() -> None:
    w = world()
    component, f = foreseen(w, got=0.4)
    w.p[0].effort_risk_aversion = 0.05
    total = set_week(w)
    low = plain(choice.answer)(w, f, total, 0.0, 0.0)
    assert plain(choice.gap)(w, component, f, total, low) < 0
    hours = w.week[week.WANTED].copy()
    expected = plain(choice.expected_rest)(w, f)
    assert plain(choice.best_answer)(w, component, f, total) == expected
    assert w.week[week.WANTED].tolist() == hours.tolist()


def test_where_no_hour_adds_anything_the_best_answer_is_habit() -> None:
    w = world()
    component, f = foreseen(w)
    f.news[:] = f.orders[:] = 0.0
    total = set_week(w)
    assert plain(choice.best_answer)(w, component, f, total) == pytest.approx(0.3)
    assert w.week[week.WANTED] == pytest.approx(w.week[week.HABIT])


def test_no_deal_is_worth_more_than_the_steepest_slope_and_every_jump_at_the_height_of_its_chance() -> None:
    w = world()
    component, f = foreseen(w)
    low = 0.25
    n, var = low * (0.8 / 0.2 + 0.2 / 0.05), low * (0.8 * 0.2 * 1.64 + 0.2 * 0.05)
    height = 1 / math.sqrt(2 * math.pi)
    some = min(1 / 0.05, height / math.sqrt(var + 0.05**2))
    bare = min(1 / 0.05, height / 0.05)
    most = 0.8 * (1000 + 500 * (some + math.exp(-n) * bare))
    assert plain(choice.most_a_deal_can_add)(component, f, low) == pytest.approx(most)
    f.repeating, f.error = 0.0, 1e-9
    component.slope[:2] = 300.0, -200.0
    n, var = low / 0.2, low * 0.2 * 1.64
    most = 0.8 * (300 + 500 * (height / math.sqrt(var) + math.exp(-n) * 5))
    assert plain(choice.most_a_deal_can_add)(component, f, low) == pytest.approx(most)
    for rest in np.linspace(0.25, 2, 40):
        plain(forecast.value_deals)(w, component, f, rest)
        assert f.new <= most


def test_the_worth_of_a_deal_moves_over_what_is_uncertain_beside_deals_where_none_may_come() -> None:
    w = world()
    _, f = foreseen(w)
    f.error = 0.07
    assert plain(choice.sharpest)(f, 0.3) == 0.07
    n = 1.0 * (0.8 / 0.2 + 0.2 / 0.05)
    assert math.exp(-n) < 1e-3
    var = 0.8 * 0.2 * 1.64 + 0.2 * 0.05
    assert plain(choice.sharpest)(f, 1.0) == pytest.approx(math.sqrt(var + 0.07**2))


def test_linear_components_add_up_whatever_is_foreseen_and_curved_ones_answer_each_other() -> None:
    w = world(**{"pay.two": {"rep": [{"metric": "new_revenue", "rate": 0.05}, {"metric": "wins", "rate": 500.0}]},
                 "today.pay": "two"})  # fmt: skip
    total = set_week(w)
    w.week[week.BASE] = 0.25
    for c in (0, 1):
        _, f = w.components[c], w.forecasts[c]
        f.news[:], f.inside[:], f.late[:], f.linear = 0.001 * (c + 1), 0.6, 0.3, 1
        f.now, f.next_deal, f.next_order = 900.0, 800.0, 800.0
    w.sooner[:] = 0.9
    plain(choice.choose_week)(w, w.components, total)
    assert w.week[week.VALUE] == pytest.approx(0.25 + 0.003 * (0.6 * 900 + 0.3 * 0.9 * 800))
    assert w.week[week.WANTED].sum() == pytest.approx(28.0)


def test_a_curved_component_beside_a_linear_one_takes_what_the_other_pays_as_given() -> None:
    plans = {"pay.two": {"rep": [{"metric": "new_revenue", "rate": 0.05}, {"metric": "wins", "rate": 500.0},
                                 {"metric": "wins", "rate": 400.0}]}, "today.pay": "two"}  # fmt: skip
    w = world(**plans)
    component, f = foreseen(w)
    total = set_week(w)
    w.week[week.BASE] = 0.25
    g = w.forecasts[1]
    g.news[:], g.orders[:], g.inside[:], g.late[:], g.linear = 0.001, 0.0, 0.6, 0.3, 1
    g.now, g.next_deal = 900.0, 800.0
    plain(choice.choose_week)(w, w.components[:2], total)
    assert w.week[week.OTHERS] == pytest.approx(0.25 + 0.001 * (0.6 * 900 + 0.3 * 0.9 * 800))
    hours, expected = w.week[week.WANTED].copy(), float(f.foreseen)
    assert plain(choice.best_answer)(w, component, f, total) == pytest.approx(expected)
    assert w.week[week.WANTED] == pytest.approx(hours)
    # Two that are curved, each a best answer to the other's: nobody's mind is changed by asking again.
    curved_one, h = w.components[2], w.forecasts[2]
    for name in component.dtype.names:
        curved_one[name] = component[name]
    for name in f.dtype.names:
        h[name] = f[name]
    h.got, f.rest, h.rest = 0.8, 0.3, 0.3
    plain(choice.choose_week)(w, w.components, total)
    plain(forecast.value_deals)(w, component, f, f.foreseen)
    w.week[week.OTHERS] = 0.25
    plain(choice.add_values)(w, g, g.now, g.now, week.OTHERS)
    plain(choice.add_values)(w, f, f.new, f.again, week.OTHERS)
    expected, hours = float(h.foreseen), w.week[week.WANTED].copy()
    assert plain(choice.best_answer)(w, curved_one, h, total) == pytest.approx(expected, rel=1e-6)
    assert w.week[week.WANTED] == pytest.approx(hours, rel=1e-6)
