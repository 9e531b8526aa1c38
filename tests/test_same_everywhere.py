"""Another kind of processor, another Python, other versions of the libraries: what is the same, to the byte.

docs/reproducibility.md says what is guaranteed. PROGRAM runs in a process of its own and leaves files; what is
compared is each of its parts, so that a failure says where bytes differ.

Other interpreters: ORGSIM_OTHER_PYTHON holds paths (separated as in PATH) of Pythons that have orgsim's dependencies;
without it those on PATH and of pyenv are tried. By hand, and with any environment:

    python tests/test_same_everywhere.py [other/bin/python] [VARIABLE=VALUE ...]
"""

from __future__ import annotations

import ast
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numba
import numpy as np
import pytest

from orgsim.engine.compile import entry

ROOT = Path(__file__).resolve().parents[1]
# Of what is compared: intervals and p-values come from SciPy, whose versions differ in last digits; a Parquet file
# names the version of Arrow that wrote it. All else is runs.
STATISTICS, ARROW = ("compare-differences",), ("export-parquet", "compare-parquet")
CLOSE = 1e-9
PROGRAM = """
import hashlib, json, math, os, platform, sys
from pathlib import Path
import numpy, pyarrow, scipy
import orgsim
from orgsim.experiments.store import write_parquet
from orgsim.experiments.sweeps.plan import Plan

folder = Path(sys.argv[1])
small = {"market.size": 1500, "time.years": 1, "time.warm_up_years": 0.5, "time.run_off_months": 6}

def column(values):
    if values.dtype.kind == "f":
        return values.to_numpy("float64").tobytes()
    return "|".join(map(str, values)).encode()

for firm in ("baseline", "desk", "midsize"):
    scenario = orgsim.load_scenario(firm).with_(**small)
    for structure in ("merged", "sla"):
        run = orgsim.run(scenario, structure=structure, seed=3, replicate=5)
        for name in ("leads", "periods", "hours", "pay", "people", "accounts", "events", "prospects"):
            table = getattr(run, name)
            (folder / f"{firm}-{structure}-{name}").write_bytes(b"".join(column(table[c]) for c in table))
        figures = repr([(name, float(run.kpis[name])) for name in sorted(run.kpis)])
        (folder / f"{firm}-{structure}-figures").write_text(figures)

scenario = orgsim.load_scenario("baseline").with_(**small)
asked = orgsim.experiment(scenario, structures=["merged", "separate"], pay=["own_numbers"], replicates=3, seed=2,
                          factors={"people.reps": [2, 4]})
(folder / "keys").write_text(" ".join(sorted(run.key for run in Plan(asked).runs())))
orgsim.sweep(asked, folder / "sweep", workers=1)
for ending in ("csv", "parquet"):
    orgsim.open_results(folder / "sweep").export(folder / f"export.{ending}")
    (folder / f"export.{ending}").rename(folder / f"export-{ending}")
compared = orgsim.compare(scenario, structures=["merged", "separate"], pay=["own_numbers"], replicates=6, seed=1,
                          uncertain=True, threads=1)
write_parquet(folder / "compare-parquet", compared.runs)
(folder / "compare-runs").write_bytes(b"".join(column(compared.runs[c]) for c in compared.runs))
rows = [{k: v if isinstance(v, (int, str, type(None))) else float(v) for k, v in row.items() if not isinstance(
    v, (list, tuple, dict))} for row in compared.rows()]
(folder / "compare-differences").write_text(json.dumps(rows, default=str))
libc = os.confstr("CS_GNU_LIBC_VERSION") if hasattr(os, "confstr") and sys.platform == "linux" else sys.platform
print(json.dumps({"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                  "arrow": pyarrow.__version__, "libc": libc, "machine": platform.machine()}))
"""


