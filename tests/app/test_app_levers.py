"""Every lever moves figures in the same worlds, an arm's levers leave other arms alone, and all have their words."""

from __future__ import annotations

from typing import Any

import pytest

from orgsim.app.levers import ARM_LEVERS, FIRM_LEVERS, LEVERS, PAY, arm_values, firm_values, idle, plausible
from orgsim.app.question import Case, read, shipped
from orgsim.app.runs import Runs
from orgsim.app.start import levers_document
from orgsim.language import language, languages
from orgsim.scenario.load import value_at

Document = dict[str, Any]
RUNS = Runs()
# Where a lever acts that others do not have: a plan to bend, heads who propose.
WITH = {"sales_voice": ("cro", "own_numbers"), "disputes": ("separate_joint", "own_numbers"),
        "firm_weight": ("separate", "own_numbers"), "threshold_right": ("separate", "own_numbers")}  # fmt: skip
# What must be so for a lever to matter at all: without orders that are cancelled nothing is taken back.
GIVEN = {"clawback": {"customers.cancel": 0.3}}
VALUES: Document = {"leader_background": "marketing", "budget": "chief", "threshold_right": "chief", "sla": 2,
                    "period": "year", "cap": 1.0, "devices": ["gemba", "sla_charter"], "clawback": 180,
                    "today.structure": "merged", "today.pay": "fixed", "accelerator": 2.5}  # fmt: skip


def rows(case: Case, worlds: int = 2) -> list[list[Document]]:
    """Figures by arm and world."""
    return [[RUNS.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], case.seed, world, lambda: False)
             for world in range(worlds)] for arm in case.arms]  # fmt: skip


def other_value(lever: Any, now: Any) -> Any:
    """Another value of a lever than it has."""
    if lever.key in VALUES or lever.id in VALUES:
        return VALUES.get(lever.key, VALUES.get(lever.id))
    number = lever.most if not isinstance(now, (int, float)) or now < (lever.least + lever.most) / 2 else lever.least
    return int(number) if lever.whole else number


@pytest.fixture
def firm() -> Document:
    return {"market.size": 800, "people.reps": 2, "people.marketers": 1, "time.years": 1, "time.warm_up_years": 0.5,
            "time.run_off_months": 3}  # fmt: skip


@pytest.mark.parametrize("lever", FIRM_LEVERS, ids=lambda lever: lever.id)
def test_each_lever_of_the_firm_moves_some_figure(lever: Any, firm: Document) -> None:
    arms = [{"structure": "separate", "pay": "own_numbers"}]
    before = read({"firm": firm, "arms": arms})
    now = firm_values(before.scenario)[lever.key]
    value = 2_000 if lever.id == "market_size" else 4 if lever.whole else other_value(lever, now)
    after = read({"firm": firm | {lever.key: value}, "arms": arms})
    assert firm_values(after.scenario)[lever.key] == pytest.approx(value) if not isinstance(value, str) else True
    assert rows(after) != rows(before)


@pytest.mark.parametrize("lever", ARM_LEVERS, ids=lambda lever: lever.id)
def test_each_lever_of_an_arm_moves_its_figures_and_leaves_other_arms_untouched(lever: Any, firm: Document) -> None:
    structure, pay = WITH.get(lever.id, ("merged", "own_numbers"))
    firm |= GIVEN.get(lever.id, {})
    arm: Document = {"structure": structure, "pay": pay, "levers": {}}
    others = [{"structure": "sla"}, {"structure": structure, "pay": pay}]
    before = read({"firm": firm, "arms": [arm, *others]})
    scenario = before.scenario
    now = arm_values(scenario.structures[structure].model_dump(), scenario.pay[pay].model_dump())[lever.id]
    value = other_value(lever, now)
    arm["levers"] = {lever.id: value}
    after = read({"firm": firm, "arms": [arm, *others]})
    made = after.scenario
    stands = arm_values(made.structures[after.arms[0].structure].model_dump(), made.pay[after.arms[0].pay].model_dump())
    assert stands[lever.id] == (value if isinstance(value, (str, list)) else pytest.approx(value))
    first, second = rows(before, 3), rows(after, 3)
    assert second[0] != first[0]
    assert second[1:] == first[1:]


