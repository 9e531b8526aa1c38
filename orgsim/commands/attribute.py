"""`orgsim attribute`: what a structure's effect comes from, as Shapley shares of groups of primitives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal

if TYPE_CHECKING:
    from orgsim.experiments.attribution import Attribution
    from orgsim.experiments.statistics import Estimate

WORD = 2**32
LEVEL = 0.05
EXACT = 1e-9  # an interval narrower than this part of its mean is the same in every world


@click.command()
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option("--structure", required=True, metavar="NAME", help="Structure whose effect is to be explained.")
@click.option("--against", metavar="NAME", help="Structure it is compared with; default today's.")
@click.option("--pay", metavar="NAME", help="Pay plan of both; default today's.")
@click.option("--metric", default="profit", show_default=True, metavar="NAME",
              help="Figure of a run, such as profit, value, revenue or awareness_outside_end.")  # fmt: skip
@click.option("--replicates", type=click.IntRange(1), default=20, show_default=True,
              help="Worlds in which all sets of groups run.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, WORD - 1), default=0, show_default=True, help="The key of all luck.")
@click.option("--threads", type=click.IntRange(1), help="Workers; default all cores. Changes no result.")
@click.option("--start", type=click.Choice(["today", "own"]), default="today", show_default=True,
              help="Arms start from today's firm, or each as its own firm.")  # fmt: skip
@click.option("--budget", type=click.Choice(["free", "equal"]), default="free", show_default=True,
              help="equal: what leaders cost more than today's is taken from programme spend.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="Tables go to standard error, the other formats to standard output.")  # fmt: skip
def attribute(
    scenario: str, structure: str, against: str | None, pay: str | None, metric: str, replicates: int, seed: int,
    threads: int | None, start: str, budget: str, form: str,
) -> None:  # fmt: skip
    """Split the effect of a structure into shares of skill, belief, horizon, rights, information, delay, attention and
    salary.

    The effect is the paired difference to another structure, today's by default. A group's share is its contribution
    averaged over all orders in which groups of primitives can be restored from neutral (Shapley), so that shares sum to
    the effect. SCENARIO is the name of a scenario that ships or a TOML file; default baseline.
    """
    from orgsim.experiments.attribution import attribute as split
    from orgsim.scenario.load import load_scenario

    firm = load_scenario(scenario)
    with terminal.progress_bar(f"Attributing, {firm.name}") as progress:
        found = split(
            firm, structure, against=against, pay=pay, metric=metric, replicates=replicates, seed=seed,
            workers=threads, start=start, budget=budget, progress=progress,
        )  # fmt: skip
    if form == "json":
        terminal.emit_json(as_data(found))
    elif form == "csv":
        terminal.emit(found.frame().to_csv(index=False, lineterminator="\n"))
    else:
        show(found)


def as_data(found: Attribution) -> dict[str, Any]:
    """An attribution as one document: settings, the effect, a row for each group. Money in euro over the horizon."""
    from orgsim.experiments.metrics import about

    effect = found.effect
    return {
        "scenario": found.scenario.name, "structure": found.structure, "against": found.against, "pay": found.pay,
        "metric": found.metric, "seed": found.seed, "replicates": found.replicates, "start": found.start,
        "budget": found.budget, "unit": "€ over the horizon" if about(found.metric).is_money else "as in a run",
        "effect": {"mean": effect.mean, "low": effect.low, "high": effect.high, "p_value": effect.p_value},
        "groups": found.frame().to_dict("records"), "assumptions": found.scenario.notes.assumed,
    }  # fmt: skip


# For the eye -------------------------------------------------------------------------------------------------------


def show(found: Attribution) -> None:
    """Print the effect and a row for each group, largest share first."""
    from rich.text import Text

    from orgsim.commands.console import console, show_table
    from orgsim.experiments.metrics import about

    years = found.scenario.time.years
    yearly = found.metric not in ("value", "run_off_margin")
    money = about(found.metric).is_money
    scale = (1e-3 / years if yearly else 1e-3) if money else 1.0
    unit = ("k€ a year" if yearly else "k€") if money else "as in a run"
    table = found.frame()
    table = table.loc[table["share"].abs().sort_values(ascending=False, kind="stable").index]
    digits = digits_for([*table["share"], found.effect.mean], scale)
    rows = [
        [row["group"], row["primitives"], _figure(row["share"] * scale, digits), _interval(row, scale, digits),
         "*" if row["p_adjusted"] < LEVEL else "", _figure(row["alone"] * scale, digits),
         _figure(row["lost_without"] * scale, digits)]
        for row in table.to_dict("records")
    ]  # fmt: skip
    effect = found.effect
    rows.append(["all", "", _figure(effect.mean * scale, digits), _between(effect, scale, digits),
                 "*" if effect.p_value < LEVEL else "", "", ""])  # fmt: skip
    out = console()
    settings = [f"{found.replicates} paired replicate{'' if found.replicates == 1 else 's'}", f"seed {found.seed}"]
    settings += ["each arm starts as its own firm"] if found.start == "own" else []
    settings += ["equal budgets"] if found.budget == "equal" else []
    out.print()
    out.print(Text(found.scenario.headline, style="bold"))
    out.print(Text(f"{found.metric} of {found.structure} against {found.against}, pay {found.pay}, {unit}"))
    out.print(Text(" · ".join(settings), style="dim"))
    show_table(["Group", "Primitives", "Share", "95 % interval", "", "Alone", "Lost without"], rows, right=(2, 3, 5, 6))
    out.print()
    said = ["Share: Shapley value; shares sum to the effect.",
            "Alone: all other groups neutral. Lost without: this group alone neutral.",
            "* = more than luck: p < 0.05, for the groups after Holm's correction."]  # fmt: skip
    if found.replicates < 2:
        said[-1] = "One replicate: no interval is possible. Give --replicates 2 or more."
    out.print(Text(" ".join(said), style="dim"))
    if found.scenario.notes.assumed:
        out.print(Text(found.scenario.notes.assumed))


def digits_for(values: list[float], scale: float) -> int:
    """Decimals that show the largest of some figures in three digits or more."""
    largest = max((abs(value * scale) for value in values if math.isfinite(value)), default=0.0)
    return 0 if largest >= 100 or largest == 0 else min(6, 2 - math.floor(math.log10(largest)))


def _figure(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return "?"
    text = f"{value:+,.{digits}f}"
    return text if any(c in "123456789" for c in text) else "0"


def _interval(row: dict[Any, Any], scale: float, digits: int) -> str:
    if not math.isfinite(row["low"]):
        return "?"
    if row["high"] - row["low"] <= EXACT * abs(row["share"]):
        return "the same in all"
    return f"{_figure(row['low'] * scale, digits)} to {_figure(row['high'] * scale, digits)}"


def _between(effect: Estimate, scale: float, digits: int) -> str:
    return _interval({"low": effect.low, "high": effect.high, "share": effect.mean}, scale, digits)
