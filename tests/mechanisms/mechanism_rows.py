"""The rows of docs/mechanisms.toml, and the runs and measures of the two sides that each of them compares."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

import orgsim
from orgsim import Run
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.schema import Scenario

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "docs" / "mechanisms.toml"
BECAME = ("state", "rule", "data", "input", "not a mechanism")
SEED = 4
PAIRS = 20
# A firm small enough for many runs, without run-off.
FIRM = {
    "market.size": 1500, "people.reps": 4, "people.marketers": 2, "time.warm_up_years": 0.5, "time.years": 1.0,
    "time.run_off_months": 0.0,
}  # fmt: skip
WITHOUT_COST = {"hours": 0.0, "cost": 0.0, "once": 0.0, "dose": 0.0, "adoption": 0.0}
Changes = dict[str, Any]

REMEMBERED = 100
_RUNS: dict[tuple[str, int], Run] = {}
_SCENARIOS: dict[str, Scenario] = {}


@dataclass(frozen=True)
class Side:
    """One side of a comparison: changes to the small firm, and the arm that begins after the warm-up."""

    changes: Changes
    structure: str | None
    pay: str | None

    @staticmethod
    def of(*parts: Changes) -> Side:
        """The small firm with changes, the last of several on a path; `device`, `structure`, `pay` are of the arm.

        A device is held by today's structure and by the arm's, without hours, money or delay.
        """
        told: Changes = {**FIRM}
        for part in parts:
            told |= part
        structure, pay, device = (told.pop(key, None) for key in ("structure", "pay", "device"))
        held = [device] if isinstance(device, str) else list(device or ())
        made: Changes = {path: value for path, value in told.items() if isinstance(value, dict)}
        for name in held:
            made |= {f"devices.{name}.{key}": value for key, value in WITHOUT_COST.items()}
        if held:
            made |= {f"structures.{name}.devices": tuple(held) for name in ("separate", structure or "separate")}
        return Side({**made, **told}, structure, pay)

    @property
    def scenario(self) -> Scenario:
        """The scenario of this side."""
        key = repr(self.changes)
        if key not in _SCENARIOS:
            _SCENARIOS[key] = baseline().with_(**self.changes)
        return _SCENARIOS[key]

    def run(self, replicate: int) -> Run:
        """One run of this side; the last few are remembered."""
        key = repr(self), replicate
        known = _RUNS.pop(key, None)
        if known is None:
            known = orgsim.run(
                self.scenario, structure=self.structure, pay=self.pay, seed=SEED, replicate=replicate
            )  # fmt: skip
        _RUNS[key] = known
        if len(_RUNS) > REMEMBERED:
            _RUNS.pop(next(iter(_RUNS)))
        return known


@dataclass(frozen=True)
class Row:
    """A row of table D: what it says, what it became, and how that is tested."""

    number: int | str
    says: str
    became: str
    what: str
    where: tuple[str, ...]
    switch: tuple[str, ...]
    source: str
    neutral: Changes = field(default_factory=dict)
    test: Changes = field(default_factory=dict)
    also: tuple[str, ...] = ()
    seed: str = ""
    dagger: bool = False
    neutral_is: str = ""
    hold_reason: str = ""

    @property
    def label(self) -> str:
        """Its number, as other pages cite it."""
        return f"D{self.number}" if isinstance(self.number, int) else str(self.number)

    @property
    def of_seed(self) -> str:
        """Number of the seed document that the row is from."""
        if isinstance(self.number, int):
            return f"{sum(self.number > last for last in (20, 37, 54, 68)):03d}"
        return self.seed

    @property
    def pairs(self) -> int:
        """Pairs of runs that are compared."""
        return int(self.test.get("replicates", PAIRS))

    @property
    def base(self) -> Changes:
        """What both sides share."""
        own = dict(self.test.get("base", {}))
        like = own.pop("like", None)
        return {**(document()["bases"][like] if like else {}), **own}

    def side(self, which: str, *more: Changes) -> Side:
        """One side of the comparison, "off" or "on"."""
        return Side.of(self.base, self.test[which], *more)

    def held(self, which: str) -> Side:
        """The same with the row's state held fixed."""
        given = self.test["hold"]
        hold = document()["holds"][given] if isinstance(given, str) else given
        return self.side(which, hold, self.test.get("hold_on", {}) if which == "on" else {})

    @cached_property
    def ships_neutral(self) -> bool:
        """Whether the row's switch is at its neutral value where nobody moves it."""
        try:
            return bool(self.neutral) and baseline().with_(**self.neutral) == baseline()
        except ScenarioError:  # the switch is part of something that the row's test adds
            return False

    @property
    def is_device(self) -> bool:
        """Whether a device carries the row: nobody holds it whose structure does not name it."""
        return self.neutral == {"switches.devices": False}


@cache
def baseline() -> Scenario:
    """The firm to which changes are made."""
    return orgsim.load_scenario("baseline")


