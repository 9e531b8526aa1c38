"""What each arm brings, with its interval, and how it differs from the reference in the same worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgsim.figures.chart import ArmNames, Chart
from orgsim.figures.charts.words import (
    Known,
    axis_words,
    digits_of,
    formats,
    found,
    headings,
    interval_words,
    metric_title,
    tidy,
    with_unit,
    yes_no,
)
from orgsim.figures.forms.keys import arm_keys
from orgsim.figures.forms.lanes import Lanes
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE = ("difference", "difference_low", "difference_high")


def chart_arms(table: pd.DataFrame, arms: ArmNames, language: Language, about: Known) -> Chart:
    """Mean and interval of each metric by arm, a panel for each metric. table: arm, metric, mean, low, high."""
    table = tidy(table, "arm", "metric", "mean", "low", "high")
    metrics = list(dict.fromkeys(table["metric"]))
    shown = arms.among(list(table["arm"]))
    panels, said = [], []
    for metric in metrics:
        mine, title = table[table["metric"] == metric], metric_title(metric, language)
        unit = about(metric).unit
        digits = digits_of(unit, mine["mean"].tolist())
        panels.append(
            Lanes(
                language,
                "arm",
                arm_keys(shown),
                axis_words(metric, about, language),
                title,
                filters={"metric": metric},
                digits=digits,
                places=len(arms),
            )
        )
        each = [
            language.say("figures.arms.each", arm=arm.name, value=interval_words(row, language, digits))
            for arm in shown
            if (row := found(mine, arm=arm.key))
        ]
        said.append(
            language.say("figures.arms.metric", metric=with_unit(metric, about, language), arms="; ".join(each))
        )
    return Chart(
        "arms",
        language.say("figures.arms.title"),
        language.say("figures.arms.caption"),
        " ".join(said),
        table,
        headings(language, "arm", "metric", "mean", "low", "high"),
        tuple(panels),
        language,
        {"arm": arms.words, "metric": {m: with_unit(m, about, language) for m in metrics}},
        formats(None, "mean", "low", "high"),
        columns=3,
    )


def chart_differences(table: pd.DataFrame, arms: ArmNames, language: Language, about: Known) -> Chart:
    """Paired differences to the reference with their intervals, a panel for each metric; hollow where within luck.

    table: arm, metric, difference, difference_low, difference_high, beyond_luck, share_better (of worlds, in %). Rows
    of the reference, which have no difference, are left out.
    """
    table = tidy(table, "arm", "metric", *DIFFERENCE, "beyond_luck", "share_better")
    table = table[table["difference"].notna()].reset_index(drop=True)
    table["beyond_luck"] = [value is not None and value == value and bool(value) for value in table["beyond_luck"]]
    metrics = list(dict.fromkeys(table["metric"]))
    shown = arms.among(list(table["arm"]))
    luck = language.say("figures.within_luck")
    panels, said = [], []
    for metric in metrics:
        mine = table[table["metric"] == metric]
        digits = digits_of(about(metric).unit, mine["difference"].tolist())
        panels.append(
            Lanes(
                language,
                "arm",
                arm_keys(shown),
                axis_words(metric, about, language),
                metric_title(metric, language),
                mean=DIFFERENCE[0],
                low=DIFFERENCE[1],
                high=DIFFERENCE[2],
                filters={"metric": metric},
                digits=digits,
                signed=True,
                zero=True,
                sure="beyond_luck",
                unsure=luck,
                places=len(arms),
            )
        )
        each = []
        for arm in shown:
            if row := found(mine, arm=arm.key):
                value = interval_words(row, language, digits, signed=True, stem="difference")
                each.append(
                    language.say(
                        "figures.arms.each", arm=arm.name, value=value if row["beyond_luck"] else f"{value}, {luck}"
                    )
                )
        said.append(
            language.say("figures.arms.metric", metric=with_unit(metric, about, language), arms="; ".join(each))
        )
    reference = arms.reference.name if arms.reference else ""
    return Chart(
        "differences",
        language.say("figures.differences.title", reference=reference),
        language.say("figures.differences.caption", reference=reference),
        " ".join(said),
        table,
        headings(
            language,
            "arm",
            "metric",
            "difference",
            "difference_low:low",
            "difference_high:high",
            "beyond_luck",
            "share_better",
        ),
        tuple(panels),
        language,
        {
            "arm": arms.words,
            "metric": {m: with_unit(m, about, language) for m in metrics},
            "beyond_luck": yes_no(language),
        },
        formats(None, *DIFFERENCE, signed=True) | formats(0, "share_better"),
        columns=3,
    )
