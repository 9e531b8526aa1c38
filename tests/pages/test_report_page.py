"""The report opened from a file, with scripting and without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from page_driver import QUIET

import orgsim
from orgsim.experiments import metrics

WORLDS = 10
ARMS = ["separate / own_numbers", "merged / own_numbers", "cro / own_numbers"]


@pytest.fixture(scope="session")
def written(firm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a small firm, as the command writes it."""
    folder = tmp_path_factory.mktemp("report")
    command = ["compare", str(firm), "--arms", ",".join(ARMS), "--against", ARMS[0], "--replicates", str(WORLDS),
               "--draws", "3", "--out", str(folder / "out"), "--report", str(folder / "report.html")]  # fmt: skip
    subprocess.run([sys.executable, "-W", "ignore", "-m", "orgsim", *command], check=True, capture_output=True)
    return folder / "report.html"


@pytest.fixture
def read(chromium: Any, written: Path) -> Any:
    """Opens the report; afterwards nothing may have been asked of any network, and no error have come."""
    opened: list[Any] = []
    wrong: list[str] = []

    def open_report(**options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"} | options)
        context.set_default_timeout(QUIET)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("request", lambda asked: wrong.append(asked.url) if asked.url.startswith(("http", "ws")) else None)
        page.goto(written.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function("() => document.documentElement.dataset.drawn === 'all'")
        return page

    yield open_report
    for context in opened:
        context.close()
    assert wrong == []


def test_the_report_is_one_file_of_less_than_3_mb(written: Path) -> None:
    assert written.stat().st_size < 3e6


def test_without_scripting_the_report_shows_answer_tables_and_pictures(read: Any) -> None:
    page = read(java_script_enabled=False)
    assert len(page.locator("h1").inner_text()) > 30
    figures = page.locator("figure[data-chart]")
    assert figures.count() >= 8
    for place in range(figures.count()):
        figure = figures.nth(place)
        pictures = figure.locator("img, .panel svg")
        assert pictures.count() >= 1
        assert pictures.first.bounding_box()["width"] > 100
        assert figure.locator("table").count() == 1


def test_with_scripting_every_figure_is_drawn_live_and_has_words_and_a_table(read: Any) -> None:
    page = read()
    figures = page.locator("figure[data-chart]")
    assert page.locator("figure.live").count() == figures.count() >= 8
    for place in range(figures.count()):
        figure = figures.nth(place)
        drawn = figure.locator(".drawn")
        assert drawn.first.get_attribute("role") == "img"
        assert drawn.first.get_attribute("aria-label") == figure.locator(".data .text").text_content()
        for panel in range(drawn.count()):
            assert drawn.nth(panel).locator("svg").bounding_box()["width"] > 100
        assert not figure.locator("img").first.is_visible()
        assert figure.locator("table tbody tr").count() >= 1


def test_figures_in_the_report_are_those_of_compare_to_the_last_digit(read: Any, firm: Path) -> None:
    page = read()
    scenario = orgsim.load_scenario(str(firm))
    found = orgsim.compare(scenario, arms=ARMS, against=ARMS[0], replicates=WORLDS)
    rows = found.summary().set_index(["structure", "pay", "metric"])
    checked = 0
    for arm in ARMS:
        row = page.locator(f'.standings tr[data-arm="{arm}"]')
        for cell in row.locator("[data-figure]").all():
            name, _, what = cell.get_attribute("data-figure").partition(" ")
            if what not in ("mean", "difference"):
                continue
            figure = float(rows.loc[(*arm.split(" / "), name)][what])
            assert float(cell.get_attribute("data-value")) == figure * metrics.about(name).scale(found.years)
            checked += 1
    assert checked >= 6


@pytest.mark.parametrize("scripting", [True, False])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_report_never_scrolls_sideways(read: Any, width: int, scripting: bool) -> None:
    page = read(viewport={"width": width, "height": 740}, java_script_enabled=scripting)
    box = page.locator("html").bounding_box()
    assert box["width"] <= width
    if scripting:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_report(read: Any, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = read(color_scheme=theme, bypass_csp=True)
    found = Axe().run(page).response
    assert len(found["passes"]) > 10
    assert [f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for each in found["violations"] for node in each["nodes"]] == []  # fmt: skip


def test_the_report_prints_on_a4(read: Any, tmp_path: Path) -> None:
    page = read()
    printed = page.pdf(format="A4", print_background=True)
    pages = printed.count(b"/Type /Page\n") or printed.count(b"/Type /Page") - printed.count(b"/Type /Pages")
    assert 3 <= pages <= 40
