"""How time and memory grow with prospects, employees, years, arms and replicates: each size in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from speeds.document import Part, met

AIM, BYTES = 1.0, 100.0
LEAST = 2**20  # bytes above the idle process below which a size says nothing of memory
SHORT = {"time.warm_up_years": 0.25, "time.years": 1, "time.run_off_months": 0}
EPISODES, SIGNALS, CUSTOMERS = 0.20, 0.257, 440 / 6000  # the baseline's
PLANS = ("own_numbers", "shared_revenue", "fixed", "commission_new")


@dataclass(frozen=True)
class Growth:
    """One question: what grows, in which sizes, and what a size changes."""

    key: str
    title: str
    about: str
    sizes: Sequence[float]
    quick: Sequence[float]

    @property
    def compares(self) -> bool:
        """Whether a size is a comparison, not a run."""
        return self.key in ("arms", "replicates")

    def asked(self, size: float) -> dict[str, Any]:
        """What the process of a size is told."""
        changes: dict[str, Any] = dict(SHORT)
        words: dict[str, Any] | None = None
        n = round(size)
        if self.key == "prospects_in_proportion":
            changes |= {
                "market.size": n, "people.reps": max(1, round(n / 750)), "people.marketers": max(1, round(n / 2000)),
                "money.programme": 20.0 * n, "lead.raw_per_week": max(1e-3, 16.3 * n / 6000),
            }  # fmt: skip
        elif self.key == "prospects_same_activity":
            part = 1000 / n
            changes |= {
                "market.size": n, "people.reps": 1, "people.marketers": 1, "money.programme": 20_000.0,
                "lead.raw_per_week": 16.3 / 6, "market.episodes_per_year": EPISODES * part,
                "market.signals_per_year": SIGNALS * part, "market.customer_share": CUSTOMERS * part,
            }  # fmt: skip
        elif self.key == "employees":
            reps = max(1, round(n * 8 / 11))
            changes |= {"people.reps": reps, "people.marketers": max(1, n - reps)}
        elif self.key == "years":
            changes |= {"time.years": size}
        else:
            changes |= {"time.years": 0.25, "time.warm_up_years": 0.25}
            words = {"structures": ["merged", "separate", "cro"], "pay": ["own_numbers"], "replicates": 20}
            if self.key == "arms":
                words |= {"arms": arms(n), "against": "separate / own_numbers"}
            else:
                words |= {"replicates": n}
        return {"changes": changes} | ({"compare": words} if words else {})


def arms(number: int) -> list[str]:
    """So many arms, today's first."""
    names = [f"{structure} / {plan}" for plan in PLANS for structure in ("separate", "merged", "cro")]
    return names[:number]


GROWTHS = (
    Growth("prospects_in_proportion", "Prospects, activity equal for each",
           "Staff, programme money and planned leads in proportion: ten times the prospects have ten times the events. "
           "A quarter of warm-up, one year of horizon.",
           (1e3, 1e4, 1e5, 1e6, 1e7), (1e3, 1e4, 1e5)),
    Growth("prospects_same_activity", "Prospects, activity equal in all",
           "Needs, signals and customers for each prospect in inverse proportion, the staff of 1,000: ten million "
           "prospects have as many events as a thousand. The same quarter and year.",
           (1e3, 1e4, 1e5, 1e6, 1e7), (1e3, 1e4, 1e5)),
    Growth("employees", "Employees, in the baseline's market of 6,000",
           "Reps and marketers as 8 to 3. The same quarter and year.",
           (10, 30, 100, 300, 1000, 3000, 10_000), ()),
    Growth("years", "Years of horizon, the baseline", "A quarter of warm-up, no run-off.",
           (1, 2, 5, 10, 20, 50), ()),
    Growth("arms", "Arms of a comparison", "20 replicates of a quarter after a quarter, one thread; today's arm first.",
           (1, 2, 4, 8, 12), ()),
    Growth("replicates", "Replicates of a comparison", "Three arms, a quarter after a quarter, one thread.",
           (10, 30, 100, 300, 1000), ()),
)  # fmt: skip


@dataclass(frozen=True)
class Slope:
    """An exponent, its standard error, and the exponent of the last step alone."""

    value: float
    error: float
    last: float

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "not measured"
        return f"{self.value:.2f}" + ("" if np.isnan(self.error) else f" ± {self.error:.2f}")


