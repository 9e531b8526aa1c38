"""`orgsim trace`: need by need, how two arms end in the same world, where they part and why; one prospect's story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from orgsim.commands import terminal
from orgsim.commands.terminal import Failure, Names

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Ledger
    from orgsim.language import Language
    from orgsim.results import Arm
    from orgsim.scenario.schema import Scenario

WORD = 2**32
AUDIT_YEARS = 1.0


@click.command()
@click.argument("scenario", default="baseline", metavar="[SCENARIO]")
@click.option("--prospect", metavar="ID", help="Tell one account's story: its id, or SEGMENT:NUMBER such as core:12.")
@click.option("--arms", type=Names(), metavar="A,B", help="Arms, each 'structure / pay' or a structure.")
@click.option("--structures", type=Names(), help="Structures, in place of --arms; default merged,separate.")
@click.option("--pay", type=Names(), help="Pay plans, with --structures; default today's.")
@click.option("--years", metavar="Y", help="Simulated years, instead of the scenario's; '18 months' is understood.")
@click.option("--seed", type=click.IntRange(0, WORD - 1), default=0, show_default=True, help="The key of all luck.")
@click.option("--replicate", type=click.IntRange(0, WORD - 1), default=0, show_default=True,
              help="Number of the world.")  # fmt: skip
@click.option("--replicates", type=click.IntRange(1), metavar="N",
              help="The cross-table as a mean over worlds 0 to N - 1, with intervals.")  # fmt: skip
@click.option("--audit", is_flag=True, help="Count the random draws used in both arms and in one only.")
@click.option("--audit-size", type=click.IntRange(1), default=1000, show_default=True, metavar="N",
              help="Prospects of the audit's market, which runs a hundred times slower; a year at most.")  # fmt: skip
@click.option("--language", metavar="CODE", help="Of the story that --prospect tells: en or fr; default en.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="Tables go to standard error, the other formats to standard output.")  # fmt: skip
def trace(
    scenario: str, prospect: str | None, arms: tuple[str, ...] | None, structures: tuple[str, ...] | None,
    pay: tuple[str, ...] | None, years: str | None, seed: int, replicate: int, replicates: int | None, audit: bool,
    audit_size: int, language: str | None, form: str,
) -> None:  # fmt: skip
    """Follow the same customers under two arms: how each need ends in both, where the histories part, and why.

    With --prospect, one account's story under each arm (two or more). SCENARIO is the name of a scenario that ships or
    a TOML file; default baseline.
    """
    modes = [name for name, given in (("--prospect", prospect), ("--replicates", replicates), ("--audit", audit))
             if given]  # fmt: skip
    if len(modes) > 1:
        raise Failure(f"{' and '.join(modes)} do not go together; give one of them", 2)
    if language is not None and prospect is None:
        raise Failure("--language is that of a story; give --prospect too", 2)
    said = _language(language or "en")
    firm = terminal.firm(scenario, years)
    chosen = _arms(firm, arms, structures, pay)
    if len(chosen) < 2 or (len(chosen) > 2 and prospect is None):
        least = "two or more arms" if prospect is not None else "two arms"
        raise Failure(f"found {len(chosen)} arm{'s' if len(chosen) != 1 else ''}: "
                      f"{', '.join(map(str, chosen))}; name {least} with --arms or --structures", 2)  # fmt: skip
    if audit:
        _audit(firm, chosen, seed, replicate, audit_size, form)
    elif prospect is not None:
        _story(firm, chosen, prospect, seed, replicate, form, said)
    elif replicates is not None:
        _flows(firm, chosen, seed, replicates, form)
    else:
        command = ["orgsim", "trace", scenario, "--arms", ",".join(map(str, chosen)), "--seed", str(seed),
                   "--replicate", str(replicate), *(["--years", years] if years is not None else [])]  # fmt: skip
        _ledger(firm, chosen, seed, replicate, form, command)


def _arms(
    scenario: Scenario, arms: tuple[str, ...] | None, structures: tuple[str, ...] | None, pay: tuple[str, ...] | None
) -> list[Arm]:
    """The arms asked for, each once, in their order; all problems at once."""
    from orgsim.results import Arm
    from orgsim.scenario.errors import ScenarioError
    from orgsim.scenario.load import unknown

    today = scenario.today
    if arms is not None:
        if structures is not None or pay is not None:
            raise Failure("--arms stands in place of --structures and --pay; give one or the other", 2)
        parts = [[part.strip() for part in arm.partition("/")] for arm in arms]
        asked = [Arm(structure, plan or today.pay) for structure, _, plan in parts]
        keys = ("--arms", "--arms")
    else:
        names = terminal.spelled_out(structures or ("merged", "separate"), scenario.structures)
        plans = terminal.spelled_out(pay or (today.pay,), scenario.pay)
        asked = [Arm(structure, plan) for plan in plans for structure in names]
        keys = ("--structures", "--pay")
    problems = [problem for arm in asked
                for problem in (*unknown(arm.structure, scenario.structures, keys[0]),
                                *unknown(arm.pay, scenario.pay, keys[1]))]  # fmt: skip
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    return list(dict.fromkeys(asked))


def _language(code: str) -> Language:
    """The language of a code; ScenarioError with those there are."""
    from orgsim.language import language, languages
    from orgsim.scenario.errors import ScenarioError
    from orgsim.scenario.load import unknown

    problems = unknown(code, languages(), "--language")
    if problems:
        raise ScenarioError(problems)
    return language(code)


# One story -----------------------------------------------------------------------------------------------------------


def _story(
    scenario: Scenario, arms: list[Arm], prospect: str, seed: int, replicate: int, form: str, said: Language
) -> None:
    from orgsim.experiments.ledger.ledger import Ledger, sides
    from orgsim.experiments.ledger.names import parse
    from orgsim.experiments.ledger.story import story

    with terminal.progress_bar(f"Tracing, {scenario.name}"):
        first, *others = sides(scenario, arms, seed, replicate)
        ledgers = [Ledger(scenario, seed, replicate, first, other) for other in others]
        told = story(ledgers, parse(ledgers[0], prospect), said)
    if form == "json":
        terminal.emit_json(_settings(scenario, arms, seed) | {"replicate": replicate} | told.as_data())
    elif form == "csv":
        terminal.emit(told.frame().to_csv(index=False, lineterminator="\n"))
    else:
        from orgsim.commands.console_trace import show_story

        show_story(scenario, told, seed, replicate, arms)


# Two arms, all needs -------------------------------------------------------------------------------------------------


def _ledger(
    scenario: Scenario, arms: list[Arm], seed: int, replicate: int, form: str, command: list[str]
) -> None:
    from orgsim.experiments.ledger.ledger import ledger

    with terminal.progress_bar(f"Tracing, {scenario.name}"):
        found = ledger(scenario, arms[0], arms[1], seed=seed, replicate=replicate)
        data = as_data(found) if form == "json" else None
    if data is not None:
        terminal.emit_json(data)
    elif form == "csv":
        terminal.emit(found.episodes.to_csv(index=False, lineterminator="\n"))
    else:
        from orgsim.commands.console_trace import show_ledger

        show_ledger(found, command)


def _settings(scenario: Scenario, arms: list[Arm], seed: int) -> dict[str, Any]:
    return {"scenario": scenario.name, "arms": [vars(arm) for arm in arms], "seed": seed}


def as_data(ledger: Ledger) -> dict[str, Any]:
    """A ledger as one document: flows between ends, divergences, the firm's first difference, totals held against the
    runs' own figures, signals, accounts worth following. Money in euro over the horizon."""
    from orgsim.commands.console_trace import followed
    from orgsim.experiments.ledger.words import day_of

    first = ledger.first()
    when = None if first is None else day_of(ledger.a, first.time)
    signals = ledger.signals.groupby(["end_a", "end_b"]).agg(count=("ordinal", "size"),
                                                             attempts_a=("attempts_a", "sum"),
                                                             attempts_b=("attempts_b", "sum"))  # fmt: skip
    return _settings(ledger.scenario, [ledger.a.arm, ledger.b.arm], ledger.seed) | {
        "replicate": ledger.replicate,
        "flows": ledger.flows.to_dict("records"),
        "divergences": ledger.divergences().to_dict("records"),
        "first_difference": None if first is None else vars(first) | {"day": when},
        "totals": ledger.totals.to_dict("records"),
        "signals": signals.reset_index().to_dict("records"),
        "worth_following": followed(ledger),
        "assumptions": ledger.scenario.notes.assumed,
    }


