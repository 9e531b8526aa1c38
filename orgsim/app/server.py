"""The server: pages, words and levers over HTTP, live answers over a WebSocket, downloads; nothing is kept of a page.

All state is in the page, so a server that is started again goes on where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgsim.app import bounds, draws
from orgsim.app.runs import Runs
from orgsim.app.scheduler import Scheduler
from orgsim.app.security import Gate, Guard
from orgsim.app.study import STUDIES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp
    from starlette.websockets import WebSocket

STATIC = Path(__file__).parent / "static"
TEXT = "; charset=utf-8"
KINDS = {".html": f"text/html{TEXT}", ".css": f"text/css{TEXT}", ".js": f"text/javascript{TEXT}",
         ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json", ".woff2": "font/woff2",
         ".ico": "image/x-icon", ".webmanifest": "application/manifest+json"}  # fmt: skip
MOST_PAGES = 200  # open at once
TURNED_AWAY = 3.0  # seconds until a page too many may ask again
Document = dict[str, Any]


class Service:
    """What all pages share: the runs that are kept, and the threads that serve them."""

    def __init__(self, question: Document, workers: int | None = None) -> None:
        from orgsim.app.downloads import Desk

        self.question = question
        self.runs = Runs()
        self.scheduler = Scheduler(workers or cores())
        self.studies = Scheduler(1)
        self.desk = Desk(self.runs)
        self.pages = 0

    def forget(self, client: Hashable) -> None:
        """A page is gone."""
        self.scheduler.drop(client)
        self.scheduler.drop(draws.key_of(client))
        for kind in STUDIES:
            self.studies.drop((client, kind))

    def close(self) -> None:
        """Give up all work."""
        self.scheduler.close()
        self.studies.close()
        self.desk.close()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def turn_away(socket: WebSocket) -> None:
    """Tell a page that there are too many; slowly, so that it does not come back at once."""
    import asyncio

    from starlette.websockets import WebSocketDisconnect

    from orgsim.app.reply import busy

    with suppress(WebSocketDisconnect, RuntimeError):  # it has gone by itself
        await socket.accept()
        await socket.send_json(busy(None, "the server has too many pages open; try again in a while"))
        await asyncio.sleep(TURNED_AWAY)
        await socket.close(1013, "too many pages are open")


def application(service: Service, gate: Gate) -> ASGIApp:
    """The app behind its gate."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, PlainTextResponse
    from starlette.routing import Route, WebSocketRoute

    from orgsim.app import start
    from orgsim.language import languages

    def reply(content: Any) -> Response:
        return JSONResponse(content)

    async def levers(_: Request) -> Response:
        return reply(start.levers_document())

    async def first(_: Request) -> Response:
        return reply(start.start_document(service.question))

    async def words(request: Request) -> Response:
        code = request.path_params["code"]
        return reply(start.language_document(code)) if code in languages() else missing()

    async def static(request: Request) -> Response:
        return _file(request.path_params["path"])

    async def page(_: Request) -> Response:
        return _file("index.html")

    async def charts(_: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        script = await run_in_threadpool(_bundle)
        return _with(script, ".js", cached=True)

    async def health(_: Request) -> Response:
        runs = service.runs
        return reply({"runs": runs.count, "given_up": runs.given_up, "warm_ups": runs.warm, "pages": service.pages,
                      "jobs": service.scheduler.jobs, "failures": service.scheduler.failures,
                      "rows": len(runs.rows)})  # fmt: skip

    async def live(socket: WebSocket) -> None:
        from orgsim.app.session import Session

        if service.pages >= MOST_PAGES:
            await turn_away(socket)
            return
        service.pages += 1
        try:
            await Session(socket, service).serve()
        finally:
            service.pages -= 1

    async def download(request: Request) -> Response:
        from orgsim.app.downloads import serve

        return await serve(request, service.desk)

    async def made(request: Request) -> Response:
        from orgsim.app.downloads import KINDS as KINDS_OF
        from orgsim.app.downloads import attached

        found = service.desk.fetch(request.path_params["ticket"])
        return missing() if found is None else attached(found[0], KINDS_OF["report.html"], found[1])

    async def failed(_: Request, __: Exception) -> Response:
        return PlainTextResponse("Something went wrong on the server.", 500)

    async def refused(_: Request, error: Exception) -> Response:
        status = int(getattr(error, "status_code", 400))
        return PlainTextResponse({404: "There is no such page.", 405: "That is not done here."}.get(status, "Refused."),
                                 status, headers=getattr(error, "headers", None))  # fmt: skip

    from starlette.exceptions import HTTPException

    app = Starlette(
        routes=[
            Route("/", page), Route("/levers.json", levers), Route("/start.json", first),
            Route("/language/{code}.json", words), Route("/static/{path:path}", static), Route("/vega.js", charts),
            Route("/health.json", health), Route("/download/{name}", download, methods=["POST"]),
            Route("/made/{ticket}", made),
            WebSocketRoute("/live", live),
        ],
        exception_handlers={HTTPException: refused, Exception: failed},
    )  # fmt: skip
    return Guard(app, gate)


def missing() -> Response:
    """There is no such thing."""
    from starlette.responses import PlainTextResponse

    return PlainTextResponse("There is no such page.", 404)


@cache
def _bundle() -> bytes:
    """The chart library, out of the package that brings it."""
    from orgsim.figures.vega import bundle

    return bundle().encode()


def _files() -> dict[str, Path]:
    """All files that may be served, by their path below `static`; looked up, never put together from a request."""
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*")
            if path.is_file() and path.suffix in KINDS and not path.name.startswith(".")}  # fmt: skip


def _file(name: str) -> Response:
    path = _files().get(name)
    return missing() if path is None else _with(path.read_bytes(), path.suffix)


def _with(content: bytes, suffix: str, cached: bool = False) -> Response:
    from starlette.responses import Response

    keep = {"cache-control": "private, max-age=86400"} if cached else {}
    return Response(content, media_type=KINDS[suffix], headers=keep)


def first_question(scenario: str, base: str | None = None) -> Document:
    """The question for a scenario by name or file: values by path against the shipped one that it is nearest to."""
    from orgsim.app.question import shipped
    from orgsim.app.start import first_question as question
    from orgsim.app.start import values_against
    from orgsim.scenario.load import load_scenario, names

    found = load_scenario(scenario)
    if base is None:
        near = {name: len(json.dumps(values_against(found, shipped(name)), default=str)) for name in names()}
        base = scenario if scenario in near else min(near, key=lambda name: near[name])
    return question(found, base)


def configured(app: ASGIApp) -> Any:
    """A server's settings: bounded messages, no names of programs in answers, a quick end."""
    import uvicorn

    from orgsim.app.connection import Connection

    return uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, date_header=True, ws="websockets-sansio",
        ws_max_size=bounds.MESSAGE, ws_ping_interval=20, ws_ping_timeout=30, timeout_keep_alive=20,
        timeout_graceful_shutdown=1, h11_max_incomplete_event_size=32 * 1024, limit_concurrency=4 * MOST_PAGES,
        lifespan="off", http=Connection, proxy_headers=False, ws_per_message_deflate=False,
    )  # fmt: skip
