"""What a page asks, checked: its whole state as a document, and the scenario and arms that it stands for.

Everything wrong is told at once, each with its key, what was found, what is allowed and the nearest name. A question
names no file: its firm extends a scenario that ships, with values by dotted path.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from orgsim.app import bounds
from orgsim.app.levers import BY_ID, IN_TURN, NONE, OWN_PATHS, PAY, STRUCTURE, Lever, arm_values, deciders
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError, cut, from_pydantic, nearest, show
from orgsim.scenario.load import load_scenario, names, unknown
from orgsim.scenario.organisation import Structure
from orgsim.scenario.pay import PayPlan
from orgsim.scenario.schema import Scenario

VERSION = 1
KEYS = ("version", "base", "firm", "seed", "arms", "reference", "pinned", "worlds")
ARM_KEYS = ("structure", "pay", "levers")
# What a question may not set: the firm's own name is that of its base, and limit cases hold formulas.
CLOSED = ("name", "limit")
ENTRIES = ("devices", "structures", "pay")
SHIFT = "today.programme_shift"
KEEP_NOTES = {"title", "time.years", "notes.assumed"}  # values that leave what is said of a shipped firm's data true
ENDLESS = "inf"  # how a question writes a time that never ends, as JSON has no such number
# Names of structures, plans and devices stand in tables that spreadsheets open and in a command that shells read.
NAME = re.compile(r"[^\W_](?:[\w .+-]{0,78}[\w.+-])?")
Document = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Case:
    """What is run for a question: its scenario, an arm for each of the question's (two may be the same), the
    reference, the seed, and a case with one arm for what is pinned."""

    question: Document
    question_arms: tuple[Document, ...]
    scenario: Scenario
    arms: tuple[Arm, ...]
    reference: Arm
    seed: int
    worlds: int
    firm_key: bytes
    arm_keys: Mapping[Arm, bytes]
    cost: float
    pinned: Case | None = None

    @property
    def own(self) -> tuple[Arm, ...]:
        """The arms, each once."""
        return tuple(dict.fromkeys(self.arms))

    @property
    def seconds(self) -> float:
        """What one world of everything costs, as estimated."""
        return self.cost * len(self.own) + (self.pinned.seconds if self.pinned else 0.0)

    def made(self, arm: Arm, asked: Document) -> tuple[bool, bool]:
        """Whether levers made the structure of an arm, and its pay plan; `asked`: the question's arm."""
        return arm.structure != asked["structure"], arm.pay != asked.get("pay", self.scenario.today.pay)


def read(message: Any) -> Case:
    """The case of a question; ScenarioError with everything that is wrong with it."""
    wrong: list[Problem] = []
    if not isinstance(message, dict):
        raise ScenarioError([problem("question", message, "a table of keys and values is needed")])
    wrong += bounds.key_problems(message, "question") or [
        _unknown_key("", key, KEYS) for key in message if key not in KEYS]  # fmt: skip
    if message.get("version", VERSION) != VERSION:
        wrong.append(problem("version", message["version"], f"this server reads version {VERSION}"))
    base, firm, arms = message.get("base", "baseline"), message.get("firm", {}), message.get("arms")
    seed, reference = message.get("seed", 0), message.get("reference", 0)
    wrong += name_problems(base, names(), "base")
    wrong += bounds.number_problems(seed, 0, bounds.WORD - 1, "seed", whole=True)
    wrong += bounds.firm_problems(firm, "firm")
    wrong += _arms_problems(arms)
    many = len(arms) if isinstance(arms, list) else 1
    wrong += bounds.number_problems(reference, 0, max(0, many - 1), "reference", whole=True)
    worlds = message.get("worlds")
    if worlds is not None and (not isinstance(worlds, int) or worlds not in bounds.LADDER):
        wrong.append(problem("worlds", worlds, f"allowed: {cut([str(n) for n in bounds.LADDER])}"))
    pinned = message.get("pinned")
    if pinned is not None:
        wrong += _pinned_problems(pinned)
    if wrong:
        raise ScenarioError(wrong)
    document = {"version": VERSION, "base": base, "firm": firm, "seed": seed, "arms": arms, "reference": reference,
                "pinned": pinned, "worlds": worlds}  # fmt: skip
    arms = cast("list[Document]", arms)
    case = _case(document, base, firm, arms, reference, seed)
    if pinned is not None:
        arm = pinned["arm"]
        held = _case(document | {"pinned": None}, pinned.get("base", base), pinned["firm"], [arm], 0, seed, "pinned.")
        case = replace(case, pinned=held)
    wrong = bounds.worlds_problems(worlds or 0, case.seconds)
    if wrong:
        raise ScenarioError(wrong)
    return replace(case, worlds=worlds or bounds.until(case.seconds))


