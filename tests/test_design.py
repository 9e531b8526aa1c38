"""Designs: points cover what was asked for, in an order that tools for sensitivity analysis read."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from orgsim.experiments.sweeps.design import (
    DISTRIBUTIONS,
    KINDS,
    MOST_POINTS,
    TRAJECTORIES,
    Design,
    Factor,
    checks,
    points,
    unit_cube,
)

ERROR = 1e-6
SHARE = Factor("share", low=0.0, high=2.0)
STAFF = Factor("staff", low=1.0, high=6.0, whole=True)
ROUTE = Factor("route", values=("pool", "territory", "best"))
SIZE = Factor("size", low=1000.0, distribution="lognormal", settings=(("median", 25000.0), ("sigma", 0.8)))
ALL = (SHARE, STAFF, ROUTE, SIZE)
SHAPES: dict[str, tuple[Factor, Any]] = {
    "uniform": (SHARE, stats.uniform(0, 2)),
    "loguniform": (Factor("x", low=0.1, high=10.0, distribution="loguniform"), stats.loguniform(0.1, 10)),
    "normal": (Factor("x", distribution="normal", settings=(("mean", 3.0), ("sd", 2.0))), stats.norm(3, 2)),
    "triangular": (
        Factor("x", low=1.0, high=5.0, distribution="triangular", settings=(("mode", 2.0),)),
        stats.triang(0.25, 1, 4),
    ),
    "lognormal": (
        Factor("x", distribution="lognormal", settings=(("median", 20.0), ("sigma", 0.5))),
        stats.lognorm(0.5, scale=20),
    ),
    "beta": (
        Factor("x", low=-1.0, high=1.0, distribution="beta", settings=(("a", 2.0), ("b", 5.0))),
        stats.beta(2, 5, -1, 2),
    ),
    "truncated normal": (
        Factor("x", low=2.0, high=4.0, distribution="normal", settings=(("mean", 3.0), ("sd", 2.0))),
        stats.truncnorm(-0.5, 0.5, 3, 2),
    ),
}  # fmt: skip


def columns(found: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {path: [point[path] for point in found] for path in found[0]}


def test_a_grid_has_every_combination_once_the_last_factor_fastest() -> None:
    levelled = (replace(SHARE, levels=3), ROUTE, Factor("deal", values=(5, 7)))
    found = points(Design("grid"), levelled, {})
    assert len(found) == 18 == len({tuple(point.values()) for point in found})
    assert found[:3] == [
        {"share": 0.0, "route": "pool", "deal": 5}, {"share": 0.0, "route": "pool", "deal": 7},
        {"share": 0.0, "route": "territory", "deal": 5},
    ]  # fmt: skip
    assert {point["share"] for point in found} == {0.0, 1.0, 2.0}


def test_a_list_is_taken_as_it_stands_and_gaps_are_the_firm_s_own_values() -> None:
    listed = [{"staff": 3, "share": 0.5}, {"staff": 4}]
    found = points(Design("list"), (SHARE, STAFF), {"share": 1.0, "staff": 9}, listed)
    assert found == [{"share": 0.5, "staff": 3}, {"share": 1.0, "staff": 4}]
    assert points(Design("list"), (), {"share": 1.0}, listed)[1] == {"staff": 4, "share": 1.0}


def test_one_at_a_time_has_the_base_once_and_then_changes_one_factor_alone() -> None:
    levelled = (replace(SHARE, levels=3), replace(STAFF, levels=2), ROUTE)
    base = {"share": 1.0, "staff": 4, "route": "best", "unrelated": 1}
    found = points(Design("one_at_a_time"), levelled, base)
    assert found[0] == {"share": 1.0, "staff": 4, "route": "best"}
    differences = [[path for path in point if point[path] != found[0][path]] for point in found[1:]]
    assert differences == [["share"], ["share"], ["staff"], ["staff"], ["route"], ["route"]]


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol", "saltelli", "morris"])
def test_the_same_seed_gives_the_same_points_and_another_seed_others(kind: str) -> None:
    design = Design(kind) if kind == "morris" else Design(kind, points=16)
    assert points(design, ALL, {}) == points(design, ALL, {})
    assert points(design, ALL, {}) != points(replace(design, seed=1), ALL, {})


def test_points_are_the_same_for_ever() -> None:
    """A change here would make every sweep on disk one of another design."""
    assert unit_cube(Design("sobol", 2, seed=7), 2) == pytest.approx(
        np.array([[0.6504268, 0.9173102], [0.1526975, 0.4988694]]), abs=1e-6
    )
    first = points(Design("morris", trajectories=2), (SHARE, ROUTE), {})[:3]
    levels = [(round(3 * point["share"] / 2), point["route"]) for point in first]
    assert levels == [(3, "best"), (1, "best"), (1, "pool")]


@pytest.mark.parametrize("name", SHAPES)
def test_the_marginals_are_the_distributions_asked_for(name: str) -> None:
    factor, shape = SHAPES[name]
    for kind in ("latin_hypercube", "sobol"):
        drawn = columns(points(Design(kind, points=1024), (factor, SHARE), {}))[factor.path]
        assert stats.kstest(drawn, shape.cdf).pvalue > ERROR
        # Stratified points are closer than chance: within one stratum everywhere.
        assert stats.kstest(drawn, shape.cdf).statistic < 0.01
    assert stats.kstest(factor.quantile(np.random.default_rng(0).random(2000)), shape.cdf).pvalue > ERROR


def test_a_marginal_of_another_distribution_is_noticed() -> None:
    drawn = columns(points(Design("sobol", points=1024), (SHAPES["beta"][0],), {}))["x"]
    assert stats.kstest(drawn, stats.uniform(-1, 2).cdf).pvalue < ERROR


def test_whole_numbers_and_choices_have_equal_shares() -> None:
    found = columns(points(Design("latin_hypercube", points=1200), (STAFF, ROUTE), {}))
    assert set(found["staff"]) == {1, 2, 3, 4, 5, 6}
    assert all(type(value) is int for value in found["staff"])
    assert max(abs(count - 200) for count in Counter(found["staff"]).values()) <= 1
    assert max(abs(count - 400) for count in Counter(found["route"]).values()) <= 1


def test_a_whole_number_of_a_distribution_has_the_share_within_a_half_of_it() -> None:
    factor = Factor("n", distribution="normal", settings=(("mean", 5.0), ("sd", 1.5)), whole=True)
    drawn = columns(points(Design("latin_hypercube", points=4000), (factor,), {}))["n"]
    for value, count in Counter(drawn).items():
        share = stats.norm(5, 1.5).cdf(value + 0.5) - stats.norm(5, 1.5).cdf(value - 0.5)
        assert abs(count / 4000 - share) < 2 / 4000


@given(st.sampled_from(ALL), st.lists(st.floats(0, 1), min_size=2, max_size=20))
@settings(max_examples=200, deadline=None)
def test_quantiles_never_leave_the_range_and_never_fall(factor: Factor, shares: list[float]) -> None:
    found = factor.quantile(sorted(shares)).tolist()
    places = [factor.values.index(value) for value in found] if factor.values else found
    assert places == sorted(places)
    low, high = factor.low or -math.inf, factor.high or math.inf
    assert factor.values or all(low <= value <= high and math.isfinite(value) for value in found)


@given(st.integers(1, 6), st.integers(1, 7), st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_more_points_of_a_sobol_sequence_extend_those_there_are(dimensions: int, power: int, seed: int) -> None:
    few = unit_cube(Design("sobol", 2**power, seed), dimensions)
    many = unit_cube(Design("sobol", 2 ** (power + 2), seed), dimensions)
    assert np.array_equal(many[: len(few)], few)


def test_more_base_rows_and_more_trajectories_extend_those_there_are() -> None:
    for few, many in ((Design("saltelli", 8), Design("saltelli", 32)),
                      (Design("morris", trajectories=4), Design("morris", trajectories=9))):  # fmt: skip
        first = points(few, ALL, {})
        assert points(many, ALL, {})[: len(first)] == first


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_every_stratum_of_every_factor_holds_one_point(kind: str) -> None:
    cube = unit_cube(Design(kind, 64, seed=3), 5)
    for column in cube.T:
        assert sorted((column * 64).astype(int)) == list(range(64))


def test_sobol_points_fill_space_better_than_chance() -> None:
    cube = unit_cube(Design("sobol", 256), 3)
    by_chance = [qmc.discrepancy(np.random.default_rng(k).random((256, 3))) for k in range(20)]
    assert qmc.discrepancy(cube) < 0.3 * min(by_chance)


@pytest.mark.parametrize("seed", [0, 7])
def test_saltelli_points_are_those_of_salib_in_its_order(seed: int) -> None:
    sample = pytest.importorskip("SALib.sample.sobol").sample
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 2], [-1, 1], [5, 6]]}
    theirs = sample(problem, 16, calc_second_order=False, seed=np.random.default_rng(seed))
    factors = [Factor(name, low=low, high=high) for name, (low, high) in zip("abc", problem["bounds"], strict=True)]
    ours = points(Design("saltelli", 16, seed), factors, {})
    assert np.allclose([list(point.values()) for point in ours], theirs, rtol=1e-14)


def test_saltelli_rows_change_one_factor_of_the_first_row_to_that_of_the_last() -> None:
    cube = unit_cube(Design("saltelli", 8, seed=2), 4).reshape(8, 6, 4)
    for row in cube:
        for place in range(4):
            expected = row[0].copy()
            expected[place] = row[-1, place]
            assert np.array_equal(row[place + 1], expected)


def test_morris_trajectories_change_every_factor_once_by_half_the_levels() -> None:
    factors = [replace(SHARE, path=name, low=0.0, high=1.0, levels=6) for name in "abcde"]
    found = points(Design("morris", trajectories=12), factors, {})
    table = np.array([list(point.values()) for point in found]).reshape(12, 6, 5)
    steps = np.diff(table, axis=1)
    assert np.allclose(np.sort(np.abs(steps), axis=2)[:, :, :-1], 0)
    assert np.allclose(np.abs(steps).sum(axis=1), 3 / 5)
    assert np.allclose(table * 5, np.rint(table * 5))


def test_morris_levels_are_all_as_likely_and_steps_go_both_ways() -> None:
    found = columns(points(Design("morris", trajectories=1500), [replace(SHARE, high=3.0)], {}))["share"]
    counts = Counter(found)
    assert set(counts) == {0.0, 1.0, 2.0, 3.0}
    # Each trajectory has one level of each half: counts of starts are binomial.
    assert all(stats.binomtest(count, 1500, 0.5).pvalue > ERROR for count in counts.values())


def test_morris_steps_of_a_choice_compare_every_pair_and_all_values_are_as_likely() -> None:
    found = points(Design("morris", trajectories=600), (Factor("route", values=tuple("abcde")), SHARE), {})
    ends = [tuple(point["route"] for point in (found[3 * k], found[3 * k + 2])) for k in range(600)]
    pairs = Counter(ends)
    assert set(pairs) == {(one, other) for one in "abcde" for other in "abcde" if one != other}
    assert all(stats.binomtest(count, 600, 1 / 20).pvalue > ERROR for count in pairs.values())
    # What a choice does takes nothing away from the steps of the others.
    alone = points(Design("morris", trajectories=600), (replace(SHARE, path="other"), SHARE), {})
    assert [point["share"] for point in found] == [point["share"] for point in alone]


def test_morris_keeps_to_the_middle_of_a_distribution_without_ends() -> None:
    found = columns(points(Design("morris", trajectories=40), (SIZE, ROUTE), {}))
    assert len(set(found["size"])) == 4
    assert all(math.isfinite(value) for value in found["size"])
    assert set(found["route"]) == {"pool", "territory", "best"}


def test_levels_divide_a_range_evenly_and_a_distribution_into_equal_shares() -> None:
    assert Factor("x", low=0.0, high=1.0, levels=3).at_levels() == [0.0, 0.5, 1.0]
    assert Factor("x", low=1.0, high=100.0, distribution="loguniform", levels=3).at_levels() == pytest.approx(
        [1, 10, 100]
    )
    middles = stats.norm(3, 2).ppf([1 / 6, 0.5, 5 / 6])
    assert replace(SHAPES["normal"][0], levels=3).at_levels() == pytest.approx(middles)


# Checks -----------------------------------------------------------------------------------------------------------


def said(design: Design, *factors: Factor, listed: Any = ()) -> dict[str, str]:
    return {".".join(path): message for path, message in checks(design, factors, listed)}


def test_designs_that_can_be_made_are_not_complained_of() -> None:
    levelled = (replace(SHARE, levels=3), replace(STAFF, levels=6), ROUTE, replace(SIZE, levels=3))
    assert said(Design("grid"), *levelled) == said(Design("one_at_a_time"), *levelled) == {}
    for kind in ("latin_hypercube", "sobol", "saltelli"):
        assert said(Design(kind, points=16), *ALL) == {}
    assert said(Design("morris"), *ALL) == said(Design("morris", trajectories=4), *ALL) == {}
    assert said(Design("list"), listed=[{"staff": 1}]) == {}


def test_what_a_design_lacks_or_has_too_much_of_is_said_with_its_key() -> None:
    assert said(Design("gird"), SHARE) == {"design.kind": f"found 'gird'; allowed: {', '.join(KINDS)}"}
    assert "power of two, such as 8 or 16" in said(Design("sobol", points=12), SHARE)["design.points"]
    assert "missing" in said(Design("latin_hypercube"), SHARE)["design.points"]
    assert "at least 1" in said(Design("latin_hypercube", points=0), SHARE)["design.points"]
    assert "has no points" in said(Design("morris", points=8), SHARE)["design.points"]
    assert "has no trajectories" in said(Design("sobol", points=8, trajectories=3), SHARE)["design.trajectories"]
    assert "at least 2" in said(Design("morris", trajectories=1), SHARE)["design.trajectories"]
    assert "needs levels" in said(Design("grid"), SHARE)["factors.share.levels"]
    assert "even number" in said(Design("morris"), replace(SHARE, levels=5))["factors.share.levels"]
    assert "3 different" in said(Design("grid"), replace(STAFF, high=3.0, levels=5))["factors.staff.levels"]
    unlike = (replace(SHARE, levels=4), replace(STAFF, levels=6))
    assert "the same for all" in said(Design("morris"), *unlike)["factors"]
    assert "at least one" in said(Design("grid"))["factors"]
    assert "more than once" in said(Design("sobol", points=8), SHARE, SHARE)["factors.share"]
    assert "takes no [[points]]" in said(Design("grid"), ROUTE, listed=[{}])["points"]
    assert "missing" in said(Design("list"))["points"]
    assert "not among" in said(Design("list"), ROUTE, listed=[{"rout": 1}])["points.0.rout"]
    assert "seed" in "".join(said(Design("sobol", points=8, seed=-1), SHARE))
    big = tuple(Factor(f"f{k}", values=tuple(range(100))) for k in range(4))
    assert f"at most {MOST_POINTS:,}" in said(Design("grid"), *big)["design.kind"]


@pytest.mark.parametrize(
    ("factor", "key", "words"),
    [
        (Factor("x", values=()), "values", "no values"),
        (Factor("x", values=(1, 2, 1)), "values", "1 more than once"),
        (Factor("x", low=0.0, high=1.0, distribution="unifrom"), "distribution", "allowed: uniform"),
        (Factor("x", low=0.0), "high", "missing"),
        (Factor("x", low=2.0, high=1.0), "high", "more than low"),
        (Factor("x", low=0.0, high=1.0, distribution="loguniform"), "low", "more than 0"),
        (Factor("x", distribution="normal", settings=(("mean", 1.0),)), "sd", "missing"),
        (Factor("x", distribution="normal", settings=(("mean", 1.0), ("sd", 0.0))), "sd", "more than 0"),
        (Factor("x", low=0.0, high=1.0, settings=(("mean", 1.0),)), "mean", "no such parameter"),
        (Factor("x", low=0.0, high=1.0, distribution="triangular", settings=(("mode", 2.0),)), "mode", "from 0 to 1"),
        (Factor("x", low=0.2, high=1.4, whole=True), "high", "no two whole numbers"),
        (Factor("x", low=math.nan, high=1.0), "low", "finite"),
        (Factor("x", low=99.0, distribution="normal", settings=(("mean", 0.0), ("sd", 1.0))), "low", "next to nothing"),
    ],
)
def test_what_is_wrong_with_a_factor_is_said_with_its_key(factor: Factor, key: str, words: str) -> None:
    assert words in said(Design("sobol", points=8), factor)[f"factors.x.{key}"]


@given(
    st.sampled_from(sorted(KINDS)), st.sampled_from([None, 1, 8, 12]), st.sampled_from([None, 2, 5]),
    st.sampled_from([None, 2, 3, 4]), st.sampled_from(sorted(DISTRIBUTIONS)), st.booleans(),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_a_design_without_complaints_can_be_made(
    kind: str, count: int | None, trajectories: int | None, levels: int | None, distribution: str, whole: bool
) -> None:
    given_settings = tuple((name, 3.0) for name in DISTRIBUTIONS[distribution][0])
    factor = Factor("x", None, 1.0, 9.0, distribution, given_settings, levels, whole)
    design = Design(kind, count, 0, trajectories)
    listed = [{"x": 2.0}] if kind == "list" else []
    if not checks(design, (factor, ROUTE), listed):
        found = points(design, (factor, ROUTE), {"x": 5.0, "route": "pool"}, listed)
        assert found
        assert all(1.0 <= point["x"] <= 9.0 for point in found)
        assert len(found) == TRAJECTORIES * 3 or kind != "morris" or trajectories

