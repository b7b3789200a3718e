"""A verdict as plain data: ``verdict-v1``, the public form that its JSON Schema describes.

The form repeats what the verdict holds and draws no conclusion. Texts from servers are kept as
they came; whoever prints them makes them harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.codes import remedy_of
from crosstrust.evidence.trust_data import TrustData
from crosstrust.evidence.verdict import Notice, PinUse, PlatformResult, SignedBy, Traffic, Verdict
from crosstrust.oci.digest import Digest

SCHEMA = "verdict-v1"

Plain = dict[str, object]


def encode_verdict(verdict: Verdict, *, version: str = "") -> Plain:
    """Return ``verdict`` as dicts, lists, strings, numbers and None, in ``verdict-v1``.

    ``version`` is that of the tool. ``digest`` is the reference to run, and None unless the
    decision is trusted; what was seen otherwise stands in ``seen``.
    """
    klass = verdict.klass
    return {
        "schema": SCHEMA,
        "tool": {"name": "crosstrust", "version": version},
        "subject": verdict.subject,
        "signed_by": verdict.signed_by,
        "decision": verdict.decision.value,
        "class": klass.value if klass else None,
        "digest": verdict.pinned if verdict and verdict.pinned else None,
        "seen": verdict.pinned or None,
        "time": {"at": encode_time(verdict.at), "basis": verdict.basis},
        "historic": verdict.historic,
        "freshness": verdict.freshness,
        "keys": encode_keys(verdict.keys),
        "signed": _signed(verdict.signed, verdict.trust_data) if verdict.signed else None,
        "platforms_asked": list(verdict.asked),
        "platforms": [encode_platform(result) for result in verdict.platforms],
        "checks": [encode_check(check) for check in verdict.checks],
        "gaps": [_gap(check) for check in verdict.gaps],
        "warnings": [encode_warning(warning) for warning in verdict.warnings],
        "requests": encode_traffic(verdict.traffic),
        "metadata": _metadata(verdict.trust_data),
    }


def encode_time(at: datetime) -> str:
    """Return ``at`` as RFC 3339 in UTC, with fractions of a second where it has any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_check(check: Check) -> Plain:
    """Return one check; where it passed, its class is None and there is no remedy."""
    passed = check.outcome is Outcome.PASSED
    return {
        "code": check.code,
        "outcome": check.outcome.value,
        "class": check.klass.value if check.klass else None,
        "where": check.where,
        "expected": check.expected,
        "actual": check.actual,
        "remedy": check.remedy if passed else remedy_of(check.code, check.remedy),
    }


def encode_keys(keys: Iterable[PinUse]) -> Plain:
    """Return the keys of the chain by what they are for, each with how it was pinned."""
    named: dict[str, list[Plain]] = {"root": [], "repository": [], "releases": []}
    signers: dict[str, list[Plain]] = {}
    for use in keys:
        key: Plain = {
            "scoped": use.scoped,
            "canonical": use.canonical,
            "pinned": use.pinned or None,
        }
        if use.role in named:
            named[use.role].append(key)
        else:
            signers.setdefault(use.role.removeprefix("signer/"), []).append(key)
    return {**named, "signers": signers}


def encode_warning(warning: Notice) -> Plain:
    """Return one warning."""
    return {"code": warning.code, "where": warning.where, "text": warning.text}


def encode_traffic(traffic: Traffic) -> Plain:
    """Return what was asked of the network: requests, bytes, wall-clock seconds, proxies."""
    return {
        "count": traffic.count,
        "bytes": traffic.bytes,
        "seconds": traffic.seconds,
        "proxies": [{"proxy": use.proxy, "count": use.count} for use in traffic.proxies],
    }


def _signed(signed: SignedBy, data: TrustData | None) -> Plain:
    roles = []
    for name in signed.roles:
        role = data.role(name) if data else None
        roles.append(
            {
                "role": name,
                "signers": list(role.signed_by) if role else [],
                "threshold": role.threshold if role else None,
            }
        )
    return {
        "tag": signed.tag,
        "digest": str(signed.digest),
        "length": signed.length,
        "roles": roles,
    }


def encode_platform(result: PlatformResult) -> Plain:
    """Return one platform with its level, digests and layer counts."""
    return {
        "platform": result.platform,
        "level": result.level.value or None,
        "digest": _digest(result.digest),
        "signed_digest": _digest(result.signed_digest),
        "config": _digest(result.config),
        "layers": {"compared": result.layers, "fetched": result.fetched},
        "reasons": list(result.reasons),
    }


def _digest(digest: Digest | None) -> str | None:
    return str(digest) if digest else None


def _gap(check: Check) -> Plain:
    klass = check.klass.value if check.klass else None
    return {
        "code": check.code,
        "class": klass,
        "where": check.where,
        "actual": check.actual,
        "remedy": remedy_of(check.code, check.remedy),
    }


def _metadata(data: TrustData | None) -> list[Plain]:
    """Return every role file that was read; a delegation that is only declared has none."""
    return [
        {
            "role": role.name,
            "version": role.version,
            "expires": encode_time(role.expires) if role.expires else None,
            "sha256": role.sha256,
        }
        for role in (data.roles if data else ())
        if role.version
    ]
