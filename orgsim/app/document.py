"""A question's scenario as a file: what differs from the shipped firm, in TOML, read by every other command.

Lists are written whole and tables key by key, as `extends` merges them; a structure or a pay plan made by levers
extends the one it was made of. Reading the file back gives the very scenario, its name and title apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orgsim.app.question import ENTRIES, Case, shipped
from orgsim.scenario.schema import Scenario

Table = dict[str, Any]


def text_of(case: Case, title: str, about: list[str]) -> str:
    """The file of a case's scenario. `about`: lines of comment at its head."""
    import tomli_w

    base = shipped(case.question["base"])
    origins = {}
    for arm, asked in zip(case.arms, case.question_arms, strict=True):
        origins["structures", arm.structure] = asked["structure"]
        origins["pay", arm.pay] = asked.get("pay", case.scenario.today.pay)
    head = "".join(f"# {_one_line(line)}\n" for line in about)
    return head + tomli_w.dumps({"extends": base.name, "title": title, **_difference(case.scenario, base, origins)})


def _difference(scenario: Scenario, base: Scenario, origins: Mapping[tuple[str, str], str]) -> Table:
    """What the file must say: nested tables of what differs; entries of their own begin with `extends`."""
    mine, theirs = (one.model_dump(mode="python", exclude={"name", "title", "limit"}) for one in (scenario, base))
    # What a file leaves out of its notes of data is empty, and not that of the firm it extends.
    theirs["notes"]["measured"] = ""
    found: Table = {}
    for section, table in mine.items():
        changed = _entries(section, table, theirs[section], origins) if section in ENTRIES \
            else _changed(table, theirs[section])  # fmt: skip
        if changed:
            found[section] = changed
    return found


def _entries(section: str, mine: Table, theirs: Table, origins: Mapping[tuple[str, str], str]) -> Table:
    out: Table = {}
    for name, entry in mine.items():
        if name in theirs:
            changed = _changed(entry, theirs[name])
            if changed:
                out[name] = changed
        else:
            origin = origins.get((section, name))
            before = mine.get(origin) if origin not in (None, name) else None
            out[name] = {"extends": origin} | _changed(entry, before) if before is not None else _filled(entry)
    return out


def _changed(mine: Any, before: Any) -> Table:
    out: Table = {}
    for key, value in mine.items():
        if key in before and value == before[key]:
            continue
        if isinstance(value, dict) and isinstance(before.get(key), dict):
            deeper = _changed(value, before[key])
            if deeper:
                out[key] = deeper
        elif value is not None:
            out[key] = _filled(value)
        else:
            raise ValueError(f"{key} cannot be taken back in a file that extends another")
    return out


def _filled(value: Any) -> Any:
    """The value without what is not given, which TOML cannot say."""
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_filled(item) for item in value]
    return value


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)
