"""The real server on a free port, and Debian's Chromium looking at it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_driver import FIRM, QUIET, Served, Visit, answered, fragment, question, settled


@pytest.fixture(scope="session")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of a user's own: a small firm for one year."""
    path = tmp_path_factory.mktemp("firm") / "test_firm.toml"
    path.write_text(FIRM, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def served(firm: Path) -> Iterator[Served]:
    """The server that the pages of this session look at."""
    found = Served(firm)
    found.start()
    yield found
    found.kill()


@pytest.fixture
def own_server(firm: Path) -> Iterator[Served]:
    """A server of one test, to be killed."""
    found = Served(firm)
    found.start()
    yield found
    found.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser without a window. Skipped where there is none, but not where tests must not be skipped."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        found = None
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("playwright or chromium is missing")
        pytest.skip("playwright or chromium is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Visit]:
    """Opens pages, each in a browser context of its own; afterwards nothing may have gone wrong on any of them: no
    error in the console, no breach of the security policy, no request to anything but the server."""
    yield from _visits(chromium)


@pytest.fixture(scope="module")
def resting(chromium: Any, served: Served) -> Iterator[Any]:
    """One page with its last answer, for tests that only look at it."""
    visits = _visits(chromium)
    page = next(visits)(served, color_scheme="light")
    settled(page)
    yield page
    next(visits, None)


def _visits(chromium: Any) -> Iterator[Visit]:
    opened: list[Any] = []
    wrong: list[str] = []
    allowed: list[str] = []

    def open_page(
        server: Served, link: str | None = None, wait: bool = True, before: Any = None, **options: Any
    ) -> Any:
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce"} | options
        context = chromium.new_context(**options)
        context.set_default_timeout(QUIET)
        page = context.new_page()
        page.tolerated = allowed
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}") if said.type != "info" else None)
        page.on("request", lambda asked: _own(asked.url, server.url) or wrong.append(f"request: {asked.url}"))
        page.on("websocket", lambda line: _own(line.url, server.url.replace("http", "ws")) or wrong.append(line.url))
        opened.append(context)
        if before is not None:
            before(page)
        page.goto(f"{server.url}/{fragment(question()) if link is None else link}")
        if wait:
            answered(page)
        return page

    yield open_page
    for context in opened:
        context.close()
    left = [text for text in wrong if not any(re.search(pattern, text) for pattern in allowed)]
    assert not left, left


def _own(address: str, url: str) -> bool:
    return address.startswith((url, "data:", f"blob:{url}"))
