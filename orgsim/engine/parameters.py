"""The parameter record that rules read: every number of the scenario as `section_name`, and a few made from them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from orgsim.engine.records import EFFORT, record_of
from orgsim.scenario.schema import MARKETER_ACTIVITIES, REP_ACTIVITIES, Scenario

SECTIONS = (
    "market", "brand", "lead", "contact", "belief", "opportunity", "customers", "effort", "cooperation", "money",
    "leadership",
)  # fmt: skip
MOST_STAGES = 12
WEEKLY = ("rep_habit", "rep_revenue", "marketer_habit", "marketer_mqls", "marketer_revenue")
TODAY = ("brand_today", "activation_today", "prospecting_today", "logging_today", "insight_today", "enable_today")


def _numbers(scenario: Scenario) -> dict[str, float]:
    values: dict[str, float] = {}
    for section in SECTIONS:
        for name, value in getattr(scenario, section):
            if isinstance(value, (bool, int, float)):
                values[f"{section}_{name}"] = float(value)
    return values


@cache
def _dtype(names: tuple[str, ...]) -> np.dtype[np.record]:
    return record_of(
        *((name, "f8") for name in names),
        *((name, "f8", (EFFORT,)) for name in WEEKLY),
        *((name, "f8") for name in TODAY),
        ("opportunity_advance", "f8", (MOST_STAGES,)),
        ("opportunity_loss", "f8", (MOST_STAGES,)),
        ("opportunity_stages", "i8"),
    )


def parameter_record(scenario: Scenario) -> NDArray[np.record]:
    """One-row array of parameters; the fields are the same for every scenario, so the engine compiles once."""
    values = _numbers(scenario)
    record = np.zeros(1, _dtype(tuple(sorted(values))))
    for name, value in values.items():
        record[name] = value
    week, effort = scenario.reps, scenario.effort
    record["rep_habit"] = [getattr(week, name) for name in REP_ACTIVITIES[:EFFORT]]
    record["rep_revenue"] = [getattr(effort, f"revenue_{name}", 0.0) for name in REP_ACTIVITIES[:EFFORT]]
    team = scenario.marketers
    record["marketer_habit"] = [getattr(team, name) for name in MARKETER_ACTIVITIES[:EFFORT]]
    record["marketer_mqls"] = [getattr(effort, f"mqls_{name}", 0.0) for name in MARKETER_ACTIVITIES[:EFFORT]]
    record["marketer_revenue"] = [getattr(effort, f"revenue_{name}", 0.0) for name in MARKETER_ACTIVITIES[:EFFORT]]
    money, brand = scenario.money, scenario.brand
    reps, marketers = scenario.people.reps, scenario.people.marketers
    spend = money.programme * money.brand_share / 52 + brand.hour_worth * marketers * team.brand
    record["brand_today"] = spend**brand.exponent if spend > 0 else 0.0
    record["activation_today"] = (
        money.programme * (1 - money.brand_share) / 52 + brand.hour_worth * marketers * team.activation
    )
    record["prospecting_today"] = reps * week.prospecting
    record["logging_today"] = reps * week.logging
    record["insight_today"] = marketers * team.insight
    record["enable_today"] = marketers * team.enable
    stages = scenario.opportunity.advance
    record["opportunity_advance"][0, : len(stages)] = stages
    record["opportunity_loss"][0, : len(stages)] = scenario.opportunity.loss
    record["opportunity_stages"] = len(stages)
    return record
