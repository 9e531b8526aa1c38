"""docs/mechanisms.md, made from docs/mechanisms.toml and from what the scenario says of each parameter."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import mechanism_rows as d

from orgsim.scenario.catalogue import parameters, range_of, shown
from orgsim.scenario.load import allowed_keys

PAGE = d.ROOT / "docs" / "mechanisms.md"
MARKS = {"state": "state", "rule": "rule", "data": "data", "input": "input", "not a mechanism": "not"}
SEEDS = {
    "000": "The director who did no marketing (2015)",
    "001": "Reconciling marketers and reps",
    "002": "What marketing says of sales",
    "003": "Commercial marketing (2007)",
    "004": "Sales and marketing at odds, and remedies",
}
KINDS = {"devices": "device", "structures": "structure", "pay": "pay plan"}
SIGNS = {1: "up", -1: "down", 0: "moves"}


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Parameters by name."""
    return {row["name"]: row for row in parameters()}


def general(path: str) -> str:
    """Name in the catalogue of the parameter at a path of a scenario."""
    return re.sub(r"^(structures|devices)\.[^.]+", r"\1.*", re.sub(r"\.\d+(?=\.)", "[]", path))


def described(name: str) -> str:
    """A switch with its default and plausible range, a device with what it moves; empty for what does not exist."""
    row = catalogue().get(name)
    if row is not None:
        default, limits = shown(row["default"]), range_of(row)
        told = f"{default} ({limits})" if default and limits else default or limits
        return f"`{name}` {told}".strip()
    kind, _, key = name.partition(".")
    shipped = getattr(d.baseline(), kind, None)
    if kind in KINDS and isinstance(shipped, dict) and key in shipped:
        moves = [f"{effect.state} {effect.gain:+g}" for effect in getattr(shipped[key], "effects", ())]
        return f"{KINDS[kind]} `{key}`" + (f": {', '.join(moves)}" if moves else "")
    path = tuple(name.replace("[]", ".0").split("."))
    return f"`{name}`" if path[-1] in allowed_keys(path[:-1]) else ""


def written(changes: d.Changes) -> str:
    """Values as a scenario file writes them, one path after the other."""
    return ", ".join(f"`{path}` {shown(value)}" for path, value in changes.items())


def neutral(row: d.Row) -> str:
    """A row's neutral value, and whether it ships so."""
    if not row.neutral or row.neutral_is:
        return row.neutral_is
    if row.is_device:
        return "held by no structure (`switches.devices` false)"
    return written(row.neutral) + (" *(ships so)*" if row.ships_neutral else "")


def shown_by(row: d.Row) -> str:
    """What a row's tests look at."""
    if not row.test:
        return ""
    told = f"{row.test['state']} {SIGNS[row.test['sign']]}"
    if not row.test.get("acts", True):
        told += "; moves no outcome"
    if row.hold_reason:
        told += f". {row.hold_reason}"
    further = [f"`{test.partition('::')[2]}`" for test in row.also]
    return told + (f"; also {', '.join(further)}" if further else "")


def place(where: str) -> str:
    """A place in the code, or a file, as a link."""
    file, _, name = where.partition(": ")
    stem = file.rsplit("/", 1)[1]
    return f"[{stem.removesuffix('.py') + '.' + name if name else stem}](../{file})"


def line(row: d.Row) -> str:
    """A row of the table."""
    cells = [
        row.label + (" †" if row.dagger else ""),
        row.says,
        MARKS[row.became],
        row.what,
        ", ".join(place(where) for where in row.where),
        "; ".join(described(name) for name in row.switch),
        neutral(row),
        row.source,
        shown_by(row),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def listed(rows: list[d.Row]) -> str:
    """Numbers of rows."""
    return ", ".join(row.label for row in rows)


def opening() -> list[str]:
    """The counts, which nobody types."""
    rows = d.rows()
    became = Counter(row.became for row in rows)
    neutral_ones = [row for row in rows if row.ships_neutral]
    devices = [row for row in rows if row.is_device]
    rest = [row for row in rows if row.test and row not in neutral_ones and row not in devices]
    not_one = [row for row in rows if row.became == "not a mechanism"]
    inputs = [row for row in rows if row.became == "input"]
    return [
        f"Table D of the project's evidence lists 94 mechanisms that the five seed documents name; a correction adds "
        f"one. Of these {len(rows)} rows, {became['state']} became a state, {became['rule']} a rule, {became['data']} "
        f"data (presets, cells of structures, devices, pay plans), {became['input']} an input "
        f"({listed(inputs)}), and {became['not a mechanism']} are no mechanism ({listed(not_one)}).",
        "",
        f"{len(neutral_ones)} rows ship neutral: at the defaults they change nothing, because no source gives their "
        f"size ({listed(neutral_ones)}). {len(devices)} are devices of the library, which act only under a structure "
        f"that names them ({listed(devices)}). The other {len(rest)} are on, with a source for their size or because "
        f"the accounts need them ({listed(rest)}). Rows with a dagger, {listed([row for row in rows if row.dagger])}, "
        "resemble remedies that did not help where they were studied (co-location; evidence 0.2): their smaller gains "
        "are inputs, and assumptions.",
    ]


def markdown() -> str:
    """The page."""
    lines = [
        "# Mechanisms of the seed documents", "", *opening(), "",
        "Generated from `docs/mechanisms.toml` by `python tests/mechanisms/test_mechanisms.py`; do not edit. Defaults "
        "and ranges are the scenario's own; sources of parameters are in [parameters](parameters.md), other marks in "
        "[sources](sources.md).",
        "",
        "**How to read a row.** *Became*: a state of the firm or its market, a rule that moves states, data that "
        "switch or size rules, an input that nothing in the model explains, or not a mechanism. *Switch*: default and "
        "plausible range; of a device its full effect on each state. *Neutral*: where the row changes nothing. "
        "*Shown by*: the state whose change, on against off, is tested in the direction given. For every row, three "
        "tests in `tests/mechanisms/test_mechanisms.py` bear the row's number: over pairs of runs with the same luck "
        "the interval of that change (false alarms: one in a million) excludes zero; with the state held fixed, "
        "leads and revenue are the same to the bit; at the neutral value nothing changes. That a state moves as "
        "predicted says what the model does. It does not say that firms do.",
    ]  # fmt: skip
    for seed, title in SEEDS.items():
        lines += [
            "", f"## Seed {seed}: {title}", "",
            "| Row | The seed says | Became | In the model | Where | Switch | Neutral | Source | Shown by |",
            "|---|---|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        lines += [line(row) for row in d.rows() if row.of_seed == seed]
    return "\n".join(lines) + "\n"
