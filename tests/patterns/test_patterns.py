"""The page of pay patterns says what its program finds, and every null case shows nothing; a missed line passes."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NUMBER = r"[+-]?\d+(?:\.\d+)?"
ASKED = ("A14", "A15", "A16", "A17", "A18", "A19", "A20", "A21", "A8", "E6b")


@pytest.fixture(scope="module")
def patterns() -> Iterator[ModuleType]:
    """The rows behind docs/patterns.md."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("patterns_rows")


@pytest.fixture(scope="module")
def page(patterns: ModuleType) -> ModuleType:
    """What writes docs/patterns.md."""
    return importlib.import_module("patterns_page")


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    """The generated sections of the page, by row."""
    text = (ROOT / "docs" / "patterns.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (\w+): .*$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def cells(section: str) -> dict[str, list[str]]:
    """The table of a section: cells by line."""
    table = [row.strip("|").split(" | ") for row in section.splitlines() if row.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row] for row in table}


def shown(cell: str, unit: str, page: ModuleType) -> tuple[float, float, float]:
    """Mean and interval that a cell shows."""
    if "0 exactly" in cell:
        return 0.0, 0.0, 0.0
    mean, low, high = re.search(rf"({NUMBER})[^\[]*\[({NUMBER}), ({NUMBER})\]", cell).groups()  # type: ignore[union-attr]
    scale = page.SCALES[unit][0]
    return float(mean) / scale, float(low) / scale, float(high) / scale


def lines(patterns: ModuleType) -> list[tuple[Any, Any]]:
    """Every line with its row."""
    return [(row, line) for row in patterns.rows() for line in row.lines]


def test_all_rows_are_on_the_page(patterns: ModuleType, sections: dict[str, str]) -> None:
    assert [row.name for row in patterns.rows()] == list(ASKED)
    assert list(sections) == list(ASKED)
    for row in patterns.rows():
        assert list(cells(sections[row.name])) == [line.key for line in row.lines]


def test_every_line_states_what_is_expected_and_where_it_must_vanish(
    patterns: ModuleType, page: ModuleType, sections: dict[str, str]
) -> None:
    for row, line in lines(patterns):
        assert line.low < line.high
        assert line.low >= 0.0 or line.high <= 0.0, "an expectation has a sign"
        assert line.label in ("input", "calibrated", "emergent")
        assert line.null in row.nulls
        _, statistic, label, published, expected, _, null, _ = cells(sections[row.name])[line.key]
        assert (statistic, label, published) == (line.statistic, line.label, line.published)
        assert expected == page.expected(line)
        assert null.startswith(f"{line.null}: ")
        assert row.nulls[line.null].case in sections[row.name]


def test_verdicts_follow_from_what_was_expected_and_what_was_simulated(
    patterns: ModuleType, page: ModuleType, sections: dict[str, str]
) -> None:
    for row, line in lines(patterns):
        *_, simulated, _, verdict = cells(sections[row.name])[line.key]
        _, low, high = shown(simulated, line.unit, page)
        assert verdict == patterns.verdict(line, low, high), f"{row.name} {line.key}"


def test_every_missed_line_has_a_reason(patterns: ModuleType, sections: dict[str, str]) -> None:
    for row, line in lines(patterns):
        reason = patterns.read("reasons").get(row.name, {}).get(line.key)
        if cells(sections[row.name])[line.key][-1] == "missed":
            assert reason, f"{row.name} {line.key}"
            assert reason in sections[row.name]
        else:
            assert reason is None, f"{row.name} {line.key} was not missed"


def test_no_null_case_on_the_page_shows_anything(sections: dict[str, str]) -> None:
    assert not [name for name, section in sections.items() if "not nothing" in section]


def test_the_program_finds_no_pattern_where_everybody_is_paid_a_salary(patterns: ModuleType) -> None:
    """The statistics themselves make no difference between arms that are one and the same."""
    for name in ("A15", "A17", "A20", "A21", "E6b"):
        (row,) = (row for row in patterns.rows() if row.name == name)
        same = patterns.Case("same", "", {"switches.turnover": False}, dict.fromkeys(row.arms, "salary"), {}, 1, {})
        found = patterns.figures(row, patterns.scenarios(row, same), 0, 0)
        assert {key: found[key] for key in (line.key for line in row.lines)} == dict.fromkeys(
            (line.key for line in row.lines), 0.0
        )


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ASKED)
def test_the_figures_of_the_page_are_reproduced(
    name: str, patterns: ModuleType, page: ModuleType, sections: dict[str, str]
) -> None:
    (row,) = (row for row in patterns.rows() if row.name == name)
    found = patterns.simulate([row])
    for result in patterns.results(row, found):
        line = result.line
        row_shown = cells(sections[name])[line.key]
        _, digits, _ = page.SCALES[line.unit]
        rounding = 0.51 * 10.0**-digits / page.SCALES[line.unit][0]
        for cell, estimate in ((row_shown[5], result.simulated), (row_shown[6], result.null)):
            mean, low, high = shown(cell, line.unit, page)
            assert math.isclose(mean, estimate.mean, abs_tol=rounding, rel_tol=1e-6), f"{name} {line.key}"
            assert low == pytest.approx(estimate.interval()[0], abs=rounding)
            assert high == pytest.approx(estimate.interval()[1], abs=rounding)
        assert row_shown[7] == result.verdict
        assert result.nothing, f"{name} {line.key}: the null case {line.null} shows {result.null}"
