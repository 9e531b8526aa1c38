"""`orgsim effects` on sweeps that were really run, small ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import orgsim
from orgsim.commands import terminal
from orgsim.commands.effects import effects

SETTINGS = {"market.size": 200, "time.years": 0.25, "time.warm_up_years": 0.1, "time.run_off_months": 0}
FACTORS: dict[str, Any] = {"people.reps": [2, 4], "market.deal_value": {"range": [5000, 50000], "levels": 2}}


@click.group(cls=terminal.Commands)
def front() -> None:
    """The command line's own group, with this command alone."""


front.add_command(effects)


def run(*args: str | Path, width: int = 110) -> Result:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(front, ["effects", *map(str, args)], prog_name="orgsim")


def swept(folder: Path, **keys: Any) -> Path:
    asked = orgsim.experiment("baseline", **{  # type: ignore[arg-type]
        "structures": ["merged", "separate", "cro"], "pay": ["own_numbers"], "replicates": 3, "settings": SETTINGS,
        "factors": FACTORS, **keys,
    })  # fmt: skip
    orgsim.sweep(asked, folder)
    return folder


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return swept(tmp_path_factory.mktemp("effects") / "grid")


def test_plain_words_come_first_for_every_arm_but_today_s(grid: Path) -> None:
    done = run(grid)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    text = " ".join(done.stderr.split())
    for arm in ("merged", "cro"):
        assert f"Profit after leaders' pay of {arm} against separate, k€ a year: " in text
    assert "grid, 4 points, 3 worlds" in text
    assert text.index("The sign is + in") < text.index("Where the variance of a run comes from")
    assert "people.reps" in text
    assert f"orgsim effects {grid}" in "".join(done.stderr.split("\n"))


def test_json_has_words_and_every_table(grid: Path) -> None:
    done = run(grid, "--arm", "merged", "--against", "cro", "--metric", "leads", "--format", "json")
    assert done.exit_code == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["arm"], found["against"], found["metric"]) == ("merged / own_numbers", "cro / own_numbers", "leads")
    assert {"variance", "main_effects", "interactions", "signs", "flips", "points"} <= set(found["tables"])
    values = orgsim.open_results(grid).metric("leads", "merged / own_numbers", "cro / own_numbers")
    assert [row["mean"] for row in found["tables"]["points"]] == pytest.approx(values.mean(axis=1).tolist())


def test_csv_is_the_table_asked_for_of_all_responses(grid: Path, tmp_path: Path) -> None:
    done = run(grid, "--format", "csv", "--table", "main_effects")
    assert done.exit_code == 0, done.stderr
    (tmp_path / "found.csv").write_text(done.stdout)
    table = pd.read_csv(tmp_path / "found.csv")
    assert list(table.columns[:4]) == ["arm", "against", "factor", "level"]
    assert len(table) == 2 * 4
    assert run(grid, "--format", "csv", "--table", "main_effect").exit_code == 2


def test_an_arm_alone_is_read_as_its_own_figure(grid: Path) -> None:
    done = run(grid, "--arm", "cro", "--metric", "revenue")
    assert done.exit_code == 0, done.stderr
    assert "Revenue of cro / own_numbers, k€ a year" in done.stderr
    assert "The sign is" not in done.stderr


def test_figures_are_drawn_for_every_arm(grid: Path, tmp_path: Path) -> None:
    done = run(grid, "--figures", tmp_path / "all")
    assert done.exit_code == 0, done.stderr
    names = {path.name for path in (tmp_path / "all").iterdir()}
    pair = "map-people.reps-market.deal_value.png"
    assert {"curve-people.reps.png", pair, f"cro-own_numbers-{pair}"} <= names
    assert run(grid, "--arm", "cro", "--metric", "revenue", "--figures", tmp_path / "one").exit_code == 0
    assert {"variance.png", "shares.png"} <= {path.name for path in (tmp_path / "one").iterdir()}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*/*"))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--arm", "mergd"), "did you mean"),
        (("--metric", "proft"), "did you mean 'profit'"),
        (("--arm", "cro", "--against", "cro"), "against itself"),
    ],
)
def test_wrong_names_end_with_two_and_the_nearest_name(grid: Path, args: tuple[str, ...], words: str) -> None:
    done = run(grid, *args)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_folder_without_a_sweep_and_a_file_for_figures_are_refused(grid: Path, tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 2
    (tmp_path / "file").write_text("")
    assert run(grid, "--figures", tmp_path / "file").exit_code == 2


def test_every_kind_of_design_is_read(tmp_path: Path) -> None:
    free = {"people.reps": {"range": [2, 6]}, "market.deal_value": {"range": [5000, 50000]}}
    kinds: dict[str, dict[str, Any]] = {
        "one_at_a_time": {"factors": {name: {**table, "levels": 2} for name, table in free.items()}},
        "sobol": {"factors": free, "design": {"kind": "sobol", "points": 8}},
        "saltelli": {"factors": free, "design": {"kind": "saltelli", "points": 4}},
        "morris": {"factors": free, "design": {"kind": "morris", "trajectories": 3}},
        "list": {"factors": {}, "design": {"kind": "list"}, "points": [{"people.reps": 2}, {"people.reps": 5}]},
    }
    for kind, keys in kinds.items():
        two = {"design": {"kind": kind}, "structures": ["merged", "separate"], "replicates": 2}
        folder = swept(tmp_path / kind, **(two | keys))
        done = run(folder, "--metric", "revenue", "--figures", tmp_path / f"drawn-{kind}")
        assert done.exit_code == 0, f"{kind}: {done.stderr}"
        assert f"{kind}, " in done.stderr


def test_a_sweep_that_is_not_complete_is_read_with_a_word_on_what_is_missing(grid: Path, tmp_path: Path) -> None:
    folder = tmp_path / "part"
    shutil.copytree(grid, folder)
    asked = orgsim.experiment(
        "baseline", structures=["merged", "separate", "cro"], pay=["own_numbers"], replicates=5, settings=SETTINGS,
        factors=FACTORS,
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        orgsim.sweep(asked, folder, progress=_stop)
    done = run(folder)
    assert done.exit_code == 0, done.stderr
    assert "are missing; they are left out" in " ".join(done.stderr.split())


def _stop(*_: Any) -> None:
    raise KeyboardInterrupt
