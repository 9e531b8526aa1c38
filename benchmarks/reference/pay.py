"""Linear pay plans: what people earn, and what they believe the next hour earns (ODD, sections 7.4 and 7.10)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from .dates import DAYS_A_WEEK, DAYS_A_YEAR, PERIODS_A_YEAR, WEEKS_A_YEAR, Span
from .effort import landing

if TYPE_CHECKING:
    from orgsim.scenario.pay import Component as ComponentOfScenario
    from orgsim.scenario.schema import Scenario

REP_WORK = ("leads", "prospecting", "opportunities", "customers", "logging", "admin", "slack")
MARKETER_WORK = ("brand", "activation", "qualify", "insight", "enable", "serve", "slack")
RESULTS = ("new_revenue", "repeat_revenue", "wins", "opportunities", "pipeline", "sourced_pipeline", "mqls", "sqls")


class Beliefs(NamedTuple):
    """What one more hour of an activity adds, in the metric's unit: by new deals, and by repeat orders."""

    new: list[float]
    repeat: list[float]


class Component:
    """A rate on a result, own or of all reps, over pay periods."""

    def __init__(self, scenario: Scenario, role: str, number: int, of: ComponentOfScenario) -> None:
        people, money = scenario.people, scenario.money
        self.role, self.number = role, number
        self.metric, self.scope, self.period = of.metric, of.scope, of.period
        self.own = of.scope == "own"
        seats = people.reps if role == "rep" else people.marketers
        pay = money.rep_pay if role == "rep" else money.marketer_pay
        a_year = PERIODS_A_YEAR[of.period]
        whose = 1 if self.own else seats
        self.quota_a_year = of.quota * whose if of.quota is not None else default_quota(scenario, role, of)
        quota = self.quota_a_year / a_year
        if of.share is not None:
            self.rate = of.share * pay / a_year / quota
        else:
            shared_by = {"own": 1, "team": seats, "firm": people.reps + people.marketers}[of.scope]
            self.rate = (of.rate or 0.0) * quota / quota / shared_by
        self.activity = of.metric.removesuffix("_hours") if of.metric.endswith("_hours") else None
        self.beliefs = rep_beliefs(scenario, self) if role == "rep" else marketer_beliefs(scenario, self)

    def value_of_hours(self, day: int, period: Span, phase: Span, since: int, delays: list[float],
                       horizon_weeks: float) -> list[float]:  # fmt: skip
        """Euro that one more hour of each activity is believed to earn, by this period's pay or a later one's."""
        last = min(period.last, phase.last)
        part = min(1.0, (last - since + 1) / period.days)
        quota = max(1e-12, self.quota_a_year / PERIODS_A_YEAR[self.period]) * part
        closes = max(0.0, (last - period.first + 1) / DAYS_A_WEEK - (day - period.first) / DAYS_A_WEEK)
        worth = self.rate * quota
        values = []
        for new, repeat, delay in zip(self.beliefs.new, self.beliefs.repeat, delays, strict=True):
            now, later = landing(delay, closes, horizon_weeks)
            earned = now * worth + later * worth
            values.append(new / quota * earned + repeat / quota * earned)
        return values


def repeat_share(scenario: Scenario) -> float:
    """Share of repeat orders in the revenue that is expected."""
    market, customers, money = scenario.market, scenario.customers, scenario.money
    orders = market.size * market.customer_share * customers.repeat * customers.order_value
    return min(1.0, orders * (DAYS_A_YEAR / customers.interval) / (money.target_per_rep * scenario.people.reps))


def default_quota(scenario: Scenario, role: str, of: ComponentOfScenario) -> float:
    """Quota a year of a component that names none: what follows from the firm's target."""
    people, money, o = scenario.people, scenario.money, scenario.opportunity
    if of.metric.endswith("_hours"):
        week = scenario.reps if role == "rep" else scenario.marketers
        return max(1.0, WEEKS_A_YEAR * float(getattr(week, of.metric.removesuffix("_hours"))))
    if of.metric == "mqls":
        return money.target_mqls * people.marketers
    revenue = money.target_per_rep * people.reps
    deal_value = scenario.market.deal_value
    new = max((1.0 - repeat_share(scenario)) * revenue, min(revenue, deal_value))
    wins = new / deal_value if deal_value > 0.0 else 1.0
    opportunities = wins / (o.decide * o.win)
    all_reps = {
        "revenue": revenue,
        "repeat_revenue": revenue - new,
        "new_revenue": new,
        "wins": wins,
        "opportunities": opportunities,
        "pipeline": opportunities * deal_value,
        "sourced_pipeline": opportunities * deal_value,
        "sqls": opportunities / o.meeting,
    }[of.metric]
    return max(1e-9, all_reps / people.reps if of.scope == "own" else all_reps)


