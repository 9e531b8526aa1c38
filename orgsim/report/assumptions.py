"""Every parameter a comparison rests on: its value here, unit, plausible range and source; assumed ones apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from orgsim.figures.chart import title_of
from orgsim.language import Language
from orgsim.report.differences import colon, slug, term
from orgsim.scenario.catalogue import parameters
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.comparison import Comparison

KINDS = {"structures": "structures.*.", "chairs": "structures.*.chairs[].", "backgrounds": "backgrounds."}
LEFT_OUT = ("devices.", "pay.")  # told with the structures that hold them, and in the scenario file
MOST_VALUES = 6


@dataclass(frozen=True)
class Parameter:
    """One parameter. name: dotted path; meaning: in the reader's language where `own` is true, else in English;
    values: (whose, value) pairs as the scenario has them, `whose` "" for the firm's; low, high: its range, None for
    no limit; correlation: of the answer's difference with it over the draws, None where it was not drawn."""

    name: str
    meaning: str
    own: bool
    unit: str
    values: tuple[tuple[str, Any], ...]
    low: float | None
    high: float | None
    source: str
    drawn: bool
    changed: bool
    correlation: float | None = None
    beyond_luck: bool = False


def assumptions(
    comparison: Comparison, said: Language, sensitivity: pd.DataFrame | None = None
) -> tuple[list[Parameter], list[Parameter]]:
    """The assumed parameters of structure and pay, those first that the answer hangs on most; and all others.

    sensitivity: `sensitivity.Draws.sensitivity`.
    """
    scenario = comparison.scenario
    chosen = list(dict.fromkeys(arm.structure for arm in comparison.arms))
    strength: dict[str, tuple[float, bool]] = {}
    if sensitivity is not None:
        for found_row in sensitivity.to_dict("records"):
            strength[str(found_row["parameter"])] = float(found_row["correlation"]), bool(found_row["beyond_luck"])
    assumed: dict[str, Parameter] = {}
    rest = []
    for row in parameters():
        if row["name"].startswith(LEFT_OUT):
            continue
        values = tuple(_values(scenario, row["name"], chosen, said))
        if not values:
            continue
        key = drawn_name(row["name"])
        found = strength.get(key) if row["drawn"] else None
        own = said.has(f"report.parameter.{key}")
        one = Parameter(
            row["name"], said.say(f"report.parameter.{key}") if own else row["meaning"], own, row["unit"], values,
            row["low"], row["high"], row["source"], row["drawn"], _changed(values, row["default"]),
            None if found is None else found[0], found is not None and found[1],
        )  # fmt: skip
        if not row["drawn"]:
            rest.append(one)
        elif key in assumed:  # cells that are drawn together
            before = assumed[key]
            whose = tuple((name or _owner(one.name), value) for name, value in values)
            kept = tuple((name or _owner(before.name), value) for name, value in before.values)
            assumed[key] = replace(before, name=key.replace(".", ".*.", 1), values=kept + whose)
        else:
            assumed[key] = one
    return sorted(assumed.values(), key=lambda p: -abs(p.correlation or 0.0)), rest


def _owner(name: str) -> str:
    """'sales' of backgrounds.sales.horizon."""
    return name.split(".")[1]


def drawn_name(name: str) -> str:
    """The name under which a parameter is drawn: cells are drawn by kind, for all structures and backgrounds alike."""
    if name.startswith("structures.*.chairs[]."):
        return f"chairs.{name.rpartition('.')[2]}"
    if name.startswith(("structures.*.", "backgrounds.")):
        return f"{name.partition('.')[0]}.{name.rpartition('.')[2]}"
    return name


def parameter_title(name: str, said: Language) -> str:
    """A drawn parameter in words; by its name where the catalogue has none."""
    return said.say(f"report.parameter.{name}") if said.has(f"report.parameter.{name}") else name


def _values(scenario: Scenario, path: str, structures: Sequence[str], said: Language) -> Iterable[tuple[str, Any]]:
    """(whose, value) for each place of the scenario that a path with `*` and `[]` stands for."""
    own = {name: scenario.structures[name].title for name in structures}

    def walk(place: Any, parts: list[str], whose: str) -> Iterable[tuple[str, Any]]:
        if not parts:
            yield whose, place
            return
        if place is None:  # a table that the scenario leaves out
            return
        part, *rest = parts
        name = part.removesuffix("[]")
        if part == "*":
            for key in structures:
                yield from walk(place[key], rest, title_of("structure", key, said, own))
            return
        below = getattr(place, name) if isinstance(place, BaseModel) else place[name]
        if part.endswith("[]"):
            for number, item in enumerate(below):
                title = getattr(item, "title", "") or getattr(item, "name", "") or str(number + 1)
                yield from walk(item, rest, f"{whose}{colon(said)}{term(title, said)}" if whose else title)
        else:
            yield from walk(below, rest, whose)

    try:
        yield from walk(scenario, path.split("."), "")
    except (AttributeError, KeyError):
        return


def _changed(values: Sequence[tuple[str, Any]], default: Any) -> bool:
    """Whether the scenario has another value than the model's own, where there is one of the firm's."""
    if len(values) != 1 or values[0][0] or default is None:
        return False
    value = values[0][1]
    return bool(str(value) != str(default) and value != default)


__all__ = ["Parameter", "assumptions", "drawn_name", "parameter_title", "slug"]
