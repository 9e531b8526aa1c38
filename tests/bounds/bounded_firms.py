"""Small firms for bounds, and what their costs come to on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orgsim
from orgsim.scenario.load import value_at
from orgsim.scenario.schema import Scenario

SMALL = {"market.size": 400, "time.years": 0.5, "time.warm_up_years": 0.5, "time.run_off_months": 1, "people.reps": 2,
         "people.marketers": 1}  # fmt: skip


def small(**changes: Any) -> Scenario:
    """A firm of three in a market of 400, for half a year."""
    return orgsim.load_scenario("baseline").with_(**SMALL | changes)


def command(*args: str | Path) -> tuple[int, str, str]:
    """`orgsim ARGS` in this process: exit code, standard output, standard error."""
    from click.testing import CliRunner

    from orgsim.cli import main

    found = CliRunner(env={"COLUMNS": "200"}).invoke(main, list(map(str, args)), prog_name="orgsim")
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.stdout, found.stderr


def money(scenario: Scenario) -> list[str]:
    """Paths of all amounts of money of a scenario, by their units; of its structures and pay plans too."""
    found = []
    for section, about in type(scenario).model_fields.items():
        for name, field in getattr(about.annotation, "model_fields", {}).items():
            extra: Any = field.json_schema_extra or {}
            unit = str(extra.get("unit", ""))
            if unit.startswith("€") and "per unit" not in unit:
                found.append(f"{section}.{name}")
    for name, structure in scenario.structures.items():
        at = f"structures.{name}"
        found += [f"{at}.chairs.{place}.pay" for place in range(len(structure.chairs))]
        found += [f"{at}.{rest}" for rest in ("joint_spend", "staff.pay", "services.price", "lead_rights.audit_cost",
                                              "lead_rights.penalty")]  # fmt: skip
    found += [f"devices.{name}.{rest}" for name in scenario.devices for rest in ("cost", "once")]
    return found


def in_another_currency(scenario: Scenario, rate: float) -> Scenario:
    """The same firm with all amounts of money multiplied; with a pay plan that names none."""
    return scenario.with_(
        **{path: value_at(scenario, path) * rate for path in money(scenario)},
        **{"effort.risk_aversion": scenario.effort.risk_aversion / rate},
    )


def costs(scenario: Scenario, structure: str) -> float:
    """Euro a year under flat pay, with nobody coming or going: by hand from the parameters."""
    money, people = scenario.money, scenario.people
    pay = people.reps * money.rep_pay + people.marketers * money.marketer_pay
    leaders = sum(chair.pay for chair in scenario.structures[structure].chairs)
    return (
        (pay + leaders) * money.charges + people.reps * money.car_tools + money.systems + money.programme
        + scenario.structures[structure].joint_spend
    )  # fmt: skip
