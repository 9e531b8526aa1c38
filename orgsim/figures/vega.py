"""Vega-Lite on pages: the script that draws, looks for light and dark, and pictures made without a browser."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from orgsim.figures.look import LOOKS
from orgsim.language import language as language_of

if TYPE_CHECKING:
    from orgsim.figures.chart import Chart

VERSION = "6.4"
FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# The bundle exports Vega only through vega-embed, which brings the interpreter that a strict page policy needs.
SNIPPET = "window.vegaEmbed = vegaEmbed;"


@cache
def bundle() -> str:
    """A script that defines `window.vegaEmbed`, with `.vega` and `.vegaLite`. ImportError without the extra `web`."""
    import vl_convert

    script: str = vl_convert.javascript_bundle(SNIPPET, vl_version=VERSION)
    return script


def config(theme: str = "light", language: str = "en", font: str = FONT) -> dict[str, Any]:
    """What a spec leaves to the page: colours, type sizes, and how numbers are written in that language."""
    look, said = LOOKS[theme], language_of(language)
    text = {"color": look.ink, "fontSize": 12}
    return {
        "background": "transparent",
        "font": font,
        "padding": 2,
        "customFormatTypes": False,
        "locale": {
            "number": {
                "decimal": said.decimal,
                "thousands": said.group,
                "grouping": [3],
                "currency": ["", "\u00a0€"],
                "minus": "\u2212",
            }
        },
        "view": {"stroke": None},
        "axis": {
            "labelColor": look.muted,
            "titleColor": look.ink,
            "gridColor": look.guide,
            "domainColor": look.line,
            "tickColor": look.line,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "titlePadding": 6,
            "tickSize": 4,
            "aria": False,
        },
        "legend": {
            "labelColor": look.ink,
            "titleColor": look.ink,
            "labelFontSize": 12,
            "symbolSize": 70,
            "labelLimit": 300,
            "aria": False,
        },
        "title": {
            "color": look.ink,
            "subtitleColor": look.muted,
            "fontSize": 13,
            "subtitleFontSize": 11,
            "anchor": "start",
            "frame": "group",
            "offset": 8,
            "fontWeight": 600,
            "subtitlePadding": 3,
            "aria": False,
        },
        "mark": {"aria": False},
        "text": text,
        "range": {
            "category": list(look.colours),
            "ramp": list(look.ramp),
            "heatmap": list(look.ramp),
            "ordinal": list(look.tones),
        },
        "style": {
            "name": text,
            "halo": {**text, "color": look.ground, "stroke": look.ground, "strokeWidth": 4},
            "value": text,
            "muted": {"color": look.muted, "fontSize": 11},
            "guide": {"color": look.guide, "strokeWidth": 1},
            "zero": {"color": look.ink, "strokeWidth": 1},
            "whisker": {"color": look.ink, "strokeWidth": 1.3},
            "hollow": {"strokeWidth": 1.8},
            "ground": {"color": look.ground},
            "ghost": {"color": look.muted},
            "plain": {"color": look.ink},
            "reference": {"color": look.muted},
            "low": {"color": look.ink, "fontSize": 11},
            "high": {"color": look.ground, "fontSize": 11},
            "same": {"color": look.guide},
        },
    }


def filled(chart: Chart, width: int | None = None, panel: int | None = None) -> dict[str, Any]:
    """A whole spec with its data, ready to be drawn at so many px: the chart's, or one panel's."""
    spec = chart.spec_at(width or 600) if panel is None else {**chart.specs()[panel], "width": width or 600}
    return {**spec, "datasets": {"table": chart.rows()}}


def svg(chart: Chart, theme: str = "light", width: int = 600, panel: int | None = None) -> str:
    """The chart, or one of its panels, as an SVG so many px wide; transparent, so the page's colour shows."""
    import vl_convert

    spec = filled(chart, width, panel)
    drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=VERSION, config=_config(chart, theme))
    return drawn


def svgs(chart: Chart, theme: str = "light", width: int = 600) -> list[str]:
    """One SVG for each panel."""
    return [svg(chart, theme, width, panel) for panel in range(len(chart.panels))]


def png(chart: Chart, theme: str = "light", width: int = 600, scale: float = 2) -> bytes:
    """The chart as a PNG on the theme's ground, `scale` pixels to a px."""
    import vl_convert

    look = {**_config(chart, theme), "background": LOOKS[theme].ground, "padding": 12}
    drawn: bytes = vl_convert.vegalite_to_png(filled(chart, width), vl_version=VERSION, config=look, scale=scale)
    return drawn


def scenegraph(chart: Chart, theme: str = "light", width: int = 600) -> dict[str, Any]:
    """What is drawn, mark by mark."""
    import vl_convert

    found = vl_convert.vegalite_to_scenegraph(filled(chart, width), vl_version=VERSION, config=_config(chart, theme))
    return json.loads(found) if isinstance(found, str) else dict(found)


def _config(chart: Chart, theme: str) -> dict[str, Any]:
    # A file is laid out with the fonts of the machine that makes it.
    return config(theme, chart.language.code, "sans-serif")
