"""Reps: whom to call, the conversation, opportunities, the buyer's decision."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note, schedule
from orgsim.engine.compile import rule
from orgsim.engine.curves import logistic, logit
from orgsim.engine.customers import win
from orgsim.engine.handover import (
    cause_of_silence,
    close_lead,
    give_up,
    in_charge,
    leave_line,
    new_lead,
    readiness,
    stand_in_line,
)
from orgsim.engine.needs import lift_of
from orgsim.engine.product import appeal_of_product
from orgsim.engine.records import (
    ASIDE,
    BURNED,
    CALLED,
    DAYS_PER_YEAR,
    DISQUALIFIED,
    DROPPED,
    ENTERS_QUEUE,
    FAIR,
    HANDED,
    HOURS_PER_DAY,
    INBOUND,
    LAPSED,
    LOST_RIVAL,
    NEVER,
    NO_DECISION,
    NOTE_ACCEPTED,
    NOTE_ASIDE,
    NOTE_ATTEMPT,
    NOTE_LEAD,
    NOTE_OPPORTUNITY,
    NOTE_PULLED,
    NOTE_PUSHED,
    OPEN_OPPORTUNITY,
    OPPORTUNITIES,
    OUTBOUND,
    PIPELINE,
    PUSHED,
    QUEUED,
    REFUSED,
    REP_FREE,
    REP_OPPORTUNITIES,
    REVIEWED,
    SOURCED_PIPELINE,
    SQLS,
    TOO_LATE,
    WORK_WEEK,
)
from orgsim.engine.streams import exponential, uniforms
from orgsim.engine.teams import skill_of
from orgsim.engine.timing import next_period, pulls, pushes

# Whom to call ------------------------------------------------------------------------------------------------------


@rule
def enters_queue(w, day, k, time):
    """A lead with a clear owner, or a due next attempt, gets in line."""
    lead = w.leads[k]
    if lead.status == HANDED or lead.status == CALLED:
        line = w.reps[0 if w.p[0].contact_pooled > 0.0 else in_charge(w, lead.owner)]
        stand_in_line(w, line, k, time)
        serve_line(w, day, line, time)


@rule
def can_start(w, rep):
    """When a rep can start the next call: not before the last one ends, nor far ahead of the hours planned for leads.

    The planned share of the week is a leaky bucket: each call of s hours moves `earliest` on by s / share, and a rep
    may run ahead of it by the burst. With all hours on leads and no burst this is a plain server.
    """
    if rep.share <= 0.0:
        return NEVER
    return max(rep.busy_until, rep.earliest - w.p[0].contact_burst)


@rule
def serve_line(w, day, line, time):
    """Let reps who can start now take leads from a line; wake the first who can start later if leads still wait."""
    pooled = w.p[0].contact_pooled > 0.0
    first = 0 if pooled else line.index
    last = w.reps.size if pooled else line.index + 1
    while line.queue >= 0:
        chosen = first
        for r in range(first, last):
            if can_start(w, w.reps[r]) < can_start(w, w.reps[chosen]):
                chosen = r
        rep = w.reps[chosen]
        start = can_start(w, rep)
        if start > time:
            if start < rep.wakes:
                rep.wakes = start
                schedule(w, day, start, REP_FREE, chosen, line.index)
            return
        k = leave_line(w, line)
        if w.leads[k].status == QUEUED:
            w.firm[0].queued -= 1
            if w.leads[k].touches > w.leads[k].tried or worth_a_call(w, rep, k):
                call(w, day, rep, k, time)
            else:
                w.leads[k].status = ASIDE
                note(w, time, NOTE_ASIDE, w.leads[k].prospect, k, rep.index, 0)


@rule
def rep_free(w, day, r, time, line):
    """A rep who was waited for can start a call."""
    w.reps[r].wakes = NEVER
    serve_line(w, day, w.reps[line], time)


@rule
def success_rate(w, rep):
    """A rep's belief that a lead of marketing is good: mean of a Beta distribution (E5)."""
    p = w.p[0]
    good = p.belief_prior_good + rep.good
    return good / (good + (p.belief_prior_bad + rep.bad))


