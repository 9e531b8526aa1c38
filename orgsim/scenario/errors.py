"""What is wrong in a scenario, said to its author: file, line and key, what was found, what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pydantic
    from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]

_KINDS = {
    "a whole number": "int_type int_parsing int_from_float",
    "a number": "float_type float_parsing decimal_type decimal_parsing",
    "a finite number": "finite_number",
    "text": "string_type",
    "true or false": "bool_type bool_parsing",
    "a list": "list_type tuple_type set_type frozen_set_type",
    "a table": "dict_type mapping_type model_type model_attributes_type dataclass_type",
    "a date": "date_type date_parsing date_from_datetime_parsing date_from_datetime_inexact",
}
_NEEDED = {kind: needed for needed, kinds in _KINDS.items() for kind in kinds.split()}
_BOUNDS = {
    "greater_than": ("gt", "be more than {}"),
    "greater_than_equal": ("ge", "be at least {}"),
    "less_than": ("lt", "be less than {}"),
    "less_than_equal": ("le", "be at most {}"),
    "multiple_of": ("multiple_of", "be a multiple of {}"),
    "string_too_short": ("min_length", "have at least {} character(s)"),
    "string_too_long": ("max_length", "have at most {} character(s)"),
    "too_short": ("min_length", "have at least {} item(s)"),
    "too_long": ("max_length", "have at most {} item(s)"),
}


@dataclass(frozen=True)
class Problem:
    """One mistake: `line` counts from 1 (None if unknown), `hint` is the name probably meant."""

    file: str
    line: int | None
    key: str
    found: str
    message: str
    hint: str | None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f"{self.key}: " if self.key else ""
        ask = f" (did you mean '{self.hint}'?)" if self.hint else ""
        return f"{place}: {key}{self.message}{ask}"


class ScenarioError(ValueError):
    """A scenario that cannot be used; `problems` holds every mistake found, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line or 0))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def nearest(name: object, allowed: Iterable[str]) -> str | None:
    """The allowed name most like `name`, whatever the case; None if none is alike."""
    name, names = str(name), list(allowed)
    # Swapped letters are the commonest slip, and difflib alone would read 'weesk' as 'week'.
    for known in names:
        if sorted(known.lower()) == sorted(name.lower()):
            return known
    by_lower = {known.lower(): known for known in names}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def from_pydantic(
    error: pydantic.ValidationError, file: str, text: str | None, allowed_keys: Callable[[Path], list[str]]
) -> list[Problem]:
    """Each mistake that pydantic found, in plain English and with its line in the TOML `text`.

    `allowed_keys` gives the keys that the table at a path may have. With `text`, what was found is shown as
    the author wrote it ('-20 weeks') and not as a validator converted it (-100.0).
    """
    # Here and not above: the reader of TOML raises this module's errors.
    from orgsim.scenario.toml import line_of, read

    try:
        data = None if text is None else read(text, file)
    except ScenarioError:
        data = None
    problems = []
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and any(_is_below(other["loc"], detail["loc"]) for other in details):
            continue  # pydantic counts only the entries that are right, and the wrong ones are told anyway
        path, value = _place(detail, data)
        if detail["type"] == "wrong_names":
            for below, name, said, near in detail["ctx"]["mistakes"]:
                line = None if text is None else line_of(text, (*path, *below)) or line_of(text, path)
                problems.append(Problem(file, line, dotted((*path, *below)), name, said, near))
            continue
        found, message, hint = _explain(detail, path, value, allowed_keys)
        line = None if text is None else line_of(text, path)
        problems.append(Problem(file, line, dotted(path), found, message, hint))
    return list(dict.fromkeys(problems))


def _is_below(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


def dotted(path: Path) -> str:
    """The path as TOML would write it, list places counted from 0: teams[0]."first line".size."""
    return "".join(map(_step, path)).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'."{part}"'


def _place(detail: ErrorDetails, data: dict[str, Any] | None) -> tuple[Path, Any]:
    """Where the mistake is in the file, and the value there.

    pydantic puts names of union members among the keys; what the file does not have is left out.
    """
    path, value = detail["loc"], detail["input"]
    if data is not None:
        path, value = _follow(path, data, detail["type"] == "missing") or (path, value)
    if detail["type"].startswith("union_tag_"):
        context = detail["ctx"]
        return (*path, str(context["discriminator"]).strip("'")), context.get("tag")
    return path, value


def _follow(loc: Path, data: Any, missing: bool) -> tuple[Path, Any] | None:
    """The part of `loc` that is in the data (or is missing there) and its value; None if nothing is."""
    path: Path = ()
    for place, part in enumerate(loc, start=1):
        if _has(data, part):
            data = data[part]
            path += (part,)
        elif missing and place == len(loc):
            path += (part,)
    return (path, data) if path else None


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _explain(
    detail: ErrorDetails, path: Path, value: Any, allowed_keys: Callable[[Path], list[str]]
) -> tuple[str, str, str | None]:
    """What was found, the sentence about it, and the name probably meant."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(path[-1]), allowed_keys(path[:-1]))
    if kind in ("missing", "union_tag_not_found"):
        return "", "missing; this key must be given", None
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return _not_allowed(value, str(context.get("expected", context.get("expected_tags"))))
    found = show(value)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return found, f"found {found}; must {words.format(show(context[name]))}", None
    if kind in _NEEDED:
        return found, f"found {found}{_sort(value)}; {_NEEDED[kind]} is needed", None
    # The sentence of our own validator, which pydantic's msg puts after 'Value error, '.
    own = str(context["error"]) if kind in ("value_error", "assertion_error") else ""
    return found, own or detail["msg"], None


def _unknown_key(key: str, allowed: list[str]) -> tuple[str, str, str | None]:
    return key, f"unknown key; allowed here: {cut(allowed)}", nearest(key, allowed)


def _not_allowed(value: Any, expected: str) -> tuple[str, str, str | None]:
    """pydantic gives the allowed values in one text: 'low', 'middle' or 'high'."""
    parts = re.findall(r"'([^']*)'|\"([^\"]*)\"|([^\s,]+)", expected)
    allowed = [single or double or bare for single, double, bare in parts if bare != "or"]
    hint = nearest(value, allowed) if isinstance(value, str) else None
    return show(value), f"found {show(value)}; allowed: {cut(allowed)}", hint


def show(value: Any) -> str:
    """The value as TOML shows it, shortened: 'abc', true, 3, a list, a table."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value if len(value) <= 60 else value[:57] + '...'}'"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list | tuple | set | frozenset):
        return "a list"
    if isinstance(value, dict) or hasattr(type(value), "model_fields"):
        return "a table"
    try:
        text = str(value)
    except ValueError:  # a whole number with more digits than Python writes
        return "a huge number"
    return text if len(text) <= 60 else f"{text[:57]}..."


def _sort(value: Any) -> str:
    if isinstance(value, str):
        return " (text)"
    return " (a number)" if isinstance(value, int | float) and not isinstance(value, bool) else ""


def cut(names: list[str]) -> str:
    """The first 12 names in one text, then '...' if there are more."""
    return ", ".join(names[:12] + ["..."] * (len(names) > 12)) or "none"
