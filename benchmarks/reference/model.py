"""The firm and its market as a Mesa model: one agent for each prospect, rep and marketer; a step is a business day.

Written from docs/odd.md alone, without a look at orgsim's engine, and sharing nothing with it but the stream of random
numbers and the scenario reader. Comments name the ODD's sections.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mesa

from . import streams
from .agenda import Kind
from .arm import arm_of
from .cooperation import Cooperation, move_definition
from .core import check
from .dates import (
    DAYS_A_WEEK,
    HOURS_A_DAY,
    HOURS_A_WEEK,
    HOURS_A_YEAR,
    PERIODS_A_YEAR,
    Span,
    is_friday,
    is_monday,
    phases_of,
)
from .formulas import total
from .lead import Lead, Status
from .leaders import Council, candidates
from .market import Knowledge, Market
from .marketer import Marketer
from .money import Ledger
from .pay import MARKETER_WORK, RESULTS, Plan
from .prospect import Prospect
from .rep import Line, Rep
from .threshold import Records

if TYPE_CHECKING:
    from orgsim.scenario.schema import Scenario


@dataclass
class Month:
    """What is counted in a month."""

    first: int
    mqls: int = 0
    attempted: int = 0
    sqls: int = 0
    opportunities: int = 0
    won: int = 0
    lost_customers: int = 0
    missed: int = 0


class Firm(mesa.Model):
    """The whole simulation of one firm under one structure and pay plan."""

    def __init__(self, scenario: Scenario, structure: str, pay: str, seed: int = 0, replicate: int = 0) -> None:
        super().__init__(rng=seed)
        check(scenario, (scenario.today.structure, structure), (scenario.today.pay, pay))
        self.scenario_of = scenario
        self.structure, self.pay_name = structure, pay
        self.draw = streams.stream(seed, replicate)
        self.phases = phases_of(scenario.time.years, scenario.time.warm_up_years)
        self.last_moment = self.phases.end * HOURS_A_DAY
        self.day = 0
        self.now = 0.0
        self.agenda: list[tuple[float, int, int, int]] = []
        self.last_stage = len(scenario.opportunity.advance) - 1
        self.begin()

    # The beginning (section 5)

    def begin(self) -> None:
        """The start of the warm-up, under today's structure and pay."""
        scenario = self.scenario_of
        self.today = self.arm = arm_of(scenario, scenario.today.structure)
        self.plan = Plan(scenario, scenario.today.pay)
        self.is_new = False
        self.brand_share = scenario.money.brand_share
        self.threshold = scenario.lead.threshold
        self.share_proposals = (self.brand_share, self.brand_share)
        self.threshold_proposals = (self.threshold, self.threshold)
        self.definition = scenario.lead.definition
        self.adoption = 1.0
        self.open_opportunities = self.late_opportunities = 0
        self.raw = Records(self.phases.end)
        self.leads: list[Lead] = []
        self.month = Month(0)
        self.month_records: list[dict[str, float]] = []
        self.booked_hours: list[tuple[int, str, int, dict[str, float]]] = []
        self.settlements: list[tuple[int, str, int, int, float, int]] = []
        self.cooperation = Cooperation(self)
        self.market = Market(self)
        self.knowledge = Knowledge(self)
        self.ledger = Ledger(self)
        self.reps = [Rep(self, seat) for seat in range(scenario.people.reps)]
        self.marketers = [Marketer(self, seat) for seat in range(scenario.people.marketers)]
        self.staff = [*self.reps, *self.marketers]
        if scenario.contact.pooled:
            self.lines = [Line(self, 0, self.reps)]
        else:
            self.lines = [Line(self, rep.seat, [rep]) for rep in self.reps]
        self.prospects: list[Prospect] = []
        for segment in self.market.segments:
            for index in range(segment.size):
                self.prospects.append(Prospect(self, segment, index, len(self.prospects)))
        self.handlers = self._handlers()
        for prospect in self.prospects:
            prospect.begin()
        for person in self.staff:
            person.sign(self.plan, 0)
            person.plan_week(0, at_once=True)
        for rep in self.reps:
            rep.look_after_customers()
        self.candidates = candidates(self)
        self.council = Council(self, self.arm)

    def enter(self) -> None:
        """The start of the horizon: arm, chairs and pay plan are replaced, all else goes on."""
        scenario = self.scenario_of
        self.arm = arm_of(scenario, self.structure)
        self.plan = Plan(scenario, self.pay_name)
        self.council, before = Council(self, self.arm), self.council
        self.is_new = (self.arm, self.council.seats) != (self.today, before.seats)
        if self.is_new and scenario.switches.switching:
            self.adoption = 0.0
        for person in self.staff:
            person.sign(self.plan, self.day)

    # Events (section 3.2)

    def _handlers(self) -> dict[int, tuple[list, Callable]]:
        """By kind of event: who its number stands for, and what he, she or it then does."""
        return {
            Kind.NEED_OPENS: (self.prospects, Prospect.need_opens),
            Kind.RESPONDS: (self.prospects, Prospect.responds),
            Kind.HEARS: (self.prospects, Prospect.hears),
            Kind.IS_FOUND: (self.prospects, Prospect.is_found),
            Kind.SIGNALS: (self.prospects, Prospect.signals_now),
            Kind.IS_SCORED_AGAIN: (self.leads, Lead.is_scored_again),
            Kind.ENTERS_QUEUE: (self.leads, Lead.enters_queue),
            Kind.REP_FREE: (self.reps, Rep.is_free),
            Kind.LOSES_PATIENCE: (self.leads, Lead.loses_patience),
            Kind.SHELF_LIFE_ENDS: (self.leads, Lead.shelf_life_ends),
            Kind.SIGNAL_FADES: (self.leads, Lead.signal_fades),
            Kind.WINDOW_CLOSES: (self.prospects, Prospect.window_closes),
            Kind.IS_REVIEWED: (self.leads, Lead.is_reviewed),
            Kind.ORDER_DUE: (self.prospects, Prospect.order_due),
            Kind.IS_HANDED_OVER: (self.leads, Lead.is_handed_over),
        }

    def write(self, time: float, kind: Kind, who: int, stamp: int) -> None:
        """Write an event; one at or beyond the end of the last day is not written."""
        if time < self.last_moment:
            heapq.heappush(self.agenda, (time, kind, who, stamp))

    def happen(self, until: float) -> None:
        """All events before a moment, those that they write included, in order."""
        agenda, handlers = self.agenda, self.handlers
        while agenda and agenda[0][0] < until:
            self.now, kind, who, stamp = heapq.heappop(agenda)
            agents, does = handlers[kind]
            does(agents[who], stamp)

    # A day (section 3.1)

    def step(self) -> None:
        """One business day."""
        day = self.day
        self.now = day * HOURS_A_DAY
        if self.phases.begins_month(day):
            self.month = Month(day)
            self.council.meet(day)
        if is_monday(day):
            self.plan_week(day)
        self.happen((day + 1) * HOURS_A_DAY)
        self.raw.lead_hours[day] = total(rep.hours["leads"] for rep in self.reps) / DAYS_A_WEEK
        if is_friday(day):
            self.book_hours()
        self.count_and_settle(day)
        if self.phases.ends_month(day):
            self.note_month(day)
            self.ledger.book(Span(self.month.first, day))
        self.day = day + 1

    def plan_week(self, day: int) -> None:
        """On Mondays: how people get on, what they do with the week, what becomes of brand, leads and knowledge."""
        if day > 0:
            self.cooperation.moves(day)
            move_definition(self)
            for rep in self.reps:
                rep.fades()
            self.move_adoption()
            for person in self.staff:
                person.plan_week(day)
            for rep in self.reps:
                rep.look_after_customers()
            for line in self.lines:
                line.wakes_on_monday()
        self.market.work_on_brand()
        self.market.work_on_activation()
        self.knowledge.work_on_knowledge()

    def move_adoption(self) -> None:
        """A new structure takes hold."""
        if self.is_new and self.scenario_of.switches.switching:
            left = math.exp(-HOURS_A_WEEK / (self.scenario_of.leadership.adoption * HOURS_A_YEAR / 12.0))
            self.adoption = 1.0 - left * (1.0 - self.adoption)

    def team_hours(self, activity: str) -> float:
        """This week's hours of all people who do it."""
        team = self.marketers if activity in MARKETER_WORK[:-1] else self.reps
        return total(person.hours[activity] for person in team)

    # Results and pay (section 7.10)

    def book_hours(self) -> None:
        """On Fridays: where the week went; components that pay for hours count what was planned."""
        for person in self.staff:
            self.booked_hours.append((self.month.first, person.role, person.seat, person.book_hours()))
            person.count_hours()

    def count_and_settle(self, day: int) -> None:
        """On Fridays and when a pay period ends, results are counted; components whose period ends are settled."""
        ends = {period: self.phases.period(day, period).last == day for period in PERIODS_A_YEAR}
        used = {component.period for component in (*self.plan.rep, *self.plan.marketer)}
        if not (is_friday(day) or any(ends[period] for period in used)):
            return
        of_all = dict.fromkeys(RESULTS, 0.0)
        for rep in self.reps:
            rep.count_own()
            for metric, result in rep.tally.items():
                of_all[metric] += result
        for person in self.staff:
            person.count(of_all)
        for rep in self.reps:
            rep.tally = dict.fromkeys(RESULTS, 0.0)
        for person in self.staff:
            for component, standing in zip(person.components, person.standings, strict=True):
                if ends[component.period]:
                    got = standing.got
                    paid = standing.settle(component, day)
                    self.ledger.settled[person.role] += paid
                    self.settlements.append((day, person.role, person.seat, component.number, got, paid))

    # Observation

    def missed(self, stake: int) -> None:
        """Demand that closed without a lead."""
        self.month.missed += stake

    def note_month(self, day: int) -> None:
        """Stocks at a month's end, and the month's counts."""
        month = self.month
        self.month_records.append({
            "first": month.first, "end_day": day + 1, "mqls": month.mqls, "attempted": month.attempted,
            "sqls": month.sqls, "opportunities": month.opportunities, "won": month.won,
            "open_opportunities": self.open_opportunities, "lost_customers": month.lost_customers,
            "customers": sum(rep.customers for rep in self.reps),
            "queued": sum(p.lead is not None and p.lead.status == Status.QUEUED for p in self.prospects),
            "brand_share": self.brand_share, "threshold": self.threshold, "brand_stock": self.market.brand_stock,
            "awareness_regular": self.market.awareness(True), "awareness_outside": self.market.awareness(False),
            "definition": self.definition, "cooperation": self.cooperation.level,
            "value_proposition": self.knowledge.value_proposition, "field_knowledge": self.knowledge.field_knowledge,
            "information": self.knowledge.info, "missed_demand_value": month.missed / 100.0,
        })  # fmt: skip


def simulate(scenario: Scenario, structure: str, pay: str, seed: int = 0, replicate: int = 0) -> Firm:
    """A firm after its warm-up and horizon. Raises NotInTheCore where it is asked for what the reference lacks."""
    firm = Firm(scenario, structure, pay, seed, replicate)
    if firm.phases.warm_up > 0:
        firm.run_for(firm.phases.warm_up)
    firm.enter()
    firm.run_for(firm.phases.horizon)
    return firm
