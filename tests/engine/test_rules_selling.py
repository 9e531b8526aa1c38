"""Rules of selling, one at a time: whom to call, calls, conversations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_rules import above, agenda, lead_in_line, log, luck, no_rest, plain, world

from orgsim.engine import handover, selling, streams
from orgsim.engine import records as r

DAY = 7.0


# Lines ----------------------------------------------------------------------------------------------------------------


def test_a_rep_starts_when_the_last_call_is_over_and_no_further_ahead_of_plan_than_the_burst() -> None:
    w = world()
    rep = w.reps[0]
    rep.share, rep.busy_until, rep.earliest = 0.1, 50.0, 56.0
    assert plain(selling.can_start)(w, rep) == 50.0
    rep.earliest = 60.0
    assert plain(selling.can_start)(w, rep) == 53.0
    rep.share = 0.0
    assert plain(selling.can_start)(w, rep) == np.inf


def test_a_lead_gets_in_the_line_of_who_is_in_charge_or_in_the_common_one_if_it_still_should() -> None:
    for pooled, status, line in ((0.0, r.HANDED, 2), (0.0, r.CALLED, 2), (1.0, r.HANDED, 0), (0.0, r.NURTURED, None)):
        w = world()
        no_rest(w)
        w.reps.busy_until = 100.0
        w.reps.vacant = 0, 1, 0
        w.p[0].contact_pooled = pooled
        lead = lead_in_line(w)
        lead.status = status
        plain(selling.enters_queue)(w, 10, 0, 77.0)
        assert [rep.queue for rep in w.reps] == [0 if line == n else -1 for n in range(3)]
        assert agenda(w) == ([] if line is None else [(100.0, r.REP_FREE, 0 if pooled else 2, line)])


def test_the_first_rep_who_can_start_serves_a_common_line_and_a_waking_is_written_only_if_it_is_earlier() -> None:
    w = world()
    no_rest(w)
    w.p[0].contact_pooled, w.p[0].contact_reach, w.p[0].belief_alternative = 1.0, 0.0, 0.0
    w.reps.busy_until = 90.0, 80.0, 80.0
    for i in (6, 7):
        lead_in_line(w, i)
        plain(handover.stand_in_line)(w, w.reps[0], i - 6, 70.0)
    plain(selling.serve_line)(w, 10, w.reps[0], 75.0)
    assert agenda(w) == [(80.0, r.REP_FREE, 1, 0)]
    assert w.reps.wakes.tolist() == [np.inf, 80.0, np.inf]
    plain(selling.serve_line)(w, 10, w.reps[0], 76.0)
    assert len(agenda(w)) == 1, "who is woken then already is not woken twice"
    w.reps[1].wakes = 85.0
    plain(selling.serve_line)(w, 10, w.reps[0], 76.0)
    assert (len(agenda(w)), w.reps[1].wakes) == (2, 80.0), "an earlier waking is written"
    plain(selling.rep_free)(w, 11, 1, 80.0, 0)
    assert w.reps[1].wakes == np.inf
    assert w.leads.owner[:2].tolist() == [1, 2], "each takes one, for the first is on the phone"
    assert w.firm[0].queued == 0


def test_a_line_passes_over_leads_that_are_gone_and_sets_aside_those_not_worth_a_call() -> None:
    w = world()
    no_rest(w)
    w.p[0].contact_reach, w.p[0].contact_attempt_time = 0.0, 0.0
    w.p[0].belief_alternative, w.p[0].belief_exploration = 0.5, 0.0
    for n, (key, status, touches) in enumerate(((1.0, r.QUEUED, 0), (0.9, r.QUEUED, 0), (0.8, r.QUEUED, 1),
                                                (2.0, r.CLOSED, 0))):  # fmt: skip
        lead = lead_in_line(w, 6 + n)
        lead.key, lead.touches = key, touches
        plain(handover.stand_in_line)(w, w.reps[1], n, 70.0)
        lead.status = status
    w.firm[0].queued = 3
    w.leads[3].owner = 9
    plain(selling.serve_line)(w, 10, w.reps[1], 70.0)
    assert w.leads.status[:4].tolist() == [r.CALLED, r.ASIDE, r.CALLED, r.CLOSED], "4/8 is enough, .9 x 4/8 is not"
    assert (w.firm[0].queued, w.reps[1].queue, w.leads[3].owner) == (0, -1, 9)
    assert [line for line in log(w) if line[1] == r.NOTE_ASIDE] == [(70.0, r.NOTE_ASIDE, 7, 1, 1, 0)]


def test_a_rep_believes_in_marketings_leads_by_what_they_were_and_explores_a_few_others() -> None:
    w = world()
    rep = w.reps[2]
    rep.good, rep.bad, w.p[0].belief_prior_good = 3.0, 7.0, 2.0
    assert plain(selling.success_rate)(w, rep) == pytest.approx(5 / 16)
    lead = lead_in_line(w)
    worth = plain(selling.worth_a_call)
    lead.key, w.p[0].belief_alternative, w.p[0].belief_exploration = 0.8, 0.25, 0.0
    assert worth(w, rep, 0)
    w.p[0].belief_alternative = above(above(0.25))
    assert not worth(w, rep, 0)
    u = luck(w, streams.ATTENTION, 6, 4)[2]
    w.p[0].belief_exploration = u
    assert not worth(w, rep, 0)
    w.p[0].belief_exploration = above(u)
    assert worth(w, rep, 0)


# Calls ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("doubled", [0, 1])
@pytest.mark.parametrize("reached", [False, True])
def test_a_call_takes_its_time_at_the_reps_pace_and_moves_on_the_share_planned_for_calls(
    reached: bool, doubled: int
) -> None:
    w = world()
    no_rest(w)
    p, rep = w.p[0], w.reps[2]
    lead = lead_in_line(w)
    lead.doubled, lead.touches, lead.status = doubled, 0, r.QUEUED
    rep.share, rep.pace, rep.earliest = 0.2, 0.8, 60.0
    p.contact_time_cv = 0.4
    u_reach, u_time, _, _ = luck(w, streams.CONTACT, 6, 4, 1)
    p.contact_reach = above(u_reach) if reached else u_reach
    p.contact_burn, p.contact_accept_good = 0.0, 0.0  # who is reached is turned down
    plain(selling.call)(w, 10, rep, 0, 70.0)
    took = (0.95 if reached else 0.1) * (1 + doubled) * (0.6 - 0.4 * math.log(u_time)) / 0.8
    assert (lead.first_touch, lead.touches, lead.owner) == (70.0, 1, 2)
    assert (w.months[0].attempted, w.segments[0].attempts) == (1, 1.0)
    assert rep.busy_until == pytest.approx(70 + took)
    assert rep.earliest == pytest.approx(70 + took / 0.2)
    assert rep.lead_hours == pytest.approx(took)
    assert log(w)[0] == (70.0, r.NOTE_ATTEMPT, 6, 0, 2, int(reached))
    if reached:
        assert (lead.outcome, rep.bad) == (r.DISQUALIFIED, 1.0)
    else:
        assert lead.status == r.CALLED
        assert agenda(w) == [pytest.approx((70 + took + 7, r.ENTERS_QUEUE, 0, 1))]


def test_hours_planned_for_calls_are_not_regained_by_a_rep_who_is_ahead_of_them() -> None:
    w = world()
    no_rest(w)
    w.p[0].contact_reach = 0.0
    rep = w.reps[0]
    rep.share, rep.earliest, rep.lead_hours = 0.5, 76.0, 2.0
    lead = lead_in_line(w)
    lead.touches, lead.first_touch = 2, 71.0
    w.segments[0].attempts = 4.0
    plain(selling.call)(w, 10, rep, 0, 72.0)
    assert (rep.earliest, rep.lead_hours) == pytest.approx((76 + 0.1 / 0.5, 2.1))
    assert (lead.first_touch, lead.touches, w.months[0].attempted) == (71.0, 3, 0)
    assert w.segments[0].attempts == 5.0


def test_sales_gives_a_lead_up_after_so_many_attempts_since_its_last_hand_over() -> None:
    for touches, tried, over in ((3, 0, False), (4, 0, True), (8, 4, True), (7, 4, False)):
        w = world()
        no_rest(w)
        w.p[0].contact_reach = 0.0
        lead = lead_in_line(w)
        lead.touches, lead.tried = touches, tried
        plain(selling.call)(w, 10, w.reps[0], 0, 70.0)
        assert lead.touches == touches + 1
        assert (lead.outcome == r.LAPSED) == over
        assert lead.cause == r.FAIR


# Conversations --------------------------------------------------------------------------------------------------------


def test_a_conversation_burns_the_less_the_readier_the_buyer_and_twice_as_often_when_two_call() -> None:
    for doubled in (1.0, 2.0):
        for u, burned in ((0.3 * 0.25 * doubled, False), (0.299 * 0.25 * doubled, True)):
            w = world()
            w.p[0].contact_burn, w.p[0].contact_burn_memory, w.p[0].contact_accept_good = 0.3, 6.0, 0.0
            lead = lead_in_line(w)
            lead.doubled = doubled - 1
            plain(selling.talk)(w, 25, w.reps[1], 0, 175.0, u, 0.5)
            assert lead.timing == 0.75
            assert (lead.outcome == r.REFUSED) == burned
            if burned:
                assert (lead.cause, w.prospects[6].refuses_until) == (r.BURNED, 175 + 910)
                assert (w.reps[1].bad, w.firm[0].bad_events) == (0.0, 0.0), "nothing is learned of it"


def test_a_lead_without_need_has_no_good_moment() -> None:
    w = world()
    w.p[0].contact_burn = 0.3
    lead = lead_in_line(w, need=False)
    w.prospects[6].window_close = 350.0
    plain(selling.talk)(w, 25, w.reps[1], 0, 175.0, 0.29, 0.5)
    assert (lead.timing, lead.outcome, lead.cause) == (0.0, r.REFUSED, r.FAIR)


def test_accepted_leads_become_opportunities_if_the_meeting_is_held() -> None:
    u = luck(world(), streams.MEETING, 6, 4)[0]
    for viable, meeting, opens in ((1, above(u), True), (1, u, False), (0, above(u), True)):
        w = world()
        p, rep = w.p[0], w.reps[2]
        p.contact_burn, p.opportunity_meeting = 0.0, meeting
        p.contact_accept_good, p.contact_accept_bad = (0.5, 0.0) if viable else (0.0, 0.5)
        lead = lead_in_line(w)
        lead.viable = viable
        rep.good, w.firm[0].good_events = 1.5, 2.0
        plain(selling.talk)(w, 10, rep, 0, 70.0, 0.5, np.nextafter(0.5, 0))
        assert (rep.good, w.firm[0].good_events, rep.bad) == (2.5, 3.0, 0.0)
        assert (lead.accepted, w.months[0].sqls, rep.tally[r.SQLS]) == (70.0, 1, 1.0)
        assert log(w)[0] == (70.0, r.NOTE_ACCEPTED, 6, 0, 2, 0)
        if opens:
            assert (lead.status, lead.opportunity) == (r.OPEN_OPPORTUNITY, 70.0)
        else:
            assert (lead.outcome, lead.cause) == (r.NO_DECISION, r.FAIR)


def test_a_lead_refused_by_sales_is_final_about_a_need_and_may_be_given_back_without_one() -> None:
    for need in (True, False):
        w = world()
        w.p[0].contact_burn = 0.0
        w.arm[0].recycle = 1.0
        lead = lead_in_line(w, need=need)
        lead.status, lead.touches, w.reps[1].bad, w.firm[0].bad_events = r.CALLED, 1, 0.5, 4.0
        w.p[0].contact_accept_good = w.p[0].contact_accept_bad = 0.5
        plain(selling.talk)(w, 10, w.reps[1], 0, 70.0, 0.5, 0.5)
        assert (w.reps[1].bad, w.firm[0].bad_events) == (1.5, 5.0)
        assert (lead.status, lead.outcome) == ((r.CLOSED, r.DISQUALIFIED) if need else (r.NURTURED, r.OPEN))
        assert lead.cause == (r.DROPPED if need else r.FAIR)


def test_a_burned_account_may_warn_another_which_forgets_us_until_it_forgets_that() -> None:
    w = world()
    u, whom = luck(w, streams.WORD, 15, 1, 4)[:2]
    segment = w.segments[1]
    segment.awareness, segment.retained, segment.reach = 0.3, 0.6, 7
    other = int(segment.first + math.floor(whom * 7))
    for chance, warned in ((0.0, False), (u, False), (above(u), True)):
        w.p[0].customers_warnings = chance
        plain(selling.warn)(w, w.prospects[15], 4)
        friend = w.prospects[other]
        assert friend.lift == (-0.3 / 0.6 if warned else 0.0)
    w = world()
    w.p[0].customers_warnings, w.p[0].contact_burn = 1.0, 2.0
    lead_in_line(w)
    plain(selling.talk)(w, 10, w.reps[1], 0, 70.0, 0.5, 0.5)
    assert (w.prospects.lift < 0).sum() == 1


def test_a_shelf_life_ends_for_leads_not_called_since_the_last_hand_over() -> None:
    for status, touches, returned, lapses in (
        (r.HANDED, 0, 0, True), (r.ASIDE, 3, 0, True), (r.QUEUED, 2, 0, True), (r.QUEUED, 3, 0, False),
        (r.CALLED, 2, 0, False), (r.HANDED, 0, 1, False), (r.NURTURED, 2, 0, False),
    ):  # fmt: skip
        w = world()
        lead = lead_in_line(w)
        lead.status, lead.touches, lead.tried = status, touches, 2
        plain(selling.shelf_life_ends)(w, 70, 0, 490.0, returned)
        assert (lead.outcome == r.LAPSED) == lapses
        if lapses:
            expected = {r.HANDED: r.NO_OWNER, r.ASIDE: r.DROPPED, r.QUEUED: r.NO_CAPACITY}[status]
            assert lead.cause == expected
