"""orgsim beside what a user would pick instead, on the limit cases that both can run.

    python benchmarks/others/side_by_side.py [--replicates 30] [--case queue ...] [--into docs/other-packages.md]

Needs the packages of benchmarks/others/requirements.txt; one that is missing is left out, and why is said. All sides
simulate the same case as often, one replicate of each in turn, in one process and on one thread. Each is held against
the closed form. What is compared is the time until the standard error is one hundredth of the value sought.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import logging
import math
import os
import platform
import statistics
import sys
import time
import warnings
from importlib import metadata
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import Case, Model, cases, lines_of_code, orgsim_lines, orgsim_model

from orgsim import __version__
from orgsim.experiments.limits import judge

PACKAGES = {
    "simpy": "SimPy", "ciw": "Ciw", "mesa": "Mesa", "agentpy": "AgentPy", "nagasim": "NagaSim",
}  # fmt: skip
MARKS = ("<!-- figures: begin -->", "<!-- figures: end -->")
ACCURACY = 0.01  # standard error sought, as a share of the closed form
REPLICATES = 30  # as many as `orgsim verify` asks for at least
OURS = "orgsim"


def available() -> tuple[dict[str, Any], dict[str, str]]:
    """Modules of models by package, and why the others are missing."""
    found, missing = {}, {}
    for package in PACKAGES:
        try:
            found[package] = importlib.import_module(f"in_{package}")
        except ImportError as error:
            missing[package] = f"not installed ({error})"
    return found, missing


def contestants(case: Case, modules: dict[str, Any]) -> dict[str, tuple[Model, str, int]]:
    """Models of a case by name: function, package, lines of code. orgsim comes first."""
    models: dict[str, tuple[Model, str, int]] = {OURS: (orgsim_model(case), OURS, orgsim_lines(case))}
    for package, module in modules.items():
        parts = getattr(module, "PARTS", {})
        for name, model in module.MODELS.get(case.name, {}).items():
            models[name] = (model, package, lines_of_code(model, *parts.get(model, ())))
    return models


def compared(case: Case, models: dict[str, tuple[Model, str, int]], replicates: int) -> list[dict[str, Any]]:
    """A row per contestant of one case: its time, its estimates against the closed form, and both against orgsim's."""
    outputs: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for replicate in range(-1, replicates):  # the first round warms up and counts for nothing
        for name, (model, _, _) in models.items():
            gc.collect()
            began = time.perf_counter()
            found = model(case, replicate + 1)
            took = time.perf_counter() - began
            if replicate >= 0:
                outputs[name].append(found)
                seconds[name].append(took)
    rows = []
    for name, (_, package, lines) in models.items():
        judged = {
            output: judge(case.name, output, [found[output] for found in outputs[name]], value)
            for output, value in case.exact.items() if output in outputs[name][0]
        }  # fmt: skip
        first, run = judged[case.first], statistics.median(seconds[name])
        needed = replicates * (first["standard_error"] / (ACCURACY * case.exact[case.first])) ** 2
        rows.append({
            "case": case.name, "title": case.title, "output": case.first, "package": package, "model": name,
            "version": __version__ if package == OURS else metadata.version(package), "lines": lines,
            "replicates": replicates, "seconds_a_run": run,
            "exact": case.exact[case.first], "estimate": first["simulated"], "standard_error": first["standard_error"],
            "z": first["z"], "outputs": len(judged), "worst_z": max(abs(row["z"] or 0.0) for row in judged.values()),
            "agrees": all(row["agrees"] for row in judged.values()), "runs_needed": needed,
            "seconds_needed": needed * run,
        })  # fmt: skip
    ours = rows[0]
    for row in rows:
        row["run_against_orgsim"] = row["seconds_a_run"] / ours["seconds_a_run"]
        row["against_orgsim"] = row["seconds_needed"] / ours["seconds_needed"]
    return rows


def rows(replicates: int = REPLICATES, only: list[str] | None = None) -> list[dict[str, Any]]:
    """All rows: those of every case (or of some, by name), and one with a `reason` for each missing package.

    seconds_a_run is a median; runs_needed and seconds_needed are until the standard error of `output` is 1 % of the
    closed form; run_against_orgsim and against_orgsim are ratios of these times to orgsim's, above 1 if it is slower.
    """
    found: list[dict[str, Any]] = []
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # NagaSim and Mesa say much
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            modules, missing = available()
            for case in cases():
                if not only or case.name in only:
                    print(f"{case.title} ...", file=sys.stderr, flush=True)
                    found += compared(case, contestants(case, modules), replicates)
    finally:
        logging.disable(before)
    return found + [{"package": package, "reason": reason} for package, reason in missing.items()]


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"


def table(found: list[dict[str, Any]]) -> str:
    """The rows as markdown, with what they were made on."""
    run = [row for row in found if "reason" not in row]
    versions = {row["package"]: row["version"] for row in run}
    head = ["case", "sought (exact)", "in", "lines", "ms a run", "found", "standard error", "z", "worst z (of)",
            "s to 1 %", "times orgsim's, a run", "times orgsim's, to 1 %"]  # fmt: skip
    made = f"{run[0]['replicates']} replicates of each in turn, one process and thread, on {platform.machine()}"
    lines = [
        f"{made}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        + ", ".join(f"{name} {text}" for name, text in versions.items()) + ".",
        "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head),
    ]  # fmt: skip
    for row in run:
        lines.append("| " + " | ".join([
            row["title"], f"{row['output']} ({_number(row['exact'])})", row["model"], str(row["lines"]),
            _number(1e3 * row["seconds_a_run"]), f"{row['estimate']:.4g}", _number(row["standard_error"]),
            f"{row['z']:.1f}" if row["z"] is not None else "-", f"{row['worst_z']:.1f} ({row['outputs']})",
            _number(row["seconds_needed"]), _number(row["run_against_orgsim"]), _number(row["against_orgsim"]),
        ]) + " |")  # fmt: skip
    lines += [f"\n{row['package']} left out: {row['reason']}." for row in found if "reason" in row]
    return "\n".join(lines)


def main() -> int:
    """Print the table, or put it into a page. 1 if anybody misses a closed form, 2 if the page cannot be written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="of each, at least 3")
    parser.add_argument("--case", nargs="+", choices=[case.name for case in cases()], help="only these")
    parser.add_argument("--into", type=Path, help="put the table between the two marks of this file")
    options = parser.parse_args()
    found = rows(max(3, options.replicates), options.case)
    text = table(found)
    wrong = [row for row in found if not row.get("agrees", True)]
    for row in wrong:
        print(f"{row['model']} misses the closed form of {row['title']}: worst z {row['worst_z']:.1f}", file=sys.stderr)
    if options.into is None:
        print(text)
        return 1 if wrong else 0
    if options.case or any("reason" in row for row in found):
        print("the page wants all cases and all packages of requirements.txt", file=sys.stderr)
        return 2
    before, begin, rest = options.into.read_text(encoding="utf-8").partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not begin or not end:
        print(f"{options.into} lacks the marks {MARKS[0]} and {MARKS[1]}", file=sys.stderr)
        return 2
    options.into.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
