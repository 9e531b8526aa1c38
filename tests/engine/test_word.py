"""Word of mouth and warnings: what accounts tell each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

import orgsim
from orgsim.engine.records import DAYS_PER_YEAR, REFUSED
from orgsim.results import Run
from orgsim.scenario.schema import Scenario

FALSE_ALARM = 1e-6


def firm(**changes: Any) -> Scenario:
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 1500, "time.years": 2.0, "time.warm_up_years": 0.5, "time.run_off_months": 0},
    ).with_(**changes)  # fmt: skip


def of(run: Run, activity: str) -> Any:
    return run.events[(run.events["activity"] == activity) & (run.events["day"] >= 0)]


def test_each_customer_tells_at_the_rate_given() -> None:
    """Poisson over customer-years, as counted day by day; a sound engine fails once in a million, either side."""
    rate = 0.4
    told = 0
    years = 0.0
    for replicate in range(3):
        run = orgsim.run(firm(**{"customers.word_of_mouth": rate}), seed=1, replicate=replicate)
        told += len(of(run, "told"))
        years += run.world.days["customers"][130:].sum() / DAYS_PER_YEAR
    assert rate * years > 100
    assert stats.poisson.cdf(told, rate * years) > FALSE_ALARM
    assert stats.poisson.sf(told - 1, rate * years) > FALSE_ALARM


def test_an_account_that_is_told_and_has_no_need_open_has_one_at_once_and_thinks_of_us() -> None:
    """Where needs come from nothing else, each need is of an account told at that moment, and all of them respond."""
    run = orgsim.run(firm(**{"customers.word_of_mouth": 2.0, "market.episodes_per_year": 0, "contact.burn": 0,
                             "market.signals_per_year": 0, "market.signal_delay": 0}), seed=2)  # fmt: skip
    events = run.events
    told = set(zip(*events[events["activity"] == "told"][["case", "day"]].T.to_numpy(), strict=True))
    needs = set(zip(*events[events["activity"] == "need_opened"][["case", "day"]].T.to_numpy(), strict=True))
    created = set(zip(*events[events["activity"] == "lead_created"][["case", "day"]].T.to_numpy(), strict=True))
    assert needs
    assert needs <= told
    assert needs == created
    assert set(run.leads["origin"]) == {"inbound"}
    assert told - needs, "who is a customer or has a need open is told in vain"


def test_word_stays_within_a_segment() -> None:
    """Only the first segment has accounts that fit, and so customers."""
    fits = {f"market.segments.{n}.fit_share": 0.0 for n in (1, 2, 3)}
    run = orgsim.run(firm(**fits, **{"customers.word_of_mouth": 1.0}), seed=3)
    told = of(run, "told")["case"]
    assert len(told) > 20
    assert (told // 2**24 == 0).all()


def test_without_word_of_mouth_nobody_is_told_and_more_of_it_brings_more_customers() -> None:
    end = []
    for rate in (0.0, 1.0, 4.0):
        run = orgsim.run(firm(**{"customers.word_of_mouth": rate}), seed=4)
        end.append(run.kpis["won"])
        assert (len(of(run, "told")) == 0) == (rate == 0.0)
    assert end[0] < end[1] < end[2]


def test_a_burned_account_warns_another_which_thinks_of_us_no_more() -> None:
    burning = {"contact.burn": 1.0, "contact.double": 1.0}
    for chance in (0.0, 1.0):
        run = orgsim.run(firm(**burning, **{"customers.warnings": chance}), seed=5)
        burned = (run.leads["outcome"] == "refused").sum()
        warned = (run.world.prospects["lift"] < 0).sum()
        assert burned > 50
        assert (warned > 0) == (chance == 1.0)
    log = run.events
    assert warned <= ((log["activity"] == "closed") & (log["amount"] == REFUSED)).sum(), "one each, warm-up included"


def test_warnings_cost_leads() -> None:
    leads = []
    for chance in (0.0, 1.0):
        scenario = firm(**{"contact.burn": 1.0, "customers.warnings": chance, "market.size": 300, "time.years": 3.0})
        leads.append(np.sum([orgsim.run(scenario, seed=6, replicate=r).kpis["leads"] for r in range(4)]))
    assert leads[1] < leads[0]
