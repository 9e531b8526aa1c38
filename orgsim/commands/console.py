"""What a person reads: tables on standard error, the verdict in one sentence, and the same content as plain data."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orgsim.commands.verdict import (
    Row,
    Rows,
    by_itself,
    joined,
    name_of,
    number,
    one_structure,
    percent,
    signed,
    verdict,
)
from orgsim.experiments import metrics as figures
from orgsim.experiments.metrics import SHOWN
from orgsim.experiments.statistics import beyond_luck
from orgsim.experiments.store import plain

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.comparison import Comparison
    from orgsim.results import Run

ENDLESS = 10_000
MONEY = {
    "revenue": "Revenue",
    "gross_margin": "Gross margin",
    "profit_before_leaders": "Profit before\nleaders' pay",
    "profit": "Profit after\nleaders' pay",
}
LEADS = {"lead_waste_share": "Waste,\n% of value", "lead_waste_value": "Waste,\nk€ a year",
         "missed_demand_value": "Missed demand,\nk€ a year"}  # fmt: skip


def console() -> Console:
    """Standard error, where everything for the eye goes."""
    return Console(stderr=True, highlight=False, emoji=False)


# A comparison as data ----------------------------------------------------------------------------------------------

_FIGURES = ("mean", "low", "high", "difference", "difference_low", "difference_high", "median", "euro_a_year",
            "together_low", "together_high", "share_better", "share_equal", "variance_reduction", "p_value",
            "p_adjusted")  # fmt: skip


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
            "equal_to_reference": comparison.equal_by_construction(arm),
            "metrics": {m: {k: rows[a, m].get(k) for k in _FIGURES} for a, m in rows if a == arm},
        }
        for arm in comparison.arms
    ]
    shown = dict.fromkeys(summary["metric"])
    signs = comparison.signs_kept(shown).to_dict("records") if comparison.uncertain else None
    document = {
        "scenario": scenario.name, "seed": comparison.seed, "replicates": comparison.replicates,
        "years": comparison.years, "start": comparison.start, "budget": comparison.budget,
        "uncertain": comparison.uncertain, "interval": comparison.interval, "confidence": comparison.confidence,
        "precision": precision_data(comparison),
        "against": {"structure": comparison.against.structure, "pay": comparison.against.pay},
        "today": {"structure": comparison.today.structure, "pay": comparison.today.pay}, "arms": arms,
        "verdict": verdict(comparison, rows), "assumptions": scenario.notes.assumed,
        "measured": scenario.notes.measured, "signs_kept": signs, "files": list(files),
    }  # fmt: skip
    data: dict[str, Any] = plain(document)
    return data


def precision_data(comparison: Comparison) -> dict[str, Any] | None:
    """How a run until a precision ended, in the metric's unit (money in euro over the horizon)."""
    reached = comparison.reached
    if reached is None:
        return None
    others = [arm for arm in comparison.arms if arm != comparison.against]
    return {
        "metric": comparison.metric, "met": reached.met, "target": reached.target.amount,
        "relative": reached.target.relative, "first": reached.first, "most": reached.most,
        "replicates_needed": reached.needed, "allowed": reached.allowed,
        "achieved": [{"structure": arm.structure, "pay": arm.pay, "half_width": half}
                     for arm, half in zip(others, reached.achieved, strict=True)],
    }  # fmt: skip


def precision_words(c: Comparison) -> str | None:
    """How a run until a precision ended, in words."""
    reached = c.reached
    if reached is None:
        return None
    others = [arm for arm in c.arms if arm != c.against]
    if not others:
        return "Nothing to compare, so the first stage was enough for any precision."
    about = figures.about(c.metric)
    scale, unit = about.scale(c.years), "points" if about.kind == figures.SHARE else about.unit
    asked = f"±{number(reached.allowed * scale)} {unit}".rstrip()
    if reached.target.relative:
        asked = f"±{percent(reached.target.amount)} of the {c.metric} of {name_of(c, c.against)}, {asked}"
    worst = max(range(len(others)), key=lambda place: reached.achieved[place])
    got = f"±{number(reached.achieved[worst] * scale)} {unit}".rstrip() + f" for {others[worst]}"
    if reached.met:
        return f"Precision reached in {reached.replicates} worlds: {c.metric}, asked for {asked}; the widest is {got}."
    need = "no number of worlds will do"
    if reached.needed is not None:
        need = f"needs about {_rounded(reached.needed):,} worlds"
    return (f"PRECISION NOT REACHED within {reached.most:,} worlds: {c.metric}, asked for {asked}; reached {got}; "
            f"{need} (--most).")  # fmt: skip


