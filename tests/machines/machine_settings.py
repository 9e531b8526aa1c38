"""How far state machines are driven: the same examples each time, in a test; with luck of their own, by hand."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings


def driven(examples: int, steps: int) -> settings:
    """So many programs of so many steps, the same each time. With ORGSIM_HUNT=n in the environment: n programs with
    luck of their own, shrunk where one fails."""
    hunted = int(os.environ.get("ORGSIM_HUNT", "0"))
    phases = tuple(Phase) if hunted else (Phase.explicit, Phase.generate)
    return settings(
        max_examples=hunted or examples, stateful_step_count=steps, deadline=None, derandomize=not hunted,
        database=None, suppress_health_check=list(HealthCheck), phases=phases, print_blob=False,
        report_multiple_bugs=False,
    )  # fmt: skip
