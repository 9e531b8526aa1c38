"""Any directives, valid and invalid, in any chairs, month after month: rights and vetoes hold, levers stay within their
bounds, nothing is lost, each wish is written down with what became of it, and the same wishes give the same bits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from machine_settings import driven
from test_random_organisations import TABLES, check, same

import orgsim
from orgsim import Bounded, Directives, Report, ScenarioError
from orgsim.results import Run
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import EFFORT, MARKETER_ACTIVITIES, REP_ACTIVITIES

FIRM = {"market.size": 250, "time.years": 0.5, "time.warm_up_years": 0.25, "time.run_off_months": 1,
        "people.reps": 2, "people.marketers": 2, "market.episodes_per_year": 0.6,
        # Each lever of the two that the bounded leader moves has a veto in one structure, and is joint in another.
        "structures.guarded": {"extends": "separate",
                               "budget": {"decides": "head of marketing", "veto": "head of sales"},
                               "threshold": {"decides": "head of sales", "veto": "head of marketing",
                                             "proposals": True}},
        "structures.quarterly": {"extends": "cro", "review": 2}}  # fmt: skip
STRUCTURES = ("separate", "separate_joint", "merged", "cro", "revops", "guarded", "quarterly")
MONTHS = 6  # of half a year that begins with a quarter
BOUNDS = {"brand_share": (0.0, 1.0), "programme": (0.0, 5.0), "threshold": (-1e12, 1e12), "quota": (0.05, 5.0),
          "discount": (0.0, 1.0)}  # fmt: skip
LEVER_OF = {"brand_share": "budget", "programme": "budget"}
PROPOSED = ("brand_share", "threshold")
NUMBERS = {
    "brand_share": st.floats(0, 1), "programme": st.floats(0, 5), "threshold": st.floats(-8, 5) | st.just(-1e12),
    "quota": st.floats(0.05, 5), "discount": st.floats(0, 1),
}  # fmt: skip
HABITS = st.floats(0, 5)
VALID = st.fixed_dictionaries({}, optional={
    **NUMBERS, "routing": st.sampled_from(["even", "territory", "performance", "experience"]), "hiring": st.booleans(),
    "sales_hours": st.dictionaries(st.sampled_from(REP_ACTIVITIES[:EFFORT]), HABITS, max_size=3),
    "marketing_hours": st.dictionaries(st.sampled_from(MARKETER_ACTIVITIES[:EFFORT]), HABITS, max_size=3),
    "devices": st.dictionaries(st.sampled_from(["lead_definition", "feedback_rounds", "joint_planning"]), st.booleans(),
                               max_size=2),
})  # fmt: skip
NO_NUMBER = st.sampled_from([math.nan, math.inf, -math.inf, "0.5", True, [0.5], {}, 1e13, -1e13, b"1", 1j,
                             10**400, -(10**4000)])
INVALID = st.one_of(
    st.tuples(st.sampled_from(list(BOUNDS)), NO_NUMBER),
    st.tuples(st.just("quota"), st.sampled_from([0, 0.04, 5.1])),
    st.tuples(st.sampled_from(["brand_share", "discount"]), st.sampled_from([-0.01, 1.01])),
    st.tuples(st.just("routing"), st.sampled_from(["evn", "", 3, [], {}])),
    st.tuples(st.just("hiring"), st.sampled_from([0, 1, "yes", np.bool_(True), 0.0])),
    st.tuples(st.sampled_from(["sales_hours", "marketing_hours"]),
              st.sampled_from([3, {"leads": math.nan}, {"brand": -1}, {"joint": 1}, {1: 1.0}, {None: 1.0},
                               [("leads", 1)]])),
    st.tuples(st.just("devices"), st.sampled_from([["lead_definition"], {"lead_definition": 1}, {3: "x"}])),
)  # fmt: skip


class Listed:
    """A leader who asks in each month for what was written down for it, keeps what it sees, and then falls silent."""

    def __init__(self, asked: Mapping[int, Directives]) -> None:
        self.asked, self.seen = dict(asked), dict[int, Report]()

    def decide(self, report: Report) -> Directives:
        self.seen[report.month] = report
        return self.asked.get(report.month, Directives())


def firm() -> Scenario:
    return orgsim.load_scenario("baseline").with_(**FIRM)


class Leading(RuleBasedStateMachine):
    """One firm under one structure; chairs are taken, and what they ask for grows month by month."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: dict[str, dict[int, Directives]] = {}
        self.month = 1
        self.before: tuple[int, Run] | None = None  # the last run, and the month up to which it was asked for

    @initialize(structure=st.sampled_from(STRUCTURES), seed=st.integers(0, 2**32 - 1))
    def begin(self, structure: str, seed: int) -> None:
        self.structure, self.seed = structure, seed
        self.form = firm().structures[structure]
        self.titles = [*(chair.title for chair in self.form.chairs), "chief"]
        self.decided = [month for month in range(1, MONTHS + 1) if (month - 1) % round(self.form.review) == 0]

    def teardown(self) -> None:
        """Whatever was asked for is looked at once, at the end."""
        if self.plans:
            self.what_is_asked_for_is_done_as_rights_allow()

    def run(self, scenario: Scenario | None = None, **leaders: Any) -> tuple[Run, dict[str, Listed]]:
        listed = {title: Listed(plan) for title, plan in self.plans.items()}
        chairs: dict[str, Any] = leaders.get("leaders", listed)
        return orgsim.run(scenario or firm(), structure=self.structure, seed=self.seed, leaders=chairs), listed

    # What chairs ask for ----------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 9), asked=VALID)
    def ask(self, which: int, asked: dict[str, Any]) -> None:
        title = self.titles[which % len(self.titles)]
        self.plans.setdefault(title, {})[self.month] = Directives(**asked)

    @precondition(lambda self: self.month < MONTHS)
    @rule(months=st.integers(1, 2))
    def let_time_pass(self, months: int) -> None:
        self.month = min(MONTHS, self.month + months)

    @rule(asked=VALID, wrong=st.lists(INVALID, min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
    def ask_for_what_makes_no_sense(self, asked: dict[str, Any], wrong: list[tuple[str, Any]]) -> None:
        """It is refused at once, with each of the mistakes, and changes nothing."""
        with pytest.raises(ScenarioError) as caught:
            Directives(**asked | dict(wrong))
        told = {problem.key.split(".")[0] for problem in caught.value.problems}
        assert told == {name for name, _ in wrong}
        assert all("found" in problem.message for problem in caught.value.problems)

    @rule(answer=st.sampled_from([None, 3, {}, "brand", Directives]))
    def answer_with_no_directives(self, answer: Any) -> None:
        class Odd:
            def decide(self, report: Report) -> Any:
                return answer

        with pytest.raises(ScenarioError, match="must return Directives"):
            self.run(leaders={"chief": Odd()})

    @rule(title=st.sampled_from(["boss", "", "Chief", "joint", "head of marketting"]))
    def take_a_chair_that_there_is_not(self, title: str) -> None:
        with pytest.raises(ScenarioError, match="which is no chair"):
            self.run(leaders={title: Bounded()})

    @rule(leaders=st.sampled_from([["chief"], 3, "chief"]))
    def lead_without_saying_which_chair(self, leaders: Any) -> None:
        with pytest.raises(ScenarioError, match="a table of leaders by the title of their chair is needed"):
            self.run(leaders=leaders)

    # What comes of it -------------------------------------------------------------------------------------------

    @precondition(lambda self: self.plans)
    @rule()
    def what_is_asked_for_is_done_as_rights_allow(self) -> None:
        run, listed = self.run()
        check(run)
        self._decisions(run, listed)
        self._levers(run, listed)
        if self.before is not None:
            self._same_up_to(self.before, run)
        self.before = (self.month, run)
        self.month = min(MONTHS, self.month + 1)  # what was said is said: only later months can be added to

    def _decisions(self, run: Run, listed: dict[str, Listed]) -> None:
        """A row for each wish, in the order of months and chairs, that says what became of it."""
        rows = list(run.decisions.itertuples(index=False))
        expected = [
            (month, title, lever, wanted)
            for month in self.decided
            for title in self.titles
            if title in self.plans and month in self.plans[title]
            for lever, wanted in self.plans[title][month].levers().items()
        ]
        assert [(row.chair, row.lever) for row in rows] == [(title, lever) for _, title, lever, _ in expected]
        for row, (month, title, lever, wanted) in zip(rows, expected, strict=True):
            right = self.form.right(LEVER_OF.get(lever, lever))
            head = listed[title].seen[month].leads in ("sales", "marketing", "both")
            head = head and any(self.titles[self.form.leader(one)] == title for one in ("sales", "marketing"))
            alone = right.decides == title or (right.decides == "joint" and head and lever not in PROPOSED)
            proposed = lever in PROPOSED and head and (right.decides == "joint" or right.proposals)
            assert row.wanted == wanted
            said = ["" if alone else "proposed" if proposed else f"{right.decides} decides"]
            if alone and lever in PROPOSED and right.veto is not None:
                said.append(f"{right.veto} has a veto")
            assert row.not_done in said
            if not alone:
                assert row.now is None or row.now != row.now
            elif lever in BOUNDS:
                low, high = BOUNDS[lever]
                assert low <= row.now <= high
                was = getattr(listed[title].seen[month].in_force, lever)
                loss = 1e-9 * max(1.0, abs(was), abs(wanted))  # nothing moves but towards the wish, veto or not
                assert min(was, wanted) - loss <= row.now <= max(was, wanted) + loss

    def _levers(self, run: Run, listed: dict[str, Listed]) -> None:
        """All that is in force is something that might be directed, and a report shows it as it is."""
        assert run.periods["brand_share"].between(0, 1).all()
        assert np.isfinite(run.periods["threshold"]).all()
        for leader in listed.values():
            assert sorted(leader.seen) == self.decided
            for report in leader.seen.values():
                assert isinstance(report.in_force, Directives)
                assert report.hours >= 0
                assert 0 <= report.alignment <= 10

    def _same_up_to(self, before: tuple[int, Run], run: Run) -> None:
        """Wishes of later months do not change the months before."""
        month, earlier = before
        rows = [run.periods["month"] < month for run in (earlier, run)]
        assert earlier.periods[rows[0]].equals(run.periods[rows[1]])

    @precondition(lambda self: self.plans)
    @rule()
    def the_same_wishes_give_the_same_bits(self) -> None:
        one, other = self.run()[0], self.run()[0]
        assert same(one, other)
        assert one.decisions.equals(other.decisions)

    @rule(which=st.integers(0, 9))
    def who_is_silent_while_nobody_decides_is_not_there(self, which: int) -> None:
        """With bounded leaders' decisions off, a silent leader of the user's is none at all."""
        still = firm().with_(**{"switches.decisions": False})
        silent = {self.titles[which % len(self.titles)]: Listed({})}
        run, _ = self.run(still, leaders=silent)
        assert same(run, orgsim.run(still, structure=self.structure, seed=self.seed))
        assert run.decisions.empty

    @rule(which=st.integers(0, 9))
    def who_is_silent_and_holds_none_of_the_bounded_leaders_levers_is_not_there(self, which: int) -> None:
        title = self.titles[which % len(self.titles)]
        leader = Listed({})
        run, _ = self.run(leaders={title: leader})
        if not {"budget", "threshold"} & set(leader.seen[1].holds):
            assert same(run, orgsim.run(firm(), structure=self.structure, seed=self.seed))
        assert run.decisions.empty

    @rule()
    def bounded_leaders_in_all_chairs_are_the_firms_own(self) -> None:
        run, _ = self.run(leaders={title: Bounded() for title in self.titles})
        assert same(run, orgsim.run(firm(), structure=self.structure, seed=self.seed))

    @rule(which=st.integers(0, 9), asked=st.fixed_dictionaries({
        "brand_share": st.floats(0, 1), "threshold": st.floats(-6, 4), "hours": st.lists(
            st.floats(0, 5), min_size=2 * EFFORT, max_size=2 * EFFORT)}))  # fmt: skip
    def the_environment_does_as_the_chair_would(self, which: int, asked: dict[str, Any]) -> None:
        pytest.importorskip("gymnasium")
        from orgsim.environment import ChairEnv

        title, hours = self.titles[which % len(self.titles)], asked["hours"]
        plan = Directives(
            brand_share=asked["brand_share"], threshold=asked["threshold"],
            sales_hours=dict(zip(REP_ACTIVITIES[:EFFORT], hours[:EFFORT], strict=True)),
            marketing_hours=dict(zip(MARKETER_ACTIVITIES[:EFFORT], hours[EFFORT:], strict=True)),
        )  # fmt: skip
        run = orgsim.run(firm(), structure=self.structure, seed=self.seed, leaders={title: orgsim.FixedPlan(plan)})
        env = ChairEnv(firm(), title, structure=self.structure)
        env.reset(seed=self.seed)
        over, earned, info = False, 0.0, {}
        while not over:
            _, reward, over, _, info = env.step(np.array([asked["brand_share"], asked["threshold"], *hours]))
            earned += reward
        assert earned == pytest.approx(run.kpis["profit"], abs=1e-6)
        assert all(info["kpis"][name] == value or value != value for name, value in run.kpis.items())


def test_levers_obey_rights_whatever_leaders_ask_for() -> None:
    run_state_machine_as_test(Leading, settings=driven(5, 8))


@pytest.mark.slow
def test_levers_obey_rights_over_long_sequences_of_directives() -> None:
    run_state_machine_as_test(Leading, settings=driven(15, 15))


def test_all_tables_of_a_run_are_compared() -> None:
    assert {"leads", "periods", "accounts", "events"} <= set(TABLES)
