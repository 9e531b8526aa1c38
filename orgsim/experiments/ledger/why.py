"""Why two arms did different things to one account: what the levers, hours and luck of both explain, and no more.

Luck is a pure function of its key, so a draw can be looked up again, and the diary holds what it was compared with.
Each reason names a category, who took the decision, and the figures. What no record tells is called not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from orgsim.engine import records as r
from orgsim.engine import streams
from orgsim.experiments.ledger.chronicle import WORD, Line
from orgsim.experiments.ledger.words import OF, Words

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Ledger, Side

# What a decision was about, in the order of the buying process; words for it are in the catalogues.
CATEGORIES = (
    "awareness", "campaign", "prospecting", "recommendation", "hand_over", "who_calls", "ownership", "score_seen",
    "not_believed", "lead_rights", "when_called", "conversation", "effort", "date_moved", "buyer", "customer",
    "earlier", "horizon", "not_recorded",
)  # fmt: skip
ANSWER = "answer"
UNIT = 2.3283064365386963e-10


@dataclass(frozen=True)
class Reason:
    """What a difference was about, who took the decision, and why in figures."""

    category: str
    who: str
    why: str


@dataclass(frozen=True)
class Case:
    """One account in both arms, the words in which it is told, and names of the arms if they are not the ledger's."""

    ledger: Ledger
    place: int
    words: Words = field(default_factory=Words)
    named: tuple[str, str] | None = None

    @property
    def labels(self) -> tuple[str, str]:
        """Names of both arms."""
        return self.named or (self.ledger.a.label, self.ledger.b.label)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both arms."""
        return self.ledger.a, self.ledger.b

    @cached_property
    def lines(self) -> tuple[list[Line], list[Line]]:
        """What both logs tell of the account."""
        one, two = (side.chronicle.lines(self.place) for side in self.sides)
        return one, two

    @cached_property
    def segment(self) -> int:
        """Position of the account's segment."""
        return int(self.ledger.a.walk.world.prospects["segment"][self.place])

    def luck(self, purpose: int, whom: int, occasion: int) -> tuple[float, ...]:
        """The four uniforms of a draw of this account, as the engine gets them."""
        index = int(self.ledger.a.walk.world.prospects["index"][self.place])
        counter = (purpose + 65536 * self.segment, index, whom, occasion)
        words = streams.philox4x32(counter, (self.ledger.seed, self.ledger.replicate))
        return tuple((word + 0.5) * UNIT for word in words)

    def say(self, key: str, /, **values: object) -> str:
        """The sentence at a key of the catalogue of reasons."""
        return self.words.say(f"why.{key}", **values)

    def both(self, here: str, there: str) -> str:
        """Both sides in one phrase."""
        return self.words.both(self.labels, here, there)

    def one_or_both(self, here: str, there: str) -> str:
        """The same under each arm, or both sides in one phrase."""
        return here if here == there else self.both(here, there)

    def unknown(self, who: str = "") -> Reason:
        """What no record tells."""
        return Reason("not_recorded", who, self.say("unknown"))

    def decided_by(self, lever: str) -> str:
        """Who decides on a lever, under each arm."""
        here, there = (self.words.holder(self.ledger.scenario, side, lever) for side in self.sides)
        return self.one_or_both(here, there)

    def decided_by_right(self, lever: str) -> str:
        """Who holds a right that only its structure tells, under each arm."""
        structures = (self.ledger.scenario.structures[side.arm.structure] for side in self.sides)
        here, there = (self.words.chair(structure.right(lever).decides) for structure in structures)
        return self.one_or_both(here, there)

    def settled_by(self) -> str:
        """To whom disputes go, under each arm."""
        structures = (self.ledger.scenario.structures[side.arm.structure] for side in self.sides)
        titles = (structure.common_superior() for structure in structures)
        here, there = (self.words.chair("chief executive" if title == "chief" else title) for title in titles)
        return self.one_or_both(here, there)


# Before there is a lead ----------------------------------------------------------------------------------------------


