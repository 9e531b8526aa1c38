"""Charts of the report and the app: valid, drawn in both back ends, and what is drawn is what the table says."""

from __future__ import annotations

import html
import io
import json
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import altair
import numpy as np
import pandas as pd
import pytest
from figure_tables import NAMES, charts, keys_of, tables
from jsonschema import Draft7Validator

import orgsim
from orgsim.experiments.metrics import about, metrics_of
from orgsim.figures import vega
from orgsim.figures.chart import FEW, ArmNames, Chart
from orgsim.figures.charts.arms import chart_arms, chart_differences
from orgsim.figures.charts.leads import chart_waste, with_rates
from orgsim.figures.charts.people import classed
from orgsim.figures.charts.sureness import chart_sensitivity
from orgsim.figures.charts.words import metric_title
from orgsim.figures.charts.worlds import chart_values, quantiled, with_differences
from orgsim.figures.look import LOOKS
from orgsim.language import language
from orgsim.scenario.load import load_scenario

# What a page's interpreter of expressions must know; vega-embed's does.
VALIDATOR = Draft7Validator(altair.LayerChart._rootschema)  # altair carries Vega-Lite's own schema
FUNCTIONS = {"max", "min", "floor", "ceil", "isValid", "isFinite", "toNumber", "format"}


@cache
def made(code: str = "en", count: int = 3, worlds: int = 12) -> dict[str, Chart]:
    return charts(code, count, worlds)


