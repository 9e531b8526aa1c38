"""Figures of what moves a response: tornado, shares of variance, screening. Each is drawn from one tidy table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from orgsim.figures.comparison import COLOURS
from orgsim.figures.effects_frame import blank, head, line_name, percent, shown, side_by_side, subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from orgsim.experiments.effects.effects import Effects

LEVEL = 0.05
MOST_PARTS = 6
MOST_TERMS = 14
PARTS = {"factor": "#0072B2", "first order": "#0072B2", "total": "#56B4E9", "pair": "#56B4E9", "higher": "#009E73",
         "rest": "#009E73", "luck": "#999999"}  # fmt: skip
KINDS = {"first order": "by itself (first order)", "total": "with all it takes part in (total)", "factor": "by itself",
         "pair": "two together", "higher": "more together", "rest": "no curve of one factor"}  # fmt: skip
LUCK = {"luck, the same at all points": "#777777", "luck, not the same at all points": "#bbbbbb"}
LIGHT = ("#E69F00", "#56B4E9", "#bbbbbb", "#CC79A7")


def tornado_table(found: Effects) -> pd.DataFrame:
    """The largest change down and up from the base point by factor, in the shown unit, largest factor first: factor,
    base, level, change, low, high."""
    table = found.changes.copy()
    if not len(table):
        return table
    table[["change", "low", "high"]] = table[["change", "low", "high"]].astype(float) * found.scale
    table = table[table["change"].notna()]
    ends = table.groupby("factor")["change"].agg(["idxmin", "idxmax"])
    kept = table.loc[sorted({*ends["idxmin"], *ends["idxmax"]})]
    size = kept.groupby("factor")["change"].agg(lambda change: float(np.abs(change).max()))
    order = kept["factor"].map(size).sort_values(ascending=False, kind="stable").index
    return kept.loc[order, ["factor", "base", "level", "change", "low", "high"]].reset_index(drop=True)


def tornado(found: Effects) -> Figure:
    """One bar per factor: how far its levels move the response from the base point, alone."""
    table = tornado_table(found)
    names = list(dict.fromkeys(table["factor"]))
    figure, axis = blank((8.6, 2.0 + 0.52 * len(names)))
    for row in table.to_dict("records"):
        place = len(names) - 1 - names.index(row["factor"])
        axis.barh(place, row["change"], 0.56, color=COLOURS[0] if row["change"] >= 0 else COLOURS[1])
        finite = math.isfinite(row["low"])
        if finite:
            axis.plot([row["low"], row["high"]], [place, place], color="#222222", linewidth=1.1)
        end = (max(row["change"], row["high"]) if row["change"] >= 0 else min(row["change"], row["low"])) \
            if finite else row["change"]  # fmt: skip
        axis.annotate(shown(row["level"]), (end, place), (4 if row["change"] >= 0 else -4, 0), fontsize=8, va="center",
                      textcoords="offset points", ha="left" if row["change"] >= 0 else "right")  # fmt: skip
    axis.axvline(0, color="#444444", linewidth=0.9)
    base = {row["factor"]: row["base"] for row in table.to_dict("records")}
    axis.set_yticks(range(len(names)), [f"{name}\n(base {shown(base[name])})" for name in reversed(names)], fontsize=8)
    axis.margins(x=0.12)
    axis.set_xlabel(f"change from the base point, {found.unit or 'as in a run'}")
    axis.grid(axis="x", color="#dddddd", linewidth=0.6)
    sure = found.changes.loc[found.changes["p_adjusted"] < LEVEL, "factor"]
    first = next((name for name in names if name in set(sure)), None)
    head(figure, f"{found.label}: " + (f"{first} moves it most" if first else "no change is beyond luck"),
         "one factor at a time; lines are 95 % intervals of the change, paired by world")  # fmt: skip
    return figure


def shares_table(found: Effects) -> pd.DataFrame:
    """Shares of the variance of a run by term with intervals, largest first and luck last; at most 14 terms."""
    table = found.variance
    terms = table[~table["kind"].isin(["parameters", "luck", "part of luck"]) & table["share"].notna()]
    order = terms.groupby("term")["share"].max().sort_values(ascending=False, kind="stable").index[:MOST_TERMS]
    terms = terms[terms["term"].isin(order)].assign(place=lambda t: t["term"].map({n: k for k, n in enumerate(order)}))
    terms = terms.sort_values(["place", "kind"], kind="stable").drop(columns="place")
    luck = table[(table["kind"] == "luck") & table["share"].notna()]
    return pd.concat([terms, luck], ignore_index=True)[["term", "kind", "share", "share_low", "share_high"]]


def shares(found: Effects) -> Figure:
    """Bars of the shares of variance: factors, pairs or first-order and total effects, and luck."""
    table = shares_table(found)
    names = list(dict.fromkeys(table["term"]))
    both = {"first order", "total"} <= set(table["kind"])
    figure, axis = blank((8.6, 2.0 + (0.5 if both else 0.36) * len(names)))
    seen: set[str] = set()
    for row in table.to_dict("records"):
        shift = 0.0 if not both or row["kind"] == "luck" else (0.19 if row["kind"] == "first order" else -0.19)
        place = len(names) - 1 - names.index(row["term"]) + shift
        width = 0.34 if both and row["kind"] != "luck" else 0.6
        axis.barh(place, 100 * max(0.0, row["share"]), width, color=PARTS[row["kind"]],
                  label=None if row["kind"] in seen else KINDS.get(row["kind"]))  # fmt: skip
        seen.add(row["kind"])
        if math.isfinite(row["share_low"]):
            ends = [100 * min(1.0, max(0.0, row[end])) for end in ("share_low", "share_high")]
            axis.plot(ends, [place, place], color="#222222", linewidth=1.1)
    axis.set_yticks(range(len(names)), list(reversed(names)), fontsize=8)
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of the variance of one run")
    axis.grid(axis="x", color="#dddddd", linewidth=0.6)
    if len(seen - {"luck"}) > 1:
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    first = table.iloc[0]
    luck = table[table["kind"] == "luck"]["share"]
    told = f", luck {percent(luck.iloc[0])}" if len(luck) else ""
    said = (f"{found.label}: {first['term']} makes {percent(first['share'])} of its variance{told}" if found.beyond_luck
            else f"{found.label}: no parameter explains its variance beyond luck")  # fmt: skip
    over = "levels" if found.kind == "grid" else "ranges"
    head(figure, said, f"over the {over} given; lines are 95 % intervals")
    return figure


def split_table(found: Sequence[Effects]) -> pd.DataFrame:
    """The variance of a run in parts that sum to it: response, part, share. Shares below zero, which chance can bring,
    are zero; overlapping (total) shares are left out."""
    rows: list[dict[str, Any]] = []
    for each in found:
        table = each.variance.set_index("term")["share"].clip(lower=0.0)
        kinds = each.variance["kind"].tolist()
        disjoint = [name for name, kind in zip(each.variance["term"], kinds, strict=True)
                    if kind in ("factor", "pair", "higher", "first order", "rest")]  # fmt: skip
        parts: dict[str, float] = {}
        if disjoint:
            own = each.variance[each.variance["kind"] != "total"].drop_duplicates("term").set_index("term")["share"]
            largest = own[disjoint].dropna().clip(lower=0.0).sort_values(ascending=False, kind="stable")
            parts = dict(largest.iloc[:MOST_PARTS])
            parts["other parameters"] = max(0.0, float(table["parameters"]) - sum(parts.values()))
        else:
            parts["parameters"] = float(table["parameters"])
        for name in LUCK:
            if math.isfinite(table[name]):
                parts[name] = float(table[name])
        whole = sum(parts.values()) or 1.0
        rows += [{"response": line_name(each, found), "part": part, "share": share / whole}
                 for part, share in parts.items()]  # fmt: skip
    return pd.DataFrame(rows)


def variance_split(found: Sequence[Effects]) -> Figure:
    """One bar per response, from end to end the variance of one run: what factors do, and what luck does."""
    table = split_table(found)
    names = list(dict.fromkeys(table["response"]))
    figure, axis = blank((9.2, 2.5 + 0.5 * len(names)))
    parts = [part for part in dict.fromkeys(table["part"]) if not part.startswith("luck")]
    colours = {part: COLOURS[place % len(COLOURS)] for place, part in enumerate(parts)}
    colours |= {"other parameters": "#000000", **LUCK}
    start = dict.fromkeys(names, 0.0)
    for part in [*parts, *LUCK]:
        rows = table[table["part"] == part]
        if not rows["share"].max() > 0.002:
            continue
        for place, row in enumerate(rows.to_dict("records")):
            at = len(names) - 1 - names.index(row["response"])
            axis.barh(at, 100 * row["share"], 0.6, left=100 * start[row["response"]], color=colours[part],
                      edgecolor="white", linewidth=0.6, label=part if place == 0 else None)  # fmt: skip
            if row["share"] > 0.06:
                middle, ink = start[row["response"]] + row["share"] / 2, "black" if colours[part] in LIGHT else "white"
                axis.text(100 * middle, at, percent(row["share"]), ha="center", va="center", fontsize=8, color=ink)
            start[row["response"]] += row["share"]
    axis.set_yticks(range(len(names)), list(reversed(names)) if len(names) > 1 else [""], fontsize=8)
    axis.tick_params(axis="y", length=0)
    axis.set_xlim(0, 100)
    axis.set_ylim(-0.6, len(names) - 0.4)
    axis.set_xlabel("% of the variance of one run")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    first = found[0]
    luck = float(first.variance.set_index("term")["share"]["luck"])
    if len(found) > 1:
        said = f"{subject(first)}: what it varies with, arm by arm"
    elif math.isnan(luck):
        said = f"{first.label}: what it varies with (one world: luck is in all parts)"
    else:
        said = f"{first.label}: {percent(1 - luck)} of its variance is parameters, {percent(luck)} luck"
    head(figure, said, "over the points and worlds of the sweep; bars are scaled to 100 %")
    return figure


def screening_table(found: Effects) -> pd.DataFrame:
    """Morris screening in the shown unit: factor, mu_star with its interval, sigma, luck."""
    table = found.screening[["factor", "mu", "mu_star", "low", "high", "sigma", "luck", "beyond_luck"]].copy()
    columns = ["mu", "mu_star", "low", "high", "sigma", "luck"]
    table[columns] = table[columns] * found.scale
    return table


def screening(found: Effects) -> Figure:
    """Morris's measures by factor: how much it does (mu*), beside what luck alone gives, and how unevenly (sigma)."""
    table = screening_table(found)
    rows = table.iloc[::-1].to_dict("records")
    figure, axis, uneven = side_by_side((9.0, 1.5 + 0.32 * len(rows)), (3, 1))
    for place, row in enumerate(rows):
        strong = row["beyond_luck"] is not False
        colour = COLOURS[0] if strong else "#999999"
        axis.barh(place, row["mu_star"], 0.62, color=colour)
        if math.isfinite(row["low"]):
            axis.hlines(place, max(0.0, row["low"]), row["high"], color="#222222", linewidth=1.2)
        uneven.barh(place, row["sigma"], 0.62, color=colour)
    lucky = [(row["luck"], place) for place, row in enumerate(rows) if math.isfinite(row["luck"])]
    if lucky:
        marks, places = zip(*lucky, strict=True)
        axis.scatter(marks, places, marker="D", s=18, color="#D55E00", zorder=3, label="what luck alone gives")
        axis.legend(loc="lower right", frameon=False, fontsize=8)
    axis.set_yticks(range(len(rows)), [row["factor"] for row in rows], fontsize=8)
    unit = found.unit or "as in a run"
    axis.set_xlabel(f"mu*: mean absolute effect over the whole range, {unit}")
    uneven.set_xlabel("sigma: its spread\n(curvature, interactions)")
    for panel in (axis, uneven):
        panel.set_xlim(left=0)
        panel.grid(axis="x", color="#eeeeee", linewidth=0.6)
    sure = int(table["beyond_luck"].map(lambda value: value is not False).sum())
    most = table["factor"].iloc[0]
    told = f"{most} matters most; {sure} of {len(table)} factors are beyond luck" if sure else \
        f"none of {len(table)} factors is beyond luck"  # fmt: skip
    head(figure, f"{found.label}: {told}",
         "lines are 95 % intervals over trajectories and worlds")  # fmt: skip
    return figure
