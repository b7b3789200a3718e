from __future__ import annotations

import pytest

from crosstrust.errors import InputError, MalformedError
from crosstrust.oci.member import Members
from crosstrust.oci.platform import UNKNOWN, Platform, parse_platform
from crosstrust.oci.strict_json import JsonValue


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("linux/amd64", "linux/amd64"),
        ("Linux/AMD64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("linux/x86-64", "linux/amd64"),
        ("linux/amd64/v1", "linux/amd64"),
        ("linux/amd64/V3", "linux/amd64/v3"),
        ("linux/i386", "linux/386"),
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("linux/arm64/8", "linux/arm64/v8"),
        ("linux/aarch64/v8.0", "linux/arm64/v8"),
        ("linux/arm64/9", "linux/arm64/v9"),
        ("linux/arm64/v9.2", "linux/arm64/v9.2"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("linux/arm/v5", "linux/arm/v5"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("macos/arm64", "darwin/arm64/v8"),
        ("linux/ppc64le", "linux/ppc64le"),
        ("linux(5.10)/amd64", "linux/amd64"),
        ("windows(10.0.17763.1)/amd64", "windows(10.0.17763.1)/amd64"),
        ("windows(10.0.17763+win32k+a)/amd64", "windows(10.0.17763+a+win32k)/amd64"),
        ("windows(+win32k)/amd64", "windows(+win32k)/amd64"),
        ("unknown/unknown", "unknown/unknown"),
    ],
)
def test_platforms_have_one_normal_form(text: str, shown: str) -> None:
    assert str(parse_platform(text)) == shown
    assert parse_platform(shown) == parse_platform(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "linux",
        "amd64",
        "linux/",
        "/amd64",
        "linux//v8",
        "linux/arm64/v8/x",
        "linux/amd64,linux/arm64",
        "linux/amd64 ",
        "linux\n/amd64",
        "linux/amd\u0301",
        "win(10/amd64",
        "win(1 0)/amd64",
    ],
)
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_platform(text)
    error = caught.value
    assert error.code == "platform.form"
    assert error.where
    assert error.remedy == "write linux/amd64 or linux/arm64/v8"
    assert str(error).isprintable()


def of(value: JsonValue) -> Platform:
    return Platform.of_members(Members(value, "image.manifest.form", "doc"))


def test_a_document_names_a_platform() -> None:
    assert of({"os": "linux", "architecture": "arm64"}) == parse_platform("linux/arm64/v8")
    windows: JsonValue = {
        "os": "windows",
        "architecture": "amd64",
        "variant": "",
        "os.version": "10.0.1",
        "os.features": ["win32k", "b", "b"],
    }
    assert of(windows) == parse_platform("windows(10.0.1+b+win32k)/amd64")
    assert of({"os": "unknown", "architecture": "unknown"}) == UNKNOWN


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"architecture": "amd64"}, "$.os"),
        ({"os": "linux"}, "$.architecture"),
        ({"os": "", "architecture": "amd64"}, "$.os"),
        ({"os": "linux", "architecture": "amd\x1b[2J"}, "$.architecture"),
        ({"os": "linux", "architecture": "amd64/v3"}, "$.architecture"),
        ({"os": "linux", "architecture": "arm", "variant": "v\u202e7"}, "$.variant"),
        ({"os": "linux", "architecture": "arm", "Variant": "v6"}, "$.variant"),
        ({"os": "windows", "architecture": "arm", "os.version": " "}, '$["os.version"]'),
        ({"os": "windows", "architecture": "arm", "os.features": ["+"]}, '$["os.features"]'),
    ],
)
def test_untrusted_platforms_are_words(value: JsonValue, place: str) -> None:
    with pytest.raises(MalformedError) as caught:
        of(value)
    assert (caught.value.code, caught.value.where) == ("image.manifest.form", f"doc {place}")
    assert str(caught.value).isprintable()


def label(text: str) -> Platform:
    return parse_platform(text)


@pytest.mark.parametrize(
    ("entry", "config", "agrees"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
        ("linux/arm/v6", "linux/arm", True),
        ("linux/arm/v6", "linux/arm/v6", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm/v6", "linux/armhf", False),
        ("linux/arm64/v9", "linux/arm64", True),
        ("linux/arm64/v9", "linux/arm64/v8", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm", "linux/arm/v6", False),
        ("linux/amd64/v3", "linux/amd64", True),
        ("linux/amd64/v3", "linux/amd64/v1", False),
        ("linux/amd64", "linux/amd64/v3", False),
        ("windows(10.0.17763.1)/amd64", "windows/amd64", True),
        ("windows/amd64", "windows(10.0.17763.1)/amd64", True),
        ("windows(10.0.17763.1)/amd64", "windows(10.0.17763.1)/amd64", True),
        ("windows(10.0.17763.1)/amd64", "windows(10.0.17763.2)/amd64", False),
    ],
)
def test_a_label_agrees_with_a_config(entry: str, config: str, *, agrees: bool) -> None:
    assert label(entry).agrees_with_config(label(config)) is agrees


@pytest.mark.parametrize(
    ("entry", "wanted", "matches"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64/v3", "linux/amd64", False),
        ("linux/amd64", "linux/amd64/v3", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64/v9", "linux/arm64", False),
        ("linux/arm/v6", "linux/arm", False),
        ("linux/arm/v7", "linux/arm", True),
        ("linux/386", "linux/amd64", False),
        ("darwin/amd64", "linux/amd64", False),
        ("windows(10.0.17763.1)/amd64", "windows/amd64", True),
        ("windows(10.0.17763.1)/amd64", "windows(10.0.17763)/amd64", True),
        ("windows(10.0.177631)/amd64", "windows(10.0.17763)/amd64", False),
        ("windows/amd64", "windows(10.0.17763)/amd64", False),
        ("windows(+a+b)/amd64", "windows(+a)/amd64", True),
        ("windows/amd64", "windows(+a)/amd64", False),
    ],
)
def test_a_user_asks_for_a_platform(entry: str, wanted: str, *, matches: bool) -> None:
    assert label(entry).matches(label(wanted)) is matches


def test_a_variant_that_was_filled_in_is_known_as_such() -> None:
    assert not label("linux/arm64").variant_stated
    assert label("linux/arm64/v8").variant_stated
    assert label("linux/arm64") == label("linux/arm64/v8")
    assert hash(label("linux/arm64")) == hash(label("linux/arm64/v8"))
