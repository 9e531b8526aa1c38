"""The table of a response, points by worlds: which runs are lost, which part is complete, factors as numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orgsim.experiments.effects.luck import Array
from orgsim.experiments.sweeps.design import Factor
from orgsim.results import Arm

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.sweeps.opened import Results

LOST = ("failed", "are missing", "have no such figure")


def complete_part(there: NDArray[np.bool_], keep_units: bool = False) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows and columns to keep so that all cells are there: the emptiest goes first, row or column.

    keep_units: rows are all needed; only columns go.
    """
    rows, columns = np.ones(there.shape[0], dtype=bool), np.ones(there.shape[1], dtype=bool)
    while True:
        left = ~there[np.ix_(rows, columns)]
        if not left.any():
            return rows, columns
        of_rows, of_columns = left.mean(axis=1), left.mean(axis=0)
        if not keep_units and of_rows.max() > of_columns.max():
            rows[np.flatnonzero(rows)[of_rows == of_rows.max()]] = False
        else:
            columns[np.flatnonzero(columns)[of_columns == of_columns.max()]] = False


def coded(factor: Factor, values: Sequence[Any]) -> Array:
    """Values of a factor as numbers: themselves, not a number where it is not set; or their place among those given."""
    if factor.numeric:
        return np.array([math.nan if value is None else value for value in values], dtype=float)
    order = list(dict.fromkeys([*(factor.values or ()), *values]))
    return np.array([order.index(value) for value in values], dtype=float)


def with_gaps(points: pd.DataFrame) -> pd.DataFrame:
    """The points of a sweep with None where a factor is not set: equal to itself, unlike a missing number."""
    gaps = {name: column.astype(object).where(column.notna(), None) for name, column in points.items()
            if column.isna().any()}  # fmt: skip
    return points.assign(**gaps)  # type: ignore[arg-type]


def level_places(factor: Factor, column: Array, count: int) -> Array:
    """Values of a Morris design of `count` levels as places from 0, the lowest, to 1, the highest; of a choice, whose
    values lie on no line, the codes as they are."""
    if not factor.numeric:
        return column
    at = factor.quantile(factor.shares(np.arange(count), count))
    levels = np.unique(coded(factor, list(at)))
    return np.interp(column, levels, np.arange(len(levels)) / max(1, len(levels) - 1))


def lost_pairs(results: Results, metric: str, arms: Sequence[Arm], values: Array) -> dict[str, int]:
    """Pairs of point and world without a value: a run failed, a run is missing, the run has no such figure."""
    empty = np.isnan(values)
    if not empty.any():
        return dict.fromkeys(LOST, 0)
    runs = results.runs([metric])
    failed, done = np.zeros(values.shape, dtype=bool), np.zeros(values.shape, dtype=int)
    for arm in arms:
        mine = runs[(runs["structure"] == arm.structure) & (runs["pay"] == arm.pay)]
        at = mine["point"].to_numpy(), mine["replicate"].to_numpy()
        failed[at] |= mine["error"].notna().to_numpy()
        done[at] += 1
    missing = ~failed & (done < len(arms))
    return dict(zip(LOST, map(int, (failed.sum(), (empty & missing).sum(), (empty & ~failed & ~missing).sum()))))
