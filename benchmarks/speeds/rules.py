"""What single rules cost: the effort rule, plan by plan, and the mechanisms that ship neutral."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from speeds.document import Part
from speeds.rounds import alternated, ratio

import orgsim
from orgsim.clock import Clock
from orgsim.engine.compile import entry
from orgsim.engine.effort import plan_week
from orgsim.engine.handle import handle
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, copy_world, enter_arm, warm_up

PLANS = ("fixed", "own_numbers", "quarterly_bonus", "accelerated", "mbo", "contest")
NEUTRAL = {
    "teams": None, "product": None, "customers": ("word_of_mouth", "warnings", "marketing_share", "referrals"),
    "contact": ("double",), "belief": ("salience", "timing_trust"), "cooperation": ("open_dispute",),
    "leadership": ("directs_hours", "culture", "schedules", "technique"),
}  # fmt: skip


def measured(quick: bool) -> Part:
    """The part."""
    part = Part("rules", "One core: the effort rule, and mechanisms that ship neutral")
    effort_rule(part, 5 if quick else 20, quick)
    mechanisms(part, 5 if quick else 20)
    return part


@entry
def plan_weeks(w, first, number):  # type: ignore[no-untyped-def]
    """The weekly plans of all staff so many times over, in the weeks of a quarter in turn."""
    for n in range(number):
        plan_week(w, 0.0, first + 5 * (n % 13))


def effort_rule(part: Part, rounds: int, quick: bool) -> None:
    """What the effort rule takes of a run, plan by plan: the weekly plans of all staff, timed alone on one state. They
    are left out where it must be quick: they are compiled for this."""
    scenario = orgsim.load_scenario("baseline").with_(**{"time.run_off_months": 0})
    clock, today = Clock.of(scenario), Arm("separate", "own_numbers")
    warm = warm_up(scenario, today, 0, 0)
    middle, weeks = clock.start + 325, clock.horizon // 5  # the first day of a quarter
    functions: dict[str, Callable[[], object]] = {}
    for plan in PLANS:
        arm = Arm("separate", plan)
        if not quick:
            state = handle(copy_world(advance(enter_arm(scenario, warm, arm, today), clock.start, middle)))
            functions[f"{plan} week"] = partial(plan_weeks, state, middle, weeks)
        functions[f"{plan} run"] = partial(horizon, scenario, warm, arm, today)
    times = alternated(functions, rounds)
    staff = scenario.people.reps + scenario.people.marketers
    for plan in PLANS[1:]:
        part.note(f"horizon_under_{plan}_over_fixed", ratio(times[f"{plan} run"], times["fixed run"]).median)
    part.say(f"The effort rule: {clock.horizon} days of the baseline, {staff} people deciding {weeks} times.")
    part.table(
        ["Plan", "horizon, ms", "against salary only",
         *([] if quick else ["the weekly plans' share", "µs per person and week"])],
        [
            [
                plan, 1e3 * float(np.median(times[f"{plan} run"])),
                str(ratio(times[f"{plan} run"], times["fixed run"])),
                *([] if quick else [f"{ratio(times[f'{plan} week'], times[f'{plan} run']).median:.0%}",
                                    1e6 * float(np.median(times[f"{plan} week"])) / (weeks * staff)]),
            ]
            for plan in PLANS
        ],
    )  # fmt: skip


def horizon(scenario: Scenario, warm: object, arm: Arm, today: Arm) -> object:
    """The horizon of an arm from a warm state."""
    clock = Clock.of(scenario)
    return advance(enter_arm(scenario, warm, arm, today), clock.start, clock.end)  # type: ignore[arg-type]


def mechanisms(part: Part, rounds: int) -> None:
    """The horizon with the mechanisms that ship neutral at work, against the baseline as it ships."""
    scenario = orgsim.load_scenario("baseline")
    today = Arm("separate", "own_numbers")
    arms = {
        "separate, as it ships": (scenario, "separate"),
        "sla: devices, service level, checks, returned leads": (scenario, "sla"),
        "brand_focused: six devices": (scenario, "brand_focused"),
        "separate, every mechanism of the teams at the middle of its range": (loud(scenario), "separate"),
        "sla, the same": (loud(scenario), "sla"),
    }
    functions: dict[str, Callable[[], object]] = {
        name: partial(horizon, firm, warm_up(firm, today, 0, 0), Arm(structure, "own_numbers"), today)
        for name, (firm, structure) in arms.items()
    }
    times = alternated(functions, rounds)
    first, *_, last = times
    part.note("horizon_with_all_mechanisms_over_as_it_ships", ratio(times[last], times[first]).median)
    part.say("Mechanisms that ship neutral, at work in the baseline's horizon under `own_numbers`:")
    part.table(
        ["What is on", "horizon, ms", "against the first"],
        [[name, 1e3 * float(np.median(took)), str(ratio(took, times[first]))] for name, took in times.items()],
    )


def loud(scenario: Scenario) -> Scenario:
    """The scenario with all that is neutral in its teams, product and customers amid its plausible range."""
    changes = {}
    for section, names in NEUTRAL.items():
        table = getattr(scenario, section)
        for name, field in type(table).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and (names is None or name in names) and getattr(table, name) == 0:
                low, high = extra["range"]  # type: ignore[misc]
                changes[f"{section}.{name}"] = 0.5 * (max(0.0, low) + high)  # type: ignore[has-type]
    return scenario.with_(**changes)
