"""Limit cases are ordinary scenarios: they run no line of the engine that other scenarios do not run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orgsim.experiments.limits import verify
from orgsim.scenario import load
from orgsim.scenario.load import library, load_scenario, names

# Small versions: the same kind of firm and process, few accounts with frequent needs, a short time.
QUICK = {
    "market.size": 40, "market.episodes_per_year": 8, "market.window": 15, "time.years": 0.4, "time.warm_up_years": 0.3,
    "time.run_off_months": 0,
}  # fmt: skip
# What a firm may well have that no scenario that ships has: slack that costs nothing to use up, long calls, quotas by
# the quarter and by the week, people who do not learn, and who see no hour that adds to what they are paid for.
VARIANT = {**QUICK, "market.size": 100, "effort.rep_costs": [1, 1, 1, 1, 1, 1, 0], "contact.talk_time": 20}
BY_WEEK = {"metric": "new_revenue", "period": "week", "quota": 275_000, "bonus": 50}
NO_YIELD = {f"effort.revenue_{work}": 0 for work in ("leads", "prospecting", "opportunities")}
VARIANTS: list[tuple[str, dict[str, object]]] = [
    ("baseline", {**VARIANT, "today.pay": "quarterly_bonus"}), ("baseline", {**VARIANT, "today.pay": "team_bonus"}),
    ("baseline", {**VARIANT, "today.pay": "mbo"}),
    ("baseline", {**VARIANT, "switches.learning": False, "pay.own_numbers.rep": [BY_WEEK]}),
    ("baseline", {**VARIANT, "switches.learning": False, "pay.own_numbers.rep": [BY_WEEK], **NO_YIELD}),
]  # fmt: skip
PROGRAM = """
import json, sys
import coverage
cov = coverage.Coverage(data_file=None, include=["*/orgsim/engine/*", "*/orgsim/leadership/*"])
cov.start()
import orgsim
for name, changes in json.loads(sys.argv[1]):
    scenario = orgsim.load_scenario(name).with_(**changes)
    for structure in (scenario.today.structure, *sys.argv[2].split()):
        orgsim.run(scenario, structure=structure)
cov.stop()
data = cov.get_data()
print(json.dumps({name: sorted(data.lines(name)) for name in data.measured_files()}))
"""


def lines_of(cases: list[tuple[str, dict[str, object]]], structures: str = "") -> dict[str, set[int]]:
    """Lines of the engine, by file, that plain Python executes for the given scenarios."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(cases), structures], text=True, capture_output=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {Path(name).name: set(lines) for name, lines in json.loads(done.stdout).items()}


def limit_files() -> list[str]:
    return sorted(str(path) for path in (library() / "limits").glob("*.toml"))


def quick(name: str) -> dict[str, object]:
    """A small version of a scenario; the limit cases get few accounts with certain needs."""
    scenario = load_scenario(name)
    return QUICK if scenario.limit or "limits" in name else {**QUICK, "market.size": 100, "time.years": 0.8}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_limit_cases_run_no_line_of_the_engine_that_other_scenarios_do_not_run() -> None:
    with ThreadPoolExecutor(3) as pool:
        cases = pool.submit(lines_of, [(name, quick(name)) for name in limit_files()])
        shipped = pool.submit(lines_of, [(name, quick(name)) for name in names()], "merged separate_joint")
        variants = pool.submit(lines_of, VARIANTS)
    limits, others = cases.result(), shipped.result()
    for file, lines in variants.result().items():
        others.setdefault(file, set()).update(lines)
    assert sum(len(lines) for lines in limits.values()) > 300
    extra = {file: sorted(lines - others.get(file, set())) for file, lines in limits.items()}
    assert {file: lines for file, lines in extra.items() if lines} == {}


def test_no_code_knows_the_name_of_a_limit_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "library"
    shutil.copytree(library(), copy)
    (copy / "limits" / "adstock.toml").rename(copy / "limits" / "xyz.toml")
    known_as = verify("adstock", {"half_life_weeks": 3.0}, seed=1)
    monkeypatch.setattr(load, "library", lambda: copy)
    renamed = verify("xyz", {"half_life_weeks": 3.0}, seed=1)
    assert [{**row, "case": "adstock"} for row in renamed] == known_as
