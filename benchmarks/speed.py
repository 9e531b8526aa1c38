"""How fast orgsim runs, against what, in one go:  python benchmarks/speed.py [--quick]

Prints one markdown table per question. Times on shared machines are noisy: each is the least of several, and what is
compared is measured in alternation in the same process, so that the ratios can be trusted more than the times.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from orgsim.scenario.schema import Scenario

REPEATS = 15
ONE_SIZE = """
import json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
import orgsim
from orgsim.clock import Clock
from orgsim.results import Arm
from orgsim.simulation import advance, warm_up
prospects, years, threads = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
base = orgsim.load_scenario("baseline")
orgsim.run(base.with_(**{"time.years": 0.1, "time.warm_up_years": 0.1}))
ready = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1024
scenario = base.with_(**{
    "market.size": prospects, "people.reps": max(1, round(prospects / 750)),
    "people.marketers": max(1, round(prospects / 2000)),
    "money.programme": 20.0 * prospects, "lead.raw_per_week": 16.3 * prospects / 6000,
    "time.years": years, "time.run_off_months": 0})
arm = Arm("separate", "own_numbers")
def one(replicate):
    clock = Clock.of(scenario)
    advance(warm_up(scenario, arm, 1, replicate), clock.start, clock.end)
best = float("inf")
repeats = max(1, min(5, 200_000 // prospects))
for n in range(repeats):
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(threads)))
    best = min(best, time.perf_counter() - began)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": best, "megabytes": (peak - ready) / 1024}))
"""


def best_of(functions: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Least seconds of each function, all of them in alternation."""
    best = dict.fromkeys(functions, math.inf)
    for _ in range(repeats):
        for name, function in functions.items():
            began = time.perf_counter()
            function()
            best[name] = min(best[name], time.perf_counter() - began)
    return best