def rep_beliefs(scenario: Scenario, component: Component) -> Beliefs:
    """What a rep believes an hour brings."""
    e, o, deal_value = scenario.effort, scenario.opportunity, scenario.market.deal_value
    revenue = [e.revenue_leads, e.revenue_prospecting, e.revenue_opportunities]
    repeat = [0.0] * len(REP_WORK)
    new = [0.0] * len(REP_WORK)
    metric = component.metric
    if component.activity is not None:
        new[REP_WORK.index(component.activity)] = 1.0
    if metric in ("revenue", "new_revenue"):
        new[:3] = revenue
    if metric in ("revenue", "repeat_revenue"):
        repeat[3] = e.revenue_customers
    if metric == "wins":
        new[:3] = [r / deal_value for r in revenue]
    if metric in ("sqls", "opportunities", "pipeline"):
        opportunities = [r / (deal_value * (o.decide * o.win)) for r in revenue[:2]]
        if metric == "sqls":
            new[0] = opportunities[0] / o.meeting
        else:
            new[:2] = [x * deal_value if metric == "pipeline" else x for x in opportunities]
    return Beliefs(new, repeat)


def marketer_beliefs(scenario: Scenario, component: Component) -> Beliefs:
    """What a marketer believes an hour brings to the team's result."""
    e, o, deal_value = scenario.effort, scenario.opportunity, scenario.market.deal_value
    new = [0.0] * len(MARKETER_WORK)
    metric = component.metric
    if component.activity is not None:
        new[MARKETER_WORK.index(component.activity)] = 1.0
    if metric == "mqls":
        new[1], new[2] = e.mqls_activation, e.mqls_qualify
    if metric in ("sqls", "opportunities", "pipeline", "sourced_pipeline"):
        sqls = [0.0, e.sqls_activation, e.sqls_qualify, 0.0, e.sqls_enable, 0.0, 0.0]
        opportunities = [x * o.meeting for x in sqls]
        new = sqls if metric == "sqls" else opportunities
        if metric in ("pipeline", "sourced_pipeline"):
            new = [x * deal_value for x in opportunities]
    if metric in ("revenue", "new_revenue", "wins"):
        new = [e.revenue_brand, e.revenue_activation, e.revenue_qualify, e.revenue_insight, e.revenue_enable, 0.0, 0.0]
        if metric == "wins":
            new = [x / deal_value for x in new]
    return Beliefs(new, [0.0] * len(MARKETER_WORK))


class Standing:
    """What a person has got so far in a component's present period."""

    __slots__ = ("got", "since")

    def __init__(self, since: int) -> None:
        self.got = 0.0
        self.since = since

    def settle(self, component: Component, day: int) -> int:
        """Cents for the period that ends today; the next one begins tomorrow."""
        paid = math.floor(100.0 * (component.rate * self.got) + 0.5)
        self.got, self.since = 0.0, day + 1
        return paid


class Plan:
    """A pay plan: components of either role, and what part of pay they stand for."""

    def __init__(self, scenario: Scenario, name: str) -> None:
        of = scenario.pay[name]
        self.name = name
        self.rep = [Component(scenario, "rep", n, c) for n, c in enumerate(of.rep)]
        self.marketer = [Component(scenario, "marketer", n, c) for n, c in enumerate(of.marketer)]
        self.rep_shares = sum(c.share or 0.0 for c in of.rep)
        self.marketer_shares = sum(c.share or 0.0 for c in of.marketer)
        self.marketers_paid_for = what_marketers_are_paid_for(of.marketer)


def what_marketers_are_paid_for(components: tuple[ComponentOfScenario, ...]) -> tuple[float, float, float]:
    """Shares of marketers' variable pay that hang on MQLs, on SQLs and opportunities, and on revenue."""
    kinds = (
        ("mqls",),
        ("sqls", "opportunities", "pipeline", "sourced_pipeline"),
        ("revenue", "new_revenue", "repeat_revenue", "wins"),
    )
    weights = [sum(c.share if c.share is not None else 1e-9 for c in components if c.metric in kind) for kind in kinds]
    total = sum(weights)
    if total == 0.0:
        return 1.0, 0.0, 0.0
    m, s, e = (weight / total for weight in weights)
    return m, s, e
