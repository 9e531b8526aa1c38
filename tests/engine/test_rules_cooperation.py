"""Rules of cooperation and of coordination devices, one at a time, and what a month is described by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_rules import agenda, device, keep, log, plain, world

from orgsim.engine import cooperation, devices, monthly, teams
from orgsim.engine import records as r

# What the teams do to each other --------------------------------------------------------------------------------------


# Cooperation and devices ----------------------------------------------------------------------------------------------


def test_events_beyond_their_usual_number_move_cooperation_around_its_rest() -> None:
    w = world()
    p, arm, firm = w.p[0], w.arm[0], w.firm[0]
    start = firm.horizon_start
    p.cooperation_open_dispute = 0.3
    arm.disputes, arm.usual_disputes, arm.settlement, arm.usual_settlement = 3.0, 2.0, 10.0, 10.0
    firm.usual_good, firm.usual_bad, firm.usual_weeks, firm.friction = 40.0, 20.0, 10.0, 0.02
    firm.lift[r.COOPERATION], firm.lift[r.DEFINITION], arm.definition, firm.definition = 0.1, 0.05, 0.8, 0.6
    assert plain(cooperation.open_disputes)(arm) == pytest.approx(3 / 13 * 2)
    for cooperates in (1, 0):
        arm.cooperates = cooperates
        firm.good_events, firm.bad_events, firm.wins, firm.goodwill, firm.definition = 7.0, 1.0, 2.0, 0.9, 0.6
        plain(cooperation.get_on)(w, start)
        shock = 0.16 * ((7 - 4) / 3 - 2 * (1 - 2) / 3) - 0.1 / 13 - 0.3 * (3 / 13 * 2 - 2 / 13 * 2) - 0.02
        rest = math.log(0.6 / 0.4) + 0.1
        goodwill = rest + keep(26) * (0.9 - rest) + cooperates * shock
        assert firm.goodwill == pytest.approx(goodwill)
        assert firm.cooperation == pytest.approx(1 / (1 + math.exp(-goodwill)))
        assert (firm.good_events, firm.bad_events, firm.wins) == (0.0, 0.0, 0.0)
        assert firm.definition == pytest.approx(0.6 + (1 - keep(26)) * (0.85 - 0.6))
    assert (firm.usual_good, firm.usual_weeks) == (40.0, 10.0)


def test_usual_is_learned_in_the_second_half_of_the_warm_up_in_which_events_move_nothing_but_friction() -> None:
    w = world()
    arm, firm = w.arm[0], w.firm[0]
    start = firm.horizon_start
    arm.cooperates, arm.disputes, arm.usual_disputes = 1, 5.0, 0.0
    for time, learned in ((0.5 * start - 1, 0), (0.5 * start, 1), (start - 1, 1)):
        firm.good_events, firm.bad_events, firm.wins, firm.friction = 7.0, 3.0, 2.0, 0.04
        firm.usual_good, firm.usual_bad, firm.usual_wins, firm.usual_weeks = 1.0, 1.0, 1.0, 1.0
        firm.goodwill = math.log(1.5)
        plain(cooperation.get_on)(w, time)
        assert (firm.usual_good, firm.usual_bad, firm.usual_wins, firm.usual_weeks) == (
            1 + 7 * learned, 1 + 3 * learned, 1 + 2 * learned, 1 + learned
        )  # fmt: skip
        assert firm.goodwill == pytest.approx(math.log(1.5) - 0.04)
    firm.usual_weeks, firm.friction, firm.good_events = 0.0, 0.0, 100.0
    firm.goodwill = math.log(1.5)
    plain(cooperation.get_on)(w, start)
    assert firm.goodwill == pytest.approx(math.log(1.5)), "without a warm-up nothing is usual, and nothing beyond it"


def test_held_states_do_not_move_and_a_definition_stays_between_none_and_one() -> None:
    w = world()
    arm, firm = w.arm[0], w.firm[0]
    arm.cooperates, firm.friction = 1, 0.5
    arm.held[r.COOPERATION] = arm.held[r.DEFINITION] = 1
    firm.goodwill, firm.cooperation, firm.definition, arm.definition = 0.3, 0.2, 0.6, 0.9
    plain(cooperation.get_on)(w, 0.0)
    assert (firm.goodwill, firm.cooperation, firm.definition) == (0.3, 0.2, 0.6)
    arm.held[r.DEFINITION] = 0
    w.p[0].cooperation_definition_half_life = 1e-3
    for lift, end in ((5.0, 1.0), (-5.0, 0.0)):
        firm.lift[r.DEFINITION] = lift
        plain(cooperation.get_on)(w, 0.0)
        assert firm.definition == pytest.approx(end)


def test_experience_with_leads_and_attempts_fade_and_a_new_structure_takes_hold() -> None:
    w = world()
    w.reps.good, w.reps.bad, w.segments.attempts = 4.0, 3.0, 2.0
    plain(cooperation.forget)(w)
    assert w.reps.good == pytest.approx([4 * keep(26)] * 3)
    assert w.reps.bad == pytest.approx([3 * keep(26)] * 3)
    assert w.segments.attempts == pytest.approx([2 * keep(26)] * 4)
    w.arm[0].adoption, w.firm[0].adoption = 6.0, 0.2
    plain(cooperation.adopt)(w)
    assert w.firm[0].adoption == pytest.approx(1 - math.exp(-12 / (52 * 6)) * 0.8)
    w.arm[0].adoption = 0.0
    plain(cooperation.adopt)(w)
    assert w.firm[0].adoption == 1.0


def test_a_device_that_is_held_takes_time_and_takes_hold_and_one_given_up_fades() -> None:
    w = world()
    firm = w.firm[0]
    w.arm[0].coordination = 0.3
    found = device(w)
    plain(devices.meet)(w)
    assert found.level == pytest.approx(0.44)
    assert (firm.joint_rep, firm.joint_marketer, firm.joint_head) == pytest.approx((0.8, 1.05, 1.25))
    assert (firm.lift[r.CLARITY], firm.lift[r.COOPERATION], firm.lift[r.SKILL]) == pytest.approx((0.22, -0.11, 0.0))
    w.arm[0].held[r.CLARITY] = 1
    found.running = 0
    plain(devices.meet)(w)
    assert found.level == pytest.approx(0.396)
    assert (firm.joint_rep, firm.joint_marketer, firm.joint_head) == pytest.approx((0.3, 0.3, 0.0))
    assert (firm.lift[r.CLARITY], firm.lift[r.COOPERATION]) == pytest.approx((0.0, -0.099))
    found.running, found.rep_hours, found.marketer_hours = 1, 99.0, 98.0
    plain(devices.meet)(w)
    most = 35 * (1 - 0.117) - 1
    assert (firm.joint_rep, firm.joint_marketer) == pytest.approx((most, most))


def test_devices_add_up_and_one_of_heads_alone_needs_two() -> None:
    w = world()
    device(w)
    two = device(w, 1)
    w.devices[0].named = 1
    held, is_held = plain(devices.devices_held), plain(devices.is_held)
    assert held(w) == 2
    two.heads, w.arm[0].two_heads = 1, 0
    assert not is_held(w, two)
    assert held(w) == 1
    w.arm[0].two_heads = 1
    assert is_held(w, two)
    two.named = 0
    assert not is_held(w, two)
    two.named, two.running = 1, 0
    assert not is_held(w, two)
    two.running = 1
    plain(devices.meet)(w)
    assert w.firm[0].lift[r.CLARITY] == pytest.approx(2 * 0.5 * 0.44)


def test_devices_of_today_have_long_taken_hold_but_for_those_that_wait_for_a_trigger() -> None:
    w = world()
    found = device(w, paid=0)
    waits = device(w, 1, trigger=5.0, paid=0)
    of_heads = device(w, 2, heads=1, paid=0)
    w.devices.named[:2] = 1
    w.arm[0].two_heads = 1
    plain(devices.begin_devices)(w)
    assert (of_heads.level, of_heads.paid) == (0.8, 1)
    assert (found.running, found.level, found.paid) == (1, 0.8, 1)
    assert (waits.running, waits.level, waits.paid) == (0, 0.4, 0)


def test_a_device_that_waits_is_held_while_alignment_as_perceived_is_below_its_trigger() -> None:
    w = world()
    found = device(w, 3, trigger=5.0, running=0)
    w.arm[0].arbiter = 2
    change = plain(devices.start_and_stop)
    for seen, running, lines in ((5.0, 0, 0), (4.9, 1, 1), (4.0, 1, 1), (5.0, 0, 2)):
        change(w, 10, seen)
        assert (found.running, len(log(w))) == (running, lines)
    assert log(w) == [(70.0, r.NOTE_DEVICE_ON, -1, -1, 2, 3), (70.0, r.NOTE_DEVICE_OFF, -1, -1, 2, 3)]
    found.named = 0
    change(w, 10, 0.0)
    assert found.running == 0
    always = device(w, 4)
    change(w, 10, 100.0)
    assert (always.running, len(log(w))) == (1, 2)


# The table of months --------------------------------------------------------------------------------------------------


def test_a_month_is_described_by_stocks_levers_and_states_at_its_end() -> None:
    w = world()
    p, firm, arm = w.p[0], w.firm[0], w.arm[0]
    names = ("brand_share", "threshold", "brand_stock", "definition", "cooperation", "value_proposition",
             "field_knowledge", "customers", "opportunities", "queued", "missed_value")  # fmt: skip
    for n, name in enumerate(names, 3):
        firm[name] = n / 20 if firm[name].dtype.kind == "f" else n
    firm.lift[:] = np.arange(20) / 100
    firm.innovation, firm.info, firm.alignment, firm.seen_by_marketing, firm.seen_by_sales = 0.6, 0.7, 6.0, 7.0, 5.0
    firm.request_hours, firm.focus, firm.improvement = 1.5, 0.95, 0.02
    p.teams_feedback, p.teams_requests, p.product_quality = 1.3, 2.0, 0.3
    w.reps.care, w.reps.morale = (0.5, 1.0, 1.2), (0.1, 0.2, 0.6)
    w.marketers.morale = 0.3, 0.5
    w.reps.aim = 1.1, 0.9, 1.0
    w.reps.good, w.reps.bad = (2.0, 0.0, 4.0), (0.0, 2.0, 4.0)
    w.marketers.hours[:, :7] = np.arange(14).reshape(2, 7)
    arm.disputes, arm.settlement, arm.voice = 2.0, 15.0, 0.6
    w.segments.awareness, w.segments.regular, w.segments.accounts = (0.4, 0.5, 0.1, 0.2), (1, 1, 0, 0), (10, 30, 5, 0)
    device(w)
    plain(monthly.describe_month)(w, 3)
    row = w.months[3]
    for name in names:
        assert row[name] == firm[name]
    own = {r.DEFINITION: firm.definition, r.COOPERATION: firm.cooperation, r.FIELD_KNOWLEDGE: firm.field_knowledge,
           r.VALUE_PROPOSITION: firm.value_proposition, r.INNOVATION: 0.6, r.USE: 0.35 + 0.06, r.CLARITY: 0.07,
           r.OPENNESS: 0.58, r.COMMITMENT: 0.10, r.INFORMATION: 0.7, r.EVIDENCE: 0.13, r.FEEDBACK: 1.3 + 0.14,
           r.CONTACT: 0.9, r.VOICE: 0.6 + 0.17, r.REQUESTS: (2 + 0.18) * 0.93, r.MORALE: 0.4}  # fmt: skip
    for k in range(20):
        assert row.state[k] == pytest.approx(own.get(k, k / 100)), k
    assert (row.rep_morale, row.marketer_morale) == pytest.approx((0.3, 0.4))
    assert row["product"] == pytest.approx(0.32)
    assert (row.alignment, row.alignment_marketing, row.alignment_sales) == (6.0, 7.0, 5.0)
    assert (row.request_hours, row.marketer_pace, row.devices_held) == (3.0, 0.95, 1)
    strategic = sum(w.marketers.hours[:, a].sum() for a in (r.BRAND, r.INSIGHT, r.ENABLE))
    assert row.strategic_hours == strategic
    assert row.open_disputes == pytest.approx(2 / 13 * 3)
    assert row.belief == pytest.approx((6 / 10 + 4 / 10 + 8 / 16) / 3)
    assert row.quota_error == pytest.approx((math.log(1.1) - math.log(0.9)) / 3)
    assert row.targeting_fit == pytest.approx(plain(teams.targeting_fit)(w))
    assert (row.awareness_regular, row.awareness_outside) == pytest.approx((0.475, 0.1))
    w.segments.regular = 1
    plain(monthly.describe_month)(w, 4)
    assert math.isnan(w.months[4].awareness_outside)
    assert plain(monthly.mean_morale)(w.marketers[:0]) == 0.0
    assert agenda(w) == []
