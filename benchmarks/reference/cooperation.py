"""How the two teams get on, and how the shared definition of a lead moves (ODD, section 7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .formulas import keep, logistic, logit

if TYPE_CHECKING:
    from .model import Firm


class Cooperation:
    """A logistic stock, moved by leads that sales accepts or rejects and by disputes between heads."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        c = firm.scenario_of.cooperation
        self.rest = logit(c.start)
        self.z = self.rest
        self.level = c.start
        self.keep = keep(c.half_life)
        self.accepted = self.rejected = 0
        self.usual_weeks = 0
        self.usual_accepted = self.usual_rejected = 0.0

    def moves(self, day: int) -> None:
        """Each Monday: last week's events, beyond what is usual, shock it; else it returns to rest."""
        firm = self.firm
        c = firm.scenario_of.cooperation
        shock = 0.0
        warm_up = firm.phases.warm_up
        if day < warm_up:
            if 2 * day >= warm_up:
                self.usual_weeks += 1
                self.usual_accepted += self.accepted
                self.usual_rejected += self.rejected
        elif warm_up > 0 and firm.scenario_of.switches.cooperation:
            weeks = max(1, self.usual_weeks)
            good = (self.accepted - self.usual_accepted / weeks) / len(firm.reps)
            bad = (self.rejected - self.usual_rejected / weeks) / len(firm.reps)
            disputes = (firm.arm.disputes - firm.today.disputes) / 13.0
            shock = c.good_lead * (good - c.bad_ratio * bad) - c.dispute * disputes
        self.accepted = self.rejected = 0
        self.z = self.rest + self.keep * (self.z - self.rest) + shock
        self.level = logistic(self.z)


def move_definition(firm: Firm) -> None:
    """Each Monday: the shared definition of a lead moves towards what joint work aims at."""
    kept = keep(firm.scenario_of.cooperation.definition_half_life)
    target = firm.arm.definition
    firm.definition += (1.0 - kept) * (target - firm.definition)
