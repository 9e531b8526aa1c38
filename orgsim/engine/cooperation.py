"""How the teams get on: events move cooperation, joint work moves the shared definition of a lead (theory 1.4)."""

from __future__ import annotations

from orgsim.engine.compile import rule
from orgsim.engine.curves import half_life_factor, logistic, logit
from orgsim.engine.records import COOPERATION, DAYS_PER_WEEK, DEFINITION

WEEKS_PER_QUARTER = 13.0


@rule
def get_on(w, time):
    """Cooperation = logistic(z); z returns to its rest and is moved by events beyond their usual number.

    Usual is the weekly mean of leads in the second half of the warm-up, and the disputes of today's structure; while it
    is being learned, events count as usual. Leads count per rep, so that a larger firm is not a moodier one.
    """
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    rest = logit(p.cooperation_start)
    kept = half_life_factor(p.cooperation_half_life)
    warm_up = firm.horizon_start
    shock = 0.0
    if time < warm_up:
        if time >= 0.5 * warm_up:
            firm.usual_good += firm.good_events
            firm.usual_bad += firm.bad_events
            firm.usual_wins += firm.wins
            firm.usual_weeks += 1.0
    elif firm.usual_weeks > 0.0 and arm.cooperates:
        good = (firm.good_events - firm.usual_good / firm.usual_weeks) / w.reps.size
        bad = (firm.bad_events - firm.usual_bad / firm.usual_weeks) / w.reps.size
        disputes = (arm.disputes - arm.usual_disputes) / WEEKS_PER_QUARTER
        shock = p.cooperation_good_lead * (good - p.cooperation_bad_ratio * bad) - p.cooperation_dispute * disputes
        usual_open = arm.usual_disputes / WEEKS_PER_QUARTER * arm.usual_settlement / DAYS_PER_WEEK
        shock -= p.cooperation_open_dispute * (open_disputes(arm) - usual_open)
    if arm.cooperates:
        shock -= firm.friction
    if arm.held[COOPERATION] == 0:
        rest += firm.lift[COOPERATION]
        firm.goodwill = rest + kept * (firm.goodwill - rest) + shock
        firm.cooperation = logistic(firm.goodwill)
    firm.good_events = 0.0
    firm.bad_events = 0.0
    firm.wins = 0.0
    if arm.held[DEFINITION] == 0:
        aim = arm.definition + firm.lift[DEFINITION]
        aim = max(0.0, min(1.0, aim))
        firm.definition += (1.0 - half_life_factor(p.cooperation_definition_half_life)) * (aim - firm.definition)


@rule
def open_disputes(arm):
    """Disputes between heads that wait for the common superior: so many a week, each for so long (Little's law, E9)."""
    return arm.disputes / WEEKS_PER_QUARTER * arm.settlement / DAYS_PER_WEEK


@rule
def forget(w):
    """Reps' experience with leads fades (theory 1.4: half-life 26 weeks)."""
    kept = half_life_factor(w.p[0].belief_half_life)
    for rep in w.reps:
        rep.good *= kept
        rep.bad *= kept
    for segment in w.segments:
        segment.attempts *= kept


@rule
def adopt(w):
    """A new structure takes hold over time: the share of a leader's decision that is carried out."""
    arm, firm = w.arm[0], w.firm[0]
    if arm.adoption > 0.0:
        firm.adoption = 1.0 - half_life_factor(arm.adoption * 0.6931471805599453 * 52.0 / 12.0) * (1.0 - firm.adoption)
    else:
        firm.adoption = 1.0

