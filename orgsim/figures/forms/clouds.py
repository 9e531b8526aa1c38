"""Clouds: in each lane a dot for every world, stacked where worlds agree, and below them the mean with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orgsim.figures.forms.keys import (
    HEADING,
    LINE,
    Key,
    Spec,
    axis_x,
    chosen,
    colour,
    first_line,
    lookup,
    name_lines,
    names_at,
    number_format,
    number_in,
    only,
    pixels,
    plot_end,
    shape,
    whisker,
    wrapped,
)
from orgsim.figures.look import Look, haloed, heading, numbers
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BELOW, SPACE = 14, 8  # px: mean and interval, free space
MANY = 6  # arms from which dots have less room
# Columns of dots are so many px apart with up to so many worlds; fewer worlds, larger dots.
APART = ((12, 10), (60, 9), (250, 6), (math.inf, 4))
RIGHT = 54  # px for the figures at the right end
PLOT = 290  # px of the plot in a file


@dataclass(frozen=True)
class Clouds:
    """Rows with a `world` hold one value each; rows without one hold mean, low and high of an arm.

    lanes: arms by `lane`. value, mean, low, high: columns. filters, digits, signed, zero as of Lanes.
    """

    language: Language
    lane: str
    lanes: tuple[Key, ...]
    axis: str
    heading: str = ""
    value: str = "value"
    mean: str = "mean"
    low: str = "low"
    high: str = "high"
    filters: Mapping[str, Any] = field(default_factory=dict)
    digits: int = 0
    signed: bool = False
    zero: bool = False
    places: int = 12

    @property
    def margin(self) -> int:
        return 14

    @property
    def frame(self) -> int:
        return 62 + 15 * (len(wrapped(self.heading, HEADING)) - 1)

    @property
    def _cloud(self) -> int:
        """px of a lane's dots."""
        return 42 if len(self.lanes) <= MANY else 24

    @property
    def _each(self) -> int:
        return self._name + self._cloud + BELOW + SPACE

    @property
    def _name(self) -> int:
        """px of a lane's name."""
        return LINE * name_lines(self.lanes) + 3

    @property
    def height(self) -> int:
        return self._each * max(1, len(self.lanes))

    def spec(self, width: int | None = None) -> Spec:
        end = plot_end(width, RIGHT)
        rows = [
            {
                "key": lane.key,
                "top": place * self._each,
                "place": lane.place,
                "at": place * self._each + first_line(lane.name, self._name),
                "title": "\n".join(wrapped(lane.name)),
            }
            for place, lane in enumerate(self.lanes)
        ]
        y = {"field": "y", "type": "quantitative", "scale": pixels(self.height), "axis": None}
        paint: Spec = {"color": colour(self.places)}
        each = [
            *only(self.filters),
            {"filter": {"field": self.value, "valid": True}},
            *lookup(self.lane, rows, "top", "place"),
        ]
        mean = [
            *only(self.filters),
            {"filter": {"field": self.mean, "valid": True}},
            *lookup(self.lane, rows, "top", "place"),
            {"calculate": f"datum.top + {self._name + self._cloud + BELOW / 2}", "as": "y"},
        ]
        wide = f"(width - {RIGHT})" if width is None else str(width - RIGHT)
        apart = "".join(f"datum.many <= {many} ? {px} : " for many, px in APART[:-1]) + str(APART[-1][1])
        high, floor = self._cloud, self._name + self._cloud
        dots = [
            {"joinaggregate": [{"op": "count", "as": "many"}], "groupby": [self.lane]},
            {"calculate": apart, "as": "apart"},
            {
                "joinaggregate": [
                    {"op": "min", "field": self.value, "as": "least"},
                    {"op": "max", "field": self.value, "as": "most"},
                ]
            },
            {"calculate": f"max(10, floor({wide} / datum.apart))", "as": "columns"},
            {"calculate": "(datum.apart - 1.5) * (datum.apart - 1.5) * 0.785", "as": "size"},
            {"calculate": "datum.most > datum.least ? (datum.most - datum.least) / datum.columns : 1", "as": "step"},
            {
                "calculate": f"min(datum.columns - 1, floor((datum['{self.value}'] - datum.least) / datum.step))",
                "as": "column",
            },
            {
                "calculate": "datum.most > datum.least ? datum.least + (datum.column + 0.5) * datum.step : datum.least",
                "as": "x",
            },
            {
                "window": [{"op": "row_number", "as": "rank"}],
                "groupby": [self.lane, "column"],
                "sort": [{"field": self.value, "order": "ascending"}],
            },
            {"joinaggregate": [{"op": "max", "field": "rank", "as": "tallest"}]},
            {
                "calculate": f"datum.top + {floor} - (datum.rank - 0.5) * min(datum.apart, {high} / datum.tallest)",
                "as": "y",
            },
        ]
        x = {
            "scale": {"range": [0, end], "zero": self.zero, "nice": True},
            "axis": axis_x(self.axis, self.digits, width, titleAnchor="start", titleAlign="left", titleX=0),
        }

        def at(name: str) -> Spec:
            return {"field": name, "type": "quantitative", **x}

        layers: list[Spec] = [
            {
                "data": {"values": [{"y": row["top"] + self._name + self._cloud} for row in rows]},
                "mark": {"type": "rule", "style": "guide"},
                "encoding": {"x": {"value": 0}, "x2": {"value": end}, "y": y},
            },
        ]
        if self.zero:
            layers.append(
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "style": "zero"},
                    "encoding": {
                        "x": {"datum": 0, "type": "quantitative", **x},
                        "y": {"value": 0},
                        "y2": {"value": "height"},
                    },
                }
            )
        size = {"field": "size", "type": "quantitative", "scale": None}
        layers += [
            *names_at(rows, y),
            {
                "transform": [*each, *dots],
                "mark": {"type": "point", "filled": True, "opacity": 0.8},
                "encoding": {"x": at("x"), "y": y, **paint, "size": size},
            },
            *(
                {"transform": mean, **layer, "encoding": {**layer["encoding"], "x": {**layer["encoding"]["x"], **x}}}
                for layer in whisker(self.low, self.high, y)
            ),
            {
                "transform": mean,
                "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
                "encoding": {"x": at(self.mean), "y": y, **paint, "shape": shape(self.places)},
            },
            {
                "transform": mean,
                "mark": {"type": "text", "style": "value", "align": "right", "baseline": "middle"},
                "encoding": {
                    "x": {"value": "width"},
                    "y": y,
                    "text": {
                        "field": self.mean,
                        "type": "quantitative",
                        "format": number_format(self.digits, self.signed),
                    },
                },
            },
        ]
        spec: Spec = {"layer": layers}
        if self.heading:
            spec["title"] = {"text": wrapped(self.heading, HEADING)}
        return spec

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None:
        rows = chosen(table, self.filters)
        values = rows[rows[self.value].notna()]
        axes.set_ylim(self.height, 0)
        axes.set_yticks([])
        least, most = (float(values[self.value].min()), float(values[self.value].max())) if len(values) else (0.0, 1.0)
        many = max((int((values[self.lane] == lane.key).sum()) for lane in self.lanes), default=1)
        apart = next(px for most_worlds, px in APART if many <= most_worlds)
        columns = int(PLOT / apart)
        step = (most - least) / columns if most > least else 1.0
        stacks = {
            lane.key: _stacked(values[values[self.lane] == lane.key][self.value].tolist(), least, step, columns)
            for lane in self.lanes
        }
        tallest = max((rank for stack in stacks.values() for _, rank in stack), default=1)
        right = axes.get_yaxis_transform()
        if self.zero:
            axes.axvline(0, color=look.ink, linewidth=0.9, zorder=1)
        for place, lane in enumerate(self.lanes):
            top, paint = place * self._each, look.colour(lane.place)
            floor = top + self._name + self._cloud
            haloed(
                axes,
                0,
                top + self._name / 2,
                "\n".join(wrapped(lane.name)),
                look,
                transform=right,
                va="center",
                fontsize=8.5,
            )
            axes.axhline(floor, color=look.guide, linewidth=0.7, zorder=0)
            x = [least + (column + 0.5) * step if most > least else least for column, _ in stacks[lane.key]]
            y = [floor - (rank - 0.5) * min(apart, self._cloud / tallest) for _, rank in stacks[lane.key]]
            axes.plot(x, y, "o", color=paint, markersize=0.72 * (apart - 1.5), markeredgewidth=0, alpha=0.85, zorder=2)
            means = rows[(rows[self.lane] == lane.key) & rows[self.mean].notna()].to_dict("records")
            for row in means:
                self._draw_mean(axes, row, floor + BELOW / 2, lane, look)
        low, high = axes.get_xlim()
        axes.set_xlim(low, low + (high - low) / 0.84)
        axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
        numbers(axes.xaxis, self.language, self.digits)
        axes.grid(axis="x", color=look.guide, linewidth=0.6)
        axes.set_xlabel(self.axis, fontsize=8, loc="left")
        heading(axes, self.heading, look)

    def _draw_mean(self, axes: Axes, row: dict[Any, Any], y: float, lane: Key, look: Look) -> None:
        mean, low, high = (number_in(row, name) for name in (self.mean, self.low, self.high))
        if math.isfinite(low) and math.isfinite(high):
            axes.errorbar(
                mean,
                y,
                xerr=[[max(0, mean - low)], [max(0, high - mean)]],
                fmt="none",
                ecolor=look.ink,
                elinewidth=1,
                capsize=2.5,
                capthick=1,
                zorder=3,
            )
        axes.plot([mean], [y], marker=lane.mark, color=look.colour(lane.place), markersize=6, zorder=4)
        said = (self.language.signed if self.signed else self.language.number)(mean, self.digits)
        axes.text(
            1.0, y, said, transform=axes.get_yaxis_transform(), va="center", ha="right", fontsize=8.5, color=look.ink
        )


def _stacked(values: list[float], least: float, step: float, columns: int) -> list[tuple[int, int]]:
    """Column and height of each value's dot."""
    seen: dict[int, int] = {}
    out = []
    for value in sorted(values):
        column = min(columns - 1, math.floor((value - least) / step))
        seen[column] = seen.get(column, 0) + 1
        out.append((column, seen[column]))
    return out
