"""A chart: one tidy table, drawn by Vega-Lite on pages and by matplotlib in files, with the words that go with it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from orgsim.figures.look import Look

Spec = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
TABLE = "table"  # name of the data set that every spec reads
GAP = 24  # px between panels of one chart
# Okabe and Ito's colours, told apart by colour-blind readers, each with its own mark.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKS = ("o", "s", "^", "D", "v", "P")
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
FEW = 4  # arms that fit side by side in one panel; more get a panel or a row each


@dataclass(frozen=True)
class ArmName:
    """How one arm is shown. key: str(arm), "merged / own_numbers". place: 0, 1, ... colour: of the light theme."""

    key: str
    name: str
    place: int
    today: bool = False
    reference: bool = False

    @property
    def colour(self) -> str:
        return COLOURS[self.place % len(COLOURS)]

    @property
    def mark(self) -> str:
        """matplotlib's."""
        return MARKS[self.place % len(MARKS)]

    @property
    def shape(self) -> str:
        """Vega's."""
        return SHAPES[self.place % len(SHAPES)]


@dataclass(frozen=True)
class ArmNames:
    """The arms of a comparison in their order: it fixes colours and marks in every chart."""

    arms: tuple[ArmName, ...]

    @classmethod
    def of(
        cls,
        keys: Sequence[str],
        language: Language,
        *,
        today: str | None = None,
        reference: str | None = None,
        structures: Mapping[str, str] | None = None,
        plans: Mapping[str, str] | None = None,
    ) -> ArmNames:
        """Names for arms "structure / pay plan". structures, plans: the scenario's own titles by name, used where the
        catalogue has none. The pay plan is left out where all arms share it, the structure likewise; names differ."""
        parts = [tuple(part.strip() for part in key.partition("/")[::2]) for key in keys]
        shared_pay, shared = len({pay for _, pay in parts}) == 1, len({structure for structure, _ in parts}) == 1
        names: list[str] = []
        for structure, pay in parts:
            first = title_of("structure", structure, language, structures or {})
            second = title_of("pay", pay, language, plans or {}) if pay else ""
            both = [first] if shared_pay or not second else [second] if shared else [first, second]
            names.append(", ".join(both))
        arms = []
        for place, (key, name) in enumerate(zip(keys, names, strict=True)):
            name = name if names.count(name) == 1 else f"{name} ({parts[place][0]})"
            said = language.say("figures.arm_today", arm=name) if key == today else name
            arms.append(ArmName(key, said, place, key == today, key == (today if reference is None else reference)))
        return cls(tuple(arms))

    def __len__(self) -> int:
        return len(self.arms)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.arms)

    def __getitem__(self, key: str) -> ArmName:
        return next(arm for arm in self.arms if arm.key == key)

    @property
    def reference(self) -> ArmName | None:
        """The arm that differences are taken to."""
        return next((arm for arm in self.arms if arm.reference), None)

    @property
    def others(self) -> tuple[ArmName, ...]:
        return tuple(arm for arm in self.arms if not arm.reference)

    @property
    def words(self) -> dict[str, str]:
        """Names by key."""
        return {arm.key: arm.name for arm in self.arms}

    def among(self, keys: Sequence[str]) -> tuple[ArmName, ...]:
        """The arms that a table has rows of, in their order."""
        found = set(keys)
        return tuple(arm for arm in self.arms if arm.key in found)


def title_of(kind: str, name: str, language: Language, own: Mapping[str, str]) -> str:
    """What a structure or a pay plan is called: by the catalogue, else by its own title, else by its name in words."""
    key = f"figures.{kind}.{name}"
    return language.say(key) if language.has(key) else one_line(own.get(name) or name.replace("_", " ").capitalize())


def one_line(text: str) -> str:
    """A user's text without line ends and control characters, which no string of an expression may hold."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text).strip()


class Form(Protocol):
    """One panel: the same drawing as a Vega-Lite view and on matplotlib's axes."""

    @property
    def height(self) -> int:
        """Of the plot in px, axis and titles left out."""

    @property
    def margin(self) -> int:
        """px beside the plot that its axis needs."""

    @property
    def frame(self) -> int:
        """px above and below the plot that titles, key and axis need in a file."""

    def spec(self, width: int | None = None) -> Spec:
        """A single or layered view without data; width: of the plot in px, None as wide as its box."""

    def draw(self, axes: Axes, table: pd.DataFrame, look: Look) -> None: ...


