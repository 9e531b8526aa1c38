"""An arm made ready for the engine: a structure and a pay plan as records, mechanisms switched off made neutral.

Nothing here, and no rule, reads a structure's name. Each primitive that is switched off takes one neutral value,
the same for every structure.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from orgsim.engine.records import (
    ADVISERS,
    ARM,
    BOTH_HEADS,
    CANDIDATE,
    CHAIR,
    DEVICE,
    EVEN,
    FIRM,
    HOURS_PER_DAY,
    LEADS_BOTH,
    LEADS_HEADS,
    LEADS_MARKETING,
    LEADS_SALES,
    NOBODY,
    ROUTINGS,
    TO_MARKETING,
    TO_NEXT,
)
from orgsim.engine.streams import candidate_uniforms
from orgsim.scenario.devices import STATES as STATE_NAMES
from orgsim.scenario.devices import Device, LeadRights, Services, StaffUnit
from orgsim.scenario.kept import kept_with_scenario
from orgsim.scenario.organisation import Chair, Structure
from orgsim.scenario.pay import PayPlan
from orgsim.scenario.schema import Scenario

LEADS = {"sales": LEADS_SALES, "marketing": LEADS_MARKETING, "both": LEADS_BOTH, "heads": LEADS_HEADS}
NEUTRAL_HORIZON = 9.0
NEUTRAL_VISIBILITY = 0.5
NEUTRAL_COORDINATION = 1.0
NO_PAY = PayPlan()


def unit_number(plan: PayPlan) -> dict[str, float]:
    """What a head of marketing counts as the unit's own number: what the plan pays marketers for, MQLs if nothing."""
    counts = dict.fromkeys(("counts_mqls", "counts_sqls", "counts_revenue"), 0.0)
    for component in plan.marketer:
        weight = component.share or (1e-9 if component.rate or component.bonus or component.bands else 0.0)
        if component.metric == "mqls":
            counts["counts_mqls"] += weight
        elif component.metric in ("sqls", "opportunities", "pipeline", "sourced_pipeline"):
            counts["counts_sqls"] += weight
        elif component.metric in ("revenue", "new_revenue", "repeat_revenue", "wins"):
            counts["counts_revenue"] += weight
    total = sum(counts.values())
    return {name: weight / total for name, weight in counts.items()} if total else counts | {"counts_mqls": 1.0}


