"""The ledger over several worlds: how many needs, and how much money, flow from each end to each other, on average."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from orgsim.experiments.ledger.ends import GROUPS
from orgsim.experiments.ledger.ledger import Ledger, arm_named, ledger
from orgsim.experiments.statistics import estimate
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("count", "value", "margin_difference")


@dataclass
class Flows:
    """Ledgers of several worlds, summed world by world: `runs` has a row for each replicate, end in a and end in b."""

    scenario: Scenario
    arms: tuple[Arm, Arm]
    seed: int
    replicates: int
    runs: pd.DataFrame

    def summary(self, *, groups: bool = False, confidence: float = 0.95) -> pd.DataFrame:
        """One row for each pair of ends: count, value at stake and margin difference a - b of a world, each as mean
        with a t interval over worlds (`count`, `count_low`, `count_high`, ...); largest value first. A pair that a
        world lacks counts as 0 there. groups: fair loss, wasted and open are not split."""
        import pandas as pd

        table = self.runs
        if groups:
            table = table.assign(end_a=table["end_a"].map(GROUPS), end_b=table["end_b"].map(GROUPS))
        summed = table.groupby(["end_a", "end_b", "replicate"])[list(MEASURES)].sum()
        rows = []
        for (end_a, end_b), part in summed.groupby(["end_a", "end_b"]):  # type: ignore[misc]
            row: dict[str, object] = {"end_a": end_a, "end_b": end_b}
            part = part.droplevel(["end_a", "end_b"]).reindex(range(self.replicates), fill_value=0)
            for measure in MEASURES:
                found = estimate(np.asarray(part[measure], dtype=float), confidence)
                row |= {measure: found.mean, f"{measure}_low": found.low, f"{measure}_high": found.high}
            rows.append(row)
        columns = ["end_a", "end_b", *(f"{m}{part}" for m in MEASURES for part in ("", "_low", "_high"))]
        out = pd.DataFrame(rows, columns=columns)
        return out.sort_values(["value", "end_a", "end_b"], ascending=[False, True, True], ignore_index=True)


def flows(
    scenario: Scenario, a: Arm | str, b: Arm | str, *, replicates: int = 20, seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Flows:  # fmt: skip
    """The ledgers of worlds 0 .. replicates - 1, summed; a, b and seed as in `ledger`. progress(done, all) is called as
    worlds finish. ScenarioError for unknown names and less than one replicate."""
    import pandas as pd

    arms = arm_named(scenario, a), arm_named(scenario, b)
    if replicates < 1:
        message = f"found {replicates}; must be at least 1"
        raise ScenarioError([Problem("command", None, "replicates", str(replicates), message, None)])
    parts = []
    for replicate in range(replicates):
        found: Ledger = ledger(scenario, *arms, seed=seed, replicate=replicate)
        parts.append(found.flows.assign(replicate=replicate))
        if progress:
            progress(replicate + 1, replicates)
    return Flows(scenario, arms, seed, replicates, pd.concat(parts, ignore_index=True))