@rule
def worth_a_call(w, rep, k):
    """Whether the lead's perceived success rate reaches what the hour is worth elsewhere; a few are tried anyway."""
    lead = w.leads[k]
    p = w.p[0]
    if success_rate(w, rep) * lead.key >= p.belief_alternative:
        return True
    prospect = w.prospects[lead.prospect]
    _, _, u_explore, _ = uniforms(w.firm[0], streams.ATTENTION, prospect.segment, prospect.index, lead.ordinal, 0)
    return u_explore < p.belief_exploration


@rule
def call(w, day, rep, k, time):
    """One attempt. Reached, the account talks; not reached, it is called again after the gap, up to the limit."""
    lead = w.leads[k]
    prospect = w.prospects[lead.prospect]
    p = w.p[0]
    if lead.touches == 0:
        lead.first_touch = time
        w.months[w.month_of[day]].attempted += 1
    lead.touches += 1
    lead.owner = rep.index
    lead.status = CALLED
    u_reach, u_time, u_burn, u_accept = uniforms(
        w.firm[0], streams.CONTACT, prospect.segment, prospect.index, lead.ordinal, lead.touches
    )
    reached = u_reach < p.contact_reach
    w.segments[prospect.segment].attempts += 1.0
    note(w, time, NOTE_ATTEMPT, lead.prospect, k, rep.index, 1 if reached else 0)
    mean = p.contact_attempt_time + (p.contact_talk_time if reached else 0.0)
    if lead.doubled:
        mean *= 2.0  # two call the account, and each takes the time
    took = mean * (1.0 - p.contact_time_cv + p.contact_time_cv * exponential(u_time)) / rep.pace
    rep.busy_until = time + took
    rep.earliest = max(rep.earliest, time) + took / rep.share
    rep.lead_hours += took
    if reached:
        talk(w, day, rep, k, time, u_burn, u_accept)
    elif lead.touches - lead.tried >= p.contact_attempts:
        give_up(w, day, k, time, LAPSED, FAIR)
    else:
        schedule(w, day, time + took + p.contact_gap, ENTERS_QUEUE, k, lead.touches)


@rule
def talk(w, day, rep, k, time, u_burn, u_accept):
    """The first conversation: it may burn the lead; else the rep learns whether it is good, and takes it or not."""
    lead = w.leads[k]
    prospect = w.prospects[lead.prospect]
    p, firm = w.p[0], w.firm[0]
    lead.timing = readiness(prospect, time) if lead.episode >= 0 else 0.0
    if u_burn < p.contact_burn * (1.0 - lead.timing) * (2.0 if lead.doubled else 1.0):
        prospect.refuses_until = time + p.contact_burn_memory * HOURS_PER_DAY * DAYS_PER_YEAR / 12.0
        close_lead(w, day, k, time, REFUSED, BURNED)
        warn(w, prospect, lead.ordinal)
        return
    if u_accept < (p.contact_accept_good if lead.viable else p.contact_accept_bad):
        rep.good += 1.0
        firm.good_events += 1.0
        lead.accepted = time
        w.months[w.month_of[day]].sqls += 1
        rep.tally[SQLS] += 1.0
        note(w, time, NOTE_ACCEPTED, lead.prospect, k, rep.index, 0)
        u_meeting, _, _, _ = uniforms(firm, streams.MEETING, prospect.segment, prospect.index, lead.ordinal, 0)
        if u_meeting < p.opportunity_meeting:
            open_opportunity(w, day, rep, k, time)
        else:
            close_lead(w, day, k, time, NO_DECISION, FAIR)
    else:
        rep.bad += 1.0
        firm.bad_events += 1.0
        if lead.episode < 0:
            give_up(w, day, k, time, DISQUALIFIED, DROPPED)  # no need now: it may come back when there is one
        else:
            close_lead(w, day, k, time, DISQUALIFIED, DROPPED)


