"""The lead black hole: how much is unattended, and what of it is capacity, belief and their interaction.

    python benchmarks/black_hole.py --into docs/black-hole.md --figures docs/figures [--quick] [--threads 2]

Four runs of each case in the same worlds: capacity and belief in force or off (theory 1.4; E3, E5, E8, A1). Settings
stand in story/settings.toml, written before anything was run.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from story_worlds import QUICK, Values, changed, mean_of, of_hole, settings, shown, table, worlds

from orgsim.experiments.attribution import shapley
from orgsim.experiments.statistics import Estimate, estimate

COMMAND = "python benchmarks/black_hole.py --into docs/black-hole.md --figures docs/figures"
HARDLY = 0.01  # share of leads below which the gate is said to leave hardly any lying
A1 = 0.7  # share of leads not pursued that A1 gives
COLOURS = {"capacity": "#0072B2", "belief": "#D55E00", "rest": "#BBBBBB"}


@dataclass(frozen=True)
class Hole:
    """One case: unattended share by what is in force (bit 0 capacity, bit 1 belief), a value for each world."""

    unattended: NDArray[np.float64]
    mqls: Estimate
    quality: Estimate

    @property
    def shares(self) -> tuple[Estimate, Estimate]:
        """Shapley shares of capacity and of belief: both orders of restoring them, averaged."""
        capacity, belief = shapley(self.unattended)
        return estimate(capacity), estimate(belief)

    @property
    def interaction(self) -> Estimate:
        """What both do together beyond what each does alone."""
        neither, capacity, belief, both = self.unattended
        return estimate(both - capacity - belief + neither)


def case(volume: float | None, belief: float | None, *, shipped: bool, quick: bool, threads: int | None) -> Hole:
    """The four runs of a volume of leads and a gate; `shipped`: the firm as it ships, nothing else set."""
    rules = settings()["hole"]
    own = {} if shipped else dict(rules["sets"])
    if volume is not None and belief is not None:
        own |= {rules["volume"]["parameter"]: volume, rules["belief"]["parameter"]: belief}
    count = QUICK if quick else rules["replicates"]
    found: list[Values] = []
    for mask in range(4):
        off = [{} if mask & 1 else rules["capacity_off"], {} if mask & 2 else rules["belief_off"]]
        scenario = changed(rules["firm"], own, *off, years=rules["years"])
        structure = scenario.today.structure
        found.append(worlds(scenario, [structure], of_hole, replicates=count, threads=threads)[structure])
    unattended = np.array([values["unattended"] for values in found])
    return Hole(unattended, mean_of(found[-1]["mqls"]), mean_of(found[-1]["quality"]))


def percent(found: Estimate, *, sign: bool = False) -> str:
    """A share with its interval."""
    return shown(found, 100, 1, sign=sign)


def gate(hole: Hole, alternative: float) -> str:
    """Whether reps who leave leads lying are right, on average, where the gate alone leaves enough lying to matter."""
    if estimate(hole.unattended[2] - hole.unattended[0]).low < HARDLY:
        return "the gate leaves hardly any lying"
    if not hole.quality.replicates or np.isnan(hole.quality.mean):
        return "nobody was talked to"
    if hole.quality.low > alternative:
        return "trap: leads are better, on average, than what they are left for"
    if hole.quality.high < alternative:
        return "no trap: leads are worse, on average, than what they are left for"
    return "about even"


def summary(holes: Mapping[tuple[float, float], Hole], shipped: Hole) -> list[str]:
    """What to read if one reads nothing else, made from the results."""
    rules = settings()["hole"]
    head = rules["headline"]["volume"], rules["headline"]["belief"]
    hole = holes[head]
    neither, capacity, belief, both = (estimate(row) for row in hole.unattended)
    by_capacity, by_belief = hole.shares
    main = "capacity" if by_capacity.mean > by_belief.mean else "belief"
    everywhere = [estimate(h.unattended[3]).mean for h in holes.values()]
    reached = sum(value >= A1 for value in everywhere)
    return [
        f"At {hole.mqls.mean:,.0f} leads handed over a year and a gate at {head[1]:g} (the case fixed beforehand), "
        f"**{percent(both)} % of the leads are never attempted**: with capacity alone {percent(capacity)} %, with "
        f"belief alone {percent(belief)} %, with neither {percent(neither)} %; interaction "
        f"{percent(hole.interaction, sign=True)} points. Averaged over both orders, capacity accounts for "
        f"{percent(by_capacity)} and belief for {percent(by_belief)} points (the larger part: {main}); the rest, "
        f"{percent(neither)}, is left with both off. Cases run: {len(holes)}, with {100 * min(everywhere):.0f} to "
        f"{100 * max(everywhere):.0f} % unattended; {reached} of them reach the {100 * A1:.0f} % of A1, a number "
        f"that its source states as given. The firm as it ships: {percent(estimate(shipped.unattended[3]))} %.", "",
    ]  # fmt: skip


def tables(holes: Mapping[tuple[float, float], Hole], shipped: Hole) -> list[str]:
    """The 2x2 of every case, its interaction, and Shapley shares over both orders."""
    alternative = changed(settings()["hole"]["firm"], years=1).belief.alternative
    listed = [("as shipped", alternative, shipped)]
    listed += [(f"{volume:g}", belief, hole) for (volume, belief), hole in holes.items()]
    square, split = [], []
    for volume, belief, hole in listed:
        name = [volume, f"{hole.mqls.mean:,.0f}", f"{belief:g}"]
        square.append([*name, *(percent(estimate(hole.unattended[mask])) for mask in (3, 1, 2, 0))])
        capacity, trap = hole.shares
        _, alone, gated, both = hole.unattended
        split.append([
            *name, percent(capacity), percent(trap), percent(hole.interaction, sign=True),
            percent(estimate(both - gated)), percent(estimate(both - alone)),
            f"{percent(hole.quality)}: {gate(hole, belief)}",
        ])  # fmt: skip
    head = ["Signals per aware account and year", "Leads handed over a year", "Gate"]
    return [
        "Share of leads never attempted, %:", "",
        *table([*head, "Both in force", "Capacity alone", "Belief alone", "Neither"], square),
        "What it comes from, points; switching off one alone; and whether the gate is a trap (share accepted of those "
        "talked to, %, against the gate):", "",
        *table([*head, "Capacity (Shapley)", "Belief (Shapley)", "Interaction", "Less without capacity limit",
                "Less without gate", "Quality"], split),
    ]  # fmt: skip


def drawing(holes: Mapping[tuple[float, float], Hole]) -> Figure:
    """Shapley shares stacked, by volume and gate."""
    rules = settings()["hole"]
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, len(rules["belief"]["levels"]), sharey=True, squeeze=False)[0]
    for axis, belief in zip(axes, rules["belief"]["levels"], strict=True):
        here = [(volume, hole) for (volume, other), hole in holes.items() if other == belief]
        for x, (_, hole) in enumerate(here):
            capacity, trap = hole.shares
            base = 0.0
            for name, part in (("rest", float(hole.unattended[0].mean())), ("capacity", capacity.mean),
                               ("belief", trap.mean)):  # fmt: skip
                axis.bar(x, 100 * part, bottom=100 * base, color=COLOURS[name], width=0.62,
                         hatch="//" if name == "belief" else None, edgecolor="white",
                         label={"rest": "neither"}.get(name, name) if x == 0 else None)  # fmt: skip
                base += part
            e = estimate(hole.unattended[3])
            axis.plot([x, x], [100 * e.low, 100 * e.high], color="black", linewidth=1.3)
        axis.axhline(100 * A1, color="#555555", linewidth=0.8, linestyle=":")
        axis.set_xticks(range(len(here)), [f"{hole.mqls.mean:,.0f}" for _, hole in here], fontsize=8)
        axis.set_title(f"gate at {belief:g}", fontsize=9)
        axis.set_xlabel("leads handed over a year", fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("never attempted, %", fontsize=8)
    axes[0].set_ylim(0, 100)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    figure.suptitle("The lead black hole: Shapley shares of capacity and belief (dotted: A1; line: 95 % interval)",
                    fontsize=10)  # fmt: skip
    return figure


def page(holes: Mapping[tuple[float, float], Hole], shipped: Hole, image: str, *, quick: bool) -> str:
    """The whole page."""
    rules = settings()["hole"]

    def listed(name: str) -> str:
        return ", ".join(f"`{path}` {value:g}" for path, value in rules[name].items())

    lines = [
        "# The lead black hole", "",
        "How many of the leads that marketing hands over does nobody in sales ever attempt, and is it for want of "
        "time or for want of belief? This page is printed as a whole by", "", f"    {COMMAND}", "",
        *(["**A quick look, not a result: few worlds.**", ""] if quick else []),
        "## What came out", "", *summary(holes, shipped),
        "## Settings", "",
        f"`benchmarks/story/settings.toml`, written before anything was run. Firm `{rules['firm']}` under today's "
        f"structure and pay, with {listed('sets')} (nearly all leads are handed over; few selling hours on leads), "
        f"`{rules['volume']['parameter']}` from {rules['volume']['levels'][0]:g} to {rules['volume']['levels'][-1]:g} "
        f"(lead volume) and `{rules['belief']['parameter']}` from {rules['belief']['levels'][0]:g} to "
        f"{rules['belief']['levels'][-1]:g} (the gate: the success rate below which an hour is thought better spent "
        f"elsewhere). {rules['years']} years after a warm-up under the same settings, seed {settings()['seed']}, "
        f"{shipped.unattended.shape[1]} worlds that all four runs share. Capacity off: "
        f"{listed('capacity_off')}; belief off: {listed('belief_off')}.", "",
        "*Unattended*: no attempt was ever made, of the leads handed over at least a shelf life before the horizon's "
        "end (A1). Mean [95 % interval] over worlds. Interaction: both in force, less each alone, plus neither. "
        "Shapley: restored in both orders, averaged (theory 1.4). The gate, the prior belief in marketing's leads and "
        "the hours kept for them are assumptions; volume and hours are chosen, not measured.", "",
        "## Cases", "", f"![Shapley shares]({image})", "", *tables(holes, shipped),
    ]  # fmt: skip
    return "\n".join(lines).rstrip("\n") + "\n"


def main() -> int:
    """Run all cases and print the page, or write it to a file."""
    parser = argparse.ArgumentParser(description="The lead black hole.")
    parser.add_argument("--quick", action="store_true", help="few worlds and two cases: a look, not a result")
    parser.add_argument("--threads", type=int, help="workers (default: all cores); changes no figure")
    parser.add_argument("--into", type=Path, help="file to write the page to; default standard output")
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"), help="folder of the figure")
    options = parser.parse_args()
    rules, quick, threads = settings()["hole"], options.quick, options.threads
    cells = [(volume, belief) for belief in rules["belief"]["levels"] for volume in rules["volume"]["levels"]]
    head = (rules["headline"]["volume"], rules["headline"]["belief"])
    holes = {
        cell: case(*cell, shipped=False, quick=quick, threads=threads) for cell in ([head] if quick else cells)
    }
    shipped = case(None, None, shipped=True, quick=quick, threads=threads)
    options.figures.mkdir(parents=True, exist_ok=True)
    path = options.figures / "black-hole.png"
    drawing(holes).savefig(path, format="png", dpi=110, metadata={"Software": None})
    near = options.into.parent if options.into else Path()
    text = page(holes, shipped, Path(os.path.relpath(path, near)).as_posix(), quick=quick)
    if options.into is None:
        print(text, end="")
    else:
        options.into.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
