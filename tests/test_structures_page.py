"""Pages of structures, the seeds' story and the black hole: ranges fixed, tests sound, words that follow results."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from orgsim.experiments.statistics import holm, paired
from orgsim.scenario import catalogue
from orgsim.scenario.load import load_scenario

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"structures.md": "structures", "story.md": "story", "black-hole.md": "black_hole"}


@pytest.fixture(scope="module", autouse=True)
def benchmarks() -> Iterator[None]:
    """Programs of `benchmarks` can be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield


@pytest.fixture(scope="module")
def grid() -> ModuleType:
    return importlib.import_module("structures_grid")


@pytest.fixture(scope="module")
def runs() -> ModuleType:
    return importlib.import_module("structures_runs")


@pytest.fixture(scope="module")
def words() -> ModuleType:
    return importlib.import_module("structures_page")


@pytest.fixture(scope="module")
def story() -> ModuleType:
    return importlib.import_module("story")


@pytest.fixture(scope="module")
def hole() -> ModuleType:
    return importlib.import_module("black_hole")


def plausible(path: str) -> tuple[float, float]:
    """The plausible range of a parameter by dotted path."""
    kinds = {row["name"]: row for row in catalogue.parameters()}
    general = re.sub(r"^structures\.\w+\.", "structures.*.", re.sub(r"\.\d+\.", "[].", path))
    row = kinds[general]
    low, high = (math.inf if end is None else float(end) for end in (row["low"], row["high"]))
    return low, high


def within(path: str, value: Any) -> bool:
    low, high = plausible(path)
    values = value if isinstance(value, (list, tuple)) else [value]
    return all(low - 1e-9 <= one <= high + 1e-9 for one in values)


# Ranges ------------------------------------------------------------------------------------------------------------


def test_every_level_of_every_factor_lies_inside_the_plausible_range_of_what_it_sets(grid: ModuleType) -> None:
    for name, factor in grid.ranges()["factors"].items():
        for level in factor["levels"] if not factor.get("firms") else ():
            for path, value in grid.changes(load_scenario(grid.ranges()["firm"]), name, level).items():
                assert within(path, value), f"{name} {level}: {path} = {value}"


def test_the_centre_of_every_factor_is_the_baseline(grid: ModuleType) -> None:
    base = load_scenario(grid.ranges()["firm"])
    for name, factor in grid.ranges()["factors"].items():
        assert factor["centre"] in factor["levels"]
        assert factor["source"], "a range says where it comes from"
        if factor.get("firms"):
            assert factor["centre"] == grid.ranges()["firm"]
            continue
        for path, value in grid.changes(base, name, factor["centre"]).items():
            now = grid.value_of(base, path)
            assert value == pytest.approx(list(now) if isinstance(now, tuple) else now), f"{name}: {path}"


def test_parameters_are_looked_at_elsewhere_inside_their_ranges_and_beyond_outside_them(grid: ModuleType) -> None:
    for path, levels in grid.ranges()["elsewhere"].items():
        assert all(within(path, level) for level in levels), path
    for path, levels in grid.ranges()["beyond"].items():
        assert not any(within(path, level) for level in levels), path


def test_what_was_looked_at_afterwards_lies_inside_plausible_ranges_too(grid: ModuleType) -> None:
    for look in grid.looks():
        assert look["title"]
        assert all(within(path, value) for path, value in look.get("sets", {}).items()), look["title"]


def test_every_point_is_a_firm_whose_accounts_and_shares_close(grid: ModuleType) -> None:
    for point in grid.points():
        firm = grid.firm_of(point)
        assert set(grid.ranges()["arms"]) <= set(firm.structures)
        assert sum(segment.share for segment in firm.market.segments) == pytest.approx(1.0)


def test_deal_complexity_changes_neither_demand_in_euro_nor_its_load_on_reps(grid: ModuleType) -> None:
    base = load_scenario(grid.ranges()["firm"])

    def demand_and_load(firm: Any) -> tuple[float, float]:
        size = firm.market.size
        return size * firm.market.deal_value, size * (firm.contact.talk_time + firm.opportunity.hours_per_review)

    for level in grid.ranges()["factors"]["complexity"]["levels"]:
        firm = base.with_(**grid.changes(base, "complexity", level))
        assert demand_and_load(firm) == pytest.approx(demand_and_load(base), rel=1e-3)


