"""What a person reads: tables on standard error, the verdict in one sentence, and the same content as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orgsim.experiments.store import plain

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.compare import Comparison
    from orgsim.results import Arm, Run

Row = dict[str, Any]
Rows = dict[tuple["Arm", str], Row]

LEVEL = 0.05
ENDLESS = 10_000
MOST_NAMED = 6  # arms that the verdict names one by one as within luck
MONEY = {
    "revenue": "Revenue",
    "gross_margin": "Gross margin",
    "profit_before_leaders": "Profit before\nleaders' pay",
    "profit": "Profit after\nleaders' pay",
}
LEADS = {"lead_waste_share": "Waste,\n% of value", "lead_waste_value": "Waste,\nk€ a year",
         "missed_demand_value": "Missed demand,\nk€ a year"}  # fmt: skip
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def console() -> Console:
    """Standard error, where everything for the eye goes."""
    return Console(stderr=True, highlight=False, emoji=False)


# A comparison as data ----------------------------------------------------------------------------------------------

_FIGURES = ("mean", "low", "high", "difference", "difference_low", "difference_high", "share_above",
            "variance_reduction", "p_adjusted")  # fmt: skip


def by_arm(table: pd.DataFrame) -> Rows:
    """The rows of a table by arm and metric."""
    from orgsim.results import Arm

    records: list[Row] = table.to_dict("records")  # type: ignore[assignment]
    return {(Arm(row["structure"], row["pay"]), row["metric"]): row for row in records}


def as_data(comparison: Comparison, summary: pd.DataFrame, files: Sequence[str]) -> dict[str, Any]:
    """A comparison as one document: settings, arms with all their figures (euro over the horizon), verdict, files."""
    rows, scenario = by_arm(summary), comparison.scenario
    arms = [
        {
            "structure": arm.structure,
            "pay": arm.pay,
            "equal_to_today": comparison.equal_by_construction(arm),
            "metrics": {m: {k: rows[a, m].get(k) for k in _FIGURES} for a, m in rows if a == arm},
        }
        for arm in comparison.arms
    ]
    signs = comparison.signs_kept().to_dict("records") if comparison.uncertain else None
    document = {
        "scenario": scenario.name, "seed": comparison.seed, "replicates": comparison.replicates,
        "years": comparison.years, "start": comparison.start, "budget": comparison.budget,
        "uncertain": comparison.uncertain,
        "today": {"structure": comparison.today.structure, "pay": comparison.today.pay}, "arms": arms,
        "verdict": verdict(comparison, rows), "assumptions": scenario.notes.assumed,
        "measured": scenario.notes.measured, "signs_kept": signs, "files": list(files),
    }  # fmt: skip
    data: dict[str, Any] = plain(document)
    return data


# The verdict -------------------------------------------------------------------------------------------------------


def beyond_luck(row: Row) -> bool:
    """Whether a difference to today's arm stays after Holm's correction for all differences shown."""
    p = row.get("p_adjusted")
    return isinstance(p, float) and p < LEVEL


def verdict(comparison: Comparison, rows: Rows) -> str:
    """One sentence: which differences to today's arm in profit and in lead waste are more than luck."""
    today = f"today ({comparison.today})"
    others = [arm for arm in comparison.arms if arm != comparison.today]
    if not others:
        return f"Only {today} was run, so there is nothing to compare it with."
    if comparison.replicates < 2:
        return f"With one replicate no interval is possible, so no difference to {today} can be told from luck."
    year = 1000 * comparison.years
    found, lucky, plans = [], [], one_structure(comparison.arms)
    for metric, name, words in (
        ("profit", "profit", (_earns("more"), _earns("less"))),
        ("lead_waste_value", "lead waste", (_waste("rises"), _waste("falls"))),
    ):
        real = [arm for arm in others if beyond_luck(rows[arm, metric])]
        said = []
        for phrase, sign in zip(words, (1, -1), strict=True):
            group = [arm for arm in real if sign * rows[arm, metric]["difference"] > 0]
            if group:
                said.append(phrase(_named(group, others, plans), len(group), _amounts(group, metric, rows, year)))
        found += [" and ".join(said).replace("and lead waste ", "and ")] if said else []
        rest = [arm for arm in others if arm not in real]
        if rest:
            few = len(rest) <= MOST_NAMED or not real
            who = _named(rest, others, plans) if few else f"the other {_count(len(rest))}"
            lucky.append(f"the {name} of {who} ({_differences(rest, metric, rows, year)})")
    if not found:
        return f"Against {today}, no difference is more than luck would explain: {_joined(lucky)}."
    luck = f"within luck: {_joined(lucky)}" if lucky else "none of these differences is within luck"
    return f"Against {today}, {'; '.join(found)}; {luck}."


