"""Small questions, a server in this process, and one that listens."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import orgsim
from orgsim.app.live import Ask
from orgsim.app.runs import Runs
from orgsim.app.security import LOOPBACK, Gate
from orgsim.app.server import Service, application, configured

FIRM = {"market.size": 500, "people.reps": 2, "people.marketers": 1, "time.years": 0.5, "time.warm_up_years": 0.5,
        "time.run_off_months": 3}  # fmt: skip
Document = dict[str, Any]


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """The engine is compiled before any page waits for it, as the command does before it listens."""
    firm = orgsim.load_scenario("baseline").with_(**FIRM)
    orgsim.compare(firm, arms=["separate / own_numbers"], replicates=1, threads=1)


@pytest.fixture
def question() -> Document:
    """Two arms of a small firm; today's is the reference."""
    return copy.deepcopy({
        "version": 1, "base": "baseline", "firm": FIRM, "seed": 3, "worlds": 20, "reference": 0, "pinned": None,
        "arms": [{"structure": "separate", "pay": "own_numbers", "levers": {}},
                 {"structure": "merged", "pay": "own_numbers", "levers": {"leader_background": "marketing"}}],
    })  # fmt: skip


Answers = Callable[..., list[Document]]


@pytest.fixture
def answers() -> Answers:
    """All that is said to a question, run to its end in this thread."""

    def run(asked: Document, runs: Runs | None = None, language: str = "en") -> list[Document]:
        said: list[Document] = []
        ask = Ask("page", {"type": "ask", "id": 1, "question": asked, "language": language}, runs or Runs(),
                  said.append)  # fmt: skip
        while not ask.over:
            unit = ask.unit()
            assert unit is not None
            unit()
        return said

    return run


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """What all pages share, with a small first question."""
    arms = [{"structure": name, "pay": "own_numbers", "levers": {}} for name in ("separate", "merged")]
    found = Service({"version": 1, "base": "baseline", "firm": FIRM, "seed": 0, "arms": arms, "reference": 0,
                     "pinned": None}, workers=2)  # fmt: skip
    yield found
    found.close()


@dataclass
class Listening:
    """A server on this machine."""

    port: int
    service: Service

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def live(self) -> str:
        return f"ws://127.0.0.1:{self.port}/live"


@pytest.fixture(scope="module")
def server(service: Service) -> Iterator[Listening]:
    """A real server on a free port of 127.0.0.1."""
    import socket

    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    port = listener.getsockname()[1]
    program = uvicorn.Server(configured(application(service, Gate(frozenset(LOOPBACK), port))))
    thread = threading.Thread(target=program.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    limit = time.monotonic() + 10
    while not program.started and time.monotonic() < limit:
        time.sleep(0.01)
    yield Listening(port, service)
    program.should_exit = True
    thread.join(5)
    listener.close()
