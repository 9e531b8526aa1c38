"""`orgsim validate`: the table of published patterns, recomputed and held against the figures kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orgsim.commands import terminal
from orgsim.commands.terminal import Failure, Names

if TYPE_CHECKING:
    from orgsim.experiments.patterns.check import Checked

TENTHS = 10


@click.command()
@click.option("--rows", type=Names(), help="Rows of the table, A1,A8; default all.")
@click.option("--quick", is_flag=True, help="The first ten worlds of each, whose figures are kept as well.")
@click.option("--threads", type=click.IntRange(1), help="Workers; default all cores. Changes no figure.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="Tables go to standard error, the other formats to standard output.")  # fmt: skip
def validate(rows: tuple[str, ...] | None, quick: bool, threads: int | None, form: str) -> None:
    """Recompute published patterns, met and missed, and check that every figure is still the one that was printed.

    Exits with 1 if a figure no longer reproduces or a null case, in which a pattern must vanish, shows an effect. That
    a pattern is missed is a result, not a failure. All rows take some minutes.
    """
    from orgsim.experiments.patterns import check as patterns_check
    from orgsim.experiments.patterns import rows as patterns_rows

    chosen = patterns_rows.chosen_rows(rows or ())
    with terminal.progress_bar("Recomputing patterns, in worlds") as progress:
        found = patterns_rows.simulate(chosen, quick=quick, threads=threads, looks=False, progress=progress or _say)
    checked = patterns_check.check(chosen, found, quick=quick)
    if form == "json":
        terminal.emit_json(patterns_check.as_data(checked))
    elif form == "csv":
        terminal.emit_csv(patterns_check.as_data(checked))
    else:
        _show(checked, quick)
    wrong = [one for one in checked if not one.holds]
    if wrong:
        changed = [f"{one.row} {one.result.line.key}" for one in wrong if one.changed]
        effects = [f"{one.row} {one.result.line.key}" for one in wrong if one.shows]
        said = [f"{len(changed)} of {len(checked)} lines do not reproduce: {', '.join(changed)}"] if changed else []
        said += [f"{len(effects)} null cases show an effect: {', '.join(effects)}"] if effects else []
        raise Failure("; ".join(said), 1)


def _say(done: int, total: int) -> None:
    """Progress in words, where there is no terminal for a bar: at every tenth."""
    if total >= TENTHS and done * TENTHS // total > (done - 1) * TENTHS // total:
        terminal.say(f"{done} of {total} worlds")


def _show(checked: list[Checked], quick: bool) -> None:
    from orgsim.commands.console import show_table
    from orgsim.experiments.patterns.check import as_cells, verdicts

    head = ["Row", "Line", "Simulated", "Null case", "Verdict", "Figures"]
    show_table(head, [as_cells(one) for one in checked], right=(2, 3))
    for one in checked:
        if one.changed:
            terminal.say(f"{one.row} {one.result.line.key}, kept: {one.kept}")
    by_row = verdicts(checked)
    counts = {word: sum(found == word for found in by_row.values()) for word in ("met", "missed")}
    rest = len(by_row) - sum(counts.values())
    text = f"Rows met: {counts['met']}; missed: {counts['missed']}; input or calibrated alone: {rest}."
    terminal.say(text + (" In few worlds a row is missed that all of them meet." if quick else ""))
