"""`orgsim structure` and `orgsim devices`: ways of organising in words, as data for programs, and held side by side."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal
from orgsim.commands.terminal import Commands

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from orgsim.organigram import Node
    from orgsim.scenario.schema import Scenario

ROOMY = 72  # columns from which tables with a column for each role or structure are used
NARROWEST = 40
NOBODY = "–"
DIFF_COLUMNS = ("primitive", "cell", "a", "b")
LEGEND = "D decides, J decide jointly, P proposes, V can veto, C is consulted; in brackets: by default."

_scenario_option = click.option("--scenario", "name", default="baseline", show_default=True, metavar="NAME|FILE",
                                help="Firm whose structures, devices and sizes are meant.")  # fmt: skip


def _format_option(*formats: str) -> Callable[[Any], Any]:
    return click.option("--format", "form", type=click.Choice(formats), default="table", show_default=True,
                        help="Tables go to standard error, the other formats to standard output.")  # fmt: skip


@click.group(cls=Commands)
def structure() -> None:
    """List ways of organising, show one in full, and tell what two differ in."""


@structure.command("list")
@_scenario_option
@_format_option("table", "json", "csv")
def list_(name: str, form: str) -> None:
    """List the structures of a scenario, those that ship among them: leaders, devices, staff, and cost."""
    from orgsim.scenario.load import load_scenario

    rows = structure_rows(load_scenario(name))
    if form == "json":
        terminal.emit_json(rows)
    elif form == "csv":
        terminal.emit_csv(rows)
    else:
        from orgsim.commands.console import console, show_table

        if console().width >= ROOMY:
            cells = [[row["structure"], row["title"] + (" (today)" if row["today"] else ""), str(row["chairs"]),
                      str(row["devices"]), f"{row['staff']:g}", f"{row['euro_per_year'] / 1000:.0f}"]
                     for row in rows]  # fmt: skip
            show_table(["Structure", "Title", "Leaders", "Devices", "Staff", "k€ a year"], cells, right=range(2, 6))
        else:
            show_table(["Structure", "Title"], [[row["structure"], row["title"]] for row in rows])


@structure.command()
@click.argument("name_", metavar="STRUCTURE")
@_scenario_option
@_format_option("table", "json")
def show(name_: str, name: str, form: str) -> None:
    """Show a structure: its authority tree, its decision rights, its cells by primitive, its devices and its cost."""
    from orgsim.scenario.load import known, load_scenario

    scenario = load_scenario(name)
    known(name_, scenario.structures, "structure")
    if form == "json":
        _emit(as_data(scenario, name_))
    else:
        _show(scenario, name_)


@structure.command()
@click.argument("a")
@click.argument("b")
@_scenario_option
@_format_option("table", "json", "csv")
def diff(a: str, b: str, name: str, form: str) -> None:
    """Tell in which cells two structures differ, and nothing else."""
    from orgsim.scenario.load import known, load_scenario

    scenario = load_scenario(name)
    for one in (a, b):
        known(one, scenario.structures, "structure")
    rows = diff_rows(scenario, a, b)
    if form == "json":
        _emit({"a": a, "b": b, "scenario": scenario.name, "differences": rows})
    elif form == "csv":
        terminal.emit_csv(rows) if rows else terminal.emit(f"{','.join(DIFF_COLUMNS)}\n")
    else:
        _show_diff(a, b, rows)


@structure.command()
@click.argument("structure")
def text(structure: str) -> None:
    """Print the file of a structure that ships, with the reasons for its cells, to read or to copy."""
    _print_file("structures", structure, "structure")


@click.group(cls=Commands, invoke_without_command=True)
@_scenario_option
@_format_option("table", "json", "csv")
@click.pass_context
def devices(context: click.Context, name: str, form: str) -> None:
    """List coordination devices: who takes part, what they cost, what they move, and what that rests on."""
    if context.invoked_subcommand is not None:
        return
    from orgsim.organigram import device_row
    from orgsim.scenario.load import load_scenario

    scenario = load_scenario(name)
    rows = [device_row(scenario, device) for device in scenario.devices]
    if form == "json":
        _emit(rows)
    elif form == "csv":
        terminal.emit_csv([row | {"participants": " ".join(row["participants"]),
                                  "effects": " ".join(f"{e['state']}:{e['gain']:g}" for e in row["effects"])}
                           for row in rows])  # fmt: skip
    else:
        _show_devices(rows)


@devices.command("text")
@click.argument("device")
def device_text(device: str) -> None:
    """Print the file of a device that ships, with its source and what is assumed, to read or to copy."""
    _print_file("devices", device, "device")


def structure_rows(scenario: Scenario) -> list[dict[str, Any]]:
    """A row for each structure: whether it is today's, how many leaders, devices and staff posts, what it costs."""
    from orgsim.organigram import costs

    return [
        {"structure": name, "title": one.title, "today": name == scenario.today.structure, "chairs": len(one.chairs),
         "budget": one.budget.decides, "threshold": one.threshold.decides, "devices": len(one.devices),
         "staff": one.staff.people, "euro_per_year": sum(row["euro"] for row in costs(scenario, one))}
        for name, one in scenario.structures.items()
    ]  # fmt: skip


