"""One world of a comparison run again with its books open: what each arm's months, hours, pay and leads looked like."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from orgsim import tables
from orgsim.clock import Clock
from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import Chronicle
from orgsim.experiments.ledger.ends import NO_NEED, ends
from orgsim.experiments.uncertain import drawn
from orgsim.experiments.worlds import Terms
from orgsim.kpis import in_scope
from orgsim.results import Arm
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES
from orgsim.simulation import advance, enter_arm, warm_up

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("awareness_regular", "awareness_outside", "alignment", "alignment_marketing", "alignment_sales")
IN_PER_CENT = ("awareness_regular", "awareness_outside")
# Business hours from hand-over to the first call, and what to call it.
WITHIN = ((1.0, "1 h"), (r.HOURS_PER_DAY, "a day"), (r.WORK_WEEK, "a week"), (r.NEVER, "later"))
UNANSWERED = "never"
WEEKS_PER_YEAR = r.DAYS_PER_YEAR / r.DAYS_PER_WEEK
WEEKS = r.DAYS_PER_QUARTER // r.DAYS_PER_WEEK


class Cancelled(Exception):
    """The caller no longer wants what was being computed."""


class Figures(NamedTuple):
    """Figures of one run: keys, and a value for each."""

    keys: list[tuple[Any, ...]]
    values: NDArray[np.float64]


@dataclass
class Detail:
    """What the books of one run say; see `evidence.Evidence` for the tables that are made of it."""

    monthly: Figures
    responses: Figures
    hours: Figures
    rhythm: Figures
    attainment: pd.DataFrame = field(repr=False)
    fates: pd.DataFrame | None = field(repr=False)
    world: r.World = field(repr=False)


def detail(
    scenario: Scenario, arms: Sequence[Arm], reference: Arm, terms: Terms, cancelled: threading.Event, replicate: int
) -> list[Detail]:
    """Every arm of one world, in their order; the runs are those of `experiments.compare` on the same terms."""
    firm = drawn(scenario, terms.seed, replicate, terms.fixed) if terms.uncertain else scenario
    clock, today = Clock.of(firm), Arm(firm.today.structure, firm.today.pay)
    warm = None
    worlds: dict[Arm, r.World] = {}
    for arm in arms:
        if cancelled.is_set():
            raise Cancelled
        since = arm if terms.start == "own" else today
        if warm is None or terms.start == "own":
            warm = warm_up(firm, since, terms.seed, replicate, record=True)
        world = enter_arm(firm, warm, arm, since, equal_budget=terms.budget == "equal", today=today)
        worlds[arm] = advance(world, clock.start, clock.end)
    base = _needs(firm, worlds[reference])
    return [_read(firm, arm, worlds[arm], None if arm == reference else base) for arm in arms]


def _read(scenario: Scenario, arm: Arm, world: r.World, base: pd.DataFrame | None) -> Detail:
    fates = None if base is None else _fates(base, _needs(scenario, world))
    return Detail(_monthly(scenario, world), _responses(world), _hours(scenario, world), _rhythm(scenario, world),
                  _attainment(scenario, arm, world), fates, world)  # fmt: skip


def _months(scenario: Scenario, world: r.World) -> NDArray[np.record]:
    clock = Clock.of(scenario)
    months: NDArray[np.record] = world.months[clock.month_of[clock.start] : clock.month_of[clock.end - 1] + 1]
    return months


def _monthly(scenario: Scenario, world: r.World) -> Figures:
    months = _months(scenario, world)
    keys = [(month, name) for name in MEASURES for month in range(1, len(months) + 1)]
    columns = [months[name] * (100.0 if name in IN_PER_CENT else 1.0) for name in MEASURES]
    return Figures(keys, np.concatenate(columns).astype(float))


def _responses(world: r.World) -> Figures:
    """Of the horizon's leads that were handed over, the share first called within each time, and never."""
    leads = in_scope(world)
    leads = leads[~np.isnan(leads["handed_over"])]
    waited = leads["first_touch"] - leads["handed_over"]
    shares, before = [], np.zeros(len(leads), bool)
    for hours, _ in WITHIN:
        here = np.isfinite(waited) & (waited <= hours)
        shares.append((here & ~before).sum())
        before = here
    shares.append((~before).sum())
    keys = [(name,) for _, name in WITHIN] + [(UNANSWERED,)]
    return Figures(keys, 100.0 * np.array(shares) / len(leads) if len(leads) else np.full(len(keys), np.nan))