@dataclass(frozen=True)
class Format:
    """How the cells of a column are written; `digits` None: by size. unit follows the number."""

    digits: int | None = None
    signed: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure of the report or the app. See the module for what goes with it.

    name: id and name of its files. caption: how to read it. alt: what it shows here, with the figures that matter.
    table: tidy; what is drawn and nothing else. headings: column -> heading with unit. words: column -> key -> what a
    reader sees for it. formats: column -> how its numbers are written. panels: one view each; pages give every panel a
    box of its own, at least `least` px wide, at most `columns` beside one another.
    """

    name: str
    title: str
    caption: str
    alt: str
    table: pd.DataFrame
    headings: dict[str, str]
    panels: tuple[Form, ...]
    language: Language
    words: dict[str, dict[Any, str]] = field(default_factory=dict)
    formats: dict[str, Format] = field(default_factory=dict)
    columns: int = 1
    least: int = 260
    read: pd.DataFrame | None = None  # for readers, where the table has a row for each world or person

    def __post_init__(self) -> None:
        if not self.panels or self.table.empty:
            from orgsim.figures.forms.note import Note

            nothing = self.language.say("figures.nothing")
            object.__setattr__(self, "panels", (Note(nothing),))
            object.__setattr__(self, "alt", self.alt or nothing)

    def rows(self) -> list[dict[str, Any]]:
        """The table as records for the data set "table"; what is not finite is None."""
        return records(self.table)

    def specs(self) -> list[Spec]:
        """A Vega-Lite spec for each panel, as wide as its box, reading the data set "table"."""
        return [self._view(panel) for panel in self.panels]

    @property
    def spec(self) -> Spec:
        """The only panel's spec, or of several one that sets them one below the other."""
        return self.spec_at(600) if len(self.panels) > 1 else self.specs()[0]

    def spec_at(self, width: int) -> Spec:
        """One spec of all panels for a figure of so many px, as many beside one another as fit."""
        side = self.beside(width)
        each = max(80, (width - (side - 1) * GAP) // side - self._margin())
        if len(self.panels) == 1:
            return self._view(self.panels[0], each)
        views = [
            {k: v for k, v in self._view(panel, each).items() if k not in ("$schema", "data", "description")}
            for panel in self.panels
        ]
        return {
            "$schema": SCHEMA,
            "data": {"name": TABLE},
            "description": self.alt,
            "columns": side,
            "spacing": GAP,
            "concat": views,
            "resolve": {"scale": {"color": "independent", "shape": "independent"}},
        }

    def beside(self, width: int) -> int:
        """How many panels fit beside one another in a figure of so many px."""
        return max(1, min(self.columns, len(self.panels), (width + GAP) // (self.least + GAP)))

    def _margin(self) -> int:
        return max(panel.margin for panel in self.panels)

    def _view(self, panel: Form, width: int | None = None) -> Spec:
        """A panel's view; width: of its plot, None as wide as its box."""
        size: Spec = {"width": width or "container", "height": panel.height}
        if width is None:
            size["autosize"] = {"type": "fit-x", "contains": "padding"}
        return {"$schema": SCHEMA, "description": self.alt, "data": {"name": TABLE}, **size, **panel.spec(width)}

    def draw(self, theme: str = "light", width: float = 7.2, below: str = "") -> Figure:
        """The figure for a file, `width` inches wide; below: a line below its title."""
        from orgsim.figures.look import figure_of

        return figure_of(self, theme, width, below)

    def cells(self) -> list[list[str]]:
        """The rows of the data table as a reader sees them, in the order of `headings`."""
        columns = list(self.headings)
        return [
            [self._cell(column, row[column]) for column in columns]
            for row in records(self.table if self.read is None else self.read)
        ]

    def numeric(self) -> list[bool]:
        """Whether each column of the data table holds numbers."""
        return [column in self.formats for column in self.headings]

    def _cell(self, column: str, value: Any) -> str:
        if column in self.words:
            return self.words[column].get(value, "" if value is None else str(value))
        if value is None:
            return "–"
        if column in self.formats:
            how = self.formats[column]
            text = (self.language.signed if how.signed else self.language.number)(float(value), how.digits)
            return f"{text}\u00a0{how.unit}" if how.unit else text
        return str(value)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows that JSON can carry: plain Python values, None for what is missing or not finite."""
    columns = [[plain(value) for value in table[name].tolist()] for name in table.columns]
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
