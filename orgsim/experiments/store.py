"""Results on disk: written beside their place, then moved into it, so that nothing is ever half-written."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def write_whole(path: Path, write: Callable[[str], None]) -> None:
    """Let `write` fill a temporary file in the same folder, flush it to disk, and move it to `path` in one step.

    OSError, such as a full disk or a read-only folder, leaves what was there before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".part", dir=path.parent)
    os.close(handle)
    try:
        write(name)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """A file with this content, whole or not at all."""
    write_whole(path, lambda name: _fill(name, data))


def _fill(name: str, data: bytes) -> None:
    with open(name, "wb") as file:
        file.write(data)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """A table as Parquet, the same bytes for the same table: no clock, host, path or library version inside."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    write_whole(path, lambda name: pq.write_table(arrow, name, compression="zstd", store_schema=False))


def plain(value: Any, infinite: str | None = None) -> Any:
    """The value as JSON can hold it: NaN becomes null, NumPy's numbers Python's, and an infinity what `infinite` says,
    with a minus sign where it has one."""
    if isinstance(value, dict):
        return {str(key): plain(item, infinite) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, infinite) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, float) or math.isfinite(value):
        return value
    if infinite is None or math.isnan(value):
        return None
    return infinite if value > 0 else f"-{infinite}"


def write_json(path: Path, content: Any) -> None:
    """Content as indented JSON; infinities become "inf", NaN null."""
    data = plain(content, infinite="inf")
    text = json.dumps(data, indent=2, ensure_ascii=False, default=str, allow_nan=False) + "\n"
    write_bytes(path, text.encode())


def manifest(scenarios: list[Any], **facts: Any) -> dict[str, Any]:
    """What is needed to make the results again: scenarios in full, versions, the engine's source hash, the command.

    Plain data, as `write_json` writes it.
    """
    from orgsim.engine.compile import source_hash

    packages = ("orgsim", "numpy", "scipy", "numba", "pandas", "pyarrow", "pydantic", "duckdb")
    about = {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: _version(name) for name in packages} | {"python": platform.python_version()},
        "engine": source_hash(),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        **facts,
        "scenarios": [scenario.model_dump(mode="json") for scenario in scenarios],
    }
    data: dict[str, Any] = plain(about, infinite="inf")
    return data


def _version(package: str) -> str:
    try:
        return version(package)
    except Exception:  # a checkout that is on the path but not installed has no metadata
        return "not installed"
