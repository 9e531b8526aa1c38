"""What is run again and what is not: a run's key holds all that decides its figures, and nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweeping
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweeping import SETTINGS, exported, small, undisturbed

import orgsim
from orgsim.experiments import worlds as worlds_module
from orgsim.experiments.sweeps.experiment import Experiment, experiment
from orgsim.experiments.sweeps.opened import open_results
from orgsim.experiments.sweeps.plan import Plan
from orgsim.experiments.sweeps.sweep import sweep
from orgsim.experiments.worlds import Terms, replicate_rows
from orgsim.results import Arm


def keys(asked: Experiment) -> set[str]:
    return {run.key for run in Plan(asked).runs()}


def asked(**changes: Any) -> Experiment:
    return small(2, **changes)


# Adding does only what is new ----------------------------------------------------------------------------------------

REPS = [2, 3, 4]
OTHERS = {"people.reps": REPS, "people.marketers": [3, 1]}  # the firm has 3
LARGER = {"people.reps": REPS, "market.size": [200, 300]}
SIZELESS = {key: value for key, value in SETTINGS.items() if key != "market.size"}
NONE: dict[str, Any] = {"people.reps": [2]}  # a grid needs a factor
EXTENSIONS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "a level": ({}, {"factors": {"people.reps": [2, 5, 3, 4]}}, 4),
    "levels before the others": ({}, {"factors": {"people.reps": [1, *REPS]}}, 4),
    "a factor with its old value among the levels": ({}, {"factors": OTHERS}, 12),
    "a factor before the others": ({}, {"factors": dict(reversed(OTHERS.items()))}, 12),
    "a setting that becomes a factor": (
        {}, {"factors": LARGER, "settings": SIZELESS}, 12,
    ),
    "a factor of one level that becomes a setting": (
        {"factors": {"people.reps": REPS, "market.size": [200]}, "settings": SIZELESS},
        {"factors": {"people.reps": REPS}, "settings": SETTINGS}, 0,
    ),
    "an arm": ({}, {"structures": ["merged", "separate", "cro"]}, 6),
    "an arm before the others": ({}, {"structures": ["cro", "merged", "separate"]}, 6),
    "a pay plan": ({"pay": ["own_numbers"]}, {"pay": ["shared_revenue", "own_numbers"]}, 12),
    "replicates": ({}, {"replicates": 5}, 18),
    "a factor of today's structure, which all arms meet": (
        {}, {"factors": {"people.reps": REPS, "structures.separate.disputes": [2, 4]}}, 12,
    ),
    "nothing, in another order": ({}, {"factors": {"people.reps": [4, 2, 3]}, "structures": ["separate", "merged"]}, 0),
    "a list of the same points": (
        {}, {"design": {"kind": "list"}, "factors": {}, "points": [{"people.reps": reps} for reps in (3, 4, 2)]}, 0,
    ),
    "fewer": ({}, {"factors": {"people.reps": [2]}}, 0),
}  # fmt: skip


@pytest.mark.parametrize("what", EXTENSIONS)
def test_adding_does_only_what_is_new(tmp_path: Path, what: str) -> None:
    before, after, new = EXTENSIONS[what]
    folder = tmp_path / "out"
    sweep(asked(**before), folder)
    settled = {**before, **after}
    extended = small(settled.pop("replicates", 2), **settled)
    outcome = sweep(extended, folder)
    assert outcome.missing == 0
    assert outcome.done == new
    assert exported(folder) == undisturbed(extended, tmp_path / "calm")


def test_a_factor_of_a_structure_is_not_run_again_for_arms_that_never_meet_it(tmp_path: Path) -> None:
    structures = ["merged", "separate", "cro"]
    first = asked(structures=structures)
    sweep(first, tmp_path / "out")
    for levels, new in (([1, 2, 4], 12), ([4, 1, 2], 0), ([8, 1], 6)):
        factors = {"people.reps": REPS, "structures.cro.disputes": levels}
        wider = asked(structures=structures, factors=factors)
        outcome = sweep(wider, tmp_path / "out")
        assert (outcome.done, outcome.missing) == (new, 0)
        assert exported(tmp_path / "out") == undisturbed(wider, tmp_path / f"calm{levels}")


def test_the_same_value_written_otherwise_is_the_same_run() -> None:
    one = asked(factors={"contact.patience": [20, 30]})  # working days
    for values in ([20.0, 30.0], ["4 weeks", "6 weeks"], ["20 days", "30 days"], ["20 days", 30]):
        assert keys(asked(factors={"contact.patience": values})) == keys(one)
    ranged = asked(factors={"contact.patience": {"range": [20, 30], "levels": 2}})
    assert keys(ranged) == keys(one)


def test_names_titles_and_notes_decide_nothing() -> None:
    base = orgsim.load_scenario("baseline")
    one = experiment(base, replicates=1, settings=SETTINGS, factors=NONE)
    other = base.model_copy(update={"title": "Another title", "name": "another", "notes": {}})
    assert keys(experiment(other, replicates=1, settings=SETTINGS, factors=NONE)) == keys(one)
    again = experiment(base, replicates=1, settings=SETTINGS, factors=NONE, title="What?", name="again")
    assert again.name == "again"
    assert keys(again) == keys(one)


TERMS = {"seed": 1, "start": "own", "budget": "equal", "uncertain": True}


@pytest.mark.parametrize("term", TERMS)
def test_every_term_decides(term: str) -> None:
    assert not keys(asked()) & keys(asked(**{term: TERMS[term]}))


def leaves(content: Any, path: str = "") -> list[str]:
    """Dotted paths of all numbers and truths of a scenario."""
    if isinstance(content, dict):
        return [leaf for key, below in content.items() for leaf in leaves(below, f"{path}.{key}" if path else key)]
    if isinstance(content, (list, tuple)):
        return [leaf for key, below in enumerate(content) for leaf in leaves(below, f"{path}.{key}")]
    return [path] if isinstance(content, (bool, int, float)) else []


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_numbers_of_the_firm_decide_for_arms_that_can_meet_them_and_for_no_others(every: int) -> None:
    """Each number of the scenario in turn, or every ninth, is changed past all checks."""
    base = orgsim.load_scenario("baseline")
    one = experiment(base, structures=["merged", "separate"], pay=["own_numbers", "shared_revenue"], replicates=1,
                     factors={"market.size": [6000]})  # fmt: skip
    before = {(run.arm): run.key for run in Plan(one).runs()}
    data = base.model_dump(mode="python", exclude={"name", "title", "notes"})
    paths = [path for path in leaves(data) if path != "market.size" and _near(path.split("."))]
    assert len(paths) > 250
    for path in paths[::every]:
        parts = path.split(".")
        content, rest = getattr(base, parts[0]), parts[1:]
        old = data
        for part in parts:
            old = old[int(part)] if isinstance(old, (list, tuple)) else old[part]
        new = (not old) if isinstance(old, bool) else 1.0 if math.isinf(old) else old + 1
        changed = base.model_copy(update={parts[0]: _changed(content, rest, new)})
        after = {run.arm: run.key for run in Plan(replace(one, base=changed)).runs()}
        meets = {arm for arm in before if _can_meet(arm, parts)}
        assert {arm for arm in before if before[arm] != after[arm]} == meets, path


NEAR = ("merged", "separate", "cro", "own_numbers", "shared_revenue", "mbo", "gemba")


def _near(parts: list[str]) -> bool:
    return parts[0] not in ("structures", "pay", "devices") or parts[1] in NEAR


def _can_meet(arm: Arm, parts: list[str]) -> bool:
    if parts[0] == "structures":
        return parts[1] in (arm.structure, "separate")
    if parts[0] == "pay":
        return parts[1] in (arm.pay, "own_numbers")
    return parts[0] != "devices"


def _changed(content: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    if isinstance(content, dict):
        return {**content, path[0]: _changed(content[path[0]], path[1:], value)}
    if isinstance(content, (list, tuple)):
        place = int(path[0])
        return (*content[:place], _changed(content[place], path[1:], value), *content[place + 1 :])
    return content.model_copy(update={path[0]: _changed(getattr(content, path[0]), path[1:], value)})


def test_a_swap_of_two_values_is_another_firm() -> None:
    """A sum of digests must know where a value stands, and values of different kinds apart."""
    found = [
        asked(factors={"people.reps": [reps]}, settings={**SETTINGS, "people.marketers": marketers})
        for reps, marketers in ((2, 3), (3, 2), (3, 3), (2, 2))
    ]
    sets = [keys(one) for one in found]
    assert all(not a & b for place, a in enumerate(sets) for b in sets[:place])


def test_another_engine_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from orgsim.experiments.sweeps import plan

    before = keys(asked())
    monkeypatch.setattr(plan, "engine_hash", lambda: "0" * 64)
    assert not before & keys(asked())
    assert worlds_module.engine_hash() != "0" * 64


def test_points_that_give_an_arm_the_same_firm_share_its_runs(tmp_path: Path) -> None:
    same = asked(structures=["merged", "cro"], factors={"structures.cro.disputes": [2, 1, 4]})
    outcome = sweep(same, tmp_path / "out")
    assert (outcome.planned, outcome.done, outcome.missing) == (2 + 6, 8, 0)
    results = open_results(tmp_path / "out")
    merged = results.metric("profit", "merged")
    assert np.isfinite(results.metric("profit", "cro")).all()
    assert (merged == merged[0]).all()
    assert len(results.runs()) == 12


# The same figures as a comparison ------------------------------------------------------------------------------------

FACTORS: dict[str, list[Any]] = {
    "people.reps": [1, 2, 5], "market.size": [150, 250], "contact.patience": [1.0, 4.0, math.inf],
    "structures.cro.disputes": [1, 3], "structures.separate.disputes": [1, 3], "structures.merged.sight": [0.0, 7.0],
    "today.structure": ["merged", "cro"], "today.pay": ["shared_revenue", "own_numbers"],
    "structures.merged.devices": [[], ["gemba"], ["joint_tools", "joint_planning"]], "devices.gemba.hours": [1.0, 2.0],
    "lead_rights.routing": [], "effort.cost": [0.01, 0.2], "structures.cro.chairs.0.pay": [100_000.0, 140_000.0],
}  # fmt: skip
FACTORS = {path: values for path, values in FACTORS.items() if values}


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """A small experiment of any kind that the readers allow."""
    paths = draw(st.lists(st.sampled_from(sorted(FACTORS)), min_size=1, max_size=2, unique=True))
    factors = {path: draw(st.permutations(FACTORS[path]))[: draw(st.integers(1, 2))] for path in paths}
    arms = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["merged", "separate", "cro", "sla"]),
                st.sampled_from(["own_numbers", "shared_revenue", "mbo"]),
            ),
            min_size=1, max_size=3, unique=True,
        )
    )  # fmt: skip
    return experiment(
        "baseline", arms=[f"{structure} / {pay}" for structure, pay in arms], replicates=draw(st.integers(1, 2)),
        seed=draw(st.integers(0, 3)), start=draw(st.sampled_from(["today", "own"])),
        budget=draw(st.sampled_from(["free", "equal"])), uncertain=draw(st.booleans()),
        settings={k: v for k, v in SETTINGS.items() if k not in factors}, factors=factors,
    )  # fmt: skip


def by_hand(one: Experiment) -> dict[tuple[int, Arm, int], dict[str, Any]]:
    """Every run by itself, in the whole firm with the point's values: no keys, no shared warm-ups, nothing left out."""
    terms = Terms(one.terms.seed, one.terms.start, one.terms.budget, one.terms.uncertain, one.terms.fixed)
    out = {}
    for place, point in enumerate(one.points):
        firm = one.base.with_(**point)
        for arm in one.arms:
            for replicate in range(one.replicates):
                (row,) = replicate_rows(firm, [arm], terms, replicate)
                out[place, arm, replicate] = row
    return out


