"""Where the histories of one need part under two arms: the first difference, and the turning point.

The first difference is the first act that is not the same to the second, by whom and what; often a call some minutes
later that changes nothing. The turning point is the first at which something else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from orgsim.engine import records as r
from orgsim.experiments.ledger import why
from orgsim.experiments.ledger.chronicle import SIGNAL_ONLY, WORD, Line
from orgsim.experiments.ledger.why import Case, Reason
from orgsim.experiments.ledger.words import Words, day_of

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.ledger.ledger import Ledger

EARLIER = "earlier"
GIVEN = (r.NOTE_HANDED, r.NOTE_PASSED_ON)
RIGHTS = (r.NOTE_RETURNED, r.NOTE_PASSED_ON)
MOVED = (r.NOTE_PULLED, r.NOTE_PUSHED)


@dataclass(frozen=True)
class Step:
    """One difference: its category (see `why.CATEGORIES`), when the first arm to act did (hours), who decided,
    what each arm did and when, and why."""

    category: str
    time: float
    who: str
    a: str
    b: str
    why: str


@dataclass(frozen=True)
class Parting:
    """The first difference of a need's histories, its turning point (None if the same things happened, at other times
    or by others), and the category at which the account's history began to differ, if that was before."""

    first: Step
    turn: Step | None
    root: str


Pair = tuple[list[Line], list[Line]]
Meaning = Callable[[int, Line], Hashable]


