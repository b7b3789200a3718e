"""Patterns over tags and repositories."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.chain.glob import repository_suffix, tag_covers, tag_matches, tag_possible

tags = st.text("ab1.-", min_size=1, max_size=8)
patterns = st.text("ab1.*?", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("pattern", "tag", "fits"),
    [
        ("latest", "latest", True),
        ("latest", "latest1", False),
        ("*", "anything", True),
        ("1.*", "1.2", True),
        ("1.*", "11", False),
        ("?.?", "1.2", True),
        ("?", "", False),
        ("*-alpine", "3-alpine-alpine", True),
        ("*a*b", "aab1", False),
        ("", "", True),
        ("*b", "ab", True),
        ("*b", "aab", True),
        ("*a?", "bab", True),
    ],
)
def test_a_pattern_fits_whole_tags(pattern: str, tag: str, *, fits: bool) -> None:
    assert tag_matches(pattern, tag) is fits


@given(patterns, tags)
def test_patterns_agree_with_the_shell(pattern: str, tag: str) -> None:
    assert tag_matches(pattern, tag) is fnmatch.fnmatchcase(tag, pattern)


def test_many_stars_are_not_slow() -> None:
    assert not tag_matches("*a" * 2000, "a" * 1999)


@pytest.mark.parametrize("pattern", ["a", "*", "?", "v1.*", "A_b-c.d", "a" * 128, "*" + "a" * 128])
def test_a_tag_can_fit(pattern: str) -> None:
    assert tag_possible(pattern)


@pytest.mark.parametrize("pattern", ["", "a/b", "a:b", "[ab]", ".a", "-a", "a b", "é", "a" * 129])
def test_no_tag_can_fit(pattern: str) -> None:
    assert not tag_possible(pattern)


@given(patterns, patterns, tags)
def test_a_covering_pattern_fits_more(general: str, special: str, tag: str) -> None:
    if tag_covers(general, special) and tag_matches(special, tag):
        assert tag_matches(general, tag)


def test_covering_is_known_where_it_is_plain() -> None:
    assert tag_covers("*", "1.*")
    assert tag_covers("1.*", "1.*")
    assert tag_covers("1.*", "1.2")
    assert not tag_covers("1.*", "2.*")


@pytest.mark.parametrize(
    ("pattern", "repository", "suffix"),
    [
        ("docker.io/nicolas/webdis", "docker.io/nicolas/webdis", ""),
        ("docker.io/nicolas/webdis", "docker.io/nicolas/webdis2", None),
        ("docker.io/nicolas/*", "docker.io/nicolas/webdis", "webdis"),
        ("docker.io/nicolas/*", "docker.io/nicolas/a/b", "a/b"),
        ("docker.io/nicolas/*", "docker.io/nicolasx/a", None),
        ("docker.io/nicolas/*", "docker.io/nicolas/", None),
        ("docker.io/nicolas/*", "docker.io/nicolas", None),
    ],
)
def test_a_prefix_ends_at_a_slash(pattern: str, repository: str, suffix: str | None) -> None:
    assert repository_suffix(pattern, repository) == suffix
