"""Take a leader's chair: what a chair sees, what it may say, and leaders who come ready made.

    class Cautious:
        def decide(self, report):
            return Directives(brand_share=0.5) if report.marketing.mqls > 60 else Directives()

    orgsim.run(scenario, structure="separate", leaders={"head of marketing": Cautious()})

A leader decides on the first day of each month (of those on which the structure reviews its plan), from the start of
the horizon; the chairs that nobody takes are led by the bounded leader of `decide`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any, Protocol, runtime_checkable

from orgsim.engine.records import ROUTINGS
from orgsim.scenario.errors import Problem, ScenarioError, cut, nearest, show
from orgsim.scenario.staff import EFFORT, MARKETER_ACTIVITIES, REP_ACTIVITIES

MESSAGE = ("insight", "enable")  # marketers' activities that the right to the message is about
FARTHEST = 1e12  # of a threshold from 0
MOST = 5.0  # a directive multiplies hours, programme or quotas by no more


@dataclass(frozen=True)
class Directives:
    """What a leader asks for. What is left out stays as it is; what the chair has no right to is not done, and written
    down as such (`run.decisions`).

    brand_share: brand's share of programme spend, 0 to 1. programme: spend against the arm's, 0 to 5. threshold: score
    from which leads are handed over. routing: one of even, territory, performance, experience. quota: factor on all
    quotas. discount: reps' authority, 0 to 1. hiring: whether empty posts are filled. sales_hours, marketing_hours:
    hours by activity as multiples of habit, 0 to 5 (a directive weighs `effort.directive` against habit; insight and
    enablement belong to the right to the message). devices: started (True) or stopped (False), by name.

    Raises ScenarioError for values out of range and for unknown names, all at once.
    """

    brand_share: float | None = None
    programme: float | None = None
    threshold: float | None = None
    routing: str | None = None
    quota: float | None = None
    discount: float | None = None
    hiring: bool | None = None
    sales_hours: Mapping[str, float] = field(default_factory=dict)
    marketing_hours: Mapping[str, float] = field(default_factory=dict)
    devices: Mapping[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        for name, low, high in (
            ("brand_share", 0.0, 1.0), ("programme", 0.0, MOST), ("threshold", -FARTHEST, FARTHEST),
            ("quota", 0.05, MOST), ("discount", 0.0, 1.0),
        ):  # fmt: skip
            value = getattr(self, name)
            if value is not None:
                problems += _out_of_range(name, value, low, high)
        if self.routing is not None and self.routing not in ROUTINGS:
            problems.append(_unknown("routing", self.routing, ROUTINGS))
        if self.hiring is not None and not isinstance(self.hiring, bool):
            problems.append(_problem("hiring", self.hiring, "must be True or False"))
        tables = (("sales_hours", REP_ACTIVITIES), ("marketing_hours", MARKETER_ACTIVITIES), ("devices", ()))
        for name, allowed in tables:
            given = getattr(self, name)
            if not isinstance(given, Mapping):
                problems.append(_problem(name, given, "must be a table, such as {'brand': 2.0}"))
                continue
            for key, value in given.items():
                if name == "devices":
                    if not isinstance(value, bool):
                        problems.append(_problem(f"devices.{key}", value, "must be True or False"))
                elif key not in allowed[:EFFORT]:
                    problems.append(_unknown(f"{name}.{key}", key, allowed[:EFFORT]))
                else:
                    problems += _out_of_range(f"{name}.{key}", value, 0.0, MOST)
        if problems:
            raise ScenarioError(problems)

    def levers(self) -> dict[str, object]:
        """What is asked for, by lever; hours on insight and enablement apart, as `message`."""
        asked = {one.name: getattr(self, one.name) for one in fields(self)}
        hours = dict(asked.pop("marketing_hours"))
        asked["message"] = {name: hours.pop(name) for name in MESSAGE if name in hours}
        asked["marketing_hours"] = hours
        return {name: value for name, value in asked.items() if value is not None and value != {}}


def _problem(key: str, found: object, message: str, hint: str | None = None) -> Problem:
    return Problem("directives", None, key, show(found), f"found {show(found)}; {message}", hint)


def _out_of_range(key: str, found: Any, low: float, high: float) -> list[Problem]:
    # Compared as it is: a whole number may be too large for a float.
    if isinstance(found, Real) and not isinstance(found, bool) and low <= found <= high:  # type: ignore[operator]
        return []
    return [_problem(key, found, f"must be a number from {low:g} to {high:g}")]


def _unknown(key: str, found: object, allowed: Sequence[str]) -> Problem:
    return _problem(key, found, f"allowed: {cut(list(allowed))}", nearest(str(found), allowed))


@dataclass(frozen=True)
class SalesFigures:
    """What a month of sales looked like; counts and euro of the month, stocks at its end."""

    attempted: float
    sqls: float
    opportunities: float
    won: float
    revenue_new: float
    revenue_repeat: float
    queued: float
    open_opportunities: float
    customers: float
    hours: Mapping[str, float]


@dataclass(frozen=True)
class MarketingFigures:
    """What a month of marketing looked like; counts and euro of the month, stocks at its end."""

    leads: float
    mqls: float
    programme: float
    awareness_regular: float
    awareness_outside: float
    value_proposition: float
    field_knowledge: float
    request_hours: float
    hours: Mapping[str, float]


@dataclass(frozen=True)
class Report:
    """What a chair sees when it decides.

    Of its own unit it sees the last month, whole and true. Of the other it sees the last month that ended `sight` days
    ago at the latest, each figure with an error that shrinks with visibility and with the leader's skill. `holds` are
    the levers that the chair decides on; `in_force` is where all levers stand. alignment is as the chair's side
    perceives it. `month` counts from 1 at the start of the horizon, `months` are those of the horizon; hours: the
    leader's own for each report and week, after escalations. None stands for a unit of which no month is known yet.
    """

    chair: str
    leads: str
    month: int
    months: int
    holds: tuple[str, ...]
    in_force: Directives
    sales: SalesFigures | None
    marketing: MarketingFigures | None
    alignment: float
    hours: float
    try_out: Callable[[Directives], float] | None = None
    """For a clairvoyant leader only: what the rest of the run would bring with these directives, held to the end."""


@runtime_checkable
class Leader(Protocol):
    """Anything with this method can take a chair."""

    def decide(self, report: Report) -> Directives:
        """What the chair asks for this month."""
        ...


class Bounded:
    """The bounded leader of theory, as it sits in every chair that nobody takes (`leadership.decide`)."""

    def decide(self, report: Report) -> Directives:
        """Nothing beyond what the compiled rule decides."""
        return Directives()


@dataclass(frozen=True)
class FixedPlan:
    """Asks for the same every month."""

    directives: Directives

    def decide(self, report: Report) -> Directives:
        """The plan."""
        return self.directives


@dataclass
class Clairvoyant:
    """An upper bound: knows what each of several plans would bring to the end of this very world, and takes the best.

    plans: the plans it may hold to (going on as now is always among them); every: months between two choices. With the
    same luck and the others' decisions answered for, no FixedPlan of its plans does better by the metric in which it
    looks ahead, `orgsim.run(..., foresee="profit")`. It is a bound for what information is worth, not a way to lead.
    """

    plans: Sequence[Directives]
    every: int = 12
    holding: Directives = field(default_factory=Directives)
    clairvoyant: bool = True

    def decide(self, report: Report) -> Directives:
        """The best of the plans, the one it holds to first on equality."""
        if (report.month - 1) % self.every == 0 and report.try_out is not None:
            options = [self.holding, *self.plans]
            worth = [report.try_out(plan) for plan in options]
            self.holding = options[max(range(len(options)), key=lambda k: (worth[k], -k))]
        return self.holding


def stayed(leader: Leader) -> Leader:
    """A leader for one more run: a clairvoyant one begins anew."""
    return replace(leader, holding=Directives()) if isinstance(leader, Clairvoyant) else leader
