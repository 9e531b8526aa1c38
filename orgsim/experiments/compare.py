"""Compare ways of organising and paying: every arm in the same worlds, replicate by replicate."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from orgsim.clock import Clock
from orgsim.engine.records import DAYS_PER_YEAR
from orgsim.experiments.executors import in_order, opened
from orgsim.experiments.statistics import Estimate, estimate, holm, paired, variance_reduction
from orgsim.experiments.worlds import Task, Terms, World, engine_hash, rows_of
from orgsim.leadership.arms import equal_programme
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError, cut
from orgsim.scenario.load import known, unknown
from orgsim.scenario.schema import Scenario
from orgsim.simulation import check_key

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.figures.comparison import Plots

STRUCTURES = ("merged", "separate", "cro")
PAY = ("own_numbers", "shared_revenue")
REPLICATES = 100
MOST_REPLICATES = 1_000_000

# What the table shows: metric, heading, unit. Money is shown per year of the horizon.
METRICS: dict[str, tuple[str, str]] = {
    "revenue": ("Revenue", "k€ a year"),
    "gross_margin": ("Gross margin", "k€ a year"),
    "profit_before_leaders": ("Profit before leaders' pay", "k€ a year"),
    "profit": ("Profit after leaders' pay", "k€ a year"),
    "lead_waste_share": ("Lead waste, share", "%"),
    "lead_waste_value": ("Lead waste", "k€ a year"),
    "missed_demand_value": ("Missed demand", "k€ a year"),
}
Progress = Callable[[int, int], None]


@dataclass
class Comparison:
    """Runs of all arms and what they say. Money in `runs` is in euro over the whole horizon."""

    scenario: Scenario
    arms: tuple[Arm, ...]
    today: Arm
    seed: int
    replicates: int
    runs: pd.DataFrame
    uncertain: bool = False
    start: str = "today"
    budget: str = "free"
    confidence: float = 0.95
    _columns: dict[tuple[Arm, str], Any] = field(default_factory=dict, repr=False)

    def values(self, arm: Arm, metric: str) -> Any:
        """One metric of one arm, a value per replicate, as an array in replicate order."""
        if metric not in self.runs.columns:
            known(metric, [str(c) for c in self.runs.columns[4:]], "metric")
        key = (arm, metric)
        if key not in self._columns:
            mask = (self.runs["structure"] == arm.structure) & (self.runs["pay"] == arm.pay)
            self._columns[key] = self.runs.loc[mask, metric].to_numpy(dtype=float)
        return self._columns[key]

    def _arm(self, arm: Arm | tuple[str, str] | str) -> Arm:
        if isinstance(arm, str):
            parts = [part.strip() for part in arm.split("/")]
            arm = Arm(parts[0], parts[1] if len(parts) > 1 else self.today.pay)
        elif not isinstance(arm, Arm):
            arm = Arm(*arm)
        known(str(arm), [str(a) for a in self.arms], "arm")
        return arm

    def paired(
        self, arm: Arm | tuple[str, str] | str, against: Arm | tuple[str, str] | str | None = None,
        metric: str = "profit",
    ) -> Estimate:
        """Mean difference arm - against (today's arm by default) over paired replicates, with its interval."""
        other = self.today if against is None else self._arm(against)
        return paired(self.values(self._arm(arm), metric), self.values(other, metric), self.confidence)

    def equal_by_construction(self, arm: Arm) -> bool:
        """Whether every run of the arm has the very figures of today's arm, leaders' own pay left out."""
        left_out = ("profit", "value", "leaders_cost", "cost_leaders_pay", "cost_leaders_switching")
        metrics = [
            str(c) for c in self.runs.columns[4:] if c not in left_out and not str(c).startswith("profit_year")
        ]
        return arm != self.today and all(
            np.array_equal(self.values(arm, m), self.values(self.today, m), equal_nan=True) for m in metrics
        )

    @cached_property
    def years(self) -> float:
        """Years of the horizon."""
        return Clock.of(self.scenario).horizon / DAYS_PER_YEAR

    def summary(self, metrics: Iterable[str] = tuple(METRICS)) -> pd.DataFrame:
        """One row per arm and metric: mean and interval, paired difference to today's arm and interval, share of worlds
        above today's, variance reduction by pairing, and the p-value adjusted for all comparisons shown (Holm)."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for metric in metrics:
            for arm in self.arms:
                own = estimate(self.values(arm, metric), self.confidence)
                row: dict[str, Any] = {
                    "structure": arm.structure, "pay": arm.pay, "metric": metric, "mean": own.mean, "low": own.low,
                    "high": own.high,
                }  # fmt: skip
                if arm != self.today:
                    difference = self.paired(arm, self.today, metric)
                    row |= {
                        "difference": difference.mean, "difference_low": difference.low,
                        "difference_high": difference.high, "share_above": difference.better,
                        "variance_reduction": variance_reduction(
                            self.values(arm, metric), self.values(self.today, metric)
                        ),
                        "p_value": difference.p_value,
                    }  # fmt: skip
                rows.append(row)
        table = pd.DataFrame(rows)
        if "p_value" in table.columns:
            tested = table["p_value"].notna()
            table.loc[tested, "p_adjusted"] = holm(table.loc[tested, "p_value"].tolist())
        return table

    def signs_kept(self, metrics: Iterable[str] = tuple(METRICS)) -> pd.DataFrame:
        """Share of draws (replicates) in which the difference to today's arm has the sign of its mean."""
        import pandas as pd

        rows = []
        for metric in metrics:
            for arm in self.arms:
                if arm != self.today:
                    differences = self.values(arm, metric) - self.values(self.today, metric)
                    mean = float(differences.mean())
                    kept = float((np.sign(differences) == np.sign(mean)).mean())
                    rows.append(
                        {"structure": arm.structure, "pay": arm.pay, "metric": metric, "sign": float(np.sign(mean)),
                         "draws_that_keep_it": kept}
                    )  # fmt: skip
        return pd.DataFrame(rows)

    def notes(self) -> list[str]:
        """What a reader of the table must know of this comparison."""
        found = []
        if self.budget == "equal":
            today = self.scenario.structures[self.today.structure]
            for name in dict.fromkeys(arm.structure for arm in self.arms):
                _, short = equal_programme(self.scenario, today, self.scenario.structures[name])
                if short > 0:
                    found.append(
                        f"Budgets are not quite equal: leaders of {name} cost {short / 1000:,.0f} k€ a year more than "
                        "programme could pay for; their programme is nil."
                    )
        return found

    @property
    def plot(self) -> Plots:
        """Figures of this comparison: `plot.revenue_and_waste()`, `plot.funnel()`."""
        from orgsim.figures.comparison import Plots

        return Plots(self)


def arms_of(scenario: Scenario, structures: Sequence[str], pay: Sequence[str]) -> tuple[Arm, ...]:
    """All arms, structures by pay plans in the order given, each once; today's arm is added when not among them.

    Raises ScenarioError that lists all unknown structures and pay plans.
    """
    structures = [structures] if isinstance(structures, str) else list(structures)
    pay = [pay] if isinstance(pay, str) else list(pay)
    asked = (("structures", structures, scenario.structures), ("pay", pay, scenario.pay))
    empty = [
        Problem("command", None, what, "nothing", f"found nothing; allowed: {cut(sorted(allowed))}", None)
        for what, names, allowed in asked
        if not names
    ]
    wrong = [problem for what, names, allowed in asked for name in names for problem in unknown(name, allowed, what)]
    problems = empty + wrong
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    arms = list(dict.fromkeys(Arm(structure, plan) for plan in pay for structure in structures))
    today = Arm(scenario.today.structure, scenario.today.pay)
    return tuple(arms if today in arms else [today, *arms])


def compare(
    scenario: Scenario, *, structures: Sequence[str] = STRUCTURES, pay: Sequence[str] = PAY,
    replicates: int = REPLICATES, seed: int = 0, threads: int | None = None, batch: int | None = None,
    start: str = "today", budget: str = "free", uncertain: bool = False, executor: str | Executor = "threads",
    progress: Progress | None = None,
) -> Comparison:
    """Run every structure under every pay plan in the same `replicates` worlds and compare them with today's arm.

    structures, pay: names of the scenario's structures and pay plans. seed, replicate numbers 0 .. replicates - 1: the
    key of all luck. threads: workers (default: all cores); batch: replicates per task; neither changes any result.
    start: "today" (all arms start from today's firm) or "own" (each arm warms up under itself). budget: "free", or
    "equal" (the difference in leaders' cost to today's is moved to or from programme spend). uncertain: each
    replicate also draws the assumed parameters from their ranges. executor: where it is computed
    (`executors.opened`). progress(done, all) is called as replicates finish.

    Raises ScenarioError for unknown names and values out of range.
    """
    import pandas as pd

    _check(replicates, seed, threads, batch, start, budget)
    arms = arms_of(scenario, structures, pay)
    terms, size = Terms(seed, start, budget, uncertain), batch or 4
    tasks = (
        Task(
            scenario, terms,
            tuple(World((), replicate, arms) for replicate in range(first, min(first + size, replicates))),
            engine_hash(),
        )
        for first in range(0, replicates, size)
    )  # fmt: skip
    rows: list[dict[str, Any]] = []
    cancelled = threading.Event()
    with opened(executor, threads) as (pool, workers):
        local = isinstance(pool, ThreadPoolExecutor)
        run = partial(rows_of, cancelled=cancelled) if local else rows_of
        try:
            for found in in_order(pool, run, tasks, 2 * workers() + 1):
                rows += found
                if progress:
                    progress(len(rows) // len(arms), replicates)
        except BaseException:
            cancelled.set()
            raise
    table = pd.DataFrame(rows).sort_values(["structure", "pay", "replicate"], kind="stable", ignore_index=True)
    today = Arm(scenario.today.structure, scenario.today.pay)
    return Comparison(scenario, arms, today, seed, replicates, table, uncertain, start, budget)


def _check(replicates: int, seed: int, threads: int | None, batch: int | None, start: str, budget: str) -> None:
    problems = []
    if replicates > MOST_REPLICATES:
        message = f"found {replicates}; must be at most {MOST_REPLICATES}"
        problems.append(Problem("command", None, "replicates", str(replicates), message, None))
    for name, value, least in (("replicates", replicates, 1), ("threads", threads, 1), ("batch", batch, 1)):
        if value is not None and value < least:
            message = f"found {value}; must be at least {least}"
            problems.append(Problem("command", None, name, str(value), message, None))
    if problems:
        raise ScenarioError(problems)
    check_key(seed, replicates - 1)
    known(start, ("today", "own"), "start")
    known(budget, ("free", "equal"), "budget")
