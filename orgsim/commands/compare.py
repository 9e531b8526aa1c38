"""`orgsim compare`: all arms in the same worlds, for so many worlds, until a precision, or until the best is found."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal
from orgsim.commands.report import Wanted, report_options
from orgsim.commands.terminal import Names, spelled_out

if TYPE_CHECKING:
    from orgsim.experiments.comparison import Comparison
    from orgsim.experiments.selection import Selection
    from orgsim.scenario.errors import Problem
    from orgsim.scenario.schema import Scenario

WORD = 2**32
RESULTS = Path("orgsim-results")
# Options as they are called on the command line, where Python's name is another.
CALLED = {"metric": "of", "first": "replicates"}


@click.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option("--structures", type=Names(), default="merged,separate,cro", show_default=True,
              help="Structures to compare, or all.")  # fmt: skip
@click.option("--pay", type=Names(), default="own_numbers,shared_revenue", show_default=True,
              help="Pay plans to compare, or all; see `orgsim pay list`.")  # fmt: skip
@click.option("--arms", type=Names(), metavar="A,B", help="Arms one by one, each 'structure / pay plan', instead of "
              "--structures and --pay.")  # fmt: skip
@click.option("--against", metavar="ARM", help="Arm that others are compared with: a structure, or "
              "'structure / pay plan'; default today's.")  # fmt: skip
@click.option("--metrics", type=Names(), help="Figures of a run to show, or all; default money and lead waste.")
@click.option("--replicates", type=click.IntRange(1), help="Worlds in which all arms run, default 100; with "
              "--precision or --select-best the worlds to begin with, default 30.")  # fmt: skip
@click.option("--precision", metavar="P", help="Run until the interval of every difference is at most ± P: a share of "
              "the reference's mean (2%), or an amount a year (20k€).")  # fmt: skip
@click.option("--of", "metric", metavar="FIGURE", help="Figure that --precision is about; default profit.")
@click.option("--select-best", metavar="FIGURE",
              help="Find the arm that is best in FIGURE; arms that fall behind are dropped.")  # fmt: skip
@click.option("--indifference", metavar="D", help="With --select-best: the difference that does not matter, as a share "
              "or an amount; default 1%.")  # fmt: skip
@click.option("--most", type=click.IntRange(2), help="Limit on worlds for --precision and --select-best; default 1000.")
@click.option("--confidence", default="95%", show_default=True, metavar="C", help="Of intervals, stars and selection.")
@click.option("--interval", type=click.Choice(["t", "bootstrap"]), default="t", show_default=True,
              help="Student's t, or bootstrap (BCa), which follows skew but is too narrow for few worlds.")  # fmt: skip
@click.option("--years", metavar="Y", help="Simulated years, instead of the scenario's; '18 months' is understood.")
@click.option("--seed", type=click.IntRange(0, WORD - 1), default=0, show_default=True, help="The key of all luck.")
@click.option("--threads", type=click.IntRange(1), help="Workers; default all cores. Changes no result.")
@click.option("--start", type=click.Choice(["today", "own"]), default="today", show_default=True,
              help="Arms start from today's firm, or each as its own firm.")  # fmt: skip
@click.option("--budget", type=click.Choice(["free", "equal"]), default="free", show_default=True,
              help="equal: what leaders cost more than today's is taken from programme spend.")  # fmt: skip
@click.option("--uncertain", is_flag=True, help="Draw the assumed parameters from their ranges too.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of results; default orgsim-results/SCENARIO.")
@report_options
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="Tables go to standard error, the other formats to standard output.")  # fmt: skip
def compare(
    scenarios: tuple[str, ...], structures: tuple[str, ...], pay: tuple[str, ...], arms: tuple[str, ...] | None,
    metrics: tuple[str, ...] | None, years: str | None, out: Path | None, form: str, report: Path | None,
    figures: Path | None, language: str | None, draws: int | None, **options: Any,
) -> None:  # fmt: skip
    """Compare structures and pay plans in the same worlds, against today's arm or another.

    SCENARIO is the name of a scenario that ships (`orgsim scenarios list`) or a TOML file; default baseline.
    Money with --precision and --indifference is in euro a year.
    """
    from orgsim.scenario.errors import ScenarioError

    names = scenarios or ("baseline",)
    problems, settings = _settings(options)
    problems += _arms_twice(arms)
    wanted = Wanted(report, figures, language, draws)
    problems += wanted.problems(len(names), options["select_best"] is not None)
    loaded: list[tuple[Scenario, dict[str, Any], tuple[str, ...]]] = []
    for name in names:
        try:
            scenario = terminal.firm(name, years)
        except ScenarioError as error:
            problems += error.problems
            continue
        asked = settings | ({"structures": spelled_out(structures, scenario.structures),
                             "pay": spelled_out(pay, scenario.pay)} if arms is None else {"arms": arms})  # fmt: skip
        found, shown = _checked(scenario, asked, metrics, options["select_best"] is not None)
        problems += found
        loaded.append((scenario, asked, shown))
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    folders = [terminal.usable(folder) for folder in _folders([each[0].name for each in loaded], out)]
    documents, tables = [], []
    for name, (scenario, asked, shown), folder in zip(names, loaded, folders, strict=True):
        command = _again(name, asked, metrics, years, options, folder) + wanted.words()
        document, table = _one(scenario, asked, shown, options["select_best"] is not None, folder, command, form,
                               wanted)  # fmt: skip
        documents.append(document)
        tables.append(table if len(names) == 1 else table.assign(scenario=scenario.name))
    if form == "json":
        terminal.emit_json(documents if len(names) > 1 else documents[0])
    elif form == "csv":
        import pandas as pd

        terminal.emit(pd.concat(tables).to_csv(index=False, lineterminator="\n"))


def _one(
    scenario: Scenario, asked: dict[str, Any], shown: tuple[str, ...], select: bool, folder: Path, command: list[str],
    form: str, wanted: Wanted,
) -> tuple[dict[str, Any], Any]:  # fmt: skip
    """Run one scenario, write its files, and print it where a table is wanted: its document and its table of rows."""
    from orgsim.commands import console, console_selection
    from orgsim.experiments.compare import compare as run_all
    from orgsim.experiments.selection import select_best

    if select:
        with terminal.progress_bar(f"Selecting, {scenario.name}") as progress:
            selection = select_best(scenario, **asked, progress=progress)
        files = _store_selection(selection, folder, command)
        if form == "table":
            console_selection.show_selection(selection, files, shlex.join(command))
        return console_selection.as_data(selection, files), selection.frame()
    with terminal.progress_bar(f"Comparing, {scenario.name}") as progress:
        comparison = run_all(scenario, **asked, progress=progress)
    summary = comparison.summary(shown)
    files = _store(comparison, summary, folder, command)
    files += wanted.write(comparison, command, threads=asked.get("threads"))
    if form == "table":
        console.show_comparison(comparison, summary, files, shlex.join(command))
    return console.as_data(comparison, summary, files), summary


# What is asked for -------------------------------------------------------------------------------------------------


def _settings(options: dict[str, Any]) -> tuple[list[Problem], dict[str, Any]]:
    """The settings of a comparison or a selection in Python's names; options that do not go together."""
    from orgsim.scenario.errors import Problem
    from orgsim.scenario.units import parse

    given = {name: value for name, value in options.items() if value is not None}
    problems = []

    def wrong(option: str, message: str) -> None:
        problems.append(Problem("command", None, f"--{option}", "", message, None))

    try:
        given["confidence"] = parse(given["confidence"], "share")
    except ValueError as error:
        wrong("confidence", str(error))
        given["confidence"] = 0.95
    select = "select_best" in given
    if select and "precision" in given:
        wrong("precision", "does not go with --select-best, which decides itself how many worlds are run")
    if select and given["interval"] != "t":
        wrong("interval", "does not go with --select-best, which reports no intervals")
    precise = "precision" in given
    if "most" in given and not (select or precise):
        wrong("most", "needs --precision or --select-best")
    if "indifference" in given and not select:
        wrong("indifference", "needs --select-best")
    if "metric" in given and (select or not precise):
        wrong("of", "goes with --precision; --select-best names its figure itself")
    if select:
        given["metric"] = given.pop("select_best")
        if "replicates" in given:
            given["first"] = given.pop("replicates")
    dropped = ("precision", "interval") if select else ("indifference",)
    return problems, {name: value for name, value in given.items() if name not in dropped}


