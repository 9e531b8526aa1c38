"""What the answer rests on: how often its sign holds when parameters are drawn, and which of them it hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgsim.figures.chart import ArmName, ArmNames, Chart
from orgsim.figures.charts.crossed import crossed
from orgsim.figures.charts.words import each_arm, formats, headings, metric_title, tidy, yes_no
from orgsim.figures.forms.keys import Key
from orgsim.figures.forms.lanes import Lanes
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

MOST = 12  # parameters that are drawn


def chart_signs(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """Share of draws in which the difference to the reference keeps its sign. table: arm, metric, kept, low and high
    (% of draws), sign (1 or -1), beyond_luck (whether the difference that has this sign is more than luck)."""
    table = tidy(table, "arm", "metric", "kept", "low", "high", "sign", "beyond_luck")
    table["beyond_luck"] = _known(table["beyond_luck"])
    luck = language.say("figures.within_luck")
    metrics = tuple(Key(metric, metric_title(metric, language)) for metric in dict.fromkeys(table["metric"]))
    shown = arms.among(list(table["arm"]))
    panels = crossed(
        language,
        "metric",
        metrics,
        shown,
        len(arms),
        language.say("figures.signs.axis"),
        mean="kept",
        stem=True,
        rule=50.0,
        domain=(0.0, 100.0),
        sure="beyond_luck",
    )
    signs = {
        1.0: language.say("figures.signs.more"),
        -1.0: language.say("figures.signs.less"),
        0.0: language.say("figures.signs.same"),
    }

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        each = [
            f"{metric_title(row['metric'], language)} {language.amount(row['kept'], '%', 0)} "
            f"({signs.get(row['sign'], '')}{'' if row['beyond_luck'] else f', {luck}'})"
            for row in mine.to_dict("records")
        ]
        return language.say("figures.alt_list", arm=arm.name, each="; ".join(each))

    reference = arms.reference.name if arms.reference else ""
    return Chart(
        "signs",
        language.say("figures.signs.title"),
        language.say("figures.signs.caption", reference=reference),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "metric", "kept", "low", "high", "sign", "beyond_luck"),
        panels,
        language,
        {
            "arm": arms.words,
            "metric": {key.key: key.name for key in metrics},
            "sign": signs,
            "beyond_luck": yes_no(language),
        },
        formats(0, "kept", "low", "high"),
        columns=1 if len(panels) == 1 else 3,
    )


def chart_sensitivity(table: pd.DataFrame, arms: ArmNames, language: Language, metric: str = "profit") -> Chart:
    """Which assumed parameters the difference hangs on: rank correlation with it, and how often its sign is kept where
    the parameter is low or high. Most telling first.

    table: parameter, title, correlation, correlation_low, correlation_high (optional), kept_when_low, kept_when_high
    (% of draws, optional). arms: the reference and the arm compared with it.
    """
    columns = (
        "parameter",
        "title",
        "correlation",
        "correlation_low",
        "correlation_high",
        "kept_when_low",
        "kept_when_high",
        "beyond_luck",
    )
    table = tidy(table, *columns)
    table = table[table["correlation"].notna()]
    table["beyond_luck"] = _known(table["beyond_luck"])
    luck = language.say("figures.within_luck")
    order = table["correlation"].abs().sort_values(ascending=False, kind="stable").index[:MOST]
    table = table.loc[order].reset_index(drop=True)
    lanes = tuple(Key(row["parameter"], row["title"]) for row in table.to_dict("records"))
    panels: list[Any] = [
        Lanes(
            language,
            "parameter",
            lanes,
            language.say("figures.sensitivity.axis"),
            language.say("figures.sensitivity.hangs"),
            mean="correlation",
            low="correlation_low",
            high="correlation_high",
            digits=2,
            signed=True,
            stem=True,
            zero=True,
            domain=(-1.0, 1.0),
            room=2,
            sure="beyond_luck",
            unsure=luck,
        )
    ]
    melted = _melted(table)
    if melted["kept"].notna().any():
        ends = tuple(
            Key(end, language.say(f"figures.sensitivity.{end}"), n) for n, end in enumerate(("low", "high"), 1)
        )
        panels.append(
            Lanes(
                language,
                "parameter",
                lanes,
                language.say("figures.signs.axis"),
                language.say("figures.sensitivity.kept"),
                slot="end",
                slots=ends,
                mean="kept",
                low="",
                high="",
                rule=50.0,
                domain=(0.0, 100.0),
                places=3,
                tones=True,
                direct=True,
            )
        )
    rows = melted.merge(table[["parameter", "title"]], on="parameter", how="left")
    each = [
        language.say("figures.sensitivity.each", title=row["title"], value=language.signed(row["correlation"], 2))
        + ("" if row["beyond_luck"] else f" ({luck})")
        for row in table.head(3).to_dict("records")
    ]
    other = arms.others[0].name if arms.others else ""
    return Chart(
        "sensitivity",
        language.say("figures.sensitivity.title"),
        language.say("figures.sensitivity.caption", metric=metric_title(metric, language), arm=other),
        language.say("figures.sensitivity.alt", each="; ".join(each)),
        rows,
        headings(
            language,
            "title:parameter",
            "correlation",
            "correlation_low:low",
            "correlation_high:high",
            "beyond_luck",
            "kept_when_low",
            "kept_when_high",
        ),
        tuple(panels),
        language,
        {"beyond_luck": yes_no(language)},
        formats(2, "correlation", "correlation_low", "correlation_high", signed=True)
        | formats(0, "kept_when_low", "kept_when_high"),
        columns=2,
        least=300,
        read=table,
    )


def _known(column: pd.Series[Any]) -> list[bool]:
    """Whether each is known to be more than luck; what is not said is not."""
    return [value == value and bool(value) for value in column]


def _melted(table: pd.DataFrame) -> pd.DataFrame:
    """Long rows, as drawn: a row of the correlation, and one of the share kept for either end."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for row in table.to_dict("records"):
        rows.append(
            {
                "parameter": row["parameter"],
                "end": None,
                "correlation": row["correlation"],
                "correlation_low": row["correlation_low"],
                "correlation_high": row["correlation_high"],
                "beyond_luck": row["beyond_luck"],
                "kept": None,
            }
        )
        for end in ("low", "high"):
            rows.append({"parameter": row["parameter"], "end": end, "kept": row[f"kept_when_{end}"],
                         "beyond_luck": row["beyond_luck"]})  # fmt: skip
    columns = ["parameter", "end", "correlation", "correlation_low", "correlation_high", "beyond_luck", "kept"]
    found = pd.DataFrame(rows, columns=columns)
    numbers = ["correlation", "correlation_low", "correlation_high", "kept"]
    found[numbers] = found[numbers].astype(float)
    return found
