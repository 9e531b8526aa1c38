"""The walls between the folders: imports go one way, and no sweep worker ever loads Mesa."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import orgsim

PACKAGE = Path(orgsim.__file__).parent
# A module imports from its own group and from those before it.
ORDER = (
    ("orgsim.scenario",),
    ("orgsim.engine",),
    ("orgsim.leadership",),
    ("orgsim.contract", "orgsim.organigram"),
    ("orgsim.clock",),
    ("orgsim.kpis",),
    ("orgsim.tables",),
    ("orgsim.results",),
    ("orgsim.simulation",),
    ("orgsim.language",),
    ("orgsim.figures",),
    ("orgsim.experiments", "orgsim.environment"),
    ("orgsim.report",),
    ("orgsim.app", "orgsim.commands", "orgsim.cli", "orgsim.__main__"),
)
RANK = {name: rank for rank, group in enumerate(ORDER) for name in group}
MESA_FRONT = ("orgsim.model", "orgsim.agents")
# An upward import that is meant: figures draw the intervals of experiments.statistics, which knows nothing else of
# experiments.
ALLOWED = {("orgsim.figures", "orgsim.experiments.statistics")}


class Import(NamedTuple):
    """One import statement of a module of ours."""

    module: str
    line: int
    target: str
    lazy: bool

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: imports {self.target}{' in a function' if self.lazy else ''}"


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports_of(module: str, path: Path, source: str | None = None) -> Iterator[Import]:
    """Every import at run time, at module level or in a function, by statement or by `import_module("...")`."""
    tree = ast.parse(path.read_text(encoding="utf-8") if source is None else source)

    def walk(node: ast.AST, lazy: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if is_type_checking(child):
                assert isinstance(child, ast.If)
                for other in child.orelse:
                    yield from walk(other, lazy)
                continue
            inside = lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for target in targets(child, module, path.name == "__init__.py"):
                yield Import(module, child.lineno, target, lazy)  # type: ignore[attr-defined]
            yield from walk(child, inside)

    yield from walk(tree, False)


def targets(node: ast.AST, module: str, is_package: bool) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = module.split(".")
            parts = parts[: len(parts) - node.level + is_package]
            base = ".".join([*parts, base] if base else parts)
        return [home(base, alias.name) for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
        return [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return []


def home(base: str, name: str) -> str:
    """The module that `from base import name` loads; top-level names are loaded from their lazy homes."""
    if f"{base}.{name}" in MODULES:
        return f"{base}.{name}"
    return orgsim._HOMES.get(name, base) if base == "orgsim" else base


def layer(module: str) -> str | None:
    """The folder or module of the order, or of the Mesa front, that a module belongs to."""
    return next((name for name in (*RANK, *MESA_FRONT) if module == name or module.startswith(name + ".")), None)


ALL = [found for name, path in MODULES.items() for found in imports_of(name, path)]
OURS = [found for found in ALL if layer(found.target) and found.module != "orgsim"]


def wrong_way(found: Import) -> bool:
    here, there = str(layer(found.module)), str(layer(found.target))
    if here in MESA_FRONT:
        return there not in MESA_FRONT and RANK[there] > RANK["orgsim.simulation"]
    if there in MESA_FRONT:
        return True
    if (here, found.target) in ALLOWED:
        return False
    return RANK[there] > RANK[here]


def test_every_module_has_a_place_in_the_order() -> None:
    assert [name for name in MODULES if name != "orgsim" and layer(name) is None] == []


def test_imports_go_one_way() -> None:
    assert [str(found) for found in OURS if wrong_way(found)] == []


def test_nothing_imports_the_mesa_front_but_the_lazy_top_level_name() -> None:
    importers = {found.module for found in OURS if layer(found.target) in MESA_FRONT}
    assert importers <= set(MESA_FRONT)
    assert orgsim._HOMES["OrgModel"] == "orgsim.model"


def test_the_top_level_imports_nothing_of_ours_until_a_name_is_used() -> None:
    assert [str(found) for found in ALL if found.module == "orgsim" and found.target.startswith("orgsim.")] == []


def test_mesa_is_used_in_two_modules_only() -> None:
    assert {found.module for found in ALL if found.target.split(".")[0] == "mesa"} == set(MESA_FRONT)


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("orgsim.engine.day", "from orgsim.leadership.decide import decide_month", True),
        ("orgsim.engine.day", "def f():\n    from orgsim.simulation import run", True),
        ("orgsim.engine.day", "from ..simulation import run", True),
        ("orgsim.engine.day", "from orgsim import run", True),
        ("orgsim.engine.day", "import importlib\nimportlib.import_module('orgsim.cli')", True),
        ("orgsim.engine.day", "if TYPE_CHECKING:\n    from orgsim.simulation import run", False),
        ("orgsim.engine.day", "from orgsim.scenario.schema import Scenario", False),
        ("orgsim.tables", "from orgsim.simulation import Run", True),
        ("orgsim.simulation", "def f():\n    from orgsim.tables import leads", False),
        ("orgsim.figures.comparison", "from orgsim.experiments import compare", True),
        ("orgsim.figures.comparison", "from orgsim.experiments.statistics import estimate", False),
        ("orgsim.cli", "def f():\n    from orgsim import OrgModel", True),
        ("orgsim.model", "from orgsim.experiments.compare import compare", True),
        ("orgsim.model", "from orgsim.simulation import advance", False),
    ],
)
def test_the_check_notices_an_import_that_goes_the_wrong_way(module: str, source: str, wrong: bool) -> None:
    found = imports_of(module, Path(f"{module}.py"), source)
    assert any(wrong_way(each) for each in found if layer(each.target)) == wrong


def loaded_after(code: str, *names: str) -> list[str]:
    """Which of the packages named a fresh Python has loaded after running the code."""
    script = f"{code}\nimport sys\nprint('loaded:', *[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=PACKAGE.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def test_import_orgsim_alone_loads_nothing_heavy() -> None:
    assert loaded_after("import orgsim", "numpy", "numba", "pandas", "scipy", "pydantic", "mesa", "matplotlib") == []


def test_the_command_line_starts_without_the_compiler() -> None:
    assert loaded_after("import orgsim.cli", "numba", "llvmlite", "mesa", "pandas", "matplotlib") == []


def test_a_comparison_never_loads_mesa() -> None:
    code = """
import orgsim
scenario = orgsim.load_scenario("baseline").with_(
    **{"market.size": 200, "time.years": 0.1, "time.warm_up_years": 0.1, "time.run_off_months": 1})
comparison = orgsim.compare(scenario, structures=["merged"], pay=["own_numbers"], replicates=2, threads=2, batch=1)
assert len(comparison.runs) == 4
comparison.summary()
"""
    assert loaded_after(code, "mesa", "networkx", "orgsim.model", "orgsim.agents", "numba") == ["numba"]


def test_the_mesa_front_is_loaded_by_its_name() -> None:
    assert "mesa" in loaded_after("import orgsim\norgsim.OrgModel", "mesa")
