"""The executive's page: what it shows at first, and that the answer moves with the levers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_driver import FEW, Served, Visit, answered, drag, figure, fragment, look, question, settled

import orgsim

HEADLINE = "#headline"


def test_the_first_page_answers_a_question_by_itself(served: Served, visit: Visit) -> None:
    page = visit(served, "")
    assert page.title() == "orgsim: what-if for marketing and sales"
    assert len(page.locator(HEADLINE).inner_text()) > 30
    assert page.locator(".metric").count() == 3
    assert page.locator('.row[data-metric="profit"]').count() == 3
    assert "app." not in page.locator("body").inner_text()
    assert "levers." not in page.locator("body").inner_text()


def test_worlds_are_added_until_the_number_set_before(served: Served, visit: Visit) -> None:
    page = visit(served, wait=False)
    page.wait_for_selector("#answer[data-worlds]")
    seen = set()
    for _ in range(200):
        worlds, progress = page.locator("#answer").evaluate("one => [one.dataset.worlds, one.dataset.progress]")
        seen.add(int(worlds))
        if progress == "done":
            break
        page.wait_for_timeout(50)
    assert len(seen) >= 1
    assert max(seen) == 20
    assert re.search(r"\d+ paired worlds, as set beforehand", page.locator("#worlds").inner_text())


def test_figures_on_the_page_are_those_of_compare_to_the_last_digit(served: Served, firm: Path, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    worlds = int(page.locator("#answer").get_attribute("data-worlds"))
    arms = ["separate / own_numbers", "merged / own_numbers", "cro / own_numbers"]
    scenario = orgsim.load_scenario(str(firm))
    found = orgsim.compare(scenario, arms=arms, against=arms[0], replicates=worlds, seed=0)
    rows = found.summary().set_index(["structure", "pay", "metric"])
    for place, arm in enumerate(arms):
        structure, pay = arm.split(" / ")
        for metric in ("revenue", "profit", "lead_waste_value"):
            row = rows.loc[structure, pay, metric]
            assert figure(page, place, metric) == row["mean"]
            if place:
                assert figure(page, place, metric, "difference") == row["difference"]
                shown = page.locator(f'.row[data-metric="{metric}"]').nth(place).locator(".difference")
                assert float(shown.get_attribute("data-low")) == row["difference_low"]
                assert float(shown.get_attribute("data-high")) == row["difference_high"]


def test_a_figure_is_written_as_python_writes_it(served: Served, visit: Visit) -> None:
    from orgsim.language import language

    page = visit(served)
    for code in ("en", "fr"):
        page.locator("#language").select_option(code)
        page.wait_for_function("code => document.documentElement.lang === code", arg=code)
        settled(page)
        value = page.locator('.row[data-metric="revenue"] .value').first
        full = float(value.get_attribute("data-value"))
        assert value.inner_text() == language(code).number(full / 1000)  # a horizon of one year


def test_the_answer_moves_while_a_lever_is_dragged(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.evaluate("""() => {
      window.seen = new Set();
      const value = () => document.querySelector('.row[data-metric="revenue"] .value').dataset.value;
      const drawn = new MutationObserver(() => window.seen.add(value()));
      drawn.observe(document.documentElement, {attributes: true, attributeFilter: ["data-redraw"]});
    }""")
    drag(page, "#firm-fit_share", 0.1, steps=20)
    page.wait_for_function("() => window.seen.size >= 2")  # the lever is still held
    typed = page.locator("#firm-fit_share-number").input_value()
    page.mouse.up()
    assert int(typed) < 50
    settled(page)
    assert page.locator("#undo-button").is_enabled()


def test_nothing_below_the_answer_moves_while_a_lever_is_dragged(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    before = look(page)
    page.evaluate("""() => {
      window.tops = new Set();
      const see = () => {
        window.tops.add(Math.round(document.getElementById("board").getBoundingClientRect().top + scrollY));
        requestAnimationFrame(see);
      };
      see();
    }""")
    drag(page, "#firm-fit_share", 0.1)
    page.mouse.up()
    settled(page)
    assert min(page.evaluate("[...window.tops]")) >= before


def test_a_few_worlds_are_a_first_look_and_no_verdict(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.evaluate("""() => {
      window.looks = [];
      const answer = document.getElementById("answer");
      const seen = () => window.looks.push([Number(answer.dataset.worlds), answer.dataset.state,
        document.getElementById("headline").textContent]);
      new MutationObserver(seen).observe(document.getElementById("headline"), {childList: true, characterData: true,
        subtree: true});
    }""")
    drag(page, "#firm-fit_share", 0.1, steps=20)
    page.mouse.up()
    settled(page)
    looks = page.evaluate("window.looks")
    few = [(state, text) for worlds, state, text in looks if worlds < 8]
    assert few
    assert {state for state, _ in few} == {"early"}
    assert all(text.startswith("First look at profit:") and " k€ a year" in text for _, text in few)
    assert page.locator("#answer").get_attribute("data-state") != "early"


def test_the_answer_says_how_far_the_assumptions_carry_it(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.wait_for_selector("#draws[data-draws]")
    told = page.locator("#draws").inner_text()
    assert "Merged director" in told
    assert "CRO" in told
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("Home")
    assert page.locator("#draws[data-draws]").count() == 0
    settled(page)


def test_the_firm_of_today_is_described_beside_its_levers(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    revenue = figure(page, 0, "revenue") / 1000  # a horizon of one year
    assert f"{revenue:.0f} k€ a year" in page.locator("#now").inner_text().replace("\u00a0", " ")


def test_a_value_is_typed_as_the_language_writes_it(served: Served, visit: Visit) -> None:
    page = visit(served)
    size, reps = page.locator("#firm-market_size-number"), page.locator("#firm-reps-number")
    page.locator("#panel-firm summary").nth(2).click()
    for code, text, value, shown in (("en", "1,250", 1250, "1,250"), ("fr", "1 750 comptes", 1750, "1\u202f750"),
                                     ("fr", "1,2k", 1200, "1\u202f200")):  # fmt: skip
        page.locator("#language").select_option(code)
        page.wait_for_function("code => document.documentElement.lang === code", arg=code)
        size.fill(text)
        size.press("Enter")
        assert size.get_attribute("data-value") == str(value)
        settled(page)
        page.locator("#firm-fit_share").focus()
        assert size.input_value() == shown
    page.locator("#firm-fit_share-number").fill("62,5 %")
    page.locator("#firm-fit_share-number").press("Tab")
    assert page.locator("#firm-fit_share-number").get_attribute("data-value") == "0.625"
    assert "62,5" in page.locator("#firm-fit_share").get_attribute("aria-valuetext")
    reps.press("ArrowUp")
    assert reps.input_value() == "3"
    settled(page)


def test_what_cannot_be_used_is_said_at_the_lever_where_it_was_typed(served: Served, visit: Visit) -> None:
    page = visit(served, locale="fr-FR")
    settled(page)
    fit = page.locator("#firm-fit_share-number")
    told = page.locator("#firm-fit_share-problem")
    fit.fill("beaucoup")
    fit.press("Enter")
    assert "n’est pas un nombre" in told.inner_text()
    assert fit.get_attribute("aria-invalid") == "true"
    assert "firm-fit_share-problem" in fit.get_attribute("aria-describedby")
    fit.press("Escape")
    assert not told.is_visible()
    fit.fill("700")
    fit.press("Enter")
    page.wait_for_selector("#answer[data-state=wrong]")
    assert told.locator("span").first.inner_text().startswith("700\u00a0% n’est pas possible")
    assert told.locator("[lang=en]").count() == 1
    fit.fill("70")
    fit.press("Enter")
    settled(page)
    assert not told.is_visible()


def test_a_lever_moves_by_keyboard_and_back_by_undo(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    before = figure(page, 0, "revenue")
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("Home")
    settled(page)
    moved = figure(page, 0, "revenue")
    assert moved != before
    page.keyboard.press("Control+z")
    settled(page)
    assert figure(page, 0, "revenue") == before
    page.keyboard.press("Control+y")
    settled(page)
    assert figure(page, 0, "revenue") == moved
    page.locator("#undo-button").click()
    settled(page)
    assert figure(page, 0, "revenue") == before


def test_a_lever_goes_back_to_its_usual_value(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.locator("#tab-1").click()
    lever = page.locator('#panel-1 [data-lever="selling_weight"]')
    typed = lever.locator(".lever-number")
    usual = typed.get_attribute("data-value")
    lever.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    assert typed.get_attribute("data-value") == "0"
    answered(page)
    lever.locator(".lever-back").click()
    assert typed.get_attribute("data-value") == usual
    assert page.evaluate("document.activeElement.type") == "range"


def test_arms_are_added_changed_made_the_reference_and_removed(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.locator("#add-arm").click()
    settled(page)
    assert page.locator('.row[data-metric="profit"]').count() == 4
    assert page.locator("#add-arm").is_disabled()
    page.locator("#structure-3").select_option("revops")
    page.locator("#pay-3").select_option("shared_revenue")
    page.locator("#reference-3").click()
    settled(page)
    assert page.locator('.row[data-metric="profit"]').nth(3).get_attribute("data-arm") == "revops / shared_revenue"
    assert page.locator('.row[data-metric="profit"]').nth(3).locator(".difference").get_attribute("data-value") is None
    page.locator("#remove-3").click()
    settled(page)
    assert page.locator('.row[data-metric="profit"]').count() == 3
    for _ in range(2):
        page.locator("[id^=remove-]:visible").click()
        if page.locator("[id^=remove-]:visible").is_disabled():
            break
    settled(page)
    assert page.locator('.row[data-metric="profit"]').count() == 2


def test_a_pinned_arm_stays_as_it_was_while_levers_move(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    before = figure(page, 1, "profit")
    page.locator("#tab-1").click()
    page.locator("#pin-1").click()
    settled(page)
    assert page.locator('.row[data-metric="profit"]').count() == 4
    page.locator("#tab-firm").click()
    page.locator("#firm-fit_share").focus()
    page.keyboard.press("PageDown")
    settled(page)
    assert figure(page, 3, "profit") == before
    assert figure(page, 1, "profit") != before
    page.locator("#unpin").click()
    settled(page)
    assert page.locator('.row[data-metric="profit"]').count() == 3


def test_equal_arms_are_said_to_differ_in_nothing(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    for place in (1, 2):
        page.locator(f"#tab-{place}").click()
        page.locator(f"#structure-{place}").select_option("separate")
    settled(page)
    assert page.locator("#answer").get_attribute("data-state") in ("equal", "one_arm", "luck")
    assert "chip-luck" in page.locator(".chip").get_attribute("class")


def test_a_difference_within_luck_is_never_shown_as_better_or_worse(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    rows = page.locator(".row:has(.difference[data-value])")
    assert rows.count() == 6
    for place in range(rows.count()):
        said = rows.nth(place).locator(".luck").inner_text() == "within luck"
        assert said == (rows.nth(place).locator(".better, .worse").count() == 0)


def test_why_two_arms_differ_is_told_cell_by_cell_and_cause_by_cause(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.locator("#why-button").click()
    page.wait_for_selector("#why-structure")
    assert page.locator("#why-structure tbody tr").count() > 5
    assert page.locator("#why-waste tbody tr").count() >= 1
    assert "k€" in page.locator("#why-cost").inner_text()
    page.locator("#why-arm").select_option("2")
    page.wait_for_function("() => document.querySelector('#why-structure thead')?.innerText.includes('CRO')")


def test_a_prospect_is_followed_through_every_arm(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    page.locator("#story-button").click()
    page.wait_for_selector("#story-result .story-name")
    name = page.locator(".story-name").inner_text()
    assert ":" in name
    assert page.locator("#story-result .stories").last.locator(".story").count() == 3
    offers = page.locator("#story-prospect option").all_inner_texts()
    other = next((offer for offer in offers if offer != name), None)
    if other is not None:
        page.locator("#story-prospect").select_option(other)
        page.wait_for_function("name => document.querySelector('.story-name')?.innerText === name", arg=other)


def test_two_readers_at_once_do_not_disturb_one_another(served: Served, visit: Visit) -> None:
    one, two = visit(served), visit(served)
    settled(one)
    settled(two)
    before = figure(two, 0, "revenue")
    drag(one, "#firm-fit_share", 0.0, steps=6)
    one.mouse.up()
    settled(one)
    settled(two)
    assert figure(one, 0, "revenue") != before
    assert figure(two, 0, "revenue") == before


def test_a_value_that_cannot_be_used_is_told_at_its_lever(served: Served, visit: Visit) -> None:
    page = visit(served)
    settled(page)
    link = fragment(question(firm=FEW | {"market.fit_share": 7}))
    page.evaluate("hash => { location.hash = hash; }", link)
    page.wait_for_selector('[data-lever="market.fit_share"].lever-wrong')
    told = page.locator("#firm-fit_share-problem").inner_text()
    assert told.startswith("700\u00a0% is not possible here")
    assert page.locator("#answer").get_attribute("data-state") == "wrong"
    assert page.locator("#firm-fit_share").get_attribute("aria-invalid") == "true"
    page.keyboard.press("Control+z")
    settled(page)
    assert page.locator(".lever-wrong").count() == 0


@pytest.mark.parametrize("link", ["#q=AAAA", "#q=rZF", "#nothing"])
def test_a_link_that_was_cut_opens_the_first_question_and_says_so(served: Served, visit: Visit, link: str) -> None:
    page = visit(served, link)
    assert "cannot be read" in page.locator("#notices").inner_text()
    assert len(page.locator(HEADLINE).inner_text()) > 30
