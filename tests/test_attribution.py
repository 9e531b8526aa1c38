"""Shapley shares: closed forms of games, shares that sum to the effect, and nothing to share where all is neutral."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import orgsim
from orgsim.commands.attribute import attribute as command
from orgsim.commands.attribute import digits_for
from orgsim.commands.terminal import Commands
from orgsim.experiments import attribution
from orgsim.experiments.attribution import GROUPS, SALARY, NotNeutral, attribute, attribute_all, shapley, with_groups
from orgsim.experiments.compare import compare
from orgsim.experiments.metrics import about
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.organisation import PRIMITIVES, Switches
from orgsim.scenario.schema import Scenario


@pytest.fixture(scope="module")
def firm() -> Scenario:
    """A small firm for a quarter of a year."""
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 400, "time.years": 0.5, "time.warm_up_years": 0.5, "time.run_off_months": 2,
           "people.reps": 2, "people.marketers": 1}
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(firm: Scenario) -> dict[str, attribution.Attribution]:
    """Merged against separate heads in two worlds."""
    split = attribute_all(firm, ("merged", "cro"), ("profit", "value", "leads_created"), replicates=2, seed=5)
    return {metric: one for (structure, metric), one in split.items() if structure == "merged"}


def mostly_neutral(firm: Scenario, *on: str) -> Scenario:
    """The firm with all primitives neutral but those named."""
    return firm.with_(**{f"switches.{name}": name in on for name in PRIMITIVES})


# Games -------------------------------------------------------------------------------------------------------------


def game(players: int, worth: Any) -> np.ndarray:
    """v(S) of all sets, from a function of the players in it."""
    return np.array([worth({p for p in range(players) if mask >> p & 1}) for mask in range(1 << players)])


def by_orders(values: np.ndarray) -> list[float]:
    """Shapley values by their definition: contributions averaged over all orders."""
    players = len(values).bit_length() - 1
    total = np.zeros(players)
    for order in itertools.permutations(range(players)):
        mask = 0
        for player in order:
            total[player] += values[mask | 1 << player] - values[mask]
            mask |= 1 << player
    return list(total / math.factorial(players))


def test_in_an_additive_game_each_player_gets_what_it_brings() -> None:
    brings = [3.0, -1.5, 0.0, 7.25, 2.0]
    found = shapley(game(5, lambda s: sum(brings[p] for p in s)))
    assert found == pytest.approx(brings, rel=1e-12)


def test_in_the_glove_game_the_scarce_glove_gets_two_thirds() -> None:
    # One right glove (player 0), two left ones: a pair is worth 1. Shapley values 2/3, 1/6, 1/6.
    found = shapley(game(3, lambda s: float(0 in s and bool({1, 2} & s))))
    assert found == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-15)


def test_in_a_game_with_a_veto_values_are_those_by_all_orders() -> None:
    # Player 0 has a veto and needs two of four others.
    values = game(5, lambda s: float(0 in s and len(s - {0}) >= 2))
    assert shapley(values) == pytest.approx(by_orders(values), abs=1e-12)
    assert shapley(values)[0] == pytest.approx(3 / 5, abs=1e-12)


def test_values_of_a_random_game_sum_to_its_worth_and_are_those_by_all_orders() -> None:
    values = np.random.default_rng(8).normal(size=(1 << 6, 3))
    values[0] = 0.0
    found = shapley(values)
    assert found.sum(axis=0) == pytest.approx(values[-1], rel=1e-12)
    assert found[:, 1] == pytest.approx(by_orders(values[:, 1]), rel=1e-9)


def test_the_black_hole_of_the_theory_is_split_as_there() -> None:
    # theory 1.4: single switch-offs give .124 and .410 of .828; Shapley .271 (belief) + .557 (capacity).
    neither, belief, capacity, both = 0.0, 0.828 - 0.410, 0.828 - 0.124, 0.828
    found = shapley(np.array([neither, belief, capacity, both]))
    assert found == pytest.approx([0.271, 0.557], abs=5e-4)


def test_a_number_of_sets_that_is_no_power_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match=r"2\^n"):
        shapley(np.zeros(6))


# Groups ------------------------------------------------------------------------------------------------------------


def test_every_primitive_belongs_to_exactly_one_group_and_every_group_holds_primitives_alone() -> None:
    listed = [name for names in GROUPS.values() for name in names]
    assert sorted(listed) == sorted(PRIMITIVES)
    assert set(listed) <= set(Switches.model_fields)
    assert GROUPS[SALARY] == ("cost",)


def test_groups_left_out_are_neutral_and_what_the_scenario_switches_off_stays_off(firm: Scenario) -> None:
    changed = with_groups(firm.with_(**{"switches.sight": False}), ["information", "horizon"]).switches
    on = {name for name in PRIMITIVES if getattr(changed, name)}
    assert on == {*GROUPS["information"], *GROUPS["horizon"]} - {"sight"}


# Effects -----------------------------------------------------------------------------------------------------------


def test_shares_sum_to_the_effect_in_every_world(found: dict[str, attribution.Attribution]) -> None:
    for one in found.values():
        total = sum(one.shares.values())
        assert total == pytest.approx(one.values[-1], rel=1e-9, abs=1e-6)
        assert one.frame()["share"].sum() == pytest.approx(one.effect.mean, rel=1e-9, abs=1e-6)


def test_the_effect_is_the_paired_difference_of_compare(
    firm: Scenario, found: dict[str, attribution.Attribution]
) -> None:
    runs = compare(firm, structures=["merged"], pay=["own_numbers"], replicates=2, seed=5)
    for metric, one in found.items():
        assert one.effect == runs.paired("merged", metric=metric)


def test_neither_workers_nor_leaving_out_the_run_off_nor_other_structures_change_a_figure(
    firm: Scenario, found: dict[str, attribution.Attribution]
) -> None:
    alone = attribute(firm, "merged", metric="profit", replicates=1, seed=5, workers=1)
    assert np.array_equal(alone.values[:, 0], found["profit"].values[:, 0])


def test_leaders_pay_from_the_books_is_what_runs_without_leaders_pay_show(
    firm: Scenario, found: dict[str, attribution.Attribution]
) -> None:
    one, everything = found["profit"], len(found["profit"].values) - 1
    free = compare(firm.with_(**{"switches.cost": False}), structures=["merged"], pay=["own_numbers"], replicates=2,
                   seed=5)  # fmt: skip
    without = one.values[everything ^ 1 << one.groups.index(SALARY)]
    today = free.values(free.today, "profit")
    assert without == pytest.approx(free.values(free.arms[-1], "profit") - today, abs=1e-6)


def test_a_structure_that_differs_by_pay_alone_is_new_only_while_leaders_cost_money(firm: Scenario) -> None:
    # The books alone would blame delay for what is salary: a structure dearer than today's is another organisation,
    # and must be adopted, but with leaders free it is today's.
    dear = firm.structures["separate"].model_dump()
    dear["chairs"] = [chair | {"pay": chair["pay"] + 20_000} for chair in dear["chairs"]]
    quick = mostly_neutral(firm, "switching", "rights", "objective", "cost")
    one = attribute(quick.with_(**{"structures.dear": dear}), "dear", replicates=1)
    free = [mask for mask in range(len(one.values)) if not mask >> one.groups.index(SALARY) & 1]
    assert np.all(one.values[free] == 0.0)
    assert one.effect.mean < 0.0


def test_with_all_primitives_neutral_all_shares_are_nothing_but_leaders_pay(firm: Scenario) -> None:
    neutral = mostly_neutral(firm, "cost")
    one = attribute(neutral, "merged", replicates=1)
    assert {group: float(share[0]) for group, share in one.shares.items() if group != SALARY} == dict.fromkeys(
        [group for group in GROUPS if group != SALARY], 0.0
    )
    assert one.share(SALARY).mean == pytest.approx(one.effect.mean)
    assert one.effect.mean > 0.0, "one director is cheaper than two heads"
    assert attribute(neutral, "merged", metric="leads_created", replicates=1).effect.mean == 0.0


def test_with_all_groups_neutral_no_preset_differs_from_today_but_by_leaders_pay(firm: Scenario) -> None:
    neutral = mostly_neutral(firm, "cost")
    for structure in firm.structures:
        one = attribute(neutral, structure, metric="value", replicates=1)
        assert not one.values[: 1 << one.groups.index(SALARY)].any(), structure


def test_a_structure_against_itself_has_no_effect_and_no_shares(firm: Scenario) -> None:
    quick = mostly_neutral(firm, "skill", "rights", "objective", "cost")
    one = attribute(quick, "merged", against="merged", replicates=1)
    assert not one.values.any()


def test_the_order_of_groups_does_not_matter(firm: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = mostly_neutral(firm, "horizon", "objective", "rights", "visibility", "sight", "cost")
    one = attribute(quick, "merged", replicates=1)
    monkeypatch.setattr(attribution, "GROUPS", dict(reversed(list(GROUPS.items()))))
    other = attribute(quick, "merged", replicates=1)
    assert one.groups == tuple(reversed(other.groups))
    for group in GROUPS:
        assert one.share(group).mean == pytest.approx(other.share(group).mean, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("start", ["today", "own"])
def test_with_equal_budgets_every_set_is_run_and_shares_still_sum(firm: Scenario, start: str) -> None:
    quick = mostly_neutral(firm, "rights", "disputes", "settlement", "cost")
    one = attribute(quick, "cro", replicates=1, start=start, budget="equal")
    runs = compare(quick, structures=["cro"], pay=["own_numbers"], replicates=1, start=start, budget="equal")
    assert one.effect.mean == pytest.approx(runs.paired("cro").mean, abs=1e-6)
    assert sum(one.shares.values()) == pytest.approx(one.values[-1], rel=1e-9, abs=1e-6)


def test_an_engine_that_tells_structures_apart_by_name_is_found_out(
    firm: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = attribution._figures

    def partial(*arguments: Any) -> dict[str, float]:
        figures = real(*arguments)
        if arguments[2].structure == "merged":
            figures["profit_before_leaders"] -= 1.0
        return figures

    monkeypatch.setattr(attribution, "_figures", partial)
    with pytest.raises(NotNeutral, match="merged and separate differ with every mechanism neutral"):
        attribute(mostly_neutral(firm, "cost"), "merged", replicates=1)


# The command -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small firm in a file, most mechanisms neutral."""
    path = tmp_path_factory.mktemp("firm") / "tiny.toml"
    path.write_text(
        'extends = "neutral"\n[market]\nsize = 300\n[time]\nyears = 0.5\nwarm_up_years = 0.5\nrun_off_months = 1\n'
        "[people]\nreps = 2\nmarketers = 1\n[switches]\nhorizon = true\nrights = true\n",
        encoding="utf-8",
    )
    return str(path)


