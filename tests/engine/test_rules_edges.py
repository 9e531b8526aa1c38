"""Rules at their edges, one at a time: the first week, less than one call, a date that is needed only now and then."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_rules import agenda, bonus, chair, lead_in_line, luck, plain, quantile, uniforms, world
from scipy import stats

import orgsim
from orgsim.engine import choice, customers, forecast, parameters, people, selling, streams, teams, timing
from orgsim.engine import day as days
from orgsim.engine import records as r
from orgsim.engine.agenda import open_day
from orgsim.leadership import decide, threshold

PHI = stats.norm.cdf

# Leaders --------------------------------------------------------------------------------------------------------------


def test_the_best_threshold_is_where_the_chance_that_a_lead_is_good_is_what_its_hours_cost() -> None:
    """With hours for all leads and the firm's margin in mind, the worst lead handed over just pays: with a good share
    beyond c and correlation rho, Phi((rho z - c) / sqrt(1 - rho^2)) x worth = hour worth x hours per lead."""
    for definition, info, noise in ((0.6, 0.8, 1.2), (0.9, 0.0, 2.0), (0.8, 3.0, 0.5)):
        for cost in (0.3, 0.6):
            w = world()
            p, arm, firm = w.p[0], w.arm[0], w.firm[0]
            w.days.raw, w.days.scores, w.days.squares, w.days.lead_hours = 10.0, 5.0, 42.5, 1e4
            arm.noise, arm.sight = 0.0, 0.0
            firm.definition, firm.info, p.lead_noise = definition, info, noise
            one = chair(w, 0, leads=r.LEADS_BOTH, firm_weight=1.0)
            worth = plain(threshold.believed_lead_worth)(w, one)
            p.leadership_hour_worth = cost * worth / plain(threshold.hours_per_lead)(p)
            rho = definition / math.sqrt(1 + noise**2 / (1 + info))
            z = (stats.norm.ppf(1 - 0.47) + math.sqrt(1 - rho**2) * stats.norm.ppf(cost)) / rho
            found = (plain(threshold.best_threshold)(w, one, 100) - 0.5) / 2  # scores: a mean of 1/2, a spread of 2
            assert found == pytest.approx(z, abs=0.025), "to within the error of an integral by sixteen steps"


def test_devices_of_heads_take_no_hours_of_who_leads_heads() -> None:
    w = world()
    w.firm[0].late_opportunities, w.firm[0].joint_head = 10, 4.0
    assert w.arm[0].chief == 2
    chair(w, 0, span=1.0, escalation_share=0.0, leads=r.LEADS_HEADS)
    chair(w, 1, span=2.0, escalation_share=1.0, leads=r.LEADS_HEADS)
    w.months[1].development_hours = w.months[1].field_hours = 0.0
    plain(decide.log_hours)(w, 22)
    weeks, escalated = 21 / 5, 0.15 * 1.5 * 10
    assert w.months[1].field_hours == pytest.approx(weeks * escalated)
    assert w.months[1].development_hours == pytest.approx(weeks * (25 + 25 - escalated))


# Deals and customers --------------------------------------------------------------------------------------------------


def test_who_buys_for_the_first_time_first_tells_another_a_wait_after_the_order() -> None:
    w = world()
    w.p[0].customers_word_of_mouth = 20.0
    lead_in_line(w)
    w.prospects[6].told = 4
    plain(customers.win)(w, 20, w.reps[1], 0, 140.0)
    wait = -math.log(luck(w, streams.WORD, 6, 0, 5)[0]) / 20 * 1820
    assert [event for event in agenda(w) if event.kind == r.TELLS] == [pytest.approx((140 + wait, r.TELLS, 6, 5))]


def test_the_order_that_may_be_cancelled_is_that_of_the_lead_that_was_won() -> None:
    w = world()
    w.p[0].customers_cancel, w.p[0].customers_cancel_within = 2.0, 80.0
    lead_in_line(w, 3)
    lead_in_line(w, 6)
    w.prospects[6].fit, w.prospects[6].occasions = 0.5, 3
    plain(customers.win)(w, 20, w.reps[1], 1, 140.0)
    after = luck(w, streams.DECISION, 6, 0, 2)[3] * 80 * 7
    found = [event for event in agenda(w) if event.kind == r.CANCELLED]
    assert found == [pytest.approx((140 + after, r.CANCELLED, 1, 3))], "a chance of 1: 2 x (1 - fit)"


def test_an_account_that_chose_a_rival_may_have_its_next_need_on_the_same_day() -> None:
    for closes, today in ((140.0, 1), (700.0, 0)):
        w = world()
        lead = lead_in_line(w)
        prospect, p = w.prospects[6], w.p[0]
        prospect.window_close, lead.viable = closes, 1
        p.opportunity_decide, p.opportunity_decide_slope = 1 - 1e-12, 0.0
        w.segments.win_shift = -50.0
        w.segments.need_hazard = 1e3
        plain(selling.decide)(w, 20, 0, 140.0)
        assert (lead.outcome, lead.cause, prospect.state) == (r.LOST_RIVAL, r.FAIR, r.IDLE)
        need = closes - math.log(luck(w, streams.NEED, 6, 0, 3)[0]) / 1e3 * 1820
        assert agenda(w) == [pytest.approx((need, r.NEED_OPENS, 6, 2))]
        assert w.firm[0].today == today


# The calendar ---------------------------------------------------------------------------------------------------------


def test_a_spif_on_hours_counts_those_of_its_weeks_for_reps_and_marketers() -> None:
    for day, counted in ((4, 4.0), (9, 0.0)):
        w = world()
        w.firm[0].phase_last = 10_000
        for components in (w.components, w.marketer_components):
            components.period, components.metric = r.A_QUARTER, r.HOURS_OF + 2
            components.first_week = components.last_week = 1
        w.reps.hours[:, 2] = w.marketers.hours[:, 2] = 4.0
        plain(days.end_day)(w, day)
        assert w.standings.got[:, 0].tolist() == [counted] * 3
        assert w.marketer_standings.got[:, 0].tolist() == [counted] * 2


def test_orders_due_on_the_second_day_of_the_warm_up_wait_for_it() -> None:
    w = world()
    w.p[0].customers_interval, w.p[0].market_customer_share = 4.0, 1.0
    w.prospects.state, w.firm[0].stints = r.IDLE, 0
    plain(days.begin)(w)
    assert w.firm[0].today == 0, "no day has begun"
    first, second = ([event for event in agenda(w) if event.kind == r.ORDER_DUE and event.time // 7 == day]
                     for day in (0, 1))  # fmt: skip
    assert first
    assert second
    plain(open_day)(w, 0)
    assert w.today["time"][: w.firm[0].today].max() < 7


# Pay ------------------------------------------------------------------------------------------------------------------


def test_a_spif_of_the_first_week_alone_pays_nothing_for_a_deal_put_off_to_the_next_week() -> None:
    w = world()
    component, f = bonus(w), w.forecasts[0]
    component.linear, component.rate, f.linear = 1, 0.05, 1
    for last_week, day, there in ((0, 129, 990.0), (13, 129, 990.0), (1, 129, 0.0), (1, 66, 0.0), (2, 66, 0.0)):
        component.first_week, component.last_week = int(last_week > 0), last_week
        assert plain(timing.gain_later)(w, w.reps[1], component, f, 20_000.0, day) == pytest.approx(there)


def test_an_hour_of_brand_work_counts_as_one_where_marketers_are_paid_for_it() -> None:
    w = world()
    component, f = w.components[0], w.forecasts[0]
    for activity in range(r.EFFORT):
        component.metric = r.HOURS_OF + activity
        f.news[:] = f.orders[:] = 9.0
        plain(forecast.marketer_yields)(w, component, f)
        assert f.news.tolist() == [float(i == activity) for i in range(r.EFFORT)]
        assert not f.orders.any()


def test_the_next_period_pays_by_the_quota_factor_only_where_the_plan_pays_by_the_unit() -> None:
    w = world()
    component, f = bonus(w), w.forecasts[0]
    for per_unit, scale in ((1, 1.25), (0, 1.0)):
        component.per_unit = per_unit
        f.rest, f.next_rest, f.got, f.error, f.deal, f.order, f.scale, f.part = 0.3, 0.7, 0.6, 0.02, 0.2, 0.1, 0.8, 0.5
        before = plain(forecast.turn_page)(w.p[0], component, f, 1.25)
        assert before == pytest.approx((0.3, 0.6, 0.02, 0.2, 0.1, 0.8))
        assert (f.rest, f.got, f.error, f.deal, f.order, f.scale) == pytest.approx((0.7, 0.0, 0.05, 0.1, 0.05, scale))


def test_the_share_of_repeat_orders_that_is_expected_is_what_customers_at_the_start_order_of_all_targets() -> None:
    for repeat, target, share in ((0.6, 500_000.0, 0.3), (0.8, 500_000.0, 0.4), (0.6, 100_000.0, 1.0)):
        scenario = orgsim.load_scenario("baseline").with_(**{
            "market.size": 1000, "market.customer_share": 0.1, "customers.repeat": repeat,
            "customers.order_value": 5000.0, "customers.interval": 130.0, "money.target_per_rep": target,
            "people.reps": 4,
        })  # fmt: skip
        assert parameters.repeat_share(scenario) == pytest.approx(share), "100 x repeat x 5000 euro, twice a year"


def test_a_bonus_promises_an_applicant_no_more_than_the_luck_of_few_large_deals_lets_hope() -> None:
    """Deals of 25,000 euro at a quota of 130,000 a quarter, 700 euro for half of it: none comes with e^-N, else what
    comes is normal about more than the mean, as wide as the luck of deals and the error of the forecast."""
    w = world()
    component = w.components[0]
    component.linear, component.winners, component.knots, component.period = 0, 0, 2, r.A_QUARTER
    component.at[:2], component.slope[:2], component.jump[:2] = (0.0, 0.5), (0.0, 0.0), (0.0, 700.0)
    component.metric, component.scope, component.quota = r.NEW_REVENUE, r.OWN, 520_000.0
    x, deal, error = 0.95, 25 / 130, 0.05
    none = math.exp(-x / deal)
    mean = x / (1 - none)
    variance = (x * deal * (1 + 0.8**2) + x * x) / (1 - none) - mean**2 + error**2
    worth = 700 * (none * PHI(-0.5 / error) + (1 - none) * PHI((mean - 0.5) / math.sqrt(variance)))
    assert worth < 600, "not the 700 that a sure result would pay"
    base = 46_000 * (1 - w.arm[0].rep_share)
    assert plain(people.prospective_pay)(w, 1, 0.5) == pytest.approx(base + 4 * worth)


def test_pay_elsewhere_differs_by_a_twentieth_so_that_a_rate_high_enough_draws_talent() -> None:
    """A rate of 200,000 euro at the quota promises 200,000 x .95 x .25 x .45 more for all of talent; pay elsewhere
    spreads by 46,000 x .05."""
    w = world()
    component = w.components[0]
    component.linear, component.metric, component.scope = 1, r.NEW_REVENUE, r.OWN
    component.rate = 200_000 / component.quota
    by_talent = 0
    for number in (2, 5):
        w.p[0].people_applicants = number
        for seat in range(3):
            for holder in range(1, 9):
                drawn = [uniforms(w, streams.REP, n, seat, holder, 0)[:2] for n in range(number)]
                surplus = [21_375 * talent - 2300 * quantile(elsewhere) for talent, elsewhere in drawn]
                found = plain(people.choose_applicant)(w, seat, holder)
                assert found == drawn[int(np.argmax(surplus))][0]
                by_talent += found == max(talent for talent, _ in drawn)
    assert by_talent > 0.75 * 48, "and mostly the ablest comes"


# Searches and shares --------------------------------------------------------------------------------------------------


def test_a_search_for_the_week_that_bears_itself_out_stays_between_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap as steep as that before a bonus, which closes at .7, and again beyond the bounds, at 1.6: the third secant
    step would lead there."""
    tried = []

    def gap(w: object, component: object, f: object, total: float, guess: float) -> float:
        tried.append(guess)
        return math.tanh(40 * ((0.7 if guess < 1 else 1.6) - guess))

    refine = plain(choice.refine)
    monkeypatch.setitem(refine.__globals__, "gap", gap)
    monkeypatch.setitem(refine.__globals__, "expected_rest", lambda w, f: tried[-1])
    assert refine(None, None, None, 28.0, 0.0, 1.0, 1.0, 0.9, 1e-9) == pytest.approx(0.7, abs=1e-9)
    assert all(0 < guess < 1 for guess in tried)


def test_segments_of_effort_are_compared_by_shares_even_when_less_than_one_faded_call_is_left() -> None:
    w = world()
    w.segments.target = 1.0, 2.0, 0.5, 1.0
    aims = w.segments.target * w.segments.accounts
    for calls in (0.01, 1.0, 100.0):
        shares = np.array([0.1, 0.4, 0.3, 0.2])
        w.segments.attempts = calls * shares
        apart = np.abs(aims / aims.sum() - shares).sum() / 2
        assert apart > 0.1
        assert plain(teams.effort_apart)(w) == pytest.approx(apart)
    w.segments.attempts = 0.0
    assert plain(teams.effort_apart)(w) == 0.0
