"""The market and the funnel: prospects, awareness, leads, conversations, opportunities, customers."""

from __future__ import annotations

from pydantic import Field, model_validator

from orgsim.scenario.fields import (
    ASSUMPTION,
    Days,
    Euro,
    EuroPerHour,
    Hours,
    Months,
    Number,
    PerYear,
    Share,
    Table,
    Weeks,
    param,
)

OFTEN = 1000.0  # times a year that an account may do something, at most: a run takes time for each
SOON = 0.1  # days after which something that comes again may come again, at least: likewise


class Segment(Table):
    """A part of the market. Random numbers are keyed by the segment's position, never by its name."""

    name: str = Field(description="Name on tables and figures", min_length=1)
    share: Share = param(1.0, "share", 0, 1, ASSUMPTION, "Share of the market's prospects, when no size is given",
                         least=0)
    size: int | None = Field(None, ge=0, le=16_000_000, description="Number of prospects; default share x market size")
    reach: int | None = Field(None, ge=1, le=16_000_000,
                              description="Accounts that referrals are drawn from; default all of the segment")
    regular: bool = Field(True, description="A regular market of the firm")
    awareness: Share = param(0.45, "share", 0.05, 0.8, "theory 5: .45 regular, .12 outside (assumption)",
                             "Share of accounts aware of us at today's brand effort", least=0, most=1)
    episodes_per_year: PerYear | None = Field(None, ge=0, le=OFTEN, description="Buying episodes; default the market's")
    signals_per_year: PerYear | None = Field(None, ge=0, le=OFTEN,
                                             description="Signals without need; default the market's")
    fit_share: Share | None = Field(None, ge=0, le=1, description="Share of accounts that fit; default the market's")
    win_shift: Number = param(0.0, "logit", -3, 3, ASSUMPTION,
                              "Added to the log-odds of choosing us, given a decision")


class Market(Table):
    """Prospects: who they are, when they need, how they hear of us."""

    size: int = Field(6000, ge=1, le=16_000_000, description="Prospects in the market",
                      json_schema_extra={"unit": "accounts", "range": [500, 100_000], "source": "theory 5"})
    segments: tuple[Segment, ...] = Field(description="Parts of the market", min_length=1, max_length=60)
    customer_share: Share = param(440 / 6000, "share", 0, 0.5, "theory 5: 440 of 6,000",
                                  "Share of accounts that are customers when the warm-up begins", least=0, most=1)
    episodes_per_year: PerYear = param(0.20, "/year", 0.1, 1, "A12: 5-year interpurchase time",
                                       "Buying episodes of a non-customer, windows included", least=0, most=OFTEN)
    signals_per_year: PerYear = param(
        0.257, "/year", 0, 5, "calibrated to 840 MQLs a year (theory 5)",
        "Signals without need that an aware account sends", least=0, most=OFTEN)
    window: Days = param(100.0, "days", 40, 260, "theory 5: 20 weeks (assumption)", "How long a need stays open",
                         above=0)
    signal_delay: Days = param(15.0, "days", 0, 60, ASSUMPTION,
                               "Mean time from the need to the first identifiable response of an aware account",
                               least=0)
    signal_life: Days = param(65.0, "days", 20, 130, ASSUMPTION, "How long a signal without need stays worth a file",
                              above=0)
    fit_share: Share = param(0.85, "share", 0.3, 1, "theory 5 (assumption)", "Share of accounts that fit the offering",
                             least=0, most=1)
    further_reach: Share = param(0.20, "share", 0, 0.5, "theory 5 (assumption)",
                                 "Share of unaware accounts in their window reached by today's activation",
                                 least=0, most=1)
    found_share: Share = param(
        0.10, "share", 0, 0.5, "calibrated: theory 5: 62 rep-sourced opportunities a year",
        "Share of silent accounts in their window found by reps at today's prospecting hours", least=0, most=1)
    deal_value: Euro = param(25_000.0, "€", 1_000, 500_000, "A9 size; theory 5", "Mean first order", least=0)
    deal_cv: Number = param(0.8, "ratio", 0, 2, "theory 5 (assumption)", "Coefficient of variation of first orders",
                            least=0, most=10)
    pace_sd: Number = param(0.0, "log units", 0, 2, ASSUMPTION + " (neutral: 0)",
                            "Spread between accounts of the pace of their buying process", least=0, most=5)
    reference_win: Share = param(0.24, "share", 0.1, 0.5, "theory 5: V = .24 x 11,250 euro",
                                 "Win chance under the one reference handling that values a lead (p°)", least=0, most=1)

    @model_validator(mode="after")
    def _segments_close(self) -> Market:
        names = [segment.name for segment in self.segments]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"segments need names of their own; given twice: {', '.join(twice)}")
        shares = [segment.share for segment in self.segments if segment.size is None]
        if shares and abs(sum(shares) - 1) > 0.005:
            raise ValueError(f"the shares of segments without a size sum to {sum(shares):g}; they must sum to 1")
        return self


