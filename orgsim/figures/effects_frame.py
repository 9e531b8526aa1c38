"""What figures of a sweep share: axes, headings, labels, numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from orgsim.experiments.effects.effects import Effects

PER_INCH = 13.4  # characters of a heading


def blank(size: tuple[float, float] = (8.6, 4.8)) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_axisbelow(True)
    return figure, axis


def side_by_side(size: tuple[float, float], widths: tuple[float, float]) -> tuple[Figure, Axes, Axes]:
    """Two panels that share their rows."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=widths)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_axisbelow(True)
    return figure, left, right


def head(figure: Figure, said: str, below: str) -> None:
    width = int(figure.get_size_inches()[0] * PER_INCH)
    lines = [*textwrap.wrap(said, width), *textwrap.wrap(below, width)]
    figure.suptitle("\n".join(lines), fontsize=9.5)


def axis_label(found: Effects, arm: bool = True) -> str:
    text = found.label if arm else subject(found)
    return "\n".join(textwrap.wrap(f"{text}, {found.unit}" if found.unit else text, 52))


def subject(found: Effects) -> str:
    return found.metric.title if found.against is None else f"{found.metric.title}, difference between arms"


def line_name(found: Effects, every: Sequence[Effects]) -> str:
    """What tells a response from the others."""
    if len(every) == 1:
        return found.label
    return str(found.arm) if found.against is None else f"{found.arm} against {found.against}"


def number(value: float, signed: bool = False) -> str:
    text = f"{value:{'+' if signed else ''}.3g}" if abs(value) < 1000 else f"{value:{'+' if signed else ''},.0f}"
    return text if any(c in "123456789" for c in text) else "0"


def shown(value: Any) -> str:
    if value is None or isinstance(value, str):
        return "not set" if value is None else value
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    return f"{float(value):,.0f}" if abs(value) >= 1000 else f"{float(value):.4g}"


def percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.0f} %"
