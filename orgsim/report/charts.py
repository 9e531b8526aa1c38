"""Which figures a report shows, from which table, in the order of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgsim.experiments.metrics import about
from orgsim.report import evidence as tables
from orgsim.report.assumptions import parameter_title

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.figures.chart import Chart
    from orgsim.report.report import Report

MONEY = ("revenue", "gross_margin", "profit", "lead_waste_value", "lead_waste_share")
SPREAD = ("profit", "lead_waste_value")
MOST_DOTS = 100  # of an arm; more worlds would make a page too large for a mail, and no reader could tell them apart
MOST_PARAMETERS = 8  # that the figure of the sensitivity shows


def sections(report: Report) -> dict[str, list[Chart]]:
    """Charts by section; a section whose figures need what was not run, or more than one arm, has none."""
    from orgsim.figures.charts.arms import chart_arms, chart_differences
    from orgsim.figures.charts.leads import chart_funnel, chart_responses, chart_waste
    from orgsim.figures.charts.people import chart_attainment, chart_hours, chart_pay
    from orgsim.figures.charts.time import chart_alignment, chart_awareness, chart_rhythm
    from orgsim.figures.charts.worlds import chart_values

    c, e, said, arms = report.comparison, report.evidence, report.said, report.arms
    table = tables.arms_table(c, report.summary)
    table = table[table["metric"].isin(MONEY)].sort_values("metric", key=lambda names: names.map(MONEY.index),
                                                            kind="stable", ignore_index=True)  # fmt: skip
    several = len(c.arms) > 1 and c.replicates > 1
    close = {str(arm) for arm in report.close}

    def shown(found: pd.DataFrame) -> pd.DataFrame:
        return found[found["arm"].isin(close)]

    spread = table[table["metric"].isin(SPREAD)]
    found = {
        "money": [chart_arms(table, arms, said, about)],
        "funnel": [chart_funnel(shown(tables.funnel(c)), arms, said)],
        "waste": [chart_waste(shown(tables.waste(c)), arms, said)],
        "fates": _fates(report),
        "awareness": [chart_awareness(e.monthly, arms, said)],
        "responses": [chart_responses(e.responses, arms, said)],
        "hours": [chart_hours(e.hours, arms, said)],
        "pay": [chart_attainment(e.attainment, arms, said), chart_pay(e.attainment, arms, said)]
        if len(e.attainment) else [],
        "alignment": [chart_alignment(e.monthly, arms, said)],
        "rhythm": [chart_rhythm(e.rhythm, arms, said)] if e.rhythm["mean"].notna().any() else [],
        "assumptions": _draws(report),
    }  # fmt: skip
    if several:
        found["money"].append(chart_differences(table, arms, said, about))
    if c.replicates > 1:
        every = shown(tables.values(c, SPREAD))
        found["money"].append(chart_values(every, shown(spread), arms, said, about, MOST_DOTS))
    return found


def _fates(report: Report) -> list[Chart]:
    from orgsim.figures.charts.fates import chart_fates

    keys = [str(arm) for arm in report.followed]
    table = report.evidence.fates
    chosen = table[table["arm"].isin(keys)]
    return [chart_fates(chosen, report.arms, report.said)] if len(chosen) else []


def _draws(report: Report) -> list[Chart]:
    from orgsim.figures.chart import ArmNames
    from orgsim.figures.charts.sureness import chart_sensitivity, chart_signs

    draws, said, arms = report.draws, report.said, report.arms
    if draws is None:
        return []
    found = [chart_signs(draws.signs, arms, said)]
    if len(draws.sensitivity) and draws.arm is not None:
        first = draws.sensitivity.head(MOST_PARAMETERS)
        table: pd.DataFrame = first.assign(title=[parameter_title(name, said) for name in first["parameter"]])
        pair = ArmNames(tuple(arm for arm in arms if arm.reference or arm.key == str(draws.arm)))
        found.append(chart_sensitivity(table, pair, said, draws.metric))
    return found
