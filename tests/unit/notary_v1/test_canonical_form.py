"""The canonical form of values at the edges of the dialect."""

from __future__ import annotations

import pytest

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.canonical import INTEGER_LIMIT, encode_canonical


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (INTEGER_LIMIT, b"9007199254740992"),
        (-INTEGER_LIMIT, b"-9007199254740992"),
        (10**15, b"1000000000000000"),
        (-1, b"-1"),
        (None, b"null"),
        ([True, False, None, 0], b"[true,false,null,0]"),
        ("", b'""'),
        ("a.b", b'"a.b"'),
        ("\u20ac", b'"\xe2\x82\xac"'),
        ('a"b', b'"a\\"b"'),
        ("a\\b", b'"a\\\\b"'),
        # Only the quotation mark and the backslash are escaped.
        ("\n\x00\x7f/", b'"\n\x00\x7f/"'),
        ({"b": 1, "a": [{}, []]}, b'{"a":[{},[]],"b":1}'),
        ({"\n": "\n", '"': "."}, b'{"\n":"\n","\\"":"."}'),
        ({"B": 1, "a": 2, "A": 3}, b'{"A":3,"B":1,"a":2}'),
        # A fraction, an exponent and a long number inside a text are text.
        ("1.5", b'"1.5"'),
        ({"a": "1e5 [1e-7 9007199254740993"}, b'{"a":"1e5 [1e-7 9007199254740993"}'),
    ],
)
def test_a_value_has_one_form(value: object, form: bytes) -> None:
    assert encode_canonical(value) == form
    assert encode_canonical([value, "\n"]) == b"[" + form + b',"\n"]'


@pytest.mark.parametrize(
    "number",
    [
        *(INTEGER_LIMIT + 1, -INTEGER_LIMIT - 1, 10**30, -(10**30)),
        *(0.5, -1.5, 1.0, 1e-7, 1e300, -1e-9),
        *(float("nan"), float("inf"), float("-inf")),
    ],
)
@pytest.mark.parametrize("place", ["alone", "in a list", "in an object", "beside a control"])
def test_a_number_that_is_no_exact_integer_has_none(number: float, place: str) -> None:
    value: object = {
        "alone": number,
        "in a list": [number],
        "in an object": {"a": [1, number]},
        "beside a control": ["\n", number],
    }[place]
    with pytest.raises(MalformedError) as caught:
        encode_canonical(value, "targets")
    assert (caught.value.code, caught.value.where) == ("tuf.metadata.form", "targets")
    assert caught.value.actual == str(number)[:40]
