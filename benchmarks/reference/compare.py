"""Both implementations on one world: what agrees, and the first event that differs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

import orgsim

from . import tables
from .model import simulate
from .worlds import World

EVENTS = ("created", "handed_over", "first_touch", "accepted", "opportunity", "closed")
KEYS = {
    "leads": ["lead"],
    "accounts": ["month", "account"],
    "months": ["month"],
    "hours": ["month", "role", "person", "activity"],
    "pay": ["day", "role", "person", "component"],
    "prospects": ["prospect"],
}


# Sums and means that are made for reports only; the text does not say in which order. All else must agree to the bit.
TOLERANCE = {("hours", "hours"): 1e-9, ("months", "awareness_regular"): 1e-12, ("months", "awareness_outside"): 1e-12}


@dataclass
class Docked:
    """What a comparison found, by table: rows compared, columns that differ with how much, rows of one side only."""

    world: World
    rows: dict[str, int] = field(default_factory=dict)
    differ: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    first: str = ""

    @property
    def events(self) -> int:
        return self.rows["leads"]

    def agree(self, *names: str) -> bool:
        """Whether these tables (all by default) agree in every row, column and bit."""
        chosen = names or tuple(self.rows)
        return not any(self.differ[name] or self.missing[name] for name in chosen)

    def greatest(self) -> float:
        """The greatest difference of any number."""
        return max((most for columns in self.differ.values() for most in columns.values()), default=0.0)


def dock(world: World) -> Docked:
    """Run both, compare all tables."""
    reference = tables.result_of(simulate(*world))
    engine = orgsim.run(world.scenario, structure=world.structure, pay=world.pay, seed=world.seed,
                        replicate=world.replicate)  # fmt: skip
    public = {
        "leads": engine.leads, "accounts": engine.accounts, "months": engine.periods, "hours": engine.hours,
        "pay": engine.pay, "prospects": engine.prospects,
    }  # fmt: skip
    found = Docked(world)
    for name, keys in KEYS.items():
        ours, theirs = pd.DataFrame(getattr(reference, name)), public[name]
        _compare(found, name, ours, theirs, keys)
    found.first = _first(pd.DataFrame(reference.leads), engine.leads) if not found.agree("leads") else ""
    return found


def _compare(found: Docked, name: str, ours: pd.DataFrame, theirs: pd.DataFrame, keys: list[str]) -> None:
    found.differ[name], found.missing[name], found.rows[name] = {}, 0, len(ours)
    if len(ours) == 0 or len(theirs) == 0:
        found.missing[name] = max(len(ours), len(theirs))
        return
    shared = [column for column in ours.columns if column in theirs.columns and column not in keys]
    both = _plain(ours[keys + shared], keys).join(_plain(theirs[keys + shared], keys), how="inner", lsuffix=":ours",
                                                  rsuffix=":theirs")  # fmt: skip
    found.missing[name] = len(ours) + len(theirs) - 2 * len(both)
    for column in shared:
        a, b = both[f"{column}:ours"].to_numpy(), both[f"{column}:theirs"].to_numpy()
        most = greatest_difference(a, b)
        if most > TOLERANCE.get((name, column), 0.0):
            found.differ[name][column] = most


def _plain(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Keyed rows whose categories are plain text."""
    out = table.copy()
    for column in out.columns:
        if isinstance(out[column].dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(out[column]):
            out[column] = out[column].astype(object)
    return out.set_index(keys)


def greatest_difference(a: np.ndarray, b: np.ndarray) -> float:
    """0 if all values are the same to the bit (or both missing); infinite where text or presence differs."""
    try:
        x, y = a.astype(float), b.astype(float)
    except (TypeError, ValueError):
        return 0.0 if all(str(p) == str(q) for p, q in zip(a, b, strict=True)) else np.inf
    if (np.isnan(x) != np.isnan(y)).any():
        return float("inf")
    return float(np.nanmax(np.abs(x - y), initial=0.0))


def _first(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """The first event of a lead that one side has and the other has not, or has at another time."""
    happened = {}
    for side, table in (("reference", ours), ("orgsim", theirs)):
        for row in table.to_dict("records"):
            for event in EVENTS:
                if not np.isnan(row[event]):
                    said = f"{row['outcome']}, {row['waste_cause']}" if event == "closed" else ""
                    happened.setdefault((row["lead"], event), {})[side] = (row[event], said)
    apart = [(min(t for t, _ in sides.values()), key, sides) for key, sides in happened.items()
             if len(sides) < 2 or sides["reference"] != sides["orgsim"]]  # fmt: skip
    if not apart:
        return "no event differs, other columns do"
    _, (lead, event), sides = min(apart, key=lambda x: x[:2])
    told = "; ".join(f"{side}: day {t!r} {said}".rstrip() for side, (t, said) in sides.items())
    return f"lead {lead}, {event}: {told}"