def same_as_by_hand(one: Experiment, folder: Path) -> None:
    outcome = sweep(one, folder, executor=sweeping.Inline())
    assert outcome.missing == 0
    results = open_results(folder)
    wanted = by_hand(one)
    frame = results.runs()
    assert frame["error"].isna().all()
    figures = results.figures
    assert len(frame) == len(wanted)
    for row in frame.to_dict("records"):
        right = wanted[row["point"], Arm(row["structure"], row["pay"]), row["replicate"]]
        for name in figures:
            assert row[name] == right[name] or (math.isnan(row[name]) and math.isnan(right[name])), name


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(one=experiments())
def test_a_sweep_gives_to_the_bit_what_each_run_gives_by_itself_in_the_whole_firm(
    one: Experiment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    same_as_by_hand(one, tmp_path_factory.mktemp("one") / "out")


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(one=experiments())
def test_many_sweeps_give_to_the_bit_what_each_run_gives_by_itself_in_the_whole_firm(
    one: Experiment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    same_as_by_hand(one, tmp_path_factory.mktemp("many") / "out")


def test_a_sweep_and_a_comparison_give_the_same_runs(tmp_path: Path) -> None:
    structures = ["merged", "separate", "cro"]
    one = small(3, structures=structures, factors=NONE)
    sweep(one, tmp_path / "out")
    results = open_results(tmp_path / "out")
    firm = one.base.with_(**{"people.reps": 2})
    found = orgsim.compare(firm, structures=structures, pay=["own_numbers"], replicates=3)
    for arm in one.arms:
        for metric in ("revenue", "profit", "lead_waste_value"):
            assert np.array_equal(results.metric(metric, arm)[0], found.values(arm, metric), equal_nan=True)


def test_a_factor_among_the_assumed_parameters_is_not_drawn_over() -> None:
    one = small(1, uncertain=True, factors={"effort.cost": {"range": "plausible", "levels": 3}}, structures=["merged"])
    for point in one.points:
        world = worlds_module.Prepared(one.base.with_(**point), one.terms, 0)
        assert world.scenario.effort.cost == point["effort.cost"]
        assert world.scenario.effort != one.base.with_(**point).effort, "the others are drawn"


def test_infinite_values_and_lists_come_back_as_they_were(tmp_path: Path) -> None:
    factors = {"contact.patience": [4.0, math.inf], "structures.merged.devices": [[], ["gemba", "joint_tools"]]}
    one = small(1, structures=["merged"], factors=factors)
    sweep(one, tmp_path / "out")
    back = open_results(tmp_path / "out").experiment
    assert back.factors == one.factors
    assert back.points == one.points
    assert keys(back) == keys(one)


@pytest.mark.parametrize(
    "design",
    [{"kind": "sobol", "points": 4}, {"kind": "latin_hypercube", "points": 5}, {"kind": "one_at_a_time"},
     {"kind": "saltelli", "points": 2}, {"kind": "morris", "trajectories": 2}],
    ids=lambda design: design["kind"],
)  # fmt: skip
def test_every_design_comes_back_from_its_folder_and_is_complete(tmp_path: Path, design: dict[str, Any]) -> None:
    ranges = {"contact.patience": {"range": [2.0, 9.0], "levels": 4}, "people.reps": {"range": [1, 6], "levels": 4}}
    one = small(1, structures=["merged"], factors=ranges, design=design)
    outcome = sweep(one, tmp_path / "out")
    assert outcome.missing == 0
    back = open_results(tmp_path / "out")
    assert back.experiment.points == one.points
    assert keys(back.experiment) == keys(one)
    assert sweep(back.experiment, tmp_path / "out").done == 0


def test_more_points_of_a_sobol_design_extend_it(tmp_path: Path) -> None:
    ranges = {"contact.patience": {"range": [2.0, 9.0]}, "people.reps": {"range": [1, 6]}}
    four, eight = (
        small(1, structures=["merged"], factors=ranges, design={"kind": "sobol", "points": points}) for points in (4, 8)
    )
    sweep(four, tmp_path / "out")
    outcome = sweep(eight, tmp_path / "out")
    assert outcome.there == 4
    assert outcome.missing == 0
