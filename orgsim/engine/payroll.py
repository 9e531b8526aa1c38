"""Payroll: results are counted as they happen, and each component is settled when its period ends."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine.compile import rule
from orgsim.engine.curves import half_life_factor
from orgsim.engine.effort import quota_factor
from orgsim.engine.forecast import pace_of_results
from orgsim.engine.periods import counts_now, last_day, part, periods_a_year, weeks_left
from orgsim.engine.plan import moments
from orgsim.engine.records import (
    ALL_REVENUE,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    EFFORT,
    HOURS_OF,
    HOURS_PER_DAY,
    MARKETER_ROLE,
    NEW_REVENUE,
    OWN,
    REP_ROLE,
    REPEAT_REVENUE,
    RESULTS,
)


@rule
def result(tally, metric):
    """A metric of a row of results."""
    if metric == ALL_REVENUE:
        return tally[NEW_REVENUE] + tally[REPEAT_REVENUE]
    return tally[metric] if metric < RESULTS else 0.0


@rule
def count_results(w, day):
    """Bring the results since the last count to the components that count them, and to experience."""
    firm = w.firm[0]
    for k in range(RESULTS):
        firm.total[k] = 0.0
    for rep in w.reps:
        for k in range(RESULTS):
            firm.total[k] += rep.tally[k]
            rep.usual[k] += rep.tally[k]
        rep.year += result(rep.tally, ALL_REVENUE)
    for k in range(RESULTS):
        firm.usual_total[k] += firm.total[k]
    for c in range(w.components.size):
        component = w.components[c]
        if counts_now(component, day):
            for r in range(w.reps.size):
                if not w.reps[r].vacant:
                    if component.scope == OWN:
                        w.standings[r, c].got += result(w.reps[r].tally, component.metric)
                    else:
                        w.standings[r, c].got += result(firm.total, component.metric)
    for c in range(w.marketer_components.size):
        component = w.marketer_components[c]
        if counts_now(component, day):
            for m in range(w.marketers.size):
                if not w.marketers[m].vacant:
                    w.marketer_standings[m, c].got += result(firm.total, component.metric)
    for rep in w.reps:
        for k in range(RESULTS):
            rep.tally[k] = 0.0


@rule
def count_hours(components, standings, person, seat, day):
    """Bring a booked week to the components that pay for hours of an activity."""
    for c in range(components.size):
        component = components[c]
        if component.metric >= HOURS_OF and not person.vacant and counts_now(component, day):
            standings[seat, c].got += person.hours[component.metric - HOURS_OF]


@rule
def fade_experience(w):
    """Experience with the yield of hours fades week by week; the week just booked is its newest part."""
    p, firm = w.p[0], w.firm[0]
    kept = half_life_factor(p.learning_half_life)
    for rep in w.reps:
        rep.weeks = kept * (rep.weeks + (0.0 if rep.vacant else 1.0))
        for k in range(RESULTS):
            rep.usual[k] *= kept
        for i in range(EFFORT):
            rep.spent[i] = kept * (rep.spent[i] + rep.hours[i])
            rep.credit[i] *= kept
    for marketer in w.marketers:
        marketer.weeks = kept * (marketer.weeks + (0.0 if marketer.vacant else 1.0))
        for i in range(EFFORT):
            marketer.spent[i] = kept * (marketer.spent[i] + marketer.hours[i])
            firm.market_spent[i] += marketer.hours[i]
    firm.usual_total_weeks = kept * (firm.usual_total_weeks + 1.0)
    for k in range(RESULTS):
        firm.usual_total[k] *= kept
    for i in range(EFFORT):
        firm.mql_credit[i] *= kept
        firm.deal_credit[i] *= kept
        firm.market_spent[i] *= kept


@rule
def learn_what_is_usual(w, day):
    """What hours usually yield in this firm, learned in the second half of the warm-up: the first half, in which the
    pipeline fills, is forgotten."""
    firm = w.firm[0]
    warm_up = np.int64(firm.horizon_start / HOURS_PER_DAY)
    if day >= warm_up:
        return
    if 2 * day < warm_up:
        forget_all(w)
    elif day + DAYS_PER_WEEK >= warm_up:
        for i in range(EFFORT):
            for rep in w.reps:
                firm.usual_credit[i] += rep.credit[i]
                firm.usual_spent[i] += rep.spent[i]
            firm.usual_mql_credit[i] = firm.mql_credit[i]
            firm.usual_deal_credit[i] = firm.deal_credit[i]
            firm.usual_market_spent[i] = firm.market_spent[i]
        for rep in w.reps:
            firm.usual_rep_weeks += rep.weeks
        for marketer in w.marketers:
            firm.usual_marketer_weeks += marketer.weeks


@rule
def forget_all(w):
    """No experience with results and hours."""
    firm = w.firm[0]
    firm.usual_total_weeks = 0.0
    for rep in w.reps:
        rep.weeks = 0.0
    for marketer in w.marketers:
        marketer.weeks = 0.0
    for k in range(RESULTS):
        firm.usual_total[k] = 0.0
        for rep in w.reps:
            rep.usual[k] = 0.0
    for i in range(EFFORT):
        firm.mql_credit[i] = 0.0
        firm.deal_credit[i] = 0.0
        firm.market_spent[i] = 0.0
        for rep in w.reps:
            rep.credit[i] = 0.0
            rep.spent[i] = 0.0
        for marketer in w.marketers:
            marketer.spent[i] = 0.0


# Settling ------------------------------------------------------------------------------------------------------------


@rule
def pay_for(component, standing, factor, last):
    """Euro of a component for what has been reached since the standing's first day."""
    if component.linear:
        return component.rate * standing.got
    share = part(standing.since, last, component.period)
    quota = component.quota * factor / periods_a_year(component.period) * share
    scale = (factor if component.per_unit else 1.0) * share
    pay, _ = moments(component.at, component.slope, component.jump, component.knots, standing.got / quota, 0.0, False)
    return scale * pay


