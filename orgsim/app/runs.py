"""Runs of arms that can be given up half-way, and what is kept of them: rows of figures and warm states, bounded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from orgsim.app.bounds import PATIENCE
from orgsim.clock import Clock
from orgsim.engine.records import World
from orgsim.kpis import measure
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, enter_arm, finish, new_world

STRETCH = 65  # business days between two looks at whether a run is still wanted: a quarter
ROWS = 12_000  # kept; about 4 kB each
WARM_BYTES = 96 * 2**20
RUN_OFF = "run_off_margin"
EARLY = 4  # the first worlds, with which every answer begins, are kept apart from the others

Row = dict[str, float]


class Stopped(Exception):
    """The run is not wanted any more."""


class TooLong(Exception):
    """A run took longer than any page may ask for."""


class Kept[Value]:
    """A bounded store: what was used longest ago goes first. `size` says how much a value takes of `room`."""

    def __init__(self, room: float, size: Callable[[Value], float] = lambda _: 1.0) -> None:
        self._room, self._size, self._full = room, size, 0.0
        self._values: OrderedDict[Any, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Any) -> Value | None:
        """The value, now the last used; None where it is not kept."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Any, value: Value) -> None:
        """Keep a value, and let go of others that there is no room for."""
        with self._lock:
            if key in self._values:
                self._full -= self._size(self._values.pop(key))
            self._values[key] = value
            self._full += self._size(value)
            while self._full > self._room and len(self._values) > 1:
                _, gone = self._values.popitem(last=False)
                self._full -= self._size(gone)


def _bytes(world: World) -> float:
    return float(sum(array.nbytes for array in world))


class Runs:
    """All runs of a server: what has been run is not run again while it is kept.

    count: runs of arms finished, given_up: runs stopped half-way, warm: warm-ups.
    """

    def __init__(self) -> None:
        self.rows: Kept[Row] = Kept(ROWS)
        self._early: Kept[World] = Kept(WARM_BYTES * 2 / 3, _bytes)
        self._late: Kept[World] = Kept(WARM_BYTES / 3, _bytes)
        self._warming: dict[Any, threading.Lock] = {}
        self._lock = threading.Lock()
        self.count = self.given_up = self.warm = 0

    def known(self, firm: bytes, arm: bytes, seed: int, replicate: int, whole: bool = False) -> Row | None:
        """The figures of a run, if they are kept."""
        row = self.rows.get((firm, arm, seed, replicate))
        return None if row is None or (whole and RUN_OFF not in row) else row

    def row(
        self, scenario: Scenario, firm: bytes, arm: Arm, key: bytes, seed: int, replicate: int,
        stopped: Callable[[], bool], whole: bool = False, patience: float | None = None,
    ) -> Row:  # fmt: skip
        """The figures of an arm in a world: the very ones of `worlds.Prepared.run`, those of the run-off (a third of a
        run, and nothing that a page shows) only if `whole`. `firm`, `key`: digests of what they depend on. Raises
        Stopped soon after `stopped()`, and TooLong after `patience` seconds (None: PATIENCE)."""
        found = self.known(firm, key, seed, replicate, whole)
        if found is not None:
            return found
        began, limit = time.monotonic(), PATIENCE if patience is None else patience

        def look() -> None:
            if stopped():
                raise Stopped
            if time.monotonic() - began > limit:
                raise TooLong

        try:
            warm = self._warm(scenario, firm, seed, replicate, look)
            look()
            clock = Clock.of(scenario)
            today = Arm(scenario.today.structure, scenario.today.pay)
            world = _advance(enter_arm(scenario, warm, arm, today), clock.start, clock.end, look)
            look()
            row = finish(scenario, world) if whole else _figures(scenario, clock, world)
        except Stopped:
            self.given_up += 1
            raise
        self.count += 1
        self.rows.put((firm, key, seed, replicate), row)
        return row

    def _warm(
        self, scenario: Scenario, firm: bytes, seed: int, replicate: int, look: Callable[[], None]
    ) -> World:  # fmt: skip
        """The state at the start of the horizon; two that want the same one wait for each other."""
        key, kept = (firm, seed, replicate), self._early if replicate < EARLY else self._late
        with self._lock:
            lock = self._warming.setdefault(key, threading.Lock())
        try:
            with lock:
                found = kept.get(key)
                if found is None:
                    today = Arm(scenario.today.structure, scenario.today.pay)
                    found = _advance(new_world(scenario, today, seed, replicate), 0, Clock.of(scenario).start, look)
                    self.warm += 1
                    kept.put(key, found)
                return found
        finally:
            with self._lock:
                self._warming.pop(key, None)


def _figures(scenario: Scenario, clock: Clock, world: World) -> Row:
    """`simulation.finish` without the run-off."""
    months = clock.month_of
    return measure(scenario, world, int(months[clock.start]), int(months[clock.end - 1]) + 1)


def _advance(world: World, first: int, last: int, look: Callable[[], None]) -> World:
    """`simulation.advance`, with a look each quarter at whether to go on."""
    for day in range(first, last, STRETCH):
        if day > first:
            look()
        world = advance(world, day, min(day + STRETCH, last))
    return world
