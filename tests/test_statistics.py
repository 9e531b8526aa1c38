"""Intervals and tests against closed forms, textbook figures, and a known truth."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from orgsim.experiments.statistics import (
    bootstrap_interval,
    deviation,
    estimate,
    holm,
    paired,
    t_quantile,
    together,
    variance_reduction,
)

FALSE_ALARM = 1e-6
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40)


def test_an_interval_of_three_values_is_the_textbooks() -> None:
    """Values 1, 2, 6: mean 3, standard deviation sqrt(7), t(2) at 97.5 % 4.30265."""
    found = estimate([1.0, 2.0, 6.0])
    half = 4.302652729911275 * math.sqrt(7 / 3)
    assert (found.mean, found.median, found.replicates, found.better) == (3.0, 2.0, 3, 1.0)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half))
    assert found.p_value == pytest.approx(float(stats.ttest_1samp([1, 2, 6], 0).pvalue))


@pytest.mark.parametrize("interval", ["t", "bootstrap"])
def test_equal_values_have_an_interval_of_no_width_and_differ_from_nothing_only_when_they_are_not_nothing(
    interval: str,
) -> None:
    same, none = estimate([0.1] * 7, interval=interval), estimate([0.0] * 7, interval=interval)
    assert (same.low, same.mean, same.high, same.p_value) == (0.1, 0.1, 0.1, 0.0)
    assert (none.low, none.high, none.p_value) == (0.0, 0.0, 1.0)
    assert bootstrap_interval([2.0, 2.0]) == (2.0, 2.0)


@given(VALUES, st.floats(-1e6, 1e6), st.floats(0.01, 100))
@settings(max_examples=60, deadline=None)
def test_a_shift_common_to_all_worlds_and_the_order_of_worlds_change_no_difference_and_a_scale_scales_it(
    values: list[float], shift: float, scale: float
) -> None:
    a = np.array(values)
    b = np.sin(np.arange(len(a))) * 100
    one, moved = paired(a, b), paired(a + shift, b + shift)
    order = np.random.default_rng(len(a)).permutation(len(a))
    mixed, scaled = paired(a[order], b[order]), paired(a * scale, b * scale)
    close = {"rel": 1e-6, "abs": 1e-4}
    for found in (moved, mixed):
        assert (found.mean, found.low, found.high) == pytest.approx((one.mean, one.low, one.high), **close)  # type: ignore[arg-type]
    assert (scaled.mean, scaled.low) == pytest.approx((scale * one.mean, scale * one.low), rel=1e-6, abs=1e-4 * scale)
    assert paired(b, a).mean == pytest.approx(-one.mean)
    assert estimate(a + shift).mean == pytest.approx(one.mean + b.mean() + shift, **close)  # type: ignore[arg-type]


def test_the_bootstrap_gives_the_same_interval_for_the_same_values_and_follows_their_skew() -> None:
    x = np.random.default_rng(3).lognormal(0, 1, 60)
    low, high = bootstrap_interval(x)
    assert (low, high) == bootstrap_interval(x.tolist())
    assert high - x.mean() > 1.3 * (x.mean() - low)
    found = estimate(x, interval="bootstrap")
    assert (found.low, found.high) == (low, high)
    assert found.p_value == estimate(x).p_value


def test_the_bootstrap_of_many_normal_values_is_close_to_students_interval() -> None:
    """Relative Monte Carlo error of an end of 9,999 resamples is below 2 %; 8 % is far beyond."""
    x = np.random.default_rng(4).normal(5, 2, 400)
    t, (low, high) = estimate(x), bootstrap_interval(x)
    half = (t.high - t.low) / 2
    assert abs(low - t.low) < 0.08 * half
    assert abs(high - t.high) < 0.08 * half


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_bootstrap_of_very_few_values_is_finite_and_within_them(n: int) -> None:
    x = np.array([1.0, 4.0, 2.0, 9.0])[:n]
    low, high = bootstrap_interval(x)
    assert x.min() <= low <= x.mean() <= high <= x.max()


def test_holms_adjustment_is_the_textbooks() -> None:
    """Four p-values of Holm (1979), section 3 style: 0.01, 0.04, 0.03, 0.005 give 0.03, 0.06, 0.06, 0.02."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_holm_rejects_all_that_bonferroni_rejects_and_so_no_interval_of_bonferroni_contradicts_it(
    p_values: list[float],
) -> None:
    adjusted = holm(p_values)
    for raw, held in zip(p_values, adjusted, strict=True):
        assert raw <= held <= 1
        if held >= 0.05:
            assert raw >= 0.05 / len(p_values) * (1 - 1e-12)