def _rounded(many: int) -> int:
    """A number of worlds rounded up to two digits."""
    unit: int = 10 ** max(0, len(str(many)) - 2)
    return -(-many // unit) * unit


# Tables ------------------------------------------------------------------------------------------------------------


def settings_of(c: Any, runs: str) -> str:
    """The settings of a comparison or a selection, in one line."""
    settings = [f"{c.years:g} year{'' if c.years == 1 else 's'}", runs, f"seed {c.seed}"]
    settings += ["each arm starts as its own firm"] if c.start == "own" else []
    settings += ["equal budgets"] if c.budget == "equal" else []
    settings += ["assumed parameters drawn anew in each replicate"] if c.uncertain else []
    return " · ".join(settings)


def show_comparison(comparison: Comparison, summary: pd.DataFrame, files: Sequence[str], command: str) -> None:
    """Print a comparison for an executive: money, leads, the verdict, what it rests on, and how to get it again."""
    out, rows, c = console(), by_arm(summary), comparison
    runs = f"{c.replicates} paired replicates" if c.replicates > 1 else "1 replicate"
    out.print()
    out.print(Text(c.scenario.headline, style="bold"))
    out.print(Text(settings_of(c, runs), style="dim"))
    metrics = list(dict.fromkeys(summary["metric"]))
    for title, part in _tables(metrics):
        _show_arms(out, c, rows, title, part)
    out.print()
    if len(c.arms) > 1 and c.replicates > 1:
        tested = sum(1 for row in rows.values() if isinstance(row.get("p_adjusted"), float) and row["p_adjusted"] >= 0)
        kind = "bootstrap interval (BCa)" if c.interval == "bootstrap" else "interval"
        to = "today" if c.against == c.today else str(c.against)
        _line(out, f"Mean ± half of the {percent(c.confidence)} {kind}; below it the difference to {to}. * = more than "
                   f"luck: p < {1 - c.confidence:.3g} after Holm's correction for all {tested} differences.",
              "dim")  # fmt: skip
        alone = by_itself(c, rows)
        if alone:
            _line(out, alone, "dim")
    elif c.replicates < 2:
        _line(out, "One replicate: no interval is possible. Give --replicates 2 or more.", "yellow")
    equal = [arm for arm in c.arms if c.equal_by_construction(arm)]
    if equal:
        same = "today's" if c.against == c.today else f"{c.against}"
        _line(out, f"{joined([str(arm) for arm in equal])}: equal to {same} by construction "
                   "(but for leaders' own pay).", "dim")  # fmt: skip
    words = precision_words(c)
    if words and c.reached:
        _line(out, words, "" if c.reached.met else "yellow")
    out.print()
    _line(out, verdict(c, rows), "bold")
    out.print()
    for note in (*c.notes(), c.scenario.notes.assumed, c.scenario.notes.measured):
        if note:
            _line(out, note)
    if c.uncertain and len(c.arms) > 1:
        _signs_table(out, c, metrics)
    gains = [float(row.get("variance_reduction", math.nan)) for row in rows.values()]
    gains = [gain for gain in gains if math.isfinite(gain)]
    out.print()
    if gains:
        _line(out, f"Pairing made differences as precise as about {number(median(gains))} times as many independent "
                   "runs (median).", "dim")  # fmt: skip
    show_files(files)
    other = next((arm.structure for arm in c.arms if arm.structure != c.against.structure), None)
    if other is not None:
        why = ["Why: orgsim attribute", shlex.quote(shlex.split(command)[2]), "--structure", other]
        why += ["--against", c.against.structure] if c.against.structure != c.today.structure else []
        out.print(Text(" ".join(why), style="dim"), soft_wrap=True)
    out.print(Text(f"Again: {command}", style="dim"), soft_wrap=True)


def _tables(metrics: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Titles of tables, and headings of their columns by metric: the usual ones, or one for each unit."""
    if tuple(metrics) == SHOWN:
        return [("Money, k€ a year", MONEY), ("Leads", LEADS)]
    tables: dict[str, dict[str, str]] = {}
    for metric in metrics:
        about = figures.about(metric)
        title = f"Money, {about.unit}" if about.unit.startswith("k€") else "Other figures"
        head, _, rest = about.title.partition(", ")
        heading = f"{head},\n{rest}" if rest else head
        unit = "" if title != "Other figures" or not about.unit else f",\n{about.unit}"
        tables.setdefault(title, {})[metric] = f"{heading}{unit}"
    return list(tables.items())


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
    abouts = {metric: figures.about(metric) for metric in metrics}
    scales = {metric: about.scale(c.years) for metric, about in abouts.items()}
    digits = {m: _digits(_largest(c, rows, m) * scales[m], abouts[m].kind) for m in metrics}
    versus = "today" if c.against == c.today else _short(c)
    plans = dict.fromkeys(arm.pay for arm in c.arms)
    only = one_structure(c.arms)  # then each plan has one line, not a heading
    for pay in plans:
        if not only:
            if table.row_count:
                table.add_row()
            table.add_row(Text(f"Pay: {pay}", style="italic"))
        for arm in (arm for arm in c.arms if arm.pay == pay):
            name = arm.pay if only else f"  {arm.structure}"
            label = Text(name) + Text(" (today)" if arm == c.today else "", style="bold cyan")
            table.add_row(label, *(_mean(rows[arm, m], scales[m], digits[m]) for m in metrics))
            if arm != c.against:
                same = c.equal_by_construction(arm)
                cells = (_difference(rows[arm, m], scales[m], digits[m], wide, same, c.confidence)
                         for m in metrics)  # fmt: skip
                table.add_row(Text(f"    vs {versus}", style="dim"), *cells)
    return table


def _short(c: Comparison) -> str:
    """The reference in as few words as tell it from the other arms."""
    return c.against.pay if one_structure(c.arms) else str(c.against)


def _digits(largest: float, kind: str) -> int:
    if kind == figures.SHARE:
        return 1
    return 0 if not 0 < largest < 100 else 1 if largest >= 10 or kind == figures.MONEY else 2


def _largest(c: Comparison, rows: Rows, metric: str) -> float:
    return max((abs(float(rows[arm, metric]["mean"])) for arm in c.arms), default=0.0)


def _mean(row: Row, scale: float, digits: int) -> Text:
    """Mean ± half of its interval."""
    mean, above, below = row["mean"], row["high"] - row["mean"], row["mean"] - row["low"]
    text, half = number(mean * scale, digits), number((above + below) / 2 * scale, digits)
    return Text(text if not math.isfinite(above) else f"{text} ± {half}")


def _difference(row: Row, scale: float, digits: int, wide: bool, same: bool, sure: float) -> Text:
    if same and row["share_equal"] == 1:
        return Text("equal", style="dim")
    mean = signed(row["difference"] * scale, digits)
    low, high = row["difference_low"] * scale, row["difference_high"] * scale
    if not math.isfinite(low):
        return Text(mean, style="dim")
    half = number((high - low) / 2, digits)
    real = beyond_luck(row, sure)
    interval = f"({signed(low, digits)} to {signed(high, digits)})" if wide else f"± {half}"
    return Text(f"{mean} {interval}{'*' if real else ' '}", style="bold" if real else "dim")


def _signs_table(out: Console, c: Comparison, metrics: Sequence[str]) -> None:
    """Share of draws of the assumed parameters in which each difference to the reference keeps the sign of its mean."""
    shown = {"revenue": "Revenue", "profit": "Profit after leaders", "lead_waste_value": "Lead waste",
             "missed_demand_value": "Missed demand"}  # fmt: skip
    if tuple(metrics) != SHOWN:
        shown = {metric: figures.about(metric).title for metric in metrics[:6]}
    kept = by_arm(c.signs_kept(shown))
    to = "today" if c.against == c.today else str(c.against)
    table = _table(f"Share of draws of the assumed parameters that keep the sign of the difference to {to}")
    table.add_column("")
    for heading in shown.values():
        table.add_column(heading, justify="right")
    for arm in c.arms:
        if arm != c.against:
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
    rows = [[name.replace("\n", " "), number(kpis[metric] / 1000 / years), "k€ a year"]
            for metric, name in MONEY.items()]  # fmt: skip
    rows.append(["Lead waste, share of value", number(100 * kpis["lead_waste_share"], 1), "%"])
    rows += [[name, number(kpis[metric] / 1000 / years), "k€ a year"] for metric, name in (
        ("lead_waste_value", "Lead waste"), ("missed_demand_value", "Missed demand"))]  # fmt: skip
    rows += [[name, number(kpis[metric] / years, 0), "a year"] for metric, name in (
        ("leads", "Leads"), ("mqls", "Handed over"), ("opportunities", "Opportunities"), ("won", "Won"))]  # fmt: skip
    show_table(["Key figure", "Value", "Unit"], rows, right=(1,))
    _line(out, "One run is one draw of luck: compare arms with `orgsim compare`.", "dim")
    if run.scenario.notes.assumed:
        _line(out, run.scenario.notes.assumed)
    show_files(files)