def asked(*arguments: str) -> Result:
    """The command under a group, as `orgsim` holds it."""

    @click.group(cls=Commands)
    @click.option("--debug", is_flag=True)
    def main(debug: bool) -> None: ...

    main.add_command(command)
    return CliRunner().invoke(main, ["attribute", *arguments])


def test_the_table_goes_to_standard_error_and_names_every_group(file: str) -> None:
    result = asked(file, "--structure", "merged", "--replicates", "2")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert all(group in result.stderr for group in GROUPS)
    assert "2 paired replicates" in result.stderr


def test_json_and_csv_hold_the_same_shares(file: str) -> None:
    options = (file, "--structure", "merged", "--against", "cro", "--replicates", "2", "--metric", "profit")
    document = json.loads(asked(*options, "--format", "json").stdout)
    rows = asked(*options, "--format", "csv").stdout.splitlines()
    assert document["structure"] == "merged"
    assert document["against"] == "cro"
    assert [row["group"] for row in document["groups"]] == list(GROUPS)
    assert rows[0].startswith("group,primitives,share,low,high")
    total = sum(row["share"] for row in document["groups"])
    assert total == pytest.approx(document["effect"]["mean"], rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--structure", "merge"), "did you mean 'merged'"),
        (("--structure", "merged", "--metric", "prfit"), "did you mean 'profit'"),
        (("--structure", "merged", "--against", "x"), "structure: found 'x'"),
        (("--structure", "merged", "--replicates", "0"), "0 is not in the range"),
        ((), "Missing option '--structure'"),
    ],
)
def test_mistakes_are_named_and_end_with_exit_code_2(file: str, arguments: tuple[str, ...], said: str) -> None:
    result = asked(file, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_number_of_worlds_that_is_no_count_is_refused(firm: Scenario) -> None:
    with pytest.raises(ScenarioError, match="replicates"):
        attribute(firm, "merged", replicates=0)


def test_figures_in_euro_are_told_from_counts_and_shares(firm: Scenario) -> None:
    kpis = orgsim.run(firm).kpis
    money = {name for name in kpis if about(name).is_money}
    assert {"profit", "value", "revenue_new", "lead_waste_value", "cost_devices", "discounts"} <= money
    assert not money & {"leads", "customers_end", "lead_waste_share", "awareness_outside_end", "rep_quits", "wins"}
    assert pd.Series({name: digits_for([kpis[name]], 1.0) for name in kpis}).between(0, 6).all()
