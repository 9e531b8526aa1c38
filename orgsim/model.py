"""OrgModel: a run of orgsim as a Mesa model, one business day a step.

Mesa in front, columns behind: the days are the engine's own, so a model stepped to its end has the figures of
`orgsim.run` to the bit. All use of Mesa is in this module and in `agents`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from functools import partial
from math import nan
from pathlib import Path
from typing import Any, ClassVar

from mesa import Agent, DataCollector, Model
from mesa.agentset import AgentSet

from orgsim.agents import KINDS, USERS_AGENTS, View
from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.kpis import measure
from orgsim.results import Arm, Run, facts
from orgsim.scenario.errors import Problem, ScenarioError
from orgsim.scenario.load import load_scenario
from orgsim.scenario.schema import Scenario
from orgsim.simulation import advance, arm_of, check_key, enter_arm, finish, warm_up


def _figure(name: str, model: OrgModel) -> float:
    return model.kpis.get(name, nan)


KPIS = (
    "revenue", "gross_margin", "profit", "profit_before_leaders", "leads", "won", "lead_waste_count",
    "lead_waste_share", "lead_waste_value", "missed_demand_value", "value",
)  # fmt: skip


class ModelScenario(Scenario):
    """A model's scenario. It is a Scenario and equals the one it was made from, but counts as false.

    SolaraViz takes any true `model.scenario` for one of Mesa's own: it refuses to show the model, or to make a new
    one when a slider moves. A false one it leaves alone, and passes its parameters to OrgModel as they are.
    """

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and dict(self) == dict(other)


class AgentsByType(Mapping[type[Agent], AgentSet]):
    """The agents of a model by type; those of a type are made when it is looked up."""

    def __init__(self, model: OrgModel) -> None:
        self._model = model

    def __getitem__(self, kind: type[Agent]) -> AgentSet:
        if kind not in self._model.agent_types:
            raise KeyError(kind)
        return AgentSet(self._model.of_type(kind), random=self._model.random)

    def __iter__(self) -> Iterator[type[Agent]]:
        return iter(self._model.agent_types)

    def __len__(self) -> int:
        return len(self._model.agent_types)


class OrgModel(Model):  # type: ignore[misc]
    """One run as a Mesa model, from the end of the warm-up to the horizon; a step is a business day.

        model = OrgModel("baseline", structure="merged", rng=1, **{"market.size": 1000})
        model.run_for(65)                                   # a quarter
        model.agents_by_type[Rep].agg("belief", np.mean)
        model.run_model()                                   # to the horizon, where `running` turns False
        model.kpis["profit"], model.results().leads

    scenario: the name of one that ships, the path of a file, or a Scenario; `baseline` by default.
    structure, pay: the arm, by the scenario's names; today's by default.
    replicate, rng: the key of all luck, as in `orgsim.run(..., seed=rng, replicate=replicate)`. None draws a fresh
    seed, which `model.seed` and the data collector record.
    overrides: values by dotted path. `mesa.batch_run` sweeps them, and structure and pay, as any other parameter;
    a Scenario among its parameters must stand in a list, since batch_run would iterate over it.

    Raises ScenarioError, as `orgsim.run` does, for unknown names and paths, values that are not allowed, and a seed
    or replicate outside [0, 2^32).

    `datacollector` has a row at the start and after each day: the key figures (`kpis`, NaN where there are none yet)
    and today's customers, open opportunities and queued leads. A subclass that sets `reporters` collects others.
    `model.random` and `model.rng` are for agent sets and for code of the user's; no figure depends on them.
    At the horizon time stands still: further steps, and events scheduled later, do nothing.
    """

    reporters: ClassVar[dict[str, Any]] = {
        "seed": "seed",
        **{name: partial(_figure, name) for name in KPIS},
        "customers": "customers",
        "open_opportunities": "open_opportunities",
        "queued": "queued",
    }

    def __init__(
        self,
        scenario: str | Path | Scenario | None = None,
        *,
        structure: str | None = None,
        pay: str | None = None,
        replicate: int = 0,
        rng: int | None = None,
        **overrides: Any,
    ) -> None:
        began = time.perf_counter()
        if "seed" in overrides:
            found = repr(overrides["seed"])
            raise ScenarioError([Problem("command", None, "seed", found, "a Mesa model takes its seed as rng", "rng")])
        question = (
            scenario if isinstance(scenario, Scenario) else load_scenario("baseline" if scenario is None else scenario)
        )
        if overrides:
            question = question.with_(**overrides)
        seed = secrets.randbits(32) if rng is None else rng
        check_key(seed, replicate)
        arm = arm_of(question, structure, pay)
        super().__init__(rng=int(seed))
        self.agent_id_counter = USERS_AGENTS
        self.seed, self.replicate, self.arm = int(seed), int(replicate), arm
        self.clock = Clock.of(question)
        self._question = question
        self._shown = ModelScenario.model_construct(**dict(question))
        today = Arm(question.today.structure, question.today.pay)
        warm = warm_up(question, today, self.seed, self.replicate, record=True)
        self.world: r.World = enter_arm(question, warm, arm, today)
        self.kpis: dict[str, float] = {}
        """The figures of `Run.kpis` up to the end of the last finished month, when the books are closed; empty before
        the first. From the horizon on they are those of `orgsim.run`, the run-off's included."""
        self._day = self.clock.start
        self._views: dict[type[View], list[View]] = {}
        self.datacollector = DataCollector(model_reporters=self.reporters)
        self.datacollector.collect(self)
        self._seconds = time.perf_counter() - began

    @property
    def scenario(self) -> Scenario:
        """The scenario of this run, overrides included. It can't be changed: make another model."""
        return self._shown

    @scenario.setter
    def scenario(self, scenario: Any) -> None:
        # Mesa sets one of its own while a model is made, and writes the model into it.
        if hasattr(self, "_shown"):
            raise AttributeError("the scenario of a model can't be changed; make another OrgModel")

    def step(self) -> None:
        """One business day. After the horizon, nothing."""
        clock, day = self.clock, self._day
        if day >= clock.end:
            return
        began = time.perf_counter()
        self.world = advance(self.world, day, day + 1, exposed=True)
        self._day = day + 1
        month = int(clock.month_of[day])
        if self._day == clock.end:
            self.running = False
            self.kpis = finish(self._question, self.world)
        elif clock.month_of[self._day] != month:
            self.kpis = measure(self._question, self.world, int(clock.month_of[clock.start]), month + 1)
        self.datacollector.collect(self)
        self._seconds += time.perf_counter() - began

    def _advance_time(self, until: float) -> None:
        # Through here Mesa steps, runs for and runs until; stopping its clock at the horizon keeps `steps` true.
        if self.time < self.clock.horizon:
            super()._advance_time(min(until, self.clock.horizon))

    def results(self) -> Run:
        """The finished run, as `orgsim.run` returns it: kpis, tables, facts. RuntimeError before the horizon."""
        if self._day < self.clock.end:
            done, days = self._day - self.clock.start, self.clock.horizon
            raise RuntimeError(f"{done} of {days} days are done; results() needs them all, kpis has the figures so far")
        return Run(
            self._question, self.arm, self.seed, self.replicate, self.world, self.kpis,
            facts(self._question, self._seconds),
        )  # fmt: skip

    @property
    def customers(self) -> int:
        """Customers now."""
        return int(self.world.firm["customers"][0])

    @property
    def open_opportunities(self) -> int:
        """Opportunities open now."""
        return int(self.world.firm["opportunities"][0])

    @property
    def queued(self) -> int:
        """Leads that wait for a call now."""
        return int(self.world.firm["queued"][0])

    @property
    def agent_types(self) -> list[type[Agent]]:
        """Leader, Marketer, Rep, Prospect, and the types of agents that the user has added."""
        return [*KINDS, *super().agents_by_type]

    @property
    def agents(self) -> AgentSet:
        """Leaders, marketers, reps, prospects, then agents of the user's; views are made when first asked for."""
        everyone = [agent for kind in self.agent_types for agent in self.of_type(kind)]
        return AgentSet(everyone, random=self.random)

    @property
    def agents_by_type(self) -> AgentsByType:
        """Agents by type: `model.agents_by_type[Rep]` makes the reps' views and no others."""
        return AgentsByType(self)

    def of_type(self, kind: type[Agent]) -> list[Agent]:
        """The agents of a type, in order."""
        if not issubclass(kind, View):
            return list(super().agents_by_type[kind])
        if kind not in self._views:
            self._views[kind] = [kind(self, row, number) for row, number in enumerate(kind.ids(self.world))]
        return list(self._views[kind])

    def register_agent(self, agent: Agent) -> None:
        """Called by Mesa when an agent is made; views need no entry, they are found through the state."""
        if not isinstance(agent, View):
            super().register_agent(agent)

    def remove_all_agents(self) -> None:
        """Remove agents of the user's and let go of the views; the run goes on, views are made again when asked for."""
        self._views.clear()
        super().remove_all_agents()
