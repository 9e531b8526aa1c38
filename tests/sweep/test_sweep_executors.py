"""Whoever does the runs, and whatever happens to him, the export is the same."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweeping
from sweeping import Inline, exported, small, undisturbed

from orgsim.experiments.sweeps import sweep as module
from orgsim.experiments.sweeps.opened import SweepError, open_results
from orgsim.experiments.sweeps.sweep import sweep, work
from orgsim.experiments.worlds import Task, engine_hash

WORLDS = 60
POISON = (5, 6, 7)  # replicates whose runs take their worker down
FATAL = len(POISON) * len(sweeping.LEVELS) * len(sweeping.ARMS)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The exports of a single thread."""
    return undisturbed(small(WORLDS), tmp_path_factory.mktemp("calm") / "out")


class AnyOrder(Executor):
    """One thread that takes its tasks in an order of chance."""

    def __init__(self, seed: int) -> None:
        self.chance, self.waiting = random.Random(seed), list[tuple[Future[Any], Callable[[], Any]]]()
        self.turn = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        threading.Timer(0.02, self._one).start()
        return future

    def _one(self) -> None:
        with self.turn:
            future, call = self.waiting.pop(self.chance.randrange(len(self.waiting)))
            future.set_result(call())


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_give_what_one_thread_gives(tmp_path: Path, calm: tuple[bytes, bytes], workers: int) -> None:
    assert sweep(small(WORLDS), tmp_path / "out", workers=workers).missing == 0
    assert exported(tmp_path / "out") == calm


@pytest.mark.slow
def test_processes_give_what_one_thread_gives(tmp_path: Path, calm: tuple[bytes, bytes]) -> None:
    assert sweep(small(WORLDS), tmp_path / "out", executor="processes", workers=2).missing == 0
    assert exported(tmp_path / "out") == calm


@pytest.mark.slow
def test_dask_with_two_workers_gives_what_one_thread_gives(tmp_path: Path, calm: tuple[bytes, bytes]) -> None:
    pytest.importorskip("distributed")
    assert sweep(small(WORLDS), tmp_path / "out", executor="dask", workers=2).missing == 0
    assert exported(tmp_path / "out") == calm


@pytest.mark.slow
def test_mpi_gives_what_one_thread_gives(tmp_path: Path, calm: tuple[bytes, bytes]) -> None:
    pytest.importorskip("mpi4py")
    launcher = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if launcher is None:
        pytest.skip("no mpiexec")
    asked, folder = sweeping.as_file(tmp_path / "small.toml", WORLDS), tmp_path / "out"
    found = subprocess.run(
        [launcher, "-n", "3", sys.executable, "-m", "mpi4py.futures", "-m", "orgsim", "sweep", str(asked), "--out",
         str(folder), "--executor", "mpi"],
        env=sweeping.environment(), capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert exported(folder) == calm


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_order_in_which_runs_end_does_not_matter(
    tmp_path: Path, calm: tuple[bytes, bytes], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 0.03)
    monkeypatch.setattr(module, "MERGED", 5)
    assert sweep(small(WORLDS), tmp_path / "out", executor=AnyOrder(seed), workers=6).missing == 0
    assert exported(tmp_path / "out") == calm


def test_a_user_s_own_pools_serve_as_executors(tmp_path: Path) -> None:
    asked = small(4)
    with ThreadPoolExecutor(2) as threads:
        assert sweep(asked, tmp_path / "threads", executor=threads).missing == 0
        assert threads.submit(int, "3").result() == 3, "the caller's own executor stays open"
    assert exported(tmp_path / "threads") == undisturbed(asked, tmp_path / "calm")


# Workers that die ----------------------------------------------------------------------------------------------------


@contextmanager
def killer(folder: Path, times: int, seed: int = 3) -> Iterator[list[int]]:
    """While the block runs: kill a worker process soon after a new shard came, so that it is at work; yields those
    killed."""
    chance, over, killed = random.Random(seed), threading.Event(), list[int]()

    def go() -> None:
        seen: set[Path] = set()
        while len(killed) < times and not over.wait(0.02):
            there = set(sweeping.shards(folder))
            if not there - seen:
                continue
            over.wait(chance.uniform(0, 0.2))
            workers = workers_here()
            if workers:
                victim = chance.choice(workers)
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)
                over.wait(0.5)
                seen = set(sweeping.shards(folder))

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def workers_here() -> list[int]:
    """Processes of a pool of this process."""
    import psutil

    return [child.pid for child in psutil.Process().children(recursive=True) if "spawn_main" in _command_of(child)]


def _command_of(process: Any) -> str:
    import psutil

    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.slow
