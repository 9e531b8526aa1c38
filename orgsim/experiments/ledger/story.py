"""One account's story under several arms, need by need: what is the same, where they part, how they end."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import Line
from orgsim.experiments.ledger.ends import NO_NEED, WON, is_customer
from orgsim.experiments.ledger.ledger import Ledger, Side
from orgsim.experiments.ledger.names import id_of, name_of
from orgsim.experiments.ledger.parting import Account, Parting, Step
from orgsim.experiments.ledger.why import Case
from orgsim.experiments.ledger.words import OF, Words, day_of
from orgsim.language import Language, language

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, int]
WIDTH = 100


@dataclass(frozen=True)
class Event:
    """One line of a story: business day, its date in words, what happened."""

    day: int
    date: str
    text: str


@dataclass(frozen=True)
class Chapter:
    """One need of the account (or a signal without need, or its time as a customer from before): events that are the
    same under all arms, then those of each arm, sentences on where arms part from the first, and each arm's end."""

    title: str
    shared: tuple[Event, ...]
    own: tuple[tuple[Event, ...], ...]
    parts: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """An account's story: who it is, how many of its chapters ended before the horizon, the others, money by arm; and
    the words of the language in which it is told."""

    prospect: int
    name: str
    about: str
    labels: tuple[str, ...]
    before: int
    chapters: tuple[Chapter, ...]
    money: tuple[str, ...]
    words: Words = field(default_factory=Words, repr=False, compare=False)

    def as_data(self) -> dict[str, Any]:
        """The story as one document."""
        chapters = []
        for chapter in self.chapters:
            arms = [{"arm": label, "events": [vars(event) for event in own], "end": end}
                    for label, own, end in zip(self.labels, chapter.own, chapter.ends, strict=True)]  # fmt: skip
            chapters.append({"title": chapter.title, "shared": [vars(event) for event in chapter.shared],
                             "parts": list(chapter.parts), "arms": arms})  # fmt: skip
        return {"prospect": self.prospect, "name": self.name, "about": self.about,
                "ended_before_the_horizon": self.before, "chapters": chapters,
                "money": dict(zip(self.labels, self.money, strict=True))}  # fmt: skip

    def __str__(self) -> str:
        """The story as text of 100 columns: what all arms share, then each arm's own days and end."""
        say = self.words.say
        lines = [say("printed.title", name=self.name, about=self.about)]
        for number, chapter in enumerate(self.chapters, start=1):
            lines += ["", f"{number}. {chapter.title}", *(f"   {self.line(event)}" for event in chapter.shared)]
            alike = len(set(chapter.own)) == len(set(chapter.ends)) == 1
            told = list(zip(self.labels, chapter.own, chapter.ends, strict=True))
            for label, events, end in [(say("printed.all"), *told[0][1:])] if alike else told:
                said = [*map(self.line, events), *([end] if end else [])]
                lines += [f"   {say('printed.arm', arm=label)}", *(f"      {line}" for line in said)] if said else []
            lines += [f"   {sentence}" for sentence in chapter.parts]
        lines += ["", *self.earned()]
        return "\n".join(part for line in lines for part in _wrapped(line))

    def line(self, event: Event) -> str:
        """One event with its date before."""
        return self.words.say("printed.event", date=event.date, text=event.text)

    def earned(self) -> list[str]:
        """What each arm brought, with its name before."""
        return [f"{self.words.say('printed.arm', arm=label)} {brought}"
                for label, brought in zip(self.labels, self.money, strict=True)]  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """One row for each event: chapter, arm (`all` while arms agree), day, date, text."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for number, chapter in enumerate(self.chapters, start=1):
            for label, events in (("all", chapter.shared), *zip(self.labels, chapter.own, strict=True)):
                rows += [{"prospect": self.prospect, "chapter": number, "title": chapter.title, "arm": label}
                         | vars(event) for event in events]  # fmt: skip
        return pd.DataFrame(rows, columns=["prospect", "chapter", "title", "arm", "day", "date", "text"])


def _wrapped(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 3)
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def story(ledgers: list[Ledger], place: int, said: Language | None = None) -> Story:
    """The story of the account at a position, English unless said; each ledger holds the first arm (a) and another (b)
    of one world."""
    words, first = Words(said or language()), ledgers[0]
    sides = _named(words, first, [first.a, *(ledger.b for ledger in ledgers)])
    cases = [Case(ledger, place, words, (sides[0].label, side.label))
             for ledger, side in zip(ledgers, sides[1:], strict=True)]  # fmt: skip
    row = first.a.walk.world.prospects[place]
    chapters, before = [], 0
    start = float(first.a.walk.world.firm["horizon_start"][0])
    tellings = [_by_key(side.chronicle.lines(place), _needs_met(sides, place)) for side in sides]
    partings = [Account(case).partings() for case in cases]
    keys = sorted({key for telling in tellings for key in telling}, key=lambda key: (_begins(tellings, key), key))
    for key in keys:
        lines = [telling.get(key, []) for telling in tellings]
        if all(line.time < start for of_arm in lines for line in of_arm) and not _is_open(first, key, place):
            before += 1
            continue
        chapters.append(_chapter(cases, sides, key, lines, [found.get(key[1]) if key[0] == "need" else None
                                                            for found in partings]))  # fmt: skip
    about = words.say("chapter.about", segment=words.segment(first.segments[int(row["segment"])]),
                      fit=words.number(float(row["fit"]), 2), of=words.rep(int(row["owner"]), OF),
                      fits=words.say("chapter.fits" if row["viable"] else "chapter.fits_not"))  # fmt: skip
    return Story(id_of(first, place), name_of(first, place), about, tuple(side.label for side in sides), before,
                 tuple(chapters), tuple(_brought(words, side, place, start) for side in sides), words)  # fmt: skip


def _named(words: Words, ledger: Ledger, sides: list[Side]) -> list[Side]:
    """The arms under their names in a language."""
    labels = words.labels(ledger.scenario, [side.arm for side in sides], [side.label for side in sides])
    return [replace(side, label=label) for side, label in zip(sides, labels, strict=True)]


def _needs_met(sides: list[Side], place: int) -> dict[int, int]:
    """Of signals that met a need under some arm: the need's occasion, by the ordinal of the lead."""
    return {line.ordinal: line.occasion for side in sides for line in side.chronicle.lines(place)
            if line.occasion > 0 and line.ordinal > 0}  # fmt: skip


