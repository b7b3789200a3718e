from __future__ import annotations

import base64
import json

import pytest

from crosstrust.sandbox.exchange import Request
from crosstrust.sandbox.token import Gate, TokenDesk

REALM = "https://auth.docker.io/token"
SCOPE = "repository:nicolas/webdis:pull"


def ask(desk: TokenDesk, scope: str = SCOPE, **headers: str) -> str:
    response = desk.respond(Request("GET", "auth.docker.io", f"/token?scope={scope}", headers))
    return str(json.loads(response.body).get("token", response.status))


def basic(account: str) -> str:
    return f"Basic {base64.b64encode(account.encode()).decode()}"


def test_a_token_covers_what_was_asked_for_and_nothing_else() -> None:
    desk = TokenDesk(REALM)
    token = ask(desk, f"{SCOPE}&scope=a%20b")
    assert desk.scopes(f"Bearer {token}") == frozenset({SCOPE, "a", "b"})
    both = ask(desk, "repository:a/b:push,pull")
    held = frozenset({"repository:a/b:push", "repository:a/b:pull"})
    assert desk.scopes(f"Bearer {both}") == held
    assert desk.scopes(f"Basic {token}") is None
    assert desk.scopes("Bearer other") is None


@pytest.mark.parametrize(
    ("authorization", "granted"),
    [
        (basic("alice:secret"), True),
        (basic("alice:wrong"), False),
        (basic("bob:secret"), False),
        (basic("alice:secret").replace("Basic", "Bearer"), False),
        ("Basic %%%", False),
        ("Basic /w==", False),
        ("", False),
    ],
)
def test_an_account_is_asked_for_its_password(authorization: str, *, granted: bool) -> None:
    desk = TokenDesk(REALM, accounts={"alice": "secret"})
    assert (ask(desk, authorization=authorization) != "401") is granted


def test_there_is_no_oauth2_form() -> None:
    assert TokenDesk(REALM).respond(Request("POST", "auth.docker.io", "/token")).status == 405


def test_a_gate_lets_only_the_right_scope_pass() -> None:
    desk = TokenDesk(REALM)
    gate = Gate(desk, "registry.docker.io")
    headers = {"authorization": f"Bearer {ask(desk)}"}
    request = Request("GET", "registry-1.docker.io", "/v2/", headers)
    assert gate.refuse(request, "nicolas/webdis") is None
    assert gate.refuse(request, "") is None
    refused = gate.refuse(request, "nicolas/other")
    assert refused is not None
    assert refused.headers["Www-Authenticate"] == (
        f'Bearer realm="{REALM}",service="registry.docker.io",scope="repository:nicolas/other:pull"'
    )


def test_a_gate_with_one_scope_takes_any_token_of_its_desk() -> None:
    desk = TokenDesk(REALM)
    gate = Gate(desk, "public.ecr.aws", one_scope="aws")
    refused = gate.refuse(Request("GET", "public.ecr.aws", "/v2/"), "nicolas/webdis")
    assert refused is not None
    assert refused.headers["Www-Authenticate"].endswith(',scope="aws"')
    headers = {"authorization": f"Bearer {ask(desk, 'other')}"}
    assert gate.refuse(Request("GET", "public.ecr.aws", "/v2/", headers), "nicolas/webdis") is None
