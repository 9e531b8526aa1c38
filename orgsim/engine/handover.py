"""Leads from marketing to sales: opened, scored, handed over, queued, closed."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note, schedule
from orgsim.engine.compile import rule
from orgsim.engine.needs import await_need, stake_of
from orgsim.engine.records import (
    ACTIVATION,
    ASIDE,
    BRAND,
    CAMPAIGN,
    CLOSED,
    DROPPED,
    ENTERS_QUEUE,
    FAIR,
    HANDED,
    HANDED_OVER,
    HELD_BACK,
    HOURS_PER_DAY,
    IDLE,
    IN_WINDOW,
    LAPSED,
    LOSES_PATIENCE,
    MQLS,
    NO_BELIEF,
    NO_CAPACITY,
    NO_OWNER,
    NOTE_CLOSED,
    NOTE_HANDED,
    NOTE_LEAD,
    NOTE_RETURNED,
    NURTURED,
    OPEN_OPPORTUNITY,
    QUALIFY,
    QUEUED,
    RESCORED,
    SHELF_LIFE_ENDS,
    SIGNAL,
    SIGNAL_FADES,
    SLA_ENDS,
    WON,
)
from orgsim.engine.routing import routed
from orgsim.engine.streams import exponential, normal_quantile, uniforms
from orgsim.engine.teams import clarity


@rule
def new_lead(w, day, i, time, origin):
    """Write down a lead: one episode, or one signal without need, of one account.

    Its number among the account's (twice the episode's, or one more than twice the signal's) keys its luck, so that
    an arm with more leads gives the same luck to those it shares with another.
    """
    prospect = w.prospects[i]
    firm = w.firm[0]
    k = firm.leads
    firm.leads = k + 1
    w.months[w.month_of[day]].leads += 1
    lead = w.leads[k]
    prospect.lead = k
    prospect.leads += 1
    lead.prospect = i
    lead.ordinal = 2 * prospect.episode if prospect.state == IN_WINDOW else 2 * prospect.signals + 1
    lead.origin = origin
    lead.created = time
    lead.handed_over = math.nan
    lead.first_touch = math.nan
    lead.accepted = math.nan
    lead.opportunity = math.nan
    lead.closed = math.nan
    lead.queued = math.nan
    lead.workable = math.nan
    lead.score = math.nan
    lead.timing = math.nan
    lead.info = 0.0
    lead.owner = -1
    lead.left = -1
    lead.right = -1
    lead.episode = -1
    lead.status = NURTURED
    lead.deal = 0
    lead.value = 0
    lead.viable = 0
    if prospect.state == IN_WINDOW:
        lead.episode = prospect.episode
        lead.deal = prospect.deal
        lead.value = stake_of(w.p[0], prospect)
        lead.viable = prospect.viable
    return k


@rule
def open_lead(w, day, i, time, origin):
    """A first identifiable response: marketing opens a lead and scores it."""
    k = new_lead(w, day, i, time, origin)
    note(w, time, NOTE_LEAD, i, k, -1, 0)
    p = w.p[0]
    score = score_lead(w, k)
    today = w.days[day]
    today.raw += 1.0
    today.scores += score
    today.squares += score * score
    if origin == SIGNAL:
        schedule(w, day, time + p.market_signal_life * HOURS_PER_DAY, SIGNAL_FADES, k, 0)
    hand_over_or_nurture(w, day, k, time)


@rule
def score_lead(w, k):
    """Score = criterion + noise / sqrt(1 + information); criterion = kappa v + sqrt(1 - kappa^2) eta (theory 1.4).

    v, the value sales sees, is the normal score of the account's fit, lowered where there is no need; eta persists
    for the lead, the noise is new at each scoring.
    """
    lead = w.leads[k]
    prospect = w.prospects[lead.prospect]
    p, firm = w.p[0], w.firm[0]
    lead.info += firm.info
    u_eta, _, _, _ = uniforms(firm, streams.SCORE, prospect.segment, prospect.index, lead.ordinal, 0)
    u_noise, _, _, _ = uniforms(firm, streams.SCORE, prospect.segment, prospect.index, lead.ordinal, lead.scored + 1)
    value = normal_quantile(prospect.fit) - (p.lead_need_gap if lead.episode < 0 else 0.0)
    kappa = firm.definition
    noise = p.lead_noise / math.sqrt(1.0 + lead.info) * normal_quantile(u_noise)
    lead.scored += 1
    lead.score = kappa * value + math.sqrt(1.0 - kappa * kappa) * normal_quantile(u_eta) + noise
    return lead.score


@rule
def hand_over_or_nurture(w, day, k, time):
    """A lead whose score passes the threshold in force goes to sales, at the next hand-over; the others wait."""
    lead = w.leads[k]
    p, firm = w.p[0], w.firm[0]
    if lead.score < firm.threshold:
        schedule(w, day, time + p.lead_rescore * HOURS_PER_DAY, RESCORED, k, lead.scored)
        return
    batch = p.contact_batch
    due = math.ceil(time / batch) * batch if batch > 0.0 else time
    if due > time:
        schedule(w, day, due, HANDED_OVER, k, lead.scored)
    else:
        hand_over(w, day, k, time)


@rule
def in_charge(w, seat):
    """The rep who answers for a seat's leads: its holder, or while it is empty the holder of the next filled seat."""
    for n in range(w.reps.size):
        r = (seat + n) % w.reps.size
        if not w.reps[r].vacant:
            return np.int64(r)
    return np.int64(seat)


