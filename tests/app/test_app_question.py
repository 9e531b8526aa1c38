"""A page's question is checked as a whole and stands for a scenario and arms; nothing in it reaches a file."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from orgsim.app import bounds
from orgsim.app.question import read, shipped
from orgsim.scenario.errors import Problem, ScenarioError

Document = dict[str, Any]


def told(asked: Any) -> dict[str, Problem]:
    """Problems of a question by key."""
    with pytest.raises(ScenarioError) as caught:
        read(asked)
    return {problem.key: problem for problem in caught.value.problems}


def test_an_arm_with_levers_is_a_structure_and_a_plan_of_its_own(question: Document) -> None:
    question["arms"][1]["levers"] = {"leader_background": "marketing", "rep_variable": 0.3}
    case = read(question)
    own = case.arms[1]
    assert (own.structure, own.pay) == ("merged_2", "own_numbers_2")
    scenario = case.scenario
    assert scenario.structures["merged_2"].chairs[0].background == "marketing"
    assert scenario.pay["own_numbers_2"].rep[0].share == pytest.approx(0.3)
    baseline = shipped("baseline")
    assert {name: scenario.structures[name] for name in baseline.structures} == baseline.structures
    assert {name: scenario.pay[name] for name in baseline.pay} == baseline.pay


def test_a_lever_that_stands_where_the_structure_has_it_makes_no_new_one(question: Document) -> None:
    question["arms"][1]["levers"] = {"leader_background": "sales", "rep_variable": 0.16}
    assert [str(arm) for arm in read(question).arms] == ["separate / own_numbers", "merged / own_numbers"]


def test_two_arms_with_the_same_levers_are_one_arm(question: Document) -> None:
    question["arms"].append(copy.deepcopy(question["arms"][1]))
    case = read(question)
    assert case.arms[1] == case.arms[2]
    assert len(case.own) == 2


def test_two_arms_changed_differently_have_names_of_their_own(question: Document) -> None:
    question["arms"].append({"structure": "merged", "levers": {"leader_background": "mixed"}})
    assert [arm.structure for arm in read(question).arms] == ["separate", "merged_2", "merged_3"]


def test_values_of_the_firm_arrive(question: Document) -> None:
    question["firm"] |= {"market.outside_share": 0.4, "opportunity.cycle": 18, "money.programme_spend": 150_000,
                         "structures.sla.lead_rights.sla": "inf"}  # fmt: skip
    scenario = read(question).scenario
    outside = sum(segment.share for segment in scenario.market.segments if not segment.regular)
    assert outside == pytest.approx(0.4)
    assert scenario.opportunity.review == pytest.approx(7.5)
    assert scenario.money.programme == 120_000
    assert scenario.today.programme_shift == 30_000
    assert scenario.structures["sla"].lead_rights.sla == float("inf")
    assert scenario.people.reps == 2


def test_everything_wrong_is_told_at_once_with_the_nearest_name() -> None:
    found = told({"base": "baselin", "seed": -1, "arms": [{"structure": "merged", "paye": "fixed"}], "colour": "red",
                  "firm": {"peeple.reps": 3}})  # fmt: skip
    assert found["base"].hint == "baseline"
    assert found["firm.peeple.reps"].hint == "people"
    assert found["arms[0].paye"].hint == "pay"
    assert set(found) == {"base", "seed", "arms[0].paye", "colour", "firm.peeple.reps"}


def test_mistakes_in_values_are_told_with_their_paths() -> None:
    arms = [{"structure": "mergd"}, {"structure": "merged", "levers": {"sla": 0, "coordination": 99, "cap": "no"}}]
    assert set(told({"arms": arms})) == {"arms[0].structure", "arms[1].levers.sla", "arms[1].levers.coordination",
                                         "arms[1].levers.cap"}  # fmt: skip
    found = told({"arms": [{"structure": "merged"}], "firm": {"people.repz": 3, "market.outside_share": 2}})
    assert found["firm.people.repz"].hint == "reps"
    assert "from 0 to 0.9" in found["firm.market.outside_share"].message


@pytest.mark.parametrize("base", ["../../etc/passwd", "/etc/passwd", "baseline.toml", "limits/queue", "queue", "", None,
                                  "baseline\0", ["baseline"], {"extends": "baseline"}])  # fmt: skip
def test_a_base_is_a_shipped_name_and_no_path(base: Any) -> None:
    assert "base" in told({"base": base, "arms": [{"structure": "merged"}]})


@pytest.mark.parametrize("path", ["extends", "name", "limit", "limit.formula", "__class__", "__class__.__init__",
                                  "market.__class__.x", "structures.merged.__dict__", "market.segments.0.__class__",
                                  "..", ".", "", "market.", "people.reps.real"])  # fmt: skip
def test_a_path_reaches_values_of_the_schema_and_nothing_else(path: str) -> None:
    found = told({"arms": [{"structure": "merged"}], "firm": {path: 1}})
    assert all(key.startswith("firm") for key in found)


def test_an_entry_that_extends_a_file_is_refused() -> None:
    found = told({"arms": [{"structure": "merged"}], "firm": {"structures.mine": {"extends": "/etc/passwd"}}})
    assert any("extends" in key for key in found)


@pytest.mark.parametrize(("values", "key"), [
    ({"market.size": 200_000}, "firm.market.size"),
    ({"people.reps": 5_000}, "firm.people"),
    ({"time.years": 100}, "firm.time"),
    ({"market.size": 120_000, "market.signals_per_year": 1_000}, "firm"),
    ({"market.size": 120_000, "market.segments.0.signals_per_year": 1_000}, "firm"),
])  # fmt: skip
def test_a_firm_too_large_to_be_dragged_is_refused_with_what_would_do(values: Document, key: str) -> None:
    found = told({"arms": [{"structure": "merged"}], "firm": values})
    assert list(found) == [key]
    assert "app" in found[key].message


def test_questions_are_bounded() -> None:
    arm = {"structure": "merged"}
    assert "arms" in told({"arms": []})
    assert "arms" in told({"arms": [arm] * 5})
    assert "firm" in told({"arms": [arm], "firm": {f"people.x{n}": 1 for n in range(bounds.MOST_VALUES + 1)}})
    assert "worlds" in told({"arms": [arm], "worlds": 10**9})
    assert "reference" in told({"arms": [arm], "reference": 1})
    deep: Any = 1
    for _ in range(bounds.DEPTH + 5):
        deep = [deep]
    assert "firm.market.segments" in told({"arms": [arm], "firm": {"market.segments": deep}})
    assert "firm.title" in told({"arms": [arm], "firm": {"title": "x" * (bounds.MOST_TEXT + 1)}})


def test_how_many_worlds_there_will_be_depends_on_what_they_cost_and_on_nothing_else(question: Document) -> None:
    del question["worlds"]
    assert read(question).worlds == 200
    question["seed"] = 7
    assert read(question).worlds == 200
    large = {"base": "midsize", "firm": {"market.size": 100_000}, "arms": [{"structure": "cro"}] * 4}
    assert read(large).worlds == 50


def test_what_is_pinned_is_a_firm_and_an_arm_of_its_own(question: Document) -> None:
    question["pinned"] = {"firm": {**question["firm"], "people.reps": 4}, "arm": {"structure": "cro"}}
    held = read(question).pinned
    assert held is not None
    assert held.scenario.people.reps == 4
    assert [arm.structure for arm in held.arms] == ["cro"]
    assert held.seed == question["seed"]
    question["pinned"]["firm"]["people.repz"] = 1
    assert list(told(question)) == ["pinned.firm.people.repz"]


def test_titles_and_names_do_not_count_as_another_firm(question: Document) -> None:
    key = read(question).firm_key
    question["firm"]["title"] = "Another title"
    assert read(question).firm_key == key
    question["firm"]["people.ramp"] = 4
    assert read(question).firm_key != key


@pytest.mark.parametrize("place", ["question", "arms[0]", "arms[0].levers", "pinned"])
def test_thousands_of_unknown_keys_are_told_as_one_mistake(question: Document, place: str) -> None:
    """Each would be held against every known name, which takes seconds."""
    keys = {f"leader_bac{n:04d}": 1 for n in range(5_000)}
    arm = {"structure": "merged"}
    asked = {"question": question | keys, "arms[0]": question | {"arms": [arm | keys]},
             "arms[0].levers": question | {"arms": [arm | {"levers": keys}]},
             "pinned": question | {"pinned": {"firm": {}, "arm": arm} | keys}}[place]  # fmt: skip
    found = told(asked)
    assert list(found) == [place]
    assert "100 are the most" in found[place].message


@pytest.mark.parametrize("worlds", [20.0, True, "20", [20]])
def test_worlds_are_a_whole_number(question: Document, worlds: Any) -> None:
    assert list(told(question | {"worlds": worlds})) == ["worlds"]


def test_worlds_that_would_keep_the_server_busy_for_long_are_refused(question: Document) -> None:
    arms = [{"structure": "cro"}, {"structure": "merged"}]
    large = {"base": "midsize", "firm": {"market.size": 100_000}, "arms": arms}
    assert read(large | {"worlds": 100}).worlds == 100
    assert "found 800; of so large a firm the app runs up to" in told(large | {"worlds": 800})["worlds"].message
    pinned = {"firm": {}, "arm": {"structure": "separate"}}
    assert read(large | {"pinned": pinned}).seconds > read(large).seconds
    assert read(question | {"worlds": 800}).worlds == 800


@pytest.mark.parametrize("base", ["baseline", "startup"])
def test_the_order_of_levers_makes_no_difference(base: str) -> None:
    """Some levers decide whether others move anything: who holds the right to the score, whether there is a bonus."""
    levers = {"threshold_right": "chief", "budget": "chief", "firm_weight": 0.2, "sales_voice": 0.4, "cap": 1.5,
              "accelerator": 2.0, "clawback": 90, "rep_variable": 0.3}  # fmt: skip
    backwards = dict(reversed(levers.items()))
    for structure in ("separate", "sales_rules", "brand_focused", "revops"):
        for pay in ("own_numbers", "fixed"):
            arms = [{"structure": structure, "pay": pay, "levers": order} for order in (levers, backwards)]
            one, two = read({"base": base, "arms": arms}).arms
            assert one == two, (structure, pay)


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A1", "@x", "+x", "-x", "a,b", "a / b", "__proto__", " x", "x ", "x\n",
                                  "x;y", "$(id)", "`id`", "x" * 100, "<b>"])  # fmt: skip
@pytest.mark.parametrize(("kind", "origin"), [("structures", "merged"), ("pay", "fixed"), ("devices", "gemba")])
def test_names_that_a_spreadsheet_or_a_shell_could_take_for_something_else_are_refused(
    kind: str, origin: str, name: str
) -> None:  # fmt: skip
    """They stand in results.csv, and in the command at the head of scenario.toml."""
    arms = [{"structure": "merged"}]
    assert "été 2-a" in getattr(read({"arms": arms, "firm": {f"{kind}.été 2-a": {"extends": origin}}}).scenario, kind)
    found = told({"arms": arms, "firm": {f"{kind}.{name}": {"extends": origin}}})
    assert "which begins with a letter" in found[f"firm.{kind}"].message
