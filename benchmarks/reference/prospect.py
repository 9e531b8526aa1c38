"""Prospects: when they need something, whom they think of, and what they decide (ODD, sections 7.1 and 7.3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa

from . import streams
from .agenda import Kind
from .dates import HOURS_A_DAY, HOURS_A_YEAR
from .formulas import cents, logistic, logit
from .lead import Lead, Outcome

if TYPE_CHECKING:
    from .market import Segment
    from .model import Firm

IDLE, IN_WINDOW, CUSTOMER = "idle", "in_window", "customer"


class Prospect(mesa.Agent):
    """An account: idle, in the window of a need, or a customer of its rep."""

    def __init__(self, model: Firm, segment: Segment, index: int, position: int) -> None:
        super().__init__(model)
        self.segment = segment
        self.index = index
        self.position = position
        u = self.draw(streams.TRAITS, 0, 0)
        self.fit = u[0]
        self.fit_score = streams.quantile(self.fit)
        self.pace = math.exp(model.scenario_of.market.pace_sd * streams.quantile(u[1]))
        self.rep = model.reps[math.floor(u[2] * len(model.reps))]
        self.viable = self.fit >= segment.least_fit
        self.state = IDLE
        self.episode = 0
        self.window_open = self.window_close = math.nan
        self.aware = False
        self.deal = self.stake = 0
        self.refuses_until = -math.inf
        self.lead: Lead | None = None
        self.leads = self.signals = self.orders = self.occasions = 0

    def draw(self, purpose: int, whom: int, occasion: int) -> tuple[float, float, float, float]:
        return self.model.draw(purpose, self.segment.number, self.index, whom, occasion)

    def begin(self) -> None:
        """At time 0: await signals, and be a customer or await a need."""
        model = self.model
        self.await_signal(0.0)
        u = self.draw(streams.START, 0, 0)
        if self.viable and u[0] < model.scenario_of.market.customer_share / (1.0 - self.segment.least_fit):
            self.become_customer(u[1] * model.scenario_of.customers.interval * HOURS_A_DAY)
        else:
            self.await_need(0.0)

    # Needs

    def await_need(self, since: float) -> None:
        """The next need comes after an exponential time."""
        hazard = self.segment.need_hazard
        if hazard > 0.0:
            u = self.draw(streams.NEED, 0, self.episode + 1)
            wait = -math.log(u[0]) / hazard * HOURS_A_YEAR
            self.model.write(since + wait, Kind.NEED_OPENS, self.position, self.episode)

    def need_opens(self, episode: int) -> None:
        """A buying episode begins; at most one channel brings us and the account together."""
        if self.episode != episode or self.state != IDLE:
            return
        model, scenario = self.model, self.model.scenario_of
        self.episode += 1
        self.state = IN_WINDOW
        window = scenario.market.window
        self.window_open = model.now
        self.window_close = model.now + window * HOURS_A_DAY
        u = self.draw(streams.EPISODE, 0, self.episode)
        self.aware = u[0] < self.segment.awareness
        s2 = math.log1p(scenario.market.deal_cv * scenario.market.deal_cv)
        value = scenario.market.deal_value * math.exp(math.sqrt(s2) * streams.quantile(u[1]) - s2 / 2.0)
        self.deal = cents(value)
        worth = scenario.market.reference_win * scenario.money.gross_margin * self.deal
        self.stake = math.floor(worth + 0.5) if self.viable else 0
        model.write(self.window_close, Kind.WINDOW_CLOSES, self.position, self.episode)
        if self.lead is not None:
            self.lead.comes_to_be_about_need()
            return
        u = self.draw(streams.CHANNELS, 0, self.episode)
        if self.aware:
            delay = -math.log(u[3]) * scenario.market.signal_delay * HOURS_A_DAY
            model.write(model.now + delay, Kind.RESPONDS, self.position, self.episode)
        elif u[0] < model.market.reach:
            model.write(model.now + u[2] * window * HOURS_A_DAY, Kind.HEARS, self.position, self.episode)
        elif self.viable and u[1] < model.market.found:
            model.write(model.now + u[2] * window * HOURS_A_DAY, Kind.IS_FOUND, self.position, self.episode)

    def can_become_lead(self, episode: int) -> bool:
        in_time = self.episode == episode and self.state == IN_WINDOW and self.lead is None
        return in_time and self.model.now >= self.refuses_until

    def responds(self, episode: int) -> None:
        if self.can_become_lead(episode):
            Lead(self, "inbound").opens()

    def hears(self, episode: int) -> None:
        if self.can_become_lead(episode):
            Lead(self, "campaign").opens()

    def is_found(self, episode: int) -> None:
        if self.can_become_lead(episode):
            Lead(self, "outbound").found_by(self.rep)

    def window_closes(self, episode: int) -> None:
        """The need is over; a lead that is no opportunity yet is lost, an opportunity waits for the decision."""
        if self.episode != episode or self.state != IN_WINDOW:
            return
        if self.lead is None:
            self.state = IDLE
            self.model.missed(self.stake)
            self.await_need(self.model.now)
        elif not self.lead.is_opportunity:
            u = self.draw(streams.DECISION, 0, self.episode)
            decides = u[0] < self.model.scenario_of.opportunity.decide
            self.lead.close(Outcome.LOST if decides else Outcome.NO_DECISION, self.lead.silence())

    # Signals without need

    def await_signal(self, since: float) -> None:
        hazard = self.segment.signal_hazard
        if hazard > 0.0:
            u = self.draw(streams.NOISE, 0, self.signals)
            wait = -math.log(u[0]) / hazard * HOURS_A_YEAR
            self.model.write(since + wait, Kind.SIGNALS, self.position, self.signals)

    def signals_now(self, signals: int) -> None:
        """An idle account that thinks of us may ask for something without a need."""
        if self.signals != signals:
            return
        u = self.draw(streams.NOISE, 1, self.signals)
        self.signals += 1
        free = self.state == IDLE and self.lead is None and self.model.now >= self.refuses_until
        if free and u[0] < self.segment.awareness:
            Lead(self, "signal").opens()
        self.await_signal(self.model.now)

    # The buyer's decision

    def readiness(self, time: float) -> float:
        """How ripe the moment is: 1 in the middle of the window, 0 at its ends and outside."""
        if not self.window_open <= time <= self.window_close:
            return 0.0
        x = (time - self.window_open) / (self.window_close - self.window_open)
        return 4.0 * x * (1.0 - x)

    def decide(self, lead: Lead) -> None:
        """The choice between us, a rival and nothing, once per episode."""
        model, o = self.model, self.model.scenario_of.opportunity
        us = (
            logit(o.win)
            + self.segment.win_shift
            + o.weight_fit * (self.fit - 0.5)
            + o.weight_value * model.scenario_of.product.uniqueness * (model.knowledge.value_proposition - 0.5)
            + o.weight_skill * (lead.owner.skill - 0.5)
            + o.weight_message * (model.knowledge.field_knowledge - 0.5)
            + o.weight_care * (lead.attended / lead.reviews - 1.0)
            + o.weight_timing * (lead.timing - 0.5)
            + model.scenario_of.product.quality
        )
        appeal = math.log1p(math.exp(us)) - math.log1p(math.exp(logit(o.win)))
        u = self.draw(streams.DECISION, 0, self.episode)
        if not lead.viable or u[0] >= logistic(logit(o.decide) + o.decide_slope * appeal):
            lead.close(Outcome.NO_DECISION, None)
        elif u[1] < logistic(us) * self.speed(lead):
            self.is_won(lead)
        else:
            lead.close(Outcome.LOST, "too_late" if u[1] < logistic(us) else None)

    def speed(self, lead: Lead) -> float:
        """What is left of the chance of a hand-raiser who had to wait."""
        if lead.origin != "inbound":
            return 1.0
        c = self.model.scenario_of.contact
        return (1.0 - c.speed_floor) * math.exp(-c.speed_decay * (lead.first_touch - lead.created)) + c.speed_floor

    # Customers

    def is_won(self, lead: Lead) -> None:
        lead.close(Outcome.WON, None)
        self.model.ledger.revenue_new += self.deal
        lead.owner.credit("new_revenue", self.deal / 100.0)
        lead.owner.credit("wins", 1.0)
        self.become_customer(self.model.now + self.model.scenario_of.customers.interval * HOURS_A_DAY)

    def become_customer(self, due: float) -> None:
        self.state = CUSTOMER
        self.orders = 0
        self.rep.customers += 1
        self.model.write(due, Kind.ORDER_DUE, self.position, self.occasions)

    def order_due(self, occasions: int) -> None:
        """Orders again, or leaves; more likely the former where the rep cares."""
        if self.occasions != occasions:
            return
        model, customers = self.model, self.model.scenario_of.customers
        self.occasions += 1
        u = self.draw(streams.ORDER, 0, self.occasions)
        if u[0] < logistic(logit(customers.repeat) + customers.care_weight * (self.rep.care - 1.0)):
            self.orders += 1
            order = cents(customers.order_value * (1.0 + customers.upsell) ** self.orders)
            model.ledger.revenue_repeat += order
            self.rep.credit("repeat_revenue", order / 100.0)
            model.write(model.now + customers.interval * HOURS_A_DAY, Kind.ORDER_DUE, self.position, self.occasions)
        else:
            self.state = IDLE
            self.rep.customers -= 1
            model.month.lost_customers += 1
            self.await_need(model.now)
