"""Rows of published patterns: read from patterns/*.toml, run, and judged."""

from __future__ import annotations

import functools
import math
import os
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from patterns_measures import MEASURES
from scipy import stats

import orgsim

HERE = Path(__file__).resolve().parent / "patterns"
CONFIDENCE, NULL_CONFIDENCE = 0.99, 1 - 1e-6
QUICK = 10  # worlds of a quick look, at most
SHIPPED = {"time.run_off_months": 0.0}


@functools.cache
def read(name: str) -> dict[str, Any]:
    """One of the files beside this program's folder."""
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


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
    """One statistic: what is expected of it, and the null case in which it must vanish."""

    key: str
    statistic: str
    published: str
    unit: str
    low: float
    high: float
    label: str
    null: str
    nothing: float = 0.0


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
    """A line as simulated, and its null case."""

    line: Line
    simulated: Estimate
    null: Estimate

    @property
    def verdict(self) -> str:
        """met, missed, or a dash for lines that are input or calibrated."""
        return verdict(self.line, *self.simulated.interval())

    @property
    def nothing(self) -> bool:
        """Whether the null case shows nothing."""
        low, high = self.null.interval(NULL_CONFIDENCE)
        return low <= self.line.nothing and high >= -self.line.nothing

    @property
    def coarse(self) -> bool:
        """Whether the null case is too coarse to have shown an effect of the size simulated."""
        low, high = self.null.interval()
        return 0.5 * (high - low) > abs(self.simulated.mean)


def verdict(line: Line, low: float, high: float) -> str:
    """A line is met when the whole interval lies within what is expected."""
    if line.label != "emergent":
        return "–"
    return "met" if line.low < low and high < line.high else "missed"


def rows() -> list[Row]:
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
    return out


def case_of(name: str, given: Mapping[str, Any], worlds: int) -> Case:
    """A case as its file gives it."""
    changes, pay, arms, keys = (given.get(key, {}) for key in ("changes", "pay", "arms", "keys"))
    return Case(name, given["case"], changes, pay, arms, worlds, keys)


# Runs ----------------------------------------------------------------------------------------------------------------


@functools.cache
def firm(name: str) -> orgsim.Scenario:
    """A shipped firm with the plans of the rows added, and without a run-off, which no row reads."""
    plans = {f"pay.{key}": plan for key, plan in read("expected")["plans"].items()}
    return orgsim.load_scenario(name).with_(**SHIPPED, **plans)


def scenarios(row: Row, case: Case | None) -> dict[str, tuple[orgsim.Scenario, str]]:
    """Scenario and pay plan of each arm, in a case or as the row is."""
    out = {}
    for arm, given in row.arms.items():
        pay = case.pay.get(arm, given["pay"]) if case else given["pay"]
        changes = {**row.changes, **given.get("changes", {})}
        if case:
            changes |= {**case.changes, **case.arms.get(arm, {})}
        changes["today.pay"] = pay if row.today == "own" else row.today
        out[arm] = (firm(row.firm).with_(**changes), pay)
    return out


def figures(row: Row, arms: Mapping[str, tuple[orgsim.Scenario, str]], seed: int, world: int) -> dict[str, float]:
    """The statistics of one world, from the scenario and pay plan of each arm; arms that are alike are run once."""
    done: list[tuple[orgsim.Scenario, str, orgsim.Run]] = []
    runs = {}
    for arm, (scenario, pay) in arms.items():
        run = next((run for other, name, run in done if name == pay and other == scenario), None)
        if run is None:
            run = orgsim.run(scenario, pay=pay, seed=seed, replicate=world)
            done.append((scenario, pay, run))
        runs[arm] = run
    return MEASURES[row.measure](runs)


def simulate(
    chosen: Sequence[Row], *, quick: bool = False, threads: int | None = None
) -> dict[tuple[str, str], dict[str, list[float]]]:
    """Figures by row and case ("" for none), each a list over worlds."""
    settings = read("runs")
    most = QUICK if quick else None
    out: dict[tuple[str, str], dict[str, list[float]]] = {}
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for row in chosen:
            for case in (None, *row.nulls.values(), *row.looks):
                worlds = case.worlds if case else settings["worlds"][row.name]
                one = functools.partial(figures, row, scenarios(row, case), settings["seed"])
                found = list(pool.map(one, range(min(worlds, most or worlds))))
                out[row.name, case.name if case else ""] = {key: [world[key] for world in found] for key in found[0]}
    return out


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and standard error over worlds."""
    x = np.asarray(values, dtype=float)
    return Estimate(float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x))), len(x))


def results(row: Row, found: Mapping[tuple[str, str], Mapping[str, Sequence[float]]]) -> list[Result]:
    """The lines of a row with what was simulated."""
    return [
        Result(line, estimate(found[row.name, ""][line.key]), estimate(found[row.name, line.null][line.key]))
        for line in row.lines
    ]
