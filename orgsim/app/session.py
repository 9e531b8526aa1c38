"""One open page: its WebSocket, what it asks, and what waits to be sent to it.

Of answers to the same kind of message only the newest waits, so that a page that reads slowly costs no memory.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from orgsim.app import bounds, draws
from orgsim.app.live import Ask
from orgsim.app.reply import busy, problems, safe_id
from orgsim.app.runs import Stopped, TooLong
from orgsim.app.scheduler import Full
from orgsim.app.study import Study
from orgsim.scenario.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from orgsim.app.server import Service

RATE, BURST = 120.0, 240.0  # messages a second of one page, and at once
IDLE = 3600.0  # seconds without a message after which a page is let go
SENDING = 30.0  # seconds that a page may take to accept an answer
TYPES = ("ask", "draws", "follow", "why", "report", "stop")
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # JSON can write half a character, which no answer could be written with
Document = dict[str, Any]
_numbers = itertools.count(1)


class Session:
    """A page from its WebSocket's opening to its closing."""

    def __init__(self, socket: WebSocket, service: Service) -> None:
        self.socket, self.service = socket, service
        self.client = next(_numbers)
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[tuple[str, str], Document] = {}
        self._news = asyncio.Event()
        self._tokens, self._filled = BURST, time.monotonic()
        self._making: asyncio.Task[None] | None = None
        self._made_in_vain = threading.Event()

    async def serve(self) -> None:
        """Read and answer until the page is gone."""
        await self.socket.accept()
        sender = asyncio.create_task(self._send_all())
        reader = asyncio.create_task(self._read_all())
        try:
            done, _ = await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if not task.cancelled():
                    task.exception()
        finally:
            self.service.forget(self.client)
            self._give_up_report()
            for task in (sender, reader):
                task.cancel()
            await asyncio.gather(sender, reader, return_exceptions=True)

    async def _read_all(self) -> None:
        from starlette.websockets import WebSocketDisconnect

        while True:
            try:
                message = await asyncio.wait_for(self.socket.receive(), IDLE)
            except (TimeoutError, WebSocketDisconnect, RuntimeError):
                return
            if message["type"] == "websocket.disconnect":
                return
            await self._slow_down()
            self._take(message.get("text"))

    async def _slow_down(self) -> None:
        """Who sends more than the rate allows is read more slowly."""
        now = time.monotonic()
        self._tokens = min(BURST, self._tokens + RATE * (now - self._filled)) - 1
        self._filled = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / RATE)

    def _take(self, text: str | None) -> None:
        if text is None:
            self._say(problems(None, [bounds.problem("message", "bytes", "found bytes; text with JSON is needed")]))
            return
        try:
            message = parsed(text)
        except ValueError as error:
            self._say(problems(None, [Problem("message", None, "message", "", str(error), None)]))
            return
        kind, id = message.get("type"), message.get("id")
        if kind not in TYPES:
            found = bounds.problem("type", kind, f"allowed: {', '.join(TYPES)}")
            self._say(problems(id, [found]))
            return
        try:
            if kind == "ask":
                self.service.scheduler.drop(draws.key_of(self.client))  # of the answer before
                self.service.scheduler.submit(Ask(self.client, message, self.service.runs, partial(self.send, kind)))
            elif kind == "draws":
                self.service.scheduler.submit(
                    draws.Draws(self.client, message, self.service.runs, partial(self.send, kind))
                )
            elif kind == "stop":
                self.service.forget(self.client)
                self._give_up_report()
            elif kind == "report":
                self._give_up_report()
                self._making = asyncio.create_task(self._report(message))
            else:
                self.service.studies.submit(Study(self.client, message, self.service.runs, partial(self.send, kind)))
        except Full:
            self._say(busy(id, "the server has too many pages open; try again in a while"), str(kind))

    def _give_up_report(self) -> None:
        self._made_in_vain.set()
        if self._making is not None:
            self._making.cancel()
            self._making = None

    async def _report(self, message: Document) -> None:
        """Make a report and say where it can be fetched, with progress on the way."""
        from orgsim.app.downloads import Busy

        id, cancelled = safe_id(message.get("id")), threading.Event()
        self._made_in_vain = cancelled

        def progress(done: int, of: int) -> None:
            self.send("report", {"type": "progress", "id": id, "done": done, "of": of})

        try:
            content, file = await self.service.desk.make("report.html", message, cancelled, progress)
        except ScenarioError as error:
            self._say(problems(id, error.problems), "report")
        except Busy:
            self._say(busy(id, "too many downloads are being made; try again in a while"), "report")
        except TooLong:
            self._say(problems(id, [bounds.TOO_LONG]), "report")
        except (Stopped, asyncio.CancelledError):
            cancelled.set()
        except Exception as error:
            said = f"the report could not be made ({type(error).__name__})"
            self._say(problems(id, [Problem("question", None, "question", "", said, None)]), "report")
            raise
        else:
            path = f"/made/{self.service.desk.put_by(content, file)}"
            self._say({"type": "report", "id": id, "file": file, "bytes": len(content), "path": path}, "report")

    def send(self, to: str, message: Document) -> None:
        """Send from any thread what a message of type `to` is answered with."""
        with suppress(RuntimeError):  # the server has ended meanwhile
            self._loop.call_soon_threadsafe(self._say, message, to)

    def _say(self, message: Document, to: str = "") -> None:
        """An answer that still waits gives way to a newer one of its type, to a message of the same type."""
        kind = to, message["type"]
        self._waiting.pop(kind, None)
        self._waiting[kind] = message
        self._news.set()

    async def _send_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                kind = next(iter(self._waiting))
                text = json.dumps(self._waiting.pop(kind), ensure_ascii=False, allow_nan=False)
                await asyncio.wait_for(self.socket.send_text(text), SENDING)


def parsed(text: str) -> Document:
    """A message as a table; ValueError, in a sentence, where it is none."""
    if len(text) > bounds.MESSAGE:
        raise ValueError(f"the message is too long; {bounds.MESSAGE} characters are the most")
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("the message is nested too deeply") from None
    except ValueError as error:
        said = str(error) if "finite" in str(error) else "the message is no JSON"
        raise ValueError(said) from None
    if not isinstance(found, dict):
        raise ValueError("a JSON object is needed")
    if HALF.search(text):
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("the message has half a character (a surrogate without its other half)") from None
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"found {name}; a finite number is needed")
