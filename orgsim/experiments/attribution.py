"""What a structure's effect comes from: exact Shapley shares over groups of primitives (theory 1.1).

The effect of a structure against another is the paired mean difference of one figure. Let v(S) be that effect with all
primitives outside the groups S neutral. With none v is 0 (E12), with all it is the full effect. A group's share is its
contribution to v averaged over all orders in which the groups can be restored (Shapley 1953): shares sum to the effect,
do not depend on the order in which groups are listed, and are 0 for a group that never matters.

All 2^n sets of groups are run, in the same worlds. Leaders' pay acts on leaders' own accounts only, so with
`budget = "free"` it is taken from the books of the same runs, which halves them; nothing is sampled or approximated.
Shares are worked out world by world, so that their intervals are those of paired differences.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine.records import World
from orgsim.experiments.statistics import Estimate, estimate, holm
from orgsim.leadership.arms import same_organisation
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.fields import MOST_REPLICATES
from orgsim.scenario.load import known
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, arm_of, check_key, enter_arm, finish, warm_up

if TYPE_CHECKING:
    import pandas as pd

REPLICATES = 20
SALARY = "salary"

# Groups of primitives (theory 1.1), each the names of switches; every primitive belongs to exactly one.
GROUPS: dict[str, tuple[str, ...]] = {
    "skill": ("skill",),
    "belief": ("prior",),
    "horizon": ("horizon",),
    "rights": ("rights", "objective", "lead_rights", "services"),
    "information": ("visibility", "sight", "definition", "staff"),
    "delay": ("settlement", "disputes", "switching", "review"),
    "attention": ("attention", "coordination", "devices"),
    SALARY: ("cost",),
}

# What a figure is without leaders' pay: the figures that make it up.
BEFORE_LEADERS: dict[str, tuple[str, ...]] = {
    "profit": ("profit_before_leaders",),
    "value": ("profit_before_leaders", "run_off_margin"),
    "leaders_cost": (),
    "cost_leaders_pay": (),
    "cost_leaders_switching": (),
}
RUN_OFF = ("value", "run_off_margin")
Progress = Callable[[int, int], None]
Figures = dict[str, float]
Effects = tuple[Figures, Figures]  # without leaders' pay, and with it


class NotNeutral(RuntimeError):
    """With every group neutral two structures still differ, so that shares would not sum to the effect (E12)."""


def shapley(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shapley values of a game, exactly.

    values: v(S) for all 2^n sets, S as a bit mask (bit i set: player i is in), along the first axis; further axes are
    separate games. Returns the players' values along the first axis, in the unit of v. ValueError if the number of
    sets is no power of two.
    """
    v = np.asarray(values, dtype=float)
    n = len(v).bit_length() - 1
    if len(v) != 1 << n:
        raise ValueError(f"found {len(v)} sets; a game of n players has 2^n")
    sets = np.arange(len(v))
    weight = np.array([math.factorial(k) * math.factorial(n - 1 - k) / math.factorial(n) for k in range(n)])
    out = np.zeros((n, *v.shape[1:]))
    for player in range(n):
        without = sets[sets >> player & 1 == 0]
        gains = v[without | 1 << player] - v[without]
        out[player] = np.tensordot(weight[np.bitwise_count(without)], gains, axes=1)
    return out


@dataclass(frozen=True)
class Attribution:
    """A structure's effect on one figure, and the shares of the groups of primitives in it.

    values: v(S) by bit mask over `groups` (first axis) and replicate (second), in the figure's unit; money in euro
    over the whole horizon.
    """

    scenario: Scenario
    structure: str
    against: str
    pay: str
    metric: str
    seed: int
    replicates: int
    start: str
    budget: str
    groups: tuple[str, ...]
    values: NDArray[np.float64] = field(repr=False)
    confidence: float = 0.95

    @cached_property
    def shares(self) -> dict[str, NDArray[np.float64]]:
        """Shapley shares by group, a value for each replicate."""
        return dict(zip(self.groups, shapley(self.values), strict=True))

    @property
    def effect(self) -> Estimate:
        """The whole effect: mean paired difference with its interval."""
        return estimate(self.values[-1], self.confidence)

    def share(self, group: str) -> Estimate:
        """One group's share with its interval."""
        return estimate(self.shares[known(group, self.groups, "group")], self.confidence)

    def frame(self) -> pd.DataFrame:
        """One row per group: share of the effect with Student's t interval and p-value (Holm over the groups), what the
        group does alone (all others neutral), and what is lost of the effect when it alone is neutral."""
        import pandas as pd

        everything = len(self.values) - 1
        rows: list[dict[str, Any]] = []
        for place, group in enumerate(self.groups):
            found, bit = self.share(group), 1 << place
            rows.append({
                "group": group, "primitives": ", ".join(GROUPS.get(group, ())), "share": found.mean, "low": found.low,
                "high": found.high, "standard_error": found.standard_error, "p_value": found.p_value,
                "alone": float(self.values[bit].mean()),
                "lost_without": float((self.values[everything] - self.values[everything ^ bit]).mean()),
            })  # fmt: skip
        table = pd.DataFrame(rows)
        table["p_adjusted"] = holm(table["p_value"].tolist())
        return table


