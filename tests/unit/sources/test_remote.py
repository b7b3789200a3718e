"""Wants in, replies out: what registries and notary servers are asked, and what it means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from crosstrust.chain.answer import Absent, Answer, Gap, Reply
from crosstrust.chain.want import (
    Look,
    MeasureLayer,
    ReadBlob,
    ReadManifest,
    ReadRole,
    ResolveTag,
    Want,
)
from crosstrust.errors import InputError
from crosstrust.evidence.check import Class, Outcome
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import CONFIG_SIZE, MANIFEST_SIZE, METADATA_SIZE, TIMESTAMP_SIZE
from crosstrust.oci.media_type import ACCEPT, DOCKER_LIST
from crosstrust.sources.notary import Notary
from crosstrust.sources.registry import Registry
from crosstrust.sources.remote import Remote
from crosstrust.sources.request import Request
from crosstrust.sources.settings import Settings
from crosstrust.sources.url import quote
from tests.unit.sources.conftest import Net
from tests.unit.sources.loopback import Ask, Say, Server

GUN = "docker.io/nicolas/webdis"
OWN = "registry.example/a/b"
DIGEST = Digest.of(b"x")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def asked(want: Want, **options: Any) -> Request:
    settings = Settings(**options)
    peer: Registry | Notary = Registry(settings)
    if isinstance(want, ReadRole):
        peer = Notary(settings)
    found = peer.request_for(want)
    assert isinstance(found, Request)
    return found


def remote(net: Net, answer: Callable[[Ask], Say]) -> tuple[Remote, Server]:
    transport, server = net.internet(answer, ping=False)
    return Remote(net.settings(now=lambda: NOW), transport), server


def only(source: Remote, want: Want) -> Reply:
    return source.fetch_all([want])[want]


def failure(reply: Reply) -> tuple[str, Class | None, Outcome]:
    assert isinstance(reply, Gap)
    return reply.check.code, reply.check.klass, reply.check.outcome


@pytest.mark.parametrize(
    ("want", "method", "url", "scope"),
    [
        (
            ResolveTag(GUN, "0.1.19"),
            "GET",
            "https://registry-1.docker.io/v2/nicolas/webdis/manifests/0.1.19",
            "repository:nicolas/webdis:pull",
        ),
        (
            ResolveTag("localhost:5000/a", "v1", Look.LAST),
            "HEAD",
            "https://localhost:5000/v2/a/manifests/v1",
            "repository:a:pull",
        ),
        (
            ReadManifest("public.ecr.aws/nicolas/webdis", DIGEST),
            "GET",
            f"https://public.ecr.aws/v2/nicolas/webdis/manifests/{DIGEST}",
            "repository:nicolas/webdis:pull",
        ),
        (
            ReadBlob("[::1]:5000/a", DIGEST, 5),
            "GET",
            f"https://[::1]:5000/v2/a/blobs/{DIGEST}",
            "repository:a:pull",
        ),
    ],
)
def test_what_a_registry_is_asked(want: Want, method: str, url: str, scope: str) -> None:
    request = asked(want)
    assert (request.method, request.url) == (method, url)
    assert request.access is not None
    assert request.access.scope == scope
    whole_list = (("Accept", ACCEPT),)
    assert request.headers == (() if isinstance(want, ReadBlob) else whole_list)
    assert request.limit == (CONFIG_SIZE if isinstance(want, ReadBlob) else MANIFEST_SIZE)


def test_a_named_host_is_asked_without_tls() -> None:
    plain = frozenset({"localhost:5000"})
    assert asked(ResolveTag("localhost:5000/a", "1"), plain_http=plain).url.startswith("http://")
    assert asked(ResolveTag("localhost:5001/a", "1"), plain_http=plain).url.startswith("https://")


@pytest.mark.parametrize(
    ("want", "url"),
    [
        (ReadRole(GUN, "root"), "https://notary.docker.io/v2/{}/_trust/tuf/root.json"),
        (ReadRole(GUN, "root", 3), "https://notary.docker.io/v2/{}/_trust/tuf/3.root.json"),
        (
            ReadRole(GUN, "targets/releases", sha256="ab" * 32),
            "https://notary.docker.io/v2/{}/_trust/tuf/targets/releases." + "ab" * 32 + ".json",
        ),
        (
            ReadRole(GUN, "targets/a b?#%2e"),
            "https://notary.docker.io/v2/{}/_trust/tuf/targets/a%20b%3F%23%252e.json",
        ),
        (
            ReadRole("public.ecr.aws/n/w", "root"),
            "https://public.ecr.aws/v2/public.ecr.aws/n/w/_trust/tuf/root.json",
        ),
        (
            ReadRole("localhost:5000/w", "root"),
            "https://localhost:5000/v2/localhost:5000/w/_trust/tuf/root.json",
        ),
    ],
)
def test_what_a_notary_server_is_asked(want: ReadRole, url: str) -> None:
    request = asked(want, plain_http=frozenset({"localhost:5000"}))
    assert request.url == url.format(GUN)
    assert request.access is not None
    assert request.access.scope == f"repository:{want.gun}:pull"
    assert request.access.account == want.gun


def test_the_trust_server_is_asked_for_every_repository() -> None:
    request = asked(ReadRole(GUN, "root"), trust_server="https://trust.example:4443/sub/")
    assert request.url == f"https://trust.example:4443/sub/v2/{GUN}/_trust/tuf/root.json"
    assert request.access is not None
    assert request.access.account == "trust.example:4443"


@pytest.mark.parametrize("server", ["http://trust.example", "trust.example", "https://", "ftp://x"])
def test_the_trust_server_is_https(server: str) -> None:
    with pytest.raises(InputError, match="DOCKER_CONTENT_TRUST_SERVER"):
        Notary(Settings(trust_server=server))


@pytest.mark.parametrize("role", ["", "targets/", "targets/../../x", ".", "targets//x"])
def test_a_role_that_would_leave_its_place_is_not_asked(role: str) -> None:
    found = Notary(Settings()).request_for(ReadRole(GUN, role))
    assert isinstance(found, Gap)
    assert found.check.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("want", "limit"),
    [
        (ReadRole(GUN, "timestamp"), TIMESTAMP_SIZE),
        (ReadRole(GUN, "root"), METADATA_SIZE),
        (ReadRole(GUN, "targets", length=77), 77),
        (ReadRole(GUN, "targets", length=10**12), METADATA_SIZE),
        (ReadRole(GUN, "targets", length=-1), 0),
    ],
)
def test_metadata_has_a_limit(want: ReadRole, limit: int) -> None:
    assert asked(want).limit == limit


def test_b16_a_config_that_is_too_large_is_not_asked() -> None:
    found = Registry(Settings()).request_for(ReadBlob(GUN, DIGEST, CONFIG_SIZE + 1))
    assert isinstance(found, Gap)
    assert failure(found) == ("limit.exceeded", Class.REMOTE, Outcome.FAILED)


def test_an_answer_has_bytes_and_claims(net: Net) -> None:
    headers = (("Content-Type", f"{DOCKER_LIST}; x=y"), ("Docker-Content-Digest", "sha256:claim"))
    source, server = remote(net, lambda _: Say(headers=headers, body=b"{}\n"))
    reply = only(source, ResolveTag(OWN, "1"))
    origin = "https://registry.example"
    assert reply == Answer(b"{}\n", DOCKER_LIST, "sha256:claim", origin, NOW)
    assert server.asks[0].headers["accept"] == ACCEPT


@pytest.mark.parametrize("name", ["Content-Type", "Docker-Content-Digest"])
def test_b04_b08_a_claim_may_be_doubled_but_not_contradicted(net: Net, name: str) -> None:
    said = ["text/x", "text/x"]
    source, _ = remote(net, lambda _: Say(headers=tuple((name, one) for one in said), body=b"{}"))
    assert isinstance(only(source, ResolveTag(OWN, "1")), Answer)
    said[1] = "text/y"
    reply = only(source, ResolveTag(OWN, "1"))
    assert isinstance(reply, Gap)
    assert (reply.check.code, reply.check.klass) == ("http.answer.form", Class.REMOTE)


def test_a_last_look_is_a_head(net: Net) -> None:
    headers = (("Docker-Content-Digest", str(DIGEST)),)
    source, server = remote(net, lambda _: Say(headers=headers, body=b"x"))
    reply = only(source, ResolveTag(OWN, "1", Look.LAST))
    assert isinstance(reply, Answer)
    assert (reply.raw, reply.declared_digest) == (b"", str(DIGEST))
    assert server.paths() == ["HEAD /v2/a/b/manifests/1"]


@pytest.mark.parametrize("status", [200, 404, 405, 501])
def test_a_head_without_a_digest_is_followed_by_a_get(net: Net, status: int) -> None:
    """B63: a GET decides."""
    source, server = remote(net, lambda a: Say(200 if a.method == "GET" else status, body=b"x"))
    want = ResolveTag(OWN, "1", Look.LAST)
    reply = only(source, want)
    assert isinstance(reply, Answer)
    assert (reply.raw, reply.declared_digest) == (b"x", "")
    assert server.paths() == ["HEAD /v2/a/b/manifests/1", "GET /v2/a/b/manifests/1"]


def test_a_head_with_another_algorithm_is_followed_by_a_get(net: Net) -> None:
    headers = (("Docker-Content-Digest", f"sha512:{'0' * 128}"),)
    source, server = remote(net, lambda _: Say(headers=headers, body=b"x"))
    reply = only(source, ResolveTag(OWN, "1", Look.LAST))
    assert isinstance(reply, Answer)
    assert reply.raw == b"x"
    assert server.paths() == ["HEAD /v2/a/b/manifests/1", "GET /v2/a/b/manifests/1"]


def test_an_empty_answer_is_not_asked_for_for_ever(net: Net) -> None:
    source, server = remote(net, lambda _: Say())
    reply = only(source, ResolveTag(OWN, "1", Look.LAST))
    assert isinstance(reply, Answer)
    assert (reply.raw, reply.declared_digest, len(server.asks)) == (b"", "", 2)


@pytest.mark.parametrize(
    "body",
    [b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}', b"", b"404 page"],
)
@pytest.mark.parametrize("want", [ResolveTag(OWN, "1"), ReadRole(OWN, "root")])
def test_a98_a_plain_404_means_there_is_none(net: Net, want: Want, body: bytes) -> None:
    source, _ = remote(net, lambda _: Say(404, body=body))
    assert only(source, want) == Absent("https://registry.example")


HTML = (("Content-Type", "text/html; charset=utf-8"),)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    ("want", "code"),
    [(ResolveTag(OWN, "1"), "http.answer.form"), (ReadRole(OWN, "root"), "notary.answer.form")],
)
@pytest.mark.parametrize("headers", [HTML, ()])
def test_a96_a_page_for_people_is_no_answer(
    net: Net, want: Want, code: str, status: int, headers: tuple[tuple[str, str], ...]
) -> None:
    source, _ = remote(net, lambda _: Say(status, headers, b"<!DOCTYPE html><p>Log in"))
    assert failure(only(source, want)) == (code, Class.REMOTE, Outcome.FAILED)


@pytest.mark.parametrize("body", [b"", b"[]", b"hello", b"<x/>"])
def test_a96_metadata_is_a_json_object(net: Net, body: bytes) -> None:
    source, _ = remote(net, lambda _: Say(body=body))
    found = failure(only(source, ReadRole(OWN, "root")))
    assert found == ("notary.answer.form", Class.REMOTE, Outcome.FAILED)


@pytest.mark.parametrize("status", [204, 206, 400, 405, 418])
@pytest.mark.parametrize("want", [ResolveTag(OWN, "1"), ReadRole(OWN, "root")])
def test_other_statuses_are_no_answer(net: Net, want: Want, status: int) -> None:
    source, _ = remote(net, lambda _: Say(status, body=b"" if status == 204 else b"{}"))
    _, klass, outcome = failure(only(source, want))
    assert (klass, outcome) == (Class.REMOTE, Outcome.FAILED)


# Gateways have statuses of their own, and the last is one of no kind.
BROKEN = (407, 421, 425, 500, 501, 502, 503, 504, 505, 507, 511, 520, 522, 530, 599, 600, 999)
WITHHELD = (402, 410, 423, 451)


@pytest.mark.parametrize(
    ("status", "code", "klass"),
    [
        (401, "registry.auth.required", Class.CREDENTIALS),
        (403, "registry.auth.required", Class.CREDENTIALS),
        (429, "registry.rate.limited", Class.UNREACHABLE),
        *((status, "notary.available", Class.UNREACHABLE) for status in BROKEN),
        *((status, "registry.auth.denied", Class.CREDENTIALS) for status in WITHHELD),
    ],
)
def test_a97_what_leaves_the_question_open(net: Net, status: int, code: str, klass: Class) -> None:
    source, _ = remote(net, lambda _: Say(status))
    assert failure(only(source, ReadRole(OWN, "root"))) == (code, klass, Outcome.UNKNOWN)
    registry = failure(only(source, ResolveTag(OWN, "1")))
    assert registry == (code.replace("notary.", "http."), klass, Outcome.UNKNOWN)


@pytest.mark.parametrize("status", [500, 503])
def test_a_token_service_that_is_away_is_not_the_notary_server(net: Net, status: int) -> None:
    """It is asked first, on a host of its own: whoever reads this must know whom to call."""
    source, _ = remote(net, lambda ask: Say(status if "token" in ask.path else 200))
    reply = only(source, ReadRole(GUN, "root"))
    assert isinstance(reply, Gap)
    assert (reply.check.code, reply.check.klass) == ("http.available", Class.UNREACHABLE)
    assert "auth.docker.io" in reply.check.where


def test_a_notary_server_without_tls_has_no_option_for_it(net: Net) -> None:
    server = net.server(lambda _: Say(), tls=False)
    plain = frozenset({server.place})
    source = Remote(net.settings(), net.transport(plain_http=plain))
    reply = only(source, ReadRole(f"{server.place}/a", "root"))
    assert failure(reply) == ("http.tls.required", Class.UNREACHABLE, Outcome.UNKNOWN)
    assert isinstance(reply, Gap)
    assert "DOCKER_CONTENT_TRUST_SERVER" in reply.check.remedy
    assert "--plain-http" not in reply.check.remedy


def test_a42_metadata_beyond_its_length_is_not_read(net: Net) -> None:
    source, _ = remote(net, lambda _: Say(body=b"{" + b" " * 100 + b"}"))
    found = failure(only(source, ReadRole(OWN, "targets", length=10)))
    assert found == ("limit.exceeded", Class.REMOTE, Outcome.FAILED)


def test_a_page_as_a_blob_is_left_to_its_digest(net: Net) -> None:
    source, _ = remote(net, lambda _: Say(headers=HTML, body=b"<html>"))
    reply = only(source, ReadBlob(OWN, DIGEST, 6))
    assert isinstance(reply, Answer)


def test_wants_for_several_servers_are_one_round(net: Net) -> None:
    source, server = remote(
        net, lambda a: Say(body=b'{"token":"t"}' if "token" in a.path else b"{}")
    )
    layer = MeasureLayer(OWN, Descriptor("x", DIGEST, 1))
    wants: list[Want] = [
        ReadRole(GUN, "root"),
        ReadRole(GUN, "timestamp"),
        ResolveTag(GUN, "1"),
        ResolveTag("public.ecr.aws/a/b", "1"),
        ResolveTag(GUN, "1"),
        layer,
    ]
    replies = source.fetch_all(wants)
    assert set(replies) == {*wants} - {layer}
    assert not source.serves(layer)
    assert all(isinstance(reply, Answer) for reply in replies.values())
    tokens = sorted(f"{a.host}{a.path}" for a in server.asks if "token" in a.path)
    realm = "auth.docker.io/token"
    assert tokens == [
        f"{realm}?scope={quote(f'repository:{GUN}:pull')}&service=notary.docker.io",
        f"{realm}?scope={quote('repository:nicolas/webdis:pull')}&service=registry.docker.io",
        "public.ecr.aws/token/?scope=aws&service=public.ecr.aws",
    ]
    assert len(server.asks) == 3 + 4


def test_layers_are_streamed_by_the_same_door(net: Net) -> None:
    source, _ = remote(net, lambda _: Say(body=b"layer"))
    taken: list[bytes] = []
    request = source.registry.blob_request(OWN, DIGEST, limit=5, sink=taken.append)
    source.transport.fetch_all([request])
    assert taken == [b"layer"]


def test_nothing_is_fetched_for_nothing(net: Net) -> None:
    source, server = remote(net, lambda _: Say())
    assert source.fetch_all([]) == {}
    assert server.connections == 0
