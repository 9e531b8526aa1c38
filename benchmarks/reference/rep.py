"""Reps: whom they call and when, what they believe of leads, how they look after deals (ODD, section 7.3)."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

from . import streams
from .agenda import Kind
from .dates import HOURS_A_DAY, HOURS_A_WEEK, HOURS_A_YEAR, WEEKS_A_YEAR
from .employee import Employee, counted
from .formulas import keep
from .lead import Lead, Outcome, Status
from .pay import REP_WORK, RESULTS

if TYPE_CHECKING:
    from .model import Firm


class Rep(Employee):
    """Somebody who follows up leads, prospects, closes deals and looks after customers."""

    role = "rep"
    activities = REP_WORK

    def __init__(self, model: Firm, seat: int) -> None:
        super().__init__(model, seat)
        self.skill = model.draw(streams.REP, 0, seat, 0, 0)[0]
        self.line: Line
        self.share = 0.0
        self.care = 1.0
        self.customers = 0
        self.busy_until = self.earliest = 0.0
        self.wakes = math.inf
        self.lead_hours = self.closing_hours = 0.0
        self.closing_balance = self.closing_since = 0.0
        self.good = self.bad = 0.0
        self.forgetting = keep(model.scenario_of.belief.half_life)
        self.tally = dict.fromkeys(RESULTS, 0.0)

    # The week

    def habit(self) -> list[float]:
        """The habit week, in which cooperation moves follow-up and logging."""
        week, c = self.model.scenario_of.reps, self.model.scenario_of.cooperation
        mood = self.model.cooperation.level / c.start - 1.0
        leads = week.leads * max(0.0, 1.0 + c.follow_up * mood)
        logging = week.logging * max(0.0, 1.0 + c.logging * mood)
        return [leads, week.prospecting, week.opportunities, week.customers, logging, week.admin, week.slack]

    @property
    def costs(self) -> tuple[float, ...]:
        return self.model.scenario_of.effort.rep_costs

    @property
    def delays(self) -> list[float]:
        e = self.model.scenario_of.effort
        return [e.delay_leads, e.delay_prospecting, e.delay_opportunities, e.delay_customers, 0.0, 0.0, 0.0]

    def plan_week(self, day: int, at_once: bool = False) -> None:
        super().plan_week(day, at_once)
        self.share = self.hours["leads"] / HOURS_A_WEEK

    def look_after_customers(self) -> None:
        """Contact between transactions, against what customers need."""
        c = self.model.scenario_of.customers
        needed = c.hours_per_year * self.customers / WEEKS_A_YEAR
        self.care = min(c.most_care, self.hours["customers"] / needed) if needed > 0.0 else 1.0

    def book_hours(self) -> dict[str, float]:
        """Leads and deals that were worked, as far as the week and its slack go; the unused part is slack."""
        booked = super().book_hours()
        for activity, worked in (("leads", self.lead_hours), ("opportunities", self.closing_hours)):
            free = booked[activity] + booked["slack"]
            used = min(worked, free)
            booked[activity], booked["slack"] = used, free - used
            if activity == "leads":
                self.lead_hours -= used
            else:
                self.closing_hours -= used
        return booked

    # Results

    def credit(self, metric: str, result: float) -> None:
        self.tally[metric] += result

    def count_own(self) -> None:
        """Add own results to the standings that count them."""
        for component, standing in zip(self.components, self.standings, strict=True):
            if component.own:
                standing.got += counted(component, self.tally)

    # Leads

    def fades(self) -> None:
        """Experience with leads fades each Monday."""
        self.good *= self.forgetting
        self.bad *= self.forgetting

    def can_start(self) -> float:
        """When the next call can start: planned hours for leads are a bucket that may run somewhat ahead."""
        if self.share <= 0.0:
            return math.inf
        return max(self.busy_until, self.earliest - self.model.scenario_of.contact.burst)

    def is_free(self, line: int) -> None:
        """The moment for which this rep was woken."""
        self.wakes = math.inf
        self.model.lines[line].serve()

    def success_rate(self) -> float:
        """What this rep believes of marketing's leads."""
        b = self.model.scenario_of.belief
        return (b.prior_good + self.good) / (b.prior_good + self.good + b.prior_bad + self.bad)

    def worth_a_call(self, lead: Lead) -> bool:
        b = self.model.scenario_of.belief
        return self.success_rate() * lead.key >= b.alternative or lead.draw(streams.ATTENTION)[2] < b.exploration

    def serve(self, lead: Lead) -> None:
        """Call a lead, or set it aside."""
        if lead.touches > 0 or self.worth_a_call(lead):
            self.call(lead)
        else:
            lead.status = Status.SET_ASIDE

    def call(self, lead: Lead) -> None:
        """One attempt; reached, there is a conversation."""
        now, contact = self.model.now, self.model.scenario_of.contact
        lead.owner = self
        lead.touches += 1
        if lead.touches == 1:
            lead.first_touch = now
            self.model.month.attempted += 1
        u = lead.draw(streams.CONTACT, lead.touches)
        reached = u[0] < contact.reach
        took = contact.attempt_time + (contact.talk_time if reached else 0.0)
        took *= 1.0 - contact.time_cv + contact.time_cv * -math.log(u[1])
        self.busy_until = now + took
        self.earliest = max(self.earliest, now) + took / self.share
        self.lead_hours += took
        if reached:
            self.talk(lead, u[2], u[3])
        elif lead.touches >= contact.attempts:
            lead.close(Outcome.LAPSED, None)
        else:
            lead.status = Status.CALLED
            self.model.write(now + took + contact.gap, Kind.ENTERS_QUEUE, lead.number, lead.touches)

    def talk(self, lead: Lead, luck: float, liking: float) -> None:
        """The first conversation: it may burn the account, and shows whether the lead is good."""
        model, contact = self.model, self.model.scenario_of.contact
        lead.timing = lead.account.readiness(model.now) if lead.about_need else 0.0
        if luck < contact.burn * (1.0 - lead.timing):
            lead.account.refuses_until = model.now + contact.burn_memory * (HOURS_A_YEAR / 12.0)
            lead.close(Outcome.REFUSED, "burned")
        elif liking < (contact.accept_good if lead.viable else contact.accept_bad):
            self.good += 1.0
            model.cooperation.accepted += 1
            lead.accepted = model.now
            model.month.sqls += 1
            self.credit("sqls", 1.0)
            if lead.draw(streams.MEETING)[0] < model.scenario_of.opportunity.meeting:
                lead.becomes_opportunity()
            else:
                lead.close(Outcome.NO_DECISION, None)
        else:
            self.bad += 1.0
            model.cooperation.rejected += 1
            lead.close(Outcome.DISQUALIFIED, "dropped")

    # Deals

    def attends(self, lead: Lead) -> bool:
        """Whether hours planned for deals have gathered for a review of this one."""
        o, now = self.model.scenario_of.opportunity, self.model.now
        size = lead.deal / 100.0 / self.model.scenario_of.market.deal_value if lead.deal > 0 else 1.0
        hours = o.hours_per_review * size**o.size_exponent
        planned = self.hours["opportunities"]
        gathered = self.closing_balance + planned / HOURS_A_WEEK * (now - self.closing_since)
        self.closing_balance = min(gathered, max(planned, hours))
        self.closing_since = now
        if self.closing_balance < hours:
            return False
        self.closing_balance -= hours
        self.closing_hours += hours
        return True


