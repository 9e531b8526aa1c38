"""The closed forms of pay, against the numbers printed for E6 and E7 and against searches for what people would do."""

from __future__ import annotations

import inspect
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from orgsim.experiments import closed_forms, closed_forms_pay
from orgsim.experiments.closed_forms import NoClosedForm
from orgsim.experiments.closed_forms_pay import (
    PAY_FORMULAS,
    close_timing,
    linear_effort,
    linear_optimum,
    multitask_effort,
    multitask_optimum,
    quota_effort,
    team_effort,
    team_surplus,
)
from orgsim.experiments.limits import FORMULAS

COST = [[1.0, 0.5], [0.5, 1.0]]
by_search = settings(deadline=None, derandomize=True, max_examples=60)
sizes = st.floats(0.1, 20.0)

GOOD: dict[str, dict[str, Any]] = {
    "linear_effort": {"k": 5, "c": 2, "rate": 0.5},
    "linear_optimum": {"k": 5, "c": 2, "margin": 0.5, "risk_aversion": 0.1, "sigma": 10},
    "multitask_effort": {"cost": COST, "rates": [0.4, 0.0], "habit": 1},
    "multitask_optimum": {"cost": COST, "benefits": [1, 1], "risk_aversion": 1, "variances": 0.2},
    "quota_effort": {"k": 5, "c": 2, "sigma": 10, "bonus": 20, "quota": 10},
    "close_timing": {"discount": 0.1, "weight": 0.95, "rate": 0.08, "bonus": 500, "deal": 50_000},
    "team_effort": {"k": 5, "c": 2, "members": 5},
    "team_surplus": {"members": 5},
}


def printed(value: float, places: int) -> Any:
    """A number as printed, right to its last digit."""
    return pytest.approx(value, rel=0, abs=0.5001 * 10**-places)


# E6a


def test_linear_pay_gives_the_printed_rate_effort_and_surplus() -> None:
    best = linear_optimum(k=5, c=2, margin=0.5, risk_aversion=0.1, sigma=10)
    assert best["rate"] == printed(0.2778, 4)
    assert best["effort"] == printed(0.6944, 4)
    assert best["surplus"] == printed(0.8681, 4)
    assert best["first_best_effort"] == pytest.approx(1.25)
    assert best["first_best_surplus"] == pytest.approx(1.5625)
    assert linear_effort(k=5, c=2, rate=best["rate"])["effort"] == pytest.approx(best["effort"])


@by_search
@given(sizes, sizes, st.floats(0.1, 3), st.floats(0, 2), st.floats(0, 10))
def test_no_other_rate_leaves_firm_and_employee_more(
    k: float, c: float, margin: float, aversion: float, sigma: float
) -> None:
    best = linear_optimum(k, c, margin, aversion, sigma)

    def surplus(rate: float) -> float:
        effort = linear_effort(k, c, rate)["effort"]
        return margin * k * effort - c * effort**2 / 2 - aversion / 2 * rate**2 * sigma**2

    assert surplus(best["rate"]) == pytest.approx(best["surplus"])
    for rate in np.linspace(0, 1.5 * margin, 16):
        assert surplus(float(rate)) <= best["surplus"] * (1 + 1e-9)
    assert best["surplus"] <= best["first_best_surplus"] * (1 + 1e-12)


# E6b


def test_two_tasks_give_the_printed_rates_and_efforts() -> None:
    best = multitask_optimum(COST, [1, 1], 1, 0.2)
    assert best["rate_alone"] == printed(0.4348, 4)
    assert (best["rate_1"], best["rate_2"]) == (printed(0.769, 3), printed(0.769, 3))
    paid = multitask_effort(COST, [best["rate_alone"], 0], 1)
    assert (paid["effort_1"], paid["effort_2"]) == (printed(1.580, 3), printed(0.710, 3))


def test_a_rate_that_forgets_the_other_task_crowds_it_out_as_printed() -> None:
    naive = 1 / (1 + 1 * 0.2 * 1)  # of a task on its own
    assert naive == printed(0.8333, 4)
    paid = multitask_effort(COST, [naive, 0], 1)
    assert (paid["effort_1"], paid["effort_2"]) == (printed(2.111, 3), printed(0.444, 3))


matrices = st.tuples(sizes, sizes, st.floats(-0.95, 0.95)).map(
    lambda x: [[x[0], x[2] * math.sqrt(x[0] * x[1])], [x[2] * math.sqrt(x[0] * x[1]), x[1]]]
)
pairs = st.lists(st.floats(0.1, 3), min_size=2, max_size=2)


@by_search
@given(matrices, pairs, pairs)
def test_efforts_on_two_tasks_are_those_of_highest_utility(
    cost: list[list[float]], rates: list[float], habit: list[float]
) -> None:
    c, v, e0 = np.array(cost), np.array(rates), np.array(habit)
    assume(bool(np.all(e0 + np.linalg.solve(c, v) >= 0)))
    found = multitask_effort(cost, rates, habit)
    e = np.array([found["effort_1"], found["effort_2"]])
    assert c @ (e - e0) == pytest.approx(v, rel=1e-9)


