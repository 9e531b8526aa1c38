"""Whatever is sent, the answer is a clear message, the server stays up, and its memory stays bounded."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from orgsim.app.levers import BY_ID, BY_KEY
from orgsim.app.question import KEYS, Case, read
from orgsim.app.security import LOOPBACK, Gate
from orgsim.app.server import Service, application
from orgsim.scenario.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from tests.app.conftest import Listening

Document = dict[str, Any]
HOME = "http://127.0.0.1:8017"
NASTY = ("../../etc/passwd", "__class__", "__init__.__globals__", "constructor", "inf", "nan", "-1", "", "\0", "😀" * 9,
         "x" * 500, "baseline", "merged", "market.size", "market.segments.0.share", "structures.merged.chairs.0.pay",
         "{{7*7}}", "'; DROP TABLE", "<script>", "1e999", "structures", "today.structure")  # fmt: skip
LEAVES = (st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.sampled_from(NASTY)
          | st.text(max_size=20))  # fmt: skip
NAMES = st.sampled_from((*NASTY, *KEYS, *BY_KEY, *list(BY_ID)[:8], "structure", "pay", "levers", "firm", "arm"))
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
                        max_leaves=12)  # fmt: skip
NUMBERS = st.floats(allow_nan=True) | st.integers(-(10**12), 10**12) | st.floats(0, 100)
ARM = st.fixed_dictionaries(
    {"structure": st.sampled_from(("merged", "separate", "cro")) | LEAVES},
    optional={"pay": st.sampled_from(("fixed", "own_numbers", "contest")) | LEAVES,
              "levers": st.dictionaries(st.sampled_from(list(BY_ID)), LEAVES | NUMBERS | st.lists(LEAVES, max_size=3),
                                        max_size=4) | ANYTHING})  # fmt: skip
FIRM = st.dictionaries(st.sampled_from((*BY_KEY, "market.size", "time.years", "people.reps", "market.segments",
                                        "customers.word_of_mouth", "opportunity.advance", "contact.gap",
                                        "structures.mine", "pay.mine", "switches.hold")),
                       LEAVES | NUMBERS | ANYTHING, max_size=4)  # fmt: skip
NEARLY = st.fixed_dictionaries(
    {"arms": st.lists(ARM, min_size=1, max_size=4)},
    optional={"firm": FIRM, "seed": LEAVES, "reference": LEAVES, "pinned": ANYTHING | st.fixed_dictionaries(
        {"firm": FIRM, "arm": ARM}), "base": st.sampled_from(("baseline", "startup")) | LEAVES, "worlds": LEAVES,
        "version": LEAVES})  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(ANYTHING | NEARLY)
def test_any_question_is_a_case_or_a_list_of_problems(asked: Any) -> None:
    problems: list[Problem] = []
    try:
        found = read(asked)
    except ScenarioError as error:
        problems = error.problems
    else:
        assert isinstance(found, Case)
        assert found.cost < 10
        return
    assert problems
    assert all(len(problem.message) < 4000 for problem in problems)


@pytest.fixture(scope="module")
def client(service: Service) -> TestClient:
    return TestClient(application(service, Gate(frozenset(LOOPBACK), 8017)), HOME, raise_server_exceptions=True)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.builds(lambda x: json.dumps(x).encode(), ANYTHING | st.fixed_dictionaries(
    {"question": ANYTHING | NEARLY}, optional={"language": LEAVES})))  # fmt: skip
def test_any_body_is_answered_with_a_file_or_a_clear_refusal(client: TestClient, body: bytes) -> None:
    answer = client.post(
        "/download/scenario.toml", content=body, headers={"origin": HOME, "content-type": "application/json"}
    )
    assert answer.status_code in (200, 400, 422)
    assert "Traceback" not in answer.text
    if answer.status_code != 200:
        assert answer.json()["problems"]


@pytest.mark.parametrize(("body", "kind", "status"), [
    (b"{", "application/json", 400), (b"[1]", "application/json", 400), (b"\xff\xfe", "application/json", 400),
    (b"{}", "text/plain", 415), (b"{}", "", 415), (b"{}" + b" " * 200_000, "application/json", 413),
    (b"[" * 100_000, "application/json", 400), (b'{"question":' + b'{"firm":' * 12_000, "application/json", 400),
    (b'{"question":NaN}', "application/json", 400), (b'{"question":' + b"9" * 6_000 + b"}", "application/json", 400),
])  # fmt: skip
def test_bodies_that_are_no_question_are_refused(client: TestClient, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/download/scenario.toml", content=body, headers={"origin": HOME, "content-type": kind})
    assert answer.status_code == status


def test_downloads_that_there_are_not_and_worlds_that_are_too_many(client: TestClient, question: Document) -> None:
    headers = {"origin": HOME}
    assert client.post("/download/secrets.txt", json={"question": question}, headers=headers).status_code == 404
    assert client.post("/download/..%2f..%2fx", json={"question": question}, headers=headers).status_code == 404
    for worlds in (10**9, 0, -1, "all", 1.5, True, [1]):
        answer = client.post("/download/results.csv", json={"question": question, "worlds": worlds}, headers=headers)
        assert answer.status_code == 422, worlds
    assert client.get("/made/..%2f..%2fetc%2fpasswd").status_code == 404


# Over a real connection ----------------------------------------------------------------------------------------------


MESSAGES = st.one_of(
    st.text(max_size=100), st.binary(max_size=60), st.builds(json.dumps, ANYTHING),
    st.builds(lambda kind, id, asked: json.dumps({"type": kind, "id": id, "question": asked}),
              st.sampled_from(("ask", "why", "follow", "report", "stop", "eval", "")) | LEAVES, LEAVES,
              ANYTHING))  # fmt: skip


async def _good(ws: Any, question: Document, id: int) -> Document:
    """A question that has nothing wrong is answered, whatever else comes in before."""
    await ws.send(json.dumps({"type": "ask", "id": id, "question": question, "language": "en"}))
    while True:
        found: Document = json.loads(await asyncio.wait_for(ws.recv(), 30))
        assert found["type"] in ("answer", "problem", "busy", "why", "story")
        if found["type"] == "answer" and found["id"] == id:
            return found


def test_hostile_messages_are_answered_with_problems_and_the_server_stays_up(
    server: Listening, question: Document
) -> None:  # fmt: skip
    import websockets

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.lists(MESSAGES, max_size=12))
    def send(messages: list[str | bytes]) -> None:
        async def run() -> None:
            async with websockets.connect(server.live, origin=server.http, max_size=None) as ws:
                for message in messages:
                    await ws.send(message)
                assert (await _good(ws, question, 77))["id"] == 77

        asyncio.run(run())

    send()
    assert server.service.scheduler.failures == 0
    assert server.service.studies.failures == 0


@pytest.mark.parametrize("message", ["[" * 60_000, '{"type":"ask","id":1,"question":' + '{"a":' * 15_000, "null", "1",
                                     '{"type":"ask","id":{"a":[1]},"question":5}', '{"type":["ask"]}',
                                     '{"type":"ask","id":1e400}', "[]",
                                     '{"type":"follow","question":{"arms":[{}]}}'])  # fmt: skip
def test_messages_that_are_no_question_are_told_so(server: Listening, message: str) -> None:
    import websockets

    async def run() -> None:
        async with websockets.connect(server.live, origin=server.http) as ws:
            await ws.send(message)
            found = json.loads(await asyncio.wait_for(ws.recv(), 10))
            assert found["type"] == "problem"
            assert found["problems"][0]["message"]

    asyncio.run(run())


def test_a_message_that_is_too_long_ends_that_page_and_no_other(server: Listening, question: Document) -> None:
    import websockets

    async def run() -> None:
        async with websockets.connect(server.live, origin=server.http) as good:
            async with websockets.connect(server.live, origin=server.http) as bad:
                await bad.send("x" * 300_000)
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await asyncio.wait_for(bad.recv(), 10)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1009
            await _good(good, question, 1)

    asyncio.run(run())


def _flood(url: str, origin: str, text: str, stop: threading.Event) -> None:
    """A page that asks as fast as it can and never reads."""
    from websockets.sync.client import connect

    with contextlib.suppress(Exception), connect(url, origin=origin, max_queue=1) as ws:
        n = 0
        while not stop.is_set():
            n += 1
            ws.send(text.replace('"seed": 3', f'"seed": {n}'))
            time.sleep(0.001)


def test_a_page_that_floods_and_never_reads_costs_no_memory_and_others_are_served(
    server: Listening, question: Document
) -> None:  # fmt: skip
    import resource

    import websockets

    text, stop = json.dumps({"type": "ask", "id": 1, "question": question, "language": "en"}), threading.Event()
    flooding = threading.Thread(target=_flood, args=(server.live, server.http, text, stop), daemon=True)

    async def run() -> None:
        async with websockets.connect(server.live, origin=server.http) as good:
            await _good(good, question, 0)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            flooding.start()
            for n in range(1, 12):
                asked = copy.deepcopy(question)
                asked["arms"][1]["levers"]["coordination"] = n / 4
                await _good(good, asked, n)
                await asyncio.sleep(0.15)
            assert server.service.scheduler.jobs <= 4
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB

    try:
        asyncio.run(run())
    finally:
        stop.set()


def test_raw_bytes_on_the_port_are_no_harm(server: Listening) -> None:
    import socket

    import httpx

    for junk in (b"\x00" * 500, b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000, b"\x16\x03\x01hello", b"GET\r\n\r\n",
                 b"POST /download/results.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n"):  # fmt: skip
        with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
            raw.settimeout(5)
            try:
                raw.sendall(junk)
                answer = raw.recv(200)
            except OSError:
                answer = b""
            assert b"200 OK" not in answer
    assert httpx.get(f"{server.http}/start.json").status_code == 200


HALF = '"\\ud800"'


@pytest.mark.parametrize("message", [f'{{"type":"ask","id":{HALF}}}', f'{{"type":{HALF}}}',
                                     f'{{"type":"ask","question":{{"base":{HALF}}}}}',
                                     f'{{"type":"ask",{HALF}:1}}'])  # fmt: skip
def test_half_a_character_is_refused_where_it_comes_in(server: Listening, client: TestClient, message: str) -> None:
    """JSON can write it, and no answer that repeats it could be sent."""
    import websockets

    async def run() -> Document:
        async with websockets.connect(server.live, origin=server.http) as ws:
            await ws.send(message)
            found: Document = json.loads(await asyncio.wait_for(ws.recv(), 10))
            return found

    assert "half a character" in asyncio.run(run())["problems"][0]["message"]
    headers = {"origin": HOME, "content-type": "application/json"}
    answer = client.post("/download/scenario.toml", content=message.encode(), headers=headers)
    assert answer.status_code == 400


def test_whole_characters_are_welcome_however_they_are_written(client: TestClient, question: Document) -> None:
    question["firm"]["title"] = "😀 \u2028 <script>"
    headers = {"origin": HOME, "content-type": "application/json"}
    body = json.dumps({"question": question}, ensure_ascii=True)
    assert "\\ud83d" in body
    answer = client.post("/download/scenario.toml", content=body, headers=headers)
    assert answer.status_code == 200
    assert "😀" in answer.text


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x", b"GET /start.json HTTP/1.1\r\n\r\nGET /",
                                   b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90\r\n\r\nabc"])  # fmt: skip
def test_who_begins_a_request_and_does_not_end_it_gives_way(
    server: Listening, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:  # fmt: skip
    """Some hundreds of such connections would keep everybody else out."""
    import socket

    from orgsim.app import connection

    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.4)
    with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
        raw.settimeout(0.1)
        raw.sendall(begun)
        closed, limit = False, time.monotonic() + 5
        while not closed and time.monotonic() < limit:
            try:
                closed = raw.recv(65536) == b""
            except TimeoutError:
                with contextlib.suppress(OSError):
                    raw.sendall(b"y")  # a byte now and then does not help
            except OSError:
                closed = True
    assert closed


def test_a_reader_who_is_only_quiet_between_requests_is_not_put_out(
    server: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    import http.client

    from orgsim.app import connection

    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    one = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for _ in range(3):
        one.request("GET", "/health.json")
        assert one.getresponse().read()
        sock = one.sock
        time.sleep(0.5)
    assert one.sock is sock
    one.close()


def test_one_page_too_many_is_told_so_and_those_open_go_on(
    server: Listening, question: Document, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    import websockets

    monkeypatch.setattr("orgsim.app.server.MOST_PAGES", server.service.pages + 1)
    monkeypatch.setattr("orgsim.app.server.TURNED_AWAY", 0.1)

    async def run() -> None:
        async with websockets.connect(server.live, origin=server.http) as good:
            await _good(good, question, 1)
            async with websockets.connect(server.live, origin=server.http) as more:
                assert json.loads(await asyncio.wait_for(more.recv(), 10))["type"] == "busy"
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await asyncio.wait_for(more.recv(), 10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1013
            await _good(good, question, 2)

    asyncio.run(run())


def test_a_page_whose_line_breaks_off_leaves_nothing_behind(server: Listening, question: Document) -> None:
    """Half-closed in the middle of a message, and cut without a word."""
    import base64
    import os
    import socket

    question["seed"] = 555
    head = (f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.http}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n")  # fmt: skip
    body = json.dumps({"type": "ask", "id": 1, "question": question | {"worlds": 800}}).encode()
    frame = b"\x81\xfe" + len(body).to_bytes(2) + b"\0\0\0\0" + body
    before = server.service.pages
    for sent in (frame + b"\x01\x85\0\0\0\0ab", frame[:40]):
        for half in (True, False):
            with socket.create_connection(("127.0.0.1", server.port), 5) as raw:
                raw.sendall(head.encode())
                assert b"101 Switching" in raw.recv(2000)
                raw.sendall(sent)
                time.sleep(0.1)
                if half:
                    raw.shutdown(socket.SHUT_WR)
                    time.sleep(0.1)
    limit = time.monotonic() + 10
    while (server.service.pages > before or server.service.scheduler.jobs) and time.monotonic() < limit:
        time.sleep(0.05)
    assert server.service.pages == before
    assert server.service.scheduler.jobs == 0
