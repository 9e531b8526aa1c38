"""The tables behind the figures are those of the comparison's own runs; the draws are those of `--uncertain`."""

from __future__ import annotations

import numpy as np
import pytest
from reporting import compared, comparison, report, small

import orgsim
from orgsim.contract import words
from orgsim.experiments.ledger.flows import flows
from orgsim.experiments.uncertain import drawn
from orgsim.kpis import measure
from orgsim.language import language
from orgsim.organigram import cells
from orgsim.report import evidence
from orgsim.report.differences import cell_text
from orgsim.report.paywords import pay_words
from orgsim.report.scenariofile import same, scenario_file
from orgsim.report.sensitivity import (
    detectable,
    draw,
    parameters_drawn,
    sensitivity_table,
    signs_table,
    uniforms,
    wilson,
)
from orgsim.results import Arm


def test_response_times_are_those_of_the_runs() -> None:
    c = comparison()
    table = evidence.gather(c, worlds=3, threads=2).responses
    for arm in c.arms:
        mine = table[table["arm"] == str(arm)].set_index("within")["mean"]
        assert mine.sum() == pytest.approx(100)
        for name, kinds in (("answered_within_1h", ["1 h"]), ("answered_within_day", ["1 h", "a day"])):
            assert mine[kinds].sum() == pytest.approx(100 * c.values(arm, name)[:3].mean())
        assert 100 - mine["never"] == pytest.approx(100 * c.values(arm, "answered_share")[:3].mean())


def test_detailed_worlds_are_the_comparisons_on_every_term() -> None:
    from functools import partial

    from orgsim.clock import Clock
    from orgsim.experiments.worlds import Terms
    from orgsim.report.detail import detail

    for settings in ({"start": "own"}, {"budget": "equal"}, {"uncertain": True}):
        c = orgsim.compare(small(), arms=["merged", "separate"], replicates=2, threads=2, **settings)  # type: ignore[arg-type]
        import threading

        terms = Terms(c.seed, c.start, c.budget, c.uncertain)
        look = partial(detail, c.scenario, c.arms, c.against, terms, threading.Event())
        months = Clock.of(c.scenario).month_of
        first, last = int(months[Clock.of(c.scenario).start]), int(months[Clock.of(c.scenario).end - 1]) + 1
        for arm, one in zip(c.arms, look(1), strict=True):
            kpis = measure(c.scenario, one.world, first, last)
            assert kpis["profit"] == c.values(arm, "profit")[1]
            assert kpis["lead_waste_value"] == c.values(arm, "lead_waste_value")[1]


def test_awareness_ends_where_the_run_says() -> None:
    c = comparison()
    table = evidence.gather(c, worlds=2, threads=2).monthly
    for arm in c.arms:
        mine = table[(table["arm"] == str(arm)) & (table["measure"] == "awareness_outside")]
        end = mine.sort_values("month")["mean"].iloc[-1]
        assert end == pytest.approx(100 * c.values(arm, "awareness_outside_end")[:2].mean())


def test_hours_of_a_week_are_paid_hours_and_the_quarter_has_all_wins() -> None:
    found = evidence.gather(comparison(), worlds=2, threads=2)
    assert found.hours.groupby(["arm", "role"])["mean"].sum().to_numpy() == pytest.approx(35.0)
    assert found.rhythm.groupby("arm")["mean"].sum().to_numpy() == pytest.approx(100.0)


def test_fates_are_those_of_the_ledger() -> None:
    c = compared(2, ("merged / own_numbers", "separate / own_numbers"))
    found = evidence.gather(c, worlds=2, threads=2).fates.set_index(["end_arm", "end_reference"])
    ledger = flows(c.scenario, "merged", "separate", replicates=2).summary().set_index(["end_a", "end_b"])
    assert len(found) == len(ledger)
    for ends, row in ledger.iterrows():
        assert found.loc[ends, "count"] * c.years == pytest.approx(row["count"])
        assert found.loc[ends, "value"] * 1000 * c.years == pytest.approx(row["value"])


def test_threads_change_nothing() -> None:
    one, two = (evidence.gather(comparison(), worlds=3, threads=threads) for threads in (1, 3))
    for name in ("monthly", "responses", "hours", "attainment", "rhythm", "fates"):
        assert getattr(one, name).equals(getattr(two, name)), name


