"""Which arm is best? Runs go where they are needed: arms that fall behind are dropped and not simulated further.

The procedure is KN of Kim and Nelson (2001), fully sequential, valid with common random numbers. With k arms, a first
stage of n worlds and error 1 - confidence shared over k - 1 rivals (Bonferroni),

    eta = ((2 (1 - confidence) / (k - 1)) ** (-2 / (n - 1)) - 1) / 2,    h2 = 2 eta (n - 1)

and S2 the first stage's variance of the differences of a pair. After r worlds an arm is dropped when its mean lies
behind another's by more than max(0, indifference / (2 r) (h2 S2 / indifference ** 2 - r)): a lead that has to be long
at first and shrinks to nothing at r = h2 S2 / indifference ** 2, by when the procedure has ended.

What it promises, where figures of worlds are normal: the best arm is selected with the confidence stated when it leads
all others by the indifference at least. When others are nearer, one of those within the indifference of the best is
selected as surely in all that docs/statistics.md measures, though for three arms and more the proof does not cover it
(Eckman and Henderson 2018). Looking only after each batch of worlds, whose size is fixed beforehand, does not raise the
error (Jennison, Johnstone and Turnbull 1980).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine.records import DAYS_PER_YEAR
from orgsim.experiments import metrics as figures
from orgsim.experiments.compare import (
    FIRST,
    MOST,
    PAY,
    STRUCTURES,
    Progress,
    arm_problems,
    arms_of,
    most_problems,
    reference_of,
    simulator,
    table_of,
    today_of,
    world_problems,
)
from orgsim.experiments.comparison import ArmName
from orgsim.experiments.precision import Target, target_of
from orgsim.experiments.worlds import Row, Terms
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

BATCH = 10
INDIFFERENCE = "1%"
Values = Callable[[tuple[int, ...], int, int], NDArray[np.float64]]


@dataclass(frozen=True)
class Dropped:
    """An arm given up after so many worlds, because it lay `behind` the arm `by` in their mean (in the figure's
    unit)."""

    worlds: int
    by: int
    behind: float


@dataclass(frozen=True)
class Outcome:
    """How a selection ended, arms by number. best: the arm selected, None where arms were not separated.

    left: arms still in. equal: arms left had the same figure in every world, so that no number of worlds parts them.
    longest: worlds after which the procedure would have ended at the latest, were there no limit.
    """

    best: int | None
    left: tuple[int, ...]
    equal: bool
    runs: tuple[int, ...]
    dropped: dict[int, Dropped]
    indifference: float
    longest: int


def kn_constant(arms: int, confidence: float, first: int) -> float:
    """h2 of the procedure: 2 eta (first - 1)."""
    eta = ((2 * (1 - confidence) / (arms - 1)) ** (-2 / (first - 1)) - 1) / 2
    return float(2 * eta * (first - 1))


def kim_nelson(
    values: Values, arms: int, indifference: float | Callable[[NDArray[np.float64]], float], first: int, most: int,
    confidence: float = 0.95, batch: int = BATCH,
) -> Outcome:
    """Select the arm with the largest mean.

    values(alive, begin, end): the figure of the arms `alive` in worlds begin .. end - 1, shape (end - begin,
    len(alive)); worlds are independent, arms of a world need not be. indifference: a positive difference too small to
    matter; or a function of the first stage (worlds by arms) that gives it. first: at least 2 (20 or more are
    advised). most: limit on worlds. batch: worlds between two looks.
    """
    if not 2 <= first <= most:
        raise ValueError(f"found first={first}, most={most}; 2 <= first <= most is needed")
    alive = tuple(range(arms))
    x = values(alive, 0, first)
    delta = indifference(x) if callable(indifference) else indifference
    if not delta > 0:
        raise ValueError(f"found an indifference of {delta}; must be more than 0")
    spread = (x[:, :, None] - x[:, None, :]).var(axis=0, ddof=1)
    length = kn_constant(arms, confidence, first) * spread / delta**2 if arms > 1 else np.zeros((1, 1))
    n, sums, runs, dropped = first, x.sum(axis=0), [first] * arms, dict[int, Dropped]()

    def ended(best: int | None, equal: bool = False) -> Outcome:
        return Outcome(best, alive, equal, tuple(runs), dropped, delta, max(first, int(length.max()) + 1))

    while True:
        here = list(alive)
        lead = (sums[here][None, :] - sums[here][:, None]) / n  # of the column's arm over the row's
        needed = np.maximum(0.0, delta / (2 * n) * (length[np.ix_(here, here)] - n))
        beyond = lead - needed
        np.fill_diagonal(beyond, -np.inf)
        for place, arm in enumerate(here):
            if beyond[place].max() > 0:
                rival = int(beyond[place].argmax())
                dropped[arm] = Dropped(n, here[rival], float(lead[place, rival]))
        alive = tuple(arm for arm in here if arm not in dropped)
        if len(alive) == 1:
            return ended(alive[0])
        same = np.ix_(alive, alive)
        if not spread[same].any() and np.ptp(sums[list(alive)]) == 0:
            return ended(None, equal=True)
        if n >= most:
            return ended(None)
        end = min(most, n + batch)
        sums[list(alive)] += values(alive, n, end).sum(axis=0)
        for arm in alive:
            runs[arm] = end
        n = end


@dataclass
class Selection:
    """Which arm is best in one figure, or which could not be told apart; runs are those of `compare`, arm by arm.

    best: the arm selected, None where `left` were not separated within `most` worlds (or are equal in every world).
    indifference: in the figure's unit over the horizon, as all figures here.
    """

    scenario: Scenario
    arms: tuple[Arm, ...]
    today: Arm
    against: Arm
    metric: str
    seed: int
    confidence: float
    target: Target
    first: int
    most: int
    batch: int
    start: str
    budget: str
    uncertain: bool
    outcome: Outcome
    runs: pd.DataFrame = field(repr=False)

    @property
    def best(self) -> Arm | None:
        """The arm selected."""
        return None if self.outcome.best is None else self.arms[self.outcome.best]

    @property
    def left(self) -> tuple[Arm, ...]:
        """Arms that were not dropped, in their order."""
        return tuple(self.arms[place] for place in self.outcome.left)

    @property
    def indifference(self) -> float:
        """The difference that does not matter, in the figure's unit over the horizon."""
        return self.outcome.indifference

    @property
    def years(self) -> float:
        """Years of the horizon."""
        return Clock.of(self.scenario).horizon / DAYS_PER_YEAR

    def frame(self) -> pd.DataFrame:
        """One row per arm: its runs, mean over them, state (best, left, dropped), and when it was dropped: after how
        many worlds, by which arm, and how far behind it in the mean of those worlds (a positive number). Means of arms
        with unlike numbers of runs are over unlike worlds."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for place, arm in enumerate(self.arms):
            gone = self.outcome.dropped.get(place)
            state = "dropped" if gone else "best" if self.outcome.best == place else "left"
            mine = self.runs[(self.runs["structure"] == arm.structure) & (self.runs["pay"] == arm.pay)]
            rows.append({
                "structure": arm.structure, "pay": arm.pay, "metric": self.metric, "state": state, "runs": len(mine),
                "mean": float(mine[self.metric].mean()), "dropped_after": gone.worlds if gone else None,
                "dropped_by": str(self.arms[gone.by]) if gone else None, "behind": gone.behind if gone else None,
            })  # fmt: skip
        return pd.DataFrame(rows).astype({"dropped_after": "Int64"})


def select_best(
    scenario: Scenario, *, structures: Sequence[str] = STRUCTURES, pay: Sequence[str] = PAY,
    arms: Sequence[ArmName] | None = None, metric: str = "profit", confidence: float = 0.95,
    indifference: str | Target = INDIFFERENCE, against: ArmName | None = None, first: int = FIRST, most: int = MOST,
    batch: int = BATCH, seed: int = 0, threads: int | None = None, start: str = "today", budget: str = "free",
    uncertain: bool = False, executor: str | Executor = "threads", progress: Progress | None = None,
) -> Selection:
    """Find the arm that is best in one figure: highest, or lowest where less is better.

    confidence: how sure the selection is to be. indifference: the difference that does not matter: a share such as "1%"
    of the mean of the arm `against` (today's by default) in the first stage, or an amount such as "20 k€" a year.
    first: worlds of the first stage, in which all arms run. most: limit on worlds. batch: worlds between two looks;
    part of the procedure. Other settings as in `compare`. progress(done, all) is called as worlds finish.

    Raises ScenarioError that lists all unknown names and values out of range.
    """
    import pandas as pd

    wrong = problems(
        scenario, structures=structures, pay=pay, arms=arms, metric=metric, confidence=confidence,
        indifference=indifference, against=against, first=first, most=most, batch=batch, seed=seed, threads=threads,
        start=start, budget=budget,
    )  # fmt: skip
    if wrong:
        raise ScenarioError(wrong)
    runners, reference = arms_of(scenario, structures, pay, against, arms), reference_of(scenario, against)
    about = figures.metric_of(scenario, metric)
    target = indifference if isinstance(indifference, Target) else _target(scenario, indifference, metric)
    rows: list[Row] = []
    with simulator(scenario, Terms(seed, start, budget, uncertain), threads, None, executor) as simulate:

        def values(alive: tuple[int, ...], begin: int, end: int) -> NDArray[np.float64]:
            here = [runners[place] for place in alive]
            note = None if progress is None else lambda done: progress(begin + done, most)
            found = simulate(here, begin, end, note)
            rows.extend(found)
            return about.better * table_of(found, metric, here)

        def half_width(stage: NDArray[np.float64]) -> float:
            found = target.half_width(float(stage[:, runners.index(reference)].mean()))
            if found > 0:
                return found
            message = f"the mean {metric} of {reference} is 0, of which no share can be taken; give an amount"
            raise ScenarioError([Problem("command", None, "indifference", str(indifference), message, None)])

        outcome = kim_nelson(values, len(runners), half_width, first, most, confidence, batch)
    table = pd.DataFrame(rows).sort_values(["structure", "pay", "replicate"], kind="stable", ignore_index=True)
    return Selection(
        scenario, runners, today_of(scenario), reference, metric, seed, confidence, target, first, most, batch, start,
        budget, uncertain, outcome, table,
    )  # fmt: skip


def problems(
    scenario: Scenario, *, structures: Sequence[str] = STRUCTURES, pay: Sequence[str] = PAY,
    arms: Sequence[ArmName] | None = None, metric: str = "profit", confidence: float = 0.95,
    indifference: str | Target = INDIFFERENCE, against: ArmName | None = None, first: int = FIRST, most: int = MOST,
    batch: int = BATCH, seed: int = 0, threads: int | None = None, start: str = "today", budget: str = "free",
) -> list[Problem]:
    """Everything that is wrong with the settings of a selection."""
    wrong = arm_problems(scenario, structures, pay, against, arms)
    numbers = (("first", first, 2), ("batch", batch, 1), ("threads", threads, 1))
    wrong += world_problems(numbers, seed, start, budget, confidence) + most_problems(first, most)
    nameless = figures.unknown_metrics(scenario, (metric,), "metric")
    if nameless:
        return wrong + nameless
    if not figures.metric_of(scenario, metric).better:
        message = f"found '{metric}', of which neither more nor less is better by itself; choose another figure"
        wrong.append(Problem("command", None, "metric", f"'{metric}'", message, None))
    if not isinstance(indifference, Target):
        try:
            _target(scenario, indifference, metric)
        except ValueError as error:
            wrong.append(Problem("command", None, "indifference", indifference, str(error), None))
    return wrong


def _target(scenario: Scenario, text: str, metric: str) -> Target:
    return target_of(text, figures.metric_of(scenario, metric), Clock.of(scenario).horizon / DAYS_PER_YEAR)
