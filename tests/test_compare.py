"""Comparisons: paired luck, fair starts, equal budgets, drawn parameters."""

from __future__ import annotations

import numpy as np
import pytest

import orgsim
from orgsim.experiments.statistics import estimate, holm, paired, variance_reduction
from orgsim.experiments.uncertain import drawn
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.schema import Scenario

OWN = {"pay": ["own_numbers"]}


def test_todays_arm_is_added_when_it_is_not_asked_for(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["merged"], pay=["own_numbers"], replicates=2)
    assert [str(arm) for arm in comparison.arms] == ["separate / own_numbers", "merged / own_numbers"]


def test_all_unknown_structures_and_pay_plans_are_named_at_once(small: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        orgsim.compare(small, structures=["mergd", "cro", "seperate"], pay=["fixd"], replicates=1)
    assert [(p.key, p.hint) for p in caught.value.problems] == [
        ("structures", "merged"), ("structures", "separate"), ("pay", "fixed"),
    ]  # fmt: skip


def test_runs_have_the_documented_columns_sorted_by_structure_pay_and_replicate(small: Scenario) -> None:
    plans = ["shared_revenue", "own_numbers"]
    runs = orgsim.compare(small, structures=["separate", "cro"], pay=plans, replicates=3).runs
    assert list(runs.columns[:4]) == ["structure", "pay", "replicate", "seed"]
    assert {
        "revenue", "gross_margin", "profit", "profit_before_leaders", "leads", "won", "lead_waste_count",
        "lead_waste_share", "lead_waste_value", "missed_demand_value",
    } <= set(runs.columns)  # fmt: skip
    keys = list(zip(runs["structure"], runs["pay"], runs["replicate"], strict=True))
    assert keys == sorted(keys)


def test_staying_as_we_are_costs_nothing_and_changing_costs_search_and_severance(small: Scenario) -> None:
    runs = orgsim.compare(small, structures=["merged", "separate", "cro"], replicates=1, **OWN).runs  # type: ignore[arg-type]
    cost = runs.set_index("structure")["cost_leaders_switching"]
    lead, charges = small.leadership, small.money.charges
    assert cost["separate"] == 0
    assert cost["cro"] == pytest.approx(charges * lead.search_cost * 125_000, abs=0.01)
    merged = charges * (lead.search_cost * 88_000 + lead.severance * (78_000 + 70_000))
    assert cost["merged"] == pytest.approx(merged, abs=0.01)


def test_each_arm_may_start_from_its_own_firm_and_then_pays_for_no_change(small: Scenario) -> None:
    runs = orgsim.compare(small, structures=["merged", "separate"], replicates=2, start="own", **OWN).runs  # type: ignore[arg-type]
    assert (runs["cost_leaders_switching"] == 0).all()
    same = orgsim.compare(small, structures=["separate"], replicates=2, start="today", **OWN).runs  # type: ignore[arg-type]
    assert runs[runs["structure"] == "separate"].reset_index(drop=True).equals(same)


def test_with_an_equal_budget_leaders_are_paid_out_of_programme() -> None:
    scenario = orgsim.load_scenario("midsize").with_(
        **{"market.size": 2000, "time.years": 1.0, "time.warm_up_years": 0.5, "time.run_off_months": 0}
    )
    comparison = orgsim.compare(
        scenario, structures=["merged", "separate", "cro"], replicates=1, budget="equal", **OWN  # type: ignore[arg-type]
    )
    runs = comparison.runs.set_index("structure")
    spent = runs["cost_leaders_pay"] + runs["cost_programme_brand"] + runs["cost_programme_activation"]
    assert spent.max() - spent.min() < 0.05
    assert comparison.notes() == []


def test_where_programme_cannot_pay_for_leaders_the_reader_is_told(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["cro"], replicates=1, budget="equal", **OWN)  # type: ignore[arg-type]
    assert "55 k€ a year more than programme could pay for" in comparison.notes()[0]
    cro = comparison.runs.set_index("structure").loc["cro"]
    assert cro["cost_programme_brand"] + cro["cost_programme_activation"] == 0


def test_drawn_parameters_stay_in_their_ranges_and_differ_between_worlds() -> None:
    baseline = orgsim.load_scenario("baseline")
    worlds = [drawn(baseline, 1, replicate) for replicate in range(20)]
    assert worlds[0] == drawn(baseline, 1, 0)
    costs = [world.effort.cost for world in worlds]
    assert len(set(costs)) == 20
    assert all(5 <= cost <= 60 for cost in costs)
    for world in worlds:
        assert world.structures["separate"].settlement >= world.structures["merged"].settlement
        assert world.backgrounds.sales.horizon <= world.backgrounds.marketing.horizon
        assert world.market == baseline.market


def test_all_arms_of_a_world_share_the_draw_of_its_parameters(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["separate"], replicates=3, uncertain=True, **OWN)  # type: ignore[arg-type]
    again = orgsim.compare(small, structures=["cro", "separate"], replicates=3, uncertain=True, **OWN)  # type: ignore[arg-type]
    runs = again.runs[again.runs["structure"] == "separate"].reset_index(drop=True)
    assert runs.equals(comparison.runs)
    kept = again.signs_kept(["profit"])
    assert kept["draws_that_keep_it"].between(0, 1).all()


def test_two_names_for_one_structure_are_equal_by_construction(small: Scenario) -> None:
    twin = small.with_(**{"structures.twin": small.structures["separate"].model_copy(update={"title": "Twin"})})
    comparison = orgsim.compare(twin, structures=["twin", "separate"], replicates=2, **OWN)  # type: ignore[arg-type]
    arms = {arm.structure: arm for arm in comparison.arms}
    assert comparison.equal_by_construction(arms["twin"])
    assert comparison.paired("twin / own_numbers", metric="profit").mean == 0


def test_a_twin_of_todays_structure_is_equal_in_a_firm_with_regular_markets_only() -> None:
    olist = orgsim.load_scenario("olist").with_(**{"market.size": 600, "time.years": 0.5, "time.run_off_months": 0})
    twin = olist.with_(**{"structures.twin": olist.structures["separate"].model_copy(update={"title": "Twin"})})
    comparison = orgsim.compare(twin, structures=["twin"], replicates=1, **OWN)  # type: ignore[arg-type]
    assert comparison.equal_by_construction(comparison.arms[1])


def test_where_every_mechanism_is_neutral_structures_are_equal_by_construction() -> None:
    firm = orgsim.load_scenario("neutral").with_(**{"market.size": 800, "time.years": 0.5})
    comparison = orgsim.compare(firm, structures=["merged", "cro"], replicates=2, **OWN)  # type: ignore[arg-type]
    assert all(comparison.equal_by_construction(arm) for arm in comparison.arms if arm != comparison.today)


def test_one_name_may_stand_for_a_list_and_nothing_may_not(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures="separate", pay="own_numbers", replicates=1)
    assert len(comparison.arms) == 1
    with pytest.raises(ScenarioError, match="found nothing"):
        orgsim.compare(small, structures=[], replicates=1)


def test_arms_named_one_by_one_give_the_figures_that_all_combinations_give(small: Scenario) -> None:
    arms = ["cro / shared_revenue", "merged"]
    few = orgsim.compare(small, arms=arms, replicates=2)
    assert [str(arm) for arm in few.arms] == ["separate / own_numbers", "cro / shared_revenue", "merged / own_numbers"]
    every = orgsim.compare(small, replicates=2)
    for arm in few.arms:
        assert (few.values(arm, "profit") == every.values(arm, "profit")).all()
    with pytest.raises(orgsim.ScenarioError) as wrong:
        orgsim.compare(small, arms=["mergd / own_numbers", "cro / fixd"], replicates=1)
    assert [problem.hint for problem in wrong.value.problems] == ["merged", "fixed"]


def test_an_order_won_in_two_firms_brings_the_same_referral_however_many_leads_came_before() -> None:
    desk = orgsim.load_scenario("desk").with_(
        **{"market.size": 3000, "time.years": 1.0, "time.run_off_months": 0, "customers.referrals": 0.5}
    )
    won, referred = [], []
    for structure, signals in (("separate", 0.1), ("merged", 3.0)):
        log = orgsim.run(desk.with_(**{"market.signals_per_year": signals}), structure=structure, seed=4).events
        log = log[log["day"] >= 0]
        won.append(set(log.loc[(log["activity"] == "order") & (log["lead"] >= 0), "lead"]))
        rows = log[log["activity"] == "referred"]
        referred.append(dict(zip(rows["lead"], rows["case"], strict=True)))
    both = won[0] & won[1]
    assert len(both) > 20
    assert {k: v for k, v in referred[0].items() if k in both} == {k: v for k, v in referred[1].items() if k in both}
    assert 0.2 < len(both & referred[0].keys()) / len(both) < 0.8
    assert won[0] != won[1], "the firms differ in what else they win"


def test_unknown_metrics_and_arms_are_refused_with_the_nearest_name(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["cro"], replicates=2, **OWN)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="did you mean 'revenue'"):
        comparison.paired("cro / own_numbers", metric="revenu")
    with pytest.raises(ScenarioError, match="cro / own_numbers"):
        comparison.paired("cro / own_number")


