"""The levers of the app as data: what each moves in a scenario, a structure or a pay plan, and between which ends.

A lever of the firm has a dotted path as its key; a few have paths of their own (`market.outside_share`) that stand for
several values or for another unit. A lever of an arm changes that arm's structure or pay plan and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from orgsim.scenario.load import field_at, value_at
from orgsim.scenario.schema import Scenario

FIRM, STRUCTURE, PAY = "firm", "structure", "pay"
NONE = "none"  # stands for endless: no time limit, no cap
Table = dict[str, Any]


def _always(_: Any) -> bool:
    return True


@dataclass(frozen=True)
class Lever:
    """One lever. `of`: firm, structure or pay. `key`: how a question calls it.

    least, most, step: of a number (`log`: the page had better use a logarithmic scale). choices: of a choice; of a
    lever whose value is several of them, `many`. endless: the value "none" is allowed too. read(table) and write(table,
    value): of an arm's lever, on its structure or plan as nested dicts; read(scenario) and write(scenario, value) ->
    values by dotted path, of a firm's lever with a path of its own. applies(table): whether it can move anything here.
    """

    id: str
    of: str
    group: str
    key: str
    unit: str = ""
    least: float = 0.0
    most: float = 1.0
    step: float = 0.01
    whole: bool = False
    log: bool = False
    choices: tuple[str, ...] = ()
    many: bool = False
    endless: bool = False
    read: Callable[[Any], Any] | None = field(default=None, repr=False)
    write: Callable[[Any, Any], Any] | None = field(default=None, repr=False)
    applies: Callable[[Any], bool] = field(default=_always, repr=False)

    @property
    def kind(self) -> str:
        """`number`, `choice` or `choices`."""
        return ("choices" if self.many else "choice") if self.choices else "number"

    def as_data(self) -> Table:
        """What the page must know of it."""
        data: Table = {"id": self.id, "of": FIRM if self.of == FIRM else "arm", "part": self.of, "group": self.group,
                       "key": self.key, "kind": self.kind, "label": f"levers.{self.id}.label",
                       "about": f"levers.{self.id}.about"}  # fmt: skip
        if self.choices:
            return data | {"choices": list(self.choices)}
        return data | {"unit": self.unit, "least": self.least, "most": self.most, "step": self.step,
                       "whole": self.whole, "log": self.log, "endless": self.endless}  # fmt: skip


# Levers of the firm --------------------------------------------------------------------------------------------------


def _firm(id: str, group: str, key: str, unit: str, least: float, most: float, step: float, **more: Any) -> Lever:
    return Lever(id, FIRM, group, key, unit, least, most, step, **more)


def _cycle(scenario: Scenario) -> float:
    """Mean weeks from an accepted lead to the buyer's decision."""
    return scenario.opportunity.review * _reviews(scenario) / 5


def _reviews(scenario: Scenario) -> float:
    chances = [chance for chance in scenario.opportunity.advance if chance > 0]
    return sum(1 / chance for chance in chances) or 1.0


def _outside(scenario: Scenario) -> float:
    shares = [(segment.share, segment.regular) for segment in scenario.market.segments if segment.size is None]
    return sum(share for share, regular in shares if not regular) / (sum(share for share, _ in shares) or 1.0)


def _set_outside(scenario: Scenario, value: float) -> Table:
    """Shares of segments stretched within the regular market and outside it; where one side had none, evenly."""
    changes: Table = {}
    for regular, whole in ((True, 1 - value), (False, value)):
        places = [(place, segment.share) for place, segment in enumerate(scenario.market.segments)
                  if segment.size is None and segment.regular == regular]  # fmt: skip
        total = sum(share for _, share in places)
        for place, share in places:
            changes[f"market.segments.{place}.share"] = whole * (share / total if total else 1 / len(places))
    return changes


def _can_shift_markets(scenario: Scenario) -> bool:
    kinds = {segment.regular for segment in scenario.market.segments if segment.size is None}
    return kinds == {True, False}


def _has_free_size(scenario: Scenario) -> bool:
    return any(segment.size is None for segment in scenario.market.segments)


