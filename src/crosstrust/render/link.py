"""The chain of a verdict as branches: pinned key, roles, tag, index, platforms.

A mark repeats what the checks about that link gave. A link that no check is about is marked as
unknown, never as passed.
"""

from __future__ import annotations

from collections.abc import Iterable

from crosstrust.evidence.check import Check, Outcome
from crosstrust.evidence.graph import Step
from crosstrust.evidence.trust_data import Role
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.render.branch import Branch
from crosstrust.render.pen import Mark, Pen
from crosstrust.render.platform import platform_branch
from crosstrust.render.text import counted, day, plain, short

Branches = tuple[Branch, ...]

_MARKS = {Outcome.PASSED: Mark.OK, Outcome.UNKNOWN: Mark.UNKNOWN, Outcome.FAILED: Mark.FAIL}
_TOP = ("root", "timestamp", "snapshot", "targets")
_PINNED = {
    "scoped": "pinned",
    "canonical": "pinned by its canonical ID",
    "first seen": "first seen here, by --tofu",
    "": "not pinned",
}
_TAG_CODES = ("tuf.target.", "signer.", "signature.", "policy.")
# What the last word of a code is called where it does not say it by itself. Without a name is
# what every reader takes for granted.
_NOUNS = {
    "form": "",
    "length": "hash",
    "threshold": "signatures",
    "rollback": "version",
    "unique": "version",
    "certificate_name": "certificate",
    "certificate_start": "certificate",
    "certificate_expiry": "certificate",
    "consecutive": "rotation",
    "published": "delegations",
    "expected": "pin",
    "match": "pin",
}


def chain(verdict: Verdict, pen: Pen) -> Branch:
    """Return the whole chain of ``verdict``, from the root key down to each platform."""
    below: Branches = (_tag(verdict, pen),)
    roles = [
        r for r in (verdict.trust_data.roles if verdict.trust_data else ()) if _used(verdict, r)
    ]
    below = (*(_role(verdict, r) for r in roles if r.name not in _TOP), *below)
    for name in reversed(_TOP):
        below = (_top_role(verdict, name, below),)
    return _root_key(verdict, below)


def about(verdict: Verdict, names: Iterable[str]) -> list[Check]:
    """Return the checks whose place or conclusion names one of ``names``, as a whole word."""
    wanted = frozenset(names)
    return [step.check for step in verdict.evidence.steps if _has_word(step, wanted)]


def gravest(checks: Iterable[Check]) -> Mark:
    """Return the gravest outcome as a mark; no checks at all is unknown."""
    return max((_MARKS[check.outcome] for check in checks), default=Mark.UNKNOWN)


def _has_word(step: Step, wanted: frozenset[str]) -> bool:
    text = f"{step.check.where} {step.conclusion.kind} {step.conclusion.subject}"
    if not any(name in text for name in wanted):
        return False
    return not wanted.isdisjoint(word.strip(",:;()") for word in text.split())


def _used(verdict: Verdict, role: Role) -> bool:
    """True for a role that signed the tag, or that some check did not pass for."""
    signed = verdict.signed.roles if verdict.signed else ()
    return role.name in signed or gravest(about(verdict, _names(role.name))) is Mark.FAIL


def _names(role: str) -> tuple[str, ...]:
    """What checks call a role: by its name in the metadata, or as pins do."""
    pins = {"targets": "repository", "targets/releases": "releases"}
    return (role, pins.get(role) or role.replace("targets/", "signer/", 1))


def _root_key(verdict: Verdict, below: Branches) -> Branch:
    keys = [use for use in verdict.keys if use.role == "root"]
    pins = [c for c in about(verdict, ("root",)) if c.code.startswith("pin.")]
    mark = gravest(pins)
    if not keys:
        # Of a chain that ended early only the checks are known.
        passed = [plain(c.actual) for c in pins if c.outcome is Outcome.PASSED and c.actual]
        if mark is Mark.OK and passed:
            return Branch(mark, f"root key as pinned: {passed[0]}", children=below)
        return Branch(max(mark, Mark.UNKNOWN), "root key: none was read", children=below)
    if mark is not Mark.FAIL:
        mark = Mark.OK if any(use.pinned for use in keys) else Mark.UNKNOWN
    shown = [f"{short(use.scoped)}, {_PINNED.get(use.pinned, plain(use.pinned))}" for use in keys]
    return Branch(mark, f"root key {'; '.join(shown)}", children=below)


def _top_role(verdict: Verdict, name: str, below: Branches) -> Branch:
    role = verdict.trust_data.role(name) if verdict.trust_data else None
    if role is not None:
        return _role(verdict, role, below)
    checks = about(verdict, _names(name))
    # Of a chain that ended early only the checks are known, not what the roles say.
    read = any(check.outcome is not Outcome.UNKNOWN for check in checks)
    text = name if read else f"{name}: not read"
    return Branch(gravest(checks), text, notes=_checked(checks), children=below)


