"""Staff: their weeks, what moves their hours, and who comes and goes."""

from __future__ import annotations

import math

from pydantic import Field, field_validator

from orgsim.scenario.fields import (
    ASSUMPTION,
    Euro,
    EuroPerHour,
    HoursPerWeek,
    Months,
    Number,
    PerYear,
    Share,
    Table,
    Weeks,
    param,
)

REP_ACTIVITIES = ("leads", "prospecting", "opportunities", "customers", "logging", "admin", "slack", "joint", "absence",
                  "vacant")  # fmt: skip
MARKETER_ACTIVITIES = ("brand", "activation", "qualify", "insight", "enable", "serve", "slack", "joint", "absence",
                       "vacant")  # fmt: skip
EFFORT = 7  # activities among which the effort rule splits the week; joint work and absence come first


class RepWeek(Table):
    """A rep's week under flat pay, hours of a 35-hour week."""

    leads: HoursPerWeek = param(2.30, "h/week", 0, 35, "theory 5: lead capacity 874", "Follow up leads", least=0)
    prospecting: HoursPerWeek = param(1.28, "h/week", 0, 35, "theory 5: 620 h a year", "Prospect", least=0)
    opportunities: HoursPerWeek = param(6.6, "h/week", 0, 35, "theory 5: 2,506 h a year", "Close", least=0)
    customers: HoursPerWeek = param(1.96, "h/week", 0, 35, "theory 5: 968 h a year", "Look after accounts", least=0)
    logging: HoursPerWeek = param(2.0, "h/week", 0, 35, ASSUMPTION, "Log data", least=0)
    admin: HoursPerWeek = param(11.765, "h/week", 0, 35, "A31: 60 % of time is not selling", "Everything else", least=0)
    slack: HoursPerWeek = param(5.0, "h/week", 0, 35, "theory 1.3", "Slack", least=0)


class MarketerWeek(Table):
    """A marketer's week under flat pay, hours of a 35-hour week."""

    brand: HoursPerWeek = param(5.0, "h/week", 0, 35, ASSUMPTION, "Brand work", least=0)
    activation: HoursPerWeek = param(5.0, "h/week", 0, 35, ASSUMPTION, "Activation", least=0)
    qualify: HoursPerWeek = param(5.0, "h/week", 0, 35, ASSUMPTION, "Nurture and qualify leads", least=0)
    insight: HoursPerWeek = param(3.0, "h/week", 0, 35, ASSUMPTION, "Insight and value proposition", least=0)
    enable: HoursPerWeek = param(3.0, "h/week", 0, 35, ASSUMPTION, "Field knowledge and sales enablement", least=0)
    serve: HoursPerWeek = param(5.0, "h/week", 0, 35, ASSUMPTION + " (D39)", "Ad hoc requests of sales", least=0)
    slack: HoursPerWeek = param(4.905, "h/week", 0, 35, ASSUMPTION, "Slack", least=0)


