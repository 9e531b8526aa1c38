"""The effort rule in its limits: multitasking (E6b), teams (E7), and hours that stay hours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import orgsim
from orgsim.engine.records import EFFORT
from orgsim.engine.week import HABIT, ROOT, SCRATCH, VALUE, WANTED, solve
from orgsim.leadership.contracts import component_records

rule = getattr(solve, "py_func", solve)


def hours_of(habit: list[float], value: list[float], total: float, cost: float, rho: float) -> np.ndarray:
    """Hours that the rule wants."""
    week = np.zeros((SCRATCH, EFFORT))
    week[HABIT, : len(habit)] = habit
    week[VALUE, : len(value)] = value
    week[ROOT] = np.sqrt(week[HABIT])
    rule(week, total, cost, rho, False)
    return week[WANTED]


def test_with_hours_to_spare_effort_is_habit_plus_the_inverse_cost_times_pay_rates() -> None:
    """E6b: C = [[1, .5], [.5, 1]], habit 1; task 1 paid .4348 gives (1.580, .710), paid .8333 gives (2.111, .444)."""
    for rate, expected in ((0.4348, (1.580, 0.710)), (0.8333, (2.111, 0.444))):
        hours = hours_of([1, 1], [rate, 0], sum(expected), 1.0, 0.5)
        assert hours[:2] == pytest.approx(expected, abs=2e-3)


def test_with_flat_pay_the_week_is_the_habit_week() -> None:
    habit = [2.3, 1.3, 6.6, 2.0, 2.0, 11.7, 5.0]
    assert hours_of(habit, [0.0] * 7, sum(habit), 15.0, 0.3) == pytest.approx(habit, abs=1e-12)


def test_a_metric_of_the_firm_pays_each_of_n_reps_one_nth_of_the_rate_on_own_revenue() -> None:
    """E7: e = k / (n c), one n-th of what the same share pays on one's own revenue."""
    scenario = orgsim.load_scenario("baseline")
    plans = (scenario.pay[name] for name in ("own_numbers", "shared_revenue"))
    own, shared = (component_records(scenario, plan, "rep")[0] for plan in plans)
    assert shared["rate"] == pytest.approx(own["rate"] / scenario.people.reps)
    assert own["rate"] * scenario.money.target_per_rep == pytest.approx(0.16 * scenario.money.rep_pay)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    habit=st.lists(st.floats(0.3, 15), min_size=7, max_size=7),
    value=st.lists(st.floats(-20, 40), min_size=7, max_size=7),
    cost=st.floats(5, 60),
    rho=st.floats(0, 0.8),
    slack=st.floats(0.7, 1.2),
)
def test_the_active_set_finds_the_optimum_that_a_general_solver_finds(
    habit: list[float], value: list[float], cost: float, rho: float, slack: float
) -> None:
    total = slack * sum(habit)
    h, v = np.array(habit), np.array(value)
    hours = hours_of(habit, value, total, cost, rho)
    assert hours.sum() == pytest.approx(total)
    assert (hours >= -1e-9).all()
    roots = np.sqrt(h)
    matrix = cost * ((1 - rho) * np.eye(7) + rho) / np.outer(roots, roots)

    def loss(x: np.ndarray) -> float:
        return float(-v @ x + 0.5 * (x - h) @ matrix @ (x - h))

    found = minimize(
        loss, np.full(7, total / 7), jac=lambda x: -v + matrix @ (x - h), bounds=[(0, None)] * 7, method="SLSQP",
        constraints={"type": "eq", "fun": lambda x: x.sum() - total}, options={"ftol": 1e-12, "maxiter": 500},
    )  # fmt: skip
    assert loss(hours) <= found.fun + 1e-6 * max(1.0, abs(found.fun))
