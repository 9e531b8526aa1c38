"""What the server says: a question's answer as one document, from the rows of its worlds by way of `Comparison`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from orgsim.app.levers import firm_values, idle
from orgsim.app.question import Case, levers_of, shipped
from orgsim.engine.records import WASTE_CAUSES
from orgsim.experiments import metrics
from orgsim.experiments.comparison import Comparison
from orgsim.experiments.metrics import SHOWN
from orgsim.experiments.statistics import Estimate, beyond_luck, paired
from orgsim.experiments.store import plain
from orgsim.language import Language, language, languages
from orgsim.report.answer import answer as in_words
from orgsim.report.evidence import STAGES
from orgsim.report.names import phrases
from orgsim.results import Arm
from orgsim.scenario.errors import Problem

DRAWN = ("revenue", "gross_margin", "profit", "lead_waste_value")  # whose worlds are sent one by one
MOST_TOLD = 40  # problems in a message
TIGHT = 0.005  # half-width of a difference in profit, as a share of the reference's revenue, that counts as narrow
CAUSES = {cause: f"waste_{cause}_value" for cause in WASTE_CAUSES[1:]}
Document = dict[str, Any]
Rows = Mapping[tuple[int, Case, Arm], Mapping[str, float]]


def spoken(code: Any) -> Language:
    """The language of a code, English where there is no such one."""
    return language(code if code in languages() else "en")


def comparison_of(case: Case, rows: Rows, worlds: int) -> Comparison:
    """The comparison of worlds 0 to `worlds` - 1: the one that `orgsim.compare` makes of these arms and replicates."""
    import pandas as pd

    def key(arm: Arm, replicate: int) -> Document:
        return {"structure": arm.structure, "pay": arm.pay, "replicate": replicate, "seed": case.seed}

    table = pd.DataFrame([key(arm, k) | dict(rows[k, case, arm])
                          for arm in sorted(case.own, key=lambda arm: (arm.structure, arm.pay))
                          for k in range(worlds)])  # fmt: skip
    today = Arm(case.scenario.today.structure, case.scenario.today.pay)
    found = Comparison(case.scenario, case.own, today, case.seed, worlds, table, against=case.reference)
    for arm in case.own:  # the same values that it would look up in the table, at a tenth of the time
        for name in (*SHOWN, *STAGES, *(column for column in table.columns if str(column).startswith("waste_"))):
            found._columns[arm, str(name)] = np.array([rows[k, case, arm][str(name)] for k in range(worlds)], float)
    return found


def answer(message: Document, case: Case, rows: Rows, worlds: int, state: str, seconds: float) -> Document:
    """The answer after so many worlds. Figures are those of `Comparison`, euro over the horizon; `scales` shows them by
    the year, as `tables` already are."""
    import pandas as pd

    said = spoken(message.get("language"))
    comparison = comparison_of(case, rows, worlds)
    rows_of = comparison.rows()
    by_arm = {(row["structure"], row["pay"], row["metric"]): row for row in rows_of}
    called, sentences = names(case, said), phrases_of(case, said)
    mine = {str(arm): sentences[arm] for arm in case.own}
    told = in_words(comparison, said, summary=pd.DataFrame(rows_of), names=mine)
    held = case.pinned
    pinned = None if held is None else [rows[k, held, held.reference] for k in range(worlds)]
    comparable = held is not None and held.scenario.time == case.scenario.time
    today = Arm(case.scenario.today.structure, case.scenario.today.pay)
    arms = []
    for place, (arm, stands) in enumerate(zip(case.arms, levers_of(case), strict=True)):
        own = {name: _figure(comparison, arm, name, by_arm, pinned if comparable else None) for name in SHOWN}
        structure, plan = case.scenario.structures[arm.structure], case.scenario.pay[arm.pay]
        arms.append({
            "key": str(arm), "name": called[arm], "phrase": sentences[arm], "structure": arm.structure, "pay": arm.pay,
            "today": arm == today, "reference": arm == case.reference, "pinned": False,
            "same_as": case.arms.index(arm) if case.arms.index(arm) < place else None,
            "levers": stands, "idle": idle(structure.model_dump(), plan.model_dump()), "metrics": own,
        })  # fmt: skip
    if held is not None and pinned is not None:
        arms.append(_pinned(case, held, pinned, comparison, said, comparable))
    said_all: Document = plain({
        "type": "answer", "id": safe_id(message.get("id")), "worlds": worlds, "until": case.worlds, "state": state,
        "tight": _tight(comparison, by_arm), "years": comparison.years, "seed": case.seed,
        "reference": case.question["reference"], "confidence": comparison.confidence,
        "scales": {name: metrics.about(name).scale(comparison.years) for name in SHOWN},
        "state_of_answer": told.state, "headline": told.headline, "also": list(told.also), "words": told.words,
        "arms": arms, "tables": {"funnel": _means(comparison, {stage: stage for stage in STAGES}, "stage"),
                                  "waste": _means(comparison, CAUSES, "cause")},
        "now": _now(comparison), "firm": firm_values(case.scenario), "own": own_entries(case),
        "title": case.scenario.headline,
        "assumed": case.scenario.notes.assumed, "milliseconds": round(1000 * seconds, 1),
    })  # fmt: skip
    return said_all


def _now(comparison: Comparison) -> Document | None:
    """What the firm of today amounts to in the model, for who describes it: euro of revenue a year, the share of their
    quota that reps attain, the share of leads handed over that nobody calls; None where today's arm is not on the
    page."""
    today = comparison.today
    if today not in comparison.arms:
        return None

    def mean(name: str) -> float:
        return float(comparison.values(today, name).mean())

    attained, handed = comparison.values(today, "attainment_mean"), mean("mqls")
    return {"revenue": mean("revenue") / comparison.years,
            "attainment": float(attained[~np.isnan(attained)].mean()) if (~np.isnan(attained)).any() else None,
            "never_called": max(0.0, 1 - mean("attempted") / handed) if handed else None}  # fmt: skip


def own_entries(case: Case) -> Document:
    """Titles of the structures and pay plans that the firm brings itself: neither shipped nor made by levers."""
    moved = {name for arm, asked in zip(case.arms, case.question_arms, strict=True)
             for name, made in zip((arm.structure, arm.pay), case.made(arm, asked), strict=True) if made}  # fmt: skip
    base = shipped(case.question["base"])
    return {kind: {name: entry.title or name for name, entry in getattr(case.scenario, kind).items()
                   if name not in getattr(base, kind) and name not in moved}
            for kind in ("structures", "pay")}  # fmt: skip


def _figure(
    comparison: Comparison, arm: Arm, name: str, by_arm: Mapping[tuple[str, str, str], Mapping[Any, Any]],
    pinned: Sequence[Mapping[str, float]] | None,
) -> Document:  # fmt: skip
    row = by_arm[arm.structure, arm.pay, name]
    fields = ("mean", "low", "high", "difference", "difference_low", "difference_high", "p_adjusted", "share_better",
              "share_equal", "median")  # fmt: skip
    figure: Document = {field: row.get(field) for field in fields}
    figure["beyond_luck"] = beyond_luck(dict(row), comparison.confidence)  # type: ignore[arg-type]
    if name in DRAWN:
        figure["values"] = comparison.values(arm, name).tolist()
    if pinned is not None:
        found = paired(comparison.values(arm, name), [row[name] for row in pinned], comparison.confidence)
        figure["to_pinned"] = _estimate(found, metrics.about(name).better, comparison.values(arm, name),
                                        [row[name] for row in pinned])  # fmt: skip
    return figure


def _estimate(found: Estimate, better: int, mine: Any, theirs: Any) -> Document:
    ahead = float((better * (np.asarray(mine, float) - np.asarray(theirs, float)) > 0).mean()) if better else None
    return {"difference": found.mean, "difference_low": found.low, "difference_high": found.high,
            "p_value": found.p_value, "share_better": ahead}  # fmt: skip


def _pinned(
    case: Case,
    held: Case,
    rows: Sequence[Mapping[str, float]],
    comparison: Comparison,
    said: Language,
    comparable: bool,
) -> Document:
    """What is pinned: an arm under its own firm, in the same luck, and its difference to the reference."""
    from orgsim.experiments.statistics import estimate

    arm, own = held.reference, {}
    for name in SHOWN:
        values = [row[name] for row in rows]
        mean = estimate(values, comparison.confidence)
        figure: Document = {"mean": mean.mean, "low": mean.low, "high": mean.high}
        if comparable:
            theirs = comparison.values(case.reference, name)
            found = paired(values, theirs, comparison.confidence)
            figure |= _estimate(found, metrics.about(name).better, values, theirs)
        if name in DRAWN:
            figure["values"] = values
        own[name] = figure
    title = case.question["pinned"].get("name") or names(held, said)[arm]
    return {"key": "pinned", "name": title, "phrase": phrases_of(held, said)[arm], "structure": arm.structure,
            "pay": arm.pay, "today": False, "reference": False, "pinned": True, "same_as": None,
            "levers": levers_of(held)[0], "idle": [], "comparable": comparable, "metrics": own}  # fmt: skip


def _tight(comparison: Comparison, by_arm: Mapping[tuple[str, str, str], Mapping[Any, Any]]) -> bool:
    """Whether the interval of every difference in profit is narrow against the reference's revenue."""
    allowed = TIGHT * abs(comparison.mean(comparison.against, "revenue").mean)
    others = [arm for arm in comparison.arms if arm != comparison.against]
    rows = [by_arm[arm.structure, arm.pay, "profit"] for arm in others]
    return all((row["difference_high"] - row["difference_low"]) / 2 <= allowed for row in rows)


