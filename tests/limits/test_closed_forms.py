"""The closed forms, against the numbers printed for limit cases E1-E14 and independent computations."""

import inspect
import itertools
import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from orgsim.experiments import closed_forms
from orgsim.experiments.closed_forms import (
    FORMULAS,
    NoClosedForm,
    absorbing_funnel,
    adstock,
    bass,
    belief_trap,
    erlang_a,
    erlang_c,
    horizon_split,
    little,
    poisson_capacity,
    repeat_purchase,
    threshold_optimum,
)

ADVANCE = [0.20, 0.25, 0.30, 0.30, 0.25, 0.20]
LOSS = [0.05, 0.05, 0.05, 0.05, 0.10, 0.10]
no_deadline = settings(deadline=None)  # a busy machine is no failure
chances = st.floats(0.01, 0.99)
rates = st.floats(0.05, 30.0)

GOOD: dict[str, dict[str, Any]] = {
    "absorbing_funnel": {"advance": ADVANCE, "loss": LOSS},
    "erlang_c": {"arrivals_per_day": 12, "service_per_day": 5, "servers": 3},
    "erlang_a": {"arrivals_per_day": 20, "service_per_day": 5, "servers": 3, "patience_per_day": 1},
    "belief_trap": {"prior_good": 2, "prior_bad": 2, "true_rate": 0.4, "stop_below": 0.3, "leads": 50},
    "poisson_capacity": {"capacity_per_week": 8, "leads_per_week": 27},
    "little": {"opportunities_per_week": 5, "weeks_open": 12},
    "repeat_purchase": {"repeat": 0.8, "margin": 1000, "discount": 0.1, "upsell": 0},
    "adstock": {"half_life_weeks": 2.5, "spend": 1},
    "bass": {"p": 0.03, "q": 0.38, "market": 1000, "years": 10},
    "threshold_optimum": {
        "leads_per_week": 20, "capacity_per_week": 8, "good_rate": 0.4, "correlation": 0.6,
    },
    "horizon_split": {"horizon_months": 6, "maturity_months": 9},
}  # fmt: skip


def printed(value: float, places: int) -> Any:
    """A number as printed, right to its last digit."""
    return pytest.approx(value, rel=0, abs=0.5001 * 10**-places)


# E1


def test_the_six_stage_funnel_gives_the_printed_numbers() -> None:
    result = absorbing_funnel(ADVANCE, LOSS)
    assert result["p_win"] == printed(0.2332, 4)
    assert result["mean_weeks"] == printed(12.77, 2)
    assert result["mean_weeks_won"] == printed(19.24, 2)


def test_walking_the_funnel_week_by_week_gives_the_same_times_and_the_printed_spread() -> None:
    here, won, ended = np.eye(6)[0], [], []
    for _ in range(2000):
        won.append(here[-1] * ADVANCE[-1])
        ended.append(won[-1] + here @ LOSS)
        moved = np.append(0.0, here[:-1] * ADVANCE[:-1])
        here = here * (1 - np.array(ADVANCE) - LOSS) + moved
    weeks, result = np.arange(1, 2001), absorbing_funnel(ADVANCE, LOSS)
    mean = float(weeks @ ended)
    assert sum(ended) == pytest.approx(1, abs=1e-12)
    assert result["p_win"] == pytest.approx(sum(won), rel=1e-11)
    assert result["mean_weeks"] == pytest.approx(mean, rel=1e-11)
    assert result["mean_weeks_won"] == pytest.approx(float(weeks @ won) / sum(won), rel=1e-11)
    assert math.sqrt(float(weeks**2 @ ended) - mean**2) == printed(8.13, 2)


@no_deadline
@given(st.lists(chances, min_size=1, max_size=8))
def test_a_funnel_without_loss_always_wins_after_the_sum_of_its_waiting_times(advance: list[float]) -> None:
    result = absorbing_funnel(advance, [0.0] * len(advance))
    assert result["p_win"] == pytest.approx(1)
    assert result["mean_weeks"] == pytest.approx(sum(1 / a for a in advance))
    assert result["mean_weeks_won"] == pytest.approx(result["mean_weeks"])


