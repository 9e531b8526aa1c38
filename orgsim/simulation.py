"""The run loop: compiled days in turn with leaders' decisions; warm-up, arms, results of one run.

A run warms up under today's structure and pay, then goes on under the arm. Arms of one replicate share that warm-up:
each starts from a copy of the same state, with the same luck.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.engine.day import ROOM, ROOM_PER_LEAD, begin
from orgsim.engine.handle import handle
from orgsim.engine.parameters import parameter_record
from orgsim.engine.segments import segment_records, segment_sizes
from orgsim.engine.week import SCRATCH
from orgsim.kpis import measure
from orgsim.leadership.arms import (
    arm_record,
    candidate_records,
    chair_records,
    change_devices,
    device_records,
    equal_programme,
    routing_of,
    same_organisation,
    switching_cost,
)
from orgsim.leadership.contracts import contracts
from orgsim.leadership.council import Council
from orgsim.leadership.months import DECISIONS, run_months
from orgsim.leadership.seat import Leader
from orgsim.results import Arm, Run, facts
from orgsim.scenario.errors import Problem, ScenarioError, show
from orgsim.scenario.load import known
from orgsim.scenario.pay import PayPlan
from orgsim.scenario.schema import Scenario

WORD = 2**32
START_ROOM = 1024
# Arrays filled from the front, as far as the firm's counter of that name says.
IN_USE = ("leads", "events", "log", "settled", "stints")
DOUBLED = 65536  # rows up to which an array doubles; beyond, memory matters more than growing seldom
MOST_COMPONENTS = 8


def new_world(scenario: Scenario, arm: Arm, seed: int, replicate: int, *, record: bool = False) -> r.World:
    """The state at the start of the warm-up, under the given arm. `record` keeps an event log."""
    clock = Clock.of(scenario)
    structure, plan = scenario.structures[arm.structure], scenario.pay[arm.pay]
    sizes = segment_sizes(scenario)
    prospects = np.zeros(sum(sizes), r.PROSPECT)
    first = 0
    for segment, size in enumerate(sizes):
        its = prospects[first : first + size]
        its["segment"], its["index"] = segment, np.arange(size, dtype=np.int32)
        first += size
    candidates = candidate_records(scenario, seed, replicate)
    reps, marketers = np.zeros(scenario.people.reps, r.REP), np.zeros(scenario.people.marketers, r.MARKETER)
    reps["index"] = np.arange(len(reps))
    marketers["index"] = np.arange(len(marketers))
    firm = np.zeros(1, r.FIRM)
    firm["seed"], firm["replicate"] = seed, replicate
    firm["horizon_start"] = clock.start * r.HOURS_PER_DAY
    firm["free_event"] = -1
    firm["adoption"] = 1.0
    firm["definition"] = scenario.lead.definition
    firm["cooperation"] = scenario.cooperation.start
    firm["value_proposition"] = firm["field_knowledge"] = 0.5
    firm["brand_share"] = scenario.money.brand_share
    firm["budget_by_sales"] = firm["budget_by_marketing"] = scenario.money.brand_share
    firm["threshold"] = scenario.lead.threshold
    firm["threshold_by_sales"] = firm["threshold_by_marketing"] = scenario.lead.threshold
    firm["brand_hours"] = scenario.money.brand_share
    firm["routing"] = routing_of(scenario, structure)
    set_free(scenario, firm)
    months = int(clock.month_of[-1]) + 1
    events = 2 * len(prospects) + START_ROOM
    world = r.World(
        p=parameter_record(scenario),
        arm=arm_record(scenario, structure, plan, changed=False).copy(),
        firm=firm,
        segments=segment_records(scenario).copy(),
        prospects=prospects,
        leads=np.zeros(START_ROOM, r.LEAD),
        reps=reps,
        marketers=marketers,
        chairs=chair_records(scenario, structure, candidates),
        candidates=candidates,
        agenda=np.full(clock.days, -1, np.int32),
        due=np.zeros(clock.days, np.int32),
        events=np.zeros(events, r.EVENT),
        today=np.zeros(START_ROOM, r.DUE),
        days=np.zeros(clock.days, r.DAY),
        month_of=clock.month_of,
        months=np.zeros(months, r.MONTH),
        rep_hours=np.zeros((months, len(reps), r.WEEK)),
        marketer_hours=np.zeros((months, len(marketers), r.WEEK)),
        log=np.zeros(START_ROOM if record else 0, r.NOTE),
        week=np.zeros((SCRATCH, r.EFFORT)),
        forecasts=np.zeros(MOST_COMPONENTS, r.FORECAST),
        stints=np.zeros(2 * (len(reps) + len(marketers)), r.STINT),
        sooner=np.zeros(r.EFFORT),
        devices=device_records(scenario, structure).copy(),
        weeks=np.full((clock.days // r.DAYS_PER_WEEK + 1 if record else 0, len(reps), 2), np.nan),
        **contracts(scenario, plan, 0, clock.start),
    )
    world.firm["phase_last"] = (clock.start or clock.end) - 1
    begin(handle(world))
    return world


def set_free(scenario: Scenario, firm: NDArray[np.record]) -> None:
    """Levers that only a leader of the user's moves stand where today's firm has them."""
    firm["programme_scale"] = firm["quota_scale"] = 1.0
    firm["authority"] = scenario.timing.authority
    firm["hiring"] = 1
    firm["directed"] = firm["programme_set"] = 0
    firm["rep_directive"] = firm["marketer_directive"] = 1.0


def begin_phase(scenario: Scenario, world: r.World, plan: PayPlan, first: int, last: int) -> r.World:
    """The state with a pay plan that holds from day first to last - 1; all pay periods begin anew."""
    world = world._replace(**contracts(scenario, plan, first, last))
    world.firm["settled"] = 0
    world.firm["phase_first"], world.firm["phase_last"] = first, last - 1
    world.firm["services_share"] = 1.0
    world.reps["year"] = 0.0
    return world


def copy_world(world: r.World) -> r.World:
    """An independent copy of a state, parameters and calendar shared."""
    kept = {"p", "month_of"}
    fields = {name: a if name in kept or name in IN_USE else a.copy() for name, a in world._asdict().items()}
    for name in IN_USE:  # what is not in use is zero, and takes no memory until it is written
        old, used = fields[name], int(world.firm[name][0])
        fields[name] = np.zeros(len(old), old.dtype)
        fields[name][:used] = old[:used]
    return r.World(**fields)


def _grown(array: NDArray[Any], least: int, exposed: bool) -> NDArray[Any]:
    """The array with room for at least so many rows, new rows zero; in place unless others may hold views of it."""
    if len(array) < least:
        rows = max(least, len(array) + max(len(array) // 4, min(len(array), DOUBLED)))
        if exposed:
            return np.concatenate([array, np.zeros(rows - len(array), array.dtype)])
        array.resize(rows, refcheck=False)
    return array


def _with_room(world: r.World, day: int, exposed: bool) -> r.World:
    firm = world.firm[0]
    staff = len(world.reps) + len(world.marketers)
    need = 2 * (ROOM + ROOM_PER_LEAD * (int(firm["queued"]) + staff)) + DECISIONS + len(world.devices)
    return world._replace(
        leads=_grown(world.leads, int(firm["leads"]) + need, exposed),
        events=_grown(world.events, int(firm["events"]) + need, exposed),
        today=_grown(world.today, int(firm["today"]) + int(world.due[day]) + need, exposed),
        log=_grown(world.log, int(firm["log"]) + need, exposed) if len(world.log) else world.log,
        stints=_grown(world.stints, int(firm["stints"]) + need, exposed),
        settled=_grown(world.settled, int(firm["settled"]) + need * (2 + len(world.components)), exposed),
    )


def advance(
    world: r.World, first: int, last: int, *, exposed: bool = False, council: Council | None = None,
    met: bool = False,
) -> r.World:
    """Run business days first .. last - 1, leaders deciding on the first day of each month.

    Returns the state to go on with; arrays that grow are new ones if the old are `exposed` to others, who may hold
    views of them, and the same ones, moved, if not. `council`: chairs taken by leaders of the user's; `met`: it has
    met on the first day already.
    """
    state = handle(world)
    day, met_on = first, first if met else -1
    while day < last:
        day = run_months(state, day, last, council is not None)
        if council is not None and day < last and world.firm["decided"][0] == day + 1 and met_on != day:
            council.meet(world, day)
            met_on = day
        elif day < last:
            world = _with_room(world, day, exposed)
            state = handle(world)
    return world


def warm_up(scenario: Scenario, arm: Arm, seed: int, replicate: int, *, record: bool = False) -> r.World:
    """The state at the start of the horizon, after a warm-up under the given arm."""
    return advance(new_world(scenario, arm, seed, replicate, record=record), 0, Clock.of(scenario).start)


def enter_arm(
    scenario: Scenario, warm: r.World, arm: Arm, since: Arm, *, equal_budget: bool = False, today: Arm | None = None,
    last: bool = False,
) -> r.World:
    """The warm state in which the arm begins, a copy unless it is the `last` arm to do so; staying with the structure
    of the warm-up costs nothing.

    With `equal_budget` the difference between the arm's leaders and those of `today` is moved from or to programme.
    """
    structure, plan = scenario.structures[arm.structure], scenario.pay[arm.pay]
    before = scenario.structures[since.structure]
    world = warm if last else copy_world(warm)
    changed = not same_organisation(scenario, structure, before, world.candidates)
    world = world._replace(
        arm=arm_record(scenario, structure, plan, changed=changed).copy(),
        chairs=chair_records(scenario, structure, world.candidates),
        devices=change_devices(world.devices, device_records(scenario, structure)),
    )
    world.firm["routing"] = routing_of(scenario, structure)
    clock = Clock.of(scenario)
    world = begin_phase(scenario, world, plan, clock.start, clock.end)
    if plan != scenario.pay[since.pay]:
        world.arm["plan_change"] = scenario.money.plan_change * (len(world.reps) + len(world.marketers))
    world.arm["switching"] = switching_cost(scenario, before, structure) if changed else 0.0
    if equal_budget:
        reference = scenario.structures[(today or since).structure]
        world.arm["programme"] = equal_programme(scenario, reference, structure)[0]
    if world.arm["adoption"][0] > 0:
        world.firm["adoption"] = 0.0
    return world


def run_off(scenario: Scenario, world: r.World) -> float:
    """Gross margin in euro of the common run-off: every arm goes on under today's structure, pay and levers, fixed."""
    clock = Clock.of(scenario)
    today = Arm(scenario.today.structure, scenario.today.pay)
    structure = scenario.structures[today.structure]
    world = world._replace(
        arm=arm_record(scenario, structure, scenario.pay[today.pay], changed=False).copy(),
        chairs=chair_records(scenario, structure, world.candidates),
        devices=change_devices(world.devices, device_records(scenario, structure)),
    )
    world = begin_phase(scenario, world, scenario.pay[today.pay], clock.end, clock.days)
    set_free(scenario, world.firm)
    world.firm["routing"] = routing_of(scenario, structure)
    world.arm["decides"] = 0
    world.firm["adoption"] = 1.0
    world.firm["brand_share"] = world.firm["brand_hours"] = scenario.money.brand_share
    world.firm["threshold"] = scenario.lead.threshold
    world = advance(world, clock.end, clock.days)
    cents = world.months["cents"][clock.month_of[clock.end] :]
    revenue = cents[:, : r.COST_OF_SALES].sum()
    return float(revenue - cents[:, r.COST_OF_SALES].sum()) / 100


