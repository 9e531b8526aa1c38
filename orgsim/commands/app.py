"""`orgsim app`: the executive's page, served from this machine, and the browser opened on it."""

from __future__ import annotations

import importlib.util
import math
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import click

from orgsim.commands import report, terminal
from orgsim.commands.terminal import Failure

PORT = 8017
LOCAL = "127.0.0.1"
PACKAGES = ("starlette", "uvicorn", "websockets")  # of the extra `web`, beside those of the report
SWITCH = 5e-4  # seconds


@click.command()
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option("--port", type=click.IntRange(1, 65535), help=f"Port; default {PORT}, or a free one where that is taken.")
@click.option("--listen", default=LOCAL, metavar="ADDRESS", show_default=True,
              help="Address to listen on. Any but this machine's own asks every reader for a token.")  # fmt: skip
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
def app(scenario: str, port: int | None, listen: str, browser: bool) -> None:
    """Ask what-if in the browser: pick a firm and two to four ways of organising, drag levers, see what moves.

    SCENARIO is the name of a scenario that ships or a TOML file; default baseline. Ctrl-C ends it.
    """
    missing = [name for name in (*PACKAGES, *report.PACKAGES) if importlib.util.find_spec(name) is None]
    if missing:
        raise Failure(f"the app needs {', '.join(missing)}: pip install '.[web]' in the checkout", 2)
    import sys

    import uvicorn

    from orgsim.app import security, server
    from orgsim.scenario.errors import ScenarioError

    # Answers are made in Python while runs are on their way without its lock; these need it often, and never long.
    sys.setswitchinterval(SWITCH)
    question = server.first_question(scenario)
    taken = _listening(listen, port)
    own = taken.getsockname()[1]
    token = None if security.is_loopback(listen) else security.new_token()
    gate = security.Gate(security.hosts_of(listen), own, token)
    with terminal.progress_bar("Starting"):
        service = server.Service(question)
        try:
            _warm_up(question, service)
        except ScenarioError as error:
            service.close()
            raise ScenarioError([replace(one, file=scenario, key=one.key.removeprefix("firm."))
                                 for one in error.problems]) from None  # fmt: skip
    link = _link(listen, own, token)
    program = uvicorn.Server(server.configured(server.application(service, gate)))
    terminal.say(f"orgsim is at {link}\nCtrl-C ends it.")
    if token is not None:
        terminal.say("Who has this link can use the app; it is not encrypted on its way.")
    if browser:
        _open(link)
    with _quiet_ends():
        try:
            program.run(sockets=[taken])
        finally:
            service.close()
            taken.close()
    if not program.started:
        raise Failure("the server could not be started", 1)
    _leave()


def _leave() -> None:
    """End at once: freeing the compiled engine piece by piece would take longer than all that ends before it."""
    import os
    import sys

    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def _quiet_ends() -> Iterator[None]:
    """The server ends at Ctrl-C or SIGTERM by itself and raises the signal again when it has: nothing is left to do."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listening(address: str, port: int | None) -> socket.socket:
    """A socket that listens; without a port of the user's the usual one, or any that is free."""
    from orgsim.app.security import ipaddress_or_none

    if not address:
        raise Failure("--listen: an address is needed, such as 127.0.0.1, or 0.0.0.0 for all of this machine's", 2)
    found = ipaddress_or_none(address)
    family = socket.AF_INET6 if found is not None and found.version == 6 else socket.AF_INET
    for wanted in (port,) if port is not None else (PORT, 0):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, wanted))
            listener.listen(128)
            listener.set_inheritable(False)
            return listener
        except OSError as error:
            listener.close()
            failed: OSError = error
    import errno

    if failed.errno == errno.EADDRINUSE:
        raise Failure(f"--port: {port} is taken by another program; name another, or leave --port out", 2)
    if failed.errno == errno.EACCES:
        raise Failure(f"--port: {port} may not be used by you; take one from 1024 on", 2)
    raise Failure(f"--listen: cannot listen on '{address}' ({failed.strerror or failed})", 2)


def _link(address: str, port: int, token: str | None) -> str:
    from orgsim.app.security import outward_addresses

    name = address
    if address in ("0.0.0.0", "::"):
        # Others know this machine's address sooner than the name that it has for itself.
        name = next(iter(outward_addresses()), socket.gethostname())
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")


def _warm_up(question: dict[str, Any], service: Any) -> None:
    """Read the question and run its first worlds, so that the first page is answered at once, and the engine is
    compiled before anybody waits for it: however long that takes here."""
    from orgsim.app.question import read

    case = read(question)
    for arm in case.own:
        service.runs.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], case.seed, 0, lambda: False,
                         patience=math.inf)  # fmt: skip


def _open(link: str) -> None:
    import webbrowser

    with suppress(webbrowser.Error):
        webbrowser.open(link)
