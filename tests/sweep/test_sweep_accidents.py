"""Full disks, folders that cannot be written, damaged files, other versions of the engine, runs that fail: each is
told, nothing is silently dropped, and when the cause is gone the export is that of an undisturbed sweep."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweeping
from sweeping import SETTINGS, as_file, exported, in_process, litter, orgsim, shards, small, undisturbed

from orgsim.experiments import store as store_module
from orgsim.experiments.sweeps import shards as shards_module
from orgsim.experiments.sweeps import sweep as module
from orgsim.experiments.sweeps.experiment import experiment
from orgsim.experiments.sweeps.opened import SweepError, open_results
from orgsim.experiments.sweeps.sweep import sweep

WORLDS = 8
RUNS = WORLDS * len(sweeping.LEVELS) * len(sweeping.ARMS)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The exports of a sweep that nothing happened to."""
    return undisturbed(small(WORLDS), tmp_path_factory.mktemp("calm") / "out")


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a complete sweep with several shards."""
    folder = tmp_path_factory.mktemp("several") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", 0.05)
        patch.setattr(module.Shards, "merge", lambda self, names: None)
        sweep(small(WORLDS), folder)
    assert len(shards(folder)) > 3
    return folder


@pytest.fixture
def swept(several: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(several, tmp_path / "out"))


# No room, no right to write ------------------------------------------------------------------------------------------


@contextmanager
def tiny_disk(place: Path, size: str) -> Iterator[None]:
    """A file system of a few kilobytes at a folder; the test is skipped where none can be had."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_keeps_what_was_stored_says_what_to_do_and_the_same_command_goes_on(
    tmp_path: Path, calm: tuple[bytes, bytes]
) -> None:
    asked = as_file(tmp_path / "small.toml", WORLDS)
    disk = tmp_path / "disk"
    with tiny_disk(disk, "256k"):
        folder = disk / "out"
        code, _, err = sweeping.ended(sweeping.started("sweep", asked, "--out", folder, hasty=0.02))
        assert code == 1, err
        assert "No space left on device" in err
        assert "make room" in err
        assert "Traceback" not in err
        assert litter(folder) == []
        before = open_results(folder).status()
        assert 0 < before.done < RUNS
        assert before.damaged == ()
        with pytest.raises(SweepError, match="runs are missing"):
            exported(folder)
        again = subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], capture_output=True, check=False)
        assert again.returncode == 0
        code, _, err = orgsim("sweep", asked, "--out", folder)
        assert code == 0, err
        assert f"{before.done:,} were there" in err
        assert exported(folder) == calm