def noticed(case: Case, occasion: int, times: tuple[float, float], leads: tuple[int, int]) -> Reason:
    """Why a need became a lead in one arm and not in the other, or by another way. times: when it opened."""
    (u_aware, *_), (u_campaign, u_found, *_) = (case.luck(purpose, 0, occasion) for purpose in
                                                (streams.EPISODE, streams.CHANNELS))  # fmt: skip
    aware, reach, found, expected = [], [], [], []
    for side, time in zip(case.sides, times, strict=True):
        row = side.walk.diary.row(time)
        aware.append(float(side.walk.diary.segments["awareness"][row, case.segment]))
        reach.append(float(side.walk.diary.firm["reach"][row]))
        found.append(float(side.walk.diary.firm["found"][row]))
        finds = side.walk.world.prospects["viable"][case.place] and u_found < found[-1]
        expected.append(r.INBOUND if u_aware < aware[-1] else r.CAMPAIGN if u_campaign < reach[-1]
                        else r.OUTBOUND if finds else None)  # fmt: skip
    for side, lead, way in zip(case.sides, leads, expected, strict=True):
        if lead >= 0 and side.walk.world.leads["origin"][lead] != way:
            return recommended(case, max(times))
    if expected[0] == expected[1]:
        return refused(case, max(times))
    if (u_aware < aware[0]) != (u_aware < aware[1]):
        return _aware(case, "aware", aware, u_aware)
    if (u_campaign < reach[0]) != (u_campaign < reach[1]):
        here, there, bar = case.words.figures(reach, u_campaign, percent=True)
        return Reason("campaign", case.say("campaigns", who=case.decided_by("budget")),
                      case.say("campaign", bar=bar, both=case.both(here, there)))  # fmt: skip
    here, there, bar = case.words.figures(found, u_found, percent=True)
    return Reason("prospecting", case.say("prospectors"),
                  case.say("prospecting", bar=bar, both=case.both(here, there)))  # fmt: skip


def _aware(case: Case, key: str, aware: list[float], bar: float) -> Reason:
    """Brand's work reached the bar of this buyer, or account, in one arm only."""
    here, there, least = case.words.figures(aware, bar, percent=True)
    segment = case.words.segment(case.ledger.segments[case.segment])
    return Reason("awareness", case.say("split", who=case.decided_by("budget")),
                  case.say(key, bar=least, segment=segment, both=case.both(here, there)))  # fmt: skip


