"""Each rule of numbers alone, and some of whole records: compiled and as plain Python, the same bits."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rules import plain

import orgsim.engine
from orgsim.engine import effort, forecast, ledger, market, marketing, periods, plan, selling, streams, teams, week
from orgsim.engine.parameters import parameter_record
from orgsim.engine.records import EFFORT, FIRM, REP, WEEK
from orgsim.leadership import decide, threshold
from orgsim.scenario.load import load_scenario

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
quick = settings(derandomize=True, deadline=None, max_examples=300)

MODULES = [f"orgsim.engine.{module.name}" for module in pkgutil.iter_modules(orgsim.engine.__path__)]
MODULES += ["orgsim.leadership.decide", "orgsim.leadership.threshold"]
RECORDS = (
    "w", "p", "f", "staff", "person", "week", "rep", "component", "components", "tally", "at", "firm",
    "habit", "arm", "prospect", "marketer", "segment",
)  # fmt: skip  # first arguments that are records or arrays

word = st.integers(0, 2**32 - 1)
inside = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)


def number(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


NUMBERS: dict[Any, tuple[st.SearchStrategy[Any], ...]] = {
    streams.philox_words: (word,) * 6,
    streams._philox_entry: (word,) * 6,
    streams.exponential: (inside,),
    streams.normal_cdf: (number(-50, 50),),
    streams.normal_quantile: (st.one_of(inside, st.sampled_from([0.0, 1.0])),),
    selling.logistic: (number(-700, 700),),
    selling.logit: (number(0, 1),),
    marketing.half_life_factor: (number(1e-2, 1e6),),
    marketing.against_today: (number(0, 1e6), number(0, 1e6), number(0, 1)),
    ledger.cents_of: (number(-1e12, 1e12),),
    teams.within: (number(-10, 10), number(-10, 10), number(-10, 10)),
    decide.stop: (number(-10, 10), number(-10, 10), number(-10, 10)),
    decide.stopped_by_veto: (number(-10, 10), number(-10, 10), number(-10, 10)),
    threshold.good_above: (number(-6, 4), number(-4, 4), number(-1, 1)),
    forecast.learned: (number(0, 1e4),) * 5,
    forecast.inside: (number(0, 60), number(0, 52), number(0, 52)),
    forecast.after: (number(0, 60), number(0, 52)),
    forecast.time_inside: (number(0, 60), number(0, 52), number(0, 52)),
    periods.calendar_first: (st.integers(0, 3), st.integers(0, 10_000)),
    periods.calendar_days: (st.integers(0, 3), st.integers(0, 10_000)),
    periods.periods_a_year: (st.integers(0, 3),),
    periods.part: (st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 3)),
}


def is_rule(value: Any) -> bool:
    return hasattr(value, "py_func")


@cache
@cache
def compiled(rule: Any) -> Callable[..., Any]:
    """A compiled caller of the compiled rule, which has no wrapper of its own for Python."""

    def call(*arguments):  # type: ignore[no-untyped-def]
        return rule(*arguments)

    return numba.njit(error_model="numpy")(call)  # type: ignore[no-any-return]


def bits(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(bits, value))
    return struct.pack("<d", value) if isinstance(value, float) else int(value)


def name_of(rule: Any) -> str:
    return f"{rule.__module__.split('.')[-1]}.{rule.__name__}"


@pytest.mark.parametrize("rule", list(NUMBERS), ids=name_of)
def test_a_rule_of_numbers_gives_the_same_bits_compiled_and_as_plaplain(rule: Any) -> None:
    @quick
    @given(st.tuples(*NUMBERS[rule]))
    def check(arguments: tuple[Any, ...]) -> None:
        assert bits(compiled(rule)(*arguments)) == bits(plain(rule)(*arguments))

    check()


def test_no_rule_of_numbers_is_left_out() -> None:
    for name in MODULES:
        for rule in vars(importlib.import_module(name)).values():
            if is_rule(rule) and rule.py_func.__module__ == name and rule not in NUMBERS:
                first = next(iter(inspect.signature(rule.py_func).parameters))
                assert first in RECORDS, name_of(rule)


@quick
@given(st.tuples(word, word), st.tuples(st.integers(0, 20), st.integers(0, 60), word, word, word))
def test_uniforms_under_a_firms_key_are_the_same_bits_compiled_and_not(
    key: tuple[int, int], counter: tuple[int, ...]
) -> None:
    firm = np.zeros(1, FIRM)
    firm["seed"], firm["replicate"] = key
    ours = compiled(streams.uniforms)(firm[0], *counter)
    assert bits(ours) == bits(plain(streams.uniforms)(firm[0], *counter))
    assert all(0 < u < 1 for u in ours)


@quick
@given(number(0.1, 1000), number(0, 10), number(0.1, 100), st.integers(1, 12), number(0, 1), inside)
def test_rules_of_parameters_give_the_same_bits_compiled_and_not(
    value: float, cv: float, half_life: float, attempts: int, reach: float, u: float
) -> None:
    record = parameter_record(load_baseline()).copy()
    record["market_deal_value"], record["market_deal_cv"] = 100 * value, cv
    record["brand_memory"], record["effort_half_life"] = half_life, half_life
    record["contact_attempts"], record["contact_reach"], record["contact_talk_time"] = attempts, reach, value
    p = record[0]
    for rule, arguments in (
        (market.deal_cents, (u,)), (marketing.forgetting, ()), (effort.adjustment, ()), (threshold.hours_per_lead, ()),
    ):  # fmt: skip
        assert bits(compiled(rule)(p, *arguments)) == bits(plain(rule)(p, *arguments)), name_of(rule)


@cache
def load_baseline() -> Any:
    return load_scenario("baseline")


hours = st.lists(st.one_of(st.just(0.0), number(0.01, 35)), min_size=EFFORT, max_size=EFFORT)


@quick
@given(hours, st.lists(number(-100, 100), min_size=EFFORT, max_size=EFFORT), number(0, 35), number(1, 60),
       number(0, 0.95))  # fmt: skip
def test_the_week_that_a_person_wants_is_the_same_bits_compiled_and_not(
    habit: list[float], value: list[float], total: float, cost: float, rho: float
) -> None:
    scratch = np.zeros((week.SCRATCH, EFFORT))
    scratch[week.HABIT], scratch[week.VALUE] = habit, value
    scratch[week.ROOT] = np.sqrt(habit)
    other = scratch.copy()
    compiled(week.wanted_week)(scratch, total, cost, rho)
    plain(week.wanted_week)(other, total, cost, rho)
    assert scratch.tobytes() == other.tobytes()


share = number(0, 3)


@quick
@given(st.lists(st.tuples(share, number(-1e4, 1e4), number(0, 1e4)), min_size=1, max_size=6), share, share,
       number(0, 80), number(0, 2), st.one_of(st.just(0.0), number(1e-6, 0.5)), number(0, 1e-3),
       st.one_of(st.just(0.0), number(1e-6, 1)), number(0, 2))  # fmt: skip
def test_what_a_plan_is_worth_is_the_same_bits_compiled_and_not(
    knots: list[tuple[float, float, float]], got: float, rest: float, deals: float, variance: float, error: float,
    aversion: float, deal: float, cv: float,
) -> None:  # fmt: skip
    at, slope, jump = (np.array(column) for column in zip(*sorted(knots), strict=True))
    arguments = (at, slope, jump, len(knots), got, rest, deals, variance, error, aversion, deal, cv, 0.0)
    ours = compiled(plan.deal_gain)(*arguments)
    assert bits(ours) == bits(plain(plan.deal_gain)(*arguments))


@quick
@given(hours, hours, number(0, 35), number(0, 8), number(0, 7), number(0, 1))
def test_the_way_to_the_wanted_week_is_the_same_bits_compiled_and_not(
    actual: list[float], wanted: list[float], at_work: float, joint: float, absence: float, step: float
) -> None:
    reps = np.zeros(1, REP)
    reps["hours"] = [*actual, *[0.0] * (WEEK - EFFORT)]
    others = reps.copy()
    compiled(effort.move_towards)(reps[0], np.array(wanted), at_work, joint, absence, step)
    plain(effort.move_towards)(others[0], np.array(wanted), at_work, joint, absence, step)
    assert reps.tobytes() == others.tobytes()
    totals = {bits(compiled(marketing.team_hours)(reps, a)) for a in range(WEEK)}
    assert totals == {bits(plain(marketing.team_hours)(others, a)) for a in range(WEEK)}
