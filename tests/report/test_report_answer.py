"""The answer in plain words: what is beyond luck is said, what is not is never ranked."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from reporting import comparison, small

from orgsim.experiments.comparison import Comparison
from orgsim.language import language
from orgsim.report.answer import answer
from orgsim.results import Arm

EN, FR = language("en"), language("fr")
MERGED, SEPARATE, CRO, SLA = (Arm(name, "own_numbers") for name in ("merged", "separate", "cro", "sla"))


def made(worlds: int, **gains: float | list[float]) -> Comparison:
    """A comparison whose profits, in k€ a year, are those of separate heads and so much more."""
    rng = np.random.default_rng(1)
    base = rng.normal(1000, 80, worlds)
    real = comparison().runs
    rows = []
    for name, gain in {"separate": 0.0, **gains}.items():
        for world in range(worlds):
            row = dict(real.iloc[0]) | {"structure": name, "pay": "own_numbers", "replicate": world, "seed": 0}
            more = gain[world] if isinstance(gain, list) else gain
            noise = 0.0 if name == "separate" or isinstance(gain, list) else rng.normal(0, 10)
            row["profit"] = 1000.0 * (base[world] + more + noise)
            row["gross_margin"] = row["revenue"] = row["profit"] * 2
            row["lead_waste_value"] = 1000.0 * (200 - 0.2 * more)
            rows.append(row)
    table = pd.DataFrame(rows).sort_values(["structure", "pay", "replicate"], ignore_index=True)
    arms = tuple(Arm(name, "own_numbers") for name in ("separate", *gains))
    return Comparison(small(), arms, SEPARATE, 0, worlds, table)


def test_a_clear_winner_is_named_with_worlds_and_interval() -> None:
    c = made(40, merged=70.0)
    found = answer(c, EN)
    estimate = c.paired("merged")
    assert found.state == "ahead"
    assert found.leading == MERGED
    assert found.headline.startswith("With a sales-bred merged director, the firm earns")
    assert f"{estimate.mean / 1000:.0f} k€ a year more than today with separate heads" in found.headline
    assert "better in 40 of 40 paired worlds" in found.headline
    low, high = (f"{end / 1000:.0f}" for end in (estimate.low, estimate.high))
    assert f"(95\u00a0% interval {low}\u00a0to\u00a0{high})" in found.headline


def test_that_every_alternative_is_worse_is_said_at_once() -> None:
    found = answer(made(40, merged=-70.0, cro=-30.0), EN)
    assert found.state == "behind"
    assert found.headline.startswith("With a CRO over two heads or a sales-bred merged director, the firm earns ")
    assert found.headline.endswith(" k€ a year less than today with separate heads.")
    assert found.also == ()


def test_two_winners_within_luck_of_each_other_are_not_ranked() -> None:
    found = answer(made(12, merged=70.0, cro=71.0), EN)
    assert found.state == "ahead"
    assert found.leading is None
    assert "between these, the difference is within luck" in found.headline
    assert "merged director" in found.headline
    assert "CRO" in found.headline


def test_against_a_near_rival_the_difference_is_called_luck() -> None:
    c = made(30, merged=70.0, cro=[70.0 + (-1) ** k * 400 for k in range(30)])
    found = answer(c, EN)
    assert found.leading == MERGED
    assert any(sentence == "Against a CRO over two heads, the difference is within luck." for sentence in found.also)


def test_no_difference_is_said_as_luck() -> None:
    found = answer(made(10, merged=1.0), EN)
    assert found.state == "luck"
    assert "within luck" in found.headline
    assert found.leading is None


def test_worse_alternatives_make_no_winner() -> None:
    found = answer(made(20, merged=-50.0, cro=0.0), EN)
    assert found.state == "behind"
    assert found.leading is None
    assert found.headline == "None of the alternatives does better than today with separate heads by more than luck."
    assert found.also[0].startswith("With a sales-bred merged director, it does worse: ")
    assert found.also[1].startswith("Within luck of today with separate heads: a CRO over two heads")


def test_arms_that_are_the_same_in_every_world_are_equal() -> None:
    found = answer(made(5, merged=[0.0] * 5), EN)
    assert found.state == "equal"
    assert "every world gives the same figures" in found.headline


def test_one_world_and_one_arm_promise_nothing() -> None:
    one_world = answer(made(1, merged=70.0), EN)
    assert one_world.state == "one_world"
    assert one_world.headline.startswith("One world cannot tell")
    alone = answer(made(5), EN)
    assert alone.state == "one_arm"
    assert alone.arms == ()


def test_two_worlds_are_enough_for_a_sentence() -> None:
    found = answer(made(2, merged=70.0), EN)
    assert found.words
    assert "?" not in found.headline


def test_lead_waste_that_moves_against_is_told() -> None:
    c = made(40, merged=70.0)
    c.runs.loc[c.runs["structure"] == "merged", "lead_waste_value"] += 90_000.0
    c._columns.clear()
    assert any(sentence.startswith("But more leads are wasted: ") for sentence in answer(c, EN).also)


def test_french_says_the_same() -> None:
    c = made(40, merged=70.0)
    english, french = answer(c, EN), answer(c, FR)
    assert french.state == english.state
    assert french.headline.startswith("Avec un directeur unique issu des ventes, l’entreprise gagne ")
    assert "mieux dans 40 mondes appariés sur 40" in french.headline
    assert len(french.also) == len(english.also)


def test_own_names_take_the_place_of_phrases() -> None:
    found = answer(made(40, merged=70.0), EN, names={"merged / own_numbers": "variant B"})
    assert found.headline.startswith("With variant B, the firm earns")


def test_a_redraw_takes_a_few_milliseconds() -> None:
    c = made(200, merged=70.0, cro=-30.0, sla=5.0)
    summary = c.summary()
    answer(c, EN, summary=summary)
    times = []
    for _ in range(9):
        began = time.perf_counter()
        answer(c, EN, summary=summary)
        times.append(time.perf_counter() - began)
    # The quickest of some tries: others may use the machine meanwhile. The goal is 5 ms.
    assert min(times) < 0.015


@pytest.mark.parametrize("metric", ["revenue", "lead_waste_share"])
def test_other_figures_can_be_asked_for(metric: str) -> None:
    found = answer(comparison(), EN, summary=comparison().summary([metric, "profit"]), metric=metric)
    assert found.words