@no_deadline
@given(st.lists(st.tuples(chances, st.floats(0, 1)), min_size=1, max_size=8))
def test_a_funnel_wins_with_the_product_of_its_stage_shares(stages: list[tuple[float, float]]) -> None:
    advance = [a for a, _ in stages]
    loss = [part * (1 - a) for a, part in stages]
    result = absorbing_funnel(advance, loss)
    leave = [a + lost for a, lost in zip(advance, loss, strict=True)]
    assert result["p_win"] == pytest.approx(math.prod(a / out for a, out in zip(advance, leave, strict=True)))
    assert result["mean_weeks_won"] == pytest.approx(sum(1 / out for out in leave))
    assert result["mean_weeks"] <= result["mean_weeks_won"] * (1 + 1e-12)


# E2, E3


def test_three_reps_with_patient_leads_give_the_printed_numbers() -> None:
    result = erlang_c(12, 5, 3)
    assert result["p_wait"] == printed(0.6472, 4)
    assert result["mean_wait_days"] == printed(0.2157, 4)
    assert 12 * result["mean_wait_days"] == printed(2.589, 3)
    assert 1 - result["p_wait"] * (1 - 3 / (3 + 1)) == printed(0.8382, 4)  # E[exp(-wait)], c mu - lambda = 3


@no_deadline
@given(rates, st.integers(1, 12), st.floats(0.02, 0.98))
def test_erlang_c_equals_its_sum_of_powers_and_factorials(service: float, servers: int, use: float) -> None:
    load = use * servers
    waiting = load**servers / math.factorial(servers) / (1 - use)
    expected = waiting / (sum(load**k / math.factorial(k) for k in range(servers)) + waiting)
    assert erlang_c(load * service, service, servers)["p_wait"] == pytest.approx(expected, rel=1e-9)


def test_one_rep_is_busy_as_often_as_a_patient_lead_waits() -> None:
    result = erlang_c(3, 4, 1)
    assert result["p_wait"] == pytest.approx(0.75)
    assert result["mean_wait_days"] == pytest.approx(0.75)


def test_leads_that_go_cold_give_the_printed_numbers() -> None:
    result = erlang_a(20, 5, 3, 1)
    assert result["p_cold"] == printed(0.2740, 4)
    assert result["mean_queue"] == printed(5.480, 3)
    assert 20 * (1 - result["p_cold"]) / 15 == printed(0.968, 3)  # utilisation
    assert result["p_cold"] > 1 - 15 / 20  # fluid bound
    assert erlang_a(50, 5, 3, 1)["p_cold"] == printed(0.7000, 4)
    assert erlang_a(20, 5, 3, 5)["mean_queue"] == printed(1.3480, 4)


@no_deadline
@given(rates, rates, st.integers(1, 30))
def test_leads_as_quick_to_leave_as_to_be_served_never_notice_the_queue(
    arrivals: float, service: float, servers: int
) -> None:
    k = np.arange(3000)  # M/M/inf: a Poisson number of leads
    expected = float(stats.poisson.pmf(k, arrivals / service) @ np.maximum(k - servers, 0))
    result = erlang_a(arrivals, service, servers, service)["mean_queue"]
    assert result == pytest.approx(expected, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("arrivals", "service", "servers"), [(12, 5, 3), (3, 4, 1), (90, 1, 100)])
def test_with_almost_endless_patience_leads_wait_as_in_erlang_c(
    arrivals: float, service: float, servers: int
) -> None:
    patient = erlang_c(arrivals, service, servers)
    result = erlang_a(arrivals, service, servers, 1e-8)
    assert result["mean_queue"] == pytest.approx(arrivals * patient["mean_wait_days"], rel=1e-5)
    assert result["p_cold"] == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("patience", [0.01, 0.3, 1.0, 8.0, 60.0])
@pytest.mark.parametrize(
    ("arrivals", "service", "servers"), [(20, 5, 3), (12, 5, 3), (15, 5, 3), (60, 1, 40)]
)
def test_the_birth_death_sum_equals_palms_incomplete_gamma_form(
    arrivals: float, service: float, servers: int, patience: float
) -> None:
    x, y, use = servers * service / patience, arrivals / patience, arrivals / (servers * service)
    log_gamma = special.gammaln(x) + np.log(special.gammainc(x, y))
    palm = math.exp(math.log(x) + y - x * math.log(y) + log_gamma)  # A(x, y)
    load = arrivals / service
    blocked = float(stats.poisson.pmf(servers, load) / stats.poisson.cdf(servers, load))
    waits = palm * blocked / (1 + (palm - 1) * blocked)
    expected = waits * (1 / (use * palm) + 1 - 1 / use)
    result = erlang_a(arrivals, service, servers, patience)
    assert result["p_cold"] == pytest.approx(expected, rel=1e-8)
    assert result["mean_queue"] == pytest.approx(expected * arrivals / patience, rel=1e-8)


