"""How a person answers a plan with quotas: what an hour is worth depends on what is foreseen, and that on the hours.

Every week that is the best answer to the result it leads to is found; the one of highest utility is taken. With one
decision a period and small deals that is the global maximum of a bonus times its chance, less the cost of effort (E6c).
"""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine.compile import rule
from orgsim.engine.forecast import deals_expected, luck_of_deals, period_worth, value_deals
from orgsim.engine.records import EFFORT
from orgsim.engine.week import BASE, BEST, HABIT, OTHERS, REFERENCE, VALUE, WANTED, cost_of_week, wanted_week

GRID = 12
ONE_ANSWER = 0.5
REFINED = 80
HIGHEST_DENSITY = 0.3989422804014327  # of a standard normal
FINEST = 1000.0  # pieces in which several answers are looked for
BARE = 1e-3
PRECISION = 1e-9  # of what effort can move, and of the spread of the forecast


@rule
def add_values(w, f, new, order, row):
    """Add to a row what an hour of each activity earns in one component, a new deal and an order being worth so much
    in this period; what lands later counts as in the next one, and what is beyond the horizon does not count."""
    for i in range(EFFORT):
        if f.news[i] != 0.0 or f.orders[i] != 0.0:
            late = f.late[i] * w.sooner[i]
            w.week[row, i] += f.news[i] * (f.inside[i] * new + late * f.next_deal)
            w.week[row, i] += f.orders[i] * (f.inside[i] * order + late * f.next_order)


@rule
def answer(w, f, total, new, order):
    """The week that these values of a deal and an order call for, and what is then expected for the rest."""
    p = w.p[0]
    for i in range(EFFORT):
        w.week[VALUE, i] = w.week[OTHERS, i]
    add_values(w, f, new, order, VALUE)
    wanted_week(w.week, total, p.effort_cost, p.effort_substitution)
    return expected_rest(w, f)


@rule
def expected_rest(w, f):
    """What is expected for the rest of the period if the wanted week is kept up."""
    rest = f.rest
    for i in range(EFFORT):
        rest += (f.news[i] + f.orders[i]) * (w.week[WANTED, i] - w.week[REFERENCE, i]) * f.time[i]
    return max(0.0, rest)


@rule
def gap(w, component, f, total, rest):
    """How much more would be expected than is assumed, after the best answer to what is assumed."""
    value_deals(w, component, f, rest)
    return answer(w, f, total, f.new, f.again) - rest


@rule
def utility(w, component, f, rest):
    """Of the wanted week: pay of this period and what the other components and later periods add, minus its cost."""
    p = w.p[0]
    gain = 0.0
    for i in range(EFFORT):
        late = f.late[i] * w.sooner[i] * (f.news[i] * f.next_deal + f.orders[i] * f.next_order)
        gain += (w.week[OTHERS, i] + late) * (w.week[WANTED, i] - w.week[HABIT, i])
    cost = cost_of_week(w.week, p.effort_cost, p.effort_substitution)
    return period_worth(w, component, f, rest) + f.weeks * (gain - cost)


@rule
def most_a_deal_can_add(component, f, low):
    """A bound on the worth of a deal, in euro per attainment, whatever is foreseen: the steepest slope, and every jump
    at the height of its chance."""
    steep = 0.0
    steepest = 0.0
    jumps = 0.0
    for j in range(component.knots):
        steep += component.slope[j]
        steepest = max(steepest, steep)
        jumps += component.jump[j]
    none = math.exp(-deals_expected(f, low))
    sharp = 1.0 / max(1e-12, min(f.deal, f.order) if f.repeating > 0.0 else f.deal)
    some = min(sharp, HIGHEST_DENSITY / math.sqrt(luck_of_deals(f, low) + f.error * f.error + 1e-300))
    bare = min(sharp, HIGHEST_DENSITY / (f.error + 1e-300))
    return f.scale * (steepest + jumps * (some + none * bare))


