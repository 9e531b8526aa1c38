"""How a figure spreads over worlds: by arm, and as differences to the reference in the same world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgsim.figures.chart import ArmNames, Chart
from orgsim.figures.charts.arms import DIFFERENCE
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
)
from orgsim.figures.forms.clouds import Clouds
from orgsim.figures.forms.keys import arm_keys
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

PARTS = (0.1, 0.5, 0.9)


def chart_values(
    values: pd.DataFrame,
    table: pd.DataFrame,
    arms: ArmNames,
    language: Language,
    about: Known,
    most: int | None = None,
) -> Chart:
    """A dot for every world by arm, and the mean with its interval; a panel for each metric of `values`.

    values: arm, metric, world, value; table: arm, metric, mean, low, high. Rows of the data set are those of both.
    most: dots of an arm; where there are more worlds, each dot stands for as many of them (`quantiled`).
    """
    dots = values if most is None else quantiled(values, most)
    rows = _both(tidy(dots, "arm", "metric", "world", "value"), tidy(table, "arm", "metric", "mean", "low", "high"))
    return _chart("values", rows, values, arms, language, about, "value", ("mean", "low", "high"))


def chart_paired(
    values: pd.DataFrame,
    table: pd.DataFrame,
    arms: ArmNames,
    language: Language,
    about: Known,
    most: int | None = None,
) -> Chart:
    """The same of differences to the reference in the same world. values: arm, metric, world, difference (or value);
    table: arm, metric, difference, difference_low, difference_high."""
    if "difference" not in values.columns:
        values = with_differences(values, arms)
    dots = values if most is None else quantiled(values, most, "difference")
    table = tidy(table, "arm", "metric", *DIFFERENCE).rename(columns=dict(zip(DIFFERENCE, ("mean", "low", "high"))))
    rows = _both(tidy(dots, "arm", "metric", "world", "difference"), table)
    keep = rows["difference"].notna() | rows["mean"].notna()
    others = rows["arm"].isin([arm.key for arm in arms.others])
    return _chart(
        "paired",
        rows[keep & others].reset_index(drop=True),
        values,
        arms,
        language,
        about,
        "difference",
        ("mean", "low", "high"),
    )


def with_differences(values: pd.DataFrame, arms: ArmNames) -> pd.DataFrame:
    """Values with their difference to the reference in the same world beside them."""
    reference = arms.reference
    theirs = values[values["arm"] == (reference.key if reference else None)][["metric", "world", "value"]]
    both = values.merge(theirs.rename(columns={"value": "_theirs"}), on=["metric", "world"], how="left")
    both["difference"] = both["value"] - both["_theirs"]
    return both.drop(columns="_theirs")


def quantiled(values: pd.DataFrame, most: int, column: str = "value") -> pd.DataFrame:
    """Values of which no arm has more than `most`: where it has, the middles of so many equal parts, and `worlds` tells
    of how many."""
    import numpy as np
    import pandas as pd

    parts = []
    for (arm, metric), rows in values.groupby(["arm", "metric"], sort=False):
        if len(rows) > most:
            shares = (np.arange(most) + 0.5) / most
            dots = np.quantile(rows[column].dropna(), shares)
            rows = pd.DataFrame({"arm": arm, "metric": metric, "world": range(most), column: dots})
        parts.append(rows)
    return pd.concat(parts, ignore_index=True) if parts else values


def _both(values: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    asked = set(values["metric"])
    return pd.concat([values, table[table["metric"].isin(asked)]], ignore_index=True)


def _chart(
    name: str,
    rows: pd.DataFrame,
    values: pd.DataFrame,
    arms: ArmNames,
    language: Language,
    about: Known,
    value: str,
    columns: tuple[str, str, str],
) -> Chart:
    """rows: as drawn. values: of every world, which the words and the data table are about."""
    paired = name == "paired"
    metrics = list(dict.fromkeys(rows["metric"]))
    shown = arms.among(list(rows["arm"]))
    panels, said, read = [], [], []
    for metric in metrics:
        mine = rows[rows["metric"] == metric]
        digits = digits_of(about(metric).unit, mine[columns[0]].dropna().tolist())
        panels.append(
            Clouds(
                language,
                "arm",
                arm_keys(shown),
                axis_words(metric, about, language),
                metric_title(metric, language),
                value=value,
                filters={"metric": metric},
                digits=digits,
                signed=paired,
                zero=paired,
                places=len(arms),
            )
        )
        each = []
        for arm in shown:
            own = mine[mine["arm"] == arm.key]
            spread = values[(values["metric"] == metric) & (values["arm"] == arm.key)][value].dropna()
            row = found(own[own[columns[0]].notna()]) or {"mean": spread.mean()}
            q = [float(spread.quantile(p)) if len(spread) else float("nan") for p in PARTS]
            read.append(
                {
                    "arm": arm.key,
                    "metric": metric,
                    "worlds": len(spread),
                    "mean": row["mean"],
                    "low": row.get("low"),
                    "high": row.get("high"),
                    "tenth": q[0],
                    "middle": q[1],
                    "ninetieth": q[2],
                }
            )
            say = language.signed if paired else language.number
            each.append(
                language.say(
                    "figures.values.each",
                    arm=arm.name,
                    count=len(spread),
                    value=interval_words(row, language, digits, signed=paired),
                    tenth=say(q[0], digits),
                    ninetieth=say(q[2], digits),
                )
            )
        said.append(
            language.say("figures.arms.metric", metric=with_unit(metric, about, language), arms="; ".join(each))
        )
    return Chart(
        name,
        language.say(f"figures.{name}.title", reference=arms.reference.name if arms.reference else ""),
        language.say(f"figures.{name}.caption"),
        " ".join(said),
        rows,
        headings(language, "arm", "metric", "worlds", "mean", "low", "high", "tenth", "middle", "ninetieth"),
        tuple(panels),
        language,
        {"arm": arms.words, "metric": {m: with_unit(m, about, language) for m in metrics}},
        formats(0, "worlds") | formats(None, "mean", "low", "high", "tenth", "middle", "ninetieth", signed=paired),
        columns=2,
        least=300,
        read=_frame(read),
    )


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["arm", "metric", "worlds", "mean", "low", "high", "tenth", "middle", "ninetieth"]
    return pd.DataFrame(rows, columns=columns)
