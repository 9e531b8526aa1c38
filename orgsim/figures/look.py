"""How figures look: inks and colours in light and dark, and the frame of a figure drawn for a file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from orgsim.figures.chart import Chart

PER_INCH = 96  # px of a page in an inch of a file
KEY = 44  # letters in a line of a key


@dataclass(frozen=True)
class Look:
    """Inks and colours of a theme. colours: of arms by place. ramp: for amounts, from next to the ground.
    tones: of lines that are no arms."""

    ground: str
    ink: str
    muted: str
    line: str
    guide: str
    colours: tuple[str, ...]
    ramp: tuple[str, ...]
    tones: tuple[str, ...]

    def tone(self, place: int) -> str:
        return self.tones[place % len(self.tones)]

    def colour(self, place: int) -> str:
        return self.colours[place % len(self.colours)]


LIGHT = Look(
    "#ffffff",
    "#1a1d21",
    "#5b626b",
    "#8a929c",
    "#e1e4e8",
    ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
    ("#e8f1f8", "#b9d6ea", "#7fb3d8", "#3f8bc0", "#0b5f9a", "#08406b"),
    ("#1a1d21", "#9a3d7c", "#8a6100"),
)
DARK = Look(
    "#15181c",
    "#e8eaed",
    "#a8b0ba",
    "#79828d",
    "#343a42",
    ("#4ea3de", "#f08a4b", "#2fc39a", "#df9fc2", "#f2b33d", "#8fd3f7"),
    ("#1d2b38", "#214a6b", "#2b6c9f", "#4a91c7", "#86bce3", "#cfe6f7"),
    ("#e8eaed", "#df9fc2", "#f2b33d"),
)
LOOKS = {"light": LIGHT, "dark": DARK}


def figure_of(chart: Chart, theme: str, width: float, below: str = "") -> Figure:
    """All panels of a chart in one figure of so many inches, its title above."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    look = LOOKS[theme]
    side = chart.beside(int(width * PER_INCH))
    rows = -(-len(chart.panels) // side)
    heights = [
        max(panel.height + panel.frame for panel in chart.panels[row * side : (row + 1) * side]) / PER_INCH
        for row in range(rows)
    ]
    title = textwrap.wrap(chart.title, int(width * 11))
    under = textwrap.wrap(below, int(width * 17)) if below else []
    lines = len(title) + len(under)
    figure = Figure(figsize=(width, sum(heights) + 0.1 + 0.22 * lines), layout="constrained", facecolor=look.ground)
    FigureCanvasAgg(figure)
    top = figure.get_figheight()
    figure.get_layout_engine().set(  # type: ignore[union-attr, call-arg]
        w_pad=0.1, h_pad=0.06, wspace=0.04, hspace=0.03, rect=(0, 0, 1, 1 - (0.04 + 0.19 * lines) / top)
    )
    grid = figure.subplots(rows, side, squeeze=False, height_ratios=heights)
    for place, axes in enumerate(grid.flat):
        if place < len(chart.panels):
            plain(axes, look)
            chart.panels[place].draw(axes, chart.table, look)
        else:
            axes.set_visible(False)
    figure.text(0.1 / width, 1 - 0.07 / top, "\n".join(title), va="top", fontsize=11, fontweight="bold", color=look.ink)
    if under:
        figure.text(
            0.1 / width, 1 - (0.1 + 0.2 * len(title)) / top, "\n".join(under), va="top", fontsize=8, color=look.muted
        )
    return figure


def plain(axes: Axes, look: Look) -> None:
    """Axes without a frame, in the theme's inks."""
    axes.set_facecolor(look.ground)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(look.line)
    axes.tick_params(axis="both", colors=look.muted, labelsize=8, length=3)
    axes.xaxis.label.set_color(look.ink)
    axes.set_axisbelow(True)


def heading(axes: Axes, text: str, look: Look, key: Sequence[tuple[str, str, str]] = ()) -> None:
    """A panel's title, below it the key: name, colour and mark of each arm."""
    from matplotlib.lines import Line2D

    names = [textwrap.wrap(name, KEY) or [""] for name, _, _ in key]
    if key:
        marks = [
            Line2D([], [], marker=mark, color=colour, linestyle="none", markersize=6, label="\n".join(lines))
            for lines, (_, colour, mark) in zip(names, key, strict=True)
        ]
        axes.legend(
            handles=marks,
            loc="lower left",
            bbox_to_anchor=(-0.015, 1.0),
            frameon=False,
            fontsize=8.5,
            ncols=1,
            labelcolor=look.ink,
            handletextpad=0.3,
            borderaxespad=0.2,
            labelspacing=0.3,
        )
    if text:
        lines = "\n".join(textwrap.wrap(text, 60))
        above = 6 + 12.5 * sum(map(len, names))
        axes.set_title(lines, loc="left", fontsize=9.5, fontweight="bold", color=look.ink, pad=above)


def haloed(axes: Axes, x: float, y: float, text: str, look: Look, **more: Any) -> None:
    """Text that grid lines do not run through, and that takes no room from the plot."""
    from matplotlib.patheffects import withStroke

    written = axes.text(
        x,
        y,
        text,
        color=more.pop("color", look.ink),
        **more,
        path_effects=[withStroke(linewidth=3, foreground=look.ground)],
    )
    written.set_in_layout(False)


def numbers(axis: Any, language: Any, digits: int | None) -> None:
    """Ticks of an axis written in the reader's language."""
    from matplotlib.ticker import FuncFormatter

    def said(value: float, _: int) -> str:
        text: str = language.number(value, digits)
        return text.rstrip("0").rstrip(language.decimal) if digits and language.decimal in text else text

    axis.set_major_formatter(FuncFormatter(said))
