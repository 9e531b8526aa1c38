"""States of the teams, each against its closed form in a firm in which nothing else moves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import orgsim
from orgsim.clock import Clock
from orgsim.engine.compile import as_python
from orgsim.engine.curves import logistic as compiled_logistic
from orgsim.results import Run
from orgsim.scenario.organisation import PRIMITIVES
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import EFFORT, MARKETER_ACTIVITIES

logistic = as_python(compiled_logistic)
STILL = {
    "market.size": 200, "time.years": 1.0, "time.warm_up_years": 0.5, "time.run_off_months": 0, "people.reps": 4,
    "people.marketers": 2, "today.pay": "fixed", "effort.half_life": 0, "structures.separate.coordination": 0,
    **{f"switches.{name}": False for name in ("decisions", "cooperation", "turnover", "learning", "practice")},
}  # fmt: skip
HABIT = {"brand": 5.0, "activation": 5.0, "qualify": 5.0, "insight": 3.0, "enable": 3.0, "serve": 5.0, "slack": 4.905}
STRATEGIC = ("brand", "insight", "enable")


def firm(**changes: Any) -> Scenario:
    """A still firm, its switches and cells changed; `lift` names states and how far a device lifts them."""
    lift = changes.pop("lift", {})
    device = {"adoption": 0, "effects": [{"state": state, "gain": gain} for state, gain in lift.items()]}
    held = {"devices.ours": device, "structures.separate.devices": ["ours"]} if lift else {}
    return orgsim.load_scenario("baseline").with_(**STILL).with_(**held, **changes)


def weekly(run: Run, role: str = "marketer") -> dict[str, float]:
    """Hours a week of a person, by activity."""
    hours = run.hours[run.hours["role"] == role]
    seats = hours["person"].nunique()
    return dict(hours.groupby("activity")["hours"].sum() / (52 * seats))


def mondays(run: Run) -> np.ndarray:
    """Mondays but the first of the run up to each month's end."""
    return (Clock.of(run.scenario).start + run.periods["end_day"].to_numpy() - 1) // 5


# Requests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [0.5, 2.0])
def test_requests_take_exactly_their_hours_from_strategic_work_first(asked: float) -> None:
    run = orgsim.run(firm(**{"teams.requests": asked, "teams.request_time": 0.75}))
    each = asked * 4 / 2 * 0.75
    hours = weekly(run)
    assert hours["serve"] == pytest.approx(5 + each)
    for activity in STRATEGIC:
        assert hours[activity] == pytest.approx(HABIT[activity] * (1 - each / 11))
    for activity in ("activation", "qualify", "slack"):
        assert hours[activity] == pytest.approx(HABIT[activity])
    assert run.periods["request_hours"].to_numpy() == pytest.approx(2 * each)
    assert run.periods["strategic_hours"].to_numpy() == pytest.approx(2 * (11 - each))


def test_without_priority_requests_come_off_all_work_alike() -> None:
    hours = weekly(orgsim.run(firm(**{"teams.requests": 2, "teams.request_time": 0.5, "teams.priority": 0})))
    assert hours["serve"] == pytest.approx(5 + 2)
    rest = sum(HABIT.values()) - 5
    for activity in set(HABIT) - {"serve"}:
        assert hours[activity] == pytest.approx(HABIT[activity] * (1 - 2 / rest))


def test_requests_without_end_leave_a_tenth_of_other_work() -> None:
    hours = weekly(orgsim.run(firm(**{"teams.requests": 1000, "teams.request_time": 4})))
    for activity in STRATEGIC:
        assert hours[activity] == pytest.approx(HABIT[activity] * 0.1 * 0.1)
    assert hours["activation"] == pytest.approx(0.5)
    assert sum(hours[name] for name in MARKETER_ACTIVITIES[:EFFORT]) == pytest.approx(sum(HABIT.values()))


