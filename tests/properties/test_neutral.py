"""With everything neutral structure does not matter; with one primitive restored it does (E12, fixed point 2)."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import orgsim
from orgsim.results import Run
from orgsim.scenario.organisation import PRIMITIVES
from orgsim.scenario.schema import Scenario

STRUCTURES = (*sorted(orgsim.load_scenario("baseline").structures), "half_yearly")
# What is measured over segments, and moves nothing: one more segment is another measure.
MEASURED = ["alignment", "alignment_marketing", "alignment_sales", "targeting_fit"]
LEADERS = ("leaders_pay", "leaders_switching")
SMALL = {
    "market.size": 1500, "time.years": 1.0, "time.warm_up_years": 1.0, "time.run_off_months": 1, "people.reps": 2,
    "people.marketers": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def neutral() -> Scenario:
    scenario = orgsim.load_scenario("neutral").with_(**SMALL)
    slow = {**scenario.structures["separate"].model_dump(), "review": 6}
    return scenario.with_(**{"structures": {**scenario.structures, "half_yearly": slow}})


def without_leaders(run: Run) -> dict[str, pd.DataFrame]:
    """All tables of a run, leaders' own rows left out."""
    accounts = run.accounts[~run.accounts["account"].isin(LEADERS)].reset_index(drop=True)
    return {
        "leads": run.leads, "prospects": run.prospects,
        "periods": run.periods.drop(columns=["profit", "field_hours", "development_hours"]),
        "hours": run.hours, "accounts": accounts,
    }  # fmt: skip


def same(a: Run, b: Run) -> bool:
    one, other = without_leaders(a), without_leaders(b)
    return all(one[name].equals(other[name]) for name in one)


@pytest.mark.parametrize("pay", ["own_numbers", "shared_revenue"])
def test_with_everything_neutral_every_structure_gives_identical_tables(neutral: Scenario, pay: str) -> None:
    runs = [orgsim.run(neutral, structure=structure, pay=pay, seed=11) for structure in STRUCTURES]
    assert all(same(runs[0], run) for run in runs[1:])
    assert len({run.kpis["profit_before_leaders"] for run in runs}) == 1
    assert len({run.kpis["profit"] for run in runs}) > 1, "leaders do cost money"


@pytest.mark.parametrize("primitive", PRIMITIVES)
def test_restoring_one_primitive_alone_separates_two_structures_that_set_it_differently(
    neutral: Scenario, primitive: str
) -> None:
    if primitive == "cost":
        # Cost acts on leaders' own rows only, which the identity leaves out: hold profit itself against it.
        free = neutral.with_(**{"switches.cost": False})
        assert len({orgsim.run(free, structure=s).kpis["profit"] for s in STRUCTURES}) == 1
        assert len({orgsim.run(neutral, structure=s).kpis["profit"] for s in ("merged", "separate", "cro")}) == 3
        return
    restored = neutral.with_(**{f"switches.{primitive}": True})
    runs = [orgsim.run(restored, structure=structure, seed=11) for structure in STRUCTURES]
    assert any(not same(a, b) for a, b in itertools.combinations(runs, 2))


def test_no_rule_reads_the_name_of_a_structure() -> None:
    scenario = orgsim.load_scenario("baseline").with_(**SMALL)
    renamed = scenario.with_(
        **{
            "structures": {{"merged": "cro", "cro": "separate", "separate": "merged"}.get(name, name): structure
                           for name, structure in scenario.structures.items()},
            "pay": {{"own_numbers": "shared_revenue", "shared_revenue": "own_numbers"}.get(name, name): plan
                    for name, plan in scenario.pay.items()},
            "today.structure": "merged", "today.pay": "shared_revenue",
        }
    )  # fmt: skip
    for before, after in (("merged", "cro"), ("cro", "separate"), ("separate", "merged")):
        one = orgsim.run(scenario, structure=before, pay="own_numbers", seed=3)
        other = orgsim.run(renamed, structure=after, pay="shared_revenue", seed=3)
        assert one.kpis == other.kpis
        for table in ("leads", "periods", "hours", "accounts"):
            assert getattr(one, table).equals(getattr(other, table)), table


def test_renaming_segments_and_chairs_changes_only_names() -> None:
    scenario = orgsim.load_scenario("baseline").with_(**SMALL)
    renamed = scenario.with_(
        **{
            "market.segments.0.name": "Zürich", "market.segments.3.name": "a",
            "structures.separate.chairs.0.title": "VP Sales", "structures.separate.quota.decides": "VP Sales",
        }
    )  # fmt: skip
    one, other = orgsim.run(scenario, seed=3), orgsim.run(renamed, seed=3)
    assert one.kpis == other.kpis
    assert one.leads.drop(columns="segment").equals(other.leads.drop(columns="segment"))
    assert set(other.leads["segment"].unique()) >= {"Zürich", "a"}


