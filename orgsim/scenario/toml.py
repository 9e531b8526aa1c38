"""Reading TOML: a syntax error in plain words, and the line on which a key stands."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from orgsim.scenario.errors import Path, Problem, ScenarioError

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 50  # tables and lists in each other; what a scenario needs is 6, and what walks them calls itself
_UNCLOSED = "a text is opened with a quote and not closed"
_PLAIN_WORDS = {
    r"Invalid value": 'the value is missing or cannot be read; text needs quotes, such as "20 weeks"',
    r"Invalid date": "this date or time does not exist",
    r"Cannot overwrite": "this key is given twice",
    r"Cannot declare (.+) twice": "this table is declared twice",
    r"Cannot (mutate|redefine)": "this table or key is already complete and cannot be added to",
    r"Duplicate inline table key": "a key is given twice between { and }",
    r"Expected newline": "unexpected text after the value; write one key = value per line, text in quotes",
    r"Expected '=' after a key": "'=' is missing after the key",
    r"Expected '\]+'": "']' is missing at the end of the table's name",
    r"Unclosed array": "a list is opened with '[' and not closed, or a comma is missing in it",
    r"Unclosed inline table": "a table is opened with '{' and not closed on the same line, or lacks a comma",
    r"Unterminated string|Expected [\"']|(Illegal|Found invalid) character '\\n'": _UNCLOSED,
    r"Unescaped '\\'": "a backslash in a text must be doubled, or the text put in single quotes",
    r"(Illegal|Found invalid) character": "a control character is not allowed here",
    r"Invalid initial character for a key": "a key is needed here (letters, digits, - and _, or in quotes)",
    r"Invalid statement": "neither key = value, nor a [table], nor a # comment",
}


def read(text: str, file: str) -> dict[str, Any]:
    """The data in the TOML `text`; `file` names it in errors.

    Raises ScenarioError, with the one problem at which reading stopped, if the text is not TOML.
    """
    try:
        # Some editors put an invisible byte-order mark first, which TOML does not know.
        data = tomllib.loads(text.removeprefix("\ufeff"))
        if _deeper(data, DEEPEST):
            raise RecursionError
        return data
    except RecursionError:
        message = "lists or tables are nested too deeply"
        raise ScenarioError([Problem(file, None, "", "", message, None)]) from None
    except ValueError as error:
        raise ScenarioError([_syntax_problem(str(error), text, file)]) from None


def _deeper(data: Any, most: int) -> bool:
    """Whether tables or lists lie deeper in each other than so many."""
    level = [data]
    for _ in range(most):
        level = [
            value
            for holder in level
            for value in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(value, (dict, list))
        ]
    return bool(level)


def _syntax_problem(message: str, text: str, file: str) -> Problem:
    """tomllib ends its message with '(at line 2, column 5)' or '(at end of document)'."""
    bare, _, place = message.partition(" (at ")
    words = next((words for pattern, words in _PLAIN_WORDS.items() if re.match(pattern, bare)), bare)
    line = None
    if numbers := re.match(r"line (\d+)", place):
        line = int(numbers.group(1))
    elif place:
        # A text that runs to the end of the file began at the last quote in it.
        end = max(text.rfind('"'), text.rfind("'")) if words is _UNCLOSED else len(text.rstrip())
        line = text.count("\n", 0, end) + 1
    found = "" if line is None else text.split("\n")[line - 1].strip()
    return Problem(file, line, "", found, words, None)


def line_of(text: str, path: Path) -> int | None:
    """The line, from 1, of the key at `path` in the TOML `text` (whole numbers are places in a list, from 0).

    For a key that is not there, the line of the nearest table or list around it; None if there is none.
    """
    lines = _lines(text)
    steps = (path[:length] for length in range(len(path), 0, -1))
    return next((lines[step] for step in steps if step in lines), None)


def _lines(text: str) -> dict[Path, int]:
    # Here and not above: only a scenario with a mistake in it needs the parser.
    import tree_sitter
    import tree_sitter_toml

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
    lines: dict[Path, int] = {}
    lengths: dict[Path, int] = {}
    for node in parser.parse(text.encode()).root_node.named_children:
        if node.has_error:
            continue
        if node.type == "pair":
            _add_pair(node, (), lines)
        elif node.type in ("table", "table_array_element"):
            _add_table(node, lines, lengths)
    return lines


def _add_table(node: Node, lines: dict[Path, int], lengths: dict[Path, int]) -> None:
    """Adds a [table] or [[table]] and its keys; `lengths` counts the [[tables]] so far at each path."""
    header, *rest = [child for child in node.named_children if child.type != "comment"]
    line = header.start_point.row + 1
    *outer, last = _key_parts(header)
    path: Path = ()
    for part in outer:
        path += (part,)
        lines.setdefault(path, line)
        # [teams.lead] after [[teams]] belongs to the last of the teams.
        path += (lengths[path] - 1,) if path in lengths else ()
    path += (last,)
    if node.type == "table":
        lines[path] = line
    else:
        lines.setdefault(path, line)
        lengths[path] = lengths.get(path, 0) + 1
        path += (lengths[path] - 1,)
        lines[path] = line
    for pair in rest:
        _add_pair(pair, path, lines)


def _add_pair(pair: Node, path: Path, lines: dict[Path, int]) -> None:
    key, value = (child for child in pair.named_children if child.type != "comment")
    for part in _key_parts(key):
        path += (part,)
        lines.setdefault(path, key.start_point.row + 1)
    _add_value(value, path, lines)


def _add_value(value: Node, path: Path, lines: dict[Path, int]) -> None:
    children = [child for child in value.named_children if child.type != "comment"]
    if value.type == "inline_table":
        for pair in children:
            _add_pair(pair, path, lines)
    elif value.type == "array":
        for place, item in enumerate(children):
            lines[(*path, place)] = item.start_point.row + 1
            _add_value(item, (*path, place), lines)


def _key_parts(key: Node) -> list[str]:
    if key.type == "dotted_key":
        return [part for child in key.named_children for part in _key_parts(child)]
    written = (key.text or b"").decode()
    if key.type != "quoted_key":
        return [written]
    # A quoted key is written as a text value is, escapes included.
    return [str(tomllib.loads(f"key = {written}")["key"])]
