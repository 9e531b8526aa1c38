"""Runs until a precision: Stein's number, what is asked for and in which order, and coverage after stopping."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from orgsim.experiments.metrics import about
from orgsim.experiments.precision import Reached, Target, replicates_needed, run_until, target_of
from orgsim.experiments.statistics import paired, t_quantile

Array = NDArray[np.float64]


def stream(rng: np.random.Generator, means: list[float], common: float = 3.0) -> Callable[[int, int], Array]:
    def values(begin: int, end: int) -> Array:
        shape = (end - begin, len(means))
        return np.array(means) + common * rng.normal(size=(shape[0], 1)) + rng.normal(size=shape) / math.sqrt(2)

    return values


def fixed(x: Array) -> Callable[[int, int], Array]:
    return lambda begin, end: x[begin:end]


def test_steins_number_is_the_textbooks() -> None:
    """n = 10, S = 2, half-width 0.5, t(9) 2.26216: (2.26216 * 2 / 0.5)^2 = 81.88, so 82."""
    assert replicates_needed(2.0, 0.5, 10) == 82
    assert replicates_needed(2.0, 50.0, 10) == 10
    assert replicates_needed(2.0, 0.5, 10, 0.99) == math.ceil((3.2498355 * 4) ** 2)


def test_replicates_are_asked_for_without_a_gap_and_no_stage_more_than_doubles() -> None:
    asked = []
    values = stream(np.random.default_rng(1), [0.0, 1.0])

    def note(begin: int, end: int) -> Array:
        asked.append((begin, end))
        return values(begin, end)

    found = run_until(note, Target(0.1, False), 10, 100_000)
    assert [begin for begin, _ in asked] == [0, *(end for _, end in asked[:-1])]
    assert all(end <= 2 * begin for begin, end in asked[1:])
    assert asked[-1][1] == found.replicates
    assert found.met


def test_the_run_stops_at_the_number_that_the_larger_spread_needs_and_not_one_before() -> None:
    x = np.column_stack([np.zeros(5000), np.random.default_rng(2).normal(0, 1, 5000)])
    found = run_until(fixed(x), Target(0.1, False), 20, 5000)
    first, whole = x[:20, 1].std(ddof=1), x[: found.replicates, 1].std(ddof=1)
    spread, t = max(first, whole), t_quantile(0.95, 19)
    assert found.achieved == (pytest.approx(t * spread / math.sqrt(found.replicates)),)
    assert found.achieved[0] <= 0.1
    assert found.replicates >= replicates_needed(float(first), 0.1, 20)
    assert t * whole / math.sqrt(0.9 * found.replicates) > 0.1 or whole < first


def test_the_interval_reported_is_that_of_the_procedure() -> None:
    x = np.column_stack([np.zeros(3000), np.random.default_rng(3).normal(0.2, 1, 3000)])
    found = run_until(fixed(x), Target(0.15, False), 10, 3000)
    e = paired(x[: found.replicates, 1], x[: found.replicates, 0], first=10)
    assert (e.high - e.low) / 2 == pytest.approx(found.achieved[0])
    ordinary = paired(x[: found.replicates, 1], x[: found.replicates, 0])
    assert e.high - e.low > ordinary.high - ordinary.low


def test_scaling_values_and_target_alike_or_shifting_all_arms_changes_no_number_of_replicates() -> None:
    x = np.random.default_rng(4).normal(0, 1, (4000, 3)) + np.array([10, 11, 9])
    plain = run_until(fixed(x), Target(0.1, False), 10, 4000)
    assert run_until(fixed(8 * x), Target(0.8, False), 10, 4000).replicates == plain.replicates
    assert run_until(fixed(x + 64), Target(0.1, False), 10, 4000).replicates == plain.replicates
    share = run_until(fixed(x), Target(0.01, True), 10, 4000)
    assert run_until(fixed(8 * x), Target(0.01, True), 10, 4000).replicates == share.replicates
    assert share.allowed == pytest.approx(0.01 * x[: share.replicates, 0].mean())


def test_where_nothing_differs_the_first_stage_is_enough() -> None:
    x = np.random.default_rng(5).normal(0, 1, (50, 1)).repeat(3, axis=1)
    found = run_until(fixed(x), Target(1e-9, False), 5, 50)
    assert (found.replicates, found.met, found.needed) == (5, True, 5)
    alone = run_until(fixed(x[:, :1]), Target(1e-9, False), 5, 50)
    assert (alone.replicates, alone.met) == (5, True)


def test_a_limit_reached_first_is_said_with_what_was_achieved_and_what_it_would_take() -> None:
    found = run_until(stream(np.random.default_rng(6), [0.0, 0.0]), Target(0.01, False), 20, 100)
    assert (found.replicates, found.met) == (100, False)
    assert found.needed == replicates_needed(found.achieved[0] * 10 / t_quantile(0.95, 19), 0.01, 20)
    nothing = run_until(fixed(np.column_stack([np.zeros(9), np.arange(9.0)])), Target(0.1, True), 3, 9)
    assert (nothing.replicates, nothing.met, nothing.needed) == (9, False, None)


@pytest.mark.parametrize(("first", "most"), [(1, 10), (10, 9)])
def test_a_first_stage_of_one_and_a_limit_below_it_are_refused(first: int, most: int) -> None:
    with pytest.raises(ValueError, match="is needed"):
        run_until(fixed(np.zeros((10, 2))), Target(1.0, False), first, most)


@pytest.mark.parametrize("relative", [False, True])
def test_after_stopping_intervals_of_all_arms_cover_at_least_as_often_as_they_say(relative: bool) -> None:
    """600 runs of two arms; below this bound once in a million, were each arm covered in 95 % exactly."""
    rng, means = np.random.default_rng(7), [20.0, 20.5, 19.0]
    hits = np.zeros(2)
    for _ in range(600):
        parts: list[Array] = []
        values = stream(rng, means)

        def keep(begin: int, end: int, values: Callable[[int, int], Array] = values, to: list[Array] = parts) -> Array:
            to.append(values(begin, end))
            return to[-1]

        run_until(keep, Target(0.015 if relative else 0.3, relative), 8, 10_000)
        x = np.concatenate(parts)
        for k in (1, 2):
            e = paired(x[:, k], x[:, 0], first=8)
            hits[k - 1] += e.low <= means[k] - means[0] <= e.high
    assert (hits >= stats.binom.ppf(1e-6, 600, 0.95)).all(), hits


@pytest.mark.parametrize(
    ("text", "metric", "amount", "relative"),
    [
        ("2%", "profit", 0.02, True), ("2 %", "won", 0.02, True), ("20k€", "profit", 60_000.0, False),
        ("20000 euro", "profit", 60_000.0, False), ("20 000 €/year", "profit", 60_000.0, False),
        ("1.5 M€ a year", "revenue", 4.5e6, False), ("20 k€", "value", 20_000.0, False), ("5", "won", 15.0, False),
        ("0.5", "lead_waste_share", 0.005, False), ("3 k€ per year", "lead_waste_value", 9000.0, False),
    ],
)  # fmt: skip
def test_a_precision_is_a_share_of_the_mean_or_an_amount_a_year(
    text: str, metric: str, amount: float, relative: bool
) -> None:
    found = target_of(text, about(metric), 3.0)
    assert (found.amount, found.relative) == (pytest.approx(amount), relative)


@pytest.mark.parametrize(
    ("text", "metric", "words"),
    [
        ("5", "profit", "write a share such as '2%', or an amount a year such as '20 k€'"),
        ("x%", "profit", "found 'x%'"), ("", "profit", "found ''"), ("0%", "profit", "must be more than 0"),
        ("-3 k€", "profit", "must be more than 0"), ("2 weeks", "profit", "write a share"),
        ("3 k€", "won", "or a plain number (a year)"),
    ],
)  # fmt: skip
def test_a_precision_that_cannot_be_read_is_refused_with_what_to_write(text: str, metric: str, words: str) -> None:
    with pytest.raises(ValueError, match="found") as caught:
        target_of(text, about(metric), 3.0)
    assert words in str(caught.value)


def test_a_run_that_met_its_target_says_so_by_its_figures_alone() -> None:
    reached = Reached(Target(1.0, False), 0.95, 5, 10, 10, 1.0, (0.9, 1.1), 13)
    assert not reached.met