def test_an_overloaded_desk_of_patient_leads_loses_just_the_excess_and_stays_stable() -> None:
    assert erlang_a(2000, 5, 300, 1e-4)["p_cold"] == pytest.approx(0.25, rel=1e-6)


# E5


def test_the_belief_trap_locks_out_as_often_as_printed() -> None:
    assert belief_trap(2, 2, 0.4, 0.3, 1000)["p_locked_out"] == printed(0.4176, 4)
    assert belief_trap(8, 8, 0.4, 0.3, 1000)["p_locked_out"] == printed(0.0456, 4)
    assert belief_trap(2, 2, 0.5, 0.3, 1000)["p_locked_out"] == printed(0.1823, 4)


def by_hand(prior_good: float, prior_bad: float, rate: float, stop: float, leads: int) -> float:
    """All sequences of good and bad leads, each run as a simulator would."""
    locked = 0.0
    for sequence in itertools.product((True, False), repeat=leads):
        a, b = prior_good, prior_bad
        stopped = a / (a + b) < stop
        for good in sequence:
            if good:
                a += 1.0
            else:
                b += 1.0
            stopped = stopped or a / (a + b) < stop
        locked += stopped * math.prod(rate if good else 1 - rate for good in sequence)
    return locked


tenths = st.integers(1, 80).map(lambda n: n / 10)  # many ties


@no_deadline
@given(tenths, tenths, chances, st.integers(0, 10).map(lambda n: n / 10), st.integers(1, 7))
def test_the_dynamic_programme_equals_running_every_sequence_of_leads(
    prior_good: float, prior_bad: float, rate: float, stop: float, leads: int
) -> None:
    expected = by_hand(prior_good, prior_bad, rate, stop, leads)
    result = belief_trap(prior_good, prior_bad, rate, stop, leads)["p_locked_out"]
    assert result == pytest.approx(expected, abs=1e-12)


def test_a_sceptic_is_locked_out_before_the_first_lead_and_a_tie_is_not_enough() -> None:
    assert belief_trap(2.9, 7, 0.9, 0.3, 1) == {"p_locked_out": 1.0}
    assert belief_trap(3, 7, 1.0, 0.3, 5) == {"p_locked_out": 0.0}
    assert belief_trap(1, 1, 0.0, 1 / 3, 1) == {"p_locked_out": 0.0}  # 1 / 3 after one bad lead
    assert belief_trap(1, 1, 0.0, 1 / 3, 2) == {"p_locked_out": 1.0}


def test_simulated_reps_are_locked_out_as_often_as_the_programme_says() -> None:
    draw, runs, locked = random.Random(5), 4000, 0
    for _ in range(runs):
        a, b = 2.0, 2.0
        for _ in range(100):
            if draw.random() < 0.4:
                a += 1.0
            else:
                b += 1.0
            if a / (a + b) < 0.3:
                locked += 1
                break
    expected = belief_trap(2, 2, 0.4, 0.3, 100)["p_locked_out"]
    assert abs(locked / runs - expected) < 4 * math.sqrt(expected * (1 - expected) / runs)


# E8, and the split of unattended leads between its two causes


def test_fixed_capacity_follows_up_the_printed_shares() -> None:
    assert poisson_capacity(8, 27)["followed_up"] == printed(0.296, 3)
    assert poisson_capacity(8, 8)["followed_up"] == printed(0.860, 3)
    assert poisson_capacity(8, 12)["followed_up"] == printed(0.653, 3)


@no_deadline
@given(st.integers(0, 60), rates)
def test_followed_up_leads_equal_the_sum_over_the_weeks_arrivals(capacity: int, leads: float) -> None:
    n = np.arange(400)
    expected = float(stats.poisson.pmf(n, leads) @ np.minimum(n, capacity)) / leads
    result = poisson_capacity(capacity, leads)["followed_up"]
    assert result == pytest.approx(expected, rel=1e-10, abs=1e-13)
    assert result <= min(1, capacity / leads) * (1 + 1e-12)


