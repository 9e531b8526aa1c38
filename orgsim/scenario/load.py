"""From a name or a file to a checked scenario: inheritance, presets, overrides, and errors that say where."""

from __future__ import annotations

import copy
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from os.path import isfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from orgsim.scenario.amounts import uncountable
from orgsim.scenario.errors import Problem, ScenarioError, cut, dotted, from_pydantic, nearest, show
from orgsim.scenario.schema import Scenario
from orgsim.scenario.toml import line_of, read
from orgsim.scenario.units import parse

KeyPath = tuple[str | int, ...]
WORK_WEEK = parse("1 week", "h")
PRESETS = {"devices": "devices", "structures": "structures", "pay": "pay"}


@cache
def library() -> Path:
    """Folder of the scenarios that ship: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "library"
    return installed if installed.is_dir() else package.parent / "scenarios"


def names() -> list[str]:
    """Names of the scenarios that ship."""
    return sorted(path.stem for path in library().glob("*.toml"))


def limit_names() -> list[str]:
    """Names of the limit cases that ship with a closed form."""
    return sorted(path.stem for path in (library() / "limits").glob("*.toml") if "formula" in path.read_text("utf-8"))


def known(name: str, allowed: Iterable[str], what: str) -> str:
    """The name itself when it is one of those allowed; else an error that lists them and the nearest."""
    problems = unknown(name, allowed, what)
    if problems:
        raise ScenarioError(problems)
    return name


def unknown(name: str, allowed: Iterable[str], what: str) -> list[Problem]:
    """What is wrong with a name: nothing when it is one of those allowed."""
    options = sorted(allowed)
    if name in options:
        return []
    message = f"found {show(name)}; allowed: {cut(options)}"
    return [Problem("command", None, what, show(name), message, nearest(str(name), options))]


def find(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """The file of a scenario: a shipped name, or a path (relative to `beside`, the folder of the extending file)."""
    text = str(name_or_path)
    candidates = [library() / f"{text}.toml", library() / "limits" / f"{text}.toml"]
    if text.endswith(".toml") or "/" in text or "\\" in text:
        path = Path(text)
        candidates = [path if beside is None or path.is_absolute() else beside / path]
    for candidate in candidates:
        if isfile(candidate):  # unlike Path.is_file, it takes any text for a path
            return candidate
    options = [*names(), *limit_names()]
    message = f"no such scenario; shipped are {cut(options)}, or give a path to a .toml file"
    raise ScenarioError([Problem(text, None, "", show(text), message, nearest(text, options))])


def text_of(path: Path) -> str:
    """The text of a scenario file, which must be UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        byte = f"byte 0x{content[error.start]:02x}"
        message = f"this is no text in UTF-8 (found {byte}); save the file as UTF-8"
        line = content.count(b"\n", 0, error.start) + 1
        raise ScenarioError([Problem(str(path), line, "", byte, message, None)]) from None


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario by the name of one that ships or by the path of a TOML file.

    Raises ScenarioError, which lists every mistake with file, line, key, what was found and what is allowed.
    """
    path = find(name_or_path)
    return check_text(text_of(path), str(path), path.parent)


def check_text(text: str, file: str, folder: Path) -> Scenario:
    """Check the text of a scenario file; `folder` is where relative `extends` are looked up."""
    own = read(text, file)
    data = _with_parent(own, file, text, folder, [file])
    data.setdefault("name", Path(file).stem)
    if "extends" in own:
        # Another firm than the one it extends: it has its own name, and its title and its data are not the other's.
        data["name"] = own.get("name", Path(file).stem)
        data["title"] = own.get("title", "")
        notes = own.get("notes", {})
        if isinstance(notes, dict) and isinstance(data.get("notes"), dict):
            data["notes"]["measured"] = notes.get("measured", "")
    return _validated(data, file, text)


def _with_parent(own: dict[str, Any], file: str, text: str, folder: Path, chain: list[str]) -> dict[str, Any]:
    own = copy.deepcopy(own)
    parent_name = own.pop("extends", None)
    if parent_name is None:
        return own
    if not isinstance(parent_name, str):
        raise ScenarioError([_problem(file, text, ("extends",), parent_name, "must be the name or path of a scenario")])
    try:
        path = find(parent_name, folder)
    except ScenarioError as error:
        first = error.problems[0]
        raise ScenarioError(
            [Problem(file, line_of(text, ("extends",)), "extends", first.found, first.message, first.hint)]
        ) from None
    if str(path) in chain:
        message = "the files extend each other in a circle"
        raise ScenarioError([_problem(file, text, ("extends",), parent_name, message)])
    parent_text = text_of(path)
    parent = read(parent_text, str(path))
    data = _with_parent(parent, str(path), parent_text, path.parent, [*chain, str(path)])
    _validated(copy.deepcopy({"name": path.stem, **data}), str(path), parent_text)
    return merged(data, own)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge key by key; anything else, lists too, is replaced."""
    out = dict(base)
    for key, value in over.items():
        below = out.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        out[key] = merged(below, value) if both else copy.deepcopy(value)  # type: ignore[arg-type]
    return out


