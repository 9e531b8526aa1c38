"""Estimates, paired differences and corrections in numbers worked by hand."""

from __future__ import annotations

import inspect
import math
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from orgsim.experiments.metrics import about
from orgsim.experiments.precision import target_of
from orgsim.experiments.statistics import (
    INTERVALS,
    beyond_luck,
    bootstrap_interval,
    deviation,
    estimate,
    holm,
    paired,
    t_quantile,
    together,
    variance_reduction,
)

T_2, T_1 = 4.302652729911275, 12.706204736432095  # Student's 97.5 % quantiles for 2 and 1 degrees of freedom


def test_of_one_replicate_nothing_is_known_but_its_value() -> None:
    for value, above in ((3.5, 1.0), (0.0, 0.0), (-2.0, 0.0)):
        found = estimate([value])
        assert (found.mean, found.median, found.low, found.high) == (value, value, -math.inf, math.inf)
        assert math.isnan(found.standard_error)
        assert (found.replicates, found.better, found.p_value) == (1, above, 1.0)


def test_two_values_have_an_interval_of_one_degree_of_freedom() -> None:
    found = estimate([1.0, 3.0])
    assert (found.mean, found.standard_error, found.replicates) == (2.0, pytest.approx(1.0), 2)
    assert (found.low, found.high) == pytest.approx((2 - T_1, 2 + T_1))
    assert found.p_value == pytest.approx(2 * stats.t.sf(2, 1))
    same = estimate([4.0, 4.0])
    assert (same.low, same.high, same.standard_error, same.p_value) == (4.0, 4.0, 0.0, 0.0)


def test_an_estimate_says_all_of_itself_by_either_interval() -> None:
    """Values 0, 1, 2, 6, -1: mean 1.6, deviations squared 2.56 + .36 + .16 + 19.36 + 6.76 = 29.2; 3 of 5 above zero."""
    x = [0.0, 1.0, 2.0, 6.0, -1.0]
    error = math.sqrt(29.2 / 4 / 5)
    low, high = bootstrap_interval(x, 0.8)
    half = stats.t.ppf(0.9, 4) * error
    for interval, ends in (("t", (1.6 - half, 1.6 + half)), ("bootstrap", (low, high))):
        found = estimate(x, 0.8, interval=interval)
        assert (found.mean, found.median, found.replicates, found.better) == (1.6, 1.0, 5, 0.6)
        assert found.standard_error == pytest.approx(error)
        assert (found.low, found.high) == pytest.approx(ends)
        assert found.p_value == pytest.approx(2 * stats.t.sf(1.6 / error, 4))
    half = stats.t.ppf(0.975, 4) * error
    plain = estimate(x)
    assert (plain.low, plain.high) == pytest.approx((1.6 - half, 1.6 + half)), "95 % by Student, unless asked otherwise"


def test_values_that_are_all_equal_say_so_whatever_rounding_does_to_their_mean() -> None:
    found = estimate([0.1] * 7)
    assert found == type(found)(0.1, 0.1, 0.1, 0.0, 7, 1.0, 0.0, 0.1)
    assert estimate([0.0] * 3) == type(found)(0.0, 0.0, 0.0, 0.0, 3, 0.0, 1.0, 0.0)
    assert estimate([-2.0] * 3).better == 0.0


def test_values_may_be_decimals_such_as_money() -> None:
    a, b = [Decimal("1.5"), Decimal("2.5"), Decimal("6.5")], [Decimal("0.5")] * 3
    assert estimate(a).mean == 3.5
    assert paired(a, b) == paired([1.5, 2.5, 6.5], [0.5] * 3)
    assert variance_reduction(a, [Decimal(1), Decimal(2), Decimal(7)]) == pytest.approx((7 + 31 / 3) / (1 / 3))
    assert bootstrap_interval(a) == bootstrap_interval([1.5, 2.5, 6.5])


def test_unless_asked_otherwise_the_interval_is_one_of_those_there_are() -> None:
    for function in (estimate, paired):
        assert inspect.signature(function).parameters["interval"].default in INTERVALS
    assert paired([1.0, 3.0], [0.0, 0.0]) == paired([1.0, 3.0], [0.0, 0.0], interval=INTERVALS[0])


def test_differences_are_taken_replicate_by_replicate_and_estimated_as_asked() -> None:
    """Differences 1, 2, 6: mean 3, standard deviation sqrt(7)."""
    one = paired([11.0, 22.0, 36.0], [10.0, 20.0, 30.0])
    half = T_2 * math.sqrt(7 / 3)
    assert (one.mean, one.low, one.high) == pytest.approx((3.0, 3 - half, 3 + half))
    x = [1.0, 2.0, 6.0, 4.0, 3.0, -1.0]
    shifted = [v + 10 for v in x]
    assert paired(shifted, [10.0] * 6, 0.8) == estimate(x, 0.8)
    assert paired(shifted, [10.0] * 6, interval="bootstrap") == estimate(x, interval="bootstrap")
    assert paired(shifted, [10.0] * 6, first=3) == estimate(x, first=3)
    assert estimate(x, first=3) != estimate(x)


