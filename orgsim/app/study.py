"""Looking closer: why two arms differ, and what became of one prospect under each arm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from orgsim.app import bounds
from orgsim.app.question import Case, read
from orgsim.app.reply import CAUSES, comparison_of, names, problems, safe_id, spoken
from orgsim.app.runs import Runs, Stopped, TooLong
from orgsim.experiments import metrics
from orgsim.experiments.store import plain
from orgsim.language import Language
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError

STUDIES = ("why", "follow")
WHY_WORLDS = 8
Document = dict[str, Any]


class Study:
    """One such message; `scheduler.Job`, of one unit. Of a page's there is one of each kind at a time."""

    def __init__(
        self, client: Hashable, message: Document, runs: Runs, send: Callable[[Document], None]
    ) -> None:  # fmt: skip
        self.client: Hashable = (client, message["type"])
        self.message, self.runs, self._send = message, runs, send
        self.urgent, self.over, self.begun = True, False, False
        self._cancelled = threading.Event()

    def unit(self) -> Callable[[], None] | None:
        """All of it."""
        if self.begun or self.over:
            return None
        self.begun = True
        return self._do

    def cancel(self) -> None:
        """Not wanted any more."""
        self._cancelled.set()
        self.over = True

    def _do(self) -> None:
        id = self.message.get("id")
        try:
            case = read(self.message.get("question"))
            found = why(case, self.message, self.runs, self._cancelled) if self.message["type"] == "why" \
                else follow(case, self.message, self._cancelled)  # fmt: skip
            if not self._cancelled.is_set():
                self._send(plain(found | {"id": safe_id(id)}))
        except ScenarioError as error:
            self._send(problems(id, error.problems))
        except RecursionError:
            self._send(problems(id, [Problem("question", None, "question", "", "nested too deeply", None)]))
        except Stopped:
            pass
        except TooLong:
            self._send(problems(id, [bounds.TOO_LONG]))
        except Exception as error:
            message = f"this cannot be shown ({type(error).__name__})"
            self._send(problems(id, [Problem("question", None, "question", "", message, None)]))
            raise
        finally:
            self.urgent, self.over = False, True


def two_of(case: Case, message: Document) -> tuple[Arm, Arm]:
    """The two arms that a message holds against each other: the reference and the first other unless it says."""
    given = message.get("arms")
    if given is None:
        other = next((arm for arm in case.arms if arm != case.reference), case.reference)
        return case.reference, other
    most = len(case.arms) - 1
    right = isinstance(given, list) and len(given) == 2 and not any(
        bounds.number_problems(place, 0, most, "arms", whole=True) for place in given)  # fmt: skip
    if not right:
        raise ScenarioError([bounds.problem("arms", given, f"two places of arms, from 0 to {most}, are needed")])
    return case.arms[given[0]], case.arms[given[1]]


# Why -----------------------------------------------------------------------------------------------------------------


def why(case: Case, message: Document, runs: Runs, cancelled: threading.Event) -> Document:
    """What two arms differ in, cell by cell, what that costs, and where demand is lost under each: waste by cause,
    k€ a year, with paired differences in the worlds that are known, eight at least."""
    from orgsim.report.differences import structure_differences

    one, two = two_of(case, message)
    said = spoken(message.get("language"))
    called = names(case, said)
    rows = {}
    for replicate in range(case.worlds):
        pair = [runs.known(case.firm_key, case.arm_keys[arm], case.seed, replicate) for arm in (one, two)]
        if None in pair and replicate >= WHY_WORLDS:
            break
        for arm in (one, two):
            rows[replicate, arm] = runs.row(case.scenario, case.firm_key, arm, case.arm_keys[arm], case.seed, replicate,
                                            cancelled.is_set)  # fmt: skip
    worlds = 1 + max(replicate for replicate, _ in rows)
    pair_case = replace(case, arms=(one, two), reference=one)
    comparison = comparison_of(pair_case, {(k, pair_case, arm): row for (k, arm), row in rows.items()}, worlds)
    causes = []
    for cause, name in CAUSES.items():
        scale = metrics.about(name).scale(comparison.years)
        found = comparison.paired(two, one, name)
        causes.append({"cause": cause, "a": comparison.mean(one, name).mean * scale,
                       "b": comparison.mean(two, name).mean * scale, "difference": found.mean * scale,
                       "low": found.low * scale, "high": found.high * scale})  # fmt: skip
    differs = next(iter(structure_differences(comparison, said)), None)
    return {
        "type": "why", "a": str(one), "b": str(two), "a_name": called[one], "b_name": called[two], "worlds": worlds,
        "structure": [{"primitive": cell.primitive, "cell": cell.cell, "a": cell.before, "b": cell.after}
                      for cell in (differs.cells if differs else ())],
        "cost": differs.cost if differs else 0.0, "once": differs.once if differs else 0.0,
        "pay": pay_difference(case, one, two, said), "waste": causes,
    }  # fmt: skip


