"""Any parameter at the ends of what is possible: a run in which nothing is lost, or a refusal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from bounded_firms import small
from test_random_organisations import check

import orgsim
from orgsim.scenario.devices import LeadRights, Services, StaffUnit
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.fields import LARGEST, SMALLEST, Table
from orgsim.scenario.organisation import Chair, Structure
from orgsim.scenario.schema import Scenario

FIRM = {"market.size": 150, "time.years": 0.35, "time.warm_up_years": 0.25, "time.run_off_months": 0,
        "market.episodes_per_year": 0.8}  # fmt: skip
ENDS = (-LARGEST, 0.0, SMALLEST, 100.0, LARGEST)
APART = ("time", "reps", "marketers")  # a run's length is bounded elsewhere, the hours of a week are tied by their sum
TIED = ("effort.absence",)  # to the same sum
NOT_KNOWN = ("attainment_mean", "at_quota_share", "awareness_regular_end", "awareness_outside_end")


def numbers(model: type[Table], at: str) -> Iterator[str]:
    """Paths of a table's numbers that have a range."""
    for name, field in model.model_fields.items():
        extra: Any = field.json_schema_extra or {}
        if "range" in extra and isinstance(field.default, float):
            yield f"{at}.{name}"


def paths() -> list[str]:
    found: list[str] = []
    for name, field in Scenario.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Table) and name not in APART:
            found += numbers(field.annotation, name)
    found += numbers(Structure, "structures.separate")
    for name, model in (("lead_rights", LeadRights), ("staff", StaffUnit), ("services", Services)):
        found += numbers(model, f"structures.separate.{name}")
    found += numbers(Chair, "structures.separate.chairs.0")
    return [path for path in found if path not in TIED]


PATHS = paths()


def let_in(path: str) -> dict[float, Scenario]:
    """The firms with the parameter at those of the ends that the schema lets in."""
    found = {}
    for value in ENDS:
        with suppress(ScenarioError):
            found[value] = small(**FIRM | {path: value})
    return found


def at_its_ends(path: str) -> int:
    """Runs the firms; how many there are."""
    firms = let_in(path)
    for value, firm in firms.items():
        try:
            run = orgsim.run(firm, seed=3)
        except ScenarioError as error:
            if "cannot be counted" not in str(error):
                raise
            continue
        check(run)
        wrong = [name for name, found in run.kpis.items() if name not in NOT_KNOWN and not math.isfinite(found)]
        assert wrong == [], f"{path} = {value}"
    return len(firms)


def test_there_are_hundreds_of_parameters() -> None:
    assert len(PATHS) > 200


@pytest.mark.parametrize("path", PATHS[::25])
def test_some_parameters_may_be_at_the_ends_of_what_is_possible(path: str) -> None:
    assert at_its_ends(path) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(4))
def test_each_parameter_may_be_at_the_ends_of_what_is_possible(first: int) -> None:
    for path in PATHS[first::4]:
        assert at_its_ends(path) > 0, path
