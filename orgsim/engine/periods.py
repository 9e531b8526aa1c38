"""Pay periods: which one a day is in, when it ends, and how much of it counts."""

from __future__ import annotations

from orgsim.engine.compile import rule
from orgsim.engine.records import (
    A_MONTH,
    A_QUARTER,
    A_WEEK,
    DAYS_PER_QUARTER,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    SECOND_MONTH,
    THIRD_MONTH,
)


@rule
def calendar_first(period, day):
    """First day of the calendar period that a day is in."""
    if period == A_WEEK:
        return day - day % DAYS_PER_WEEK
    in_quarter = day % DAYS_PER_QUARTER
    if period == A_QUARTER:
        return day - in_quarter
    if period == A_MONTH:
        if in_quarter < SECOND_MONTH:
            return day - in_quarter
        return day - in_quarter + (SECOND_MONTH if in_quarter < THIRD_MONTH else THIRD_MONTH)
    return day - day % DAYS_PER_YEAR


@rule
def calendar_days(period, day):
    """Days of the calendar period that a day is in."""
    if period == A_WEEK:
        return DAYS_PER_WEEK
    if period == A_QUARTER:
        return DAYS_PER_QUARTER
    if period == A_MONTH:
        in_quarter = day % DAYS_PER_QUARTER
        if in_quarter < SECOND_MONTH:
            return SECOND_MONTH
        return THIRD_MONTH - SECOND_MONTH if in_quarter < THIRD_MONTH else DAYS_PER_QUARTER - THIRD_MONTH
    return DAYS_PER_YEAR


@rule
def last_day(firm, period, day):
    """Last day of the pay period that a day is in; the warm-up, the horizon and the run-off end all periods."""
    return min(firm.phase_last, calendar_first(period, day) + calendar_days(period, day) - 1)


@rule
def part(first, last, period):
    """Share of a calendar period that the days first .. last are: less than 1 for a seat filled in its middle."""
    return min(1.0, (last - first + 1.0) / calendar_days(period, last))


@rule
def periods_a_year(period):
    """How many pay periods a year has."""
    if period == A_WEEK:
        return 52.0
    if period == A_MONTH:
        return 12.0
    return 4.0 if period == A_QUARTER else 1.0


@rule
def last_day_counted(firm, component, day):
    """Last day of the present period whose results count: the period's last, or the last of a SPIF's weeks."""
    last = last_day(firm, component.period, day)
    if component.last_week > 0:
        last = min(last, calendar_first(component.period, day) + component.last_week * DAYS_PER_WEEK - 1)
    return last


@rule
def weeks_left(firm, component, day):
    """Weeks of the present period, from this day on, whose results still count."""
    first = day
    if component.last_week > 0:
        first = max(day, calendar_first(component.period, day) + (component.first_week - 1) * DAYS_PER_WEEK)
    return max(0.0, (last_day_counted(firm, component, day) + 1.0 - first) / DAYS_PER_WEEK)


@rule
def counts_now(component, day):
    """Whether results of this day count: always, but for a SPIF, which counts some weeks of its period."""
    if component.last_week == 0:
        return True
    week = (day - calendar_first(component.period, day)) // DAYS_PER_WEEK + 1
    return component.first_week <= week <= component.last_week
