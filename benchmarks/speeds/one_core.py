"""One core at full detail: the baseline against Mesa's empty agent step and against the floor; where a run's time goes;
what users' leaders in Python take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from speeds.document import Part, met
from speeds.rounds import MesaSteps, alternated, ratio

import orgsim
from orgsim import simulation
from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.engine.streams import bare_draws
from orgsim.experiments.worlds import Prepared, Terms
from orgsim.kpis import measure
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, enter_arm, new_world, warm_up

AIM_MESA, AIM_FLOOR = 100.0, 5.0
PHASES = ("setting the world up", "warm-up", "entering the arm", "horizon", "figures", "run-off")


def measured(quick: bool) -> Part:
    """The part."""
    part = Part("one_core", "One core, full detail: the baseline")
    rounds = 10 if quick else 40
    against(part, rounds)
    where_time_goes(part, rounds)
    leaders_in_python(part, max(5, rounds // 4))
    return part


def active_days(scenario: Scenario, world: r.World) -> tuple[int, int]:
    """Prospect-days of the horizon on which a need was open, counted at the end of each month, and the same with those
    on which a lead was. `world` stands at its start."""
    clock = Clock.of(scenario)
    in_window = with_lead = 0
    day = clock.start
    while day < clock.end:
        last = min(clock.end, int(np.searchsorted(clock.month_of, clock.month_of[day], side="right")))
        world = advance(world, day, last)
        open_need = world.prospects["state"] == r.IN_WINDOW
        in_window += (last - day) * int(open_need.sum())
        with_lead += (last - day) * int((open_need | (world.prospects["lead"] >= 0)).sum())
        day = last
    return in_window, with_lead


def against(part: Part, rounds: int) -> None:
    """A prospect-day beside Mesa's empty step and beside the floor, in alternation in this process."""
    scenario = orgsim.load_scenario("baseline")
    clock, arm, prospects = Clock.of(scenario), Arm("separate", "own_numbers"), scenario.market.size
    warm = warm_up(scenario, arm, 0, 0)
    in_window, with_lead = active_days(scenario, enter_arm(scenario, warm, arm, arm))
    staff = scenario.people.reps + scenario.people.marketers
    draws = in_window + staff * clock.horizon
    firm = warm.firm[0]
    mesa = MesaSteps()
    luck = iter(range(1, 1_000_000))

    times = alternated(
        {
            "mesa": lambda: [mesa() for _ in range(5)],
            "whole": lambda: Prepared(scenario, Terms(), next(luck)).run(arm),
            "horizon": lambda: advance(enter_arm(scenario, warm, arm, arm), clock.start, clock.end),
            "floor": lambda: bare_draws(firm, draws),
        },
        rounds,
    )
    step = times["mesa"] / (5 * mesa.AGENTS)
    days = {"whole": prospects * clock.days, "horizon": prospects * clock.horizon}
    faster = {name: ratio(step, times[name], of) for name, of in days.items()}
    slower = ratio(times["horizon"], times["floor"])
    part.note("mesa_step_over_prospect_day_of_the_run", faster["whole"].median)
    part.note("mesa_step_over_prospect_day_of_the_horizon", faster["horizon"].median)
    part.note("horizon_over_floor", slower.median)
    ns = {name: 1e9 * float(np.median(times[name])) / of for name, of in days.items()}
    floor = 1e9 * float(np.median(times["floor"])) / days["horizon"]
    part.say(
        f"{prospects:,} prospects, {staff} employees, {clock.warm_up} days of warm-up, {clock.horizon} of horizon and "
        f"{clock.days - clock.end} of run-off. A *prospect-day* is the processor's time of a run over prospects times "
        f"days. Each figure is measured once in each of {rounds} rounds, in alternation; ratios are those of a round, "
        "their median and quartiles. The floor is one Philox draw for each prospect-day on which a need is open "
        f"({in_window / days['horizon']:.1%} of all; {with_lead / days['horizon']:.1%} with those on which a lead is) "
        f"and for each employee-day: {draws:,} draws a horizon."
    )
    part.table(
        ["What", "Figure", "Aim", ""],
        [
            ["Mesa: one empty agent step, ns", 1e9 * float(np.median(step)), "", ""],
            ["orgsim: a prospect-day of the whole run, ns", ns["whole"], "", ""],
            ["Mesa / orgsim, whole run", str(faster["whole"]), f"{AIM_MESA:g}", met(faster["whole"].median, AIM_MESA)],
            ["orgsim: a prospect-day of the horizon, ns", ns["horizon"], "", ""],
            ["Mesa / orgsim, horizon", str(faster["horizon"]), f"{AIM_MESA:g}",
             met(faster["horizon"].median, AIM_MESA)],
            ["floor: ns per prospect-day", floor, "", ""],
            ["orgsim / floor, horizon", str(slower), f"{AIM_FLOOR:g} at most", met(AIM_FLOOR, slower.median)],
        ],
    )  # fmt: skip


