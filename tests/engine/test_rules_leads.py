"""Rules of leads, one at a time: opened, scored, handed over, lined up, given back, closed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rules import above, agenda, in_window, lead_of, log, luck, plain, quantile, world

from orgsim.engine import handover, rights, streams
from orgsim.engine import records as r


def test_a_lead_is_written_down_about_the_episode_or_about_nothing() -> None:
    w = world()
    w.prospects[3].signals, w.prospects[3].episode = 4, 2
    in_window(w)
    w.leads["owner"] = w.leads["viable"] = w.leads["left"] = 77
    about, idle = lead_of(w), lead_of(w, 3, origin=r.SIGNAL)
    assert (w.firm[0].leads, w.prospects[6].lead, w.prospects[3].lead) == (2, 0, 1)
    assert (w.prospects[6].leads, w.months[0].leads) == (1, 2)
    assert (about.prospect, about.ordinal, about.origin, about.created) == (6, 4, r.INBOUND, 70.0)
    assert (about.episode, about.deal, about.value, about.viable) == (2, 3_000_001, 324_000, 1), ".24 x .45 of the deal"
    assert (idle.prospect, idle.ordinal, idle.origin) == (3, 9, r.SIGNAL)
    assert (idle.episode, idle.deal, idle.value, idle.viable) == (-1, 0, 0, 0)
    for lead in (about, idle):
        assert (lead.status, lead.owner, lead.left, lead.right, lead.info) == (r.NURTURED, -1, -1, -1, 0.0)
        later = ("handed_over", "first_touch", "accepted", "opportunity", "closed", "queued", "workable", "score")
        assert all(math.isnan(lead[name]) for name in (*later, "timing"))


@pytest.mark.parametrize("need", [True, False])
def test_a_score_weighs_fit_and_need_by_the_shared_definition_against_noise_that_information_lowers(need: bool) -> None:
    w = world()
    firm = w.firm[0]
    prospect = in_window(w)
    prospect.state = r.IN_WINDOW if need else r.IDLE
    w.p[0].lead_noise, firm.info, firm.definition = 1.3, 0.7, 0.6
    lead = lead_of(w)
    for n in (1, 2):
        score = plain(handover.score_lead)(w, 0)
        v = quantile(prospect.fit) - (0.0 if need else 1.0)
        eta = quantile(luck(w, streams.SCORE, 6, int(lead.ordinal), 0)[0])
        noise = quantile(luck(w, streams.SCORE, 6, int(lead.ordinal), n)[0])
        assert score == pytest.approx(0.6 * v + 0.8 * eta + 1.3 / math.sqrt(1 + 0.7 * n) * noise)
        assert (lead.scored, lead.info, lead.score) == (n, pytest.approx(0.7 * n), score)


def test_a_lead_is_counted_with_its_first_score_and_a_signal_will_fade() -> None:
    for origin, fades in ((r.INBOUND, []), (r.SIGNAL, [(70 + 65 * 7, r.SIGNAL_FADES, 0, 0)])):
        w = world()
        in_window(w)
        w.firm[0].threshold = 1e9
        w.days[10].raw, w.days[10].scores, w.days[10].squares = 2.0, 0.5, 3.0
        plain(handover.open_lead)(w, 10, 6, 70.0, origin)
        score = w.leads[0].score
        assert (w.days[10].raw, w.days[10].scores) == (3.0, 0.5 + score)
        assert w.days[10].squares == pytest.approx(3 + score**2)
        assert log(w) == [(70.0, r.NOTE_LEAD, 6, 0, -1, 0)]
        assert (w.months[0].leads, w.months.leads.sum()) == (1, 1)
        assert agenda(w) == sorted([*fades, (70 + 20 * 7, r.RESCORED, 0, 1)])


def test_a_score_at_the_threshold_passes_and_is_handed_over_at_once_or_with_the_next_batch() -> None:
    for batch, time, score, kind, at in (
        (0.0, 70.0, 1.0, None, 70.0), (35.0, 70.0, 1.0, None, 70.0), (35.0, 70.5, 1.0, r.HANDED_OVER, 105.0),
        (35.0, 70.0, 0.999, r.RESCORED, 210.0),
    ):  # fmt: skip
        w = world()
        in_window(w)
        w.firm[0].threshold, w.p[0].contact_batch = 1.0, batch
        lead = lead_of(w, time=time)
        lead.score, lead.scored = score, 3
        plain(handover.hand_over_or_nurture)(w, 10, 0, time)
        if kind is None:
            assert (lead.status, lead.handed_over) == (r.HANDED, at)
        else:
            assert lead.status == r.NURTURED
            assert agenda(w) == [(at, kind, 0, 3)]


def test_in_charge_of_an_empty_seat_is_the_holder_of_the_next_filled_one() -> None:
    w = world()
    in_charge = plain(handover.in_charge)
    for vacant, expected in (((0, 0, 0), [0, 1, 2]), ((0, 1, 0), [0, 2, 2]), ((0, 0, 1), [0, 1, 0]),
                             ((1, 1, 0), [2, 2, 2]), ((1, 1, 1), [0, 1, 2])):  # fmt: skip
        w.reps.vacant = vacant
        assert [in_charge(w, seat) for seat in range(3)] == expected


def handed(w: Any, time: float = 70.0, **lead: Any) -> Any:
    """A lead of the account 6, handed over."""
    in_window(w)
    found = lead_of(w, time=time)
    for name, value in lead.items():
        found[name] = value
    plain(handover.hand_over)(w, int(time // 7), 0, time)
    return found


def test_a_lead_handed_over_is_an_mql_of_who_is_in_charge_and_gets_in_line_with_its_times_running() -> None:
    w = world()
    w.prospects[6].owner = 1
    w.reps.vacant = 0, 1, 0
    w.arm[0].visibility, w.arm[0].sla, w.p[0].contact_dispute_share = 0.0, 11.0, 0.0
    w.p[0].contact_patience_cv, w.p[0].belief_salience = 0.25, 0.5
    lead = handed(w, score=1.0)
    assert (lead.status, lead.owner, lead.handed_over, lead.given, lead.workable) == (r.HANDED, 2, 70.0, 70.0, 70.0)
    assert lead.key == pytest.approx(math.exp(0.5))
    assert (w.months[0].mqls, w.reps[2].tally[r.MQLS], w.months[0].disputed, lead.doubled) == (1, 1.0, 0, 0)
    assert log(w) == [(70.0, r.NOTE_HANDED, 6, 0, 2, 0)]
    patience = 20 * (0.75 - 0.25 * math.log(luck(w, streams.ATTENTION, 6, 4)[3])) * 7
    expected = [(70.0, r.ENTERS_QUEUE), (81.0, r.SLA_ENDS), (490.0, r.SHELF_LIFE_ENDS)]
    expected.append((70 + patience, r.LOSES_PATIENCE))
    for event, (time, kind) in zip(agenda(w), sorted(expected), strict=True):
        assert event == pytest.approx((time, kind, 0, 0))


def test_a_lead_that_was_closed_while_it_waited_is_not_handed_over() -> None:
    w = world()
    handed(w, status=r.CLOSED)
    assert (w.months[0].mqls, agenda(w), log(w)) == (0, [], [])


def test_a_lead_given_back_is_handed_over_anew_but_is_no_second_mql_and_patience_goes_on() -> None:
    w = world()
    w.arm[0].settlement, w.p[0].contact_dispute_share = 5.0, 2.0
    lead = handed(w, handed_over=40.0, returned=1, touches=3, tried=3)
    assert (lead.handed_over, lead.given, lead.workable) == (40.0, 70.0, 70.0), "and is not disputed again"
    assert (w.months[0].mqls, w.months[0].disputed, w.reps.tally[:, r.MQLS].sum()) == (0, 0, 0.0)
    assert agenda(w) == [(70.0, r.ENTERS_QUEUE, 0, 3), (490.0, r.SHELF_LIFE_ENDS, 0, 1)]


def test_disputes_double_contact_and_a_visible_score_are_drawn_each_against_its_chance() -> None:
    probe = world()
    dispute, sight = luck(probe, streams.ATTENTION, 6, 4)[:2]
    double = luck(probe, streams.ROUTING, 6, 4)[1]
    for clear in (0.0, 0.25):
        for up in (False, True):
            w = world()
            w.firm[0].lift[r.CLARITY] = clear
            w.arm[0].settlement = 3.0
            w.months[0].disputed = 5
            w.arm[0].visibility = above(sight) if up else sight
            w.p[0].contact_dispute_share = dispute * (1.000001 if up else 0.999999) / (1 - clear)
            w.p[0].contact_double = double * (1.000001 if up else 0.999999) / (1 - clear)
            lead = handed(w, score=2.0)
            assert lead.workable == (70 + 21 if up else 70)
            assert w.months[0].disputed == 5 + up
            assert lead.doubled == up
            assert lead.key == pytest.approx(math.exp(0.6) if up else 1.0)
            assert agenda(w)[0][:2] == (lead.workable, r.ENTERS_QUEUE)


def test_credit_for_a_lead_goes_to_qualification_and_to_where_it_came_from() -> None:
    for origin, source in ((r.INBOUND, r.BRAND), (r.SIGNAL, r.BRAND), (r.CAMPAIGN, r.ACTIVATION)):
        w = world()
        w.p[0].learning_last_touch = 0.3
        credit = np.zeros(r.EFFORT)
        for amount in (10.0, 1.0):
            plain(handover.credit_marketing)(w.p[0], credit, origin, amount)
        expected = np.zeros(r.EFFORT)
        expected[r.QUALIFY], expected[source] = 3.3, 7.7
        assert credit == pytest.approx(expected)
    for origin, source in ((r.INBOUND, r.BRAND), (r.CAMPAIGN, r.ACTIVATION)):
        w = world()
        handed(w, origin=origin)
        expected = np.zeros(r.EFFORT)
        expected[[r.QUALIFY, source]] = 0.5
        assert w.firm[0].mql_credit == pytest.approx(expected)


def test_a_rep_believes_a_visible_score_up_to_a_limit_and_a_visible_moment_around_the_half() -> None:
    w = world()
    worth = plain(handover.perceived_worth)
    assert [worth(w, s) for s in (-9.0, -2.0, 0.0, 1.0, 9.0)] == pytest.approx(
        [math.exp(0.3 * s) for s in (-3, -2, 0, 1, 3)]
    )
    prospect = in_window(w)
    lead = lead_of(w)
    ready = plain(handover.readiness)
    assert [ready(prospect, t) for t in (-1.0, 0.0, 175.0, 350.0, 700.0, 701.0)] == [0.0, 0.0, 0.75, 1.0, 0.0, 0.0]
    moment = plain(handover.perceived_moment)
    assert moment(w, lead, prospect, 175.0) == 1.0
    w.p[0].belief_timing_trust = 0.8
    assert moment(w, lead, prospect, 175.0) == pytest.approx(math.exp(0.8 * 0.25))
    lead.episode = -1
    assert moment(w, lead, prospect, 175.0) == pytest.approx(math.exp(-0.4))


def test_a_lead_in_nurture_is_scored_again_when_its_time_comes() -> None:
    for status, scored, again in ((r.NURTURED, 1, True), (r.NURTURED, 2, False), (r.HANDED, 1, False)):
        w = world()
        in_window(w)
        w.firm[0].threshold = 1e9
        lead = lead_of(w)
        lead.status, lead.scored = status, 1
        plain(handover.rescored)(w, 30, 0, 210.0, scored)
        assert lead.scored == 1 + again
        assert agenda(w) == ([(350.0, r.RESCORED, 0, 2)] if again else [])


# Lines ----------------------------------------------------------------------------------------------------------------

waiting = st.lists(st.tuples(st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([3.0, 4.0])), min_size=1, max_size=24)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(waiting, st.integers(0, 30))
def test_a_line_is_served_by_belief_then_by_time_then_by_account_whoever_is_taken_out(
    leads: list[tuple[float, float]], out: int
) -> None:
    w = world()
    line = w.reps[1]
    for k, (key, queued) in enumerate(leads):
        lead = w.leads[k]
        lead.prospect, lead.key = (7 * k) % 40, key
        plain(handover.stand_in_line)(w, line, k, queued)
        assert (lead.status, lead.queued, lead.line) == (r.QUEUED, queued, 1)
    assert w.firm[0].queued == len(leads)
    order = sorted(range(len(leads)), key=lambda k: (-leads[k][0], leads[k][1], (7 * k) % 40))
    if out < len(leads):
        if len(leads) > 3:
            w.leads[order[-1]].status = r.CLOSED  # lost patience in line: it is dropped when the line forms anew
        plain(rights.leave_line_early)(w, line, out)
        gone = {out} | ({order[-1]} if len(leads) > 3 else set())
        order = [k for k in order if k not in gone]
        assert w.firm[0].queued == len(leads), "who is taken out is still counted by the caller"
    served = []
    while line.queue >= 0:
        served.append(int(plain(handover.leave_line)(w, line)))
    assert served == order


# Closing --------------------------------------------------------------------------------------------------------------


def test_a_lead_closes_once_with_its_outcome_and_a_cause_only_if_a_viable_one_is_lost() -> None:
    for viable, outcome, cause in ((1, r.LAPSED, r.DROPPED), (0, r.LAPSED, r.FAIR), (1, r.WON, r.FAIR)):
        w = world()
        w.segments.need_hazard = 1e3
        in_window(w)
        lead = lead_of(w)
        lead.viable, lead.owner = viable, 2
        plain(handover.close_lead)(w, 20, 0, 140.0, outcome, r.DROPPED)
        assert (lead.status, lead.closed, lead.outcome, lead.cause) == (r.CLOSED, 140.0, outcome, cause)
        assert w.prospects[6].lead == -1
        assert log(w) == [(140.0, r.NOTE_CLOSED, 6, 0, 2, outcome)]
        if outcome == r.WON:
            assert (w.prospects[6].state, agenda(w)) == (r.IN_WINDOW, [])
        else:
            assert w.prospects[6].state == r.IDLE
            need = 700 - math.log(luck(w, streams.NEED, 6, 0, 3)[0]) / 1e3 * 1820
            assert agenda(w) == [pytest.approx((need, r.NEED_OPENS, 6, 2))], "counted from the window's end"


def test_a_lead_closed_after_its_window_leaves_the_account_to_its_next_need_from_now_and_an_idle_one_alone() -> None:
    w = world()
    w.segments.need_hazard = 1e3
    in_window(w)
    lead_of(w)
    plain(handover.close_lead)(w, 120, 0, 840.0, r.LOST_RIVAL, r.FAIR)
    need = 840 - math.log(luck(w, streams.NEED, 6, 0, 3)[0]) / 1e3 * 1820
    assert agenda(w) == [pytest.approx((need, r.NEED_OPENS, 6, 2))]
    w = world()
    lead_of(w)
    plain(handover.close_lead)(w, 120, 0, 840.0, r.LOST_RIVAL, r.FAIR)
    assert agenda(w) == []


def test_a_lead_that_closes_in_line_or_as_an_opportunity_is_counted_there_no_more() -> None:
    for status, stage, expected in (
        (r.QUEUED, 2, (6, 7, 8)), (r.OPEN_OPPORTUNITY, 1, (7, 6, 8)), (r.OPEN_OPPORTUNITY, 2, (7, 6, 7)),
        (r.HANDED, 2, (7, 7, 8)),
    ):  # fmt: skip
        w = world()
        firm = w.firm[0]
        lead = lead_of(w)
        lead.status, lead.stage = status, stage
        firm.queued, firm.opportunities, firm.late_opportunities = 7, 7, 8
        plain(handover.close_lead)(w, 20, 0, 140.0, r.LAPSED, r.FAIR)
        assert (firm.queued, firm.opportunities, firm.late_opportunities) == expected


def test_silence_has_one_cause_the_first_that_holds() -> None:
    w = world()
    day = 7.0
    base = {"created": 0.0, "given": 10 * day, "workable": 12 * day, "touches": 0, "tried": 0, "blamed": r.NO_CAPACITY}
    cases: list[tuple[dict[str, Any], float, float, int]] = [  # lead, window opened on day, now (day), cause
        ({"status": r.NURTURED, "returned": 1}, 5, 20, r.NO_CAPACITY),
        ({"status": r.NURTURED, "returned": 1}, 10, 20, r.NO_CAPACITY),
        ({"status": r.NURTURED, "returned": 1}, 11, 20.5, r.FAIR),
        ({"status": r.NURTURED, "returned": 1}, 11, 21, r.HELD_BACK),
        ({"status": r.NURTURED, "returned": 0}, 5, 14.9, r.FAIR),
        ({"status": r.NURTURED, "returned": 0}, 5, 15, r.HELD_BACK),
        ({"status": r.NURTURED, "returned": 0, "created": 8 * day}, 5, 17.9, r.FAIR),
        ({"status": r.NURTURED, "returned": 0, "created": 8 * day}, 5, 18, r.HELD_BACK),
        ({"status": r.CALLED, "touches": 4}, 5, 20, r.DROPPED),
        ({"status": r.CALLED, "touches": 5}, 5, 20, r.FAIR),
        ({"status": r.CALLED, "touches": 8, "tried": 4}, 5, 20, r.DROPPED),
        ({"status": r.CALLED, "touches": 9, "tried": 4}, 5, 20, r.FAIR),
        ({"status": r.ASIDE, "touches": 4, "tried": 4}, 5, 20, r.NO_BELIEF),
        ({"status": r.HANDED}, 5, 20, r.NO_OWNER),
        ({"status": r.QUEUED}, 5, 13.9, r.NO_OWNER),
        ({"status": r.QUEUED}, 5, 14, r.NO_CAPACITY),
        ({"status": r.QUEUED, "given": 12 * day}, 5, 12, r.NO_CAPACITY),
    ]
    for changes, opened, now, cause in cases:
        in_window(w, opened=opened * day)
        lead = w.leads[0]
        lead.prospect = 6
        for name, value in (base | changes).items():
            lead[name] = value
        assert plain(handover.cause_of_silence)(w, lead, now * day) == cause, (changes, now)


def test_a_signal_fades_only_in_nurture_without_need_and_once() -> None:
    for status, episode, returned, fades in (
        (r.NURTURED, -1, 1, True), (r.NURTURED, -1, 0, False), (r.NURTURED, 2, 1, False), (r.HANDED, -1, 1, False),
    ):  # fmt: skip
        w = world()
        lead = lead_of(w)
        lead.status, lead.episode, lead.returned = status, episode, 1
        plain(handover.signal_fades)(w, 20, 0, 140.0, returned)
        assert (lead.outcome == r.LAPSED) == fades


def test_what_sales_gives_up_goes_back_to_marketing_once_by_the_rights_of_the_arm() -> None:
    u = luck(world(), streams.ROUTING, 6, 4)[2]
    for recycle, returned, back in ((above(u), 0, True), (u, 0, False), (1.0, 1, False), (0.0, 0, False)):
        for need in (True, False):
            w = world()
            in_window(w).state = r.IN_WINDOW if need else r.IDLE
            w.arm[0].recycle = recycle
            lead = lead_of(w)
            lead.ordinal, lead.returned, lead.touches, lead.status, lead.scored = 4, returned, 5, r.CALLED, 3
            w.p[0].contact_attempts = 6.0
            plain(handover.give_up)(w, 20, 0, 140.0, r.LAPSED, r.DROPPED)
            if not back:
                assert (lead.status, lead.outcome, lead.tried) == (r.CLOSED, r.LAPSED, 0)
                assert w.months[0].returned == 0
                continue
            assert (lead.status, lead.returned, lead.tried, lead.blamed) == (r.NURTURED, 1, 5, r.DROPPED)
            assert w.months[0].returned == 1
            assert log(w) == [(140.0, r.NOTE_RETURNED, 6, 0, -1, 0)]
            fades = [] if need else [(140 + 65 * 7, r.SIGNAL_FADES, 0, 1)]
            assert agenda(w) == sorted([(280.0, r.RESCORED, 0, 3), *fades])
