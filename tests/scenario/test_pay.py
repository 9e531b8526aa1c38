"""Pay plans as data: each form of plan pays what it says, and a plan that makes no sense is told where and why."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.load import check_text, library, load_scenario
from orgsim.scenario.pay import Component, Curve, curve_of

QUOTA, PAY = 200_000.0, 4_000.0  # of a period; pay at quota of a component that gives a share


def curve(**keys: Any) -> Curve:
    return curve_of(Component(metric="revenue", **keys), QUOTA, PAY)


# What each form pays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "points"),
    [
        # A share of pay on a straight line: 4,000 € at quota, as much for each further euro.
        ({"share": 0.2}, {0: 0, 0.5: 2_000, 1: 4_000, 2: 8_000, 5: 20_000}),
        # 3 % of 200,000 €.
        ({"rate": 0.03}, {0: 0, 0.5: 3_000, 1: 6_000, 2: 12_000}),
        # Twice the rate above quota.
        ({"share": 0.2, "accelerator": 2.0}, {0.5: 2_000, 1: 4_000, 1.5: 8_000, 3: 20_000}),
        # Half the rate above quota.
        ({"share": 0.2, "accelerator": 0.5}, {1: 4_000, 2: 6_000}),
        # Half the rate below 40 %; what was withheld, 800 €, is paid at 40 %.
        ({"share": 0.2, "threshold": 0.4, "decelerator": 0.5},
         {0.2: 400, 0.399999: 799.998, 0.4: 1_600, 1: 4_000, 2: 8_000}),
        # Nothing below 40 %.
        ({"share": 0.2, "threshold": 0.4}, {0.39: 0, 0.4: 1_600, 1: 4_000}),
        # Nothing below quota, and all of it at quota.
        ({"share": 0.2, "threshold": 1.0}, {0.99: 0, 1: 4_000, 1.5: 6_000}),
        # No more than 5,000 €, which 125 % of quota pays.
        ({"share": 0.2, "cap": 1.25}, {1: 4_000, 1.25: 5_000, 2: 5_000, 9: 5_000}),
        # With twice the rate above quota, 112.5 % pays it.
        ({"share": 0.2, "cap": 1.25, "accelerator": 2.0}, {1: 4_000, 1.1: 4_800, 1.125: 5_000, 2: 5_000}),
        ({"rate": 0.03, "cap": 1.0}, {0.5: 3_000, 1: 6_000, 2: 6_000}),
        # A lump on top of a rate, and alone.
        ({"rate": 0.03, "bonus": 500.0}, {0.999: 5_994, 1: 6_500, 2: 12_500}),
        ({"bonus": 500.0}, {0.999: 0, 1: 500, 2: 500}),
        # Points over pay at quota; the last slope goes on: .8 x 4,000 € for each 100 % of quota.
        ({"share": 0.2, "curve": ((0.0, 0.0), (0.5, 0.25), (1.0, 1.0), (1.5, 1.4))},
         {0.25: 500, 0.5: 1_000, 0.75: 2_500, 1: 4_000, 1.5: 5_600, 2: 7_200}),
        # An attainment given twice is a jump.
        ({"share": 0.2, "curve": ((0.0, 0.0), (1.0, 0.5), (1.0, 1.0), (2.0, 1.5))},
         {0.5: 1_000, 0.999: 1_998, 1: 4_000, 2: 6_000, 3: 8_000}),
        ({"share": 0.2, "curve": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))}, {0.99: 0, 1: 4_000, 4: 4_000}),
        # A first point above the axis is paid when it is reached.
        ({"share": 0.2, "curve": ((0.5, 0.5), (1.0, 1.0))}, {0.49: 0, 0.5: 2_000, 1: 4_000, 1.5: 6_000}),
        # A cap ends a curve, also where a jump would pass it.
        ({"share": 0.2, "cap": 1.2, "curve": ((0.0, 0.0), (1.0, 1.0))}, {1: 4_000, 1.2: 4_800, 2: 4_800}),
        ({"share": 0.2, "cap": 1.2, "curve": ((0.0, 0.0), (1.0, 1.0), (1.0, 2.0), (2.0, 3.0))},
         {0.99: 3_960, 1: 4_800, 2: 4_800}),
        # Rates by bands: 5, 8, 12 and 16 % of what lies in each (B, S63).
        ({"bands": [{"end": 0.5, "rate": 0.05}, {"start": 0.5, "end": 1.0, "rate": 0.08},
                    {"start": 1.0, "end": 1.25, "rate": 0.12}, {"start": 1.25, "rate": 0.16}]},
         {0.5: 5_000, 1: 13_000, 1.25: 19_000, 2: 43_000}),
        # Bands may leave gaps, which pay nothing, and need no order.
        ({"bands": [{"start": 1.0, "rate": 0.1}, {"start": 0.0, "end": 0.5, "rate": 0.05}]},
         {0.5: 5_000, 0.75: 5_000, 1: 5_000, 1.5: 15_000}),
        ({"bands": [{"rate": 0.05}], "bonus": 300.0}, {0.5: 5_000, 1: 10_300, 2: 20_300}),
    ],
)  # fmt: skip
def test_each_form_pays_what_it_says(keys: dict[str, Any], points: dict[float, float]) -> None:
    drawn = curve(**keys)
    assert {at: drawn.pay(at) for at in points} == pytest.approx(points)
    assert drawn.at == tuple(sorted(set(drawn.at)))


def test_a_contest_pays_nothing_by_attainment() -> None:
    assert [curve(bonus=500.0, winners=2).pay(at) for at in (0.0, 1.0, 3.0)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("keys", "linear"),
    [
        ({"share": 0.2}, True), ({"rate": 0.03}, True), ({"share": 0.2, "cap": 2.0}, False),
        ({"share": 0.2, "bonus": 1.0}, False), ({"share": 0.2, "threshold": 0.5}, False),
        ({"share": 0.2, "accelerator": 1.5}, False), ({"bands": [{"rate": 0.05}]}, False),
        ({"share": 0.2, "curve": ((0.0, 0.0), (1.0, 1.0))}, False),
    ],
)  # fmt: skip
def test_a_plan_is_linear_when_every_unit_pays_the_same(keys: dict[str, Any], linear: bool) -> None:
    assert Component(metric="revenue", **keys).linear == linear


# Plans that make no sense ------------------------------------------------------------------------------------------

PLAN = """extends = "baseline"

