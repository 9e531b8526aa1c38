"""Limit cases: the engine against closed forms.

A limit case is a scenario file whose table `limit` names a closed form, a statistic of a run, and how the user's keys
set parameters. It sets only parameters that any scenario may set and is run by the same engine; nothing here knows a
case's name.
"""

from __future__ import annotations

import ast
import math
import operator
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from orgsim.experiments import closed_forms, closed_forms_pay
from orgsim.results import Run
from orgsim.scenario.errors import Problem, ScenarioError, cut, nearest, show
from orgsim.scenario.fields import MOST_REPLICATES
from orgsim.scenario.load import known, limit_names, load_scenario
from orgsim.scenario.schema import Limit, Scenario
from orgsim.simulation import run

FORMULAS = {**closed_forms.FORMULAS, **closed_forms_pay.PAY_FORMULAS}
FALSE_ALARM = 1e-6
ROUNDING = 1e-9
DAYS_PER_WEEK = 5
WORK_WEEK = 35.0
# Outputs that are shares of trials; a measure tells how many trials beside its outputs.
SHARES = ("p_win", "p_wait", "p_cold", "p_locked_out", "followed_up")
TRIALS = "trials"


# Formulas of a case's keys -----------------------------------------------------------------------------------------

_OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def _slowest(advance: list[float], loss: list[float]) -> float:
    """Longest mean stay in a stage, in reviews."""
    return 1 / min(a + b for a, b in zip(advance, loss, strict=True))


def _at(values: float | list[float], place: int) -> float:
    """An item of a list from 0; a number stands for a list of it."""
    return values[int(place)] if isinstance(values, (list, tuple)) else values


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min, "max": max, "log": math.log, "sqrt": math.sqrt, "round": round, "slowest": _slowest, "at": _at
}  # fmt: skip