FIRM_LEVERS = (
    _firm("market_size", "market", "market.size", "accounts", 500, 30_000, 100, whole=True, log=True,
          applies=_has_free_size),
    _firm("outside_share", "market", "market.outside_share", "share", 0, 0.9, 0.05, read=_outside, write=_set_outside,
          applies=_can_shift_markets),
    _firm("needs", "market", "market.episodes_per_year", "/year", 0.1, 1, 0.01),
    _firm("noise", "market", "market.signals_per_year", "/year", 0, 2, 0.01),
    _firm("fit_share", "market", "market.fit_share", "share", 0.3, 1, 0.01),
    _firm("deal_value", "deals", "market.deal_value", "€", 1_000, 500_000, 500, log=True),
    _firm("sales_cycle", "deals", "opportunity.cycle", "weeks", 3, 36, 0.5, read=_cycle,
          write=lambda scenario, weeks: {"opportunity.review": max(1.0, 5 * weeks / _reviews(scenario))}),
    _firm("win", "deals", "opportunity.win", "share", 0.3, 0.8, 0.01),
    _firm("repeat", "deals", "customers.repeat", "share", 0.5, 0.95, 0.01),
    _firm("order_value", "deals", "customers.order_value", "€", 0, 100_000, 500),
    _firm("gross_margin", "deals", "money.gross_margin", "share", 0.2, 0.8, 0.01),
    _firm("reps", "team", "people.reps", "people", 1, 60, 1, whole=True),
    _firm("marketers", "team", "people.marketers", "people", 1, 30, 1, whole=True),
    _firm("rep_pay", "team", "money.rep_pay", "€/year", 34_000, 90_000, 1_000),
    _firm("marketer_pay", "team", "money.marketer_pay", "€/year", 30_000, 80_000, 1_000),
    _firm("target_per_rep", "team", "money.target_per_rep", "€/year", 100_000, 4_000_000, 10_000, log=True),
    _firm("target_mqls", "team", "money.target_mqls", "MQL/year", 20, 2_000, 10, log=True),
    _firm("rep_turnover", "team", "people.rep_turnover", "/year", 0, 0.5, 0.01),
    _firm("programme", "marketing", "money.programme_spend", "€/year", 0, 1_000_000, 5_000,
          read=lambda scenario: scenario.money.programme + scenario.today.programme_shift,
          write=lambda scenario, spend: {"today.programme_shift": spend - scenario.money.programme}),
    _firm("brand_share", "marketing", "money.brand_share", "share", 0.2, 0.7, 0.01),
    _firm("threshold", "marketing", "lead.threshold", "score", -6, 3, 0.1),
    _firm("cooperation", "teams", "cooperation.start", "share", 0.3, 0.9, 0.01),
    _firm("years", "time", "time.years", "years", 1, 5, 1),
    Lever("today_structure", FIRM, "today", "today.structure", choices=("*",)),
    Lever("today_pay", FIRM, "today", "today.pay", choices=("*",)),
)  # fmt: skip


# Levers of an arm's structure ----------------------------------------------------------------------------------------

BACKGROUNDS = ("sales", "marketing", "mixed")
DECIDERS = ("sales", "marketing", "joint", "top", "chief")


def top_chairs(structure: Table) -> list[Table]:
    """The chairs above both functions; all heads where there is none."""
    over = [chair for chair in structure["chairs"] if chair["leads"] in ("both", "heads")]
    return over or list(structure["chairs"])


def _of_top(name: str, chairs: Callable[[Table], list[Table]] = top_chairs) -> Table:
    """Read the mean, or the one value, of a field of some chairs; write it into all of them."""

    def read(structure: Table) -> Any:
        values = [chair[name] for chair in chairs(structure)]
        if isinstance(values[0], str):
            return values[0] if len(set(values)) == 1 else None
        return sum(values) / len(values)

    def write(structure: Table, value: Any) -> None:
        for chair in chairs(structure):
            chair[name] = value

    return {"read": read, "write": write}


def _all_chairs(structure: Table) -> list[Table]:
    return list(structure["chairs"])


def _holder(structure: Table, who: str) -> str | None:
    """The title meant by a decider; None where the structure has no such one."""
    if who == "chief":
        return "chief"
    over = [chair["title"] for chair in structure["chairs"] if chair["leads"] in ("both", "heads")]
    if who == "top":
        return over[0] if over else None
    heads = {name: next((chair["title"] for chair in structure["chairs"] if chair["leads"] == name), None)
             for name in ("sales", "marketing")}  # fmt: skip
    if who == "joint":
        return "joint" if None not in heads.values() else None
    return heads[who]


def deciders(structure: Table) -> list[str]:
    """Who may be given a right under a structure."""
    return [who for who in DECIDERS if _holder(structure, who) is not None]


