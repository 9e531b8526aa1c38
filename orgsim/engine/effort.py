"""One effort rule for everyone (theory 1.3; E6, E7).

A person maximises the certainty equivalent of pay, as believed, minus (h - habit)' C (h - habit) / 2 a week, subject to
sum(h) = hours at work and h >= 0. Habit is the flat-pay week bent towards the leader's directive. With linear pay that
is v'h minus the quadratic cost, v the euro that one more hour earns (E6a, E6b; a rate on what a team of n brings in is
worth 1/n of it to each, E7); with quotas see `choice`.
"""

from __future__ import annotations

import math

from orgsim.engine.choice import choose_week
from orgsim.engine.compile import rule
from orgsim.engine.curves import against_today, half_life_factor
from orgsim.engine.forecast import look_ahead, marketer_yields, pace_of_results, rep_yields
from orgsim.engine.periods import last_day, part, periods_a_year
from orgsim.engine.records import (
    ABSENCE,
    ACTIVATION,
    BRAND,
    CONTACT,
    DAYS_PER_WEEK,
    EFFORT,
    HOURS_OF,
    JOINT,
    OWN,
    QUALIFY,
    REP_CUSTOMERS,
    REP_LEADS,
    REP_LOGGING,
    REP_OPPORTUNITIES,
    REP_SLACK,
    SERVE,
    VACANT,
    WORK_WEEK,
)
from orgsim.engine.teams import commitment, serve, team_hours
from orgsim.engine.week import BASE, HABIT, REFERENCE, ROOT, WANTED


@rule
def hours_at_work(w, joint):
    """Hours a week left for the rule, after absence and joint work."""
    return WORK_WEEK * (1.0 - w.p[0].effort_absence) - joint


@rule
def direct(habit, directive, weight):
    """Bend a habit week towards a leader's directive: hours as multiples of habit, the sum kept (theory 1.3: phi)."""
    before = 0.0
    after = 0.0
    for i in range(EFFORT):
        before += habit[i]
        after += habit[i] * max(0.0, 1.0 + weight * (directive[i] - 1.0))
    if after > 0.0:
        for i in range(EFFORT):
            habit[i] *= max(0.0, 1.0 + weight * (directive[i] - 1.0)) * before / after


@rule
def prepare(week, costs):
    """Roots of habit over cost, the scale on which hours are moved; 0 for an activity that costs nothing."""
    for i in range(EFFORT):
        week[ROOT, i] = math.sqrt(week[HABIT, i] / costs[i]) if costs[i] > 0.0 else 0.0


@rule
def sooner_or_later(w, delays):
    """What counts, within a person's horizon, of what an hour yields after its delay."""
    weeks = w.p[0].effort_horizon * 52.0 / 12.0
    for i in range(EFFORT):
        w.sooner[i] = math.exp(-delays[i] / weeks)


@rule
def reference_week(w, person, habit, usual_spent, usual_weeks):
    """The hours at which results came in as they did: habit before there is experience, then the firm's usual week
    under today's pay and one's own."""
    prior = w.p[0].learning_prior
    for i in range(EFFORT):
        w.week[REFERENCE, i] = habit[i]
        if w.arm[0].learns and usual_weeks > 0.0:
            usual = usual_spent[i] / usual_weeks
            w.week[REFERENCE, i] = (prior * usual + person.spent[i]) / (prior + person.weeks)


@rule
def rep_reference(w, rep):
    """The reference week of a rep."""
    reference_week(w, rep, w.p[0].rep_habit, w.firm[0].usual_spent, w.firm[0].usual_rep_weeks)


@rule
def usual_pace(w, rep, component, f, factor):
    """Results of a usual week, in the metric's unit; for hours, those of the reference week."""
    if component.metric >= HOURS_OF:
        return w.week[REFERENCE, component.metric - HOURS_OF]
    return pace_of_results(w, rep, component, factor)


@rule
def quota_factor(rep, component):
    """By what a rep's quota differs from the plan's; plain commission and contests know no quota."""
    plain = component.linear or component.winners > 0 or component.metric >= HOURS_OF
    return 1.0 if plain or component.scope != OWN else rep.quota * rep.aim


@rule
def foresee_rep(w, r, c, day, from_next_day):
    """Forecast of one component of a rep's pay."""
    rep, component, f = w.reps[r], w.components[c], w.forecasts[c]
    factor = quota_factor(rep, component)
    rep_yields(w, rep, component, f)
    pace = usual_pace(w, rep, component, f, factor)
    if component.winners > 0:
        enter_contest(w, component, w.standings[r, c], day)
    look_ahead(w, component, f, w.standings[r, c], w.p[0].rep_delay, pace, factor, day, from_next_day)


