"""Forgeries with RSA and Ed25519 that some verifier believes. RFC 8017, 8.1.2 and 8.2.2; RFC 8032.

Each has its honest twin in the same form, so that nothing else is wrong with it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crosstrust.sandbox.key import SigningKey
from tests.attacks.forge import refuse, resign
from tests.attacks.sample import some
from tests.attacks.trial import Trial

THRESHOLD = "tuf.signature.threshold"
ROLE = "targets"

Make = Callable[[bytes], bytes]

# DigestInfo of SHA-256 up to the hash, with and without the NULL, and of SHA-512 (RFC 8017, 9.2).
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_BARE = bytes.fromhex("302f300b0609608648016503040201 0420")
SHA512 = bytes.fromhex("3051300d060960864801650304020305000440")
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
# The neutral element: with it as the key, itself and 0 are a signature of every message.
NEUTRAL = (1).to_bytes(32, "little")


def rsa_key(bits: int = 2048, exponent: int = 65537) -> SigningKey:
    private = rsa.generate_private_key(exponent, bits)
    raw = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey("rsa", base64.b64encode(raw).decode("ascii"), private)


def ed25519_key(public: bytes | None = None) -> SigningKey:
    """Return a key; with ``public``, one that is listed as those bytes."""
    private = ed25519.Ed25519PrivateKey.generate()
    own = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    listed = own if public is None else public
    return SigningKey("ed25519", base64.b64encode(listed).decode("ascii"), private)


def private_rsa(key: SigningKey) -> rsa.RSAPrivateKey:
    assert isinstance(key.private, rsa.RSAPrivateKey)
    return key.private


def raw_rsa(key: SigningKey, block: bytes) -> bytes:
    """Return what opens to ``block``, whatever that is."""
    numbers = private_rsa(key).private_numbers()
    size = (numbers.public_numbers.n.bit_length() + 7) // 8
    power = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
    return power.to_bytes(size, "big")


def padded(info: bytes, *, size: int = 256, kind: int = 1, fill: int = 0xFF) -> bytes:
    return bytes([0, kind]) + bytes([fill]) * (size - 3 - len(info)) + b"\0" + info


def serve(trial: Trial, key: SigningKey, make: Make, method: str) -> None:
    """Publish ``targets`` with ``key`` as its key, and what ``make`` returns as the signature."""
    author = trial.sandbox.author
    author.damage(ROLE).repair()
    if author.keys(ROLE) != (key,):
        author.assign(ROLE, (key,))
    author.damage(ROLE).rewrite(resign(key, make, method=method))
    trial.sandbox.publish()


def try_forgery(trial: Trial, key: SigningKey, make: Make, *, method: str = "") -> None:
    serve(trial, key, make, method)
    refuse(trial, ROLE, THRESHOLD, new_root=True)


def try_honest(trial: Trial, key: SigningKey, make: Make, *, method: str = "") -> None:
    serve(trial, key, make, method)
    trial.expect_trusted(trial.verify(), THRESHOLD)


def pss(key: SigningKey, *, salt: int = 32, mgf: hashes.HashAlgorithm | None = None) -> Make:
    scheme = padding.PSS(padding.MGF1(mgf or hashes.SHA256()), salt)
    return lambda message: private_rsa(key).sign(message, scheme, hashes.SHA256())


@pytest.mark.row("A61")
def test_pss_with_other_parameters_is_void(trial: Trial) -> None:
    key = rsa_key()
    try_honest(trial, key, pss(key))
    other = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    forgeries: dict[str, Make] = {
        **{f"salt {salt}": pss(key, salt=salt) for salt in (0, 20, 31, 33, 222)},
        "MGF1 with SHA-1": pss(key, mgf=hashes.SHA1()),  # noqa: S303 - the forgery
        "MGF1 with SHA-512": pss(key, mgf=hashes.SHA512()),
        "SHA-512": lambda message: private_rsa(key).sign(message, other, hashes.SHA512()),
        "PKCS #1 v1.5": lambda message: key.sign(message, method="rsapkcs1v15"),
        "zeros": lambda _: bytes(256),
        "short": lambda message: pss(key)(message)[:-1],
        "long": lambda message: b"\0" + pss(key)(message),
        "above the modulus": lambda message: above_modulus(key, pss(key)(message)),
    }
    for make in some(forgeries.values()):
        try_forgery(trial, key, make)
    try_honest(trial, key, pss(key))


def above_modulus(key: SigningKey, signature: bytes) -> bytes:
    modulus = private_rsa(key).public_key().public_numbers().n
    return (int.from_bytes(signature, "big") + modulus).to_bytes(257, "big")


@pytest.mark.row("A61")
@pytest.mark.parametrize("bits", [1024, 2047])
def test_a_short_rsa_key_signs_for_nobody(trial: Trial, bits: int) -> None:
    trial.expect_trusted(trial.verify(), THRESHOLD)
    key = rsa_key(bits)
    try_forgery(trial, key, pss(key))
    try_forgery(trial, key, lambda message: key.sign(message, method="rsapkcs1v15"))


@pytest.mark.row("A62")
def test_pkcs1_padding_is_compared_byte_by_byte(trial: Trial) -> None:
    key = rsa_key()
    method = "rsapkcs1v15"

    def block(make: Callable[[bytes], bytes]) -> Make:
        return lambda message: raw_rsa(key, make(hashlib.sha256(message).digest()))

    try_honest(trial, key, block(lambda digest: padded(SHA256 + digest)), method=method)
    forgeries: tuple[Callable[[bytes], bytes], ...] = (
        lambda digest: padded(SHA256 + digest, kind=0),
        lambda digest: padded(SHA256 + digest, kind=2),
        lambda digest: padded(SHA256 + digest, fill=0xFE),
        lambda digest: padded(SHA256 + digest, fill=0),
        lambda digest: padded(SHA256 + digest, size=64) + bytes(192),
        lambda digest: padded(SHA256 + digest, size=255) + b"\0",
        lambda digest: b"\0" + padded(SHA256 + digest, size=255),
        lambda digest: padded(SHA256_BARE + digest),
        padded,
        lambda digest: padded(b""),
        lambda digest: padded(SHA512 + digest * 2),
        lambda digest: padded(bytes([0x30, 0x81]) + SHA256[1:] + digest),
    )
    for forgery in some(forgeries):
        try_forgery(trial, key, block(forgery), method=method)


@pytest.mark.row("A62")
def test_a_cube_root_is_no_signature(trial: Trial) -> None:
    # Bleichenbacher 2006: with exponent 3, whoever finds a cube that begins as a signature does
    # needs no private key, if the verifier does not look at what follows the hash.
    key = rsa_key(3072, exponent=3)

    def forge(message: bytes) -> bytes:
        start = padded(SHA256 + hashlib.sha256(message).digest(), size=64)
        root = cube_root(int.from_bytes(start + b"\xff" * (384 - len(start)), "big"))
        assert (root**3).to_bytes(384, "big").startswith(start)
        return root.to_bytes(384, "big")

    def honest(message: bytes) -> bytes:
        return key.sign(message, method="rsapkcs1v15")

    try_honest(trial, key, honest, method="rsapkcs1v15")
    try_forgery(trial, key, forge, method="rsapkcs1v15")


def cube_root(number: int) -> int:
    """Return the greatest whole number whose cube is not above ``number``."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


