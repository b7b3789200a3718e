"""Strict JSON and canonical JSON beside the standard library's reader."""

from __future__ import annotations

import json

from crosstrust.errors import CrosstrustError, MalformedError
from crosstrust.oci.strict_json import JsonValue, parse_json
from crosstrust.schemes.notary_v1.canonical import INTEGER_LIMIT, encode_canonical
from tests.fuzz.target import Target, assert_same_json, outcome
from tests.properties.canonical_definition import definition

SIZE = 4096
MAPS = frozenset({"$.signed.targets", "$.a[].b"})
WORDS = (
    *(b'{"', b'":', b'","', b'"},{"', b'"],["', b"null", b"true", b"false", b"9007199254740993"),
    *(b"-0", b"1e5", b"0.5", b"NaN", b"-Infinity", b"\\ud83d", b"\\ude00", b"\\u0000", b"\\u212a"),
    *(b"\\u0041", b"\\\\", b'\\"', b"\xef\xbb\xbf", b"\xe2\x84\xaa", b'"a":0,"A":1', b"[[[["),
)


def check_json(raw: bytes) -> None:
    """What is accepted, ``json`` reads to the same value; its canonical form is the dialect's."""
    for allow_float in (False, True):
        found = read(raw, allow_float=allow_float)
        if isinstance(found, CrosstrustError):
            assert isinstance(found, MalformedError)
            assert str(found).isprintable()
            continue
        assert_same_json(found, json.loads(raw.decode()))
        check_canonical(found)


def read(raw: bytes, *, allow_float: bool) -> JsonValue | CrosstrustError:
    return outcome(
        lambda: parse_json(
            raw, code="tuf.metadata.form", where="x", limit=SIZE, allow_float=allow_float, maps=MAPS
        )
    )


def check_canonical(value: JsonValue) -> None:
    form = outcome(lambda: encode_canonical(value))
    if has_no_form(value):
        assert isinstance(form, MalformedError)
        return
    assert form == definition(value)
    # Control characters stand raw in the form, which is not always JSON. Of bytes, ``json`` would
    # guess another encoding where one of them is NUL.
    again = json.loads(form.decode(), strict=False)
    assert again == value
    assert encode_canonical(again) == form


def has_no_form(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(map(has_no_form, value.values()))
    if isinstance(value, list):
        return any(map(has_no_form, value))
    return isinstance(value, float) or (isinstance(value, int) and abs(value) > INTEGER_LIMIT)


CANONICAL = Target(check_json, WORDS)
