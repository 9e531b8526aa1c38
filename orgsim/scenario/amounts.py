"""Whether a run can count a scenario's money: whole cents in 64 bits, and the products of cents and days on the way."""

from __future__ import annotations

from orgsim.scenario.organisation import Structure
from orgsim.scenario.schema import Scenario

MOST_CENTS = 4e18  # of any sum, half of what 64 bits hold
DAYS_PER_YEAR, WEEKS_PER_YEAR = 260, 52
WITH_DIRECTIVES = 5.0  # a leader may ask for so many times the programme
LARGEST_ORDER = 1e12  # euro, beyond which a customer's orders do not grow
OFTENEST_HIRED = 12.0  # times a year that a seat is filled, at most


def costs_a_year(scenario: Scenario) -> float:
    """Euro a year that the firm may cost under any of its structures, bounded from above; variable pay apart."""
    money, people = scenario.money, scenario.people
    pay = people.reps * money.rep_pay + people.marketers * money.marketer_pay
    hires = OFTENEST_HIRED * (people.reps + people.marketers) * people.hire_cost
    programme = WITH_DIRECTIVES * (money.programme + abs(scenario.today.programme_shift))
    devices = sum(device.times * device.cost + device.once for device in scenario.devices.values())
    most = max(_of_structure(scenario, structure) for structure in scenario.structures.values())
    return (
        pay * money.charges + hires + people.reps * money.car_tools + money.systems + programme + devices + most
        + money.plan_change * (people.reps + people.marketers)
    )  # fmt: skip


def _of_structure(scenario: Scenario, structure: Structure) -> float:
    """Euro a year of leaders, their coming and going, staff unit, checks, joint spend; and what services may earn."""
    money, lead = scenario.money, scenario.leadership
    leaders = sum(chair.pay for chair in structure.chairs) * (1.0 + lead.search_cost + lead.severance)
    services = structure.services.hours * WEEKS_PER_YEAR * scenario.people.marketers * structure.services.price
    return (
        (leaders + structure.staff.people * structure.staff.pay) * money.charges + services + structure.joint_spend
        + structure.lead_rights.audit_cost
    )  # fmt: skip


def demand_a_year(scenario: Scenario) -> float:
    """Euro a year of all needs of all accounts and of orders as if each were a customer, bounded from above."""
    market, customers = scenario.market, scenario.customers
    occasions = DAYS_PER_YEAR / customers.interval
    grown = min(50.0, occasions * years_of(scenario)) * max(0.0, customers.upsell)
    order = LARGEST_ORDER if grown > 60 else min(LARGEST_ORDER, customers.order_value * 2.72**grown)
    total = 0.0
    for segment in market.segments:
        size = segment.size if segment.size is not None else market.size * segment.share
        needs = market.episodes_per_year if segment.episodes_per_year is None else segment.episodes_per_year
        total += size * ((needs + customers.word_of_mouth) * market.deal_value + occasions * order)
    return total


def years_of(scenario: Scenario) -> float:
    """Simulated years, with warm-up and run-off."""
    return scenario.time.years + scenario.time.warm_up_years + scenario.time.run_off_months / 12


def uncountable(scenario: Scenario) -> list[tuple[tuple[str, ...], float, str]]:
    """Amounts that cents of 64 bits cannot hold: where they are written, what they come to, what is allowed."""
    years = years_of(scenario)
    found: list[tuple[tuple[str, ...], float, str]] = []
    for path, what, amount, times in (
        (("money",), "costs", costs_a_year(scenario), max(1.0, years) * DAYS_PER_YEAR),
        (("market", "deal_value"), "demand", demand_a_year(scenario), max(1.0, years)),
    ):
        most = MOST_CENTS / 100 / times
        if amount > most:
            message = (
                f"{what} may come to {amount:.3g} € a year; over {years:g} years with warm-up and run-off up to "
                f"{most:.3g} € a year can be counted in whole cents: take a larger unit of money"
            )
            found.append((path, amount, message))
    return found
