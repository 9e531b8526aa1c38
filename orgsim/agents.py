"""Rep, Marketer, Leader and Prospect as Mesa agents: views on rows of a model's state, made when somebody asks.

A view stores its model, its row and its identity, nothing else; every attribute is looked up in `model.world` when
it is read, so a view is never out of date. Views can be read, selected and aggregated, not changed or removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from mesa import Agent
from numpy.typing import NDArray

from orgsim.engine import records as r
from orgsim.engine.compile import as_python
from orgsim.engine.market import awareness
from orgsim.engine.needs import stake_cents
from orgsim.engine.selling import success_rate
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES
from orgsim.tables import account_id, lead_id

if TYPE_CHECKING:
    from orgsim.model import OrgModel

STATES = ("idle", "in_window", "customer")
LEAD_STATUS = ("nurtured", "handed_over", "queued", "set_aside", "called", "opportunity", "closed")
FUNCTIONS = ("sales", "marketing", "both", "heads")
# Accounts have 60 x 2^24 identities at most; people come above them, each kind in a range of its own.
KIND_STRIDE = 2**32


class View(Agent):  # type: ignore[misc]
    """A row of the model's state, as a Mesa agent.

    `unique_id` is the same in every run of a scenario, whoever is looked at first; `row` is the place in the state.
    """

    rows: ClassVar[str]
    kind: ClassVar[int]

    def __init__(self, model: OrgModel, row: int, unique_id: int) -> None:
        super().__init__(model)
        self.row = row
        self.unique_id = unique_id

    @classmethod
    def ids(cls, world: r.World) -> list[int]:
        """`unique_id` of every row, in order."""
        return list(range(cls.kind * KIND_STRIDE, cls.kind * KIND_STRIDE + len(getattr(world, cls.rows))))

    @property
    def record(self) -> np.record:
        """The row itself, as the rules read it (times in business hours, money in cents)."""
        found: np.record = getattr(self.model.world, self.rows)[self.row]
        return found

    def remove(self) -> None:
        """Refused: a view is no part of the run, and taking it away would change nothing."""
        raise TypeError(f"{type(self).__name__} {self.row} is a view on the run and can't be removed from it")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.row}>"


class Rep(View):
    """A sales rep. `row` is the number in the column `owner` of the leads table."""

    rows, kind = "reps", 1

    @property
    def skill(self) -> float:
        """Selling skill, uniform on 0 to 1 over reps."""
        return float(self.record.skill)

    @property
    def hours(self) -> dict[str, float]:
        """Hours of this week by activity, as planned on Monday; they sum to 35."""
        return _week(self.record.hours, REP_ACTIVITIES)

    @property
    def belief(self) -> float:
        """Share of marketing's leads that the rep believes to be good."""
        return float(as_python(success_rate)(self.model.world, self.record))

    @property
    def queue(self) -> int:
        """Leads of this rep that wait for a call; from a common queue, those of the rep's own accounts."""
        leads = self.model.world.leads[: self.model.world.firm["leads"][0]]
        return int(((leads["status"] == r.QUEUED) & (leads["owner"] == self.row)).sum())

    @property
    def customers(self) -> int:
        """Customers the rep looks after."""
        return int(self.record.customers)

    @property
    def revenue(self) -> float:
        """Orders signed since the start of the horizon, in euro."""
        world = self.model.world
        log = world.log[: world.firm["log"][0]]
        mine = (log["activity"] == r.NOTE_ORDER) & (log["resource"] == self.row)
        return int(log["amount"][mine & (log["time"] >= world.firm["horizon_start"][0])].sum()) / 100


class Marketer(View):
    """A marketer."""

    rows, kind = "marketers", 2

    @property
    def hours(self) -> dict[str, float]:
        """Hours of this week by activity, as planned on Monday; they sum to 35."""
        return _week(self.record.hours, MARKETER_ACTIVITIES)


