"""Coordination devices: how they take hold and fade, what they take, who must be there, what starts them.

The firm is still but for its devices: flat pay, no decisions, nobody leaves. What a device does is a closed form.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import orgsim
from orgsim.results import Run
from orgsim.scenario.schema import Scenario

WEEKS_PER_MONTH = 52 / 12
STILL = {
    "market.size": 200, "time.years": 1.5, "time.warm_up_years": 0.5, "time.run_off_months": 0, "people.reps": 2,
    "people.marketers": 3, "today.pay": "fixed", "effort.half_life": 0, "structures.separate.coordination": 0,
    **{f"switches.{name}": False for name in ("decisions", "cooperation", "turnover", "learning", "practice")},
}  # fmt: skip
everybody = ("reps", "marketers", "heads")


def firm(device: dict[str, Any], **changes: Any) -> Scenario:
    """A still firm of separate heads, which may hold `ours` (structure `held`) or not (`separate`, today's)."""
    base = orgsim.load_scenario("baseline").with_(**STILL)
    held = base.structures["separate"].model_copy(update={"devices": ("ours",)})
    ours = {"effects": [{"state": "skill", "gain": 0.1}], **device}
    return base.with_(**{"devices.ours": ours, "structures.held": held, **changes})


def level(run: Run) -> np.ndarray:
    """Level of `ours` at the end of each month, as the skill it lifts shows it."""
    return run.periods["skill"].to_numpy() / 0.1


def mondays(run: Run) -> np.ndarray:
    """Mondays of the horizon up to each month's end; the horizon begins on one."""
    return -(-run.periods["end_day"].to_numpy() // 5)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.floats(0.5, 18), st.floats(0, 8), st.floats(1, 52), st.floats(0.1, 4), st.floats(0, 2))
def test_a_device_takes_hold_exponentially_as_far_as_its_dose_goes(
    adoption: float, dose: float, times: float, hours: float, culture: float
) -> None:
    device = {"participants": ["reps"], "times": times, "hours": hours, "dose": dose, "adoption": adoption}
    run = orgsim.run(firm(device, **{"leadership.culture": culture}), structure="held")
    full = 1 - np.exp(-times * hours / 12 / dose) if dose > 0 else 1
    months = adoption * (1 + culture)
    expected = full * (1 - np.exp(-mondays(run) / (months * WEEKS_PER_MONTH)))
    assert level(run) == pytest.approx(expected, rel=1e-9)


def test_a_device_that_needs_no_time_to_take_hold_is_there_in_the_first_month() -> None:
    assert level(orgsim.run(firm({"adoption": 0}), structure="held")) == pytest.approx(1.0)


@pytest.mark.parametrize("decay", [4.0, 26.0])
def test_a_device_given_up_with_todays_structure_fades_by_half_in_its_decay_and_takes_no_more_time(
    decay: float,
) -> None:
    """Its effect does not vanish with the structure that held it (D44)."""
    scenario = firm({"decay": decay, "participants": everybody, "hours": 2, "cost": 100}, **{"today.structure": "held"})
    kept, dropped = (orgsim.run(scenario, structure=name) for name in ("held", "separate"))
    assert level(kept) == pytest.approx(1.0)
    assert level(dropped) == pytest.approx(0.5 ** (mondays(dropped) / decay), rel=1e-9)
    assert (dropped.periods["devices_held"] == 0).all()
    assert dropped.kpis["cost_devices"] == 0
    assert dropped.hours[dropped.hours["activity"] == "joint"]["hours"].sum() == 0


def test_what_two_devices_lift_adds_up_and_may_be_negative() -> None:
    theirs = {"adoption": 0, "effects": [{"state": "skill", "gain": -0.3}]}
    both = {"devices.theirs": theirs, "structures.held.devices": ["ours", "theirs"]}
    scenario = firm({"adoption": 0}, **both)
    assert orgsim.run(scenario, structure="held").periods["skill"].to_numpy() == pytest.approx(0.1 - 0.3)


def test_hours_of_a_device_are_booked_exactly_and_come_off_all_other_work() -> None:
    device = {"participants": ["reps", "marketers"], "times": 26, "hours": 3}
    without, held = (orgsim.run(firm(device), structure=name) for name in ("separate", "held"))
    weeks = 78
    for role, people in (("rep", 2), ("marketer", 3)):
        before, after = (
            run.hours[run.hours["role"] == role].groupby("activity")["hours"].sum() for run in (without, held)
        )
        assert before["joint"] == 0
        assert after["joint"] == pytest.approx(people * weeks * 26 * 3 / 52)
        assert after.sum() == pytest.approx(before.sum()) == pytest.approx(35 * people * weeks)
    for activity in ("brand", "activation", "qualify", "insight", "enable", "serve", "slack"):
        assert 0 < after[activity] < before[activity]


def test_only_who_takes_part_gives_time() -> None:
    for who, role in (("reps", "rep"), ("marketers", "marketer")):
        hours = orgsim.run(firm({"participants": [who], "hours": 2}), structure="held").hours
        joint = hours[hours["activity"] == "joint"].groupby("role")["hours"].sum()
        assert joint[role] > 0
        assert joint.sum() == joint[role]


def test_devices_that_would_take_more_than_a_week_has_leave_an_hour_and_no_more_is_booked() -> None:
    device = {"participants": ["reps", "marketers"], "times": 260, "hours": 10}
    hours = orgsim.run(firm(device), structure="held").hours
    assert hours.groupby(["role", "person"])["hours"].sum().to_numpy() == pytest.approx(35 * 78)


def test_heads_take_part_in_their_leading_hours() -> None:
    scenario = firm({"participants": ["heads"], "times": 52, "hours": 3}, **{"today.structure": "held"})
    without, held = (
        orgsim.run(one, structure="held").periods for one in (scenario.with_(**{"switches.devices": False}), scenario)
    )
    weeks = np.diff([0, *held["end_day"]]) / 5
    hours = [periods["field_hours"] + periods["development_hours"] for periods in (without, held)]
    assert hours[0].to_numpy() == pytest.approx(2 * 25 * weeks)
    assert hours[1].to_numpy() == pytest.approx(2 * (25 - 3) * weeks)


def test_money_of_a_device_is_booked_to_the_cent() -> None:
    device = {"times": 12, "cost": 123.45, "once": 1000.5}
    new = orgsim.run(firm(device), structure="held")
    assert new.kpis["cost_devices"] == pytest.approx(12 * 123.45 * 1.5 + 1000.5, abs=0.011)
    spent = new.accounts[new.accounts["account"] == "devices"]["cents"].to_numpy()
    assert spent[0] - spent[3] == pytest.approx(-100050, abs=1), "set up once, in the first month"
    old = orgsim.run(firm(device, **{"today.structure": "held"}), structure="held")
    assert old.kpis["cost_devices"] == pytest.approx(12 * 123.45 * 1.5, abs=0.011), "today's are long set up"


def test_a_device_of_the_heads_alone_is_absent_where_one_chair_leads_both_teams() -> None:
    device = {"participants": ["heads"], "hours": 2, "cost": 100, "adoption": 0}
    merged = {"structures.merged.devices": ["ours"], "structures.merged.coordination": 0}
    one, two = (orgsim.run(firm(device, **merged), structure=name) for name in ("merged", "held"))
    assert (one.periods["devices_held"] == 0).all()
    assert (one.periods["skill"] == 0).all()
    assert one.kpis["cost_devices"] == 0
    assert (two.periods["devices_held"] == 1).all()
    with_others = orgsim.run(firm(device | {"participants": everybody}, **merged), structure="merged")
    assert (with_others.periods["devices_held"] == 1).all(), "a director and the teams can hold what heads and teams do"


def waiting(trigger: float) -> Run:
    scenario = firm({"trigger": trigger, "adoption": 0, "decay": 26}, **{"teams.perception_noise": 2.0, "time.years": 4,
                                                                         "switches.decisions": True})  # fmt: skip
    return orgsim.run(scenario, structure="held", seed=2)


def test_a_trigger_starts_a_device_below_perceived_alignment_and_stops_it_above() -> None:
    run = waiting(7.5)
    perceived = (run.periods["alignment_marketing"] + run.periods["alignment_sales"]) / 2
    on = run.periods["devices_held"] == 1
    assert ((perceived < 7.5) == on).all()
    assert 5 < on.sum() < len(on) - 5
    assert (level(run)[on] == pytest.approx(1)), "no time to take hold"
    assert (np.diff(level(run))[~on[1:]] < 0).all(), "it fades in months in which it is not held"
    switched = run.events[run.events["activity"].isin(["device_started", "device_stopped"])]["activity"].tolist()
    assert len(switched) == (np.diff(np.concatenate([[0], on])) != 0).sum()
    assert all(one != other for one, other in pairwise(switched))


def test_a_trigger_out_of_reach_never_starts_a_device_and_one_above_all_always_does() -> None:
    assert (waiting(0.0).periods["devices_held"] == 0).all()
    assert (waiting(10.5).periods["devices_held"] == 1).all()


def test_the_event_log_says_which_chair_starts_a_device() -> None:
    events = waiting(7.5).events
    started = events[events["activity"] == "device_started"]["resource"]
    assert set(started) == {"chair 3"}, "the chief executive, after two heads"


def test_with_devices_switched_off_naming_them_changes_nothing() -> None:
    scenario = firm({"participants": everybody, "hours": 2, "cost": 50}, **{"switches.devices": False})
    one, other = (orgsim.run(scenario, structure=name) for name in ("separate", "held"))
    assert one.kpis == other.kpis
    assert all(getattr(one, name).equals(getattr(other, name)) for name in ("leads", "periods", "hours", "accounts"))
