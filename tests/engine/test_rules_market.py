"""Rules of the market, one at a time: needs, awareness, channels, signals, windows, traits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plain_rules import above, agenda, log, luck, plain, quantile, world

from orgsim.engine import market, needs, streams
from orgsim.engine import records as r

YEAR = 1820.0  # hours


def test_the_next_need_comes_after_an_exponential_time_at_the_hazard_of_the_segment() -> None:
    w = world()
    i = 15
    w.prospects[i].episode = 3
    wait = -math.log(luck(w, streams.NEED, i, 0, 4)[0]) / w.segments[1].need_hazard * YEAR
    plain(needs.await_need)(w, 2, i, 100.0)
    day = int((100 + wait) / 7)
    expected = [(100 + wait, r.NEED_OPENS, i, 3)] if day < w.agenda.size else []
    assert agenda(w) == pytest.approx(expected)
    w.segments.need_hazard = 1e4
    plain(needs.await_need)(w, 2, i, 100.0)
    assert agenda(w)[0][1:] == (r.NEED_OPENS, i, 3)
    assert agenda(w)[0].time == pytest.approx(100 + -math.log(luck(w, streams.NEED, i, 0, 4)[0]) / 1e4 * YEAR)


def test_signals_and_tellings_come_after_exponential_times_and_never_where_the_rate_is_nothing() -> None:
    w = world()
    i = 3
    w.segments.need_hazard = w.segments.signal_hazard = 0.0
    plain(needs.await_need)(w, 0, i, 0.0)
    plain(needs.await_signal)(w, 0, i, 0.0)
    plain(needs.await_word)(w, 0, i, 0.0)
    assert agenda(w) == []
    assert w.prospects[i].told == 1, "the telling is numbered all the same"
    w.segments.signal_hazard = 50.0
    w.p[0].customers_word_of_mouth = 0.5e2
    w.prospects[i].signals = 2
    plain(needs.await_signal)(w, 0, i, 10.0)
    plain(needs.await_word)(w, 0, i, 20.0)
    signal, telling = sorted(agenda(w), key=lambda event: event.kind)
    assert signal == pytest.approx((10 - math.log(luck(w, streams.NOISE, i, 0, 2)[0]) / 50 * YEAR, r.SIGNALS, i, 2))
    assert telling == pytest.approx((20 - math.log(luck(w, streams.WORD, i, 0, 2)[0]) / 50 * YEAR, r.TELLS, i, 2))


def test_awareness_is_the_segments_and_a_lift_fades_as_the_segment_forgets() -> None:
    w = world()
    prospect, segment = w.prospects[0], w.segments[0]
    segment.awareness, segment.retained = 0.4, 0.3
    assert plain(market.awareness)(w, prospect) == 0.4
    prospect.lift = 0.5
    assert plain(market.awareness)(w, prospect) == pytest.approx(0.4 + 0.5 * 0.3)
    prospect.lift = -1.9
    assert plain(market.awareness)(w, prospect) == 0.0
    prospect.lift = 5.0
    assert plain(market.awareness)(w, prospect) == 1.0


def test_a_lift_is_counted_in_what_is_retained_and_nothing_lifts_where_nothing_is() -> None:
    segment = world().segments[0]
    segment.retained = 0.25
    assert plain(needs.lift_of)(segment, 0.5) == 2.0
    segment.retained = 0.0
    assert plain(needs.lift_of)(segment, 0.5) == 0.0


def test_a_deal_is_log_normal_of_the_mean_and_variation_given_in_whole_cents() -> None:
    w = world()
    p = w.p[0]
    s2 = math.log(1 + 0.8**2)
    for u in (0.01, 0.3, 0.5, 0.99):
        euro = 25_000 * math.exp(math.sqrt(s2) * quantile(u) - s2 / 2)
        assert plain(market.deal_cents)(p, u) == math.floor(100 * euro + 0.5)
    p.market_deal_cv = 0.0
    assert plain(market.deal_cents)(p, 0.123) == 2_500_000
    p.market_deal_value = 0.006
    assert plain(market.deal_cents)(p, 0.5) == 1


def opened(w, i: int, time: float = 14.0):  # type: ignore[no-untyped-def]
    plain(market.need_opens)(w, 2, i, time)
    return w.prospects[i]


@pytest.mark.parametrize("viable", [True, False])
def test_a_need_opens_a_window_with_a_deal_a_stake_and_a_line_in_the_log(viable: bool) -> None:
    w = world()
    i = 21
    w.firm[0].reach = w.firm[0].found = 0.0
    w.segments.awareness = 0.0
    w.prospects[i].viable = viable
    w.prospects[i].episode = 6
    prospect = opened(w, i)
    assert (prospect.episode, prospect.state, prospect.window_open) == (7, r.IN_WINDOW, 14.0)
    assert prospect.window_close == 14 + 700
    assert prospect.deal == plain(market.deal_cents)(w.p[0], luck(w, streams.EPISODE, i, 0, 7)[1])
    stake = math.floor(0.24 * 0.45 * prospect.deal + 0.5) if viable else 0
    assert not prospect.aware
    assert log(w) == [(14.0, r.NOTE_NEED, i, -1, -1, stake)]
    assert agenda(w) == [(714.0, r.WINDOW_CLOSES, i, 7)]


def test_who_thinks_of_us_responds_others_are_reached_by_campaign_or_found_by_a_rep_or_stay_silent() -> None:
    """One channel in each episode: the first of these whose draw is below its chance."""
    i = 4
    probe = world()
    u_aware = luck(probe, streams.EPISODE, i, 0, 1)[0]
    u_campaign, u_found, u_moment, u_delay = luck(probe, streams.CHANNELS, i, 0, 1)
    moment, delay = 14 + u_moment * 700, 14 - math.log(u_delay) * 15 * 7
    cases = {
        (above(u_aware), 1.0, 1.0): (delay, r.RESPONDS),
        (u_aware, above(u_campaign), 1.0): (moment, r.HEARS),
        (u_aware, u_campaign, above(u_found)): (moment, r.IS_FOUND),
        (u_aware, u_campaign, u_found): None,
    }
    for viable in (1, 0):
        for (aware, reach, found), expected in cases.items():
            w = world()
            w.segments.awareness = aware
            w.firm[0].reach, w.firm[0].found = reach, found
            w.prospects[i].viable = viable
            opened(w, i)
            events = [event for event in agenda(w) if event.kind != r.WINDOW_CLOSES]
            if expected is None or (expected[1] == r.IS_FOUND and not viable):
                assert events == []
            else:
                assert events == [pytest.approx((*expected, i, 1))]


def test_a_lead_that_is_open_when_the_need_opens_is_about_this_need() -> None:
    w = world()
    i = 9
    w.prospects[i].viable = 1
    k = plain(market.open_lead).__globals__["new_lead"](w, 0, i, 3.0, r.SIGNAL)
    before = len(agenda(w))
    prospect = opened(w, i)
    lead = w.leads[k]
    assert (lead.episode, lead.deal, lead.value, lead.viable) == (
        1, prospect.deal, math.floor(0.24 * 0.45 * prospect.deal + 0.5), 1
    )  # fmt: skip
    assert [event.kind for event in agenda(w)[before:]] == [r.WINDOW_CLOSES]


def test_only_an_account_in_this_window_without_a_lead_that_does_not_refuse_us_responds_or_is_found() -> None:
    for rule, args, origin in ((market.responds, (r.CAMPAIGN,), r.CAMPAIGN), (market.is_found, (), r.OUTBOUND)):
        for episode, state, lead, refuses, comes in (
            (1, r.IN_WINDOW, -1, 20.0, True), (2, r.IN_WINDOW, -1, 0.0, False), (1, r.IDLE, -1, 0.0, False),
            (1, r.IN_WINDOW, 0, 0.0, False), (1, r.IN_WINDOW, -1, above(20.0), False),
        ):  # fmt: skip
            w = world()
            prospect = w.prospects[7]
            prospect.episode, prospect.state, prospect.lead, prospect.refuses_until = 1, state, lead, refuses
            prospect.window_close = 700.0
            plain(rule)(w, 2, 7, 20.0, episode, *args)
            assert w.firm[0].leads == comes
            if comes:
                assert w.leads[0].origin == origin
                assert w.prospects[7].lead == 0


def test_an_idle_account_that_knows_us_signals_without_need_and_the_next_signal_comes_in_any_case() -> None:
    i = 2
    u = luck(world(), streams.NOISE, i, 1, 5)[0]
    for aware, state, lead, refuses, count, comes in (
        (above(u), r.IDLE, -1, 20.0, 5, True), (u, r.IDLE, -1, 0.0, 5, False), (1.0, r.CUSTOMER, -1, 0.0, 5, False),
        (1.0, r.IDLE, 3, 0.0, 5, False), (1.0, r.IDLE, -1, above(20.0), 5, False), (1.0, r.IDLE, -1, 0.0, 4, None),
    ):  # fmt: skip
        w = world()
        w.segments.awareness, w.segments.signal_hazard = aware, 20.0
        w.firm[0].threshold = 1e9  # nurtured: no draws of sales
        prospect = w.prospects[i]
        prospect.state, prospect.lead, prospect.refuses_until, prospect.signals = state, lead, refuses, 5
        plain(market.signals)(w, 2, i, 20.0, count)
        if comes is None:
            assert (w.prospects[i].signals, agenda(w)) == (5, [])
            continue
        assert w.prospects[i].signals == 6
        assert w.firm[0].leads == comes
        if comes:
            assert (w.leads[0].origin, w.leads[0].ordinal, w.leads[0].viable) == (r.SIGNAL, 13, 0)
        following = 20 - math.log(luck(w, streams.NOISE, i, 0, 6)[0]) / 20 * YEAR
        signal = [event for event in agenda(w) if event.kind == r.SIGNALS]
        assert signal == ([pytest.approx((following, r.SIGNALS, i, 6))] if following < 282 * 7 else [])


def test_a_window_that_closes_on_silence_is_missed_demand_within_the_horizon_and_the_next_need_is_awaited() -> None:
    for start, viable, missed in ((714.0, 1, 1), (above(714.0), 1, 0), (0.0, 0, 1)):
        w = world()
        w.firm[0].horizon_start = start
        w.firm[0].reach = w.firm[0].found = 0.0
        w.segments.awareness, w.segments.need_hazard = 0.0, 1e3
        w.prospects[5].viable = viable
        stake = math.floor(0.24 * 0.45 * opened(w, 5).deal + 0.5) * viable
        w.firm[0].log = 0
        plain(market.window_closes)(w, 102, 5, 714.0, 1)
        assert w.prospects[5].state == r.IDLE
        assert (w.firm[0].missed_value, w.firm[0].missed_count) == (missed * stake, missed * viable)
        assert log(w) == [(714.0, r.NOTE_MISSED, 5, -1, -1, stake)]
        need = 714 - math.log(luck(w, streams.NEED, 5, 0, 2)[0]) / 1e3 * YEAR
        assert (need, r.NEED_OPENS, 5, 1) in [pytest.approx(event) for event in agenda(w)]
        plain(market.window_closes)(w, 102, 5, 714.0, 1)
        assert w.firm[0].log == 1, "an account that is not in its window has none to close"


def test_at_the_end_of_the_window_an_opportunity_goes_on_and_any_other_lead_is_lost_to_a_rival_or_dropped() -> None:
    i = 5
    u = luck(world(), streams.DECISION, i, 0, 1)[0]
    for decide, status, outcome in (
        (above(u), r.NURTURED, r.LOST_RIVAL), (u, r.NURTURED, r.NO_DECISION), (1.0, r.OPEN_OPPORTUNITY, r.OPEN),
    ):  # fmt: skip
        w = world()
        w.firm[0].reach = w.firm[0].found = 0.0
        w.firm[0].threshold = 1e9
        w.segments.awareness = 0.0
        w.prospects[i].viable = 1
        opened(w, i)
        plain(market.responds)(w, 2, i, 20.0, 1, r.INBOUND)
        w.leads[0].status = status
        w.p[0].opportunity_decide = decide
        plain(market.window_closes)(w, 102, i, 714.0, 2)
        assert w.prospects[i].state == r.IN_WINDOW, "an end of another episode's window is not this one's"
        plain(market.window_closes)(w, 102, i, 714.0, 1)
        assert w.leads[0].outcome == outcome
        assert w.leads[0].cause == (r.HELD_BACK if outcome else r.FAIR)
        assert w.prospects[i].state == (r.IDLE if outcome else r.IN_WINDOW)


def test_a_buyers_patience_ends_only_for_an_open_lead_about_a_need_that_nobody_has_called() -> None:
    for status, touches, episode, lost in (
        (r.QUEUED, 0, 0, True), (r.CLOSED, 0, 0, False), (r.QUEUED, 1, 0, False), (r.QUEUED, 0, -1, False),
    ):  # fmt: skip
        w = world()
        lead = w.leads[0]
        lead.status, lead.touches, lead.episode, lead.prospect, lead.viable = status, touches, episode, 3, 1
        lead.workable = lead.given = 10.0
        plain(market.loses_patience)(w, 7, 0, 50.0)
        assert (w.leads[0].outcome == r.LOST_RIVAL) == lost
        assert (w.leads[0].cause == r.NO_CAPACITY) == lost


def test_an_account_has_its_traits_from_three_uniforms() -> None:
    w = world(market__pace_sd=0.3)
    for i in (0, 17, 39):
        fit, pace, owner, _ = luck(w, streams.TRAITS, i)
        prospect = w.prospects[i]
        assert prospect.fit == fit
        assert prospect.pace == pytest.approx(math.exp(0.3 * quantile(pace)))
        assert prospect.owner == math.floor(owner * 3)
        assert prospect.viable == (fit >= 0.15)
        assert (prospect.lead, prospect.lift) == (-1, 0.0)
        assert prospect.refuses_until == -np.inf
    fresh = world()
    fresh.segments.signal_hazard = 1e3
    fresh.segments.least_fit = luck(fresh, streams.TRAITS, 8)[0]
    plain(market.begin_prospect)(fresh, 8)
    assert fresh.prospects[8].viable, "whose fit is just enough is viable"
    first = -math.log(luck(fresh, streams.NOISE, 8, 0, 0)[0]) / 1e3 * YEAR
    assert agenda(fresh) == [pytest.approx((first, r.SIGNALS, 8, 0))]
