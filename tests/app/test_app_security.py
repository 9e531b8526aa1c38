"""Only pages of this server are spoken to, under names it knows, with its token where it listens to others."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from orgsim.app import server
from orgsim.app.security import LOOPBACK, POLICY, Gate, hosts_of, is_loopback, new_token
from orgsim.app.server import Service, application

PORT = 8017
HOME = f"http://127.0.0.1:{PORT}"
LIVE = f"ws://127.0.0.1:{PORT}/live"
TOKEN = "a-token-of-the-tests"
COOKIE = f"orgsim_token_{PORT}"
PATHS = ("/", "/start.json", "/levers.json", "/language/fr.json", "/static/nothing.js", "/nowhere", "/download/x")


@pytest.fixture(scope="module")
def open_one(service: Service) -> Iterator[TestClient]:
    with TestClient(
        application(service, Gate(frozenset(LOOPBACK), PORT)), HOME, raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def closed_one(service: Service) -> Iterator[TestClient]:
    gate = Gate(frozenset({*LOOPBACK, "10.0.0.5"}), PORT, TOKEN)
    with TestClient(application(service, gate), HOME, raise_server_exceptions=False) as client:
        yield client


def spoken_to(client: TestClient) -> bool:
    """Whether a page of this server may open its WebSocket."""
    found = False
    with contextlib.suppress(CancelledError), client.websocket_connect(LIVE, headers={"origin": HOME}) as socket:
        socket.send_json({"type": "nothing"})
        found = socket.receive_json()["type"] == "problem"
    return found


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80",
                                  f"127.0.0.2:{PORT}",
                                  f"localhost.evil.example:{PORT}", f"evil@127.0.0.1:{PORT}", f"127.0.0.1:{PORT}/x",
                                  f"127.0.0.1:{PORT}#x", "", f"[::2]:{PORT}", f"0x7f.1:{PORT}",
                                  "127.0.0.1:99999"])  # fmt: skip
def test_a_name_that_is_not_ours_is_refused_even_where_it_points_here(open_one: TestClient, host: str) -> None:
    """DNS rebinding: a page of another site whose name was made to point at this machine."""
    assert open_one.get("/start.json", headers={"host": host}).status_code == 421
    with pytest.raises(WebSocketDisconnect), open_one.websocket_connect(LIVE, headers={"host": host, "origin": HOME}):
        pass


@pytest.mark.parametrize("host", [f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"127.0.0.1:{PORT}", f"[::1]:{PORT}"])
def test_names_of_this_machine_are_known(open_one: TestClient, host: str) -> None:
    assert open_one.get("/start.json", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", f"https://127.0.0.1:{PORT}", "http://127.0.0.1", "null",
                                    f"http://127.0.0.1:{PORT}.evil.example", "http://127.0.0.1:8018", "file://",
                                    ""])  # fmt: skip
def test_pages_of_other_sites_are_refused(open_one: TestClient, origin: str) -> None:
    """Cross-site requests, and a WebSocket that a page of another site opens: no preflight protects it."""
    assert open_one.get("/start.json", headers={"origin": origin}).status_code == 403
    post = open_one.post("/download/scenario.toml", json={}, headers={"origin": origin})
    assert post.status_code == 403
    with pytest.raises(WebSocketDisconnect), open_one.websocket_connect(LIVE, headers={"origin": origin}):
        pass


def test_a_websocket_and_a_post_must_name_their_page(open_one: TestClient) -> None:
    assert open_one.post("/download/scenario.toml", json={}).status_code == 403
    with pytest.raises(WebSocketDisconnect), open_one.websocket_connect(LIVE):
        pass
    assert spoken_to(open_one)


def test_what_the_browser_says_of_other_sites_counts(open_one: TestClient) -> None:
    assert open_one.get("/start.json", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert (
        open_one.get("/static/x.js", headers={"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}).status_code
        == 403
    )
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert open_one.get("/", headers=followed).status_code != 403
    assert open_one.get("/start.json", headers=followed).status_code == 403


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_every_answer_has_its_headers_and_no_method_does_more_than_it_should(
    open_one: TestClient, method: str, path: str
) -> None:  # fmt: skip
    answer = open_one.request(method, path, headers={"origin": HOME})
    assert answer.status_code < 500
    if method not in ("GET", "HEAD"):
        assert answer.status_code >= 400
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers


def test_the_policy_allows_nothing_but_our_own() -> None:
    parts = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert parts["default-src"] == "'none'"
    assert "unsafe" not in POLICY
    assert not re.search(r"https?:|\*", POLICY)


@pytest.mark.parametrize("path", [
    "../server.py", "..%2fserver.py", "%2e%2e/server.py", "..\\server.py", "/etc/passwd", "//etc/passwd",
    "....//server.py",
    "%00", "index.html%00.js", "x/../../server.py", "~", ".", "", "index.html/", "INDEX.HTML", "%c0%ae%c0%ae/server.py",
    "__pycache__", "C:\\windows",
])  # fmt: skip
def test_no_path_leaves_the_folder_of_pages(open_one: TestClient, path: str) -> None:
    answer = open_one.get(f"/static/{path}")
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_only_files_of_known_kinds_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_one: TestClient
) -> None:
    (tmp_path / "page.js").write_text("1")
    (tmp_path / "secret.toml").write_text("x")
    (tmp_path / ".hidden.js").write_text("x")
    monkeypatch.setattr(server, "STATIC", tmp_path)
    assert open_one.get("/static/page.js").headers["content-type"].startswith("text/javascript")
    assert open_one.get("/static/secret.toml").status_code == 404
    assert open_one.get("/static/.hidden.js").status_code == 404


# The token -----------------------------------------------------------------------------------------------------------


def test_without_the_token_nothing_is_said(closed_one: TestClient) -> None:
    for path in PATHS:
        assert closed_one.get(path).status_code == 401
    assert closed_one.get("/?token=wrong").status_code == 401
    assert closed_one.get(f"/start.json?token={TOKEN}").status_code == 401
    headers = {"origin": HOME}
    assert closed_one.post("/download/scenario.toml", json={}, headers=headers).status_code == 401
    with pytest.raises(WebSocketDisconnect), closed_one.websocket_connect(LIVE, headers=headers):
        pass


def test_the_link_opens_the_page_and_gives_a_cookie(closed_one: TestClient) -> None:
    answer = closed_one.get(f"/?token={TOKEN}&lang=fr", follow_redirects=False)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert closed_one.get("/start.json").status_code == 200
    assert spoken_to(closed_one)


@pytest.mark.parametrize("cookie", [f"{COOKIE}=wrong", f"{COOKIE}=", "x=\x01", COOKIE, "=" * 9000, f"x{COOKIE}={TOKEN}",
                                    f"{COOKIE}={TOKEN}x", f"{COOKIE}=é", f"orgsim_token={TOKEN}", TOKEN,
                                    f"orgsim_token_{PORT + 1}={TOKEN}"])  # fmt: skip
def test_a_wrong_cookie_is_no_key(closed_one: TestClient, cookie: str) -> None:
    assert closed_one.get("/start.json", headers={"cookie": cookie.encode("latin-1", "replace")}).status_code == 401


def test_a_token_also_needs_the_right_host_and_origin(closed_one: TestClient) -> None:
    right = {"cookie": f"{COOKIE}={TOKEN}"}
    assert closed_one.get("/start.json", headers=right | {"host": "evil.example"}).status_code == 421
    assert closed_one.get("/start.json", headers=right | {"origin": "http://evil.example"}).status_code == 403
    assert closed_one.get("/start.json", headers=right | {"host": f"10.0.0.5:{PORT}"}).status_code == 200


def test_tokens_cannot_be_guessed_and_are_not_shown() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32
    assert TOKEN not in repr(Gate(frozenset(), 1, TOKEN))


def test_loopback_is_known_from_other_addresses() -> None:
    assert all(is_loopback(address) for address in ("127.0.0.1", "127.9.9.9", "::1", "localhost"))
    assert not any(
        is_loopback(address) for address in ("0.0.0.0", "::", "192.168.1.2", "example.org", "localhost.evil")
    )
    assert "192.168.1.2" in hosts_of("192.168.1.2")
    assert hosts_of("127.0.0.1") == frozenset(LOOPBACK)
    assert "0.0.0.0" in hosts_of("0.0.0.0")


@pytest.mark.parametrize("others", ['x={"a":1,"b":[2]}; ', "bad[name]=1; ", "a=1;;; =; ", "long=" + "y" * 6_000 + "; ",
                                    f"{COOKIE}=old; "])  # fmt: skip
def test_cookies_of_other_servers_on_this_host_do_not_hide_ours(closed_one: TestClient, others: str) -> None:
    headers = {"cookie": f"{others}{COOKIE}={TOKEN}"}
    assert closed_one.get("/start.json", headers=headers).status_code == 200


def test_a_query_of_many_fields_is_refused_like_any_other(closed_one: TestClient) -> None:
    assert closed_one.get("/?" + "a=1&" * 5_000 + "token=wrong").status_code == 401
    assert closed_one.get("/?token=%ff%00&token=").status_code == 401
    assert closed_one.get("/?" + "a=1&" * 5_000 + f"token={TOKEN}").status_code == 200
