"""Beside what a user would pick instead: the limit cases that `benchmarks/others` runs in other packages."""

from __future__ import annotations

import importlib
from typing import Any

from speeds.document import Part

QUICK = 3


def measured(quick: bool) -> Part:
    """The part; says why where nothing can be compared."""
    part = Part("others", "Beside other packages, on limit cases")
    try:
        beside = importlib.import_module("benchmarks.others.side_by_side")
    except ImportError as error:
        part.say(f"Not measured: {error}.")
        return part
    found: list[dict[str, Any]] = beside.rows(QUICK if quick else beside.REPLICATES)
    rows = [row for row in found if "reason" not in row]
    theirs = [row for row in rows if row["package"] != beside.OURS]
    for row in theirs:
        part.note(f"{row['case']}_in_{slug(row['model'])}_over_orgsim", row["run_against_orgsim"])
    for row in found:
        if "reason" in row:
            part.say(f"{row['package']}: {row['reason']}.")
    if not theirs:
        return part
    part.say(
        f"The same limit case, {rows[0]['replicates']} replicates of each in turn, one process and one thread. More of "
        "it is in [other packages](other-packages.md)."
        + ("" if quick else " The last column is the time until the standard error is a hundredth of the closed form.")
    )
    part.table(
        ["Case", "in", "version", "lines", "ms a run", "times orgsim's, a run",
         *([] if quick else ["z", "times orgsim's, to 1 %"])],
        [
            [row["title"], row["model"], row["version"], row["lines"], 1e3 * row["seconds_a_run"],
             row["run_against_orgsim"], *([] if quick else [f"{row['z']:+.1f}", row["against_orgsim"]])]
            for row in rows
        ],
    )  # fmt: skip
    return part


def slug(name: str) -> str:
    """A name of the record: letters, digits and underscores."""
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower())
