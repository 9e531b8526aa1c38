"""What is fuzzed: each target takes bytes, and raises where it does anything but answer or refuse in plain words."""

from __future__ import annotations

import atexit
import json
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orgsim
from orgsim.experiments.sweeps.shards import SweepError
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.load import allowed_keys, library
from orgsim.scenario.schema import Scenario

SECTIONS = ("market", "brand", "lead", "contact", "belief", "opportunity", "customers", "effort", "learning", "timing",
            "quotas", "cooperation", "teams", "product", "money", "people", "leadership", "today", "switches", "time",
            "notes", "limit", "reps", "marketers", "backgrounds")  # fmt: skip
LONGEST = 6_000  # characters of a message about one mistake
HOME = "http://127.0.0.1:8017"


class Defect(AssertionError):
    """An answer that is neither right nor a clear refusal."""


@dataclass(frozen=True)
class Target:
    """Something that takes any bytes: how inputs are written, those to begin with, and where its sources are."""

    name: str
    form: str
    seeds: Callable[[], list[bytes]]
    takes: Callable[[bytes], None]
    sources: Sequence[str]


def clear(error: Exception) -> None:
    """Whether a refusal can be read: something is said, it is no novel, and it can be printed."""
    text = str(error)
    if not text.strip():
        raise Defect("a refusal without words")
    problems = getattr(error, "problems", [error])
    if not problems:
        raise Defect("a refusal without a problem")
    for problem in problems:
        if len(str(problem)) > LONGEST:
            raise Defect(f"a message of {len(str(problem))} characters")
        if "Traceback" in str(problem) or "pydantic" in str(problem):
            raise Defect(f"a message for programmers: {str(problem)[:200]}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Defect("a message that cannot be printed") from None


@contextmanager
def as_file(data: bytes, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def texts(*below: str) -> list[bytes]:
    """All files of the library, or those of some of its folders."""
    found = [path for path in sorted(library().rglob("*.toml")) if "patterns" not in path.parts]
    if below:
        found = [path for path in found if path.parent.name in below]
    return [path.read_bytes() for path in found]


# The reader of scenarios ---------------------------------------------------------------------------------------------


def firms() -> list[bytes]:
    """All scenarios, and structures, pay plans and devices as entries of one."""
    out = [path.read_bytes() for path in (*library().glob("*.toml"), *(library() / "limits").glob("*.toml"))]
    for kind in ("structures", "pay", "devices"):
        for path in sorted((library() / kind).glob("*.toml")):
            text = path.read_text("utf-8").replace("\n[", f"\n[{kind}.mine.")
            text = text.replace(f"[{kind}.mine.[", f"[[{kind}.mine.")
            out.append(f'extends = "baseline"\n[{kind}.mine]\n{text}'.encode())
    return out


@cache
def keys() -> list[str]:
    """Names that tables of a scenario may have."""
    names = [key for section in SECTIONS for key in allowed_keys((section,))]
    below = [("market", "segments", 0), ("structures", "x"), ("structures", "x", "chairs", 0),
             ("structures", "x", "budget"), ("structures", "x", "lead_rights"), ("pay", "x"), ("pay", "x", "rep", 0),
             ("pay", "x", "draw"), ("devices", "x"), ("devices", "x", "effects", 0)]  # fmt: skip
    return sorted({*names, *SECTIONS, *Scenario.model_fields, *(key for path in below for key in allowed_keys(path))})


def read_scenario(data: bytes) -> None:
    """A scenario, which can be described, written and read again, or a ScenarioError."""
    with as_file(data, "firm.toml") as path:
        try:
            scenario = orgsim.load_scenario(path)
        except ScenarioError as error:
            clear(error)
            return
    if not scenario.headline:
        raise Defect("a scenario without a headline")
    again = Scenario.model_validate(scenario.model_dump())
    if again != scenario:
        raise Defect("a scenario that is another when it is read from its own values")
    try:
        scenario.model_dump_json().encode()
    except ValueError as error:
        raise Defect(f"a scenario that cannot be written as JSON: {error}") from error


# The reader of experiments -------------------------------------------------------------------------------------------


def read_experiment(data: bytes) -> None:
    """An experiment with its points, or a ScenarioError."""
    with as_file(data, "asked.toml") as path:
        try:
            found = orgsim.load_experiment(path)
            points = found.points
        except ScenarioError as error:
            clear(error)
            return
    repr(found)
    for point in points[:3]:
        for value in point.values():
            if isinstance(value, float) and math.isnan(value):
                raise Defect("a point without a number")
    try:
        found.base.with_(**points[0])
    except ScenarioError as error:
        clear(error)


# The store of a sweep ------------------------------------------------------------------------------------------------


@cache
def swept() -> tuple[Path, bytes]:
    """A small complete sweep, and its export."""
    place = Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    folder = place / "out"
    settings = {"market.size": 60, "time.years": 0.1, "time.warm_up_years": 0.05, "time.run_off_months": 0}
    asked = orgsim.experiment("baseline", structures=["merged"], replicates=2, settings=settings,
                              factors={"people.reps": [1, 2]})  # fmt: skip
    orgsim.sweep(asked, folder, workers=1)
    return folder, _export(folder)


def _export(folder: Path) -> bytes:
    file = folder.with_name("runs.csv")
    orgsim.open_results(folder).export(file)
    return file.read_bytes()


def stores() -> list[bytes]:
    """Each file of the store, after a byte that says which it is."""
    folder, _ = swept()
    return [bytes([place]) + path.read_bytes() for place, path in enumerate(_files(folder))]


def _files(folder: Path) -> list[Path]:
    return [folder / "manifest.json", *sorted(folder.glob("plans/*")), *sorted(folder.glob("shards/*"))]


def read_store(data: bytes) -> None:
    """A store in which one file is bent: what is read is right, or it is refused."""
    sound, export = swept()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(sound, Path(place) / "out"))
        files = _files(folder)
        which = (data[0] if data else 0) % len(files)
        before = files[which].read_bytes()
        files[which].write_bytes(data[1:])
        try:
            found = orgsim.open_results(folder)
            state = found.status()
            repr(found)
            frame = found.runs(["profit"])
            found.metric("profit", "merged")
            found.query("SELECT sum(replicate) FROM runs")
            repr(found.experiment)
            exported = _export(folder)
        except (ScenarioError, SweepError) as error:
            clear(error)
            if data[1:] == before:
                raise Defect(f"a sound store is refused: {error}") from error
            return
        if state.missing or len(frame) != 4 or exported != export:
            raise Defect("a damaged store is read as if it were sound")


# The app's requests --------------------------------------------------------------------------------------------------


def questions() -> list[bytes]:
    """Messages and requests as a page sends them."""
    question: dict[str, Any] = {
        "version": 1, "base": "baseline", "seed": 3, "worlds": 20, "reference": 0, "pinned": None,
        "firm": {"market.size": 100, "people.reps": 1, "people.marketers": 1, "time.years": 0.1,
                 "time.warm_up_years": 0.1, "time.run_off_months": 0, "structures.mine": {"extends": "merged"}},
        "arms": [{"structure": "separate", "pay": "own_numbers", "levers": {}},
                 {"structure": "merged", "pay": "own_numbers", "levers": {"leader_background": "marketing"}}],
    }  # fmt: skip
    kinds = ("ask", "draws", "follow", "why", "report", "stop")
    said: list[Any] = [{"type": kind, "id": 1, "question": question, "language": "en"} for kind in kinds]
    said.append({"path": "/static/app.js", "method": "GET", "headers": {"host": "127.0.0.1:8017"}, "query": "a=1"})
    said.append({"path": "/download/scenario.toml", "method": "POST", "headers": {"origin": HOME},
                 "body": {"question": question}})  # fmt: skip
    said.append({"path": "/language/fr.json", "method": "HEAD", "headers": {"accept": "*/*"}})
    said.append({"path": "/made/abc", "method": "GET", "headers": {}})
    said.append({"link": question})
    return [json.dumps(one).encode() for one in said]


@cache
def _client() -> Any:
    from starlette.testclient import TestClient

    from orgsim.app.security import LOOPBACK, Gate
    from orgsim.app.server import Service, application

    service = Service(json.loads(questions()[0])["question"], workers=1)
    return TestClient(application(service, Gate(frozenset(LOOPBACK), 8017)), HOME, raise_server_exceptions=True)


def take_request(data: bytes) -> None:
    """An HTTP request where the input has a path, a question where it is one, else a message of a page."""
    try:
        asked = json.loads(data)
    except (ValueError, RecursionError):
        asked = None
    if isinstance(asked, dict) and "path" in asked:
        _request(asked)
    else:
        _message(data)


def _request(asked: dict[str, Any]) -> None:
    import httpx

    headers = asked.get("headers")
    pairs = headers.items() if isinstance(headers, dict) else ()
    try:
        request = _client().build_request(
            str(asked.get("method", "GET")).upper()[:30], str(asked["path"])[:3000],
            headers=[(str(name).encode()[:200], str(value).encode()[:3000]) for name, value in pairs],
            params=str(asked.get("query", ""))[:2000], json=asked.get("body"),
        )  # fmt: skip
    except (httpx.InvalidURL, UnicodeError, TypeError, ValueError):
        return  # nothing that a client could send
    answer = _client().send(request)
    if answer.status_code >= 500 or "Traceback" in answer.text[:5000]:
        raise Defect(f"{answer.status_code} to {asked}"[:500])


def _message(data: bytes) -> None:
    """What a page would be told, without running what it asks for."""
    from orgsim.app import bounds
    from orgsim.app.question import Case, read
    from orgsim.app.reply import problems, safe_id
    from orgsim.app.session import parsed

    try:
        message = parsed(data.decode("utf-8", "replace"))
    except ValueError as error:
        clear(error)
        return
    try:
        found = read(message.get("question", message.get("link")))
    except ScenarioError as error:
        clear(error)
        json.dumps(problems(safe_id(message.get("id")), error.problems), allow_nan=False).encode()
        return
    if not isinstance(found, Case) or not found.cost <= 10 * bounds.RUN_SECONDS:
        raise Defect("a question that is let in and would take too long")


TARGETS = {
    target.name: target
    for target in (
        Target("reader", "toml", firms, read_scenario, ("orgsim/scenario",)),
        Target("experiment", "toml", lambda: texts("experiments"), read_experiment,
               ("orgsim/experiments/sweeps", "orgsim/scenario")),
        Target("store", "json", stores, read_store, ("orgsim/experiments/sweeps",)),
        Target("app", "json", questions, take_request, ("orgsim/app", "orgsim/scenario")),
    )
}  # fmt: skip
