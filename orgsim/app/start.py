"""What a page is given when it opens: the first question, what may be chosen, the levers, the words."""

from __future__ import annotations

from functools import cache
from typing import Any

from orgsim.app import bounds
from orgsim.app.levers import LEVERS, arm_values, firm_values, idle
from orgsim.app.question import ENDLESS, VERSION, shipped
from orgsim.experiments import metrics
from orgsim.figures.comparison import COLOURS
from orgsim.language import language, languages
from orgsim.scenario.load import names, value_at
from orgsim.scenario.schema import Scenario

FIRST_ARMS = ("separate", "merged", "cro")
Document = dict[str, Any]


def first_question(scenario: Scenario, base: str) -> Document:
    """The question with which a page opens: today's organisation against the usual others, under today's pay."""
    today = scenario.today
    structures = list(dict.fromkeys([today.structure, *FIRST_ARMS]))[:3]
    arms = [{"structure": name, "pay": today.pay, "levers": {}} for name in structures if name in scenario.structures]
    return {"version": VERSION, "base": base, "firm": values_against(scenario, shipped(base)), "seed": 0, "arms": arms,
            "reference": 0, "pinned": None}  # fmt: skip


def values_against(scenario: Scenario, base: Scenario) -> Document:
    """What a scenario has that another has not, by dotted path: a firm of the user's own fits into a link so."""
    mine, theirs = (one.model_dump(mode="python", exclude={"name", "limit"}) for one in (scenario, base))
    found: Document = {}
    for section, table in mine.items():
        if not isinstance(table, dict):
            if table != theirs[section]:
                found[section] = _as_json(table)
            continue
        for key, value in table.items():
            before = theirs[section].get(key)
            if value != before and value is not None:
                found[f"{section}.{key}"] = _as_json(value)
    return found


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    return ENDLESS if isinstance(value, float) and value == float("inf") else value


def start_document(question: Document) -> Document:
    """All a page needs beside the levers and the words."""
    scenario = shipped(question["base"])
    return {
        "question": question, "bases": [{"name": name, "title": shipped(name).title} for name in names()],
        "languages": [{"code": code, "name": language(code).name} for code in languages()],
        "structures": sorted(scenario.structures), "pays": sorted(scenario.pay),
        "devices": [{"name": name, "title": device.title} for name, device in scenario.devices.items()],
        "metrics": {name: {"kind": about.kind, "unit": about.unit, "better": about.better, "title": about.title}
                    for name, about in ((name, metrics.about(name)) for name in metrics.SHOWN)},
        "main": list(metrics.MAIN), "colours": list(COLOURS), "most_arms": bounds.MOST_ARMS, "confidence": 0.95,
        "worlds": list(bounds.LADDER),
    }  # fmt: skip


@cache
def levers_document() -> Document:
    """All levers, where those of each shipped firm stand, and where those of each structure and pay plan do."""
    baseline = shipped("baseline")
    structures = {name: one.model_dump(mode="python") for name, one in baseline.structures.items()}
    plans = {name: one.model_dump(mode="python") for name, one in baseline.pay.items()}
    structure, plan = structures["merged"], plans["own_numbers"]
    parts = {lever.id: lever.of for lever in LEVERS}

    def of(part: str, values: Document) -> Document:
        return {name: value for name, value in values.items() if parts[name] == part}

    def rests(part: str, found: list[str]) -> list[str]:
        return [name for name in found if parts[name] == part]

    return {
        "levers": [lever.as_data() | ({"choices": sorted(baseline.devices)} if lever.many else {}) |
                   ({"choices": sorted(structures if lever.id == "today_structure" else plans)}
                    if lever.id in ("today_structure", "today_pay") else {}) for lever in LEVERS],
        "firm": {name: firm_values(shipped(name)) for name in names()},
        "structures": {name: of("structure", arm_values(one, plan)) for name, one in structures.items()},
        "pay": {name: of("pay", arm_values(structure, one)) for name, one in plans.items()},
        "idle": {"structures": {name: rests("structure", idle(one, plan)) for name, one in structures.items()},
                 "pay": {name: rests("pay", idle(structure, one)) for name, one in plans.items()}},
        "own_paths": sorted(lever.key for lever in LEVERS if lever.of == "firm" and lever.write is not None),
    }  # fmt: skip


@cache
def language_document(code: str) -> Document:
    """A catalogue of words, as the page reads it."""
    found = language(code)
    return {"code": found.code, "name": found.name, "decimal": found.decimal, "group": found.group,
            "zero_is_one": found.zero_is_one, "sentences": dict(found.sentences)}  # fmt: skip


def check_values(scenario: Scenario) -> None:
    """KeyError where a firm's lever names a path that the schema does not have."""
    for lever in LEVERS:
        if lever.of == "firm" and lever.write is None:
            value_at(scenario, lever.key)
