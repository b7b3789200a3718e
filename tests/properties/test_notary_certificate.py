"""Certificates and keys are read as cryptography reads them, or refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.errors import MalformedError
from crosstrust.schemes.notary_v1.der import DerError, Reader
from crosstrust.schemes.notary_v1.spki import BareKey, parse_spki
from crosstrust.schemes.notary_v1.x509 import Certificate, parse_certificate
from tests.unit.notary_v1.paper import (
    Parts,
    as_cryptography_reads,
    certificate_der,
    common_name,
    key_again,
    private_keys,
    spki_of,
)

BASIC_CONSTRAINTS = bytes.fromhex("0603551d13")
KINDS = st.sampled_from(range(len(private_keys())))
HASHES = st.sampled_from(
    [hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512(), hashes.SHA3_256()]
)
OIDS = st.sampled_from(
    [
        NameOID.COMMON_NAME,
        NameOID.COMMON_NAME,
        NameOID.ORGANIZATION_NAME,
        NameOID.SERIAL_NUMBER,
        NameOID.DOMAIN_COMPONENT,
        ObjectIdentifier("1.3.6.1.4.1.55555.1"),
    ]
)
PRINTABLE = "abcXYZ019 '()+,-./:=?"
ASCII = st.text(st.characters(max_codepoint=127), min_size=1, max_size=20)
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
BASIC = ANY.filter(lambda text: max(text) <= "\uffff")
TEXTS = {
    _ASN1Type.UTF8String: ANY,
    _ASN1Type.UniversalString: ANY,
    _ASN1Type.BMPString: BASIC,
    _ASN1Type.PrintableString: st.text(PRINTABLE, min_size=1, max_size=20),
    _ASN1Type.T61String: ASCII,
    _ASN1Type.IA5String: ASCII,
    _ASN1Type.VisibleString: ASCII,
    _ASN1Type.NumericString: ASCII,
}
EXTENSIONS = st.lists(
    st.sampled_from(
        [
            x509.BasicConstraints(ca=True, path_length=None),
            x509.BasicConstraints(ca=True, path_length=0),
            x509.BasicConstraints(ca=True, path_length=70000),
            x509.BasicConstraints(ca=False, path_length=None),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]),
            x509.SubjectAlternativeName([x509.DNSName("a.example")]),
            x509.OCSPNoCheck(),
            x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.2"), b"any bytes"),
        ]
    ),
    unique_by=lambda extension: extension.oid,
    max_size=4,
)
# A certificate has whole seconds; cryptography writes none before 1950.
MOMENTS = st.one_of(
    st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001 - becomes UTC below
    st.sampled_from([1950, 1999, 2000, 2049, 2050, 9999]).flatmap(
        lambda year: st.sampled_from([(year, 1, 1, 0, 0, 0), (year, 12, 31, 23, 59, 59)]).map(
            lambda parts: datetime(*parts)  # noqa: DTZ001 - becomes UTC below
        )
    ),
).map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))


@st.composite
def attributes(draw: st.DrawFn) -> x509.NameAttribute[str]:
    kind = draw(st.sampled_from(list(TEXTS)))
    return x509.NameAttribute(draw(OIDS), draw(TEXTS[kind]), kind, _validate=False)


PARTS: st.SearchStrategy[Parts] = st.lists(
    attributes(), min_size=1, max_size=3, unique_by=lambda part: (part.oid, part.value)
)


@st.composite
def certificates(draw: st.DrawFn) -> tuple[int, bytes]:
    kind, first, second = draw(KINDS), draw(MOMENTS), draw(MOMENTS)
    der = certificate_der(
        private_keys()[kind],
        draw(st.lists(PARTS, max_size=4)),
        (min(first, second), max(first, second)),
        [(extension, draw(st.booleans())) for extension in draw(EXTENSIONS)],
        draw(HASHES),
    )
    return kind, der


@cache
def plain_certificates() -> tuple[bytes, ...]:
    """Certificates in which every byte means something to us."""
    known = private_keys()[:6]
    constraints = x509.BasicConstraints(ca=True, path_length=3)
    subject = [[*common_name("docker.io/a/b")], [*common_name("x")]]
    late = datetime(2050, 1, 1, tzinfo=UTC)
    return (
        *(certificate_der(private, subject) for private in known),
        *(certificate_der(private, [], extensions=[(constraints, True)]) for private in known),
        certificate_der(known[0], subject, (late, late + timedelta(days=1))),
    )


@st.composite
def damaged(draw: st.DrawFn, genuine: st.SearchStrategy[bytes]) -> bytes:
    raw = bytearray(draw(genuine))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        change = draw(st.sampled_from(["bit", "byte", "cut", "more"]))
        if change == "bit":
            raw[at] ^= 1 << draw(st.integers(0, 7))
        elif change == "byte":
            raw[at] = draw(st.integers(0, 255))
        elif change == "cut":
            del raw[at]
        else:
            raw.insert(at, draw(st.integers(0, 255)))
    return bytes(raw)


def read(der: bytes) -> Certificate | None:
    try:
        return parse_certificate(der, "x")
    except MalformedError:
        return None


def read_key(spki: bytes) -> BareKey | None:
    try:
        return parse_spki(spki, "x")
    except MalformedError:
        return None


@given(certificates())
def test_every_certificate_is_read_as_cryptography_reads_it(made: tuple[int, bytes]) -> None:
    kind, der = made
    private = private_keys()[kind]
    found = parse_certificate(der, "x")
    assert found == as_cryptography_reads(der, spki_of(private))
    if kind == len(private_keys()) - 1:
        assert read_key(found.spki) is None
    elif isinstance(private, ed25519.Ed25519PrivateKey):
        raw = private.public_key().public_bytes_raw()
        assert read_key(found.spki) == BareKey("ed25519", raw)
    else:
        assert read_key(found.spki) in (BareKey("ecdsa", found.spki), BareKey("rsa", found.spki))


@given(damaged(st.sampled_from(plain_certificates())))
def test_a_damaged_certificate_is_read_the_same_or_refused(der: bytes) -> None:
    found = read(der)
    if found is None:
        return
    try:
        expected = as_cryptography_reads(der, found.spki)
    except ValueError:
        # It also reads the parameters of keys and extensions that no rule asks about.
        assert read_key(found.spki) is None or BASIC_CONSTRAINTS not in der
        return
    assert found == expected


@given(damaged(st.sampled_from([spki_of(private) for private in private_keys()])))
def test_a_damaged_key_is_read_the_same_or_refused(spki: bytes) -> None:
    found = read_key(spki)
    if found is not None:
        assert key_again(spki) == spki
        assert found.raw in (spki, spki[-32:])


@given(st.binary(max_size=60))
def test_any_bytes_are_elements_or_refused(raw: bytes) -> None:
    reader, length = Reader(raw), 0
    try:
        while reader.more:
            length += len(reader.whole())
    except DerError:
        assert length < len(raw)
    else:
        assert length == len(raw)


@given(st.integers(-(2**200), 2**200))
def test_integers_have_one_encoding(number: int) -> None:
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1
    encoded = number.to_bytes(size, "big", signed=True)
    assert Reader(bytes([2, size]) + encoded).integer() == number
    padding = b"\xff" if number < 0 else b"\x00"
    try:
        Reader(bytes([2, size + 1]) + padding + encoded).integer()
    except DerError:
        return
    raise AssertionError(number)
