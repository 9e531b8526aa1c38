"""Business days on end: leaders decide on the first day of each month, then the days run."""

from __future__ import annotations

from orgsim.engine.compile import entry, rule
from orgsim.engine.day import run_days
from orgsim.leadership.decide import decide_month, look_around

DECISIONS = 2  # lines that a month's decisions may write into the log, devices that start or stop apart


@rule
def is_to_be_decided(w, day):
    """Whether a month begins on this day, and its leaders have not decided yet."""
    begins = day == 0 or w.month_of[day] != w.month_of[day - 1]
    return begins and w.firm[0].decided != day + 1


@entry
def run_months(w, first, last, pause):
    """Run business days first .. last - 1; returns the next day to run.

    Stops early when the arrays may be too small for what comes next; the caller gives more room and calls again, and
    the day goes on where it was. With `pause` it also stops right after leaders have decided, so that others may.
    """
    firm = w.firm[0]
    day = first
    while day < last:
        if is_to_be_decided(w, day):
            if w.log.size > 0 and firm.log + DECISIONS + w.devices.size > w.log.size:
                return day
            look_around(w, day)
            decide_month(w, day)
            firm.decided = day + 1
            if pause:
                return day
        stop = day + 1
        while stop < last and w.month_of[stop] == w.month_of[day]:
            stop += 1
        day = run_days(w, day, stop)
        if day < stop:
            return day
    return day
