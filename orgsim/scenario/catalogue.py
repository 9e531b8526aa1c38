"""All parameters in one list, and the JSON Schema of a scenario file; both are read from the models in `schema.py`."""

from __future__ import annotations

import copy
import inspect
import math
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Any

import annotated_types
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from orgsim.scenario.schema import Scenario

SWITCH = "true/false"
CHOICE = "the user's choice"
LEFT_OUT = ("limit",)  # what it holds are formulas of a limit case, not parameters of a firm

NUMERIC = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
TEXT = {"type": "string", "pattern": r"^\s*[+-]?[0-9.]", "description": "A number and a unit, such as '20 weeks'"}

# Tables in which every key must be written, because lists replace each other and do not merge key by key.
ITEMS = ("Segment", "Chair", "Component", "Band")


def parameters() -> list[dict[str, Any]]:
    """Every number and switch a scenario may set: name (dotted path), unit, default, low, high, source, meaning, drawn.

    `market.segments[].share` stands for the share of each segment, `structures.*.sight` for that of each structure.
    `low` to `high` is the plausible range, or what is allowed where no plausible range is declared (None: no limit).
    `drawn` says that `--uncertain` draws the parameter from its range.
    """
    return [row for _, rows in _tables(Scenario, "", None) for row in rows]


def markdown() -> str:
    """The list as a document: a heading for each table of a scenario file, a row for each parameter."""
    lines = [
        "# Parameters",
        "",
        "Generated from `orgsim/scenario/schema.py`; do not edit. `[]` stands for each entry of a list, `*` for each",
        "name. A value may be written as a number in the unit given here, or as text with a unit (`\"20 weeks\"`,",
        "`\"45 %\"`, `\"25 k€\"`). The range is what is plausible; parameters marked *drawn* are assumptions on",
        "structure and pay, which `orgsim compare --uncertain` draws. Letters and numbers such as A9, D77 or E1 refer",
        "to [the sources](sources.md).",
    ]
    for heading, rows in _tables(Scenario, "", None):
        if rows:
            lines += [
                "", f"## {heading}", "", "| Parameter | Unit | Default | Range | Drawn | Source | Meaning |",
                "|---|---|---|---|---|---|---|",
            ]  # fmt: skip
            for row in rows:
                cells = [
                    f"`{row['name']}`", row["unit"], shown(row["default"]), range_of(row),
                    "drawn" if row["drawn"] else "", row["source"], row["meaning"],
                ]  # fmt: skip
                lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """A default as a scenario file writes it; empty when the file must give it or when another value stands in."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return f"{value:.6g}" if isinstance(value, float) and abs(value) < 1e6 else f"{value:.0f}"


def range_of(row: dict[str, Any]) -> str:
    """The range of a parameter in words."""
    low, high = row["low"], row["high"]
    if low is None and high is None:
        return ""
    if high is None:
        return f"from {shown(low)}"
    return f"up to {shown(high)}" if low is None else f"{shown(low)} to {shown(high)}"


def _tables(
    model: type[BaseModel], prefix: str, own: BaseModel | None
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Heading and rows of a table and then of each table inside it; `own` is the instance that holds defaults."""
    rows: list[dict[str, Any]] = []
    inside: list[tuple[type[BaseModel], str, BaseModel | None]] = []
    for name, field in model.model_fields.items():
        if model is Scenario and name in LEFT_OUT:
            continue
        place, unit, inner = _kind(field)
        default = getattr(own, name) if own is not None else None if field.is_required() else field.default
        if inner is not None:
            held = default if isinstance(default, BaseModel) else None
            inside.append((inner, f"{prefix}{name}{place}.", held))
        elif unit:
            rows.append(_row(f"{prefix}{name}", field, unit, default))
    if prefix and rows:
        yield prefix.rstrip("."), rows
    for inner, path, held in inside:
        yield from _tables(inner, path, held)


def _row(name: str, field: FieldInfo, unit: str, default: Any) -> dict[str, Any]:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = str(extra.get("unit", unit))
    plausible = extra.get("range")
    low, high = plausible if isinstance(plausible, list) else _limits(field)
    switch = unit == SWITCH
    return {
        "name": name,
        "unit": unit,
        "default": "inf" if default == math.inf else list(default) if isinstance(default, tuple) else default,
        "low": None if switch else low,
        "high": None if switch else high,
        "source": str(extra.get("source", CHOICE)),
        "meaning": field.description or "",
        "drawn": bool(extra.get("drawn", False)),
    }


def _limits(field: FieldInfo) -> tuple[Any, Any]:
    low: Any = None
    high: Any = None
    for part in field.metadata:
        if isinstance(part, annotated_types.Ge):
            low = part.ge
        elif isinstance(part, annotated_types.Gt):
            low = part.gt
        elif isinstance(part, annotated_types.Le):
            high = part.le
        elif isinstance(part, annotated_types.Lt):
            high = part.lt
    return low, high