@rule
def enter_contest(w, component, standing, day):
    """A contest pays on reaching the last winner's result, as it looks now: a quota that the others set."""
    bar = component.cut_in if standing.projected < component.cut_in else component.cut_out
    share = part(standing.since, last_day(w.firm[0], component.period, day), component.period)
    component.at[0] = max(1e-9, bar) / max(1e-12, component.quota / periods_a_year(component.period) * share)


@rule
def rep_week(w, r, day):
    """The week a rep wants: habit, follow-up and logging bent by cooperation, and what the plan pays."""
    p, firm, rep = w.p[0], w.firm[0], w.reps[r]
    habit = w.week[HABIT]
    for i in range(EFFORT):
        habit[i] = p.rep_habit[i]
    mood = firm.cooperation / p.cooperation_start - 1.0
    habit[REP_LEADS] *= max(0.0, 1.0 + p.cooperation_follow_up * mood) * math.exp(commitment(w))
    habit[REP_LOGGING] *= max(0.0, 1.0 + p.cooperation_logging * mood)
    if firm.directed:
        direct(habit, firm.rep_directive, p.effort_directive)
    prepare(w.week, p.rep_cost)
    sooner_or_later(w, p.rep_delay)
    rep_reference(w, rep)
    for c in range(w.components.size):
        foresee_rep(w, r, c, day, 0)
    checked = w.arm[0].compliance
    w.week[BASE, REP_LEADS] = checked
    w.week[BASE, REP_LOGGING] = checked
    choose_week(w, w.components, hours_at_work(w, firm.joint_rep))
    w.week[BASE, REP_LEADS] = 0.0
    w.week[BASE, REP_LOGGING] = 0.0


@rule
def marketer_week(w, m, day):
    """The week a marketer wants: habit bent towards the leader's split of brand and activation, and what is paid."""
    p, firm, marketer = w.p[0], w.firm[0], w.marketers[m]
    habit = w.week[HABIT]
    for i in range(EFFORT):
        habit[i] = p.marketer_habit[i]
    both = habit[BRAND] + habit[ACTIVATION]
    today = p.money_brand_share
    if both > 0.0 and 0.0 < today < 1.0:
        odds = habit[BRAND] / today * firm.brand_share
        other = habit[ACTIVATION] / (1.0 - today) * (1.0 - firm.brand_share)
        directed = both * odds / (odds + other) if odds + other > 0.0 else habit[BRAND]
        if p.leadership_directs_hours > 0.0:
            odds = habit[BRAND] / today * firm.brand_hours
            other = habit[ACTIVATION] / (1.0 - today) * (1.0 - firm.brand_hours)
            if odds + other > 0.0:
                directed += p.leadership_directs_hours * (both * odds / (odds + other) - directed)
        habit[BRAND] += p.effort_directive * (directed - habit[BRAND])
        habit[ACTIVATION] = both - habit[BRAND]
    if firm.directed:
        direct(habit, firm.marketer_directive, p.effort_directive)
    if firm.request_hours > 0.0:
        serve(habit, firm.request_hours, p.teams_priority)
    if w.arm[0].services_hours > 0.0:
        serve(habit, w.arm[0].services_hours, 0.0)
    prepare(w.week, p.marketer_cost)
    sooner_or_later(w, p.marketer_delay)
    reference_week(w, marketer, p.marketer_habit, firm.usual_market_spent, firm.usual_marketer_weeks)
    for c in range(w.marketer_components.size):
        component, f = w.marketer_components[c], w.forecasts[c]
        marketer_yields(w, component, f)
        pace = usual_pace(w, w.reps[0], component, f, 1.0)
        look_ahead(w, component, f, w.marketer_standings[m, c], p.marketer_delay, pace, 1.0, day, 0)
    choose_week(w, w.marketer_components, hours_at_work(w, firm.joint_marketer))


@rule
def move_towards(person, wanted, at_work, joint, absence, step):
    """Actual hours close a part of the gap to the wanted week. Joint work comes first: when it grows or shrinks, the
    other activities share the hours that are left in proportion."""
    total = 0.0
    for i in range(EFFORT):
        person.hours[i] += step * (wanted[i] - person.hours[i])
        total += person.hours[i]
    if abs(total - at_work) > 1e-9 and total > 0.0:
        for i in range(EFFORT):
            person.hours[i] *= at_work / total
    person.hours[JOINT] = joint
    person.hours[ABSENCE] = absence
    person.hours[VACANT] = 0.0