def _role(verdict: Verdict, role: Role, below: Branches = ()) -> Branch:
    checks = about(verdict, _names(role.name))
    mark = gravest(checks)
    name = plain(role.name)
    if not role.version:
        return Branch(max(mark, Mark.UNKNOWN), f"{name}: declared, not published", children=below)
    until = f", until {day(role.expires)}" if role.expires else ""
    text = f"{name} v{role.version}{until}, {_signatures(role)}"
    return Branch(mark, text, notes=_checked(checks), children=below)


def _signatures(role: Role) -> str:
    """The keys that signed, by the IDs that the role lists them under."""
    keys = [short(key.scoped) for key in role.keys if key.canonical in role.signed_by]
    if not keys:
        return "unsigned"
    needed = f" ({role.threshold} needed)" if role.threshold > 1 else ""
    return f"key{'s' if len(keys) > 1 else ''} {', '.join(keys)}{needed}"


def _checked(checks: Iterable[Check]) -> tuple[str, ...]:
    nouns: dict[str, None] = {}
    for check in checks:
        if check.outcome is Outcome.PASSED:
            last = check.code.rpartition(".")[2]
            nouns[_NOUNS.get(last, last.replace("_", " "))] = None
    nouns.pop("", None)
    return (f"checked: {', '.join(nouns)}",) if nouns else ()


def _tag(verdict: Verdict, pen: Pen) -> Branch:
    checks = [*about(verdict, ("tag", "accepted"))]
    checks += [c for c in verdict.checks if c.code.startswith(_TAG_CODES)]
    mark = gravest(checks)
    signed = verdict.signed
    if signed is None:
        name = plain(verdict.signed_by)
        if mark is Mark.FAIL:
            return Branch(mark, f"no signature that counts for {name}")
        return Branch(Mark.UNKNOWN, f"signature of {name}: not known")
    text = f"tag {plain(signed.tag)} = {short(signed.digest)}, {counted(signed.length, 'byte')}"
    by = ", ".join(plain(_names(role)[1].removeprefix("signer/")) for role in signed.roles)
    return Branch(mark, f"{text}, by {by}", children=(_content(verdict, pen),))


def _content(verdict: Verdict, pen: Pen) -> Branch:
    """The signed image and, below it, the copy with its platforms."""
    copy = _copy(verdict, pen)
    if verdict.signed is None or verdict.digest == verdict.signed.digest:
        return copy
    gun = verdict.trust_data.gun if verdict.trust_data else verdict.signed_by
    marks = [_MARKS[check.outcome] for check in _served_by(verdict, gun)]
    # It was read and hashed, or there would be no platform to compare with.
    read = any(result.signed_digest is not None for result in verdict.platforms)
    marks.append(Mark.OK if read else Mark.UNKNOWN)
    text = f"signed {_form(verdict)} {short(verdict.signed.digest)} at {plain(gun)}"
    return Branch(max(marks), text, children=(copy,))


def _served_by(verdict: Verdict, repository: str) -> list[Check]:
    """Return the checks on what a registry served under ``repository``, or did not serve."""
    places = (f"{repository}@", f"{repository}:", f"{repository} ")
    return [
        check
        for check in verdict.checks
        if f"{check.where} ".startswith(places) and not check.code.startswith(_TAG_CODES)
    ]


def _repository(reference: str) -> str:
    """The repository of a reference: a colon after the last slash begins a tag."""
    name = reference.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def _form(verdict: Verdict) -> str:
    """What the signed bytes are; "image" where they were not read."""
    digest = verdict.signed.digest if verdict.signed else None
    members = {p.signed_digest for p in verdict.platforms if p.signed_digest is not None}
    if not members:
        return "image"
    return "manifest" if digest in members else "index"


def _copy(verdict: Verdict, pen: Pen) -> Branch:
    platforms = tuple(platform_branch(verdict, result, pen) for result in verdict.platforms)
    repository = _repository(verdict.subject)
    served = _served_by(verdict, repository)
    marks = [branch.mark for branch in platforms]
    marks += [_MARKS[c.outcome] for c in served]
    marks.append(Mark.OK if verdict.decision is Decision.TRUSTED else Mark.UNKNOWN)
    signed = verdict.signed
    same = signed is not None and verdict.digest == signed.digest
    name = "served" if verdict.subject == verdict.signed_by else "copy"
    place = repository if verdict.digest else verdict.subject
    text = f"{name} {_found(verdict, served)} at {plain(place)}"
    if same:
        text = f"{name} at {plain(repository)}: the signed bytes"
    return Branch(max(marks), text, children=platforms)


def _found(verdict: Verdict, served: Iterable[Check]) -> str:
    if verdict.digest is not None:
        return short(verdict.digest)
    absent = any(c.code == "image.tag.present" and c.outcome is Outcome.FAILED for c in served)
    return "not there" if absent else "not read"
