"""A structure as numbers, under the switches in force: chairs, rights and the cells of the arm (ODD, section 7.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .formulas import cents

if TYPE_CHECKING:
    from orgsim.scenario.organisation import Chair as ChairOfScenario
    from orgsim.scenario.organisation import Structure
    from orgsim.scenario.schema import Scenario

JOINT = "joint"
CHIEF = "chief"


class Chair(NamedTuple):
    """A leader's chair: whom it leads, and how its holder reckons."""

    title: str
    leads: str
    selling_weight: float
    firm_weight: float
    escalation_share: float
    horizon: float
    prior: float
    span: int
    pay: float


class Right(NamedTuple):
    """Who decides on a lever: a chair by title, the chief executive, or both heads; with or without proposals."""

    decides: str
    proposals: bool


class Arm(NamedTuple):
    """What of a structure acts on the firm."""

    chairs: tuple[Chair, ...]
    budget: Right
    threshold: Right
    sales_voice: float
    visibility: float
    sight: float
    settlement: float
    coordination: float
    definition: float
    disputes: float
    programme: float
    joint_spend: int
    leaders_pay: int

    def chair(self, title: str) -> int:
        """Position of a chair; the chief executive sits in the last one."""
        return next(n for n, chair in enumerate(self.chairs) if chair.title == title)

    def leader(self, function: str) -> int:
        """Position of the first chair that leads sales, or marketing."""
        return next(n for n, chair in enumerate(self.chairs) if chair.leads in (function, "both"))


def arm_of(scenario: Scenario, name: str) -> Arm:
    """A structure of the scenario; a cell whose switch is off has its neutral value."""
    structure, on, money = scenario.structures[name], scenario.switches, scenario.money
    chairs = tuple(_chair(scenario, structure, chair) for chair in structure.chairs)
    marketing = chairs[structure.leader("marketing")].title
    budget = Right(structure.budget.decides, structure.budget.proposals)
    threshold = Right(structure.threshold.decides, structure.threshold.proposals)
    if not on.rights:
        budget = threshold = Right(marketing, False)
    return Arm(
        chairs=(*chairs, _chief(scenario, structure)),
        budget=budget,
        threshold=threshold,
        sales_voice=structure.sales_voice if on.rights else 0.5,
        visibility=structure.visibility if on.visibility else 0.5,
        sight=structure.sight if on.sight else 0.0,
        settlement=structure.settlement if on.settlement else 0.0,
        coordination=structure.coordination if on.coordination else 1.0,
        definition=structure.definition if on.definition else scenario.lead.definition,
        disputes=structure.disputes if on.disputes else 0.0,
        programme=max(0.0, money.programme + scenario.today.programme_shift),
        joint_spend=cents(structure.joint_spend) if on.coordination else 0,
        leaders_pay=cents(sum(c.pay for c in structure.chairs) * money.charges) if on.cost else 0,
    )


def _span(scenario: Scenario, structure: Structure, leads: str) -> int:
    people = scenario.people
    heads = sum(chair.leads != "heads" for chair in structure.chairs)
    return {
        "sales": people.reps, "marketing": people.marketers, "both": people.reps + people.marketers, "heads": heads
    }[leads]  # fmt: skip


def _chair(scenario: Scenario, structure: Structure, chair: ChairOfScenario) -> Chair:
    on, background = scenario.switches, getattr(scenario.backgrounds, chair.background)
    return Chair(
        title=chair.title,
        leads=chair.leads,
        selling_weight=chair.selling_weight,
        firm_weight=chair.firm_weight if on.objective else 1.0,
        escalation_share=chair.escalation_share,
        horizon=background.horizon if on.horizon else 9.0,
        prior=background.prior if on.prior else 1.0,
        span=_span(scenario, structure, chair.leads),
        pay=chair.pay if on.cost else 0.0,
    )


def _chief(scenario: Scenario, structure: Structure) -> Chair:
    on, chief = scenario.switches, scenario.backgrounds.chief
    return Chair(
        title=CHIEF,
        leads="heads",
        selling_weight=0.0,
        firm_weight=1.0,
        escalation_share=0.0,
        horizon=chief.horizon if on.horizon else 9.0,
        prior=chief.prior if on.prior else 1.0,
        span=_span(scenario, structure, "heads"),
        pay=0.0,
    )


def switching_cost(scenario: Scenario, today: str, name: str) -> int:
    """Cents, once, to search leaders for posts that today's structure lacks and to dismiss those the new one lacks."""
    leadership = scenario.leadership
    old = list(scenario.structures[today].chairs)
    search = 0.0
    for post in scenario.structures[name].chairs:
        same = next((o for o in old if o.leads == post.leads and o.selling_weight == post.selling_weight), None)
        if same is None:
            search += post.pay
        else:
            old.remove(same)
    severance = sum(post.pay for post in old)
    return cents(scenario.money.charges * (leadership.search_cost * search + leadership.severance * severance))