def with_one_more(scenario: Scenario, **more: object) -> Scenario:
    """The scenario with one more prospect, in a segment of its own; sizes and reach of the others are fixed."""
    segments = [segment.model_dump() for segment in scenario.market.segments]
    for segment in segments:
        segment["size"] = round(segment["share"] * scenario.market.size)
    extra = {"name": "one more", "size": 1, "awareness": 0.45, **more}
    fixed = {"market.customer_share": 0.05, "switches.decisions": False}
    base = scenario.with_(**{"market.segments": segments, **fixed})
    return base if not more else scenario.with_(**{"market.segments": [*segments, extra], **fixed})


def test_an_extra_prospect_whose_need_never_opens_leaves_all_other_rows_as_they_are() -> None:
    scenario = orgsim.load_scenario("baseline").with_(**SMALL, **{"customers.referrals": 0.2})
    before = orgsim.run(with_one_more(scenario), seed=2)
    after = orgsim.run(with_one_more(scenario, episodes_per_year=0, signals_per_year=0, fit_share=0), seed=2)
    assert len(after.prospects) == len(before.prospects) + 1
    assert before.leads.drop(columns="segment").equals(after.leads.drop(columns="segment"))
    assert before.prospects.drop(columns="segment").equals(after.prospects.iloc[:-1].drop(columns="segment"))
    for table in ("periods", "hours", "accounts"):
        one, other = getattr(before, table), getattr(after, table)
        assert one.drop(columns=MEASURED, errors="ignore").equals(other.drop(columns=MEASURED, errors="ignore"))


def needy(scenario: Scenario) -> Scenario:
    return with_one_more(scenario, episodes_per_year=2, signals_per_year=0, awareness=1.0, fit_share=1)


def test_an_extra_lead_changes_nothing_dated_before_its_first_touch() -> None:
    scenario = orgsim.load_scenario("baseline").with_(**SMALL)
    before, after = orgsim.run(with_one_more(scenario), seed=2).events, orgsim.run(needy(scenario), seed=2).events
    extra = after["case"].max()
    touched = after[(after["case"] == extra) & (after["activity"] == "attempt")]["day"].min()
    assert touched < before["day"].max(), "the extra lead is touched at some time"
    old = before[before["day"] < touched].reset_index(drop=True)
    new = after[(after["day"] < touched) & (after["case"] != extra)].reset_index(drop=True)
    assert old.equals(new)


def test_with_unlimited_capacity_and_no_referrals_an_extra_lead_changes_nobody() -> None:
    unlimited = {
        "contact.attempt_time": 0, "contact.talk_time": 0, "opportunity.hours_per_review": 0,
        "customers.hours_per_year": 0, "customers.referrals": 0, "belief.alternative": 0, "switches.cooperation": False,
        "switches.turnover": False, "switches.learning": False,
    }  # fmt: skip
    scenario = orgsim.load_scenario("baseline").with_(**SMALL, **unlimited)
    before, after = orgsim.run(with_one_more(scenario), seed=2), orgsim.run(needy(scenario), seed=2)
    extra = after.prospects["prospect"].max()
    others = after.leads[after.leads["prospect"] != extra].reset_index(drop=True)
    assert len(after.leads) > len(others)
    assert before.leads.drop(columns="segment").equals(others.drop(columns="segment"))


def test_no_seasons_come_from_nothing() -> None:
    """With flat pay, levers left alone and constant hazards, first orders fall evenly on a quarter's weeks (E12 iv).

    Chi-square over 13 weeks; a sound engine fails once in a million.
    """
    scenario = orgsim.load_scenario("baseline").with_(
        **{"switches.decisions": False, "today.pay": "fixed", "time.years": 4, "time.warm_up_years": 2,
           "time.run_off_months": 0}
    )  # fmt: skip
    weeks = np.concatenate(
        [
            (leads[leads["outcome"] == "won"]["closed"] % 65 // 5).to_numpy()
            for leads in (orgsim.run(scenario, seed=6, replicate=r).leads for r in range(12))
        ]
    )
    counts = np.bincount(weeks.astype(int), minlength=13)
    assert counts.sum() > 3000
    assert stats.chisquare(counts).pvalue > 1e-6