def slope(sizes: Sequence[float], values: Sequence[float]) -> Slope:
    """Exponent of a power law by regression of logs; not a number with fewer than two points, its error with two."""
    x, y = np.log(np.asarray(sizes, float)), np.log(np.asarray(values, float))
    if len(x) < 2:
        return Slope(np.nan, np.nan, np.nan)
    about = x - x.mean()
    spread = float((about**2).sum())
    value = float((about * y).sum()) / spread
    rest = y - y.mean() - value * about
    error = float(np.sqrt((rest**2).sum() / (len(x) - 2) / spread)) if len(x) > 2 else np.nan
    return Slope(value, error, float((y[-1] - y[-2]) / (x[-1] - x[-2])))


def one_size(asked: Mapping[str, Any]) -> dict[str, float]:
    """Seconds and bytes of one size."""
    program = Path(__file__).with_name("one_size.py")
    command = [sys.executable, "-P", "-W", "ignore", str(program), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"a size failed: {done.stderr.strip().splitlines()[-1:]}; {json.dumps(asked)}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(quick: bool) -> Part:
    """The part."""
    part = Part("scaling", "Scaling: exponents of time and memory")
    part.say(
        "Each size runs in a process of its own: seconds of the processor, and the bytes that the process held at most "
        "above what it held when idle with the engine loaded. A run is one of `orgsim.run`, its "
        "event log included. Exponents are slopes of logs on logs with their standard errors; the aim is "
        f"{AIM:g} at most. Sizes that hold less than 1 MiB above the idle process are left out of the memory's. Time "
        "has a fixed part, so that the slope of all sizes flatters; the last step's stands beside."
    )
    summary: list[list[object]] = []
    details: list[tuple[str, list[list[object]]]] = []
    for growth in GROWTHS:
        sizes = growth.quick if quick else growth.sizes
        if not sizes:
            continue
        found = [one_size(growth.asked(size)) for size in sizes]
        seconds, memory = [one["seconds"] for one in found], [one["bytes"] for one in found]
        of_time = slope(sizes, seconds)
        counts = [n for n, used in enumerate(memory) if used >= LEAST]
        of_memory = slope([sizes[n] for n in counts], [memory[n] for n in counts])
        part.note(f"exponent_of_time_in_{growth.key}", of_time.value)
        part.note(f"exponent_of_time_in_{growth.key}_last_step", of_time.last)
        if not np.isnan(of_memory.value):
            part.note(f"exponent_of_memory_in_{growth.key}", of_memory.value)
        if growth.key.startswith("prospects"):
            name = growth.key.removeprefix("prospects_")
            part.note(f"bytes_per_prospect_{name}", memory[-1] / sizes[-1])
            part.note(f"bytes_of_state_per_prospect_{name}", found[-1]["state"] / sizes[-1])
            part.note(f"bytes_compared_per_prospect_{name}", found[-1]["bytes_compared"] / sizes[-1])
        summary.append([growth.title, f"{sizes[0]:,.0f} to {sizes[-1]:,.0f}", str(of_time), f"{of_time.last:.2f}",
                        verdict(of_time), str(of_memory), verdict(of_memory)])  # fmt: skip
        details.append((f"{growth.title}. {growth.about}", [
            [f"{size:,.0f}", one["seconds"], 1e9 * one["seconds"] / size, one["bytes"] / 2**20, one["bytes"] / size,
             *([] if growth.compares else [one["state"] / size, int(one["leads"])])]
            for size, one in zip(sizes, found, strict=True)
        ]))  # fmt: skip
    part.table(["What grows", "sizes", "exponent of time", "of its last step", "aim", "exponent of memory", "aim"],
               summary)  # fmt: skip
    most = GROWTHS[0].quick[-1] if quick else GROWTHS[0].sizes[-1]
    part.say(f"Memory for each of {most:,.0f} prospects, in bytes; the aim for the peak is under {BYTES:g}:")
    rows: list[list[object]] = []
    for name, title in (("same_activity", "activity equal in all"), ("in_proportion", "activity equal for each")):
        peak, state, compared = (
            part.figures[f"scaling.bytes_{what}per_prospect_{name}"] for what in ("", "of_state_", "compared_")
        )
        rows.append([title, peak, met(BYTES, peak), state, compared])
    part.table(
        ["", "peak of a run above the idle process", "aim", "its state at the end", "peak of a comparison of it"], rows
    )
    for about, lines in details:
        part.say(about)
        part.table(["size", "seconds", "ns for each", "MiB above the idle process", "bytes for each",
                    *(["bytes of state for each", "leads"] if len(lines[0]) > 5 else [])], lines)  # fmt: skip
    return part


def verdict(found: Slope) -> str:
    """Whether an exponent is within its aim, or at least within two of its standard errors of it."""
    if np.isnan(found.value):
        return ""
    if found.value <= AIM:
        return "met"
    return "within two errors" if found.value <= AIM + 2 * found.error else "missed"
