import enum
import pathlib
import pickle
import tomllib
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from orgsim.scenario.errors import Path, Problem, ScenarioError, dotted, from_pydantic, nearest
from orgsim.scenario.units import parse


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def no_spaces(name: str) -> str:
    if " " in name:
        raise ValueError("a name has no spaces")
    return name


class Team(Strict):
    name: Annotated[str, AfterValidator(no_spaces)]
    size: int = Field(default=1, ge=0, le=100)
    share: float = Field(default=0.5, gt=0, lt=1)
    level: Literal["low", "middle", "high"] = "low"
    colour: Annotated[Colour, Field(strict=False)] = Colour.RED
    open: bool = True
    members: list[str] = Field(default=[], max_length=2)
    rampup: Annotated[float, Field(ge=0), BeforeValidator(lambda text: parse(text, "days"))] = 0.0
    budget: int | str = 0


class Hire(Strict):
    kind: Literal["hire"]
    count: int


class Fire(Strict):
    kind: Literal["fire"]
    name: str


class Plan(Strict):
    teams: list[Team] = []
    steps: list[Annotated[Hire | Fire, Field(discriminator="kind")]] = []
    lead: Team | None = None


def allowed_keys(path: Path) -> list[str]:
    model: type[BaseModel] = Team if path[:1] in (("teams",), ("lead",)) else Plan
    return list(model.model_fields)


def problems(text: str, with_text: bool = True) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        Plan.model_validate(tomllib.loads(text))
    return from_pydantic(caught.value, "plan.toml", text if with_text else None, allowed_keys)


def said(text: str) -> str:
    (problem,) = problems(text)
    return str(problem)


def in_team(line: str) -> str:
    """What is said about `line`, which stands on the third line of a file."""
    return said(f'[[teams]]\nname = "A"\n{line}\n').removeprefix("plan.toml:3: teams[0].")


def test_a_problem_names_file_line_key_message_and_hint() -> None:
    problem = Problem("a.toml", 3, "teams[0].nmae", "nmae", "unknown key", "name")
    assert str(problem) == "a.toml:3: teams[0].nmae: unknown key (did you mean 'name'?)"


def test_a_problem_without_line_key_or_hint_leaves_them_out() -> None:
    assert str(Problem("a.toml", None, "", "", "cannot be read", None)) == "a.toml: cannot be read"


def test_a_scenario_error_lists_its_problems_by_file_and_line() -> None:
    places = [("b.toml", 1), ("a.toml", 10), ("a.toml", 9), ("a.toml", None)]
    error = ScenarioError([Problem(file, line, "k", "", "m", None) for file, line in places])
    assert str(error).split("\n") == ["a.toml: k: m", "a.toml:9: k: m", "a.toml:10: k: m", "b.toml:1: k: m"]
    assert isinstance(error, ValueError)


def test_a_scenario_error_survives_the_way_between_processes() -> None:
    error = ScenarioError([Problem("a.toml", 1, "k", "f", "m", "h")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@pytest.mark.parametrize(
    ("name", "meant"),
    [("nmae", "name"), ("Name", "name"), ("sizes", "size"), ("zzz", None), ("weesk", "weeks"), ("", None)],
)
def test_the_nearest_name_is_the_one_probably_meant(name: str, meant: str | None) -> None:
    assert nearest(name, ["week", "name", "size", "weeks"]) == meant


def test_a_path_is_shown_as_toml_writes_it() -> None:
    assert dotted(("teams", 0, "first line", "size")) == 'teams[0]."first line".size'


def test_an_unknown_key_is_answered_with_the_allowed_ones_and_the_nearest() -> None:
    assert in_team("siez = 3") == (
        "siez: unknown key; allowed here: name, size, share, level, colour, open, members, rampup, budget"
        " (did you mean 'size'?)"
    )


def test_a_long_list_of_allowed_names_is_cut_after_twelve() -> None:
    with pytest.raises(ValidationError) as caught:
        Team.model_validate({"name": "a", "other": 1})
    (problem,) = from_pydantic(caught.value, "f", None, lambda path: [f"k{i}" for i in range(13)])
    assert problem.message.endswith("k10, k11, ...")
    (problem,) = from_pydantic(caught.value, "f", None, lambda path: [f"k{i}" for i in range(12)])
    assert problem.message.endswith("k10, k11")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('size = "abc"', "size: found 'abc' (text); a whole number is needed"),
        ("size = 2.5", "size: found 2.5 (a number); a whole number is needed"),
        ('share = "abc"', "share: found 'abc' (text); a number is needed"),
        ("share = [1]", "share: found a list; a number is needed"),
        ("open = 1", "open: found 1 (a number); true or false is needed"),
        ("members = 3", "members: found 3 (a number); a list is needed"),
        ('members = ["a", 3]', "members[1]: found 3 (a number); text is needed"),
    ],
)
def test_a_wrong_type_is_told_with_the_type_that_is_needed(line: str, sentence: str) -> None:
    assert in_team(line) == sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("size = -3", "size: found -3; must be at least 0"),
        ("size = 101", "size: found 101; must be at most 100"),
        ("share = 0.0", "share: found 0; must be more than 0"),
        ("share = 1.5", "share: found 1.5; must be less than 1"),
        ('members = ["a", "b", "c"]', "members: found a list; must have at most 2 item(s)"),
    ],
)
def test_a_broken_bound_is_told_with_the_bound(line: str, sentence: str) -> None:
    assert in_team(line) == sentence


