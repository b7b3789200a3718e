import json
from collections.abc import Callable

import pytest
from jsonschema import ValidationError

from crosstrust.render.json import render_json, render_jsonl
from tests.golden.fixed_verdicts import ALL
from tests.golden.strict_schema import strict_validator, validator, verdict_schema

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("name", ALL)
def test_json(golden: Golden, name: str) -> None:
    text = render_json([ALL[name]], version="0.1.0")
    for verdict in json.loads(text):
        strict_validator().validate(verdict)
        validator(verdict_schema()).validate(verdict)
    golden(f"verdict-{name}.json", text)


@pytest.mark.parametrize("place", [(), ("tool",), ("time",), ("platforms", 0), ("keys", "root", 0)])
def test_a_later_version_may_add_members(place: tuple[str | int, ...]) -> None:
    (verdict,) = json.loads(render_json([next(iter(ALL.values()))]))
    node = verdict
    for step in place:
        node = node[step]
    node["of a later version"] = True
    validator(verdict_schema()).validate(verdict)
    with pytest.raises(ValidationError, match="of a later version"):
        strict_validator().validate(verdict)


def test_jsonl_has_one_verdict_a_line(golden: Golden) -> None:
    lines = "".join(render_jsonl(verdict) for verdict in ALL.values())
    parsed = [json.loads(line) for line in lines.splitlines()]
    assert parsed == json.loads(render_json(ALL.values()))
    golden("verdicts.jsonl", lines)