def _by_key(lines: list[Line], met: dict[int, int]) -> dict[Key, list[Line]]:
    found: dict[Key, list[Line]] = {}
    for line in lines:
        occasion = met.get(line.ordinal, line.occasion)
        key = ("need", occasion) if occasion > 0 else ("customer", 0) if occasion == 0 else ("signal", line.ordinal)
        found.setdefault(key, []).append(line)
    return found


def _begins(tellings: list[dict[Key, list[Line]]], key: Key) -> float:
    return min(telling[key][0].time for telling in tellings if key in telling)


def _is_open(ledger: Ledger, key: Key, place: int) -> bool:
    """Whether a need that was opened before the horizon goes on in it, with nothing logged yet."""
    rows = ledger.cents
    return key[0] == "need" and bool(((rows["place"] == place) & (rows["occasion"] == key[1])).any())


def _chapter(
    cases: list[Case], sides: list[Side], key: Key, lines: list[list[Line]], partings: list[Parting | None]
) -> Chapter:
    same, words, place = 0, cases[0].words, cases[0].place
    while all(same < len(of_arm) and of_arm[same].act == lines[0][same].act for of_arm in lines):
        same += 1
    shared = tuple(_event(words, sides[0], line) for line in lines[0][:same])
    own = tuple(tuple(_event(words, side, line) for line in of_arm[same:])
                for side, of_arm in zip(sides, lines, strict=True))  # fmt: skip
    parts = []
    for case, parting in zip(cases, partings, strict=True):
        if parting is not None:
            parts += _sentences(case, parting)
    if key[0] == "need":
        ends = tuple(_end(cases, n, key[1]) for n in range(len(sides)))
        deal = next((int(side.walk.world.leads["deal"][line.lead]) for side, of_arm in zip(sides, lines, strict=True)
                     for line in of_arm if line.lead >= 0 and line.ordinal > 0), 0)  # fmt: skip
        title = (words.say("chapter.deal", number=key[1], deal=words.euro(deal)) if deal else
                 words.say("chapter.need", number=key[1]))  # fmt: skip
    else:
        begins = min(of_arm[0].time for of_arm in lines if of_arm)
        ends = tuple("" if of_arm else _nothing(words, side, place, begins)
                     for side, of_arm in zip(sides, lines, strict=True))  # fmt: skip
        title = words.say(f"chapter.{key[0]}")
    return Chapter(title, shared, own, tuple(parts), ends)