@dataclass
class Account:
    """One account's needs, signals and time as a customer, compared between two arms in the order of its needs."""

    case: Case
    found: dict[int, Parting] = field(default_factory=dict)

    def partings(self) -> dict[int, Parting]:
        """By occasion: where its histories part; occasions that are the same in both arms are left out."""
        occasions = sorted({line.occasion for lines in self.case.lines for line in lines if line.occasion > 0})
        for occasion in occasions:
            pair = self.about(occasion)
            place = _difference(pair, acts)
            if place is not None:
                self.found[occasion] = self._parting(occasion, pair, place)
        return self.found

    def steps(self) -> list[Step]:
        """The first difference of each of its histories: needs, signals without a need, and its times as a customer."""
        steps = [parting.first for parting in self.partings().values()]
        lines = [line for side in self.case.lines for line in side]
        met = {line.ordinal for line in lines if line.occasion > 0}
        for ordinal in sorted({x.ordinal for x in lines if x.ordinal > 0} - met):
            one, two = ([x for x in side if x.ordinal == ordinal] for side in self.case.lines)
            place = _difference((one, two), acts)
            if place is not None:
                steps.append(self._step(SIGNAL_ONLY, (one, two), place))
        for occasion in sorted({line.occasion for line in lines if line.of_customer}):
            pair = self.as_customer(occasion)
            place = _difference(pair, acts)
            if place is not None:
                steps.append(self._written(pair, place, self._while_customer(pair, place)))
        return steps

    def about(self, occasion: int) -> Pair:
        """What both logs tell of one need, and of the signal that one of them met it with."""
        lines = self.case.lines
        ordinals = {x.ordinal for side in lines for x in side if x.occasion == occasion and x.ordinal > 0}
        one, two = (
            [x for x in side if not x.of_customer and x.activity not in WORD
             and (x.occasion == occasion or x.ordinal in ordinals)]
            for side in lines
        )  # fmt: skip
        return one, two

    def as_customer(self, occasion: int) -> Pair:
        """Repeat purchases and leaving after a need (0: before the first)."""
        one, two = ([x for x in side if x.of_customer and x.occasion == occasion] for side in self.case.lines)
        return one, two

    def _parting(self, occasion: int, pair: Pair, place: int) -> Parting:
        first = self._step(occasion, pair, place)
        turning = _difference(pair, kinds(self.case))
        turn = None if turning is None else first if turning == place else self._step(occasion, pair, turning)
        root = first.category if first.category != EARLIER else self._root(occasion)
        return Parting(first, turn, root)

    def _root(self, occasion: int) -> str:
        before = [self.found[o] for o in sorted(self.found) if o < occasion]
        if before:
            return before[0].root
        return "customer" if _difference(self.as_customer(0), acts) is not None else "not_recorded"

    def _step(self, occasion: int, pair: Pair, place: int) -> Step:
        x, y = (lines[place] if place < len(lines) else None for lines in pair)
        return self._written(pair, place, self._reason(occasion, pair, place, x, y))

    def _written(self, pair: Pair, place: int, reason: Reason) -> Step:
        """A difference in words: what each arm did, and when."""
        x, y = (lines[place] if place < len(lines) else None for lines in pair)
        sides, words = self.case.sides, self.case.words
        days = {day_of(side, line.time) for side, line in zip(sides, (x, y), strict=True) if line is not None}
        close = x is not None and y is not None and len(days) == 1 and x.time != y.time
        said = [
            words.dated(words.told(side, line), side, line.time, hour=close) if line else words.told(side, None)
            for side, line in zip(sides, (x, y), strict=True)
        ]
        time = min(line.time for line in (x, y) if line is not None)
        return Step(reason.category, time, reason.who, said[0], said[1], reason.why)

    def _reason(self, occasion: int, pair: Pair, place: int, x: Line | None, y: Line | None) -> Reason:
        past = pair[0][:place], pair[1][:place]
        opened = [next((line for line in lines if line.activity == r.NOTE_NEED), None) for lines in pair]
        one, two = (next((line.lead for line in lines if line.lead >= 0), -1) for lines in pair)
        leads = one, two
        time = min(line.time for line in (x, y) if line is not None)
        if not _has(past[0], r.NOTE_LEAD):
            return self._no_lead(occasion, pair, x, y, (opened[0], opened[1]), leads, time)
        if not all(leads_of >= 0 for leads_of in leads):
            return self.case.unknown()
        owners = _owner(past[0]), _owner(past[1])
        if _has(past[0], r.NOTE_OPPORTUNITY):
            return self._opportunity(occasion, x, y, leads, time)
        last = max((n for n, line in enumerate(past[0]) if line.activity in (*GIVEN, r.NOTE_RETURNED)), default=-1)
        if last < 0 or past[0][last].activity == r.NOTE_RETURNED:
            return self._in_nurture(x, y, leads, time)
        return self._in_line(past, last, x, y, leads, owners, time)

    def _no_lead(
        self, occasion: int, pair: Pair, x: Line | None, y: Line | None, opened: Sequence[Line | None],
        leads: tuple[int, int], time: float,
    ) -> Reason:  # fmt: skip
        """Nothing but the need, or a signal before it, is behind us."""
        case = self.case
        signal = next((line for line in (x, y) if line and line.activity == r.NOTE_LEAD and line.ordinal % 2), None)
        if signal is not None:
            return why.signalled(case, signal.ordinal, time)
        if opened[0] is not None and opened[1] is not None and opened[0].time == opened[1].time:
            if x is not None and y is not None and self._same_way(x, y):
                return why.got_by(case, x.resource, y.resource, time)
            return why.noticed(case, occasion, (opened[0].time, opened[1].time), leads)
        if opened[0] is not None and opened[1] is not None and x is not None and y is not None and not (
            x.activity == y.activity == r.NOTE_NEED
        ):  # the need opened at another time for its own history; what counts now is who was reached
            return why.noticed(case, occasion, (opened[0].time, opened[1].time), leads)
        return self._no_need(occasion, opened)

    def _no_need(self, occasion: int, opened: Sequence[Line | None]) -> Reason:
        """The need opened at another time, or in one arm only: a customer brought it about by telling the account of
        us, or what came before it was not the same."""
        by_word = [line if line is not None and self._by_word(side, line) else None for side, line in enumerate(opened)]
        if any(by_word):
            return why.told_of_us(self.case, by_word)
        for before in range(occasion - 1, -1, -1):
            if before in self.found:
                return Reason(EARLIER, "", self.case.say("need_before", number=before))
            pair = self.as_customer(before)
            place = _difference(pair, acts)
            if place is not None:
                return self._while_customer(pair, place)
        return self.case.unknown()

    def _by_word(self, side: int, need: Line) -> bool:
        return any(x.activity == r.NOTE_TOLD and x.time == need.time for x in self.case.lines[side])

    def _while_customer(self, pair: Pair, place: int) -> Reason:
        x, y = (lines[place] if place < len(lines) else None for lines in pair)
        if x is None or y is None:
            return Reason(EARLIER, "", self.case.say("customer_once"))
        if x.time != y.time:
            return Reason(EARLIER, "", self.case.say("customer_later"))
        return why.stayed(self.case, x.time)

    def _in_nurture(self, x: Line | None, y: Line | None, leads: tuple[int, int], time: float) -> Reason:
        """Marketing has the lead in both arms."""
        if x is not None and y is not None and x.activity == y.activity == r.NOTE_HANDED and x.time == y.time:
            return why.got_by(self.case, x.resource, y.resource, time)
        if not any(line is not None and line.activity == r.NOTE_HANDED for line in (x, y)):
            return self._open_or_unknown(x, y)
        return why.handed_over(self.case, leads, time)

    def _same_way(self, x: Line, y: Line) -> bool:
        """Whether the same thing made a lead in both arms."""
        ways = [int(side.walk.world.leads["origin"][line.lead]) if line.activity == r.NOTE_LEAD else None
                for side, line in zip(self.case.sides, (x, y), strict=True)]  # fmt: skip
        return ways[0] == ways[1] and ways[0] is not None

    def _in_line(
        self, past: Pair, last: int, x: Line | None, y: Line | None, leads: tuple[int, int],
        owners: tuple[int, int], time: float,
    ) -> Reason:  # fmt: skip
        """Sales has the lead in both arms, and no meeting was held yet."""
        since = past[0][last:]
        kind = {line.activity for line in (x, y) if line is not None}
        attempts = sum(line.activity == r.NOTE_ATTEMPT for line in past[0])
        if kind & set(RIGHTS):
            return self._rights(x, y)
        if _has(since, r.NOTE_ATTEMPT) and since[-1].activity == r.NOTE_ATTEMPT and since[-1].amount:
            return self._open_or_unknown(x, y) if x is None or y is None else why.conversation(
                self.case, leads, attempts)  # fmt: skip
        if _has(since, r.NOTE_ACCEPTED):
            return self._open_or_unknown(x, y)
        if r.NOTE_ASIDE in kind:
            return why.not_believed(self.case, leads, owners, time)
        attempted = [line for line in (x, y) if line is not None and line.activity == r.NOTE_ATTEMPT]
        if len(attempted) == 2 and attempted[0].time == attempted[1].time:
            return why.got_by(self.case, attempted[0].resource, attempted[1].resource, time)
        one, two = (line.resource if line is not None and line.activity == r.NOTE_ATTEMPT else own
                    for line, own in zip((x, y), owners, strict=True))  # fmt: skip
        reason = why.called(self.case, leads, (one, two), time, again=_has(since, r.NOTE_ATTEMPT))
        return reason if attempted or reason.category == "ownership" else self._open_or_unknown(x, y)

    def _rights(self, x: Line | None, y: Line | None) -> Reason:
        """The lead was passed on or given back in one arm, or otherwise than in the other."""
        said, case = [], self.case
        for side in case.sides:
            arm = side.walk.world.arm[0]
            sla = float(arm["sla"]) / r.HOURS_PER_DAY
            days = f"{sla:g}".replace(".", case.words.said.decimal)
            limit = case.say("limit", days=days) if np.isfinite(sla) else case.say("no_limit")
            (share,) = case.words.figures([float(arm["recycle"])], percent=True)
            said.append(case.say("rights", limit=limit, share=share))
        who = next((case.words.rep(line.resource) for line in (x, y) if line is not None and line.activity in RIGHTS),
                   "")  # fmt: skip
        return Reason("lead_rights", who, case.both(*said))

    def _opportunity(
        self, occasion: int, x: Line | None, y: Line | None, leads: tuple[int, int], time: float
    ) -> Reason:
        """The opportunity is open in both arms."""
        lines = [line for line in (x, y) if line is not None]
        if any(line.activity in MOVED for line in lines):
            return self._moved(lines)
        if len(lines) == 2:
            if x and y and x.activity == y.activity == r.NOTE_ORDER and x.time == y.time:
                return self._moved(lines)
            neglected = any(_dropped(side.walk.world.leads[k]) for side, k in zip(self.case.sides, leads, strict=True))
            reason = None if neglected or _same(lines) else why.chosen(self.case, occasion, leads)
            if reason is not None:
                return reason
        rows = [side.walk.world.leads[k] for side, k in zip(self.case.sides, leads, strict=True)]
        if any(rows[0][name] != rows[1][name] for name in ("reviews", "attended", "owner")):
            return why.effort(self.case, leads, time)
        return self._open_or_unknown(x, y)

    def _moved(self, lines: list[Line]) -> Reason:
        case = self.case
        plans = [case.say("plan", plan=case.words.plan(case.ledger.scenario, side.arm.pay)) for side in case.sides]
        return Reason("date_moved", case.words.rep(lines[0].resource), case.say("moved", both=case.both(*plans)))

    def _open_or_unknown(self, x: Line | None, y: Line | None) -> Reason:
        if x is None or y is None:
            return Reason("horizon", "", self.case.say("horizon"))
        return self.case.unknown()


