"""How a person splits a week between pay, habit and directive, under linear pay (ODD, section 7.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .formulas import total


def wanted_week(
    habit: Sequence[float], values: Sequence[float], costs: Sequence[float], hours: float, cost: float, rho: float
) -> list[float]:
    """Hours that balance what one more hour earns against the strain of leaving the habit week.

    values: euro that an hour of each activity earns; costs: of activities against each other, 0 for free ones;
    hours: what the week has; cost, rho: euro an hour, and substitution between activities.
    """
    priced = [i for i, b in enumerate(habit) if b > 0.0 and costs[i] > 0.0]
    free = [i for i, b in enumerate(habit) if b > 0.0 and costs[i] == 0.0]
    r = [math.sqrt(b / k) if b > 0.0 and k > 0.0 else 0.0 for b, k in zip(habit, costs, strict=True)]
    zero: list[int] = []
    while True:
        week = _with_these_at_zero(habit, values, r, priced, free, zero, hours, cost, rho)
        worst = min((i for i in priced if i not in zero), key=lambda i: week[i], default=None)
        if worst is None or week[worst] >= -1e-12:
            return week
        zero = sorted([*zero, worst])


def _with_these_at_zero(
    habit: Sequence[float], values: Sequence[float], r: Sequence[float], priced: Sequence[int], free: Sequence[int],
    zero: Sequence[int], hours: float, cost: float, rho: float,
) -> list[float]:  # fmt: skip
    """The best week in which the activities `zero` get nothing and nothing else is bounded."""
    others = [i for i in priced if i not in zero]
    scale = cost * (1.0 - rho)
    s = rho / (1.0 - rho + len(others) * rho)
    below = total(habit[i] / r[i] for i in zero)
    a = {i: r[i] * values[i] + cost * rho * below for i in others}
    sum_a = total(a.values())
    sum_r = total(r[i] for i in others)
    week = [0.0] * len(habit)

    def fill(price: float) -> float:
        for i in others:
            week[i] = habit[i] + r[i] * (a[i] - s * sum_a - price * (r[i] - s * sum_r)) / scale
        return total(week[i] for i in others)

    if free:
        left = hours - fill(0.0)
        if left >= 0.0:
            usual = total(habit[i] for i in free)
            for i in free:
                week[i] = left * habit[i] / usual
            return week
    top = total(habit[i] for i in others) + total(r[i] * (a[i] - s * sum_a) / scale for i in others) - hours
    bottom = total(r[i] * (r[i] - s * sum_r) / scale for i in others)
    fill(top / bottom if bottom > 0.0 else 0.0)
    return week


def landing(delay: float, closes: float, horizon_weeks: float) -> tuple[float, float]:
    """Chances that an hour's result, so many weeks late on average, lands in this period, and that it lands later.

    closes: weeks that are left of the period. What lands later counts less the shorter the horizon is.
    """
    if delay == 0.0:
        return (1.0, 0.0) if closes > 0.0 else (0.0, 1.0)
    still_out = math.exp(-closes / delay)
    now = 1.0 - still_out if closes > 0.0 else 0.0
    return now, still_out * math.exp(-delay / horizon_weeks)
