"""The manifest and the plan of a sweep on disk: what it is and what made it, written by `sweep`, read by `opened`."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgsim.experiments.store import manifest, plain, write_json
from orgsim.experiments.sweeps.design import Factor
from orgsim.experiments.sweeps.shards import Shards
from orgsim.scenario.errors import Problem, ScenarioError, show

if TYPE_CHECKING:
    import pyarrow as pa

    from orgsim.experiments.sweeps.plan import Plan

NEEDED = {"name", "title", "arms", "factors", "design", "listed", "replicates", "terms"}  # of a manifest's experiment


def store_plan(folder: Path, table: pa.Table) -> str:
    """Put a plan on disk under a name made of its content; returns the name."""
    (folder / "plans").mkdir(exist_ok=True)
    return Shards(folder, "plans").write(table).name


def write_manifest(folder: Path, plan: Plan, name: str, command: list[str] | None) -> None:
    """What the sweep is and what made it; `open_results` reads it."""
    experiment = plan.experiment
    about = manifest(
        [experiment.base], plan=name, results_of=plan.engine, **({"command": command} if command else {}),
        experiment={
            "name": experiment.name, "title": experiment.title, "arms": [asdict(arm) for arm in experiment.arms],
            "factors": [asdict(factor) for factor in experiment.factors], "design": asdict(experiment.design),
            "listed": list(experiment.listed), "replicates": experiment.replicates, "terms": asdict(experiment.terms),
        },
    )  # fmt: skip
    write_json(folder / "manifest.json", about | {"digest": _digest(about)})


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sweep's folder; ScenarioError where there is none."""
    path = folder / "manifest.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        about = found.get("experiment") if isinstance(found, dict) else None
        if not isinstance(about, dict) or NEEDED - set(about) or {"plan", "scenarios"} - set(found):
            raise ValueError("not a sweep's")
        if found.pop("digest", None) != _digest(found):
            raise ValueError("not what was written")
        return dict(found)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            raise
        message = f"found {show(str(folder))}; no sweep is there (no manifest.json): `orgsim sweep` makes one"
    except (ValueError, RecursionError):
        message = (
            f"found {show(str(folder))}; its manifest.json is not that of a sweep. The sweep's command writes it anew; "
            "runs in shards/ are kept"
        )
    raise ScenarioError([Problem("command", None, "folder", show(str(folder)), message, None)])


def _digest(content: dict[str, Any]) -> str:
    """Digest of a manifest's content, by which damage to it is noticed."""
    text = json.dumps(plain(content, infinite="inf"), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def revived(content: Any) -> Any:
    """Plain data with infinities as numbers again."""
    if isinstance(content, dict):
        return {key: revived(value) for key, value in content.items()}
    if isinstance(content, list):
        return [revived(value) for value in content]
    return float(content) if content in ("inf", "-inf") else content


def factor_of(about: dict[str, Any]) -> Factor:
    """A factor from its plain data."""
    about = revived(about)
    values = about["values"]
    settings = tuple((name, float(value)) for name, value in about["settings"])
    return Factor(**{**about, "values": None if values is None else tuple(map(frozen, values)), "settings": settings})


def frozen(value: Any) -> Any:
    """Lists as tuples, at all depths."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value
