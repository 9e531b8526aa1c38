"""The vocabulary of a scenario: every parameter with its unit, default, plausible range and source.

This, `funnel`, `staff`, `pay` and `organisation` are the one place where parameters are declared. `orgsim parameters`,
`docs/parameters.md`, the JSON Schema and the record that the engine reads are all made from it. A value may be written
as a number in the declared unit or as text with a unit ("20 weeks", "45 %", "25 k€").
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from orgsim.scenario.devices import Device
from orgsim.scenario.fields import (
    ASSUMPTION,
    MOST_REPLICATES,
    Euro,
    EuroPerYear,
    Months,
    Number,
    Share,
    Table,
    Weeks,
    Years,
    param,
)
from orgsim.scenario.funnel import Belief, Brand, Contact, Customers, Lead, Market, Opportunity
from orgsim.scenario.organisation import Backgrounds, Leadership, Structure, Switches, Today
from orgsim.scenario.pay import PayPlan
from orgsim.scenario.staff import Effort, Learning, MarketerWeek, People, Quotas, RepWeek, Timing
from orgsim.scenario.teams import Product, Teams


class Time(Table):
    """How long a run lasts. A year is 260 business days of 7 hours, a quarter 65, a week 5."""

    years: Years = param(3.0, "years", 1, 10, "theory 1.2", "Simulated years after the warm-up", above=0, most=200)
    warm_up_years: Years = param(
        1.0, "years", 0.5, 3, "theory 1.2", "Warm-up under today's structure and pay", least=0, most=50
    )
    run_off_months: Months = param(
        24.0, "months", 12, 36, "theory 1.2", "Common run-off after the horizon, under identical neutral decisions",
        least=0, most=240,
    )


class Cooperation(Table):
    """How the two teams get on: a logistic stock moved by events."""

    start: Share = param(0.6, "share", 0.3, 0.9, ASSUMPTION, "Cooperation at rest", above=0, most=0.999)
    half_life: Weeks = param(26.0, "weeks", 8, 104, "theory 1.4", "Half-life of a deviation", above=0)
    good_lead: Number = param(0.16, "logit per event and rep", 0, 0.8, ASSUMPTION,
                              "Effect of an accepted lead for each rep", least=0, drawn=True)
    bad_ratio: Number = param(2.0, "ratio", 1, 3, "theory 1.4: bad to good 2:1",
                              "A bad event's weight against a good one", least=0, drawn=True)
    dispute: Number = param(0.10, "logit per event", 0, 0.5, ASSUMPTION, "Effect of a dispute between heads", least=0,
                            drawn=True)
    follow_up: Number = param(0.5, "elasticity", 0, 1, ASSUMPTION, "How cooperation moves reps' habit of following up",
                              least=0, drawn=True)
    logging: Number = param(0.5, "elasticity", 0, 1, ASSUMPTION, "How cooperation moves reps' habit of logging",
                            least=0, drawn=True)
    open_dispute: Number = param(0.0, "logit per dispute and week", 0, 0.2, ASSUMPTION + " (neutral: 0)",
                                 "What a dispute costs each week until the common superior settles it", least=0)
    definition_half_life: Weeks = param(26.0, "weeks", 8, 104, ASSUMPTION,
                                        "Half-life of the way to the shared definition that devices aim at", above=0)


class Money(Table):
    """Prices and pay levels, a year."""

    gross_margin: Share = param(0.45, "share", 0.2, 0.8, "theory 5 (assumption)", "Gross margin of revenue", least=0,
                                most=1)
    programme: EuroPerYear = param(120_000.0, "€/year", 0, 1e6, "theory 5: 2.4 % of revenue (assumption)",
                                   "Programme spend on brand and activation", least=0)
    brand_share: Share = param(0.46, "share", 0.2, 0.7, "A27: 46/54 in B2B", "Brand's share of programme, today",
                               least=0, most=1)
    rep_pay: EuroPerYear = param(46_000.0, "€/year", 34_000, 90_000, "theory 5: French averages",
                                 "Rep, total at target", least=0)
    marketer_pay: EuroPerYear = param(42_000.0, "€/year", 30_000, 80_000, "theory 5 (level assumed)",
                                      "Marketer, total at target", least=0)
    charges: Number = param(1.40, "ratio", 1.13, 1.42, "theory 5: 25-42 %", "Loaded cost of a euro of pay", least=1)
    car_tools: EuroPerYear = param(9_000.0, "€/year", 3_000, 15_000, "theory 5 (assumption)", "Car and tools of a rep",
                                   least=0)
    systems: EuroPerYear = param(25_000.0, "€/year", 0, 100_000, "theory 5 (assumption)", "Systems", least=0)
    quota_over_target: Number = param(660 / 627, "ratio", 0.9, 1.3, "theory 5: 660 k€ where 627 are expected",
                                      "Quota over target, for plans with a quota that name none", above=0)
    plan_change: Euro = param(0.0, "€/person", 0, 2_000, "D33 (neutral: 0)",
                              "What it costs, once, to move a person to another pay plan", least=0)
    target_per_rep: EuroPerYear = param(627_000.0, "€/year", 1, 5e6, "theory 5: expected revenue per rep",
                                        "Revenue at which a rep earns the full variable pay", above=0)
    target_mqls: Number = param(280.0, "MQL/year", 1, 1e5, "theory 5: 840 by 3 marketers",
                                "MQLs per marketer at which marketers earn the full variable pay", above=0)


class Notes(Table):
    """What a reader of results must be told."""

    assumed: str = Field("", description="What rests on assumption; printed with every answer")
    measured: str = Field("", description="What rests on data; printed with every answer")


class Limit(Table):
    """A limit case with a closed form: how a user's keys set parameters, and which formula answers."""

    formula: str = Field(description="Closed form, by its mathematical name")
    measure: str = Field(description="Statistic of a run that the closed form predicts")
    inputs: dict[str, Any] = Field(description="Keys and their defaults")
    sets: dict[str, str] = Field(description="Parameters by dotted path, as formulas of the keys; "
                                            "a name without a dot is an intermediate value")
    replicates: int = Field(100, ge=30, le=MOST_REPLICATES, description="Replicates by default")
    tolerance: float = Field(1e-9, gt=0, lt=1, description="Relative and absolute tolerance where luck plays no part")


