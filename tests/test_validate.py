"""`orgsim validate`: the table of patterns recomputed; a figure that moved, or a null case that shows one, is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orgsim.cli import main
from orgsim.experiments.patterns import check as patterns_check
from orgsim.experiments.patterns import rows as patterns_rows


def validate(*options: str) -> Result:
    return CliRunner().invoke(main, ["validate", *options])


@pytest.fixture(scope="module")
def quick() -> Result:
    """One row, in the first ten worlds of each case."""
    return validate("--rows", "A10", "--quick", "--format", "json")


def test_a_row_whose_figures_reproduce_ends_with_0_and_says_so(quick: Result) -> None:
    assert quick.exit_code == 0
    (line,) = json.loads(quick.stdout)
    assert (line["row"], line["line"], line["label"]) == ("A10", "no_decision", "calibrated")
    assert line["reproduced"]
    assert not line["null_shows_an_effect"]
    assert line["low"] < line["mean"] < line["high"]
    assert line["null_mean"] == 0


def test_progress_goes_to_standard_error_and_the_table_too(quick: Result) -> None:
    assert "20 of 20 worlds" in quick.stderr
    table = validate("--rows", "A10", "--quick")
    assert table.exit_code == 0
    assert table.stdout == ""
    assert "reproduced" in table.stderr
    assert "Rows met: 0; missed: 0; input or calibrated alone: 1." in table.stderr


def test_rows_as_csv_have_a_head_and_a_line_each() -> None:
    printed = validate("--rows", "A10,A33", "--quick", "--format", "csv").stdout.splitlines()
    assert printed[0].startswith("row,line,statistic,label,unit,expected,mean,low,high,worlds,verdict")
    assert [line.split(",")[0] for line in printed[1:]] == ["A10", "A33", "A33"]


def kept(**changed: Any) -> Any:
    """What `patterns_check` reads, with other figures kept for A10."""
    figures = patterns_rows.read("figures")
    return lambda name: {**figures, "A10": {"no_decision": changed}}


@pytest.mark.parametrize("figures", [{}, {"quick": [[50.0, 49.0, 51.0], [0.0, 0.0, 0.0]]}, {"quick": []}])
def test_a_figure_that_is_not_the_one_kept_ends_with_1_and_is_named(
    figures: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns_check, "read", kept(**figures))
    result = validate("--rows", "A10", "--quick")
    assert result.exit_code == 1
    assert "1 of 1 lines do not reproduce: A10 no_decision" in result.stderr
    assert "CHANGED" in result.stderr


def test_a_null_case_that_shows_an_effect_ends_with_1_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    row = patterns_rows.chosen_rows(["A10"])[0]
    found = patterns_rows.simulate([row], quick=True)
    found["A10", "all_decide"] = found["A10", ""]
    monkeypatch.setattr(patterns_rows, "simulate", lambda *_, **__: found)
    result = validate("--rows", "A10", "--quick")
    assert result.exit_code == 1
    assert "1 null cases show an effect: A10 no_decision" in result.stderr
    assert "SHOWS" in result.stderr


def test_an_unknown_row_ends_with_2_before_anything_is_run_and_names_the_nearest() -> None:
    result = validate("--rows", "A10,A3B")
    assert result.exit_code == 2
    assert "A3B" in result.stderr
    assert "did you mean" in result.stderr.lower()


def test_without_rows_the_whole_table_is_recomputed_and_without_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def simulate(chosen: Any, **settings: Any) -> Any:
        asked.update(settings, rows=[row.name for row in chosen])
        raise RuntimeError("asked enough")

    monkeypatch.setattr(patterns_rows, "simulate", simulate)
    assert validate().exit_code == 1
    assert asked["rows"] == [row.name for row in patterns_rows.rows()]
    assert (asked["quick"], asked["looks"]) == (False, False)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_table_reproduces_quickly() -> None:
    result = validate("--quick", "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert len({line["row"] for line in json.loads(result.stdout)}) == len(patterns_rows.rows())
