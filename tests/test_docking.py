"""The reference of benchmarks/reference, written a second time from the ODD text, against orgsim (docs/docking.md)."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "benchmarks" / "reference"
SEED = 7
DOCKING = ("dock.py", "compare.py", "worlds.py")  # these run both sides, by orgsim's public interface


@pytest.fixture(scope="module")
def docking():
    sys.path.insert(0, str(ROOT))
    try:
        yield (
            importlib.import_module("benchmarks.reference.compare"),
            importlib.import_module("benchmarks.reference.worlds"),
        )
    finally:
        sys.path.remove(str(ROOT))


@pytest.fixture(scope="module")
def base(docking):
    return docking[1].base_scenario()


def equal(docked):
    """Every row and column of leads, accounts, pay and prospects, to the bit; the levers of every month too."""
    levers = {"brand_share", "threshold"} & set(docked.differ["months"])
    return docked.agree("leads", "accounts", "pay", "prospects") and not levers


@pytest.mark.parametrize(("number", "structure"), [(11, "separate"), (26, "merged"), (36, "cro")])
def test_every_event_of_every_lead_is_the_same_in_both_implementations(docking, base, number, structure):
    compare, worlds = docking
    docked = compare.dock(worlds.world(SEED, number, base, structure))
    assert docked.rows["leads"] > 40
    assert docked.rows["accounts"] > 50
    assert equal(docked), (str(docked.world), docked.first, docked.differ, docked.missing)


@pytest.mark.slow
def test_fifty_random_worlds_agree_in_every_lead_account_and_lever(docking, base):
    compare, worlds = docking
    apart = [
        (number, docked.first, docked.differ)
        for number in range(50)
        if not equal(docked := compare.dock(worlds.world(SEED, number, base)))
    ]
    assert not apart


def test_a_comparison_tells_one_minute_and_one_lead_apart(docking):
    import pandas as pd

    compare, _ = docking
    both = pd.DataFrame({"lead": [1, 2], "created": [0.5, 1.5], "outcome": ["won", "open"]})
    late, fewer, other = both.copy(), both.iloc[:1], both.copy()
    late.loc[1, "created"] += 1e-13
    other.loc[0, "outcome"] = "lapsed"
    for theirs, differ, missing in ((both, [], 0), (late, ["created"], 0), (fewer, [], 1), (other, ["outcome"], 0)):
        found = compare.Docked(None)
        compare._compare(found, "leads", both, theirs, ["lead"])
        assert (list(found.differ["leads"]), found.missing["leads"]) == (differ, missing)


@pytest.mark.parametrize(
    ("changes", "structure", "pay", "says"),
    [
        ({"switches.turnover": True}, "separate", "own_numbers", "switches.turnover"),
        ({"switches.timing": True, "switches.devices": True}, "merged", "own_numbers", "switches.devices"),
        ({"customers.word_of_mouth": 0.1}, "merged", "own_numbers", "customers.word_of_mouth is 0.1"),
        ({"time.run_off_months": 6.0}, "merged", "own_numbers", "run_off_months"),
        ({"switches.hold": ("definition",)}, "merged", "own_numbers", "holds definition"),
        ({"structures.cro.chairs.0.year_weight": 0.5}, "cro", "own_numbers", "year_weight"),
        ({}, "separate", "quarterly_bonus", "quarterly_bonus is not linear"),
        ({"today.pay": "clawback"}, "separate", "own_numbers", "clawback"),
    ],
)
def test_the_reference_refuses_what_it_does_not_have(docking, base, changes, structure, pay, says):
    reference = importlib.import_module("benchmarks.reference")
    with pytest.raises(reference.NotInTheCore, match=says):
        reference.run(base.with_(**changes), structure, pay)


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.py")), ids=lambda path: path.name)
def test_the_reference_imports_only_the_streams_and_the_scenario_reader_of_orgsim(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
    used = {name for name in found if name.split(".")[0] == "orgsim"}
    allowed = {"orgsim.engine.streams"} if path.name not in DOCKING else {"orgsim"}
    assert all(name in allowed or name.startswith("orgsim.scenario.") for name in used), used
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


def test_each_prospect_and_each_employee_is_an_agent_of_mesa(docking, base):
    import mesa

    reference = importlib.import_module("benchmarks.reference")
    firm = reference.simulate(base.with_(**{"market.size": 40, "time.years": 0.1}), "separate", "own_numbers")
    assert isinstance(firm, mesa.Model)
    kinds = {kind.__name__: len(agents) for kind, agents in firm.agents_by_type.items()}
    assert kinds == {"Prospect": 40, "Rep": 8, "Marketer": 3}
