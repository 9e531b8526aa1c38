"""An experiment file, key by key, and the ways in which its keys may be written."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from orgsim.scenario.errors import Path as KeyPath
from orgsim.scenario.fields import MOST_REPLICATES, Table

WORD = 2**32
OWN = {"scenario", "factors", "points", "design", "structures", "arms"}  # keys that only an experiment has
FIRMS = {"extends", "market", "people", "money", "today", "time"}  # and some that only a scenario has


class FactorTable(Table):
    """What a factor says in the file: `values`, or a `range` or `distribution` with its ends."""

    values: tuple[Any, ...] | None = None
    range: tuple[Any, ...] | str | None = None
    distribution: str | None = None
    low: Any = None
    high: Any = None
    mean: Any = None
    sd: Any = None
    mode: Any = None
    median: Any = None
    sigma: Any = None
    a: Any = None
    b: Any = None
    levels: int | None = None


class DesignTable(Table):
    """The `[design]` of a file."""

    kind: Literal["grid", "list", "latin_hypercube", "sobol", "one_at_a_time", "saltelli", "morris"] = "grid"
    points: int | None = None
    trajectories: int | None = None
    seed: int = Field(0, ge=0, lt=WORD)


def _listed(value: Any) -> Any:
    """A list of values, or one, is short for a table with `values`."""
    if isinstance(value, (list, tuple)):
        return {"values": value}
    return value if isinstance(value, (dict, FactorTable)) else {"values": [value]}


def _of_kind(value: Any) -> Any:
    """The kind of a design is short for a table with `kind`."""
    return {"kind": value} if isinstance(value, str) else value


def with_paths(data: dict[str, Any]) -> dict[str, Any]:
    """The data with factors, settings and points keyed by dotted paths, however they are written: people.reps,
    "people.reps" or [factors.people]; market.segments[0].share or market.segments.0.share."""
    out = dict(data)
    for key, leaves in (("factors", set(FactorTable.model_fields)), ("settings", {"extends"})):
        if isinstance(out.get(key), dict):
            out[key] = _flat(out[key], leaves)
    if isinstance(out.get("points"), list):
        out["points"] = [_flat(point, {"extends"}) if isinstance(point, dict) else point for point in out["points"]]
    return out


def _flat(table: dict[str, Any], leaves: set[str], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        here = re.sub(r"\[(\d+)\]", r".\1", f"{path}{key}")
        below = isinstance(value, dict) and value and not (leaves & set(value))
        found |= _flat(value, leaves, f"{here}.") if below else {here: value}
    return found


class ExperimentFile(Table):
    """An experiment file, key by key."""

    title: str = ""
    scenario: str = "baseline"
    structures: tuple[str, ...] | None = None
    pay: tuple[str, ...] | None = None
    arms: tuple[str, ...] | None = None
    replicates: int = Field(20, ge=1, le=MOST_REPLICATES)
    seed: int = Field(0, ge=0, lt=WORD)
    start: Literal["today", "own"] = "today"
    budget: Literal["free", "equal"] = "free"
    uncertain: bool = False
    settings: dict[str, Any] = Field(default_factory=dict)
    design: Annotated[DesignTable, BeforeValidator(_of_kind)] = DesignTable()
    factors: dict[str, Annotated[FactorTable, BeforeValidator(_listed)]] = Field(default_factory=dict)
    points: tuple[dict[str, Any], ...] = ()


def allowed_keys(path: KeyPath) -> list[str]:
    """Keys allowed in the table at a path of an experiment file."""
    if not path:
        return list(ExperimentFile.model_fields)
    if path == ("design",):
        return list(DesignTable.model_fields)
    return list(FactorTable.model_fields) if path[0] == "factors" and len(path) == 2 else []
