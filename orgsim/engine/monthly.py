"""What a month looked like at its end: stocks, levers and states of the teams, for the period table."""

from __future__ import annotations

import math

from orgsim.engine.compile import rule
from orgsim.engine.cooperation import open_disputes
from orgsim.engine.devices import devices_held
from orgsim.engine.product import appeal_of_product
from orgsim.engine.records import (
    BRAND,
    CLARITY,
    COMMITMENT,
    CONTACT,
    COOPERATION,
    DEFINITION,
    ENABLE,
    EVIDENCE,
    FEEDBACK,
    FIELD_KNOWLEDGE,
    INFORMATION,
    INNOVATION,
    INSIGHT,
    MORALE,
    OPENNESS,
    REQUESTS,
    STATES,
    USE,
    VALUE_PROPOSITION,
    VOICE,
)
from orgsim.engine.selling import success_rate
from orgsim.engine.teams import (
    WEEKS_PER_QUARTER,
    clarity,
    commitment,
    evidence,
    feedback,
    openness,
    requests,
    targeting_fit,
    team_hours,
    use_of_material,
    voice,
)


@rule
def describe_month(w, month):
    """Stocks at the end of the month, for the period table."""
    firm = w.firm[0]
    row = w.months[month]
    row.brand_share = firm.brand_share
    row.threshold = firm.threshold
    row.brand_stock = firm.brand_stock
    row.definition = firm.definition
    row.cooperation = firm.cooperation
    row.value_proposition = firm.value_proposition
    row.field_knowledge = firm.field_knowledge
    row.customers = firm.customers
    row.opportunities = firm.opportunities
    row.queued = firm.queued
    row.missed_value = firm.missed_value
    describe_teams(w, row)
    row.awareness_regular = mean_awareness(w, 1)
    row.awareness_outside = mean_awareness(w, 0)


@rule
def describe_teams(w, row):
    """States of the teams at the end of the month."""
    firm = w.firm[0]
    for k in range(STATES):
        row.state[k] = firm.lift[k]
    row.state[DEFINITION] = firm.definition
    row.state[COOPERATION] = firm.cooperation
    row.state[FIELD_KNOWLEDGE] = firm.field_knowledge
    row.state[VALUE_PROPOSITION] = firm.value_proposition
    row.state[INNOVATION] = firm.innovation
    row.state[USE] = use_of_material(w)
    row.state[CLARITY] = clarity(w)
    row.state[OPENNESS] = openness(w)
    row.state[COMMITMENT] = commitment(w)
    row.state[INFORMATION] = firm.info
    row.state[EVIDENCE] = evidence(w)
    row.state[FEEDBACK] = feedback(w) * WEEKS_PER_QUARTER
    row.state[VOICE] = voice(w)
    row.state[REQUESTS] = requests(w)
    row.state[CONTACT] = mean_of_reps(w, True)
    row.state[MORALE] = mean_morale(w.marketers)
    row.rep_morale = mean_of_reps(w, False)
    row.marketer_morale = row.state[MORALE]
    row.product = appeal_of_product(w.p[0], firm)
    row.alignment = firm.alignment
    row.alignment_marketing = firm.seen_by_marketing
    row.alignment_sales = firm.seen_by_sales
    row.request_hours = firm.request_hours * w.marketers.size
    row.strategic_hours = (
        team_hours(w.marketers, BRAND) + team_hours(w.marketers, INSIGHT) + team_hours(w.marketers, ENABLE)
    )
    row.open_disputes = open_disputes(w.arm[0])
    row.targeting_fit = targeting_fit(w)
    row.devices_held = devices_held(w)
    row.marketer_pace = firm.focus
    row.belief = 0.0
    row.quota_error = 0.0
    for rep in w.reps:
        row.belief += success_rate(w, rep) / w.reps.size
        row.quota_error += abs(math.log(max(1e-9, rep.aim))) / w.reps.size


@rule
def mean_of_reps(w, of_care):
    """Mean of reps' care of customers, or of their morale."""
    total = 0.0
    for rep in w.reps:
        total += rep.care if of_care else rep.morale
    return total / w.reps.size


@rule
def mean_morale(staff):
    """Mean morale of a team; 0 where it has nobody."""
    total = 0.0
    for person in staff:
        total += person.morale
    return total / staff.size if staff.size > 0 else 0.0


@rule
def mean_awareness(w, regular):
    """Mean awareness of the accounts in regular markets (1) or outside them (0); a running mean, exact among equals."""
    mean = math.nan
    accounts = 0.0
    for segment in w.segments:
        if segment.regular == regular and segment.accounts > 0:
            accounts += segment.accounts
            if accounts == segment.accounts:
                mean = segment.awareness
            else:
                mean += (segment.awareness - mean) * segment.accounts / accounts
    return mean
