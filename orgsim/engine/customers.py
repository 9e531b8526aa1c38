"""Customers: first orders, repeat, upsell, referral, leaving."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note, schedule
from orgsim.engine.compile import rule
from orgsim.engine.curves import logistic, logit
from orgsim.engine.handover import close_lead, credit_marketing
from orgsim.engine.needs import await_need, await_word, lift_of
from orgsim.engine.records import (
    CANCELLED,
    CUSTOMER,
    FAIR,
    HOURS_PER_DAY,
    IDLE,
    NEW_REVENUE,
    NOTE_CANCELLED,
    NOTE_LEFT,
    NOTE_ORDER,
    NOTE_REFERRED,
    ORDER_DUE,
    OUTBOUND,
    REP_CUSTOMERS,
    REP_LEADS,
    REP_OPPORTUNITIES,
    REP_PROSPECTING,
    REPEAT_REVENUE,
    REVENUE_NEW,
    REVENUE_REPEAT,
    WINS,
    WON,
)
from orgsim.engine.streams import uniforms

# Euro; keeps cents within whole numbers of 64 bits however long a customer's orders grow.
LARGEST_ORDER = 1e12


@rule
def win(w, day, rep, k, time):
    """A first order: the account becomes a customer, and may tell another."""
    lead = w.leads[k]
    i = lead.prospect
    prospect = w.prospects[i]
    become_customer(w, day, i, time, time + w.p[0].customers_interval * HOURS_PER_DAY)
    given = np.int64(math.floor(lead.discount * lead.deal + 0.5))
    cents = lead.deal - given
    w.months[w.month_of[day]].discounts += given
    book_order(w, day, rep, cents, REVENUE_NEW)
    rep.tally[WINS] += 1.0
    credit_deal(w, rep, lead, cents / 100.0)
    note(w, time, NOTE_ORDER, i, k, rep.index, cents)
    w.months[w.month_of[day]].won += 1
    w.firm[0].wins += 1.0
    close_lead(w, day, k, time, WON, FAIR)
    refer(w, prospect, k, time)
    await_cancellation(w, day, prospect, k, time)


@rule
def credit_deal(w, rep, lead, euro):
    """What people see as the yield of their hours: a part to closing, the last touch, the rest to where the deal came
    from."""
    p, firm = w.p[0], w.firm[0]
    rep.credit[REP_OPPORTUNITIES] += p.learning_last_touch * euro
    rep.credit[REP_PROSPECTING if lead.origin == OUTBOUND else REP_LEADS] += (1.0 - p.learning_last_touch) * euro
    if lead.origin != OUTBOUND:
        credit_marketing(p, firm.deal_credit, lead.origin, euro)


@rule
def await_cancellation(w, day, prospect, k, time):
    """A first order may be cancelled, the likelier the less the account fits the offering."""
    p = w.p[0]
    chance = p.customers_cancel * (1.0 - prospect.fit)
    if chance > 0.0:
        _, _, _, u = uniforms(w.firm[0], streams.DECISION, prospect.segment, prospect.index, 0, prospect.episode)
        if u < chance:
            after = u / chance * p.customers_cancel_within * HOURS_PER_DAY
            schedule(w, day, time + after, CANCELLED, k, prospect.occasions)


@rule
def cancelled(w, day, k, time):
    """The first order is cancelled: its revenue is taken back, and within the clawback the rep's pay for it."""
    lead = w.leads[k]
    prospect = w.prospects[lead.prospect]
    rep = w.reps[lead.owner]
    cents = lead.deal - np.int64(math.floor(lead.discount * lead.deal + 0.5))
    w.months[w.month_of[day]].cents[REVENUE_NEW] -= cents
    w.months[w.month_of[day]].discounts -= lead.deal - cents
    sold_it = not rep.vacant and rep.hired * HOURS_PER_DAY <= lead.closed
    if sold_it and time - lead.closed <= w.arm[0].clawback:
        rep.tally[NEW_REVENUE] -= cents / 100.0
        rep.tally[WINS] -= 1.0
    prospect.occasions += 1
    note(w, time, NOTE_CANCELLED, lead.prospect, k, rep.index, cents)
    lose_customer(w, day, lead.prospect, time)


@rule
def become_customer(w, day, i, time, due):
    """The account buys from us from now on; its first occasion to order again is due."""
    prospect = w.prospects[i]
    prospect.state = CUSTOMER
    prospect.orders = 0
    w.firm[0].customers += 1
    w.reps[prospect.owner].customers += 1
    schedule(w, day, due, ORDER_DUE, i, prospect.occasions)
    await_word(w, day, i, time)


@rule
def book_order(w, day, rep, cents, account):
    """Revenue at signature, to the month and to the rep."""
    w.months[w.month_of[day]].cents[account] += cents
    rep.tally[NEW_REVENUE if account == REVENUE_NEW else REPEAT_REVENUE] += cents / 100.0


@rule
def order_due(w, day, i, time):
    """An occasion to order again: the customer does, the more surely the better looked after (D11), or leaves."""
    prospect = w.prospects[i]
    p = w.p[0]
    rep = w.reps[prospect.owner]
    prospect.occasions += 1
    u, _, _, _ = uniforms(w.firm[0], streams.ORDER, prospect.segment, prospect.index, 0, prospect.occasions)
    if u < logistic(logit(p.customers_repeat) + p.customers_care_weight * (rep.care - 1.0)):
        prospect.orders += 1
        value = p.customers_order_value
        for _ in range(prospect.orders):
            value = min(LARGEST_ORDER, value * (1.0 + p.customers_upsell))
        cents = np.int64(math.floor(100.0 * value + 0.5))
        book_order(w, day, rep, cents, REVENUE_REPEAT)
        rep.credit[REP_CUSTOMERS] += cents / 100.0
        note(w, time, NOTE_ORDER, i, -1, rep.index, cents)
        schedule(w, day, time + p.customers_interval * HOURS_PER_DAY, ORDER_DUE, i, prospect.occasions)
    else:
        note(w, time, NOTE_LEFT, i, -1, rep.index, 0)
        lose_customer(w, day, i, time)


@rule
def lose_customer(w, day, i, time):
    """The account is no customer any more; its next need will come."""
    prospect = w.prospects[i]
    prospect.state = IDLE
    w.firm[0].customers -= 1
    w.reps[prospect.owner].customers -= 1
    w.months[w.month_of[day]].lost_customers += 1
    await_need(w, day, i, time)


@rule
def refer(w, prospect, k, time):
    """A won account tells another of its segment about us (A29): that account is aware until it forgets."""
    segment = w.segments[prospect.segment]
    u, u_whom, _, _ = uniforms(w.firm[0], streams.REFERRAL, prospect.segment, prospect.index, 0, prospect.episode)
    if u < w.p[0].customers_referrals:
        i = segment.first + np.int64(u_whom * segment.reach)
        friend = w.prospects[i]
        friend.lift = lift_of(segment, 1.0 - segment.awareness)
        note(w, time, NOTE_REFERRED, i, k, prospect.owner, 0)
