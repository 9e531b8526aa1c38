"""Files of scenarios, before anything in them is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgsim.scenario.errors import ScenarioError
from orgsim.scenario.load import load_scenario


def test_a_file_that_is_not_utf_8_is_refused_with_its_line_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "firm.toml"
    path.write_bytes('extends = "baseline"\ntitle = "Société"\n'.encode("latin-1"))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value) == f"{path}:2: this is no text in UTF-8 (found byte 0xe9); save the file as UTF-8"


def test_a_scenario_that_extends_a_file_that_is_not_utf_8_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "parent.toml").write_bytes(b'extends = "baseline"\n\xff\xfe')
    (tmp_path / "child.toml").write_text('extends = "./parent.toml"\n', encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(tmp_path / "child.toml")
    assert [(Path(p.file).name, p.line) for p in caught.value.problems] == [("parent.toml", 2)]


def test_line_ends_of_windows_are_read_as_any_others(tmp_path: Path) -> None:
    (tmp_path / "firm.toml").write_bytes(b'extends = "baseline"\r\ntitle = """a\r\nb"""\r\n')
    assert load_scenario(tmp_path / "firm.toml").title == "a\nb"


def test_what_a_table_in_an_override_leaves_out_is_the_librarys() -> None:
    base = load_scenario("baseline")
    right = base.structures["separate"].budget
    changed = base.with_(**{"structures.separate.budget": {"decides": "joint"}}).structures["separate"].budget
    assert changed == right.model_copy(update={"decides": "joint"})
    assert changed != type(right)(decides="joint")
