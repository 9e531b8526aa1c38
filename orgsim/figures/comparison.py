"""Figures of a comparison, drawn by matplotlib from one tidy table each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from orgsim.experiments.comparison import Comparison

# Okabe and Ito's colours, told apart by colour-blind readers; one colour per pay plan.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKS = ("o", "s", "^", "D", "v", "P")
MANY = 8  # arms from which each has a line of its own
STAGES = {
    "leads_created": "Leads",
    "mqls": "Handed over\n(MQL)",
    "attempted": "Attempted",
    "sqls": "Accepted\n(SQL)",
    "opportunities": "Opportunities",
    "won": "Won",
}


class Plots:
    """The figures of one comparison; each method returns a matplotlib Figure, its table is beside it."""

    def __init__(self, comparison: Comparison) -> None:
        self._c = comparison

    def _plans(self) -> list[str]:
        return list(dict.fromkeys(arm.pay for arm in self._c.arms))

    def _structures(self) -> list[str]:
        return list(dict.fromkeys(arm.structure for arm in self._c.arms))

    def arms_table(self, metrics: list[str]) -> pd.DataFrame:
        """Mean and interval of metrics by arm, per year where the metric is a total over the horizon."""
        rows = []
        for arm in self._c.arms:
            for metric in metrics:
                scale = 1 if metric.endswith("share") else 1 / self._c.years
                e = self._c.mean(arm, metric)
                rows.append(
                    {"structure": arm.structure, "pay": arm.pay, "metric": metric, "mean": e.mean * scale,
                     "low": e.low * scale, "high": e.high * scale}
                )  # fmt: skip
        return pd.DataFrame(rows)

    def revenue_and_waste(self) -> Figure:
        """Revenue and lead waste by arm with their intervals."""
        many = len(self._c.arms) > MANY
        height = 1.6 + 0.24 * len(self._c.arms) if many else 4.6
        figure = Figure(figsize=(9.5, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, 2, sharey=many)
        table = self.arms_table(["revenue", "lead_waste_share"])
        self._dots(axes[0], table[table["metric"] == "revenue"], 1e-6, "Revenue, million € a year")
        self._dots(axes[1], table[table["metric"] == "lead_waste_share"], 100, "Lead waste, % of value at stake")
        handles, labels = axes[0].get_legend_handles_labels()
        if len(labels) > 1 and not many:
            figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        figure.suptitle(
            f"{self._title()}\nmeans and {100 * self._c.confidence:g} % intervals over {self._c.replicates} worlds "
            "that all arms share: differences between arms are surer than these intervals",
            fontsize=10,
        )
        return figure

    def funnel(self) -> Figure:
        """Flow through each stage of the funnel by arm, per year: bars, or of many arms a panel for each stage."""
        if len(self._c.arms) > MANY:
            return self._funnel_of_many()
        figure = Figure(figsize=(9.5, 4.8), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        table = self.arms_table(list(STAGES))
        count = len(self._c.arms)
        width = 0.84 / count
        structures, plans = self._structures(), self._plans()
        for place, arm in enumerate(self._c.arms):
            rows = table[(table["structure"] == arm.structure) & (table["pay"] == arm.pay)]
            x = [stage + (place - (count - 1) / 2) * width for stage in range(len(STAGES))]
            errors = [rows["mean"] - rows["low"], rows["high"] - rows["mean"]] if self._c.replicates > 1 else None
            axis.bar(
                x, rows["mean"], width * 0.92, yerr=errors, label=str(arm),
                color=COLOURS[structures.index(arm.structure) % len(COLOURS)],
                alpha=1.0 if plans.index(arm.pay) == 0 else 0.55, hatch=None if plans.index(arm.pay) == 0 else "///",
                edgecolor="white", linewidth=0.4, error_kw={"elinewidth": 0.8, "ecolor": "#333333"},
            )  # fmt: skip
        axis.set_xticks(range(len(STAGES)), list(STAGES.values()))
        axis.set_ylabel("a year")
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.legend(frameon=False, fontsize=8, ncols=2)
        axis.set_title(f"{self._title()}: the funnel, stage by stage", fontsize=11)
        return figure

    def _funnel_of_many(self) -> Figure:
        figure = Figure(figsize=(12, 1.6 + 0.24 * len(self._c.arms)), layout="constrained")
        FigureCanvasAgg(figure)
        table = self.arms_table(list(STAGES))
        for (stage, name), axis in zip(STAGES.items(), figure.subplots(1, len(STAGES), sharey=True), strict=True):
            self._lines(axis, table[table["metric"] == stage], 1, name)
        figure.suptitle(f"{self._title()}: the funnel, stage by stage, a year", fontsize=11)
        return figure

    def _lines(self, axis, table: pd.DataFrame, scale: float, label: str) -> None:  # type: ignore[no-untyped-def]
        """A mean and its interval for each arm, one below the other."""
        structures, arms = self._structures(), self._c.arms
        for place, arm in enumerate(arms):
            row = table[(table["structure"] == arm.structure) & (table["pay"] == arm.pay)].iloc[0]
            finite = self._c.replicates > 1
            error = [[(row["mean"] - row["low"]) * scale], [(row["high"] - row["mean"]) * scale]] if finite else None
            number = structures.index(arm.structure)
            axis.errorbar(
                row["mean"] * scale, len(arms) - 1 - place, xerr=error, capsize=2, fmt=MARKS[number % len(MARKS)],
                color=COLOURS[number % len(COLOURS)], markersize=4,
            )  # fmt: skip
        today = table[(table["structure"] == self._c.today.structure) & (table["pay"] == self._c.today.pay)]
        axis.axvline(today["mean"].iloc[0] * scale, color="#888888", linewidth=0.8, linestyle=":")
        names = [str(arm) if len(structures) > 1 else arm.pay for arm in arms]
        names = [f"{name} (today)" if arm == self._c.today else name for name, arm in zip(names, arms, strict=True)]
        axis.set_yticks(range(len(arms)), list(reversed(names)), fontsize=8)
        axis.set_ylim(-0.6, len(arms) - 0.4)
        axis.set_xlabel(label)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)

    def _title(self) -> str:
        return self._c.scenario.headline

    def _dots(self, axis, table: pd.DataFrame, scale: float, label: str) -> None:  # type: ignore[no-untyped-def]
        if len(self._c.arms) > MANY:
            self._lines(axis, table, scale, label)
            return
        structures, plans = self._structures(), self._plans()
        for number, plan in enumerate(plans):
            rows = table[table["pay"] == plan]
            y = [
                len(structures) - 1 - structures.index(s) + 0.12 * ((len(plans) - 1) / 2 - number)
                for s in rows["structure"]
            ]
            finite = self._c.replicates > 1
            error = [(rows["mean"] - rows["low"]) * scale, (rows["high"] - rows["mean"]) * scale] if finite else None
            axis.errorbar(
                rows["mean"] * scale, y, xerr=error, fmt=MARKS[number % len(MARKS)], capsize=3, label=plan,
                color=COLOURS[number % len(COLOURS)],
            )  # fmt: skip
        today = self._c.today.structure
        labels = [f"{name} (today)" if name == today else name for name in structures]
        axis.set_yticks(range(len(structures)), list(reversed(labels)))
        axis.set_ylim(-0.6, len(structures) - 0.4)
        axis.set_xlabel(label)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
