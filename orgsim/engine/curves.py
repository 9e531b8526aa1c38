"""Curves that several rules share."""

from __future__ import annotations

import math

from orgsim.engine.compile import rule


@rule
def logistic(x):
    """1 / (1 + exp(-x)), without overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


@rule
def logit(share):
    """Log-odds of a share; 0 and 1 are taken as 1e-12 from the edge."""
    s = max(1e-12, min(1.0 - 1e-12, share))
    return math.log(s / (1.0 - s))


@rule
def half_life_factor(half_life):
    """What is left after one period of a stock with the given half-life in periods."""
    return math.exp(-0.6931471805599453 / half_life)


@rule
def against_today(effort, today, exponent):
    """Response to effort, 1 at today's effort, concave; 1 as well where today has none to compare with."""
    if today <= 0.0:
        return 1.0
    return math.exp(exponent * math.log(effort / today)) if effort > 0.0 else 0.0
