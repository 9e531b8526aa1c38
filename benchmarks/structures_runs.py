"""The worlds of the comparison of structures, and what may be said of them: who leads, and where a claim holds."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from structures_grid import BOTH_ENDS, Point, Setting, firm_of, looks, points, ranges, value_of, with_mixed

from orgsim.experiments.attribution import Attribution, attribute_all
from orgsim.experiments.compare import Comparison, compare
from orgsim.experiments.statistics import Estimate, estimate, holm, paired
from orgsim.leadership.arms import equal_programme
from orgsim.scenario.load import load_scenario
from orgsim.scenario.schema import Scenario

QUICK = 4
Values = dict[str, dict[str, NDArray[np.float64]]]  # arm -> figure -> a value for each world
Runs = dict[tuple[Point, Setting], Values]


def figures() -> list[str]:
    """Figures of a run that are kept."""
    asked = [name for claim in ranges()["claims"].values() for name in claim.get("marketing", ())]
    return list(dict.fromkeys([*ranges()["metrics"], *asked, "revenue", "lead_waste_share"]))


def arms() -> list[str]:
    """All structures that are compared."""
    return list(ranges()["arms"])


def replicates_of(scenario: Scenario, quick: bool) -> int:
    """Worlds of a firm: fewer of a big one."""
    big = scenario.market.size > ranges()["big"]
    return QUICK if quick else ranges()["replicates_big" if big else "replicates"]


def values_of(found: Comparison, names: Iterable[str]) -> Values:
    """What is kept of a comparison; money in euro a year of the horizon."""
    years = {name: found.years if name in [*ranges()["metrics"], "revenue"] else 1.0 for name in figures()}
    by_name = {arm.structure: arm for arm in found.arms}
    return {name: {key: found.values(by_name[name], key) / years[key] for key in years} for name in names}


def run_point(
    scenario: Scenario, names: Sequence[str], setting: Setting, replicates: int, threads: int | None, **more: Any
) -> Values:
    """One firm under the arms, in the same worlds; today's structure is among them."""
    rules = ranges()
    start, budget = setting
    found = compare(
        scenario, structures=names, pay=[rules["pay"]], replicates=replicates, seed=rules["seed"], threads=threads,
        start=start, budget=budget, **more,
    )  # fmt: skip
    return values_of(found, names)


def simulate(*, quick: bool = False, threads: int | None = None) -> Runs:
    """All points under all their settings."""
    out: Runs = {}
    todo = points(quick=quick)
    for number, point in enumerate(todo, start=1):
        print(f"{number} of {len(todo)}: {point}", file=sys.stderr)
        scenario = firm_of(point)
        for setting in point.settings:
            out[point, setting] = run_point(scenario, arms(), setting, replicates_of(scenario, quick), threads)
    return out


def drawn(*, quick: bool = False, threads: int | None = None) -> dict[Setting, Values]:
    """The baseline with the assumed parameters drawn anew in each world."""
    scenario, count = firm_of(Point(())), QUICK if quick else ranges()["drawn"]["replicates"]
    return {
        setting: run_point(scenario, arms(), setting, count, threads, uncertain=True)
        for setting in Point((), 0).settings
    }


def attributions(*, quick: bool = False, threads: int | None = None) -> list[Attribution]:
    """Shapley shares of structure effects at the baseline."""
    rules = ranges()["attributed"]
    names, metric = rules["structures"][:1] if quick else rules["structures"], rules["metric"]
    print(f"attributing: {', '.join(names)}", file=sys.stderr)
    found = attribute_all(
        load_scenario(ranges()["firm"]), names, (metric,), against=ranges()["against"], pay=ranges()["pay"],
        seed=ranges()["seed"], replicates=2 if quick else rules["replicates"], workers=threads,
    )  # fmt: skip
    return list(found.values())


# Who leads ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contest:
    """Three structures at one point: the merged director of one background, separate heads, a CRO.

    differences: by pair of arms, first less second. leader: the arm that beats both others beyond luck, or None.
    ahead: arms that no other beats beyond luck.
    """

    differences: dict[tuple[str, str], Estimate]
    adjusted: dict[tuple[str, str], float]
    leader: str | None
    ahead: tuple[str, ...]


def contests(runs: Runs, setting: Setting, metric: str) -> dict[tuple[Point, str], Contest]:
    """Who leads at each point, by background of the merged director; Holm's correction over all pairs at all points."""
    merged = ranges()["backgrounds"]
    places = [point for point, other in runs if other == setting]
    pairs = [*((arm, other) for arm in merged.values() for other in ("separate", "cro")), ("separate", "cro")]
    keys = [(point, pair) for point in places for pair in pairs]
    found = {
        (point, (one, other)): paired(runs[point, setting][one][metric], runs[point, setting][other][metric])
        for point, (one, other) in keys
    }
    adjusted = dict(zip(keys, holm([found[key].p_value for key in keys]), strict=True))
    level = ranges()["level"]

    def beats(point: Point, one: str, other: str) -> bool:
        key, sign = ((one, other), 1) if (point, (one, other)) in found else ((other, one), -1)
        return adjusted[point, key] < level and sign * found[point, key].mean > 0

    out = {}
    for point in places:
        for background, arm in merged.items():
            three = (arm, "separate", "cro")
            leaders = [one for one in three if all(beats(point, one, other) for other in three if other != one)]
            ahead = tuple(one for one in three if not any(beats(point, other, one) for other in three if other != one))
            mine = [(arm, "separate"), (arm, "cro"), ("separate", "cro")]
            out[point, background] = Contest(
                {pair: found[point, pair] for pair in mine}, {pair: adjusted[point, pair] for pair in mine},
                leaders[0] if leaders else None, ahead,
            )  # fmt: skip
    return out


