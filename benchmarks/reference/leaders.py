"""Bounded leaders: who sits where, and what each would do with the two levers (ODD, sections 5 and 7.6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import ndtri

from . import streams
from .arm import JOINT, Arm, Chair, Right
from .dates import DAYS_A_QUARTER, MONTH_BEGINS
from .formulas import logistic, within
from .threshold import best_threshold

if TYPE_CHECKING:
    from .model import Firm

FIRST_LOOK = DAYS_A_QUARTER  # days of leads that leaders want to see before they move the threshold


@dataclass
class Candidate:
    """Somebody who may lead: skills, errors of belief, and months seen in either function."""

    selling: float
    marketing: float
    marketing_error: float
    sales_error: float
    months_sales: float = 0.0
    months_marketing: float = 0.0


def candidates(firm: Firm) -> list[Candidate]:
    """Candidates for all chairs, the same in every arm; the chief executive comes last."""
    r = firm.scenario_of.leadership.correlation
    found = []
    for who in range(firm.scenario_of.leadership.candidates):
        z = [float(ndtri(u)) for u in firm.draw(streams.CANDIDATE, 0, who, 0, 0)]
        found.append(Candidate(z[0], r * z[0] + math.sqrt(1.0 - r * r) * z[1], z[2], z[3]))
    z = [float(ndtri(u)) for u in firm.draw(streams.CANDIDATE, 1, 0, 0, 0)]
    return [*found, Candidate(0.0, 0.0, z[2], z[3])]


def fill_chairs(chairs: Sequence[Chair], people: Sequence[Candidate]) -> list[int]:
    """Each chair in turn takes the best who has no seat yet; if all are seated, the best once more."""
    ordinary = range(len(people) - 1)
    seated: list[int] = []
    for chair in chairs[:-1]:
        free = [n for n in ordinary if n not in seated] or list(ordinary)
        w = chair.selling_weight
        seated.append(max(free, key=lambda n: (w * people[n].selling + (1.0 - w) * people[n].marketing, -n)))
    return [*seated, len(people) - 1]


class Council:
    """The holders of an arm's chairs, who meet on the first day of each month."""

    def __init__(self, firm: Firm, arm: Arm) -> None:
        self.firm = firm
        self.arm = arm
        self.seats = fill_chairs(arm.chairs, firm.candidates)
        self.sales, self.marketing = arm.leader("sales"), arm.leader("marketing")
        self.noise = firm.scenario_of.leadership.noise if firm.scenario_of.switches.skill else 0.0

    def meet(self, day: int) -> None:
        """Decide on the budget, then on the threshold; a month of experience more."""
        firm = self.firm
        if not firm.scenario_of.switches.decisions:
            return
        firm.brand_share, firm.share_proposals = self._decide(
            self.arm.budget, firm.brand_share, firm.share_proposals, self.best_share, day, always_propose=True
        )
        if day >= FIRST_LOOK:
            firm.threshold, firm.threshold_proposals = self._decide(
                self.arm.threshold, firm.threshold, firm.threshold_proposals, lambda n: self.best_threshold(n, day),
                day, always_propose=False,
            )  # fmt: skip
        for chair, seat in zip(self.arm.chairs, self.seats, strict=True):
            if chair.leads != "marketing":
                firm.candidates[seat].months_sales += 1.0
            if chair.leads != "sales":
                firm.candidates[seat].months_marketing += 1.0

    def _decide(self, right: Right, lever: float, proposals: tuple[float, float], best, day: int,
                always_propose: bool) -> tuple[float, tuple[float, float]]:  # fmt: skip
        """Where a lever goes, and what both heads (sales, marketing) propose for the next month."""
        by_sales, by_marketing = proposals
        voice = within(0.0, self.arm.sales_voice, 1.0)
        proposed = by_marketing + voice * (by_sales - by_marketing)
        if right.decides == JOINT:
            target = proposed
            pace = min(self.pace(self.sales, day), self.pace(self.marketing, day))
        else:
            holder = self.arm.chair(right.decides)
            own = best(holder)
            target = own + self.firm.scenario_of.leadership.deference * (proposed - own) if right.proposals else own
            pace = self.pace(holder, day)
        lever += pace * (target - lever)
        if always_propose or right.proposals or right.decides == JOINT:
            proposals = (best(self.sales), best(self.marketing))
        return lever, proposals

    def pace(self, chair: int, day: int) -> float:
        """Part of the way that a decision moves a lever: less if attention is thin, or the structure new."""
        firm, p = self.firm, self.firm.scenario_of.leadership
        if not firm.scenario_of.switches.attention:
            return firm.adoption
        return firm.adoption * (1.0 - math.exp(-self.attention(chair, day) / p.attention_scale))

    def attention(self, chair: int, day: int) -> float:
        """Hours a week for each report, escalated deals deducted."""
        firm, p, of = self.firm, self.firm.scenario_of.leadership, self.arm.chairs[chair]
        busy = p.quarter_end if day % DAYS_A_QUARTER >= MONTH_BEGINS[2] else 1.0
        escalated = p.escalations * p.escalation_time * firm.late_opportunities * busy * of.escalation_share
        return max(0.0, p.hours - escalated) / of.span

    def best_share(self, chair: int) -> float:
        """Brand's share of programme that a chair's holder believes best."""
        firm, p, of = self.firm, self.firm.scenario_of.leadership, self.arm.chairs[chair]
        holder = firm.candidates[self.seats[chair]]
        doubt = math.log(of.prior) + self.noise * math.exp(-holder.marketing / 2.0) * holder.marketing_error
        b = p.brand_yield * math.exp(doubt / math.sqrt(1.0 + holder.months_marketing))
        m = 1.0 - math.exp(-of.horizon / p.maturity)
        exponent = firm.scenario_of.brand.exponent
        if exponent >= 1.0:
            return 1.0 if b * m > 1.0 else 0.0
        return logistic(math.log(b * m) / (1.0 - exponent))

    def best_threshold(self, chair: int, day: int) -> float:
        """The score for hand-over that a chair's holder believes best."""
        firm, scenario, of = self.firm, self.firm.scenario_of, self.arm.chairs[chair]
        holder = firm.candidates[self.seats[chair]]
        error = self.noise * math.exp(-holder.selling / 2.0) * holder.sales_error
        worth = scenario.market.reference_win * scenario.money.gross_margin * scenario.market.deal_value
        worth *= math.exp(error / math.sqrt(1.0 + holder.months_sales))
        late = math.ceil(self.arm.sight)
        leads = firm.raw.seen(day - (0 if of.leads == "marketing" else late))
        hours = firm.raw.lead_hours_a_week(day - (0 if of.leads == "sales" else late))
        if leads is None:
            return firm.threshold
        return best_threshold(firm, of, leads, hours, worth)