@pytest.mark.parametrize(
    ("at", "code"), [*((at, errno.ENOSPC) for at in (1, 2, 3, 5, 8)), (3, errno.EDQUOT), (4, errno.EIO)]
)
def test_no_room_at_any_write_loses_nothing(
    tmp_path: Path, calm: tuple[bytes, bytes], at: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write number `at` fails half-way: the plan's, the manifest's, a shard's, that of shards put together."""
    monkeypatch.setattr(module, "BATCH", 0.02)
    monkeypatch.setattr(module, "MERGED", 3)
    number = 0
    fill = store_module._fill

    def failing(name: str, data: bytes) -> None:
        nonlocal number
        number += 1
        fill(name, data[: len(data) // 2] if number >= at else data)
        if number >= at:
            raise OSError(code, os.strerror(code), name)

    monkeypatch.setattr(store_module, "_fill", failing)
    asked, folder = as_file(tmp_path / "small.toml", WORLDS), tmp_path / "out"
    exit_code, _, err = in_process("sweep", asked, "--out", folder, "--workers", "1")
    assert exit_code == 1, err
    assert os.strerror(code) in err
    assert "make room or choose another --out" in err
    assert litter(folder) == []
    done = sweeping.done_in(folder)
    monkeypatch.undo()
    exit_code, _, err = in_process("sweep", asked, "--out", folder)
    assert exit_code == 0, err
    assert (f"{done:,} were there" in err) == (done > 0)
    assert exported(folder) == calm


def test_a_limit_of_file_sizes_is_an_error_and_no_end_by_signal(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    asked = as_file(tmp_path / "small.toml", WORLDS)
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (4096, 4096)); "
    code = limit + "from orgsim.cli import main; main(prog_name='orgsim')"
    found = subprocess.run(
        [sys.executable, "-c", code, "sweep", str(asked), "--out", str(tmp_path / "out")], capture_output=True,
        encoding="utf-8", env=sweeping.environment(), timeout=60, check=False,
    )  # fmt: skip
    assert resource
    assert found.returncode == 1, found.stderr
    assert "File too large" in found.stderr
    assert litter(tmp_path / "out") == []


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_run(tmp_path: Path) -> None:
    asked = as_file(tmp_path / "small.toml")
    place = tmp_path / "place"
    with tiny_disk(place, "1m"):
        sweep(small(1), place / "out")
        frozen = subprocess.run(["mount", "-o", "remount,ro", str(place)], capture_output=True, check=False)
        assert frozen.returncode == 0
        for folder in (place / "new", place / "out"):
            code, _, err = in_process("sweep", asked, "--out", folder)
            assert code == 2, err
            assert "is not writable" in err
            assert str(place) in err
        # What is there can be read all the same.
        for command in (["status"], ["query", "SELECT count(*) FROM runs"], ["export", tmp_path / "runs.csv"]):
            code, _, err = in_process(command[0], place / "out", *command[1:])
            assert code == 0, err


def test_a_file_in_the_way_of_the_folder_is_told(tmp_path: Path) -> None:
    asked = as_file(tmp_path / "small.toml")
    for way in (asked, asked / "out"):
        code, _, err = in_process("sweep", asked, "--out", way)
        assert code == 2
        assert "a folder is needed" in err
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "shards").write_text("in the way", encoding="utf-8")
    code, _, err = in_process("sweep", asked, "--out", folder)
    assert code == 2, err
    assert str(folder / "shards") in err
    assert (folder / "shards").read_text("utf-8") == "in the way"


# Damaged files -------------------------------------------------------------------------------------------------------


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def replaced_by_text(path: Path) -> None:
    path.write_text("no table", encoding="utf-8")


def replaced_by_another(path: Path) -> None:
    """A sound shard of other runs under this one's name."""
    path.write_bytes(next(other for other in shards(path.parents[1]) if other != path).read_bytes())


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [flipped, cut_short, emptied, replaced_by_text, replaced_by_another, replaced_by_a_folder]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_shard_is_told_by_all_set_aside_and_its_runs_done_again(
    swept: Path, calm: tuple[bytes, bytes], damage: Callable[[Path], None], tmp_path: Path
) -> None:
    victim = shards(swept)[1]
    lost = len(shards_module.Shards(swept).read(victim.name, ["key"]))
    damage(victim)

    status = open_results(swept).status()
    assert (status.done, status.missing, status.failed) == (RUNS - lost, lost, 0)
    assert len(status.damaged) == 1
    assert str(victim) in status.damaged[0]
    code, _, err = in_process("status", swept)
    assert code == 0
    assert f"Damaged: {victim}" in err.replace("\n", "") or f"Damaged: {victim}" in err
    code, _, err = in_process("export", swept, tmp_path / "runs.csv")
    assert code == 1
    assert f"{lost} of {RUNS} runs are missing (1 shards are damaged)" in err
    assert not (tmp_path / "runs.csv").exists()
    code, out, err = in_process("query", swept, "SELECT count(*) AS n FROM runs", "--format", "json")
    assert code == 0
    assert json.loads(out) == [{"n": RUNS - lost}]
    assert f"{lost} of {RUNS} runs are missing; 1 shards are damaged" in err
    assert victim.exists(), "reading changes nothing"

    code, _, err = in_process("sweep", as_file(tmp_path / "small.toml", WORLDS), "--out", swept)
    assert code == 0, err
    assert f"{lost} runs done" in err
    assert f"Damaged and done again: {victim}" in err
    assert [path.name for path in (swept / "set-aside").iterdir()] == [victim.name]
    status = open_results(swept).status()
    assert (status.missing, status.damaged, status.set_aside) == (0, (), 1)
    assert exported(swept) == calm


def test_all_shards_damaged_at_once_are_all_done_again(swept: Path, calm: tuple[bytes, bytes]) -> None:
    for path in shards(swept):
        flipped(path)
    assert open_results(swept).status().done == 0
    outcome = sweep(small(WORLDS), swept)
    assert (outcome.there, outcome.done) == (0, RUNS)
    assert exported(swept) == calm


def test_shards_that_are_gone_count_as_missing(swept: Path, calm: tuple[bytes, bytes]) -> None:
    shards(swept)[0].unlink()
    assert open_results(swept).status().missing > 0
    with pytest.raises(SweepError, match="missing"):
        exported(swept)
    sweep(small(WORLDS), swept)
    assert exported(swept) == calm
    shutil.rmtree(swept / "shards")
    assert open_results(swept).status().missing == RUNS
    sweep(small(WORLDS), swept)
    assert exported(swept) == calm


@pytest.mark.parametrize("what", ["taken away", "damaged"])
def test_a_shard_that_is_taken_away_or_damaged_under_a_running_sweep_does_not_stop_it(
    tmp_path: Path, calm: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(module, "BATCH", 0.02)
    monkeypatch.setattr(module, "MERGED", 3)
    folder, struck = tmp_path / "out", False

    def strike(number: int) -> None:
        nonlocal struck
        if shards(folder) and not struck:
            struck = True
            shards(folder)[0].unlink() if what == "taken away" else flipped(shards(folder)[0])

    sweep(small(WORLDS), folder, executor=sweeping.Inline(strike), workers=1)
    assert struck
    monkeypatch.undo()
    outcome = sweep(small(WORLDS), folder)
    assert outcome.missing == 0
    assert exported(folder) == calm


def test_a_link_to_nowhere_among_the_shards_hangs_nobody(swept: Path, calm: tuple[bytes, bytes]) -> None:
    (swept / "shards" / "0123456789abcdef0123456789abcdef.parquet").symlink_to(swept / "nowhere")
    code, _, err = sweeping.ended(sweeping.started("status", swept), 15)
    assert code == 0, err
    sweep(small(WORLDS), swept)
    assert exported(swept) == calm


@pytest.mark.parametrize("damage", [*DAMAGES[:4], Path.unlink], ids=lambda damage: damage.__name__)
def test_a_damaged_plan_is_told_and_written_anew_by_the_next_sweep(
    swept: Path, calm: tuple[bytes, bytes], damage: Callable[[Path], None], tmp_path: Path
) -> None:
    (plan,) = (swept / "plans").iterdir()
    damage(plan)
    for command in (["status"], ["query", "SELECT 1"], ["export", tmp_path / "runs.csv"]):
        code, _, err = in_process(command[0], swept, *command[1:])
        assert code == 1, err
        assert str(plan) in err
        assert "run the sweep again" in err
        assert "--debug" not in err
    code, _, err = in_process("sweep", as_file(tmp_path / "small.toml", WORLDS), "--out", swept)
    assert code == 0, err
    assert f"{RUNS} were there" in err
    assert exported(swept) == calm


ABOUT_NOTHING = ["", "{", "3", "null", "[]", "{}", '"plan"', '["experiment", "plan"]',
                 '{"experiment": {}, "plan": "x"}',
                 '{"experiment": 3, "plan": "x"}', '{"experiment": {"arms": 3}, "plan": 4}', "\x00\x00"]  # fmt: skip


@pytest.mark.parametrize("text", ABOUT_NOTHING)
def test_a_damaged_manifest_is_told_and_written_anew_by_the_next_sweep(
    swept: Path, calm: tuple[bytes, bytes], text: str, tmp_path: Path
) -> None:
    path = swept / "manifest.json"
    path.write_text(text, encoding="utf-8")
    for command in (["status"], ["query", "SELECT 1"], ["export", tmp_path / "runs.csv"]):
        code, _, err = in_process(command[0], swept, *command[1:])
        assert code == 2, err
        assert "manifest.json" in err
        assert "The sweep's command writes it anew; runs in shards/ are kept" in err
    code, _, err = in_process("sweep", as_file(tmp_path / "small.toml", WORLDS), "--out", swept)
    assert code == 0, err
    assert f"{RUNS} were there" in err
    assert exported(swept) == calm


def test_a_folder_without_a_sweep_is_told_and_left_alone(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        for command in (["status"], ["query", "SELECT 1"], ["export", tmp_path / "runs.csv"]):
            code, _, err = in_process(command[0], folder, *command[1:])
            assert code == 2
            assert "no sweep is there" in err
    assert os.listdir(tmp_path) == []


# Another version of the engine ---------------------------------------------------------------------------------------


def test_runs_of_another_engine_are_kept_told_not_used_and_done_again(
    tmp_path: Path, calm: tuple[bytes, bytes]
) -> None:
    folder, asked = tmp_path / "out", as_file(tmp_path / "small.toml", WORLDS)
    older = (
        "import orgsim.experiments.worlds as w, orgsim.experiments.sweeps.plan as p; "
        "w.engine_hash = p.engine_hash = lambda: 'f' * 64; "
        "from orgsim.cli import main; main(prog_name='orgsim')"
    )
    found = subprocess.run(
        [sys.executable, "-c", older, "sweep", str(asked), "--out", str(folder)], capture_output=True,
        encoding="utf-8", env=sweeping.environment(), timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    before = shards(folder)
    assert before
    code, _, err = in_process("sweep", asked, "--out", folder)
    assert code == 0, err
    assert f"{RUNS} runs done" in err
    assert set(before) <= set(shards(folder)), "what another engine gave is kept"
    status = open_results(folder).status()
    assert (status.done, status.missing, status.others) == (RUNS, 0, RUNS)
    code, _, err = in_process("status", folder)
    assert "earlier plan or engine; kept, not used" in err
    assert exported(folder) == calm


# Runs that fail ------------------------------------------------------------------------------------------------------


def failing(replicates: int = 3) -> Any:
    """Half of the points leave the week no time for leads and customers: no firm can be made of them."""
    return experiment(
        "baseline", structures=sweeping.ARMS, replicates=replicates, settings=SETTINGS, factors=FAILING
    )


FAILING = {"reps.leads": [2.3, 34.0], "people.reps": [2, 3]}


def test_a_run_that_fails_is_a_row_with_its_error_and_the_rest_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    asked = as_file(tmp_path / "x.toml", 3, factors='"reps.leads" = [2.3, 34]\n"people.reps" = [2, 3]')
    code, _, err = in_process("sweep", asked, "--out", folder)
    assert code == 1, err
    assert "12 of 24 runs failed" in err
    assert "--retry-failed" in err
    results = open_results(folder)
    status = results.status()
    assert (status.planned, status.done, status.missing, status.failed) == (24, 24, 0, 12)
    assert sum(count for _, count in status.errors) == 12
    runs = results.runs()
    assert (runs["error"].notna() == (runs["reps.leads"] == 34)).all()
    assert (runs["revenue"].isna() == (runs["reps.leads"] == 34)).all()
    revenue = results.metric("revenue", "merged", against="separate")
    assert np.isnan(revenue[2:]).all()
    assert np.isfinite(revenue[:2]).all()
    code, out, err = in_process(
        "query", folder, "SELECT count(*) AS n, count(revenue) AS good, count(error) AS bad FROM runs",
        "--format", "json",
    )  # fmt: skip
    assert json.loads(out) == [{"n": 24, "good": 12, "bad": 12}]
    assert "12 runs failed" in err
    code, _, err = in_process("status", folder)
    assert code == 0
    assert "Failed" in err
    code, _, err = in_process("sweep", asked, "--out", folder)
    assert code == 1, "runs that failed before are told again"
    assert "24 were there" in err
    code, _, err = in_process("sweep", asked, "--out", folder, "--retry-failed")
    assert code == 1
    assert "12 runs done" in err
    assert exported(folder) == undisturbed_with_failures(tmp_path)


def undisturbed_with_failures(folder: Path) -> tuple[bytes, bytes]:
    sweep(failing(), folder / "calm", executor=sweeping.Inline())
    return exported(folder / "calm")


def test_failures_are_counted_once_though_two_sweeps_meet_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", 0.0)
    monkeypatch.setattr(module, "BATCH", 0.0)
    folder = tmp_path / "out"
    other = []

    def meanwhile(number: int) -> None:
        if number == 2:
            monkeypatch.setattr(module, "claimed", lambda folder: contextmanager(lambda: iter([True]))())
            other.append(sweep(failing(), folder, executor=sweeping.Inline(), workers=1))

    outcome = sweep(failing(), folder, executor=sweeping.Inline(meanwhile), workers=1)
    assert outcome.missing == 0
    assert outcome.failed == 12
    assert outcome.by_others > 0
    assert other[0].failed == 12


def test_a_run_that_failed_and_then_did_well_counts_as_done_well_whatever_is_read_first(
    tmp_path: Path, calm: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from orgsim.experiments.worlds import Prepared

    run = Prepared.run

    def unlucky(self: Prepared, arm: Any) -> Any:
        if self.replicate == 3:
            raise ZeroDivisionError("of a kind")
        return run(self, arm)

    monkeypatch.setattr(Prepared, "run", unlucky)
    first = sweep(small(WORLDS), tmp_path / "out")
    assert (first.failed, first.missing) == (6, 0)
    assert "ZeroDivisionError: of a kind" in str(first.first_error)
    monkeypatch.undo()
    assert sweep(small(WORLDS), tmp_path / "out").failed == 6, "runs that failed are not done again unasked"
    again = sweep(small(WORLDS), tmp_path / "out", retry_failed=True)
    assert (again.done, again.failed) == (6, 0)
    last = sweep(small(WORLDS), tmp_path / "out")
    assert (last.failed, last.there) == (0, RUNS)
    assert open_results(tmp_path / "out").status().failed == 0
    n = open_results(tmp_path / "out").query("SELECT count(*) AS n, count(error) AS bad FROM runs")
    assert n.to_dict("records") == [{"n": RUNS, "bad": 0}]
    assert exported(tmp_path / "out") == calm


def test_an_interrupt_before_the_first_run_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, folder = as_file(tmp_path / "small.toml"), tmp_path / "out"

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "Plan", interrupted)
    code, _, err = in_process("sweep", asked, "--out", folder)
    assert code == 130
    assert f"orgsim sweep {asked} --out {folder}" in err
