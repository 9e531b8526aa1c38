"""How quickly the app answers while levers are dragged: one page, then thirty at once, on a server of its own.

`python benchmarks/app.py [SECONDS] [--pages 30] [--rate 20]` prints for each: the time from asking to the first answer
that holds for what was asked (a newer question's answer counts for the older ones it took the place of), errors, runs,
runs given up, and how one page's 150 ms are spent. A page drags as the browser does: so many asks a second, whether or
not answers have come, with a pause of a second after each drag of two.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

AIM = 150.0  # milliseconds, for the baseline on two cores
DRAG, REST = 2.0, 1.0
Document = dict[str, Any]
PRIME = 7919


def machine() -> str:
    """The machine's name for itself: processor, cores that may be used."""
    name = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        found = re.search(r"model name\s*:\s*(.+)", cpu.read_text())
        name = found.group(1).strip() if found else name
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    cores = len(os.sched_getaffinity(0))
    return f"{name}, {cores} cores, load {load:.1f} at the start, Python {platform.python_version()}"


def started() -> tuple[subprocess.Popen[str], int]:
    """A server of its own on a free port."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "orgsim", "app", "baseline", "--no-browser", "--port", str(port)]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert program.stderr is not None
    for line in program.stderr:
        if "orgsim is at" in line:
            return program, port
    raise RuntimeError("the server did not start")


def fetched(port: int, path: str) -> Document:
    """A JSON document of the server."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as answer:
        found: Document = json.load(answer)
        return found


class Page:
    """A page that drags one lever and notes how long answers take."""

    def __init__(self, question: Document, arm_lever: bool, offset: int, rate: float) -> None:
        self.question, self.arm_lever, self.offset, self.rate = copy.deepcopy(question), arm_lever, offset, rate
        self.asked: dict[int, float] = {}
        self.latencies: list[float] = []
        self.errors = self.answers = 0

    def turn(self, id: int) -> Document:
        """The question after one more movement of the lever."""
        where = (37 * id % PRIME) / PRIME  # never twice the same, so that nothing is answered from what is kept
        if self.arm_lever:
            self.question["arms"][1]["levers"]["coordination"] = 8 * where
        else:
            self.question["firm"]["market.deal_value"] = 20_000 + 10_000 * where
        self.question["seed"] = self.offset
        return self.question

    async def drag(self, port: int, seconds: float) -> None:
        """Drag for so many seconds."""
        import websockets

        try:
            async with websockets.connect(f"ws://127.0.0.1:{port}/live", origin=f"http://127.0.0.1:{port}",
                                          max_size=None) as ws:  # fmt: skip
                reading = asyncio.create_task(self.read(ws))
                end, id = time.perf_counter() + seconds, 0
                while time.perf_counter() < end:
                    stop = min(end, time.perf_counter() + DRAG)
                    while time.perf_counter() < stop:
                        id += 1
                        text = json.dumps({"type": "ask", "id": id, "question": self.turn(id), "language": "en"})
                        self.asked[id] = time.perf_counter()
                        await ws.send(text)
                        await asyncio.sleep(1 / self.rate)
                    await asyncio.sleep(REST)
                limit = time.perf_counter() + 20
                while self.asked and time.perf_counter() < limit:
                    await asyncio.sleep(0.01)
                self.errors += len(self.asked)
                reading.cancel()
        except Exception as error:
            print(f"  a page failed: {type(error).__name__}: {error}", file=sys.stderr)
            self.errors += 1

    async def read(self, ws: Any) -> None:
        """Note when an answer comes that is as new as a question or newer."""
        async for text in ws:
            now = time.perf_counter()
            found = json.loads(text)
            if found["type"] != "answer":
                self.errors += 1
                continue
            self.answers += 1
            for id in [id for id in self.asked if id <= found["id"]]:
                self.latencies.append(1000 * (now - self.asked.pop(id)))


