"""Versions among tags, and ranges of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.version import VersionRange, parse_version, parse_version_range
from crosstrust.errors import MalformedError

versions = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)
comparisons = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "="]), versions)
ranges = st.lists(comparisons, min_size=1, max_size=3)


def written(parts: list[tuple[str, str]]) -> str:
    return ",".join(operator + version for operator, version in parts)


def padded(version: str) -> list[int]:
    """The plain way to compare: missing parts are zeros."""
    numbers = [int(part) for part in version.removeprefix("v").split(".")]
    return numbers + [0] * (8 - len(numbers))


def compares(left: str, operator: str, right: str) -> bool:
    a, b = padded(left), padded(right)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "=": a == b}[operator]


@pytest.mark.parametrize(
    ("tag", "version"),
    [("0.1.19", (0, 1, 19)), ("v2", (2,)), ("1.0.0", (1,)), ("0", ()), ("007.1", (7, 1))],
)
def test_dotted_integers_are_a_version(tag: str, version: tuple[int, ...]) -> None:
    assert parse_version(tag) == version


@pytest.mark.parametrize(
    "tag",
    [
        "0.1.19-short",
        "latest",
        "",
        "v",
        "V1",
        "1.",
        ".1",
        "1..2",
        "1.x",
        "vv1",
        "-1",
        "+1",
        "1_0",
        " 1",
        "1\n",
        "\u0661",
        "1" * 129,
    ],
)
def test_other_tags_are_no_version(tag: str) -> None:
    assert parse_version(tag) is None
    assert not VersionRange().holds(tag)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("<0.1.12", ["0.1.11", "0", "v0.1.9"], ["0.1.12", "0.1.12.0", "1", "0.1.11-rc1"]),
        (">=0.1.12,<0.1.19", ["0.1.12", "0.1.18", "0.1.18.9"], ["0.1.11", "0.1.19", "0.1.9"]),
        (" > 1 , <= v2 ", ["1.0.1", "2.0"], ["1", "1.0", "2.0.1"]),
        ("=1.2", ["1.2", "v1.2.0"], ["1.2.1", "1"]),
        (">=1,>=2", ["2"], ["1.9"]),
        ("<3,<2,<=2", ["1.9"], ["2"]),
        ("<=2,<2", ["1.9"], ["2"]),
    ],
)
def test_a_range_holds_what_it_says(text: str, inside: list[str], outside: list[str]) -> None:
    versions = parse_version_range(text)
    assert [tag for tag in inside if not versions.holds(tag)] == []
    assert [tag for tag in outside if versions.holds(tag)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0.1.19",
        "~1",
        "==1",
        "!=1",
        "<",
        "<1,",
        ",<1",
        "<latest",
        "< 1 2",
        "=>1",
        "<1.*",
        "<" + "1" * 129,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_version_range(text)
    assert caught.value.code == "policy.form"
    assert caught.value.expected
    assert caught.value.remedy


@given(ranges, versions)
def test_every_comparison_must_hold(parts: list[tuple[str, str]], version: str) -> None:
    expected = all(compares(version, operator, bound) for operator, bound in parts)
    assert parse_version_range(written(parts)).holds(version) is expected


@given(ranges, versions)
def test_an_empty_range_holds_nothing(parts: list[tuple[str, str]], version: str) -> None:
    found = parse_version_range(written(parts))
    assert not (found.empty and found.holds(version))


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("<0", True),
        (">1,<1", True),
        (">=1,<1", True),
        (">2,<1", True),
        ("=1,=2", True),
        ("<=0", False),
        (">1,<1.0.0.1", False),
        ("=1", False),
        (">=1", False),
    ],
)
def test_emptiness_is_known(text: str, *, empty: bool) -> None:
    assert parse_version_range(text).empty is empty


@given(ranges, ranges, versions)
def test_a_covering_range_holds_more(
    wide: list[tuple[str, str]], narrow: list[tuple[str, str]], version: str
) -> None:
    general, special = parse_version_range(written(wide)), parse_version_range(written(narrow))
    if general.covers(special) and special.holds(version):
        assert general.holds(version)


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        (">=1", ">1", True),
        (">1", ">=1", False),
        ("<2", "<=2", False),
        ("<=2", "<2", True),
        ("<2", ">=1", False),
        (">=1,<2", "=1.5", True),
        ("=1", ">5,<4", True),
        (">=0", "<9", True),
    ],
)
def test_covering_is_known(wide: str, narrow: str, *, covers: bool) -> None:
    assert parse_version_range(wide).covers(parse_version_range(narrow)) is covers


@pytest.mark.parametrize(
    ("text", "written"),
    [("<2", "<2"), (">=1", ">=1"), (">0", ">0"), ("<2,>=0", "<2"), ("<=2,>1", ">1,<=2")],
)
def test_a_range_is_written_in_its_shortest_form(text: str, written: str) -> None:
    assert str(parse_version_range(text)) == written


@given(ranges)
def test_a_range_reads_back_from_its_text(parts: list[tuple[str, str]]) -> None:
    found = parse_version_range(written(parts))
    assert parse_version_range(str(found)) == found
    assert re.fullmatch(r"[<>=0-9.,]+", str(found))


def code_of(text: str) -> str:
    try:
        parse_version_range(text)
    except MalformedError as error:
        return error.code
    return ""


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    assert code_of(text) in {"", "policy.form"}


@pytest.mark.parametrize(("length", "is_version"), [(128, True), (129, False)])
def test_a_version_is_no_longer_than_a_tag(length: int, *, is_version: bool) -> None:
    assert (parse_version("1" * length) is not None) is is_version


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("<2", "<2", True),
        ("<=2", "<=2", True),
        ("<=2", "<2", True),
        ("<2", "<=2", False),
        (">1", ">1", True),
        (">=1", ">1", True),
        (">1", ">=1", False),
        (">=1,<2", ">=1,<2", True),
        (">=0", "<2", True),
        ("<2", ">=0", False),
        ("<1", ">3,<2", True),
    ],
)
def test_a_range_covers_itself_and_what_is_narrower(
    wide: str, narrow: str, *, covers: bool
) -> None:
    assert parse_version_range(wide).covers(parse_version_range(narrow)) is covers