def test_a_difference_that_holm_calls_luck_has_zero_in_its_interval_for_all_at_once() -> None:
    rng = np.random.default_rng(5)
    contradictions = 0
    for _ in range(200):
        samples = rng.normal(0.5, 1, (6, 12))
        adjusted = holm([estimate(x).p_value for x in samples])
        for x, p in zip(samples, adjusted, strict=True):
            alone, all_at_once = estimate(x), estimate(x, together(0.95, len(samples)))
            assert p < 0.05 or all_at_once.low <= 0 <= all_at_once.high
            contradictions += p >= 0.05 and alone.low > 0
    assert contradictions > 20, "one interval by itself often leaves out 0 where Holm sees luck"


def test_intervals_that_hold_at_once_are_bonferronis() -> None:
    assert together(0.95, 1) == together(0.95, 0) == 0.95
    assert together(0.95, 10) == pytest.approx(0.995)


def test_the_spread_of_a_two_stage_run_is_the_larger_of_the_first_stages_and_of_all() -> None:
    rising, falling = np.array([0.0, 1.0, 5.0, -7.0]), np.array([5.0, -7.0, 0.0, 1.0])
    assert deviation(rising, 2) == deviation(rising) == rising.std(ddof=1)
    assert deviation(falling, 2) == falling[:2].std(ddof=1)
    found = estimate(falling, first=2)
    half = t_quantile(0.95, 1) * falling[:2].std(ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((falling.mean() - half, falling.mean() + half))


def test_variance_reduction_of_independent_arms_is_one_and_of_equal_arms_endless() -> None:
    x = np.array([1.0, 2.0, 4.0])
    assert variance_reduction(x, x) == math.inf
    assert variance_reduction([1.0, 2.0], [1.0, 1.0]) == 1.0
    assert math.isnan(variance_reduction([1.0], [2.0]))


def within(covered: int, trials: int, chance: float) -> bool:
    """Whether a count is one that a binomial of that chance gives but for a false alarm in a million."""
    low, high = stats.binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], trials, chance)
    return bool(low <= covered <= high)


def test_paired_intervals_cover_as_often_as_they_say_at_several_confidences() -> None:
    rng = np.random.default_rng(6)
    for confidence in (0.5, 0.9, 0.95, 0.99):
        hits = 0
        for _ in range(1500):
            common = rng.normal(0, 5, 8)
            e = paired(common + rng.normal(1, 1, 8), common, confidence)
            hits += e.low <= 1 <= e.high
        assert within(hits, 1500, confidence), (confidence, hits)
    assert not within(1500 * 91 // 100, 1500, 0.95), "four points too few are noticed"


# The coverage study ------------------------------------------------------------------------------------------------

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks" / "statistics"))
synthetic = importlib.import_module("synthetic")


def test_noise_of_the_study_has_mean_0_and_standard_deviation_1() -> None:
    """Five standard errors and more: of 200,000 draws, wide for the heavy tails."""
    for shape, tolerance in (("normal", 0.02), ("lognormal", 0.1), ("t with 3 d.f.", 0.2)):
        x = synthetic.noise(np.random.default_rng(9), shape, (200_000,))
        assert abs(x.mean()) < 0.02
        assert abs(x.std() - 1) < tolerance, shape


def test_shares_of_the_study_have_their_monte_carlo_error() -> None:
    half = synthetic.share([True, False] * 50)
    assert (half.value, half.error) == (0.5, pytest.approx(math.sqrt(0.25 / 99)))
    assert str(synthetic.share([True] * 96)) == "100.0 ± 1.4"
    assert synthetic.share([[True, False]] * 100).error == pytest.approx(0.05)


def test_the_power_that_theory_gives_is_the_level_where_nothing_differs_and_grows_with_n() -> None:
    assert synthetic.noncentral(0.0, 12) == pytest.approx(0.05)
    assert 0.05 < synthetic.noncentral(0.5, 10) < synthetic.noncentral(0.5, 30) < synthetic.noncentral(1.0, 100) <= 1
    assert synthetic.noncentral(0.5, 34) == pytest.approx(0.8078, abs=1e-4)


def test_a_kind_of_interval_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="found 'percentile'; allowed: t, bootstrap"):
        estimate([1.0, 2.0, 4.0], interval="percentile")