[pay.ours]
title = "Ours"

[[pay.ours.{role}]]
metric = "{metric}"
{lines}
"""


def told(lines: str, role: str = "rep", metric: str = "revenue") -> Problem:
    """The one problem of a plan whose component has these lines, the first of them the file's eighth."""
    with pytest.raises(ScenarioError) as caught:
        check_text(PLAN.format(role=role, metric=metric, lines=lines), "ours.toml", Path())
    (problem,) = caught.value.problems
    assert problem.file == "ours.toml"
    return problem


@pytest.mark.parametrize(
    ("lines", "line", "key", "found", "message"),
    [
        ("quota = -5\nshare = 0.2", 8, "quota", "-5", "found -5; must be more than 0"),
        ("share = 0.2\nquota = 0", 9, "quota", "0", "found 0; must be more than 0"),
        ("share = 0.2\nquota = inf", 6, "", "a table", "quota must be a finite number, found inf"),
        ("share = 0.2\nquota = 'many'", 9, "quota", "'many'",
         "found 'many', which does not start with a number; write a plain number, such as '20'"),
        ("share = 0.2\ncap = 0.8", 9, "cap", "0.8",
         "found 0.8, which is under the base, pay at quota (1); a cap must be at least 1"),
        ("share = 0.99", 8, "share", "0.99", "found 0.99; must be at most 0.95"),
        ("share = 0.2\nthreshold = 1.2", 9, "threshold", "1.2", "found 1.2; must be at most 1"),
        ("share = 0.2\nthreshold = 0.5\ndecelerator = 1.5", 10, "decelerator", "1.5", "found 1.5; must be at most 1"),
        ("share = 0.2\naccelerator = -1", 9, "accelerator", "-1", "found -1; must be at least 0"),
        ("share = 0.2\nperiod = 'fortnight'", 9, "period", "'fortnight'",
         "found 'fortnight'; allowed: week, month, quarter, year"),
        ("bands = [\n  { end = 0.6, rate = 0.05 },\n  { start = 0.5, rate = 0.08 },\n]", 8, "bands", "a list",
         "the bands 0 to 0.6 and 0.5 to inf overlap; each must begin where another ends, or later"),
        ("bands = [{ start = 0.6, end = 0.5, rate = 0.05 }]", 8, "bands", "a list",
         "the band from 0.6 to 0.5 is empty; it must end above its start"),
        ("bands = [{ rate = -0.05 }]", 8, "bands[0].rate", "-0.05", "found -0.05; must be at least 0"),
        ("share = 0.2\ncurve = [[0.0, 0.0], [1.0, 1.0], [0.5, 0.8]]", 9, "curve", "a list",
         "the points (1, 1) and (0.5, 0.8) are out of order; both must rise"),
        ("share = 0.2\ncurve = [[0.0, 0.0], [1.0, 1.0], [1.5, 0.8]]", 9, "curve", "a list",
         "the points (1, 1) and (1.5, 0.8) are out of order; both must rise"),
        ("share = 0.2\ncurve = [[-1.0, 0.0], [1.0, 1.0]]", 9, "curve", "a list",
         "the point (-1, 0) must be of two finite numbers from 0"),
        ("share = 0.2\nrate = 0.05", 6, "", "a table",
         "pay at quota is given twice, by share and rate; give one of share, rate and bands"),
        ("scope = 'own'", 6, "", "a table",
         "nothing is paid; give a share of pay, a rate, bands of rates, or a bonus"),
        ("share = 0.2\nperiod = 'quarter'\nweeks = [10, 14]", 6, "", "a table",
         "weeks 10 to 14 are not within 1 to 13, the weeks of a quarter"),
        ("share = 0.2\nperiod = 'year'\nweeks = [0, 4]", 6, "", "a table",
         "weeks 0 to 4 are not within 1 to 52, the weeks of a year"),
        ("share = 0.2\nperiod = 'quarter'\nweeks = [5, 2]", 6, "", "a table",
         "weeks 5 to 2 are not within 1 to 13, the weeks of a quarter"),
        ("share = 0.2\nweeks = [1, 2]", 6, "", "a table",
         "weeks are counted in a quarter or a year, not in a month"),
        ("share = 0.2\nbonus = 100\nwinners = 1", 6, "", "a table",
         "a contest pays a bonus to the winners of an own metric, and nothing else"),
        ("bonus = 100\nwinners = 1\nscope = 'team'", 6, "", "a table",
         "a contest pays a bonus to the winners of an own metric, and nothing else"),
        ("bands = [{ rate = 0.05 }]\nthreshold = 0.5", 6, "", "a table",
         "threshold, decelerator and accelerator shape a share or a rate, not bands or a curve"),
        ("bands = [{ rate = 0.05 }]\ncap = 1.5", 6, "", "a table",
         "a cap limits a share or a rate; bands are ended by the end of the last one"),
        ("share = 0.2\ndecelerator = 0.5", 6, "", "a table", "a decelerator needs a threshold below which it holds"),
        ("rate = 0.2\ncurve = [[0.0, 0.0], [1.0, 1.0]]", 6, "", "a table",
         "a curve gives pay over pay at quota; it needs a share"),
    ],
)  # fmt: skip
def test_nonsense_in_a_component_is_told_with_file_line_key_and_what_is_right(
    lines: str, line: int, key: str, found: str, message: str
) -> None:
    problem = told(lines)
    assert (problem.line, problem.key, problem.found, problem.message) == (
        line, "pay.ours.rep[0]" + (f".{key}" if key else ""), found, message,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "metric", "lines", "message"),
    [
        ("rep", "mqls", "share = 0.2", "no rep moves mqls; allowed: revenue, new_revenue, repeat_revenue, wins, "
         "opportunities, pipeline, sqls, leads_hours, prospecting_hours, opportunities_hours, customers_hours, "
         "logging_hours"),
        ("rep", "sourced_pipeline", "share = 0.2", "no rep moves sourced_pipeline; "),
        ("rep", "brand_hours", "share = 0.2", "no rep moves brand_hours; "),
        ("marketer", "logging_hours", "share = 0.2", "no marketer moves logging_hours; allowed: revenue, "),
        ("marketer", "revenue", "share = 0.2", "revenue is not told apart by marketer; its scope is team or firm"),
        ("rep", "logging_hours", "scope = 'team'\nshare = 0.2",
         "found scope 'team'; hours are one's own, so the scope of logging_hours is own"),
    ],
)  # fmt: skip
def test_a_metric_that_the_role_cannot_move_is_told_with_those_it_can(
    role: str, metric: str, lines: str, message: str
) -> None:
    problem = told(lines, role, metric)
    assert (problem.line, problem.key) == (6, f"pay.ours.{role}[0]")
    assert problem.message.startswith(message)


