"""Key IDs of the files that people have."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crosstrust.errors import InputError, LimitError
from crosstrust.oci import limits
from crosstrust.schemes.notary_v1.key_file import key_id_of_file
from tests.unit.notary_v1.author import Private, bare, certificate, certified
from tests.unit.notary_v1.genuine import NAMES, VECTORS, facts, genuine_server

WEBDIS = VECTORS / "webdis" / "nicolasff.pub"
NICOLASFF = "dd0768b9d35d344bbd1681418d27052c4c896a59be214352448daa2b6925b95b"


def public(private: Private, encoding: Encoding = Encoding.PEM) -> bytes:
    return private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def generated() -> list[Private]:
    return [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ]


def test_the_published_key_of_webdis() -> None:
    key = key_id_of_file(WEBDIS.read_bytes(), "nicolasff.pub")
    assert (key.scoped, key.canonical, key.keytype) == (NICOLASFF, NICOLASFF, "ecdsa")


def test_line_ends_headers_and_text_around_do_not_matter() -> None:
    raw = WEBDIS.read_bytes()
    plain = raw.replace(b"role: nicolasff\n\n", b"")
    two = raw.replace(b"role: ", b"gun: docker.io/nicolas/webdis\nrole: ")
    for written in (plain, two, raw.replace(b"\n", b"\r\n"), b"my key:\n" + raw, raw + b"\n\n"):
        assert key_id_of_file(written, "x").scoped == NICOLASFF


def test_every_kind_of_key() -> None:
    for private in generated():
        for encoding in (Encoding.PEM, Encoding.DER):
            key = key_id_of_file(public(private, encoding), "x")
            assert key.scoped == key.canonical == bare(private).id
            assert key.keytype == bare(private).keytype


@pytest.mark.parametrize("name", NAMES)
def test_the_certificates_of_genuine_roots(name: str) -> None:
    import json

    known = facts(name)["root_keys"][0]
    root = json.loads(genuine_server(name).files["root"])
    pem = base64.b64decode(root["signed"]["keys"][known["keyid"]]["keyval"]["public"])
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    for raw in (pem, pem.replace(b"\n", b"\r\n"), der):
        key = key_id_of_file(raw, "root.crt")
        assert (key.scoped, key.canonical) == (known["keyid"], known["canonical_id"])
        assert key.keytype == known["keytype"]


def test_a_bundle_is_one_key() -> None:
    private = rsa.generate_private_key(65537, 2048)
    pems = certificate(private), certificate(private, "a CA", authority=True)
    listed = certified(*pems, private=private, keytype="rsa-x509")
    key = key_id_of_file(b"".join(pems), "x")
    assert (key.scoped, key.canonical) == (listed.id, bare(private).id)


def private_files() -> list[bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    pkcs8 = serialization.PrivateFormat.PKCS8
    old = serialization.PrivateFormat.TraditionalOpenSSL
    none = serialization.NoEncryption()
    locked = serialization.BestAvailableEncryption(b"passphrase")
    pem = key.private_bytes(Encoding.PEM, pkcs8, none)
    return [
        pem,
        pem.replace(b"-----\n", b"-----\nrole: root\n\n", 1),
        key.private_bytes(Encoding.PEM, pkcs8, locked),
        key.private_bytes(Encoding.PEM, old, none),
        key.private_bytes(Encoding.DER, pkcs8, none),
        key.private_bytes(Encoding.DER, pkcs8, locked),
        public(key) + pem,
    ]


@pytest.mark.parametrize("raw", private_files(), ids=range(7))
def test_a_private_key_is_refused_and_not_shown(raw: bytes) -> None:
    with pytest.raises(InputError) as caught:
        key_id_of_file(raw, "my.key")
    error = caught.value
    assert (error.code, error.where, error.actual) == ("key.private", "my.key", "a private key")
    assert "public key" in error.remedy
    assert "\n" not in str(error)


def without_end() -> bytes:
    return WEBDIS.read_bytes().split(b"-----END")[0]


@pytest.mark.parametrize(
    ("raw", "actual"),
    [
        (b"", "an empty file"),
        (b" \n\t", "an empty file"),
        (b"garbage", "7 other bytes"),
        (bytes(300), "300 other bytes"),
        (b"\xff\xfe", "2 other bytes"),
        (without_end(), "PEM without an end"),
        (WEBDIS.read_bytes() * 2, "2 PEM blocks: PUBLIC KEY"),
        (
            b"-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----",
            "1 PEM blocks: RSA PUBLIC KEY",
        ),
        (b"-----BEGIN PUBLIC KEY-----\nA!\n-----END PUBLIC KEY-----", "PEM with other text in it"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAAA\n-----END PUBLIC KEY-----", "PEM with damaged base64"),
        (
            b"-----BEGIN PUBLIC KEY-----\nQUE=QUE=\n-----END PUBLIC KEY-----",
            "PEM with damaged base64",
        ),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "3 other bytes"),
        (
            WEBDIS.read_bytes() + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "2 PEM blocks: CERTIFICATE, PUBLIC KEY",
        ),
        (
            b"".join(
                b"-----BEGIN %s-----\nAAAA\n-----END %s-----\n" % (label, label)
                for label in (b"X509 CRL", b"CMS", b"PKCS7", b"CERTIFICATE", b"PUBLIC KEY")
            ),
            "5 PEM blocks: CERTIFICATE, CMS, PKCS7, PUBLIC KEY, X509 CRL",
        ),
        (bytes(limits.KEY_FILE_SIZE), f"{limits.KEY_FILE_SIZE} other bytes"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "bytes that are none",
        ),
    ],
)
def test_what_is_no_key(raw: bytes, actual: str) -> None:
    with pytest.raises(InputError) as caught:
        key_id_of_file(raw, "file")
    assert (caught.value.code, caught.value.actual) == ("key.form", actual)
    assert "\n" not in str(caught.value)


def test_keys_of_other_kinds() -> None:
    others = (
        x25519.X25519PrivateKey.generate(),
        dsa.generate_private_key(1024),  # noqa: S505 - weak: the bad input
        ec.generate_private_key(ec.SECP256K1()),
    )
    for private in others:
        raw = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(InputError) as caught:
            key_id_of_file(raw, "file")
        assert caught.value.code == "key.form"


def test_a_certificate_of_another_kind() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(InputError) as caught:
        key_id_of_file(certificate(private), "file")
    assert caught.value.code == "key.form"


def test_a_file_that_is_too_large() -> None:
    with pytest.raises(LimitError) as caught:
        key_id_of_file(bytes(limits.KEY_FILE_SIZE + 1), "file")
    assert caught.value.code == "limit.exceeded"
