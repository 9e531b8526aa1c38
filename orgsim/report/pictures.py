"""A chart on the page: static pictures in light and dark for every panel, its data table, and the live figure."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from orgsim.report.slim import packed, picture

if TYPE_CHECKING:
    from orgsim.figures.chart import Chart
    from orgsim.report.report import Report

WIDE, GAP = 912, 24  # px: the page's column, and between panels


def figure(chart: Chart) -> dict[str, Any]:
    """What the template needs of a chart."""
    from orgsim.figures.chart import records

    numeric, cells = chart.numeric(), chart.cells()
    table = chart.table if chart.read is None else chart.read
    exacts = [[row[column] for column in chart.headings] for row in records(table)]
    rows = [
        [{"text": text, "number": number, "exact": _exact(value) if number else None}
         for text, number, value in zip(row, numeric, exact, strict=True)]
        for row, exact in zip(cells, exacts, strict=True)
    ]  # fmt: skip
    return {
        "name": chart.name, "title": chart.title, "caption": chart.caption, "alt": chart.alt, "least": chart.least,
        "side": chart.beside(WIDE), "panels": _panels(chart),
        "heads": [{"text": text, "number": number}
                  for text, number in zip(chart.headings.values(), numeric, strict=True)],
        "rows": rows,
    }  # fmt: skip


def _panels(chart: Chart) -> list[dict[str, Any]]:
    """A picture for each panel in light and dark, as wide as its place on a full page."""
    from orgsim.figures import vega

    side = chart.beside(WIDE)
    width = (WIDE - (side - 1) * GAP) // side
    light, dark = ([picture(svg) for svg in vega.svgs(chart, theme, width)] for theme in ("light", "dark"))
    # The text alternative tells the whole figure; told once, it is enough.
    return [
        {"day": day, "night": night, "alt": chart.alt if place == 0 else ""}
        for place, (day, night) in enumerate(zip(light, dark, strict=True))
    ]


def _exact(value: Any) -> str | None:
    return None if value is None else repr(value)


def live_data(report: Report) -> dict[str, str]:
    """The bundle and the charts, packed; the script that draws them in place of the pictures; and the bundle's own
    text, by whose hash the page lets it run."""
    from orgsim.figures import vega

    charts = {
        chart.name: {"specs": [{key: value for key, value in spec.items() if key not in ("$schema", "description")}
                               for spec in chart.specs()],
                     "rows": chart.rows(), "alt": chart.alt}
        for chart in report.charts
    }  # fmt: skip
    data = {"charts": charts, "config": {theme: vega.config(theme, report.said.code) for theme in ("light", "dark")}}
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    bundle = vega.bundle()
    return {"bundle": packed(bundle), "data": packed(text), "driver": driver(), "source": bundle}


@cache
def driver() -> str:
    """The script that unpacks and draws."""
    from importlib.resources import files

    return files("orgsim.report").joinpath("templates/live.js").read_text(encoding="utf-8")
