"""What a person reads of a selection of the best arm, and the same content as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from orgsim.commands.console import console, settings_of, show_files, show_table
from orgsim.commands.verdict import joined, name_of, number, percent, subject
from orgsim.experiments import metrics as figures
from orgsim.experiments.store import plain

if TYPE_CHECKING:
    from orgsim.experiments.selection import Selection
    from orgsim.results import Arm


def as_data(selection: Selection, files: Sequence[str]) -> dict[str, Any]:
    """A selection as one document: settings, the answer, a row for each arm. Money in euro over the horizon."""
    s, best = selection, selection.best
    data: dict[str, Any] = plain({
        "scenario": s.scenario.name, "seed": s.seed, "years": s.years, "start": s.start, "budget": s.budget,
        "uncertain": s.uncertain, "metric": s.metric, "confidence": s.confidence, "indifference": s.indifference,
        "first": s.first, "most": s.most, "batch": s.batch, "longest": s.outcome.longest,
        "today": {"structure": s.today.structure, "pay": s.today.pay},
        "against": {"structure": s.against.structure, "pay": s.against.pay},
        "answer": "best" if best else "equal" if s.outcome.equal else "not separated",
        "best": {"structure": best.structure, "pay": best.pay} if best else None,
        "left": [{"structure": arm.structure, "pay": arm.pay} for arm in s.left],
        "arms": [
            {key: None if value != value or value is None else value for key, value in row.items()}
            for row in s.frame().astype(object).to_dict("records")
        ],
        "runs": len(s.runs), "verdict": verdict(s), "assumptions": s.scenario.notes.assumed, "files": list(files),
    })  # fmt: skip
    return data


def verdict(selection: Selection) -> str:
    """The answer in a sentence or two, with what it promises."""
    s = selection
    about = figures.about(s.metric)
    small = f"{_amount(s, s.indifference)} ({percent(s.target.amount)} of {name_of(s, s.against)})" if (
        s.target.relative) else _amount(s, s.indifference)  # fmt: skip
    side = "highest" if about.better > 0 else "lowest"
    if s.best:
        return (
            f"{name_of(s, s.best)} has the {side} {subject(about)}: with {percent(s.confidence)} confidence it is the "
            f"best of the {len(s.arms)} arms, or less than {small} from the best."
        )
    left = joined([name_of(s, arm) for arm in s.left])
    if s.outcome.equal:
        return (
            f"Not separated: {left} have the same {subject(about)} in every world, so that no number of worlds will "
            "part them."
        )
    return (
        f"NOT SEPARATED within {s.most:,} worlds: {left} are still in. No more than {s.outcome.longest:,} worlds are "
        f"needed (--most) to find one that is the best or less than {small} from it."
    )


def show_selection(selection: Selection, files: Sequence[str], command: str) -> None:
    """Print the arms, best first, with the runs each got and when it was dropped, the verdict, and how to get it
    again."""
    out, s = console(), selection
    about = figures.about(s.metric)
    scale, unit = about.scale(s.years), about.unit
    runs = f"{len(s.runs):,} runs in up to {max(s.outcome.runs):,} shared worlds"
    out.print()
    out.print(Text(s.scenario.headline, style="bold"))
    out.print(Text(settings_of(s, runs), style="dim"))
    out.print()
    table = s.frame().reset_index(names="place")
    order = {"best": 0, "left": 1, "dropped": 2}
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    records.sort(key=lambda row: (order[row["state"]], -row["runs"], -about.better * row["mean"]))
    rows = []
    for row in records:
        gone = s.outcome.dropped.get(row["place"])
        rows.append([
            name_of(s, s.arms[row["place"]]), number(row["mean"] * scale, None if about.kind != figures.LEVEL else 2),
            f"{row['runs']:,}", "the best" if row["state"] == "best" else "still in" if gone is None else
            f"after {gone.worlds:,}, {number(gone.behind * scale)} behind {_short(s, s.arms[gone.by])}",
        ])  # fmt: skip
    heading = f"{about.title}, {unit}" if unit else about.title
    show_table(["Arm", heading, "Runs", "Dropped"], rows, right=(1, 2))
    out.print()
    out.print(Text(verdict(s), style="bold"))
    out.print()
    if s.scenario.notes.assumed:
        out.print(Text(s.scenario.notes.assumed))
    out.print()
    out.print(Text("Means of arms with unlike runs are over unlike worlds. Procedure: Kim and Nelson (2001).",
                   style="dim"))  # fmt: skip
    show_files(files)
    out.print(Text(f"Again: {command}", style="dim"), soft_wrap=True)


def _short(selection: Selection, arm: Arm) -> str:
    if arm == selection.today:
        return "today"
    return arm.structure if len({each.pay for each in selection.arms}) == 1 else str(arm)


def _amount(selection: Selection, amount: float) -> str:
    about = figures.about(selection.metric)
    unit = "points" if about.kind == figures.SHARE else about.unit
    return f"{number(amount * about.scale(selection.years))} {unit}".rstrip()