def _case(
    document: Document, base: str, firm: Document, arms: list[Document], reference: int, seed: int, at: str = ""
) -> Case:
    scenario = _firm(base, json.dumps(firm, sort_keys=True), at)
    cost = bounds.cost_of(scenario, at)
    wrong: list[Problem] = []
    found: list[Arm | None] = []
    structures, plans = dict(scenario.structures), dict(scenario.pay)
    for place, arm in enumerate(arms):
        key = f"{at}arm" if at else f"arms[{place}]"
        here = name_problems(arm["structure"], scenario.structures, f"{key}.structure")
        here += name_problems(arm.get("pay", scenario.today.pay), scenario.pay, f"{key}.pay")
        if not here:
            try:
                found.append(_arm(scenario, arm, key, structures, plans))
                continue
            except ScenarioError as error:
                here = error.problems
        wrong += here
        found.append(None)
    if wrong:
        raise ScenarioError(wrong)
    whole = scenario.model_copy(update={"structures": structures, "pay": plans})
    asked = tuple(cast("list[Arm]", found))
    keys = {arm: _digest(structures[arm.structure].model_dump(exclude={"title"}),
                         plans[arm.pay].model_dump(exclude={"title"})) for arm in asked}  # fmt: skip
    return Case(document, tuple(arms), whole, asked, asked[reference], seed, 0, firm_key(scenario), keys, cost)


@lru_cache(maxsize=64)
def _firm(base: str, values: str, at: str) -> Scenario:
    """The scenario of a base with values by dotted path; ScenarioError with keys as the question has them."""
    scenario, firm = shipped(base), cast("Document", json.loads(values))
    plain = {key: _endless(value) for key, value in firm.items() if key not in OWN_PATHS}
    own = {key: value for key, value in firm.items() if key in OWN_PATHS}
    wrong: list[Problem] = []
    for key, value in own.items():
        wrong += lever_problems(OWN_PATHS[key], value, f"firm.{key}")
    try:
        scenario = _with(scenario, plain)
        if own and not wrong:
            changes: Document = {}
            for key, value in own.items():
                lever = OWN_PATHS[key]
                assert lever.write is not None
                if lever.applies(scenario):
                    changes |= lever.write(scenario, value)
            scenario = _with(scenario, changes)
    except ScenarioError as error:
        wrong += [Problem("question", None, f"firm.{one.key}", one.found, one.message, one.hint)
                  for one in error.problems]  # fmt: skip
    wrong += [problem(f"firm.{section}", name, "a name of letters, digits, spaces and . + - _ is needed, which begins "
                      "with a letter or a digit") for section in ENTRIES for name in getattr(scenario, section)
              if not NAME.fullmatch(name)]  # fmt: skip
    if wrong:
        raise ScenarioError([replace(one, key=at + one.key) for one in wrong])
    if not set(firm) <= KEEP_NOTES and "notes.measured" not in firm:
        # What the shipped firm's author says of its rates and size is no longer true of this one.
        scenario = scenario.model_copy(update={"notes": scenario.notes.model_copy(update={"measured": ""})})
    return scenario


