"""Figures of where each structure wins; colours are Okabe and Ito's, and letters say the same as colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from structures_grid import BOTH_ENDS, Point, Setting, away, ranges, settings, shown, slice_cells
from structures_runs import Contest, Runs, contests

from orgsim.experiments.attribution import Attribution
from orgsim.experiments.statistics import paired

DPI = 110
COLOURS = {"merged": "#0072B2", "separate": "#E69F00", "cro": "#009E73"}
PAIR_COLOURS = {"merged": "#0072B2", "merged_mixed": "#56B4E9", "merged_marketing": "#CC79A7", "cro": "#009E73"}
MARKS = {"merged": "o", "merged_mixed": "s", "merged_marketing": "D", "cro": "^"}
OPEN = "#E8E8E8"
LETTERS = {"merged": "M", "separate": "S", "cro": "C"}
WORDS = {"profit": "profit after leaders' pay", "value": "profit and run-off margin",
         "profit_before_leaders": "profit before leaders' pay"}  # fmt: skip


def kind(arm: str) -> str:
    """A merged director is merged whatever the background."""
    return "merged" if arm.startswith("merged") else arm


def name_of(setting: Setting) -> str:
    """A setting in words."""
    return f"start = {setting[0]}, budget = {setting[1]}"


def save(figure: Figure, folder: Path, name: str) -> Path:
    """Write a figure as PNG; the same bytes for the same figures."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.png"
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
    return path


def sheet(width: float, height: float) -> Figure:
    """An empty figure."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _cell(axis: Axes, x: float, y: float, contest: Contest) -> None:
    """One square: the leader's colour and letter, or grey and the letters of those still in the race."""
    leader = contest.leader and kind(contest.leader)
    axis.add_patch(_square(x, y, COLOURS[leader] if leader else OPEN))
    text = LETTERS[leader] if leader else "/".join(LETTERS[kind(arm)] for arm in contest.ahead)
    axis.text(x, y, text, ha="center", va="center", fontsize=7.5, color="white" if leader in ("merged", "cro")
              else "black", fontweight="bold" if leader else "normal")  # fmt: skip


def _square(x: float, y: float, colour: str) -> Patch:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=colour, edgecolor="white", linewidth=0.5)


def _legend(figure: Figure) -> None:
    leads = {"merged": "merged director leads", "separate": "separate heads lead", "cro": "CRO leads"}
    patches = [Patch(color=COLOURS[arm], label=f"{LETTERS[arm]}: {words} beyond luck") for arm, words in leads.items()]
    patches.append(Patch(color=OPEN, label="not separated: letters of those that none beats"))
    figure.legend(handles=patches, loc="outside lower center", ncols=2, frameon=False, fontsize=8)


def single(point: Point) -> tuple[str, str]:
    """Factor and level of a point of one factor at a time."""
    return (point.levels[0][0], shown(point.levels[0][1])) if point.levels else ("", "baseline")


def winners_map(runs: Runs, metric: str) -> Figure:
    """Who leads, by factor level (rows), background of the merged director and setting (columns)."""
    rows = list(dict.fromkeys(point for point, _ in runs if point.slice is None))
    backgrounds = list(ranges()["backgrounds"])
    figure = sheet(10.5, 1.9 + 0.3 * len(rows))
    axes = figure.subplots(1, len(settings()), sharey=True)
    for axis, setting in zip(axes, settings(), strict=True):
        found = contests(runs, setting, metric)
        for y, point in enumerate(rows):
            for x, background in enumerate(backgrounds):
                _cell(axis, x, y, found[point, background])
        axis.set_xlim(-0.5, len(backgrounds) - 0.5)
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_xticks(range(len(backgrounds)), backgrounds, fontsize=8)
        axis.set_title(f"start = {setting[0]}\nbudget = {setting[1]}", fontsize=9)
        axis.set_xlabel("merged director bred in", fontsize=8)
        axis.set_yticks(range(len(rows)), [" = ".join(filter(None, single(point))) for point in rows], fontsize=8)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    _legend(figure)
    figure.suptitle(f"Where each structure wins: {WORDS.get(metric, metric)}, one factor at a time", fontsize=11)
    return figure


