"""The vocabulary of organising: leaders, structures, and what can be switched off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orgsim.scenario.devices import LeadRights, Services, StaffUnit, StateName
from orgsim.scenario.errors import cut, nearest, show
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
    Share,
    Table,
    param,
)

PRIMITIVES = (
    "skill", "horizon", "prior", "objective", "rights", "visibility", "sight", "settlement", "attention",
    "coordination", "definition", "disputes", "cost", "switching", "devices", "lead_rights", "staff", "services",
    "review",
)  # fmt: skip

# Levers that somebody decides on, and who does where a structure does not say: the chair of a function, or the lowest
# common superior of both functions.
LEVERS = {
    "budget": "", "threshold": "", "quota": "", "routing": "sales", "discount": "sales", "sales_hours": "sales",
    "marketing_hours": "marketing", "message": "marketing", "hiring": "superior", "devices": "superior",
    "pay": "superior",
}  # fmt: skip

FIELDS = {"devices": "devices_right", "pay": "pay_right"}  # where a right's field is not named like its lever


class Background(Table):
    """What a leader brings along, by where he or she was bred."""

    horizon: Months = param(9.0, "months", 3, 24, "theory 4", "Months of benefits that count", above=0, drawn=True)
    prior: Number = param(0.85, "ratio", 0.3, 1.8, "theory 4", "Believed over true yield of brand work, at first",
                          above=0, drawn=True)
    leaning: Number = param(0.0, "share", -1, 1, ASSUMPTION + " (neutral: 0)",
                            "How far a judge of disputes so bred leans towards sales (1) or marketing (-1)", least=-1,
                            most=1)


class Backgrounds(Table):
    """The backgrounds of leaders, and of the chief executive, who is the same in all arms."""

    sales: Background = Background(horizon=6.0, prior=0.6)
    marketing: Background = Background(horizon=12.0, prior=1.1)
    mixed: Background = Background(horizon=9.0, prior=0.85)
    chief: Background = Background(horizon=9.0, prior=0.8)


class Leadership(Table):
    """How leaders decide: bounded, each month, over the levers their chair holds (theory 1.1)."""

    candidates: int = Field(5, ge=1, le=50, description="Candidates, the same in all arms",
                            json_schema_extra={"unit": "people", "range": [3, 10], "source": "theory 1.1"})
    correlation: Number = param(0.0, "correlation", -0.5, 0.5, "theory 1.1; D65",
                                "Correlation of candidates' skills in selling and marketing", least=-1, most=1,
                                drawn=True)
    hours: HoursPerWeek = param(25.0, "h/week", 15, 35, "theory 4", "Leading hours of a chair", least=0, drawn=True)
    escalations: Number = param(0.15, "per opportunity and week", 0, 0.4, "theory 4",
                                "Escalations per late-stage opportunity and week", least=0, drawn=True)
    escalation_time: Hours = param(1.5, "h", 0.5, 3, "theory 4", "Leader's time for an escalation", least=0, drawn=True)
    quarter_end: Number = param(2.0, "ratio", 1, 3, "theory 4: double at quarter end",
                                "Escalations in a quarter's last month against the other months", least=0, drawn=True)
    attention_scale: Number = param(1.0, "h per report and week", 0.3, 3, "theory 1.1 (a0)",
                                    "Attention at which a decision moves 63 % of its way", above=0, drawn=True)
    noise: Number = param(0.5, "log units", 0, 1, "theory 1.1", "Error of a mean-skilled leader's first belief",
                          least=0, drawn=True)
    deference: Share = param(0.5, "share", 0, 1, ASSUMPTION, "Weight of proposals where one chair decides on proposals",
                             least=0, most=1, drawn=True)
    good_rate: Share = param(0.47, "share", 0.05, 0.9, "the baseline's viable share of raw leads",
                             "Share of good leads among raw leads that leaders reckon with", above=0, most=0.999)
    mql_credit: Euro = param(353.0, "€", 0, 5000, "theory 5: cost per MQL 353 euro",
                             "What an MQL counts for a head of marketing's own number", least=0, drawn=True)
    sql_credit: Euro = param(944.0, "€", 0, 10_000, "theory 5: 353 euro an MQL, .374 accepted",
                             "What an SQL counts where marketers are paid for those", least=0, drawn=True)
    hour_worth: EuroPerHour = param(46.0, "€/h", 0, 150, "theory 5: reps' loaded cost per hour",
                                    "What leaders reckon a rep's hour costs", least=0, drawn=True)
    brand_yield: Number = param(1.75, "ratio", 1, 2.5, "calibrated: today's heads hold brand's share at .46 (A27)",
                                "Long-run yield of brand work against activation, at equal split, that unbiased "
                                "leaders reckon with", above=0, drawn=True)
    maturity: Months = param(9.0, "months", 6, 24, "theory 1.1 (E14); A26", "Mean time until brand work pays", above=0)
    directs_hours: Share = param(0.0, "share", 0, 1, "D6 (neutral: 0)",
                                 "How far leaders direct marketers' hours by what they believe brand work yields, "
                                 "beyond the split of the programme", least=0, most=1)
    consulted: Share = param(0.2, "share", 0, 0.5, ASSUMPTION, "Weight of the view of a chair that is consulted",
                             least=0, most=1)
    culture: Number = param(0.0, "ratio", 0, 2, "D28 (neutral: 0)", "How much culture slows a device's adoption",
                            least=0)
    schedules: Number = param(0.0, "ratio", 0, 2, "D28 (neutral: 0)", "How much unlike schedules slow it", least=0)
    technique: Number = param(0.0, "ratio", 0, 2, "D28 (neutral: 0)", "How much unlike tools slow it", least=0)
    search_cost: Share = param(0.20, "share of pay", 0, 0.4, ASSUMPTION, "Search for a new leader", least=0, drawn=True)
    severance: Share = param(0.50, "share of pay", 0, 1, ASSUMPTION, "Severance of a leaving leader", least=0,
                             drawn=True)
    adoption: Months = param(6.0, "months", 1, 18, ASSUMPTION, "Time constant in which a new structure takes hold",
                             above=0, drawn=True)


class Chair(Table):
    """A leader's chair."""

    title: str = Field(min_length=1, description="Name of the chair")
    leads: Literal["sales", "marketing", "both", "heads"] = Field(
        description="Whom the chair leads: reps, marketers, both teams, or the heads of the two teams")
    background: Literal["sales", "marketing", "mixed"] = Field("mixed", description="Where its holder was bred")
    selling_weight: Share = param(0.5, "share", 0, 1, "theory 4 (omega)", "Weight of selling skill when hiring for it",
                                  least=0, most=1, drawn=True)
    firm_weight: Share = param(1.0, "share", 0, 1, "theory 4",
                               "Weight of the firm's margin against the unit's own number", least=0, most=1, drawn=True)
    escalation_share: Share = param(1.0, "share", 0, 1, "theory 4", "Share of escalations that hit this chair", least=0,
                                    most=1, drawn=True)
    under: str | None = Field(None, description="Title of the chair above; default the chair that leads the heads, or "
                                                "the chief executive")
    year_weight: Share = param(0.0, "share", 0, 1, "A35 (neutral: 0)",
                               "Share of the chair's objective that is this year's margin", least=0, most=1)
    pay: EuroPerYear = param(75_000.0, "€/year", 50_000, 250_000, "theory 4, 5", "Pay before charges", least=0,
                             drawn=True)


