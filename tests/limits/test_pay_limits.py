"""Paid people do with their hours what theory says (E6, E7), for parameters that nobody chose.

Efforts and moved closes are read from what a run books. Nothing in them is left to luck, so that one run tells; what
the market brings for an hour is, and is judged at a false-alarm rate of 1e-6. All draws have fixed seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

import orgsim
from orgsim.experiments.closed_forms import NoClosedForm
from orgsim.experiments.closed_forms_pay import linear_optimum, multitask_optimum, quota_effort
from orgsim.experiments.limits import FORMULAS, judge, measured, prepare, values_of, verify
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.load import limit_names

CASES = ("linear", "multitask", "quota", "team", "timing")
DRAWS = {"quota": 120, "timing": 40}  # where one answer may hide another; else 20
AGREEMENT = 1e-6
COST = [[1.0, 0.5], [0.5, 1.0]]
SHORT: dict[str, Any] = {"time.years": 0.02}  # one week: effort does not depend on what was sold


def found_by_the_engine(case: str, settings: dict[str, Any], seed: int = 0, **changes: Any) -> dict[str, float]:
    """What a case's run shows, with parameters changed beside the case's own keys."""
    scenario, _ = prepare(case, settings)
    return measured(scenario.with_(**changes) if changes else scenario, seed, 0)


def drawn(case: str, rng: np.random.Generator) -> dict[str, Any]:
    """Parameters of a case at random; none at a place where theory itself jumps."""

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    match case:
        case "linear":
            return {"k": between(0.1, 20), "c": between(0.1, 20), "rate": between(0.01, 3)}
        case "team":
            return {"k": between(0.1, 20), "c": between(0.1, 20), "members": int(rng.integers(1, 13))}
        case "multitask":
            one, two, rho = between(0.3, 3), between(0.3, 3), rng.uniform(0, 0.9)
            both = float(rho * np.sqrt(one * two))
            habit = between(0.3, 3) if rng.uniform() < 0.3 else [between(0.3, 3), between(0.3, 3)]
            return {"cost": [[one, both], [both, two]], "rates": rng.uniform(0, 1.5, 2).tolist(), "habit": habit}
        case "quota":
            k, c, sigma, steepness = between(0.5, 10), between(0.5, 5), between(1, 20), between(1e-4, 2)
            bonus = c * sigma**2 / (steepness * k**2)
            reach = 0.4 * bonus * k**2 / sigma / c
            quota = float(rng.uniform(-sigma, reach + 3 * sigma))
            return {"k": k, "c": c, "sigma": sigma, "bonus": bonus, "quota": quota}
        case _:
            weight, rate, deal = rng.uniform(0.8, 1), between(0.01, 0.3), between(1e3, 1e6)
            bonus = rate * deal * rng.uniform(0, 0.5)
            middle = 1 - weight + bonus / (rate * deal)
            discount = min(0.99, middle * rng.uniform(0.5, 1.5))
            return {"discount": discount, "weight": weight, "rate": rate, "bonus": bonus, "deal": deal}


def has_an_answer_that_stays(case: str, settings: dict[str, Any]) -> bool:
    """Whether theory answers, and a thousandth more or less of the quota does not make people give up."""
    try:
        expected = FORMULAS[orgsim.load_scenario(case).limit.formula](**settings)  # type: ignore[union-attr]
    except NoClosedForm:
        return False
    if case != "quota":
        return True
    shift = 1e-3 * settings["sigma"]
    others = [quota_effort(**{**settings, "quota": settings["quota"] + d})["effort"] for d in (-shift, shift)]
    return max(others) - min(others) < 0.1 * expected["effort"] + 1e-3


def test_the_cases_of_pay_ship() -> None:
    assert set(CASES) <= set(limit_names())


@pytest.mark.parametrize("case", CASES)
def test_the_engine_agrees_for_parameters_drawn_at_random(case: str) -> None:
    rng = np.random.default_rng([2026, *case.encode()])
    wrong, done = [], 0
    while done < DRAWS.get(case, 20):
        settings = drawn(case, rng)
        if not has_an_answer_that_stays(case, settings):
            continue
        _, expected = prepare(case, settings)
        shown = found_by_the_engine(case, settings, seed=done, **({} if case == "timing" else SHORT))
        for output, value in expected.items():
            if shown[output] != pytest.approx(value, rel=AGREEMENT, abs=AGREEMENT):
                wrong.append((settings, output, shown[output], value))
        done += 1
    assert wrong == []


@pytest.mark.parametrize("case", CASES)
def test_verify_agrees_at_the_worked_numbers(case: str) -> None:
    rows = verify(case, seed=2026, replicates=30)
    assert [row["z"] for row in rows] == [None] * len(rows)  # nothing is left to luck
    assert [row for row in rows if not row["agrees"]] == []


# Worked numbers


def test_effort_under_linear_pay_is_as_printed() -> None:
    assert found_by_the_engine("linear", {}, **SHORT)["effort"] == pytest.approx(0.6944, abs=5e-5)
    first_best = found_by_the_engine("linear", {"rate": 0.5}, **SHORT)
    assert first_best["effort"] == pytest.approx(1.25, abs=5e-5)
    assert found_by_the_engine("linear", {"rate": 0.0}, **SHORT)["effort"] == pytest.approx(0, abs=1e-9)


def test_a_task_that_is_not_measured_is_crowded_out_as_printed() -> None:
    best = found_by_the_engine("multitask", {}, **SHORT)
    assert (best["effort_1"], best["effort_2"]) == (pytest.approx(1.580, abs=5e-4), pytest.approx(0.710, abs=5e-4))
    naive = found_by_the_engine("multitask", {"rates": [1 / 1.2, 0]}, **SHORT)
    assert (naive["effort_1"], naive["effort_2"]) == (pytest.approx(2.111, abs=5e-4), pytest.approx(0.444, abs=5e-4))


@pytest.mark.parametrize(
    ("quota", "effort"), [(0, 1.504), (5, 1.830), (10, 1.995), (15, 1.513), (20, 0.392), (30, 0.023)]
)
def test_effort_has_a_hump_around_the_quota_as_printed(quota: float, effort: float) -> None:
    assert found_by_the_engine("quota", {"quota": quota}, **SHORT)["effort"] == pytest.approx(effort, abs=5.1e-4)


@pytest.mark.parametrize(
    ("bonus", "discount", "closes"),
    [(500, 0.174, 1), (500, 0.176, 0), (2000, 0.549, 1), (2000, 0.551, 0), (0, 0.049, 1), (0, 0.051, 0)],
)
def test_closes_are_pulled_for_the_printed_discounts(bonus: float, discount: float, closes: int) -> None:
    assert found_by_the_engine("timing", {"bonus": bonus, "discount": discount})["closes_now"] == closes


@pytest.mark.parametrize("members", [1, 2, 5, 10])
def test_each_of_a_team_makes_one_nth_of_the_effort(members: int) -> None:
    effort = found_by_the_engine("team", {"members": members}, **SHORT)["effort"]
    assert effort == pytest.approx(2.5 / members, rel=1e-9)
    surplus, best = 5 * effort - effort**2, 2.5 * 2.5
    assert surplus / best == pytest.approx((2 * members - 1) / members**2)


def test_pay_on_own_and_on_team_results_adds_up() -> None:
    """E7, mixed pay: e = (own rate + team rate / n) k / c."""
    both = [
        {"metric": "new_revenue", "period": "week", "rate": 0.2},
        {"metric": "new_revenue", "scope": "team", "period": "week", "rate": 0.6},
    ]
    shown = found_by_the_engine("team", {"members": 4}, **{**SHORT, "pay.shared.rep": both})
    assert shown["effort"] == pytest.approx((0.2 + 0.6 / 4) * 5 / 2, rel=1e-9)


# Where several efforts solve the rule


@pytest.mark.parametrize("steepness", [0.02, 0.05, 0.1, 0.2])
def test_giving_up_begins_where_it_is_the_better_of_two_answers(steepness: float) -> None:
    terms = {"k": 5.0, "c": 2.0, "sigma": 4.0, "bonus": 2.0 * 16 / (25 * steepness)}

    def effort(quota: float) -> float:
        return quota_effort(**terms, quota=quota)["effort"]

    tried = np.linspace(0, 0.4 * terms["bonus"] * 25 / 8 + 12, 4001)
    jumps = np.diff([effort(float(q)) for q in tried])
    tie = float(tried[np.argmin(jumps)])
    step = float(tried[1] - tried[0])
    assert jumps.min() < 3 * np.sort(jumps)[1]  # theory jumps there, and nowhere else
    for quota in (tie - 2 * step, tie + 3 * step):
        shown = found_by_the_engine("quota", {**terms, "quota": quota}, **SHORT)["effort"]
        assert shown == pytest.approx(effort(quota), rel=AGREEMENT, abs=AGREEMENT)


@pytest.mark.parametrize(
    ("k", "c", "sigma", "bonus", "quota"),
    [
        (2.702, 0.532, 2.353, 151.472, 53.716), (5.65, 0.508, 3.706, 193.66, 43.843), (5.0, 2.0, 1.0, 200.0, 40.0),
        (9.155, 1.772, 5.222, 189.659, 56.3), (0.679, 1.15, 12.98, 228_490.0, 296.2),
        (8.94, 0.939, 7.567, 3632.4, 1264.9), (7.19, 1.389, 1.864, 167.585, -0.5),
        (9.761, 0.539, 1.512, 124.556, -1.446),
    ],
)  # fmt: skip
def test_a_bonus_within_narrow_reach_is_neither_overlooked_nor_run_after_in_vain(
    k: float, c: float, sigma: float, bonus: float, quota: float
) -> None:
    """The spread of the forecast is small against what effort can do: the hump is narrow and its sides are steep."""
    settings = {"k": k, "c": c, "sigma": sigma, "bonus": bonus, "quota": quota}
    shown = found_by_the_engine("quota", settings, **SHORT)["effort"]
    assert shown == pytest.approx(quota_effort(**settings)["effort"], rel=AGREEMENT, abs=AGREEMENT)


SHAPES: dict[str, tuple[dict[str, Any], list[tuple[float, float, float]]]] = {
    # Words of a component at a rate of 1, and its knots: attainment, change of slope, and jump over pay at quota.
    "accelerator": ({"rate": 1.0, "accelerator": 2.5}, [(0, 1, 0), (1, 1.5, 0)]),
    "slower above quota": ({"rate": 1.0, "accelerator": 0.3}, [(0, 1, 0), (1, -0.7, 0)]),
    "cap": ({"rate": 1.0, "cap": 1.2}, [(0, 1, 0), (1.2, -1, 0)]),
    "threshold": (
        {"rate": 1.0, "threshold": 0.6, "decelerator": 0.4, "accelerator": 1.8},
        [(0, 0.4, 0), (0.6, 0.6, 0.36), (1, 0.8, 0)],
    ),
    "bands": (
        {"bands": [{"end": 0.5, "rate": 0.3}, {"start": 0.5, "end": 1.0, "rate": 0.6}, {"start": 1.0, "rate": 1.6}]},
        [(0, 0.3, 0), (0.5, 0.3, 0), (1, 1, 0)],
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_the_curve_nobody_could_have_done_better(shape: str) -> None:
    """The week chosen has the highest utility of all efforts, pay being a sum over knots of a normal result's means."""
    words, knots = SHAPES[shape]
    rng = np.random.default_rng([3, *shape.encode()])
    for _ in range(12):
        k, c, sigma = rng.uniform(1, 10), rng.uniform(0.5, 5), rng.uniform(1, 10)
        usual = 8 * sigma
        quota = usual + rng.uniform(5, 60)
        most = 3 * k / c + 0.4 * quota * k / (sigma * c)
        unit = 0.01 / max(1, most / 1000)
        scenario, _ = prepare("quota", {"k": k, "c": c, "sigma": sigma})
        scenario = scenario.with_(**SHORT, **{
            "pay.bonus_at_quota.rep": [{"metric": "new_revenue", "period": "week", "quota": 52 * quota, **words}],
            "effort.cost": 10 * c / unit**2, "effort.revenue_prospecting": k / unit,
            "effort.expected_attainment": usual / quota, "effort.forecast_error": sigma / quota,
        })  # fmt: skip
        booked = orgsim.run(scenario).hours.query("role == 'rep' and activity == 'prospecting'")["hours"].sum()

        def utility(e: Any, k: float = k, c: float = c, sigma: float = sigma, quota: float = quota) -> Any:
            mean, total = 8 * sigma + k * np.asarray(e), -c * np.asarray(e) ** 2 / 2
            for at, slope, jump in knots:
                z = (mean - at * quota) / sigma
                total = total + slope * sigma * (z * stats.norm.cdf(z) + stats.norm.pdf(z))
                total = total + jump * quota * stats.norm.cdf(z)
            return total

        best = float(np.max(utility(np.linspace(0, most, 200_001))))
        assert utility((booked - 10) / unit) == pytest.approx(best, rel=1e-6), (k, c, sigma, quota)


