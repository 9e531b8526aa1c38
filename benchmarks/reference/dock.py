"""Dock the reference with orgsim (Axtell, Axelrod, Epstein and Cohen 1996): same seed, same event for every lead.

python benchmarks/reference/dock.py [--scenarios 50] [--seed 7]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.reference import compare, worlds

EXACT = ("leads", "accounts", "hours", "pay", "prospects")
LAST_BITS = 1e-12
SHOWN = 12  # columns named for a world that differs


def main() -> int:
    """Compare so many random worlds; the exit status says whether all agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", type=int, help="one world by its number")
    chosen = parser.parse_args()
    base = worlds.base_scenario()
    numbers = range(chosen.scenarios) if chosen.only is None else [chosen.only]
    begun = time.perf_counter()
    found = []
    for number in numbers:
        docked = compare.dock(worlds.world(chosen.seed, number, base))
        found.append(docked)
        print(f"{number:3d} {told(docked)}", flush=True)
    print(summary(found))
    print(f"{time.perf_counter() - begun:.0f} s")
    return 0 if all(same_course(docked) for docked in found) else 1


def same_course(docked: compare.Docked) -> bool:
    """All leads, accounts, hours, pay and prospects the same; months' levers and stocks but for their last bits."""
    return docked.agree(*EXACT) and not docked.missing["months"] and docked.greatest() < LAST_BITS


def told(docked: compare.Docked) -> str:
    """A line for a world; below it what differs."""
    head = f"{docked.world}: {docked.rows['leads']} leads"
    if docked.agree():
        return f"{head}, all equal"
    lines = [head]
    for name, columns in docked.differ.items():
        if columns or docked.missing[name]:
            worst = sorted(columns.items(), key=lambda item: -item[1])
            named = ", ".join(f"{column} {most:.3g}" for column, most in worst[:SHOWN])
            more = f" and {len(worst) - SHOWN} more" if len(worst) > SHOWN else ""
            lines.append(f"    {name}: {docked.missing[name]} rows of one side only; differ: {named}{more}")
    if docked.first:
        lines.append(f"    first event: {docked.first}")
    return "\n".join(lines)


def summary(found: list[compare.Docked]) -> str:
    """What agrees over all worlds."""
    exact = sum(d.agree(*EXACT) for d in found)
    lines = [
        f"{exact} of {len(found)} worlds agree in leads, accounts, hours, pay and prospects",
        f"{sum(d.agree() for d in found)} of {len(found)} worlds agree in every lever and stock of every month too",
    ]
    for name in compare.KEYS:
        rows = sum(d.rows[name] for d in found)
        lines.append(f"  {name}: {sum(d.agree(name) for d in found)} worlds agree, {rows:,} rows")
    arms = Counter((d.world.structure, d.world.pay) for d in found)
    lines.append(f"  arms: {len(arms)}; structures: {len({s for s, _ in arms})}; plans: {len({p for _, p in arms})}")
    lines.append(f"  greatest difference of any number: {max((d.greatest() for d in found), default=0.0):.3g}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
