"""A figure by category and arm: few arms share a panel whose lanes are the categories; of many, each category is a
panel whose lanes are the arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orgsim.figures.chart import FEW, ArmName
from orgsim.figures.forms.keys import Key, arm_keys
from orgsim.figures.forms.lanes import Lanes
from orgsim.language import Language


def crossed(
    language: Language,
    column: str,
    categories: Sequence[Key],
    arms: Sequence[ArmName],
    places: int,
    axis: str,
    *,
    heading: str = "",
    filters: Mapping[str, Any] | None = None,
    **more: Any,
) -> tuple[Lanes, ...]:
    """The panels; more: as of Lanes."""
    filters = dict(filters or {})
    if len(arms) > FEW:
        return tuple(
            Lanes(
                language,
                "arm",
                arm_keys(arms),
                axis,
                f"{heading}: {key.name}" if heading else key.name,
                filters=filters | {column: key.key},
                places=places,
                **more,
            )
            for key in categories
        )
    return (
        Lanes(
            language,
            column,
            tuple(categories),
            axis,
            heading,
            slot="arm",
            slots=arm_keys(arms),
            filters=filters,
            places=places,
            **more,
        ),
    )
