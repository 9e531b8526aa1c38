"""orgsim as a Python model of the EMA workbench, as docs/clients/ema-workbench.md shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from client_pages import check_prints, inside, run_page

import orgsim
from orgsim.results import Arm

ema = pytest.importorskip("ema_workbench", reason="ema-workbench is not installed")

PATHS = {"deal_value": "market.deal_value", "signals": "market.signals_per_year", "patience": "contact.patience",
         "pooled": "contact.pooled", "reps": "people.reps"}  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return run_page("ema-workbench", tmp_path_factory.mktemp("ema"))


def asked(names: dict[str, Any], row: dict[str, Any]) -> orgsim.Comparison:
    """The comparison that an experiment of the workbench stands for, asked of orgsim itself."""
    values = {path: row[name] for name, path in PATHS.items() if name in row}
    return orgsim.compare(
        names["firm"].FIRM.with_(**values), structures=["separate", "merged"], pay=["own_numbers"], replicates=2
    )


def test_the_page_shows_what_its_programs_print(page: tuple[dict[str, Any], str]) -> None:
    check_prints("ema-workbench", page[1])


def test_each_policy_met_each_scenario(page: tuple[dict[str, Any], str]) -> None:
    table: pd.DataFrame = page[0]["table"]
    assert len(table) == 40 * 3
    assert table.groupby("policy", observed=True)["scenario"].nunique().tolist() == [40, 40, 40]
    assert table["deal_value"].between(15_000, 40_000).all()
    assert table["deal_value"].nunique() == 40


def test_outcomes_are_those_of_compare_to_the_bit(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    for row in names["table"].iloc[[0, 17, 41, 66, 85, 119]].to_dict("records"):
        comparison = asked(names, row)
        arm = Arm(row["structure"], row["pay"])
        assert row["profit"] == comparison.values(arm, "profit").mean()
        assert row["waste"] == comparison.values(arm, "lead_waste_value").mean()
        assert row["gain"] == comparison.paired(arm, metric="profit_before_leaders").mean


def test_the_gain_is_a_difference_between_policies_in_the_same_worlds(page: tuple[dict[str, Any], str]) -> None:
    table: pd.DataFrame = page[0]["table"]
    gain = table.pivot(index="scenario", columns="policy", values="gain")
    assert (gain[["today", "more reps"]] == 0).all(axis=None)
    assert (gain["merged"] != 0).all()


def test_the_box_of_prim_holds_the_cases_it_says(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    inputs, much, box = names["inputs"], names["much"], names["box"]
    limits = box.box_lims[-1]
    within = np.ones(len(inputs), dtype=bool)
    for name in inputs:
        if name == "pooled":
            within &= inputs[name].isin(limits[name][0]).to_numpy()
        else:
            within &= inputs[name].between(limits[name][0], limits[name][1]).to_numpy()
    assert 0 < within.sum() < len(inputs)
    assert box.density == pytest.approx(much[within].mean())
    assert box.coverage == pytest.approx(much[within].sum() / much.sum())
    assert box.density > much.mean()


def test_two_processes_give_the_outcomes_of_one(page: tuple[dict[str, Any], str]) -> None:
    names, said = page
    assert "the same, to the bit: True" in said
    profits = pd.read_pickle(Path(names["__folder__"]) / "profits.pkl")
    assert len(profits) == 10
    assert profits["profit"].nunique() == 10
    for row in profits.iloc[[0, 9]].to_dict("records"):
        comparison = asked(names, row)
        assert row["profit"] == comparison.values(Arm(row["structure"], "own_numbers"), "profit").mean()


def test_a_value_that_is_not_allowed_stops_the_workbench_with_orgsims_message(
    page: tuple[dict[str, Any], str],
) -> None:
    model = ema.Model("orgsim", function=page[0]["firm"].simulate)
    model.uncertainties = [ema.RealParameter("reps", 1.2, 1.8, variable_name="people.repz")]
    model.outcomes = [ema.ScalarOutcome("profit")]
    with inside(Path(page[0]["__folder__"])), pytest.raises(ema.EMAError, match=r"people\.repz.*did you mean 'reps'"):
        ema.perform_experiments(model, scenarios=1, log_progress=True)
