"""Customers: first orders, repeat, upsell, referral, leaving."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note, schedule
from orgsim.engine.compile import rule
from orgsim.engine.curves import logistic, logit
from orgsim.engine.handover import close_lead
from orgsim.engine.needs import await_need
from orgsim.engine.records import (
    CUSTOMER,
    FAIR,
    HOURS_PER_DAY,
    IDLE,
    NOTE_LEFT,
    NOTE_ORDER,
    NOTE_REFERRED,
    ORDER_DUE,
    REVENUE_NEW,
    REVENUE_REPEAT,
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
    book_order(w, day, rep, lead.deal, REVENUE_NEW)
    note(w, time, NOTE_ORDER, i, k, rep.index, lead.deal)
    w.months[w.month_of[day]].won += 1
    close_lead(w, day, k, time, WON, FAIR)
    refer(w, prospect, k, time)


@rule
def become_customer(w, day, i, time, due):
    """The account buys from us from now on; its first occasion to order again is due."""
    prospect = w.prospects[i]
    prospect.state = CUSTOMER
    prospect.orders = 0
    w.firm[0].customers += 1
    w.reps[prospect.owner].customers += 1
    schedule(w, day, due, ORDER_DUE, i, prospect.occasions)


@rule
def book_order(w, day, rep, cents, account):
    """Revenue at signature, to the month and to the rep."""
    w.months[w.month_of[day]].cents[account] += cents
    rep.revenue += cents


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
        note(w, time, NOTE_ORDER, i, -1, rep.index, cents)
        schedule(w, day, time + p.customers_interval * HOURS_PER_DAY, ORDER_DUE, i, prospect.occasions)
    else:
        prospect.state = IDLE
        w.firm[0].customers -= 1
        rep.customers -= 1
        w.months[w.month_of[day]].lost_customers += 1
        note(w, time, NOTE_LEFT, i, -1, rep.index, 0)
        await_need(w, day, i, time)


@rule
def refer(w, prospect, k, time):
    """A won account tells another of its segment about us (A29): that account is aware until it forgets."""
    segment = w.segments[prospect.segment]
    u, u_whom, _, _ = uniforms(w.firm[0], streams.REFERRAL, prospect.segment, prospect.index, 0, prospect.episode)
    if u < w.p[0].customers_referrals:
        i = segment.first + np.int64(u_whom * segment.reach)
        friend = w.prospects[i]
        friend.lift = 1.0 - segment.awareness
        friend.lift_base = segment.retained
        note(w, time, NOTE_REFERRED, i, k, prospect.owner, 0)
