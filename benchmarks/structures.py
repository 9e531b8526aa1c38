"""Where merged, separate and CRO each win, as a page in Markdown with figures.

    python benchmarks/structures.py --into docs/structures.md --figures docs/figures [--quick] [--threads 2]

What is varied, over which ranges, and what counts as an answer stands in structures/ranges.toml, written before
anything was run. The grid is in structures_grid.py, worlds and tests in structures_runs.py, the text in
structures_page.py, the pictures in structures_figures.py. Takes some minutes on two cores; `--quick` half a minute.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import structures_figures as figures
from structures_grid import BOTH_ENDS, ranges
from structures_page import page
from structures_runs import attributions, claim_tests, drawn, looked_at, search, simulate


def main() -> int:
    """Run all, draw the figures, and print the page or write it to a file."""
    parser = argparse.ArgumentParser(description="Where each structure wins.")
    parser.add_argument("--quick", action="store_true", help="few points and worlds: a look, not a result")
    parser.add_argument("--threads", type=int, help="workers (default: all cores); changes no figure")
    parser.add_argument("--into", type=Path, help="file to write the page to; default standard output")
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"), help="folder of the figures")
    options = parser.parse_args()
    quick, threads = options.quick, options.threads
    runs = simulate(quick=quick, threads=threads)
    decisive = ranges()["decisive"]
    trials = {claim: claim_tests(claim, runs) for claim in ranges()["claims"]}
    empty = [claim for claim, tests in trials.items() if not any(t.holds and t.metric == decisive for t in tests)]
    searched = {
        claim: {where: search(claim, where, quick=quick, threads=threads) for where in ("elsewhere", "beyond")}
        | {"looks": looked_at(claim, quick=quick, threads=threads)}
        for claim in empty
    }
    found = attributions(quick=quick, threads=threads)
    uncertain = drawn(quick=quick, threads=threads)
    drawings = {
        "map": figures.winners_map(runs, decisive),
        "differences": figures.differences(runs, BOTH_ENDS[0], decisive),
        "shares": figures.shares(found),
    } | ({} if quick else {"slices": figures.slices(runs, decisive)})
    images = {}
    for name, drawing in drawings.items():
        path = figures.save(drawing, options.figures, f"structures-{name}")
        near = options.into.parent if options.into else Path()
        images[name] = Path(os.path.relpath(path, near)).as_posix()
    command = "python benchmarks/structures.py --into docs/structures.md --figures docs/figures"
    text = page(runs, trials, searched, found, uncertain, command, images, quick=quick)
    if options.into is None:
        print(text, end="")
    else:
        options.into.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
