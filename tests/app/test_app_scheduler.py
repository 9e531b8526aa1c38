"""Pages share the workers fairly: first estimates first, in turns, one job a page, stale ones given up."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from orgsim.app import scheduler as s
from orgsim.app.scheduler import Full, Scheduler


class Counted:
    """A job of some units, the first of which is its first estimate."""

    def __init__(self, client: str, units: int, log: list[str], gate: threading.Event | None = None) -> None:
        self.client, self.log, self.gate = client, log, gate
        self.left = units
        self.urgent, self.over, self.begun = True, False, False
        self.cancelled = False
        self.done = threading.Event()

    def unit(self) -> Callable[[], None] | None:
        if self.left == 0:
            return None
        self.left -= 1
        self.begun = True
        return self._do

    def _do(self) -> None:
        if self.gate is not None:
            self.gate.wait(5)
        self.log.append(self.client)
        self.urgent = False
        if self.left == 0:
            self.over = True
            self.done.set()

    def cancel(self) -> None:
        self.cancelled = self.over = True
        self.left = 0


@pytest.fixture
def one() -> Scheduler:
    return Scheduler(1)


def test_pages_take_turns_and_first_estimates_come_first(one: Scheduler) -> None:
    log: list[str] = []
    gate = threading.Event()
    first = Counted("a", 4, log, gate)
    one.submit(first)
    jobs = [Counted(name, 4, log) for name in "bcd"]
    for job in jobs:
        one.submit(job)
    gate.set()
    assert all(job.done.wait(5) for job in [first, *jobs])
    assert sorted(log[:4]) == list("abcd")
    assert all(sorted(log[k : k + 4]) == list("abcd") for k in (4, 8, 12))
    one.close()


def test_a_newer_question_takes_the_place_of_one_that_refines(one: Scheduler) -> None:
    log: list[str] = []
    old = Counted("a", 10**6, log)
    one.submit(old)
    while old.urgent:
        pass
    new = Counted("a", 1, log)
    one.submit(new)
    assert new.done.wait(5)
    assert old.cancelled
    one.close()


def test_while_a_page_drags_the_first_estimate_under_way_is_finished_and_the_newest_comes_next(one: Scheduler) -> None:
    log: list[str] = []
    gate = threading.Event()
    under_way = Counted("a", 10**6, log, gate)
    one.submit(under_way)
    while not under_way.begun:
        pass
    dragged = [Counted("a", 1, log) for _ in range(20)]
    for job in dragged:
        one.submit(job)
    assert not under_way.cancelled
    assert one.jobs == 2
    gate.set()
    assert dragged[-1].done.wait(5)
    assert under_way.cancelled
    assert not any(job.begun for job in dragged[:-1])
    one.close()


def test_a_page_that_is_gone_has_its_work_given_up(one: Scheduler) -> None:
    log: list[str] = []
    job = Counted("a", 10**6, log)
    one.submit(job)
    while job.urgent:
        pass
    one.drop("a")
    assert job.cancelled
    assert one.jobs == 0
    one.close()


def test_the_queue_is_bounded(one: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "MOST_JOBS", 3)
    gate = threading.Event()
    for n in range(3):
        one.submit(Counted(str(n), 1, [], gate))
    with pytest.raises(Full):
        one.submit(Counted("one more", 1, []))
    gate.set()
    one.close()


def test_a_worker_outlives_a_unit_that_fails(one: Scheduler, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(Counted):
        def _do(self) -> None:
            self.over = True
            raise ValueError("broken on purpose")

    one.submit(Broken("a", 1, []))
    good = Counted("b", 1, [])
    one.submit(good)
    assert good.done.wait(5)
    assert one.failures == 1
    one.close()
    assert "broken on purpose" in capsys.readouterr().err


def test_closing_ends_the_threads() -> None:
    many = Scheduler(3)
    job = Counted("a", 10**6, [])
    many.submit(job)
    many.close()
    assert job.cancelled
    assert not any(thread.is_alive() for thread in many._threads)
