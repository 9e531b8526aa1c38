"""The counterfactual ledger: nothing is lost between two arms, and what is said of where they part is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import orgsim
from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.engine import streams
from orgsim.experiments.ledger import ends
from orgsim.experiments.ledger.chronicle import DECISIONS, Chronicle, first_difference
from orgsim.experiments.ledger.firm import first
from orgsim.experiments.ledger.flows import flows
from orgsim.experiments.ledger.ledger import Ledger, Side, ledger, sides
from orgsim.experiments.ledger.names import id_of, name_of, parse
from orgsim.experiments.ledger.story import Story, story
from orgsim.experiments.ledger.walk import Meddler, walk
from orgsim.experiments.ledger.why import CATEGORIES, Case, choice
from orgsim.experiments.ledger.words import Words
from orgsim.language import language, places
from orgsim.results import Arm
from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.load import names
from orgsim.scenario.schema import Scenario
from orgsim.simulation import warm_up

TINY = {"market.size": 300, "time.years": 0.5, "time.warm_up_years": 0.4, "time.run_off_months": 0, "people.reps": 2,
        "people.marketers": 1, "market.episodes_per_year": 0.6}  # fmt: skip
PAIRS = [("merged", "separate"), ("cro / quarterly_bonus", "separate"), ("brand_focused", "ivory_tower / contest"),
         ("sla", "separate / clawback"), ("one_person", "self_financing")]  # fmt: skip
# Mechanisms that ship switched off: cancelled orders, recommendations, word of mouth, warnings, double contact.
LIVELY = {"customers.cancel": 0.4, "customers.referrals": 0.3, "customers.word_of_mouth": 0.5, "contact.burn": 0.2,
          "customers.warnings": 0.5, "contact.double": 0.2, "contact.dispute_share": 0.2}  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return orgsim.load_scenario("baseline").with_(**TINY)


@pytest.fixture(scope="module")
def found(small: Scenario) -> Ledger:
    """Two arms in a market that buys often, so that much parts in half a year."""
    return ledger(small.with_(**{"market.episodes_per_year": 0.9, "market.size": 700}), "merged", "separate", seed=3)


def check_sums(scenario: Scenario, a: str, b: str, seed: int = 0, replicate: int = 0) -> Ledger:
    """Every sum of a ledger is that of `orgsim.run`, to the cent."""
    one = ledger(scenario, a, b, seed=seed, replicate=replicate)
    totals = one.totals
    for name, side in (("a", one.a), ("b", one.b)):
        run = orgsim.run(scenario, structure=side.arm.structure, pay=side.arm.pay, seed=seed, replicate=replicate)
        assert dict(zip(totals["figure"], totals[f"ledger_{name}"], strict=True)) == {
            figure: run.kpis[figure] for figure in totals["figure"]
        }
        logged = int(run.world.firm["log"][0])
        assert side.walk.world.log[:logged].tobytes() == run.world.log[:logged].tobytes()
    for measure in ("count", "value", "margin_a", "margin_b", "margin_difference"):
        table = one.cross_table(measure)
        inside = table.iloc[:-1, :-1].to_numpy()
        assert table.loc["all", "all"] == pytest.approx(inside.sum(), abs=1e-6)
        assert table.loc["all", "all"] == pytest.approx(one.cross_table(measure, groups=True).loc["all", "all"])
    fit = one.episodes[one.episodes["viable"]]
    assert int(one.divergences()["ended"].sum()) == int((fit["end_a"] != fit["end_b"]).sum())
    return one


# Nothing is lost -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_sums_of_both_columns_are_those_of_the_runs(tiny: Scenario, a: str, b: str) -> None:
    check_sums(tiny, a, b)


@pytest.mark.parametrize("name", names())
def test_sums_hold_on_the_scenarios_that_ship(name: str) -> None:
    scenario = orgsim.load_scenario(name)
    short = {"time.years": 0.4, "time.run_off_months": 0, "market.size": min(1000, scenario.market.size)}
    check_sums(scenario.with_(**short), "cro", "sla", seed=1)


def test_sums_hold_with_cancelled_orders_recommendations_and_double_contact(tiny: Scenario) -> None:
    scenario = tiny.with_(**LIVELY, **{"market.size": 900, "time.years": 1.0})
    one = check_sums(scenario, "merged", "separate", seed=2)
    won = one.cents["end_a"] == "won"
    assert (won & (one.cents["revenue_a"] == 0)).any()  # some cancelled


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
          phases=(Phase.explicit, Phase.generate))  # fmt: skip
@given(
    changes=st.fixed_dictionaries(
        {"market.size": st.integers(20, 250), "people.reps": st.integers(1, 4), "market.window": st.floats(20, 200),
         "contact.reach": st.floats(0.05, 1), "lead.threshold": st.floats(-6, 2), "contact.burn": st.floats(0, 0.5),
         "customers.cancel": st.floats(0, 1), "opportunity.hours_per_review": st.floats(0.1, 6)}
    ),
    pair=st.sampled_from(PAIRS), key=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
)  # fmt: skip
def test_sums_hold_in_random_scenarios(
    tiny: Scenario, changes: dict[str, Any], pair: tuple[str, str], key: tuple[int, int]
) -> None:
    check_sums(tiny.with_(**changes), *pair, *key)


def test_margins_of_deals_add_up_to_the_books_but_for_the_rounding_of_each(found: Ledger) -> None:
    """The accounts round once a month, the ledger once a deal: half a cent for each deal and month at most."""
    rate = float(found.scenario.money.gross_margin)
    for name, side in (("a", found.a), ("b", found.b)):
        run = orgsim.run(found.scenario, structure=side.arm.structure, pay=side.arm.pay, seed=found.seed)
        totals = found.totals.set_index("figure")[f"ledger_{name}"]
        margin = found.cents[f"margin_{name}"].sum() / 100 + rate * totals["revenue_repeat"]
        rounded = totals["won"] + len(run.periods) + 1
        assert abs(margin - run.kpis["gross_margin"]) <= 0.005 * rounded


def test_a_need_is_worth_the_same_in_both_arms(found: Ledger) -> None:
    one, two = (ends.ends(side.chronicle, 0.4) for side in (found.a, found.b))
    both = one.merge(two, on=["place", "occasion"])
    assert (both["value_x"] == both["value_y"]).all()
    deals = both[(both["deal_x"] > 0) & (both["deal_y"] > 0)]
    assert len(deals) > 50
    assert (deals["deal_x"] == deals["deal_y"]).all()


def test_signals_are_those_leads_that_are_no_need(found: Ledger) -> None:
    signals = found.signals
    for name, side in (("a", found.a), ("b", found.b)):
        here = ~signals[f"end_{name}"].isin(["no_lead", "met_a_need"])
        episodes = (found.episodes[f"lead_{name}"] >= 0).sum()
        run = orgsim.run(found.scenario, structure=side.arm.structure, pay=side.arm.pay, seed=found.seed)
        assert here.sum() + episodes == run.kpis["leads"]
        about_none = run.leads[run.leads["occasion"] < 0]
        assert here.sum() == len(about_none)
        assert signals.loc[here, f"attempts_{name}"].sum() == about_none["touches"].sum()


# Two sides of one thing ----------------------------------------------------------------------------------------------


def test_two_equal_arms_give_a_diagonal_table_and_no_divergence(small: Scenario) -> None:
    one = ledger(small, "separate", "separate", seed=3)
    table = one.cross_table().iloc[:-1, :-1].to_numpy()
    assert table.sum() > 100
    assert (table == np.diag(np.diag(table))).all()
    assert one.first() is None
    assert one.partings == {}
    assert one.parted.empty
    assert one.divergences().empty
    assert one.worth_following().empty


def test_turning_the_arms_round_transposes_the_table(found: Ledger) -> None:
    back = ledger(found.scenario, "separate", "merged", seed=found.seed)
    for measure in ("count", "value"):
        assert found.cross_table(measure).equals(back.cross_table(measure).T)
    assert found.cross_table("margin_difference").equals(-back.cross_table("margin_difference").T)
    here, there = found.divergences(), back.divergences()
    counts = ["category", "first", "root", "turning", "ended", "value"]
    assert here[counts].equals(there[counts])
    assert (here["margin_difference"] + there["margin_difference"]).abs().max() == 0


def test_the_logs_are_the_same_to_the_bit_before_the_first_difference(found: Ledger) -> None:
    a, b = found.a.walk.world.log.copy(), found.b.walk.world.log.copy()
    place = first_difference(found.a.walk.world, found.b.walk.world)
    assert place is not None
    for log in (a, b):
        log["resource"][np.isin(log["activity"], DECISIONS)] = 0  # whose title a decision bears is no act
    assert a[:place].tobytes() == b[:place].tobytes()
    assert a[place] != b[place]
    step = found.first()
    assert step is not None
    assert step.time == min(a["time"][place], b["time"][place])


def test_no_history_of_an_account_parts_before_the_firm_does(found: Ledger) -> None:
    step = found.first()
    assert step is not None
    assert len(found.partings) > 20
    for parting in found.partings.values():
        assert parting.first.time >= step.time
        if parting.turn is not None:
            assert parting.turn.time >= parting.first.time


# Why -----------------------------------------------------------------------------------------------------------------


def forced(scenario: Scenario, meddle: Meddler, seed: int = 1) -> Ledger:
    """A ledger of today's arm with itself, but that in b a hand moves something before each day."""
    arm = Arm(scenario.today.structure, scenario.today.pay)
    warm = warm_up(scenario, arm, seed, 0, record=True)
    ways = walk(scenario, warm, arm), walk(scenario, warm, arm, meddle)
    one, two = (Side(arm, label, way, Chronicle(way.world)) for label, way in zip(("as it is", "by hand"), ways))
    return Ledger(scenario, seed, 0, one, two)


