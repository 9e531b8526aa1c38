"""A comparison read back from the folder that `orgsim compare` wrote, or a clear word on why it cannot be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgsim.experiments import metrics
from orgsim.experiments.comparison import Comparison
from orgsim.experiments.precision import Reached, Target
from orgsim.experiments.statistics import INTERVALS
from orgsim.experiments.sweeps.manifest import revived
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

MANIFEST, RUNS = "manifest.json", "runs.parquet"
KEYS = ("structure", "pay", "replicate", "seed")
NEEDED = ("seed", "arms", "today", "against", "scenarios", "replicates", "start", "budget", "uncertain", "engine")


class StoredError(Exception):
    """A folder that holds no whole comparison; the message says what it is and what to do instead."""


@dataclass
class Stored:
    """A comparison, the command that made it, its versions, and whether this engine is the one that ran it."""

    comparison: Comparison
    command: list[str]
    versions: dict[str, str]
    engine: str
    same_engine: bool


def comparison_of(folder: Path) -> Stored:
    """The comparison in a folder, with all that its manifest says of it.

    Raises StoredError where the folder is none, holds something else (a sweep, a run, a selection), or is damaged.
    """
    about = _manifest(folder)
    table = _runs(folder / RUNS)
    try:
        comparison = _comparison(about, table)
    except StoredError:
        raise
    except Exception as error:
        raise StoredError(f"{folder / MANIFEST}: damaged ({type(error).__name__}: {_line(error)})") from error
    _check_complete(comparison, folder / RUNS)
    from orgsim.engine.compile import source_hash

    versions = {str(name): str(text) for name, text in dict(about.get("versions") or {}).items()}
    return Stored(comparison, [str(word) for word in about.get("command") or []], versions, str(about["engine"]),
                  about["engine"] == source_hash())  # fmt: skip


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not folder.exists():
        raise StoredError(f"{folder}: there is no such folder")
    if not folder.is_dir():
        raise StoredError(f"{folder}: this is a file; give the folder that `orgsim compare` wrote")
    if not path.is_file():
        if (folder / "summary.json").is_file():
            raise StoredError(f"{folder}: holds one run; a report needs a comparison: `orgsim compare`")
        inside = sorted(found.parent.name for found in folder.glob(f"*/{MANIFEST}"))
        hint = f"; did you mean {folder / inside[0]}?" if inside else "; write one with `orgsim compare`"
        raise StoredError(f"{folder}: holds no comparison ({MANIFEST} is missing){hint}")
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise StoredError(f"{path}: damaged, no JSON ({_line(error)}); run `orgsim compare` again") from error
    if not isinstance(about, dict):
        raise StoredError(f"{path}: damaged; run `orgsim compare` again")
    if "design" in about or "experiment" in about or list(folder.glob("shard*")) or (folder / "runs").is_dir():
        raise StoredError(f"{folder}: holds a sweep; read it with `orgsim effects {folder}`")
    if "indifference" in about or (folder / "selection.csv").is_file():
        raise StoredError(f"{folder}: holds a selection of the best, in which arms were dropped on the way; compare "
                          "the ones that matter with `orgsim compare --arms ...`")  # fmt: skip
    missing = [name for name in NEEDED if name not in about]
    if missing:
        raise StoredError(f"{path}: lacks {', '.join(missing)}; run `orgsim compare` again")
    return about


def _runs(path: Path) -> pd.DataFrame:
    import pandas as pd

    if not path.is_file():
        raise StoredError(f"{path}: missing; run `orgsim compare` again")
    try:
        table = pd.read_parquet(path)
    except Exception as error:
        raise StoredError(f"{path}: damaged ({_line(error)}); run `orgsim compare` again") from error
    lacking = [name for name in KEYS if name not in table.columns]
    if lacking:
        raise StoredError(f"{path}: lacks the columns {', '.join(lacking)}; run `orgsim compare` again")
    return table


def _comparison(about: dict[str, Any], table: pd.DataFrame) -> Comparison:
    scenario = Scenario.model_validate(revived(about["scenarios"][0]))
    arms = tuple(_arm(name) for name in about["arms"])
    return Comparison(
        scenario, arms, _arm(about["today"]), int(about["seed"]), int(about["replicates"]), table,
        bool(about["uncertain"]), str(about["start"]), str(about["budget"]), _arm(about["against"]),
        **_settings(about, scenario),
    )  # fmt: skip


def _settings(about: dict[str, Any], scenario: Scenario) -> dict[str, Any]:
    """Confidence and kind of interval, from the command as it was written, and how a run until a precision ended."""
    from orgsim.scenario.units import parse

    given = dict(zip(about["command"], about["command"][1:], strict=False))
    found: dict[str, Any] = {
        "confidence": float(about["confidence"]) if "confidence" in about else parse(
            given.get("--confidence", "95%"), "share"),
        "interval": str(about.get("interval") or given.get("--interval", "t")),
    }  # fmt: skip
    told = {"interval": (found["interval"], INTERVALS), "start": (about["start"], ("today", "own")),
            "budget": (about["budget"], ("free", "equal"))}  # fmt: skip
    for name, (value, allowed) in told.items():
        if value not in allowed:
            raise StoredError(f"{MANIFEST}: {name}: found {value!r}; allowed: {', '.join(allowed)}")
    if not 0 < found["confidence"] < 1:
        raise StoredError(f"{MANIFEST}: confidence: found {found['confidence']}; allowed: between 0 and 1")
    precise = about.get("precision")
    if precise:
        found["metric"] = metrics.metric_of(scenario, precise["metric"]).name
        found["reached"] = Reached(
            Target(float(precise["target"]), bool(precise["relative"])), found["confidence"], int(precise["first"]),
            int(precise["most"]), int(about["replicates"]), float(precise["allowed"]),
            tuple(float(one["half_width"]) for one in precise["achieved"]), precise["replicates_needed"],
        )  # fmt: skip
    return found


def _check_complete(c: Comparison, path: Path) -> None:
    """Every arm in every world, once, with all figures."""
    there: dict[tuple[str, str], list[int]] = {}
    keys = (c.runs[name].tolist() for name in ("structure", "pay", "replicate"))
    for structure, pay, replicate in zip(*keys, strict=True):
        there.setdefault((structure, pay), []).append(replicate)
    if c.today != Arm(c.scenario.today.structure, c.scenario.today.pay):
        raise StoredError(f"{MANIFEST}: today: {c.today} is not the scenario's; run `orgsim compare` again")
    for arm in c.arms:
        if arm.structure not in c.scenario.structures or arm.pay not in c.scenario.pay:
            raise StoredError(f"{path}: {arm} is no arm of the scenario in {MANIFEST}")
        worlds = there.get((arm.structure, arm.pay))
        if worlds is None:
            raise StoredError(f"{path}: has no runs of {arm}; run `orgsim compare` again")
        if worlds != list(range(c.replicates)):
            found = len(set(worlds) & set(range(c.replicates)))
            raise StoredError(f"{path}: {arm} has {found} of {c.replicates} worlds, or not in their order; run "
                              "`orgsim compare` again")  # fmt: skip
    if len(c.runs) != len(c.arms) * c.replicates:
        raise StoredError(f"{path}: holds runs of other arms than {MANIFEST} names; run `orgsim compare` again")
    lacking = [name for name in metrics.metrics_of(c.scenario) if name not in c.runs.columns]
    if lacking:
        some = ", ".join(lacking[:3]) + (" and others" if len(lacking) > 3 else "")
        raise StoredError(f"{path}: was written by another version, without {some}; run `orgsim compare` again")
    if list(c.runs["seed"].unique()) != [c.seed]:
        raise StoredError(f"{path}: is not of seed {c.seed}, which {MANIFEST} names; run `orgsim compare` again")


def _arm(name: str) -> Arm:
    structure, _, pay = (part.strip() for part in name.partition("/"))
    return Arm(structure, pay)


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
