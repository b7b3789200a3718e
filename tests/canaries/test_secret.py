"""A secret is known in every form in which it could travel, and says who may see it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from crosstrust.sandbox.exchange import Request
from crosstrust.sandbox.token import TokenDesk
from tests.canaries.secret import UNKNOWN, Secret, canary, in_base64, password, secrets_in, token

PLACE = "registry.example:5000"
PASSWORD = Secret("password", PLACE)


def sandbox_token(service: str, *, known: bool = True) -> str:
    headers = {"authorization": f"Basic {in_base64('me', 'x')}"} if known else {}
    asked = Request("GET", "x", f"/token?service={service}", headers)
    answer = TokenDesk("https://x/token").respond(asked)
    return str(json.loads(answer.body)["token"])


@pytest.mark.parametrize("around", ["{}", "Bearer {}", '{{"auth": "{}"}}', "?a=b&token={}&c=d"])
def test_a_secret_within_other_text_is_found(around: str) -> None:
    for text in (password(PLACE), quote(password(PLACE), safe="")):
        assert secrets_in(around.format(text).encode()) == [PASSWORD]


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "user"])
def test_a_secret_in_base64_is_found_at_any_offset(name: str) -> None:
    encoded = in_base64(name, password(PLACE))
    for text in (encoded, encoded.rstrip("="), f"Authorization: Basic {encoded}\r\n"):
        assert secrets_in(text.encode()) == [PASSWORD]
    behind = base64.b64encode(f"{name}{sandbox_token('public.ecr.aws')}".encode())
    assert secrets_in(behind) == [Secret("token", "public.ecr.aws")]


def test_a_part_of_a_secret_is_one_for_nobody() -> None:
    for part in (password(PLACE)[:-3], password(PLACE)[:9], password(PLACE).encode().hex()):
        assert secrets_in(part.encode()) == [UNKNOWN]
    assert UNKNOWN in secrets_in(in_base64("me", password(PLACE))[:28].encode())
    assert UNKNOWN in secrets_in(sandbox_token("public.ecr.aws")[:-3].encode())


def test_text_without_secrets_has_none() -> None:
    for text in (b"", b"canary", b"c4nar", in_base64("me", "canary-password").encode()):
        assert secrets_in(text) == []


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ("registry.docker.io", "registry-1.docker.io"),
        ("notary.docker.io", "notary.docker.io"),
        ("public.ecr.aws", "public.ecr.aws"),
    ],
)
def test_a_token_of_the_sandbox_is_for_its_service(service: str, host: str) -> None:
    [found] = secrets_in(f"Bearer {sandbox_token(service)}".encode())
    assert found.may_reach(host)
    assert not found.may_reach("cdn.example")


def test_a_token_without_rights_or_of_an_unknown_service_may_go_anywhere() -> None:
    for made in (sandbox_token("a%20b"), sandbox_token("public.ecr.aws", known=False)):
        [found] = secrets_in(made.encode())
        assert found.may_reach("registry.example")


@pytest.mark.parametrize("place", ["registry.example", "registry.example:5001", "cdn.example", ""])
def test_another_port_is_another_place(place: str) -> None:
    for secret in (password(PLACE), token(PLACE), canary("identity", PLACE)):
        [found] = secrets_in(secret.encode())
        assert found.may_reach(PLACE)
        assert not found.may_reach(place)
