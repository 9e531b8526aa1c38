"""Nobody, nothing, one day, two hundred years, one employee with ten thousand leads, millions of prospects, the last
seeds: a right answer, by arithmetic or by what does not depend on the size, or a clear refusal."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bounded_firms import command, costs, small
from test_random_organisations import TABLES, check, same

import orgsim
from orgsim.scenario.errors import ScenarioError
from orgsim.simulation import WORD

CALM: dict[str, Any] = {"today.pay": "fixed", "people.rep_turnover": 0, "people.marketer_turnover": 0,
                        "switches.turnover": False}  # fmt: skip
NOBODY = {"market.segments": [{"name": "nowhere", "size": 0}]}
NOT_KNOWN = ("attainment_mean", "at_quota_share", "awareness_regular_end", "awareness_outside_end")


def brief(value: object) -> str:
    """A value in the name of a test."""
    return str(value)[:30] if not isinstance(value, int) or abs(value) < 2**70 else "huge"


def known(kpis: dict[str, float]) -> bool:
    return all(math.isfinite(value) for name, value in kpis.items() if name not in NOT_KNOWN)


# No prospects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [1 / 260, 0.5, 3, 50, 200])
def test_a_market_without_prospects_brings_costs_alone_and_to_the_cent(years: float) -> None:
    """Whole years of flat pay: reps, marketers, leaders with charges, cars, systems, programme."""
    firm = small(**CALM, **NOBODY, **{"time.years": years})
    run = orgsim.run(firm, seed=1)
    check(run)
    assert known(run.kpis)
    assert run.kpis["revenue"] == run.kpis["leads"] == run.kpis["missed_demand_value"] == 0
    days = max(1, round(years * 260))
    assert run.kpis["profit"] == pytest.approx(-costs(firm, "separate") * days / 260, abs=0.10)
    if days % 260 == 0:
        assert run.kpis["profit"] == pytest.approx(-costs(firm, "separate") * years, abs=0.011)
    for name in TABLES:
        assert len(getattr(run, name)) >= 0


NOWHERE = """extends = "baseline"
[market]
segments = [{ name = "nowhere", size = 0 }]
[time]
years = 0.2
warm_up_years = 0
run_off_months = 0
[people]
reps = 1
marketers = 0
"""


def test_awareness_of_nobody_is_no_number_and_said_to_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("firm.toml").write_text(NOWHERE, encoding="utf-8")
    code, out, err = command("run", "firm.toml", "--format", "json")
    assert code == 0, err
    assert "NaN" not in out
    kpis = json.loads(out)["kpis"]
    assert kpis["awareness_regular_end"] is None
    assert kpis["revenue"] == 0


@pytest.mark.slow
def test_a_market_of_nobody_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("firm.toml").write_text(NOWHERE, encoding="utf-8")
    code, out, err = command("compare", "firm.toml", "--replicates", "2", "--metrics", "profit,awareness_outside_end",
                             "--format", "json")  # fmt: skip
    assert code == 0, err
    assert "NaN" not in out
    assert json.loads(out)


def test_an_empty_segment_at_the_end_changes_nothing() -> None:
    """Luck is keyed by a segment's position, so that one behind the others moves nobody."""
    segments = [segment.model_dump() for segment in small().market.segments]
    more = [*segments, {"name": "nowhere", "size": 0, "awareness": 0.9}, {"name": "no share", "share": 0.0}]
    one, other = orgsim.run(small(), seed=1), orgsim.run(small(**{"market.segments": more}), seed=1)
    assert one.kpis == other.kpis
    for name in ("events", "periods", "hours", "pay", "people", "accounts"):
        assert getattr(one, name).equals(getattr(other, name)), name
    assert one.world.prospects.tobytes() == other.world.prospects.tobytes()


def test_one_prospect_is_one_prospect() -> None:
    run = orgsim.run(small(**{"market.segments": [{"name": "only", "size": 1}], "time.years": 20}), seed=1)
    check(run)
    assert len(run.prospects) == 1
    assert run.kpis["customers_end"] in (0, 1)