def test_waste_by_cause_sums_to_the_summary() -> None:
    c = comparison()
    table = evidence.waste(c)
    whole = table[table["cause"] == "all"].set_index("arm")
    sums = table[table["cause"] != "all"].groupby("arm")["mean"].sum()
    for arm in c.arms:
        own = c.mean(arm, "lead_waste_value")
        assert sums[str(arm)] == pytest.approx(own.mean / 1000 / c.years)
        assert whole.loc[str(arm), ["mean", "low", "high"]].tolist() == pytest.approx(
            [end / 1000 / c.years for end in (own.mean, own.low, own.high)])  # fmt: skip


def test_signs_of_an_uncertain_comparison_are_its_own() -> None:
    c = orgsim.compare(small(), arms=["merged", "separate"], replicates=6, uncertain=True, threads=2)
    mine = signs_table(c, c, ["profit"])
    own = c.signs_kept(["profit"])
    assert mine["kept"].tolist() == (100 * own["draws_that_keep_it"]).tolist()
    found = draw(c, Arm("merged", "own_numbers"), draws=3)
    assert found is not None
    assert found.drawn is c


def test_no_draws_are_none() -> None:
    assert draw(comparison(), None, draws=0) is None


def test_a_parameter_lies_where_the_draw_put_it() -> None:
    scenario = small()
    names = parameters_drawn(scenario)
    assert "effort.cost" in names
    for replicate in (0, 5):
        world = drawn(scenario, 3, replicate)
        assert world.effort.cost == pytest.approx(5 + 55 * uniforms("effort.cost", 3, 6)[replicate])
        sight = scenario.structures["separate"].sight * 2 ** (2 * uniforms("structures.sight", 3, 6)[replicate] - 1)
        assert world.structures["separate"].sight == pytest.approx(min(40, max(1, sight)))


def test_a_parameter_that_decides_all_is_found_and_others_are_not() -> None:
    c = compared(60, ("merged / own_numbers", "separate / own_numbers"), **{"market.size": 100, "time.years": 0.1})
    u = uniforms("leadership.severance", 0, 60)
    mask = c.runs["structure"] == "merged"
    c.runs.loc[mask, "profit"] = c.runs.loc[~mask, "profit"].to_numpy() + 1000 * (u - 0.5)
    c._columns.clear()
    table = sensitivity_table(c, c, Arm("merged", "own_numbers"), "profit")
    assert table["parameter"].iloc[0] == "leadership.severance"
    assert table["correlation"].iloc[0] == pytest.approx(1.0)
    assert table["beyond_luck"].tolist().count(True) == 1
    assert sorted([table["kept_when_low"].iloc[0], table["kept_when_high"].iloc[0]]) == [0.0, 100.0]


def test_the_correlation_that_would_show_is_the_one_that_does() -> None:
    table = report().draws.sensitivity  # type: ignore[union-attr]
    least = detectable(14, len(table))
    assert 0.5 < least < 1
    assert detectable(100, 63) == pytest.approx(0.34, abs=0.01)
    # The strongest is beyond luck just where it passes that, but for the approximation (a tenth).
    strongest = table.iloc[0]
    if abs(abs(strongest["correlation"]) - least) > 0.1:
        assert strongest["beyond_luck"] == (abs(strongest["correlation"]) > least)


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, table I: 81 of 263, and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(29, 29)[1] == 1.0


def test_pay_plans_are_told_as_by_pay_show() -> None:
    scenario = orgsim.load_scenario("baseline")
    for name, plan in scenario.pay.items():
        own = words(scenario, plan)
        said = [line.replace("\u00a0", " ") for line in pay_words(scenario, plan, language("en"))]
        assert said == [*own["rep"], *own["marketer"]], name


def test_cells_are_told_as_by_structure_show() -> None:
    for structure in orgsim.load_scenario("baseline").structures.values():
        for cell in cells(structure):
            if not isinstance(cell.value, str):
                text = cell_text(cell.value, cell.unit, language("en"))
                assert text.replace("\u00a0", " ").replace("\u2212", "-") == cell.text


@pytest.mark.parametrize("name", ["baseline", "startup", "olist", "neutral"])
def test_a_scenario_file_stands_by_itself(name: str) -> None:
    scenario = orgsim.load_scenario(name)
    scenario = scenario.with_(**{"title": 'a "quoted" \x7f title', "structures.new one": {"extends": "cro"}})
    arms = [Arm("new one", "draw"), Arm("sla", "contest")]
    assert same(scenario, scenario_file(scenario, arms))


def test_correlations_over_draws_have_intervals_around_them() -> None:
    draws = report().draws
    assert draws is not None
    table = draws.sensitivity
    assert (table["correlation_low"] <= table["correlation"]).all()
    assert (table["correlation"] <= table["correlation_high"]).all()
    assert np.isfinite(table["p_adjusted"]).all()