# Claims ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """A claim at one place: its p-value before and after correction, and the difference in performance it rests on.

    weakest: the part of the claim with the largest p-value.
    """

    place: Any
    arm: str
    setting: Setting
    metric: str
    difference: Estimate
    p_value: float
    weakest: str
    p_adjusted: float = 1.0

    @property
    def holds(self) -> bool:
        """Whether the claim holds there beyond luck."""
        return self.p_adjusted < ranges()["level"]


def claim_at(claim: str, values: Values, arm: str, metric: str) -> tuple[Estimate, float, str]:
    """Difference in performance, p-value of the claim (largest of its parts), and the part that is weakest."""
    rules = ranges()["claims"][claim]
    against = values[ranges()["against"]]
    sign = -1.0 if rules["performance"] == "below" else 1.0
    difference = paired(values[arm][metric], against[metric])
    parts = {"performance": _towards(difference, sign)}
    measures = {name: paired(values[arm][name], against[name]) for name in rules.get("marketing", ())}
    if measures:
        spoilt = any(_towards(found, 1.0) < ranges()["level"] for found in measures.values())
        lower = min(_towards(found, -1.0) for found in measures.values())
        parts["marketing"] = 1.0 if spoilt else min(1.0, len(measures) * lower)
    weakest = max(parts, key=lambda name: parts[name])
    return difference, parts[weakest], weakest


def _towards(found: Estimate, sign: float) -> float:
    """p-value (two-sided) of a difference that has the sign; 1 where it has the other."""
    return found.p_value if sign * found.mean > 0 else 1.0


def closest(claim: str, trials: Iterable[Trial]) -> Trial:
    """Where a claim comes nearest to holding: the smallest p-value, then the difference furthest its way."""
    sign = -1.0 if ranges()["claims"][claim]["performance"] == "below" else 1.0
    return min(trials, key=lambda trial: (trial.p_value, -sign * trial.difference.mean))


def corrected(tests: Sequence[Trial]) -> list[Trial]:
    """The tests with p-values adjusted over all of them (Holm)."""
    adjusted = holm([test.p_value for test in tests])
    return [Trial(**{**test.__dict__, "p_adjusted": p}) for test, p in zip(tests, adjusted, strict=True)]


def claim_tests(claim: str, runs: Runs) -> list[Trial]:
    """A claim at all points, under all settings, on all metrics of performance."""
    tests = [
        Trial(point, arm, setting, metric, *claim_at(claim, values, arm, metric))
        for (point, setting), values in runs.items()
        for arm in ranges()["claims"][claim]["arms"]
        for metric in ranges()["metrics"]
    ]
    return corrected(tests)


def search(claim: str, where: str, *, quick: bool = False, threads: int | None = None) -> list[Trial]:
    """A claim at the baseline on the decisive metric, with one parameter changed.

    where: "elsewhere", to the ends of its range, or "beyond", out of it.
    """
    rules = ranges()
    names = [*rules["claims"][claim]["arms"], rules["against"]]
    firm = with_mixed(load_scenario(rules["firm"]))
    tests = []
    asked = list(rules[where].items())
    for path, levels in asked[:2] if quick else asked:
        for level in levels:
            print(f"{claim}: {path} = {level:g}", file=sys.stderr)
            scenario = firm.with_(**{path: level})
            values = run_point(scenario, names, ("today", "free"), replicates_of(firm, quick), threads)
            tests += [
                Trial((path, level), arm, ("today", "free"), rules["decisive"],
                     *claim_at(claim, values, arm, rules["decisive"]))
                for arm in rules["claims"][claim]["arms"]
            ]  # fmt: skip
    return corrected(tests)


def looked_at(claim: str, *, quick: bool = False, threads: int | None = None) -> list[Trial]:
    """A claim where several parameters are moved inside their ranges; thought of afterwards, so not judged."""
    rules = ranges()
    names = [*rules["claims"][claim]["arms"], rules["against"]]
    tests = []
    for look in looks()[:1] if quick else looks():
        print(f"{claim}, afterwards: {look['title']}", file=sys.stderr)
        scenario = with_mixed(load_scenario(look.get("firm", rules["firm"])))
        scenario = scenario.with_(**look["sets"]) if "sets" in look else scenario
        values = run_point(scenario, names, BOTH_ENDS[0], replicates_of(scenario, quick), threads)
        tests += [
            Trial((look["title"], look.get("sets", {})), arm, BOTH_ENDS[0], rules["decisive"],
                  *claim_at(claim, values, arm, rules["decisive"]))
            for arm in rules["claims"][claim]["arms"]
        ]  # fmt: skip
    return corrected(tests)


def programme_worth(runs: Runs) -> dict[tuple[str, str], tuple[float, Estimate, Estimate]]:
    """What programme brings at the baseline, by start and arm whose leaders cost other than today's: euro a year moved
    to it (from it, if negative) by equal budgets, and margin lost or won for each euro: within the horizon, and with
    the run-off."""
    scenario, against, out = firm_of(Point(())), ranges()["against"], {}
    now = scenario.money.programme + scenario.today.programme_shift
    for start in ranges()["starts"]:
        free, equal = (runs[Point(()), (start, budget)] for budget in ("free", "equal"))
        for arm in (name for name in arms() if name != against):
            moved = equal_programme(scenario, scenario.structures[against], scenario.structures[arm])[0] - now
            if abs(moved) > 1:
                out[start, arm] = (moved, *(
                    estimate(1.0 + (equal[arm][metric] - free[arm][metric]) / moved)
                    for metric in ("profit_before_leaders", "value")
                ))  # fmt: skip
    return out


def centre_of(path: str) -> Any:
    """The baseline's value of a parameter."""
    return value_of(load_scenario(ranges()["firm"]), path)