def test_a_metric_that_does_not_exist_is_answered_with_the_nearest() -> None:
    problem = told("share = 0.2", metric="revenu")
    assert (problem.line, problem.key, problem.hint) == (7, "pay.ours.rep[0].metric", "revenue")


@pytest.mark.parametrize(
    ("lines", "line", "key", "message"),
    [
        ('rep = [{ metric = "revenue", share = 0.6 }, { metric = "wins", share = 0.5 }]', 4, "pay.ours.rep",
         "the shares of rep sum to 1.1; base pay must remain, so 0.95 is the most"),
        ('clawback = "60 days"', 3, "pay.ours", "a clawback takes back reps' variable pay, of which there is none"),
        ("draw = { amount = 500 }", 3, "pay.ours", "a draw advances reps' variable pay, of which there is none"),
    ],
)  # fmt: skip
def test_nonsense_in_a_plan_is_told(lines: str, line: int, key: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        check_text(f'extends = "baseline"\n\n[pay.ours]\n{lines}\n', "ours.toml", Path())
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.key, problem.message) == ("ours.toml", line, key, message)


def test_more_bends_than_the_engine_keeps_are_refused() -> None:
    bands = [{"start": n / 5, "end": n / 5 + 0.1, "rate": 0.05} for n in range(6)]
    assert len(curve(bands=bands).at) == 12
    with pytest.raises(ValidationError, match="pay bends or jumps at 13 attainments; 12 is the most"):
        Component.model_validate({"metric": "revenue", "bands": [*bands[:4], {"start": 0.82, "end": 0.9, "rate": 0.1},
                                                                 {"start": 0.92, "end": 0.95, "rate": 0.1}],
                                  "bonus": 5})  # fmt: skip


