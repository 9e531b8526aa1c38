"""The statistics of the rows on pay, one function a row: runs of a world by arm in, figures by key out.

A measure reads nothing but the tables and key figures of a run, and works on one world; intervals are made over worlds.
Keys are those of the lines in scenarios/patterns/expected.toml; further keys are profiles, which are shown and not
judged. Rows on organisation are in `patterns_organisation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from orgsim.results import Run

Runs = Mapping[str, Run]
Figures = dict[str, float]
WEEKS, YEAR, QUARTER, WEEK = 13, 260, 65, 5
SELLING = ("leads", "prospecting", "opportunities", "customers")
EXPECTED = 0.95  # of quota a usual quarter brings: effort.expected_attainment
SETTLED = 100  # business days after which the fate of an MQL is known, as in baseline.py
FAR, NEAR, BEYOND = 0.6, (0.85, 1.15), 1.4
QUOTA = 627_000 / 4  # of a quarter, in the plans of A18


# What the measures share ---------------------------------------------------------------------------------------------


def hours(run: Run, *activities: str) -> float:
    """Hours that all reps booked on some activities, over the horizon."""
    table = run.hours
    return float(table.loc[(table["role"] == "rep") & table["activity"].isin(activities), "hours"].sum())


def list_revenue(run: Run) -> float:
    """Revenue in euro before discounts."""
    return run.kpis["revenue"] + run.kpis["discounts"]


def won(run: Run) -> pd.DataFrame:
    """Leads won in the horizon."""
    return run.leads[run.leads["outcome"] == "won"]


def list_value(leads: pd.DataFrame) -> pd.Series[float]:
    """First orders in euro before discounts."""
    return leads["deal"]


def share_moved(run: Run) -> float:
    """First orders whose close was pulled or pushed, in list revenue."""
    leads = won(run)
    return float(list_value(leads)[leads["moved"] != 0].sum()) / list_revenue(run)


def orders(run: Run, first: float, last: float) -> pd.DataFrame:
    """Orders of business days first <= day < last, first orders and repeats, with the rep's number from 0."""
    log = run.events
    table = log[(log["activity"] == "order") & (log["day"] >= first) & (log["day"] < last)]
    return table.assign(rep=table["resource"].str.removeprefix("rep ").astype(int) - 1)


def thirds(run: Run) -> list[list[int]]:
    """Reps by revenue in the year before the horizon: the lowest third, those between, the highest third."""
    reps = run.scenario.people.reps
    before = orders(run, -YEAR, 0).groupby("rep")["amount"].sum().reindex(range(reps), fill_value=0.0)
    ranked = [int(rep) for rep in before.sort_values(kind="stable").index]
    third = reps // 3
    return [ranked[:third], ranked[third : reps - third], ranked[reps - third :]]


def over(one: float, other: float) -> float:
    """One over the other, less 1."""
    return one / other - 1.0


# The rows ------------------------------------------------------------------------------------------------------------


