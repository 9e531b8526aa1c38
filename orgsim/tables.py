"""Tables of one run, as data frames. The same names in every table, file, figure and screen.

Times are business days since the start of the horizon (7 hours a day; negative in the warm-up), money is in euro
unless a column says cents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.kpis import in_scope
from orgsim.scenario.devices import STATES
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES

SEGMENT_STRIDE = 2**24
LEADS_STRIDE = 2**20
EPOCH = np.datetime64("2024-01-01T09:00:00", "ms")


def account_id(world: r.World, i: NDArray[Any]) -> NDArray[np.int64]:
    """Identity of accounts, by segment and position in it, so that adding one renames nobody."""
    rows = world.prospects[i]
    identity: NDArray[np.int64] = rows["segment"].astype(np.int64) * SEGMENT_STRIDE + rows["index"]
    return identity


def lead_id(world: r.World, leads: NDArray[np.record]) -> NDArray[np.int64]:
    """Identity of leads: the account's, and the number of the lead among the account's."""
    identity: NDArray[np.int64] = account_id(world, leads["prospect"]) * LEADS_STRIDE + leads["ordinal"]
    return identity


def _days(world: r.World, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    days: NDArray[np.float64] = (hours - world.firm["horizon_start"][0]) / r.HOURS_PER_DAY
    return days


def _named(codes: NDArray[Any], names: tuple[str, ...]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(codes.astype(np.int64), categories=pd.Index(list(names)))


def leads(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """One row per lead open in the horizon, sorted by its identity."""
    rows = in_scope(world)
    closed_late = rows["closed"] >= Clock.of(scenario).end * r.HOURS_PER_DAY
    assert not closed_late.any()
    table = pd.DataFrame(
        {
            "lead": lead_id(world, rows),
            "prospect": account_id(world, rows["prospect"]),
            "occasion": rows["episode"].astype(np.int64),
            "segment": _named(
                world.prospects["segment"][rows["prospect"]], tuple(_unique(s.name for s in scenario.market.segments))
            ),
            "origin": _named(rows["origin"], r.ORIGINS),
            "created": _days(world, rows["created"]),
            "handed_over": _days(world, rows["handed_over"]),
            "first_touch": _days(world, rows["first_touch"]),
            "accepted": _days(world, rows["accepted"]),
            "opportunity": _days(world, rows["opportunity"]),
            "closed": _days(world, rows["closed"]),
            "owner": rows["owner"].astype(np.int64),
            "touches": rows["touches"].astype(np.int64),
            "score": rows["score"],
            "viable": rows["viable"] == 1,
            "outcome": _named(rows["outcome"], r.OUTCOMES),
            "waste_cause": _named(rows["cause"], r.WASTE_CAUSES),
            "value": rows["value"] / 100,
            "deal": rows["deal"] / 100,
            "discount": np.where(rows["outcome"] == r.WON, np.floor(rows["discount"] * rows["deal"] + 0.5), 0) / 100,
            "moved": rows["moved"].astype(np.int64),
            "timing": rows["timing"],
            "returned": rows["returned"].astype(np.int64),
            "doubled": rows["doubled"].astype(np.int64),
        }
    )
    return table.sort_values("lead", kind="stable", ignore_index=True)


def _unique(names: Any) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _horizon_months(scenario: Scenario, world: r.World) -> tuple[int, int]:
    clock = Clock.of(scenario)
    return int(clock.month_of[clock.start]), int(clock.month_of[clock.end - 1]) + 1


def periods(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """One row per month: flows of the month, stocks and levers at its end, money in euro."""
    first, last = _horizon_months(scenario, world)
    rows = world.months[first:last]
    clock = Clock.of(scenario)
    ends = np.flatnonzero(np.append(np.diff(clock.month_of[: clock.end]) > 0, True))[first:] + 1
    table: dict[str, Any] = {"month": np.arange(1, len(rows) + 1), "end_day": ends - clock.start}
    for name in ("leads", "mqls", "attempted", "sqls"):
        table[name] = rows[name]
    table["opportunities"] = rows["new_opportunities"]
    table["won"] = rows["won"]
    table["open_opportunities"] = rows["opportunities"]
    for name in (
        "lost_customers", "customers", "queued", "brand_share", "threshold", "brand_stock", "awareness_regular",
        "awareness_outside", "definition", "cooperation", "value_proposition", "field_knowledge",
    ):  # fmt: skip
        table[name] = rows[name]
    for place, state in enumerate(STATES):
        table[state] = rows["state"][:, place]
    for name in (
        "product", "alignment", "alignment_marketing", "alignment_sales", "request_hours", "strategic_hours",
        "field_hours", "development_hours", "open_disputes", "rep_morale", "marketer_morale", "targeting_fit",
        "quota_error", "devices_held", "returned", "belief", "marketer_pace", "disputed",
    ):  # fmt: skip
        table[name] = rows[name]
    cents = rows["cents"]
    table["programme"] = rows["programme"] / 100
    table["revenue"] = cents[:, : r.COST_OF_SALES].sum(axis=1) / 100
    table["gross_margin"] = table["revenue"] - cents[:, r.COST_OF_SALES] / 100
    table["profit_before_leaders"] = table["gross_margin"] - cents[:, r.REPS_BASE : r.LEADERS_PAY].sum(axis=1) / 100
    table["profit"] = table["profit_before_leaders"] - cents[:, r.LEADERS_PAY :].sum(axis=1) / 100
    missed = np.diff(np.concatenate([[0], rows["missed_value"]]))
    table["missed_demand_value"] = missed / 100
    return pd.DataFrame(table)


def hours(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """Hours by month, role, person and activity, long format."""
    first, last = _horizon_months(scenario, world)
    parts = []
    for role, booked, names in (
        ("rep", world.rep_hours, REP_ACTIVITIES),
        ("marketer", world.marketer_hours, MARKETER_ACTIVITIES),
    ):
        months, people, _ = booked[first:last].shape
        index = pd.MultiIndex.from_product(
            [range(1, months + 1), [role], range(people), names], names=["month", "role", "person", "activity"]
        )
        parts.append(pd.DataFrame({"hours": booked[first:last].reshape(-1)}, index=index).reset_index())
    return pd.concat(parts, ignore_index=True)


def pay(scenario: Scenario, arm_pay: str, world: r.World) -> pd.DataFrame:
    """Settled pay: one row per person, component and period of the horizon, in euro before charges.

    A row whose metric is `revenue` and whose component is -1 is a rep's whole year, as quotas are set by it; it pays
    nothing by itself. `day` is the day of settling.
    """
    first, _ = _horizon_months(scenario, world)
    lines = world.settled[: int(world.firm["settled"][0])]
    plan = scenario.pay[arm_pay]
    components = [("revenue", "own", "year"), *((c.metric, c.scope, c.period) for c in plan.rep)]
    components += [(c.metric, c.scope, c.period) for c in plan.marketer]
    place = lines["component"] + 1 + np.where(lines["role"] == r.REP_ROLE, 0, len(plan.rep))
    named = [components[k] for k in place.tolist()]
    return pd.DataFrame(
        {
            "day": lines["day"] - Clock.of(scenario).start,
            "month": world.month_of[lines["day"]] - first + 1,
            "role": _named(lines["role"], r.ROLES),
            "person": lines["person"].astype(np.int64),
            "component": lines["component"].astype(np.int64),
            "metric": [name[0] for name in named],
            "scope": [name[1] for name in named],
            "period": [name[2] for name in named],
            "result": lines["got"],
            "quota": lines["quota"],
            "attainment": lines["got"] / lines["quota"],
            "pay": lines["cents"] / 100,
        }
    )


def people(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """Who sat where: one row per stint, with the days on which it began and ended (missing: goes on)."""
    rows = world.stints[: int(world.firm["stints"][0])]
    start = Clock.of(scenario).start
    return pd.DataFrame(
        {
            "role": _named(rows["role"], r.ROLES),
            "seat": rows["seat"].astype(np.int64),
            "holder": rows["holder"].astype(np.int64),
            "hired": rows["hired"].astype(np.int64) - start,
            "left": np.where(rows["left"] >= 0, rows["left"] - float(start), np.nan),
            "reason": _named(rows["reason"], r.REASONS),
            "talent": np.where(rows["role"] == r.REP_ROLE, rows["talent"], np.nan),
        }
    )


def decisions(scenario: Scenario, said: list[dict[str, Any]]) -> pd.DataFrame:
    """What leaders of the user's asked for, one row per lever asked for; `now` is where it stands after it."""
    columns = ["day", "chair", "lever", "wanted", "now", "not_done"]
    table = pd.DataFrame(said, columns=columns)
    table["day"] -= Clock.of(scenario).start
    return table


