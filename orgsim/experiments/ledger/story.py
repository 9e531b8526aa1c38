"""One account's story under several arms, need by need: what is the same, where they part, how they end."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import Line
from orgsim.experiments.ledger.ends import ENDS, NO_NEED, WON, is_customer
from orgsim.experiments.ledger.ledger import Ledger, Side
from orgsim.experiments.ledger.names import id_of, name_of
from orgsim.experiments.ledger.parting import Account, Parting, Step
from orgsim.experiments.ledger.why import CATEGORIES, Case
from orgsim.experiments.ledger.words import date, day_of, euro, told

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
    """An account's story: who it is, how many of its chapters ended before the horizon, the others, money by arm."""

    prospect: int
    name: str
    about: str
    labels: tuple[str, ...]
    before: int
    chapters: tuple[Chapter, ...]
    money: tuple[str, ...]

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
        lines = [f"{self.name} ({self.about})"]
        for number, chapter in enumerate(self.chapters, start=1):
            lines += ["", f"{number}. {chapter.title}", *(f"   {event.date}: {event.text}" for event in chapter.shared)]
            alike = len(set(chapter.own)) == len(set(chapter.ends)) == 1
            told = list(zip(self.labels, chapter.own, chapter.ends, strict=True))
            for label, events, end in [("under all", *told[0][1:])] if alike else told:
                said = [*(f"{event.date}: {event.text}" for event in events), *([end] if end else [])]
                lines += [f"   {label}:", *(f"      {line}" for line in said)] if said else []
            lines += [f"   {sentence}" for sentence in chapter.parts]
        lines += ["", *(f"{label}: {brought}" for label, brought in zip(self.labels, self.money, strict=True))]
        return "\n".join(part for line in lines for part in _wrapped(line))

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


def story(ledgers: list[Ledger], place: int) -> Story:
    """The story of the account at a position; each ledger holds the first arm (a) and another (b) of one world."""
    sides = [ledgers[0].a, *(ledger.b for ledger in ledgers)]
    first = ledgers[0]
    row = first.a.walk.world.prospects[place]
    chapters, before = [], 0
    start = float(first.a.walk.world.firm["horizon_start"][0])
    tellings = [_by_key(side.chronicle.lines(place), _needs_met(sides, place)) for side in sides]
    partings = [Account(Case(ledger, place)).partings() for ledger in ledgers]
    keys = sorted({key for telling in tellings for key in telling}, key=lambda key: (_begins(tellings, key), key))
    for key in keys:
        lines = [telling.get(key, []) for telling in tellings]
        if all(line.time < start for of_arm in lines for line in of_arm) and not _is_open(first, key, place):
            before += 1
            continue
        chapters.append(_chapter(ledgers, sides, place, key, lines, [found.get(key[1]) if key[0] == "need" else None
                                                                     for found in partings]))  # fmt: skip
    fits = "fits what we offer" if row["viable"] else "does not fit what we offer, so it never buys"
    segment = first.segments[int(row["segment"])]
    about = f"{segment}, fit {float(row['fit']):.2f}: {fits}; account of rep {row['owner'] + 1}"
    labels = tuple(side.label for side in sides)
    return Story(id_of(first, place), name_of(first, place), about, labels, before, tuple(chapters),
                 tuple(_brought(side, place, start) for side in sides))  # fmt: skip


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
    ledgers: list[Ledger], sides: list[Side], place: int, key: Key, lines: list[list[Line]],
    partings: list[Parting | None],
) -> Chapter:  # fmt: skip
    same = 0
    while all(same < len(of_arm) and of_arm[same].act == lines[0][same].act for of_arm in lines):
        same += 1
    shared = tuple(_event(sides[0], line) for line in lines[0][:same])
    own = tuple(tuple(_event(side, line) for line in of_arm[same:]) for side, of_arm in zip(sides, lines, strict=True))
    parts = []
    for ledger, parting in zip(ledgers, partings, strict=True):
        if parting is not None:
            parts += _sentences(ledger, parting)
    if key[0] == "need":
        ends = tuple(_end(ledgers, n, place, key[1]) for n in range(len(sides)))
        deal = next((int(side.walk.world.leads["deal"][line.lead]) for side, of_arm in zip(sides, lines, strict=True)
                     for line in of_arm if line.lead >= 0 and line.ordinal > 0), 0)  # fmt: skip
        title = f"Need {key[1]}" + (f", a deal of {euro(deal)}" if deal else "")
    else:
        begins = min(of_arm[0].time for of_arm in lines if of_arm)
        ends = tuple("" if of_arm else _nothing(side, place, begins) for side, of_arm in zip(sides, lines, strict=True))
        title = "Interest without a need" if key[0] == "signal" else "A customer from before"
    return Chapter(title, shared, own, tuple(parts), ends)


