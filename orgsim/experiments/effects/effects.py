"""A first reading of a sweep: what moves a figure, or the difference between two arms, and where its sign turns.

`effects(results)` picks the analysis that the design allows; every table is a DataFrame. The response at each point is
the mean over worlds, and all points share their worlds, so that comparisons between points are paired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orgsim.experiments.effects.grid import Grid
from orgsim.experiments.effects.luck import (
    NOTHING,
    Array,
    Intervals,
    Parts,
    Places,
    jackknife,
    luck_of,
    over_worlds,
    variance_table,
)
from orgsim.experiments.effects.sensitivity import first_order, morris, regression, sobol_indices
from orgsim.experiments.effects.sign import (
    boundary,
    crossings,
    grid_curve,
    point_table,
    sample_curve,
    sign_counts,
)
from orgsim.experiments.effects.table import coded, complete_part, level_places, lost_pairs, with_gaps
from orgsim.experiments.effects.words import SAMPLES, words
from orgsim.experiments.metrics import COUNT, MONEY, Metric, metric_of
from orgsim.experiments.statistics import holm
from orgsim.experiments.sweeps.design import Factor, morris_levels
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from orgsim.experiments.sweeps.opened import Results

HORIZON = "time.years"


@dataclass(frozen=True)
class Effects:
    """One response of a sweep and what it says; tables are made when asked for, in the unit of a run's figure.

    values: (points, worlds), not a number where a run failed or is missing. against: the arm that is taken off, or None
    for the figure itself. scale, unit: what figures and words multiply values by, and the unit that gives. reference:
    values of the arm `against` by itself. As text it is its words.
    """

    kind: str
    metric: Metric
    arm: Arm
    against: Arm | None
    factors: tuple[Factor, ...]
    points: pd.DataFrame = field(repr=False)
    values: Array = field(repr=False)
    lost: Mapping[str, int] = field(default_factory=dict)
    scale: float = 1.0
    unit: str = ""
    confidence: float = 0.95
    title: str = ""
    reference: Array | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return "\n".join(self.words)

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the factors."""
        return tuple(factor.path for factor in self.factors)

    @property
    def label(self) -> str:
        """The response in words: 'Profit of merged against separate'."""
        against = "" if self.against is None else f" against {_short(self.against, self.arm)}"
        arm = str(self.arm) if self.against is None else _short(self.arm, self.against)
        return f"{self.metric.title} of {arm}{against}"

    @cached_property
    def _kept(self) -> tuple[Array, Places, NDArray[np.bool_]]:
        """The complete part of the table that balanced analyses need: values, points and worlds kept."""
        size = {"saltelli": len(self.names) + 2, "morris": len(self.names) + 1, "grid": len(self.points)}
        unit = size.get(self.kind, 1)
        there = np.isfinite(self.values).reshape(-1, unit, self.values.shape[1]).all(axis=1)
        units, worlds = complete_part(there, keep_units=self.kind == "grid")
        chosen = np.flatnonzero(np.repeat(units, unit))
        return self.values[np.ix_(chosen, np.flatnonzero(worlds))], chosen, worlds

    @property
    def used(self) -> tuple[int, int]:
        """Numbers of points and of worlds that analyses of the whole table rest on."""
        return len(self._kept[1]), int(self._kept[2].sum())

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: runs left out, luck that cannot be told."""
        points, worlds = self.values.shape
        used, kept = self.used
        found = []
        lost = " and ".join(f"{number:,} {what}" for what, number in self.lost.items() if number)
        if lost:
            found.append(f"Of {points * worlds:,} pairs of point and world {lost}; they are left out, and means by "
                         "point rest on the others.")  # fmt: skip
        if lost and self.complete:
            found.append(f"Shares of variance rest on the {used:,} of {points:,} points and {kept:,} of {worlds:,} "
                         "worlds that are complete.")  # fmt: skip
        if points == 1:
            found.append("One point: nothing varies.")
        elif not self.complete:
            found.append("Too few runs are complete for shares of variance.")
        elif self.kind == "grid" and self.grid is None:
            found.append("Points do not make a full grid: main effects and interactions cannot be given.")
        elif kept == 1:
            found.append("One world: luck cannot be told from the parameters. Give more replicates.")
        elif kept == 2 and self.kind not in (*SAMPLES, "saltelli", "morris"):
            found.append("Two worlds: shares of variance have no intervals. Give three replicates or more.")
        return tuple(found)

    @property
    def complete(self) -> bool:
        """Whether enough runs are complete for analyses of the whole table."""
        used, kept = self.used
        return used > 1 and kept > 0

    @cached_property
    def grid(self) -> Grid | None:
        """The table as a full grid, when the design is one and every point has runs."""
        if self.kind != "grid" or not self.complete:
            return None
        return Grid.of(self.points, self.names, self._kept[0])

    @cached_property
    def columns(self) -> list[Array]:
        """Values of each factor at the points as numbers; choices are numbered in their order."""
        return [coded(factor, self.points[factor.path].tolist()) for factor in self.factors]

    @property
    def choices(self) -> tuple[int, ...]:
        """Places of the factors whose values lie on no line."""
        return tuple(place for place, factor in enumerate(self.factors) if not factor.numeric)

    def _columns(self, chosen: Places) -> list[Array]:
        return [column[chosen] for column in self.columns]

    @cached_property
    def variance(self) -> pd.DataFrame:
        """Where the variance of a run comes from: rows of factors as far as the design tells, parameters, luck."""
        values, chosen, _ = self._kept
        if not self.complete:
            return variance_table(lambda *_: Parts(np.zeros(0), np.nan, np.nan, np.nan), (), 0, 0, sampled=False)
        if self.grid is not None:
            return self.grid.variance(self.confidence)
        if self.kind == "saltelli":
            return sobol_indices(self.names, values, self.confidence)
        if self.kind in SAMPLES:
            return first_order(self._columns(chosen), self.names, values, self.confidence, self.choices)
        size = len(self.names) + 1 if self.kind == "morris" else 1
        blocks = values.reshape(-1, size, values.shape[1])

        def parts(units: Places, worlds: Places) -> Parts:
            return luck_of(blocks[np.ix_(units, np.arange(size), worlds)].reshape(-1, len(worlds)), sampled=False)

        return variance_table(
            parts, (), len(blocks), values.shape[1], sampled=self.kind == "morris", confidence=self.confidence
        )

    @property
    def beyond_luck(self) -> bool:
        """Whether parameters explain any of the variance beyond luck; taken for granted where luck cannot be told."""
        whole = self.variance[self.variance["kind"] == "parameters"].iloc[0]
        return bool(whole["share"] > NOTHING and whole["beyond_luck"] is not False)

    @cached_property
    def mean(self) -> Intervals:
        """The mean over points and worlds, with the interval over worlds, and over points where they are a sample."""
        values, _, _ = self._kept
        sampled = self.kind in (*SAMPLES, "saltelli")
        size = len(self.names) + 2 if self.kind == "saltelli" else 1
        blocks = values.reshape(-1, size, values.shape[1])[:, [0, -1]] if size > 1 else values[:, None]

        def mean(units: Places, worlds: Places) -> Array:
            return np.array([blocks[np.ix_(units, np.arange(blocks.shape[1]), worlds)].mean()])

        return jackknife(mean, len(blocks), values.shape[1], sampled=sampled, confidence=self.confidence)

    @cached_property
    def by_point(self) -> pd.DataFrame:
        """One row per point: mean, interval, worlds, p-values, sign. See `point_table`."""
        return point_table(self.points[list(self.names)], self.values, self.confidence)

    @cached_property
    def signs(self) -> pd.DataFrame:
        """Numbers of points by sign."""
        return sign_counts(self.by_point)

    @cached_property
    def main_effects(self) -> pd.DataFrame | None:
        """Of a grid: a row per factor and level. See `Grid.main_effects`."""
        return None if self.grid is None else self.grid.main_effects(self.confidence)

    @cached_property
    def interactions(self) -> pd.DataFrame | None:
        """Of a grid: a row per pair of factors and of their levels. See `Grid.interactions`."""
        return None if self.grid is None else self.grid.interactions(self.confidence)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Of a one-at-a-time design: a row per factor and level, the paired change from the base point; p-values also
        after Holm's correction over all rows."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        found: Intervals = over_worlds(self.values - self.values[0], self.confidence)
        base = self.points.iloc[0]
        for place in range(1, len(self.points)):
            point = self.points.iloc[place]
            factor = next(name for name in self.names if point[name] != base[name])
            rows.append({
                "factor": factor, "base": base[factor], "level": point[factor], "change": found.value[place],
                "low": found.low[place], "high": found.high[place], "p_value": found.p_value[place],
            })  # fmt: skip
        # As they are: a field that is not set stays None.
        own = {name: pd.Series([row[name] for row in rows], dtype=object) for name in ("base", "level")}
        return pd.DataFrame(rows).assign(**own, p_adjusted=holm([row["p_value"] for row in rows]))

    @cached_property
    def curves(self) -> dict[str, pd.DataFrame]:
        """The response along each numeric factor, the others averaged (or at their base), by path."""
        out = {}
        for place, factor in enumerate(self.factors):
            if factor.numeric and self.complete:
                curve = self._curve(place)
                if curve is not None:
                    out[factor.path] = curve
        return out

    def _curve(self, place: int) -> pd.DataFrame | None:
        values, chosen, _ = self._kept
        column = self.columns[place]
        # A field may be unset, or without a limit, in the firm that one_at_a_time starts from.
        there = np.isfinite(column[chosen])
        if len(set(column[chosen][there])) < 2:
            return None
        if self.grid is not None:
            return grid_curve(self.grid.levels[place], self.grid.profile(place), self.confidence)
        if self.kind == "one_at_a_time":
            others = self.points[[name for name in self.names if name != self.names[place]]]
            rows = list(others.itertuples(index=False, name=None))
            alone = np.array([row == rows[0] for row in rows])[chosen] & there
            if chosen[0] != 0 or alone.sum() < 2:
                return None
            return grid_curve(column[chosen][alone].tolist(), values[alone], self.confidence)
        if self.kind == "saltelli":
            ends = chosen.reshape(-1, len(self.names) + 2)[:, [0, -1]].ravel()
            values, chosen = self.values[np.ix_(ends, np.flatnonzero(self._kept[2]))], ends
        elif self.kind not in SAMPLES:
            return None
        return sample_curve(self._columns(chosen), place, values, self.confidence, self.choices)

    @cached_property
    def flips(self) -> pd.DataFrame:
        """Where the sign turns along each numeric factor: a row per crossing, see `crossings`; empty where none."""
        import pandas as pd

        rows = [{"factor": name, **found} for name, curve in self.curves.items() for found in crossings(curve)]
        return pd.DataFrame(rows, columns=["factor", "at", "low", "high", "before", "after", "sure"])

    @cached_property
    def boundary(self) -> pd.DataFrame | None:
        """Of a grid with two numeric factors or more: where the sign turns along the one that matters most, at each
        level of the next."""
        if self.grid is None:
            return None
        numeric = [place for place in self.grid.varied if self.factors[place].numeric]
        if len(numeric) < 2:
            return None
        spread = {place: float(self.grid.effect(place).mean(axis=-1).var()) for place in numeric}
        along, across = sorted(numeric, key=lambda place: -spread[place])[:2]
        return boundary(self.grid, along, across, self.confidence)

    @cached_property
    def screening(self) -> pd.DataFrame:
        """Of a Morris design: mu, mu_star, sigma by factor, strongest first. See `sensitivity.morris`."""
        values, chosen, _ = self._kept
        levels = morris_levels(self.factors)
        codes = np.column_stack([
            level_places(factor, column, levels) for factor, column in zip(self.factors, self.columns, strict=True)
        ])  # fmt: skip
        return morris(self.names, codes[chosen], values, self.confidence, self.choices)

    @cached_property
    def regression(self) -> pd.DataFrame | None:
        """Of a sample: a linear regression on all factors that are numbers or have two values."""
        values, chosen, _ = self._kept
        fit = [(name, column) for factor, name, column in zip(self.factors, self.names, self._columns(chosen))
               if factor.numeric or len(set(column)) == 2]  # fmt: skip
        if not fit or not self.complete:
            return None
        return regression([column for _, column in fit], [name for name, _ in fit], values, self.confidence)

    @property
    def words(self) -> list[str]:
        """What it says, in sentences."""
        return words(self)

    def figures(self) -> dict[str, Figure]:
        """All figures that this design gives, by name."""
        from orgsim.figures.effects import drawn

        return drawn([self])

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables that this design gives, by name."""
        found: dict[str, pd.DataFrame | None] = {"variance": self.variance}
        if self.grid is not None:
            found |= {"main_effects": self.main_effects, "boundary": self.boundary, "interactions": self.interactions}
        if self.kind == "one_at_a_time":
            found["changes"] = self.changes
        if self.kind == "morris" and self.complete:
            found["screening"] = self.screening
        if self.kind in SAMPLES:
            found["regression"] = self.regression
        found |= {"signs": self.signs, "flips": self.flips, "points": self.by_point}
        return {name: table for name, table in found.items() if table is not None}


