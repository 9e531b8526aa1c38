"""One arm's way through the horizon, with a diary of what was in force each day.

The event log says what happened; the diary says under which levers, hours and beliefs. It is read between two days and
changes nothing: the state after the last day is that of `orgsim.run`, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, enter_arm

FRIDAY = r.DAYS_PER_WEEK - 1
Meddler = Callable[[r.World, int], None]


@dataclass
class Diary:
    """The state at the end of each business day; row 0 is the day before the horizon.

    `firm` has shape (days + 1,), `segments` (days + 1, segments), `reps` and `waiting` (leads in each rep's line)
    (days + 1, reps). `scores` holds what each lead scored, by (lead, day).
    """

    first: int
    firm: NDArray[np.record]
    segments: NDArray[np.record]
    reps: NDArray[np.record]
    waiting: NDArray[np.int64]
    scores: dict[int, list[tuple[int, float]]] = field(default_factory=dict)

    def row(self, time: float) -> int:
        """The row of what the firm and its segments were at a time in business hours: they move before events."""
        return int(time // r.HOURS_PER_DAY) - self.first + 1

    def rep_row(self, time: float) -> int:
        """The row of what reps were at a time: skill and seats move on Mondays before events, on Fridays after."""
        day = int(time // r.HOURS_PER_DAY)
        return self.row(time) - (day % r.DAYS_PER_WEEK == FRIDAY)

    def score_by(self, lead: int, time: float) -> tuple[int, float] | None:
        """Day and value of a lead's last score up to a time; None if it was scored before the horizon only."""
        told = [(day, score) for day, score in self.scores.get(lead, []) if day <= int(time // r.HOURS_PER_DAY)]
        return told[-1] if told else None


@dataclass(frozen=True)
class Walk:
    """The state of an arm at the end of the horizon, with the event log, and its diary."""

    world: r.World
    diary: Diary


def walk(scenario: Scenario, warm: r.World, arm: Arm, meddle: Meddler | None = None) -> Walk:
    """Run the horizon under an arm from a warm state that keeps an event log; the warm state is not changed.

    meddle(world, day) is called before each day and may move a lever by hand, for what-if questions and tests.
    """
    clock = Clock.of(scenario)
    today = Arm(scenario.today.structure, scenario.today.pay)
    world = enter_arm(scenario, warm, arm, today)
    days = clock.horizon + 1
    diary = Diary(
        clock.start,
        np.empty(days, r.FIRM),
        np.empty((days, len(world.segments)), r.SEGMENT),
        np.empty((days, len(world.reps)), r.REP),
        np.zeros((days, len(world.reps)), np.int64),
    )
    scored = world.leads["scored"].copy()
    _write(diary, 0, world)
    for day in range(clock.start, clock.end):
        if meddle is not None:
            meddle(world, day)
        world = advance(world, day, day + 1)
        _write(diary, day - clock.start + 1, world)
        count = world.leads["scored"]
        scored = np.append(scored, np.zeros(len(count) - len(scored), count.dtype))
        new = np.flatnonzero(count != scored)
        for k in new.tolist():
            diary.scores.setdefault(k, []).append((day, float(world.leads["score"][k])))
        scored[new] = count[new]
    return Walk(world, diary)


def _write(diary: Diary, row: int, world: r.World) -> None:
    diary.firm[row] = world.firm[0]
    diary.segments[row] = world.segments
    diary.reps[row] = world.reps
    leads = world.leads[: int(world.firm["leads"][0])]
    lines = leads["line"][leads["status"] == r.QUEUED]
    if len(world.reps):
        diary.waiting[row] = np.bincount(lines, minlength=len(world.reps))
