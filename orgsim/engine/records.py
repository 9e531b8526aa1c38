"""State as records: one structured array per population, each row read and written like an agent.

Every dtype is of type `numpy.record`, so `prospect.awareness` reads alike in compiled and in plain Python. Times are
business hours since the start of the warm-up (7 a day), money is integer cents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

HOURS_PER_DAY = 7.0
DAYS_PER_WEEK = 5
DAYS_PER_QUARTER = 65
DAYS_PER_YEAR = 260
SECOND_MONTH, THIRD_MONTH = 22, 43  # days of a quarter on which its later months begin
NEVER = float("inf")

# A prospect's state.
IDLE, IN_WINDOW, CUSTOMER = 0, 1, 2

# A lead's place on its way.
NURTURED, HANDED, QUEUED, ASIDE, CALLED, OPEN_OPPORTUNITY, CLOSED = 0, 1, 2, 3, 4, 5, 6

ORIGINS = ("inbound", "campaign", "outbound", "signal")
INBOUND, CAMPAIGN, OUTBOUND, SIGNAL = 0, 1, 2, 3

OUTCOMES = ("open", "won", "lost_rival", "no_decision", "disqualified", "refused", "lapsed")
OPEN, WON, LOST_RIVAL, NO_DECISION, DISQUALIFIED, REFUSED, LAPSED = 0, 1, 2, 3, 4, 5, 6

WASTE_CAUSES = (
    "none", "held_back", "not_contacted_capacity", "not_contacted_belief", "not_contacted_ownership", "too_late",
    "burned", "dropped",
)  # fmt: skip
FAIR, HELD_BACK, NO_CAPACITY, NO_BELIEF, NO_OWNER, TOO_LATE, BURNED, DROPPED = 0, 1, 2, 3, 4, 5, 6, 7

# Kinds of event on the agenda; at one time, the lower kind comes first.
(NEED_OPENS, RESPONDS, HEARS, IS_FOUND, SIGNALS, RESCORED, ENTERS_QUEUE, REP_FREE, LOSES_PATIENCE, SHELF_LIFE_ENDS,
 SIGNAL_FADES, WINDOW_CLOSES, REVIEWED, ORDER_DUE, HANDED_OVER, CANCELLED, SLA_ENDS, TELLS) = range(18)  # fmt: skip

ACTIVITIES = (
    "need_opened", "lead_created", "handed_over", "attempt", "accepted", "opportunity_opened", "closed", "order",
    "customer_left", "missed", "set_aside", "budget_decided", "threshold_decided", "referred", "cancelled", "left",
    "hired", "pulled", "pushed", "returned", "passed_on", "told", "device_started", "device_stopped",
)  # fmt: skip
(NOTE_NEED, NOTE_LEAD, NOTE_HANDED, NOTE_ATTEMPT, NOTE_ACCEPTED, NOTE_OPPORTUNITY, NOTE_CLOSED, NOTE_ORDER,
 NOTE_LEFT, NOTE_MISSED, NOTE_ASIDE, NOTE_BUDGET, NOTE_THRESHOLD, NOTE_REFERRED, NOTE_CANCELLED, NOTE_QUIT,
 NOTE_HIRED, NOTE_PULLED, NOTE_PUSHED, NOTE_RETURNED, NOTE_PASSED_ON, NOTE_TOLD,
 NOTE_DEVICE_ON, NOTE_DEVICE_OFF) = range(24)  # fmt: skip

# Positions in a week of hours. Reps: see schema.REP_ACTIVITIES; marketers: see schema.MARKETER_ACTIVITIES.
REP_LEADS, REP_PROSPECTING, REP_OPPORTUNITIES, REP_CUSTOMERS, REP_LOGGING, REP_ADMIN, REP_SLACK = range(7)
BRAND, ACTIVATION, QUALIFY, INSIGHT, ENABLE, SERVE, MARKETER_SLACK = range(7)
EFFORT, JOINT, ABSENCE, VACANT, WEEK = 7, 7, 8, 9, 10
WORK_WEEK = DAYS_PER_WEEK * HOURS_PER_DAY

# Whom a chair leads, and who holds a right when it is not one chair.
LEADS_SALES, LEADS_MARKETING, LEADS_BOTH, LEADS_HEADS = 0, 1, 2, 3
BOTH_HEADS = -2
NOBODY = -1
ADVISERS = 3

# States of the teams that devices move: see scenario.devices.STATES.
(DEFINITION, COOPERATION, FIELD_KNOWLEDGE, VALUE_PROPOSITION, INNOVATION, SKILL, USE, CLARITY, OPENNESS,
 MARKET_KNOWLEDGE, COMMITMENT, FORESIGHT, INFORMATION, EVIDENCE, FEEDBACK, CONTACT, ADVICE, VOICE, REQUESTS,
 MORALE) = range(20)  # fmt: skip
STATES = 20

# Which rep gets a lead.
ROUTINGS = ("even", "territory", "performance", "experience")
EVEN, TERRITORY, PERFORMANCE, EXPERIENCE = range(4)
TO_NEXT, TO_MARKETING = 0, 1  # what becomes of a lead whose time is up

ACCOUNTS = (
    "revenue_new", "revenue_repeat", "revenue_services", "cost_of_sales", "reps_base", "reps_variable",
    "marketers_base", "marketers_variable", "car_tools", "systems", "hiring", "programme_brand",
    "programme_activation", "devices", "staff_unit", "plan_change", "leaders_pay", "leaders_switching",
)  # fmt: skip
(REVENUE_NEW, REVENUE_REPEAT, REVENUE_SERVICES, COST_OF_SALES, REPS_BASE, REPS_VARIABLE, MARKETERS_BASE,
 MARKETERS_VARIABLE, CAR_TOOLS, SYSTEMS, HIRING, PROGRAMME_BRAND, PROGRAMME_ACTIVATION, DEVICES, STAFF_UNIT,
 PLAN_CHANGE, LEADERS_PAY, LEADERS_SWITCHING) = range(18)  # fmt: skip


# Results that pay plans count, as in scenario.pay.RESULTS, their sum of revenue, and hours of an activity.
(NEW_REVENUE, REPEAT_REVENUE, WINS, OPPORTUNITIES, PIPELINE, MQLS, SQLS, SOURCED_PIPELINE) = range(8)
RESULTS, ALL_REVENUE, HOURS_OF = 8, 8, 16
OWN, TEAM, FIRM_WIDE = 0, 1, 2
A_WEEK, A_MONTH, A_QUARTER, A_YEAR = 0, 1, 2, 3
KNOTS = 12
REVIEW_OF_YEAR = -1  # in place of a component: a rep's year, as quotas are set by it
STAYS, QUITS, IS_DISMISSED = 0, 1, 2
REASONS = ("", "quit", "dismissed")
REP_ROLE, MARKETER_ROLE = 0, 1
ROLES = ("rep", "marketer")
PULLED, PUSHED = -1, 1


def record_of(*fields: tuple[str, str] | tuple[str, str, tuple[int, ...]]) -> np.dtype[np.record]:
    """The type of a record with these fields: name, kind and, of an array, its shape."""
    named: Any = list(fields)
    kind: Any = (np.record, np.dtype(named))
    record: np.dtype[np.record] = np.dtype(kind)
    return record


PROSPECT = record_of(
    ("fit", "f8"), ("pace", "f8"), ("lift", "f8"), ("window_open", "f8"), ("window_close", "f8"),
    ("refuses_until", "f8"), ("deal", "i8"), ("index", "i4"), ("episode", "i4"),
    ("signals", "i4"), ("leads", "i4"), ("orders", "i4"), ("occasions", "i4"), ("lead", "i4"), ("owner", "i4"),
    ("told", "i4"), ("segment", "i1"), ("state", "i1"), ("aware", "i1"), ("viable", "i1"),
)  # fmt: skip
LEAD = record_of(
    ("created", "f8"), ("handed_over", "f8"), ("first_touch", "f8"), ("accepted", "f8"), ("opportunity", "f8"),
    ("closed", "f8"), ("score", "f8"), ("info", "f8"), ("key", "f8"), ("queued", "f8"), ("workable", "f8"),
    ("given", "f8"),
    ("timing", "f8"), ("cared", "f8"), ("discount", "f8"), ("value", "i8"), ("deal", "i8"), ("prospect", "i4"),
    ("ordinal", "i4"),
    ("episode", "i4"), ("owner", "i4"), ("touches", "i4"), ("scored", "i4"), ("reviews", "i4"), ("attended", "i4"),
    ("left", "i4"), ("right", "i4"), ("stage", "i2"), ("origin", "i1"), ("status", "i1"), ("viable", "i1"),
    ("outcome", "i1"), ("cause", "i1"),
    ("moved", "i1"), ("tried", "i4"), ("line", "i4"), ("returned", "i1"), ("doubled", "i1"),
    ("blamed", "i1"),
)  # fmt: skip
STINT_OF = (
    ("hours", "f8", (WEEK,)), ("spent", "f8", (EFFORT,)), ("weeks", "f8"), ("talent", "f8"), ("practice", "f8"),
    ("skill", "f8"), ("pace", "f8"), ("morale", "f8"), ("expected", "f8"), ("recent", "f8"), ("accrued", "f8"),
    ("advanced", "i8"),
    ("earned", "i8"), ("hired", "i4"), ("holder", "i4"), ("stint", "i4"), ("away", "i4"), ("returns", "i4"),
    ("away_until", "i4"), ("index", "i4"), ("leaves", "i1"), ("vacant", "i1"),
)  # fmt: skip
REP = record_of(
    *STINT_OF, ("credit", "f8", (EFFORT,)), ("tally", "f8", (RESULTS,)), ("usual", "f8", (RESULTS,)),
    ("quota", "f8"), ("aim", "f8"), ("year", "f8"), ("share", "f8"), ("busy_until", "f8"), ("earliest", "f8"),
    ("wakes", "f8"),
    ("lead_hours", "f8"), ("closing_hours", "f8"), ("closing_balance", "f8"), ("closing_since", "f8"), ("care", "f8"),
    ("good", "f8"), ("bad", "f8"), ("customers", "i4"), ("queue", "i4"),
)  # fmt: skip
# In another order: Numba would take a record that begins like another for a kind of it.
MARKETER = record_of(*STINT_OF[1:], STINT_OF[0])
STINT = record_of(
    ("talent", "f8"), ("role", "i4"), ("seat", "i4"), ("holder", "i4"), ("hired", "i4"), ("left", "i4"),
    ("reason", "i4"),
)  # fmt: skip
COMPONENT = record_of(
    ("at", "f8", (KNOTS,)), ("slope", "f8", (KNOTS,)), ("jump", "f8", (KNOTS,)), ("quota", "f8"), ("rate", "f8"),
    ("prize", "f8"), ("cut_in", "f8"), ("cut_out", "f8"), ("knots", "i4"), ("metric", "i4"), ("scope", "i4"),
    ("period", "i4"), ("winners", "i4"), ("first_week", "i4"), ("last_week", "i4"), ("linear", "i4"),
    ("per_unit", "i4"), ("members", "i4"),
)  # fmt: skip
STANDING = record_of(
    ("got", "f8"), ("projected", "f8"), ("next_deal", "f8"), ("next_order", "f8"), ("since", "i4"), ("seen", "i4")
)
SETTLED = record_of(
    ("got", "f8"), ("quota", "f8"), ("cents", "i8"), ("day", "i4"), ("role", "i4"), ("person", "i4"),
    ("component", "i4"),
)  # fmt: skip
FORECAST = record_of(
    ("news", "f8", (EFFORT,)), ("orders", "f8", (EFFORT,)), ("inside", "f8", (EFFORT,)), ("late", "f8", (EFFORT,)),
    ("time", "f8", (EFFORT,)),
    ("got", "f8"), ("rest", "f8"), ("repeating", "f8"), ("deal", "f8"), ("order", "f8"), ("cv", "f8"), ("error", "f8"),
    ("weeks", "f8"), ("scale", "f8"), ("quota", "f8"), ("foreseen", "f8"), ("new", "f8"), ("again", "f8"),
    ("now", "f8"), ("next_deal", "f8"),
    ("next_order", "f8"), ("next_rest", "f8"), ("part", "f8"), ("certain", "i4"), ("linear", "i4"),
)  # fmt: skip
SEGMENT = record_of(
    ("awareness", "f8"), ("reach_rate", "f8"), ("retained", "f8"), ("need_hazard", "f8"), ("signal_hazard", "f8"),
    ("least_fit", "f8"), ("win_shift", "f8"), ("target", "f8"), ("attempts", "f8"), ("first", "i8"),
    ("accounts", "i8"), ("reach", "i8"), ("regular", "i1"),
)  # fmt: skip
CHAIR = record_of(
    ("horizon", "f8"), ("prior", "f8"), ("firm_weight", "f8"), ("escalation_share", "f8"), ("pay", "f8"),
    ("span", "f8"), ("year_weight", "f8"), ("leads", "i4"), ("candidate", "i4"),
)  # fmt: skip
CANDIDATE = record_of(
    ("selling", "f8"), ("marketing", "f8"), ("error", "f8"), ("sales_error", "f8"), ("sales_seen", "f8"),
    ("marketing_seen", "f8"),
)  # fmt: skip
FIRM = record_of(
    ("seed", "i8"), ("replicate", "i8"), ("horizon_start", "f8"), ("leads", "i8"), ("events", "i8"), ("today", "i8"),
    ("log", "i8"), ("free_event", "i8"), ("under_way", "i8"), ("customers", "i8"), ("opportunities", "i8"),
    ("late_opportunities", "i8"), ("queued", "i8"), ("missed_value", "i8"), ("missed_count", "i8"),
    ("settled", "i8"), ("stints", "i8"), ("decided", "i8"), ("phase_first", "i8"), ("phase_last", "i8"),
    ("usual_rep_weeks", "f8"),
    ("usual_marketer_weeks", "f8"),
    ("total", "f8", (RESULTS,)), ("usual_total", "f8", (RESULTS,)), ("usual_total_weeks", "f8"),
    ("usual_credit", "f8", (EFFORT,)), ("usual_spent", "f8", (EFFORT,)),
    ("mql_credit", "f8", (EFFORT,)), ("deal_credit", "f8", (EFFORT,)), ("market_spent", "f8", (EFFORT,)),
    ("usual_mql_credit", "f8", (EFFORT,)), ("usual_deal_credit", "f8", (EFFORT,)),
    ("usual_market_spent", "f8", (EFFORT,)),
    ("brand_share", "f8"), ("threshold", "f8"), ("brand_stock", "f8"), ("reach", "f8"), ("found", "f8"),
    ("info", "f8"), ("value_proposition", "f8"), ("field_knowledge", "f8"), ("definition", "f8"),
    ("goodwill", "f8"), ("cooperation", "f8"), ("good_events", "f8"), ("bad_events", "f8"), ("usual_good", "f8"),
    ("usual_bad", "f8"), ("usual_weeks", "f8"), ("adoption", "f8"),
    ("budget_by_sales", "f8"), ("budget_by_marketing", "f8"), ("threshold_by_sales", "f8"),
    ("threshold_by_marketing", "f8"),
    ("lift", "f8", (STATES,)), ("state", "f8", (STATES,)),
    ("rep_directive", "f8", (EFFORT,)), ("marketer_directive", "f8", (EFFORT,)),
    ("joint_rep", "f8"), ("joint_marketer", "f8"), ("joint_head", "f8"), ("request_hours", "f8"), ("focus", "f8"),
    ("innovation", "f8"), ("improvement", "f8"), ("friction", "f8"), ("wins", "f8"), ("usual_wins", "f8"),
    ("alignment", "f8"), ("seen_by_marketing", "f8"), ("seen_by_sales", "f8"), ("services_hours", "f8"),
    ("services_share", "f8"), ("programme_scale", "f8"), ("quota_scale", "f8"), ("authority", "f8"),
    ("brand_hours", "f8"), ("routing", "i4"), ("hiring", "i4"), ("directed", "i4"), ("programme_set", "i4"),
)  # fmt: skip
ARM = record_of(
    ("visibility", "f8"), ("sight", "f8"), ("settlement", "f8"), ("coordination", "f8"), ("definition", "f8"),
    ("disputes", "f8"), ("voice", "f8"), ("devices", "f8"), ("usual_disputes", "f8"), ("adoption", "f8"),
    ("switching", "f8"), ("programme", "f8"), ("rep_share", "f8"), ("marketer_share", "f8"), ("noise", "f8"),
    ("counts_mqls", "f8"), ("counts_sqls", "f8"), ("counts_revenue", "f8"), ("draw", "f8"), ("draw_months", "f8"),
    ("clawback", "f8"), ("recoverable", "i4"), ("learns", "i4"), ("moves", "i4"), ("ratchets", "i4"),
    ("leaves", "i4"), ("ramps", "i4"), ("quota", "i4"), ("budget", "i4"), ("threshold", "i4"),
    ("sales_chair", "i4"), ("marketing_chair", "i4"), ("chief", "i4"),
    ("budget_proposals", "i4"), ("threshold_proposals", "i4"), ("attention", "i4"), ("decides", "i4"),
    ("cooperates", "i4"),
    ("held", "i4", (STATES,)), ("budget_adviser", "i4", (ADVISERS,)), ("threshold_adviser", "i4", (ADVISERS,)),
    ("sla", "f8"), ("recycle", "f8"), ("compliance", "f8"), ("services_hours", "f8"), ("services_price", "f8"),
    ("self_financing", "f8"), ("staff_cost", "f8"), ("staff_information", "f8"), ("plan_change", "f8"),
    ("audit_cost", "f8"), ("leaning", "f8"), ("usual_settlement", "f8"), ("recognised", "f8"), ("breach", "i4"),
    ("budget_veto", "i4"), ("threshold_veto", "i4"), ("review", "i4"), ("two_heads", "i4"), ("arbiter", "i4"),
    ("taken", "i4", (2,)), ("hours_chair", "i4"),
)  # fmt: skip
DEVICE = record_of(
    ("gain", "f8", (STATES,)), ("rep_hours", "f8"), ("marketer_hours", "f8"), ("head_hours", "f8"), ("level", "f8"),
    ("full", "f8"), ("pace", "f8"), ("fade", "f8"), ("trigger", "f8"), ("a_year", "f8"), ("once", "f8"),
    ("named", "i4"), ("heads", "i4"), ("running", "i4"), ("paid", "i4"), ("months", "i4"),
)  # fmt: skip
EVENT = record_of(("time", "f8"), ("kind", "i4"), ("who", "i4"), ("stamp", "i4"), ("next", "i4"))
DUE = record_of(("time", "f8"), ("slot", "i8"))
DAY = record_of(
    ("raw", "f8"), ("scores", "f8"), ("squares", "f8"), ("lead_hours", "f8"), ("queued", "f8"),
    ("customers", "f8"), ("opportunities", "f8"),
)  # fmt: skip
MONTH = record_of(
    ("cents", "i8", (len(ACCOUNTS),)), ("brand_share", "f8"), ("threshold", "f8"), ("brand_stock", "f8"),
    ("awareness_regular", "f8"), ("awareness_outside", "f8"), ("definition", "f8"), ("cooperation", "f8"),
    ("value_proposition", "f8"), ("field_knowledge", "f8"), ("customers", "i8"), ("opportunities", "i8"),
    ("queued", "i8"), ("leads", "i8"), ("mqls", "i8"), ("attempted", "i8"), ("sqls", "i8"), ("new_opportunities", "i8"),
    ("won", "i8"), ("lost_customers", "i8"), ("missed_value", "i8"),
    ("discounts", "i8"), ("pulled", "i8"), ("pushed", "i8"), ("quits", "i8"), ("marketer_quits", "i8"),
    ("dismissals", "i8"),
    ("hires", "i8"), ("vacant_days", "i8"),
    ("state", "f8", (STATES,)), ("product", "f8"), ("alignment", "f8"), ("alignment_marketing", "f8"),
    ("alignment_sales", "f8"), ("request_hours", "f8"), ("strategic_hours", "f8"), ("field_hours", "f8"),
    ("development_hours", "f8"), ("open_disputes", "f8"), ("rep_morale", "f8"), ("marketer_morale", "f8"),
    ("targeting_fit", "f8"), ("quota_error", "f8"), ("belief", "f8"), ("marketer_pace", "f8"), ("disputed", "i8"),
    ("devices_held", "i8"), ("returned", "i8"), ("programme", "i8"),
)  # fmt: skip
NOTE = record_of(
    ("time", "f8"), ("amount", "i8"), ("prospect", "i4"), ("lead", "i4"), ("resource", "i4"), ("activity", "i4")
)


class World(NamedTuple):
    """All of one run: parameters, the arm, and the state of the firm and its market."""

    p: NDArray[np.record]
    arm: NDArray[np.record]
    firm: NDArray[np.record]
    segments: NDArray[np.record]
    prospects: NDArray[np.record]
    leads: NDArray[np.record]
    reps: NDArray[np.record]
    marketers: NDArray[np.record]
    chairs: NDArray[np.record]
    candidates: NDArray[np.record]
    agenda: NDArray[np.int32]
    due: NDArray[np.int32]
    events: NDArray[np.record]
    today: NDArray[np.record]
    days: NDArray[np.record]
    month_of: NDArray[np.int32]
    months: NDArray[np.record]
    rep_hours: NDArray[np.float64]
    marketer_hours: NDArray[np.float64]
    log: NDArray[np.record]
    week: NDArray[np.float64]
    components: NDArray[np.record]
    marketer_components: NDArray[np.record]
    standings: NDArray[np.record]
    marketer_standings: NDArray[np.record]
    forecasts: NDArray[np.record]
    settled: NDArray[np.record]
    stints: NDArray[np.record]
    sooner: NDArray[np.float64]
    weeks: NDArray[np.float64]
    devices: NDArray[np.record]
