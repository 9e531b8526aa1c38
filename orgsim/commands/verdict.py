"""The verdict of a comparison in one sentence: which differences are more than luck, and which are not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orgsim.experiments import metrics
from orgsim.experiments.statistics import beyond_luck

if TYPE_CHECKING:
    from orgsim.experiments.comparison import Comparison
    from orgsim.experiments.selection import Selection
    from orgsim.results import Arm

Row = dict[str, Any]
Rows = dict[tuple["Arm", str], Row]

MOST_NAMED = 6  # arms that the verdict names one by one as within luck
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def verdict(comparison: Comparison, rows: Rows) -> str:
    """One sentence: which differences to the reference in profit and in lead waste, or in the first two figures shown,
    are more than luck."""
    c = comparison
    reference = name_of(c, c.against)
    others = [arm for arm in c.arms if arm != c.against]
    if not others:
        return f"Only {reference} was run, so there is nothing to compare it with."
    if c.replicates < 2:
        return f"With one replicate no interval is possible, so no difference to {reference} can be told from luck."
    shown = list(dict.fromkeys(metric for _, metric in rows))
    found, lucky, plans = [], [], one_structure(c.arms)
    for metric in [metric for metric in metrics.MAIN if metric in shown] or shown[:2]:
        about = metrics.about(metric)
        real = [arm for arm in others if beyond_luck(rows[arm, metric], c.confidence)]
        said = []
        for sign in (1, -1):
            group = [arm for arm in real if sign * rows[arm, metric]["difference"] > 0]
            if group:
                amount = _amounts(group, about, rows, c)
                said.append(_phrase(about, _named(group, others, plans), len(group), amount, sign))
        lead = f" and {subject(about)} "
        found += [" and ".join(said).replace(lead, " and ")] if said else []
        rest = [arm for arm in others if arm not in real]
        if rest:
            few = len(rest) <= MOST_NAMED or not real
            who = _named(rest, others, plans) if few else f"the other {count(len(rest))}"
            what = "profit" if metric == "profit" else subject(about)
            lucky.append(f"the {what} of {who} ({_differences(rest, about, rows, c)})")
    if not found:
        return f"Against {reference}, no difference is more than luck would explain: {joined(lucky)}."
    luck = f"within luck: {joined(lucky)}" if lucky else "all of these differences are more than luck"
    return f"Against {reference}, {'; '.join(found)}; {luck}."


def by_itself(comparison: Comparison, rows: Rows) -> str | None:
    """What to say where intervals leave out 0 whose differences are not more than luck among all those shown."""
    c = comparison
    tested = [row for row in rows.values() if isinstance(row.get("p_adjusted"), float) and row["p_adjusted"] >= 0]
    alone = [row for row in tested if row["difference_low"] * row["difference_high"] > 0]
    alone = [row for row in alone if not beyond_luck(row, c.confidence)]
    if not alone:
        return None
    one = len(alone) == 1
    return (
        f"{'One difference' if one else f'{count(len(alone)).capitalize()} differences'} without * "
        f"{'has an interval that leaves' if one else 'have intervals that leave'} out 0. By "
        f"{'itself it' if one else 'themselves they'} would count; among {len(tested)} differences, luck alone easily "
        f"brings {'one' if one else 'some'} like {'it' if one else 'them'}."
    )


def name_of(found: Comparison | Selection, arm: Arm) -> str:
    """The arm, said to be today's where it is."""
    return f"today ({arm})" if arm == found.today else str(arm)


def subject(about: metrics.Metric) -> str:
    """A figure's title within a sentence."""
    head, _, rest = about.title.partition(", ")
    return f"{head[0].lower()}{head[1:]}{f' ({rest})' if rest else ''}"


def _phrase(about: metrics.Metric, who: str, many: int, amount: str, sign: int) -> str:
    if about.name == "profit":
        extra = f" a year {'more' if sign > 0 else 'less'} after leaders' pay"
        return f"{who} {'earns' if many == 1 else 'earn'} {amount.replace(' a year', extra, 1)}"
    return f"{subject(about)} {'rises' if sign > 0 else 'falls'} by {amount} with {who}"


def _amounts(group: list[Arm], about: metrics.Metric, rows: Rows, c: Comparison) -> str:
    """'73 k€ a year (95 % interval 61 to 84)' for one arm, '18 to 34 k€ a year' for several."""
    scale, unit = about.scale(c.years), _unit(about)
    sizes = sorted(abs(rows[arm, about.name]["difference"]) * scale for arm in group)
    if len(group) > 1:
        low, high = number(sizes[0]), number(sizes[-1])
        return f"about {low}{unit}" if low == high else f"{low} to {high}{unit}"
    row = rows[group[0], about.name]
    sign = 1 if row["difference"] >= 0 else -1
    low, high = sorted((sign * row["difference_low"] * scale, sign * row["difference_high"] * scale))
    sure = high - low < 1e-9 * max(1.0, high)
    interval = f"{percent(c.confidence)} interval {number(low)} to {number(high)}"
    return f"{number(sizes[0])}{unit} ({'the same in every replicate' if sure else interval})"


def _differences(group: list[Arm], about: metrics.Metric, rows: Rows, c: Comparison) -> str:
    scale, unit = about.scale(c.years), _unit(about)
    values = sorted(rows[arm, about.name]["difference"] * scale for arm in group)
    low, high = signed(values[0]), signed(values[-1])
    if len(group) == 1:
        row = rows[group[0], about.name]
        low_end, high_end, at_once = row["difference_low"], row["difference_high"], ""
        if low_end * high_end > 0 and "together_low" in row:
            low_end, high_end, at_once = row["together_low"], row["together_high"], " for all differences at once"
        ends = signed(low_end * scale), signed(high_end * scale)
        return f"{low}{unit}" if ends == (low, low) else f"{low}{unit}, {ends[0]} to {ends[1]}{at_once}"
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _unit(about: metrics.Metric) -> str:
    unit = "points" if about.kind == metrics.SHARE else about.unit
    return f" {unit}" if unit else ""


def _named(group: list[Arm], others: list[Arm], plans: bool) -> str:
    """Arms in few words: all of them, all under one pay plan, or one by one, by their plan where that says it all."""
    if len(group) == len(others) > 1:
        return "both alternatives" if len(others) == 2 else f"all {count(len(others))} alternatives"
    parts = []
    for pay in dict.fromkeys(arm.pay for arm in group):
        here = [arm for arm in group if arm.pay == pay]
        every = [arm for arm in others if arm.pay == pay]
        if len(here) == len(every) > 2:
            parts.append(f"all {count(len(here))} arms under {pay}")
        else:
            parts += [arm.pay if plans else str(arm) for arm in here]
    return joined(parts)


def one_structure(arms: Sequence[Arm]) -> bool:
    """Whether arms are pay plans under one structure."""
    return len({arm.structure for arm in arms}) == 1 < len(arms)


def count(many: int) -> str:
    """A number in words up to twelve."""
    return NUMBERS[many] if many < len(NUMBERS) else str(many)


def joined(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def percent(share: float) -> str:
    """'95 %'."""
    return f"{100 * share:g} %"


def number(value: float, digits: int | None = None) -> str:
    """A figure in few digits, '?' where there is none; never '-0'."""
    if not math.isfinite(value):
        return "?"
    digits = (0 if abs(value) >= 10 else 1) if digits is None else digits
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def signed(value: float, digits: int | None = None) -> str:
    """A figure with its sign."""
    text = number(value, digits)
    return text if text.startswith("-") or not math.isfinite(value) or float(text.replace(",", "")) == 0 else f"+{text}"
