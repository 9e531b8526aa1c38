"""One business day: the table of contents of the model.

Order of a day: on Mondays the week is planned (how the teams get on, hours, brand, activation, knowledge); then
the day's events in the order of their times (needs, responses, hand-overs, calls, reviews, orders); at the end the
day is counted, on Fridays hours are booked, at month's end money.
"""

from __future__ import annotations

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import open_day, pop, schedule
from orgsim.engine.compile import entry, rule
from orgsim.engine.cooperation import adopt, forget, get_on
from orgsim.engine.curves import half_life_factor, logit
from orgsim.engine.customers import become_customer, cancelled, order_due
from orgsim.engine.devices import begin_devices, meet
from orgsim.engine.effort import adjustment, book_week, plan_week
from orgsim.engine.handover import hand_over, rescored, signal_fades
from orgsim.engine.ledger import book_month
from orgsim.engine.market import (
    begin_prospect,
    is_found,
    loses_patience,
    need_opens,
    responds,
    signals,
    window_closes,
)
from orgsim.engine.marketing import forgetting, work_on_activation, work_on_brand, work_on_knowledge
from orgsim.engine.monthly import describe_month
from orgsim.engine.needs import await_need
from orgsim.engine.payroll import (
    count_hours,
    count_results,
    ends_today,
    fade_experience,
    learn_what_is_usual,
    look_at_contests,
    settle,
)
from orgsim.engine.people import decide_to_leave, hire, leave, practise, start_staff
from orgsim.engine.product import develop
from orgsim.engine.quotas import aim_quotas, review_year
from orgsim.engine.records import (
    CAMPAIGN,
    CANCELLED,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    ENTERS_QUEUE,
    HANDED_OVER,
    HEARS,
    HOURS_PER_DAY,
    IDLE,
    INBOUND,
    IS_FOUND,
    LOSES_PATIENCE,
    NEED_OPENS,
    ORDER_DUE,
    REP_FREE,
    REP_LEADS,
    RESCORED,
    RESPONDS,
    REVIEWED,
    SHELF_LIFE_ENDS,
    SIGNAL_FADES,
    SIGNALS,
    SLA_ENDS,
    TELLS,
    WINDOW_CLOSES,
)
from orgsim.engine.rights import sla_ends
from orgsim.engine.selling import enters_queue, rep_free, reviewed, shelf_life_ends
from orgsim.engine.streams import uniforms
from orgsim.engine.teams import aim_brand_work, concentrate, criticise, receive_requests
from orgsim.engine.word import tells

ROOM = 64
ROOM_PER_LEAD = 8


@rule
def happen(w, day, slot):
    """One event, by its kind."""
    event = w.events[slot]
    time, kind, who, stamp = event.time, event.kind, event.who, event.stamp
    if kind == NEED_OPENS:
        prospect = w.prospects[who]
        if prospect.episode == stamp and prospect.state == IDLE:
            need_opens(w, day, who, time)
    elif kind == RESPONDS:
        responds(w, day, who, time, stamp, INBOUND)
    elif kind == HEARS:
        responds(w, day, who, time, stamp, CAMPAIGN)
    elif kind == IS_FOUND:
        is_found(w, day, who, time, stamp)
    elif kind == SIGNALS:
        signals(w, day, who, time, stamp)
    elif kind == RESCORED:
        rescored(w, day, who, time, stamp)
    elif kind == ENTERS_QUEUE:
        enters_queue(w, day, who, time)
    elif kind == REP_FREE:
        rep_free(w, day, who, time, stamp)
    elif kind == LOSES_PATIENCE:
        loses_patience(w, day, who, time)
    elif kind == SHELF_LIFE_ENDS:
        shelf_life_ends(w, day, who, time, stamp)
    elif kind == SIGNAL_FADES:
        signal_fades(w, day, who, time, stamp)
    elif kind == WINDOW_CLOSES:
        window_closes(w, day, who, time, stamp)
    elif kind == REVIEWED:
        reviewed(w, day, who, time)
    elif kind == ORDER_DUE:
        if w.prospects[who].occasions == stamp:
            order_due(w, day, who, time)
    elif kind == HANDED_OVER:
        hand_over(w, day, who, time)
    elif kind == SLA_ENDS:
        sla_ends(w, day, who, time, stamp)
    elif kind == TELLS:
        tells(w, day, who, time, stamp)
    elif kind == CANCELLED:
        if w.prospects[w.leads[who].prospect].occasions == stamp:
            cancelled(w, day, who, time)


@rule
def plan(w, day):
    """What is done once a week, on Mondays."""
    if day > 0:
        meet(w)
        criticise(w)
        get_on(w, day * HOURS_PER_DAY)
        forget(w)
        adopt(w)
        hire(w, day)
        look_at_contests(w, day)
        aim_quotas(w, day)
        receive_requests(w)
        plan_week(w, adjustment(w.p[0]), day)
        wake_lines(w, day)
    concentrate(w)
    aim_brand_work(w)
    work_on_brand(w)
    work_on_activation(w)
    work_on_knowledge(w)
    develop(w)


