"""Rules of the two teams, one at a time: states, voice, requests, focus, feedback, targeting, alignment."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_rules import plain, quantile, uniforms, world

from orgsim.engine import records as r
from orgsim.engine import streams, teams

# What the teams do to each other --------------------------------------------------------------------------------------


def test_states_of_the_teams_are_their_rests_plus_what_devices_lift_within_bounds() -> None:
    w = world()
    p, firm, arm = w.p[0], w.firm[0], w.arm[0]
    bounded = ((teams.clarity, r.CLARITY, 0.0), (teams.openness, r.OPENNESS, 0.5), (teams.evidence, r.EVIDENCE, 0.0))
    for rule, state, rest in bounded:
        for lift, value in ((0.0, rest), (0.3, rest + 0.3), (9.0, 1.0), (-9.0, 0.0)):
            firm.lift[state] = lift
            assert plain(rule)(w) == pytest.approx(value)
    p.teams_feedback, firm.lift[r.FEEDBACK] = 6.0, 0.5
    assert plain(teams.feedback)(w) == pytest.approx(0.5)
    firm.lift[r.FEEDBACK] = -9.0
    assert plain(teams.feedback)(w) == 0.0
    p.teams_use_knowledge, firm.field_knowledge, firm.lift[r.USE] = 0.8, 0.75, 0.1
    assert plain(teams.use_of_material)(w) == pytest.approx(0.35 * math.exp(0.2) + 0.1)
    firm.lift[r.USE] = 5.0
    assert plain(teams.use_of_material)(w) == 1.0
    arm.held[r.USE] = 1
    assert plain(teams.use_of_material)(w) == 0.35
    firm.lift[r.INFORMATION], arm.staff_information = 0.2, 0.3
    assert plain(teams.information)(w) == pytest.approx(1.5)
    arm.held[r.INFORMATION] = 1
    assert plain(teams.information)(w) == pytest.approx(1.2)
    firm.lift[r.INFORMATION] = -3.0
    assert plain(teams.information)(w) == 0.0
    firm.lift[r.ADVICE] = 4.0
    assert plain(teams.advice)(w) == 4.0
    firm.lift[r.ADVICE] = -4.0
    assert plain(teams.advice)(w) == 0.0
    w.reps[0].skill, firm.lift[r.SKILL] = 0.4, 0.15
    assert plain(teams.skill_of)(w, w.reps[0]) == pytest.approx(0.55)


def test_sales_voice_is_the_structures_moved_by_status_shown_results_and_commercial_work() -> None:
    w = world()
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    arm.voice, p.teams_status, firm.lift[r.VOICE] = 0.6, 0.1, 0.05
    assert plain(teams.voice)(w) == pytest.approx(0.75)
    p.teams_influence, firm.lift[r.EVIDENCE] = 0.5, 0.8
    assert plain(teams.voice)(w) == pytest.approx(0.75), "nothing has been shown yet"
    firm.deal_credit[:] = [1e4, 2e4, 3e4, 0, 0, 0, 0]
    firm.usual_total_weeks = 20.0
    cost = (120_000 + 2 * 42_000 * 1.4) / 52
    shown = 1 - math.exp(-0.45 * 6e4 / 20 / cost)
    assert plain(teams.shown_return)(w) == pytest.approx(shown)
    assert plain(teams.voice)(w) == pytest.approx(0.75 - 0.5 * 0.8 * shown)
    p.teams_standing = 0.4
    w.marketers.hours[:] = 0.0
    assert plain(teams.voice)(w) == pytest.approx(0.75 - 0.4 * shown)
    w.marketers.hours[:, :7] = [[4.0, 9.0, 1.0, 1.0, 1.0, 1.0, 3.0], [4.0, 1.0, 5.0, 0.0, 0.0, 5.0, 5.0]]
    assert plain(teams.voice)(w) == pytest.approx(0.75 - 0.4 * shown - 0.4 * 10 / 40)
    p.teams_status = 5.0
    assert plain(teams.voice)(w) == 1.0
    p.teams_status = -5.0
    assert plain(teams.voice)(w) == 0.0
    arm.held[r.VOICE] = 1
    assert plain(teams.voice)(w) == 0.6
    firm.deal_credit[:] = -1.0
    assert plain(teams.shown_return)(w) == 0.0
    firm.deal_credit[:], arm.programme, p.money_marketer_pay = 1.0, 0.0, 0.0
    assert plain(teams.shown_return)(w) == 0.0, "a marketing that costs nothing returns nothing in proportion"


def test_reps_are_committed_to_what_they_had_a_voice_in() -> None:
    w = world()
    w.arm[0].voice, w.firm[0].lift[r.COMMITMENT] = 0.7, 0.2
    assert plain(teams.commitment)(w) == pytest.approx(0.2)
    w.p[0].teams_voice_commitment = 0.5
    assert plain(teams.commitment)(w) == pytest.approx(0.5 * 0.4 + 0.2)
    w.arm[0].held[r.COMMITMENT] = 1
    assert plain(teams.commitment)(w) == 0.0


def test_requests_take_hours_of_each_marketer_less_the_pointless_ones_that_vetting_stops() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    p.teams_requests, firm.lift[r.REQUESTS], firm.lift[r.CLARITY] = 3.0, 1.0, 0.25
    p.teams_vetting = 0.5
    plain(teams.receive_requests)(w)
    each = 0.75 * (1 - 0.5 * 0.4) + 0.5 * 0.1
    assert firm.request_hours == pytest.approx(3.0 * 3 / 2 * each)
    firm.lift[r.REQUESTS] = -9.0
    assert plain(teams.requests)(w) == 0.0
    firm.lift[r.REQUESTS], w.arm[0].held[r.REQUESTS] = 1.0, 1
    plain(teams.receive_requests)(w)
    assert firm.request_hours == 0.0


def test_service_is_taken_from_strategic_work_first_and_then_from_all_up_to_nine_tenths() -> None:
    serve = plain(teams.serve)
    habit = np.array([6.0, 5.0, 4.0, 3.0, 1.0, 2.0, 4.0])
    assert serve(habit, 4.0, 0.5) == pytest.approx(4.0)
    strategic = np.array([6.0, 5.0, 4.0, 3.0, 1.0, 2.0, 4.0]) * [0.8, 1, 1, 0.8, 0.8, 1, 1]
    expected = strategic * (1 - 2 / 21)
    expected[r.SERVE] = 6.0
    assert habit == pytest.approx(expected)
    habit = np.array([6.0, 5.0, 4.0, 3.0, 1.0, 2.0, 4.0])
    taken = 9.0 + 0.9 * 14.0
    assert serve(habit, 100.0, 1.0) == pytest.approx(taken)
    assert habit == pytest.approx([0.06, 0.5, 0.4, 0.03, 0.01, 2 + taken, 0.4])
    untouched = np.array([0.0, 5.0, 0.0, 0.0, 0.0, 2.0, 0.0])
    assert serve(untouched, 0.0, 1.0) == 0.0
    assert untouched.tolist() == [0.0, 5.0, 0.0, 0.0, 0.0, 2.0, 0.0]
    assert serve(untouched, 1.0, 1.0) == pytest.approx(1.0)
    assert untouched.tolist() == [0.0, 4.0, 0.0, 0.0, 0.0, 3.0, 0.0]


def test_one_marketer_alone_with_many_kinds_of_work_loses_pace_and_a_team_divides_it() -> None:
    w = world()
    focus = plain(teams.concentrate)
    w.marketers.hours[:] = 0.0
    w.marketers.hours[:, :7] = 5.0
    focus(w)
    assert w.firm[0].focus == 1.0
    w.p[0].teams_switching_loss = 0.3
    focus(w)
    assert w.firm[0].focus == pytest.approx(1 - 0.3 * (math.log(7) - math.log(2)) / math.log(7))
    w.marketers.hours[:, 1:7] = 0.0
    focus(w)
    assert w.firm[0].focus == 1.0
    w.marketers.hours[0, :4], w.marketers.hours[1, :4] = (6.0, 2.0, 0.0, 0.0), (0.0, 4.0, 2.0, 2.0)
    shares = np.array([6, 6, 2, 2]) / 16
    entropy = -(shares * np.log(shares)).sum()
    focus(w)
    assert w.firm[0].focus == pytest.approx(1 - 0.3 * (entropy - math.log(2)) / math.log(7))
    w.marketers.hours[:] = 0.0
    focus(w)
    assert w.firm[0].focus == 1.0


def test_feedback_teaches_where_people_are_open_and_blame_hurts_the_more_the_more_was_just_won() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    p.teams_openness, p.teams_feedback, firm.field_knowledge = 0.7, 26.0, 0.5
    plain(teams.criticise)(w)
    assert firm.field_knowledge == pytest.approx(0.5 + 2 * 0.02 * 0.7)
    assert firm.friction == pytest.approx(2 * 0.1 * 0.3)
    p.teams_criticism = 6.5
    for wins, usual, weeks, fresh in ((3.0, 8.0, 4.0, 1.5), (3.0, 0.0, 4.0, 1.0), (3.0, 8.0, 0.0, 1.0)):
        firm.wins, firm.usual_wins, firm.usual_weeks, firm.field_knowledge = wins, usual, weeks, 0.99
        plain(teams.criticise)(w)
        assert firm.friction == pytest.approx(0.06 + 0.5 * fresh * 0.1 * 0.3)
        assert firm.field_knowledge == 1.0
    w.arm[0].held[r.FIELD_KNOWLEDGE], firm.field_knowledge = 1, 0.5
    plain(teams.criticise)(w)
    assert firm.field_knowledge == 0.5
    p.teams_feedback = p.teams_criticism = 0.0
    plain(teams.criticise)(w)
    assert firm.friction == 0.0


def test_brand_work_aims_at_segments_by_what_they_are_believed_to_be_worth() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    w.segments.target = 3.0
    plain(teams.aim_brand_work)(w)
    assert w.segments.target.tolist() == [3.0] * 4, "targets move only where there is targeting"
    p.teams_targeting, p.teams_ideal, firm.lift[r.MARKET_KNOWLEDGE] = 0.8, 0.3, 0.4
    w.segments.win_shift = 0.0, 0.5, -0.5, 0.0
    w.segments.need_hazard = 0.2, 0.1, 0.3, 0.0
    worth, targets = [], []
    for s, segment in enumerate(w.segments):
        chosen = 1 / (1 + math.exp(-math.log(0.55 / 0.45) - segment.win_shift))
        worth.append(math.log(max(1e-9, segment.need_hazard * (1 - segment.least_fit) * chosen)))
        assert plain(teams.worth_of_segment)(w, segment) == pytest.approx(worth[-1])
        error, ideal = (quantile(u) for u in uniforms(w, streams.SEGMENTS, 0, s, 0, 0)[:2])
        targets.append(math.exp(0.8 * (worth[-1] + 0.5 * 0.6 * error + 0.3 * ideal)))
    accounts = w.segments.accounts.astype(float)
    plain(teams.aim_brand_work)(w)
    mean = (np.array(targets) * accounts).sum() / accounts.sum()
    assert w.segments.target == pytest.approx(np.array(targets) / mean)
    right = np.exp(0.8 * np.array(worth)) * accounts
    used = w.segments.target * accounts
    apart = np.abs(used / used.sum() - right / right.sum()).sum() / 2
    assert plain(teams.targeting_fit)(w) == pytest.approx(1 - apart)


def test_alignment_is_shared_definition_cooperation_and_effort_on_the_same_segments_seen_with_bias_and_noise() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    firm.definition, firm.cooperation = 0.7, 0.5
    w.segments.target = 1.0, 2.0, 0.5, 1.0
    w.segments.attempts = 0.0
    assert plain(teams.effort_apart)(w) == 0.0
    w.segments.attempts = 1.0, 4.0, 3.0, 2.0
    aims = w.segments.target * w.segments.accounts
    apart = np.abs(aims / aims.sum() - w.segments.attempts / 10).sum() / 2
    assert plain(teams.effort_apart)(w) == pytest.approx(apart)
    views = plain(teams.look_at_alignment)(w, 5)
    alignment = 10 * (0.7 + 0.5 + 1 - apart) / 3
    one, other = (quantile(u) for u in uniforms(w, streams.ALIGNMENT, 0, 0, 0, 5)[:2])
    assert firm.alignment == pytest.approx(alignment)
    assert firm.seen_by_marketing == pytest.approx(alignment + 1.5 + 0.5 * one)
    assert firm.seen_by_sales == pytest.approx(alignment + 0.5 + 0.5 * other)
    assert views == pytest.approx((firm.seen_by_marketing + firm.seen_by_sales) / 2)
    p.teams_bias_marketing, p.teams_bias_sales = 99.0, -99.0
    plain(teams.look_at_alignment)(w, 5)
    assert (firm.seen_by_marketing, firm.seen_by_sales) == (10.0, 0.0)
    w.segments.target = 0.0
    assert plain(teams.effort_apart)(w) == 0.0
