"""The two curves of a pay plan: pay against attainment, and what one more unit of result is worth to a person.

Each figure is drawn from a tidy table made by the function of its name. The worth of a deal is the engine's own
(`engine.plan.deal_worth`), at forecasts that end near quota, at it and far from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from orgsim.contract import ROLES, Contract, Part, contract
from orgsim.engine.parameters import repeat_share
from orgsim.scenario.pay import WORK

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from orgsim.scenario.schema import Scenario

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
STYLES: tuple[Literal["-"], Literal["--"]] = ("-", "--")  # at the start of the period, late in it
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
FARTHEST = 2.0
STEPS, FINE = 40, 80  # points of the tables' curves, and of those drawn
FORECASTS = (0.5, 0.8, 1.0, 1.2, 1.5)
# Moments of a pay period, and the share of it that is left.
MOMENTS = {"start": 1.0, "quarter_left": 0.25}
MOMENT_WORDS = {"start": "at the period's start", "quarter_left": "with a quarter of it left"}


def pay_table(scenario: Scenario, plan: str) -> pd.DataFrame:
    """Pay of a year by role and component, euro before charges, when each pay period ends at an attainment.

    component: "total" (base pay and all components), "base", or the component's number; pay: on reaching the
    attainment; pay_before: just short of it, which is less where there is a jump. Prizes of contests are left out.
    """
    import pandas as pd

    rows = []
    for role in ROLES:
        own = contract(scenario, scenario.pay[plan], role)
        knots = {at for part in own.parts for at in part.curve.at if at <= FARTHEST}
        for attainment in sorted({round(FARTHEST * step / STEPS, 9) for step in range(STEPS + 1)} | knots):
            paid = {str(part.number): part.periods * part.curve.pay(attainment) for part in own.parts}
            jumps = {str(part.number): part.periods * _jump(part, attainment) for part in own.parts}
            paid = {"total": own.base + sum(paid.values()), "base": own.base, **paid}
            jumps = {"total": sum(jumps.values()), "base": 0.0, **jumps}
            for component, pay in paid.items():
                metric = own.parts[int(component) - 1].component.metric if component.isdigit() else ""
                rows.append(
                    {"plan": plan, "role": role, "component": component, "metric": metric, "attainment": attainment,
                     "pay_before": pay - jumps[component], "pay": pay}
                )  # fmt: skip
    return pd.DataFrame(rows)


def worth_table(scenario: Scenario, plan: str, forecasts: Sequence[float] = FORECASTS) -> pd.DataFrame:
    """What one more unit of result is worth to a person, euro expected for that period, by component.

    forecast: expected attainment at the end of the period, of which the part that has gone by is already reached;
    moment: "start" of the period, or "quarter_left"; deal: size of the next result, in the metric's unit;
    worth: euro per unit of the metric that it brings; deal_worth: euro that it brings. Contests are left out.
    """
    import pandas as pd

    rows = []
    for role in ROLES:
        for part in contract(scenario, scenario.pay[plan], role).parts:
            if part.prize:
                continue
            size, _ = _lump(scenario, part)
            for moment, left in MOMENTS.items():
                for forecast in forecasts:
                    worth = worth_of(scenario, part, forecast, left)
                    rows.append(
                        {"plan": plan, "role": role, "component": str(part.number), "metric": part.component.metric,
                         "scope": part.component.scope, "period": part.component.period, "moment": moment,
                         "forecast": forecast, "deal": size, "worth": worth, "deal_worth": worth * size}
                    )  # fmt: skip
    columns = ["plan", "role", "component", "metric", "scope", "period", "moment", "forecast", "deal", "worth",
               "deal_worth"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def curves_table(scenario: Scenario, plan: str) -> pd.DataFrame:
    """Both tables in one, a row for each point: curve "pay" (euro a year) or "worth" (euro per unit of the metric)."""
    import pandas as pd

    pay = pay_table(scenario, plan).rename(columns={"pay": "value"}).assign(curve="pay", moment="")
    worth = worth_table(scenario, plan).rename(columns={"worth": "value", "forecast": "attainment"})
    columns = ["plan", "role", "component", "metric", "curve", "moment", "attainment", "value"]
    return pd.concat([pay[columns], worth.assign(curve="worth")[columns]], ignore_index=True)


def worth_of(scenario: Scenario, part: Part, forecast: float, left: float) -> float:
    """Euro expected from one more deal per unit of result, for a forecast attainment and the share of the period left.

    As the engine foresees (`engine.forecast`): the part of the period that has gone by has brought its part of the
    forecast; of the rest so many deals of the usual sizes are expected, with their variance, and a forecast error that
    shrinks with the time left. Hours know no luck. A straight line pays the same for every unit.
    """
    from orgsim.engine.forecast import CERTAIN
    from orgsim.engine.plan import deal_worth

    if part.component.linear:
        return part.curve.slopes[0] / part.quota
    effort = scenario.effort
    size, cv = _lump(scenario, part)
    got, rest = forecast * (1.0 - left), forecast * left
    deals, variance = CERTAIN, 0.0
    if part.component.metric not in WORK[part.role]:
        shares = [(1.0, size / part.quota, cv)]
        if part.component.metric == "revenue":
            repeat, order = repeat_share(scenario), scenario.customers.order_value / part.quota
            shares = [(1.0 - repeat, size / part.quota, cv), (repeat, order, 0.0)]
        lumps = [(share * rest / lump, lump, spread) for share, lump, spread in shares if lump > 0]
        deals = sum(number for number, _, _ in lumps)
        variance = sum(number * lump * lump * (1.0 + spread * spread) for number, lump, spread in lumps)
    error = effort.forecast_error * math.sqrt(left)
    at, slopes, jumps = (np.array(values) for values in part.curve)
    gain: Callable[..., float] = deal_worth
    aversion = effort.risk_aversion
    return gain(at, slopes, jumps, got, rest, deals, variance, error, aversion, size / part.quota, cv) / part.quota


def _lump(scenario: Scenario, part: Part) -> tuple[float, float]:
    """Mean size of the next result in the metric's unit, and its coefficient of variation."""
    metric, market = part.component.metric, scenario.market
    if metric == "repeat_revenue":
        return scenario.customers.order_value, 0.0
    if metric in ("revenue", "new_revenue", "pipeline", "sourced_pipeline"):
        return market.deal_value, market.deal_cv
    return 1.0, 0.0