# The best rates, by search over runs


def best_rate(surplus: Callable[[float], float], most: float) -> tuple[float, float]:
    """The rate of most surplus, and that surplus, by Brent's search."""
    done = optimize.minimize_scalar(lambda rate: -surplus(float(rate)), bounds=(0, most), options={"xatol": 1e-5})
    return float(done.x), -float(done.fun)


def test_search_over_runs_finds_the_best_rate_of_linear_pay() -> None:
    k, c, margin, aversion, sigma = 5.0, 2.0, 0.5, 0.1, 10.0

    def surplus(rate: float) -> float:
        e = found_by_the_engine("linear", {"k": k, "c": c, "rate": rate}, **SHORT)["effort"]
        return margin * k * e - c * e * e / 2 - aversion / 2 * rate**2 * sigma**2

    rate, most = best_rate(surplus, 1.0)
    theory = linear_optimum(k, c, margin, aversion, sigma)
    assert rate == pytest.approx(theory["rate"], abs=1e-3)
    assert rate == pytest.approx(0.2778, abs=1e-3)
    assert most == pytest.approx(theory["surplus"], abs=1e-4)


def surplus_of_two_tasks(first: float, second: float) -> float:
    """What firm and rep have together: benefits (1, 1), cost of effort from habit 1, risk of variance .2 in each."""
    shown = found_by_the_engine("multitask", {"rates": [first, second]}, **SHORT)
    e = np.array([shown["effort_1"], shown["effort_2"]])
    return float(e.sum() - (e - 1) @ np.array(COST) @ (e - 1) / 2 - 0.2 / 2 * (first**2 + second**2))


