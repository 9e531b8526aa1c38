"""The library of coordination devices: it holds what the sources propose, says why, and moves every state."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from orgsim.organigram import device_row, level, missing
from orgsim.scenario.devices import STATES, Device, Effect
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.load import check_text, library, load_scenario
from orgsim.scenario.schema import Scenario

FILES = {path.stem: path for path in sorted((library() / "devices").glob("*.toml"))}
SIX = {"joint_targets": "D13", "joint_value_proposition": "D14", "joint_approval": "D15", "segment_analysis": "D16",
       "shared_databases": "D17", "common_indicators": "D18"}  # fmt: skip
# Rows of the evidence that propose a device: each has one. What the rest say is a right, a pay plan or a parameter.
ROWS = {11, 13, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 41, 42, 43, 44, 45, 47, 51, 52, 53, 57, 58, 59, 64, 72,
        76, 80, 82, 85, 86, 87, 88, 89, 92, 94}  # fmt: skip
DAGGER = {"embedded_marketing": "D57", "gemba": "D87"}
LIKE_TRAINING = ("rep_tip_videos", "sales_coaching")


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return load_scenario("baseline")


def test_every_device_names_its_source_and_says_what_is_assumed(baseline: Scenario) -> None:
    assert set(FILES) == set(baseline.devices)
    for name, path in FILES.items():
        text = path.read_text("utf-8")
        comment = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("#"))
        device = baseline.devices[name]
        assert re.search(r"Source: (D\d+|evidence C)", comment), name
        assert "ssumed" in comment, name
        assert re.match(r"(D\d+|C: )", device.source), name
        assert "assumption" in device.source, name
        assert device.title, name
        assert max(map(len, text.splitlines())) <= 120, name


def test_the_sources_in_comment_and_in_the_key_are_the_same(baseline: Scenario) -> None:
    for name, path in FILES.items():
        comment = " ".join(line for line in path.read_text("utf-8").splitlines() if line.startswith("#"))
        for row in re.findall(r"D\d+", baseline.devices[name].source):
            assert re.search(rf"\b{row}\b", comment), f"{name}: {row}"


def test_every_row_of_the_evidence_that_proposes_a_device_has_one(baseline: Scenario) -> None:
    named = {int(row) for device in baseline.devices.values() for row in re.findall(r"D(\d+)", device.source)}
    assert named >= ROWS


def test_the_six_joint_tasks_of_seed_000_are_all_there(baseline: Scenario) -> None:
    for number, (name, row) in enumerate(SIX.items(), start=1):
        assert baseline.devices[name].source.startswith(f"{row} (seed 000)")
        assert FILES[name].read_text("utf-8").startswith(f"# Joint task {number} of 6")


def test_every_state_of_the_teams_is_moved_by_a_device(baseline: Scenario) -> None:
    moved = {effect.state for device in baseline.devices.values() for effect in device.effects}
    assert moved == set(STATES)


def test_only_the_reporting_that_records_moves_nothing(baseline: Scenario) -> None:
    assert [name for name, device in baseline.devices.items() if not device.effects] == ["spectator_reporting"]


def test_numbers_lie_within_the_plausible_ranges(baseline: Scenario) -> None:
    for name, device in baseline.devices.items():
        for key, field in Device.model_fields.items():
            extra: Any = field.json_schema_extra or {}
            if "range" in extra and key != "trigger":
                low, high = extra["range"]
                assert low <= getattr(device, key) <= high, f"{name}.{key}"
        extra = Effect.model_fields["gain"].json_schema_extra
        low, high = extra["range"]
        assert all(low <= effect.gain <= high for effect in device.effects), name
        assert device.times * device.hours / 12 <= 10, f"{name} takes more than ten hours a month"


def test_what_resembles_unsupported_remedies_promises_less_than_what_it_resembles(baseline: Scenario) -> None:
    """Co-location and training did not help (evidence 0.2): their gains are below those of visits and of meetings."""
    def gain(device: str, state: str) -> float:
        return sum(effect.gain for effect in baseline.devices[device].effects if effect.state == state)

    for name, row in DAGGER.items():
        assert baseline.devices[name].source.startswith(f"{row}, dagger")
        assert gain(name, "field_knowledge") <= gain("field_days", "field_knowledge") / 2
        assert gain(name, "cooperation") < gain("field_days", "cooperation")
    for name in LIKE_TRAINING:
        assert "resembles training" in baseline.devices[name].source
        assert gain(name, "skill") <= 0.05


def test_a_smaller_dose_of_the_same_brings_less(baseline: Scenario) -> None:
    """D86 is a small dose of D82: same gains, same dose, fewer hours."""
    days, day = baseline.devices["field_days"], baseline.devices["rep_day"]
    assert (days.effects, days.dose) == (day.effects, day.dose)
    assert level(days) == pytest.approx(1 - math.exp(-1))
    assert level(day) == pytest.approx(1 - math.exp(-7 / 12 / 3.5))
    assert 0 < level(day) < level(days) / 3


def test_without_a_dose_the_time_does_not_matter(baseline: Scenario) -> None:
    assert level(baseline.devices["outside_advice"]) == 1
    assert level(baseline.devices["shared_databases"]) == 1


def test_a_device_row_gives_the_hours_of_all_who_take_part(baseline: Scenario) -> None:
    row = device_row(baseline, "lead_definition")
    assert row["hours_per_month"] == pytest.approx(1)
    assert row["hours_per_year"] == pytest.approx(12 * (8 + 3 + 2))
    (effect,) = row["effects"]
    assert effect["lift"] == pytest.approx(0.2 * (1 - math.exp(-2)))


def test_a_device_of_the_heads_needs_two_of_them(baseline: Scenario) -> None:
    device = baseline.devices["visible_directors"]
    assert missing(baseline, baseline.structures["separate"], device) == ""
    assert missing(baseline, baseline.structures["merged"], device) == "one chair leads both teams"
    assert missing(baseline, baseline.structures["merged"], baseline.devices["buyer_persona"]) == ""


def test_no_device_pays_anybody(baseline: Scenario) -> None:
    for path in FILES.values():
        assert set(tomllib.loads(path.read_text("utf-8"))) <= set(Device.model_fields)
    assert not {"pay", "share", "rate"} & set(Device.model_fields)


def test_a_device_of_ones_own_extends_one_that_ships() -> None:
    firm = check_text('extends = "baseline"\n[devices.weekly]\nextends = "lead_definition"\ntimes = "52 per year"\n',
                      "firm.toml", Path())  # fmt: skip
    ours, theirs = firm.devices["weekly"], firm.devices["lead_definition"]
    assert ours == theirs.model_copy(update={"times": 52.0})


@pytest.mark.parametrize(
    ("line", "key", "text"),
    [
        ('participants = ["rep"]', "participants[0]", "did you mean 'reps'"),
        ('participants = ["reps", "reps"]', "participants", "each named once"),
        ('effects = [{ state = "skil" }]', "effects[0].state", "did you mean 'skill'"),
        ('effects = [{ state = "skill", gian = 1 }]', "effects[0].gian", "did you mean 'gain'"),
        ('hours = "-1 h"', "hours", "must be at least 0"),
        ('cost = "3 h"', "cost", "found '3 h'"),
        ('extends = "lead_defintion"', "extends", "did you mean 'lead_definition'"),
    ],
)
def test_a_device_that_makes_no_sense_is_refused_at_its_line(line: str, key: str, text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        check_text(f'extends = "baseline"\n\n[devices.ours]\ntitle = "Ours"\n{line}\n', "firm.toml", Path())
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("firm.toml", 5)
    assert problem.key == f"devices.ours.{key}"
    assert text in str(problem)


# The page ----------------------------------------------------------------------------------------------------------


def test_the_page_on_structures_explains_every_key_of_a_device_and_names_every_state() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "how-to-add-a-structure.md"
    text = page.read_text("utf-8").split("## 6. Add a device")[1]
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    for key in (*Device.model_fields, *Effect.model_fields):
        assert f"`{key}`" in table, key
    for state in STATES:
        assert f"`{state}`" in text, state
