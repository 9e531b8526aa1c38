"""Figures of a run: what each is called, in which unit it is shown, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from orgsim.clock import Clock
from orgsim.engine.records import ACCOUNTS, COST_OF_SALES, DAYS_PER_YEAR, WASTE_CAUSES
from orgsim.scenario.errors import Problem, ScenarioError, nearest, show
from orgsim.scenario.schema import Scenario

# Kinds of figure: money over the horizon, money of one year or as it stands at the end, a share, a number over the
# horizon, a level.
MONEY, SUM, SHARE, COUNT, LEVEL = "money", "sum", "share", "count", "level"
UNITS = {MONEY: "k€ a year", SUM: "k€", SHARE: "%", COUNT: "a year", LEVEL: ""}
# What a comparison shows unless told otherwise.
SHOWN = ("revenue", "gross_margin", "profit_before_leaders", "profit", "lead_waste_share", "lead_waste_value",
         "missed_demand_value")  # fmt: skip
# What an answer in words is about, where both are shown.
MAIN = ("profit", "lead_waste_value")


@dataclass(frozen=True)
class Metric:
    """better: 1 where more is better, -1 where less is, 0 where the figure by itself says neither."""

    name: str
    title: str
    kind: str
    better: int

    @property
    def unit(self) -> str:
        """The unit in which `scale` shows it."""
        return UNITS[self.kind]

    @property
    def is_money(self) -> bool:
        """Whether the figure is in euro; the others are counts, shares and levels."""
        return self.kind in (MONEY, SUM)

    def scale(self, years: float) -> float:
        """What a run's figure is multiplied by to be shown in `unit`, of a horizon of so many years."""
        return {MONEY: 1e-3 / years, SUM: 1e-3, SHARE: 100.0, COUNT: 1 / years, LEVEL: 1.0}[self.kind]

    def euro_a_year(self, amount: float, years: float) -> float:
        """An amount over the horizon as euro a year; not a number where the figure is not money by the year."""
        return amount / years if self.kind == MONEY else math.nan


_NAMED: dict[str, tuple[str, str, int]] = {
    "revenue": ("Revenue", MONEY, 1),
    "gross_margin": ("Gross margin", MONEY, 1),
    "profit_before_leaders": ("Profit before leaders' pay", MONEY, 1),
    "profit": ("Profit after leaders' pay", MONEY, 1),
    "leads": ("Leads at work", COUNT, 0),
    "leads_created": ("Leads", COUNT, 0),
    "won": ("Deals won", COUNT, 1),
    "lead_waste_count": ("Leads wasted", COUNT, -1),
    "lead_waste_share": ("Lead waste, share", SHARE, -1),
    "lead_waste_value": ("Lead waste", MONEY, -1),
    "missed_demand_value": ("Missed demand", MONEY, -1),
    "missed_demand_count": ("Missed needs", COUNT, -1),
    "viable_leads": ("Viable leads", COUNT, 0),
    "mqls": ("Handed over", COUNT, 0),
    "attempted": ("Attempted", COUNT, 0),
    "sqls": ("Accepted", COUNT, 0),
    "opportunities": ("Opportunities", COUNT, 0),
    "revenue_new": ("Revenue, new customers", MONEY, 1),
    "revenue_repeat": ("Revenue, repeat orders", MONEY, 1),
    "revenue_services": ("Revenue, services", MONEY, 1),
    "leaders_cost": ("Leaders' cost", MONEY, -1),
    "customers_end": ("Customers at the end", LEVEL, 1),
    "awareness_regular_end": ("Awareness, regular market", SHARE, 1),
    "awareness_outside_end": ("Awareness, outside", SHARE, 1),
    "alignment_end": ("Alignment at the end", LEVEL, 1),
    "alignment_marketing_end": ("Alignment, marketing", LEVEL, 1),
    "alignment_sales_end": ("Alignment, sales", LEVEL, 1),
    "leaders_field_share": ("Leaders' time in the field", SHARE, 0),
    "answered_share": ("Leads answered", SHARE, 1),
    "answered_within_1h": ("Answered within 1 h", SHARE, 1),
    "answered_within_day": ("Answered within a day", SHARE, 1),
    "demand_won_value": ("Demand won", MONEY, 1),
    "demand_fair_loss_value": ("Demand lost fairly", MONEY, 0),
    "demand_open_value": ("Demand still open", SUM, 0),
    "attainment_mean": ("Quota attained", SHARE, 0),
    "at_quota_share": ("Reps at quota", SHARE, 0),
    "rep_variable_pay": ("Variable pay, reps", MONEY, 0),
    "marketer_variable_pay": ("Variable pay, marketers", MONEY, 0),
    "discounts": ("Discounts", MONEY, -1),
    "closes_pulled": ("Closes pulled forward", COUNT, 0),
    "closes_pushed": ("Closes pushed back", COUNT, 0),
    "rep_quits": ("Reps who quit", COUNT, -1),
    "marketer_quits": ("Marketers who quit", COUNT, -1),
    "dismissals": ("Dismissals", COUNT, -1),
    "hires": ("Hires", COUNT, 0),
    "vacant_weeks": ("Vacant weeks", COUNT, -1),
    "cost_of_sales": ("Cost of sales", MONEY, -1),
    "run_off_margin": ("Margin of the run-off", SUM, 1),
    "value": ("Profit with run-off", SUM, 1),
}


def about(name: str) -> Metric:
    """What is known of a figure by its name, which must be one of a run's."""
    if name in _NAMED:
        return Metric(name, *_NAMED[name])
    words = name.replace("_", " ").removesuffix(" value").split()
    title = f"{words[0].capitalize()}, {' '.join(words[1:])}"
    return Metric(name, title, SUM, 1) if "_year_" in name else Metric(name, title, MONEY, -1)


def metrics_of(scenario: Scenario) -> dict[str, Metric]:
    """All figures of a scenario's runs by name."""
    names = [*_NAMED, *(f"waste_{cause}_value" for cause in WASTE_CAUSES[1:])]
    names += [f"cost_{account}" for account in ACCOUNTS[COST_OF_SALES + 1 :]]
    clock = Clock.of(scenario)
    last_month = int(np.searchsorted(clock.month_of, clock.month_of[clock.end - 1]))
    for year in range(1, (last_month - clock.start) // DAYS_PER_YEAR + 2):
        names += [f"revenue_year_{year}", f"profit_year_{year}"]
    return {name: about(name) for name in names}


def metric_of(scenario: Scenario, name: str, key: str = "metric") -> Metric:
    """The figure of that name; ScenarioError with the nearest name where there is none."""
    check(scenario, (name,), key)
    return metrics_of(scenario)[name]


def check(scenario: Scenario, names: Iterable[str], key: str = "metrics") -> None:
    """Raise one ScenarioError for all names that are no figure of the scenario's runs."""
    problems = unknown_metrics(scenario, names, key)
    if problems:
        raise ScenarioError(problems)


def unknown_metrics(scenario: Scenario, names: Iterable[Any], key: str = "metrics") -> list[Problem]:
    """A problem for each name that is no figure of the scenario's runs."""
    allowed = metrics_of(scenario)
    return [
        Problem("command", None, key, show(name), f"found {show(name)}, which is no figure of a run; such as "
                f"{', '.join(SHOWN[:4])}; all: `orgsim run baseline --format csv`", nearest(str(name), allowed))
        for name in names if name not in allowed
    ]  # fmt: skip