def _right(lever: str) -> Table:
    def read(structure: Table) -> str | None:
        decides = structure[lever]["decides"]
        return next((who for who in DECIDERS if _holder(structure, who) == decides), None)

    def write(structure: Table, who: str) -> None:
        structure[lever] = structure[lever] | {"decides": _holder(structure, who)}

    return {"read": read, "write": write}


def _cell(*path: str) -> Table:
    """Read and write a cell of a structure by its path; endless values are shown as "none"."""

    def read(structure: Table) -> Any:
        value: Any = structure
        for part in path:
            value = value[part]
        return NONE if isinstance(value, float) and math.isinf(value) else value

    def write(structure: Table, value: Any) -> None:
        place = structure
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = math.inf if value == NONE else value

    return {"read": read, "write": write}


def _structure(
    id: str, group: str, unit: str, least: float, most: float, step: float, how: Table, **more: Any
) -> Lever:  # fmt: skip
    return Lever(id, STRUCTURE, group, id, unit, least, most, step, **how, **more)


def _proposes(structure: Table) -> bool:
    both = structure["budget"], structure["threshold"]
    return any(right["proposals"] or right["decides"] == "joint" for right in both)


def _own_number_counts(structure: Table) -> bool:
    """Whether a head of one function has a say in the score for hand-over, where a unit's own number weighs."""
    heads = {chair["title"] for chair in structure["chairs"] if chair["leads"] in ("sales", "marketing")}
    right = structure["threshold"]
    return right["decides"] in heads | {"joint"} or (right["proposals"] and bool(heads))


def _write_devices(structure: Table, value: Any) -> None:
    structure["devices"] = tuple(value)


STRUCTURE_LEVERS = (
    Lever("leader_background", STRUCTURE, "leader", "leader_background", choices=BACKGROUNDS, **_of_top("background")),
    _structure("selling_weight", "leader", "share", 0, 1, 0.05, _of_top("selling_weight")),
    _structure("firm_weight", "leader", "share", 0, 1, 0.05, _of_top("firm_weight", _all_chairs),
               applies=_own_number_counts),
    _structure("escalation_share", "leader", "share", 0, 1, 0.05, _of_top("escalation_share")),
    _structure("leader_pay", "leader", "€/year", 50_000, 250_000, 1_000, _of_top("pay")),
    Lever("budget", STRUCTURE, "rights", "budget", choices=DECIDERS, **_right("budget")),
    Lever("threshold_right", STRUCTURE, "rights", "threshold_right", choices=DECIDERS, **_right("threshold")),
    _structure("sales_voice", "rights", "share", 0.3, 0.7, 0.01, _cell("sales_voice"), applies=_proposes),
    _structure("coordination", "together", "h/person/month", 0, 8, 0.25, _cell("coordination")),
    _structure("definition", "together", "share", 0.4, 0.9, 0.01, _cell("definition")),
    _structure("visibility", "together", "share", 0.2, 0.9, 0.01, _cell("visibility")),
    _structure("sight", "together", "days", 1, 40, 1, _cell("sight")),
    _structure("settlement", "together", "days", 1, 40, 1, _cell("settlement")),
    _structure("disputes", "together", "per quarter", 0, 4, 0.25, _cell("disputes")),
    _structure("staff", "together", "people", 0, 5, 0.5, _cell("staff", "people")),
    _structure("sla", "leads", "days", 1, 20, 1, _cell("lead_rights", "sla"), endless=True),
    _structure("recycle", "leads", "share", 0, 1, 0.05, _cell("lead_rights", "recycle")),
    Lever("devices", STRUCTURE, "devices", "devices", choices=("*",), many=True,
          read=lambda structure: list(structure["devices"]), write=_write_devices),
)  # fmt: skip


# Levers of an arm's pay plan -----------------------------------------------------------------------------------------

PERIODS = ("month", "quarter", "year")
OWN = {"rep": {"metric": "revenue"}, "marketer": {"metric": "mqls", "scope": "team"}}


def _shared(plan: Table, role: str) -> list[Table]:
    return [component for component in plan[role] if component.get("share") is not None]


def _variable(role: str) -> Table:
    """The variable part of total pay at quota: stretched over the components that there are, or on the usual one."""

    def read(plan: Table) -> float:
        return float(sum(component["share"] for component in _shared(plan, role)))

    def write(plan: Table, value: float) -> None:
        components, before = _shared(plan, role), read(plan)
        others = [component for component in plan[role] if component.get("share") is None]
        if value == 0:
            kept: list[Table] = []
        elif before > 0:
            kept = [component | {"share": value * component["share"] / before} for component in components]
        else:
            kept = [OWN[role] | {"share": value}]
        plan[role] = tuple(kept + others)

    return {"read": read, "write": write}