class Leader(View):
    """The holder of a leader's chair; the chief executive, who is the same in all structures, comes last."""

    rows, kind = "chairs", 3

    @property
    def title(self) -> str:
        """Title of the chair, as the scenario has it."""
        chairs = self.model.scenario.structures[self.model.arm.structure].chairs
        return str(chairs[self.row].title) if self.row < len(chairs) else "chief executive"

    @property
    def leads(self) -> str:
        """Whom the chair leads: sales, marketing, both teams, or their heads."""
        return FUNCTIONS[self.record.leads]

    @property
    def horizon(self) -> float:
        """Months of benefits that count in the leader's decisions."""
        return float(self.record.horizon)

    @property
    def prior(self) -> float:
        """Believed over true yield of brand work, before experience."""
        return float(self.record.prior)

    @property
    def skill(self) -> dict[str, float]:
        """Skill in selling and in marketing, in standard deviations of candidates; the chief's are the mean, 0."""
        candidate = self.model.world.candidates[self.record.candidate]
        return {"selling": float(candidate.selling), "marketing": float(candidate.marketing)}

    @property
    def firm_weight(self) -> float:
        """Weight of the firm's margin against the unit's own number."""
        return float(self.record.firm_weight)

    @property
    def span(self) -> int:
        """Direct reports."""
        return int(self.record.span)

    @property
    def pay(self) -> float:
        """Pay in euro a year, before charges."""
        return float(self.record.pay)


class Prospect(View):
    """An account of the market. `unique_id` is the number in the column `prospect` of the tables."""

    rows, kind = "prospects", 0

    @classmethod
    def ids(cls, world: r.World) -> list[int]:
        """Identity by segment and position in it, so that adding an account renames nobody."""
        ids: list[int] = account_id(world, np.arange(len(world.prospects))).tolist()
        return ids

    @property
    def segment(self) -> str:
        """Name of the account's segment."""
        return str(self.model.scenario.market.segments[self.record.segment].name)

    @property
    def fit(self) -> float:
        """How well the offering fits, uniform on 0 to 1 over accounts."""
        return float(self.record.fit)

    @property
    def viable(self) -> bool:
        """Whether the account fits well enough to buy at all."""
        return bool(self.record.viable)

    @property
    def awareness(self) -> float:
        """Chance that the account would think of us if its need opened now."""
        return float(as_python(awareness)(self.model.world, self.record))

    @property
    def state(self) -> str:
        """idle, in_window (a need is open) or customer."""
        return STATES[self.record.state]

    @property
    def value(self) -> float:
        """Value at stake in the open episode, in euro of margin expected under reference handling; 0 without one."""
        if self.record.state != r.IN_WINDOW or not self.record.viable:
            return 0.0
        return int(as_python(stake_cents)(self.model.world.p[0], self.record.deal)) / 100

    @property
    def deal(self) -> float:
        """First order that the open episode would bring, in euro; 0 without one."""
        return int(self.record.deal) / 100 if self.record.state == r.IN_WINDOW else 0.0

    @property
    def lead(self) -> int | None:
        """Identity of the account's open lead, as in the leads table; None without one."""
        lead = self._open_lead()
        return None if lead is None else int(lead_id(self.model.world, lead)[0])

    @property
    def lead_status(self) -> str | None:
        """Where the open lead stands, from nurtured to opportunity; None without one."""
        lead = self._open_lead()
        return None if lead is None else LEAD_STATUS[lead["status"][0]]

    @property
    def leads(self) -> int:
        """Leads the account has been, the open one included."""
        return int(self.record.leads)

    @property
    def orders(self) -> int:
        """Repeat orders since the account became a customer."""
        return int(self.record.orders)

    @property
    def owner(self) -> int:
        """Number of the rep whose account it is."""
        return int(self.record.owner)

    def _open_lead(self) -> NDArray[np.record] | None:
        place = int(self.record.lead)
        return None if place < 0 else self.model.world.leads[place : place + 1]


KINDS: tuple[type[View], ...] = (Leader, Marketer, Rep, Prospect)
USERS_AGENTS = len(KINDS) * KIND_STRIDE
"""First `unique_id` of agents that a user adds."""


def _week(hours: Sequence[float], activities: tuple[str, ...]) -> dict[str, float]:
    return {activity: float(spent) for activity, spent in zip(activities, hours, strict=True)}
