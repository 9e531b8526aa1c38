"""People: who leaves, who comes, what an empty seat costs, and how the new come up to speed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import orgsim
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import REP_ACTIVITIES

FALSE_ALARM = 1e-6


@pytest.fixture(scope="module")
def firm() -> Scenario:
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 3000, "people.reps": 12, "time.years": 3.0, "time.warm_up_years": 1.0,
           "time.run_off_months": 0}
    )  # fmt: skip


def test_without_sensitivities_people_leave_at_the_usual_rate(firm: Scenario) -> None:
    """Quits in filled seats are Poisson; a sound engine fails once in a million."""
    fixed = firm.with_(**{"people.pay_sensitivity": 0, "people.morale_sensitivity": 0, "people.rep_turnover": 0.6,
                          "quotas.poor": 0})  # fmt: skip
    runs = [orgsim.run(fixed, seed=1, replicate=r) for r in range(6)]
    quits = sum(run.kpis["rep_quits"] for run in runs)
    hours = sum(run.hours[(run.hours["role"] == "rep") & (run.hours["activity"] != "vacant")]["hours"].sum()
                for run in runs)  # fmt: skip
    # A month's chance is 1 - exp(-rate / 12) of who is asked.
    expected = hours / 35 / 52 * 12 * -np.expm1(-0.6 / 12)
    assert expected > 60
    assert stats.poisson.cdf(quits, expected) > FALSE_ALARM
    assert stats.poisson.sf(quits - 1, expected) > FALSE_ALARM


def test_a_stint_ends_before_the_next_begins_and_vacancies_are_as_long_as_stated(firm: Scenario) -> None:
    run = orgsim.run(firm.with_(**{"people.rep_turnover": 0.8, "people.vacancy": "5 weeks"}), seed=2)
    people = run.people[run.people["role"] == "rep"].sort_values(["seat", "holder"])
    gaps = []
    for _, seat in people.groupby("seat"):
        assert list(seat["holder"]) == list(range(len(seat)))
        gaps += list(seat["hired"].to_numpy()[1:] - seat["left"].to_numpy()[:-1])
        assert seat["left"].iloc[:-1].notna().all()
    assert len(gaps) > 10
    assert set(gaps) == {25.0}


def test_an_empty_seat_books_its_week_as_vacant_and_earns_nothing(firm: Scenario) -> None:
    run = orgsim.run(firm.with_(**{"people.rep_turnover": 0.8, "today.pay": "fixed"}), pay="fixed", seed=2)
    reps = run.hours[run.hours["role"] == "rep"]
    weeks = reps[reps["activity"] == "vacant"]["hours"].sum() / 35
    assert weeks > 20
    per_week = reps.groupby(["month", "person"])["hours"].sum()
    assert (per_week.groupby("month").agg(np.ptp) < 1e-6).all(), "every week of every seat is booked completely"
    paid = run.kpis["cost_reps_base"]
    seats, years = firm.people.reps, firm.time.years
    full = seats * years * firm.money.rep_pay * firm.money.charges
    assert paid == pytest.approx(full * (1 - weeks / (52 * seats * years)), rel=2e-3)


def test_nobody_leaves_where_turnover_is_off_and_then_seats_are_never_empty(firm: Scenario) -> None:
    run = orgsim.run(firm.with_(**{"switches.turnover": False}), seed=3)
    assert run.kpis["rep_quits"] == run.kpis["hires"] == run.kpis["vacant_weeks"] == run.kpis["cost_hiring"] == 0
    assert run.people["left"].isna().all()


def test_hiring_costs_what_each_hire_costs(firm: Scenario) -> None:
    run = orgsim.run(firm.with_(**{"people.rep_turnover": 0.8}), seed=3)
    assert run.kpis["cost_hiring"] == run.kpis["hires"] * firm.people.hire_cost > 0
    begun = run.people[(run.people["hired"] >= 0) & (run.people["hired"] < 780)]
    assert len(begun) == run.kpis["hires"]


def test_a_firm_of_new_hires_works_more_slowly_until_they_have_ramped_up(firm: Scenario) -> None:
    """With a pace of one half at first and no growth of skill, a conversation takes twice as long on the first day."""
    quick = firm.with_(**{"people.rep_turnover": 1.5, "people.vacancy": 0, "people.skill_growth": 0})
    with_ramp = [orgsim.run(quick, seed=4, replicate=r).kpis["won"] for r in range(6)]
    without = [orgsim.run(quick.with_(**{"people.ramp": 0}), seed=4, replicate=r).kpis["won"] for r in range(6)]
    assert stats.ttest_rel(without, with_ramp, alternative="greater").pvalue < 0.01


def test_pay_below_expectation_drives_people_away(firm: Scenario) -> None:
    cut = firm.with_(
        **{"people.pay_sensitivity": 3, "people.rep_turnover": 0.4, "today.pay": "fixed",
           "pay.cut": {"rep": [{"metric": "revenue", "share": 0.6, "quota": 5_000_000}]}}
    )  # fmt: skip
    quits = {
        pay: sum(orgsim.run(cut, pay=pay, seed=5, replicate=r).kpis["rep_quits"] for r in range(6))
        for pay in ("fixed", "cut")
    }
    assert stats.poisson.sf(quits["cut"] - 1, quits["fixed"]) < FALSE_ALARM


def test_with_flat_pay_everyone_keeps_the_habit_week(firm: Scenario) -> None:
    """Equal beliefs and flat pay: what is planned is habit; only unused selling hours are booked as slack."""
    plain = firm.with_(
        **{"today.pay": "fixed", "switches.turnover": False, "switches.cooperation": False, "switches.decisions": False,
           "structures.separate.coordination": 0}
    )  # fmt: skip
    hours = orgsim.run(plain, pay="fixed", seed=6).hours
    habit = plain.reps.model_dump()
    weekly = hours[hours["role"] == "rep"].groupby("activity")["hours"].sum() / (12 * 3 * 52)
    for activity in REP_ACTIVITIES:
        if activity in ("prospecting", "customers", "logging", "admin"):
            assert weekly[activity] == pytest.approx(habit[activity], rel=1e-4)


def test_sorting_a_plan_that_pays_for_results_draws_more_talent(firm: Scenario) -> None:
    """Applicants do not show their talent; they take the seat that promises them most (Lazear 2000)."""
    open_firm = firm.with_(
        **{"people.rep_turnover": 2.0, "people.vacancy": 0, "people.applicants": 6, "people.outside_spread": 0.005,
           "opportunity.weight_skill": 0.5, "people.pay_sensitivity": 0}
    )  # fmt: skip

    def talent(pay: str) -> np.ndarray:
        people = pd.concat([orgsim.run(open_firm, pay=pay, seed=7, replicate=r).people for r in range(3)])
        return people[(people["hired"] >= 0) & (people["role"] == "rep")]["talent"].to_numpy()

    paid, salaried = talent("commission"), talent("fixed")
    assert min(len(paid), len(salaried)) > 100
    assert stats.ttest_ind(paid, salaried, alternative="greater").pvalue < 1e-6
    assert stats.kstest(salaried, "uniform").pvalue > FALSE_ALARM, "salary alone draws no talent"


def test_a_leader_paid_on_the_units_number_spares_poor_performers_and_cuts_their_quotas(firm: Scenario) -> None:
    """A23: who is spared stays, with a quota of what was reached; a leader paid on the firm's margin spares nobody."""
    strict = firm.with_(**{"quotas.poor": 0.9, "people.rep_turnover": 0, "quotas.gaming": 1.0})
    heads = orgsim.run(strict, structure="separate", seed=8)
    director = orgsim.run(strict, structure="merged", seed=8)
    poor = {name: (run.pay[run.pay["component"] == -1]["attainment"] < 0.9).sum()
            for name, run in (("heads", heads), ("director", director))}  # fmt: skip
    # A year ends on a Friday, on which those who are dismissed leave.
    assert director.kpis["dismissals"] == poor["director"] > 0
    assert 0 < heads.kpis["dismissals"] < poor["heads"]
    years = heads.pay[heads.pay["component"] == -1].sort_values(["person", "day"])
    spared = 0
    for _, person in years.groupby("person"):
        for now, then in zip(person.itertuples(), list(person.itertuples())[1:], strict=False):
            if now.attainment < 0.9 and then.day == now.day + 260:
                assert then.quota == pytest.approx(now.quota * now.attainment)
                spared += 1
    assert spared > 0
