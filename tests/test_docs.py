"""The documentation says what the program does: generated pages are up to date, and every example is run.

`python tests/test_docs.py` writes the page of parameters, and into the page of errors what its commands say.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import shlex
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from orgsim.cli import main
from orgsim.engine import streams
from orgsim.leadership import threshold
from orgsim.scenario.catalogue import markdown, parameters
from orgsim.scenario.organisation import Chair, Structure

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FIRST_USE = "Compiling the engine"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder; each example names its files without a path."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def orgsim_says(command: str) -> Result:
    """What the command line answers to a command as a page shows it."""
    program, *arguments = shlex.split(command)
    assert program == "orgsim"
    return CliRunner().invoke(main, arguments, prog_name="orgsim")


def run_page(text: str, folder: Path, code: int) -> str:
    """The page with what its commands really say; each command must end with the exit code.

    A block ```kind NAME is a file, a block of commands begins its lines with $ and shows what standard error says.
    """

    def run_block(block: re.Match[str]) -> str:
        kind, _, name = block[1].partition(" ")
        if name:
            (folder / name).write_text(block[2], encoding="utf-8")
        if kind != "console":
            return block[0]
        said = []
        for command in re.findall(r"^\$ (.*)\n", block[2], re.MULTILINE):
            result = orgsim_says(command)
            assert result.exit_code == code, f"{command}: exit code {result.exit_code}\n{result.output}"
            answer = "".join(line for line in result.stderr.splitlines(True) if not line.startswith(FIRST_USE))
            said.append(f"$ {command}\n{answer}")
        return "```console\n" + "".join(said) + "```"

    with inside(folder):
        return FENCE.sub(run_block, text)


def test_every_error_message_shown_is_the_real_one(tmp_path: Path) -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert text.count("\n$ ") >= 12
    assert run_page(text, tmp_path, code=2) == text


def test_pages_show_no_paths_of_one_machine() -> None:
    for page in DOCS.glob("*.md"):
        assert not re.search(r"/(tmp|home|work)/", page.read_text(encoding="utf-8")), page.name


def test_the_page_of_parameters_is_up_to_date() -> None:
    again = "python tests/test_docs.py"
    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == markdown(), f"out of date; run: {again}"


def test_the_structure_of_the_how_to_page_can_be_checked_compared_and_explained(tmp_path: Path) -> None:
    text = (DOCS / "how-to-add-a-structure.md").read_text(encoding="utf-8")
    shown = [block for kind, block in FENCE.findall(text) if kind == "console"]
    said = [block for kind, block in FENCE.findall(run_page(text, tmp_path, code=0)) if kind == "console"]
    assert len(shown) == len(said) == 4
    assert said[0] == shown[0]
    assert (tmp_path / "results" / "summary.csv").is_file()
    assert (tmp_path / "uncertain" / "manifest.json").is_file()
    assert (tmp_path / "one_world" / "events.parquet").is_file()
    (program,) = (block for kind, block in FENCE.findall(text) if kind == "python")
    with inside(tmp_path):
        exec(compile(program, "how-to-add-a-structure.md", "exec"), {})


def test_the_how_to_page_spells_a_structure_out_in_full() -> None:
    text = (DOCS / "how-to-add-a-structure.md").read_text(encoding="utf-8")
    (file,) = (block for kind, block in FENCE.findall(text) if kind == "toml our_firm.toml")
    given = tomllib.loads(file)["structures"]["one_team"]
    assert set(given) == set(Structure.model_fields)
    assert set(given["chairs"][0]) == set(Chair.model_fields)
    for name in (*Structure.model_fields, *Chair.model_fields):
        assert name == "title" or re.search(rf"^\|[^|]*`{name}`", text, re.MULTILINE), f"{name} is not explained"


# The description after the ODD protocol ----------------------------------------------------------------------------


def test_the_description_gives_the_defaults_in_force() -> None:
    """`section.name` followed by a number is that parameter's default."""
    text = (DOCS / "odd.md").read_text(encoding="utf-8")
    defaults = {row["name"]: row["default"] for row in parameters()}
    given = re.findall(r"`([a-z_]+\.[a-z_]+)` (-?\d*\.?\d+)", text)
    assert len(given) >= 30
    assert not [(name, value) for name, value in given if float(value) != pytest.approx(defaults[name])]


def test_the_description_gives_the_search_for_the_threshold_as_the_code_has_it() -> None:
    text = (DOCS / "odd.md").read_text(encoding="utf-8")
    code = inspect.getsource(threshold)
    patterns = (r"with (\S+) intervals", r"Search: (\S+) points", r"points (\S+) apart", r"(\S+) golden-section")
    intervals, points, apart, steps = (float(number) for pattern in patterns for number in re.findall(pattern, text))
    assert intervals == 2 * threshold.NODES
    assert f"range(1, {points:.0f})" in code
    assert apart == (threshold.HIGHEST - threshold.LOWEST) / (points - 1)
    assert f"for _ in range({steps:.0f})" in code


def test_every_draw_of_the_code_is_in_the_table_of_draws() -> None:
    text = (DOCS / "odd.md").read_text(encoding="utf-8").split("**Table of draws.**")[1]
    table = {name: int(number) for number, name in re.findall(r"^\| (\d+) \| (\w+) \|", text, re.MULTILINE)}
    code = re.findall(r"^([A-Z]+) = (\d+)$", inspect.getsource(streams), re.MULTILINE)
    assert table == {name.lower(): int(number) for name, number in code}


# The baseline ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def baseline() -> ModuleType:
    """The program that makes the table of docs/baseline.md."""
    spec = importlib.util.spec_from_file_location("baseline", ROOT / "benchmarks" / "baseline.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_baseline_meets_its_closing_arithmetic_but_for_the_misses_named(baseline: ModuleType) -> None:
    """With few worlds, a figure may lie off its bound by what luck allows: four standard errors."""
    page = (DOCS / "baseline.md").read_text(encoding="utf-8")
    table = [row for row in page.splitlines() if row.startswith("|")]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table[2:]]
    assert [row[0] for row in rows] == [quantity.name for quantity in baseline.QUANTITIES]
    assert set(baseline.MISSES) <= {quantity.key for quantity in baseline.QUANTITIES}
    for line, row in zip(baseline.lines(replicates=16, seed=1), rows, strict=True):
        quantity, luck = line.quantity, 4 * line.error
        off, bound = abs(line.mean - quantity.theory), quantity.bound * quantity.theory
        if quantity.key in baseline.MISSES:
            assert off >= bound - luck, f"{quantity.name} is no miss any more: {line.mean:g}"
            assert row[4] == f"no: {baseline.MISSES[quantity.key]}"
        else:
            assert off <= bound + luck, f"{quantity.name} lies outside its bound: {line.mean:g}"
            assert row[4] == "yes"
        assert row[1] == quantity.written(quantity.theory)
        assert row[3] == f"{100 * quantity.bound:.0f} %"
        shown = float(re.sub(r"[ ,%]", "", row[2].split("±")[0])) / (100 if quantity.percent else 1)
        rounding = 0.5 * 10.0 ** -(quantity.digits + 2 * quantity.percent)
        assert abs(line.mean - shown) <= 1.5 * luck + rounding, f"{quantity.name}: the page says {row[2]}"


if __name__ == "__main__":
    (DOCS / "parameters.md").write_text(markdown(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        errors = DOCS / "errors.md"
        errors.write_text(run_page(errors.read_text(encoding="utf-8"), Path(name), code=2), encoding="utf-8")