@pytest.mark.row("A63")
def test_an_ed25519_signature_has_one_form(trial: Trial) -> None:
    key = ed25519_key()
    try_honest(trial, key, key.sign)

    def beyond(message: bytes) -> bytes:
        good = key.sign(message)
        s = int.from_bytes(good[32:], "little") + ED25519_ORDER
        return good[:32] + s.to_bytes(32, "little")

    forgeries: tuple[Make, ...] = (
        beyond,
        lambda message: key.sign(message)[:-1],
        lambda message: key.sign(message) + b"\0",
        lambda message: key.sign(hashlib.sha512(message).digest()),
        lambda message: NEUTRAL + key.sign(message)[32:],
        lambda _: NEUTRAL + bytes(32),
        lambda _: bytes(64),
        lambda _: b"",
    )
    for make in some(forgeries):
        try_forgery(trial, key, make)


@pytest.mark.row("A63")
@pytest.mark.parametrize(
    "public",
    [
        b"B" * 31,
        b"B" * 33,
        b"",
        NEUTRAL,
        bytes(32),
        NEUTRAL[:-1] + b"\x80",
        (2**255 - 20).to_bytes(32, "little"),
        (2**255 - 18).to_bytes(32, "little"),
        b"\xff" * 32,
    ],
    ids=["31", "33", "0", "order 1", "order 4", "sign bit", "order 2", "above", "no point"],
)
def test_an_ed25519_key_that_proves_nothing_signs_for_nobody(trial: Trial, public: bytes) -> None:
    trial.expect_trusted(trial.verify(), THRESHOLD)
    key = ed25519_key(public)
    for make in (key.sign, lambda _: NEUTRAL + bytes(32), lambda _: public[:32] + bytes(32)):
        try_forgery(trial, key, make)