class Right(Table):
    """Who decides on a lever."""

    decides: str = Field(description="Title of a chair, 'chief' for the chief executive, or 'joint' for both heads")
    proposals: bool = Field(False, description="The decision is made on last month's proposals of the two functions")
    veto: str | None = Field(None, description="Title of a chair without which the lever does not move its way")
    consulted: tuple[str, ...] = Field((), max_length=3, description="Titles of chairs whose views count somewhat")


class Structure(Table):
    """One way of organising: a setting of the primitives. No rule reads its name."""

    title: str = Field("", description="Name on tables and figures")
    chairs: tuple[Chair, ...] = Field(min_length=1, max_length=6, description="Leaders' chairs")
    budget: Right = Field(description="Who splits programme between brand and activation")
    threshold: Right = Field(description="Who sets the score from which leads are handed over")
    quota: Right = Field(Right(decides="chief"), description="Who sets reps' quotas each year")
    routing: Right | None = Field(None, description="Who says which rep gets a lead; default who leads sales")
    discount: Right | None = Field(None, description="Who sets reps' authority for discounts; default who leads sales")
    sales_hours: Right | None = Field(None, description="Who directs reps' hours; default who leads sales")
    marketing_hours: Right | None = Field(None, description="Who directs marketers' hours; default who leads marketing")
    message: Right | None = Field(None, description="Who directs hours on insight and enablement; default likewise")
    hiring: Right | None = Field(None, description="Who opens and freezes posts; default the lowest common superior")
    devices_right: Right | None = Field(None, description="Who starts and stops devices; default likewise")
    pay_right: Right | None = Field(None, description="Who sets pay plans, which belong to the arm; default likewise")
    sales_voice: Share = param(0.5, "share", 0.3, 0.7, "theory 4", "Weight of sales where two functions propose",
                               least=0, most=1, drawn=True)
    visibility: Share = param(0.5, "share", 0.2, 0.9, "theory 4", "Chance that a rep sees a lead's score and history",
                              least=0, most=1, drawn=True)
    sight: Days = param(5.0, "days", 1, 40, "theory 4", "Age of what one unit knows of the other", least=0, drawn=True)
    settlement: Days = param(5.0, "days", 1, 40, "theory 4", "Time to settle an issue between the units", least=0,
                             drawn=True)
    coordination: Hours = param(1.0, "h/person/month", 0, 8, "theory 4", "Joint work of each person a month", least=0,
                                most=100, drawn=True)
    definition: Share = param(0.6, "correlation", 0.4, 0.9, "theory 4 (kappa target)",
                              "Shared definition of a lead that joint work aims at", least=0, most=1, drawn=True)
    disputes: Number = param(0.0, "per quarter", 0, 4, "theory 4", "Disputes between heads", least=0, drawn=True)
    joint_spend: EuroPerYear = param(0.0, "€/year", 0, 50_000, "theory 4: 10 k€ for joint tasks",
                                     "Money spent on coordination, devices apart", least=0)
    devices: tuple[str, ...] = Field((), max_length=16, description="Devices that are held, by name")
    lead_rights: LeadRights = LeadRights()
    staff: StaffUnit = StaffUnit()
    services: Services = Services()
    review: Months = param(1.0, "months", 1, 12, "D45 (neutral: 1)", "Time between two decisions of leaders", least=1,
                           most=120)

    @model_validator(mode="after")
    def _rights_name_chairs(self) -> Structure:
        titles = [chair.title for chair in self.chairs]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"chairs need titles of their own; given twice: {', '.join(twice)}")
        reserved = [title for title in titles if title in ("chief", "joint")]
        if reserved:
            stands = "the chief executive" if reserved[0] == "chief" else "both heads"
            raise ValueError(f"{reserved[0]!r} is no title for a chair; it stands for {stands}")
        mistakes = list(self._wrong_names())
        if mistakes:
            said = "; ".join(message for _, _, message, _ in mistakes)
            raise PydanticCustomError("wrong_names", "{said}", {"said": said, "mistakes": mistakes})
        for function in ("sales", "marketing"):
            if not any(chair.leads in (function, "both") for chair in self.chairs):
                raise ValueError(f"no chair leads {function}; one chair must lead it, or lead both")
        for chair in self.chairs:
            below, above = chair.title, self.superior(chair.title)
            seen = {chair.title}
            while above != "chief":
                if above in seen:
                    raise ValueError(f"{chair.title!r} is its own superior, by way of {below!r}")
                seen.add(above)
                below, above = above, self.superior(above)
        return self

    def _wrong_names(self) -> Iterator[tuple[tuple[str | int, ...], str, str, str | None]]:
        """Names of chairs that are none: where, what was found, the sentence about it, the name probably meant."""
        chairs = [chair.title for chair in self.chairs]
        named: list[tuple[tuple[str | int, ...], str, tuple[str, ...]]] = []
        for lever in LEVERS:
            right, field = self.given(lever), FIELDS.get(lever, lever)
            if right is not None:
                named.append(((field, "decides"), right.decides, ("chief", "joint")))
                named += [((field, "veto"), right.veto, ("chief",))] if right.veto is not None else []
                named += [((field, "consulted", n), name, ("chief",)) for n, name in enumerate(right.consulted)]
        for n, chair in enumerate(self.chairs):
            named += [(("chairs", n, "under"), chair.under, ("chief",))] if chair.under is not None else []
        for path, name, others in named:
            allowed = [*chairs, *others]
            if name not in allowed:
                message = f"found {show(name)}, which is no chair; allowed: {cut(allowed)}"
                yield path, show(name), message, nearest(name, allowed)

    def given(self, lever: str) -> Right | None:
        """The right to a lever as the structure states it, None where it leaves it to the default."""
        right: Right | None = getattr(self, FIELDS.get(lever, lever))
        return right

    def right(self, lever: str) -> Right:
        """The right to a lever: as stated, or its default holder's."""
        right = self.given(lever)
        if right is not None:
            return right
        default = LEVERS[lever]
        holder = self.common_superior() if default == "superior" else self.chairs[self.leader(default)].title
        return Right(decides=holder)

    def leader(self, function: str) -> int:
        """Position of the chair that leads a function, "sales" or "marketing"."""
        return next(i for i, chair in enumerate(self.chairs) if chair.leads in (function, "both"))

    def superior(self, title: str) -> str:
        """Title of the chair above one, or "chief"."""
        chair = next(chair for chair in self.chairs if chair.title == title)
        if chair.under is not None:
            return chair.under
        over = next((other.title for other in self.chairs if other.leads == "heads"), "chief")
        return "chief" if chair.leads == "heads" else over

    def line(self, title: str) -> list[str]:
        """A chair and all above it, the chief executive last."""
        out = [title]
        while out[-1] != "chief":
            out.append(self.superior(out[-1]))
        return out

    def common_superior(self) -> str:
        """Title of the lowest common superior of both functions, to whom their conflicts go; "chief" if no chair is."""
        sales = self.line(self.chairs[self.leader("sales")].title)
        marketing = self.line(self.chairs[self.leader("marketing")].title)
        return next(title for title in sales if title in marketing)