def acts(side: int, line: Line) -> Hashable:
    """What makes two lines the same act: time, kind, who, amount and lead."""
    return line.act


def kinds(case: Case) -> Meaning:
    """What makes two lines the same thing that happened, whenever and by whom."""

    def kind(side: int, line: Line) -> Hashable:
        leads = case.sides[side].walk.world.leads
        if line.activity == r.NOTE_LEAD:
            return line.activity, line.ordinal, int(leads["origin"][line.lead])
        if line.activity == r.NOTE_CLOSED:
            return line.activity, line.amount, line.cause
        return line.activity, line.ordinal, line.amount if line.activity == r.NOTE_ATTEMPT else 0

    return kind


def _difference(pair: Pair, meaning: Meaning) -> int | None:
    one, two = pair
    for n, (x, y) in enumerate(zip(one, two, strict=False)):
        if meaning(0, x) != meaning(1, y):
            return n
    return None if len(one) == len(two) else min(len(one), len(two))


def _has(lines: list[Line], activity: int) -> bool:
    return any(line.activity == activity for line in lines)


def _owner(lines: list[Line]) -> int:
    return next((line.resource for line in reversed(lines) if line.activity in (*GIVEN, r.NOTE_ATTEMPT)), -1)


def _dropped(lead: np.void) -> bool:
    return bool(lead["cause"] == r.DROPPED)


