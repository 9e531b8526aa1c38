"""The machine that is measured on: what it is, which versions run on it, and how busy others kept it meanwhile."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

import orgsim

PACKAGES = ("numpy", "numba", "llvmlite", "mesa")
CPU = Path("/sys/devices/system/cpu/cpu0/cache")


def processor() -> str:
    """The processor's name for itself, with its family and model number where the name says little."""
    info = Path("/proc/cpuinfo")
    text = info.read_text("utf-8") if info.is_file() else ""

    def entry(key: str) -> str | None:
        found = re.search(rf"^{key}\s*:\s*(.+)$", text, re.MULTILINE)
        return found.group(1).strip() if found else None

    name = entry("model name") or platform.processor() or platform.machine()
    family, model = entry("cpu family"), entry("model")
    return f"{name} (family {family}, model {model})" if family and model else name


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def caches() -> str:
    """Caches of the first core, such as "L1d 48 KiB, L2 2 MiB, L3 300 MiB shared"."""
    found = []
    for folder in sorted(CPU.glob("index*")) if CPU.is_dir() else []:
        try:
            level, kind, size, shared = (
                (folder / name).read_text().strip() for name in ("level", "type", "size", "shared_cpu_list")
            )
        except OSError:
            continue
        if kind != "Instruction":
            kib = int(size.rstrip("K"))
            text = f"{kib // 1024} MiB" if kib >= 1024 else f"{kib} KiB"
            letter = "d" if kind == "Data" else ""
            found.append(f"L{level}{letter} {text}" + (" shared" if re.search("[,-]", shared) else ""))
    return ", ".join(found) or "unknown"


def memory() -> float:
    """Bytes of memory."""
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that matter."""
    found = {"python": platform.python_version(), "orgsim": orgsim.__version__}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def described() -> dict[str, object]:
    """What the machine is, for the record."""
    return {
        "processor": processor(), "cores": cores(), "caches": caches(), "memory_gib": round(memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}", "versions": versions(),
    }  # fmt: skip


def commit() -> str:
    """The commit that is measured, with a plus sign where files of the package or of the benchmarks differ from it."""
    root = Path(__file__).resolve().parents[2]

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "orgsim", "scenarios", "benchmarks")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def busy() -> float | None:
    """Seconds that all cores of the machine were busy since it started, time taken by other machines on it included;
    None where the system does not say."""
    stat = Path("/proc/stat")
    if not stat.is_file():
        return None
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, stat.read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def own() -> float:
    """Seconds of the processor that this process and its ended children took."""
    return sum(os.times()[:4])


class Load:
    """How busy others kept the machine while something was measured: `with Load() as load: ...`, then `load.others` in
    cores, and `load.most`, the highest load average of a minute. Not a number where the system does not say."""

    others = most = float("nan")

    def __enter__(self) -> Load:
        self._began, self._own, self._busy = time.perf_counter(), own(), busy()
        self._over = threading.Event()
        self._seen: list[float] = []
        self._looker = threading.Thread(target=self._look, daemon=True)
        self._looker.start()
        return self

    def _look(self) -> None:
        while True:
            if hasattr(os, "getloadavg"):
                self._seen.append(os.getloadavg()[0])
            if self._over.wait(5):
                return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._looker.join()
        now = busy()
        if self._busy is not None and now is not None:
            wall = time.perf_counter() - self._began
            self.others = max(0.0, (now - self._busy) - (own() - self._own)) / wall
        if self._seen:
            self.most = max(self._seen)

    def __str__(self) -> str:
        return f"others kept {self.others:.2f} of {cores()} cores busy, load average at most {self.most:.1f}"
