"""What an answer hangs on: the same worlds again, each with its own draw of the assumed parameters.

Whether a sign is kept is said as a share of draws. That share is one of these ranges, no probability, and each draw is
one world, so luck is in it too. Which parameter matters is read from the rank correlation (Spearman 1904) of the paired
difference with each drawn parameter over the draws, corrected for the number of parameters looked at (Holm 1979).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel

from orgsim.engine.records import FIRM
from orgsim.engine.streams import parameter_uniform
from orgsim.experiments import metrics
from orgsim.experiments.statistics import beyond_luck, holm
from orgsim.experiments.uncertain import drawn_fields
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from orgsim.experiments.comparison import Comparison

DRAWS = 100
LEAST = 12  # draws below which nothing is said of single parameters
THIRD = 1 / 3
SIGNS = ("profit", "gross_margin", "revenue", "lead_waste_value", "missed_demand_value")
# One standard error of the z-transform of a rank correlation, times the root of n - 3 (Fieller, Hartley, Pearson 1957).
RANK_ERROR = 1.06
Progress = Callable[[int, int], None]


@dataclass
class Draws:
    """Draws of the assumed parameters.

    signs: arm, metric, sign (of the mean difference in `comparison`) and whether that difference is beyond_luck there,
    kept (per cent of draws in which the difference has that sign), low, high (Wilson's interval), draws; mean, tenth
    and ninetieth of the difference over the draws, in the metric's unit.
    sensitivity, for one arm and figure, strongest first: parameter, correlation with correlation_low and _high,
    p_adjusted, beyond_luck, kept_when_low and kept_when_high (per cent of draws in the lower and upper third of the
    parameter's range), difference_when_low and _high (the mean there, k€ a year).
    """

    comparison: Comparison
    drawn: Comparison
    arm: Arm | None
    metric: str
    signs: pd.DataFrame
    sensitivity: pd.DataFrame

    @property
    def number(self) -> int:
        """How many draws there are."""
        return self.drawn.replicates


def draw(
    comparison: Comparison, arm: Arm | None, *, draws: int = DRAWS, metric: str = "profit",
    threads: int | None = None, progress: Progress | None = None,
) -> Draws | None:  # fmt: skip
    """The comparison's worlds 0 .. draws - 1 again, with the assumed parameters drawn; None without draws.

    arm: the one whose difference to the reference is held against each parameter. A comparison that has drawn its
    parameters already is used as it is. progress(done, all).
    """
    from orgsim.experiments.compare import compare

    c = comparison
    if c.uncertain:
        drawn = c
    elif draws < 1 or len(c.arms) < 2:
        return None
    else:
        drawn = compare(c.scenario, arms=c.arms, against=c.against, replicates=draws, seed=c.seed, start=c.start,
                        budget=c.budget, uncertain=True, confidence=c.confidence, threads=threads,
                        progress=progress)  # fmt: skip
    return Draws(c, drawn, arm, metric, signs_table(c, drawn), sensitivity_table(c, drawn, arm, metric))


def signs_table(comparison: Comparison, drawn: Comparison, names: Iterable[str] = SIGNS) -> pd.DataFrame:
    """For each arm and figure in what share of draws the difference to the reference keeps its sign."""
    import pandas as pd

    c, rows, names = comparison, [], list(names)
    sure = {(Arm(row["structure"], row["pay"]), row["metric"]): beyond_luck(row, c.confidence) for row in c.rows()}
    for name in names:
        scale = metrics.about(name).scale(c.years)
        for arm in c.arms:
            if arm != c.against:
                sign = np.sign(float((c.values(arm, name) - c.values(c.against, name)).mean()))
                differences = drawn.values(arm, name) - drawn.values(drawn.against, name)
                kept = np.sign(differences) == sign
                low, high = wilson(int(kept.sum()), len(kept), c.confidence)
                tenth, ninetieth = np.quantile(differences, (0.1, 0.9)) * scale
                rows.append({
                    "arm": str(arm), "metric": name, "sign": float(sign), "beyond_luck": sure.get((arm, name), False),
                    "kept": 100 * float(kept.mean()), "low": 100 * low, "high": 100 * high, "draws": len(kept),
                    "mean": float(differences.mean()) * scale, "tenth": float(tenth), "ninetieth": float(ninetieth),
                })  # fmt: skip
    columns = ["arm", "metric", "sign", "beyond_luck", "kept", "low", "high", "draws", "mean", "tenth", "ninetieth"]
    return pd.DataFrame(rows, columns=columns)


def sensitivity_table(comparison: Comparison, drawn: Comparison, arm: Arm | None, metric: str) -> pd.DataFrame:
    """For each drawn parameter how the arm's difference to the reference goes with it; empty with too few draws."""
    import pandas as pd
    from scipy import stats

    c, rows = comparison, []
    columns = ["parameter", "correlation", "correlation_low", "correlation_high", "p_value", "kept_when_low",
               "kept_when_high", "difference_when_low", "difference_when_high"]  # fmt: skip
    if arm is not None and drawn.replicates >= LEAST:
        difference = drawn.values(arm, metric) - drawn.values(drawn.against, metric)
        sign = np.sign(float((c.values(arm, metric) - c.values(c.against, metric)).mean()))
        kept, scale = np.sign(difference) == sign, metrics.about(metric).scale(c.years)
        n = len(difference)
        half = _quantile(c.confidence) * RANK_ERROR / math.sqrt(n - 3)
        structures = {one.structure for one in c.arms}
        for name in parameters_drawn(c.scenario, structures):
            at = uniforms(name, drawn.seed, n)
            if difference.min() == difference.max():
                continue
            found = stats.spearmanr(at, difference)
            rho = float(found.statistic)
            z = math.atanh(max(-0.999999, min(0.999999, rho)))
            lower, upper = at < THIRD, at > 1 - THIRD
            rows.append([name, rho, math.tanh(z - half), math.tanh(z + half), float(found.pvalue),
                         *(_mean(100.0 * kept[part]) for part in (lower, upper)),
                         *(_mean(difference[part]) * scale for part in (lower, upper))])  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    table["p_adjusted"] = holm(table["p_value"].tolist()) if rows else []
    table["beyond_luck"] = table["p_adjusted"] < 1 - c.confidence
    order = table["correlation"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def parameters_drawn(scenario: Scenario, structures: Iterable[str] | None = None) -> list[str]:
    """Names under which `experiments.uncertain` draws: a parameter of the firm by its path, cells of structures, of
    their chairs and of backgrounds by kind ("structures.sight"); those only that are within their ranges.

    structures: those whose cells count, all of them unless told otherwise.
    """
    found: dict[str, None] = {}
    for section, table in scenario:
        if isinstance(table, BaseModel) and section != "backgrounds":
            found |= dict.fromkeys(_within(table, section))
    for _, background in scenario.backgrounds:
        found |= dict.fromkeys(_within(background, "backgrounds"))
    for name in sorted(scenario.structures if structures is None else structures):
        structure = scenario.structures[name]
        found |= dict.fromkeys(_within(structure, "structures"))
        for chair in structure.chairs:
            found |= dict.fromkeys(_within(chair, "chairs"))
    return list(found)


def _within(table: BaseModel, kind: str) -> list[str]:
    ranges = drawn_fields(table).items()
    return [f"{kind}.{name}" for name, (low, high) in ranges if low <= getattr(table, name) <= high]


def uniforms(name: str, seed: int, draws: int) -> NDArray[np.float64]:
    """Where in its range, from 0 to 1, a parameter lies in each draw."""
    firm = np.zeros(1, FIRM)
    firm["seed"] = seed
    found = np.empty(draws)
    for replicate in range(draws):
        firm["replicate"] = replicate
        found[replicate] = parameter_uniform(firm[0], zlib.crc32(name.encode()))  # type: ignore[no-untyped-call]
    return found


def _mean(part: NDArray[Any]) -> float:
    return float(part.mean()) if len(part) else math.nan


def _quantile(confidence: float) -> float:
    from scipy import special

    return float(special.ndtri(0.5 + confidence / 2))


def detectable(draws: int, parameters: int, confidence: float = 0.95) -> float:
    """The rank correlation from which the strongest of so many parameters is more than luck (Holm's first step)."""
    each = 1 - (1 - confidence) / parameters
    return math.tanh(_quantile(each) * RANK_ERROR / math.sqrt(draws - 3))


def wilson(hits: int, number: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share of independent yes or no (Wilson 1927)."""
    z, p = _quantile(confidence), hits / number
    middle = (p + z * z / (2 * number)) / (1 + z * z / number)
    half = z * math.sqrt(p * (1 - p) / number + z * z / (4 * number * number)) / (1 + z * z / number)
    # With no hit, or nothing but hits, rounding would leave the ends a hair off.
    return (0.0 if hits == 0 else middle - half), (1.0 if hits == number else middle + half)