def test_the_interval_of_a_mean_covers_the_truth_in_nineteen_cases_of_twenty() -> None:
    """2,000 intervals; outside [0.926, 0.974] once in a million sound implementations."""
    rng = np.random.default_rng(1)
    covered = [abs(estimate(x).mean - 5) <= estimate(x).high - estimate(x).mean for x in rng.normal(5, 2, (2000, 12))]
    assert 0.926 < np.mean(covered) < 0.974


def test_pairing_removes_common_luck_and_says_by_how_much() -> None:
    rng = np.random.default_rng(2)
    common = rng.normal(0, 10, 400)
    a, b = common + rng.normal(1, 1, 400), common + rng.normal(0, 1, 400)
    difference = paired(a, b)
    assert difference.low <= 1 <= difference.high
    assert difference.high - difference.low < 0.4
    assert variance_reduction(a, b) == pytest.approx(202 / 2, rel=0.25)


def test_adjusted_p_values_never_fall_below_the_raw_ones_and_keep_their_order() -> None:
    raw = [0.001, 0.04, 0.03, 0.5]
    adjusted = holm(raw)
    assert adjusted == pytest.approx([0.004, 0.09, 0.09, 0.5])


def test_one_replicate_gives_no_interval() -> None:
    only = estimate([3.0])
    assert (only.low, only.high) == (-np.inf, np.inf)


