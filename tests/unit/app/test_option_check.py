"""A program's options are held against the rules of the command line."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust import ImagePolicy, InputError, Options, Pins, Policy, verify
from crosstrust.app.option_check import check_options
from crosstrust.app.session import open_session
from crosstrust.oci.platform import parse_platform
from tests.unit.app.desk import COPY, ORIGIN, Desk

KEY = "0123456789abcdef" * 4
MANY = 10**6
OPTION, FORM, SHORT = "usage.option", "pin.form", "pin.length"
REALMS: tuple[object, ...] = ("a.b", ("a.b",), (("a.b",),), (("a.b", 1),), {})


def pinned(**pins: Any) -> dict[str, Any]:
    return {"pins": Pins(**pins)}


WRONG: list[tuple[dict[str, Any], str, str]] = [
    *((pinned(**{role: ("abc",)}), SHORT, f"pins.{role}") for role in ("root", "repository")),
    *(
        (pinned(releases=(text,)), FORM, "pins.releases")
        for text in ("", KEY + "0", f"sha256:{KEY}")
    ),
    *((pinned(root=keys), OPTION, "pins.root") for keys in (KEY, None, (1,), {KEY: 1})),
    (pinned(signers={"A": (KEY,)}), FORM, "pins.signers"),
    (pinned(signers={"releases": (KEY,)}), FORM, "pins.signers"),
    (pinned(signers={1: (KEY,)}), OPTION, "pins.signers"),
    (pinned(signers={"a": ("abc",)}), SHORT, "pins.signers"),
    (pinned(signers={"a": KEY}), OPTION, "pins.signers"),
    (pinned(signers=[KEY]), OPTION, "pins"),
    ({"pins": (KEY,)}, OPTION, "pins"),
    (
        {"policy": Policy((ImagePolicy("docker.io/a/b", ORIGIN, pins=Pins(root=("abc",))),))},
        SHORT,
        "docker.io/a/b.root",
    ),
    ({"policy": "crosstrust.toml"}, OPTION, "policy"),
    *(({"at": at}, OPTION, "at") for at in (datetime(2026, 1, 1), "2026-01-01", 0)),  # noqa: DTZ001
    ({"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))}, OPTION, "at"),
    *(
        ({"timeout": t}, OPTION, "timeout")
        for t in (0, -1, 0.0, MANY, math.nan, math.inf, "30", True)
    ),
    *(({"max_download": n}, OPTION, "max_download") for n in (-1, 1.5, "1", None, False)),
    *(({"plain_http": h}, OPTION, "plain_http") for h in ("localhost:5000", ("http://a.b",), (1,))),
    *(({"realms": r}, OPTION, "realms") for r in REALMS),
    *(({"platforms": p}, OPTION, "platforms") for p in ("linux/amd64", ("linux/amd64",), None)),
    *(({"signed_by": s}, OPTION, "signed_by") for s in ("", " ", 1)),
]


@pytest.mark.parametrize(("chosen", "code", "where"), WRONG, ids=repr)
def test_an_option_that_cannot_be_meant_is_refused(
    chosen: dict[str, Any], code: str, where: str
) -> None:
    with pytest.raises(InputError) as caught:
        verify(COPY, Options(environ={}, home="/nowhere", **chosen))
    assert (caught.value.code, caught.value.where) == (code, where)
    assert caught.value.expected
    assert caught.value.actual


def test_nothing_is_asked_with_such_an_option(desk: Desk) -> None:
    with pytest.raises(InputError):
        desk.ask(timeout=0)
    assert desk.asked == []


def test_keys_may_be_written_in_upper_case(desk: Desk) -> None:
    shown = desk.root.root[0].upper()
    assert desk.ask(pins=Pins(root=(shown,)))
    image = ImagePolicy(COPY.rpartition(":")[0], signed_by=ORIGIN, pins=Pins(root=(shown,)))
    assert desk.ask(pins=Pins(), policy=Policy((image,)))


def test_every_role_s_keys_get_one_form() -> None:
    up = (KEY.upper(),)
    pins = Pins(root=up, repository=up, releases=up, signers={"a": up}, tofu=True)
    found = check_options(Options(pins=pins)).pins
    assert found == Pins((KEY,), (KEY,), {"a": (KEY,)}, (KEY,), tofu=True)


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 - the zone comes next
    st.integers(-1439, 1439),
)
def test_the_time_is_in_utc(naive: datetime, minutes: int) -> None:
    at = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    found = check_options(Options(at=at)).at
    assert found == at
    assert found is not None
    assert found.tzinfo is UTC


def test_the_verdict_s_time_is_in_utc(desk: Desk) -> None:
    at = (desk.sandbox.at + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=2)))
    verdict = desk.ask(at=at)
    assert verdict
    assert (verdict.at, verdict.at.tzinfo) == (at, UTC)


def test_what_can_be_meant_stays_as_it_is() -> None:
    usual = Options()
    assert check_options(usual) == usual
    platforms = (parse_platform("linux/amd64"),)
    chosen = replace(usual, timeout=0.5, max_download=0, platforms=platforms, policy=Policy(()))
    assert check_options(chosen) == chosen
    assert check_options(replace(usual, plain_http=("LOCALHOST:5000",))).plain_http == (
        "localhost:5000",
    )
    realms = (("A.example:5000", "auth.example"),)
    assert check_options(replace(usual, realms=realms)).realms == (
        ("a.example:5000", "auth.example"),
    )
    with open_session(replace(usual, timeout=30)) as session:
        assert session.options.timeout == 30