def measured(port: int, question: Document, pages: int, seconds: float, rate: float, arm_lever: bool) -> list[str]:
    """A row of the table: so many pages dragging."""
    before = fetched(port, "health.json")
    some = [Page(question, arm_lever, n + 1000 * arm_lever + 50 * pages, rate) for n in range(pages)]

    async def run() -> None:
        await asyncio.gather(*(page.drag(port, seconds) for page in some))

    began = time.perf_counter()
    asyncio.run(run())
    wall = time.perf_counter() - began
    after = fetched(port, "health.json")
    times = sorted(latency for page in some for latency in page.latencies) or [float("nan")]
    runs, given_up = (after[name] - before[name] for name in ("runs", "given_up"))
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    return [str(pages), "an arm's" if arm_lever else "the firm's", str(len(times)), f"{statistics.median(times):.0f}",
            f"{p95:.0f}", f"{max(times):.0f}", f"{sum(page.answers for page in some) / wall / pages:.1f}",
            str(sum(page.errors for page in some)), f"{runs / wall:.1f}", str(given_up)]  # fmt: skip


def budget(question: Document) -> list[tuple[str, float]]:
    """Milliseconds of processor time for what a first answer takes, medians of twenty, in this process."""
    from orgsim.app.question import read
    from orgsim.app.reply import answer
    from orgsim.app.runs import Runs

    spent: dict[str, list[float]] = {}

    def timed(name: str, act: Any) -> Any:
        began = time.thread_time()
        found = act()
        spent.setdefault(name, []).append(1000 * (time.thread_time() - began))
        return found

    for n in range(22):
        asked, runs = copy.deepcopy(question), Runs()
        asked["firm"] = {"market.deal_value": 20_000 + n}
        case = timed("reading the question, a firm's lever", partial(read, asked))
        rows = {}
        for world in range(2):
            timed("warming a world up", partial(runs._warm, case.scenario, case.firm_key, 0, world, lambda: None))
            for arm in case.own:
                key = case.arm_keys[arm]
                run = partial(runs.row, case.scenario, case.firm_key, arm, key, 0, world, lambda: False)
                rows[world, case, arm] = timed("running an arm in a world", run)
        message = {"id": 1, "question": question}
        said = timed("statistics and words, two worlds", partial(answer, message, case, rows, 2, "first", 0.0))
        timed("writing JSON", partial(json.dumps, said))
        asked["arms"][1]["levers"]["coordination"] = n / 4
        timed("reading the question, an arm's lever", partial(read, asked))
    return [(name, statistics.median(times[2:])) for name, times in spent.items()]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=20.0)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--rate", type=float, default=20.0)
    chosen = parser.parse_args()
    print(machine())
    program, port = started()
    try:
        question = fetched(port, "start.json")["question"]
        question["arms"] = question["arms"][:2]
        three = copy.deepcopy(question)
        three["arms"].append({"structure": "cro", "pay": "own_numbers", "levers": {}})
        heads = ["Pages", "Arms", "Lever", "Asks", "Median ms", "p95 ms", "Most ms", "Answers/s a page", "Errors",
                 "Runs/s", "Given up"]  # fmt: skip
        rows = []
        for asked, pages, arm_lever in ((question, 1, True), (question, 1, False), (three, 1, True), (three, 1, False),
                                        (question, chosen.pages, True), (question, chosen.pages, False)):  # fmt: skip
            measured(port, asked, 1, 1.0, chosen.rate, arm_lever)  # nothing is measured cold
            row = measured(port, asked, pages, chosen.seconds, chosen.rate, arm_lever)
            rows.append([row[0], str(len(asked["arms"])), *row[1:]])
            print("  ".join(rows[-1]), file=sys.stderr)
        print("\n| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for row in rows:
            print("| " + " | ".join(row) + " |")
        print(f"\nThe aim is {AIM:.0f} ms for one page. Processor time of the parts of a first answer (two arms):\n")
        for name, milliseconds in budget(question):
            print(f"- {name}: {milliseconds:.1f} ms")
    finally:
        program.terminate()
        program.wait(10)


if __name__ == "__main__":
    main()