class Left:
    """What PROGRAM left: bytes by part, and what it ran on."""

    def __init__(self, python: str, environment: dict[str, str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [python, "-W", "ignore", "-c", PROGRAM, folder], text=True, capture_output=True,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(done.stderr[-3000:])
            self.on: dict[str, str] = json.loads(done.stdout)
            self.parts = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}

    def differ(self, other: Left) -> list[str]:
        """Names of the parts whose bytes are not the same."""
        assert self.parts.keys() == other.parts.keys()
        return sorted(name for name, data in self.parts.items() if data != other.parts[name])


@cache
def here() -> Left:
    """What this Python leaves on this machine."""
    return Left(sys.executable, {})


def older_processor() -> dict[str, str]:
    """NumPy's and its BLAS's code for the oldest processors they know."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    newer = " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))
    return {"NPY_DISABLE_CPU_FEATURES": newer, "OPENBLAS_CORETYPE": "Nehalem"}


# The engine's arithmetic -----------------------------------------------------------------------------------------


def test_a_rule_rounds_after_every_product_and_every_sum() -> None:
    """A processor may do both in one step, with another last bit; LLVM does so only where it is allowed to."""

    def plain(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        for i in range(len(a)):
            out[i] = a[i] * a[i] + b[i]

    a, b = np.full(64, 1 + 2.0**-30), np.full(64, -(1 + 2.0**-29))
    out, fused = np.empty(64), np.empty(64)
    entry(plain)(a, b, out)
    assert (out == 0.0).all()
    numba.njit(fastmath={"contract"})(plain)(a, b, fused)
    if numba.core.codegen.get_host_cpu_features().find("+fma,") >= 0:
        assert (fused == 2.0**-60).all(), "this test would not notice a step of both"


def test_rules_and_python_take_logarithms_from_the_same_library() -> None:
    def plain(x: np.ndarray, out: np.ndarray) -> None:
        for i in range(len(x)):
            out[i, 0], out[i, 1] = math.log(x[i]), math.log1p(-0.999 * x[i])
            out[i, 2], out[i, 3] = math.exp(-30.0 * x[i]), math.erf(3.0 * x[i])

    x = np.random.default_rng(5).uniform(1e-12, 1, 20_000)
    compiled, interpreted = np.empty((len(x), 4)), np.empty((len(x), 4))
    entry(plain)(x, compiled)
    plain(x, interpreted)
    assert np.array_equal(compiled, interpreted)


def decisive_sources() -> Iterator[Path]:
    """The files that decide what a run gives."""
    for folder in ("engine", "leadership"):
        yield from (ROOT / "orgsim" / folder).glob("*.py")
    for name in ("simulation.py", "kpis.py", "clock.py", "experiments/uncertain.py", "experiments/worlds.py"):
        yield ROOT / "orgsim" / name


def test_nothing_that_decides_a_run_uses_numpy_functions_whose_last_bit_depends_on_the_processor() -> None:
    """NumPy has its own exponentials and sums of products, one per kind of processor; roots and sums are exact or
    always taken in the same order."""
    own = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "sin", "cos", "tan",
           "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "dot", "vdot", "inner", "matmul", "tensordot",
           "einsum", "linalg", "fft", "logaddexp", "cbrt", "random"}  # fmt: skip
    found = []
    for path in decisive_sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            numpy = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np"
            if (numpy and node.attr in own) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


# Other processors ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_code_for_any_processor_gives_the_same_bytes_as_code_for_this_one(tmp_path: Path) -> None:
    """Compiled anew, for the oldest processor of this kind: no AVX, no fused steps, other vectors, other order."""
    generic = Left(sys.executable, {
        "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "ORGSIM_CACHE": str(tmp_path), **older_processor()
    })  # fmt: skip
    assert list(tmp_path.rglob("*.nbc")), "nothing was compiled anew"
    assert generic.differ(here()) == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the C library's choice of code is set as glibc reads it")
def test_without_fused_steps_in_the_c_library_only_last_digits_differ() -> None:
    """Not the same bytes: glibc has other exponentials for processors without FMA (before 2013)."""
    unfused = Left(sys.executable, {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F,-AVX512VL"})
    for name in (part for part in here().parts if part.endswith("-figures")):
        now, was = numbers(unfused.parts[name].decode()), numbers(here().parts[name].decode())
        assert now == pytest.approx(was, rel=CLOSE, nan_ok=True)


# Other Pythons ---------------------------------------------------------------------------------------------------


@cache
def other_pythons() -> tuple[list[str], list[str]]:
    """Interpreters of another version that can run orgsim, one per version; and what was said of the others."""
    asked = os.environ.get("ORGSIM_OTHER_PYTHON", "")
    names = [found for n in range(12, 20) if (found := shutil.which(f"python3.{n}"))]
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    tried = asked.split(os.pathsep) if asked else names + sorted(map(str, root.glob("3.*/bin/python")))
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    needs = "import duckdb, mesa, networkx, numba, pandas, pyarrow, pydantic, scipy, tree_sitter_toml"
    able: dict[str, str] = {}
    said = []
    for python in tried:
        found = subprocess.run([python, "-c", version], text=True, capture_output=True).stdout.strip()
        number = tuple(int(part) for part in found.split(".") if part)
        if number < (3, 12) or number == sys.version_info[:2]:
            continue
        done = subprocess.run([python, "-c", needs], text=True, capture_output=True)
        if done.returncode == 0:
            able.setdefault(found, python)
        else:
            said.append(f"{python} ({found}): {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    return list(able.values()), said


@pytest.mark.slow
def test_another_python_gives_the_same_bytes(tmp_path: Path) -> None:
    able, said = other_pythons()
    if not able:
        pytest.skip("no other Python from 3.12 on has orgsim's dependencies: " + ("; ".join(said) or "none was found"))
    for python in able:
        other = Left(python, {"ORGSIM_CACHE": str(tmp_path)})
        differ = set(other.differ(here()))
        if other.on["arrow"] != here().on["arrow"]:
            differ -= set(ARROW)
        if (other.on["scipy"], other.on["numpy"]) != (here().on["scipy"], here().on["numpy"]):
            differ -= set(STATISTICS)
        assert differ == set(), other.on
        for name in STATISTICS:
            now, was = numbers(other.parts[name].decode()), numbers(here().parts[name].decode())
            assert now == pytest.approx(was, rel=CLOSE, nan_ok=True)


def numbers(text: str) -> list[float]:
    """All numbers of a JSON text or of a list as Python writes it."""
    found = json.loads(text) if text.startswith("[{") else ast.literal_eval(text.replace("nan", "None"))
    flat = [value for row in found for value in (row.values() if isinstance(row, dict) else row)]
    return [float(value) for value in flat if isinstance(value, (int, float))]


def main(arguments: list[str]) -> int:
    """Say which parts differ from this Python's, by hand; 1 if any do."""
    environment = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    python = next((argument for argument in arguments if "=" not in argument), sys.executable)
    with tempfile.TemporaryDirectory() as cache_folder:
        other = Left(python, {"ORGSIM_CACHE": cache_folder, **environment})
    differ = other.differ(here())
    for name, left in (("here", here()), ("there", other)):
        print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in left.on.items()))
    print(f"{len(differ)} of {len(other.parts)} parts differ" + (f": {', '.join(differ)}" if differ else ""))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
