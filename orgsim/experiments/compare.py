"""Compare ways of organising and paying: every arm in the same worlds, replicate by replicate."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING, Any

from orgsim.clock import Clock
from orgsim.engine.records import DAYS_PER_YEAR
from orgsim.experiments import metrics as figures
from orgsim.experiments.comparison import ArmName, Comparison, arm_named, interval_problems
from orgsim.experiments.executors import in_order, opened
from orgsim.experiments.precision import Reached, Target, run_until, target_of
from orgsim.experiments.statistics import INTERVALS
from orgsim.experiments.worlds import Row, Task, Terms, World, engine_hash, rows_of
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError, cut, show
from orgsim.scenario.fields import MOST_REPLICATES
from orgsim.scenario.load import unknown
from orgsim.scenario.schema import Scenario
from orgsim.simulation import check_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRUCTURES = ("merged", "separate", "cro")
PAY = ("own_numbers", "shared_revenue")
REPLICATES = 100
FIRST = 30  # replicates of the first stage where the run decides itself how many there are
MOST = 1_000  # and their limit

Progress = Callable[[int, int], None]
Simulate = Callable[[Sequence[Arm], int, int, Callable[[int], None] | None], list[Row]]


def compare(
    scenario: Scenario, *, structures: Sequence[str] = STRUCTURES, pay: Sequence[str] = PAY,
    arms: Sequence[ArmName] | None = None, against: ArmName | None = None, replicates: int | None = None,
    precision: str | Target | None = None, metric: str = "profit", most: int = MOST, seed: int = 0,
    threads: int | None = None, batch: int | None = None, start: str = "today", budget: str = "free",
    uncertain: bool = False, interval: str = "t",
    confidence: float = 0.95, executor: str | Executor = "threads", progress: Progress | None = None,
) -> Comparison:
    """Run every structure under every pay plan in the same worlds and take the differences to one of the arms.

    structures, pay: names of the scenario's structures and pay plans. arms: instead of all their combinations, arms one
    by one, each as "structure / pay plan", or a structure under today's pay plan. against: the arm of reference, as
    "structure / pay plan" or a structure under today's pay plan; default today's. Today's arm and the reference are
    added where they are not among the arms; today's is not where both `arms` and `against` are given.
    replicates: worlds (default 100), numbered from 0; with seed the key of all luck. precision: run instead until the
    interval of every difference in `metric` has at most this half-width: "2%" of the reference's mean, or an amount
    such as "20 k€" a year (`precision.target_of`); `replicates` is then the first stage (default 30), `most` the
    limit. The runs are those of a comparison with as many replicates.
    threads: workers (default: all cores); batch: replicates per task; neither changes any result.
    start: "today" (all arms start from today's firm) or "own" (each arm warms up under itself). budget: "free", or
    "equal" (the difference in leaders' cost to today's is moved to or from programme spend). uncertain: each
    replicate also draws the assumed parameters from their ranges. interval: "t" (Student) or "bootstrap" (BCa).
    executor: where it is computed (`executors.opened`). progress(done, all) is called as replicates finish; `all` grows
    while a precision is sought.

    Raises ScenarioError that lists all unknown names and values out of range.
    """
    import pandas as pd

    wrong = problems(
        scenario, structures=structures, pay=pay, arms=arms, against=against, replicates=replicates,
        precision=precision, metric=metric, most=most, seed=seed, threads=threads, batch=batch, start=start,
        budget=budget, interval=interval, confidence=confidence,
    )  # fmt: skip
    if wrong:
        raise ScenarioError(wrong)
    found, reference = arms_of(scenario, structures, pay, against, arms), reference_of(scenario, against)
    rows: list[Row] = []
    reached: Reached | None = None
    with simulator(scenario, Terms(seed, start, budget, uncertain), threads, batch, executor) as simulate:

        def values(begin: int, end: int) -> NDArray[np.float64]:
            note = None if progress is None else lambda done: progress(begin + done, end)
            new = simulate(found, begin, end, note)
            rows.extend(new)
            return table_of(new, metric, (reference, *(arm for arm in found if arm != reference)))

        if precision is None:
            values(0, replicates or REPLICATES)
        else:
            target = precision if isinstance(precision, Target) else _target(scenario, precision, metric)
            reached = run_until(values, target, replicates or FIRST, most, confidence)
    table = pd.DataFrame(rows).sort_values(["structure", "pay", "replicate"], kind="stable", ignore_index=True)
    return Comparison(
        scenario, found, today_of(scenario), seed, len(rows) // len(found), table, uncertain, start, budget, reference,
        confidence, interval, metric, reached,
    )  # fmt: skip


@contextmanager
def simulator(
    scenario: Scenario, terms: Terms, threads: int | None = None, batch: int | None = None,
    executor: str | Executor = "threads",
) -> Iterator[Simulate]:
    """A function that runs arms in worlds: simulate(arms, begin, end, note) gives the rows of worlds begin .. end - 1,
    world by world, and calls note(worlds done). What is under way is given up when the caller fails."""
    cancelled, size = threading.Event(), batch or 4
    with opened(executor, threads) as (pool, workers):
        run = partial(rows_of, cancelled=cancelled) if isinstance(pool, ThreadPoolExecutor) else rows_of

        def simulate(
            arms: Sequence[Arm], begin: int, end: int, note: Callable[[int], None] | None = None
        ) -> list[Row]:
            tasks = (
                Task(scenario, terms, tuple(World((), k, tuple(arms)) for k in range(first, min(first + size, end))),
                     engine_hash())
                for first in range(begin, end, size)
            )  # fmt: skip
            rows: list[Row] = []
            for found in in_order(pool, run, tasks, 2 * workers() + 1):
                rows += found
                if note:
                    note(len(rows) // len(arms))
            return rows

        try:
            yield simulate
        except BaseException:
            cancelled.set()
            raise


def table_of(rows: Sequence[Row], metric: str, arms: Sequence[Arm]) -> NDArray[np.float64]:
    """One figure of rows as an array of worlds by arms."""
    import numpy as np

    by_arm = {(row["structure"], row["pay"], row["replicate"]): row[metric] for row in rows}
    worlds = sorted({row["replicate"] for row in rows})
    return np.array([[by_arm[arm.structure, arm.pay, world] for arm in arms] for world in worlds], dtype=float)


def today_of(scenario: Scenario) -> Arm:
    """Today's structure and pay plan."""
    return Arm(scenario.today.structure, scenario.today.pay)


def reference_of(scenario: Scenario, against: ArmName | None) -> Arm:
    """The arm that others are compared with: today's unless another is named."""
    return today_of(scenario) if against is None else arm_named(against, scenario.today.pay)


def arms_of(
    scenario: Scenario, structures: Sequence[str], pay: Sequence[str], against: ArmName | None = None,
    arms: Sequence[ArmName] | None = None,
) -> tuple[Arm, ...]:
    """All arms, those named one by one or else structures by pay plans, in the order given, each once; today's arm and
    the reference come first when they are not among them, today's not where arms and reference are named one by one.

    Raises ScenarioError that lists all unknown structures and pay plans.
    """
    wrong = arm_problems(scenario, structures, pay, against, arms)
    if wrong:
        raise ScenarioError(wrong)
    if arms is None:
        asked = [Arm(structure, plan) for plan in _listed(pay) for structure in _listed(structures)]
    else:
        asked = [arm_named(arm, scenario.today.pay) for arm in _listed(arms)]
    reference = reference_of(scenario, against)
    needed = (reference,) if arms is not None and against is not None else (today_of(scenario), reference)
    return tuple(dict.fromkeys([*(arm for arm in needed if arm not in asked), *asked]))


def _listed(names: Any) -> list[Any]:
    """The names as a list, of one that stands alone too."""
    return [names] if isinstance(names, (str, Arm)) else list(names)


# What may be wrong -------------------------------------------------------------------------------------------------


def arm_problems(
    scenario: Scenario, structures: Sequence[str], pay: Sequence[str], against: ArmName | None = None,
    arms: Sequence[ArmName] | None = None,
) -> list[Problem]:
    """All unknown names of structures and pay plans."""
    keys, plans, ways = ("structures", "pay"), _listed(pay), _listed(structures)
    if arms is not None:
        named = [arm_named(arm, scenario.today.pay) for arm in _listed(arms)]
        keys, plans, ways = ("arms", "arms"), [arm.pay for arm in named], [arm.structure for arm in named]
    asked = ((keys[0], ways, list(scenario.structures)), (keys[1], plans, list(scenario.pay)))
    empty = [
        Problem("command", None, what, "nothing", f"found nothing; allowed: {cut(sorted(allowed))}", None)
        for what, names, allowed in asked
        if not names
    ]
    wrong = [problem for what, names, allowed in asked for name in names for problem in unknown(name, allowed, what)]
    reference = reference_of(scenario, against)
    wrong += unknown(reference.structure, scenario.structures, "against")
    wrong += unknown(reference.pay, scenario.pay, "against")
    return list(dict.fromkeys(empty + wrong))


def world_problems(
    numbers: Sequence[tuple[str, int | None, int]], seed: int, start: str, budget: str, confidence: float
) -> list[Problem]:
    """Numbers (name, value, least) out of range, and what is wrong with the key of luck, the start and the budget."""
    wrong = []
    for name, value, least in numbers:
        if value is not None and (isinstance(value, bool) or not isinstance(value, Integral)):
            message = f"found {show(value)}; must be a whole number"
            wrong.append(Problem("command", None, name, show(value), message, None))
        elif value is not None and not least <= value <= MOST_REPLICATES:
            bound = f"at least {least}" if value < least else f"at most {MOST_REPLICATES}"
            wrong.append(Problem("command", None, name, show(value), f"found {show(value)}; must be {bound}", None))
    try:
        check_key(seed, 0)
    except ScenarioError as error:
        wrong += error.problems
    wrong += unknown(start, ("today", "own"), "start") + unknown(budget, ("free", "equal"), "budget")
    if not 0.5 <= confidence < 1:
        message = f"found {100 * confidence:g} %; must be from 50 % to less than 100 %"
        wrong.append(Problem("command", None, "confidence", str(confidence), message, None))
    return wrong


def problems(
    scenario: Scenario, *, structures: Sequence[str] = STRUCTURES, pay: Sequence[str] = PAY,
    arms: Sequence[ArmName] | None = None, against: ArmName | None = None, replicates: int | None = None,
    precision: str | Target | None = None, metric: str = "profit", most: int = MOST, seed: int = 0,
    threads: int | None = None, batch: int | None = None, start: str = "today", budget: str = "free",
    interval: str = "t", confidence: float = 0.95,
) -> list[Problem]:
    """Everything that is wrong with the settings of a comparison."""
    numbers = [("replicates", replicates, 1 if precision is None else 2), ("threads", threads, 1), ("batch", batch, 1)]
    wrong = arm_problems(scenario, structures, pay, against, arms)
    wrong += world_problems(numbers, seed, start, budget, confidence)
    wrong += unknown(interval, INTERVALS, "interval") or interval_problems(interval, precision is not None)
    if precision is None:
        return wrong
    wrong += most_problems(replicates or FIRST, most)
    nameless = figures.unknown_metrics(scenario, (metric,), "metric")
    if not nameless and not isinstance(precision, Target):
        try:
            _target(scenario, precision, metric)
        except ValueError as error:
            wrong.append(Problem("command", None, "precision", precision, str(error), None))
    return wrong + nameless


def most_problems(first: int, most: int) -> list[Problem]:
    """A limit below the replicates of the first stage."""
    if first <= most <= MOST_REPLICATES:
        return []
    message = f"found {most}; must be from {first}, the replicates of the first stage, to {MOST_REPLICATES}"
    return [Problem("command", None, "most", str(most), message, None)]


def _target(scenario: Scenario, text: str, metric: str) -> Target:
    years = Clock.of(scenario).horizon / DAYS_PER_YEAR
    return target_of(text, figures.metric_of(scenario, metric), years)