def test_belief_and_capacity_share_the_unattended_leads_as_printed() -> None:
    locked = belief_trap(2, 2, 0.4, 0.3, 1000)["p_locked_out"]
    worked = 0.296  # K / L rounded, as the printed numbers took it: 8 / 27 in full gives .827
    assert poisson_capacity(8, 27)["followed_up"] == printed(worked, 3)
    both, only_capacity, only_belief = 1 - (1 - locked) * worked, 1 - worked, locked
    assert both == printed(0.828, 3)
    assert both - only_capacity == printed(0.124, 3)
    assert both - only_belief == printed(0.410, 3)
    assert (both - only_capacity + only_belief) / 2 == printed(0.271, 3)
    assert (both - only_belief + only_capacity) / 2 == printed(0.557, 3)


# E9, E10, E11


def test_open_opportunities_are_their_rate_times_their_weeks() -> None:
    assert little(5, 12) == {"open": 60.0}
    assert little(6.0, 12) == {"open": 72.0}  # the baseline year
    assert little(0, 12) == {"open": 0.0}


def test_a_repeating_customer_is_worth_the_printed_sums() -> None:
    plain, upsold = repeat_purchase(0.8, 1000, 0.1, 0), repeat_purchase(0.8, 1000, 0.1, 0.05)
    assert plain["orders"] == pytest.approx(5)
    assert plain["clv"] == printed(3666.67, 2)
    assert upsold["clv"] == printed(4230.77, 2)
    assert 0.1 * plain["orders"] == pytest.approx(0.5)  # referrals per customer


@no_deadline
@given(st.floats(0, 0.9), st.floats(-1e4, 1e4), st.floats(0.15, 0.5), st.floats(-1, 0.2))
def test_lifetime_worth_is_the_discounted_sum_of_all_orders(
    repeat: float, margin: float, discount: float, upsell: float
) -> None:
    result = repeat_purchase(repeat, margin, discount, upsell)
    k = np.arange(1500)
    assert result["orders"] == pytest.approx(float(np.sum(repeat**k)))
    series = float(np.sum((repeat * (1 + upsell) / (1 + discount)) ** k))
    assert result["clv"] == pytest.approx(margin * series, rel=1e-9, abs=1e-9)


def test_bass_gives_the_printed_share_in_a_large_market() -> None:
    assert bass(0.03, 0.38, 1_000_000, 10)["adopted"] == printed(0.8128, 4)
    assert bass(0.03, 0.38, 1_000_000, math.log(0.38 / 0.03) / 0.41)["adopted"] == printed(0.4605, 4)


def test_bass_in_a_market_of_one_is_an_exponential_wait() -> None:
    assert bass(0.2, 0.9, 1, 3)["adopted"] == pytest.approx(1 - np.exp(-0.6))


def test_bass_without_imitation_is_an_exponential_wait_in_any_market() -> None:
    assert bass(0.2, 0, 400, 3)["adopted"] == pytest.approx(1 - np.exp(-0.6))


def test_bass_in_growing_markets_comes_to_its_limit_from_below() -> None:
    shares = [bass(0.03, 0.38, accounts, 10)["adopted"] for accounts in (10, 100, 1000, 10_000, 1_000_000)]
    assert shares == sorted(shares)
    assert abs(shares[-2] - shares[-1]) < 3e-4


def test_bass_agrees_with_the_differential_equations_of_a_small_market() -> None:
    from scipy.integrate import solve_ivp

    n = np.arange(21)
    rates = (0.05 + 0.5 * n / 20) * (20 - n)

    def flow(_t: float, x: Any) -> Any:
        out = -rates * x
        out[1:] += rates[:-1] * x[:-1]
        return out

    start = np.zeros(21)
    start[0] = 1
    end = solve_ivp(flow, (0, 7), start, rtol=1e-10, atol=1e-12).y[:, -1]
    assert bass(0.05, 0.5, 20, 7)["adopted"] == pytest.approx(float(end @ n) / 20, abs=1e-7)


def test_adstock_gives_the_printed_multiplier_and_carry_over() -> None:
    assert adstock(2.5, 1)["stock"] == printed(4.13, 2)
    assert 1 - 1 / adstock(2.5, 1)["stock"] == printed(0.758, 3)
    assert adstock(1, 7)["stock"] == pytest.approx(14)  # lambda = .5: long-run effect twice the short


@no_deadline
@given(st.floats(0.1, 20), st.floats(0, 1e6))
def test_adstock_is_where_spending_week_after_week_leads(half_life: float, spend: float) -> None:
    level = 0.0
    for _ in range(1500):
        level = level * 0.5 ** (1 / half_life) + spend
    assert adstock(half_life, spend)["stock"] == pytest.approx(level)


