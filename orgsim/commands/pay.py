"""`orgsim pay`: pay plans in words, in figures for programs, and as curves in the terminal and on paper."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal
from orgsim.commands.terminal import Commands

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from orgsim.contract import Contract
    from orgsim.scenario.schema import Scenario

SHOWN = (0.0, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0)  # attainments whose pay is given as figures
FEW = (0.0, 0.5, 1.0, 2.0)  # the same in a narrow terminal
ROOMY, WIDEST = 64, 100
NARROWEST, HEIGHT = 24, 8  # of a drawing, in characters

_scenario_option = click.option("--scenario", "name", default="baseline", show_default=True, metavar="NAME|FILE",
                                help="Firm whose pay levels, quotas and plans are meant.")  # fmt: skip
_format_option = click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table",
                              show_default=True, help="Tables go to standard error, the other formats to standard "
                                                      "output.")  # fmt: skip


@click.group(cls=Commands)
def pay() -> None:
    """List pay plans and show what they pay."""


@pay.command("list")
@_scenario_option
@_format_option
def list_(name: str, form: str) -> None:
    """List the pay plans of a scenario, those that ship among them: how much varies, and with what."""
    from orgsim.scenario.load import load_scenario

    rows = plan_rows(load_scenario(name))
    if form == "json":
        terminal.emit_json(rows)
    elif form == "csv":
        terminal.emit_csv(rows)
    else:
        from orgsim.commands.console import show_table

        cells = [
            [row["plan"], row["title"], _varies(row["rep_variable"], row["rep_metrics"]),
             _varies(row["marketer_variable"], row["marketer_metrics"])]
            for row in rows
        ]  # fmt: skip
        show_table(["Plan", "Title", "Rep: variable, on", "Marketer: variable, on"], cells)


@pay.command()
@click.argument("plan")
@_scenario_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder for PLAN.png, PLAN.svg and PLAN.csv.")
@_format_option
def show(plan: str, name: str, out: Path | None, form: str) -> None:
    """Show a pay plan in words and as two curves.

    The first is pay against attainment; the second what one more unit of result is worth to a person whose forecast
    ends far from quota, near it and beyond it.
    """
    from orgsim.scenario.load import known, load_scenario

    scenario = load_scenario(name)
    known(plan, scenario.pay, "plan")
    from orgsim.figures import pay as figures

    folder = None if out is None else terminal.usable(out)
    table = figures.curves_table(scenario, plan)
    files = [] if folder is None else _store(scenario, plan, folder, table)
    if form == "json":
        terminal.emit_json(as_data(scenario, plan) | {"files": files})
    elif form == "csv":
        terminal.emit(table.to_csv(index=False, lineterminator="\n"))
    else:
        _show(scenario, plan, files)


@pay.command()
@click.argument("plan")
def text(plan: str) -> None:
    """Print the file of a plan that ships, with its source and predicted response, to read or to copy."""
    from orgsim.scenario.load import known, library, text_of

    files = {path.stem: path for path in (library() / "pay").glob("*.toml")}
    terminal.emit(text_of(files[known(plan, files, "plan")]))


def plan_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """A row for each plan: pay at target, the variable part of it, and the metrics, by role."""
    from orgsim.contract import ROLES, contract

    rows = []
    for name, plan in scenario.pay.items():
        row: dict[str, Any] = {"plan": name, "title": plan.title}
        for role in ROLES:
            own = contract(scenario, plan, role)
            metrics = [f"{part.component.scope} {part.component.metric}" for part in own.parts]
            row |= {f"{role}_pay": own.total, f"{role}_variable": own.variable / own.total,
                    f"{role}_metrics": ", ".join(dict.fromkeys(metrics))}  # fmt: skip
        rows.append(row)
    return rows


def as_data(scenario: Scenario, plan: str) -> dict[str, Any]:
    """A plan as one document: by role pay, base and a sentence for each component; both curves as tables."""
    from orgsim.contract import ROLES, contract, words
    from orgsim.figures.pay import pay_table, worth_table

    said, roles = words(scenario, scenario.pay[plan]), {}
    for role in ROLES:
        own = contract(scenario, scenario.pay[plan], role)
        parts = [
            {"component": str(part.number), "metric": part.component.metric, "scope": part.component.scope,
             "period": part.component.period, "quota": part.quota, "pay_at_quota": part.at_quota, "prize": part.prize}
            for part in own.parts
        ]  # fmt: skip
        roles[role] = {"pay": own.total, "base": own.base, "components": parts, "words": said[role]}
    return {
        "plan": plan, "title": scenario.pay[plan].title, "scenario": scenario.name, "roles": roles,
        "pay": pay_table(scenario, plan).to_dict("records"), "worth": worth_table(scenario, plan).to_dict("records"),
    }  # fmt: skip


def _varies(share: float, metrics: str) -> str:
    from orgsim.contract import percent

    return f"{percent(share)}: {metrics.replace('_', ' ')}" if metrics else "nothing"


def _store(scenario: Scenario, plan: str, folder: Path, table: pd.DataFrame) -> list[str]:
    import matplotlib

    from orgsim.figures.pay import curves

    text = table.to_csv(index=False, lineterminator="\n")
    files = [terminal.write_file(folder / f"{plan}.csv", lambda name: terminal.fill(name, text))]
    with matplotlib.rc_context({"svg.hashsalt": "orgsim"}):
        figure = curves(scenario, plan)
        for kind, about in (("png", "Software"), ("svg", "Date")):
            def save(name: str, kind: str = kind, about: str = about) -> None:
                figure.savefig(name, format=kind, dpi=150, metadata={about: None})

            files.append(terminal.write_file(folder / f"{plan}.{kind}", save))
    return files


# For the eye -------------------------------------------------------------------------------------------------------


def _show(scenario: Scenario, plan: str, files: list[str]) -> None:
    from rich.text import Text

    from orgsim.commands.console import console, show_files, show_table
    from orgsim.contract import ROLES, contract, percent, words
    from orgsim.figures.pay import heading, worth_table

    out = console()
    width = min(out.width, WIDEST)
    out.print()
    out.print(Text(heading(scenario, plan), style="bold"))
    out.print(Text(scenario.headline, style="dim"))
    for first, *rest in words(scenario, scenario.pay[plan]).values():
        out.print()
        for place, sentence in enumerate([first, *rest]):
            for row in _wrapped(sentence, width, "" if place == 0 else "  · "):
                out.print(Text(row))
    contracts = [contract(scenario, scenario.pay[plan], role) for role in ROLES]
    for own in contracts:
        if own.variable > 0:
            _draw_pay(out, own, width)
    out.print()
    shown = SHOWN if width >= ROOMY else FEW
    rows = [[own.role.capitalize(), *(f"{own.pay(at) / 1000:.1f}" for at in shown)] for own in contracts]
    show_table(["k€ a year at", *map(percent, shown)], rows, right=range(1, len(shown) + 1))
    worth = worth_table(scenario, plan)
    for own in contracts:
        if own.parts:
            _draw_worth(out, own, worth[worth["role"] == own.role], width)
    if files:
        out.print()
        show_files(files)


def _wrapped(text: str, width: int, bullet: str) -> list[str]:
    """Lines of a sentence under a bullet; a figure is not parted from its unit."""
    kept = re.sub(r"(?<=\d) (?=[%€])", "\N{NO-BREAK SPACE}", text)
    rows = textwrap.wrap(kept, width, initial_indent=bullet, subsequent_indent=" " * len(bullet))
    return [row.replace("\N{NO-BREAK SPACE}", " ") for row in rows]


def _draw_pay(out: Console, own: Contract, width: int) -> None:
    """Pay against attainment as a line, from base pay upwards."""
    from rich.text import Text

    from orgsim.contract import percent
    from orgsim.figures.pay import FARTHEST
    from orgsim.figures.text import framed, line, row_of

    bottom, top = own.base, own.pay(FARTHEST)
    rows = line(own.pay, FARTHEST, bottom, top, max(NARROWEST, width - 9), HEIGHT)
    ticks: dict[int, str] = {}
    for amount in (bottom, top, own.total):
        ticks.setdefault(HEIGHT - 1 - row_of(amount, bottom, top, 4 * HEIGHT) // 4, f"{amount / 1000:.1f}")
    out.print()
    out.print(Text(f"Pay of a {own.role}, k€ a year, by the result of every pay period in % of quota", style="bold"))
    marks = [(attainment / FARTHEST, percent(attainment)) for attainment in (0.0, 0.5, 1.0, 1.5, 2.0)]
    for row in framed(rows, ticks, marks):
        out.print(Text(row), no_wrap=True, overflow="crop")


def _draw_worth(out: Console, own: Contract, table: pd.DataFrame, width: int) -> None:
    """What one more unit of result is worth: bars by forecast, at the period's start and late in it."""
    from rich.text import Text

    from orgsim.contract import euro, percent
    from orgsim.figures.pay import MOMENT_WORDS, MOMENTS
    from orgsim.figures.text import bar

    out.print()
    out.print(Text(f"What one more is worth to a {own.role}, € expected", style="bold"))
    for part in own.parts:
        rows = table[table["component"] == str(part.number)]
        shown = {key: part.step * value for key, value in rows.set_index(["forecast", "moment"])["worth"].items()}
        most, least = max(shown.values(), default=0.0), min(shown.values(), default=0.0)
        said = f"{part.name}, for each {part.unit}, by the forecast for the {part.component.period}'s end"
        if part.prize:
            said = f"contest on {part.name}: what a prize is worth depends on the others"
        elif most - least <= 1e-6 * max(1.0, abs(most)):
            said = f"{part.name}: {euro(most)} for each {part.unit}, whatever the forecast and the moment"
        for row in _wrapped(said, width, "  · "):
            out.print(Text(row))
        if "forecast for" not in said:
            continue
        long = max(4, (width - 12) // 2 - 9)
        heads = "  ".join(
            f"{MOMENT_WORDS[moment] if width >= ROOMY else moment.replace('_', ' '):<{long + 8}}" for moment in MOMENTS
        )
        out.print(Text(f"{'':10}{heads}".rstrip(), style="dim"), no_wrap=True, overflow="crop")
        for forecast in dict.fromkeys(rows["forecast"]):
            values = [shown[forecast, moment] for moment in MOMENTS]
            bars = "  ".join(f"{bar(value / most, long)} {value:>7,.2f}" for value in values)
            out.print(Text(f"{percent(forecast):>8}  {bars}"), no_wrap=True, overflow="crop")
