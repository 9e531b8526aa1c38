"""Small firms for quick tests; fixed seeds throughout."""

from __future__ import annotations

import pytest

import orgsim
from orgsim.scenario.schema import Scenario


@pytest.fixture(scope="session")
def small() -> Scenario:
    """The baseline's firm in a market of 800 accounts, for half a year."""
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 800, "time.years": 0.5, "time.warm_up_years": 0.5, "time.run_off_months": 3, "people.reps": 2,
           "people.marketers": 1}
    )  # fmt: skip