# E13


def test_integration_wins_with_the_printed_leads() -> None:
    result = threshold_optimum(20, 8, 0.4, 0.6)
    assert result["good_worked_joint"] == printed(5.149, 3)
    assert result["good_worked_all"] == pytest.approx(3.2)
    assert result["threshold"] == pytest.approx(float(stats.norm.ppf(0.6)))


def good_share_above(threshold: float, good_rate: float, correlation: float) -> float:
    """P(good | score > threshold), by scipy's bivariate normal."""
    corner = [-threshold, -float(stats.norm.ppf(1 - good_rate))]
    joint = stats.multivariate_normal(cov=[[1, correlation], [correlation, 1]]).cdf(corner)
    return float(joint) / float(stats.norm.sf(threshold))


@no_deadline
@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0, 0.99))
def test_the_good_share_above_the_threshold_equals_the_bivariate_normals(
    share: float, good_rate: float, correlation: float
) -> None:
    result = threshold_optimum(10, 10 * share, good_rate, correlation)
    expected = 10 * share * good_share_above(result["threshold"], good_rate, correlation)
    assert result["good_worked_joint"] == pytest.approx(expected, abs=1e-6)
    assert result["good_worked_joint"] >= result["good_worked_all"] == pytest.approx(10 * share * good_rate)


def test_no_other_threshold_works_more_good_leads() -> None:
    best = threshold_optimum(20, 8, 0.4, 0.6)
    for threshold in np.linspace(-3, 3, 61):
        handed_over = 20 * float(stats.norm.sf(threshold))
        assert min(8, handed_over) * good_share_above(threshold, 0.4, 0.6) <= best["good_worked_joint"] + 1e-9


def test_the_gain_of_integration_vanishes_with_capacity_for_all_or_scores_that_say_nothing() -> None:
    for capacity in (20, 35):
        result = threshold_optimum(20, capacity, 0.4, 0.6)
        assert result == {"threshold": -math.inf, "good_worked_joint": 8.0, "good_worked_all": 8.0}
    blind = threshold_optimum(20, 8, 0.4, 0)
    assert blind["good_worked_joint"] == pytest.approx(blind["good_worked_all"])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("good_rate", [0.0, 1e-6, 0.2, 0.4, 0.41, 1 - 1e-6, 1.0])
def test_perfect_scores_find_every_good_lead_there_is_room_for(good_rate: float) -> None:
    result = threshold_optimum(20, 8, good_rate, 1)
    assert result["good_worked_joint"] == pytest.approx(20 * min(0.4, good_rate), abs=1e-9)


# E14


def test_a_short_horizon_costs_the_printed_losses() -> None:
    half_year, year = horizon_split(6, 9), horizon_split(12, 9)
    assert half_year["brand_share"] == printed(0.1914, 4)
    assert half_year["loss"] == printed(0.0548, 4)
    assert year["brand_share"] == printed(0.3516, 4)
    assert year["loss"] == printed(0.0113, 4)


@no_deadline
@given(st.floats(0.5, 60), st.floats(0.5, 36))
def test_the_chosen_split_maximises_what_the_decider_counts(horizon: float, maturity: float) -> None:
    result = horizon_split(horizon, maturity)
    seen = 1 - math.exp(-horizon / maturity)
    found = optimize.minimize_scalar(
        lambda s: -(seen * math.sqrt(s) + math.sqrt(1 - s)), bounds=(0, 1), options={"xatol": 1e-10}
    )
    s = result["brand_share"]
    assert s == pytest.approx(float(found.x), abs=1e-6)
    assert result["loss"] == pytest.approx(1 - (math.sqrt(s) + math.sqrt(1 - s)) / math.sqrt(2), abs=1e-12)


def test_the_loss_vanishes_as_the_horizon_grows_and_is_flat_near_the_best_split() -> None:
    losses = [horizon_split(h, 9)["loss"] for h in (3, 6, 12, 24, 48, 120)]
    assert losses == sorted(losses, reverse=True)
    assert horizon_split(1000, 9) == {"brand_share": pytest.approx(0.5), "loss": pytest.approx(0, abs=1e-15)}
    assert losses[2] < 0.02 < 0.5 - horizon_split(12, 9)["brand_share"]


