"""The limit cases that other packages can run too: numbers, closed form, and what orgsim takes and says.

Everything is read from `scenarios/limits/` as it ships, so that all sides simulate the same thing for the same time.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orgsim.experiments.limits import MEASURES, TRIALS, measured, prepare
from orgsim.scenario.load import library

DAYS_PER_YEAR = 260
SETTLED = 0.9  # of the horizon: what begins later may not have ended when the run does, and is not counted

Model = Callable[["Case", int], dict[str, float]]


@dataclass(frozen=True)
class Case:
    """A limit case in the plainest words: days, rates per day, chances per occasion.

    name: of the scenario in `scenarios/limits/`. inputs: its keys and values. exact: what the closed form says, by
    output. first: the output that accuracy is compared in. warm_up, horizon: business days; settled: the day of the
    horizon from which on nothing that begins is counted. arrivals: of the first year, on average, where leads come.
    """

    name: str
    title: str
    first: str
    inputs: dict[str, Any] = field(repr=False)
    exact: dict[str, float]
    warm_up: float
    horizon: float
    arrivals: float

    @property
    def end(self) -> float:
        """Last day of the run."""
        return self.warm_up + self.horizon

    @property
    def settled(self) -> float:
        """First day from which on what begins is not counted."""
        return self.warm_up + SETTLED * self.horizon


def case(name: str, title: str, first: str) -> Case:
    """A limit case as it ships."""
    scenario, exact = prepare(name, {})
    assert scenario.limit is not None
    rate, accounts = scenario.market.episodes_per_year, scenario.market.size
    return Case(
        name=name, title=title, first=first, inputs=dict(scenario.limit.inputs), exact=exact,
        warm_up=scenario.time.warm_up_years * DAYS_PER_YEAR, horizon=scenario.time.years * DAYS_PER_YEAR,
        # Whoever has bought or was lost in the first year hardly comes again in it: first needs count.
        arrivals=accounts * -math.expm1(-rate),
    )  # fmt: skip


def cases() -> list[Case]:
    """All of them, in the order of docs/odd.md, section 7.9."""
    return [
        case("funnel", "E1 absorbing funnel", "mean_weeks"),
        case("queue", "E2 M/M/3", "mean_wait_days"),
        case("cold", "E3 Erlang-A (abandonment)", "p_cold"),
        case("bass", "E4 Bass diffusion", "adopted"),
        case("repeat", "E10 repeat orders", "orders"),
    ]


def orgsim_model(of: Case) -> Model:
    """orgsim's side: one run of the scenario, its tables, and the case's statistic from them."""
    scenario, _ = prepare(of.name, {})

    def run(_: Case, seed: int) -> dict[str, float]:
        outputs = measured(scenario, 0, seed)
        return {name: value for name, value in outputs.items() if name != TRIALS}

    return run


def lines_of_code(*sources: Any) -> int:
    """Lines of functions and classes, without blank ones, comments and docstrings."""
    return sum(len(_code_lines(inspect.getsource(source))) for source in sources)


def _code_lines(text: str) -> set[int]:
    tree = ast.parse(inspect.cleandoc(text) if text.startswith(" ") else text)
    kept: set[int] = set()
    told: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            first = node.body[0]
            told.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.strip().startswith("#") and number not in told:
            kept.add(number)
    return kept


def orgsim_lines(of: Case) -> int:
    """Lines a user would write for the same in orgsim: the scenario, what it extends, and the case's statistic."""
    scenario, _ = prepare(of.name, {})
    assert scenario.limit is not None
    total, file = 0, library() / "limits" / f"{of.name}.toml"
    while True:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        total += sum(not line.startswith("#") for line in lines)
        parent = next((line for line in lines if line.startswith("extends = ") and line.endswith('.toml"')), None)
        if parent is None:
            return total + lines_of_code(MEASURES[scenario.limit.measure])
        file = Path(file.parent / parent.split('"')[1])