@rule
def hand_over(w, day, k, time):
    """The lead is sales' now, if nothing ended it while it waited for the hand-over: an MQL, counted once."""
    lead = w.leads[k]
    if lead.status != NURTURED:
        return
    p, firm = w.p[0], w.firm[0]
    prospect = w.prospects[lead.prospect]
    first = math.isnan(lead.handed_over)
    lead.status = HANDED
    lead.owner = in_charge(w, routed(w, prospect, lead))
    if first:
        lead.handed_over = time
        w.months[w.month_of[day]].mqls += 1
        w.reps[lead.owner].tally[MQLS] += 1.0
        credit_marketing(p, firm.mql_credit, lead.origin, 1.0)
    u_dispute, u_sight, _, u_patience = uniforms(
        firm, streams.ATTENTION, prospect.segment, prospect.index, lead.ordinal, 0
    )
    arm = w.arm[0]
    disputed = first and u_dispute < p.contact_dispute_share * (1.0 - clarity(w))
    w.months[w.month_of[day]].disputed += disputed
    lead.given = time
    lead.workable = time + (arm.settlement * HOURS_PER_DAY if disputed else 0.0)
    lead.key = math.exp(p.belief_salience)
    if u_sight < arm.visibility:
        lead.key *= perceived_worth(w, lead.score) * perceived_moment(w, lead, prospect, time)
    if p.contact_double > 0.0:
        _, u_double, _, _ = uniforms(firm, streams.ROUTING, prospect.segment, prospect.index, lead.ordinal, 0)
        lead.doubled = u_double < p.contact_double * (1.0 - clarity(w))
    note(w, time, NOTE_HANDED, lead.prospect, k, lead.owner, 0)
    schedule(w, day, lead.workable, ENTERS_QUEUE, k, lead.touches)
    schedule(w, day, time + p.contact_shelf_life * HOURS_PER_DAY, SHELF_LIFE_ENDS, k, lead.returned)
    if arm.sla < math.inf:
        schedule(w, day, lead.workable + arm.sla, SLA_ENDS, k, lead.returned)
    if not first:
        return
    patience = p.contact_patience * (1.0 - p.contact_patience_cv + p.contact_patience_cv * exponential(u_patience))
    schedule(w, day, time + patience * HOURS_PER_DAY, LOSES_PATIENCE, k, 0)


@rule
def credit_marketing(p, credit, origin, amount):
    """What marketers see as the yield of their hours: a part to qualification, the last touch, the rest to where the
    lead came from; insight and enablement leave no trace (D27-31)."""
    credit[QUALIFY] += p.learning_last_touch * amount
    credit[ACTIVATION if origin == CAMPAIGN else BRAND] += (1.0 - p.learning_last_touch) * amount


@rule
def perceived_worth(w, score):
    """What a visible score multiplies a rep's belief by: exp(trust x score), the score as it comes."""
    p = w.p[0]
    return math.exp(p.belief_score_trust * max(-p.belief_score_limit, min(p.belief_score_limit, score)))


@rule
def readiness(prospect, time):
    """How ready the buyer is: none before the need and after it, most half-way through the window."""
    if not prospect.window_open <= time <= prospect.window_close:
        return 0.0
    x = (time - prospect.window_open) / (prospect.window_close - prospect.window_open)
    return 4.0 * x * (1.0 - x)


@rule
def perceived_moment(w, lead, prospect, time):
    """What a visible moment of the buying process multiplies that belief by (D52): exp(trust x (readiness - 1/2))."""
    trust = w.p[0].belief_timing_trust
    if trust <= 0.0:
        return 1.0
    return math.exp(trust * ((readiness(prospect, time) if lead.episode >= 0 else 0.0) - 0.5))


@rule
def rescored(w, day, k, time, scored):
    """A lead in nurture is looked at again, with what has been learned meanwhile."""
    lead = w.leads[k]
    if lead.status == NURTURED and lead.scored == scored:
        score_lead(w, k)
        hand_over_or_nurture(w, day, k, time)