@by_search
@given(matrices, pairs, st.floats(0, 3), pairs)
def test_no_other_rates_on_two_tasks_leave_more(
    cost: list[list[float]], benefits: list[float], aversion: float, variances: list[float]
) -> None:
    best = multitask_optimum(cost, benefits, aversion, variances)
    c, b, s = np.array(cost), np.array(benefits), np.array(variances)

    def surplus(first: float, second: float) -> float:
        v = np.array([first, second])
        e = np.linalg.solve(c, v)
        return float(b @ e - e @ c @ e / 2 - aversion / 2 * np.sum(v * v * s))

    both, alone = surplus(best["rate_1"], best["rate_2"]), surplus(best["rate_alone"], 0)
    for dx, dy in itertools.product((-0.01, 0, 0.01), repeat=2):
        assert surplus(best["rate_1"] + dx, best["rate_2"] + dy) <= both + 1e-9 * abs(both) + 1e-12
        assert surplus(best["rate_alone"] + dx, 0) <= alone + 1e-9 * abs(alone) + 1e-12


# E6c


@pytest.mark.parametrize(
    ("quota", "effort", "places"),
    [(0, 1.504, 3), (5, 1.830, 3), (10, 1.995, 3), (15, 1.513, 3), (20, 0.392, 3), (30, 0.023, 3)],
)
def test_a_bonus_at_quota_gives_the_printed_efforts(quota: float, effort: float, places: int) -> None:
    assert quota_effort(k=5, c=2, sigma=10, bonus=20, quota=quota)["effort"] == printed(effort, places)


@by_search
@given(sizes, sizes, sizes, st.floats(0.001, 2), st.floats(-3, 40))
def test_effort_for_a_bonus_is_the_global_maximum(
    k: float, c: float, sigma: float, steepness: float, distance: float
) -> None:
    bonus, quota = c * sigma**2 / (steepness * k**2), distance * sigma
    effort = quota_effort(k, c, sigma, bonus, quota)["effort"]

    def utility(e: np.ndarray) -> np.ndarray:
        return bonus * stats.norm.cdf((k * e - quota) / sigma) - c * e**2 / 2

    best = utility(np.array([effort]))[0]
    slope = bonus * k / sigma * stats.norm.pdf((k * effort - quota) / sigma)
    assert c * effort == pytest.approx(slope, rel=1e-9, abs=1e-290)
    grid = np.linspace(0, 0.4 * bonus * k / sigma / c, 20_001)
    assert np.max(utility(grid)) <= best + 1e-9 * bonus


@by_search
@given(st.floats(1e-8, 0.2419707))
def test_the_search_is_cut_where_the_line_is_as_steep_as_the_density(steepness: float) -> None:
    far, near = closed_forms_pay._turns(steepness)
    assert far <= -1 + 1e-3
    assert -1 - 1e-3 <= near < 0
    for u in (far, near):
        assert -u * stats.norm.pdf(u) == pytest.approx(steepness, rel=1e-6)


def test_the_cuts_are_found_for_a_line_that_is_all_but_flat() -> None:
    far, near = closed_forms_pay._turns(1e-150)
    assert math.log(-far) - far * far / 2 - math.log(closed_forms_pay._ROOT_TWO_PI) == pytest.approx(math.log(1e-150))
    assert near == pytest.approx(-1e-150 * closed_forms_pay._ROOT_TWO_PI)
    assert closed_forms_pay._turns(0.25) == ()


def test_somebody_who_gives_up_and_somebody_who_goes_for_it_are_told_apart_by_utility() -> None:
    """One root is near 0, the other just beyond the quota; where both are as good, effort jumps."""
    args = {"k": 5.0, "c": 2.0, "sigma": 2.0, "bonus": 20.0}

    def gap(quota: float) -> float:
        roots = []
        for low, high in ((0.0, quota / 5 - 0.8), (quota / 5, 10.0)):
            roots.append(optimize.brentq(lambda e: 2 * e - 50 * stats.norm.pdf((quota - 5 * e) / 2), low, high))
        utilities = [20 * stats.norm.cdf((5 * e - quota) / 2) - e * e for e in roots]
        return float(utilities[1] - utilities[0])

    tie = float(optimize.brentq(gap, 15.0, 22.0))
    assert quota_effort(**args, quota=tie * (1 - 1e-9))["effort"] > 3
    assert quota_effort(**args, quota=tie * (1 + 1e-9))["effort"] < 0.1


def test_far_from_quota_nobody_makes_an_effort() -> None:
    args = {"k": 5.0, "c": 2.0, "sigma": 1.0, "bonus": 20.0}
    assert quota_effort(**args, quota=1e6) == {"effort": 0.0}
    assert quota_effort(**args, quota=-1e6) == {"effort": 0.0}


