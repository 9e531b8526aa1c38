"""Leaders of the user's: what they see, what rights let them do, those that come ready made, and the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import orgsim
from orgsim import Bounded, Clairvoyant, Directives, FixedPlan, Report, ScenarioError
from orgsim.leadership.seat import Leader
from orgsim.results import Run
from orgsim.scenario.organisation import LEVERS
from orgsim.scenario.schema import Scenario

PAGE = Path(__file__).resolve().parents[1] / "docs" / "leaders.md"
TABLES = ("leads", "periods", "hours", "pay", "people", "accounts", "events", "prospects")


@pytest.fixture(scope="module")
def firm() -> Scenario:
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 1000, "time.years": 1.5, "time.warm_up_years": 0.5, "time.run_off_months": 1,
           "people.reps": 3, "people.marketers": 2}
    )  # fmt: skip


class Listener:
    """Keeps the reports it gets, and asks for what it is told to."""

    def __init__(self, **asked: Any) -> None:
        self.reports: list[Report] = []
        self.asked = Directives(**asked)

    def decide(self, report: Report) -> Directives:
        self.reports.append(report)
        return self.asked


def led(scenario: Scenario, chair: str = "head of marketing", structure: str = "separate", **asked: Any) -> Run:
    return orgsim.run(scenario, structure=structure, seed=1, leaders={chair: FixedPlan(Directives(**asked))})


def same(one: Run, other: Run) -> bool:
    return one.kpis == other.kpis and all(getattr(one, name).equals(getattr(other, name)) for name in TABLES)


# The page ------------------------------------------------------------------------------------------------------------


def programs() -> dict[str, str]:
    return dict(re.findall(r"^```python ?(\w*)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL))


def test_the_example_of_the_page_runs_and_is_told_what_its_chair_has_no_right_to(capsys: Any) -> None:
    names: dict[str, Any] = {}
    exec(compile(programs()[""], PAGE.name, "exec"), names)
    decisions = names["run"].decisions
    assert capsys.readouterr().out
    assert set(decisions["lever"]) == {"threshold", "marketing_hours", "message", "devices"}
    assert (decisions[decisions["lever"] == "devices"]["not_done"] == "chief decides").all()
    assert (decisions[decisions["lever"] != "devices"]["not_done"] == "").all()


def test_the_page_names_every_directive_every_lever_and_every_figure_of_a_report() -> None:
    from dataclasses import fields

    from orgsim.leadership.seat import MarketingFigures, SalesFigures

    text = PAGE.read_text("utf-8")
    for kind in (Directives, Report, SalesFigures, MarketingFigures):
        for one in fields(kind):
            assert f"`{one.name}`" in text, one.name
    for lever in set(LEVERS) - {"pay"}:
        assert f"`{lever}`" in text, lever


# Reports -------------------------------------------------------------------------------------------------------------


def test_a_chair_sees_its_own_unit_as_it_was_last_month_and_the_other_late_and_blurred(firm: Scenario) -> None:
    heads = {"head of marketing": Listener(), "head of sales": Listener()}
    run = orgsim.run(firm, structure="separate", seed=1, leaders=heads)
    periods = run.periods
    marketing, sales = (heads[name].reports for name in heads)
    assert [report.month for report in marketing] == list(range(1, 19))
    assert {report.months for report in marketing} == {18}
    blurred = []
    for row, (ours, theirs) in enumerate(zip(marketing[1:], sales[1:], strict=True)):
        assert ours.marketing is not None
        assert theirs.sales is not None
        assert theirs.marketing is not None
        last = periods.iloc[row]
        for name in ("leads", "mqls", "programme", "field_knowledge", "request_hours"):
            assert getattr(ours.marketing, name) == pytest.approx(last[name])
        for name in ("attempted", "sqls", "opportunities", "won", "queued", "customers"):
            assert getattr(theirs.sales, name) == pytest.approx(last[name])
        assert theirs.sales.revenue_new + theirs.sales.revenue_repeat == pytest.approx(last["revenue"])
        booked = run.hours[(run.hours["month"] == row + 1) & (run.hours["role"] == "marketer")]
        assert ours.marketing.hours == pytest.approx(dict(booked.groupby("activity")["hours"].sum()))
        assert ours.alignment == periods["alignment_marketing"].iloc[row + 1]
        assert theirs.alignment == periods["alignment_sales"].iloc[row + 1]
        # 15 days late: on the first day of a month, the month before the last is the last that is known.
        if row > 0:
            blurred.append(theirs.marketing.field_knowledge / periods["field_knowledge"].iloc[row - 1])
    assert np.std(np.log(blurred)) > 0.05


def test_with_sight_at_once_and_no_noise_a_chair_sees_the_other_unit_as_its_own(firm: Scenario) -> None:
    clear = firm.with_(**{"switches.sight": False, "switches.skill": False})
    heads = {"head of marketing": Listener(), "head of sales": Listener()}
    orgsim.run(clear, structure="separate", seed=1, leaders=heads)
    for ours, theirs in zip(*(leader.reports for leader in heads.values()), strict=True):
        assert ours.sales == theirs.sales
        assert ours.marketing == theirs.marketing


def test_before_any_month_is_over_nothing_is_known(firm: Scenario) -> None:
    leader = Listener()
    orgsim.run(firm.with_(**{"time.warm_up_years": 0}), structure="separate", leaders={"head of sales": leader})
    assert leader.reports[0].sales is None
    assert leader.reports[1].sales is not None
    assert leader.reports[1].marketing is None, "it is seen 15 days late"


def test_leaders_decide_when_the_structure_reviews_its_plan(firm: Scenario) -> None:
    leader = Listener()
    orgsim.run(firm.with_(**{"structures.separate.review": 6}), structure="separate", leaders={"chief": leader})
    assert [report.month for report in leader.reports] == [1, 7, 13]


def test_a_report_says_where_a_lever_stands_even_where_nobody_may_put_it(firm: Scenario) -> None:
    leader = Listener()
    far = firm.with_(**{"lead.threshold": -50, "switches.decisions": False})
    orgsim.run(far, structure="separate", leaders={"chief": leader})
    assert leader.reports[0].in_force.threshold == -50


# Rights --------------------------------------------------------------------------------------------------------------

ASKED: dict[str, Any] = {
    "brand_share": 0.9, "programme": 0.5, "threshold": 0.5, "routing": "territory", "quota": 2.0, "discount": 0.0,
    "hiring": False, "sales_hours": {"leads": 2.0}, "marketing_hours": {"brand": 2.0, "insight": 3.0},
    "devices": {"lead_definition": True},
}  # fmt: skip


@pytest.mark.parametrize("structure", ["separate", "separate_joint", "merged", "cro", "revops"])
def test_a_chair_does_what_it_holds_and_nothing_else(firm: Scenario, structure: str) -> None:
    chairs = firm.structures[structure].chairs
    for title in [*(chair.title for chair in chairs), "chief"]:
        leader = Listener(**ASKED)
        run = orgsim.run(firm.with_(**{"time.years": 0.5}), structure=structure, seed=1, leaders={title: leader})
        holds = set(leader.reports[0].holds)
        lever_of = {"brand_share": "budget", "programme": "budget"}
        for row in run.decisions.itertuples():
            right = firm.structures[structure].right(lever_of.get(row.lever, row.lever))
            either = right.decides == "joint" and leader.reports[0].leads in ("sales", "marketing")
            either = either and row.lever not in ("brand_share", "threshold")
            assert (row.not_done == "") == (right.decides == title or either), row
            assert row.not_done in ("", "proposed", f"{right.decides} decides")
            if row.not_done == "proposed":
                assert right.decides == "joint" or right.proposals
        alone = {lever_of.get(lever, lever) for lever in run.decisions[run.decisions["not_done"] == ""]["lever"]}
        assert alone <= holds
        if not holds:
            assert same(run, orgsim.run(firm.with_(**{"time.years": 0.5}), structure=structure, seed=1)) or (
                "proposed" in set(run.decisions["not_done"])
            )


def test_levers_move_at_the_pace_of_the_chairs_attention(firm: Scenario) -> None:
    slow = firm.with_(**{"leadership.attention_scale": 3.0, "leadership.escalations": 0, "switches.switching": False})
    leader = Listener(threshold=2.0)
    run = orgsim.run(slow, structure="separate", seed=1, leaders={"head of marketing": leader})
    pace = 1 - np.exp(-leader.reports[0].hours / 3.0)
    assert leader.reports[0].hours == pytest.approx(25 / 2)
    before = leader.reports[0].in_force.threshold
    assert before is not None
    expected = 2 + (1 - pace) ** np.arange(1, 19) * (before - 2)
    assert run.periods["threshold"].to_numpy() == pytest.approx(expected)


def test_hours_directed_are_weighed_against_habit(firm: Scenario) -> None:
    still = firm.with_(**{"today.pay": "fixed", "effort.half_life": 0, "switches.decisions": False,
                          "switches.attention": False, "effort.directive": 0.5,
                          "switches.turnover": False})  # fmt: skip
    more = led(still, marketing_hours={"qualify": 3.0}).hours
    usual = led(still).hours
    hours = [
        table[table["role"] == "marketer"].groupby("activity")["hours"].sum() / (2 * 78) for table in (usual, more)
    ]
    habit = 35 * (1 - 0.117) - 1.0 * 12 / 52
    share = 5 * (1 + 0.5 * 2) / (35 * (1 - 0.117) + 5)
    assert hours[1]["qualify"] == pytest.approx(share * habit, rel=0.03)
    assert hours[1]["qualify"] > 1.5 * hours[0]["qualify"]
    assert hours[0].sum() == pytest.approx(hours[1].sum())


def test_devices_are_started_and_stopped_by_who_may(firm: Scenario) -> None:
    started = led(firm, "chief", devices={"lead_definition": True}).periods["devices_held"]
    assert (started == 1).all()
    held = firm.with_(**{"structures.separate.devices": ["lead_definition"]})
    assert (led(held, "chief", devices={"lead_definition": False}).periods["devices_held"] == 0).all()
    assert (led(held, "head of sales", devices={"lead_definition": False}).periods["devices_held"] == 1).all()


def test_seats_stay_empty_while_hiring_is_frozen(firm: Scenario) -> None:
    leaving = firm.with_(**{"people.rep_turnover": 0.5, "people.vacancy": 1})
    assert orgsim.run(leaving, structure="separate", seed=1).kpis["hires"] > 0
    assert led(leaving, "chief", hiring=False).kpis["hires"] == 0


def test_where_a_right_is_joint_a_leaders_word_is_a_proposal(firm: Scenario) -> None:
    both = {name: FixedPlan(Directives(brand_share=0.9)) for name in ("head of sales", "head of marketing")}
    run = orgsim.run(firm, structure="separate_joint", seed=1, leaders=both)
    assert run.periods["brand_share"].iloc[-1] == pytest.approx(0.9, abs=0.02)
    assert set(run.decisions["not_done"]) == {"proposed"}


def test_a_veto_binds_a_leader_of_the_users(firm: Scenario) -> None:
    bound = firm.with_(**{"structures.separate.budget": {"decides": "head of marketing", "veto": "head of sales"}})
    assert led(bound, brand_share=1.0).periods["brand_share"].iloc[-1] < 0.9


# Ready made ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("structure", ["separate", "separate_joint", "cro"])
def test_a_bounded_leader_in_every_chair_is_no_leader_at_all_to_the_bit(firm: Scenario, structure: str) -> None:
    titles = [*(chair.title for chair in firm.structures[structure].chairs), "chief"]
    bounded = orgsim.run(firm, structure=structure, seed=2, leaders={title: Bounded() for title in titles})
    assert same(bounded, orgsim.run(firm, structure=structure, seed=2))
    assert isinstance(Bounded(), Leader)


def test_a_leader_does_not_change_luck_nor_what_was_before_it(firm: Scenario) -> None:
    free = orgsim.run(firm, structure="separate", seed=3)
    run = orgsim.run(firm, structure="separate", seed=3, leaders={"head of sales": FixedPlan(Directives(discount=0.0))})
    for one, other in ((free.events, run.events),):
        assert one[one["day"] < 0].reset_index(drop=True).equals(other[other["day"] < 0].reset_index(drop=True))
    assert (run.leads["discount"] == 0).all()


PLANS = [Directives(brand_share=share, threshold=score) for share in (0.2, 0.8) for score in (-4.5, 0.0)]


@pytest.mark.parametrize("chair", ["head of sales", "head of marketing", "chief"])
@pytest.mark.parametrize("foresee", ["profit", "value"])
def test_nobody_holding_to_a_plan_does_better_than_the_clairvoyant(firm: Scenario, chair: str, foresee: str) -> None:
    def brings(leader: Leader) -> float:
        return orgsim.run(firm, structure="separate", seed=1, leaders={chair: leader}, foresee=foresee).kpis[foresee]

    best = brings(Clairvoyant(PLANS, every=6))
    assert all(best >= brings(FixedPlan(plan)) for plan in [*PLANS, Directives()])


def test_a_clairvoyant_in_every_chair_of_a_joint_structure_beats_its_plans_too(firm: Scenario) -> None:
    for chair in ("head of sales", "head of marketing", "chief"):
        best, *others = (
            orgsim.run(firm, structure="separate_joint", seed=4, leaders={chair: leader}).kpis["profit"]
            for leader in (Clairvoyant(PLANS), *map(FixedPlan, [*PLANS, Directives()]))
        )
        assert best >= max(others)


def test_looking_ahead_changes_nothing_and_a_clairvoyant_begins_anew_in_each_run(firm: Scenario) -> None:
    leader = Clairvoyant(PLANS)
    one, other = (orgsim.run(firm, structure="separate", seed=1, leaders={"chief": leader}) for _ in range(2))
    assert same(one, other)
    assert leader.holding == Directives()
    nothing = Clairvoyant([Directives()])
    idle = orgsim.run(firm, structure="separate", seed=1, leaders={"chief": nothing})
    assert same(idle, orgsim.run(firm, structure="separate", seed=1, leaders={"chief": FixedPlan(Directives())}))


def test_what_a_clairvoyant_is_told_of_going_on_comes_true_though_others_remember(firm: Scenario) -> None:
    class Prophet:
        clairvoyant = True
        foretold: float | None = None

        def decide(self, report: Report) -> Directives:
            if report.month == 2 and report.try_out is not None:
                self.foretold = report.try_out(Directives())
            return Directives()

    prophet = Prophet()
    slow = firm.with_(**{"leadership.attention_scale": 30.0, "lead.threshold": -1.0})
    leaders = {"head of marketing": Clairvoyant([Directives(threshold=1.0)], every=100), "chief": prophet}
    run = orgsim.run(slow, structure="separate", seed=1, leaders=leaders, foresee="waste_held_back_value")
    assert run.decisions["lever"].tolist().count("threshold") == 18, "the head of marketing holds to its plan"
    assert prophet.foretold == run.kpis["waste_held_back_value"]


# Errors --------------------------------------------------------------------------------------------------------------


def test_unknown_chairs_and_what_cannot_decide_are_refused_all_at_once(firm: Scenario) -> None:
    wrong: Any = {"head of marketting": Bounded(), "chief": 3, "boss": Bounded()}
    with pytest.raises(ScenarioError) as caught:
        orgsim.run(firm, structure="separate", leaders=wrong)
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    for part in ("did you mean 'head of marketing'", "boss", "a method decide(report)"):
        assert part in text


def test_an_answer_that_is_no_directives_is_refused_by_name(firm: Scenario) -> None:
    class Silent:
        def decide(self, report: Report) -> Any:
            return None

    with pytest.raises(ScenarioError, match=r"chief.*must return Directives"):
        orgsim.run(firm, structure="separate", leaders={"chief": Silent()})


def test_directives_that_make_no_sense_are_refused_all_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        Directives(brand_share=1.2, programme=-1, threshold=float("nan"), routing="evn", quota=0, discount=2,
                   sales_hours={"lead": 1, "leads": 9}, marketing_hours={"joint": 1})  # fmt: skip
    keys = {problem.key for problem in caught.value.problems}
    assert keys == {"brand_share", "programme", "threshold", "routing", "quota", "discount", "sales_hours.lead",
                    "sales_hours.leads", "marketing_hours.joint"}  # fmt: skip
    assert "did you mean 'even'" in str(caught.value)


def test_an_unknown_device_is_refused_with_those_there_are(firm: Scenario) -> None:
    with pytest.raises(ScenarioError, match="did you mean 'lead_definition'"):
        led(firm, "chief", devices={"lead_defintion": True})


@pytest.mark.parametrize(
    "wrong",
    [{"brand_share": "a"}, {"sales_hours": 3}, {"sales_hours": {"leads": None}}, {"hiring": "no"},
     {"devices": {"x": "no"}}],
)
def test_directives_of_the_wrong_kind_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError):
        Directives(**wrong)


def test_an_unknown_figure_to_foresee_is_refused(firm: Scenario) -> None:
    with pytest.raises(ScenarioError, match="profit"):
        orgsim.run(firm, leaders={"chief": Clairvoyant([])}, foresee="proft")


# The environment -----------------------------------------------------------------------------------------------------

NEEDS_GYM = "gymnasium is not installed: pip install 'orgsim[gym]'"


def test_the_environment_passes_gymnasiums_own_check(firm: Scenario) -> None:
    pytest.importorskip("gymnasium", reason=NEEDS_GYM)
    import warnings

    from gymnasium.utils.env_checker import check_env

    from orgsim.environment import ChairEnv

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on the scale of spaces
        check_env(ChairEnv(firm, "head of marketing"), skip_render_check=True)


@pytest.mark.parametrize("chair", ["head of marketing", "chief"])
def test_the_environment_is_the_run_with_the_same_directives(firm: Scenario, chair: str) -> None:
    pytest.importorskip("gymnasium", reason=NEEDS_GYM)
    from orgsim.environment import ACTIONS, OBSERVED, ChairEnv
    from orgsim.scenario.staff import EFFORT, MARKETER_ACTIVITIES, REP_ACTIVITIES

    action = np.array([0.3, -1.0, *np.linspace(0.5, 2, len(ACTIONS) - 2)])
    asked = Directives(
        brand_share=0.3, threshold=-1.0, sales_hours=dict(zip(REP_ACTIVITIES, action[2 : 2 + EFFORT], strict=False)),
        marketing_hours=dict(zip(MARKETER_ACTIVITIES, action[2 + EFFORT :], strict=False)),
    )  # fmt: skip
    run = orgsim.run(firm, structure="cro", pay="hybrid", seed=5, leaders={chair: FixedPlan(asked)})
    env = ChairEnv(firm, chair, structure="cro", pay="hybrid")
    seen, _ = env.reset(seed=5)
    rewards, over, months = [], False, []
    while not over:
        assert len(seen) == len(OBSERVED)
        months.append(seen[OBSERVED.index("month")])
        seen, reward, over, cut, info = env.step(action)
        rewards.append(reward)
        assert not cut
    assert months == list(range(1, 19))
    assert rewards == pytest.approx(run.periods["profit"].tolist(), abs=1e-6)
    assert sum(rewards) == pytest.approx(run.kpis["profit"], abs=1e-6)
    assert info["kpis"] == run.kpis
    if chair == "head of marketing":
        assert seen[OBSERVED.index("marketing.mqls")] == run.periods["mqls"].iloc[-2]


def test_a_world_is_that_of_its_seed_and_without_one_another(firm: Scenario) -> None:
    pytest.importorskip("gymnasium", reason=NEEDS_GYM)
    from orgsim.environment import ChairEnv

    env = ChairEnv(firm, "head of sales")
    first, again = env.reset(seed=1)[0], env.reset(seed=1)[0]
    assert first.tobytes() == again.tobytes()
    assert env.reset()[0].tobytes() != first.tobytes()
    with pytest.raises(ScenarioError, match="no chair"):
        ChairEnv(firm, "boss")


def test_the_environment_of_the_page_runs(capsys: Any) -> None:
    pytest.importorskip("gymnasium", reason=NEEDS_GYM)
    names: dict[str, Any] = {}
    exec(compile(programs()["gym"], PAGE.name, "exec"), names)
    assert names["profit"] == pytest.approx(names["info"]["kpis"]["profit"])
    assert capsys.readouterr().out
