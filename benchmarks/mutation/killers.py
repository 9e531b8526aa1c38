"""Tests as killers of mutants: which of them reach a line, and whether one of them fails.

All tests are collected once, uncompiled. Each is then run by itself in a fork of that process, to learn which lines of
the mutated modules it reaches, its fixtures included, and how long it takes. A mutant gets a fork of its own too, in
which it is put in force and the tests that reach the changed statement are run, the quickest first, until one fails.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from mutants import MODULES, PACKAGE, ROOT, Mutant, codes_of, put_in_force

TOOL = 4  # of sys.monitoring: any number that nobody else has
MEMORY = 8 * 2**30  # bytes that a mutant may ask for
GRACE = 10  # seconds of processor time beside four times what its tests take unchanged

KILLED, TIMED_OUT, SURVIVED, NOT_REACHED = "killed", "timed out", "survived", "not reached"


@dataclass(frozen=True)
class Reach:
    """What a test does with the program as it is: seconds, and lines it reaches by module."""

    seconds: float
    lines: dict[str, frozenset[int]]


@dataclass(frozen=True)
class Fate:
    """What became of a mutant, by which test, and how many tests reach it."""

    mutant: Mutant
    outcome: str
    by: str = ""
    tests: int = 0


@dataclass(eq=False)
class Judge:
    """A plugin of pytest that runs mutants in place of tests.

    mutants: to be run, in this order. longest: seconds of a test beyond which it is left out. patience: seconds of
    tests, unchanged, that one mutant may take. until: time at which no further mutant is begun. workers: forks at a
    time. memory: folder in which the reach of tests is kept between runs.
    """

    mutants: Sequence[Mutant]
    longest: float
    patience: float
    until: float
    workers: int
    memory: Path
    say: Callable[[str], None]
    fates: list[Fate] = field(default_factory=list)
    reach: dict[str, Reach] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    module_of: dict[CodeType, str] = field(default_factory=dict)
    failed: str = ""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.module_of = {code: module for module in MODULES for code in codes_of(module)}
        if "plain_rules" in sys.modules:  # made once, so that only tests of what makes a world reach it
            sys.modules["plain_rules"].world()
        items = {item.nodeid: item for item in session.items}
        self._measure(items)
        jobs = ((mutant, self._chosen(mutant)) for mutant in self.mutants)
        for n, fate in enumerate(self._run_all(jobs, items), 1):
            self.fates.append(fate)
            if n % 50 == 0:
                alive = sum(f.outcome in (SURVIVED, NOT_REACHED) for f in self.fates)
                self.say(f"{n} of {len(self.mutants)} mutants, {alive} alive")
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.left_out.append(report.nodeid)
            self.say(f"{report.nodeid} cannot be imported uncompiled, and is left out")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    # What tests reach ------------------------------------------------------------------------------------------------

    def _measure(self, items: dict[str, pytest.Item]) -> None:
        self.memory.mkdir(parents=True, exist_ok=True)
        sources = _digest(PACKAGE.rglob("*.py"))
        by_file: dict[Path, list[pytest.Item]] = {}
        for item in items.values():
            by_file.setdefault(item.path, []).append(item)
        for path, tests in by_file.items():
            beside = [p for p in path.parent.glob("*.py") if not p.name.startswith("test_")]
            key = f"{sources}|{_digest([path, ROOT / 'tests' / 'conftest.py', *beside])}|{self.longest}|2"
            kept = self.memory / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
            known = json.loads(kept.read_text()) if kept.exists() else {}
            fresh = [item for item in tests if item.nodeid not in known]
            if fresh:
                self.say(f"measuring {len(fresh)} tests of {path.relative_to(ROOT)}")
                for item, found in self._each(fresh, lambda item: self._one(item), lambda _: self.longest):
                    known[item.nodeid] = found
                kept.write_text(json.dumps(known))
            for item in tests:
                found = known[item.nodeid]
                if found is None:
                    self.left_out.append(item.nodeid)
                elif any(found[1].values()):
                    lines = {module: frozenset(numbers) for module, numbers in found[1].items()}
                    self.reach[item.nodeid] = Reach(found[0], lines)

    def _one(self, item: pytest.Item) -> Any:
        """Seconds and lines of one test; None if it does not pass uncompiled."""
        seen: set[tuple[str, int]] = set()
        def line(code: CodeType, number: int) -> Any:
            seen.add((self.module_of[code], number))
            return sys.monitoring.DISABLE

        watch = sys.monitoring
        watch.use_tool_id(TOOL, "reach")
        watch.register_callback(TOOL, watch.events.LINE, line)
        for code in self.module_of:
            watch.set_local_events(TOOL, code, watch.events.LINE)
        began = time.process_time()
        passed = self._passes([item])
        seconds = time.process_time() - began
        lines = {module: sorted(n for m, n in seen if m == module) for module in {m for m, _ in seen}}
        return (round(seconds, 3), lines) if passed else None

    def _chosen(self, mutant: Mutant) -> list[str]:
        """Tests that reach the changed statement, the quickest first, as many as patience allows."""
        span = range(mutant.first, mutant.last + 1)
        able = [name for name, r in self.reach.items() if not r.lines.get(mutant.module, frozenset()).isdisjoint(span)]
        able.sort(key=lambda name: (self.reach[name].seconds, name))
        spent, chosen = 0.0, []
        for name in able:
            spent += self.reach[name].seconds
            if chosen and spent > self.patience:
                break
            chosen.append(name)
        return chosen

    # Forks -----------------------------------------------------------------------------------------------------------

    def _passes(self, items: Sequence[pytest.Item]) -> bool:
        """Run tests in turn until one fails."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                return False
        return True

    def _run_all(self, jobs: Iterable[tuple[Mutant, list[str]]], items: dict[str, pytest.Item]) -> Iterator[Fate]:
        def work(job: tuple[Mutant, list[str]]) -> Any:
            put_in_force(job[0])
            self._passes([items[name] for name in job[1]])
            return self.failed

        def limit(job: tuple[Mutant, list[str]]) -> float:
            return GRACE + 4 * sum(self.reach[name].seconds for name in job[1])

        def wanted() -> Iterator[tuple[Mutant, list[str]]]:
            for job in jobs:
                if time.time() > self.until:
                    return
                yield job

        for (mutant, tests), by in self._each(wanted(), work, limit, lambda job: bool(job[1])):
            if not tests:
                yield Fate(mutant, NOT_REACHED)
            elif by is None:
                yield Fate(mutant, TIMED_OUT, "", len(tests))
            else:
                yield Fate(mutant, KILLED if by else SURVIVED, by, len(tests))

    def _each(
        self, jobs: Iterable[Any], work: Callable[[Any], Any], limit: Callable[[Any], float],
        needed: Callable[[Any], bool] = lambda _: True,
    ) -> Iterator[tuple[Any, Any]]:
        """Each job with what its work returns in a fork of this process; None if it does not come to an end.

        limit: seconds of processor time. needed: whether there is work at all.
        """
        running: dict[int, tuple[Any, int]] = {}
        waiting = iter(jobs)
        more = True
        while more or running:
            while more and len(running) < self.workers:
                job = next(waiting, self)
                if job is self:
                    more = False
                elif not needed(job):
                    yield job, ""
                else:
                    pid, pipe = _fork(lambda job=job: work(job), limit(job))
                    running[pid] = (job, pipe)
            if running:
                pid, _ = os.wait()
                job, pipe = running.pop(pid)
                with open(pipe, "rb") as stream:
                    answer = stream.read()
                yield job, pickle.loads(answer) if answer else None


def _fork(work: Callable[[], Any], seconds: float) -> tuple[int, int]:
    """Start work in a fork; returns its process and the pipe that will hold the answer."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        os.close(reading)
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        random.seed(0)
        answer = pickle.dumps(work())
        with open(writing, "wb") as stream:
            stream.write(answer)
    finally:
        os._exit(0)


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(str(path).encode())
        found.update(path.read_bytes())
    return found.hexdigest()