@rule
def sharpest(f, rest):
    """The narrowest spread over which the worth of a deal moves: that of the whole forecast, or, where no further deal
    may well come, of what is uncertain beside deals."""
    bare = math.exp(-deals_expected(f, rest)) > BARE
    return f.error if bare else math.sqrt(luck_of_deals(f, rest) + f.error * f.error)


@rule
def best_answer(w, component, f, total):
    """Find every week that is the best answer to the result it leads to, and keep the one of highest utility.

    Returns what is then expected for the rest; the row of wanted hours holds the week.
    """
    low = answer(w, f, total, 0.0, 0.0)
    most = most_a_deal_can_add(component, f, low)
    high = answer(w, f, total, most, most)
    spread = sharpest(f, low)
    near = PRECISION * min(high - low, spread + 1e-300)
    left = low
    at_left = gap(w, component, f, total, low)
    if at_left < 0.0 or not high > low:  # risk outweighs what a deal adds, or no hour adds anything
        return expected_rest(w, f)
    # The worth of a deal moves over the spread of the forecast at the fastest: effort that can move the forecast by
    # far less than that has one answer only.
    if high - low < ONE_ANSWER * spread:
        return refine(w, component, f, total, low, high, at_left, low + at_left, near)
    found = -1.0
    best = 0.0
    pieces = GRID
    if GRID * spread < 2.0 * (high - low):
        pieces = np.int64(math.ceil(min(FINEST, 2.0 * (high - low) / (spread + 1e-300))))
    for n in range(1, pieces + 1):
        right = low + (high - low) * n / pieces
        at_right = gap(w, component, f, total, right)
        if at_left >= 0.0 and (at_right < 0.0 or n == pieces):
            guess = left + (right - left) * at_left / (at_left - at_right) if at_right < 0.0 else right
            rest = refine(w, component, f, total, left, right, at_left, guess, near)
            value = utility(w, component, f, rest)
            if found < 0.0 or value > best:
                found = rest
                best = value
                for i in range(EFFORT):
                    w.week[BEST, i] = w.week[WANTED, i]
        left = right
        at_left = at_right
    for i in range(EFFORT):
        w.week[WANTED, i] = w.week[BEST, i]
    return found


@rule
def refine(w, component, f, total, left, right, at_left, guess, near):
    """Where the gap closes between two results, to within `near`: secant steps from the left end and a guess, kept
    between the ends by halving. Returns what the week found leads to."""
    before = left
    at_before = at_left
    for _ in range(REFINED):
        at_guess = gap(w, component, f, total, guess)
        if abs(at_guess) <= near or right - left <= near:
            break
        if at_guess > 0.0:
            left = guess
        else:
            right = guess
        step = at_guess * (guess - before) / (at_before - at_guess) if at_before != at_guess else 0.0
        before = guess
        at_before = at_guess
        guess = guess + step
        if not left < guess < right:
            guess = 0.5 * (left + right)
    return expected_rest(w, f)


@rule
def choose_week(w, components, total):
    """The wanted week, given the forecast of every component.

    Linear components are worth the same at any result. Of the others, each in turn finds its best answer to the
    rest, twice over where there are several.
    """
    p = w.p[0]
    curved = 0
    for i in range(EFFORT):
        w.week[VALUE, i] = w.week[BASE, i]
    for c in range(components.size):
        f = w.forecasts[c]
        if f.linear:
            add_values(w, f, f.now, f.now, VALUE)
        else:
            curved += 1
            f.foreseen = f.rest
    if curved == 0:
        wanted_week(w.week, total, p.effort_cost, p.effort_substitution)
        return
    for _ in range(1 if curved == 1 else 2):
        for c in range(components.size):
            f = w.forecasts[c]
            if f.linear:
                continue
            for i in range(EFFORT):
                w.week[OTHERS, i] = w.week[BASE, i]
            for o in range(components.size):
                if o != c:
                    g = w.forecasts[o]
                    if g.linear:
                        add_values(w, g, g.now, g.now, OTHERS)
                    else:
                        value_deals(w, components[o], g, g.foreseen)
                        add_values(w, g, g.new, g.again, OTHERS)
            f.foreseen = best_answer(w, components[c], f, total)
