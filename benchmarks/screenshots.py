"""Pictures of the app and of the report for the README: `python benchmarks/screenshots.py`.

It starts the app on a free port, makes a report, and takes docs/figures/app.png and docs/figures/report.png with a
Chromium found on the machine. `--all FOLDER` takes both at a phone's, a laptop's and a wide screen's size, in light and
dark, in every language, to be looked at after a change of layout.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orgsim.language import languages

FIGURES = Path(__file__).parents[1] / "docs" / "figures"
SIZES = {"phone": (360, 740), "laptop": (1280, 800), "wide": (1600, 1000)}
README = (1280, 1000)
DONE = "() => document.getElementById('answer').dataset.progress === 'done'"
DRAWN = "() => document.documentElement.dataset.drawn === document.getElementById('answer').dataset.worlds"
PATIENCE = 300_000  # milliseconds


@contextmanager
def served() -> Iterator[str]:
    """The app at an address of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*orgsim(), "app", "--no-browser", "--port", str(port)])
    try:
        while True:
            if process.poll() is not None:
                raise SystemExit("the app ended by itself")
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def orgsim() -> list[str]:
    """The words that run orgsim with this Python."""
    return [sys.executable, "-m", "orgsim"]


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Any, address: str, size: tuple[int, int], theme: str, language: str, sharp: float = 1) -> Any:
    """A page of that size, its figures drawn."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale=language, reduced_motion="reduce",
        device_scale_factor=sharp,
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    if address.startswith("http"):
        page.wait_for_function(DONE)
        page.wait_for_function(DRAWN)
    page.wait_for_timeout(500)
    return page


def report(folder: Path, language: str) -> Path:
    """A report on the baseline in that language."""
    path = folder / f"report-{language}.html"
    command = [*orgsim(), "compare", "baseline", "--out", str(folder / language), "--report", str(path)]
    subprocess.run([*command, "--language", language], check=True)
    return path


def main() -> None:
    """Take what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every size, theme and language, into this folder")
    parser.add_argument("--only", choices=("app", "report"), help="one of the two")
    asked = parser.parse_args()
    codes = languages() if asked.all else ["en"]
    with tempfile.TemporaryDirectory() as made, chromium() as browser:
        if asked.only != "report":
            with served() as address:
                shots(browser, "app", dict.fromkeys(codes, address), asked.all)
        if asked.only != "app":
            pages = {code: report(Path(made), code).as_uri() for code in codes}
            shots(browser, "report", pages, asked.all)


def shots(browser: Any, name: str, addresses: dict[str, str], folder: Path | None) -> None:
    """One picture for the README, or all into a folder."""
    if folder is None:
        FIGURES.mkdir(parents=True, exist_ok=True)
        page = opened(browser, addresses["en"], README, "light", "en", sharp=1.5)
        page.screenshot(path=FIGURES / f"{name}.png")
        page.context.close()
        return
    folder.mkdir(parents=True, exist_ok=True)
    for code, address in addresses.items():
        for theme in ("light", "dark"):
            for size, pixels in SIZES.items():
                page = opened(browser, address, pixels, theme, code)
                page.screenshot(path=folder / f"{name}-{code}-{theme}-{size}.png", full_page=size != "laptop")
                page.context.close()


if __name__ == "__main__":
    main()