@rule
def first_in_line(w, a, b):
    """Whether lead a is worked before lead b: higher perceived value, then longer in line, then lower account."""
    x, y = w.leads[a], w.leads[b]
    if x.key != y.key:
        return x.key > y.key
    if x.queued != y.queued:
        return x.queued < y.queued
    return x.prospect < y.prospect


@rule
def join(w, a, b):
    """Merge two lines of leads (top-down skew heaps, Sleator and Tarjan 1986); returns the head."""
    head = -1
    above = -1
    while a >= 0 and b >= 0:
        if first_in_line(w, b, a):
            a, b = b, a
        if above < 0:
            head = a
        else:
            w.leads[above].left = a
        lead = w.leads[a]
        rest = np.int64(lead.right)
        lead.right = lead.left
        above = a
        a = rest
    tail = a if a >= 0 else b
    if above < 0:
        return tail
    w.leads[above].left = tail
    return head


@rule
def stand_in_line(w, rep, k, time):
    """Put a lead into a rep's line (or the common line, which is the first rep's)."""
    lead = w.leads[k]
    lead.status = QUEUED
    lead.queued = time
    lead.line = rep.index
    lead.left = -1
    lead.right = -1
    rep.queue = join(w, np.int64(rep.queue), np.int64(k))
    w.firm[0].queued += 1


@rule
def leave_line(w, rep):
    """Take the first lead out of a rep's line."""
    k = np.int64(rep.queue)
    lead = w.leads[k]
    rep.queue = join(w, np.int64(lead.left), np.int64(lead.right))
    return k


@rule
def close_lead(w, day, k, time, outcome, cause):
    """Close a lead with its one outcome and, if it was viable and not won, its one cause; the account moves on."""
    lead = w.leads[k]
    prospect = w.prospects[lead.prospect]
    firm = w.firm[0]
    if lead.status == QUEUED:
        firm.queued -= 1
    if lead.status == OPEN_OPPORTUNITY:
        firm.opportunities -= 1
        if lead.stage == w.p[0].opportunity_stages - 1:
            firm.late_opportunities -= 1
    lead.status = CLOSED
    lead.closed = time
    lead.outcome = outcome
    lead.cause = cause if lead.viable and outcome != WON else FAIR
    prospect.lead = -1
    note(w, time, NOTE_CLOSED, lead.prospect, k, lead.owner, outcome)
    if prospect.state == IN_WINDOW and outcome != WON:
        prospect.state = IDLE
        await_need(w, day, lead.prospect, max(time, prospect.window_close))


@rule
def cause_of_silence(w, lead, time):
    """Why a viable lead that closes before an opportunity was wasted (theory 3), or that the loss was fair."""
    prospect = w.prospects[lead.prospect]
    p = w.p[0]
    if lead.status == NURTURED and lead.returned and not prospect.window_open > lead.given:
        return lead.blamed
    if lead.status == NURTURED:
        ready_since = max(lead.created, prospect.window_open)
        return HELD_BACK if time - ready_since >= p.lead_ready * HOURS_PER_DAY else FAIR
    if lead.touches > lead.tried:
        return DROPPED if lead.touches - lead.tried < p.contact_attempts else FAIR
    if lead.status == ASIDE:
        return NO_BELIEF
    if lead.status == HANDED or lead.workable - lead.given > time - lead.workable:
        return NO_OWNER
    return NO_CAPACITY


@rule
def signal_fades(w, day, k, time, returned):
    """A signal without need that nobody took up is filed away."""
    lead = w.leads[k]
    if lead.returned == returned and lead.status == NURTURED and lead.episode < 0:
        close_lead(w, day, k, time, LAPSED, FAIR)


@rule
def give_up(w, day, k, time, outcome, cause):
    """Sales gives a lead up: it is closed, or goes back to marketing once, if rights allow."""
    lead = w.leads[k]
    if w.arm[0].recycle > 0.0 and lead.returned == 0:
        prospect = w.prospects[lead.prospect]
        _, _, u, _ = uniforms(w.firm[0], streams.ROUTING, prospect.segment, prospect.index, lead.ordinal, 0)
        if u < w.arm[0].recycle:
            return_to_nurture(w, day, k, time)
            return
    close_lead(w, day, k, time, outcome, cause)


@rule
def return_to_nurture(w, day, k, time):
    """Marketing has the lead again, and looks at it anew after the usual time."""
    lead = w.leads[k]
    p = w.p[0]
    lead.blamed = cause_of_silence(w, lead, time)
    lead.status = NURTURED
    lead.returned = 1
    lead.tried = lead.touches
    w.months[w.month_of[day]].returned += 1
    note(w, time, NOTE_RETURNED, lead.prospect, k, -1, 0)
    schedule(w, day, time + p.lead_rescore * HOURS_PER_DAY, RESCORED, k, lead.scored)
    if lead.episode < 0:
        schedule(w, day, time + p.market_signal_life * HOURS_PER_DAY, SIGNAL_FADES, k, 1)
