"""Tokens, challenges and redirects, as one request meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crosstrust.chain.answer import Gap
from crosstrust.evidence.check import Class, Outcome
from crosstrust.sources.request import Access, Request, Response
from crosstrust.sources.transport import Transport
from crosstrust.sources.url import quote
from tests.canaries.planted import entry, write_auth_file
from tests.canaries.secret import canary, in_base64, password, secrets_in, token
from tests.unit.sources.conftest import Net
from tests.unit.sources.loopback import Ask, Say, Server

HUB = "https://registry-1.docker.io/v2/nicolas/webdis/manifests/1"
HUB_ACCESS = Access("docker.io/nicolas/webdis", "repository:nicolas/webdis:pull")
OWN = "https://registry.example/v2/a/b/manifests/1"
OWN_ACCESS = Access("registry.example/a/b", "repository:a/b:pull")
OWN_PASSWORD = password("registry.example")
OWN_TOKEN = token("registry.example")
# Whose tokens are fetched elsewhere than at the registry itself.
OF_REALM = {
    "auth.docker.io": "registry-1.docker.io",
    "example.test": "registry.example.test",
    "registry.example.test": "example.test",
    "cdn.example": "registry.example",
}


def issue(ask: Ask, life: int = 300) -> Say:
    """A token for the registry whose token service was asked."""
    server = OF_REALM.get(ask.host, ask.headers["host"])
    return Say(body=json.dumps({"token": token(server), "expires_in": life}).encode())


def shows_token(ask: Ask) -> bool:
    return ask.headers.get("authorization") == f"Bearer {token(ask.headers['host'])}"


def unauthorized(challenge: str, **more: str) -> Say:
    extra = "".join(f',{name}="{value}"' for name, value in more.items())
    return Say(401, (("WWW-Authenticate", challenge + extra),))


def bearer(realm: str = "https://registry.example/token", **more: str) -> Say:
    return unauthorized(f'Bearer realm="{realm}",service="svc"', **more)


def guarded_by(challenge: Say, desk: Say | None = None) -> Callable[[Ask], Say]:
    """A registry that answers whoever shows the token, and whose realm is one of its hosts."""

    def answer(ask: Ask) -> Say:
        if "/token" in ask.path:
            return desk or issue(ask)
        if shows_token(ask):
            return Say(body=b"manifest")
        return challenge

    return answer


def only(transport: Transport, url: str, access: Access) -> Response | Gap:
    [reply] = transport.fetch_all([Request(url, access=access)])
    return reply


def refused(reply: Response | Gap) -> tuple[str, Class | None, Outcome]:
    assert isinstance(reply, Gap)
    return reply.check.code, reply.check.klass, reply.check.outcome


def asked(server: Server) -> list[str]:
    return [f"{ask.method} {ask.host}{ask.path}" for ask in server.asks]


def log_in(home: Path, account: str, user: str = "me", place: str = "registry.example") -> None:
    """Keep a password for ``account`` that ``place`` alone may be shown."""
    write_auth_file(home / "config.json", {"auths": {account: entry(place, user)}})


def basic(user: str = "me", place: str = "registry.example") -> str:
    return "Basic " + in_base64(user, password(place))


def test_a_known_service_costs_no_challenge(net: Net) -> None:
    transport, server = net.internet(guarded_by(bearer()), ping=False)
    reply = only(transport, HUB, HUB_ACCESS)
    assert isinstance(reply, Response)
    assert asked(server) == [
        f"GET auth.docker.io/token?scope={quote(HUB_ACCESS.scope)}&service=registry.docker.io",
        "GET registry-1.docker.io/v2/nicolas/webdis/manifests/1",
    ]


def test_the_connection_is_opened_while_the_token_is_fetched(net: Net) -> None:
    transport, server = net.internet(guarded_by(bearer()), ping=True)
    assert isinstance(only(transport, HUB, HUB_ACCESS), Response)
    assert sorted(path.split("?")[0] for path in asked(server)) == [
        "GET auth.docker.io/token",
        "GET registry-1.docker.io/v2/nicolas/webdis/manifests/1",
        "HEAD registry-1.docker.io/v2/",
    ]
    assert server.connections == 2
    assert isinstance(only(transport, HUB, HUB_ACCESS), Response)
    assert len(server.asks) == 4


def test_an_unknown_registry_is_asked_first(net: Net) -> None:
    transport, server = net.internet(guarded_by(bearer()))
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    [_, token, _] = server.asks
    assert parse_qs(urlsplit(token.path).query) == {
        "scope": ["repository:a/b:pull"],
        "service": ["svc"],
    }
    assert "authorization" not in token.headers
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    assert len(server.asks) == 4


def test_a_challenge_that_differs_from_the_table_wins(net: Net) -> None:
    def answer(ask: Ask) -> Say:
        if ask.path.startswith("/token"):
            return Say(body=b'{"token":"old"}')
        if ask.path.startswith("/new"):
            return issue(ask)
        return (
            Say()
            if shows_token(ask)
            else bearer("https://registry-1.docker.io/new", scope="special")
        )

    transport, server = net.internet(answer, ping=False)
    assert isinstance(only(transport, HUB, HUB_ACCESS), Response)
    assert "scope=special&service=svc" in server.asks[2].path
    assert len(server.asks) == 4


def test_one_token_request_for_all_who_wait(net: Net) -> None:
    transport, server = net.internet(guarded_by(bearer()), ping=False)
    replies = transport.fetch_all([Request(HUB, access=HUB_ACCESS) for _ in range(4)])
    assert all(isinstance(reply, Response) for reply in replies)
    assert sum("/token" in ask.path for ask in server.asks) == 1


def test_b35_a_token_is_kept_for_its_repository(net: Net) -> None:
    transport, server = net.internet(guarded_by(bearer()), ping=False)
    only(transport, HUB, HUB_ACCESS)
    only(transport, HUB, Access("docker.io/other/one", "repository:other/one:pull"))
    assert sum("/token" in ask.path for ask in server.asks) == 2


def test_b36_a_token_without_life_serves_those_who_waited(net: Net) -> None:
    inner = guarded_by(bearer())
    transport, server = net.internet(
        lambda ask: issue(ask, 0) if "/token" in ask.path else inner(ask), ping=False
    )
    for _ in range(2):
        assert isinstance(only(transport, HUB, HUB_ACCESS), Response)
    assert sum("/token" in ask.path for ask in server.asks) == 2


def test_b36_a_kept_token_that_is_refused_is_renewed_once(net: Net) -> None:
    def answer(ask: Ask) -> Say:
        if "/token" in ask.path:
            tokens.append(f"t{len(tokens)}")
            return Say(body=json.dumps({"token": tokens[-1], "expires_in": 300}).encode())
        shown = ask.headers.get("authorization", "")
        return Say() if shown in good else bearer(error="invalid_token")

    tokens: list[str] = []
    good = {"Bearer t0"}
    transport, server = net.internet(answer)
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    good.clear()
    good.add("Bearer t1")
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    good.clear()
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("registry.auth.expired", Class.CREDENTIALS, Outcome.UNKNOWN)
    assert len(tokens) == 3
    assert len(server.asks) == 3 * 3


def test_a97_no_access_without_an_account(net: Net) -> None:
    transport, server = net.internet(
        lambda ask: issue(ask) if "/token" in ask.path else bearer("https://auth.docker.io/token"),
        ping=False,
    )
    found = refused(only(transport, HUB, HUB_ACCESS))
    assert found == ("registry.auth.required", Class.CREDENTIALS, Outcome.UNKNOWN)
    assert len(server.asks) <= 4


def test_a97_no_access_for_this_account(net: Net) -> None:
    log_in(net.home, "registry.example")
    transport, server = net.internet(lambda ask: issue(ask) if "/token" in ask.path else bearer())
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("registry.auth.denied", Class.CREDENTIALS, Outcome.UNKNOWN)
    assert server.asks[1].headers["authorization"] == basic()


@pytest.mark.parametrize("status", [401, 403])
def test_a_realm_that_refuses_the_account(net: Net, status: int) -> None:
    log_in(net.home, "registry.example")
    body = b'{"errors":[{"code":"UNAUTHORIZED","message":"wrong\\u0007 password"}]}'
    transport, _ = net.internet(guarded_by(bearer(), Say(status, body=body)))
    reply = only(transport, OWN, OWN_ACCESS)
    assert refused(reply)[0] == "registry.auth.denied"
    assert isinstance(reply, Gap)
    assert reply.check.actual == f"{status} UNAUTHORIZED wrong password"


def test_403_is_final(net: Net) -> None:
    transport, server = net.internet(lambda _: Say(403))
    assert refused(only(transport, OWN, OWN_ACCESS))[0] == "registry.auth.required"
    assert len(server.asks) == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"{}", b'{"token":5}', b'{"token":"a\\nb"}', b"[" * 200_000,
     b'{"token":"' + b"x" * 70_000 + b'"}', b" " * 2_000_000],
)  # fmt: skip
def test_a_token_answer_that_is_none(net: Net, answer: bytes) -> None:
    transport, server = net.internet(guarded_by(bearer(), Say(body=answer)))
    code, klass, _ = refused(only(transport, OWN, OWN_ACCESS))
    assert (code, klass) in {
        ("http.answer.form", Class.REMOTE),
        ("limit.exceeded", Class.REMOTE),
    }
    assert len(server.asks) == 2


@pytest.mark.parametrize(
    "realm",
    [
        "http://registry.example/token",
        "http://cdn.example/token",
        "https://169.254.169.254/token",
        "https://localhost/token",
        "https://127.1/token",
        "https://[::ffff:10.0.0.1]/token",
        "file:///etc/passwd",
        "https://me:pw@registry.example/token",
        "https://registry.example\\@evil.example/",
    ],
)
def test_b32_a_realm_that_is_not_safe(net: Net, realm: str) -> None:
    transport, server = net.internet(guarded_by(bearer(realm.replace("\\", "\\\\"))))
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("registry.auth.realm", Class.REMOTE, Outcome.FAILED)
    assert len(server.asks) == 1


@pytest.mark.parametrize(
    ("origin", "realm", "allowed"),
    [
        ("registry.example.test", "https://example.test/token", True),
        ("example.test", "https://registry.example.test/token", True),
        ("registry.example", "https://cdn.example/token", False),
        ("registry.example", "https://auth.docker.io/token", False),
    ],
)
def test_b32_credentials_go_only_to_realms_of_the_registry(
    net: Net, origin: str, realm: str, *, allowed: bool
) -> None:
    place = urlsplit(realm).netloc
    log_in(net.home, origin, place=place)
    access = Access(f"{origin}/a", "repository:a:pull")
    transport, server = net.internet(guarded_by(bearer(realm)))
    reply = only(transport, f"https://{origin}/v2/a/manifests/1", access)
    assert isinstance(reply, Response) is allowed
    sent = [ask.headers.get("authorization") for ask in server.asks if "/token" in ask.path]
    assert sent == ([basic(place=place)] if allowed else [])
    if not allowed:
        assert refused(reply)[0] == "registry.auth.realm"


def test_b32_the_user_may_allow_a_realm(net: Net) -> None:
    log_in(net.home, "registry.example", place="cdn.example")
    realms = {"registry.example": frozenset({"cdn.example"})}
    transport, _ = net.internet(guarded_by(bearer("https://cdn.example/token")), realms=realms)
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)


def test_b32_a_realm_elsewhere_is_refused_with_the_option_that_allows_it(net: Net) -> None:
    log_in(net.home, "registry.example")
    transport, _ = net.internet(guarded_by(bearer("https://cdn.example/token")))
    reply = only(transport, OWN, OWN_ACCESS)
    assert isinstance(reply, Gap)
    assert "--realm registry.example=cdn.example" in reply.check.remedy


@pytest.mark.parametrize("named", [True, False])
def test_b32_a_plain_realm_elsewhere_is_one_that_the_user_named(net: Net, *, named: bool) -> None:
    def issue_token(_: Ask) -> Say:
        return Say(body=json.dumps({"token": token(server.place)}).encode())

    desk = net.server(issue_token, tls=False)
    guarded = bearer(f"{desk.origin}/token")

    def answer(ask: Ask) -> Say:
        return Say() if "authorization" in ask.headers else guarded

    server = net.server(answer, tls=False)
    plain = frozenset({server.place, desk.place} if named else {server.place})
    reply = only(
        net.transport(plain_http=plain), f"{server.origin}/v2/a/x", Access("localhost/a", "s")
    )
    assert isinstance(reply, Response) is named
    assert len(desk.asks) == named


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("known", [True, False])
def test_a_realm_may_send_on_within_its_own_server(net: Net, status: int, *, known: bool) -> None:
    if known:
        log_in(net.home, "registry.example")
    inner = guarded_by(bearer())

    def answer(ask: Ask) -> Say:
        if ask.path.startswith("/token?"):
            there = f"/token/{ask.path.removeprefix('/token')}"
            return Say(status, (("Location", there),))
        return inner(ask)

    transport, server = net.internet(answer)
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    desk = [ask for ask in server.asks if "/token" in ask.path]
    assert [ask.path.partition("?")[0] for ask in desk] == ["/token", "/token/"]
    assert [ask.headers.get("authorization") for ask in desk] == [basic() if known else None] * 2


def test_hub_credentials_reach_its_token_service_only(net: Net) -> None:
    log_in(net.home, "https://index.docker.io/v1/", place="auth.docker.io")
    transport, server = net.internet(guarded_by(bearer()))
    assert isinstance(only(transport, HUB, HUB_ACCESS), Response)
    sent = {ask.host: ask.headers.get("authorization") for ask in server.asks if ask.path != "/v2/"}
    assert sent == {
        "auth.docker.io": basic(place="auth.docker.io"),
        "registry-1.docker.io": f"Bearer {token('registry-1.docker.io')}",
    }
    [desk] = [ask for ask in server.asks if "/token" in ask.path]
    assert desk.path.endswith("&account=me")


@pytest.mark.parametrize(
    ("host", "service", "code"),
    [
        ("notary.docker.io", "notary.docker.io", "registry.auth.denied"),
        ("notary.docker.io", "registry.docker.io", "registry.auth.realm"),
        ("registry-1.docker.io", "registry.docker.io", "registry.auth.denied"),
        ("registry-1.docker.io", "notary.docker.io", "registry.auth.realm"),
        ("registry-1.docker.io", "", "registry.auth.realm"),
    ],
)
def test_b32_a_server_has_no_token_made_for_another(
    net: Net, host: str, service: str, code: str
) -> None:
    """Both have their tokens made at auth.docker.io; either may say that it is the other."""
    log_in(net.home, "https://index.docker.io/v1/", place="auth.docker.io")
    challenge = f'Bearer realm="https://auth.docker.io/token",service="{service}"'
    desk = Say(body=json.dumps({"token": token(host)}).encode())
    transport, server = net.internet(
        lambda ask: desk if "/token" in ask.path else unauthorized(challenge), ping=False
    )
    assert refused(only(transport, f"https://{host}/v2/x", HUB_ACCESS))[0] == code
    assert sum("/token" in ask.path for ask in server.asks) == 1


def test_a_token_service_does_not_redirect_us(net: Net) -> None:
    moved = Say(302, (("Location", "https://cdn.example/token"),))
    transport, server = net.internet(guarded_by(bearer(), moved))
    assert refused(only(transport, OWN, OWN_ACCESS))[0] == "http.answer.form"
    assert [ask.host for ask in server.asks] == ["registry.example"] * 2


@pytest.mark.parametrize("status", [407, 501, 505, 521, 599])
def test_a_token_service_that_is_away_leaves_the_question_open(net: Net, status: int) -> None:
    transport, _ = net.internet(guarded_by(bearer(), Say(status)))
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("http.available", Class.UNREACHABLE, Outcome.UNKNOWN)


REFRESH = canary("identity", "registry.example")


def identity(home: Path) -> None:
    kept = {"auth": in_base64("me", ""), "identitytoken": REFRESH}
    write_auth_file(home / "config.json", {"auths": {"registry.example": kept}})


def test_an_identity_token_is_posted(net: Net) -> None:
    identity(net.home)
    transport, server = net.internet(guarded_by(bearer()))
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    post = server.asks[1]
    assert (post.method, post.path) == ("POST", "/token")
    assert parse_qs(post.body.decode()) == {
        "grant_type": ["refresh_token"],
        "service": ["svc"],
        "client_id": ["crosstrust"],
        "scope": ["repository:a/b:pull"],
        "refresh_token": [REFRESH],
    }
    assert "expect" not in post.headers


@pytest.mark.parametrize("status", [404, 405])
def test_an_identity_token_falls_back_to_get(net: Net, status: int) -> None:
    identity(net.home)
    inner = guarded_by(bearer())
    transport, server = net.internet(
        lambda ask: Say(status) if ask.method == "POST" else inner(ask)
    )
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    assert server.asks[2].headers["authorization"] == "Basic " + in_base64("me", REFRESH)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("password_kept", [True, False])
def test_a_service_that_takes_no_identity_token_gets_the_password_if_there_is_one(
    net: Net, status: int, *, password_kept: bool
) -> None:
    kept = entry("registry.example", "me") if password_kept else {}
    document = {"auths": {"registry.example": {**kept, "identitytoken": REFRESH}}}
    write_auth_file(net.home / "config.json", document)
    inner = guarded_by(bearer())
    transport, server = net.internet(
        lambda ask: Say(status) if ask.method == "POST" else inner(ask)
    )
    reply = only(transport, OWN, OWN_ACCESS)
    if password_kept:
        assert isinstance(reply, Response)
        assert server.asks[2].headers["authorization"] == basic()
    else:
        assert refused(reply)[0] == "registry.auth.denied"
        assert len(server.asks) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_identity_token_is_posted_again_only_where_it_stays_a_post(
    net: Net, status: int
) -> None:
    identity(net.home)
    inner = guarded_by(bearer())

    def answer(ask: Ask) -> Say:
        moved = ask.method == "POST" and ask.path == "/token"
        return Say(status, (("Location", "/token/"),)) if moved else inner(ask)

    transport, server = net.internet(answer)
    reply = only(transport, OWN, OWN_ACCESS)
    assert isinstance(reply, Response) is (status in {307, 308})
    posts = [ask.path for ask in server.asks if ask.method == "POST"]
    assert posts == ["/token", "/token/"][: 1 + (status in {307, 308})]


@pytest.mark.parametrize("kind", ["identitytoken", "registrytoken"])
@pytest.mark.parametrize("password_kept", [True, False])
def test_a_token_is_no_password(net: Net, kind: str, *, password_kept: bool) -> None:
    """Basic shows a password to the registry; a token that is kept is for another server."""
    kept = entry("registry.example", "me") if password_kept else {}
    document = {"auths": {"registry.example": {**kept, kind: REFRESH}}}
    write_auth_file(net.home / "config.json", document)

    def answer(ask: Ask) -> Say:
        good = ask.headers.get("authorization") == basic()
        return Say() if good else unauthorized('Basic realm="x"')

    transport, server = net.internet(answer)
    for _ in range(2):
        reply = only(transport, OWN, OWN_ACCESS)
        assert isinstance(reply, Response) is password_kept
        if not password_kept:
            found = ("registry.auth.denied", Class.CREDENTIALS, Outcome.UNKNOWN)
            assert refused(reply) == found
    assert {ask.headers.get("authorization") for ask in server.asks} == (
        {None, basic()} if password_kept else {None}
    )


def test_a_registry_token_needs_no_token_service(net: Net) -> None:
    kept = {"registrytoken": OWN_TOKEN}
    write_auth_file(net.home / "config.json", {"auths": {"registry.example": kept}})
    transport, server = net.internet(guarded_by(bearer()))
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    assert len(server.asks) == 2


def test_b33_no_registry_token_over_plain_http(net: Net) -> None:
    server = net.server(lambda _: bearer(), tls=False)
    document = {"auths": {server.place: {"registrytoken": token(server.place)}}}
    write_auth_file(net.home / "config.json", document)
    transport = net.transport(plain_http=frozenset({server.place}))
    found = refused(only(transport, f"{server.origin}/v2/a/x", Access(f"{server.place}/a", "s")))
    assert found == ("registry.auth.downgrade", Class.REMOTE, Outcome.FAILED)
    assert all("authorization" not in ask.headers for ask in server.asks)


def test_basic_as_private_ecr_asks_for_it(net: Net) -> None:
    log_in(net.home, "registry.example", "AWS")

    def answer(ask: Ask) -> Say:
        good = ask.headers.get("authorization") == basic("AWS")
        return Say() if good else unauthorized('Basic realm="https://x/",service="ecr"')

    transport, server = net.internet(answer)
    for _ in range(2):
        assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    assert len(server.asks) == 3


def test_basic_without_and_with_wrong_credentials(net: Net) -> None:
    transport, _ = net.internet(lambda _: unauthorized('Basic realm="x"'))
    assert refused(only(transport, OWN, OWN_ACCESS))[0] == "registry.auth.required"
    log_in(net.home, "registry.example")
    transport, server = net.internet(lambda _: unauthorized('Basic realm="x"'))
    assert refused(only(transport, OWN, OWN_ACCESS))[0] == "registry.auth.denied"
    assert len(server.asks) == 2


def test_b33_no_basic_after_bearer(net: Net) -> None:
    log_in(net.home, "registry.example")

    def answer(ask: Ask) -> Say:
        if "/token" in ask.path:
            return issue(ask)
        return unauthorized('Basic realm="x"') if "authorization" in ask.headers else bearer()

    transport, server = net.internet(answer)
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("registry.auth.downgrade", Class.REMOTE, Outcome.FAILED)
    values = [ask.headers.get("authorization") for ask in server.asks if "/v2/" in ask.path]
    assert values == [None, f"Bearer {OWN_TOKEN}"]


def test_b33_no_basic_where_a_token_is_known_to_be_the_way(net: Net) -> None:
    log_in(net.home, "docker.io", place="auth.docker.io")

    def answer(ask: Ask) -> Say:
        return issue(ask) if "/token" in ask.path else unauthorized('Basic realm="x"')

    transport, server = net.internet(answer)
    found = refused(only(transport, HUB, HUB_ACCESS))
    assert found == ("registry.auth.downgrade", Class.REMOTE, Outcome.FAILED)
    values = [ask.headers.get("authorization") for ask in server.asks if "/v2/" in ask.path]
    assert values == [f"Bearer {token('registry-1.docker.io')}"]


def test_b33_no_basic_over_plain_http(net: Net) -> None:
    server = net.server(lambda _: unauthorized('Basic realm="x"'), tls=False)
    log_in(net.home, server.place, place=server.place)
    transport = net.transport(plain_http=frozenset({server.place}))
    found = refused(only(transport, f"{server.origin}/v2/a/x", Access(f"{server.place}/a", "s")))
    assert found[0] == "registry.auth.downgrade"
    assert all("authorization" not in ask.headers for ask in server.asks)


@pytest.mark.parametrize(
    "challenge",
    ["", "Negotiate", 'Bearer service="no realm"', 'Bearer realm="x', 'Bearer realm="a\x7fb"',
     'Bearer realm="a",realm="b"', ", ".join(["A b=c"] * 100), "Bearer realm=" + "x" * 20_000],
)  # fmt: skip
def test_b34_an_odd_challenge_sends_nothing_further(net: Net, challenge: str) -> None:
    transport, server = net.internet(lambda _: unauthorized(challenge))
    code, _, _ = refused(only(transport, OWN, OWN_ACCESS))
    assert code in {"http.answer.form", "registry.auth.required"}
    assert len(server.asks) == 1


@pytest.mark.parametrize(
    "challenge",
    [
        bearer(scope=f"repository:{'a' * 9000}:pull"),
        bearer(f"https://registry.example/{'a' * 8150}"),
    ],
)
def test_b34_a_challenge_that_fits_no_url_ends_this_request_alone(net: Net, challenge: Say) -> None:
    transport, server = net.internet(guarded_by(challenge))
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("http.answer.form", Class.REMOTE, Outcome.FAILED)
    assert len(server.asks) == 1


def test_b34_nothing_in_a_challenge_splits_a_request(net: Net) -> None:
    odd = 'a"b%0d%0aX: 1&scope=repository:all:push #'
    challenge = bearer(service2="x", scope=odd.replace('"', '\\"'))
    transport, server = net.internet(guarded_by(challenge))
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    query = parse_qs(urlsplit(server.asks[1].path).query)
    assert set(query) == {"scope", "service"}
    assert query["scope"] == ["repository:a/b:pull"]


def moves(*places: str, status: int = 307) -> Callable[[Ask], Say]:
    """Each path "/N" sends on to the next place; any other path is a good answer."""

    def answer(ask: Ask) -> Say:
        number = int(ask.path[1:]) if ask.path[1:].isdigit() else None
        if number is None or number >= len(places):
            return Say(body=b"here")
        return Say(status, (("Location", places[number]),), body=b"moved")

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(net: Net, status: int) -> None:
    transport, server = net.internet(
        moves("/1", "//cdn.example/2", "3", "https://registry.example/end?q=1#f", status=status)
    )
    [reply] = transport.fetch_all([Request("https://registry.example/0")])
    assert isinstance(reply, Response)
    assert (reply.body, reply.url) == (b"here", "https://registry.example/end")
    assert asked(server)[1:] == [
        "GET registry.example/1",
        "GET cdn.example/2",
        "GET cdn.example/3",
        "GET registry.example/end?q=1",
    ]


def test_b27_authorization_does_not_follow_to_another_host(net: Net) -> None:
    inner = guarded_by(bearer())

    def answer(ask: Ask) -> Say:
        if ask.host == "cdn.example":
            back = "https://registry.example/back"
            return Say(302, (("Location", back),))
        if ask.path == "/back":
            return Say(body=b"end")
        reply = inner(ask)
        if reply.body == b"manifest":
            return Say(307, (("Location", "https://cdn.example/blob"),))
        return reply

    transport, server = net.internet(answer)
    assert isinstance(only(transport, OWN, OWN_ACCESS), Response)
    shown = {f"{a.host}{a.path}": a.headers.get("authorization") for a in server.asks}
    assert shown["registry.example/v2/a/b/manifests/1"] == f"Bearer {OWN_TOKEN}"
    assert shown["cdn.example/blob"] is None
    assert shown["registry.example/back"] is None


def test_b27_a_change_of_port_is_another_host(net: Net) -> None:
    other = net.server(lambda _: Say(body=b"blob"))

    def answer(ask: Ask) -> Say:
        if "/token" in ask.path:
            return issue(ask)
        if "authorization" in ask.headers:
            return Say(307, (("Location", f"{other.origin}/blob"),))
        return bearer(f"{server.origin}/token")

    server = net.server(answer)
    reply = only(net.transport(), f"{server.origin}/v2/a/x", Access("localhost/a", "s"))
    assert isinstance(reply, Response)
    assert "authorization" not in other.asks[0].headers


def test_b28_never_from_https_to_http(net: Net) -> None:
    plain = net.server(lambda _: Say(), tls=False)
    server = net.server(lambda _: Say(302, (("Location", f"{plain.origin}/x"),)))
    transport = net.transport(plain_http=frozenset({plain.place}))
    [reply] = transport.fetch_all([Request(f"{server.origin}/")])
    assert refused(reply) == ("http.redirect.secure", Class.REMOTE, Outcome.FAILED)
    assert plain.connections == 0


@pytest.mark.parametrize(
    "place",
    ["https://127.0.0.1/x", "https://10.1.2.3/", "https://169.254.169.254/latest", "https://[::1]/",
     "https://localhost/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/",
     "https://metadata.google.internal/", "https://100.64.0.1/", "https://0.0.0.0/"],
)  # fmt: skip
def test_b29_a_public_registry_does_not_send_us_inside(net: Net, place: str) -> None:
    transport, server = net.internet(lambda _: Say(302, (("Location", place),)))
    [reply] = transport.fetch_all([Request("https://registry.example/")])
    assert refused(reply) == ("http.address.blocked", Class.REMOTE, Outcome.FAILED)
    assert len(server.asks) == 1
    assert len(net.heard) == 1


def test_b29_a_registry_inside_may(net: Net) -> None:
    storage = net.server(lambda _: Say(body=b"blob"))
    server = net.server(lambda _: Say(302, (("Location", f"{storage.origin}/x"),)))
    [reply] = net.transport().fetch_all([Request(f"{server.origin}/")])
    assert isinstance(reply, Response)


def test_b31_a_loop_ends(net: Net) -> None:
    transport, server = net.internet(lambda _: Say(302, (("Location", "/again"),)))
    [reply] = transport.fetch_all([Request("https://registry.example/")])
    assert refused(reply) == ("limit.exceeded", Class.REMOTE, Outcome.FAILED)
    assert len(server.asks) == 6


def test_b31_the_body_of_a_redirect_is_not_read(net: Net) -> None:
    transport, _ = net.internet(
        lambda ask: (
            Say(302, (("Location", "/end"),), b"x" * 3_000_000)
            if ask.path == "/"
            else Say(body=b"end")
        )
    )
    [reply] = transport.fetch_all([Request("https://registry.example/")])
    assert isinstance(reply, Response)
    assert reply.body == b"end"
    assert transport.traffic.bytes < 1_000_000


@pytest.mark.parametrize(
    "headers", [(), (("Location", "/a"), ("Location", "/b")), (("Location", "ftp://x/"),),
                (("Location", "https://u:p@cdn.example/"),), (("Location", "https://a b/"),)],
)  # fmt: skip
def test_a_redirect_to_nowhere(net: Net, headers: tuple[tuple[str, str], ...]) -> None:
    transport, server = net.internet(lambda _: Say(307, headers))
    [reply] = transport.fetch_all([Request("https://registry.example/")])
    assert refused(reply) == ("http.answer.form", Class.REMOTE, Outcome.FAILED)
    assert len(server.asks) == 1


def test_a_challenge_from_a_storage_host_is_not_taken(net: Net) -> None:
    log_in(net.home, "registry.example")

    def answer(ask: Ask) -> Say:
        if ask.host == "cdn.example":
            return bearer("https://registry.example/token")
        return Say(307, (("Location", "https://cdn.example/x"),))

    transport, server = net.internet(answer)
    found = refused(only(transport, OWN, OWN_ACCESS))
    assert found == ("http.available", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert len(server.asks) == 2


def test_no_secret_is_shown(net: Net) -> None:
    log_in(net.home, "registry.example")
    told = Say(500, body=OWN_PASSWORD.encode())
    transport, _ = net.internet(guarded_by(bearer(), told), tries=1)
    reply = only(transport, OWN, OWN_ACCESS)
    assert isinstance(reply, Gap)
    assert "account=" not in str(reply)
    session = transport._session
    for shown in (str(reply), repr(vars(session.keyring)), repr(session.tokens)):
        assert secrets_in(shown.encode()) == []


def test_what_a_server_quotes_of_a_request_is_shown_without_its_secrets(net: Net) -> None:
    """Servers that find a request malformed may repeat it."""
    log_in(net.home, "registry.example")

    def answer(ask: Ask) -> Say:
        known = OWN_PASSWORD if basic() in ask.headers.values() else ""
        return Say(403, body=f"odd: {ask.headers} {known} {ask.body.decode()}".encode())

    inner = guarded_by(bearer())
    transport, _ = net.internet(lambda ask: answer(ask) if "/token" in ask.path else inner(ask))
    [denied] = transport.fetch_all([Request(OWN, access=OWN_ACCESS)])
    identity(net.home)
    transport, _ = net.internet(lambda ask: answer(ask) if ask.method == "POST" else inner(ask))
    [posted] = transport.fetch_all([Request(OWN, access=OWN_ACCESS)])
    transport, _ = net.internet(
        lambda ask: answer(ask) if "Bearer" in str(ask.headers) else inner(ask)
    )
    [refused_token] = transport.fetch_all([Request(OWN, access=OWN_ACCESS)])
    for reply in (denied, posted, refused_token):
        assert isinstance(reply, Gap)
        assert "odd: {" in reply.check.actual
        assert "[secret]" in reply.check.actual
        assert secrets_in(reply.check.actual.encode()) == []


def test_a_server_that_asks_for_ever_other_tokens(net: Net) -> None:
    def answer(ask: Ask) -> Say:
        if "/token" in ask.path:
            return issue(ask)
        return unauthorized(f'Bearer realm="https://registry.example/token{len(server.asks)}"')

    transport, server = net.internet(answer)
    assert refused(only(transport, OWN, OWN_ACCESS))[0] == "registry.auth.required"
    assert len(server.asks) == 3 + 2


def test_a_challenge_round_that_ends_in_a_token_that_is_none(net: Net) -> None:
    further = bearer("http://registry.example/token")
    answers = [bearer(), Say(body=json.dumps({"token": OWN_TOKEN}).encode()), further]
    transport, server = net.internet(lambda _: answers[len(server.asks) - 1])
    assert refused(only(transport, OWN, OWN_ACCESS))[0] == "registry.auth.realm"
