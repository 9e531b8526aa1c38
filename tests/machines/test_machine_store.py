"""Run, compare, sweep, interrupt, resume, extend, open, damage, in any order: the store holds what the model says,
every figure in it is that of a run by itself, and who reads meanwhile is told the truth or told to look again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from machine_settings import driven
from sweeping import Inline, exported, litter, shards

import orgsim
from orgsim.experiments.sweeps import sweep as module
from orgsim.experiments.sweeps.experiment import Experiment
from orgsim.experiments.sweeps.shards import SweepError
from orgsim.scenario.errors import ScenarioError

FIRM = {"market.size": 50, "time.years": 0.1, "time.warm_up_years": 0.05, "time.run_off_months": 0,
        "people.marketers": 1}  # fmt: skip
LEVELS, ARMS, MOST = (1, 2, 3), ("merged", "separate"), 3
SEED = 11
Which = tuple[int, str, int]  # a run: reps, structure, world
TRUTH: dict[Which, dict[str, float]] = {}
KEYS: dict[Which, str] = {}
CALM: dict[tuple[tuple[int, ...], tuple[str, ...], int], tuple[bytes, bytes]] = {}


def base() -> orgsim.Scenario:
    return orgsim.load_scenario("baseline").with_(**FIRM)


def experiment(levels: tuple[int, ...], arms: tuple[str, ...], worlds: int) -> Experiment:
    return orgsim.experiment(base(), structures=list(arms), replicates=worlds, seed=SEED,
                             factors={"people.reps": list(levels)})  # fmt: skip


def figures(which: Which) -> dict[str, float]:
    """The figures of a run by itself, without a store."""
    if which not in TRUTH:
        reps, structure, world = which
        firm = base().with_(**{"people.reps": reps})
        TRUTH[which] = orgsim.run(firm, structure=structure, seed=SEED, replicate=world).kpis
    return TRUTH[which]


def alike(found: Any, meant: float) -> bool:
    return bool(found == meant or (found != found and meant != meant))


class Store(RuleBasedStateMachine):
    """One folder, whose content a model knows: runs of the plan, runs that are on disk, and what was damaged."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.folder = self.place / "out"
        self.kept = (module.BATCH, module.MERGED, module.LOOK)
        module.BATCH, module.MERGED, module.LOOK = 0.005, 3, 0.0
        self.levels, self.arms, self.worlds = (2,), ("merged",), 1
        self.there: set[Which] = set()  # what must be on disk
        self.unreadable = False  # the manifest is damaged
        self.opened: list[tuple[Any, set[Which]]] = []

    def teardown(self) -> None:
        module.BATCH, module.MERGED, module.LOOK = self.kept
        shutil.rmtree(self.place)

    @property
    def planned(self) -> set[Which]:
        return {(reps, arm, world) for reps in self.levels for arm in self.arms for world in range(self.worlds)}

    def asked(self) -> Experiment:
        return experiment(self.levels, self.arms, self.worlds)

    def found(self) -> set[Which]:
        """Runs of the plan that a fresh reader finds."""
        frame = orgsim.open_results(self.folder).runs(["profit"])
        return set(zip(frame["people.reps"].tolist(), frame["structure"].tolist(), frame["replicate"].tolist()))

    # Sweeps -----------------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        self.sweep(1)

    @rule(workers=st.integers(1, 2))
    def sweep(self, workers: int) -> None:
        outcome = orgsim.sweep(self.asked(), self.folder, workers=workers)
        assert (outcome.missing, outcome.failed, outcome.interrupted) == (0, 0, False)
        assert outcome.there >= len(self.there & self.planned), "what was done is not done again"
        assert outcome.there + outcome.done == len(self.planned)
        self.there |= self.planned
        self.unreadable = False

    @rule(at=st.integers(1, 4))
    def sweep_until_it_is_interrupted(self, at: int) -> None:
        def before(number: int) -> None:
            if number >= at:
                raise KeyboardInterrupt

        outcome = orgsim.sweep(self.asked(), self.folder, executor=Inline(before), workers=1)
        self.unreadable = False
        now = self.found()
        assert outcome.interrupted == (now != self.planned)
        assert outcome.there + outcome.done == len(now)
        assert self.there & self.planned <= now
        self.there |= now

    @rule()
    def resume_what_the_folder_says(self) -> None:
        """The experiment as the folder has it is the one that was asked for."""
        if self.unreadable:
            return
        again = orgsim.open_results(self.folder).experiment
        outcome = orgsim.sweep(again, self.folder, workers=1)
        assert outcome.planned == len(self.planned)
        assert outcome.missing == 0
        self.there |= self.planned

    @rule(levels=st.permutations(LEVELS), arms=st.permutations(ARMS), number=st.integers(1, 3), both=st.booleans(),
          worlds=st.integers(1, MOST))  # fmt: skip
    def ask_for_something_else(
        self, levels: list[int], arms: list[str], number: int, both: bool, worlds: int
    ) -> None:
        self.levels, self.arms, self.worlds = tuple(levels[:number]), tuple(arms[: 1 + both]), worlds
        self.sweep_until_it_is_interrupted(1)

    @rule()
    def two_sweep_at_once(self) -> None:
        outcomes: list[Any] = []
        both = [threading.Thread(target=lambda: outcomes.append(orgsim.sweep(self.asked(), self.folder, workers=1)))
                for _ in range(2)]  # fmt: skip
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert [outcome.missing for outcome in outcomes] == [0, 0]
        self.there |= self.planned
        self.unreadable = False

    # Readers ----------------------------------------------------------------------------------------------------

    @rule()
    def read_while_it_is_swept(self) -> None:
        if self.unreadable:
            return
        done, said = threading.Event(), []

        def read() -> None:
            while True:
                last = done.is_set()
                try:
                    found = orgsim.open_results(self.folder)
                    state = found.status()
                    assert state.damaged == ()
                    assert len(found.runs(["profit"])) <= state.planned
                except BaseException as error:
                    said.append(error)
                if last or said:
                    return

        reader = threading.Thread(target=read)
        whole = not any(orgsim.open_results(self.folder).status().damaged)
        if whole:
            reader.start()
        self.sweep(2)
        done.set()
        if whole:
            reader.join()
        assert said == []

    @rule()
    def open_and_keep(self) -> None:
        if not self.unreadable:
            found = orgsim.open_results(self.folder)
            found.status()
            self.opened.append((found, self.planned & self.there))

    @precondition(lambda self: self.opened)
    @rule(which=st.integers(0, 9))
    def read_what_was_opened_before(self, which: int) -> None:
        """Whatever happened since, an opened store gives what it had then, or says that the folder has changed."""
        found, then = self.opened[which % len(self.opened)]
        try:
            frame = found.runs(["profit"])
        except (SweepError, ScenarioError, FileNotFoundError):
            return
        now = set(zip(frame["people.reps"].tolist(), frame["structure"].tolist(), frame["replicate"].tolist()))
        assert now >= then
        for row in frame.itertuples(index=False):
            assert alike(row.profit, figures((row[1], row.structure, row.replicate))["profit"])

    @rule()
    def compare_gives_what_the_store_holds(self) -> None:
        if self.unreadable or not self.there & self.planned:
            return
        reps = self.levels[0]
        firm = base().with_(**{"people.reps": reps})
        asked = orgsim.compare(firm, arms=list(self.arms), against=self.arms[0], replicates=self.worlds, seed=SEED,
                               threads=1)  # fmt: skip
        frame = orgsim.open_results(self.folder).runs(["profit", "revenue", "leads"])
        for row in frame[frame["people.reps"] == reps].itertuples(index=False):
            other = asked.runs[(asked.runs["structure"] == row.structure) & (asked.runs["replicate"] == row.replicate)]
            assert [row.profit, row.revenue, row.leads] == other[["profit", "revenue", "leads"]].iloc[0].tolist()

    @rule()
    def move_the_folder(self) -> None:
        self.folder = self.folder.rename(self.place / f"moved-{time.monotonic_ns()}")
        self.opened.clear()

    # Accidents --------------------------------------------------------------------------------------------------

    @precondition(lambda self: shards(self.folder))
    @rule(which=st.integers(0, 9), at=st.floats(0, 0.99), how=st.sampled_from(["flipped", "cut", "taken away"]))
    def damage_a_shard(self, which: int, at: float, how: str) -> None:
        there = shards(self.folder)
        victim = there[which % len(there)]
        data = bytearray(victim.read_bytes())
        if how == "flipped" and data:
            data[int(at * len(data))] ^= 1
        elif how == "cut":
            del data[int(at * len(data)) :]
        victim.write_bytes(data)
        wrong = hashlib.blake2b(data, digest_size=16).hexdigest() != victim.stem  # or the same byte was flipped twice
        if how == "taken away":
            victim.unlink()
        if not self.unreadable:
            said = "\n".join(orgsim.open_results(self.folder).status().damaged)
            assert (str(victim) in said) == (wrong and how != "taken away")
        self.there = set()  # what is left is found out by the next sweep; it cannot be more than there was
        self.opened.clear()

    @rule(at=st.floats(0, 0.99))
    def damage_the_manifest(self, at: float) -> None:
        path = self.folder / "manifest.json"
        data = bytearray(path.read_bytes())
        before = json.loads(data) if not self.unreadable else None
        data[int(at * len(data))] ^= 2
        path.write_bytes(data)
        try:
            self.unreadable = json.loads(data) != before
        except ValueError:
            self.unreadable = True

    @rule()
    def a_process_that_was_killed_left_half_a_file(self) -> None:
        for place in (self.folder, self.folder / "shards", self.folder / "plans"):
            half = place / f".{time.monotonic_ns()}.parquet-x.part"
            half.write_bytes(b"half")
            os.utime(half, (0, 0))

    # What always holds ------------------------------------------------------------------------------------------

    @invariant()
    def a_damaged_manifest_is_refused_and_a_sound_one_read(self) -> None:
        if not (self.folder / "manifest.json").exists():
            return
        if self.unreadable:
            with pytest.raises(ScenarioError, match="writes it anew"):
                orgsim.open_results(self.folder)
            return
        found = orgsim.open_results(self.folder)
        state = found.status()
        assert state.planned == len(self.planned)
        assert state.failed == 0
        assert state.done >= len(self.there & self.planned), "what was done is there"
        for row in found.runs(["profit", "won", "value"]).itertuples(index=False):
            which = (row[1], row.structure, row.replicate)
            assert which in self.planned
            meant = figures(which)
            assert alike(row.profit, meant["profit"])
            assert (row.won, row.value) == (meant["won"], meant["value"])
            assert KEYS.setdefault(which, row.key) == row.key, "a run's key is always the same"
        if state.missing:
            with pytest.raises(SweepError, match="runs are missing"):
                exported(self.folder)
            return
        assert exported(self.folder) == self.calm()
        every = found.table(["profit"], every=True)
        assert self.planned <= set(
            zip(*(every.column(name).to_pylist() for name in ("people.reps", "structure", "replicate")), strict=True)
        )

    def calm(self) -> tuple[bytes, bytes]:
        """What an undisturbed sweep exports."""
        key = (self.levels, self.arms, self.worlds)
        if key not in CALM:
            folder = Path(tempfile.mkdtemp(dir=self.place)) / "calm"
            orgsim.sweep(self.asked(), folder, executor=Inline(), workers=1)
            CALM[key] = exported(folder)
        return CALM[key]

    @invariant()
    def nothing_is_left_lying_about(self) -> None:
        if self.folder.exists():
            old = [name for name in litter(self.folder) if (self.folder / name).stat().st_mtime > 0]
            assert old == []


def test_a_store_holds_what_was_done_whatever_the_order() -> None:
    run_state_machine_as_test(Store, settings=driven(4, 7))


@pytest.mark.slow
def test_a_store_holds_what_was_done_over_long_histories() -> None:
    run_state_machine_as_test(Store, settings=driven(8, 20))
