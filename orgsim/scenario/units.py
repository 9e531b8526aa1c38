"""Quantities with units, as people write them in a scenario: '20 weeks', '45 %', '120 k€/year'.

One year is 12 months, 4 quarters, 52 weeks or 260 working days; a week has 5 days and a day 7 hours.
"""

import math
import re
from fractions import Fraction
from typing import NamedTuple

from orgsim.scenario.errors import nearest, show

# Hours of work in each span of time; exact fractions, so that '9 months' in months is 9 and not 8.999...
_HOURS = {
    "min": Fraction(1, 60),
    "h": Fraction(1),
    "day": Fraction(7),
    "week": Fraction(35),
    "month": Fraction(260 * 7, 12),
    "quarter": Fraction(260 * 7, 4),
    "year": Fraction(260 * 7),
}
_EUROS = {"€": 1, "EUR": 1, "euro": 1, "euros": 1, "k€": 1_000, "kEUR": 1_000, "M€": 10**6, "MEUR": 10**6}
_SHARES = {"%": Fraction(1, 100), "percent": Fraction(1, 100), "share": Fraction(1)}
_MORE_NAMES = {"hour": "h", "hours": "h", "minute": "min", "minutes": "min"}

# The names put before the reader, by what they measure; the other names are accepted without being listed.
_SHOWN = {
    "time": ["min", "h", "days", "weeks", "months", "quarters", "years"],
    "money": ["€", "k€", "M€"],
    "share": ["%"],
}
_WHOLE = r"(?:[0-9]{1,3}(?:[ _][0-9]{3})+|[0-9]+|(?=\.[0-9]))"
_NUMBER = re.compile(rf"[+-]?{_WHOLE}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class _Unit(NamedTuple):
    """What a unit measures ('time', or 'money' per 'time') and its size in h, €, or 1."""

    measures: str
    per: str
    size: Fraction


def _simple_units() -> dict[str, _Unit]:
    units = {name: _Unit("time", "", size) for name, size in _HOURS.items()}
    units |= {f"{name}s": unit for name, unit in units.items() if name not in ("min", "h")}
    units |= {name: units[same] for name, same in _MORE_NAMES.items()}
    units |= {name: _Unit("money", "", Fraction(size)) for name, size in _EUROS.items()}
    units |= {name: _Unit("share", "", size) for name, size in _SHARES.items()}
    units["count"] = _Unit("count", "", Fraction(1))
    return units


_UNITS = _simple_units()
_PLAIN = _Unit("share", "", Fraction(1))


def parse(value: str, unit: str) -> float:
    """The quantity written in `value`, as a number of `unit`: parse('20 weeks', 'days') is 100.0.

    `unit` is one of the units above or a rate of two ('€/year', '/week', 'h/week'), 'count', or 'number',
    which takes plain numbers only. A plain number is also taken as a share (0.45 is 45 %) or a count.
    Raises ValueError, in a sentence for the scenario's author, if `value` is no quantity of that kind;
    LookupError if `unit` itself is unknown, which is a mistake in the program and not in the scenario.
    """
    wanted = _Unit("number", "", Fraction(1)) if unit == "number" else _find(unit)
    if wanted is None:
        raise LookupError(f"no unit is called {unit!r}")
    number, name = _split(value, wanted, unit)
    try:
        return float(number * _size(value, name, wanted, unit))
    except OverflowError:
        raise ValueError(f"found {show(value)}; the number is too large") from None


def _split(value: str, wanted: _Unit, unit: str) -> tuple[Fraction, str]:
    """The number at the start of `value` and the unit's name after it, '' if there is none."""
    found, text = f"found {show(value)}", re.sub(r"\s+", " ", value).strip()
    match = _NUMBER.match(text)
    if match is None:
        found = f"{found}, which does not start with a number" if text else "found an empty text"
        raise ValueError(f"{found}; write {_advice(wanted, unit)}")
    name = text[match.end() :].strip()
    if name.startswith(","):
        raise ValueError(f"{found}; write decimals with a point (1.5) and thousands as 1 000 or 1_000")
    if re.search(r"[0-9]", name):
        raise ValueError(f"{found}, which has more than one number; write {_advice(wanted, unit)}")
    number = float(re.sub("[ _]", "", match.group()))
    if not math.isfinite(number):
        raise ValueError(f"{found}; the number is too large")
    # Through the short decimal form: 0.1 is then exactly a tenth, and a huge exponent costs nothing.
    return Fraction(repr(number)), name


def _size(value: str, name: str, wanted: _Unit, unit: str) -> Fraction:
    """How many of the wanted unit one of the unit called `name` is."""
    if not name and not wanted.per and wanted.measures in ("share", "count", "number"):
        return Fraction(1)
    found, write = f"found {show(value)}", f"write {_advice(wanted, unit)}"
    if not name:
        raise ValueError(f"{found}, which has no unit; {write}")
    given = _find(name)
    if given is None:
        right = _nearest_unit(name, wanted)
        ask = f"; did you mean '{right}'?" if right else ""
        raise ValueError(f"{found}; {show(name)} is not a unit; {write}{ask}")
    if given[:2] != wanted[:2]:
        raise ValueError(f"{found}, which is {_kind(given)}; {write}")
    return given.size / wanted.size


def _find(name: str) -> _Unit | None:
    above, *below = _parts(name)
    top = _UNITS.get(above) if above or not below else _PLAIN
    if not below or top is None:
        return top
    bottom = _UNITS.get(below[0]) if len(below) == 1 else None
    return _Unit(top.measures, bottom.measures, top.size / bottom.size) if bottom else None


def _parts(name: str) -> list[str]:
    """'k€ per year' and 'k€/year' both give ['k€', 'year']; '/day' gives ['', 'day']."""
    return [part.strip() for part in re.sub(r"(^|\s)per\s", "/", name).split("/")]


def _nearest_unit(name: str, wanted: _Unit) -> str | None:
    above, *below = _parts(name)
    if len(below) != bool(wanted.per):
        return None
    pairs = [(above, wanted.measures)] + [(part, wanted.per) for part in below]
    fixed = [part if not part else nearest(part, _names(measures)) for part, measures in pairs]
    right = "/".join(part for part in fixed if part is not None)
    return right if None not in fixed and _find(right) else None


def _names(measures: str) -> list[str]:
    return [name for name, unit in _UNITS.items() if unit.measures == measures]


def _kind(unit: _Unit) -> str:
    if unit.per:
        return f"{'a number' if unit.measures == 'share' else unit.measures} per {unit.per}"
    return unit.measures if unit.measures in ("time", "money") else f"a {unit.measures}"


def _advice(wanted: _Unit, unit: str) -> str:
    """What to write instead: the form, an example and the units of the wanted kind."""
    if wanted.measures in ("count", "number"):
        return "a plain number, such as '20'"
    if wanted.measures == "share" and not wanted.per:
        return "a share, such as '45 %' or 0.45 (allowed: % or a plain number)"
    if not wanted.per:
        return f"a number and a unit, such as '20 {unit}' (allowed: {', '.join(_SHOWN[wanted.measures])})"
    above = "" if wanted.measures == "share" else ", ".join(_SHOWN[wanted.measures])
    below = ", ".join(name.removesuffix("s") for name in _SHOWN[wanted.per])
    return f"a rate, such as '20 {unit}' (allowed: {above + ' ' if above else ''}per {below})"
