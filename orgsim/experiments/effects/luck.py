"""Parameters and luck apart: variances from products of different worlds, with jackknife intervals.

All points of a sweep run in the same worlds (common random numbers), so the runs are a table of points by worlds:

    run(x, w) = mean + parameters(x) + luck(w) + luck at this point(x, w).

The square of a mean over n worlds holds 1/n of the variance of luck; the product of two *different* worlds holds none,
because worlds are independent. Every variance here is therefore an average over pairs of different worlds: unbiased
whatever the luck looks like, exact in balanced tables, and slightly negative at times where the truth is zero.

Intervals are from the jackknife with Student's t: leave out each world in turn, and in sampled designs also each of up
to 40 groups of points; the two variances are added, which counts luck at the point twice and errs to the wide side
(Tukey 1958; for tables with two ways of chance, Owen 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Places = NDArray[np.intp]
GROUPS = 40
FEWEST = 3  # worlds for an interval over worlds
NOTHING = 1e-12  # a share that rounding could make


class Parts(NamedTuple):
    """Variances in the unit of the response squared: of terms, of all parameters, of luck that is the same at all
    points, and of luck that differs between points (the last two not a number with one world or one point)."""

    terms: Array
    parameters: float
    shared: float
    local: float


@dataclass(frozen=True)
class Intervals:
    """Estimates with the ends of their intervals, arrays of one shape; ends are not a number where none is possible."""

    value: Array
    low: Array
    high: Array
    p_value: Array


def worlds_apart(x: Array, y: Array | None = None) -> Array:
    """Mean of x in one world times y in another, over all ordered pairs of different worlds (the last axis).

    With one world there is no other: the plain product, in which luck stays.
    """
    other = x if y is None else y
    n = x.shape[-1]
    if n == 1:
        return np.asarray(x[..., 0] * other[..., 0])
    return np.asarray((x.sum(-1) * other.sum(-1) - (x * other).sum(-1)) / (n * (n - 1)))


def luck_of(values: Array, sampled: bool) -> Parts:
    """Parameters and luck of a complete table (points, worlds), with no terms.

    sampled: points are a sample of a range, of which the variance is wanted; otherwise they are all there is. Luck at
    a point is a random effect either way: the mean over points holds a part of it, which is no luck that they share.
    """
    count, n = values.shape
    freedom = max(1, count - 1) if sampled else count
    apart = values - values.mean(axis=0)
    parameters = float(worlds_apart(apart).sum() / freedom)
    if n == 1 or count == 1:
        return Parts(np.zeros(0), parameters, np.nan, np.nan)
    local = float((apart**2).sum() / n - worlds_apart(apart).sum()) / (count - 1)
    shared = float(values.mean(axis=0).var(ddof=1)) - local / count
    return Parts(np.zeros(0), parameters, shared, local)


def over_worlds(values: Array, confidence: float = 0.95) -> Intervals:
    """Means along the last axis with Student's t intervals; what is not a number is left out, pair by pair."""
    from scipy import stats

    there = np.isfinite(values)
    n = there.sum(-1)
    filled = np.where(there, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(-1) / n
        spread = np.where(there, values - mean[..., None], 0.0)
        error = np.sqrt((spread**2).sum(-1) / (n - 1) / n)
        freedom = np.maximum(n - 1, 1)
        half = np.where(n > 1, stats.t.ppf(0.5 + confidence / 2, freedom) * error, np.nan)
        p_value = np.where(error > 0, 2 * stats.t.sf(np.abs(mean) / error, freedom), np.where(mean == 0, 1.0, 0.0))
    return Intervals(mean, mean - half, mean + half, np.where(n > 1, p_value, 1.0))


def jackknife(
    statistic: Callable[[Places, Places], Array], units: int, worlds: int, *, sampled: bool, confidence: float = 0.95
) -> Intervals:
    """Estimates of statistic(units, worlds), an array, with intervals.

    sampled: units (points, base rows, trajectories) are a sample, so that leaving them out tells of chance too.
    """
    from scipy import stats

    all_units, all_worlds = np.arange(units), np.arange(worlds)
    value = np.asarray(statistic(all_units, all_worlds), dtype=float)
    parts: list[tuple[Array, int]] = []
    if worlds >= FEWEST:
        parts.append(_spread([statistic(all_units, left) for left in _left(worlds)]))
    if sampled and units >= 2 * FEWEST:
        parts.append(_spread([statistic(left, all_worlds) for left in _left(units)]))
    if not parts:
        none = np.full(value.shape, np.nan)
        return Intervals(value, none, none, np.ones(value.shape))
    variance = np.sum([part for part, _ in parts], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = variance**2 / np.sum([part**2 / number for part, number in parts], axis=0)
        freedom = np.where(np.isfinite(freedom), np.maximum(freedom, 1.0), 1.0)
        error = np.sqrt(variance)
        half = stats.t.ppf(0.5 + confidence / 2, freedom) * error
        p_value = np.where(error > 0, 2 * stats.t.sf(np.abs(value) / error, freedom), np.where(value == 0, 1.0, 0.0))
    return Intervals(value, value - half, value + half, p_value)


def _left(count: int) -> list[Places]:
    """What is left of `count` things when each of up to 40 groups is taken away; groups are by lot, always the same."""
    lots = np.random.default_rng(0).permutation(count) % min(count, GROUPS)
    return [np.flatnonzero(lots != group) for group in range(min(count, GROUPS))]


def _spread(found: Sequence[Array]) -> tuple[Array, int]:
    """The jackknife variance of an estimate and its degrees of freedom."""
    values, g = np.array(found, dtype=float), len(found)
    with np.errstate(invalid="ignore", over="ignore"):  # parts of a variance that is zero
        return np.asarray((g - 1) / g * ((values - values.mean(axis=0)) ** 2).sum(axis=0)), g - 1


def variance_table(
    parts: Callable[[Places, Places], Parts], terms: Sequence[tuple[str, str]], units: int, worlds: int, *,
    sampled: bool, confidence: float = 0.95,
) -> pd.DataFrame:
    """Where the variance of a run comes from: a row for each term (name, kind), for all parameters and for luck.

    share: of the variance of one run, luck included; index: of the variance between parameters alone, luck left out
    (for single factors the Sobol' index), not a number where parameters are not beyond luck. beyond_luck: whether the
    interval of the term's variance itself is above zero, None where there is no interval. The share does not decide it:
    with few worlds a share is uncertain because luck is, even where the term is known exactly. With one world luck
    cannot be told: its rows are not a number, and `share` equals `index`, luck being hidden in both.
    """
    import pandas as pd

    count = len(terms)

    def portions(chosen: Places, present: Places) -> Array:
        found = parts(chosen, present)
        luck = np.array([found.shared + found.local, found.shared, found.local])
        whole = found.parameters + (luck[0] if len(present) > 1 else 0.0)
        own = np.array([*found.terms, found.parameters])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([own / found.parameters, np.full(3, np.nan), own / whole, luck / whole, own])

    found = jackknife(portions, units, worlds, sampled=sampled, confidence=confidence)
    rows: list[dict[str, Any]] = []
    below = [("luck", "luck"), ("luck, the same at all points", "part of luck"),
             ("luck, not the same at all points", "part of luck")]  # fmt: skip
    size = count + 4
    for place, (term, kind) in enumerate([*terms, ("parameters", "parameters"), *below]):
        share, above = found.value[size + place], found.low[2 * size + place] if place <= count else np.nan
        told = worlds > 1 and np.isfinite(above)
        rows.append({
            "term": term, "kind": kind, "share": share, "share_low": found.low[size + place],
            "share_high": found.high[size + place], "index": found.value[place], "index_low": found.low[place],
            "index_high": found.high[place], "beyond_luck": bool(above > 0 and share > NOTHING) if told else None,
        })  # fmt: skip
    table = pd.DataFrame(rows).astype({"beyond_luck": object})
    # A part of nothing, or of what may be nothing, is no number to go by.
    whole = table.iloc[count]
    nothing = not whole["share"] > NOTHING or whole["beyond_luck"] is False
    table.loc[slice(None) if nothing else count, ["index", "index_low", "index_high"]] = np.nan
    return table
