"""Which factors matter, from designs that sample: Sobol' indices, Morris screening, regression.

Responses are tables (points, worlds). Estimators are the published ones with one change: products are of different
worlds (see `luck`), so that luck does not pass for an effect. With one world they are the published ones to the last
digit, which is how they are held against SALib.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from orgsim.experiments.effects.luck import (
    Array,
    Intervals,
    Parts,
    Places,
    jackknife,
    luck_of,
    over_worlds,
    variance_table,
    worlds_apart,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_DEGREE = 8
POINTS_PER_DEGREE = 16
LEAST_DEGREE = 3  # where there are 8 points a degree
FEW = 8  # different values up to which a factor is taken level by level


class Shape(NamedTuple):
    """How a factor's part in a response is followed: by the mean at each value, or by a polynomial of a degree."""

    place: int
    levels: bool
    degree: int


def sobol_indices(names: Sequence[str], values: Array, confidence: float = 0.95) -> pd.DataFrame:
    """First-order and total indices of a `saltelli` design: rows A, AB_1 .. AB_k, B for each base row.

    First order: mean of B (AB_i - A), Saltelli et al. 2010; total: mean of (A - AB_i)^2 / 2, Jansen 1999; both over the
    variance of A and B. `index` is the Sobol' index, `share` the same part of the variance of a run, luck included.
    """
    blocks = _blocks(values, len(names) + 2)

    def parts(chosen: Places, present: Places) -> Parts:
        own = blocks[np.ix_(chosen, np.arange(blocks.shape[1]), present)]
        own = own - own[:, [0, -1]].mean()
        first, second, mixed = own[:, 0], own[:, -1], own[:, 1:-1]
        steps = mixed - first[:, None, :]
        single = _either_way(second[:, None, :], steps).mean(axis=0)
        total = worlds_apart(steps).mean(axis=0) / 2
        ends = np.concatenate([first, second])
        luck = luck_of(ends, sampled=True)
        # Published estimators divide by the number of points.
        scale = (len(ends) - 1) / len(ends)
        return Parts(np.concatenate([single, total]), luck.parameters * scale, luck.shared, luck.local * scale)

    terms = [(name, "first order") for name in names] + [(name, "total") for name in names]
    return variance_table(parts, terms, len(blocks), values.shape[1], sampled=True, confidence=confidence)


def first_order(columns: Sequence[Array], names: Sequence[str], values: Array, confidence: float = 0.95,
                choices: Collection[int] = ()) -> pd.DataFrame:  # fmt: skip
    """First-order indices from any sample: the part of the variance that a curve of one factor alone explains.

    columns: values of each factor at the points; choices: the places of those that are codes of values on no line. The
    curve is a polynomial in the factor's ranks (see `curve_degree`), or the mean by value where values are few and of a
    choice; of a choice with more values than a quarter of the points nothing can be told, and its index is not a
    number. Curves of the other factors, as far as points allow, are fitted beside it so that less is left to chance;
    what curves of so many parameters explain of anything is taken off. The last term is all that these curves leave:
    factors together, and shapes finer than they.
    """
    count = len(values)
    degree = curve_degree(count)
    shapes = [None if place in choices and not _by_value(column, True) else
              Shape(place, _by_value(column, place in choices), degree) for place, column in enumerate(columns)]
    others = [[] if shape is None else beside(columns, choices, shape.place, _size(columns, shape), degree)
              for shape in shapes]  # fmt: skip

    def parts(chosen: Places, present: Places) -> Parts:
        own = values[np.ix_(chosen, present)]
        centred = own - own.mean(axis=0)
        whole = worlds_apart(centred).sum()
        terms: list[float] = []
        for shape, rest in zip(shapes, others, strict=True):
            if shape is None:
                terms.append(np.nan)
                continue
            curve, *more = (rank_curve(columns[each.place][chosen], each) for each in (shape, *rest))
            basis = np.column_stack([curve, *more])
            inverse = np.linalg.pinv(basis.T @ basis)
            coefficients = inverse @ basis.T @ centred
            size = curve.shape[1]
            left = worlds_apart(centred - basis @ coefficients).sum() / max(1, len(own) - 1 - basis.shape[1])
            explained = worlds_apart(coefficients[:size]).sum() - left * np.trace(inverse[:size, :size])
            terms.append(explained / (len(own) - 1))
        return luck_of(own, sampled=True)._replace(terms=np.array([*terms, whole / (len(own) - 1) - sum(terms)]))

    terms = [*((name, "first order") for name in names), ("not explained by curves of one factor", "rest")]
    return variance_table(parts, terms, count, values.shape[1], sampled=True, confidence=confidence)


