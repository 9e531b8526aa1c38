"""The notation of the ODD's section 7, as functions."""

from __future__ import annotations

import math
from collections.abc import Iterable


def keep(half_life: float) -> float:
    """What is left after one period of a stock with a half-life of so many periods."""
    return math.exp(-math.log(2.0) / half_life)


def logistic(x: float) -> float:
    """1 / (1 + e^-x), without an overflow for x far below 0."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    small = math.exp(x)
    return small / (1.0 + small)


def logit(share: float) -> float:
    share = within(1e-12, share, 1.0 - 1e-12)
    return math.log(share / (1.0 - share))


def within(low: float, x: float, high: float) -> float:
    return max(low, min(x, high))


def ratio(x: float, today: float) -> float:
    """Effort against today's; a ratio to nothing counts as 1."""
    return x / today if today > 0.0 else 1.0


def power(ratio: float, exponent: float) -> float:
    """A concave response to effort; no effort counts as 0."""
    return math.exp(exponent * math.log(ratio)) if ratio > 0.0 else 0.0


def cents(euro: float) -> int:
    return math.floor(100.0 * euro + 0.5)


def total(numbers: Iterable[float]) -> float:
    """Sum in the order given. (Python's own `sum` compensates for rounding since 3.12, so its bits are others.)"""
    result = 0.0
    for number in numbers:
        result += number
    return result
