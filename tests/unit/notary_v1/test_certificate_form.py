"""Certificates and keys element by element: what is refused, and what must not be.

X.690 for the encoding; RFC 5280, section 4 for certificates.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.der import DerError, Reader
from crosstrust.schemes.notary_v1.spki import BareKey, parse_spki
from crosstrust.schemes.notary_v1.x509 import Certificate, parse_certificate
from tests.unit.notary_v1.paper import as_cryptography_reads, spki_of

SPKI = spki_of(ec.generate_private_key(ec.SECP256R1()))
FORM = "tuf.metadata.form"
CN, ORGANIZATION = "0603550403", "060355040a"


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def attribute(oid: str, value: str, tag: int = 0x0C) -> bytes:
    return sequence(bytes.fromhex(oid), tlv(tag, value.encode()))


def name(*sets: bytes) -> bytes:
    return sequence(*(tlv(0x31, each) for each in sets))


def algorithm(oid: str, parameters: str = "") -> bytes:
    return sequence(tlv(6, bytes.fromhex(oid)), bytes.fromhex(parameters))


def bits(raw: bytes, unused: int = 0) -> bytes:
    return tlv(3, bytes([unused]), raw)


def times(start: bytes, end: bytes = b"300101000000Z") -> bytes:
    return sequence(*(tlv(0x17 if len(each) == 13 else 0x18, each) for each in (start, end)))


def extensions(*each: bytes) -> bytes:
    return tlv(0xA3, sequence(*each))


def constraints(content: str, critical: str = "0101ff", *, tail: str = "") -> bytes:
    inner = tlv(4, sequence(bytes.fromhex(content)) + bytes.fromhex(tail))
    return sequence(bytes.fromhex("0603551d13"), bytes.fromhex(critical), inner)


VERSION = tlv(0xA0, tlv(2, b"\x02"))
SHA256 = algorithm("2a8648ce3d040302")


def certificate(
    version: bytes = VERSION,
    serial: bytes = b"\x05",
    signed_with: bytes = SHA256,
    outer: bytes | None = None,
    issuer: bytes = name(attribute(CN, "x")),
    validity: bytes = times(b"200101000000Z"),
    subject: bytes = name(attribute(CN, "x")),
    spki: bytes = SPKI,
    tail: bytes = b"",
    signature: bytes = bits(b"\x30\x00"),
    after: bytes = b"",
) -> bytes:
    fields = (version, tlv(2, serial), signed_with, issuer, validity, subject, spki, tail)
    return sequence(sequence(*fields), signed_with if outer is None else outer, signature, after)


def read(der: bytes) -> Certificate:
    """What is read, which cryptography must read too."""
    found = parse_certificate(der, "x")
    assert found == as_cryptography_reads(der, found.spki)
    return found


def test_the_plain_certificate() -> None:
    found = read(certificate())
    assert (found.names, found.authority, found.hash_name) == (("x",), False, "sha256")
    assert found.spki == SPKI


@pytest.mark.parametrize(
    "der",
    [
        certificate(version=b""),
        certificate(issuer=name(), subject=name()),
        certificate(serial=b"\xff"),
        certificate(tail=tlv(0x81, b"\x00\x01") + tlv(0x82, b"\x00\x01")),
        certificate(signature=bits(b"")),
    ],
)
def test_what_no_rule_asks_about(der: bytes) -> None:
    assert read(der).spki == SPKI


@pytest.mark.parametrize(
    "der",
    [
        b"",
        SPKI,
        certificate() + b"\x00",
        certificate()[:-1],
        certificate(after=b"\x05\x00"),
        certificate(version=tlv(0xA0, tlv(2, b"\x00"))),
        certificate(version=tlv(0xA0, tlv(2, b"\x01"))),
        certificate(version=tlv(0xA0, tlv(2, b"\x03"))),
        certificate(version=tlv(0xA0, tlv(2, b"\x02"), tlv(2, b"\x02"))),
        certificate(version=tlv(0xA0, tlv(2, b"\x00\x02"))),
        certificate(serial=b""),
        certificate(serial=b"\x00\x01"),
        certificate(serial=b"\xff\xff"),
        certificate(outer=algorithm("2a8648ce3d040303")),
        certificate(signed_with=sequence()),
        certificate(signed_with=algorithm("2a8648ce3d040302", "0201 05")),
        certificate(signed_with=algorithm("2a8648ce3d040302", "0500 0500")),
        certificate(signature=bits(b"\x30\x00", unused=1)),
        certificate(signature=tlv(3)),
        certificate(signature=tlv(4, b"\x00")),
        certificate(spki=sequence(bits(b"x"))),
        certificate(spki=sequence(algorithm("2a8648ce3d0201"), bits(b"x"), b"\x05\x00")),
        certificate(spki=tlv(0x31, SPKI[2:])),
    ],
)
def test_certificates_that_are_none(der: bytes) -> None:
    assert refusal(der) == FORM


def refusal(der: bytes) -> str:
    """The code with which a certificate is refused."""
    with pytest.raises(MalformedError) as caught:
        parse_certificate(der, "root key")
    assert caught.value.where == "root key"
    return caught.value.code


@pytest.mark.parametrize(
    ("start", "iso"),
    [
        (b"500101000000Z", "1950-01-01T00:00:00+00:00"),
        (b"991231235959Z", "1999-12-31T23:59:59+00:00"),
        (b"000229000000Z", "2000-02-29T00:00:00+00:00"),
        (b"491231235959Z", "2049-12-31T23:59:59+00:00"),
        (b"20500101000000Z", "2050-01-01T00:00:00+00:00"),
        (b"19500101000000Z", "1950-01-01T00:00:00+00:00"),
        (b"99991231235959Z", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_times(start: bytes, iso: str) -> None:
    assert read(certificate(validity=times(start))).start.isoformat() == iso


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"Z",
        b"2001010000Z",
        b"200101000000",
        b"200101000000z",
        b"200101000000+0000",
        b"20010100000\xb2Z",
        b"2001010000 0Z",
        b"200100000000Z",
        b"201301000000Z",
        b"200132000000Z",
        b"210229000000Z",
        b"200101240000Z",
        b"200101006000Z",
        b"200101000060Z",
        b"00000101000000Z",
        b"20200101000000.5Z",
        b"202001010000Z0",
        b"20200101000000+0100",
    ],
)
def test_times_that_are_none(start: bytes) -> None:
    assert refusal(certificate(validity=times(start))) == FORM


@pytest.mark.parametrize(
    "validity",
    [
        sequence(),
        sequence(tlv(0x17, b"200101000000Z")),
        sequence(*[tlv(0x17, b"200101000000Z")] * 3),
        sequence(*[tlv(0x17, b"20200101000000Z")] * 2),
        sequence(*[tlv(0x18, b"200101000000Z")] * 2),
        sequence(*[tlv(0x0C, b"200101000000Z")] * 2),
    ],
)
def test_validities_that_are_none(validity: bytes) -> None:
    assert refusal(certificate(validity=validity)) == FORM


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        (name(), ()),
        (name(attribute(ORGANIZATION, "o")), ()),
        (name(attribute(CN, "")), ("",)),
        (name(attribute(CN, "b"), attribute(CN, "a")), ("b", "a")),
        (name(attribute(CN, "a"), attribute(CN, "a")), ("a", "a")),
        (name(attribute(CN, "a") + attribute(CN, "b")), ("a", "b")),
        (name(attribute(CN, "a") + attribute(ORGANIZATION, "b")), ("a",)),
        (name(attribute(CN, "\u00e4\U0001f600")), ("\u00e4\U0001f600",)),
        (name(attribute(CN, "a\0b")), ("a\0b",)),
        (name(attribute(CN, "A z9'()+,-./:=?", 0x13)), ("A z9'()+,-./:=?",)),
        (name(attribute(CN, "a_*@", 0x16)), ("a_*@",)),
        (name(attribute(CN, "\0a\0b", 0x1E)), ("ab",)),
        (name(attribute(CN, "\0\0\0a", 0x1C)), ("a",)),
    ],
)
def test_names(subject: bytes, names: tuple[str, ...]) -> None:
    assert read(certificate(subject=subject)).names == names


@pytest.mark.parametrize(
    "bad",
    [
        name(b""),
        name(attribute(CN, "b") + attribute(CN, "a")),
        name(attribute(CN, "a") * 2),
        name(attribute(CN, "a_", 0x13)),
        name(attribute(CN, "a*", 0x13)),
        name(attribute(CN, "\u00e4", 0x13)),
        name(attribute(CN, "\u00e4", 0x14)),
        name(attribute(CN, "\u00e4", 0x16)),
        name(attribute(CN, "\0", 0x1E)),
        name(sequence(bytes.fromhex(CN), tlv(0x0C, b"\xff"))),
        name(sequence(bytes.fromhex(CN), tlv(0x1E, b"\xd8\x00"))),
        name(sequence(bytes.fromhex(CN), tlv(0x1C, b"\x00\x11\x00\x00"))),
        name(attribute(CN, "\0", 0x03)),
        name(attribute(CN, "x", 0x04)),
        name(attribute(CN, "x") + b"\x00"),
        name(sequence(bytes.fromhex(CN))),
        name(sequence(bytes.fromhex(CN), b"\x0c\x01x\x0c\x01x")),
        sequence(attribute(CN, "x")),
    ],
)
def test_names_that_are_none(bad: bytes) -> None:
    assert refusal(certificate(subject=bad)) == FORM
    assert refusal(certificate(issuer=bad)) == FORM


@pytest.mark.parametrize(
    ("tail", "authority"),
    [
        (extensions(constraints("")), False),
        (extensions(constraints("", critical="")), False),
        (extensions(constraints("0101ff")), True),
        (extensions(constraints("0101ff 020100")), True),
        (extensions(constraints("0101ff 0209 00ffffffffffffffff")), True),
        (extensions(sequence(bytes.fromhex("0603550101 0400"))), False),
    ],
)
def test_authorities(tail: bytes, authority: bool) -> None:
    assert read(certificate(tail=tail)).authority is authority


@pytest.mark.parametrize(
    "tail",
    [
        extensions(constraints("010100")),
        extensions(constraints("010101")),
        extensions(constraints("0102ffff")),
        extensions(constraints("0100")),
        extensions(constraints("", critical="010100")),
        extensions(constraints("", critical="010101")),
        extensions(constraints("0101ff 0201ff")),
        extensions(constraints("0101ff 0209 010000000000000000")),
        extensions(constraints("0101ff 02020001")),
        extensions(constraints("0101ff 020100 0500")),
        extensions(constraints("", tail="00")),
        extensions(constraints(""), constraints("0101ff")),
        extensions(constraints("0101ff"), sequence(bytes.fromhex("0603550101"))),
        extensions(sequence(bytes.fromhex("0603550101 0400 0500"))),
        extensions(sequence(bytes.fromhex("0603550101 0101ff 0101ff 0400"))),
        extensions(sequence(bytes.fromhex("0602 8001 0400"))),
        extensions(sequence(bytes.fromhex("0603 558001 0400"))),
        extensions(sequence(bytes.fromhex("0602 5581 0400"))),
        extensions(sequence(bytes.fromhex("0600 0400"))),
        extensions(sequence(tlv(6, b"\x55" * 64), b"\x04\x00")),
        tlv(0xA3, sequence(), sequence()),
        tlv(0xA3, b""),
        extensions() * 2,
        b"\x05\x00",
        tlv(0x82, b"\x00\x01") + tlv(0x81, b"\x00\x01"),
    ],
)
def test_extensions_that_are_none(tail: bytes) -> None:
    assert refusal(certificate(tail=tail)) == FORM


def test_version_1_has_no_extensions() -> None:
    assert refusal(certificate(version=b"", tail=extensions(constraints("0101ff")))) == FORM


MD5, SHA1 = "2a864886f70d010104", "2a864886f70d010105"
PSS = "2a864886f70d01010a"
MGF_SHA256 = "a11c 301a 06092a864886f70d010108 300d 0609608648016503040201 0500"


@pytest.mark.parametrize(
    ("signed_with", "hash_name"),
    [
        (algorithm(MD5, "0500"), "md5"),
        (algorithm(SHA1, "0500"), "sha1"),
        (algorithm("2b0e03021d"), "sha1"),
        (algorithm("2a864886f70d01010b"), "sha256"),
        (algorithm("2a864886f70d01010c", "0500"), "sha384"),
        (algorithm("2a864886f70d01010d", "0500"), "sha512"),
        (algorithm("2a864886f70d01010e", "0500"), "sha224"),
        (algorithm("2a8648ce3d0401"), "sha1"),
        (algorithm("2a8648ce3d040301"), "sha224"),
        (algorithm("2a8648ce3d040303"), "sha384"),
        (algorithm("2a8648ce3d040304"), "sha512"),
        (algorithm("2a8648ce380403"), "sha1"),
        (algorithm("608648016503040302"), "sha256"),
        *((algorithm(f"6086480165030403{last:02x}"), "sha3-224") for last in (0x09, 0x0D)),
        *((algorithm(f"6086480165030403{last:02x}"), "sha3-256") for last in (0x0A, 0x0E)),
        *((algorithm(f"6086480165030403{last:02x}"), "sha3-384") for last in (0x0B, 0x0F)),
        *((algorithm(f"6086480165030403{last:02x}"), "sha3-512") for last in (0x0C, 0x10)),
        (algorithm("2b6570"), "ed25519"),
        (algorithm("2b6571"), "ed25519"),
        (algorithm("2a030405", "0201 05"), ""),
        (algorithm(PSS, "3000"), "sha1"),
        (algorithm(PSS, "3034 a00f 300d 0609608648016503040201 0500" + MGF_SHA256 + "a203020120"),
         "sha256"),
    ],
)  # fmt: skip
def test_hashes(signed_with: bytes, hash_name: str) -> None:
    assert read(certificate(signed_with=signed_with)).hash_name == hash_name


@pytest.mark.parametrize("parameters", ["", "0500", "3000 0500", "3002 a000", "3004 a0023000"])
def test_pss_parameters_that_are_none(parameters: str) -> None:
    assert refusal(certificate(signed_with=algorithm(PSS, parameters))) == FORM


def test_pss_with_an_unknown_hash() -> None:
    der = certificate(signed_with=algorithm(PSS, "3008 a006 3004 0602 2a03"))
    assert parse_certificate(der, "x").hash_name == ""


EC, RSA = "2a8648ce3d0201", "2a864886f70d010101"
P256 = "06082a8648ce3d030107"
POINT = SPKI[-65:]
MODULUS = 2**2047 + 1


def number(value: int) -> bytes:
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def rsa_bits(*parts: bytes, after: bytes = b"") -> bytes:
    return bits(sequence(*parts) + after)


def test_keys() -> None:
    for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
        raw = spki_of(ec.generate_private_key(curve))
        assert parse_spki(raw, "x") == BareKey("ecdsa", raw)
    raw = spki_of(rsa.generate_private_key(65537, 2048))
    assert parse_spki(raw, "x") == BareKey("rsa", raw)
    public = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert parse_spki(sequence(algorithm("2b6570"), bits(public)), "x").raw == public
    raw = sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(3)))
    assert parse_spki(raw, "x").algorithm == "rsa"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        SPKI + b"\x00",
        SPKI[:-1],
        sequence(algorithm(EC, P256), bits(POINT), b"\x05\x00"),
        sequence(algorithm(EC, P256), bits(POINT, unused=1)),
        sequence(algorithm(EC, P256 + "0500"), bits(POINT)),
        sequence(algorithm(EC, P256), bits(POINT[:-1])),
        sequence(algorithm(EC, P256), bits(POINT + b"\x00")),
        sequence(algorithm(EC, P256), bits(b"\x02" + POINT[1:33])),
        sequence(algorithm(EC, P256), bits(bytes([6 + POINT[-1] % 2]) + POINT[1:])),
        sequence(algorithm(EC, P256), bits(b"\x00")),
        sequence(algorithm(EC, P256), bits(b"\x04" + bytes(63) + b"\x01")),
        sequence(algorithm(EC, P256), bits(b"\x04" + b"\xff" * 64)),
        sequence(algorithm(RSA), rsa_bits(number(MODULUS), number(3))),
        sequence(algorithm(RSA, "0201 00"), rsa_bits(number(MODULUS), number(3))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(3), number(3))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(3), after=b"\x00")),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(1))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(4))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(0))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(MODULUS), number(-3))),
        sequence(algorithm(RSA, "0500"), rsa_bits(number(-MODULUS), number(3))),
        sequence(algorithm(RSA, "0500"), rsa_bits(tlv(2, b"\x00" * 2), number(3))),
        sequence(algorithm("2b6570", "0500"), bits(bytes(32))),
        sequence(algorithm("2b6570"), bits(bytes(31))),
    ],
)
def test_keys_that_are_none(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_spki(raw, "x")
    assert caught.value.code == FORM


@pytest.mark.parametrize(
    "raw",
    [
        sequence(algorithm(EC), bits(POINT)),
        sequence(algorithm(EC, "0500"), bits(POINT)),
        sequence(algorithm(EC, "06052b8104000a"), bits(POINT)),
        sequence(algorithm(EC, "3000"), bits(POINT)),
        sequence(algorithm(PSS), rsa_bits(number(MODULUS), number(3))),
        sequence(algorithm("2b656e"), bits(bytes(32))),
        sequence(algorithm("2b6571"), bits(bytes(57))),
    ],
)
def test_keys_of_other_kinds(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_spki(raw, "x")
    assert caught.value.code == "tuf.key.type"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "04",
        "0401",
        "048000",
        "0480 01 0000",
        "0481",
        "048101 00",
        "04817f" + "00" * 127,
        "04820080" + "00" * 128,
        "0482 01",
        "04850000000001 00",
        "0485 01 00000000",
        "048400ffffff",
        "0484ffffffff",
        "04ff",
        "1f0100",
        "bf8101 00",
    ],
)
def test_elements_that_are_none(raw: str) -> None:
    with pytest.raises(DerError):
        Reader(bytes.fromhex(raw)).element()


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths(size: int) -> None:
    reader = Reader(tlv(4, bytes(size)))
    assert reader.element() == (4, bytes(size))
    assert not reader.more
