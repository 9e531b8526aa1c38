"""Rules of money, one at a time: the month and its books, and dates of closes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import agenda, bonus, keep, log, luck, plain, world

from orgsim.engine import ledger, payroll, selling, streams, timing
from orgsim.engine import records as r

# The month ------------------------------------------------------------------------------------------------------------


def test_a_draw_is_made_up_while_it_lasts_and_paid_back_if_recoverable() -> None:
    w = world()
    arm, rep = w.arm[0], w.reps[0]
    paid = plain(payroll.with_draw)
    arm.draw, arm.draw_months, arm.recoverable, rep.hired = 500.0, 6.0, 1, 10
    for earned, advanced, day, vacant, cents, then in (
        (20_000, 0, 139, 0, 50_000, 30_000), (50_000, 30_000, 139, 0, 50_000, 30_000),
        (60_000, 30_000, 139, 0, 50_000, 20_000), (90_000, 30_000, 139, 0, 60_000, 0),
        (20_000, 30_000, 140, 0, 0, 10_000), (20_000, 30_000, 139, 1, 0, 10_000),
        (-5_000, 30_000, 140, 0, -5_000, 30_000),
    ):  # fmt: skip
        rep.earned, rep.advanced, rep.vacant = earned, advanced, vacant
        assert (paid(w, rep, day), rep.advanced, rep.earned) == (cents, then, 0)
    arm.recoverable, rep.earned, rep.advanced = 0, 20_000, 0
    assert (paid(w, rep, 20), rep.advanced) == (50_000, 0)
    arm.draw, rep.earned, rep.advanced = 0.0, 20_000, 10_000
    assert (paid(w, rep, 20), rep.advanced) == (20_000, 10_000)


def test_what_would_be_paid_to_who_left_today_accrues_but_for_contests_and_what_begins_tomorrow() -> None:
    w = world()
    component = bonus(w)
    w.standings[0, 0].got, w.standings[0, 0].since = 52_000.0, 104
    w.reps.quota = 1.0
    assert plain(payroll.accrued_by_rep)(w, 0, 129) == pytest.approx(1300 * 0.4)
    w.standings[0, 0].since = 130
    assert plain(payroll.accrued_by_rep)(w, 0, 129) == 0.0
    w.standings[0, 0].since, component.winners = 104, 1
    assert plain(payroll.accrued_by_rep)(w, 0, 129) == 0.0
    both = world(**{"pay.two": {"rep": [{"metric": "wins", "rate": 5.0}, {"metric": "wins", "rate": 7.0}],
                                "marketer": [{"metric": "mqls", "scope": "team", "rate": 4.0},
                                             {"metric": "sqls", "scope": "team", "rate": 6.0}]},
                    "today.pay": "two"})  # fmt: skip
    both.standings.got, both.standings.since = 3.0, 0
    both.marketer_standings.got, both.marketer_standings.since = 3.0, 0
    assert plain(payroll.accrued_by_rep)(both, 0, 129) == pytest.approx(36.0), "components add up"
    assert plain(payroll.accrued_by_marketer)(both, 0, 129) == pytest.approx(3.0 * (4 + 6) / 2)
    w.marketer_components[0].linear, w.marketer_components[0].rate = 1, 2.0
    w.marketer_standings[1, 0].got, w.marketer_standings[1, 0].since = 9.0, 129
    assert plain(payroll.accrued_by_marketer)(w, 1, 129) == 18.0
    assert plain(payroll.accrued_by_marketer)(w, 1, 128) == 0.0


def test_pay_is_felt_over_some_months_and_expected_over_more() -> None:
    w = world()
    rep = w.reps[0]
    rep.recent, rep.expected, rep.accrued = 3000.0, 4000.0, 250.0
    plain(payroll.feel_pay)(w.p[0], rep, 3500.0, 400.0)
    assert rep.accrued == 400.0
    assert rep.recent == pytest.approx(3000 + (1 - keep(3)) * 650)
    assert rep.expected == pytest.approx(4000 - (1 - keep(12)) * 350)


def test_yearly_amounts_are_booked_by_business_days_so_that_a_year_of_months_sums_to_the_cent() -> None:
    w = world()
    share = plain(ledger.month_share)
    month_ends = [day for day in range(w.month_of.size) if day + 1 == w.month_of.size
                  or w.month_of[day + 1] != w.month_of[day]]  # fmt: skip
    for euro in (1000.01, 0.005, 77_777.77):
        year = math.floor(100 * euro + 0.5)
        booked = [share(w, euro, day) for day in month_ends]
        assert sum(booked) == year * 282 // 260
        assert booked[0] == year * 22 // 260
        assert booked[1] == year * 43 // 260 - year * 22 // 260
    assert [plain(ledger.days_of_month)(w, day) for day in month_ends[:3]] == [22, 21, 22]
    assert [plain(ledger.cents_of)(x) for x in (0.005, 0.0049, -0.005, 1.239)] == [1, 0, 0, 124]
    assert [plain(ledger.begins_arm)(w, w.month_of[d]) for d in (129, 130, 151, 152)] == [False, True, True, False]


def test_base_pay_is_that_of_all_seats_less_the_days_they_stood_empty() -> None:
    w = world()
    w.reps.away = 3, 0, 8
    assert plain(ledger.base_pay)(w.reps, 100_001, 22) == 100_001 * 55 // 66
    assert w.reps.away.tolist() == [0, 0, 0]
    w.reps.away = 3, 0, 8
    large = 9 * 10**18  # cents: times days they are more than 64 bits hold
    assert int(plain(ledger.base_pay)(w.reps, np.int64(large), 22)) == large * 55 // 66
    assert plain(ledger.base_pay)(w.reps[:0], 100_001, 22) == 0


def test_a_month_is_booked_to_its_accounts() -> None:
    """Every account of a month by its row in docs/odd.md, 7.8."""
    w = world()
    arm, firm = w.arm[0], w.firm[0]
    day, month = 151, int(w.month_of[151])  # the first month of the horizon, of 22 days
    assert plain(ledger.days_of_month)(w, day) == 22
    row = w.months[month]
    row.cents[r.REVENUE_NEW], row.cents[r.REVENUE_REPEAT], row.discounts, row.hires = 1_000_001, 500_000, 25_000, 2
    arm.programme, firm.programme_scale, firm.services_share, firm.brand_share = 100_000.0, 0.9, 0.8, 0.37
    arm.devices, arm.audit_cost, arm.staff_cost, arm.plan_change, arm.switching = 1e4, 2e3, 3e4, 1234.5, 9876.5
    arm.rep_share, arm.marketer_share, arm.draw = 0.2, 0.1, 0.0
    w.devices.named = 0
    w.chairs.pay = 78_000.0, 70_000.0, 0.0
    w.reps.away, w.marketers.away = (5, 0, 0), (0, 2)
    w.reps.earned, w.marketers.earned = (100_010, 200_000, -50_000), (30_003, 0)
    w.reps.vacant, w.reps.hired = (1, 0, 0), (0, 130, 131)
    w.marketers.hired = 130, 0
    w.reps.recent = w.reps.expected = w.marketers.recent = 5000.0
    w.reps.accrued = w.marketers.accrued = 0.0
    w.standings.got = w.marketer_standings.got = 0.0
    plain(ledger.book_month)(w, month, day)

    def part(euro: float) -> int:
        year = math.floor(100 * euro + 0.5)
        return year * 152 // 260 - year * 130 // 260

    listed = 1_525_001
    spend = part(72_000)
    expected = {
        r.COST_OF_SALES: listed - math.floor(0.45 * listed + 0.5),
        r.REPS_BASE: part(3 * 46_000 * 0.8 * 1.4) * 61 // 66,
        r.MARKETERS_BASE: part(2 * 42_000 * 0.9 * 1.4) * 42 // 44,
        r.REPS_VARIABLE: math.floor(250_010 * 1.4 + 0.5), r.MARKETERS_VARIABLE: math.floor(30_003 * 1.4 + 0.5),
        r.CAR_TOOLS: part(27_000), r.SYSTEMS: part(25_000), r.HIRING: 3_200_000,
        r.PROGRAMME_BRAND: math.floor(0.37 * spend + 0.5),
        r.PROGRAMME_ACTIVATION: spend - math.floor(0.37 * spend + 0.5), r.DEVICES: part(10_000) + part(2000),
        r.STAFF_UNIT: part(30_000), r.PLAN_CHANGE: 123_450, r.LEADERS_PAY: part(148_000 * 1.4),
        r.LEADERS_SWITCHING: 987_650, r.REVENUE_SERVICES: 0, r.REVENUE_NEW: 1_000_001, r.REVENUE_REPEAT: 500_000,
    }  # fmt: skip
    assert {account: int(row.cents[account]) for account in range(18)} == expected
    assert (row.programme, row.vacant_days) == (spend, 7)
    felt = 1 - keep(3)
    assert w.reps.recent == pytest.approx([5000, 5000 + felt * (46_000 * 0.8 / 12 + 2000 - 5000), 5000]), (
        "not in an empty seat, nor before a whole month in it"
    )
    assert w.marketers.recent[0] == pytest.approx(5000 + felt * (42_000 * 0.9 / 12 + 300.03 - 5000))
    assert (w.marketers.earned.tolist(), w.reps.earned.tolist()) == ([0, 0], [0, 0, 0])
    later = int(w.month_of[172])
    plain(ledger.book_month)(w, later, 172)
    assert (w.months[later].cents[r.PLAN_CHANGE], w.months[later].cents[r.LEADERS_SWITCHING]) == (0, 0)


def test_devices_are_paid_while_they_are_held_and_once_when_they_are_set_up() -> None:
    w = world()
    w.devices.named = 0
    for n, (named, running, paid) in enumerate(((1, 1, 1), (1, 1, 0), (1, 0, 0), (0, 1, 0))):
        found = w.devices[n]
        found.named, found.running, found.paid, found.heads = named, running, paid, 0
        found.a_year, found.once = 1000.0 * (n + 1), 77.7
    pay = plain(ledger.pay_for_devices)
    held = 100_000 * 22 // 260 + 200_000 * 22 // 260
    assert pay(w, 21) == held + 7770
    assert pay(w, 21) == held, "set up once"
    assert w.devices.paid[:4].tolist() == [1, 1, 0, 0]


def test_services_pay_for_their_part_of_next_months_programme() -> None:
    w = world()
    arm, firm = w.arm[0], w.firm[0]
    row = w.months[0]
    sell = plain(ledger.sell_services)
    for hours, share, budget, left in (
        (10.0, 0.6, 200_000, 0.4 + 0.25), (40.0, 0.6, 200_000, 1.0), (0.0, 0.6, 200_000, 0.4),
        (10.0, 0.0, 200_000, 1.0), (10.0, 0.6, 0, 1.0), (20.0, 1.0, 200_000, 0.5),
    ):  # fmt: skip
        firm.services_hours, arm.services_price, arm.self_financing = hours, 50.0, share
        sell(w, row, budget)
        assert row.cents[r.REVENUE_SERVICES] == hours * 5000
        assert (firm.services_share, firm.services_hours) == (pytest.approx(left), 0.0)


# Dates of closes ------------------------------------------------------------------------------------------------------


def closing(w: Any) -> Any:
    """A lead in its last stage; the deal is 20,000 euro, the quota of a quarter 100,000, a bonus of 1,000 at quota."""
    component = bonus(w)
    component.slope[:2], component.jump[:2] = (100.0, 0.0), (0.0, 1000.0)
    w.arm[0].moves, w.arm[0].learns = 1, 0
    w.reps.quota = w.reps.aim = 1.0
    w.p[0].effort_forecast_error = 1e-6
    lead = w.leads[0]
    lead.prospect, lead.deal, lead.owner = 6, 2_000_000, 1
    w.prospects[6].episode = 2
    w.standings.since[:, 0] = 65
    return lead


def test_the_buyer_asks_a_discount_of_the_episode() -> None:
    w = world()
    lead = closing(w)
    u = luck(w, streams.DECISION, 6, 0, 2)[2]
    assert plain(timing.discount_asked)(w, lead) == pytest.approx(0.1 * (1 + 0.8 * (2 * u - 1)))


def test_a_close_may_be_moved_near_the_end_of_a_period_that_pays_for_deals() -> None:
    w = world()
    closing(w)
    component = w.components[0]
    may = plain(timing.may_move)
    assert [day for day in range(65, 130) if may(w, day)] == [125, 126, 127, 128, 129]
    assert plain(timing.next_period)(w, 126) == 130 * 7
    assert plain(timing.next_period)(w, 120) == 121 * 7
    for metric, pays in ((r.ALL_REVENUE, True), (r.NEW_REVENUE, True), (r.WINS, True), (r.MQLS, False),
                         (r.REPEAT_REVENUE, False), (r.PIPELINE, False)):  # fmt: skip
        component.metric = metric
        assert plain(timing.pays_for_deals)(component) == pays
        assert may(w, 129) == pays
    component.metric, w.arm[0].moves = r.WINS, 0
    assert not may(w, 129)
    w.arm[0].moves = 1
    component.first_week, component.last_week = 2, 4
    assert [day for day in range(65, 130) if may(w, day)] == [80, 81, 82, 83, 84]


def test_a_deal_that_makes_the_bonus_is_pulled_into_the_period_and_one_that_makes_the_next_is_pushed() -> None:
    for got, rest, pulled, pushed in (
        (85_000.0, 0.95, True, False),  # the bonus of this quarter is in reach, with the discount too
        (81_500.0, 0.95, False, False),  # with the discount it is not, nor does the next quarter need the deal
        (0.0, 0.95, False, True),  # out of reach here; there the deal lifts what is expected, .95 of quota, above it
        (150_000.0, 0.95, False, True),  # made already: what counts there counts more
    ):  # fmt: skip
        for pull in (True, False):
            w = world()
            lead = closing(w)
            w.standings[1, 0].got = got
            w.p[0].timing_discount, w.p[0].timing_spread = 0.08, 0.0
            w.p[0].effort_expected_attainment = rest
            w.p[0].market_deal_value, w.p[0].market_deal_cv = 100.0, 0.0  # small deals: what is foreseen is sure
            w.components[0].metric = r.NEW_REVENUE
            rule = timing.pulls if pull else timing.pushes
            done = plain(rule)(w, w.reps[1], lead, 129)
            expected = pulled if pull else pushed
            assert done == expected, (got, pull)
            assert lead.moved == (0 if not expected else r.PULLED if pull else r.PUSHED)
            assert lead.discount == pytest.approx(0.08 if expected else 0.0)
    assert log(w) == []


def test_a_component_that_does_not_end_soon_earns_the_same_at_both_dates() -> None:
    """A bonus of the quarter, which ends today, and a rate by the year: 5 % of the list price less the discount, pulled
    or pushed; the year goes on, so that only the discount tells."""
    plans = {"pay.two": {"rep": [{"metric": "new_revenue", "rate": 0.05},
                                 {"metric": "new_revenue", "period": "year", "rate": 0.05}]},
             "today.pay": "two"}  # fmt: skip
    for discount, pulled in ((0.02, False), (0.004, True)):
        w = world(**plans)
        lead = closing(w)
        w.components[0].linear, w.components[0].rate = 1, 0.05
        w.standings.since[:, 1] = 0
        w.p[0].timing_discount, w.p[0].timing_spread = discount, 0.0
        # Pulled: (1 - x) (1000 + 1000) now; later .99 x 1000 + 1000 at list.
        assert plain(timing.pulls)(w, w.reps[1], lead, 129) == pulled
        assert not plain(timing.pushes)(w, w.reps[1], lead, 129)


def test_at_its_last_review_a_deal_is_pulled_before_the_draw_and_pushed_after_it() -> None:
    for got, advance, moved in ((85_000.0, 0.0, r.PULLED), (0.0, 1.0, r.PUSHED), (0.0, 0.0, 0)):
        w = world()
        lead = closing(w)
        w.standings[1, 0].got = got
        w.p[0].timing_discount, w.p[0].timing_spread = 0.08, 0.0
        w.p[0].market_deal_value, w.p[0].market_deal_cv = 100.0, 0.0
        w.p[0].opportunity_advance[2], w.p[0].opportunity_loss[2] = advance, 0.0
        lead.status, lead.stage, lead.cared, lead.ordinal, lead.viable = r.OPEN_OPPORTUNITY, 2, 129 * 7.0, 4, 1
        w.reps[1].closing_balance = 5.0
        w.firm[0].opportunities = w.firm[0].late_opportunities = 1
        month = w.months[int(w.month_of[129])]
        month.pulled = month.pushed = 4
        plain(selling.reviewed)(w, 129, 0, 129 * 7.0 + 3)
        assert (lead.moved, month.pulled, month.pushed) == (moved, 4 + (moved == r.PULLED), 4 + (moved == r.PUSHED))
        assert (lead.status == r.CLOSED) == (moved == r.PULLED)
        notes = [line for line in log(w) if line[1] in (r.NOTE_PULLED, r.NOTE_PUSHED)]
        kind = r.NOTE_PULLED if moved == r.PULLED else r.NOTE_PUSHED
        assert notes == ([(906.0, kind, 6, 0, 1, 0)] if moved else [])
        reviews = [event for event in agenda(w) if event.kind == r.REVIEWED]
        next_review = {r.PULLED: [], r.PUSHED: [910.0], 0: [906.0 + 35]}[moved]
        assert reviews == [(time, r.REVIEWED, 0, 1) for time in next_review]


def test_nothing_is_moved_beyond_the_authority_or_for_a_deal_of_nothing_or_in_mid_period() -> None:
    for change in ("authority", "deal", "day"):
        w = world()
        lead = closing(w)
        w.standings[1, 0].got = 85_000.0
        w.p[0].timing_discount, w.p[0].timing_spread = 0.08, 0.0
        w.firm[0].authority = 0.07999 if change == "authority" else 0.08
        lead.deal = 0 if change == "deal" else 2_000_000
        day = 124 if change == "day" else 129
        assert not plain(timing.pulls)(w, w.reps[1], lead, day)
        assert not plain(timing.pushes)(w, w.reps[1], lead, day)


def test_with_a_rate_alone_no_date_is_better_but_for_the_wait() -> None:
    w = world()
    lead = closing(w)
    component, f = w.components[0], w.forecasts[0]
    component.linear, component.rate = 1, 0.05
    w.p[0].timing_discount, w.p[0].timing_spread = 0.02, 0.0
    now = plain(timing.gain_now)
    plain(timing.foresee_rep)(w, 1, 0, 129, 1)
    assert now(w, component, f, 20_000.0, 129) == pytest.approx(1000.0)
    assert plain(timing.gain_later)(w, w.reps[1], component, f, 20_000.0, 129) == pytest.approx(990.0)
    component.metric = r.WINS
    assert now(w, component, f, 20_000.0, 129) == pytest.approx(0.05)
    assert plain(timing.gain_later)(w, w.reps[1], component, f, 20_000.0, 129) == pytest.approx(0.0495)
    component.metric = r.NEW_REVENUE
    assert not plain(timing.pulls)(w, w.reps[1], lead, 129), "980 now, 990 later"
    w.p[0].timing_discount = 0.01
    assert plain(timing.pulls)(w, w.reps[1], lead, 129), "as good now is better now"
    assert not plain(timing.pushes)(w, w.reps[1], lead, 129)


def test_a_spif_pays_now_only_in_its_weeks_and_later_only_where_they_go_on_into_the_next_period() -> None:
    w = world()
    closing(w)
    component, f = w.components[0], w.forecasts[0]
    component.linear, component.rate = 1, 0.05
    later = plain(timing.gain_later)
    for first, last, day, here, there in (
        (1, 4, 84, 1000.0, 0.0), (1, 13, 129, 1000.0, 990.0), (10, 13, 129, 1000.0, 0.0), (1, 4, 129, 0.0, 0.0),
    ):  # fmt: skip
        component.first_week, component.last_week = first, last
        plain(timing.foresee_rep)(w, 1, 0, day, 1)
        assert plain(timing.gain_now)(w, component, f, 20_000.0, day) == pytest.approx(here)
        assert later(w, w.reps[1], component, f, 20_000.0, day) == pytest.approx(there)


def test_at_the_end_of_a_spif_whose_next_weeks_do_not_count_a_deal_is_pulled_at_any_discount_allowed() -> None:
    w = world()
    lead = closing(w)
    component = w.components[0]
    component.linear, component.rate, component.first_week, component.last_week = 1, 0.05, 10, 13
    w.p[0].timing_discount, w.p[0].timing_spread = 0.15, 0.0
    assert plain(timing.pulls)(w, w.reps[1], lead, 129)
    assert not plain(timing.pushes)(w, w.reps[1], lead, 129)
    component.first_week, component.last_week = 1, 4
    assert not plain(timing.pulls)(w, w.reps[1], lead, 129), "its weeks are over, and pay nothing now"


def test_what_was_reached_since_the_last_count_is_reached() -> None:
    w = world()
    lead = closing(w)
    w.p[0].timing_discount, w.p[0].timing_spread = 0.08, 0.0
    w.p[0].market_deal_value, w.p[0].market_deal_cv = 100.0, 0.0
    w.standings[1, 0].got, w.reps[1].tally[r.NEW_REVENUE] = 50_000.0, 35_000.0
    assert plain(timing.pulls)(w, w.reps[1], lead, 129)
    w.components[0].scope = r.TEAM
    assert not plain(timing.pulls)(w, w.reps[1], lead, 129)