class Brand(Table):
    """Awareness: a leaky stock fed by brand work, with concave response and carry-over."""

    half_life: Weeks = param(2.5, "weeks", 1, 12, "A26, E11", "Half-life of the advertising stock", above=0)
    memory: Months = param(9.0, "months", 6, 24, "A26: effects last 6-9 months",
                           "Mean time until an account forgets us", least=0.5)
    exponent: Number = param(0.5, "power", 0.1, 1, "A24, theory 1.1 (E14: square root)",
                             "Response of brand and activation to effort", above=0, most=1)
    hour_worth: EuroPerHour = param(36.6, "€/h", 20, 80, "theory 5: 42 k€ x 1.40 / 1,607 h",
                                    "Programme euro that one marketer's hour of the same activity stands for", least=0)


class Lead(Table):
    """What marketing sees of a lead: its score."""

    definition: Share = param(0.6, "correlation", 0.4, 0.9, "theory 4 (kappa)",
                              "Match between marketing's criterion and sales' value at the start", least=0, most=1)
    noise: Number = param(1.0, "SD", 0, 2, ASSUMPTION, "Noise of a score made without information", least=0)
    info_per_hour: Number = param(1.0, "1/h", 0, 5, ASSUMPTION,
                                  "Information gained per qualification hour spent on a lead", least=0)
    logging_exponent: Number = param(0.5, "power", 0, 1, ASSUMPTION + " (D2, D17)",
                                     "Response of that information to reps' logging hours", least=0, most=1)
    raw_per_week: Number = param(16.3, "leads/week", 1, 1000, "the baseline's 850 raw leads a year",
                                 "Raw leads a week that qualification hours are planned for", above=0)
    need_gap: Number = param(1.0, "SD", 0, 3, ASSUMPTION, "How much worse a signal without need looks", least=0)
    threshold: Number = param(-4.5, "score", -6, 3, "calibrated: where the baseline's heads of marketing set it",
                              "Score from which a lead is handed over, at the start")
    rescore: Days = param(20.0, "days", 5, 65, ASSUMPTION, "Time between two scorings of a lead held in nurture",
                          least=SOON)
    ready: Days = param(10.0, "days", 10, 10, "theory 3: definition of held back",
                        "Time in nurture with an open window after which a lost lead was held back", least=0)


class Contact(Table):
    """From hand-over to the first conversation."""

    batch: Hours = param(0.0, "h", 0, 35, ASSUMPTION + " (neutral: 0)",
                         "Leads are handed over at multiples of this time; 0 means at once", least=0)
    pooled: bool = Field(False, description="One queue for all reps, instead of each account having its rep",
                         json_schema_extra={"unit": "true/false", "range": [0, 1], "source": "A3 (policy)"})
    shelf_life: Days = param(60.0, "days", 5, 130, ASSUMPTION, "Time after hand-over at which an untouched lead lapses",
                             above=0)
    dispute_share: Share = param(0.05, "share", 0, 0.3, ASSUMPTION + " (D77)",
                                 "Share of handed-over leads whose owner is disputed", least=0, most=1, drawn=True)
    double: Share = param(0.0, "share", 0, 0.3, "D77 (neutral: 0)",
                          "Share of handed-over leads that marketing goes on calling too, while roles are unclear",
                          least=0, most=1)
    reach: Share = param(0.295, "share", 0.1, 1, "calibrated to .78 ever contacted (theory 5; A4)",
                         "Chance that an attempt ends in a conversation", least=0, most=1)
    attempts: int = Field(5, ge=1, le=1000, description="Attempts before a lead is given up",
                          json_schema_extra={"unit": "count", "range": [1, 12], "source": "theory 5"})
    gap: Hours = param(7.0, "h", 1, 35, ASSUMPTION, "Time between two attempts", least=0)
    attempt_time: Hours = param(0.1, "h", 0, 0.5, "theory 5: 1.2 h per contacted lead", "Selling time of an attempt",
                                least=0)
    talk_time: Hours = param(0.85, "h", 0, 3, "theory 5: 1.2 h per contacted lead", "Selling time of a conversation",
                             least=0)
    time_cv: Number = param(0.0, "ratio", 0, 1, ASSUMPTION + " (neutral: 0)",
                            "Variation of selling times: 0 fixed, 1 exponential", least=0, most=1)
    burst: Hours = param(7.0, "h", 0, 35, ASSUMPTION,
                         "Elapsed time by which a rep may call ahead of the hours planned for leads", least=0)
    patience: Days = param(20.0, "days", 5, 60, "theory 5 (assumption)",
                           "Mean time before a rival has a waiting lead", above=0)
    patience_cv: Number = param(1.0, "ratio", 0, 1, ASSUMPTION, "Variation of patience: 0 fixed, 1 exponential",
                                least=0, most=1)
    accept_good: Share = param(0.97, "share", 0.8, 1, "theory 5: MQL to SQL .374",
                               "Chance that a viable lead is accepted", least=0, most=1)
    accept_bad: Share = param(0.08, "share", 0, 0.2, "theory 5: MQL to SQL .374",
                              "Chance that a lead that is not viable is accepted", least=0, most=1)
    burn: Share = param(0.03, "share", 0, 0.2, ASSUMPTION,
                        "Chance that a conversation at the worst moment burns a lead", least=0, most=1)
    burn_memory: Months = param(12.0, "months", 3, 24, "theory 5 (assumption)", "How long a burned account refuses us",
                                least=0)
    speed_floor: Share = param(0.6, "share", 0.006, 1, "theory 1.5 (phi, assumption; A5 is confounded)",
                               "Chance of choosing us that survives any delay, for hand-raisers", least=0, most=1)
    speed_decay: Number = param(0.1, "1/h", 0, 2.05, "theory 1.5 (theta, assumption)",
                                "Decay of the rest per business hour", least=0)