# E6d


@pytest.mark.parametrize(("bonus", "most"), [(500, 0.175), (2000, 0.55), (0, 0.05)])
def test_a_rep_gives_the_printed_discounts_to_close_now(bonus: float, most: float) -> None:
    terms = {"weight": 0.95, "rate": 0.08, "bonus": bonus, "deal": 50_000}
    assert close_timing(discount=most - 1e-9, **terms) == {"closes_now": 1.0}
    assert close_timing(discount=most + 1e-9, **terms) == {"closes_now": 0.0}


# E7


@pytest.mark.parametrize(("members", "ratio"), [(1, 1), (2, 0.75), (5, 0.36), (10, 0.19)])
def test_a_team_of_n_makes_one_nth_of_the_effort_and_the_printed_surplus(members: int, ratio: float) -> None:
    best, shared = linear_effort(5, 2, 1)["effort"], team_effort(5, 2, members)["effort"]
    assert shared == pytest.approx(best / members)
    surplus = [5 * e - 2 * e * e / 2 for e in (shared, best)]
    assert surplus[0] / surplus[1] == pytest.approx(ratio)
    assert team_surplus(members)["surplus_ratio"] == pytest.approx(ratio)


# Where no closed form exists


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("linear_effort", {"rate": -0.1}, "rate is -0.1; .* at least 0"),
        ("linear_effort", {"c": 0}, "c is 0; .* above 0"),
        ("linear_effort", {"k": -1}, "k is -1; .* above 0"),
        ("linear_optimum", {"risk_aversion": -1}, "risk_aversion is -1"),
        ("multitask_effort", {"cost": [[1, 0.5], [0.4, 1]]}, "0.5 .* 0.4; they must be equal"),
        ("multitask_effort", {"cost": [[1, 1], [1, 1]]}, "effort has no bound"),
        ("multitask_effort", {"cost": [[0, 0], [0, 1]]}, "effort costs nothing"),
        ("multitask_effort", {"cost": [[1, 0.5]]}, "two rows of two"),
        ("multitask_effort", {"cost": [[1, 0.5], 1]}, "two rows of two"),
        ("multitask_effort", {"rates": [1, 1, 1]}, "rates is .*two numbers"),
        ("multitask_effort", {"rates": [3, 0]}, "effort_2 would be -1; a smaller rate"),
        ("multitask_effort", {"habit": 0}, "habit is 0; .* above 0"),
        ("multitask_effort", {"habit": [1, -1]}, r"habit\[1\] is -1; .* above 0"),
        ("multitask_optimum", {"variances": -1}, "variances is -1"),
        ("quota_effort", {"sigma": 0}, "sigma is 0; .* above 0"),
        ("quota_effort", {"bonus": 0}, "bonus is 0; .* above 0"),
        ("close_timing", {"discount": 1}, "below 1"),
        ("close_timing", {"weight": 1.1}, "weight is 1.1; .* at most 1"),
        ("close_timing", {"rate": 0}, "rate is 0; .* above 0"),
        ("close_timing", {"deal": 0}, "deal is 0; .* above 0"),
        ("close_timing", {"bonus": -1}, "bonus is -1; .* at least 0"),
        ("team_effort", {"members": 2.5}, "whole number"),
        ("team_effort", {"members": 0}, "at least 1"),
        ("team_surplus", {"members": 0}, "at least 1"),
    ],
)
def test_parameters_outside_the_formula_are_refused_with_the_reason(
    name: str, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(NoClosedForm, match=message):
        PAY_FORMULAS[name](**(GOOD[name] | changed))


@pytest.mark.parametrize("wrong", [None, "3", True, math.nan, math.inf, []])
@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in GOOD.items() for key in keys])
def test_what_is_no_finite_number_is_refused_by_name(name: str, key: str, wrong: object) -> None:
    value = [[wrong, 0], [0, wrong]] if key == "cost" else wrong
    with pytest.raises(NoClosedForm, match=key):
        PAY_FORMULAS[name](**(GOOD[name] | {key: value}))


def test_every_formula_is_listed_takes_its_parameters_by_name_and_returns_plain_numbers() -> None:
    public = {
        name
        for name, function in inspect.getmembers(closed_forms_pay, inspect.isfunction)
        if function.__module__ == closed_forms_pay.__name__ and not name.startswith("_")
    }
    assert public == set(PAY_FORMULAS) == set(GOOD)
    assert {**closed_forms.FORMULAS, **PAY_FORMULAS} == FORMULAS
    for name, formula in PAY_FORMULAS.items():
        assert list(inspect.signature(formula).parameters) == list(GOOD[name])
        assert formula.__doc__
        assert all(type(value) is float for value in formula(**GOOD[name]).values())
