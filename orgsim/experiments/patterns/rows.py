"""Published patterns: the rows of scenarios/patterns/expected.toml, run in many worlds, and judged.

What each row must look like was written before its first run. A row has arms, which share the luck of a world, lines
(one statistic each, from `patterns_measures` and `patterns_organisation`) and null cases in which it must vanish. All
figures are means over worlds with Student's t intervals; a line is met when its whole interval lies within what was
expected.
"""

from __future__ import annotations

import functools
import math
import os
import tomllib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from orgsim.engine.records import FIRM
from orgsim.engine.streams import parameter_uniform
from orgsim.experiments.patterns.measures import MEASURES as OF_PAY
from orgsim.experiments.patterns.organisation import MEASURES as OF_ORGANISATION
from orgsim.experiments.patterns.organisation import OVER_FIRMS
from orgsim.leadership.seat import Directives, FixedPlan, Leader
from orgsim.results import Run
from orgsim.scenario.errors import Problem, ScenarioError, cut, nearest, show
from orgsim.scenario.load import library, load_scenario
from orgsim.scenario.schema import Scenario
from orgsim.simulation import run

CONFIDENCE, NULL_CONFIDENCE = 0.99, 1 - 1e-6
QUICK = 10  # worlds of a quick look, at most
SHIPPED = {"time.run_off_months": 0.0}
NOT_JUDGED = "–"
MEASURES = {**OF_PAY, **OF_ORGANISATION}
Figures = dict[str, float]
Found = dict[tuple[str, str], dict[str, list[float]]]  # by row and case ("" for none), by key, over worlds


