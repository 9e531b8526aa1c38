"""Worlds: one draw of luck, and of the assumed parameters when asked, in which every arm runs from the same warm-up.

A `Task` describes some worlds in little; `work` runs them wherever it is sent, in a thread, in a process, on another
machine. What a run gives depends on its world and its arm alone.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from orgsim.clock import Clock
from orgsim.engine.compile import source_hash
from orgsim.engine.records import World as State
from orgsim.experiments.uncertain import drawn
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, enter_arm, finish, warm_up

# Sources outside the engine that decide results too; the scenario's readers and texts do not.
DECIDE = ("clock.py", "kpis.py", "simulation.py", "experiments/uncertain.py", "experiments/worlds.py")
READ_ONLY = ("catalogue.py", "errors.py", "load.py", "toml.py")

Changes = tuple[tuple[str, Any], ...]
Row = dict[str, Any]


@cache
def engine_hash() -> str:
    """Hexadecimal digest of all sources that decide what a run gives: results of two versions do not mix."""
    package = Path(__file__).resolve().parents[1]
    schema = [path for path in sorted((package / "scenario").glob("*.py")) if path.name not in READ_ONLY]
    digest = hashlib.sha256(source_hash().encode())
    for path in (*(package / name for name in DECIDE), *schema):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Terms:
    """What all worlds of an experiment share: the seed, where arms start, what they may spend, whether the assumed
    parameters are drawn in each world, and which of them are `fixed` since the experiment varies them itself."""

    seed: int = 0
    start: str = "today"
    budget: str = "free"
    uncertain: bool = False
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """One world: values of the scenario that differ in it, by dotted path, the number of its luck, and its arms."""

    changes: Changes
    replicate: int
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class Task:
    """Worlds to be run in one go. `engine` is the version they are meant for."""

    scenario: Scenario
    terms: Terms
    worlds: tuple[World, ...]
    engine: str


class OtherEngine(Exception):
    """A worker has another version of the engine than the task is meant for."""


class Prepared:
    """A world whose warm-up is done, so that arms can begin; with `start = "own"` each arm warms up by itself."""

    def __init__(self, scenario: Scenario, terms: Terms, replicate: int) -> None:
        self.scenario = drawn(scenario, terms.seed, replicate, terms.fixed) if terms.uncertain else scenario
        self.terms, self.replicate = terms, replicate
        self.today = Arm(scenario.today.structure, scenario.today.pay)
        self.warm = None if terms.start == "own" else self._warm_up(self.today)

    def _warm_up(self, arm: Arm) -> State:
        return warm_up(self.scenario, arm, self.terms.seed, self.replicate)

    def run(self, arm: Arm) -> dict[str, float]:
        """The figures of a run of the arm over the horizon."""
        clock = Clock.of(self.scenario)
        since = arm if self.warm is None else self.today
        state = self._warm_up(arm) if self.warm is None else self.warm
        world = enter_arm(
            self.scenario, state, arm, since, equal_budget=self.terms.budget == "equal", today=self.today
        )
        return finish(self.scenario, advance(world, clock.start, clock.end), last=True)


def replicate_rows(
    scenario: Scenario, arms: Sequence[Arm], terms: Terms, replicate: int, cancelled: threading.Event | None = None
) -> list[Row]:
    """One world: a row of figures for each arm, in their order. Given up early once `cancelled`."""
    prepared = Prepared(scenario, terms, replicate)
    rows = []
    for arm in arms:
        if cancelled is not None and cancelled.is_set():
            break
        rows.append(_row(arm, terms, replicate) | prepared.run(arm))
    return rows


def _row(arm: Arm, terms: Terms, replicate: int) -> Row:
    return {"structure": arm.structure, "pay": arm.pay, "replicate": replicate, "seed": terms.seed}


def rows_of(task: Task, cancelled: threading.Event | None = None) -> list[Row]:
    """All rows of a task whose worlds change nothing and may not fail, as a comparison needs them."""
    check_engine(task)
    return [
        row
        for world in task.worlds
        for row in replicate_rows(task.scenario, world.arms, task.terms, world.replicate, cancelled)
    ]


def check_engine(task: Task) -> None:
    """Raise OtherEngine where the task is meant for another version of the sources than this."""
    if task.engine != engine_hash():
        raise OtherEngine(
            f"this worker runs engine {engine_hash()[:12]}, the task is for {task.engine[:12]}; "
            "install the same version of orgsim everywhere"
        )


def rows_or_errors(task: Task, cancelled: threading.Event | None = None) -> Iterator[Row]:
    """A row for each run of a task as it ends: figures, or the `error` of a run that failed, and its `seconds`.

    Want of memory or of disk is no result of a run: MemoryError and OSError are raised.
    """
    check_engine(task)
    firms: dict[Changes, Scenario] = {}
    for world in task.worlds:
        began = time.perf_counter()
        prepared: Prepared | None = None
        error: str | None = None
        for arm in world.arms:
            if cancelled is not None and cancelled.is_set():
                return
            row = _row(arm, task.terms, world.replicate)
            try:
                if world.changes not in firms:
                    firms = {world.changes: changed(task.scenario, world.changes)}
                if prepared is None and error is None:
                    prepared = Prepared(firms[world.changes], task.terms, world.replicate)
                if prepared is not None:
                    error = None
                    row |= prepared.run(arm)
            except (MemoryError, OSError):
                raise
            except Exception as failure:
                error = f"{type(failure).__name__}: {failure}"
            now = time.perf_counter()
            yield row | {"error": error, "seconds": now - began}
            began = now


def changed(scenario: Scenario, changes: Changes) -> Scenario:
    """The scenario with values changed by dotted path; the very same object where nothing changes."""
    return scenario.with_(**dict(changes)) if changes else scenario
