"""`orgsim sweep`, `status`, `query`, `export`, `experiments`: many scenarios, on disk, whatever happens."""

from __future__ import annotations

import os
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal
from orgsim.commands.terminal import Commands, Failure

if TYPE_CHECKING:
    from orgsim.experiments.sweeps.experiment import Experiment
    from orgsim.experiments.sweeps.opened import Results
    from orgsim.experiments.sweeps.sweep import Outcome

RESULTS = Path("orgsim-results")
SHOWN = 10  # points that --dry-run lists
MOST_ROWS = 200  # rows of an answer on screen
QUIET = 30.0  # seconds between lines of progress where there is no terminal
_FOLDER = click.Path(path_type=Path)


def _format(*formats: str) -> Callable[[Any], Any]:
    return click.option("--format", "form", type=click.Choice(formats), default="table", show_default=True,
                        help="Tables go to standard error, the other formats to standard output.")  # fmt: skip


@click.command()
@click.argument("experiment")
@click.option("--out", type=_FOLDER, help="Folder of the sweep; default orgsim-results/sweep-EXPERIMENT.")
@click.option("--replicates", type=click.IntRange(1), help="Worlds for each point and arm, instead of the file's.")
@click.option("--executor", default="threads", show_default=True, metavar="NAME",
              help="threads, processes, dask (on this machine), mpi, or a Dask scheduler's address.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="How many at a time; default all cores. Changes no result.")
@click.option("--retry-failed", is_flag=True, help="Do runs again whose row is an error.")
@click.option("--dry-run", is_flag=True, help="Say what would be run, and run nothing.")
@_format("table", "json")
def sweep(
    experiment: str, out: Path | None, replicates: int | None, executor: str, workers: int | None, retry_failed: bool,
    dry_run: bool, form: str,
) -> None:  # fmt: skip
    """Run an experiment: every point of its design under every arm in every world.

    EXPERIMENT is the name of one that ships (`orgsim experiments list`) or a TOML file. The same command again does
    only what is missing: after an interrupt, or when levels, factors, arms or replicates were added. Several processes
    may sweep in one folder and share the work.
    """
    from dataclasses import replace

    from orgsim.experiments.executors import check
    from orgsim.experiments.sweeps.experiment import load_experiment
    from orgsim.experiments.sweeps.sweep import sweep as run_all

    check(executor)
    asked = load_experiment(experiment)
    if replicates is not None:
        asked = replace(asked, replicates=replicates)
    folder = terminal.usable(out or RESULTS / f"sweep-{terminal.folder_name(asked.name)}")
    if dry_run:
        _emit_plan(asked, folder, form)
        return
    command = ["orgsim", "sweep", experiment, "--out", str(folder)]
    command += ["--replicates", str(replicates)] if replicates is not None else []
    command += ["--executor", executor] if executor != "threads" else []
    command += ["--workers", str(workers)] if workers is not None else []
    again = shlex.join(command)
    try:
        with _progress(f"Sweeping, {asked.name}") as progress:
            outcome = run_all(
                asked, folder, executor=executor, workers=workers, retry_failed=retry_failed, progress=progress,
                stopping=_stopping, command=command,
            )  # fmt: skip
    except OSError as error:
        raise _unwritable(error, folder) from error
    except KeyboardInterrupt:
        raise Failure(f"Interrupted; what is stored in {folder} is kept. Go on with: {again}", 130, "") from None
    if form == "json":
        about = asdict(outcome) | {"missing": outcome.missing, "folder": str(folder), "command": command}
        terminal.emit_json(about)
    else:
        _show_outcome(outcome, folder)
    _end(outcome, folder, again)


def _unwritable(error: OSError, folder: Path) -> Failure:
    place = f"{error.filename}: " if error.filename else ""
    ours = isinstance(error, (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError))
    mend = "choose another --out" if ours else "make room or choose another --out"
    again = f"; what was done is safe: {mend}, and give the same command again"
    return Failure(f"{place}{error.strerror or error}{again}", 2 if ours else 1)


def _end(outcome: Outcome, folder: Path, again: str) -> None:
    """Leave with the exit code that the outcome deserves."""
    for shard in outcome.set_aside:
        terminal.say(f"Damaged and done again: {shard}")
    if outcome.interrupted:
        stored = outcome.planned - outcome.missing
        raise Failure(
            f"Interrupted; {stored:,} of {outcome.planned:,} runs are stored in {folder}. Go on with: {again}", 130, ""
        )
    if outcome.missing:
        raise Failure(f"{outcome.missing:,} runs are still missing in {folder}; give the command again: {again}", 1)
    if outcome.failed:
        first = (outcome.first_error or "").splitlines()[0]
        raise Failure(
            f"{outcome.failed:,} of {outcome.planned:,} runs failed, and their rows hold the error; the others are "
            f"complete. First error: {first}. To try them again: {again} --retry-failed",
            1,
        )


def _stopping() -> None:
    """After the first interrupt: say what happens, and let a second one end everything at once."""
    terminal.say("Interrupted: storing the runs in flight (Ctrl-C again stops at once).")
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left; where there is no terminal, a line now and then."""
    began = last = time.monotonic()
    start: int | None = None

    def line(done: int, total: int) -> None:
        nonlocal last, start
        start = done if start is None else start
        now = time.monotonic()
        if now - last >= QUIET and done > start:
            left = (total - done) * (now - began) / (done - start)
            terminal.say(f"{done:,} of {total:,} runs, about {_span(left)} left")
            last = now

    with terminal.progress_bar(label) as bar:
        yield bar or line


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _emit_plan(experiment: Experiment, folder: Path, form: str) -> None:
    runs = len(experiment.points) * len(experiment.arms) * experiment.replicates
    done = _there(experiment, folder)
    about = {
        "points": len(experiment.points), "arms": [str(arm) for arm in experiment.arms],
        "replicates": experiment.replicates, "runs": runs, "there": done or 0, "folder": str(folder),
    }  # fmt: skip
    if form == "json":
        terminal.emit_json(about | {"table": experiment.points})
        return
    from orgsim.commands.console import show_table

    shown, paths = experiment.points[:SHOWN], experiment.paths
    rows = [[str(place), *(terminal.cell(point[path]) for path in paths)] for place, point in enumerate(shown)]
    show_table(["Point", *paths], rows)
    hidden = len(experiment.points) - len(shown)
    more = f"... and {hidden:,} more points\n" if hidden else ""
    size = _size(experiment)
    there = "" if done is None else f" {done:,} are there, {runs - done:,} would be run."
    terminal.say(f"{more}{size} = {runs:,} runs, into {folder}.{there} Nothing was run.")


def _size(experiment: Experiment) -> str:
    points, arms, worlds = len(experiment.points), len(experiment.arms), experiment.replicates
    return " x ".join([_many(points, "point"), _many(arms, "arm"), _many(worlds, "world")])


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _there(experiment: Experiment, folder: Path) -> int | None:
    """How many of an experiment's runs a folder has; None where there is no sweep."""
    from orgsim.experiments.sweeps.plan import Plan
    from orgsim.experiments.sweeps.shards import Shards

    if not (folder / "manifest.json").exists():
        return None
    found, _ = Shards(folder).scan(["key"])
    done = {key for table in found.values() for key in table.column("key").to_pylist()}
    return sum(run.key in done for run in Plan(experiment).runs())


def _show_outcome(outcome: Outcome, folder: Path) -> None:
    if outcome.left_out:
        terminal.say(f"{folder} held {outcome.left}: {outcome.left_out:,} of its runs are not in this plan. They are "
                     "kept, but status, effects, query and export show this one now. "
                     f"Back with: {outcome.back}")  # fmt: skip
    if outcome.interrupted:
        return
    parts = [f"{outcome.done:,} runs done in {_span(outcome.seconds)}"]
    parts += [f"{outcome.there:,} were there"] if outcome.there else []
    parts += [f"{outcome.by_others:,} done meanwhile by another process"] if outcome.by_others else []
    terminal.say(f"{', '.join(parts)}; {outcome.planned - outcome.missing:,} of {outcome.planned:,} are in {folder}")
    if not outcome.missing:
        terminal.say(f"Next: orgsim effects {folder} · orgsim query {folder} \"SELECT ... FROM runs\" · "
                     f"orgsim export {folder} runs.csv")  # fmt: skip


# status, query, export ---------------------------------------------------------------------------------------------


@click.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
@_format("table", "json")
def status(folder: Path, form: str) -> None:
    """Say how far a sweep is, what failed, and whether all that is on disk is sound."""
    results = _opened(folder)
    found = results.status()
    about = results.manifest
    if form == "json":
        terminal.emit_json(asdict(found) | {"engine": about["results_of"], "versions": about["versions"],
                                            "command": about["command"]})  # fmt: skip
        return
    from orgsim.commands.console import show_table

    experiment = about["experiment"]
    kind, worlds = experiment["design"]["kind"], experiment["replicates"]
    points = results.plan.column("point")[-1].as_py() + 1
    terminal.say(f"{experiment['title'] or experiment['name']}: {_many(points, 'point')} ({kind}), "
                 f"{_many(len(results.arms), 'arm')}, {_many(worlds, 'world')}")  # fmt: skip
    share = f"{100 * found.done / found.planned:.1f} %" if found.planned else ""
    rows = [["Done", f"{found.done:,}", share], ["Missing", f"{found.missing:,}", ""]]
    rows += [["Failed", f"{found.failed:,}", "among those done; their rows hold the error"]] if found.failed else []
    rows += [["Others", f"{found.others:,}", "of an earlier plan or engine; kept, not used"]] if found.others else []
    rows += [["Set aside", f"{found.set_aside:,}", "shards found damaged before"]] if found.set_aside else []
    made = f"orgsim {about['versions']['orgsim']}, {about['made'][:10]}"
    rows += [["Computed", _span(found.seconds), "sum of the runs' own time"],
             ["On disk", f"{found.bytes / 1e3:,.0f} kB", f"in {_many(found.shards, 'file')}"],
             ["Engine", about["results_of"][:12], made]]  # fmt: skip
    show_table(["", "Runs", ""], rows, right=(1,))
    for error, count in found.errors[:5]:
        terminal.say(f"{count:,} x {error.splitlines()[0]}")
    for damaged in found.damaged:
        terminal.say(f"Damaged: {damaged}; its runs count as missing, and the next sweep does them again")
    if found.missing:
        terminal.say(f"Go on with: {shlex.join(about['command'])}")


@click.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.argument("sql")
@_format("table", "json", "csv")
def query(folder: Path, sql: str, form: str) -> None:
    """Ask a sweep in SQL: `orgsim query DIR "SELECT structure, avg(profit) FROM runs GROUP BY ALL"`.

    Tables: runs (point, factors, structure, pay, seed, replicate, error, figures, key), points, shards. Names with a
    dot stand in double quotes: "people.reps".
    """
    import duckdb

    results = _opened(folder)
    try:
        table = results.query(sql)
        if not len(table.columns):
            raise Failure("found no question; ask one such as 'SELECT avg(profit) FROM runs'", 2)
    except duckdb.Error as error:
        raise Failure(f"DuckDB: {error}", 2) from None
    _say_what_is_missing(results)
    if form == "csv":
        terminal.emit(table.to_csv(index=False, lineterminator="\n"))
    elif form == "json":
        terminal.emit_json(table.to_dict("records"))
    else:
        from orgsim.commands.console import show_table

        rows = [[terminal.cell(value) for value in row] for row in table.head(MOST_ROWS).itertuples(index=False)]
        names = [str(name) for name in table.columns]
        fit = _columns_that_fit(names, rows)
        numbers = [place for place, kind in enumerate(table.dtypes[:fit]) if kind.kind in "iuf"]
        show_table(names[:fit], [row[:fit] for row in rows], right=numbers)
        if fit < len(names):
            terminal.say(f"... and {_many(len(names) - fit, 'more column')}: name those you want (DESCRIBE runs lists "
                         "them), or --format csv")  # fmt: skip
        if len(table) > len(rows):
            terminal.say(f"... and {_many(len(table) - len(rows), 'more row')}; --format csv gives all")


def _columns_that_fit(names: list[str], rows: list[list[str]]) -> int:
    """How many columns the terminal has room for, one at least."""
    from orgsim.commands.console import console

    left = console().width
    for place, name in enumerate(names):
        left -= max([len(name), *(len(row[place]) for row in rows)]) + 3
        if left < 0:
            return max(1, place)
    return len(names)


@click.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.argument("file", type=_FOLDER)
@click.option("--partial", is_flag=True, help="Export what is there while runs are missing.")
@click.option("--all", "every", is_flag=True, help="Runs of earlier plans in the folder too.")
def export(folder: Path, file: Path, partial: bool, every: bool) -> None:
    """Write all runs of a sweep to one file, .parquet or .csv, sorted by point, arm and replicate.

    The same runs give the same bytes, wherever, in whatever order and after whatever accidents they were done.
    """
    results = _opened(folder)
    terminal.usable(file.parent)
    if file.is_dir():
        raise Failure(f"'{file}' is a folder; a file is needed", 2)
    count = results.export(file, partial=partial, every=every)
    if partial:
        _say_what_is_missing(results)
    terminal.say(f"Written: {file}, {count:,} runs")


def _opened(folder: Path) -> Results:
    from orgsim.experiments.sweeps.opened import open_results

    return open_results(folder)


def _say_what_is_missing(results: Results) -> None:
    found = results.status()
    if found.missing:
        why = f"; {len(found.damaged)} shards are damaged" if found.damaged else ""
        terminal.say(f"Note: {found.missing:,} of {found.planned:,} runs are missing{why}.")
    if found.failed:
        terminal.say(f"Note: {found.failed:,} runs failed; their figures are missing (column error).")


# experiments -------------------------------------------------------------------------------------------------------


@click.group(cls=Commands)
def experiments() -> None:
    """List, show, check and start experiments, which `orgsim sweep` runs."""


@experiments.command("list")
def list_() -> None:
    """List the experiments that ship."""
    from orgsim.commands.console import show_table
    from orgsim.experiments.sweeps.experiment import experiment_names, load_experiment

    rows = []
    for name in experiment_names():
        one = load_experiment(name)
        runs = len(one.points) * len(one.arms) * one.replicates
        rows.append([name, one.title, one.design.kind, f"{runs:,}"])
    show_table(["Experiment", "Question", "Design", "Runs"], rows, right=(3,))


@experiments.command()
@click.argument("name")
def show(name: str) -> None:
    """Print the text of an experiment, to read or to copy."""
    from orgsim.experiments.sweeps.experiment import find_experiment
    from orgsim.scenario.load import text_of

    terminal.emit(text_of(find_experiment(name)))


@experiments.command()
@click.argument("file")
def check(file: str) -> None:
    """Check an experiment file and name its mistakes, each with file, line and key; then check again."""
    from orgsim.experiments.sweeps.experiment import load_experiment

    one = load_experiment(file)
    runs = len(one.points) * len(one.arms) * one.replicates
    terminal.say(f"{file}: ok; {_size(one)} = {runs:,} runs")


@experiments.command()
@click.argument("file", type=_FOLDER)
def new(file: Path) -> None:
    """Write a commented experiment file to edit."""
    from orgsim.experiments.sweeps.experiment import find_experiment
    from orgsim.scenario.load import text_of

    path = file if file.suffix == ".toml" else file.with_name(f"{file.name}.toml")
    if path.exists():
        raise Failure(f"'{path}' is already there; nothing was changed", 2)
    terminal.usable(path.parent)
    text = text_of(find_experiment("team_size"))
    terminal.write_file(path, lambda name: terminal.fill(name, text))
    terminal.say(f"Written: {path}\nEdit it, then: orgsim experiments check {shlex.quote(str(path))}")

