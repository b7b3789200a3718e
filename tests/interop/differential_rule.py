"""Where we are deliberately stricter than docker or notary.

A rule knows a repository by how it was made, never by our answer to it. The same list, for
people, is in docs/reference/docker-differences.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.interop.repository_maker import Made


@dataclass(frozen=True)
class Rule:
    """``covers`` says whether a repository was made so, as far as ``tag`` goes ("": all of it).

    ``docker`` is what docker does, ``why`` our reason; one of ``codes`` is what we say.
    """

    id: str
    docker: str
    why: str
    codes: tuple[str, ...]
    covers: Callable[[Made, str], bool]


def _done(*kinds: str) -> Callable[[Made, str], bool]:
    return lambda made, tag: bool(made.at(*kinds))


def _has(mark: str, *kinds: str) -> Callable[[Made, str], bool]:
    """Made so by a change that has this mark, or by one of ``kinds``."""
    return lambda made, tag: mark in made.marks or bool(made.at(*kinds))


def _marked(mark: str) -> Callable[[Made, str], bool]:
    """Made so, as far as this tag goes."""
    return lambda made, tag: f"{mark}:{tag}" in made.marks


_BROKEN = (
    *("no signature", "corrupt signature", "foreign signature", "impersonated key"),
    *("one signature too few", "one signature repeated", "method of another key"),
    *("short key", "expired", "expires is no time", "byte changed and bound"),
)
_ENTRIES = ("threshold out of reach", "no keys")
_FORM = (
    *("doubled signature", "loose base64", "doubled member", "twin member", "doubled key ID"),
    *("odd name in the snapshot", "no tag of an image", "one signature repeated"),
)


def _skipped(made: Made, tag: str) -> bool:
    """A delegation that does not hold, by itself or by what its parent says of it."""
    entry = any(mark.startswith("entry:targets/") for mark in made.marks)
    listed = bool(made.at(*_ENTRIES)) and entry
    return any("/" in role for role in made.at(*_BROKEN)) or listed or "form:entry" in made.marks


RULES = (
    Rule(
        "delegation",
        "a signer's role or targets/releases that does not hold is skipped",
        "the row then reads as if somebody else had signed",
        (
            "tuf.delegation.expiry",
            "tuf.signature.threshold",
            "tuf.signature.method",
            "key.strength",
            "tuf.metadata.form",
        ),
        _skipped,
    ),
    Rule(
        "two-entries",
        "a tag in targets and in targets/releases is shown with both digests, or with one length",
        "nobody can say which one is meant",
        ("signer.agree",),
        _marked("two"),
    ),
    Rule(
        "paths",
        "asked for the whole repository, it leaves the paths of delegations out of account",
        "asked for the tag, docker itself does not show what a role may not sign",
        ("tuf.target.present", "tuf.target.released"),
        lambda made, tag: "paths" in made.marks and bool(tag),
    ),
    Rule(
        "no-sha256",
        "a tag without a whole sha256 is shown with what there is",
        "there is no digest to compare or to run",
        ("digest.algorithm.supported",),
        _marked("odd"),
    ),
    Rule(
        "binding",
        "a length is at most an upper limit; a delegation may be bound by sha512 alone",
        "signed metadata that contradicts the file is of another state",
        ("tuf.meta.length", "digest.algorithm.supported"),
        lambda made, tag: (
            bool(made.at("length too large", "length too small", "no sha256"))
            or bool({"form:length", "form:hashes"} & made.marks)
        ),
    ),
    Rule(
        "pin",
        "no pins: the first root that is seen is believed",
        "trust begins with a key that the user checked",
        ("pin.match",),
        _done("pin of another key"),
    ),
    Rule(
        "root-line",
        "at first sight only the newest root is read, whatever came before it",
        "the pinned key vouches for the first root; each later one must follow from it",
        ("tuf.root.rotation", "tuf.root.consecutive"),
        _has(
            "form:version",
            *("root not signed by the one before", "large version", "seen, root hidden"),
        ),
    ),
    Rule(
        "certificate",
        "a name that ends in * covers all that begins so; a start up to a day ahead is allowed",
        "a name without a border covers other authors' names; no slack in time",
        ("tuf.root.certificate_name", "tuf.root.certificate_start"),
        _done(
            "certificate of a wildcard",
            "certificate of a borderless wildcard",
            "certificate begins within a day",
        ),
    ),
    Rule(
        "key-twice",
        "one key in two certificates counts as two",
        "a threshold of two means two keys",
        ("tuf.signature.threshold", "tuf.root.rotation"),
        _done("one key listed twice"),
    ),
    Rule(
        "curve",
        "an ECDSA key on any curve that Go knows may be listed, and P-224 signs",
        "a curve that docker and notary never write; secp256k1 and P-224 are not verified here",
        ("tuf.key.type",),
        lambda made, tag: bool({"curve:secp224r1", "curve:secp256k1"} & made.marks),
    ),
    Rule(
        "method-case",
        "a signature's method may be in capitals",
        "one way to write it",
        ("tuf.signature.threshold", "tuf.root.rotation"),
        _done("method in capitals"),
    ),
    Rule(
        "form",
        "members twice, in another case or in letters that fold to theirs, loose base64, odd names",
        "what two readers may read differently is two documents",
        ("tuf.metadata.form",),
        lambda made, tag: bool(
            made.at(*_FORM) or {"form:case", "form:name", "form:base64"} & made.marks
        ),
    ),
    Rule(
        "missing",
        "a member that is missing or null is nought, an empty list or an empty text",
        "what was not written is not known; what is not needed has the form of what is",
        ("tuf.metadata.form",),
        _has("form:missing", "tag without anything"),
    ),
    Rule(
        "number",
        "1.0 and 1e3 are whole numbers, and any of 64 bits where no other reader is exact",
        "one way to write a number, up to 2**53",
        ("tuf.metadata.form",),
        _has("form:number"),
    ),
    Rule(
        "time",
        "an hour of one digit, a comma before the fraction, ten digits of it, 24 hours from UTC",
        "one way to write a time: RFC 3339",
        ("tuf.metadata.form",),
        _has("form:time"),
    ),
    Rule(
        "listed-key",
        "a listed key of an unknown kind, or under another ID, matters only if it signs",
        "a list that contradicts itself is not what its author meant",
        ("tuf.key.id", "tuf.key.type"),
        _has("form:key", "key under another ID"),
    ),
    Rule(
        "seen",
        "one version in two forms, a role that vanished, a repository that is gone: accepted",
        "what was there before is still there, or the server hides it",
        ("tuf.version.unique", "tuf.version.rollback", "notary.still_present"),
        _done("seen, same version", "seen, unlisted", "seen, forgotten"),
    ),
)


def row_rule(made: Made, peer: str) -> Rule | None:
    """Return the rule for a row that both show, where docker shows more signers or digests."""
    rule = next(rule for rule in RULES if rule.id == "paths")
    return rule if peer == "docker" and "paths" in made.marks else None


def rule_for(made: Made, tag: str, said: str) -> Rule | None:
    """Return the rule that ``made`` falls under and that fits what we ``said``."""
    fitting = (rule for rule in RULES if rule.covers(made, tag))
    return next((r for r in fitting if not r.codes or any(c in said for c in r.codes)), None)
