"""The first screen in words: what the answer rests on, and what would change it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orgsim.experiments import metrics
from orgsim.leadership.arms import equal_programme
from orgsim.report.answer import LUCK
from orgsim.report.assumptions import parameter_title
from orgsim.report.names import translated
from orgsim.report.sensitivity import LEAST, detectable, parameters_drawn, wilson

if TYPE_CHECKING:
    from orgsim.report.report import Report

HALF = 50.0
MOST_MOVES = 3  # parameters that are named


def rests(report: Report) -> list[str]:
    """What the answer rests on: worlds, draws of the assumed parameters, what the scenario's author says."""
    c, said = report.comparison, report.said
    number = said.number(c.years, 0 if c.years % 1 == 0 else 1)
    years = said.say("report.page.rests.years", count=c.years, number=number)
    worlds = said.number(c.replicates, 0)
    key = "alone" if len(c.arms) < 2 and c.replicates > 1 else "worlds"
    found = [said.say(f"report.page.rests.{key}", count=c.replicates, number=worlds, years=years)]
    if c.uncertain:
        found.append(said.say("report.page.rests.uncertain"))
    kept = sign_kept(report)
    if kept is not None:
        found += _kept(report, kept)
    elif report.draws is None and len(c.arms) > 1:
        found.append(said.say("report.page.rests.no_draws"))
    found += [said.say(f"report.page.rests.{key}") for key, true in (
        ("start_own", c.start == "own"), ("budget_equal", c.budget == "equal"),
        ("bootstrap", c.interval == "bootstrap")) if true]  # fmt: skip
    found += _short(report) if c.budget == "equal" else []
    notes = c.scenario.notes
    return found + [translated(note, said) for note in (notes.assumed, notes.measured) if note]


def _short(report: Report) -> list[str]:
    """Whose leaders cost more than an equal budget can give."""
    c, said = report.comparison, report.said
    scenario, today = c.scenario, c.scenario.structures[c.today.structure]
    missing = {str(arm): equal_programme(scenario, today, scenario.structures[arm.structure])[1] for arm in c.arms}
    short = [report.names[arm] for arm, euro in missing.items() if euro > 0]
    if not short:
        return []
    amount = said.number(max(missing.values()) / 1000)
    return [said.say("report.page.rests.budget_short", arms=said.joined(short), amount=amount)]


def _kept(report: Report, kept: dict[str, Any]) -> list[str]:
    """How often the sign holds over the draws, how far the difference spreads over them, and where in that spread lie
    the parameters as they are set."""
    c, said = report.comparison, report.said
    low, high = (said.percent(kept[end] / 100, 0) for end in ("low", "high"))
    mean, tenth, ninetieth = (said.signed(kept[name]) for name in ("mean", "tenth", "ninetieth"))
    key = "kept" if kept["beyond_luck"] else "kept_luck"
    text = said.say(
        f"report.page.rests.{key}", parameters=len(parameters_drawn(c.scenario, {arm.structure for arm in c.arms})),
        kept=hits(kept), draws=kept["draws"], sure=said.percent(c.confidence), low=low, high=high, mean=mean,
        tenth=tenth, ninetieth=ninetieth,
    )  # fmt: skip
    found = [text]
    row = next(one.row for one in report.answer.arms if str(one.arm) == kept["arm"])
    as_set = row["difference"] * metrics.about(kept["metric"]).scale(c.years)
    if not c.uncertain and not kept["tenth"] <= as_set <= kept["ninetieth"]:
        found.append(said.say("report.page.rests.at_the_edge", as_set=said.signed(as_set)))
    return found


def changes(report: Report) -> list[str]:
    """What would change the answer: parameters that turn it, or that its size hangs on, beyond luck over the draws."""
    said, draws = report.said, report.draws

    def say(key: str, **values: Any) -> str:
        return said.say(f"report.page.change.{key}", **values)

    if len(report.comparison.arms) < 2:
        return [say("alone")]
    if draws is None:
        return [say("no_draws"), say("firm")]
    table: list[dict[str, Any]] = draws.sensitivity.to_dict("records")  # type: ignore[assignment]
    found = []
    if draws.number < LEAST or not table:
        found.append(say("few", draws=draws.number))
    else:
        strong = [row for row in table if row["beyond_luck"]]
        least = said.number(detectable(draws.number, len(table), report.comparison.confidence), 2)
        turning = [row for row in strong if min(row["kept_when_low"], row["kept_when_high"]) < HALF]
        moving = [row for row in strong if row not in turning]
        for row in turning[:MOST_MOVES]:
            key = "turns_low" if row["kept_when_low"] < row["kept_when_high"] else "turns_high"
            found.append(say(key, title=parameter_title(row["parameter"], said), **_thirds(row, "kept", said, False)))
        if not turning and report.answer.state != LUCK:
            found.append(say("nothing", draws=draws.number, least=least))
        for place, row in enumerate(moving[:MOST_MOVES]):
            key = "also_moves" if place else "moves"
            found.append(say(key, title=parameter_title(row["parameter"], said), **_thirds(row, "difference", said)))
        if not strong:
            found.append(say("none_beyond", parameters=len(table), draws=draws.number, least=least))
        kept = sign_kept(report)
        if kept is not None and not turning and not report.comparison.uncertain:
            found += _together(report, kept, say)
    if report.answer.state == LUCK:
        found.append(say("luck"))
    return [*found, say("firm")]


def _together(report: Report, kept: dict[str, Any], say: Any) -> list[str]:
    """That draws turn the sign more often than luck turns it in the worlds as set, where the two intervals part."""
    one = next(one for one in report.answer.arms if str(one.arm) == kept["arm"])
    there = one.better if (metrics.about(kept["metric"]).better or 1) * kept["sign"] > 0 else one.worse
    least = 100 * wilson(there, one.worlds, report.comparison.confidence)[0]
    if kept["high"] >= least:
        return []
    return [say("overall", kept=hits(kept), draws=kept["draws"], there=there, worlds=one.worlds)]


def sign_kept(report: Report) -> dict[str, Any] | None:
    """The row of `Draws.signs` for the alternative that the page looks at, in profit."""
    draws = report.draws
    if draws is None or draws.arm is None:
        return None
    rows: list[dict[str, Any]] = draws.signs.to_dict("records")  # type: ignore[assignment]
    return next((row for row in rows if row["arm"] == str(draws.arm) and row["metric"] == draws.metric), None)


def hits(kept: dict[str, Any]) -> int:
    """In how many draws the sign is kept."""
    return round(float(kept["kept"]) * int(kept["draws"]) / 100)


def _thirds(row: dict[str, Any], stem: str, said: Any, signed: bool = True) -> dict[str, str]:
    values = {end: float(row[f"{stem}_when_{end}"]) for end in ("low", "high")}
    return {end: "?" if math.isnan(value) else (said.signed if signed else said.number)(value, 0)
            for end, value in values.items()}  # fmt: skip
