"""The counterfactual ledger: every need of the market under two arms, how it ended in each, and where they part.

Two arms of one replicate start from the same warm-up and share all luck, so an episode is matched by its account and
the number of its need. "No lead" and "no need arose" are ends too, which makes every need an entry in both columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from orgsim.clock import Clock
from orgsim.experiments.ledger import ends
from orgsim.experiments.ledger.chronicle import Chronicle
from orgsim.experiments.ledger.walk import Walk, walk
from orgsim.kpis import measure
from orgsim.results import Arm
from orgsim.scenario.load import known
from orgsim.scenario.schema import Scenario
from orgsim.simulation import check_key, warm_up
from orgsim.tables import account_id

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.ledger.parting import Parting, Step
    from orgsim.experiments.ledger.story import Story

MEASURES = ("count", "value", "margin_a", "margin_b", "margin_difference")
IN_CENTS = ("value", "deal", "revenue_a", "revenue_b", "margin_a", "margin_b", "repeat_a", "repeat_b")


@dataclass(frozen=True)
class Side:
    """One arm of a ledger: its name on tables, its walk, its log by account."""

    arm: Arm
    label: str
    walk: Walk
    chronicle: Chronicle = field(repr=False)


@dataclass
class Ledger:
    """Two arms in one world, need by need. Money is in euro over the horizon; times are in business days since its
    start."""

    scenario: Scenario
    seed: int
    replicate: int
    a: Side
    b: Side

    @cached_property
    def cents(self) -> pd.DataFrame:
        """One row for each need under way in the horizon of either arm, money in whole cents, times in hours.

        `place` is the account's position; `end_a`, `end_b` are keys of `ends.ENDS`; columns of an arm in which
        no need arose are empty (-1 for leads, 0 for money). `deal` is 0 where neither arm had a lead.
        """
        margin = float(self.scenario.money.gross_margin)
        one, two = (ends.ends(side.chronicle, margin) for side in (self.a, self.b))
        both = one.merge(two, on=["place", "occasion"], how="outer", suffixes=("_a", "_b"), sort=True)
        for name in ("value", "deal"):
            both[name] = both[[f"{name}_a", f"{name}_b"]].max(axis=1).astype(np.int64)
        for side in "ab":
            both[f"end_{side}"] = both[f"end_{side}"].fillna(ends.NO_NEED)
            both[f"lead_{side}"] = both[f"lead_{side}"].fillna(-1).astype(np.int64)
            for name in ("revenue", "margin", "repeat"):
                both[f"{name}_{side}"] = both[f"{name}_{side}"].fillna(0).astype(np.int64)
        both["viable"] = self.a.walk.world.prospects["viable"][both["place"]] == 1
        return both.drop(columns=["value_a", "value_b", "deal_a", "deal_b"])

    @cached_property
    def episodes(self) -> pd.DataFrame:
        """One row for each need under way in the horizon of either arm: prospect, occasion, segment, whether the
        account fits (`viable`), the end in each arm, value at stake, first-order revenue and margin, later orders of
        that customer (`repeat`), lead, day opened and closed; money in euro."""
        import pandas as pd

        from orgsim import tables

        cents, world = self.cents, self.a.walk.world
        place = cents["place"].to_numpy()
        table: dict[str, Any] = {
            "prospect": tables.account_id(world, place), "occasion": cents["occasion"],
            "segment": [self.segments[s] for s in world.prospects["segment"][place].tolist()],
            "viable": cents["viable"], "end_a": cents["end_a"], "end_b": cents["end_b"],
        }  # fmt: skip
        table |= {name: cents[name] / 100 for name in IN_CENTS}
        for name, side in (("a", self.a), ("b", self.b)):
            k = cents[f"lead_{name}"].to_numpy()
            own = tables.lead_id(side.walk.world, side.walk.world.leads[k])
            table[f"lead_{name}"] = np.where(k >= 0, own, -1)
            for moment in ("opened", "closed"):
                table[f"{moment}_{name}"] = self._days(cents[f"{moment}_{name}"])
        return pd.DataFrame(table)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments, in order."""
        from orgsim import tables

        names = tables.prospects(self.scenario, self.a.walk.world)["segment"].cat.categories
        return tuple(map(str, names))

    def _days(self, hours: Any) -> Any:
        from orgsim.engine.records import HOURS_PER_DAY

        return (hours - self.a.walk.world.firm["horizon_start"][0]) / HOURS_PER_DAY

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Needs of accounts that fit, by their end in both arms: count, value at stake, margin of first orders in each
        arm and its difference a - b; euro. Sums are exact to the cent."""
        return flows_of(self.cents)

    def cross_table(self, measure: str = "count", *, groups: bool = False) -> pd.DataFrame:
        """Ends under a (rows) by ends under b (columns), of needs of accounts that fit; a last row and column `all`.

        measure: count, value (at stake), margin_a, margin_b or margin_difference, in euro. groups: wasted, fair loss
        and open are not split.
        """
        known(measure, MEASURES, "measure")
        import pandas as pd

        fit = self.cents[self.cents["viable"]]
        amounts = np.ones(len(fit), np.int64) if measure == "count" else _measured(fit, measure)
        ways = {name: fit[f"end_{name}"].map(ends.GROUPS) if groups else fit[f"end_{name}"] for name in "ab"}
        order = ends.GROUP_ORDER if groups else tuple(ends.ENDS)
        kept = [end for end in order if ((ways["a"] == end) | (ways["b"] == end)).any()]
        out = pd.DataFrame(0, index=[*kept, "all"], columns=[*kept, "all"], dtype=np.int64)
        sums = pd.Series(amounts, index=fit.index).groupby([ways["a"], ways["b"]]).sum()
        for key, amount in sums.items():
            end_a, end_b = cast("tuple[str, str]", key)
            out.loc[end_a, end_b] = amount
        out["all"] = out.sum(axis=1)
        out.loc["all"] = out.sum(axis=0)
        return out if measure == "count" else out / 100

    @cached_property
    def signals(self) -> pd.DataFrame:
        """Leads that were never about a need, matched by account and signal: the end of each arm's lead (`no_lead`, or
        `met_a_need` where it is an episode there), and attempts made on it. They hold no value, only hours."""
        import pandas as pd

        from orgsim import tables

        one, two = (ends.signals(side.chronicle) for side in (self.a, self.b))
        both = one.merge(two, on=["place", "ordinal"], how="outer", suffixes=("_a", "_b"), sort=True)
        for name, side in (("a", self.a), ("b", self.b)):
            leads = side.walk.world.leads[: int(side.walk.world.firm["leads"][0])]
            known_here = set(zip(leads["prospect"].tolist(), leads["ordinal"].tolist(), strict=True))
            here = [key in known_here for key in zip(both["place"].tolist(), both["ordinal"].tolist(), strict=True)]
            both[f"end_{name}"] = both[f"end_{name}"].fillna(pd.Series(np.where(here, "met_a_need", "no_lead")))
            both[f"attempts_{name}"] = both[f"attempts_{name}"].fillna(0).astype(np.int64)
        both.insert(0, "prospect", tables.account_id(self.a.walk.world, both["place"].to_numpy()))
        return both.drop(columns="place")

    @cached_property
    def totals(self) -> pd.DataFrame:
        """What the ledger adds up to and what each run's own figures say, row by row; they agree, to the cent.

        The margin of a deal is rounded by itself here and month by month in a run's accounts, so it is not among them.
        """
        import pandas as pd

        columns = {}
        for name, side in (("a", self.a), ("b", self.b)):
            columns[f"ledger_{name}"], columns[f"run_{name}"] = self._sums(name, side), self._figures(side)
        return pd.DataFrame(columns).rename_axis("figure").reset_index()

    def _sums(self, name: str, side: Side) -> dict[str, float]:
        cents = self.cents
        end, fit = cents[f"end_{name}"], cents["viable"]
        start = float(side.walk.world.firm["horizon_start"][0])
        leads = int((cents[f"lead_{name}"] >= 0).sum()) + len(ends.signals(side.chronicle))
        before = sum(ends.repeat_orders(side.chronicle, start).values()) - int(cents[f"repeat_{name}"].sum())

        def value(*which: str) -> float:
            return int(cents.loc[fit & end.isin(which), "value"].sum()) / 100

        wasted = {f"waste_{cause}_value": value(cause) for cause in ends.WASTED}
        return {
            "leads": leads, "viable_leads": int((fit & (cents[f"lead_{name}"] >= 0)).sum()),
            "won": int((end == ends.WON).sum()), "lead_waste_count": int((fit & end.isin(ends.WASTED)).sum()),
            "missed_demand_count": int((fit & (end == ends.MISSED)).sum()), "demand_won_value": value(ends.WON),
            "demand_fair_loss_value": value(*ends.FAIR), "lead_waste_value": value(*ends.WASTED), **wasted,
            "missed_demand_value": value(ends.MISSED), "demand_open_value": value(ends.OPEN, ends.OPEN_NO_LEAD),
            "revenue_new": (int(cents[f"revenue_{name}"].sum()) - ends.taken_back(side.chronicle, start)) / 100,
            "revenue_repeat": (int(cents[f"repeat_{name}"].sum()) + before) / 100,
        }  # fmt: skip

    def _figures(self, side: Side) -> dict[str, float]:
        clock = Clock.of(self.scenario)
        months = clock.month_of
        kpis = measure(self.scenario, side.walk.world, int(months[clock.start]), int(months[clock.end - 1]) + 1)
        return {name: kpis[name] for name in self._sums("a", self.a)}

    def place_of(self, prospect: int) -> int:
        """Position of an account by its id; ScenarioError that names the nearest ids when there is none."""
        from orgsim.experiments.ledger.names import place_of

        return place_of(self, prospect)

    @cached_property
    def partings(self) -> dict[tuple[int, int], Parting]:
        """For each need whose histories differ, by (account's position, occasion): where they first differ, and where
        what happens parts."""
        from orgsim.experiments.ledger.parting import partings

        return partings(self)

    @cached_property
    def parted(self) -> pd.DataFrame:
        """One row for each need whose histories differ: the first difference (category, day, who, what each arm did,
        why), the turning point, and money; see `ledger_parting`."""
        from orgsim.experiments.ledger.parting import table

        return table(self)

    def divergences(self) -> pd.DataFrame:
        """Categories of decisions by how many needs differ there first, turn there and end differently, with euro."""
        from orgsim.experiments.ledger.parting import counted

        return counted(self)

    def first(self) -> Step | None:
        """The first decision or event of the whole firm in which the two logs differ; None if they never do."""
        from orgsim.experiments.ledger.firm import first

        return first(self)

    def worth_following(self, number: int = 5) -> pd.DataFrame:
        """Accounts with the largest difference in money between the arms: margin of first and later orders, euro."""
        import pandas as pd

        table = self.episodes
        rate = float(self.scenario.money.gross_margin)
        difference = (table["margin_a"] - table["margin_b"]).groupby(table["prospect"]).sum()
        orders = [self._orders(side) for side in (self.a, self.b)]
        later = rate * orders[0].sub(orders[1], fill_value=0.0)
        sums = pd.Series(difference.add(later, fill_value=0.0).round(2), name="margin_difference")
        sums = sums[sums != 0]
        largest = sums.loc[sums.abs().sort_values(ascending=False, kind="stable").index[:number]]
        return largest.rename_axis("prospect").reset_index()

    def story(self, prospect: int | str, language: str = "en") -> Story:
        """One account's story under both arms, need by need; printed, it reads as text.

        prospect: its id, or "SEGMENT:NUMBER" such as "core region:714" (`worth_following` names some). ScenarioError
        that names what is nearest where there is none. language: of what it says, en or fr.
        """
        from orgsim import language as spoken
        from orgsim.experiments.ledger.names import parse
        from orgsim.experiments.ledger.story import story

        said = spoken.language(known(language, spoken.languages(), "language"))
        return story([self], parse(self, str(prospect)), said)

    def _orders(self, side: Side) -> pd.Series[float]:
        """Euro of repeat orders in the horizon by account, those of accounts that were customers at its start too."""
        import pandas as pd

        found = ends.repeat_orders(side.chronicle, float(side.walk.world.firm["horizon_start"][0]))
        names = account_id(side.walk.world, np.array([place for place, _ in found], dtype=np.int64))
        euro = pd.Series(np.array(list(found.values()), dtype=float) / 100, index=names)
        return euro.groupby(level=0).sum()


def _measured(table: pd.DataFrame, measure: str) -> Any:
    if measure == "margin_difference":
        return (table["margin_a"] - table["margin_b"]).to_numpy()
    return table[measure].to_numpy()


def flows_of(cents: pd.DataFrame) -> pd.DataFrame:
    """Needs of accounts that fit, by end in a and in b, largest value first; `cents` as in `Ledger.cents`."""
    fit = cents[cents["viable"]]
    sums = fit.groupby(["end_a", "end_b"], as_index=False).agg(
        count=("value", "size"), value=("value", "sum"), margin_a=("margin_a", "sum"), margin_b=("margin_b", "sum")
    )
    sums["margin_difference"] = sums["margin_a"] - sums["margin_b"]
    for name in MEASURES[1:]:
        sums[name] = sums[name] / 100
    return sums.sort_values(["value", "end_a", "end_b"], ascending=[False, True, True], ignore_index=True)


def arm_named(scenario: Scenario, arm: Arm | str) -> Arm:
    """An arm by its name: "structure / pay", or a structure under today's pay; ScenarioError for unknown names."""
    if isinstance(arm, str):
        structure, _, pay = (part.strip() for part in arm.partition("/"))
        arm = Arm(structure, pay or scenario.today.pay)
    return Arm(known(arm.structure, scenario.structures, "structure"), known(arm.pay, scenario.pay, "pay plan"))


def labels(arms: list[Arm]) -> list[str]:
    """Short names that tell arms apart: structures, or pay plans where only these differ."""
    if len({arm.pay for arm in arms}) == 1:
        return [arm.structure for arm in arms]
    return [arm.pay for arm in arms] if len({arm.structure for arm in arms}) == 1 else [str(arm) for arm in arms]


def sides(scenario: Scenario, arms: list[Arm], seed: int, replicate: int) -> Iterator[Side]:
    """Each arm run in one world, from one shared warm-up under today's arm."""
    check_key(seed, replicate)
    today = Arm(scenario.today.structure, scenario.today.pay)
    warm = warm_up(scenario, today, seed, replicate, record=True)
    for arm, label in zip(arms, labels(arms), strict=True):
        way = walk(scenario, warm, arm)
        yield Side(arm, label, way, Chronicle(way.world))


def ledger(scenario: Scenario, a: Arm | str, b: Arm | str, *, seed: int = 0, replicate: int = 0) -> Ledger:
    """The counterfactual ledger of two arms in one world: the same warm-up, the same luck, need by need.

    a, b: arms, or their names, "structure / pay" or a structure under today's pay. seed, replicate: the key of all
    luck, as in `orgsim.run`. Raises ScenarioError (a ValueError) for unknown names and a key outside the range.
    """
    one, two = sides(scenario, [arm_named(scenario, arm) for arm in (a, b)], seed, replicate)
    return Ledger(scenario, seed, replicate, one, two)