def with_groups(scenario: Scenario, on: Sequence[str]) -> Scenario:
    """The scenario with the primitives of all groups but those `on` neutral; what it has switched off stays off."""
    off = {name: False for group, names in GROUPS.items() if group not in on for name in names}
    return scenario.model_copy(update={"switches": scenario.switches.model_copy(update=off)})


def attribute(
    scenario: Scenario, structure: str, *, against: str | None = None, pay: str | None = None, metric: str = "profit",
    replicates: int = REPLICATES, seed: int = 0, workers: int | None = None, start: str = "today",
    budget: str = "free", progress: Progress | None = None,
) -> Attribution:
    """Split the effect of a structure on one figure into Shapley shares of groups of primitives.

    structure, against (default today's): names of structures; both arms have the pay plan `pay` (default today's).
    metric: a figure of a run (`orgsim run`). replicates, seed: worlds 0 .. replicates - 1, in which all sets of groups
    run. workers: threads (default: all cores); changes no result. start, budget: as in `compare`.
    progress(done, all) is called as runs finish.

    Raises ScenarioError for unknown names and values out of range, NotNeutral if the engine tells structures apart
    with every mechanism neutral.
    """
    return attribute_all(
        scenario, (structure,), (metric,), against=against, pay=pay, replicates=replicates, seed=seed, workers=workers,
        start=start, budget=budget, progress=progress,
    )[structure, metric]  # fmt: skip


def attribute_all(
    scenario: Scenario, structures: Sequence[str], metrics: Sequence[str], *, against: str | None = None,
    pay: str | None = None, replicates: int = REPLICATES, seed: int = 0, workers: int | None = None,
    start: str = "today", budget: str = "free", progress: Progress | None = None,
) -> dict[tuple[str, str], Attribution]:
    """`attribute` for several structures and figures from the same runs, by (structure, metric)."""
    _check(replicates, seed, workers, start, budget)
    arms, other = [arm_of(scenario, structure, pay) for structure in structures], arm_of(scenario, against, pay)
    _check_metrics(scenario, metrics)
    if not any(metric in RUN_OFF for metric in metrics):
        scenario = scenario.with_(**{"time.run_off_months": 0})
    names = tuple(GROUPS)
    # A group that the scenario has switched off altogether changes nothing, and the books tell what leaders cost.
    from_books = budget == "free"
    run = [
        place
        for place, group in enumerate(names)
        if any(getattr(scenario.switches, switch) for switch in GROUPS[group]) and not (from_books and group == SALARY)
    ]
    sets = [sum(1 << place for k, place in enumerate(run) if chosen >> k & 1) for chosen in range(1 << len(run))]
    covered, salary = sum(1 << place for place in run), 1 << names.index(SALARY)
    values = {(arm.structure, metric): np.zeros((1 << len(names), replicates)) for arm in arms for metric in metrics}

    def simulate(chosen: int, replicate: int) -> list[Effects]:
        on = [names[place] for place in run if chosen >> place & 1]
        kept = with_groups(scenario, [*on, SALARY] if from_books else on)
        return _effects(kept, arms, other, metrics, seed, replicate, start=start, budget=budget)

    def note(chosen: int, replicate: int, found: list[Effects]) -> None:
        """Fill in v for all sets that differ from the one run by groups that change nothing."""
        for arm, (before, after) in zip(arms, found, strict=True):
            if chosen == 0 and any(value != 0.0 for value in before.values()):
                raise NotNeutral(
                    f"{arm.structure} and {other.structure} differ with every mechanism neutral, in world {replicate} "
                    f"by {before}; no shares can be given"
                )
            for mask in range(1 << len(names)):
                if mask & covered == chosen:
                    figures = before if from_books and not mask & salary else after
                    for metric in metrics:
                        values[arm.structure, metric][mask, replicate] = figures[metric]

    tasks = [(chosen, replicate) for replicate in range(replicates) for chosen in sets]
    _in_threads(simulate, tasks, note, workers or os.cpu_count() or 1, progress)
    return {
        (structure, metric): Attribution(scenario, structure, other.structure, other.pay, metric, seed, replicates,
                                         start, budget, names, table)
        for (structure, metric), table in values.items()
    }  # fmt: skip