def regression(columns: Sequence[Array], names: Sequence[str], values: Array,
               confidence: float = 0.95) -> pd.DataFrame | None:  # fmt: skip
    """Standardised coefficients of a linear regression on all factors at once, of values and of ranks.

    One row per factor: slope (of the response per unit of the factor), coefficient with its interval, rank coefficient
    with its interval, and r2 and r2_rank of the whole fits: where r2 is low, no straight line tells the story. The
    linear fit is free of luck; ranks are of means over worlds, where luck stays. None with too few points.
    """
    import pandas as pd
    from scipy import stats

    count, k = len(values), len(names)
    if count < k + 3:
        return None
    table = np.column_stack(columns).astype(float)

    def fit(chosen: Places, present: Places) -> Array:
        x, y = table[chosen], values[np.ix_(chosen, present)]
        linear, slopes, r2 = _least_squares(x, y)
        ranked = stats.rankdata(x, axis=0)
        by_rank, _, r2_rank = _least_squares(ranked, stats.rankdata(y.mean(axis=1))[:, None])
        return np.concatenate([linear, by_rank, slopes, [r2, r2_rank]])

    found = jackknife(fit, count, values.shape[1], sampled=True, confidence=confidence)
    rows = [
        {"factor": name, "slope": found.value[2 * k + place], "coefficient": found.value[place],
         "low": found.low[place], "high": found.high[place], "rank_coefficient": found.value[k + place],
         "rank_low": found.low[k + place], "rank_high": found.high[k + place], "r2": found.value[-2],
         "r2_rank": found.value[-1]}
        for place, name in enumerate(names)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def elementary_effects(names: Sequence[str], codes: Array, values: Array, choices: Collection[int] = ()) -> Array:
    """Elementary effects of a Morris design: (factors, trajectories, worlds), per whole range of a factor.

    codes: the values of the factors at the points, (points, factors), as numbers in the order of their levels, from 0
    for the lowest to 1 for the highest. choices: places of factors whose values lie on no line; their effect is the
    change from the value listed first to the other. A step that changes no value, which rounding can bring, has no
    effect.
    """
    k = len(names)
    at, out = _blocks(codes, k + 1), _blocks(values, k + 1)
    effects = np.zeros((k, len(at), values.shape[1]))
    for before in range(k):
        moved = at[:, before + 1] - at[:, before]
        for trajectory, factor in enumerate(np.abs(moved).argmax(axis=1)):
            step = moved[trajectory, factor]
            if step != 0:
                change = out[trajectory, before + 1] - out[trajectory, before]
                effects[factor, trajectory] = change / (np.sign(step) if factor in choices else step)
    return effects


def morris(
    names: Sequence[str], codes: Array, values: Array, confidence: float = 0.95, choices: Collection[int] = ()
) -> pd.DataFrame:
    """Morris screening, strongest first: mean elementary effect mu, mean absolute effect mu_star (Campolongo et al.
    2007) with its interval over trajectories and worlds, spread sigma (curvature or interactions).

    luck: the mu_star that luck alone would give a factor of no effect; `beyond_luck` says whether the whole interval of
    mu_star is above it, None with one world. sigma is without the part that luck adds. Of a choice an effect is the
    change from one value to another; with more than two values mu has no meaning and is not a number, and sigma holds
    the differences between pairs of values too.
    """
    import pandas as pd

    effects = elementary_effects(names, codes, values, choices)
    k, count, worlds = effects.shape

    def screened(chosen: Places, present: Places) -> Array:
        own = effects[np.ix_(np.arange(k), chosen, present)].mean(axis=-1)
        return np.concatenate([own.mean(axis=1), np.abs(own).mean(axis=1)])

    found = jackknife(screened, count, worlds, sampled=True, confidence=confidence)
    means = over_worlds(effects)
    noise = np.zeros((k, count)) if worlds < 2 else effects.std(axis=-1, ddof=1) / np.sqrt(worlds)
    sigma = np.sqrt(np.maximum(0.0, means.value.var(axis=1, ddof=1) - (noise**2).mean(axis=1)))
    luck = np.sqrt(2 / np.pi) * noise.mean(axis=1)
    rows: list[dict[str, Any]] = [
        {"factor": name, **_signed(found, place, place not in choices or len(np.unique(codes[:, place])) < 3),
         "mu_star": found.value[k + place], "low": found.low[k + place], "high": found.high[k + place],
         "sigma": sigma[place], "luck": luck[place] if worlds > 1 else np.nan,
         "beyond_luck": bool(found.low[k + place] > luck[place]) if worlds > 1 else None}
        for place, name in enumerate(names)
    ]  # fmt: skip
    return pd.DataFrame(rows).sort_values("mu_star", ascending=False, kind="stable", ignore_index=True)


def _signed(found: Intervals, place: int, told: bool) -> dict[str, float]:
    ends = {"mu": found.value[place], "mu_low": found.low[place], "mu_high": found.high[place]}
    return ends if told else dict.fromkeys(ends, np.nan)


def _blocks(values: Array, size: int) -> Array:
    return values.reshape(-1, size, *values.shape[1:])


def _either_way(x: Array, y: Array) -> Array:
    """Products of different worlds; x and y change places in each pair, so the order does not matter."""
    return worlds_apart(*np.broadcast_arrays(x, y))


def curve_degree(points: int) -> int:
    """The degree of the polynomials that follow a factor through so many points: a sixteenth of their number, up to 8;
    with fewer than 48 points an eighth, up to 3."""
    return min(MOST_DEGREE, max(1, points // POINTS_PER_DEGREE, min(LEAST_DEGREE, 2 * points // POINTS_PER_DEGREE)))


def beside(columns: Sequence[Array], choices: Collection[int], place: int, taken: int, degree: int) -> list[Shape]:
    """Curves of all factors but one, as far as a quarter of the points goes beside the `taken` parameters of that one:
    choices whole or not at all, then polynomials of up to a degree."""
    room = len(columns[place]) // 4 - taken
    found: list[Shape] = []
    for each in sorted(set(choices) - {place}, key=lambda choice: len(np.unique(columns[choice]))):
        shape = Shape(each, True, 0)
        if _size(columns, shape) <= room:
            found.append(shape)
            room -= _size(columns, shape)
    numbers = [each for each in range(len(columns)) if each != place and each not in choices]
    share = min(degree, max(0, room) // max(1, len(numbers)))
    return found + [Shape(each, False, share) for each in numbers if share]


def _by_value(column: Array, choice: bool) -> bool:
    """Whether a factor is taken value by value: where there are few, and any choice that points allow."""
    most = len(column) // 4 if choice else min(FEW, len(column) // 8)
    return len(np.unique(column)) <= max(2, most)


def _size(columns: Sequence[Array], shape: Shape) -> int:
    steps = len(np.unique(columns[shape.place])) - 1
    return steps if shape.levels else min(steps, shape.degree)


def rank_curve(column: Array, shape: Shape) -> Array:
    """An orthonormal basis, free of the constant, of curves of a factor: polynomials in its ranks, or values."""
    values, codes = np.unique(column, return_inverse=True)
    if len(values) < 2:
        return np.zeros((len(column), 0))
    if shape.levels:
        basis = np.eye(len(values))[codes][:, 1:]
    else:
        from scipy import stats

        ranks = 2 * (stats.rankdata(column) - 0.5) / len(column) - 1
        degree = min(shape.degree, len(values) - 1)
        basis = np.asarray(np.polynomial.legendre.legvander(ranks, degree)[:, 1:], dtype=np.float64)
    return np.asarray(np.linalg.qr(basis - basis.mean(axis=0))[0])


def _least_squares(x: Array, y: Array) -> tuple[Array, Array, float]:
    """Standardised coefficients, slopes and the share explained, of the means over worlds with luck taken off."""
    apart, spread = y - y.mean(axis=0), x.std(axis=0)
    moves = spread > 0
    scaled = np.where(moves, (x - x.mean(axis=0)) / np.where(moves, spread, 1.0), 0.0)
    slopes, *_ = np.linalg.lstsq(scaled, apart, rcond=None)
    whole = float(worlds_apart(apart).mean())
    by_spread = slopes.mean(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        explained = float(worlds_apart(scaled @ slopes).mean() / np.float64(whole))
        standard = by_spread / np.sqrt(np.float64(whole))
        return standard, np.where(moves, by_spread / np.where(moves, spread, 1.0), 0.0), explained