@rule
def warn(w, prospect, ordinal):
    """A burned account may warn another of its segment, which thinks of us no more until it forgets that."""
    if w.p[0].customers_warnings <= 0.0:
        return
    segment = w.segments[prospect.segment]
    u, u_whom, _, _ = uniforms(w.firm[0], streams.WORD, prospect.segment, prospect.index, 1, ordinal)
    if u < w.p[0].customers_warnings:
        friend = w.prospects[segment.first + np.int64(u_whom * segment.reach)]
        friend.lift = lift_of(segment, -segment.awareness)


@rule
def shelf_life_ends(w, day, k, time, returned):
    """Nobody has called in time: the lead lapses, for want of capacity, of belief or of a clear owner."""
    lead = w.leads[k]
    if lead.returned != returned:
        return
    if lead.status == HANDED or lead.status == ASIDE or (lead.status == QUEUED and lead.touches == lead.tried):
        close_lead(w, day, k, time, LAPSED, cause_of_silence(w, lead, time))


# Opportunities -----------------------------------------------------------------------------------------------------


@rule
def take_up(w, day, i, time):
    """A rep's own find: an opportunity at once; finding, contact and meeting were one effort (10 h in theory 5)."""
    k = new_lead(w, day, i, time, OUTBOUND)
    lead = w.leads[k]
    prospect = w.prospects[i]
    owner = in_charge(w, prospect.owner)
    note(w, time, NOTE_LEAD, i, k, owner, 0)
    lead.first_touch = time
    lead.accepted = time
    lead.touches = 1
    lead.timing = readiness(prospect, time)
    open_opportunity(w, day, w.reps[owner], k, time)


@rule
def open_opportunity(w, day, rep, k, time):
    """An amount, an expected date and one meeting held: from now on the buyer's process sets the pace."""
    lead = w.leads[k]
    firm = w.firm[0]
    lead.owner = rep.index
    lead.status = OPEN_OPPORTUNITY
    lead.opportunity = time
    lead.cared = time
    firm.opportunities += 1
    w.months[w.month_of[day]].new_opportunities += 1
    rep.tally[OPPORTUNITIES] += 1.0
    rep.tally[PIPELINE] += lead.deal / 100.0
    if lead.origin != OUTBOUND:
        rep.tally[SOURCED_PIPELINE] += lead.deal / 100.0
    enter_stage(w, lead, 0)
    note(w, time, NOTE_OPPORTUNITY, lead.prospect, k, rep.index, lead.deal)
    schedule(w, day, time + w.p[0].opportunity_review * HOURS_PER_DAY, REVIEWED, k, 0)


@rule
def enter_stage(w, lead, stage):
    """The opportunity is in a stage; those in the last one are late opportunities, which escalate to leaders."""
    lead.stage = stage
    if stage == w.p[0].opportunity_stages - 1:
        w.firm[0].late_opportunities += 1


@rule
def attend(w, rep, hours, time):
    """Whether the rep has the hours for a review now. Planned hours gather, up to those of a week."""
    per_hour = rep.hours[REP_OPPORTUNITIES] / WORK_WEEK
    gathered = rep.closing_balance + per_hour * (time - rep.closing_since)
    rep.closing_balance = min(gathered, max(rep.hours[REP_OPPORTUNITIES], hours))
    rep.closing_since = time
    if rep.closing_balance < hours:
        return False
    rep.closing_balance -= hours
    rep.closing_hours += hours
    return True