def _means(comparison: Comparison, found: Mapping[str, str], column: str) -> list[Document]:
    """A row for each arm and figure, with its interval, in the unit it is shown in."""
    rows: list[Document] = []
    for arm in comparison.arms:
        for key, name in found.items():
            scale, mean = metrics.about(name).scale(comparison.years), comparison.mean(arm, name)
            rows.append({"arm": str(arm), column: key, "mean": mean.mean * scale, "low": mean.low * scale,
                         "high": mean.high * scale})  # fmt: skip
    return rows


# Names ---------------------------------------------------------------------------------------------------------------


def names(case: Case, said: Language) -> dict[Arm, str]:
    """Short names of the arms for charts and tables; two arms are never called the same."""
    plans, structures = {arm.pay for arm in case.own}, {arm.structure for arm in case.own}
    origins = _origins(case)
    found = {}
    for arm in case.own:
        structure, pay = origins[arm]
        parts = []
        if len(structures) > 1 or len(plans) == 1:
            parts.append(title_of(said, "structure", structure, case.scenario.structures[structure].title))
        if len(plans) > 1:
            parts.append(title_of(said, "pay", pay, case.scenario.pay[pay].title))
        name = ", ".join(parts)
        changed = arm.structure != structure or arm.pay != pay
        found[arm] = said.say("levers.changed", name=name) if changed else name
    return _apart(found)


