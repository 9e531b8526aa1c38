"""Figures of a comparison: the charts of the report, drawn by matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orgsim.figures.chart import COLOURS, FEW, MARKS, ArmNames, Chart
from orgsim.figures.charts.arms import chart_arms
from orgsim.figures.charts.leads import STAGES, chart_funnel
from orgsim.language import language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from orgsim.experiments.comparison import Comparison

__all__ = ["COLOURS", "MARKS", "Plots"]
WIDTH = 9.5  # inches


@dataclass(frozen=True)
class _Shown:
    """How a figure is shown: its unit, what a run's figure is multiplied by, and which way is better."""

    unit: str
    scale: float
    better: int


class Plots:
    """The figures of one comparison in English; each method returns a matplotlib Figure, its chart is beside it."""

    def __init__(self, comparison: Comparison) -> None:
        self._c = comparison
        self._language = language("en")

    def names(self) -> ArmNames:
        """Arms as they are called in figures."""
        scenario = self._c.scenario
        return ArmNames.of(
            [str(arm) for arm in self._c.arms],
            self._language,
            today=str(self._c.today),
            reference=str(self._c.against),
            structures={n: s.title for n, s in scenario.structures.items()},
            plans={n: p.title for n, p in scenario.pay.items()},
        )

    def arms_chart(self) -> Chart:
        """Revenue and lead waste by arm with their intervals, a year."""
        shown = {"revenue": _Shown("k€ a year", 1e-3 / self._c.years, 1), "lead_waste_share": _Shown("%", 100, -1)}
        table = self._table({name: what.scale for name, what in shown.items()}, "metric")
        return chart_arms(table, self.names(), self._language, shown.__getitem__)

    def funnel_chart(self) -> Chart:
        """Flow through each stage of the funnel by arm, a year."""
        return chart_funnel(
            self._table(dict.fromkeys(STAGES, 1 / self._c.years), "stage"), self.names(), self._language
        )

    def revenue_and_waste(self) -> Figure:
        """Revenue and lead waste by arm with their intervals."""
        return self._drawn(self.arms_chart())

    def funnel(self) -> Figure:
        """The funnel, stage by stage; of many arms a panel for each step."""
        wide = len(self._c.arms) > FEW
        return self._drawn(self.funnel_chart(), WIDTH * 1.3 if wide else WIDTH)

    def _table(self, scales: dict[str, float], column: str) -> pd.DataFrame:
        """Mean and interval of figures by arm; of one replicate, no interval."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for arm in self._c.arms:
            for name, scale in scales.items():
                e = self._c.mean(arm, name)
                rows.append(
                    {
                        "arm": str(arm),
                        column: name,
                        "mean": e.mean * scale,
                        "low": e.low * scale,
                        "high": e.high * scale,
                    }
                )
        return pd.DataFrame(rows)

    def _drawn(self, chart: Chart, width: float = WIDTH) -> Figure:
        c = self._c
        worlds = (
            "one world"
            if c.replicates == 1
            else f"means and {100 * c.confidence:g} % intervals over {c.replicates} worlds"
        )
        return chart.draw(
            width=width, below=f"{c.scenario.headline}. {worlds[0].upper()}{worlds[1:]}, the same for all arms."
        )
