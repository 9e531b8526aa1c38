"""orgsim: an agent-based simulator of how firms organise marketing and sales.

    import orgsim
    scenario = orgsim.load_scenario("baseline")
    comparison = orgsim.compare(scenario, structures=["merged", "separate"], pay=["own_numbers"], replicates=50)
    print(comparison.summary())

Names are loaded when first used, so that `import orgsim` is quick and no sweep worker ever loads Mesa.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orgsim.experiments.compare import compare
    from orgsim.experiments.comparison import Comparison
    from orgsim.experiments.effects.effects import effects
    from orgsim.experiments.ledger.ledger import Ledger, ledger
    from orgsim.experiments.selection import Selection, select_best
    from orgsim.experiments.sweeps.experiment import Experiment, experiment, load_experiment
    from orgsim.experiments.sweeps.opened import Results, open_results
    from orgsim.experiments.sweeps.sweep import sweep
    from orgsim.leadership.seat import Bounded, Clairvoyant, Directives, FixedPlan, Leader, Report
    from orgsim.model import OrgModel
    from orgsim.results import Run
    from orgsim.scenario.errors import ScenarioError
    from orgsim.scenario.load import load_scenario
    from orgsim.scenario.schema import Scenario
    from orgsim.simulation import run

_HOMES = {
    "load_scenario": "orgsim.scenario.load",
    "Scenario": "orgsim.scenario.schema",
    "ScenarioError": "orgsim.scenario.errors",
    "run": "orgsim.simulation",
    "Run": "orgsim.results",
    "ChairEnv": "orgsim.environment",
    "Bounded": "orgsim.leadership.seat",
    "Clairvoyant": "orgsim.leadership.seat",
    "Directives": "orgsim.leadership.seat",
    "FixedPlan": "orgsim.leadership.seat",
    "Leader": "orgsim.leadership.seat",
    "Report": "orgsim.leadership.seat",
    "compare": "orgsim.experiments.compare",
    "effects": "orgsim.experiments.effects.effects",
    "experiment": "orgsim.experiments.sweeps.experiment",
    "Experiment": "orgsim.experiments.sweeps.experiment",
    "ledger": "orgsim.experiments.ledger.ledger",
    "Ledger": "orgsim.experiments.ledger.ledger",
    "load_experiment": "orgsim.experiments.sweeps.experiment",
    "select_best": "orgsim.experiments.selection",
    "Selection": "orgsim.experiments.selection",
    "sweep": "orgsim.experiments.sweeps.sweep",
    "open_results": "orgsim.experiments.sweeps.opened",
    "Results": "orgsim.experiments.sweeps.opened",
    "Comparison": "orgsim.experiments.comparison",
    "OrgModel": "orgsim.model",
}
__all__ = [
    "Bounded", "Clairvoyant", "Comparison", "Directives", "Experiment", "FixedPlan", "Leader", "Ledger", "OrgModel",
    "Report", "Results", "Run", "Scenario", "ScenarioError", "Selection", "compare", "effects", "experiment", "ledger",
    "load_experiment", "load_scenario", "open_results", "run", "select_best", "sweep",
]  # fmt: skip
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'orgsim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
