"""A pay plan as one person's contract: base pay, what each component pays at which quota, in euro and in words.

Quotas and curves are those that the engine reads (`leadership.contracts`), so that what is said is what is paid.
"""

from __future__ import annotations

from dataclasses import dataclass

from orgsim.leadership.contracts import component_records
from orgsim.scenario.pay import MONEY, PERIODS, Component, Curve, PayPlan
from orgsim.scenario.schema import Scenario

ROLES = ("rep", "marketer")
STEP = 1000.0  # results in euro are spoken of by the thousand
NOTHING = Curve((0.0,), (0.0,), (0.0,))
# A metric as a phrase, and one more unit of it.
NAMES = {
    "revenue": ("revenue", "1,000 €"),
    "new_revenue": ("new revenue", "1,000 €"),
    "repeat_revenue": ("repeat revenue", "1,000 €"),
    "wins": ("deals won", "deal"),
    "opportunities": ("opportunities opened", "opportunity"),
    "pipeline": ("pipeline opened", "1,000 €"),
    "mqls": ("MQLs", "MQL"),
    "sqls": ("SQLs", "SQL"),
    "sourced_pipeline": ("pipeline sourced", "1,000 €"),
    "leads_hours": ("hours on leads", "hour"),
    "prospecting_hours": ("hours of prospecting", "hour"),
    "opportunities_hours": ("hours on opportunities", "hour"),
    "customers_hours": ("hours on customers", "hour"),
    "logging_hours": ("hours of logging", "hour"),
    "brand_hours": ("hours of brand work", "hour"),
    "activation_hours": ("hours of activation", "hour"),
    "qualify_hours": ("hours of qualification", "hour"),
    "insight_hours": ("hours of insight", "hour"),
    "enable_hours": ("hours of enablement", "hour"),
    "serve_hours": ("hours on requests of sales", "hour"),
}
TEAMS = {"rep": "the sales team's", "marketer": "the marketing team's"}


@dataclass(frozen=True)
class Part:
    """A component as one person meets it.

    quota: result of a period at which `curve`, euro a period to this person against attainment, is read at 1;
    members: people whose results are counted together; prize: euro to each winner of a contest, beside the curve.
    """

    number: int
    role: str
    component: Component
    quota: float
    members: int
    curve: Curve
    prize: float

    @property
    def periods(self) -> int:
        """Pay periods a year."""
        return PERIODS[self.component.period]

    @property
    def at_quota(self) -> float:
        """Euro a period at quota."""
        return self.curve.pay(1.0)

    @property
    def step(self) -> float:
        """How many units of the metric one speaks of: 1,000 of euro, 1 of anything else."""
        return STEP if self.component.metric in MONEY else 1.0

    @property
    def unit(self) -> str:
        """One more of the result, as in 'for each further MQL'."""
        return NAMES[self.component.metric][1]

    @property
    def target(self) -> str:
        """What the quota is called: a straight line has a target only."""
        return "target" if self.component.linear else "quota"

    @property
    def name(self) -> str:
        """Whose result it is, and which: 'own revenue'."""
        whose = {"own": "own", "team": TEAMS[self.role], "firm": "the firm's"}[self.component.scope]
        return f"{whose} {NAMES[self.component.metric][0]}"


@dataclass(frozen=True)
class Contract:
    """Pay of one person of a role, euro a year before charges."""

    role: str
    base: float
    parts: tuple[Part, ...]

    @property
    def variable(self) -> float:
        """Variable pay of a year in which all quotas are just met; prizes of contests are beside it."""
        return sum(part.periods * part.at_quota for part in self.parts)

    @property
    def total(self) -> float:
        """Pay of a year in which all quotas are just met."""
        return self.base + self.variable

    def pay(self, attainment: float) -> float:
        """Pay of a year in which each period of each component ends at this attainment."""
        return self.base + sum(part.periods * part.curve.pay(attainment) for part in self.parts)


def contract(scenario: Scenario, plan: PayPlan, role: str) -> Contract:
    """What a plan promises to one person of a role in this firm."""
    components: tuple[Component, ...] = getattr(plan, role)
    level = scenario.money.rep_pay if role == "rep" else scenario.money.marketer_pay
    parts = []
    rows = component_records(scenario, plan, role)
    for number, (component, row) in enumerate(zip(components, rows, strict=True), start=1):
        knots = int(row["knots"])
        at, slopes, jumps = (tuple(map(float, row[name][:knots])) for name in ("at", "slope", "jump"))
        curve = NOTHING if component.winners else Curve(at, slopes, jumps)
        quota = float(row["quota"]) / PERIODS[component.period]
        parts.append(Part(number, role, component, quota, int(row["members"]), curve, float(row["prize"])))
    base = level * (1.0 - sum(component.share or 0.0 for component in components))
    return Contract(role, base, tuple(parts))


# In words ----------------------------------------------------------------------------------------------------------


def euro(amount: float) -> str:
    """An amount for the eye: cents only below 100 €."""
    digits = 2 if abs(amount) < 100 and round(amount, 2) != round(amount) else 0
    return f"{amount:,.{digits}f} €"


