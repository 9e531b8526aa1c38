"""A matrix: how much went from each end under the reference to each end under an arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orgsim.figures.forms.keys import HEADING, Key, Spec, chosen, lookup, number_format, only, pixels, plot_end, wrapped
from orgsim.figures.look import Look, heading
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CELL, LEFT, HEAD = 30, 62, 34  # px: height of a cell, room for the names of rows and of columns
DARK = 0.38  # share of the largest amount from which a cell is so dark that its figure is written in the page's colour


@dataclass(frozen=True)
class Matrix:
    """row, column: columns of the table with keys of `ends`; value: what is summed. across, down: what columns and rows
    are. Cells on the diagonal (the same end) are grey."""

    language: Language
    row: str
    column: str
    ends: tuple[Key, ...]
    across: str
    down: str
    heading: str = ""
    value: str = "value"
    filters: Mapping[str, Any] = field(default_factory=dict)
    digits: int = 0

    @property
    def margin(self) -> int:
        return 12

    @property
    def frame(self) -> int:
        return 30 + 15 * (len(wrapped(self.heading, HEADING)) - 1)

    @property
    def height(self) -> int:
        return HEAD + 16 + CELL * len(self.ends)

    def spec(self, width: int | None = None) -> Spec:
        count, top = len(self.ends), HEAD + 16
        names = [
            {
                "key": key.key,
                "n": n,
                "at": n + 0.5,
                "y": top + (n + 0.5) * CELL,
                "head": top - 6 - 12 * (key.name.count(" ") > 0),
                "side": top + (n + 0.5) * CELL - 6 * (key.name.count(" ") > 0),
                "name": key.name.replace(" ", "\n", 1),
            }
            for n, key in enumerate(self.ends)
        ]
        end = plot_end(width, 0)
        y: Spec = {"type": "quantitative", "scale": pixels(self.height), "axis": None}
        x: Spec = {
            "type": "quantitative",
            "scale": {"domain": [0, count], "range": [LEFT, end], "nice": False, "zero": False},
            "axis": None,
        }
        transform = [
            *only(self.filters),
            *lookup(self.row, names, "n"),
            {"calculate": "datum.n", "as": "r"},
            *lookup(self.column, names, "n"),
            {"calculate": "datum.n", "as": "c"},
            {"calculate": "datum.c + 0.04", "as": "x"},
            {"calculate": "datum.c + 0.96", "as": "x2"},
            {"calculate": "datum.c + 0.5", "as": "x_mid"},
            {"calculate": f"{top} + datum.r * {CELL} + 1", "as": "y"},
            {"calculate": f"{top} + datum.r * {CELL} + {CELL - 1}", "as": "y2"},
            {"calculate": f"{top} + (datum.r + 0.5) * {CELL}", "as": "y_mid"},
            {"calculate": f"datum.r == datum.c ? 0 : datum['{self.value}']", "as": "moved"},
            {"joinaggregate": [{"op": "max", "field": "moved", "as": "most"}]},
        ]
        box = {"x": {**x, "field": "x"}, "x2": {"field": "x2"}, "y": {**y, "field": "y"}, "y2": {"field": "y2"}}
        text = {"type": "text", "align": "center", "baseline": "middle"}
        said: Spec = {
            "x": {**x, "field": "x_mid"},
            "y": {**y, "field": "y_mid"},
            "text": {"field": self.value, "type": "quantitative", "format": number_format(self.digits)},
        }
        dark = f"datum.r != datum.c && datum['{self.value}'] > {DARK} * datum.most"
        shown = f"datum['{self.value}'] >= {0.5 * 10**-self.digits}"
        names_text = {**text, "style": "muted", "lineBreak": "\n", "lineHeight": 12, "fontSize": 10}
        layers: list[Spec] = [
            {
                "data": {"values": [{}]},
                "mark": {**text, "style": "muted", "fontStyle": "italic", "align": "left", "text": f"{self.across} →"},
                "encoding": {"x": {"value": LEFT}, "y": {"value": 7}},
            },
            {
                "data": {"values": [{}]},
                "mark": {**text, "style": "muted", "fontStyle": "italic", "align": "left", "text": f"{self.down} ↓"},
                "encoding": {"x": {"value": 0}, "y": {"value": top - 9}},
            },
            {
                "data": {"values": names},
                "mark": {**names_text, "baseline": "alphabetic"},
                "encoding": {
                    "x": {**x, "field": "at"},
                    "y": {**y, "field": "head"},
                    "text": {"field": "name", "type": "nominal"},
                },
            },
            {
                "data": {"values": names},
                "mark": {**names_text, "align": "left"},
                "encoding": {
                    "x": {"value": 0},
                    "y": {**y, "field": "side"},
                    "text": {"field": "name", "type": "nominal"},
                },
            },
            {
                "transform": [{"filter": "datum.r == datum.c"}],
                "mark": {"type": "rect", "style": "same"},
                "encoding": box,
            },
            {
                "transform": [{"filter": "datum.r != datum.c && datum.moved > 0"}],
                "mark": {"type": "rect"},
                "encoding": {
                    **box,
                    "color": {
                        "field": "moved",
                        "type": "quantitative",
                        "legend": None,
                        "scale": {"type": "sqrt", "zero": True},
                    },
                },
            },
            {"transform": [{"filter": f"!({dark}) && {shown}"}], "mark": {**text, "style": "low"}, "encoding": said},
            {"transform": [{"filter": f"({dark}) && {shown}"}], "mark": {**text, "style": "high"}, "encoding": said},
        ]
        spec: Spec = {"transform": transform, "layer": layers}
        if self.heading:
            spec["title"] = {"text": wrapped(self.heading, HEADING)}
        return spec

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.patches import Rectangle

        rows = chosen(table, self.filters)
        spots = {key.key: n for n, key in enumerate(self.ends)}
        ramp = LinearSegmentedColormap.from_list("ramp", list(look.ramp))
        cells = [
            (spots[row[self.row]], spots[row[self.column]], float(row[self.value]))
            for row in rows.to_dict("records")
            if row[self.row] in spots and row[self.column] in spots
        ]
        most = max((value for r, c, value in cells if r != c), default=0.0) or 1.0
        for r, c, value in cells:
            if value <= 0:
                continue
            face = look.guide if r == c else ramp((max(0.0, value) / most) ** 0.5)
            axes.add_patch(Rectangle((c + 0.03, r + 0.03), 0.94, 0.94, facecolor=face, linewidth=0))
            if value >= 0.5 * 10**-self.digits:
                ink = look.ground if r != c and value > DARK * most else look.ink
                axes.text(
                    c + 0.5,
                    r + 0.5,
                    self.language.number(value, self.digits),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=ink,
                )
        axes.set_xlim(0, len(self.ends))
        axes.set_ylim(len(self.ends), 0)
        names = [key.name.replace(" ", "\n", 1) for key in self.ends]
        middles = [n + 0.5 for n in range(len(names))]
        axes.set_xticks(middles, names, fontsize=7)
        axes.set_yticks(middles, names, fontsize=8)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        axes.set_xlabel(f"{self.across} →", fontsize=8, loc="left", style="italic")
        axes.set_ylabel(f"← {self.down}", fontsize=8, loc="top", style="italic", color=look.ink)
        heading(axes, self.heading, look)
