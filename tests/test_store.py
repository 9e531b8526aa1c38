"""Results on disk."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orgsim.experiments.store import manifest, write_json
from orgsim.scenario.schema import Scenario


def read_strictly(text: str) -> Any:
    def refuse(word: str) -> None:
        pytest.fail(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_infinity_and_what_is_no_number_are_written_as_valid_json(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"a": math.inf, "b": [np.float64(-math.inf), math.nan], "c": np.int64(3)})
    content = read_strictly((tmp_path / "x.json").read_text("utf-8"))
    assert content == {"a": "inf", "b": ["-inf", None], "c": 3}


def test_the_manifest_of_an_endless_patience_is_valid_json_and_loads_again(small: Scenario) -> None:
    scenario = small.with_(**{"contact.patience": math.inf})
    about = read_strictly(json.dumps(manifest([scenario], ratio=math.nan)))
    assert about["ratio"] is None
    patience = about["scenarios"][0]["contact"]["patience"]
    assert patience == "inf"
    assert small.with_(**{"contact.patience": float(patience)}) == scenario
