"""The figures of a run over its horizon, from its leads and its accounts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.engine.compile import as_python
from orgsim.engine.needs import stake_cents
from orgsim.scenario.amounts import MOST_CENTS
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.schema import Scenario


def demand_still_open(world: r.World) -> int:
    """Cents of viable demand whose window is open without a lead."""
    at = world.prospects
    waiting = at[(at["state"] == r.IN_WINDOW) & (at["lead"] < 0) & (at["viable"] != 0)]
    return int(as_python(stake_cents)(world.p[0], waiting["deal"]).sum())


def in_scope(world: r.World) -> NDArray[np.record]:
    """Leads that were open at some time of the horizon."""
    leads = world.leads[: int(world.firm["leads"][0])]
    scope: NDArray[np.record] = leads[~(leads["closed"] < world.firm["horizon_start"][0])]
    return scope


def _share(part: float, rest: float) -> float:
    return float(part / (part + rest)) if part + rest else 0.0


def check_money(world: r.World) -> None:
    """ScenarioError where more was booked or paid than whole cents of 64 bits hold, as by a plan that pays without
    bound: what comes after that is wrong."""
    deals = world.leads["deal"][: int(world.firm["leads"][0])]
    pay = world.settled["cents"][: int(world.firm["settled"][0])]
    for what, cents in (("the accounts", world.months["cents"]), ("variable pay", pay), ("the deals", deals)):
        total = float(np.abs(cents, dtype=np.float64).sum())
        if not total <= MOST_CENTS:
            message = (
                f"{what} of a run came to more than {MOST_CENTS / 100:.3g} €, beyond which whole cents cannot be "
                "counted: take a larger unit of money, or see what pay plans pay (`orgsim pay show`)"
            )
            raise ScenarioError([Problem("run", None, "money", f"{total / 100:.3g}", message, None)])


def measure(scenario: Scenario, world: r.World, first_month: int, last_month: int) -> dict[str, float]:
    """The figures of a run over its horizon. Money in euro, totals over the horizon unless a year is named.

    Raises ScenarioError where the run's money cannot be counted.
    """
    check_money(world)
    leads = in_scope(world)
    months = world.months[first_month:last_month]
    cents = months["cents"].sum(axis=0)
    euro = {name: int(cents[i]) / 100 for i, name in enumerate(r.ACCOUNTS)}
    revenue = euro["revenue_new"] + euro["revenue_repeat"] + euro["revenue_services"]
    margin = revenue - euro["cost_of_sales"]
    leaders = euro["leaders_pay"] + euro["leaders_switching"]
    costs = sum(euro[name] for name in r.ACCOUNTS[r.REPS_BASE : r.LEADERS_PAY])
    viable = leads["viable"] == 1
    closed = leads["outcome"] != r.OPEN
    wasted = viable & (leads["cause"] != r.FAIR)
    value = leads["value"]
    at_stake = int(value[viable & closed].sum())
    waste = int(value[wasted].sum())
    handed = ~np.isnan(leads["handed_over"])
    touched = ~np.isnan(leads["first_touch"])
    answer = (leads["first_touch"] - leads["handed_over"])[handed & touched]
    kpis = {
        "revenue": revenue,
        "gross_margin": margin,
        "profit": margin - costs - leaders,
        "profit_before_leaders": margin - costs,
        "leads": len(leads),
        "leads_created": int(months["leads"].sum()),
        "won": int((leads["outcome"] == r.WON).sum()),
        "lead_waste_count": int(wasted.sum()),
        "lead_waste_share": waste / at_stake if at_stake else 0.0,
        "lead_waste_value": waste / 100,
        "missed_demand_value": int(world.firm["missed_value"][0]) / 100,
        "missed_demand_count": int(world.firm["missed_count"][0]),
        "viable_leads": int(viable.sum()),
        "mqls": int(months["mqls"].sum()),
        "attempted": int(months["attempted"].sum()),
        "sqls": int(months["sqls"].sum()),
        "opportunities": int(months["new_opportunities"].sum()),
        "revenue_new": euro["revenue_new"],
        "revenue_repeat": euro["revenue_repeat"],
        "revenue_services": euro["revenue_services"],
        "leaders_cost": leaders,
        "customers_end": int(months["customers"][-1]),
        "awareness_regular_end": float(months["awareness_regular"][-1]),
        "awareness_outside_end": float(months["awareness_outside"][-1]),
        "alignment_end": float(months["alignment"][-1]),
        "alignment_marketing_end": float(months["alignment_marketing"][-1]),
        "alignment_sales_end": float(months["alignment_sales"][-1]),
        "leaders_field_share": _share(months["field_hours"].sum(), months["development_hours"].sum()),
        "answered_share": float((handed & touched).sum() / handed.sum()) if handed.any() else 0.0,
        "answered_within_1h": float((answer <= 1).sum() / handed.sum()) if handed.any() else 0.0,
        "answered_within_day": float((answer <= r.HOURS_PER_DAY).sum() / handed.sum()) if handed.any() else 0.0,
        "demand_won_value": int(value[leads["outcome"] == r.WON].sum()) / 100,
        "demand_fair_loss_value": int(value[viable & closed & ~wasted & (leads["outcome"] != r.WON)].sum()) / 100,
        "demand_open_value": (int(value[viable & ~closed].sum()) + demand_still_open(world)) / 100,
    }
    kpis |= pay_and_people(world, months)
    for code, cause in enumerate(r.WASTE_CAUSES[1:], start=1):
        kpis[f"waste_{cause}_value"] = int(value[viable & (leads["cause"] == code)].sum()) / 100
    for name in r.ACCOUNTS[r.COST_OF_SALES :]:
        kpis[f"cost_{name}" if name != "cost_of_sales" else name] = euro[name]
    begins = np.searchsorted(world.month_of, np.arange(first_month, last_month))
    years = (begins - Clock.of(scenario).start) // r.DAYS_PER_YEAR
    for year in range(int(years[-1]) + 1):
        part = months["cents"][years == year].sum(axis=0)
        income = int(part[: r.COST_OF_SALES].sum())
        kpis[f"revenue_year_{year + 1}"] = income / 100
        kpis[f"profit_year_{year + 1}"] = (income - int(part[r.COST_OF_SALES :].sum())) / 100
    return kpis


def pay_and_people(world: r.World, months: NDArray[np.record]) -> dict[str, float]:
    """Attainment, variable pay before charges, dates moved, comings and goings over the horizon.

    attainment_mean and at_quota_share are over reps' complete years, revenue against the quota in force
    (the firm's, as it was ratcheted); not a number when no year was completed.
    """
    lines = world.settled[: int(world.firm["settled"][0])]
    years = lines[lines["component"] == r.REVIEW_OF_YEAR]
    reached = years["got"] / years["quota"]
    reps = lines["role"] == r.REP_ROLE
    return {
        "attainment_mean": float(reached.mean()) if len(reached) else np.nan,
        "at_quota_share": float((reached >= 1).mean()) if len(reached) else np.nan,
        "rep_variable_pay": int(lines["cents"][reps].sum()) / 100,
        "marketer_variable_pay": int(lines["cents"][~reps].sum()) / 100,
        "discounts": int(months["discounts"].sum()) / 100,
        "closes_pulled": int(months["pulled"].sum()),
        "closes_pushed": int(months["pushed"].sum()),
        "rep_quits": int(months["quits"].sum()),
        "marketer_quits": int(months["marketer_quits"].sum()),
        "dismissals": int(months["dismissals"].sum()),
        "hires": int(months["hires"].sum()),
        "vacant_weeks": int(months["vacant_days"].sum()) / r.DAYS_PER_WEEK,
    }
