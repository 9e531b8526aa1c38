"""Small made-up tables of every chart, with awkward arms: names that are long, a figure that is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orgsim.experiments.metrics import about
from orgsim.figures.chart import ArmNames, Chart
from orgsim.figures.charts.arms import chart_arms, chart_differences
from orgsim.figures.charts.fates import chart_fates, chart_parted
from orgsim.figures.charts.leads import CAUSES, STAGES, WITHIN, chart_funnel, chart_responses, chart_waste
from orgsim.figures.charts.people import MARKETER, REP, chart_attainment, chart_hours, chart_pay
from orgsim.figures.charts.sureness import chart_sensitivity, chart_signs
from orgsim.figures.charts.time import chart_alignment, chart_awareness, chart_rhythm
from orgsim.figures.charts.worlds import chart_paired, chart_values
from orgsim.language import language

STRUCTURES = ("separate", "merged", "cro", "sla", "revops", "sales_rules", "a_structure_of_the_users_with_a_long_name")
METRICS = {"revenue": 4800.0, "profit": 1030.0, "lead_waste_share": 14.7}
NAMES = ("arms", "differences", "values", "paired", "funnel", "waste_by_cause", "responses", "fates", "parted",
         "awareness", "alignment", "rhythm", "hours", "attainment", "pay", "signs", "sensitivity")  # fmt: skip


def keys_of(count: int) -> list[str]:
    return [f"{structure} / own_numbers" for structure in STRUCTURES[:count]]


def tables(count: int = 3, worlds: int = 12) -> dict[str, pd.DataFrame]:
    """Every table that charts take, for so many arms."""
    rng = np.random.default_rng(7)
    keys = keys_of(count)
    out: dict[str, list[dict[str, object]]] = {}

    def add(name: str, **row: object) -> None:
        out.setdefault(name, []).append(row)

    def spread(mean: float) -> dict[str, float]:
        half = 0.05 * mean * (1 + rng.random()) if worlds > 1 else float("nan")
        return {"mean": mean, "low": mean - half, "high": mean + half}

    for n, arm in enumerate(keys):
        for metric, level in METRICS.items():
            step = level * 0.03 * n * (-1) ** n
            middle = spread(level + step)
            nothing = n == 0
            add("arms", arm=arm, metric=metric, **middle, difference=float("nan") if nothing else step,
                difference_low=float("nan") if nothing else step - abs(step) / (n + 0.5),
                difference_high=float("nan") if nothing else step + abs(step) / (n + 0.5),
                beyond_luck=None if nothing else n > 1, share_better=float("nan") if nothing else 60.0 + n)  # fmt: skip
            for world in range(worlds):
                add("values", arm=arm, metric=metric, world=world, value=level + step + level * 0.1 * rng.normal())
        for place, stage in enumerate(STAGES):
            add("funnel", arm=arm, stage=stage, **spread(900 / 4**place * (1 + 0.1 * n)))
        for place, cause in enumerate(CAUSES):
            add("waste", arm=arm, cause=cause, **spread(place * 12.0 * (1 + 0.2 * n)))
        for place, within in enumerate(WITHIN):
            add("responses", arm=arm, within=within, **spread((50.0, 20, 15, 10, 5)[place] + n))
        for month in range(1, 25):
            for measure, level in (("awareness_regular", 45.0), ("awareness_outside", 12.0), ("alignment", 6.5),
                                   ("alignment_marketing", 8.0), ("alignment_sales", 7.0)):  # fmt: skip
                add("monthly", arm=arm, month=month, measure=measure, **spread(level * (1 + 0.004 * month * n)))
        for week in range(1, 14):
            add("rhythm", arm=arm, week=week, **spread(6.5 + 0.2 * week))
        for role, activities in (("rep", REP), ("marketer", MARKETER)):
            for place, activity in enumerate(activities):
                add("hours", arm=arm, role=role, activity=activity, **spread(0.8 * place + 0.1 * n))
        for world in range(max(worlds, 4)):
            for person in range(6):
                reached = float(np.clip(95 + 20 * rng.normal(), 0, 400))
                add("attainment", arm=arm, world=world, person=person, year=1, attainment=reached, pay=reached * 0.08)
        if n:
            for before in ("won", "lost_rival", "dropped", "missed"):
                for after in ("won", "no_decision", "too_late", "missed"):
                    add("fates", reference=keys[0], arm=arm, end_reference=before, end_arm=after,
                        count=10.0 * rng.random(), value=100.0 * rng.random())  # fmt: skip
            for metric in METRICS:
                add("signs", arm=arm, metric=metric, kept=60.0 + 5 * n, sign=1.0 if n % 2 else -1.0)
    for n in range(5):
        value = 0.5 - 0.2 * n
        add("sensitivity", parameter=f"part.p{n}", title=f"An assumed parameter with quite a long title, number {n}",
            correlation=value, correlation_low=value - 0.1, correlation_high=value + 0.1, kept_when_low=60.0 + n,
            kept_when_high=80.0 - n)  # fmt: skip
    empty = {"fates": ["reference", "arm", "end_reference", "end_arm", "count", "value"],
             "signs": ["arm", "metric", "kept", "sign"]}  # fmt: skip
    made = {name: pd.DataFrame(rows) for name, rows in out.items()}
    return {name: pd.DataFrame(columns=columns) for name, columns in empty.items()} | made


def charts(code: str = "en", count: int = 3, worlds: int = 12) -> dict[str, Chart]:
    """Every chart of these tables by name."""
    said, t, keys = language(code), tables(count, worlds), keys_of(count)
    arms = ArmNames.of(keys, said, today=keys[0])
    made = [
        chart_arms(t["arms"], arms, said, about), chart_differences(t["arms"], arms, said, about),
        chart_values(t["values"], t["arms"], arms, said, about),
        chart_paired(t["values"], t["arms"], arms, said, about), chart_funnel(t["funnel"], arms, said),
        chart_waste(t["waste"], arms, said), chart_responses(t["responses"], arms, said),
        chart_fates(t["fates"], arms, said), chart_parted(t["fates"], arms, said),
        chart_awareness(t["monthly"], arms, said), chart_alignment(t["monthly"], arms, said),
        chart_rhythm(t["rhythm"], arms, said), chart_hours(t["hours"], arms, said),
        chart_attainment(t["attainment"], arms, said), chart_pay(t["attainment"], arms, said),
        chart_signs(t["signs"], arms, said), chart_sensitivity(t["sensitivity"], arms, said),
    ]  # fmt: skip
    return {chart.name: chart for chart in made}
