"""Certificates read into what the rules look at. RFC 5280, section 4.

Every field is read as strictly as its form allows, but only what a rule asks for gets a meaning.
Who signed a certificate is not asked: the key in it is pinned or follows from a pinned one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crosstrust.schemes.notary_v1.algorithm import hash_name
from crosstrust.schemes.notary_v1.der import OCTET_STRING, SET, DerError, Reader, explicit
from crosstrust.schemes.notary_v1.field import malformed
from crosstrust.schemes.notary_v1.spki import split_spki
from crosstrust.value import dataclass

_COMMON_NAME = bytes.fromhex("550403")  # 2.5.4.3
_BASIC_CONSTRAINTS = bytes.fromhex("551d13")  # 2.5.29.19

_V3 = 2
_UNIQUE_IDS = (0x81, 0x82)
_PATH_LENGTH = 2**64

_PRINTABLE = 0x13
_SIGNS = " '()+,-./:=?"
_ENCODINGS = {
    0x0C: "utf-8",  # UTF8String
    0x1C: "utf-32-be",  # UniversalString
    0x1E: "utf-16-be",  # BMPString
    # Readers disagree on what is beyond ASCII in the others.
    0x12: "ascii",  # NumericString
    _PRINTABLE: "ascii",
    0x14: "ascii",  # TeletexString
    0x16: "ascii",  # IA5String
    0x1A: "ascii",  # VisibleString
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the rules look at.

    ``names`` are the subject's common names. ``start`` and ``end`` are UTC, both inclusive.
    ``hash_name`` is that of the signature over the certificate, "" where it is unknown.
    ``spki`` is the SubjectPublicKeyInfo; only its outer form was checked.
    """

    names: tuple[str, ...]
    start: datetime
    end: datetime
    authority: bool
    hash_name: str
    spki: bytes


def parse_certificate(der: bytes, where: str) -> Certificate:
    """Return what one DER certificate says. Code: ``tuf.metadata.form``."""
    try:
        return _parse(der)
    except ValueError as error:
        raise malformed(where, "an X.509 certificate", "bytes that are none") from error


def _parse(der: bytes) -> Certificate:
    outer = Reader(der)
    signed = outer.inside()
    outer.finish()
    fields = signed.inside()
    algorithm = signed.whole()
    signed.whole_bytes()
    signed.finish()
    return _parse_fields(fields, algorithm)


def _parse_fields(fields: Reader, algorithm: bytes) -> Certificate:
    version = _version(fields)
    fields.integer()
    if fields.whole() != algorithm:
        raise DerError("two signature algorithms")
    _parse_name(fields.inside())
    start, end = _validity(fields.inside())
    names = tuple(text for oid, text in _parse_name(fields.inside()) if oid == _COMMON_NAME)
    spki = fields.whole()
    split_spki(spki)
    authority = _is_authority(fields, version)
    fields.finish()
    return Certificate(names, start, end, authority, hash_name(algorithm), spki)


def _version(fields: Reader) -> int:
    if not fields.at(explicit(0)):
        return 0
    inner = fields.inside(explicit(0))
    version = inner.integer()
    inner.finish()
    # Version 1 is what stands nowhere, and version 2 is not used.
    if version != _V3:
        raise DerError("another version")
    return version


def _validity(reader: Reader) -> tuple[datetime, datetime]:
    start, end = reader.time(), reader.time()
    reader.finish()
    return start, end


def _parse_name(reader: Reader) -> list[tuple[bytes, str]]:
    """Return the OID and the text of each attribute of a Name, in order."""
    found: list[tuple[bytes, str]] = []
    while reader.more:
        found += _attributes(reader.inside(SET))
    return found


def _attributes(reader: Reader) -> Iterator[tuple[bytes, str]]:
    """Yield the attributes of one set: at least one, in the order of DER, none of them twice."""
    before = b""
    while reader.more or not before:
        encoded = reader.whole()
        if encoded <= before:
            raise DerError("a set out of order")
        before = encoded
        attribute = Reader(encoded).inside()
        yield attribute.oid(), _text(*attribute.element())
        attribute.finish()


def _text(tag: int, content: bytes) -> str:
    if tag not in _ENCODINGS:
        raise DerError("no text")
    text = content.decode(_ENCODINGS[tag])
    if tag == _PRINTABLE and not all(each.isalnum() or each in _SIGNS for each in text):
        raise DerError("no printable text")
    return text


def _is_authority(fields: Reader, version: int) -> bool:
    """Return the CA flag of the basic constraints; False if there are none."""
    if fields.more and version != _V3:
        raise DerError("extensions before version 3")
    for tag in _UNIQUE_IDS:
        if fields.at(tag):
            fields.element()
    if not fields.at(explicit(3)):
        return False
    outer = fields.inside(explicit(3))
    extensions = _extensions(outer.inside())
    outer.finish()
    constraints = extensions.get(_BASIC_CONSTRAINTS)
    return constraints is not None and _authority_flag(constraints)


def _extensions(reader: Reader) -> dict[bytes, bytes]:
    """Return the content of each extension by its OID."""
    found: dict[bytes, bytes] = {}
    while reader.more:
        extension = reader.inside()
        oid = extension.oid()
        extension.default_false()
        if oid in found:
            raise DerError("an extension twice")
        found[oid] = extension.read(OCTET_STRING)
        extension.finish()
    return found


def _authority_flag(content: bytes) -> bool:
    outer = Reader(content)
    inner = outer.inside()
    outer.finish()
    flag = inner.default_false()
    if inner.more and not 0 <= inner.integer() < _PATH_LENGTH:
        raise DerError("a length that is none")
    inner.finish()
    return flag
