"""What people foresee of the results their pay counts: usual results, what an hour adds, and when it pays."""

from __future__ import annotations

import math

from orgsim.engine.compile import rule
from orgsim.engine.periods import calendar_days, calendar_first, last_day, part, periods_a_year
from orgsim.engine.plan import deal_gain, worth
from orgsim.engine.records import (
    ALL_REVENUE,
    DAYS_PER_WEEK,
    EFFORT,
    HOURS_OF,
    HOURS_PER_DAY,
    MQLS,
    NEW_REVENUE,
    OPPORTUNITIES,
    OWN,
    PIPELINE,
    REP_CUSTOMERS,
    REP_LEADS,
    REP_PROSPECTING,
    REPEAT_REVENUE,
    SOURCED_PIPELINE,
    SQLS,
    WINS,
)

CERTAIN = 50.0  # deals still expected, where luck plays no part


@rule
def learned(prior, credit, spent, usual_credit, usual_spent):
    """Believed over first yield: own experience against what was usual, weighed with so many hours of prior."""
    if usual_credit <= 0.0 or usual_spent <= 0.0 or prior + spent <= 0.0:
        return 1.0
    return (prior + credit * usual_spent / usual_credit) / (prior + spent)


@rule
def inside(delay, opens, closes):
    """Chance that what an hour yields, after an exponential delay, lands between two times in weeks from now."""
    if closes <= opens:
        return 0.0
    if delay <= 0.0:
        return 1.0 if opens <= 0.0 else 0.0
    return math.exp(-opens / delay) - math.exp(-closes / delay)


@rule
def after(delay, closes):
    """Chance that it lands after a time in weeks from now."""
    if delay <= 0.0:
        return 0.0 if closes > 0.0 else 1.0
    return math.exp(-closes / delay)


@rule
def time_inside(delay, opens, closes):
    """Weeks of an hour kept up from now to the close, each weighed with the chance that it pays inside."""
    length = closes - opens
    if length <= 0.0:
        return 0.0
    if delay <= 0.0:
        return length
    late = delay * (1.0 - math.exp(-length / delay))
    early = delay * (1.0 - math.exp(-opens / delay) - math.exp(-length / delay) + math.exp(-closes / delay))
    return early + length - late


@rule
def window(component):
    """Share of its periods in which a component counts results: all of them, but for a SPIF."""
    if component.last_week == 0:
        return 1.0
    return (component.last_week - component.first_week + 1.0) * periods_a_year(component.period) / 52.0


@rule
def pace_of_results(w, rep, component, factor):
    """Results a usual week brings, in the metric's unit: what the quota promises, corrected by experience."""
    p, firm = w.p[0], w.firm[0]
    expected = p.effort_expected_attainment * component.quota * factor / (52.0 * window(component))
    if not w.arm[0].learns:
        return expected
    metric = component.metric
    weeks = rep.weeks if component.scope == OWN else firm.usual_total_weeks
    if metric == ALL_REVENUE:
        a = rep.usual[NEW_REVENUE] if component.scope == OWN else firm.usual_total[NEW_REVENUE]
        b = rep.usual[REPEAT_REVENUE] if component.scope == OWN else firm.usual_total[REPEAT_REVENUE]
        seen = a + b
    else:
        seen = rep.usual[metric] if component.scope == OWN else firm.usual_total[metric]
    return (p.learning_prior * expected + seen) / (p.learning_prior + weeks)


@rule
def rep_yield(w, rep, activity):
    """Revenue that a rep believes the next hour of an activity brings."""
    p, firm = w.p[0], w.firm[0]
    first = p.rep_revenue[activity]
    if not w.arm[0].learns or first == 0.0:
        return first
    prior = p.learning_prior * p.rep_habit[activity]
    return first * learned(
        prior, rep.credit[activity], rep.spent[activity], firm.usual_credit[activity], firm.usual_spent[activity]
    )


