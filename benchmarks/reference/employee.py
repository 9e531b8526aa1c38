"""Employees: the week they have, the week they want, what they are paid (ODD, sections 7.4 and 7.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import mesa

from .dates import HOURS_A_WEEK, WEEKS_A_YEAR, calendar_period
from .effort import wanted_week
from .formulas import keep, total
from .pay import Component, Plan, Standing

if TYPE_CHECKING:
    from .model import Firm


class Employee(mesa.Agent):
    """A person in a seat, with hours a week for each of the role's seven activities."""

    role: ClassVar[str]
    activities: ClassVar[tuple[str, ...]]

    def __init__(self, model: Firm, seat: int) -> None:
        super().__init__(model)
        self.seat = seat
        self.hours: dict[str, float] = dict.fromkeys(self.activities, 0.0)
        self.joint = 0.0
        scenario = model.scenario_of
        self.absence = HOURS_A_WEEK * scenario.effort.absence
        half_life = scenario.effort.half_life
        self.closes_gap = 1.0 - keep(half_life) if half_life > 0.0 else 1.0
        self.horizon_weeks = scenario.effort.horizon * WEEKS_A_YEAR / 12.0
        self.standings: list[Standing] = []
        self.components: list[Component] = []

    # What the roles differ in

    def habit(self) -> list[float]:
        raise NotImplementedError

    @property
    def costs(self) -> tuple[float, ...]:
        raise NotImplementedError

    @property
    def delays(self) -> list[float]:
        raise NotImplementedError

    # Pay

    def sign(self, plan: Plan, day: int) -> None:
        """Begin a pay plan: all standings anew."""
        self.components = plan.rep if self.role == "rep" else plan.marketer
        self.standings = [Standing(day) for _ in self.components]

    def value_of_hours(self, day: int) -> list[float]:
        """Euro that one more hour of each activity is believed to earn."""
        worth = [0.0] * len(self.activities)
        for component, standing in zip(self.components, self.standings, strict=True):
            period = calendar_period(day, component.period)
            phase = self.model.phases.of(day)
            delays = self.delays
            values = component.value_of_hours(day, period, phase, standing.since, delays, self.horizon_weeks)
            worth = [v + more for v, more in zip(worth, values, strict=True)]
        return worth

    # Hours

    def wanted(self, day: int) -> list[float]:
        """The week that this person would choose."""
        effort = self.model.scenario_of.effort
        return wanted_week(
            self.habit(), self.value_of_hours(day), self.costs, self.free_hours(), effort.cost, effort.substitution
        )

    def free_hours(self) -> float:
        """What absence and joint work leave of the week."""
        present = HOURS_A_WEEK * (1.0 - self.model.scenario_of.effort.absence)
        self.joint = min(self.model.arm.coordination * 12.0 / WEEKS_A_YEAR, present - 1.0)
        return present - self.joint

    def plan_week(self, day: int, at_once: bool = False) -> None:
        """On Monday: move some way towards the week that is wanted; a week always has all its hours."""
        wanted = self.wanted(day)
        free = self.free_hours()
        for activity, wish in zip(self.activities, wanted, strict=True):
            if at_once or self.closes_gap == 1.0:
                self.hours[activity] = wish
            else:
                self.hours[activity] += self.closes_gap * (wish - self.hours[activity])
        hours = total(self.hours.values())
        if abs(hours - free) > 1e-9 and hours > 0.0:
            for activity in self.activities:
                self.hours[activity] *= free / hours

    def book_hours(self) -> dict[str, float]:
        """What a week's hours went to: as planned, for those whose work finds them."""
        return {**self.hours, "joint": self.joint, "absence": self.absence, "vacant": 0.0}

    def book_nothing(self) -> tuple[str, ...]:
        """All that hours are booked to."""
        return (*self.activities, "joint", "absence", "vacant")

    def count(self, results: dict[str, float]) -> None:
        """Add what all reps have reached to standings that count it."""
        for component, standing in zip(self.components, self.standings, strict=True):
            if not component.own:
                standing.got += counted(component, results)

    def count_hours(self) -> None:
        for component, standing in zip(self.components, self.standings, strict=True):
            if component.activity is not None:
                standing.got += self.hours[component.activity]


def counted(component: Component, results: dict[str, float]) -> float:
    """Results by a component's metric; revenue is new and repeat revenue."""
    if component.activity is not None:
        return 0.0
    if component.metric == "revenue":
        return results["new_revenue"] + results["repeat_revenue"]
    return results[component.metric]