class Belief(Table):
    """What a rep believes of marketing's leads: Beta-Bernoulli with forgetting."""

    prior_good: Number = param(4.0, "count", 1, 20, ASSUMPTION, "Good leads in the prior", above=0, drawn=True)
    prior_bad: Number = param(4.0, "count", 1, 20, ASSUMPTION, "Bad leads in the prior", above=0, drawn=True)
    half_life: Weeks = param(26.0, "weeks", 8, 104, "theory 1.4", "Half-life of experience", above=0)
    exploration: Share = param(0.05, "share", 0, 0.2, "theory 1.4", "Share of unpromising leads tried all the same",
                               least=0, most=1)
    alternative: Share = param(0.15, "success rate", 0, 0.5, ASSUMPTION,
                               "Success rate below which an hour is better spent on something else", least=0,
                               most=1, drawn=True)
    score_trust: Number = param(0.3, "log units per SD", 0, 1, ASSUMPTION,
                                "How strongly a visible score moves the perceived value of a lead", least=0)
    timing_trust: Number = param(0.0, "log units", 0, 2, "D52 (neutral: 0)",
                                 "How strongly a visible moment of the buying process moves the perceived value of a "
                                 "lead", least=0)
    salience: Number = param(0.0, "log units", 0, 1, "D79 (neutral: 0)",
                             "How much a posted price of burned leads raises the perceived value of a lead", least=0)
    score_limit: Number = param(3.0, "SD", 2, 4, ASSUMPTION, "Scores further from zero than this count as this",
                                above=0)


