"""Leaders of the user's among the chairs: their reports are made, and their directives carried out as rights allow."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orgsim.engine import records as r
from orgsim.engine.handle import handle
from orgsim.engine.streams import report_uniforms
from orgsim.leadership.decide import attention_of, pace_of_chair, stop, view_of_chair
from orgsim.leadership.seat import (
    Bounded,
    Directives,
    FixedPlan,
    Leader,
    MarketingFigures,
    Report,
    SalesFigures,
    stayed,
)
from orgsim.scenario.errors import Problem, ScenarioError, cut, nearest, show
from orgsim.scenario.organisation import LEVERS, Structure
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES

BOUNDED = ("budget", "threshold")  # levers that the bounded leader moves too
MARKETING_FIGURES = 64  # number of the first figure of marketing in a report, for its luck
PROPOSED = ("brand_share", "threshold")  # the same, as directives name them
LEVER_OF = {"brand_share": "budget", "programme": "budget"}
Foresee = Callable[[r.World, "Council", int], float]


class Council:
    """The chairs of an arm that leaders of the user's have taken.

    leaders: by title of the chair, or "chief". Raises ScenarioError for unknown titles and for what cannot decide, all
    at once.
    """

    def __init__(
        self, scenario: Scenario, structure: Structure, leaders: Mapping[str, Leader], foresee: Foresee | None = None,
        *, anew: bool = True,
    ) -> None:
        titles = [*(chair.title for chair in structure.chairs), "chief"]
        if not isinstance(leaders, Mapping):
            message = f"found {show(leaders)}; a table of leaders by the title of their chair is needed"
            raise ScenarioError([Problem("leaders", None, "leaders", show(leaders), message, None)])
        problems = []
        for title, leader in leaders.items():
            if title not in titles:
                message = f"found {show(title)}, which is no chair; allowed: {cut(titles)}"
                problems.append(Problem("leaders", None, title, show(title), message, nearest(title, titles)))
            elif not callable(getattr(leader, "decide", None)):
                message = f"found {show(leader)}; a leader has a method decide(report) that returns Directives"
                problems.append(Problem("leaders", None, title, show(leader), message, None))
        if problems:
            raise ScenarioError(problems)
        self.scenario, self.structure, self.foresee = scenario, structure, foresee
        self.titles = titles
        self.leaders = {
            title: stayed(one) if anew else one for title, one in leaders.items() if not isinstance(one, Bounded)
        }
        self.decisions: list[dict[str, Any]] = []

    def take_chairs(self, world: r.World) -> None:
        """Note in the arm which levers the bounded leader leaves alone, because their holder is the user's."""
        for place, lever in enumerate(BOUNDED):
            world.arm["taken"][0, place] = self._right(lever).decides in self.leaders

    def _right(self, lever: str) -> Any:
        if not self.scenario.switches.rights and lever in ("budget", "threshold", "quota"):
            function = "sales" if lever == "quota" else "marketing"
            chair = self.structure.chairs[self.structure.leader(function)]
            return self.structure.right(lever).model_copy(update={"decides": chair.title, "proposals": False})
        return self.structure.right(lever)

    def holds(self, title: str) -> tuple[str, ...]:
        """Levers on which a chair decides, alone or jointly."""
        heads = {self.titles[self.structure.leader(function)] for function in ("sales", "marketing")}
        return tuple(
            lever for lever in LEVERS
            if (who := self._right(lever).decides) == title or (who == "joint" and title in heads)
        )  # fmt: skip

    def meet(self, world: r.World, day: int, since: int = 0) -> None:
        """Ask every leader, in the order of the chairs from place `since`, and do what they may decide."""
        begun = int(world.month_of[int(world.firm["phase_first"][0])])
        month = int(world.month_of[day]) - begun + 1
        months = int(world.month_of[int(world.firm["phase_last"][0])]) - begun + 1
        if (month - 1) % int(world.arm["review"][0]):
            return
        for place, title in enumerate(self.titles):
            leader = self.leaders.get(title)
            if leader is not None and place >= since:
                report = self.report(world, place, day, month, months)
                asked = leader.decide(report)
                if not isinstance(asked, Directives):
                    message = f"decide returned {show(asked)}; it must return Directives"
                    raise ScenarioError([Problem("leaders", None, title, show(asked), message, None)])
                self._carry_out(world, place, asked, day)

    # What a chair sees ------------------------------------------------------------------------------------------------

    def report(self, world: r.World, place: int, day: int, month: int, months: int) -> Report:
        """The report of a chair, by its place among the titles."""
        title = self.titles[place]
        leads = "heads" if title == "chief" else self.structure.chairs[place].leads
        firm = world.firm[0]
        perceived = {"sales": firm["seen_by_sales"], "marketing": firm["seen_by_marketing"]}
        both = (perceived["sales"] + perceived["marketing"]) / 2
        leader = self.leaders[title]
        look = self._look_ahead(world, place, day) if getattr(leader, "clairvoyant", False) else None
        return Report(
            chair=title, leads=leads, month=month, months=months, holds=self.holds(title),
            in_force=self.in_force(world),
            sales=self._sales(world, place, day, leads == "sales"),
            marketing=self._marketing(world, place, day, leads == "marketing"),
            alignment=float(perceived.get(leads, both)),
            hours=float(attention_of(handle(world), place, day)), try_out=look,
        )  # fmt: skip

    def in_force(self, world: r.World) -> Directives:
        """Where all levers stand."""
        firm = world.firm[0]
        names = list(self.scenario.devices)
        held = world.devices["named"].tolist()
        running = world.devices["running"].tolist()
        return Directives(
            brand_share=float(firm["brand_share"]), programme=float(firm["programme_scale"]),
            threshold=float(firm["threshold"]), routing=r.ROUTINGS[firm["routing"]], quota=float(firm["quota_scale"]),
            discount=float(firm["authority"]), hiring=bool(firm["hiring"]),
            sales_hours=dict(zip(REP_ACTIVITIES, firm["rep_directive"].tolist(), strict=False)),
            marketing_hours=dict(zip(MARKETER_ACTIVITIES, firm["marketer_directive"].tolist(), strict=False)),
            devices={name: bool(on) for name, has, on in zip(names, held, running, strict=True) if has},
        )  # fmt: skip

    def _look_ahead(self, world: r.World, place: int, day: int) -> Callable[[Directives], float] | None:
        if self.foresee is None:
            return None
        foresee, title = self.foresee, self.titles[place]

        def try_out(plan: Directives) -> float:
            # The others go on deciding as they are, their memories included; nothing of it comes back.
            leaders = {**copy.deepcopy(self.leaders), title: FixedPlan(plan)}
            ahead = r.World(**{name: array.copy() for name, array in world._asdict().items()})
            others = Council(self.scenario, self.structure, leaders, anew=False)
            others.meet(ahead, day, place)
            return foresee(ahead, others, day)

        return try_out

    def _month_seen(self, world: r.World, day: int, own: bool) -> int:
        delay = 0 if own else math.ceil(float(world.arm["sight"][0]))
        last = day - delay - 1
        return int(world.month_of[last + 1]) - 1 if last >= 0 else -1

    def _error(self, world: r.World, place: int, day: int, own: bool, first: int) -> Callable[[float], float]:
        """A function that blurs one figure after the other, each with its own luck, numbered from `first`."""
        if own or self._leads_both(place) or not self.scenario.switches.skill:
            return float
        chair = world.chairs[place]
        candidate = world.candidates[chair["candidate"]]
        skill = 0.5 * (candidate["selling"] + candidate["marketing"])
        spread = self.scenario.leadership.noise * (1 - float(world.arm["visibility"][0])) * math.exp(-0.5 * skill)
        count = first

        def blurred(value: float) -> float:
            nonlocal count
            z = report_uniforms(world.firm[0], int(chair["candidate"]), int(world.month_of[day]), count)
            count += 1
            return float(value) * math.exp(spread * z)

        return blurred

    def _sales(self, world: r.World, place: int, day: int, own: bool) -> SalesFigures | None:
        month = self._month_seen(world, day, own)
        if month < 0:
            return None
        row, seen = world.months[month], self._error(world, place, day, own, 0)
        hours = world.rep_hours[month].sum(axis=0)
        return SalesFigures(
            attempted=seen(row["attempted"]), sqls=seen(row["sqls"]), opportunities=seen(row["new_opportunities"]),
            won=seen(row["won"]), revenue_new=seen(row["cents"][r.REVENUE_NEW] / 100),
            revenue_repeat=seen(row["cents"][r.REVENUE_REPEAT] / 100), queued=seen(row["queued"]),
            open_opportunities=seen(row["opportunities"]), customers=seen(row["customers"]),
            hours={name: seen(booked) for name, booked in zip(REP_ACTIVITIES, hours.tolist(), strict=True)},
        )  # fmt: skip

    def _marketing(self, world: r.World, place: int, day: int, own: bool) -> MarketingFigures | None:
        month = self._month_seen(world, day, own)
        if month < 0:
            return None
        row, seen = world.months[month], self._error(world, place, day, own, MARKETING_FIGURES)
        hours = world.marketer_hours[month].sum(axis=0)
        return MarketingFigures(
            leads=seen(row["leads"]), mqls=seen(row["mqls"]), programme=seen(row["programme"] / 100),
            awareness_regular=seen(row["awareness_regular"]), awareness_outside=seen(row["awareness_outside"]),
            value_proposition=seen(row["value_proposition"]), field_knowledge=seen(row["field_knowledge"]),
            request_hours=seen(row["request_hours"]),
            hours={name: seen(booked) for name, booked in zip(MARKETER_ACTIVITIES, hours.tolist(), strict=True)},
        )  # fmt: skip

    def _leads_both(self, place: int) -> bool:
        return place < len(self.structure.chairs) and self.structure.chairs[place].leads == "both"

    # What a chair does ------------------------------------------------------------------------------------------------

    def _carry_out(self, world: r.World, place: int, asked: Directives, day: int) -> None:
        title, firm = self.titles[place], world.firm[0]
        pace = float(pace_of_chair(handle(world), place, day))
        for lever, wanted in asked.levers().items():
            right = self._right(LEVER_OF.get(lever, lever))
            proposes = self._function(place)
            alone = right.decides == title or (right.decides == "joint" and proposes and lever not in PROPOSED)
            if alone:
                left, why = self._past_veto(world, lever, wanted, day)
                done = self._set(world, firm, lever, left, pace)
            elif lever in PROPOSED and proposes and (right.decides == "joint" or right.proposals):
                firm[f"{'budget' if lever == 'brand_share' else 'threshold'}_by_{proposes}"] = wanted
                done, why = None, "proposed"
            else:
                done, why = None, f"{right.decides} decides"
            self.decisions.append(
                {"day": day, "chair": title, "lever": lever, "wanted": wanted, "now": done, "not_done": why}
            )

    def _function(self, place: int) -> str | None:
        for function in ("sales", "marketing"):
            if place == self.structure.leader(function):
                return function
        return None

    def _past_veto(self, world: r.World, lever: str, wanted: Any, day: int) -> tuple[Any, str]:
        """What another chair's veto leaves of a wish for the split of the programme or for the threshold, and a word of
        the veto where it takes something away."""
        if lever not in PROPOSED:
            return wanted, ""
        place = PROPOSED.index(lever)
        holder = int(world.arm[f"{BOUNDED[place]}_veto"][0])
        if holder < 0:
            return wanted, ""
        theirs = float(view_of_chair(handle(world), holder, place, day))
        left = float(stop(float(world.firm[lever][0]), float(wanted), theirs))
        return left, "" if left == float(wanted) else f"{self.titles[holder]} has a veto"

    def _set(self, world: r.World, firm: np.void | NDArray[Any], lever: str, wanted: Any, pace: float) -> Any:
        step = {"brand_share": "brand_share", "threshold": "threshold", "programme": "programme_scale",
                "quota": "quota_scale", "discount": "authority"}  # fmt: skip
        if lever in step:
            name = step[lever]
            firm[name] += pace * (float(wanted) - firm[name])
            if lever == "programme":
                firm["programme_set"] = 1
            return float(firm[name])
        if lever == "routing":
            firm["routing"] = r.ROUTINGS.index(wanted)
        elif lever == "hiring":
            firm["hiring"] = int(wanted)
        elif lever == "devices":
            self._hold(world, wanted)
        else:
            names = REP_ACTIVITIES if lever == "sales_hours" else MARKETER_ACTIVITIES
            directive = firm["rep_directive" if lever == "sales_hours" else "marketer_directive"]
            for activity, multiple in wanted.items():
                at = names.index(activity)
                directive[at] += pace * (float(multiple) - directive[at])
            firm["directed"] = 1
        return wanted

    def _hold(self, world: r.World, wanted: Mapping[str, bool]) -> None:
        names = list(self.scenario.devices)
        unknown = [name for name in wanted if name not in names]
        if unknown:
            raise ScenarioError(
                [Problem("directives", None, "devices", show(name), f"found {show(name)}; allowed: {cut(names)}",
                         nearest(name, names)) for name in unknown]
            )  # fmt: skip
        if self.scenario.switches.devices:
            for name, on in wanted.items():
                row = world.devices[names.index(name)]
                row["named"], row["running"], row["trigger"] = 1, int(on), math.inf