@rule
def rep_yields(w, rep, component, f):
    """Fill in what an hour of each activity adds to a component's metric, in units of the metric, and in what lumps."""
    p = w.p[0]
    metric = component.metric
    deal = max(1e-9, p.market_deal_value)
    for i in range(EFFORT):
        f.news[i] = 0.0
        f.orders[i] = 0.0
    f.deal = 1.0
    f.order = 1.0
    f.cv = 0.0
    f.repeating = 0.0
    if metric >= HOURS_OF:
        f.news[metric - HOURS_OF] = 1.0
        return
    if metric in (REPEAT_REVENUE, ALL_REVENUE):
        f.orders[REP_CUSTOMERS] = rep_yield(w, rep, REP_CUSTOMERS)
        f.order = max(1e-9, p.customers_order_value)
        f.repeating = 1.0 if metric == REPEAT_REVENUE else p.repeat_share
    if metric == REPEAT_REVENUE:
        return
    kept = 1.0
    if w.arm[0].clawback > 0.0:  # half of fit is missing on average
        within = p.customers_cancel_within * HOURS_PER_DAY
        kept -= 0.5 * p.customers_cancel * min(1.0, w.arm[0].clawback / within)
    closing = max(1e-9, p.opportunity_decide * p.opportunity_win)
    if metric in (ALL_REVENUE, NEW_REVENUE, PIPELINE):
        f.deal = deal
        f.cv = p.market_deal_cv
    for i in range(REP_CUSTOMERS):
        revenue = rep_yield(w, rep, i)
        if metric in (ALL_REVENUE, NEW_REVENUE):
            f.news[i] = kept * revenue
        elif metric == WINS:
            f.news[i] = kept * revenue / deal
        elif i == REP_LEADS or (i == REP_PROSPECTING and metric != SQLS):
            opportunities = revenue / deal / closing
            if metric == PIPELINE:
                f.news[i] = opportunities * deal
            elif metric == OPPORTUNITIES:
                f.news[i] = opportunities
            elif metric == SQLS:
                f.news[i] = opportunities / max(1e-9, p.opportunity_meeting)


@rule
def marketer_yields(w, component, f):
    """The same for a marketer, whose results are those of the team."""
    p, firm, arm = w.p[0], w.firm[0], w.arm[0]
    metric = component.metric
    deal = max(1e-9, p.market_deal_value)
    f.deal = 1.0
    f.order = max(1e-9, p.customers_order_value)
    f.cv = 0.0
    f.repeating = p.repeat_share if metric == ALL_REVENUE else 0.0
    if metric in (ALL_REVENUE, NEW_REVENUE, PIPELINE, SOURCED_PIPELINE):
        f.deal = deal
        f.cv = p.market_deal_cv
    for i in range(EFFORT):
        f.orders[i] = 0.0
        f.news[i] = 0.0
        prior = p.learning_prior * p.marketer_habit[i] * w.marketers.size
        by_mqls = 1.0
        by_deals = 1.0
        if arm.learns:
            spent, usual = firm.market_spent[i], firm.usual_market_spent[i]
            by_mqls = learned(prior, firm.mql_credit[i], spent, firm.usual_mql_credit[i], usual)
            by_deals = learned(prior, firm.deal_credit[i], spent, firm.usual_deal_credit[i], usual)
        if metric == MQLS:
            f.news[i] = p.marketer_mqls[i] * by_mqls
        elif metric == SQLS:
            f.news[i] = p.marketer_sqls[i] * by_mqls
        elif metric in (OPPORTUNITIES, PIPELINE, SOURCED_PIPELINE):
            size = 1.0 if metric == OPPORTUNITIES else deal
            f.news[i] = p.marketer_sqls[i] * by_mqls * p.opportunity_meeting * size
        elif metric in (ALL_REVENUE, NEW_REVENUE):
            f.news[i] = p.marketer_revenue[i] * by_deals
        elif metric == WINS:
            f.news[i] = p.marketer_revenue[i] * by_deals / deal
    if metric >= HOURS_OF:
        f.news[metric - HOURS_OF] = 1.0


