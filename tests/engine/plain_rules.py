"""Rules as plain Python functions, and a small world to try them on, one at a time.

A compiled rule has no wrapper of its own for Python. `plain` gives its Python source and that of the rules it calls
(test_rules_both_ways.py shows that both give the same bits); with the JIT off it is the rule itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

import orgsim
from orgsim.engine import handover, streams
from orgsim.engine import records as r
from orgsim.engine.records import World
from orgsim.results import Arm
from orgsim.simulation import new_world

SMALL = {
    "market.size": 40, "people.reps": 3, "people.marketers": 2, "time.years": 0.5, "time.warm_up_years": 0.5,
    "time.run_off_months": 1,
}  # fmt: skip


_NAMES: dict[int, dict[str, Any]] = {}


@cache
def plain(rule: Any) -> Callable[..., Any]:
    """The rule as plain Python, and so are the rules that it calls."""
    function = getattr(rule, "py_func", None)
    if function is None:
        return rule  # type: ignore[no-any-return]
    names = _names_of(function.__globals__)
    return FunctionType(function.__code__, names, None, function.__defaults__)


def _names_of(known: dict[str, Any]) -> dict[str, Any]:
    """The names that a module's rules see, every rule among them as plain Python."""
    if id(known) not in _NAMES:
        names = _NAMES[id(known)] = dict(known)
        for name, value in known.items():
            if hasattr(value, "py_func"):
                names[name] = plain(value)
            elif isinstance(value, ModuleType) and value.__name__.startswith("orgsim."):
                names[name] = PlainModule(value)
    return _NAMES[id(known)]


class PlainModule:
    """A module that rules know by name, its rules as plain Python."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        return _names_of(vars(self.module))[name]


_FIRST: dict[str, World] = {}


def _first(changes: dict[str, Any]) -> World:
    scenario = orgsim.load_scenario("baseline").with_(**SMALL | changes)
    return new_world(scenario, Arm(scenario.today.structure, scenario.today.pay), 5, 2, record=True)


def world(**changes: Any) -> Any:
    """A firm of three reps and two marketers among 40 accounts, as the warm-up begins, with room, and an empty agenda
    and log: what is found there later has been written by the rule in question. Parameters may be set in `w.p[0]`."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    key = repr(sorted(named.items()))
    if key not in _FIRST:
        _FIRST[key] = _first(named)
    first = _FIRST[key]
    w: Any = World(*(array.copy().view(np.recarray if array.dtype.names else np.ndarray) for array in first))
    w.agenda[:] = -1
    w.due[:] = 0
    firm = w.firm[0]
    firm.events = firm.today = firm.log = 0
    firm.free_event = -1
    return w


class Event(NamedTuple):
    """An event that is written in the agenda."""

    time: float
    kind: int
    who: int
    stamp: int


def agenda(w: Any) -> list[Event]:
    """All events that are written, in order."""
    slots = [int(slot) for slot in w.today["slot"][: w.firm[0].today]]
    for first in w.agenda:
        slot = int(first)
        while slot >= 0:
            slots.append(slot)
            slot = int(w.events[slot].next)
    return sorted(Event(*w.events[slot].tolist()[:4]) for slot in slots)


def log(w: Any) -> list[tuple[float, int, int, int, int, int]]:
    """Lines of the log: time, activity, account, lead, resource, amount."""
    names = ["time", "activity", "prospect", "lead", "resource", "amount"]
    return [tuple(line[name].item() for name in names) for line in w.log[: w.firm[0].log]]  # type: ignore[misc]


def luck(w: Any, purpose: int, i: int, whom: int = 0, occasion: int = 0) -> tuple[float, float, float, float]:
    """The four uniforms of an account for a purpose (docs/odd.md, section 6)."""
    prospect = w.prospects[i]
    found = plain(streams.uniforms)(w.firm[0], purpose, prospect.segment, prospect.index, whom, occasion)
    return tuple(map(float, found))  # type: ignore[return-value]


def above(x: float) -> float:
    """The next number above."""
    return float(np.nextafter(x, np.inf))


def keep(half_life: float) -> float:
    """What is left of a stock after one period, of its half-life in periods."""
    return float(0.5 ** (1 / half_life))


def uniforms(w: Any, *counter: int) -> tuple[float, ...]:
    """Four uniforms of a counter (docs/odd.md, section 6)."""
    return tuple(map(float, plain(streams.uniforms)(w.firm[0], *counter)))


