"""The server as a page meets it: what it gives, two users side by side, stale work, a restart, the downloads."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
import websockets
from click.testing import CliRunner

import orgsim
from orgsim.app.question import read
from orgsim.cli import main
from orgsim.language import language, languages
from orgsim.scenario.load import check_text

if TYPE_CHECKING:
    from tests.app.conftest import Listening

Document = dict[str, Any]


class Page:
    """A page over a real connection."""

    def __init__(self, ws: Any) -> None:
        self.ws, self.seen = ws, []

    async def say(self, kind: str, id: int, question: Document, **more: Any) -> None:
        await self.ws.send(json.dumps({"type": kind, "id": id, "question": question, "language": "en"} | more))

    async def until(self, id: int, **wanted: Any) -> Document:
        """The first message with this id and these values."""
        while True:
            found: Document = json.loads(await asyncio.wait_for(self.ws.recv(), 60))
            self.seen.append(found)
            if found.get("id") == id and all(found.get(key) == value for key, value in wanted.items()):
                return found

    async def all_of(self, *ids: int) -> list[Document]:
        """All that is said until each of these has been answered, in whatever order."""
        while set(ids) - {message["id"] for message in self.seen}:
            self.seen.append(json.loads(await asyncio.wait_for(self.ws.recv(), 60)))
        return self.seen


def with_pages(server: Listening, number: int, act: Any) -> Any:
    """Open some pages and act with them."""

    async def run() -> Any:
        sockets = [await websockets.connect(server.live, origin=server.http, max_size=None) for _ in range(number)]
        try:
            return await act(*map(Page, sockets))
        finally:
            for socket in sockets:
                await socket.close()

    return asyncio.run(run())


def post(server: Listening, name: str, content: Document) -> httpx.Response:
    """A download as a page asks for it."""
    return httpx.post(f"{server.http}/download/{name}", json=content, headers={"origin": server.http}, timeout=120)


def test_a_page_gets_its_first_question_levers_and_words(server: Listening) -> None:
    first = httpx.get(f"{server.http}/start.json").json()
    assert first["question"]["arms"][0]["structure"] == "separate"
    assert read(first["question"]).arms
    assert first["metrics"]["profit"]["better"] == 1
    levers = httpx.get(f"{server.http}/levers.json").json()
    assert {lever["of"] for lever in levers["levers"]} == {"firm", "arm"}
    for code in languages():
        words = httpx.get(f"{server.http}/language/{code}.json").json()
        assert words["sentences"]["levers"]["reps"]["label"] == language(code).say("levers.reps.label")
    assert httpx.get(f"{server.http}/language/xx.json").status_code == 404


def test_a_question_is_answered_up_to_its_last_world(server: Listening, question: Document) -> None:
    async def act(page: Page) -> Document:
        await page.say("ask", 1, question)
        return await page.until(1, state="done")

    answer = with_pages(server, 1, act)
    case = read(question)
    found = orgsim.compare(case.scenario, arms=list(case.own), against=case.reference, replicates=20, seed=3, threads=1)
    told = answer["arms"][1]["metrics"]["profit"]
    assert told["difference_high"] == found.paired(case.arms[1], metric="profit").high
    assert answer["headline"]
    assert [row["stage"] for row in answer["tables"]["funnel"][:2]] == ["leads_created", "mqls"]
    assert {row["cause"] for row in answer["tables"]["waste"]} >= {"lapsed"} or answer["tables"]["waste"]


def test_two_users_at_once_do_not_disturb_one_another(server: Listening, question: Document) -> None:
    other = copy.deepcopy(question)
    other["firm"]["people.reps"] = 4
    other["arms"][1]["structure"] = "cro"

    async def act(one: Page, two: Page) -> tuple[Document, Document]:
        for id in range(1, 6):
            for page, asked in ((one, question), (two, other)):
                asked["arms"][1]["levers"]["coordination"] = id
                await page.say("ask", id, asked)
        found = await asyncio.gather(one.until(5, state="done"), two.until(5, state="done"))
        for page, structure in ((one, "merged"), (two, "cro")):
            assert all(message["arms"][1]["structure"].startswith(structure) for message in page.seen)
        return found[0], found[1]

    first, second = with_pages(server, 2, act)
    assert first["firm"]["people.reps"] == 2
    assert second["firm"]["people.reps"] == 4
    for answer, asked in ((first, question), (second, other)):
        case = read(asked)
        found = orgsim.compare(
            case.scenario, arms=list(case.own), against=case.reference, replicates=20, seed=3, threads=1
        )
        assert answer["arms"][1]["metrics"]["revenue"]["mean"] == found.mean(case.arms[1], "revenue").mean


def test_stale_work_is_given_up(server: Listening, question: Document) -> None:
    """A newer question, a page that stops and one that is closed each leave fewer runs than they asked for."""
    question["worlds"] = 800
    runs = server.service.runs

    async def act(page: Page) -> None:
        before = runs.count
        for id in range(1, 31):
            question["seed"] = 1000 + id
            await page.say("ask", id, question)
        await page.until(30)
        assert runs.count - before < 30 * 20 * 2
        await page.ws.send('{"type": "stop"}')
        await asyncio.sleep(0.3)
        settled = runs.count
        await asyncio.sleep(0.3)
        assert runs.count == settled
        question["seed"] = 2000
        await page.say("ask", 31, question)
        await page.until(31)
        await page.ws.close()
        await asyncio.sleep(0.3)
        settled = runs.count
        await asyncio.sleep(0.3)
        assert runs.count == settled

    with_pages(server, 1, act)
    assert server.service.scheduler.jobs == 0
    assert server.service.pages == 0


def test_answers_keep_coming_while_a_lever_is_dragged(server: Listening, question: Document) -> None:
    async def act(page: Page) -> list[int]:
        for id in range(1, 41):
            question["arms"][1]["levers"]["coordination"] = id / 10
            await page.say("ask", id, question)
            await asyncio.sleep(0.025)
        await page.until(40)
        return [message["id"] for message in page.seen]

    ids = with_pages(server, 1, act)
    assert ids == sorted(ids)
    assert len(set(ids)) >= 5


def test_a_restart_loses_nothing(question: Document) -> None:
    """Another server gives the same answer to the same question, to the last digit: all state is in the page."""
    from orgsim.app.live import Ask
    from orgsim.app.server import Service

    answers = []
    for _ in range(2):
        service = Service(question, workers=2)
        said: list[Document] = []
        service.scheduler.submit(
            Ask("page", {"id": 1, "question": question, "language": "fr"}, service.runs, said.append)
        )
        limit = time.monotonic() + 60
        while not (said and said[-1]["state"] == "done") and time.monotonic() < limit:
            time.sleep(0.01)
        service.close()
        answers.append(said[-1] | {"milliseconds": 0})
    assert answers[0] == answers[1]


def test_why_tells_the_difference_of_two_arms_and_where_demand_is_lost(server: Listening, question: Document) -> None:
    question["arms"].append({"structure": "merged", "pay": "fixed"})

    async def act(page: Page) -> tuple[Document, Document, Document]:
        await page.say("why", 1, question, arms=[0, 1])
        found = await page.until(1)
        await page.say("why", 2, question, arms=[1, 2], language="fr")
        other = await page.until(2)
        await page.say("why", 3, question, arms=[0, 9])
        return found, other, await page.until(3)

    found, other, wrong = with_pages(server, 1, act)
    assert (found["type"], found["a"], found["b"]) == ("why", "separate / own_numbers", "merged_2 / own_numbers")
    case = read(question)
    comparison = orgsim.compare(case.scenario, arms=list(case.own), replicates=found["worlds"], seed=3, threads=1)
    lost = {row["cause"]: row for row in found["waste"]}
    for cause, row in lost.items():
        told = comparison.paired(case.arms[1], case.arms[0], f"waste_{cause}_value")
        assert row["difference"] == pytest.approx(told.mean / 1000 / comparison.years, abs=1e-9)
    assert any("budget" in row["cell"] or "programme" in row["cell"] for row in found["structure"])
    assert other["pay"]
    assert len(other["structure"]) == 1
    assert wrong["type"] == "problem"


def test_looking_closer_twice_at_once_is_answered_twice(server: Listening, question: Document) -> None:
    """Why and follow are two panels of the page; neither takes the other's place, nor its mistakes."""
    wrong = copy.deepcopy(question) | {"seed": -1}

    async def act(page: Page) -> list[Document]:
        for id, kind in enumerate(("ask", "why", "follow", "report"), 1):
            await page.say(kind, id, wrong)
        await page.say("why", 11, question)
        await page.say("follow", 12, question)
        return await page.all_of(1, 4, 11, 12)

    kinds = {message["id"]: message["type"] for message in with_pages(server, 1, act)}
    assert kinds | {2: "", 3: ""} == {1: "problem", 2: "", 3: "", 4: "problem", 11: "why", 12: "story"}


