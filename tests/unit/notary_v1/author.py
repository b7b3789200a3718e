"""A small author of Notary v1 metadata for these tests, written apart from the package.

Everything it writes can be bent: ``edits`` change what is signed before it is signed,
``signers`` replaces who signs, ``signatures`` edits the list of signatures.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

AT = datetime(2024, 6, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(days=30)
GUN = "docker.io/an/image"

Json = dict[str, Any]
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
TYPES = {"root": "Root", "timestamp": "Timestamp", "snapshot": "Snapshot"}
METHODS = {"ecdsa": "ecdsa", "ed25519": "eddsa", "rsa": "rsapss"}


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


@dataclass(frozen=True)
class AuthorKey:
    """A private key, and how metadata lists its public half."""

    private: Private
    keytype: str
    public: str

    @property
    def listed(self) -> Json:
        return {"keytype": self.keytype, "keyval": {"private": None, "public": self.public}}

    @cached_property
    def id(self) -> str:
        return hashlib.sha256(canonical(self.listed)).hexdigest()

    @property
    def canonical(self) -> str:
        return bare(self.private).id

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        if isinstance(self.private, rsa.RSAPrivateKey):
            scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
            return self.private.sign(message, scheme, hashes.SHA256())
        size = (self.private.curve.key_size + 7) // 8
        der = self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        return b"".join(half.to_bytes(size, "big") for half in decode_dss_signature(der))

    def signature(self, message: bytes) -> Json:
        method = METHODS[self.keytype.removesuffix("-x509")]
        return {"keyid": self.id, "method": method, "sig": encode(self.sign(message))}


def bare(private: Private | None = None) -> AuthorKey:
    """A key without a certificate; ECDSA on P-256 unless one is given."""
    used = private or ec.generate_private_key(ec.SECP256R1())
    if isinstance(used, ed25519.Ed25519PrivateKey):
        return AuthorKey(used, "ed25519", encode(used.public_key().public_bytes_raw()))
    der = used.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return AuthorKey(used, "rsa" if isinstance(used, rsa.RSAPrivateKey) else "ecdsa", encode(der))


def certificate(
    private: Private,
    name: str | Sequence[str] = GUN,
    *,
    start: datetime = AT - timedelta(days=100),
    end: datetime = AT + timedelta(days=3650),
    authority: bool | None = False,
    extra: x509.ExtensionType | None = None,
) -> bytes:
    """A self-signed certificate in PEM; ``authority`` None leaves the constraint out."""
    names = [name] if isinstance(name, str) else name
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in names])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if authority is not None:
        constraint = x509.BasicConstraints(ca=authority, path_length=None)
        builder = builder.add_extension(constraint, critical=True)
    if extra is not None:
        builder = builder.add_extension(extra, critical=False)
    algorithm = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(private, algorithm).public_bytes(serialization.Encoding.PEM)


def certified(*pems: bytes, private: Private, keytype: str = "ecdsa-x509") -> AuthorKey:
    """A key listed by its certificates."""
    return AuthorKey(private, keytype, encode(b"".join(pems)))


def root_key(name: str = GUN, *, private: Private | None = None, **options: Any) -> AuthorKey:
    """A new key with a certificate for ``name``."""
    used = private or ec.generate_private_key(ec.SECP256R1())
    return certified(certificate(used, name, **options), private=used)


def digest(word: str) -> str:
    """The hex digest that stands for an image in these tests."""
    return hashlib.sha256(word.encode()).hexdigest()


def entry(word: str, length: int = 100) -> Json:
    """A target entry as docker writes it."""
    return {"hashes": {"sha256": encode(bytes.fromhex(digest(word)))}, "length": length}


def bind(raw: bytes) -> Json:
    hashed = {name: encode(hashlib.new(name, raw).digest()) for name in ("sha256", "sha512")}
    return {"hashes": hashed, "length": len(raw)}


@dataclass
class Declared:
    """A delegation as its parent declares it."""

    keys: list[AuthorKey]
    threshold: int = 1
    paths: tuple[str, ...] = ("",)


@dataclass
class Author:
    """All that one repository says, written whole by ``files``."""

    gun: str = GUN
    keys: dict[str, list[AuthorKey]] = field(default_factory=dict)
    thresholds: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    expires: dict[str, datetime] = field(default_factory=dict)
    tags: dict[str, dict[str, Json]] = field(default_factory=lambda: {"targets": {}})
    declared: dict[str, Declared] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    edits: dict[str, Callable[[Json], None]] = field(default_factory=dict)
    signers: dict[str, list[AuthorKey]] = field(default_factory=dict)
    signatures: dict[str, Callable[[list[Json]], Any]] = field(default_factory=dict)
    written: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    made: dict[tuple[str, bytes], Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys.setdefault("root", [root_key(self.gun)])
        for role in ("targets", "snapshot", "timestamp"):
            self.keys.setdefault(role, [bare()])

    def sign(self, tag: str, word: str, *roles: str) -> None:
        for role in roles or ("targets",):
            self.tags.setdefault(role, {})[tag] = entry(word)

    def delegate(self, role: str, *keys: AuthorKey, **options: Any) -> Declared:
        self.declared[role] = Declared(list(keys) or [bare()], **options)
        self.tags.setdefault(role, {})
        return self.declared[role]

    def bump(self, *roles: str) -> None:
        """Give ``roles``, or every role but root, the next version."""
        for role in roles or ("timestamp", "snapshot", *self.tags):
            self.versions[role] = self.versions.get(role, 1) + 1

    def root(self) -> bytes:
        return self._write("root", self._root())

    def files(self, root: bytes | None = None) -> dict[str, bytes]:
        """Every current file; ``root`` replaces the root that would be written."""
        files = {"root": root or self.root()}
        for role in self.tags:
            targets = {"targets": self.tags[role], "delegations": self._delegations(role)}
            files[role] = self._write(role, targets)
        meta = {role: bind(raw) for role, raw in files.items() if role not in self.unlisted}
        files["snapshot"] = self._write("snapshot", {"meta": meta})
        bound = {"snapshot": bind(files["snapshot"])}
        files["timestamp"] = self._write("timestamp", {"meta": bound})
        return files

    def _root(self) -> Json:
        certified = ("root", "timestamp", "snapshot", "targets")
        return {
            "consistent_snapshot": False,
            "keys": {key.id: key.listed for role in certified for key in self.keys[role]},
            "roles": {
                role: {
                    "keyids": [key.id for key in self.keys[role]],
                    "threshold": self.thresholds.get(role, 1),
                }
                for role in certified
            },
        }

    def _delegations(self, parent: str) -> Json:
        children = {n: d for n, d in self.declared.items() if n.rpartition("/")[0] == parent}
        return {
            "keys": {key.id: key.listed for each in children.values() for key in each.keys},
            "roles": [
                {
                    "keyids": [key.id for key in each.keys],
                    "name": name,
                    "paths": list(each.paths),
                    "threshold": each.threshold,
                }
                for name, each in children.items()
            ],
        }

    def _write(self, role: str, content: Json) -> bytes:
        expires = self.expires.get(role, LATER)
        signed: Json = {
            "_type": TYPES.get(role, "Targets"),
            "version": self.versions.get(role, 1),
            "expires": expires.isoformat().replace("+00:00", "Z"),
            **content,
        }
        if role in self.edits:
            self.edits[role](signed)
        usual = self.declared[role].keys if role in self.declared else self.keys.get(role, [])
        message = canonical(signed)
        made: Any = [self._signature(key, message) for key in self.signers.get(role, usual)]
        if role in self.signatures:
            made = self.signatures[role](made)
        raw = canonical({"signed": signed, "signatures": made})
        return self.written[role](raw) if role in self.written else raw

    def _signature(self, key: AuthorKey, message: bytes) -> Json:
        """Sign the same once, so that what did not change keeps its bytes."""
        if (key.id, message) not in self.made:
            self.made[key.id, message] = key.signature(message)
        return self.made[key.id, message]
