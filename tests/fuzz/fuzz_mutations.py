"""Inputs made from others: TOML and JSON bent line by line and value by value, and any bytes bent byte by byte."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from typing import Any

MOST = 64 * 1024  # bytes of an input
VALUES = (
    "nan", "inf", "-inf", "0", "-0.0", "-1", "1e400", "-1e308", "5e-324", "1e-300", "1e18", "9223372036854775808",
    "1" + "0" * 400, "1" + "0" * 5000, "0x" + "f" * 300, "1_000", "true", "false", '""', '"x"',
    '"' + "x" * 3000 + '"', "[]", "{}", "[[]]", "[1, [2]]", "[nan, inf]", "{ a = 1 }", "{ a.b = 1, a.c = 2 }",
    "1979-05-27T07:32:00Z", "07:32:00", "1979-02-30", '"20 weeks"', '"-20 weeks"', '"1e999 €"',
    '"1 000 000 k€/year"', '"45 %"', '"20 weesk"', '"% %"',
    '"1/0"', '"€ per"', '"nan days"', '"inf"', '"20 €/year/day"', '"baseline"', '"chief"', '"joint"', '"merged"',
    '"\\u0000"', '"\\U0010ffff"', '"\\ud800"', "'''\n'''", '"""\n\\"""', '"../../../etc/passwd"', '"/dev/null"', '"."',
    '"firm.toml"', '"./firm.toml"', '"\\u0000.toml"', '"' + "a/" * 2500 + 'x.toml"', "[" * 300, "[" * 5000 + "]" * 5000,
    "{a=" * 300 + "1" + "}" * 300, '["reps", "reps"]', "[0.5, 0.5, 0.5]", '[{ name = "a", share = 1.0 }]', "[1, 53]",
)  # fmt: skip
LINES = (
    'extends = "baseline"', 'extends = "firm.toml"', "extends = 3", "[market]", "[[market]]", "[market.segments]",
    "[[market.segments]]", "[structures.merged]", "[structures.mine]", "[[structures.mine.chairs]]", "[pay.mine]",
    "[[pay.mine.rep]]", "[devices.mine]", "[limit]", "[today]", "[switches]", "[design]", "[factors]", "[[points]]",
    "[settings]", "a.b.c = 1", '"" = 1', '"a.b" = 1', "'\"' = 1", "[\"a\\u0000b\"]", "a" + ".a" * 3000 + " = 1",
    "[" + "a." * 3000 + "a]", "\ufeff", "= 1", "x =", "[", "]", "#", "\t", "\x0c", 'name = ""', 'name = "\\ud83d"',
    'kind = "saltelli"', 'kind = "list"', "points = 1000000000000", "replicates = 99999999999999999999",
)  # fmt: skip
BYTES = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\xe2\x80\xa8", b"\x1b[31m", b"\x7f",
         b'"', b"'", b"[", b"]", b"{", b"}", b"=", b".", b",", b"#", b"\\", b"\n\n", b"e", b"-", b"_",
         b"9" * 40)  # fmt: skip
LEAVES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, 10**18, 10**400, "", "x", "inf", "nan", "chief", "merged",
    "own_numbers", "baseline", "market.size", "../x", "\0", "é" * 40, "x" * 3000, [], {}, [[]], [None], {"a": 1},
    2**53 + 1, -(2**63), 2**64, "20 weeks", "__class__",
)  # fmt: skip


class Mutator:
    """Bends inputs, with luck of its own; `others` lends parts, `keys` names."""

    def __init__(self, luck: random.Random, keys: Sequence[str]) -> None:
        self.luck, self.keys = luck, list(keys)

    def bent(self, data: bytes, other: bytes, form: str) -> bytes:
        """The input changed one to eight times. form: "toml", "json" or "bytes"."""
        for _ in range(self.luck.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            if form == "bytes" or self.luck.random() < 0.15:
                data = self.bytes(data, other)
            elif form == "toml":
                data = self.toml(data, other)
            else:
                data = self.json(data, other)
        return data[:MOST]

    def bytes(self, data: bytes, other: bytes) -> bytes:
        """One change of bytes: flipped, taken out, put in, doubled, or another's."""
        luck = self.luck
        if not data:
            return luck.choice(BYTES)
        at = luck.randrange(len(data))
        end = min(len(data), at + luck.choice((1, 2, 8, 64, 1000)))
        match luck.randrange(6):
            case 0:
                return data[:at] + bytes([data[at] ^ (1 << luck.randrange(8))]) + data[at + 1 :]
            case 1:
                return data[:at] + data[end:]
            case 2:
                return data[:at] + luck.choice(BYTES) + data[at:]
            case 3:
                return data[:end] + data[at:end] * luck.choice((1, 2, 50)) + data[end:]
            case 4:
                return data[:at]
            case _:
                begin = luck.randrange(len(other) + 1)
                return data[:at] + other[begin : begin + end - at] + data[end:]

    def toml(self, data: bytes, other: bytes) -> bytes:
        """One change of a line: its value, its key, its place, or another line."""
        luck = self.luck
        lines = data.decode("utf-8", "replace").split("\n")
        theirs = other.decode("utf-8", "replace").split("\n")
        at = luck.randrange(len(lines))
        pairs = [place for place, line in enumerate(lines) if "=" in line and not line.lstrip().startswith("#")]
        place = luck.choice(pairs) if pairs else at
        key, _, value = lines[place].partition("=")
        match luck.randrange(9):
            case 0 | 1:
                lines[place] = f"{key}= {luck.choice(VALUES)}"
            case 2:
                lines[place] = f"{key}= {self._in_number(value)}"
            case 3:
                lines[place] = f"{luck.choice(self.keys)} ={value}"
            case 4:
                lines.insert(at, f"{luck.choice(self.keys)} = {luck.choice(VALUES)}")
            case 5:
                lines.insert(at, luck.choice(LINES))
            case 6:
                lines.insert(at, lines[luck.randrange(len(lines))])
            case 7:
                begin = luck.randrange(len(theirs))
                lines[at:at] = theirs[begin : begin + luck.choice((1, 3, 12))]
            case _:
                del lines[at]
        return "\n".join(lines).encode("utf-8", "replace")

    def _in_number(self, value: str) -> str:
        """The value with one of its numbers replaced."""
        found = list(re.finditer(r"[0-9.]+", value))
        if not found:
            return self.luck.choice(VALUES)
        one = self.luck.choice(found)
        number = self.luck.choice(("0", "-1", "1e9", "1e-9", "1e400", "0.5", "3", "nan", "9" * 20, "1e18"))
        return value[: one.start()] + number + value[one.end() :]

    def json(self, data: bytes, other: bytes) -> bytes:
        """One change of a value of a document, or of its text where it is none."""
        try:
            document, theirs = json.loads(data), json.loads(other)
        except (ValueError, RecursionError):
            return self.bytes(data, other)
        places = list(_places(document))
        if not places:
            return json.dumps(self.luck.choice(LEAVES)).encode()
        holder, key = self.luck.choice(places)
        lent = [holder[key] for holder, key in _places(theirs)]
        match self.luck.randrange(6):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[self.luck.choice([*self.keys, *map(str, LEAVES[11:24])])] = holder.pop(key)
            case 2 if lent:
                holder[key] = self.luck.choice(lent)
            case 3 if isinstance(holder, dict):
                holder[self.luck.choice(self.keys)] = self.luck.choice(LEAVES)
            case _:
                holder[key] = self.luck.choice(LEAVES)
        return json.dumps(document).encode()


def _places(document: Any, depth: int = 0) -> Any:
    """All (holder, key) of a document, its own places first."""
    if isinstance(document, dict):
        keys: list[Any] = list(document)
    elif isinstance(document, list):
        keys = list(range(len(document)))
    else:
        return
    for key in keys:
        yield document, key
    if depth < 12:
        for key in keys:
            yield from _places(document[key], depth + 1)
