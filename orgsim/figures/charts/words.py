"""Words that several charts say: titles, units, headings of data tables, a figure with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from orgsim.figures.chart import ArmNames, Format
from orgsim.figures.forms.keys import Key
from orgsim.language import Language

if TYPE_CHECKING:
    import pandas as pd


class About(Protocol):
    """What is known of a figure: `experiments.metrics.Metric` is one."""

    @property
    def unit(self) -> str:
        """The unit of the table's figures, in English: "k€ a year"."""

    @property
    def better(self) -> int:
        """1 where more is better, -1 where less is, 0 where neither."""


Known = Callable[[str], About]
UNITS = {"k€ a year": "money", "k€": "sum", "%": "percent", "a year": "count", "": "level"}


def metric_title(name: str, language: Language) -> str:
    """What a figure is called in the reader's language; its name in words where the catalogue has none."""
    head, _, year = name.partition("_year_")
    if year and language.has(f"figures.metric_year.{head}"):
        return language.say(f"figures.metric_year.{head}", year=year)
    key = f"figures.metric.{name}"
    return language.say(key) if language.has(key) else name.replace("_", " ").capitalize()


def unit_words(unit: str, language: Language) -> str:
    """A unit in the reader's language."""
    return language.say(f"figures.unit.{UNITS[unit]}")


def with_unit(metric: str, about: Known, language: Language) -> str:
    """'Revenue, k€ a year'."""
    unit, title = unit_words(about(metric).unit, language), metric_title(metric, language)
    return f"{title}, {unit}" if unit else title


def better_words(better: int, language: Language) -> str:
    """Which way is better; nothing where neither is."""
    return language.say("figures.more_is_better" if better > 0 else "figures.less_is_better") if better else ""


def axis_words(metric: str, about: Known, language: Language) -> str:
    """'k€ a year, more is better'."""
    what = about(metric)
    return ", ".join(part for part in (unit_words(what.unit, language), better_words(what.better, language)) if part)


def digits_of(unit: str, values: Iterable[float]) -> int:
    """Decimals that a column of figures is written with."""
    largest = max((abs(float(v)) for v in values if v == v), default=0.0)
    if unit == "":
        return 2 if largest < 10 else 0
    return 0 if largest >= 100 else 1


def lowered(name: str) -> str:
    """A name within a sentence."""
    return name[:1].lower() + name[1:]


def found(table: pd.DataFrame, **where: Any) -> dict[str, Any] | None:
    """The first row with these values, None where there is none or its mean is missing."""
    for column, value in where.items():
        table = table[table[column] == value]
    return None if table.empty else {str(k): v for k, v in table.iloc[0].to_dict().items()}


def interval_words(row: dict[str, Any], language: Language, digits: int, signed: bool = False, stem: str = "") -> str:
    """'1,932 (1,850 to 2,010)'; without the interval where there is none."""
    say = language.signed if signed else language.number
    middle = row[stem or "mean"]
    low, high = (row.get(f"{stem}_{end}" if stem else end) for end in ("low", "high"))
    if low is None or high is None or low != low or high != high:
        return say(middle, digits)
    return language.say("figures.interval", value=say(middle, digits), low=say(low, digits), high=say(high, digits))


def headings(language: Language, *columns: str) -> dict[str, str]:
    """Headings of a data table in its order: "mean" by its own name, "mean:hours" by that of hours."""
    keys = {column: key or column for column, _, key in (each.partition(":") for each in columns)}
    return {column: language.say(f"figures.heading.{key}") for column, key in keys.items()}


def formats(digits: int | None, *columns: str, signed: bool = False) -> dict[str, Format]:
    return {column: Format(digits, signed) for column in columns}


def words_of(part: str, names: Sequence[str], language: Language) -> dict[Any, str]:
    """Names of causes, stages, ... in the reader's language, in the order given; in words where there is none."""
    out: dict[Any, str] = {}
    for name in names:
        key = f"figures.{part}.{name}"
        out[name] = language.say(key) if language.has(key) else name.replace("_", " ")
    return out


def present(words: Mapping[Any, str], values: Iterable[Any]) -> tuple[Key, ...]:
    """Keys of those that a table has, in the catalogue's order, the others after them."""
    seen = list(dict.fromkeys(values))
    known = [key for key in words if key in seen]
    return tuple(Key(key, words.get(key, str(key))) for key in [*known, *(k for k in seen if k not in words)])


def tidy(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Those columns of the table; one that is missing is filled with nothing."""
    return table.reindex(columns=list(columns)).reset_index(drop=True)


def yes_no(language: Language) -> dict[Any, str]:
    """Words of a column of truths."""
    return {True: language.say("figures.yes"), False: language.say("figures.no")}


def each_arm(arms: ArmNames, table: pd.DataFrame, say: Callable[[Any, pd.DataFrame], str]) -> str:
    """A sentence for each arm that the table has rows of."""
    return " ".join(say(arm, table[table["arm"] == arm.key]) for arm in arms.among(list(table["arm"])))
