"""Words for what the log and the levers say: dates, figures, who decides, one line of the log in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import Line

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Side
    from orgsim.scenario.schema import Scenario

MOST_DIGITS = 6
OUTCOMES = {
    r.WON: "won", r.LOST_RIVAL: "lost to a rival", r.NO_DECISION: "given up by the buyer, who bought from nobody",
    r.DISQUALIFIED: "turned down by the rep", r.REFUSED: "refused: the buyer wants no more calls",
    r.LAPSED: "lapsed",
}  # fmt: skip
ORIGINS = {r.INBOUND: "the buyer raised a hand", r.CAMPAIGN: "a campaign reached the buyer",
           r.OUTBOUND: "a rep's prospecting found the buyer", r.SIGNAL: "interest without a need"}  # fmt: skip


def day_of(side: Side, time: float) -> int:
    """The business day of a time in hours, counted from the start of the horizon."""
    return int(time // r.HOURS_PER_DAY) - side.walk.diary.first


def date(side: Side, time: float, hour: bool = False) -> str:
    """'month 3, week 9, day 42': months and weeks count from 1, days from 0 as in all tables. hour: say the time of day
    too, in business hours, minutes and seconds."""
    day = day_of(side, time)
    if day < 0:
        return f"before the horizon, day {day}"
    months = side.walk.world.month_of
    first = side.walk.diary.first
    month = int(months[min(first + day, len(months) - 1)] - months[first]) + 1
    seconds = int(time % r.HOURS_PER_DAY * 3600)
    clock = f", after {seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d} h" if hour else ""
    return f"month {month}, week {day // r.DAYS_PER_WEEK + 1}, day {day}{clock}"


def figures(values: list[float], bar: float | None = None, percent: bool = False, digits: int = 0) -> list[str]:
    """Values as text, the bar last if there is one, with as many decimals as show on which side of it each lies;
    without a bar, with one more than asked if they differ only there. Per cent if asked."""
    shown = [100 * value if percent else value for value in values]
    edge = None if bar is None else 100 * bar if percent else bar
    more = digits + 1 if edge is None else MOST_DIGITS
    while digits < more and not _apart(shown, edge, digits):
        digits += 1
    texts = [f"{value:.{digits}f}" for value in (shown if edge is None else [*shown, edge])]
    texts = [text[1:] if text.startswith("-") and not text.strip("-0.") else text for text in texts]
    return [f"{text} %" for text in texts] if percent else texts


def apart(values: list[float], percent: bool = False) -> list[str]:
    """Values as text with as many decimals as keep those apart that differ."""
    return figures(values, None, percent, next((n for n in range(1, MOST_DIGITS) if _apart(
        [100 * value if percent else value for value in values], None, n)), MOST_DIGITS))


def _apart(shown: list[float], edge: float | None, digits: int) -> bool:
    if edge is None:
        return len({f"{value:.{digits}f}" for value in shown}) == len(set(shown))
    return all(value == edge or f"{value:.{digits}f}" != f"{edge:.{digits}f}" for value in shown)


def euro(cents: int) -> str:
    """Whole euro."""
    return f"{cents / 100:,.0f} €"


def holder(scenario: Scenario, side: Side, lever: str) -> str:
    """Who decides on a lever (budget, threshold) in an arm."""
    arm = side.walk.world.arm
    if not arm["decides"][0]:
        return "nobody (levers are fixed)"
    chairs = [chair.title for chair in scenario.structures[side.arm.structure].chairs]
    return chair_named(chairs, int(arm[lever][0]))


def chair_named(chairs: list[str], number: int) -> str:
    if number == r.BOTH_HEADS:
        return "both heads"
    return chairs[number] if 0 <= number < len(chairs) else "chief executive"


def rep(number: int) -> str:
    return f"rep {number + 1}" if number >= 0 else "marketing"


def told(side: Side, line: Line | None) -> str:
    """What a line of the log about an account says, as the rest of a sentence; None: nothing more was logged."""
    if line is None:
        return "nothing more until the horizon ended"
    leads = side.walk.world.leads
    kind, who = line.activity, rep(line.resource)
    if kind == r.NOTE_LEAD:
        origin = int(leads["origin"][line.lead])
        if origin == r.OUTBOUND and line.resource >= 0:
            return f"lead opened: {who}'s prospecting found the buyer"
        return "lead opened (interest without a need)" if origin == r.SIGNAL else f"lead opened: {ORIGINS[origin]}"
    if kind == r.NOTE_ATTEMPT:
        return f"{who} called and {'reached the buyer' if line.amount else 'reached nobody'}"
    if kind == r.NOTE_CLOSED:
        return _closed(side, line)
    if kind == r.NOTE_ORDER:
        return f"first order signed with {who}: {euro(line.amount)}" if line.lead >= 0 else (
            f"ordered again: {euro(line.amount)}")  # fmt: skip
    if kind == r.NOTE_NEED:
        stake = f"value at stake {euro(line.amount)}" if line.amount else "of no value to us: the account does not fit"
        return f"a need opened, {stake}" + (", while an earlier lead was open" if line.lead >= 0 else "")
    return {
        r.NOTE_HANDED: f"handed over to {who}", r.NOTE_ACCEPTED: f"{who} took it as a good lead",
        r.NOTE_OPPORTUNITY: f"first meeting held, opportunity of {who}: {euro(line.amount)}",
        r.NOTE_LEFT: "left as a customer", r.NOTE_MISSED: "the need ended and we never had a lead",
        r.NOTE_ASIDE: f"{who} set it aside as not worth a call", r.NOTE_REFERRED: "a customer recommended us",
        r.NOTE_CANCELLED: f"the first order was cancelled: {euro(line.amount)}",
        r.NOTE_PULLED: f"{who} pulled the close forward", r.NOTE_PUSHED: f"{who} put the close off",
        r.NOTE_RETURNED: "given back to marketing", r.NOTE_PASSED_ON: f"passed on to {who}: not called in time",
        r.NOTE_TOLD: "a customer told the account about us",
    }.get(kind, r.ACTIVITIES[kind].replace("_", " "))  # fmt: skip


CAUSES = {
    r.HELD_BACK: "held back by marketing", r.NO_CAPACITY: "nobody had the time to call",
    r.NO_BELIEF: "the rep did not believe in it", r.NO_OWNER: "whose account it was stayed unclear",
    r.TOO_LATE: "answered too late", r.BURNED: "the call came at the wrong moment", r.DROPPED: "dropped by sales",
}  # fmt: skip


def _closed(side: Side, line: Line) -> str:
    lead = side.walk.world.leads[line.lead]
    outcome = OUTCOMES.get(line.amount, "closed")
    if lead["cause"] != r.FAIR:
        return f"closed, {outcome}: wasted, {CAUSES[int(lead['cause'])]}"
    if line.amount == r.LAPSED and lead["touches"]:
        return "closed after all attempts: never reached"
    return f"closed, {outcome}"


def both(a: Side, b: Side, here: str, there: str) -> str:
    """'X under merged, Y under separate', or 'X' where both are the same."""
    return f"{here} under both" if here == there else f"{here} under {a.label}, {there} under {b.label}"
