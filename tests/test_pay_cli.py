"""`orgsim pay` in words, tables and curves; `all` as a name of plans and structures.

`python tests/test_pay_cli.py` writes into docs/pay.md what its commands say.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from test_docs import FENCE, inside

from orgsim.cli import main
from orgsim.commands.terminal import spelled_out
from orgsim.commands.verdict import verdict
from orgsim.contract import contract, euro, percent, segments, words
from orgsim.engine.plan import deal_worth
from orgsim.figures import pay as figures
from orgsim.figures.text import bar, framed, line
from orgsim.results import Arm
from orgsim.scenario.load import library, load_scenario
from orgsim.scenario.pay import NOT_MOVED, Component, Curve, Metric, curve_of
from orgsim.scenario.schema import Scenario

PRESETS = sorted(path.stem for path in (library() / "pay").glob("*.toml"))
OWN = """extends = "baseline"
title = "Ours"

[pay.rates]
title = "Rates by band"

[[pay.rates.rep]]
metric = "new_revenue"
period = "year"
quota = "300000"
bands = [{ end = 1.0, rate = 0.1 }, { start = 1.0, rate = 0.2 }]

[[pay.rates.rep]]
metric = "wins"
scope = "team"
period = "quarter"
quota = 12
rate = 100
"""


@pytest.fixture(scope="module")
def baseline() -> Scenario:
    return load_scenario("baseline")


def orgsim(*args: str, width: int = 80) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(main, list(args), prog_name="orgsim")


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


# list --------------------------------------------------------------------------------------------------------------


def test_list_shows_all_plans_for_the_eye_and_nothing_to_standard_output() -> None:
    result = orgsim("pay", "list", width=120)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    for name in PRESETS:
        assert re.search(rf"^ {name} ", result.stderr, re.MULTILINE), name
    assert re.search(r"own_numbers +Own numbers \(French mixes\) +16 %: own revenue +9 %: team mqls", result.stderr)
    assert re.search(r"fixed +Salary only +nothing +nothing", result.stderr)


def test_list_gives_the_same_rows_as_json_and_csv() -> None:
    result = orgsim("pay", "list", "--format", "json")
    rows = json.loads(result.stdout)
    assert result.stderr == ""
    assert [row["plan"] for row in rows] == PRESETS
    table = pd.read_csv(io.StringIO(orgsim("pay", "list", "--format", "csv").stdout))
    assert table["plan"].tolist() == PRESETS
    by_name = {row["plan"]: row for row in rows}
    assert by_name["commission"]["rep_variable"] == pytest.approx(0.5)
    assert by_name["mbo"]["marketer_metrics"] == "team mqls, own insight_hours, own enable_hours"


def test_all_presets_pay_the_same_total_at_target(baseline: Scenario) -> None:
    """They differ in form and in mix, not in level; a contest's prizes come on top."""
    for row in json.loads(orgsim("pay", "list", "--format", "json").stdout):
        assert row["rep_pay"] == pytest.approx(baseline.money.rep_pay)
        assert row["marketer_pay"] == pytest.approx(baseline.money.marketer_pay)


