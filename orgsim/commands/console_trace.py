"""What a person reads of `orgsim trace`: stories, cross-tables, divergences and the audit, on standard error."""

from __future__ import annotations

import math
import shlex
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from orgsim.commands.console import console, show_table
from orgsim.experiments.ledger.ledger import labels
from orgsim.experiments.ledger.names import name_of
from orgsim.experiments.ledger.words import Words
from orgsim.language import NARROW, NO_BREAK

if TYPE_CHECKING:
    from orgsim.experiments.ledger.draws import Audit
    from orgsim.experiments.ledger.flows import Flows
    from orgsim.experiments.ledger.ledger import Ledger
    from orgsim.experiments.ledger.story import Chapter, Event, Story
    from orgsim.results import Arm
    from orgsim.scenario.schema import Scenario

MOST_FLOWS = 8
MOST_MEANS = 15
MOST_FOLLOWED = 5


# One story -----------------------------------------------------------------------------------------------------------


def show_story(scenario: Scenario, told: Story, seed: int, replicate: int, arms: list[Arm]) -> None:
    """Print one account's story, chapter by chapter, in its language."""
    from orgsim.engine.segments import segment_sizes

    out, words = console(), told.words
    say = words.say
    out.print()
    _say(out, say("shown.title", name=told.name, id=told.prospect), "bold")
    _say(out, f"{told.about}.")
    _say(out, say("shown.firm", title=scenario.title or scenario.name, reps=scenario.people.reps,
                  marketers=scenario.people.marketers, prospects=words.said.number(sum(segment_sizes(scenario)), 0),
                  arms=", ".join(map(str, arms)), seed=seed, replicate=replicate), "dim")  # fmt: skip
    if told.before:
        _say(out, say("shown.before", count=told.before), "dim")
    if not told.chapters:
        _say(out, say("shown.empty"))
    for number, chapter in enumerate(told.chapters, start=1):
        _show_chapter(out, number, chapter, told)
    out.print()
    _say(out, say("shown.money", money=say("shown.between").join(told.earned())))


def _show_chapter(out: Console, number: int, chapter: Chapter, told: Story) -> None:
    say = told.words.say

    def events(listed: Iterable[Event]) -> None:
        for event in listed:
            _say(out, told.line(event), indent=4)

    out.print()
    _say(out, f"{number}. {chapter.title}", "bold cyan")
    if chapter.shared:
        _say(out, f"  {say('shown.same')}")
        events(chapter.shared)
    for sentence in chapter.parts:
        _say(out, sentence, "bold", indent=2)
    if len(set(chapter.own)) == 1 and len(set(chapter.ends)) == 1:
        if chapter.ends[0]:
            _say(out, f"  {say('shown.end_of_all', end=chapter.ends[0])}")
        return
    for label, own, end in zip(told.labels, chapter.own, chapter.ends, strict=True):
        _say(out, f"  {say('shown.under', arm=label)}")
        events(own)
        if end:
            _say(out, say("shown.end", end=end) if own else end, indent=4)


# Two arms, all needs -------------------------------------------------------------------------------------------------


def show_ledger(ledger: Ledger, command: list[str]) -> None:
    """Print the verdict, the cross-table, the largest flows, where histories part and whom to follow; `command` is what
    tells a story of the same world once a prospect is added."""
    out, a, b = console(), ledger.a, ledger.b
    out.print()
    _say(out, ledger.scenario.headline, "bold")
    key = f"seed {ledger.seed}, replicate {ledger.replicate}"
    _say(out, f"{a.arm} against {b.arm}, the same customers in one world · {key}", "dim")
    out.print()
    _say(out, verdict(ledger), "bold")
    _show_cross(ledger)
    _show_moved(out, ledger)
    _show_divergences(out, ledger)
    _show_followed(out, ledger, command)
    _say(out, "One world is one draw of luck: means with intervals by --replicates 20. "
              f"{ledger.scenario.notes.assumed}".strip())  # fmt: skip


def _say(out: Console, text: str, style: str = "", indent: int = 0) -> None:
    if NO_BREAK in text or NARROW in text:  # the console would break lines at these as at any space
        text = "\n".join(textwrap.wrap(text, max(1, out.width - indent), break_on_hyphens=False))
    said = Text(text, style=style)
    out.print(Padding(said, (0, 0, 0, indent), expand=False) if indent else said)


