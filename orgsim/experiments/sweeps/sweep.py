"""Run a sweep: whatever of its plan is missing in the folder, in batches, each on disk as soon as it is done."""

from __future__ import annotations

import random
import shlex
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orgsim.experiments.executors import Workers, opened
from orgsim.experiments.sweeps.experiment import Experiment
from orgsim.experiments.sweeps.manifest import store_plan, write_manifest
from orgsim.experiments.sweeps.opened import Results
from orgsim.experiments.sweeps.plan import Plan, taken, worlds_of
from orgsim.experiments.sweeps.shards import Damaged, Shards, SweepError, arrow_of, claimed
from orgsim.experiments.worlds import Changes, OtherEngine, Task, engine_hash, rows_or_errors
from orgsim.results import Arm
from orgsim.scenario.errors import ScenarioError

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1.0  # seconds of work that go to a worker at a time
LARGEST = 500  # worlds in a batch
LOOK = 2.0  # seconds between looks at what others have done
MERGED = 64  # shards that are put into one
DEATHS = 2  # times that a world alone may take its worker down before that counts as its result

Batch = dict[tuple[Changes, int], dict[Arm, str]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sent:
    """A batch that is under way; `alone` when nothing else was and it has been with a worker that died, `deaths` times
    by itself."""

    batch: Batch
    deaths: int = 0
    alone: bool = False


UnderWay = dict[Future["pa.Table"], Sent]


@dataclass
class Outcome:
    """What a sweep did: runs `planned`, that were `there` before, `done` now, `by_others` meanwhile, of all of them
    `failed` with an error in their row; shards `set_aside` as damaged; `first_error` of a failed
    run. `left_out`: runs of the plan that the folder showed until now which are not in this one, of the experiment
    `left`; the command `back` shows them again."""

    planned: int = 0
    there: int = 0
    done: int = 0
    by_others: int = 0
    failed: int = 0
    seconds: float = 0.0
    set_aside: list[str] = field(default_factory=list)
    first_error: str | None = None
    interrupted: bool = False
    left_out: int = 0
    left: str = ""
    back: str = ""

    @property
    def missing(self) -> int:
        """Runs of the plan that are still to be done."""
        return self.planned - self.there - self.done - self.by_others


def work(task: Task, cancelled: threading.Event | None = None) -> pa.Table:
    """The runs of a task as a table of rows in the order of its worlds and arms, without keys. Sent to workers."""
    return arrow_of(list(rows_or_errors(task, cancelled)))


def sweep(
    experiment: Experiment, folder: str | Path, *, executor: str | Executor = "threads", workers: int | None = None,
    retry_failed: bool = False, progress: Progress | None = None, stopping: Callable[[], None] | None = None,
    command: list[str] | None = None,
) -> Outcome:
    """Run what is missing of an experiment in a folder, and return what was done.

    executor, workers: see `executors.opened`; no result depends on them. retry_failed: runs whose row is an error are
    done again. progress(done, all) is called as runs are stored. An interrupt (KeyboardInterrupt) ends the sweep after
    the runs in flight: `stopping` is called, what is done is stored, the outcome says `interrupted`; a second one is
    raised at once.

    A run that fails becomes a row with its error. Raises OSError when the folder cannot be written to, and SweepError
    when workers have another version of the engine or die as soon as they begin; what was done stays.
    """
    return _Sweep(experiment, Path(folder), retry_failed, progress).run(executor, workers, stopping, command)


class _Sweep:
    """One process's work on one folder."""

    def __init__(self, experiment: Experiment, folder: Path, retry_failed: bool, progress: Progress | None) -> None:
        self.plan, self.folder, self.progress = Plan(experiment), folder, progress
        self.retry_failed = retry_failed
        self.shards = Shards(folder)
        self.outcome = Outcome()
        self.seen: set[str] = set()  # shards whose keys are known
        self.own: list[str] = []  # shards of this process that are not merged yet
        self.done_well: set[str] = set()  # keys of runs without an error
        self.stored: set[str] = set()  # keys that this process has stored
        self.todo: Batch = {}
        self.suspects: list[Sent] = []  # worlds that were with a worker that died
        self.pace = 0.0  # seconds a world takes, of late
        self.looked = 0.0

    def run(
        self, executor: str | Executor, workers: int | None, stopping: Callable[[], None] | None,
        command: list[str] | None,
    ) -> Outcome:
        began = time.perf_counter()
        self._begin(command)
        broke = False
        with claimed(self.folder) as first:
            while self.todo or self.suspects:
                if not first:
                    self._shuffle()
                with opened(executor, workers) as (pool, number):
                    if broke:
                        _check_alive(pool)
                    broke = self._with(pool, number, stopping)
                if not broke:
                    break
        if not self.outcome.interrupted:
            self._merge(least=2)
        self.outcome.seconds = time.perf_counter() - began
        return self.outcome

    # What is there ----------------------------------------------------------------------------------------------

    def _begin(self, command: list[str] | None) -> None:
        """Write the plan and the manifest, and find what is missing."""
        table = self.plan.table()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.shards.folder.mkdir(exist_ok=True)
        for folder in (self.shards, Shards(self.folder, "plans"), Shards(self.folder, ".")):
            folder.clear_parts()
        self.keys = frozenset(table.column("key").to_pylist())
        self.outcome.planned = len(self.keys)
        name = store_plan(self.folder, table)
        self._note_what_was_here(name)
        write_manifest(self.folder, self.plan, name, command)
        done, failed, damaged = self._look()
        for shard in damaged:
            self.outcome.set_aside.append(f"{shard} (moved to {self.shards.set_aside(shard)})")
        done &= self.keys
        self.outcome.failed = len(failed & self.keys)
        if self.retry_failed:
            done -= failed
            self.outcome.failed = 0
        self.outcome.there = len(done)
        self.done = done
        self.todo = self.plan.worlds(done)
        self._tell()

    def _note_what_was_here(self, name: str) -> None:
        """What the folder showed until now, where it is not part of this plan."""
        try:
            before = Results(self.folder)
            if before.manifest["plan"] == name:
                return
            left = set(before.plan.column("key").to_pylist()) - self.keys
        except (ScenarioError, SweepError):
            return
        if left:
            about = before.manifest["experiment"]
            self.outcome.left_out = len(left)
            other = "" if before.manifest["results_of"] == self.plan.engine else ", by another version of the engine"
            self.outcome.left = f"'{about['title'] or about['name']}'{other}"
            self.outcome.back = shlex.join(before.manifest["command"])

    def _look(self) -> tuple[set[str], set[str], list[Damaged]]:
        """Keys in shards not seen before, those of failed runs among them, and damaged shards."""
        self.looked = time.monotonic()
        fresh = [name for name in self.shards.names() if name not in self.seen]
        tables, damaged = self.shards.scan(["key", "error"], fresh)
        self.seen |= set(tables)
        done: set[str] = set()
        failed: set[str] = set()
        for table in tables.values():
            done |= set(table.column("key").to_pylist())
            wrong = table.filter(table.column("error").is_valid())
            failed |= set(wrong.column("key").to_pylist())
            done_well = table.filter(table.column("error").is_null()).column("key").to_pylist()
            self.done_well |= set(done_well)
            self.outcome.first_error = self.outcome.first_error or next(iter(wrong.column("error").to_pylist()), None)
        return done, failed - self.done_well, damaged

    def _look_at_others(self) -> None:
        """Leave out what other processes have done meanwhile; damaged shards are left to the next sweep."""
        if time.monotonic() - self.looked < LOOK:
            return
        done, failed, _ = self._look()
        news = (done & self.keys) - self.done - self.stored
        if not news:
            return
        self.done |= news
        self.outcome.by_others += len(news)
        self.outcome.failed += len(failed & news)
        for world, arms in list(self.todo.items()):
            left = {arm: key for arm, key in arms.items() if key not in news}
            if left:
                self.todo[world] = left
            else:
                del self.todo[world]
        self._tell()

    def _shuffle(self) -> None:
        """Take the worlds in an order of this process's own, since another process goes through them from the start."""
        worlds = list(self.todo.items())
        random.shuffle(worlds)
        self.todo = dict(worlds)

    # Work -------------------------------------------------------------------------------------------------------

    def _with(self, pool: Executor, workers: Workers, stopping: Callable[[], None] | None) -> bool:
        """Work with one executor to the end; True when it broke and the rest needs another."""
        cancelled = threading.Event()
        send: Callable[[Task], pa.Table] = (
            partial(work, cancelled=cancelled) if isinstance(pool, ThreadPoolExecutor) else work
        )
        under_way: UnderWay = {}
        try:
            while self.todo or self.suspects or under_way:
                if self._fill(pool, send, under_way, workers()):
                    return self._give_up(under_way)
                finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
                if self._collect(finished, under_way):
                    return self._give_up(under_way)
                self._look_at_others()
        except KeyboardInterrupt:
            self.outcome.interrupted = True
            cancelled.set()
            if stopping:
                stopping()
            for future in list(under_way)[workers() :]:  # those before are being worked on
                future.cancel()
            wait(under_way)
            whole = {future for future in under_way if not future.cancelled() and future.exception() is None}
            self._collect(whole, under_way)
            self._count_anew()
        except BaseException:
            cancelled.set()
            for future in under_way:
                future.cancel()
            raise
        return False

    def _count_anew(self) -> None:
        """An interrupt may fall between a shard and its count: what is on disk says how many there are."""
        self.seen.clear()
        done, _, _ = self._look()
        self.outcome.done = len(done & self.keys) - self.outcome.there - self.outcome.by_others

    def _fill(
        self, pool: Executor, send: Callable[[Task], pa.Table], under_way: UnderWay, workers: int
    ) -> bool:
        """Keep workers busy; worlds suspected of killing their worker go one at a time, with nothing beside them.
        True when the executor is broken."""
        while len(under_way) < (1 if self.suspects else 2 * workers):
            if self.suspects:
                sent = self.suspects.pop(0)
            elif self.todo:
                sent = Sent(taken(self.todo, self._size(workers)))
            else:
                break
            task = Task(self.plan.base, self.plan.experiment.terms, worlds_of(sent.batch), self.plan.engine)
            try:
                under_way[pool.submit(send, task)] = sent
            except BrokenExecutor:
                self._suspect(Sent(sent.batch, sent.deaths))
                return True
        return False

    def _size(self, workers: int) -> int:
        """How many worlds take about a second; fewer towards the end, so that workers finish together."""
        if not self.pace:
            return 1
        fair = max(1, len(self.todo) // (2 * workers))
        return max(1, min(LARGEST, fair, int(BATCH / self.pace)))

    def _collect(self, finished: set[Future[pa.Table]], under_way: UnderWay) -> bool:
        """Store what came back; True when the executor is broken."""
        broken = False
        for future in finished:
            sent = under_way.pop(future)
            error = future.exception()
            if error is None:
                self._store(sent.batch, future.result())
            elif isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
                broken |= isinstance(error, BrokenExecutor)
                self._suspect(sent)
            elif isinstance(error, OtherEngine):
                raise SweepError(str(error)) from error
            else:
                raise error
        return broken

    def _give_up(self, under_way: UnderWay) -> bool:
        """All that was with an executor that broke is to be tried again."""
        for sent in under_way.values():
            self._suspect(Sent(sent.batch, sent.deaths))
        under_way.clear()
        return True

    def _suspect(self, sent: Sent) -> None:
        """A batch whose worker died: each of its worlds is tried alone, and one that dies alone again is a failed
        run."""
        deaths = sent.deaths + sent.alone
        if deaths < DEATHS:
            self.suspects += [Sent({world: arms}, deaths, alone=True) for world, arms in sent.batch.items()]
            return
        terms = self.plan.experiment.terms
        said = "WorkerDied: the worker died each time that it did this run alone"
        rows = [
            {"structure": arm.structure, "pay": arm.pay, "replicate": replicate, "seed": terms.seed, "error": said}
            for (_, replicate), arms in sent.batch.items()
            for arm in arms
        ]
        self._store(sent.batch, arrow_of(rows))

    def _store(self, batch: Batch, table: pa.Table) -> None:
        """Add keys to the rows and put them on disk. Fewer rows than runs: the batch was given up on the way."""
        import pyarrow as pa

        keys = [key for arms in batch.values() for key in arms.values()][: len(table)]
        if not keys:
            return
        table = table.set_column(table.schema.get_field_index("key"), "key", pa.array(keys, pa.string()))
        path = self.shards.write(table)
        self.seen.add(path.name)
        self.own.append(path.name)
        self.stored |= set(keys)
        new = [key not in self.done for key in keys]  # or another process was quicker
        errors = [e for e, first in zip(table.column("error").to_pylist(), new, strict=True) if first and e is not None]
        self.outcome.done += sum(new)
        self.outcome.failed += len(errors)
        self.outcome.first_error = self.outcome.first_error or next(iter(errors), None)
        self._note_pace(table, len(batch))
        self._merge(least=MERGED)
        self._tell()

    def _note_pace(self, table: pa.Table, worlds: int) -> None:
        seconds = sum(value or 0.0 for value in table.column("seconds").to_pylist()) / worlds
        self.pace = seconds if not self.pace else 0.7 * self.pace + 0.3 * seconds

    def _merge(self, least: int) -> None:
        if len(self.own) >= least:
            merged = self.shards.merge(self.own)
            if merged is not None:
                self.seen.add(merged.name)
            self.own = []

    def _tell(self) -> None:
        if self.progress:
            outcome = self.outcome
            self.progress(outcome.planned - outcome.missing, outcome.planned)


def _check_alive(pool: Executor) -> None:
    """SweepError when a new worker cannot do as much as say who it is: then it is not the work that kills workers."""
    try:
        pool.submit(engine_hash).result()
    except BrokenExecutor:
        raise SweepError(
            "workers die as soon as they begin; what was done is stored. A script that uses processes must do its work "
            "under `if __name__ == \"__main__\":`; else see whether memory is short, and take fewer --workers"
        ) from None
