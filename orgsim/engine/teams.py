"""What the two teams do to each other: requests, criticism, voice, use of material, alignment true and perceived.

Each state is its rest plus what devices lift, and enters one equation. At the defaults all rests are neutral.
"""

from __future__ import annotations

import math

from orgsim.engine import streams
from orgsim.engine.compile import rule
from orgsim.engine.curves import logistic, logit
from orgsim.engine.records import (
    ACTIVATION,
    ADVICE,
    BRAND,
    CLARITY,
    COMMITMENT,
    EFFORT,
    ENABLE,
    EVIDENCE,
    FEEDBACK,
    FIELD_KNOWLEDGE,
    FORESIGHT,
    INFORMATION,
    INSIGHT,
    MARKET_KNOWLEDGE,
    OPENNESS,
    REQUESTS,
    SERVE,
    SKILL,
    USE,
    VOICE,
)
from orgsim.engine.streams import normal_quantile, uniforms

WEEKS_PER_QUARTER = 13.0
MOST_TAKEN = 0.9  # of the hours of other work, that requests may take


@rule
def within(low, x, high):
    """x, kept between two bounds."""
    return max(low, min(high, x))


@rule
def team_hours(staff, activity):
    """Hours a week of a whole team on an activity."""
    total = 0.0
    for person in staff:
        total += person.hours[activity]
    return total


# States that rest, and are lifted ------------------------------------------------------------------------------------


@rule
def clarity(w):
    """How clear roles are: 0 as today, 1 no doubt is left (D41)."""
    return within(0.0, w.firm[0].lift[CLARITY], 1.0)


@rule
def openness(w):
    """How open each team is to the other's criticism (D21)."""
    return within(0.0, w.p[0].teams_openness + w.firm[0].lift[OPENNESS], 1.0)


@rule
def evidence(w):
    """How well results can be laid to what marketing did (D27, D53)."""
    return within(0.0, w.firm[0].lift[EVIDENCE], 1.0)


@rule
def feedback(w):
    """Rounds of feedback a week (D92)."""
    return max(0.0, w.p[0].teams_feedback + w.firm[0].lift[FEEDBACK]) / WEEKS_PER_QUARTER


@rule
def use_of_material(w):
    """Share of marketing's material that reps use; it grows with what marketing knows of the field (D71, A34)."""
    p, firm = w.p[0], w.firm[0]
    if w.arm[0].held[USE]:
        return p.teams_use
    known = p.teams_use_knowledge * (firm.field_knowledge - 0.5)
    return within(0.0, p.teams_use * math.exp(known) + firm.lift[USE], 1.0)


@rule
def skill_of(w, rep):
    """A rep's skill with what coaching adds (D25, D59)."""
    return rep.skill + w.firm[0].lift[SKILL]


@rule
def information(w):
    """What common data and a staff unit add to the information on a lead, as a ratio (D17, D67)."""
    added = 0.0 if w.arm[0].held[INFORMATION] else w.arm[0].staff_information
    return max(0.0, 1.0 + w.firm[0].lift[INFORMATION] + added)


@rule
def advice(w):
    """Months of experience that outside advice is worth to leaders (D94)."""
    return max(0.0, w.firm[0].lift[ADVICE])


@rule
def quota_error(w):
    """Error of quotas, log units, after what joint planning foresees (D13, D62)."""
    return w.p[0].teams_quota_error * (1.0 - within(0.0, w.firm[0].lift[FORESIGHT], 1.0))


# Voice and commitment ------------------------------------------------------------------------------------------------


