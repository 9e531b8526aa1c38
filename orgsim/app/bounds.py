"""How much a page may ask for: sizes of messages, firms and results, worlds, and what a run may cost."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from orgsim.scenario.errors import Problem, ScenarioError, nearest, show
from orgsim.scenario.schema import Scenario

WORD = 2**32
MESSAGE = 128 * 1024  # bytes of a message or a body
MOST_ARMS = 4
MOST_KEYS = 100  # of the question, of an arm, of its levers
MOST_VALUES = 400  # of a firm
MOST_ITEMS = 4_000  # values in lists and tables of a firm, all together
MOST_TEXT = 2_000
DEPTH = 8
LADDER = (20, 50, 100, 200, 400, 800)  # worlds that a question may end with
PROSPECTS = 120_000
EMPLOYEES = 600
YEARS = 25.0  # simulated in all
RUN_SECONDS = 2.5  # estimated, of one arm in one world
PATIENCE = 20.0  # seconds after which a run is given up, whatever was estimated
QUESTION_SECONDS = 60.0  # of computing that a question's worlds may take, as estimated, unless more are asked for
MOST_SECONDS = 600.0  # of computing that worlds which are asked for may take, as estimated
FOLLOW_SECONDS = 1.5  # estimated, of a world of all arms in which a prospect can be followed: a trace takes far longer
# Sections of a scenario that a question may write into; `name` and `limit` are not among them.
SECTIONS = tuple(name for name in Scenario.model_fields if name not in ("name", "limit"))


def problem(key: str, found: Any, message: str, hint: str | None = None) -> Problem:
    """A problem with a question."""
    said = message if message.startswith(("found", "unknown", "missing")) else f"found {brief(found)}; {message}"
    return Problem("question", None, key, brief(found), said, hint)


TOO_LONG = Problem("question", None, "firm", "", "a run of this firm takes too long for the app; `orgsim compare` has "
                   "no such limit", None)  # fmt: skip


def brief(value: Any) -> str:
    """A value of a request in few characters."""
    try:
        return show(value)[:80]
    except ValueError:  # a whole number with more digits than Python writes
        return "a huge number"


def number_problems(value: Any, least: float, most: float, key: str, *, whole: bool = False) -> list[Problem]:
    """What is wrong with a number that must lie between two others."""
    kind = "whole number" if whole else "number"
    right = isinstance(value, int) if whole else isinstance(value, (int, float))
    if isinstance(value, float) and whole and value.is_integer():
        right = False
    if isinstance(value, bool) or not right or not least <= value <= most:
        return [problem(key, value, f"a {kind} from {least:g} to {most:g} is needed")]
    return []


def key_problems(table: Collection[str], key: str) -> list[Problem]:
    """What is wrong with the number of keys of a table; looked at before each of them is held against known names."""
    if len(table) <= MOST_KEYS:
        return []
    return [problem(key, len(table), f"found {len(table)} keys; {MOST_KEYS} are the most")]


def worlds_problems(worlds: int, seconds: float) -> list[Problem]:
    """What is wrong with a number of worlds that is asked for, where one takes so many seconds."""
    most = max(LADDER[0], int(MOST_SECONDS / seconds))
    if worlds <= most:
        return []
    return [problem("worlds", worlds, f"found {worlds}; of so large a firm the app runs up to {most}, and "
                    "`orgsim compare` any number")]  # fmt: skip


def firm_problems(firm: Any, key: str) -> list[Problem]:
    """What is wrong with the form of a firm's values: paths of sections that may be set, plain values, not too many."""
    from orgsim.app.levers import OWN_PATHS

    if not isinstance(firm, dict):
        return [problem(key, firm, "a table of values by dotted path is needed")]
    if len(firm) > MOST_VALUES:
        return [problem(key, len(firm), f"found {len(firm)} values; {MOST_VALUES} are the most")]
    wrong, items = [], 0
    for path, value in firm.items():
        section = path.partition(".")[0]
        if len(path) > 200:
            wrong.append(problem(f"{key}.{path[:40]}...", path, "a path has at most 200 characters"))
        elif path not in OWN_PATHS and section not in SECTIONS:
            wrong.append(problem(f"{key}.{path}", path, f"unknown key {show(section)}; a section of a scenario is "
                                 "needed, such as market or people", nearest(section, SECTIONS)))  # fmt: skip
        else:
            try:
                items += _items(value)
            except ValueError as error:
                wrong.append(problem(f"{key}.{path}", value, str(error)))
    if items > MOST_ITEMS:
        wrong.append(problem(key, items, f"found {items} values in all; {MOST_ITEMS} are the most"))
    return wrong


def _items(value: Any, depth: int = 0) -> int:
    """Number of values in a value; ValueError where it is none that a scenario can hold."""
    if depth > DEPTH:
        raise ValueError("lists or tables are nested too deeply")
    if value is None:
        raise ValueError("null is no value of a scenario; leave the key out")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a finite number is needed")
    if isinstance(value, int) and abs(value) > 10**18:
        raise ValueError("the number is too large")
    if isinstance(value, str) and len(value) > MOST_TEXT:
        raise ValueError(f"a text has at most {MOST_TEXT} characters")
    if isinstance(value, dict):
        return 1 + sum(_items(key, depth + 1) + _items(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return 1 + sum(_items(item, depth + 1) for item in value)
    return 1


def cost_of(scenario: Scenario, at: str = "") -> float:
    """Seconds that one arm in one world takes, roughly; ScenarioError for a firm that is too large to be answered
    while a lever is dragged."""
    market, time, people = scenario.market, scenario.time, scenario.people
    years = time.years + time.warm_up_years + time.run_off_months / 12
    prospects = responses = 0.0
    for segment in market.segments:
        size = segment.size if segment.size is not None else segment.share * market.size
        needs = market.episodes_per_year if segment.episodes_per_year is None else segment.episodes_per_year
        signals = market.signals_per_year if segment.signals_per_year is None else segment.signals_per_year
        told = scenario.customers.word_of_mouth + 260 / scenario.customers.interval
        prospects += size
        responses += size * (needs + signals + told)
    employees = people.reps + people.marketers
    seconds = 6e-3 + years * (5e-7 * prospects + 5e-7 * responses + 1e-4 * employees + 8e-4)
    wrong = []
    for name, value, most in (("market.size", prospects, PROSPECTS), ("people", employees, EMPLOYEES),
                              ("time", years, YEARS)):  # fmt: skip
        if value > most:
            what = {"market.size": "prospects", "people": "employees", "time": "simulated years in all"}[name]
            wrong.append(problem(f"{at}firm.{name}", value, f"found {value:,.0f} {what}; the app answers up to "
                                 f"{most:,.0f}; for more, `orgsim compare` has no such limit"))  # fmt: skip
    if not wrong and not seconds <= RUN_SECONDS:
        wrong.append(problem(f"{at}firm", seconds, f"found a firm whose runs take about {seconds:.0f} s each; the app "
                             f"answers where they take up to {RUN_SECONDS:g} s: take fewer prospects, a lower rate of "
                             "needs and signals, or fewer people"))  # fmt: skip
    if wrong:
        raise ScenarioError(wrong)
    return seconds


def until(seconds: float) -> int:
    """Worlds that a question ends with: set beforehand by what they cost, never by what they show."""
    affordable = [n for n in LADDER[:4] if n * seconds <= QUESTION_SECONDS]
    return affordable[-1] if affordable else LADDER[0]
