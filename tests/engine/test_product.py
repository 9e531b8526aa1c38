"""The offering: log-odds that no organisation can make up for, what is heard of its faults, what innovation adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import orgsim
from orgsim.engine.compile import as_python
from orgsim.engine.curves import logistic as compiled_logistic
from orgsim.engine.curves import logit as compiled_logit
from orgsim.scenario.schema import Scenario

logistic, logit = as_python(compiled_logistic), as_python(compiled_logit)


def firm(**changes: Any) -> Scenario:
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 1200, "time.years": 1.5, "time.warm_up_years": 0.5, "time.run_off_months": 0,
           "people.reps": 3, "people.marketers": 2, "switches.turnover": False},
    ).with_(**changes)  # fmt: skip


@pytest.mark.parametrize("quality", [-1.5, 0.8])
def test_quality_shifts_the_odds_of_being_chosen_as_the_logit_says(quality: float) -> None:
    """The same leads as with a chance of that much higher odds, where appeal does not move whether a buyer decides."""
    fixed = {"opportunity.decide_slope": 0, "market.reference_win": 0.24}
    better = orgsim.run(firm(**fixed, **{"product.quality": quality}), seed=1)
    shifted = orgsim.run(firm(**fixed, **{"opportunity.win": logistic(logit(0.55) + quality)}), seed=1)
    assert better.leads.equals(shifted.leads)
    assert not better.leads.equals(orgsim.run(firm(**fixed), seed=1).leads)


def test_quality_counts_as_the_same_shift_in_every_segment_would() -> None:
    shifts = {f"market.segments.{n}.win_shift": -0.7 for n in range(4)}
    one = orgsim.run(firm(**{"product.quality": -0.7}), seed=2)
    assert one.leads.equals(orgsim.run(firm(**shifts), seed=2).leads)


def test_no_structure_makes_up_for_a_poor_product() -> None:
    """D72: with a quality of -3, the best of all structures wins less than the worst of all does at 0."""
    scenario = firm()
    poor = scenario.with_(**{"product.quality": -3.0})
    won = {}
    for name, firm_of in (("usual", scenario), ("poor", poor)):
        won[name] = [
            sum(orgsim.run(firm_of, structure=structure, seed=3, replicate=r).kpis["won"] for r in range(2))
            for structure in scenario.structures
        ]
    assert max(won["poor"]) < min(won["usual"]) / 2


def test_what_is_heard_of_the_products_faults_is_built_in_with_its_mean_time() -> None:
    open_minded = firm(**{"product.acceptance": 0.6, "product.potential": 1.0, "teams.openness": 0.5})
    run = orgsim.run(open_minded)
    weeks = (130 + run.periods["end_day"].to_numpy() - 1) // 5 + 1
    expected = 0.3 * (1 - (1 - 1 / (1 + 18 * 52 / 12)) ** weeks)
    assert run.periods["product"].to_numpy() == pytest.approx(expected)
    deaf = orgsim.run(open_minded.with_(**{"teams.openness": 0})).periods["product"]
    assert (deaf == 0).all()


def test_innovation_follows_insight_work_and_counts_by_its_weight() -> None:
    still = {"today.pay": "fixed", "switches.decisions": False, "structures.separate.coordination": 0,
             "switches.cooperation": False}  # fmt: skip
    usual = orgsim.run(firm(**still, **{"product.innovation": 0.5, "product.quality": 0.2})).periods
    assert usual["innovation"].to_numpy() == pytest.approx(0.5)
    assert usual["product"].to_numpy() == pytest.approx(0.2)
    lift = {"devices.ideas": {"adoption": 0, "effects": [{"state": "innovation", "gain": 0.3}]},
            "structures.separate.devices": ["ideas"]}  # fmt: skip
    run = orgsim.run(firm(**still, **lift, **{"product.innovation": 0.5}))
    weeks = (130 + run.periods["end_day"].to_numpy() - 1) // 5 + 1
    stock = 0.8 - 0.3 * 0.5 ** (weeks / 104)
    assert run.periods["innovation"].to_numpy() == pytest.approx(stock)
    assert run.periods["product"].to_numpy() == pytest.approx(0.5 * (stock - 0.5))


def test_without_insight_work_innovation_fades_by_its_half_life() -> None:
    none = {"marketers.insight": 0, "marketers.slack": 7.905, "today.pay": "fixed", "switches.decisions": False}
    run = orgsim.run(firm(**none, **{"product.innovation": 0.5}))
    assert run.periods["innovation"].to_numpy() == pytest.approx(0.5), "as much as today's, which is none"
    drop = {"teams.requests": 100, "teams.request_time": 4, "today.pay": "fixed", "effort.half_life": 0}
    fading = orgsim.run(firm(**drop, **{"product.innovation_half_life": 26})).periods["innovation"].to_numpy()
    assert fading[-1] < 0.1
    assert (np.diff(fading) < 0).all()


def test_a_value_proposition_for_an_offering_like_all_others_moves_nothing() -> None:
    one = orgsim.run(firm(**{"product.uniqueness": 0}), seed=4)
    assert one.leads.equals(orgsim.run(firm(**{"opportunity.weight_value": 0}), seed=4).leads)
    double = orgsim.run(firm(**{"product.uniqueness": 2, "opportunity.weight_value": 0.2}), seed=4)
    assert double.leads.equals(orgsim.run(firm(**{"opportunity.weight_value": 0.4}), seed=4).leads)
