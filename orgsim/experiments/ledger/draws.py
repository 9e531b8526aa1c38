"""The audit of draws: which random numbers two arms used, and that those they share were the same.

The engine is compiled, so the audit runs it uncompiled, in a process of its own, with a recorder around
`streams.uniforms` in every module that draws. A run is the same to the bit that way, and about a hundred times slower.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from orgsim.engine import streams
from orgsim.engine.segments import segment_sizes
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.simulation import check_key

if TYPE_CHECKING:
    import pandas as pd

GROUP = 65536
# What each draw is for, in the words of the table of draws in docs/odd.md.
PURPOSES = {
    streams.TRAITS: "traits of an account", streams.NEED: "when a need opens",
    streams.EPISODE: "who thinks of us, and the deal", streams.CHANNELS: "campaigns and prospecting",
    streams.DECISION: "the buyer's decision", streams.NOISE: "interest without a need",
    streams.SCORE: "scores of leads", streams.CONTACT: "calls", streams.REVIEW: "reviews of opportunities",
    streams.ORDER: "repeat orders", streams.TURNOVER: "who leaves", streams.ATTENTION: "disputes, sight, patience",
    streams.MEETING: "first meetings", streams.REFERRAL: "referrals", streams.START: "customers at the start",
    streams.REP: "talent of reps", streams.CANDIDATE: "candidates for chairs", streams.PARAMETER: "parameters",
    streams.SEGMENTS: "what is believed of segments", streams.WORD: "word of mouth",
    streams.ALIGNMENT: "how alignment looks", streams.QUOTA: "errors of quotas", streams.ROUTING: "routing of leads",
    streams.REPORT: "reports to a user's leader",
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """The draws that one phase used: distinct counters, shape (draws, 4), sorted, and the four numbers of each."""

    counters: NDArray[np.uint64]
    numbers: NDArray[np.float64]

    @property
    def purposes(self) -> NDArray[np.int64]:
        """What each draw was for, a number of `streams`."""
        found: NDArray[np.int64] = (self.counters[:, 0] % GROUP).astype(np.int64)
        return found


@dataclass(frozen=True)
class Audit:
    """The draws of a shared warm-up and of two arms' horizons."""

    scenario: Scenario
    arms: tuple[Arm, Arm]
    seed: int
    replicate: int
    warm_up: Record
    a: Record
    b: Record

    def table(self) -> pd.DataFrame:
        """One row for each purpose drawn for in the horizon: draws used in both arms, only in a, only in b, the share
        in common of all that either used, and how many with one counter gave other numbers (always 0); last, all.
        """
        import pandas as pd

        keys = [{tuple(row) for row in record.counters.tolist()} for record in (self.a, self.b)]
        rows = []
        for purpose in sorted({key[0] % GROUP for side in keys for key in side}):
            one, two = ({key for key in side if key[0] % GROUP == purpose} for side in keys)
            rows.append({"purpose": PURPOSES.get(purpose, str(purpose)), "number": purpose, "both": len(one & two),
                         "only_a": len(one - two), "only_b": len(two - one)})  # fmt: skip
        table = pd.DataFrame(rows, columns=["purpose", "number", "both", "only_a", "only_b"])
        sums = {name: int(table[name].sum()) for name in ("both", "only_a", "only_b")}
        table = pd.concat([table, pd.DataFrame([{"purpose": "all", "number": 0} | sums])], ignore_index=True)
        either = table["both"] + table["only_a"] + table["only_b"]
        table["share"] = np.where(either > 0, table["both"] / either.where(either > 0, 1), 1.0)
        wrong = self.disagreeing()
        table["unequal"] = [sum(row[0] % GROUP == number for row in wrong) if number else len(wrong)
                            for number in table["number"].tolist()]  # fmt: skip
        return table

    def disagreeing(self) -> list[tuple[int, ...]]:
        """Counters used in more than one of warm-up, a and b that did not give the same four numbers each time."""
        seen: dict[tuple[int, ...], tuple[float, ...]] = {}
        wrong = []
        for record in (self.warm_up, self.a, self.b):
            for counter, numbers in zip(record.counters.tolist(), record.numbers.tolist(), strict=True):
                key = tuple(counter)
                if seen.setdefault(key, tuple(numbers)) != tuple(numbers):
                    wrong.append(key)
        return wrong