def _with(scenario: Scenario, changes: Document) -> Scenario:
    """`Scenario.with_`; where no entry of the library is written, only those of today are checked again."""
    if not changes:
        return scenario
    if any(key.partition(".")[0] in (*ENTRIES, "today") and key != SHIFT for key in changes):
        return scenario.with_(**changes)
    today = scenario.today
    structure = scenario.structures[today.structure]
    few = {"structures": {today.structure: structure}, "pay": {today.pay: scenario.pay[today.pay]},
           "devices": {name: scenario.devices[name] for name in structure.devices}}  # fmt: skip
    changed = scenario.model_copy(update=few).with_(**changes)
    return changed.model_copy(update={name: getattr(scenario, name) for name in ENTRIES})


@cache
def shipped(name: str) -> Scenario:
    """A scenario that ships."""
    return load_scenario(name)


def _endless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _endless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_endless(item) for item in value]
    return math.inf if value == ENDLESS else value


# Arms ----------------------------------------------------------------------------------------------------------------


def _arm(
    scenario: Scenario, arm: Document, key: str, structures: dict[str, Structure], plans: dict[str, PayPlan]
) -> Arm:
    """The arm of one entry; a structure or a plan that its levers change is put beside the others, with a name of its
    own."""
    levers = arm.get("levers", {})
    structure, pay = arm["structure"], arm.get("pay", scenario.today.pay)
    parts: dict[str, tuple[BaseModel, type[BaseModel]]] = {
        STRUCTURE: (scenario.structures[structure], Structure), PAY: (scenario.pay[pay], PayPlan)}  # fmt: skip
    wrong: list[Problem] = []
    made: dict[str, BaseModel] = {}
    for of, (table, model) in parts.items():
        # In one order, whatever the question's: first those that decide what others can move.
        moved = {name: levers[name] for name in IN_TURN if name in levers and BY_ID[name].of == of}
        if not moved:
            made[of] = table
            continue
        data = table.model_dump(mode="python")
        for name, value in moved.items():
            lever, at = BY_ID[name], f"{key}.levers.{name}"
            here = lever_problems(lever, value, at) or _cannot(lever, value, data, scenario, at)
            wrong += here
            if not here and lever.write is not None and lever.applies(data):
                lever.write(data, value)
        try:
            made[of] = model.model_validate(data)
        except ValidationError as error:
            wrong += [Problem("question", None, f"{key}.levers", one.found, f"{of}: {one.key}: {one.message}", one.hint)
                      for one in from_pydantic(error, "question", None, lambda _: [])]  # fmt: skip
    if wrong:
        raise ScenarioError(wrong)
    return Arm(_entry(structure, cast("Structure", made[STRUCTURE]), structures),
               _entry(pay, cast("PayPlan", made[PAY]), plans))  # fmt: skip


def _cannot(lever: Lever, value: Any, data: Document, scenario: Scenario, at: str) -> list[Problem]:
    """What an arm's lever cannot do under this structure or plan."""
    if lever.id == "devices":
        return [one for name in value for one in name_problems(name, scenario.devices, at)]
    if lever.id in ("budget", "threshold_right"):
        return name_problems(value, deciders(data), at)
    return []


def _entry[Entry: BaseModel](name: str, entry: Entry, entries: dict[str, Entry]) -> str:
    """The name of an entry: that of its origin where nothing is changed, else one of its own beside it."""
    if entry == entries[name]:
        return name
    number = 2
    while (own := f"{name}_{number}") in entries and entries[own].model_dump(exclude={"title"}) != entry.model_dump(
        exclude={"title"}
    ):
        number += 1
    if own not in entries:
        title = getattr(entry, "title", "")
        entries[own] = entry.model_copy(update={"title": f"{title or name} ({number})"})
    return own


def levers_of(case: Case) -> list[Document]:
    """Where the levers of each arm stand."""
    scenario = case.scenario
    return [arm_values(scenario.structures[arm.structure].model_dump(mode="python"),
                       scenario.pay[arm.pay].model_dump(mode="python")) for arm in case.arms]  # fmt: skip


