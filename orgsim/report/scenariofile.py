"""A scenario as one TOML file that stands by itself: read again, it is the same question."""

from __future__ import annotations

from collections.abc import Iterable

from orgsim.results import Arm
from orgsim.scenario.load import PRESETS, check_text
from orgsim.scenario.schema import Scenario

FILE = "scenario.toml"


def scenario_file(scenario: Scenario, arms: Iterable[Arm] = ()) -> str:
    """The text of the file: every value of the firm, and in full the structures and pay plans of the arms and of today.

    Of the library's other structures, pay plans and devices only those are written that differ from what ships, as the
    rest is always there. Whether reading it gives the very same scenario is what `same` says.
    """
    import tomli_w

    data = scenario.model_dump(mode="python", exclude_none=True)
    needed = [*arms, Arm(scenario.today.structure, scenario.today.pay)]
    keep = {
        "structures": {arm.structure for arm in needed}, "pay": {arm.pay for arm in needed},
        "devices": {device for arm in needed for device in scenario.structures[arm.structure].devices},
    }  # fmt: skip
    library = _library()
    for kind in PRESETS:
        shipped = getattr(library, kind)
        data[kind] = {
            name: value for name, value in data[kind].items()
            if name in keep[kind] or shipped.get(name) != getattr(scenario, kind)[name]
        }  # fmt: skip
    return tomli_w.dumps(data)


def same(scenario: Scenario, text: str) -> bool:
    """Whether the text, read as a scenario file, is this scenario."""
    from pathlib import Path

    return check_text(text, FILE, Path()) == scenario


def _library() -> Scenario:
    from orgsim.scenario.load import load_scenario

    return load_scenario("baseline")
