"""Every row of table D is what docs/mechanisms.md says: what it names exists, and its state moves as predicted.

For each row, paired over replicates: the interval of the change in the state that the row names excludes zero; leads
and revenue do not differ once that state is held fixed; and at the neutral value nothing changes at all.

`python tests/mechanisms/test_mechanisms.py` writes the page.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from pathlib import Path

import mechanism_page as page
import mechanism_rows as d
import numpy as np
import pytest
from scipy.stats import t

from orgsim.scenario.load import library

FALSE_ALARM = 1e-6
LOOKED_AT = 2
LOOKED_FOR = 40
MANY = 20
TESTED = tuple(row for row in d.rows() if row.test)


def each(rows: Iterable[d.Row]) -> list[object]:
    """Rows as parameters of a test; those that take many runs are left to the slow suite."""
    return [
        pytest.param(row, id=f"{row.label} {row.says}", marks=[pytest.mark.slow] if row.pairs > MANY else [])
        for row in rows
    ]


# What a row names exists ----------------------------------------------------------------------------------------------


def test_every_row_of_table_d_is_there_once() -> None:
    assert [row.number for row in d.rows() if isinstance(row.number, int)] == list(range(1, 95))
    assert [row.number for row in d.rows() if not isinstance(row.number, int)] == ["new"]


def test_every_row_that_is_a_mechanism_has_a_test_and_the_others_say_why_not() -> None:
    for row in d.rows():
        assert row.became in d.BECAME
        assert bool(row.test) == (row.became != "not a mechanism"), row.label
        assert bool(row.neutral) == bool(row.test), row.label
    assert sum(not row.test for row in d.rows()) <= 3, "few rows are rhetorical"


def names_in(file: Path) -> set[str]:
    """Functions and classes of a module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


@pytest.mark.parametrize("row", each(d.rows()))
def test_what_a_row_names_exists(row: d.Row) -> None:
    for place in row.where:
        file, _, name = place.partition(": ")
        assert (d.ROOT / file).is_file(), place
        assert not name or name in names_in(d.ROOT / file), place
    for name in row.switch:
        assert page.described(name), name
    for test in row.also:
        file, _, name = test.partition("::")
        assert name in names_in(d.ROOT / file), test
    for which in ("off", "on") if row.test else ():
        assert row.side(which).scenario.name == "baseline"


def test_what_turns_a_row_on_is_plausible() -> None:
    for row in TESTED:
        for path, value in row.test["on"].items():
            known = page.catalogue().get(page.general(path))
            if known is not None and known["low"] is not None and isinstance(value, float):
                assert known["low"] <= value <= known["high"], f"{row.label}: {path} {value}"


def test_every_device_of_the_library_carries_a_row() -> None:
    shipped = {f"devices.{path.stem}" for path in (library() / "devices").glob("*.toml")}
    assert shipped <= {name for row in d.rows() for name in row.switch}


def test_the_page_of_mechanisms_is_up_to_date() -> None:
    again = "python tests/mechanisms/test_mechanisms.py"
    assert page.PAGE.read_text(encoding="utf-8") == page.markdown(), f"out of date; run: {again}"


# What a row does ------------------------------------------------------------------------------------------------------


def interval(changes: list[float]) -> tuple[float, float]:
    """Interval of a mean that misses it once in a million cases."""
    n = len(changes)
    half = float(t.ppf(1 - FALSE_ALARM / 2, n - 1)) * float(np.std(changes, ddof=1)) / math.sqrt(n)
    return float(np.mean(changes)) - half, float(np.mean(changes)) + half


@pytest.mark.parametrize("row", each(TESTED))
def test_the_state_moves_as_predicted(row: d.Row) -> None:
    state = row.test["state"]
    off, on = row.side("off"), row.side("on")
    changes = [d.measure(on.run(k), state) - d.measure(off.run(k), state) for k in range(row.pairs)]
    low, high = interval(changes)
    predicted = {1: low > 0, -1: high < 0, 0: low > 0 or high < 0}
    assert predicted[row.test["sign"]], f"{state}: {low:.6g} to {high:.6g}"


@pytest.mark.parametrize("row", each(TESTED))
def test_with_the_state_held_outcomes_do_not_differ(row: d.Row) -> None:
    acts = row.test.get("acts", True)
    off, on = row.side("off"), row.side("on")
    found = any(d.different(d.outcomes(off.run(k)), d.outcomes(on.run(k))) for k in range(LOOKED_FOR))
    assert found == acts, "whether outcomes differ at all"
    if acts:
        off, on = row.held("off"), row.held("on")
        for k in range(LOOKED_AT):
            left = d.different(d.outcomes(off.run(k)), d.outcomes(on.run(k)))
            assert left == []


@pytest.mark.parametrize("row", each(TESTED))
def test_at_the_neutral_value_nothing_changes(row: d.Row) -> None:
    but = tuple(row.test.get("but", ()))
    if row.ships_neutral:
        off, on = d.Side.of(), d.Side.of(row.neutral, row.test.get("loud", {}))
    else:
        off, on = row.side("off", row.neutral), row.side("on", row.neutral)
    sides = [(off, on)]
    if "idle" in row.test:
        shared = row.test.get("idle_base", {})
        sides.append((d.Side.of(shared), d.Side.of(shared, row.test["idle"])))
    for off, on in sides:
        for k in range(LOOKED_AT):
            changed = d.different(d.everything(off.run(k), but), d.everything(on.run(k), but))
            assert changed == []


def test_a_device_of_two_directors_does_nothing_under_one() -> None:
    under_one = {"today.structure": "merged", "structures.merged.devices": ("visible_directors",)}
    off, on = d.Side.of({"today.structure": "merged"}), d.Side.of(under_one)
    changed = d.different(d.everything(off.run(0)), d.everything(on.run(0)))
    assert changed == []


if __name__ == "__main__":
    page.PAGE.write_text(page.markdown(), encoding="utf-8")
