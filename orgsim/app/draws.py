"""How far an answer rests on what is assumed: its worlds again, each with its own draw of the assumed parameters.

A page asks for it once its answer stands. How many draws there are is set before the first by cost alone, and a newer
question ends them. What is said of them is what the report says: `report.sensitivity.signs_table`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import partial

from orgsim.app import bounds
from orgsim.app.asked import Document, Place, case_of, kept_worlds, trouble
from orgsim.app.question import Case
from orgsim.app.reply import comparison_of, problems, safe_id
from orgsim.app.runs import Row, Runs, Stopped, TooLong
from orgsim.experiments.store import plain
from orgsim.experiments.uncertain import drawn
from orgsim.report.sensitivity import DRAWS, signs_table
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario

STEPS = (10, 20, 40, 60, 80)  # draws after which something is said, and at the end
MARK = b"drawn"  # what tells a run with drawn parameters from one with those of the question
METRIC = "profit"


class Draws:
    """Draws for one answer; `scheduler.Job`, never urgent: estimates of any page come first."""

    urgent = False

    def __init__(self, client: Hashable, message: Document, runs: Runs, send: Callable[[Document], None]) -> None:
        self.client: Hashable = key_of(client)
        self.message, self.runs, self._send = message, runs, send
        self.over = False
        self._begun = False
        self._case: Case | None = None
        self._until = self._handed = self._whole = 0
        self._plain: dict[Place, Row] = {}
        self._rows: dict[Place, Row] = {}
        self._firms: dict[int, Scenario] = {}
        self._cancelled = threading.Event()
        self._lock = threading.Lock()

    def unit(self) -> Callable[[], None] | None:
        """Reading the question, then a run at a time, draw by draw."""
        if self.over:
            return None
        if not self._begun:
            self._begun = True
            return self._read
        if self._case is None or self._handed >= self._until * len(self._case.own):
            return None
        number, place = divmod(self._handed, len(self._case.own))
        self._handed += 1
        return partial(self._run, self._case, number, self._case.own[place])

    def cancel(self) -> None:
        """Not wanted any more."""
        self._cancelled.set()
        self.over = True

    def _read(self) -> None:
        case = case_of(self.message, self._end)
        if case is None:
            return
        self._plain, worlds = kept_worlds(self.runs, [(case, arm) for arm in case.own], case.worlds)
        if not worlds or len(case.own) < 2:
            said = "ask first: there is no answer yet whose sign could be kept"
            self._end(trouble(self.message, "question", said))
            return
        self._until = number_of(case)
        self._case = case

    def _run(self, case: Case, number: int, arm: Arm) -> None:
        try:
            firm = self._firm(case, number)
            row = self.runs.row(firm, case.firm_key + MARK, arm, case.arm_keys[arm], case.seed, number,
                                self._cancelled.is_set)  # fmt: skip
        except Stopped:
            return
        except TooLong:
            self._end(problems(self.message.get("id"), [bounds.TOO_LONG]))
            return
        except Exception as error:
            self._end(trouble(self.message, "question", f"this firm cannot be run ({type(error).__name__})"))
            raise
        with self._lock:
            self._rows[number, case, arm] = row
            before = self._whole
            while all((self._whole, case, arm) in self._rows for arm in case.own):
                self._firms.pop(self._whole, None)
                self._whole += 1
            whole = self._whole
            due = whole == self._until or any(before < step <= whole for step in STEPS)
            if due and not self._cancelled.is_set():
                self.over = whole == self._until
                self._say(case, whole)

    def _firm(self, case: Case, number: int) -> Scenario:
        with self._lock:
            if number not in self._firms:
                self._firms[number] = drawn(case.scenario, case.seed, number)
            return self._firms[number]

    def _say(self, case: Case, draws: int) -> None:
        worlds = len(self._plain) // len(case.own)
        table = signs_table(comparison_of(case, self._plain, worlds), comparison_of(case, self._rows, draws), (METRIC,))
        shares = {end: dict(zip(table["arm"], (table[end] / 100).tolist(), strict=True))
                  for end in ("kept", "low", "high")}  # fmt: skip
        found = {"type": "draws", "id": safe_id(self.message.get("id")), "draws": draws, "until": self._until}
        self._send(plain(found | shares))

    def _end(self, message: Document) -> None:
        self.over = True
        if not self._cancelled.is_set():
            self._send(message)


def number_of(case: Case) -> int:
    """How many draws a question gets, on the page and in its report: those of every report unless runs are long."""
    return min(DRAWS, bounds.until(case.cost * len(case.own)))


def key_of(client: Hashable) -> Hashable:
    """By what the scheduler knows a page's draws, beside its question."""
    return client, "draws"
