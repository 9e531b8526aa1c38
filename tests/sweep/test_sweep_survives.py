"""A sweep that is killed, interrupted or shared goes on where it was, and its export is that of an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
import sweeping
from sweeping import done_in, ended, exported, litter, shards, small, started, undisturbed, until

from orgsim.experiments.sweeps.shards import STALE
from orgsim.experiments.sweeps.sweep import sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
KILLS = 20
EARLY = 6  # more kills while a process starts, reads the plan and writes the manifest
MANY = 600  # replicates of the sweep that is killed: more than all lives together can do


def long_file(folder: Path, replicates: int = MANY) -> Path:
    return sweeping.as_file(folder / "small.toml", replicates)


def age(folder: Path) -> int:
    """Make what is half-written look old enough to belong to nobody; returns how much there is."""
    parts = list(folder.rglob(".*.part"))
    for path in parts:
        os.utime(path, (time.time() - 2 * STALE,) * 2)
    return len(parts)


@pytest.mark.slow
def test_a_sweep_killed_twenty_six_times_at_random_moments_gives_the_same_export(tmp_path: Path) -> None:
    chance = random.Random(5)
    asked, folder = long_file(tmp_path), tmp_path / "out"
    kills, done, parts = 0, 0, 0
    for life in range(KILLS + EARLY):
        early = life % 4 == 1 and life < 4 * EARLY
        process = started("sweep", asked, "--out", folder, hasty=0.05)
        if early:
            time.sleep(chance.uniform(0.05, 2.0))
        else:
            before = set(shards(folder))
            assert until(lambda before=before: set(shards(folder)) - before, process), ended(process)
            time.sleep(chance.uniform(0, 0.25))
        process.kill()
        code, _, _ = ended(process)
        kills += code == -signal.SIGKILL
        assert all(path.endswith(".part") for path in litter(folder)) if folder.exists() else early
        now = done_in(folder)
        assert now >= done
        done = now
        parts += len(list(folder.rglob(".*.part")))
    assert kills == KILLS + EARLY
    whole = 2 * len(sweeping.LEVELS) * MANY
    assert 0 < done < whole, "the kills are to hit a sweep at work: raise MANY"
    age(folder)
    finish = small(max(40, done // 6))
    outcome = sweep(finish, folder)
    assert outcome.there > 0
    assert (outcome.missing, outcome.failed, outcome.set_aside) == (0, 0, [])
    assert litter(folder) == []
    assert exported(folder) == undisturbed(finish, tmp_path / "calm")


@pytest.mark.slow
def test_a_sweep_killed_three_times_gives_the_same_export(tmp_path: Path) -> None:
    asked, folder = long_file(tmp_path, 60), tmp_path / "out"
    for _ in range(3):
        before = set(shards(folder))
        process = started("sweep", asked, "--out", folder, hasty=0.02)
        assert until(lambda before=before: set(shards(folder)) - before, process), ended(process)
        process.kill()
        ended(process)
    assert 0 < done_in(folder) < 360
    outcome = sweep(small(60), folder)
    assert outcome.there > 0
    assert exported(folder) == undisturbed(small(60), tmp_path / "calm")


@pytest.mark.parametrize(
    "executor", ["threads", *(pytest.param(name, marks=pytest.mark.slow) for name in ("processes", "dask"))]
)
def test_control_c_stores_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path, executor: str) -> None:
    asked, folder = long_file(tmp_path), tmp_path / "out"
    process = started("sweep", asked, "--out", folder, "--executor", executor, "--workers", "2", hasty=0.1)
    assert until(lambda: shards(folder), process), ended(process)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all processes of the command
    code, out, err = ended(process)
    assert code == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert f"Go on with: orgsim sweep {asked} --out {folder}" in err
    assert "Interrupted: storing the runs in flight" in err
    done = done_in(folder)
    assert 0 < done < 6 * MANY
    assert f"{done:,} of {6 * MANY:,} runs are stored" in err
    assert litter(folder) == []
    finish = small(4)
    assert sweep(finish, folder).there > 0
    assert exported(folder) == undisturbed(finish, tmp_path / "calm")


@pytest.mark.parametrize("executor", ["threads", pytest.param("processes", marks=pytest.mark.slow)])
def test_a_second_control_c_ends_at_once_and_no_process_is_left(tmp_path: Path, executor: str) -> None:
    psutil = pytest.importorskip("psutil")
    asked, folder = long_file(tmp_path), tmp_path / "out"
    # Runs of several seconds: nothing in flight ends by itself in time.
    more = {**sweeping.SETTINGS, "market.size": 100_000, "time.years": 20}
    sweeping.as_file(asked, MANY, more)
    process = started("sweep", asked, "--out", folder, "--executor", executor, "--workers", "2")
    assert until(lambda: (folder / "manifest.json").exists(), process), ended(process)
    time.sleep(1)
    assert until(lambda: executor == "threads" or len(psutil.Process(process.pid).children()) >= 3, process)
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    code, _, err = ended(process)
    assert time.monotonic() - began < 1.0
    assert code == 130, err
    assert "Traceback" not in err
    _, alive = psutil.wait_procs(family, timeout=5)
    for one in alive:
        one.kill()
    assert alive == []


@pytest.mark.slow
def test_processes_of_a_sweep_that_is_killed_end_too(tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    folder = tmp_path / "out"
    command = ["sweep", long_file(tmp_path), "--out", folder, "--executor", "processes", "--workers", "2"]
    process = started(*command, hasty=0.1)
    assert until(lambda: shards(folder), process), ended(process)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    process.kill()
    ended(process)
    _, alive = psutil.wait_procs(family, timeout=5)
    for one in alive:
        one.kill()
    assert alive == []


def test_control_c_before_the_first_run_is_an_end_without_traceback(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    for wait in (0.6, 1.0, 1.4):
        process = started("sweep", long_file(tmp_path, 4), "--out", folder)
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGINT)
        code, _, err = ended(process)
        # In the first half second Python itself is still reading modules, and says so in its own way.
        assert code in (0, 130, -signal.SIGINT, 1), err
        if "orgsim" in err and code == 130:
            assert "Traceback" not in err
    outcome = sweep(small(4), folder)
    assert outcome.missing == 0
    assert exported(folder) == undisturbed(small(4), tmp_path / "calm")


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 3])
def test_sweeps_at_once_in_one_folder_share_the_work(tmp_path: Path, number: int) -> None:
    worlds = 200
    asked, folder = long_file(tmp_path, worlds), tmp_path / "out"
    all_at_once = [
        started("sweep", asked, "--out", folder, "--workers", "1", "--format", "json", hasty=0.1) for _ in range(number)
    ]
    killed = all_at_once.pop() if number > 2 else None
    if killed:
        assert until(lambda: len(shards(folder)) > 3, killed), ended(killed)
        killed.kill()
        ended(killed)
    reports = [ended(process) for process in all_at_once]
    assert [code for code, _, _ in reports] == [0] * len(reports), [err for _, _, err in reports]
    import json

    outcomes = [json.loads(out) for _, out, _ in reports]
    done = [one["done"] for one in outcomes]
    assert all(one["missing"] == 0 for one in outcomes)
    assert all(one["by_others"] > 0 for one in outcomes)
    assert sum(done) <= 1.25 * 6 * worlds, done  # what a process has in flight, another may do as well
    assert min(done) > 0
    assert exported(folder) == undisturbed(small(worlds), tmp_path / "calm")
    assert litter(folder) in ([], [name for name in litter(folder) if name.endswith(".part")])


def test_two_sweeps_at_once_give_the_same_export(tmp_path: Path) -> None:
    asked, folder = long_file(tmp_path, 20), tmp_path / "out"
    both = [started("sweep", asked, "--out", folder, "--workers", "1", hasty=0.05) for _ in range(2)]
    assert [ended(process)[0] for process in both] == [0, 0]
    assert exported(folder) == undisturbed(small(20), tmp_path / "calm")
