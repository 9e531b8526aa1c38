"""The statistics of the rows on organisation and the market: runs of a world by arm in, figures by key out.

As `patterns_measures`; a measure over firms takes the runs of several firms, which make up one world.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orgsim.experiments.patterns.measures import QUARTER, SETTLED, YEAR, Figures, Runs, orders, over
from orgsim.results import Run

HOURS_A_DAY = 7
CLOCK_HOURS = 24 * 7 / 5  # of a business day
MONTH = 30 * 5 / 7  # business days in which an answer counts for the mean (A4)
MONTHS = 12


def end(run: Run) -> float:
    """Business days of the horizon."""
    return run.scenario.time.years * YEAR


def mqls(run: Run) -> pd.DataFrame:
    """Leads handed over in the horizon, long enough before its end for their fate to be known."""
    leads = run.leads
    return leads[(leads["handed_over"] >= 0) & (leads["handed_over"] < end(run) - SETTLED)]


def ignored(run: Run) -> float:
    """Share of MQLs that nobody ever called."""
    return float(mqls(run)["first_touch"].isna().mean())


def last_year(run: Run, column: str) -> float:
    """Mean of a column of the months over the last twelve."""
    return float(run.periods[column].tail(MONTHS).mean())


def revenue_over(runs: Runs, arm: str, other: str) -> float:
    """Revenue of one arm over another's, less 1."""
    return over(runs[arm].kpis["revenue"], runs[other].kpis["revenue"])


# Leads ---------------------------------------------------------------------------------------------------------------


def unattended(runs: Runs) -> Figures:
    """A1: share of MQLs never called, as shipped and where signals are many."""
    usual, many = ignored(runs["usual"]), ignored(runs["many"])
    number = {arm: len(mqls(run)) / (end(run) - SETTLED) * YEAR for arm, run in runs.items()}
    return {"rises": many - usual, "share": many, "usual": usual, "mqls": number["usual"], "mqls_many": number["many"]}


def seats(run: Run) -> dict[int, int]:
    """By seat, the day of hiring of reps who sit there from the start of the horizon to its end."""
    people = run.people
    stays = people[(people["role"] == "rep") & (people["hired"] < 0) & people["left"].isna()]
    return dict(zip(stays["seat"].astype(int), stays["hired"].astype(int), strict=True))


def follow_up_share(run: Run, who: Sequence[int]) -> NDArray[np.float64]:
    """Share of paid hours that some reps booked on following up leads."""
    table = run.hours[run.hours["role"] == "rep"]
    total = table.groupby("person")["hours"].sum()
    share = table[table["activity"] == "leads"].groupby("person")["hours"].sum() / total
    return share.to_numpy(dtype=float)[list(who)]