@rule
def shown_return(w):
    """1 - exp(-R), R the margin credited to marketing in a usual week over what marketing costs in one."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    credit = 0.0
    for i in range(EFFORT):
        credit += firm.deal_credit[i]
    weeks = firm.usual_total_weeks
    if weeks <= 0.0:
        return 0.0
    cost = arm.programme / 52.0 + w.marketers.size * p.money_marketer_pay * p.money_charges / 52.0
    return 1.0 - math.exp(-max(0.0, p.money_gross_margin * credit / weeks) / cost) if cost > 0.0 else 0.0


@rule
def voice(w):
    """Sales' voice where two functions propose: the structure's, moved by status, shown results and commercial work
    (D53, D70; seed 003)."""
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    if arm.held[VOICE]:
        return arm.voice
    said = arm.voice + p.teams_status + firm.lift[VOICE]
    if p.teams_influence > 0.0:
        said -= p.teams_influence * evidence(w) * shown_return(w)
    if p.teams_standing > 0.0:
        active = 0.0
        total = 0.0
        for i in range(EFFORT):
            total += team_hours(w.marketers, i)
        active += team_hours(w.marketers, ACTIVATION)
        said -= p.teams_standing * (active / total if total > 0.0 else 0.0)
    return within(0.0, said, 1.0)


@rule
def commitment(w):
    """Reps' commitment to what was planned, log units: by their voice in it, and by their part in it (D46, D47)."""
    if w.arm[0].held[COMMITMENT]:
        return 0.0
    p = w.p[0]
    heard = p.teams_voice_commitment * (2.0 * voice(w) - 1.0) if p.teams_voice_commitment > 0.0 else 0.0
    return heard + w.firm[0].lift[COMMITMENT]


# Requests ------------------------------------------------------------------------------------------------------------


@rule
def requests(w):
    """Ad hoc requests a rep makes in a week, beyond today's (D39); clear roles leave fewer (D41)."""
    asked = max(0.0, w.p[0].teams_requests + w.firm[0].lift[REQUESTS])
    return 0.0 if w.arm[0].held[REQUESTS] else asked * (1.0 - clarity(w))


@rule
def receive_requests(w):
    """Hours a week that requests take of each marketer: served, less the pointless ones that vetting stops (D42)."""
    p, firm = w.p[0], w.firm[0]
    each = p.teams_request_time * (1.0 - p.teams_vetting * p.teams_pointless) + p.teams_vetting * p.teams_vet_time
    number = 1.0 * w.marketers.size
    firm.request_hours = requests(w) * w.reps.size / number * each if number > 0.0 else 0.0


@rule
def serve(habit, hours, priority):
    """Take hours for service from a marketer's week: a part from strategic work alone, the rest from all work (D75).

    Returns the hours taken, which stop at nine tenths of what there is.
    """
    strategic = habit[BRAND] + habit[INSIGHT] + habit[ENABLE]
    first = min(priority * hours, MOST_TAKEN * strategic)
    if first > 0.0:
        left = 1.0 - first / strategic
        habit[BRAND] *= left
        habit[INSIGHT] *= left
        habit[ENABLE] *= left
    total = 0.0
    for i in range(EFFORT):
        total += habit[i] if i != SERVE else 0.0
    rest = min(hours - first, MOST_TAKEN * total)
    if rest > 0.0:
        left = 1.0 - rest / total
        for i in range(EFFORT):
            if i != SERVE:
                habit[i] *= left
    taken = first + max(0.0, rest)
    habit[SERVE] += taken
    return taken


@rule
def concentrate(w):
    """Pace of marketers' work: one alone with many kinds of work loses some of it; a team divides it (D48).

    1 - loss max(0, H - log n) / log 7, with H the entropy of the team's week over its activities and n marketers.
    """
    p, firm = w.p[0], w.firm[0]
    firm.focus = 1.0
    if p.teams_switching_loss > 0.0 and w.marketers.size > 0:
        total = 0.0
        for i in range(EFFORT):
            total += team_hours(w.marketers, i)
        spread = 0.0
        for i in range(EFFORT):
            hours = team_hours(w.marketers, i)
            if hours > 0.0 and total > 0.0:
                spread -= hours / total * math.log(hours / total)
        many = max(0.0, spread - math.log(1.0 * w.marketers.size))
        firm.focus = 1.0 - p.teams_switching_loss * many / math.log(1.0 * EFFORT)


# Criticism -----------------------------------------------------------------------------------------------------------