def test_differences_may_be_taken_to_any_arm_which_is_run_when_it_is_not_asked_for(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["merged"], against="cro", replicates=3, **OWN)  # type: ignore[arg-type]
    assert [arm.structure for arm in comparison.arms] == ["separate", "cro", "merged"]
    table = comparison.summary(["profit"]).set_index("structure")
    assert np.isnan(table.loc["cro", "difference"])
    merged, cro = (comparison.values(comparison.arm(name), "profit") for name in ("merged", "cro"))
    assert table.loc["merged", "difference"] == pytest.approx((merged - cro).mean())
    other = comparison.summary(["profit"], against="merged / own_numbers").set_index("structure")
    assert other.loc["cro", "difference"] == pytest.approx((cro - merged).mean())
    assert comparison.paired("cro", "merged").mean == pytest.approx((cro - merged).mean())


def test_better_is_higher_or_lower_as_the_figure_has_it_and_ties_are_neither(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["merged", "separate"], replicates=6, **OWN)  # type: ignore[arg-type]
    runs, merged = comparison.runs, comparison.arm("merged")
    for metric, values in (("profit", [1, 2, 3, 0, 0, -1]), ("lead_waste_value", [1, 2, 3, 0, 0, -1])):
        theirs = comparison.values(comparison.today, metric)
        runs.loc[runs["structure"] == "merged", metric] = theirs + np.array(values)
    comparison._columns.clear()
    table = comparison.summary(["profit", "lead_waste_value", "hires"]).set_index(["metric", "structure"])
    assert table.loc[("profit", "merged"), "share_better"] == pytest.approx(3 / 6)
    assert table.loc[("lead_waste_value", "merged"), "share_better"] == pytest.approx(1 / 6)
    assert table.loc[("profit", "merged"), "share_equal"] == pytest.approx(2 / 6)
    assert np.isnan(table.loc[("hires", "merged"), "share_better"])
    assert table.loc[("profit", "merged"), "median"] == 0.5
    assert table.loc[("profit", "merged"), "euro_a_year"] == pytest.approx(5 / 6 / comparison.years)
    assert merged != comparison.today


