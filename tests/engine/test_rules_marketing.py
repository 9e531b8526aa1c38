"""Rules of marketing, one at a time: brand, reach, knowledge, the product, who gets a lead, word of mouth."""

from __future__ import annotations

import math

import pytest
from plain_rules import above, agenda, keep, log, luck, plain, world

from orgsim.engine import curves, marketing, product, routing, streams, word
from orgsim.engine import records as r

YEAR = 1820.0  # hours


# Marketing's week -----------------------------------------------------------------------------------------------------


def test_logistic_and_logit_undo_each_other_and_are_bounded() -> None:
    logistic, logit = plain(curves.logistic), plain(curves.logit)
    for x in (-30.0, -2.0, 0.0, 0.5, 20.0):
        assert logistic(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-15)
    for x in (-20.0, -2.0, 0.0, 0.5):
        assert logit(logistic(x)) == pytest.approx(x, abs=1e-9)
    assert logistic(-1000.0) == 0.0
    assert logistic(1000.0) == 1.0
    assert logit(0.0) == pytest.approx(math.log(1e-12))
    assert logit(1.0) == pytest.approx(-math.log(1e-12), rel=1e-5)
    assert plain(curves.half_life_factor)(4.0) == pytest.approx(0.5**0.25, rel=1e-15)
    against = plain(curves.against_today)
    assert against(8.0, 2.0, 0.5) == pytest.approx(2.0)
    assert (against(0.0, 2.0, 0.5), against(3.0, 0.0, 0.5), against(0.0, 0.0, 1.0)) == (0.0, 1.0, 1.0)
    assert against(0.5, 1.0, 1.0) == pytest.approx(0.5)


def test_brand_work_feeds_a_stock_and_the_stock_awareness() -> None:
    w = world()
    p, firm, arm = w.p[0], w.firm[0], w.arm[0]
    arm.programme, firm.programme_scale, firm.services_share, firm.brand_share = 100_000.0, 0.5, 0.8, 0.3
    firm.focus, firm.brand_stock = 0.9, 70.0
    w.marketers.hours[:, r.BRAND] = 4.0, 7.0
    before = w.segments.copy()
    w.segments.target = 1.0, 2.0, 0.5, 1.0
    w.segments.retained = 0.7
    x = 100_000 * 0.5 * 0.8 * 0.3 / 52 + 36.6 * 11 * 0.9
    stock = 70 * keep(2.5) + math.sqrt(x)
    delta = 12 / (52 * 9)
    response = stock * (1 - keep(2.5)) / p.brand_today
    plain(marketing.work_on_brand)(w)
    assert firm.brand_stock == pytest.approx(stock)
    for was, now in zip(before, w.segments, strict=True):
        g = min(1 - delta, was.reach_rate * response * now.target)
        assert now.awareness == pytest.approx(was.awareness * (1 - delta - g) + g)
        assert now.retained == pytest.approx(0.7 * (1 - delta - g))
    w.segments.reach_rate = 1e9
    plain(marketing.work_on_brand)(w)
    assert w.segments.awareness == pytest.approx([1 - delta] * 4)
    assert w.segments.retained == pytest.approx([0.0] * 4)


def test_without_effort_the_brand_stock_only_fades_and_without_a_today_the_response_is_one() -> None:
    w = world()
    w.arm[0].programme = 0.0
    w.marketers.hours[:] = 0.0
    w.firm[0].brand_stock = 10.0
    w.p[0].brand_today = 0.0
    w.segments.reach_rate = 0.1
    w.segments.awareness = 0.5
    plain(marketing.work_on_brand)(w)
    delta = 12 / (52 * 9)
    assert w.firm[0].brand_stock == pytest.approx(10 * keep(2.5))
    assert w.segments.awareness == pytest.approx([0.5 * (0.9 - delta) + 0.1] * 4)


def test_todays_effort_keeps_awareness_where_it_is() -> None:
    w = world()
    before = w.segments.awareness.copy()
    w.marketers.hours[:, : r.EFFORT] = w.p[0].marketer_habit
    plain(marketing.work_on_brand)(w)
    assert w.segments.awareness == pytest.approx(before, rel=1e-12)


