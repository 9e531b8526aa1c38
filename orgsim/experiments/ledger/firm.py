"""The first decision or event in which two runs of the whole firm differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import DECISIONS, first_difference
from orgsim.experiments.ledger.parting import Account, Step
from orgsim.experiments.ledger.why import Case
from orgsim.experiments.ledger.words import Words

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Ledger, Side

LEVERS = {r.NOTE_BUDGET: "budget", r.NOTE_THRESHOLD: "threshold"}


def first(ledger: Ledger) -> Step | None:
    """The first difference of the two event logs, as written; None if they are the same."""
    words = Words()
    place = first_difference(ledger.a.walk.world, ledger.b.walk.world)
    if place is None:
        return None
    sides = (ledger.a, ledger.b)
    lines = [_line(side, place) for side in sides]
    time = min(float(line["time"]) for line in lines if line is not None)
    one, two = lines
    if one is not None and two is not None and one["activity"] == two["activity"] and one["activity"] in LEVERS:
        return _lever(ledger, words, one, two)
    known = [line for line in lines if line is not None and line["prospect"] >= 0]
    if len(known) == len([line for line in lines if line is not None]):
        steps = [step for line in sorted(known, key=lambda line: float(line["time"]))
                 for step in Account(Case(ledger, int(line["prospect"]))).steps() if step.time == time]  # fmt: skip
        # Of two calls in each other's place, the one that has a reason of its own.
        steps.sort(key=lambda step: step.category in ("when_called", "not_recorded"))
        if steps:
            return steps[0]
    said = [_told(ledger, words, side, line) for side, line in zip(sides, lines, strict=True)]
    return Step("not_recorded", time, "", said[0], said[1], words.say("why.unknown"))


def _line(side: Side, place: int) -> np.void | None:
    world = side.walk.world
    return world.log[place] if place < int(world.firm["log"][0]) else None


def _lever(ledger: Ledger, words: Words, one: np.void, two: np.void) -> Step:
    lever, lines, sides = LEVERS[int(one["activity"])], (one, two), (ledger.a, ledger.b)
    moved = words.apart([float(line["amount"]) / 1e6 for line in lines], percent=lever == "budget")
    who = [words.chair_at(_chairs(ledger, side), int(line["resource"]))
           for side, line in zip(sides, lines, strict=True)]  # fmt: skip
    told = [words.dated(words.say(f"firm.{lever}", who=name, value=value), side, float(line["time"]))
            for name, value, side, line in zip(who, moved, sides, lines, strict=True)]  # fmt: skip
    both = words.both((ledger.a.label, ledger.b.label), who[0], who[1])
    return Step("lever", float(one["time"]), both, told[0], told[1], words.say(f"why.{lever}", both=both))


def _told(ledger: Ledger, words: Words, side: Side, line: np.void | None) -> str:
    """A line of the log in few words, whatever it is about."""
    if line is None:
        return words.say("log.nothing_more")
    what = words.activity(int(line["activity"]))
    if line["activity"] in DECISIONS:
        who = words.chair_at(_chairs(ledger, side), int(line["resource"]))
        what = words.say("firm.decided", what=what, who=who)
    elif line["resource"] >= 0:
        what = words.say("firm.done", what=what, who=words.rep(int(line["resource"])))
    return words.dated(what, side, float(line["time"]))


def _chairs(ledger: Ledger, side: Side) -> list[str]:
    return [chair.title for chair in ledger.scenario.structures[side.arm.structure].chairs]