@pytest.mark.parametrize(("key", "value", "said"), [
    ("people.reps", 0, "found 0; must be at least 1"), ("people.reps", 20_001, "must be at most 20000"),
    ("people.reps", -1, "must be at least 1"), ("people.reps", 2.5, "a whole number is needed"),
    ("people.reps", 10**5000, "found a huge number"), ("people.marketers", -1, "must be at least 0"),
    ("market.size", 0, "must be at least 1"), ("market.size", 16_000_001, "must be at most 16000000"),
    ("market.size", math.nan, "found nan"), ("time.years", 0, "must be more than 0"),
    ("time.years", 201, "must be at most 200"), ("time.years", math.inf, "found inf; must be at most 200"),
    ("time.warm_up_years", 51, "must be at most 50"), ("time.run_off_months", -1, "must be at least 0"),
    ("market.segments", [], "must have at least 1 item(s)"), ("market.segments.0.share", math.nan, "found nan"),
    ("market.segments.0.size", 16_000_001, "must be at most 16000000"),
    ("market.signals_per_year", 1e9, "must be at most 1000"),
    ("market.episodes_per_year", 1001, "must be at most 1000"),
    ("market.segments.0.signals_per_year", 1e9, "must be at most 1000"),
    ("customers.interval", 1e-9, "must be at least 0.1"), ("lead.rescore", 1e-9, "must be at least 0.1"),
    ("people.vacancy", 4.5e8, "must be at most 50000"), ("teams.voice_commitment", 1e9, "must be at most 100"),
    ("market.segments.².share", 1, "unknown key '²'"), ("opportunity.advance", [math.nan] * 3, "advance nan"),
], ids=brief)  # fmt: skip
def test_sizes_out_of_bounds_are_refused_with_what_is_allowed(key: str, value: Any, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        small(**{key: value})
    assert said in str(caught.value)
    assert key.split(".")[0] in str(caught.value)


def test_no_marketers_at_all_is_a_firm() -> None:
    run = orgsim.run(small(**{"people.marketers": 0}), seed=1)
    check(run)
    assert known(run.kpis)
    assert run.kpis["cost_marketers_base"] == run.kpis["cost_marketers_variable"] == 0
    assert (run.hours["role"] == "rep").all()


# Time ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [1e-9, 1 / 260])
@pytest.mark.parametrize("before", [0, 1e-9, 0.5])
def test_a_horizon_of_a_day_is_a_day(years: float, before: float) -> None:
    run = orgsim.run(small(**{"time.years": years, "time.warm_up_years": before, "time.run_off_months": 0}), seed=1)
    check(run)
    assert known(run.kpis)
    assert run.periods["end_day"].tolist() == [1]
    assert run.kpis["value"] == run.kpis["profit"]


def test_what_happens_does_not_depend_on_how_long_the_run_goes_on() -> None:
    """Half a year and two hundred give the same first quarter (later people foresee that pay ends)."""
    short, long = (orgsim.run(small(**CALM, **{"time.years": years}), seed=2).events for years in (0.5, 200))
    first = [table[table["day"] < 60].reset_index(drop=True) for table in (short, long)]
    assert len(first[0]) > 100
    assert first[0].equals(first[1])


@pytest.mark.parametrize("years", [50, 200])
def test_long_runs_lose_nothing_and_the_long_run_is_steady(years: float) -> None:
    run = orgsim.run(small(**{"time.years": years}), seed=1)
    if years == 50:
        check(run)
    assert known(run.kpis)
    won = run.periods["won"].to_numpy()
    halves = won[: len(won) // 2].mean(), won[len(won) // 2 :].mean()
    assert halves[1] == pytest.approx(halves[0], abs=4 * np.sqrt(2 * won.mean() / (len(won) / 2)))


# Crowds --------------------------------------------------------------------------------------------------------------


def test_one_employee_with_thousands_of_leads_works_no_more_than_a_week() -> None:
    firm = small(**{"people.reps": 1, "people.marketers": 0, "market.size": 12_000, "market.signals_per_year": 4.0,
                    "market.segments.0.awareness": 1.0, "time.years": 0.25, "lead.threshold": -1e9})  # fmt: skip
    run = orgsim.run(firm, seed=1)
    check(run)
    assert run.kpis["mqls"] > 1_000
    assert run.kpis["leads"] > 5_000
    weeks = run.hours.groupby("month")["hours"].sum()
    assert weeks.sum() == pytest.approx(35 * 13)
    assert run.kpis["attempted"] < 0.7 * run.kpis["mqls"]
    assert run.kpis["waste_not_contacted_capacity_value"] > 0


@pytest.mark.slow
def test_ten_thousand_leads_at_one_desk_are_all_accounted_for() -> None:
    firm = small(**{"people.reps": 1, "people.marketers": 0, "market.size": 40_000, "market.signals_per_year": 2.0,
                    "market.segments.0.awareness": 1.0, "time.years": 0.5, "lead.threshold": -1e9})  # fmt: skip
    run = orgsim.run(firm, seed=1)
    check(run)
    assert run.kpis["leads"] > 10_000


@pytest.mark.slow
def test_a_million_prospects_for_a_quarter_are_all_accounted_for() -> None:
    """How many need something in a quarter is binomial, of as many as there are."""
    resource = pytest.importorskip("resource")
    per_mb = 1_000_000 if sys.platform == "darwin" else 1_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mb
    size = 1_000_000
    firm = small(**{"market.size": size, "market.customer_share": 0, "time.years": 0.25, "time.warm_up_years": 0,
                    "time.run_off_months": 0, "market.signals_per_year": 0.0,
                    "market.segments": [{"name": "all", "share": 1.0, "awareness": 0.3}]})  # fmt: skip
    run = orgsim.run(firm, seed=1)
    needs = int((run.events["activity"] == "need_opened").sum())
    years, window = 65 / 260, 100 / 260  # a need stays open for longer than the quarter, so that each has one at most
    chance = -math.expm1(-years / (1 / 0.2 - window))
    assert abs(needs - size * chance) < 4 * math.sqrt(size * chance * (1 - chance))
    assert len(run.prospects) == size
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / per_mb - before < 2_000


def test_a_firm_too_large_for_the_machine_ends_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: Any, **__: Any) -> None:
        raise MemoryError("cannot allocate memory for array")

    monkeypatch.setattr("orgsim.simulation.new_world", too_large)
    code, out, err = command("run", "baseline")
    assert (code, out) == (1, "")
    assert "memory is short (cannot allocate memory for array); take fewer prospects (market.size)" in err


# The key of luck -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, WORD - 1])
@pytest.mark.parametrize("replicate", [0, WORD - 1])
def test_the_last_seeds_and_worlds_are_as_good_as_the_first(seed: int, replicate: int) -> None:
    run = orgsim.run(small(), seed=seed, replicate=replicate)
    check(run)
    other = orgsim.run(small(), seed=np.uint64(seed), replicate=np.int64(replicate))
    assert same(run, other)
    assert run.events["timestamp"].tolist() != orgsim.run(small(), seed=seed ^ 1, replicate=replicate).events[
        "timestamp"].tolist()  # fmt: skip


@pytest.mark.parametrize("word", [-1, WORD, 2**64, 1.0, True, None, "1", math.nan])
def test_keys_that_are_no_words_are_refused(word: Any) -> None:
    for name in ("seed", "replicate"):
        with pytest.raises(ScenarioError, match=f"{name}: found .*; must be a whole number from 0 to 4294967295"):
            orgsim.run(small(), **{name: word})
    with pytest.raises(ScenarioError, match="must be a whole number"):
        orgsim.compare(small(), replicates=1, seed=word)


@pytest.mark.parametrize("number", [0, -1, 1_000_001, 10**5000, 2.5, "3", True, math.nan, math.inf], ids=brief)
def test_worlds_that_cannot_be_counted_are_refused(number: Any) -> None:
    for name in ("replicates", "threads", "batch"):
        with pytest.raises(ScenarioError, match=rf"{name}: found .*; must be"):
            orgsim.compare(small(), **{name: number})


@pytest.mark.parametrize(("args", "said"), [
    (("run", "baseline", "--seed", "4294967296"), "4294967296 is not in the range"),
    (("run", "baseline", "--seed", "-1"), "-1 is not in the range"),
    (("run", "baseline", "--replicate", "1e3"), "is not a valid integer"),
    (("compare", "baseline", "--replicates", "0"), "replicates"),
    (("compare", "baseline", "--replicates", "99999999999999999999"), "replicates"),
    (("verify", "queue", "--replicates", "999999999999"), "found 999999999999; must be at most 1000000"),
    (("verify", "queue", "--replicates", "29"), "found 29; must be at least 30"),
    (("compare", "baseline", "--years", "nan"), "--years"),
    (("compare", "baseline", "--years", "201"), "--years: found 201"),
    (("compare", "baseline", "--years", "0"), "--years: found 0"),
    (("run", "x/" * 3000 + "firm.toml"), "no such scenario"),
    (("run", "\0.toml"), "no such scenario"),
], ids=brief)  # fmt: skip
def test_commands_refuse_sizes_out_of_bounds_with_two(
    args: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = command(*args)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
