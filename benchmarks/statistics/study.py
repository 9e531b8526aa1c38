"""Do the intervals cover, do the tests keep their level, is the best selected? By simulation, with known truth.

    python benchmarks/statistics/study.py [--quick] [--into docs/statistics.md]

Prints tables; --into puts them between the marks of a page. Shares are in per cent with their Monte Carlo error (one
standard error). Seeds are fixed. The full run takes about four minutes of one core, --quick half a minute.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import simulator
import synthetic

MARKS = ("<!-- figures: begin -->", "<!-- figures: end -->")


def table(heading: str, text: str, columns: list[str], rows: Iterable[list[str]]) -> str:
    """A heading, what the table shows, and the table in Markdown."""
    began = time.perf_counter()
    lines = [f"### {heading}", "", text, "", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    print(f"{heading}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return "\n".join(lines)


def tables(quick: bool) -> Iterator[str]:
    """All tables; quick: a look, not a result."""
    k = 20 if quick else 1
    yield table(
        "Made-up worlds, n fixed",
        "Coverage of 95 % intervals. Lognormal: skewness 6.2. Bootstrap: BCa of the paired differences.",
        ["luck", "n", "one arm's mean, t", "paired difference, t", "paired difference, bootstrap"],
        synthetic.fixed(4000 // k, 500 // k),
    )
    yield table(
        "Made-up worlds, stopped at a precision",
        "Coverage when the run stops at a half-width that takes about four times the first stage: our procedure for "
        "one difference and for three, with an absolute target, and for three with a share of a reference's mean of 20 "
        "and of 2 standard deviations of a difference. Beside it, for one difference, Stein's procedure to the letter, "
        "and the naive rule that stops as soon as Student's interval is narrow.",
        ["luck", "first stage", "worlds, mean", "ours, one", "ours, three", "share of 20", "share of 2", "Stein, one",
         "naive, one"],
        synthetic.precise(1000 // k),
    )
    yield table(
        "Made-up worlds, 35 differences at once",
        "Five arms in seven figures; in four figures there is a real difference, in three there is none. `together_*` "
        "are Bonferroni's intervals; a false star is one at a figure without a difference.",
        ["luck", "n", "one by one", "all `together_*` right", "tables with a false p < 0.05", "with a false *"],
        synthetic.families(2000 // k),
    )
    yield table(
        "Made-up worlds, power",
        "How often a difference of so many standard deviations (of the paired difference) has p < 0.05.",
        ["difference", "n", "theory, normal", *synthetic.SHAPES],
        synthetic.power(2000 // k),
    )
    yield table(
        "Made-up worlds, selecting the best",
        "Right: the best arm is selected (least favourable: it leads all others by just the indifference, 0.3 "
        "standard deviations of a paired difference), or among four good arms one within the indifference. Runs of all "
        "arms, beside what they would be were no arm dropped. Promised: 95 %.",
        ["arms are", "arms", "luck", "correlation", "first stage", "right", "runs", "without dropping"],
        synthetic.selections(600 // k),
    )
    yield table(
        "The simulator, closed form",
        "A limit case (`orgsim verify funnel`, 400 accounts) against theory: coverage by Student's t from n runs.",
        ["case", "theory", "mean of all runs", "n", "blocks", "coverage"],
        simulator.closed_form(1200 // k),
    )
    began = time.perf_counter()
    pool = simulator.pool(400 if quick else 2000)
    print(f"{pool.worlds} worlds: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    yield table(
        "The simulator, differences",
        f"A firm in a market of 1,500 accounts for a year; truth is the mean of {pool.worlds:,} worlds. Coverage of "
        "differences to today's arm (separate / own_numbers) from n of them, in 200 blocks of the shuffled worlds: "
        "Student's t and, for 30, bootstrap.",
        ["arm", "figure", "worlds with no difference", "skewness", "n = 10", "n = 30", "30, bootstrap", "n = 100"],
        simulator.differences(pool),
    )
    yield table(
        "The simulator, stopped at a precision",
        "The same firm, three differences; the half-width takes about 80 worlds.",
        ["figure", "first stage", "absolute", "share of the reference", "worlds, mean"],
        simulator.until_precise(pool, 600 // k),
    )
    yield table(
        "The simulator, nothing to find",
        "Today's arm in some worlds against today's arm in other worlds, as three arms in four figures. (In the same "
        "worlds a twin of today's arm is equal in every figure and gets p = 1.) Wanted: 5 %, with Holm at most 5 %.",
        ["n", "p < 0.05, a single difference", "some p < 0.05 among 12", "some * among 12"],
        simulator.nothing_to_find(pool, 2000 // k),
    )
    yield table(
        "The simulator, power",
        "The merged firm's difference in lead waste, in standard deviations of the paired difference: how often it has "
        "p < 0.05, in paired worlds and with independent luck.",
        ["difference", "n", "paired", "independent luck"],
        simulator.power(pool),
    )
    yield table(
        "The simulator, selecting the best",
        "The same firm's four arms, first stage 30: one within the indifference (a share of today's mean) is selected; "
        "selections that ended within the pool; mean runs of an arm.",
        ["figure", "indifference", "right", "ended", "runs of an arm"],
        simulator.selections(pool, 600 // k),
    )


def main() -> int:
    """Print the tables, or put them between the marks of a page."""
    parser = argparse.ArgumentParser(description="Coverage, error and power of all that a comparison reports.")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the trials: a look, not a result")
    parser.add_argument("--into", type=Path, help="put the tables between the two marks of this file")
    options = parser.parse_args()
    if options.into and options.quick:
        parser.error("a page holds the full run; leave out --quick")
    before, begin, rest = ("", "", "")
    if options.into:
        before, begin, rest = options.into.read_text(encoding="utf-8").partition(MARKS[0])
        _, end, after = rest.partition(MARKS[1])
        if not (begin and end):
            parser.error(f"{options.into} lacks the marks {MARKS[0]} and {MARKS[1]}")
    text = "\n\n".join(tables(options.quick))
    if options.into is None:
        print(text)
    else:
        options.into.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
