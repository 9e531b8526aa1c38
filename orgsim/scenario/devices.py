"""The vocabulary of coordination devices, of staff units, of rights to leads and of marketing's own services."""

from __future__ import annotations

import math
from typing import Literal, get_args

from pydantic import Field, field_validator

from orgsim.scenario.fields import (
    ASSUMPTION,
    Days,
    Euro,
    EuroPerHour,
    EuroPerYear,
    Hours,
    HoursPerWeek,
    Months,
    Number,
    PerYear,
    Share,
    Table,
    Weeks,
    param,
)

StateName = Literal[
    "definition", "cooperation", "field_knowledge", "value_proposition", "innovation", "skill", "use", "clarity",
    "openness", "market_knowledge", "commitment", "foresight", "information", "evidence", "feedback", "contact",
    "advice", "voice", "requests", "morale",
]  # fmt: skip
STATES: tuple[str, ...] = get_args(StateName)
PARTICIPANTS = ("reps", "marketers", "heads")


class Effect(Table):
    """What a device does to one state of the teams, once it has taken hold."""

    state: StateName = Field(description="State of the teams that it moves")
    gain: Number = param(0.1, "unit of the state", -1, 1, ASSUMPTION, "By how much, at a full dose")


class Device(Table):
    """A way of bringing the teams together, held regularly by those structures that name it."""

    title: str = Field("", description="Name on tables and figures")
    source: str = Field(ASSUMPTION, description="Where it is proposed, and what its effect rests on")
    participants: tuple[Literal["reps", "marketers", "heads"], ...] = Field(
        (), description="Who takes part: all reps, all marketers, the heads of both functions; a device of heads alone "
                        "needs two of them")
    times: PerYear = param(12.0, "/year", 0, 260, ASSUMPTION, "How often it is held", least=0)
    hours: Hours = param(1.0, "h", 0, 40, ASSUMPTION, "Time it takes a participant each time", least=0)
    cost: Euro = param(0.0, "€", 0, 10_000, ASSUMPTION, "Money each time", least=0)
    once: Euro = param(0.0, "€", 0, 50_000, ASSUMPTION, "Money to set it up, once", least=0)
    effects: tuple[Effect, ...] = Field((), max_length=6, description="States that it moves")
    dose: Hours = param(0.0, "h/person/month", 0, 8, ASSUMPTION,
                        "Time at which it has 63 % of its full effect; 0: the time does not matter", least=0)
    adoption: Months = param(3.0, "months", 0, 18, ASSUMPTION, "Time constant in which it takes hold", least=0)
    decay: Weeks = param(26.0, "weeks", 4, 104, ASSUMPTION, "Half-life of its effect once it is given up", above=0)
    trigger: Number = param(math.inf, "score of 10", 0, 10, "D38 (the condition is ours)",
                            "Held only while alignment, as leaders perceive it, is below this; endless: always")

    @field_validator("participants")
    @classmethod
    def _each_takes_part_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("participants are each named once")
        return value


class StaffUnit(Table):
    """A staff unit beside the line, such as revenue operations: people who improve information and sell nothing."""

    people: Number = param(0.0, "people", 0, 10, "D67; evidence C (RevOps)", "Full-time posts", least=0)
    pay: EuroPerYear = param(50_000.0, "€/year", 30_000, 90_000, ASSUMPTION, "Pay of a post before charges", least=0)
    information: Number = param(0.5, "ratio per post and 10 staff", 0, 2, ASSUMPTION,
                                "Information per lead added by a post for ten reps and marketers", least=0)


class LeadRights(Table):
    """Who has a lead, for how long, and what becomes of it: routing, service level, return, checks."""

    routing: Literal["even", "territory", "performance", "experience"] = Field(
        "even", description="Which rep gets a lead: each account's own, drawn evenly; by territory; by last results; "
                            "by practice")
    sla: Days = param(math.inf, "days", 1, 20, "C: SLA clock (neutral: endless)",
                        "Time from a clear hand-over in which a first attempt is due", above=0)
    breach: Literal["next", "return"] = Field(
        "next", description="What becomes of a lead whose time is up: whoever can start a call first gets it, or "
                            "marketing takes it back")
    recycle: Share = param(0.0, "share", 0, 1, "C: recycle/return (neutral: 0)",
                           "Share of leads that sales gives up which return to nurture, once", least=0, most=1)
    audit: Share = param(0.0, "share", 0, 1, "D19 (neutral: 0)", "Share of follow-up and logging that is checked",
                         least=0, most=1)
    penalty: EuroPerHour = param(0.0, "€/h", 0, 50, "D19 (neutral: 0)",
                            "Pay that hangs on an hour of follow-up or logging, where it is checked", least=0)
    audit_cost: EuroPerYear = param(0.0, "€/year", 0, 30_000, ASSUMPTION, "What checking everything would cost",
                                    least=0)


class Services(Table):
    """Marketing that sells its own services and lives on them (D60, D61)."""

    hours: HoursPerWeek = param(0.0, "h/week", 0, 20, "D60 (neutral: 0)", "Hours a marketer spends on paid services",
                                least=0, most=30)
    price: EuroPerHour = param(60.0, "€/h", 20, 150, ASSUMPTION, "What an hour of services brings", least=0)
    self_financing: Share = param(0.0, "share", 0, 1, "D61 (neutral: 0)",
                                  "Share of programme spend that services must earn", least=0, most=1)
