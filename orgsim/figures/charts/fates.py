"""Where the same prospects ended: under the reference, and under another arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgsim.figures.chart import ArmName, ArmNames, Chart
from orgsim.figures.charts.words import digits_of, each_arm, formats, headings, present, tidy, words_of
from orgsim.figures.forms.keys import Key
from orgsim.figures.forms.lanes import Lanes
from orgsim.figures.forms.matrix import Matrix
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd

ENDS = (
    "won",
    "lost_rival",
    "no_decision",
    "lapsed",
    "disqualified",
    "refused",
    "held_back",
    "not_contacted_capacity",
    "not_contacted_belief",
    "not_contacted_ownership",
    "too_late",
    "burned",
    "dropped",
    "missed",
    "open",
    "open_no_lead",
    "no_need",
)
GROUPS = ("won", "fair_loss", "wasted", "missed", "open", "no_need")
FAIR = ("lost_rival", "no_decision", "lapsed", "disqualified", "refused")
GROUP_OF = {
    "won": "won",
    "missed": "missed",
    "open": "open",
    "open_no_lead": "open",
    "no_need": "no_need",
    **dict.fromkeys(FAIR, "fair_loss"),
}
LARGEST = 10  # moves that are listed


def chart_fates(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """A matrix for each arm: rows are where a need ended under the reference, columns where under the arm.

    table: reference, arm, end_reference, end_arm, count (needs a year), value (k€ a year). Ends are put into six
    groups.
    """
    grouped = tidy(table, "arm", "end_reference", "end_arm", "count", "value")
    for side in ("end_reference", "end_arm"):
        grouped[side] = [GROUP_OF.get(end, end if end in GROUPS else "wasted") for end in grouped[side]]
    grouped = grouped.groupby(["arm", "end_reference", "end_arm"], sort=False)[["count", "value"]].sum().reset_index()
    words = words_of("group", GROUPS, language)
    ends = present(words, [*grouped["end_reference"], *grouped["end_arm"]])
    digits = digits_of("k€", grouped["value"].tolist())
    reference = arms.reference.name if arms.reference else ""
    shown = arms.among(list(grouped["arm"]))
    down = language.say("figures.fates.down")
    panels = tuple(
        Matrix(
            language,
            "end_reference",
            "end_arm",
            ends,
            language.say("figures.fates.across"),
            down,
            arm.name,
            filters={"arm": arm.key},
            digits=digits,
        )
        for arm in shown
    )
    unit = language.say("figures.unit.money")

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        moved = mine[mine["end_reference"] != mine["end_arm"]].sort_values("value", ascending=False)
        if moved.empty:
            return language.say("figures.fates.none", arm=arm.name)
        top, same = moved.iloc[0], mine[mine["end_reference"] == mine["end_arm"]]["value"].sum()
        return language.say(
            "figures.fates.alt",
            arm=arm.name,
            same=language.amount(same, unit, digits),
            moved=language.amount(moved["value"].sum(), unit, digits),
            before=words[top["end_reference"]],
            after=words[top["end_arm"]],
            value=language.amount(top["value"], unit, digits),
        )

    return Chart(
        "fates",
        language.say("figures.fates.title", reference=reference),
        language.say("figures.fates.caption", reference=reference),
        each_arm(arms, grouped, said),
        grouped,
        headings(language, "arm", "end_reference", "end_arm", "count:needs", "value:at_stake"),
        panels,
        language,
        {"arm": arms.words, "end_reference": words, "end_arm": words},
        formats(1, "count") | formats(digits, "value"),
        columns=2,
        least=310,
    )


def chart_parted(table: pd.DataFrame, arms: ArmNames, language: Language) -> Chart:
    """The largest moves from one end to another, a panel for each arm. table: as of `chart_fates`, ends not grouped."""
    words = words_of("end", ENDS, language)
    moved = tidy(table, "arm", "end_reference", "end_arm", "count", "value")
    moved = moved[moved["end_reference"] != moved["end_arm"]]
    moved = moved.sort_values("value", ascending=False, kind="stable").groupby("arm", sort=False).head(LARGEST)
    moved = moved.reset_index(drop=True)
    moved["move"] = [f"{a} {b}" for a, b in zip(moved["end_reference"], moved["end_arm"], strict=True)]
    digits = digits_of("k€", moved["value"].tolist())
    unit = language.say("figures.unit.money")
    reference = arms.reference.name if arms.reference else ""

    def name(row: dict[str, str]) -> str:
        before, after = row["end_reference"], row["end_arm"]
        return f"{words.get(before, before)} → {words.get(after, after)}"

    panels = []
    for arm in arms.among(list(moved["arm"])):
        rows = moved[moved["arm"] == arm.key].to_dict("records")
        lanes = tuple(Key(row["move"], name(row), arm.place) for row in rows)  # type: ignore[arg-type]
        panels.append(
            Lanes(
                language,
                "move",
                lanes,
                unit,
                arm.name,
                mean="value",
                low="",
                high="",
                filters={"arm": arm.key},
                digits=digits,
                stem=True,
                floor=True,
                places=len(arms),
            )
        )

    def said(arm: ArmName, mine: pd.DataFrame) -> str:
        each = [f"{name(row)} {language.number(row['value'], digits)}" for row in mine.head(3).to_dict("records")]  # type: ignore[arg-type]
        return language.say("figures.alt_list", arm=arm.name, each="; ".join(each))

    return Chart(
        "parted",
        language.say("figures.parted.title", reference=reference),
        language.say("figures.parted.caption", reference=reference),
        each_arm(arms, moved, said),
        moved,
        headings(language, "arm", "end_reference", "end_arm", "count:needs", "value:at_stake"),
        tuple(panels),
        language,
        {"arm": arms.words, "end_reference": words, "end_arm": words},
        formats(1, "count") | formats(digits, "value"),
        columns=2,
        least=310,
    )
