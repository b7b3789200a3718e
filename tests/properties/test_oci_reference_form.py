"""Whatever is accepted has one normal form, which reads back as itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.errors import InputError
from crosstrust.oci.platform import parse_platform
from crosstrust.oci.reference import Reference, parse_reference

COMPONENTS = st.from_regex(r"\A[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,6}){0,2}\Z")
DOMAINS = st.sampled_from(
    ["", "docker.io/", "index.docker.io/", "localhost/", "h:5000/", "[::1]:1/"]
)
TAGS = st.from_regex(r"\A(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?\Z")
DIGESTS = st.sampled_from(["", "@sha256:" + "0a" * 32, "@sha512:" + "0a" * 64])
VALID = st.builds(
    lambda domain, first, path, tag, digest: domain + "/".join((first, *path)) + tag + digest,
    DOMAINS,
    # Without a domain before it, a first component with a dot would be read as one.
    st.from_regex(r"\A[a-z0-9]{1,6}((_|__|-{1,3})[a-z0-9]{1,6}){0,2}\Z"),
    st.lists(COMPONENTS, max_size=2),
    TAGS,
    DIGESTS,
)
PIECES = st.sampled_from(
    [
        *("a", "A", "localhost", "docker.io", "index.docker.io", "library", "a.b", "[::1]"),
        *("/", ":", "@", ":5000", ".", "_", "-", "..", " ", "é", "sha256:" + "0" * 64, "%", "0"),
    ]
)


def check_reads_back(reference: Reference) -> None:
    for text in (str(reference), reference.familiar):
        assert parse_reference(text, default_tag=None) == reference
    assert str(parse_reference(str(reference), default_tag=None)) == str(reference)


@given(VALID)
def test_a_valid_reference_reads_back(text: str) -> None:
    reference = parse_reference(text, default_tag=None)
    check_reads_back(reference)
    assert ".." not in reference.path.split("/")


def refusal(text: str) -> InputError | None:
    try:
        parse_reference(text, default_tag=None)
    except InputError as error:
        return error
    return None


@given(st.one_of(st.text(), st.lists(PIECES, max_size=7).map("".join)))
def test_any_text_is_read_back_or_refused_with_a_remedy(text: str) -> None:
    error = refusal(text)
    if error is None:
        check_reads_back(parse_reference(text, default_tag=None))
    else:
        assert error.code == "reference.form"
        assert error.remedy
        assert str(error).isprintable()


@given(VALID, st.integers(min_value=0), st.characters(min_codepoint=128))
def test_other_scripts_are_refused(text: str, position: int, letter: str) -> None:
    at = position % (len(text) + 1)
    with pytest.raises(InputError, match=f"character U\\+{ord(letter):04X}"):
        parse_reference(text[:at] + letter + text[at:])


WORDS = st.sampled_from(["linux", "Windows", "macos", "arm", "ARM64", "aarch64", "amd64", "i386"])
VARIANTS = st.sampled_from(["", "/v1", "/8", "/v8", "/V7", "/6", "/9.0", "/v9.1"])
EXTRAS = st.sampled_from(["", "(10.0.1)", "(10.0.1+a+b)", "(+b+a)"])


@given(WORDS, EXTRAS, WORDS, VARIANTS)
def test_a_platform_reads_back(system: str, extra: str, processor: str, variant: str) -> None:
    platform = parse_platform(f"{system}{extra}/{processor}{variant}")
    assert parse_platform(str(platform)) == platform
    assert str(parse_platform(str(platform))) == str(platform)
    assert platform.matches(platform)
    assert platform.agrees_with_config(platform)


def platform_refusal(text: str) -> InputError | None:
    try:
        parse_platform(text)
    except InputError as error:
        return error
    return None


@given(st.text())
def test_any_text_is_a_platform_or_refused(text: str) -> None:
    error = platform_refusal(text)
    if error is None:
        platform = parse_platform(text)
        assert parse_platform(str(platform)) == platform
    else:
        assert error.code == "platform.form"
        assert str(error).isprintable()