def percent(share: float) -> str:
    """A share for the eye: one decimal at most."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def result(part: Part, amount: float) -> str:
    """An amount of the part's metric: '52,250 €', '70 MQLs'."""
    if part.component.metric in MONEY:
        return euro(amount)
    number = f"{amount:,.0f}" if amount >= 100 or round(amount, 1) == round(amount) else f"{amount:,.1f}"
    plural = "ies" if part.unit.endswith("y") else "s"
    stem = part.unit.removesuffix("y") if part.unit.endswith("y") else part.unit
    return f"{number} {part.unit if number == '1' else stem + plural}"


def introduction(contract: Contract) -> str:
    """Pay of a role at target, and how much of it is base."""
    who = contract.role.capitalize()
    if not contract.parts:
        return f"{who}: {euro(contract.base)} a year, all of it base pay."
    share = percent(contract.variable / contract.total)
    return (
        f"{who}: {euro(contract.total)} a year at target, of which {euro(contract.base)} is base pay and "
        f"{euro(contract.variable)} ({share}) variable pay."
    )


def sentence(part: Part) -> str:
    """A component in plain words."""
    component = part.component
    subject = part.name[0].upper() + part.name[1:]
    if component.winners:
        heads = f"{part.role}s"
        best = "best" if component.winners == 1 else f"best {component.winners}"
        return f"Contest on {part.name}: each {component.period} the {best} among {heads} win {euro(part.prize)} each."
    each = " to each" if component.scope != "own" else ""
    said = f"{subject}, by {component.period}: "
    if part.at_quota:
        said += f"{euro(part.at_quota)}{each} at the {part.target} of {result(part, part.quota)}. "
    else:
        said += f"{part.target} {result(part, part.quota)}. "
    said += _rates(part)
    if component.weeks:
        first, last = component.weeks
        said += f" Only weeks {first} to {last} of the {component.period} count."
    return said


def segments(curve: Curve) -> list[tuple[float, float, float]]:
    """Stretches of attainment with one slope: from, to (infinite at the end), euro per attainment."""
    ends = [*curve.at[1:], float("inf")]
    found = [] if curve.at[0] <= 0 else [(0.0, curve.at[0], 0.0)]
    slope = 0.0
    for start, end, change in zip(curve.at, ends, curve.slopes, strict=True):
        slope += change
        same = found and abs(found[-1][2] - slope) <= 1e-4 * max(1.0, abs(slope))
        if same:
            found[-1] = (found[-1][0], end, found[-1][2])
        else:
            found.append((start, end, max(0.0, slope) if abs(slope) > 1e-9 else 0.0))
    return found


def _rates(part: Part) -> str:
    """What one more unit pays, stretch by stretch, and what reaching a knot pays at once."""
    stretches = [(end, slope * part.step / part.quota) for _, end, slope in segments(part.curve)]
    lumps = [
        (f"eaching {percent(at)} of {part.target} ({result(part, at * part.quota)}) pays", euro(jump))
        for at, jump in zip(part.curve.at, part.curve.jumps, strict=True)
        if jump
    ]
    said = " ".join(["", *(f"R{reaching} {amount} at once." for reaching, amount in lumps)])
    if not any(rate for _, rate in stretches):
        if len(lumps) == 1:
            return f"Only r{lumps[0][0]}: {lumps[0][1]} at once."
        return f"Only lumps are paid.{said}" if lumps else "It pays nothing."
    if len(stretches) == 1:
        more = "" if lumps else " more"
        always = "" if lumps else ", whatever has been reached"
        return f"Each {part.unit}{more} pays {euro(stretches[0][1])}{always}.{said}"
    words = []
    for end, rate in stretches:
        amount = euro(rate) if rate else "nothing"
        words.append(f"{amount} up to {percent(end)}" if end < float("inf") else f"{amount} above")
    return f"Each {part.unit} pays {', '.join(words)}.{said}"


def conditions(scenario: Scenario, plan: PayPlan) -> list[str]:
    """What else a rep's contract says: draw and clawback."""
    said = []
    if plan.draw:
        draw = plan.draw
        back = "is taken out of later variable pay" if draw.recoverable else "need not be earned back"
        said.append(
            f"Draw: in the first {draw.months:g} months in the seat a rep's variable pay is at least "
            f"{euro(draw.amount)} a month; what was advanced {back}."
        )
    if plan.clawback:
        said.append(f"Clawback: an order that is cancelled within {plan.clawback:g} days takes its pay back.")
        if scenario.customers.cancel == 0:
            said[-1] += " In this firm no order is ever cancelled (customers.cancel is 0)."
    return said


def words(scenario: Scenario, plan: PayPlan) -> dict[str, list[str]]:
    """A plan in words: by role, pay at target and a sentence for each component; under 'rep' also what else is said."""
    said = {}
    for role in ROLES:
        own = contract(scenario, plan, role)
        said[role] = [introduction(own), *map(sentence, own.parts)]
    said["rep"] += conditions(scenario, plan)
    return said
