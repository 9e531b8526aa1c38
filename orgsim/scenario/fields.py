"""How a parameter is declared: with its unit, plausible range and source; values may carry units."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orgsim.scenario.units import parse

ASSUMPTION = "assumption"
# Times that may never end: `inf` in TOML.
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
    """A field with what a reader must know of it: `low` to `high` is plausible, `least` to `most` is possible.

    `drawn` marks a parameter of structure or pay that no data set identifies: `--uncertain` draws it from its
    plausible range.
    """
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
    def _no_nan(self) -> Table:
        for name, value in self:
            if isinstance(value, float) and (math.isnan(value) or (math.isinf(value) and name not in MAY_BE_ENDLESS)):
                raise ValueError(f"{name} must be a finite number, found {value}")
        return self