def _arms_twice(arms: tuple[str, ...] | None) -> list[Problem]:
    """A problem for each of the options that name arms in another way than --arms, which was given too."""
    from click.core import ParameterSource

    from orgsim.scenario.errors import Problem

    context = click.get_current_context()
    given = [o for o in ("structures", "pay") if context.get_parameter_source(o) is ParameterSource.COMMANDLINE]
    message = "does not go with --arms, which names arms one by one"
    return [Problem("command", None, f"--{option}", "", message, None) for option in given if arms is not None]


def _checked(
    scenario: Scenario, asked: dict[str, Any], metrics: tuple[str, ...] | None, select: bool
) -> tuple[list[Problem], tuple[str, ...]]:
    """What is wrong with the settings for a scenario, and the figures to show."""
    from orgsim.experiments import compare as comparing
    from orgsim.experiments import metrics as figures
    from orgsim.experiments import selection
    from orgsim.scenario.errors import Problem

    known = {name: value for name, value in asked.items() if name != "uncertain"}
    found = selection.problems(scenario, **known) if select else comparing.problems(scenario, **known)
    if select and metrics is not None:
        message = "does not go with --select-best, which is about one figure"
        found.append(Problem("command", None, "metrics", "", message, None))
    shown = figures.SHOWN if metrics is None else spelled_out(metrics, figures.metrics_of(scenario))
    found += figures.unknown_metrics(scenario, shown)
    called = CALLED | ({"metric": "select-best"} if select else {})
    return [replace(p, key=f"--{called.get(p.key, p.key)}") if p.file == "command" else p for p in found], shown


