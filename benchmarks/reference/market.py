"""The market's memory of the firm: brand, awareness, and what activation and prospecting reach (ODD, section 7.1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .dates import DAYS_A_YEAR, WEEKS_A_YEAR
from .formulas import keep, power, ratio

if TYPE_CHECKING:
    from orgsim.scenario.funnel import Segment as SegmentOfScenario
    from orgsim.scenario.schema import Scenario

    from .model import Firm


class Segment:
    """A part of the market, with the share of its accounts that think of us."""

    def __init__(self, scenario: Scenario, segment: SegmentOfScenario, number: int, first: int, size: int) -> None:
        market = scenario.market
        self.number, self.first, self.size = number, first, size
        self.regular = segment.regular
        self.awareness = segment.awareness
        self.win_shift = segment.win_shift
        fit_share = market.fit_share if segment.fit_share is None else segment.fit_share
        episodes = market.episodes_per_year if segment.episodes_per_year is None else segment.episodes_per_year
        signals = market.signals_per_year if segment.signals_per_year is None else segment.signals_per_year
        self.least_fit = 1.0 - fit_share
        self.need_hazard = 1.0 / max(1e-9, 1.0 / episodes - market.window / DAYS_A_YEAR) if episodes > 0.0 else 0.0
        self.signal_hazard = signals
        a = min(self.awareness, 1.0 - 1e-9)
        self.reach_rate = forgetting(scenario) * a / (1.0 - a)


def forgetting(scenario: Scenario) -> float:
    """Share of accounts that forget us in a week."""
    return 12.0 / (WEEKS_A_YEAR * scenario.brand.memory)


def sizes_of_segments(scenario: Scenario) -> list[int]:
    """Shares of the market's size, rounded down; the rest goes to the largest remainders."""
    market = scenario.market
    exact = [segment.share * market.size for segment in market.segments]
    sizes = [segment.size if segment.size is not None else math.floor(x)
             for segment, x in zip(market.segments, exact, strict=True)]  # fmt: skip
    shared = [i for i, segment in enumerate(market.segments) if segment.size is None]
    if shared:
        missing = market.size - sum(sizes[i] for i in shared)
        for i in sorted(shared, key=lambda i: -(exact[i] - sizes[i]))[:missing]:
            sizes[i] += 1
    return sizes


class Market:
    """Brand stock, awareness by segment, and the reach of this week's activation and prospecting."""

    def __init__(self, firm: Firm) -> None:
        scenario = firm.scenario_of
        self.firm = firm
        self.segments: list[Segment] = []
        first = 0
        for number, size in enumerate(sizes_of_segments(scenario)):
            self.segments.append(Segment(scenario, scenario.market.segments[number], number, first, size))
            first += size
        self.accounts = first
        money, brand, people = scenario.money, scenario.brand, scenario.people
        self.keep = keep(brand.half_life)
        brand_hours = people.marketers * scenario.marketers.brand
        activation_hours = people.marketers * scenario.marketers.activation
        effort = money.programme * money.brand_share / WEEKS_A_YEAR + brand.hour_worth * brand_hours
        self.brand_today = effort**brand.exponent if effort > 0.0 else 0.0
        self.brand_stock = self.brand_today / (1.0 - self.keep)
        self.activation_today = (
            money.programme * (1.0 - money.brand_share) / WEEKS_A_YEAR + brand.hour_worth * activation_hours
        )
        self.prospecting_today = people.reps * scenario.reps.prospecting
        self.reach = self.found = 0.0

    def work_on_brand(self) -> None:
        """Each Monday: last weeks' brand work fades, this week's is added, some forget us and some learn of us."""
        firm, brand = self.firm, self.firm.scenario_of.brand
        hours = firm.team_hours("brand")
        x = firm.arm.programme * firm.brand_share / WEEKS_A_YEAR + brand.hour_worth * hours
        self.brand_stock = self.brand_stock * self.keep + power(x, brand.exponent)
        response = self.brand_stock * (1.0 - self.keep) / self.brand_today if self.brand_today > 0.0 else 1.0
        delta = forgetting(firm.scenario_of)
        for segment in self.segments:
            g = min(1.0 - delta, segment.reach_rate * response)
            segment.awareness = segment.awareness * (1.0 - delta - g) + g

    def work_on_activation(self) -> None:
        """Each Monday: what campaigns reach, and what reps find."""
        firm, scenario = self.firm, self.firm.scenario_of
        hours = firm.team_hours("activation")
        y = firm.arm.programme * (1.0 - firm.brand_share) / WEEKS_A_YEAR + scenario.brand.hour_worth * hours
        response = power(ratio(y, self.activation_today), scenario.brand.exponent)
        self.reach = min(1.0, scenario.market.further_reach * response)
        z = firm.team_hours("prospecting")
        self.found = min(1.0, scenario.market.found_share * ratio(z, self.prospecting_today))

    def awareness(self, regular: bool) -> float:
        """Mean awareness over the accounts of regular markets, or of the others."""
        parts = [segment for segment in self.segments if segment.regular == regular]
        sizes = np.array([segment.size for segment in parts], dtype=float)
        if not sizes.sum():
            return math.nan
        return float(np.dot([segment.awareness for segment in parts], sizes / sizes.sum()))


class Knowledge:
    """What marketing knows: of a lead, of what the firm is worth to buyers, of the field (ODD, section 7.2)."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.info = 0.0
        self.value_proposition = self.field_knowledge = 0.5
        scenario = firm.scenario_of
        self.logging_today = scenario.people.reps * scenario.reps.logging
        self.insight_today = scenario.people.marketers * scenario.marketers.insight
        self.enable_today = scenario.people.marketers * scenario.marketers.enable
        self.keep = keep(scenario.opportunity.knowledge_half_life)

    def work_on_knowledge(self) -> None:
        """Each Monday: information per lead from logging and qualification, knowledge from insight and enablement."""
        firm, lead = self.firm, self.firm.scenario_of.lead
        logging = power(ratio(firm.team_hours("logging"), self.logging_today), lead.logging_exponent)
        self.info = lead.info_per_hour * logging * firm.team_hours("qualify") / lead.raw_per_week
        insight = min(1.0, 0.5 * power(ratio(firm.team_hours("insight"), self.insight_today), 1.0))
        enable = min(1.0, 0.5 * power(ratio(firm.team_hours("enable"), self.enable_today), 1.0))
        self.value_proposition = insight + self.keep * (self.value_proposition - insight)
        self.field_knowledge = enable + self.keep * (self.field_knowledge - enable)
