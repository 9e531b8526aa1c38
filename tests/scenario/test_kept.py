"""What is made of a scenario is made once, and goes with it."""

from __future__ import annotations

import gc
import weakref

import pytest

import orgsim
from orgsim.leadership.arms import arm_record, device_records
from orgsim.leadership.contracts import component_records
from orgsim.scenario.kept import kept_with_scenario


def test_records_of_a_structure_are_made_once_for_a_scenario_and_anew_for_another() -> None:
    firm = orgsim.load_scenario("baseline")
    other = firm.with_(**{"leadership.culture": 0.5})
    assert device_records(firm, firm.structures["sla"]) is device_records(firm, firm.structures["sla"])
    changed = device_records(other, other.structures["sla"])
    assert changed is not device_records(firm, firm.structures["sla"])
    assert (changed["pace"] <= device_records(firm, firm.structures["sla"])["pace"]).all()
    assert (changed["pace"] < device_records(firm, firm.structures["sla"])["pace"]).any()


def test_parts_and_plain_values_are_told_apart() -> None:
    firm = orgsim.load_scenario("baseline")
    structure, plan = firm.structures["cro"], firm.pay["own_numbers"]
    stays, goes = (arm_record(firm, structure, plan, changed=changed) for changed in (False, True))
    assert (stays["adoption"], goes["adoption"]) == (0.0, firm.leadership.adoption)
    reps, marketers = (component_records(firm, plan, role) for role in ("rep", "marketer"))
    assert reps["metric"] != marketers["metric"]


def test_a_kept_record_cannot_be_written_but_its_copy_can() -> None:
    firm = orgsim.load_scenario("baseline")
    record = arm_record(firm, firm.structures["cro"], firm.pay["fixed"], changed=True)
    with pytest.raises(ValueError, match="read-only"):
        record["visibility"] = 0.9
    own = record.copy()
    own["visibility"] = 0.9
    assert record["visibility"] != own["visibility"]


def test_what_is_kept_goes_with_its_scenario() -> None:
    class Made:
        pass

    @kept_with_scenario
    def made(scenario: object) -> Made:
        return Made()

    firm = orgsim.load_scenario("baseline").with_(**{"people.reps": 3})
    gone = weakref.ref(made(firm))
    assert gone() is made(firm)
    del firm
    gc.collect()
    assert gone() is None


def test_runs_of_one_scenario_do_not_touch_each_other_through_what_is_kept() -> None:
    firm = orgsim.load_scenario("baseline").with_(**{"market.size": 300, "time.years": 0.5, "time.run_off_months": 0})
    first = orgsim.run(firm, structure="sla", pay="contest", seed=3)
    orgsim.run(firm, structure="merged", pay="accelerated", seed=4)
    again = orgsim.run(firm, structure="sla", pay="contest", seed=3)
    anew = orgsim.run(firm.with_(**{"title": "another"}), structure="sla", pay="contest", seed=3)
    for other in (again, anew):
        for one, two in zip(first.world, other.world, strict=True):
            assert one.tobytes() == two.tobytes()
