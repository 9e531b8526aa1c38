"""`orgsim report`: one page of what `orgsim compare` stored; and the options by which `orgsim compare` makes it."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal
from orgsim.commands.terminal import Failure

if TYPE_CHECKING:
    from orgsim.experiments.comparison import Comparison
    from orgsim.scenario.errors import Problem

DRAWS = 100
PACKAGES = ("jinja2", "vl_convert", "tomli_w")  # of the extra `web`, which a page needs
PAGE = "report.html"
OPTIONS = ("--report", "--figures", "--language", "--draws")


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--report`, `--figures`, `--language` and `--draws` of `orgsim compare`."""
    for option in (
        click.option("--report", type=click.Path(path_type=Path), metavar="FILE",
                     help="Write a report for people, one HTML file that opens offline and prints."),
        *_shared(),
    ):  # fmt: skip
        command = option(command)
    return command


def _shared() -> tuple[Callable[..., Any], ...]:
    return (
        click.option("--figures", type=click.Path(path_type=Path), metavar="DIR",
                     help="Write the report's figures as PNG and SVG for a paper."),
        click.option("--language", metavar="CODE", help="Of report and figures: en or fr; default en."),
        click.option("--draws", type=click.IntRange(0), metavar="N",
                     help=f"Worlds of the report in which assumed parameters are drawn; default {DRAWS}, 0 for none."),
    )  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is to be written beside a comparison's results: a page, figures, in which language, from how many draws."""

    page: Path | None = None
    figures: Path | None = None
    language: str | None = None
    draws: int | None = None

    @property
    def something(self) -> bool:
        """Whether anything is."""
        return self.page is not None or self.figures is not None

    def problems(self, scenarios: int = 1, select: bool = False) -> list[Problem]:
        """What is wrong with the options; Failure where a file cannot be written or a package is missing."""
        from orgsim.language import languages
        from orgsim.scenario.errors import Problem
        from orgsim.scenario.load import unknown

        found = unknown(self.language or "en", languages(), "--language")
        for name, given in (("--language", self.language), ("--draws", self.draws)):
            if given is not None and not self.something:
                found.append(Problem("command", None, name, "", "needs --report or --figures", None))
        if not self.something:
            return found
        name = "--report" if self.page is not None else "--figures"
        if scenarios > 1:
            found.append(Problem("command", None, name, "", f"is about one scenario; found {scenarios}", None))
        if select:
            message = "does not go with --select-best, which drops arms on the way"
            found.append(Problem("command", None, name, "", message, None))
        if not found:
            self._check_places()
        return found

    def _check_places(self) -> None:
        if self.figures is not None:
            _writable(self.figures, "--figures")
        if self.page is None:
            return
        if self.page.is_dir():
            raise Failure(f"--report: '{self.page}' is a folder; a file is needed, such as {self.page / PAGE}", 2)
        _writable(self.page.parent, "--report")
        missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            raise Failure(f"--report needs {', '.join(missing)}: pip install \".[web]\" in the checkout", 2)

    def words(self) -> list[str]:
        """The options as they are written on the command line, the number of draws spelled out."""
        found: list[str] = []
        draws = DRAWS if self.draws is None and self.something else self.draws
        for name, value in zip(OPTIONS, (self.page, self.figures, self.language, draws), strict=True):
            found += [] if value is None else [name, str(value)]
        return found

    def write(
        self, comparison: Comparison, command: list[str], *, threads: int | None = None, engine: str | None = None,
        versions: dict[str, str] | None = None,
    ) -> list[str]:  # fmt: skip
        """Run what the report needs beside the comparison and write page and figures; returns their paths."""
        from orgsim.experiments.store import write_bytes
        from orgsim.report.report import make

        if not self.something:
            return []
        with terminal.progress_bar(f"Reporting, {comparison.scenario.name}") as progress:
            draws = DRAWS if self.draws is None else self.draws
            report = make(comparison, language=self.language or "en", draws=draws, threads=threads, progress=progress,
                          command=command)  # fmt: skip
            report.engine, report.versions = engine, versions
            files = []
            if self.page is not None:
                text = report.html().encode()
                write_bytes(self.page, text)
                files.append(terminal.written(self.page))
            if self.figures is not None:
                files += [terminal.written(path) for path in report.write_figures(self.figures)]
        return files


def _writable(folder: Path, option: str) -> None:
    import tempfile

    try:
        terminal.usable(folder)
        if folder.is_dir():
            with tempfile.TemporaryFile(dir=folder):  # what rights do not tell: a full disk, a folder of the system's
                pass
    except Failure as failure:
        raise Failure(failure.message.replace("--out", option), 2) from None
    except OSError as error:
        raise Failure(f"{option}: nothing can be written in '{folder}' ({error.strerror})", 2) from None


def _again(stored: list[str], wanted: Wanted) -> list[str]:
    """The `orgsim compare` that makes the page at once: the one that stored the runs, with this page's options."""
    before: dict[str, str] = {}
    words = iter(stored)
    kept = []
    for word in words:
        if word in OPTIONS:
            before[word] = next(words, "")
        else:
            kept.append(word)
    page = Path(before["--report"]) if "--report" in before else wanted.page
    figures = Path(before["--figures"]) if "--figures" in before else None
    return kept + Wanted(page, figures, wanted.language, wanted.draws).words()


@click.command()
@click.argument("folder", metavar="RESULTS_DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help=f"The page; default RESULTS_DIR/{PAGE}.")
@click.option("--figures", type=click.Path(path_type=Path), metavar="DIR",
              help="Write the report's figures as PNG and SVG for a paper.")  # fmt: skip
@click.option("--language", metavar="CODE", help="Of report and figures: en or fr; default en.")
@click.option("--draws", type=click.IntRange(0), metavar="N",
              help=f"Worlds in which assumed parameters are drawn; default {DRAWS}, 0 for none.")  # fmt: skip
@click.option("--threads", type=click.IntRange(1), help="Workers; default all cores. Changes no result.")
def report(
    folder: Path, out: Path | None, figures: Path | None, language: str | None, draws: int | None, threads: int | None
) -> None:
    """Write a report for people of what `orgsim compare` stored in RESULTS_DIR: one HTML file.

    The comparison's own runs are read; some of its worlds are run again, for what they do not store.
    """
    from orgsim.report.stored import StoredError, comparison_of
    from orgsim.scenario.errors import ScenarioError

    wanted = Wanted(out or folder / PAGE, figures, language, draws)
    try:
        found = comparison_of(folder)
    except StoredError as error:
        raise Failure(str(error), 2) from None
    problems = wanted.problems()
    if problems:
        raise ScenarioError(problems)
    command = _again(found.command, wanted)
    if not found.same_engine:
        terminal.say("Another version of the engine made these runs; what is run again now may differ from them.")
    files = wanted.write(found.comparison, command, threads=threads, engine=found.engine, versions=found.versions)
    for name in files:
        terminal.say(f"Written: {shlex.quote(name)}")