def _earns(more: str) -> Callable[[str, int, str], str]:
    return lambda who, count, amount: (
        f"{who} {'earns' if count == 1 else 'earn'} "
        + amount.replace(" a year", f" a year {more} after leaders' pay", 1)
    )


def _waste(moves: str) -> Callable[[str, int, str], str]:
    return lambda who, count, amount: f"lead waste {moves} by {amount} with {who}"


def _amounts(group: list[Arm], metric: str, rows: Rows, year: float) -> str:
    """'73 k€ a year (95 % interval 61 to 84)' for one arm, '18 to 34 k€ a year' for several."""
    sizes = sorted(abs(rows[arm, metric]["difference"]) / year for arm in group)
    if len(group) > 1:
        low, high = _number(sizes[0]), _number(sizes[-1])
        return f"about {low} k€ a year" if low == high else f"{low} to {high} k€ a year"
    row = rows[group[0], metric]
    low, high = sorted((abs(row["difference_low"]) / year, abs(row["difference_high"]) / year))
    sure = high - low < 1e-9 * max(1.0, high)
    interval = "the same in every replicate" if sure else f"95 % interval {_number(low)} to {_number(high)}"
    return f"{_number(sizes[0])} k€ a year ({interval})"


def _differences(group: list[Arm], metric: str, rows: Rows, year: float) -> str:
    values = sorted(rows[arm, metric]["difference"] / year for arm in group)
    low, high = _signed(values[0]), _signed(values[-1])
    if len(group) == 1:
        row = rows[group[0], metric]
        ends = _signed(row["difference_low"] / year), _signed(row["difference_high"] / year)
        return f"{low} k€ a year" if ends == (low, low) else f"{low} k€ a year, {ends[0]} to {ends[1]}"
    return f"{low} k€ a year" if low == high else f"{low} to {high} k€ a year"


def _named(group: list[Arm], others: list[Arm], plans: bool) -> str:
    """Arms in few words: all of them, all under one pay plan, or one by one, by their plan where that says it all."""
    if len(group) == len(others) > 1:
        return "both alternatives" if len(others) == 2 else f"all {_count(len(others))} alternatives"
    parts = []
    for pay in dict.fromkeys(arm.pay for arm in group):
        here = [arm for arm in group if arm.pay == pay]
        every = [arm for arm in others if arm.pay == pay]
        if len(here) == len(every) > 2:
            parts.append(f"all {_count(len(here))} arms under {pay}")
        else:
            parts += [arm.pay if plans else str(arm) for arm in here]
    return _joined(parts)


