"""Draw the parameters that no data set identifies, those of structure and pay, from their plausible ranges.

Each replicate is then a world of its own: one draw of the parameters, the same for all arms. A parameter of the firm
is drawn uniformly from its range. A cell of a structure, or of a leader's background, is multiplied by a factor
between 1/2 and 2 (log-uniform, one factor per kind of cell, for all structures and backgrounds alike) and kept inside
its range, so that what distinguishes the structures is stretched but not reversed by the draw alone; a hiring weight
moves by up to 0.2, pay by up to 25 % (theory 4). A value that a scenario sets outside its plausible range is left as
it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from typing import Any, cast

import numpy as np
from pydantic import BaseModel

from orgsim.engine.records import FIRM
from orgsim.engine.streams import parameter_uniform
from orgsim.scenario.load import field_at, override
from orgsim.scenario.schema import Scenario

ADDED = {"selling_weight": 0.2}
SCALED = {"pay": 0.25}


def drawn_fields(table: BaseModel) -> dict[str, tuple[float, float]]:
    """Names and plausible ranges of the parameters of a table that are drawn."""
    out = {}
    for name, field in type(table).model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("drawn"):
            low, high = cast("list[float]", extra["range"])
            out[name] = (float(low), float(high))
    return out


def is_drawn(path: str) -> bool:
    """Whether the parameter at a dotted path is one of those that are drawn."""
    field = field_at(path)
    extra = field.json_schema_extra if field is not None else None
    return isinstance(extra, dict) and bool(extra.get("drawn"))


def drawn(scenario: Scenario, seed: int, replicate: int, keep: Collection[str] = ()) -> Scenario:
    """The scenario of one world: parameters of structure and pay drawn, keyed by their names, seed and replicate.

    Those whose dotted paths are in `keep` stay as they are.
    """
    firm = np.zeros(1, FIRM)
    firm["seed"], firm["replicate"] = seed, replicate

    def uniform(path: str) -> float:
        return float(parameter_uniform(firm[0], zlib.crc32(path.encode())))

    changes: dict[str, Any] = {}
    for section, table in scenario:
        if isinstance(table, BaseModel) and section != "backgrounds":
            for name, (low, high) in drawn_fields(table).items():
                if low <= getattr(table, name) <= high:
                    changes[f"{section}.{name}"] = low + (high - low) * uniform(f"{section}.{name}")
    for name, background in scenario.backgrounds:
        _stretch(background, f"backgrounds.{name}", "backgrounds", uniform, changes)
    for name, structure in scenario.structures.items():
        _stretch(structure, f"structures.{name}", "structures", uniform, changes)
        for number, chair in enumerate(structure.chairs):
            _stretch(chair, f"structures.{name}.chairs.{number}", "chairs", uniform, changes)
    return override(scenario, {path: value for path, value in changes.items() if path not in keep})


def _stretch(table: BaseModel, path: str, kind: str, uniform: Any, changes: dict[str, Any]) -> None:
    for name, (low, high) in drawn_fields(table).items():
        value = getattr(table, name)
        if not low <= value <= high:
            continue
        u = uniform(f"{kind}.{name}")
        if name in ADDED:
            value += ADDED[name] * (2 * u - 1)
        elif name in SCALED:
            value *= 1 + SCALED[name] * (2 * u - 1)
        else:
            value *= 2 ** (2 * u - 1)
        changes[f"{path}.{name}"] = min(high, max(low, value))
