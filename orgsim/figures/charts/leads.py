"""What became of leads: the funnel stage by stage, waste by cause, how soon they were answered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orgsim.figures.chart import FEW, ArmName, ArmNames, Chart
from orgsim.figures.charts.crossed import crossed
from orgsim.figures.charts.time import top_of
from orgsim.figures.charts.words import (
    digits_of,
    each_arm,
    formats,
    found,
    headings,
    interval_words,
    lowered,
    present,
    tidy,
    words_of,
)
from orgsim.figures.forms.keys import Key, arm_keys
from orgsim.figures.forms.lanes import Lanes
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

STAGES = ("leads_created", "mqls", "attempted", "sqls", "opportunities", "won")
CAUSES = (
    "held_back",
    "not_contacted_capacity",
    "not_contacted_belief",
    "not_contacted_ownership",
    "too_late",
    "burned",
    "dropped",
)
ALL = "all"
WITHIN = ("1 h", "a day", "a week", "later", "never")


def chart_funnel(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """How many a year reach each stage, and what share of each stage goes on to the next.

    table: arm, stage, mean, low, high, and rate (`with_rates`; added where it is missing).
    """
    table = with_rates(table) if "rate" not in table.columns else table
    table = tidy(table, "arm", "stage", "mean", "low", "high", "rate")
    words = words_of("stage", STAGES, language)
    stages = present(words, table["stage"])
    shown = arms.among(list(table["arm"]))
    counts = language.say("figures.funnel.counts")
    rates = language.say("figures.funnel.rates")
    steps = tuple(
        Key(key.key, language.say("figures.funnel.step", stage=key.name, before=lowered(stages[n].name)))
        for n, key in enumerate(stages[1:])
    )
    rate: dict[str, Any] = {"mean": "rate", "low": "", "high": "", "digits": 1, "stem": True, "floor": True}
    largest = max((float(v) for v in table["mean"] if v == v), default=1.0)
    powers = max(1, math.ceil(math.log10(max(largest, 1.0))))
    panels: list[Lanes] = []
    if len(shown) > FEW:
        for key in (stages[0], stages[-1]):
            panels.append(
                Lanes(
                    language,
                    "arm",
                    arm_keys(shown),
                    language.say("figures.unit.count"),
                    key.name,
                    filters={"stage": key.key},
                    digits=_digits(table, key.key),
                    places=len(arms),
                )
            )
        percent = language.say("figures.unit.percent")
        panels[1:1] = [
            Lanes(
                language,
                "arm",
                arm_keys(shown),
                percent,
                key.name,
                filters={"stage": key.key},
                places=len(arms),
                **rate,
            )
            for key in steps
        ]
    else:
        panels = [
            *crossed(
                language,
                "stage",
                stages,
                shown,
                len(arms),
                language.say("figures.funnel.axis"),
                heading=counts,
                log=powers,
                digits=0,
                floor=True,
            ),
            *crossed(
                language,
                "stage",
                steps,
                shown,
                len(arms),
                language.say("figures.unit.percent"),
                heading=rates,
                **rate,
            ),
        ]

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        first, last = found(mine, stage=stages[0].key), found(mine, stage=stages[-1].key)
        if not first or not last:
            return ""
        share = 100 * last["mean"] / first["mean"] if first["mean"] else float("nan")
        return language.say(
            "figures.funnel.alt",
            arm=arm.name,
            first=interval_words(first, language, 0),
            last=interval_words(last, language, 0),
            first_name=lowered(stages[0].name),
            last_name=lowered(stages[-1].name),
            share=language.number(share, 1),
        )

    return Chart(
        "funnel",
        language.say("figures.funnel.title"),
        language.say("figures.funnel.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "stage", "mean:a_year", "low", "high", "rate"),
        tuple(panels),
        language,
        {"arm": arms.words, "stage": words},
        formats(0, "mean", "low", "high") | formats(1, "rate"),
        columns=2 if len(shown) <= FEW else 3,
        least=300 if len(shown) <= FEW else 270,
    )


def with_rates(table: pd.DataFrame) -> pd.DataFrame:
    """The funnel with `rate` beside it: what share of the stage before goes on, in % of means."""
    out = table.copy()
    means = {(row["arm"], row["stage"]): row["mean"] for row in table.to_dict("records")}
    seen = set(table["stage"])
    stages = [stage for stage in STAGES if stage in seen]
    before = dict(zip(stages[1:], stages, strict=False))

    def rate(arm: Any, stage: Any) -> float:
        base = means.get((arm, before.get(stage)), 0.0)
        return 100 * means[arm, stage] / base if base else float("nan")

    out["rate"] = [rate(row["arm"], row["stage"]) for row in table.to_dict("records")]
    return out


def _digits(table: pd.DataFrame, stage: str) -> int:
    return digits_of("a year", table[table["stage"] == stage]["mean"].tolist())


def chart_waste(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """Value of wasted leads by cause, all causes first. table: arm, cause, mean, low, high, in k€ a year.

    The row of all causes is "all"; where the table has none, it is their sum, without an interval."""
    table = with_total(tidy(table, "arm", "cause", "mean", "low", "high"))
    words = {ALL: language.say("figures.all_causes")} | words_of("cause", CAUSES, language)
    causes = present(words, table["cause"])
    shown = arms.among(list(table["arm"]))
    digits = digits_of("k€", table["mean"].tolist())
    scale = (0.0, top_of(table["mean"], table["high"])) if len(shown) > FEW else None  # one for all panels
    panels = crossed(
        language,
        "cause",
        causes,
        shown,
        len(arms),
        language.say("figures.unit.money"),
        stem=True,
        digits=digits,
        floor=True,
        domain=scale,
    )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        total = found(mine, cause=ALL)
        parts = mine[(mine["cause"] != ALL) & mine["mean"].notna()].sort_values("mean", ascending=False)
        if not total or parts.empty:
            return ""
        top = {str(k): v for k, v in parts.iloc[0].to_dict().items()}
        return language.say(
            "figures.waste.alt",
            arm=arm.name,
            total=interval_words(total, language, digits),
            cause=words.get(top["cause"], str(top["cause"])),
            most=interval_words(top, language, digits),
        )

    return Chart(
        "waste_by_cause",
        language.say("figures.waste.title"),
        language.say("figures.waste.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "cause", "mean:money", "low", "high"),
        panels,
        language,
        {"arm": arms.words, "cause": words},
        formats(digits, "mean", "low", "high"),
        columns=1 if len(shown) <= FEW else 3,
    )


def with_total(table: pd.DataFrame) -> pd.DataFrame:
    """Waste with a row of all causes for each arm, first of its rows."""
    import pandas as pd

    if ALL in set(table["cause"]):
        return table
    sums = table.groupby("arm", sort=False)["mean"].sum(min_count=1).reset_index()
    sums["cause"] = ALL
    total = sums.reindex(columns=table.columns)
    return pd.concat([total.astype({"low": float, "high": float}), table], ignore_index=True)


def chart_responses(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """How soon leads that were handed over get their first call. table: arm, within, mean, low, high, in %."""
    table = tidy(table, "arm", "within", "mean", "low", "high")
    words: dict[Any, str] = {key: language.say(f"figures.within.{key.replace(' ', '_')}") for key in WITHIN}
    shown = arms.among(list(table["arm"]))
    panels = crossed(
        language,
        "within",
        present(words, table["within"]),
        shown,
        len(arms),
        language.say("figures.responses.axis"),
        stem=True,
        digits=1,
        floor=True,
        domain=(0.0, top_of(table["mean"], table["high"])) if len(shown) > FEW else None,
    )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        each = [
            f"{words.get(row['within'], row['within'])} {language.amount(row['mean'], '%', 1)}"
            for row in mine.to_dict("records")
        ]
        return language.say("figures.alt_list", arm=arm.name, each=", ".join(each))

    return Chart(
        "responses",
        language.say("figures.responses.title"),
        language.say("figures.responses.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "within", "mean:share_of_leads", "low", "high"),
        panels,
        language,
        {"arm": arms.words, "within": words},
        formats(1, "mean", "low", "high"),
        columns=1 if len(shown) <= FEW else 3,
    )
