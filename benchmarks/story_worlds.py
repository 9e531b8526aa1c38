"""Worlds of the seeds' story and of the black hole: settings fixed beforehand (story/settings.toml), and figures."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.experiments.statistics import Estimate, estimate
from orgsim.results import Arm
from orgsim.scenario.load import load_scenario
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, enter_arm, finish, warm_up

SETTINGS = Path(__file__).parent / "story" / "settings.toml"
QUICK = 3
Figures = dict[str, float]
Values = dict[str, NDArray[np.float64]]  # figure -> a value for each world


@cache
def settings() -> dict[str, Any]:
    """The file of settings."""
    return tomllib.loads(SETTINGS.read_text(encoding="utf-8"))


def worlds(
    scenario: Scenario, structures: Sequence[str], of: Callable[[Scenario, r.World], Figures], *, replicates: int,
    start: str = "today", threads: int | None = None,
) -> dict[str, Values]:
    """Figures of every structure in the same worlds; `start` as in `orgsim.compare`. `of` reads a world at the end of
    the horizon and must not change it."""
    seed, plan = settings()["seed"], settings()["pay"]
    clock, today = Clock.of(scenario), Arm(scenario.today.structure, scenario.today.pay)

    def one(replicate: int) -> list[Figures]:
        warm = warm_up(scenario, today, seed, replicate) if start == "today" else None
        out = []
        for structure in structures:
            arm = Arm(structure, plan)
            state = warm or warm_up(scenario, arm, seed, replicate)
            world = enter_arm(scenario, state, arm, arm if warm is None else today, today=today)
            out.append(of(scenario, advance(world, clock.start, clock.end)))
        return out

    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        found = list(pool.map(one, range(replicates)))
    return {
        structure: {key: np.array([row[place][key] for row in found]) for key in found[0][place]}
        for place, structure in enumerate(structures)
    }


def changed(firm: str, *changes: Mapping[str, Any], years: float) -> Scenario:
    """A firm that ships with values changed, one table of changes after the other."""
    scenario = load_scenario(firm).with_(**{"time.years": years})
    for table in changes:
        scenario = scenario.with_(**table) if table else scenario
    return scenario


# Figures -----------------------------------------------------------------------------------------------------------


def of_story(scenario: Scenario, world: r.World) -> Figures:
    """Key figures, levers and contact with customers. Flows are for a year of the horizon, money in euro."""
    clock = Clock.of(scenario)
    first, last = int(clock.month_of[clock.start]), int(clock.month_of[clock.end - 1]) + 1
    months, years = world.months[first:last], clock.horizon / r.DAYS_PER_YEAR
    rep_hours, marketer_hours = world.rep_hours[first:last], world.marketer_hours[first:last]
    found = finish(scenario, world)
    customers = float(months["customers"].mean())
    cared = float(rep_hours[:, :, r.REP_CUSTOMERS].sum() / years)
    yearly = ("leads_created", "viable_leads", "missed_demand_value", "revenue_new", "revenue_repeat", "profit",
              "profit_before_leaders", "value")  # fmt: skip
    kept = ("awareness_outside_end", "awareness_regular_end", "customers_end", "lead_waste_share")
    return {name: found[name] / years for name in yearly} | {name: found[name] for name in kept} | {
        "contact": float(world.reps["care"].mean()),
        "care_hours": cared,
        "customer_hours": cared / max(1.0, customers),
        "brand_share": float(months["brand_share"].mean()),
        "brand_hours": float(marketer_hours[:, :, r.BRAND].sum() / years),
        "activation_hours": float(marketer_hours[:, :, r.ACTIVATION].sum() / years),
        "threshold": float(months["threshold"].mean()),
    }  # fmt: skip


def of_hole(scenario: Scenario, world: r.World) -> Figures:
    """Leads handed over early enough for their shelf life to end within the horizon, and what became of them.

    unattended: share never attempted (A1). mqls: handed over a year. quality: share accepted of those talked to.
    """
    clock = Clock.of(scenario)
    leads = world.leads[: int(world.firm["leads"][0])]
    first = clock.start * r.HOURS_PER_DAY
    last = clock.end * r.HOURS_PER_DAY - scenario.contact.shelf_life * r.HOURS_PER_DAY
    handed = leads[(leads["handed_over"] >= first) & (leads["handed_over"] < last)]
    accepted = int((~np.isnan(handed["accepted"])).sum())
    refused = int((handed["outcome"] == r.DISQUALIFIED).sum())
    return {
        "unattended": float(np.isnan(handed["first_touch"]).mean()) if len(handed) else np.nan,
        "mqls": len(handed) / ((last - first) / r.HOURS_PER_DAY / r.DAYS_PER_YEAR),
        "quality": accepted / (accepted + refused) if accepted + refused else np.nan,
    }


# Words -------------------------------------------------------------------------------------------------------------


def shown(found: Estimate, scale: float = 1.0, digits: int = 1, *, sign: bool = True) -> str:
    """A mean with its 95 % interval."""
    mean, low, high = (value * scale for value in (found.mean, found.low, found.high))
    mark = "+" if sign else ""
    if found.standard_error == 0:
        return f"{mean:{mark},.{digits}f}"
    return f"{mean:{mark},.{digits}f} [{low:{mark},.{digits}f}, {high:{mark},.{digits}f}]"


def mean_of(values: NDArray[np.float64]) -> Estimate:
    """Mean and interval over the worlds that have the figure."""
    return estimate(values[~np.isnan(values)])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown, and an empty line."""
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows), ""]