@rule
def prize_of(w, c, r):
    """A contest's prize, for a rep among the winners: most results, then lowest seat."""
    component, mine = w.components[c], w.standings[r, c]
    ahead = 0
    for other in range(w.reps.size):
        got = w.standings[other, c].got
        if got > mine.got or (got == mine.got and other < r):
            ahead += 1
    return component.prize if ahead < component.winners and mine.got > 0.0 else 0.0


@rule
def write_settlement(w, day, role, person, c, got, quota, cents):
    """A line of the record of settled pay."""
    firm = w.firm[0]
    row = w.settled[firm.settled]
    firm.settled += 1
    row.day = day
    row.role = role
    row.person = person
    row.component = c
    row.got = got
    row.quota = quota
    row.cents = cents


@rule
def settle_rep(w, r, c, day):
    """Pay a rep's component up to today, and begin anew."""
    rep, component, standing = w.reps[r], w.components[c], w.standings[r, c]
    factor = quota_factor(rep, component)
    euro = 0.0  # a contest is won at its end; who leaves before has lost it
    if component.winners == 0:
        euro = pay_for(component, standing, factor, day)
    elif last_day(w.firm[0], component.period, day) == day:
        euro = prize_of(w, c, r)
    cents = np.int64(math.floor(100.0 * euro + 0.5))
    quota = component.quota * factor / periods_a_year(component.period) * part(standing.since, day, component.period)
    write_settlement(w, day, REP_ROLE, r, c, standing.got, quota, cents)
    rep.earned += cents


@rule
def settle_marketer(w, m, c, day):
    """The same for a marketer."""
    marketer, component, standing = w.marketers[m], w.marketer_components[c], w.marketer_standings[m, c]
    cents = np.int64(math.floor(100.0 * pay_for(component, standing, 1.0, day) + 0.5))
    quota = component.quota / periods_a_year(component.period) * part(standing.since, day, component.period)
    write_settlement(w, day, MARKETER_ROLE, m, c, standing.got, quota, cents)
    marketer.earned += cents


