"""Moving the date of a close for pay's sake (E6d; A14-A16).

In the last week of a pay period a rep compares what a deal pays now with what it pays in the next period. The buyer
signs in the other period for a discount of its own; the rep gives it if it pays and lies within the authority.
"""

from __future__ import annotations

from orgsim.engine import streams
from orgsim.engine.compile import rule
from orgsim.engine.effort import foresee_rep, quota_factor, rep_reference
from orgsim.engine.forecast import deals_expected, luck_of_deals, turn_page
from orgsim.engine.payroll import result
from orgsim.engine.periods import counts_now, last_day, last_day_counted
from orgsim.engine.plan import worth
from orgsim.engine.records import ALL_REVENUE, HOURS_PER_DAY, NEW_REVENUE, OWN, PULLED, PUSHED, WINS
from orgsim.engine.streams import uniforms


@rule
def discount_asked(w, lead):
    """Discount for which the buyer of this episode signs in another period: uniform around its mean."""
    p = w.p[0]
    prospect = w.prospects[lead.prospect]
    _, _, u, _ = uniforms(w.firm[0], streams.DECISION, prospect.segment, prospect.index, 0, prospect.episode)
    return p.timing_discount * (1.0 + p.timing_spread * (2.0 * u - 1.0))


@rule
def pays_for_deals(component):
    """Whether a component counts orders signed."""
    return component.metric == ALL_REVENUE or component.metric == NEW_REVENUE or component.metric == WINS


@rule
def gain(w, component, f, deal):
    """Euro by which a deal (in attainment) raises the worth of a period's pay."""
    aversion = w.p[0].effort_risk_aversion * f.scale
    deals, luck = deals_expected(f, f.rest), luck_of_deals(f, f.rest)
    at, slope, jump, knots = component.at, component.slope, component.jump, component.knots
    with_it = worth(at, slope, jump, knots, f.got + deal, f.rest, deals, luck, f.error, aversion)
    return f.scale * (with_it - worth(at, slope, jump, knots, f.got, f.rest, deals, luck, f.error, aversion))


@rule
def gain_now(w, component, f, euro, day):
    """Euro that a deal of so many euro earns in the present period."""
    if not counts_now(component, day):
        return 0.0
    size = 1.0 if component.metric == WINS else euro
    if f.linear:
        return component.rate * size
    return gain(w, component, f, size / (f.quota * f.part))


@rule
def ends_with_period(w, component, day):
    """Whether the weeks that count end with the period, so that the next period's begin at once."""
    return last_day_counted(w.firm[0], component, day) == last_day(w.firm[0], component.period, day)


@rule
def gain_later(w, rep, component, f, euro, day):
    """The same in the next period, weighed for the wait."""
    p = w.p[0]
    size = 1.0 if component.metric == WINS else euro
    if component.first_week > 1 or (component.last_week > 0 and not ends_with_period(w, component, day)):
        return 0.0  # next week does not count
    if f.linear:
        return p.timing_weight * component.rate * size
    here = turn_page(p, component, f, quota_factor(rep, component))
    later = p.timing_weight * gain(w, component, f, size / f.quota)
    f.rest, f.got, f.error, f.deal, f.order, f.scale = here
    return later


@rule
def ends_soon(w, component, day):
    """Whether results stop counting for the component before an opportunity is reviewed again."""
    return 0 <= last_day_counted(w.firm[0], component, day) - day < w.p[0].opportunity_review


@rule
def may_move(w, day):
    """Whether moving a close past the end of a pay period is in question now."""
    asked = False
    if w.arm[0].moves:
        for component in w.components:
            asked = asked or (pays_for_deals(component) and ends_soon(w, component, day))
    return asked


@rule
def better_moved(w, rep, lead, day, pull):
    """Whether the deal pays more when it is moved at the buyer's discount: into this period, or out of it."""
    asked = discount_asked(w, lead)
    if asked > w.firm[0].authority:
        return False
    euro = lead.deal / 100.0
    moved = (1.0 - asked) * euro
    rep_reference(w, rep)
    now = 0.0
    later = 0.0
    for c in range(w.components.size):
        component, f = w.components[c], w.forecasts[c]
        if not pays_for_deals(component):
            continue
        foresee_rep(w, rep.index, c, day, 1)
        if component.scope == OWN:
            f.got += result(rep.tally, component.metric) / (f.quota * f.part)
        now += gain_now(w, component, f, moved if pull else euro, day)
        if ends_soon(w, component, day):
            later += gain_later(w, rep, component, f, euro if pull else moved, day)
        else:
            later += gain_now(w, component, f, euro if pull else moved, day)
    return now > 0.0 and now >= later if pull else later > now


@rule
def next_period(w, day):
    """First hour after the pay periods that end soon."""
    last = day
    for component in w.components:
        if pays_for_deals(component) and ends_soon(w, component, day):
            last = max(last, last_day_counted(w.firm[0], component, day))
    return (last + 1.0) * HOURS_PER_DAY


@rule
def pulls(w, rep, lead, day):
    """Whether the rep brings the buyer's decision forward to now, at a discount."""
    if lead.deal > 0 and may_move(w, day) and better_moved(w, rep, lead, day, True):
        lead.moved = PULLED
        lead.discount = discount_asked(w, lead)
        return True
    return False


@rule
def pushes(w, rep, lead, day):
    """Whether the rep lets a ready buyer wait for the next period, at a discount."""
    if lead.deal > 0 and may_move(w, day) and better_moved(w, rep, lead, day, False):
        lead.moved = PUSHED
        lead.discount = discount_asked(w, lead)
        return True
    return False