def test_every_figure_of_a_run_is_known_by_name_unit_and_direction(small: Scenario) -> None:
    from orgsim.experiments.metrics import metrics_of

    for scenario in (small, small.with_(**{"time.years": 1.3, "time.warm_up_years": 0.7})):
        runs = orgsim.compare(scenario, structures=["separate"], replicates=1, **OWN).runs  # type: ignore[arg-type]
        assert set(metrics_of(scenario)) == set(runs.columns[4:])
    table = orgsim.compare(small, structures=["cro"], replicates=2, **OWN).summary(metrics_of(small))  # type: ignore[arg-type]
    assert set(table["metric"]) == set(metrics_of(small))


def test_the_bootstrap_changes_intervals_and_neither_means_nor_p_values(small: Scenario) -> None:
    comparison = orgsim.compare(small, structures=["merged"], replicates=12, **OWN)  # type: ignore[arg-type]
    t, boot = comparison.summary(), comparison.summary(interval="bootstrap")
    assert boot.equals(comparison.with_interval("bootstrap").summary())
    changed = [column for column in t if not t[column].equals(boot[column])]
    assert changed == ["low", "high", "difference_low", "difference_high"]


def test_a_run_until_a_precision_has_the_runs_of_a_comparison_of_as_many_and_its_own_intervals(small: Scenario) -> None:
    arms = {"structures": ["merged", "cro"], "seed": 5, **OWN}
    metric = "alignment_end"
    until = orgsim.compare(small, replicates=4, precision="0.05", metric=metric, most=40, **arms)  # type: ignore[arg-type]
    reached = until.reached
    assert reached is not None
    assert reached.met
    assert 4 < until.replicates == reached.replicates <= 40
    assert max(reached.achieved) <= 0.05
    fixed = orgsim.compare(small, replicates=until.replicates, **arms)  # type: ignore[arg-type]
    assert until.runs.equals(fixed.runs)
    for arm, half in zip(until.arms[1:], reached.achieved, strict=True):
        own, plain = until.paired(arm, metric=metric), fixed.paired(arm, metric=metric)
        assert (own.high - own.low) / 2 == pytest.approx(half)
        assert own.mean == plain.mean
        assert own.high - own.low > plain.high - plain.low


def test_all_that_is_wrong_with_a_comparison_is_said_at_once(small: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        orgsim.compare(small, structures=["mergd"], against="cro / fixd", replicates=1, precision="x", metric="profit",
                       most=0, seed=-1, threads=0, start="never", budget="none", interval="bootstrap",
                       confidence=2)  # fmt: skip
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"structures", "against", "replicates", "precision", "most", "seed", "threads", "start", "budget",
                    "interval", "confidence"}  # fmt: skip
    with pytest.raises(ScenarioError, match="did you mean 'won'"):
        orgsim.compare(small, structures=["cro"], replicates=1, **OWN).summary(["wonn"])  # type: ignore[arg-type]
