"""Run until paired differences are known to a precision: a two-stage procedure whose intervals stay valid.

Stopping when an ordinary interval happens to be narrow stops too often when the spread has been underrated by luck.
Stein (1945) takes the spread from a first stage of n replicates: with its n - 1 degrees of freedom the interval

    mean of all replicates ± t(n - 1) S / sqrt(N)

is exact under normality, though N depends on S. Here S is the larger of the first stage's and of all replicates'
standard deviation, N is raised until the interval is narrow enough, and the degrees of freedom stay the first stage's.
Under normality the interval still covers at least as often as it says: N depends on contrasts between replicates alone,
which are independent of their mean (Helmert), and the interval contains Stein's. This holds for all arms, whatever
their spreads and correlations, and for every other figure of the same runs. What it buys: where values are skewed, a
first stage that has seen no large one does not fix the width for good; the spread is consistent, so that coverage tends
to the stated one however values are distributed (Chow and Robbins 1965), and docs/statistics.md shows how fast.

A relative target is a share of the reference's mean as estimated when the run stops, so that N depends on that mean a
little; the coverage study measures this case too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orgsim.experiments.metrics import MONEY, SUM, Metric
from orgsim.experiments.statistics import deviation, t_quantile
from orgsim.scenario.errors import show
from orgsim.scenario.units import parse

Values = Callable[[int, int], NDArray[np.float64]]


@dataclass(frozen=True)
class Target:
    """A half-width: an amount in the figure's unit, or a share of the size of a reference's mean."""

    amount: float
    relative: bool

    def half_width(self, reference: float) -> float:
        """The half-width allowed where the reference's mean is `reference`, in the figure's unit."""
        return self.amount * abs(reference) if self.relative else self.amount


def target_of(text: str, metric: Metric, years: float) -> Target:
    """The half-width written in `text`: "2%" of the reference's mean, "20 k€" (a year, of a figure that is money by the
    year), or of a figure that is not money a plain number in the unit it is shown in.

    Raises ValueError, in a sentence for the user, for anything else.
    """
    money = metric.kind in (MONEY, SUM)
    written = re.sub(r"\s*(/|per |a )\s*year$", "", text.strip())
    try:
        if "%" in written:
            target = Target(parse(written, "share"), True)
        elif money:
            target = Target(parse(written, "€") * (years if metric.kind == MONEY else 1.0), False)
        else:
            target = Target(parse(written, "number") / metric.scale(years), False)
    except ValueError:
        plain = f"a plain number ({metric.unit or 'as in a run'})"
        amount = f"an amount{' a year' if metric.kind == MONEY else ''} such as '20 k€'" if money else plain
        raise ValueError(f"found {show(text)}; write a share such as '2%', or {amount}") from None
    if target.amount <= 0:
        raise ValueError(f"found {show(text)}; must be more than 0")
    return target


@dataclass(frozen=True)
class Reached:
    """How a run until a precision ended.

    first, most: replicates of the first stage, and the limit. allowed: half-width allowed at the end, achieved: that
    of each arm's difference, both in the figure's unit. needed: replicates that the precision takes, as far as is
    known; None where no number would do, because the reference's mean is 0.
    """

    target: Target
    confidence: float
    first: int
    most: int
    replicates: int
    allowed: float
    achieved: tuple[float, ...]
    needed: int | None

    @property
    def met(self) -> bool:
        """Whether every difference is known to the precision asked for."""
        return all(half <= self.allowed for half in self.achieved)


def replicates_needed(spread: float, half_width: float, first: int, confidence: float = 0.95) -> int:
    """Stein's number: the least N from `first` on with t(first - 1) spread / sqrt(N) <= half_width."""
    return max(first, math.ceil((t_quantile(confidence, first - 1) * spread / half_width) ** 2))


def run_until(values: Values, target: Target, first: int, most: int, confidence: float = 0.95) -> Reached:
    """Ask for replicates until the interval of every arm's difference to the reference is as narrow as wanted.

    values(start, stop): the figure in replicates start .. stop - 1, shape (stop - start, 1 + arms), the reference in
    column 0; independent from row to row. It is asked for 0 .. first - 1, then onwards without a gap.
    first: at least 2 (20 or more are advised). most: limit, at least `first`. The intervals of the result are
    `statistics.estimate(..., first=first)`.
    """
    if not 2 <= first <= most:
        raise ValueError(f"found first={first}, most={most}; 2 <= first <= most is needed")
    x = values(0, first)
    t = t_quantile(confidence, first - 1)
    while True:
        n = len(x)
        spreads = deviation(x[:, 1:] - x[:, :1], first)
        achieved = t * spreads / math.sqrt(n)
        allowed = target.half_width(float(x[:, 0].mean()))
        widest = float(spreads.max(initial=0.0))
        needed = None
        if widest == 0.0:
            needed = n
        elif allowed > 0 and math.isfinite((widest / allowed) ** 2):
            needed = replicates_needed(widest, allowed, first, confidence)
        found = Reached(target, confidence, first, most, n, allowed, tuple(map(float, achieved)), needed)
        if found.met or n >= most:
            return found
        # No stage more than doubles: early on the need may be overrated.
        x = np.concatenate([x, values(n, min(most, 2 * n, max(n + 1, needed or most)))])
