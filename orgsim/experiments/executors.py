"""Where work is done: threads, processes, a cluster. All are `concurrent.futures.Executor`s, and no result depends
on which.

Threads are the default: the engine lets go of Python's lock while it computes. Where runs are so short that preparing
them takes longer, processes are quicker. Dask joins machines (extra `dist`), MPI what a batch system has allotted
(extra `mpi`).
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager

from orgsim.scenario.errors import Problem, ScenarioError, cut, nearest, show

NAMES = ("threads", "processes", "dask", "mpi")
ASK = 1.0  # seconds between looks at how many workers a cluster has
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


def check(name: str) -> str:
    """The name of an executor itself when it is one; else a ScenarioError that lists them."""
    if name in NAMES or name.startswith(SCHEMES):
        return name
    message = f"found {show(name)}; allowed: {cut(list(NAMES))}, or a Dask scheduler's address such as tcp://host:8786"
    raise ScenarioError([Problem("command", None, "executor", show(name), message, nearest(name, NAMES))])


Workers = Callable[[], int]


@contextmanager
def opened(executor: str | Executor = "threads", workers: int | None = None) -> Iterator[tuple[Executor, Workers]]:
    """An executor, and how many tasks it works on at a time, to be asked as work goes on since workers may join a
    cluster late; closed at the end unless it is the caller's own.

    executor: `threads`, `processes`, `dask` (a cluster of processes on this machine), the address of a Dask scheduler,
    `mpi`, or any `concurrent.futures.Executor`. workers: default all cores, or what the cluster has.
    Raises ScenarioError for an unknown name, a package that is missing, or a scheduler that does not answer.
    """
    if isinstance(executor, Executor):
        own = workers or getattr(executor, "_max_workers", None) or _cores()
        yield executor, lambda: own
        return
    check(executor)
    number = workers or _cores()
    if executor == "threads":
        with _closing(ThreadPoolExecutor(number)) as pool:
            yield pool, lambda: number
    elif executor == "processes":
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # Fresh processes: a fork of one that has threads can hang.
        with _closing(
            ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_settle_in)
        ) as pool:
            yield pool, lambda: number
    elif executor == "mpi":
        with _closing(_mpi(workers)) as pool:
            yield pool, lambda: max(1, getattr(pool, "num_workers", None) or number)
    else:
        with _dask(executor, workers) as found:
            yield found


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _settle_in() -> None:
    """A worker process begins: Ctrl-C, which reaches all processes of a terminal, is the business of the one that hands
    out work, and when that one is gone, however it ended, so is this."""
    import signal
    import threading
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first = parent_process()
    if first is not None:
        threading.Thread(target=lambda: (wait([first.sentinel]), os._exit(1)), daemon=True).start()


@contextmanager
def _children_deaf_to_interrupts() -> Iterator[None]:
    """Processes started meanwhile never get a Ctrl-C of their own, as a process inherits what is ignored."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _closing(pool: Executor) -> Iterator[Executor]:
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _dask(address: str, workers: int | None) -> Iterator[tuple[Executor, Workers]]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise _missing(address, "distributed", "dist") from None
    if address == "dask":
        number = workers or _cores()
        with _children_deaf_to_interrupts():
            cluster = LocalCluster(n_workers=number, threads_per_worker=1, processes=True, dashboard_address=":0",
                                   silence_logs=logging.ERROR)  # fmt: skip
        with cluster, Client(cluster) as client:
            yield client.get_executor(pure=False), lambda: number
        return
    try:
        client = Client(address, timeout=20)
    except (OSError, TimeoutError, ValueError) as error:
        message = f"found {show(address)}; no Dask scheduler answers there ({error or type(error).__name__})"
        raise ScenarioError([Problem("command", None, "executor", show(address), message, None)]) from None
    asked = at = 0.0

    def threads() -> int:
        nonlocal asked, at
        if time.monotonic() - at > ASK:
            asked, at = sum(client.nthreads().values()), time.monotonic()
        return workers or max(1, int(asked))

    with client:
        yield client.get_executor(pure=False), threads


def _mpi(workers: int | None) -> Executor:
    try:
        from mpi4py.futures import MPIPoolExecutor
    except ImportError:
        raise _missing("mpi", "mpi4py", "mpi") from None
    pool: Executor = MPIPoolExecutor(workers)
    return pool


def _missing(executor: str, package: str, extra: str) -> ScenarioError:
    message = f"found {show(executor)}, which needs the package {package}: pip install 'orgsim[{extra}]'"
    return ScenarioError([Problem("command", None, "executor", show(executor), message, None)])


def in_order[T, R](
    executor: Executor, function: Callable[[T], R], tasks: Iterable[T], ahead: int
) -> Iterator[R]:
    """Results of all tasks in their order. No more than `ahead` tasks are under way, so that an interrupt has little to
    wait for; the first error ends all."""
    under_way: deque[Future[R]] = deque()
    try:
        for task in tasks:
            under_way.append(executor.submit(function, task))
            while len(under_way) >= ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
