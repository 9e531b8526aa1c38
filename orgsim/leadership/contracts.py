"""Pay plans made ready for the engine: components as records, quotas in their metrics' units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orgsim.engine.parameters import repeat_share
from orgsim.engine.records import (
    ALL_REVENUE,
    COMPONENT,
    HOURS_OF,
    SETTLED,
    STANDING,
)
from orgsim.scenario.kept import kept_with_scenario
from orgsim.scenario.pay import PERIODS, RESULTS, WEEKS_OF, WORK, Component, PayPlan, curve_of
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES

SCOPES = {"own": 0, "team": 1, "firm": 2}
WEEKS = 52.0


def metric_code(role: str, metric: str) -> int:
    """The engine's number of a metric."""
    if metric == "revenue":
        return ALL_REVENUE
    return HOURS_OF + WORK[role].index(metric) if metric in WORK[role] else RESULTS.index(metric)


def yearly_quota(scenario: Scenario, role: str, component: Component) -> float:
    """Quota a year in the metric's unit: of the person, or of all whose result is counted.

    Unless the component names its own: revenue from `money.target_per_rep`, stretched by `money.quota_over_target` for
    a plan that speaks of quota, and the weeks' part of it for a SPIF; other results from revenue by the funnel's mean
    rates; MQLs from `money.target_mqls`; hours from the week under flat pay.
    """
    money, people, opportunity = scenario.money, scenario.people, scenario.opportunity
    members = people.reps if role == "rep" else max(1, people.marketers)
    own = component.scope == "own"
    if component.quota is not None:
        return component.quota * (1 if own else members)
    if component.metric in WORK[role]:
        week = scenario.reps if role == "rep" else scenario.marketers
        names = REP_ACTIVITIES if role == "rep" else MARKETER_ACTIVITIES
        return max(1.0, WEEKS * float(getattr(week, names[WORK[role].index(component.metric)])))
    stretch = 1.0 if component.linear else money.quota_over_target
    total = money.target_per_rep * stretch * people.reps * window_of(component)
    # A firm that is expected to live on its customers alone has a quota of one deal a year all the same.
    new = max(total * (1.0 - repeat_share(scenario)), min(total, scenario.market.deal_value))
    wins = new / scenario.market.deal_value if scenario.market.deal_value > 0 else 1.0
    opportunities = wins / max(1e-9, opportunity.decide * opportunity.win)
    pipeline = opportunities * scenario.market.deal_value
    firm = {
        "revenue": total,
        "new_revenue": new,
        "repeat_revenue": total - new,
        "wins": wins,
        "opportunities": opportunities,
        "pipeline": pipeline,
        "sourced_pipeline": pipeline,
        "sqls": opportunities / max(1e-9, opportunity.meeting),
        "mqls": money.target_mqls * max(1, people.marketers) * window_of(component),
    }[component.metric]
    return max(1e-9, firm / (people.reps if own else 1))


def window_of(component: Component) -> float:
    """Share of its periods in which a component counts results."""
    if component.weeks is None:
        return 1.0
    return (component.weeks[1] - component.weeks[0] + 1) / WEEKS_OF[component.period]


@kept_with_scenario
def component_records(scenario: Scenario, plan: PayPlan, role: str) -> NDArray[np.record]:
    """The components of a role's pay as records; slopes and jumps are euro a full period at the quota here.
    To be copied."""
    pay = scenario.money.rep_pay if role == "rep" else scenario.money.marketer_pay
    components: tuple[Component, ...] = getattr(plan, role)
    people = scenario.people
    members = people.reps if role == "rep" else max(1, people.marketers)
    out = np.zeros(len(components), COMPONENT)
    for row, component in zip(out, components, strict=True):
        number = PERIODS[component.period]
        quota = yearly_quota(scenario, role, component)
        heads = {"own": 1, "team": members, "firm": people.reps + people.marketers}[component.scope]
        curve = curve_of(component, quota / number, (component.share or 0.0) * pay / number)
        # A rate on what several bring in is shared evenly; a share of pay is each one's own.
        shared = heads if component.rate is not None or component.bands else 1
        row["knots"] = len(curve.at)
        row["at"][: len(curve.at)] = curve.at
        row["slope"][: len(curve.at)] = np.array(curve.slopes) / shared
        row["jump"][: len(curve.at)] = np.array(curve.jumps) / shared
        if component.bonus and not component.winners:  # a bonus is each one's own
            row["jump"][curve.at.index(1.0)] += component.bonus * (1.0 - 1.0 / shared)
        row["quota"] = quota
        row["linear"] = component.linear
        if component.linear:
            row["rate"] = curve.slopes[0] / (quota / number) / shared
        row["per_unit"] = component.rate is not None or bool(component.bands)
        row["metric"] = metric_code(role, component.metric)
        row["scope"] = SCOPES[component.scope]
        row["period"] = list(PERIODS).index(component.period)
        row["members"] = heads
        if component.winners:
            row["winners"] = min(component.winners, members)
            row["prize"] = component.bonus
            row["knots"], row["jump"][0] = 1, component.bonus
            row["at"][0], row["slope"][0] = 1.0, 0.0
        if component.weeks:
            row["first_week"], row["last_week"] = component.weeks
    return out


def standing_records(seats: int, components: int, first_day: int) -> NDArray[np.record]:
    """Where each seat stands in each component, at the first day of a phase."""
    rows = np.zeros((seats, components), STANDING)
    rows["since"] = first_day
    return rows


def settlements(seats: int, components: NDArray[np.record], days: int) -> int:
    """Lines that settling may write in so many days, leavers apart."""
    periods = np.array(list(PERIODS.values()))[components["period"]] if len(components) else np.zeros(0)
    return int(np.ceil(seats * (2 + (periods * days / 260 + 2).sum() + days / 260)))


def contracts(scenario: Scenario, plan: PayPlan, first: int, last: int) -> dict[str, NDArray[Any]]:
    """The arrays that a pay plan fills in a phase of days first .. last - 1: components, standings, what is settled."""
    people = scenario.people
    reps = component_records(scenario, plan, "rep").copy()
    marketers = component_records(scenario, plan, "marketer").copy()
    lines = settlements(people.reps, reps, last - first) + settlements(people.marketers, marketers, last - first)
    return {
        "components": reps, "marketer_components": marketers,
        "standings": standing_records(people.reps, len(reps), first),
        "marketer_standings": standing_records(people.marketers, len(marketers), first),
        "settled": np.zeros(lines, SETTLED),
    }  # fmt: skip