@functools.cache
def read(name: str) -> dict[str, Any]:
    """One of the files of the patterns: expected, runs, looks, reasons, figures."""
    return tomllib.loads((library() / "patterns" / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Case:
    """A row under other settings: a null case, in which the statistic must vanish, or a look taken afterwards."""

    name: str
    case: str
    changes: Mapping[str, Any]
    pay: Mapping[str, str]
    arms: Mapping[str, Mapping[str, Any]]
    worlds: int
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """One statistic: what is expected of it, and the null case in which it must vanish (turns: or turn its sign)."""

    key: str
    statistic: str
    published: str
    unit: str
    low: float
    high: float
    label: str
    null: str
    nothing: float = 0.0
    turns: bool = False


@dataclass(frozen=True)
class Row:
    """A published pattern: a firm, arms, lines and null cases."""

    name: str
    title: str
    source: str
    design: str
    built_in: str
    foreseen: str
    firm: str
    today: str
    measure: str
    arms: Mapping[str, Mapping[str, Any]]
    lines: tuple[Line, ...]
    nulls: Mapping[str, Case]
    looks: tuple[Case, ...]
    changes: Mapping[str, Any]
    sample: Mapping[str, tuple[str, float, float]] = field(default_factory=dict)
    firms: int = 1


@dataclass(frozen=True)
class Setting:
    """What an arm is run with."""

    scenario: Scenario
    pay: str
    structure: str | None
    leaders: Mapping[str, Leader]


@dataclass(frozen=True)
class Estimate:
    """A mean over worlds and its standard error."""

    mean: float
    error: float
    worlds: int

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Student's t interval."""
        half = float(stats.t.ppf(0.5 + confidence / 2, self.worlds - 1)) * self.error if self.error > 0 else 0.0
        return self.mean - half, self.mean + half


@dataclass(frozen=True)
class Result:
    """A line as simulated, and its null case, if it has one."""

    line: Line
    simulated: Estimate
    null: Estimate | None

    @property
    def verdict(self) -> str:
        """met, missed, or a dash for lines that are input or calibrated."""
        return verdict(self.line, *self.simulated.interval())

    @property
    def nothing(self) -> bool:
        """Whether the null case shows nothing, or there is none."""
        if self.null is None:
            return True
        low, high = self.null.interval(NULL_CONFIDENCE)
        if self.line.turns:
            return low <= self.line.nothing if self.line.low >= 0.0 else high >= -self.line.nothing
        return low <= self.line.nothing and high >= -self.line.nothing

    @property
    def coarse(self) -> bool:
        """Whether the null case is too coarse to have shown an effect of the size simulated."""
        if self.null is None:
            return False
        low, high = self.null.interval()
        return 0.5 * (high - low) > abs(self.simulated.mean)


def verdict(line: Line, low: float, high: float) -> str:
    """A line is met when the whole interval lies within what is expected."""
    if line.label != "emergent":
        return NOT_JUDGED
    return "met" if line.low < low and high < line.high else "missed"


def whole_verdict(verdicts: Sequence[str]) -> str:
    """A row is met when all its judged lines are; a dash where none is judged."""
    judged = [one for one in verdicts if one != NOT_JUDGED]
    if not judged:
        return NOT_JUDGED
    return "met" if all(one == "met" for one in judged) else "missed"


@functools.cache
def rows() -> tuple[Row, ...]:
    """The rows of expected.toml, in its order."""
    out = []
    for name, given in read("expected").items():
        if name == "plans":
            continue
        lines = tuple(Line(**line) for line in given["lines"])
        few = read("runs")["null_worlds"][name]
        nulls = {key: case_of(key, null, few) for key, null in given["nulls"].items()}
        found = enumerate(read("looks").get(name, []), start=1)
        looks = tuple(case_of(f"look {n}", look, look["worlds"]) for n, look in found)
        rest = {key: value for key, value in given.items() if key not in ("lines", "nulls", "changes")}
        out.append(Row(name=name, lines=lines, nulls=nulls, looks=looks, changes=given.get("changes", {}), **rest))
    return tuple(out)


def chosen_rows(names: Iterable[str]) -> list[Row]:
    """The rows of some names, in the order of the table, all for none; ScenarioError names the nearest to an unknown
    name."""
    every = {row.name: row for row in rows()}
    asked = list(names)
    allowed = f"allowed: {cut(list(every))}"
    problems = [
        Problem("command", None, "--rows", show(name), f"found {show(name)}; {allowed}", nearest(name, every))
        for name in asked if name not in every
    ]  # fmt: skip
    if problems:
        raise ScenarioError(problems)
    return [row for row in every.values() if not asked or row.name in asked]


def case_of(name: str, given: Mapping[str, Any], worlds: int) -> Case:
    """A case as its file gives it."""
    changes, pay, arms, keys = (given.get(key, {}) for key in ("changes", "pay", "arms", "keys"))
    return Case(name, given["case"], changes, pay, arms, worlds, keys)


# Runs ----------------------------------------------------------------------------------------------------------------


@functools.cache
def firm(name: str) -> Scenario:
    """A shipped firm with the plans of the rows added, and without a run-off, which few rows read."""
    plans = {f"pay.{key}": plan for key, plan in read("expected")["plans"].items()}
    return load_scenario(name).with_(**SHIPPED, **plans)


def scenarios(row: Row, case: Case | None, drawn: Mapping[str, float] | None = None) -> dict[str, Setting]:
    """What each arm is run with, in a case or as the row is; `drawn`: parameters of a sampled firm, under those that
    the arm or the case sets."""
    out = {}
    for arm, given in row.arms.items():
        pay = case.pay.get(arm, given["pay"]) if case else given["pay"]
        changes = {**row.changes, **(drawn or {}), **given.get("changes", {})}
        if case:
            changes |= {**case.changes, **case.arms.get(arm, {})}
        changes["today.pay"] = pay if row.today == "own" else row.today
        asked = given.get("leaders", {}).items()
        leaders = {title: FixedPlan(Directives(**directives)) for title, directives in asked}
        out[arm] = Setting(firm(row.firm).with_(**changes), pay, given.get("structure"), leaders)
    return out


def drawn_firm(row: Row, seed: int, replicate: int) -> dict[str, float]:
    """Parameters of a sampled firm, keyed by name, seed and replicate: evenly between two bounds, or in the log."""
    key = np.zeros(1, FIRM)
    key["seed"], key["replicate"] = seed, replicate
    out = {}
    for path, (how, low, high) in row.sample.items():
        u = float(parameter_uniform(key[0], zlib.crc32(path.encode())))  # type: ignore[no-untyped-call]
        out[path] = low * (high / low) ** u if how == "log" else low + (high - low) * u
    return out


def run_arms(settings: Mapping[str, Setting], seed: int, replicate: int) -> dict[str, Run]:
    """A run of each arm in one world; arms that are alike are run once."""
    done: list[tuple[Setting, Run]] = []
    runs = {}
    for arm, setting in settings.items():
        found = next((run for other, run in done if other == setting), None)
        if found is None:
            found = run(setting.scenario, structure=setting.structure, pay=setting.pay, seed=seed, replicate=replicate,
                        leaders=setting.leaders)  # fmt: skip
            done.append((setting, found))
        runs[arm] = found
    return runs


def figures(row: Row, case: Case | None, settings: Mapping[str, Setting] | None, seed: int, world: int) -> Figures:
    """The statistics of one world; `settings` are those of `scenarios`, which sampled firms make for themselves."""
    firms = []
    for number in range(world * row.firms, (world + 1) * row.firms):
        here = settings or scenarios(row, case, drawn_firm(row, seed, number))
        firms.append(run_arms(here, seed, number))
    return OVER_FIRMS[row.measure](firms) if row.firms > 1 else MEASURES[row.measure](firms[0])


def simulate(
    chosen: Sequence[Row], *, quick: bool = False, threads: int | None = None, looks: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Figures of rows and their cases over worlds; worlds do not depend on `threads`, and a quick look takes the first
    of them."""
    setup = read("runs")
    tasks = []
    for row in chosen:
        for case in (None, *row.nulls.values(), *(row.looks if looks else ())):
            worlds = case.worlds if case else setup["worlds"][row.name]
            tasks.append((row, case, min(worlds, QUICK) if quick else worlds))
    total, done = sum(worlds for _, _, worlds in tasks), 0
    out: Found = {}
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for row, case, worlds in tasks:
            settings = None if row.sample else scenarios(row, case)
            found = []
            for one in pool.map(functools.partial(figures, row, case, settings, setup["seed"]), range(worlds)):
                found.append(one)
                done += 1
                if progress is not None:
                    progress(done, total)
            out[row.name, case.name if case else ""] = {key: [world[key] for world in found] for key in found[0]}
    return out


def first_worlds(found: Found, most: int = QUICK) -> Found:
    """The figures of the first worlds of each: those of a quick look."""
    return {place: {key: values[:most] for key, values in keys.items()} for place, keys in found.items()}


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and standard error over worlds."""
    x = np.asarray(values, dtype=float)
    return Estimate(float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x))), len(x))


def results(row: Row, found: Mapping[tuple[str, str], Mapping[str, Sequence[float]]]) -> list[Result]:
    """The lines of a row with what was simulated."""
    return [
        Result(
            line, estimate(found[row.name, ""][line.key]),
            estimate(found[row.name, line.null][line.key]) if line.null else None,
        )
        for line in row.lines
    ]  # fmt: skip
