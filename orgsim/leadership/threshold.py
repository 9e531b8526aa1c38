"""From which score a chair would hand leads over: what it sees, what it believes, and where its objective is best."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine.compile import rule
from orgsim.engine.records import DAYS_PER_QUARTER, LEADS_MARKETING, LEADS_SALES
from orgsim.engine.streams import normal_cdf, normal_quantile
from orgsim.engine.teams import advice

LOOK_BACK = DAYS_PER_QUARTER
LOWEST, HIGHEST = -6.0, 4.0
GOLDEN = 0.6180339887498949
NODES = 8


@rule
def believed_lead_worth(w, chair):
    """Euro a good lead, when worked, is worth in the chair's belief."""
    p = w.p[0]
    candidate = w.candidates[chair.candidate]
    error = w.arm[0].noise * math.exp(-0.5 * candidate.selling) * candidate.sales_error
    worth = p.market_reference_win * p.money_gross_margin * p.market_deal_value
    return worth * math.exp(error / math.sqrt(1.0 + candidate.sales_seen + advice(w)))


@rule
def look_up(w, day, delay):
    """What a chair sees of a unit: raw leads a week, mean and spread of their scores, planned lead hours a week."""
    last = day - np.int64(math.ceil(delay))
    first = max(0, last - LOOK_BACK)
    raw = 0.0
    scores = 0.0
    squares = 0.0
    hours = 0.0
    for d in range(first, last):
        row = w.days[d]
        raw += row.raw
        scores += row.scores
        squares += row.squares
        hours += row.lead_hours
    weeks = max(1, last - first) / 5.0
    mean = scores / raw if raw > 0.0 else 0.0
    variance = squares / raw - mean * mean if raw > 0.0 else 1.0
    return raw / weeks, mean, math.sqrt(max(1e-12, variance)), hours / weeks


@rule
def hours_per_lead(p):
    """Selling hours that a handed-over lead takes on average, all attempts counted."""
    missed = 1.0 - p.contact_reach
    attempts = 0.0
    still = 1.0
    for _ in range(np.int64(p.contact_attempts)):
        attempts += still
        still *= missed
    return p.contact_attempt_time * attempts + p.contact_talk_time * (1.0 - still)


@rule
def good_above(threshold, cutoff, correlation):
    """Chance that a lead's score passes the threshold and its value the cutoff: bivariate normal, Simpson's rule in the
    score's quantile."""
    spread = math.sqrt(max(1e-12, 1.0 - correlation * correlation))
    low = normal_cdf(threshold)
    step = (1.0 - low) / (2.0 * NODES)
    total = 0.0
    for n in range(2 * NODES + 1):
        u = min(1.0 - 1e-9, max(1e-9, low + n * step))
        weight = 1.0 if n == 0 or n == 2 * NODES else 4.0 if n % 2 == 1 else 2.0
        total += weight * normal_cdf((correlation * normal_quantile(u) - cutoff) / spread)
    return total * step / 3.0


@rule
def lead_objective(w, chair, z, raw, capacity, correlation, worth):
    """What a chair thinks threshold z (in spreads of the score) is worth a week: the firm's margin against its own.

    The own number of a head of marketing is what marketers are paid for: leads handed over, leads accepted, or the
    firm's margin; of a head of sales the worth of good leads worked, whatever hours they cost; whoever leads both has
    the firm's.
    """
    p = w.p[0]
    passing = raw * (1.0 - normal_cdf(z))
    if passing <= 1e-9 * raw:
        return 0.0
    worked = min(capacity, passing)
    cutoff = normal_quantile(1.0 - p.leadership_good_rate)
    good = worked * raw * good_above(z, cutoff, correlation) / passing
    firm = worth * good - p.leadership_hour_worth * hours_per_lead(p) * worked
    own = firm
    if chair.leads == LEADS_MARKETING:
        arm = w.arm[0]
        accepted = good * p.contact_accept_good + (worked - good) * p.contact_accept_bad
        own = arm.counts_mqls * p.leadership_mql_credit * passing + arm.counts_revenue * firm
        own += arm.counts_sqls * p.leadership_sql_credit * accepted
    elif chair.leads == LEADS_SALES:
        own = worth * good
    return chair.firm_weight * firm + (1.0 - chair.firm_weight) * own


@rule
def best_threshold(w, chair, day):
    """Threshold that maximises the chair's objective, by golden-section search after a coarse look."""
    p, arm = w.p[0], w.arm[0]
    own = chair.leads
    late_marketing = 0.0 if own == LEADS_MARKETING else arm.sight
    late_sales = 0.0 if own == LEADS_SALES else arm.sight
    raw, mean, spread, _ = look_up(w, day, late_marketing)
    _, _, _, hours = look_up(w, day, late_sales)
    if raw <= 0.0:
        return w.firm[0].threshold
    need = hours_per_lead(p)
    capacity = hours / need if need > 0.0 else raw
    info = w.firm[0].info
    kappa = w.firm[0].definition
    correlation = kappa / math.sqrt(1.0 + p.lead_noise * p.lead_noise / (1.0 + info))
    worth = believed_lead_worth(w, chair)
    best = LOWEST
    value = lead_objective(w, chair, LOWEST, raw, capacity, correlation, worth)
    for n in range(1, 17):
        z = LOWEST + n * (HIGHEST - LOWEST) / 16.0
        v = lead_objective(w, chair, z, raw, capacity, correlation, worth)
        if v > value:
            value = v
            best = z
    low = max(LOWEST, best - 0.625)
    high = min(HIGHEST, best + 0.625)
    a = high - GOLDEN * (high - low)
    b = low + GOLDEN * (high - low)
    at_a = lead_objective(w, chair, a, raw, capacity, correlation, worth)
    at_b = lead_objective(w, chair, b, raw, capacity, correlation, worth)
    for _ in range(18):
        if at_a >= at_b:
            high = b
            b = a
            at_b = at_a
            a = high - GOLDEN * (high - low)
            at_a = lead_objective(w, chair, a, raw, capacity, correlation, worth)
        else:
            low = a
            a = b
            at_a = at_b
            b = low + GOLDEN * (high - low)
            at_b = lead_objective(w, chair, b, raw, capacity, correlation, worth)
    z = 0.5 * (low + high)
    if value >= lead_objective(w, chair, z, raw, capacity, correlation, worth):
        z = best
    return mean + z * spread
