"""The audit of draws: what two arms share is the same luck, and what one uses alone has a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import orgsim
from orgsim.engine import records as r
from orgsim.engine import streams
from orgsim.experiments.ledger.draws import GROUP, PURPOSES, Audit, Record, audit, record, smaller
from orgsim.experiments.ledger.ledger import ledger
from orgsim.experiments.ledger.why import UNIT
from orgsim.results import Arm
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.schema import Scenario

MERGED, SEPARATE = Arm("merged", "own_numbers"), Arm("separate", "own_numbers")


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 150, "time.years": 0.3, "time.warm_up_years": 0.1, "people.reps": 1, "people.marketers": 1,
           "market.episodes_per_year": 1.5}
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(tiny: Scenario) -> Audit:
    return audit(tiny, "merged", "brand_focused / contest", seed=8)


def test_every_purpose_of_a_draw_has_its_words() -> None:
    named = {value for name, value in vars(streams).items() if name.isupper() and isinstance(value, int)}
    assert named == set(PURPOSES)


def test_equal_arms_have_all_draws_in_common(tiny: Scenario) -> None:
    one = audit(tiny, "separate", "separate", seed=8)
    table = one.table()
    assert table["both"].iloc[-1] > 300
    assert (table[["only_a", "only_b", "unequal"]] == 0).all().all()
    assert (table["share"] == 1.0).all()


def test_each_draw_is_counted_once_by_purpose(found: Audit) -> None:
    table = found.table()
    assert table.iloc[-1][["both", "only_a", "only_b"]].tolist() == table.iloc[:-1][
        ["both", "only_a", "only_b"]].sum().tolist()  # fmt: skip
    assert table["both"].iloc[-1] + table["only_a"].iloc[-1] == len(found.a.counters)
    assert table["both"].iloc[-1] + table["only_b"].iloc[-1] == len(found.b.counters)
    assert table["unequal"].sum() == 0
    assert table["only_a"].iloc[-1] + table["only_b"].iloc[-1] > 0


def test_recorded_numbers_are_those_of_the_generator(found: Audit) -> None:
    for phase in (found.warm_up, found.a, found.b):
        for counter, numbers in zip(phase.counters[::17].tolist(), phase.numbers[::17].tolist(), strict=True):
            words = streams.philox4x32(counter, (8, 0))
            assert numbers == [(word + 0.5) * UNIT for word in words]


def test_draws_used_in_one_arm_only_are_those_of_what_happened_there_only(found: Audit, tiny: Scenario) -> None:
    """Calls, reviews and scorings: the draws recorded are one for one the attempts, reviews and scorings of the run."""
    one = ledger(tiny, "merged", "brand_focused / contest", seed=8)
    for side, phase in ((one.a, found.a), (one.b, found.b)):
        world = side.walk.world
        start = float(world.firm["horizon_start"][0])
        attempts = {}
        for line in (line for place in range(len(world.prospects)) for line in side.chronicle.lines(place)):
            if line.activity == r.NOTE_ATTEMPT:
                count = attempts.setdefault(line.lead, [])
                count.append(line.time)
        expected = {
            (streams.CONTACT + GROUP * int(world.prospects["segment"][world.leads["prospect"][k]]),
             int(world.prospects["index"][world.leads["prospect"][k]]), int(world.leads["ordinal"][k]), number)
            for k, times in attempts.items() for number, time in enumerate(times, start=1) if time >= start
        }  # fmt: skip
        drawn = {tuple(key) for key in phase.counters[phase.purposes == streams.CONTACT].tolist()}
        assert drawn == expected
        scored = sum(len(scores) for scores in side.walk.diary.scores.values())
        marks = phase.counters[phase.purposes == streams.SCORE]
        assert (marks[:, 3] > 0).sum() == scored


def test_an_inert_parameter_changes_no_draw(tiny: Scenario) -> None:
    """What a car costs moves no event, so neither the draws nor their numbers."""
    one = record(tiny, [MERGED], 8, 0)
    other = record(tiny.with_(**{"money.car_tools": 1.0}), [MERGED], 8, 0)
    for here, there in zip(one, other, strict=True):
        assert np.array_equal(here.counters, there.counters)
        assert np.array_equal(here.numbers, there.numbers)


def test_another_seed_uses_other_numbers(tiny: Scenario, found: Audit) -> None:
    warm, _ = record(tiny, [SEPARATE], 9, 0)
    both = {tuple(k) for k in warm.counters.tolist()} & {tuple(k) for k in found.warm_up.counters.tolist()}
    assert len(both) > 300
    assert not set(warm.numbers[:, 0].tolist()) & set(found.warm_up.numbers[:, 0].tolist())


def test_a_draw_that_differs_between_arms_is_told(found: Audit) -> None:
    numbers = found.b.numbers.copy()
    shared = {tuple(key) for key in found.a.counters.tolist()}
    place = next(n for n, key in enumerate(found.b.counters.tolist()) if tuple(key) in shared)
    numbers[place, 2] += 1e-9
    broken = replace(found, b=Record(found.b.counters, numbers))
    assert len(broken.disagreeing()) == 1
    assert broken.table()["unequal"].tolist().count(1) == 2  # its purpose, and all


def test_a_part_is_no_larger_than_the_whole(tiny: Scenario) -> None:
    part = smaller(tiny, 40, 9.0)
    assert (part.market.size, part.time.years) == (40, tiny.time.years)
    assert smaller(tiny, 10**6, 9.0) == tiny


def test_unknown_arms_and_keys_are_told_before_anything_runs(tiny: Scenario) -> None:
    with pytest.raises(ScenarioError, match="mergd"):
        audit(tiny, "mergd", "separate")
    with pytest.raises(ScenarioError, match="seed"):
        record(tiny, [MERGED], -1, 0)
