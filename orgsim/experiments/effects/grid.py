"""Full factorial designs: what each level, each pair of levels, and luck do (functional analysis of variance).

A balanced grid splits exactly into a mean, main effects, effects of pairs and what is left (Fisher; Sobol' 1993), in
every world by itself. Effects are means over worlds, with intervals of paired differences; variances are from products
of different worlds, see `luck`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from orgsim.experiments.effects.luck import (
    Array,
    Parts,
    Places,
    luck_of,
    over_worlds,
    variance_table,
    worlds_apart,
)
from orgsim.experiments.statistics import holm

if TYPE_CHECKING:
    import pandas as pd

FOUND = ("mean", "mean_low", "mean_high", "mean_p_value", "effect", "low", "high", "p_value")


class Grid:
    """Responses of a full factorial design: an array (levels of each factor ..., worlds)."""

    def __init__(self, names: Sequence[str], levels: Sequence[Sequence[Any]], values: Array) -> None:
        self.names, self.levels, self.values = tuple(names), tuple(tuple(each) for each in levels), values
        self.varied = [place for place, each in enumerate(self.levels) if len(each) > 1]

    @classmethod
    def of(cls, points: pd.DataFrame, names: Sequence[str], values: Array) -> Grid | None:
        """The grid of points (rows, a column for each name) and values (points, worlds); None where it has gaps.

        Levels are in the order in which they first come.
        """
        levels = [list(dict.fromkeys(points[name].tolist())) for name in names]
        shape = tuple(len(each) for each in levels)
        found = [tuple(row) for row in points[list(names)].itertuples(index=False, name=None)]
        if len(found) != int(np.prod(shape)) or len(set(found)) != len(found):
            return None
        arranged = np.empty((*shape, values.shape[1]))
        places = [{level: place for place, level in enumerate(each)} for each in levels]
        for row, at in zip(values, found, strict=True):
            arranged[tuple(where[level] for where, level in zip(places, at, strict=True))] = row
        return cls(names, levels, arranged)

    def profile(self, *factors: int) -> Array:
        """Means over all other factors, in each world: an array (levels of these factors ..., worlds)."""
        others = tuple(axis for axis in range(len(self.names)) if axis not in factors)
        return np.asarray(self.values.mean(axis=others))

    def effect(self, *factors: int) -> Array:
        """What one factor or one pair adds to the mean (and to its members), in each world."""
        mean = self.profile()
        if len(factors) == 1:
            return self.profile(factors[0]) - mean
        first, second = factors
        own = self.profile(first)[:, None, :] + self.profile(second)[None, :, :]
        return self.profile(first, second) - own + mean

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return list(combinations(self.varied, 2))

    def variance(self, confidence: float = 0.95) -> pd.DataFrame:
        """Shares of the variance over the grid: factors, pairs, more than two together, luck. See `variance_table`."""
        terms = [(place,) for place in self.varied] + self.pairs
        effects = [self.effect(*term) for term in terms]
        names = [(" x ".join(self.names[place] for place in term), "factor" if len(term) == 1 else "pair")
                 for term in terms]  # fmt: skip
        more = len(self.varied) > 2
        if more:
            names.append(("three or more together", "higher"))
        flat = self.values.reshape(-1, self.values.shape[-1])

        def parts(_: Places, present: Places) -> Parts:
            whole = luck_of(flat[:, present], sampled=False)
            own = [float(worlds_apart(effect[..., present]).mean()) for effect in effects]
            own += [whole.parameters - sum(own)] if more else []
            return whole._replace(terms=np.array(own))

        worlds = flat.shape[1]
        return variance_table(parts, names, len(flat), worlds, sampled=False, confidence=confidence)

    def main_effects(self, confidence: float = 0.95) -> pd.DataFrame:
        """One row per factor and level: the mean over the other factors, and how far it is from the mean over all
        points, with the interval of the paired difference and its p-value (Holm over all rows)."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for place in self.varied:
            means, effects = over_worlds(self.profile(place), confidence), over_worlds(self.effect(place), confidence)
            for number, level in enumerate(self.levels[place]):
                rows.append({
                    "factor": self.names[place], "level": level, "mean": means.value[number],
                    "mean_low": means.low[number], "mean_high": means.high[number],
                    "mean_p_value": means.p_value[number], "effect": effects.value[number],
                    "low": effects.low[number], "high": effects.high[number], "p_value": effects.p_value[number],
                })  # fmt: skip
        return _held(pd.DataFrame(rows, columns=["factor", "level", *FOUND]))

    def interactions(self, confidence: float = 0.95) -> pd.DataFrame:
        """One row per pair of factors and of their levels: how far the mean is from what the two levels add up to."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for first, second in self.pairs:
            means = over_worlds(self.profile(first, second), confidence)
            effects = over_worlds(self.effect(first, second), confidence)
            for at in np.ndindex(means.value.shape):
                rows.append({
                    "factor": self.names[first], "level": self.levels[first][at[0]], "other": self.names[second],
                    "other_level": self.levels[second][at[1]], "mean": means.value[at], "mean_low": means.low[at],
                    "mean_high": means.high[at], "mean_p_value": means.p_value[at], "effect": effects.value[at],
                    "low": effects.low[at], "high": effects.high[at], "p_value": effects.p_value[at],
                })  # fmt: skip
        return _held(pd.DataFrame(rows, columns=["factor", "level", "other", "other_level", *FOUND]))


def _held(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(p_adjusted=holm(table["p_value"].tolist()))