def test_a_threshold_set_by_hand_is_found_where_it_was_set(small: Scenario) -> None:
    """Levers are fixed but for one hand, which lets nothing pass from day 40 on."""
    day = Clock.of(small).start + 40

    def close_the_gate(world: r.World, today: int) -> None:
        if today == day:
            world.firm["threshold"] = 9.0

    one = forced(small.with_(**{"switches.decisions": False}), close_the_gate)
    log = one.a.walk.world.log[: int(one.a.walk.world.firm["log"][0])]
    handed = log[(log["activity"] == r.NOTE_HANDED) & (log["time"] >= day * r.HOURS_PER_DAY)]
    step = one.first()
    assert step is not None
    assert step.category == "hand_over"
    assert step.time == handed["time"].min()
    assert "against a threshold of 9.00 under by hand" in step.why
    assert "handed over to rep" in step.a
    assert {parting.turn.category for parting in one.partings.values() if parting.turn} <= {
        "hand_over", "when_called", "effort", "conversation", "buyer", "earlier", "ownership"}  # fmt: skip
    counts = one.divergences().set_index("category")
    assert counts.loc["hand_over", "turning"] > 10


def test_awareness_taken_away_by_hand_is_found_as_awareness(small: Scenario) -> None:
    def forget_us(world: r.World, today: int) -> None:
        world.segments["awareness"] = 0.0
        world.segments["reach_rate"] = 0.0

    one = forced(small.with_(**{"switches.decisions": False}), forget_us)
    step = one.first()
    assert step is not None
    assert step.category == "awareness"
    roots = {parting.first.category for (place, _), parting in one.partings.items()
             if one.a.chronicle.lines(place)[0].time >= one.a.walk.world.firm["horizon_start"][0]}  # fmt: skip
    assert "awareness" in roots
    assert (one.parted["turn"] == "awareness").sum() > 10


