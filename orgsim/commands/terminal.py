"""How commands meet the world outside: standard output for programs, exit codes, progress, and folders of results."""

from __future__ import annotations

import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from orgsim.scenario.schema import Scenario

Progress = Callable[[int, int], None]
WRITTEN = "orgsim.written"


class Failure(click.ClickException):
    """An end with a message and an exit code; the message may have several lines."""

    def __init__(self, message: str, code: int, prefix: str = "Error: ") -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]
        self.prefix = prefix

    def show(self, file: Any = None) -> None:
        click.echo(f"{self.prefix}{self.message}", err=True)


class Commands(click.Group):
    """The group of commands: turns what went wrong into one message and an exit code, and names the nearest command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from orgsim.scenario.errors import nearest

            close = nearest(args[0], self.commands)
            if close and "mean" not in error.format_message():
                raise click.UsageError(f"{error.format_message()} Did you mean '{close}'?", ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> Any:
        if ctx.parent is not None:
            return super().invoke(ctx)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            done = ctx.meta.get(WRITTEN, [])
            kept = f"complete files so far: {', '.join(done)}." if done else "nothing was written."
            raise Failure(f"Interrupted; {kept}", 130, "") from None
        except BrokenPipeError:
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            raise _failure(error) from error


def _failure(error: Exception) -> Failure:
    from orgsim.scenario.errors import ScenarioError

    if isinstance(error, ScenarioError):
        lines = [str(problem).removeprefix("command: ") for problem in error.problems]
        return Failure("\n".join(lines), 2, "" if len(lines) > 1 else "Error: ")
    if type(error).__name__ == "NoClosedForm":
        return Failure(str(error), 2)
    if type(error).__name__ == "SweepError":
        return Failure(str(error), 1)
    if isinstance(error, OSError):
        ours = isinstance(error, (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError))
        where = f"{error.filename}: " if error.filename else ""
        return Failure(f"{where}{error.strerror or error}", 2 if ours else 1)
    first = (str(error).splitlines() or [""])[0]
    if isinstance(error, MemoryError):
        return Failure(f"memory is short ({first}); take fewer prospects (market.size) or fewer workers", 1)
    return Failure(f"{type(error).__name__}: {first} (`orgsim --debug ...` shows where)", 1)


class Names(click.ParamType[tuple[str, ...]]):
    """Names separated by commas."""

    name = "a,b,c"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(","))
        found = tuple(dict.fromkeys(name for name in names if name))
        if not found:
            self.fail("give at least one name", param, ctx)
        return found


def spelled_out(names: tuple[str, ...], allowed: Iterable[str]) -> tuple[str, ...]:
    """The names with `all` replaced by all that are allowed, in their order; a name of one's own may be `all`."""
    options = list(allowed)
    if "all" not in names or "all" in options:
        return names
    place = names.index("all")
    return tuple(dict.fromkeys([*names[:place], *options, *names[place + 1 :]]))


def firm(name: str, years: str | None) -> Scenario:
    """A scenario by name or path, run for so many years instead of its own ('18 months' is understood)."""
    from orgsim.scenario.errors import Problem, ScenarioError
    from orgsim.scenario.load import load_scenario

    scenario = load_scenario(name)
    if years is None:
        return scenario
    try:
        value: float | str = float(years)
    except ValueError:
        value = years
    try:
        return scenario.with_(**{"time.years": value})
    except ScenarioError as error:
        first = error.problems[0]
        raise ScenarioError([Problem("--years", None, "", first.found, first.message, first.hint)]) from None


def emit(text: str) -> None:
    """Write to standard output as UTF-8, whatever the terminal's encoding."""
    click.echo(text.removesuffix("\n").encode("utf-8"))


def emit_json(content: Any) -> None:
    from orgsim.experiments.store import plain

    emit(json.dumps(plain(content), indent=2, ensure_ascii=False, allow_nan=False))


def emit_csv(rows: list[dict[str, Any]]) -> None:
    import csv

    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    emit(text.getvalue())


def say(text: str) -> None:
    click.echo(text, err=True)


@contextmanager
def progress_bar(label: str) -> Iterator[Progress | None]:
    """A bar on standard error while it is a terminal; before that, a word when the engine must be compiled first."""
    from orgsim.engine.compile import cache_is_warm

    if not cache_is_warm():
        say("Compiling the engine: once for this version, about half a minute.")
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from orgsim.commands.console import console

    left = TextColumn("left:"), TimeRemainingColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *left)
    with Bar(*columns, console=console(), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def usable(folder: Path) -> Path:
    """The folder itself when results can be written there; checked before anything is computed."""
    import os

    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise Failure(f"--out: '{place}' is a file; a folder is needed", 2)
    if not os.access(place, os.W_OK | os.X_OK):
        raise Failure(f"--out: the folder '{place}' is not writable", 2)
    return folder


def folder_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip(".-") or "unnamed"


def write_file(path: Path, write: Callable[[str], None]) -> str:
    from orgsim.experiments.store import write_whole

    write_whole(path, write)
    return written(path)


def written(path: Path) -> str:
    click.get_current_context().find_root().meta.setdefault(WRITTEN, []).append(str(path))
    return str(path)


def fill(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8", newline="\n")


def short(value: float | None) -> str:
    """A figure in four digits; empty where there is none."""
    return "" if value is None or not math.isfinite(value) else f"{value:.4g}"


def cell(value: Any) -> str:
    """A value in a table for the eye: numbers in a handful of digits, nothing where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.5g}"
    return str(value)