def _count(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _number(value: float, digits: int | None = None) -> str:
    if not math.isfinite(value):
        return "?"
    digits = (0 if abs(value) >= 10 else 1) if digits is None else digits
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def _signed(value: float, digits: int | None = None) -> str:
    text = _number(value, digits)
    return text if text.startswith("-") or not math.isfinite(value) or float(text.replace(",", "")) == 0 else f"+{text}"


# Tables ------------------------------------------------------------------------------------------------------------


def show_comparison(comparison: Comparison, summary: pd.DataFrame, files: Sequence[str], command: str) -> None:
    """Print a comparison for an executive: money, leads, the verdict, what it rests on, and how to get it again."""
    out, rows, c = console(), by_arm(summary), comparison
    title = c.scenario.headline
    runs = f"{c.replicates} paired replicates" if c.replicates > 1 else "1 replicate"
    settings = [f"{c.years:g} year{'' if c.years == 1 else 's'}", runs, f"seed {c.seed}"]
    settings += ["each arm starts as its own firm"] if c.start == "own" else []
    settings += ["equal budgets"] if c.budget == "equal" else []
    settings += ["assumed parameters drawn anew in each replicate"] if c.uncertain else []
    out.print()
    out.print(Text(title, style="bold"))
    out.print(Text(" · ".join(settings), style="dim"))
    _show_arms(out, c, rows, "Money, k€ a year", MONEY)
    _show_arms(out, c, rows, "Leads", LEADS)
    out.print()
    if len(c.arms) > 1 and c.replicates > 1:
        count = sum(1 for row in rows.values() if isinstance(row.get("p_adjusted"), float) and row["p_adjusted"] >= 0)
        _line(out, "Mean ± half of the 95 % interval; below it the difference to today. * = more than luck: "
                   f"p < {LEVEL} after Holm's correction for all {count} differences.", "dim")  # fmt: skip
    elif c.replicates < 2:
        _line(out, "One replicate: no interval is possible. Give --replicates 2 or more.", "yellow")
    equal = [arm for arm in c.arms if c.equal_by_construction(arm)]
    if equal:
        _line(out, f"{_joined([str(arm) for arm in equal])}: equal to today's by construction "
                   "(but for leaders' own pay).", "dim")  # fmt: skip
    out.print()
    _line(out, verdict(c, rows), "bold")
    out.print()
    for note in (*c.notes(), c.scenario.notes.assumed, c.scenario.notes.measured):
        if note:
            _line(out, note)
    if c.uncertain and len(c.arms) > 1:
        _signs_table(out, c)
    gains = [float(row.get("variance_reduction", math.nan)) for row in rows.values()]
    gains = [gain for gain in gains if math.isfinite(gain)]
    out.print()
    if gains:
        _line(out, f"Pairing made differences as precise as about {_number(median(gains))} times as many independent "
                   "runs (median).", "dim")  # fmt: skip
    show_files(files)
    other = next((arm.structure for arm in c.arms if arm.structure != c.today.structure), None)
    if other is not None:
        why = f"Why: orgsim attribute {c.scenario.name} --structure {other}"
        out.print(Text(why, style="dim"), soft_wrap=True)
    out.print(Text(f"Again: {command}", style="dim"), soft_wrap=True)


def show_files(files: Sequence[str]) -> None:
    """Say where results lie, by folder."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(str(Path(file).parent), []).append(Path(file).name)
    for folder, names in folders.items():
        _line(console(), f"Written to {folder}: {', '.join(names)}", "dim")


def _line(out: Console, text: str, style: str = "") -> None:
    out.print(Text(text, style=style))


def _show_arms(out: Console, c: Comparison, rows: Rows, title: str, metrics: dict[str, str]) -> None:
    """Print metrics by arm in the fullest form that fits: intervals with both ends, with ±, or in several tables."""
    for wide in (True, False):
        table = _arms_table(c, rows, title, metrics, wide)
        needed = out.measure(table, options=out.options.update(width=ENDLESS)).maximum
        if needed <= out.width or (len(metrics) == 1 and not wide):
            out.print()
            out.print(table)
            return
    parts, half = list(metrics.items()), (len(metrics) + 1) // 2
    _show_arms(out, c, rows, title, dict(parts[:half]))
    _show_arms(out, c, rows, title, dict(parts[half:]))


def _arms_table(c: Comparison, rows: Rows, title: str, metrics: dict[str, str], wide: bool) -> Table:
    table = _table(title)
    table.add_column("", no_wrap=True)
    for heading in metrics.values():
        table.add_column(heading, justify="right", no_wrap=True)
    scales = {metric: 100.0 if metric.endswith("share") else 1e-3 / c.years for metric in metrics}
    digits = {m: 1 if m.endswith("share") or _largest(c, rows, m) * scales[m] < 100 else 0 for m in metrics}
    plans = dict.fromkeys(arm.pay for arm in c.arms)
    only = one_structure(c.arms)  # then each plan has one line, not a heading
    for pay in plans:
        if not only:
            if table.row_count:
                table.add_row()
            table.add_row(Text(f"Pay: {pay}", style="italic"))
        for arm in (arm for arm in c.arms if arm.pay == pay):
            today = arm == c.today
            name = arm.pay if only else f"  {arm.structure}"
            label = Text(name) + Text(" (today)" if today else "", style="bold cyan")
            table.add_row(label, *(_mean(rows[arm, m], scales[m], digits[m]) for m in metrics))
            if not today:
                same = c.equal_by_construction(arm)
                cells = (_difference(rows[arm, m], scales[m], digits[m], wide, same and m != "profit") for m in metrics)
                table.add_row(Text("    vs today", style="dim"), *cells)
    return table


def one_structure(arms: Sequence[Arm]) -> bool:
    """Whether arms are pay plans under one structure."""
    return len({arm.structure for arm in arms}) == 1 < len(arms)


def _largest(c: Comparison, rows: Rows, metric: str) -> float:
    return max(abs(float(rows[arm, metric]["mean"])) for arm in c.arms)


def _mean(row: Row, scale: float, digits: int) -> Text:
    half = (row["high"] - row["mean"]) * scale
    mean = _number(row["mean"] * scale, digits)
    return Text(mean if not math.isfinite(half) else f"{mean} ± {_number(half, digits)}")


def _difference(row: Row, scale: float, digits: int, wide: bool, same: bool) -> Text:
    if same:
        return Text("equal", style="dim")
    mean = _signed(row["difference"] * scale, digits)
    low, high = row["difference_low"] * scale, row["difference_high"] * scale
    if not math.isfinite(low):
        return Text(mean, style="dim")
    half = _number((high - low) / 2, digits)
    real = beyond_luck(row)
    interval = f"({_signed(low, digits)} to {_signed(high, digits)})" if wide else f"± {half}"
    return Text(f"{mean} {interval}{'*' if real else ' '}", style="bold" if real else "dim")


def _signs_table(out: Console, c: Comparison) -> None:
    """Share of draws of the assumed parameters in which each difference to today keeps the sign of its mean."""
    shown = {"revenue": "Revenue", "profit": "Profit after leaders", "lead_waste_value": "Lead waste",
             "missed_demand_value": "Missed demand"}  # fmt: skip
    kept = by_arm(c.signs_kept())
    table = _table("Share of draws of the assumed parameters that keep the sign of the difference to today")
    table.add_column("")
    for heading in shown.values():
        table.add_column(heading, justify="right")
    for arm in c.arms:
        if arm != c.today:
            cells = [kept[arm, metric] for metric in shown]
            shares = (f"{_sign(row['sign'])} in {100 * row['draws_that_keep_it']:.0f} %" for row in cells)
            table.add_row(str(arm), *shares)
    out.print()
    out.print(table)


def _sign(value: float) -> str:
    return "more" if value > 0 else "less" if value < 0 else "equal"


def _table(title: str | None = None) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False,
                 padding=(0, 1), collapse_padding=True)  # fmt: skip


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print a plain table; columns whose number is in `right` are set flush right."""
    table = _table()
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place in right else "left", overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def show_run(run: Run, files: Sequence[str]) -> None:
    """Print the key figures of one run, and the facts that say how big it was."""
    out = console()
    years = run.scenario.time.years
    out.print()
    out.print(Text(run.scenario.title or run.scenario.name, style="bold"))
    facts = run.facts
    _line(out, f"{run.arm} · seed {run.seed}, replicate {run.replicate} · {facts['prospects']:,.0f} prospects, "
               f"{facts['employees']:.0f} employees, {facts['business_days']:,.0f} business days with warm-up, "
               f"{facts['seconds']:.2f} s", "dim")  # fmt: skip
    kpis = run.kpis
    rows = [[name.replace("\n", " "), _number(kpis[metric] / 1000 / years), "k€ a year"]
            for metric, name in MONEY.items()]  # fmt: skip
    rows.append(["Lead waste, share of value", _number(100 * kpis["lead_waste_share"], 1), "%"])
    rows += [[name, _number(kpis[metric] / 1000 / years), "k€ a year"] for metric, name in (
        ("lead_waste_value", "Lead waste"), ("missed_demand_value", "Missed demand"))]  # fmt: skip
    rows += [[name, _number(kpis[metric] / years, 0), "a year"] for metric, name in (
        ("leads", "Leads"), ("mqls", "Handed over"), ("opportunities", "Opportunities"), ("won", "Won"))]  # fmt: skip
    show_table(["Key figure", "Value", "Unit"], rows, right=(1,))
    _line(out, "One run is one draw of luck: compare arms with `orgsim compare`.", "dim")
    if run.scenario.notes.assumed:
        _line(out, run.scenario.notes.assumed)
    show_files(files)
