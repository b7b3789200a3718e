"""Project Wycheproof's vectors for every kind of signature. Catalogue A57 to A63."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from crosstrust.schemes.notary_v1.key import PublicKey, parse_key
from tests.unit.notary_v1.author import encode
from tests.unit.notary_v1.genuine import VECTORS

FOLDER = VECTORS / "wycheproof"


def listed(keytype: str, raw: bytes) -> PublicKey:
    value = {"keytype": keytype, "keyval": {"private": None, "public": encode(raw)}}
    return parse_key(value, "key")


def from_der(keytype: str) -> Callable[[dict[str, Any]], PublicKey]:
    return lambda group: listed(keytype, bytes.fromhex(group["publicKeyDer"]))


def ed25519(group: dict[str, Any]) -> PublicKey:
    return listed("ed25519", bytes.fromhex(group["publicKey"]["pk"]))


def two_numbers(signature: bytes) -> bytes | None:
    """DER as r and s of P-384 side by side; None where there is no such form."""
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")
    except (ValueError, OverflowError):
        return None


def unchanged(signature: bytes) -> bytes | None:
    return signature


FILES: list[tuple[str, str, Callable[[dict[str, Any]], PublicKey], Any, int]] = [
    ("ecdsa_secp256r1_sha256_p1363_test", "ecdsa", from_der("ecdsa"), unchanged, 262),
    ("ecdsa_secp384r1_sha256_test", "ecdsa", from_der("ecdsa"), two_numbers, 238),
    ("ed25519_test", "eddsa", ed25519, unchanged, 151),
    ("rsa_pss_2048_sha256_mgf1_32_test", "rsapss", from_der("rsa"), unchanged, 108),
    ("rsa_signature_2048_sha256_test", "rsapkcs1v15", from_der("rsa"), unchanged, 259),
]


@pytest.mark.parametrize(
    ("name", "method", "key_of", "form", "least"), FILES, ids=[each[0] for each in FILES]
)
def test_vectors(
    name: str,
    method: str,
    key_of: Callable[[dict[str, Any]], PublicKey],
    form: Callable[[bytes], bytes | None],
    least: int,
) -> None:
    seen = 0
    for group in json.loads((FOLDER / f"{name}.json").read_bytes())["testGroups"]:
        key = key_of(group)
        for case in group["tests"]:
            signature = form(bytes.fromhex(case["sig"]))
            if signature is None:
                assert case["result"] != "valid"
                continue
            seen += 1
            held = key.verify(method, signature, bytes.fromhex(case["msg"]))
            # "acceptable" PKCS#1 signatures lack the NULL of the algorithm; either is right.
            allowed = {"valid": {True}, "invalid": {False}, "acceptable": {True, False}}
            if form is two_numbers and case["result"] == "invalid" and held:
                # Wrong DER around the right numbers: the numbers alone are a signature.
                assert key.verify(method, signature, bytes.fromhex(case["msg"]) + b"x") is False
                continue
            assert held in allowed[case["result"]], case
    assert seen >= least


def test_a_method_of_another_key_never_verifies() -> None:
    for name, method, key_of, form, _ in FILES:
        group = json.loads((FOLDER / f"{name}.json").read_bytes())["testGroups"][0]
        key = key_of(group)
        case = next(each for each in group["tests"] if each["result"] == "valid")
        signature = form(bytes.fromhex(case["sig"]))
        assert signature is not None
        message = bytes.fromhex(case["msg"])
        assert key.verify(method, signature, message)
        for other in {"ecdsa", "eddsa", "rsapss", "rsapkcs1v15", method.upper(), ""} - {method}:
            assert not key.verify(other, signature, message)