@rule
def reviewed(w, day, k, time):
    """An opportunity's periodic review: attended, it may move a stage on or die; neglected for long, a rival has it."""
    lead = w.leads[k]
    if lead.status != OPEN_OPPORTUNITY:
        return
    p, firm = w.p[0], w.firm[0]
    prospect = w.prospects[lead.prospect]
    lead.owner = in_charge(w, lead.owner)
    rep = w.reps[lead.owner]
    if lead.moved == PUSHED:
        decide(w, day, k, time)
        return
    lead.reviews += 1
    hours = p.opportunity_hours_per_review
    if p.opportunity_size_exponent > 0.0 and lead.deal > 0:
        ratio = lead.deal / (100.0 * p.market_deal_value)
        hours *= math.exp(p.opportunity_size_exponent * math.log(ratio))
    if attend(w, rep, hours / rep.pace, time):
        lead.attended += 1
        lead.cared = time
        if lead.stage == p.opportunity_stages - 1 and pulls(w, rep, lead, day):
            w.months[w.month_of[day]].pulled += 1
            note(w, time, NOTE_PULLED, lead.prospect, k, rep.index, 0)
            decide(w, day, k, time)
            return
        u, _, _, _ = uniforms(
            firm, streams.REVIEW, prospect.segment, prospect.index, lead.ordinal, lead.reviews
        )
        go = p.opportunity_advance[lead.stage]
        if go < 1.0:
            go = 1.0 - math.exp(prospect.pace * math.log1p(-go))
        if u < go:
            if lead.stage == p.opportunity_stages - 1:
                if pushes(w, rep, lead, day):
                    w.months[w.month_of[day]].pushed += 1
                    note(w, time, NOTE_PUSHED, lead.prospect, k, rep.index, 0)
                    schedule(w, day, next_period(w, day), REVIEWED, k, lead.reviews)
                    return
                decide(w, day, k, time)
                return
            enter_stage(w, lead, lead.stage + 1)
        elif u < go + p.opportunity_loss[lead.stage]:
            close_lead(w, day, k, time, NO_DECISION, FAIR)
            return
    elif time - lead.cared >= p.opportunity_neglect * HOURS_PER_DAY - 1e-6:
        close_lead(w, day, k, time, LOST_RIVAL, DROPPED)
        return
    schedule(w, day, time + p.opportunity_review * HOURS_PER_DAY, REVIEWED, k, lead.reviews)


@rule
def appeal(w, lead, prospect, rep):
    """Log-odds of us against the best rival: a logit with bounded weights, around reference handling (theory 1.5)."""
    p, firm = w.p[0], w.firm[0]
    care = lead.attended / lead.reviews if lead.reviews > 0 else 1.0
    return (
        logit(p.opportunity_win)
        + w.segments[prospect.segment].win_shift
        + p.opportunity_weight_fit * (prospect.fit - 0.5)
        + p.opportunity_weight_value * p.product_uniqueness * (firm.value_proposition - 0.5)
        + p.opportunity_weight_skill * (skill_of(w, rep) - 0.5)
        + p.opportunity_weight_message * (firm.field_knowledge - 0.5)
        + p.opportunity_weight_care * (care - 1.0)
        + p.opportunity_weight_timing * (lead.timing - 0.5)
        + appeal_of_product(p, firm)
    )


@rule
def speed(w, lead):
    """Share of the chance that the delay of the first answer leaves, for those who raised their hand (theory 1.5)."""
    if lead.origin != INBOUND:
        return 1.0
    p = w.p[0]
    delay = lead.first_touch - lead.created
    return (1.0 - p.contact_speed_floor) * math.exp(-p.contact_speed_decay * delay) + p.contact_speed_floor


@rule
def decide(w, day, k, time):
    """The buyer's one decision of the episode, on two uniforms fixed for it: whether to buy at all, and from whom."""
    lead = w.leads[k]
    prospect = w.prospects[lead.prospect]
    p = w.p[0]
    u_decide, u_us, _, _ = uniforms(
        w.firm[0], streams.DECISION, prospect.segment, prospect.index, 0, prospect.episode
    )
    rep = w.reps[lead.owner]
    us = appeal(w, lead, prospect, rep)
    inclusive = math.log1p(math.exp(us)) - math.log1p(math.exp(logit(p.opportunity_win)))
    decides = logistic(logit(p.opportunity_decide) + p.opportunity_decide_slope * inclusive)
    if not lead.viable or u_decide >= decides:
        close_lead(w, day, k, time, NO_DECISION, FAIR)
    elif u_us < logistic(us) * speed(w, lead):
        win(w, day, rep, k, time)
    else:
        close_lead(w, day, k, time, LOST_RIVAL, TOO_LATE if u_us < logistic(us) else FAIR)
