"""What is made of a scenario once, and kept as long as the scenario is: scenarios never change."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any


def kept_with_scenario[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """A function of a scenario (its first argument), its parts and plain values, worked out once for each.

    All callers get the same object; an array cannot be written: who wants to takes a copy. Parts are told apart by
    identity, so they must be parts of a scenario, or constants, not made anew for each call.
    """
    of: dict[int, tuple[weakref.ref[Any], dict[Any, tuple[Any, R]]]] = {}

    @wraps(function)
    def found(*args: P.args, **values: P.kwargs) -> R:
        scenario: Any = args[0]
        place = id(scenario)
        entry = of.get(place)
        if entry is None or entry[0]() is not scenario:
            entry = of[place] = (weakref.ref(scenario, lambda gone: _forget(of, place, gone)), {})
        key = (*(each if isinstance(each, (str, int, float)) else id(each) for each in args[1:]), *values.items())
        made = entry[1].get(key)
        if made is None:
            # The arguments are kept beside the result: as long as they live, no other object has their identity.
            made = entry[1][key] = (args[1:], _unwritable(function(*args, **values)))
        return made[1]

    return found


def _unwritable[R](made: R) -> R:
    if hasattr(made, "setflags"):  # an array
        made.setflags(write=False)
    return made


def _forget(of: dict[int, tuple[weakref.ref[Any], Any]], place: int, gone: weakref.ref[Any]) -> None:
    if place in of and of[place][0] is gone:
        del of[place]
