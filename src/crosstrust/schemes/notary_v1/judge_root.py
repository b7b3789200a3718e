"""Steps from the pinned key through every root to the newest one. TUF 5.3, dialect section 5."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from crosstrust.chain.pin import pinned_key
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Step, staged
from crosstrust.schemes.notary_v1.anchor import judge_anchor, pinned_by
from crosstrust.schemes.notary_v1.case import Case, until_failure
from crosstrust.schemes.notary_v1.certificate import judge_identity
from crosstrust.schemes.notary_v1.envelope import Envelope
from crosstrust.schemes.notary_v1.finding import failed, form_passed, refused
from crosstrust.schemes.notary_v1.key import PublicKey
from crosstrust.schemes.notary_v1.metadata import Root, Signing
from crosstrust.schemes.notary_v1.root_line import RootFile, RootLine
from crosstrust.schemes.notary_v1.threshold import (
    Count,
    canonical_ids,
    count_signers,
    judge_threshold,
)
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """A root with who signed it by its own root role."""

    file: RootFile
    envelope: Envelope
    root: Root
    counted: Count

    @property
    def signing(self) -> Signing:
        """The root role that it declares."""
        return self.root.signers["root"]


@dataclass(frozen=True, slots=True)
class Succession:
    """``roots`` from the anchor to the last that follows, each one version above the other.

    ``broken``: a newer root was served that does not follow. ``pinned`` says how each root key
    of the first and of the last is pinned, by scoped ID.
    """

    roots: tuple[SignedRoot, ...]
    steps: tuple[Step, ...]
    broken: bool
    pinned: Mapping[str, str]

    @property
    def last(self) -> SignedRoot:
        """The newest root that can be used."""
        return self.roots[-1]


def root_claim(gun: str, file: RootFile) -> Claim:
    """Return the claim that ``file`` is one of the author's roots, whatever its age."""
    return Claim("root", gun, f"sha256:{file.sha256}")


def judge_succession(case: Case, line: RootLine) -> Succession | None:
    """Return the roots that follow from the anchor, or None if there is no readable root.

    The anchor by its own signatures and a pin; every later one as TUF 5.3 says:
    5.3.4 signed by its predecessor's keys, as that lists them, and by its own
    5.3.5 one version above its predecessor
    Expiry of a predecessor does not matter (5.3.6).
    """
    anchor = line.files.get(line.anchor)
    first = _signed_root(anchor) if anchor is not None else None
    if not isinstance(first, SignedRoot):
        return None
    steps = list(_anchor_steps(case, line, first))
    roots, broken = [first], False
    while not broken and (file := line.files.get(line.anchor + len(roots))):
        version, before = line.anchor + len(roots), roots[-1]
        after = _signed_root(file)
        if isinstance(after, MalformedError):
            checks: tuple[Check, ...] = (refused(after, f"root {version}"),)
        else:
            checks = tuple(until_failure(_judge_rotation(case, before, after, version)))
        premise, conclusion = root_claim(case.gun, before.file), root_claim(case.gun, file)
        steps += staged((premise,), conclusion, checks)
        broken = checks[-1].outcome is Outcome.FAILED
        if isinstance(after, SignedRoot) and not broken:
            roots.append(after)
    pinned = pinned_by(case.pins, first.signing, roots[-1].signing)
    return Succession(tuple(roots), tuple(steps), broken, pinned)


def judge_signers(
    signed: SignedRoot, judge: Callable[[PublicKey], Iterable[Check]]
) -> Iterator[Check]:
    """Yield what ``judge`` says of the keys that signed; enough of them must pass it whole."""
    able = able_signers(signed, judge)
    enough = len(canonical_ids(able)) >= signed.signing.threshold
    for key in signed.counted.signers:
        if (key in able) is enough:
            yield from judge(key)


def able_signers(
    signed: SignedRoot, judge: Callable[[PublicKey], Iterable[Check]]
) -> tuple[PublicKey, ...]:
    """Return the keys that signed and pass ``judge``."""
    return tuple(
        key
        for key in signed.counted.signers
        if all(check.outcome is Outcome.PASSED for check in judge(key))
    )


def _signed_root(file: RootFile) -> SignedRoot | MalformedError:
    if isinstance(file.read, MalformedError):
        return file.read
    envelope, root = file.read
    return SignedRoot(file, envelope, root, count_signers(envelope, root.signers["root"]))


def identity(case: Case) -> Callable[[PublicKey], Iterable[Check]]:
    """Return the rules for a root key that hold at any time."""
    return lambda key: judge_identity(key, case.gun, wildcard=case.wildcard)


def _anchor_steps(case: Case, line: RootLine, first: SignedRoot) -> Iterator[Step]:
    able = able_signers(first, identity(case))
    anchoring = judge_anchor(case, line, first.signing, able)
    anchor = Claim("anchor", case.gun, f"sha256:{first.file.sha256}")
    for key in anchoring.keys:
        yield Step((pinned_key(case.gun, key.listed.scoped),), anchor, anchoring.check)
    if not anchoring.keys:
        yield Step((), anchor, anchoring.check)
    checks = (
        form_passed(first.envelope, "root"),
        _judge_consecutive(first, line.anchor),
        judge_threshold(first.counted, first.signing, "root"),
        *judge_signers(first, identity(case)),
    )
    yield from staged((anchor,), root_claim(case.gun, first.file), tuple(until_failure(checks)))


def _judge_rotation(
    case: Case, before: SignedRoot, after: SignedRoot, version: int
) -> Iterator[Check]:
    where = f"root {version}"
    yield form_passed(after.envelope, where)
    yield _judge_consecutive(after, version)
    # The predecessor's keys count as it lists them: their certificates may have run out.
    yield judge_threshold(
        count_signers(after.envelope, before.signing),
        before.signing,
        f"{where} by the keys of root {version - 1}",
        code="tuf.root.rotation",
    )
    yield judge_threshold(
        after.counted, after.signing, f"{where} by its own keys", code="tuf.root.rotation"
    )
    yield from judge_signers(after, identity(case))


def _judge_consecutive(after: SignedRoot, version: int) -> Check:
    where, found = f"root {version}", after.root.version
    if found == version:
        return Check.passed("tuf.root.consecutive", where, actual=str(version))
    return failed(
        "tuf.root.consecutive",
        where,
        expected=str(version),
        actual=str(found),
        remedy="the server hides a root or gives one a wrong number: tell the author",
    )
