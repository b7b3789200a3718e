"""Canonical JSON: what the dialect's section 2 says, for any value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.canonical import INTEGER_LIMIT, encode_canonical
from tests.properties.canonical_definition import definition

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-INTEGER_LIMIT, INTEGER_LIMIT)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(VALUES)
def test_the_form_is_the_dialect_s(value: object) -> None:
    assert encode_canonical(value) == definition(value)


@given(VALUES)
def test_what_json_can_read_back_is_the_same(value: object) -> None:
    form = encode_canonical(value)
    # Control characters stand raw, which strict=False allows.
    assert json.loads(form, strict=False) == value


@given(VALUES)
def test_the_form_of_the_form_is_itself(value: object) -> None:
    form = encode_canonical(value)
    assert encode_canonical(json.loads(form, strict=False)) == form


@given(st.dictionaries(TEXT, NUMBERS))
def test_order_of_insertion_does_not_matter(value: dict[str, int]) -> None:
    assert encode_canonical(dict(reversed(value.items()))) == encode_canonical(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("\n\t\x00\x7f\u2028<>&", '"\n\t\x00\x7f\u2028<>&"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        # By UTF-8 bytes, not by UTF-16 units.
        ({"\U0001f600": 1, "\uffee": 2}, '{"\uffee":2,"\U0001f600":1}'),
        ({}, "{}"),
        ([], "[]"),
        (INTEGER_LIMIT, "9007199254740992"),
        ("1.5", '"1.5"'),
        ("12345678901234567890", '"12345678901234567890"'),
    ],
)
def test_examples(value: object, form: str) -> None:
    assert encode_canonical(value) == form.encode()


@pytest.mark.parametrize(
    "value",
    [
        *(INTEGER_LIMIT + 1, -INTEGER_LIMIT - 1, 10**20, 1.0, 1.5, -0.0),
        # Python writes these without a point.
        *(1e50, -1e50, 5e-324, float("nan"), float("inf"), float("-inf")),
    ],
)
def test_numbers_that_have_no_form(value: object) -> None:
    for place in (value, [value], {"a": {"b": value}}):
        with pytest.raises(MalformedError) as caught:
            encode_canonical(place)
        assert caught.value.code == "tuf.metadata.form"
