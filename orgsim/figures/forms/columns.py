"""Columns: shares by week or by class, one arm to a panel, with the interval of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orgsim.figures.forms.keys import HEADING, Key, Spec, chosen, only, wrapped
from orgsim.figures.look import Look, heading, numbers
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

HEIGHT = 150


@dataclass(frozen=True)
class Columns:
    """x: a column of numbers, `classes` its values in order with their labels. mean, low, high: columns.

    most: end of the vertical axis, the same in all panels. place: the arm's, for its colour. rule: a horizontal line at
    a value. strong: columns from this x on are drawn darker. labels: every so many columns have one.
    """

    language: Language
    x: str
    classes: tuple[Key, ...]
    axis_x: str
    axis: str
    most: float
    place: int
    heading: str = ""
    mean: str = "mean"
    low: str = "low"
    high: str = "high"
    filters: Mapping[str, Any] = field(default_factory=dict)
    rule: float | None = None
    strong: Any = None
    labels: int = 1
    digits: int = 0
    places: int = 12

    @property
    def margin(self) -> int:
        return 40

    @property
    def frame(self) -> int:
        return 66 + 15 * (len(wrapped(self.heading, HEADING)) - 1)

    @property
    def height(self) -> int:
        return HEIGHT

    def spec(self, width: int | None = None) -> Spec:
        shown = [key.key for n, key in enumerate(self.classes) if n % self.labels == 0]
        x: Spec = {
            "field": self.x,
            "type": "ordinal",
            "scale": {"domain": [key.key for key in self.classes], "paddingInner": 0.15, "paddingOuter": 0.1},
            "axis": {
                "title": self.axis_x,
                "labelAngle": 0,
                "values": shown,
                "labelFlush": False,
                "ticks": False,
                "labelOverlap": "greedy",
            },
        }
        y: Spec = {
            "type": "quantitative",
            "scale": {"domain": [0, self.most], "nice": False},
            "axis": {"title": None, "format": f",.{self.digits}~f", "tickCount": 4, "domain": False, "ticks": False},
        }
        domain = list(range(self.places))
        layers: list[Spec] = [
            {
                "transform": [{"calculate": f"{self.place}", "as": "place"}, *chosen_rows],
                "mark": {"type": "bar", "opacity": opacity},
                "encoding": {
                    "x": x,
                    "y": {**y, "field": self.mean},
                    "color": {"field": "place", "type": "nominal", "scale": {"domain": domain}, "legend": None},
                },
            }
            for chosen_rows, opacity in self._shades()
        ]
        if self.low:
            layers.append(
                {
                    "mark": {"type": "rule", "style": "whisker"},
                    "encoding": {"x": x, "y": {**y, "field": self.low}, "y2": {"field": self.high}},
                }
            )
        if self.rule is not None:
            layers.append(
                {
                    "data": {"values": [{}]},
                    "mark": {"type": "rule", "style": "zero", "strokeDash": [4, 3]},
                    "encoding": {"y": {**y, "datum": self.rule, "type": "quantitative"}},
                }
            )
        spec: Spec = {"transform": only(self.filters), "layer": layers}
        spec["title"] = (
            {"text": wrapped(self.heading, HEADING), "subtitle": self.axis} if self.heading else {"text": self.axis}
        )
        return spec

    def _shades(self) -> list[tuple[list[Spec], float]]:
        if self.strong is None:
            return [([], 0.85)]
        return [
            ([{"filter": f"datum['{self.x}'] {sign} {self.strong}"}], opacity)
            for sign, opacity in (("<", 0.4), (">=", 0.95))
        ]

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None:
        rows = chosen(table, self.filters)
        spots = {key.key: n for n, key in enumerate(self.classes)}
        rows = rows[rows[self.x].isin(list(spots))]
        x = [spots[value] for value in rows[self.x]]
        from matplotlib.colors import to_rgba

        shades = [0.85 if self.strong is None else 0.95 if value >= self.strong else 0.4 for value in rows[self.x]]
        axes.bar(x, rows[self.mean], 0.85, color=[to_rgba(look.colour(self.place), shade) for shade in shades])
        if self.low:
            low, high = rows[self.low].astype(float), rows[self.high].astype(float)
            axes.vlines(x, low, high, color=look.ink, linewidth=1)
        if self.rule is not None:
            axes.axhline(self.rule, color=look.ink, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_xlim(-0.6, len(self.classes) - 0.4)
        axes.set_ylim(0, self.most)
        shown = [(n, key.name) for n, key in enumerate(self.classes) if n % self.labels == 0]
        axes.set_xticks([n for n, _ in shown], [name for _, name in shown])
        axes.tick_params(axis="both", length=0)
        axes.grid(axis="y", color=look.guide, linewidth=0.6)
        numbers(axes.yaxis, self.language, self.digits)
        axes.set_xlabel(self.axis_x, fontsize=8)
        axes.set_ylabel(self.axis, fontsize=8, color=look.ink)
        heading(axes, self.heading, look)
