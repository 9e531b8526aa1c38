"""What every answer to a question begins with: the question read, and the worlds of it that have been run before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from orgsim.app.question import Case, read
from orgsim.app.reply import problems
from orgsim.app.runs import Row, Runs
from orgsim.results import Arm
from orgsim.scenario.errors import Problem, ScenarioError

Document = dict[str, Any]
Place = tuple[int, Case, Arm]  # replicate, whose arm, arm


def case_of(message: Document, end: Callable[[Document], None]) -> Case | None:
    """The case that a page's message asks about; None, after `end` with what is wrong with it, if there is none.

    Raises what nobody expected, after an `end` that names its kind.
    """
    try:
        return read(message.get("question"))
    except ScenarioError as error:
        end(problems(message.get("id"), error.problems))
        return None
    except RecursionError:
        end(trouble(message, "question", "nested too deeply"))
        return None
    except Exception as error:
        end(trouble(message, "question", f"this question cannot be read ({type(error).__name__})"))
        raise


def trouble(message: Document, key: str, said: str) -> Document:
    """A problem with a message that is not its reader's alone."""
    return problems(message.get("id"), [Problem("question", None, key, "", said, None)])


def kept_worlds(runs: Runs, places: Sequence[tuple[Case, Arm]], most: int) -> tuple[dict[Place, Row], int]:
    """The rows of the first worlds of which each arm's run is kept, and how many worlds these are, at most `most`."""
    rows: dict[Place, Row] = {}
    for world in range(most):
        found = {(world, case, arm): runs.known(case.firm_key, case.arm_keys[arm], case.seed, world)
                 for case, arm in places}  # fmt: skip
        known = {place: row for place, row in found.items() if row is not None}
        if len(known) < len(found):
            return rows, world
        rows |= known
    return rows, most
