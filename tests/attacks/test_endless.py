"""Answers without an end, and answers that come a byte at a time. TUF 1.5.2, endless data."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest

from crosstrust.oci.limits import KIB, MANIFEST_SIZE, METADATA_SIZE, MIB, SIDE_SIZE, TIMESTAMP_SIZE
from crosstrust.sandbox.exchange import Close, Response
from crosstrust.sandbox.image import Manifest
from tests.attacks.forge import RELEASES, SIGNER, sign_in_every_role, start_again
from tests.attacks.serving import list_manifests
from tests.attacks.trial import Trial

STATUS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HEADS = {
    "a long length": STATUS + b"Content-Length: 1099511627776\r\n\r\n",
    "chunked": STATUS + b"Transfer-Encoding: chunked\r\n\r\n",
    "no length": STATUS + b"Connection: close\r\n\r\n",
}
PIECE = b" " * 0x10000
# What lies between the two sides: what the system and TLS hold back, and what is under way.
BETWEEN = 16 * MIB
LONG_ROLE = 14 * MIB
LONG_ROLES = ("root", "snapshot", "targets", SIGNER, RELEASES)
LONG_MANIFEST = MANIFEST_SIZE - KIB


class Endless:
    """A head, and then white space for ever; ``sent`` counts what the client's side took."""

    def __init__(self, head: bytes, *, chunked: bool = False) -> None:
        self.head = head
        self.piece = b"10000\r\n" + PIECE + b"\r\n" if chunked else PIECE
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        yield self.head + self.piece
        while True:
            self.sent += len(self.piece)
            yield self.piece


class Trickle:
    """``text`` at once, then a byte every tenth of a second until the client leaves, or ``close``.

    Who is sent nothing at all is not seen to leave.
    """

    def __init__(self, text: bytes, byte: bytes) -> None:
        self.text = text
        self.byte = byte
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield self.text
        while not self.closed.wait(0.1):
            yield self.byte

    def close(self) -> None:
        self.closed.set()


def address(trial: Trial, role: str) -> str:
    """Return the start of where ``role`` is asked for, by its hash as well."""
    return f"notary.docker.io/v2/{trial.sandbox.origin}/_trust/tuf/{role}."


def grow(trial: Trial) -> None:
    """Publish another state, so that no file but the root is in any cache."""
    trial.sandbox.author.sign("other", trial.release.signed, 1, roles=("targets", SIGNER, RELEASES))
    trial.sandbox.publish()


def written(status: int, pieces: Iterable[bytes]) -> Response:
    """An answer whose ``pieces`` go out as they are, the head among them; then it ends."""

    def play(_wire: bytes) -> Iterator[bytes | float]:
        yield from pieces
        raise Close

    return Response(status, play=play)


@pytest.mark.row("A41")
@pytest.mark.parametrize("form", HEADS)
@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", SIGNER, RELEASES])
def test_a_body_without_an_end_is_cut_off(trial: Trial, role: str, form: str) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    grow(trial)
    endless = Endless(HEADS[form], chunked=form == "chunked")
    place = address(trial, role)
    trial.service.fail(place, written(200, endless))
    outcome = trial.verify()
    # What was verified before that file may have raised a floor.
    trial.expect_refused(
        outcome, "limit.exceeded", "R", where=f"https://{place}", writes=".local/state/"
    )
    limit = TIMESTAMP_SIZE if role == "timestamp" else 0
    assert endless.sent < limit + BETWEEN
    trial.service.recover()
    trial.expect_trusted(trial.verify(), "limit.exceeded")


@pytest.mark.row("A42")
@pytest.mark.parametrize("form", HEADS)
def test_a_first_root_without_an_end_is_cut_off(trial: Trial, form: str) -> None:
    endless = Endless(HEADS[form], chunked=form == "chunked")
    place = address(trial, "root")
    trial.service.fail(place, written(200, endless))
    outcome = trial.verify()
    trial.expect_refused(outcome, "limit.exceeded", "R", where=f"https://{place}")
    # Where the length says so, nothing of the body is read; else no more than the limit.
    limit = 0 if form == "a long length" else METADATA_SIZE
    assert endless.sent < limit + BETWEEN
    trial.service.recover()
    trial.expect_trusted(trial.verify(), "limit.exceeded")


