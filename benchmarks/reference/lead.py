"""Leads: scored and handed over by marketing, worked by sales, closed once (ODD, sections 7.2, 7.3 and 7.7)."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

from . import streams
from .agenda import Kind
from .dates import HOURS_A_DAY
from .formulas import within

if TYPE_CHECKING:
    from .prospect import Prospect
    from .rep import Rep


class Status(StrEnum):
    NURTURED = "nurtured"
    HANDED = "handed"
    QUEUED = "queued"
    SET_ASIDE = "set_aside"
    CALLED = "called"
    OPPORTUNITY = "opportunity"
    CLOSED = "closed"


class Outcome(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost_rival"
    NO_DECISION = "no_decision"
    DISQUALIFIED = "disqualified"
    REFUSED = "refused"
    LAPSED = "lapsed"


class Lead:
    """One episode, or one signal without need, of one account."""

    __slots__ = (
        "accepted",
        "account",
        "attended",
        "cared",
        "cause",
        "closed",
        "created",
        "deal",
        "episode",
        "eta",
        "first_touch",
        "handed_over",
        "info",
        "key",
        "model",
        "number",
        "opportunity",
        "ordinal",
        "origin",
        "outcome",
        "owner",
        "queued",
        "reviews",
        "score",
        "scored",
        "stage",
        "status",
        "timing",
        "touches",
        "value",
        "viable",
        "workable",
    )  # fmt: skip

    def __init__(self, account: Prospect, origin: str) -> None:
        self.account = account
        self.model = account.model
        self.number = len(self.model.leads)
        self.origin = origin
        about_need = origin != "signal"
        self.ordinal = 2 * account.episode if about_need else 2 * account.signals + 1
        self.episode = -1
        self.viable, self.deal, self.value = False, 0, 0
        self.status = Status.NURTURED
        self.created = self.model.now
        self.handed_over = self.workable = self.queued = self.first_touch = math.nan
        self.accepted = self.opportunity = self.closed = self.timing = self.cared = math.nan
        self.score = self.key = self.eta = math.nan
        self.info = 0.0
        self.scored = self.touches = self.stage = self.reviews = self.attended = 0
        self.owner: Rep | None = None
        self.outcome = Outcome.OPEN
        self.cause: str | None = None
        self.model.leads.append(self)
        account.lead = self
        account.leads += 1
        if about_need:
            self.comes_to_be_about_need()

    def comes_to_be_about_need(self) -> None:
        """From now on the lead is about the account's present episode."""
        account = self.account
        self.episode, self.deal, self.value, self.viable = account.episode, account.deal, account.stake, account.viable

    @property
    def about_need(self) -> bool:
        return self.episode != -1

    @property
    def is_opportunity(self) -> bool:
        return self.status == Status.OPPORTUNITY

    def draw(self, purpose: int, occasion: int = 0) -> tuple[float, float, float, float]:
        return self.account.draw(purpose, self.ordinal, occasion)

    # Marketing

    def opens(self) -> None:
        """A lead of marketing's: scored at once; one without need fades after a while."""
        self.eta = streams.quantile(self.draw(streams.SCORE, 0)[0])
        if not self.about_need:
            life = self.model.scenario_of.market.signal_life * HOURS_A_DAY
            self.model.write(self.model.now + life, Kind.SIGNAL_FADES, self.number, 0)
        self.is_scored()

    def is_scored(self) -> None:
        """Marketing's view of the lead; from the threshold on it is handed over, else it is nurtured."""
        model, p = self.model, self.model.scenario_of.lead
        self.scored += 1
        self.info += model.knowledge.info
        kappa = model.definition
        v = self.account.fit_score - (0.0 if self.about_need else p.need_gap)
        noise = streams.quantile(self.draw(streams.SCORE, self.scored)[0])
        self.score = (
            kappa * v + math.sqrt(1.0 - kappa * kappa) * self.eta + p.noise / math.sqrt(1.0 + self.info) * noise
        )
        if self.scored == 1:
            model.raw.add(model.day, self.score)
        if self.score < model.threshold:
            model.write(model.now + p.rescore * HOURS_A_DAY, Kind.IS_SCORED_AGAIN, self.number, self.scored)
            return
        batch = model.scenario_of.contact.batch
        at = math.ceil(model.now / batch) * batch if batch > 0.0 else model.now
        if at > model.now:
            model.write(at, Kind.IS_HANDED_OVER, self.number, self.scored)
        else:
            self.is_handed_over(self.scored)

    def is_scored_again(self, scored: int) -> None:
        if self.status == Status.NURTURED and self.scored == scored:
            self.is_scored()

    def is_handed_over(self, _: int) -> None:
        """From marketing to the account's rep, who may dispute whose it is."""
        if self.status != Status.NURTURED:
            return
        model, contact, belief = self.model, self.model.scenario_of.contact, self.model.scenario_of.belief
        now = self.handed_over = model.now
        self.status = Status.HANDED
        self.owner = self.account.rep
        self.owner.credit("mqls", 1.0)
        model.month.mqls += 1
        u = self.draw(streams.ATTENTION)
        disputed = u[0] < contact.dispute_share
        self.workable = now + (model.arm.settlement * HOURS_A_DAY if disputed else 0.0)
        self.key = math.exp(belief.salience)
        if u[1] < model.arm.visibility:
            score = within(-belief.score_limit, self.score, belief.score_limit)
            ripe = self.account.readiness(now) if self.about_need else 0.0
            self.key *= math.exp(belief.score_trust * score) * math.exp(belief.timing_trust * (ripe - 0.5))
        model.write(self.workable, Kind.ENTERS_QUEUE, self.number, self.touches)
        model.write(now + contact.shelf_life * HOURS_A_DAY, Kind.SHELF_LIFE_ENDS, self.number, 0)
        spread = 1.0 - contact.patience_cv + contact.patience_cv * -math.log(u[3])
        model.write(now + contact.patience * spread * HOURS_A_DAY, Kind.LOSES_PATIENCE, self.number, 0)

    # Sales

    def enters_queue(self, touches: int) -> None:
        if self.touches == touches and self.status in (Status.HANDED, Status.CALLED):
            self.status = Status.QUEUED
            self.queued = self.model.now
            line = self.owner.line
            line.add(self)
            line.serve()

    def found_by(self, rep: Rep) -> None:
        """A rep has found the account by prospecting: an opportunity at once."""
        self.first_touch = self.accepted = self.model.now
        self.touches = 1
        self.owner = rep
        self.timing = self.account.readiness(self.model.now)
        self.becomes_opportunity()

    def becomes_opportunity(self) -> None:
        model, rep = self.model, self.owner
        self.status = Status.OPPORTUNITY
        self.opportunity = self.cared = model.now
        rep.credit("opportunities", 1.0)
        rep.credit("pipeline", self.deal / 100.0)
        if self.origin != "outbound":
            rep.credit("sourced_pipeline", self.deal / 100.0)
        model.month.opportunities += 1
        model.open_opportunities += 1
        self.enters_stage(0)
        self.awaits_review()

    def enters_stage(self, stage: int) -> None:
        self.stage = stage
        if stage == self.model.last_stage:
            self.model.late_opportunities += 1

    def awaits_review(self) -> None:
        review = self.model.scenario_of.opportunity.review * HOURS_A_DAY
        self.model.write(self.model.now + review, Kind.IS_REVIEWED, self.number, self.reviews)

    def is_reviewed(self, reviews: int) -> None:
        """A review: attended if the rep has gathered the hours; it moves on, dies, stays, or is lost to neglect."""
        if self.status != Status.OPPORTUNITY or self.reviews != reviews:
            return
        model, o = self.model, self.model.scenario_of.opportunity
        self.reviews += 1
        if self.owner.attends(self):
            self.attended += 1
            self.cared = model.now
            u = self.draw(streams.REVIEW, self.reviews)
            moves_on = 1.0 - (1.0 - o.advance[self.stage]) ** self.account.pace
            if u[0] < moves_on:
                if self.stage == model.last_stage:
                    self.account.decide(self)
                    return
                self.enters_stage(self.stage + 1)
            elif u[0] < moves_on + o.loss[self.stage]:
                self.close(Outcome.NO_DECISION, None)
                return
        elif model.now - self.cared >= o.neglect * HOURS_A_DAY - 1e-6:
            self.close(Outcome.LOST, "dropped")
            return
        self.awaits_review()

    # The end

    def loses_patience(self, _: int) -> None:
        if self.status != Status.CLOSED and self.touches == 0 and self.about_need:
            self.close(Outcome.LOST, self.silence())

    def shelf_life_ends(self, _: int) -> None:
        waits = self.status == Status.QUEUED and self.touches == 0
        if waits or self.status in (Status.HANDED, Status.SET_ASIDE):
            self.close(Outcome.LAPSED, self.silence())

    def signal_fades(self, _: int) -> None:
        if self.status == Status.NURTURED and not self.about_need:
            self.close(Outcome.LAPSED, None)

    def silence(self) -> str | None:
        """Why a lead was lost that nobody brought to a conversation: the first cause that holds."""
        now = self.model.now
        if self.status == Status.NURTURED:
            waited = now - max(self.created, self.account.window_open)
            return "held_back" if waited >= self.model.scenario_of.lead.ready * HOURS_A_DAY else None
        if self.touches > 0:
            return "dropped" if self.touches < self.model.scenario_of.contact.attempts else None
        if self.status == Status.SET_ASIDE:
            return "not_contacted_belief"
        if self.workable > now or self.workable - self.handed_over > now - self.workable:
            return "not_contacted_ownership"
        return "not_contacted_capacity"

    def close(self, outcome: Outcome, cause: str | None) -> None:
        """A lead closes once; a viable one that was not won keeps its cause, its account awaits another need."""
        model, account = self.model, self.account
        if self.status == Status.OPPORTUNITY:
            model.open_opportunities -= 1
            if self.stage == model.last_stage:
                model.late_opportunities -= 1
        self.status = Status.CLOSED
        self.closed = model.now
        self.outcome = outcome
        self.cause = cause if self.viable and outcome != Outcome.WON else None
        account.lead = None
        if outcome == Outcome.WON:
            model.month.won += 1
        elif account.state == "in_window":
            account.state = "idle"
            account.await_need(max(model.now, account.window_close))
