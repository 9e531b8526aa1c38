"""A structure described: who is above whom, who may decide what, its cells by primitive, its devices and its cost.

Nothing here simulates or prints. Everything is read from the structure, so a structure of one's own is described as
fully as those that ship. The eleven primitives are those of evidence C.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from orgsim.scenario.devices import Device, LeadRights, Services, StaffUnit
from orgsim.scenario.organisation import LEVERS, Chair, Right, Structure
from orgsim.scenario.schema import Scenario

PRIMITIVES = ("authority tree", "decision rights", "leaders' attention", "leaders' prior", "lead rights", "information",
              "rewards", "coordination devices", "conflict resolution", "cost", "span")  # fmt: skip
TREE, RIGHTS, ATTENTION, PRIOR, LEADS, INFORMATION, REWARDS, DEVICES, CONFLICT, COST, SPAN = range(1, 12)

# The primitive to which each cell belongs, by table of the scenario file, in the order in which cells are shown.
CHAIR_CELLS = {"title": TREE, "under": TREE, "escalation_share": ATTENTION, "background": PRIOR,
               "selling_weight": PRIOR, "firm_weight": REWARDS, "year_weight": REWARDS, "pay": COST}  # fmt: skip
OWN_CELLS = {"sales_voice": RIGHTS, "review": ATTENTION, "visibility": INFORMATION, "sight": INFORMATION,
             "coordination": DEVICES, "definition": DEVICES, "settlement": CONFLICT, "disputes": CONFLICT,
             "joint_spend": COST}  # fmt: skip
LEAD_CELLS = dict.fromkeys(LeadRights.model_fields, LEADS)
STAFF_CELLS = {"information": INFORMATION, "people": COST, "pay": COST}
SERVICE_CELLS = dict.fromkeys(Services.model_fields, REWARDS)

POSTS = {"heads": "chair of the heads", "both": "chair of both", "sales": "sales' chair",
         "marketing": "marketing's chair"}  # fmt: skip
DECISIONS = {
    "budget": "split of the programme", "threshold": "score for hand-over", "quota": "quotas of reps",
    "routing": "who gets a lead", "discount": "discounts", "sales_hours": "reps' hours",
    "marketing_hours": "marketers' hours", "message": "message and material", "hiring": "hiring",
    "devices": "devices", "pay": "pay plans",
}  # fmt: skip
CHIEF = "chief"
ENDLESS = "endless"
NOTHING = "–"


# The authority tree ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """A leader: whom he or she leads (reps, marketers, chairs), and the time left for each of them.

    `span` counts reports as the model does, `attention` is leading hours per report and week before deals interrupt;
    both are None for the chief executive. `teams` holds those led directly, (number, name).
    """

    title: str
    background: str
    span: int | None
    attention: float | None
    teams: tuple[tuple[int, str], ...]
    below: tuple[Node, ...] = field(default=())

    def __iter__(self) -> Iterator[Node]:
        """This leader and all below, from the top."""
        yield self
        for node in self.below:
            yield from node


def tree(scenario: Scenario, structure: Structure) -> Node:
    """The leaders of a structure, the chief executive on top; its loader has made sure that there is no circle."""
    people = scenario.people
    heads = sum(chair.leads != "heads" for chair in structure.chairs)
    span = {"sales": people.reps, "marketing": people.marketers, "both": people.reps + people.marketers, "heads": heads}
    sizes = {"sales": (people.reps, "reps"), "marketing": (people.marketers, "marketers")}

    def below(title: str) -> tuple[Node, ...]:
        nodes = []
        for place, chair in enumerate(structure.chairs):
            if structure.superior(chair.title) == title:
                reports = max(1, span[chair.leads])
                teams = tuple(team for function, team in sizes.items() if structure.leader(function) == place)
                nodes.append(Node(chair.title, chair.background, reports, scenario.leadership.hours / reports, teams,
                                  below(chair.title)))  # fmt: skip
        return tuple(nodes)

    return Node(CHIEF, CHIEF, None, None, (), below(CHIEF))


# Decision rights ---------------------------------------------------------------------------------------------------


def rights(structure: Structure) -> list[dict[str, Any]]:
    """A row for each decision: `roles` says for each role what it may do, "" for nothing; `default` that the structure
    leaves the right to its usual holder.

    D decides, J decides together with the other J, P proposes, V can veto, C is consulted.
    """
    leaders = [structure.chairs[structure.leader(function)].title for function in ("sales", "marketing")]
    rows = []
    for lever in LEVERS:
        right = structure.right(lever)
        roles = dict.fromkeys((CHIEF, *(chair.title for chair in structure.chairs)), "")
        deciders = leaders if right.decides == "joint" else [right.decides]
        for title in dict.fromkeys(deciders):
            roles[title] += "D" if len(set(deciders)) == 1 else "J"
        for title in dict.fromkeys(leaders if right.proposals else []):
            roles[title] += "P"
        if right.veto is not None:
            roles[right.veto] += "V"
        for title in dict.fromkeys(right.consulted):
            roles[title] += "C"
        rows.append({"lever": lever, "decision": DECISIONS[lever], "default": structure.given(lever) is None,
                     "roles": roles})  # fmt: skip
    return rows


# Cells -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One setting of a primitive: its value as data and in words, and what two structures are compared by.

    `key` equals `value` but where a value names a chair: then it says which post that is, so that two structures that
    give a right to the same post agree, whatever they call its holder.
    """

    primitive: int
    name: str
    value: Any
    unit: str
    key: Any
    order: tuple[int, ...]

    @property
    def text(self) -> str:
        return words(self.value, self.unit)