def finish(scenario: Scenario, world: r.World, *, last: bool = False) -> dict[str, float]:
    """KPIs at the end of the horizon, run-off included; the state passed in is not changed, unless this is the `last`
    use of it."""
    clock = Clock.of(scenario)
    month_of = clock.month_of
    kpis = measure(scenario, world, int(month_of[clock.start]), int(month_of[clock.end - 1]) + 1)
    kpis["run_off_margin"] = run_off(scenario, world if last else copy_world(world)) if clock.run_off else 0.0
    kpis["value"] = kpis["profit"] + kpis["run_off_margin"]
    return kpis


def arm_of(scenario: Scenario, structure: str | None, pay: str | None) -> Arm:
    """The arm named, today's where a name is left out; ScenarioError (a ValueError) for an unknown name."""
    return Arm(
        known(structure or scenario.today.structure, scenario.structures, "structure"),
        known(pay or scenario.today.pay, scenario.pay, "pay plan"),
    )


def check_key(seed: int, replicate: int) -> None:
    """A run's key is two 32-bit words; ScenarioError (a ValueError) outside the range."""
    for name, word in (("seed", seed), ("replicate", replicate)):
        if isinstance(word, bool) or not isinstance(word, (int, np.integer)) or not 0 <= word < WORD:
            message = f"found {show(word)}; must be a whole number from 0 to {WORD - 1}"
            raise ScenarioError([Problem("command", None, name, show(word), message, None)])


