"""The tidy tables behind the report's figures: from a comparison's own runs, and from some worlds run again in detail.

Every table has a column `arm` (`str(arm)`), and `mean`, `low`, `high` where worlds are averaged: Student's interval at
the comparison's confidence, empty with one world. Money is in k€ a year, shares are in per cent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from orgsim.engine import records as r
from orgsim.experiments import metrics
from orgsim.experiments.executors import in_order
from orgsim.experiments.statistics import beyond_luck, estimate
from orgsim.experiments.worlds import Terms
from orgsim.report.detail import Cancelled, Detail, detail
from orgsim.results import Arm

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from orgsim.experiments.comparison import Comparison

STAGES = ("leads_created", "mqls", "attempted", "sqls", "opportunities", "won")
MAIN = ("revenue", "gross_margin", "profit", "lead_waste_value", "lead_waste_share", "missed_demand_value")
ATTAINMENT = ("arm", "world", "person", "year", "attainment", "pay")
FATES = ("reference", "arm", "end_reference", "end_arm", "count", "value")
WORLDS = 12  # run again in detail
Progress = Callable[[int, int], None]


# From the comparison's own runs -------------------------------------------------------------------------------------


def arms_table(comparison: Comparison, summary: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row for each arm and figure of the summary: mean and interval, and the paired difference to the reference
    (empty in the reference's own rows), whether it is beyond luck, and in what share of worlds the arm is better."""
    import pandas as pd

    table = comparison.summary() if summary is None else summary
    rows = []
    for row in table.to_dict("records"):
        scale = metrics.about(str(row["metric"])).scale(comparison.years)
        names = ("mean", "low", "high", "difference", "difference_low", "difference_high")
        values = {name: _float(row.get(name)) * scale for name in names}
        told = row.get("share_better")
        rows.append({
            "arm": f"{row['structure']} / {row['pay']}", "metric": row["metric"], **values,
            "beyond_luck": beyond_luck(row, comparison.confidence),  # type: ignore[arg-type]
            "share_better": 100 * _float(told),
        })  # fmt: skip
    return pd.DataFrame(rows)