def _jump(part: Part, attainment: float) -> float:
    return sum(jump for at, jump in zip(part.curve.at, part.curve.jumps, strict=True) if at == attainment)


# Drawn -------------------------------------------------------------------------------------------------------------


def curves(scenario: Scenario, plan: str) -> Figure:
    """Pay against attainment, and the worth of one more unit of result: two panels for each role with variable pay."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    contracts = [contract(scenario, scenario.pay[plan], role) for role in ROLES]
    shown = [own for own in contracts if own.parts] or contracts
    figure = Figure(figsize=(10.5, 0.8 + 3.9 * len(shown)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(shown), 2, squeeze=False)
    pay = pay_table(scenario, plan)
    worth = worth_table(scenario, plan, [FARTHEST * step / FINE for step in range(1, FINE + 1)])
    for own, (left, right) in zip(shown, grid, strict=True):
        _draw_pay(left, own, pay[pay["role"] == own.role])
        _draw_worth(right, own, worth[worth["role"] == own.role])
    figure.suptitle(f"{heading(scenario, plan)}\n{scenario.headline}", fontsize=11)
    return figure


def heading(scenario: Scenario, plan: str) -> str:
    """A plan's title and name."""
    title = scenario.pay[plan].title
    return f"{title} ({plan})" if title else plan


def _draw_pay(axis: Axes, own: Contract, table: pd.DataFrame) -> None:
    total = table[table["component"] == "total"]
    x = np.repeat(100 * total["attainment"].to_numpy(), 2)
    y = np.column_stack([total["pay_before"], total["pay"]]).ravel() / 1000
    axis.fill_between([0, 100 * FARTHEST], own.base / 1000, color="#d9d9d9", linewidth=0, label="base pay")
    axis.plot(x, y, color=COLOURS[0], linewidth=2, label="base and variable pay")
    axis.set_title(f"Pay of a {own.role}", fontsize=10, loc="left")
    axis.set_ylabel("k€ a year, before charges")
    axis.set_xlabel("result of every pay period, % of quota")
    axis.set_ylim(0, 1.08 * max(1e-9, y.max()))
    _tidy(axis)
    axis.legend(fontsize=8, loc="lower right", frameon=True, framealpha=1, facecolor="white", edgecolor="none")


def _draw_worth(axis: Axes, own: Contract, table: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    parts = [part for part in own.parts if not part.prize]
    for place, part in enumerate(parts):
        rows = table[table["component"] == str(part.number)]
        for moment, style in zip(MOMENTS, STYLES, strict=True):
            here = rows[rows["moment"] == moment]
            first = (2 * place + (moment != "start")) % 8  # marks of lines that coincide stand side by side
            axis.plot(
                100 * here["forecast"], part.step * here["worth"], style, color=COLOURS[place], linewidth=1.8,
                marker=MARKS[place], markevery=(2 * first, 16), markersize=5,
                label=f"{part.name}, for each {part.unit}" if moment == "start" else None,
            )  # fmt: skip
    axis.set_title(f"What one more is worth to a {own.role}", fontsize=10, loc="left")
    axis.set_ylabel("€ expected")
    axis.set_xlabel("forecast for the end of the pay period, % of quota")
    _tidy(axis)
    axis.set_ylim(0, 1.08 * max(axis.get_ylim()[1], 1e-9))
    if not parts:
        axis.set_yticks([])
        axis.text(103, 0.5, "no result is paid for", transform=axis.get_xaxis_transform(), fontsize=9)
        return
    handles = axis.get_legend_handles_labels()[0]
    early, late = MOMENT_WORDS.values()
    handles += [Line2D([], [], color="#333333", linestyle=STYLES[0], label=early)]
    handles += [Line2D([], [], color="#333333", linestyle=STYLES[1], label=late)]
    axis.legend(handles=handles, frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _tidy(axis: Axes) -> None:
    axis.set_xlim(0, 100 * FARTHEST)
    axis.axvline(100, color="#888888", linewidth=0.8, linestyle=":")
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
