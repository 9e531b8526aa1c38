"""The accounts, in whole cents, booked at the end of each month (ODD, section 7.8)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .arm import switching_cost
from .dates import DAYS_A_YEAR, Span
from .formulas import cents

if TYPE_CHECKING:
    from .model import Firm

ACCOUNTS = (
    "revenue_new", "revenue_repeat", "revenue_services", "cost_of_sales", "reps_base", "reps_variable",
    "marketers_base", "marketers_variable", "car_tools", "systems", "hiring", "programme_brand",
    "programme_activation", "devices", "staff_unit", "plan_change", "leaders_pay", "leaders_switching",
)  # fmt: skip


def yearly(amount: int, days: Span) -> int:
    """What of a yearly amount in cents falls on these days; any whole year of months sums to it exactly."""
    return amount * (days.last + 1) // DAYS_A_YEAR - amount * days.first // DAYS_A_YEAR


class Ledger:
    """Revenue and settled pay of the present month, and every month's accounts."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.revenue_new = self.revenue_repeat = 0
        self.settled = {"rep": 0, "marketer": 0}
        self.months: list[dict[str, int]] = []

    def book(self, month: Span) -> None:
        """Book a month; money of the arm's beginning falls into the first month of the horizon."""
        firm, scenario = self.firm, self.firm.scenario_of
        money, people, plan, arm = scenario.money, scenario.people, firm.plan, firm.arm
        listed = self.revenue_new + self.revenue_repeat
        programme = yearly(cents(arm.programme), month)
        brand = math.floor(firm.brand_share * programme + 0.5)
        reps = people.reps * money.rep_pay * (1.0 - plan.rep_shares) * money.charges
        marketers = people.marketers * money.marketer_pay * (1.0 - plan.marketer_shares) * money.charges
        first = month.first == firm.phases.warm_up
        self.months.append({
            "revenue_new": self.revenue_new,
            "revenue_repeat": self.revenue_repeat,
            "revenue_services": 0,
            "cost_of_sales": -(listed - math.floor(money.gross_margin * listed + 0.5)),
            "reps_base": -yearly(cents(reps), month),
            "reps_variable": -cents(self.settled["rep"] / 100.0 * money.charges),
            "marketers_base": -yearly(cents(marketers), month),
            "marketers_variable": -cents(self.settled["marketer"] / 100.0 * money.charges),
            "car_tools": -yearly(cents(people.reps * money.car_tools), month),
            "systems": -yearly(cents(money.systems), month),
            "hiring": 0,
            "programme_brand": -brand,
            "programme_activation": -(programme - brand),
            "devices": -yearly(arm.joint_spend, month),
            "staff_unit": 0,
            "plan_change": -cents(self._plan_change()) if first else 0,
            "leaders_pay": -yearly(arm.leaders_pay, month),
            "leaders_switching": -self._switching() if first else 0,
        })  # fmt: skip
        self.revenue_new = self.revenue_repeat = 0
        self.settled = {"rep": 0, "marketer": 0}

    def _plan_change(self) -> float:
        scenario = self.firm.scenario_of
        if self.firm.plan.name == scenario.today.pay:
            return 0.0
        return (scenario.people.reps + scenario.people.marketers) * scenario.money.plan_change

    def _switching(self) -> int:
        firm = self.firm
        if not firm.is_new or not (firm.scenario_of.switches.cost and firm.scenario_of.switches.switching):
            return 0
        return switching_cost(firm.scenario_of, firm.scenario_of.today.structure, firm.structure)
