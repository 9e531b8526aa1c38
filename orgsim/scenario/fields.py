"""How a parameter is declared: with its unit, plausible range and source; values may carry units."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from orgsim.scenario.errors import show
from orgsim.scenario.units import parse

ASSUMPTION = "assumption"
# Times that may never end: `inf` in TOML.
MOST_REPLICATES = 1_000_000  # of any question
LARGEST = 1e12  # of any number of a scenario, below which no product of a few of them leaves floating point
SMALLEST = 1e-12  # of a number that must be more than 0, for it divides
EXPONENT = 100.0  # of numbers that end up in exp(), by their units
EXPONENTS = ("log units", "elasticity", "power")
MAY_BE_ENDLESS = ("patience", "shelf_life", "memory", "half_life", "horizon", "end", "cap", "sla", "trigger")


def param(
    default: Any,
    unit: str,
    low: float,
    high: float,
    source: str,
    meaning: str,
    *,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    drawn: bool = False,
) -> Any:
    """A field with what a reader must know of it: `low` to `high` is plausible, `least` to `most` is possible; what
    ends up in an exponent is at most 100 unless `most` says otherwise.

    `drawn` marks a parameter of structure or pay that no data set identifies: `--uncertain` draws it from its
    plausible range.
    """
    if unit.startswith(EXPONENTS) and most is None:
        most = EXPONENT
    return Field(
        default,
        ge=least,
        le=most,
        gt=above,
        description=meaning,
        json_schema_extra={"unit": unit, "range": [low, high], "source": source, "drawn": drawn},
    )


def reads(unit: str) -> Callable[[Any], Any]:
    """A validator for a number in `unit`, or text with a unit that converts to it."""

    def read(value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError(f"found {show(value)}; a number is needed")
        return parse(value, unit) if isinstance(value, str) else value

    return read


Hours = Annotated[float, BeforeValidator(reads("h"))]
Days = Annotated[float, BeforeValidator(reads("days"))]
Weeks = Annotated[float, BeforeValidator(reads("weeks"))]
Months = Annotated[float, BeforeValidator(reads("months"))]
Years = Annotated[float, BeforeValidator(reads("years"))]
Euro = Annotated[float, BeforeValidator(reads("€"))]
EuroPerYear = Annotated[float, BeforeValidator(reads("€/year"))]
EuroPerHour = Annotated[float, BeforeValidator(reads("€/h"))]
Share = Annotated[float, BeforeValidator(reads("share"))]
PerYear = Annotated[float, BeforeValidator(reads("/year"))]
HoursPerWeek = Annotated[float, BeforeValidator(reads("h/week"))]
Number = Annotated[float, BeforeValidator(reads("number"))]


class Table(BaseModel):
    """A table of a scenario file: unknown keys are errors, values are checked, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)

    @model_validator(mode="after")
    def _numbers_can_be_reckoned_with(self) -> Table:
        mistakes = []
        for name, value in self:
            if isinstance(value, float):
                if math.isnan(value) or (math.isinf(value) and name not in MAY_BE_ENDLESS):
                    raise ValueError(f"{name} must be a finite number, found {value}")
                if not SMALLEST <= abs(value) <= LARGEST and (said := _extreme(value, type(self).model_fields[name])):
                    mistakes.append(((name,), show(value), said, None))
        if mistakes:
            said = "; ".join(f"{path[0]} {words}" for path, _, words, _ in mistakes)
            raise PydanticCustomError("wrong_names", "{said}", {"said": said, "mistakes": mistakes})
        return self


def _extreme(value: float, field: FieldInfo) -> str:
    """What is wrong with a number of a huge or tiny size; nothing with one that is endless, or 0, or harmless."""
    if LARGEST < abs(value) < math.inf:
        return f"found {show(value)}; must be at most {LARGEST:g} in size"
    if 0 < abs(value) < SMALLEST and any(getattr(rule, "gt", None) == 0 for rule in field.metadata):
        return f"found {show(value)}; must be at least {SMALLEST:g}"
    return ""