def cells(structure: Structure) -> list[Cell]:
    """All cells of a structure by primitive, defaults resolved. Its own title is none: no rule reads it."""
    posts = _posts(structure)
    out: list[Cell] = []
    for place, (chair, (post, rank)) in enumerate(zip(structure.chairs, posts.values(), strict=True)):
        out.append(Cell(TREE, f"{post}: hired as number", place + 1, "", place + 1, (0, rank, -1)))
        for number, (name, primitive) in enumerate(CHAIR_CELLS.items()):
            value = structure.superior(chair.title) if name == "under" else getattr(chair, name)
            key = _by_post(value, posts) if name == "under" else value
            cell = f"{post}: {name.replace('_', ' ')}"
            out.append(Cell(primitive, cell, value, _unit(Chair, name), key, (0, rank, number)))
    for number, lever in enumerate(LEVERS):
        for part, name in enumerate(Right.model_fields):
            value = getattr(structure.right(lever), name)
            value = value if not isinstance(value, tuple) else ", ".join(sorted(value)) or None
            cell = f"{DECISIONS[lever]}: {name}"
            out.append(Cell(RIGHTS, cell, value, "", _by_post(value, posts), (1, number, part)))
    groups: tuple[tuple[dict[str, int], BaseModel, str], ...] = (
        (OWN_CELLS, structure, ""), (LEAD_CELLS, structure.lead_rights, ""),
        (STAFF_CELLS, structure.staff, "staff unit: "), (SERVICE_CELLS, structure.services, "services: "),
    )  # fmt: skip
    for group, (table, holder, prefix) in enumerate(groups, start=2):
        for number, (name, primitive) in enumerate(table.items()):
            value = getattr(holder, name)
            cell = f"{prefix}{name.replace('_', ' ')}"
            out.append(Cell(primitive, cell, value, _unit(type(holder), name), value, (group, number)))
    out += [Cell(DEVICES, f"device {name}", "held", "", "held", (9,)) for name in sorted(set(structure.devices))]
    arbiter = structure.common_superior()
    out.append(Cell(CONFLICT, "arbiter", arbiter, "", _by_post(arbiter, posts), (9,)))
    return sorted(out, key=lambda cell: (cell.primitive, cell.order, cell.name))


def difference(one: Structure, other: Structure) -> list[tuple[Cell, str, str]]:
    """What differs between two structures: a cell of either, and its value in words in the first and in the second.

    A chair is compared with the chair that leads the same people; of what one structure lacks, the other has all.
    """
    first = {cell.name: cell for cell in cells(one)}
    second = {cell.name: cell for cell in cells(other)}
    out = []
    for name in first.keys() | second.keys():
        left, right = first.get(name), second.get(name)
        if left is None or right is None or left.key != right.key:
            cell = left or right
            assert cell is not None
            out.append((cell, NOTHING if left is None else left.text, NOTHING if right is None else right.text))
    return sorted(out, key=lambda row: (row[0].primitive, row[0].order, row[0].name))


