"""Steps for one role file below root, the same for each kind. TUF 5.4 to 5.6.

In this order: an answer, bound by its parent, well formed, signed, not older than before, not
expired. What fails first ends the role.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from crosstrust.chain.answer import Absent, Answer, Reply
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.evidence.trust_data import Key, Role
from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1.case import Case, judge_expiry, judge_floor, until_failure
from crosstrust.schemes.notary_v1.content import read_content
from crosstrust.schemes.notary_v1.envelope import Envelope
from crosstrust.schemes.notary_v1.field import JsonObject
from crosstrust.schemes.notary_v1.finding import failed, form_passed, refused, unanswered
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.schemes.notary_v1.metadata import FileMeta, Signing, Snapshot, Targets, Timestamp
from crosstrust.schemes.notary_v1.threshold import (
    Count,
    canonical_ids,
    count_signers,
    judge_threshold,
)
from crosstrust.value import dataclass

Body = TypeVar("Body", Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class RoleFile(Generic[Body]):
    """A role file to judge.

    ``meta`` is what its parent says of it, None for the timestamp. ``parse`` reads what is
    signed, ``further`` yields checks of this kind of role. ``paths`` are for the trust data.
    """

    name: str
    reply: Reply | None
    meta: FileMeta | None
    signing: Signing
    parse: Callable[[JsonObject, str], Body]
    expiry: str
    further: Callable[[Body], Iterator[Check]] | None = None
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedRole(Generic[Body]):
    """``claim`` follows if all is well. ``body`` is there once bound, well formed and signed.

    ``signers`` are the keys that signed it then.
    """

    claim: Claim
    steps: tuple[Step, ...]
    body: Body | None
    role: Role
    signers: tuple[PublicKey, ...] = ()


def judge_role_file(
    case: Case, file: RoleFile[Body], premises: tuple[Claim, ...]
) -> JudgedRole[Body]:
    """Return the steps from ``premises`` to "this is the role's file", and what it says."""
    if not isinstance(file.reply, Answer):
        claim = role_claim(case.gun, file.name, "")
        check = _no_answer(file)
        return JudgedRole(claim, staged(premises, claim, (check,)), None, declared(file))
    sha256 = Digest.of(file.reply.raw).hex
    claim = role_claim(case.gun, file.name, sha256)
    checks = list(until_failure(judge_binding(file.name, file.reply.raw, file.meta)))
    read = None
    if _all_well(checks):
        read = _read(file, file.reply.raw, checks)
    if read is None:
        return JudgedRole(claim, staged(premises, claim, checks), None, declared(file))
    envelope, body = read
    count = count_signers(envelope, file.signing)
    checks.append(judge_threshold(count, file.signing, file.name))
    if not _all_well(checks):
        return JudgedRole(claim, staged(premises, claim, checks), None, declared(file))
    checks += until_failure(_judge_body(case, file, body, sha256))
    role = _role(file, body, count, file.reply.raw)
    return JudgedRole(claim, staged(premises, claim, checks), body, role, count.signers)


def role_claim(gun: str, name: str, sha256: str) -> Claim:
    """Return the claim that the file with ``sha256`` is what the role says now."""
    if "/" in name:
        return Claim("delegation", f"{gun} {name}", f"sha256:{sha256}")
    return Claim(name, gun, f"sha256:{sha256}")


def declared(file: RoleFile[Body]) -> Role:
    """Return the role as its parent declares it, without a file."""
    return Role(
        file.name, listed_keys(file.signing), file.signing.threshold, (), 0, None, "", 0, file.paths
    )


def listed_keys(signing: Signing) -> tuple[Key, ...]:
    """Return the keys of a role for the trust data."""
    return tuple(key.listed for key in signing.keys)


def _all_well(checks: list[Check]) -> bool:
    return all(check.outcome is Outcome.PASSED for check in checks)


def _no_answer(file: RoleFile[Body]) -> Check:
    if file.meta is None or not isinstance(file.reply, Absent):
        return unanswered(file.reply, file.name)
    return failed(
        "notary.answer.form",
        file.name,
        expected=f"the file sha256:{file.meta.sha256}, which signed metadata names",
        actual="404",
        remedy="the Notary server is inconsistent: try again, then tell its operator",
    )


def judge_binding(name: str, raw: bytes, meta: FileMeta | None) -> Iterator[Check]:
    """Yield whether the bytes are those that the parent names: every known hash, the length."""
    if meta is None:
        return
    yield from _judge_digests(name, raw, meta)
    length = str(meta.length)
    if len(raw) == meta.length:
        yield Check.passed("tuf.meta.length", name, expected=length, actual=length)
        return
    remedy = "signed metadata contradicts itself: tell the author"
    yield failed("tuf.meta.length", name, expected=length, actual=str(len(raw)), remedy=remedy)


def _judge_digests(name: str, raw: bytes, meta: FileMeta) -> Iterator[Check]:
    for digest in meta.digests:
        found = Digest.of(raw, digest.algorithm)
        if found == digest:
            yield Check.passed("tuf.meta.hash", name, expected=str(digest), actual=str(found))
            continue
        yield failed(
            "tuf.meta.hash",
            name,
            expected=str(digest),
            actual=str(found),
            remedy="files of different states were mixed: do not trust it; try again later",
        )


def _read(file: RoleFile[Body], raw: bytes, checks: list[Check]) -> tuple[Envelope, Body] | None:
    """Return the file's content, or None; either way with a check more in ``checks``."""
    read = read_content(raw, file.name, file.parse)
    if isinstance(read, MalformedError):
        checks.append(refused(read, file.name))
        return None
    checks.append(form_passed(read[0], file.name))
    return read


def _judge_body(case: Case, file: RoleFile[Body], body: Body, sha256: str) -> Iterator[Check]:
    yield from judge_floor(case, file.name, body.version, sha256, file.signing)
    if file.further is not None:
        yield from file.further(body)
    yield judge_expiry(case, file.expiry, file.name, body.expires)


def _role(file: RoleFile[Body], body: Body, count: Count, raw: bytes) -> Role:
    return Role(
        file.name,
        listed_keys(file.signing),
        file.signing.threshold,
        canonical_ids(count.signers),
        body.version,
        body.expires,
        Digest.of(raw).hex,
        len(raw),
        file.paths,
    )
