"""One run as the user gets it: its key figures and its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.engine.segments import segment_sizes
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Arm:
    """A way of organising and paying: the names of a structure and of a pay plan of the scenario."""

    structure: str
    pay: str

    def __str__(self) -> str:
        return f"{self.structure} / {self.pay}"


@dataclass
class Run:
    """One run: its key figures and its tables.

    `kpis` and `facts` are dicts; `leads`, `periods`, `hours`, `pay`, `people`, `weeks`, `accounts`, `events`,
    `prospects` are made when asked for.
    Times in tables are business days since the start of the horizon (7 hours a day); money is in euro.
    """

    scenario: Scenario
    arm: Arm
    seed: int
    replicate: int
    world: r.World = field(repr=False)
    kpis: dict[str, float]
    facts: dict[str, float]
    said: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @cached_property
    def leads(self) -> pd.DataFrame:
        """One row per lead that was open in the horizon, with its one outcome and, if wasted, its one cause."""
        from orgsim.tables import leads

        return leads(self.scenario, self.world)

    @cached_property
    def periods(self) -> pd.DataFrame:
        """One row per month of the horizon: flows, stocks, levers, money."""
        from orgsim.tables import periods

        return periods(self.scenario, self.world)

    @cached_property
    def hours(self) -> pd.DataFrame:
        """Hours by month, person and activity; each week of 35 paid hours is booked completely."""
        from orgsim.tables import hours

        return hours(self.scenario, self.world)

    @cached_property
    def pay(self) -> pd.DataFrame:
        """Settled pay: one row per person, component and period, in euro before charges; and, as component -1 with no
        pay, one per person and complete year: the year's result and attainment of the quota."""
        from orgsim.tables import pay

        return pay(self.scenario, self.arm.pay, self.world)

    @cached_property
    def people(self) -> pd.DataFrame:
        """One row per stint in a seat: hired, left, why, talent."""
        from orgsim.tables import people

        return people(self.scenario, self.world)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """What leaders of the user's asked for, where the lever stands after it, or why it was not done."""
        from orgsim.tables import decisions

        return decisions(self.scenario, self.said)

    @cached_property
    def weeks(self) -> pd.DataFrame:
        """One row per week and rep: selling hours wanted, attainment so far."""
        from orgsim.tables import weeks

        return weeks(self.scenario, self.world)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """Integer cents by month and account; revenue positive, costs negative."""
        from orgsim.tables import accounts

        return accounts(self.scenario, self.world)

    @cached_property
    def events(self) -> pd.DataFrame:
        """The event log: case, activity, timestamp, resource, as a process-mining tool reads it."""
        from orgsim.tables import events

        return events(self.scenario, self.world)

    @cached_property
    def prospects(self) -> pd.DataFrame:
        """One row per prospect: traits, and where it stands at the end of the horizon."""
        from orgsim.tables import prospects

        return prospects(self.scenario, self.world)


def facts(scenario: Scenario, seconds: float) -> dict[str, float]:
    """Facts of a run: its size, its business days with warm-up and run-off, and the seconds it took."""
    clock = Clock.of(scenario)
    return {
        "prospects": sum(segment_sizes(scenario)),
        "employees": scenario.people.reps + scenario.people.marketers,
        "business_days": clock.end,
        "run_off_days": clock.run_off,
        "seconds": seconds,
    }