def words(value: Any, unit: str) -> str:
    """A value with its unit as people read it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, float)):
        return str(value)
    if math.isinf(value):
        return ENDLESS
    if unit.startswith("share"):
        return f"{100 * value:.3g} %"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    unit = "" if unit in ("ratio", "correlation", "people") else unit.removeprefix("ratio ")
    return f"{number} {unit.removesuffix('s') if value == 1 and unit in ('days', 'months') else unit}".strip()


def _posts(structure: Structure) -> dict[str, tuple[str, int]]:
    """By title of each chair the name of its post, which is whom it leads, and the post's rank on a page."""
    posts: dict[str, tuple[str, int]] = {}
    for chair in structure.chairs:
        taken = [name for name, _ in posts.values() if name.startswith(POSTS[chair.leads])]
        name = POSTS[chair.leads] + (f" {len(taken) + 1}" if taken else "")
        posts[chair.title] = name, 10 * list(POSTS).index(chair.leads) + len(taken)
    return posts


def _by_post(value: Any, posts: dict[str, tuple[str, int]]) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(sorted(posts[title][0] if title in posts else title for title in value.split(", ")))


def _unit(model: type[BaseModel], name: str) -> str:
    extra = model.model_fields[name].json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


# Devices and cost --------------------------------------------------------------------------------------------------


def participants(scenario: Scenario, device: Device) -> int:
    """How many people a device brings together."""
    sizes = {"reps": scenario.people.reps, "marketers": scenario.people.marketers, "heads": 2}
    return sum(sizes[who] for who in device.participants)


def missing(scenario: Scenario, structure: Structure, device: Device) -> str:
    """Why a structure that names a device cannot hold it, in words; "" where it can."""
    from orgsim.leadership.arms import needs_two_heads

    if needs_two_heads(device) and structure.leader("sales") == structure.leader("marketing"):
        return "one chair leads both teams"
    if "marketers" in device.participants and not scenario.people.marketers:
        return "there are no marketers"
    return ""


def level(device: Device) -> float:
    """The part of a full dose that a device comes to, once it has taken hold."""
    monthly = device.times * device.hours / 12
    return 1.0 if device.dose == 0 else -math.expm1(-monthly / device.dose)


def device_row(scenario: Scenario, name: str) -> dict[str, Any]:
    """A device as data: hours are those of a participant, `hours_per_year` of all; `lift` is gain times level."""
    device = scenario.devices[name]
    return {
        "device": name, "title": device.title, "source": device.source, "participants": list(device.participants),
        "times": device.times, "hours": device.hours, "hours_per_month": device.times * device.hours / 12,
        "hours_per_year": device.times * device.hours * participants(scenario, device),
        "cost_per_year": device.times * device.cost, "once": device.once, "level": level(device),
        "effects": [{"state": e.state, "gain": e.gain, "lift": e.gain * level(device)} for e in device.effects],
        "adoption": device.adoption, "decay": device.decay, "trigger": device.trigger,
    }  # fmt: skip


def costs(scenario: Scenario, structure: Structure) -> list[dict[str, Any]]:
    """What a structure costs: item, euro a year, hours a year of staff and heads, and euro once.

    Euro a year are what `--budget equal` reckons with, taken apart item by item; hours are paid anyway, but lack
    elsewhere. Once: setting up devices, and search and severance where today's structure is another.
    """
    from orgsim.leadership.arms import leader_cost, switching_cost

    people = scenario.people
    held = [d for d in map(scenario.devices.__getitem__, structure.devices) if not missing(scenario, structure, d)]
    today = scenario.structures[scenario.today.structure]
    items: tuple[tuple[str, dict[str, Any], float, float], ...] = (
        ("leaders, loaded", {}, 0.0, switching_cost(scenario, today, structure)),
        ("joint work", {"joint_spend": structure.joint_spend},
         12 * structure.coordination * (people.reps + people.marketers), 0.0),
        ("devices", {"devices": structure.devices},
         sum(d.times * d.hours * participants(scenario, d) for d in held), sum(d.once for d in held)),
        ("checks of follow-up", {"lead_rights": structure.lead_rights}, 0.0, 0.0),
        ("staff unit", {"staff": structure.staff}, 0.0, 0.0),
    )  # fmt: skip
    bare = structure.model_copy(
        update={"joint_spend": 0.0, "devices": (), "staff": StaffUnit(),
                "lead_rights": structure.lead_rights.model_copy(update={"audit_cost": 0.0})}
    )  # fmt: skip
    rows, before = [], 0.0
    for item, adds, hours, once in items:
        bare = bare.model_copy(update=adds)
        after = leader_cost(scenario, bare)
        rows.append({"item": item, "euro": after - before, "hours": hours, "once": once})
        before = after
    return rows
