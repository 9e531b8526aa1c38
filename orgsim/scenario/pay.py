"""The vocabulary of pay: plans made of components, each a metric, whose, over which period, and a curve.

A component's curve gives pay against attainment, the metric over the quota of its period. It is piecewise linear with
jumps, whatever the words in which a plan says it; `curve_of` is the one translation, read by the engine, by
`orgsim pay show` and by figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from orgsim.scenario.errors import cut
from orgsim.scenario.fields import ASSUMPTION, Days, Euro, Months, Number, Share, Table, param
from orgsim.scenario.staff import EFFORT, MARKETER_ACTIVITIES, REP_ACTIVITIES

# Results that are counted as they happen, in the order in which the engine keeps them; revenue is the sum of two.
RESULTS = (
    "new_revenue", "repeat_revenue", "wins", "opportunities", "pipeline", "mqls", "sqls", "sourced_pipeline",
)  # fmt: skip
Metric = Literal[
    "revenue", "new_revenue", "repeat_revenue", "wins", "opportunities", "pipeline", "mqls", "sqls",
    "sourced_pipeline", "leads_hours", "prospecting_hours", "opportunities_hours", "customers_hours", "logging_hours",
    "brand_hours", "activation_hours", "qualify_hours", "insight_hours", "enable_hours", "serve_hours",
]  # fmt: skip
MONEY = ("revenue", "new_revenue", "repeat_revenue", "pipeline", "sourced_pipeline")
WORK = {
    "rep": tuple(f"{name}_hours" for name in REP_ACTIVITIES[:EFFORT]),
    "marketer": tuple(f"{name}_hours" for name in MARKETER_ACTIVITIES[:EFFORT]),
}
NOT_MOVED = {
    "rep": ("mqls", "sourced_pipeline", *WORK["marketer"]),
    "marketer": ("repeat_revenue", *WORK["rep"]),
}
PERIODS = {"week": 52, "month": 12, "quarter": 4, "year": 1}
WEEKS_OF = {"week": 1.0, "month": 52 / 12, "quarter": 13.0, "year": 52.0}
MOST_KNOTS = 12


class Band(Table):
    """A rate that holds from one attainment to another."""

    start: Share = param(0.0, "share of quota", 0, 3, "B", "Attainment from which the rate holds", least=0)
    end: Share = param(math.inf, "share of quota", 0, 3, "B", "Attainment up to which it holds", above=0)
    rate: Number = param(0.05, "€ per unit", 0, 0.2, "B: 5 to 16 % of new revenue", "Pay per unit of the metric",
                         least=0)


class Component(Table):
    """Variable pay on one metric.

    What it pays at quota is a `share` of total pay (taken out of base pay), or a `rate` in euro per unit, or `bands`
    of rates (on top of base pay); `bonus` is a lump sum on reaching quota. A metric of a team or of the firm is that
    of all, and a rate on it is shared evenly.
    """

    metric: Metric = Field(description="What is paid for; docs/pay.md tells which role moves what")
    scope: Literal["own", "team", "firm"] = Field("own", description="Whose result it is")
    period: Literal["week", "month", "quarter", "year"] = Field("month", description="How long a result is counted")
    quota: Number | None = param(None, "unit/year", 1, 5e6, "theory 5", "Quota a year and person in the metric's unit; "
                                 "default the firm's target or quota", above=0)
    share: Share | None = param(None, "share", 0, 0.6, "B; D32", "Part of total pay that is paid at quota", least=0,
                                most=0.95)
    rate: Number | None = param(None, "€ per unit", 0, 0.2, "B: 5 to 16 % of new revenue",
                                "Euro per unit of the metric", least=0)
    bands: tuple[Band, ...] = Field((), max_length=6, description="Rates by attainment")
    curve: tuple[tuple[float, float], ...] = Field(
        (), max_length=10, description="Points of attainment and of pay over pay at quota; an attainment given twice "
                                       "is a jump, the last slope goes on")
    threshold: Share = param(0.0, "share of quota", 0, 0.9, "B", "Attainment below which pay is reduced; reaching it "
                             "pays what was withheld", least=0, most=1)
    decelerator: Share = param(0.0, "ratio", 0, 1, "B", "What is left of pay below the threshold", least=0, most=1)
    accelerator: Number = param(1.0, "ratio", 1, 2.5, "B: 1.5-2.5", "Rate above quota over the rate below", least=0)
    cap: Number = param(math.inf, "ratio", 1, 3, "B", "Most pay, over pay at quota", above=0)
    bonus: Euro = param(0.0, "€ per period", 0, 5000, "B", "Lump sum on reaching quota, or each winner's prize",
                        least=0)
    winners: int = Field(0, ge=0, le=1000, description="A contest: the bonus goes to so many with the best result")
    weeks: tuple[int, int] | None = Field(None, description="First and last week of the period that count (SPIF)")

    @field_validator("cap")
    @classmethod
    def _cap_above_base(cls, cap: float) -> float:
        if cap < 1:
            raise ValueError(f"found {cap:g}, which is under the base, pay at quota (1); a cap must be at least 1")
        return cap

    @field_validator("bands")
    @classmethod
    def _bands_apart(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        wrong = [f"the band from {b.start:g} to {b.end:g} is empty; it must end above its start"
                 for b in bands if b.end <= b.start]  # fmt: skip
        ordered = sorted(bands, key=lambda band: band.start)
        for one, other in pairwise(ordered):
            if other.start < one.end:
                wrong.append(f"the bands {one.start:g} to {one.end:g} and {other.start:g} to {other.end:g} overlap; "
                             "each must begin where another ends, or later")  # fmt: skip
        return _right(bands, wrong)

    @field_validator("curve")
    @classmethod
    def _points_in_order(cls, curve: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        wrong = []
        for attainment, pay in curve:
            if not (math.isfinite(attainment) and math.isfinite(pay) and attainment >= 0 and pay >= 0):
                wrong.append(f"the point ({attainment:g}, {pay:g}) must be of two finite numbers from 0")
        for (a, pay), (b, then) in pairwise(curve):
            if b < a or then < pay:
                wrong.append(f"the points ({a:g}, {pay:g}) and ({b:g}, {then:g}) are out of order; both must rise")
        return _right(curve, wrong)

    @model_validator(mode="after")
    def _makes_sense(self) -> Component:
        return _right(self, [*self._ways(), *self._window()] or self._too_many_knots())

    def _ways(self) -> list[str]:
        ways = [name for name, given in (("share", self.share is not None), ("rate", self.rate is not None),
                                         ("bands", bool(self.bands))) if given]  # fmt: skip
        wrong = []
        if len(ways) > 1:
            wrong.append(f"pay at quota is given twice, by {' and '.join(ways)}; give one of share, rate and bands")
        if not ways and self.bonus == 0:
            wrong.append("nothing is paid; give a share of pay, a rate, bands of rates, or a bonus")
        if self.winners and (self.bonus == 0 or ways or self.scope != "own"):
            wrong.append("a contest pays a bonus to the winners of an own metric, and nothing else")
        if math.isfinite(self.cap) and (self.bands or not ways):
            wrong.append("a cap limits a share or a rate; bands are ended by the end of the last one")
        if self.decelerator and not self.threshold:
            wrong.append("a decelerator needs a threshold below which it holds")
        shaped = self.threshold > 0 or self.accelerator != 1
        if shaped and (self.bands or self.curve or not ways):
            wrong.append("threshold, decelerator and accelerator shape a share or a rate, not bands or a curve")
        if self.curve and self.share is None:
            wrong.append("a curve gives pay over pay at quota; it needs a share")
        return wrong

    def _too_many_knots(self) -> list[str]:
        knots = len(curve_of(self, 1.0, 1.0).at)
        return [f"pay bends or jumps at {knots} attainments; {MOST_KNOTS} is the most"] if knots > MOST_KNOTS else []

    def _window(self) -> list[str]:
        if self.weeks is None:
            return []
        last = WEEKS_OF[self.period]
        if self.period not in ("quarter", "year"):
            return [f"weeks are counted in a quarter or a year, not in a {self.period}"]
        if not 1 <= self.weeks[0] <= self.weeks[1] <= last:
            first, end = self.weeks
            return [f"weeks {first} to {end} are not within 1 to {last:g}, the weeks of a {self.period}"]
        return []

    @property
    def linear(self) -> bool:
        """Whether the same is paid for every unit, whatever has been reached."""
        plain = not self.bands and not self.curve and self.threshold == 0 and self.accelerator == 1
        return plain and math.isinf(self.cap) and self.bonus == 0


def _right[T](value: T, wrong: list[str]) -> T:
    """The value, unless something is wrong with it."""
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


class Draw(Table):
    """Pay in advance while a new rep ramps up."""

    amount: Euro = param(500.0, "€ per month", 0, 3000, ASSUMPTION, "Least variable pay a month", least=0)
    months: Months = param(6.0, "months", 1, 12, "A30: ramp of 5.7 months", "Months in the seat that it lasts",
                           above=0)
    recoverable: bool = Field(True, description="What was advanced is taken out of later variable pay")


def _moved_by(role: str) -> Callable[[Component], Component]:
    """A check that people of a role move what a component counts."""

    def check(component: Component) -> Component:
        metric, scope = component.metric, component.scope
        if metric in NOT_MOVED[role]:
            moved = [name for name in get_args(Metric) if name not in NOT_MOVED[role]]
            return _right(component, [f"no {role} moves {metric}; allowed: {cut(moved)}"])
        if metric in WORK[role] and scope != "own":
            return _right(component, [f"found scope '{scope}'; hours are one's own, so the scope of {metric} is own"])
        if metric not in WORK[role] and role == "marketer" and scope == "own":
            return _right(component, [f"{metric} is not told apart by marketer; its scope is team or firm"])
        return component

    return check


class PayPlan(Table):
    """How staff are paid: components for each role, and what else a contract says."""

    title: str = Field("", description="Name on tables and figures")
    rep: tuple[Annotated[Component, AfterValidator(_moved_by("rep"))], ...] = Field(
        (), max_length=8, description="Components of a rep's pay")
    marketer: tuple[Annotated[Component, AfterValidator(_moved_by("marketer"))], ...] = Field(
        (), max_length=8, description="Components of a marketer's pay")
    draw: Draw | None = Field(None, description="Reps' pay in advance")
    clawback: Days = param(0.0, "days", 0, 180, "B: 60-180 days",
                           "Time within which a cancelled order takes its pay back", least=0)

    @field_validator("rep", "marketer")
    @classmethod
    def _base_pay_remains(cls, components: tuple[Component, ...], info: ValidationInfo) -> tuple[Component, ...]:
        shares = sum(component.share or 0.0 for component in components)
        wrong = [f"the shares of {info.field_name} sum to {shares:g}; base pay must remain, so 0.95 is the most"]
        return _right(components, wrong if shares > 0.95 + 1e-9 else [])

    @model_validator(mode="after")
    def _reps_have_variable_pay(self) -> PayPlan:
        wrong = []
        if self.clawback and not self.rep:
            wrong.append("a clawback takes back reps' variable pay, of which there is none")
        if self.draw and not self.rep:
            wrong.append("a draw advances reps' variable pay, of which there is none")
        return _right(self, wrong)


class Curve(NamedTuple):
    """Pay of a period in euro against attainment: slopes and jumps that begin at knots, and nothing below the first."""

    at: tuple[float, ...]
    slopes: tuple[float, ...]
    jumps: tuple[float, ...]

    def pay(self, attainment: float) -> float:
        """Euro at an attainment; a jump is paid when it is reached."""
        return sum(
            slope * max(0.0, attainment - at) + (jump if attainment >= at else 0.0)
            for at, slope, jump in zip(self.at, self.slopes, self.jumps, strict=True)
        )


def curve_of(component: Component, quota: float, pay: float) -> Curve:
    """What a component pays against attainment.

    quota: of the period, in the metric's unit; pay: euro a period at quota, for a component that gives a share. Slopes
    are changes of slope at each knot, per unit of attainment. A contest's prize is no part of it.
    """
    at_quota = pay if component.share is not None else (component.rate or 0.0) * quota
    if component.curve:
        points = [(a, multiple * pay) for a, multiple in component.curve]
    elif component.bands:
        return _of_bands(component, quota)
    else:
        low, slow = component.threshold, component.decelerator
        points = [(0.0, 0.0)]
        if low > 0:
            points += [(low, low * slow * at_quota), (low, low * at_quota)]
        points += [(1.0, at_quota), (2.0, at_quota * (1.0 + component.accelerator))]
    return _with_bonus(_joined(points, component.cap * at_quota), component)


def _joined(points: list[tuple[float, float]], cap: float) -> dict[float, list[float]]:
    """Changes of slope and jumps by knot of a line through points, whose last slope goes on, and which a cap ends."""
    knots: dict[float, list[float]] = {}
    slope = 0.0
    if points[0][1] > 0:
        knots[points[0][0]] = [0.0, min(points[0][1], cap)]
    if points[0][1] >= cap:
        return knots
    for (a, pay), (b, then) in pairwise(points):
        if b == a:
            knots.setdefault(a, [0.0, 0.0])[1] += min(then, cap) - pay
            if then >= cap:
                knots[a][0] -= slope
                return knots
            continue
        steeper = (then - pay) / (b - a)
        knots.setdefault(a, [0.0, 0.0])[0] += steeper - slope
        slope = steeper
        if then >= cap > pay:
            stop = a + (cap - pay) / steeper
            knots.setdefault(stop, [0.0, 0.0])[0] -= slope
            return knots
    if slope > 0 and math.isfinite(cap):
        a, pay = points[-1]
        knots.setdefault(a + (cap - pay) / slope, [0.0, 0.0])[0] -= slope
    return knots


def _of_bands(component: Component, quota: float) -> Curve:
    knots: dict[float, list[float]] = {}
    for band in component.bands:
        knots.setdefault(band.start, [0.0, 0.0])[0] += band.rate * quota
        if math.isfinite(band.end):
            knots.setdefault(band.end, [0.0, 0.0])[0] -= band.rate * quota
    return _with_bonus(knots, component)


def _with_bonus(knots: dict[float, list[float]], component: Component) -> Curve:
    if component.bonus and not component.winners:
        knots.setdefault(1.0, [0.0, 0.0])[1] += component.bonus
    bonus_at = 1.0 if component.bonus and not component.winners else None
    kept = [
        (at, *change)
        for at, change in sorted(knots.items())
        if at == bonus_at or any(abs(x) > 1e-12 for x in change)
    ]
    if not kept:
        return Curve((0.0,), (0.0,), (0.0,))
    at, slopes, jumps = zip(*kept, strict=True)
    return Curve(at, slopes, jumps)
