"""`orgsim compare --report` and `orgsim report`: the same page, whole or not at all, and clear words for what is no
comparison."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from reporting import read

from orgsim.cli import main
from orgsim.report.report import Report
from orgsim.report.stored import comparison_of

SMALL = """
extends = "baseline"
title = "A small market"
[market]
size = 300
[time]
years = 1.0
warm_up_years = 0.25
run_off_months = 0
"""
ARMS = "merged,separate"


def orgsim(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), prog_name="orgsim")


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small scenario in an empty folder, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    return "small.toml"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored comparison, made once."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    done = orgsim("compare", str(folder / "small.toml"), "--arms", ARMS, "--replicates", "3", "--out",
                  str(folder / "results"))  # fmt: skip
    assert done.exit_code == 0, done.output
    return folder / "results"


@pytest.fixture
def stored(firm: str, results: Path) -> Path:
    """A copy of it in the working folder, to be damaged."""
    return Path(shutil.copytree(results, "results"))


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their pictures, which take most of the time and are tested elsewhere."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    monkeypatch.setattr("orgsim.figures.vega.svgs", lambda chart, *_: [blank] * len(chart.panels))


@pytest.mark.usefixtures("no_pictures")
def test_a_stored_comparison_gives_the_page_of_the_comparison_itself(firm: str) -> None:
    done = orgsim("compare", firm, "--arms", ARMS, "--replicates", "3", "--out", "results", "--report", "now.html",
                  "--draws", "2", "--confidence", "90%")  # fmt: skip
    assert done.exit_code == 0, done.output
    later = orgsim("report", "results", "--out", "later.html", "--draws", "2")
    assert later.exit_code == 0, later.output
    assert Path("later.html").read_bytes() == Path("now.html").read_bytes()
    assert "--report now.html" in done.output.replace("\n", " ").replace("  ", " ")
    page = read(Path("now.html").read_text(encoding="utf-8"))
    assert page.wrong == []
    assert "90 %" in page.root.all("h1")[0].text
    assert not list(Path().glob("*.part"))


def test_the_command_on_a_later_page_has_the_options_of_that_page() -> None:
    from orgsim.commands.report import Wanted, _again

    stored = ["orgsim", "compare", "x", "--seed", "0", "--report", "now.html", "--language", "en", "--draws", "9"]
    made = _again(stored, Wanted(Path("later.html"), None, "fr", 12))
    language = ["--language", "fr", "--draws", "12"]
    assert made == ["orgsim", "compare", "x", "--seed", "0", "--report", "now.html", *language]
    assert _again(stored[:5], Wanted(Path("a.html")))[5:] == ["--report", "a.html", "--draws", "100"]


def test_what_was_stored_comes_back_as_it_was(stored: Path) -> None:
    import orgsim as package

    scenario = package.load_scenario("small.toml")
    found = comparison_of(stored)
    again = package.compare(scenario, arms=["merged", "separate"], replicates=3)
    assert found.comparison.scenario == scenario
    assert found.comparison.arms == again.arms
    assert found.same_engine
    pd.testing.assert_frame_equal(found.comparison.summary(), again.summary())


def test_a_run_until_a_precision_keeps_its_intervals(firm: str) -> None:
    done = orgsim("compare", firm, "--arms", ARMS, "--replicates", "3", "--precision", "50%", "--most", "6", "--out",
                  "results")  # fmt: skip
    assert done.exit_code == 0, done.output
    found = comparison_of(Path("results")).comparison
    assert found.reached is not None
    summary = pd.read_csv("results/summary.csv")
    assert found.summary()["difference_low"].tolist() == pytest.approx(summary["difference_low"].tolist(), nan_ok=True)


@pytest.mark.usefixtures("no_pictures")
def test_figures_are_written_as_png_and_svg(stored: Path) -> None:
    done = orgsim("report", str(stored), "--out", "page.html", "--draws", "0", "--figures", "figures", "--language",
                  "fr")  # fmt: skip
    assert done.exit_code == 0, done.output
    names = {path.name for path in Path("figures").iterdir()}
    assert {"arms.png", "arms.svg", "funnel.png", "fates.svg"} <= names
    assert all(path.stat().st_size > 2000 for path in Path("figures").iterdir())
    assert 'lang="fr"' in Path("page.html").read_text(encoding="utf-8")[:200]


def sweep(folder: Path) -> None:
    about = json.loads((folder / "manifest.json").read_text())
    del about["arms"]
    (folder / "manifest.json").write_text(json.dumps(about | {"experiment": {"name": "x"}}))


def selection(folder: Path) -> None:
    (folder / "selection.csv").write_text("structure\n")


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def no_json(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text[: len(text) // 2])


def no_runs(folder: Path) -> None:
    (folder / "runs.parquet").unlink()


def half_of_the_runs(folder: Path) -> None:
    path = folder / "runs.parquet"
    path.write_bytes(path.read_bytes()[:1000])


def a_world_less(folder: Path) -> None:
    pd.read_parquet(folder / "runs.parquet").iloc[:-1].to_parquet(folder / "runs.parquet")


def a_figure_less(folder: Path) -> None:
    pd.read_parquet(folder / "runs.parquet").drop(columns="profit").to_parquet(folder / "runs.parquet")


def another_start(folder: Path) -> None:
    about = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(about | {"start": "tomorrow"}))


def a_confidence_of_two(folder: Path) -> None:
    about = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(about | {"confidence": 2}))


def another_arm(folder: Path) -> None:
    text = (folder / "manifest.json").read_text().replace('"merged / own_numbers"', '"sla / own_numbers"')
    (folder / "manifest.json").write_text(text)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (sweep, "orgsim effects results"), (selection, "selection of the best"),
        (no_manifest, "manifest.json is missing"), (no_json, "no JSON"), (no_runs, "missing"),
        (half_of_the_runs, "damaged"), (a_world_less, "2 of 3 worlds"),
        (a_figure_less, "without profit"), (another_arm, "no runs of sla / own_numbers"),
        (another_start, "start: found 'tomorrow'"), (a_confidence_of_two, "confidence: found 2"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_whole_comparison_is_refused_in_words(stored: Path, damage: object, said: str) -> None:
    damage(stored)  # type: ignore[operator]
    done = orgsim("report", str(stored))
    assert done.exit_code == 2
    assert said in done.output
    assert not (stored / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "nowhere"), "no such folder"),
        (("report", "small.toml"), "this is a file"),
        (("compare", "small.toml", "--draws", "3"), "needs --report or --figures"),
        (("compare", "small.toml", "--report", "r.html", "--language", "de"), "allowed: en, fr"),
        (("compare", "small.toml", "baseline", "--report", "r.html"), "is about one scenario"),
        (("compare", "small.toml", "--select-best", "profit", "--report", "r.html"), "does not go with --select-best"),
        (("compare", "small.toml", "--report", "."), "is a folder"),
        (("compare", "small.toml", "--report", "small.toml/r.html"), "is a file"),
        (("compare", "small.toml", "--figures", "small.toml"), "is a file"),
        (("compare", "small.toml", "--report", "/proc/r.html"), "nothing can be written in '/proc'"),
        (("compare", "small.toml", "--report", "r.html", "--draws", "-1"), "-1"),
    ],
)
def test_wrong_input_ends_with_code_2_before_anything_runs(firm: str, arguments: tuple[str, ...], said: str) -> None:
    done = orgsim(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.output
    assert sorted(path.name for path in Path().iterdir()) == ["small.toml"]


def test_an_interrupt_leaves_no_half_written_page(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("page.html").write_text("before")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Report, "html", lambda report: "a page")
    monkeypatch.setattr("os.replace", interrupted)
    done = orgsim("report", str(stored), "--out", "page.html", "--draws", "0")
    assert done.exit_code == 130
    assert Path("page.html").read_text() == "before"
    assert not list(Path().glob(".page*"))


def test_a_missing_package_names_the_extra(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    lacking = "vl_convert"
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *more: None if name == lacking else real(name, *more))
    done = orgsim("report", str(stored))
    assert done.exit_code == 2
    assert 'pip install ".[web]"' in done.output
