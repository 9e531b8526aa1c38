"""How a person answers a plan with quotas: what an hour is worth depends on what is foreseen, and that on the hours.

Every week that is the best answer to the result it leads to is found; the one of highest utility is taken. With one
decision a period and small deals that is the global maximum of a bonus times its chance, less the cost of effort (E6c).
"""

from __future__ import annotations

from orgsim.engine.compile import rule
from orgsim.engine.forecast import deal_value, order_value, period_worth
from orgsim.engine.records import EFFORT
from orgsim.engine.week import BEST, HABIT, OTHERS, REFERENCE, VALUE, WANTED, cost_of_week, wanted_week

GRID = 12
REFINED = 60


@rule
def add_values(w, f, new, order, row):
    """Add to a row what an hour of each activity earns in one component, a new deal and an order being worth so much
    in this period; what lands later counts as in the next one, and what is beyond the horizon does not count."""
    for i in range(EFFORT):
        if f.news[i] != 0.0 or f.orders[i] != 0.0:
            late = 1.0 - f.inside[i]
            value = f.news[i] * (f.inside[i] * new + late * f.next_deal)
            value += f.orders[i] * (f.inside[i] * order + late * f.next_order)
            w.week[row, i] += value * w.sooner[i]


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
    return answer(w, f, total, deal_value(w, component, f, rest), order_value(w, component, f, rest)) - rest


@rule
def utility(w, component, f, rest):
    """Of the wanted week: pay of this period and what the other components and later periods add, minus its cost."""
    p = w.p[0]
    gain = 0.0
    for i in range(EFFORT):
        late = (1.0 - f.inside[i]) * (f.news[i] * f.next_deal + f.orders[i] * f.next_order)
        gain += (w.week[OTHERS, i] + late) * (w.week[WANTED, i] - w.week[HABIT, i])
    cost = cost_of_week(w.week, p.effort_cost, p.effort_substitution)
    return period_worth(w, component, f, rest) + f.weeks * (gain - cost)


@rule
def best_answer(w, component, f, total):
    """Find every week that is the best answer to the result it leads to, and keep the one of highest utility.

    Returns what is then expected for the rest; the row of wanted hours holds the week.
    """
    low = answer(w, f, total, 0.0, 0.0)
    new = deal_value(w, component, f, low)
    order = order_value(w, component, f, low)
    for j in range(component.knots):
        at_knot = component.at[j] - f.got - 0.5 * f.deal
        if at_knot > low:
            new = max(new, deal_value(w, component, f, at_knot))
            order = max(order, order_value(w, component, f, at_knot))
    high = answer(w, f, total, new, order)
    if not high > low:
        return low
    found = -1.0
    best = 0.0
    left = low
    at_left = gap(w, component, f, total, low)
    for n in range(1, GRID + 1):
        right = low + (high - low) * n / GRID
        at_right = gap(w, component, f, total, right)
        if at_left >= 0.0 and (at_right < 0.0 or n == GRID):
            rest = refine(w, component, f, total, left, right, at_left, at_right)
            rest = rest + gap(w, component, f, total, rest)
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
def refine(w, component, f, total, left, right, at_left, at_right):
    """Where the gap closes between two results, by regula falsi (Illinois)."""
    if at_right >= 0.0:
        return right
    middle = left
    for _ in range(REFINED):
        if right - left <= 1e-13 * (1.0 + abs(left)):
            break
        middle = left + (right - left) * at_left / (at_left - at_right)
        if not left < middle < right:
            middle = 0.5 * (left + right)
        at_middle = gap(w, component, f, total, middle)
        if abs(at_middle) <= 1e-13 * (1.0 + abs(middle)):
            break
        if at_middle > 0.0:
            left = middle
            at_left = at_middle
            at_right *= 0.5
        else:
            right = middle
            at_right = at_middle
            at_left *= 0.5
    return middle


@rule
def choose_week(w, components, total):
    """The wanted week, given the forecast of every component.

    Linear components are worth the same at any result. Of the others, each in turn finds its best answer to the
    rest, twice over where there are several.
    """
    p = w.p[0]
    curved = 0
    for i in range(EFFORT):
        w.week[VALUE, i] = 0.0
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
                w.week[OTHERS, i] = 0.0
            for o in range(components.size):
                if o != c:
                    g = w.forecasts[o]
                    if g.linear:
                        add_values(w, g, g.now, g.now, OTHERS)
                    else:
                        new = deal_value(w, components[o], g, g.foreseen)
                        add_values(w, g, new, order_value(w, components[o], g, g.foreseen), OTHERS)
            f.foreseen = best_answer(w, components[c], f, total)
