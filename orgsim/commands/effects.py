"""`orgsim effects`: what a sweep says: which parameters move a figure or a difference between arms, and luck's part."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from orgsim.experiments.effects.effects import Effects

LEVEL = 0.05
MOST_ROWS = 40


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--metric", default="profit", show_default=True, metavar="NAME",
              help="Figure of a run, such as profit, revenue or lead_waste_share.")  # fmt: skip
@click.option("--arm", metavar="NAME", help='Arm, as "merged / own_numbers"; default: every arm but today\'s.')
@click.option("--against", metavar="NAME",
              help="Arm it is compared with, world by world; default today's, or none with --arm.")  # fmt: skip
@click.option("--figures", metavar="DIR", type=click.Path(path_type=Path), help="Draw figures into this folder.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="Tables go to standard error, the other formats to standard output.")  # fmt: skip
@click.option("--table", "name", default="variance", show_default=True, metavar="NAME",
              help="With csv: which table, such as points, main_effects or flips.")  # fmt: skip
def effects(
    folder: Path, metric: str, arm: str | None, against: str | None, figures: Path | None, form: str, name: str
) -> None:
    """Read the results of a sweep: which parameters matter, how much is luck, where the sign turns.

    DIR is the folder of `orgsim sweep --out DIR`; a sweep that is not complete yet can be read too. What is shown hangs
    on the design: main effects and interactions of a grid, Sobol' indices of saltelli, screening of morris, and so on.
    """
    from orgsim.experiments.effects.effects import effects as read
    from orgsim.experiments.effects.effects import effects_of_all
    from orgsim.experiments.sweeps.opened import open_results

    if figures is not None:
        terminal.usable(figures)
    results = open_results(folder)
    if arm is None and against is None:
        found = effects_of_all(results, metric)
    elif arm is None and against is not None:
        other = results.arm(against)
        found = [read(results, metric, each, other) for each in results.arms if each != other]
        if not found:
            raise terminal.Failure(f"--against: {other} is the only arm of this sweep; leave it out", 2)
    else:
        found = [read(results, metric, arm, against)]
    files = _draw(found, figures) if figures is not None else []
    if form == "json":
        terminal.emit_json([as_data(each) for each in found])
    elif form == "csv":
        terminal.emit(_csv(found, name))
    else:
        for each in found:
            show(each)
        _foot(found, files, folder)


def as_data(found: Effects) -> dict[str, Any]:
    """One response as a document: what it is, what it says, every table. Figures are in the unit of a run."""
    return {
        "title": found.title, "design": found.kind, "metric": found.metric.name, "arm": str(found.arm),
        "against": None if found.against is None else str(found.against), "scale": found.scale, "unit": found.unit,
        "points": len(found.points), "worlds": found.values.shape[1], "lost": dict(found.lost), "words": found.words,
        "tables": {name: table.to_dict("records") for name, table in found.tables().items()},
    }  # fmt: skip


def _csv(found: list[Effects], name: str) -> str:
    import pandas as pd

    from orgsim.scenario.load import known

    tables = [each.tables() for each in found]
    known(name, tables[0], "table")
    rows = [
        own[name].assign(arm=str(each.arm), against="" if each.against is None else str(each.against))
        for each, own in zip(found, tables, strict=True)
    ]
    table = pd.concat(rows, ignore_index=True)
    front = ["arm", "against"]
    ordered = table[[*front, *(column for column in table.columns if column not in front)]]
    return str(ordered.to_csv(index=False, lineterminator="\n"))


def _draw(found: list[Effects], folder: Path) -> list[str]:
    """Write all figures; those of one response have its arm in their names when there are several."""
    from orgsim.figures.effects import drawn

    folder.mkdir(parents=True, exist_ok=True)
    sets = {"": drawn(found)}
    for each in found[1:]:
        own = drawn([each])
        sets[terminal.folder_name(str(each.arm)) + "-"] = {
            name: figure for name, figure in own.items() if name != "variance" and not name.startswith("curve-")
        }
    return [
        terminal.write_file(folder / f"{prefix}{terminal.folder_name(name)}.png", _save(figure))
        for prefix, figures in sets.items()
        for name, figure in figures.items()
    ]


def _save(figure: Figure) -> Callable[[str], None]:
    """Write a figure with nothing in it that differs from one version of the drawing library to the next."""
    return partial(figure.savefig, format="png", dpi=150, metadata={"Software": None})


# For the eye -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """How a column of a table is shown: heading, text of a row, and whether it is set flush right."""

    heading: str
    text: Callable[[dict[str, Any]], str]
    right: bool = True


def show(found: Effects) -> None:
    """Print what a response says, then its tables."""
    from rich.text import Text

    from orgsim.commands.console import console

    out = console()
    out.print()
    out.print(Text(found.title, style="bold"))
    points, worlds = found.values.shape
    out.print(Text(f"{found.kind}, {points:,} point{'' if points == 1 else 's'}, {worlds:,} "
                   f"world{'' if worlds == 1 else 's'} · {found.arm}"
                   + ("" if found.against is None else f" against {found.against}"), style="dim"))  # fmt: skip
    for place, line in enumerate(found.words):
        out.print(Text(line, style="bold" if place == 0 else ""))
    for heading, table, columns in _tables(found):
        _show(heading, table, columns)


def _foot(found: list[Effects], files: list[str], folder: Path) -> None:
    from rich.text import Text

    from orgsim.commands.console import console, show_files

    out = console()
    out.print()
    said = "Share: of the variance of one run, luck included. Index: of what parameters do, luck left out. " \
           "In brackets 95 % intervals. * = more than luck: p < 0.05 after Holm's correction."  # fmt: skip
    out.print(Text(said, style="dim"))
    if files:
        show_files(files)
    else:
        out.print(Text(f"Figures: orgsim effects {folder} --metric {found[0].metric.name} --figures {folder}/figures",
                       style="dim"), soft_wrap=True)  # fmt: skip


def _tables(found: Effects) -> list[tuple[str, pd.DataFrame, list[Column]]]:
    """The tables for the eye: heading, table, columns."""
    out = []
    if found.used[1] > 1 and math.isfinite(found.variance["share"].max()):
        out.append(("Where the variance of a run comes from", found.variance, _variance_columns()))
    unit = found.unit or "as in a run"
    differs = found.against is not None
    if found.main_effects is not None:
        table = found.main_effects
        out.append((f"Levels, {unit}: means over the other factors, and how far from the mean of all", table, [
            _text("Factor", "factor"), _level("Level", "level"),
            _interval(found, table, "mean", "mean_low", "mean_high", differs),
            _interval(found, table, "effect", "low", "high", True, "p_adjusted")]))  # fmt: skip
    if found.boundary is not None and found.against is not None and found.flips["sure"].any():
        out.append(("Where the sign turns, by level of the next factor", found.boundary, [
            _text("Along", "factor"), _text("At", "other"), _level("Level", "other_level"), _turn(),
        ]))  # fmt: skip
    if found.kind == "one_at_a_time":
        out.append((f"Changes from the base point, {unit}, paired by world", found.changes, [
            _text("Factor", "factor"), _level("Base", "base"), _level("Level", "level"),
            _interval(found, found.changes, "change", "low", "high", True, "p_adjusted")]))  # fmt: skip
    if found.kind == "morris" and found.complete:
        out.append((f"Effects over a whole range, {unit}", found.screening, [
            _text("Factor", "factor"), _interval(found, found.screening, "mu_star", "low", "high", False),
            _interval(found, found.screening, "mu", "mu_low", "mu_high", True),
            Column("Sigma", lambda row: _figure(row["sigma"] * found.scale)),
            Column("By luck alone", lambda row: _figure(row["luck"] * found.scale))]))  # fmt: skip
    if found.kind in ("latin_hypercube", "sobol") and found.regression is not None and found.beyond_luck:
        out.append(("Straight lines in all factors (standardised coefficients)", found.regression, [
            _text("Factor", "factor"), _plain("coefficient", "low", "high"),
            _plain("rank_coefficient", "rank_low", "rank_high"),
            Column(f"Slope, {unit} per unit", lambda row: _figure(row["slope"] * found.scale, True))]))  # fmt: skip
    if found.kind == "list":
        columns = [_level(name, name) for name in found.names]
        own = _interval(found, found.by_point, "mean", "low", "high", differs, "p_adjusted" if differs else "")
        out.append((f"Points, {unit}", found.by_point, [*columns, own]))
    return out


def _show(heading: str, table: pd.DataFrame, columns: list[Column]) -> None:
    from rich.text import Text

    from orgsim.commands.console import console, show_table

    rows: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    out = console()
    out.print()
    out.print(Text(heading, style="bold"))
    show_table([column.heading for column in columns],
               [[column.text(row) for column in columns] for row in rows[:MOST_ROWS]],
               right=[place for place, column in enumerate(columns) if column.right])  # fmt: skip
    if len(rows) > MOST_ROWS:
        out.print(Text(f"and {len(rows) - MOST_ROWS:,} rows more, with --format csv or json", style="dim"))


def _variance_columns() -> list[Column]:
    from orgsim.experiments.effects.words import percent

    def cell(name: str) -> Callable[[dict[str, Any]], str]:
        return lambda row: percent(row, name) if math.isfinite(row[name]) else ""

    return [_text("Term", "term"), _text("", "kind"), Column("Share", cell("share")), Column("Index", cell("index"))]


def _text(heading: str, name: str) -> Column:
    return Column(heading, lambda row: str(row[name]), right=False)


def _level(heading: str, name: str) -> Column:
    from orgsim.experiments.effects.words import shown

    return Column(heading, lambda row: shown(row[name]))


def _interval(
    found: Effects, table: pd.DataFrame, name: str, low: str, high: str, signed: bool, tested: str = ""
) -> Column:
    """A value with its interval in the shown unit, with a star where the p-value in the column `tested` says so."""
    from orgsim.experiments.effects.words import decimals, figure

    digits = decimals(float(table[name].abs().max()) * found.scale)

    def text(row: dict[str, Any]) -> str:
        value, *ends = (figure(row[each] * found.scale, signed, digits) for each in (name, low, high))
        if not math.isfinite(row[low]):
            return value if math.isfinite(row[name]) else ""
        return f"{value} ({' to '.join(ends)}){'*' if tested and row[tested] < LEVEL else ''}"

    return Column({"mu_star": "mu*", "mu": "mu"}.get(name, name.capitalize()), text)


def _plain(name: str, low: str, high: str) -> Column:
    def text(row: dict[str, Any]) -> str:
        ends = f" ({row[low]:+.2f} to {row[high]:+.2f})" if math.isfinite(row[low]) else ""
        return f"{row[name]:+.2f}{ends}" if math.isfinite(row[name]) else "?"

    return Column(name.replace("_", " ").capitalize(), text)


def _turn() -> Column:
    def text(row: dict[str, Any]) -> str:
        before, after = ("+" if row[side] > 0 else "-" for side in ("before", "after"))
        if row["at"] is None or math.isnan(row["at"]):
            return f"no flip: {after} all along" if row["sure"] else f"mean {after} all along; luck could hide a flip"
        low, high = ("beyond" if row[end] is None or math.isnan(row[end]) else _figure(row[end])
                     for end in ("low", "high"))  # fmt: skip
        return f"{_figure(row['at'])} ({low} to {high}), {before} to {after}"

    return Column("Flips at", text)


def _figure(value: float, signed: bool = False) -> str:
    from orgsim.experiments.effects.words import figure

    return figure(value, signed)
