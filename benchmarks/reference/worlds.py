"""Random small worlds for docking: parameters from their plausible ranges, structures, linear pay plans, seeds."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import orgsim
from orgsim.scenario.fields import Table
from orgsim.scenario.load import field_at
from orgsim.scenario.schema import Scenario

from .core import NEUTRAL

STRUCTURES = ("separate", "merged", "cro", "separate_joint", "merged_marketing")
PLANS = (
    "own_numbers", "fixed", "commission", "commission_new", "commission_moderate", "pipeline_sourced",
    "shared_revenue", "sql_accepted", "hybrid", "team_bonus", "drawn",
)  # fmt: skip
TABLES = (
    "market", "brand", "lead", "contact", "belief", "opportunity", "customers", "effort", "cooperation", "teams",
    "product", "money", "leadership", "backgrounds.sales", "backgrounds.marketing", "backgrounds.mixed",
    "backgrounds.chief",
)  # fmt: skip
# Devices, turnover and quotas have no part in the core; weeks, sizes and targets are drawn in ways of their own.
LEFT = (
    *NEUTRAL, "market.size", "effort.absence", "money.target_per_rep", "money.target_mqls", "money.quota_over_target",
)  # fmt: skip
PRIMITIVES = (
    "skill", "horizon", "prior", "objective", "rights", "visibility", "sight", "settlement", "attention",
    "coordination", "definition", "disputes", "cost", "switching", "decisions", "cooperation",
)  # fmt: skip
CELLS = ("sales_voice", "visibility", "sight", "settlement", "coordination", "definition", "disputes", "joint_spend")
REP_METRICS = ("revenue", "new_revenue", "repeat_revenue", "wins", "opportunities", "pipeline", "sqls",
               "logging_hours", "leads_hours")  # fmt: skip
MARKETER_METRICS = ("mqls", "sqls", "opportunities", "pipeline", "sourced_pipeline", "revenue", "new_revenue", "wins",
                    "insight_hours", "brand_hours")  # fmt: skip


class World(NamedTuple):
    """One case of the comparison."""

    scenario: Scenario
    structure: str
    pay: str
    seed: int
    replicate: int

    def __str__(self) -> str:
        today = self.scenario.today
        arms = f"{today.structure}/{today.pay} -> {self.structure}/{self.pay}"
        people = self.scenario.people
        return f"{arms}, seed {self.seed}, {people.reps} reps, {self.scenario.market.size} prospects"


def numbers(scenario: Scenario) -> list[str]:
    """Dotted paths of the numbers that the core reads and that have a plausible range."""
    found = []
    for path in TABLES:
        table: Any = scenario
        for part in path.split("."):
            table = getattr(table, part)
        assert isinstance(table, Table)
        for name in type(table).model_fields:
            at = f"{path}.{name}"
            value = getattr(table, name)
            ranged = plausible(at) is not None and isinstance(value, (int, float)) and not isinstance(value, bool)
            if ranged and at not in LEFT:
                found.append(at)
    return found


def plausible(path: str) -> tuple[float, float] | None:
    """The plausible range that the schema states for a parameter."""
    field = field_at(path)
    extra = field.json_schema_extra if field is not None else None
    stated = extra.get("range") if isinstance(extra, dict) else None
    return (float(stated[0]), float(stated[1])) if isinstance(stated, list) else None


def drawn(luck: random.Random, path: str, whole: bool) -> float | int:
    low, high = plausible(path) or (0.0, 1.0)
    return luck.randint(int(low), int(high)) if whole else luck.uniform(low, high)


def world(seed: int, number: int, base: Scenario, structure: str | None = None) -> World:
    """The random world of a number under a seed; `structure` instead of a drawn one."""
    luck = random.Random(f"{seed}/{number}")
    moved = luck.choice((0.0, 0.15, 0.4, 1.0))  # how many of the parameters leave their defaults
    changes: dict[str, Any] = {
        "market.size": luck.randint(150, 600),
        "time.years": luck.uniform(0.5, 1.0),
        "time.warm_up_years": luck.uniform(0.5, 1.0),
        "people.reps": luck.randint(1, 8),
        "people.marketers": luck.randint(1, 4),
        # A small market that makes leads enough.
        "market.episodes_per_year": luck.uniform(0.2, 1.0),
        "market.signals_per_year": luck.uniform(0.0, 3.0),
    }
    changes["lead.raw_per_week"] = luck.uniform(1.0, 20.0)
    changes["money.target_per_rep"] = luck.uniform(1e5, 1e6)
    changes["money.target_mqls"] = luck.uniform(20, 300)
    for path in numbers(base):
        if luck.random() < moved and path not in changes:
            value = base
            for part in path.split("."):
                value = getattr(value, part)
            changes[path] = drawn(luck, path, isinstance(value, int))
    for switch in PRIMITIVES:
        if luck.random() < 0.1:
            changes[f"switches.{switch}"] = False
    if luck.random() < 0.15:
        changes["contact.pooled"] = True
    if luck.random() < moved:
        changes.update(stages(luck))
    changes.update(weeks(luck, base, moved))
    for name in STRUCTURES:
        for cell in CELLS:
            if luck.random() < moved:
                changes[f"structures.{name}.{cell}"] = drawn(luck, f"structures.{name}.{cell}", False)
    for n in range(len(base.market.segments)):
        if luck.random() < moved:
            changes[f"market.segments.{n}.awareness"] = luck.uniform(0.05, 0.8)
            changes[f"market.segments.{n}.win_shift"] = luck.uniform(-1.0, 1.0)
    changes["pay.drawn"] = plan(luck)
    changes["today.structure"] = luck.choice((*STRUCTURES, "separate", "separate"))
    changes["today.pay"] = luck.choice((*PLANS, *["own_numbers"] * 8))
    arm = luck.choice(STRUCTURES)
    return World(
        base.with_(**changes), structure or arm, luck.choice((*PLANS, *["own_numbers"] * 4)),
        luck.randrange(2**32), luck.randrange(2**32),
    )  # fmt: skip


def stages(luck: random.Random) -> dict[str, Any]:
    number = luck.randint(1, 4)
    advance = tuple(luck.uniform(0.05, 0.6) for _ in range(number))
    return {"opportunity.advance": advance, "opportunity.loss": tuple(luck.uniform(0.0, 0.2) for _ in range(number))}


def weeks(luck: random.Random, base: Scenario, moved: float) -> dict[str, Any]:
    """Habit weeks that still close, and what activities cost."""
    changes: dict[str, Any] = {}
    if luck.random() >= moved:
        return changes
    absence = changes["effort.absence"] = luck.uniform(0.0, 0.2)
    for role, week in (("reps", base.reps), ("marketers", base.marketers)):
        hours = {name: value * luck.uniform(0.3, 2.0) for name, value in week}
        hours[luck.choice(sorted(hours))] *= luck.choice((0.0, 1.0, 3.0))
        total = sum(hours.values())
        changes |= {f"{role}.{name}": 35.0 * (1.0 - absence) * value / total for name, value in hours.items()}
    for role in ("rep", "marketer"):
        costs = [luck.uniform(0.3, 3.0) for _ in range(7)]
        if luck.random() < 0.3:
            costs[6] = 0.0
        changes[f"effort.{role}_costs"] = tuple(costs)
    return changes


def plan(luck: random.Random) -> dict[str, Any]:
    """A linear pay plan, by shares or rates, over any periods."""

    def component(metrics: tuple[str, ...], role: str) -> dict[str, Any]:
        metric = luck.choice(metrics)
        own = metric.endswith("_hours") or (role == "rep" and luck.random() < 0.6)
        out: dict[str, Any] = {
            "metric": metric, "scope": "own" if own else luck.choice(("team", "firm")),
            "period": luck.choice(("week", "month", "quarter", "year")),
        }  # fmt: skip
        if luck.random() < 0.7:
            out["share"] = luck.uniform(0.02, 0.3)
        else:
            money = metric.endswith(("revenue", "pipeline"))
            out["rate"] = luck.uniform(0.001, 0.05) if money else luck.uniform(0.5, 50.0)
        if luck.random() < 0.2:
            out["quota"] = luck.uniform(1e5, 2e6) if metric.endswith(("revenue", "pipeline")) else luck.uniform(5, 500)
        return out

    return {
        "title": "drawn",
        "rep": [component(REP_METRICS, "rep") for _ in range(luck.randint(0, 3))],
        "marketer": [component(MARKETER_METRICS, "marketer") for _ in range(luck.randint(0, 3))],
    }


def base_scenario() -> Scenario:
    """The core of the model, as both implementations run it."""
    from pathlib import Path

    return orgsim.load_scenario(Path(__file__).with_name("core.toml"))
