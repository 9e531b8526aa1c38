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
from orgsim.experiments.design import Design, Factor, points
from orgsim.experiments.effects.effects import Effects, effects, effects_of_all
from orgsim.experiments.effects.grid import Grid
from orgsim.experiments.effects.luck import jackknife, luck_of, over_worlds, worlds_apart
from orgsim.experiments.effects.sensitivity import elementary_effects, first_order, regression, sobol_indices
from orgsim.experiments.effects.sign import crossings, grid_curve, sample_curve
from orgsim.experiments.effects.table import complete_part
from orgsim.experiments.metrics import metric_of
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
    assert (fixed.parameters, fixed.shared) == pytest.approx((((by_point - grand) ** 2).mean() - rest * 5 / 6 / 9,
                                                             by_world.var(ddof=1)))  # fmt: skip


@pytest.mark.parametrize("sampled", [True, False])
def test_the_split_recovers_known_variances_on_average(sampled: bool) -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        means = rng.normal(0, 2, 12) if sampled else 2 * stats.zscore(np.arange(12))
        values = means[:, None] + rng.normal(0, 1.5, 5) + rng.standard_normal((12, 5))
        parts = luck_of(values, sampled)
        found.append((parts.parameters, parts.shared, parts.local))
    # On a fixed grid the mean of the luck at the points is luck that all points share.
    truth = (4.0, 2.25, 1.0) if sampled else (4.0, 2.25 + 1 / 12, 11 / 12)
    assert all(stats.ttest_1samp(np.array(found), truth).pvalue > ERROR)


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
    assert shares_of(table)["two or more together"] == pytest.approx(0.2437, abs=0.08)


def test_first_order_indices_agree_with_random_balance_of_salib() -> None:
    analyze = pytest.importorskip("SALib.analyze.rbd_fast").analyze
    found = pd.DataFrame(points(Design("latin_hypercube", 1024), ANGLES, {}))
    y = np.array([ishigami(*row) for row in found.itertuples(index=False)])
    problem = {"num_vars": 3, "names": list(found.columns), "bounds": [[-PI, PI]] * 3}
    theirs = analyze(problem, found.to_numpy(), y, seed=1)["S1"]
    ours = first_order([found[name].to_numpy() for name in found], list(found), y[:, None])
    assert ours["share"][:3].to_numpy() == pytest.approx(theirs, abs=0.05)


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
             for s in range(20)]  # fmt: skip
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


def test_a_step_that_rounding_takes_away_has_no_effect() -> None:
    effects_ = elementary_effects(["a"], np.array([[0.0], [0.0], [0.0], [1.0]]), np.array([[1.0], [5.0], [1.0], [3.0]]))
    assert effects_.tolist() == [[[0.0], [2.0]]]


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
    assert "luck not told apart" in " ".join(found.words)


def test_a_response_that_never_changes_is_said_in_one_sentence() -> None:
    found = read(Design("grid"), LEVELS, lambda *_: 3.0, 4)
    fixed = replace(found, values=np.full_like(found.values, 3.0))
    assert len(fixed.words) == 1
    assert "at every point in every world" in fixed.words[0]


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
    assert "people.reps explains 100 % (100 to 100) of the variance over the ranges given" in text
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
