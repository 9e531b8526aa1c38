"""The first decision or event in which two runs of the whole firm differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import DECISIONS, first_difference
from orgsim.experiments.ledger.parting import Account, Step
from orgsim.experiments.ledger.why import UNKNOWN, Case
from orgsim.experiments.ledger.words import apart, both, chair_named, date, rep

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Ledger, Side

LEVERS = {r.NOTE_BUDGET: ("budget", "brand's share of the programme"),
          r.NOTE_THRESHOLD: ("threshold", "the threshold for hand-over")}  # fmt: skip


def first(ledger: Ledger) -> Step | None:
    """The first difference of the two event logs, as written; None if they are the same."""
    place = first_difference(ledger.a.walk.world, ledger.b.walk.world)
    if place is None:
        return None
    sides = (ledger.a, ledger.b)
    lines = [_line(side, place) for side in sides]
    time = min(float(line["time"]) for line in lines if line is not None)
    one, two = lines
    if one is not None and two is not None and one["activity"] == two["activity"] and one["activity"] in LEVERS:
        return _lever(ledger, one, two)
    known = [line for line in lines if line is not None and line["prospect"] >= 0]
    if len(known) == len([line for line in lines if line is not None]):
        steps = [step for line in sorted(known, key=lambda line: float(line["time"]))
                 for step in Account(Case(ledger, int(line["prospect"]))).steps() if step.time == time]  # fmt: skip
        # Of two calls in each other's place, the one that has a reason of its own.
        steps.sort(key=lambda step: step.category in ("when_called", "not_recorded"))
        if steps:
            return steps[0]
    said = [_told(ledger, side, line) for side, line in zip(sides, lines, strict=True)]
    return Step("not_recorded", time, "", said[0], said[1], UNKNOWN)


def _line(side: Side, place: int) -> np.void | None:
    world = side.walk.world
    return world.log[place] if place < int(world.firm["log"][0]) else None


def _lever(ledger: Ledger, one: np.void, two: np.void) -> Step:
    lever, words = LEVERS[int(one["activity"])]
    who = []
    moved = apart([float(line["amount"]) / 1e6 for line in (one, two)], percent=lever == "budget")
    for side, line in zip((ledger.a, ledger.b), (one, two), strict=True):
        chairs = [chair.title for chair in ledger.scenario.structures[side.arm.structure].chairs]
        who.append(chair_named(chairs, int(line["resource"])))
    told = [f"{name} set {words} to {value} ({date(side, float(line['time']))})" for name, value, side, line in
            zip(who, moved, (ledger.a, ledger.b), (one, two), strict=True)]  # fmt: skip
    why = f"the {lever} is set by " + both(ledger.a, ledger.b, who[0], who[1])
    return Step("lever", float(one["time"]), both(ledger.a, ledger.b, who[0], who[1]), told[0], told[1], why)


def _told(ledger: Ledger, side: Side, line: np.void | None) -> str:
    """A line of the log in few words, whatever it is about."""
    if line is None:
        return "nothing more until the horizon ended"
    what = r.ACTIVITIES[int(line["activity"])].replace("_", " ")
    if line["activity"] in DECISIONS:
        chairs = [chair.title for chair in ledger.scenario.structures[side.arm.structure].chairs]
        what = f"{what} by {chair_named(chairs, int(line['resource']))}"
    elif line["resource"] >= 0:
        what = f"{what}, {rep(int(line['resource']))}"
    return f"{what} ({date(side, float(line['time']))})"