def _kind(field: FieldInfo) -> tuple[str, str, type[BaseModel] | None]:
    """What a field holds: a table ("[]" in lists, ".*" by name, and its model), or a number or switch (its unit).

    Text has neither model nor unit.
    """
    plain, unit = _plain(field.annotation, field.metadata)
    place, origin, args = "", typing.get_origin(plain), typing.get_args(plain)
    if origin in (tuple, list, dict):
        place = ".*" if origin is dict else "[]"
        plain, unit = _plain(args[1] if origin is dict else args[0], [])
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return place, "", plain
    if plain is bool:
        return "", SWITCH, None
    return "", (unit or "count") if plain in (float, int) else "", None


def _plain(annotation: Any, metadata: list[Any]) -> tuple[Any, str]:
    """The bare type of an annotation, and the unit that its reader of quantities converts to."""
    unit = _unit(metadata)
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            annotation, *more = typing.get_args(annotation)
            unit = unit or _unit(more)
        elif typing.get_origin(annotation) in (typing.Union, UnionType):
            annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
        else:
            return annotation, unit


def _unit(metadata: list[Any]) -> str:
    for part in metadata:
        if isinstance(part, BeforeValidator):
            return str(inspect.getclosurevars(part.func).nonlocals.get("unit", ""))
    return ""


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file as users write it: quantities as numbers or as text with a unit, `extends`,
    presets that need not be repeated, and nothing required that a file takes over from the one it extends."""
    schema = copy.deepcopy(Scenario.model_json_schema())
    models = dict(_models(Scenario))
    for name, model in models.items():
        table = schema if model is Scenario else schema["$defs"].get(name)
        if table is None:
            continue
        if name not in ITEMS:
            table.pop("required", None)
        for key, field in model.model_fields.items():
            unit = _kind(field)[1]
            if unit:
                _open_quantity(table["properties"][key], unit, field)
    extends = {"type": "string", "description": "Name or path of the scenario from which everything else is taken"}
    schema["properties"] = {"extends": extends, **schema["properties"]}
    for name, what in (("Structure", "structure"), ("PayPlan", "pay plan")):
        extended = {"type": "string", "description": f"Name of the preset {what} from which everything else is taken"}
        properties = schema["$defs"][name]["properties"]
        schema["$defs"][name]["properties"] = {"extends": extended, **properties}
    whole = {"required": ["market"], "properties": {"market": {"required": ["segments"]}}}
    schema["anyOf"] = [{"required": ["extends"]}, whole]
    schema = _finite(schema)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "orgsim scenario"}
    return head | {key: value for key, value in schema.items() if key != "title"}


def _finite(value: Any) -> Any:
    """The same with infinite numbers as text: JSON knows no infinity."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return "inf" if value == math.inf else value


def _models(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield model.__name__, model
    for field in model.model_fields.values():
        inner = _kind(field)[2]
        if inner is not None:
            yield from _models(inner)


def _open_quantity(entry: dict[str, Any], unit: str, field: FieldInfo) -> None:
    """Let a quantity be text with a unit too, and tell editors its unit and range."""
    row = _row("", field, unit, None)
    words = ", ".join(part for part in (row["unit"], range_of(row)) if part and part != SWITCH)
    if words:
        entry["description"] = f"{entry.get('description', '')} ({words})".strip()
    if not _plain(field.annotation, field.metadata)[1]:
        return  # whole numbers and switches are written as such
    number = {key: entry.pop(key) for key in NUMERIC if key in entry}
    entry["anyOf"] = [*(_bounded(branch) for branch in entry.get("anyOf", [number])), TEXT]


def _bounded(branch: dict[str, Any]) -> dict[str, Any]:
    """Limits of a number that may be left out, which pydantic writes under its own names."""
    return {BOUNDS.get(key, key): value for key, value in branch.items()}


def starter(path: str, title: str) -> str:
    """A commented file for a scenario of one's own, which extends the baseline."""
    return STARTER.format(file=path, title=title)


STARTER = '''\
# A scenario of your own: write only what differs from the baseline, a small firm of 8 reps and 3 marketers.
#   orgsim scenarios check {file}      finds every mistake
#   orgsim compare {file}              compares three ways of organising
#   orgsim parameters                  lists all that can be set, with unit, default, range and source
extends = "baseline"
title = "{title}"

# Remove a # to set a value. Values may carry units: "20 weeks", "45 %", "25 k€", "2 per year".

[market]
# size = 6000                        # prospects
# deal_value = "25 k€"               # mean first order
# window = "20 weeks"                # how long a need stays open
# A list replaces the baseline's list: give all your segments.
# segments = [
#     {{ name = "core region", share = 0.6, regular = true, awareness = "45 %" }},
#     {{ name = "abroad", share = 0.4, regular = false, awareness = "12 %" }},
# ]

[people]
# reps = 8
# marketers = 3

[money]
# programme = "120 k€ per year"      # media, events, content
# gross_margin = "45 %"

[today]
# structure = "separate"             # how the firm is organised now
# pay = "own_numbers"                # how it pays now

# A way of organising of your own, beside the presets:
# [structures.our_way]
# extends = "merged"
# coordination = "3 h"               # joint work of each person a month
'''
