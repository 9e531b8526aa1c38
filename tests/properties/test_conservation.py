"""Nothing is lost: leads, hours, cents, prospects, the value of demand; under random scenarios and all that ship."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import orgsim
from orgsim.engine import records as r
from orgsim.results import Run
from orgsim.scenario.load import names
from orgsim.scenario.schema import Scenario

SMALL = {
    "market.size": 500, "time.years": 0.7, "time.warm_up_years": 0.4, "time.run_off_months": 1, "people.reps": 3,
    "people.marketers": 2,
}  # fmt: skip
share = st.floats(0, 1)

scenarios = st.fixed_dictionaries(
    {
        "market.episodes_per_year": st.floats(0, 3),
        "market.signals_per_year": st.floats(0, 3),
        "market.fit_share": share,
        "market.further_reach": share,
        "market.found_share": share,
        "market.window": st.floats(3, 150),
        "market.signal_delay": st.floats(0, 40),
        "market.deal_cv": st.floats(0, 2),
        "market.pace_sd": st.floats(0, 1.5),
        "market.customer_share": st.floats(0, 0.5),
        "lead.threshold": st.floats(-3, 2),
        "lead.definition": share,
        "contact.batch": st.sampled_from([0.0, 7.0, 35.0]),
        "contact.pooled": st.booleans(),
        "contact.shelf_life": st.floats(1, 60),
        "contact.dispute_share": share,
        "contact.reach": share,
        "contact.attempts": st.integers(1, 8),
        "contact.gap": st.floats(0, 20),
        "contact.attempt_time": st.floats(0, 2),
        "contact.talk_time": st.floats(0, 6),
        "contact.time_cv": share,
        "contact.burst": st.floats(0, 35),
        "contact.patience": st.floats(0.5, 60),
        "contact.accept_good": share,
        "contact.accept_bad": share,
        "contact.burn": share,
        "belief.alternative": share,
        "opportunity.meeting": share,
        "opportunity.hours_per_review": st.floats(0, 4),
        "opportunity.neglect": st.floats(1, 40),
        "opportunity.decide": share,
        "opportunity.win": share,
        "customers.repeat": share,
        "customers.interval": st.floats(5, 300),
        "customers.referrals": share,
    }
)
arms = st.tuples(
    st.sampled_from(["merged", "merged_marketing", "separate", "separate_joint", "cro"]),
    st.sampled_from(["own_numbers", "shared_revenue", "fixed"]),
)


def check(run: Run) -> None:
    """All identities of one run."""
    scenario, world, kpis = run.scenario, run.world, run.kpis
    leads = run.leads
    # Leads: one outcome each; one cause for each viable lead that closed and was not won, or none; none for the others.
    assert leads["lead"].is_unique
    closed = leads["closed"].notna()
    assert (closed == (leads["outcome"] != "open")).all()
    wasted = leads["waste_cause"] != "none"
    assert (leads["viable"] & closed & (leads["outcome"] != "won"))[wasted].all()
    assert kpis["leads"] == len(leads) == leads["outcome"].value_counts().sum()
    # The clock of a lead runs forwards.
    for first, then in [
        ("created", "handed_over"), ("handed_over", "first_touch"), ("first_touch", "accepted"),
        ("accepted", "opportunity"), ("created", "closed"), ("handed_over", "closed"),
    ]:  # fmt: skip
        both = leads[first].notna() & leads[then].notna()
        assert (leads[first] <= leads[then] + 1e-9)[both].all()
    # Hours: 35 paid hours for each person and week, none negative.
    weekly = run.hours.groupby(["role", "person"])["hours"].sum()
    weeks = _mondays_to_fridays(scenario, run)
    assert (run.hours["hours"] >= -1e-9).all()
    assert np.allclose(weekly, 35 * weeks)
    # Cents: what is in the accounts is the profit, to the cent.
    assert run.accounts["cents"].sum() == round(kpis["profit"] * 100)
    by_account = run.accounts.groupby("account", observed=True)["cents"].sum()
    revenue = by_account["revenue_new"] + by_account["revenue_repeat"]
    assert revenue == round(kpis["revenue"] * 100)
    orders = run.events[(run.events["activity"] == "order") & (run.events["day"] >= 0)]
    assert round(orders["amount"].sum() * 100) == revenue
    # Prospects: as many as at the start, each in one state, with at most one open lead.
    assert len(run.prospects) == world.prospects.size == int(run.facts["prospects"])
    assert (run.prospects["state"] == "customer").sum() == world.firm["customers"][0]
    still_open = leads[~closed]
    assert still_open["prospect"].is_unique
    assert len(still_open) == int((world.prospects["lead"] >= 0).sum())
    # Value: viable demand = won + fair loss + waste + missed + open, each account's episodes counted once.
    demand = sum(
        kpis[f"{part}_value"]
        for part in ("demand_won", "demand_fair_loss", "lead_waste", "missed_demand", "demand_open")
    )
    assert demand == pytest.approx(_demand_from_the_log(run), abs=0.02)


def _mondays_to_fridays(scenario: Scenario, run: Run) -> int:
    from orgsim.clock import Clock

    clock = Clock.of(scenario)
    fridays = np.arange(clock.days) % 5 == 4
    return int(fridays[clock.start : clock.end].sum())


def _demand_from_the_log(run: Run) -> float:
    """Value of all episodes that were under way at some time of the horizon, from the event log alone."""
    log = run.events
    opened = log[log["activity"] == "need_opened"]
    closed = log[log["activity"] == "closed"].set_index("lead")["day"]
    created = log[log["activity"] == "lead_created"].groupby("case")[["day", "lead"]].apply(
        lambda rows: list(rows.itertuples(index=False, name=None))
    )
    missed = log[log["activity"] == "missed"].groupby("case")["day"].apply(list)
    total = 0.0
    for case, day, amount, lead in opened[["case", "day", "amount", "lead"]].itertuples(index=False, name=None):
        if lead < 0:
            own = [(d, k) for d, k in created.get(case, []) if d >= day]
            gone = [d for d in missed.get(case, []) if d >= day]
            if own and (not gone or own[0][0] <= gone[0]):
                lead = own[0][1]
            elif gone:
                total += amount if gone[0] >= 0 else 0
                continue
            else:
                total += amount
                continue
        total += amount if closed.get(lead, np.inf) >= 0 else 0
    return total


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(changes=scenarios, arm=arms, key=st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
def test_nothing_is_lost_in_random_scenarios(
    changes: dict[str, object], arm: tuple[str, str], key: tuple[int, int]
) -> None:
    scenario = orgsim.load_scenario("baseline").with_(**SMALL, **changes)
    check(orgsim.run(scenario, structure=arm[0], pay=arm[1], seed=key[0], replicate=key[1]))


@pytest.mark.parametrize("name", names())
def test_nothing_is_lost_on_the_scenarios_that_ship(name: str) -> None:
    scenario = orgsim.load_scenario(name).with_(**{"time.years": 1.0, "time.run_off_months": 1})
    check(orgsim.run(scenario, structure="cro", pay="shared_revenue", seed=1))


def test_first_episodes_are_worth_the_same_in_all_arms(small: Scenario) -> None:
    """The accounts that are free at the start of the horizon next need the same, whatever the arm (theory 3, e = 0)."""
    worth = set()
    for structure in ("merged", "separate", "cro"):
        log = orgsim.run(small, structure=structure, seed=5).events
        needs = log[(log["activity"] == "need_opened")]
        before = set(log[log["day"] < 0]["case"])
        first = needs[(needs["day"] >= 0) & ~needs["case"].isin(before)].drop_duplicates("case")
        worth.add((len(first), round(first["amount"].sum(), 2)))
    assert len(worth) == 1


def test_the_state_after_the_horizon_is_not_touched_by_the_run_off(small: Scenario) -> None:
    short = orgsim.run(small.with_(**{"time.run_off_months": 0}), seed=2)
    long = orgsim.run(small.with_(**{"time.run_off_months": 6}), seed=2)
    assert short.leads.equals(long.leads)
    assert {k: v for k, v in short.kpis.items() if k not in ("run_off_margin", "value")} == {
        k: v for k, v in long.kpis.items() if k not in ("run_off_margin", "value")
    }
    assert long.kpis["run_off_margin"] > 0


def test_arrays_grow_without_changing_results(small: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    import orgsim.simulation as simulation

    busy = small.with_(
        **{"contact.reach": 0.02, "contact.attempts": 40, "contact.gap": 1, "contact.patience": 200, "time.years": 1.5,
           "market.size": 150, "market.episodes_per_year": 5}
    )  # fmt: skip
    before = orgsim.run(busy, seed=8)
    monkeypatch.setattr(simulation, "START_ROOM", 1)
    after = orgsim.run(busy, seed=8)
    assert after.kpis == before.kpis
    for table in ("leads", "periods", "hours", "accounts", "events", "prospects"):
        assert getattr(after, table).equals(getattr(before, table))
    assert len(after.world.leads) > 300
    assert len(after.world.log) > 3000
    assert len(after.world.events) > 2 * busy.market.size + 1


def test_a_firm_without_a_market_runs_for_decades() -> None:
    """Leaders' decisions fill the log of a run in which nothing else happens."""
    empty = orgsim.load_scenario("baseline").with_(
        **{"market.size": 1, "market.episodes_per_year": 0, "market.signals_per_year": 0, "market.customer_share": 0,
           "time.years": 60, "time.run_off_months": 0}
    )  # fmt: skip
    run = orgsim.run(empty)
    assert run.kpis["revenue"] == 0
    assert (run.events["activity"] == "budget_decided").sum() == 12 * 61


def test_views_of_a_mesa_models_state_stay_as_they_were_when_it_grows(small: Scenario) -> None:
    model = orgsim.OrgModel(small.with_(**{"time.years": 2.0}), rng=3)
    before = model.world.log
    view = before[:5]
    kept = view.copy()
    model.run_for(400)
    assert len(model.world.log) > len(before)
    assert view.tobytes() == kept.tobytes()


def test_every_account_of_the_firm_is_used_once_in_the_figures() -> None:
    assert len(set(r.ACCOUNTS)) == len(r.ACCOUNTS)