@cache
def _presets(kind: str) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted((library() / PRESETS[kind]).glob("*.toml")):
        found[path.stem] = read(path.read_text(encoding="utf-8"), str(path))
    return found


def _problem(file: str, text: str | None, path: KeyPath, found: Any, message: str, hint: str | None = None) -> Problem:
    return Problem(file, line_of(text, path) if text else None, dotted(path), show(found), message, hint)


def _add_presets(data: dict[str, Any], file: str, text: str | None) -> list[Problem]:
    problems = []
    for kind in PRESETS:
        given = data.get(kind, {})
        if not isinstance(given, dict):
            continue
        table = dict(_presets(kind))
        for name, value in given.items():
            if isinstance(value, dict) and "extends" in value:
                base = value["extends"]
                if not isinstance(base, str) or base not in table:
                    message = f"found {show(base)}; allowed: {cut(list(table))}"
                    hint = nearest(str(base), table)
                    problems.append(_problem(file, text, (kind, name, "extends"), base, message, hint))
                    continue
                value = merged(table[base], {k: v for k, v in value.items() if k != "extends"})
            elif isinstance(value, dict) and name in table and name in _presets(kind):
                value = merged(table[name], value)
            table[name] = value
        data[kind] = table
    return problems


def _validated(data: dict[str, Any], file: str, text: str | None, presets: bool = True) -> Scenario:
    problems = (_add_presets(data, file, text) if presets else []) + _unknown_devices(data, file, text)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(problems + from_pydantic(error, file, text, allowed_keys)) from None
    today = scenario.today
    for key, name, options in (("structure", today.structure, scenario.structures), ("pay", today.pay, scenario.pay)):
        if name not in options:
            problems.append(
                _problem(file, text, ("today", key), name, f"found {show(name)}; allowed: {cut(sorted(options))}",
                         nearest(name, options))
            )  # fmt: skip
    problems += _weeks_that_do_not_close(scenario, file, text)
    if (spend := scenario.money.programme + today.programme_shift) < 0:
        message = f"found {show(today.programme_shift)}; of {scenario.money.programme:g}, programme would be {spend:g}"
        problems.append(_problem(file, text, ("today", "programme_shift"), today.programme_shift, message))
    problems += [_problem(file, text, path, amount, message) for path, amount, message in uncountable(scenario)]
    if problems:
        raise ScenarioError(problems)
    return scenario


def _unknown_devices(data: dict[str, Any], file: str, text: str | None) -> list[Problem]:
    """A problem for each device that a structure names and the scenario does not have."""
    structures, devices = data.get("structures", {}), data.get("devices", {})
    if not isinstance(structures, dict) or not isinstance(devices, dict):
        return []
    found = []
    for name, structure in structures.items():
        named = structure.get("devices", ()) if isinstance(structure, dict) else getattr(structure, "devices", ())
        for place, device in enumerate(named if isinstance(named, (list, tuple)) else ()):
            if isinstance(device, str) and device not in devices:
                message = f"found {show(device)}; allowed: {cut(sorted(devices))}"
                path = ("structures", name, "devices", place)
                found.append(_problem(file, text, path, device, message, nearest(device, devices)))
    return found


def _weeks_that_do_not_close(scenario: Scenario, file: str, text: str | None) -> list[Problem]:
    """A problem for each role whose flat-pay week, with absence, is not the week's 35 hours (to three minutes)."""
    absence = WORK_WEEK * scenario.effort.absence
    found = []
    for key, week in (("reps", scenario.reps), ("marketers", scenario.marketers)):
        total = sum(value for _, value in week) + absence
        if abs(total - WORK_WEEK) > 0.06:
            message = (
                f"the hours and absence ({absence:.2f} h) sum to {total:.2f} h; a week has {WORK_WEEK:g} h, "
                f"so {abs(total - WORK_WEEK):.2f} h are {'too many' if total > WORK_WEEK else 'missing'}"
            )
            found.append(_problem(file, text, (key,), round(total, 2), message))
    return found