def test_reach_and_finds_grow_with_effort_over_todays_up_to_all() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    firm.brand_share, firm.focus = 0.25, 0.5
    w.marketers.hours[:, r.ACTIVATION] = 3.0, 6.0
    w.reps.hours[:, r.REP_PROSPECTING] = 1.0, 2.0, 3.0
    w.reps.pace = 1.0, 0.5, 0.25
    y = 120_000 * 0.75 / 52 + 36.6 * 9 * 0.5
    plain(marketing.work_on_activation)(w)
    assert firm.reach == pytest.approx(0.2 * math.sqrt(y / p.activation_today))
    assert firm.found == pytest.approx(0.1 * 2.75 / (3 * 1.28))
    p.market_further_reach = p.market_found_share = 50.0
    plain(marketing.work_on_activation)(w)
    assert (firm.reach, firm.found) == (1.0, 1.0)


def test_information_and_knowledge_follow_hours_against_those_of_the_habit_week() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    w.reps.hours[:, r.REP_LOGGING] = 4.0, 4.0, 5.5
    w.marketers.hours[:, r.QUALIFY] = 5.0, 3.0
    w.marketers.hours[:, r.INSIGHT] = 6.0, 3.0
    w.marketers.hours[:, r.ENABLE] = 1.0, 2.0
    firm.focus, firm.lift[r.INFORMATION], firm.lift[r.USE] = 0.9, 0.2, 0.07
    firm.lift[r.VALUE_PROPOSITION], firm.lift[r.FIELD_KNOWLEDGE] = 0.05, 0.1
    firm.value_proposition, firm.field_knowledge = 0.4, 0.8
    w.arm[0].staff_information = 0.3
    plain(marketing.work_on_knowledge)(w)
    assert firm.info == pytest.approx(math.sqrt(13.5 / 6) * 8 * 0.9 / 16.3 * 1.5)
    insight = 0.5 * 9 * 0.9 / 6 + 0.05
    enable = 0.5 * 3 * 0.9 / 6 * (0.35 + 0.07) / 0.35 + 0.1
    assert firm.value_proposition == pytest.approx(insight + keep(26) * (0.4 - insight))
    assert firm.field_knowledge == pytest.approx(enable + keep(26) * (0.8 - enable))
    w.arm[0].held[r.VALUE_PROPOSITION] = w.arm[0].held[r.FIELD_KNOWLEDGE] = 1
    firm.value_proposition, firm.field_knowledge = 0.3, 0.2
    plain(marketing.work_on_knowledge)(w)
    assert (firm.value_proposition, firm.field_knowledge) == (0.3, 0.2)
    p.lead_info_per_hour = 0.0
    plain(marketing.work_on_knowledge)(w)
    assert firm.info == 0.0


def test_knowledge_stays_between_none_and_all() -> None:
    for hours, lift, end in ((900.0, 0.0, 1.0), (0.0, -1.0, 0.0)):
        w = world()
        w.p[0].opportunity_knowledge_half_life = 1e-3
        w.marketers.hours[:, r.INSIGHT] = w.marketers.hours[:, r.ENABLE] = hours
        w.firm[0].lift[r.VALUE_PROPOSITION] = w.firm[0].lift[r.FIELD_KNOWLEDGE] = lift
        plain(marketing.work_on_knowledge)(w)
        assert (w.firm[0].value_proposition, w.firm[0].field_knowledge) == pytest.approx((end, end))


# Product, routing, word of mouth --------------------------------------------------------------------------------------


def test_the_product_is_its_quality_what_was_improved_and_the_stock_of_innovation() -> None:
    w = world()
    p, firm = w.p[0], w.firm[0]
    p.product_quality, p.product_innovation, firm.improvement, firm.innovation = 0.3, 0.4, 0.05, 0.75
    assert plain(product.appeal_of_product)(p, firm) == pytest.approx(0.3 + 0.05 + 0.4 * 0.25)
    w.marketers.hours[:, r.INSIGHT] = 1.0, 2.0
    firm.focus, firm.lift[r.INNOVATION], firm.lift[r.OPENNESS] = 0.8, 0.1, 0.2
    p.product_acceptance = 0.6
    plain(product.develop)(w)
    fed = 0.5 * 3 * 0.8 / 6 + 0.1
    assert firm.innovation == pytest.approx(fed + keep(104) * (0.75 - fed))
    assert firm.improvement == pytest.approx(0.05 + (0.5 * 0.6 * 0.7 - 0.05) / (1 + 18 * 52 / 12))


