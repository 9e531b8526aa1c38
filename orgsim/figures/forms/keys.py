"""What the forms share: positions of names, and the small pieces of a spec that every view is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orgsim.figures.chart import MARKS, SHAPES, ArmName, one_line
from orgsim.figures.look import KEY

if TYPE_CHECKING:
    import pandas as pd

Spec = dict[str, Any]
LINE = 14  # px of a line of text
HEADING = 36  # letters of a panel's title, bold, that fit the narrowest panel


@dataclass(frozen=True)
class Key:
    """A value of a column with its name for the reader; place: its number in colours and marks (-1: without)."""

    key: Any
    name: str
    place: int = -1

    @property
    def mark(self) -> str:
        return MARKS[self.place % len(MARKS)] if self.place >= 0 else "o"

    @property
    def shape(self) -> str:
        return SHAPES[self.place % len(SHAPES)] if self.place >= 0 else "circle"


def arm_keys(arms: Sequence[ArmName]) -> tuple[Key, ...]:
    return tuple(Key(arm.key, arm.name, arm.place) for arm in arms)


def keys(words: Mapping[Any, str], present: Sequence[Any] | None = None) -> tuple[Key, ...]:
    """Keys of a catalogue in its order; only those present where that is said."""
    return tuple(Key(key, name) for key, name in words.items() if present is None or key in present)


def only(filters: Mapping[str, Any]) -> list[Spec]:
    """Transforms that keep the rows with these values."""
    return [{"filter": {"field": column, "equal": value}} for column, value in filters.items()]


def chosen(table: pd.DataFrame, filters: Mapping[str, Any]) -> pd.DataFrame:
    """The same for a data frame."""
    for column, value in filters.items():
        table = table[table[column] == value]
    return table


def lookup(column: str, rows: Sequence[Spec], *fields: str) -> list[Spec]:
    """Transforms that put fields beside each row by its `column`, and drop rows of which nothing is known."""
    return [
        {"lookup": column, "from": {"data": {"values": list(rows)}, "key": "key", "fields": list(fields)}},
        {"filter": {"field": fields[0], "valid": True}},
    ]


def number_format(digits: int, signed: bool = False) -> str:
    """d3's."""
    return f"{'+' if signed else ''},.{digits}f"


def colour(places: int, legend: Spec | None = None, tones: bool = False) -> Spec:
    """Colour by arm: the theme's, by place among all arms, whichever of them are drawn here. tones: of no arms."""
    scale: Spec = {"domain": list(range(places))} | ({"range": "ordinal"} if tones else {})
    return {"field": "place", "type": "nominal", "scale": scale, "legend": legend}


def shape(places: int, legend: Spec | None = None) -> Spec:
    """Mark by arm."""
    domain = list(range(places))
    return {
        "field": "place",
        "type": "nominal",
        "legend": legend,
        "scale": {"domain": domain, "range": [SHAPES[p % len(SHAPES)] for p in domain]},
    }


def key_of(slots: Sequence[Key]) -> Spec:
    """A key above the plot that says which mark is whose."""
    names = {slot.place: slot.name for slot in slots}
    label = "".join(f"datum.value == {place} ? {_quoted(name)} : " for place, name in names.items()) + "''"
    return {
        "title": None,
        "orient": "top",
        "direction": "vertical",
        "columns": 1,
        "labelExpr": label,
        "values": list(names),
        "offset": 6,
        "rowPadding": 1,
        "symbolOpacity": 1,
    }


def _quoted(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def whisker(low: str, high: str, y: Spec, clip: bool = False) -> list[Spec]:
    """An interval with its ends. clip: what lies beyond the axis is not drawn."""
    end: Spec = {"type": "tick", "style": "whisker", "thickness": 1.3, "size": 7, "orient": "vertical", "clip": clip}
    return [
        {
            "mark": {"type": "rule", "style": "whisker", "clip": clip},
            "encoding": {"x": {"field": low, "type": "quantitative"}, "x2": {"field": high}, "y": y},
        },
        *({"mark": end, "encoding": {"x": {"field": name, "type": "quantitative"}, "y": y}} for name in (low, high)),
    ]


def number_in(row: Mapping[Any, Any], name: str) -> float:
    """A number of a row; not a number where there is none."""
    value = row.get(name)
    return math.nan if value is None else float(value)


def axis_x(title: str, digits: int, width: int | None, apart: int = 80, **more: Any) -> Spec:
    """A horizontal axis of numbers with a tick every `apart` px or so; width: of the plot, None as wide as its box."""
    count: Any = {"expr": f"max(2, floor(width / {apart}))"} if width is None else max(2, width // apart)
    return {
        "title": title or None,
        "format": f",.{digits}~f",
        "grid": True,
        "labelOverlap": "greedy",
        "tickCount": count,
        **more,
    }


def plot_end(width: int | None, free: int) -> Any:
    """Where marks end when so many px at the right are kept free."""
    return {"expr": f"max(60, width - {free})"} if width is None else max(60, width - free)


def names_at(rows: Sequence[Spec], y: Spec) -> list[Spec]:
    """Names of lanes, above whatever lies behind them."""
    data = {"values": [{"title": row["title"], "at": row["at"]} for row in rows]}
    mark: Spec = {"type": "text", "align": "left", "baseline": "middle", "lineBreak": "\n", "lineHeight": LINE}
    place = {"x": {"value": 0}, "y": {**y, "field": "at"}, "text": {"field": "title", "type": "nominal"}}
    return [{"data": data, "mark": {**mark, "style": style}, "encoding": place} for style in ("halo", "name")]


def first_line(name: str, room: float) -> float:
    """Where the first line of a name lies whose lines are to be in the middle of so many px; Vega sets the others below
    it."""
    return room / 2 - LINE * (len(wrapped(name)) - 1) / 2


def name_lines(keys: Sequence[Key]) -> int:
    """Lines that the longest name takes on a phone."""
    return max((len(wrapped(key.name)) for key in keys), default=1)


def key_lines(keys: Sequence[Key]) -> int:
    """Lines of a key in a file."""
    return sum(len(wrapped(key.name, KEY)) for key in keys)


def pixels(height: float) -> Spec:
    """A vertical scale that counts px from the top."""
    return {"domain": [height, 0], "nice": False, "zero": False}


def wrapped(text: str, width: int = KEY) -> list[str]:
    """Lines of a heading that fit a panel of a phone's width."""
    import textwrap

    return textwrap.wrap(text, width) or [""]
