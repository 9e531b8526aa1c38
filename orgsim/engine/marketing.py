"""Marketing's week: brand and activation effort become awareness and reach; hours become information and knowledge."""

from __future__ import annotations

import math

from orgsim.engine.compile import rule
from orgsim.engine.curves import against_today, half_life_factor
from orgsim.engine.records import (
    ACTIVATION,
    BRAND,
    ENABLE,
    FIELD_KNOWLEDGE,
    INSIGHT,
    QUALIFY,
    REP_LOGGING,
    REP_PROSPECTING,
    VALUE_PROPOSITION,
)
from orgsim.engine.teams import information, team_hours, use_of_material, within


@rule
def marketing_hours(w, activity):
    """Hours a week that marketing puts into an activity, less what one alone loses by changing between many."""
    return team_hours(w.marketers, activity) * w.firm[0].focus


@rule
def programme(w):
    """Programme spend, euro a year: the arm's, as its holder cuts it, and as services pay for it (A35, D61)."""
    return w.arm[0].programme * w.firm[0].programme_scale * w.firm[0].services_share


@rule
def work_on_brand(w):
    """Advertising stock and awareness (E11, A24, A26).

    Effort in euro a week, hours at their worth; stock <- lambda stock + effort^exponent; per segment
    a <- a (1 - delta - r) + r with r in proportion to the stock. This form is linear in a, so the awareness of a
    single account can be read from its segment's without being stored.
    """
    p, firm = w.p[0], w.firm[0]
    effort = programme(w) * firm.brand_share / 52.0 + p.brand_hour_worth * marketing_hours(w, BRAND)
    inflow = math.exp(p.brand_exponent * math.log(effort)) if effort > 0.0 else 0.0
    kept = half_life_factor(p.brand_half_life)
    firm.brand_stock = firm.brand_stock * kept + inflow
    response = firm.brand_stock * (1.0 - kept) / p.brand_today if p.brand_today > 0.0 else 1.0
    forgets = forgetting(p)
    for segment in w.segments:
        gains = min(1.0 - forgets, segment.reach_rate * response * segment.target)
        segment.awareness = segment.awareness * (1.0 - forgets - gains) + gains
        segment.retained *= 1.0 - forgets - gains


@rule
def forgetting(p):
    """Share of awareness forgotten in a week: one over the mean memory in weeks."""
    return 12.0 / (52.0 * p.brand_memory)


@rule
def work_on_activation(w):
    """Reach of campaigns and of reps' own prospecting among accounts that did not think of us."""
    p, firm = w.p[0], w.firm[0]
    effort = programme(w) * (1.0 - firm.brand_share) / 52.0
    effort += p.brand_hour_worth * marketing_hours(w, ACTIVATION)
    firm.reach = min(1.0, p.market_further_reach * against_today(effort, p.activation_today, p.brand_exponent))
    hours = 0.0
    for rep in w.reps:
        hours += rep.hours[REP_PROSPECTING] * rep.pace
    firm.found = min(1.0, p.market_found_share * against_today(hours, p.prospecting_today, 1.0))


@rule
def work_on_knowledge(w):
    """Information per lead, strength of the value proposition and field knowledge (D14, D17, D51, D82, D84)."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    logging = against_today(team_hours(w.reps, REP_LOGGING), p.logging_today, p.lead_logging_exponent)
    firm.info = p.lead_info_per_hour * logging * marketing_hours(w, QUALIFY) / p.lead_raw_per_week * information(w)
    kept = half_life_factor(p.opportunity_knowledge_half_life)
    if arm.held[VALUE_PROPOSITION] == 0:
        insight = 0.5 * against_today(marketing_hours(w, INSIGHT), p.insight_today, 1.0) + firm.lift[VALUE_PROPOSITION]
        insight = within(0.0, insight, 1.0)
        firm.value_proposition = insight + kept * (firm.value_proposition - insight)
    if arm.held[FIELD_KNOWLEDGE] == 0:
        used = use_of_material(w) / p.teams_use
        enable = 0.5 * against_today(marketing_hours(w, ENABLE), p.enable_today, 1.0) * used
        enable = within(0.0, enable + firm.lift[FIELD_KNOWLEDGE], 1.0)
        firm.field_knowledge = enable + kept * (firm.field_knowledge - enable)