def lever_problems(lever: Lever, value: Any, key: str) -> list[Problem]:
    """What is wrong with the value of a lever."""
    if lever.kind == "choice":
        return name_problems(value, lever.choices, key)
    if lever.kind == "choices":
        fits = isinstance(value, list) and len(value) <= 16 and all(isinstance(name, str) for name in value)
        twice = fits and len(set(value)) < len(value)
        if fits and not twice:
            return []
        return [problem(key, value, "up to 16 names are needed, each once")]
    if lever.endless and value == NONE:
        return []
    return bounds.number_problems(value, lever.least, lever.most, key, whole=lever.whole)


# Checks --------------------------------------------------------------------------------------------------------------


def problem(key: str, found: Any, message: str, hint: str | None = None) -> Problem:
    """A problem with a question."""
    return bounds.problem(key, found, message, hint)


def name_problems(name: Any, allowed: Any, key: str) -> list[Problem]:
    """What is wrong with a name that must be one of those allowed."""
    if not isinstance(name, str):
        return [problem(key, name, f"found {show(name)}; allowed: {cut(sorted(allowed))}")]
    return [replace(one, file="question") for one in unknown(name[:200], allowed, key)]


def _unknown_key(at: str, key: Any, allowed: tuple[str, ...]) -> Problem:
    return problem(f"{at}{str(key)[:80]}", key, f"unknown key; allowed here: {cut(list(allowed))}",
                   nearest(str(key)[:80], allowed))  # fmt: skip


def _arm_problems(arm: Any, key: str) -> list[Problem]:
    if not isinstance(arm, dict):
        return [problem(key, arm, f"a table with {cut(list(ARM_KEYS))} is needed")]
    many = bounds.key_problems(arm, key)
    if many:
        return many
    wrong = [_unknown_key(f"{key}.", name, ARM_KEYS) for name in arm if name not in ARM_KEYS]
    if "structure" not in arm:
        wrong.append(problem(f"{key}.structure", None, "missing; this key must be given"))
    levers = arm.get("levers", {})
    if not isinstance(levers, dict):
        return [*wrong, problem(f"{key}.levers", levers, "a table of levers and values is needed")]
    many = bounds.key_problems(levers, f"{key}.levers")
    if many:
        return wrong + many
    return wrong + [_unknown_key(f"{key}.levers.", name, tuple(BY_ID)) for name in levers if name not in BY_ID]


def _arms_problems(arms: Any) -> list[Problem]:
    if not isinstance(arms, list) or not 1 <= len(arms) <= bounds.MOST_ARMS:
        return [problem("arms", arms, f"a list of 1 to {bounds.MOST_ARMS} arms is needed")]
    return [one for place, arm in enumerate(arms) for one in _arm_problems(arm, f"arms[{place}]")]


def _pinned_problems(pinned: Any) -> list[Problem]:
    if not isinstance(pinned, dict) or "arm" not in pinned or "firm" not in pinned:
        return [problem("pinned", pinned, "null, or a table with firm and arm, is needed")]
    many = bounds.key_problems(pinned, "pinned")
    if many:
        return many
    allowed = ("base", "firm", "arm", "name")
    wrong = [_unknown_key("pinned.", name, allowed) for name in pinned if name not in allowed]
    if "base" in pinned:
        wrong += name_problems(pinned["base"], names(), "pinned.base")
    if not isinstance(pinned.get("name", ""), str) or len(pinned.get("name", "")) > 200:
        wrong.append(problem("pinned.name", pinned["name"], "a text of at most 200 characters is needed"))
    return wrong + bounds.firm_problems(pinned["firm"], "pinned.firm") + _arm_problems(pinned["arm"], "pinned.arm")


# Keys ----------------------------------------------------------------------------------------------------------------


def firm_key(scenario: Scenario) -> bytes:
    """A digest of everything in a scenario that runs of any arm depend on, that arm's own structure and plan apart."""
    data = scenario.model_dump(exclude={"name", "title", "notes", "limit", "structures", "pay", "today"})
    today = scenario.today
    return _digest(data, scenario.structures[today.structure].model_dump(exclude={"title"}),
                   scenario.pay[today.pay].model_dump(exclude={"title"}), today.programme_shift)  # fmt: skip


def _digest(*parts: Any) -> bytes:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