def test_a_buyer_who_turns_with_our_message_is_found_as_the_buyers_choice(small: Scenario) -> None:
    """Field knowledge is held at rest and set by hand, with a weight at which most buyers turn."""
    scenario = small.with_(**{"switches.hold": ["field_knowledge"], "opportunity.weight_message": 0.5,
                              "switches.decisions": False, "customers.word_of_mouth": 0.0})  # fmt: skip

    def garble(world: r.World, today: int) -> None:
        world.firm["field_knowledge"] = 0.0

    one = forced(scenario, garble)
    step = one.first()
    assert step is not None
    assert step.category == "buyer"
    assert "what moved it most was the message, better under as it is" in step.why


def on_all_days(table: str, field: str, value: float) -> Meddler:
    """A hand that sets one field of one table before each day; what is planned on Mondays is planned anew that day."""

    def move(world: r.World, today: int) -> None:
        getattr(world, table)[field] = value

    return move


@pytest.mark.parametrize(
    ("table", "field", "value", "category"),
    [("arm", "visibility", 1.0, "score_seen"), ("arm", "settlement", 30.0, "ownership"),
     ("arm", "sla", 0.1, "lead_rights"), ("reps", "bad", 1e4, "not_believed"), ("firm", "routing", 1, "who_calls"),
     ("firm", "reach", 1.0, "campaign"), ("firm", "found", 1.0, "prospecting"), ("reps", "care", 0.0, "customer"),
     ("reps", "earliest", 1e9, "when_called"), ("reps", "closing_since", 1e9, "effort")],
)  # fmt: skip
def test_what_a_hand_moves_is_what_the_first_difference_is_put_down_to(
    small: Scenario, table: str, field: str, value: float, category: str
) -> None:
    changes = {"switches.decisions": False, "contact.dispute_share": 0.3, "market.episodes_per_year": 0.9,
               "customers.care_weight": 3.0, "contact.attempt_time": 1.0}  # fmt: skip
    one = forced(small.with_(**changes), on_all_days(table, field, value))
    step = one.first()
    assert step is not None
    assert step.category == category
    assert step.why


