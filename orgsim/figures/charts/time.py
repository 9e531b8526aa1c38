"""What moves over time: awareness, alignment as it is and as it is seen, and the rhythm of a quarter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orgsim.figures.chart import COLOURS, ArmName, ArmNames, Chart
from orgsim.figures.charts.words import each_arm, formats, headings, tidy, words_of
from orgsim.figures.forms.columns import Columns
from orgsim.figures.forms.keys import Key, arm_keys
from orgsim.figures.forms.lines import Lines
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

AWARENESS = ("awareness_regular", "awareness_outside")
ALIGNMENT = ("alignment", "alignment_marketing", "alignment_sales")
WEEKS = 13


def chart_awareness(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """Awareness in the regular market and outside by month, in %: a panel for each market, of more arms than there are
    colours one for each arm. table: arm, month, measure, mean, low, high."""
    return _monthly("awareness", AWARENESS, table, arms, language, by_arm=False, digits=1)


def chart_alignment(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """Alignment as it is and as either team sees it, by month: a panel for each arm. table: as of chart_awareness."""
    return _monthly("alignment", ALIGNMENT, table, arms, language, by_arm=True, digits=2)


def _monthly(
    name: str,
    measures: tuple[str, ...],
    table: pd.DataFrame,
    arms: ArmNames,
    language: Language,
    *,
    by_arm: bool,
    digits: int,
) -> Chart:
    table = tidy(table[table["measure"].isin(measures)], "arm", "month", "measure", "mean", "low", "high")
    words = words_of("measure", measures, language)
    shown = arms.among(list(table["arm"]))
    months = [int(month) for month in table["month"]]
    common: dict[str, Any] = {"digits": digits, "ticks": tuple(range(0, max(months, default=1) + 1, 6))[1:]}
    month, axis = language.say("figures.month"), language.say(f"figures.{name}.axis")
    if by_arm or len(shown) > len(COLOURS):
        keys = tuple(Key(measure, words[measure], n) for n, measure in enumerate(measures))
        panels = tuple(
            Lines(
                language,
                "month",
                month,
                axis,
                "measure",
                keys,
                arm.name,
                filters={"arm": arm.key},
                places=len(measures),
                tones=True,
                domain=_span(table),
                **common,
            )
            for arm in shown
        )
    else:
        panels = tuple(
            Lines(
                language,
                "month",
                month,
                axis,
                "arm",
                arm_keys(shown),
                words[measure],
                filters={"measure": measure},
                places=len(arms),
                zero=False,
                **common,
            )
            for measure in measures
        )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        each = []
        for measure in measures:
            rows = mine[mine["measure"] == measure].sort_values("month")
            if not rows.empty:
                first, last = rows["mean"].iloc[0], rows["mean"].iloc[-1]
                each.append(
                    language.say(
                        "figures.alt_from_to",
                        what=words[measure],
                        first=language.number(first, digits),
                        last=language.number(last, digits),
                    )
                )
        return language.say("figures.alt_list", arm=arm.name, each="; ".join(each))

    return Chart(
        name,
        language.say(f"figures.{name}.title"),
        language.say(f"figures.{name}.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "month", "measure", "mean", "low", "high"),
        panels,
        language,
        {"arm": arms.words, "measure": words},
        formats(0, "month") | formats(max(1, digits), "mean", "low", "high"),
        columns=3 if by_arm else 2,
        least=270,
    )


def _span(table: pd.DataFrame) -> tuple[float, float]:
    """Whole numbers around all values, for a vertical axis that panels share."""
    values = [float(value) for name in ("mean", "low", "high") for value in table[name].dropna()]
    return (math.floor(min(values)), max(math.ceil(max(values)), math.floor(min(values)) + 1)) if values else (0.0, 1.0)


def top_of(*columns: pd.Series[float]) -> float:
    """An end for the vertical axis that all panels share: the next round number above all values."""
    highest = max((float(column.max()) for column in columns if len(column) and column.notna().any()), default=1.0)
    if highest <= 0:
        return 1.0
    step = 10 ** math.floor(math.log10(highest))
    return float(next(m * step for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * step >= highest - 1e-12))


def chart_rhythm(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """Share of a quarter's wins by its week, a panel for each arm; dashed: if all weeks were alike.

    table: arm, week (1 to 13), mean, low, high, in %.
    """
    table = tidy(table, "arm", "week", "mean", "low", "high")
    most = top_of(table["mean"], table["high"])
    shown = arms.among(list(table["arm"]))
    weeks = tuple(Key(week, str(week)) for week in range(1, WEEKS + 1))
    panels = tuple(
        Columns(
            language,
            "week",
            weeks,
            language.say("figures.rhythm.week"),
            language.say("figures.rhythm.axis"),
            most,
            arm.place,
            arm.name,
            filters={"arm": arm.key},
            rule=100 / WEEKS,
            places=len(arms),
            labels=2,
        )
        for arm in shown
    )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        last, even = mine[mine["week"] == WEEKS]["mean"], 100 / WEEKS
        share = float(last.iloc[0]) if len(last) else float("nan")
        return language.say(
            "figures.rhythm.alt", arm=arm.name, last=language.amount(share, "%", 1), even=language.amount(even, "%", 1)
        )

    return Chart(
        "rhythm",
        language.say("figures.rhythm.title"),
        language.say("figures.rhythm.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "week", "mean:share_of_wins", "low", "high"),
        panels,
        language,
        {"arm": arms.words},
        formats(0, "week") | formats(1, "mean", "low", "high"),
        columns=3,
    )
