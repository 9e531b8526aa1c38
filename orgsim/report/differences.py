"""What differs between the arms, in words of the reader's language: structures cell by cell, and pay plans."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orgsim.language import Language
from orgsim.organigram import PRIMITIVES, Cell, cells, costs, difference
from orgsim.report.names import structure_phrase
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from orgsim.experiments.comparison import Comparison

PLAIN_UNITS = ("ratio", "correlation", "people", "")
# Units whose signs a key cannot hold.
KEYS = {"/year": "a_year", "€/year": "year_euro", "€/h": "h_euro", "€ per month": "per_month_euro", "€": "euro"}


@dataclass(frozen=True)
class Difference:
    """One cell in which two structures differ: primitive, cell, and its value in words in either."""

    primitive: str
    cell: str
    before: str
    after: str


@dataclass(frozen=True)
class StructureDifferences:
    """All cells in which a structure differs from the reference's, and what its leaders, devices and staff cost more,
    in k€ a year and k€ once."""

    structure: str
    title: str
    reference: str
    cells: tuple[Difference, ...]
    cost: float
    once: float


def structure_differences(comparison: Comparison, said: Language) -> list[StructureDifferences]:
    """What each structure of the comparison differs in from the reference's, in the order of the arms."""
    scenario, base = comparison.scenario, comparison.against.structure
    names = dict.fromkeys(arm.structure for arm in comparison.arms if arm.structure != base)
    return [_against(scenario, base, name, said) for name in names]


def _against(scenario: Scenario, base: str, name: str, said: Language) -> StructureDifferences:
    one, other = scenario.structures[base], scenario.structures[name]
    before, after = ({cell.name: cell for cell in cells(each)} for each in (one, other))
    rows = []
    for cell, _, _ in difference(one, other):
        label, device = cell_label(cell, scenario, said)
        values = [_text(found.get(cell.name), bool(device), said) for found in (before, after)]
        rows.append(Difference(_said(said, "cell", PRIMITIVES[cell.primitive - 1]), label, *values))
    spent = [[sum(row[key] for row in costs(scenario, each)) for key in ("euro", "once")] for each in (one, other)]
    return StructureDifferences(name, structure_phrase(scenario, name, said), structure_phrase(scenario, base, said),
                                tuple(rows), (spent[1][0] - spent[0][0]) / 1000,
                                (spent[1][1] - spent[0][1]) / 1000)  # fmt: skip


def cell_label(cell: Cell, scenario: Scenario, said: Language) -> tuple[str, str]:
    """A cell's name in words, and the device it is about, "" for none."""
    if cell.name.startswith("device "):
        name = cell.name.removeprefix("device ")
        shipped = said.has(f"report.device.{name}")
        title = said.say(f"report.device.{name}") if shipped else scenario.devices[name].title or name
        return f"{said.say('report.cell.device')}{colon(said)}{title}", name
    parts = cell.name.split(": ")
    words = [_said(said, "cell", part) for part in parts]
    return colon(said).join(words), ""


def colon(said: Language) -> str:
    """What stands between a thing and what is said of it."""
    return "\u202f: " if said.code == "fr" else ": "


def _text(cell: Cell | None, device: bool, said: Language) -> str:
    if cell is None:
        return said.say(f"report.term.{'no' if device else 'nothing'}")
    return cell_text(cell.value, cell.unit, said)


def cell_text(value: Any, unit: str, said: Language) -> str:
    """A value with its unit as people read it (as `organigram.words`, in the reader's language)."""
    if value is None:
        return said.say("report.term.nothing")
    if isinstance(value, bool):
        return said.say(f"report.term.{'yes' if value else 'no'}")
    if not isinstance(value, (int, float)):
        return ", ".join(_said(said, "term", part) for part in str(value).split(", "))
    if math.isinf(value):
        return said.say("report.term.endless")
    if unit.startswith("share"):
        return said.amount(100 * value, "%", _digits(100 * value, 3))
    text = said.number(value, _digits(value, 4) if abs(value) < 1000 else 0)
    return text if unit in PLAIN_UNITS else f"{text}\u00a0{unit_text(unit, value, said)}"


def unit_text(unit: str, value: float, said: Language) -> str:
    """A unit in the reader's language."""
    unit = unit.removeprefix("ratio ")
    if unit in ("days", "months") and value == 1:
        unit = unit.removesuffix("s")
    key = KEYS.get(unit) or slug(unit)
    return said.say(f"report.in_unit.{key}") if said.has(f"report.in_unit.{key}") else unit


def _digits(value: float, figures: int) -> int:
    """Decimals that so many figures take, zeros at the end left out, as `:.4g` writes."""
    text = f"{value:.{figures}g}"
    return len(text.partition(".")[2]) if "e" not in text else 0


def _said(said: Language, table: str, word: str) -> str:
    key = f"report.{table}.{slug(word)}"
    return said.say(key) if said.has(key) else word


def term(word: str, said: Language) -> str:
    """A word of a scenario that stands in the catalogue, such as a leader's title, in the reader's language."""
    return _said(said, "term", word)


def slug(text: str) -> str:
    """'sales' chair' as a key: sales_chair."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
