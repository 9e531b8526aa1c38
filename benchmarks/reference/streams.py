"""Luck: the stream of random numbers that both implementations read (ODD, section 6), and the two normal functions.

This is all that the reference takes from orgsim's engine, and it reads a stream by a small function of its own, so that
a draw from Python costs less than a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from numba import njit

from orgsim.engine.streams import normal_cdf, normal_quantile, uniforms

# Purposes: the first column of the ODD's table of draws.
TRAITS, NEED, EPISODE, CHANNELS, DECISION, NOISE, SCORE, CONTACT = 1, 2, 3, 4, 5, 6, 7, 8
REVIEW, ORDER, ATTENTION, MEETING, START, REP, CANDIDATE = 10, 11, 13, 14, 16, 17, 18

Draw = Callable[[int, int, int, int, int], tuple[float, float, float, float]]


class Key(NamedTuple):
    """The key of all random numbers of a run."""

    seed: int
    replicate: int


@njit
def _draw(seed, replicate, purpose, group, who, whom, occasion):
    return uniforms(Key(seed, replicate), purpose, group, who, whom, occasion)


@njit
def quantile(u):
    """Standard normal quantile of a chance between 0 and 1 (Wichura's AS 241)."""
    return normal_quantile(u)


@njit
def phi(z):
    """Standard normal distribution function."""
    return normal_cdf(z)


def stream(seed: int, replicate: int) -> Draw:
    """The four uniforms of a counter (purpose, group, who, whom, occasion) under this seed and replicate."""
    return partial(_draw, seed, replicate)