def _check(replicates: int, seed: int, workers: int | None, start: str, budget: str) -> None:
    problems = [
        Problem("command", None, name, str(value), f"found {value}; must be from 1 to {MOST_REPLICATES}", None)
        for name, value in (("replicates", replicates), ("workers", workers))
        if value is not None and not 1 <= value <= MOST_REPLICATES
    ]
    if problems:
        raise ScenarioError(problems)
    check_key(seed, replicates - 1)
    known(start, ("today", "own"), "start")
    known(budget, ("free", "equal"), "budget")


def _check_metrics(scenario: Scenario, metrics: Sequence[str]) -> None:
    """Names of figures, learned from the shortest run there is; profit by year cannot be told from leaders' pay."""
    brief = scenario.model_copy(update={
        "market": scenario.market.model_copy(update={"size": 10}),
        "time": scenario.time.model_copy(update={"years": 0.1, "warm_up_years": 0.0, "run_off_months": 0}),
    })  # fmt: skip
    today = arm_of(brief, None, None)
    figures = finish(brief, warm_up(brief, today, 0, 0))
    names = [name for name in figures if not name.startswith("profit_year")]
    for metric in metrics:
        known(metric, names, "metric")


def _effects(
    scenario: Scenario, arms: Sequence[Arm], other: Arm, metrics: Sequence[str], seed: int, replicate: int, *,
    start: str, budget: str,
) -> list[Effects]:
    """Differences of the arms to the other in one world: without leaders' pay, and with it."""
    today = Arm(scenario.today.structure, scenario.today.pay)
    warm = None if start == "own" else warm_up(scenario, today, seed, replicate)
    free = with_groups(scenario, [group for group in GROUPS if group != SALARY])

    def figures_of(arm: Arm) -> Effects:
        since = arm if warm is None else today
        state = warm_up(scenario, arm, seed, replicate) if warm is None else warm
        figures = _figures(scenario, state, arm, since, today, budget)
        after = {metric: figures[metric] for metric in metrics}
        # Whether a structure is new to the firm may hang on leaders' pay alone; then the books do not tell.
        if _is_new(scenario, arm, since, state) != _is_new(free, arm, since, state):
            figures = _figures(free, state, arm, since, today, budget)
        return {m: sum(figures[part] for part in BEFORE_LEADERS.get(m, (m,))) for m in metrics}, after

    theirs = figures_of(other)
    out = []
    for mine in map(figures_of, arms):
        before, after = (
            {metric: own[metric] - reference[metric] for metric in metrics}
            for own, reference in zip(mine, theirs, strict=True)
        )
        out.append((before, after))
    return out


def _is_new(scenario: Scenario, arm: Arm, since: Arm, state: World) -> bool:
    structures = scenario.structures
    return not same_organisation(
        scenario, structures[arm.structure], structures[since.structure], state.candidates
    )


def _figures(scenario: Scenario, state: World, arm: Arm, since: Arm, today: Arm, budget: str) -> Figures:
    clock = Clock.of(scenario)
    world = enter_arm(scenario, state, arm, since, equal_budget=budget == "equal", today=today)
    return finish(scenario, advance(world, clock.start, clock.end))


def _in_threads(
    simulate: Callable[[int, int], list[Effects]], tasks: Sequence[tuple[int, int]],
    note: Callable[[int, int, list[Effects]], None], workers: int, progress: Progress | None,
) -> None:
    """Run all tasks, few under way at a time, and note each result in order; the first error ends all."""
    cancelled = threading.Event()

    def guarded(chosen: int, replicate: int) -> list[Effects]:
        return [] if cancelled.is_set() else simulate(chosen, replicate)

    pool = ThreadPoolExecutor(max_workers=workers)
    under_way: deque[tuple[int, int, Future[list[Effects]]]] = deque()
    done = 0
    try:
        for chosen, replicate in tasks:
            under_way.append((chosen, replicate, pool.submit(guarded, chosen, replicate)))
            last = (chosen, replicate) == tasks[-1]
            while under_way and (last or len(under_way) > 2 * workers):
                first, world, result = under_way.popleft()
                note(first, world, result.result())
                done += 1
                if progress:
                    progress(done, len(tasks))
    except BaseException:
        cancelled.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
