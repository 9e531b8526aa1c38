"""What goes out of the page: links, files, and what comes of a server that ends."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from page_driver import Served, Visit, answered, figure, fragment, question, settled


def saved(page: Any, name: str, folder: Path) -> Path:
    """A file downloaded by its button in the dialog."""
    page.locator("#share-button").click()
    with page.expect_download() as waiting:
        page.locator(f"#download-{name}").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    page.keyboard.press("Escape")
    return path


def test_a_shared_link_opens_to_the_same_state_in_a_second_browser(served: Served, visit: Visit) -> None:
    page = visit(served, permissions=["clipboard-read", "clipboard-write"])
    settled(page)
    page.locator("#tab-1").click()
    page.locator("#arm-1-leader_background").select_option("marketing")
    page.locator("#tab-firm").click()
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("PageDown")
    settled(page)
    page.locator("#share-button").click()
    page.locator("#copy-link").click()
    page.wait_for_function("() => document.getElementById('share-done').textContent.startsWith('Copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.locator("#share-link").input_value()
    other = visit(served, link.removeprefix(served.url + "/"))
    settled(other)
    for place in range(3):
        for metric in ("revenue", "profit", "lead_waste_value"):
            assert figure(other, place, metric) == figure(page, place, metric)
    assert other.locator("#headline").inner_text() == page.locator("#headline").inner_text()
    other.locator("#tab-1").click()
    assert other.locator("#arm-1-leader_background").input_value() == "marketing"


def test_a_token_leaves_the_address_and_is_in_no_link(served: Served, visit: Visit) -> None:
    page = visit(served, "?token=secret" + fragment(question()))
    assert page.url == f"{served.url}/{fragment(question())}"
    page.locator("#share-button").click()
    assert "token" not in page.locator("#share-link").input_value()


def test_the_address_follows_the_question_and_survives_a_reload(served: Served, visit: Visit) -> None:
    page = visit(served)
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("PageDown")
    settled(page)
    page.wait_for_timeout(600)
    before = figure(page, 1, "profit")
    page.reload()
    settled(page)
    assert figure(page, 1, "profit") == before


@pytest.mark.slow
def test_a_downloaded_scenario_gives_the_numbers_on_screen_again(served: Served, visit: Visit, tmp_path: Path) -> None:
    asked = question()
    asked["arms"][1]["levers"] = {"leader_background": "marketing", "coordination": 3}
    page = visit(served, fragment(asked))
    settled(page)
    path = saved(page, "scenario_toml", tmp_path)
    command = next(line for line in path.read_text("utf-8").splitlines() if "orgsim compare" in line)
    words = shlex.split(command.lstrip("# ").strip())
    given = [str(path) if word.endswith(".toml") else word for word in words[1:]]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "orgsim", *given, "--format", "json", "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = {(arm["structure"], arm["pay"]): arm["metrics"] for arm in json.loads(ran.stdout)["arms"]}
    assert len(rows) == 3
    for place in range(3):
        shown = page.locator('.row[data-metric="profit"]').nth(place).get_attribute("data-arm").split(" / ")
        for metric in ("revenue", "profit", "lead_waste_value"):
            assert figure(page, place, metric) == rows[tuple(shown)][metric]["mean"]
            if place:
                assert figure(page, place, metric, "difference") == rows[tuple(shown)][metric]["difference"]


def test_downloaded_results_hold_every_run_behind_the_answer(served: Served, visit: Visit, tmp_path: Path) -> None:
    page = visit(served)
    settled(page)
    worlds = int(page.locator("#answer").get_attribute("data-worlds"))
    table = pd.read_csv(saved(page, "results_csv", tmp_path))
    same = pd.read_parquet(saved(page, "results_parquet", tmp_path))
    assert len(table) == len(same) == 3 * worlds
    profit = same[same["structure"] == "merged"]["profit"].mean()
    assert profit == pytest.approx(figure(page, 1, "profit"), rel=1e-12)


@pytest.mark.slow
def test_the_report_is_downloaded_as_one_page(served: Served, visit: Visit, tmp_path: Path) -> None:
    page = visit(served)
    settled(page)
    page.set_default_timeout(180_000)
    path = saved(page, "report_html", tmp_path)
    assert path.read_text("utf-8").lstrip().lower().startswith("<!doctype html>")


@pytest.mark.slow
def test_a_server_that_ends_is_told_of_and_asked_again_when_it_is_back(own_server: Served, visit: Visit) -> None:
    page = visit(own_server)
    page.tolerated += ["ERR_CONNECTION_REFUSED", "WebSocket connection"]
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("PageDown")
    settled(page)
    before = figure(page, 1, "profit")
    own_server.kill()
    page.wait_for_selector('[data-notice="line"]')
    assert "Everything you set is kept" in page.locator("#notices").inner_text()
    page.wait_for_timeout(1000)  # edits that follow each other more closely are one step
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("PageDown")
    own_server.start()
    page.wait_for_function("() => document.documentElement.dataset.line === 'open'", timeout=30_000)
    settled(page)
    assert figure(page, 1, "profit") != before
    page.keyboard.press("Control+z")
    settled(page)
    assert figure(page, 1, "profit") == before


def test_the_language_is_switched_without_losing_the_question(served: Served, visit: Visit) -> None:
    page = visit(served)
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("PageDown")
    settled(page)
    before = figure(page, 1, "profit")
    page.locator("#language").select_option("fr")
    page.wait_for_function("() => document.documentElement.lang === 'fr'")
    settled(page)
    assert page.locator("#board-label").inner_text() == "Ce qu’apporte chaque option"
    assert figure(page, 1, "profit") == before
    assert page.locator("#firm-fit_share").get_attribute("aria-valuetext").endswith("%")
    words = page.locator("body").inner_text()
    assert "The answer" not in words
    assert "app." not in words
    page.reload()
    answered(page)
    assert page.evaluate("document.documentElement.lang") == "fr"
