"""The record of figures by commit, `benchmarks/history.jsonl`, and what counts as having got worse.

A line is one measurement: commit, date, machine, versions, load, whether it was a quick one, and figures by name. Kept
are ratios, exponents, shares and bytes, never seconds: a time stands as a multiple of the empty step of a Mesa agent
measured beside it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAST = 8  # records that a new measurement is held against
TOLERANCE = 0.15  # a figure may be worse by this much without being called so
EXPONENT = 0.1  # the same of exponents, which lie near nought or one, as a difference
SPREADS = 3.0  # of the records' own, where they vary more
FEW = 3  # records from which their spread is known at all; with fewer, twice the tolerance
MOST = 1.0  # however much they vary: twice as bad is always called so
MAD = 1.4826  # median absolute deviation to standard deviation, under a normal law
KEYS = ("commit", "date", "quick", "machine", "figures")
MORE, LESS = "more", "less"


@dataclass(frozen=True)
class Kind:
    """A kind of figure: which way is better, and whether it is an exponent."""

    better: str
    exponent: bool = False


# By the beginning of the name; the first that fits holds.
KINDS = {
    "witness.": Kind(MORE),
    "one_core.mesa_step_over": Kind(MORE),
    "one_core.": Kind(LESS),
    "rules.": Kind(LESS),
    "second_core.efficiency": Kind(MORE),
    "second_core.": Kind(LESS),
    "scaling.exponent": Kind(LESS, exponent=True),
    "scaling.": Kind(LESS),
    "first_impression.": Kind(LESS),
    "app_latency.": Kind(LESS),
    "others.": Kind(MORE),
}

Record = dict[str, Any]


class Malformed(ValueError):
    """The record cannot be read; the message names file, line and what is wrong."""


def kind_of(name: str) -> Kind | None:
    """The kind of a figure by its name; None of a name that is not known (any more)."""
    return next((kind for begin, kind in KINDS.items() if name.startswith(begin)), None)


def read(path: Path) -> list[Record]:
    """All records, oldest first; none where there is no file yet. Raises Malformed with file and line."""
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                records.append(checked(json.loads(line)))
            except (ValueError, TypeError) as error:
                raise Malformed(f"{path}, line {number}: {error}") from None
    return records


def checked(record: Any) -> Record:
    """The record itself when it is one; raises ValueError that says what is wrong with it."""
    if not isinstance(record, dict):
        raise ValueError(f"found {type(record).__name__}, must be an object")
    missing = [key for key in KEYS if key not in record]
    if missing:
        raise ValueError(f"lacks {', '.join(missing)}")
    if not isinstance(record["machine"], dict) or not isinstance(record["figures"], dict):
        raise ValueError("machine and figures must be objects")
    for name, value in record["figures"].items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"figure {name}: found {value!r}, must be a finite number")
    return record


def append(path: Path, record: Record) -> None:
    """Write a record as the last line. Figures that are no finite numbers were not measured and are left out."""
    figures = {name: round_(value) for name, value in record["figures"].items() if math.isfinite(value)}
    line = json.dumps(checked(record | {"figures": figures}), ensure_ascii=False)
    read(path)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text and not text.endswith("\n"):
        text += "\n"
    path.write_text(f"{text}{line}\n", encoding="utf-8")


def round_(value: float) -> float:
    """Four digits, which is more than any of these is known to."""
    return float(f"{value:.4g}")


def like(record: Record) -> tuple[object, ...]:
    """What two machines must share for their figures to be held against each other first."""
    machine = record["machine"]
    return machine.get("processor"), machine.get("cores"), machine.get("versions", {}).get("python", "")[:4]


@dataclass(frozen=True)
class Judged:
    """A figure held against its record. `worse` is how many times worse it is (of exponents: by how much), negative or
    below 1 where it is better; `usual` is the median of `records` records, nought of which `usual` is not a number."""

    name: str
    value: float
    usual: float
    records: int
    worse: float
    limit: float
    same_machine: bool
    known: bool = True

    @property
    def regressed(self) -> bool:
        """Whether it got worse by more than it may."""
        return self.records > 0 and self.worse > self.limit

    def __str__(self) -> str:
        if not self.known:
            return f"{self.name}: not a figure that is known; not judged"
        if not self.records:
            return f"{self.name}: {self.value:.4g}, the first on record"
        where = "" if self.same_machine else ", none of them of a machine like this"
        against = f"{self.value:.4g} against {self.usual:.4g}, the median of the last {self.records}{where}"
        if not self.regressed:
            return f"{self.name}: {against}"
        kind = kind_of(self.name)
        by = (f"greater by {self.worse:.2f}, allowed {self.limit:.2f}" if kind is not None and kind.exponent
              else f"{self.worse:.2f} times worse, allowed {self.limit:.2f}")  # fmt: skip
        return f"WORSE  {self.name}: {against}; {by}"


def judged(new: Record, records: Sequence[Record]) -> list[Judged]:
    """Every figure of a measurement against the record.

    The median of the last LAST records that have the figure and were as quick, of machines alike if any of them is,
    else of all. A figure may be worse by TOLERANCE, or by SPREADS robust standard deviations of those records where
    that is more, but never twice as bad; with fewer than FEW records by twice the TOLERANCE.
    """
    return [_judged(name, value, new, records) for name, value in new["figures"].items() if math.isfinite(value)]


def _judged(name: str, value: float, new: Record, records: Sequence[Record]) -> Judged:
    kind = kind_of(name)
    if kind is None:
        return Judged(name, value, math.nan, 0, math.nan, math.nan, True, known=False)
    with_it = [one for one in records if name in one["figures"] and one["quick"] == new["quick"]]
    alike = [one for one in with_it if like(one) == like(new)]
    values = [float(one["figures"][name]) for one in (alike or with_it)[-LAST:]]
    if not values:
        return Judged(name, value, math.nan, 0, math.nan, math.nan, bool(alike))
    usual = median(values)
    spread = SPREADS * MAD * median([abs(one - usual) for one in values])
    least = (EXPONENT if kind.exponent else TOLERANCE) * (1 if len(values) >= FEW else 2)
    if kind.exponent:
        return Judged(name, value, usual, len(values), value - usual, min(MOST, max(least, spread)), bool(alike))
    worse = _times(usual, value) if kind.better == MORE else _times(value, usual)
    limit = 1 + min(MOST, max(least, spread / abs(usual) if usual else 0.0))
    return Judged(name, value, usual, len(values), worse, limit, bool(alike))


def _times(above: float, below: float) -> float:
    """How many times as much; endless where there is nothing below and something above."""
    if below > 0:
        return above / below
    return math.inf if above > 0 else 1.0


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of both."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def verdict(found: Sequence[Judged]) -> tuple[str, int]:
    """What is said of a check, a line for each figure that got worse, and the exit code: 1 where any did."""
    worse = [str(one) for one in found if one.regressed]
    first = [one for one in found if one.known and not one.records]
    strange = [str(one) for one in found if not one.known]
    lines = [*worse, *strange]
    held = sum(one.records > 0 for one in found)
    if held:
        lines.append(f"{held} figures held against the record: {len(worse) or 'none'} got worse.")
    if first:
        lines.append(f"{len(first)} figures have no record to be held against.")
    return "\n".join(lines) or "Nothing was measured.", 1 if worse else 0


def record_of(
    figures: Mapping[str, float], *, commit: str, date: str, quick: bool, machine: Mapping[str, object], load: float
) -> Record:
    """A measurement as a record; `load` is how many cores others kept busy meanwhile."""
    return {"commit": commit, "date": date, "quick": quick, "machine": dict(machine),
            "others_cores": None if math.isnan(load) else round_(load), "figures": dict(figures)}  # fmt: skip