def values(comparison: Comparison, names: Iterable[str] = MAIN) -> pd.DataFrame:
    """A row for each arm, figure and world: the figure in its unit."""
    import pandas as pd

    parts = []
    for name in names:
        scale = metrics.about(name).scale(comparison.years)
        for arm in comparison.arms:
            found = comparison.values(arm, name) * scale
            parts.append(pd.DataFrame({"arm": str(arm), "metric": name, "world": np.arange(len(found)),
                                       "value": found}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def funnel(comparison: Comparison) -> pd.DataFrame:
    """A row for each arm and stage of the funnel: passages a year."""
    return _means(comparison, {stage: stage for stage in STAGES}, "stage")


def waste(comparison: Comparison) -> pd.DataFrame:
    """A row for each arm and cause of waste, first of all causes ("all"): value at stake lost to it, k€ a year."""
    causes = {cause: f"waste_{cause}_value" for cause in r.WASTE_CAUSES[1:]}
    return _means(comparison, {"all": "lead_waste_value", **causes}, "cause")


def _means(comparison: Comparison, names: dict[str, str], column: str) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for arm in comparison.arms:
        for key, name in names.items():
            scale = metrics.about(name).scale(comparison.years)
            found = comparison.mean(arm, name)
            rows.append({"arm": str(arm), column: key, "mean": found.mean * scale, "low": _float(found.low * scale),
                         "high": _float(found.high * scale)})  # fmt: skip
    return pd.DataFrame(rows)


def _float(value: Any) -> float:
    """A number, not a number where there is none: an interval without an end is no interval."""
    return float(value) if value is not None and np.isfinite(value) else float("nan")


# From worlds run again in detail ------------------------------------------------------------------------------------


@dataclass
class Evidence:
    """Tables of some worlds of a comparison, run again with their books open: `worlds` of them, the first ones.

    - monthly: arm, month, measure, mean, low, high
    - responses: arm, within, mean, low, high; per cent of the leads handed over
    - hours: arm, role, activity, mean, low, high; hours a week and person
    - attainment: arm, world, person, year, attainment (per cent of quota), pay (k€ a year, variable)
    - rhythm: arm, week (of the quarter, 1 to 13), mean, low, high; per cent of the quarter's wins
    - fates: reference, arm, end_reference, end_arm, count, value; a year, needs of accounts that fit
    """

    worlds: int
    monthly: pd.DataFrame
    responses: pd.DataFrame
    hours: pd.DataFrame
    attainment: pd.DataFrame
    rhythm: pd.DataFrame
    fates: pd.DataFrame


def gather(
    comparison: Comparison, arms: Sequence[Arm] | None = None, *, worlds: int = WORLDS, threads: int | None = None,
    progress: Progress | None = None, cancelled: threading.Event | None = None,
) -> Evidence:
    """Run the first worlds of a comparison again, some or all of its arms in each, and read their books.

    The runs are the comparison's own, to the bit, and so do not depend on threads. progress(done, all) is called as
    worlds finish. Raises Cancelled between runs once `cancelled` is set.
    """
    import os

    number = min(worlds, comparison.replicates)
    terms = Terms(comparison.seed, comparison.start, comparison.budget, comparison.uncertain)
    stop = cancelled or threading.Event()
    chosen = tuple(arms or comparison.arms)
    look = partial(detail, comparison.scenario, chosen, comparison.against, terms, stop)
    workers = threads or os.cpu_count() or 1
    found: list[list[Detail]] = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for one in in_order(pool, look, range(number), 2 * workers):
                found.append(one)
                if progress:
                    progress(len(found), number)
        except BaseException:
            stop.set()
            raise
    return _tables(comparison, chosen, found)


def _tables(c: Comparison, arms: Sequence[Arm], found: list[list[Detail]]) -> Evidence:
    import pandas as pd

    parts: dict[str, list[Any]] = {name: [] for name in ("monthly", "responses", "hours", "rhythm")}
    paid, fates = [], []
    for place, arm in enumerate(arms):
        mine = [world[place] for world in found]
        for name, columns in (("monthly", ("month", "measure")), ("responses", ("within",)),
                              ("hours", ("role", "activity")), ("rhythm", ("week",))):  # fmt: skip
            shape = getattr(mine[0], name)
            made = _over_worlds(shape.keys, np.array([getattr(one, name).values for one in mine]), c.confidence)
            parts[name].append(pd.DataFrame(made, columns=[*columns, "mean", "low", "high"]).assign(arm=str(arm)))
        paid += [one.attainment.assign(arm=str(arm), world=world) for world, one in enumerate(mine)]
        if arm != c.against:
            flows = pd.concat([one.fates for one in mine])
            sums = flows.groupby(["end_reference", "end_arm"], as_index=False)[["count", "value"]].sum()
            for name in ("count", "value"):
                sums[name] /= len(mine) * c.years
            fates.append(sums.assign(reference=str(c.against), arm=str(arm)))
    first = {name: pd.concat(tables, ignore_index=True) for name, tables in parts.items()}
    first = {name: table[["arm", *table.columns.drop("arm")]] for name, table in first.items()}
    attained = pd.concat(paid, ignore_index=True).reindex(columns=list(ATTAINMENT))
    ends = pd.concat(fates, ignore_index=True) if fates else pd.DataFrame()
    return Evidence(len(found), **first, attainment=attained, fates=ends.reindex(columns=list(FATES)))


def _over_worlds(
    keys: Sequence[tuple[Any, ...]], figures: NDArray[np.float64], confidence: float
) -> list[tuple[Any, ...]]:
    """Mean and interval over worlds of each column of (worlds, keys); worlds that lack a figure are left out of it."""
    rows = []
    for key, column in zip(keys, figures.T, strict=True):
        there = column[np.isfinite(column)]
        if len(there):
            one = estimate(there, confidence)
            rows.append((*key, one.mean, _float(one.low), _float(one.high)))
        else:
            rows.append((*key, np.nan, np.nan, np.nan))
    return rows


__all__ = ["Cancelled", "Evidence", "arms_table", "funnel", "gather", "values", "waste"]
