"""One size of the scaling tables, in a process of its own:  python benchmarks/speeds/one_size.py JSON

The JSON says what is done: {"changes": {...}} runs the baseline with values changed; with {"compare": {...}} it is a
comparison, of the words given. Prints seconds of the processor (the least of several where it is quick), the bytes that
the process held at most above what it held before, the engine loaded, and of a run its leads, the bytes of its state at
the end, and the bytes that a comparison of that one run holds at most.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orgsim

LONG = 0.4  # seconds that are spent on a size at least, while repeating helps
MOST = 20
PROC = Path("/proc/self")
TODAY = "separate / own_numbers"


def held() -> int:
    """Bytes that the process holds now."""
    return int((PROC / "statm").read_text().split()[1]) * resource.getpagesize()


def forget_peak() -> None:
    """Let the system count the most that is held anew."""
    (PROC / "clear_refs").write_text("5")


def peak() -> int:
    """Bytes that the process held at most since then."""
    [line] = [line for line in (PROC / "status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def least(function: Callable[[], object], first: float) -> float:
    """Seconds of the processor that a call takes, the least of as many as fit into the time; one has been timed."""
    best, spent, calls = first, first, 1
    while spent < LONG and calls < MOST:
        took = timed(function)
        best, spent, calls = min(best, took), spent + took, calls + 1
    return best


def timed(function: Callable[[], object]) -> float:
    """Seconds of the processor that one call takes."""
    began = time.process_time()
    function()
    return time.process_time() - began


def main() -> None:
    """Measure one size."""
    asked = json.loads(sys.argv[1])
    base = orgsim.load_scenario("baseline")
    small = base.with_(**{"market.size": 100, "time.years": 0.1, "time.warm_up_years": 0.1, "time.run_off_months": 0})
    scenario = base.with_(**asked["changes"])
    found: dict[str, float] = {}

    def run(firm: orgsim.Scenario = scenario) -> None:
        made = orgsim.run(firm)
        found["leads"] = int(made.world.firm["leads"][0])
        found["state"] = sum(array.nbytes for array in made.world)

    def compared(words: dict[str, Any], firm: orgsim.Scenario = scenario) -> None:
        orgsim.compare(firm, threads=1, **words)

    run(small)
    compared({"replicates": 2}, small)
    gc.collect()
    idle = held()
    words = asked.get("compare")
    function: Callable[[], object] = (lambda: compared(words)) if words else run
    first, found["bytes"] = most_of(function)
    if not words:  # above what was held before the run, of which the system may have kept some
        before = held()
        _, more = most_of(lambda: compared({"arms": [TODAY], "against": TODAY, "replicates": 1}))
        found["bytes_compared"] = more + max(0, before - idle)
    found["seconds"] = least(function, first)
    print(json.dumps(found))


def most_of(function: Callable[[], object]) -> tuple[float, int]:
    """Seconds of a call, and the bytes held at most meanwhile above what was held before."""
    gc.collect()
    idle = held()
    forget_peak()
    seconds = timed(function)
    return seconds, max(0, peak() - idle)


if __name__ == "__main__":
    main()