def test_search_over_runs_finds_the_best_rate_on_one_of_two_tasks() -> None:
    rate, _ = best_rate(lambda first: surplus_of_two_tasks(first, 0.0), 0.9)
    assert rate == pytest.approx(multitask_optimum(COST, [1, 1], 1, 0.2)["rate_alone"], abs=1e-3)
    assert rate == pytest.approx(0.4348, abs=1e-3)


def test_search_over_runs_finds_the_best_rates_on_both_tasks() -> None:
    theory = multitask_optimum(COST, [1, 1], 1, 0.2)
    done = optimize.minimize(
        lambda rates: -surplus_of_two_tasks(*map(float, rates)), [0.5, 0.5], method="Nelder-Mead",
        bounds=[(0, 1.2), (0, 1.2)], options={"xatol": 2e-4, "fatol": 1e-9},
    )  # fmt: skip
    assert done.x == pytest.approx([theory["rate_1"], theory["rate_2"]], abs=1e-3)
    assert done.x == pytest.approx([0.769, 0.769], abs=2e-3)


# Beliefs are true


@pytest.mark.parametrize(
    ("case", "settings"),
    [("linear", {}), ("linear", {"rate": 300.0}), ("team", {}), ("multitask", {"rates": [1.0, 0.2]})],
)
def test_an_hour_of_prospecting_brings_what_reps_believe(case: str, settings: dict[str, Any]) -> None:
    scenario, _ = prepare(case, settings)
    believed = scenario.effort.revenue_prospecting
    # Ten times as many accounts and deals of a tenth: the same revenue, with less luck in it.
    scenario = scenario.with_(**{
        "market.size": 10 * scenario.market.size, "market.deal_value": scenario.market.deal_value / 10,
        "time.warm_up_years": 0.1, "time.years": 1,
    })  # fmt: skip
    seen = []
    for replicate in range(10):
        run = orgsim.run(scenario, replicate=replicate)
        hours = run.hours[run.hours["activity"] == "prospecting"]["hours"].sum()
        seen.append(run.periods["revenue"].sum() / hours)
    row = judge(case, "revenue an hour", seen, believed)
    assert row["agrees"], row
    assert row["standard_error"] < 0.02 * believed
    assert np.mean(seen) == pytest.approx(believed, rel=0.05)


