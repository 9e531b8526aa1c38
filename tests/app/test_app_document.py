"""The file of a question, read again, is the very scenario, whatever its base and levers; nothing else is in it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from orgsim.app.document import text_of
from orgsim.app.downloads import file_of, named
from orgsim.app.question import read, shipped
from orgsim.app.start import first_question, values_against
from orgsim.language import language
from orgsim.scenario.load import check_text, load_scenario, names
from orgsim.scenario.schema import Scenario

Document = dict[str, Any]
LEVERS = {"leader_background": "marketing", "rep_variable": 0.3, "devices": ["gemba"], "budget": "chief", "sla": 3,
          "cap": 1.5}  # fmt: skip


def content(scenario: Scenario) -> Document:
    """All of a scenario but what it is called."""
    data = scenario.model_dump(exclude={"name", "title"})
    for entry in (*data["structures"].values(), *data["pay"].values()):
        del entry["title"]
    return data


@pytest.mark.parametrize("base", names())
def test_the_file_read_again_is_the_same_scenario(base: str) -> None:
    firm: Document = {"people.reps": 9, "opportunity.cycle": 10, "money.programme_spend": 150_000,
                      "structures.mine": {"extends": "merged", "sales_voice": 0.4}, "effort.horizon": "inf",
                      "structures.sla.lead_rights.sla": "inf"}  # fmt: skip
    arms = [{"structure": "separate"}, {"structure": "merged", "levers": LEVERS},
            {"structure": "mine", "pay": "fixed", "levers": {"coordination": 2, "rep_variable": 0.2}}]  # fmt: skip
    case = read({"base": base, "firm": firm, "arms": arms})
    text = text_of(case, 'A "title"\x7f\n[people]\nreps = 3', ["a comment\nreps = 4"])
    again = check_text(text, "file.toml", Path())
    assert content(again) == content(case.scenario)
    assert again.title == 'A "title"\x7f\n[people]\nreps = 3'


def test_the_file_says_only_what_differs(question: Document) -> None:
    question["firm"] = {"people.reps": 9}
    text = text_of(read(question), "Mine", [])
    assert "reps = 9" in text
    assert "marketers" not in text.replace("[[marketer", "")
    assert "size" not in text
    assert 'extends = "merged"' in text


def test_a_firm_of_the_users_own_fits_into_a_question(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    path.write_text("""extends = "midsize"
title = "Corner shop"
[effort]
horizon = "18 months"
[market]
segments = [{ name = "all", regular = true }]
[structures.ours]
extends = "cro"
coordination = "3 h"
[today]
structure = "ours"
[pay.fee]
rep = [{ metric = "wins", rate = 300 }]
""", encoding="utf-8")  # fmt: skip
    mine = load_scenario(path)
    asked = first_question(mine, "midsize")
    case = read(asked)
    assert content(case.scenario) == content(mine)
    assert case.scenario.title == "Corner shop"
    assert case.arms[0].structure == "ours"


def test_endless_values_travel_as_text() -> None:
    base = shipped("baseline")
    ended = base.with_(**{"structures.sla.lead_rights.sla": math.inf})
    values = values_against(ended, base)
    assert values["structures.sla"]["lead_rights"]["sla"] == "inf"


def test_a_firm_of_its_own_has_its_own_name_in_files_and_none_of_what_was_said_of_the_shipped_one() -> None:
    arms = [{"structure": name, "pay": "own_numbers", "levers": {}} for name in ("separate", "merged")]
    shipped_one = read({"base": "midsize", "arms": arms})
    assert file_of(shipped_one) == "orgsim-midsize"
    assert shipped_one.scenario.notes.measured
    own = read({"base": "midsize", "arms": arms, "firm": {"title": "Ma Société: \r\n<été> 2", "people.reps": 25}})
    assert file_of(own) == "orgsim-ma-soci-t-t-2"
    assert own.scenario.notes.measured == ""
    assert file_of(read({"base": "midsize", "arms": arms, "firm": {"title": "株式会社"}})) == "orgsim-midsize"


def test_what_levers_made_is_called_after_what_it_was_made_of_and_no_two_alike() -> None:
    arms = [{"structure": "merged", "pay": "own_numbers", "levers": {"coordination": hours}} for hours in (5, 6)]
    arms.append({"structure": "separate", "pay": "own_numbers", "levers": {"rep_variable": 0.4}})
    case = named(read({"base": "baseline", "arms": arms}), language("en"))
    structures = [case.scenario.structures[arm.structure].title for arm in case.arms]
    assert structures == ["Merged director, sales-bred, adjusted", "Merged director, sales-bred, adjusted 2",
                          "Separate heads"]  # fmt: skip
    assert case.scenario.pay[case.arms[2].pay].title.endswith(", adjusted")
