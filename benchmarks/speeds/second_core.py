"""`compare` with three arms, 200 replicates and three years: seconds on two cores, and what the second core brings."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
from speeds.document import Part, met
from speeds.machine import cores
from speeds.rounds import MesaSteps, alternated, ratio

import orgsim
from orgsim.engine.streams import bare_draws
from orgsim.results import Arm
from orgsim.simulation import new_world

SECONDS, EFFICIENCY = 10.0, 0.9
STRUCTURES, PAY, REPLICATES = ("merged", "separate", "cro"), ("own_numbers",), 200
DRAWS = 5_000_000
# A process of its own that says when it is ready, and then compares whenever it is told to.
WORKER = """
import json, sys, orgsim
scenario = orgsim.load_scenario("baseline")
words = json.loads(sys.argv[1])
orgsim.compare(scenario, **(words | {"replicates": 2}))
for line in sys.stdin:
    print("ready", flush=True)
    if not line.strip():
        break
    orgsim.compare(scenario, **words)
    print("done", flush=True)
"""


def measured(quick: bool) -> Part:
    """The part."""
    part = Part("second_core", f"compare: {len(STRUCTURES)} arms x {REPLICATES} replicates x 3 years on two cores")
    if cores() < 2:
        part.say("Not measured: this process may use one core only.")
        return part
    replicates, rounds = (REPLICATES // 10, 2) if quick else (REPLICATES, 3)
    scenario = orgsim.load_scenario("baseline")
    mesa = MesaSteps()

    def compared(threads: int, worlds: int = replicates) -> float:
        began = time.process_time()
        orgsim.compare(scenario, structures=STRUCTURES, pay=PAY, replicates=worlds, threads=threads)
        return time.process_time() - began

    compared(2, 4)  # nothing is measured cold
    words = json.dumps({"structures": STRUCTURES, "pay": PAY, "replicates": replicates // 2, "threads": 1})
    workers = [Worker(words), Worker(words)]
    own: list[float] = []
    steps: list[float] = []
    try:
        times = alternated(
            {
                "mesa": lambda: steps.append(mesa.seconds()),
                "one": lambda: own.append(compared(1)),
                "two": lambda: compared(2),
                "processes": lambda: at_once([worker.work for worker in workers]),
                "one loop": lambda: bare(1),
                "two loops": lambda: bare(2),
            },
            rounds, time.perf_counter, before=0,
        )  # fmt: skip
    finally:
        for worker in workers:
            worker.end()
    efficiency = ratio(times["one"], times["two"], 0.5)
    beside = ratio(times["one"], times["processes"], 0.5)
    hardware = ratio(times["one loop"], times["two loops"])
    seconds = float(np.median(times["two"])) * REPLICATES / replicates
    in_steps = ratio(np.array(own), np.array(steps), REPLICATES / replicates)
    part.note("efficiency_of_the_second_core", efficiency.median)
    part.note("compare_in_mesa_steps", in_steps.median)
    scaled = "" if replicates == REPLICATES else f", {replicates} replicates run and the time multiplied"
    part.say(
        f"The baseline under {', '.join(STRUCTURES)}, each with {', '.join(PAY)} and today's warm-up and run-off, "
        f"by the clock on the wall, {rounds} rounds in alternation{scaled}. The efficiency of the second core is the "
        "time on one thread over twice the time on two. Beside it stand what two processes of their own get, which "
        "share no lock of Python's, and what this machine gives two threads that only draw numbers."
    )
    one = float(np.median(times["one"])) * REPLICATES / replicates
    part.table(
        ["What", "Figure", "Aim", ""],
        [
            ["one thread, s", one, "", ""],
            ["two threads, s", seconds, f"{SECONDS:g} at most", met(SECONDS, seconds)],
            ["the processor's time on one thread, in empty steps of Mesa", f"{in_steps.median:,.0f}", "", ""],
            ["efficiency of the second core", str(efficiency), f"{EFFICIENCY:g}", met(efficiency.median, EFFICIENCY)],
            ["the same with two processes, half of the replicates each", str(beside), "", ""],
            ["the same of two threads that draw numbers only", str(hardware), "", ""],
        ],
    )
    return part


class Worker:
    """A process that compares once each time it is told to."""

    def __init__(self, words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WORKER, words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def _tell(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def work(self) -> None:
        """One comparison, to its end."""
        assert self.process.stdout is not None
        self._tell("compare")
        for _ in range(2):
            if not self.process.stdout.readline():
                raise RuntimeError("a process of the comparison ended")

    def end(self) -> None:
        """Let the process end."""
        if self.process.poll() is None:
            self._tell("")
            self.process.wait(10)


def at_once(functions: list[Callable[[], object]]) -> None:
    """Call all of them, each in a thread of its own."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def bare(number: int) -> None:
    """So many threads that draw numbers and touch no memory, each as many."""
    firm = new_world(orgsim.load_scenario("baseline").with_(**{"market.size": 1}), Arm("separate", "own_numbers"), 0, 0)
    at_once([lambda: bare_draws(firm.firm[0], DRAWS) for _ in range(number)])
