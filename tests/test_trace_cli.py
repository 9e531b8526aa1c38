"""`orgsim trace`: what is printed is what the ledger holds, and mistakes are told with what is allowed.

`python tests/test_trace_cli.py` writes into docs/trace.md what its commands say.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import orgsim
from orgsim.commands.terminal import Commands
from orgsim.commands.trace import trace
from orgsim.experiments.ledger.ledger import ledger
from orgsim.language import language
from orgsim.scenario.schema import Scenario

PAGE = Path(__file__).resolve().parents[1] / "docs" / "trace.md"
FIRM = """extends = "baseline"
title = "Corner shop"
[market]
size = 500
episodes_per_year = 0.8
[time]
years = 0.5
warm_up_years = 0.4
run_off_months = 0
[people]
reps = 2
marketers = 1
"""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trace") / "shop.toml"
    path.write_text(FIRM, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def scenario(firm: str) -> Scenario:
    return orgsim.load_scenario(firm)


def say(*arguments: str, columns: int = 140) -> Result:
    program = Commands("orgsim")
    program.add_command(trace)
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(program, ["trace", *arguments], prog_name="orgsim")


def page_again(text: str) -> str:
    """The page with what its commands really say; the time that compiling takes is not part of it."""

    def answered(block: re.Match[str]) -> str:
        command = block[1]
        result = say(*shlex.split(command)[2:], columns=110)
        assert result.exit_code == 0, result.output
        lines = [line.rstrip() for line in result.stderr.splitlines() if not line.startswith("Compiling the engine")]
        return f"```console\n$ {command}\n" + "\n".join(lines).strip("\n") + "\n```"

    return re.sub(r"```console\n\$ ([^\n]*)\n.*?```", answered, text, flags=re.DOTALL)


def test_the_table_shows_the_cross_table_the_divergences_and_whom_to_follow(firm: str, scenario: Scenario) -> None:
    result = say(firm, "--seed", "5")
    assert result.exit_code == 0, result.output
    one = ledger(scenario, "merged", "separate", seed=5)
    text = " ".join(result.stderr.split())
    assert result.stdout == ""
    both = one.cross_table()
    assert f"Of {both.loc['all', 'all']:,} needs of accounts that fit" in text
    assert f"{both.loc['won', 'won']:,} are won under both arms" in text
    assert "Sums are those of the two runs, to the cent." in text
    for label in one.divergences()["label"]:
        assert label in text
    assert "The firm's first difference: director set brand's share" in text
    assert "no data set at hand varies structure or pay" in text


def test_json_holds_all_flows_totals_and_divergences(firm: str, scenario: Scenario) -> None:
    result = say(firm, "--seed", "5", "--format", "json")
    data = json.loads(result.stdout)
    one = ledger(scenario, "merged", "separate", seed=5)
    assert data["flows"] == one.flows.to_dict("records")
    assert data["divergences"] == one.divergences().to_dict("records")
    assert all(row["ledger_a"] == row["run_a"] and row["ledger_b"] == row["run_b"] for row in data["totals"])
    assert [arm["structure"] for arm in data["arms"]] == ["merged", "separate"]
    assert data["first_difference"]["day"] == 0


def test_csv_has_a_row_for_each_need(firm: str, scenario: Scenario) -> None:
    result = say(firm, "--seed", "5", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    one = ledger(scenario, "merged", "separate", seed=5)
    assert len(rows) == len(one.episodes)
    assert sum(row["end_a"] == "won" for row in rows) == one.cross_table().loc["won", "all"]


def test_the_story_suggested_can_be_followed(firm: str) -> None:
    data = json.loads(say(firm, "--seed", "5", "--format", "json").stdout)
    followed = data["worth_following"][0]
    by_name = say(firm, "--seed", "5", "--prospect", followed["name"], "--structures", "merged,separate,cro")
    assert by_name.exit_code == 0, by_name.output
    text = " ".join(by_name.stderr.split())
    assert f"{followed['name']} (id {followed['prospect']})" in text
    assert "First difference between merged and separate" in text
    assert "Under cro:" in text
    assert "What this account's orders bring in the horizon" in text
    by_id = say(firm, "--seed", "5", "--prospect", str(followed["prospect"]), "--structures", "merged,separate,cro")
    assert by_id.stderr == by_name.stderr
    story = json.loads(say(firm, "--seed", "5", "--prospect", followed["name"], "--format", "json").stdout)
    assert set(story["money"]) == {"merged", "separate"}
    rows = list(csv.DictReader(io.StringIO(
        say(firm, "--seed", "5", "--prospect", followed["name"], "--format", "csv").stdout)))  # fmt: skip
    events = sum(len(chapter["shared"]) + sum(len(arm["events"]) for arm in chapter["arms"])
                 for chapter in story["chapters"])  # fmt: skip
    assert len(rows) == events


def test_a_story_is_told_in_french(firm: str) -> None:
    asked = [firm, "--seed", "5", "--prospect", "core:3", "--language", "fr"]
    shown = say(*asked)
    assert shown.exit_code == 0, shown.output
    text = " ".join(shown.stderr.split())
    assert "core region:3 (identifiant 3)" in text
    assert "Pareil dans tous les cas\u202f:" in shown.stderr
    assert "Ce que rapportent les commandes de ce compte pendant la période simulée" in text
    data = json.loads(say(*asked, "--format", "json").stdout)
    english = json.loads(say(*asked[:-2], "--format", "json").stdout)
    assert list(data) == list(english)
    assert list(data["money"]) == [language("fr").say(f"figures.structure.{name}") for name in ("merged", "separate")]
    assert data["chapters"][0]["title"].startswith("Besoin ")
    assert [chapter["shared"][0]["day"] for chapter in data["chapters"]] == [
        chapter["shared"][0]["day"] for chapter in english["chapters"]]  # fmt: skip
    assert "Besoin 1" in say(*asked, "--format", "csv").stdout


def test_lines_of_a_french_story_are_not_broken_within_a_figure(firm: str) -> None:
    for columns in range(60, 100, 5):
        shown = say(firm, "--seed", "5", "--prospect", "core:3", "--language", "fr", columns=columns).stderr
        assert [line for line in shown.splitlines() if re.match(r"\s*[:;%€»]", line) or len(line) > columns] == []


def test_several_worlds_give_intervals(firm: str) -> None:
    result = say(firm, "--replicates", "3")
    assert result.exit_code == 0, result.output
    assert "mean of 3 worlds with 95 % intervals" in result.stderr
    data = json.loads(say(firm, "--replicates", "2", "--format", "json").stdout)
    assert all(row["count_low"] <= row["count"] <= row["count_high"] for row in data["flows"])
    alone = json.loads(say(firm, "--replicates", "1", "--format", "json").stdout)
    assert all(row["count_low"] is None for row in alone["flows"])  # one world has no interval


def test_the_audit_says_what_it_audits(firm: str) -> None:
    result = say(firm, "--audit", "--audit-size", "60")
    assert result.exit_code == 0, result.output
    assert "Auditing a part: 60 of 500 prospects" in result.stderr
    assert "Every draw with the same counter gave the same numbers in both arms." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prospect", "corr:1"], "no segment is called 'corr'"),
        (["--prospect", "99999999999"], "no prospect has the id 99999999999"),
        (["--prospect", "core:9999"], "prospects of 'core region' are numbered 0 to 149"),
        (["--arms", "mergd,separat / fix"], "did you mean 'merged'"),
        (["--structures", "merged"], "found 1 arm: merged / own_numbers; name two arms"),
        (["--structures", "merged,cro,separate"], "found 3 arms"),
        (["--arms", "merged,cro", "--pay", "fixed"], "give one or the other"),
        (["--prospect", "1", "--language", "fra"], "did you mean 'fr'"),
        (["--language", "fr"], "give --prospect too"),
        (["--prospect", "1", "--audit"], "--prospect and --audit do not go together"),
        (["--years", "-1"], "--years"),
        (["--structures", "merged,sepparate", "--pay", "fixxed"], "did you mean 'fixed'"),
    ],
)
def test_mistakes_are_told_with_what_is_allowed(firm: str, arguments: list[str], said: str) -> None:
    result = say(firm, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_years_shorten_the_horizon(firm: str) -> None:
    short = json.loads(say(firm, "--years", "3 months", "--format", "json").stdout)
    whole = json.loads(say(firm, "--format", "json").stdout)
    counts = [sum(row["count"] for row in data["flows"]) for data in (short, whole)]
    assert 0 < counts[0] < counts[1]


def test_a_missing_scenario_is_told() -> None:
    result = say(str(Path("no-such.toml")))
    assert result.exit_code == 2
    assert "no such scenario" in result.stderr


@pytest.mark.slow
def test_the_page_shows_what_its_commands_really_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page_again(text) == text, "out of date; run: python tests/test_trace_cli.py"


if __name__ == "__main__":
    PAGE.write_text(page_again(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