def test_processes_killed_in_mid_task_cost_no_run(
    tmp_path: Path, calm: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psutil")
    monkeypatch.setattr(module, "BATCH", 0.1)
    with killer(tmp_path / "out", 3) as killed:
        outcome = sweep(small(WORLDS), tmp_path / "out", executor="processes", workers=2)
    assert killed, "no worker was caught at work"
    assert (outcome.missing, outcome.failed) == (0, 0)
    assert exported(tmp_path / "out") == calm


@pytest.mark.slow
def test_dask_workers_killed_in_mid_task_cost_no_run(
    tmp_path: Path, calm: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    pytest.importorskip("psutil")
    monkeypatch.setattr(module, "BATCH", 0.1)
    with killer(tmp_path / "out", 3) as killed:
        outcome = sweep(small(WORLDS), tmp_path / "out", executor="dask", workers=2)
    assert killed, "no worker was caught at work"
    assert (outcome.missing, outcome.failed) == (0, 0)
    assert exported(tmp_path / "out") == calm


def poisoned(task: Task) -> Any:
    """`work`, where one world kills whoever does it."""
    if any(world.replicate in POISON for world in task.worlds):
        os.kill(os.getpid(), signal.SIGKILL)
    return work(task)


@pytest.mark.slow
def test_runs_that_always_kill_their_process_become_rows_with_an_error_and_the_rest_is_done(
    tmp_path: Path, calm: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "work", poisoned)
    outcome = sweep(small(10), tmp_path / "out", executor="processes", workers=2)
    assert (outcome.missing, outcome.failed) == (0, FATAL)
    results = open_results(tmp_path / "out")
    for arm in sweeping.ARMS:
        revenue = results.metric("revenue", arm)
        assert np.isnan(revenue[:, list(POISON)]).all()
        assert np.isfinite(np.delete(revenue, POISON, axis=1)).all()
    errors = set(results.runs(["revenue"])["error"].dropna())
    assert len(errors) == 1
    assert "worker died" in errors.pop()
    monkeypatch.undo()
    again = sweep(small(10), tmp_path / "out", retry_failed=True)
    assert (again.done, again.failed, again.missing) == (FATAL, 0, 0)
    sweep(small(WORLDS), tmp_path / "out")
    assert exported(tmp_path / "out") == calm


class Mortal(Executor):
    """An executor whose worker dies with chosen tasks: as `submit` is called, or later."""

    def __init__(self, submits: set[int] = frozenset(), tasks: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.submits, self.tasks, self.number, self.dead = submits, tasks, 0, False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.number += 1
        if self.dead or self.number in self.submits:
            self.dead = True
            raise BrokenProcessPool("A child process terminated abruptly, the process pool is not usable anymore")
        future: Future[Any] = Future()
        if self.number in self.tasks:
            self.dead = True
            future.set_exception(BrokenProcessPool("A process in the process pool was terminated abruptly"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@pytest.mark.parametrize(("submits", "tasks"), [({5}, set()), (set(), {5}), ({3}, {9}), ({1}, {2})])
def test_a_pool_that_breaks_at_any_moment_is_replaced_and_no_run_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, submits: set[int], tasks: set[int]
) -> None:
    lives = [Mortal(submits=submits), Mortal(tasks=tasks), Mortal()]

    @contextmanager
    def opened(spec: Any, workers: Any) -> Iterator[tuple[Executor, Callable[[], int]]]:
        yield (lives.pop(0) if len(lives) > 1 else lives[0]), lambda: 2

    monkeypatch.setattr(module, "opened", opened)
    monkeypatch.setattr(module, "BATCH", 0.03)
    outcome = sweep(small(8), tmp_path / "out", executor="processes")
    monkeypatch.undo()
    assert (outcome.missing, outcome.failed, outcome.done) == (0, 0, 48)
    assert exported(tmp_path / "out") == undisturbed(small(8), tmp_path / "calm")


def test_a_user_s_own_pool_that_breaks_ends_the_sweep_with_what_was_done_kept(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="workers die"):
        sweep(small(4), tmp_path / "out", executor=Mortal(tasks={3}), workers=1)
    assert open_results(tmp_path / "out").status().done > 0
    sweep(small(4), tmp_path / "out")
    assert exported(tmp_path / "out") == undisturbed(small(4), tmp_path / "calm")


def test_a_worker_of_another_version_is_refused_and_nothing_of_it_is_stored(tmp_path: Path) -> None:
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_pretend_another_version)
    with pool, pytest.raises(SweepError, match="install the same version"):
        sweep(small(1), tmp_path / "out", executor=pool)
    assert open_results(tmp_path / "out").status().done == 0


def _pretend_another_version() -> None:
    from orgsim.experiments import worlds

    other = "0" * len(engine_hash())
    worlds.engine_hash = lambda: other


# Accidents on the side of whoever hands out the work -----------------------------------------------------------------


@pytest.mark.parametrize("accident", [KeyboardInterrupt, OSError, MemoryError, SystemExit])
@pytest.mark.parametrize("at", [1, 3])
def test_whatever_is_raised_between_tasks_what_was_stored_is_kept(
    tmp_path: Path, accident: type[BaseException], at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 0.02)

    def before(number: int) -> None:
        if number == at:
            raise accident("of chance")

    if accident is KeyboardInterrupt:
        outcome = sweep(small(4), tmp_path / "out", executor=Inline(before), workers=1)
        done = open_results(tmp_path / "out").status().done
        assert outcome.interrupted
        assert outcome.missing == 24 - done
        assert 24 > done >= (at - 1) * 2, "what had come back was not stored"
    else:
        with pytest.raises(accident, match="of chance"):
            sweep(small(4), tmp_path / "out", executor=Inline(before), workers=1)
        done = open_results(tmp_path / "out").status().done
        assert done >= (at - 2) * 2
    again = sweep(small(4), tmp_path / "out")
    assert (again.there, again.missing) == (done, 0)
    assert exported(tmp_path / "out") == undisturbed(small(4), tmp_path / "calm")


def test_progress_counts_up_to_all_runs_and_never_down(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    sweep(small(4), tmp_path / "out", progress=lambda done, planned: told.append((done, planned)))
    assert told[0] == (0, 24)
    assert told[-1] == (24, 24)
    assert told == sorted(told)


def test_a_sweep_that_is_complete_starts_no_worker(tmp_path: Path) -> None:
    sweep(small(2), tmp_path / "out")

    def refuse(number: int) -> None:
        pytest.fail("a task was handed out")

    began = time.monotonic()
    outcome = sweep(small(2), tmp_path / "out", executor=Inline(refuse))
    assert (outcome.there, outcome.done, outcome.missing) == (12, 0, 0)
    assert time.monotonic() - began < 2
