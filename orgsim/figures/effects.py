"""Figures of a sweep, each drawn from one tidy table: curves along a factor, maps of two factors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from orgsim.experiments.statistics import holm
from orgsim.figures.comparison import COLOURS, MARKS
from orgsim.figures.effects_frame import axis_label, blank, head, line_name, number, percent, shown, subject
from orgsim.figures.effects_shares import screening, shares, shares_table, tornado, tornado_table, variance_split

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from orgsim.experiments.effects.effects import Effects

LEVEL = 0.05
MOST_MAPS = 3
MOST_LINES = 6


def drawn(found: Sequence[Effects]) -> dict[str, Figure]:
    """All figures of some responses of one sweep, by name; those of one response alone are of the first."""
    first = found[0]
    out: dict[str, Figure] = {}
    if math.isfinite(first.variance["share"].max()):
        out["variance"] = variance_split(found)
        if len(shares_table(first)) > 1:
            out["shares"] = shares(first)
    for name in first.curves:
        out[f"curve-{name}"] = response_curves(found, name)
    if first.interactions is not None:
        pairs = first.interactions[["factor", "other"]].drop_duplicates().itertuples(index=False, name=None)
        for one, other in sorted(pairs, key=lambda pair: -_pair_share(first, pair))[:MOST_MAPS]:
            out[f"map-{one}-{other}"] = heat_map(first, one, other)
            line, lines = (one, other) if one in first.curves else (other, one)
            if line in first.curves and first.points[lines].nunique() <= MOST_LINES:
                out[f"curves-{line}-{lines}"] = curves_by_level(first, line, lines)
    if first.kind == "one_at_a_time" and len(tornado_table(first)):
        out["tornado"] = tornado(first)
    if first.kind == "morris" and first.complete:
        out["screening"] = screening(first)
    return out


def curves_table(found: Sequence[Effects], factor: str) -> pd.DataFrame:
    """The responses along a factor: response, value, mean, low, high in the shown unit, and whether it is a level."""
    tables = [each.curves[factor].assign(response=line_name(each, found)) for each in found if factor in each.curves]
    table = pd.concat(tables, ignore_index=True)
    table[["mean", "low", "high"]] *= found[0].scale
    return table


def response_curves(found: Sequence[Effects], factor: str) -> Figure:
    """Each response along a numeric factor, with the band of its interval; the other factors are averaged."""
    first, table = found[0], curves_table(found, factor)
    figure, axis = blank()
    _zero_line(axis, first)
    for place, (name, rows) in enumerate(table.groupby("response", sort=False)):
        _band(axis, rows, place, str(name))
    axis.set_xlabel(factor)
    if table["response"].nunique() > 1:
        axis.legend(frameon=False, fontsize=8)
        axis.set_ylabel(axis_label(first, arm=False))
    else:
        axis.set_ylabel(axis_label(first))
    head(figure, _turn(first, factor) if len(found) == 1 else f"{subject(first)} along {factor}",
          "95 % intervals" + ("" if first.kind == "grid" or len(first.factors) == 1 else
                              "; the other factors at the base point" if first.kind == "one_at_a_time" else
                              "; a smooth curve, the other factors averaged"))  # fmt: skip
    return figure


def curves_by_level(found: Effects, along: str, across: str) -> Figure:
    """Of a grid: the response along one numeric factor, a line with its intervals for each level of another."""
    table = map_table(found, along, across)
    figure, axis = blank()
    _zero_line(axis, found)
    shift = 0.006 * (float(table[along].max()) - float(table[along].min()))
    levels = list(dict.fromkeys(table[across]))
    for place, level in enumerate(levels):
        rows = table[table[across] == level].sort_values(along)
        error = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]] if rows["low"].notna().all() else None
        x = rows[along].astype(float) + shift * (place - (len(levels) - 1) / 2)
        axis.errorbar(x, rows["mean"], yerr=error, color=COLOURS[place % len(COLOURS)], linewidth=1.4, capsize=2,
                      marker=MARKS[place % len(MARKS)], markersize=4.5, label=shown(level))  # fmt: skip
    axis.set_xlabel(along)
    axis.set_ylabel(axis_label(found))
    axis.legend(frameon=False, fontsize=8, title=across, title_fontsize=8)
    terms = found.variance.set_index("term")["share"]
    share = float(terms.get(f"{along} x {across}", terms.get(f"{across} x {along}", 0.0)))
    head(figure, f"{found.label}: {along} and {across} together make {percent(share)} of its variance",
         "95 % intervals" + ("" if len(found.factors) == 2 else "; the other factors averaged"))  # fmt: skip
    return figure


def map_table(found: Effects, along: str, across: str) -> pd.DataFrame:
    """Means of a grid at each pair of levels of two factors, in the shown unit, the others averaged; `beyond_luck`:
    they are not zero by a t test, after Holm's correction over the cells."""
    every = found.interactions
    assert every is not None
    table = every[(every["factor"] == along) & (every["other"] == across)]
    names = {"level": along, "other_level": across}
    if not len(table):
        table = every[(every["factor"] == across) & (every["other"] == along)]
        names = {"level": across, "other_level": along}
    out = table[list(names)].rename(columns=names)
    out = out.assign(mean=table["mean"] * found.scale, low=table["mean_low"] * found.scale,
                     high=table["mean_high"] * found.scale)  # fmt: skip
    out["beyond_luck"] = np.asarray(holm(table["mean_p_value"].tolist())) < LEVEL
    return out.reset_index(drop=True)


