"""Where a difference is positive, where negative, where luck cannot tell, and at which value of a factor it turns."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orgsim.experiments.effects.grid import Grid
from orgsim.experiments.effects.luck import Array, over_worlds
from orgsim.experiments.effects.sensitivity import FEW, beside, rank_curve
from orgsim.experiments.statistics import holm

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
BETWEEN = 64  # steps between two levels at which a profile is looked at
STEPS = 60
DEGREE = 3


def point_table(points: pd.DataFrame, values: Array, confidence: float = 0.95) -> pd.DataFrame:
    """One row per point: mean over its worlds, interval, number of worlds, p-value alone and after Holm, and `sign`:
    +1 or -1 where it is beyond luck after Holm's correction over all points, else 0."""
    found = over_worlds(values, confidence)
    table = points.copy().reset_index(drop=True)
    table["worlds"] = np.isfinite(values).sum(axis=1)
    table["mean"], table["low"], table["high"] = found.value, found.low, found.high
    table["p_value"] = found.p_value
    table["p_adjusted"] = holm(found.p_value.tolist())
    table["sign"] = np.where(table["p_adjusted"] < LEVEL, np.sign(np.nan_to_num(found.value)), 0.0).astype(int)
    return table


def sign_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of points by sign of a `point_table`, and the same when every point is tested by itself at 5 %."""
    import pandas as pd

    seen = table[table["worlds"] > 0]
    alone = np.where(seen["p_value"] < LEVEL, np.sign(seen["mean"]), 0)
    rows = []
    for name, sign in (("+", 1), ("-", -1), ("not separated", 0)):
        held = int((seen["sign"] == sign).sum())
        rows.append({
            "sign": name, "points": held, "share": held / len(seen) if len(seen) else math.nan,
            "points_one_by_one": int((alone == sign).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def grid_curve(levels: Sequence[float], profile: Array, confidence: float = 0.95) -> pd.DataFrame:
    """A profile (levels, worlds) of a numeric factor, straight between levels: value, mean, interval.

    `level` is whether the value is a level. Every world is joined up by itself, so intervals between levels are those
    of paired means, too.
    """
    import pandas as pd

    order = np.argsort(np.asarray(levels, dtype=float), kind="stable")
    at, values = np.asarray(levels, dtype=float)[order], profile[order]
    share = np.append(np.concatenate([np.arange(BETWEEN) / BETWEEN + k for k in range(len(at) - 1)]), len(at) - 1.0)
    left = np.minimum(share.astype(int), len(at) - 2) if len(at) > 1 else np.zeros(len(share), dtype=int)
    rest = share - left
    right = np.minimum(left + 1, len(at) - 1)
    found = over_worlds(values[left] * (1 - rest)[:, None] + values[right] * rest[:, None], confidence)
    return pd.DataFrame({
        "value": at[left] * (1 - rest) + at[right] * rest, "mean": found.value, "low": found.low, "high": found.high,
        "level": (rest == 0) | (rest == 1),
    })  # fmt: skip


def sample_curve(
    columns: Sequence[Array], place: int, values: Array, confidence: float = 0.95, choices: Collection[int] = ()
) -> pd.DataFrame:
    """The response along one factor of a sample (points, worlds), the others averaged: value, mean, interval.

    columns: values of all factors at the points; place: the one that varies; choices: places of those whose values lie
    on no line. A cubic (less with few points), or means where values are few, fitted by least squares beside curves of
    the other factors, which take their part of the scatter away. Every world has its own curve: the interval holds how
    far these are apart, since a good world may be better still at one end, and the scatter of points about their mean
    (HC3, MacKinnon & White 1985). Luck at a point is in both, which errs to the wide side.
    """
    import pandas as pd
    from scipy import stats

    column, worlds = columns[place], values.shape[1]
    found = np.unique(column)
    few = len(found) <= FEW
    at = found if few else np.linspace(found[0], found[-1], STEPS + 1)
    degree = min(DEGREE, max(1, len(column) // 10))

    def basis(x: Array) -> Array:
        if few:
            return np.asarray((x[:, None] == found[None, :]).astype(float))
        return np.polynomial.legendre.legvander(2 * (x - found[0]) / (found[-1] - found[0]) - 1, degree)

    own = basis(column)
    # Free of the constant, curves of the others leave the level of this curve where it is.
    others = beside(columns, choices, place, own.shape[1], DEGREE)
    design = np.column_stack([own, *(rank_curve(columns[shape.place], shape) for shape in others)])
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ values
    hat = np.clip((design @ inverse * design).sum(axis=1), 0.0, 1 - 1e-9)
    residual = (values - design @ coefficients).mean(axis=1) / (1 - hat)
    size = own.shape[1]
    spread = (inverse @ (design.T * residual**2) @ design @ inverse)[:size, :size]
    here = basis(at)
    of_points = (here @ spread * here).sum(axis=1)
    by_world = here @ coefficients[:size]
    of_worlds = by_world.var(axis=1, ddof=1) / worlds if worlds > 1 else np.zeros(len(here))
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = (of_points + of_worlds) ** 2 / (
            of_points**2 / max(1, len(column) - design.shape[1]) + of_worlds**2 / max(1, worlds - 1)
        )
    half = stats.t.ppf(0.5 + confidence / 2, np.where(np.isfinite(freedom), np.maximum(1.0, freedom), 1.0))
    half = half * np.sqrt(of_points + of_worlds)
    fitted = by_world.mean(axis=1)
    return pd.DataFrame({"value": at, "mean": fitted, "low": fitted - half, "high": fitted + half, "level": few})


def one_sided(curve: pd.DataFrame) -> int:
    """The sign of a curve that is beyond luck along the whole range, on one side of zero; else 0."""
    return int((curve["low"] > 0).all()) - int((curve["high"] < 0).all())


def crossings(curve: pd.DataFrame) -> list[dict[str, Any]]:
    """Where the mean of a curve crosses zero, with the interval of values at which zero cannot be excluded.

    One dict per crossing: at, low, high (None where zero is not excluded up to the end of the range), before and after
    (signs of the mean on its two sides), sure (the curve is beyond luck on both sides, with opposite signs). The
    interval is Fieller's (1954): all values at which the t interval of the curve holds zero.
    """
    x = curve["value"].to_numpy(dtype=float)
    mean, low, high = (curve[name].to_numpy(dtype=float) for name in ("mean", "low", "high"))
    beyond = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    out: list[dict[str, Any]] = []
    signs = np.sign(mean)
    for here, there in pairwise(np.flatnonzero(signs != 0).tolist()):
        if signs[here] == signs[there]:
            continue
        zeros = np.arange(here + 1, there)
        # On the side where the mean is positive its lower end decides, on the other the upper end.
        before, after = (low, high) if signs[here] > 0 else (high, low)
        first = _first_beyond(beyond, range(here, -1, -1), signs[here])
        last = _first_beyond(beyond, range(there, len(x)), signs[there])
        found = {
            "at": float(x[zeros].mean()) if len(zeros) else _zero(x, mean, here, there),
            "low": None if first is None else _zero(x, before, first, first + 1),
            "high": None if last is None else _zero(x, after, last - 1, last),
            "before": int(signs[here]), "after": int(signs[there]), "sure": first is not None and last is not None,
        }  # fmt: skip
        # A mean that trembles about zero crosses more than once within one interval: that is one crossing.
        if not any(found["sure"] and one["sure"] and found["low"] == one["low"] for one in out):
            out.append(found)
    return out


def _first_beyond(beyond: NDArray[np.int_], places: range, sign: float) -> int | None:
    """The first of these places where the curve is beyond luck, if that is on the side of this sign."""
    found = next((place for place in places if beyond[place]), None)
    return None if found is None or beyond[found] != sign else found


def boundary(grid: Grid, along: int, across: int, confidence: float = 0.95) -> pd.DataFrame:
    """Where the sign turns along one numeric factor, at each level of another: a row per level and crossing.

    `at` is None where there is no crossing; `before` and `after` are then the sign of the mean along the whole range,
    and `sure` says whether it is beyond luck all along.
    """
    import pandas as pd

    profile, levels = grid.profile(along, across), grid.levels[along]
    if along > across:
        profile = profile.swapaxes(0, 1)
    rows: list[dict[str, Any]] = []
    for number, level in enumerate(grid.levels[across]):
        curve = grid_curve(levels, profile[:, number], confidence)
        start = {"factor": grid.names[along], "other": grid.names[across], "other_level": level}
        found = crossings(curve)
        if not found:
            sign = int(np.sign(curve["mean"].mean()))
            sure = one_sided(curve) != 0
            found = [{"at": None, "low": None, "high": None, "before": sign, "after": sign, "sure": sure}]
        rows += [start | each for each in found]
    return pd.DataFrame(rows)


def _zero(x: Array, y: Array, here: int, there: int) -> float:
    """Where the straight line between two places is zero."""
    if y[there] == y[here]:
        return float(x[here])
    return float(x[here] - y[here] * (x[there] - x[here]) / (y[there] - y[here]))