def weeks(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """What reps wanted to do: one row per week of the horizon and rep, selling hours wanted on Monday, and attainment
    so far in the first own component that knows a quota (missing without one, and in a vacant seat)."""
    clock = Clock.of(scenario)
    first, last = clock.start // r.DAYS_PER_WEEK, clock.end // r.DAYS_PER_WEEK
    rows = world.weeks[first:last]
    index = pd.MultiIndex.from_product([range(1, len(rows) + 1), range(len(world.reps))], names=["week", "person"])
    columns = ["selling", "attainment"]
    return pd.DataFrame(rows.reshape(-1, 2), index=index, columns=columns).reset_index()


def accounts(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """Integer cents by month and account: revenue positive, costs negative, so that the column sums to profit."""
    first, last = _horizon_months(scenario, world)
    cents = world.months["cents"][first:last].copy()
    cents[:, r.COST_OF_SALES :] *= -1
    index = pd.MultiIndex.from_product([range(1, last - first + 1), r.ACCOUNTS], names=["month", "account"])
    return pd.DataFrame({"cents": cents.reshape(-1)}, index=index).reset_index()


def prospects(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """One row per account: traits, and where it stands at the end of the horizon."""
    rows = world.prospects
    names = _unique(s.name for s in scenario.market.segments)
    return pd.DataFrame(
        {
            "prospect": account_id(world, np.arange(len(rows))),
            "segment": _named(rows["segment"], tuple(names)),
            "fit": rows["fit"],
            "viable": rows["viable"] == 1,
            "state": _named(rows["state"], ("idle", "in_window", "customer")),
            "episodes": rows["episode"].astype(np.int64),
            "leads": rows["leads"].astype(np.int64),
            "orders": rows["orders"].astype(np.int64),
            "owner": rows["owner"].astype(np.int64),
        }
    )


def events(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """The event log, oldest first: case (account), activity, timestamp, resource, lead, amount in euro.

    Timestamps place business days on the weekdays of a calendar that begins on a Monday, 2024-01-01, with the
    warm-up; `day` is the time as in the other tables.
    """
    rows = world.log[: int(world.firm["log"][0])]
    order = np.argsort(rows["time"], kind="stable")
    rows = rows[order]
    known = rows["prospect"] >= 0
    case = np.full(len(rows), -1, np.int64)
    case[known] = account_id(world, rows["prospect"][known])
    lead = np.full(len(rows), -1, np.int64)
    with_lead = rows["lead"] >= 0
    lead[with_lead] = lead_id(world, world.leads[rows["lead"][with_lead]])
    day = np.floor(rows["time"] / r.HOURS_PER_DAY)
    calendar = (day // 5) * 7 + day % 5
    milliseconds = calendar * 86_400_000 + (rows["time"] - day * r.HOURS_PER_DAY) * 3_600_000
    activity = np.array(r.ACTIVITIES, dtype=object)[rows["activity"]]
    return pd.DataFrame(
        {
            "case": case,
            "activity": activity,
            "timestamp": EPOCH + np.round(milliseconds).astype("timedelta64[ms]"),
            "resource": _resources(scenario, rows),
            "day": _days(world, rows["time"]),
            "lead": lead,
            "amount": _amounts(rows),
        }
    )


def _resources(scenario: Scenario, rows: NDArray[np.record]) -> list[str]:
    decisions = np.isin(rows["activity"], (r.NOTE_BUDGET, r.NOTE_THRESHOLD, r.NOTE_DEVICE_ON, r.NOTE_DEVICE_OFF))
    ours = np.isin(rows["activity"], (r.NOTE_ATTEMPT, r.NOTE_ACCEPTED, r.NOTE_OPPORTUNITY, r.NOTE_ASIDE))
    out = []
    for who, decided, by_rep in zip(rows["resource"].tolist(), decisions.tolist(), ours.tolist(), strict=True):
        if decided:
            out.append("both heads" if who < 0 else f"chair {who + 1}")
        elif who >= 0:
            out.append(f"rep {who + 1}")
        else:
            out.append("marketing" if not by_rep else "rep")
    return out


def _amounts(rows: NDArray[np.record]) -> NDArray[np.float64]:
    money = np.isin(rows["activity"], (r.NOTE_NEED, r.NOTE_OPPORTUNITY, r.NOTE_ORDER, r.NOTE_MISSED, r.NOTE_CANCELLED))
    levers = np.isin(rows["activity"], (r.NOTE_BUDGET, r.NOTE_THRESHOLD))
    return np.where(money, rows["amount"] / 100, np.where(levers, rows["amount"] / 1e6, rows["amount"]))