@cache
def document() -> dict[str, Any]:
    """The rows' file as it is read."""
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))


@cache
def rows() -> tuple[Row, ...]:
    """All rows, in the order of the file."""
    made = []
    for entry in document()["row"]:
        lists = {key: tuple(entry[key]) for key in ("where", "switch", "also") if key in entry}
        made.append(Row(**{**entry, **lists}))
    return tuple(made)


# What a state is measured by, where it is no column of `run.periods` --------------------------------------------------


def hours(role: str, *activities: str) -> Callable[[Run], float]:
    """Hours of a role on activities over the horizon."""

    def measured(run: Run) -> float:
        booked = run.hours
        chosen = (booked["role"] == role) & booked["activity"].isin(activities)
        return float(booked.loc[chosen, "hours"].sum())

    return measured


def account(name: str) -> Callable[[Run], float]:
    """Euro of costs booked to an account over the horizon."""

    def measured(run: Run) -> float:
        table = run.accounts
        return -float(table.loc[table["account"] == name, "cents"].sum()) / 100

    return measured


def repeat_order(run: Run) -> float:
    """Mean size in euro of an order beyond the first."""
    events = run.events
    return float(events.loc[(events["activity"] == "order") & (events["lead"] < 0), "amount"].mean())


def weakest_skill(run: Run) -> float:
    """Skill in the function that is led worst: selling of who leads sales, marketing of who leads marketing."""
    arm, seated = run.world.arm[0], run.world.chairs["candidate"]
    candidates = run.world.candidates
    selling = candidates["selling"][seated[arm["sales_chair"]]]
    marketing = candidates["marketing"][seated[arm["marketing_chair"]]]
    return float(min(selling, marketing))


def budget_moved(run: Run) -> float:
    """How far brand's share of the programme was moved in all, back and forth."""
    return float(run.periods["brand_share"].diff().abs().sum())


def handed_over(run: Run) -> pd.DataFrame:
    """Leads that were handed over."""
    return run.leads[run.leads["handed_over"].notna()]


MEASURES: dict[str, Callable[[Run], float]] = {
    "logging_hours": hours("rep", "logging"),
    "selling_hours": hours("rep", "leads", "prospecting", "opportunities", "customers"),
    "brand_hours": hours("marketer", "brand"),
    "joint_hours": hours("marketer", "joint"),
    "leaders_pay": account("leaders_pay"),
    "plan_change": account("plan_change"),
    "repeat_order": repeat_order,
    "weakest_skill": weakest_skill,
    "budget_moved": budget_moved,
    "first_moment": lambda run: float(handed_over(run)["timing"].mean()),
    "not_viable": lambda run: 1.0 - float(handed_over(run)["viable"].mean()),
    "doubled": lambda run: float(handed_over(run)["doubled"].mean()),
    "followed_up": lambda run: float(run.periods["attempted"].sum() / run.periods["mqls"].sum()),
}


def measure(run: Run, state: str) -> float:
    """A row's state in a run: a measure of its own, or the mean of a column of the period table."""
    return MEASURES[state](run) if state in MEASURES else float(run.periods[state].mean())


# What is compared where nothing may differ ----------------------------------------------------------------------------


def outcomes(run: Run) -> dict[str, pd.DataFrame]:
    """What came of it: every lead, but for the score that marketing gave it, and revenue by month."""
    table = run.accounts
    revenue = table[table["account"].isin(("revenue_new", "revenue_repeat"))].reset_index(drop=True)
    return {"leads": run.leads.drop(columns="score"), "revenue": revenue}


def everything(run: Run, but: tuple[str, ...] = ()) -> dict[str, pd.DataFrame]:
    """All tables of a run, leaders' own hours left out, and settled pay without what pays nothing."""
    pay = run.pay[run.pay["pay"] != 0].drop(columns="component").reset_index(drop=True)
    tables = {"leads": run.leads, "periods": run.periods, "hours": run.hours, "accounts": run.accounts}
    but = (*but, "field_hours", "development_hours")
    return {name: without(table, but) for name, table in (tables | {"people": run.people, "pay": pay}).items()}


def without(table: pd.DataFrame, but: tuple[str, ...]) -> pd.DataFrame:
    """A table without the columns and the accounts named."""
    kept = table[~table["account"].isin(but)].reset_index(drop=True) if "account" in table else table
    return kept.drop(columns=[name for name in but if name in kept])


def different(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> list[str]:
    """Names of tables that differ, with the columns in which they do."""
    found = []
    for name, table in one.items():
        if len(table) + len(other[name]) > 0 and not table.equals(other[name]):
            same = len(table) == len(other[name]) and list(table) == list(other[name])
            columns = [column for column in table if not table[column].equals(other[name][column])] if same else []
            found.append(f"{name}: {', '.join(map(str, columns)) or 'rows'}")
    return found
