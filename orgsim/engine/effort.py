"""One effort rule for everyone, in its linear limit (theory 1.3; E6b, E7).

A person maximises v'h - (h - habit)' C (h - habit) / 2 subject to sum(h) = hours at work and h >= 0, where v is the
euro that the pay plan, as the person believes, adds per hour of each activity, habit is the flat-pay week bent towards
the leader's directive, and C_ij = c [(1 - rho) delta_ij + rho] / sqrt(habit_i habit_j). With habit 1 and no limit on
hours this is E6b, e = e0 + C^-1 beta; a metric of a team of n has 1/n of the rate (E7).
"""

from __future__ import annotations

import math

from orgsim.engine.compile import rule
from orgsim.engine.curves import half_life_factor
from orgsim.engine.records import (
    ABSENCE,
    ACTIVATION,
    BRAND,
    EFFORT,
    JOINT,
    REP_CUSTOMERS,
    REP_LEADS,
    REP_LOGGING,
    REP_OPPORTUNITIES,
    REP_SLACK,
    WORK_WEEK,
)


@rule
def wanted_week(week, total, cost, rho):
    """Solve the rule by an active set for a person's `week`: rows habit, value in, hours wanted out.

    The inverse of C has a closed form (a diagonal and a rank-one part), so each round is one pass. Activities driven
    below zero are set to zero and act on the others only through substitution.
    """
    scale = cost * (1.0 - rho)
    habit, value, wanted, at_zero = week[0], week[1], week[2], week[3]
    for i in range(EFFORT):
        at_zero[i] = 0.0
    while True:
        n = 0
        root_zero = 0.0
        sum_value = 0.0
        sum_root = 0.0
        sum_habit = 0.0
        for i in range(EFFORT):
            if at_zero[i] > 0.0:
                root_zero += math.sqrt(habit[i])
            elif habit[i] > 0.0:
                n += 1
        for i in range(EFFORT):
            if habit[i] > 0.0 and at_zero[i] == 0.0:
                root = math.sqrt(habit[i])
                sum_value += root * value[i] + cost * rho * root_zero
                sum_root += root
                sum_habit += habit[i]
        shared = rho / (1.0 - rho + n * rho)
        gain = 0.0
        slope = 0.0
        for i in range(EFFORT):
            if habit[i] > 0.0 and at_zero[i] == 0.0:
                root = math.sqrt(habit[i])
                gain += root * (root * value[i] + cost * rho * root_zero - shared * sum_value) / scale
                slope += root * (root - shared * sum_root) / scale
        price = (sum_habit + gain - total) / slope if slope > 0.0 else 0.0
        worst = -1
        lowest = -1e-12
        for i in range(EFFORT):
            wanted[i] = 0.0
            if habit[i] > 0.0 and at_zero[i] == 0.0:
                root = math.sqrt(habit[i])
                pull = root * value[i] + cost * rho * root_zero - shared * sum_value
                drag = price * (root - shared * sum_root)
                wanted[i] = habit[i] + root * (pull - drag) / scale
                if wanted[i] < lowest:
                    lowest = wanted[i]
                    worst = i
        if worst < 0:
            return
        at_zero[worst] = 1.0


@rule
def hours_at_work(w):
    """Hours a week left for the rule, after absence and joint work."""
    return WORK_WEEK * (1.0 - w.p[0].effort_absence) - w.arm[0].coordination


@rule
def rep_week(w):
    """The week a rep wants: habit, follow-up and logging bent by cooperation, and what own and firm revenue pay."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    habit, value = w.week[0], w.week[1]
    for i in range(EFFORT):
        habit[i] = p.rep_habit[i]
        value[i] = (arm.rep_own + arm.rep_firm) * p.rep_revenue[i]
    mood = firm.cooperation / p.cooperation_start - 1.0
    habit[REP_LEADS] *= max(0.0, 1.0 + p.cooperation_follow_up * mood)
    habit[REP_LOGGING] *= max(0.0, 1.0 + p.cooperation_logging * mood)
    wanted_week(w.week, hours_at_work(w), p.effort_cost, p.effort_substitution)


@rule
def marketer_week(w):
    """The week a marketer wants: habit bent towards the leader's split of brand and activation, and what is paid."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    habit, value = w.week[0], w.week[1]
    for i in range(EFFORT):
        habit[i] = p.marketer_habit[i]
        value[i] = arm.marketer_mql * p.marketer_mqls[i] + arm.marketer_firm * p.marketer_revenue[i]
    both = habit[BRAND] + habit[ACTIVATION]
    today = p.money_brand_share
    if both > 0.0 and 0.0 < today < 1.0:
        odds = habit[BRAND] / today * firm.brand_share
        other = habit[ACTIVATION] / (1.0 - today) * (1.0 - firm.brand_share)
        directed = both * odds / (odds + other)
        habit[BRAND] += p.effort_directive * (directed - habit[BRAND])
        habit[ACTIVATION] = both - habit[BRAND]
    wanted_week(w.week, hours_at_work(w), p.effort_cost, p.effort_substitution)


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


@rule
def plan_week(w, step):
    """Everyone's hours for the coming week; `step` 1 jumps to the wanted week, as at the start of the warm-up."""
    p, arm = w.p[0], w.arm[0]
    wanted = w.week[2]
    at_work = hours_at_work(w)
    absence = WORK_WEEK * p.effort_absence
    rep_week(w)
    for rep in w.reps:
        move_towards(rep, wanted, at_work, arm.coordination, absence, step)
        rep.share = rep.hours[REP_LEADS] / WORK_WEEK
        needed = p.customers_hours_per_year * rep.customers / 52.0
        rep.care = min(p.customers_most_care, rep.hours[REP_CUSTOMERS] / needed) if needed > 0.0 else 1.0
    marketer_week(w)
    for marketer in w.marketers:
        move_towards(marketer, wanted, at_work, arm.coordination, absence, step)


@rule
def adjustment(p):
    """Share of the gap closed in a week."""
    return 1.0 - half_life_factor(p.effort_half_life)


@rule
def book_week(w, month):
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
        for i in range(EFFORT + 2):
            row[i] += rep.hours[i]
        row[REP_LEADS] += leads - rep.hours[REP_LEADS]
        row[REP_OPPORTUNITIES] += closing - rep.hours[REP_OPPORTUNITIES]
        row[REP_SLACK] += spare - rep.hours[REP_SLACK]
    for m in range(w.marketers.size):
        marketer = w.marketers[m]
        row = w.marketer_hours[month, m]
        for i in range(EFFORT + 2):
            row[i] += marketer.hours[i]