class Line:
    """Leads that wait for one rep, or for any of those who share the line."""

    def __init__(self, model: Firm, number: int, reps: list[Rep]) -> None:
        self.model, self.number, self.reps = model, number, reps
        self.leads: list[tuple[float, float, int, int]] = []
        for rep in reps:
            rep.line = self

    def add(self, lead: Lead) -> None:
        """The order of the line: higher key, then longer in line, then lower position of the account."""
        heapq.heappush(self.leads, (-lead.key, lead.queued, lead.account.position, lead.number))

    def serve(self) -> None:
        """Work on leads now as long as somebody can; else wake whoever can first."""
        while self.leads:
            rep = min(self.reps, key=Rep.can_start)
            start = rep.can_start()
            if start > self.model.now:
                self.wake(rep, start)
                return
            number = heapq.heappop(self.leads)[-1]
            lead = self.model.leads[number]
            if lead.status == Status.QUEUED:
                rep.serve(lead)

    def wake(self, rep: Rep, time: float) -> None:
        if time < rep.wakes:
            rep.wakes = time
            self.model.write(time, Kind.REP_FREE, rep.seat, self.number)

    def wakes_on_monday(self) -> None:
        """A rep who has got hours for leads again, with a line and no waking written, is woken."""
        if self.leads and all(math.isinf(rep.wakes) for rep in self.reps):
            if any(rep.hours["leads"] > 0.0 for rep in self.reps):
                self.wake(self.reps[0], self.model.day * HOURS_A_DAY)