@rule
def wake_lines(w, day):
    """A rep whose leads wait though nobody waits for the rep, as after a vacancy, looks at them on Monday."""
    if w.p[0].contact_pooled > 0.0:
        awake = False
        for rep in w.reps:
            awake = awake or rep.wakes < np.inf
        if w.reps[0].queue >= 0 and not awake:
            schedule(w, day, day * HOURS_PER_DAY, REP_FREE, 0, 0)
        return
    for rep in w.reps:
        if rep.queue >= 0 and rep.wakes == np.inf and rep.share > 0.0:
            rep.wakes = day * HOURS_PER_DAY
            schedule(w, day, rep.wakes, REP_FREE, rep.index, rep.index)


@rule
def end_day(w, day):
    """Count the day; book the week on Fridays; count and settle results when a pay period or a week ends."""
    count_day(w, day)
    month = w.month_of[day]
    friday = day % DAYS_PER_WEEK == DAYS_PER_WEEK - 1
    if friday:
        book_week(w, month, day)
        for rep in w.reps:
            count_hours(w.components, w.standings, rep, rep.index, day)
        for marketer in w.marketers:
            count_hours(w.marketer_components, w.marketer_standings, marketer, marketer.index, day)
    if ends_today(w, day):
        count_results(w, day)
        settle(w, day)
    if (day + 1) % DAYS_PER_YEAR == 0:
        review_year(w, day)
    if friday:
        fade_experience(w)
        learn_what_is_usual(w, day)
        practise(w)
        leave(w, day)
    if day + 1 == w.month_of.size or w.month_of[day + 1] != month:
        describe_month(w, month)
        book_month(w, month, day)
        decide_to_leave(w)


@rule
def count_day(w, day):
    """Stocks and planned lead hours at the end of the day, for daily series and for what leaders look up."""
    firm = w.firm[0]
    row = w.days[day]
    row.customers = firm.customers
    row.opportunities = firm.opportunities
    row.queued = firm.queued
    hours = 0.0
    for rep in w.reps:
        hours += rep.hours[REP_LEADS]
        rep.away += rep.vacant
    for marketer in w.marketers:
        marketer.away += marketer.vacant
    row.lead_hours = hours / DAYS_PER_WEEK


@rule
def room_for_one_event(w):
    """Entries that one event may need in any array: a rep who is free may go through a whole line."""
    return ROOM + ROOM_PER_LEAD * (w.firm[0].queued + w.reps.size)


@rule
def lacks_room(w):
    """Whether the next event might find an array full."""
    firm = w.firm[0]
    need = room_for_one_event(w)
    return (
        firm.leads + need > w.leads.size
        or firm.events + need > w.events.size
        or firm.today + need > w.today.size
        or (w.log.size > 0 and firm.log + need > w.log.size)
    )


@rule
def lacks_room_for_a_day(w, day):
    """Whether what a day does before and after its events might find an array full."""
    firm = w.firm[0]
    staff = w.reps.size + w.marketers.size
    each = ROOM + staff
    pay = staff * (w.components.size + w.marketer_components.size + 1)
    return (
        firm.today + w.due[day] + each > w.today.size
        or firm.events + each > w.events.size
        or firm.stints + staff > w.stints.size
        or firm.settled + 2 * pay > w.settled.size
        or (w.log.size > 0 and firm.log + 2 * each > w.log.size)
    )


@rule
def run_days(w, first, last):
    """Run business days first .. last - 1; returns the next day to run.

    Stops early, between two events, when the arrays may be too small for the next; the caller gives more room and
    calls again, and the day goes on where it was.
    """
    firm = w.firm[0]
    for day in range(first, last):
        if firm.under_way == 0:
            if lacks_room_for_a_day(w, day):
                return day
            if day % DAYS_PER_WEEK == 0:
                plan(w, day)
            open_day(w, day)
            firm.under_way = 1
        while firm.today > 0:
            if lacks_room(w):
                return day
            happen(w, day, pop(w))
        firm.under_way = 0
        end_day(w, day)
    return last


@entry
def begin(w):
    """The state at the start of the warm-up: traits, customers at random points of their year, the first week."""
    p, firm = w.p[0], w.firm[0]
    firm.goodwill = logit(p.cooperation_start)
    kept = half_life_factor(p.brand_half_life)
    firm.brand_stock = p.brand_today / (1.0 - kept)
    forgets = forgetting(p)
    for segment in w.segments:
        segment.retained = 1.0
        segment.target = 1.0
        a = min(segment.awareness, 1.0 - 1e-9)
        segment.reach_rate = forgets * a / (1.0 - a)
    firm.innovation = 0.5
    firm.focus = 1.0
    firm.services_share = 1.0
    begin_devices(w)
    meet(w)
    receive_requests(w)
    for rep in w.reps:
        rep.queue = -1
        rep.wakes = np.inf
    start_staff(w)
    for i in range(w.prospects.size):
        begin_prospect(w, i)
        prospect = w.prospects[i]
        u_customer, u_phase, _, _ = uniforms(firm, streams.START, prospect.segment, prospect.index, 0, 0)
        if prospect.viable and u_customer < p.market_customer_share / (1.0 - w.segments[prospect.segment].least_fit):
            become_customer(w, -1, i, 0.0, u_phase * p.customers_interval * HOURS_PER_DAY)
        else:
            await_need(w, -1, i, 0.0)
    look_at_contests(w, 0)
    plan_week(w, 1.0, 0)