def diff_rows(scenario: Scenario, a: str, b: str) -> list[dict[str, str]]:
    """What two structures differ in: primitive, cell, and its value in words in each."""
    from orgsim.organigram import PRIMITIVES, difference

    rows = difference(scenario.structures[a], scenario.structures[b])
    return [dict(zip(DIFF_COLUMNS, (PRIMITIVES[cell.primitive - 1], cell.name, left, right), strict=True))
            for cell, left, right in rows]  # fmt: skip


def as_data(scenario: Scenario, name: str) -> dict[str, Any]:
    """A structure as one document: tree, rights, cells by primitive, devices and cost."""
    from orgsim import organigram

    one = scenario.structures[name]
    return {
        "structure": name, "title": one.title, "scenario": scenario.name,
        "today": name == scenario.today.structure,
        "tree": _node_data(organigram.tree(scenario, one)), "rights": organigram.rights(one),
        "cells": [{"primitive": organigram.PRIMITIVES[cell.primitive - 1], "cell": cell.name, "value": cell.value,
                   "unit": cell.unit} for cell in organigram.cells(one)],
        "devices": [organigram.device_row(scenario, device)
                    | {"not_held": organigram.missing(scenario, one, scenario.devices[device])}
                    for device in one.devices],
        "cost": organigram.costs(scenario, one),
    }  # fmt: skip


def _node_data(node: Node) -> dict[str, Any]:
    return {
        "title": node.title, "background": node.background, "span": node.span, "hours_per_report": node.attention,
        "teams": {team: number for number, team in node.teams}, "below": [_node_data(below) for below in node.below],
    }  # fmt: skip


def _emit(content: Any) -> None:
    from orgsim.experiments.store import plain

    terminal.emit_json(plain(content, infinite="inf"))


def _print_file(kind: str, name: str, what: str) -> None:
    from orgsim.scenario.load import known, library, text_of

    files = {path.stem: path for path in (library() / kind).glob("*.toml")}
    terminal.emit(text_of(files[known(name, files, what)]))


# For the eye -------------------------------------------------------------------------------------------------------


def _say(out: Console, text: str, style: str = "", bullet: str = "", beyond: int = 0) -> None:
    """Print a paragraph under a bullet; its further lines are set in by the bullet and `beyond`."""
    from rich.text import Text

    width = max(out.width, NARROWEST)
    rows = textwrap.wrap(text, width, initial_indent=bullet, subsequent_indent=" " * (len(bullet) + beyond))
    for row in rows:
        out.print(Text(row, style=style))


def _show(scenario: Scenario, name: str) -> None:
    from orgsim import organigram as o
    from orgsim.commands.console import console, show_table

    out, one = console(), scenario.structures[name]
    top, cells, wide = o.tree(scenario, one), o.cells(one), console().width >= ROOMY
    long = max(len(cell.name) for cell in cells if cell.primitive not in (o.TREE, o.RIGHTS))
    out.print()
    _say(out, f"{one.title} ({name})" if one.title else name, "bold")
    _say(out, scenario.headline, "dim")
    for number, primitive in enumerate(o.PRIMITIVES, start=1):
        out.print()
        _say(out, f"{number} {primitive.capitalize()}", "bold")
        if number == o.TREE:
            out.print(_drawn(top))
        elif number == o.RIGHTS:
            _show_rights(out, o.rights(one), wide)
            _say(out, f"sales voice: {o.words(one.sales_voice, 'share')}, where both functions propose", bullet="  ")
        elif number == o.SPAN:
            for node in list(top)[1:]:
                _say(out, f"{node.title}: {_counted(node.span or 0, 'report')}, {node.attention:.2g} h a week for each "
                          "before deals interrupt", bullet="  ", beyond=2)  # fmt: skip
            lag = o.words(scenario.leadership.adoption, "months")
            _say(out, f"takes hold in {lag}" if name != scenario.today.structure else "today's: in force already",
                 bullet="  ")  # fmt: skip
        for cell in cells:
            if cell.primitive == number and number not in (o.TREE, o.RIGHTS) and not cell.name.startswith("device "):
                label = f"{cell.name:<{long}}  " if wide else f"{cell.name}: "
                _say(out, label + cell.text, bullet="  ", beyond=len(label) if wide else 2)
        if number == o.DEVICES:
            for device in one.devices:
                why = o.missing(scenario, one, scenario.devices[device])
                _say(out, _device_words(o.device_row(scenario, device)) + (f" Not held: {why}." if why else ""),
                     bullet="  · ")  # fmt: skip
        elif number == o.COST:
            rows = o.costs(scenario, one)
            total = {key: sum(row[key] for row in rows) for key in ("euro", "hours", "once")}
            shown = [[row["item"], *(f"{row[key]:,.0f}" for key in total)] for row in [*rows, {"item": "all"} | total]]
            show_table(["Item", "€ a year", "h a year", "€ once"], shown, right=(1, 2, 3))


