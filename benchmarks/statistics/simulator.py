"""The simulator itself: a limit case with a closed form, and a firm whose truth is the mean of very many worlds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from synthetic import LEVEL, Kept, covers, ours, share

import orgsim
from orgsim.experiments import limits
from orgsim.experiments.comparison import Comparison
from orgsim.experiments.precision import Target
from orgsim.experiments.selection import kim_nelson
from orgsim.experiments.statistics import bootstrap_interval, estimate, holm, paired
from orgsim.results import Arm

Array = NDArray[np.float64]
METRICS = ("profit", "revenue", "lead_waste_value", "missed_demand_value")
FIRM = {"market.size": 1500, "time.years": 1.0, "time.warm_up_years": 0.5, "time.run_off_months": 0}
BLOCKS = 200
CASE, OUTPUTS = "funnel", ("p_win", "mean_weeks")


def closed_form(runs: int) -> Iterator[list[str]]:
    """Rows: coverage of Student's t where theory gives the truth: blocks of runs of a limit case."""
    scenario, truth = limits.prepare(CASE, {})
    scenario = scenario.with_(**{"market.size": 400})
    found = [limits.measured(scenario, 0, replicate) for replicate in range(runs)]
    for output in OUTPUTS:
        x = np.array([one[output] for one in found])
        for n in (5, 10, 30):
            blocks = x[: len(x) // n * n].reshape(-1, n)
            whole = estimate(x)
            hits = [covers(e.low, e.high, truth[output]) for e in map(estimate, blocks)]
            mean = f"{whole.mean:.4g} ± {whole.standard_error:.2g}"
            yield [f"{CASE}, {output}", f"{truth[output]:.4g}", mean, f"{n}", f"{len(blocks)}", str(share(hits))]


@dataclass(frozen=True)
class Pool:
    """Very many worlds of a small firm, from which smaller experiments are drawn without replacement."""

    comparison: Comparison

    @property
    def worlds(self) -> int:
        return self.comparison.replicates

    @property
    def others(self) -> list[Arm]:
        c = self.comparison
        return [arm for arm in c.arms if arm != c.today]

    def values(self, metric: str) -> Array:
        """Worlds by arms, today's first."""
        c = self.comparison
        return np.column_stack([c.values(arm, metric) for arm in (c.today, *self.others)])

    def blocks(self, n: int, trials: int, key: int) -> Iterator[NDArray[np.int64]]:
        """Numbers of n different worlds, again and again: all worlds shuffled and cut, as often as needed."""
        if n > self.worlds:
            raise ValueError(f"the pool has {self.worlds} worlds, found n = {n}")
        rng, made = np.random.default_rng([6, key, n]), 0
        while True:
            order = rng.permutation(self.worlds)
            for first in range(0, self.worlds - n + 1, n):
                if made == trials:
                    return
                made += 1
                yield order[first : first + n]


def pool(worlds: int) -> Pool:
    """Run today's firm, a merged one, and today's under shared pay, in very many worlds."""
    firm = orgsim.load_scenario("baseline").with_(**FIRM)
    arms = {"structures": ["merged", "separate"], "pay": ["own_numbers", "shared_revenue"]}
    return Pool(orgsim.compare(firm, replicates=worlds, **arms))  # type: ignore[arg-type]


def differences(p: Pool) -> Iterator[list[str]]:
    """Rows: coverage of the mean paired difference of many worlds by the interval from n of them."""
    for arm in range(1, 1 + len(p.others)):
        for metric in METRICS:
            d = p.values(metric)[:, arm] - p.values(metric)[:, 0]
            truth, skew = float(d.mean()), float(((d - d.mean()) ** 3).mean() / d.std() ** 3)
            row = [str(p.others[arm - 1]), metric, f"{(d == 0).mean():.0%}", f"{skew:+.1f}"]
            for n in (10, 30, 100):
                blocks = [d[block] for block in p.blocks(n, BLOCKS, 0)]
                row.append(str(share([covers(e.low, e.high, truth) for e in map(estimate, blocks)])))
                if n == 30:
                    row.append(str(share([covers(*bootstrap_interval(x), truth) for x in blocks])))
            yield row


def until_precise(p: Pool, trials: int) -> Iterator[list[str]]:
    """Rows: coverage when the run stops at a precision that takes about 80 worlds, from a first stage of n."""
    for metric in METRICS:
        x = p.values(metric)
        d = x[:, 1:] - x[:, :1]
        half = 1.96 * float(d.std(axis=0).max()) / 80**0.5
        for first in (10, 30):
            row, numbers = [metric, f"{first}"], []
            for relative in (False, True):
                target = Target(half / abs(float(x[:, 0].mean())) if relative else half, relative)
                hits = []
                for block in p.blocks(p.worlds, trials, 1 + relative):
                    stream = Kept(lambda a, b, w=x[block]: w[a:b])
                    reached, found = ours(stream, target, first, d.mean(axis=0), p.worlds)
                    hits.append(found)
                    numbers.append(reached.replicates)
                row.append(str(share(hits)))
            yield [*row, f"{np.mean(numbers):.0f}"]


def nothing_to_find(p: Pool, trials: int) -> Iterator[list[str]]:
    """Rows: false alarms where there is no difference: today's arm in some worlds against today's arm in others, as
    three arms in four figures; by figure, for all at once without correction, and with Holm's."""
    x = np.column_stack([p.values(metric)[:, 0] for metric in METRICS])
    for n in (10, 30, 100):
        single, raw, adjusted = [], [], []
        for block in p.blocks(4 * n, trials, 3):
            parts = x[block].reshape(4, n, len(METRICS))
            tests = [paired(parts[k][:, m], parts[0][:, m]).p_value for k in (1, 2, 3) for m in range(len(METRICS))]
            single.append([q < LEVEL for q in tests])
            raw.append(min(tests) < LEVEL)
            adjusted.append(min(holm(tests)) < LEVEL)
        yield [f"{n}", str(share(single)), str(share(raw)), str(share(adjusted))]


def power(p: Pool) -> Iterator[list[str]]:
    """Rows: how often the merged firm's difference in lead waste is found, paired and with independent luck."""
    x = p.values("lead_waste_value")[:, :2]
    d = x[:, 1] - x[:, 0]
    for n in (10, 20, 50, 100):
        blocks = list(p.blocks(n, BLOCKS, 4))
        alone = [x[block, 1] - x[(block + 1) % p.worlds, 0] for block in blocks]  # each arm in worlds of its own
        yield [f"{d.mean() / d.std():.2f}", f"{n}", str(share([estimate(d[b]).p_value < LEVEL for b in blocks])),
               str(share([estimate(y).p_value < LEVEL for y in alone]))]  # fmt: skip


def selections(p: Pool, trials: int) -> Iterator[list[str]]:
    """Rows: how often the truly best arm, or one as good but for the indifference, is selected."""
    for metric, sign, indifference in (("profit", 1, 0.002), ("revenue", 1, 0.002), ("lead_waste_value", -1, 0.05)):
        x = sign * p.values(metric)
        truth, delta = x.mean(axis=0), indifference * abs(float(x[:, 0].mean()))
        right, runs, ended = [], [], []
        for block in p.blocks(p.worlds, trials, 5):
            found = kim_nelson(lambda alive, a, b, w=x[block]: w[a:b, list(alive)], x.shape[1], delta, 30, p.worlds)
            ended.append(found.best is not None)
            runs.append(np.mean(found.runs))
            if found.best is not None:
                right.append(truth[found.best] >= truth.max() - delta)
        yield [metric, f"{indifference:.1%}", str(share(right)) if right else "", str(share(ended)),
               f"{np.mean(runs):.0f}"]  # fmt: skip