def phrases_of(case: Case, said: Language) -> dict[Arm, str]:
    """The arms as they stand in a sentence after "with"."""
    origins = {arm: Arm(*pair) for arm, pair in _origins(case).items()}
    plain_phrases = phrases(list(dict.fromkeys(origins.values())), case.scenario, said)
    found = {arm: plain_phrases[str(origin)] if arm == origin else
             said.say("levers.changed", name=plain_phrases[str(origin)])
             for arm, origin in origins.items()}  # fmt: skip
    return _apart(found)


def _apart(found: dict[Arm, str]) -> dict[Arm, str]:
    seen: dict[str, int] = {}
    out = {}
    for arm, name in found.items():
        seen[name] = seen.get(name, 0) + 1
        out[arm] = name if seen[name] == 1 else f"{name} {seen[name]}"
    return out


def _origins(case: Case) -> dict[Arm, tuple[str, str]]:
    """What each arm was made of: the structure and the pay plan that the question names."""
    out: dict[Arm, tuple[str, str]] = {}
    for arm, asked in zip(case.arms, case.question_arms, strict=True):
        out.setdefault(arm, (asked["structure"], asked.get("pay", case.scenario.today.pay)))
    return out


def title_of(said: Language, kind: str, name: str, title: str) -> str:
    """What a structure or a pay plan is called: in the reader's language where it ships, else by its own title."""
    key = f"figures.{kind}.{name}"
    return said.say(key) if said.has(key) else (title or name)


def problems(id: Any, found: Sequence[Problem], hurt: str = "problem") -> Document:
    """What is wrong with a message, as a message."""
    told = [{"key": one.key, "found": one.found, "message": one.message, "hint": one.hint} for one in found]
    return {"type": hurt, "id": safe_id(id), "problems": told[:MOST_TOLD]}


def busy(id: Any, words: str) -> Document:
    """There is too much to do at the moment, as a message."""
    return problems(id, [Problem("server", None, "server", "", words, None)], "busy")


def safe_id(id: Any) -> int | str | None:
    """The id of a message where it is one: a whole number or a short text."""
    if isinstance(id, bool):
        return None
    if isinstance(id, int) and abs(id) < 2**53:
        return id
    return id if isinstance(id, str) and len(id) <= 80 else None