def signalled(case: Case, ordinal: int, time: float) -> Reason:
    """Why interest without a need became a lead in one arm only."""
    u, *_ = case.luck(streams.NOISE, 1, (ordinal - 3) // 2)
    aware = [float(s.walk.diary.segments["awareness"][s.walk.diary.row(time), case.segment]) for s in case.sides]
    if (u < aware[0]) == (u < aware[1]):
        return refused(case, time)
    return _aware(case, "aware_signal", aware, u)


def told_of_us(case: Case, told: Sequence[Line | None]) -> Reason:
    """A customer's word opened the need, in the arms where there is a line for it."""
    days = {line.time // r.HOURS_PER_DAY for line in told if line is not None}
    close = len(days) < sum(line is not None for line in told)
    said = [case.say("told_no") if line is None else
            case.say("told_yes", date=case.words.date(side, line.time, hour=close))
            for side, line in zip(case.sides, told, strict=True)]  # fmt: skip
    return Reason("recommendation", case.say("customer"), case.say("told", both=case.both(*said)))


def recommended(case: Case, time: float) -> Reason:
    """An account knew us more than its segment does in one arm: a customer had told it, if one log alone says so."""
    heard = [any(line.activity in WORD and line.time <= time for line in lines) for lines in case.lines]
    if heard[0] != heard[1]:
        said = [case.say("recommended_yes" if told else "recommended_no") for told in heard]
        return Reason("recommendation", case.say("customer"), case.say("recommended", both=case.both(*said)))
    return case.unknown()


def refused(case: Case, time: float) -> Reason:
    """An account came to us in one arm only though luck and levers were the same: it may refuse since a clumsy call."""
    memory = float(case.ledger.scenario.contact.burn_memory) * r.HOURS_PER_DAY * r.DAYS_PER_YEAR / 12
    for label, lines in zip(case.labels, case.lines, strict=True):
        for line in lines:
            burned = line.activity == r.NOTE_CLOSED and line.amount == r.REFUSED
            if burned and line.time <= time < line.time + memory:
                return Reason("earlier", case.words.rep(line.resource), case.say("refused", arm=label))
    return recommended(case, time)


# From marketing to sales ---------------------------------------------------------------------------------------------


def handed_over(case: Case, leads: tuple[int, int], time: float) -> Reason:
    """Why a lead passed the threshold at this time in one arm, and later or never in the other."""
    found = [side.walk.diary.score_by(k, time) for side, k in zip(case.sides, leads, strict=True)]
    told = [one for one in found if one is not None]
    who = case.decided_by("threshold")
    if len(told) < len(found):
        return Reason("hand_over", who, case.say("scored_once"))
    scores = [score for _, score in told]
    diaries = [side.walk.diary for side in case.sides]
    rows = [day - diary.first + 1 for (day, _), diary in zip(told, diaries, strict=True)]
    bars = [float(diary.firm["threshold"][row]) for diary, row in zip(diaries, rows, strict=True)]
    texts = [case.words.figures([score], bar, digits=2) for score, bar in zip(scores, bars, strict=True)]
    why = case.both(*(case.say("score", score=score, bar=bar) for score, bar in texts))
    if scores[0] != scores[1] and rows[0] == rows[1]:
        agreed, info = (case.words.figures([float(diary.firm[what][row]) for diary, row in
                                            zip(diaries, rows, strict=True)], digits=2)
                        for what in ("definition", "info"))  # fmt: skip
        said = [case.say(f"score_rests_{where}", definition=definition, information=information)
                for where, definition, information in zip(("here", "there"), agreed, info, strict=True)]  # fmt: skip
        why = case.say("score_rests", why=why, both=case.both(*said))
    return Reason("hand_over", who, why)


def got_by(case: Case, here: int, there: int, time: float) -> Reason:
    """Why another rep has the lead: an empty seat, or another routing."""
    for side, label, other in zip(case.sides, case.labels, (there, here), strict=True):
        seats = side.walk.diary.reps["vacant"][side.walk.diary.rep_row(time)]
        if 0 <= other < len(seats) and seats[other]:
            return Reason("who_calls", case.say("vacancy"), case.say("seat", of=case.words.rep(other, OF), arm=label))
    ways = [r.ROUTINGS[int(s.walk.diary.firm["routing"][s.walk.diary.row(time)])] for s in case.sides]
    rules = [case.words.say(f"routing.{way}") for way in ways]
    if ways[0] != ways[1]:
        said = [case.say("rule", rule=rule) for rule in rules]
        return Reason("who_calls", case.decided_by_right("routing"), case.say("routed", both=case.both(*said)))
    if ways[0] in ("performance", "experience"):
        return Reason("who_calls", case.say("routing"), case.say("routed_by", rule=rules[0]))
    return Reason("who_calls", case.words.rep(here), case.say("unknown"))


def called(case: Case, leads: tuple[int, int], reps: tuple[int, int], time: float, again: bool) -> Reason:
    """Why a lead in sales' hands was called at another time, or in one arm only."""
    rows = [side.walk.world.leads[k] for side, k in zip(case.sides, leads, strict=True)]
    ordinal = int(rows[0]["ordinal"])
    who = case.one_or_both(*map(case.words.rep, reps))
    _, u_sight, *_ = case.luck(streams.ATTENTION, ordinal, 0)
    if not again:
        waits = [float(row["workable"] - row["given"]) / r.HOURS_PER_DAY for row in rows]
        if waits[0] != waits[1] and not any(math.isnan(wait) for wait in waits):
            here, there = case.words.figures(waits)
            took = case.both(case.say("dispute_here", days=here), case.say("dispute_there", days=there))
            return Reason("ownership", case.settled_by(), case.say("dispute", both=took))
        seen = [u_sight < float(side.walk.world.arm["visibility"][0]) for side in case.sides]
        if seen[0] != seen[1] and rows[0]["key"] != rows[1]["key"]:
            said = [case.say("sight_yes" if saw else "sight_no") for saw in seen]
            return Reason("score_seen", who, case.say("sight", both=case.both(*said)))
    hours, lines = [], []
    for side, number in zip(case.sides, reps, strict=True):
        diary = side.walk.diary
        row = diary.rep_row(time)
        hours.append(float(diary.reps["hours"][row, number, r.REP_LEADS]) if number >= 0 else 0.0)
        lines.append(int(diary.waiting[diary.row(time), number]) if number >= 0 else 0)
    here, there = case.words.figures(hours, digits=1)
    facts = case.both(case.say("turn_here", hours=here, waiting=lines[0]),
                      case.say("turn_there", hours=there, waiting=lines[1]))  # fmt: skip
    return Reason("when_called", who, case.say("turn", both=facts))


def not_believed(case: Case, leads: tuple[int, int], reps: tuple[int, int], time: float) -> Reason:
    """Why a rep set a lead aside in one arm only."""
    believed = []
    for side, k, number in zip(case.sides, leads, reps, strict=True):
        p, row = side.walk.world.p[0], side.walk.diary.reps[side.walk.diary.rep_row(time), number]
        good, bad = p["belief_prior_good"] + row["good"], p["belief_prior_bad"] + row["bad"]
        believed.append(float(good / (good + bad) * side.walk.world.leads["key"][k]))
    bar = float(case.ledger.scenario.belief.alternative)
    here, there, least = case.words.figures(believed, bar, percent=True)
    return Reason("not_believed", case.words.rep(reps[0]), case.say("belief", bar=least, both=case.both(here, there)))


# In sales' hands -----------------------------------------------------------------------------------------------------


def conversation(case: Case, leads: tuple[int, int], attempt: int) -> Reason:
    """Why the first conversation went another way: luck is the same, the moment or a doubled call is not."""
    rows = [side.walk.world.leads[k] for side, k in zip(case.sides, leads, strict=True)]
    doubled = [bool(row["doubled"]) for row in rows]
    if doubled[0] != doubled[1]:
        said = [case.say("doubled_yes" if twice else "doubled_no") for twice in doubled]
        return Reason("conversation", case.say("two_teams"), case.say("doubled", both=case.both(*said)))
    ready = [float(row["timing"]) for row in rows]
    burn = float(case.ledger.scenario.contact.burn) * (2.0 if doubled[0] else 1.0)
    _, _, u_burn, _ = case.luck(streams.CONTACT, int(rows[0]["ordinal"]), attempt)
    odds = [burn * (1.0 - moment) for moment in ready]
    if (u_burn < odds[0]) == (u_burn < odds[1]):
        if rows[0]["viable"] == rows[1]["viable"]:
            return case.unknown()
        needs = (case.say("need_yes" if row["viable"] else "need_no") for row in rows)
        return Reason("conversation", case.say("moment"), case.both(*needs))
    here, there, bar = case.words.figures(odds, u_burn, percent=True, digits=1)
    return Reason("conversation", case.say("moment"), case.say("risk", bar=bar, both=case.both(here, there)))


def effort(case: Case, leads: tuple[int, int], time: float) -> Reason:
    """Why an opportunity went at another pace: reviews that the rep had, or had not, the hours for."""
    rows = [side.walk.world.leads[k] for side, k in zip(case.sides, leads, strict=True)]
    hours = []
    for side, lead in zip(case.sides, rows, strict=True):
        diary = side.walk.diary
        hours.append(float(diary.reps["hours"][diary.rep_row(time), int(lead["owner"]), r.REP_OPPORTUNITIES]))
    said = [case.say(f"reviews_{where}", attended=lead["attended"], reviews=lead["reviews"], hours=text) for
            where, lead, text in zip(("here", "there"), rows, case.words.figures(hours, digits=1), strict=True)]
    who = case.one_or_both(*(case.words.rep(int(lead["owner"])) for lead in rows))
    return Reason("effort", who, case.both(*said))


def chosen(case: Case, occasion: int, leads: tuple[int, int]) -> Reason | None:
    """Why the buyer chose otherwise: the two chances, on the same luck, and what moved them most; None if these
    figures do not give what happened (the opportunity died before the buyer decided)."""
    u_decide, u_us, *_ = case.luck(streams.DECISION, 0, occasion)
    found = [choice(side, k, case.segment) for side, k in zip(case.sides, leads, strict=True)]
    for (decides, wins, _), side, k in zip(found, case.sides, leads, strict=True):
        lead = side.walk.world.leads[k]
        outcome = r.NO_DECISION if not lead["viable"] or u_decide >= decides else (
            r.WON if u_us < wins else r.LOST_RIVAL)  # fmt: skip
        if outcome != lead["outcome"]:
            return None
    which = 0 if (u_decide < found[0][0]) != (u_decide < found[1][0]) else 1
    moved = {name: found[0][2][name] - found[1][2][name] for name in found[0][2]}
    if which == 0:
        del moved[ANSWER]  # it moves only whom the buyer chooses
    else:
        moved[ANSWER] /= 1.0 - (found[0][1] + found[1][1]) / 2  # from a share of the chance to log-odds, about
    most = max(moved, key=lambda name: abs(moved[name]))
    chances = [decides if which == 0 else wins for decides, wins, _ in found]
    here, there, bar = case.words.figures(chances, (u_decide, u_us)[which], percent=True)
    why = case.say(("buys", "chooses")[which], bar=bar, both=case.both(here, there),
                   factor=case.words.say(f"factor.{most}"), arm=case.labels[0 if moved[most] > 0 else 1])  # fmt: skip
    return Reason("buyer", case.say("buyer"), why)


def choice(side: Side, k: int, segment: int) -> tuple[float, float, dict[str, float]]:
    """The buyer's chance to decide at all, the chance that it is for us, and the log-odds that each factor adds; as
    `selling.decide` has them at the moment the lead closed."""
    world, diary = side.walk.world, side.walk.diary
    p, lead = world.p[0], world.leads[k]
    firm = diary.firm[diary.row(float(lead["closed"]))]
    who = diary.reps[diary.rep_row(float(lead["closed"])), int(lead["owner"])]
    fit = float(world.prospects["fit"][lead["prospect"]])
    care = lead["attended"] / lead["reviews"] if lead["reviews"] > 0 else 1.0
    parts = {
        "fit": p["opportunity_weight_fit"] * (fit - 0.5),
        "value": p["opportunity_weight_value"] * p["product_uniqueness"]
        * (firm["value_proposition"] - 0.5),
        "skill": p["opportunity_weight_skill"] * (who["skill"] + firm["lift"][r.SKILL] - 0.5),
        "message": p["opportunity_weight_message"] * (firm["field_knowledge"] - 0.5),
        "care": p["opportunity_weight_care"] * (care - 1.0),
        "timing": p["opportunity_weight_timing"] * (lead["timing"] - 0.5),
        "product": p["product_quality"] + firm["improvement"]
        + p["product_innovation"] * (firm["innovation"] - 0.5),
    }  # fmt: skip
    us = _logit(float(p["opportunity_win"])) + float(world.segments["win_shift"][segment])
    for part in parts.values():
        us += float(part)
    inclusive = math.log1p(math.exp(us)) - math.log1p(math.exp(_logit(float(p["opportunity_win"]))))
    decides = _logistic(_logit(float(p["opportunity_decide"])) + float(p["opportunity_decide_slope"]) * inclusive)
    speed = 1.0
    if lead["origin"] == r.INBOUND:
        floor, delay = float(p["contact_speed_floor"]), float(lead["first_touch"] - lead["created"])
        speed = (1.0 - floor) * math.exp(-float(p["contact_speed_decay"]) * delay) + floor
    told = {name: float(part) for name, part in parts.items()} | {ANSWER: math.log(max(speed, 1e-12))}
    return decides, _logistic(us) * speed, told


def stayed(case: Case, time: float) -> Reason:
    """Why a customer ordered again in one arm and left in the other."""
    counted = (r.NOTE_LEFT, r.NOTE_CANCELLED)
    number = sum(
        line.time <= time and (line.of_customer or line.activity in counted) for line in case.lines[0]
    )
    u, *_ = case.luck(streams.ORDER, 0, number)
    care, chances, owner = [], [], 0
    for side in case.sides:
        world, diary = side.walk.world, side.walk.diary
        owner = int(world.prospects["owner"][case.place])
        care.append(float(diary.reps["care"][diary.rep_row(time), owner]))
        p = world.p[0]
        odds = _logit(float(p["customers_repeat"])) + float(p["customers_care_weight"]) * (care[-1] - 1.0)
        chances.append(_logistic(odds))
    if (u < chances[0]) == (u < chances[1]):
        return case.unknown(case.words.rep(owner))
    here, there, bar = case.words.figures(chances, u, percent=True)
    contact = case.words.figures(care, percent=True)
    stays = case.both(case.say("stays_here", chance=here, care=contact[0]),
                      case.say("stays_there", chance=there, care=contact[1]))  # fmt: skip
    return Reason("customer", case.words.rep(owner), case.say("stays", bar=bar, both=stays))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _logit(share: float) -> float:
    inside = max(1e-12, min(1.0 - 1e-12, share))
    return math.log(inside / (1.0 - inside))
