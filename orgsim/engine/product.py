"""What there is to sell: its quality, what innovation adds, and what is built in of what customers tell sales."""

from __future__ import annotations

from orgsim.engine.compile import rule
from orgsim.engine.curves import against_today, half_life_factor
from orgsim.engine.records import INNOVATION, INSIGHT
from orgsim.engine.teams import openness, team_hours

WEEKS_PER_MONTH = 52.0 / 12.0


@rule
def appeal_of_product(p, firm):
    """Log-odds of being chosen by the product alone: quality, what was improved, and the stock of innovation (D55, D68,
    D72). It has no bound: a poor product can outweigh any way of organising."""
    return p.product_quality + firm.improvement + p.product_innovation * (firm.innovation - 0.5)


@rule
def develop(w):
    """A week of the product: innovation follows insight work and fades without it; what sales hears of faults is built
    in, so far as it is listened to."""
    p, firm = w.p[0], w.firm[0]
    if w.arm[0].held[INNOVATION] == 0:
        kept = half_life_factor(p.product_innovation_half_life)
        fed = min(1.0, 0.5 * against_today(team_hours(w.marketers, INSIGHT) * firm.focus, p.insight_today, 1.0))
        fed = min(1.0, max(0.0, fed + firm.lift[INNOVATION]))
        firm.innovation = fed + kept * (firm.innovation - fed)
    heard = p.product_potential * p.product_acceptance * openness(w)
    firm.improvement += (heard - firm.improvement) / (1.0 + p.product_improvement * WEEKS_PER_MONTH)
