"""Every euro, in integer cents, to one account; every month its stocks and flows."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine.compile import rule
from orgsim.engine.devices import is_held
from orgsim.engine.marketing import programme
from orgsim.engine.payroll import accrued_by_marketer, accrued_by_rep, feel_pay, with_draw
from orgsim.engine.records import (
    CAR_TOOLS,
    COST_OF_SALES,
    DAYS_PER_YEAR,
    DEVICES,
    HIRING,
    HOURS_PER_DAY,
    LEADERS_PAY,
    LEADERS_SWITCHING,
    MARKETERS_BASE,
    MARKETERS_VARIABLE,
    PLAN_CHANGE,
    PROGRAMME_ACTIVATION,
    PROGRAMME_BRAND,
    REPS_BASE,
    REPS_VARIABLE,
    REVENUE_NEW,
    REVENUE_REPEAT,
    REVENUE_SERVICES,
    STAFF_UNIT,
    SYSTEMS,
)


@rule
def month_share(w, euro_per_year, day):
    """Cents of a yearly amount that fall into the month that ends with `day`, by its business days.

    What falls before a day is rounded down, so that the months of a year sum to the year's cents exactly.
    """
    year = np.int64(math.floor(euro_per_year * 100.0 + 0.5))
    first = day
    while first > 0 and w.month_of[first - 1] == w.month_of[day]:
        first -= 1
    return year * (day + 1) // DAYS_PER_YEAR - year * first // DAYS_PER_YEAR


@rule
def cents_of(euro):
    """Euro in whole cents."""
    return np.int64(math.floor(euro * 100.0 + 0.5))


@rule
def begins_arm(w, month):
    """Whether the month is the first of the horizon, in which leaving today's structure is paid for."""
    return month == w.month_of[np.int64(w.firm[0].horizon_start / HOURS_PER_DAY)]


@rule
def base_pay(staff, cents, days):
    """Base pay of a team in cents: that of all its seats, less the days on which they stood empty."""
    empty = 0
    for person in staff:
        empty += person.away
        person.away = 0
    seats = np.int64(staff.size) * days
    filled, seats = seats - empty, max(1, seats)
    # By parts: cents of a month times days of all seats may be more than a whole number holds.
    return cents // seats * filled + cents % seats * filled // seats


@rule
def days_of_month(w, day):
    """Business days of the month that ends with `day`."""
    first = day
    while first > 0 and w.month_of[first - 1] == w.month_of[day]:
        first -= 1
    return day - first + 1


@rule
def book_month(w, month, day):
    """Close the month: cost of sales, payroll with charges, hiring, programme, leaders."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    row = w.months[month]
    # A discount lowers revenue, not what was delivered.
    listed = row.cents[REVENUE_NEW] + row.cents[REVENUE_REPEAT] + row.discounts
    row.cents[COST_OF_SALES] = listed - np.int64(math.floor(p.money_gross_margin * listed + 0.5))
    days = days_of_month(w, day)
    reps = np.float64(w.reps.size)
    marketers = np.float64(w.marketers.size)
    for person in w.reps:
        row.vacant_days += person.away
    for person in w.marketers:
        row.vacant_days += person.away
    base = p.money_rep_pay * (1.0 - arm.rep_share)
    row.cents[REPS_BASE] = base_pay(w.reps, month_share(w, reps * base * p.money_charges, day), days)
    variable = np.int64(0)
    for r in range(w.reps.size):
        rep = w.reps[r]
        cents = with_draw(w, rep, day)
        variable += cents
        if not rep.vacant and rep.hired <= day + 1 - days:
            feel_pay(p, rep, base / 12.0 + cents / 100.0, accrued_by_rep(w, r, day))
    row.cents[REPS_VARIABLE] = cents_of(variable / 100.0 * p.money_charges)
    base = p.money_marketer_pay * (1.0 - arm.marketer_share)
    row.cents[MARKETERS_BASE] = base_pay(w.marketers, month_share(w, marketers * base * p.money_charges, day), days)
    variable = np.int64(0)
    for m in range(w.marketers.size):
        marketer = w.marketers[m]
        variable += marketer.earned
        if not marketer.vacant and marketer.hired <= day + 1 - days:
            feel_pay(p, marketer, base / 12.0 + marketer.earned / 100.0, accrued_by_marketer(w, m, day))
        marketer.earned = 0
    row.cents[MARKETERS_VARIABLE] = cents_of(variable / 100.0 * p.money_charges)
    row.cents[CAR_TOOLS] = month_share(w, reps * p.money_car_tools, day)
    row.cents[SYSTEMS] = month_share(w, p.money_systems, day)
    row.cents[HIRING] = cents_of(p.people_hire_cost * row.hires)
    spend = month_share(w, programme(w), day)
    brand = np.int64(math.floor(firm.brand_share * spend + 0.5))
    row.cents[PROGRAMME_BRAND] = brand
    row.cents[PROGRAMME_ACTIVATION] = spend - brand
    row.programme = spend
    sell_services(w, row, month_share(w, arm.programme, day))
    row.cents[DEVICES] = month_share(w, arm.devices, day) + pay_for_devices(w, day)
    row.cents[DEVICES] += month_share(w, arm.audit_cost, day)
    row.cents[STAFF_UNIT] = month_share(w, arm.staff_cost, day)
    row.cents[PLAN_CHANGE] = cents_of(arm.plan_change if begins_arm(w, month) else 0.0)
    leaders = 0.0
    for chair in w.chairs:
        leaders += chair.pay
    row.cents[LEADERS_PAY] = month_share(w, leaders * p.money_charges, day)
    row.cents[LEADERS_SWITCHING] = cents_of(arm.switching if begins_arm(w, month) else 0.0)


@rule
def sell_services(w, row, budget):
    """Marketing's own services: booked at their price; what they bring pays for its part of next month's programme
    (D60, D61)."""
    arm, firm = w.arm[0], w.firm[0]
    row.cents[REVENUE_SERVICES] = cents_of(firm.services_hours * arm.services_price)
    firm.services_hours = 0.0
    if arm.self_financing > 0.0 and budget > 0:
        earned = min(1.0, row.cents[REVENUE_SERVICES] / budget)
        firm.services_share = 1.0 - arm.self_financing + min(arm.self_financing, earned)
    else:
        firm.services_share = 1.0


@rule
def pay_for_devices(w, day):
    """Cents of the month for devices that are held at its end, setting up the new ones among them."""
    total = np.int64(0)
    for device in w.devices:
        if is_held(w, device):
            total += month_share(w, device.a_year, day)
            if device.paid == 0:
                total += cents_of(device.once)
                device.paid = 1
    return total
