"""What a sweep says, in plain words: what moves the response, how much of it is luck, where its sign turns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from orgsim.experiments.effects.effects import Effects

NAMED = 3  # factors and crossings that words name
LEVEL = 0.05
SMALL = 0.005  # a share that is shown as 0 %
SINGLE = ("factor", "first order")


def words(found: Effects) -> list[str]:
    """Sentences about one response, the most important first; notes on what is left out come last."""
    values = found.values[np.isfinite(found.values)]
    if (values == values[0]).all():
        return [f"{found.label}, {found.unit}: {amount(values[0], found)} at every point in every world.", *found.notes]
    lines = [_overall(found), *_variance(found), *of_kind(found)]
    if found.against is not None:
        lines += [signs_in_words(found), flips_in_words(found)]
    return [line for line in (*lines, *found.notes) if line]


def finding(found: Effects) -> str:
    """What the variance comes from, in one sentence; empty where that cannot be told."""
    return "".join(_variance(found))


def amount(value: float, found: Effects) -> str:
    """A value of the response in its shown unit, signed where it is a difference."""
    return figure(value * found.scale, signed=found.against is not None)


def decimals(value: float) -> int:
    """Decimals that show a value in three digits or more."""
    return 0 if abs(value) >= 100 or value == 0 else min(6, 2 - math.floor(math.log10(abs(value))))


def figure(value: float, signed: bool = False, digits: int | None = None) -> str:
    """A number in three digits, or all digits before the point; or with so many decimals."""
    if not math.isfinite(value):
        return "?"
    digits = decimals(value) if digits is None else digits
    text = f"{value:{'+' if signed else ''},.{digits}f}"
    return text if any(c in "123456789" for c in text) else "0"


def between(low: float, high: float, found: Effects) -> str:
    """An interval of the response; empty where there is none."""
    return "" if not math.isfinite(low) else f" ({amount(low, found)} to {amount(high, found)})"


def percent(row: Any, name: str = "share") -> str:
    """A share with its interval: '61 % (52 to 70)', ends kept within 0 and 100."""
    value = f"{_share(row[name]):.0f} %"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return value if not math.isfinite(low) else f"{value} ({_share(low):.0f} to {_share(high):.0f})"


def flips_in_words(found: Effects) -> str:
    """Where the sign turns, or that it does not."""
    if not found.curves:
        return ""
    others = ", the others at the base point" if found.kind == "one_at_a_time" else ", the others averaged"
    others = others if len(found.factors) > 1 else ""
    flips = found.flips
    sure = flips[flips["sure"]].to_dict("records")
    if sure:
        said = [f"{row['factor']} = {figure(row['at'])} ({figure(row['low'])} to {figure(row['high'])}), from "
                f"{_sign(row['before'])} to {_sign(row['after'])}" for row in sure[:NAMED]]  # fmt: skip
        return f"It flips at {'; at '.join(said)}{others}."
    if len(flips):
        row = flips.iloc[0]
        return (f"Its mean crosses zero at {row['factor']} = {figure(row['at'])}, but luck could do that: "
                f"no flip is sure in the ranges given{others}.")  # fmt: skip
    names = list(found.curves)
    return f"No flip in the range of {_and(names[:NAMED] + ['the others'] * (len(names) > NAMED))}{others}."


def signs_in_words(found: Effects) -> str:
    """How many points have which sign."""
    counts = dict(zip(found.signs["sign"], found.signs["points"], strict=True))
    total = sum(counts.values())
    return (f"The sign is + in {counts['+']:,} of {total:,} points, - in {counts['-']:,}, not separated from luck in "
            f"{counts['not separated']:,} (paired t tests, Holm over points).")  # fmt: skip


def _overall(found: Effects) -> str:
    if found.kind in ("one_at_a_time", "morris") or not found.complete:
        base = found.by_point.iloc[0]
        if found.kind != "one_at_a_time" or not math.isfinite(base["mean"]):
            return f"{found.label}, {found.unit}."
        return (f"{found.label}, {found.unit}: {amount(base['mean'], found)}"
                f"{between(base['low'], base['high'], found)} at the base point.")  # fmt: skip
    mean = found.mean
    where = "on average over the ranges" if found.kind not in ("grid", "list") else "on average over all points"
    return (f"{found.label}, {found.unit}: {amount(mean.value[0], found)}"
            f"{between(mean.low[0], mean.high[0], found)} {where}.")  # fmt: skip


def _variance(found: Effects) -> list[str]:
    table = found.variance
    whole = table[table["kind"] == "parameters"].iloc[0]
    if not math.isfinite(whole["share"]):
        return []
    luck = table[table["kind"] == "luck"].iloc[0]
    told = f"luck {percent(luck)}" if math.isfinite(luck["share"]) else "luck not told apart (one world)"
    if not found.beyond_luck:
        return [f"Parameters make {percent(whole)} of the variance of a run, {told}: not separated from nothing."]
    single = table[table["kind"].isin(SINGLE)].sort_values("share", ascending=False, kind="stable")
    if not len(single):
        what = "The points explain" if found.kind in ("list", "one_at_a_time") else "Parameters explain"
        return [f"{what} {percent(whole)} of the variance of a run, {told}."]
    named = [row for row in single.to_dict("records") if row["share"] > SMALL][:NAMED]
    said = [f"{row['term']} {percent(row)}" for row in named]
    if said:
        said[0] = f"{named[0]['term']} explains {percent(named[0])} of the variance over the ranges given"
    text = ", ".join(said) or "No factor by itself explains any of the variance"
    return [f"{text}; all parameters together {percent(whole)}, {told}."]


def of_kind(found: Effects) -> list[str]:
    """What this design tells beside shares of variance."""
    if found.main_effects is not None:
        sure = found.main_effects[found.main_effects["p_adjusted"] < LEVEL]
        rows = sure.loc[sure["effect"].abs().sort_values(ascending=False).index].to_dict("records")
        said = [f"{row['factor']} = {shown(row['level'])}: {figure(row['effect'] * found.scale, True)} "
                f"({figure(row['low'] * found.scale, True)} to {figure(row['high'] * found.scale, True)})"
                for row in rows[:NAMED]]  # fmt: skip
        every = f"Farthest from the mean of all points, {found.unit or 'as in a run'}: {'; '.join(said)}."
        return [every if said else "No level of any factor is beyond luck away from the mean of all points."]
    if found.kind == "one_at_a_time":
        changes = found.changes
        if not len(changes) or changes["change"].isna().all():
            return []
        row = changes.iloc[int(np.nanargmax(changes["change"].abs()))]
        text = f"{row['factor']} from {shown(row['base'])} to {shown(row['level'])}"
        ends = (f" ({figure(row['low'] * found.scale, True)} to {figure(row['high'] * found.scale, True)})"
                if math.isfinite(row["low"]) else "")  # fmt: skip
        largest = figure(row["change"] * found.scale, True)
        return [f"The largest change from the base point: {largest}{ends} {found.unit}, by {text}."]
    if found.kind == "morris" and found.complete:
        table = found.screening
        beyond = table[table["beyond_luck"].fillna(True).astype(bool)]
        first = [f"{row['factor']} ({figure(row['mu_star'] * found.scale)})"
                 for row in table.head(NAMED).to_dict("records")]  # fmt: skip
        return [f"Largest mean absolute effects over a whole range, {found.unit}: {_and(first)}; {len(beyond)} of "
                f"{len(table)} factors are beyond luck."]  # fmt: skip
    if found.kind in ("latin_hypercube", "sobol") and found.regression is not None and found.beyond_luck:
        r2 = found.regression["r2"].iloc[0]
        return [f"Straight lines in all factors explain {_share(r2):.0f} % of what parameters do."]
    return []


def shown(value: Any) -> str:
    """A value of a factor as a reader writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    return f"{float(value):,.0f}" if abs(value) >= 1000 else f"{float(value):.4g}"


def _share(value: float) -> float:
    return 100 * min(1.0, max(0.0, value))


def _sign(sign: float) -> str:
    return "+" if sign > 0 else "-"


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
