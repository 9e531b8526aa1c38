"""Measured in alternation: every function once in each round, and ratios taken within rounds.

What slows a shared machine for a second slows all of a round, so the ratios are steadier than the times. Work of one
thread is timed by its own clock of the processor, which does not run while others have the core.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Ratio:
    """Median of the rounds' ratios, and their quartiles."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g} ({self.low:.3g} to {self.high:.3g})"


def alternated(
    functions: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.thread_time,
    before: int = 1,
) -> Times:
    """Seconds of each function in each round, after as many rounds `before` that are not counted."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    gc.collect()
    gc.freeze()  # what one of them keeps must not slow the collections of the others
    try:
        for n in range(1 - before, rounds + 1):
            for name, function in functions.items():
                began = clock()
                function()
                took = clock() - began
                if n > 0:
                    times[name].append(took)
    finally:
        gc.unfreeze()
    return {name: np.array(seconds) for name, seconds in times.items()}


def ratio(above: NDArray[np.float64], below: NDArray[np.float64], factor: float = 1.0) -> Ratio:
    """Of times of the same rounds, times a factor."""
    low, median, high = np.quantile(factor * above / below, [0.25, 0.5, 0.75])
    return Ratio(float(median), float(low), float(high))


class MesaSteps:
    """The unit in which the record keeps times: the empty step of a Mesa agent, measured beside what is timed."""

    AGENTS = 6000

    def __init__(self) -> None:
        import mesa

        class Idle(mesa.Agent):  # type: ignore[misc]
            def step(self) -> None:
                pass

        self.model = mesa.Model(rng=1)
        Idle.create_agents(self.model, self.AGENTS)

    def __call__(self) -> None:
        """One step of all agents."""
        self.model.agents.do("step")

    def seconds(self, rounds: int = 20) -> float:
        """Seconds of the processor of one agent's empty step, the median."""
        return float(np.median(alternated({"mesa": self}, rounds)["mesa"])) / self.AGENTS
