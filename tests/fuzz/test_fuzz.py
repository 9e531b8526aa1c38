"""Any bytes are answered or refused in plain words; what once was not is run again."""

from __future__ import annotations

import random

import fuzz
import pytest
from fuzz_mutations import MOST, Mutator
from fuzz_targets import TARGETS, Target

INPUTS = {"reader": 60, "experiment": 30, "store": 30, "app": 150}
CRASHES = sorted(path.name for path in fuzz.CRASHES.glob("*-*"))


@pytest.mark.parametrize("name", CRASHES)
def test_what_once_broke_a_reader_does_not_any_more(name: str) -> None:
    target = TARGETS[name.split("-")[0]]
    assert fuzz.defect_of(target, (fuzz.CRASHES / name).read_bytes()) is None


@pytest.mark.parametrize("name", list(TARGETS))
def test_bent_inputs_are_answered_or_refused_in_plain_words(name: str) -> None:
    counts, defects = fuzz.fuzz(TARGETS[name], 60.0, seed=7, most=INPUTS[name], seeds=8)
    assert counts["inputs"] == INPUTS[name]
    assert counts["lines"] > counts["lines of the seeds"], "bent inputs reach lines that sound ones do not"
    assert list(defects) == []


def test_the_fuzzer_finds_what_breaks() -> None:
    def takes(data: bytes) -> None:
        if b"[" in data:
            raise KeyError("planted")

    broken = Target("reader", "toml", lambda: [b"a = 1\nb = 2"], takes, ("orgsim/scenario",))
    counts, defects = fuzz.fuzz(broken, 60.0, seed=1, most=300)
    assert counts["defects"] > 0
    assert any(said.startswith("KeyError at test_fuzz.py:takes") for said in defects)


def test_an_input_that_takes_too_long_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def takes(data: bytes) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "SECONDS", 0.1)
    assert "takes longer" in str(fuzz.defect_of(Target("reader", "toml", list, takes, ()), b""))


def test_the_same_luck_bends_the_same_way_and_never_beyond_the_limit() -> None:
    one, other = (Mutator(random.Random(3), ["size", "share"]) for _ in range(2))
    for form in ("toml", "json", "bytes"):
        for _ in range(50):
            data, lent = b'{"a": [1, 2], "b": {"c": "x"}}', b'{"z": 1}'
            bent = one.bent(data, lent, form)
            assert bent == other.bent(data, lent, form)
            assert len(bent) <= MOST