def test_vetting_stops_the_pointless_share_of_requests_and_takes_its_own_time() -> None:
    asked = {"teams.requests": 2, "teams.request_time": 1, "teams.pointless": 0.4, "teams.vet_time": 0.1}
    all_served = orgsim.run(firm(**asked)).periods["request_hours"]
    vetted = orgsim.run(firm(**asked, **{"teams.vetting": 1})).periods["request_hours"]
    half = orgsim.run(firm(**asked, **{"teams.vetting": 0.5})).periods["request_hours"]
    assert all_served.to_numpy() == pytest.approx(8 * 1.0)
    assert vetted.to_numpy() == pytest.approx(8 * (1 - 0.4 + 0.1))
    assert half.to_numpy() == pytest.approx((8 * 1.0 + vetted) / 2)


@pytest.mark.parametrize("clarity", [0.25, 1.0])
def test_clear_roles_leave_fewer_requests_and_disputes_of_ownership(clarity: float) -> None:
    run = orgsim.run(firm(lift={"clarity": clarity}, **{"teams.requests": 2, "contact.dispute_share": 1.0}))
    assert run.periods["requests"].to_numpy() == pytest.approx(2 * (1 - clarity))
    assert run.periods["clarity"].to_numpy() == pytest.approx(clarity)
    assert (run.periods["disputed"].sum() == 0) == (clarity == 1.0)


# Knowledge, criticism, commitment ------------------------------------------------------------------------------------


def test_material_that_is_used_twice_as_much_teaches_twice_as_much_of_the_field() -> None:
    run = orgsim.run(firm(lift={"use": 0.35}))
    assert run.periods["use"].to_numpy() == pytest.approx(0.7)
    kept = 2 ** (-1 / 26)
    assert run.periods["field_knowledge"].to_numpy() == pytest.approx(1 - 0.5 * kept ** (mondays(run) + 1), rel=1e-9)


def test_use_follows_field_knowledge_by_its_elasticity() -> None:
    run = orgsim.run(firm(lift={"field_knowledge": 0.2}, **{"teams.use_knowledge": 1.0}))
    known = run.periods["field_knowledge"].to_numpy()
    assert run.periods["use"].to_numpy() == pytest.approx(0.35 * np.exp(known - 0.5))
    assert known[-1] > 0.6


def test_a_state_that_is_held_stays_where_it_starts_whatever_lifts_it() -> None:
    for state, start in (("field_knowledge", 0.5), ("use", 0.35), ("cooperation", 0.6), ("definition", 0.6)):
        run = orgsim.run(firm(lift={state: 0.2}, **{"switches.hold": [state]}))
        assert run.periods[state].to_numpy() == pytest.approx(start), state
        moved = orgsim.run(firm(lift={state: 0.2})).periods[state]
        assert moved.iloc[-1] > start + 0.01, state


def test_feedback_costs_nothing_where_all_are_open_and_teaches_nothing_where_nobody_is() -> None:
    often = {"teams.feedback": 13, "switches.cooperation": True, "cooperation.good_lead": 0}
    open_minded = orgsim.run(firm(**often, **{"teams.openness": 1})).periods
    closed = orgsim.run(firm(**often, **{"teams.openness": 0}))
    assert open_minded["cooperation"].to_numpy() == pytest.approx(0.6)
    assert open_minded["field_knowledge"].iloc[-1] > 0.6
    assert closed.periods["field_knowledge"].to_numpy() == pytest.approx(0.5)
    # One round a week: z falls by the harm each Monday and returns with its half-life.
    kept = 2 ** (-1 / 26)
    z = math.log(0.6 / 0.4) - 0.1 * (1 - kept ** mondays(closed)) / (1 - kept)
    assert closed.periods["cooperation"].to_numpy() == pytest.approx([logistic(x) for x in z])


def test_commitment_follows_sales_voice_and_moves_planned_follow_up() -> None:
    hours = {}
    for voice in (0.3, 0.5, 0.7):
        run = orgsim.run(firm(**{"structures.separate.sales_voice": voice, "teams.voice_commitment": 0.5}))
        assert run.periods["commitment"].to_numpy() == pytest.approx(0.5 * (2 * voice - 1))
        hours[voice] = run.world.days["lead_hours"][-1]
    assert hours[0.3] < hours[0.5] < hours[0.7]
    assert hours[0.5] == pytest.approx(4 * 2.3 / 5)