def allowed_keys(path: KeyPath) -> list[str]:
    """Keys allowed in the table at a path of the scenario schema; empty where there is no such table."""
    model: Any = Scenario
    for part in path:
        model = _inner(model, part)
        if model is None:
            return []
    keys = list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
    extends = model is Scenario or (path[:1] in (("structures",), ("pay",), ("devices",)) and len(path) == 2)
    return [*keys, "extends"] if extends else keys


def _inner(model: Any, part: str | int) -> Any:
    if isinstance(model, type) and issubclass(model, BaseModel):
        field = model.model_fields.get(str(part))
        return None if field is None else _strip(field.annotation)
    origin, args = typing.get_origin(model), typing.get_args(model)
    if origin is dict:
        return _strip(args[1])
    if origin in (tuple, list) and args:
        return _strip(args[0])
    return None


def _strip(annotation: Any) -> Any:
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        rest = [a for a in typing.get_args(annotation) if a is not type(None)]
        return _strip(rest[0]) if rest else None
    return annotation


def field_at(path: str) -> FieldInfo | None:
    """The declaration of the parameter at a dotted path, with its range and unit; None where there is no such one."""
    parts: KeyPath = tuple(int(part) if part.isdecimal() else part for part in path.split("."))
    model: Any = Scenario
    for part in parts[:-1]:
        model = _inner(model, part)
    is_table = isinstance(model, type) and issubclass(model, BaseModel)
    return model.model_fields.get(str(parts[-1])) if is_table else None


def value_at(scenario: Scenario, path: str) -> Any:
    """The scenario's own value at a dotted path; KeyError where there is none."""
    place: Any = scenario
    for part in path.split("."):
        if isinstance(place, BaseModel) and part in type(place).model_fields:
            place = getattr(place, part)
        elif isinstance(place, dict) and part in place:
            place = place[part]
        elif isinstance(place, (list, tuple)) and part.isdecimal() and int(part) < len(place):
            place = place[int(part)]
        else:
            raise KeyError(path)
    return place


def override(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with values changed by dotted path ("market.size", "market.segments.0.awareness")."""
    data = scenario.model_dump(mode="python")
    problems = []
    for at, value in changes.items():
        parts = at.split(".")
        place: Any = data
        walked: list[str | int] = []
        for part in parts[:-1]:
            step: str | int = int(part) if isinstance(place, (list, tuple)) and part.isdecimal() else part
            below = _step_into(place, step)
            if below is None:
                break
            walked.append(step)
            place = below
        last = parts[-1]
        complete = len(walked) == len(parts) - 1
        options = allowed_keys(tuple(walked))
        if isinstance(place, dict) and complete and (last in place or last in options or not options):
            place[last] = value.model_dump(mode="python") if isinstance(value, BaseModel) else value
        elif isinstance(place, list) and complete and last.isdecimal() and int(last) < len(place):
            place[int(last)] = value
        else:
            wrong = parts[len(walked)]
            names_here = list(place) if isinstance(place, dict) else [str(i) for i in range(len(place))]
            message = f"unknown key {show(wrong)}; allowed here: {cut(names_here)}"
            problems.append(Problem("override", None, at, show(wrong), message, nearest(wrong, names_here)))
    if problems:
        raise ScenarioError(problems)
    # A scenario has the library's entries already; they are looked up again only where an entry, or a part of one that
    # is a table, is written: what such a table leaves out is the library's.
    entries = any(
        at.split(".")[0] in PRESETS and (at.count(".") < 2 or isinstance(value, Mapping))
        for at, value in changes.items()
    )
    return _validated(data, "override", None, presets=entries)


def _step_into(place: Any, step: str | int) -> Any:
    if isinstance(place, dict):
        below = place.get(step)
        if isinstance(below, tuple):
            below = place[step] = list(below)
        return below if isinstance(below, (dict, list)) else None
    if isinstance(place, list) and isinstance(step, int) and step < len(place):
        return place[step] if isinstance(place[step], (dict, list)) else None
    return None
