"""The page of a report: one HTML file that fetches nothing, reads without scripting, and prints on A4."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from orgsim import __version__
from orgsim.report import firstscreen
from orgsim.report.assumptions import Parameter, assumptions
from orgsim.report.differences import cell_text, structure_differences, term, unit_text
from orgsim.report.made import made
from orgsim.report.names import pay_phrase, translated
from orgsim.report.paywords import pay_words
from orgsim.report.pictures import WIDE, figure, live_data
from orgsim.report.standings import about_tiles, tiles
from orgsim.report.standings import rows as standings
from orgsim.scenario.catalogue import shown

if TYPE_CHECKING:
    from orgsim.report.report import Report

LIMITS = ("identified", "share", "fixed", "forms", "counterfactual", "alone", "small")
DETAIL = ("awareness", "responses", "hours", "pay", "alignment", "rhythm")
SECTIONS = ("money", "funnel", "waste", "fates", *DETAIL, "differences", "assumptions", "limits", "reproduce")
# Marks of arms as in the figures: circle, square, triangles up and down, diamond, plus.
SHAPES = ("M7 1.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z", "M2 2h10v10H2z", "M7 1.5l6 11H1z", 
          "M7 .8l6.2 6.2L7 13.2L.8 7z", "M7 12.5l6-11H1z", "M5 1h4v4h4v4H9v4H5V9H1V5h4z")  # fmt: skip


def page(report: Report, live: bool = True) -> str:
    """The whole page as text. live: with the script that lets figures answer to the pointer."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("orgsim.report"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    said = report.said

    def say(key: str, **values: Any) -> str:
        return said.say(f"report.page.{key}", **values)

    charts = {name: [figure(chart) for chart in found] for name, found in report.sections.items()}
    style = _style(report)
    script = live_data(report) if live else None
    content = _content(report, say)
    firm = headline(report)
    return environment.get_template("page.html.j2").render(
        said=said, t=say, version=__version__, title=say("title", firm=firm), firm=firm, answer=report.answer,
        style=_safe(style), policy=policy(style, script), shapes=SHAPES, live=_safe_all(script),
        sections=[{"id": name, "title": say(f"section.{name}"), "figures": charts.get(name, []),
                   "intro": _intro(report, name, say)} for name in SECTIONS if _wanted(report, name)],
        limits=[say(f"limits.{name}") for name in LIMITS], **content,
    )  # fmt: skip


def policy(style: str, script: dict[str, str] | None) -> str:
    """The page's Content-Security-Policy: nothing but this very style and these very scripts, pictures inside it."""
    scripts = " ".join(_hash(script[name]) for name in ("source", "driver")) if script else "'none'"
    return (f"default-src 'none'; style-src {_hash(style)}; script-src {scripts}; img-src data:; base-uri 'none'; "
            "form-action 'none'")  # fmt: skip


