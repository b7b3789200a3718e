"""The certificates that a root key is listed by: PEM and nothing else, the leaf first."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.notary_v1.author import GUN, Author, AuthorKey, certificate, certified, digest
from tests.unit.notary_v1.trial import Trial, pin, run, serve

PRIVATE = ec.generate_private_key(ec.SECP256R1())
LEAF = certificate(PRIVATE)
AUTHORITY = certificate(PRIVATE, authority=True)
UNSAID = certificate(PRIVATE, authority=None)
DAMAGED = b"-----BEGIN CERTIFICATE-----\nAAA=A\n-----END CERTIFICATE-----\n"
ODD = b"-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n"
FORM = ["tuf.metadata.form T"]


def judged(*pems: bytes) -> Trial:
    """A repository whose root key is listed by these certificates."""
    author = Author(keys={"root": [certified(*pems, private=PRIVATE)]})
    author.sign("v1", "one")
    return run(serve(author), pin(author))


@pytest.mark.parametrize(
    ("pems", "failed"),
    [
        ((LEAF,), []),
        ((UNSAID,), []),
        ((LEAF, AUTHORITY), []),
        ((LEAF, AUTHORITY, AUTHORITY), []),
        ((AUTHORITY,), FORM),
        ((AUTHORITY, AUTHORITY), FORM),
        ((AUTHORITY, LEAF), FORM),
        ((LEAF, LEAF), FORM),
        ((LEAF, AUTHORITY, LEAF), FORM),
        ((LEAF, LEAF, AUTHORITY), FORM),
        ((LEAF, UNSAID), FORM),
        ((LEAF, DAMAGED), FORM),
        ((LEAF, ODD), FORM),
        ((ODD,), FORM),
        ((ODD, LEAF), FORM),
        ((LEAF, b"text"), FORM),
        ((b"text", LEAF), FORM),
        ((b"",), FORM),
        ((b"\n",), FORM),
        ((LEAF.replace(b"\n", b"\r\n"),), []),
    ],
)
def test_an_order_of_certificates(pems: tuple[bytes, ...], failed: list[str]) -> None:
    trial = judged(*pems)
    assert trial.failed == failed
    assert trial.tags == ({} if failed else {"v1": digest("one")})


def test_base64_that_is_damaged_is_called_that() -> None:
    (check,) = [check for check in judged(LEAF, ODD).checks if check.outcome.value == "failed"]
    assert check.expected == "base64 in a certificate"
    (check,) = [check for check in judged(b"\n").checks if check.outcome.value == "failed"]
    assert check.actual == "other text"
    (check,) = [check for check in judged(b"").checks if check.outcome.value == "failed"]
    assert (check.expected, check.actual) == ("a PEM certificate", "nothing")


@pytest.mark.parametrize(
    ("names", "failed", "said"),
    [
        ([GUN], False, GUN),
        ([], True, "no common name"),
        ([GUN, GUN], True, f"{GUN}, {GUN}"),
        (["other"], True, "other"),
        ([f"{GUN}/x"], True, f"{GUN}/x"),
        (["docker.io/an/*"], True, "docker.io/an/*"),
        (["x" * 64] * 5, True, ", ".join(["x" * 64] * 5)[:300]),
    ],
)
def test_the_name_in_the_leaf(names: list[str], said: str, *, failed: bool) -> None:
    key: AuthorKey = certified(certificate(PRIVATE, names), private=PRIVATE)
    author = Author(keys={"root": [key]})
    trial = run(serve(author), pin(author))
    assert trial.failed == (["tuf.root.certificate_name T"] if failed else [])
    (check,) = [c for c in trial.checks if c.code == "tuf.root.certificate_name"]
    assert (check.where, check.expected, check.actual) == (f"root key {key.id}", GUN, said)
    assert ("allow-name-wildcard" in check.remedy) is (names == ["docker.io/an/*"])
    assert base64.b64decode(key.public).startswith(b"-----BEGIN")