def _nothing(side: Side, place: int, time: float) -> str:
    return "nothing: a customer then" if is_customer(side.chronicle, place, time) else "nothing of the kind"


def _event(side: Side, line: Line) -> Event:
    return Event(day_of(side, line.time), date(side, line.time), told(side, line))


def _sentences(ledger: Ledger, parting: Parting) -> list[str]:
    """Where two arms part, and, if that alone changed nothing, where what happens parts."""
    first, turn = parting.first, parting.turn
    said = [_sentence(ledger, first, "First difference")]
    if turn is None:
        return [f"{said[0]} The same things happen, at other times or by other people."]
    return said if turn is first else [*said, _sentence(ledger, turn, "Turning point")]


def _sentence(ledger: Ledger, step: Step, what: str) -> str:
    a, b = ledger.a.label, ledger.b.label
    who = f" Decided by: {step.who}." if step.who else ""
    return (f"{what} between {a} and {b}, {date(ledger.a, step.time)}: {CATEGORIES[step.category]}. "
            f"Under {a}: {step.a}; under {b}: {step.b}.{who} Why: {step.why}.")  # fmt: skip


def _end(ledgers: list[Ledger], arm: int, place: int, occasion: int) -> str:
    """How a need ended in one of the arms, with money."""
    ledger = ledgers[max(0, arm - 1)]
    name, side = ("a", ledger.a) if arm == 0 else ("b", ledger.b)
    rows = ledger.cents
    row = rows[(rows["place"] == place) & (rows["occasion"] == occasion)]
    if row.empty or row[f"end_{name}"].iloc[0] == NO_NEED:
        opened = [ledger.cents for ledger in ledgers]
        times = [float(t) for table in opened for t in
                 table.loc[(table["place"] == place) & (table["occasion"] == occasion), ["opened_a", "opened_b"]]
                 .to_numpy().ravel() if t == t]  # fmt: skip
        still = bool(times) and is_customer(side.chronicle, place, min(times))
        return "no need arose: still a customer" if still else "no need arose in the horizon"
    end = str(row[f"end_{name}"].iloc[0])
    text = ENDS[end]
    if end == WON:
        revenue, margin = (euro(int(row[f"{what}_{name}"].iloc[0])) for what in ("revenue", "margin"))
        text += f", first order {revenue}, margin {margin}"
    elif row["viable"].iloc[0]:
        text += f" ({euro(int(row['value'].iloc[0]))} at stake)"
    return text


def _brought(side: Side, place: int, start: float) -> str:
    """What the account's orders brought in the horizon."""
    orders = [line for line in side.chronicle.lines(place) if line.activity == r.NOTE_ORDER and line.time >= start]
    back = [line for line in side.chronicle.lines(place) if line.activity == r.NOTE_CANCELLED and line.time >= start]
    total = sum(line.amount for line in orders) - sum(line.amount for line in back)
    return "nothing" if not orders else f"{euro(total)} in {len(orders)} order{'s' if len(orders) > 1 else ''}"