def test_a_buyers_decision_follows_from_the_figures_given_as_the_reason(found: Ledger) -> None:
    """All decided opportunities of both arms: the chances rebuilt from the diary give what happened."""
    decided = 0
    for side in (found.a, found.b):
        leads = side.walk.world.leads
        start = side.walk.world.firm["horizon_start"][0]
        for k in np.flatnonzero((leads["opportunity"] >= 0) & (leads["closed"] >= start) & (leads["viable"] == 1)):
            if leads["cause"][k] == r.DROPPED:
                continue
            case = Case(found, int(leads["prospect"][k]))
            u_decide, u_us, *_ = case.luck(streams.DECISION, 0, int(leads["episode"][k]))
            decides, wins, _ = choice(side, int(k), case.segment)
            outcome = r.NO_DECISION if u_decide >= decides else r.WON if u_us < wins else r.LOST_RIVAL
            assert outcome == leads["outcome"][k]
            decided += 1
    assert decided > 40


def test_the_diary_dates_what_reps_are_by_when_it_moves(found: Ledger) -> None:
    """Skill moves on Fridays after the day's events and with a new holder on Mondays before them, at no other time; so
    the row of a Friday is Thursday's, and that of any other day its own."""
    diary = found.a.walk.diary
    moved = np.flatnonzero((np.diff(diary.reps["skill"], axis=0) != 0).any(axis=1)) + diary.first
    assert len(moved) > 10
    assert set(moved % r.DAYS_PER_WEEK) <= {0, 4}
    for day in range(diary.first, diary.first + 10):
        time = day * r.HOURS_PER_DAY + 3.0
        assert diary.rep_row(time) == diary.row(time) - (day % r.DAYS_PER_WEEK == 4)


def test_who_thought_of_us_follows_from_the_figures_given_as_the_reason(found: Ledger) -> None:
    """All needs that open in the horizon: luck against the diary's awareness and reach gives the lead's origin."""
    seen = 0
    for side in (found.a, found.b):
        table = ends.ends(side.chronicle, 0.4)
        start = side.walk.world.firm["horizon_start"][0]
        for row in table[(table["lead"] >= 0) & (table["opened"] >= start)].itertuples():
            origin = side.walk.world.leads["origin"][row.lead]
            if origin == r.SIGNAL:
                continue
            case = Case(found, int(row.place))
            line = side.walk.diary.row(row.opened)
            u_aware, *_ = case.luck(streams.EPISODE, 0, int(row.occasion))
            u_campaign, *_ = case.luck(streams.CHANNELS, 0, int(row.occasion))
            aware = u_aware < side.walk.diary.segments["awareness"][line, case.segment]
            reached = u_campaign < side.walk.diary.firm["reach"][line]
            assert origin == (r.INBOUND if aware else r.CAMPAIGN if reached else r.OUTBOUND)
            seen += 1
    assert seen > 40


def test_what_is_handed_over_scored_at_least_the_threshold_in_the_diary(found: Ledger) -> None:
    """Every first hand-over of the horizon, and no lead above the bar stays in nurture."""
    for side in (found.a, found.b):
        diary, leads = side.walk.diary, side.walk.world.leads
        for k, scores in diary.scores.items():
            for day, score in scores:
                handed = leads["handed_over"][k] // r.HOURS_PER_DAY == day
                assert handed == (score >= diary.firm["threshold"][day - diary.first + 1])