def test_a_quantity_out_of_bounds_is_shown_as_the_author_wrote_it() -> None:
    assert in_team('rampup = "-20 weeks"') == "rampup: found '-20 weeks'; must be at least 0"


def test_a_value_outside_a_choice_is_answered_with_the_choices_and_the_nearest() -> None:
    assert in_team('level = "hgih"') == (
        "level: found 'hgih'; allowed: low, middle, high (did you mean 'high'?)"
    )
    assert in_team('colour = "blu"') == "colour: found 'blu'; allowed: red, blue (did you mean 'blue'?)"
    assert in_team("level = 3") == "level: found 3; allowed: low, middle, high"


def test_a_missing_key_is_told_at_the_line_of_its_table() -> None:
    assert said("\n[[teams]]\nsize = 3\n") == "plan.toml:2: teams[0].name: missing; this key must be given"


def test_the_sentence_of_our_own_validator_is_kept_as_it_is() -> None:
    assert said('[lead]\nname = "A B"') == "plan.toml:2: lead.name: a name has no spaces"
    assert "Value error" not in in_team('rampup = "20 weesk"')
    assert in_team('rampup = "20 weesk"').endswith("did you mean 'weeks'?")


def test_a_table_in_the_wrong_place_is_told() -> None:
    assert said("lead = 3") == "plan.toml:1: lead: found 3 (a number); a table is needed"
    assert said("[teams]\n") == "plan.toml:1: teams: found a table; a list is needed"


def test_the_names_pydantic_gives_to_union_members_are_not_shown_as_keys() -> None:
    text = '[[steps]]\nkind = "hire"\ncount = "x"\n'
    assert said(text) == "plan.toml:3: steps[0].count: found 'x' (text); a whole number is needed"
    assert said('[[steps]]\nkind = "hire"\n').startswith("plan.toml:1: steps[0].count: missing")
    assert {problem.key for problem in problems('[[teams]]\nname = "A"\nbudget = 1.5\n')} == {
        "teams[0].budget"
    }


def test_an_unknown_or_missing_kind_in_a_union_is_told_at_its_key() -> None:
    assert said('[[steps]]\nkind = "hrie"\n') == (
        "plan.toml:2: steps[0].kind: found 'hrie'; allowed: hire, fire (did you mean 'hire'?)"
    )
    assert said("[[steps]]\ncount = 1\n") == "plan.toml:1: steps[0].kind: missing; this key must be given"


def test_without_the_text_the_whole_path_is_kept_and_no_line_is_given() -> None:
    (problem,) = problems("[[teams]]\nsize = 3\n", with_text=False)
    assert str(problem) == "plan.toml: teams[0].name: missing; this key must be given"


def test_text_that_is_not_toml_does_not_hide_the_problems() -> None:
    with pytest.raises(ValidationError) as caught:
        Plan.model_validate({"lead": 3})
    (problem,) = from_pydantic(caught.value, "plan.toml", "lead = = 3", allowed_keys)
    assert problem.key == "lead"


def test_every_problem_of_a_file_is_told_at_its_own_line() -> None:
    found = problems(
        '[[teams]]\nname = "A"\nsize = -1\n\n[[teams]]\nname = "B"\nsize = -2\n[lead]\nname = 1\n'
    )
    assert [(problem.line, problem.found) for problem in found] == [(3, "-1"), (7, "-2"), (9, "1")]


def test_an_error_of_an_unforeseen_type_keeps_the_words_of_pydantic() -> None:
    class Odd(BaseModel):
        call: Any = Field(default=None)
        when: Annotated[None, Field()] = None

    with pytest.raises(ValidationError) as caught:
        Odd.model_validate({"when": 3})
    (problem,) = from_pydantic(caught.value, "f", "when = 3", lambda path: [])
    assert problem.message == "Input should be None"


def test_a_list_whose_entries_are_wrong_is_not_called_empty_as_well() -> None:
    import orgsim

    text_of = 'extends = "baseline"\n[structures.x]\nextends = "merged"\nchairs = [{ title = "d", leads = "mkt" }]\n'
    from orgsim.scenario.load import check_text

    with pytest.raises(orgsim.ScenarioError) as caught:
        check_text(text_of, "x.toml", pathlib.Path())
    assert [problem.key for problem in caught.value.problems] == ["structures.x.chairs[0].leads"]
