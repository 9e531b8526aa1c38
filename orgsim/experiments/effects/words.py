"""What a sweep says, in plain words: what moves the response, how much of it is luck, where its sign turns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from orgsim.experiments.effects.sensitivity import curve_degree
from orgsim.experiments.effects.sign import one_sided

if TYPE_CHECKING:
    from orgsim.experiments.effects.effects import Effects

NAMED = 3  # factors and crossings that words name
LEVEL = 0.05
SMALL = 0.005  # a share that is shown as 0 %
SINGLE = ("factor", "first order")
SAMPLES = ("latin_hypercube", "sobol")


def words(found: Effects) -> list[str]:
    """Sentences about one response, the most important first; notes on what is left out come last."""
    values = found.values[np.isfinite(found.values)]
    if (values == values[0]).all():
        where = "at every point in every world" if len(values) == found.values.size else "in every run there is"
        return [f"{found.label}, {found.unit}: {amount(values[0], found)} {where}.", *found.notes]
    lines = [*_one_world(found), _overall(found), _reference(found), *_variance(found), *of_kind(found)]
    if found.against is not None:
        lines += [signs_in_words(found), flips_in_words(found)]
    return list(dict.fromkeys(line for line in (*lines, *found.notes) if line))


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
    kept = [name for name, curve in found.curves.items() if one_sided(curve)]
    open_ = [name for name in found.curves if name not in kept]
    if not kept:
        return f"The mean does not cross zero in the range of {_few(open_)}{others}, but luck could hide a flip."
    more = f"; nor does the mean cross zero in that of {_few(open_)}, but luck could hide a flip there" if open_ else ""
    return f"No flip in the range of {_few(kept)}{others}{more}."


def signs_in_words(found: Effects) -> str:
    """How many points have which sign."""
    counts = dict(zip(found.signs["sign"], found.signs["points"], strict=True))
    total = sum(counts.values())
    return (f"The sign is + in {counts['+']:,} of {total:,} points, - in {counts['-']:,}, not separated from luck in "
            f"{counts['not separated']:,} (paired t tests, Holm over points).")  # fmt: skip


def _overall(found: Effects) -> str:
    if found.kind == "one_at_a_time" or not found.complete:
        base, alone = found.by_point.iloc[0], len(found.points) == 1
        if not (found.kind == "one_at_a_time" or alone) or not math.isfinite(base["mean"]):
            there = float(found.by_point["mean"].mean())
            return f"{found.label}, {found.unit}: {amount(there, found)} on average over the points that have runs."
        return (f"{found.label}, {found.unit}: {amount(base['mean'], found)}"
                f"{between(base['low'], base['high'], found)} at the {'only' if alone else 'base'} point.")  # fmt: skip
    mean = found.mean
    ranges = found.kind not in ("grid", "list", "morris")
    where = f"on average over {'the ranges' if ranges else 'all points'}"
    return (f"{found.label}, {found.unit}: {amount(mean.value[0], found)}"
            f"{between(mean.low[0], mean.high[0], found)} {where}.")  # fmt: skip


def _one_world(found: Effects) -> list[str]:
    return [note for note in found.notes if note.startswith("One world")]


def _reference(found: Effects) -> str:
    """What the arm that is taken off gives by itself."""
    if found.against is None or found.reference is None:
        return ""
    own = found.reference[np.isfinite(found.reference).any(axis=1)]
    means = np.nanmean(own, axis=1) * found.scale
    over = f" ({figure(means.min())} to {figure(means.max())} over the points)" if len(means) > 1 else ""
    return f"{found.against} by itself, {found.unit}: {figure(float(means.mean()))}{over}."


def _variance(found: Effects) -> list[str]:
    table = found.variance
    whole = table[table["kind"] == "parameters"].iloc[0]
    if not math.isfinite(whole["share"]) or _one_world(found):
        return []
    told = f"luck {_told(table[table['kind'] == 'luck'].iloc[0])}"
    if not found.beyond_luck:
        what = "figure" if found.against is None else "difference"
        start = "What parameters do to the variance cannot be told from luck" if _any_sure(found) else \
            f"No factor is seen to move this {what} by more than luck does"  # fmt: skip
        return [f"{start}: parameters make {_told(whole)} of the variance of a run, {told}."]
    single = table[table["kind"].isin(SINGLE)].sort_values("share", ascending=False, kind="stable")
    if not len(single):
        what = "The points explain" if found.kind in ("list", "one_at_a_time") else "Parameters explain"
        return [f"{what} {_told(whole)} of the variance of a run, {told}."]
    named = [row for row in single.to_dict("records") if row["share"] > SMALL][:NAMED]
    said = [f"{row['term']} {_told(row)}" for row in named]
    if said:
        over = "levels" if found.kind == "grid" else "ranges"
        said[0] = f"{named[0]['term']} explains {_told(named[0])} of the variance over the {over} given"
    alone = "curve of one factor" if found.kind in SAMPLES else "factor by itself"
    text = ", ".join(said) or f"No {alone} explains any of the variance"
    return [f"{text}; all parameters together {_told(whole)}, {told}."]


def _told(row: Any) -> str:
    """A share with its interval, or that it could be anything."""
    if row["share_low"] <= 0 and row["share_high"] >= 1:
        return f"{_share(row['share']):.0f} % (too few worlds to tell)"
    return percent(row)


def _any_sure(found: Effects) -> bool:
    """Whether any single effect is beyond luck, which is a sharper question than that of a variance."""
    if found.main_effects is not None:
        return bool((found.main_effects["p_adjusted"] < LEVEL).any())
    if found.kind == "one_at_a_time":
        return bool((found.changes["p_adjusted"] < LEVEL).any())
    return found.kind == "morris" and found.complete and any(found.screening["beyond_luck"].eq(True))


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
    if found.kind in SAMPLES and found.beyond_luck:
        return _of_sample(found)
    return []


def _of_sample(found: Effects) -> list[str]:
    """How much of what parameters do is straight lines, and how much is no curve of one factor."""
    lines = []
    if found.regression is not None:
        r2 = found.regression["r2"].iloc[0]
        names = found.regression["factor"].tolist()
        which = "all factors" if len(names) == len(found.names) else _few(names)
        lines.append(f"Straight lines in {which} explain {_share(r2):.0f} % of what parameters do.")
    rest = found.variance[found.variance["kind"] == "rest"].iloc[0]
    if rest["index"] > SMALL and rest["beyond_luck"] is not False:
        degree = curve_degree(found.used[0])
        lines.append(f"{percent(rest, 'index')} of what parameters do is in no curve of one factor: factors together, "
                     f"or shapes finer than polynomials of degree {degree}.")  # fmt: skip
    return lines


def shown(value: Any) -> str:
    """A value of a factor as a reader writes it."""
    if value is None or isinstance(value, str):
        return "not set" if value is None else value
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(bool(value)).lower()
    return f"{float(value):,.0f}" if abs(value) >= 1000 else f"{float(value):.4g}"


def _share(value: float) -> float:
    return 100 * min(1.0, max(0.0, value))


def _sign(sign: float) -> str:
    return "+" if sign > 0 else "-"


def _few(names: Sequence[str]) -> str:
    return _and([*names[:NAMED], *["the others"] * (len(names) > NAMED)])


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
