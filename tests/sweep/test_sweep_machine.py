"""Sweeps, accidents, extensions and readers in any order: what is done is never lost, and a complete sweep's export is
always that of an undisturbed one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
import sweeping
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sweeping import exported, shards, small, undisturbed

from orgsim.experiments.sweeps import sweep as module
from orgsim.experiments.sweeps.experiment import Experiment
from orgsim.experiments.sweeps.opened import SweepError, open_results
from orgsim.experiments.sweeps.sweep import sweep

LEVELS = [2, 3, 4]
ARMS = ["merged", "separate", "cro"]
CALM: dict[tuple[tuple[int, ...], tuple[str, ...], int], tuple[bytes, bytes]] = {}  # undisturbed exports, by experiment


class Sweeping(RuleBasedStateMachine):
    """One folder, one experiment that changes, and whatever may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.folder = self.place / "out"
        self.kept = (module.BATCH, module.MERGED)
        module.BATCH, module.MERGED = 0.01, 3
        self.levels, self.arms, self.worlds = (2,), ("merged",), 1
        self.least = 0  # runs of the plan that must be there
        self.begun = self.complete = False

    def teardown(self) -> None:
        module.BATCH, module.MERGED = self.kept
        shutil.rmtree(self.place)

    def asked(self) -> Experiment:
        return small(self.worlds, structures=list(self.arms), factors={"people.reps": list(self.levels)})

    @property
    def runs(self) -> int:
        return len(self.levels) * len(self.arms) * self.worlds

    def done(self) -> int:
        return open_results(self.folder).status().done

    @initialize()
    def begin(self) -> None:
        self.sweep_to_the_end(1)

    @rule(workers=st.integers(1, 3))
    def sweep_to_the_end(self, workers: int) -> None:
        outcome = sweep(self.asked(), self.folder, workers=workers)
        assert (outcome.missing, outcome.failed, outcome.interrupted) == (0, 0, False)
        assert outcome.there >= self.least
        assert outcome.done == self.runs - outcome.there
        self.begun = self.complete = True
        self.least = self.runs

    @rule(at=st.integers(1, 4), accident=st.sampled_from([KeyboardInterrupt, OSError]))
    def sweep_until_an_accident(self, at: int, accident: type[BaseException]) -> None:
        def before(number: int) -> None:
            if number >= at:
                raise accident("of chance")

        try:
            outcome = sweep(self.asked(), self.folder, executor=sweeping.Inline(before), workers=1)
            complete = outcome.missing == 0
            assert complete or outcome.interrupted
        except OSError:
            complete = False
        assert self.done() >= self.least
        self.least, self.complete = self.done(), complete
        assert complete == (self.least == self.runs)

    @rule(levels=st.permutations(LEVELS), number=st.integers(1, 3))
    def other_levels(self, levels: list[int], number: int) -> None:
        self.changed(tuple(levels[:number]), self.arms, self.worlds)

    @rule(arms=st.permutations(ARMS), number=st.integers(1, 3))
    def other_arms(self, arms: list[str], number: int) -> None:
        self.changed(self.levels, tuple(arms[:number]), self.worlds)

    @rule(worlds=st.integers(1, 3))
    def other_replicates(self, worlds: int) -> None:
        self.changed(self.levels, self.arms, worlds)

    def changed(self, levels: tuple[int, ...], arms: tuple[str, ...], worlds: int) -> None:
        """A new plan, written by a sweep that is interrupted before its first run."""
        both = len(set(levels) & set(self.levels)) * len(set(arms) & set(self.arms)) * min(worlds, self.worlds)
        both *= self.complete
        self.levels, self.arms, self.worlds = levels, arms, worlds
        self.least, self.complete = both, False
        self.sweep_until_an_accident(1, KeyboardInterrupt)
        assert self.least >= both

    @precondition(lambda self: shards(self.folder))
    @rule(which=st.integers(0, 9), how=st.sampled_from(["flipped", "emptied", "taken away"]))
    def damage(self, which: int, how: str) -> None:
        there = shards(self.folder)
        victim = there[which % len(there)]
        data = bytearray(victim.read_bytes())
        if how == "flipped" and data:
            data[len(data) // 3] ^= 4
            victim.write_bytes(data)
        elif how != "taken away":
            victim.write_bytes(b"")
        else:
            victim.unlink()
        status = open_results(self.folder).status()
        assert (len(status.damaged) > 0) or how == "taken away"
        assert status.done <= self.runs
        self.least, self.complete = status.done, status.done == self.runs

    @rule()
    def a_part_is_left_behind(self) -> None:
        (self.folder / "shards" / ".0123.parquet-abc.part").write_bytes(b"half")

    @invariant()
    def what_was_done_is_there(self) -> None:
        if self.begun:
            status = open_results(self.folder).status()
            assert status.done >= self.least
            assert status.planned == self.runs
            assert (status.missing == 0) == (status.done == status.planned)
            assert not list(self.folder.glob("shards/*.tmp"))

    @invariant()
    def a_complete_export_is_that_of_an_undisturbed_sweep_and_no_other_is_given(self) -> None:
        if not self.begun:
            return
        if not self.complete:
            with pytest.raises(SweepError, match="runs are missing"):
                exported(self.folder)
            return
        found = exported(self.folder)
        key = (self.levels, self.arms, self.worlds)
        if key not in CALM:
            kept, module.MERGED = module.MERGED, 64
            CALM[key] = undisturbed(self.asked(), Path(tempfile.mkdtemp(dir=self.place)) / "calm")
            module.MERGED = kept
        assert found == CALM[key]


def some(examples: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck),
        derandomize=True, database=None,
    )  # fmt: skip


def test_sweeps_and_accidents_in_any_order_lose_nothing() -> None:
    run_state_machine_as_test(Sweeping, settings=some(5))


@pytest.mark.slow
def test_sweeps_and_accidents_in_many_orders_lose_nothing() -> None:
    run_state_machine_as_test(Sweeping, settings=some(40))
