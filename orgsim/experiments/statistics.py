"""Intervals and paired differences between arms that share their luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


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


def estimate(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Mean and Student's t interval of independent replicates; with one replicate the interval is unbounded."""
    x = np.asarray(values, dtype=float)
    n = len(x)
    mean = float(x.mean())
    if n < 2:
        return Estimate(mean, -np.inf, np.inf, np.nan, n, float((x > 0).mean()), 1.0)
    error = float(x.std(ddof=1) / np.sqrt(n))
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * error
    if error > 0:
        p_value = float(2 * stats.t.sf(abs(mean) / error, n - 1))
    else:
        p_value = 1.0 if mean == 0 else 0.0
    return Estimate(mean, mean - half, mean + half, error, n, float((x > 0).mean()), p_value)


def paired(values: ArrayLike, against: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The mean difference, replicate by replicate, with its interval (common random numbers: Law 2015, ch. 10)."""
    return estimate(np.asarray(values, dtype=float) - np.asarray(against, dtype=float), confidence)


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


def holm(p_values: list[float]) -> list[float]:
    """p-values adjusted for the number of comparisons (Holm 1979): the family-wise error stays below the level."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    running = 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[int(i)]))
        adjusted[i] = running
    return [float(p) for p in adjusted]