@kept_with_scenario
def arm_record(scenario: Scenario, structure: Structure, plan: PayPlan, *, changed: bool) -> NDArray[np.record]:
    """The arm as one record, to be copied; `changed` says that the structure is not today's, so that it must be
    adopted."""
    on, lead = scenario.switches, scenario.leadership
    arm = np.zeros(1, ARM)
    arm["visibility"] = structure.visibility if on.visibility else NEUTRAL_VISIBILITY
    arm["sight"] = structure.sight if on.sight else 0.0
    arm["settlement"] = structure.settlement if on.settlement else 0.0
    arm["coordination"] = (structure.coordination if on.coordination else NEUTRAL_COORDINATION) * 12 / 52
    arm["definition"] = structure.definition if on.definition else scenario.lead.definition
    arm["disputes"] = structure.disputes if on.disputes else 0.0
    arm["usual_disputes"] = scenario.structures[scenario.today.structure].disputes if on.disputes else 0.0
    voiced = scenario.structures[scenario.today.structure] if "voice" in on.hold else structure
    arm["voice"] = voiced.sales_voice if on.rights else 0.5
    arm["devices"] = structure.joint_spend if on.coordination else 0.0
    _put_rights_to_leads(arm, scenario, structure)
    _put_services_and_staff(arm, scenario, structure)
    arm["held"] = [state in on.hold for state in STATE_NAMES]
    arm["two_heads"] = structure.leader("sales") != structure.leader("marketing")
    arm["review"] = max(1, round(structure.review)) if on.review else 1
    arm["usual_settlement"] = scenario.structures[scenario.today.structure].settlement if on.settlement else 0.0
    arm["adoption"] = lead.adoption if on.switching and changed else 0.0
    arm["programme"] = scenario.money.programme + scenario.today.programme_shift
    arm["noise"] = lead.noise if on.skill else 0.0
    arm["attention"] = on.attention
    arm["decides"] = on.decisions
    arm["cooperates"] = on.cooperation
    titles = [chair.title for chair in structure.chairs] + ["chief"]
    heads = {function: structure.leader(function) for function in ("sales", "marketing")}
    arbiter = structure.common_superior()
    arm["arbiter"] = titles.index(arbiter)
    background = "chief" if arbiter == "chief" else structure.chairs[titles.index(arbiter)].background
    arm["leaning"] = getattr(scenario.backgrounds, background).leaning
    marketing = structure.chairs[heads["marketing"]]
    strategic = marketing.leads == "marketing" and structure.budget.decides in (marketing.title, "joint")
    arm["recognised"] = on.rights and strategic
    arm["sales_chair"], arm["marketing_chair"] = heads["sales"], heads["marketing"]
    arm["chief"] = len(structure.chairs)
    for lever in ("budget", "threshold"):
        right = getattr(structure, lever)
        arm[f"{lever}_veto"] = arm[f"{lever}_adviser"] = NOBODY
        if not on.rights:
            arm[lever] = heads["marketing"]
        elif right.decides == "joint":
            arm[lever] = BOTH_HEADS
        else:
            arm[lever] = titles.index(right.decides)
            arm[f"{lever}_proposals"] = right.proposals
        if on.rights:
            advisers = [titles.index(title) for title in right.consulted]
            arm[f"{lever}_adviser"] = [*advisers, *[NOBODY] * ADVISERS][:ADVISERS]
            arm[f"{lever}_veto"] = NOBODY if right.veto is None else titles.index(right.veto)
    director = structure.right("marketing_hours").decides
    arm["hours_chair"] = titles.index(director) if on.rights and director in titles else heads["marketing"]
    setter = structure.quota.decides
    arm["quota"] = titles.index(setter) if on.rights and setter in titles else heads["sales"]
    arm["rep_share"] = sum(component.share or 0.0 for component in plan.rep)
    arm["marketer_share"] = sum(component.share or 0.0 for component in plan.marketer)
    for name, weight in unit_number(plan).items():
        arm[name] = weight
    if plan.draw is not None:
        arm["draw"], arm["draw_months"] = plan.draw.amount, plan.draw.months
        arm["recoverable"] = plan.draw.recoverable
    arm["clawback"] = plan.clawback * HOURS_PER_DAY
    arm["learns"], arm["moves"], arm["ratchets"] = on.learning, on.timing, on.ratchet
    arm["leaves"], arm["ramps"] = on.turnover, on.practice
    return arm


def _put_rights_to_leads(arm: NDArray[np.record], scenario: Scenario, structure: Structure) -> None:
    rights = structure.lead_rights if scenario.switches.lead_rights else LeadRights()
    arm["sla"] = rights.sla * HOURS_PER_DAY
    arm["breach"] = TO_MARKETING if rights.breach == "return" else TO_NEXT
    arm["recycle"] = rights.recycle
    arm["compliance"] = rights.audit * rights.penalty
    arm["audit_cost"] = rights.audit * rights.audit_cost


def _put_services_and_staff(arm: NDArray[np.record], scenario: Scenario, structure: Structure) -> None:
    on = scenario.switches
    services = structure.services if on.services else Services()
    arm["services_hours"], arm["services_price"] = services.hours, services.price
    arm["self_financing"] = services.self_financing
    staff = structure.staff if on.staff else StaffUnit()
    employees = scenario.people.reps + scenario.people.marketers
    arm["staff_cost"] = staff_cost(scenario, structure)
    arm["staff_information"] = staff.information * staff.people * 10 / employees


def staff_cost(scenario: Scenario, structure: Structure) -> float:
    """Euro a year of a structure's staff unit, loaded."""
    unit = structure.staff
    return unit.people * unit.pay * scenario.money.charges if scenario.switches.staff else 0.0


