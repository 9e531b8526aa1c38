"""People: where their hours go, how many reach their quota, and what reaching it pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orgsim.figures.chart import FEW, ArmName, ArmNames, Chart
from orgsim.figures.charts.crossed import crossed
from orgsim.figures.charts.time import top_of
from orgsim.figures.charts.words import each_arm, formats, headings, present, tidy, words_of
from orgsim.figures.forms.columns import Columns
from orgsim.figures.forms.keys import Key
from orgsim.figures.forms.lines import Lines
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

REP = ("leads", "prospecting", "opportunities", "customers", "logging", "admin", "slack", "joint", "absence", "vacant")
MARKETER = ("brand", "activation", "qualify", "insight", "enable", "serve", "slack", "joint", "absence", "vacant")
ROLES = {"rep": REP, "marketer": MARKETER}
APART = 0.1  # hours a week: what arms must differ by for an activity to be drawn, where they are many
CLASS, CLASSES = 10, 21  # points of attainment in a class; the last takes all above


def chart_hours(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """Hours a week and person by activity, a panel for reps and one for marketers. table: arm, role, activity, mean,
    low, high. Activities that take no time under any arm are left out."""
    table = tidy(table, "arm", "role", "activity", "mean", "low", "high")
    used = table.groupby(["role", "activity"], sort=False)["mean"].transform(lambda hours: hours.abs().max() > 0.005)
    table = table[used].reset_index(drop=True)
    shown = arms.among(list(table["arm"]))
    words: dict[Any, str] = {}
    panels: list[Any] = []
    for role, activities in ROLES.items():
        mine = table[table["role"] == role]
        if len(shown) > FEW:  # a panel each: those in which they are alike are left to the data table
            apart = mine.groupby("activity")["mean"].transform(lambda hours: hours.max() - hours.min() >= APART)
            mine = mine[apart] if apart.any() else mine
        named = words_of(f"activity_{role}", activities, language)
        words |= {key: text for key, text in named.items() if key not in words}
        if not mine.empty:
            panels += crossed(
                language,
                "activity",
                present(named, mine["activity"]),
                shown,
                len(arms),
                language.say("figures.hours.axis"),
                heading=language.say(f"figures.role.{role}"),
                filters={"role": role},
                stem=True,
                digits=1,
                floor=True,
            )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        each = []
        for role, activities in ROLES.items():
            named = words_of(f"activity_{role}", activities, language)
            rows = mine[mine["role"] == role].sort_values("mean", ascending=False).head(3).to_dict("records")
            each += [
                f"{language.say(f'figures.role.{role}')}, {named.get(row['activity'], row['activity'])} "
                f"{language.number(row['mean'], 1)}"
                for row in rows
            ]
        return language.say("figures.alt_list", arm=arm.name, each="; ".join(each))

    roles = {role: language.say(f"figures.role.{role}") for role in ROLES}
    return Chart(
        "hours",
        language.say("figures.hours.title"),
        language.say("figures.hours.caption" if len(shown) <= FEW else "figures.hours.caption_many"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "role", "activity", "mean:hours", "low", "high"),
        tuple(panels),
        language,
        {"arm": arms.words, "role": roles, "activity": words},
        formats(1, "mean", "low", "high"),
        columns=2 if len(shown) <= FEW else 3,
        least=290,
    )


def classed(table: pd.DataFrame) -> pd.DataFrame:
    """Rep-years by class of attainment: arm, class (its lower end in %), people, share (%), pay with its tenth and
    ninetieth part (k€ a year). table: arm, world, person, year, attainment (%), pay (k€)."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    known = table[table["attainment"].notna()]
    for arm, mine in known.groupby("arm", sort=False):
        place = (mine["attainment"] // CLASS).clip(0, CLASSES - 1).astype(int)
        for k in range(CLASSES):
            pay = mine["pay"][place == k].dropna()
            many = int((place == k).sum())
            quantiles = [float(pay.quantile(q)) if len(pay) else float("nan") for q in (0.1, 0.5, 0.9)]
            rows.append(
                {
                    "arm": arm,
                    "class": k * CLASS,
                    "people": many,
                    "share": 100 * many / len(mine),
                    "pay": quantiles[1],
                    "pay_low": quantiles[0],
                    "pay_high": quantiles[2],
                }
            )
    return pd.DataFrame(rows, columns=["arm", "class", "people", "share", "pay", "pay_low", "pay_high"])


def chart_attainment(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """How much of their quota reps reach: share of rep-years by class, a panel for each arm. table: arm, world, person,
    year, attainment (%), pay (k€); or what `classed` makes of it."""
    table = classed(table) if "class" not in table.columns else table
    table = tidy(table, "arm", "class", "people", "share")
    first, last = _span(table)
    table = table[(table["class"] >= first) & (table["class"] <= last)].reset_index(drop=True)
    names = _class_names(language)
    most = top_of(table["share"])
    shown = arms.among(list(table["arm"]))
    keys = tuple(Key(k, str(k)) for k in names if first <= k <= last)
    panels = tuple(
        Columns(
            language,
            "class",
            keys,
            language.say("figures.attainment.class"),
            language.say("figures.attainment.axis"),
            most,
            arm.place,
            arm.name,
            mean="share",
            low="",
            high="",
            filters={"arm": arm.key},
            places=len(arms),
            labels=2,
            strong=100,
        )
        for arm in shown
    )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        reached = mine[mine["class"] >= 100]["share"].sum()
        return language.say(
            "figures.attainment.alt",
            arm=arm.name,
            share=language.amount(reached, "%", 0),
            people=language.number(mine["people"].sum(), 0),
        )

    return Chart(
        "attainment",
        language.say("figures.attainment.title"),
        language.say("figures.attainment.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "class", "people", "share:share_of_years"),
        panels,
        language,
        {"arm": arms.words, "class": names},
        formats(0, "people") | formats(1, "share"),
        columns=3,
    )


def _span(table: pd.DataFrame) -> tuple[int, int]:
    """First and last class that anybody is in, the quota's own always among them."""
    held = table[table["people"] > 0]["class"]
    return min(100 - CLASS, *held.astype(int), 100), max(100 + CLASS, *held.astype(int), 100)


def _class_names(language: Language) -> dict[Any, str]:
    out: dict[Any, str] = {}
    for k in range(CLASSES):
        low, last = k * CLASS, k == CLASSES - 1
        out[low] = language.say("figures.class_last" if last else "figures.class", low=low, high=low + CLASS)
    return out


def chart_pay(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """What a year pays a rep beyond salary by how much of the quota was reached. table: as of chart_attainment."""
    table = classed(table) if "class" not in table.columns else table
    table = tidy(table, "arm", "class", "people", "pay", "pay_low", "pay_high")
    table = table[table["pay"].notna()].reset_index(drop=True)
    table["attainment"] = table["class"] + CLASS / 2
    shown = arms.among(list(table["arm"]))
    top = top_of(table["pay"], table["pay_high"])
    first, last = _span(table)
    ends = (float(first), float(last + CLASS))
    panels = tuple(
        Lines(
            language,
            "attainment",
            language.say("figures.pay_chart.across"),
            language.say("figures.pay_chart.axis"),
            "arm",
            (Key(arm.key, arm.name, arm.place),),
            arm.name,
            mean="pay",
            low="pay_low",
            high="pay_high",
            filters={"arm": arm.key},
            domain=(0.0, top),
            domain_x=ends,
            upright=100.0,
            every=CLASS // 2,
            places=len(arms),
        )
        for arm in shown
    )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        at, low = mine[mine["class"] == 100], mine[mine["class"] == 80]
        return language.say(
            "figures.pay_chart.alt",
            arm=arm.name,
            unit=language.say("figures.unit.money"),
            at=language.number(at["pay"].iloc[0] if len(at) else float("nan"), 1),
            low=language.number(low["pay"].iloc[0] if len(low) else float("nan"), 1),
        )

    return Chart(
        "pay",
        language.say("figures.pay_chart.title"),
        language.say("figures.pay_chart.caption"),
        each_arm(arms, table, said),
        table,
        headings(language, "arm", "class", "people", "pay:median_pay", "pay_low:tenth", "pay_high:ninetieth"),
        panels,
        language,
        {"arm": arms.words, "class": _class_names(language)},
        formats(0, "people") | formats(1, "pay", "pay_low", "pay_high"),
        columns=3,
    )
