"""What a run is asked for: the leads, the accounts, the months, in the shape of orgsim's public results."""

from __future__ import annotations

from typing import Any, NamedTuple

from .dates import HOURS_A_DAY
from .model import Firm


class Result(NamedTuple):
    """Leads in the order of their accounts, accounts in cents by month, levers and stocks by month, settled pay."""

    leads: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    months: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    pay: list[dict[str, Any]]
    prospects: list[dict[str, Any]]


def result_of(firm: Firm) -> Result:
    """The horizon of a finished run. Times of leads are business days from the start of the horizon."""
    start = firm.phases.warm_up
    in_horizon = [n for n, month in enumerate(firm.month_records) if month["first"] >= start]
    number = {firm.month_records[n]["first"]: i + 1 for i, n in enumerate(in_horizon)}
    accounts = [
        {"month": i + 1, "account": account, "cents": amount}
        for i, n in enumerate(in_horizon)
        for account, amount in firm.ledger.months[n].items()
    ]
    months = [{**firm.month_records[n], "month": i + 1} for i, n in enumerate(in_horizon)]
    for month in months:
        month["end_day"] -= start
    return Result(leads_of(firm), accounts, months, hours_of(firm, number), pay_of(firm), prospects_of(firm))


def leads_of(firm: Firm) -> list[dict[str, Any]]:
    """Leads open at some time of the horizon, in the order of account and ordinal."""
    start = firm.phases.warm_up * HOURS_A_DAY

    def days(time: float) -> float:
        return (time - start) / HOURS_A_DAY

    rows = []
    for lead in firm.leads:
        if lead.closed < start:
            continue
        account = lead.account
        prospect = account.segment.number * 2**24 + account.index
        rows.append({
            "lead": prospect * 2**20 + lead.ordinal, "prospect": prospect, "occasion": lead.episode,
            "segment": firm.scenario_of.market.segments[account.segment.number].name, "origin": lead.origin,
            "created": days(lead.created), "handed_over": days(lead.handed_over),
            "first_touch": days(lead.first_touch), "accepted": days(lead.accepted),
            "opportunity": days(lead.opportunity), "closed": days(lead.closed),
            "owner": -1 if lead.owner is None else lead.owner.seat, "touches": lead.touches, "score": lead.score,
            "viable": lead.viable, "outcome": str(lead.outcome), "waste_cause": lead.cause or "none",
            "value": lead.value / 100.0, "deal": lead.deal / 100.0, "discount": 0.0, "moved": 0,
            "timing": lead.timing, "returned": 0, "doubled": 0,
        })  # fmt: skip
    return sorted(rows, key=lambda row: row["lead"])


def hours_of(firm: Firm, number: dict[int, int]) -> list[dict[str, Any]]:
    """Hours booked by month of the horizon, person and activity."""
    sums: dict[tuple[int, str, int, str], float] = {}
    for month in number.values():
        for person in firm.staff:
            sums.update({(month, person.role, person.seat, activity): 0.0 for activity in person.book_nothing()})
    for first, role, person, week in firm.booked_hours:
        if first in number:
            for activity, hours in week.items():
                key = (number[first], role, person, activity)
                sums[key] = sums.get(key, 0.0) + hours
    names = ("month", "role", "person", "activity")
    return [{**dict(zip(names, key, strict=True)), "hours": hours} for key, hours in sums.items()]


def pay_of(firm: Firm) -> list[dict[str, Any]]:
    """Settled pay of the horizon, by person, component and period."""
    start = firm.phases.warm_up
    return [
        {"day": day - start, "role": role, "person": person, "component": component, "result": got, "pay": paid / 100.0}
        for day, role, person, component, got, paid in firm.settlements
        if day >= start
    ]


def prospects_of(firm: Firm) -> list[dict[str, Any]]:
    """Accounts as they are at the end."""
    return [
        {
            "prospect": p.segment.number * 2**24 + p.index, "fit": p.fit, "viable": p.viable, "state": p.state,
            "episodes": p.episode, "leads": p.leads, "orders": p.orders, "owner": p.rep.seat,
        }
        for p in firm.prospects
    ]  # fmt: skip
