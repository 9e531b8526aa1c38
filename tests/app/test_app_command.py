"""`orgsim app`: starts, says where it is, ends at once, and says what is wrong in a sentence."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from orgsim.cli import main

FIRM = """extends = "baseline"
title = "Corner shop"
[market]
size = 500
[time]
years = 0.5
warm_up_years = 0.4
run_off_months = 0
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.toml"
    path.write_text(FIRM, encoding="utf-8")
    return str(path)


@pytest.fixture
def running(shop: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Servers that a test starts; ended when it is over."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for program in started:
        program.kill()
        program.communicate()


def start(running: list[subprocess.Popen[str]], *words: str) -> tuple[subprocess.Popen[str], str]:
    """A server and the link that it prints."""
    command = [sys.executable, "-W", "ignore", "-m", "orgsim", "app", *words, "--no-browser"]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    running.append(program)
    assert program.stderr is not None
    for line in program.stderr:
        found = re.search(r"orgsim is at (\S+)", line)
        if found:
            return program, found.group(1)
    raise AssertionError("no link was printed")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def get(link: str) -> str:
    with urllib.request.urlopen(link, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_file_of_the_users_own_and_ends_within_a_second(
    running: list[subprocess.Popen[str]], shop: str, ending: signal.Signals
) -> None:  # fmt: skip
    port = free_port()
    program, link = start(running, shop, "--port", str(port))
    assert link == f"http://127.0.0.1:{port}/"
    assert '"market.size":500' in get(f"{link}start.json")
    began = time.monotonic()
    program.send_signal(ending)
    program.wait(5)
    assert time.monotonic() - began < 1.0
    assert program.returncode == 0
    assert program.stderr is not None
    assert "Traceback" not in program.stderr.read()


def test_it_ends_within_a_second_while_pages_are_open_and_computing(running: list[subprocess.Popen[str]]) -> None:
    import json

    from websockets.sync.client import connect

    port = free_port()
    program, link = start(running, "midsize", "--port", str(port))
    arms = [{"structure": "merged"}, {"structure": "cro"}]
    with connect(f"ws://127.0.0.1:{port}/live", origin=link.rstrip("/")) as page:
        page.send(json.dumps({"type": "ask", "id": 1, "question": {"base": "midsize", "arms": arms}}))
        time.sleep(0.3)
        began = time.monotonic()
        program.send_signal(signal.SIGINT)
        program.wait(5)
        assert time.monotonic() - began < 1.5  # a stretch of a run may be under way


def test_it_ends_quietly_while_downloads_are_made(running: list[subprocess.Popen[str]]) -> None:
    import threading

    import httpx

    port = free_port()
    program, link = start(running, "midsize", "--port", str(port))
    question = {"base": "midsize", "seed": 5, "arms": [{"structure": "merged"}, {"structure": "cro"}]}
    said: list[str] = []

    def fetch(name: str) -> None:
        try:
            answer = httpx.post(f"{link}download/{name}", json={"question": question},
                                headers={"origin": link.rstrip("/")}, timeout=20)  # fmt: skip
            said.append(answer.text)
        except httpx.HTTPError:
            said.append("Given up.")

    readers = [threading.Thread(target=fetch, args=(name,)) for name in ("results.csv", "report.html")]
    for reader in readers:
        reader.start()
    time.sleep(0.5)
    began = time.monotonic()
    program.send_signal(signal.SIGINT)
    program.wait(5)
    assert time.monotonic() - began < 2.5  # a second for readers, and the stretch of a run that is under way
    for reader in readers:
        reader.join(5)
    assert said == ["Given up.", "Given up."]
    assert program.returncode == 0
    assert program.stderr is not None
    assert "Traceback" not in program.stderr.read()


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        port = one.getsockname()[1]
        done = CliRunner().invoke(main, ["app", "--no-browser", "--port", str(port)])
    assert done.exit_code == 2
    assert f"{port} is taken by another program" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "said"), [
    (["nowhere"], "no such scenario"), (["baselin"], "did you mean 'baseline'"), (["--port", "99999"], "99999"),
    (["--listen", "no.such.address.invalid"], "cannot listen"),
    (["--listen", ""], "an address is needed"), (["--port", "0"], "0"),
])  # fmt: skip
def test_mistakes_are_told(words: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["app", "--no-browser", *words])
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "websockets", "jinja2", "vl_convert", "tomli_w"])
def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    done = CliRunner().invoke(main, ["app", "--no-browser"])
    assert done.exit_code == 2
    assert package in done.stderr
    assert "pip install '.[web]'" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="an address that is not loopback's is found on Unix only")
def test_listening_to_others_takes_a_token(running: list[subprocess.Popen[str]], shop: str) -> None:
    port = free_port()
    _, link = start(running, shop, "--port", str(port), "--listen", "0.0.0.0")
    token = link.partition("?token=")[2]
    assert len(token) >= 32
    here = f"http://127.0.0.1:{port}/"
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{here}start.json")
    assert refused.value.code == 401
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with pytest.raises(urllib.error.HTTPError) as wrong:
        opener.open(f"{here}?token={token}x", timeout=10)
    assert wrong.value.code == 401
    opener.open(f"{here}?token={token}", timeout=10)
    assert b"question" in opener.open(f"{here}start.json", timeout=10).read()


def test_starting_waits_for_the_compiler_however_slow_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    from orgsim.app import server
    from orgsim.commands.app import _warm_up

    monkeypatch.setattr("orgsim.app.runs.PATIENCE", -1.0)  # seconds that a page's run may take
    service = server.Service(server.first_question("baseline"))
    try:
        _warm_up(service.question, service)
        assert service.runs.count == len(service.question["arms"])
    finally:
        service.close()


def test_the_command_line_does_not_load_what_serves() -> None:
    heavy = ("starlette", "uvicorn", "websockets", "pandas")
    code = f"import orgsim.cli, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_file_with_mistakes_is_told_line_by_line_and_one_too_large_by_its_name(tmp_path: Path) -> None:
    wrong, large = tmp_path / "wrong.toml", tmp_path / "large.toml"
    wrong.write_text('extends = "baseline"\n[people]\nreps = -3\nrepz = 4\n', encoding="utf-8")
    large.write_text('extends = "baseline"\n[market]\nsize = 400_000\n', encoding="utf-8")
    done = CliRunner().invoke(main, ["app", "--no-browser", str(wrong)])
    assert done.exit_code == 2
    assert "wrong.toml:3: people.reps" in done.stderr
    assert "wrong.toml:4: people.repz" in done.stderr
    done = CliRunner().invoke(main, ["app", "--no-browser", "--port", str(free_port()), str(large)])
    assert done.exit_code == 2
    assert "large.toml: market.size: found 400,000 prospects" in done.stderr