def _hours(scenario: Scenario, world: r.World) -> Figures:
    """Mean hours a week and person by activity."""
    clock = Clock.of(scenario)
    first, last = int(clock.month_of[clock.start]), int(clock.month_of[clock.end - 1]) + 1
    weeks = clock.horizon / r.DAYS_PER_WEEK
    keys: list[tuple[Any, ...]] = []
    found: list[NDArray[np.float64]] = []
    for role, booked, names in (("rep", world.rep_hours, REP_ACTIVITIES),
                                ("marketer", world.marketer_hours, MARKETER_ACTIVITIES)):  # fmt: skip
        people = booked.shape[1]
        keys += [(role, name) for name in names]
        sums = booked[first:last].sum(axis=(0, 1))[: len(names)]
        found.append(sums / (people * weeks) if people else np.full(len(names), np.nan))
    return Figures(keys, np.concatenate(found))


def _rhythm(scenario: Scenario, world: r.World) -> Figures:
    """Deals signed by week of the quarter, in per cent of all deals signed in the horizon's whole quarters."""
    clock = Clock.of(scenario)
    leads = world.leads[: int(world.firm["leads"][0])]
    days = np.floor(leads["closed"][leads["outcome"] == r.WON] / r.HOURS_PER_DAY) - clock.start
    whole = clock.horizon // r.DAYS_PER_QUARTER * r.DAYS_PER_QUARTER
    days = days[(days >= 0) & (days < whole)]
    # Quarters are those of the calendar that began with the warm-up, as the engine counts them.
    week = ((days + clock.start) % r.DAYS_PER_QUARTER // r.DAYS_PER_WEEK).astype(int)
    counted = np.bincount(week, minlength=WEEKS).astype(float)
    keys = [(number,) for number in range(1, WEEKS + 1)]
    return Figures(keys, 100.0 * counted / counted.sum() if len(days) else np.full(WEEKS, np.nan))


def _attainment(scenario: Scenario, arm: Arm, world: r.World) -> pd.DataFrame:
    """A rep's complete years: revenue in per cent of the quota in force, and variable pay of that year in k€."""
    import pandas as pd

    lines = tables.pay(scenario, arm.pay, world)
    lines = lines[lines["role"] == "rep"]
    year = (lines["day"] // r.DAYS_PER_YEAR + 1).astype(int)
    reviewed = lines["component"] == r.REVIEW_OF_YEAR
    paid = lines[~reviewed].groupby(["person", year[~reviewed]])["pay"].sum()
    out = pd.DataFrame({"person": lines["person"], "year": year, "attainment": 100.0 * lines["attainment"]})[reviewed]
    keys = list(zip(out["person"].tolist(), out["year"].tolist(), strict=True))
    return out.assign(pay=[float(paid.get(key, 0.0)) / 1000 for key in keys]).reset_index(drop=True)


# Where the same needs ended -----------------------------------------------------------------------------------------


def _needs(scenario: Scenario, world: r.World) -> pd.DataFrame:
    """The needs of accounts that fit, by account and occasion: how each ended, and its value in cents."""
    found = ends(Chronicle(world), float(scenario.money.gross_margin))
    found = found[world.prospects["viable"][found["place"].to_numpy()] == 1]
    kept: pd.DataFrame = found[["place", "occasion", "end", "value"]]
    return kept


def _fates(base: pd.DataFrame, mine: pd.DataFrame) -> pd.DataFrame:
    """Needs by their end under the reference and under the arm: number, and value at stake in k€."""
    both = base.merge(mine, on=["place", "occasion"], how="outer", suffixes=("_reference", "_arm"), sort=True)
    both["value"] = both[["value_reference", "value_arm"]].max(axis=1)
    for side in ("reference", "arm"):
        both[f"end_{side}"] = both[f"end_{side}"].fillna(NO_NEED)
    sums = both.groupby(["end_reference", "end_arm"], as_index=False).agg(count=("value", "size"),
                                                                          value=("value", "sum"))  # fmt: skip
    return sums.assign(value=sums["value"] / 100_000)