def standard(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """In standard deviations from the mean; all 0 where there is no spread."""
    spread = float(x.std())
    scaled: NDArray[np.float64] = (x - x.mean()) / (spread if spread > 0 else 1.0)
    return scaled


def experience_and_policy(runs: Runs) -> Figures:
    """A2: what a policy does to each rep's time on leads, by experience and by performance."""
    plain = runs["plain"]
    hired = [seats(run) for run in runs.values()]
    stayed = [seat for seat, day in hired[0].items() if all(other.get(seat) == day for other in hired)]
    years = np.array([-hired[0][seat] / YEAR for seat in stayed])
    by_rep = orders(plain, -YEAR, 0).groupby("rep")["amount"].sum()
    sold = by_rep.reindex(range(plain.scenario.people.reps), fill_value=0.0).to_numpy(dtype=float)[stayed]
    traits = np.column_stack([np.ones(len(stayed)), standard(np.log1p(years)), standard(sold)])
    before = follow_up_share(plain, stayed)
    out: Figures = {"reps": float(len(stayed))}
    for policy, name in (("tracked", "tracking"), ("volume", "volume"), ("quality", "quality")):
        answer = follow_up_share(runs[policy], stayed) - before
        mean, experience, performance = np.linalg.lstsq(traits, answer, rcond=None)[0]
        out |= {f"mean_{name}": float(mean), f"experience_{name}": float(experience)}
        out[f"performance_{name}"] = float(performance)
    return out


def routing(runs: Runs) -> Figures:
    """A3: revenue by who gets leads."""
    ways = ("performance", "experience")
    left = {f"left_{way}": ignored(runs[way]) - ignored(runs["even"]) for way in ways}
    return {way: revenue_over(runs, way, "even") for way in ways} | left


def response_times(runs: Runs) -> Figures:
    """A4: how long inquiries wait for a first attempt."""
    run = runs["firm"]
    leads = run.leads
    asked = leads[(leads["origin"] == "inbound") & (leads["created"] >= 0) & (leads["created"] < end(run) - SETTLED)]
    days = asked["first_touch"] - asked["created"]
    number = len(asked)
    soon = float((days <= 1 / HOURS_A_DAY).sum()) / number
    by_tomorrow = float((days <= 1).sum()) / number
    answered = float(days.notna().sum()) / number
    in_time = days[days <= MONTH]
    mean = CLOCK_HOURS * float(in_time.mean()) if len(in_time) else 0.0
    return {"not_in_an_hour": 1 - soon, "in_a_day": by_tomorrow - soon, "later": answered - by_tomorrow,
            "never": 1 - answered, "mean": mean}  # fmt: skip


def loose_or_strict(runs: Runs) -> Figures:
    """A8b: MQLs and what they are worth, by threshold."""

    def counted(run: Run) -> tuple[int, float, float]:
        leads = run.leads
        handed = leads[leads["handed_over"] >= 0]
        return len(handed), float(handed["viable"].mean()), float(mqls(run)["accepted"].notna().mean())

    loose, strict = counted(runs["loose"]), counted(runs["strict"])
    return {
        "volume": over(loose[0], strict[0]), "viable": loose[1] - strict[1], "accepted": loose[2] - strict[2],
        "size": over(strict[2], loose[2]), "loose": loose[2], "strict": strict[2],
    }  # fmt: skip


def lead_volume(runs: Runs) -> Figures:
    """A38: revenue by how many leads are handed over."""
    volume = {f"mqls_{arm}": len(mqls(run)) / (end(run) - SETTLED) * YEAR for arm, run in runs.items()}
    return {
        "rises": revenue_over(runs, "middle", "few"), "falls": revenue_over(runs, "middle", "all"),
        "unattended": ignored(runs["all"]) - ignored(runs["middle"]),
        "new_falls": over(runs["middle"].kpis["revenue_new"], runs["all"].kpis["revenue_new"])
        if runs["all"].kpis["revenue_new"] > 0 else 0.0,
    } | volume  # fmt: skip


# Buyers and customers ------------------------------------------------------------------------------------------------


def no_decision(runs: Runs) -> Figures:
    """A10: how opportunities end."""
    leads = runs["firm"].leads
    closed = leads[leads["opportunity"].notna() & (leads["outcome"] != "open")]
    return {"no_decision": float((closed["outcome"] == "no_decision").mean())}


def known_before(runs: Runs) -> Figures:
    """A13: chance to win, by whether the account thought of us when its need opened.

    The one measure that reads the state of a run, since no table says who was thought of; it knows so of an account's
    last need alone.
    """
    run = runs["firm"]
    log = run.events
    needs = log[log["activity"] == "need_opened"].groupby("case")["day"].max()
    accounts = run.prospects.assign(aware=run.world.prospects["aware"] == 1).set_index("prospect")
    opened = needs[(needs >= 0) & (needs < YEAR)].index
    won = run.leads[run.leads["outcome"] == "won"]
    bought = pd.MultiIndex.from_frame(won[["prospect", "occasion"]])
    asked = accounts.loc[opened].reset_index(names="prospect")
    place = pd.MultiIndex.from_arrays([asked["prospect"], asked["episodes"]])
    ours = pd.Series(place.isin(bought))
    aware = asked["aware"].to_numpy(dtype=bool)
    known, unknown = float(ours[aware].mean()), float(ours[~aware].mean())
    return {"aware": over(known, unknown), "known": known, "unknown": unknown, "share_known": float(aware.mean())}


def bass(runs: Runs) -> Figures:
    """A28: p and q of first purchases, from the rate among those who have not bought, by quarter."""
    run = runs["firm"]
    accounts = int(run.prospects["viable"].sum())
    log = run.events
    bought = log[(log["activity"] == "order") & (log["lead"] >= 0)].groupby("case")["day"].min()
    quarters = int(end(run)) // QUARTER
    new = np.bincount((bought // QUARTER).astype(int), minlength=quarters)[2:quarters].astype(float)
    so_far = np.concatenate([[0.0], np.cumsum(new)])[:-1] + float((bought < 2 * QUARTER).sum())
    middle = so_far + 0.5 * new
    left = accounts - middle
    kept = left >= 0.05 * accounts
    if new[kept].sum() == 0:
        return {"imitation": 0.0, "imitation_size": 0.0, "innovation": 0.0, "bought": 0.0}
    rate = new[kept] / left[kept] * YEAR / QUARTER
    weight = np.sqrt(left[kept])
    share = np.column_stack([np.ones(int(kept.sum())), middle[kept] / accounts])
    p, q = np.linalg.lstsq(share * weight[:, None], rate * weight, rcond=None)[0]
    total = float(len(bought)) / accounts
    return {"imitation": float(q), "imitation_size": float(q), "innovation": float(p), "bought": total}


def existing_customers(runs: Runs) -> Figures:
    """A33: what customers bring, and what they bring beyond their first order's size."""
    kpis, growing = runs["firm"].kpis, runs["growth"]
    log = growing.events
    repeats = log[(log["activity"] == "order") & (log["day"] >= 0) & (log["lead"] < 0)]["amount"]
    grown = float((repeats - growing.scenario.customers.order_value).sum())
    return {
        "existing": kpis["revenue_repeat"] / kpis["revenue"],
        "expansion": grown / (grown + growing.kpis["revenue_new"]),
    }


# Hours, budget, leaders ----------------------------------------------------------------------------------------------


def selling_hours(runs: Runs) -> Figures:
    """A25: elasticity of revenue to the selling hours that reps want to work."""

    def wanted(run: Run) -> float:
        return float(run.weeks["selling"].mean())

    hours = math.log(wanted(runs["more"]) / wanted(runs["less"]))
    log_revenue = {what: math.log(runs["more"].kpis[what] / runs["less"].kpis[what])
                   for what in ("revenue", "revenue_new", "revenue_repeat")}  # fmt: skip
    return {
        "elasticity": log_revenue["revenue"] / hours, "new": log_revenue["revenue_new"] / hours,
        "repeat": log_revenue["revenue_repeat"] / hours, "hours": math.expm1(hours),
    }  # fmt: skip


def brand_or_activation(runs: Runs) -> Figures:
    """A27: value of viable leads by brand's share, in all years and in the first."""

    def value(arm: str, last: float) -> float:
        leads = runs[arm].leads
        begun = (leads["created"] >= 0) & (leads["created"] < last)
        return float(leads.loc[begun & leads["viable"], "value"].sum())

    whole = {arm: value(arm, end(run)) for arm, run in runs.items()}
    first = over(value("high", YEAR), value("low", YEAR))
    return {
        "above_low": over(whole["middle"], whole["low"]), "above_high": over(whole["middle"], whole["high"]),
        "moves": over(whole["high"], whole["low"]) - first, "first_year": first,
        "held": float(runs["today"].periods["brand_share"].mean()),
    }  # fmt: skip


def material(runs: Runs) -> Figures:
    """A34: use of material and field knowledge, with feedback and without."""
    use = {arm: last_year(run, "use") for arm, run in runs.items()}
    known = {arm: last_year(run, "field_knowledge") for arm, run in runs.items()}
    answering, fixed = known["heard"] - known["plain"], known["heard_fixed"] - known["plain_fixed"]
    return {"used": use["plain_fixed"], "moves": use["heard"] - use["plain"], "spiral": answering - fixed,
            "taught": fixed}  # fmt: skip


def year_end(runs: Runs) -> Figures:
    """A35: spend by quarter of the year, and what becomes of the firm."""
    year, long = runs["year"], runs["long"]
    spend = year.periods["programme"].to_numpy(dtype=float)
    of_year = np.arange(len(spend)) % MONTHS
    last, first = spend[of_year >= MONTHS - 3].mean(), spend[of_year < 3].mean()
    return {
        "cut": over(float(last), float(first)),
        "awareness": over(year.kpis["awareness_regular_end"], long.kpis["awareness_regular_end"]),
        "value": over(year.kpis["value"], long.kpis["value"]),
        "profit": over(year.kpis["profit"], long.kpis["profit"]),
        "programme": over(float(spend.sum()), float(long.periods["programme"].sum())),
    }


# Organisation --------------------------------------------------------------------------------------------------------


def cooperation_and_revenue(firms: Sequence[Runs]) -> Figures:
    """A36: over firms, how cooperation and revenue go together; and each firm with criticism against without."""
    mood = [float(runs["firm"].periods["cooperation"].mean()) for runs in firms]
    sold = [runs["firm"].kpis["revenue"] for runs in firms]
    together = float(np.corrcoef(mood, sold)[0, 1])
    return {
        "correlation": together, "conflict": float(np.mean([revenue_over(runs, "firm", "peace") for runs in firms])),
        "mood": float(np.mean(mood)), "spread": float(np.std(mood)),
    }  # fmt: skip


def configurations(runs: Runs) -> Figures:
    """A37: Brand-Focused Professionals over the two that did worse."""
    out: Figures = {}
    for arm in ("tower", "rules"):
        for what in ("revenue", "profit"):
            out[f"{arm}_{what}"] = over(runs["focused"].kpis[what], runs[arm].kpis[what])
    return out


def dispersed_influence(runs: Runs) -> Figures:
    """A39: revenue of joint decisions over those of marketing alone, in two markets."""
    calm, dynamic = revenue_over(runs, "joint", "alone"), revenue_over(runs, "joint_dynamic", "alone_dynamic")
    share = {arm: float(runs[arm].periods["brand_share"].mean()) for arm in ("joint", "alone")}
    return {"dispersed": calm, "less_when_dynamic": calm - dynamic, "dynamic": dynamic,
            "brand_joint": share["joint"], "brand_alone": share["alone"]}  # fmt: skip


MEASURES: dict[str, Callable[[Runs], Figures]] = {
    measure.__name__: measure
    for measure in (
        unattended, experience_and_policy, routing, response_times, loose_or_strict, no_decision, known_before,
        selling_hours, brand_or_activation, bass, existing_customers, material, year_end, configurations, lead_volume,
        dispersed_influence,
    )
}  # fmt: skip
OVER_FIRMS: dict[str, Callable[[Sequence[Runs]], Figures]] = {"cooperation_and_revenue": cooperation_and_revenue}