def hockey_stick(runs: Runs) -> Figures:
    """A14: 13 x share of the quarter's revenue by week, less 1."""
    out: Figures = {}
    for arm, run in runs.items():
        log = orders(run, 0, QUARTER * (run.scenario.time.years * YEAR // QUARTER))
        week = (log["day"] % QUARTER // WEEK).astype(int)
        revenue = log["amount"].groupby(week).sum().reindex(range(WEEKS), fill_value=0.0)
        excess = WEEKS * revenue / revenue.sum() - 1.0
        out |= {f"{arm}_first": float(excess[0]), f"{arm}_last": float(excess[WEEKS - 1])}
        out |= {f"{arm}_week_{n + 1}": float(excess[n]) for n in range(WEEKS)}
        out |= {f"{arm}_{what}": 100.0 * run.kpis[f"closes_{what}"] / run.kpis["won"] for what in ("pulled", "pushed")}
    return out


def discounts(runs: Runs) -> Figures:
    """A15: discounts given for another date over first orders at list value."""
    share = {
        arm: run.kpis["discounts"] / (run.kpis["revenue_new"] + run.kpis["discounts"]) for arm, run in runs.items()
    }
    lost = share["accelerated"] - share["linear"]
    return {"given": lost, "size": lost}


def effort_or_timing(runs: Runs) -> Figures:
    """A16: what a lump adds in hours and in revenue, and what it moves."""
    base = runs["without"]
    added = {arm: over(list_revenue(runs[arm]), list_revenue(base)) for arm in ("bound", "free")}
    moved = {arm: share_moved(runs[arm]) for arm in ("bound", "free")}
    return {
        "effort": over(hours(runs["bound"], *SELLING), hours(base, *SELLING)),
        "timing": moved["free"],
        "effort_regime": added["bound"] - moved["bound"],
        "timing_regime": moved["free"] - added["free"],
    }


def dropped_quota(runs: Runs) -> Figures:
    """A17: revenue without quota and ceiling over revenue with them."""
    return {
        "revenue": over(runs["new"].kpis["revenue"], runs["old"].kpis["revenue"]),
        "hours": over(hours(runs["new"], *SELLING), hours(runs["old"], *SELLING)),
    }


def distance_to_quota(runs: Runs) -> Figures:
    """A18: hours wanted by segment, by distance from quota, and past quota."""
    low, middle, high = thirds(runs["commission"])
    wanted = {arm: run.weeks.groupby("person")["selling"].mean() for arm, run in runs.items()}

    def gain(arm: str, other: str, who: list[int]) -> float:
        return over(float(wanted[arm][who].mean()), float(wanted[other][who].mean()))

    out = {
        "gain_low": gain("bonus", "commission", low),
        "gain_middle": gain("bonus", "commission", middle),
        "gain_high": gain("bonus", "commission", high),
        "pacing": gain("bonus", "yearly", low),
        "overachievers": past_quota(runs["over"]) - past_quota(runs["bonus"]),
    }
    return out | by_distance(runs["bonus"])


def in_quarter(run: Run) -> pd.DataFrame:
    """Weeks of reps with the week of the quarter, from 1, and attainment as the week begins: own orders of the quarter
    so far over quota, whether the plan knows a quota or not."""
    table = run.weeks.sort_values(["person", "week"], kind="stable", ignore_index=True)
    of_quarter = (table["week"] - 1) % WEEKS + 1
    log = orders(run, 0, np.inf)
    sold = log.groupby([log["rep"], (log["day"] // WEEK + 1).astype(int)])["amount"].sum()
    every = pd.MultiIndex.from_frame(table[["person", "week"]])
    week = pd.Series(sold.reindex(every, fill_value=0.0).to_numpy())
    quarter = (table["week"] - 1) // WEEKS
    before = week.groupby([table["person"], quarter]).cumsum() - week
    return table.assign(of_quarter=of_quarter, attainment=before / QUOTA)


def past_quota(run: Run) -> float:
    """Mean selling hours wanted in weeks 7-13 by reps who have reached quota."""
    table = in_quarter(run)
    return float(table.loc[(table["of_quarter"] >= 7) & (table["attainment"] >= 1.0), "selling"].mean())


def by_distance(run: Run) -> Figures:
    """Hours wanted in weeks 10-13 by what is foreseen of quota: differences week by week, and a profile by tenths."""
    table = in_quarter(run)
    table = table[table["of_quarter"] >= 10]
    foreseen = table["attainment"] + EXPECTED * (WEEKS - table["of_quarter"] + 1) / WEEKS
    table = table.assign(foreseen=foreseen, year_week=table["week"])
    far, beyond = table[foreseen < FAR], table[foreseen >= BEYOND]
    near = table[(foreseen >= NEAR[0]) & (foreseen < NEAR[1])]

    def less(one: pd.DataFrame, other: pd.DataFrame) -> float:
        gap = one.groupby("year_week")["selling"].mean() - other.groupby("year_week")["selling"].mean()
        return float(gap.dropna().mean())

    out = {"giving_up": less(near, far), "coasting": less(near, beyond)}
    tenth = pd.qcut(table["foreseen"], 10, labels=False, duplicates="drop")
    means = table.groupby(tenth)[["foreseen", "selling"]].mean()
    for n, (foreseen_here, wanted) in enumerate(means.to_numpy(), start=1):
        out |= {f"foreseen_{n}": float(foreseen_here), f"hours_{n}": float(wanted)}
    return out


def bonus_to_commission(runs: Runs) -> Figures:
    """A19: output, by ability, moved closes and logging, after the change and without it."""
    stay, change = runs["stay"], runs["change"]
    parts = thirds(stay)
    sold = {arm: list_revenue_by_rep(run) for arm, run in runs.items()}
    gains = [over(float(sold["change"][who].sum()), float(sold["stay"][who].sum())) for who in parts]

    def games(run: Run) -> float:
        return 100.0 * (run.kpis["closes_pulled"] + run.kpis["closes_pushed"]) / run.kpis["won"]

    return {
        "output": over(list_revenue(change), list_revenue(stay)),
        "low_over_high": gains[0] - gains[2],
        "games": games(change) - games(stay),
        "neglect": over(hours(change, "logging"), hours(stay, "logging")),
        "gain_1": gains[0], "gain_2": gains[1], "gain_3": gains[2],
        "hours": over(hours(change, *SELLING), hours(stay, *SELLING)),
    }  # fmt: skip


def list_revenue_by_rep(run: Run) -> Any:
    """Euro before discounts that each rep brought in over the horizon."""
    reps = run.scenario.people.reps
    net = orders(run, 0, np.inf).groupby("rep")["amount"].sum().reindex(range(reps), fill_value=0.0)
    given = won(run).groupby("owner")["discount"].sum().reindex(range(reps), fill_value=0.0)
    return net + given


def piece_rate(runs: Runs) -> Figures:
    """A20: revenue for each week of a filled seat, piece rate over salary, without and with turnover."""

    def output(run: Run) -> float:
        table = run.hours
        vacant = float(table.loc[(table["role"] == "rep") & (table["activity"] == "vacant"), "hours"].sum())
        total = float(table.loc[table["role"] == "rep", "hours"].sum())
        return run.kpis["revenue"] / (total - vacant)

    stay = over(output(runs["piece_stay"]), output(runs["salary_stay"]))
    turn = over(output(runs["piece_turn"]), output(runs["salary_turn"]))
    return {
        "incentive": stay, "incentive_size": stay, "sorting": turn - stay, "sorting_size": turn - stay, "total": turn,
        "hours": over(hours(runs["piece_stay"], *SELLING), hours(runs["salary_stay"], *SELLING)),
        "talent": talent(runs["piece_turn"]) - talent(runs["salary_turn"]),
    }  # fmt: skip


def talent(run: Run) -> float:
    """Mean talent of reps hired in the horizon."""
    hired = run.people[(run.people["role"] == "rep") & (run.people["hired"] >= 0)]
    return float(hired["talent"].mean()) if len(hired) else 0.5


def team_pay(runs: Runs) -> Figures:
    """A21: revenue and selling hours under team pay over those under own pay."""
    team, own = runs["team"], runs["own"]
    return {
        "output": over(team.kpis["revenue"], own.kpis["revenue"]),
        "free_riding": over(hours(team, *SELLING), hours(own, *SELLING)),
    }


def volume_and_quality(runs: Runs) -> Figures:
    """A8: threshold, MQLs and what they are worth, paid for MQLs against paid for SQLs."""

    def figures(run: Run) -> Figures:
        leads = run.leads
        mqls = leads[leads["handed_over"] >= 0]
        settled = mqls[mqls["handed_over"] < run.scenario.time.years * YEAR - SETTLED]
        return {
            "threshold": float(run.periods["threshold"].mean()),
            "volume": float(len(mqls)),
            "viable": float(mqls["viable"].mean()),
            "accepted": float(settled["accepted"].notna().mean()),
        }

    one, other = figures(runs["mqls"]), figures(runs["sqls"])
    return {key: over(one[key], other[key]) if key == "volume" else one[key] - other[key] for key in one}


def crowding_out(runs: Runs) -> Figures:
    """E6b: hours on what is not paid, and who orders again."""

    def again(run: Run) -> float:
        repeats = run.kpis["revenue_repeat"] / run.scenario.customers.order_value
        return repeats / (repeats + float(run.periods["lost_customers"].sum()))

    def less(arm: str, other: str, activity: str) -> float:
        return over(hours(runs[arm], activity), hours(runs[other], activity))

    return {
        "logging_low": less("low", "salary", "logging"),
        "logging_high": less("high", "low", "logging"),
        "customers": less("hunters", "salary", "customers"),
        "retention": again(runs["hunters"]) - again(runs["salary"]),
    }


MEASURES: dict[str, Callable[[Runs], Figures]] = {
    measure.__name__: measure
    for measure in (
        hockey_stick, discounts, effort_or_timing, dropped_quota, distance_to_quota, bonus_to_commission, piece_rate,
        team_pay, volume_and_quality, crowding_out,
    )
}  # fmt: skip
