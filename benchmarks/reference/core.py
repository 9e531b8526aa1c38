"""What the reference does not have, and refuses: only the core of the model was written a second time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orgsim.scenario.organisation import Structure
    from orgsim.scenario.schema import Scenario

SWITCHED_OFF = (
    "learning", "timing", "ratchet", "turnover", "practice", "devices", "lead_rights", "staff", "services", "review",
)  # fmt: skip
NEUTRAL = {
    "contact.double": 0.0, "customers.marketing_share": 0.0, "customers.word_of_mouth": 0.0, "customers.cancel": 0.0,
    "customers.warnings": 0.0, "customers.referrals": 0.0, "cooperation.open_dispute": 0.0, "teams.requests": 0.0,
    "teams.status": 0.0, "teams.influence": 0.0, "teams.standing": 0.0, "teams.voice_commitment": 0.0,
    "teams.use_knowledge": 0.0, "teams.feedback": 0.0, "teams.criticism": 0.0, "teams.switching_loss": 0.0,
    "teams.targeting": 0.0, "teams.quota_error": 0.0, "product.innovation": 0.0, "product.acceptance": 0.0,
    "leadership.directs_hours": 0.0, "time.run_off_months": 0.0,
}  # fmt: skip


class NotInTheCore(ValueError):
    """The scenario, structure or pay plan turns on something that the reference does not have."""


def check(scenario: Scenario, structures: tuple[str, ...], plans: tuple[str, ...]) -> None:
    """Refuse what is not in the core. Raises NotInTheCore, which lists all of it."""
    wrong = [f"switches.{name} is on" for name in SWITCHED_OFF if getattr(scenario.switches, name)]
    if scenario.switches.hold:
        wrong.append("switches.hold holds " + ", ".join(scenario.switches.hold))
    for path, neutral in NEUTRAL.items():
        table, name = path.split(".")
        value = getattr(getattr(scenario, table), name)
        if value != neutral:
            wrong.append(f"{path} is {value:g}, not {neutral:g}")
    if scenario.people.marketers == 0:
        wrong.append("there are no marketers")
    if not math.isfinite(scenario.brand.memory):
        wrong.append("brand.memory is endless")
    for name in dict.fromkeys(structures):
        wrong += [f"structure {name}: {what}" for what in _of_structure(scenario.structures[name])]
    for name in dict.fromkeys(plans):
        plan = scenario.pay[name]
        if not all(component.linear for component in (*plan.rep, *plan.marketer)):
            wrong.append(f"pay plan {name} is not linear")
        if any(component.weeks for component in (*plan.rep, *plan.marketer)):
            wrong.append(f"pay plan {name} counts some weeks only")
        if plan.draw or plan.clawback:
            wrong.append(f"pay plan {name} has a draw or a clawback")
    if wrong:
        raise NotInTheCore("the reference has the core of the model only; " + "; ".join(wrong))


def _of_structure(structure: Structure) -> list[str]:
    wrong = []
    if any(chair.year_weight for chair in structure.chairs):
        wrong.append("a chair with a year_weight")
    if any(right.veto or right.consulted for right in (structure.budget, structure.threshold)):
        wrong.append("a veto or an adviser on the budget or the threshold")
    return wrong
