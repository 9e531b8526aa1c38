"""The page for every reader: keyboard, screen reader, small screens, both themes, both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from page_driver import FEW, Served, Visit, fragment, question, settled

PHONE = {"width": 360, "height": 740}


def violations(page: Any) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response
    assert len(found["passes"]) > 15, "axe has not looked"
    return [f"{each['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for each in found["violations"] for node in each["nodes"]]  # fmt: skip


@pytest.mark.parametrize(
    ("theme", "language"), [("light", "fr-FR"), pytest.param("dark", "en-GB", marks=pytest.mark.slow)]
)
def test_axe_finds_nothing_wrong_in_any_state(served: Served, visit: Visit, theme: str, language: str) -> None:
    page = visit(served, locale=language, color_scheme=theme, bypass_csp=True)
    settled(page)
    found = {"answered": violations(page)}
    page.locator("#tab-1").click()
    page.locator("#pin-1").click()
    for group in page.locator("#panel-1 summary").all():
        if group.evaluate("one => !one.parentElement.open"):
            group.click()
    page.locator("#why-button").click()
    page.wait_for_selector("#why-structure")
    page.locator("#story-button").click()
    page.wait_for_selector("#story-result .story-name")
    settled(page)
    found["an arm, pinned, with reasons and a story"] = violations(page)
    page.locator("#share-button").click()
    page.wait_for_selector("#share-dialog[open]")
    found["dialog"] = violations(page)
    page.keyboard.press("Escape")
    link = fragment(question(firm=FEW | {"market.fit_share": 7}))
    page.evaluate("hash => { location.hash = hash; }", link)
    page.wait_for_selector(".lever-wrong")
    page.set_viewport_size(PHONE)
    found["a wrong value, on a phone"] = violations(page)
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


def test_axe_finds_nothing_wrong_before_the_first_answer_and_without_a_server(served: Served, visit: Visit) -> None:
    """The line to the server is cut in the browser."""

    def silent(page: Any) -> None:
        page.route_web_socket(re.compile("/live"), lambda line: lines.append(line))

    lines: list[Any] = []
    page = visit(served, bypass_csp=True, wait=False, before=silent)
    page.wait_for_selector("#tab-firm")
    found = {"waiting, light": violations(page)}
    page.locator("#theme").select_option("dark")
    found["waiting, dark"] = violations(page)
    lines[0].close()
    page.wait_for_selector('[data-notice="line"]')
    found["lost, dark"] = violations(page)
    assert {state: wrong for state, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_no_width_makes_the_page_scroll_sideways(served: Served, visit: Visit, language: str) -> None:
    page = visit(served, locale=language)
    settled(page)
    for place in ("1", "firm"):
        page.locator(f"#tab-{place}").click()
        for width in (320, 360, 640, 1024, 1920):
            page.set_viewport_size({"width": width, "height": 740})
            wide = "([wide]) => document.documentElement.scrollWidth <= wide && innerWidth === wide"
            page.wait_for_function(wide, arg=[width], timeout=5000)


@pytest.mark.parametrize("width", [320, 360, 640, 1280])
def test_the_header_is_walked_through_in_the_order_it_is_seen(resting: Any, width: int) -> None:
    resting.set_viewport_size({"width": width, "height": 800})
    seen = resting.evaluate(
        """() => [...document.querySelectorAll(".bar button, .bar select")].map((one) => {
          const box = one.getBoundingClientRect(); return [Math.round(box.top / 30), box.left]; })"""
    )
    resting.set_viewport_size({"width": 1280, "height": 800})
    assert len(seen) == 5
    assert seen == sorted(seen)


def test_no_type_is_smaller_than_14_px(resting: Any) -> None:
    small = resting.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((one) =>
          [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
          && parseFloat(getComputedStyle(one).fontSize) < 14).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_what_the_answer_rests_on_is_seen_on_a_laptop_without_scrolling(resting: Any) -> None:
    box = resting.locator("#rests").bounding_box()
    assert box["y"] + box["height"] <= 800
    resting.locator("#rests button").click()
    resting.wait_for_function("() => document.activeElement.id === 'download-report_html'")
    resting.keyboard.press("Escape")


def test_figures_of_arms_stand_in_line_in_all_columns(resting: Any) -> None:
    tops = resting.evaluate(
        """() => [...document.querySelectorAll(".row-names, .metric")].map((column) =>
          [...column.querySelectorAll(".row")].map((row) => Math.round(row.getBoundingClientRect().top)))"""
    )
    assert len(tops) == 4
    assert all(column == tops[0] for column in tops)


def test_everything_is_reached_and_done_by_keyboard_alone(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    focused = "document.activeElement.id || document.activeElement.className"

    def press_until(goal: str, key: str = "Tab", most: int = 150) -> None:
        for _ in range(most):
            page.keyboard.press(key)
            if page.evaluate(focused) == goal:
                return
        raise AssertionError(f"{goal} is not reached by {key}")

    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "skip"
    page.keyboard.press("Enter")
    press_until("tab-firm")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "tab-1"
    assert page.locator("#panel-1").is_visible()
    press_until("pin-1")
    page.keyboard.press("Enter")
    settled(page)
    press_until("arm-1-selling_weight")
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert page.evaluate(focused) == "arm-1-selling_weight"
    press_until("why-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#why-structure")
    press_until("story-button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#story-result .story-name")
    page.keyboard.press("Control+z")
    settled(page)
    press_until("share-button", "Shift+Tab", 250)
    page.keyboard.press("Enter")
    page.wait_for_selector("#share-dialog[open]")
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate("!!document.activeElement.closest('dialog') || document.activeElement === document.body")
        assert inside, "the dialog lets the focus out"
    page.keyboard.press("Escape")
    assert page.evaluate(focused) == "share-button"


def test_every_control_has_a_visible_focus(resting: Any) -> None:
    resting.locator(".skip").focus()
    for _ in range(25):
        resting.keyboard.press("Tab")
        seen = resting.evaluate(
            """() => { const one = document.activeElement, style = getComputedStyle(one);
              return one.type === "range" || style.outlineStyle !== "none" || one.id === "answer"; }"""
        )
        assert seen, resting.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_a_screen_reader_hears_the_last_answer_and_not_each_look(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.evaluate(
        """() => {
          window.spoken = [];
          const live = document.getElementById("answer-live");
          const heard = new MutationObserver(() => window.spoken.push(live.textContent));
          heard.observe(live, {childList: true, characterData: true, subtree: true});
        }"""
    )
    page.locator("#firm-fit_share").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(60)
    settled(page)
    page.wait_for_timeout(1500)
    assert len(page.evaluate("window.spoken")) <= 2
    assert page.locator("#headline").inner_text() in page.locator("#answer-live").text_content()


def test_the_theme_is_chosen_and_kept(served: Served, visit: Visit) -> None:
    page = visit(served, color_scheme="light")
    settled(page)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.reload()
    settled(page)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_each_arm_keeps_its_colour_and_mark_in_every_figure(resting: Any) -> None:
    from orgsim.figures.comparison import COLOURS

    for place in range(3):
        wanted = tuple(int(COLOURS[place][at : at + 2], 16) for at in (1, 3, 5))
        marks = resting.locator(f".mark.arm-{place}")
        assert marks.count() >= 10
        drawn = marks.evaluate_all(
            """all => [all.map((one) => getComputedStyle(one).fill),
                       all.map((one) => one.firstChild.getAttribute("href"))].map((each) => [...new Set(each)])"""
        )
        assert drawn == [["rgb({}, {}, {})".format(*wanted)], [f"#mark-{place}"]]
