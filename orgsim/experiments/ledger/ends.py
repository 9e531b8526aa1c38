"""How each need of the market ended in one run, and what it brought: the rows of the counterfactual ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import Chronicle

if TYPE_CHECKING:
    import pandas as pd

WON, OPEN, OPEN_NO_LEAD, MISSED, NO_NEED = "won", "open", "open_no_lead", "missed", "no_need"
FAIR = ("lost_rival", "no_decision", "disqualified", "refused", "lapsed")
WASTED = r.WASTE_CAUSES[1:]
# All ends, in the order in which they are shown; words for them are in the catalogues (`story.end`).
ENDS = ("won", "lost_rival", "no_decision", "lapsed", "disqualified", "refused", *WASTED, "missed", "open",
        "open_no_lead", "no_need")  # fmt: skip
# The same in few groups, for a table that fits a screen.
GROUPS: dict[str, str] = {
    **dict.fromkeys(ENDS, "fair loss"), "won": "won", **dict.fromkeys(WASTED, "wasted"), "missed": "missed",
    "open": "open", "open_no_lead": "open", "no_need": "no need",
}  # fmt: skip
GROUP_ORDER = ("won", "fair loss", "wasted", "missed", "open", "no need")


def ends(chronicle: Chronicle, gross_margin: float) -> pd.DataFrame:
    """One row for each need that was under way at some time of the horizon, by account (`place`) and `occasion`.

    `end` is a key of ENDS, never `no_need`; `lead` the number of the lead about it, -1 for none; `opened` and `closed`
    in business hours. `value` (V at stake), `deal`, `revenue`, `margin` (of the first order, discount and cancellation
    taken off) and `repeat` (later orders of that customer in the horizon) are in cents.
    """
    import pandas as pd

    world = chronicle.world
    start = float(world.firm["horizon_start"][0])
    opens = chronicle.activity == r.NOTE_NEED
    table = pd.DataFrame(
        {
            "place": chronicle.place[opens], "occasion": chronicle.occasion[opens], "opened": chronicle.time[opens],
            "value": chronicle.amount[opens],
        }
    )  # fmt: skip
    leads = _about_a_need(world)
    table = table.merge(leads, on=["place", "occasion"], how="left")
    gone = chronicle.activity == r.NOTE_MISSED
    missed = pd.DataFrame({"place": chronicle.place[gone], "occasion": chronicle.occasion[gone],
                           "missed": chronicle.time[gone]})  # fmt: skip
    table = table.merge(missed, on=["place", "occasion"], how="left")
    table["lead"] = table["lead"].fillna(-1).astype(np.int64)
    table["closed"] = table["closed"].where(table["lead"] >= 0, table["missed"])
    without = table["lead"] < 0
    table["end"] = table["end"].where(~without, np.where(table["missed"].isna(), OPEN_NO_LEAD, MISSED))
    for name in ("deal", "given"):
        table[name] = table[name].fillna(0).astype(np.int64)
    table = table[~(table["closed"] < start)].drop(columns="missed").reset_index(drop=True)
    return _with_money(table, chronicle, start, gross_margin)


def _about_a_need(world: r.World) -> pd.DataFrame:
    import pandas as pd

    leads = world.leads[: int(world.firm["leads"][0])]
    rows = np.flatnonzero(leads["episode"] > 0)
    leads = leads[rows]
    outcome = np.array(r.OUTCOMES, dtype=object)[leads["outcome"]]
    cause = np.array(r.WASTE_CAUSES, dtype=object)[leads["cause"]]
    given = np.where(leads["outcome"] == r.WON, np.floor(leads["discount"] * leads["deal"] + 0.5), 0)
    return pd.DataFrame(
        {
            "place": leads["prospect"].astype(np.int64), "occasion": leads["episode"].astype(np.int64), "lead": rows,
            "closed": leads["closed"], "deal": leads["deal"], "given": given.astype(np.int64),
            "end": np.where(leads["cause"] == r.FAIR, outcome, cause),
        }
    )  # fmt: skip


def _with_money(table: pd.DataFrame, chronicle: Chronicle, start: float, gross_margin: float) -> pd.DataFrame:
    cancelled = np.isin(table["lead"], chronicle.lead[chronicle.activity == r.NOTE_CANCELLED])
    kept = (table["end"] == WON) & ~cancelled
    deal = table["deal"].to_numpy()
    table["revenue"] = np.where(kept, deal - table["given"], 0)
    cost = deal - np.floor(gross_margin * deal + 0.5).astype(np.int64)
    table["margin"] = np.where(kept, table["revenue"] - cost, 0)
    sums = repeat_orders(chronicle, start)
    keys = list(zip(table["place"].tolist(), table["occasion"].tolist(), strict=True))
    table["repeat"] = np.array([sums.get(key, 0) for key in keys], dtype=np.int64)
    return table.drop(columns="given")


def repeat_orders(chronicle: Chronicle, start: float) -> dict[tuple[int, int], int]:
    """Cents of repeat orders since a time, by account and the occasion that made it a customer; 0 stands for accounts
    that were customers before their first need."""
    rows = (chronicle.activity == r.NOTE_ORDER) & (chronicle.lead < 0) & (chronicle.time >= start)
    keys = zip(chronicle.place[rows].tolist(), chronicle.occasion[rows].tolist(), strict=True)
    sums: dict[tuple[int, int], int] = {}
    for key, cents in zip(keys, chronicle.amount[rows].tolist(), strict=True):
        sums[key] = sums.get(key, 0) + cents
    return sums


def taken_back(chronicle: Chronicle, start: float) -> int:
    """Cents of first orders that were signed before a time and cancelled since."""
    rows = (chronicle.activity == r.NOTE_CANCELLED) & (chronicle.time >= start)
    before = chronicle.world.leads["closed"][chronicle.lead[rows]] < start
    return int(chronicle.amount[rows][before].sum())


def is_customer(chronicle: Chronicle, place: int, time: float) -> bool:
    """Whether an account is a customer at a time, from what the log tells before and after it."""
    after = None
    state = None
    for line in chronicle.lines(place):
        if line.activity in (r.NOTE_ORDER, r.NOTE_LEFT, r.NOTE_CANCELLED, r.NOTE_NEED, r.NOTE_MISSED):
            if line.time < time:
                state = line.activity == r.NOTE_ORDER
            elif after is None:
                after = line.activity in (r.NOTE_ORDER, r.NOTE_LEFT)
    if state is not None:
        return state
    return bool(chronicle.world.prospects["state"][place] == r.CUSTOMER) if after is None else after


def signals(chronicle: Chronicle) -> pd.DataFrame:
    """Leads of the horizon that were never about a need, by account and `ordinal`: how each ended, and attempts."""
    import pandas as pd

    world = chronicle.world
    leads = world.leads[: int(world.firm["leads"][0])]
    rows = np.flatnonzero((leads["episode"] <= 0) & ~(leads["closed"] < world.firm["horizon_start"][0]))
    leads = leads[rows]
    outcome: NDArray[np.object_] = np.array(r.OUTCOMES, dtype=object)[leads["outcome"]]
    return pd.DataFrame(
        {
            "place": leads["prospect"].astype(np.int64), "ordinal": leads["ordinal"].astype(np.int64),
            "end": outcome, "attempts": leads["touches"].astype(np.int64),
        }
    )  # fmt: skip
