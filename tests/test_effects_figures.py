"""Figures of a sweep: each is drawn from a table that holds what it shows, and says its finding."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from orgsim.experiments.effects.effects import Effects
from orgsim.experiments.metrics import Metric
from orgsim.experiments.sweeps.design import Design, Factor, points
from orgsim.figures.effects import curves_table, drawn, heat_map, map_table, response_curves
from orgsim.figures.effects_shares import (
    screening,
    screening_table,
    shares_table,
    split_table,
    tornado,
    tornado_table,
    variance_split,
)
from orgsim.results import Arm

FACTORS = (
    Factor("people.reps", low=0, high=20, levels=5, whole=True),
    Factor("brand.memory", low=0.0, high=1.0, levels=3),
    Factor("product.feedback", values=(False, True)),
)
BASE = {"people.reps": 10, "brand.memory": 0.5, "product.feedback": False}
PROFIT = Metric("profit", "Profit", "money", 1)


def reading(
    kind: str, response: Callable[..., float] = lambda reps, memory, routed: 1000.0 * (reps - 12) + 500 * routed,
    noise: float = 300.0, worlds: int = 6,
) -> Effects:  # fmt: skip
    design = Design(kind, 32 if kind in ("sobol", "saltelli", "latin_hypercube") else None)
    factors = FACTORS if kind in ("grid", "one_at_a_time") else tuple(
        replace(factor, levels=None) for factor in FACTORS
    )  # fmt: skip
    listed = [{"people.reps": 4}, {"people.reps": 8}] if kind == "list" else []
    found = points(design, factors, BASE, listed)
    rng = np.random.default_rng(0)
    values = np.array([response(*point.values()) for point in found])[:, None] + noise * rng.standard_normal(
        (len(found), worlds)
    )
    table = pd.DataFrame(found)
    return Effects(kind, PROFIT, Arm("merged", "own"), Arm("separate", "own"), factors, table, values, {}, 1e-3,
                   "k€ a year", title="A test")  # fmt: skip


def heading(figure: Figure) -> str:
    return figure.get_suptitle().replace("\n", " ")


def png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40, metadata={"Software": None})
    return file.getvalue()


@pytest.mark.parametrize("kind", ["grid", "one_at_a_time", "saltelli", "sobol", "latin_hypercube", "morris", "list"])
def test_every_design_has_its_figures_and_each_has_a_heading_and_named_axes(kind: str) -> None:
    figures = drawn([reading(kind)])
    wanted = {"grid": "map-people.reps-brand.memory", "one_at_a_time": "tornado", "morris": "screening",
              "list": "variance"}.get(kind, "curve-people.reps")  # fmt: skip
    assert {"variance", wanted} <= set(figures)
    for figure in figures.values():
        assert heading(figure)
        axis = figure.axes[0]
        assert axis.get_xlabel()
        assert png(figure).startswith(b"\x89PNG")


def test_the_same_reading_gives_the_same_bytes() -> None:
    assert png(drawn([reading("grid")])["shares"]) == png(drawn([reading("grid")])["shares"])


def test_a_curve_says_where_the_sign_turns_in_the_shown_unit() -> None:
    found = reading("grid")
    figure = response_curves([found], "people.reps")
    assert "changes sign at people.reps = 11" in heading(figure)
    table = curves_table([found], "people.reps")
    levels = table[table["level"]]
    assert levels["value"].tolist() == [0, 5, 10, 15, 20]
    assert levels["mean"].to_numpy() == pytest.approx([-11.75, -6.75, -1.75, 3.25, 8.25], abs=0.4)
    assert "k€ a year" in figure.axes[0].get_ylabel().replace("\n", " ")


def test_a_curve_without_a_turn_says_so() -> None:
    assert "is above zero all along people.reps" in heading(response_curves([reading("grid", lambda *_: 5000.0)],
                                                                            "people.reps"))  # fmt: skip


def test_two_arms_are_two_lines_of_one_curve() -> None:
    first = reading("grid")
    second = replace(first, arm=Arm("cro", "own"), values=-first.values)
    table = curves_table([first, second], "people.reps")
    assert table["response"].unique().tolist() == [f"{name} / own against separate / own" for name in ("merged", "cro")]
    figure = response_curves([first, second], "people.reps")
    assert figure.axes[0].get_legend() is not None


def test_a_map_centres_its_colours_at_zero_and_marks_cells_within_luck() -> None:
    found = reading("grid", lambda reps, *_: 2000.0 * (reps - 10), noise=300.0)
    table = map_table(found, "people.reps", "brand.memory")
    assert table.loc[table["people.reps"] == 20, "mean"].to_numpy() == pytest.approx([20, 20, 20], abs=0.5)
    assert table.loc[table["people.reps"] != 10, "beyond_luck"].all()
    figure = heat_map(found, "people.reps", "brand.memory")
    low, high = figure.axes[0].images[0].get_clim()
    assert low == -high
    within = int((~table["beyond_luck"]).sum())
    assert len([c for c in figure.axes[0].collections if c.get_hatch()]) == within
    assert f"+ in {(table['low'] > 0).sum()} of 15 cells" in heading(figure)


def test_cells_of_a_map_are_told_from_luck_by_the_rule_of_the_words() -> None:
    """Of 15 cells without any difference at least one is marked in at most 5 % of maps, at an error rate of 1e-6."""
    first = reading("grid", lambda *_: 0.0)
    marked = sum(
        bool(map_table(replace(first, values=np.random.default_rng(seed).standard_normal(first.values.shape)),
                       "people.reps", "brand.memory")["beyond_luck"].any()) for seed in range(60)
    )  # fmt: skip
    assert stats.binomtest(marked, 60, 0.05, alternative="greater").pvalue > 1e-6


def test_a_map_turned_round_has_the_same_cells() -> None:
    found = reading("grid")
    straight, turned = (map_table(found, *names) for names in
                        (("people.reps", "brand.memory"), ("brand.memory", "people.reps")))  # fmt: skip
    keys = ["people.reps", "brand.memory"]
    ours, theirs = (table.sort_values(keys, ignore_index=True) for table in (straight, turned))
    pd.testing.assert_frame_equal(ours, theirs[ours.columns.tolist()], check_dtype=False)


def test_a_map_of_a_figure_and_not_of_a_difference_has_no_centre() -> None:
    figure = heat_map(replace(reading("grid"), against=None), "people.reps", "brand.memory")
    assert "is highest at people.reps = 20" in heading(figure)
    assert not [c for c in figure.axes[0].collections if c.get_hatch()]


def test_a_tornado_has_the_factor_that_moves_most_on_top_with_both_ends() -> None:
    found = reading("one_at_a_time")
    table = tornado_table(found)
    assert table["factor"].iloc[0] == "people.reps"
    assert table["level"].tolist()[:2] == [0, 20]
    assert table["change"].to_numpy()[:2] == pytest.approx([-10, 10], abs=0.5)
    assert "people.reps moves it most" in heading(tornado(found))
    assert "no change is beyond luck" in heading(tornado(reading("one_at_a_time", lambda *_: 0.0)))


def test_the_parts_of_a_run_s_variance_sum_to_all_of_it() -> None:
    for kind in ("grid", "saltelli", "sobol", "morris", "one_at_a_time", "list"):
        table = split_table([reading(kind)])
        assert table["share"].sum() == pytest.approx(1.0)
        assert (table["share"] >= 0).all()
    assert "parameters" in heading(variance_split([reading("grid")]))


def test_bars_are_sorted_and_luck_is_last() -> None:
    table = shares_table(reading("grid"))
    assert table["term"].iloc[0] == "people.reps"
    assert table["kind"].iloc[-1] == "luck"
    assert table["share"][:-1].is_monotonic_decreasing
    both = shares_table(reading("saltelli"))
    assert both["kind"].tolist()[:2] == ["first order", "total"]


def test_screening_marks_what_luck_alone_could_give() -> None:
    found = reading("morris")
    table = screening_table(found)
    assert table["factor"].iloc[0] == "people.reps"
    assert table["mu_star"].iloc[0] == pytest.approx(20, abs=1)
    assert "people.reps matters most" in heading(screening(found))
    assert "none of 3 factors is beyond luck" in heading(screening(reading("morris", lambda *_: 0.0, noise=3000.0)))


@pytest.mark.parametrize("second", [(), (Factor("brand.memory", values=(1,)),)])
def test_a_grid_of_one_varied_factor_is_drawn_without_maps(second: tuple[Factor, ...]) -> None:
    found = points(Design("grid"), (FACTORS[0], *second), {})
    values = np.arange(len(found))[:, None] + np.random.default_rng(0).standard_normal((len(found), 4))
    first = replace(reading("grid"), factors=(FACTORS[0], *second), points=pd.DataFrame(found), values=values)
    assert set(drawn([first])) == {"variance", "shares", "curve-people.reps"}
    assert first.interactions is not None
    assert {"factor", "other", "effect", "p_adjusted"} <= set(first.interactions.columns)
    assert not len(first.interactions)


def test_a_factor_without_an_index_is_not_drawn() -> None:
    choice = Factor("routing", values=tuple("abcdefghijkl"))
    found = points(Design("sobol", 32), (choice, FACTORS[1]), {})
    values = np.array([point["brand.memory"] for point in found])[:, None] + 0.1 * np.random.default_rng(
        0
    ).standard_normal((32, 4))
    first = replace(reading("sobol"), factors=(choice, FACTORS[1]), points=pd.DataFrame(found), values=values)
    assert set(shares_table(first)["term"]) == {"brand.memory", "luck"}
    assert split_table([first])["share"].sum() == pytest.approx(1.0)


def test_a_curve_that_luck_could_turn_does_not_say_that_it_has_no_turn() -> None:
    found = reading("grid", lambda reps, *_: 100.0 * (reps + 1), noise=900.0)
    assert "luck could hide it" in heading(response_curves([found], "people.reps"))


@pytest.mark.parametrize("kind", ["grid", "one_at_a_time", "saltelli", "sobol", "morris"])
def test_one_world_can_be_drawn(kind: str) -> None:
    for figure in drawn([reading(kind, worlds=1)]).values():
        png(figure)

