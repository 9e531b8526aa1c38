"""Compiled or not, in any order, batch and number of threads: the same bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import orgsim
from orgsim.experiments.store import write_parquet
from orgsim.scenario.schema import Scenario

SMALL = {
    "market.size": 150, "time.years": 0.3, "time.warm_up_years": 0.3, "time.run_off_months": 1, "people.reps": 2,
    "people.marketers": 1, "market.episodes_per_year": 1.0,
}  # fmt: skip
PROGRAM = """
import hashlib, sys
import orgsim
scenario = orgsim.load_scenario(sys.argv[1]).with_(**{settings})
digest = hashlib.sha256()
for structure in ("separate", "cro", "separate_joint"):
    run = orgsim.run(scenario, structure=structure, pay="own_numbers", seed=3, replicate=5)
    for table in (run.leads, run.periods, run.hours, run.accounts, run.events, run.prospects):
        for column in table:
            digest.update(table[column].astype(object).map(repr).str.cat(sep="|").encode())
    digest.update(repr(sorted(run.kpis.items())).encode())
print(digest.hexdigest())
"""


def digest_of(scenario: str, **environment: str) -> str:
    """Digest of all tables of three arms, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("{settings}", repr(SMALL)), scenario], text=True, capture_output=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("scenario", ["baseline", "desk"])
def test_plain_python_gives_the_same_bits_as_compiled_code(scenario: str) -> None:
    assert digest_of(scenario, NUMBA_DISABLE_JIT="1") == digest_of(scenario)


def parquet_digest(table: object, folder: Path) -> str:
    write_parquet(folder / "runs.parquet", table)  # type: ignore[arg-type]
    return hashlib.sha256((folder / "runs.parquet").read_bytes()).hexdigest()


def test_threads_batches_and_the_order_of_arms_change_no_byte(small: Scenario, tmp_path: Path) -> None:
    ways = [
        {"threads": 1, "batch": 1, "structures": ["merged", "separate", "cro"], "pay": ["own_numbers", "fixed"]},
        {"threads": 2, "batch": 2, "structures": ["cro", "separate", "merged"], "pay": ["fixed", "own_numbers"]},
        {"threads": 2, "batch": 7, "structures": ["separate", "merged", "cro"], "pay": ["own_numbers", "fixed"]},
    ]
    digests = {
        parquet_digest(orgsim.compare(small, replicates=5, seed=9, **way).runs, tmp_path)  # type: ignore[arg-type]
        for way in ways
    }
    assert len(digests) == 1


def test_a_single_run_gives_exactly_its_row_of_a_comparison(small: Scenario) -> None:
    runs = orgsim.compare(small, structures=["cro", "separate"], pay=["shared_revenue"], replicates=3, seed=4).runs
    row = runs[(runs["structure"] == "cro") & (runs["pay"] == "shared_revenue") & (runs["replicate"] == 2)].iloc[0]
    alone = orgsim.run(small, structure="cro", pay="shared_revenue", seed=4, replicate=2)
    assert row[list(alone.kpis)].astype(float).equals(pd.Series(alone.kpis, dtype=float).rename(row.name))


def test_another_replicate_or_seed_is_another_world(small: Scenario) -> None:
    figures = {orgsim.run(small, seed=s, replicate=r).kpis["revenue"] for s in (0, 1) for r in (0, 1)}
    assert len(figures) == 4


def test_more_replicates_leave_the_first_ones_as_they_were(small: Scenario) -> None:
    few = orgsim.compare(small, structures=["separate"], pay=["own_numbers"], replicates=2).runs
    more = orgsim.compare(small, structures=["separate"], pay=["own_numbers"], replicates=4).runs
    assert more[more["replicate"] < 2].reset_index(drop=True).equals(few)
