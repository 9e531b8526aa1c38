"""Lines: a figure over time, or over another figure, with the band it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orgsim.figures.forms.keys import (
    HEADING,
    Key,
    Spec,
    axis_x,
    chosen,
    colour,
    key_lines,
    key_of,
    lookup,
    only,
    shape,
    wrapped,
)
from orgsim.figures.look import Look, heading, numbers
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])
HEIGHT = 190


@dataclass(frozen=True)
class Lines:
    """x: column and `axis_x` what it is; mean, low, high: columns, `axis` what they are. series: column whose keys make
    the lines; each has its colour, dash and mark, the mark at every `every`th x. rule: a horizontal line at a value;
    upright: a vertical one. domain: ends of the vertical axis, None by the data (from 0 on, if
    `zero`). ticks: of the horizontal axis. tones: colours of no arms."""

    language: Language
    x: str
    axis_x: str
    axis: str
    series: str
    keys: tuple[Key, ...]
    heading: str = ""
    mean: str = "mean"
    low: str = "low"
    high: str = "high"
    filters: Mapping[str, Any] = field(default_factory=dict)
    domain: tuple[float, float] | None = None
    domain_x: tuple[float, float] | None = None
    digits: int = 0
    every: int = 6
    rule: float | None = None
    upright: float | None = None
    places: int = 12
    tones: bool = False
    zero: bool = True
    ticks: tuple[int, ...] = ()

    @property
    def margin(self) -> int:
        return 46

    @property
    def frame(self) -> int:
        key = 17 * key_lines(self.keys) if len(self.keys) > 1 else 0
        return 66 + 15 * (len(wrapped(self.heading, HEADING)) - 1) + key

    @property
    def height(self) -> int:
        return HEIGHT

    def spec(self, width: int | None = None) -> Spec:
        rows = [{"key": key.key, "place": key.place, "order": n} for n, key in enumerate(self.keys)]
        x: Spec = {
            "field": self.x,
            "type": "quantitative",
            "scale": {"nice": False, "zero": False},
            "axis": axis_x(self.axis_x, 0, width, 60, grid=False),
        }
        if self.ticks:
            x["axis"]["values"] = list(self.ticks)
        if self.domain_x:
            x["scale"] = {"domain": list(self.domain_x), "nice": False, "zero": False}
        scale: Spec = {"zero": self.zero and self.domain is None, "nice": True} | (
            {"domain": list(self.domain)} if self.domain else {}
        )
        y: Spec = {
            "field": self.mean,
            "type": "quantitative",
            "scale": scale,
            "axis": {"title": None, "format": f",.{self.digits}~f", "tickCount": 5, "domain": False, "ticks": False},
        }
        legend = key_of(self.keys) if len(self.keys) > 1 else None
        paint = {"color": colour(self.places, legend, self.tones)}
        dash = {
            "field": "place",
            "type": "nominal",
            "legend": None,
            "scale": {
                "domain": [key.place for key in self.keys],
                "range": [DASHES[n % len(DASHES)] for n in range(len(self.keys))],
            },
        }
        layers: list[Spec] = []
        if self.rule is not None:
            layers.append(
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "style": "ghost", "strokeDash": [4, 3]},
                    "encoding": {"y": {"datum": self.rule, "type": "quantitative"}},
                }
            )
        if self.upright is not None:
            layers.append(
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "style": "ghost", "strokeDash": [4, 3]},
                    "encoding": {"x": {"datum": self.upright, "type": "quantitative"}},
                }
            )
        layers += [
            {
                "mark": {"type": "area", "opacity": 0.16},
                "encoding": {"x": x, "y": {**y, "field": self.low}, "y2": {"field": self.high}, **paint},
            },
            {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"x": x, "y": y, **paint, "strokeDash": dash}},
            {
                "transform": [{"filter": f"datum['{self.x}'] % {self.every} == 0"}],
                "mark": {"type": "point", "filled": True, "size": 45, "opacity": 1},
                "encoding": {"x": x, "y": y, **paint, "shape": shape(self.places, legend)},
            },
        ]
        spec: Spec = {"transform": [*only(self.filters), *lookup(self.series, rows, "order", "place")], "layer": layers}
        spec["title"] = (
            {"text": wrapped(self.heading, HEADING), "subtitle": self.axis} if self.heading else {"text": self.axis}
        )
        return spec

    def _paint(self, key: Key, look: Look) -> str:
        return look.tone(key.place) if self.tones else look.colour(key.place)

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None:
        rows = chosen(table, self.filters)
        for n, key in enumerate(self.keys):
            mine = rows[rows[self.series] == key.key].sort_values(self.x)
            if mine.empty:
                continue
            paint = self._paint(key, look)
            low, high = mine[self.low].astype(float), mine[self.high].astype(float)
            axes.fill_between(mine[self.x], low, high, color=paint, alpha=0.16, linewidth=0)
            dash = DASHES[n % len(DASHES)]
            axes.plot(
                mine[self.x],
                mine[self.mean],
                color=paint,
                linewidth=1.6,
                linestyle="-" if dash == [1, 0] else (0, tuple(part / 1.6 for part in dash)),
            )
            dots = mine[mine[self.x] % self.every == 0]
            axes.plot(dots[self.x], dots[self.mean], key.mark, color=paint, markersize=4.5)
        if self.rule is not None:
            axes.axhline(self.rule, color=look.muted, linewidth=0.9, linestyle=(0, (4, 3)))
        if self.upright is not None:
            axes.axvline(self.upright, color=look.muted, linewidth=0.9, linestyle=(0, (4, 3)))
        if self.domain:
            axes.set_ylim(*self.domain)
        elif self.zero:
            axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        if self.ticks:
            axes.set_xticks(list(self.ticks))
        if self.domain_x:
            axes.set_xlim(*self.domain_x)
        else:
            axes.margins(x=0.02)
        axes.grid(axis="y", color=look.guide, linewidth=0.6)
        axes.tick_params(axis="y", length=0)
        numbers(axes.yaxis, self.language, self.digits)
        numbers(axes.xaxis, self.language, 0)
        axes.set_xlabel(self.axis_x, fontsize=8)
        axes.set_ylabel(self.axis, fontsize=8, color=look.ink)
        heading(
            axes,
            self.heading,
            look,
            [(key.name, self._paint(key, look), key.mark) for key in self.keys] if len(self.keys) > 1 else [],
        )
