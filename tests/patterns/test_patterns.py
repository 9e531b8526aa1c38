"""The page of patterns says what its program finds, and every null case shows nothing; a missed line passes."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orgsim.experiments.patterns import check as patterns_check
from orgsim.experiments.patterns import rows as patterns_rows
from orgsim.experiments.patterns import text as patterns_text

ROOT = Path(__file__).resolve().parents[2]
NUMBER = r"[+-]?\d+(?:\.\d+)?"
OF_PAY = ("A14", "A15", "A16", "A17", "A18", "A19", "A20", "A21", "A8", "E6b")
OF_ORGANISATION = ("A1", "A2", "A3", "A4", "A8b", "A10", "A13", "A25", "A27", "A28", "A33", "A34", "A35", "A36", "A37",
                   "A38", "A39")  # fmt: skip
ASKED = OF_PAY + OF_ORGANISATION
MUST_BE_JUDGED = ("A1", "A8b", "A13", "A25", "A27", "A35", "A37", "A38")


@pytest.fixture(scope="module")
def page() -> Iterator[ModuleType]:
    """What writes docs/patterns.md."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("patterns_page")


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


def shown(cell: str, unit: str) -> tuple[float, float, float]:
    """Mean and interval that a cell shows."""
    if "0 exactly" in cell:
        return 0.0, 0.0, 0.0
    mean, low, high = re.search(rf"({NUMBER})[^\[]*\[({NUMBER}), ({NUMBER})\]", cell).groups()  # type: ignore[union-attr]
    scale = patterns_text.SCALES[unit][0]
    return float(mean) / scale, float(low) / scale, float(high) / scale


def lines() -> list[tuple[patterns_rows.Row, patterns_rows.Line]]:
    """Every line with its row."""
    return [(row, line) for row in patterns_rows.rows() for line in row.lines]


def row_of(name: str) -> patterns_rows.Row:
    (row,) = patterns_rows.chosen_rows([name])
    return row


def test_all_rows_are_on_the_page(sections: dict[str, str]) -> None:
    assert [row.name for row in patterns_rows.rows()] == list(ASKED)
    assert list(sections) == list(ASKED)
    for row in patterns_rows.rows():
        assert list(cells(sections[row.name])) == [line.key for line in row.lines]


def test_every_line_states_what_is_expected_and_where_it_must_vanish(sections: dict[str, str]) -> None:
    for row, line in lines():
        assert line.low < line.high
        assert line.low >= 0.0 or line.high <= 0.0, "an expectation has a sign"
        assert line.label in ("input", "calibrated", "emergent")
        assert line.null in row.nulls or (not line.null and line.label != "emergent")
        _, statistic, label, published, expected, _, null, _ = cells(sections[row.name])[line.key]
        assert (statistic, label, published) == (line.statistic, line.label, line.published)
        assert expected == patterns_text.expected(line)
        if line.null:
            assert null.startswith(f"{line.null}: ")
            assert row.nulls[line.null].case in sections[row.name]
        else:
            assert null == "none"


def test_rows_that_must_be_met_are_judged_and_inputs_are_not() -> None:
    for name in MUST_BE_JUDGED:
        assert any(line.label == "emergent" for line in row_of(name).lines)
    for name in ("A10", "A33"):
        assert all(line.label != "emergent" for line in row_of(name).lines)


def test_verdicts_follow_from_what_was_expected_and_what_was_simulated(sections: dict[str, str]) -> None:
    for row, line in lines():
        *_, simulated, _, verdict = cells(sections[row.name])[line.key]
        _, low, high = shown(simulated, line.unit)
        assert verdict == patterns_rows.verdict(line, low, high), f"{row.name} {line.key}"


def test_every_missed_line_has_a_reason(sections: dict[str, str]) -> None:
    for row, line in lines():
        reason = patterns_rows.read("reasons").get(row.name, {}).get(line.key)
        if cells(sections[row.name])[line.key][-1] == "missed":
            assert reason, f"{row.name} {line.key}"
            assert reason in sections[row.name]
        else:
            assert reason is None, f"{row.name} {line.key} was not missed"


def test_no_null_case_on_the_page_shows_anything(sections: dict[str, str]) -> None:
    assert not [name for name, section in sections.items() if "not nothing" in section]


def test_a_null_case_that_turns_its_sign_shows_nothing_and_one_that_keeps_it_does() -> None:
    falls = next(line for line in row_of("A38").lines if line.key == "falls")
    other = next(line for line in row_of("A38").lines if line.key == "rises")

    def null_of(mean: float, line: patterns_rows.Line) -> bool:
        return patterns_rows.Result(line, patterns_rows.Estimate(0.1, 0.001, 40), here(mean)).nothing

    def here(mean: float) -> patterns_rows.Estimate:
        return patterns_rows.Estimate(mean, 0.001, 40)

    assert falls.turns
    assert null_of(-0.2, falls)
    assert not null_of(0.2, falls)
    assert not null_of(-0.2, other)
    assert not null_of(0.2, other)
    assert null_of(0.0, other)


