"""A leader's chair as a Gymnasium environment: months are steps, figures of the report are seen, profit is the reward.

    env = ChairEnv(scenario, structure="separate", chair="head of marketing")
    seen, _ = env.reset(seed=1)                          # the world of that seed, at the start of the horizon
    seen, profit, over, _, info = env.step(env.action_space.sample())

Needs the package gymnasium (`pip install orgsim[gym]`); nothing else in orgsim does.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.leadership.council import Council
from orgsim.leadership.seat import MOST, Directives, FixedPlan, MarketingFigures, Report, SalesFigures
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import EFFORT, MARKETER_ACTIVITIES, REP_ACTIVITIES
from orgsim.simulation import WORD, advance, arm_of, enter_arm, finish, warm_up

LEVERS = ("brand_share", "programme", "threshold", "quota", "discount")
HOURS = {"sales": REP_ACTIVITIES, "marketing": MARKETER_ACTIVITIES}
FIGURES = {"sales": SalesFigures, "marketing": MarketingFigures}
ACTIONS = (
    "brand_share", "threshold", *(f"{unit}_hours.{name}" for unit, names in HOURS.items() for name in names[:EFFORT])
)  # fmt: skip
OBSERVED = (
    "month", "months", "alignment", "hours", *(f"in_force.{lever}" for lever in LEVERS),
    *(f"{unit}.{one.name}" for unit, kind in FIGURES.items() for one in fields(kind) if one.name != "hours"),
    *(f"{unit}.hours.{name}" for unit, names in HOURS.items() for name in names),
)  # fmt: skip


class ChairEnv(gymnasium.Env[NDArray[np.float64], NDArray[np.float64]]):
    """One chair of one arm. A step is a month; an episode is the horizon, `terminated` at its end.

    observation: the figures of the chair's `Report` on the eve of the month, named in `OBSERVED`; 0 for a unit of which
    no month is known yet. action: brand_share, threshold and hours as multiples of habit, named in `ACTIONS`; what the
    chair has no right to is not done. reward: the month's profit in euro, so that their sum is the run's. `reset(seed)`
    is `orgsim.run(..., seed=seed)`; without a seed the next world is drawn. The last info holds the run's `kpis`.

    Raises ScenarioError for an unknown structure, pay plan or chair.
    """

    def __init__(
        self, scenario: Scenario, chair: str, *, structure: str | None = None, pay: str | None = None
    ) -> None:
        self.scenario, self.chair, self.arm = scenario, chair, arm_of(scenario, structure, pay)
        self.clock = Clock.of(scenario)
        self._sit(Directives())
        self.low = np.array([0.0, -6.0, *[0.0] * 2 * EFFORT])
        self.high = np.array([1.0, 4.0, *[MOST] * 2 * EFFORT])
        self.action_space = gymnasium.spaces.Box(self.low, self.high, dtype=np.float64)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (len(OBSERVED),), np.float64)

    def _sit(self, asked: Directives) -> Council:
        structure = self.scenario.structures[self.arm.structure]
        self.council = Council(self.scenario, structure, {self.chair: FixedPlan(asked)})
        return self.council

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """A new world, warmed up under today's arm, at the start of the horizon."""
        super().reset(seed=seed)
        world = int(self.np_random.integers(WORD)) if seed is None else seed
        today = Arm(self.scenario.today.structure, self.scenario.today.pay)
        self.world = enter_arm(self.scenario, warm_up(self.scenario, today, world, 0), self.arm, today)
        self._sit(Directives()).take_chairs(self.world)
        self.day = self.clock.start
        return self._seen(), {}

    def step(self, action: NDArray[np.float64]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Ask for this, and let the month pass."""
        asked = np.clip(action, self.low, self.high).tolist()
        sales, marketing = asked[2 : 2 + EFFORT], asked[2 + EFFORT :]
        council = self._sit(
            Directives(
                brand_share=asked[0], threshold=asked[1], sales_hours=dict(zip(REP_ACTIVITIES, sales, strict=False)),
                marketing_hours=dict(zip(MARKETER_ACTIVITIES, marketing, strict=False)),
            )
        )  # fmt: skip
        month = int(self.clock.month_of[self.day])
        end = min(self.clock.end, int(np.searchsorted(self.clock.month_of, month, side="right")))
        self.world = advance(self.world, self.day, end, council=council)
        self.day = end
        cents = self.world.months["cents"][month]
        profit = int(cents[: r.COST_OF_SALES].sum()) - int(cents[r.COST_OF_SALES :].sum())
        over = end == self.clock.end
        info = {"kpis": finish(self.scenario, self.world)} if over else {}
        return self._seen(), profit / 100, over, False, info

    def _seen(self) -> NDArray[np.float64]:
        day = min(self.day, self.clock.end - 1)
        first, last = (int(self.clock.month_of[one]) for one in (self.clock.start, self.clock.end - 1))
        place = self.council.titles.index(self.chair)
        month = int(self.clock.month_of[day]) - first + 1
        report = self.council.report(self.world, place, day, month, last - first + 1)
        return np.array([_figure(report, name.split(".")) for name in OBSERVED])


def _figure(report: Report, path: list[str]) -> float:
    value: Any = report
    for name in path:
        if value is None:
            return 0.0
        value = value[name] if isinstance(value, dict) else getattr(value, name)
    return float(value)
