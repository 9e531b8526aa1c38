"""Small sweeps for the tests of accidents: how they are started, what they leave, and what they must give."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from orgsim.experiments.sweeps.experiment import Experiment, experiment
from orgsim.experiments.sweeps.opened import open_results
from orgsim.experiments.sweeps.sweep import sweep

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"market.size": 200, "time.years": 0.25, "time.warm_up_years": 0.1, "time.run_off_months": 0}
ARMS = ["merged", "separate"]
LEVELS = [2, 3, 4]
WAIT = 60.0
# The command itself, with batches so small that a sweep of seconds writes and merges hundreds of shards.
HASTY = (
    "import orgsim.experiments.sweeps.sweep as s; s.BATCH, s.MERGED, s.LOOK = {batch}, 4, 0.3; "
    "from orgsim.cli import main; main(prog_name='orgsim')"
)


def small(replicates: int = 4, **keys: Any) -> Experiment:
    """Three team sizes under two arms, each run some hundredths of a second long; any key may be given anew."""
    given = {"structures": ARMS, "settings": SETTINGS, "factors": {"people.reps": LEVELS}}
    return experiment("baseline", replicates=replicates, **{**given, **keys})


def as_file(path: Path, replicates: int = 4, settings: dict[str, Any] = SETTINGS, factors: str = "") -> Path:
    """The same experiment as a file."""
    lines = [f"replicates = {replicates}", f"structures = {ARMS}", "[settings]"]
    lines += [f'"{key}" = {value}' for key, value in settings.items()]
    lines += ["[factors]", factors or f'"people.reps" = {LEVELS}']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Inline(Executor):
    """A single thread: each task is done where and when it is handed in. `before` is called first, with its number."""

    def __init__(self, before: Callable[[int], None] = lambda number: None) -> None:
        self.before, self.number = before, 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.number += 1
        self.before(self.number)
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def exported(folder: Path, **options: Any) -> tuple[bytes, bytes]:
    """What `orgsim export` writes, as Parquet and as CSV."""
    out = []
    for ending in ("parquet", "csv"):
        file = folder.with_name(f"{folder.name}-export.{ending}")
        open_results(folder).export(file, **options)
        out.append(file.read_bytes())
        file.unlink()
    return out[0], out[1]


def undisturbed(asked: Experiment, folder: Path) -> tuple[bytes, bytes]:
    """The exports of a sweep by a single thread that nothing happens to."""
    outcome = sweep(asked, folder, executor=Inline())
    assert (outcome.missing, outcome.failed, outcome.interrupted) == (0, 0, False)
    return exported(folder)


def shards(folder: Path) -> list[Path]:
    return sorted((folder / "shards").glob("*.parquet"))


def litter(folder: Path) -> list[str]:
    """Whatever is in a sweep's folder beside what belongs there."""
    own = {"manifest.json", ".lock", "plans", "shards", "set-aside"}
    left = [name for name in os.listdir(folder) if name not in own]
    for below in ("plans", "shards"):
        if (folder / below).is_dir():
            left += [f"{below}/{name}" for name in os.listdir(folder / below) if not name.endswith(".parquet")]
    return left


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def started(*args: str | Path, hasty: float | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
    """`orgsim ARGS` as a process of a group of its own. hasty: seconds of work in a batch."""
    how = ["-m", "orgsim"] if hasty is None else ["-c", HASTY.format(batch=hasty)]
    return subprocess.Popen(
        [sys.executable, *how, *map(str, args)], cwd=cwd, env=environment(), encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        # What a shell runs in the background ignores Ctrl-C, and so do its children, unless told otherwise.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def ended(process: subprocess.Popen[str], seconds: float = WAIT) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a process."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            process.kill()
    return process.returncode, out, err


def orgsim(*args: str | Path, cwd: Path | None = None) -> tuple[int, str, str]:
    """`orgsim ARGS` to its end, in a process of its own."""
    return ended(started(*args, cwd=cwd))


def in_process(*args: str | Path) -> tuple[int, str, str]:
    """`orgsim ARGS` in this process."""
    from click.testing import CliRunner

    from orgsim.cli import main

    found = CliRunner(env={"COLUMNS": "200"}).invoke(main, list(map(str, args)), prog_name="orgsim")
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.stdout, found.stderr


def until(true: Callable[[], Any], process: subprocess.Popen[str] | None = None, seconds: float = WAIT) -> bool:
    """Wait for something; False when the process ends before."""
    end = time.monotonic() + seconds
    while not true():
        if process is not None and process.poll() is not None:
            return False
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)
    return True


def done_in(folder: Path) -> int:
    """Runs of the plan that are on disk; none before there is a plan."""
    return open_results(folder).status().done if (folder / "manifest.json").exists() else 0
