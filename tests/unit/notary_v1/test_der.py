"""DER, element by element: the edges of lengths, tags, object identifiers, numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosstrust.schemes.notary_v1.der import DerError, Reader, explicit


def reader(text: str) -> Reader:
    return Reader(bytes.fromhex(text))


@pytest.mark.parametrize(
    ("text", "tag", "size"),
    [
        ("0400", 4, 0),
        ("047f" + "00" * 0x7F, 4, 0x7F),
        ("048180" + "00" * 0x80, 4, 0x80),
        ("0481ff" + "00" * 0xFF, 4, 0xFF),
        ("04820100" + "00" * 0x100, 4, 0x100),
        ("0483010000" + "00" * 0x10000, 4, 0x10000),
        ("1e00", 0x1E, 0),
        ("be00", 0xBE, 0),
        ("2000", 0x20, 0),
    ],
)
def test_an_element(text: str, tag: int, size: int) -> None:
    one = reader(text)
    assert one.element() == (tag, bytes(size))
    one.finish()
    # What follows it is another element, and none is skipped.
    two = reader(text + "0500")
    two.element()
    assert two.more
    with pytest.raises(DerError):
        two.finish()
    assert two.whole() == b"\x05\x00"


@pytest.mark.parametrize(
    "text",
    [
        *("", "04", "0401", "04020000"[:6]),
        # An indefinite length, and one that is not as short as can be.
        *("3080" + "00" * 0x80, "0480", "048100", "04817f" + "00" * 0x7F),
        "0482007f" + "00" * 0x7F,
        "04820080" + "00" * 0x80,
        "048200ff" + "00" * 0xFF,
        # Lengths of five bytes, or cut short.
        *("04850000000001" + "00", "0485010000000000", "0481", "048201", "0484ffffffff"),
        # Tags of several bytes.
        *("1f00", "3f00", "5f00", "9f00", "bf00", "ff00", "1f0100"),
    ],
)
def test_no_element(text: str) -> None:
    with pytest.raises(DerError):
        reader(text).element()


def test_an_element_cut_short_behind_another_one() -> None:
    for rest in ("04", "0401"):
        found = reader("0500" + rest)
        found.element()
        with pytest.raises(DerError):
            found.element()


@pytest.mark.parametrize(
    "content",
    ["00", "7f", "2a8648ce3d0201", "8100", "818001", "81808001", "ff8001", "01" * 63],
)
def test_an_object_identifier(content: str) -> None:
    size = len(content) // 2
    assert reader(f"06{size:02x}{content}").oid().hex() == content


@pytest.mark.parametrize(
    "content", ["", "80", "8001", "0180", "018001", "81", "8180", "0181", "2a86", "01" * 64]
)
def test_no_object_identifier(content: str) -> None:
    size = len(content) // 2
    with pytest.raises(DerError):
        reader(f"06{size:02x}{content}").oid()


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("00", 0),
        ("01", 1),
        ("7f", 127),
        ("0080", 128),
        ("00ff", 255),
        ("0100", 256),
        ("7fff", 32767),
        ("008000", 32768),
        ("ff", -1),
        ("80", -128),
        ("ff7f", -129),
        ("8000", -32768),
        ("ff7fff", -32769),
    ],
)
def test_an_integer(content: str, number: int) -> None:
    size = len(content) // 2
    assert reader(f"02{size:02x}{content}").integer() == number


@pytest.mark.parametrize("content", ["", "0000", "0001", "007f", "ffff", "ff80", "00007f"])
def test_no_integer(content: str) -> None:
    size = len(content) // 2
    with pytest.raises(DerError):
        reader(f"02{size:02x}{content}").integer()


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        ("17", "240601120000Z", datetime(2024, 6, 1, 12, tzinfo=UTC)),
        ("17", "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("17", "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        ("17", "991231235959Z", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("17", "000101000000Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("18", "00010101000000Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("18", "20240102030405Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("18", "99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time(tag: str, text: str, moment: datetime) -> None:
    assert reader(f"{tag}{len(text):02x}{text.encode().hex()}").time() == moment


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        *(("17", "240601120000"), ("17", "2406011200Z"), ("17", "20240601120000Z")),
        *(("18", "240601120000Z"), ("18", "2024060112000Z"), ("18", "20240601120000.0Z")),
        *(("18", "00000101000000Z"), ("18", "20241301000000Z"), ("18", "20240230000000Z")),
        *(("18", "20240101240000Z"), ("18", "20240101006000Z"), ("18", "20240101000060Z")),
        *(("17", "240601120000z"), ("17", "24060112000\u0661Z"), ("17", "Z"), ("17", "")),
        *(("04", "240601120000Z"), ("16", "20240601120000Z"), ("17", "240601120000+0000")),
    ],
)
def test_no_time(tag: str, text: str) -> None:
    with pytest.raises(DerError):
        reader(f"{tag}{len(text.encode()):02x}{text.encode().hex()}").time()


def test_what_must_stand_there_and_what_may() -> None:
    found = reader("0101ff030300aabba00205003000")
    assert found.at(1)
    assert not found.at(3)
    assert found.default_false()
    assert not found.default_false()
    assert found.whole_bytes() == b"\xaa\xbb"
    assert not found.at(explicit(1))
    assert found.inside(explicit(0)).whole() == b"\x05\x00"
    assert found.inside().more is False
    assert not found.more
    assert not found.at(0)
    found.finish()


@pytest.mark.parametrize("text", ["010100", "010101", "0100", "0102ffff"])
def test_no_boolean_that_is_written(text: str) -> None:
    with pytest.raises(DerError):
        reader(text).default_false()


@pytest.mark.parametrize("text", ["0300", "030101", "030201aa", "0400"])
def test_no_whole_bytes(text: str) -> None:
    with pytest.raises(DerError):
        reader(text).whole_bytes()


def test_no_bytes_in_a_bit_string() -> None:
    assert reader("030100").whole_bytes() == b""


@pytest.mark.parametrize("text", ["", "0500", "3100"])
def test_another_element_than_a_sequence(text: str) -> None:
    with pytest.raises(DerError):
        reader(text).inside()
