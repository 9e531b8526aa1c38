"""What a part of the measurements hands over: paragraphs, tables, and figures that go into the record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """A markdown table; numbers are written with three digits, words as they are."""

    head: Sequence[str]
    rows: Sequence[Sequence[object]]

    def __str__(self) -> str:
        lines = ["| " + " | ".join(self.head) + " |", "|" + "---|" * len(self.head)]
        return "\n".join([*lines, *("| " + " | ".join(map(shown, row)) + " |" for row in self.rows)])


@dataclass
class Part:
    """One question of the benchmark: its name, its title, what is said and tabled, and its figures for the record."""

    name: str
    title: str
    blocks: list[str | Table] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self.blocks.append(text)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table."""
        self.blocks.append(Table(head, rows))

    def note(self, name: str, value: float) -> float:
        """Keep a figure for the record; returns it."""
        self.figures[f"{self.name}.{name}"] = float(value)
        return value

    def __str__(self) -> str:
        return "\n\n".join([f"### {self.title}", *map(str, self.blocks)])


def shown(cell: object) -> str:
    """A cell as text: numbers with three digits and thousands apart."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    if math.isnan(cell):
        return "not measured"
    if cell == 0 or not math.isfinite(cell):
        return f"{cell:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(cell))))
    return f"{cell:,.{digits}f}"


def met(value: float, aim: float) -> str:
    """Whether a figure reaches its aim, and if not the gap as a factor."""
    return "met" if value >= aim else f"missed by a factor of {aim / value:.2f}"


def marks(name: str) -> tuple[str, str]:
    """The comments between which a page keeps what the command writes of a part."""
    return f"<!-- speed: {name} -->", f"<!-- end: {name} -->"


def written(page: str, name: str, text: str) -> str:
    """The page with the text of a part between its marks. Raises ValueError where the page has not exactly one pair."""
    begin, end = marks(name)
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"the page must hold '{begin}' and '{end}' once each, in this order")
    head, rest = page.split(begin)
    return f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}"


def write(path: Path, texts: dict[str, str]) -> None:
    """Write texts of parts into a page between their marks; the page stays as it was if one has no place in it."""
    page = path.read_text(encoding="utf-8")
    for name, text in texts.items():
        page = written(page, name, text)
    path.write_text(page, encoding="utf-8")