@kept_with_scenario
def device_records(scenario: Scenario, structure: Structure) -> NDArray[np.record]:
    """All devices of the scenario, in its order, with those named that the structure holds; to be copied.

    All are there in every arm, so that what one of them has brought about fades where it is given up.
    """
    rows = np.zeros(len(scenario.devices), DEVICE)
    lead = scenario.leadership
    slower = 1.0 + lead.culture + lead.schedules + lead.technique
    for row, (name, device) in zip(rows, scenario.devices.items(), strict=True):
        weekly = device.times * device.hours / 52.0
        monthly = device.times * device.hours / 12.0
        for effect in device.effects:
            row["gain"][STATE_NAMES.index(effect.state)] += effect.gain
        for participant, field in (("reps", "rep_hours"), ("marketers", "marketer_hours"), ("heads", "head_hours")):
            row[field] = weekly if participant in device.participants else 0.0
        row["heads"] = needs_two_heads(device)
        row["full"] = 1.0 - math.exp(-monthly / device.dose) if device.dose > 0 else 1.0
        months = device.adoption * slower
        row["pace"] = 1.0 - math.exp(-1.0 / (months * 52.0 / 12.0)) if months > 0 else 1.0
        row["fade"] = 0.5 ** (1.0 / device.decay)
        row["trigger"] = device.trigger
        row["running"] = np.isinf(device.trigger)
        row["a_year"], row["once"] = device.times * device.cost, device.once
        row["named"] = scenario.switches.devices and name in structure.devices
    return rows


def change_devices(before: NDArray[np.record], after: NDArray[np.record]) -> NDArray[np.record]:
    """The devices of another structure, at the levels that those held before have reached."""
    rows = after.copy()
    for field in ("level", "paid"):
        rows[field] = before[field]
    waits = ~np.isinf(rows["trigger"]) & (before["named"] == 1)
    rows["running"] = np.where(waits, before["running"], rows["running"])
    return rows


def device_cost(scenario: Scenario, structure: Structure) -> float:
    """Euro a year of the devices that a structure holds always, setting up apart."""
    if not scenario.switches.devices:
        return 0.0
    held = [scenario.devices[name] for name in structure.devices]
    two = structure.leader("sales") != structure.leader("marketing")
    return sum(
        device.times * device.cost
        for device in held
        if np.isinf(device.trigger) and (two or not needs_two_heads(device))
    )


def needs_two_heads(device: Device) -> bool:
    """Whether a device is one of heads among themselves, which a single director cannot hold (D88)."""
    return device.participants == ("heads",)


def candidate_records(scenario: Scenario, seed: int, replicate: int) -> NDArray[np.record]:
    """The candidates for leaders' chairs, the same in all arms, and last the chief executive, of mean skill."""
    lead = scenario.leadership
    candidates = np.zeros(lead.candidates + 1, CANDIDATE)
    firm = np.zeros(1, FIRM)
    firm["seed"], firm["replicate"] = seed, replicate
    for c, row in enumerate(candidates):
        chief = int(c == lead.candidates)
        u_selling, u_marketing, u_error, u_sales_error = candidate_uniforms(firm[0], chief, 0 if chief else c)
        if not chief:
            row["selling"] = ndtri(u_selling)
            own = ndtri(u_marketing)
            row["marketing"] = lead.correlation * row["selling"] + math.sqrt(1 - lead.correlation**2) * own
        row["error"] = ndtri(u_error)
        row["sales_error"] = ndtri(u_sales_error)
    return candidates


def fill_chairs(structure: Structure, candidates: NDArray[np.record]) -> list[int]:
    """Who sits where: each chair in turn takes the candidate with the most of the skills it weighs, not yet seated."""
    seated: list[int] = []
    for chair in structure.chairs:
        weight = chair.selling_weight
        worth = weight * candidates["selling"][:-1] + (1 - weight) * candidates["marketing"][:-1]
        ranked = [int(c) for c in np.argsort(-worth, kind="stable") if int(c) not in seated]
        seated.append(ranked[0] if ranked else int(np.argmax(worth)))
    return seated


def chair_records(scenario: Scenario, structure: Structure, candidates: NDArray[np.record]) -> NDArray[np.record]:
    """The leaders' chairs of a structure, filled, and last the chief executive's, the same in all arms."""
    chairs = _empty_chairs(scenario, structure).copy()
    chairs["candidate"][:-1] = fill_chairs(structure, candidates)
    chairs["candidate"][-1] = len(candidates) - 1
    return chairs


