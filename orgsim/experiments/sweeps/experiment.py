"""An experiment: which parameters are varied and how, under which arms, in how many worlds. Read from a TOML file."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os.path import isfile
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ValidationError

from orgsim.experiments.sweeps.design import DISTRIBUTIONS, Design, Factor, checks, points
from orgsim.experiments.sweeps.form import FIRMS, OWN, ExperimentFile, FactorTable, allowed_keys, with_paths
from orgsim.experiments.uncertain import is_drawn
from orgsim.experiments.worlds import Terms
from orgsim.results import Arm
from orgsim.scenario.errors import Path as KeyPath
from orgsim.scenario.errors import Problem, ScenarioError, cut, dotted, from_pydantic, nearest, show
from orgsim.scenario.load import field_at, find, library, load_scenario, override, text_of, value_at
from orgsim.scenario.schema import Scenario
from orgsim.scenario.toml import line_of, read

MOST_RUNS = 20_000_000
FOLDER = "experiments"
ABOUT = ("name", "title", "notes")  # what is said of a firm, and decides nothing
PLAUSIBLE = "plausible"
SETTINGS = ("mean", "sd", "mode", "median", "sigma", "a", "b")


@dataclass(frozen=True, repr=False)
class Experiment:
    """A sweep to be run: a firm, what varies in it, the arms, the worlds.

    base: the scenario with the experiment's settings. factors and design make the points; `listed` are those of a list
    design. arms: each runs at each point in each of `replicates` worlds. `experiment` makes one in Python,
    `load_experiment` reads a file.
    """

    base: Scenario
    arms: tuple[Arm, ...]
    factors: tuple[Factor, ...]
    design: Design
    replicates: int
    terms: Terms
    listed: tuple[Mapping[str, Any], ...] = ()
    name: str = "experiment"
    title: str = ""

    def __repr__(self) -> str:
        size = f"{len(self.points):,} points ({self.design.kind}) x {len(self.arms)} arms x {self.replicates:,} worlds"
        return f"<Experiment {self.name}: {self.base.name}, {size}>"

    @property
    def today(self) -> Arm:
        """Today's arm of the firm."""
        return Arm(self.base.today.structure, self.base.today.pay)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Dotted paths of all factors, in order."""
        return tuple(factor.path for factor in self.factors)

    @cached_property
    def points(self) -> list[dict[str, Any]]:
        """All points of the design, in its order: a value for each path."""
        own = {path: value_at(self.base, path) for path in self.paths}
        return points(self.design, self.factors, own, self.listed)


def experiment_names() -> list[str]:
    """Names of the experiments that ship."""
    return sorted(path.stem for path in (library() / FOLDER).glob("*.toml"))


def find_experiment(name_or_path: str | Path) -> Path:
    """The file of an experiment: a shipped name or a path. Raises ScenarioError with the nearest name."""
    text = str(name_or_path)
    shipped = library() / FOLDER / f"{text}.toml"
    path = shipped if isfile(shipped) else Path(text)
    if isfile(path):
        return path
    options = experiment_names()
    message = f"no such experiment; shipped are {cut(options)}, or give a path to a .toml file"
    raise ScenarioError([Problem(text, None, "", show(text), message, nearest(text, options))])


def load_experiment(name_or_path: str | Path) -> Experiment:
    """Read an experiment by the name of one that ships or by the path of a TOML file.

    Raises ScenarioError, which lists every mistake with file, line, key, what was found and what is allowed.
    """
    path = find_experiment(name_or_path)
    text = text_of(path)
    return _checked(read(text, str(path)), str(path), text, path.parent)


def experiment(scenario: Scenario | str = "baseline", *, name: str = "experiment", **keys: Any) -> Experiment:
    """An experiment from Python, with the keys of an experiment file:

        experiment("baseline", structures=["merged", "separate"], pay=["own_numbers"], replicates=20,
                   design={"kind": "grid"}, factors={"people.reps": [4, 8, 16]})

    Raises ScenarioError as `load_experiment` does.
    """
    given = scenario if isinstance(scenario, Scenario) else None
    data = {**keys, **({} if given else {"scenario": str(scenario)})}
    found = _checked(data, name, None, Path.cwd(), given)
    return replace(found, name=name)


# Checking ----------------------------------------------------------------------------------------------------------


class _Reader:
    """Collects what is wrong in a file while its parts are read."""

    def __init__(self, file: str, text: str | None) -> None:
        self.file, self.text = file, text
        self.problems: list[Problem] = []

    def wrong(self, path: KeyPath, message: str, found: str = "", hint: str | None = None) -> None:
        line = None
        if self.text:  # a path may stand in one piece or, without quotes, in several
            pieces = (part for step in path for part in (step.split(".") if isinstance(step, str) else (step,)))
            listed = (re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", step) if isinstance(step, str) else step for step in path)
            lines = [line_of(self.text, way) for way in (path, tuple(pieces), tuple(listed))]
            line = max((found for found in lines if found), default=None)
        self.problems.append(Problem(self.file, line, dotted(path), found, message, hint))

    def one_of(self, path: KeyPath, value: str, allowed: Iterable[str]) -> None:
        options = list(allowed)
        if value not in options:
            self.wrong(path, f"found {show(value)}; allowed: {cut(options)}", show(value), nearest(value, options))

    def done(self) -> None:
        if self.problems:
            raise ScenarioError(dict.fromkeys(self.problems))


def _checked(
    data: dict[str, Any], file: str, text: str | None, folder: Path, given: Scenario | None = None
) -> Experiment:
    reader = _Reader(file, text)
    if not OWN & set(data) and FIRMS & set(data):
        reader.wrong((), "this looks like a scenario; an experiment names one: scenario = \"my-firm.toml\"")
        reader.done()
    data = with_paths(data)
    try:
        form = ExperimentFile.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(from_pydantic(error, file, text, allowed_keys)) from None
    base = given or _scenario(form.scenario, reader, folder)
    settings = {path: _resolved(base, path, value, ("settings", path), reader) for path, value in form.settings.items()}
    reader.done()
    try:
        base = override(base, settings)
    except ScenarioError as error:
        for problem in error.problems:
            reader.wrong(("settings", problem.key), problem.message, problem.found, problem.hint)
        reader.done()
    arms = _arms(form, base, reader)
    factors = tuple(_factor(path, table, base, reader) for path, table in form.factors.items())
    listed = tuple(
        {path: _resolved(base, path, value, ("points", place, path), reader) for path, value in point.items()}
        for place, point in enumerate(form.points)
    )
    for key, paths in (("factors", list(form.factors)), ("points", [path for point in form.points for path in point])):
        for path in dict.fromkeys(paths):
            if path.split(".")[0] in ABOUT:
                reader.wrong((key, path) if key == "factors" else (key,), f"{path} decides nothing in a run")
    for path in form.settings:
        if path in form.factors:
            reader.wrong(("settings", path), "is among the factors too; leave it out in one of them")
    reader.done()
    design = Design(form.design.kind, form.design.points, form.design.seed, form.design.trajectories)
    if design.kind == "list" and not factors:
        factors = tuple(_of_list(path, listed, base) for path in dict.fromkeys(p for point in listed for p in point))
    for at, message in checks(design, factors, listed):
        reader.wrong(tuple(int(part) if part.isdigit() and at[0] == "points" else part for part in at), message)
    reader.done()
    said = {factor.path for factor in factors} | set(form.settings) if form.uncertain else set()
    fixed = tuple(sorted(path for path in said if is_drawn(path)))
    terms = Terms(form.seed, form.start, form.budget, form.uncertain, fixed)
    made = Experiment(base, arms, factors, design, form.replicates, terms, listed, Path(file).stem, form.title)
    _check_ends(made, reader)
    runs = len(made.points) * len(arms) * form.replicates
    if runs > MOST_RUNS:
        reader.wrong(("replicates",), f"found {form.replicates}, which makes {runs:,} runs; at most {MOST_RUNS:,}")
    reader.done()
    return made


def _check_ends(made: Experiment, reader: _Reader) -> None:
    """Tell the reader of a range or distribution that reaches values which the parameter cannot have."""
    for factor in made.factors:
        if factor.values is None:
            values = [point[factor.path] for point in made.points]
            for value in dict.fromkeys((min(values), max(values))):
                _resolved(made.base, factor.path, value, ("factors", factor.path), reader)


def _scenario(name: str, reader: _Reader, folder: Path) -> Scenario:
    try:
        return load_scenario(find(name, folder))
    except ScenarioError as error:
        for problem in error.problems:
            if problem.file == name and problem.line is None:
                beside = [path.name for path in folder.glob("*.toml")]
                message = f"found {show(name)}; {problem.message} (paths begin at this file's folder)"
                reader.wrong(("scenario",), message, problem.found, nearest(name, beside) or problem.hint)
            else:
                reader.problems.append(problem)
        reader.done()
        raise


def _arms(form: ExperimentFile, base: Scenario, reader: _Reader) -> tuple[Arm, ...]:
    if form.arms is not None:
        for key in ("structures", "pay"):
            if getattr(form, key) is not None:
                reader.wrong((key,), "leave it out where arms are given one by one")
        arms = []
        for place, text in enumerate(form.arms):
            structure, _, pay = (part.strip() for part in text.partition("/"))
            reader.one_of(("arms", place), structure, base.structures)
            reader.one_of(("arms", place), pay or base.today.pay, base.pay)
            arms.append(Arm(structure, pay or base.today.pay))
    else:
        structures = (base.today.structure,) if form.structures is None else form.structures
        plans = (base.today.pay,) if form.pay is None else form.pay
        for place, name in enumerate(structures):
            reader.one_of(("structures", place), name, base.structures)
        for place, name in enumerate(plans):
            reader.one_of(("pay", place), name, base.pay)
        arms = [Arm(structure, plan) for plan in plans for structure in structures]
    if not arms:
        reader.wrong(("structures",), "no arm is left to run; give at least one structure and one pay plan")
    return tuple(dict.fromkeys(arms))


def _resolved(base: Scenario, path: str, value: Any, at: KeyPath, reader: _Reader) -> Any:
    """The value as the scenario's schema reads it ('20 weeks' becomes 20.0); what is wrong with it goes to `reader`.

    A value that fits its field but not the rest of the scenario passes: other factors may change the rest.
    """
    if isinstance(value, float) and math.isnan(value):
        reader.wrong(at, "found nan; a number is needed", "nan")
        return value
    try:
        return value_at(override(base, {path: value}), path)
    except ScenarioError as error:
        own = [problem for problem in error.problems if _same_place(problem.key, path)]
        for problem in own:
            reader.wrong(at, problem.message, problem.found, problem.hint)
        if own:
            return value
    field_info = field_at(path)
    if field_info is None or isinstance(value, (bool, float)):
        return value

    class One(BaseModel):
        value: Annotated[field_info.annotation, *field_info.metadata]  # type: ignore[name-defined]

    return One.model_validate({"value": value}).value


def _same_place(key: str, path: str) -> bool:
    plain = key.replace("[", ".").replace("]", "").replace('"', "")
    return plain == path or plain.startswith(f"{path}.")


def _of_list(path: str, listed: Sequence[Mapping[str, Any]], base: Scenario) -> Factor:
    values = [point[path] for point in listed if path in point]
    if any(path not in point for point in listed):
        values.insert(0, value_at(base, path))
    return Factor(path, values=tuple(dict.fromkeys(_hashable(value) for value in values)))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _factor(path: str, table: FactorTable, base: Scenario, reader: _Reader) -> Factor:
    at: KeyPath = ("factors", path)
    before = len(reader.problems)
    try:
        own = value_at(base, path)
    except KeyError:
        _resolved(base, path, 0.0, at, reader)
        return Factor(path)
    whole = isinstance(own, int) and not isinstance(own, bool)
    given = {name for name in FactorTable.model_fields if getattr(table, name) is not None}

    def read_end(name: str, value: Any, step: KeyPath) -> float | None:
        found = _resolved(base, path, value, (*at, *step), reader)
        if isinstance(found, (int, float)) and not isinstance(found, bool):
            return float(found)
        if len(reader.problems) == before:
            reader.wrong((*at, *step), f"found {show(value)}; {name} of a range must be a number")
        return None

    if "values" in given:
        for name in sorted(given - {"values", "levels"}):
            reader.wrong((*at, name), "leave it out where values are given one by one")
        values = tuple(
            _hashable(_resolved(base, path, value, (*at, "values", place), reader))
            for place, value in enumerate(table.values or ())
        )
        return Factor(path, values=values, levels=table.levels, whole=whole)
    if not given & {"range", "distribution"}:
        reader.wrong(at, "give values = [...], range = [low, high], range = \"plausible\", or a distribution")
        return Factor(path)
    low, high = table.low, table.high
    if table.range is not None:
        for name in sorted(given & {"low", "high"}):
            reader.wrong((*at, name), "leave it out where a range is given")
        low, high = _ends(path, table.range, at, reader)
    if not isinstance(own, (int, float)) or isinstance(own, bool):
        reader.wrong(at, f"{path} is {show(own)}, no number: give values = [...]", show(own))
        return Factor(path)
    ends = [None if end is None else read_end(name, end, (name,) if name in given else ("range",))
            for name, end in (("low", low), ("high", high))]  # fmt: skip
    if table.distribution is not None:
        reader.one_of((*at, "distribution"), table.distribution, DISTRIBUTIONS)
    settings = []
    for name in SETTINGS:
        value = getattr(table, name)
        if value is None:
            continue
        scaled = name in ("mean", "mode", "median", "sd")
        number = read_end(name, value, (name,)) if scaled and isinstance(value, str) else value
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            settings.append((name, float(number)))
        elif len(reader.problems) == before:
            reader.wrong((*at, name), f"found {show(value)}; a number is needed")
    return Factor(path, None, ends[0], ends[1], table.distribution or "uniform", tuple(settings), table.levels,
                  whole)  # fmt: skip


def _ends(path: str, given: tuple[Any, ...] | str, at: KeyPath, reader: _Reader) -> tuple[Any, Any]:
    if isinstance(given, str):
        if given != PLAUSIBLE:
            reader.wrong((*at, "range"), f"found {show(given)}; write [low, high] or \"{PLAUSIBLE}\"", show(given),
                         nearest(given, [PLAUSIBLE]))  # fmt: skip
            return None, None
        info = field_at(path)
        extra = info.json_schema_extra if info is not None else None
        if not isinstance(extra, dict) or "range" not in extra:
            reader.wrong((*at, "range"), "this parameter has no plausible range of its own; write [low, high]")
            return None, None
        ends: Any = extra["range"]
        return ends[0], ends[1]
    if len(given) != 2:
        reader.wrong((*at, "range"), f"found {len(given)} values; write [low, high]")
        return None, None
    return given[0], given[1]