def run(
    scenario: Scenario, *, structure: str | None = None, pay: str | None = None, seed: int = 0, replicate: int = 0,
    leaders: Mapping[str, Leader] | None = None, foresee: str = "profit",
) -> Run:
    """Run one scenario once under one structure and pay plan (today's by default), with an event log.

    leaders: leaders of your own by the title of the chair they take from the start of the horizon (`leadership.seat`);
    foresee: the figure of `Run.kpis` in which a clairvoyant one looks ahead.
    seed, replicate: the key of all random numbers, each in [0, 2^32). The figures are exactly those of the same arm,
    seed and replicate in `orgsim.compare`. Raises ScenarioError (a ValueError) for an unknown structure or pay plan
    and for a key outside the range.
    """
    check_key(seed, replicate)
    arm = arm_of(scenario, structure, pay)
    began = time.perf_counter()
    clock = Clock.of(scenario)
    today = Arm(scenario.today.structure, scenario.today.pay)
    council = None
    if leaders:

        def ahead(now: r.World, others: Council, day: int) -> float:
            kpis = finish(scenario, advance(now, day, clock.end, council=others, met=True))
            return kpis[known(foresee, kpis, "foresee")]

        council = Council(scenario, scenario.structures[arm.structure], leaders, ahead)
    world = enter_arm(scenario, warm_up(scenario, today, seed, replicate, record=True), arm, today, last=True)
    if council:
        council.take_chairs(world)
    world = advance(world, clock.start, clock.end, council=council)
    kpis = finish(scenario, world)
    spent = facts(scenario, time.perf_counter() - began)
    return Run(scenario, arm, seed, replicate, world, kpis, spent, council.decisions if council else [])
