"""Marketers, whose habit bends to the split of the programme that leaders decide on (ODD, section 7.4)."""

from __future__ import annotations

from .employee import Employee
from .pay import MARKETER_WORK


class Marketer(Employee):
    """Somebody who works on brand, campaigns, leads, insight and material."""

    role = "marketer"
    activities = MARKETER_WORK

    def habit(self) -> list[float]:
        """The habit week, with brand work and activation moved towards the leaders' split."""
        model, week = self.model, self.model.scenario_of.marketers
        brand, activation = week.brand, week.activation
        both = brand + activation
        today = model.scenario_of.money.brand_share
        o = brand / today * model.brand_share if today > 0.0 else 0.0
        q = activation / (1.0 - today) * (1.0 - model.brand_share) if today < 1.0 else 0.0
        if o + q > 0.0:
            directed = both * o / (o + q)
            brand += model.scenario_of.effort.directive * (directed - brand)
        return [brand, both - brand, week.qualify, week.insight, week.enable, week.serve, week.slack]

    @property
    def costs(self) -> tuple[float, ...]:
        return self.model.scenario_of.effort.marketer_costs

    @property
    def delays(self) -> list[float]:
        e = self.model.scenario_of.effort
        return [e.delay_brand, e.delay_activation, e.delay_qualify, e.delay_insight, e.delay_enable, 0.0, 0.0]