def test_what_takes_too_long_is_told_and_not_kept_silent(
    server: Listening, question: Document, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("orgsim.app.runs.PATIENCE", -1.0)
    question["seed"] = 991

    async def act(page: Page) -> list[Document]:
        for id, kind in enumerate(("ask", "why", "report"), 1):
            await page.say(kind, id, question)
        return await page.all_of(1, 2, 3)

    for found in with_pages(server, 1, act):
        assert (found["type"], found["problems"][0]["key"]) == ("problem", "firm")
        assert "too long" in found["problems"][0]["message"]
    assert post(server, "results.csv", {"question": question}).json()["problems"][0]["key"] == "firm"


def test_a_download_ends_some_time_and_a_scenario_waits_for_no_other(
    server: Listening, question: Document, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    import threading

    question["seed"] = 992
    begun, hold = threading.Event(), threading.Event()
    row = server.service.runs.row

    def slow(*args: Any, **more: Any) -> Any:
        begun.set()
        hold.wait(10)
        return row(*args, **more)

    monkeypatch.setattr(server.service.runs, "row", slow)
    held = threading.Thread(target=post, args=(server, "results.csv", {"question": question, "worlds": 1}))
    held.start()
    assert begun.wait(10)
    assert post(server, "scenario.toml", {"question": question}).status_code == 200
    hold.set()
    held.join(10)
    monkeypatch.setattr("orgsim.app.downloads.MOST_SECONDS", -1.0)
    found = post(server, "results.csv", {"question": question, "worlds": 1})
    assert found.status_code == 422
    assert "too long" in found.json()["problems"][0]["message"]


def test_a_prospect_is_not_followed_in_a_firm_of_which_a_trace_would_take_long(
    server: Listening, question: Document
) -> None:  # fmt: skip
    question["firm"] = {"market.size": 60_000, "market.signals_per_year": 8}

    async def act(page: Page) -> Document:
        await page.say("follow", 1, question)
        return await page.until(1)

    found = with_pages(server, 1, act)
    assert (found["type"], found["problems"][0]["key"]) == ("problem", "prospect")
    assert "orgsim trace" in found["problems"][0]["message"]


def test_a_prospect_is_followed_under_every_arm(server: Listening, question: Document) -> None:
    question["firm"] |= {"market.size": 1500, "time.years": 2}

    async def act(page: Page) -> tuple[Document, Document, Document]:
        await page.say("follow", 1, question)
        found = await page.until(1)
        await page.say("follow", 2, question, prospect="core region:7")
        named = await page.until(2)
        await page.say("follow", 3, question, prospect="nowhere:7")
        return found, named, await page.until(3)

    found, named, wrong = with_pages(server, 1, act)
    assert found["story"]["name"] == found["offers"][0]["prospect"]
    assert set(found["story"]["money"]) == {"Separate heads", "Merged director, sales-bred, adjusted"}
    assert named["story"]["name"] == "core region:7"
    assert (wrong["type"], wrong["problems"][0]["key"]) == ("problem", "prospect")


def test_the_downloaded_scenario_run_on_the_command_line_gives_the_numbers_on_screen(
    server: Listening, question: Document, tmp_path: Path
) -> None:  # fmt: skip
    """As the user does it: the file, and the command that stands in it."""
    import shlex

    question["arms"][1]["levers"] |= {"rep_variable": 0.3, "sla": 3}

    async def act(page: Page) -> Document:
        await page.say("ask", 1, question)
        return await page.until(1, state="done")

    answer = with_pages(server, 1, act)
    file = post(server, "scenario.toml", {"question": question, "worlds": answer["worlds"], "language": "fr"})
    path = tmp_path / "orgsim-baseline.toml"
    assert path.name in file.headers["content-disposition"]
    path.write_text(file.text, encoding="utf-8")
    line = next(line for line in file.text.splitlines() if "orgsim compare" in line)
    words = shlex.split(line.removeprefix("# "))[1:]
    words[words.index(path.name)] = str(path)
    done = CliRunner().invoke(main, [*words, "--format", "json", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    table = json.loads(done.stdout)
    told = {(arm["structure"], arm["pay"]): arm["metrics"] for arm in table["arms"]}
    for arm in answer["arms"]:
        for name, figure in arm["metrics"].items():
            row = told[arm["structure"], arm["pay"]][name]
            for field in ("mean", "low", "high", "difference", "difference_low", "difference_high", "p_adjusted"):
                assert figure[field] == row.get(field), (arm["key"], name, field)


def test_results_are_downloaded_as_the_runs_that_compare_writes(server: Listening, question: Document) -> None:
    import pandas as pd

    case = read(question)
    found = orgsim.compare(
        case.scenario, arms=list(case.own), against=case.reference, replicates=5, seed=3, threads=1
    ).runs
    asked = {"question": question, "worlds": 5}
    table = pd.read_parquet(io.BytesIO(post(server, "results.parquet", asked).content))
    assert table["profit"].tolist() == found["profit"].tolist()
    assert list(table.columns) == list(found.columns)
    text = post(server, "results.csv", asked).text
    assert text == found.to_csv(index=False, lineterminator="\n")
    assert np.isfinite(pd.read_csv(io.StringIO(text))["profit"]).all()


def test_a_file_is_a_scenario_and_mistakes_are_told(server: Listening, question: Document) -> None:
    text = post(server, "scenario.toml", {"question": question}).text
    assert check_text(text, "file.toml", Path()).people.reps == 2
    question["firm"]["people.repz"] = 1
    refused = post(server, "scenario.toml", {"question": question})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["hint"] == "reps"


@pytest.mark.slow
def test_the_report_of_the_worlds_on_the_page_is_made_with_progress(server: Listening, question: Document) -> None:
    async def act(page: Page) -> tuple[Document, list[Document]]:
        await page.say("report", 1, question, worlds=4)
        return await page.until(1, type="report"), page.seen

    done, seen = with_pages(server, 1, act)
    assert any(message["type"] == "progress" for message in seen)
    page = httpx.get(server.http + done["path"])
    assert page.headers["content-disposition"].endswith('report.html"')
    assert len(page.content) == done["bytes"] < 3_000_000
    assert "<html" in page.text