@rule
def settle(w, day):
    """Settle every component whose period ends today, for everyone in a seat."""
    firm = w.firm[0]
    for c in range(w.components.size):
        if last_day(firm, w.components[c].period, day) == day:
            for r in range(w.reps.size):
                if not w.reps[r].vacant:
                    settle_rep(w, r, c, day)
            for r in range(w.reps.size):
                w.standings[r, c].got = 0.0
                w.standings[r, c].since = day + 1
    for c in range(w.marketer_components.size):
        if last_day(firm, w.marketer_components[c].period, day) == day:
            for m in range(w.marketers.size):
                if not w.marketers[m].vacant:
                    settle_marketer(w, m, c, day)
                w.marketer_standings[m, c].got = 0.0
                w.marketer_standings[m, c].since = day + 1


@rule
def ends_today(w, day):
    """Whether a pay period ends today, so that results must be counted now."""
    firm = w.firm[0]
    if day % DAYS_PER_WEEK == DAYS_PER_WEEK - 1:
        return True
    ended = False
    for component in w.components:
        ended = ended or last_day(firm, component.period, day) == day
    for component in w.marketer_components:
        ended = ended or last_day(firm, component.period, day) == day
    return ended


@rule
def look_at_contests(w, day):
    """Where a contest stands: what each is on course for, and the results of the last winner and of the first loser."""
    for c in range(w.components.size):
        component = w.components[c]
        if component.winners > 0:
            weeks = weeks_left(w.firm[0], component, day)
            for r in range(w.reps.size):
                rep, standing = w.reps[r], w.standings[r, c]
                rest = 0.0 if rep.vacant else pace_of_results(w, rep, component, 1.0) * weeks
                standing.projected = standing.got + rest
            component.cut_in = projected_of_rank(w, c, component.winners)
            component.cut_out = projected_of_rank(w, c, component.winners + 1)


@rule
def projected_of_rank(w, c, rank):
    """The projected result of the rep at a rank, 1 the best; equal results rank by seat. 0 if there are fewer reps."""
    for r in range(w.reps.size):
        mine = w.standings[r, c].projected
        ahead = 0
        for other in range(w.reps.size):
            theirs = w.standings[other, c].projected
            if theirs > mine or (theirs == mine and other < r):
                ahead += 1
        if ahead == rank - 1:
            return mine
    return 0.0


# The month -----------------------------------------------------------------------------------------------------------


@rule
def with_draw(w, rep, day):
    """A rep's variable pay of the month in cents: at least the draw while it lasts, less what is paid back of it."""
    arm = w.arm[0]
    cents = rep.earned
    rep.earned = 0
    if arm.draw <= 0.0:
        return cents
    least = np.int64(0)
    if not rep.vacant and day - rep.hired < arm.draw_months * DAYS_PER_YEAR / 12.0:
        least = np.int64(math.floor(100.0 * arm.draw + 0.5))
        if cents < least:
            if arm.recoverable:
                rep.advanced += least - cents
            return least
    back = max(np.int64(0), min(rep.advanced, cents - least))
    rep.advanced -= back
    return cents - back


@rule
def accrued_by_rep(w, r, day):
    """Euro of variable pay that a rep would be paid beyond what is settled, who left today."""
    euro = 0.0
    for c in range(w.components.size):
        component = w.components[c]
        if component.winners == 0 and w.standings[r, c].since <= day:
            euro += pay_for(component, w.standings[r, c], quota_factor(w.reps[r], component), day)
    return euro


@rule
def accrued_by_marketer(w, m, day):
    """The same of a marketer."""
    euro = 0.0
    for c in range(w.marketer_components.size):
        if w.marketer_standings[m, c].since <= day:
            euro += pay_for(w.marketer_components[c], w.marketer_standings[m, c], 1.0, day)
    return euro


@rule
def feel_pay(p, person, settled, accrued):
    """Pay is felt as it is earned, over some months, and what is expected of it follows more slowly."""
    month_pay = settled + accrued - person.accrued
    person.accrued = accrued
    person.recent += (1.0 - half_life_factor(p.people_pay_memory)) * (month_pay - person.recent)
    person.expected += (1.0 - half_life_factor(p.people_expectation)) * (month_pay - person.expected)