def verdict(ledger: Ledger) -> str:
    """In two sentences: how many needs end differently, who wins which, and the margin of first orders."""
    a, b, flows = ledger.a.label, ledger.b.label, ledger.flows
    total, moved = int(flows["count"].sum()), flows[flows["end_a"] != flows["end_b"]]
    here, there = (int(moved.loc[moved[f"end_{side}"] == "won", "count"].sum()) for side in "ab")
    both = int(flows.loc[(flows["end_a"] == "won") & (flows["end_b"] == "won"), "count"].sum())
    one, two = (f"{float(flows[f'margin_{side}'].sum()) / 1000:,.0f} k€" for side in "ab")
    if ledger.first() is None:
        return f"The two histories are the same, to the last event: {total:,} needs of accounts that fit, {both:,} won."
    return (
        f"Of {total:,} needs of accounts that fit, {int(moved['count'].sum()):,} end differently: {both:,} are won "
        f"under both arms, {here:,} under {a} only, {there:,} under {b} only. First orders bring a margin of {one} "
        f"under {a} and {two} under {b}."
    )


def _show_cross(ledger: Ledger) -> None:
    counts, values = (ledger.cross_table(measure, groups=True) for measure in ("count", "value"))
    out, (a, b) = console(), (ledger.a.label, ledger.b.label)
    for title, table, shown in (("Needs of accounts that fit, by how they end", counts, "{:,.0f}"),
                                ("The same by value at stake, k€", values / 1000, "{:,.0f}")):  # fmt: skip
        out.print()
        _say(out, f"{title}: rows {a}, columns {b}", "bold")
        rows = [[str(end), *(shown.format(value) if value else "·" for value in row)]
                for end, row in zip(table.index, table.to_numpy().tolist(), strict=True)]  # fmt: skip
        show_table([f"{a} \\ {b}", *map(str, table.columns)], rows, right=range(1, len(table.columns) + 1))


def _show_moved(out: Console, ledger: Ledger) -> None:
    """The largest flows off the diagonal, what is left out, and that sums are those of the runs."""
    moved = ledger.flows[ledger.flows["end_a"] != ledger.flows["end_b"]].head(MOST_FLOWS)
    a, b = ledger.a.label, ledger.b.label
    if len(moved):
        out.print()
        _say(out, "The largest flows between different ends", "bold")
        say = Words().say
        cells = [[say(f"end.{row['end_a']}"), say(f"end.{row['end_b']}"), f"{row['count']:,}", _k(row["value"]),
                  _signed_k(row["margin_difference"])] for row in moved.to_dict("records")]  # fmt: skip
        show_table([f"Under {a}", f"Under {b}", "Needs", "At stake, k€", "Margin difference, k€"], cells,
                   right=(2, 3, 4))  # fmt: skip
    unfit, signals = int((~ledger.episodes["viable"]).sum()), ledger.signals
    calls = [int(signals[f"attempts_{side}"].sum()) for side in "ab"]
    _say(out, f"Left out: {unfit:,} needs of accounts that do not fit, and {len(signals):,} signs of interest without "
              f"a need ({calls[0]:,} calls under {a}, {calls[1]:,} under {b}); they hold no value.", "dim")  # fmt: skip
    totals = ledger.totals
    right = all((totals[f"ledger_{side}"] == totals[f"run_{side}"]).all() for side in "ab")
    _say(out, "Sums are those of the two runs, to the cent." if right else
         "SUMS DIFFER FROM THOSE OF THE RUNS: see totals in --format json.", "dim")  # fmt: skip


def _show_divergences(out: Console, ledger: Ledger) -> None:
    table = ledger.divergences()
    if table.empty:
        return
    out.print()
    _say(out, "Where histories part", "bold")
    cells = [[row["label"], *(f"{row[name]:,}" for name in ("first", "turning", "ended")), _k(row["value"]),
              _signed_k(row["margin_difference"])] for row in table.to_dict("records")]  # fmt: skip
    sums = table[["first", "turning", "ended", "value", "margin_difference"]].sum()
    cells.append(["all", *(f"{int(sums[name]):,}" for name in ("first", "turning", "ended")), _k(sums["value"]),
                  _signed_k(sums["margin_difference"])])  # fmt: skip
    show_table(["", "Differ here\nfirst", "Turn\nhere", "… and end\ndifferently", "At stake,\nk€",
                "Margin\ndifference, k€"], cells, right=(1, 2, 3, 4, 5))  # fmt: skip
    _say(out, "First: the first act at another time, by another person or not at all. Turn: from there on something "
              f"else happens. Margin of first orders, {ledger.a.label} less {ledger.b.label}.", "dim")  # fmt: skip


