"""The verdict's schema as our own output must fit it: with no member that it does not name."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]


def verdict_schema() -> Json:
    """The schema of the package, which lets members be added."""
    text = (files("crosstrust") / "schema" / "verdict-v1.schema.json").read_text("utf-8")
    found: Json = json.loads(text)
    return found


def validator(schema: Json) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def strict_validator() -> Draft202012Validator:
    """Refuses a member that nobody wrote into the schema."""
    return validator(_closed(verdict_schema()))


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    found = {key: _closed(value) for key, value in node.items()}
    # What is called "properties" may be a member of that name; a table of them has a type beside.
    return {"additionalProperties": False, **found} if "properties" in found else found
