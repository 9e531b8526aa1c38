"""Days, weeks, months and pay periods of the firm's calendar (ODD, section 2.1). Times are business hours, 7 a day."""

from __future__ import annotations

from typing import NamedTuple

HOURS_A_DAY = 7.0
HOURS_A_WEEK = 35.0
DAYS_A_WEEK = 5
DAYS_A_QUARTER = 65
DAYS_A_YEAR = 260
HOURS_A_YEAR = 1820.0
WEEKS_A_YEAR = 52
MONTH_BEGINS = (0, 22, 43)  # days of a quarter
PERIODS_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "year": 1}


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def is_monday(day: int) -> bool:
    return day % DAYS_A_WEEK == 0


def is_friday(day: int) -> bool:
    return day % DAYS_A_WEEK == DAYS_A_WEEK - 1


def calendar_period(day: int, period: str) -> Span:
    """The week, month, quarter or year of the calendar that a day is in."""
    if period == "month":
        of_quarter = day % DAYS_A_QUARTER
        begins = max(begin for begin in MONTH_BEGINS if begin <= of_quarter)
        ends = min(begin for begin in (*MONTH_BEGINS, DAYS_A_QUARTER) if begin > of_quarter)
        return Span(day - of_quarter + begins, day - of_quarter + ends - 1)
    length = {"week": DAYS_A_WEEK, "quarter": DAYS_A_QUARTER, "year": DAYS_A_YEAR}[period]
    first = day - day % length
    return Span(first, first + length - 1)


class Phases(NamedTuple):
    """The warm-up, and the horizon after it, in whole days."""

    warm_up: int
    horizon: int

    @property
    def end(self) -> int:
        return self.warm_up + self.horizon

    def of(self, day: int) -> Span:
        """The phase that a day is in."""
        return Span(0, self.warm_up - 1) if day < self.warm_up else Span(self.warm_up, self.end - 1)

    def begins_month(self, day: int) -> bool:
        """A month begins with the calendar's, and with a phase."""
        return day % DAYS_A_QUARTER in MONTH_BEGINS or day == self.warm_up

    def ends_month(self, day: int) -> bool:
        return day + 1 == self.end or self.begins_month(day + 1)

    def period(self, day: int, period: str) -> Span:
        """The pay period that a day is in: the calendar's, ended by the end of the phase."""
        span = calendar_period(day, period)
        return Span(span.first, min(span.last, self.of(day).last))


def phases_of(years: float, warm_up_years: float) -> Phases:
    """Phases of so many years, rounded half to even to whole days; a horizon has at least one."""
    return Phases(round(warm_up_years * DAYS_A_YEAR), max(1, round(years * DAYS_A_YEAR)))
