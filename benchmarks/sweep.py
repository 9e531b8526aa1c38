"""How fast a sweep of many short runs is, and its commands:  python benchmarks/sweep.py [--runs 100000] [--into PAGE]

A run's *own time* is what it takes in one thread with nothing beside it: to make the point's firm, to warm up, to run,
to count. It is measured on a sample, in seconds of the processor, so that other work on the machine does not count;
in a thread of a sweep the time between a run's begin and end also holds its waiting for Python's lock.

What a sweep could have had is the time that its cores were not busy with other programs: cores x wall - others. The
efficiency is the own time of all runs in relation to that. The processor's time that the sweep used in all is told too:
what is lost beyond it is waiting.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

REPS, PATIENCE, ARMS = [2, 3, 4, 5], [10, 15, 20, 25, 30], ["merged", "separate"]
POINTS = len(REPS) * len(PATIENCE)
SETTINGS = {"market.size": 200, "time.years": 0.5, "time.warm_up_years": 0.25, "time.run_off_months": 0}
SAMPLE = 400
BEGIN, END = "<!-- speed -->", "<!-- /speed -->"
QUERY = 'SELECT structure, "people.reps", avg(profit), count(*) FROM runs GROUP BY ALL ORDER BY ALL'


def experiment_file(folder: Path, runs: int) -> tuple[Path, int]:
    """An experiment of about so many runs, and how many it has."""
    worlds = max(1, round(runs / (POINTS * len(ARMS))))
    lines = [f"replicates = {worlds}", f"structures = {json.dumps(ARMS)}", "[settings]"]
    lines += [f'"{key}" = {value}' for key, value in SETTINGS.items()]
    lines += ["[factors]", f'"people.reps" = {REPS}', f'"contact.patience" = {PATIENCE}']
    path = folder / "short.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, worlds * POINTS * len(ARMS)


def own_seconds(file: Path) -> tuple[float, float]:
    """Seconds of the processor that a run takes in one thread: all of it, and its share that the engine computes."""
    from orgsim.experiments.sweeps.experiment import load_experiment
    from orgsim.experiments.sweeps.plan import Plan, taken, worlds_of
    from orgsim.experiments.worlds import Prepared, Task, changed, rows_or_errors

    plan = Plan(load_experiment(file))
    todo = plan.worlds(())
    step = max(1, len(todo) // SAMPLE)
    todo = {world: arms for place, (world, arms) in enumerate(todo.items()) if place % step == 0}
    worlds = worlds_of(taken(todo, SAMPLE))
    task = Task(plan.base, plan.experiment.terms, worlds, plan.engine)
    list(rows_or_errors(Task(plan.base, task.terms, worlds[:5], plan.engine)))
    began = time.process_time()
    runs = len(list(rows_or_errors(task)))
    whole = (time.process_time() - began) / runs
    firms = [(changed(plan.base, world.changes), world) for world in worlds]
    began = time.process_time()
    for firm, world in firms:
        prepared = Prepared(firm, task.terms, world.replicate)
        for arm in world.arms:
            prepared.run(arm)
    return whole, (time.process_time() - began) / runs


def busy() -> float:
    """Seconds that all processors of the machine were busy since it started."""
    fields = Path("/proc/stat").read_text("utf-8").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _wait, irq, soft, _steal = (int(field) for field in fields)
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


@dataclass
class Watched:
    """What a sweep took: seconds of the clock, of the processor, of other programs; megabytes over the runs done."""

    wall: float
    used: float
    others: float
    memory: list[tuple[float, float]]
    outcome: dict[str, object]

    @property
    def slope(self) -> float:
        """Megabytes that the second half of the sweep added, as a straight line fitted to it has them."""
        half = self.memory[len(self.memory) // 2 :]
        if len(half) < 3:
            return math.nan
        at, size = np.array(half).T
        return float(np.polyfit(at, size, 1)[0] * (at[-1] - at[0]))


def watched(arguments: list[str]) -> Watched:
    """`orgsim sweep` to its end, looked at twice a second."""
    import psutil

    busy_before, began = busy(), time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "orgsim", *arguments], stdout=subprocess.PIPE, encoding="utf-8")
    memory: list[tuple[float, float]] = []
    used: dict[int, float] = {}
    over = threading.Event()

    def look() -> None:
        first = psutil.Process(process.pid)
        while not over.wait(0.5):
            size = 0.0
            try:
                for one in (first, *first.children(recursive=True)):
                    size += one.memory_info().rss / 1e6
                    times = one.cpu_times()
                    used[one.pid] = times.user + times.system
            except psutil.Error:
                continue
            memory.append((time.perf_counter() - began, size))

    looker = threading.Thread(target=look)
    looker.start()
    out, _ = process.communicate()
    wall = time.perf_counter() - began
    over.set()
    looker.join()
    ours = sum(used.values())
    return Watched(wall, ours, max(0.0, busy() - busy_before - ours), memory, json.loads(out))


def seconds_of(command: list[str]) -> tuple[float, float]:
    """Least seconds of a command out of five: by the clock, and of the processor."""
    walls, cpus = [], []
    for _ in range(5):
        before, began = os.times(), time.perf_counter()
        subprocess.run([sys.executable, "-m", "orgsim", *command], check=True, capture_output=True)
        after = os.times()
        walls.append(time.perf_counter() - began)
        cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return min(walls), min(cpus)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def report(runs: int, executors: list[str], folder: Path) -> str:
    """The tables, as Markdown."""
    file, runs = experiment_file(folder, runs)
    cores = len(os.sched_getaffinity(0))
    before = own_seconds(file)
    rows, parts = [], []
    for executor in executors:
        out = folder / executor
        found = watched(["sweep", str(file), "--out", str(out), "--executor", executor, "--format", "json"])
        if found.outcome["missing"] or found.outcome["failed"]:
            raise SystemExit(f"{executor}: {found.outcome}")
        own = statistics.mean([before[0], own_seconds(file)[0]]) * runs
        could = cores * found.wall - found.others
        rows.append([
            executor, f"{runs / found.wall:,.0f}", f"{found.wall:,.0f} s", f"{100 * own / could:.0f} %",
            f"{100 * own / (cores * found.wall):.0f} %", f"{100 * own / found.used:.0f} %",
            f"{100 * found.others / (cores * found.wall):.0f} %",
            f"{max(size for _, size in found.memory):,.0f} MB", f"{found.slope:+.1f} MB",
        ])  # fmt: skip
    engine = 100 * before[1] / before[0]
    parts.append(
        f"{runs:,} runs of {1000 * before[0]:.1f} ms each (a market of {SETTINGS['market.size']}, half a year; "
        f"{engine:.0f} % of it in warm-up and run, the rest in making the firm of a point and counting), {cores} cores:"
    )
    parts.append(table(
        ["Executor", "runs a second", "wall", "own time / what the cores had left", "own time / cores x wall",
         "own time / processor time used", "others on the machine", "memory at most", "its growth in the second half"],
        rows,
    ))  # fmt: skip
    last = folder / executors[0]
    asked = {
        "orgsim status": ["status", str(last)], "orgsim query, a mean by group": ["query", str(last), QUERY],
        "orgsim export, Parquet": ["export", str(last), str(folder / "runs.parquet")],
        "orgsim export, CSV": ["export", str(last), str(folder / "runs.csv")],
        "orgsim sweep, nothing to do": ["sweep", str(file), "--out", str(last)],
    }  # fmt: skip
    took = {name: seconds_of(command) for name, command in asked.items()}
    size = sum(path.stat().st_size for path in (last / "shards").iterdir())
    files = len(list((last / "shards").iterdir()))
    parts.append(f"Of those {runs:,} runs ({size / 1e6:,.0f} MB in {files} files), the least of five:")
    parts.append(table(
        ["Command", "seconds", "of the processor"],
        [[name, f"{wall:.2f}", f"{cpu:.2f}"] for name, (wall, cpu) in took.items()],
    ))  # fmt: skip
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=4000, help="about how many; the published table has 100,000")
    parser.add_argument("--executors", default="threads,processes")
    parser.add_argument("--into", type=Path, help=f"a page that holds {BEGIN} and {END}")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = report(chosen.runs, chosen.executors.split(","), Path(folder))
    print(text)
    if chosen.into:
        page = chosen.into.read_text(encoding="utf-8")
        head, rest = page.split(BEGIN)
        tail = rest.split(END)[1]
        chosen.into.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
