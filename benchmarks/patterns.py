"""Published patterns against the simulator, as a page in Markdown.

    python benchmarks/patterns.py [--row A14 ...] [--quick] [--threads 2] [--into docs/patterns.md]

What each row must look like stands in scenarios/patterns/expected.toml, written before the first run and not changed
since. The statistics are in orgsim/experiments/patterns_*.py, the number of worlds in scenarios/patterns/runs.toml, and
why a line was missed in reasons.toml beside it. Every figure is a mean over worlds, and arms of a world share their
luck. A line is met when its whole 99 % interval lies within what is expected. Missed is a result like any other, and
nothing is tuned here. With --into the figures are kept in figures.toml too, against which `orgsim validate` holds new
runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from patterns_page import page

from orgsim.experiments.patterns.check import text_of_figures
from orgsim.experiments.patterns.rows import QUICK, rows, simulate

KEPT = Path(__file__).resolve().parents[1] / "scenarios" / "patterns" / "figures.toml"

MARKS = ("<!-- figures: begin -->", "<!-- figures: end -->")


def main() -> int:
    """Print the page, or put it between the marks of a file."""
    parser = argparse.ArgumentParser(description="Published patterns against the simulator.")
    names = [row.name for row in rows()]
    parser.add_argument("--row", action="append", choices=names, help="this row alone; repeatable")
    parser.add_argument("--quick", action="store_true", help=f"at most {QUICK} worlds of each: a look, not a result")
    parser.add_argument("--threads", type=int, help="workers (default: all cores); changes no figure")
    parser.add_argument("--into", type=Path, help="put the figures between the two marks of this file")
    options = parser.parse_args()
    if options.into and (options.quick or options.row):
        parser.error("a page holds all rows in full; leave out --quick and --row")
    chosen = [row for row in rows() if not options.row or row.name in options.row]
    found = simulate(chosen, quick=options.quick, threads=options.threads)
    text = page(chosen, found)
    if options.into is None:
        print(text)
        return 0
    document = options.into.read_text(encoding="utf-8")
    before, begin, rest = document.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not (begin and end):
        print(f"{options.into} lacks the marks {MARKS[0]} and {MARKS[1]}", file=sys.stderr)
        return 2
    options.into.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
    KEPT.write_text(text_of_figures(chosen, found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
