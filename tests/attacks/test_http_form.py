"""Answers that are not HTTP, HEAD and GET that disagree, blobs that come from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.neighbour import Neighbour, Twist, neighbour, spelled
from tests.attacks.trial import Trial
from tests.unit.sources.loopback import Ask, Say
from tests.unit.sources.tls_authority import Authority

FORM = "http.answer.form"


@pytest.fixture
def beside(trial: Trial, tmp_path: Path) -> Iterator[Neighbour]:
    with neighbour(trial, Authority(tmp_path)) as found:
        yield found


def respelled(old: bytes, new: bytes) -> Twist:
    """Return the twist that writes one part of every answer in other bytes."""

    def twist(_ask: Ask, said: Say) -> Say:
        raw = spelled(said)
        assert old in raw
        return Say(raw=raw.replace(old, new, 1))

    return twist


ODD = {
    "field without a colon": respelled(b"\r\n\r\n", b"\r\nno colon here\r\n\r\n"),
    "space in a name": respelled(b"Content-Type:", b"Content Type:"),
    "space before the colon": respelled(b"Content-Type:", b"Content-Type :"),
    "nothing before the colon": respelled(b"\r\n\r\n", b"\r\n: empty\r\n\r\n"),
    "control character": respelled(b"application/", b"application\x01/"),
    "zero byte": respelled(b"application/", b"appli\0cation/"),
    "carriage return in a value": respelled(b"application/", b"application\rX/"),
    "second status line": respelled(b" 200 X\r\n", b" 200 X\r\nHTTP/1.1 404 Y\r\n"),
    "status of two digits": respelled(b" 200 ", b" 20 "),
    "no status line": respelled(b"HTTP/1.1 200 X\r\n", b""),
    "another protocol": respelled(b"HTTP/1.1 ", b"ICY "),
    "flood of interim answers": respelled(b"HTTP", b"HTTP/1.1 103 Hint\r\n\r\n" * 400 + b"HTTP"),
    "flood of fields": respelled(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 400 + b"\r\n"),
    "field without end": respelled(b"\r\n\r\n", b"\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"),
}


@pytest.mark.row("B61")
def test_an_answer_that_is_not_http_is_refused(trial: Trial, beside: Neighbour) -> None:
    trial.expect_trusted(trial.verify(image=beside.image), FORM)
    for name, twist in ODD.items():
        beside.twist = twist
        outcome = trial.verify(image=beside.image)
        assert outcome.code == 1, (name, outcome.out)
        trial.expect_refused(outcome, FORM, "R", where=beside.place)


@pytest.mark.row("B61")
def test_interim_answers_and_bare_line_ends_mean_what_they_say(
    trial: Trial, beside: Neighbour
) -> None:
    # RFC 9112, 2.2: a recipient may take a single LF as a line's end. The bytes are hashed anyway.
    def bare(_ask: Ask, said: Say) -> Say:
        head, _, body = spelled(said).partition(b"\r\n\r\n")
        return Say(raw=head.replace(b"\r\n", b"\n") + b"\n\n" + body)

    for twist in (bare, respelled(b"HTTP", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP")):
        beside.twist = twist
        trial.expect_trusted(trial.verify(image=beside.image), FORM)


@pytest.mark.row("B61")
def test_a_folded_field_steers_nothing(trial: Trial, beside: Neighbour) -> None:
    # RFC 9112, 5.2: a fold is refused, or read as spaces. libcurl reads it so before we see it,
    # and what it then says is judged like any other value: this digest is none.
    trial.expect_trusted(trial.verify(image=beside.image), "http.header.agrees")
    digest = b"Docker-Content-Digest: sha256:"
    beside.twist = respelled(digest, digest + b"\r\n ")
    outcome = trial.verify(image=beside.image)
    trial.expect_refused(outcome, "http.header.agrees", "R", where=beside.place)


def for_method(method: str, said: Say) -> Twist:
    """Return the twist that answers ``method`` for the tag with ``said``."""

    def twist(ask: Ask, usual: Say) -> Say:
        return said if ask.method == method and "/manifests/0.1" in ask.path else usual

    return twist


def with_status(said: Say, status: int) -> Say:
    return Say(status, said.headers, said.body)


GONE = Say(404, (("Content-Type", "application/json"),), b'{"errors":[]}')


@pytest.mark.row("B63")
def test_a_tag_that_only_head_finds_is_not_there(trial: Trial, beside: Neighbour) -> None:
    trial.expect_trusted(trial.verify(image=beside.image), "image.tag.present")
    beside.twist = for_method("GET", GONE)
    # Cold, since a HEAD may vouch for bytes that are in the cache and hash to its digest.
    outcome = trial.verify("--no-cache", image=beside.image)
    trial.expect_refused(outcome, "image.tag.present", "M", where=beside.place)


@pytest.mark.row("B63")
@pytest.mark.parametrize("status", [404, 405])
def test_a_tag_that_only_get_finds_is_there(trial: Trial, beside: Neighbour, status: int) -> None:
    beside.twist = for_method("HEAD", with_status(GONE, status))
    for _ in range(2):
        beside.forget()
        trial.expect_trusted(trial.verify(image=beside.image), "image.tag.present")
        tag = f"/v2/nicolas/webdis/manifests/{trial.release.tag}"
        assert {f"HEAD {tag}", f"GET {tag}"} <= set(beside.asks)


def mounted(ask: Ask, usual: Say) -> Say:
    """Send whoever asks for a blob to the repository that it was mounted from."""
    if ask.path.startswith("/v2/nicolas/webdis/blobs/"):
        return Say(307, (("Location", ask.path.replace("nicolas/webdis", "base/alpine")),))
    return usual


@pytest.mark.row("B62")
def test_a_blob_may_come_from_another_repository_if_it_is_the_one(
    trial: Trial, beside: Neighbour
) -> None:
    configs = [image.config for image in trial.release.images]
    for raw in configs:
        beside.registry.put_blob("base/alpine", raw)
    beside.twist = mounted
    trial.expect_trusted(trial.verify(image=beside.image), "image.digest.match")
    assert sum("base/alpine" in path for path in beside.asks) == len(configs)
    for raw in configs:
        digest = beside.registry.put_blob("base/alpine", raw)
        beside.registry.replace_blob("base/alpine", digest, raw.replace(b"/webdis", b"/webdiz"))
    outcome = trial.verify("--no-cache", image=beside.image)
    trial.expect_refused(outcome, "image.digest.match", "M", where="sha256:")