@rule
def look_ahead(w, component, f, standing, delays, pace, factor, day, from_next_day):
    """Fill in the forecast of a component at a day: what is reached, what is still expected, when hours pay.

    `f` holds yields and lumps in the metric's unit and gets them in attainment. The rest of the period is counted
    from this day, or from the next one.
    """
    p, firm = w.p[0], w.firm[0]
    last = last_day(firm, component.period, day)
    begins = calendar_first(component.period, day)
    length = calendar_days(component.period, day) / DAYS_PER_WEEK
    share = part(standing.since, last, component.period)
    f.quota = max(1e-12, component.quota * factor / periods_a_year(component.period))
    quota = f.quota * share
    now = (day - begins + (1.0 if from_next_day else 0.0)) / DAYS_PER_WEEK
    opens = 0.0
    closes = (last - begins + 1.0) / DAYS_PER_WEEK
    counted = window(component)
    if component.last_week > 0:
        opens = component.first_week - 1.0
        closes = min(closes, component.last_week * 1.0)
    opens = max(0.0, opens - now)
    closes = max(opens, closes - now)
    f.weeks = closes - opens
    f.scale = (factor if component.per_unit else 1.0) * (1.0 if component.winners > 0 else share)
    f.got = standing.got / quota
    f.rest = pace * f.weeks / quota
    f.error = p.effort_forecast_error * math.sqrt(min(1.0, f.weeks / (length * counted * share)))
    f.certain = component.metric >= HOURS_OF
    f.linear = component.linear
    f.deal /= quota
    f.order /= quota
    for i in range(EFFORT):
        f.news[i] /= quota
        f.orders[i] /= quota
        f.inside[i] = inside(delays[i], opens, closes)
        f.late[i] = after(delays[i], closes)
        f.time[i] = time_inside(delays[i], opens, closes)
    f.foreseen = f.rest
    f.now = component.rate * quota
    f.next_deal = f.now * counted
    f.next_order = f.now * counted
    f.next_rest = pace * length * counted / f.quota
    f.part = share
    if component.linear:
        return
    if standing.seen != standing.since + 1:  # once a period: what a next one is worth changes slowly
        here = turn_page(p, component, f, factor)
        value_deals(w, component, f, f.rest)
        standing.next_deal = f.new
        standing.next_order = f.again
        standing.seen = standing.since + 1
        f.rest, f.got, f.error, f.deal, f.order, f.scale = here
    later = p.timing_weight * counted * share
    f.next_deal = later * standing.next_deal
    f.next_order = later * standing.next_order


@rule
def turn_page(p, component, f, factor):
    """Turn a forecast to the next whole period, of which nothing is reached yet; returns what it was."""
    here = f.rest, f.got, f.error, f.deal, f.order, f.scale
    f.rest = f.next_rest
    f.got = 0.0
    f.error = p.effort_forecast_error
    f.deal *= f.part
    f.order *= f.part
    f.scale = factor if component.per_unit else 1.0
    return here


@rule
def deals_expected(f, rest):
    """How many deals still make up what is expected."""
    if f.certain:
        return CERTAIN
    return rest * ((1.0 - f.repeating) / f.deal + f.repeating / f.order) if rest > 0.0 else 0.0


@rule
def luck_of_deals(f, rest):
    """Variance of what is still expected, in squared attainment: compound Poisson."""
    if f.certain or rest <= 0.0:
        return 0.0
    return rest * ((1.0 - f.repeating) * f.deal * (1.0 + f.cv * f.cv) + f.repeating * f.order)


@rule
def value_deals(w, component, f, rest):
    """Euro per attainment of one more new deal and of one more repeat order, when so much is still expected."""
    at, slope, jump, knots = component.at, component.slope, component.jump, component.knots
    deals, luck = deals_expected(f, rest), luck_of_deals(f, rest)
    aversion = w.p[0].effort_risk_aversion * f.scale
    without = worth(at, slope, jump, knots, f.got, rest, deals, luck, f.error, aversion)
    f.new = f.scale * deal_gain(
        at, slope, jump, knots, f.got, rest, deals, luck, f.error, aversion, f.deal, f.cv, without
    )
    f.again = 0.0
    if f.repeating > 0.0:
        f.again = f.scale * deal_gain(
            at, slope, jump, knots, f.got, rest, deals, luck, f.error, aversion, f.order, 0.0, without
        )


@rule
def period_worth(w, component, f, rest):
    """Certainty equivalent of the period's pay, in euro."""
    return f.scale * worth(
        component.at, component.slope, component.jump, component.knots, f.got, rest, deals_expected(f, rest),
        luck_of_deals(f, rest), f.error, w.p[0].effort_risk_aversion * f.scale
    )  # fmt: skip
