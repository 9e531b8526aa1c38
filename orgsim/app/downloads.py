"""Downloads: the scenario as a file, the results as tables, the report; all from the worlds that are on the page.

They are made one at a time beside the live answers, in bounded number, and given up when nobody waits for them.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orgsim.app import bounds
from orgsim.app.draws import number_of
from orgsim.app.question import Case, read, shipped
from orgsim.app.reply import problems, spoken, title_of
from orgsim.app.runs import Kept, Runs, Stopped, TooLong
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.organisation import Structure
from orgsim.scenario.pay import PayPlan

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from orgsim.experiments.comparison import Comparison

KINDS = {"scenario.toml": "application/toml", "results.csv": "text/csv; charset=utf-8",
         "results.parquet": "application/vnd.apache.parquet", "report.html": "text/html; charset=utf-8"}  # fmt: skip
MADE = 32 * 2**20  # bytes of downloads that wait to be fetched
WAITING = 8  # downloads that may wait
BODY_SECONDS = 10.0
DETAILED = 12  # worlds of a report that are run again in detail
MOST_NAME = 40  # letters of a firm's title in the name of a file
MOST_SECONDS = 900.0  # that a download may take
Document = dict[str, Any]
Progress = Callable[[int, int], None]


class Busy(Exception):
    """Too many downloads wait."""


class Desk:
    """Where downloads are made, one at a time; scenarios, which need no runs, beside the others."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._pool, self._scenarios = (ThreadPoolExecutor(1, f"orgsim-{name}") for name in ("desk", "scenarios"))
        self._closed = threading.Event()
        self._waiting = threading.BoundedSemaphore(WAITING)
        self._made_things: Kept[tuple[bytes, str]] = Kept(MADE, lambda made: len(made[0]))

    def put_by(self, content: bytes, file: str) -> str:
        """Keep a download until it is fetched, or others need the room; what it is fetched by."""
        ticket = secrets.token_urlsafe(16)
        self._made_things.put(ticket, (content, file))
        return ticket

    def fetch(self, ticket: str) -> tuple[bytes, str] | None:
        """A download that was put by."""
        return self._made_things.get(ticket)

    async def make(
        self, name: str, message: Document, cancelled: threading.Event, progress: Progress | None = None
    ) -> tuple[bytes, str]:  # fmt: skip
        """A download and the name of its file; ScenarioError, Busy, Stopped, TooLong."""
        if not self._waiting.acquire(blocking=False):
            raise Busy
        pool = self._scenarios if name == "scenario.toml" else self._pool
        made = pool.submit(self._made, name, message, cancelled, progress)
        # Who does not wait any more keeps the place until the work is over.
        made.add_done_callback(lambda _: self._waiting.release())
        return await asyncio.wrap_future(made)

    def _made(
        self, name: str, message: Document, cancelled: threading.Event, progress: Progress | None
    ) -> tuple[bytes, str]:  # fmt: skip
        limit = time.monotonic() + MOST_SECONDS

        def stopped() -> bool:
            if time.monotonic() > limit:
                raise TooLong
            return cancelled.is_set() or self._closed.is_set()

        if stopped():
            raise Stopped
        case = read(message.get("question"))
        file = file_of(case)
        kind = name.rpartition(".")[2]
        if name == "scenario.toml":
            return scenario_file(case, message, self._worlds(case, message)).encode(), f"{file}.toml"
        comparison = self._comparison(case, self._worlds(case, message), spoken(message.get("language")), stopped)
        if name == "report.html":
            found = report(comparison, case, message, cancelled, progress, stopped)
            return found.encode(), f"{file}-report.html"
        return tables(comparison, kind), f"{file}-results.{kind}"

    def _worlds(self, case: Case, message: Document) -> int:
        worlds = message.get("worlds", case.worlds)
        wrong = bounds.number_problems(worlds, 1, max(bounds.LADDER), "worlds", whole=True) \
            or bounds.worlds_problems(worlds, case.seconds)  # fmt: skip
        if wrong:
            raise ScenarioError(wrong)
        return int(worlds)

    def _comparison(self, case: Case, worlds: int, said: Any, stopped: Callable[[], bool]) -> Comparison:
        from orgsim.app.reply import comparison_of

        twin = named(case, said)
        rows = {}
        for k in range(worlds):
            for arm in case.own:
                rows[k, twin, arm] = self.runs.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], case.seed, k,
                                                   stopped, whole=True)  # fmt: skip
        return comparison_of(twin, rows, worlds)

    def close(self) -> None:
        """Give up what is being made."""
        self._closed.set()
        for pool in (self._pool, self._scenarios):
            pool.shutdown(wait=False, cancel_futures=True)


def named(case: Case, said: Any) -> Case:
    """The case with structures and plans that levers changed called as the page calls them."""
    structures, plans = dict(case.scenario.structures), dict(case.scenario.pay)
    called: list[str] = []

    def renamed[Entry: (Structure, PayPlan)](entry: Entry, kind: str, origin: str, before: Entry) -> Entry:
        title = said.say("levers.changed", name=title_of(said, kind, origin, before.title))
        called.append(title)
        number = called.count(title)
        return entry.model_copy(update={"title": title if number == 1 else f"{title} {number}"})

    for arm, asked in dict(zip(case.arms, case.question_arms, strict=True)).items():
        structure, pay = case.made(arm, asked)
        if structure:
            origin = asked["structure"]
            structures[arm.structure] = renamed(structures[arm.structure], "structure", origin, structures[origin])
        if pay:
            origin = asked.get("pay", case.scenario.today.pay)
            plans[arm.pay] = renamed(plans[arm.pay], "pay", origin, plans[origin])
    return replace(case, scenario=case.scenario.model_copy(update={"structures": structures, "pay": plans}))