def test_levers_of_the_firm_name_values_of_the_schema() -> None:
    scenario = shipped("baseline")
    for lever in FIRM_LEVERS:
        if lever.write is None:
            assert value_at(scenario, lever.key) is not None


def test_sliders_stay_within_what_the_schema_calls_plausible_but_where_a_firm_may_be_smaller() -> None:
    for lever in FIRM_LEVERS:
        found = plausible(lever)
        if found is not None and lever.kind == "number":
            assert found[0] <= lever.least < lever.most <= found[1], lever.id


@pytest.mark.parametrize("name", ["baseline", "midsize", "startup", "desk", "olist"])
def test_the_levers_of_shipped_firms_stand_within_their_ends(name: str) -> None:
    values = firm_values(shipped(name))
    outside = [lever.id for lever in FIRM_LEVERS if lever.kind == "number" and values[lever.key] is not None
               and not lever.least <= values[lever.key] <= lever.most]  # fmt: skip
    # Firms that are not of the baseline's kind have a few values of their own that a slider does not reach.
    assert len(outside) <= (8 if name in ("desk", "olist") else 0), outside


def test_levers_that_cannot_move_anything_are_said_to_be_idle() -> None:
    scenario = shipped("baseline")
    merged, fixed = scenario.structures["merged"].model_dump(), scenario.pay["fixed"].model_dump()
    assert {"sales_voice", "accelerator", "cap", "period", "clawback"} <= set(idle(merged, fixed))
    heads, own = scenario.structures["separate"].model_dump(), scenario.pay["own_numbers"].model_dump()
    assert idle(heads, own) == []


def test_an_idle_lever_is_left_alone() -> None:
    case = read({"arms": [{"structure": "merged", "pay": "fixed", "levers": {"sales_voice": 0.4, "cap": 1.5}}]})
    assert str(case.arms[0]) == "merged / fixed"


def test_a_variable_part_can_be_taken_away_and_given_again() -> None:
    firm = {"market.size": 500}
    none = read(
        {"firm": firm, "arms": [{"structure": "merged", "levers": {"rep_variable": 0, "marketer_variable": 0}}]}
    )
    plan = none.scenario.pay[none.arms[0].pay]
    assert (plan.rep, plan.marketer) == ((), ())
    some = read({"firm": firm, "arms": [{"structure": "merged", "pay": "fixed", "levers": {"rep_variable": 0.2}}]})
    assert [component.share for component in some.scenario.pay[some.arms[0].pay].rep] == [0.2]


def test_the_parts_of_a_plan_keep_their_proportions() -> None:
    case = read({"arms": [{"structure": "merged", "pay": "hybrid", "levers": {"rep_variable": 0.32}}]})
    shares = [component.share for component in case.scenario.pay[case.arms[0].pay].rep]
    assert shares == pytest.approx([0.24, 0.08])


@pytest.mark.parametrize("code", languages())
def test_every_lever_group_unit_and_choice_has_words(code: str) -> None:
    said = language(code)
    for lever in LEVERS:
        assert said.say(f"levers.{lever.id}.label")
        assert said.say(f"levers.{lever.id}.about")
        assert said.say(f"levers.group.{lever.group}")
        assert lever.unit == "" or said.sentences["levers"]["unit"][lever.unit]
        if lever.choices and lever.choices != ("*",):
            assert all(said.say(f"levers.choice.{lever.id}.{choice}") for choice in lever.choices)
    assert all(said.has(f"report.device.{device}") for device in shipped("baseline").devices)


def test_the_page_is_told_where_every_lever_stands() -> None:
    found = levers_document()
    assert {lever["id"] for lever in found["levers"]} == {lever.id for lever in LEVERS}
    assert found["structures"]["merged"]["leader_background"] == "sales"
    assert found["pay"]["own_numbers"]["rep_variable"] == pytest.approx(0.16)
    assert found["firm"]["midsize"]["people.reps"] == 32
    assert found["firm"]["olist"]["market.outside_share"] is None
    assert set(found["pay"]["fixed"]) == {lever.id for lever in ARM_LEVERS if lever.of == PAY}