def quantile(u: float) -> float:
    """Standard normal quantile."""
    return float(plain(streams.normal_quantile)(u))


def in_window(w: Any, i: int = 6, *, opened: float = 0.0, viable: int = 1) -> Any:
    """An account in the middle of its second episode."""
    prospect = w.prospects[i]
    prospect.episode, prospect.state, prospect.viable = 2, r.IN_WINDOW, viable
    prospect.window_open, prospect.window_close = opened, opened + 700.0
    prospect.deal = 3_000_001
    return prospect


def lead_of(w: Any, i: int = 6, *, time: float = 70.0, origin: int = r.INBOUND) -> Any:
    """A new lead of an account, written down and no more."""
    return w.leads[plain(handover.new_lead)(w, int(time // 7), i, time, origin)]


def lead_in_line(w: Any, i: int = 6, *, time: float = 70.0, origin: int = r.INBOUND, need: bool = True) -> Any:
    """A lead of an account in its second episode, created and handed over at a time, not yet in line."""
    prospect = w.prospects[i]
    if need:
        prospect.episode, prospect.state, prospect.viable = 2, r.IN_WINDOW, 1
        prospect.window_open, prospect.window_close = 0.0, 700.0
        prospect.deal, prospect.pace = 2_500_000, 1.0
    lead = w.leads[plain(handover.new_lead)(w, int(time // 7), i, time, origin)]
    lead.handed_over = lead.given = lead.workable = time
    lead.status, lead.owner, lead.key = r.HANDED, 1, 1.0
    return lead


def no_rest(w: Any) -> None:
    """Reps who can take the next call at once, at their full pace."""
    w.reps.share, w.reps.pace, w.reps.busy_until, w.reps.earliest = 1.0, 1.0, 0.0, 0.0
    w.reps.wakes = np.inf


def bonus(w: Any, *, period: int = r.A_QUARTER, quota: float = 400_000.0) -> Any:
    """A component of two knots: nothing below 1/2 of quota, 10 € a point of attainment above, 500 € on reaching 1."""
    component = w.components[0]
    component.linear = component.winners = 0
    component.knots, component.period, component.quota, component.scope = 2, period, quota, r.OWN
    component.metric, component.per_unit, component.first_week, component.last_week = r.NEW_REVENUE, 0, 0, 0
    component.at[:2], component.slope[:2], component.jump[:2] = (0.5, 1.0), (1000.0, 0.0), (0.0, 500.0)
    w.firm[0].phase_last = 1000
    return component


def foreseen(w: Any, *, got: float = 0.6, rest: float = 0.3, repeating: float = 0.2) -> Any:
    component, f = bonus(w), w.forecasts[0]
    f.got, f.rest, f.deal, f.order, f.cv, f.error, f.repeating = got, rest, 0.2, 0.05, 0.8, 0.05, repeating
    f.scale, f.certain, f.weeks, f.quota, f.part, f.linear = 0.8, 0, 6.0, 100_000.0, 1.0, 0
    f.next_deal, f.next_order = 300.0, 200.0
    f.news[:] = [0.004, 0.003, 0.002, 0.0, 0.0, 0.0, 0.0]
    f.orders[:] = [0.0, 0.0, 0.0, 0.001, 0.0, 0.0, 0.0]
    f.inside[:], f.late[:], f.time[:] = 0.6, 0.3, 2.5
    w.sooner[:] = 0.9
    return component, f


def chair(w: Any, k: int = 0, **changes: float) -> Any:
    """A chair, of sales by default, with a candidate of its own."""
    found = w.chairs[k]
    for name, value in changes.items():
        found[name] = value
    return found


def device(w: Any, n: int = 0, **changes: float) -> Any:
    """One device of the list that the structure names and holds, that lifts clarity and cooperation."""
    w.devices.named = 0
    found = w.devices[n]
    found.named = found.running = 1
    found.heads = 0
    found.rep_hours, found.marketer_hours, found.head_hours = 0.5, 0.75, 1.25
    found.full, found.pace, found.fade, found.level, found.trigger = 0.8, 0.1, 0.9, 0.4, np.inf
    found.gain[:] = 0.0
    found.gain[r.CLARITY], found.gain[r.COOPERATION] = 0.5, -0.25
    for name, value in changes.items():
        found[name] = value
    return found
