"""People: practice, morale, who leaves, who is hired, and what quotas become of a year's results."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import note
from orgsim.engine.compile import rule
from orgsim.engine.curves import half_life_factor, logistic
from orgsim.engine.effort import hours_at_work, move_towards
from orgsim.engine.forecast import period_worth, rep_yields
from orgsim.engine.handover import in_charge, leave_line, stand_in_line
from orgsim.engine.payroll import settle_marketer, settle_rep
from orgsim.engine.periods import periods_a_year
from orgsim.engine.records import (
    ALL_REVENUE,
    COOPERATION,
    DAYS_PER_WEEK,
    DAYS_PER_YEAR,
    EFFORT,
    FIELD_KNOWLEDGE,
    HOURS_PER_DAY,
    IS_DISMISSED,
    MARKETER_ROLE,
    MORALE,
    NOTE_HIRED,
    NOTE_QUIT,
    OWN,
    QUEUED,
    QUITS,
    REP_CUSTOMERS,
    REP_ROLE,
    RESULTS,
    STAYS,
    VACANT,
    WEEK,
    WORK_WEEK,
)
from orgsim.engine.streams import normal_quantile, uniforms
from orgsim.engine.timing import pays_for_deals

LONG_SERVED = 1e9  # months of practice where nobody ever leaves
LONGEST_TENURE = 600.0  # months


# Practice ------------------------------------------------------------------------------------------------------------


@rule
def come_up_to_speed(w, rep):
    """Pace and skill from practice: a new hire's pace rises to full pace, skill by what practice adds to talent.

    Skill is talent plus growth x (learned - its mean in a team with the usual turnover), so that its mean is talent's.
    """
    p = w.p[0]
    rep.pace = 1.0
    rep.skill = rep.talent
    if not w.arm[0].ramps:
        return
    if p.people_ramp > 0.0:
        rep.pace = 1.0 - (1.0 - p.people_new_hire_pace) * math.exp(-3.0 * rep.practice / p.people_ramp)
    turnover = p.people_rep_turnover if w.arm[0].leaves else 0.0
    mean = 1.0 / (1.0 + turnover * p.people_practice / 12.0)
    gained = 1.0 - math.exp(-rep.practice / p.people_practice)
    rep.skill = min(1.0, max(0.0, rep.talent + p.people_skill_growth * (gained - mean)))


@rule
def practise(w):
    """The week's selling hours, in months of usual ones, become practice; morale follows how the teams get on."""
    p, firm = w.p[0], w.firm[0]
    usual = 0.0
    for i in range(REP_CUSTOMERS + 1):
        usual += p.rep_habit[i]
    kept = half_life_factor(p.people_morale_half_life)
    mood = firm.cooperation / p.cooperation_start - 1.0
    for rep in w.reps:
        rep.morale = kept * rep.morale + (1.0 - kept) * mood
        if not rep.vacant and usual > 0.0:
            sold = 0.0
            for i in range(REP_CUSTOMERS + 1):
                sold += rep.hours[i]
            rep.practice += sold / usual * 12.0 / 52.0
            come_up_to_speed(w, rep)
    if w.arm[0].held[MORALE]:
        return
    mood += strain(w)
    for marketer in w.marketers:
        marketer.morale = kept * marketer.morale + (1.0 - kept) * mood


