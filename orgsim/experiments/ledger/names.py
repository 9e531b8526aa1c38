"""Names of accounts: the long id of the tables, and the readable form SEGMENT:NUMBER."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgsim.scenario.errors import Problem, ScenarioError, nearest, show

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Ledger


def place_of(ledger: Ledger, prospect: int) -> int:
    """Position of the account with this id; ScenarioError with the nearest ids if there is none."""
    from orgsim import tables

    sizes = _sizes(ledger)
    segment, index = divmod(int(prospect), tables.SEGMENT_STRIDE)
    if prospect >= 0 and segment < len(sizes) and index < sizes[segment]:
        return sum(sizes[:segment]) + index
    ranges = [f"{s * tables.SEGMENT_STRIDE} to {s * tables.SEGMENT_STRIDE + n - 1}" for s, n in enumerate(sizes) if n]
    firsts = [s * tables.SEGMENT_STRIDE + end for s, n in enumerate(sizes) if n for end in (0, n - 1)]
    near = min(firsts, key=lambda known: abs(known - prospect))
    raise _unknown(str(prospect), f"no prospect has the id {prospect}; ids are {', '.join(ranges)}", str(near))


def parse(ledger: Ledger, text: str) -> int:
    """Position of the account named by its id or as SEGMENT:NUMBER; the beginning of a segment's name will do."""
    text = text.strip()
    name, colon, number = text.rpartition(":")
    if not colon:
        if text.isdecimal():
            return place_of(ledger, int(text))
        message = f"found {show(text)}; write an id or SEGMENT:NUMBER, such as '{ledger.segments[0]}:12'"
        raise _unknown(text, message, None)
    fits = [s for s in ledger.segments if s.lower() == name.strip().lower()]
    fits = fits or [s for s in ledger.segments if s.lower().startswith(name.strip().lower())]
    if len(fits) != 1:
        said = "more than one segment begins so" if fits else f"no segment is called {show(name)}"
        allowed = ", ".join(fits or ledger.segments)
        raise _unknown(text, f"{said}; segments are {allowed}", nearest(name, ledger.segments))
    segment = ledger.segments.index(fits[0])
    size = _sizes(ledger)[segment]
    if not number.strip().isdecimal() or int(number) >= size:
        allowed = f"0 to {size - 1}" if size else "none"
        raise _unknown(text, f"found number {show(number)}; prospects of '{fits[0]}' are numbered {allowed}", None)
    return sum(_sizes(ledger)[:segment]) + int(number)


def name_of(ledger: Ledger, place: int) -> str:
    """The readable form of an account's name."""
    row = ledger.a.walk.world.prospects[place]
    return f"{ledger.segments[int(row['segment'])]}:{int(row['index'])}"


def id_of(ledger: Ledger, place: int) -> int:
    """The id of an account in tables and files."""
    from orgsim import tables

    row = ledger.a.walk.world.prospects[place]
    return int(row["segment"]) * tables.SEGMENT_STRIDE + int(row["index"])


def _sizes(ledger: Ledger) -> list[int]:
    return [int(n) for n in ledger.a.walk.world.segments["accounts"]]


def _unknown(found: str, message: str, hint: str | None) -> ScenarioError:
    return ScenarioError([Problem("command", None, "--prospect", found, message, hint)])