def differences(runs: Runs, setting: Setting, metric: str) -> Figure:
    """Difference of each arm to separate heads by factor level, paired means and 95 % intervals."""
    factors = {name: f for name, f in ranges()["factors"].items() if any(dict(p.levels).get(name) for p, _ in runs)}
    columns = min(4, len(factors))
    count = -(-len(factors) // columns)
    figure = sheet(3.1 * columns, 0.9 + 2.9 * count)
    grid = figure.subplots(count, columns, squeeze=False).ravel()
    by_levels = {point.levels: values for (point, other), values in runs.items() if other == setting}
    for axis, (name, factor) in zip(grid, factors.items(), strict=False):
        here = [level for level in factor["levels"] if away({name: level}) in by_levels]
        for number, arm in enumerate(PAIR_COLOURS):
            found = [paired(by_levels[away({name: level})][arm][metric],
                            by_levels[away({name: level})][ranges()["against"]][metric]) for level in here]  # fmt: skip
            x = np.arange(len(here)) + 0.09 * (number - 1.5)
            mean = np.array([e.mean for e in found]) / 1e3
            error = [mean - np.array([e.low for e in found]) / 1e3, np.array([e.high for e in found]) / 1e3 - mean]
            axis.errorbar(x, mean, yerr=error, fmt=f"{MARKS[arm]}-", color=PAIR_COLOURS[arm], markersize=4, capsize=2,
                          linewidth=1, label=ranges()["arms"][arm])  # fmt: skip
        axis.axhline(0, color="#555555", linewidth=0.8)
        axis.set_xticks(range(len(here)), [shown(level) for level in here], fontsize=8)
        axis.set_title(factor["title"] if len(factor["title"]) < 34 else factor["title"].split(": ")[-1], fontsize=8.5)
        axis.set_xlabel(factor["unit"], fontsize=8)
        axis.tick_params(axis="y", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    for axis in grid[len(factors) :]:
        axis.set_visible(False)
    for row in range(count):
        grid[row * columns].set_ylabel("k€ a year against separate heads", fontsize=8)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    figure.suptitle(f"{WORDS.get(metric, metric).capitalize()}; {name_of(setting)}; paired means, 95 % intervals",
                    fontsize=10.5)  # fmt: skip
    return figure


def slices(runs: Runs, metric: str) -> Figure:
    """Who leads, by pairs of factors (rows of panels: setting and pair; columns: background)."""
    backgrounds, pairs = list(ranges()["backgrounds"]), ranges()["slices"]
    figure = sheet(2.2 * len(backgrounds) * len(BOTH_ENDS), 1.0 + 2.1 * len(pairs))
    grid = figure.subplots(len(pairs), len(backgrounds) * len(BOTH_ENDS), squeeze=False)
    for side, setting in enumerate(BOTH_ENDS):
        found = {(point.levels, b): c for (point, b), c in contests(runs, setting, metric).items()}
        for number, pair in enumerate(pairs):
            for column, background in enumerate(backgrounds):
                axis = grid[number][side * len(backgrounds) + column]
                first, second = pair["levels"]
                for place, levels, point in slice_cells():
                    if place == number and (point.levels, background) in found:
                        _cell(axis, first.index(levels[0]), second.index(levels[1]), found[point.levels, background])
                axis.set_xlim(-0.5, len(first) - 0.5)
                axis.set_ylim(-0.5, len(second) - 0.5)
                axis.set_xticks(range(len(first)), [shown(level) for level in first], fontsize=7.5)
                axis.set_yticks(range(len(second)), [shown(level) for level in second], fontsize=7.5)
                axis.set_xlabel(pair["factors"][0], fontsize=8)
                axis.set_ylabel(pair["factors"][1], fontsize=8)
                axis.tick_params(length=0)
                axis.spines[:].set_visible(False)
                axis.set_aspect("equal")
                if number == 0:
                    axis.set_title(f"{name_of(setting)}\nmerged director: {background}", fontsize=7.5)
    _legend(figure)
    figure.suptitle(f"Two factors at a time: {WORDS.get(metric, metric)}", fontsize=11)
    return figure


def shares(found: list[Attribution]) -> Figure:
    """Shapley shares of each structure's effect, with 95 % intervals."""
    figure = sheet(3.6 * len(found) + 1.0, 3.6)
    axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axis, one in zip(axes, found, strict=True):
        years = one.scenario.time.years
        rows = [(group, one.share(group)) for group in one.groups] + [("all", one.effect)]
        for y, (group, e) in enumerate(rows):
            colour = "#333333" if group == "all" else PAIR_COLOURS.get(one.structure, "#0072B2")
            scale = 1e-3 / years
            axis.barh(y, e.mean * scale, color=colour, height=0.62)
            axis.plot([e.low * scale, e.high * scale], [y, y], color="black", linewidth=1.2)
        axis.set_yticks(range(len(rows)), [group for group, _ in rows], fontsize=8)
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.axvline(0, color="#555555", linewidth=0.8)
        axis.set_title(f"{ranges()['arms'].get(one.structure, one.structure)}\nagainst {one.against}", fontsize=9)
        axis.set_xlabel("k€ a year", fontsize=8)
        axis.tick_params(axis="x", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
    figure.suptitle(f"Shapley shares of the effect on {WORDS.get(found[0].metric, found[0].metric)}", fontsize=10.5)
    return figure
