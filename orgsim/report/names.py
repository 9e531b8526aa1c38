"""What arms are called in a sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from orgsim.language import Language, language
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario

ENGLISH = "en"


def phrases(arms: Sequence[Arm], scenario: Scenario, said: Language) -> dict[str, str]:
    """Each arm by `str(arm)` as it stands in a sentence after "with": "a CRO over two heads".

    The pay plan is named where arms differ in it, and the structure unless they differ in the pay plan alone. A way
    that does not ship is called by its own title in quotes; two arms are never called the same.
    """
    plans, structures = {arm.pay for arm in arms}, {arm.structure for arm in arms}
    found: dict[str, str] = {}
    for arm in arms:
        structure, pay = structure_phrase(scenario, arm.structure, said), pay_phrase(scenario, arm.pay, said)
        if len(plans) == 1:
            phrase = structure
        else:
            phrase = pay if len(structures) == 1 else said.say("report.arm.both", structure=structure, pay=pay)
        found[str(arm)] = phrase
    calls = list(found.values())
    return {key: phrase if calls.count(phrase) == 1 else f"{phrase} ({key})" for key, phrase in found.items()}


def structure_phrase(scenario: Scenario, name: str, said: Language) -> str:
    """A structure as it stands in a sentence after "with"."""
    return _phrase("structure", name, scenario.structures[name].title, said, _shipped("structures"))


def pay_phrase(scenario: Scenario, name: str, said: Language) -> str:
    """A pay plan as it stands in a sentence after "with"."""
    return _phrase("pay", name, scenario.pay[name].title, said, _shipped("pay"))


def _phrase(kind: str, name: str, title: str, said: Language, shipped: dict[str, str]) -> str:
    # A way of the user's own may bear the name of one that ships; it then has a title of its own, as a rule.
    if said.has(f"report.{kind}.{name}") and title == shipped.get(name, title):
        return said.say(f"report.{kind}.{name}")
    return said.say("report.arm.own_name", name=title or name)


@cache
def _shipped(kind: str) -> dict[str, str]:
    import tomllib

    from orgsim.scenario.load import library

    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8")).get("title", "")
        for path in (library() / kind).glob("*.toml")
    }


def translated(text: str, said: Language) -> str:
    """A text of a scenario that ships, in the reader's language; a text of anybody else's as it is."""
    if said.code == ENGLISH or not text:
        return text
    key = _quoted().get(text)
    return said.say(f"report.quoted.{key}") if key else text


@cache
def _quoted() -> dict[str, str]:
    return {sentence: key for key, sentence in language(ENGLISH).sentences["report"]["quoted"].items()}


def joined(parts: Iterable[str], said: Language) -> str:
    """'a, b and c'; with "or" nothing else changes."""
    return said.joined(list(parts))