def test_the_mixed_director_differs_from_the_others_in_hiring_and_background_alone(grid: ModuleType) -> None:
    structures = grid.with_mixed(load_scenario("baseline")).structures
    mixed, merged = (structures[name].model_dump() for name in ("merged_mixed", "merged"))
    chair = mixed["chairs"][0]
    assert (chair["background"], chair["selling_weight"]) == ("mixed", 0.5)
    differing = {key for key in merged if key != "title" and merged[key] != mixed[key]}
    assert differing == {"chairs"}
    assert {key for key in chair if chair[key] != merged["chairs"][0][key]} == {"background", "selling_weight"}


def test_settings_of_the_story_and_of_the_black_hole_lie_inside_their_ranges(story: ModuleType) -> None:
    rules = story.settings()
    for path, value in (rules["story"]["sets"] | rules["story"]["mechanisms"] | rules["hole"]["sets"]).items():
        assert within(path, value), path
    for axis in ("volume", "belief"):
        for level in rules["hole"][axis]["levels"]:
            assert within(rules["hole"][axis]["parameter"], level)
        assert rules["hole"]["headline"][axis] in rules["hole"][axis]["levels"]
    assert rules["story"]["against"] in rules["story"]["arms"]


# Tests of who leads, and of claims ---------------------------------------------------------------------------------


def made(grid: ModuleType, runs: ModuleType, means: dict[str, float], worlds: int = 30, **more: float) -> dict:
    """Values of all arms at the baseline: a mean and luck of spread 1, in every figure."""
    luck = np.random.default_rng(4).normal(size=(len(runs.arms()), worlds))
    return {
        arm: {name: means.get(arm, 0.0) + luck[n] + more.get(f"{arm}_{name}", 0.0) for name in runs.figures()}
        for n, arm in enumerate(runs.arms())
    }


def everywhere(grid: ModuleType, values: dict) -> dict:
    """The same values at every quick point, under all settings."""
    return {(point, setting): values for point in grid.points(quick=True) for setting in grid.settings()}


def test_a_structure_that_is_far_better_leads_and_equal_ones_are_not_separated(
    grid: ModuleType, runs: ModuleType
) -> None:
    better = runs.contests(everywhere(grid, made(grid, runs, {"separate": 9.0})), ("today", "free"), "value")
    assert {contest.leader for contest in better.values()} == {"separate"}
    equal = runs.contests(everywhere(grid, made(grid, runs, {})), ("today", "free"), "value")
    assert {contest.leader for contest in equal.values()} == {None}
    assert all(len(contest.ahead) == 3 for contest in equal.values())


def test_a_structure_that_is_beaten_is_not_among_those_ahead(grid: ModuleType, runs: ModuleType) -> None:
    found = runs.contests(everywhere(grid, made(grid, runs, {"cro": -9.0})), ("own", "equal"), "profit")
    assert {contest.ahead for (_, b), contest in found.items() if b == "sales"} == {("merged", "separate")}


def test_the_correction_runs_over_all_pairs_at_all_points(grid: ModuleType, runs: ModuleType) -> None:
    values = made(grid, runs, {"merged": 0.6})
    found = runs.contests(everywhere(grid, values), ("today", "free"), "value")
    pairs = [(arm, other) for arm in grid.ranges()["backgrounds"].values() for other in ("separate", "cro")]
    ps = [paired(values[a]["value"], values[b]["value"]).p_value for a, b in [*pairs, ("separate", "cro")]]
    points = len(grid.points(quick=True))
    expected = holm(ps * points)[: len(ps)]
    one = found[grid.points(quick=True)[0], "sales"]
    assert one.adjusted["merged", "separate"] == pytest.approx(expected[0], rel=1e-12)


def test_the_seeds_claim_needs_harm_to_performance_and_to_marketing(grid: ModuleType, runs: ModuleType) -> None:
    harmed = {"merged_awareness_outside_end": -9.0, "merged_leads_created": -9.0}

    def held(means: dict[str, float], **more: float) -> bool:
        trials = runs.claim_tests("seeds", everywhere(grid, made(grid, runs, means, **more)))
        return all(trial.holds for trial in trials)

    assert held({"merged": -9.0})
    assert not held({"merged": 9.0}, **{name: 2 * value for name, value in harmed.items()})
    assert not held({"merged": -9.0}, merged_awareness_outside_end=9.0, merged_leads_created=9.0)
    assert not held({"merged": -9.0}, merged_awareness_outside_end=18.0)
    assert held({"merged": -9.0}, merged_leads_created=9.0), "one measure lower, the other not higher"


