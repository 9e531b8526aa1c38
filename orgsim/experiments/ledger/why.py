"""Why two arms did different things to one account: what the levers, hours and luck of both explain, and no more.

Luck is a pure function of its key, so a draw can be looked up again, and the diary holds what it was compared with.
Each reason names a category, who took the decision, and the figures. What no record tells is called not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from orgsim.engine import records as r
from orgsim.engine import streams
from orgsim.experiments.ledger.chronicle import WORD, Line
from orgsim.experiments.ledger.words import both, date, figures, holder, rep

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Ledger, Side

# What a decision was about, with words for it, in the order of the buying process.
CATEGORIES: dict[str, str] = {
    "awareness": "who thought of us (brand)",
    "campaign": "whom campaigns reached",
    "prospecting": "whom prospecting found",
    "recommendation": "recommendations",
    "hand_over": "when marketing handed over",
    "who_calls": "which rep got it",
    "ownership": "whose account it was",
    "score_seen": "whether the rep saw the score",
    "not_believed": "set aside as not worth a call",
    "lead_rights": "passed on or given back",
    "when_called": "when sales called",
    "conversation": "the first conversation",
    "effort": "hours for the opportunity",
    "date_moved": "discounts and moved closes",
    "buyer": "the buyer's choice",
    "customer": "customers who stayed or left",
    "earlier": "earlier history of the account",
    "horizon": "cut off by the horizon's end",
    "not_recorded": "not recorded",
}
UNKNOWN = "the records do not tell"
ANSWER = "how soon we answered"
UNIT = 2.3283064365386963e-10


@dataclass(frozen=True)
class Reason:
    """What a difference was about, who took the decision, and why in figures."""

    category: str
    who: str
    why: str


@dataclass(frozen=True)
class Case:
    """One account in both arms."""

    ledger: Ledger
    place: int

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

    def say(self, here: str, there: str) -> str:
        """Both sides in one phrase."""
        return both(self.ledger.a, self.ledger.b, here, there)

    def decided_by(self, lever: str) -> str:
        """Who decides on a lever, under each arm."""
        here, there = (holder(self.ledger.scenario, side, lever) for side in self.sides)
        return here if here == there else self.say(here, there)

    def decided_by_right(self, lever: str) -> str:
        """Who holds a right that only its structure tells, under each arm."""
        structures = (self.ledger.scenario.structures[side.arm.structure] for side in self.sides)
        here, there = (structure.right(lever).decides for structure in structures)
        return here if here == there else self.say(here, there)

    def settled_by(self) -> str:
        """To whom disputes go, under each arm."""
        structures = (self.ledger.scenario.structures[side.arm.structure] for side in self.sides)
        titles = (structure.common_superior() for structure in structures)
        here, there = ("chief executive" if title == "chief" else title for title in titles)
        return here if here == there else self.say(here, there)


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
    segment = case.ledger.segments[case.segment]
    if (u_aware < aware[0]) != (u_aware < aware[1]):
        here, there, bar = figures(aware, u_aware, percent=True)
        return Reason("awareness", f"marketing's brand work; split of the programme: {case.decided_by('budget')}",
                      f"this buyer thinks of us if at least {bar} of {segment} do; "
                      + "it was " + case.say(here, there))  # fmt: skip
    if (u_campaign < reach[0]) != (u_campaign < reach[1]):
        here, there, bar = figures(reach, u_campaign, percent=True)
        return Reason("campaign", f"marketing's campaigns; split of the programme: {case.decided_by('budget')}",
                      f"campaigns reach this buyer if they reach at least {bar} of the silent ones; "
                      + "they reached " + case.say(here, there))  # fmt: skip
    here, there, bar = figures(found, u_found, percent=True)
    return Reason("prospecting", "the reps' prospecting hours",
                  f"prospecting finds this buyer if it finds at least {bar} of the silent ones; "
                  + "it found " + case.say(here, there))  # fmt: skip


def signalled(case: Case, ordinal: int, time: float) -> Reason:
    """Why interest without a need became a lead in one arm only."""
    u, *_ = case.luck(streams.NOISE, 1, (ordinal - 3) // 2)
    aware = [float(s.walk.diary.segments["awareness"][s.walk.diary.row(time), case.segment]) for s in case.sides]
    if (u < aware[0]) == (u < aware[1]):
        return refused(case, time)
    here, there, bar = figures(aware, u, percent=True)
    return Reason("awareness", f"marketing's brand work; split of the programme: {case.decided_by('budget')}",
                  f"this account thinks of us if at least {bar} of {case.ledger.segments[case.segment]} do; "
                  + "it was " + case.say(here, there))  # fmt: skip


def told_of_us(case: Case, told: Sequence[Line | None]) -> Reason:
    """A customer's word opened the need, in the arms where there is a line for it."""
    days = {line.time // r.HOURS_PER_DAY for line in told if line is not None}
    close = len(days) < sum(line is not None for line in told)
    said = ["no customer did by then" if line is None else f"a customer did on {date(side, line.time, hour=close)}"
            for side, line in zip(case.sides, told, strict=True)]  # fmt: skip
    return Reason("recommendation", "a customer", "who tells the account of us opens its need: " + case.say(*said))


def recommended(case: Case, time: float) -> Reason:
    """An account knew us more than its segment does in one arm: a customer had told it, if one log alone says so."""
    heard = [any(line.activity in WORD and line.time <= time for line in lines) for lines in case.lines]
    if heard[0] != heard[1]:
        said = ["had" if told else "had not" for told in heard]
        return Reason("recommendation", "a customer", "a customer "
                      + case.say(f"{said[0]} recommended us", f"{said[1]} recommended us"))  # fmt: skip
    return Reason("not_recorded", "", UNKNOWN)


def refused(case: Case, time: float) -> Reason:
    """An account came to us in one arm only though luck and levers were the same: it may refuse since a clumsy call."""
    memory = float(case.ledger.scenario.contact.burn_memory) * r.HOURS_PER_DAY * r.DAYS_PER_YEAR / 12
    for side, lines in zip(case.sides, case.lines, strict=True):
        for line in lines:
            burned = line.activity == r.NOTE_CLOSED and line.amount == r.REFUSED
            if burned and line.time <= time < line.time + memory:
                return Reason("earlier", rep(line.resource),
                              f"the account refuses our calls under {side.label} since an earlier one")  # fmt: skip
    return recommended(case, time)


# From marketing to sales ---------------------------------------------------------------------------------------------


def handed_over(case: Case, leads: tuple[int, int], time: float) -> Reason:
    """Why a lead passed the threshold at this time in one arm, and later or never in the other."""
    found = [side.walk.diary.score_by(k, time) for side, k in zip(case.sides, leads, strict=True)]
    told = [one for one in found if one is not None]
    who = case.decided_by("threshold")
    if len(told) < len(found):
        return Reason("hand_over", who, "the lead was scored in one arm only by then, or before the horizon")
    scores = [score for _, score in told]
    diaries = [side.walk.diary for side in case.sides]
    rows = [day - diary.first + 1 for (day, _), diary in zip(told, diaries, strict=True)]
    bars = [float(diary.firm["threshold"][row]) for diary, row in zip(diaries, rows, strict=True)]
    texts = [figures([score], bar, digits=2) for score, bar in zip(scores, bars, strict=True)]
    why = case.say(*(f"score {score} against a threshold of {bar}" for score, bar in texts))
    if scores[0] != scores[1] and rows[0] == rows[1]:
        agreed = figures([float(d.firm["definition"][row]) for d, row in zip(diaries, rows, strict=True)], digits=2)
        info = figures([float(d.firm["info"][row]) for d, row in zip(diaries, rows, strict=True)], digits=2)
        why += "; the score rests on " + case.say(f"a definition agreed to {agreed[0]} and information of {info[0]}",
                                                  f"{agreed[1]} and {info[1]}")  # fmt: skip
    return Reason("hand_over", who, why)


def got_by(case: Case, here: int, there: int, time: float) -> Reason:
    """Why another rep has the lead: an empty seat, or another routing."""
    for side, other in ((case.ledger.a, there), (case.ledger.b, here)):
        seats = side.walk.diary.reps["vacant"][side.walk.diary.rep_row(time)]
        if 0 <= other < len(seats) and seats[other]:
            return Reason("who_calls", "a vacancy", f"the seat of {rep(other)} was empty under {side.label}")
    ways = [r.ROUTINGS[int(s.walk.diary.firm["routing"][s.walk.diary.row(time)])] for s in case.sides]
    if ways[0] != ways[1]:
        why = "leads are routed " + case.say(f"by rule '{ways[0]}'", f"by rule '{ways[1]}'")
        return Reason("who_calls", case.decided_by_right("routing"), why)
    if ways[0] in ("performance", "experience"):
        return Reason("who_calls", "the routing rule", f"leads go by {ways[0]}, and the reps' differ by now")
    return Reason("who_calls", rep(here), UNKNOWN)


def called(case: Case, leads: tuple[int, int], reps: tuple[int, int], time: float, again: bool) -> Reason:
    """Why a lead in sales' hands was called at another time, or in one arm only."""
    rows = [side.walk.world.leads[k] for side, k in zip(case.sides, leads, strict=True)]
    ordinal = int(rows[0]["ordinal"])
    who = rep(reps[0]) if reps[0] == reps[1] else case.say(rep(reps[0]), rep(reps[1]))
    _, u_sight, *_ = case.luck(streams.ATTENTION, ordinal, 0)
    if not again:
        waits = [float(row["workable"] - row["given"]) / r.HOURS_PER_DAY for row in rows]
        if waits[0] != waits[1] and not any(math.isnan(wait) for wait in waits):
            days = figures(waits)
            return Reason("ownership", case.settled_by(), "whose account it is was in dispute, which took "
                          + case.say(f"{days[0]} days to settle", f"{days[1]}"))  # fmt: skip
        seen = [u_sight < float(side.walk.world.arm["visibility"][0]) for side in case.sides]
        if seen[0] != seen[1] and rows[0]["key"] != rows[1]["key"]:
            return Reason("score_seen", who, "the rep, who orders the line by it, "
                          + case.say(*("saw the score" if saw else "did not see it" for saw in seen)))  # fmt: skip
    hours, lines = [], []
    for side, number in zip(case.sides, reps, strict=True):
        diary = side.walk.diary
        row = diary.rep_row(time)
        hours.append(float(diary.reps["hours"][row, number, r.REP_LEADS]) if number >= 0 else 0.0)
        lines.append(int(diary.waiting[diary.row(time), number]) if number >= 0 else 0)
    here, there = figures(hours, digits=1)
    facts = case.say(f"{here} h a week for leads and {lines[0]} waiting at the end of that day",
                     f"{there} h and {lines[1]}")  # fmt: skip
    return Reason("when_called", who, f"the rep had {facts}; its turn came at another time")


def not_believed(case: Case, leads: tuple[int, int], reps: tuple[int, int], time: float) -> Reason:
    """Why a rep set a lead aside in one arm only."""
    believed = []
    for side, k, number in zip(case.sides, leads, reps, strict=True):
        p, row = side.walk.world.p[0], side.walk.diary.reps[side.walk.diary.rep_row(time), number]
        good, bad = p["belief_prior_good"] + row["good"], p["belief_prior_bad"] + row["bad"]
        believed.append(float(good / (good + bad) * side.walk.world.leads["key"][k]))
    bar = float(case.ledger.scenario.belief.alternative)
    here, there, least = figures(believed, bar, percent=True)
    return Reason("not_believed", rep(reps[0]), f"a call is worth it from a believed success of {least}; that day the "
                  "rep believed " + case.say(here, there))  # fmt: skip


# In sales' hands -----------------------------------------------------------------------------------------------------


def conversation(case: Case, leads: tuple[int, int], attempt: int) -> Reason:
    """Why the first conversation went another way: luck is the same, the moment or a doubled call is not."""
    rows = [side.walk.world.leads[k] for side, k in zip(case.sides, leads, strict=True)]
    doubled = [bool(row["doubled"]) for row in rows]
    if doubled[0] != doubled[1]:
        return Reason("conversation", "marketing and sales", "the account was called "
                      + case.say(*("twice, by marketing too" if twice else "by sales alone" for twice in doubled)))
    ready = [float(row["timing"]) for row in rows]
    burn = float(case.ledger.scenario.contact.burn) * (2.0 if doubled[0] else 1.0)
    _, _, u_burn, _ = case.luck(streams.CONTACT, int(rows[0]["ordinal"]), attempt)
    odds = [burn * (1.0 - moment) for moment in ready]
    if (u_burn < odds[0]) == (u_burn < odds[1]):
        if rows[0]["viable"] == rows[1]["viable"]:
            return Reason("not_recorded", "", UNKNOWN)
        needs = ("there was a need by then" if row["viable"] else "there was no need yet" for row in rows)
        return Reason("conversation", "the moment of the call", case.say(*needs))
    risks = figures(odds, u_burn, percent=True, digits=1)
    return Reason("conversation", "the moment of the call",
                  f"a call burns this buyer if the risk is above {risks[2]}; by how far the buying process was, it was "
                  + case.say(risks[0], risks[1]))  # fmt: skip


def effort(case: Case, leads: tuple[int, int], time: float) -> Reason:
    """Why an opportunity went at another pace: reviews that the rep had, or had not, the hours for."""
    said, hours, who = [], [], []
    for side, k in zip(case.sides, leads, strict=True):
        lead, diary = side.walk.world.leads[k], side.walk.diary
        who.append(rep(int(lead["owner"])))
        said.append(f"{lead['attended']} of {lead['reviews']} reviews were attended")
        hours.append(float(diary.reps["hours"][diary.rep_row(time), int(lead["owner"]), r.REP_OPPORTUNITIES]))
    texts = figures(hours, digits=1)
    return Reason("effort", who[0] if who[0] == who[1] else case.say(who[0], who[1]),
                  case.say(f"{said[0]} ({texts[0]} h a week for opportunities when it showed)",
                           f"{said[1]} ({texts[1]} h)"))  # fmt: skip


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
    better = case.ledger.a.label if moved[most] > 0 else case.ledger.b.label
    chances = [decides if which == 0 else wins for decides, wins, _ in found]
    here, there, bar = figures(chances, (u_decide, u_us)[which], percent=True)
    what = "to buy at all" if which == 0 else "to choose us"
    why = f"a chance {what} above {bar} wins this buyer; it was " + case.say(here, there)
    return Reason("buyer", "the buyer", f"{why}; what moved it most was {most}, better under {better}")


def choice(side: Side, k: int, segment: int) -> tuple[float, float, dict[str, float]]:
    """The buyer's chance to decide at all, the chance that it is for us, and the log-odds that each thing adds; as
    `selling.decide` has them at the moment the lead closed."""
    world, diary = side.walk.world, side.walk.diary
    p, lead = world.p[0], world.leads[k]
    firm = diary.firm[diary.row(float(lead["closed"]))]
    who = diary.reps[diary.rep_row(float(lead["closed"])), int(lead["owner"])]
    fit = float(world.prospects["fit"][lead["prospect"]])
    care = lead["attended"] / lead["reviews"] if lead["reviews"] > 0 else 1.0
    parts = {
        "fit": p["opportunity_weight_fit"] * (fit - 0.5),
        "the value proposition": p["opportunity_weight_value"] * p["product_uniqueness"]
        * (firm["value_proposition"] - 0.5),
        "the rep's skill": p["opportunity_weight_skill"] * (who["skill"] + firm["lift"][r.SKILL] - 0.5),
        "the message": p["opportunity_weight_message"] * (firm["field_knowledge"] - 0.5),
        "attention to the opportunity": p["opportunity_weight_care"] * (care - 1.0),
        "the moment of the first talk": p["opportunity_weight_timing"] * (lead["timing"] - 0.5),
        "the product": p["product_quality"] + firm["improvement"]
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
        return Reason("not_recorded", rep(owner), UNKNOWN)
    here, there, bar = figures(chances, u, percent=True)
    contact = figures(care, percent=True)
    return Reason("customer", rep(owner), f"this customer stays if its chance is above {bar}; it was "
                  + case.say(f"{here} (contact at {contact[0]} of what is usual)", f"{there} ({contact[1]})"))


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _logit(share: float) -> float:
    inside = max(1e-12, min(1.0 - 1e-12, share))
    return math.log(inside / (1.0 - inside))