def test_after_a_first_stage_the_spread_is_the_larger_and_the_degrees_of_freedom_are_the_first_stages() -> None:
    x = [1.0, 2.0, 6.0, 3.0, 3.0, 3.0]
    found = estimate(x, first=3)
    error = math.sqrt(7 / 6)
    assert found.standard_error == pytest.approx(error), "the first three spread more than all six"
    assert found.high == pytest.approx(3 + T_2 * error)
    assert found.p_value == pytest.approx(2 * stats.t.sf(3 / error, 2))
    later = estimate([2.0, 2.0, 3.0, 9.0, -5.0], first=3)
    assert later.standard_error == pytest.approx(np.std([2, 2, 3, 9, -5], ddof=1) / math.sqrt(5))


def test_deviations_are_taken_by_column() -> None:
    values = np.array([[1.0, 10.0], [2.0, 10.0], [6.0, 40.0], [3.0, 10.0]])
    by_column = [np.std(values[:, 0], ddof=1), np.std(values[:, 1], ddof=1)]
    assert deviation(values) == pytest.approx(by_column)
    staged = deviation(values, 3)
    assert staged == pytest.approx([math.sqrt(7), math.sqrt(300)])


def test_the_bootstrap_is_that_of_scipy_from_its_one_stream() -> None:
    x = np.random.default_rng(3).lognormal(0, 1, 40)
    for confidence in (0.95, 0.6):
        found = stats.bootstrap(
            (x,), np.mean, n_resamples=9_999, confidence_level=confidence, method="BCa", rng=np.random.default_rng(0)
        ).confidence_interval
        assert bootstrap_interval(x, confidence) == pytest.approx((found.low, found.high))
    assert bootstrap_interval(x) == bootstrap_interval(x, 0.95)
    assert bootstrap_interval([2.0]) == (2.0, 2.0)


def test_pairing_saves_as_many_replicates_as_the_variances_say() -> None:
    assert variance_reduction([1.0, 2.0, 6.0], [1.0, 2.0, 7.0]) == pytest.approx((7 + 31 / 3) / (1 / 3))
    assert variance_reduction([0.5, 0.6], [0.5, 0.6]) == math.inf, "no spread of the difference, a small one apart"
    assert variance_reduction([3.0, 3.0], [4.0, 4.0]) == 1.0, "nothing varies: nothing is saved"
    assert variance_reduction([1.0, 2.0], [2.0, 1.0]) == pytest.approx(1 / 2)
    assert variance_reduction([0.0, math.sqrt(2)], [0.0, 0.0]) == pytest.approx(1.0), "a variance of exactly 1"
    assert math.isnan(variance_reduction([1.0], [2.0]))


def test_holms_correction_is_the_textbooks() -> None:
    """Holm 1979: of p-values .01, .04, .03, .005 the smallest is multiplied by 4, the next by 3, and so on, no adjusted
    one below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([0.02, 0.02]) == pytest.approx([0.04, 0.04])
    assert holm([]) == []


def test_a_difference_is_beyond_luck_below_the_level_and_only_where_it_was_tested() -> None:
    for p, confidence, beyond in ((0.0499, 0.95, True), (0.0501, 0.95, False), (0.2, 0.75, True), (0.25, 0.75, False)):
        assert beyond_luck({"p_adjusted": p}, confidence) == beyond
    assert beyond_luck({"p_adjusted": 0.0499})
    assert not beyond_luck({"p_adjusted": 0.0501})
    assert not beyond_luck({"p_adjusted": None})
    assert not beyond_luck({"p_value": 0.001})


def test_intervals_that_hold_together_share_what_may_go_wrong() -> None:
    assert together(0.95, 1) == pytest.approx(0.95)
    assert together(0.95, 5) == pytest.approx(0.99)
    assert together(0.9, 0) == pytest.approx(0.9)
    assert t_quantile(0.95, 2) == pytest.approx(T_2)
    assert t_quantile(0.5, 1) == pytest.approx(1.0), "the quartile of a Cauchy variable"


@pytest.mark.parametrize(
    ("metric", "words"),
    [("profit", "an amount a year such as '20 k€'"), ("value", "an amount such as '20 k€'"),
     ("won", "a plain number (a year)")],
)  # fmt: skip
def test_a_target_that_cannot_be_read_is_answered_by_what_to_write_for_the_figure(metric: str, words: str) -> None:
    with pytest.raises(ValueError, match="found") as caught:
        target_of("much", about(metric), 3.0)
    assert str(caught.value) == f"found 'much'; write a share such as '2%', or {words}"