class Scenario(Table):
    """The question: a firm, its market, its present organisation, and the alternatives."""

    name: str = Field("unnamed", min_length=1, description="Name of the scenario")
    title: str = Field("", description="One line about the firm")
    notes: Notes = Notes()
    time: Time = Time()
    market: Market
    brand: Brand = Brand()
    lead: Lead = Lead()
    contact: Contact = Contact()
    belief: Belief = Belief()
    opportunity: Opportunity = Opportunity()
    customers: Customers = Customers()
    reps: RepWeek = RepWeek()
    marketers: MarketerWeek = MarketerWeek()
    effort: Effort = Effort()
    learning: Learning = Learning()
    timing: Timing = Timing()
    quotas: Quotas = Quotas()
    cooperation: Cooperation = Cooperation()
    teams: Teams = Teams()
    product: Product = Product()
    money: Money = Money()
    people: People = People()
    leadership: Leadership = Leadership()
    backgrounds: Backgrounds = Backgrounds()
    today: Today = Today()
    switches: Switches = Switches()
    devices: dict[str, Device] = Field({}, description="Coordination devices by name; the library is always there")
    structures: dict[str, Structure] = Field(description="Structures by name; the presets are always there")
    pay: dict[str, PayPlan] = Field(description="Pay plans by name; the presets are always there")
    limit: Limit | None = Field(None, description="Set for limit cases with a closed form")

    @property
    def headline(self) -> str:
        """Title and size of the firm, for tables and figures."""
        sizes = [segment.size for segment in self.market.segments]
        prospects = sum(size or 0 for size in sizes) + (self.market.size if None in sizes else 0)
        people = self.people
        return f"{self.title or self.name}: {people.reps} reps, {people.marketers} marketers, {prospects:,} prospects"

    def with_(self, **changes: Any) -> Scenario:
        """The same scenario with values changed by dotted path: `with_(**{"market.size": 1000})`.

        Raises ScenarioError for an unknown path or a value that is not allowed.
        """
        from orgsim.scenario.load import override

        return override(self, changes)