def _straight(plan: Table) -> list[Table]:
    """A rep's components whose line can be bent."""
    return [component for component in plan["rep"]
            if (component.get("share") is not None or component.get("rate") is not None)
            and not component.get("bands") and not component.get("curve")]  # fmt: skip


def _timed(plan: Table) -> list[Table]:
    return [component for component in _shared(plan, "rep") if not component.get("weeks")]


def _of_components(name: str, which: Callable[[Table], list[Table]]) -> Table:
    def read(plan: Table) -> Any:
        values = [component[name] for component in which(plan)]
        value = values[0] if values and len(set(values)) == 1 else None
        return NONE if isinstance(value, float) and math.isinf(value) else value

    def write(plan: Table, value: Any) -> None:
        chosen = [id(component) for component in which(plan)]
        wanted = math.inf if value == NONE else value
        plan["rep"] = tuple(
            component | {name: wanted} if id(component) in chosen else component for component in plan["rep"]
        )

    return {"read": read, "write": write, "applies": lambda plan: bool(which(plan))}


PAY_LEVERS = (
    Lever("rep_variable", PAY, "pay", "rep_variable", "share", 0, 0.6, 0.01, **_variable("rep")),
    Lever("marketer_variable", PAY, "pay", "marketer_variable", "share", 0, 0.6, 0.01, **_variable("marketer")),
    Lever("period", PAY, "pay", "period", choices=PERIODS, **_of_components("period", _timed)),
    Lever("accelerator", PAY, "pay", "accelerator", "ratio", 1, 2.5, 0.1, **_of_components("accelerator", _straight)),
    Lever("cap", PAY, "pay", "cap", "ratio", 1, 3, 0.1, endless=True, **_of_components("cap", _straight)),
    Lever("clawback", PAY, "pay", "clawback", "days", 0, 180, 10, **_cell("clawback"),
          applies=lambda plan: bool(plan["rep"])),
)  # fmt: skip

ARM_LEVERS = STRUCTURE_LEVERS + PAY_LEVERS
LEVERS = FIRM_LEVERS + ARM_LEVERS
BY_KEY: Mapping[str, Lever] = {lever.key: lever for lever in FIRM_LEVERS}
BY_ID: Mapping[str, Lever] = {lever.id: lever for lever in ARM_LEVERS}
# Ids of an arm's levers in the order in which they are moved: one that may be idle comes after those that decide on it.
IN_TURN = tuple(lever.id for lever in sorted(ARM_LEVERS, key=lambda lever: lever.applies is not _always))
# Paths that the schema does not have.
OWN_PATHS = {lever.key: lever for lever in FIRM_LEVERS if lever.write is not None}


def firm_values(scenario: Scenario) -> Table:
    """Where each lever of the firm stands, by its key; None where it cannot move anything."""
    return {
        lever.key: (lever.read(scenario) if lever.read else value_at(scenario, lever.key))
        if lever.applies(scenario) else None
        for lever in FIRM_LEVERS
    }  # fmt: skip


def arm_values(structure: Table, plan: Table) -> Table:
    """Where each lever of an arm stands, by its id; None where the arm has several values, or none."""
    return {lever.id: lever.read(place) if lever.read else None
            for levers, place in ((STRUCTURE_LEVERS, structure), (PAY_LEVERS, plan)) for lever in levers}  # fmt: skip


def idle(structure: Table, plan: Table) -> list[str]:
    """Ids of an arm's levers that cannot move anything under its structure and pay plan."""
    return [lever.id for levers, place in ((STRUCTURE_LEVERS, structure), (PAY_LEVERS, plan)) for lever in levers
            if not lever.applies(place)]  # fmt: skip


def plausible(lever: Lever) -> tuple[float, float] | None:
    """The range that the schema calls plausible, of a firm's lever that is one of its parameters."""
    found = field_at(lever.key) if lever.of == FIRM and lever.write is None else None
    extra = found.json_schema_extra if found is not None else None
    if not isinstance(extra, dict) or not isinstance(extra.get("range"), list):
        return None
    low, high = cast("list[float]", extra["range"])
    return float(low), float(high)
