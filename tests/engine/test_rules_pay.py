"""Rules of pay, one at a time: periods, counting, settling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rules import bonus, keep, plain, world

from orgsim.engine import forecast, payroll, periods
from orgsim.engine import records as r

CALENDAR = {r.A_WEEK: 5, r.A_QUARTER: 65, r.A_YEAR: 260}


def begins(period: int, day: int) -> int:
    """First day of a calendar period by going back from a day: months begin where d mod 65 is 0, 22 or 43."""
    starts = (lambda d: d % 65 in (0, 22, 43)) if period == r.A_MONTH else (lambda d: d % CALENDAR[period] == 0)
    while not starts(day):
        day -= 1
    return day


def ends(period: int, day: int) -> int:
    """Last day of a calendar period by going on from a day."""
    while begins(period, day + 1) != day + 1:
        day += 1
    return day


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from([r.A_WEEK, r.A_MONTH, r.A_QUARTER, r.A_YEAR]), st.integers(0, 600), st.integers(0, 600))
def test_a_pay_period_is_the_calendars_cut_by_the_end_of_the_phase(period: int, day: int, phase: int) -> None:
    first, last = begins(period, day), ends(period, day)
    assert plain(periods.calendar_first)(period, day) == first
    assert plain(periods.calendar_days)(period, day) == last - first + 1
    w = world()
    w.firm[0].phase_last = phase
    assert plain(periods.last_day)(w.firm[0], period, day) == min(last, phase)


def test_periods_a_year_and_the_part_of_one_that_somebody_was_there() -> None:
    assert [plain(periods.periods_a_year)(p) for p in range(4)] == [52.0, 12.0, 4.0, 1.0]
    part = plain(periods.part)
    assert part(0, 64, r.A_QUARTER) == 1.0
    assert part(10, 64, r.A_QUARTER) == pytest.approx(55 / 65)
    assert part(25, 42, r.A_MONTH) == pytest.approx(18 / 21)
    assert part(0, 64, r.A_MONTH) == 1.0


def spif(w: Any, first: int = 3, last: int = 5) -> Any:
    """A component that counts some weeks of a quarter."""
    component = w.components[0]
    component.period, component.first_week, component.last_week = r.A_QUARTER, first, last
    w.firm[0].phase_last = 1000
    return component


def test_a_spif_counts_its_weeks_and_no_others() -> None:
    w = world()
    component = spif(w)
    counted = [day for day in range(65, 130) if plain(periods.counts_now)(component, day)]
    assert counted == list(range(75, 90))
    assert plain(periods.last_day_counted)(w.firm[0], component, 70) == 89
    w.firm[0].phase_last = 80
    assert plain(periods.last_day_counted)(w.firm[0], component, 70) == 80
    w.firm[0].phase_last = 1000
    weeks_left = plain(periods.weeks_left)
    assert [weeks_left(w.firm[0], component, day) for day in (65, 74, 75, 80, 89, 90, 129)] == pytest.approx(
        [3, 3, 3, 2, 0.2, 0, 0]
    )
    assert plain(forecast.window)(component) == pytest.approx(3 / 13)
    component.first_week = component.last_week = 0
    assert plain(periods.counts_now)(component, 129)
    assert plain(periods.last_day_counted)(w.firm[0], component, 70) == 129
    assert weeks_left(w.firm[0], component, 66) == pytest.approx(64 / 5)
    assert plain(forecast.window)(component) == 1.0


# Counting -------------------------------------------------------------------------------------------------------------


def test_results_are_counted_to_seats_to_the_team_and_to_experience_once() -> None:
    w = world(**{"pay.two": {"rep": [{"metric": "revenue", "rate": 0.05},
                                     {"metric": "wins", "scope": "team", "rate": 9.0}],
                             "marketer": [{"metric": "mqls", "scope": "team", "rate": 1.0}]},
                 "today.pay": "two"})  # fmt: skip
    w.reps.tally[:] = np.arange(24).reshape(3, 8)
    w.reps.usual[:] = 1.0
    w.reps.year = 5.0
    w.firm[0].usual_total[:] = 2.0
    w.reps.vacant = 0, 1, 0
    w.marketers.vacant = 0, 1
    w.standings.got = w.marketer_standings.got = 100.0
    plain(payroll.count_results)(w, 3)
    tally = np.arange(24.0).reshape(3, 8)
    revenue = tally[:, 0] + tally[:, 1]
    assert w.reps.usual == pytest.approx(tally + 1)
    assert w.reps.year == pytest.approx(revenue + 5)
    assert w.firm[0].total == pytest.approx(tally.sum(0))
    assert w.firm[0].usual_total == pytest.approx(tally.sum(0) + 2)
    assert w.standings.got[:, 0] == pytest.approx([100 + revenue[0], 100, 100 + revenue[2]])
    wins = tally[:, r.WINS].sum()
    assert w.standings.got[:, 1] == pytest.approx([100 + wins, 100, 100 + wins])
    assert w.marketer_standings.got[:, 0] == pytest.approx([100 + tally[:, r.MQLS].sum(), 100])
    assert not w.reps.tally.any()
    assert plain(payroll.result)(w.firm[0].total, r.HOURS_OF) == 0.0


def test_results_outside_a_spifs_weeks_are_not_counted_but_learned() -> None:
    w = world()
    component = spif(w)
    component.metric = r.NEW_REVENUE
    for day, got in ((74, 0.0), (75, 10.0)):
        w.reps.tally[:] = 10.0
        w.standings.got = 0.0
        plain(payroll.count_results)(w, day)
        assert w.standings.got[0, 0] == got
    assert w.reps.usual[0, 0] == 20.0


def test_booked_weeks_count_for_components_that_pay_for_hours() -> None:
    w = world()
    component = w.components[0]
    w.reps.hours[:] = np.arange(10.0)
    for metric, vacant, got in ((r.HOURS_OF + 3, 0, 3.0), (r.HOURS_OF, 0, 0.0), (r.HOURS_OF + 3, 1, 0.0), (2, 0, 0.0)):
        component.metric = metric
        w.reps.vacant = vacant
        w.standings.got = 1.0
        plain(payroll.count_hours)(w.components, w.standings, w.reps[1], 1, 4)
        assert w.standings.got[:, 0].tolist() == [1.0, 1 + got, 1.0]
    w.reps.vacant = 0
    spif(w).metric = r.HOURS_OF + 3
    plain(payroll.count_hours)(w.components, w.standings, w.reps[1], 1, 4)
    assert w.standings.got[1, 0] == 1.0


def test_experience_fades_with_the_week_just_booked_as_its_newest_part() -> None:
    w = world()
    firm = w.firm[0]
    w.reps.weeks, w.reps.vacant = 4.0, (0, 1, 0)
    w.reps.usual[:] = w.reps.spent[:] = w.reps.credit[:] = 3.0
    w.reps.hours[:] = 2.0
    w.marketers.weeks, w.marketers.vacant = 6.0, (1, 0)
    w.marketers.spent[:], w.marketers.hours[:] = 5.0, 1.5
    firm.market_spent[:] = firm.mql_credit[:] = firm.deal_credit[:] = firm.usual_total[:] = 7.0
    firm.usual_total_weeks = 8.0
    plain(payroll.fade_experience)(w)
    k = keep(26)
    assert w.reps.weeks == pytest.approx([5 * k, 4 * k, 5 * k])
    assert w.reps.usual.ravel() == pytest.approx([3 * k] * 24)
    assert w.reps.spent.ravel() == pytest.approx([5 * k] * 21)
    assert w.reps.credit.ravel() == pytest.approx([3 * k] * 21)
    assert w.marketers.weeks == pytest.approx([6 * k, 7 * k])
    assert w.marketers.spent.ravel() == pytest.approx([6.5 * k] * 14)
    assert firm.usual_total_weeks == pytest.approx(9 * k)
    assert firm.market_spent == pytest.approx([10 * k] * 7)
    for name in ("mql_credit", "deal_credit", "usual_total"):
        assert firm[name] == pytest.approx(7 * k)


def test_what_is_usual_is_learned_at_the_end_of_the_warm_up_and_its_first_half_forgotten() -> None:
    days = 130  # the warm-up of half a year
    for day, what in ((64, "forgotten"), (65, "kept"), (124, "kept"), (125, "usual"), (129, "usual"), (130, "kept")):
        w = world()
        firm = w.firm[0]
        assert firm.horizon_start == 7 * days
        w.reps.weeks, w.marketers.weeks = (1.0, 2.0, 3.0), (4.0, 5.0)
        for array in (w.reps.usual, w.reps.credit, w.reps.spent, w.marketers.spent):
            array[:] = 2.0
        for name in ("usual_total", "mql_credit", "deal_credit", "market_spent"):
            firm[name][:] = 3.0
        firm.usual_total_weeks = 6.0
        plain(payroll.learn_what_is_usual)(w, day)
        left = 0.0 if what == "forgotten" else 1.0
        for array in (w.reps.usual, w.reps.credit, w.reps.spent, w.marketers.spent):
            assert (array == 2 * left).all()
        for name in ("usual_total", "mql_credit", "deal_credit", "market_spent"):
            assert (firm[name] == 3 * left).all()
        assert w.reps.weeks.sum() + w.marketers.weeks.sum() + firm.usual_total_weeks == 21 * left
        usual = 1.0 if what == "usual" else 0.0
        for name in ("usual_credit", "usual_spent"):
            assert (firm[name] == 6 * usual).all(), "that of three reps"
        for name in ("usual_mql_credit", "usual_deal_credit", "usual_market_spent"):
            assert (firm[name] == 3 * usual).all()
        assert (firm.usual_rep_weeks, firm.usual_marketer_weeks) == (6 * usual, 9 * usual)


# Settling -------------------------------------------------------------------------------------------------------------


def test_a_component_pays_its_curve_of_attainment_in_the_part_of_the_period_that_somebody_was_there() -> None:
    w = world()
    component, standing = bonus(w), w.standings[0, 0]
    pay = plain(payroll.pay_for)
    standing.since = 65
    for got, euro in ((49_000, 0.0), (60_000, 100.0), (99_999, 499.99), (100_000, 1000.0), (150_000, 1500.0)):
        standing.got = got
        assert pay(component, standing, 1.0, 129) == pytest.approx(euro)
    standing.got = 160_000.0
    assert pay(component, standing, 2.0, 129) == pytest.approx(300.0), "of twice the quota this is .8"
    component.per_unit = 1
    assert pay(component, standing, 2.0, 129) == pytest.approx(600.0), "a rate is paid on the larger quota's units"
    standing.since, standing.got = 104, 52_000.0
    assert pay(component, standing, 1.0, 129) == pytest.approx(1300 * 0.4), "26 of 65 days, quota 40,000"
    component.linear, component.rate = 1, 0.03
    assert pay(component, standing, 2.0, 129) == pytest.approx(0.03 * 52_000)


def test_a_contest_is_won_by_so_many_with_the_most_and_more_than_nothing_the_lower_seat_first() -> None:
    w = world()
    component = w.components[0]
    component.winners, component.prize = 2, 700.0
    prize = plain(payroll.prize_of)
    for got, winners in (((3, 2, 1), (0, 1)), ((1, 2, 2), (1, 2)), ((2, 2, 2), (0, 1)), ((0, 0, 5), (2,)),
                         ((-1, 4, 0), (1,))):  # fmt: skip
        w.standings.got[:, 0] = got
        assert [prize(w, 0, seat) for seat in range(3)] == [700.0 if seat in winners else 0.0 for seat in range(3)]


def test_what_is_settled_is_written_down_in_cents_and_the_standing_begins_anew_the_next_day() -> None:
    w = world()
    bonus(w)
    w.standings.got[:, 0] = 60_000.004, 70_000.0, 100_000.0
    w.standings.since[:, 0] = 65, 65, 104
    w.reps.vacant = 0, 1, 0
    w.reps.quota, w.reps.aim = (1.0, 1.0, 1.25), (1.0, 1.0, 0.8)
    w.reps.earned = 7
    w.marketer_components[0].period = r.A_MONTH
    rows = int(w.firm[0].settled)
    plain(payroll.settle)(w, 128)
    assert w.firm[0].settled == rows, "no period ends"
    plain(payroll.settle)(w, 129)
    found = w.settled[rows : w.firm[0].settled]
    reps = found[found.role == r.REP_ROLE]
    assert (reps.person.tolist(), reps.component.tolist(), reps.day.tolist()) == ([0, 2], [0, 0], [129, 129])
    assert reps.cents.tolist() == [10_000, 100_000], "2.5 times the quota of 26 of 65 days: 2,500 x .4"
    assert reps.got == pytest.approx([60_000.004, 100_000])
    assert reps.quota == pytest.approx([100_000, 40_000])
    assert w.reps.earned.tolist() == [10_007, 7, 100_007]
    assert w.standings.got[:, 0].tolist() == [0.0] * 3
    assert w.standings.since[:, 0].tolist() == [130] * 3


def test_a_contest_is_settled_at_its_end_and_lost_by_who_leaves_before() -> None:
    w = world()
    component = bonus(w)
    component.winners, component.prize = 1, 700.0
    w.standings.got[:, 0], w.standings.since[:, 0] = (9.0, 4.0, 1.0), 65
    for day, earned in ((128, 0), (129, 70_000)):
        w.reps.earned = 0
        plain(payroll.settle_rep)(w, 0, 0, day)
        plain(payroll.settle_rep)(w, 1, 0, day)
        assert w.reps.earned.tolist() == [earned, 0, 0]


def test_marketers_are_settled_on_the_teams_result() -> None:
    w = world()
    component = w.marketer_components[0]
    component.linear, component.rate, component.period = 1, 2.005, r.A_MONTH
    w.firm[0].phase_last = 1000
    w.marketer_standings.got[:, 0], w.marketer_standings.since[:, 0] = (10.0, 20.0), (43, 54)
    w.marketers.vacant = 1, 0
    rows = int(w.firm[0].settled)
    plain(payroll.settle)(w, 64)
    found = w.settled[rows : w.firm[0].settled]
    found = found[found.role == r.MARKETER_ROLE]
    assert (found.role.tolist(), found.person.tolist(), found.component.tolist()) == ([r.MARKETER_ROLE], [1], [0])
    assert (found.cents.tolist(), found.got.tolist()) == ([4010], [20.0])
    assert found.quota == pytest.approx([component.quota / 12 * 11 / 22])
    assert w.marketers.earned.tolist() == [0, 4010]
    assert w.marketer_standings.got[:, 0].tolist() == [0.0, 0.0]
    assert w.marketer_standings.since[:, 0].tolist() == [65, 65]


def test_results_are_counted_on_fridays_and_where_any_period_ends() -> None:
    w = world()
    w.firm[0].phase_last = 1000
    for rep, marketer, expected in ((r.A_MONTH, r.A_QUARTER, {21, 42, 64}), (r.A_QUARTER, r.A_MONTH, {21, 42, 64}),
                                    (r.A_YEAR, r.A_QUARTER, {64})):  # fmt: skip
        w.components[0].period, w.marketer_components[0].period = rep, marketer
        found = {day for day in range(65) if plain(payroll.ends_today)(w, day)}
        assert found == expected | set(range(4, 65, 5))


def test_a_contest_is_looked_at_by_what_each_is_on_course_for() -> None:
    w = world()
    component = w.components[0]
    component.winners, component.metric, component.scope, component.period = 1, r.WINS, r.OWN, r.A_QUARTER
    component.linear, component.quota = 0, 26.0
    w.firm[0].phase_last, w.arm[0].learns = 1000, 0
    w.standings.got[:, 0] = 1.0, 4.0, 2.0
    w.reps.vacant = 0, 1, 0
    plain(payroll.look_at_contests)(w, 100)
    rest = 0.95 * 26 / 52 * 6
    assert w.standings.projected[:, 0] == pytest.approx([1 + rest, 4.0, 2 + rest])
    assert (component.cut_in, component.cut_out) == pytest.approx((2 + rest, 4.0))
    ranked = plain(payroll.projected_of_rank)
    w.standings.projected[:, 0] = 5.0, 7.0, 5.0
    assert [ranked(w, 0, rank) for rank in (1, 2, 3, 4)] == [7.0, 5.0, 5.0, 0.0]


def test_a_contest_needs_the_result_of_who_would_win_or_of_who_stands_before() -> None:
    from orgsim.engine.effort import enter_contest

    w = world()
    component, standing = bonus(w), w.standings[0, 0]
    component.cut_in, component.cut_out, standing.since = 60_000.0, 50_000.0, 104
    for projected, bar in ((59_999.0, 60_000.0), (60_000.0, 50_000.0)):
        standing.projected = projected
        plain(enter_contest)(w, component, standing, 110)
        assert component.at[0] == pytest.approx(bar / 40_000)
    component.cut_out = 0.0
    plain(enter_contest)(w, component, standing, 110)
    assert component.at[0] == pytest.approx(1e-9 / 40_000)