def marks(scene: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Every item of a kind of mark that is drawn from data."""
    if isinstance(scene, dict):
        if scene.get("marktype") == kind and scene.get("role") in ("mark", None):
            yield from scene["items"]
        for value in scene.values():
            yield from marks(value, kind)
    elif isinstance(scene, list):
        for value in scene:
            yield from marks(value, kind)


@pytest.mark.parametrize("name", NAMES)
def test_every_spec_is_valid_vega_lite(name: str) -> None:
    few, many = made("en", 3)[name], made("en", 7)[name]
    specs = [*{panel.__class__: spec for panel, spec in zip(few.panels, few.specs(), strict=True)}.values()]
    for spec in [*specs, few.spec_at(700), made("en", 1)[name].spec, many.specs()[-1]]:
        assert [error.message for error in VALIDATOR.iter_errors(spec)] == []
        assert spec["data"] == {"name": "table"}
        assert spec["description"]
        json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_drawn_on_a_phone_in_both_themes(name: str, theme: str) -> None:
    chart = made("fr")[name]
    for drawn in vega.svgs(chart, theme, width=320):
        assert float(re.findall(r'width="([\d.]+)"', drawn)[0]) <= 330
        assert "NaN" not in drawn
        assert "undefined" not in drawn


@pytest.mark.parametrize(("count", "worlds"), [(1, 12), (2, 1), (7, 5)])
def test_every_chart_is_drawn_of_one_arm_of_one_world_and_of_many_arms(count: int, worlds: int) -> None:
    for chart in made("en", count, worlds).values():
        drawn = vega.svg(chart, width=700)
        assert "NaN" not in drawn, chart.name
        assert chart.alt


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_drawn_for_a_paper(name: str) -> None:
    for theme in ("light", "dark"):
        picture = io.BytesIO()
        figure = made()[name].draw(theme)
        figure.savefig(picture, format="svg")
        assert figure.get_facecolor()[:3] == pytest.approx(tuple(_rgb(LOOKS[theme].ground)))
        assert b"<svg" in picture.getvalue()


def _rgb(code: str) -> Iterator[float]:
    return (int(code[place : place + 2], 16) / 255 for place in (1, 3, 5))


@pytest.mark.parametrize("name", ["arms", "funnel", "waste_by_cause", "values", "awareness", "rhythm", "pay"])
def test_charts_of_one_world_have_no_interval_and_those_of_several_have(name: str) -> None:
    def whiskers(worlds: int) -> int:
        scene = vega.scenegraph(made("en", 2, worlds)[name])
        areas = [item for item in marks(scene, "area") if item.get("y") != item.get("y2")]
        rules = [rule for rule in marks(scene, "rule") if rule.get("stroke") == LOOKS["light"].ink]
        return len(areas) + sum(not rule.get("strokeDash") for rule in rules)

    if name != "pay":  # the band of pay is over people, not over worlds
        assert whiskers(1) == 0
    assert whiskers(12) > 0


def shapes(chart: Chart, panel: int) -> list[dict[str, Any]]:
    spec = vega.filled(chart, 500, panel)
    import vl_convert

    found = vl_convert.vegalite_to_scenegraph(spec, vl_version=vega.VERSION, config=vega.config("light", "en"))
    return [item for item in marks(found, "symbol") if item.get("size") == 75]


def test_means_are_drawn_where_the_table_says() -> None:
    chart = made()["arms"]
    for panel, metric in enumerate(dict.fromkeys(chart.table["metric"])):
        means = chart.table[chart.table["metric"] == metric]["mean"].to_numpy()
        drawn = sorted(shapes(chart, panel), key=lambda item: item["y"])
        x = np.array([item["x"] for item in drawn])
        assert len(x) == len(means)
        # An even scale: places are a straight line of values.
        slope = (x[-1] - x[0]) / (means[-1] - means[0])
        assert x == pytest.approx(x[0] + slope * (means - means[0]), abs=1e-6)
        assert [item["shape"] for item in drawn] == ["circle", "square", "triangle-up"]


def test_figures_beside_the_marks_are_those_of_the_table_in_the_readers_language() -> None:
    chart = made("fr")["waste_by_cause"]
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", vega.svg(chart, width=700))
    said = chart.language
    for value in chart.table["mean"]:
        assert said.number(value, 1 if chart.table["mean"].max() < 100 else 0) in texts
    big = made("fr")["arms"]
    assert any("4\u202f800" in text for text in re.findall(r"<text[^>]*>([^<]*)</text>", vega.svg(big, width=700)))


def test_within_luck_is_hollow_and_said() -> None:
    chart = made()["differences"]
    assert set(chart.table["beyond_luck"]) == {True, False}
    drawn = shapes(chart, 0)
    hollow = [item for item in drawn if item.get("fill") == LOOKS["light"].ground]
    unsure = chart.table[(chart.table["metric"] == "revenue") & ~chart.table["beyond_luck"]]
    assert len(hollow) == len(unsure) == 1
    assert vega.svg(chart, width=900).count("within luck") == int((~chart.table["beyond_luck"]).sum())
    assert chart.alt.count("within luck") == int((~chart.table["beyond_luck"]).sum())


@pytest.mark.parametrize("worlds", [2, 30, 500])
def test_the_cloud_has_a_dot_for_every_world_within_its_lane(worlds: int) -> None:
    chart = made("en", 2, worlds)["values"]
    scene = vega.scenegraph(chart, width=400)
    dots = [item for item in marks(scene, "symbol") if item.get("size") != 75]
    assert len(dots) == 2 * worlds * 3
    panel = chart.panels[0]
    assert all(0 <= item["y"] <= panel.height for item in dots)


def test_a_large_cloud_is_drawn_by_equal_parts() -> None:
    values = pd.DataFrame({"arm": "a", "metric": "revenue", "world": range(1000), "value": np.arange(1000.0)})
    few = quantiled(values, 40)
    assert len(few) == 40
    assert few["value"].mean() == pytest.approx(values["value"].mean())
    assert quantiled(values.head(30), 40).equals(values.head(30))


def test_paired_differences_are_world_by_world() -> None:
    arms = ArmNames.of(keys_of(3), language("en"), today=keys_of(3)[0])
    table = with_differences(tables()["values"], arms).set_index(["arm", "metric", "world"])
    mine, theirs = table.loc[(keys_of(3)[2], "profit", 5)], table.loc[(keys_of(3)[0], "profit", 5)]
    assert mine["difference"] == mine["value"] - theirs["value"]
    chart = made()["paired"]
    assert keys_of(3)[0] not in set(chart.table["arm"])


def test_rates_of_the_funnel_are_shares_of_the_stage_before() -> None:
    table = with_rates(tables()["funnel"])
    mine = table[table["arm"] == keys_of(3)[0]]
    assert math.isnan(mine["rate"].iloc[0])
    assert mine["rate"].iloc[1:].tolist() == pytest.approx([25.0] * 5)


def test_a_stage_that_nobody_reaches_leaves_no_rate() -> None:
    table = tables(2)["funnel"]
    table.loc[table["stage"] == "sqls", ["mean", "low", "high"]] = 0.0
    rates = with_rates(table).set_index(["arm", "stage"])["rate"]
    assert rates[keys_of(2)[0], "sqls"] == 0
    assert math.isnan(rates[keys_of(2)[0], "opportunities"])


def test_all_causes_are_the_sum_unless_the_table_has_them() -> None:
    arms = ArmNames.of(keys_of(2), language("en"))
    table = tables(2)["waste"]
    chart = chart_waste(table, arms, language("en"))
    total = chart.table[(chart.table["cause"] == "all") & (chart.table["arm"] == keys_of(2)[1])]["mean"].iloc[0]
    assert total == pytest.approx(table[table["arm"] == keys_of(2)[1]]["mean"].sum())
    own = pd.concat([table, pd.DataFrame([{"arm": k, "cause": "all", "mean": 1.0, "low": 0.5, "high": 2.0}
                                          for k in keys_of(2)])])  # fmt: skip
    assert set(chart_waste(own, arms, language("en")).table.query("cause == 'all'")["mean"]) == {1.0}


def test_ends_are_put_together_and_nothing_is_lost() -> None:
    table, chart = tables()["fates"], made()["fates"]
    assert chart.table["value"].sum() == pytest.approx(table["value"].sum())
    assert set(chart.table["end_arm"]) <= {"won", "fair_loss", "wasted", "missed", "open", "no_need"}
    lost = table[(table["end_reference"] == "dropped") & (table["end_arm"] == "too_late")]["value"].sum()
    assert chart.table.query("end_reference == 'wasted' and end_arm == 'wasted'")["value"].sum() == pytest.approx(lost)


def test_attainment_is_counted_by_class() -> None:
    reached, pay = [99.9, 100.0, 105.0, 999.0], [1.0, 2.0, 4.0, 9.0]
    table = pd.DataFrame({"arm": "a", "world": 0, "person": range(4), "year": 1, "attainment": reached, "pay": pay})
    found = classed(table).set_index("class")
    assert found.loc[[90, 100, 200], "people"].tolist() == [1, 2, 1]
    assert found.loc[100, "pay"] == 3.0
    assert found["share"].sum() == pytest.approx(100)


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "attainment"])
def test_text_alternatives_state_figures_of_the_table(name: str, code: str) -> None:
    chart = made(code)[name]
    columns = [column for column in chart.table.columns if chart.table[column].dtype == float]
    values = [value for column in columns for value in chart.table[column] if math.isfinite(value)]
    said = {say(value, digits) for value in values for digits in (0, 1, 2)
            for say in (chart.language.number, chart.language.signed)}  # fmt: skip
    named = re.findall(r"(?<![\w.,\u202f])[+\u2212]?\d[\d\u202f]*(?:[.,]\d+)*(?![\w])", chart.alt)
    assert sum(figure in said for figure in named) >= 2, (named, chart.alt)


def test_the_text_alternative_of_attainment_states_who_reached_the_quota() -> None:
    raw, chart = tables()["attainment"], made()["attainment"]
    for arm, mine in raw.groupby("arm", sort=False):
        reached = 100 * float((mine["attainment"] >= 100).mean())
        name = chart.words["arm"][arm]
        assert f"{name}: in {reached:.0f}\u00a0% of {len(mine)} reps' years" in chart.alt


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("name", NAMES)
def test_data_tables_have_headings_and_no_raw_names(name: str, code: str) -> None:
    chart = made(code)[name]
    cells = chart.cells()
    assert cells
    assert all(len(row) == len(chart.headings) == len(chart.numeric()) for row in cells)
    assert not any("/ own_numbers" in cell or cell in ("nan", "None") or "_" in cell for row in cells for cell in row)
    if code == "fr":
        assert chart.title != made("en")[name].title


@pytest.mark.parametrize("name", NAMES)
def test_expressions_are_simple_enough_for_a_page_that_forbids_evaluation(name: str) -> None:
    import vl_convert

    for count in (3, 7):
        for spec in made("en", count)[name].specs():
            compiled = json.dumps(vl_convert.vegalite_to_vega({**spec, "width": 300}, vl_version=vega.VERSION))
            found = set(re.findall(r"(?<![\w.\"])([a-zA-Z]+)\(", compiled))
            ours = set(re.findall(r"(?<![\w.\"])([a-zA-Z]+)\(", json.dumps(spec)))
            assert not ours - FUNCTIONS
            assert not found & {"regexp", "test", "timeFormat", "eval", "replace", "Function"}


def test_nothing_of_a_theme_is_in_a_spec() -> None:
    for chart in made().values():
        for spec in chart.specs():
            assert not re.search(r"#[0-9a-fA-F]{6}", json.dumps(spec)), chart.name


def test_more_arms_than_a_few_get_a_panel_each_or_a_row_each() -> None:
    few, many = made("en", 3), made("en", FEW + 3)
    assert len(few["waste_by_cause"].panels) == 1
    assert len(many["waste_by_cause"].panels) == 8
    assert len(many["awareness"].panels) == FEW + 3


def test_one_arm_has_no_difference_and_says_so() -> None:
    chart = made("en", 1)["differences"]
    assert chart.cells() == []
    assert "Nothing to show" in chart.alt
    assert "Nothing to show" in vega.svg(chart, width=500)


def test_missing_figures_leave_a_gap_and_no_text() -> None:
    said, keys = language("en"), keys_of(2)
    table = tables(2)["arms"]
    table.loc[table["arm"] == keys[1], ["mean", "low", "high"]] = float("nan")
    chart = chart_arms(table, ArmNames.of(keys, said), said, about)
    assert len(shapes(chart, 0)) == 1
    assert chart.rows()[-1]["mean"] is None
    assert [row[2] for row in chart.cells()].count("–") == 3
    assert "nan" not in chart.alt.lower()


def test_parameters_within_luck_are_drawn_hollow_and_said_to_be() -> None:
    said, table = language("en"), tables()["sensitivity"]
    arms = ArmNames.of(keys_of(2), said, today=keys_of(2)[0])
    chart = chart_sensitivity(table.assign(beyond_luck=[True, *[False] * 4]), arms, said)
    assert vega.svg(chart, width=700, panel=0).count("within luck</text>") == 4
    assert chart.alt.count("(within luck)") == 2
    column = list(chart.headings).index("beyond_luck")
    assert [row[column] for row in chart.cells()] == ["yes", "no", "no", "no", "no"]


def test_tables_give_a_mean_before_its_interval() -> None:
    for chart in made().values():
        columns = list(chart.headings)
        for low in (place for place, name in enumerate(columns) if name == "low"):
            assert columns[low - 1] in ("mean", "kept"), chart.name
            assert columns[low + 1] == "high"


def test_arms_are_named_by_what_tells_them_apart() -> None:
    said = language("en")
    one_plan = ArmNames.of(["merged / own_numbers", "cro / own_numbers"], said, today="cro / own_numbers")
    assert [arm.name for arm in one_plan.arms] == ["Merged director, sales-bred", "CRO over two heads (today)"]
    plans = ArmNames.of(["merged / own_numbers", "merged / fixed"], said)
    assert [arm.name for arm in plans.arms] == ["own numbers", "salary only"]
    both = ArmNames.of(["merged / own_numbers", "cro / fixed"], said)
    assert both["cro / fixed"].name == "CRO over two heads, salary only"
    mine = ArmNames.of(["mine", "yours"], said, structures={"mine": "Same", "yours": "Same"})
    assert len({arm.name for arm in mine.arms}) == 2
    assert one_plan.reference is one_plan["cro / own_numbers"]


@pytest.mark.parametrize("title", ["It's \\ \u2028 a trap", "a\nb\x00c", "' + alert(1) + '", "<b>&amp;</b>"])
def test_a_users_title_is_drawn_as_text_whatever_is_in_it(title: str) -> None:
    said = language("en")
    arms = ArmNames.of(["mine", "yours"], said, structures={"mine": title})
    table = tables(2)["waste"].replace({"arm": dict(zip(keys_of(2), ("mine", "yours"), strict=True))})
    drawn = html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", vega.svg(chart_waste(table, arms, said)))))
    assert arms["mine"].name in drawn
    assert not re.search(r"[\x00-\x1f\u2028]", arms["mine"].name)


def test_titles_of_metrics_in_english_are_those_of_the_terminal() -> None:
    english, french = language("en"), language("fr")
    for name, metric in metrics_of(load_scenario("baseline")).items():
        assert metric_title(name, english) == metric.title
        assert metric_title(name, french) != metric.title or name in ("leads_created",)


def test_every_structure_and_pay_plan_that_ships_has_a_name() -> None:
    scenario = load_scenario("baseline")
    for code in ("en", "fr"):
        said = language(code)
        assert [n for n in scenario.structures if not said.has(f"figures.structure.{n}")] == []
        assert [n for n in scenario.pay if not said.has(f"figures.pay.{n}")] == []


def test_of_many_worlds_fewer_dots_are_drawn_and_all_are_counted() -> None:
    said, keys, table = language("en"), keys_of(2), tables(2, worlds=60)
    arms = ArmNames.of(keys, said, today=keys[0])
    chart = chart_values(table["values"], table["arms"], arms, said, about, most=20)
    assert chart.table["value"].notna().sum() == 3 * 2 * 20
    assert chart.read is not None
    assert chart.read["worlds"].unique().tolist() == [60]
    whole = chart_values(table["values"], table["arms"], arms, said, about)
    assert chart.cells() == whole.cells()
    assert chart.alt == whole.alt


def test_the_same_rows_in_another_order_draw_the_same() -> None:
    said, keys, table = language("en"), keys_of(3), tables()["arms"]
    arms = ArmNames.of(keys, said, today=keys[0])
    mixed = pd.concat([rows.iloc[::-1] for _, rows in table.groupby("metric", sort=False)])
    one, two = (chart_differences(t, arms, said, about) for t in (table, mixed))
    places = [sorted((item["x"], item["y"], item["shape"]) for item in shapes(chart, 0)) for chart in (one, two)]
    assert places[0] == places[1]


def test_new_rows_can_be_put_under_an_old_spec() -> None:
    """The app sends a spec once and then rows: nothing of the figures is in the spec."""
    said, keys = language("en"), keys_of(3)
    arms = ArmNames.of(keys, said, today=keys[0])
    t = tables()
    other = t["values"].assign(value=t["values"]["value"] * 1.01)
    one, two = (chart_values(v, t["arms"], arms, said, about) for v in (t["values"], other))
    assert [json.dumps({**s, "description": ""}) for s in one.specs()] == [
        json.dumps({**s, "description": ""}) for s in two.specs()
    ]


def test_the_bundle_is_made_once_and_fetches_nothing() -> None:
    script = vega.bundle()
    assert script is vega.bundle()
    assert "window.vegaEmbed" in script
    assert 300_000 < len(script) < 1_200_000


def test_figures_of_a_comparison_are_the_reports_charts() -> None:
    from orgsim import compare

    firm = load_scenario("baseline").with_(**{"market.size": 200, "time.years": 0.5, "time.warm_up_years": 0.1})
    comparison = compare(firm, structures=["merged", "separate"], pay=["own_numbers"], replicates=2)
    chart = comparison.plot.arms_chart()
    mean = comparison.mean("merged / own_numbers", "revenue").mean / comparison.years / 1000
    assert chart.table.query("metric == 'revenue' and arm == 'merged / own_numbers'")["mean"].iloc[0] == mean
    leads = comparison.plot.funnel_chart().table.query("stage == 'leads_created'")["mean"]
    assert leads.iloc[0] == comparison.values(comparison.arms[0], "leads_created").mean() / comparison.years
    for figure in (comparison.plot.revenue_and_waste(), comparison.plot.funnel()):
        assert "2 worlds" in " ".join(text.get_text() for text in figure.texts)


def test_a_long_name_of_an_arm_breaks_into_lines_of_the_key_and_leaves_the_plot_its_room(
    recwarn: pytest.WarningsRecorder,
) -> None:
    long = "One director bred in sales, adjusted version, own numbers of each team, adjusted version"
    firm = orgsim.load_scenario("baseline").with_(**{
        "market.size": 300, "time.years": 0.3, "time.warm_up_years": 0.3, "time.run_off_months": 0,
        "structures.long": {"extends": "merged", "title": long},
    })  # fmt: skip
    figure = orgsim.compare(firm, arms=["separate", "long"], replicates=2).plot.funnel()
    figure.draw_without_rendering()
    assert not [one for one in recwarn if "constrained_layout" in str(one.message)]
    wide = figure.get_figwidth()
    assert all(axes.get_position().width * wide > 3 for axes in figure.axes)
