"""A note where there is nothing to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orgsim.figures.look import Look, haloed

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from orgsim.figures.chart import Spec


@dataclass(frozen=True)
class Note:
    """text: what the reader is told instead."""

    text: str

    @property
    def margin(self) -> int:
        return 12

    @property
    def frame(self) -> int:
        return 20

    @property
    def height(self) -> int:
        return 40

    def spec(self, width: int | None = None) -> Spec:
        mark = {"type": "text", "style": "muted", "align": "left", "baseline": "middle", "text": self.text}
        return {
            "transform": [{"filter": "false"}],
            "layer": [{"data": {"values": [{}]}, "mark": mark, "encoding": {"x": {"value": 0}, "y": {"value": 20}}}],
        }

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None:
        axes.set_axis_off()
        haloed(axes, 0, 0.5, self.text, look, transform=axes.transAxes, va="center", fontsize=9, color=look.muted)
