"""An answer is `orgsim.compare`'s to the last digit; it grows up a ladder to a number of worlds set beforehand."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import orgsim
from orgsim.app import live
from orgsim.app.downloads import command_of, file_of, scenario_file
from orgsim.app.levers import PAY_LEVERS, STRUCTURE_LEVERS, Lever
from orgsim.app.live import Ask
from orgsim.app.question import read
from orgsim.app.reply import comparison_of
from orgsim.app.runs import Runs, Stopped, TooLong
from orgsim.experiments.comparison import Comparison
from orgsim.experiments.metrics import SHOWN
from orgsim.experiments.statistics import paired
from orgsim.scenario.load import check_text

Document = dict[str, Any]
Answers = Callable[..., list[Document]]
FIELDS = ("mean", "low", "high", "difference", "difference_low", "difference_high", "median", "p_adjusted",
          "share_better", "share_equal")  # fmt: skip


def same(answer: Document, comparison: Comparison) -> None:
    """The figures of an answer are those of a comparison, to the last digit."""
    rows = {(f"{row['structure']} / {row['pay']}", row["metric"]): row
            for row in comparison.summary().to_dict("records")}  # fmt: skip
    for arm in answer["arms"]:
        if arm["pinned"]:
            continue
        for name in SHOWN:
            told, row = arm["metrics"][name], rows[arm["key"], name]
            for field in FIELDS:
                value = row.get(field)
                known = value is not None and np.isfinite(value)
                assert told[field] == (value if known else None), (arm["key"], name, field)
            if "values" in told:
                assert told["values"] == comparison.values(comparison.arm(arm["key"]), name).tolist()


def test_the_last_answer_is_that_of_compare_to_the_last_digit(question: Document, answers: Answers) -> None:
    question["arms"].append({"structure": "cro", "pay": "shared_revenue", "levers": {"coordination": 3}})
    said = answers(question)
    case = read(question)
    names = [str(arm) for arm in case.arms]
    found = orgsim.compare(case.scenario, arms=names, against=names[0], replicates=20, seed=3, threads=1)
    assert (said[-1]["state"], said[-1]["worlds"]) == ("done", 20)
    same(said[-1], found)


def test_arms_none_of_which_is_todays(question: Document, answers: Answers) -> None:
    question["arms"] = [{"structure": "merged"}, {"structure": "cro"}]
    case, said = read(question), answers(question)
    names = [str(arm) for arm in case.arms]
    same(said[-1], orgsim.compare(case.scenario, arms=names, against=names[0], replicates=20, seed=3, threads=1))


def test_answers_on_the_way_are_those_of_as_many_replicates(question: Document, answers: Answers) -> None:
    case = read(question)
    for answer in answers(question)[:2]:
        same(answer, orgsim.compare(case.scenario, arms=[str(arm) for arm in case.arms], against=str(case.reference),
                                    replicates=answer["worlds"], seed=3, threads=1))  # fmt: skip


def test_the_downloaded_file_gives_the_numbers_on_screen(question: Document, answers: Answers, tmp_path: Any) -> None:
    """As the command at its head says; the command line itself is tried in test_app_server."""
    question["arms"][1]["levers"] |= {"rep_variable": 0.3, "devices": ["gemba"], "sla": 3}
    question["firm"] |= {"market.outside_share": 0.3, "money.programme_spend": 90_000}
    case, answer = read(question), answers(question)[-1]
    text = scenario_file(case, {"language": "fr"}, 20)
    again = check_text(text, "file.toml", tmp_path)
    words = command_of(case, "file.toml", 20)
    arms, against = words[words.index("--arms") + 1].split(","), words[words.index("--against") + 1]
    same(answer, orgsim.compare(again, arms=arms, against=against, replicates=20, seed=3, threads=1))


def test_the_comparison_made_of_rows_is_the_one_that_compare_makes(question: Document) -> None:
    case, runs = read(question), Runs()
    rows = {(k, case, arm): runs.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], 3, k, lambda: False, True)
            for k in range(4) for arm in case.own}  # fmt: skip
    mine = comparison_of(case, rows, 4)
    theirs = orgsim.compare(case.scenario, arms=list(case.own), against=case.reference, replicates=4, seed=3, threads=1)
    import pandas as pd

    pd.testing.assert_frame_equal(mine.runs, theirs.runs, check_exact=True)
    assert (mine.arms, mine.against, mine.today) == (theirs.arms, theirs.against, theirs.today)


def test_figures_are_the_same_without_the_run_off_and_a_download_has_them_all(question: Document) -> None:
    case, runs = read(question), Runs()
    arm = case.arms[1]
    key = case.arm_keys[arm]
    short = runs.row(case.scenario, case.firm_key, arm, key, 3, 0, lambda: False)
    whole = runs.row(case.scenario, case.firm_key, arm, key, 3, 0, lambda: False, whole=True)
    assert set(whole) - set(short) == {"run_off_margin", "value"}
    assert short == {name: value for name, value in whole.items() if name in short}
    assert runs.known(case.firm_key, key, 3, 0, whole=True) == whole
    assert runs.count == 2


def test_the_ladder_ends_at_the_number_said_at_first(question: Document, answers: Answers) -> None:
    said = answers(question)
    assert [answer["state"] for answer in said] == ["first", *["refining"] * (len(said) - 2), "done"]
    worlds = [answer["worlds"] for answer in said]
    assert worlds == sorted(set(worlds))
    assert worlds[0] == live.FEW
    assert {answer["until"] for answer in said} == {20}


def test_undo_is_answered_at_once_with_all_its_worlds(question: Document, answers: Answers) -> None:
    runs = Runs()
    first = answers(question, runs)[-1]
    count = runs.count
    other = copy.deepcopy(question)
    other["arms"][1]["levers"]["coordination"] = 5
    answers(other, runs)
    # Only the arm that the lever belongs to was run again.
    assert runs.count == count + 20
    again = answers(question, runs)
    assert runs.count == count + 20
    assert len(again) == 1
    assert again[0] | {"milliseconds": 0} == first | {"milliseconds": 0}


def test_what_is_pinned_lives_in_the_same_luck(question: Document, answers: Answers) -> None:
    arm = copy.deepcopy(question["arms"][1])
    question["pinned"] = {"firm": {**question["firm"], "people.reps": 3}, "arm": arm, "name": "As it was"}
    answer = answers(question)[-1]
    case = read(question)
    assert case.pinned is not None
    then = orgsim.compare(case.pinned.scenario, arms=[str(case.pinned.reference), "separate / own_numbers"],
                          replicates=20, seed=3, threads=1)  # fmt: skip
    now = orgsim.compare(case.scenario, arms=[str(arm) for arm in case.arms], replicates=20, seed=3, threads=1)
    theirs = then.values(case.pinned.reference, "profit")
    mine = now.values(case.arms[1], "profit")
    held = answer["arms"][-1]
    assert (held["pinned"], held["name"], held["metrics"]["profit"]["values"]) == (True, "As it was", theirs.tolist())
    found = paired(mine, theirs)
    assert answer["arms"][1]["metrics"]["profit"]["to_pinned"]["difference"] == found.mean
    to_reference = paired(theirs, now.values(case.reference, "profit"))
    assert held["metrics"]["profit"]["difference_low"] == to_reference.low


def test_a_pin_of_another_horizon_is_shown_but_not_subtracted(question: Document, answers: Answers) -> None:
    question["pinned"] = {"firm": {**question["firm"], "time.years": 1}, "arm": {"structure": "merged"}}
    held = answers(question)[-1]["arms"][-1]
    assert held["comparable"] is False
    assert "difference" not in held["metrics"]["profit"]


def test_one_arm_and_equal_arms_are_answered_too(question: Document, answers: Answers) -> None:
    question["arms"] = question["arms"][:1]
    assert answers(question)[-1]["state_of_answer"] == "one_arm"
    question["arms"] *= 2
    answer = answers(question)[-1]
    assert [arm["same_as"] for arm in answer["arms"]] == [None, 0]


def test_answers_are_json_without_numbers_that_json_has_not(question: Document, answers: Answers) -> None:
    for answer in answers(question, language="fr"):
        json.dumps(answer, allow_nan=False)
    assert "entreprise" in answer["headline"]
    assert answer["arms"][0]["name"] == "Directions séparées"


def test_a_question_with_mistakes_is_answered_with_them(question: Document, answers: Answers) -> None:
    question["firm"]["people.repz"] = 3
    (said,) = answers(question)
    assert said["type"] == "problem"
    assert said["problems"][0] == {"key": "firm.people.repz", "found": "'repz'", "hint": "reps",
                                   "message": said["problems"][0]["message"]}  # fmt: skip


def test_work_that_is_not_wanted_stops_within_a_run(question: Document) -> None:
    question["firm"] |= {"market.size": 3000, "time.years": 3}
    case, runs = read(question), Runs()
    looks = 0

    def stopped() -> bool:
        nonlocal looks
        looks += 1
        return looks > 5

    with pytest.raises(Stopped):
        runs.row(case.scenario, case.firm_key, case.arms[1], case.arm_keys[case.arms[1]], 3, 0, stopped)
    assert (runs.count, runs.given_up, looks) == (0, 1, 6)


def test_a_run_that_takes_too_long_is_given_up(question: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orgsim.app.runs.PATIENCE", -1.0)
    case = read(question)
    with pytest.raises(TooLong):
        Runs().row(case.scenario, case.firm_key, case.arms[0], case.arm_keys[case.arms[0]], 3, 0, lambda: False)
    said: list[Document] = []
    ask = Ask("page", {"id": 1, "question": question}, Runs(), said.append)
    while not ask.over:
        unit = ask.unit()
        assert unit is not None
        unit()
    assert [message["type"] for message in said] == ["problem"]


def test_a_cancelled_question_says_nothing_more(question: Document) -> None:
    said: list[Document] = []
    ask = Ask("page", {"id": 1, "question": question}, Runs(), said.append)
    for _ in range(3):
        unit = ask.unit()
        assert unit is not None
        unit()
    ask.cancel()
    assert ask.over
    assert ask.unit() is None
    assert said == []


def test_what_is_kept_is_bounded() -> None:
    from orgsim.app.runs import Kept

    kept: Kept[bytes] = Kept(100, len)
    for n in range(50):
        kept.put(n, b"x" * 10)
        kept.get(0)
    assert len(kept) == 10
    assert kept.get(0) is not None
    assert kept.get(1) is None
    kept.put(0, b"x" * 90)
    assert len(kept) == 2


def test_two_threads_that_want_the_same_world_warm_it_up_once(question: Document) -> None:
    case, runs = read(question), Runs()

    def run(place: int) -> None:
        arm = case.arms[place]
        runs.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], 3, 0, lambda: False)

    threads = [threading.Thread(target=run, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (runs.count, runs.warm) == (2, 1)


def test_who_waits_in_a_queue_still_gets_a_first_answer_of_two_worlds(
    question: Document, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """One world cannot tell anything; it is shown only where a run itself takes long, and not where others are served
    in between."""

    def first(hurry: float, wait: float) -> int:
        monkeypatch.setattr(live, "HURRY", hurry)
        said: list[Document] = []
        ask = Ask("page", {"id": 1, "question": question}, Runs(), said.append)
        while not said:
            unit = ask.unit()
            assert unit is not None
            unit()
            time.sleep(wait)
        return int(said[0]["worlds"])

    first(10.0, 0.0)
    assert first(0.2, 0.25) == 2
    assert first(0.0, 0.0) == 1


def test_structures_and_plans_of_the_firms_own_are_named_in_answers(question: Document, answers: Answers) -> None:
    question["firm"] |= {"structures.ours": {"extends": "merged", "title": "Our <b>way</b>"},
                         "pay.fee": {"rep": [{"metric": "wins", "rate": 300}]}}  # fmt: skip
    question["arms"] = [{"structure": "ours", "pay": "fee", "levers": {"coordination": 7}}, {"structure": "separate"}]
    answer = answers(question)[0]
    assert answer["own"] == {"structures": {"ours": "Our <b>way</b>"}, "pay": {"fee": "fee"}}
    assert answer["arms"][0]["name"].startswith("Our <b>way</b>")
    assert "(2)" not in answer["arms"][0]["name"]
    question["firm"] = {name: value for name, value in question["firm"].items() if name.startswith(("market", "time"))}
    question["arms"][0] = {"structure": "merged"}
    assert answers(question)[0]["own"] == {"structures": {}, "pay": {}}


def every(levers: tuple[Lever, ...]) -> Document:
    """A value for each of some levers, somewhere inside."""

    def inside(lever: Lever) -> Any:
        if lever.kind != "number":
            return ["my gemba", "gemba"] if lever.many else lever.choices[0]
        value = lever.least + 0.37 * (lever.most - lever.least)
        return round(value) if lever.whole else value

    return {lever.id: inside(lever) for lever in levers}


@pytest.mark.parametrize("base", ["baseline", "startup"])
def test_every_lever_and_entries_of_ones_own_come_through_to_the_command_line(
    question: Document, answers: Answers, tmp_path: Any, base: str
) -> None:  # fmt: skip
    import shlex

    from click.testing import CliRunner

    from orgsim.cli import main

    firm = question["firm"] | {
        "title": 'Ours "quoted" <script>\u2028', "structures.ours": {"extends": "separate", "coordination": 3.3},
        "pay.fee": {"title": "Fee", "rep": [{"metric": "wins", "rate": 300}]}, "devices.my gemba": {"extends": "gemba"},
        "market.outside_share": 0.4, "opportunity.cycle": 9, "money.programme_spend": 77_000, "lead.threshold": -1.3,
        "cooperation.start": 0.55, "today.structure": "ours", "today.pay": "fee", "market.deal_value": 33_000,
    }  # fmt: skip
    levers = every(STRUCTURE_LEVERS) | {"threshold_right": "top", "budget": "chief"} | every(PAY_LEVERS)
    arms = [{"structure": "ours", "pay": "fee"}, {"structure": "cro", "pay": "own_numbers", "levers": levers},
            {"structure": "ours", "pay": "shared_revenue", "levers": {"coordination": 2, "rep_variable": 0.25}},
            {"structure": "ours", "pay": "fee", "levers": {"sla": "none"}}]  # fmt: skip
    pinned = {"firm": {"people.reps": 3, "market.size": 400, "time.years": 0.5}, "arm": {"structure": "cro"}}
    asked = question | {"base": base, "firm": firm, "arms": arms, "reference": 1, "pinned": pinned}
    case, answer = read(asked), answers(asked)[-1]
    text = scenario_file(case, {"language": "fr"}, 20)
    words = shlex.split(next(line for line in text.splitlines() if "orgsim compare" in line)[2:])[1:]
    path = tmp_path / f"{file_of(case)}.toml"
    path.write_text(text, encoding="utf-8")
    words[words.index(path.name)] = str(path)
    done = CliRunner().invoke(main, [*words, "--format", "json", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    told = {(arm["structure"], arm["pay"]): arm["metrics"] for arm in json.loads(done.stdout)["arms"]}
    assert len(told) == 3
    for arm in answer["arms"][:4]:
        for name, figure in arm["metrics"].items():
            row = told[arm["structure"], arm["pay"]][name]
            for field in ("mean", "low", "high", "difference", "difference_low", "difference_high", "p_adjusted"):
                assert figure[field] == row.get(field), (arm["key"], name, field)


def test_an_answer_says_what_the_firm_of_today_amounts_to(question: Document, answers: Answers) -> None:
    *_, last = answers(question)
    case = read(question)
    runs = orgsim.compare(case.scenario, arms=case.own, against=case.reference, replicates=20, seed=case.seed).runs
    today = runs[(runs["structure"] == "separate") & (runs["pay"] == "own_numbers")]
    assert last["now"]["revenue"] == pytest.approx(today["revenue"].mean() / 0.5)
    assert last["now"]["never_called"] == pytest.approx(max(0, 1 - today["attempted"].mean() / today["mqls"].mean()))
    assert last["now"]["attainment"] is None  # no year is complete in half of one
