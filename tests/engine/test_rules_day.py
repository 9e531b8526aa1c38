"""The order of a day, of a week and of the start: each thing is done when docs/odd.md, section 3, says so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import agenda, keep, log, luck, plain, world

from orgsim.engine import day as days
from orgsim.engine import records as r
from orgsim.engine import streams
from orgsim.engine.agenda import open_day, pop, schedule


def happens(w: Any, kind: int, who: int, stamp: int, time: float = 70.5) -> None:
    """One event of day 10."""
    plain(schedule)(w, 10, time, kind, who, stamp)
    plain(days.happen)(w, 10, plain(pop)(w))


def prepared() -> Any:
    """A world with one open lead of account 6 about its second need."""
    w = world()
    w.firm[0].threshold = 1e9
    w.segments.need_hazard = w.segments.signal_hazard = 0.0
    prospect = w.prospects[6]
    prospect.state, prospect.episode, prospect.lead, prospect.owner = r.IN_WINDOW, 2, 0, 1
    prospect.window_close, prospect.viable, prospect.occasions = 700.0, 1, 3
    lead = w.leads[0]
    lead.prospect, lead.episode, lead.ordinal, lead.viable, lead.owner = 6, 2, 4, 1, 1
    lead.handed_over = lead.given = lead.workable = 60.0
    w.firm[0].leads = 1
    w.reps.share = w.reps.pace = 1.0
    w.reps.busy_until = 500.0
    w.reps.wakes = np.inf
    return w


def test_every_kind_of_event_does_what_its_row_in_the_table_says() -> None:
    w = prepared()
    w.prospects[8].state, w.prospects[8].episode, w.prospects[8].lead = r.IDLE, 4, -1
    happens(w, r.NEED_OPENS, 8, 3)
    assert w.prospects[8].episode == 4, "a need of another episode"
    happens(w, r.NEED_OPENS, 8, 4)
    assert (w.prospects[8].episode, w.prospects[8].state) == (5, r.IN_WINDOW)
    happens(w, r.NEED_OPENS, 8, 5)
    assert w.prospects[8].episode == 5, "only an idle account's need opens"
    for kind, origin in ((r.RESPONDS, r.INBOUND), (r.HEARS, r.CAMPAIGN), (r.IS_FOUND, r.OUTBOUND)):
        w = prepared()
        w.prospects[8].state, w.prospects[8].episode, w.prospects[8].lead = r.IN_WINDOW, 4, -1
        w.prospects[8].window_close = 700.0
        happens(w, kind, 8, 4)
        assert (w.leads[1].origin, w.leads[1].created) == (origin, 70.5)
    w = prepared()
    w.prospects[9].signals, w.segments.awareness = 2, 1.0
    happens(w, r.SIGNALS, 9, 2)
    assert (w.prospects[9].signals, w.leads[1].origin) == (3, r.SIGNAL)
    w = prepared()
    w.leads[0].scored = 2
    happens(w, r.RESCORED, 0, 2)
    assert w.leads[0].scored == 3
    w = prepared()
    w.leads[0].status = r.CALLED
    happens(w, r.ENTERS_QUEUE, 0, 0)
    assert (w.leads[0].status, w.reps[1].queue) == (r.QUEUED, 0)
    w.reps[1].wakes = 3.0
    happens(w, r.REP_FREE, 1, 1)
    assert w.reps[1].wakes == 500.0
    for kind, status, stamp, outcome in (
        (r.LOSES_PATIENCE, r.QUEUED, 0, r.LOST_RIVAL), (r.SHELF_LIFE_ENDS, r.ASIDE, 0, r.LAPSED),
        (r.SIGNAL_FADES, r.NURTURED, 0, r.LAPSED), (r.REVIEWED, r.OPEN_OPPORTUNITY, 0, r.LOST_RIVAL),
    ):  # fmt: skip
        w = prepared()
        w.leads[0].status, w.leads[0].cared = status, -500.0
        w.reps.hours[:, r.REP_OPPORTUNITIES] = w.reps.closing_balance = 0.0
        if kind == r.SIGNAL_FADES:
            w.leads[0].episode = -1
        happens(w, kind, 0, stamp)
        assert w.leads[0].outcome == outcome, kind
    w = prepared()
    happens(w, r.WINDOW_CLOSES, 6, 2)
    assert w.leads[0].status == r.CLOSED
    w = prepared()
    w.prospects[6].state = r.CUSTOMER
    happens(w, r.ORDER_DUE, 6, 2)
    assert w.prospects[6].occasions == 3
    happens(w, r.ORDER_DUE, 6, 3)
    assert w.prospects[6].occasions == 4
    w = prepared()
    happens(w, r.HANDED_OVER, 0, 0)
    assert w.leads[0].status == r.HANDED
    w = prepared()
    w.arm[0].sla, w.arm[0].breach, w.leads[0].status = 5.0, r.TO_MARKETING, r.ASIDE
    happens(w, r.SLA_ENDS, 0, 0)
    assert w.leads[0].returned == 1
    w = prepared()
    w.prospects[6].state = r.CUSTOMER
    happens(w, r.CANCELLED, 0, 2)
    assert w.prospects[6].state == r.CUSTOMER
    happens(w, r.CANCELLED, 0, 3)
    assert w.prospects[6].state == r.IDLE
    w = prepared()
    w.prospects[6].state, w.prospects[6].told = r.CUSTOMER, 5
    happens(w, r.TELLS, 6, 5)
    assert w.prospects[6].told == 6


# The week -------------------------------------------------------------------------------------------------------------


def test_on_mondays_the_week_is_planned_but_for_most_of_it_on_the_first() -> None:
    for day in (0, 5):
        w = world()
        firm = w.firm[0]
        w.reps.good, firm.adoption, firm.good_events, w.reps.aim = 4.0, 0.5, 2.0, 9.0
        w.arm[0].adoption, w.arm[0].coordination, firm.joint_rep = 0.0, 0.7, 0.1
        w.p[0].teams_feedback, w.p[0].teams_requests, firm.request_hours = 13.0, 2.0, 0.0
        w.reps.vacant, w.reps.hired = (0, 0, 1), (0, 0, 5)
        firm.hiring = 1
        firm.focus, w.segments.target, firm.innovation = 0.5, 1.0, 0.9
        firm.brand_stock, firm.reach, firm.info = 1.0, 0.9, 0.9
        w.reps.hours[:, :7] = 1.0
        component = w.components[0]
        component.winners, component.cut_in = 1, -7.0
        plain(days.plan)(w, day)
        later = day > 0
        assert w.reps.good[0] == pytest.approx(4 * keep(26) if later else 4.0)
        assert (firm.adoption == 1.0, firm.good_events == 0.0, firm.joint_rep == 0.7) == (later,) * 3
        assert (w.reps.aim[0] == 1.0, firm.request_hours > 0, w.reps.vacant[2] == 0) == (later,) * 3
        assert (firm.field_knowledge > 0.5, component.cut_in != -7.0, w.reps.hours[0, 0] != 1.0) == (later,) * 3
        assert firm.focus == 1.0
        assert firm.brand_stock > 30, "brand, reach, knowledge and the product move every Monday"
        assert (firm.reach < 0.9, firm.info != 0.9, firm.innovation < 0.9) == (True,) * 3


def test_a_rep_whose_leads_wait_though_nobody_waits_for_the_rep_is_woken_on_monday() -> None:
    for pooled, queues, wakes, shares, expected in (
        (0.0, (0, -1, 1), (np.inf, np.inf, np.inf), (0.1, 0.1, 0.1), [(0, 0), (2, 2)]),
        (0.0, (0, 1, 2), (80.0, np.inf, np.inf), (0.1, 0.1, 0.0), [(1, 1)]),
        (1.0, (0, -1, -1), (np.inf, np.inf, np.inf), (0.0, 0.0, 0.0), [(0, 0)]),
        (1.0, (0, -1, -1), (np.inf, np.inf, 90.0), (0.1, 0.1, 0.1), []),
        (1.0, (-1, -1, -1), (np.inf, np.inf, np.inf), (0.1, 0.1, 0.1), []),
    ):  # fmt: skip
        w = world()
        w.p[0].contact_pooled = pooled
        w.reps.queue, w.reps.wakes, w.reps.share = queues, wakes, shares
        plain(days.wake_lines)(w, 10)
        assert agenda(w) == [(70.0, r.REP_FREE, rep, line) for rep, line in expected]
        if not pooled:
            assert [w.reps.wakes[rep] for rep, _ in expected] == [70.0] * len(expected)


def test_the_day_is_counted() -> None:
    w = world()
    firm = w.firm[0]
    firm.customers, firm.opportunities, firm.queued = 11, 12, 13
    w.reps.hours[:, r.REP_LEADS] = 2.0, 3.0, 2.5
    w.reps.vacant, w.reps.away = (1, 0, 1), 4
    w.marketers.vacant, w.marketers.away = (0, 1), 2
    plain(days.count_day)(w, 7)
    row = w.days[7]
    assert (row.customers, row.opportunities, row.queued, row.lead_hours) == (11.0, 12.0, 13.0, 1.5)
    assert (w.reps.away.tolist(), w.marketers.away.tolist()) == ([5, 4, 5], [2, 3])


def ended(day: int, **arm: Any) -> tuple[Any, int]:
    """A world at the end of a day on which reps had won something, and its number of settled lines before."""
    w = world()
    w.firm[0].phase_last = 10_000
    w.components.period, w.marketer_components.period = r.A_QUARTER, r.A_QUARTER
    w.reps.tally[:] = 1.0
    w.reps.weeks, w.reps.morale, w.reps.leaves = 1.0, 0.5, (0, r.QUITS, 0)
    w.reps.year, w.firm[0].phase_first, w.firm[0].horizon_start = 5.0, 0, 0.0
    w.rep_hours[:] = w.marketer_hours[:] = 0.0
    w.p[0].people_rep_turnover, w.p[0].quotas_gaming = 1e9, 0.0
    for name, value in arm.items():
        w.arm[0][name] = value
    settled = int(w.firm[0].settled)
    plain(days.end_day)(w, day)
    return w, settled


@pytest.mark.parametrize(
    ("day", "friday", "month", "quarter", "year"),
    [(3, 0, 0, 0, 0), (4, 1, 0, 0, 0), (21, 0, 1, 0, 0), (64, 1, 1, 1, 0), (259, 1, 1, 1, 1)],
)
def test_at_the_end_of_a_day_hours_results_pay_people_and_money_follow_the_calendar(
    day: int, friday: int, month: int, quarter: int, year: int
) -> None:
    w, settled = ended(day, leaves=1)
    assert w.days[day].customers == w.firm[0].customers
    assert (w.rep_hours.sum() > 0, w.marketer_hours.sum() > 0) == (friday, friday)
    assert (w.reps.tally.sum() == 0) == (friday or quarter)
    assert (w.firm[0].settled > settled + friday) == bool(quarter), "a leaver's pay is settled alone"
    assert (w.reps.year[0] == 0.0) == bool(year)
    assert (w.reps.weeks[0] != 1.0, w.reps.morale[0] != 0.5, w.reps.vacant[1] == 1) == (bool(friday),) * 3
    row = w.months[int(w.month_of[day])]
    assert (row.cents[r.SYSTEMS] > 0, row.brand_share > 0) == (bool(month), bool(month))
    if year:
        assert w.reps.vacant.tolist() == [1, 1, 1], "who is dismissed leaves that day"
    else:
        assert (w.reps.leaves[0] == r.QUITS) == bool(month)


def test_hours_are_counted_for_pay_by_the_hour_on_fridays() -> None:
    for day, counted in ((3, 0.0), (4, 4.0)):
        w = world()
        w.firm[0].phase_last = 10_000
        for components in (w.components, w.marketer_components):
            components.period, components.metric = r.A_QUARTER, r.HOURS_OF + 2
        w.reps.hours[:, 2] = w.marketers.hours[:, 2] = 4.0
        plain(days.end_day)(w, day)
        assert w.standings.got[:, 0].tolist() == [counted] * 3
        assert w.marketer_standings.got[:, 0].tolist() == [counted] * 2


def test_the_last_day_of_the_calendar_ends_its_month() -> None:
    w = world()
    w.firm[0].phase_last = 281
    plain(days.end_day)(w, 281)
    assert w.months[int(w.month_of[281])].cents[r.SYSTEMS] > 0


# Room, and the run ----------------------------------------------------------------------------------------------------


def test_a_run_stops_where_an_array_may_be_too_small_and_goes_on_there() -> None:
    room = 64 + 8 * (7 + 3)
    w = world()
    w.firm[0].queued = 7
    assert plain(days.room_for_one_event)(w) == room
    lacks = plain(days.lacks_room)
    assert not lacks(w)
    for name in ("leads", "events", "today", "log"):
        size = getattr(w, name).size
        w.firm[0][name] = size - room
        assert not lacks(w)
        w.firm[0][name] = size - room + 1
        assert lacks(w)
        w.firm[0][name] = 0
    silent = w._replace(log=w.log[:0])
    assert not lacks(silent)
    enough = plain(days.lacks_room_for_a_day)
    each, pay = 64 + 5, 5 * 3
    w.due[4] = 9
    for name, size, need in (("today", w.today.size, 9 + each), ("events", w.events.size, each),
                             ("stints", w.stints.size, 5), ("settled", w.settled.size, 2 * pay),
                             ("log", w.log.size, 2 * each)):  # fmt: skip
        kept = int(w.firm[0][name])
        w.firm[0].stints = 0 if name != "stints" else kept
        w.firm[0][name] = size - need
        assert not enough(w, 4), name
        w.firm[0][name] = size - need + 1
        assert enough(w, 4), name
        w.firm[0][name] = 0
    assert not enough(silent, 4)


def test_days_are_run_in_turn_each_with_its_events_and_a_day_begun_is_not_begun_again() -> None:
    w = world()
    w.reps.hours[:, :7] = w.p[0].rep_habit
    w.firm[0].stints = 5
    for day in range(3):
        plain(schedule)(w, -1, 7.0 * day + 1, r.SIGNALS, day, -1)
    run = plain(days.run_days)
    assert run(w, 0, 2) == 2
    assert (w.firm[0].today, [event.time for event in agenda(w)]) == (0, [15.0])
    assert w.days.lead_hours[:3].tolist() == pytest.approx([3 * 2.3 / 5] * 2 + [0.0])
    w = world()
    w.firm[0].stints = w.stints.size
    assert run(w, 0, 2) == 0
    w.firm[0].stints, w.firm[0].under_way, w.firm[0].leads = 5, 1, w.leads.size
    plain(schedule)(w, 0, 1.0, r.SIGNALS, 0, -1)
    assert run(w, 0, 2) == 0, "in the midst of a day"
    assert (w.firm[0].under_way, w.firm[0].today) == (1, 1)
    w.firm[0].leads = 0
    stock = float(w.firm[0].brand_stock)
    assert run(w, 0, 1) == 1
    assert w.firm[0].brand_stock == stock, "its Monday's plan was made before"
    assert (w.firm[0].under_way, w.firm[0].today) == (0, 0)


# The start ------------------------------------------------------------------------------------------------------------


def test_at_the_start_stocks_are_at_rest_and_customers_at_random_points_of_their_year() -> None:
    w = world(customers__interval=60.0, market__customer_share=0.3)
    p, firm = w.p[0], w.firm[0]
    w.segments.retained = w.segments.target = w.segments.reach_rate = 9.0
    w.segments[3].awareness, w.segments[3].need_hazard = 1.0, 0.5
    firm.innovation = firm.focus = firm.services_share = firm.goodwill = firm.brand_stock = 9.0
    firm.customers, w.reps.customers, w.prospects.state, firm.stints = 0, 0, r.IDLE, 0
    w.prospects.told = 0
    w.reps.queue = w.reps.wakes = 5
    p.teams_requests, w.arm[0].coordination = 1.0, 0.6
    w.devices.named = 0
    w.devices[0].named, w.devices[0].level, w.devices[0].trigger, w.devices[0].heads = 1, 0.0, np.inf, 0
    w.components[0].winners, w.components[0].cut_in = 1, -3.0
    w.reps.hours[:] = 0.0
    plain(days.begin)(w)
    assert firm.goodwill == pytest.approx(math.log(0.6 / 0.4))
    assert firm.brand_stock == pytest.approx(p.brand_today / (1 - keep(2.5)))
    delta = 12 / (52 * 9)
    for segment in w.segments:
        a = min(segment.awareness, 1 - 1e-9)
        assert segment.reach_rate == pytest.approx(delta * a / (1 - a))
        assert (segment.retained, segment.target) == (1.0, 1.0)
    assert (firm.innovation, firm.focus, firm.services_share) == (0.5, 1.0, 1.0)
    assert (w.reps.queue.tolist(), w.reps.wakes.tolist()) == ([-1] * 3, [np.inf] * 3)
    assert (firm.joint_rep, firm.request_hours > 0, w.devices[0].level > 0) == (
        pytest.approx(0.6 + w.devices[0].rep_hours), True, True
    )  # fmt: skip
    assert w.components[0].cut_in != -3.0
    assert w.reps.hours[:, :7].sum(axis=1) == pytest.approx([35 * 0.883 - firm.joint_rep] * 3)
    customers, expected = 0, []
    for i, prospect in enumerate(w.prospects):
        u, phase, _, _ = luck(w, streams.START, i)
        if prospect.viable and u < 0.3 / (1 - w.segments[prospect.segment].least_fit):
            customers += 1
            assert prospect.state == r.CUSTOMER
            expected.append((phase * 60 * 7, r.ORDER_DUE, i))
        else:
            assert prospect.state == r.IDLE
            need = -math.log(luck(w, streams.NEED, i, 0, 1)[0]) / w.segments[prospect.segment].need_hazard * 1820
            if need < 282 * 7:
                expected.append((need, r.NEED_OPENS, i))
    assert 0 < customers == firm.customers == w.reps.customers.sum()
    found = [event[:3] for event in agenda(w) if event.kind != r.SIGNALS]
    assert [event[1:] for event in found] == [event[1:] for event in sorted(expected)]
    assert [event[0] for event in found] == pytest.approx([event[0] for event in sorted(expected)])
    assert log(w) == []
    assert plain(open_day)(w, 0) is None
