"""Who is served next: a few threads share the runs of all pages fairly, first estimates before refinements.

A page has one job at a time; a newer one takes its place. Jobs take turns, one unit of work each, so that a page that
drags cannot keep others waiting, and one that refines a large firm cannot either.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Protocol

MOST_JOBS = 500


class Job(Protocol):
    """What a page wants computed. Its methods are called with the scheduler's lock held, and must be quick."""

    client: Hashable

    @property
    def urgent(self) -> bool:
        """Whether nothing has been answered yet."""

    def unit(self) -> Callable[[], None] | None:
        """The next unit of work, which then counts as handed out; None while there is none to hand out."""

    @property
    def over(self) -> bool:
        """Whether no unit will follow."""

    def cancel(self) -> None:
        """What is under way is not wanted any more."""


class Full(Exception):
    """More pages want work than the server takes."""


class Scheduler:
    """Worker threads and the jobs of all pages."""

    def __init__(self, workers: int) -> None:
        self._turn: OrderedDict[Hashable, Job] = OrderedDict()
        self._waiting: dict[Hashable, Job] = {}
        self._changed = threading.Condition()
        self._closed = False
        self.failures = 0
        self.workers = workers
        self._threads = [threading.Thread(target=self._work, name=f"orgsim-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Take a job in place of the page's former one.

        A former one that has answered nothing yet is finished first, up to its first estimate: who drags gets answers
        on the way. Of those that wait behind it the newest is kept.
        """
        with self._changed:
            if len(self._turn) >= MOST_JOBS and job.client not in self._turn:
                raise Full
            former = self._turn.get(job.client)
            if former is not None and former.urgent and not former.over and getattr(former, "begun", False):
                self._waiting[job.client] = job
            else:
                if former is not None:
                    former.cancel()
                self._turn[job.client] = job
            self._changed.notify_all()

    def drop(self, client: Hashable) -> None:
        """A page is gone: its work is given up."""
        with self._changed:
            self._waiting.pop(client, None)
            job = self._turn.pop(client, None)
            if job is not None:
                job.cancel()

    def poke(self) -> None:
        """A job may have units again, or has answered for the first time."""
        with self._changed:
            for client, job in list(self._waiting.items()):
                former = self._turn.get(client)
                if former is None or not former.urgent or former.over:
                    if former is not None:
                        former.cancel()
                    self._turn[client] = self._waiting.pop(client)
                    del job
            self._changed.notify_all()

    def close(self) -> None:
        """Give up everything; threads end after at most a quarter of a run."""
        with self._changed:
            self._closed = True
            for job in self._turn.values():
                job.cancel()
            self._turn.clear()
            self._waiting.clear()
            self._changed.notify_all()
        limit = time.monotonic() + 0.5
        for thread in self._threads:
            thread.join(max(0.0, limit - time.monotonic()))

    @property
    def jobs(self) -> int:
        """Jobs under way or waiting."""
        return len(self._turn) + len(self._waiting)

    def _next(self) -> Callable[[], None] | None:
        for urgent in (True, False):
            for client, job in list(self._turn.items()):
                if job.over:
                    if client not in self._waiting:
                        del self._turn[client]
                    continue
                if job.urgent == urgent:
                    unit = job.unit()
                    if unit is not None:
                        self._turn.move_to_end(client)
                        return unit
        return None

    def _work(self) -> None:
        while True:
            with self._changed:
                unit = None if self._closed else self._next()
                while unit is None and not self._closed:
                    self._changed.wait()
                    unit = None if self._closed else self._next()
                if self._closed or unit is None:
                    return
            try:
                unit()
            except Exception:  # a worker outlives whatever went wrong in one unit
                self.failures += 1
                traceback.print_exc()
            self.poke()
