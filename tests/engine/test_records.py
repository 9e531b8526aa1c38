"""Records read alike compiled and uncompiled."""

from __future__ import annotations

import numpy as np
import pytest

from orgsim.clock import Clock
from orgsim.engine import records
from orgsim.engine.parameters import parameter_record
from orgsim.results import Arm
from orgsim.scenario.load import load_scenario
from orgsim.simulation import IN_USE, advance, copy_world, warm_up

DTYPES = {name: value for name, value in vars(records).items() if isinstance(value, np.dtype)}


@pytest.mark.parametrize("name", sorted(DTYPES))
def test_no_field_is_hidden_by_an_attribute_of_numpy_records(name: str) -> None:
    taken = set(dir(np.zeros(1, np.dtype((np.record, [("a", "f8")])))[0])) - {"a"}
    assert not taken & set(DTYPES[name].names or ())


def test_no_parameter_is_hidden_by_an_attribute_of_numpy_records() -> None:
    record = parameter_record(load_scenario("baseline"))
    taken = set(dir(np.zeros(1, np.dtype((np.record, [("a", "f8")])))[0]))
    assert not taken & set(record.dtype.names or ())


def test_every_scenario_makes_the_same_parameter_record_so_that_the_engine_compiles_once() -> None:
    kinds = {str(parameter_record(load_scenario(name)).dtype) for name in ("baseline", "desk", "olist", "queue")}
    assert len(kinds) == 1


def test_an_account_takes_fewer_than_a_hundred_bytes() -> None:
    assert records.PROSPECT.itemsize < 100


def test_a_copy_of_a_state_holds_what_is_in_use_and_shares_nothing_that_changes() -> None:
    scenario = load_scenario("baseline").with_(**{"market.size": 300, "time.years": 0.3, "time.run_off_months": 0})
    world = warm_up(scenario, Arm("separate", "own_numbers"), 1, 0, record=True)
    copied = copy_world(world)
    for name, one, two in zip(world._fields, world, copied, strict=True):
        assert len(one) == len(two), name
        used = int(world.firm[name][0]) if name in IN_USE else len(one)
        assert one[:used].tobytes() == two[:used].tobytes(), name
        assert name in ("p", "month_of") or not np.shares_memory(one, two), name
    clock = Clock.of(scenario)
    ends = [advance(each, clock.start, clock.end) for each in (world, copied)]
    assert all(one.tobytes() == two.tobytes() for one, two in zip(ends[0].months, ends[1].months, strict=True))
    assert len(ends[0].leads) == len(ends[1].leads)