@contextmanager
def compiled_apart(spent: dict[str, float]) -> Iterator[None]:
    """While it lasts, the processor's time in compiled entries that the run loop calls is added to `spent` by name."""
    from numba.core.dispatcher import Dispatcher

    entries = {name: one for name, one in vars(simulation).items() if isinstance(one, Dispatcher)}

    def timed(name: str, entry: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            began = time.thread_time()
            found = entry(*arguments)
            spent[name] = spent.get(name, 0.0) + time.thread_time() - began
            return found

        return call

    for name, entry in entries.items():
        setattr(simulation, name, timed(name, entry))
    try:
        yield
    finally:
        for name, entry in entries.items():
            setattr(simulation, name, entry)


def phases(scenario: Scenario, arm: Arm, replicate: int, laps: list[float], inside: list[float]) -> None:
    """One run, its phases timed apart: the processor's seconds, and those of them in compiled entries."""
    clock = Clock.of(scenario)
    spent: dict[str, float] = {}
    with compiled_apart(spent):
        laps.append(time.thread_time())
        inside.append(0.0)

        def lap() -> None:
            laps.append(time.thread_time())
            inside.append(sum(spent.values()))

        world = new_world(scenario, arm, 0, replicate)
        lap()
        world = advance(world, 0, clock.start)
        lap()
        world = enter_arm(scenario, world, arm, arm)
        lap()
        world = advance(world, clock.start, clock.end)
        lap()
        first, last = (int(clock.month_of[day]) for day in (clock.start, clock.end - 1))
        measure(scenario, world, first, last + 1)
        lap()
        simulation.run_off(scenario, world)
        lap()


def where_time_goes(part: Part, rounds: int) -> None:
    """The phases of a run, and within each what is compiled and what is Python."""
    scenario, arm = orgsim.load_scenario("baseline"), Arm("separate", "own_numbers")
    took, compiled = [], []
    for n in range(rounds + 1):
        laps: list[float] = []
        inside: list[float] = []
        phases(scenario, arm, n, laps, inside)
        if n:
            took.append(np.diff(laps))
            compiled.append(np.diff(inside))
    seconds, within = np.median(took, axis=0), np.median(compiled, axis=0)
    whole = float(seconds.sum())
    python = 1 - float(within.sum()) / whole
    part.note("python_share_of_the_run", python)
    part.say(
        f"Where the {1e3 * whole:.1f} ms of a run go. *Compiled* is the time in entries that the run loop calls, the "
        f"leaders' decisions among them; the rest, {python:.0%} of the run, is Python, which holds its lock."
    )
    rows: list[list[object]] = [
        [name, 1e3 * float(all_), f"{float(all_) / whole:.0%}", 1e3 * float(own), 1e3 * float(all_ - own)]
        for name, all_, own in zip(PHASES, seconds, within, strict=True)
    ]
    rows.append(["whole run", 1e3 * whole, "100%", 1e3 * float(within.sum()), 1e3 * python * whole])
    part.table(["Phase", "ms", "share", "compiled, ms", "Python, ms"], rows)


class Watched:
    """A leader of a user's in Python, as docs/leaders.md shows one, whose own time is counted."""

    def __init__(self, spent: list[float]) -> None:
        self.spent = spent

    def decide(self, report: orgsim.Report) -> orgsim.Directives:
        began = time.thread_time()
        behind = report.sales is not None and report.sales.queued > 10
        asked = orgsim.Directives(threshold=0.0 if behind else -4.0)
        self.spent.append(time.thread_time() - began)
        return asked

    def __deepcopy__(self, _memory: object) -> Watched:
        return self  # a run copies its leaders; the count is kept together


def leaders_in_python(part: Part, rounds: int) -> None:
    """What a run takes more when both heads are users' leaders in Python."""
    scenario = orgsim.load_scenario("baseline")
    spent: list[float] = []
    chairs = {"head of sales": Watched(spent), "head of marketing": Watched(spent)}
    times = alternated(
        {
            "shipped": lambda: orgsim.run(scenario, structure="separate"),
            "users'": lambda: orgsim.run(scenario, structure="separate", leaders=chairs),
        },
        rounds,
    )
    decisions = len(spent) / (rounds + 1)
    more = float(np.median(times["users'"] - times["shipped"]))
    factor = ratio(times["users'"], times["shipped"])
    part.note("run_with_leaders_in_python_over_shipped", factor.median)
    part.say(
        "The leaders that ship are compiled: none of the figures above has a leader's Python in it. With users' "
        f"leaders in both heads' chairs a run (`orgsim.run`, with its event log) takes {factor} times as long: "
        f"{decisions:.0f} decisions, {1e6 * more / decisions:.0f} µs each, of which "
        f"{1e6 * float(np.median(spent)):.1f} µs in the leader itself and the rest in its report "
        "and in carrying out what it asks for."
    )