def test_sales_voice_is_what_the_structure_gives_moved_by_status_and_by_commercial_work() -> None:
    run = orgsim.run(firm(**{"teams.status": 0.2, "teams.standing": 0.5}))
    expected = 0.6 + 0.2 - 0.5 * HABIT["activation"] / sum(HABIT.values())
    assert run.periods["voice"].to_numpy() == pytest.approx(expected)
    most = orgsim.run(firm(lift={"voice": 1.0})).periods["voice"]
    assert (most == 1).all()


def test_evidence_without_influence_and_influence_without_evidence_leave_voice_alone() -> None:
    for changes in ({"lift": {"evidence": 0.8}}, {"teams.influence": 0.5}):
        assert orgsim.run(firm(**changes)).periods["voice"].to_numpy() == pytest.approx(0.6)  # type: ignore[arg-type]
    both = orgsim.run(firm(lift={"evidence": 0.8}, **{"teams.influence": 0.5})).periods["voice"]
    assert both.iloc[-1] < 0.6


# Work ----------------------------------------------------------------------------------------------------------------


def test_switching_loss_is_that_of_the_entropy_which_a_team_divides() -> None:
    shares = np.array(list(HABIT.values())) / sum(HABIT.values())
    entropy = -(shares * np.log(shares)).sum()
    for marketers in (1, 2, 5, 8):
        run = orgsim.run(firm(**{"teams.switching_loss": 0.4, "people.marketers": marketers}))
        expected = 1 - 0.4 * max(0, entropy - math.log(marketers)) / math.log(7)
        assert run.periods["marketer_pace"].to_numpy() == pytest.approx(expected)
    assert expected == 1


def test_one_alone_with_all_kinds_of_work_alike_loses_all_that_switching_costs() -> None:
    alike = {f"marketers.{name}": 35 * (1 - 0.117) / 7 for name in HABIT}
    run = orgsim.run(firm(**alike, **{"teams.switching_loss": 0.3, "people.marketers": 1}))
    assert run.periods["marketer_pace"].to_numpy() == pytest.approx(0.7)


def test_a_new_marketer_spends_its_first_weeks_in_the_field_and_all_hours_are_booked() -> None:
    scenario = firm(**{"teams.immersion": 4, "switches.turnover": True, "people.marketer_turnover": 2.0,
                       "people.rep_turnover": 0, "people.vacancy": 2, "time.years": 3})  # fmt: skip
    run = orgsim.run(scenario, seed=1)
    joint = run.hours[(run.hours["role"] == "marketer") & (run.hours["activity"] == "joint")]["hours"].sum()
    people = run.people[run.people["role"] == "marketer"]
    end = 780
    stays = people["left"].fillna(end).clip(upper=end) - people["hired"].clip(lower=0)
    weeks = np.where(people["holder"] > 0, np.minimum(20 - (-people["hired"]).clip(0, 20), stays).clip(lower=0), 0) / 5
    assert (people["holder"] > 0).sum() > 5
    assert joint == pytest.approx(weeks.sum() * 35 * (1 - 0.117))
    assert np.allclose(run.hours.groupby(["role", "person"])["hours"].sum(), 35 * 156)


def test_recognition_is_a_right_and_says_nothing_where_rights_are_neutral() -> None:
    """E12 holds whatever the firm: what is read of a structure is read under its switch."""
    off = {f"switches.{name}": False for name in PRIMITIVES if name != "cost"}
    scenario = firm(**off, **{"teams.recognition": 1.0, "switches.turnover": True, "people.marketer_turnover": 1.0})
    one, other = (orgsim.run(scenario, structure=name) for name in ("separate_joint", "merged"))
    assert one.kpis["profit_before_leaders"] == other.kpis["profit_before_leaders"]


# Targeting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("targeting", [0.0, 0.7, 2.0])
def test_without_error_targeting_is_right_and_its_mean_over_accounts_is_one(targeting: float) -> None:
    run = orgsim.run(firm(**{"teams.targeting": targeting, "teams.segment_error": 0}))
    segments = run.world.segments
    assert np.average(segments["target"], weights=segments["accounts"]) == pytest.approx(1.0)
    assert run.periods["targeting_fit"].to_numpy() == pytest.approx(1.0)