def pay_difference(case: Case, one: Arm, two: Arm, said: Language) -> list[Document]:
    """Two pay plans in words, sentence by sentence; nothing where they are the same."""
    from orgsim.report.paywords import pay_words

    scenario = case.scenario
    if case.scenario.pay[one.pay] == case.scenario.pay[two.pay]:
        return []
    found = [pay_words(scenario, scenario.pay[arm.pay], said) for arm in (one, two)]
    rows = zip_longest(*found, fillvalue="")
    return [{"cell": "", "a": a, "b": b} for a, b in rows]


# Follow --------------------------------------------------------------------------------------------------------------


def follow(case: Case, message: Document, cancelled: threading.Event) -> Document:
    """One prospect's story under every arm, in one world, and others that are worth following. Which one: as asked, or
    the account whose money differs most between the reference and the first other arm."""
    from orgsim.experiments.ledger.ledger import Ledger, sides
    from orgsim.experiments.ledger.names import name_of, parse, place_of
    from orgsim.experiments.ledger.story import story

    asked = message.get("prospect")
    if asked is not None and not (isinstance(asked, (str, int)) and len(str(asked)) <= 120):
        raise ScenarioError([bounds.problem("prospect", asked, "an id, or SEGMENT:NUMBER, is needed")])
    replicate = message.get("replicate", 0)
    wrong = bounds.number_problems(replicate, 0, max(bounds.LADDER) - 1, "replicate", whole=True)
    if wrong:
        raise ScenarioError(wrong)
    if case.cost * len(case.own) > bounds.FOLLOW_SECONDS:
        said_so = "this firm is too large for a prospect to be followed here; take fewer arms, or `orgsim trace`"
        raise ScenarioError([Problem("question", None, "prospect", "", said_so, None)])
    said = spoken(message.get("language"))
    called = names(case, said)
    arms = [case.reference, *(arm for arm in case.own if arm != case.reference)]
    first, *others = _looked(sides(case.scenario, arms, case.seed, replicate), cancelled)
    first = replace(first, label=called[first.arm])
    ledgers = [Ledger(case.scenario, case.seed, replicate, first, replace(other, label=called[other.arm]))
               for other in others or [first]]  # fmt: skip
    worth = ledgers[0].worth_following(6)
    offers: list[Document] = [{"prospect": name_of(ledgers[0], place_of(ledgers[0], int(row["prospect"]))),
               "margin_difference": float(row["margin_difference"])} for row in worth.to_dict("records")]  # fmt: skip
    try:
        place = parse(ledgers[0], str(asked)) if asked is not None else \
            parse(ledgers[0], offers[0]["prospect"] if offers else "0")  # fmt: skip
    except ScenarioError as error:
        raise ScenarioError([replace(one, file="question", key="prospect") for one in error.problems]) from None
    told = story(ledgers, place, said).as_data()
    return {"type": "story", "replicate": replicate, "arms": [str(arm) for arm in arms], "offers": offers,
            "story": told}  # fmt: skip


def _looked(found: Any, cancelled: threading.Event) -> list[Any]:
    out = []
    for side in found:
        if cancelled.is_set():
            raise Stopped
        out.append(side)
    return out
