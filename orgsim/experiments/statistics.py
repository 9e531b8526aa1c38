"""Intervals and paired differences between arms that share their luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

INTERVALS = ("t", "bootstrap")
RESAMPLES = 9_999
NUMBERS_AT_A_TIME = 10_000_000  # that a bootstrap holds in memory


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its interval; `better` is the share of replicates above zero (for differences)."""

    mean: float
    low: float
    high: float
    standard_error: float
    replicates: int
    better: float
    p_value: float
    median: float = np.nan


def estimate(
    values: ArrayLike, confidence: float = 0.95, *, interval: str = "t", first: int | None = None
) -> Estimate:
    """Mean and median of independent replicates, the interval of the mean, and the p-value of a mean of zero.

    interval: Student's "t", or "bootstrap" (`bootstrap_interval`; the p-value stays that of t). first: where it was
    learned from the replicates when to stop (`precision.run_until`), the number of those of the first stage; the
    interval is then that of the procedure. With one replicate the interval is unbounded; where all replicates are
    equal it has no width, and a mean that is not 0 has the p-value 0. Raises ValueError for another kind of interval.
    """
    if interval not in INTERVALS:
        raise ValueError(f"interval: found {interval!r}; allowed: {', '.join(INTERVALS)}")
    x = np.asarray(values, dtype=float)
    n = len(x)
    above, median = float((x > 0).mean()), float(np.median(x))
    if n < 2:
        return Estimate(float(x.mean()), -np.inf, np.inf, np.nan, n, above, 1.0, median)
    # The mean of equal values, summed and divided, may not be one of them.
    mean = float(x[0]) if x.min() == x.max() else float(x.mean())
    error, freedom = float(deviation(x, first) / np.sqrt(n)), (first or n) - 1
    if x.min() == x.max() or error == 0:
        return Estimate(mean, mean, mean, 0.0, n, above, 1.0 if mean == 0 else 0.0, median)
    p_value = float(2 * special.stdtr(freedom, -abs(mean) / error))
    if interval == "bootstrap":
        return Estimate(mean, *bootstrap_interval(x, confidence), error, n, above, p_value, median)
    half = t_quantile(confidence, freedom) * error
    return Estimate(mean, mean - half, mean + half, error, n, above, p_value, median)


def deviation(values: NDArray[np.float64], first: int | None = None) -> NDArray[np.float64]:
    """Standard deviation over the first axis; of the first stage's or of all replicates, whichever is larger."""
    whole: NDArray[np.float64] = values.std(axis=0, ddof=1)
    return whole if first is None else np.maximum(whole, values[:first].std(axis=0, ddof=1))


def t_quantile(confidence: float, freedom: int) -> float:
    """Half-width, in standard errors, of Student's two-sided interval."""
    return float(special.stdtrit(freedom, 0.5 + confidence / 2))


def bootstrap_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a mean by the bootstrap, bias-corrected and accelerated (BCa: Efron 1987), from 9,999 resamples.

    The resamples depend on the number of values alone, so that the same values give the same interval. It follows the
    skew of the values, but is too narrow for few of them (docs/statistics.md): below 100 prefer Student's t. Values
    that are all equal give an interval of no width.
    """
    from scipy import stats

    x = np.asarray(values, dtype=float)
    if x.min() == x.max():
        return float(x[0]), float(x[0])
    found = stats.bootstrap(
        (x,), np.mean, n_resamples=RESAMPLES, batch=max(1, NUMBERS_AT_A_TIME // len(x)), vectorized=True,
        confidence_level=confidence, method="BCa", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def paired(
    values: ArrayLike, against: ArrayLike, confidence: float = 0.95, *, interval: str = "t", first: int | None = None
) -> Estimate:
    """The mean difference, replicate by replicate, with its interval (common random numbers: Law 2015, ch. 10)."""
    differences = np.asarray(values, dtype=float) - np.asarray(against, dtype=float)
    return estimate(differences, confidence, interval=interval, first=first)


def variance_reduction(values: ArrayLike, against: ArrayLike) -> float:
    """How many times as many independent replicates would be needed for the same precision of the difference."""
    a, b = np.asarray(values, dtype=float), np.asarray(against, dtype=float)
    if len(a) < 2:
        return float("nan")
    independent = a.var(ddof=1) + b.var(ddof=1)
    together = (a - b).var(ddof=1)
    if together == 0:
        return float("inf") if independent > 0 else 1.0
    return float(independent / together)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for the number of comparisons (Holm 1979): the family-wise error stays below the level."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[int(i)]))
        adjusted[i] = running
    return [float(p) for p in adjusted]


def beyond_luck(row: Mapping[str, Any], confidence: float = 0.95) -> bool:
    """Whether the difference of a row of a summary stays after Holm's correction for all differences shown."""
    p = row.get("p_adjusted")
    return isinstance(p, float) and p < 1 - confidence


def together(confidence: float, count: int) -> float:
    """The confidence of each of some intervals that all hold at once with `confidence` (Bonferroni).

    Where Holm's adjusted p-value is not below 1 - confidence, Student's interval at this confidence contains 0.
    """
    return 1 - (1 - confidence) / max(1, count)