# Where no closed form exists


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("absorbing_funnel", {"advance": []}, "at least one"),
        ("absorbing_funnel", {"advance": "0.2"}, "list"),
        ("absorbing_funnel", {"loss": [0.05]}, "equally many"),
        ("absorbing_funnel", {"advance": [0.2, 0.0, 0.3, 0.3, 0.25, 0.2]}, r"advance\[1\] is 0\.0.*above 0"),
        ("absorbing_funnel", {"advance": [1.2] * 6}, "at most 1"),
        ("absorbing_funnel", {"loss": [-0.1] * 6}, "at least 0"),
        ("absorbing_funnel", {"advance": [0.96] * 6}, "plus loss is 1.06"),
        ("absorbing_funnel", {"advance": [1e-200] * 6}, "told from 0"),
        ("erlang_c", {"arrivals_per_day": 15}, "15 leads a day arrive .* at most 15; fewer"),
        ("erlang_c", {"arrivals_per_day": 0}, "above 0"),
        ("erlang_c", {"service_per_day": -5}, "above 0"),
        ("erlang_c", {"servers": 2.5}, "whole number"),
        ("erlang_c", {"servers": 0}, "at least 1"),
        ("erlang_a", {"patience_per_day": 0}, "above 0"),
        ("erlang_a", {"patience_per_day": 1e-14}, "too many states"),
        ("erlang_a", {"servers": 1.5}, "whole number"),
        ("belief_trap", {"prior_good": 0}, "above 0"),
        ("belief_trap", {"prior_bad": -1}, "above 0"),
        ("belief_trap", {"true_rate": 1.1}, "at most 1"),
        ("belief_trap", {"stop_below": -0.1}, "at least 0"),
        ("belief_trap", {"leads": 0}, "at least 1"),
        ("belief_trap", {"leads": 10.5}, "whole number"),
        ("poisson_capacity", {"capacity_per_week": 7.5}, "whole number"),
        ("poisson_capacity", {"capacity_per_week": -1}, "at least 0"),
        ("poisson_capacity", {"leads_per_week": 0}, "above 0"),
        ("little", {"opportunities_per_week": -1}, "at least 0"),
        ("little", {"weeks_open": -1}, "at least 0"),
        ("repeat_purchase", {"repeat": 1}, "below 1"),
        ("repeat_purchase", {"repeat": -0.1}, "at least 0"),
        ("repeat_purchase", {"upsell": 0.375}, "no bound"),
        ("repeat_purchase", {"upsell": -1.5}, "at least -1"),
        ("repeat_purchase", {"discount": -1}, "above -1"),
        ("adstock", {"half_life_weeks": 0}, "above 0"),
        ("adstock", {"spend": -1}, "at least 0"),
        ("threshold_optimum", {"leads_per_week": 0}, "above 0"),
        ("threshold_optimum", {"capacity_per_week": 0}, "above 0"),
        ("threshold_optimum", {"good_rate": 1.4}, "at most 1"),
        ("threshold_optimum", {"correlation": -0.1}, "at least 0"),
        ("threshold_optimum", {"correlation": 1.1}, "at most 1"),
        ("horizon_split", {"horizon_months": 0}, "above 0"),
        ("horizon_split", {"maturity_months": 0}, "above 0"),
    ],
)
def test_parameters_outside_the_formula_are_refused_with_the_reason(
    name: str, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(NoClosedForm, match=message):
        FORMULAS[name](**(GOOD[name] | changed))


@pytest.mark.parametrize("wrong", [None, "3", True, math.nan, math.inf, []])
@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in GOOD.items() for key in keys])
def test_what_is_no_finite_number_is_refused_by_name(name: str, key: str, wrong: object) -> None:
    value = [wrong] * 6 if name == "absorbing_funnel" else wrong
    with pytest.raises(NoClosedForm, match=key):
        FORMULAS[name](**(GOOD[name] | {key: value}))


def test_every_formula_is_listed_takes_its_parameters_by_name_and_returns_plain_numbers() -> None:
    public = {
        name
        for name, function in inspect.getmembers(closed_forms, inspect.isfunction)
        if function.__module__ == closed_forms.__name__ and not name.startswith("_")
    }
    assert public == set(FORMULAS) == set(GOOD)
    for name, formula in FORMULAS.items():
        assert list(inspect.signature(formula).parameters) == list(GOOD[name])
        assert formula.__doc__
        assert all(type(value) is float for value in formula(**GOOD[name]).values())