def _same(lines: list[Line]) -> bool:
    """Whether both lines say the same, at other times."""
    return lines[0].activity == lines[1].activity and lines[0].amount == lines[1].amount


def partings(ledger: Ledger) -> dict[tuple[int, int], Parting]:
    """For each need of the ledger whose histories differ, by (account's position, occasion): where they part."""
    rows = ledger.cents
    listed = set(zip(rows["place"].tolist(), rows["occasion"].tolist(), strict=True))
    found = {}
    for place in ledger.a.chronicle.differing(ledger.b.chronicle):
        for occasion, parting in Account(Case(ledger, place)).partings().items():
            if (place, occasion) in listed:
                found[place, occasion] = parting
    return found


def table(ledger: Ledger) -> pd.DataFrame:
    """One row for each need whose histories differ; see `Ledger.parted`."""
    import pandas as pd

    keys = dict(zip(zip(ledger.cents["place"].tolist(), ledger.cents["occasion"].tolist(), strict=True),
                    range(len(ledger.cents)), strict=True))  # fmt: skip
    rows, places = [], []
    for key, parting in ledger.partings.items():
        first, turn = parting.first, parting.turn
        places.append(keys[key])
        rows.append(
            {"first": first.category, "first_day": day_of(ledger.a, first.time), "first_who": first.who,
             "first_a": first.a, "first_b": first.b, "first_why": first.why, "root": parting.root,
             "turn": turn.category if turn else "", "turn_day": day_of(ledger.a, turn.time) if turn else -1,
             "turn_who": turn.who if turn else "", "turn_a": turn.a if turn else "", "turn_b": turn.b if turn else "",
             "turn_why": turn.why if turn else ""}
        )  # fmt: skip
    columns = ["first", "first_day", "first_who", "first_a", "first_b", "first_why", "root", "turn", "turn_day",
               "turn_who", "turn_a", "turn_b", "turn_why"]  # fmt: skip
    episodes = ledger.episodes.iloc[places].reset_index(drop=True)
    kept = ["prospect", "occasion", "viable", "end_a", "end_b", "value", "margin_a", "margin_b"]
    return pd.concat([episodes[kept], pd.DataFrame(rows, columns=columns)], axis=1)


def counted(ledger: Ledger) -> pd.DataFrame:
    """Categories in the order of the buying process; see `Ledger.divergences`. Needs of accounts that fit only.

    first: needs that differ there first; turning: needs in which something else happens from there on; ended: those of
    them that end differently, with their `value` at stake and margin a - b in euro; root: needs that differ there
    first, earlier history traced back to where it began.
    """
    import pandas as pd

    parted = ledger.parted
    parted = parted[parted["viable"]]
    ended = parted[parted["end_a"] != parted["end_b"]]
    rows, words = [], Words()
    for category in why.CATEGORIES:
        here = ended[ended["turn"] == category]
        rows.append(
            {"category": category, "label": words.say(f"category.{category}"),
             "first": int((parted["first"] == category).sum()),
             "root": int((parted["root"] == category).sum()), "turning": int((parted["turn"] == category).sum()),
             "ended": len(here), "value": round(float(here["value"].sum()), 2),
             "margin_a": round(float(here["margin_a"].sum()), 2), "margin_b": round(float(here["margin_b"].sum()), 2)}
        )  # fmt: skip
    out = pd.DataFrame(rows)
    out["margin_difference"] = (out["margin_a"] - out["margin_b"]).round(2)
    return out[(out[["first", "turning", "root"]] > 0).any(axis=1)].reset_index(drop=True)