def table(title: str, head: list[str], rows: list[list[object]]) -> None:
    """Print a markdown table."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")


def effort_rule() -> None:
    """What the effort rule takes of a run, plan by plan: the weekly plans of all staff, timed alone on one state."""
    import orgsim
    from orgsim.clock import Clock
    from orgsim.engine.compile import entry
    from orgsim.engine.effort import plan_week
    from orgsim.engine.handle import handle
    from orgsim.results import Arm
    from orgsim.simulation import advance, copy_world, enter_arm, warm_up

    scenario = orgsim.load_scenario("baseline").with_(**{"time.run_off_months": 0})
    clock = Clock.of(scenario)
    today = Arm("separate", "own_numbers")
    warm = warm_up(scenario, today, 0, 0)
    middle = clock.start + 325  # the first day of a quarter
    weeks = clock.horizon // 5

    @entry
    def plan_weeks(w, first, number):  # type: ignore[no-untyped-def]
        for n in range(number):
            plan_week(w, 0.0, first + 5 * (n % 13))

    plans = ("fixed", "own_numbers", "quarterly_bonus", "accelerated", "mbo", "contest")
    functions: dict[str, Callable[[], object]] = {}
    for plan in plans:
        arm = Arm("separate", plan)
        state = handle(copy_world(advance(enter_arm(scenario, warm, arm, today), clock.start, middle)))
        plan_weeks(state, middle, 1)
        functions[f"{plan} week"] = lambda state=state: plan_weeks(state, middle, weeks)  # type: ignore[misc]
        functions[f"{plan} run"] = lambda arm=arm: advance(  # type: ignore[misc]
            enter_arm(scenario, warm, arm, today), clock.start, clock.end
        )
    times = best_of(functions)
    staff = scenario.people.reps + scenario.people.marketers
    table(
        f"The effort rule, baseline, {clock.horizon} days, {staff} people deciding {weeks} times",
        ["plan", "horizon, ms", "against salary only", "share of the weekly plans", "us per person and week"],
        [
            [
                plan, times[f"{plan} run"] * 1e3, times[f"{plan} run"] / times["fixed run"],
                times[f"{plan} week"] / times[f"{plan} run"], times[f"{plan} week"] / (weeks * staff) * 1e6,
            ]
            for plan in plans
        ],
    )  # fmt: skip


def mechanisms() -> None:
    """The horizon with the mechanisms that ship neutral at work, against the baseline as it ships."""
    import orgsim
    from orgsim.clock import Clock
    from orgsim.results import Arm
    from orgsim.simulation import advance, enter_arm, warm_up

    scenario = orgsim.load_scenario("baseline")
    clock = Clock.of(scenario)
    arms = {
        "separate, as it ships": (scenario, "separate"),
        "sla: devices, service level, checks, returned leads": (scenario, "sla"),
        "brand_focused: six devices": (scenario, "brand_focused"),
        "separate, every mechanism of the teams at the middle of its range": (loud(scenario), "separate"),
        "sla, the same": (loud(scenario), "sla"),
    }
    functions = {}
    for name, (firm, structure) in arms.items():
        today, arm = Arm("separate", "own_numbers"), Arm(structure, "own_numbers")
        warm = warm_up(firm, today, 0, 0)
        functions[name] = lambda firm=firm, arm=arm, today=today, warm=warm: advance(  # type: ignore[misc]
            enter_arm(firm, warm, arm, today), clock.start, clock.end
        )
    times = best_of(functions)
    first = times["separate, as it ships"]
    table(
        f"Mechanisms that ship neutral, baseline, {clock.horizon} days, own_numbers",
        ["what is on", "horizon, ms", "against the first"],
        [[name, seconds * 1e3, seconds / first] for name, seconds in times.items()],
    )


def loud(scenario: Scenario) -> Scenario:
    """The scenario with all that is neutral in its teams, product and customers amid its plausible range."""
    changes = {}
    for section, names in (
        ("teams", None), ("product", None),
        ("customers", ("word_of_mouth", "warnings", "marketing_share", "referrals")),
        ("contact", ("double",)), ("belief", ("salience", "timing_trust")), ("cooperation", ("open_dispute",)),
        ("leadership", ("directs_hours", "culture", "schedules", "technique")),
    ):  # fmt: skip
        table_of = getattr(scenario, section)
        for name, field in type(table_of).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and (names is None or name in names) and getattr(table_of, name) == 0:
                low, high = extra["range"]  # type: ignore[misc]
                changes[f"{section}.{name}"] = 0.5 * (max(0.0, low) + high)  # type: ignore[has-type]
    return scenario.with_(**changes)


def one_core() -> None:
    """A prospect-day of the baseline against an empty agent step of Mesa and against the floor."""
    import mesa

    import orgsim
    from orgsim.clock import Clock
    from orgsim.engine import records as r
    from orgsim.engine.handle import handle
    from orgsim.engine.streams import bare_draws
    from orgsim.kpis import measure
    from orgsim.leadership.decide import decide_month
    from orgsim.results import Arm
    from orgsim.simulation import advance, copy_world, enter_arm, finish, new_world, warm_up

    scenario = orgsim.load_scenario("baseline")
    clock = Clock.of(scenario)
    arm = Arm("separate", "own_numbers")
    prospects = scenario.market.size
    warm = warm_up(scenario, arm, 0, 0)

    class Idle(mesa.Agent):
        def step(self) -> None:
            pass

    model = mesa.Model(rng=1)
    for _ in range(prospects):
        Idle(model)

    def whole_run() -> None:
        world = enter_arm(scenario, warm_up(scenario, arm, 0, 1), arm, arm)
        finish(scenario, advance(world, clock.start, clock.end))

    def horizon() -> None:
        advance(enter_arm(scenario, warm, arm, arm), clock.start, clock.end)

    world = advance(enter_arm(scenario, warm, arm, arm), clock.start, clock.end)
    in_market = np.isin(world.prospects["state"], [r.IN_WINDOW]).mean()
    staff = scenario.people.reps + scenario.people.marketers
    busy = round((float(in_market) * prospects + staff) * clock.horizon)
    firm = world.firm
    bare_draws(firm[0], 10)
    decided = handle(copy_world(world))
    times = best_of(
        {
            "mesa": lambda: model.agents.do("step"),
            "run": whole_run,
            "horizon": horizon,
            "start": lambda: new_world(scenario, arm, 0, 1),
            "floor": lambda: bare_draws(firm[0], busy),
            "decide": lambda: decide_month(decided, clock.end - 30),
            "measure": lambda: measure(scenario, world, 12, 48),
        }
    )
    mesa_step = times["mesa"] / prospects
    per_day = times["horizon"] / (prospects * clock.horizon)
    whole = times["run"] / (prospects * clock.days)
    months = int(clock.month_of[clock.end - 1] - clock.month_of[clock.start]) + 1
    table(
        f"One core, baseline, {prospects} prospects, {clock.horizon} days ({clock.days} with warm-up and run-off)",
        ["what", "figure"],
        [
            ["Mesa: one empty agent step, ns", mesa_step * 1e9],
            ["orgsim: a prospect-day of the whole run, ns", whole * 1e9],
            ["Mesa / orgsim, whole run", mesa_step / whole],
            ["orgsim: a prospect-day of the horizon, ns", per_day * 1e9],
            ["Mesa / orgsim, horizon", mesa_step / per_day],
            ["prospects in market at the end, share", float(in_market)],
            ["floor: a draw per active prospect-day and employee-day, ns per prospect-day",
             times["floor"] / (prospects * clock.horizon) * 1e9],
            ["horizon / floor", times["horizon"] / times["floor"]],
            ["of the horizon: leaders' decisions, share", months * times["decide"] / times["horizon"]],
            ["of the whole run: setting up, share", times["start"] / times["run"]],
            ["of the whole run: figures at the end, share", times["measure"] / times["run"]],
        ],
    )  # fmt: skip


def scaling(quick: bool) -> None:
    """Time and memory as prospects grow at equal activity each, staff in proportion; one and two threads."""
    sizes = (1_000, 10_000, 100_000) if quick else (1_000, 10_000, 100_000, 1_000_000)
    rows: list[list[object]] = []
    seen: list[tuple[int, float, float]] = []
    for size in sizes:
        result = {}
        for threads in (1, 2):
            if size == 1_000_000 and threads == 2:
                continue
            command = [sys.executable, "-c", ONE_SIZE, str(size), "3", str(threads)]
            done = subprocess.run(command, text=True, capture_output=True, check=True)
            result[threads] = json.loads(done.stdout)
        one = result[1]
        seen.append((size, one["seconds"], one["megabytes"]))
        efficiency: object = one["seconds"] / result[2]["seconds"] if 2 in result else "not run"
        rows.append([f"{size:,}", one["seconds"], one["seconds"] / size / 1040 * 1e9, one["megabytes"],
                     one["megabytes"] * 2**20 / size, efficiency])  # fmt: skip
    table(
        "Prospects at equal activity, staff in proportion, one year of warm-up and three of horizon",
        ["prospects", "seconds", "ns per prospect-day", "MB above the idle process", "bytes per prospect",
         "efficiency of the second thread (two runs at once / one)"],
        rows,
    )  # fmt: skip
    logs = np.log([[size, seconds, max(megabytes, 1e-3)] for size, seconds, megabytes in seen])
    slope = np.polyfit(logs[:, 0], logs[:, 1], 1)[0]
    print(f"\nExponent of time in prospects: {slope:.2f}")


def first_impression() -> None:
    """Help, import, compile."""
    rows: list[list[object]] = []
    for label, code in (
        ("python -c pass", ["-c", "pass"]),
        ("orgsim --help", ["-m", "orgsim", "--help"]),
        ("import orgsim", ["-c", "import orgsim"]),
    ):
        times = []
        for _ in range(7):
            began = time.perf_counter()
            subprocess.run([sys.executable, *code], capture_output=True, check=True)
            times.append(time.perf_counter() - began)
        rows.append([label, min(times)])
    run = ["-c", "import orgsim; orgsim.run(orgsim.load_scenario('baseline').with_(**{'time.years': 0.1}))"]
    with tempfile.TemporaryDirectory() as folder:
        for label in ("first run, compile included", "second run"):
            began = time.perf_counter()
            subprocess.run([sys.executable, *run], env={**os.environ, "ORGSIM_CACHE": folder}, check=True)
            rows.append([label, time.perf_counter() - began])
    rows.append(["compile (difference)", float(rows[-2][1]) - float(rows[-1][1])])  # type: ignore[arg-type]
    table("First impression, seconds", ["what", "seconds"], rows)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out a million prospects")
    quick = parser.parse_args().quick
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"{resource.getpagesize()} byte pages")  # fmt: skip
    one_core()
    effort_rule()
    mechanisms()
    scaling(quick)
    first_impression()


if __name__ == "__main__":
    main()