def test_every_difference_on_the_baseline_has_a_cause_on_record(found: Ledger) -> None:
    assert "not_recorded" not in set(found.parted["first"]) | set(found.parted["turn"])
    assert (found.parted["first_why"] != "").all()


# Several worlds, names, stories --------------------------------------------------------------------------------------


def test_flows_are_the_mean_of_the_ledgers_of_each_world(tiny: Scenario) -> None:
    summed = flows(tiny, "merged", "separate", replicates=3, seed=4)
    summary = summed.summary()
    ledgers = [ledger(tiny, "merged", "separate", seed=4, replicate=n) for n in range(3)]
    for measure in ("count", "value", "margin_difference"):
        assert summary[measure].sum() == pytest.approx(np.mean([one.flows[measure].sum() for one in ledgers]))
    stays = summary[(summary["end_a"] == "won") & (summary["end_b"] == "won")].iloc[0]
    counts = [one.cross_table().loc["won", "won"] for one in ledgers]
    assert stays["count"] == pytest.approx(np.mean(counts))
    assert stays["count_low"] < stays["count"] < stays["count_high"]
    with pytest.raises(ScenarioError, match="replicates"):
        flows(tiny, "merged", "separate", replicates=0)


def test_an_account_has_one_name_and_one_id(found: Ledger) -> None:
    for place in (0, 17, 500, len(found.a.walk.world.prospects) - 1):
        assert parse(found, name_of(found, place)) == place == parse(found, str(id_of(found, place)))
        assert place == found.place_of(id_of(found, place))
    assert parse(found, "Core:12") == 12
    assert id_of(found, 12) in set(orgsim.run(found.scenario, seed=3).prospects["prospect"])