@rule
def plan_week(w, step, day):
    """Everyone's hours for the coming week; `step` 1 jumps to the wanted week, as at the start of the warm-up."""
    p, firm = w.p[0], w.firm[0]
    wanted = w.week[WANTED]
    at_work = hours_at_work(w, firm.joint_rep)
    absence = WORK_WEEK * p.effort_absence
    for r in range(w.reps.size):
        rep = w.reps[r]
        if not rep.vacant:
            rep_week(w, r, day)
            move_towards(rep, wanted, at_work, firm.joint_rep, absence, step)
            remember_week(w, r, day)
        rep.share = rep.hours[REP_LEADS] / WORK_WEEK
        needed = p.customers_hours_per_year * rep.customers / 52.0
        rep.care = min(p.customers_most_care, rep.hours[REP_CUSTOMERS] * rep.pace / needed) if needed > 0.0 else 1.0
    at_work = hours_at_work(w, firm.joint_marketer)
    for m in range(w.marketers.size):
        marketer = w.marketers[m]
        if not marketer.vacant and marketer.away_until > day:
            live_in_the_field(marketer, absence)
        elif not marketer.vacant:
            marketer_week(w, m, day)
            move_towards(marketer, wanted, at_work, firm.joint_marketer, absence, step)
    keep_in_touch(w)


@rule
def live_in_the_field(marketer, absence):
    """A newcomer's weeks with the reps: joint work and nothing else (D81, D83)."""
    for i in range(EFFORT):
        marketer.hours[i] = 0.0
    marketer.hours[JOINT] = WORK_WEEK - absence
    marketer.hours[ABSENCE] = absence
    marketer.hours[VACANT] = 0.0


@rule
def keep_in_touch(w):
    """Contact with customers between transactions: reps' care, marketing's nurturing for its part, and what devices add
    (D11)."""
    p, firm = w.p[0], w.firm[0]
    if w.arm[0].held[CONTACT]:
        for rep in w.reps:
            rep.care = 1.0
        return
    part = p.customers_marketing_share
    if part > 0.0 or firm.lift[CONTACT] != 0.0:
        nurtured = min(
            p.customers_most_care,
            against_today(team_hours(w.marketers, QUALIFY) * firm.focus, p.qualify_today, 1.0),
        )
        for rep in w.reps:
            care = (1.0 - part) * rep.care + part * nurtured + firm.lift[CONTACT]
            rep.care = max(0.0, min(p.customers_most_care, care))


@rule
def remember_week(w, r, day):
    """For the record of weeks, where one is kept: selling hours wanted, and attainment so far in the first own
    component that knows a quota."""
    if w.weeks.size > 0:
        sold = 0.0
        for i in range(REP_CUSTOMERS + 1):
            sold += w.week[WANTED, i]
        row = w.weeks[day // DAYS_PER_WEEK, r]
        row[0] = sold
        row[1] = math.nan
        for c in range(w.components.size):
            if w.components[c].scope == OWN and not w.components[c].linear and w.components[c].metric < HOURS_OF:
                row[1] = w.forecasts[c].got
                return


@rule
def adjustment(p):
    """Share of the gap closed in a week."""
    return 1.0 - half_life_factor(p.effort_half_life) if p.effort_half_life > 0.0 else 1.0


@rule
def book_week(w, month, day):
    """Book every hour of the week to one activity. Planned but unused selling hours are slack; a call that ran over is
    booked in the next week."""
    for r in range(w.reps.size):
        rep = w.reps[r]
        row = w.rep_hours[month, r]
        spare = rep.hours[REP_SLACK]
        leads = min(rep.lead_hours, rep.hours[REP_LEADS] + spare)
        rep.lead_hours -= leads
        spare += rep.hours[REP_LEADS] - leads
        closing = min(rep.closing_hours, rep.hours[REP_OPPORTUNITIES] + spare)
        rep.closing_hours -= closing
        spare += rep.hours[REP_OPPORTUNITIES] - closing
        for i in range(EFFORT + 3):
            row[i] += rep.hours[i]
        row[REP_LEADS] += leads - rep.hours[REP_LEADS]
        row[REP_OPPORTUNITIES] += closing - rep.hours[REP_OPPORTUNITIES]
        row[REP_SLACK] += spare - rep.hours[REP_SLACK]
    for m in range(w.marketers.size):
        marketer = w.marketers[m]
        row = w.marketer_hours[month, m]
        for i in range(EFFORT + 3):
            row[i] += marketer.hours[i]
        if not marketer.vacant and marketer.away_until <= day:
            spare = marketer.hours[SERVE] - w.p[0].marketer_habit[SERVE] - w.firm[0].request_hours
            w.firm[0].services_hours += max(0.0, min(w.arm[0].services_hours, spare))
