"""Figures of the patterns as they are printed: units, digits, intervals, expectations."""

from __future__ import annotations

import math

from orgsim.experiments.patterns.rows import CONFIDENCE, Estimate, Line

# By unit: what a figure is multiplied by, its digits, and the mark behind it.
SCALES = {"%": (100.0, 2, " %"), "points": (100.0, 2, " points"), "h": (1.0, 3, " h"), "closes": (1.0, 2, ""),
          "score": (1.0, 3, "")}  # fmt: skip


def written(value: float, unit: str, *, sign: bool = True) -> str:
    """A figure as it is printed."""
    scale, digits, mark = SCALES[unit]
    if value == 0:
        return f"0{mark}"
    return f"{scale * value:+.{digits}f}{mark}" if sign else f"{scale * value:.{digits}f}{mark}"


def expected(line: Line) -> str:
    """The range expected, in words."""
    if math.isinf(line.high):
        return f"> {written(line.low, line.unit, sign=False)}"
    if math.isinf(line.low):
        return f"< {written(line.high, line.unit, sign=False)}"
    return f"{written(line.low, line.unit)} to {written(line.high, line.unit)}"


def with_interval(found: Estimate, unit: str, confidence: float = CONFIDENCE) -> str:
    """A mean and its interval; exactly 0 where every world gives 0."""
    if found.error == 0 and found.mean == 0:
        return "0 exactly"
    low, high = (written(x, unit) for x in found.interval(confidence))
    mark = SCALES[unit][2]
    return f"{written(found.mean, unit)} [{low.removesuffix(mark)}, {high.removesuffix(mark)}]"


def rounded(found: Estimate, unit: str) -> list[float]:
    """Mean and interval, rounded as printed, in the printed unit."""
    scale, digits, _ = SCALES[unit]
    return [round(scale * x, digits) + 0.0 for x in (found.mean, *found.interval())]


def reproduced(found: Estimate, unit: str, kept: list[float]) -> bool:
    """Whether mean and interval are those kept: apart by no more than rounding."""
    scale, digits, _ = SCALES[unit]
    half = 0.51 * 10.0**-digits
    now = (found.mean, *found.interval())
    return all(math.isclose(scale * x, was, rel_tol=1e-6, abs_tol=half) for x, was in zip(now, kept, strict=True))