@pytest.mark.parametrize(
    ("text", "said"),
    [("core:99999", "numbered 0 to 209"), ("cre region:1", "did you mean 'core region'"), ("x", "write an id"),
     ("500000", "did you mean"), ("core:-1", "numbered")],
)  # fmt: skip
def test_an_unknown_account_is_told_with_what_is_allowed(found: Ledger, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        parse(found, text)


def test_unknown_arms_are_told(tiny: Scenario) -> None:
    for a, b in (("mergd", "separate"), ("merged", "separate / fixd"), (Arm("merged", "x"), "separate")):
        with pytest.raises(ScenarioError):
            ledger(tiny, a, b)


def test_a_story_tells_each_line_of_the_log_once_and_the_same_lines_under_equal_arms(found: Ledger) -> None:
    (place, occasion), _ = max(found.partings.items(), key=lambda item: item[0])
    told = story([found], place)
    start = found.a.walk.world.firm["horizon_start"][0]
    for number, side in enumerate((found.a, found.b)):
        lines = [line for line in side.chronicle.lines(place) if line.time >= start]
        events = [event for chapter in told.chapters for event in (*chapter.shared, *chapter.own[number])
                  if event.day >= 0]  # fmt: skip
        assert len(events) == len(lines)
    assert any(f"Need {occasion}" in chapter.title and chapter.parts for chapter in told.chapters)
    same = next(iter(sides(found.scenario, [found.a.arm], found.seed, found.replicate)))
    twins = Ledger(found.scenario, found.seed, found.replicate, found.a, same)
    assert all(chapter.parts == () and chapter.own == ((), ()) for chapter in story([twins], place).chapters)


def test_a_story_printed_holds_every_day_of_both_arms_and_can_be_asked_for_by_name(found: Ledger) -> None:
    (place, _), _ = max(found.partings.items(), key=lambda item: item[0])
    told = story([found], place)
    assert found.story(told.name) == found.story(told.prospect) == told
    text = " ".join(str(told).split())
    assert all(" ".join(event.text.split()) in text for chapter in told.chapters
               for events in (chapter.shared, *chapter.own) for event in events)  # fmt: skip
    assert all(" ".join(part.split()) in text for chapter in told.chapters for part in (*chapter.parts, *told.money))
    with pytest.raises(ScenarioError):
        found.story("nowhere:1")


# Languages -----------------------------------------------------------------------------------------------------------


def sentences(code: str) -> dict[str, str]:
    """The catalogue of stories, by dotted key."""

    def flat(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
        for name, part in table.items():
            if isinstance(part, dict):
                yield from flat(part, f"{path}{name}.")
            else:
                yield path + name, str(part)

    return dict(flat(language(code).sentences["story"]))


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", re.sub(r"\{\w*\}", " ", text).lower()))


@pytest.fixture(scope="module")
def in_french(tiny: Scenario) -> list[tuple[Story, Story]]:
    """Stories of many accounts under three arms, in English and in French, with all that ships switched off at work."""
    lively = LIVELY | {"market.size": 700, "time.years": 1.0, "market.episodes_per_year": 0.9}
    arms = [Arm("merged", "own_numbers"), Arm("sla", "quarterly_bonus"), Arm("one_person", "own_numbers")]
    first, *others = sides(tiny.with_(**lively), arms, 3, 0)
    ledgers = [Ledger(tiny.with_(**lively), 3, 0, first, other) for other in others]
    return [(story(ledgers, place), story(ledgers, place, language("fr"))) for place in range(0, 700, 4)]


def test_both_catalogues_tell_stories_with_the_same_places() -> None:
    english, french = sentences("en"), sentences("fr")
    assert list(english) == list(french)
    assert {key: places(text) for key, text in english.items()} == {key: places(text) for key, text in french.items()}


def test_every_end_category_and_kind_of_line_has_words() -> None:
    for code in ("en", "fr"):
        known = sentences(code)
        keys = [f"end.{end}" for end in ends.ENDS] + [f"category.{name}" for name in CATEGORIES]
        keys += [f"activity.{name}" for name in r.ACTIVITIES] + [f"outcome.{name}" for name in r.OUTCOMES]
        keys += [f"cause.{name}" for name in r.WASTE_CAUSES[1:]] + [f"routing.{name}" for name in r.ROUTINGS]
        assert [key for key in keys if key not in known] == []


def test_every_shipped_leader_is_named_in_both_languages() -> None:
    titles = {chair.title for name in names() for structure in orgsim.load_scenario(name).structures.values()
              for chair in structure.chairs}  # fmt: skip
    for code in ("en", "fr"):
        assert [title for title in sorted(titles) if f"chair.{title.replace(' ', '_')}" not in sentences(code)] == []


def test_no_english_word_is_left_in_a_french_story(in_french: list[tuple[Story, Story]]) -> None:
    """But the names of accounts, by which they are asked for."""
    english = words(" ".join(sentences("en").values())) - words(" ".join(sentences("fr").values()))
    assert {"the", "called", "need", "rep", "month", "under", "closed", "buyer"} <= english
    told = " ".join(str(french).replace(french.name, "") for _, french in in_french)
    assert len(told) > 100_000
    assert words(told) & english == set()


def test_a_french_story_is_set_as_french_is(in_french: list[tuple[Story, Story]]) -> None:
    """Narrow no-break spaces before : ; ? ! % and within quotation marks, decimal commas, real minus signs."""
    told = "\n".join(str(french).replace(french.name, "") for _, french in in_french)
    assert "\u202f%" in told
    assert "jour \u2212" in told
    assert re.findall(r".{20}[^\u202f][:;?!%»]", told) == []
    assert re.findall(r"«[^\u202f]", told) == []
    assert re.findall(r"\d\.\d|-\d", told) == []


def test_a_french_story_tells_the_same_as_the_english_one(in_french: list[tuple[Story, Story]]) -> None:
    parted = 0
    for english, french in in_french:
        assert (english.prospect, english.name, english.before) == (french.prospect, french.name, french.before)
        assert [len(chapter.parts) for chapter in english.chapters] == [len(part.parts) for part in french.chapters]
        rows = english.frame()[["chapter", "day"]]
        assert rows.equals(french.frame()[["chapter", "day"]])
        for one, two in zip(english.chapters, french.chapters, strict=True):
            parted += len(one.parts)
            for here, there in zip(one.parts, two.parts, strict=True):
                shown = [re.findall(r"\d+(?:\.\d+)?", text.replace(",", "").replace("\u202f", ""))
                         for text in (here, re.sub(r"(\d),(\d)", r"\1.\2", there))]  # fmt: skip
                assert sorted(shown[0]) == sorted(shown[1]), (here, there)
    assert parted > 100


def test_arms_of_a_french_story_go_by_their_titles_and_names_given_by_hand_stay(
    small: Scenario, in_french: list[tuple[Story, Story]]
) -> None:
    english, french = in_french[0]
    assert english.labels == ("merged / own_numbers", "sla / quarterly_bonus", "one_person / own_numbers")
    said = language("fr").say
    assert french.labels[0] == f"{said('figures.structure.merged')}, {said('figures.pay.own_numbers')}"
    by_hand = forced(small, lambda world, day: None)
    assert by_hand.story("core:1", language="fr").labels == ("as it is", "by hand")


def test_a_story_is_asked_for_in_a_language_by_its_code(found: Ledger) -> None:
    told = found.story("core:1", language="fr")
    assert told == story([found], 1, language("fr"))
    assert told.labels == tuple(language("fr").say(f"figures.structure.{name}") for name in ("merged", "separate"))
    assert found.story("core:1") == found.story("core:1", language="en")
    with pytest.raises(ScenarioError, match="did you mean 'fr'"):
        found.story("core:1", language="fra")


def test_a_title_that_a_firm_gives_stands_as_it_is_in_every_language() -> None:
    for code in ("en", "fr"):
        said = Words(language(code))
        assert [said.chair("Deputy head"), said.chair("head_of_sales"), said.segment("key.accounts")] == [
            "Deputy head", "head_of_sales", "key.accounts"]  # fmt: skip
    assert Words(language("fr")).chair("head of sales") == "le directeur commercial"


def test_the_first_difference_of_a_firm_is_none_when_there_is_none(found: Ledger) -> None:
    assert first(Ledger(found.scenario, found.seed, found.replicate, found.a, found.a)) is None


def test_a_recommendation_is_the_reason_where_one_opened_the_need_and_only_there(small: Scenario) -> None:
    told = {"customers.word_of_mouth": 2.0, "market.size": 1500, "time.years": 1.5, "people.reps": 3}
    one = ledger(small.with_(**told), "merged", "separate", seed=0)
    opened = []
    for (place, occasion), parting in one.partings.items():
        reason = parting.first.why.partition("opens its need: ")[2]
        if parting.first.category != "recommendation" or not reason:
            continue
        said = ["a customer did" in half for half in reason.split(f" under {one.a.label}, ")]
        by_word = []
        for lines in Case(one, place).lines:
            need = next((x.time for x in lines if x.activity == r.NOTE_NEED and x.occasion == occasion), None)
            by_word.append(need is not None and any(x.activity == r.NOTE_TOLD and x.time == need for x in lines))
        assert said == by_word, parting.first.why
        opened.append(sum(by_word))
    assert {1, 2} <= set(opened)


def test_a_lead_given_back_is_put_down_to_lead_rights(small: Scenario) -> None:
    one = ledger(small.with_(**{"market.size": 900, "market.episodes_per_year": 0.9}), "merged", "sla", seed=0)
    back = [p.turn for p in one.partings.values() if p.turn and ("given back" in p.turn.a or "given back" in p.turn.b)]
    assert len(back) > 2
    assert {step.category for step in back} == {"lead_rights"}


def test_money_worth_following_counts_all_orders_of_all_accounts(small: Scenario) -> None:
    one = ledger(small.with_(**{"market.size": 700}), "merged", "cro / quarterly_bonus", seed=2)
    found = one.worth_following(10_000)["margin_difference"].sum()
    totals = one.totals.set_index("figure")
    rate = one.scenario.money.gross_margin
    income = totals.loc[["revenue_new", "revenue_repeat"]].sum()
    revenue = income["ledger_a"] - income["ledger_b"]
    assert found == pytest.approx(rate * revenue, abs=1.0)


def test_a_part_is_audited_of_segments_with_sizes_of_their_own_too(small: Scenario) -> None:
    from orgsim.engine.segments import segment_sizes
    from orgsim.experiments.ledger.draws import smaller

    sizes = {f"market.segments.{place}.size": 500 for place in range(len(small.market.segments))}
    part = smaller(small.with_(**sizes), 120, 1.0)
    assert 100 <= sum(segment_sizes(part)) <= 120
