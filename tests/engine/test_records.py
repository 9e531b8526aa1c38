"""Records read alike compiled and uncompiled."""

from __future__ import annotations

import numpy as np
import pytest

from orgsim.engine import records
from orgsim.engine.parameters import parameter_record
from orgsim.scenario.load import load_scenario

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
