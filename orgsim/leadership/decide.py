"""The bounded leader: each month, every chair moves the levers it holds towards what it believes best (theory 1.1).

x <- x + eta (x_hat - x). x_hat maximises the chair's own objective with believed yields,
log b = log yield + (bias + noise e^(-skill / 2) eps) / sqrt(1 + n) after n months, benefits counted up to horizon H.
eta = 1 - e^(-a / a0), a the chair's hours per report and week after escalations. Skill and attention change the noise
and the speed of decisions, never outcomes. One rule for every chair; separate heads answer last month's proposals.
"""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine.agenda import note
from orgsim.engine.compile import entry, rule
from orgsim.engine.curves import logistic
from orgsim.engine.devices import start_and_stop
from orgsim.engine.records import (
    ACTIVATION,
    ADVISERS,
    BOTH_HEADS,
    DAYS_PER_QUARTER,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    HOURS_PER_DAY,
    LEADS_HEADS,
    LEADS_MARKETING,
    LEADS_SALES,
    NOTE_BUDGET,
    NOTE_THRESHOLD,
    THIRD_MONTH,
)
from orgsim.engine.teams import advice, evidence, look_at_alignment, voice
from orgsim.leadership.threshold import LOOK_BACK, best_threshold


@rule
def attention(w, chair, day):
    """Leading hours per report and week that escalated deals leave; double as many deals escalate at quarter end."""
    p = w.p[0]
    last_month = day % DAYS_PER_QUARTER >= THIRD_MONTH
    busy = p.leadership_quarter_end if last_month else 1.0
    late = w.firm[0].late_opportunities
    escalated = p.leadership_escalations * p.leadership_escalation_time * busy * late * chair.escalation_share
    left = p.leadership_hours - escalated
    if chair.leads != LEADS_HEADS:
        left -= w.firm[0].joint_head
    return max(0.0, left) / chair.span


@rule
def log_hours(w, day):
    """Leaders' hours of the month that begins: in the field, where deals take them, and for developing what they lead
    (D63)."""
    month = w.months[w.month_of[day]]
    days = 0
    while day + days < w.month_of.size and w.month_of[day + days] == w.month_of[day]:
        days += 1
    weeks = days / np.float64(DAYS_PER_WEEK)
    for k in range(w.chairs.size):
        chair = w.chairs[k]
        if k != w.arm[0].chief:
            free = attention(w, chair, day) * chair.span
            devices = min(w.p[0].leadership_hours, w.firm[0].joint_head if chair.leads != LEADS_HEADS else 0.0)
            month.development_hours += weeks * free
            month.field_hours += weeks * max(0.0, w.p[0].leadership_hours - free - devices)


@rule
def horizon_of(w, chair, day):
    """Months of benefits that count for a chair: its horizon, and so far as it is paid on the year, what is left of
    the year (A35)."""
    if chair.year_weight <= 0.0:
        return chair.horizon
    left = (DAYS_PER_YEAR - day % DAYS_PER_YEAR) * 12.0 / DAYS_PER_YEAR
    return chair.horizon + chair.year_weight * (min(chair.horizon, left) - chair.horizon)


@rule
def decisiveness(w, k, day):
    """Share of the way to the best lever that chair k goes this month."""
    if not w.arm[0].attention:
        return w.firm[0].adoption
    return w.firm[0].adoption * (1.0 - math.exp(-attention(w, w.chairs[k], day) / w.p[0].leadership_attention_scale))


@rule
def believed_brand_yield(w, chair):
    """Yield of brand work as the chair believes it, relative to activation."""
    candidate = w.candidates[chair.candidate]
    error = w.arm[0].noise * math.exp(-0.5 * candidate.marketing) * candidate.error
    off = (math.log(chair.prior) + error) / math.sqrt(1.0 + candidate.marketing_seen + advice(w))
    return w.p[0].leadership_brand_yield * math.exp(off)


@rule
def best_brand_share(w, chair, day):
    """Split that maximises b m s^g + (1 - s)^g, m = 1 - e^(-H / maturity) the part of brand's benefit that counts.

    Closed form: odds = (b m)^(1 / (1 - g)); with b = 1 and g = 1/2 this is E14.
    """
    p = w.p[0]
    months = horizon_of(w, chair, day)
    counted = believed_brand_yield(w, chair) * (1.0 - math.exp(-months / p.leadership_maturity))
    if p.brand_exponent >= 1.0:
        return 1.0 if counted > 1.0 else 0.0
    return logistic(math.log(counted) / (1.0 - p.brand_exponent))


@rule
def settle(w, right, proposals, own, by_sales, by_marketing):
    """The target that comes out of a right: one chair's own view, bent by proposals, or both heads' by their voices."""
    proposed = by_marketing + voice(w) * (by_sales - by_marketing)
    if right == BOTH_HEADS:
        return proposed
    if proposals:
        return own + w.p[0].leadership_deference * (proposed - own)
    return own


@rule
def pace_of(w, right, day):
    """Decisiveness of whoever holds the right; of the slower of two who hold it jointly."""
    arm = w.arm[0]
    if right == BOTH_HEADS:
        return min(decisiveness(w, arm.sales_chair, day), decisiveness(w, arm.marketing_chair, day))
    return decisiveness(w, right, day)


@rule
def stopped_by_veto(now, target, theirs):
    """Where a lever may go when another chair has a veto: towards the target, no further than that chair's own best,
    and nowhere if that lies on the other side."""
    if (target - now) * (theirs - now) <= 0.0:
        return now
    return min(target, theirs) if target > now else max(target, theirs)


