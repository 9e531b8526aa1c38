"""The quadratic program of a person's week, solved by an active set (theory 1.3; E6b).

Maximise v'h - (h - habit)' C (h - habit) / 2 subject to sum(h) = hours at work and h >= 0, with
C_ij = c [(1 - rho) delta_ij + rho] / (root_i root_j) and root_i^2 = habit_i / cost_i.
"""

from __future__ import annotations

from orgsim.engine.compile import rule
from orgsim.engine.records import EFFORT

# Rows of the scratch week.
HABIT, VALUE, WANTED, AT_ZERO, ROOT, OTHERS, BEST, REFERENCE, BASE = range(9)
SCRATCH = 9


@rule
def wanted_week(week, total, cost, rho):
    """Solve the rule for given values of an hour: rows habit, value and root of `week` in, hours wanted out.

    Activities that cost nothing take up what the others leave, at a price of 0; where they have nothing left to give,
    or where there are none, the price of an hour makes the sum right.
    """
    free = 0.0
    for i in range(EFFORT):
        if week[HABIT, i] > 0.0 and week[ROOT, i] == 0.0:
            free += week[HABIT, i]
    if free > 0.0:
        used = solve(week, total, cost, rho, True)
        if used <= total:
            for i in range(EFFORT):
                if week[HABIT, i] > 0.0 and week[ROOT, i] == 0.0:
                    week[WANTED, i] = (total - used) * week[HABIT, i] / free
            return
    solve(week, total, cost, rho, False)


@rule
def solve(week, total, cost, rho, unpriced):
    """An active set over the activities that cost something; returns the hours they take.

    The inverse of C has a closed form (a diagonal and a rank-one part), so each round is one pass. Activities driven
    below zero are set to zero and act on the others only through substitution.
    """
    scale = cost * (1.0 - rho)
    for i in range(EFFORT):
        week[AT_ZERO, i] = 0.0
    while True:
        n = 0
        root_zero = 0.0
        sum_value = 0.0
        sum_root = 0.0
        sum_habit = 0.0
        for i in range(EFFORT):
            if week[AT_ZERO, i] > 0.0:
                root_zero += week[HABIT, i] / week[ROOT, i]
            elif week[ROOT, i] > 0.0:
                n += 1
        for i in range(EFFORT):
            root = week[ROOT, i]
            if root > 0.0 and week[AT_ZERO, i] == 0.0:
                sum_value += root * week[VALUE, i] + cost * rho * root_zero
                sum_root += root
                sum_habit += week[HABIT, i]
        shared = rho / (1.0 - rho + n * rho)
        gain = 0.0
        slope = 0.0
        for i in range(EFFORT):
            root = week[ROOT, i]
            if root > 0.0 and week[AT_ZERO, i] == 0.0:
                gain += root * (root * week[VALUE, i] + cost * rho * root_zero - shared * sum_value) / scale
                slope += root * (root - shared * sum_root) / scale
        price = 0.0 if unpriced or slope <= 0.0 else (sum_habit + gain - total) / slope
        worst = -1
        lowest = -1e-12
        used = 0.0
        for i in range(EFFORT):
            week[WANTED, i] = 0.0
            root = week[ROOT, i]
            if root > 0.0 and week[AT_ZERO, i] == 0.0:
                pull = root * week[VALUE, i] + cost * rho * root_zero - shared * sum_value
                drag = price * (root - shared * sum_root)
                hours = week[HABIT, i] + root * (pull - drag) / scale
                week[WANTED, i] = hours
                used += hours
                if hours < lowest:
                    lowest = hours
                    worst = i
        if worst < 0:
            return used
        week[AT_ZERO, worst] = 1.0


@rule
def cost_of_week(week, cost, rho):
    """Euro a week that leaving habit costs: (h - habit)' C (h - habit) / 2."""
    sum_square = 0.0
    total = 0.0
    for i in range(EFFORT):
        if week[ROOT, i] > 0.0:
            moved = (week[WANTED, i] - week[HABIT, i]) / week[ROOT, i]
            sum_square += moved * moved
            total += moved
    return 0.5 * cost * ((1.0 - rho) * sum_square + rho * total * total)
