"""Mutation testing of the engine's rules, of leaders' rules and of the statistics, with the JIT off.

    python benchmarks/mutation/run.py [--sample 600] [--seed 1] [--minutes 60] [--module engine/selling.py]
                                      [--record after] [--into docs/mutation.md]

Draws mutants at random, in proportion to their number in each module (of the statistics all, in a run without
--module), runs the quick tests that reach each, and prints the score by module with Wilson's interval, and every
survivor as a change. Needs benchmarks/mutation/requirements.txt. --record keeps the result under a name in
benchmarks/mutation/results.json; --into writes the page from all that is kept there (alone, it runs nothing).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

os.environ["NUMBA_DISABLE_JIT"] = "1"

import numpy as np
import pytest
from hypothesis import settings
from killers import Fate, Judge
from mutants import MODULES, ROOT, STATISTICS, Mutant, Source
from score import keep, report
from summary import write_page

NOT_UNCOMPILED = "test_rules_both_ways.py"  # compares with what is compiled
TESTS = (
    *(f"tests/engine/{path.name}" for path in sorted((ROOT / "tests" / "engine").glob("test_rules_*.py"))
      if path.name != NOT_UNCOMPILED),
    "tests/engine/test_streams.py", "tests/test_statistics.py", "tests/test_statistics_rules.py",
    "tests/test_precision.py",
)  # fmt: skip
BEFORE = (
    *(f"tests/engine/test_{name}.py" for name in ("coordination", "effort", "payroll", "people", "product", "records",
                                                  "rights", "streams", "teams", "word")),
    "tests/test_statistics.py", "tests/test_precision.py",
)  # fmt: skip
LONGEST = 6.0  # seconds of a test, uncompiled, that can be run for every mutant
PATIENCE = 15.0  # seconds of tests that a mutant may take


def draw(modules: Sequence[str], number: int, seed: int, whole: Sequence[str]) -> tuple[list[Mutant], dict[str, int]]:
    """A random sample of mutants in random order, with the number there are in each module.

    Shares of the modules are proportional, by largest remainder; of modules in `whole` all are taken.
    """
    rng = np.random.default_rng(seed)
    sources = {module: Source(module) for module in modules}
    there_are = {module: len(source) for module, source in sources.items()}
    drawn = [module for module in modules if module not in whole]
    total = sum(there_are[module] for module in drawn)
    exact = {module: min(number, total) * there_are[module] / total for module in drawn}
    counts = {module: int(share) for module, share in exact.items()}
    missing = min(number, total) - sum(counts.values())
    for module in sorted(drawn, key=lambda m: counts[m] - exact[m])[:missing]:
        counts[module] += 1
    counts |= {module: there_are[module] for module in modules if module in whole}
    found = []
    for module in modules:
        order = iter(rng.permutation(there_are[module]))
        taken = 0
        while taken < counts[module]:
            n = next(order, None)
            if n is None:
                break
            mutant = sources[module].mutant(int(n))
            if mutant is not None:
                found.append(mutant)
                taken += 1
    return [found[i] for i in rng.permutation(len(found))], there_are


def main() -> None:
    args = arguments()
    if args.into and not args.run:
        write_page(Path(args.into))
        return
    modules = [args.module] if args.module else list(MODULES)
    whole = [STATISTICS] if not args.module else []
    began = time.time()
    mutants, there_are = draw(modules, args.sample, args.seed, whole)
    say(f"{len(mutants)} mutants of {sum(there_are.values())} drawn in {time.time() - began:.0f} s")
    fates, left_out, tests = judged(mutants, args)
    print(report(fates, there_are))
    say(f"{tests} tests, {len(left_out)} left out as longer than {args.longest:g} s or not passing uncompiled")
    say(f"{(time.time() - began) / 60:.1f} minutes")
    if args.record:
        keep(args.record, fates, there_are, vars(args), tests, len(left_out))
    if args.into:
        write_page(Path(args.into))


def judged(mutants: Sequence[Mutant], args: argparse.Namespace) -> tuple[list[Fate], list[str], int]:
    """What became of the mutants, the tests left out, and how many there were to kill them."""
    settings.register_profile("mutation", derandomize=True, database=None, deadline=None)
    settings.load_profile("mutation")
    judge = Judge(
        mutants=mutants, longest=args.longest, patience=args.patience, until=time.time() + 60 * args.minutes,
        workers=args.workers, memory=Path(args.memory), say=say,
    )  # fmt: skip
    os.chdir(ROOT)
    paths = args.tests or (BEFORE if args.before else TESTS)
    options = ["-qq", "-s", "-p", "no:cacheprovider", "-m", "not slow", "-W", "ignore", "--timeout=0",
               "--continue-on-collection-errors"]  # fmt: skip
    code = pytest.main([*paths, *options], plugins=[judge])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or not judge.reach:
        raise SystemExit(f"the tests could not be collected or run (pytest: {code})")
    return judge.fates, judge.left_out, len(judge.reach)


def say(text: str) -> None:
    """Progress, beside what is printed."""
    print(text, file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=120.0, help="begin no mutant after so long")
    parser.add_argument("--module", choices=MODULES)
    parser.add_argument("--tests", nargs="*", help="in place of those of single rules")
    parser.add_argument("--before", action="store_true", help="the tests of rules that there were before this study")
    parser.add_argument("--longest", type=float, default=LONGEST)
    parser.add_argument("--patience", type=float, default=PATIENCE)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--memory", default=str(ROOT / ".benchmarks" / "mutation"), help="where reach of tests is kept")
    parser.add_argument("--record")
    parser.add_argument("--into")
    args = parser.parse_args()
    args.run = not args.into or bool(args.record) or bool(args.module)
    return args


if __name__ == "__main__":
    main()
