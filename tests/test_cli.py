"""The command line, as programs and people meet it."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from orgsim.cli import main
from orgsim.commands.verdict import verdict
from orgsim.experiments.store import plain

ROOT = Path(__file__).resolve().parents[1]
SMALL = """
extends = "baseline"
title = "A small market"
[market]
size = 300
[time]
years = 0.5
warm_up_years = 0.5
run_off_months = 0
"""
FILES = ["runs.parquet", "summary.csv", "revenue_and_waste.png", "revenue_and_waste.svg", "funnel.png", "funnel.svg",
         "manifest.json"]  # fmt: skip


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small scenario in an empty folder, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    return "small.toml"


def orgsim(*args: str, width: int = 120) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(main, list(args), prog_name="orgsim")


def compare(small: str, *args: str, width: int = 120) -> Result:
    return orgsim("compare", small, "--structures", "merged,separate", "--replicates", "3", *args, width=width)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


# compare -----------------------------------------------------------------------------------------------------------


def test_compare_prints_tables_for_the_eye_and_nothing_to_standard_output(small: str) -> None:
    result = compare(small)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    text = flat(result.stderr)
    for words in ("A small market", "Money, k€ a year", "Profit after", "Missed demand", "(today)", "±",
                  "Against today (separate / own_numbers)", "rest on assumed parameters", "Pairing made differences",
                  "Written to orgsim-results/small", "Again: orgsim compare small.toml"):  # fmt: skip
        assert words in text


def test_compare_writes_runs_summary_figures_and_manifest(small: str) -> None:
    assert compare(small, "--out", "here").exit_code == 0
    assert sorted(os.listdir("here")) == sorted(FILES)
    runs = pd.read_parquet("here/runs.parquet")
    assert list(runs.columns[:4]) == ["structure", "pay", "replicate", "seed"]
    assert len(runs) == 2 * 2 * 3
    manifest = json.loads(Path("here/manifest.json").read_text("utf-8"))
    assert manifest["command"][:3] == ["orgsim", "compare", "small.toml"]
    assert manifest["seed"] == 0
    assert manifest["scenarios"][0]["market"]["size"] == 300


def test_the_printed_command_makes_the_same_bytes_again_in_tables_and_figures(small: str) -> None:
    first = compare(small, "--seed", "7", "--years", "4 months", "--out", "once", width=400)
    command = first.stderr.split("Again: orgsim ")[1].splitlines()[0]
    again = orgsim(*(part.replace("once", "twice") for part in shlex.split(command)))
    assert again.exit_code == 0, again.stderr
    for name in FILES[:-1]:
        assert Path("once", name).read_bytes() == Path("twice", name).read_bytes(), name


def test_runs_are_the_same_bytes_for_one_thread_and_two(small: str) -> None:
    for threads in ("1", "2"):
        result = orgsim("compare", small, "--replicates", "6", "--threads", threads, "--out", threads)
        assert result.exit_code == 0, result.stderr
    assert Path("1/runs.parquet").read_bytes() == Path("2/runs.parquet").read_bytes()


def test_json_is_one_document_on_standard_output_without_nan_and_with_nothing_else(small: str) -> None:
    result = compare(small, "--format", "json")
    assert "NaN" not in result.stdout
    assert "Infinity" not in result.stdout
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert document["scenario"] == "small"
    assert document["replicates"] == 3
    assert document["years"] == pytest.approx(0.5)
    assert document["today"] == {"structure": "separate", "pay": "own_numbers"}
    assert document["signs_kept"] is None
    assert document["verdict"].startswith("Against today (separate / own_numbers)")
    assert "assumed parameters" in document["assumptions"]
    assert [Path(file).name for file in document["files"]] == FILES
    assert len(document["arms"]) == 4
    runs = pd.read_parquet(document["files"][0])
    for arm in document["arms"]:
        own = runs[(runs["structure"] == arm["structure"]) & (runs["pay"] == arm["pay"])]
        profit = arm["metrics"]["profit"]
        assert profit["mean"] == pytest.approx(own["profit"].mean())
        today = arm["structure"] == "separate" and arm["pay"] == "own_numbers"
        assert (profit["difference"] is None) == today
        assert set(profit) == {"mean", "low", "high", "difference", "difference_low", "difference_high", "median",
                               "euro_a_year", "together_low", "together_high", "share_better", "share_equal",
                               "variance_reduction", "p_value", "p_adjusted"}  # fmt: skip


def test_csv_is_the_summary_with_a_row_for_each_arm_and_metric(small: str) -> None:
    result = compare(small, "--format", "csv")
    table = pd.read_csv(io.StringIO(result.stdout))
    assert result.stderr == ""
    assert list(table.columns[:3]) == ["structure", "pay", "metric"]
    assert len(table) == 4 * 7
    assert result.stdout == Path("orgsim-results/small/summary.csv").read_text("utf-8")


def test_several_scenarios_give_a_list_and_a_folder_for_each(small: str) -> None:
    Path("other.toml").write_text('extends = "small.toml"\ntitle = "Another"\n', encoding="utf-8")
    result = orgsim("compare", "./small.toml", "./other.toml", "--replicates", "2", "--structures", "merged", "--pay",
                    "own_numbers", "--out", "both", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert [document["scenario"] for document in json.loads(result.stdout)] == ["small", "other"]
    assert sorted(os.listdir("both")) == ["other", "small"]


def test_one_replicate_says_that_no_interval_is_possible(small: str) -> None:
    table = compare(small, "--replicates", "1")
    assert "no interval is possible" in flat(table.stderr)
    document = json.loads(compare(small, "--replicates", "1", "--format", "json").stdout)
    assert document["arms"][0]["metrics"]["profit"]["low"] is None


def test_uncertain_reports_the_share_of_draws_that_keep_each_sign(small: str) -> None:
    result = compare(small, "--uncertain")
    assert result.exit_code == 0, result.stderr
    assert "that keep the sign" in flat(result.stderr)
    signs = json.loads(compare(small, "--uncertain", "--format", "json").stdout)["signs_kept"]
    assert all(0 <= row["draws_that_keep_it"] <= 1 for row in signs)


def test_today_alone_has_nothing_to_be_compared_with(small: str) -> None:
    result = orgsim("compare", small, "--structures", "separate", "--pay", "own_numbers", "--replicates", "2")
    assert result.exit_code == 0, result.stderr
    assert "nothing to compare it with" in flat(result.stderr)


def test_an_arm_that_cannot_differ_is_said_to_be_equal_by_construction(small: str) -> None:
    text = 'extends = "./small.toml"\n[structures.twin]\nextends = "separate"\n'
    Path("twin.toml").write_text(text, encoding="utf-8")
    result = orgsim("compare", "./twin.toml", "--structures", "twin", "--pay", "own_numbers", "--replicates", "2")
    assert result.exit_code == 0, result.stderr
    assert "twin / own_numbers: equal to today's by construction" in flat(result.stderr)


@pytest.mark.parametrize("width", [50, 80, 120])
def test_tables_fit_the_terminal_and_cut_no_figure(small: str, width: int) -> None:
    text = compare(small, width=width).stderr
    assert "…" not in text
    lines = [line for line in text.splitlines() if not line.startswith(("Again:", "Why:"))]
    assert max(map(len, lines)) <= width
    assert re.search(r"vs today +[+-]?[\d,.]+ [±(]", text)


def test_another_arm_of_reference_and_other_figures_may_be_chosen(small: str) -> None:
    args = ("--pay", "own_numbers", "--against", "merged / own_numbers", "--metrics", "won,profit,answered_share")
    table = flat(compare(small, *args).stderr)
    assert "vs merged / own_numbers" in table
    assert "Against merged / own_numbers, " in table
    assert "Why: orgsim attribute small.toml --structure separate --against merged" in table
    assert "Deals won," in table
    document = json.loads(compare(small, *args, "--format", "json").stdout)
    assert document["against"] == {"structure": "merged", "pay": "own_numbers"}
    assert [list(arm["metrics"]) for arm in document["arms"]] == [["won", "profit", "answered_share"]] * 2
    everything = pd.read_csv(io.StringIO(compare(small, "--metrics", "all", "--format", "csv").stdout))
    assert len(everything) > 4 * 60


def test_arms_may_be_named_one_by_one_and_the_command_repeats_them(small: str) -> None:
    arms = ["--arms", "cro / shared_revenue,merged"]
    result = orgsim("compare", small, *arms, "--replicates", "2", "--format", "json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    named = [(arm["structure"], arm["pay"]) for arm in document["arms"]]
    assert named == [("separate", "own_numbers"), ("cro", "shared_revenue"), ("merged", "own_numbers")]
    shown = orgsim("compare", small, *arms, "--replicates", "2").stderr
    assert "'cro / shared_revenue,merged'" in " ".join(shown.split())
    both = orgsim("compare", small, *arms, "--pay", "fixed", "--replicates", "2")
    assert both.exit_code == 2
    assert "--pay: does not go with --arms" in both.stderr


def test_precision_says_whether_it_was_reached_in_how_many_worlds_and_the_command_repeats_it(small: str) -> None:
    args = ("--pay", "own_numbers", "--precision", "1000%", "--of", "lead_waste_value")
    reached = compare(small, *args, width=300)
    assert reached.exit_code == 0, reached.stderr
    assert "Precision reached in " in reached.stderr
    assert "--precision 1000% --of lead_waste_value" in reached.stderr
    missed = flat(compare(small, *args[:2], "--precision", "0.0001", "--of", "alignment_end", "--most", "5").stderr)
    assert "PRECISION NOT REACHED within 5 worlds: alignment_end, asked for" in missed
    assert re.search(r"needs about [\d,]+ worlds", missed)
    assert "5 paired replicates" in missed
    exact = ("--precision", "0.01%", "--of", "alignment_end", "--most", "4", "--format", "json")
    document = json.loads(compare(small, *args[:2], *exact).stdout)
    assert document["precision"]["met"] is False
    assert document["precision"]["replicates_needed"] > document["replicates"] == 4


def test_select_best_names_the_best_and_what_became_of_each_arm(small: str) -> None:
    result = compare(small, "--pay", "own_numbers", "--select-best", "leaders_cost", "--indifference", "5%")
    assert result.exit_code == 0, result.stderr
    text = flat(result.stderr)
    assert "has the lowest leaders' cost: with 95 % confidence it is the best of the 2 arms, or less than" in text
    assert "the best" in text
    assert "behind" in text
    assert sorted(os.listdir("orgsim-results/small")) == ["manifest.json", "runs.parquet", "selection.csv"]
    again = result.stderr.split("Again: orgsim ")[1]
    once = pd.read_parquet("orgsim-results/small/runs.parquet")
    assert orgsim(*shlex.split(again)).exit_code == 0
    assert pd.read_parquet("orgsim-results/small/runs.parquet").equals(once)
    table = pd.read_csv(io.StringIO(compare(small, "--select-best", "profit", "--format", "csv").stdout))
    assert {"structure", "pay", "state", "runs", "mean", "dropped_after", "dropped_by", "behind"} <= set(table)


def test_not_separated_is_an_answer(small: str) -> None:
    text = 'extends = "./small.toml"\n[structures.twin]\nextends = "separate"\n'
    Path("twin.toml").write_text(text, encoding="utf-8")
    args = ("--structures", "twin", "--pay", "own_numbers", "--replicates", "3", "--select-best", "revenue")
    result = orgsim("compare", "./twin.toml", *args)
    assert result.exit_code == 0, result.stderr
    assert "Not separated: today (separate / own_numbers) and twin / own_numbers have the same" in flat(result.stderr)
    document = json.loads(orgsim("compare", "./twin.toml", *args, "--format", "json").stdout)
    assert (document["answer"], document["best"], len(document["left"])) == ("equal", None, 2)
    unsure = compare(small, "--pay", "own_numbers", "--select-best", "lead_waste_value", "--indifference", "1€",
                     "--most", "6", "--format", "json")  # fmt: skip
    document = json.loads(unsure.stdout)
    assert document["answer"] == "not separated"
    assert "NOT SEPARATED within 6 worlds" in document["verdict"]


def test_all_wrong_settings_are_reported_at_once_by_the_names_of_options(small: str) -> None:
    args = ("--precision", "x", "--of", "profi", "--metrics", "wn", "--confidence", "30%", "--against", "mergd",
            "--replicates", "1", "--most", "5", "--indifference", "0%", "--interval", "bootstrap")  # fmt: skip
    result = orgsim("compare", small, *args, width=300)
    assert result.exit_code == 2
    for words in ("--of: found 'profi'", "(did you mean 'profit'?)", "--metrics: found 'wn'", "(did you mean 'won'?)",
                  "--confidence: found 30 %", "--against: found 'mergd'", "--replicates: found 1; must be at least 2",
                  "--indifference: needs --select-best", "--interval: found 'bootstrap'"):  # fmt: skip
        assert words in result.stderr, words
    assert os.listdir(".") == ["small.toml"]


# The verdict -------------------------------------------------------------------------------------------------------


def test_the_verdict_is_one_sentence_that_groups_arms_and_names_luck() -> None:
    from orgsim.results import Arm

    today = Arm("separate", "own")
    arms = tuple(Arm(structure, pay) for pay in ("own", "shared") for structure in ("separate", "merged", "cro"))
    figures = {("merged", "own"): 73e3, ("cro", "own"): 4e3}

    fake = SimpleNamespace(today=today, against=today, arms=arms, replicates=20, years=1.0, confidence=0.95)
    rows = {}
    for arm in arms:
        difference = figures.get((arm.structure, arm.pay), -200e3)
        for metric in ("profit", "lead_waste_value"):
            rows[arm, metric] = {
                "difference": difference, "difference_low": difference - 12e3, "difference_high": difference + 11e3,
                "p_adjusted": 0.6 if difference == 4e3 else 0.001,
            }  # fmt: skip
    sentence = verdict(fake, rows)  # type: ignore[arg-type]
    assert sentence == (
        "Against today (separate / own), merged / own earns 73 k€ a year more after leaders' pay (95 % interval 61 to"
        " 84) and all three arms under shared earn about 200 k€ a year less after leaders' pay; lead waste rises by"
        " 73 k€ a year (95 % interval 61 to 84) with merged / own and falls by about 200 k€ a year with all three arms"
        " under"
        " shared; within luck: the profit of cro / own (+4.0 k€ a year, -8.0 to +15) and the lead waste of cro / own"
        " (+4.0 k€ a year, -8.0 to +15)."
    )


def test_plain_data_has_no_nan_no_infinity_and_no_number_of_numpy() -> None:
    import numpy as np

    assert plain({"a": [math.nan, math.inf, np.float64(1.5)], "b": (np.int64(2), None, "x")}) == {
        "a": [None, None, 1.5], "b": [2, None, "x"],
    }  # fmt: skip
    assert plain({"patience": math.inf}, infinite="inf") == {"patience": "inf"}


# Wrong input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["compre"], "Did you mean 'compare'?"),
        (["scenarios", "lst"], "Did you mean 'list'?"),
        (["compare", "--replicate", "3"], "--replicates"),
        (["compare", "baselin"], "did you mean 'baseline'?"),
        (["compare", "--structures", "mergd"], "--structures: found 'mergd'; allowed: brand_focused, cro,"),
        (["compare", "--pay", "fixd"], "did you mean 'fixed'?"),
        (["compare", "--structures", ","], "give at least one name"),
        (["compare", "--replicates", "0"], "--replicates"),
        (["compare", "--seed", "4294967296"], "--seed"),
        (["compare", "--years", "-3"], "--years: found -3; must be more than 0"),
        (["compare", "--years", "3 weks"], "did you mean 'weeks'?"),
        (["compare", "--start", "yesterday"], "'today', 'own'"),
        (["compare", "--precision", "2"], "write a share such as '2%', or an amount a year such as '20 k€'"),
        (["compare", "--precision", "2%", "--select-best", "profit"], "--precision: does not go with --select-best"),
        (["compare", "--select-best", "hires"], "of which neither more nor less is better by itself"),
        (["compare", "--select-best", "profit", "--indifference", "0%"], "--indifference: found '0%'; must be more"),
        (["compare", "--select-best", "profit", "--replicates", "1"], "--replicates: found 1; must be at least 2"),
        (["compare", "--precision", "2%", "--most", "20"], "--most: found 20; must be from 30"),
        (["compare", "--most", "20"], "--most: needs --precision or --select-best"),
        (["compare", "--of", "won"], "--of: goes with --precision"),
        (["compare", "--confidence", "much"], "--confidence: found 'much'"),
        (["compare", "--against", "merged / fixd"], "did you mean 'fixed'?"),
        (["run"], "Missing argument 'SCENARIO'"),
        (["run", "baseline", "--structure", "seperate"], "did you mean 'separate'?"),
        (["scenarios", "show", "basline"], "did you mean 'baseline'?"),
        (["scenarios", "check", "nowhere.toml"], "no such scenario"),
        (["verify", "--set", "servers=3"], "--set needs the name of a case"),
        (["verify", "queue", "--set", "servers"], "write KEY=VALUE"),
        (["verify", "queue", "--set", "servers=a"], "is no TOML value"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_is_right(args: list[str], words: str) -> None:
    result = orgsim(*args, width=300)
    assert result.exit_code == 2, result.output
    assert words in flat(result.stderr)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_all_wrong_names_are_reported_at_once(small: str) -> None:
    result = orgsim("compare", small, "--structures", "mergd,sepparate", "--pay", "fixd")
    assert result.exit_code == 2
    assert [hint in result.stderr for hint in ("'merged'?", "'separate'?", "'fixed'?")] == [True] * 3


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_a_file_where_results_should_go_is_refused_before_anything_runs(small: str, out: str) -> None:
    Path("taken").write_text("mine", encoding="utf-8")
    for command in (["compare", small], ["run", small]):
        result = orgsim(*command, "--out", out)
        assert result.exit_code == 2
        assert "'taken' is a file" in result.stderr
    assert Path("taken").read_text("utf-8") == "mine"


def test_a_failure_of_the_program_is_one_line_and_exit_code_1_and_debug_shows_where(
    small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: object, **settings: object) -> None:
        raise RuntimeError("something broke\nwith details")

    monkeypatch.setattr("orgsim.experiments.compare.compare", breaks)
    result = compare(small)
    assert result.exit_code == 1
    assert result.stderr.strip() == "Error: RuntimeError: something broke (`orgsim --debug ...` shows where)"
    assert isinstance(orgsim("--debug", "compare", small).exception, RuntimeError)


def test_an_interrupt_says_that_nothing_was_written(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*args: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("orgsim.experiments.compare.compare", stops)
    result = compare(small)
    assert result.exit_code == 130
    assert result.stderr.strip() == "Interrupted; nothing was written."
    assert os.listdir(".") == ["small.toml"]


# run ---------------------------------------------------------------------------------------------------------------


def test_run_writes_its_tables_and_exactly_the_row_that_compare_has(small: str) -> None:
    assert compare(small, "--out", "all").exit_code == 0
    result = orgsim("run", small, "--structure", "merged", "--pay", "shared_revenue", "--replicate", "2",
                    "--out", "one", "--format", "json")  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    tables = ("accounts", "events", "hours", "leads", "pay", "people", "periods")
    assert sorted(os.listdir("one")) == [*(f"{name}.parquet" for name in tables), "summary.json"]
    document, kept = json.loads(result.stdout), json.loads(Path("one/summary.json").read_text("utf-8"))
    assert document["kpis"] == kept["kpis"]
    assert (kept["structure"], kept["pay"], kept["seed"], kept["replicate"]) == ("merged", "shared_revenue", 0, 2)
    assert {"prospects", "employees", "business_days", "seconds"} <= set(kept["facts"])
    runs = pd.read_parquet("all/runs.parquet")
    row = runs[(runs["structure"] == "merged") & (runs["pay"] == "shared_revenue") & (runs["replicate"] == 2)].iloc[0]
    assert all(row[name] == value for name, value in kept["kpis"].items() if value is not None)
    assert all(np.isnan(row[name]) for name, value in kept["kpis"].items() if value is None), "no year was completed"


def test_run_shows_key_figures_on_standard_error_and_csv_on_standard_output(small: str) -> None:
    table = orgsim("run", small)
    assert "Profit after leaders' pay" in table.stderr
    assert table.stdout == ""
    csv = pd.read_csv(io.StringIO(orgsim("run", small, "--format", "csv").stdout))
    assert list(csv.columns) == ["kpi", "value"]
    assert os.path.isdir("orgsim-results/run-small")


# scenarios ---------------------------------------------------------------------------------------------------------


def test_scenarios_are_listed_with_their_titles_and_limit_cases_marked() -> None:
    rows = {row["name"]: row for row in json.loads(orgsim("scenarios", "list", "--format", "json").stdout)}
    assert rows["baseline"]["limit"] is False
    assert rows["queue"]["limit"] is True
    assert rows["baseline"]["title"].startswith("Small firm")
    assert "limit case" in orgsim("scenarios", "list").stderr


def test_show_prints_the_file_of_a_scenario() -> None:
    assert orgsim("scenarios", "show", "baseline").stdout == (ROOT / "scenarios/baseline.toml").read_text("utf-8")


def test_a_new_scenario_passes_its_check_and_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert orgsim("scenarios", "new", 'my "firm".toml').exit_code == 0
    assert orgsim("scenarios", "check", 'my "firm".toml').stderr.endswith(": ok\n")
    again = orgsim("scenarios", "new", 'my "firm".toml')
    assert again.exit_code == 2
    assert "already there" in again.stderr


def test_every_line_that_a_new_scenario_offers_is_right_when_its_mark_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    orgsim("scenarios", "new", "firm.toml")
    text = Path("firm.toml").read_text("utf-8")
    head, rest = text.split("[market]")
    opened = re.sub(r"(?m)^# (?=\w+ = |\[|    \{|\]$)", "", "[market]" + rest)
    assert "\ncoordination = " in opened
    Path("firm.toml").write_text(head + opened, encoding="utf-8")
    result = orgsim("scenarios", "check", "firm.toml")
    assert result.exit_code == 0, result.stderr


def test_check_names_all_mistakes_with_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text('extends = "baseline"\n[market]\nsize = -5\nwindw = "3 weeks"\n', encoding="utf-8")
    result = orgsim("scenarios", "check", str(path))
    assert result.exit_code == 2
    assert f"{path}:3: market.size: found -5; must be at least 1" in result.stderr
    assert f"{path}:4: market.windw: unknown key" in result.stderr
    assert "did you mean 'window'?" in result.stderr


def test_a_file_that_is_no_text_is_refused_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "picture.toml"
    path.write_bytes(b"\x89PNG\xff\xfe")
    for command in (["scenarios", "check"], ["compare"]):
        result = orgsim(*command, str(path))
        assert result.exit_code == 2
        assert "UTF-8" in result.stderr


# verify ------------------------------------------------------------------------------------------------------------

ROWS = [{"case": "queue", "output": "p_wait", "simulated": 0.4, "closed_form": 0.5, "standard_error": 0.01, "z": -10.0,
         "agrees": False},
        {"case": "queue", "output": "mean_wait_days", "simulated": 1.0, "closed_form": 1.0, "standard_error": 0.0,
         "z": None, "agrees": True}]  # fmt: skip


def test_a_verification_that_disagrees_ends_with_1_and_json_holds_only_the_agreed_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def fake(*args: object) -> list[dict[str, object]]:
        seen.append(args[:4])
        return ROWS

    monkeypatch.setattr("orgsim.experiments.limits.verify", fake)
    result = orgsim("verify", "queue", "--set", "servers=3", "--set", "a = [0.1, 2]", "--seed", "4", "--format", "json")
    assert result.exit_code == 1
    assert "1 of 2 outputs disagree" in result.stderr
    rows = json.loads(result.stdout)
    assert [list(row) for row in rows] == [["case", "output", "simulated", "closed_form", "standard_error", "z"]] * 2
    assert rows[1]["z"] is None
    assert seen == [("queue", {"servers": 3, "a": [0.1, 2]}, None, 4)]
    assert "DISAGREES" in orgsim("verify", "queue").stderr
    assert orgsim("verify", "queue", "--format", "csv").stdout.startswith("case,output,simulated,")


# As a process of its own -------------------------------------------------------------------------------------------


def process(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "orgsim", *args], cwd=cwd, capture_output=True, encoding="utf-8",
                          env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=120)  # fmt: skip


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom orgsim.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'numba', 'rich', 'pydantic', 'matplotlib', 'mesa', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", cwd=tmp_path,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "compare" in done.stdout


def test_json_of_a_process_is_pure_and_messages_keep_to_standard_error(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    done = process("compare", "small.toml", "--replicates", "2", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scenario"] == "small"
    wrong = process("compare", "nowhere", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_control_c_ends_a_process_with_130_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "orgsim", "compare", "small.toml", "--replicates", "1000000", "--threads", "1"],
        cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        # What a shell runs in the background ignores Ctrl-C, and so do its children, unless told otherwise.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        time.sleep(6)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, err
    assert err.strip().endswith("Interrupted; nothing was written.")
    assert out == ""
    assert os.listdir(tmp_path) == ["small.toml"]
