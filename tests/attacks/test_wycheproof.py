"""Project Wycheproof's vectors as the one signature of a role: does it reach the threshold?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crosstrust.evidence.check import Check, Outcome
from crosstrust.schemes.notary_v1.envelope import Envelope, Signature
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.schemes.notary_v1.metadata import Signing
from crosstrust.schemes.notary_v1.signature import METHODS
from crosstrust.schemes.notary_v1.threshold import count_signers, judge_threshold
from tests.unit.notary_v1.test_wycheproof import FILES, FOLDER

NAMES = [each[0] for each in FILES]
ROWS = {
    "ecdsa_secp256r1_sha256_p1363_test": "A58",
    "ecdsa_secp384r1_sha256_test": "A58",
    "rsa_pss_2048_sha256_mgf1_32_test": "A61",
    "rsa_signature_2048_sha256_test": "A62",
    "ed25519_test": "A63",
}


def vectors_of(name: str) -> Iterator[tuple[PublicKey, dict[str, Any]]]:
    key_of = next(each[2] for each in FILES if each[0] == name)
    for group in json.loads((FOLDER / f"{name}.json").read_bytes())["testGroups"]:
        key = key_of(group)
        for case in group["tests"]:
            yield key, case


def judge(key: PublicKey, method: str, value: bytes, message: bytes) -> Check:
    """Return whether a role of that one key is signed, as for every role file."""
    signing = Signing((key,), 1)
    envelope = Envelope({}, message, (Signature(key.listed.scoped, method, value),), ())
    return judge_threshold(count_signers(envelope, signing), signing, "targets")


def signature_of(name: str, case: dict[str, Any]) -> bytes:
    """Return the vector's bytes; DER as r and s, or as it is where it has no such form."""
    raw = bytes.fromhex(case["sig"])
    form: Callable[[bytes], bytes | None] = next(each[3] for each in FILES if each[0] == name)
    return form(raw) or raw


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.row(row)) for name, row in ROWS.items()]
)
def test_each_vector_is_judged_as_its_authors_say(name: str) -> None:
    method = next(each[1] for each in FILES if each[0] == name)
    seen = {"valid": 0, "invalid": 0, "acceptable": 0}
    for key, case in vectors_of(name):
        check = judge(key, method, signature_of(name, case), bytes.fromhex(case["msg"]))
        seen[case["result"]] += 1
        # "acceptable" would be RSA without the NULL, which no signer writes: void here.
        assert check.outcome is (Outcome.PASSED if case["result"] == "valid" else Outcome.FAILED), (
            case
        )
        assert check.code == "tuf.signature.threshold", case
    stated = json.loads((FOLDER / f"{name}.json").read_bytes())["numberOfTests"]
    assert sum(seen.values()) == stated
    assert min(seen["valid"], seen["invalid"]) > 0


@pytest.mark.row("A58", "A61", "A62", "A63")
def test_every_method_has_its_vectors() -> None:
    assert {each[1] for each in FILES} == {name for names in METHODS.values() for name in names}
    assert ROWS.keys() == set(NAMES) == {path.stem for path in Path(FOLDER).glob("*.json")}


@pytest.mark.row("A57")
def test_a_valid_signature_in_der_is_void() -> None:
    name = "ecdsa_secp384r1_sha256_test"
    for key, case in vectors_of(name):
        check = judge(key, "ecdsa", bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
        assert check.outcome is Outcome.FAILED, case
