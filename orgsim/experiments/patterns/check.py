"""Whether the table of published patterns still holds: every figure recomputed and held against the one kept.

`benchmarks/patterns.py` keeps the figures of the page in scenarios/patterns/figures.toml, rounded as printed: those of
all worlds, and those of the first ten of each, which are what a quick check can reproduce.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orgsim.experiments.patterns.rows import NOT_JUDGED, Found, Result, Row, first_worlds, read, results, whole_verdict
from orgsim.experiments.patterns.text import expected, reproduced, rounded, with_interval

HEAD = """\
# The figures of docs/patterns.md in the units and digits printed there: mean and ends of the interval, of a line and of
# its null case; `quick` in the first ten worlds of each. Written by `python benchmarks/patterns.py --into
# docs/patterns.md`, and not by hand. `orgsim validate` holds new runs against them.
"""


@dataclass(frozen=True)
class Checked:
    """A line of a row, recomputed.

    changed: whether a figure is not the one kept (or none is kept); shows: whether the null case shows an effect.
    """

    row: str
    title: str
    result: Result
    changed: bool
    shows: bool
    kept: str

    @property
    def holds(self) -> bool:
        """Whether the figures are reproduced and the null case shows nothing."""
        return not (self.changed or self.shows)


def text_of_figures(chosen: Sequence[Row], found: Found) -> str:
    """The text of figures.toml: of all worlds, and of the first ones."""
    lines = [HEAD]
    quick = first_worlds(found)
    for row in chosen:
        lines.append(f"[{row.name}]")
        for whole, first in zip(results(row, found), results(row, quick), strict=True):
            lines.append(f"{whole.line.key} = {{ {_entry('full', whole)}, {_entry('quick', first)} }}")
        lines.append("")
    return "\n".join(lines)


def _entry(name: str, result: Result) -> str:
    figures = [rounded(result.simulated, result.line.unit)]
    if result.null is not None:
        figures.append(rounded(result.null, result.line.unit))
    return f"{name} = {figures}"


def check(chosen: Sequence[Row], found: Found, *, quick: bool = False) -> list[Checked]:
    """Every line of some rows, as recomputed, against the figures kept."""
    kept = read("figures")
    return list(_checked(chosen, found, kept, "quick" if quick else "full"))


def _checked(chosen: Sequence[Row], found: Found, kept: dict[str, Any], which: str) -> Iterator[Checked]:
    for row in chosen:
        for result in results(row, found):
            unit = result.line.unit
            was = kept.get(row.name, {}).get(result.line.key, {}).get(which, [])
            now = [result.simulated] + ([result.null] if result.null is not None else [])
            same = len(was) == len(now) and all(
                reproduced(one, unit, figures) for one, figures in zip(now, was, strict=True)
            )
            yield Checked(row.name, row.title, result, not same, not result.nothing, _in_words(was))


def _in_words(was: Sequence[Sequence[float]]) -> str:
    shown = [f"{mean:g} [{low:g}, {high:g}]" for mean, low, high in was]
    return "; null case ".join(shown) if shown else "none"


def as_data(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """One record a line, for programs: figures as plain numbers (shares and ratios, not per cent)."""
    out = []
    for one in checked:
        result = one.result
        line, null = result.line, result.null
        low, high = result.simulated.interval()
        null_low, null_high = null.interval() if null is not None else (None, None)
        out.append(
            {
                "row": one.row, "line": line.key, "statistic": line.statistic, "label": line.label, "unit": line.unit,
                "expected": expected(line), "mean": result.simulated.mean, "low": low, "high": high,
                "worlds": result.simulated.worlds, "verdict": "" if result.verdict == NOT_JUDGED else result.verdict,
                "null_case": line.null, "null_mean": null.mean if null is not None else None, "null_low": null_low,
                "null_high": null_high, "null_shows_an_effect": one.shows, "reproduced": not one.changed,
                "kept": one.kept,
            }
        )  # fmt: skip
    return out


def as_cells(one: Checked) -> list[str]:
    """A line of the table for the eye."""
    result = one.result
    null = "" if result.null is None else with_interval(result.null, result.line.unit)
    wrong = [*(["CHANGED"] if one.changed else []), *(["NULL SHOWS"] if one.shows else [])]
    return [one.row, result.line.key, with_interval(result.simulated, result.line.unit), null, result.verdict,
            ", ".join(wrong) or "reproduced"]  # fmt: skip


def verdicts(checked: Sequence[Checked]) -> dict[str, str]:
    """met, missed, or a dash, by row."""
    out: dict[str, list[str]] = {}
    for one in checked:
        out.setdefault(one.row, []).append(one.result.verdict)
    return {row: whole_verdict(found) for row, found in out.items()}
