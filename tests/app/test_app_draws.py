"""How far an answer rests on what is assumed: the app's draws are those of the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orgsim
from orgsim.app.draws import Draws
from orgsim.app.question import read
from orgsim.app.runs import Runs
from orgsim.report.sensitivity import draw

Document = dict[str, Any]


def drawn(question: Document, runs: Runs) -> list[Document]:
    said: list[Document] = []
    job = Draws("page", {"type": "draws", "id": 5, "question": question}, runs, said.append)
    while not job.over:
        unit = job.unit()
        assert unit is not None
        unit()
    assert job.unit() is None
    return said


def test_the_share_of_draws_that_keep_a_sign_is_the_reports_to_the_last_digit(
    question: Document, answers: Callable[..., list[Document]]
) -> None:
    runs = Runs()
    answers(question, runs)
    said = drawn(question, runs)
    assert [message["draws"] for message in said] == [10, 20, 40, 60, 80, 100]
    assert {message["until"] for message in said} == {100}
    case = read(question)
    compared = orgsim.compare(case.scenario, arms=case.own, against=case.reference, replicates=20, seed=case.seed)
    for message in (said[0], said[-1]):
        found = draw(compared, None, draws=message["draws"])
        assert found is not None
        rows = found.signs[found.signs["metric"] == "profit"].set_index("arm")
        for end in ("kept", "low", "high"):
            assert message[end] == {arm: rows.loc[arm, end] / 100 for arm in rows.index}


def test_draws_wait_for_an_answer_and_say_so(question: Document) -> None:
    message, = drawn(question, Runs())
    assert message["type"] == "problem"
    assert "ask first" in message["problems"][0]["message"]


def test_draws_given_up_say_nothing_more(question: Document, answers: Callable[..., list[Document]]) -> None:
    runs, said = Runs(), list[Document]()
    answers(question, runs)
    job = Draws("page", {"type": "draws", "id": 5, "question": question}, runs, said.append)
    for _ in range(30):
        unit = job.unit()
        assert unit is not None
        unit()
    before = len(said)
    job.cancel()
    assert job.unit() is None
    assert job.over
    assert len(said) == before == 1


def test_draws_of_a_question_that_cannot_be_read_tell_what_is_wrong(question: Document) -> None:
    message, = drawn(question | {"base": "nowhere"}, Runs())
    assert message["type"] == "problem"
    assert message["id"] == 5
