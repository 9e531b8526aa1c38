"""The limit cases in SimPy 4, as its documentation writes them: processes, resources, `request | timeout` to renege."""

from __future__ import annotations

import random
from statistics import fmean
from typing import Any

import simpy
from cases import DAYS_PER_YEAR, Case, Model


def funnel(case: Case, seed: int) -> dict[str, float]:
    """E1: a process per opportunity, which looks at its stage once a week."""
    rng, env, ended = random.Random(seed), simpy.Environment(), []
    advance, loss = case.inputs["advance"], case.inputs["loss"]

    def opportunity() -> Any:
        opened, stage = env.now, 0
        while stage < len(advance):
            yield env.timeout(1)  # a week
            u = rng.random()
            if u < advance[stage]:
                stage += 1
            elif u < advance[stage] + loss[stage]:
                break
        ended.append((env.now - opened, stage == len(advance)))

    def source() -> Any:
        while True:
            yield env.timeout(rng.expovariate(case.arrivals / 52))
            if env.now >= 52:
                return
            env.process(opportunity())

    env.process(source())
    env.run()
    return {
        "p_win": fmean(won for _, won in ended), "mean_weeks": fmean(weeks for weeks, _ in ended),
        "mean_weeks_won": fmean(weeks for weeks, won in ended if won),
    }  # fmt: skip


def queue(case: Case, seed: int) -> dict[str, float]:
    """E2: leads request one of three reps."""
    rng, env, waits = random.Random(seed), simpy.Environment(), []
    reps = simpy.Resource(env, capacity=case.inputs["servers"])

    def lead() -> Any:
        arrived = env.now
        with reps.request() as request:
            yield request
            if case.warm_up <= arrived < case.settled:
                waits.append(env.now - arrived)
            yield env.timeout(rng.expovariate(case.inputs["service_per_day"]))

    def source() -> Any:
        while True:
            yield env.timeout(rng.expovariate(case.inputs["arrivals_per_day"]))
            env.process(lead())

    env.process(source())
    env.run(until=case.end)
    return {"p_wait": fmean(wait > 0 for wait in waits), "mean_wait_days": fmean(waits)}


def cold(case: Case, seed: int) -> dict[str, float]:
    """E3: as E2, and a lead leaves when its patience ends before its turn comes."""
    rng, env, seen, in_line = random.Random(seed), simpy.Environment(), [], 0.0
    reps = simpy.Resource(env, capacity=case.inputs["servers"])

    def lead() -> Any:
        nonlocal in_line
        arrived = env.now
        with reps.request() as request:
            results = yield request | env.timeout(rng.expovariate(case.inputs["patience_per_day"]))
            if case.warm_up <= arrived < case.settled:
                seen.append(request not in results)
            in_line += max(0.0, env.now - max(arrived, case.warm_up))
            if request in results:
                yield env.timeout(rng.expovariate(case.inputs["service_per_day"]))

    def source() -> Any:
        while True:
            yield env.timeout(rng.expovariate(case.inputs["arrivals_per_day"]))
            env.process(lead())

    env.process(source())
    env.run(until=case.end)
    return {"p_cold": fmean(seen), "mean_queue": in_line / case.horizon}


def bass(case: Case, seed: int) -> dict[str, float]:
    """E4: an account buys by itself or when a customer tells it; every customer tells somebody now and then."""
    rng, env = random.Random(seed), simpy.Environment()
    size, p, q = case.inputs["market"], case.inputs["p"], case.inputs["q"]
    bought = [False] * size

    def buy(account: int) -> None:
        if not bought[account]:
            bought[account] = True
            env.process(tell())

    def need(account: int) -> Any:
        yield env.timeout(rng.expovariate(p))
        buy(account)

    def tell() -> Any:
        while True:
            yield env.timeout(rng.expovariate(q))
            buy(rng.randrange(size))

    for account in range(size):
        env.process(need(account))
    env.run(until=case.inputs["years"])
    return {"adopted": fmean(bought)}


def repeat(case: Case, seed: int) -> dict[str, float]:
    """E10: a process per customer, which orders again or leaves once a period."""
    rng, env, lives = random.Random(seed), simpy.Environment(), []
    margin, discount, growth = case.inputs["margin"], case.inputs["discount"], 1 + case.inputs["upsell"]

    def customer() -> Any:
        orders, worth = 1, margin
        while True:
            yield env.timeout(1)  # a business day is a period
            if rng.random() >= case.inputs["repeat"]:
                break
            worth += margin * (growth / (1 + discount)) ** orders
            orders += 1
        lives.append((orders, worth))

    def source() -> Any:
        while True:
            yield env.timeout(rng.expovariate(case.arrivals / DAYS_PER_YEAR))
            if env.now >= DAYS_PER_YEAR:
                return
            env.process(customer())

    env.process(source())
    env.run()
    return {"orders": fmean(orders for orders, _ in lives), "clv": fmean(worth for _, worth in lives)}


MODELS: dict[str, dict[str, Model]] = {
    "funnel": {"SimPy": funnel}, "queue": {"SimPy": queue}, "cold": {"SimPy": cold}, "bass": {"SimPy": bass},
    "repeat": {"SimPy": repeat},
}  # fmt: skip
