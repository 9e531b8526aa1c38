"""The list of parameters and the JSON Schema, both made from the models."""

from __future__ import annotations

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from orgsim.cli import main
from orgsim.scenario.catalogue import json_schema, markdown, parameters

ROOT = Path(__file__).resolve().parents[2]
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
         "null": type(None)}  # fmt: skip


def printed(*args: str) -> str:
    return CliRunner().invoke(main, list(args)).stdout


def fits(value: Any, schema: Any, root: dict[str, Any]) -> bool:
    """Whether a value fits a schema, by the keywords that ours uses."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema and not fits(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root):
        return False
    if "anyOf" in schema and not any(fits(value, branch, root) for branch in schema["anyOf"]):
        return False
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        return len(value) >= schema.get("minLength", 0) and bool(re.search(schema.get("pattern", ""), value))
    if isinstance(value, (int, float)):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return bool(low <= value <= high and value > schema.get("exclusiveMinimum", -math.inf))
    if isinstance(value, list):
        few, many = schema.get("minItems", 0), schema.get("maxItems", len(value))
        return few <= len(value) <= many and all(fits(item, schema.get("items", True), root) for item in value)
    if isinstance(value, dict):
        known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        whole = all(key in value for key in schema.get("required", ()))
        return whole and all(fits(item, known.get(key, more), root) for key, item in value.items())
    return True


def test_parameters_name_unit_default_range_and_source_of_everything_that_can_be_set() -> None:
    rows = {row["name"]: row for row in json.loads(printed("parameters", "--format", "json"))}
    assert rows == {row["name"]: row for row in parameters()}
    assert rows["market.segments[].awareness"]["unit"] == "share"
    assert rows["market.segments[].signals_per_year"]["unit"] == "/year"
    assert rows["structures.*.sight"]["drawn"] is True
    assert rows["structures.*.chairs[].pay"]["default"] == 75_000
    assert rows["backgrounds.sales.horizon"]["default"] == 6
    assert rows["backgrounds.marketing.horizon"]["default"] == 12
    assert rows["switches.decisions"]["unit"] == "true/false"
    assert rows["pay.*.rep[].share"]["high"] == 0.6
    assert rows["opportunity.advance"]["default"] == [0.25, 0.25, 0.25]
    assert all(row["unit"] and row["source"] and row["meaning"] for row in rows.values())


def test_the_document_of_parameters_has_a_row_for_each() -> None:
    text = markdown()
    assert all(f"| `{row['name']}` |" in text for row in parameters())
    assert "## market.segments[]" in text


def test_the_schema_takes_text_with_units_and_files_that_extend_others() -> None:
    schema = json.loads(printed("schema"))
    assert schema == json_schema()
    definitions = schema["$defs"]
    kinds = [branch.get("type") for branch in definitions["Time"]["properties"]["years"]["anyOf"]]
    assert kinds == ["number", "string"]
    assert "required" not in schema
    assert "required" not in definitions["Structure"]
    assert definitions["Segment"]["required"] == ["name"]
    assert "extends" in schema["properties"]
    assert "extends" in definitions["PayPlan"]["properties"]
    assert {"required": ["extends"]} in schema["anyOf"]


def shipped() -> list[Path]:
    return sorted(path for path in ROOT.glob("scenarios/**/*.toml") if path.parent.name in ("scenarios", "limits"))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_every_shipped_scenario_fits_the_schema(path: Path) -> None:
    schema = json_schema()
    assert fits(tomllib.loads(path.read_text("utf-8")), schema, schema)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('extends = "baseline"\n[time]\nyears = "18 months"', True),
        ('extends = "baseline"\n[structures.mine]\nextends = "merged"\nsight = 2', True),
        ('[market]\nsegments = [{ name = "all" }]', True),
        ('[market]\nsize = 100', False),
        ("[people]\nreps = 3", False),
        ('extends = "baseline"\n[time]\nyears = -1', False),
        ('extends = "baseline"\n[time]\nyers = 1', False),
        ('extends = "baseline"\n[people]\nreps = "3"', False),
        ('extends = "baseline"\n[market]\nsegments = [{ share = 0.5 }]', False),
        ('extends = "baseline"\n[switches]\nskill = 1', False),
    ],
)
def test_the_schema_tells_right_from_wrong_files(text: str, right: bool) -> None:
    schema = json_schema()
    assert fits(tomllib.loads(text), schema, schema) is right
