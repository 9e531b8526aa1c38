"""One core on the core configuration: orgsim beside the independent Mesa implementation of `benchmarks/reference`."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
from speeds.document import Part, met
from speeds.one_core import active_days
from speeds.rounds import MesaSteps, alternated, ratio

import orgsim
from orgsim.clock import Clock
from orgsim.engine.streams import bare_draws
from orgsim.experiments.worlds import Prepared, Terms
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import enter_arm, warm_up

AIM = 500.0
CORE = Path(__file__).resolve().parents[1] / "reference" / "core.toml"
TABLES = ("leads", "accounts", "periods", "hours", "pay", "prospects")
TIMES = 20  # runs of orgsim for each of the reference


def measured(quick: bool) -> Part:
    """The part; said to be left out where there is no reference."""
    part = Part("witness", "One core, core configuration: beside the Mesa reference")
    try:
        reference = importlib.import_module("benchmarks.reference")
        compare = importlib.import_module("benchmarks.reference.compare")
        worlds = importlib.import_module("benchmarks.reference.worlds")
    except ImportError as error:
        part.say(f"Not measured: {error}.")
        return part
    scenario = orgsim.load_scenario(str(CORE))
    clock, arm = Clock.of(scenario), Arm(scenario.today.structure, scenario.today.pay)
    agents = scenario.market.size + scenario.people.reps + scenario.people.marketers
    docked = compare.dock(worlds.World(scenario, arm.structure, arm.pay, 0, 0))
    agreed = docked.agree("leads")
    mesa = MesaSteps()
    warm = warm_up(scenario, arm, 0, 0)
    firm = warm.firm[0]
    in_window, _ = active_days(scenario, enter_arm(scenario, warm, arm, arm))
    floor_draws = round((in_window + (agents - scenario.market.size) * clock.horizon) * clock.end / clock.horizon)

    times = alternated(
        {
            "reference": lambda: reference.simulate(scenario, arm.structure, arm.pay, 0, 0),
            "orgsim": lambda: [Prepared(scenario, Terms(), 0).run(arm) for _ in range(TIMES)],
            "reference, tables": lambda: reference.run(scenario, arm.structure, arm.pay, 0, 0),
            "orgsim, tables": lambda: with_tables(scenario, arm),
            "mesa": lambda: [mesa() for _ in range(20)],
            "floor": lambda: bare_draws(firm, floor_draws),
        },
        2 if quick else 7,
    )
    faster = ratio(times["reference"], times["orgsim"], TIMES)
    tabled = ratio(times["reference, tables"], times["orgsim, tables"])
    empty = ratio(times["mesa"] * (agents * clock.end / (20 * mesa.AGENTS)), times["reference"])
    floor = ratio(times["reference"], times["floor"])
    part.note("reference_over_orgsim_whole_run", faster.median)
    part.note("reference_over_orgsim_with_tables", tabled.median)
    leads = docked.rows["leads"]
    part.say(
        f"One world of `benchmarks/reference/core.toml`: {scenario.market.size:,} prospects, {clock.end:,} days, "
        f"{leads:,} leads; "
        + ("both give every lead the same events" if agreed else "**the two do not agree on every lead**")
        + ". Whole runs in alternation in this process, the processor's time; orgsim's as `compare` makes them, "
        f"{TIMES} for each of the reference's. With tables: both hand over leads, accounts, months, hours, pay and "
        "prospects, orgsim as data frames and with its event log."
    )
    part.table(
        ["What", "Figure", "Aim", ""],
        [
            ["reference, ms a run", 1e3 * float(np.median(times["reference"])), "", ""],
            ["orgsim, ms a run", 1e3 * float(np.median(times["orgsim"])) / TIMES, "", ""],
            ["reference / orgsim", str(faster), f"{AIM:g}", met(faster.median, AIM)],
            ["reference / orgsim, with tables", str(tabled), "", ""],
            ["reference / floor: one draw for each open need and employee, each day", str(floor), "", ""],
            ["what an empty step of every agent on every day would add to the reference, as a share of it",
             f"{empty.median:.0%}", "", ""],
        ],
    )  # fmt: skip
    return part


def with_tables(scenario: Scenario, arm: Arm) -> None:
    """A run with its tables."""
    run = orgsim.run(scenario, structure=arm.structure, pay=arm.pay)
    for name in TABLES:
        getattr(run, name)
