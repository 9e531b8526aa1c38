"""Prospects: need, awareness, the first response, and what becomes of a window in which nobody is reached."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note, schedule
from orgsim.engine.compile import rule
from orgsim.engine.handover import cause_of_silence, close_lead, open_lead
from orgsim.engine.needs import await_need, await_signal, stake_of
from orgsim.engine.records import (
    CLOSED,
    HEARS,
    HOURS_PER_DAY,
    IDLE,
    IN_WINDOW,
    IS_FOUND,
    LOST_RIVAL,
    NEVER,
    NO_DECISION,
    NOTE_MISSED,
    NOTE_NEED,
    OPEN_OPPORTUNITY,
    RESPONDS,
    SIGNAL,
    WINDOW_CLOSES,
)
from orgsim.engine.selling import take_up
from orgsim.engine.streams import exponential, normal_quantile, uniforms


@rule
def awareness(w, prospect):
    """Chance that the account thinks of us. Reading never writes: a lift above the segment's mean fades as it does."""
    segment = w.segments[prospect.segment]
    if prospect.lift == 0.0:
        return segment.awareness
    return max(0.0, min(1.0, segment.awareness + prospect.lift * segment.retained))


@rule
def need_opens(w, day, i, time):
    """A buying episode begins: its value, who is thought of, and how the account can come to us."""
    prospect = w.prospects[i]
    p, firm = w.p[0], w.firm[0]
    prospect.episode += 1
    prospect.state = IN_WINDOW
    prospect.window_open = time
    prospect.window_close = time + p.market_window * HOURS_PER_DAY
    u_aware, u_deal, _, _ = uniforms(firm, streams.EPISODE, prospect.segment, prospect.index, 0, prospect.episode)
    prospect.deal = deal_cents(p, u_deal)
    prospect.aware = u_aware < awareness(w, prospect)
    note(w, time, NOTE_NEED, i, prospect.lead, -1, stake_of(p, prospect))
    schedule(w, day, prospect.window_close, WINDOW_CLOSES, i, prospect.episode)
    if prospect.lead >= 0:
        meet_need(w, w.leads[prospect.lead], prospect)
        return
    u_campaign, u_found, u_moment, u_delay = uniforms(
        firm, streams.CHANNELS, prospect.segment, prospect.index, 0, prospect.episode
    )
    moment = time + u_moment * p.market_window * HOURS_PER_DAY
    if prospect.aware:
        delay = exponential(u_delay) * p.market_signal_delay * HOURS_PER_DAY
        schedule(w, day, time + delay, RESPONDS, i, prospect.episode)
    elif u_campaign < firm.reach:
        schedule(w, day, moment, HEARS, i, prospect.episode)
    elif prospect.viable and u_found < firm.found:
        schedule(w, day, moment, IS_FOUND, i, prospect.episode)


@rule
def deal_cents(p, u):
    """Value of a first order: lognormal with the given mean and coefficient of variation (A9)."""
    variance = math.log1p(p.market_deal_cv * p.market_deal_cv)
    value = p.market_deal_value * math.exp(math.sqrt(variance) * normal_quantile(u) - 0.5 * variance)
    return np.int64(math.floor(value * 100.0 + 0.5))


@rule
def meet_need(w, lead, prospect):
    """A need opens while a lead is open: the lead, whatever began it, is now about that need."""
    lead.episode = prospect.episode
    lead.deal = prospect.deal
    lead.value = stake_of(w.p[0], prospect)
    lead.viable = prospect.viable


@rule
def responds(w, day, i, time, episode, origin):
    """An account in its window comes forward, or a campaign reaches it: a lead, unless it has one or refuses us."""
    prospect = w.prospects[i]
    if prospect.episode == episode and prospect.state == IN_WINDOW and prospect.lead < 0:
        if time >= prospect.refuses_until:
            open_lead(w, day, i, time, origin)


@rule
def is_found(w, day, i, time, episode):
    """A rep's prospecting finds a silent account in its window: at once an opportunity of that rep's."""
    prospect = w.prospects[i]
    if prospect.episode == episode and prospect.state == IN_WINDOW and prospect.lead < 0:
        if time >= prospect.refuses_until:
            take_up(w, day, i, time)


@rule
def signals(w, day, i, time, count):
    """An account without need responds, if it knows us: a lead that is not viable, unless a need opens meanwhile."""
    prospect = w.prospects[i]
    if prospect.signals != count:
        return
    u, _, _, _ = uniforms(w.firm[0], streams.NOISE, prospect.segment, prospect.index, 1, count)
    prospect.signals += 1
    if prospect.state == IDLE and prospect.lead < 0 and time >= prospect.refuses_until:
        if u < awareness(w, prospect):
            open_lead(w, day, i, time, SIGNAL)
    await_signal(w, day, i, time)


@rule
def window_closes(w, day, i, time, episode):
    """The need ends without us: the buyer has gone to a rival or dropped it; an open lead closes with its cause."""
    prospect = w.prospects[i]
    if prospect.episode != episode or prospect.state != IN_WINDOW:
        return
    firm = w.firm[0]
    if prospect.lead < 0:
        prospect.state = IDLE
        if time >= firm.horizon_start:
            firm.missed_value += stake_of(w.p[0], prospect)
            firm.missed_count += prospect.viable
        note(w, time, NOTE_MISSED, i, -1, -1, stake_of(w.p[0], prospect))
        await_need(w, day, i, time)
        return
    lead = w.leads[prospect.lead]
    if lead.status == OPEN_OPPORTUNITY:
        return
    u, _, _, _ = uniforms(firm, streams.DECISION, prospect.segment, prospect.index, 0, prospect.episode)
    outcome = LOST_RIVAL if u < w.p[0].opportunity_decide else NO_DECISION
    close_lead(w, day, prospect.lead, time, outcome, cause_of_silence(w, lead, time))


@rule
def loses_patience(w, day, k, time):
    """A rival has the account before anybody of ours called (E3: leads go cold)."""
    lead = w.leads[k]
    if lead.status != CLOSED and lead.touches == 0 and lead.episode >= 0:
        close_lead(w, day, k, time, LOST_RIVAL, cause_of_silence(w, lead, time))


@rule
def begin_prospect(w, i):
    """Fixed traits and first occasions of an account, at the start of the warm-up."""
    prospect = w.prospects[i]
    p, firm = w.p[0], w.firm[0]
    segment = w.segments[prospect.segment]
    u_fit, u_pace, u_owner, _ = uniforms(firm, streams.TRAITS, prospect.segment, prospect.index, 0, 0)
    prospect.fit = u_fit
    prospect.pace = math.exp(p.market_pace_sd * normal_quantile(u_pace))
    prospect.owner = np.int64(u_owner * w.reps.size)
    prospect.viable = u_fit >= segment.least_fit
    prospect.lead = -1
    prospect.refuses_until = -NEVER
    await_signal(w, -1, i, 0.0)
