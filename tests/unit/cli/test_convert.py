"""The texts of options, and the values that they stand for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.app.option_check import parse_host
from crosstrust.cli.convert import (
    parse_moment,
    parse_platforms,
    parse_realm,
    parse_seconds,
    parse_size,
)
from crosstrust.errors import InputError

Parser = Callable[[str, str], object]
PARSERS: list[Parser] = [
    *(parse_host, parse_moment, parse_platforms, parse_realm, parse_seconds, parse_size)
]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-09", datetime(2026, 5, 9, tzinfo=UTC)),
        ("2026-05-09T07:30:12Z", datetime(2026, 5, 9, 7, 30, 12, tzinfo=UTC)),
        ("2026-05-09t07:30:12.5z", datetime(2026, 5, 9, 7, 30, 12, 500000, tzinfo=UTC)),
        ("2026-05-09 07:30:12+02:00", datetime(2026, 5, 9, 5, 30, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_utc(text: str, moment: datetime) -> None:
    found = parse_moment(text, "--at")
    assert found == moment
    assert found.utcoffset() == timedelta(0)


@given(
    st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30)),  # noqa: DTZ001 - the zone is drawn
    st.integers(-12 * 60, 12 * 60),
)
def test_any_rfc_3339_time_is_read(naive: datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_moment(moment.isoformat(), "--at") == moment


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("12", 12), ("500MB", 500_000_000), ("2GiB", 2**31), ("1 kb", 1000), ("3b", 3)],
)
def test_a_size_is_in_bytes(text: str, size: int) -> None:
    assert parse_size(text, "--max-download") == size


def test_seconds_may_have_fractions() -> None:
    assert parse_seconds("0.5", "--timeout") == 0.5


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", "localhost"),
        ("localhost:5000", "localhost:5000"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("Registry.example", "registry.example"),
        ("[::1]:5000", "[::1]:5000"),
    ],
)
def test_a_host_may_have_a_port(text: str, host: str) -> None:
    assert parse_host(text, "--plain-http") == host


def test_a_realm_is_a_pair_of_hosts() -> None:
    found = parse_realm("Registry.example:5000=sso.example", "--realm")
    assert found == ("registry.example:5000", "sso.example")


@pytest.mark.parametrize(
    "text", ["registry.example", "=sso.example", "registry.example=", "a.example=https://b.example",
             "a.example=b.example=c.example", "a.example/x=b.example"]
)  # fmt: skip
def test_what_is_no_pair_of_hosts_is_said(text: str) -> None:
    with pytest.raises(InputError, match=r"usage\.option: --realm"):
        parse_realm(text, "--realm")


def test_platforms_come_as_a_list() -> None:
    found = parse_platforms("linux/amd64, linux/arm64/v8", "--platform")
    assert [str(platform) for platform in found] == ["linux/amd64", "linux/arm64/v8"]


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *((parse_moment, t) for t in ("", "now", "2026", "2026-13-01", "2026-05-09T07:30:12")),
        *((parse_moment, t) for t in ("20260509", "2026-W01-1", "2026-05-09T25:00:00Z")),
        *((parse_moment, t) for t in ("0001-01-01T00:00:00+10:00", "\uff12026-05-09")),
        *((parse_size, t) for t in ("", "-1", "1.5GB", "1TB", "GB", "٣", "1" * 16)),
        *((parse_seconds, t) for t in ("", "0", "-1", "1e9", "nan", "inf", "1s")),
        *((parse_host, t) for t in ("", "http://a.b", "a.b/c", "a b", "registry", "a.b:0")),
        *((parse_platforms, t) for t in ("", "linux/amd64,", "a/b/c/d", "linux/")),
    ],
)
def test_anything_else_is_refused(parse: Parser, text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "--x")
    assert caught.value.where.startswith("--x")
    assert caught.value.expected


@given(st.sampled_from(PARSERS), st.text(max_size=30))
def test_no_text_breaks_a_parser(parse: Parser, text: str) -> None:
    refused = False
    try:
        parse(text, "--x")
    except InputError as error:
        refused = True
        assert str(error).isprintable() or parse is parse_platforms  # noqa: PT017 - a property
    assert refused or text
