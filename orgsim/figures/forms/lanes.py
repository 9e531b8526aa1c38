"""Lanes: a named row for each arm, cause or activity, in it a mark and its interval for one arm or several, and the
figure itself at the right end."""

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
    key_lines,
    key_of,
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

MANY = 6  # arms from which lanes are closer
STEP, SPACE, NOTE = 15, 9, 12  # px: one mark, free space between lanes, from a figure to the note below it


def dense(panel: Lanes) -> bool:
    """Whether lanes are so many arms that they are set closer."""
    return panel.lane == "arm" and len(panel.lanes) > MANY


@dataclass(frozen=True)
class Lanes:
    """heading: of the panel. axis: what the numbers are, with unit. lane: column whose keys make the rows.

    slot: column that sets several marks into a lane (None: one mark, in the colour of the lane's own key). mean, low,
    high: columns. filters: rows that belong here. stem: a bar from 0 to the mark. zero: a line at 0; rule: a line at
    another value. log: a scale from 1 to so many powers of ten (0: an even scale). sure: column that tells whether a
    difference is more than luck; where it is not, the mark is hollow and, with one mark a lane, `unsure` is said.
    domain: ends of the axis if fixed. floor: nothing is below 0. direct: the key's name stands beside the figure,
    instead of a key. tones: colours of no arms. room: for so many marks in a lane, even if it has fewer. places: arms
    in all.
    """

    language: Language
    lane: str
    lanes: tuple[Key, ...]
    axis: str
    heading: str = ""
    slot: str | None = None
    slots: tuple[Key, ...] = ()
    mean: str = "mean"
    low: str = "low"  # empty: no interval
    high: str = "high"
    filters: Mapping[str, Any] = field(default_factory=dict)
    digits: int = 0
    signed: bool = False
    stem: bool = False
    zero: bool = False
    rule: float | None = None
    log: int = 0
    sure: str | None = None
    unsure: str = ""
    domain: tuple[float, float] | None = None
    floor: bool = False
    direct: bool = False
    tones: bool = False
    room: int = 1
    places: int = 12

    @property
    def margin(self) -> int:
        """px beside the plot."""
        return 14

    @property
    def frame(self) -> int:
        """px above and below the plot in a file."""
        return 62 + 15 * max(0, len(wrapped(self.heading, HEADING)) - 1) + 17 * self.keyed * key_lines(self.slots)

    @property
    def keyed(self) -> bool:
        """Whether marks of several arms share a lane, so that a key tells them apart."""
        return self.slot is not None and len(self.slots) > 1 and not self.direct

    @property
    def _name(self) -> int:
        """px of a lane's name."""
        return (LINE - dense(self)) * name_lines(self.lanes) + 3 - 2 * dense(self)

    @property
    def _each(self) -> int:
        free = SPACE - 4 * dense(self) + (4 if self.sure else 0)
        return self._name + self._step * max(self.room, len(self.slots)) + free

    @property
    def _step(self) -> int:
        return STEP - 3 * dense(self)

    @property
    def height(self) -> int:
        return self._each * max(1, len(self.lanes))

    def _top(self, lane: int) -> float:
        return lane * self._each

    def _down(self, slot: int) -> float:
        spare = max(0, self.room - max(1, len(self.slots)))
        return self._name + self._step * (slot + 0.5 + spare / 2)

    @property
    def _right(self) -> int:
        """px kept free at the right for the figures."""
        longest = max((len(slot.name) for slot in self.slots), default=0) if self.direct else 0
        return 58 + 6 * longest

    # Vega-Lite ------------------------------------------------------------------------------------------------------

    def spec(self, width: int | None = None) -> Spec:
        rows = [
            {
                "key": lane.key,
                "top": self._top(place),
                "own": lane.place,
                "at": self._top(place) + first_line(lane.name, self._name),
                "title": "\n".join(wrapped(lane.name)),
            }
            for place, lane in enumerate(self.lanes)
        ]
        slots = [
            {"key": slot.key, "down": self._down(place), "place": slot.place, "name": slot.name}
            for place, slot in enumerate(self.slots)
        ]
        transform = [
            *only(self.filters),
            {"filter": {"field": self.mean, "valid": True}},
            *lookup(self.lane, rows, "top", "own"),
        ]
        if self.slot:
            transform += lookup(self.slot, slots, "down", "place", "name")
            transform += [{"calculate": "datum.top + datum.down", "as": "y"}]
        else:
            transform += [
                {"calculate": f"datum.top + {self._down(0)}", "as": "y"},
                {"calculate": "datum.own", "as": "place"},
            ]
        end = plot_end(width, self._right)
        layers = [*self._lines(end), *names_at(rows, self._y("at")), *self._marks()]
        x = {"scale": self._scale(end), "axis": self._axis(width)}
        spec: Spec = {"layer": layers, "transform": transform}
        for layer in layers:
            if "field" in layer["encoding"].get("x", {}) or "datum" in layer["encoding"].get("x", {}):
                layer["encoding"]["x"] |= x
        return spec | ({"title": {"text": wrapped(self.heading, HEADING)}} if self.heading else {})

    def _scale(self, end: Any) -> Spec:
        scale: Spec = {"range": [0, end], "nice": self.domain is None}
        if self.log:
            return scale | {"type": "log", "domainMin": 1, "clamp": True}
        scale["zero"] = self.stem or self.zero
        if self.floor and not self.domain:
            scale["domainMin"] = 0
        if self.domain:
            scale["domain"] = list(self.domain)
        return scale

    def _axis(self, width: int | None) -> Spec:
        more: Spec = {"titleAnchor": "start", "titleAlign": "left", "titleX": 0}
        if self.log:
            more |= {"values": [10**k for k in range(self.log + 1)], "labelOverlap": False}
        return axis_x(self.axis, self.digits, width, **more)

    def _y(self, name: str = "y") -> Spec:
        return {"field": name, "type": "quantitative", "scale": pixels(self.height), "axis": None}

    def _lines(self, end: Any) -> list[Spec]:
        y = {"y": {"value": 0}, "y2": {"value": "height"}}
        lines: list[Spec] = [
            {
                "mark": {"type": "rule", "style": "guide"},
                "encoding": {"x": {"value": 0}, "y": self._y(), "x2": {"value": end}},
            }
        ]
        if self.zero:
            lines += [
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "style": "zero"},
                    "encoding": {"x": {"datum": 0, "type": "quantitative"}, **y},
                }
            ]
        if self.rule is not None:
            lines += [
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "style": "ghost", "strokeDash": [4, 3]},
                    "encoding": {"x": {"datum": self.rule, "type": "quantitative"}, **y},
                }
            ]
        return lines

    def _marks(self) -> list[Spec]:
        y = self._y()
        by_arm = any(key.place >= 0 for key in (self.slots or self.lanes))
        legend = key_of(self.slots) if self.keyed else None
        paint: Spec = (
            {"color": colour(self.places, legend, self.tones), "shape": shape(self.places, legend)} if by_arm else {}
        )
        stem: Spec = {"color": colour(self.places, legend, self.tones)} if by_arm else {}
        style: Spec = {} if by_arm else {"style": "plain"}
        hollow: Any = "hollow" if by_arm else ["plain", "hollow"]
        x = {"field": self.mean, "type": "quantitative"}
        marks: list[Spec] = []
        if self.stem:
            marks += [
                {
                    "transform": [{"calculate": "0", "as": "nought"}],
                    "mark": {"type": "rule", "strokeWidth": 5, "opacity": 0.45, **style},
                    "encoding": {
                        "x": {"field": "nought", "type": "quantitative"},
                        "x2": {"field": self.mean},
                        "y": y,
                        **stem,
                    },
                }
            ]
        if self.low:
            marks += whisker(self.low, self.high, y, clip=self.floor)
        marks += [
            {
                "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1, **style},
                "encoding": {"x": x, "y": y, **paint},
            }
        ]
        if self.sure:
            marks[-1]["transform"] = [{"filter": f"datum['{self.sure}']"}]
            not_sure = [{"filter": f"!datum['{self.sure}']"}]
            marks += [
                {
                    "transform": not_sure,
                    "mark": {"type": "point", "filled": True, "style": "ground", "size": 75, "opacity": 1},
                    "encoding": {"x": x, "y": y, **({"shape": paint["shape"]} if paint else {})},
                },
                {
                    "transform": not_sure,
                    "mark": {"type": "point", "filled": False, "style": hollow, "size": 75, "opacity": 1},
                    "encoding": {"x": x, "y": y, **paint},
                },
            ]
        if self.sure and not self.slot:
            marks += [
                {
                    "transform": [*not_sure, {"calculate": f"datum.y + {NOTE}", "as": "at"}],
                    "mark": {
                        "type": "text",
                        "style": "muted",
                        "align": "right",
                        "baseline": "middle",
                        "fontStyle": "italic",
                        "text": self.unsure,
                    },
                    "encoding": {"x": {"value": "width"}, "y": self._y("at")},
                },
            ]
        form = number_format(self.digits, self.signed)
        said: Spec = {"field": self.mean, "type": "quantitative", "format": form}
        value: Spec = {
            "mark": {"type": "text", "style": "value", "align": "right", "baseline": "middle"},
            "encoding": {"x": {"value": "width"}, "y": y, "text": said},
        }
        if self.direct:
            value["transform"] = [
                {"calculate": f"datum.name + '  ' + format(datum['{self.mean}'], '{form}')", "as": "said"}
            ]
            value["encoding"]["text"] = {"field": "said", "type": "nominal"}
        return [*marks, value]

    # matplotlib -----------------------------------------------------------------------------------------------------

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None:
        rows = chosen(table, self.filters)
        axes.set_ylim(self.height, 0)
        axes.set_yticks([])
        if self.log:
            axes.set_xscale("log")
        right = axes.get_yaxis_transform()
        if self.zero:
            axes.axvline(0, color=look.ink, linewidth=0.9, zorder=1)
        if self.rule is not None:
            axes.axvline(self.rule, color=look.muted, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        for place, lane in enumerate(self.lanes):
            mine = rows[rows[self.lane] == lane.key]
            if mine.empty:
                continue
            top = self._top(place) + self._name / 2
            haloed(axes, 0, top, "\n".join(wrapped(lane.name)), look, transform=right, va="center", fontsize=8.5)
            for slot, key in enumerate(self.slots or (lane,)):
                found = mine if self.slot is None else mine[mine[self.slot] == key.key]
                for row in found.to_dict("records"):
                    self._draw_mark(axes, row, self._top(place) + self._down(slot), key, look)
        if self.domain:
            axes.set_xlim(*self.domain)
        self._widen(axes)
        numbers(axes.xaxis, self.language, self.digits)
        axes.grid(axis="x", color=look.guide, linewidth=0.6)
        axes.set_xlabel(self.axis, fontsize=8, loc="left")
        heading(
            axes,
            self.heading,
            look,
            [(key.name, self._paint(key, look), key.mark) for key in self.slots] if self.keyed else [],
        )

    def _paint(self, key: Key, look: Look) -> str:
        paint = look.tone if self.tones else look.colour
        return look.ink if key.place < 0 else paint(key.place)

    def _draw_mark(self, axes: Axes, row: dict[str, Any], y: float, key: Key, look: Look) -> None:
        mean, low, high = (number_in(row, name) for name in (self.mean, self.low, self.high))
        if not math.isfinite(mean):
            return
        paint = self._paint(key, look)
        axes.axhline(y, color=look.guide, linewidth=0.7, zorder=0)
        if self.stem:
            axes.plot([0, mean], [y, y], color=paint, linewidth=3.5, alpha=0.45, solid_capstyle="butt", zorder=2)
        if math.isfinite(low) and math.isfinite(high) and not (self.log and mean < 1):
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
        sure = self.sure is None or bool(row[self.sure])
        at = max(mean, 1.0) if self.log else mean
        axes.plot(
            [at],
            [y],
            marker=key.mark,
            color=paint,
            markersize=6,
            linestyle="none",
            zorder=4,
            markerfacecolor=paint if sure else look.ground,
            markeredgecolor=paint,
            markeredgewidth=1.4,
        )
        right = axes.get_yaxis_transform()
        said = (self.language.signed if self.signed else self.language.number)(mean, self.digits)
        said = f"{key.name}  {said}" if self.direct else said
        haloed(axes, 1.0, y, said, look, transform=right, va="center", ha="right", fontsize=8.5)
        if not sure and not self.slot:
            axes.text(
                1.0,
                y + NOTE,
                self.unsure,
                transform=right,
                va="center",
                ha="right",
                fontsize=7.5,
                style="italic",
                color=look.muted,
            )

    def _widen(self, axes: Axes) -> None:
        """Leave room at the right end for the figures."""
        low, high = axes.get_xlim()
        share = 0.16 + (0.06 if self.direct else 0)
        if self.log:
            axes.set_xlim(1, 10 ** (self.log / (1 - share)))
            axes.set_xticks([10**k for k in range(self.log + 1)])
            axes.minorticks_off()
            return
        if self.floor and not self.domain:
            low = 0.0
        axes.set_xlim(low, low + (high - low) / (1 - share))
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high + 1e-9 * abs(high)]
        axes.set_xticks(ticks)