def test_errors_of_belief_misdirect_and_analysis_takes_them_away_but_not_the_ideal() -> None:
    fits = {}
    for name, lift, ideal in (("error", 0.0, 0.0), ("half", 0.5, 0.0), ("none", 1.0, 0.0), ("ideal", 1.0, 1.0)):
        changes = {"teams.targeting": 1.0, "teams.segment_error": 1.0, "teams.ideal": ideal}
        run = orgsim.run(firm(lift={"market_knowledge": lift}, **changes), seed=3)
        segments = run.world.segments
        assert np.average(segments["target"], weights=segments["accounts"]) == pytest.approx(1.0)
        fits[name] = run.periods["targeting_fit"].iloc[-1]
    assert fits["error"] < fits["half"] < fits["none"] == pytest.approx(1.0)
    assert fits["ideal"] < 1 - 1e-6


def test_brand_work_that_follows_worth_makes_the_better_segment_more_aware() -> None:
    changes = {"teams.segment_error": 0, "market.segments.0.win_shift": 2.0}
    even, aimed = (orgsim.run(firm(**changes, **{"teams.targeting": t})).world.segments["awareness"] for t in (0, 1))
    assert aimed[0] > even[0]
    assert (aimed[1:] < even[1:]).all()


# Alignment -----------------------------------------------------------------------------------------------------------


def test_alignment_is_the_mean_of_definition_cooperation_and_of_effort_that_meets() -> None:
    """Theory 3, computed anew from the tables: sales' effort are its attempts by segment, which fade as experience."""
    scenario = orgsim.load_scenario("baseline").with_(
        **{"market.size": 800, "time.years": 1.0, "time.warm_up_years": 0.5, "time.run_off_months": 0}
    )  # fmt: skip
    run = orgsim.run(scenario, structure="separate_joint", seed=5)
    periods, log = run.periods, run.events
    sizes = run.world.segments["accounts"]
    attempts = log[log["activity"] == "attempt"]
    segment, day = (attempts["case"] // 2**24).to_numpy(), attempts["day"].to_numpy()
    for row in range(1, len(periods)):
        looked = periods["end_day"].iloc[row - 1]
        # Mondays after an attempt, up to the day before the look.
        seen = day < looked
        last = np.floor((looked - 1) / 5)
        effort = np.bincount(segment[seen], 0.5 ** ((last - np.floor(day[seen] / 5)) / 26), minlength=len(sizes))
        apart = 0.5 * np.abs(sizes / sizes.sum() - effort / effort.sum()).sum()
        before = periods.iloc[row - 1]
        expected = 10 * (before["definition"] + before["cooperation"] + 1 - apart) / 3
        assert periods["alignment"].iloc[row] == pytest.approx(expected)


def test_each_side_sees_alignment_with_its_bias_and_noise_within_the_scale() -> None:
    plain = orgsim.run(firm(**{"teams.perception_noise": 0, "teams.bias_sales": -0.5})).periods
    assert plain["alignment_marketing"].to_numpy() == pytest.approx(plain["alignment"].to_numpy() + 1.5)
    assert plain["alignment_sales"].to_numpy() == pytest.approx(plain["alignment"].to_numpy() - 0.5)
    noisy = orgsim.run(firm(**{"teams.perception_noise": 1, "time.years": 10})).periods
    errors = np.concatenate([
        noisy["alignment_marketing"] - noisy["alignment"] - 1.5, noisy["alignment_sales"] - noisy["alignment"] - 0.5
    ])  # fmt: skip
    # 240 standard normal errors, clipped at the end of the scale at most: five standard errors of mean and spread.
    assert abs(errors.mean()) < 5 / math.sqrt(240)
    assert abs(errors.std() - 1) < 5 / math.sqrt(480)
    full = orgsim.run(firm(**{"teams.bias_marketing": 10, "teams.bias_sales": -10})).periods
    assert (full["alignment_marketing"] == 10).all()
    assert (full["alignment_sales"] == 0).all()


def test_perception_moves_nothing_but_what_waits_for_it() -> None:
    one, other = (orgsim.run(firm(**{"teams.bias_sales": bias}), seed=4) for bias in (-5, 5))
    assert one.leads.equals(other.leads)
    assert one.accounts.equals(other.accounts)
