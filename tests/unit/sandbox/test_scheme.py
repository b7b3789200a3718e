"""The author's files as the product's own scheme judges them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import signed_tag
from crosstrust.chain.scheme import Judgement
from crosstrust.evidence.check import Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Author, Sandbox
from crosstrust.sandbox.damage import Damage
from crosstrust.sandbox.key import BARE_TYPES
from crosstrust.schemes.notary_v1 import NotaryV1

AT = datetime(2026, 1, 1, tzinfo=UTC)
DIGEST = Digest.of(b"a manifest")


def judge(sandbox: Sandbox, *, seen: bytes = b"") -> Judgement:
    sandbox.publish()
    scheme, source, pins = NotaryV1(), sandbox.source(), sandbox.author.pins()
    dossier = Dossier()
    while wants := [
        want
        for want in scheme.wants(sandbox.origin, dossier, pins=pins, seen=seen)
        if not dossier.asked(want)
    ]:
        dossier = dossier.with_replies(source.fetch_all(wants))
    return scheme.judge(sandbox.origin, dossier, pins=pins, at=AT + timedelta(hours=1), seen=seen)


def failed(judgement: Judgement) -> set[str]:
    return {one.code for one in judgement.evidence.checks if one.outcome is Outcome.FAILED}


def released(sandbox: Sandbox, judgement: Judgement, tag: str = "1.0") -> bool:
    """Whether the tag follows from the root keys that the author has now."""
    axioms = [Claim("pinned-key", sandbox.origin, name) for name in sandbox.author.pins().root]
    goal = signed_tag(sandbox.origin, tag, DIGEST)
    return goal in judgement.evidence.holding(axioms)


def with_signer(author: Author) -> None:
    author.add_signer("alice")
    author.sign("1.0", DIGEST, 10)


def with_threshold(author: Author) -> None:
    for role in ("root", "targets", "snapshot", "timestamp"):
        kind = "ecdsa-x509" if role == "root" else "ecdsa"
        author.assign(role, [author.new_key(kind) for _ in range(3)], threshold=2)
    author.sign("1.0", DIGEST, 10)


def with_rotations(author: Author) -> None:
    author.sign("1.0", DIGEST, 10)
    author.rotate_root()
    author.rotate_root(key_type="rsa-x509")
    author.rotate("targets")
    author.rotate("timestamp")


def with_nesting(author: Author) -> None:
    author.add_signer("alice")
    author.delegate("targets/alice/ci", paths=("1.",))
    author.sign("1.0", DIGEST, 10, roles=("targets/alice/ci", "targets/releases"))


@pytest.mark.parametrize("prepare", [with_signer, with_threshold, with_rotations, with_nesting])
def test_an_honest_repository_is_trusted(prepare: Callable[[Author], None]) -> None:
    sandbox = Sandbox(at=AT)
    prepare(sandbox.author)
    judgement = judge(sandbox)
    assert failed(judgement) == set()
    assert released(sandbox, judgement)


@pytest.mark.parametrize("key_type", [*BARE_TYPES, "ecdsa-x509", "rsa-x509"])
def test_every_kind_of_key_is_trusted(key_type: str) -> None:
    sandbox = Sandbox(at=AT, key_type=key_type)
    with_signer(sandbox.author)
    judgement = judge(sandbox)
    assert failed(judgement) == set()
    assert released(sandbox, judgement)


@pytest.mark.parametrize("role", ["root", "targets", "targets/releases", "snapshot", "timestamp"])
@pytest.mark.parametrize(
    "damage", [Damage.drop_signatures, Damage.corrupt_signature], ids=["dropped", "corrupt"]
)
def test_a_role_without_valid_signatures_releases_nothing(
    role: str, damage: Callable[[Damage], Damage]
) -> None:
    sandbox = Sandbox(at=AT)
    with_signer(sandbox.author)
    damage(sandbox.author.damage(role))
    judgement = judge(sandbox)
    assert "tuf.signature.threshold" in failed(judgement)
    assert not released(sandbox, judgement)
