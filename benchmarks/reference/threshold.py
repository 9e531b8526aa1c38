"""Leaders' model of the score for hand-over: what passes, what reps can work, what it is worth (ODD, section 7.6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from .arm import Chair
from .formulas import total, within
from .streams import phi, quantile

if TYPE_CHECKING:
    from .model import Firm

LOW, HIGH, STEP, LOOKS = -6.0, 4.0, 0.625, 17
GOLDEN, GOLDEN_STEPS = 0.6180339887498949, 18
INTERVALS = 16
WINDOW = 65  # days that leaders look back


class RawLeads(NamedTuple):
    """What marketing saw: leads a week, mean and standard deviation of their first scores."""

    a_week: float
    mean: float
    sd: float


class Records:
    """Raw leads and planned lead hours of each day."""

    def __init__(self, days: int) -> None:
        self.number = [0] * days
        self.total = [0.0] * days
        self.squares = [0.0] * days
        self.lead_hours = [0.0] * days

    def add(self, day: int, score: float) -> None:
        self.number[day] += 1
        self.total[day] += score
        self.squares[day] += score * score

    def seen(self, last: int) -> RawLeads | None:
        """Raw leads of the 65 days before the day `last`; None if there are none."""
        days = range(max(0, last - WINDOW), max(0, last))
        number = sum(self.number[d] for d in days)
        if number == 0:
            return None
        mean = total(self.total[d] for d in days) / number
        variance = max(1e-12, total(self.squares[d] for d in days) / number - mean * mean)
        return RawLeads(number / weeks(days), mean, math.sqrt(variance))

    def lead_hours_a_week(self, last: int) -> float:
        days = range(max(0, last - WINDOW), max(0, last))
        return total(self.lead_hours[d] for d in days) / weeks(days)


def weeks(days: range) -> float:
    return max(1, len(days)) / 5.0


def both(z: float, r: float, good_at: float) -> float:
    """Chance that a score is above z and the value above `good_at`, by Simpson's rule; r is their correlation."""
    low = phi(z)
    step = (1.0 - low) / INTERVALS
    rest = math.sqrt(max(1e-12, 1.0 - r * r))
    area = 0.0
    for n in range(INTERVALS + 1):
        weight = 1.0 if n in (0, INTERVALS) else 4.0 if n % 2 else 2.0
        u = within(1e-9, low + n * step, 1.0 - 1e-9)
        area += weight * phi((r * quantile(u) - good_at) / rest)
    return area * step / 3.0


def best_threshold(firm: Firm, chair: Chair, leads: RawLeads, lead_hours: float, worth: float) -> float:
    """The threshold that maximises the objective of a chair: a coarse look, then golden section."""
    scenario = firm.scenario_of
    p, contact = scenario.leadership, scenario.contact
    tries = total((1.0 - contact.reach) ** j for j in range(contact.attempts))
    need = contact.attempt_time * tries + contact.talk_time * (1.0 - (1.0 - contact.reach) ** contact.attempts)
    capacity = lead_hours / need if need > 0.0 else leads.a_week
    r = firm.definition / math.sqrt(1.0 + scenario.lead.noise * scenario.lead.noise / (1.0 + firm.knowledge.info))
    good_at = quantile(1.0 - p.good_rate)
    m, s, e = firm.plan.marketers_paid_for

    def value(z: float) -> float:
        passing = leads.a_week * (1.0 - phi(z))
        if passing <= 1e-9 * leads.a_week:
            return 0.0
        worked = min(capacity, passing)
        good = worked * leads.a_week * both(z, r, good_at) / passing
        of_firm = worth * good - p.hour_worth * need * worked
        if chair.leads == "marketing":
            accepted = good * contact.accept_good + (worked - good) * contact.accept_bad
            own = m * p.mql_credit * passing + s * p.sql_credit * accepted + e * of_firm
        elif chair.leads == "sales":
            own = worth * good
        else:
            own = of_firm
        return chair.firm_weight * of_firm + (1.0 - chair.firm_weight) * own

    return leads.mean + best_z(value) * leads.sd


def best_z(value) -> float:
    """The argument in [-6, 4] that maximises a function: 17 looks, refined around the best."""
    best, most = LOW, value(LOW)
    for n in range(1, LOOKS):
        z = LOW + n * STEP
        here = value(z)
        if here > most:
            best, most = z, here
    low, high = max(LOW, best - STEP), min(HIGH, best + STEP)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = value(left), value(right)
    for _ in range(GOLDEN_STEPS):
        if at_left >= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = value(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = value(right)
    middle = (low + high) / 2.0
    return middle if value(middle) > most else best
