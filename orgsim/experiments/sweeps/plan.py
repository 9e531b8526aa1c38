"""The plan of a sweep: every run by its content key, and the worlds in which those that are missing will be run.

A run's key says all that decides what it gives: the firm as far as its arm can see it, the arm, the luck, the version
of the engine. So runs are shared by whatever asks for them: a level, a factor, an arm or replicates can be added, and
what there is already is not run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from orgsim.experiments.store import plain
from orgsim.experiments.sweeps.experiment import ABOUT, Experiment
from orgsim.experiments.worlds import Changes, World, engine_hash
from orgsim.results import Arm
from orgsim.scenario.load import value_at
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pyarrow as pa

MODULUS = 2**128
BLOCK = 8  # replicates of a point that follow each other: early results cover all points, and points are made seldom


@dataclass(frozen=True)
class Run:
    """One planned run: its place in the design and its content key, 32 hexadecimal digits."""

    point: int
    arm: Arm
    replicate: int
    key: str


class Plan:
    """All runs of an experiment, with the engine that would run them."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.engine = experiment, engine_hash()
        self.base = reduced(experiment.base, experiment.arms, experiment.paths)
        own = {path: value_at(experiment.base, path) for path in experiment.paths}
        seen = {arm: _seen_by(arm, experiment, experiment.paths) for arm in experiment.arms}
        self._changes = {arm: [_changes(p, own, seen[arm]) for p in experiment.points] for arm in experiment.arms}
        self._content = {arm: self._of_points(arm, own, seen[arm]) for arm in experiment.arms}

    def _of_points(self, arm: Arm, own: Mapping[str, Any], seen: Collection[str]) -> list[str]:
        """The content of a run at each point, all but the number of its world.

        The firm counts as the sum of digests of its values, so that it does not matter which of them are the
        scenario's, which are settings and which are factors.
        """
        experiment = self.experiment
        firm = reduced(experiment.base, (arm,), experiment.paths).model_dump(mode="json", exclude=set(ABOUT))
        rest = _sum_of("", firm) - sum(_sum_of(path, own[path]) for path in seen)
        sums = [(rest + sum(_sum_of(path, point[path]) for path in seen)) % MODULUS for point in experiment.points]
        fixed = sorted(_seen_by(arm, experiment, experiment.terms.fixed))
        terms = asdict(experiment.terms) | {"fixed": fixed}
        return [_hash([self.engine, f"{found:x}", asdict(arm), terms]).hexdigest() for found in sums]

    def runs(self) -> Iterator[Run]:
        """All runs, in the order in which results are sorted: point, arm, replicate."""
        for point in range(len(self.experiment.points)):
            for arm in self.experiment.arms:
                start = _hash(self._content[arm][point])
                for replicate in range(self.experiment.replicates):
                    whole = start.copy()
                    whole.update(str(replicate).encode())
                    yield Run(point, arm, replicate, whole.hexdigest())

    def table(self) -> pa.Table:
        """All runs as columns: point, one for each factor, structure, pay, seed, replicate, key."""
        import pyarrow as pa

        runs = list(self.runs())
        experiment = self.experiment
        columns: dict[str, Any] = {"point": pa.array([run.point for run in runs], pa.int32())}
        for path in experiment.paths:
            values = _column([point[path] for point in experiment.points])
            columns[path] = values.take(columns["point"])
        columns["structure"] = [run.arm.structure for run in runs]
        columns["pay"] = [run.arm.pay for run in runs]
        columns["seed"] = pa.array([experiment.terms.seed] * len(runs), pa.int64())
        columns["replicate"] = pa.array([run.replicate for run in runs], pa.int64())
        columns["key"] = [run.key for run in runs]
        return pa.table(columns)

    def worlds(self, done: Collection[str]) -> dict[tuple[Changes, int], dict[Arm, str]]:
        """The runs that are missing, by world: its arms and their keys. The first worlds cover all points."""
        missing: dict[tuple[Changes, int], dict[Arm, str]] = {}
        place: dict[tuple[Changes, int], tuple[int, int]] = {}
        known: set[str] = set()
        for run in self.runs():
            if run.key not in done and run.key not in known:
                known.add(run.key)
                world = (self._changes[run.arm][run.point], run.replicate)
                place.setdefault(world, (run.replicate // BLOCK, run.point))
                missing.setdefault(world, {})[run.arm] = run.key
        return {world: missing[world] for world in sorted(missing, key=lambda world: (*place[world], world[1]))}


def worlds_of(batch: Mapping[tuple[Changes, int], Mapping[Arm, str]]) -> tuple[World, ...]:
    """The worlds of a batch as a task holds them."""
    return tuple(World(changes, replicate, tuple(arms)) for (changes, replicate), arms in batch.items())


def taken[K, V](from_: dict[K, V], number: int) -> dict[K, V]:
    """The first entries of a dictionary, taken out of it."""
    keys = list(islice(from_, number))
    return {key: from_.pop(key) for key in keys}


def reduced(scenario: Scenario, arms: Collection[Arm], paths: Collection[str]) -> Scenario:
    """The scenario with the structures, pay plans and devices that these arms and today's can meet, and no others.

    Runs give the same with it. Where a factor changes today's arm or what devices a structure holds, all stay.
    """
    if any(_widens(path) for path in paths):
        return scenario
    today = scenario.today
    structures = {arm.structure for arm in arms} | {today.structure}
    plans = {arm.pay for arm in arms} | {today.pay}
    kept = {name: one for name, one in scenario.structures.items() if name in structures}
    held = {device for one in kept.values() for device in one.devices}
    return scenario.model_copy(
        update={
            "structures": kept,
            "pay": {name: one for name, one in scenario.pay.items() if name in plans},
            "devices": {name: one for name, one in scenario.devices.items() if name in held},
        }
    )


def _widens(path: str) -> bool:
    parts = path.split(".")
    return parts[0] == "today" or (parts[0] == "structures" and (len(parts) < 3 or parts[2] == "devices"))


def _seen_by(arm: Arm, experiment: Experiment, paths: Collection[str]) -> set[str]:
    """Those of the paths whose values an arm can notice."""
    firm = reduced(experiment.base, (arm,), experiment.paths)
    tables: dict[str, Collection[str]] = {"structures": firm.structures, "pay": firm.pay, "devices": firm.devices}
    return {
        path
        for path in paths
        for first, second in [(*path.split("."), "")[:2]]
        if first not in tables or not second or second in tables[first]
    }


def _changes(point: Mapping[str, Any], own: Mapping[str, Any], seen: Collection[str]) -> Changes:
    """What a point changes for an arm that sees some paths; a value that is the firm's own is no change."""
    return tuple(
        (path, _frozen(value))
        for path, value in sorted(point.items())
        if path in seen and _text(value) != _text(own[path])
    )


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, (list, tuple)) else value


def _text(content: Any) -> str:
    return json.dumps(plain(content, infinite="inf"), sort_keys=True, ensure_ascii=False)


def _sum_of(path: str, content: Any) -> int:
    """The sum of the digests of all values at and below a dotted path."""
    if isinstance(content, BaseModel):
        content = content.model_dump(mode="json")
    if isinstance(content, Mapping):
        return sum(_sum_of(f"{path}.{key}".removeprefix("."), value) for key, value in content.items())
    if isinstance(content, (list, tuple)):
        return sum(_sum_of(f"{path}.{place}", value) for place, value in enumerate(content))
    return int.from_bytes(_hash([path, content]).digest())


def _hash(content: Any) -> hashlib.blake2b:
    return hashlib.blake2b(_text(content).encode(), digest_size=16)


def _column(values: list[Any]) -> pa.Array:
    """Values of one factor as a column: of their own type where they share one, else as text; None is missing."""
    import pyarrow as pa

    there = [value for value in values if value is not None]
    kinds = {type(value) for value in there}
    as_one: Callable[[Any], Any] | None = None
    if any(isinstance(value, (list, tuple, dict)) for value in there):
        as_one = _text
    elif len(kinds) > 1:
        as_one = float if kinds == {int, float} else str
    return pa.array([value if value is None or as_one is None else as_one(value) for value in values])
