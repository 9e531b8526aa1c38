"""The first reading of a sweep against closed forms, against SALib, and against known truths."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

import orgsim
from orgsim.experiments.effects.effects import Effects, effects, effects_of_all
from orgsim.experiments.effects.grid import Grid
from orgsim.experiments.effects.luck import jackknife, luck_of, over_worlds, worlds_apart
from orgsim.experiments.effects.sensitivity import (
    curve_degree,
    elementary_effects,
    first_order,
    regression,
    sobol_indices,
)
from orgsim.experiments.effects.sign import crossings, grid_curve, sample_curve
from orgsim.experiments.effects.table import complete_part
from orgsim.experiments.effects.words import flips_in_words
from orgsim.experiments.metrics import metric_of
from orgsim.experiments.sweeps.design import Design, Factor, points
from orgsim.experiments.sweeps.plan import _column
from orgsim.results import Arm
from orgsim.scenario.errors import ScenarioError

Array = NDArray[np.float64]
ERROR = 1e-6
PI = math.pi
BASE = orgsim.load_scenario("baseline").with_(**{"time.years": 2.0})
MERGED, SEPARATE, CRO = (Arm(name, "own_numbers") for name in ("merged", "separate", "cro"))
ANGLES = tuple(Factor(f"x{k}", low=-PI, high=PI) for k in range(3))
UNITS = tuple(Factor(f"u{k}", low=0.0, high=1.0) for k in range(4))


class Fake:
    """An opened sweep with runs made up here: what readers may rely on, and nothing else."""

    def __init__(
        self, design: Design, factors: Sequence[Factor], runs: dict[Arm, Array], base: dict[str, Any] | None = None,
        listed: Sequence[dict[str, Any]] = (), failed: Sequence[tuple[Arm, int, int]] = (),
    ) -> None:  # fmt: skip
        found = points(design, factors, base or {}, listed)
        self.factors, self.arms, self.today = tuple(factors), tuple(runs), SEPARATE
        self.experiment = SimpleNamespace(design=design, base=BASE, title="A test", paths=[f.path for f in factors])
        self.points = pd.DataFrame(found)
        self.points.insert(0, "point", range(len(found)))
        self._values, self._failed = runs, set(failed)

    def arm(self, arm: Arm | str) -> Arm:
        return next(each for each in self.arms if str(each) == str(arm))

    def metric(self, name: str, arm: Arm, against: Arm | None = None) -> Array:
        return self._values[arm] - (0.0 if against is None else self._values[against])

    def runs(self, metrics: Any = None) -> pd.DataFrame:
        rows = [
            {"point": p, "structure": arm.structure, "pay": arm.pay, "replicate": w,
             "error": "boom" if (arm, p, w) in self._failed else None}
            for arm, table in self._values.items() for p in range(table.shape[0]) for w in range(table.shape[1])
            if (arm, p, w) in self._failed or np.isfinite(table[p, w])
        ]  # fmt: skip
        return pd.DataFrame(rows)


def read(
    design: Design, factors: Sequence[Factor], response: Callable[..., Any], worlds: int = 8, *, shared: float = 0.0,
    local: float = 0.0, seed: int = 0, base: dict[str, Any] | None = None, listed: Sequence[dict[str, Any]] = (),
) -> Effects:  # fmt: skip
    """The reading of a difference that is known: response(point) + shared luck + luck at the point."""
    found = points(design, factors, base or {}, listed)
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 5, (len(found), worlds))
    means = np.array([response(*point.values()) for point in found], dtype=float)
    luck = shared * rng.standard_normal(worlds) + local * rng.standard_normal((len(found), worlds))
    runs = {MERGED: level + means[:, None] + luck, SEPARATE: level}
    return effects(Fake(design, factors, runs, base, listed), "profit")  # type: ignore[arg-type]


def shares_of(table: pd.DataFrame, kind: str | None = None) -> dict[str, float]:
    chosen = table if kind is None else table[table["kind"] == kind]
    return dict(zip(chosen["term"], chosen["share"], strict=True))


def ishigami(x: float, y: float, z: float) -> float:
    return math.sin(x) + 7 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)


ISHIGAMI_FIRST = (0.3139, 0.4424, 0.0)
ISHIGAMI_TOTAL = (0.5576, 0.4424, 0.2437)


# Luck and parameters apart -----------------------------------------------------------------------------------------


def test_products_of_different_worlds_are_the_mean_over_all_ordered_pairs() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 3, 5))
    by_hand = [np.mean([row[i] * other[j] for i in range(5) for j in range(5) if i != j])
               for row, other in zip(x, y, strict=True)]  # fmt: skip
    assert worlds_apart(x, y) == pytest.approx(by_hand)
    assert worlds_apart(x[:, :1], y[:, :1]) == pytest.approx(x[:, 0] * y[:, 0])


def test_the_split_of_a_two_way_table_has_the_closed_form_of_its_mean_squares() -> None:
    values = np.random.default_rng(1).normal(0, 3, (6, 9)) + np.arange(6)[:, None]
    grand, by_point, by_world = values.mean(), values.mean(axis=1), values.mean(axis=0)
    points_square = 9 * ((by_point - grand) ** 2).sum() / 5
    worlds_square = 6 * ((by_world - grand) ** 2).sum() / 8
    rest = ((values - by_point[:, None] - by_world + grand) ** 2).sum() / 40
    found = luck_of(values, sampled=True)
    assert (found.parameters, found.shared, found.local) == pytest.approx(
        ((points_square - rest) / 9, (worlds_square - rest) / 6, rest)
    )
    fixed = luck_of(values, sampled=False)
    assert fixed.parameters == pytest.approx(((by_point - grand) ** 2).mean() - rest * 5 / 6 / 9)
    assert (fixed.shared, fixed.local) == pytest.approx((found.shared, found.local))
    # Together they are the variance over worlds of a run at a point drawn at random.
    assert fixed.shared + fixed.local * 5 / 6 == pytest.approx(by_world.var(ddof=1) - rest / 6 + rest * 5 / 6)


@pytest.mark.parametrize("sampled", [True, False])
def test_the_split_recovers_known_variances_on_average(sampled: bool) -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        means = rng.normal(0, 2, 12) if sampled else 2 * stats.zscore(np.arange(12))
        values = means[:, None] + rng.normal(0, 1.5, 5) + rng.standard_normal((12, 5))
        parts = luck_of(values, sampled)
        found.append((parts.parameters, parts.shared, parts.local))
    assert all(stats.ttest_1samp(np.array(found), (4.0, 2.25, 1.0)).pvalue > ERROR)


@pytest.mark.parametrize("count", [2, 4])
def test_luck_that_no_two_points_share_is_not_called_shared(count: int) -> None:
    rng = np.random.default_rng(8)
    found = [luck_of(rng.standard_normal((count, 5)), sampled=False) for _ in range(600)]
    assert stats.ttest_1samp([parts.shared for parts in found], 0.0).pvalue > ERROR
    assert stats.ttest_1samp([parts.shared for parts in found], 1 / count).pvalue < ERROR
    assert stats.ttest_1samp([parts.local for parts in found], 1.0).pvalue > ERROR
    alone = luck_of(rng.standard_normal((1, 5)), sampled=False)
    assert np.isnan([alone.shared, alone.local]).all()


def test_pure_noise_gives_parameters_no_share_on_average_and_the_variance_of_means_would() -> None:
    rng = np.random.default_rng(3)
    tables = rng.standard_normal((400, 9, 4)) + 2 * rng.standard_normal((400, 1, 4))
    found = np.array([luck_of(table, sampled=False).parameters for table in tables])
    assert stats.ttest_1samp(found, 0.0).pvalue > ERROR
    naive = tables.mean(axis=2).var(axis=1)
    assert stats.ttest_1samp(naive, 0.0).pvalue < ERROR


def test_a_jackknife_of_a_mean_is_student_s_interval() -> None:
    values = np.random.default_rng(4).standard_normal((1, 12))
    found = jackknife(lambda _, worlds: values[:, worlds].mean(axis=1), 1, 12, sampled=False)
    exact = over_worlds(values)
    assert (found.low[0], found.high[0], found.p_value[0]) == pytest.approx(
        (exact.low[0], exact.high[0], exact.p_value[0])
    )


def test_over_worlds_leaves_out_what_is_missing_pair_by_pair() -> None:
    values = np.array([[1.0, 2.0, np.nan, 3.0], [np.nan, np.nan, 5.0, np.nan], [np.nan] * 4, [2.0] * 4])
    found = over_worlds(values)
    assert found.value[:2].tolist() == [2.0, 5.0]
    assert found.low[0] == pytest.approx(2 - stats.t.ppf(0.975, 2) / math.sqrt(3))
    assert np.isnan(found.low[1])
    assert np.isnan(found.value[2])
    assert (found.low[3], found.high[3], found.p_value[3]) == (2.0, 2.0, 0.0)


# Grids -------------------------------------------------------------------------------------------------------------

LEVELS = (Factor("a", values=(0, 1, 2)), Factor("b", values=("x", "y")), Factor("c", values=(False, True)))


def additive(a: int, b: str, c: bool) -> float:
    return 2.0 * a + (3.0 if b == "y" else 0.0)


def test_effects_of_an_additive_grid_are_those_put_in() -> None:
    found = read(Design("grid"), LEVELS, additive)
    effect = found.main_effects
    assert effect is not None
    assert effect.loc[effect["factor"] == "a", "effect"].tolist() == pytest.approx([-2, 0, 2])
    assert effect.loc[effect["factor"] == "b", "effect"].tolist() == pytest.approx([-1.5, 1.5])
    assert effect.loc[effect["factor"] == "c", "effect"].tolist() == pytest.approx([0, 0], abs=1e-9)
    assert found.interactions is not None
    assert np.abs(found.interactions["effect"]).max() < 1e-9
    shares = shares_of(found.variance)
    assert (shares["a"], shares["b"]) == pytest.approx((8 / 3 / (8 / 3 + 2.25), 2.25 / (8 / 3 + 2.25)))
    assert shares["parameters"] == pytest.approx(1.0)


def test_a_product_of_two_is_a_pair_and_of_three_is_more() -> None:
    signs = tuple(Factor(name, values=(-1, 1)) for name in "abc")
    pair = shares_of(read(Design("grid"), signs, lambda a, b, c: a * b).variance)
    assert pair["a x b"] == pytest.approx(1.0)
    assert pair["a"] == pytest.approx(0.0, abs=1e-9)
    assert shares_of(read(Design("grid"), signs, lambda a, b, c: a * b * c).variance)["three or more together"] == 1.0


def test_shares_of_a_grid_sum_to_one_with_luck() -> None:
    found = read(Design("grid"), LEVELS, additive, shared=1.0, local=1.0).variance
    kept = found[~found["kind"].isin(["parameters", "part of luck"])]
    assert kept["share"].sum() == pytest.approx(1.0)
    parts = shares_of(found, "part of luck")
    assert sum(parts.values()) == pytest.approx(shares_of(found)["luck"])
    assert found[found["kind"].isin(["factor", "pair", "higher"])]["index"].sum() == pytest.approx(1.0)


def test_luck_that_all_points_share_does_not_widen_effects() -> None:
    quiet = read(Design("grid"), LEVELS, additive, local=0.1).main_effects
    loud = read(Design("grid"), LEVELS, additive, local=0.1, shared=50.0).main_effects
    assert quiet is not None
    assert loud is not None
    assert (loud["high"] - loud["low"]).max() < 0.5
    assert (loud["mean_high"] - loud["mean_low"]).min() > 10


def test_the_order_of_points_does_not_matter_and_a_gap_is_noticed() -> None:
    found = pd.DataFrame(points(Design("grid"), LEVELS, {}))
    values = np.random.default_rng(5).standard_normal((len(found), 4))
    order = np.random.default_rng(6).permutation(len(found))
    straight, mixed = (Grid.of(table, list("abc"), rows) for table, rows in
                       ((found, values), (found.iloc[order].reset_index(drop=True), values[order])))  # fmt: skip
    assert straight is not None
    assert mixed is not None
    ours, theirs = straight.variance().set_index("term"), mixed.variance().set_index("term")
    # A pair is named in the order of the factors, whatever the order of points.
    pd.testing.assert_frame_equal(ours, theirs.loc[ours.index])
    assert Grid.of(found.iloc[1:], list("abc"), values[1:]) is None


def test_noise_is_called_an_effect_no_more_often_than_stated() -> None:
    wrong = sum(
        bool((read(Design("grid"), LEVELS[:2], lambda *_: 0.0, 5, shared=1.0, local=1.0, seed=seed).main_effects
              ["p_adjusted"] < 0.05).any())  # type: ignore[index]
        for seed in range(150)
    )  # fmt: skip
    assert stats.binomtest(wrong, 150, 0.05, alternative="greater").pvalue > ERROR


@pytest.mark.parametrize(("kind", "size", "trials"), [("grid", None, 20), ("saltelli", 16, 4), ("sobol", 32, 4)])
def test_what_every_world_shows_alike_is_beyond_luck_however_few_worlds_there_are(
    kind: str, size: int | None, trials: int
) -> None:
    """The share is uncertain, because three worlds tell little of luck; the effect is not."""
    pair = tuple(replace(factor, levels=3 if kind == "grid" else None) for factor in UNITS[:2])
    low = []
    for seed in range(trials):
        found = read(Design(kind, size), pair, lambda a, b: 3 * (a + b), 3, shared=1.5, seed=seed)
        whole = found.variance.set_index("term").loc["parameters"]
        low.append(whole["share_low"])
        assert whole["beyond_luck"] is True
        assert "by more than luck" not in " ".join(found.words)
        assert "cannot be told from luck" not in " ".join(found.words)
        assert found.variance["index"].iloc[:2].notna().all()
    assert min(low) < 0


def test_luck_alone_is_called_parameters_no_more_often_than_stated() -> None:
    """At most in 2.5 % of sweeps: one end of a 95 % interval."""
    pair = (Factor("a", values=(0, 1)), Factor("b", values=(0, 1)))
    wrong = sum(read(Design("grid"), pair, lambda *_: 0.0, 4, shared=1.0, local=1.0, seed=seed).beyond_luck
                for seed in range(150))  # fmt: skip
    assert stats.binomtest(wrong, 150, 0.025, alternative="greater").pvalue > ERROR
    # What rounding leaves of luck that all points share is no effect.
    assert not read(Design("grid"), pair, lambda *_: 0.0, 4, shared=1.0).beyond_luck


@pytest.mark.parametrize("worlds", [6, 20])
def test_intervals_of_shares_cover_the_truth_about_as_often_as_they_say(worlds: int) -> None:
    """Slightly under 95 % with few worlds, as the page says: never below 85 %."""
    hits = {"a": 0, "b": 0, "luck": 0}
    runs = 200
    truth_a, truth_b, luck = 8 / 3, 2.25, 1.5**2 + 1.0
    whole = truth_a + truth_b + luck
    truth = {"a": truth_a / whole, "b": truth_b / whole, "luck": luck / whole}
    for seed in range(runs):
        found = read(Design("grid"), LEVELS, additive, worlds, shared=1.5, local=1.0, seed=seed).variance
        rows = found.set_index("term")
        for name in hits:
            hits[name] += int(rows.loc[name, "share_low"] <= truth[name] <= rows.loc[name, "share_high"])
    for count in hits.values():
        assert stats.binomtest(count, runs, 0.85, alternative="less").pvalue > ERROR
        assert count > 0.8 * runs


# Sobol' indices ----------------------------------------------------------------------------------------------------


def test_indices_of_the_ishigami_function_are_those_known() -> None:
    table = read(Design("saltelli", 1024), ANGLES, ishigami, 2).variance
    for kind, truth in (("first order", ISHIGAMI_FIRST), ("total", ISHIGAMI_TOTAL)):
        rows = table[table["kind"] == kind]
        assert rows["index"].to_numpy() == pytest.approx(truth, abs=0.04)
        # Two intervals of 95 % wide: the truth is inside.
        half = (rows["index_high"] - rows["index"]).to_numpy()
        assert (np.abs(rows["index"].to_numpy() - truth) <= 2 * half + 1e-9).all()


def test_indices_of_sobol_s_g_function_are_those_known() -> None:
    weights = (0.0, 1.0, 4.5, 9.0)

    def g(*u: float) -> float:
        return math.prod((abs(4 * x - 2) + a) / (1 + a) for x, a in zip(u, weights, strict=True))

    own = [1 / 3 / (1 + a) ** 2 for a in weights]
    whole = math.prod(1 + v for v in own) - 1
    total = [v * math.prod(1 + o for k, o in enumerate(own) if k != i) / whole for i, v in enumerate(own)]
    table = read(Design("saltelli", 2048), UNITS, g, 1).variance
    assert table.loc[table["kind"] == "first order", "share"].to_numpy() == pytest.approx(
        [v / whole for v in own], abs=0.03
    )
    assert table.loc[table["kind"] == "total", "share"].to_numpy() == pytest.approx(total, abs=0.03)


def test_with_one_world_indices_are_those_of_salib_and_scipy() -> None:
    analyze = pytest.importorskip("SALib.analyze.sobol").analyze
    found = points(Design("saltelli", 64, 5), ANGLES, {})
    y = np.array([ishigami(*point.values()) for point in found]) + np.random.default_rng(0).standard_normal(len(found))
    problem = {"num_vars": 3, "names": ["x0", "x1", "x2"], "bounds": [[-PI, PI]] * 3}
    theirs = analyze(problem, y, calc_second_order=False, seed=1)
    ours = sobol_indices(problem["names"], y[:, None])
    rows = y.reshape(64, 5)
    a, b = rows[:, 0] - rows[:, [0, -1]].mean(), rows[:, -1] - rows[:, [0, -1]].mean()
    both = np.concatenate([a, b]).var()
    # SALib centres by the mean of all rows; the total index does not depend on it.
    assert ours.loc[ours["kind"] == "total", "share"].to_numpy() == pytest.approx(theirs["ST"])
    shift = (y.mean() - rows[:, [0, -1]].mean()) * np.array([(rows[:, k + 1] - rows[:, 0]).mean() for k in range(3)])
    first = ours.loc[ours["kind"] == "first order", "share"].to_numpy()
    assert first == pytest.approx(theirs["S1"] + shift / both)
    scipy_s = stats.sobol_indices(
        func={"f_A": a[None], "f_B": b[None], "f_AB": (rows[:, 1:4].T - rows[:, [0, -1]].mean())[:, None, :]}, n=64
    )
    assert first == pytest.approx(scipy_s.first_order.ravel())
    assert ours.loc[ours["kind"] == "total", "share"].to_numpy() == pytest.approx(scipy_s.total_order.ravel())


def test_luck_does_not_pass_for_a_total_effect() -> None:
    """With the published estimators a factor without any effect has the luck of all points for its total index."""
    design = Design("saltelli", 128)
    found, naive = [], []
    for seed in range(20):
        own = read(design, UNITS[:2], lambda u, v: u, 4, local=1.0, seed=seed)
        table = own.variance
        found.append(float(table.loc[(table["term"] == "u1") & (table["kind"] == "total"), "share"].iloc[0]))
        plain = sobol_indices(("u0", "u1"), own.values.mean(axis=1)[:, None])
        naive.append(float(plain.loc[plain["kind"] == "total", "share"].iloc[1]))
    assert stats.ttest_1samp(found, 0.0).pvalue > ERROR
    assert min(naive) > 0.5


# Samples -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_first_order_indices_from_any_sample_are_those_known(kind: str) -> None:
    table = read(Design(kind, 512), ANGLES, ishigami, 2).variance
    assert table.loc[table["kind"] == "first order", "index"].to_numpy() == pytest.approx(ISHIGAMI_FIRST, abs=0.05)
    assert shares_of(table)["not explained by curves of one factor"] == pytest.approx(0.2437, abs=0.08)


def test_first_order_indices_agree_with_random_balance_of_salib() -> None:
    analyze = pytest.importorskip("SALib.analyze.rbd_fast").analyze
    found = pd.DataFrame(points(Design("latin_hypercube", 1024), ANGLES, {}))
    y = np.array([ishigami(*row) for row in found.itertuples(index=False)])
    problem = {"num_vars": 3, "names": list(found.columns), "bounds": [[-PI, PI]] * 3}
    theirs = analyze(problem, found.to_numpy(), y, seed=1)["S1"]
    ours = first_order([found[name].to_numpy() for name in found], list(found), y[:, None])
    assert ours["share"][:3].to_numpy() == pytest.approx(theirs, abs=0.05)


@pytest.mark.parametrize(("count", "size"), [(3, 16), (4, 32), (6, 64)])
def test_a_choice_is_followed_value_by_value_and_is_no_interaction(count: int, size: int) -> None:
    choice = Factor("route", values=tuple("abcdef"[:count]))
    found = read(Design("sobol", size), (choice, UNITS[0]), lambda c, u: "abcdef".index(c) % 2 + 0.2 * u, 4)
    index = found.variance.set_index("term")["index"]
    assert index["route"] > 0.9
    assert abs(index["not explained by curves of one factor"]) < 0.1
    assert "no curve of one factor" not in " ".join(found.words)


def test_a_choice_with_more_values_than_points_allow_has_no_index_and_does_not_hide_the_others() -> None:
    choice = Factor("route", values=tuple("abcdefghijkl"))
    found = read(Design("sobol", 32), (choice, UNITS[0]), lambda c, u: 9 * u + (c == "b"), 4, local=0.1)
    index = found.variance.set_index("term")["index"]
    assert np.isnan(index["route"])
    assert np.isnan(index["not explained by curves of one factor"])
    assert index["u0"] > 0.8
    assert "u0 explains" in str(found)


@pytest.mark.parametrize(("size", "bend"), [(16, 2), (24, 3), (64, 4)])
def test_a_bend_in_one_factor_is_that_factor_s_as_far_as_points_allow(size: int, bend: int) -> None:
    assert curve_degree(size) == bend
    line = Factor("a", low=-1.0, high=1.0)
    index = read(Design("latin_hypercube", size), (line, UNITS[0]), lambda a, u: a**2 + 0.1 * u, 4).variance["index"]
    assert index[0] > 0.9


def test_what_curves_leave_is_not_called_factors_together_alone() -> None:
    line = Factor("a", low=-1.0, high=1.0)
    found = read(Design("latin_hypercube", 12), (line,), lambda a: a**2, 4, shared=0.1)
    assert "two or more" not in " ".join(found.variance["term"])
    text = " ".join(found.words)
    assert "No curve of one factor explains any of the variance" in text
    assert "factors together, or shapes finer than polynomials of degree 1." in text


def test_a_straight_line_has_the_coefficients_put_in() -> None:
    found = read(Design("latin_hypercube", 128), UNITS[:3], lambda a, b, c: 4 * a - 3 * b, 6, shared=2.0)
    table = found.regression
    assert table is not None
    assert table["slope"].to_numpy() == pytest.approx([4, -3, 0], abs=1e-6)
    assert table["coefficient"].to_numpy() == pytest.approx([0.8, -0.6, 0], abs=0.03)
    assert table["r2"].iloc[0] == pytest.approx(1.0)
    shares = shares_of(found.variance)
    assert shares["u0"] / shares["u1"] == pytest.approx(16 / 9, rel=0.1)


def test_a_monotone_bend_is_straight_in_ranks() -> None:
    x = np.linspace(0.01, 1, 200)
    table = regression([x], ["x"], np.exp(8 * x)[:, None])
    assert table is not None
    assert table["rank_coefficient"].iloc[0] == pytest.approx(1.0)
    assert table["r2_rank"].iloc[0] == pytest.approx(1.0)
    assert table["r2"].iloc[0] < 0.8


def test_noise_in_a_sample_is_no_share_of_any_factor() -> None:
    found = [shares_of(read(Design("sobol", 64), UNITS, lambda *_: 0.0, 4, shared=1.0, local=1.0, seed=s).variance)
             for s in range(12)]  # fmt: skip
    for name in ("u0", "u3", "parameters"):
        assert stats.ttest_1samp([each[name] for each in found], 0.0).pvalue > ERROR


# Morris ------------------------------------------------------------------------------------------------------------


def test_elementary_effects_of_a_line_are_its_slopes_and_its_sigma_is_nothing() -> None:
    table = read(Design("morris"), UNITS[:3], lambda a, b, c: 4 * a - 9 * b, 3).screening
    assert table["factor"].tolist() == ["u1", "u0", "u2"]
    assert table["mu"].to_numpy() == pytest.approx([-9, 4, 0])
    assert table["mu_star"].to_numpy() == pytest.approx([9, 4, 0])
    assert table["sigma"].to_numpy() == pytest.approx([0, 0, 0], abs=1e-9)
    assert table["beyond_luck"].tolist() == [True, True, False]


def test_with_one_world_screening_is_that_of_salib() -> None:
    analyze = pytest.importorskip("SALib.analyze.morris").analyze
    design = Design("morris", trajectories=12, seed=3)
    found = pd.DataFrame(points(design, ANGLES, {}))
    y = np.array([ishigami(*row) for row in found.itertuples(index=False)])
    problem = {"num_vars": 3, "names": list(found.columns), "bounds": [[-PI, PI]] * 3}
    theirs = analyze(problem, found.to_numpy(), y, num_levels=4, seed=1)
    table = read(design, ANGLES, ishigami, 1).screening.set_index("factor").loc[problem["names"]]
    for name in ("mu", "mu_star", "sigma"):
        assert table[name].to_numpy() == pytest.approx(np.array(theirs[name], dtype=float))


def test_screening_finds_the_few_factors_that_matter_among_many_and_luck_is_not_among_them() -> None:
    many = tuple(Factor(f"f{k}", low=0.0, high=1.0) for k in range(12))
    found = read(Design("morris", trajectories=10), many, lambda *u: 6 * u[2] + 8 * u[5] * u[7], 4, local=0.3)
    table = found.screening
    assert set(table["factor"][:3]) == {"f2", "f5", "f7"}
    assert set(table.loc[table["beyond_luck"], "factor"]) == {"f2", "f5", "f7"}
    sigma = table.set_index("factor")["sigma"]
    assert sigma["f5"] > 3 * sigma["f2"]


def test_all_factors_of_a_screening_have_the_levels_that_one_asks_for() -> None:
    normal = Factor("b", distribution="normal", settings=(("mean", 0.0), ("sd", 1.0)))
    two = (Factor("a", low=0.0, high=1.0, levels=2), normal)
    table = read(Design("morris"), two, lambda a, b: a + 2 * (stats.norm.cdf(b) - 0.25), 3, shared=1.0).screening
    assert table["mu_star"].to_numpy() == pytest.approx([1.0, 1.0])
    eight = (Factor("a", low=0.0, high=1.0, levels=8), Factor("c", values=tuple(range(8))))
    table = read(Design("morris"), eight, lambda a, c: a + c / 7, 3).screening
    assert table["mu_star"].to_numpy() == pytest.approx([1.0, 1.0])


def test_an_effect_of_a_choice_is_a_change_and_no_larger_than_the_largest_there_is() -> None:
    for count, wanted in ((2, 1.0), (3, 2 / 3), (4, 2 / 3), (5, 0.6)):
        choice = Factor("route", values=tuple("abcde"[:count]))
        design = Design("morris", trajectories=60)
        found = read(design, (choice, UNITS[0]), lambda c, _: "abcde".index(c) % 2, 3, shared=1.0)
        row = found.screening.set_index("factor").loc["route"]
        # A pair of values drawn at random differs so often, by 1; an error rate of 1e-6 over 60 pairs.
        assert 0 < row["mu_star"] <= 1 + 1e-9
        assert stats.binomtest(round(60 * row["mu_star"]), 60, wanted).pvalue > ERROR
        # Where values lie on no line, an effect has no sign.
        assert np.isnan(row["mu"]) == (count > 2)
        assert "route (" in str(found)


def test_a_step_that_rounding_takes_away_has_no_effect() -> None:
    effects_ = elementary_effects(["a"], np.array([[0.0], [0.0], [0.0], [1.0]]), np.array([[1.0], [5.0], [1.0], [3.0]]))
    assert effects_.tolist() == [[[0.0], [2.0]]]


# Fields that are not set, levels without limit -----------------------------------------------------------------------


def test_a_field_that_the_firm_does_not_set_has_changes_and_a_curve_of_its_levels() -> None:
    rate = Factor("rate", values=(0.1, 0.3))
    factors = (rate, Factor("a", values=(0, 1, 2)))
    found = read(Design("one_at_a_time"), factors, lambda rate, a: 20 * (rate or 0.2) + a, 4, shared=1.0,
                 base={"rate": None, "a": 1})  # fmt: skip
    assert found.changes[["factor", "level"]].to_numpy().tolist() == [["rate", 0.1], ["rate", 0.3], ["a", 0], ["a", 2]]
    assert found.changes["base"].tolist() == [None, None, 1, 1]
    assert found.changes["change"].to_numpy() == pytest.approx([-2, 2, -1, 1])
    assert found.curves["rate"].loc[found.curves["rate"]["level"], "value"].tolist() == [0.1, 0.3]
    assert found.curves["a"].loc[found.curves["a"]["level"], "value"].tolist() == [0, 1, 2]
    assert "from not set to" in " ".join(found.words)
    assert {"variance", "tornado", "curve-rate"} <= set(found.figures())


def test_a_column_of_points_keeps_its_numbers_where_a_field_is_not_set() -> None:
    assert _column([None, 0.1, 3]).to_pylist() == [None, 0.1, 3.0]
    assert _column([4, None]).type == "int64"
    assert _column([None, None]).null_count == 2
    assert _column([None, "pool"]).to_pylist() == [None, "pool"]
    assert _column([None, (1, 2), "x"]).to_pylist() == [None, "[1, 2]", '"x"']
    assert _column([True, 2]).to_pylist() == ["True", "2"]


def test_a_level_without_limit_is_a_choice_and_no_place_on_a_line() -> None:
    factors = (Factor("sla", values=(2.0, 10.0, math.inf)), Factor("b", values=(1, 2)))
    found = read(Design("grid"), factors, lambda sla, b: 1.0 if math.isinf(sla) else -1.0, 4, local=0.1)
    assert list(found.curves) == ["b"]
    assert found.boundary is None
    assert "?" not in " ".join(found.words)
    assert found.main_effects is not None
    assert found.main_effects["effect"].iloc[:3].to_numpy() == pytest.approx([-2 / 3, -2 / 3, 4 / 3], abs=0.2)
    started = read(Design("one_at_a_time"), (Factor("sla", values=(2.0, 10.0)),), lambda sla: min(sla, 20.0), 4,
                   local=0.1, base={"sla": math.inf})  # fmt: skip
    assert started.curves["sla"]["value"].max() == 10


# One at a time, lists, signs ---------------------------------------------------------------------------------------


def test_changes_are_those_from_the_base_point_paired_by_world() -> None:
    factors = (Factor("a", values=(0, 1, 2)), Factor("b", values=("x", "y")))
    found = read(Design("one_at_a_time"), factors, lambda a, b: 5 * a + (b == "y"), 6, shared=30.0,
                 base={"a": 1, "b": "x"})  # fmt: skip
    assert found.changes[["factor", "level"]].to_numpy().tolist() == [["a", 0], ["a", 2], ["b", "y"]]
    assert found.changes["change"].to_numpy() == pytest.approx([-5, 5, 1])
    assert (found.changes["high"] - found.changes["low"]).max() < 1e-6


def test_signs_are_counted_with_luck_held_off() -> None:
    listed = [{"a": value} for value in (-5.0, -4.0, 0.0, 4.0, 5.0, 6.0)]
    found = read(Design("list"), (Factor("a", values=tuple(point["a"] for point in listed)),), lambda a: a, 10,
                 local=1.0, listed=listed)  # fmt: skip
    assert dict(zip(found.signs["sign"], found.signs["points"], strict=True)) == {"+": 3, "-": 2, "not separated": 1}
    assert found.by_point["worlds"].tolist() == [10] * 6


def test_a_crossing_is_interpolated_and_its_interval_is_where_zero_cannot_be_excluded() -> None:
    rng = np.random.default_rng(0)
    shift = rng.standard_normal(9)
    curve = grid_curve([0, 10, 20], np.array([[-10.0], [0.0], [10.0]]) + 2.0 + shift - shift.mean())
    (found,) = crossings(curve)
    half = stats.t.ppf(0.975, 8) * shift.std(ddof=1) / 3
    assert found["at"] == pytest.approx(8.0, abs=1e-6)
    assert (found["low"], found["high"]) == pytest.approx((8 - half, 8 + half), abs=1e-6)
    assert (found["before"], found["after"], found["sure"]) == (-1, 1, True)


def test_no_flip_is_an_answer_and_so_is_one_that_luck_could_make() -> None:
    assert crossings(grid_curve([0, 1], np.array([[1.0, 2.0, 1.5], [3.0, 2.0, 2.5]]))) == []
    (weak,) = crossings(grid_curve([0, 1], np.array([[-1.0, 2.0, -1.5], [1.0, -1.0, 2.0]])))
    assert not weak["sure"]
    assert weak["low"] is None


def test_intervals_of_a_flip_cover_the_truth_about_as_often_as_they_say() -> None:
    inside = sure = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        means = np.array([-7.0, 1.0, 9.0])[:, None]
        values = means + 2 * rng.standard_normal(8) + np.array([[-1.0], [0.0], [1.0]]) * rng.standard_normal(8)
        found = crossings(grid_curve([0.0, 8.0, 16.0], values))
        if len(found) == 1 and found[0]["sure"]:
            sure += 1
            inside += found[0]["low"] <= 7.0 <= found[0]["high"]
    assert sure > 280
    assert stats.binomtest(inside, sure, 0.95).pvalue > ERROR


def test_a_curve_through_a_sample_covers_the_truth() -> None:
    outside = 0
    for seed in range(60):
        found = points(Design("latin_hypercube", 60, seed), UNITS[:2], {})
        rng = np.random.default_rng(seed)
        columns = [np.array([point[name] for point in found]) for name in ("u0", "u1")]
        values = (columns[0] ** 2 + 3 * columns[1])[:, None] + rng.standard_normal(6) + rng.standard_normal((60, 6))
        curve = sample_curve(columns, 0, values)
        middle = curve.iloc[(curve["value"] - 0.5).abs().argmin()]
        outside += not middle["low"] <= middle["value"] ** 2 + 1.5 <= middle["high"]
    assert stats.binomtest(outside, 60, 0.05, alternative="greater").pvalue > ERROR


def test_every_world_has_its_own_curve_so_luck_that_grows_along_a_factor_is_in_the_interval() -> None:
    x = (np.random.default_rng(0).permutation(40) + 0.5) / 40
    luck = np.random.default_rng(1).standard_normal(7)
    curve = sample_curve([x], 0, 2 * x[:, None] + luck * (x[:, None] - 0.5))
    for row in curve.to_dict("records"):
        exact = over_worlds(2 * row["value"] + luck * (row["value"] - 0.5))
        assert (row["low"], row["high"]) == pytest.approx((float(exact.low), float(exact.high)), abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "size", "worlds"), [("latin_hypercube", 64, 5), ("sobol", 64, 10), ("saltelli", 16, 5)]
)
def test_a_curve_covers_the_truth_at_the_end_of_the_range_and_no_flip_is_made_by_luck(
    kind: str, size: int, worlds: int
) -> None:
    """A good world is better at one end: on average there is nothing. 95 % and 5 %, at an error rate of 1e-6."""
    outside = sure = 0
    for seed in range(50):
        slope = np.random.default_rng(seed).standard_normal(worlds)
        found = read(Design(kind, size, seed), UNITS[:2], lambda *_: 0.0, worlds, local=0.05, seed=seed)
        tilted = replace(found, values=found.values + slope * (found.points[["u0"]].to_numpy() - 0.5))
        end = tilted.curves["u0"].iloc[-1]
        outside += not end["low"] <= 0 <= end["high"]
        sure += any(each["sure"] for each in crossings(tilted.curves["u0"]))
    for count in (outside, sure):
        assert stats.binomtest(count, 50, 0.05, alternative="greater").pvalue > ERROR


def test_no_flip_is_said_of_a_flip_that_is_there_no_more_often_than_stated() -> None:
    """At most in 2.5 % of sweeps: the interval at the place of the flip would have to leave out zero."""
    wrong = hidden = 0
    for seed in range(100):
        found = read(Design("grid"), (Factor("a", values=(0.0, 0.25, 0.5, 0.75, 1.0)),), lambda a: 0.9 - a, 6,
                     local=1.0, seed=seed)  # fmt: skip
        said = flips_in_words(found)
        wrong += "No flip" in said
        hidden += "The mean does not cross zero in the range of a, but luck could hide a flip." in said
    assert stats.binomtest(wrong, 100, 0.025, alternative="greater").pvalue > ERROR
    assert hidden > 10


def test_no_flip_is_said_factor_by_factor() -> None:
    factors = (Factor("a", values=(0.0, 1.0)), Factor("b", values=(0.0, 1.0)))
    found = read(Design("grid"), factors, lambda a, b: 9 * b + 0.03, 6, local=0.1, seed=1)
    assert flips_in_words(found) == "No flip in the range of a, the others averaged; nor does the mean cross zero in " \
        "that of b, but luck could hide a flip there."  # fmt: skip
    found = read(Design("grid"), factors, lambda a, b: 5 + a + b, 6, local=0.1)
    assert flips_in_words(found) == "No flip in the range of a and b, the others averaged."
    assert found.boundary is not None
    assert found.boundary["sure"].all()


def test_the_boundary_between_signs_follows_the_second_factor() -> None:
    factors = (Factor("a", values=(0, 4, 8)), Factor("b", values=(1, 2, 9)))
    table = read(Design("grid"), factors, lambda a, b: a - b, 6, local=0.05).boundary
    assert table is not None
    at = table.set_index("other_level")["at"]
    # The factor that matters most comes first: b here moves by 8 at most, a by 8 too, b with more variance.
    assert table["factor"].iloc[0] in ("a", "b")
    truth = [1.0, 2.0] if table["factor"].iloc[0] == "a" else [None, 4.0, 8.0]
    assert [value for value in at.tolist() if value == value] == pytest.approx(
        [value for value in truth if value is not None], abs=0.2
    )


# What is lost ------------------------------------------------------------------------------------------------------


def test_the_complete_part_gives_up_as_little_as_it_can() -> None:
    there = np.ones((10, 5), dtype=bool)
    there[7] = False
    there[:5, 4] = False
    rows, columns = complete_part(there)
    assert (rows.sum(), columns.sum()) == (9, 4)
    assert there[np.ix_(rows, columns)].all()
    assert complete_part(there, keep_units=True)[1].sum() == 0


def test_runs_that_failed_or_are_missing_are_left_out_counted_and_said() -> None:
    design, factors = Design("latin_hypercube", 40), UNITS[:2]
    rng = np.random.default_rng(0)
    merged, separate = rng.standard_normal((2, 40, 6))
    merged += 5
    merged[3, 2] = np.nan
    separate[4] = np.nan
    fake = Fake(design, factors, {MERGED: merged, SEPARATE: separate}, failed=[(MERGED, 3, 2)])
    found = effects(fake, "profit")  # type: ignore[arg-type]
    assert dict(found.lost) == {"failed": 1, "are missing": 6, "have no such figure": 0}
    assert found.used == (38, 6) or found.used == (39, 5)
    notes = " ".join(found.notes)
    assert "Of 240 pairs of point and world 1 failed and 6 are missing" in notes
    assert found.by_point["worlds"].tolist()[3:5] == [5, 0]
    assert found.signs["points"].sum() == 39


def test_a_grid_with_a_gap_says_so_and_still_gives_its_points() -> None:
    values = np.random.default_rng(0).standard_normal((12, 4))
    values[5] = np.nan
    fake = Fake(Design("grid"), LEVELS, {MERGED: values, SEPARATE: np.zeros((12, 4))})
    found = effects(fake, "profit")  # type: ignore[arg-type]
    assert found.grid is None
    assert "Too few runs are complete" in " ".join(found.notes)
    assert found.variance["share"].isna().all()
    assert found.signs["points"].sum() == 11
    assert found.words


def test_one_world_gives_effects_and_no_word_on_luck() -> None:
    found = read(Design("grid"), LEVELS, additive, 1)
    assert "One world" in " ".join(found.notes)
    assert found.variance["share_low"].isna().all()
    assert shares_of(found.variance)["parameters"] == pytest.approx(1.0)
    assert found.words[0].startswith("One world: luck cannot be told")
    assert "% of the variance" not in " ".join(found.words)


def test_where_nothing_moves_it_the_words_say_so_plainly() -> None:
    said = " ".join(read(Design("grid"), LEVELS[1:], lambda *_: 0.0, 4, shared=1.0, local=1.0).words)
    assert "No factor is seen to move this difference by more than luck does: parameters make" in said
    wide = " ".join(read(Design("grid"), LEVELS[1:], additive_of_two, 3, shared=1.5, seed=3).words)
    assert "% (too few worlds to tell)" in wide
    assert "(0 to 100)" not in wide


def additive_of_two(b: str, c: bool) -> float:
    return 1.5 * (b == "y") + c


def test_the_arm_that_is_taken_off_is_shown_by_itself_and_words_are_the_text() -> None:
    found = read(Design("morris", trajectories=4), UNITS[:2], lambda a, b: 5000 + a, 4, local=1.0)
    assert found.reference is not None
    mean = found.reference.mean() * found.scale
    line = next(line for line in found.words if "by itself" in line)
    assert line.startswith("separate / own_numbers by itself, k€ a year: ")
    assert f"{mean:.1e}"[0] in line
    assert "on average over all points." in found.words[0]
    assert str(found) == "\n".join(found.words)


def test_a_response_that_never_changes_is_said_in_one_sentence() -> None:
    found = read(Design("grid"), LEVELS, lambda *_: 3.0, 4)
    fixed = replace(found, values=np.full_like(found.values, 3.0))
    assert len(fixed.words) == 1
    assert "at every point in every world" in fixed.words[0]


def test_all_runs_there_are_being_alike_is_not_said_of_those_that_are_lost() -> None:
    found = read(Design("grid"), LEVELS, lambda *_: 3.0, 4)
    few = np.full_like(found.values, np.nan)
    few[2, 1] = 3.0
    assert "in every run there is." in replace(found, values=few).words[0]


def test_one_point_has_its_mean_and_nothing_varies() -> None:
    found = read(Design("grid"), (Factor("a", values=(8,)),), lambda a: 1000.0 * a, 4, shared=100.0)
    assert "k€ a year: +4." in found.words[0] or "k€ a year: +3.9" in found.words[0]
    assert found.words[0].endswith(") at the only point.")
    assert found.words[-1] == "One point: nothing varies."
    assert "Too few" not in " ".join(found.words)


# The front door ----------------------------------------------------------------------------------------------------


def three_arms() -> Fake:
    rng = np.random.default_rng(0)
    tables = {arm: rng.standard_normal((12, 3)) + shift for arm, shift in ((SEPARATE, 0), (MERGED, 5), (CRO, -5))}
    return Fake(Design("grid"), LEVELS, tables)


def test_every_other_arm_is_compared_with_today_s() -> None:
    found = effects_of_all(three_arms(), "profit")  # type: ignore[arg-type]
    assert [(each.arm, each.against) for each in found] == [(MERGED, SEPARATE), (CRO, SEPARATE)]
    assert [np.sign(each.mean.value[0]) for each in found] == [1, -1]
    assert found[0].label == "Profit after leaders' pay of merged against separate"


def test_an_arm_alone_is_its_own_figure_and_two_arms_their_difference() -> None:
    fake: Any = three_arms()
    alone, both = effects(fake, "profit", CRO), effects(fake, "profit", "cro / own_numbers", MERGED)
    assert alone.against is None
    assert np.allclose(both.values, fake.metric("profit", CRO) - fake.metric("profit", MERGED))
    assert effects(fake).arm == MERGED
    assert effects(fake, against=MERGED).arm == SEPARATE
    assert alone.unit == "k€ a year"
    assert alone.scale == pytest.approx(1e-3 / 2)


def test_nothing_is_a_year_where_points_have_years_of_their_own() -> None:
    years = Factor("time.years", values=(1, 2))
    tables = {SEPARATE: np.array([[25.0, 26.0, 27.0], [50.0, 49.0, 48.0]])}
    fake: Any = Fake(Design("grid"), (years,), tables)
    for metric, scale, unit in (("won", 1.0, "over the horizon"), ("profit", 1e-3, "k€ over the horizon"),
                                ("lead_waste_share", 100.0, "%")):  # fmt: skip
        found = effects(fake, metric)
        assert (found.scale, found.unit) == (scale, unit)


def test_an_unknown_figure_is_named_with_the_nearest() -> None:
    with pytest.raises(ScenarioError) as error:
        effects(three_arms(), "proft")  # type: ignore[arg-type]
    assert error.value.problems[0].hint == "profit"
    with pytest.raises(ScenarioError, match="against itself"):
        effects(three_arms(), arm=CRO, against=CRO)  # type: ignore[arg-type]


def test_a_sweep_without_runs_says_so() -> None:
    fake = Fake(Design("grid"), LEVELS, {SEPARATE: np.full((12, 2), np.nan)})
    with pytest.raises(ScenarioError, match="is there yet"):
        effects(fake)  # type: ignore[arg-type]


def test_words_say_what_was_put_in() -> None:
    factors = (Factor("people.reps", values=(4, 12, 20, 28)), Factor("brand.memory", values=(1, 2)))
    found = read(Design("grid"), factors, lambda reps, _: 2000 * (reps - 15), 10, shared=300.0, local=300.0)
    text = " ".join(found.words)
    assert "people.reps explains 100 % (100 to 100) of the variance over the levels given" in text
    assert "The sign is + in 4 of 8 points, - in 4, not separated from luck in 0" in text
    assert "It flips at people.reps = 15.0 (" in text
    assert "from - to +, the others averaged" in text
    assert metric_of(BASE, "profit").title in text


def test_all_tables_of_all_designs_can_be_made() -> None:
    factors = (*UNITS[:2], Factor("route", values=("pool", "best")))
    levelled = (*(replace(each, levels=3) for each in UNITS[:2]), factors[-1])
    base = {"u0": 0.5, "u1": 0.5, "route": "pool"}
    for kind, wanted in (
        ("grid", {"main_effects", "interactions", "boundary"}), ("one_at_a_time", {"changes"}),
        ("saltelli", set()), ("sobol", {"regression"}), ("latin_hypercube", {"regression"}), ("morris", {"screening"}),
    ):  # fmt: skip
        size = 32 if kind in ("saltelli", "sobol", "latin_hypercube") else None
        own = levelled if kind in ("grid", "one_at_a_time") else factors
        found = read(Design(kind, size), own, lambda a, b, c: a - b * (c == "best"), 4, local=0.1, base=base)
        assert set(found.tables()) == {"variance", "signs", "flips", "points"} | wanted
        assert all(len(table) for name, table in found.tables().items() if name != "flips")
        assert len(found.words) >= 4 - (kind == "morris")
