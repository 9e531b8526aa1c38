"""Rules of deals, one at a time: opportunities, the buyer's decision, customers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from plain_rules import above, agenda, lead_in_line, log, luck, no_rest, plain, world

from orgsim.engine import customers, selling, streams
from orgsim.engine import records as r

# Opportunities --------------------------------------------------------------------------------------------------------


def test_a_find_is_an_opportunity_at_once_of_who_is_in_charge_of_the_accounts_seat() -> None:
    w = world()
    prospect = w.prospects[6]
    prospect.episode, prospect.state, prospect.owner, prospect.deal = 2, r.IN_WINDOW, 1, 2_500_000
    prospect.window_close = 700.0
    w.reps.vacant = 0, 1, 0
    plain(selling.take_up)(w, 25, 6, 175.0)
    lead = w.leads[0]
    assert (lead.origin, lead.owner, lead.touches, lead.timing) == (r.OUTBOUND, 2, 1, 0.75)
    assert (lead.first_touch, lead.accepted, lead.opportunity, lead.cared) == (175.0,) * 4
    rep = w.reps[2]
    assert (rep.tally[r.OPPORTUNITIES], rep.tally[r.PIPELINE], rep.tally[r.SOURCED_PIPELINE]) == (1.0, 25_000.0, 0.0)
    assert (rep.tally[r.SQLS], rep.tally[r.MQLS], w.months[1].sqls) == (0.0, 0.0, 0)
    assert [line[1:5] for line in log(w)] == [(r.NOTE_LEAD, 6, 0, 2), (r.NOTE_OPPORTUNITY, 6, 0, 2)]


def test_an_opportunity_is_credited_with_its_deal_and_reviewed_after_some_days() -> None:
    w = world()
    lead = lead_in_line(w)
    rep = w.reps[0]
    rep.tally[:] = 1.0
    plain(selling.open_opportunity)(w, 10, rep, 0, 70.0)
    assert (lead.status, lead.owner, lead.opportunity, lead.cared, lead.stage) == (r.OPEN_OPPORTUNITY, 0, 70.0, 70.0, 0)
    assert (w.firm[0].opportunities, w.months[0].new_opportunities, w.firm[0].late_opportunities) == (1, 1, 0)
    assert rep.tally[[r.OPPORTUNITIES, r.PIPELINE, r.SOURCED_PIPELINE]].tolist() == [2.0, 25_001.0, 25_001.0]
    assert log(w) == [(70.0, r.NOTE_OPPORTUNITY, 6, 0, 0, 2_500_000)]
    assert agenda(w) == [(105.0, r.REVIEWED, 0, 0)]
    for stage, late in ((1, 0), (2, 1)):
        plain(selling.enter_stage)(w, lead, stage)
        assert (lead.stage, w.firm[0].late_opportunities) == (stage, late)


def test_hours_for_reviews_gather_up_to_those_of_a_week_or_of_one_review() -> None:
    w = world()
    rep = w.reps[0]
    attend = plain(selling.attend)
    rep.hours[r.REP_OPPORTUNITIES], rep.closing_balance, rep.closing_since = 7.0, 1.0, 10.0
    assert attend(w, rep, 3.0, 20.0)
    assert (rep.closing_balance, rep.closing_since, rep.closing_hours) == (0.0, 20.0, 3.0)
    assert not attend(w, rep, 3.0, 30.0)
    assert (rep.closing_balance, rep.closing_since, rep.closing_hours) == (2.0, 30.0, 3.0)
    assert attend(w, rep, 3.0, 1e4)
    assert rep.closing_balance == 4.0
    assert attend(w, rep, 9.0, 2e4), "one long review may take what has gathered for longer"
    assert rep.closing_balance == 0.0


def opportunity(w: Any, *, stage: int = 0, attended: bool = True, pace: float = 1.0) -> Any:
    """An opportunity of rep 1, who has the time for it or not."""
    no_rest(w)
    w.p[0].timing_authority = 0.0
    lead = lead_in_line(w)
    plain(selling.open_opportunity)(w, 10, w.reps[1], 0, 70.0)
    w.firm[0].log = w.firm[0].events = w.firm[0].today = 0
    w.agenda[:] = -1
    lead.stage = stage
    w.reps[1].hours[r.REP_OPPORTUNITIES] = 0.0
    w.reps[1].closing_balance = 5.0 if attended else 0.0
    w.prospects[6].pace = pace
    return lead


def test_a_review_moves_an_opportunity_on_at_the_buyers_pace_or_ends_it_or_neither() -> None:
    for pace in (1.0, 2.0):
        u = luck(world(), streams.REVIEW, 6, 4, 1)[0]
        go = 1 - (1 - u) ** (1 / pace)  # advance at which the draw just fails
        for advance, loss, happens in (
            (go * 1.000001, 0.0, "on"), (go * 0.999999, 0.0, "stays"), (0.0, u * 1.000001, "dies"),
            (0.0, u * 0.999999, "stays"), (1.0, 0.0, "on"),
        ):  # fmt: skip
            w = world()
            lead = opportunity(w, stage=1, pace=pace)
            w.p[0].opportunity_advance[1], w.p[0].opportunity_loss[1] = advance, loss
            w.firm[0].late_opportunities = 4
            plain(selling.reviewed)(w, 15, 0, 105.0)
            assert (lead.reviews, lead.attended, lead.cared) == (1, 1, 105.0)
            assert w.reps[1].closing_hours == pytest.approx(2 / 3)
            if happens == "dies":
                assert (lead.outcome, lead.cause) == (r.NO_DECISION, r.FAIR)
                assert [event.kind for event in agenda(w)] in ([], [r.NEED_OPENS])
            else:
                assert (lead.stage, w.firm[0].late_opportunities) == ((2, 5) if happens == "on" else (1, 4))
                assert agenda(w) == [(140.0, r.REVIEWED, 0, 1)]


def test_after_the_last_stage_the_buyer_decides() -> None:
    w = world()
    lead = opportunity(w, stage=2)
    w.p[0].opportunity_advance[2] = 1.0
    w.firm[0].opportunities, w.firm[0].late_opportunities = 3, 2
    plain(selling.reviewed)(w, 15, 0, 105.0)
    assert lead.status == r.CLOSED
    assert (w.firm[0].opportunities, w.firm[0].late_opportunities) == (2, 1)


def test_an_opportunity_that_nobody_attends_for_long_is_a_rivals() -> None:
    for cared, lost in ((245.0 - 140.0, True), (245.0 - 139.99, False)):
        w = world()
        lead = opportunity(w, attended=False)
        lead.cared = cared
        plain(selling.reviewed)(w, 35, 0, 245.0)
        assert (lead.reviews, lead.attended, lead.cared) == (1, 0, cared)
        assert (lead.outcome, lead.cause) == ((r.LOST_RIVAL, r.DROPPED) if lost else (r.OPEN, r.FAIR))
        assert lost or agenda(w) == [(280.0, r.REVIEWED, 0, 1)]


def test_larger_deals_take_longer_reviews_and_an_experienced_rep_shorter_ones() -> None:
    for exponent, deal, hours in ((0.0, 10_000_000, 2 / 3), (0.5, 10_000_000, 4 / 3), (0.5, 0, 2 / 3)):
        w = world()
        lead = opportunity(w)
        w.p[0].opportunity_size_exponent, lead.deal, w.reps[1].pace = exponent, deal, 0.8
        plain(selling.reviewed)(w, 15, 0, 105.0)
        assert w.reps[1].closing_hours == pytest.approx(hours / 0.8)
    w = world()
    lead = opportunity(w)
    lead.status = r.CLOSED
    plain(selling.reviewed)(w, 15, 0, 105.0)
    assert lead.reviews == 0, "what has closed is not reviewed"


def test_once_reviewed_in_a_vacancy_an_opportunity_belongs_to_who_is_in_charge_and_one_pushed_back_is_decided() -> None:
    w = world()
    lead = opportunity(w)
    w.reps.vacant = 0, 1, 0
    w.reps[2].closing_balance = 3.0
    plain(selling.reviewed)(w, 15, 0, 105.0)
    assert (lead.owner, w.reps[2].closing_hours > 0) == (2, True)
    w = world()
    lead = opportunity(w)
    lead.moved = r.PUSHED
    plain(selling.reviewed)(w, 15, 0, 105.0)
    assert (lead.status, lead.reviews) == (r.CLOSED, 0)


# The decision ---------------------------------------------------------------------------------------------------------


def logit(x: float) -> float:
    return math.log(x / (1 - x))


def expert(w: Any) -> tuple[Any, float]:
    """An opportunity about to be decided, and its appeal by the text (docs/odd.md, 7.3)."""
    lead = opportunity(w)
    p, firm, prospect, rep = w.p[0], w.firm[0], w.prospects[6], w.reps[1]
    prospect.fit, firm.value_proposition, firm.field_knowledge, rep.skill = 0.9, 0.7, 0.8, 0.65
    w.segments[0].win_shift, p.product_uniqueness, firm.lift[r.SKILL], p.product_quality = 0.2, 1.5, 0.1, 0.05
    lead.attended, lead.reviews, lead.timing, lead.first_touch = 3, 4, 0.9, 80.0
    us = (
        logit(0.55) + 0.2 + 0.25 * 0.4 + 0.30 * 1.5 * 0.2 + 0.25 * 0.25 + 0.20 * 0.3 + 0.25 * (0.75 - 1) + 0.25 * 0.4
        + 0.05
    )  # fmt: skip
    return lead, us


def test_appeal_is_a_sum_of_log_odds_around_reference_handling() -> None:
    w = world()
    lead, us = expert(w)
    appeal = plain(selling.appeal)
    assert appeal(w, lead, w.prospects[6], w.reps[1]) == pytest.approx(us)
    lead.reviews = lead.attended = 0
    assert appeal(w, lead, w.prospects[6], w.reps[1]) == pytest.approx(us + 0.25 * 0.25)
    lead.attended = lead.reviews = 1
    assert appeal(w, lead, w.prospects[6], w.reps[1]) == pytest.approx(us + 0.25 * 0.25)


def test_speed_counts_for_those_who_raised_their_hand() -> None:
    w = world()
    lead, _ = expert(w)
    assert plain(selling.speed)(w, lead) == pytest.approx(0.4 * math.exp(-1) + 0.6)
    for origin in (r.CAMPAIGN, r.OUTBOUND, r.SIGNAL):
        lead.origin = origin
        assert plain(selling.speed)(w, lead) == 1.0


def test_the_buyer_decides_at_all_then_for_us_if_we_are_liked_and_were_quick_enough() -> None:
    """One uniform decides whether, the other for whom; each is tried on both sides of its bound, set by what else
    counts: the chance to decide by opportunity.decide, the chance of us by the fit of the account."""
    u_decide, u_us = luck(world(), streams.DECISION, 6, 0, 2)[:2]
    for sure, liked, quick, viable, expected in (
        (True, True, True, 1, (r.WON, r.FAIR)), (False, True, True, 1, (r.NO_DECISION, r.FAIR)),
        (True, True, True, 0, (r.NO_DECISION, r.FAIR)), (True, False, True, 1, (r.LOST_RIVAL, r.FAIR)),
        (True, True, False, 1, (r.LOST_RIVAL, r.TOO_LATE)),
    ):  # fmt: skip
        w = world()
        lead, us = expert(w)
        lead.viable = viable
        p = w.p[0]
        share = 0.6 + 0.4 * math.exp(-1) if not quick else 1.0
        wanted = logit(min(0.999, u_us / share * (1.0001 if liked and quick else 0.9999)) if quick
                       else u_us * 1.0001)  # fmt: skip
        lead.first_touch = lead.created + (0.0 if quick else 10.0)
        w.segments[0].win_shift += wanted - us
        inclusive = math.log1p(math.exp(wanted)) - math.log1p(math.exp(logit(0.55)))
        p.opportunity_decide_slope = 0.7
        bound = logit(u_decide) - 0.7 * inclusive + (1e-6 if sure else -1e-6)
        p.opportunity_decide = 1 / (1 + math.exp(-bound))
        plain(selling.decide)(w, 20, 0, 140.0)
        assert (lead.outcome, lead.cause) == expected


# Customers ------------------------------------------------------------------------------------------------------------


def test_a_first_order_is_booked_less_its_discount_to_who_sold_it_and_the_account_is_its_seats() -> None:
    w = world()
    lead = opportunity(w)
    lead.discount, lead.deal = 0.1, 2_500_004
    w.prospects[6].owner = 0
    rep = w.reps[1]
    rep.tally[:] = 0.0
    plain(customers.win)(w, 20, rep, 0, 140.0)
    prospect = w.prospects[6]
    assert (prospect.state, prospect.orders, lead.outcome, lead.closed) == (r.CUSTOMER, 0, r.WON, 140.0)
    before = world()
    assert w.firm[0].customers == before.firm[0].customers + 1
    assert (w.reps.customers - before.reps.customers).tolist() == [1, 0, 0]
    assert (w.months[0].discounts, w.months[0].cents[r.REVENUE_NEW], w.months[0].won) == (250_000, 2_250_004, 1)
    assert (rep.tally[r.NEW_REVENUE], rep.tally[r.WINS], w.firm[0].wins) == (22_500.04, 1.0, 1.0)
    assert rep.credit[[r.REP_OPPORTUNITIES, r.REP_LEADS]].tolist() == [11_250.02, 11_250.02]
    assert w.firm[0].deal_credit[[r.QUALIFY, r.BRAND]].tolist() == [11_250.02, 11_250.02]
    assert (140.0, r.NOTE_ORDER, 6, 0, 1, 2_250_004) in log(w)
    assert agenda(w) == [(140 + 1820, r.ORDER_DUE, 6, 0)]


def test_credit_for_a_deal_goes_to_closing_and_to_where_it_came_from() -> None:
    for origin, source, of_marketing in ((r.OUTBOUND, r.REP_PROSPECTING, 0.0), (r.CAMPAIGN, r.REP_LEADS, 100.0)):
        w = world()
        lead = lead_in_line(w, origin=origin)
        w.p[0].learning_last_touch = 0.3
        for _ in range(2):
            plain(customers.credit_deal)(w, w.reps[0], lead, 100.0)
        expected = np.zeros(r.EFFORT)
        expected[r.REP_OPPORTUNITIES], expected[source] = 60.0, 140.0
        assert w.reps[0].credit == pytest.approx(expected)
        assert w.firm[0].deal_credit.sum() == pytest.approx(2 * of_marketing)


def test_a_first_order_may_be_cancelled_the_likelier_the_less_the_account_fits() -> None:
    u = luck(world(), streams.DECISION, 6, 0, 2)[3]
    for cancel, comes in ((2 * u * 1.000001, True), (2 * u * 0.999999, False), (0.0, False)):
        w = world()
        w.p[0].customers_cancel, w.p[0].customers_cancel_within = cancel, 80.0
        lead_in_line(w)
        w.prospects[6].fit, w.prospects[6].occasions = 0.5, 3
        plain(customers.await_cancellation)(w, 20, w.prospects[6], 0, 140.0)
        after = u / (0.5 * cancel) * 560 if cancel else 0.0
        assert agenda(w) == ([pytest.approx((140 + after, r.CANCELLED, 0, 3))] if comes else [])


def test_a_cancelled_order_is_taken_back_from_the_books_and_within_the_clawback_from_who_sold_it() -> None:
    for clawback, vacant, hired, back in (
        (100.0, 0, 20, True), (99.9, 0, 20, False), (100.0, 1, 20, False), (100.0, 0, 21, False), (100.0, 0, 0, True),
    ):  # fmt: skip
        w = world()
        lead = lead_in_line(w)
        lead.deal, lead.discount, lead.closed, lead.owner = 2_500_005, 0.1, 140.0, 2
        w.arm[0].clawback = clawback
        rep, prospect, month = w.reps[2], w.prospects[6], w.months[int(w.month_of[34])]
        rep.vacant, rep.hired, rep.tally[r.NEW_REVENUE], rep.tally[r.WINS] = vacant, hired, 30_000.0, 2.0
        prospect.state, prospect.owner, prospect.occasions = r.CUSTOMER, 1, 4
        month.cents[r.REVENUE_NEW], month.discounts, month.lost_customers = 10, 20, 1
        w.segments.need_hazard = 1e3
        before = w.firm[0].customers, w.reps[1].customers
        plain(customers.cancelled)(w, 34, 0, 240.0)
        assert (month.cents[r.REVENUE_NEW], month.discounts) == (10 - 2_250_004, 20 - 250_001)
        assert rep.tally[r.NEW_REVENUE] == pytest.approx(30_000 - (22_500.04 if back else 0))
        assert rep.tally[r.WINS] == (1.0 if back else 2.0)
        assert (prospect.state, prospect.occasions, month.lost_customers) == (r.IDLE, 5, 2)
        assert (before[0] - w.firm[0].customers, before[1] - w.reps[1].customers) == (1, 1)
        assert log(w) == [(240.0, r.NOTE_CANCELLED, 6, 0, 2, 2_250_004)]
        need = 240 - math.log(luck(w, streams.NEED, 6, 0, 3)[0]) / 1e3 * 1820
        assert agenda(w) == [pytest.approx((need, r.NEED_OPENS, 6, 2))]


def test_a_customer_orders_again_the_more_surely_the_better_looked_after_or_leaves() -> None:
    u = luck(world(), streams.ORDER, 6, 0, 3)[0]
    for care, margin, orders in ((1.0, 1e-6, True), (1.0, -1e-6, False), (0.4, 1e-6, True), (0.4, -1e-6, False)):
        w = world()
        p, prospect = w.p[0], w.prospects[6]
        p.customers_care_weight, p.customers_upsell, p.customers_interval = 1.5, 0.1, 100.0
        bound = logit(u) - 1.5 * (care - 1) + margin
        p.customers_repeat = 1 / (1 + math.exp(-bound))
        prospect.state, prospect.owner, prospect.orders, prospect.occasions = r.CUSTOMER, 1, 1, 2
        w.reps.care = 9.0, care, 9.0
        w.reps[1].tally[:] = w.reps[1].credit[:] = 0.0
        w.segments.need_hazard = 0.0
        plain(customers.order_due)(w, 34, 6, 240.0)
        month = w.months[int(w.month_of[34])]
        assert prospect.occasions == 3
        if orders:
            cents = math.floor(100 * 8000 * 1.1 * 1.1 + 0.5)
            assert (prospect.orders, prospect.state, month.cents[r.REVENUE_REPEAT]) == (2, r.CUSTOMER, cents)
            assert (w.reps[1].tally[r.REPEAT_REVENUE], w.reps[1].credit[r.REP_CUSTOMERS]) == (cents / 100, cents / 100)
            assert log(w) == [(240.0, r.NOTE_ORDER, 6, -1, 1, cents)]
            assert agenda(w) == [(940.0, r.ORDER_DUE, 6, 3)]
        else:
            assert (prospect.orders, prospect.state, month.lost_customers) == (1, r.IDLE, 1)
            assert log(w) == [(240.0, r.NOTE_LEFT, 6, -1, 1, 0)]
            assert agenda(w) == []


def test_orders_grow_no_further_than_what_cents_can_hold() -> None:
    w = world()
    w.p[0].customers_upsell, w.p[0].customers_repeat = 1e6, 1.0
    w.prospects[6].orders = 30
    plain(customers.order_due)(w, 34, 6, 240.0)
    assert w.months[int(w.month_of[34])].cents[r.REVENUE_REPEAT] == 10**14


def test_a_winner_may_refer_another_account_which_knows_us_until_it_forgets() -> None:
    w = world()
    prospect, segment = w.prospects[15], w.segments[1]
    prospect.episode, prospect.owner = 2, 1
    u, whom = luck(w, streams.REFERRAL, 15, 0, 2)[:2]
    segment.awareness, segment.retained, segment.reach = 0.3, 0.6, 5
    other = int(segment.first + math.floor(whom * 5))
    for chance, refers in ((u, False), (above(u), True)):
        w.p[0].customers_referrals = chance
        plain(customers.refer)(w, prospect, 4, 140.0)
        friend = w.prospects[other]
        assert friend.lift == (0.7 / 0.6 if refers else 0.0)
        assert log(w) == ([(140.0, r.NOTE_REFERRED, other, 4, 1, 0)] if refers else [])
