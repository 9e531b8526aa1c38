"""What the event log says of each account, line by line, with the need occasion that each line is about."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from orgsim.engine import records as r

SIGNAL_ONLY = -1  # in place of an occasion: the line is about a signal that met no need
WORD = (r.NOTE_REFERRED, r.NOTE_TOLD)
DECISIONS = (r.NOTE_BUDGET, r.NOTE_THRESHOLD, r.NOTE_DEVICE_ON, r.NOTE_DEVICE_OFF)


class Line(NamedTuple):
    """One line of the log about an account: time in business hours, what, who, amount (cents or code as in the log),
    the cause of waste (where a lead closes), the ordinal and number of its own lead (-1 for none), and the need
    occasion it is about."""

    time: float
    activity: int
    resource: int
    amount: int
    cause: int
    ordinal: int
    lead: int
    occasion: int

    @property
    def act(self) -> tuple[float, int, int, int, int, int]:
        """What must agree for two lines of two arms to be the same act; numbers of leads differ between arms."""
        return self[:6]

    @property
    def of_customer(self) -> bool:
        """Whether the line is about a customer's repeat purchase or leaving, and not about a need."""
        return self.lead < 0 and self.activity in (r.NOTE_ORDER, r.NOTE_LEFT)


class Chronicle:
    """The event log of one run, by account."""

    def __init__(self, world: r.World) -> None:
        log = world.log[: int(world.firm["log"][0])]
        log = log[log["prospect"] >= 0]
        log = log[np.argsort(log["prospect"], kind="stable")]
        self.world = world
        self._edges = np.searchsorted(log["prospect"], np.arange(len(world.prospects) + 1))
        needs = np.cumsum(log["activity"] == r.NOTE_NEED)
        before = np.append(0, needs)[self._edges[:-1]]
        self.place = log["prospect"].astype(np.int64)
        so_far = needs - before[self.place]
        leads = world.leads
        lead = log["lead"].astype(np.int64)
        own = (lead >= 0) & (leads["prospect"][lead] == log["prospect"])
        self.time, self.activity = log["time"], log["activity"]
        self.resource, self.amount = log["resource"], log["amount"]
        self.lead = np.where(own, lead, -1)
        self.cause = np.where(self.activity == r.NOTE_CLOSED, leads["cause"][lead], r.FAIR)
        self.ordinal = np.where(own, leads["ordinal"][lead], -1)
        about = np.where(leads["episode"][lead] > 0, leads["episode"][lead], SIGNAL_ONLY)
        self.occasion = np.where(own & (self.activity != r.NOTE_NEED), about, so_far)

    def lines(self, place: int) -> list[Line]:
        """The lines about the account at a position, in the order in which they happened."""
        span = slice(self._edges[place], self._edges[place + 1])
        columns = (self.time, self.activity, self.resource, self.amount, self.cause, self.ordinal, self.lead,
                   self.occasion)  # fmt: skip
        return [Line(*row) for row in zip(*(column[span].tolist() for column in columns), strict=True)]

    @cached_property
    def _acts(self) -> NDArray[np.void]:
        names = ("time", "activity", "resource", "amount", "cause", "ordinal")
        acts = np.empty(len(self.time), [(name, "f8" if name == "time" else "i8") for name in names])
        for name in names:
            acts[name] = getattr(self, name)
        return acts

    def differing(self, other: Chronicle) -> list[int]:
        """Positions of the accounts of which two runs of the same market tell different things."""
        one, two = self._acts, other._acts
        places = range(len(self._edges) - 1)
        mine, theirs = self._edges.tolist(), other._edges.tolist()
        return [
            i for i in places
            if one[mine[i] : mine[i + 1]].tobytes() != two[theirs[i] : theirs[i + 1]].tobytes()
        ]  # fmt: skip


def first_difference(a: r.World, b: r.World) -> int | None:
    """The number of the first line in which two event logs differ, as written; None if they are the same.

    Who holds a decision is a name, not an act: the same decision by another chair is no difference.
    """
    logs = []
    for world in (a, b):
        log = world.log[: int(world.firm["log"][0])].copy()
        log["resource"][np.isin(log["activity"], DECISIONS)] = 0
        logs.append(log)
    short = min(map(len, logs))
    differs = np.flatnonzero(logs[0][:short] != logs[1][:short])
    if len(differs):
        return int(differs[0])
    return None if len(logs[0]) == len(logs[1]) else short
