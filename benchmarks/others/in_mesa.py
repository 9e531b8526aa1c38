"""The limit cases that are about agents in Mesa 3: a step per agent and unit of time, and once by events."""

from __future__ import annotations

import math
from statistics import fmean

import mesa
from cases import DAYS_PER_YEAR, Case, Model


class Opportunity(mesa.Agent):
    """E1: looks at its stage once a week, and is removed when it has ended."""

    def __init__(self, model: Funnel) -> None:
        super().__init__(model)
        self.stage, self.weeks = 0, 0

    def step(self) -> None:
        self.weeks += 1
        u, advance, loss = self.random.random(), self.model.advance[self.stage], self.model.loss[self.stage]
        if u < advance:
            self.stage += 1
            if self.stage == len(self.model.advance):
                self.end(won=True)
        elif u < advance + loss:
            self.end(won=False)

    def end(self, won: bool) -> None:
        self.model.ended.append((self.weeks, won))
        self.remove()


class Funnel(mesa.Model):
    """A year's opportunities, followed until all have ended. All review on the same day of the week."""

    def __init__(self, case: Case, seed: int) -> None:
        super().__init__(rng=seed)
        self.advance, self.loss = case.inputs["advance"], case.inputs["loss"]
        self.ended: list[tuple[int, bool]] = []
        Opportunity.create_agents(self, int(self.rng.poisson(case.arrivals)))

    def step(self) -> None:
        self.agents.do("step")


def funnel(case: Case, seed: int) -> dict[str, float]:
    """E1: by steps of a week."""
    model = Funnel(case, seed)
    while len(model.agents):
        model.step()
    return {
        "p_win": fmean(won for _, won in model.ended), "mean_weeks": fmean(weeks for weeks, _ in model.ended),
        "mean_weeks_won": fmean(weeks for weeks, won in model.ended if won),
    }  # fmt: skip


class Account(mesa.Agent):
    """E4 by steps: buys with the day's chance."""

    bought = False

    def step(self) -> None:
        if self.random.random() < self.model.chance:
            self.bought = True
            self.model.customers += 1
            self.model.waiting.remove(self)


class Market(mesa.Model):
    """Accounts that have not bought step every business day; the chance is the same for all of them that day."""

    def __init__(self, case: Case, seed: int) -> None:
        super().__init__(rng=seed)
        self.p, self.q, self.size, self.customers = case.inputs["p"], case.inputs["q"], case.inputs["market"], 0
        Account.create_agents(self, self.size)
        self.waiting = self.agents.select()

    def step(self) -> None:
        self.chance = -math.expm1(-(self.p + self.q * self.customers / self.size) / DAYS_PER_YEAR)
        self.waiting.do("step")


def bass(case: Case, seed: int) -> dict[str, float]:
    """E4: by steps of a business day, orgsim's own clock."""
    model = Market(case, seed)
    for _ in range(round(case.inputs["years"] * DAYS_PER_YEAR)):
        model.step()
    return {"adopted": model.customers / model.size}


class Teller(mesa.Agent):
    """E4 by events: has a need once, and tells somebody now and then when it has bought."""

    def __init__(self, model: Talk) -> None:
        super().__init__(model)
        self.bought = False
        model.schedule_event(self.buy, after=self.random.expovariate(model.p))

    def buy(self) -> None:
        if not self.bought:
            self.bought = True
            self.model.schedule_event(self.tell, after=self.random.expovariate(self.model.q))

    def tell(self) -> None:
        self.random.choice(self.model.accounts).buy()
        self.model.schedule_event(self.tell, after=self.random.expovariate(self.model.q))


class Talk(mesa.Model):
    """A market in which something happens only when somebody buys or tells."""

    def __init__(self, case: Case, seed: int) -> None:
        super().__init__(rng=seed)
        self.p, self.q = case.inputs["p"], case.inputs["q"]
        self.accounts = list(Teller.create_agents(self, case.inputs["market"]))


def bass_by_events(case: Case, seed: int) -> dict[str, float]:
    """E4: by events, without a clock."""
    model = Talk(case, seed)
    model.run_until(case.inputs["years"])
    return {"adopted": fmean(account.bought for account in model.accounts)}


class Customer(mesa.Agent):
    """E10: orders again or leaves, once a period."""

    def __init__(self, model: Orders) -> None:
        super().__init__(model)
        self.orders, self.worth = 1, model.margin

    def step(self) -> None:
        model = self.model
        if self.random.random() < model.again:
            self.worth += model.margin * model.factor**self.orders
            self.orders += 1
        else:
            model.lives.append((self.orders, self.worth))
            self.remove()


class Orders(mesa.Model):
    """A year's first customers, all from the same day, followed until all have left."""

    def __init__(self, case: Case, seed: int) -> None:
        super().__init__(rng=seed)
        self.again, self.margin = case.inputs["repeat"], case.inputs["margin"]
        self.factor = (1 + case.inputs["upsell"]) / (1 + case.inputs["discount"])
        self.lives: list[tuple[int, float]] = []
        Customer.create_agents(self, int(self.rng.poisson(case.arrivals)))

    def step(self) -> None:
        self.agents.do("step")


def repeat(case: Case, seed: int) -> dict[str, float]:
    """E10: by steps of a period."""
    model = Orders(case, seed)
    while len(model.agents):
        model.step()
    return {"orders": fmean(o for o, _ in model.lives), "clv": fmean(worth for _, worth in model.lives)}


MODELS: dict[str, dict[str, Model]] = {
    "funnel": {"Mesa": funnel}, "bass": {"Mesa": bass, "Mesa, by events": bass_by_events}, "repeat": {"Mesa": repeat}
}
PARTS = {
    funnel: (Opportunity, Funnel), bass: (Account, Market), bass_by_events: (Teller, Talk), repeat: (Customer, Orders)
}