def evaluate(formula: str, values: Mapping[str, Any]) -> Any:
    """Value of an arithmetic formula of named values.

    It may have numbers, lists, + - * /, items such as cost[0][1], and the functions min, max, log, sqrt, round, slowest
    (mean stay in the slowest stage, of advance and loss) and at(values, place) (an item, or a number given for all).
    """

    def value_of(node: ast.AST) -> Any:
        match node:
            case ast.Expression(body=body):
                return value_of(body)
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name) if name in values:
                return values[name]
            case ast.List(elts=items):
                return [value_of(item) for item in items]
            case ast.Subscript(value=inner, slice=ast.Constant(value=int() as place)):
                return value_of(inner)[place]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -value_of(inner)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
                return _OPERATIONS[type(op)](value_of(left), value_of(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return _FUNCTIONS[name](*map(value_of, args))
        raise ValueError(f"a formula of numbers and of {cut(list(values))} is needed, found {formula!r}")

    return value_of(ast.parse(formula, mode="eval"))


def values_of(limit: Limit, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The keys and all that a case makes of them: parameters by dotted path and values of its own."""
    values = dict(inputs)
    for path, formula in limit.sets.items():
        values[path] = evaluate(formula, values)
    return values


# Statistics of one run ---------------------------------------------------------------------------------------------


def _settled(run_: Run) -> pd.DataFrame:
    """Leads of the horizon, without its last tenth, whose fate may not be known yet."""
    last = 0.9 * run_.periods["end_day"].iloc[-1]
    leads = run_.leads
    settled: pd.DataFrame = leads[(leads["created"] >= 0) & (leads["created"] < last)]
    return settled


def _time_average(run_: Run, since: pd.Series, until: pd.Series) -> float:
    """Mean number over the horizon of what exists from `since` to `until` (days; missing `until` is not yet)."""
    end = float(run_.periods["end_day"].iloc[-1])
    stay = until.fillna(np.inf).clip(0, end) - since.clip(0, end)
    return float(stay.sum() / end)


def opportunities_of_first_year(run_: Run) -> dict[str, float]:
    """Share won and weeks open of opportunities opened in the first year; all must have ended."""
    leads = run_.leads
    cohort = leads[leads["opportunity"] < 260]
    if cohort["closed"].isna().any():
        raise ValueError("some opportunities of the first year are still open; the horizon is too short")
    weeks = (cohort["closed"] - cohort["opportunity"]) / DAYS_PER_WEEK
    won = cohort["outcome"] == "won"
    return {
        "p_win": float(won.mean()), "mean_weeks": float(weeks.mean()), "mean_weeks_won": float(weeks[won].mean()),
        TRIALS: len(cohort),
    }  # fmt: skip


def waiting(run_: Run) -> dict[str, float]:
    """Share of leads that wait at all, and mean days waited, from hand-over to the first call."""
    leads = _settled(run_)
    wait = leads["first_touch"] - leads["handed_over"]
    return {"p_wait": float((wait > 0).mean()), "mean_wait_days": float(wait.mean()), TRIALS: len(leads)}


def waiting_and_leaving(run_: Run) -> dict[str, float]:
    """Share of leads lost before the first call, and the mean number in line."""
    leads = _settled(run_)
    everyone = run_.leads
    left_line = everyone["first_touch"].fillna(everyone["closed"])
    return {
        "p_cold": float(leads["first_touch"].isna().mean()),
        "mean_queue": _time_average(run_, everyone["handed_over"], left_line),
        TRIALS: len(leads),
    }


def lock_out(run_: Run) -> dict[str, float]:
    """1 when the rep no longer works the lead that follows the first `leads` leads, else 0."""
    assert run_.scenario.limit is not None
    number = int(run_.scenario.limit.inputs["leads"])
    leads = run_.leads.sort_values("handed_over", kind="stable")
    if len(leads) <= number:
        raise ValueError(f"only {len(leads)} leads came, {number + 1} are needed")
    return {"p_locked_out": float(np.isnan(leads["first_touch"].iloc[number])), TRIALS: 1}


def follow_up(run_: Run) -> dict[str, float]:
    """Share of leads followed up, of those handed over in complete weeks of the horizon."""
    leads = run_.leads
    weeks = int(run_.periods["end_day"].iloc[-1]) // DAYS_PER_WEEK - 1
    week = leads["handed_over"] / DAYS_PER_WEEK
    counted = leads[(week >= -1e-9) & (week < weeks - 1e-9)]
    return {"followed_up": float(counted["first_touch"].notna().mean()), TRIALS: len(counted)}


def open_opportunities(run_: Run) -> dict[str, float]:
    """Mean number of open opportunities."""
    leads = run_.leads[run_.leads["opportunity"].notna()]
    return {"open": _time_average(run_, leads["opportunity"], leads["closed"]), TRIALS: len(leads)}


def customer_lives(run_: Run) -> dict[str, float]:
    """Orders per customer and their discounted margin, for first customer lives begun in the first year."""
    assert run_.scenario.limit is not None
    discount = run_.scenario.limit.inputs["discount"]
    log = run_.events
    log = log[log["activity"].isin(["order", "customer_left"])]
    left = (log["activity"] == "customer_left").astype(int)
    life = left.groupby(log["case"]).cumsum() - left
    first = log[life == 0]
    begun = first.groupby("case")["day"].min()
    cohort = first[first["case"].isin(begun.index[begun < 260])]
    orders = cohort[cohort["activity"] == "order"]
    ended = cohort[cohort["activity"] == "customer_left"]["case"].nunique()
    if ended != orders["case"].nunique():
        raise ValueError("some customers of the first year have not left; the horizon is too short")
    number = orders.groupby("case").cumcount()
    worth = orders["amount"] * run_.scenario.money.gross_margin / (1 + discount) ** number
    return {"orders": len(orders) / ended, "clv": float(worth.sum() / ended), TRIALS: ended}


def adopters(run_: Run) -> dict[str, float]:
    """Share of accounts that are customers at the end."""
    table = run_.prospects
    return {"adopted": float((table["state"] == "customer").mean()), TRIALS: len(table)}


def brand_stock(run_: Run) -> dict[str, float]:
    """Advertising stock at the end, just after that week's spend."""
    return {"stock": float(run_.periods["brand_stock"].iloc[-1]), TRIALS: 1}


def _weekly_hours(run_: Run, activity: str) -> float:
    """Hours a week that reps book on an activity; all reps must book alike in all months."""
    booked = run_.hours[run_.hours["role"] == "rep"]
    months = booked.groupby(["month", "person"])["hours"].sum()
    weekly = booked[booked["activity"] == activity].groupby(["month", "person"])["hours"].sum() / months * WORK_WEEK
    if np.ptp(weekly.to_numpy()) > ROUNDING * WORK_WEEK:
        raise ValueError(f"hours on {activity} differ between reps or months; one decision for all was expected")
    return float(weekly.mean())


def _unit(run_: Run) -> float:
    """Hours that stand for a unit of effort: the case's value `unit`."""
    limit = run_.scenario.limit
    assert limit is not None
    return float(values_of(limit, limit.inputs)["unit"])


def effort_above_habit(run_: Run) -> dict[str, float]:
    """Effort of a rep on prospecting beyond the flat-pay week, from booked hours."""
    extra = _weekly_hours(run_, "prospecting") - run_.scenario.reps.prospecting
    return {"effort": extra / _unit(run_), TRIALS: 1}


def efforts_on_two_tasks(run_: Run) -> dict[str, float]:
    """Efforts of a rep on prospecting and on logging, habit included, from booked hours."""
    unit = _unit(run_)
    return {
        "effort_1": _weekly_hours(run_, "prospecting") / unit, "effort_2": _weekly_hours(run_, "logging") / unit,
        TRIALS: 1,
    }  # fmt: skip


def closes_now(run_: Run) -> dict[str, float]:
    """1 when a close was pulled into the present pay period, else 0; some opportunity must have waited for it."""
    leads = run_.leads
    if not (leads["opportunity"] < DAYS_PER_WEEK).any():
        raise ValueError("no opportunity was opened in the first week, so that none could be closed early")
    return {"closes_now": float((leads["moved"] < 0).any()), TRIALS: 1}


MEASURES: dict[str, Callable[[Run], dict[str, float]]] = {
    measure.__name__: measure
    for measure in (
        opportunities_of_first_year, waiting, waiting_and_leaving, lock_out, follow_up, open_opportunities,
        customer_lives, adopters, brand_stock, effort_above_habit, efforts_on_two_tasks, closes_now,
    )
}  # fmt: skip


# A case ------------------------------------------------------------------------------------------------------------


def prepare(case: str, settings: Mapping[str, Any]) -> tuple[Scenario, dict[str, float]]:
    """The scenario of a limit case with the user's settings, and what the closed form says.

    Raises ScenarioError for an unknown case or key, and NoClosedForm where theory has no answer.
    """
    scenario = load_scenario(known(case, limit_names(), "case"))
    limit = scenario.limit
    assert limit is not None
    unknown = [key for key in settings if key not in limit.inputs]
    if unknown:
        raise ScenarioError(
            [Problem("command", None, key, show(settings[key]), f"unknown key; allowed here: {cut(list(limit.inputs))}",
                     nearest(key, limit.inputs)) for key in unknown]
        )  # fmt: skip
    inputs = {**limit.inputs, **settings}
    expected = FORMULAS[known(limit.formula, FORMULAS, "limit.formula")](**inputs)
    known(limit.measure, MEASURES, "limit.measure")
    values = values_of(limit, inputs)
    changes = {path: values[path] for path in limit.sets if "." in path}
    return scenario.with_(**changes, **{"limit.inputs": inputs}), expected


def verify(
    case: str | None = None, settings: Mapping[str, Any] | None = None, replicates: int | None = None, seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Run limit cases (one, or all) and hold each output against its closed form.

    Returns a row per output: case, output, simulated (mean over replicates), closed_form, standard_error (between
    replicates), z, agrees. Judged by Student's t at a false-alarm rate of 1e-6 per output; where the standard error
    is 0, z is None and both must agree to the case's tolerance. At least 30 replicates.
    """
    if replicates is not None and not 30 <= replicates <= MOST_REPLICATES:
        bound = "at least 30" if replicates < 30 else f"at most {MOST_REPLICATES}"
        raise ScenarioError(
            [Problem("command", None, "replicates", str(replicates), f"found {replicates}; must be {bound}", None)]
        )
    if case is None and settings:
        raise ScenarioError([Problem("command", None, "set", "", "settings need the name of one case", None)])
    prepared = [(name, *prepare(name, settings or {})) for name in ([case] if case else limit_names())]
    total = sum(_number(scenario, replicates) for _, scenario, _ in prepared)
    done = 0
    rows = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, scenario, expected in prepared:
            outputs = []
            for output in pool.map(lambda r, s=scenario: measured(s, seed, r), range(_number(scenario, replicates))):
                outputs.append(output)
                done += 1
                if progress:
                    progress(done, total)
            trials = round(sum(output[TRIALS] for output in outputs))
            assert scenario.limit is not None
            rows += [
                judge(name, k, [o[k] for o in outputs], value, trials=trials, tolerance=scenario.limit.tolerance)
                for k, value in expected.items()
            ]
    return rows


def _number(scenario: Scenario, replicates: int | None) -> int:
    assert scenario.limit is not None
    return replicates or scenario.limit.replicates


def measured(scenario: Scenario, seed: int, replicate: int) -> dict[str, float]:
    """The case's statistic of one run."""
    assert scenario.limit is not None
    return MEASURES[scenario.limit.measure](run(scenario, seed=seed, replicate=replicate))


def judge(
    case: str, output: str, values: list[float], closed_form: float, *, trials: int = 0, tolerance: float = ROUNDING
) -> dict[str, Any]:
    """One row of a verification.

    trials: number of leads, or of reps, that a share was counted over; tolerance: how far apart, as a ratio and in the
    output's unit, both may be where nothing is left to luck.
    """
    x = np.asarray(values)
    n = len(x)
    mean = float(x.mean())
    error = float(x.std(ddof=1) / math.sqrt(n)) if np.ptp(x) > 0 else 0.0
    if error == 0 and output in SHARES and trials and 0 < closed_form < 1:
        # All trials of all replicates ended alike: the error of their share is then known from the chance itself.
        error = math.sqrt(closed_form * (1 - closed_form) / trials)
    if error == 0:
        z = None
        agrees = math.isclose(mean, closed_form, rel_tol=tolerance, abs_tol=tolerance)
    else:
        z = (mean - closed_form) / error
        agrees = abs(z) <= float(stats.t.isf(FALSE_ALARM / 2, n - 1))
    return {
        "case": case, "output": output, "simulated": mean, "closed_form": closed_form, "standard_error": error, "z": z,
        "agrees": bool(agrees),
    }  # fmt: skip