def heat_map(found: Effects, along: str, across: str) -> Figure:
    """Two factors of a grid as a map; for a difference, colours part at zero and cells within luck are hatched."""
    table = map_table(found, along, across)
    xs, ys = list(dict.fromkeys(table[along])), list(dict.fromkeys(table[across]))
    cells = np.array([[_cell(table, along, x, across, y, "mean") for x in xs] for y in ys], dtype=float)
    figure, axis = blank((max(6.6, min(10.0, 2.6 + 0.9 * len(xs))), max(3.6, min(8.0, 2.2 + 0.55 * len(ys)))))
    differs = found.against is not None
    most = float(np.abs(cells).max()) or 1.0
    ends = {"cmap": "PuOr", "vmin": -most, "vmax": most} if differs else {"cmap": "cividis"}
    image = axis.imshow(cells, origin="lower", aspect="auto", **ends)
    low, high = image.get_clim()
    for row, y in enumerate(ys):
        for column, x in enumerate(xs):
            value = cells[row, column]
            within = differs and not _cell(table, along, x, across, y, "beyond_luck")
            if within:
                axis.fill_between([column - 0.5, column + 0.5], row - 0.5, row + 0.5, facecolor="none", hatch="///",
                                  edgecolor="#666666", linewidth=0.0)  # fmt: skip
            place = (value - low) / (high - low) if high > low else 0.5
            dark = abs(place - 0.5) > 0.34 if differs else place < 0.5
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.2} if within else None
            axis.text(column, row, number(value, differs), ha="center", va="center", fontsize=8, bbox=box,
                      color="white" if dark and not within else "black")  # fmt: skip
    axis.set_xticks(range(len(xs)), [shown(x) for x in xs])
    axis.set_yticks(range(len(ys)), [shown(y) for y in ys])
    axis.set_xlabel(along)
    axis.set_ylabel(across)
    axis.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axis, shrink=0.9)
    bar.set_label(axis_label(found), fontsize=8)
    bar.outline.set_visible(False)  # type: ignore[operator]
    if differs:
        plus = int((table["beyond_luck"] & (table["mean"] > 0)).sum())
        minus = int((table["beyond_luck"] & (table["mean"] < 0)).sum())
        said = f"{found.label}: + in {plus} of {len(table)} cells, - in {minus}"
        below = "hatched: not separated from luck (paired t tests, Holm over cells)"
    else:
        best = table.iloc[int(table["mean"].argmax())]
        said = f"{found.label} is highest at {along} = {shown(best[along])}, {across} = {shown(best[across])}"
        below = "means over worlds"
    head(figure, said, below + ("" if len(found.factors) == 2 else "; the other factors averaged"))
    return figure


def _zero_line(axis: Axes, found: Effects) -> None:
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    if found.against is not None:
        axis.axhline(0, color="#444444", linewidth=0.9)


def _band(axis: Axes, rows: pd.DataFrame, place: int, name: str) -> None:
    colour = COLOURS[place % len(COLOURS)]
    if rows["low"].notna().any():
        axis.fill_between(rows["value"], rows["low"], rows["high"], color=colour, alpha=0.2, linewidth=0)
    axis.plot(rows["value"], rows["mean"], color=colour, linewidth=1.6, label=name)
    marks = rows[rows["level"]]
    axis.plot(marks["value"], marks["mean"], MARKS[place % len(MARKS)], color=colour, markersize=4.5)


def _turn(found: Effects, factor: str) -> str:
    """What a curve of one response says: where the sign turns, or that it does not."""
    curve = found.curves[factor]
    if found.against is None:
        best = curve.iloc[int(curve["mean"].argmax())]
        return f"{found.label} is highest at {factor} = {number(float(best['value']))}"
    flips = found.flips[found.flips["factor"] == factor]
    sure = flips[flips["sure"]]
    if len(sure):
        row = sure.iloc[0]
        ends = f"({number(row['low'])} to {number(row['high'])})"
        return f"{found.label} changes sign at {factor} = {number(row['at'])} {ends}"
    if len(flips):
        return f"{found.label}: no sure change of sign along {factor}"
    if (curve["low"] > 0).all() or (curve["high"] < 0).all():
        return f"{found.label} is {'above' if (curve['low'] > 0).all() else 'below'} zero all along {factor}"
    return f"{found.label}: the mean does not change sign along {factor}, but luck could hide it"


def _pair_share(found: Effects, pair: tuple[str, str]) -> float:
    shares = found.variance[found.variance["kind"] == "factor"].set_index("term")["share"]
    return float(shares[pair[0]] + shares[pair[1]])


def _cell(table: pd.DataFrame, along: str, x: Any, across: str, y: Any, column: str) -> Any:
    return table.loc[(table[along] == x) & (table[across] == y), column].iloc[0]
