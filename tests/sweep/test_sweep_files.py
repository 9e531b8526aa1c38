"""Mistyped experiment files and questions: every mistake is told with its line, nothing is written, no traceback."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import sweeping
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweeping import in_process

GOOD = """\
title = "Team size"
scenario = "baseline"
structures = ["merged", "separate"]
pay = ["own_numbers"]
replicates = 2
seed = 0
start = "today"
budget = "free"
uncertain = false

[settings]
"market.size" = 200
"time.years" = 0.25
"time.run_off_months" = 0

[design]
kind = "grid"

[factors]
"people.reps" = [2, 4]
"contact.patience" = { range = ["2 weeks", "10 weeks"], levels = 2 }
"effort.cost" = { range = "plausible", levels = 2 }
"""
# What is written instead of what: the line, the key and words of the message that tells it.
MISTAKES: dict[str, tuple[str, str, int, str, str]] = {
    "an unknown key": ("replicates = 2", "replicate = 2", 5, "replicate", "did you mean 'replicates'"),
    "an unknown scenario": ('"baseline"', '"basline"', 2, "scenario", "did you mean 'baseline'"),
    "an unknown structure": ('"merged"', '"mergd"', 3, "structures[0]", "did you mean 'merged'"),
    "an unknown pay plan": ('"own_numbers"', '"own_number"', 4, "pay[0]", "did you mean 'own_numbers'"),
    "no replicates": ("replicates = 2", "replicates = 0", 5, "replicates", "must be at least 1"),
    "half a replicate": ("replicates = 2", "replicates = 2.5", 5, "replicates", "whole number"),
    "a negative seed": ("seed = 0", "seed = -1", 6, "seed", "must be at least 0"),
    "an unknown start": ('"today"', '"tomorow"', 7, "start", "today"),
    "an unknown budget": ('"free"', '"fre"', 8, "budget", "free"),
    "a truth as text": ("uncertain = false", 'uncertain = "maybe"', 9, "uncertain", "true or false"),
    "an unknown setting": ('"market.size" = 200', '"market.sise" = 200', 12, "market.sise", "did you mean 'size'"),
    "a wrong setting": ('"time.years" = 0.25', '"time.years" = -3', 13, "time.years", "more than 0"),
    "another unit": ('"market.size" = 200', '"market.size" = "2 weeks"', 12, "market.size", "found '2 weeks'"),
    "an unknown design": ('kind = "grid"', 'kind = "gird"', 17, "design.kind", "did you mean 'grid'"),
    "an unknown key of the design": ('kind = "grid"', 'kin = "grid"', 17, "design.kin", "did you mean 'kind'"),
    "an unknown factor": ('"people.reps"', '"people.rep"', 20, 'factors."people.rep"', "did you mean 'reps'"),
    "half a person": ("[2, 4]", "[2, 4.5]", 20, "people.reps", "whole number"),
    "no values": ("[2, 4]", "[]", 20, "people.reps", ""),
    "a factor that is text": ("[2, 4]", '"two"', 20, "people.reps", ""),
    "a range of three": ('["2 weeks", "10 weeks"]', "[2, 3, 4]", 21, "contact.patience", "found 3 values"),
    "a range backwards": ('["2 weeks", "10 weeks"]', "[9, 2]", 21, "contact.patience", ""),
    "an unknown unit": ('"10 weeks"', '"10 weesk"', 21, "contact.patience", "week"),
    "an unknown distribution": ('{ range = "plausible", levels', '{ distribution = "norml", levels', 22, "effort.cost",
                                "did you mean 'normal'"),
    "a word for a range": ('"plausible"', '"plausibel"', 22, "effort.cost", "did you mean 'plausible'"),
    "a range without levels in a grid": (', levels = 2 }\n"eff', ' }\n"eff', 21, "contact.patience", "levels"),
    "an unknown key of a factor": ('levels = 2 }\n"eff', 'level = 2 }\n"eff', 21, "level", "did you mean 'levels'"),
    "a list of points without points": ('kind = "grid"', 'kind = "list"', 0, "points", "[[points]]"),
    "a setting that is a factor": ('"time.run_off_months" = 0', '"people.reps" = 3', 14, "people.reps", "factors"),
    "broken TOML": ("seed = 0", "seed = = 0", 6, "", ""),
}  # fmt: skip


def checked(folder: Path, text: str) -> tuple[int, str]:
    """Exit code and message of `orgsim sweep --dry-run` on a file with this text; nothing may be written by it."""
    file = folder / "x.toml"
    file.write_text(text, encoding="utf-8")
    code, out, err = in_process("sweep", file, "--out", folder / "out", "--dry-run")
    assert out == ""
    assert os.listdir(folder) == ["x.toml"]
    return code, err


def test_the_file_without_mistakes_is_fine(tmp_path: Path) -> None:
    code, err = checked(tmp_path, GOOD)
    assert code == 0, err
    assert "8 points x 2 arms x 2 worlds = 32 runs" in err


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_told_with_its_line_its_key_and_what_is_allowed(tmp_path: Path, what: str) -> None:
    old, new, line, key, words = MISTAKES[what]
    assert GOOD.count(old) == 1
    code, err = checked(tmp_path, GOOD.replace(old, new))
    assert code == 2, err
    place = f"x.toml:{line}: " if line else "x.toml: "  # what is not there has no line
    assert place in err, err
    told = next(one for one in err.splitlines() if place in one)
    assert key in told
    assert words in told


def test_mistakes_in_all_parts_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD
    together = ["an unknown structure", "an unknown pay plan", "an unknown factor", "half a person", "a range of three"]
    for what in together[:2] + together[4:]:
        text = text.replace(*MISTAKES[what][:2])
    code, err = checked(tmp_path, text)
    assert code == 2
    for what in together[:2] + together[4:]:
        assert f"x.toml:{MISTAKES[what][2]}: " in err, err


WORDS = st.sampled_from(
    ["0", "-1", "1e400", "nan", "inf", '""', '"x"', '"2 weeks"', "[]", "[[]]", "[1]", '["a", 1]', "{}", "{ a = 1 }",
     "true", "2000-01-01", "1.5", "99999999999999999999", "{ values = [1] }", "{ range = [1, 2] }",
     '{ distribution = "beta" }',
     "{ range = [nan, inf] }", "{ values = [] }", '{ distribution = "normal", mean = 1, sd = -1 }', "{ levels = 0 }",
     '{ range = "plausible", levels = 1 }', "{ range = [2, 2], levels = 3 }", "{ range = [true, false] }", "[nan]",
     "[inf, 1]",
     '{ distribution = "triangular", low = 3, mode = 2, high = 1 }', "[[1, 2], [3]]", "[true]", '"\\u0000"'],
)  # fmt: skip
KEYS = st.sampled_from(
    ["title", "scenario", "structures", "pay", "arms", "replicates", "seed", "start", "budget", "uncertain", "x",
     "points",
     "factors", "settings", "design", "design.kind", "design.points", "design.seed", "design.trajectories",
     'settings."market.size"', 'factors."people.reps"', 'factors."contact.patience"', 'factors."today.structure"',
     'factors."structures"', 'factors."structures.merged"', 'factors."structures.cro.chairs"', 'factors."lead"',
     'factors.""', 'factors."."', 'factors."market..size"', 'factors."pay.own_numbers.rep.0.share"', 'factors."title"',
     'factors."notes"', 'factors."market.segments.0.share"', 'factors."market.segments.99.share"', 'factors."limit"',
     'settings."limit"'],
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(changes=st.dictionaries(KEYS, WORDS, min_size=1, max_size=2), kind=st.sampled_from(
    ["grid", "list", "sobol", "latin_hypercube", "one_at_a_time", "saltelli", "morris"]))  # fmt: skip
def test_no_file_gives_a_traceback_and_a_wrong_one_is_told(
    changes: dict[str, str], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    top = [f"{key} = {value}" for key, value in changes.items() if "." not in key.split('"')[0]]
    below = [f"{key} = {value}" for key, value in changes.items() if "." in key.split('"')[0]]
    keys = {key for key in changes if key in ("scenario", "structures", "settings", "factors", "design")}
    text = [*top, *below]
    text += ["replicates = 1"] if "replicates" not in changes else []
    text += [f'design.kind = "{kind}"'] if not keys & {"design"} and "design.kind" not in changes else []
    text += ['factors."contact.reach" = [0.5]'] if "factors" not in keys else []
    code, err = checked(folder, "\n".join(text) + "\n")
    assert code in (0, 2), (text, err)
    assert "Traceback" not in err
    if code == 2:
        assert "x.toml" in err, (text, err)
        assert "--debug" not in err


# Questions to what is there ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("swept") / "out"
    sweeping.undisturbed(sweeping.small(2), place)
    return place


@pytest.mark.parametrize(
    "sql",
    ["selec 1", "SELECT nothing FROM runs", "SELECT * FROM walks", "SELECT 1 +", "SELECT 'x'::INT", "", ";", "-- none"],
)
def test_a_question_that_is_no_sql_is_told_as_such(folder: Path, sql: str) -> None:
    code, out, err = in_process("query", folder, sql)
    assert code == 2, err
    assert out == ""
    assert "--debug" not in err


def test_a_question_with_an_unknown_column_names_columns_near_it(folder: Path) -> None:
    code, _, err = in_process("query", folder, "SELECT profi FROM runs")
    assert code == 2
    assert "profit" in err


@pytest.mark.parametrize("sql", [
    "DELETE FROM runs", "DROP VIEW runs", "CREATE TABLE x AS SELECT 1", "UPDATE points SET point = 3",
    "INSERT INTO runs SELECT * FROM runs",
])  # fmt: skip
def test_no_question_changes_what_is_on_disk(folder: Path, sql: str) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code, _, err = in_process("query", folder, sql)
    assert code in (0, 2), err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("form", ["json", "csv"])
def test_answers_for_programs_are_on_standard_output_alone(folder: Path, form: str) -> None:
    sql = 'SELECT "people.reps" AS reps, count(*) AS n FROM runs GROUP BY ALL ORDER BY 1'
    code, out, err = in_process("query", folder, sql, "--format", form)
    assert (code, err) == (0, "")
    found = json.loads(out) if form == "json" else [line.split(",") for line in out.split()]
    assert found == ([{"reps": reps, "n": 4} for reps in (2, 3, 4)] if form == "json" else
                     [["reps", "n"], ["2", "4"], ["3", "4"], ["4", "4"]])  # fmt: skip


@pytest.mark.parametrize(("name", "words"), [("x.txt", ".csv, .parquet"), ("x", ".csv, .parquet"), ("x.CSV", ".csv")])
def test_an_export_to_another_ending_is_told(folder: Path, tmp_path: Path, name: str, words: str) -> None:
    code, _, err = in_process("export", folder, tmp_path / name)
    assert code == 2
    assert words in err
    assert os.listdir(tmp_path) == []


def test_an_export_to_a_folder_s_name_names_that_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    code, _, err = in_process("export", folder, tmp_path / "x.csv")
    assert code == 2, err
    assert re.search(r"[/ ']x\.csv\b", err), err
    assert ".part" not in err
    assert os.listdir(tmp_path) == ["x.csv"]


def test_an_incomplete_sweep_is_exported_only_when_asked(tmp_path: Path, folder: Path) -> None:
    import shutil

    place = tmp_path / "out"
    shutil.copytree(folder, place)
    for path in sweeping.shards(place):
        path.unlink()
    code, _, err = in_process("export", place, tmp_path / "x.csv")
    assert code == 1
    assert "12 of 12 runs are missing" in err
    assert "--partial" in err
    assert not (tmp_path / "x.csv").exists()
    code, _, err = in_process("export", place, tmp_path / "x.csv", "--partial")
    assert code == 0, err
    assert "12 of 12 runs are missing" in err
    assert len((tmp_path / "x.csv").read_text("utf-8").splitlines()) == 1
    code, _, err = in_process("query", place, "SELECT count(*) FROM runs")
    assert code == 0, err


def test_csv_and_parquet_hold_the_same(folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    for name in ("x.csv", "x.parquet"):
        assert in_process("export", folder, tmp_path / name)[0] == 0
    csv: Any = pd.read_csv(tmp_path / "x.csv", float_precision="round_trip")
    parquet = pd.read_parquet(tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(
        csv.drop(columns="error"), parquet.drop(columns="error"), check_dtype=False, check_exact=True
    )
    assert csv["error"].isna().all()
    assert parquet["error"].isna().all()