def effects(
    results: Results, metric: str = "profit", arm: Arm | str | None = None, against: Arm | str | None = None,
    confidence: float = 0.95,
) -> Effects:
    """A first reading of an opened sweep.

    metric: a figure of a run. arm, against: arms of the sweep, as Arm or "structure / pay"; with `against` the response
    is the paired difference arm - against. Without either: the first other arm against today's when today's is in the
    sweep, else the first arm's own figure.

    Raises ScenarioError for unknown names, and where no run at all is there.
    """
    base = results.experiment.base
    about = metric_of(base, metric)
    mine = None if arm is None else results.arm(arm)
    other = None if against is None else results.arm(against)
    if mine is None:
        other = other or (results.today if results.today in results.arms else None)
        rest = [each for each in results.arms if each != other]
        mine, other = (rest[0], other) if rest else (results.arms[0], None)
    if mine == other:
        problem = f"found {mine} against itself; the difference is nothing"
        raise ScenarioError([Problem("command", None, "against", str(mine), problem, None)])
    values = np.asarray(results.metric(metric, mine, other), dtype=float)
    if not np.isfinite(values).any():
        problem = f"no run of {mine}{'' if other is None else f' and {other} in the same world'} is there yet"
        raise ScenarioError([Problem("command", None, "arm", str(mine), problem, None)])
    lost = lost_pairs(results, metric, [mine] if other is None else [mine, other], values)
    scale, unit = about.scale(base.time.years), about.unit
    if HORIZON in results.experiment.paths and about.kind in (MONEY, COUNT):
        # Points have years of their own, so that nothing is "a year".
        scale, unit = (1e-3, "k€ over the horizon") if about.kind == MONEY else (1.0, "over the horizon")
    return Effects(
        results.experiment.design.kind, about, mine, other, tuple(results.factors), with_gaps(results.points), values,
        lost, scale, unit, confidence, results.experiment.title or base.headline,
        None if other is None else np.asarray(results.metric(metric, other), dtype=float),
    )  # fmt: skip


def effects_of_all(results: Results, metric: str = "profit", confidence: float = 0.95) -> list[Effects]:
    """The difference of every other arm to today's; of a sweep without today's arm, or of one arm, the figures."""
    today = results.today if results.today in results.arms and len(results.arms) > 1 else None
    return [effects(results, metric, arm, today, confidence) for arm in results.arms if arm != today]


def _short(arm: Arm, other: Arm) -> str:
    """An arm's name as far as it differs from another's."""
    if arm.pay == other.pay:
        return arm.structure
    return arm.pay if arm.structure == other.structure else str(arm)