def test_claims_hold_nowhere_by_luck_alone(grid: ModuleType, runs: ModuleType) -> None:
    """Fixed luck; over new luck the test would fail once in twenty (family-wise error rate 5 %) at most."""
    nothing = everywhere(grid, made(grid, runs, {}))
    for claim in grid.ranges()["claims"]:
        assert not any(trial.holds for trial in runs.claim_tests(claim, nothing))


# Words follow results ----------------------------------------------------------------------------------------------


def said(grid: ModuleType, runs: ModuleType, words: ModuleType, values: dict) -> str:
    found = everywhere(grid, values)
    trials = {claim: runs.claim_tests(claim, found) for claim in grid.ranges()["claims"]}
    tried = {
        claim: {where: [runs.Trial(("brand.memory", 60.0), "merged", ("today", "free"), "value",
                                   *runs.claim_at(claim, values, "merged", "value"))] for where in
                ("elsewhere", "beyond", "looks")}
        for claim in trials
    }  # fmt: skip
    return "\n".join(words.summary(found, trials, tried))


def test_the_summary_says_which_region_exists_and_which_is_empty(
    grid: ModuleType, runs: ModuleType, words: ModuleType
) -> None:
    worse = said(grid, runs, words, made(grid, runs, {"merged": -9.0}))
    harms, raises = worse.split("**\"Merging raises performance\"**")
    assert "The region exists" in harms
    assert "empty within the ranges" in raises
    better = said(grid, runs, words, made(grid, runs, {"merged": 9.0}))
    harms, raises = better.split("**\"Merging raises performance\"**")
    assert "empty within the ranges" in harms
    assert "No single one of 1 parameters" in harms
    assert "1 settings of several parameters inside their ranges: the claim holds in none" in harms
    assert "The region exists" in raises


def test_the_story_says_what_came_out_whatever_came_out(story: ModuleType) -> None:
    luck = np.random.default_rng(2).normal(size=(4, 20))
    values = {arm: {name: luck[n].copy() for name in story.ALL} for n, arm in enumerate(story.NAMES)}
    assert "none of D9 to D11 came out" in "\n".join(story.summary({("shipped", "own"): values}))
    values["merged"]["awareness_outside_end"] -= 9.0
    values["merged"]["contact"] += 9.0
    text = "\n".join(story.summary({("shipped", "own"): values}))
    assert "of D9 to D11, D9 came out" in text
    assert "(D11): higher" in text


def test_the_black_hole_is_split_as_in_theory_and_its_words_follow(hole: ModuleType) -> None:
    """theory 1.4: single switch-offs .124 and .410 of .828, Shapley .557 capacity and .271 belief."""
    noise = 1e-3 * np.random.default_rng(3).normal(size=12)
    cells = np.array([0.0, 0.704, 0.418, 0.828])[:, None] + noise - noise.mean()
    one = hole.Hole(cells, hole.estimate([2900.0, 2901.0]), hole.estimate([0.389, 0.391]))
    capacity, belief = one.shares
    assert (capacity.mean, belief.mean) == (pytest.approx(0.557, abs=1e-9), pytest.approx(0.271, abs=1e-9))
    assert one.interaction.mean == pytest.approx(-0.294, abs=1e-9)
    assert hole.gate(one, 0.2).startswith("trap")
    assert hole.gate(one, 0.5).startswith("no trap")
    head = hole.settings()["hole"]["headline"]
    text = "\n".join(hole.summary({(head["volume"], head["belief"]): one}, one))
    assert "the larger part: capacity" in text
    assert "1 of them reach the 70 %" in text


# The pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "program"), PAGES.items())
def test_each_page_names_its_command_its_seed_and_what_it_rests_on(page: str, program: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert f"    python benchmarks/{program}.py --into docs/{page}" in text
    assert re.search(r"[Ss]eed \d+, \d+ worlds", text)
    assert "assum" in text
    assert "A quick look" not in text


@pytest.mark.parametrize("page", PAGES)
def test_figures_that_a_page_shows_are_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        assert (ROOT / "docs" / name).stat().st_size > 5000, name


def test_the_page_of_structures_shows_the_ranges_that_are_fixed(grid: ModuleType, words: ModuleType) -> None:
    text = (ROOT / "docs" / "structures.md").read_text(encoding="utf-8")
    for line in words.varied(grid.ranges()["replicates"]):
        assert line in text
    for point in grid.points():
        assert f"| {point} | " in text
