"""What pages say, in the reader's language: one catalogue of sentences per language, and how numbers are written.

A catalogue is a folder of TOML files, one for each part of the product; the sentence `title` in `report.toml` is
`report.title`. A sentence has places for values, `{arm} earns {amount} more`. Where it depends on a number it is a
table with `one` and `other` and is chosen by the value called `count`. Every catalogue has the same sentences with the
same places; a test checks it.
"""

from __future__ import annotations

import math
import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# A space that no line is broken at, and a narrow one, as French typography wants within numbers.
NO_BREAK, NARROW = "\u00a0", "\u202f"
MINUS = "\u2212"
ONE, OTHER = "one", "other"


@dataclass(frozen=True)
class Language:
    """A catalogue of sentences and the way of writing numbers that goes with it.

    code: as in HTML's `lang`. decimal, group: between whole and decimals, and between thousands. zero_is_one: whether
    nothing counts as singular.
    """

    code: str
    name: str
    decimal: str
    group: str
    zero_is_one: bool
    sentences: Mapping[str, Any]

    def say(self, key: str, /, **values: Any) -> str:
        """The sentence at a dotted key with its places filled; KeyError where the catalogue has none."""
        found: Any = self.sentences
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise KeyError(f"no sentence {key!r} in the catalogue of {self.name}")
            found = found[part]
        if isinstance(found, Mapping):
            found = found[self.plural(values["count"])]
        return str(found).format(**values)

    def has(self, key: str) -> bool:
        """Whether the catalogue has a sentence at a dotted key."""
        found: Any = self.sentences
        for part in key.split("."):
            if not isinstance(found, Mapping) or part not in found:
                return False
            found = found[part]
        return True

    def plural(self, count: float) -> str:
        """Which form of a sentence goes with a number."""
        return ONE if count == 1 or (count == 0 and self.zero_is_one) else OTHER

    def number(self, value: float, digits: int | None = None) -> str:
        """A figure in few digits (none from 10 on, one below), '?' where there is none; never a negative zero."""
        if not math.isfinite(value):
            return "?"
        digits = (0 if abs(value) >= 10 else 1) if digits is None else digits
        text = f"{abs(value):,.{digits}f}"
        zero = not any(c in "123456789" for c in text)
        text = text.replace(",", "\0").replace(".", self.decimal).replace("\0", self.group)
        return text if value >= 0 or zero else MINUS + text

    def signed(self, value: float, digits: int | None = None) -> str:
        """A figure with its sign."""
        text = self.number(value, digits)
        nothing = not any(c in "123456789" for c in text)
        return text if text.startswith(MINUS) or nothing or not math.isfinite(value) else f"+{text}"

    def amount(self, value: float, unit: str, digits: int | None = None) -> str:
        """A figure with its unit, which no line break parts: '73 k€'."""
        text = self.number(value, digits)
        return f"{text}{NO_BREAK}{unit}" if unit else text

    def percent(self, share: float, digits: int | None = None) -> str:
        """'95 %' of .95."""
        return self.amount(100 * share, "%", digits)

    def joined(self, parts: Sequence[str]) -> str:
        """'a, b and c'."""
        *most, last = parts
        return f"{', '.join(most)} {self.say('words.and')} {last}" if most else last

    def count(self, many: int) -> str:
        """A number in words where the catalogue has it (up to twelve), in figures elsewhere."""
        words = self.sentences["words"]["numbers"]
        return str(words[many]) if many < len(words) else self.number(many, 0)


def languages() -> list[str]:
    """Codes of the languages there are, English first."""
    codes = sorted(path.parent.name for path in Path(__file__).parent.glob("*/words.toml"))
    return sorted(codes, key=lambda code: code != "en")


@cache
def language(code: str = "en") -> Language:
    """The language of that code; KeyError where there is none."""
    if code not in languages():
        raise KeyError(code)
    folder = Path(__file__).parent / code
    sentences = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}
    about = sentences["words"].pop("language")
    return Language(code, about["name"], about["decimal"], about["group"], about["zero_is_one"], sentences)


def places(sentence: str) -> set[str]:
    """Names of the places for values in a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
