"""The core of orgsim's model, written a second time from the ODD text, as a Mesa model (docs/docking.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .core import NotInTheCore
from .model import Firm, simulate
from .tables import Result, result_of

if TYPE_CHECKING:
    from orgsim.scenario.schema import Scenario

__all__ = ["Firm", "NotInTheCore", "Result", "run", "simulate"]


def run(scenario: Scenario, structure: str, pay: str, seed: int = 0, replicate: int = 0) -> Result:
    """Run a scenario once, and return leads, accounts in cents, months, hours, pay and accounts of the horizon.

    Raises NotInTheCore where it is asked for what the reference does not have.
    """
    return result_of(simulate(scenario, structure, pay, seed, replicate))
