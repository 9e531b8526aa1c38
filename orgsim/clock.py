"""The calendar of a run: warm-up, horizon, run-off, and months."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orgsim.engine import records as r
from orgsim.scenario.kept import kept_with_scenario
from orgsim.scenario.schema import Scenario


@dataclass(frozen=True)
class Clock:
    """Days of a run: warm-up, horizon, run-off, and the month each belongs to. Phases begin a month of their own."""

    warm_up: int
    horizon: int
    run_off: int

    @staticmethod
    @kept_with_scenario
    def of(scenario: Scenario) -> Clock:
        """The calendar of a scenario's runs."""
        year, times = r.DAYS_PER_YEAR, scenario.time
        return Clock(
            round(times.warm_up_years * year),
            max(1, round(times.years * year)),
            round(times.run_off_months * year / 12),
        )

    @property
    def start(self) -> int:
        """First day of the horizon."""
        return self.warm_up

    @property
    def end(self) -> int:
        """First day after the horizon."""
        return self.warm_up + self.horizon

    @property
    def days(self) -> int:
        """All days."""
        return self.end + self.run_off

    @cached_property
    def month_of(self) -> NDArray[np.int32]:
        """Index of the month of each day: a quarter has months of 22, 21 and 22 business days."""
        days = np.arange(self.days)
        quarter = days % r.DAYS_PER_QUARTER
        first = np.isin(quarter, (0, r.SECOND_MONTH, r.THIRD_MONTH)) | (days == self.start) | (days == self.end)
        if len(days):
            first[0] = True
        return np.asarray(np.cumsum(first) - 1, dtype=np.int32)
