"""What the comparison of structures varies: ranges fixed beforehand (structures/ranges.toml), and their firms."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from orgsim.scenario.load import load_scenario
from orgsim.scenario.schema import Scenario

FOLDER = Path(__file__).parent / "structures"
RANGES = FOLDER / "ranges.toml"
MIXED = "merged_mixed"
BOTH_ENDS = (("today", "free"), ("own", "equal"))  # settings in which two factors at a time are run
Setting = tuple[str, str]


@cache
def ranges() -> dict[str, Any]:
    """The file of ranges."""
    return tomllib.loads(RANGES.read_text(encoding="utf-8"))


@cache
def looks() -> list[dict[str, Any]]:
    """What was looked at afterwards."""
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / "looks.toml").read_text(encoding="utf-8"))["looks"]
    return found


def settings() -> list[Setting]:
    """All of start and budget."""
    return list(itertools.product(ranges()["starts"], ranges()["budgets"]))


@dataclass(frozen=True)
class Point:
    """A firm: factors away from their centre, with their levels. slice: number of the pair of factors it is run for, or
    None for a point of one factor at a time."""

    levels: tuple[tuple[str, Any], ...]
    slice: int | None = None

    @property
    def settings(self) -> list[Setting]:
        """Under which start and budget it is run."""
        return settings() if self.slice is None else list(BOTH_ENDS)

    def __str__(self) -> str:
        return ", ".join(f"{name} {shown(level)}" for name, level in self.levels) or "baseline"


def shown(level: Any) -> str:
    """A level as the page shows it."""
    return f"{level:g}" if isinstance(level, (int, float)) else str(level)


def away(levels: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Levels that are not their factor's centre."""
    factors = ranges()["factors"]
    return tuple((name, level) for name, level in levels.items() if level != factors[name]["centre"])


def points(*, quick: bool = False) -> list[Point]:
    """The centre, one factor at a time, then pairs of factors; `quick`: the ends of three factors alone."""
    found = [Point(())]
    for name, factor in ranges()["factors"].items():
        if quick and name not in ("hours", "horizon", "outside"):
            continue
        levels = [level for level in factor["levels"] if level != factor["centre"]]
        found += [Point(((name, level),)) for level in ((levels[0], levels[-1]) if quick else levels)]
    if quick:
        return found
    seen = {point.levels for point in found}
    for number, _, point in slice_cells():
        if point.levels not in seen:
            found.append(Point(point.levels, number))
            seen.add(point.levels)
    return found


def slice_cells() -> Iterator[tuple[int, tuple[Any, Any], Point]]:
    """Every cell of every pair of factors: number of the pair, both levels, and the point that it is."""
    for number, pair in enumerate(ranges()["slices"]):
        for levels in itertools.product(*pair["levels"]):
            yield number, levels, Point(away(dict(zip(pair["factors"], levels, strict=True))), number)


# Firms -------------------------------------------------------------------------------------------------------------


def firm_of(point: Point) -> Scenario:
    """The firm at a point, with the merged director of mixed background among its structures."""
    levels = dict(point.levels)
    firm = levels.pop("kind", ranges()["firm"])
    scenario = with_mixed(load_scenario(firm))
    for name, level in levels.items():
        scenario = scenario.with_(**changes(scenario, name, level))
    return scenario


def with_mixed(scenario: Scenario) -> Scenario:
    """The scenario with a merged director who is neither bred in sales nor in marketing."""
    merged = scenario.structures["merged"].model_dump()
    director = merged["chairs"][0] | {"background": "mixed", "selling_weight": 0.5}
    merged |= {"chairs": [director, *merged["chairs"][1:]], "title": "Merged director (mixed)"}
    return scenario.with_(**{f"structures.{MIXED}": merged})


def changes(scenario: Scenario, name: str, level: Any) -> dict[str, Any]:
    """What a factor's level sets, by dotted path."""
    factor = ranges()["factors"][name]
    out: dict[str, Any] = dict.fromkeys(factor.get("puts", ()), level)
    for path, power in factor.get("scales", {}).items():
        value = value_of(scenario, path)
        scaled = value * level**power
        out[path] = max(1, round(scaled)) if isinstance(value, int) else scaled
    if "stages" in factor:
        stages = factor["stages"][factor["levels"].index(level)]
        out["opportunity.advance"] = [scenario.opportunity.advance[0]] * stages
        out["opportunity.loss"] = [scenario.opportunity.loss[0]] * stages
    if name in SPECIAL:
        out |= SPECIAL[name](scenario, level)
    return out


def value_of(scenario: Scenario, path: str) -> Any:
    """A parameter's value by dotted path."""
    found: Any = scenario
    for part in path.split("."):
        if part.isdigit():
            found = found[int(part)]
        else:
            found = found[part] if isinstance(found, dict) else getattr(found, part)
    return found


def _outside(scenario: Scenario, level: float) -> dict[str, Any]:
    """Shares of segments so that `level` of the accounts lie outside regular markets."""
    segments = scenario.market.segments
    now = sum(segment.share for segment in segments if not segment.regular)
    return {
        f"market.segments.{place}.share": segment.share
        * ((1 - level) / (1 - now) if segment.regular else level / now)
        for place, segment in enumerate(segments)
    }


def _unknown(scenario: Scenario, level: float) -> dict[str, Any]:
    """Awareness of all segments outside regular markets."""
    return {
        f"market.segments.{place}.awareness": level
        for place, segment in enumerate(scenario.market.segments)
        if not segment.regular
    }


SPECIAL: dict[str, Callable[[Scenario, Any], dict[str, Any]]] = {"outside": _outside, "unknown": _unknown}