@kept_with_scenario
def _empty_chairs(scenario: Scenario, structure: Structure) -> NDArray[np.record]:
    on, people = scenario.switches, scenario.people
    chairs = np.zeros(len(structure.chairs) + 1, CHAIR)
    heads = sum(chair.leads in ("sales", "marketing", "both") for chair in structure.chairs)
    span = {"sales": people.reps, "marketing": people.marketers, "both": people.reps + people.marketers, "heads": heads}
    for row, chair in zip(chairs, structure.chairs, strict=False):
        background = getattr(scenario.backgrounds, chair.background)
        _describe(row, scenario, background.horizon, background.prior, max(1, span[chair.leads]))
        row["firm_weight"] = chair.firm_weight if on.objective else 1.0
        row["year_weight"] = chair.year_weight if on.objective else 0.0
        row["escalation_share"] = chair.escalation_share
        row["pay"] = chair.pay if on.cost else 0.0
        row["leads"] = LEADS[chair.leads]
    chief = chairs[-1]
    _describe(chief, scenario, scenario.backgrounds.chief.horizon, scenario.backgrounds.chief.prior, max(1, heads))
    chief["firm_weight"] = 1.0
    chief["leads"] = LEADS["heads"]
    return chairs


def _describe(row: np.void, scenario: Scenario, horizon: float, prior: float, span: int) -> None:
    on = scenario.switches
    row["horizon"] = horizon if on.horizon else NEUTRAL_HORIZON
    row["prior"] = prior if on.prior else 1.0
    row["span"] = span


def leader_cost(scenario: Scenario, structure: Structure) -> float:
    """Euro a year of leaders and staff unit, loaded, of devices and of checks: what `--budget equal` moves to or from
    programme."""
    on = scenario.switches
    leaders = sum(chair.pay for chair in structure.chairs) * scenario.money.charges if on.cost else 0.0
    rights = structure.lead_rights
    checks = rights.audit * rights.audit_cost if on.lead_rights else 0.0
    together = structure.joint_spend if on.coordination else 0.0
    return leaders + together + device_cost(scenario, structure) + staff_cost(scenario, structure) + checks


def equal_programme(scenario: Scenario, today: Structure, structure: Structure) -> tuple[float, float]:
    """Programme in euro a year once the difference in leaders' cost to today's is taken from it or given to it, and
    what of that difference the programme cannot cover (it stops at nothing)."""
    programme = scenario.money.programme + scenario.today.programme_shift
    left = programme + leader_cost(scenario, today) - leader_cost(scenario, structure)
    return max(0.0, left), max(0.0, -left)


def same_organisation(
    scenario: Scenario, one: Structure, other: Structure, candidates: NDArray[np.record]
) -> bool:
    """Whether two structures are one and the same to the model, titles aside."""
    if one is other:
        return True
    chairs = [chair_records(scenario, structure, candidates).tobytes() for structure in (one, other)]
    return chairs[0] == chairs[1] and _same_rules(scenario, one, other)


@kept_with_scenario
def _same_rules(scenario: Scenario, one: Structure, other: Structure) -> bool:
    arms = [arm_record(scenario, structure, NO_PAY, changed=False).tobytes() for structure in (one, other)]
    devices = [device_records(scenario, structure).tobytes() for structure in (one, other)]
    routing = [routing_of(scenario, structure) for structure in (one, other)]
    return arms[0] == arms[1] and devices[0] == devices[1] and routing[0] == routing[1]


def routing_of(scenario: Scenario, structure: Structure) -> int:
    """Number of the routing with which a structure begins."""
    return ROUTINGS.index(structure.lead_rights.routing) if scenario.switches.lead_rights else EVEN


def switching_cost(scenario: Scenario, today: Structure, structure: Structure) -> float:
    """Euro, once: search for leaders of new chairs, severance of those whose chairs go; chairs of both cost nothing."""
    if not (scenario.switches.switching and scenario.switches.cost):
        return 0.0

    def left_over(chairs: tuple[Chair, ...], others: tuple[Chair, ...]) -> list[Chair]:
        rest = list(others)
        out = []
        for chair in chairs:
            same = next((other for other in rest if _same_post(chair, other)), None)
            if same is None:
                out.append(chair)
            else:
                rest.remove(same)
        return out

    lead, charges = scenario.leadership, scenario.money.charges
    new = sum(chair.pay for chair in left_over(structure.chairs, today.chairs))
    gone = sum(chair.pay for chair in left_over(today.chairs, structure.chairs))
    return charges * (lead.search_cost * new + lead.severance * gone)


def _same_post(chair: Chair, other: Chair) -> bool:
    return (chair.leads, chair.selling_weight) == (other.leads, other.selling_weight)
