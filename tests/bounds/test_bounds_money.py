"""Money of any scale: the same firm in another currency decides the same, and what cents cannot count is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bounded_firms import command, in_another_currency, money, small
from test_random_organisations import check

import orgsim
from orgsim.scenario.amounts import MOST_CENTS
from orgsim.scenario.errors import ScenarioError

WHOLE = ("leads", "won", "mqls", "sqls", "attempted", "opportunities", "customers_end", "lead_waste_count",
         "viable_leads", "missed_demand_count", "hires", "rep_quits")  # fmt: skip
EURO = ("revenue", "gross_margin", "profit", "value", "missed_demand_value", "demand_open_value", "rep_variable_pay")


@pytest.mark.parametrize("structure", ["separate", "merged"])
@pytest.mark.parametrize("power", [-6, -1, 3, 10, 20])
def test_a_firm_in_another_currency_decides_the_same_and_its_figures_are_scaled(structure: str, power: int) -> None:
    """A power of two changes no digit of any amount, so that only the rounding of orders and pay to cents differs."""
    firm, rate = small(**{"time.years": 1.0}), 2.0**power
    one = orgsim.run(firm, structure=structure, seed=1)
    other = orgsim.run(in_another_currency(firm, rate), structure=structure, seed=1)
    assert one.events["activity"].tolist() == other.events["activity"].tolist()
    assert [one.kpis[name] for name in WHOLE] == [other.kpis[name] for name in WHOLE]
    assert one.kpis["won"] > 0
    for name in EURO:
        loss = 1e-6 + 100 * 0.005 * max(1.0, 1 / rate) / max(1.0, abs(one.kpis[name]))  # a hundred roundings to a cent
        assert other.kpis[name] / rate == pytest.approx(one.kpis[name], rel=loss), name
    assert one.hours["hours"].to_numpy() == pytest.approx(other.hours["hours"].to_numpy(), abs=1e-3)


def test_all_that_is_money_is_scaled() -> None:
    found = money(small())
    for path in ("market.deal_value", "customers.order_value", "money.rep_pay", "effort.cost", "effort.revenue_leads",
                 "leadership.mql_credit", "people.hire_cost", "brand.hour_worth",
                 "structures.merged.chairs.0.pay"):  # fmt: skip
        assert path in found
    assert "money.charges" not in found
    assert "effort.risk_aversion" not in found


@pytest.mark.parametrize("deal", [1e-6, 0.0])
def test_deals_worth_less_than_half_a_cent_bring_nothing(deal: float) -> None:
    run = orgsim.run(small(**{"market.deal_value": deal}), seed=1)
    check(run)
    assert run.kpis["won"] > 0
    assert run.kpis["revenue_new"] == run.kpis["demand_won_value"] == run.kpis["lead_waste_value"] == 0


@pytest.mark.parametrize("deal", [1e9, 1e12])
def test_huge_deals_are_counted_to_the_cent(deal: float) -> None:
    run = orgsim.run(small(**{"market.deal_value": deal}), seed=1)
    check(run)
    orders = run.leads.loc[run.leads["outcome"] == "won", ["deal", "discount"]]
    assert run.kpis["revenue_new"] == pytest.approx((orders["deal"] - orders["discount"]).sum(), rel=1e-12)
    assert deal < run.kpis["revenue_new"] < 100 * deal


AMOUNTS = ("market.deal_value", "money.rep_pay", "money.programme", "money.systems", "money.car_tools",
           "customers.order_value", "people.hire_cost", "money.charges", "effort.mqls_qualify",
           "structures.separate.chairs.0.pay", "customers.upsell", "leadership.hours")  # fmt: skip


@pytest.mark.parametrize("amount", [1.001e12, 1e15, 1e18, 1.7e308])
@pytest.mark.parametrize("path", AMOUNTS)
def test_numbers_beyond_a_million_millions_are_refused(path: str, amount: float) -> None:
    with pytest.raises(ScenarioError) as caught:
        small(**{path: amount})
    (problem,) = caught.value.problems
    assert problem.key.replace("[", ".").replace("]", "") == path
    assert problem.message == f"found {amount:.15g}; must be at most 1e+12 in size"


@pytest.mark.parametrize("path", ["money.target_per_rep", "effort.cost", "market.window", "brand.half_life",
                                  "money.quota_over_target", "lead.raw_per_week", "cooperation.start"])  # fmt: skip
def test_what_divides_is_not_next_to_nothing(path: str) -> None:
    for value in (5e-324, 1e-300, 9e-13):
        with pytest.raises(ScenarioError, match=r"found .*e-.*; must be at least 1e-12"):
            small(**{path: value})
    small(**{path: 1e-12})


@pytest.mark.parametrize(("changes", "what"), [
    ({"money.systems": 1e12, "time.years": 200}, "costs may come to 1e+12 € a year"),
    ({"money.rep_pay": 1e12, "people.reps": 20_000}, "costs may come to"),
    ({"money.charges": 1e12}, "costs may come to"),
    ({"market.deal_value": 1e12, "market.size": 16_000_000, "market.episodes_per_year": 1000}, "demand may come to"),
    ({"customers.order_value": 1e12, "market.size": 16_000_000}, "demand may come to"),
    ({"customers.order_value": 1e11, "customers.upsell": 10, "market.size": 160_000, "customers.interval": 1},
     "demand may come to"),
])  # fmt: skip
def test_a_firm_whose_money_cents_cannot_count_is_refused_before_it_is_run(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        small(**changes)
    (problem,) = caught.value.problems
    assert problem.key in ("money", "market.deal_value")
    assert what in problem.message
    assert "can be counted in whole cents: take a larger unit of money" in problem.message


def test_a_plan_that_pays_without_bound_ends_the_run_with_a_clear_error() -> None:
    """Attainment of a quota of next to nothing times pay: what it pays is known only when it is paid."""
    firm = small(**{"money.target_per_rep": 1e-12})
    for run in (lambda: orgsim.run(firm, seed=1), lambda: orgsim.compare(firm, replicates=1, threads=1)):
        with pytest.raises(ScenarioError, match="cannot be counted: take a larger unit of money"):
            run()


def commission(rate: float, deal: float = 25_000) -> orgsim.Scenario:
    plan = {"rep": [{"metric": "new_revenue", "rate": rate, "period": "month"}]}
    return small(**{"pay.mine": plan, "time.years": 1.0, "market.deal_value": deal})


def test_a_commission_that_cents_cannot_count_is_refused_when_it_is_paid() -> None:
    with pytest.raises(ScenarioError, match="cannot be counted"):
        orgsim.run(commission(1e12, 1e9), pay="mine", seed=1)


@pytest.mark.parametrize("rate", [0.05, 1e7, 1e12])
def test_a_commission_of_any_size_is_counted(rate: float) -> None:
    run = orgsim.run(commission(rate), pay="mine", seed=1)
    check(run)
    paid = run.pay.loc[run.pay["component"] >= 0, "pay"].sum()
    assert run.kpis["revenue_new"] > 0
    assert paid == pytest.approx(rate * run.kpis["revenue_new"], rel=1e-9, abs=0.01 * len(run.pay))


def test_sums_of_money_stay_within_what_whole_numbers_hold() -> None:
    """The bound under which a firm is let in leaves room for the products of cents and days."""
    firm = small(**{"money.systems": 1e12, "time.years": 30})
    run = orgsim.run(firm, seed=1)
    check(run)
    assert run.kpis["cost_systems"] == pytest.approx(30e12, rel=1e-12)
    assert np.abs(run.world.months["cents"]).astype(float).sum() < MOST_CENTS


def test_programme_is_not_cut_below_nothing() -> None:
    firm = small(**{"today.programme_shift": -120_000})
    assert orgsim.run(firm, seed=1).kpis["cost_programme_brand"] == 0
    with pytest.raises(ScenarioError, match=r"today.programme_shift: found -120001; of 120000, programme would be -1"):
        small(**{"today.programme_shift": -120_001})


FILES = [
    ("[market]\ndeal_value = nan", "firm.toml:3: market.deal_value: found nan; must be"),
    ("[market]\ndeal_value = inf", "deal_value must be a finite number, found inf"),
    ("[market]\ndeal_value = '1e400 €'", "the number is too large"),
    ("[market]\ndeal_value = 1e13", "firm.toml:3: market.deal_value: found 10000000000000; must be at most 1e+12"),
    ("[market]\ndeal_value = '10000000 M€'", "must be at most 1e+12 in size"),
    ("[market]\ndeal_value = true", "firm.toml:3: market.deal_value: found true; a number is needed"),
    ("[market]\ndeal_value = 1" + 400 * "0", "market.deal_value: found 1000"),
    ("[money]\nrep_pay = -1", "firm.toml:3: money.rep_pay: found -1; must be at least 0"),
    ("[today]\nprogramme_shift = -1e9", "firm.toml:3: today.programme_shift: found -1000000000; of 120000"),
    ("[money]\nsystems = 1e12\n[time]\nyears = 200", "firm.toml:2: money: costs may come to 1e+12 € a year"),
    ("[pay.mine]\nrep = [{ metric = 'wins', bonus = nan }]", "rep[0].bonus: found nan; must be"),
    ("[pay.mine]\nrep = [{ metric = 'wins', rate = 1e13 }]", "must be at most 1e+12 in size"),
]


@pytest.mark.parametrize(("text", "said"), FILES, ids=[text.split("\n")[1][:40] for text, _ in FILES])
def test_money_that_is_no_number_ends_every_command_with_two_and_a_place(
    tmp_path: Path, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("firm.toml").write_text(f'extends = "baseline"\n{text}\n', encoding="utf-8")
    for args in (("scenarios", "check", "firm.toml"), ("run", "firm.toml"), ("compare", "firm.toml")):
        code, out, err = command(*args)
        assert code == 2
        assert out == ""
        assert said in err
