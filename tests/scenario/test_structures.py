"""Structures as data: those that ship load everywhere, differ for a reason, form a tree, and name nobody's pay but
leaders' and a staff unit's; a structure that makes no sense is told where and why."""

from __future__ import annotations

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from orgsim.leadership.arms import chair_records, leader_cost
from orgsim.organigram import (
    CHAIR_CELLS,
    CHIEF,
    LEAD_CELLS,
    OWN_CELLS,
    PRIMITIVES,
    SERVICE_CELLS,
    STAFF_CELLS,
    cells,
    costs,
    difference,
    rights,
    tree,
)
from orgsim.scenario.devices import LeadRights, Services, StaffUnit
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.load import check_text, library, load_scenario, names
from orgsim.scenario.organisation import LEVERS, Chair, Structure
from orgsim.scenario.schema import Scenario

FILES = {path.stem: path for path in sorted((library() / "structures").glob("*.toml"))}
PAIRS = list(itertools.combinations(FILES, 2))
# Five published types (2008); names and profiles are cited from memory (evidence A37).
FIVE = ("ivory_tower", "brand_focused", "sales_rules", "marketing_driven", "operational")
# Which preset each new one is written against, and the cells in which alone it may differ, by the first word of a cell.
AGAINST = {
    "merged_marketing": ("merged", {"chair of both: background", "chair of both: selling weight"}),
    "revops": ("separate", {"staff unit: people", "visibility", "sight", "settlement"}),
    "self_financing": ("separate", {"services: hours", "services: self financing"}),
    "one_person": ("merged", {"chair of both: title", "chair of both: background", "chair of both: selling weight",
                              "chair of both: pay", "sight", "settlement", "coordination"}),
    "sla": ("separate", {"split of the programme: decides", "split of the programme: proposals",
                         "score for hand-over: decides", "sales voice", "settlement", "sla", "recycle", "audit",
                         "penalty", "audit cost", "device lead_definition", "device sla_charter",
                         "device joint_planning"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return load_scenario("baseline")


# Presets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_every_preset_is_in_every_scenario_that_ships_and_its_devices_too(name: str) -> None:
    scenario = load_scenario(name)
    assert set(FILES) <= set(scenario.structures)
    for structure in scenario.structures.values():
        assert set(structure.devices) <= set(scenario.devices)


def test_the_presets_are_those_of_the_evidence() -> None:
    asked = {"merged", "merged_marketing", "separate", "separate_joint", "cro", "revops", "sla", "one_person",
             "self_financing", *FIVE}  # fmt: skip
    assert set(FILES) == asked


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_every_pair_of_presets_differs_and_the_difference_is_the_same_from_either_side(
    baseline: Scenario, one: str, other: str
) -> None:
    first, second = baseline.structures[one], baseline.structures[other]
    rows = [(cell.name, left, right) for cell, left, right in difference(first, second)]
    assert rows
    assert rows == [(cell.name, right, left) for cell, left, right in difference(second, first)]
    assert all(left != right for _, left, right in rows)
    assert len({name for name, _, _ in rows}) == len(rows)


@pytest.mark.parametrize("name", FILES)
def test_a_structure_does_not_differ_from_itself_whatever_it_is_called(baseline: Scenario, name: str) -> None:
    structure = baseline.structures[name]
    assert difference(structure, structure) == []
    assert difference(structure, structure.model_copy(update={"title": "another"})) == []


@pytest.mark.parametrize("name", AGAINST)
def test_a_preset_differs_from_the_one_it_is_written_against_in_the_cells_it_says_alone(
    baseline: Scenario, name: str
) -> None:
    other, allowed = AGAINST[name]
    rows = difference(baseline.structures[other], baseline.structures[name])
    assert {cell.name for cell, _, _ in rows} == allowed


@pytest.mark.parametrize("name", FIVE)
def test_the_five_configurations_are_said_to_be_from_memory_and_keep_leaders_pay_equal(
    baseline: Scenario, name: str
) -> None:
    text = FILES[name].read_text("utf-8")
    assert "from memory" in text.split("title =")[0]
    assert "(from memory)" in baseline.structures[name].title
    for axis in ("information", "linkages", "power", "rientations", "nowledge"):
        assert axis in text
    separate = baseline.structures["separate"]
    assert [chair.pay for chair in baseline.structures[name].chairs] == [chair.pay for chair in separate.chairs]
    assert leader_cost(baseline, baseline.structures[name]) == pytest.approx(leader_cost(baseline, separate), rel=0.02)


@pytest.mark.parametrize("name", FILES)
def test_the_file_of_a_preset_begins_with_the_reason_for_it(name: str) -> None:
    first = FILES[name].read_text("utf-8").splitlines()
    assert first[0].startswith("# ")
    assert all(len(line) <= 120 for line in first if line.startswith("#"))


def test_no_preset_names_the_pay_of_staff_or_a_pay_plan() -> None:
    """Leaders and posts of a staff unit have pay; that of reps and marketers belongs to the pay arm."""
    for name, path in FILES.items():
        for keys in keys_of(tomllib.loads(path.read_text("utf-8"))):
            if keys[-1] in ("pay", "rep", "marketer", "share", "commission", "bonus", "quota_over_target"):
                assert keys in (("chairs", "pay"), ("staff", "pay")), f"{name}: {'.'.join(keys)}"


def keys_of(table: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(table, list):
        return [keys for item in table for keys in keys_of(item, above)]
    if not isinstance(table, dict):
        return []
    return [keys for key, value in table.items() for keys in [(*above, key), *keys_of(value, (*above, key))]]


def test_the_start_up_is_a_fifth_of_the_baseline_and_its_target_is_what_a_rep_may_expect(baseline: Scenario) -> None:
    startup = load_scenario("startup")
    assert startup.today.structure == "one_person"
    assert (startup.people.reps, startup.people.marketers) == (2, 1)
    for path in ("market.size", "lead.raw_per_week", "money.programme", "money.systems"):
        table, key = path.split(".")
        theirs, ours = (getattr(getattr(scenario, table), key) for scenario in (startup, baseline))
        assert theirs == pytest.approx(ours / 5), path
    revenue, mqls = 8 * baseline.money.target_per_rep, 3 * baseline.money.target_mqls
    assert startup.money.target_per_rep == pytest.approx(revenue / 5 / 2, rel=0.005)
    assert startup.money.target_mqls == pytest.approx(mqls / 5)


# The description ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_the_chief_executive_is_on_top_and_everybody_stands_once_below(baseline: Scenario, name: str) -> None:
    structure = baseline.structures[name]
    top = tree(baseline, structure)
    titles = [node.title for node in top]
    assert titles[0] == CHIEF
    assert sorted(titles[1:]) == sorted(chair.title for chair in structure.chairs)
    teams = sorted(team for node in top for team in node.teams)
    assert teams == [(3, "marketers"), (8, "reps")]
    for chair in structure.chairs:
        assert structure.line(chair.title)[-1] == CHIEF


@pytest.mark.parametrize("name", FILES)
def test_a_leaders_span_is_the_models(baseline: Scenario, name: str) -> None:
    from orgsim.leadership.arms import candidate_records

    structure = baseline.structures[name]
    chairs = chair_records(baseline, structure, candidate_records(baseline, 0, 0))
    shown = {node.title: node.span for node in tree(baseline, structure)}
    for chair, row in zip(structure.chairs, chairs, strict=False):
        assert shown[chair.title] == row["span"]


def test_every_cell_of_the_vocabulary_is_described_under_a_primitive() -> None:
    assert set(CHAIR_CELLS) | {"leads"} == set(Chair.model_fields)
    assert set(LEAD_CELLS) == set(LeadRights.model_fields)
    assert set(STAFF_CELLS) == set(StaffUnit.model_fields)
    assert set(SERVICE_CELLS) == set(Services.model_fields)
    levers = {{"devices": "devices_right", "pay": "pay_right"}.get(lever, lever) for lever in LEVERS}
    apart = {"title", "chairs", "devices", "lead_rights", "staff", "services"}
    assert set(OWN_CELLS) | levers | apart == set(Structure.model_fields)
    assert len(PRIMITIVES) == 11


def test_cells_have_names_of_their_own_and_every_primitive_but_span_has_one(baseline: Scenario) -> None:
    for structure in baseline.structures.values():
        described = cells(structure)
        assert len({cell.name for cell in described}) == len(described)
        assert {cell.primitive for cell in described} == set(range(1, 11))  # span follows from the firm's size


def test_a_right_that_is_not_stated_is_shown_with_its_usual_holder(baseline: Scenario) -> None:
    rows = {row["lever"]: row for row in rights(baseline.structures["cro"])}
    assert set(rows) == set(LEVERS)
    assert rows["routing"]["default"]
    assert rows["routing"]["roles"]["head of sales"] == "D"
    assert rows["hiring"]["roles"]["chief revenue officer"] == "D"
    assert not rows["budget"]["default"]
    assert rows["budget"]["roles"] == {
        "chief": "", "chief revenue officer": "D", "head of sales": "P", "head of marketing": "P"
    }  # fmt: skip


def test_vetoes_consultation_and_joint_decisions_are_in_the_matrix(baseline: Scenario) -> None:
    driven = {row["lever"]: row["roles"] for row in rights(baseline.structures["marketing_driven"])}
    assert driven["threshold"] == {"chief": "", "head of sales": "V", "head of marketing": "D"}
    assert driven["budget"] == {"chief": "", "head of sales": "C", "head of marketing": "D"}
    joint = {row["lever"]: row["roles"] for row in rights(baseline.structures["sla"])}
    assert joint["budget"] == {"chief": "", "head of sales": "J", "head of marketing": "J"}


@pytest.mark.parametrize("name", FILES)
def test_costs_item_by_item_sum_to_what_equal_budgets_reckon_with(baseline: Scenario, name: str) -> None:
    structure = baseline.structures[name]
    rows = {row["item"]: row for row in costs(baseline, structure)}
    assert sum(row["euro"] for row in rows.values()) == pytest.approx(leader_cost(baseline, structure))
    assert rows["leaders, loaded"]["euro"] == pytest.approx(1.4 * sum(chair.pay for chair in structure.chairs))
    assert rows["staff unit"]["euro"] == pytest.approx(1.4 * 50_000 * structure.staff.people)
    held = [baseline.devices[device] for device in structure.devices]
    assert rows["devices"]["euro"] == pytest.approx(sum(device.times * device.cost for device in held))
    assert rows["joint work"]["hours"] == pytest.approx(12 * structure.coordination * 11)


def test_a_chair_is_compared_with_the_chair_that_leads_the_same_people() -> None:
    renamed = ours('chairs = [{ title = "boss", leads = "both", background = "sales", selling_weight = 0.8, '
                   'pay = 88000 }]\n'
                   'budget = { decides = "boss" }\nthreshold = { decides = "boss" }\nquota = { decides = "boss" }',
                   extends="merged")  # fmt: skip
    rows = difference(renamed.structures["merged"], renamed.structures["ours"])
    assert [(cell.name, left, right) for cell, left, right in rows] == [("chair of both: title", "director", "boss")]


def test_a_default_that_is_spelled_out_is_no_difference() -> None:
    said = ours('routing = { decides = "head of sales" }\nhiring = { decides = "chief" }')
    assert difference(said.structures["separate"], said.structures["ours"]) == []


def test_a_third_level_is_drawn_below_the_second() -> None:
    deep = ours('chairs = [{ title = "head of marketing", leads = "marketing", under = "head of sales" }, '
                '{ title = "head of sales", leads = "sales", under = "president" }, '
                '{ title = "president", leads = "heads" }]')  # fmt: skip
    nodes = tree(deep, deep.structures["ours"])
    assert [node.title for node in nodes] == ["chief", "president", "head of sales", "head of marketing"]
    assert deep.structures["ours"].common_superior() == "head of sales"


# Wrong input -------------------------------------------------------------------------------------------------------


def ours(lines: str, extends: str = "separate") -> Scenario:
    text = f'extends = "baseline"\n\n[structures.ours]\nextends = "{extends}"\n{lines}\n'
    return check_text(text, "firm.toml", Path())


def problem(lines: str) -> Problem:
    with pytest.raises(ScenarioError) as caught:
        ours(lines)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(
    ("lines", "line", "key", "text"),
    [
        ('budget = { decides = "head of salse" }', (3, 5), "structures.ours.budget.decides",
         r"found 'head of salse', which is no chair.*did you mean 'head of sales'"),
        ('budget = { decides = "chief", veto = "hed of sales" }', (5, 5), "structures.ours.budget.veto",
         r"found 'hed of sales', which is no chair.*did you mean 'head of sales'"),
        ('threshold = { decides = "chief", consulted = ["head of market"] }', (5, 5),
         "structures.ours.threshold.consulted[0]",
         r"found 'head of market', which is no chair.*did you mean 'head of marketing'"),
        ('chairs = [{ title = "head of sales", leads = "sales", under = "presidnt" }, '
         '{ title = "head of marketing", leads = "marketing" }, { title = "president", leads = "heads" }]', (3, 5),
         "structures.ours.chairs[0].under", r"found 'presidnt', which is no chair.*did you mean 'president'"),
        ('chairs = [{ title = "head of sales", leads = "sales", under = "head of marketing" }, '
         '{ title = "head of marketing", leads = "marketing", under = "head of sales" }]', (3, 5), "structures.ours",
         "is its own superior"),
        ('devices = ["lead_definition", "feild_days"]', (5, 5), "structures.ours.devices",
         r"found 'feild_days'.*did you mean 'field_days'"),
        ('lead_rights = { routing = "teritory" }', (5, 5), "structures.ours.lead_rights.routing",
         r"found 'teritory'.*did you mean 'territory'"),
        ('staff = { peopel = 1 }', (5, 5), "structures.ours.staff.peopel", "did you mean 'people'"),
        ('rooting = { decides = "chief" }', (5, 5), "structures.ours.rooting", "did you mean 'routing'"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_refused_with_file_line_key_and_the_nearest_name(
    lines: str, line: tuple[int, int], key: str, text: str
) -> None:
    found = problem(lines)
    assert found.file == "firm.toml"
    assert found.line is not None
    assert line[0] <= found.line <= line[1]
    assert found.key.startswith(key)
    assert re.search(text, str(found)), str(found)
