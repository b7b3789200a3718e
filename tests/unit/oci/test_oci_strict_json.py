from __future__ import annotations

import pytest

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.strict_json import JsonValue, json_path, parse_json


def parse(
    raw: bytes, *, allow_float: bool = False, maps: frozenset[str] = frozenset()
) -> JsonValue:
    return parse_json(
        raw,
        code="some.form",
        where="doc",
        limit=1 << 24,
        allow_float=allow_float,
        maps=maps,
        remedy="mend it",
    )


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b" null\n", None),
        (b'{"a": [1, -2, true, "\\u00e9\xc3\xa9"], "b": {}}', {"a": [1, -2, True, "éé"], "b": {}}),
        (b"[-9999999999999999999, 9999999999999999999]", [-(10**19 - 1), 10**19 - 1]),
        (rb'"\ud83d\ude00"', "\U0001f600"),
        (rb'"[[[{{{\"]:,"', '[[[{{{"]:,'),
        (b'{"a":{"b":1},"B":{"a":1}}', {"a": {"b": 1}, "B": {"a": 1}}),
    ],
)
def test_plain_documents_are_read(raw: bytes, value: JsonValue) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize(
    ("raw", "actual"),
    [
        (b"", "Expecting value at byte 0"),
        (b"\xef\xbb\xbf{}", "a byte order mark at byte 0"),
        (b'{"a":"\xff"}', "0xff at byte 6"),
        (b'"\xed\xa0\x80"', "0xed at byte 1"),
        ('["é", x]'.encode(), "Expecting value at byte 7"),
        (b"{} {}", "Extra data at byte 3"),
        (b"{}\0", "Extra data at byte 2"),
        (b'"a\nb"', "Invalid control character at at byte 2"),
        (b'"open', "Unterminated string starting at at byte 0"),
        (b"[1,]", "Expecting value at byte 3"),
        (b"['a']", "Expecting value at byte 1"),
        (b'{"a":1,"b":{"c":1,"c":1}}', "$.b.c twice"),
        (b'{"a":{"b":1,"b":2},"a":3}', "$.a twice"),
        (b'[{"a b":1,"x":2,"a b":3}]', '$[0]["a b"] twice'),
        (b'{"a":1,"\\u0061":1}', "$.a twice"),
        (b'{"layers":[],"Layers":[]}', "$.layers and .Layers"),
        ('{"keys":1,"\u212aeys":1}'.encode(), r'$.keys and ["\u212aeys"]'),
        ('{"x":{"si":1,"\u017fi":1}}'.encode(), r'$.x.si and ["\u017fi"]'),
        (b"[1, 1.0]", "1.0 at byte 4"),
        (b'["1e3", 1e3]', "1e3 at byte 8"),
        (b"[1.5x]", "1.5 at byte 1"),
        (b"[-1, -0]", "-0 at byte 5"),
        (b"NaN", "NaN at byte 0"),
        (b"[Infinity]", "Infinity at byte 1"),
        (b"[-Infinity]", "-Infinity at byte 1"),
        (b"10000000000000000000", "10000000000000000000 at byte 0"),
        (b"-10000000000000000000", "-10000000000000000000 at byte 0"),
        (b"[" + b"9" * 5000 + b"]", "9" * 40 + "... at byte 1"),
        (rb'["a", "\ud800"]', "a lone surrogate in $[1]"),
        (rb'{"a": {"\uDFFF": 1}}', "a lone surrogate in $.a"),
        (rb'"\ud83d\u0041"', "a lone surrogate in $"),
        (b"[" * 60, "Expecting value at byte 60"),
        (b"]" * 100, "Expecting value at byte 0"),
    ],
)
def test_what_reads_differently_elsewhere_is_refused(raw: bytes, actual: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse(raw)
    error = caught.value
    assert not isinstance(error, LimitError)
    assert (error.code, error.where, error.remedy) == ("some.form", "doc", "mend it")
    assert error.actual == actual


def test_floats_are_allowed_on_request_but_never_infinite() -> None:
    assert parse(b"[1.5, 1e3, -0]", allow_float=True) == [1.5, 1000.0, 0]
    for raw in (b"1e999", b"-1e999", b"NaN", b"Infinity"):
        with pytest.raises(MalformedError, match="at byte 0"):
            parse(raw, allow_float=True)


def test_case_tells_keys_apart_where_keys_are_data() -> None:
    raw = b'{"targets":{"RC1":1,"rc1":2},"list":[{"labels":{"a":1,"A":2}}]}'
    maps = frozenset({"$.targets", "$.list[].labels"})
    assert parse(raw, maps=maps) == {
        "targets": {"RC1": 1, "rc1": 2},
        "list": [{"labels": {"a": 1, "A": 2}}],
    }
    with pytest.raises(MalformedError, match=r"\$\.list\[0\]\.labels\.a and \.A"):
        parse(raw, maps=frozenset({"$.targets"}))
    with pytest.raises(MalformedError, match=r"\$\.targets\.a twice"):
        parse(b'{"targets":{"a":1,"A":1,"a":2}}', maps=maps)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 64 + b"]" * 64,
        b'{"a":' * 64 + b"0" + b"}" * 64,
        b"[" + b"[[]]," * 1000 + b"[]]",
        b"{" + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}",
    ],
)
def test_the_limits_themselves_are_allowed(raw: bytes) -> None:
    assert parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 65 + b"]" * 65,
        b'{"a":[' * 33 + b"]}" * 33,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 2000,
        b"{" + b",".join(b'"%d":0' % n for n in range(100_001)) + b"}",
        b"[" + b"0," * 400_000 + b"0]",
        b"[" + b"[]," * 250_000 + b"0]",
    ],
)
def test_more_is_refused_before_anything_is_built(raw: bytes) -> None:
    with pytest.raises(LimitError) as caught:
        parse(raw)
    assert (caught.value.code, caught.value.where) == ("limit.exceeded", "doc")


def test_the_size_limit_is_in_bytes() -> None:
    assert parse_json('"éé"'.encode(), code="c", where="w", limit=6) == "éé"
    with pytest.raises(LimitError) as caught:
        parse_json('"éé"'.encode(), code="c", where="w", limit=5)
    assert (caught.value.expected, caught.value.actual) == ("at most 5 bytes", "6")


def test_a_path_quotes_what_is_no_plain_name() -> None:
    assert json_path("$", "a_B1") == "$.a_B1"
    assert json_path("$.x", "1.0") == '$.x["1.0"]'
    assert json_path("$", 'a"\x1b\u202e') == r'$["a\"\u001b\u202e"]'
    assert json_path("$", "k" * 200) == "$." + "k" * 80