@rule
def decide_programme(w, day):
    """Cut the programme near the end of a year that pay hangs on (A35): each part to where what it still brings in time
    is worth as much as it was, (counted / usual)^(1 / (1 - exponent))."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    holder = arm.marketing_chair if arm.budget == BOTH_HEADS else arm.budget
    chair = w.chairs[holder]
    if firm.programme_set == 0:
        firm.programme_scale = 1.0
        if chair.year_weight > 0.0 and p.brand_exponent < 1.0:
            months = horizon_of(w, chair, day)
            soon = max(1e-9, p.marketer_delay[ACTIVATION] * 12.0 / 52.0)
            brand = (1.0 - math.exp(-months / p.leadership_maturity)) / (
                1.0 - math.exp(-chair.horizon / p.leadership_maturity)
            )
            active = (1.0 - math.exp(-months / soon)) / (1.0 - math.exp(-chair.horizon / soon))
            power = 1.0 / (1.0 - p.brand_exponent)
            firm.programme_scale = firm.brand_share * math.exp(power * math.log(brand)) + (
                1.0 - firm.brand_share
            ) * math.exp(power * math.log(active))


@rule
def decide_budget(w, day):
    """Move brand's share of the programme."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    own = 0.0 if arm.budget == BOTH_HEADS else best_brand_share(w, w.chairs[arm.budget], day)
    for n in range(ADVISERS):
        adviser = arm.budget_adviser[n]
        if adviser >= 0:
            own += p.leadership_consulted * (best_brand_share(w, w.chairs[adviser], day) - own)
    target = settle(w, arm.budget, arm.budget_proposals, own, firm.budget_by_sales, firm.budget_by_marketing)
    if arm.budget_veto >= 0:
        target = stopped_by_veto(firm.brand_share, target, best_brand_share(w, w.chairs[arm.budget_veto], day))
    if not arm.taken[0]:
        firm.brand_share += pace_of(w, arm.budget, day) * (target - firm.brand_share)
    firm.budget_by_sales = best_brand_share(w, w.chairs[arm.sales_chair], day)
    firm.budget_by_marketing = best_brand_share(w, w.chairs[arm.marketing_chair], day)
    firm.brand_hours = best_brand_share(w, w.chairs[arm.hours_chair], day)
    note(w, day * HOURS_PER_DAY, NOTE_BUDGET, -1, -1, arm.budget, np.int64(firm.brand_share * 1e6))


@rule
def decide_threshold(w, day):
    """Move the score from which leads are handed over."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    if day < LOOK_BACK:
        return
    together = arm.threshold == BOTH_HEADS or arm.threshold_proposals
    own = 0.0 if arm.threshold == BOTH_HEADS else best_threshold(w, w.chairs[arm.threshold], day)
    for n in range(ADVISERS):
        adviser = arm.threshold_adviser[n]
        if adviser >= 0:
            own += p.leadership_consulted * (best_threshold(w, w.chairs[adviser], day) - own)
    target = settle(
        w, arm.threshold, arm.threshold_proposals, own, firm.threshold_by_sales, firm.threshold_by_marketing
    )
    if arm.threshold_veto >= 0:
        target = stopped_by_veto(firm.threshold, target, best_threshold(w, w.chairs[arm.threshold_veto], day))
    if not arm.taken[1]:
        firm.threshold += pace_of(w, arm.threshold, day) * (target - firm.threshold)
    if together:
        firm.threshold_by_sales = best_threshold(w, w.chairs[arm.sales_chair], day)
        firm.threshold_by_marketing = best_threshold(w, w.chairs[arm.marketing_chair], day)
    note(w, day * HOURS_PER_DAY, NOTE_THRESHOLD, -1, -1, arm.threshold, np.int64(firm.threshold * 1e6))


@rule
def due(w, day):
    """Whether leaders decide this month: every month, or at the review after so many (D45)."""
    since = w.month_of[day] - w.month_of[w.firm[0].phase_first]
    return since % w.arm[0].review == 0


@entry
def pace_of_chair(w, k, day):
    """Share of the way to what it wants that chair k goes this month, for leaders of the user's."""
    return decisiveness(w, k, day)


@entry
def stop(now, target, theirs):
    """See `stopped_by_veto`."""
    return stopped_by_veto(now, target, theirs)


@entry
def view_of_chair(w, k, lever, day):
    """Where chair k would have a lever, the split of the programme (0) or the threshold (1), by the bounded rule."""
    return best_brand_share(w, w.chairs[k], day) if lever == 0 else best_threshold(w, w.chairs[k], day)


@entry
def attention_of(w, k, day):
    """Leading hours per report and week of chair k, for its report."""
    return attention(w, w.chairs[k], day)


@rule
def look_around(w, day):
    """The first day of a month: leaders' hours are logged, and the teams' alignment is looked at."""
    log_hours(w, day)
    perceived = look_at_alignment(w, w.month_of[day])
    if w.arm[0].decides and due(w, day):
        start_and_stop(w, day, perceived)


@rule
def decide_month(w, day):
    """All chairs decide; then each leader has seen one month more of what he or she leads."""
    if w.arm[0].decides:
        if due(w, day):
            decide_budget(w, day)
            decide_threshold(w, day)
            decide_programme(w, day)
        seen = 1.0 + evidence(w)
        for c in range(w.candidates.size):
            sells = False
            markets = False
            for chair in w.chairs:
                if chair.candidate == c:
                    sells = sells or chair.leads != LEADS_MARKETING
                    markets = markets or chair.leads != LEADS_SALES
            w.candidates[c].sales_seen += seen if sells else 0.0
            w.candidates[c].marketing_seen += seen if markets else 0.0
