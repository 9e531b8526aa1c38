"""From factors to points: which values of which parameters a sweep runs.

A factor is a parameter with values or a distribution; a design turns factors into points, each a value for every
factor. Designs that sample work in the unit cube and go through each factor's inverse distribution function, so that a
point keeps its place when a range changes. Sources: Latin hypercube, McKay, Beckman & Conover 1979; scrambled Sobol'
sequence, Sobol' 1967 and Owen 1998 (scipy.stats.qmc); `saltelli`, Saltelli et al. 2010; `morris`, Morris 1991.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# What each kind of design reads beside the factors.
KINDS: dict[str, tuple[str, ...]] = {
    "grid": (),
    "list": (),
    "latin_hypercube": ("points", "seed"),
    "sobol": ("points", "seed"),
    "one_at_a_time": (),
    "saltelli": ("points", "seed"),
    "morris": ("trajectories", "seed"),
}
LEVELLED = ("grid", "one_at_a_time")
POWERS = ("sobol", "saltelli")

# Parameters that a distribution needs, and whether it needs both ends.
DISTRIBUTIONS: dict[str, tuple[tuple[str, ...], bool]] = {
    "uniform": ((), True),
    "loguniform": ((), True),
    "normal": (("mean", "sd"), False),
    "triangular": (("mode",), True),
    "lognormal": (("median", "sigma"), False),
    "beta": (("a", "b"), True),
}
EVEN = ("uniform", "loguniform")  # their levels run from end to end; those of others are middles of equal shares
POSITIVE = ("sd", "sigma", "median", "a", "b")
TRAJECTORIES = 10
MORRIS_LEVELS = 4
MOST_POINTS = 1_000_000
EDGE = 2.0**-33  # half of the finest step of a Sobol' point: keeps tails finite


@dataclass(frozen=True)
class Factor:
    """One parameter that a sweep varies, by its dotted path.

    values: explicit levels in order, or None for a distribution from `low` to `high` (its ends, or where it is cut off)
    with the parameters `settings`. levels: how many values a grid, one-at-a-time or Morris design takes of a
    distribution. whole: the field holds whole numbers.
    """

    path: str
    values: tuple[Any, ...] | None = None
    low: float | None = None
    high: float | None = None
    distribution: str = "uniform"
    settings: tuple[tuple[str, float], ...] = ()
    levels: int | None = None
    whole: bool = False

    @property
    def numeric(self) -> bool:
        """Whether values are numbers on a line; choices and switches are not, nor is infinity."""
        return self.values is None or all(
            isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in self.values
        )

    def quantile(self, u: ArrayLike) -> NDArray[Any]:
        """Values at shares u in [0, 1] of the distribution; explicit values have equal shares, in order.

        Whole numbers each have the share of the distribution within a half of them, those at the ends too.
        """
        shares = np.asarray(u, dtype=float)
        if self.values is not None:
            places = np.minimum((shares * len(self.values)).astype(int), len(self.values) - 1)
            options = np.empty(len(self.values), dtype=object)
            options[:] = self.values
            return np.asarray(options[places])
        if not self.whole:
            return _within(self._ppf(shares, self.low, self.high), self.low, self.high)
        low = None if self.low is None else math.ceil(self.low)
        high = None if self.high is None else math.floor(self.high)
        found = self._ppf(shares, None if low is None else low - 0.5, None if high is None else high + 0.5)
        return _within(np.rint(found), low, high).astype(np.int64)

    def at_levels(self, count: int | None = None) -> list[Any]:
        """The values that designs with levels take: those given, or `count` (default `levels`) of the distribution.

        A uniform or log-uniform range is divided evenly from end to end, another distribution into equal shares of
        which the middles are taken.
        """
        if self.values is not None:
            return list(self.values)
        number = count or self.levels
        if number is None:
            raise ValueError(f"{self.path}: levels are needed to divide a range")
        return _native(self.quantile(self.shares(np.arange(number), number)))

    def shares(self, places: ArrayLike, count: int) -> NDArray[np.float64]:
        """The shares at which levels 0 .. count - 1 lie."""
        at = np.asarray(places, dtype=float)
        if self.values is not None or self.distribution in EVEN:
            return np.asarray(at / max(1, count - 1))
        return np.asarray((at + 0.5) / count)

    def _ppf(self, u: NDArray[np.float64], low: float | None, high: float | None) -> NDArray[np.float64]:
        from scipy import stats

        given = dict(self.settings)
        if self.distribution in ("normal", "lognormal"):
            shape = (
                stats.norm(given["mean"], given["sd"])
                if self.distribution == "normal"
                else stats.lognorm(given["sigma"], scale=given["median"])
            )
            below = 0.0 if low is None else float(shape.cdf(low))
            above = 1.0 if high is None else float(shape.cdf(high))
            return np.asarray(shape.ppf(below + np.clip(u, EDGE, 1 - EDGE) * (above - below)))
        assert low is not None
        assert high is not None
        if self.distribution == "loguniform":
            return np.asarray(low * (high / low) ** u)
        width = high - low
        if self.distribution == "triangular":
            return np.asarray(stats.triang((given["mode"] - low) / width, low, width).ppf(u))
        if self.distribution == "beta":
            return np.asarray(stats.beta(given["a"], given["b"], low, width).ppf(u))
        return np.asarray(low + u * width)


@dataclass(frozen=True)
class Design:
    """A kind of design and its size. seed: of scrambling and sampling; the same seed gives the same points."""

    kind: str
    points: int | None = None
    seed: int = 0
    trajectories: int | None = None


def points(
    design: Design, factors: Sequence[Factor], base: Mapping[str, Any], listed: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """All points of a design in its order, each a value by path.

    base: the scenario's own values by path, from which `one_at_a_time` starts and which fill gaps of a list. Points
    may repeat, as rounding to whole numbers can make them do. Checks nothing: see `checks`.
    """
    paths = [factor.path for factor in factors]
    if design.kind == "list":
        paths = paths or list(dict.fromkeys(path for point in listed for path in point))
        return [{path: point.get(path, base.get(path)) for path in paths} for point in listed]
    if design.kind == "grid":
        return [dict(zip(paths, row, strict=True)) for row in product(*(factor.at_levels() for factor in factors))]
    if design.kind == "one_at_a_time":
        start = {path: base[path] for path in paths}
        changed = [start | {f.path: value} for f in factors for value in f.at_levels() if value != start[f.path]]
        return [start, *changed]
    return _through(factors, _cube(design, factors))


def unit_cube(design: Design, dimensions: int) -> NDArray[np.float64]:
    """The points of a sampling design in the unit cube, an array (points, dimensions)."""
    from scipy.stats import qmc

    if design.kind == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(dimensions, rng=design.seed).random(design.points or 1))
    if design.kind == "sobol":
        return np.asarray(qmc.Sobol(dimensions, rng=design.seed).random(design.points or 1))
    if design.kind == "saltelli":
        rows = np.asarray(qmc.Sobol(2 * dimensions, rng=design.seed).random(design.points or 1))
        first, second = rows[:, :dimensions], rows[:, dimensions:]
        block = np.repeat(first[:, None, :], dimensions + 2, axis=1)
        for place in range(dimensions):
            block[:, place + 1, place] = second[:, place]
        block[:, -1] = second
        return block.reshape(-1, dimensions)
    raise ValueError(f"{design.kind} does not sample the unit cube")


def morris_levels(factors: Sequence[Factor]) -> int:
    """How many levels a Morris design divides every factor into: those asked for, the same for all."""
    return next((factor.levels for factor in factors if factor.values is None and factor.levels), MORRIS_LEVELS)


def _cube(design: Design, factors: Sequence[Factor]) -> NDArray[np.float64]:
    if design.kind != "morris":
        return unit_cube(design, len(factors))
    levels = morris_levels(factors)
    choices = {place: len(f.values) for place, f in enumerate(factors) if f.values is not None and not f.numeric}
    walked = _trajectories(design.trajectories or TRAJECTORIES, len(factors), levels, choices, design.seed)
    return np.column_stack([
        (walked[:, place] + 0.5) / choices[place] if place in choices else factor.shares(walked[:, place], levels)
        for place, factor in enumerate(factors)
    ])  # fmt: skip


def _trajectories(count: int, dimensions: int, levels: int, choices: Mapping[int, int], seed: int) -> NDArray[np.int64]:
    """Morris's random paths on a grid of levels 0 .. levels - 1: each changes one factor at a time, in random order.

    A step is half the levels, up or down, whichever stays on the grid, so that all levels are equally likely (Morris
    1991, with an even number of levels). choices: how many values, by place, where they lie on no line: a step goes to
    any other one. Each trajectory has its own streams: more of them extend those there are.
    """
    step = levels // 2
    rows = np.empty((count, dimensions + 1, dimensions), dtype=np.int64)
    for trajectory in range(count):
        rng, drawn = np.random.default_rng([seed, trajectory]), np.random.default_rng([seed, trajectory, 1])
        rows[trajectory] = rng.integers(0, levels, dimensions)
        for place, number in choices.items():
            rows[trajectory, :, place] = drawn.integers(0, number)
        for place, factor in enumerate(rng.permutation(dimensions).tolist()):
            start = int(rows[trajectory, 0, factor])
            other = choices.get(factor)
            rows[trajectory, place + 1 :, factor] = (
                (start + drawn.integers(1, other)) % other if other else start + (step if start < step else -step)
            )
    return rows.reshape(-1, dimensions)


def _through(factors: Sequence[Factor], cube: NDArray[np.float64]) -> list[dict[str, Any]]:
    columns = [_native(factor.quantile(cube[:, place])) for place, factor in enumerate(factors)]
    paths = [factor.path for factor in factors]
    return [dict(zip(paths, row, strict=True)) for row in zip(*columns, strict=True)]


def _native(values: NDArray[Any]) -> list[Any]:
    return list(values.tolist())


def _within(values: NDArray[np.float64], low: float | None, high: float | None) -> NDArray[np.float64]:
    return values if low is None and high is None else np.clip(values, low, high)


Complaint = tuple[tuple[str, ...], str]


def checks(
    design: Design, factors: Sequence[Factor], listed: Sequence[Mapping[str, Any]] = ()
) -> list[Complaint]:
    """What does not fit, as (key path in the experiment file, message); nothing when the design can be made."""
    if design.kind not in KINDS:
        return [(("design", "kind"), f"found '{design.kind}'; allowed: {', '.join(KINDS)}")]
    found = _of_design(design) + _of_list(design, factors, listed)
    for factor in factors:
        found += _of_factor(factor) or _of_levels(design, factor)
    if design.kind == "morris":
        asked = {factor.levels for factor in factors if factor.values is None and factor.levels}
        if len(asked) > 1:
            found.append((("factors",), f"found {_and(sorted(asked))} levels; morris takes the same for all factors"))
    repeated = sorted({f.path for f in factors if sum(other.path == f.path for other in factors) > 1})
    found += [(("factors", path), "the factor is given more than once") for path in repeated]
    if not found:
        size = _size(design, factors, listed)
        if size > MOST_POINTS:
            found.append((("design", "kind"), f"found {size:,} points; at most {MOST_POINTS:,} are possible"))
    return found


def _of_design(design: Design) -> list[Complaint]:
    found: list[Complaint] = []
    reads = KINDS[design.kind]
    for name, value in (("points", design.points), ("trajectories", design.trajectories)):
        if value is not None and name not in reads:
            kinds = _and([kind for kind, keys in KINDS.items() if name in keys])
            found.append((("design", name), f"a {design.kind} design has no {name}; there is one for {kinds}"))
    if "points" in reads:
        if design.points is None:
            found.append((("design", "points"), f"missing; a {design.kind} design needs a number of points"))
        elif design.points < 1:
            found.append((("design", "points"), f"found {design.points}; must be at least 1"))
        elif design.kind in POWERS and design.points & (design.points - 1):
            near = 1 << (design.points.bit_length() - 1)
            found.append((
                ("design", "points"),
                f"found {design.points}; a {design.kind} design needs a power of two, such as {near} or {2 * near}",
            ))  # fmt: skip
    if design.trajectories is not None and "trajectories" in reads and design.trajectories < 2:
        found.append((("design", "trajectories"), f"found {design.trajectories}; must be at least 2"))
    if not 0 <= design.seed < 2**32:
        found.append((("design", "seed"), f"found {design.seed}; must be from 0 to {2**32 - 1}"))
    return found


def _of_list(design: Design, factors: Sequence[Factor], listed: Sequence[Mapping[str, Any]]) -> list[Complaint]:
    if design.kind != "list":
        found: list[Complaint] = []
        if listed:
            found.append((("points",), f"a {design.kind} design takes no [[points]]; a list design does"))
        if not factors:
            found.append((("factors",), f"found none; a {design.kind} design needs at least one"))
        return found
    if not listed:
        return [(("points",), "missing; a list design needs its points as [[points]]")]
    paths = {factor.path for factor in factors}
    return [
        (("points", str(number), path), f"not among the factors; allowed: {', '.join(sorted(paths))}")
        for number, point in enumerate(listed)
        for path in point
        if paths and path not in paths
    ]


def _of_factor(factor: Factor) -> list[Complaint]:
    """What is wrong with a factor itself, whatever the design."""
    key = ("factors", factor.path)
    if factor.values is not None:
        if not factor.values:
            return [((*key, "values"), "found no values; give at least one")]
        repeated = [value for place, value in enumerate(factor.values) if value in factor.values[:place]]
        return [((*key, "values"), f"found {repeated[0]!r} more than once")] if repeated else []
    if factor.distribution not in DISTRIBUTIONS:
        allowed = ", ".join(DISTRIBUTIONS)
        return [((*key, "distribution"), f"found '{factor.distribution}'; allowed: {allowed}")]
    names, ends = DISTRIBUTIONS[factor.distribution]
    given = dict(factor.settings)
    found: list[Complaint] = [
        ((*key, name), f"missing; {factor.distribution} needs it")
        for name, there in [*((name, name in given) for name in names),
                            *((end, not ends or getattr(factor, end) is not None) for end in ("low", "high"))]
        if not there
    ]  # fmt: skip
    needed = _and(list(names)) or "none but low and high"
    found += [((*key, name), f"{factor.distribution} has no such parameter; it has {needed}")
              for name in given if name not in names]  # fmt: skip
    finite = [((*key, name), f"found {value}; must be a finite number")
              for name, value in [*given.items(), ("low", factor.low), ("high", factor.high)]
              if value is not None and not math.isfinite(value)]  # fmt: skip
    if found or finite:
        return found + finite
    found += [((*key, name), f"found {value:g}; must be more than 0")
              for name, value in given.items() if name in POSITIVE and value <= 0]  # fmt: skip
    low, high = factor.low, factor.high
    if low is not None and high is not None:
        if low >= high:
            found.append(((*key, "high"), f"found {high:g}; must be more than low, {low:g}"))
        elif factor.whole and math.floor(high) - math.ceil(low) < 1:
            found.append(((*key, "high"), f"from {low:g} to {high:g} there are no two whole numbers"))
        if "mode" in given and not low <= given["mode"] <= high:
            found.append(((*key, "mode"), f"found {given['mode']:g}; must be from {low:g} to {high:g}"))
    if factor.distribution == "loguniform" and low is not None and low <= (0.5 if factor.whole else 0):
        found.append(((*key, "low"), f"found {low:g}; must be more than 0"))
    return found or _of_tail(factor, key)


def _of_tail(factor: Factor, key: tuple[str, ...]) -> list[Complaint]:
    """A distribution cut off so far out that nothing is left of it."""
    with np.errstate(all="ignore"):
        ends = factor.quantile([0.25, 0.75]).astype(float)
    if np.isfinite(ends).all() and (factor.whole or ends[0] < ends[1]):
        return []
    return [((*key, "low"), f"next to nothing of the {factor.distribution} distribution is within low and high")]


def _of_levels(design: Design, factor: Factor) -> list[Complaint]:
    """What is wrong with a factor's levels for this design."""
    key = ("factors", factor.path, "levels")
    if factor.values is not None:
        if factor.levels is not None:
            return [(key, "values are levels already; leave levels out")]
        if design.kind in ("morris", "saltelli") and len(factor.values) < 2:
            return [(key[:2], f"found one value; {design.kind} needs at least two")]
        return []
    if design.kind in LEVELLED and factor.levels is None:
        return [(key, f"missing; a {design.kind} design needs levels, or values instead of a range")]
    if factor.levels is None:
        return []
    if factor.levels < 2:
        return [(key, f"found {factor.levels}; must be at least 2")]
    if design.kind == "morris" and factor.levels % 2:
        return [(key, f"found {factor.levels}; morris needs an even number, such as {factor.levels + 1}")]
    if design.kind in LEVELLED:
        different = len(set(factor.at_levels()))
        if different < factor.levels:
            return [(key, f"found {factor.levels}; the range gives only {different} different whole numbers")]
    return []


def _size(design: Design, factors: Sequence[Factor], listed: Sequence[Mapping[str, Any]]) -> int:
    """How many points a design has, at most."""
    if design.kind == "list":
        return len(listed)
    if design.kind == "morris":
        return (design.trajectories or TRAJECTORIES) * (len(factors) + 1)
    if design.kind in LEVELLED:
        sizes = [len(factor.values) if factor.values is not None else factor.levels or 0 for factor in factors]
        return math.prod(sizes) if design.kind == "grid" else 1 + sum(sizes)
    return (design.points or 0) * (len(factors) + 2 if design.kind == "saltelli" else 1)


def _and(names: Sequence[Any]) -> str:
    texts = [str(name) for name in names]
    return ", ".join(texts[:-1]) + " and " + texts[-1] if len(texts) > 1 else "".join(texts)
