"""Diffusion in AgentPy, as its example of a virus writes it: a list of agents, a step of all of them."""

from __future__ import annotations

import math

import agentpy as ap
from cases import DAYS_PER_YEAR, Case, Model


class Account(ap.Agent):
    """Buys with the day's chance."""

    def setup(self) -> None:
        self.bought = False

    def decide(self) -> None:
        if self.model.random.random() < self.model.chance:
            self.bought = True


class Market(ap.Model):
    """Accounts that have not bought decide every business day."""

    def setup(self) -> None:
        self.accounts = ap.AgentList(self, self.p.market, Account)
        self.waiting = self.accounts

    def step(self) -> None:
        customers = self.p.market - len(self.waiting)
        self.chance = -math.expm1(-(self.p.p + self.p.q * customers / self.p.market) / DAYS_PER_YEAR)
        self.waiting.decide()
        self.waiting = self.waiting.select([not account.bought for account in self.waiting])

    def end(self) -> None:
        self.report("adopted", 1 - len(self.waiting) / self.p.market)


def bass(case: Case, seed: int) -> dict[str, float]:
    """E4: by steps of a business day, orgsim's own clock."""
    parameters = {name: case.inputs[name] for name in ("p", "q", "market")}
    parameters |= {"steps": round(case.inputs["years"] * DAYS_PER_YEAR), "seed": seed}
    results = Market(parameters).run(display=False)
    return {"adopted": float(results.reporters["adopted"].iloc[0])}


MODELS: dict[str, dict[str, Model]] = {"bass": {"AgentPy": bass}}
PARTS = {bass: (Account, Market)}