def test_prospecting_beyond_habit_finds_in_proportion_to_its_hours() -> None:
    """Twice the hours, twice the revenue: otherwise belief in k per hour could only be true at habit."""
    revenue = []
    for rate in (0.0, 400.0):
        scenario, _ = prepare("linear", {"rate": rate})
        scenario = scenario.with_(**{"time.warm_up_years": 0.1, "time.years": 5})
        run = orgsim.run(scenario)
        deal = scenario.market.deal_value
        hours = run.hours[run.hours["activity"] == "prospecting"]["hours"].sum() / 260
        assert hours == pytest.approx(10 + 10 * (rate > 0))
        revenue.append(run.periods["revenue"].sum() / deal)
    error = np.sqrt(4 * revenue[0] + revenue[1])  # of a difference of Poisson counts
    assert abs(revenue[1] - 2 * revenue[0]) < 4.9 * error


# Wrong inputs


@pytest.mark.parametrize(
    ("case", "settings", "message"),
    [
        ("linear", {"rate": -1}, "rate is -1; it must be a finite number of at least 0"),
        ("linear", {"k": "5"}, "k is '5'; it must be a finite number above 0"),
        ("team", {"members": 2.5}, "members is 2.5; it must be a whole number"),
        ("multitask", {"cost": [[1, 0.5], [0.4, 1]]}, "they must be equal"),
        ("multitask", {"cost": [[1, 2], [2, 1]]}, "effort has no bound"),
        ("multitask", {"cost": 1.0}, "two rows of two numbers"),
        ("multitask", {"rates": [3, 0]}, "effort_2 would be -1"),
        ("multitask", {"rates": [-0.1, 0]}, r"rates\[0\] is -0.1"),
        ("quota", {"sigma": 0}, "sigma is 0; it must be a finite number above 0"),
        ("timing", {"discount": 1.0}, "discount is 1; it must be below 1"),
    ],
)
def test_inputs_without_a_closed_form_are_refused_with_the_reason(
    case: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(NoClosedForm, match=message):
        prepare(case, settings)


def test_tasks_that_help_each_other_are_beyond_the_effort_rule_and_refused() -> None:
    with pytest.raises(ScenarioError, match=r"effort\.substitution: .*at least 0"):
        prepare("multitask", {"cost": [[1, -0.5], [-0.5, 1]]})


def test_an_unknown_key_of_a_case_is_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'sigma'"):
        prepare("quota", {"sigmas": 2})


# The cases themselves


@pytest.mark.parametrize("case", [case for case in CASES if case != "timing"])
def test_the_week_never_binds_however_large_the_effort(case: str) -> None:
    large: dict[str, dict[str, Any]] = {
        "linear": {"k": 300.0, "rate": 50.0}, "team": {"k": 1e5, "members": 2},
        "quota": {"bonus": 1e7, "sigma": 1000.0, "quota": 2000.0},
        "multitask": {"rates": [900.0, 700.0], "habit": 5000.0},
    }  # fmt: skip
    _, expected = prepare(case, large[case])
    assert max(expected.values()) > 500
    shown = found_by_the_engine(case, large[case], **SHORT)
    assert {key: shown[key] for key in expected} == pytest.approx(expected, rel=AGREEMENT)


def test_a_case_makes_values_of_its_own_from_its_keys() -> None:
    limit = orgsim.load_scenario("multitask").limit
    assert limit is not None
    values = values_of(limit, {"cost": COST, "rates": [0.2, 0.3], "habit": [1.0, 2.0]})
    assert values["second"] == 2.0
    assert values["determinant"] == 0.75
    assert values["effort.substitution"] == 0.5