def file_of(case: Case) -> str:
    """The name of files about a firm, without ending: its title's Latin letters and digits, nothing else."""
    title = case.scenario.title
    base = case.question["base"]
    own = "" if title == shipped(base).title else re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:MOST_NAME]
    return f"orgsim-{own.strip('-') or base}"


def command_of(case: Case, file: str, worlds: int) -> list[str]:
    """Words of the command that gives the same numbers from the file."""
    return ["orgsim", "compare", file, "--arms", ",".join(map(str, case.own)), "--against", str(case.reference),
            "--replicates", str(worlds), "--seed", str(case.seed)]  # fmt: skip


def scenario_file(case: Case, message: Document, worlds: int) -> str:
    """The scenario as TOML, with the command that gives the numbers on the page at its head."""
    import shlex

    from orgsim.app.document import text_of

    said = spoken(message.get("language"))
    file = f"{file_of(case)}.toml"
    about = [said.say("levers.file.from"), said.say("levers.file.again"),
             shlex.join(command_of(case, file, worlds))]  # fmt: skip
    title = case.scenario.title or case.scenario.name
    return text_of(named(case, said), title, about)


def tables(comparison: Comparison, kind: str) -> bytes:
    """Every run's figures, a row each, as `orgsim compare` writes them."""
    if kind == "csv":
        text: str = comparison.runs.to_csv(index=False, lineterminator="\n")
        return text.encode()
    import tempfile
    from pathlib import Path

    from orgsim.experiments.store import write_parquet

    with tempfile.TemporaryDirectory() as folder:
        write_parquet(Path(folder) / "runs.parquet", comparison.runs)
        return (Path(folder) / "runs.parquet").read_bytes()


def report(
    comparison: Comparison, case: Case, message: Document, cancelled: threading.Event, progress: Progress | None,
    stopped: Callable[[], bool],
) -> str:  # fmt: skip
    """The report of the worlds on the page; given up when `stopped()`."""
    from orgsim.report.detail import Cancelled
    from orgsim.report.report import make

    draws = number_of(case)
    worlds = max(1, min(DETAILED, comparison.replicates))

    def note(done: int, of: int) -> None:
        if stopped():
            cancelled.set()
        if progress is not None:
            progress(done, of)

    again = command_of(case, f"{file_of(case)}.toml", comparison.replicates)
    try:
        found = make(comparison, language=spoken(message.get("language")).code, draws=draws, worlds=worlds, threads=1,
                     progress=note, cancelled=cancelled, command=again)  # fmt: skip
        return found.html()
    except Cancelled:
        raise Stopped from None


# Over HTTP -----------------------------------------------------------------------------------------------------------


async def serve(request: Request, desk: Desk) -> Response:
    """A download as an answer to a POST with a question."""
    from starlette.responses import JSONResponse, PlainTextResponse

    from orgsim.app.session import parsed

    name = request.path_params["name"]
    if name not in KINDS:
        return PlainTextResponse("There is no such page.", 404)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return PlainTextResponse("JSON is needed.", 415)
    try:
        body = await asyncio.wait_for(_body(request), BODY_SECONDS)
    except TimeoutError:
        return PlainTextResponse("The request took too long.", 408)
    if body is None:
        return PlainTextResponse("The request is too large.", 413)
    cancelled = threading.Event()
    try:
        message = parsed(body.decode("utf-8"))
    except ValueError as error:
        found = Problem("message", None, "message", "", str(error), None)
        if isinstance(error, UnicodeDecodeError):
            found = Problem("message", None, "message", "", "the message is not UTF-8", None)
        return JSONResponse(problems(None, [found]), 400)
    watch = asyncio.create_task(_gone(request, cancelled))
    try:
        content, file = await desk.make(name, message, cancelled)
    except ScenarioError as error:
        return JSONResponse(problems(None, error.problems), 422)
    except RecursionError:
        deep = Problem("question", None, "question", "", "nested too deeply", None)
        return JSONResponse(problems(None, [deep]), 422)
    except TooLong:
        return JSONResponse(problems(None, [bounds.TOO_LONG]), 422)
    except (Stopped, asyncio.CancelledError):  # the latter where the server ends meanwhile
        return PlainTextResponse("Given up.", 503)
    except Busy:
        return PlainTextResponse("Too many downloads are being made; try again in a while.", 503)
    finally:
        cancelled.set()
        watch.cancel()
    return attached(content, KINDS[name], file)


def attached(content: bytes, kind: str, file: str) -> Response:
    """A download with the name of its file."""
    from starlette.responses import Response

    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{file}"'})


async def _body(request: Request) -> bytes | None:
    """The body; None where it is larger than allowed."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length[:12]) > bounds.MESSAGE:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > bounds.MESSAGE:
            return None
        parts.append(part)
    return b"".join(parts)


async def _gone(request: Request, cancelled: threading.Event) -> None:
    """Give up once the reader has gone."""
    while not await request.is_disconnected():
        await asyncio.sleep(0.25)
    cancelled.set()
