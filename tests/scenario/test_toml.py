from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgsim.scenario.errors import Path, Problem, ScenarioError
from orgsim.scenario.toml import line_of, read

TEXT = """\
title = "x"
site.city = "Nantes"
"first line".'second line' = 1
"caf\\u00e9" = 2
point = { x = 1, y.z = 2 }
sizes = [
  1,  # the first
  # a comment between
  { k = 2 },
  [3, 4]]

[a.b]
c = 1
text = '''
c = 9
'''

[a]  # declared after its child
d.e = 1

[[teams]]
name = "one"
[teams.lead]
name = "Ann"
[[teams.roles]]
title = "r0"
[[teams.roles]]
title = "r1"

[[teams]]
name = "two"
[[teams.roles]]
title = "r2"
"""


def test_toml_is_read_into_plain_data() -> None:
    assert read('a = 1\n[b]\nc = "x"\n', "f.toml") == {"a": 1, "b": {"c": "x"}}


def test_an_invisible_mark_at_the_start_of_a_file_does_no_harm() -> None:
    assert read("\ufeffa = 1\n", "f.toml") == {"a": 1}
    assert line_of("\ufeffa = 1\nb = 2\n", ("a",)) == 1
    assert line_of("\ufeffa = 1\nb = 2\n", ("b",)) == 2


def refusal(text: str) -> Problem:
    with pytest.raises(ScenarioError) as caught:
        read(text, "f.toml")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb = \nc = 2\n", 2, "the value is missing"),
        ("a = weeks\n", 1, "text needs quotes"),
        ("a = 20 weeks\n", 1, "text in quotes"),
        ("a = 1\nb =", 2, "the value is missing"),
        ("a = 1\na = 2\nb = 3\n", 2, "given twice"),
        ("a = 1\na = 2", 2, "given twice"),
        ("[a]\nx = 1\n[a]\ny = 1\n", 3, "declared twice"),
        ("[a\nx = 1\n", 1, "']' is missing"),
        ("x = 1\ny 2\n", 2, "'=' is missing"),
        ('x = "abc\ny = 2\n', 1, "not closed"),
        ("x = 'abc\ny = 2\n", 1, "not closed"),
        ("x = 'abc\ny = 'd'\n", 1, "not closed"),
        ("x = '''abc\n\ny = 2\n", 1, "not closed"),
        ('x = """abc\n\n', 1, "not closed"),
        ('x = "abc', 1, "not closed"),
        ("x = [1,\n2\n\n", 2, "not closed"),
        ("x = { a = 1\n}\n", 1, "not closed"),
        ('x = "C:\\qed"\n', 1, "backslash"),
        ("x = 2024-02-30\n", 1, "does not exist"),
        ("x = { a = 1, a = 2 }\n", 1, "twice"),
        ("!\n", 1, "neither key = value"),
    ],
)
def test_a_syntax_error_is_told_in_plain_words_with_its_line(text: str, line: int, said: str) -> None:
    problem = refusal(text)
    assert (problem.file, problem.line) == ("f.toml", line)
    assert said in problem.message
    assert problem.found == text.split("\n")[line - 1].strip()


def test_an_error_that_tomllib_cannot_place_has_no_line() -> None:
    assert refusal("x = " + "9" * 5000).line is None
    assert refusal("x = " + "[" * 100_000).message == "lists or tables are nested too deeply"


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 1),
        (("site",), 2),
        (("site", "city"), 2),
        (("first line", "second line"), 3),
        (("café",), 4),
        (("point", "x"), 5),
        (("point", "y", "z"), 5),
        (("sizes",), 6),
        (("sizes", 0), 7),
        (("sizes", 1), 9),
        (("sizes", 1, "k"), 9),
        (("sizes", 2, 1), 10),
        (("a", "b"), 12),
        (("a", "b", "c"), 13),
        (("a", "b", "text"), 14),
        (("a",), 18),
        (("a", "d", "e"), 19),
        (("teams",), 21),
        (("teams", 0), 21),
        (("teams", 0, "name"), 22),
        (("teams", 0, "lead"), 23),
        (("teams", 0, "lead", "name"), 24),
        (("teams", 0, "roles", 0, "title"), 26),
        (("teams", 0, "roles", 1, "title"), 28),
        (("teams", 1), 30),
        (("teams", 1, "name"), 31),
        (("teams", 1, "roles", 0), 32),
        (("teams", 1, "roles", 0, "title"), 33),
    ],
)
def test_a_key_is_found_on_its_line(path: Path, line: int) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("teams", 1, "size"), 30),
        (("teams", 5, "name"), 21),
        (("a", "b", "x", "y"), 12),
        (("title", "int"), 1),
    ],
)
def test_a_missing_key_is_placed_at_its_nearest_parent(path: Path, line: int) -> None:
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize("path", [(), ("nothing",), ("nothing", "at", "all")])
def test_a_key_with_no_parent_in_the_file_has_no_line(path: Path) -> None:
    assert line_of(TEXT, path) is None


def test_text_that_is_not_toml_has_lines_where_it_can_be_read() -> None:
    assert line_of("a = 1\n= = =\n[\n", ("b",)) is None


keys = st.text(alphabet="ab c.é\"\\'", min_size=1, max_size=4)
values = st.recursive(
    st.integers() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


def quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain) + '"'


def inline(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ",\n".join(map(inline, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)} = {inline(item)}" for key, item in value.items()) + "}"
    return str(value).lower()


def paths(value: Any, path: Path = ()) -> list[Path]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in pairs for found in [(*path, key), *paths(item, (*path, key))]]


@settings(deadline=None)  # the first example also loads the parser
@given(st.dictionaries(keys, values, max_size=4), st.dictionaries(keys, values, max_size=3))
def test_every_key_of_any_file_has_a_line_on_which_it_stands(
    top: dict[str, Any], team: dict[str, Any]
) -> None:
    text = "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in top.items())
    text += "".join(
        "[[teams]]\n" + "".join(f"{quoted(key)} = {inline(value)}\n" for key, value in team.items())
        for _ in range(2)
    )
    data = read(text, "f.toml")
    assert data == top | {"teams": [team, team]}
    for path in paths(data):
        line = line_of(text, path)
        parent = line_of(text, path[:-1]) or 1
        assert line is not None
        assert line >= parent
        if isinstance(path[-1], str) and path[-1] != "teams":
            assert quoted(path[-1]) in text.split("\n")[line - 1]
