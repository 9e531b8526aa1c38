"""mesa.batch_run on OrgModel, as docs/clients/mesa-batch-run.md shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from client_pages import check_prints, run_page

import orgsim

mesa = pytest.importorskip("mesa", reason="Mesa is not installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return run_page("mesa-batch-run", tmp_path_factory.mktemp("mesa"))


def test_the_page_shows_what_its_programs_print(page: tuple[dict[str, Any], str]) -> None:
    check_prints("mesa-batch-run", page[1])


def test_every_row_of_the_sweep_is_the_run_of_its_key_to_the_bit(page: tuple[dict[str, Any], str]) -> None:
    runs: pd.DataFrame = page[0]["runs"]
    assert len(runs) == 2 * 2 * 3
    assert set(zip(runs["people.reps"], runs["structure"], runs["replicate"])) == {
        (reps, structure, replicate)
        for reps in (1, 2) for structure in ("separate", "merged") for replicate in range(3)
    }  # fmt: skip
    for row in runs.to_dict("records"):
        firm = orgsim.load_scenario("baseline").with_(**page[0]["SMALL"], **{"people.reps": row["people.reps"]})
        run = orgsim.run(firm, structure=row["structure"], seed=0, replicate=row["replicate"])
        figures = set(run.kpis) & set(row)
        assert len(figures) >= 10
        assert {name: repr(float(row[name])) for name in figures} == {
            name: repr(float(run.kpis[name])) for name in figures
        }


def test_arms_differ_so_that_equality_says_something(page: tuple[dict[str, Any], str]) -> None:
    runs: pd.DataFrame = page[0]["runs"]
    assert runs.groupby(["people.reps", "structure", "replicate"])["profit_before_leaders"].first().nunique() == 12


def test_two_processes_give_the_rows_of_one(page: tuple[dict[str, Any], str]) -> None:
    runs = page[0]["runs"]
    other = pd.read_pickle(Path(page[0]["__folder__"]) / "runs.pkl")
    pd.testing.assert_frame_equal(other, runs, check_exact=True)


def test_iterations_draw_a_seed_for_each_run_and_record_it(page: tuple[dict[str, Any], str]) -> None:
    loose: pd.DataFrame = page[0]["loose"]
    assert loose["rng"].isna().all()
    assert loose["seed"].nunique() == len(loose) == 6


def test_batch_run_stops_at_a_thousand_days_unless_told(page: tuple[dict[str, Any], str]) -> None:
    long = {"market.size": 100, "time.years": 4, "time.warm_up_years": 0, "time.run_off_months": 0}
    (cut,) = mesa.batch_run(orgsim.OrgModel, long, rng=0, display_progress=False)
    (whole,) = mesa.batch_run(orgsim.OrgModel, long, rng=0, display_progress=False, max_steps=10_000)
    run = orgsim.run(orgsim.load_scenario("baseline").with_(**long), seed=0)
    assert (cut["Step"], whole["Step"]) == (1000, 1040)
    assert cut["profit"] != whole["profit"] == run.kpis["profit"]