@rule
def strain(w):
    """What marketers' morale owes to their place: service for others, a strategic right, disputes lost (D40, D76)."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    unfair = p.teams_unfairness * arm.leaning * arm.disputes
    served = p.teams_frustration * min(1.0, firm.request_hours / WORK_WEEK)
    return p.teams_recognition * arm.recognised - served - unfair + firm.lift[MORALE]


# Leaving -------------------------------------------------------------------------------------------------------------


@rule
def thinks_of_leaving(w, person, role, rate):
    """Whether somebody decides this month to leave: hazard moved by pay against expectation and by morale."""
    p = w.p[0]
    if person.vacant or person.leaves != STAYS or rate <= 0.0:
        return False
    disappointed = 1.0 - person.recent / person.expected if person.expected > 0.0 else 0.0
    drive = p.people_pay_sensitivity * disappointed - p.people_morale_sensitivity * person.morale
    hazard = rate / 12.0 * math.exp(min(20.0, drive))
    u, _, _, _ = uniforms(w.firm[0], streams.TURNOVER, role, person.index, person.holder, person.returns)
    person.returns += 1
    return u < 1.0 - math.exp(-hazard)


@rule
def decide_to_leave(w):
    """At the end of a month some decide to leave, on the next Friday."""
    p = w.p[0]
    if not w.arm[0].leaves:
        return
    for rep in w.reps:
        if thinks_of_leaving(w, rep, REP_ROLE, p.people_rep_turnover):
            rep.leaves = QUITS
    for marketer in w.marketers:
        if thinks_of_leaving(w, marketer, MARKETER_ROLE, p.people_marketer_turnover):
            marketer.leaves = QUITS


@rule
def vacate(w, person, role, day):
    """The seat stands empty until somebody is hired."""
    stint = w.stints[person.stint]
    stint.left = day + 1
    stint.reason = person.leaves
    note(w, (day + 1) * HOURS_PER_DAY, NOTE_QUIT, -1, -1, person.index if role == REP_ROLE else -1, person.leaves)
    for i in range(WEEK):
        person.hours[i] = 0.0
    person.hours[VACANT] = WORK_WEEK
    person.vacant = 1
    person.leaves = STAYS
    person.hired = day + 1 + np.int64(math.ceil(w.p[0].people_vacancy)) * DAYS_PER_WEEK
    month = w.months[w.month_of[day]]
    if stint.reason == IS_DISMISSED:
        month.dismissals += 1
    elif role == REP_ROLE:
        month.quits += 1
    else:
        month.marketer_quits += 1


@rule
def pass_on(w, rep):
    """Leads that wait for a rep who leaves get in line for the one who stands in."""
    stand_in = w.reps[in_charge(w, rep.index)]
    if rep.queue >= 0 and stand_in.index != rep.index and w.p[0].contact_pooled == 0.0:
        while rep.queue >= 0:
            k = leave_line(w, rep)
            if w.leads[k].status == QUEUED:
                w.firm[0].queued -= 1
                stand_in_line(w, stand_in, k, np.float64(w.leads[k].queued))
        rep.wakes = math.inf


@rule
def leave(w, day):
    """On Fridays those who decided to leave do; what they have reached is settled."""
    for r in range(w.reps.size):
        rep = w.reps[r]
        if rep.leaves != STAYS:
            for c in range(w.components.size):
                if w.standings[r, c].since <= day:
                    settle_rep(w, r, c, day)
                    w.standings[r, c].got = 0.0
            vacate(w, rep, REP_ROLE, day)
            rep.share = 0.0
            rep.closing_balance = 0.0
            rep.lead_hours = 0.0
            rep.closing_hours = 0.0
            pass_on(w, rep)
    for m in range(w.marketers.size):
        marketer = w.marketers[m]
        if marketer.leaves != STAYS:
            for c in range(w.marketer_components.size):
                if w.marketer_standings[m, c].since <= day:
                    settle_marketer(w, m, c, day)
                    w.marketer_standings[m, c].got = 0.0
            vacate(w, marketer, MARKETER_ROLE, day)
            take_knowledge_along(w)


# Hiring --------------------------------------------------------------------------------------------------------------


@rule
def prospective_pay(w, r, talent):
    """Euro a year that the plan promises somebody of a talent: skill sells as its weight in the buyer's choice says."""
    p = w.p[0]
    pay = p.money_rep_pay * (1.0 - w.arm[0].rep_share)
    lift = p.opportunity_weight_skill * (1.0 - p.opportunity_win) * (talent - 0.5)
    for c in range(w.components.size):
        component, f = w.components[c], w.forecasts[c]
        won = 1.0 - p.repeat_share if component.metric == ALL_REVENUE else 1.0
        closes = won if pays_for_deals(component) and component.scope == OWN else 0.0
        expected = p.effort_expected_attainment * (1.0 + lift * closes)
        number = periods_a_year(component.period)
        if component.winners > 0:
            pay += number * component.prize * component.winners / w.reps.size
        elif component.linear:
            pay += component.rate * component.quota * expected
        else:
            rep_yields(w, w.reps[r], component, f)
            f.deal *= number / component.quota
            f.order *= number / component.quota
            f.got = 0.0
            f.error = p.effort_forecast_error
            f.scale = 1.0
            f.certain = 0
            pay += number * period_worth(w, component, f, expected)
    return pay


@rule
def choose_applicant(w, r, holder):
    """Talent of the applicant who takes the seat: the one to whom the plan promises most beyond what is offered
    elsewhere. Nobody sees talent; a plan that pays for results attracts it (Lazear 2000; A20)."""
    p = w.p[0]
    best = 0.0
    chosen = 0.5
    for applicant in range(np.int64(p.people_applicants)):
        u_talent, u_elsewhere, _, _ = uniforms(w.firm[0], streams.REP, applicant, r, holder, 0)
        elsewhere = p.money_rep_pay * p.people_outside_spread * normal_quantile(u_elsewhere)
        surplus = prospective_pay(w, r, u_talent) - elsewhere
        if applicant == 0 or surplus > best:
            best = surplus
            chosen = u_talent
    return chosen


@rule
def begin_stint(w, person, role, day):
    """Write down who is in the seat from now on."""
    firm = w.firm[0]
    person.stint = firm.stints
    stint = w.stints[firm.stints]
    firm.stints += 1
    stint.role = role
    stint.seat = person.index
    stint.holder = person.holder
    stint.talent = person.talent
    stint.hired = person.hired
    stint.left = -1
    stint.reason = STAYS