def test_a_plan_of_ones_own_is_listed_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ours.toml").write_text(OWN, encoding="utf-8")
    assert "rates" in orgsim("pay", "list", "--scenario", "ours.toml").stderr
    result = orgsim("pay", "show", "rates", "--scenario", "ours.toml", "--format", "json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    rep = document["roles"]["rep"]
    # 10 % of 300,000 €; each of 96 wins a year by 8 reps is worth 100 €, which they share.
    assert rep["base"] == pytest.approx(46_000)
    assert rep["pay"] == pytest.approx(46_000 + 30_000 + 96 * 100 / 8)
    assert rep["words"] == [
        "Rep: 77,200 € a year at target, of which 46,000 € is base pay and 31,200 € (40.4 %) variable pay.",
        "Own new revenue, by year: 30,000 € at the quota of 300,000 €. "
        "Each 1,000 € pays 100 € up to 100 %, 200 € above.",
        "The sales team's deals won, by quarter: 300 € to each at the target of 24 deals. "
        "Each deal more pays 12.50 €, whatever has been reached.",
    ]
    assert document["roles"]["marketer"]["words"] == ["Marketer: 42,000 € a year, all of it base pay."]


# Words -------------------------------------------------------------------------------------------------------------


def said(scenario: Scenario, plan: str, role: str = "rep") -> str:
    return " ".join(words(scenario, scenario.pay[plan])[role])


def test_words_give_base_pay_quota_and_rates_in_euro(baseline: Scenario) -> None:
    text = said(baseline, "own_numbers")
    assert "46,000 € a year at target, of which 38,640 € is base pay and 7,360 € (16 %) variable pay" in text
    # 7,360 € / 12 at 627,000 € / 12; 7,360 / 627 for a thousand.
    assert "Own revenue, by month: 613 € at the target of 52,250 €. Each 1,000 € more pays 11.74 €" in text
    text = said(baseline, "own_numbers", "marketer")
    assert "The marketing team's MQLs, by month: 315 € to each at the target of 70 MQLs." in text
    assert "Each MQL more pays 4.50 €" in text


@pytest.mark.parametrize(
    ("plan", "role", "text"),
    [
        ("fixed", "rep", "Rep: 46,000 € a year, all of it base pay."),
        # 16,100 € a year over 4 x 165,000 €: 2.5, 4, 6 and 8 parts of 6.5.
        ("accelerated", "rep", "Each 1,000 € pays 18.76 € up to 50 %, 30.02 € up to 100 %, 45.03 € up to 125 %, "
                               "60.05 € above."),
        ("quarterly_bonus", "rep", "Only reaching 100 % of quota (165,000 €) pays: 1,840 € at once."),
        ("decelerated", "rep", "Each 1,000 € pays 12.20 € up to 50 %, 24.39 € above. Reaching 50 % of quota (82,500 €) "
                               "pays 1,006 € at once."),
        ("capped", "rep", "Each 1,000 € pays 24.39 € up to 120 %, nothing above."),
        ("spif", "rep", "Own new revenue, by quarter: 460 € at the target of 21,150 €. Each 1,000 € more pays 21.75 €, "
                        "whatever has been reached. Only weeks 5 to 8 of the quarter count."),
        ("draw", "rep", "Draw: in the first 6 months in the seat a rep's variable pay is at least 800 € a month; what "
                        "was advanced is taken out of later variable pay."),
        ("clawback", "rep", "Clawback: an order that is cancelled within 120 days takes its pay back. In this firm no "
                            "order is ever cancelled (customers.cancel is 0)."),
        ("contest", "rep", "Contest on own revenue: each quarter the best 2 among reps win 500 € each."),
        ("mbo", "rep", "Own hours of logging, by quarter: 460 € at the quota of 26 hours. Each hour pays 17.69 € up to "
                       "125 %, nothing above."),
        ("team_bonus", "rep", "The sales team's revenue, by quarter: 920 € to each at the target of 1,254,000 €."),
        ("shared_revenue", "marketer", "The firm's revenue, by month: 315 € to each at the target of 418,000 €."),
        ("mql_volume", "marketer", "Each MQL pays 3.75 €. Reaching 100 % of quota (210 MQLs) pays 788 € at once."),
    ],
)  # fmt: skip
def test_words_tell_each_form(baseline: Scenario, plan: str, role: str, text: str) -> None:
    assert text in said(baseline, plan, role)


def test_a_draw_that_need_not_be_earned_back_and_a_clawback_that_bites_are_told(baseline: Scenario) -> None:
    kept = baseline.with_(**{"pay.draw.draw.recoverable": False, "customers.cancel": 0.1})
    assert "what was advanced need not be earned back." in said(kept, "draw")
    assert said(kept, "clawback").endswith("takes its pay back.")


def test_figures_in_words_are_short() -> None:
    amounts = {0.456: "0.46 €", 3.0: "3 €", 99.5: "99.50 €", 613.3: "613 €", 1_234_567.8: "1,234,568 €"}
    assert [euro(amount) for amount in amounts] == list(amounts.values())
    assert [percent(x) for x in (0.5, 0.125, 1.0, 1 / 3)] == ["50 %", "12.5 %", "100 %", "33.3 %"]


def test_stretches_of_one_rate_are_joined() -> None:
    assert segments(Curve((0.5, 1.0), (100.0, -100.0), (0.0, 40.0))) == [
        (0.0, 0.5, 0.0), (0.5, 1.0, 100.0), (1.0, float("inf"), 0.0),
    ]  # fmt: skip
    assert segments(Curve((0.0, 1.0), (100.0, 0.0), (0.0, 40.0))) == [(0.0, float("inf"), 100.0)]


# Curves ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PRESETS)
def test_the_table_of_pay_is_what_the_curves_of_the_components_pay(baseline: Scenario, plan: str) -> None:
    table = figures.pay_table(baseline, plan)
    for role, level in (("rep", 46_000.0), ("marketer", 42_000.0)):
        own = contract(baseline, baseline.pay[plan], role)
        rows = table[table["role"] == role]
        for part in own.parts:
            if part.prize:
                continue
            curve = curve_of(part.component, part.quota, part.component.share * level / part.periods)  # type: ignore[operator]
            here = rows[rows["component"] == str(part.number)]
            expected = [part.periods * curve.pay(at) for at in here["attainment"]]
            assert here["pay"].tolist() == pytest.approx(expected)
            short = [part.periods * curve.pay(at - 1e-9) for at in here["attainment"]]
            assert here["pay_before"].tolist() == pytest.approx(short, abs=1e-3)
        wide = rows.pivot(index="attainment", columns="component", values="pay")
        parts = wide.drop(columns="total").sum(axis=1)
        assert wide["total"].tolist() == pytest.approx(parts.tolist())
        assert wide["total"].loc[1.0] == pytest.approx(level)
        assert (wide.index.min(), wide.index.max()) == (0.0, 2.0)


def test_the_worth_of_a_straight_line_is_its_rate_whenever_and_wherever(baseline: Scenario) -> None:
    rep = figures.worth_table(baseline, "own_numbers").query("role == 'rep'")
    assert rep["worth"].tolist() == pytest.approx([7_360 / 627_000] * len(rep))
    assert set(rep["moment"]) == {"start", "quarter_left"}
    assert rep["forecast"].unique().tolist() == list(figures.FORECASTS)
    assert rep["deal_worth"].tolist() == pytest.approx([25_000 * 7_360 / 627_000] * len(rep))


def test_a_bonus_is_worth_most_near_quota_and_more_so_when_little_time_is_left(baseline: Scenario) -> None:
    rep = figures.worth_table(baseline, "quarterly_bonus").query("role == 'rep'")
    worth = {(row["moment"], row["forecast"]): row["worth"] for _, row in rep.iterrows()}
    for moment in figures.MOMENTS:
        assert worth[moment, 1.0] > 2 * worth[moment, 1.5]
        assert worth[moment, 0.8] > 1.5 * worth[moment, 0.5]
    assert worth["quarter_left", 1.0] > worth["start", 1.0]
    assert worth["quarter_left", 1.5] < worth["start", 1.5]


def test_the_worth_of_a_deal_is_the_engines_own(baseline: Scenario) -> None:
    """A quota of MQLs, late in the quarter, far below it: the lump is out of reach, and each MQL pays its rate."""
    (part,) = contract(baseline, baseline.pay["mql_volume"], "marketer").parts
    at, slopes, jumps = (pd.Series(values).to_numpy(dtype=float) for values in part.curve)
    rest = 0.25 * 0.9
    error = baseline.effort.forecast_error * 0.5
    mqls = rest * 210
    gain = deal_worth(at, slopes, jumps, 0.675, rest, mqls, mqls / 210**2, error, 0.0, 1 / 210, 0.0)
    assert figures.worth_of(baseline, part, 0.9, 0.25) == pytest.approx(gain / 210)
    assert figures.worth_of(baseline, part, 0.5, 0.25) == pytest.approx(3.75)


def test_hours_know_no_luck(baseline: Scenario) -> None:
    _, part = contract(baseline, baseline.pay["mbo"], "rep").parts
    assert figures.worth_of(baseline, part, 1.0, 0.25) == pytest.approx(0.04 * 46_000 / 104, rel=1e-6)
    assert figures.worth_of(baseline, part, 1.5, 0.25) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("plan", PRESETS)
def test_every_preset_is_shown_within_the_width_of_the_terminal(plan: str) -> None:
    for width in (50, 80, 120):
        result = orgsim("pay", "show", plan, width=width)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == ""
        assert max(map(len, result.stderr.splitlines())) <= width
    text = flat(result.stderr)
    assert "k€ a year at" in text
    assert ("Pay of a rep, k€ a year" in text) == (plan != "fixed")
    assert ("What one more is worth to a rep" in text) == (plan != "fixed")


def test_the_terminal_shows_both_curves_with_their_figures() -> None:
    text = orgsim("pay", "show", "quarterly_bonus").stderr
    assert re.search(r"^46\.0 ┤ +⢸⠉+$", text, re.MULTILINE)
    assert re.search(r"^38\.6 ┤⣀+⡸ *$", text, re.MULTILINE)
    assert re.search(r"^ Rep +38\.6 +38\.6 +38\.6 +46\.0 +46\.0 +46\.0 +46\.0 *$", text, re.MULTILINE)
    assert "at the period's start" in text
    assert "with a quarter of it left" in text
    rows = re.findall(r"^ +(\d+) %  [█▏▎▍▌▋▊▉ ]+([\d.]+)  [█▏▎▍▌▋▊▉ ]+([\d.]+)$", text, re.MULTILINE)
    table = figures.worth_table(load_scenario("baseline"), "quarterly_bonus").query("role == 'rep'")
    for forecast, early, late in rows:
        here = table[table["forecast"] == int(forecast) / 100].set_index("moment")["worth"]
        assert float(early) == pytest.approx(1000 * here["start"], abs=0.006)
        assert float(late) == pytest.approx(1000 * here["quarter_left"], abs=0.006)
    assert [int(row[0]) for row in rows] == [50, 80, 100, 120, 150]


def test_a_contest_has_no_curve_and_says_so() -> None:
    text = flat(orgsim("pay", "show", "contest").stderr)
    assert "contest on own revenue: what a prize is worth depends on the others" in text
    document = json.loads(orgsim("pay", "show", "contest", "--format", "json").stdout)
    assert [c["prize"] for c in document["roles"]["rep"]["components"]] == [0, 500]
    assert {row["component"] for row in document["worth"] if row["role"] == "rep"} == {"1"}


# json, csv, files --------------------------------------------------------------------------------------------------


def test_json_is_one_document_with_words_and_both_curves() -> None:
    result = orgsim("pay", "show", "accelerated", "--format", "json")
    assert result.stderr == ""
    assert "NaN" not in result.stdout
    document = json.loads(result.stdout)
    assert (document["plan"], document["scenario"], document["files"]) == ("accelerated", "baseline", [])
    assert document["roles"]["rep"]["words"][0].startswith("Rep: 46,000 €")
    assert document["roles"]["rep"]["components"] == [
        {"component": "1", "metric": "revenue", "scope": "own", "period": "quarter", "quota": pytest.approx(165_000),
         "pay_at_quota": pytest.approx(4_025), "prize": 0},
    ]  # fmt: skip
    assert set(document["pay"][0]) == {"plan", "role", "component", "metric", "attainment", "pay_before", "pay"}
    assert len(document["worth"]) == 2 * 2 * len(figures.FORECASTS)


def test_csv_is_one_tidy_table_and_the_file_of_out_is_the_same(tmp_path: Path) -> None:
    result = orgsim("pay", "show", "decelerated", "--format", "csv", "--out", str(tmp_path / "here"))
    assert result.stderr == ""
    table = pd.read_csv(io.StringIO(result.stdout), keep_default_na=False)
    assert list(table.columns) == ["plan", "role", "component", "metric", "curve", "moment", "attainment", "value"]
    assert set(table["curve"]) == {"pay", "worth"}
    assert sorted(os.listdir(tmp_path / "here")) == ["decelerated.csv", "decelerated.png", "decelerated.svg"]
    assert (tmp_path / "here" / "decelerated.csv").read_text("utf-8") == result.stdout


def test_figures_are_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("once", "twice"):
        result = orgsim("pay", "show", "mbo", "--out", str(tmp_path / name))
        assert result.exit_code == 0, result.stderr
        assert "Written to" in result.stderr
    for kind in ("png", "svg", "csv"):
        assert (tmp_path / "once" / f"mbo.{kind}").read_bytes() == (tmp_path / "twice" / f"mbo.{kind}").read_bytes()


@pytest.mark.parametrize(("plan", "rows"), [("own_numbers", 2), ("fixed", 2), ("rates", 1)])
def test_the_figure_has_two_panels_for_each_role_that_is_paid_for_results(
    plan: str, rows: int, tmp_path: Path
) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(OWN, encoding="utf-8")
    figure = figures.curves(load_scenario(file), plan)
    assert len(figure.axes) == 2 * rows
    left, right = figure.axes[:2]
    assert left.get_xlim() == right.get_xlim() == (0, 200)
    labels = [text.get_text() for text in (right.get_legend().get_texts() if right.get_legend() else [])]
    if plan == "own_numbers":
        assert labels == ["own revenue, for each 1,000 €", "at the period's start", "with a quarter of it left"]
        drawn = dict(zip(left.lines[0].get_xdata(), left.lines[0].get_ydata(), strict=True))
        assert drawn[100.0] == pytest.approx(46.0)


# The page ----------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[1] / "docs" / "pay.md"
REFUSED = "## What is refused"


def page_anew(text: str, folder: Path) -> str:
    """The page with what its commands say; a comparison is run, and what it says is not shown."""

    def block_anew(block: re.Match[str]) -> str:
        kind, _, name = block[1].partition(" ")
        if name:
            (folder / name).write_text(block[2], encoding="utf-8")
        if kind != "console":
            return block[0]
        code, shown = 2 if block.start() > text.index(REFUSED) else 0, ""
        for command in re.findall(r"^\$ (.*)\n", block[2], re.MULTILINE):
            result = orgsim(*shlex.split(command)[1:], width=100)
            assert result.exit_code == code, f"{command}: {result.output}"
            said = "" if command.startswith("orgsim compare") else result.stderr.strip("\n") + "\n"
            shown += f"$ {command}\n" + "".join(f"{row.rstrip()}\n" for row in said.splitlines())
        return f"```console\n{shown}```"

    with inside(folder):
        return FENCE.sub(block_anew, text)


def test_what_the_page_shows_is_what_the_commands_say(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    assert page_anew(text, tmp_path) == text
    assert text.count("\n$ orgsim") >= 6


def test_the_page_tells_of_each_metric_which_role_moves_it() -> None:
    rows = {row[0].strip("`"): row for row in table_rows("| Metric |")}
    assert set(rows) == set(get_args(Metric))
    for metric, (_, _, _, rep, marketer) in rows.items():
        assert (rep == "–", marketer == "–") == (metric in NOT_MOVED["rep"], metric in NOT_MOVED["marketer"]), metric


def test_the_page_explains_every_key_of_a_component_and_names_every_preset() -> None:
    keys = " ".join(row[0] for row in table_rows("| Key of a component |"))
    assert set(re.findall(r"`(\w+)`", keys)) == set(Component.model_fields)
    presets = " ".join(row[2] for row in table_rows("| Form |"))
    assert set(re.findall(r"`(\w+)`", presets)) == set(PRESETS)


def table_rows(heading: str) -> list[list[str]]:
    """Cells of the page's table that begins with this heading."""
    lines = PAGE.read_text("utf-8").split(heading)[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in lines]


# Wrong input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["pay", "show", "acelerated"], "plan: found 'acelerated'; allowed: accelerated, capped, "),
        (["pay", "show", "acelerated"], "(did you mean 'accelerated'?)"),
        (["pay", "text", "own_nubmers"], "(did you mean 'own_numbers'?)"),
        (["pay", "show", "fixed", "--scenario", "baselin"], "did you mean 'baseline'?"),
        (["pay", "show"], "Missing argument 'PLAN'"),
        (["pay", "lst"], "Did you mean 'list'?"),
        (["pay", "show", "fixed", "--format", "xml"], "'table', 'json', 'csv'"),
        (["pay", "show", "fixed", "--out", __file__], "is a file; a folder is needed"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_is_right(args: list[str], text: str) -> None:
    result = orgsim(*args, width=300)
    assert result.exit_code == 2, result.output
    assert text in flat(result.stderr)
    assert result.stdout == ""


def test_text_prints_the_file_of_a_preset_to_read_or_to_copy() -> None:
    result = orgsim("pay", "text", "accelerated")
    assert result.stdout == (library() / "pay" / "accelerated.toml").read_text("utf-8")
    assert result.stderr == ""


# All plans, all structures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (("all",), ("a", "b", "c")),
        (("b", "all"), ("b", "a", "c")),
        (("c", "x"), ("c", "x")),
    ],
)
def test_all_stands_for_every_name(names: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert spelled_out(names, ["a", "b", "c"]) == meant


def test_a_plan_that_is_called_all_is_that_plan() -> None:
    assert spelled_out(("all",), ["a", "all"]) == ("all",)


def test_compare_takes_all_for_plans_and_structures_of_each_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(Exception):
        pass

    asked: dict[str, Any] = {}

    def stops(scenario: Scenario, **settings: Any) -> None:
        asked.update(settings, scenario=scenario)
        raise Stop

    monkeypatch.chdir(tmp_path)
    Path("ours.toml").write_text(OWN, encoding="utf-8")
    monkeypatch.setattr("orgsim.experiments.compare.compare", stops)
    assert orgsim("compare", "ours.toml", "--pay", "all", "--structures", "all").exit_code == 1
    assert set(asked["pay"]) == {*PRESETS, "rates"}
    assert asked["structures"] == tuple(asked["scenario"].structures)


def told(today: Arm, arms: list[Arm], real: set[str]) -> str:
    """The verdict where plans in `real` earn 100 k€ a year more beyond luck, and all else is within it."""
    arms_run = (today, *arms)
    fake = SimpleNamespace(today=today, against=today, arms=arms_run, replicates=20, years=1.0, confidence=0.95)
    rows = {
        (arm, metric): {"difference": 100e3 if arm.pay in real and metric == "profit" else 1e3,
                        "difference_low": 90e3, "difference_high": 110e3,
                        "p_adjusted": 0.001 if arm.pay in real and metric == "profit" else 0.9}
        for arm in arms for metric in ("profit", "lead_waste_value")
    }  # fmt: skip
    return verdict(fake, rows)  # type: ignore[arg-type]


def test_under_one_structure_the_verdict_names_plans_and_counts_those_within_luck() -> None:
    names = [name for name in PRESETS if name != "own_numbers"]
    arms = [Arm("separate", name) for name in names]
    sentence = told(Arm("separate", "own_numbers"), arms, {"accelerated", "commission"})
    assert "accelerated and commission earn about 100 k€ a year more" in sentence
    assert f"within luck: the profit of the other {len(names) - 2} (" in sentence
    assert "separate / accelerated" not in sentence


def test_plans_under_another_structure_than_todays_are_named_with_it() -> None:
    arms = [Arm("merged", "fixed"), Arm("merged", "mbo"), Arm("merged", "spif")]
    assert "merged / mbo earns" in told(Arm("separate", "own_numbers"), arms, {"mbo"})


# Drawing in characters ---------------------------------------------------------------------------------------------


def test_a_bar_fills_its_share_to_an_eighth() -> None:
    assert [bar(share, 4) for share in (0.0, 0.5, 1.0, 2.0, 0.28125)] == ["    ", "██  ", "████", "████", "█▏  "]


def test_a_line_rises_from_the_lowest_to_the_highest_row_and_jumps_upright() -> None:
    rows = line(lambda x: x, 1.0, 0.0, 1.0, 2, 1)
    assert rows == ["⡠⠊"]
    rows = line(lambda x: 1.0 if x >= 0.5 else 0.0, 1.0, 0.0, 1.0, 4, 2)
    assert rows == ["  ⡏⠉", "⣀⣀⠇ "]
    assert framed(rows, {0: "9", 1: "1"}, [(0.0, "a"), (1.0, "b")]) == ["9 ┤  ⡏⠉", "1 ┤⣀⣀⠇ ", "  └┬──┬", "   a  b"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(page_anew(PAGE.read_text(encoding="utf-8"), Path(name)), encoding="utf-8")
