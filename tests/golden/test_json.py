import json
from collections.abc import Callable
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from crosstrust.render.json import render_json, render_jsonl
from tests.golden.fixed_verdicts import ALL

Golden = Callable[[str, str], None]


def validator() -> Draft202012Validator:
    schema = files("crosstrust") / "schema" / "verdict-v1.schema.json"
    loaded = json.loads(schema.read_text("utf-8"))
    Draft202012Validator.check_schema(loaded)
    return Draft202012Validator(loaded, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", ALL)
def test_json(golden: Golden, name: str) -> None:
    text = render_json([ALL[name]], version="0.1.0")
    for verdict in json.loads(text):
        validator().validate(verdict)
    golden(f"verdict-{name}.json", text)


def test_jsonl_has_one_verdict_a_line(golden: Golden) -> None:
    lines = "".join(render_jsonl(verdict) for verdict in ALL.values())
    parsed = [json.loads(line) for line in lines.splitlines()]
    assert parsed == json.loads(render_json(ALL.values()))
    golden("verdicts.jsonl", lines)
