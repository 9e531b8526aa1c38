"""How the teams work with each other, and what they have to sell."""

from __future__ import annotations

from orgsim.scenario.fields import ASSUMPTION, Hours, Months, Number, Share, Table, Weeks, param

NEUTRAL = " (neutral: 0)"


class Teams(Table):
    """Requests, criticism, voice, knowledge: what the two teams do to each other. Ships neutral, but for what is only
    measured."""

    requests: Number = param(0.0, "per rep and week", 0, 3, "D39" + NEUTRAL, "Ad hoc requests of sales beyond today's",
                             least=0)
    request_time: Hours = param(0.75, "h", 0.1, 4, ASSUMPTION, "A marketer's time for a request", least=0)
    priority: Share = param(1.0, "share", 0, 1, "D75", "Share of that time taken from strategic work: brand, insight, "
                            "enablement; the rest from all work", least=0, most=1)
    pointless: Share = param(0.4, "share", 0, 1, ASSUMPTION + " (D42)", "Share of requests that serve no goal", least=0,
                             most=1)
    vetting: Share = param(0.0, "share", 0, 1, "D42" + NEUTRAL, "Share of requests asked for their purpose", least=0,
                           most=1)
    vet_time: Hours = param(0.1, "h", 0, 1, ASSUMPTION, "A marketer's time to ask", least=0)
    frustration: Number = param(0.0, "morale", 0, 3, "D40" + NEUTRAL,
                                "What marketers' morale loses when all their time goes to requests", least=0)
    recognition: Number = param(0.0, "morale", 0, 1, "D76" + NEUTRAL,
                                "What it gains where a head of marketing holds or shares the budget right", least=0)
    unfairness: Number = param(0.0, "morale per dispute a quarter", 0, 0.5, ASSUMPTION + NEUTRAL,
                               "What it loses by disputes that a superior settles against them", least=0)
    status: Share = param(0.0, "share", 0, 0.3, "D70" + NEUTRAL, "What sales' voice gains because it brings the money",
                          least=0, most=1)
    influence: Share = param(0.0, "share", 0, 0.5, "D53" + NEUTRAL,
                             "What marketing's voice gains by results it can show", least=0, most=1)
    standing: Share = param(0.0, "share", 0, 0.5, "seed 003 (theory 7)" + NEUTRAL,
                            "What marketing's voice gains by commercial work: activation all of its week", least=0,
                            most=1)
    voice_commitment: Number = param(0.0, "log units", 0, 1, "D46" + NEUTRAL,
                                     "How sales' voice moves its commitment to follow up, from none to all", least=0)
    use: Share = param(0.35, "share", 0.2, 0.6, "A34: 60-70 % unused", "Share of marketing's material that reps use",
                       above=0, most=1)
    use_knowledge: Number = param(0.0, "elasticity", 0, 2, "D1, D71" + NEUTRAL,
                                  "How marketing's field knowledge moves that share", least=0)
    openness: Share = param(0.5, "share", 0, 1, ASSUMPTION + " (D21)", "Openness to criticism", least=0, most=1)
    feedback: Number = param(0.0, "per quarter", 0, 13, "D92" + NEUTRAL, "Rounds of feedback between the teams",
                             least=0)
    feedback_gain: Number = param(0.02, "field knowledge per round", 0, 0.1, ASSUMPTION + " (D21)",
                                  "What a round teaches where all are open", least=0)
    feedback_harm: Number = param(0.1, "logit per round", 0, 0.5, ASSUMPTION + " (D21)",
                                  "What a round costs cooperation where nobody is open", least=0)
    criticism: Number = param(0.0, "per quarter", 0, 13, "D74" + NEUTRAL, "Criticisms of sales' fresh successes",
                              least=0)
    criticism_harm: Number = param(0.1, "logit per criticism", 0, 0.5, ASSUMPTION + " (D74)",
                                   "What one costs cooperation, when as much is won as usual", least=0)
    immersion: Weeks = param(0.0, "weeks", 0, 8, "D83: 4 weeks" + NEUTRAL,
                             "Weeks a new marketer spends in the field before any work", least=0, most=52)
    immersion_gain: Share = param(0.3, "share", 0, 1, ASSUMPTION + " (D81, D83)",
                                  "Field knowledge that four weeks give a newcomer; more in proportion", least=0,
                                  most=1)
    immersion_goodwill: Number = param(0.2, "logit", 0, 1, ASSUMPTION + " (D83)",
                                       "What four weeks of a whole team give cooperation; more in proportion", least=0)
    newcomers: Share = param(0.0, "share", 0, 1, "D83" + NEUTRAL,
                             "Share of a leaving marketer's field knowledge that leaves too", least=0, most=1)
    switching_loss: Share = param(0.0, "share", 0, 0.5, "D48" + NEUTRAL,
                                  "Pace lost by a marketer alone with all activities alike; teams divide them",
                                  least=0, most=1)
    targeting: Number = param(0.0, "power", 0, 2, "D16, D49" + NEUTRAL,
                              "How strongly brand work follows what segments are believed to be worth", least=0)
    segment_error: Number = param(0.5, "log units", 0, 1.5, ASSUMPTION + " (D16)",
                                  "Error of what segments are believed to be worth, before they are analysed",
                                  least=0)
    ideal: Number = param(0.0, "log units", 0, 1.5, "D50" + NEUTRAL,
                          "Error by chasing an ideal prospect, which no analysis takes away", least=0)
    quota_error: Share = param(0.0, "log units", 0, 0.5, "D13" + NEUTRAL,
                               "Error of each rep's quota against what the territory gives", least=0)
    bias_marketing: Number = param(1.5, "score of 10", 0, 3, "theory 3; D38",
                                   "What marketing adds to its own alignment", least=-10)
    bias_sales: Number = param(0.5, "score of 10", 0, 3, "theory 3", "What sales adds", least=-10)
    perception_noise: Number = param(0.5, "score of 10", 0, 2, ASSUMPTION, "Error of either's perception each month",
                                     least=0)


class Product(Table):
    """The offering: what no organisation can make up for (D68, D72)."""

    quality: Number = param(0.0, "logit", -3, 3, ASSUMPTION + NEUTRAL,
                            "Log-odds of being chosen against the best rival, by the product alone")
    uniqueness: Number = param(1.0, "ratio", 0, 2, "D84 (neutral: 1)",
                               "What the strength of the value proposition counts, against a usual offering", least=0,
                               most=2)
    innovation: Number = param(0.0, "logit", 0, 0.5, "D55" + NEUTRAL, "Weight of the stock of innovation", least=0,
                               most=0.5)
    innovation_half_life: Weeks = param(104.0, "weeks", 26, 260, ASSUMPTION + " (D55)",
                                        "Half-life of that stock without insight work", above=0)
    acceptance: Share = param(0.0, "share", 0, 1, "D72" + NEUTRAL,
                              "Share of what sales reports of the product's faults that is heard", least=0, most=1)
    potential: Number = param(0.5, "logit", 0, 1.5, ASSUMPTION, "What the product would gain if all of it were heard",
                              least=0)
    improvement: Months = param(18.0, "months", 3, 60, ASSUMPTION, "Mean time until what is heard is built in", above=0)
