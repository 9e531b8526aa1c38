"""The first screen's figures: tiles about one alternative, and a row for each arm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orgsim.experiments.metrics import about
from orgsim.experiments.statistics import beyond_luck
from orgsim.report.answer import EQUAL
from orgsim.report.firstscreen import hits, sign_kept
from orgsim.results import Arm

if TYPE_CHECKING:
    from orgsim.report.report import Report

COLUMNS = ("profit", "lead_waste_value", "revenue")


def tiles(report: Report) -> list[dict[str, Any]]:
    """Profit, share of worlds, share of draws and lead waste of the alternative that the answer is about."""
    c, said, arm = report.comparison, report.said, report.subject
    if arm is None or c.replicates < 2:
        return []
    verdict = next(one for one in report.answer.arms if one.arm == arm)
    rows = _rows(report)
    found = [_money(report, rows[arm, "profit"], "profit")]
    worse = verdict.row["difference"] < 0
    found.append({
        "label": _say(report, "tile.worlds_worse" if worse else "tile.worlds"), "tone": "", "figure": "share_better",
        "value": _say(report, "tile.worlds_of", many=verdict.worse if worse else verdict.better,
                      all=said.number(verdict.worlds, 0)),
        "note": _say(report, "tile.worlds_note"), "exact": repr(float(verdict.row["share_better"])),
    })  # fmt: skip
    kept = sign_kept(report)
    if kept is not None and not c.uncertain:  # whose worlds are the draws
        found.append({
            "label": _say(report, "tile.draws"), "tone": "", "figure": "kept", "exact": repr(float(kept["kept"])),
            "value": _say(report, "tile.worlds_of", many=hits(kept), all=kept["draws"]),
            "note": _say(report, "tile.draws_note"),
        })  # fmt: skip
    found.append(_money(report, rows[arm, "lead_waste_value"], "waste"))
    return found


def about_tiles(report: Report) -> str:
    """Which alternative the tiles are about."""
    c, found = report.comparison, report.answer
    if report.subject is None:
        return ""
    names = {"arm": report.arms[str(report.subject)].name, "reference": report.arms[str(c.against)].name}
    nearest = found.leading is None and len(found.arms) > 1 and found.state != EQUAL
    return _say(report, "tile.best" if nearest else "tile.against", **names)


def _money(report: Report, row: dict[str, Any], label: str) -> dict[str, Any]:
    c, said, what = report.comparison, report.said, about(row["metric"])
    scale = what.scale(c.years)
    real = beyond_luck(row, c.confidence)
    interval = said.say("report.answer.interval", sure=said.percent(c.confidence),
                        low=said.signed(row["difference_low"] * scale),
                        high=said.signed(row["difference_high"] * scale))  # fmt: skip
    good = what.better * row["difference"] > 0
    note = interval if real else _say(report, "tile.luck_note", interval=interval)
    if row["difference_low"] == row["difference_high"]:
        note = _say(report, "tile.equal_note")
    return {
        "label": _say(report, f"tile.{label}"), "figure": row["metric"],
        "exact": repr(float(row["difference"] * scale)), "value": f"{said.signed(row['difference'] * scale)}\u00a0k€",
        "tone": ("better" if good else "worse") if real else "",
        "note": note,
    }  # fmt: skip


def rows(report: Report) -> tuple[list[str], list[dict[str, Any]]]:
    """Headings, and a row for each arm, the reference first: name, verdict, figures with their full values."""
    c, said = report.comparison, report.said
    table = _rows(report)
    verdicts = {one.arm: one for one in report.answer.arms}
    kept: dict[str, dict[str, Any]] = {}
    if report.draws is not None:
        for row in report.draws.signs.to_dict("records"):
            if row["metric"] == "profit":
                kept[str(row["arm"])] = row  # type: ignore[assignment]
    heads = [f"{_title(report, name)}, {said.say('figures.unit.money')}" for name in COLUMNS]
    heads[1:1] = [_say(report, "column.better_in"), *([_say(report, "column.kept")] if kept else [])]
    found = []
    for arm in sorted(c.arms, key=lambda one: one != c.against):
        state = verdicts[arm].state if arm in verdicts else "reference"
        word = "today" if state == "reference" and arm == c.today else state
        cells = [_figure(report, table[arm, name], arm == c.against) for name in COLUMNS]
        one = verdicts.get(arm)
        often = _cell()
        if one is not None:
            often = _cell(_say(report, "tile.worlds_of", many=one.better, all=said.number(one.worlds, 0)),
                          one.row["share_better"], "share_better")  # fmt: skip
        cells[1:1] = [often, *([_kept(report, kept.get(str(arm)))] if kept else [])]
        for head, cell in zip(heads, cells, strict=True):
            cell["label"] = head
        shown = report.arms[str(arm)]
        found.append({"key": str(arm), "place": shown.place, "name": shown.name, "state": state,
                      "verdict": _say(report, f"verdict.{word}"), "cells": cells})  # fmt: skip
    return heads, found


def _figure(report: Report, row: dict[str, Any], reference: bool) -> dict[str, Any]:
    """A mean for the reference, a difference with its interval for the others."""
    c, said = report.comparison, report.said
    scale = about(row["metric"]).scale(c.years)
    if reference:
        value = row["mean"] * scale
        return _cell(said.number(value), value, f"{row['metric']} mean")
    value, low, high = (row[name] * scale for name in ("difference", "difference_low", "difference_high"))
    note, luck = "", False
    if math.isfinite(low):
        note = said.say("report.answer.range", low=said.signed(low), high=said.signed(high))
        luck = not beyond_luck(row, c.confidence) and row["share_equal"] < 1
    return _cell(said.signed(value), value, f"{row['metric']} difference", note, luck)


def _cell(
    text: str = "", value: float | None = None, figure: str = "", note: str = "", luck: bool = False
) -> dict[str, Any]:
    """A cell: its text, the full value and which figure it is, a line below, and whether it is marked as luck."""
    exact = None if value is None else repr(float(value))
    return {"text": text, "exact": exact, "figure": figure, "note": note, "luck": luck}


def _kept(report: Report, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return _cell()
    ends = {end: report.said.signed(row[name]) for end, name in (("low", "tenth"), ("high", "ninetieth"))}
    text = _say(report, "tile.worlds_of", many=hits(row), all=row["draws"])
    return _cell(text, row["kept"], "kept", _say(report, "column.most_draws", **ends))


def _rows(report: Report) -> dict[tuple[Arm, str], dict[str, Any]]:
    records: list[dict[str, Any]] = report.summary.to_dict("records")  # type: ignore[assignment]
    return {(Arm(row["structure"], row["pay"]), row["metric"]): row for row in records}


def _title(report: Report, metric: str) -> str:
    return report.said.say(f"figures.metric.{metric}")


def _say(report: Report, key: str, **values: Any) -> str:
    return report.said.say(f"report.page.{key}", **values)
