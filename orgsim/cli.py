"""The command line. JSON and CSV go to standard output alone, everything for the eye to standard error.

Exit codes: 0; 1 when a run failed or a verification disagrees; 2 when the user's input is wrong. Nothing heavy is
imported before a command needs it, so that `orgsim --help` is quick.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from orgsim import __version__
from orgsim.commands import app, attribute, compare, effects, pay, report, structure, sweep, terminal, trace, validate
from orgsim.commands.compare import RESULTS
from orgsim.commands.terminal import Commands, Failure

WORD = 2**32
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


_WORDS = click.IntRange(0, WORD - 1)
_FOLDER = click.Path(path_type=Path)


def _format_option(*formats: str) -> Callable[[Any], Any]:
    return click.option("--format", "form", type=click.Choice(formats), default="table", show_default=True,
                        help="Tables go to standard error, the other formats to standard output.")  # fmt: skip


@click.group(cls=Commands, context_settings=HELP)
@click.option("--debug", is_flag=True, help="Show where in the program an unexpected error arose.")
@click.version_option(version=__version__, prog_name="orgsim", message="%(prog)s %(version)s")
def main(debug: bool) -> None:
    """Simulate how firms organise marketing and sales, and compare ways of doing it in the same worlds.

    Start with `orgsim compare`: one command, three structures, two pay plans, a verdict.
    """


COMMANDS = (
    compare.compare, pay.pay, attribute.attribute, structure.structure, structure.devices, sweep.sweep, sweep.status,
    sweep.query, sweep.export, sweep.experiments, effects.effects, trace.trace, validate.validate, report.report,
    app.app,
)
for command in COMMANDS:
    main.add_command(command)

# run ---------------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("scenario")
@click.option("--structure", help="Structure; default today's.")
@click.option("--pay", help="Pay plan; default today's.")
@click.option("--seed", type=_WORDS, default=0, show_default=True, help="The key of all luck.")
@click.option("--replicate", type=_WORDS, default=0, show_default=True, help="Number of the world.")
@click.option("--out", type=_FOLDER, help="Folder of results; default orgsim-results/run-SCENARIO.")
@_format_option("table", "json", "csv")
def run(
    scenario: str, structure: str | None, pay: str | None, seed: int, replicate: int, out: Path | None, form: str
) -> None:
    """Run one scenario once, with all its leads, hours, pay, people, accounts and events on file."""
    from orgsim import simulation
    from orgsim.commands import console
    from orgsim.experiments.store import plain, write_json, write_parquet
    from orgsim.scenario.load import load_scenario

    question = load_scenario(scenario)
    arm = simulation.arm_of(question, structure, pay)
    folder = terminal.usable(out or RESULTS / f"run-{terminal.folder_name(question.name)}")

    with terminal.progress_bar("Running"):
        result = simulation.run(question, structure=arm.structure, pay=arm.pay, seed=seed, replicate=replicate)
    files = []
    for name in ("leads", "periods", "hours", "pay", "people", "accounts", "events"):
        write_parquet(folder / f"{name}.parquet", getattr(result, name))
        files.append(terminal.written(folder / f"{name}.parquet"))
    summary = {"scenario": question.name, "structure": arm.structure, "pay": arm.pay, "seed": seed,
               "replicate": replicate, "kpis": result.kpis, "facts": result.facts}  # fmt: skip
    summary = plain(summary)
    write_json(folder / "summary.json", summary)
    files.append(terminal.written(folder / "summary.json"))
    if form == "json":
        terminal.emit_json(summary | {"files": files})
    elif form == "csv":
        terminal.emit_csv([{"kpi": name, "value": value} for name, value in summary["kpis"].items()])
    else:
        console.show_run(result, files)


# scenarios ---------------------------------------------------------------------------------------------------------


@main.group(cls=Commands, context_settings=HELP)
def scenarios() -> None:
    """List, show, check and start scenarios."""


@scenarios.command("list")
@_format_option("table", "json")
def list_(form: str) -> None:
    """List the scenarios that ship; limit cases have a closed form, see `orgsim verify`."""
    from orgsim.scenario.load import find, limit_names, names, text_of
    from orgsim.scenario.toml import read

    rows = []
    for limit, listed in ((False, names()), (True, limit_names())):
        for name in listed:
            path = find(name)
            title = read(text_of(path), str(path)).get("title", "")
            rows.append({"name": name, "title": title, "limit": limit})
    if form == "json":
        terminal.emit_json(rows)
        return
    from orgsim.commands.console import show_table

    show_table(["Scenario", "Title", ""], [[r["name"], r["title"], "limit case" if r["limit"] else ""] for r in rows])


@scenarios.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the text of a scenario, to read or to copy."""
    from orgsim.scenario.load import find, text_of

    terminal.emit(text_of(find(name)))


