"""Files of different states side by side, and bindings that do not fit what they bind."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest

from crosstrust.oci.digest import Digest
from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.image import write_list
from crosstrust.sandbox.metadata import Json, bind
from tests.attacks.forge import RELEASES, SEEN, SIGNER, mix, refuse, refuse_each, sign_in_every_role
from tests.attacks.trial import Trial

# Which file binds which.
BINDINGS = (
    ("timestamp", "snapshot"),
    ("snapshot", "root"),
    ("snapshot", "targets"),
    ("snapshot", SIGNER),
    ("snapshot", RELEASES),
)


def encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def rebind(child: str, change: Callable[[Json], None]) -> Callable[[Damage], object]:
    """Change what a file says of ``child``, and sign that."""
    return lambda damage: damage.edit(lambda signed: change(signed["meta"][child]))


def bad(child: str) -> str:
    """Return the role that does not hold: a wrong root takes down the snapshot that binds it."""
    return "snapshot" if child == "root" else child


def set_hashes(child: str, hashes: object) -> Callable[[Damage], object]:
    return rebind(child, lambda entry: entry.update(hashes=hashes))


def lengthen(child: str, by: int) -> Callable[[Damage], object]:
    return rebind(child, lambda entry: entry.update(length=entry["length"] + by))


@pytest.mark.row("A35", "A36")
@pytest.mark.parametrize("role", ["snapshot", "targets", SIGNER, RELEASES])
@pytest.mark.parametrize("newer", [True, False], ids=["newer", "older"])
def test_a_file_of_another_state_is_refused(trial: Trial, role: str, *, newer: bool) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    author, states = trial.sandbox.author, []
    # Of one length: a longer file would be cut off before its hash is known, see A40.
    for content in (b"second", b"third"):
        author.sign("other", Digest.of(content), 1, roles=("targets", SIGNER, RELEASES))
        states.append(author.publication())
    bound, other = states if newer else states[::-1]
    mixed = mix(bound, role, other.files[role])
    trial.sandbox.notary.publish(trial.sandbox.origin, mixed)
    refuse(trial, role, "tuf.meta.hash")
    trial.sandbox.notary.publish(trial.sandbox.origin, bound)
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")


@pytest.mark.row("A37")
@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_a_root_that_the_snapshot_does_not_bind_is_refused(trial: Trial, *, warm: bool) -> None:
    author = trial.sandbox.author
    if warm:
        trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    former = author.roots()[1]
    author.rotate("timestamp")
    author.damage("snapshot").edit(lambda signed: signed["meta"].update(root=bind(former)))
    trial.sandbox.publish()
    refuse(trial, "snapshot", "tuf.meta.hash", where="root")
    author.damage("snapshot").repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")


@pytest.mark.row("A38")
@pytest.mark.parametrize(("parent", "child"), BINDINGS)
def test_every_hash_that_is_listed_must_fit(trial: Trial, parent: str, child: str) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    wrong = rebind(child, lambda entry: entry["hashes"].update(sha512=encode(bytes(64))))
    wrong(trial.sandbox.author.damage(parent))
    trial.sandbox.publish()
    refuse(trial, bad(child), "tuf.meta.hash", where=child)


@pytest.mark.row("A38")
@pytest.mark.parametrize("wrong", [bytes(64), bytes(3), b""], ids=["64", "3", "0"])
def test_every_hash_of_a_tag_must_fit(trial: Trial, wrong: bytes) -> None:
    def restate(sha512: bytes) -> None:
        def edit(signed: Json) -> None:
            for entry in signed["targets"].values():
                entry["hashes"].update(sha512=encode(sha512))

        sign_in_every_role(trial)
        trial.sandbox.author.damage("targets").edit(edit)
        trial.sandbox.publish()

    restate(hashlib.sha512(write_list(trial.release.origin)).digest())
    trial.expect_trusted(trial.verify(), "tuf.meta.hash")
    restate(wrong)
    for repository in (trial.sandbox.origin, trial.sandbox.mirror):
        outcome = trial.verify(image=f"{repository}:{trial.release.tag}")
        trial.expect_refused(outcome, "tuf.meta.hash", "M", writes=SEEN)


@pytest.mark.row("A39")
@pytest.mark.parametrize(("parent", "child"), BINDINGS)
def test_a_binding_without_a_whole_sha256_is_refused(trial: Trial, parent: str, child: str) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify())
    sha512 = encode(hashlib.sha512(trial.sandbox.author.files()[child]).digest())
    damages = {
        "empty": set_hashes(child, {}),
        "unknown": set_hashes(child, {"md5": encode(bytes(16)), "sha3-256": encode(bytes(32))}),
        "sha512 alone": set_hashes(child, {"sha512": sha512}),
        "31 bytes": set_hashes(child, {"sha256": encode(bytes(31))}),
        "33 bytes": set_hashes(child, {"sha256": encode(bytes(33)), "sha512": sha512}),
        "no bytes": set_hashes(child, {"sha256": ""}),
    }
    refuse_each(trial, "digest.algorithm.supported", damages, roles=[parent])


@pytest.mark.row("A40")
@pytest.mark.parametrize(("parent", "child"), BINDINGS)
def test_a_length_that_is_not_that_of_the_bytes_is_refused(
    trial: Trial, parent: str, child: str
) -> None:
    sign_in_every_role(trial)
    trial.expect_trusted(trial.verify(), "tuf.meta.length")
    # A snapshot is new each time; the other files are in the cache by now, under the same hash.
    amounts = (1, 2**40) if child == "snapshot" else (1, -1, 2**40)
    for by in amounts:
        lengthen(child, by)(trial.sandbox.author.damage(parent))
        trial.sandbox.publish()
        refuse(trial, bad(child), "tuf.meta.length", where=child)
        trial.sandbox.author.damage(parent).repair()


@pytest.mark.row("A40")
@pytest.mark.parametrize(("parent", "child"), [one for one in BINDINGS if one[1] != "root"])
def test_a_body_longer_than_its_signed_length_is_not_read_on(
    trial: Trial, parent: str, child: str
) -> None:
    # Where only a part is read, nothing can be said of its hash: the limit is what was broken.
    sign_in_every_role(trial)
    lengthen(child, -1)(trial.sandbox.author.damage(parent))
    trial.sandbox.publish()
    refuse(trial, child, "limit.exceeded", "R", where=f"/{child}.")
    trial.sandbox.author.damage(parent).repair()
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(), "limit.exceeded")