def test_innovation_is_fed_with_no_more_than_all_and_no_less_than_nothing_unless_it_is_held() -> None:
    for hours, lift, start, end in ((900.0, -0.25, 0.5, 0.75), (6.0, 2.0, 0.5, 1.0), (0.0, -1.0, 0.5, 0.0)):
        w = world()
        w.p[0].product_innovation_half_life = 1e-3
        w.marketers.hours[:, r.INSIGHT] = hours / 2
        w.firm[0].lift[r.INNOVATION] = lift
        plain(product.develop)(w)
        assert w.firm[0].innovation == pytest.approx(end)
        w.arm[0].held[r.INNOVATION] = 1
        w.firm[0].innovation = start
        plain(product.develop)(w)
        assert w.firm[0].innovation == start


def test_leads_are_routed_evenly_by_territory_by_results_or_by_practice() -> None:
    w = world()
    firm, prospect, lead = w.firm[0], w.prospects[25], w.leads[0]
    lead.ordinal = 6
    u = luck(w, streams.ROUTING, 25, 6)[0]
    routed = plain(routing.routed)
    for owner in range(3):
        prospect.owner = owner
        firm.routing = r.EVEN
        assert routed(w, prospect, lead) == owner
    firm.routing = r.TERRITORY
    assert [routed(w, w.prospects[i], lead) for i in (0, 13, 14, 26, 27, 39)] == [0, 0, 1, 1, 2, 2]
    firm.routing = r.PERFORMANCE
    assert routed(w, prospect, lead) == 2, "even, while nobody has sold anything"
    w.reps.usual[:, r.NEW_REVENUE] = 0.0, 10.0, -50.0
    w.reps.usual[:, r.REPEAT_REVENUE] = 0.0, 5.0, 20.0
    assert routed(w, prospect, lead) == 1, "results below nothing are no claim"
    for practice, seat in (((u * 100, 100 - u * 100, 0.0), 1), ((above(u) * 100, 100 - u * 100, 0.0), 0),
                           ((0.0, above(u) * 100, 100 - u * 100), 1),
                           ((0.0, 0.99 * u * 100, 100 - u * 100), 2)):  # fmt: skip
        firm.routing = r.EXPERIENCE
        w.reps.practice = practice
        assert routed(w, prospect, lead) == seat
    w.reps.practice = 1e9, 20.0, 0.0
    assert plain(routing.claim)(firm, w.reps[0]) == 600.0, "whoever served longer has no larger claim"


def test_a_customer_tells_an_account_of_its_segment_which_has_a_need_at_once_if_it_is_idle() -> None:
    for state, told, own, happens in (
        (r.IDLE, 1, r.CUSTOMER, True), (r.IN_WINDOW, 1, r.CUSTOMER, False), (r.IDLE, 2, r.CUSTOMER, None),
        (r.IDLE, 1, r.IDLE, None),
    ):  # fmt: skip
        w = world()
        i = 14
        w.p[0].customers_word_of_mouth = 1e3
        w.prospects[i].state, w.prospects[i].told = own, 1
        segment = w.segments[1]
        segment.retained, segment.awareness, segment.reach = 0.8, 0.3, 5
        other = int(segment.first + math.floor(luck(w, streams.WORD, i, 0, 1)[1] * 5))
        w.prospects[other].state = state if other != i else own
        assert other != i
        plain(word.tells)(w, 3, i, 21.5, told)
        friend = w.prospects[other]
        if happens is None:
            assert (log(w), agenda(w)) == ([], [])
            continue
        assert log(w)[0] == (21.5, r.NOTE_TOLD, other, -1, -1, 0)
        assert friend.episode == happens
        if happens:
            assert (friend.lift, friend.window_open, friend.aware) == (0.7 / 0.8, 21.5, 1)
        again = 21.5 - math.log(luck(w, streams.WORD, i, 0, 2)[0]) / 1e3 * YEAR
        assert (again, r.TELLS, i, 2) in [pytest.approx(event) for event in agenda(w)]
