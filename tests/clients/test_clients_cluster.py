"""docs/how-to-cluster.md: one experiment gives the same bytes by threads, Dask, MPI and jobs that share a folder."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from client_pages import FENCE, ROOT

PAGE = (ROOT / "docs" / "how-to-cluster.md").read_text(encoding="utf-8")
FILES = {kind.split()[1]: text for kind, text in FENCE.findall(PAGE) if " " in kind}
# Starts the tasks of a job step on this machine, as srun would on the nodes of the job.
SRUN = """#!/bin/bash
for task in $(seq "$SLURM_NTASKS"); do "$@" & done
wait
"""
Orgsim = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an environment to activate, the page's files, and a stand-in for srun."""
    home = tmp_path_factory.mktemp("cluster")
    for name, text in FILES.items():
        (home / name).write_text(text, encoding="utf-8")
    programs = home / "bin"
    programs.mkdir()
    for name, text in (
        ("srun", SRUN),
        ("python", f'#!/bin/bash\nexec "{sys.executable}" "$@"\n'),
        ("dask", f'#!/bin/bash\nexec "{sys.executable}" -m dask "$@"\n'),
        ("orgsim", f'#!/bin/bash\nexec "{sys.executable}" -m orgsim "$@"\n'),
    ):
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod((programs / name).stat().st_mode | stat.S_IXUSR)
    activate = home / "orgsim" / ".venv" / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.write_text("", encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    # A home of its own must not mean a compile of its own.
    kept = os.environ.get("ORGSIM_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return {
        **os.environ, "HOME": str(folder), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT), "ORGSIM_CACHE": kept, "SLURM_SUBMIT_DIR": str(folder), "SLURM_JOB_ID": "7",
        "SLURM_NTASKS": "2", "SLURM_CPUS_PER_TASK": "1", "TMPDIR": str(folder),
    }  # fmt: skip


@pytest.fixture(scope="module")
def run(folder: Path, environment: dict[str, str]) -> Orgsim:
    def run_it(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            command, cwd=folder, env={**environment, **more}, capture_output=True, text=True, timeout=240, check=False
        )
        assert result.returncode == 0, f"{command}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result

    return run_it


def exported(run: Orgsim, folder: Path, results: str) -> bytes:
    run("orgsim", "export", results, f"{results}.csv")
    return (folder / f"{results}.csv").read_bytes()


@pytest.fixture(scope="module")
def laptop(run: Orgsim, folder: Path) -> bytes:
    run("orgsim", "sweep", "size.toml", "--out", "laptop")
    rows = exported(run, folder, "laptop")
    assert rows.count(b"\n") == 1 + 3 * 3 * 2 * 4
    return rows


@pytest.fixture
def scheduler(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A scheduler and two workers started by Dask's own commands; its address."""
    address_file = folder / "by-hand.json"
    dask = [str(folder / "bin" / "dask")]
    started = [
        subprocess.Popen([*dask, *rest], cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        for rest in (
            ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", "by-hand.json"],
            *[["worker", "--scheduler-file", "by-hand.json", "--nthreads", "1", "--no-dashboard"]] * 2,
        )
    ]
    try:
        from distributed import Client

        for _ in range(300):
            if address_file.exists():
                break
            time.sleep(0.1)
        with Client(scheduler_file=str(address_file)) as client:
            client.wait_for_workers(2, timeout=60)
            yield str(client.scheduler.address)
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def test_dask_started_by_its_own_commands(scheduler: str, laptop: bytes, run: Orgsim, folder: Path) -> None:
    run("orgsim", "sweep", "size.toml", "--out", "dask", "--executor", scheduler)
    assert exported(run, folder, "dask") == laptop


def test_the_job_script_with_scheduler_and_workers(laptop: bytes, run: Orgsim, folder: Path) -> None:
    run("bash", "sweep.slurm")
    assert exported(run, folder, "results") == laptop
    assert not list(folder.glob("scheduler-*.json"))
    shutil.rmtree(folder / "results")


def test_jobs_that_share_a_folder(laptop: bytes, run: Orgsim, folder: Path, environment: dict[str, str]) -> None:
    jobs = [subprocess.Popen(["bash", "share.slurm"], cwd=folder, env=environment) for _ in range(2)]
    assert [job.wait(240) for job in jobs] == [0, 0]
    assert exported(run, folder, "results") == laptop
    shutil.rmtree(folder / "results")


def test_mpi(laptop: bytes, run: Orgsim, folder: Path) -> None:
    pytest.importorskip("mpi4py", reason="mpi4py is not installed")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    start = str(mpiexec) if mpiexec.exists() else shutil.which("mpiexec")
    if start is None:
        pytest.skip("no mpiexec: no MPI library is installed")
    (command,) = re.findall(r"^    mpiexec -n 4 (python -m mpi4py\.futures .*)$", PAGE, re.MULTILINE)
    run(start, "-n", "3", *command.replace("--out results", "--out mpi").split())
    assert exported(run, folder, "mpi") == laptop
    assert command in FILES["mpi.slurm"]


def test_kubernetes_files_agree_with_each_other_and_with_the_commands() -> None:
    cluster, values = (yaml.safe_load(FILES[name]) for name in ("cluster.yaml", "values.yaml"))
    scheduler, worker = (cluster["spec"][part]["spec"]["containers"][0] for part in ("scheduler", "worker"))
    assert scheduler["image"] == worker["image"]
    assert values["scheduler"]["image"] == values["worker"]["image"]
    assert "{repository}:{tag}".format(**values["worker"]["image"]) == worker["image"]
    service = cluster["spec"]["scheduler"]["service"]
    ports = {port["name"]: port["containerPort"] for port in scheduler["ports"]}
    assert {port["targetPort"]: port["port"] for port in service["ports"]} == ports
    name = cluster["metadata"]["name"]
    assert service["selector"]["dask.org/cluster-name"] == name
    assert f"service/{name}-scheduler {ports['tcp-comm']}:8786" in PAGE
    assert values["worker"]["resources"]["limits"]  # without limits the chart passes no number of threads


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".slurm")])
def test_job_scripts_are_sound_bash_and_their_directives_come_first(name: str, run: Orgsim) -> None:
    run("bash", "-n", name)
    lines = FILES[name].splitlines()
    assert lines[0] == "#!/bin/bash"
    directives = [place for place, line in enumerate(lines) if line.startswith("#SBATCH ")]
    assert directives == list(range(1, 1 + len(directives)))
    assert all(re.fullmatch(r"#SBATCH --[a-z-]+=\S+", lines[place]) for place in directives)
