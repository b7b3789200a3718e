import re
import textwrap
from datetime import UTC, datetime, timedelta, timezone
from functools import cmp_to_key

from hypothesis import given
from hypothesis import strategies as st

from crosstrust.oci.digest import Digest
from crosstrust.render.text import (
    columns,
    counted,
    day,
    moment,
    natural_key,
    plain,
    short,
    wrapped,
)

anything = st.text(st.characters())
tags = st.text("0123456789.-abAZé", max_size=12)


@given(anything)
def test_plain_text_is_printable_and_bounded(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) <= 1003
    assert plain(shown[:1000]) == shown[:1000]


def test_plain_text_replaces_what_steers_a_terminal() -> None:
    assert plain("a\x1b[2J\r\nb\x9b\u202e\ud800\x00 é") == "a?[2J??b???? é"
    assert plain("x" * 1001) == "x" * 1000 + "..."


def test_short_forms() -> None:
    assert short(Digest("sha512", "ab" * 64)) == "sha512:abababababab"
    assert short("0123456789abcdef") == "0123456789ab"


def test_times_are_utc() -> None:
    at = datetime(2026, 5, 9, 1, 2, 3, 999_999, timezone(timedelta(hours=2)))
    assert moment(at) == "2026-05-08 23:02:03 UTC"
    assert day(at) == "2026-05-08"
    assert moment(at.astimezone(UTC)) == moment(at)


def test_counts() -> None:
    assert [counted(n, "layer") for n in (0, 1, 2)] == ["0 layers", "1 layer", "2 layers"]


def test_wrapping_never_breaks_a_digest() -> None:
    digest = f"sha256:{'a' * 64}"
    lines = wrapped(f"expected {digest} here", first="- ", rest="  ", width=20)
    assert lines == ["- expected", f"  {digest}", "  here"]
    assert wrapped("", first="- ", rest="  ", width=20) == ["-"]


@given(
    st.lists(st.text("abc-.:", min_size=1, max_size=12), max_size=20),
    st.text("- x", max_size=6),
    st.text(" ", max_size=6),
    st.integers(7, 30),
)
def test_wrapping_is_that_of_the_standard_library(
    words: list[str], first: str, rest: str, width: int
) -> None:
    theirs = textwrap.wrap(
        " ".join(words),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    ours = wrapped(" ".join(words), first=first, rest=rest, width=width)
    assert ours == (theirs or [first.rstrip()])


@given(st.lists(st.tuples(tags, tags, tags), min_size=1))
def test_columns_line_up(rows: list[tuple[str, str, str]]) -> None:
    lines = columns(rows, least=5)
    for cell in (0, 1):
        width = max(5, max(len(row[cell]) for row in rows) + 3)
        assert [line[:width].rstrip() for line in lines] == [row[cell].rstrip() for row in rows]
        lines = [line[width:] for line in lines]
    assert lines == [row[2] for row in rows]


def is_less(left: str, right: str) -> bool:
    """The order that docker uses, said another way: walk both texts part by part."""
    parts = [re.findall(rb"[0-9]+|[^0-9]", text.encode()) for text in (left, right)]
    for one, other in zip(*parts, strict=False):
        if one == other:
            continue
        if one.isdigit() and other.isdigit():
            # Of equal numbers the one with fewer leading zeros is shorter.
            return (int(one), len(one)) < (int(other), len(other))
        return one.isdigit() or (not other.isdigit() and one < other)
    return len(parts[0]) < len(parts[1])


@given(st.lists(tags))
def test_natural_order(names: list[str]) -> None:
    def walked(left: str, right: str) -> int:
        return is_less(right, left) - is_less(left, right)

    assert sorted(names, key=natural_key) == sorted(names, key=cmp_to_key(walked))


def test_natural_order_of_releases() -> None:
    names = ["latest", "0.1.12", "0.1.9", "v2", "0.1.012", "0.1.9-short", "Z", "0.1"]
    assert sorted(names, key=natural_key) == [
        *("0.1", "0.1.9", "0.1.9-short", "0.1.12", "0.1.012", "Z", "latest", "v2"),
    ]
