"""`orgsim structure` and `orgsim devices` in words and as data.

`python tests/test_structure_cli.py` writes into docs/structures-and-devices.md what its commands say.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from test_docs import FENCE, inside

from orgsim.cli import main
from orgsim.organigram import PRIMITIVES
from orgsim.scenario.load import library, load_scenario
from orgsim.scenario.organisation import LEVERS

PRESETS = sorted(path.stem for path in (library() / "structures").glob("*.toml"))
DEVICES = sorted(path.stem for path in (library() / "devices").glob("*.toml"))
OWN = """extends = "baseline"
title = "Ours"

[devices.standup]
title = "Ten minutes every morning"
participants = ["heads"]
times = "260 per year"
hours = "10 min"
effects = [{ state = "cooperation", gain = 0.1 }]

[structures.ours]
extends = "merged"
title = "Our way"
devices = ["standup", "buyer_persona"]
lead_rights = { sla = "2 days" }
"""


def orgsim(*args: str, width: int = 100) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(main, list(args), prog_name="orgsim")


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def own(tmp_path: Path) -> str:
    file = tmp_path / "ours.toml"
    file.write_text(OWN, encoding="utf-8")
    return str(file)


# list --------------------------------------------------------------------------------------------------------------


def test_list_shows_all_structures_for_the_eye_and_nothing_to_standard_output() -> None:
    result = orgsim("structure", "list")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    for name in PRESETS:
        assert re.search(rf"^ {name} ", result.stderr, re.MULTILINE), name
    assert re.search(r"separate +Separate heads \(today\) +2 +0 +0 +207", result.stderr)
    assert re.search(r"revops +.* +2 +0 +1 +277", result.stderr)


def test_list_gives_the_same_rows_as_json_and_csv() -> None:
    result = orgsim("structure", "list", "--format", "json")
    assert result.stderr == ""
    rows = json.loads(result.stdout)
    assert [row["structure"] for row in rows] == PRESETS
    assert [row["structure"] for row in rows if row["today"]] == ["separate"]
    table = pd.read_csv(io.StringIO(orgsim("structure", "list", "--format", "csv").stdout))
    assert table["structure"].tolist() == PRESETS
    assert table["euro_per_year"].tolist() == pytest.approx([row["euro_per_year"] for row in rows])


def test_a_structure_and_a_device_of_ones_own_are_listed(own: str) -> None:
    rows = json.loads(orgsim("structure", "list", "--scenario", own, "--format", "json").stdout)
    (ours,) = (row for row in rows if row["structure"] == "ours")
    assert (ours["title"], ours["chairs"], ours["devices"]) == ("Our way", 1, 2)
    listed = json.loads(orgsim("devices", "--scenario", own, "--format", "json").stdout)
    assert {row["device"] for row in listed} == {*DEVICES, "standup"}


# show --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_shown_within_the_width_of_the_terminal(name: str) -> None:
    for width in (50, 80, 120):
        result = orgsim("structure", "show", name, width=width)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == ""
        assert max(map(len, result.stderr.splitlines())) <= width
        for number, primitive in enumerate(PRIMITIVES, start=1):
            assert f"\n{number} {primitive.capitalize()}\n" in result.stderr


def test_the_tree_is_drawn_with_the_chief_executive_on_top() -> None:
    lines = orgsim("structure", "show", "cro").stderr.split("1 Authority tree\n")[1].split("\n\n")[0].splitlines()
    assert [line.rstrip() for line in lines] == [
        "chief executive",
        "└── chief revenue officer (mixed background), 2 reports",
        "    ├── head of sales (mixed background), 8 reports",
        "    │   └── 8 reps",
        "    └── head of marketing (mixed background), 3 reports",
        "        └── 3 marketers",
    ]


def test_the_matrix_says_who_decides_proposes_vetoes_and_is_consulted_and_what_is_default() -> None:
    text = orgsim("structure", "show", "marketing_driven").stderr
    assert re.search(r"^ score for hand-over +V +D +$", text, re.MULTILINE)
    assert re.search(r"^ split of the programme +C +D +$", text, re.MULTILINE)
    assert re.search(r"^ who gets a lead +\(D\) +$", text, re.MULTILINE)
    text = flat(orgsim("structure", "show", "separate", width=50).stderr)
    assert "split of the programme: chief D, head of sales P, head of marketing P" in text
    assert "in brackets: by default" in text


def test_cells_are_shown_with_units_devices_with_hours_and_cost_with_its_items() -> None:
    text = orgsim("structure", "show", "sla").stderr
    for pattern in (
        r"^  sla +3 days$", r"^  recycle +50 %$", r"^  sight +15 days$", r"^  coordination +1 h/person/month$",
        r"^  marketing's chair: pay +70,000 €/year$", r"^ all +210,200 +431 +0 *$", r"^ leaders, loaded +207,200",
    ):  # fmt: skip
        assert re.search(pattern, text, re.MULTILINE), pattern
    assert "Joint definition of a qualified lead (lead_definition): reps, marketers and heads, 12 times a year, " \
           "1 h each: 156 h a year in all. Moves definition by +0.17." in flat(text)  # fmt: skip
    assert "head of sales: 8 reports, 3.1 h a week for each before deals interrupt" in flat(text)
    assert "takes hold in 6 months" in text
    assert "in force already" in orgsim("structure", "show", "separate").stderr


def test_what_a_structure_names_and_cannot_hold_is_said(own: str) -> None:
    text = flat(orgsim("structure", "show", "ours", "--scenario", own).stderr)
    assert "(standup)" in text
    assert "Not held: one chair leads both teams." in text
    document = json.loads(orgsim("structure", "show", "ours", "--scenario", own, "--format", "json").stdout)
    assert [bool(device["not_held"]) for device in document["devices"]] == [True, False]
    (held,) = (row for row in document["cost"] if row["item"] == "devices")
    assert held["hours"] == pytest.approx(4 * 2 * 11)


@pytest.mark.parametrize("name", PRESETS)
def test_json_is_one_document_of_tree_rights_cells_devices_and_cost(name: str) -> None:
    result = orgsim("structure", "show", name, "--format", "json")
    assert result.stderr == ""
    assert "NaN" not in result.stdout
    document = json.loads(result.stdout)
    assert set(document) == {"structure", "title", "scenario", "today", "tree", "rights", "cells", "devices", "cost"}
    assert document["tree"]["title"] == "chief"
    assert [row["lever"] for row in document["rights"]] == list(LEVERS)
    structure = load_scenario("baseline").structures[name]
    values = {row["cell"]: row["value"] for row in document["cells"]}
    assert values["settlement"] == structure.settlement
    assert values["sla"] == ("inf" if structure.lead_rights.sla == float("inf") else structure.lead_rights.sla)
    assert [row["device"] for row in document["devices"]] == list(structure.devices)


# diff --------------------------------------------------------------------------------------------------------------


def test_diff_prints_what_differs_and_nothing_else() -> None:
    result = orgsim("structure", "diff", "separate", "revops")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert [re.split(r" {2,}", line.strip()) for line in result.stderr.splitlines()[2:]] == [
        ["information", "visibility", "50 %", "80 %"],
        ["sight", "15 days", "5 days"],
        ["conflict resolution", "settlement", "15 days", "7 days"],
        ["cost", "staff unit: people", "0", "1"],
    ]


def test_diff_gives_the_same_rows_as_json_and_csv() -> None:
    document = json.loads(orgsim("structure", "diff", "separate", "sla", "--format", "json").stdout)
    assert (document["a"], document["b"]) == ("separate", "sla")
    assert {"primitive": "lead rights", "cell": "sla", "a": "endless", "b": "3 days"} in document["differences"]
    text = orgsim("structure", "diff", "separate", "sla", "--format", "csv").stdout
    table = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert table.to_dict("records") == document["differences"]


def test_two_equal_structures_differ_in_nothing_and_that_is_said() -> None:
    result = orgsim("structure", "diff", "merged", "merged")
    assert result.stderr == "merged and merged differ in nothing.\n"
    assert json.loads(orgsim("structure", "diff", "cro", "cro", "--format", "json").stdout)["differences"] == []
    assert orgsim("structure", "diff", "cro", "cro", "--format", "csv").stdout == "primitive,cell,a,b\n"


@pytest.mark.parametrize("width", [50, 80, 120])
def test_diff_keeps_within_the_width_of_the_terminal(width: int) -> None:
    result = orgsim("structure", "diff", "merged", "brand_focused", width=width)
    assert max(map(len, result.stderr.splitlines())) <= width
    text = flat(result.stderr)
    assert "device field_days" in text
    assert "held" in text


# devices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [50, 80, 120])
def test_devices_are_listed_within_the_width_of_the_terminal(width: int) -> None:
    result = orgsim("devices", width=width)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert max(map(len, result.stderr.splitlines())) <= width
    for name in DEVICES:
        assert name in flat(result.stderr)


def test_devices_give_the_same_rows_as_json_and_csv() -> None:
    rows = json.loads(orgsim("devices", "--format", "json").stdout)
    assert [row["device"] for row in rows] == DEVICES
    assert rows[0]["trigger"] == "inf"
    table = pd.read_csv(io.StringIO(orgsim("devices", "--format", "csv").stdout), keep_default_na=False)
    assert table["device"].tolist() == DEVICES
    by_name = table.set_index("device")
    assert by_name.loc["request_form", "effects"] == "requests:-0.2 clarity:0.05"
    assert by_name.loc["lead_definition", "participants"] == "reps marketers heads"


# text, wrong input -------------------------------------------------------------------------------------------------


def test_text_prints_the_file_of_a_preset_or_a_device_to_read_or_to_copy() -> None:
    for command, kind, name in (("structure", "structures", "sla"), ("devices", "devices", "gemba")):
        result = orgsim(command, "text", name)
        assert result.stdout == (library() / kind / f"{name}.toml").read_text("utf-8")
        assert result.stderr == ""


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["structure", "show", "seperate"], "structure: found 'seperate'; allowed: brand_focused, "),
        (["structure", "show", "seperate"], "(did you mean 'separate'?)"),
        (["structure", "diff", "merged", "crro"], "(did you mean 'cro'?)"),
        (["structure", "text", "revosp"], "(did you mean 'revops'?)"),
        (["devices", "text", "gmeba"], "(did you mean 'gemba'?)"),
        (["structure", "show", "cro", "--scenario", "baselin"], "did you mean 'baseline'?"),
        (["structure", "diff", "merged"], "Missing argument 'B'"),
        (["structure", "lst"], "Did you mean 'list'?"),
        (["structure", "show", "cro", "--format", "csv"], "'table', 'json'"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_is_right(args: list[str], text: str) -> None:
    result = orgsim(*args, width=300)
    assert result.exit_code == 2, result.output
    assert text in flat(result.stderr)
    assert result.stdout == ""


# The page ----------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[1] / "docs" / "structures-and-devices.md"


def page_anew(text: str, folder: Path) -> str:
    """The page with what its commands say in a terminal of 100 columns."""

    def block_anew(block: re.Match[str]) -> str:
        if block[1] != "console":
            return block[0]
        shown = ""
        for command in re.findall(r"^\$ (.*)\n", block[2], re.MULTILINE):
            result = orgsim(*shlex.split(command)[1:])
            assert result.exit_code == 0, f"{command}: {result.output}"
            said = result.stderr.strip("\n").splitlines()
            shown += f"$ {command}\n" + "".join(f"{row.rstrip()}\n" for row in said)
        return f"```console\n{shown}```"

    with inside(folder):
        return FENCE.sub(block_anew, text)


def test_what_the_page_shows_is_what_the_commands_say(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    assert page_anew(text, tmp_path) == text
    assert text.count("\n$ orgsim") >= 4


def test_the_page_names_every_preset_and_every_device() -> None:
    text = PAGE.read_text("utf-8")
    missing: list[Any] = [name for name in (*PRESETS, *DEVICES) if not re.search(rf"\b{name}\b", text)]
    assert missing == []


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(page_anew(PAGE.read_text(encoding="utf-8"), Path(name)), encoding="utf-8")
