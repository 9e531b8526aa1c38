"""Payroll: what is settled is what the plan says, and every cent of it is in an account."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import orgsim
from orgsim.leadership.contracts import yearly_quota
from orgsim.results import Run
from orgsim.scenario.pay import PERIODS, curve_of
from orgsim.scenario.schema import Scenario

SMALL = {
    "market.size": 3000, "people.reps": 4, "time.years": 1.0, "time.warm_up_years": 1.0, "time.run_off_months": 0,
}  # fmt: skip
STILL = {"switches.turnover": False, "switches.ratchet": False}
PLANS = ("own_numbers", "shared_revenue", "accelerated", "quarterly_bonus", "mbo", "hybrid", "capped", "spif")


@pytest.fixture(scope="module")
def firm() -> Scenario:
    return orgsim.load_scenario("baseline").with_(**SMALL)


def settled(run: Run) -> pd.DataFrame:
    """What was paid, years under review left out."""
    return run.pay[run.pay["component"] >= 0]


def booked(run: Run, account: str) -> int:
    accounts = run.accounts
    return int(-accounts[accounts["account"] == account]["cents"].sum())


@pytest.mark.parametrize("plan", PLANS)
def test_each_line_pays_what_the_curve_of_the_plan_says_of_its_attainment(firm: Scenario, plan: str) -> None:
    run = orgsim.run(firm.with_(**STILL), pay=plan, seed=4)
    lines = settled(run)
    assert len(lines) > 20
    for role, of_role in lines.groupby("role", observed=True):
        components = getattr(firm.pay[plan], str(role))
        target = firm.money.rep_pay if role == "rep" else firm.money.marketer_pay
        for line in of_role.itertuples():
            component = components[line.component]
            number = PERIODS[component.period]
            quota = yearly_quota(firm, str(role), component) / number
            assert line.quota == pytest.approx(quota)
            curve = curve_of(component, quota, (component.share or 0.0) * target / number)
            assert line.pay == pytest.approx(curve.pay(line.attainment), abs=0.006)


@pytest.mark.parametrize("plan", PLANS)
def test_what_is_settled_is_in_the_accounts_with_charges(firm: Scenario, plan: str) -> None:
    run = orgsim.run(firm, pay=plan, seed=5)
    for role, account in (("rep", "reps_variable"), ("marketer", "marketers_variable")):
        cents = round(100 * settled(run)[settled(run)["role"] == role]["pay"].sum())
        months = len(run.periods)
        assert booked(run, account) == pytest.approx(cents * firm.money.charges, abs=months)


def test_with_everyone_in_a_seat_the_results_of_reps_sum_to_the_firms_revenue(firm: Scenario) -> None:
    run = orgsim.run(firm.with_(**STILL), seed=6)
    lines = settled(run)
    assert lines[lines["role"] == "rep"]["result"].sum() == pytest.approx(run.kpis["revenue"])
    mqls = lines[(lines["role"] == "marketer") & (lines["person"] == 0)]["result"].sum()
    assert mqls == run.kpis["mqls"]


def test_a_team_result_is_the_same_for_all_and_the_sum_of_own_results(firm: Scenario) -> None:
    both = {"pay.both": {"rep": [{"metric": "wins", "rate": 100.0},
                                 {"metric": "wins", "scope": "team", "rate": 100.0}]}}  # fmt: skip
    lines = settled(orgsim.run(firm.with_(**STILL, **both), pay="both", seed=6))
    own = lines[lines["component"] == 0].groupby("month")["result"].sum()
    team = lines[lines["component"] == 1].groupby("month")["result"]
    assert (team.nunique() == 1).all()
    assert own.equals(team.first())
    paid = lines.groupby("component")["pay"].sum()
    assert paid[0] == pytest.approx(paid[1], abs=1.0), "a rate on what all bring in is shared evenly"


def test_a_contest_pays_its_prize_to_so_many_winners_with_the_best_results(firm: Scenario) -> None:
    contest = {"pay.race": {"rep": [{"metric": "new_revenue", "period": "quarter", "bonus": 800, "winners": 2}]}}
    lines = settled(orgsim.run(firm.with_(**STILL, **contest), pay="race", seed=7))
    for _, quarter in lines.groupby("day"):
        paid = quarter[quarter["pay"] > 0]
        assert (paid["pay"] == 800).all()
        assert len(paid) == 2
        assert paid["result"].min() >= quarter[quarter["pay"] == 0]["result"].max()


def test_a_spif_counts_only_the_weeks_it_names(firm: Scenario) -> None:
    plans = {
        f"pay.{name}": {"rep": [{"metric": "wins", "period": "quarter", "rate": 200.0, "weeks": weeks}]}
        for name, weeks in (("all", (1, 13)), ("first", (1, 4)), ("rest", (5, 13)))
    }
    # Flat expectations keep hours alike: what differs is only what is counted.
    flat = {f"effort.revenue_{name}": 0 for name in ("leads", "prospecting", "opportunities", "customers")}
    scenario = firm.with_(**STILL, **plans, **flat, **{"switches.timing": False})
    results = {n: settled(orgsim.run(scenario, pay=n, seed=8)).set_index(["day", "person"])["result"]
               for n in ("all", "first", "rest")}  # fmt: skip
    assert (results["first"] + results["rest"]).equals(results["all"])
    assert results["first"].sum() > 0


def test_a_discount_lowers_revenue_and_not_what_the_goods_cost(firm: Scenario) -> None:
    run = orgsim.run(firm, pay="quarterly_bonus", seed=9)
    won = run.leads[run.leads["outcome"] == "won"]
    closed = won[won["closed"] >= 0]
    assert run.kpis["discounts"] == pytest.approx(closed["discount"].sum())
    assert run.kpis["discounts"] > 0
    assert run.kpis["revenue_new"] == pytest.approx((closed["deal"] - closed["discount"]).sum())
    listed = run.kpis["revenue"] + run.kpis["discounts"]
    margin = listed * firm.money.gross_margin - run.kpis["discounts"]
    assert run.kpis["gross_margin"] == pytest.approx(margin, abs=1.0)


def test_closes_move_only_within_the_authority_and_where_the_date_matters(firm: Scenario) -> None:
    bonus = orgsim.run(firm, pay="quarterly_bonus", seed=9)
    assert bonus.kpis["closes_pulled"] > 0
    moved = bonus.leads[(bonus.leads["moved"] != 0) & (bonus.leads["outcome"] == "won")]
    given = moved["discount"] / moved["deal"]
    assert given.max() <= firm.timing.authority + 1e-6
    lowest = firm.timing.discount * (1 - firm.timing.spread)
    assert given.min() >= lowest - 1e-6
    for still in (
        orgsim.run(firm, pay="commission", seed=9),
        orgsim.run(firm.with_(**{"timing.authority": 0}), pay="quarterly_bonus", seed=9),
        orgsim.run(firm.with_(**{"switches.timing": False}), pay="quarterly_bonus", seed=9),
    ):
        assert still.kpis["closes_pulled"] == still.kpis["closes_pushed"] == still.kpis["discounts"] == 0


def test_a_pulled_close_lies_in_the_last_week_of_the_quarter_and_a_pushed_one_after_it(firm: Scenario) -> None:
    leads = orgsim.run(firm.with_(**{"time.years": 2}), pay="quarterly_bonus", seed=10).leads
    ended = leads[(leads["closed"] >= 0) & (leads["moved"] != 0)]
    day = ended["closed"] % 65
    assert ((day >= 60) == (ended["moved"] == -1)).all()
    assert (day[ended["moved"] == 1] < 1).all()
    assert {-1, 1} == set(ended["moved"])


def test_a_clawback_takes_back_the_pay_of_cancelled_orders_and_nothing_else(firm: Scenario) -> None:
    rep = [{"metric": "new_revenue", "rate": 0.05}]
    plans = {"pay.kept": {"rep": rep}, "pay.back": {"rep": rep, "clawback": 520}}
    # Yields believed to be nothing keep hours alike under both.
    flat = {f"effort.revenue_{name}": 0 for name in ("leads", "prospecting", "opportunities", "customers")}
    scenario = firm.with_(**STILL, **plans, **flat, **{"customers.cancel": 0.6, "customers.cancel_within": 20})
    kept, back = (orgsim.run(scenario, pay=name, seed=11) for name in ("kept", "back"))
    cancelled = back.events[(back.events["activity"] == "cancelled") & (back.events["day"] >= 0)]["amount"]
    assert len(cancelled) > 3
    assert kept.kpis["revenue"] == back.kpis["revenue"]
    difference = settled(kept)["pay"].sum() - settled(back)["pay"].sum()
    assert difference == pytest.approx(0.05 * cancelled.sum(), abs=1.0)


def test_quotas_follow_last_years_result_up_more_than_down(firm: Scenario) -> None:
    scenario = firm.with_(**{"switches.turnover": False, "time.years": 4})
    years = orgsim.run(scenario, seed=12).pay.query("component == -1").sort_values(["person", "day"])
    up, down = firm.quotas.up, firm.quotas.down
    seen = set()
    for _, person in years.groupby("person"):
        for now, then in zip(person.itertuples(), list(person.itertuples())[1:], strict=False):
            excess = now.attainment - 1
            seen.add(excess > 0)
            assert then.quota / now.quota == pytest.approx(1 + (up if excess > 0 else down) * excess)
    assert seen == {True, False}
    assert up > down, "and as shipped they rise more than they fall (A22)"


def test_pay_depends_on_no_thread_and_no_order(firm: Scenario) -> None:
    kpis = [
        orgsim.compare(firm, structures=list(order), pay=["accelerated", "contest"], replicates=3, threads=threads).runs
        for order, threads in ((("merged", "separate"), 1), (("separate", "merged"), 2))
    ]
    one, other = (k.sort_values(["structure", "pay", "replicate"], ignore_index=True) for k in kpis)
    numbers = [c for c in one.columns if one[c].dtype == np.float64 and c != "seconds"]
    assert one[numbers].equals(other[numbers])
