"""The page of published patterns: a table of all rows, then each row in full."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from patterns_rows import CONFIDENCE, Estimate, Line, Result, Row, estimate, read, results

SCALES = {"%": (100.0, 2, " %"), "points": (100.0, 2, " points"), "h": (1.0, 3, " h"), "closes": (1.0, 2, ""),
          "score": (1.0, 3, "")}  # fmt: skip


def written(value: float, unit: str, *, sign: bool = True) -> str:
    """A figure as the page shows it."""
    scale, digits, mark = SCALES[unit]
    if value == 0:
        return f"0{mark}"
    return f"{scale * value:+.{digits}f}{mark}" if sign else f"{scale * value:.{digits}f}{mark}"


def expected(line: Line) -> str:
    """The range expected, in words."""
    if math.isinf(line.high):
        return f"> {written(line.low, line.unit, sign=False)}"
    if math.isinf(line.low):
        return f"< {written(line.high, line.unit, sign=False)}"
    return f"{written(line.low, line.unit)} to {written(line.high, line.unit)}"


def with_interval(found: Estimate, unit: str, confidence: float = CONFIDENCE) -> str:
    """A mean and its interval; exactly 0 where every world gives 0."""
    if found.error == 0 and found.mean == 0:
        return "0 exactly"
    low, high = (written(x, unit) for x in found.interval(confidence))
    mark = SCALES[unit][2]
    return f"{written(found.mean, unit)} [{low.removesuffix(mark)}, {high.removesuffix(mark)}]"


def summary(chosen: Sequence[Row], found: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """A line for each row."""
    yield "| Row | Pattern | Source | Lines met | Verdict |"
    yield "|---|---|---|---|---|"
    for row in chosen:
        verdicts = [result.verdict for result in found[row.name]]
        met, judged = verdicts.count("met"), len(verdicts) - verdicts.count("–")
        whole = "met" if met == judged else "missed"
        yield f"| {row.name} | {row.title} | {row.source} | {met} of {judged} | {whole} |"


def section(
    row: Row, found: Sequence[Result], worlds: Mapping[tuple[str, str], Mapping[str, Sequence[float]]]
) -> Iterator[str]:
    """A row in full: results of its lines, figures of all its worlds by case."""
    reasons = read("reasons").get(row.name, {})
    yield f"### {row.name}: {row.title}"
    yield ""
    yield f"**Source.** {row.source}. **Design.** {row.design} Firm `{row.firm}`, {found[0].simulated.worlds} worlds."
    yield ""
    yield f"**What is put in.** {row.built_in} **Foreseen before the run.** {row.foreseen}"
    yield ""
    yield "| Line | Statistic | Label | Published | Expected | Simulated | Null case | Verdict |"
    yield "|---|---|---|---|---|---|---|---|"
    for result in found:
        line = result.line
        vanishes = f"{line.null}: {with_interval(result.null, line.unit)}"
        if not result.nothing:
            vanishes += ", **not nothing**"
        if result.coarse:
            vanishes += " (too coarse to tell)"
        cells = (f"`{line.key}`", line.statistic, line.label, line.published, expected(line),
                 with_interval(result.simulated, line.unit), vanishes, result.verdict)  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "Null cases:"
    yield ""
    for null in row.nulls.values():
        yield f"- {null.name}: {null.case} ({null.worlds} worlds)."
    missed = [result.line.key for result in found if result.verdict == "missed"]
    if missed:
        yield ""
        yield "Why missed:"
        yield ""
        for key in missed:
            yield f"- `{key}`: {reasons.get(key, 'no reason known')}."
    if "note" in reasons:
        yield ""
        yield reasons["note"]
    if row.name in PROFILES:
        yield ""
        yield from PROFILES[row.name](worlds[row.name, ""])
    if row.looks:
        yield ""
        yield "Looked at afterwards, not judged:"
        yield ""
    for look in row.looks:
        shown = (f"`{key}` {with_interval(estimate(worlds[row.name, look.name][key]), unit)}"
                 for key, unit in look.keys.items())  # fmt: skip
        yield f"- {look.case}, {look.worlds} worlds: {', '.join(shown)}."
    yield ""


def weeks_of_quarter(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A14: the whole quarter."""
    yield "Revenue by week of the quarter against an even share, mean and standard error, %:"
    yield ""
    yield "| Week | " + " | ".join(str(n) for n in range(1, 14)) + " |"
    yield "|---|" + "---|" * 13
    for arm, name in (("bonus", "lump"), ("accelerated", "accelerator")):
        cells = []
        for n in range(1, 14):
            e = estimate(worlds[f"{arm}_week_{n}"])
            cells.append(f"{100 * e.mean:+.1f} ± {100 * e.error:.1f}")
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    for arm, name in (("bonus", "lump"), ("accelerated", "accelerator")):
        pulled, pushed = (np.mean(worlds[f"{arm}_{what}"]) for what in ("pulled", "pushed"))
        yield f"For 100 wins {name} pulls {pulled:.0f} of buyers' decisions in and holds {pushed:.0f} back."


def hours_by_distance(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A18: effort against distance to quota, by tenth of the forecast."""
    yield "Selling hours wanted in weeks 10-13 of the quarter by tenth of what is foreseen, quarterly lump:"
    yield ""
    yield "| Tenth | " + " | ".join(str(n) for n in range(1, 11)) + " |"
    yield "|---|" + "---|" * 10
    tenths = range(1, 11)
    foreseen = [f"{100 * np.mean(worlds[f'foreseen_{n}']):.0f}" for n in tenths]
    wanted = [f"{np.mean(worlds[f'hours_{n}']):.2f}" for n in tenths]
    yield f"| foreseen, % of quota | {' | '.join(foreseen)} |"
    yield f"| hours a week | {' | '.join(wanted)} |"


def gains_by_ability(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A19: output by ability, and hours."""
    low, middle, high = (with_interval(estimate(worlds[f"gain_{n}"]), "%") for n in (1, 2, 3))
    yield f"Gain in output of the lowest third {low}, of those between {middle}, of the highest third {high}."
    yield f"Selling hours of all {with_interval(estimate(worlds['hours']), '%')}."


def hours_and_talent(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A20: what lies behind incentive and sorting."""
    moved, hired = with_interval(estimate(worlds["hours"]), "%"), with_interval(estimate(worlds["talent"]), "score")
    yield f"Selling hours without turnover {moved}; talent (0 to 1) of those hired {hired}."


def hours_alone(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A17: what hours do."""
    yield f"Selling hours {with_interval(estimate(worlds['hours']), '%')}."


PROFILES = {"A14": weeks_of_quarter, "A17": hours_alone, "A18": hours_by_distance, "A19": gains_by_ability,
            "A20": hours_and_talent}  # fmt: skip


def page(chosen: Sequence[Row], found: Mapping[tuple[str, str], Mapping[str, Sequence[float]]]) -> str:
    """All that is generated."""
    by_row = {row.name: results(row, found) for row in chosen}
    lines = [*summary(chosen, by_row), ""]
    for row in chosen:
        lines += section(row, by_row[row.name], found)
    return "\n".join(lines).rstrip("\n")