@rule
def take_seat(w, person, role, pay, habit, day):
    """A new hire begins: without experience, in the habit week, expecting pay at target."""
    p = w.p[0]
    person.holder += 1
    person.vacant = 0
    person.hired = day
    person.practice = 0.0
    person.morale = 0.0
    person.weeks = 0.0
    person.returns = 0
    person.accrued = 0.0
    person.advanced = 0
    person.expected = pay / 12.0
    person.recent = pay / 12.0
    for i in range(EFFORT):
        person.spent[i] = 0.0
    joint = w.firm[0].joint_rep if role == REP_ROLE else w.firm[0].joint_marketer
    move_towards(person, habit, hours_at_work(w, joint), joint, WORK_WEEK * p.effort_absence, 1.0)
    w.months[w.month_of[day]].hires += 1
    note(w, day * HOURS_PER_DAY, NOTE_HIRED, -1, -1, person.index if role == REP_ROLE else -1, 0)
    begin_stint(w, person, role, day)


@rule
def hire(w, day):
    """On Mondays seats are filled that have been empty long enough."""
    p = w.p[0]
    come_back_from_the_field(w, day)
    if w.firm[0].hiring == 0:
        return
    for r in range(w.reps.size):
        rep = w.reps[r]
        if rep.vacant and rep.hired <= day:
            rep.talent = choose_applicant(w, r, rep.holder + 1)
            take_seat(w, rep, REP_ROLE, p.money_rep_pay, p.rep_habit, day)
            rep.good = 0.0
            rep.bad = 0.0
            rep.quota = 1.0
            rep.year = 0.0
            for i in range(EFFORT):
                rep.credit[i] = 0.0
            for k in range(RESULTS):
                rep.usual[k] = 0.0
            rep.closing_since = day * HOURS_PER_DAY
            rep.earliest = day * HOURS_PER_DAY
            come_up_to_speed(w, rep)
            for c in range(w.components.size):
                w.standings[r, c].got = 0.0
                w.standings[r, c].since = day
    for m in range(w.marketers.size):
        marketer = w.marketers[m]
        if marketer.vacant and marketer.hired <= day:
            take_seat(w, marketer, MARKETER_ROLE, p.money_marketer_pay, p.marketer_habit, day)
            send_into_the_field(w, marketer, day)
            for c in range(w.marketer_components.size):
                w.marketer_standings[m, c].got = 0.0
                w.marketer_standings[m, c].since = day


@rule
def send_into_the_field(w, marketer, day):
    """A new marketer first spends some weeks with the reps, where the firm asks for that (D81, D83)."""
    weeks = w.p[0].teams_immersion
    marketer.away_until = day + np.int64(math.ceil(weeks)) * DAYS_PER_WEEK if weeks > 0.0 else 0


@rule
def come_back_from_the_field(w, day):
    """Who comes back knows the field, and is known there: both teams' shared states rise by one newcomer's part."""
    p, firm = w.p[0], w.firm[0]
    for marketer in w.marketers:
        if marketer.away_until == day and day > 0 and not marketer.vacant:
            part = p.teams_immersion / 4.0 / w.marketers.size
            if w.arm[0].held[FIELD_KNOWLEDGE] == 0:
                firm.field_knowledge = min(1.0, firm.field_knowledge + part * p.teams_immersion_gain)
            if w.arm[0].held[COOPERATION] == 0:
                firm.goodwill += part * p.teams_immersion_goodwill
                firm.cooperation = logistic(firm.goodwill)


@rule
def take_knowledge_along(w):
    """A marketer who leaves takes a part of what marketing knows of the field along."""
    firm = w.firm[0]
    if w.arm[0].held[FIELD_KNOWLEDGE] == 0:
        firm.field_knowledge *= 1.0 - w.p[0].teams_newcomers / w.marketers.size


@rule
def start_staff(w):
    """Everyone in a seat at the start of the warm-up: tenure as turnover leaves it, practice with it."""
    p, firm = w.p[0], w.firm[0]
    for rep in w.reps:
        u_talent, _, u_tenure, _ = uniforms(firm, streams.REP, 0, rep.index, 0, 0)
        rep.talent = u_talent
        rep.practice = LONG_SERVED
        if w.arm[0].leaves and p.people_rep_turnover > 0.0:
            rep.practice = min(LONGEST_TENURE, 12.0 * streams.exponential(u_tenure) / p.people_rep_turnover)
            rep.hired = -np.int64(math.floor(rep.practice * DAYS_PER_YEAR / 12.0))
        else:
            rep.hired = -DAYS_PER_YEAR
        rep.expected = p.money_rep_pay / 12.0
        rep.recent = rep.expected
        rep.quota = 1.0
        rep.aim = 1.0
        come_up_to_speed(w, rep)
        begin_stint(w, rep, REP_ROLE, 0)
    for marketer in w.marketers:
        marketer.pace = 1.0
        marketer.hired = -DAYS_PER_YEAR
        marketer.expected = p.money_marketer_pay / 12.0
        marketer.recent = marketer.expected
        begin_stint(w, marketer, MARKETER_ROLE, 0)
