"""The page's own files: every sentence comes from the catalogue, and the security policy has nothing to refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import orgsim.app
from orgsim.language import language, languages

STATIC = Path(orgsim.app.__file__).parent / "static"
FILES = sorted([*STATIC.glob("*.js"), STATIC / "index.html"])
SAID = re.compile(r"""(?:say|has)\(\s*["`]([\w.]+)["`]|data-(?:say|label)="([\w.]+)"|"(app\.[\w.]+)"|`(app\.[\w.]+)""")


def keys() -> set[str]:
    """Every key that the page names in full, or by how it begins."""
    return {next(filter(None, found)) for path in FILES for found in SAID.findall(path.read_text("utf-8"))}


def sentences(table: Mapping[str, Any], at: str) -> Iterator[str]:
    """Keys of a catalogue's sentences; forms by number are one sentence."""
    for name, value in table.items():
        if isinstance(value, Mapping) and set(value) != {"one", "other"}:
            yield from sentences(value, f"{at}.{name}")
        else:
            yield f"{at}.{name}"


@pytest.mark.parametrize("code", languages())
def test_every_sentence_that_the_page_names_is_in_the_catalogue(code: str) -> None:
    said = language(code)
    missing = [key for key in keys() if not key.endswith(".") and not said.has(key)]
    assert not missing


def test_every_sentence_of_the_catalogue_is_said_somewhere() -> None:
    used = keys()
    begun = tuple(key for key in used if key.endswith("."))
    unused = [key for key in sentences(language("en").sentences["app"], "app")
              if key not in used and not key.startswith(begun)]  # fmt: skip
    assert not unused


def test_the_page_holds_no_sentence_of_its_own() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    body = page[page.index("<body>") :]
    texts = [text.strip() for text in re.findall(r">([^<>]+)<", body) if text.strip()]
    assert texts == ["orgsim"]


def test_nothing_in_the_page_needs_a_looser_security_policy() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        assert not re.search(r"""\bstyle="|\son\w+="|javascript:|innerHTML|insertAdjacentHTML|document\.write""", text)
        assert not re.search(r"""setAttribute\("style"|new Function|\beval\(|import\(""", text)
        assert not re.search(r"https?://(?!www\.w3\.org|vega\.github\.io/schema)", text)


def test_files_of_the_page_keep_to_120_columns() -> None:
    files = {path: path.read_text("utf-8").splitlines() for path in STATIC.glob("*.*s")}
    long = [path.name for path, lines in files.items() for line in lines if len(line) > 120]
    assert not long