@scenarios.command()
@click.argument("file")
def check(file: str) -> None:
    """Check a scenario file and name all its mistakes, each with file, line and key."""
    from orgsim.scenario.load import check_text, load_scenario, text_of

    path = Path(file)
    if path.is_file():
        check_text(text_of(path), file, path.parent)
    else:
        load_scenario(file)
    terminal.say(f"{file}: ok")


@scenarios.command()
@click.argument("file", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write a commented file for a scenario of your own, which extends the baseline."""
    from orgsim.scenario.catalogue import starter

    path = file if file.suffix == ".toml" else file.with_name(f"{file.name}.toml")
    if path.exists():
        raise Failure(f"'{path}' is already there; nothing was changed", 2)
    terminal.usable(path.parent)
    title = re.sub(r'["\\\x00-\x1f]', " ", path.stem)
    text = starter(shlex.quote(str(path)), title)
    terminal.write_file(path, lambda name: terminal.fill(name, text))
    terminal.say(f"Written: {path}\nEdit it, then: orgsim compare {shlex.quote(str(path))}")


# parameters, schema, verify ----------------------------------------------------------------------------------------


@main.command()
@_format_option("table", "json")
def parameters(form: str) -> None:
    """List every parameter with its unit, default, plausible range and source."""
    from orgsim.scenario import catalogue

    rows = catalogue.parameters()
    if form == "json":
        terminal.emit_json(rows)
        return
    from orgsim.commands.console import show_table

    cells = [[r["name"], r["unit"], catalogue.shown(r["default"]), catalogue.range_of(r), r["source"]] for r in rows]
    show_table(["Parameter", "Unit", "Default", "Range", "Source"], cells, right=(2,))


@main.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, with which editors complete and check."""
    from orgsim.scenario.catalogue import json_schema

    terminal.emit_json(json_schema())


@main.command()
@click.argument("case", required=False)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A key of the case, its value as in TOML.")
@click.option("--replicates", type=click.IntRange(1), help="Runs of each case, at least 30; default the case's.")
@click.option("--seed", type=_WORDS, default=0, show_default=True, help="The key of all luck.")
@_format_option("table", "json", "csv")
def verify(case: str | None, settings: tuple[str, ...], replicates: int | None, seed: int, form: str) -> None:
    """Run limit cases that have a closed form and hold the engine against it; all of them without CASE."""
    values = dict(map(_setting, settings))
    if values and case is None:
        raise click.UsageError("--set needs the name of a case.")
    from orgsim.experiments import limits

    with terminal.progress_bar("Verifying") as progress:
        rows = limits.verify(case, values, replicates, seed, progress)
    keys = ("case", "output", "simulated", "closed_form", "standard_error", "z")
    if form == "json":
        terminal.emit_json([{key: row[key] for key in keys} for row in rows])
    elif form == "csv":
        terminal.emit_csv([{key: row[key] for key in keys} for row in rows])
    else:
        from orgsim.commands.console import show_table

        cells = [[row["case"], row["output"], *(terminal.short(row[key]) for key in keys[2:]),
                  "agrees" if row["agrees"] else "DISAGREES"] for row in rows]  # fmt: skip
        show_table(["Case", "Output", "Simulated", "Closed form", "Std. error", "z", ""], cells, right=(2, 3, 4, 5))
    wrong = [f"{row['case']} {row['output']}" for row in rows if not row["agrees"]]
    if wrong:
        raise Failure(f"{len(wrong)} of {len(rows)} outputs disagree with their closed form: {', '.join(wrong)}", 1)


def _setting(text: str) -> tuple[str, Any]:
    """A key and its value, which is written as in TOML: numbers, lists, true, "text"."""
    import tomllib

    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise click.BadParameter(f"found '{text}'; write KEY=VALUE, such as servers=3", param_hint="--set")
    try:
        parsed = tomllib.loads(f"x = {value}")
    except tomllib.TOMLDecodeError:
        parsed = {}
    if list(parsed) != ["x"]:
        raise click.BadParameter(
            f"{key}: found '{value}', which is no TOML value; write a number, a list such as [0.2, 0.3], or \"text\"",
            param_hint="--set",
        )
    return key, parsed["x"]


if __name__ == "__main__":
    main(prog_name="orgsim")