def _folders(names: list[str], out: Path | None) -> list[Path]:
    if len(names) == 1:
        return [out or RESULTS / terminal.folder_name(names[0])]
    folders: list[Path] = []
    for name in names:
        folder, number = (out or RESULTS) / terminal.folder_name(name), 1
        while folder in folders:
            number += 1
            folder = folder.with_name(f"{terminal.folder_name(name)}-{number}")
        folders.append(folder)
    return folders


def _again(
    name: str, asked: dict[str, Any], metrics: tuple[str, ...] | None, years: str | None, options: dict[str, Any],
    folder: Path,
) -> list[str]:  # fmt: skip
    """The command that makes the same results again, every setting spelled out."""
    from orgsim.experiments.compare import FIRST, REPLICATES

    fixed = options["precision"] is None and options["select_best"] is None
    worlds = options["replicates"] or (REPLICATES if fixed else FIRST)
    arms = [part for option in ("arms", "structures", "pay") if option in asked
            for part in (f"--{option}", ",".join(asked[option]))]  # fmt: skip
    command = ["orgsim", "compare", name, *arms, "--replicates", str(worlds), "--seed", str(options["seed"])]
    usual = {"start": "today", "budget": "free", "confidence": "95%", "interval": "t"}
    texts = {"metrics": ",".join(metrics) if metrics else None, "years": years, "of": options["metric"]}
    for option in ("against", "metrics", "precision", "of", "select_best", "indifference", "most", "confidence",
                   "interval", "years", "start", "budget"):  # fmt: skip
        value = texts[option] if option in texts else options[option]
        if value is not None and value != usual.get(option):
            command += [f"--{option.replace('_', '-')}", str(value)]
    command += ["--uncertain"] if options["uncertain"] else []
    return [*command, "--out", str(folder)]


# Files: the answer to one question at a time; the manifest says which, and comes last when the rest is complete.
ANSWERS = ("manifest.json", "summary.csv", "selection.csv", "revenue_and_waste.png", "revenue_and_waste.svg",
           "funnel.png", "funnel.svg")  # fmt: skip

# Files -------------------------------------------------------------------------------------------------------------


def _store(comparison: Comparison, summary: Any, folder: Path, command: list[str]) -> list[str]:
    """Write runs, summary, figures and, when all else is complete, the manifest."""
    import matplotlib

    from orgsim.commands.console import precision_data

    files = _store_tables(comparison, summary, folder, "summary.csv")
    with matplotlib.rc_context({"svg.hashsalt": "orgsim"}):
        for title in ("revenue_and_waste", "funnel"):
            figure = getattr(comparison.plot, title)()
            for kind, about in (("png", "Software"), ("svg", "Date")):
                def save(name: str, figure: Any = figure, kind: str = kind, about: str = about) -> None:
                    figure.savefig(name, format=kind, dpi=150, metadata={about: None})

                files.append(terminal.write_file(folder / f"{title}.{kind}", save))
    about_run = {"replicates": comparison.replicates, "precision": precision_data(comparison),
                 "confidence": comparison.confidence, "interval": comparison.interval}  # fmt: skip
    return [*files, _store_manifest(comparison, folder, command, about_run)]


def _store_selection(selection: Selection, folder: Path, command: list[str]) -> list[str]:
    """Write runs, the table of arms and the manifest."""
    files = _store_tables(selection, selection.frame(), folder, "selection.csv")
    about_run = {"metric": selection.metric, "first": selection.first, "most": selection.most,
                 "confidence": selection.confidence, "indifference": selection.indifference}  # fmt: skip
    return [*files, _store_manifest(selection, folder, command, about_run)]


def _store_tables(found: Comparison | Selection, table: Any, folder: Path, name: str) -> list[str]:
    from orgsim.experiments.store import write_parquet

    for old in ANSWERS:  # of another question: they must not stand beside this one's runs
        (folder / old).unlink(missing_ok=True)
    write_parquet(folder / "runs.parquet", found.runs)
    text = table.to_csv(index=False, lineterminator="\n")
    files = [terminal.written(folder / "runs.parquet")]
    return [*files, terminal.write_file(folder / name, lambda path: terminal.fill(path, text))]


def _store_manifest(
    found: Comparison | Selection, folder: Path, command: list[str], about_run: dict[str, Any],
) -> str:  # fmt: skip
    from orgsim.experiments.store import manifest, write_json

    content = manifest([found.scenario], command=command, seed=found.seed, start=found.start, budget=found.budget,
                       uncertain=found.uncertain, arms=[str(arm) for arm in found.arms], today=str(found.today),
                       against=str(found.against), **about_run)  # fmt: skip
    write_json(folder / "manifest.json", content)
    return terminal.written(folder / "manifest.json")
