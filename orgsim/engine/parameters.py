"""The parameter record that rules read: every number of the scenario as `section_name`, and a few made from them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from orgsim.engine.records import DAYS_PER_YEAR, EFFORT, record_of
from orgsim.scenario.kept import kept_with_scenario
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES

SECTIONS = (
    "market", "brand", "lead", "contact", "belief", "opportunity", "customers", "effort", "learning", "timing",
    "quotas", "cooperation", "teams", "product", "money", "people", "leadership",
)  # fmt: skip
MOST_STAGES = 12
WEEKLY = (
    "rep_habit", "rep_revenue", "rep_delay", "rep_cost", "marketer_habit", "marketer_mqls", "marketer_sqls",
    "marketer_revenue", "marketer_delay", "marketer_cost",
)  # fmt: skip
TODAY = ("brand_today", "activation_today", "prospecting_today", "logging_today", "insight_today", "enable_today",
         "qualify_today")  # fmt: skip


def _numbers(scenario: Scenario) -> dict[str, float]:
    values: dict[str, float] = {}
    for section in SECTIONS:
        for name, value in getattr(scenario, section):
            if isinstance(value, (bool, int, float)):
                values[f"{section}_{name}"] = float(value)
    return values


def repeat_share(scenario: Scenario) -> float:
    """Share of repeat orders in the revenue that the firm expects of its reps, by its customers at the start."""
    customers, market = scenario.customers, scenario.market
    a_year = DAYS_PER_YEAR / customers.interval
    orders = market.size * market.customer_share * customers.repeat * customers.order_value * a_year
    return float(min(1.0, orders / (scenario.money.target_per_rep * scenario.people.reps)))


@cache
def _dtype(names: tuple[str, ...]) -> np.dtype[np.record]:
    return record_of(
        *((name, "f8") for name in names),
        *((name, "f8", (EFFORT,)) for name in WEEKLY),
        *((name, "f8") for name in TODAY),
        ("repeat_share", "f8"),
        ("quota_per_rep", "f8"),
        ("opportunity_advance", "f8", (MOST_STAGES,)),
        ("opportunity_loss", "f8", (MOST_STAGES,)),
        ("opportunity_stages", "i8"),
    )


@kept_with_scenario
def parameter_record(scenario: Scenario) -> NDArray[np.record]:
    """One-row array of parameters, not to be written; the fields are the same for every scenario, so the engine
    compiles once."""
    values = _numbers(scenario)
    record = np.zeros(1, _dtype(tuple(sorted(values))))
    for name, value in values.items():
        record[name] = value
    week, team, effort = scenario.reps, scenario.marketers, scenario.effort
    for role, habit, names, costs, yields in (
        ("rep", week, REP_ACTIVITIES, effort.rep_costs, ("revenue",)),
        ("marketer", team, MARKETER_ACTIVITIES, effort.marketer_costs, ("revenue", "mqls", "sqls")),
    ):
        record[f"{role}_habit"] = [getattr(habit, name) for name in names[:EFFORT]]
        record[f"{role}_cost"] = costs
        for what in (*yields, "delay"):
            record[f"{role}_{what}"] = [getattr(effort, f"{what}_{name}", 0.0) for name in names[:EFFORT]]
    record["repeat_share"] = repeat_share(scenario)
    record["quota_per_rep"] = scenario.money.target_per_rep * scenario.money.quota_over_target
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
    record["qualify_today"] = marketers * team.qualify
    stages = scenario.opportunity.advance
    record["opportunity_advance"][0, : len(stages)] = stages
    record["opportunity_loss"][0, : len(stages)] = scenario.opportunity.loss
    record["opportunity_stages"] = len(stages)
    return record