def _show_followed(out: Console, ledger: Ledger, command: list[str]) -> None:
    step, named = ledger.first(), followed(ledger)
    a, b = ledger.a.label, ledger.b.label
    if step is not None:
        out.print()
        _say(out, f"The firm's first difference: {step.a} under {a}; {step.b} under {b}.")
    if named:
        out.print()
        _say(out, "Worth following", "bold")
        rows = [[row["name"], str(row["prospect"]), _signed_k(row["margin_difference"])] for row in named]
        show_table(["Prospect", "Id", f"Margin of all orders, {a} less {b}, k€"], rows, right=(1, 2))
        story = shlex.join([*command, "--prospect", named[0]["name"]])
        out.print(Text(f"Its story: {story}", style="dim"), soft_wrap=True)


def followed(ledger: Ledger) -> list[dict[str, Any]]:
    """The accounts worth following: id, readable name, difference of margin in euro."""
    rows = ledger.worth_following(MOST_FOLLOWED).to_dict("records")
    return [{"prospect": int(row["prospect"]), "name": name_of(ledger, ledger.place_of(int(row["prospect"]))),
             "margin_difference": row["margin_difference"]} for row in rows]  # fmt: skip


def _k(euro: float) -> str:
    return f"{euro / 1000:,.0f}" if euro else "·"


def _signed_k(euro: float) -> str:
    text = f"{euro / 1000:+,.0f}"
    return text if text not in ("+0", "-0") else "0"


# Several worlds, and the audit ---------------------------------------------------------------------------------------


def show_flows(found: Flows) -> None:
    """Print the main flows as means with intervals."""
    out, (a, b) = console(), labels(list(found.arms))
    out.print()
    _say(out, found.scenario.headline, "bold")
    worlds = f"mean of {found.replicates} worlds with 95 % intervals" if found.replicates > 1 else "one world"
    _say(out, f"{found.arms[0]} against {found.arms[1]} · {worlds} · seed {found.seed}", "dim")
    summary = found.summary(groups=True)
    rows = [[row["end_a"], row["end_b"], _mean(row, "count", 1.0), _mean(row, "value", 1e-3),
             _mean(row, "margin_difference", 1e-3)] for row in summary.head(MOST_MEANS).to_dict("records")]  # fmt: skip
    show_table([f"Under {a}", f"Under {b}", "Needs", "At stake, k€", "Margin difference, k€"], rows, right=(2, 3, 4))
    _say(out, f"Needs of accounts that fit. Margin of first orders, {a} less {b}. All ends: --format csv.", "dim")
    if found.scenario.notes.assumed:
        _say(out, found.scenario.notes.assumed)


def _mean(row: dict[Any, Any], measure: str, scale: float) -> str:
    half = (row[f"{measure}_high"] - row[measure]) * scale
    mean = row[measure] * scale
    if not mean and (not half or not math.isfinite(half)):
        return "·"
    return f"{mean:,.1f}" + (f" ± {half:,.1f}" if math.isfinite(half) else "")


def show_audit(found: Audit) -> None:
    """Print how many draws both arms used, and one only, by purpose."""
    out, (a, b) = console(), labels(list(found.arms))
    table = found.table()
    out.print()
    _say(out, f"Random draws of the horizon, {found.arms[0]} and {found.arms[1]}", "bold")
    counts = ("both", "only_a", "only_b")
    rows = [[row["purpose"], *(f"{row[name]:,}" for name in counts), f"{100 * row['share']:.1f} %"]
            for row in table.to_dict("records")]  # fmt: skip
    show_table(["What is drawn", "In both", f"Only {a}", f"Only {b}", "In common"], rows, right=(1, 2, 3, 4))
    wrong = len(found.disagreeing())
    _say(out, "Every draw with the same counter gave the same numbers in both arms." if not wrong else
         f"{wrong} DRAWS WITH THE SAME COUNTER GAVE OTHER NUMBERS.")  # fmt: skip
    _say(out, f"The warm-up, run once for both, used {len(found.warm_up.counters):,}. A draw is used in one arm only "
              "where something happens there only, such as one more call.", "dim")  # fmt: skip