def headline(report: Report) -> str:
    """Title and size of the firm, in the reader's language."""
    scenario, said = report.comparison.scenario, report.said
    sizes = [segment.size for segment in scenario.market.segments]
    prospects = sum(size or 0 for size in sizes) + (scenario.market.size if None in sizes else 0)
    return said.say(
        "report.page.firm", title=translated(scenario.title, said) or scenario.name,
        prospects=said.number(prospects, 0), reps=said.number(scenario.people.reps, 0),
        marketers=said.number(scenario.people.marketers, 0),
    )  # fmt: skip


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _safe(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # our own style and scripts


def _safe_all(script: dict[str, str] | None) -> dict[str, Any] | None:
    return None if script is None else {name: _safe(text) for name, text in script.items()}


def _style(report: Report) -> str:
    """The style sheet, and a rule for each way in which panels are set side by side."""
    from importlib.resources import files

    text = files("orgsim.report").joinpath("templates/page.css").read_text(encoding="utf-8")
    for chart in report.charts:
        side, least = chart.beside(WIDE), chart.least
        share = f"calc((100% - {1.5 * (side - 1)}rem)/{side})"
        width = f"minmax(min(100%,max({least}px,{share})),1fr)"
        rule = f".side-{side}.least-{least}{{grid-template-columns:repeat(auto-fit,{width})}}"
        text += "" if rule in text else rule + "\n"
    return text


def _wanted(report: Report, name: str) -> bool:
    return name != "fates" or bool(report.sections["fates"])


def _intro(report: Report, name: str, say: Any) -> list[str]:
    c, e = report.comparison, report.evidence
    if name in ("money", "funnel", "waste"):
        worlds = report.said.number(c.replicates, 0)
        return [say("intro.money", count=c.replicates, worlds=worlds), *_chosen(report, name, say)]
    if name == "pay" and not report.sections["pay"]:
        return [say("intro.no_years")]
    if name in DETAIL:
        return [say("intro.detail", count=e.worlds), *_chosen(report, name, say)]
    if name == "fates":
        names = report.said.joined([report.names[str(arm)] for arm in report.followed])
        return [say("intro.fates", arms=names), say("intro.detail", count=e.worlds)]
    if name == "differences" and len({arm.structure for arm in c.arms}) > 1:
        return [say("intro.differences", reference=report.names[str(c.against)])]
    if name == "assumptions" and report.draws is not None and report.draws.arm is not None:
        return [say("intro.draws", draws=report.draws.number, arm=report.names[str(report.draws.arm)])]
    return []


def _chosen(report: Report, name: str, say: Any) -> list[str]:
    """That figures beyond money show some of many arms."""
    some, all_ = len(report.close), len(report.comparison.arms)
    if some == all_:
        return []
    return [say("intro.chosen_values" if name == "money" else "intro.chosen", count=some, all=all_)]


def _content(report: Report, say: Any) -> dict[str, Any]:
    c, said = report.comparison, report.said
    sensitivity = None if report.draws is None else report.draws.sensitivity
    assumed, others = assumptions(c, said, sensitivity)
    plans = dict.fromkeys(arm.pay for arm in c.arms)
    heads, standing = standings(report)
    return {
        "tiles": tiles(report), "about": about_tiles(report), "standings": standing, "standing_heads": heads,
        "reference": report.names[str(c.against)],
        "rests": firstscreen.rests(report), "changes": firstscreen.changes(report),
        "structures": [_structure(one, report, say) for one in structure_differences(c, said)],
        "plans": [{"title": _capital(pay_phrase(c.scenario, name, said)),
                   "words": pay_words(c.scenario, c.scenario.pay[name], said)} for name in plans],
        "ranked": any(one.correlation is not None for one in assumed),
        "assumed": [_parameter(one, said) for one in assumed], "others": [_parameter(one, said) for one in others],
        "made": made(report),
    }  # fmt: skip


def _structure(one: Any, report: Report, say: Any) -> dict[str, Any]:
    said = report.said
    key = "costs_same" if abs(one.cost) < 0.5 else "costs_more" if one.cost > 0 else "costs_less"
    groups: dict[str, list[Any]] = {}
    for row in one.cells:
        groups.setdefault(row.primitive, []).append(row)
    return {
        "title": _capital(one.title), "after": _capital(one.title), "before": _capital(one.reference),
        "words": say(f"differences.{key}", amount=said.number(abs(one.cost), 0), reference=one.reference,
                     once=said.number(one.once, 0)),
        "rows": one.cells, "groups": [{"title": title, "rows": rows} for title, rows in groups.items()],
    }  # fmt: skip


def _parameter(one: Parameter, said: Any) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for owner, value in one.values:
        values.setdefault(cell_text(value, "", said) if not isinstance(value, (list, tuple)) else shown(value),
                          []).append(term(owner, said))  # fmt: skip
    single = len(values) == 1
    text = " · ".join(value if single or not whose[0] else f"{value} ({'; '.join(whose)})"
                      for value, whose in values.items())  # fmt: skip
    ends = {"low": one.low, "high": one.high}
    place = "between" if None not in ends.values() else "from" if one.low is not None else "up_to"
    written = {name: "" if value is None else cell_text(value, "", said) for name, value in ends.items()}
    bounds = "" if one.low is None and one.high is None else said.say(f"report.page.range.{place}", **written)
    correlation, unit = one.correlation, _unit(one.unit, said)
    return {
        "name": one.name, "meaning": one.meaning, "own": one.own, "value": text, "unit": unit,
        "unit_lang": "en" if unit == one.unit and said.code != "en" else "",
        "range": bounds, "source": one.source, "drawn": one.drawn, "strong": one.beyond_luck,
        "correlation": "–" if correlation is None else said.signed(correlation, 2),
        "exact": None if correlation is None else repr(correlation),
    }  # fmt: skip


def _unit(unit: str, said: Any) -> str:
    return said.say("report.in_unit.share_of_one") if unit == "share" else unit_text(unit, 2, said)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