@pytest.mark.row("A42")
def test_a_first_root_within_the_limit_may_be_long(trial: Trial) -> None:
    author = start_again(trial)
    # White space around what is signed; the snapshot binds it.
    author.damage("root").rewrite(lambda raw: raw + b" " * (2 * MIB))
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "limit.exceeded")
    author.refresh("root")
    author.damage("root").rewrite(lambda raw: raw + b" " * METADATA_SIZE)
    trial.sandbox.publish()
    place = f"notary.docker.io/v2/{trial.sandbox.origin}/_trust/tuf/2.root.json"
    outcome = trial.verify()
    trial.expect_refused(outcome, "limit.exceeded", "R", where=f"https://{place}")


@pytest.mark.row("A42")
def test_role_files_of_an_allowed_size_are_too_much_together(trial: Trial) -> None:
    author = start_again(trial)
    author.add_signer("nicolasff")
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify("--no-cache"), "limit.exceeded")
    shutil.rmtree(trial.home / ".local")
    for role in LONG_ROLES:
        author.damage(role).rewrite(lambda raw: raw + b" " * LONG_ROLE)
    trial.sandbox.publish()
    outcome = trial.verify()
    where = f"trust data of {trial.sandbox.origin}"
    trial.expect_refused(outcome, "limit.exceeded", "R", where=where, writes=".local/state/")
    received = outcome.verdict["requests"]["bytes"]
    assert SIDE_SIZE < received < SIDE_SIZE + BETWEEN


@pytest.mark.row("B16")
def test_manifests_of_an_allowed_size_are_too_much_together(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--no-cache"), "limit.exceeded")
    honest = trial.release.mirror[0]
    long = honest.raw + b" " * (LONG_MANIFEST - len(honest.raw))
    count = SIDE_SIZE // LONG_MANIFEST + 1
    listed = [
        Manifest(long + b"\n" * n, honest.media_type, {"os": "linux", "architecture": f"a{n}"})
        for n in range(count)
    ]
    list_manifests(trial, listed)
    outcome = trial.verify()
    trial.expect_refused(outcome, "limit.exceeded", "R", where=trial.sandbox.mirror)
    received = outcome.verdict["requests"]["bytes"]
    assert SIDE_SIZE < received < SIDE_SIZE + BETWEEN


@pytest.mark.row("A41")
def test_an_error_without_an_end_is_cut_off(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "notary.answer.form")
    endless = Endless(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    trial.service.fail(address(trial, "timestamp"), written(400, endless))
    trial.expect_refused(trial.verify(), "notary.answer.form", "R", where="notary.docker.io")
    assert endless.sent < BETWEEN


@pytest.mark.row("A43")
@pytest.mark.parametrize(
    ("role", "text", "byte"),
    [
        ("timestamp", HEADS["no length"], b" "),
        ("timestamp", HEADS["a long length"].replace(b"1099511627776", b"999"), b" "),
        ("snapshot", STATUS + b"X-Padding: ", b"x"),
        ("root", b"", b""),
    ],
    ids=["body", "body of known length", "head", "nothing"],
)
def test_an_answer_that_trickles_in_ends_the_wait(
    trial: Trial, role: str, text: bytes, byte: bytes
) -> None:
    # A first root is asked for cold alone.
    if role != "root":
        trial.expect_trusted(trial.verify("--timeout", "600"), "http.timeout")
    grow(trial)
    with closing(Trickle(text, byte)) as trickle:
        trial.service.fail(address(trial, role), written(200, trickle))
        outcome = trial.verify("--timeout", "0.5")
    kept = ".local/state/" if role == "snapshot" else ""
    trial.expect_refused(outcome, "http.timeout", "U", where=role, writes=kept)
    trial.service.recover()
    trial.expect_trusted(trial.verify(), "http.timeout")