class Opportunity(Table):
    """From an accepted lead to the buyer's decision."""

    meeting: Share = param(0.80, "share", 0.5, 1, "theory 5: SQL to opportunity", "Chance that a first meeting is held",
                           least=0, most=1)
    advance: tuple[float, ...] = Field((0.25, 0.25, 0.25), min_length=1, max_length=12,
                                       description="Chance per review that an attended opportunity leaves each stage",
                                       json_schema_extra={"unit": "per review", "range": [0, 1],
                                                          "source": "A9: mean 12 weeks; E1"})
    loss: tuple[float, ...] = Field((0.0, 0.0, 0.0), min_length=1, max_length=12,
                                    description="Chance per review that an opportunity dies in each stage",
                                    json_schema_extra={"unit": "per review", "range": [0, 1], "source": "E1"})
    review: Days = param(5.0, "days", 1, 20, ASSUMPTION, "Time between two reviews of an opportunity", least=1)
    hours_per_review: Hours = param(8 / 12, "h", 0, 5, "theory 5: 8 h over 12 weeks", "Selling time of a review",
                                    least=0)
    size_exponent: Number = param(0.0, "power", 0, 1, ASSUMPTION + " (neutral: 0)",
                                  "Growth of selling time with deal value", least=0, most=2)
    neglect: Days = param(20.0, "days", 5, 60, "theory 5: patience before rival (assumption)",
                          "Time without attention after which a rival has the opportunity", above=0)
    decide: Share = param(0.59, "share", 0.4, 0.6, "calibrated to A10: .45 of all opportunities undecided",
                          "Chance that a buyer decides at all", least=0, most=1)
    decide_slope: Number = param(0.3, "logit", 0, 1, "theory 1.5 (nu)", "How appeal of the offers moves that chance",
                                 least=0)
    win: Share = param(0.55, "share", 0.3, 0.8, "calibrated to .28 won of all opportunities (A10)",
                       "Chance of choosing us, given a decision, at reference appeal and speed", least=0, most=1)
    weight_fit: Number = param(0.25, "logit", 0, 0.5, "theory 1.5", "Weight of the account's fit", least=0, most=0.5)
    weight_value: Number = param(0.30, "logit", 0, 0.5, "theory 1.5", "Weight of the value proposition", least=0,
                                 most=0.5)
    weight_skill: Number = param(0.25, "logit", 0, 0.5, "theory 1.5", "Weight of the rep's skill", least=0, most=0.5)
    weight_message: Number = param(0.20, "logit", 0, 0.5, "theory 1.5",
                                   "Weight of marketing's field knowledge in the message", least=0, most=0.5)
    weight_care: Number = param(0.25, "logit", 0, 0.5, "theory 1.5", "Weight of attention in the sales process",
                                least=0, most=0.5)
    weight_timing: Number = param(0.25, "logit", 0, 0.5, "theory 1.5, D52", "Weight of the moment of first contact",
                                  least=0, most=0.5)
    knowledge_half_life: Weeks = param(26.0, "weeks", 8, 104, ASSUMPTION + " (D14, D55)",
                                       "Half-life of the value proposition and of field knowledge", above=0)

    @model_validator(mode="after")
    def _stages_close(self) -> Opportunity:
        if len(self.advance) != len(self.loss):
            raise ValueError(f"advance has {len(self.advance)} stages and loss {len(self.loss)}; both need as many")
        wrong = [
            f"stage {stage + 1} (advance {go:g}, loss {die:g})"
            for stage, (go, die) in enumerate(zip(self.advance, self.loss, strict=True))
            if not (0 <= go <= 1 and 0 <= die <= 1 and go + die <= 1 + 1e-12)
        ]
        if wrong:
            raise ValueError(f"advance and loss must be chances whose sum is at most 1, unlike in {', '.join(wrong)}")
        return self


class Customers(Table):
    """Repeat, upsell and referral."""

    interval: Days = param(260.0, "days", 5, 520, "theory 5", "Time between two order occasions", least=SOON)
    repeat: Share = param(0.80, "share", 0.5, 0.95, "theory 5: retention", "Chance of an order at an occasion",
                          least=0, most=1)
    order_value: Euro = param(8_000.0, "€", 0, 100_000, "theory 5", "Order at an occasion", least=0)
    upsell: Share = param(0.0, "share", 0, 0.1, "E10 (neutral: 0)", "Growth of orders from occasion to occasion",
                          least=-1)
    care_weight: Number = param(0.5, "logit", 0, 1, ASSUMPTION + " (D11)",
                                "How contact between transactions moves the chance to repeat", least=0)
    most_care: Number = param(1.5, "ratio", 1, 2, ASSUMPTION,
                              "Contact against what customers need, beyond which more does nothing", least=1)
    hours_per_year: Hours = param(2.2, "h", 0, 10, "theory 5", "Selling time a customer needs in a year", least=0)
    marketing_share: Share = param(0.0, "share", 0, 0.8, "D11 (neutral: 0)",
                                   "Part of the contact between transactions that is marketing's nurturing", least=0,
                                   most=1)
    word_of_mouth: PerYear = param(0.0, "/year", 0, 0.5, "A28, E4 (neutral: 0)",
                                   "How often a customer tells an account of its segment, which buys at once if it "
                                   "has no need open", least=0, most=50)
    cancel: Share = param(0.0, "share", 0, 0.3, "B: clawback (neutral: 0)",
                          "Chance that a first order of an account with no fit at all is cancelled; none at full fit",
                          least=0, most=1)
    cancel_within: Days = param(90.0, "days", 20, 180, ASSUMPTION, "Time in which orders are cancelled, evenly",
                                above=0)
    warnings: Share = param(0.0, "per burned account", 0, 0.5, "model: burned prospects warn (neutral: 0)",
                            "Chance that a burned account warns another, which forgets us", least=0, most=1)
    referrals: Share = param(0.0, "per win", 0, 0.3, "A29 (neutral: 0)", "Chance that a won account refers another",
                             least=0, most=1)
