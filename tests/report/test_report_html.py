"""The report's page: its numbers, its structure, what it lets in and out."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import threading
import zlib
from itertools import pairwise

import numpy as np
import pytest
from reporting import Element, compared, comparison, html, read, report, small

from orgsim.experiments.metrics import about
from orgsim.experiments.statistics import beyond_luck
from orgsim.language import language
from orgsim.report.detail import Cancelled
from orgsim.report.differences import unit_text
from orgsim.report.pictures import driver
from orgsim.report.report import make
from orgsim.report.scenariofile import same
from orgsim.report.slim import packed, picture
from orgsim.results import Arm
from orgsim.scenario.load import check_text

ENGLISH = {"the", "of", "with", "and", "which", "is", "are", "from", "worlds", "share", "than", "not"}


@pytest.fixture(scope="module")
def page() -> Element:
    return read(html()).root


def body(page: Element) -> Element:
    return page.all("main")[0]


# Numbers -------------------------------------------------------------------------------------------------------------


def test_the_summary_stands_in_the_page_to_the_last_digit(page: Element) -> None:
    summary = comparison().summary()
    table = next(one for one in page.all("table") if one.attributes.get("id") == "summary")
    assert [head.text for head in table.all("th")] == list(summary.columns)
    rows = [row.all("td") for row in table.all("tbody")[0].all("tr")]
    assert len(rows) == len(summary)
    for cells, row in zip(rows, summary.itertuples(index=False), strict=True):
        for cell, value in zip(cells, row, strict=True):
            if isinstance(value, float):
                assert repr(float(cell.attributes["data-value"])) == repr(value)
            else:
                assert cell.text == value


def test_the_first_screen_shows_differences_of_the_summary(page: Element) -> None:
    c = comparison()
    rows = {(row["structure"], row["pay"], row["metric"]): row for row in c.summary().to_dict("records")}
    lines = [row for row in page.all("tr") if "data-arm" in row.attributes]
    assert {line.attributes["data-arm"] for line in lines} == {str(arm) for arm in c.arms}
    checked = 0
    for line in lines:
        structure, pay = line.attributes["data-arm"].split(" / ")
        for cell in line.having("data-figure"):
            metric, _, column = cell.attributes["data-figure"].partition(" ")
            if column:
                scale = about(metric).scale(c.years)
                assert float(cell.attributes["data-value"]) == rows[structure, pay, metric][column] * scale
                checked += 1
            elif metric == "share_better":
                assert float(cell.attributes["data-value"]) == rows[structure, pay, "profit"]["share_better"]
                checked += 1
    assert checked == 3 * 3 + 2


def test_cells_of_the_first_screen_and_the_figure_call_the_same_luck(page: Element) -> None:
    c = comparison()
    rows = {(row["structure"], row["pay"], row["metric"]): row for row in c.summary().to_dict("records")}
    drawn = next(chart for chart in report().charts if chart.name == "differences").table
    sure = {(row["arm"], row["metric"]): row["beyond_luck"] for row in drawn.to_dict("records")}
    marked = []
    for line in (row for row in page.all("tr") if "data-arm" in row.attributes):
        for cell in line.having("data-figure"):
            metric, _, column = cell.attributes["data-figure"].partition(" ")
            if column == "difference":
                unsure = any(small.attributes.get("class") == "unsure" for small in cell.all("small"))
                row = rows[(*line.attributes["data-arm"].split(" / "), metric)]
                assert unsure == (not beyond_luck(row) and row["share_equal"] < 1)
                assert not (unsure and sure[line.attributes["data-arm"], metric])
                marked.append(unsure)
    assert True in marked


def test_tables_under_figures_hold_the_very_figures_that_are_drawn(page: Element) -> None:
    found = {one.attributes["data-chart"]: one for one in page.all("figure")}
    assert list(found) == [chart.name for chart in report().charts]
    for chart in report().charts:
        table = chart.table if chart.read is None else chart.read
        lines = [row.children for row in found[chart.name].all("tbody")[0].all("tr")]
        assert len(lines) == len(table)
        columns = [name for name, number in zip(chart.headings, chart.numeric(), strict=True) if number]
        assert columns
        for name in columns:
            place = list(chart.headings).index(name)
            shown = [line[place].attributes.get("data-value") for line in lines]
            assert shown == [repr(value) if math.isfinite(value) else None for value in table[name].tolist()], name


def test_the_answer_of_the_page_is_the_comparisons() -> None:
    page = read(html()).root
    assert page.all("h1")[0].text == " ".join(report().answer.headline.split())
    also = [one.text for one in page.all("p") if one.attributes.get("class") == "also"]
    assert also == [" ".join(sentence.split()) for sentence in report().answer.also]


# Structure -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["en", "fr"])
def test_elements_are_nested_and_identifiers_are_used_once(code: str) -> None:
    reader = read(html(code))
    assert reader.wrong == []
    assert reader.place is reader.root
    names = [one.attributes["id"] for one in reader.root.having("id")]
    assert len(names) == len(set(names))
    for link in reader.root.all("a"):
        target = link.attributes["href"]
        assert target.startswith(("data:", "#"))
        assert not target.startswith("#") or target[1:] in names
    for pointing in ("aria-labelledby",):
        assert all(one.attributes[pointing] in names for one in reader.root.having(pointing))


def test_headings_come_in_order_and_the_page_says_its_language(page: Element) -> None:
    assert page.all("html")[0].attributes["lang"] == "en"
    levels = [int(match) for match in re.findall(r"<h([1-6])[ >]", html())]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_figure_has_pictures_with_a_text_and_a_table(page: Element) -> None:
    figures = page.all("figure")
    assert len(figures) >= 13
    for figure in figures:
        images = figure.all("img")
        assert images
        assert all("alt" in image.attributes for image in images)
        assert len(images[0].attributes["alt"]) > 40
        assert figure.all("figcaption")[0].text
        table = figure.all("table")[0]
        assert table.all("caption")[0].text
        heads = table.all("thead")[0].all("th")
        assert all(head.text and head.attributes["scope"] == "col" for head in heads)
        rows = table.all("tbody")[0].all("tr")
        assert rows
        assert all(len(row.all("td")) + len(row.all("th")) == len(heads) for row in rows)


def test_the_page_has_all_its_sections_in_order(page: Element) -> None:
    names = [one.attributes["id"] for one in body(page).all("section") if "id" in one.attributes]
    assert names == ["money", "funnel", "waste", "fates", "awareness", "responses", "hours", "pay", "alignment",
                     "rhythm", "differences", "assumptions", "limits", "reproduce"]  # fmt: skip


# What it lets in and out ---------------------------------------------------------------------------------------------


def test_nothing_is_fetched_and_only_these_scripts_may_run(page: Element) -> None:
    text = html()
    for one in page.having("src") + page.having("srcset"):
        assert one.attributes.get("src", one.attributes.get("srcset", "")).startswith("data:")
    assert not re.search(r"<(?:link|iframe|object|embed|base|form)\b", text)
    assert not re.search(r"url\((?!data:|%23)", text)
    assert not page.having("style")
    assert not any(name.startswith("on") for one in page.having("class") for name in one.attributes)
    policy = next(one.attributes["content"] for one in page.all("meta") if "http-equiv" in one.attributes)
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    style = re.search(r"(?s)<style>(.*?)</style>", text)
    assert style is not None
    assert digest(style.group(1)) in policy
    scripts = re.findall(r"(?s)<script>(.*?)</script>", text)
    assert scripts == [driver()]
    assert digest(driver()) in policy
    bundle = re.search(r'(?s)id="bundle">(.*?)</script>', text)
    assert bundle is not None
    assert digest(zlib.decompress(base64.b64decode(bundle.group(1))).decode()) in policy


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("code", ["en", "fr"])
def test_a_page_is_small_enough_for_mail(code: str) -> None:
    assert len(html(code).encode()) < 3_000_000


def test_without_live_figures_there_is_no_script() -> None:
    text = report().html(live=False)
    assert "<script" not in text
    assert "script-src &#39;none&#39;" in text


HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\' & "}}{{ 7*7 }}\u2028'


def test_a_hostile_title_stays_text() -> None:
    scenario = small(**{"title": HOSTILE, "notes.assumed": HOSTILE, "notes.measured": f"`{HOSTILE}`"})
    scenario = scenario.with_(**{"structures.own<b>": {"extends": "merged", "title": HOSTILE}})
    c = compared(2, ("separate / own_numbers",))
    from orgsim import compare

    c = compare(scenario, arms=["separate / own_numbers", "own<b> / own_numbers"], replicates=2, threads=2)
    text = make(c, draws=0, worlds=1, threads=2, command=["orgsim", HOSTILE]).html()
    reader = read(text)
    assert reader.wrong == []
    assert [one for one in reader.root.all("script") if one.parent is None or one.parent.name != "body"] == []
    assert len(reader.root.all("script")) == 3
    assert not reader.root.having("onerror")
    assert "alert(1)" in reader.root.all("title")[0].text
    assert not any(image.attributes["src"] == "x" for image in reader.root.all("img"))
    assert "{{ 7*7 }}" in reader.root.all("main")[0].text


def test_a_picture_cannot_end_its_attribute() -> None:
    svg = ('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g><text fill="#000000">a"b\'c&lt;d&gt;&amp;'
           "</text></g></svg>")  # fmt: skip
    address = str(picture(svg))
    assert not set('"<>&') & set(address)


def test_what_is_packed_comes_out_again() -> None:
    assert zlib.decompress(base64.b64decode(packed("Réponse\u2028"))).decode() == "Réponse\u2028"


# French, other shapes of comparisons, making it again ----------------------------------------------------------------


def test_a_french_page_has_no_english_sentence_left() -> None:
    page = read(html("fr")).root
    assert page.all("html")[0].attributes["lang"] == "fr"
    found = []

    def walk(one: Element) -> None:
        if one.attributes.get("lang") == "en" or one.name in ("code", "pre", "script", "style"):
            return
        if one.attributes.get("id") == "summary":  # column names, as in the file
            return
        for text in (*one.own, one.attributes.get("alt", ""), one.attributes.get("aria-label", "")):
            words = re.findall(r"[A-Za-zÀ-ÿ']+", text)
            if len({word.lower() for word in words} & ENGLISH) > 0:
                found.append(text.strip())
        for child in one.children:
            walk(child)

    walk(page)
    assert found == []


def test_the_scenario_in_the_page_is_the_same_question(page: Element) -> None:
    link = next(one for one in page.all("a") if one.attributes.get("download") == "scenario.toml")
    text = base64.b64decode(link.attributes["href"].partition("base64,")[2]).decode()
    assert same(comparison().scenario, text)
    assert hashlib.sha256(text.encode()).hexdigest() in html()
    from pathlib import Path

    assert check_text(text, "scenario.toml", Path()).title == comparison().scenario.title


def test_the_same_report_is_the_same_page() -> None:
    again = make(comparison(), draws=14, worlds=3, threads=1)
    assert again.html() == html()


@pytest.mark.parametrize(("arms", "replicates"), [(("separate / own_numbers",), 3), (("merged", "separate"), 1)])
def test_one_arm_or_one_world_still_make_a_page(arms: tuple[str, ...], replicates: int) -> None:
    page = read(make(compared(replicates, arms), draws=3, worlds=2, threads=2).html(live=False))
    assert page.wrong == []
    headline = page.root.all("h1")[0].text
    assert headline.startswith("Only one way was run" if len(arms) == 1 else "One world cannot tell")
    assert "?" not in headline
    assert "nan" not in headline


def test_without_draws_the_page_says_nothing_of_what_the_answer_hangs_on() -> None:
    text = make(comparison(), draws=0, worlds=1, threads=2).html(live=False)
    page = read(text).root
    assert "rank correlation" not in page.text
    assert "Correlation with the answer" not in page.text
    assert not [cell for cell in page.having("data-figure") if cell.attributes["data-figure"] == "kept"]
    assert "were not drawn" in page.text


def test_the_first_screen_says_how_far_the_difference_spreads_over_the_draws() -> None:
    c, draws = comparison(), report().draws
    assert draws is not None
    arm = report().subject
    assert arm is not None
    found = (draws.drawn.values(arm, "profit") - draws.drawn.values(c.against, "profit")) / 1000 / c.years
    said = report().said
    ends = [said.signed(float(end)) for end in (found.mean(), *np.quantile(found, (0.1, 0.9)))]
    assert "it is {} k€ a year on average, {} to {} in eight draws of ten".format(*ends) in read(html()).root.text


def test_a_rate_a_year_is_no_number_of_years() -> None:
    assert unit_text("/year", 0.2, language("en")) == "a year"
    assert unit_text("/year", 0.2, language("fr")) == "par an"


def test_a_report_that_is_no_longer_wanted_stops() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        make(comparison(), draws=2, worlds=2, threads=2, cancelled=stop)


def test_both_catalogues_say_the_same_with_the_same_places() -> None:
    from orgsim.language import places

    def flat(table: object, path: str = "") -> dict[str, set[str]]:
        if isinstance(table, dict):
            return {key: found for name, part in table.items() for key, found in flat(part, f"{path}.{name}").items()}
        return {path: places(str(table))}

    english, french = (flat(language(code).sentences["report"]) for code in ("en", "fr"))
    assert english == french


def test_every_drawn_parameter_has_a_name_in_both_languages() -> None:
    from orgsim.report.sensitivity import parameters_drawn

    for code in ("en", "fr"):
        names = parameters_drawn(comparison().scenario)
        assert [name for name in names if not language(code).has(f"report.parameter.{name}")] == []


def test_every_shipped_structure_and_plan_has_a_phrase() -> None:
    scenario = comparison().scenario
    for code in ("en", "fr"):
        said = language(code)
        assert [name for name in scenario.structures if not said.has(f"report.structure.{name}")] == []
        assert [name for name in scenario.pay if not said.has(f"report.pay.{name}")] == []
        assert [name for name in scenario.devices if not said.has(f"report.device.{name}")] == []


def test_the_looked_at_alternative_is_among_the_arms() -> None:
    assert report().subject in [Arm("merged", "own_numbers"), Arm("cro", "shared_revenue")]