def _drawn(node: Node, above: Tree | None = None) -> Tree:
    """The authority tree with branches: leaders with background and span, below them teams and leaders."""
    from rich.text import Text
    from rich.tree import Tree

    if node.span is None:
        label = Text("chief executive", style="bold")
    else:
        bred = "mixed background" if node.background == "mixed" else f"bred in {node.background}"
        label = Text(node.title, style="bold") + Text(f" ({bred}), {_counted(node.span, 'report')}", style="not bold")
    branch = Tree(label) if above is None else above.add(label)
    for number, team in node.teams:
        branch.add(Text(_counted(number, team.removesuffix("s"))))
    for below in node.below:
        _drawn(below, branch)
    return branch


def _show_rights(out: Console, rows: list[dict[str, Any]], wide: bool) -> None:
    """Decisions by role as a table, or as a line each where the roles have no room beside each other."""
    from orgsim.commands.console import show_table

    if wide:
        roles = list(rows[0]["roles"])
        cells = [[row["decision"], *(_may(may, row["default"]) for may in row["roles"].values())] for row in rows]
        show_table(["Decision", *roles], cells)
    else:
        for row in rows:
            may = ", ".join(f"{title} {_may(what, row['default'])}" for title, what in row["roles"].items() if what)
            _say(out, f"{row['decision']}: {may}", bullet="  ", beyond=2)
    _say(out, LEGEND, "dim", bullet="  ")


def _may(what: str, default: bool) -> str:
    return f"({' '.join(what)})" if what and default else " ".join(what)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _device_words(row: dict[str, Any]) -> str:
    """A device in two sentences: what it takes, and what it moves once it has taken hold."""
    *others, last = row["participants"] or ["nobody of ours"]
    who = f"{', '.join(others)} and {last}" if others else last
    often = {1: "once", 2: "twice"}.get(row["times"], f"{row['times']:g} times")
    held = f"{who}, {often} a year, {row['hours']:.2g} h each" if row["times"] else who
    money = [f"{row['cost_per_year']:,.0f} € a year"] if row["cost_per_year"] else []
    money += [f"{row['once']:,.0f} € once"] if row["once"] else []
    moves = ", ".join(f"{e['state'].replace('_', ' ')} by {e['lift']:+.2g}" for e in row["effects"])
    takes = f"{held}: {row['hours_per_year']:,.0f} h a year in all" if row["hours_per_year"] else held
    return f"{row['title']} ({row['device']}): {', '.join([takes, *money])}. Moves {moves or 'nothing'}."


def _show_devices(rows: list[dict[str, Any]]) -> None:
    from orgsim.commands.console import console, show_table

    out = console()
    if out.width < ROOMY:
        for row in rows:
            _say(out, f"{_device_words(row)} Source: {row['source']}.", bullet="  · ")
        return
    cells = [
        [row["device"], " ".join(who[0].upper() for who in row["participants"]) or NOBODY,
         f"{row['hours_per_month']:.2g}", f"{row['cost_per_year'] / 1000:.3g}", f"{row['once'] / 1000:.3g}",
         "\n".join(f"{e['state'].replace('_', ' ')} {e['lift']:+.2g}" for e in row["effects"]) or NOBODY,
         row["source"].partition(" (")[0]]
        for row in rows
    ]  # fmt: skip
    show_table(["Device", "Who", "h/month", "k€/year", "k€ once", "Moves in the end", "Source"], cells, right=(2, 3, 4))
    _say(out, "R reps, M marketers, H heads; hours are each participant's. All sizes are assumed.", "dim", bullet=" ")


def _show_diff(a: str, b: str, rows: list[dict[str, str]]) -> None:
    from orgsim.commands.console import console, show_table

    out = console()
    if not rows:
        _say(out, f"{a} and {b} differ in nothing.")
    elif out.width >= ROOMY:
        before = [""] + [row["primitive"] for row in rows]
        cells = [[row["primitive"] if row["primitive"] != last else "", row["cell"], row["a"], row["b"]]
                 for row, last in zip(rows, before, strict=False)]  # fmt: skip
        show_table(["Primitive", "Cell", a, b], cells)
    else:
        for row in rows:
            _say(out, f"{row['cell']} ({row['primitive']})", bullet="  · ")
            for name, value in ((a, row["a"]), (b, row["b"])):
                _say(out, f"{name}: {value}", bullet="      ", beyond=2)
