"""The store of a sweep on disk: immutable shards of runs, each named after its own content.

    DIR/manifest.json     what the sweep is: scenario, design, seeds, versions, machine, command
    DIR/plans/*.parquet   runs that were asked for: factors, arm, seed, replicate and content key of each
    DIR/shards/*.parquet  runs that were done: content key, figures or error
    DIR/set-aside/        shards that were found damaged

A shard is written under another name, flushed to disk and renamed, so it is there whole or not at all; its name is a
digest of its bytes, so damage is noticed. Nothing in a shard is ever changed. Processes that share a folder write
shards of their own, and a run that two of them did has the same figures in both.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgsim.experiments.store import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

TURNS = 4  # looks at a folder in which others merge shards meanwhile
STALE = 3600.0  # seconds after which a file half written belongs to a process that is gone
ABOUT_RUN = ("key", "structure", "pay", "seed", "replicate", "error", "seconds")


class SweepError(Exception):
    """A sweep that cannot go on, or cannot be read as asked; the message says what to do."""


@dataclass(frozen=True)
class Damaged:
    """A shard whose content is not what its name says."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


def begun_again[**P, T](read: Callable[P, T]) -> Callable[P, T]:
    """A method that reads shards, begun anew, after `forget`, where a sweep has merged some of them away meanwhile.

    Raises SweepError where that goes on.
    """

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        reader: Any = args[0]
        for _ in range(TURNS):
            try:
                return read(*args, **kwargs)
            except Exception as error:
                if not (isinstance(error, FileNotFoundError) or type(error).__name__ == "IOException"):  # DuckDB's
                    raise
                reader.forget()
        raise SweepError("shards are merged or taken away all the time; read again when the sweep is over")

    return reading


class Shards:
    """The shards of one sweep, or its plans, which are kept the same way."""

    def __init__(self, folder: Path, kind: str = "shards") -> None:
        self.folder, self.aside = folder / kind, folder / "set-aside"

    def write(self, table: pa.Table) -> Path:
        """Add a shard; it is on disk when this returns. OSError leaves no trace."""
        data = as_parquet(table)
        path = self.folder / f"{_digest(data)}.parquet"
        if not path.exists() or path.read_bytes() != data:
            write_bytes(path, data)
        return path

    def names(self) -> list[str]:
        """Names of all shards, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(name for name in os.listdir(self.folder) if name.endswith(".parquet"))

    def read(self, name: str, columns: list[str] | None = None) -> pa.Table | Damaged:
        """A shard's runs, or what is wrong with it. FileNotFoundError when another process has merged it away."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.folder / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            return Damaged(path, f"cannot be read ({error.strerror or error})")
        if f"{_digest(data)}.parquet" != name:
            return Damaged(path, f"its {len(data):,} bytes are not those that were written")
        try:
            return pq.ParquetFile(pa.BufferReader(data)).read(columns)
        except (pa.ArrowException, KeyError, OSError) as error:
            return Damaged(path, f"is no table of runs ({str(error).splitlines()[0]})")

    def scan(self, columns: list[str], names: Iterable[str] | None = None) -> tuple[dict[str, pa.Table], list[Damaged]]:
        """Some columns of all shards by name, and those that are damaged; begun again while others merge theirs."""
        for turn in range(TURNS):
            whole: dict[str, pa.Table] = {}
            damaged: list[Damaged] = []
            gone = False
            for name in self.names() if names is None else names:
                try:
                    found = self.read(name, columns)
                except FileNotFoundError:
                    gone = True
                    if turn + 1 == TURNS and name in self.names():
                        damaged.append(Damaged(self.folder / name, "is listed and cannot be opened"))
                    continue
                if isinstance(found, Damaged):
                    damaged.append(found)
                else:
                    whole[name] = found
            if not gone or names is not None:
                break
        return whole, damaged

    def set_aside(self, shard: Damaged) -> Path:
        """Move a damaged shard out of the way, so that its runs count as missing."""
        self.aside.mkdir(exist_ok=True)
        place = self.aside / shard.path.name
        with suppress(FileNotFoundError):  # another process was quicker
            os.replace(shard.path, place)
        return place

    def merge(self, names: Iterable[str]) -> Path | None:
        """Put shards that this process wrote into one and delete them: many small files are slow to read."""
        import pyarrow as pa

        tables = []
        for name in names:
            try:
                found = self.read(name)
            except FileNotFoundError:
                return None  # somebody took it away: its runs are missing, which the next sweep sees
            if isinstance(found, Damaged):
                return None
            tables.append(found)
        merged = self.write(pa.concat_tables(tables, promote_options="permissive"))
        for name in names:
            if name != merged.name:
                (self.folder / name).unlink(missing_ok=True)
        return merged

    def clear_parts(self) -> None:
        """Delete what processes that were killed left half-written."""
        for path in self.folder.glob(".*.part"):
            try:
                if time.time() - path.stat().st_mtime > STALE:
                    path.unlink()
            except OSError:
                continue


def _digest(data: bytes | memoryview) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def as_parquet(table: pa.Table) -> bytes:
    """A table as Parquet: the same bytes for the same table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(None), sink, compression="zstd", store_schema=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def arrow_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of runs as a table: text and whole numbers as such, figures as they are."""
    import pyarrow as pa

    names = list(dict.fromkeys([*ABOUT_RUN, *(name for row in rows for name in row)]))
    types = {"key": pa.string(), "error": pa.string(), "seconds": pa.float64()}
    return pa.table({name: pa.array([row.get(name) for row in rows], types.get(name)) for name in names})


@contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Whether this process is the first that sweeps in the folder; the claim goes when the process does.

    On a file system that knows no locks all are first, and processes that meet there do some runs twice.
    """
    with open(folder / ".lock", "w", encoding="utf-8") as file:
        first = True
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            first = False
        except (ImportError, OSError):
            pass
        yield first