def test_a_figure_is_reproduced_within_rounding_and_not_beyond() -> None:
    found = patterns_rows.Estimate(0.12344, 0.01, 50)
    kept = patterns_text.rounded(found, "%")
    assert patterns_text.reproduced(found, "%", kept)
    assert not patterns_text.reproduced(found, "%", [kept[0] + 0.02, *kept[1:]])
    assert not patterns_text.reproduced(found, "%", [*kept[:2], kept[2] - 0.02])


def test_the_figures_kept_are_those_on_the_page(sections: dict[str, str]) -> None:
    kept = patterns_rows.read("figures")
    for row, line in lines():
        *_, simulated, null, _ = cells(sections[row.name])[line.key]
        figures = kept[row.name][line.key]["full"]
        scale = patterns_text.SCALES[line.unit][0]
        for was, cell in zip(figures, (simulated, null) if line.null else (simulated,), strict=True):
            assert was == pytest.approx([scale * x for x in shown(cell, line.unit)], abs=1e-9), f"{row.name} {line.key}"


def test_a_sampled_firm_lies_within_its_bounds_and_depends_on_its_number_alone() -> None:
    row = row_of("A4")
    firms = [patterns_rows.drawn_firm(row, 0, number) for number in range(40)]
    assert firms[3] == patterns_rows.drawn_firm(row, 0, 3)
    for path, (_, low, high) in row.sample.items():
        values = [drawn[path] for drawn in firms]
        assert low <= min(values) < max(values) <= high
        assert len(set(values)) == len(values)


def test_the_program_finds_no_pattern_where_everybody_is_paid_a_salary() -> None:
    """The statistics themselves make no difference between arms that are one and the same."""
    for name in ("A15", "A17", "A20", "A21", "E6b"):
        row = row_of(name)
        salary = dict.fromkeys(row.arms, "salary")
        same = patterns_rows.Case("same", "", {"switches.turnover": False}, salary, {}, 1, {})
        found = patterns_rows.figures(row, same, patterns_rows.scenarios(row, same), 0, 0)
        assert {key: found[key] for key in (line.key for line in row.lines)} == dict.fromkeys(
            (line.key for line in row.lines), 0.0
        )


def test_the_program_finds_no_pattern_of_organisation_between_arms_that_are_alike() -> None:
    """As above, with every arm as the first one is."""
    for name, keys in (
        ("A1", ("rises",)), ("A2", ()), ("A3", ()), ("A8b", ()), ("A27", ("above_low", "above_high", "moves")),
        ("A34", ("moves", "spiral")), ("A35", ("awareness", "value")), ("A37", ()), ("A38", ()), ("A39", ()),
    ):  # fmt: skip
        row = row_of(name)
        arm = next(iter(patterns_rows.scenarios(row, None).values()))
        found = patterns_rows.figures(row, None, dict.fromkeys(row.arms, arm), 0, 0)
        assert {found[key] for key in keys or [line.key for line in row.lines]} == {0.0}, name


def test_quick_figures_do_not_depend_on_threads() -> None:
    row = row_of("A10")
    one, two = (patterns_rows.simulate([row], quick=True, threads=threads) for threads in (1, 2))
    assert one == two
    assert all(checked.holds for checked in patterns_check.check([row], one, quick=True))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ASKED)
def test_the_figures_of_the_page_are_reproduced(name: str, sections: dict[str, str]) -> None:
    row = row_of(name)
    found = patterns_rows.simulate([row], looks=False)
    for result in patterns_rows.results(row, found):
        line = result.line
        row_shown = cells(sections[name])[line.key]
        _, digits, _ = patterns_text.SCALES[line.unit]
        rounding = 0.51 * 10.0**-digits / patterns_text.SCALES[line.unit][0]
        figures: list[tuple[str, Any]] = [(row_shown[5], result.simulated), (row_shown[6], result.null)]
        for cell, estimate in figures[: 1 + bool(line.null)]:
            mean, low, high = shown(cell, line.unit)
            assert math.isclose(mean, estimate.mean, abs_tol=rounding, rel_tol=1e-6), f"{name} {line.key}"
            assert low == pytest.approx(estimate.interval()[0], abs=rounding)
            assert high == pytest.approx(estimate.interval()[1], abs=rounding)
        assert row_shown[7] == result.verdict
        assert result.nothing, f"{name} {line.key}: the null case {line.null} shows {result.null}"
    assert all(checked.holds for checked in patterns_check.check([row], found))