class Effort(Table):
    """One effort rule for everyone (theory 1.3): hours that balance believed pay, habit and directive."""

    cost: EuroPerHour = param(15.0, "€/h", 5, 60, "theory 1.3", "Marginal cost of doubling an activity", above=0,
                              drawn=True)
    substitution: Share = param(0.3, "share", 0, 0.8, "theory 1.3 (rho)", "Substitution between activities", least=0,
                                most=0.95, drawn=True)
    rep_costs: tuple[float, ...] = Field(
        (1.0,) * EFFORT, min_length=EFFORT, max_length=EFFORT,
        description="Cost of each of a rep's activities against the others, in their order; 0: free to use up",
        json_schema_extra={"unit": "ratio", "range": [0, 3], "source": "theory 1.3: all alike"})
    marketer_costs: tuple[float, ...] = Field(
        (1.0,) * EFFORT, min_length=EFFORT, max_length=EFFORT,
        description="The same for a marketer's activities",
        json_schema_extra={"unit": "ratio", "range": [0, 3], "source": "theory 1.3: all alike"})
    directive: Share = param(0.3, "share", 0, 0.8, ASSUMPTION + " (phi, theory 1.3)",
                             "Weight of the leader's directive against habit", least=0, most=1, drawn=True)
    half_life: Weeks = param(3.0, "weeks", 0, 13, "theory 1.3",
                             "Half-life of the gap between actual and wanted hours; 0: no delay", least=0)
    absence: Share = param(0.117, "share", 0, 0.2, "theory 2: 1,607 of 1,820 h", "Share of paid hours not worked",
                           least=0, most=1)
    risk_aversion: Number = param(0.0, "1/€", 0, 1e-4, ASSUMPTION + " (neutral: 0; theory 1.3: mean-variance)",
                                  "Absolute risk aversion: half of it times the variance of pay is what risk costs",
                                  least=0)
    horizon: Months = param(math.inf, "months", 3, 36, ASSUMPTION + " (neutral: endless; D27-31)",
                            "Horizon of staff: what an hour yields after a delay counts by exp(-delay / horizon)",
                            above=0)
    forecast_error: Share = param(0.05, "share of quota", 0.01, 0.3, ASSUMPTION,
                                  "Standard error of a person's forecast of a whole period, beside the luck of deals",
                                  least=0, drawn=True)
    expected_attainment: Share = param(0.95, "share of quota", 0.5, 1.2, "theory 5: quota is 105 % of expected",
                                       "What people expect a usual week to bring, before they have experience",
                                       least=0)
    revenue_leads: EuroPerHour = param(332.0, "€/h", 100, 1000, "theory 1.3: .34 x 975 (A25)",
                                       "Revenue a rep at first believes the next hour on leads yields", least=0,
                                       drawn=True)
    revenue_prospecting: EuroPerHour = param(332.0, "€/h", 100, 1000, "theory 1.3: .34 x 975 (A25)",
                                             "The same for prospecting", least=0, drawn=True)
    revenue_opportunities: EuroPerHour = param(332.0, "€/h", 100, 1000, "theory 1.3: .34 x 975 (A25)",
                                               "The same for opportunities", least=0, drawn=True)
    revenue_customers: EuroPerHour = param(332.0, "€/h", 100, 1000, "theory 1.3: .34 x 975 (A25)",
                                           "The same for customers", least=0, drawn=True)
    delay_leads: Weeks = param(13.0, "weeks", 4, 30, "theory 5: 12 weeks from opportunity to decision",
                               "Mean time until an hour on leads pays", least=0)
    delay_prospecting: Weeks = param(12.0, "weeks", 4, 30, "theory 5", "The same for prospecting", least=0)
    delay_opportunities: Weeks = param(6.0, "weeks", 1, 20, "theory 5: half of 12 weeks", "The same for opportunities",
                                       least=0)
    delay_customers: Weeks = param(26.0, "weeks", 4, 52, "theory 5: an order a year", "The same for customers",
                                   least=0)
    mqls_activation: Number = param(0.10, "MQL/h", 0, 1, ASSUMPTION,
                                    "MQLs a marketer at first believes an hour of activation yields", least=0,
                                    drawn=True)
    mqls_qualify: Number = param(0.10, "MQL/h", 0, 1, ASSUMPTION, "The same for qualification", least=0, drawn=True)
    sqls_activation: Number = param(0.03, "SQL/h", 0, 0.4, ASSUMPTION + "; A8",
                                    "SQLs a marketer at first believes an hour of activation yields", least=0,
                                    drawn=True)
    sqls_qualify: Number = param(0.05, "SQL/h", 0, 0.4, ASSUMPTION + "; A8", "The same for qualification", least=0,
                                 drawn=True)
    sqls_enable: Number = param(0.01, "SQL/h", 0, 0.4, ASSUMPTION, "The same for enablement", least=0, drawn=True)
    revenue_brand: EuroPerHour = param(150.0, "€/h", 0, 600, ASSUMPTION,
                                       "Revenue a marketer at first believes an hour of brand work yields", least=0,
                                       drawn=True)
    revenue_activation: EuroPerHour = param(150.0, "€/h", 0, 600, ASSUMPTION, "The same for activation", least=0,
                                            drawn=True)
    revenue_qualify: EuroPerHour = param(150.0, "€/h", 0, 600, ASSUMPTION, "The same for qualification", least=0,
                                         drawn=True)
    revenue_insight: EuroPerHour = param(150.0, "€/h", 0, 600, ASSUMPTION, "The same for insight", least=0, drawn=True)
    revenue_enable: EuroPerHour = param(150.0, "€/h", 0, 600, ASSUMPTION, "The same for enablement", least=0,
                                        drawn=True)
    delay_brand: Weeks = param(39.0, "weeks", 26, 104, "A26: 6-9 months", "Mean time until an hour of brand work pays",
                               least=0)
    delay_activation: Weeks = param(8.0, "weeks", 2, 26, ASSUMPTION, "The same for activation", least=0)
    delay_qualify: Weeks = param(4.0, "weeks", 1, 26, ASSUMPTION, "The same for qualification", least=0)
    delay_insight: Weeks = param(26.0, "weeks", 4, 52, ASSUMPTION, "The same for insight", least=0)
    delay_enable: Weeks = param(26.0, "weeks", 4, 52, ASSUMPTION, "The same for enablement", least=0)

    @field_validator("rep_costs", "marketer_costs")
    @classmethod
    def _costs_are_possible(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(math.isfinite(cost) and cost >= 0 for cost in value):
            raise ValueError("costs of activities must be finite and not negative")
        return value


class Learning(Table):
    """What people learn of the yield of their hours: own results, late and not well attributed (D27-31)."""

    prior: Weeks = param(52.0, "weeks", 13, 208, ASSUMPTION,
                         "Usual weeks of experience that the first beliefs weigh as much as", above=0, drawn=True)
    half_life: Weeks = param(26.0, "weeks", 8, 104, "theory 1.4 (as beliefs on leads)", "Half-life of experience",
                             above=0)
    last_touch: Share = param(0.5, "share", 0, 1, ASSUMPTION,
                              "Share of a deal that is credited to its last step, closing or qualification; the rest "
                              "to its origin", least=0, most=1, drawn=True)


class Timing(Table):
    """Moving the date of a close for pay's sake (E6d, A14-A16)."""

    authority: Share = param(0.15, "share", 0, 0.3, ASSUMPTION, "Most discount that a rep may give", least=0, most=1,
                             drawn=True)
    discount: Share = param(0.10, "share", 0.02, 0.3, ASSUMPTION + " (A15)",
                            "Mean discount for which a buyer signs in another period", least=0, most=1, drawn=True)
    spread: Share = param(0.8, "ratio", 0, 1, ASSUMPTION,
                          "Spread of that discount between buyers: uniform within so much of its mean", least=0,
                          most=1)
    weight: Share = param(0.99, "share", 0.9, 1, ASSUMPTION + " (E6d: gamma)",
                          "Worth to a rep of pay one pay period later", least=0, most=1)


class Quotas(Table):
    """How quotas follow results, and what those who set them make of it (A22, A23)."""

    up: Share = param(0.5, "share", 0, 1, ASSUMPTION + " (A22: rises more than it falls)",
                      "Share of last year's excess over quota that is added to the next", least=0, most=1, drawn=True)
    down: Share = param(0.2, "share", 0, 1, ASSUMPTION + " (A22)",
                        "Share of last year's shortfall that is taken off", least=0, most=1, drawn=True)
    gaming: Share = param(0.14, "share", 0, 0.3, "A23: 13-15 %",
                          "Share of poor performers whom a leader paid on the unit's number alone spares: "
                          "quota cut to what was reached, no dismissal", least=0, most=1)
    poor: Share = param(0.5, "share of quota", 0, 0.8, ASSUMPTION,
                        "Attainment of a year below which a rep is a poor performer and is replaced", least=0)


class People(Table):
    """Staff: how many, how they come up to speed, and when they leave."""

    reps: int = Field(8, ge=1, le=20_000, description="Seats for reps",
                      json_schema_extra={"unit": "people", "range": [1, 500], "source": "theory 5"})
    marketers: int = Field(3, ge=0, le=20_000, description="Seats for marketers",
                           json_schema_extra={"unit": "people", "range": [1, 100], "source": "theory 5"})
    rep_turnover: PerYear = param(0.15, "/year", 0, 0.5, "A30: up to 27 %; the hiring budget of theory 5",
                                  "Usual rate at which a rep leaves", least=0, most=12)
    marketer_turnover: PerYear = param(0.15, "/year", 0, 0.5, ASSUMPTION, "Usual rate at which a marketer leaves",
                                       least=0, most=12)
    pay_sensitivity: Number = param(1.0, "elasticity", 0, 3, ASSUMPTION,
                                    "How pay against expectation moves that rate: exp(-x (pay / expected - 1))",
                                    least=0, drawn=True)
    morale_sensitivity: Number = param(0.5, "elasticity", 0, 3, ASSUMPTION + " (D40)",
                                       "The same for morale", least=0, drawn=True)
    morale_half_life: Weeks = param(26.0, "weeks", 8, 104, ASSUMPTION, "Half-life of morale", above=0)
    pay_memory: Months = param(3.0, "months", 1, 6, ASSUMPTION, "Half-life in which pay is felt", above=0)
    expectation: Months = param(12.0, "months", 6, 36, ASSUMPTION, "Half-life in which expectations follow pay",
                                above=0)
    vacancy: Weeks = param(6.0, "weeks", 0, 26, ASSUMPTION, "Time a seat stays empty, notice deducted", least=0,
                           most=50_000)
    hire_cost: Euro = param(16_000.0, "€", 0, 60_000, "theory 5: 26 k€ a year over 1.65 hires",
                            "Search and training of a new hire", least=0)
    applicants: int = Field(2, ge=1, le=8, description="Applicants for a seat, of whom one is taken",
                            json_schema_extra={"unit": "people", "range": [1, 6], "source": ASSUMPTION})
    outside_spread: Share = param(0.05, "share of pay", 0, 0.2, ASSUMPTION,
                                  "Spread of what applicants could earn elsewhere", least=0, most=1)
    ramp: Months = param(5.7, "months", 0, 12, "A30: 5.7 months",
                         "Time until a new hire works at 95 % of full pace", least=0)
    new_hire_pace: Share = param(0.4, "share", 0.2, 1, ASSUMPTION, "Pace of a new hire's first hour", above=0, most=1)
    skill_growth: Share = param(0.2, "skill", 0, 0.5, ASSUMPTION, "Skill gained by practice in the long run", least=0,
                                most=1)
    practice: Months = param(12.0, "months", 3, 36, ASSUMPTION,
                             "Months of usual selling hours in which 63 % of it is gained", above=0)
