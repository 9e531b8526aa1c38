"""A comparison: the runs of all arms in the same worlds, and what they say of the differences between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine.records import DAYS_PER_YEAR
from orgsim.experiments import metrics as figures
from orgsim.experiments.metrics import SHOWN
from orgsim.experiments.precision import Reached
from orgsim.experiments.statistics import INTERVALS, Estimate, estimate, holm, paired, together, variance_reduction
from orgsim.leadership.arms import equal_programme
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.load import known, unknown
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.figures.comparison import Plots

ArmName = Arm | tuple[str, str] | str


@dataclass(repr=False)
class Comparison:
    """Runs of all arms and what they say. Money in `runs` is in euro over the whole horizon.

    today: the firm's arm of today. against: the arm that differences are taken to. interval: "t" or "bootstrap".
    reached: how a run until a precision ended (in `metric`), None where the number of replicates was fixed.
    """

    scenario: Scenario
    arms: tuple[Arm, ...]
    today: Arm
    seed: int
    replicates: int
    runs: pd.DataFrame
    uncertain: bool = False
    start: str = "today"
    budget: str = "free"
    against: Arm = None  # type: ignore[assignment]  # today's where left out
    confidence: float = 0.95
    interval: str = "t"
    metric: str = "profit"
    reached: Reached | None = None
    _columns: dict[tuple[Arm, str], NDArray[np.float64]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        size = f"{len(self.arms)} arms in {self.replicates:,} worlds"
        return f"<Comparison {self.scenario.name}: {size}, seed {self.seed}>"

    def __post_init__(self) -> None:
        self.against = self.against or self.today

    def values(self, arm: Arm, metric: str) -> NDArray[np.float64]:
        """One metric of one arm, a value per replicate, as an array in replicate order."""
        if metric not in self.runs.columns:
            figures.check(self.scenario, (metric,), "metric")
        key = (arm, metric)
        if key not in self._columns:
            mask = (self.runs["structure"] == arm.structure) & (self.runs["pay"] == arm.pay)
            self._columns[key] = self.runs.loc[mask, metric].to_numpy(dtype=float)
        return self._columns[key]

    def arm(self, name: ArmName) -> Arm:
        """An arm of the comparison by name: "structure / pay plan", a pair, or a structure under today's pay plan."""
        arm = arm_named(name, self.today.pay)
        known(str(arm), [str(a) for a in self.arms], "arm")
        return arm

    def mean(self, arm: ArmName, metric: str = "profit") -> Estimate:
        """Mean of one arm with its interval."""
        return estimate(self.values(self.arm(arm), metric), self.confidence, **self._interval())

    def paired(self, arm: ArmName, against: ArmName | None = None, metric: str = "profit") -> Estimate:
        """Mean difference arm - against (the comparison's reference by default) over paired replicates, with its
        interval; that of the stopping rule where it was run until a precision."""
        other = self.against if against is None else self.arm(against)
        mine, theirs = self.values(self.arm(arm), metric), self.values(other, metric)
        return paired(mine, theirs, self.confidence, **self._interval())

    def _interval(self) -> dict[str, Any]:
        return {"interval": self.interval, "first": self.reached.first if self.reached else None}

    def equal_by_construction(self, arm: Arm) -> bool:
        """Whether every run of the arm has the very figures of the reference, leaders' own pay and time left out."""
        left_out = ("profit", "value", "leaders_cost", "cost_leaders_pay", "cost_leaders_switching",
                    "leaders_field_share")  # fmt: skip
        metrics = [
            str(c) for c in self.runs.columns[4:] if c not in left_out and not str(c).startswith("profit_year")
        ]
        return arm != self.against and all(
            np.array_equal(self.values(arm, m), self.values(self.against, m), equal_nan=True) for m in metrics
        )

    @cached_property
    def years(self) -> float:
        """Years of the horizon."""
        return Clock.of(self.scenario).horizon / DAYS_PER_YEAR

    def summary(
        self, metrics: Iterable[str] = SHOWN, against: ArmName | None = None, interval: str | None = None
    ) -> pd.DataFrame:
        """One row per arm and metric, money in euro over the horizon:

        - mean, low, high: of the arm, with its interval;
        - difference, difference_low, difference_high: mean paired difference to the arm `against` (the comparison's
          reference by default) and its interval, which holds for this one difference;
        - median: of the paired differences; euro_a_year: the mean difference a year, where the metric is money by the
          year;
        - together_low, together_high: Student's intervals that hold for all differences of the table at once
          (Bonferroni); p_value: of no difference (Student's t); p_adjusted: the same for all differences (Holm). An
          interval that leaves out 0 says less than p_adjusted where many differences are looked at;
        - share_better: share of worlds in which the arm is better than the reference: higher, or lower where less is
          better (`metrics.Metric.better`; nan where neither is). Ties are not better; share_equal is their share;
        - variance_reduction: as many independent runs for one paired run would be as precise.

        Raises ScenarioError for names of metrics and arms that are unknown.
        """
        import pandas as pd

        one = self if interval is None else self.with_interval(interval)
        return pd.DataFrame(one.rows(metrics, against))

    def rows(self, metrics: Iterable[str] = SHOWN, against: ArmName | None = None) -> list[dict[str, Any]]:
        """The rows of `summary`, those of the reference without the columns that are about differences."""
        names, known_metrics = list(metrics), figures.metrics_of(self.scenario)
        figures.check(self.scenario, names)
        reference = self.against if against is None else self.arm(against)
        each = together(self.confidence, len(names) * sum(arm != reference for arm in self.arms))
        rows: list[dict[str, Any]] = []
        for name in names:
            about, theirs = known_metrics[name], self.values(reference, name)
            for arm in self.arms:
                own, mine = self.mean(arm, name), self.values(arm, name)
                row: dict[str, Any] = {
                    "structure": arm.structure, "pay": arm.pay, "metric": name, "mean": own.mean, "low": own.low,
                    "high": own.high,
                }  # fmt: skip
                if arm != reference:
                    difference = self.paired(arm, reference, name)
                    first = self.reached.first if self.reached else None
                    sure = paired(mine, theirs, each, first=first)
                    better = (about.better * (mine - theirs) > 0).mean() if about.better else np.nan
                    row |= {
                        "difference": difference.mean, "difference_low": difference.low,
                        "difference_high": difference.high, "median": difference.median,
                        "euro_a_year": about.euro_a_year(difference.mean, self.years), "together_low": sure.low,
                        "together_high": sure.high, "share_better": float(better),
                        "share_equal": float((mine == theirs).mean()),
                        "variance_reduction": variance_reduction(mine, theirs), "p_value": difference.p_value,
                    }  # fmt: skip
                rows.append(row)
        tested = [row for row in rows if "p_value" in row]
        for row, p_value in zip(tested, holm([row["p_value"] for row in tested]), strict=True):
            row["p_adjusted"] = p_value
        return rows

    def with_interval(self, interval: str) -> Comparison:
        """The same comparison with another kind of interval."""
        problems = unknown(interval, INTERVALS, "interval") or interval_problems(interval, self.reached is not None)
        if problems:
            raise ScenarioError(problems)
        return replace(self, interval=interval)

    def signs_kept(self, metrics: Iterable[str] = SHOWN) -> pd.DataFrame:
        """Share of draws (replicates) in which the difference to the reference has the sign of its mean."""
        import pandas as pd

        rows = []
        for metric in metrics:
            for arm in self.arms:
                if arm != self.against:
                    differences = self.values(arm, metric) - self.values(self.against, metric)
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


def arm_named(name: ArmName, pay: str) -> Arm:
    """The arm meant by "structure / pay plan", by a pair, or by a structure alone, whose pay plan is then `pay`."""
    if isinstance(name, Arm):
        return name
    if isinstance(name, str):
        structure, slash, plan = (part.strip() for part in name.partition("/"))
        return Arm(structure, plan if slash else pay)
    return Arm(*name)


def interval_problems(interval: str, until_precise: bool) -> list[Problem]:
    """What is wrong with a kind of interval where the run stopped at a precision."""
    if interval == "t" or not until_precise:
        return []
    message = f"found '{interval}'; a run until a precision has the interval of its stopping rule: leave it out"
    return [Problem("command", None, "interval", f"'{interval}'", message, None)]