class Today(Table):
    """The present firm, from which every what-if starts."""

    structure: str = Field("separate", description="Today's structure")
    pay: str = Field("own_numbers", description="Today's pay plan")
    programme_shift: EuroPerYear = Field(0.0, description="Added to programme spend in every arm, "
                                         "without moving the reference that responses are measured against")


class Switches(Table):
    """Mechanisms on or off. Off is neutral: with all primitives off, structure does not matter."""

    decisions: bool = Field(True, description="Leaders decide each month; off: today's levers stay")
    cooperation: bool = Field(True, description="Events move cooperation")
    learning: bool = Field(True, description="People learn what their hours yield; off: they keep the first beliefs")
    timing: bool = Field(True, description="Reps may pull or push the date of a close")
    ratchet: bool = Field(True, description="Quotas follow last year's results; off: they stay")
    turnover: bool = Field(True, description="People leave and are replaced")
    practice: bool = Field(True, description="New hires ramp up and skill grows with practice")
    skill: bool = Field(True, description="Leaders' beliefs carry the noise of their skill")
    horizon: bool = Field(True, description="Horizons differ by background")
    prior: bool = Field(True, description="Priors on brand work differ by background")
    objective: bool = Field(True, description="Heads weigh their own unit's number")
    rights: bool = Field(True, description="Levers belong to whom the structure says; off: each function's head "
                                           "decides")
    visibility: bool = Field(True, description="Structures differ in what reps see")
    sight: bool = Field(True, description="Units see each other late")
    settlement: bool = Field(True, description="Issues between units take time to settle")
    attention: bool = Field(True, description="Deals and span thin out leaders' attention")
    coordination: bool = Field(True, description="Coordination takes hours and money")
    definition: bool = Field(True, description="Coordination moves the shared definition of a lead")
    disputes: bool = Field(True, description="Heads dispute")
    cost: bool = Field(True, description="Leaders cost money")
    switching: bool = Field(True, description="Leaving today's structure costs money and time")
    devices: bool = Field(True, description="Structures hold their coordination devices")
    lead_rights: bool = Field(True, description="Structures differ in the rights to leads; off: as in today's rules")
    staff: bool = Field(True, description="Staff units cost and inform")
    services: bool = Field(True, description="Marketing may sell services and live on them")
    review: bool = Field(True, description="Structures differ in how often they decide; off: monthly")
    hold: tuple[StateName, ...] = Field((), description="States of the teams that are held where they start")