def test_all_mistakes_of_a_plan_are_told_at_once() -> None:
    text = PLAN.format(role="rep", metric="revenue", lines="share = 0.2\ncap = 0.5\nquota = -1\nwinnners = 2")
    with pytest.raises(ScenarioError) as caught:
        check_text(text, "ours.toml", Path())
    assert [(p.line, p.key.rsplit(".", 1)[-1]) for p in caught.value.problems] == [(9, "cap"), (10, "quota"),
                                                                                  (11, "winnners")]  # fmt: skip


# Plans that ship ---------------------------------------------------------------------------------------------------


def presets() -> list[Path]:
    return sorted((library() / "pay").glob("*.toml"))


def test_every_form_of_table_b_ships_and_loads() -> None:
    names = {path.stem for path in presets()}
    assert names >= {"fixed", "own_numbers", "shared_revenue", "commission", "accelerated", "decelerated", "capped",
                     "quarterly_bonus", "spif", "draw", "clawback", "team_bonus", "mbo", "mql_volume", "sql_accepted",
                     "pipeline_sourced", "contest", "hybrid"}  # fmt: skip
    assert set(load_scenario("baseline").pay) == names


@pytest.mark.parametrize("path", presets(), ids=lambda path: path.stem)
def test_a_preset_says_its_source_and_what_to_expect(path: Path) -> None:
    comment = "".join(line for line in path.read_text("utf-8").splitlines(True) if line.startswith("#"))
    for word in ("Source:", "By role:", "Predicted:"):
        assert word in comment
    assert load_scenario("baseline").pay[path.stem].title


@pytest.mark.parametrize("path", presets(), ids=lambda path: path.stem)
def test_at_quota_all_presets_pay_the_share_they_say(path: Path) -> None:
    plan = load_scenario("baseline").pay[path.stem]
    for component in (*plan.rep, *plan.marketer):
        if component.winners:
            continue
        assert component.share is not None
        assert curve_of(component, QUOTA, PAY).pay(1.0) == pytest.approx(PAY)


def test_the_accelerated_preset_has_the_bands_of_its_source_in_shape() -> None:
    (component,) = load_scenario("baseline").pay["accelerated"].rep
    rates = [{"end": 0.5, "rate": 0.05}, {"start": 0.5, "end": 1.0, "rate": 0.08},
             {"start": 1.0, "end": 1.25, "rate": 0.12}, {"start": 1.25, "rate": 0.16}]  # fmt: skip
    bands = curve_of(Component.model_validate({"metric": "revenue", "bands": rates}), QUOTA, 0.0)
    ours = curve_of(component, QUOTA, bands.pay(1.0))
    for attainment in (0.0, 0.3, 0.5, 0.8, 1.0, 1.1, 1.25, 1.6, 2.5):
        assert math.isclose(ours.pay(attainment), bands.pay(attainment), rel_tol=1e-5)
