"""One question answered while it stands: paired worlds one after another, an answer at each step of a ladder.

Worlds are numbered from 0, and an answer rests on worlds 0 to n - 1, so it is that of `orgsim.compare` with n
replicates. How many worlds a question ends with is set before the first of them (`bounds.until`), never by what they
show, so that the last answer's intervals are those of a fixed number of replicates; the answers before it are looks on
the way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

from orgsim.app import bounds
from orgsim.app.asked import Place, case_of, kept_worlds, trouble
from orgsim.app.question import Case
from orgsim.app.reply import answer, problems
from orgsim.app.runs import Row, Runs, Stopped, TooLong
from orgsim.results import Arm

STEPS = (1, 2, 4, 8, 16, 32, 50, 75, 100, 150, 200, 300, 400, 600, 800)
FEW = 2  # worlds of a first estimate,
HURRY = 0.25  # unless a run of the first has taken so many seconds: then it is that one
PAUSE = 0.15  # seconds between two answers

Send = Callable[[dict[str, Any]], None]


class Ask:
    """A page's question under way; `scheduler.Job`. The message is as it came; a worker reads it."""

    def __init__(self, client: Hashable, message: dict[str, Any], runs: Runs, send: Send) -> None:
        self.client, self.message, self.runs, self._send = client, message, runs, send
        self.id = message.get("id")
        self.urgent = True
        self.over = False
        self.begun = False
        self._came = time.monotonic()
        self._said = 0.0
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._case: Case | None = None
        self._places: list[tuple[Case, Arm]] = []
        self._handed = 0
        self._rows: dict[Place, Row] = {}
        self._worlds = self._answered = 0
        self._saying = self._slow = False

    # What the scheduler asks, with its lock held ---------------------------------------------------------------------

    def unit(self) -> Callable[[], None] | None:
        """Reading the question first, then a run at a time, world by world."""
        if self.over or self._cancelled.is_set():
            return None
        if not self.begun:
            self.begun = True
            return self._read
        if self._case is None:
            return None
        if self._handed >= self._case.worlds * len(self._places):
            return None
        replicate, place = divmod(self._handed, len(self._places))
        if self._handed < FEW * len(self._places):
            # The first worlds side by side: two threads that begin with the same one would wait for its warm-up.
            place, replicate = divmod(self._handed, FEW)
        elif self.urgent:
            return None  # a first estimate is not kept waiting by worlds that come after it
        self._handed += 1
        case, arm = self._places[place]
        return lambda: self._run(replicate, case, arm)

    def cancel(self) -> None:
        """Not wanted any more."""
        self._cancelled.set()
        self.over = True

    # What a worker does ----------------------------------------------------------------------------------------------

    def _read(self) -> None:
        case = case_of(self.message, self._end)
        if case is None:
            return
        places = [(case, arm) for arm in case.own]
        if case.pinned is not None:
            places += [(case.pinned, arm) for arm in case.pinned.own]
        # What is kept of earlier questions counts at once: an undo is answered with all the worlds it had.
        rows, worlds = kept_worlds(self.runs, places, case.worlds)
        self._rows |= rows
        if worlds >= min(FEW, case.worlds):
            self._worlds, self._handed = worlds, worlds * len(places)
        self._places, self._case = places, case  # from here on there are runs to hand out
        if self._worlds:
            self._say()

    def _run(self, replicate: int, case: Case, arm: Arm) -> None:
        began = time.monotonic()
        try:
            row = self.runs.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], case.seed, replicate,
                                self._cancelled.is_set)  # fmt: skip
        except Stopped:
            return
        except TooLong:
            self._end(problems(self.id, [bounds.TOO_LONG]))
            return
        except Exception as error:
            self._end(trouble(self.message, "firm", f"this firm cannot be run ({type(error).__name__}); "
                              "change what was changed last"))  # fmt: skip
            raise
        with self._lock:
            self._slow |= time.monotonic() - began > HURRY
            self._rows[replicate, case, arm] = row
            while all((self._worlds, *place) in self._rows for place in self._places):
                self._worlds += 1
            due = self._due()
        if due:
            self._say()

    def _due(self) -> bool:
        """Whether there is something to be said now."""
        assert self._case is not None
        n, until = self._worlds, self._case.worlds
        if n == self._answered or self._saying:
            return False
        if not self._answered:
            return n >= FEW or n >= until or self._slow
        if n >= until:
            return True
        step = next((step for step in reversed(STEPS) if step <= n), 0)
        return step > self._answered and time.monotonic() - self._said > PAUSE

    def _say(self) -> None:
        """Answer with the worlds there are, and again if more came meanwhile."""
        while True:
            with self._lock:
                case, n = self._case, self._worlds
                assert case is not None
                if self._cancelled.is_set() or self._saying or n <= self._answered:
                    return
                self._saying = True
                rows = {place: self._rows[place] for place in self._rows if place[0] < n}
            try:
                state = "done" if n >= case.worlds else "refining" if self._answered else "first"
                self._send(answer(self.message, case, rows, n, state, time.monotonic() - self._came))
            except Exception as error:
                self._end(trouble(self.message, "question", f"this cannot be answered ({type(error).__name__})"))
                raise
            finally:
                with self._lock:
                    self._answered, self._said, self._saying = n, time.monotonic(), False
                    self.urgent = False
                    if n >= case.worlds:
                        self.over = True
                    again = not self.over and self._due()
            if not again:
                return

    def _end(self, message: dict[str, Any]) -> None:
        if not self._cancelled.is_set():
            self._send(message)
        self.urgent, self.over = False, True
