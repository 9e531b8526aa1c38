"""How a report is made again: the command, versions, hashes, and the scenario itself as a file."""

from __future__ import annotations

import base64
import hashlib
import math
import shlex
from typing import TYPE_CHECKING, Any

from orgsim.experiments.store import manifest
from orgsim.report.scenariofile import FILE, scenario_file

if TYPE_CHECKING:
    from orgsim.report.report import Report


def made(report: Report) -> dict[str, Any]:
    """What the page's last section shows."""
    from orgsim.engine.compile import source_hash

    c, said = report.comparison, report.said
    text = scenario_file(c.scenario, c.arms)
    digest = hashlib.sha256(text.encode()).hexdigest()
    engine = report.engine or source_hash()
    other = engine != source_hash()
    number = report.versions or manifest([])["versions"]

    def fact(key: str, value: str, code: bool = False) -> dict[str, Any]:
        return {"label": said.say(f"report.page.made.{key}"), "value": value, "code": code}

    facts = [
        fact("scenario", c.scenario.name), fact("seed", str(c.seed)), fact("worlds", said.number(c.replicates, 0)),
        fact("detail", said.number(report.evidence.worlds, 0)),
        fact("draws", said.number(report.draws.number if report.draws else 0, 0)),
        fact("engine", engine, True), fact("hash", digest, True),
        fact("versions", ", ".join(f"{name} {found}" for name, found in number.items()), True),
    ]  # fmt: skip
    summary = report.summary
    rows = [[_cell(value) for value in row] for row in summary.itertuples(index=False)]
    return {
        "command": shlex.join(report.command or again(report)), "facts": facts, "file": FILE, "text": text,
        "note": said.say("report.page.made.other_engine") if other else "" if report.command else said.say(
            "report.page.made.saved", file=FILE),
        "address": _address(text, "text/plain"), "heads": list(summary.columns), "rows": rows,
        "table": _address(summary.to_csv(index=False, lineterminator="\n"), "text/csv"),
    }  # fmt: skip


def again(report: Report) -> list[str]:
    """The command that makes the report from the scenario file alone."""
    c = report.comparison
    command = ["orgsim", "compare", FILE, "--arms", ",".join(map(str, c.arms)), "--against", str(c.against),
               "--replicates", str(c.replicates), "--seed", str(c.seed)]  # fmt: skip
    usual = {"start": "today", "budget": "free", "interval": "t"}
    command += [word for name, value in usual.items() if getattr(c, name) != value
                for word in (f"--{name}", getattr(c, name))]  # fmt: skip
    command += [] if c.confidence == 0.95 else ["--confidence", f"{100 * c.confidence:g}%"]
    command += ["--uncertain"] if c.uncertain else []
    if not c.uncertain and len(c.arms) > 1:
        command += ["--draws", str(report.draws.number if report.draws else 0)]
    command += [] if report.said.code == "en" else ["--language", report.said.code]
    return [*command, "--report", "report.html"]


def _address(text: str, kind: str) -> str:
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"


def _cell(value: Any) -> dict[str, Any]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
        text = "" if math.isnan(number) else f"{number:.6g}"
        return {"number": True, "text": text, "exact": repr(number)}
    return {"number": False, "text": str(value), "exact": None}


__all__ = ["again", "made"]