# Several worlds, and the audit ---------------------------------------------------------------------------------------


def _flows(scenario: Scenario, arms: list[Arm], seed: int, replicates: int, form: str) -> None:
    from orgsim.experiments.ledger.flows import flows

    with terminal.progress_bar(f"Tracing, {scenario.name}") as progress:
        found = flows(scenario, arms[0], arms[1], replicates=replicates, seed=seed, progress=progress)
    summary = found.summary()
    if form == "json":
        terminal.emit_json(_settings(scenario, arms, seed) | {
            "replicates": replicates, "flows": summary.to_dict("records"),
            "assumptions": scenario.notes.assumed})  # fmt: skip
    elif form == "csv":
        terminal.emit(summary.to_csv(index=False, lineterminator="\n"))
    else:
        from orgsim.commands.console_trace import show_flows

        show_flows(found)


def _audit(scenario: Scenario, arms: list[Arm], seed: int, replicate: int, size: int, form: str) -> None:
    from orgsim.engine.segments import segment_sizes
    from orgsim.experiments.ledger.draws import audit, smaller

    part = smaller(scenario, size, AUDIT_YEARS)
    if part != scenario:
        terminal.say(f"Auditing a part: {sum(segment_sizes(part)):,} of {sum(segment_sizes(scenario)):,} prospects, "
                     f"{part.time.years:g} of {scenario.time.years:g} years; the engine runs uncompiled, which takes "
                     "about 20 seconds for 1,000 prospects.")  # fmt: skip
    found = audit(part, arms[0], arms[1], seed=seed, replicate=replicate)
    table = found.table()
    if form == "json":
        terminal.emit_json(_settings(scenario, arms, seed) | {
            "replicate": replicate, "prospects": sum(segment_sizes(part)), "years": part.time.years,
            "warm_up_draws": len(found.warm_up.counters), "draws": table.to_dict("records")})  # fmt: skip
    elif form == "csv":
        terminal.emit(table.to_csv(index=False, lineterminator="\n"))
    else:
        from orgsim.commands.console_trace import show_audit

        show_audit(found)
    if found.disagreeing():
        raise Failure(f"{len(found.disagreeing())} draws with the same counter gave other numbers", 1)
