"""The page of published patterns: a table of all rows, then each row in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from orgsim.experiments.patterns.rows import NOT_JUDGED, Result, Row, estimate, read, results, whole_verdict
from orgsim.experiments.patterns.text import expected, with_interval


def summary(chosen: Sequence[Row], found: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """A line for each row."""
    yield "| Row | Pattern | Source | Lines met | Verdict |"
    yield "|---|---|---|---|---|"
    for row in chosen:
        verdicts = [result.verdict for result in found[row.name]]
        met, judged = verdicts.count("met"), len(verdicts) - verdicts.count(NOT_JUDGED)
        lines = f"{met} of {judged}" if judged else "none judged"
        yield f"| {row.name} | {row.title} | {row.source} | {lines} | {whole_verdict(verdicts)} |"


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
        vanishes = "none" if result.null is None else f"{line.null}: {with_interval(result.null, line.unit)}"
        if not result.nothing:
            vanishes += ", **not nothing**"
        if result.coarse:
            vanishes += " (too coarse to tell)"
        cells = (f"`{line.key}`", line.statistic, line.label, line.published, expected(line),
                 with_interval(result.simulated, line.unit), vanishes, result.verdict)  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "Null cases:" if row.nulls else "No null case."
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


def volumes(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A1: how many leads there are."""
    usual, many = (np.mean(worlds[key]) for key in ("mqls", "mqls_many"))
    left = 100 * np.mean(worlds["usual"])
    yield f"MQLs a year: {usual:.0f}, of which {left:.0f} % are never called, and {many:.0f} where signals are many."


def answers_to_policies(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A2: the mean response to each policy."""
    shown = ", ".join(f"{name} {with_interval(estimate(worlds[f'mean_{name}']), 'points')}"
                      for name in ("tracking", "volume", "quality"))  # fmt: skip
    yield f"Time on follow-up, mean response: {shown}; {np.mean(worlds['reps']):.0f} reps a firm stay the year."


def left_over(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A3: what is left when leads are not given evenly."""
    by_results, by_years = (with_interval(estimate(worlds[f"left_{way}"]), "points")
                            for way in ("performance", "experience"))  # fmt: skip
    yield f"MQLs never called, against an even split: by performance {by_results}, by experience {by_years}."


def accepted_by_threshold(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A8b: acceptance at both thresholds."""
    loose, strict = (100 * np.mean(worlds[key]) for key in ("loose", "strict"))
    yield f"MQL to SQL: {loose:.0f} % where the threshold is loose, {strict:.0f} % where it is strict."


def chances(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A13: the two chances."""
    known, unknown, share = (100 * np.mean(worlds[key]) for key in ("known", "unknown", "share_known"))
    yield f"We win {known:.1f} % of the {share:.0f} % who thought of us, and {unknown:.1f} % of the others."


def elasticities(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A25: by kind of revenue."""
    new, repeat = (with_interval(estimate(worlds[key]), "score") for key in ("new", "repeat"))
    yield f"First orders {new}, repeat orders {repeat}."


def splits(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A27: the first year."""
    first = with_interval(estimate(worlds["first_year"]), "%")
    yield f"In the first year alone 95 % over 5 %: {first}."


def reached(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A28: how far it spreads."""
    yield f"After twenty years {100 * np.mean(worlds['bought']):.0f} % of fit accounts have bought once."


def savings(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A35: what is saved."""
    programme, profit = (with_interval(estimate(worlds[key]), "%") for key in ("programme", "profit"))
    yield f"Programme spend {programme}, profit of the three years {profit}."


def moods(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A36: how cooperation spreads."""
    mood, spread = (np.mean(worlds[key]) for key in ("mood", "spread"))
    yield f"Cooperation over firms: mean {mood:.2f}, standard deviation {spread:.2f}."


def humps(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A38: volumes, and new business alone."""
    few, middle, every = (np.mean(worlds[f"mqls_{arm}"]) for arm in ("few", "middle", "all"))
    new = with_interval(estimate(worlds["new_falls"]), "%")
    yield f"MQLs a year: {few:.0f}, {middle:.0f} and {every:.0f}. First orders alone, middle over all: {new}."


def shares_of_brand(worlds: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A39: what is decided."""
    joint, alone = (100 * np.mean(worlds[f"brand_{who}"]) for who in ("joint", "alone"))
    dynamic = with_interval(estimate(worlds["dynamic"]), "%")
    yield f"Brand's share: {joint:.0f} % jointly, {alone:.0f} % alone. Gain in the dynamic market {dynamic}."


PROFILES = {"A14": weeks_of_quarter, "A17": hours_alone, "A18": hours_by_distance, "A19": gains_by_ability,
            "A20": hours_and_talent, "A1": volumes, "A2": answers_to_policies, "A3": left_over,
            "A8b": accepted_by_threshold, "A13": chances, "A25": elasticities, "A27": splits, "A28": reached,
            "A35": savings, "A36": moods, "A38": humps, "A39": shares_of_brand}  # fmt: skip


def page(chosen: Sequence[Row], found: Mapping[tuple[str, str], Mapping[str, Sequence[float]]]) -> str:
    """All that is generated."""
    by_row = {row.name: results(row, found) for row in chosen}
    lines = [*summary(chosen, by_row), ""]
    for row in chosen:
        lines += section(row, by_row[row.name], found)
    return "\n".join(lines).rstrip("\n")