def _nothing(words: Words, side: Side, place: int, time: float) -> str:
    customer = is_customer(side.chronicle, place, time)
    return words.say("chapter.nothing_customer" if customer else "chapter.nothing")


def _event(words: Words, side: Side, line: Line) -> Event:
    return Event(day_of(side, line.time), words.date(side, line.time), words.told(side, line))


def _sentences(case: Case, parting: Parting) -> list[str]:
    """Where two arms part, and, if that alone changed nothing, where what happens parts."""
    first, turn = parting.first, parting.turn
    said = [_sentence(case, first, "parting.first")]
    if turn is None:
        return [f"{said[0]} {case.words.say('parting.alike')}"]
    return said if turn is first else [*said, _sentence(case, turn, "parting.turn")]


def _sentence(case: Case, step: Step, key: str) -> str:
    (a, b), say = case.labels, case.words.say
    date = case.words.date(case.ledger.a, step.time)
    said = [say(key, a=a, b=b, date=date, category=say(f"category.{step.category}")),
            say("parting.what", a=a, b=b, here=step.a, there=step.b),
            *([say("parting.who", who=step.who)] if step.who else []), say("parting.why", why=step.why)]  # fmt: skip
    return " ".join(said)


def _end(cases: list[Case], arm: int, occasion: int) -> str:
    """How a need ended in one of the arms, with money."""
    words, place, ledger = cases[0].words, cases[0].place, cases[max(0, arm - 1)].ledger
    name, side = ("a", ledger.a) if arm == 0 else ("b", ledger.b)
    rows = ledger.cents
    row = rows[(rows["place"] == place) & (rows["occasion"] == occasion)]
    if row.empty or row[f"end_{name}"].iloc[0] == NO_NEED:
        opened = [case.ledger.cents for case in cases]
        times = [float(t) for table in opened for t in
                 table.loc[(table["place"] == place) & (table["occasion"] == occasion), ["opened_a", "opened_b"]]
                 .to_numpy().ravel() if t == t]  # fmt: skip
        still = bool(times) and is_customer(side.chronicle, place, min(times))
        return words.say("ended.customer" if still else "ended.no_need")
    end = str(row[f"end_{name}"].iloc[0])
    text = words.say(f"end.{end}")
    if end == WON:
        revenue, margin = (words.euro(int(row[f"{what}_{name}"].iloc[0])) for what in ("revenue", "margin"))
        return words.say("ended.won", end=text, revenue=revenue, margin=margin)
    if row["viable"].iloc[0]:
        return words.say("ended.at_stake", end=text, amount=words.euro(int(row["value"].iloc[0])))
    return text


def _brought(words: Words, side: Side, place: int, start: float) -> str:
    """What the account's orders brought in the horizon."""
    orders = [line for line in side.chronicle.lines(place) if line.activity == r.NOTE_ORDER and line.time >= start]
    back = [line for line in side.chronicle.lines(place) if line.activity == r.NOTE_CANCELLED and line.time >= start]
    total = sum(line.amount for line in orders) - sum(line.amount for line in back)
    if not orders:
        return words.say("chapter.brought")
    return words.say("chapter.orders", count=len(orders), total=words.euro(total))