def audit(scenario: Scenario, a: Arm | str, b: Arm | str, *, seed: int = 0, replicate: int = 0) -> Audit:
    """Record all draws of two arms in one world, uncompiled (baseline: about half a minute for each simulated year).

    a, b, seed, replicate as in `ledger`. Raises ScenarioError for unknown names and a key outside the range.
    """
    from orgsim.experiments.ledger.ledger import arm_named

    one, two = (arm_named(scenario, arm) for arm in (a, b))
    warm, *found = record(scenario, [one, two], seed, replicate)
    return Audit(scenario, (one, two), seed, replicate, warm, found[0], found[1])


def smaller(scenario: Scenario, prospects: int, years: float) -> Scenario:
    """The scenario with no more than so many prospects, and no longer than so many years, for a quick audit.

    Segments that have sizes of their own shrink in proportion.
    """
    share = min(1.0, prospects / max(1, sum(segment_sizes(scenario))))
    changes: dict[str, Any] = {"market.size": max(1, int(scenario.market.size * share)),
                               "time.years": min(scenario.time.years, years)}  # fmt: skip
    for place, segment in enumerate(scenario.market.segments):
        for name in ("size", "reach"):
            own = getattr(segment, name)
            if own is not None:
                changes[f"market.segments.{place}.{name}"] = max(1, int(own * share))
    return scenario.with_(**changes)


def record(scenario: Scenario, arms: Sequence[Arm], seed: int, replicate: int) -> list[Record]:
    """The draws of the warm-up under today's arm, then of each arm's horizon, recorded in a process of its own.

    RuntimeError with what the process said, if it fails.
    """
    check_key(seed, replicate)
    with tempfile.TemporaryDirectory() as folder:
        task, answer = Path(folder) / "task", Path(folder) / "answer.npz"
        task.write_bytes(pickle.dumps((scenario, list(arms), seed, replicate)))
        package = str(Path(__file__).resolve().parents[3])
        path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
        program = "from orgsim.experiments.ledger.draws import child; child()"
        done = subprocess.run(
            [sys.executable, "-c", program, str(task), str(answer)],
            env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the audit's process failed: {(done.stderr.splitlines() or ['no message'])[-1]}")
        with np.load(answer) as stored:
            return [Record(stored[f"counters_{n}"], stored[f"numbers_{n}"]) for n in range(len(arms) + 1)]


# In the process of its own -------------------------------------------------------------------------------------------


def child() -> None:
    """Run a task and store its draws: the command line holds the files of both. Runs where nothing is compiled."""
    from orgsim.clock import Clock
    from orgsim.simulation import advance, enter_arm, warm_up

    task, answer = sys.argv[-2:]
    scenario, arms, seed, replicate = pickle.loads(Path(task).read_bytes())
    clock, today = Clock.of(scenario), Arm(scenario.today.structure, scenario.today.pay)
    used: dict[tuple[int, ...], tuple[float, ...]] = {}
    watch(used)
    warm = warm_up(scenario, today, seed, replicate)
    phases = [dict(used)]
    for arm in arms:
        used.clear()
        advance(enter_arm(scenario, warm, arm, today), clock.start, clock.end)
        phases.append(dict(used))
    content: dict[str, NDArray[Any]] = {}
    for n, phase in enumerate(phases):
        keys = sorted(phase)
        content[f"counters_{n}"] = np.array(keys, np.uint64).reshape(-1, 4)
        content[f"numbers_{n}"] = np.array([phase[key] for key in keys], np.float64).reshape(-1, 4)
    np.savez(answer, **cast(Any, content))


def watch(used: dict[tuple[int, ...], tuple[float, ...]]) -> None:
    """Put a recorder in place of `uniforms` in every module of the engine and of leadership that draws.

    RuntimeError in a draw whose counter gave other numbers before. Only for a process of its own: the recorder stays.
    """
    plain: Callable[..., tuple[float, ...]] = streams.uniforms

    def recorded(f: Any, purpose: int, group: int, who: int, whom: int, occasion: int) -> tuple[float, ...]:
        numbers = plain(f, purpose, group, who, whom, occasion)
        key = (int(purpose) + GROUP * int(group), int(who), int(whom), int(occasion))
        if used.setdefault(key, numbers) != numbers:
            raise RuntimeError(f"the draw {key} gave other numbers than before in the same run")
        return numbers

    for name, module in list(sys.modules.items()):
        if name.startswith(("orgsim.engine.", "orgsim.leadership.")) and getattr(module, "uniforms", None) is plain:
            module.uniforms = recorded  # type: ignore[attr-defined]