@rule
def criticise(w):
    """Feedback teaches where people are open and hurts where they are not; blame of a fresh success hurts the more, the
    more has just been won (D21, D74, D92). What it costs cooperation is kept for `cooperation.get_on`."""
    p, firm = w.p[0], w.firm[0]
    open_minded = openness(w)
    rounds = feedback(w)
    if rounds > 0.0:
        taught = rounds * p.teams_feedback_gain * open_minded
        if w.arm[0].held[FIELD_KNOWLEDGE] == 0:
            firm.field_knowledge = min(1.0, firm.field_knowledge + taught)
    firm.friction = rounds * p.teams_feedback_harm * (1.0 - open_minded)
    if p.teams_criticism > 0.0:
        usual = firm.usual_wins / firm.usual_weeks if firm.usual_weeks > 0.0 else 0.0
        fresh = firm.wins / usual if usual > 0.0 else 1.0
        blame = p.teams_criticism / WEEKS_PER_QUARTER * fresh
        firm.friction += blame * p.teams_criticism_harm * (1.0 - open_minded)


# Targeting -----------------------------------------------------------------------------------------------------------


@rule
def worth_of_segment(w, segment):
    """Log of what an account of a segment is worth: needs, fit and the chance of being chosen."""
    chosen = logistic(logit(w.p[0].opportunity_win) + segment.win_shift)
    return math.log(max(1e-9, segment.need_hazard * (1.0 - segment.least_fit) * chosen))


@rule
def aim_brand_work(w):
    """Brand work follows what segments are believed to be worth (D16, D49), with an error that analysis takes away and
    one that it does not: the ideal prospect (D50). The accounts' mean of the targets is 1."""
    p, firm = w.p[0], w.firm[0]
    if p.teams_targeting <= 0.0:
        return
    error = p.teams_segment_error * (1.0 - within(0.0, firm.lift[MARKET_KNOWLEDGE], 1.0))
    total = 0.0
    accounts = 0.0
    for s in range(w.segments.size):
        segment = w.segments[s]
        u_error, u_ideal, _, _ = uniforms(firm, streams.SEGMENTS, 0, s, 0, 0)
        believed = worth_of_segment(w, segment) + error * normal_quantile(u_error)
        believed += p.teams_ideal * normal_quantile(u_ideal)
        segment.target = math.exp(p.teams_targeting * believed)
        total += segment.target * segment.accounts
        accounts += segment.accounts
    for segment in w.segments:
        segment.target *= accounts / total if total > 0.0 else 1.0


@rule
def targeting_fit(w):
    """1 - half the sum of differences between shares of brand work by segment: as used, and if worth were known."""
    used = 0.0
    right = 0.0
    for segment in w.segments:
        used += segment.target * segment.accounts
        right += math.exp(w.p[0].teams_targeting * worth_of_segment(w, segment)) * segment.accounts
    apart = 0.0
    for segment in w.segments:
        best = math.exp(w.p[0].teams_targeting * worth_of_segment(w, segment)) * segment.accounts / right
        apart += abs(segment.target * segment.accounts / used - best) if used > 0.0 else 0.0
    return 1.0 - 0.5 * apart


# Alignment -----------------------------------------------------------------------------------------------------------


@rule
def effort_apart(w):
    """Half the sum of differences between marketing's and sales' shares of effort by segment (theory 3)."""
    targets = 0.0
    attempts = 0.0
    for segment in w.segments:
        targets += segment.target * segment.accounts
        attempts += segment.attempts
    if targets <= 0.0 or attempts <= 0.0:
        return 0.0
    apart = 0.0
    for segment in w.segments:
        apart += abs(segment.target * segment.accounts / targets - segment.attempts / attempts)
    return 0.5 * apart


@rule
def look_at_alignment(w, month):
    """Alignment, 0 to 10, and how each side sees it: with its bias and noise (theory 3; D38). It moves nothing itself;
    returns the mean of both views, which is what remedies wait for."""
    p, firm = w.p[0], w.firm[0]
    firm.alignment = 10.0 * (firm.definition + firm.cooperation + 1.0 - effort_apart(w)) / 3.0
    u_marketing, u_sales, _, _ = uniforms(firm, streams.ALIGNMENT, 0, 0, 0, month)
    seen = firm.alignment + p.teams_bias_marketing + p.teams_perception_noise * normal_quantile(u_marketing)
    firm.seen_by_marketing = within(0.0, seen, 10.0)
    seen = firm.alignment + p.teams_bias_sales + p.teams_perception_noise * normal_quantile(u_sales)
    firm.seen_by_sales = within(0.0, seen, 10.0)
    return 0.5 * (firm.seen_by_marketing + firm.seen_by_sales)
