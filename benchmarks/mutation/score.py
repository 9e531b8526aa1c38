"""The share of mutants that tests kill, by module, with its interval; and what is kept of a run."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from killers import KILLED, NOT_REACHED, SURVIVED, TIMED_OUT, Fate
from scipy import stats

from orgsim.engine.compile import source_hash

RESULTS = Path(__file__).with_name("results.json")
DEAD = (KILLED, TIMED_OUT)


def wilson(killed: int, number: int) -> tuple[float, float]:
    """Wilson's interval of a share, 95 %."""
    if number == 0:
        return 0.0, 1.0
    found = stats.binomtest(killed, number).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def line_of(name: str, there_are: int, killed: int, number: int) -> str:
    """A row of the table of scores."""
    low, high = wilson(killed, number)
    share = f"{100 * killed / number:.1f}" if number else ""
    return f"| {name} | {there_are} | {number} | {killed} | {share} | {100 * low:.0f} to {100 * high:.0f} |"


def table(counts: Mapping[str, Sequence[int]]) -> list[str]:
    """Score by module and in all; counts: mutants there are, sampled, killed."""
    rows = ["| module | mutants | in the sample | killed | score, % | 95 % interval |", "|---|---|---|---|---|---|"]
    rows += [line_of(module, there, killed, number) for module, (there, number, killed) in sorted(counts.items())]
    statistics = {m: c for m, c in counts.items() if m.startswith("experiments/")}
    rules = {m: c for m, c in counts.items() if m not in statistics}
    for name, part in (("**rules**", rules), ("**statistics**", statistics)):
        if part:
            there, number, killed = (sum(column) for column in zip(*part.values(), strict=True))
            rows.append(line_of(name, there, killed, number))
    return rows


def counted(fates: Sequence[Fate], there_are: Mapping[str, int]) -> dict[str, list[int]]:
    """By module: mutants there are, sampled, killed."""
    counts = {module: [number, 0, 0] for module, number in there_are.items()}
    for fate in fates:
        counts[fate.mutant.module][1] += 1
        counts[fate.mutant.module][2] += fate.outcome in DEAD
    return counts


def alive(fates: Sequence[Fate]) -> list[Fate]:
    """Survivors, by name."""
    found = [f for f in fates if f.outcome not in DEAD]
    return sorted(found, key=lambda f: (f.mutant.module, f.mutant.line, f.mutant.number))


def report(fates: Sequence[Fate], there_are: Mapping[str, int]) -> str:
    """Scores and survivors, for the terminal."""
    kinds = (KILLED, TIMED_OUT, SURVIVED, NOT_REACHED)
    outcomes = ", ".join(f"{sum(f.outcome == kind for f in fates)} {kind}" for kind in kinds)
    rows = [*table(counted(fates, there_are)), "", outcomes, ""]
    for fate in alive(fates):
        rows += [f"{fate.mutant.name} ({fate.outcome}, {fate.tests} tests reach it)", fate.mutant.change, ""]
    return "\n".join(rows)


def keep(
    name: str, fates: Sequence[Fate], there_are: Mapping[str, int], options: Mapping[str, Any], tests: int,
    left_out: int,
) -> None:
    """Write a run into the record, in place of one of that name."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[name] = {
        "date": datetime.date.today().isoformat(), "rules": source_hash()[:12], "tests": tests, "left_out": left_out,
        **{option: options[option] for option in ("sample", "seed", "longest", "patience")},
        "counts": counted(fates, there_are), "timed_out": sum(f.outcome == TIMED_OUT for f in fates),
        "survivors": [{"mutant": f.mutant.name, "outcome": f.outcome, "change": f.mutant.change} for f in alive(fates)],
    }  # fmt: skip
    RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
