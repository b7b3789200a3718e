"""Why there is no signature to count: unsigned, not released, without sha256, or two of them."""

from __future__ import annotations

import pytest

from crosstrust.app.collect import collect_metadata
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.evidence.check import Check, Class
from crosstrust.evidence.verdict import Decision, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from tests.unit.chain.world import AT, GUN, ROOT, TAG, World

ONE, TWO = Digest.of(b"one"), Digest.of(b"two")
Signed = tuple[str, Digest | None, str]


def asked(name: str, *signed: Signed, demand: Demand | None = None) -> Verdict:
    """What ``inspect`` answers of ``name``; each entry is a tag, its digest and who signed."""
    world = World()
    for tag, digest, role in signed:
        world.sign(digest, tag=tag, role=role, length=7)
    return answer(world, name, demand)


def answer(world: World, name: str, demand: Demand | None = None) -> Verdict:
    subject = parse_reference(f"{GUN}{name}", default_tag=None)
    release = parse_reference(f"{GUN}:{subject.tag}" if subject.tag else GUN, default_tag=None)
    question = Question(subject, release, Pins(root=(ROOT,)), demand or Demand(), AT)
    return collect_metadata(question, world.scheme, world).verdict


def only(verdict: Verdict) -> Check:
    (check,) = verdict.failures
    assert verdict.gaps == ()
    assert not verdict
    assert check.remedy
    return check


ALICE, RELEASES = "targets/alice", "targets/releases"


@pytest.mark.parametrize(
    ("name", "signed", "code", "klass", "actual"),
    [
        (f":{TAG}", [], "tuf.target.present", "N", "no signed tag of this name"),
        (
            f":{TAG}",
            [("other", ONE, "targets")],
            "tuf.target.present",
            "N",
            "no signed tag of this name",
        ),
        (
            f"@{ONE}",
            [(TAG, TWO, "targets")],
            "tuf.target.present",
            "N",
            "no signed tag has this digest",
        ),
        (
            f":{TAG}",
            [(TAG, ONE, ALICE), ("other", ONE, "targets")],
            "tuf.target.released",
            "N",
            "signed by signer/alice, not released",
        ),
        (
            f"@{ONE}",
            [(TAG, ONE, ALICE), (TAG, TWO, "targets")],
            "tuf.target.released",
            "N",
            "signed by signer/alice, not released",
        ),
        (
            f":{TAG}",
            [(TAG, None, "targets")],
            "digest.algorithm.supported",
            "N",
            "signed without a sha256 digest",
        ),
        (
            f":{TAG}",
            [(TAG, ONE, "targets"), (TAG, None, RELEASES)],
            "digest.algorithm.supported",
            "N",
            "signed without a sha256 digest",
        ),
        (
            f":{TAG}",
            [(TAG, ONE, "targets"), (TAG, TWO, RELEASES)],
            "signer.agree",
            "T",
            f"repository: {ONE} of 7 bytes, releases: {TWO} of 7 bytes",
        ),
        (
            f"@{ONE}",
            [(TAG, ONE, "targets"), (TAG, TWO, RELEASES)],
            "signer.agree",
            "T",
            f"repository: {ONE} of 7 bytes, releases: {TWO} of 7 bytes",
        ),
    ],
)
def test_why_there_is_none(
    name: str, signed: list[Signed], code: str, klass: str, actual: str
) -> None:
    check = only(asked(name, *signed))
    assert (check.code, check.klass and check.klass.value, check.actual) == (code, klass, actual)
    assert check.where == f"{GUN}{name}"


@pytest.mark.parametrize("name", [f":{TAG}", f"@{ONE}"])
def test_one_digest_with_two_lengths_is_not_agreed_on(name: str) -> None:
    world = World()
    world.sign(ONE, length=7)
    world.sign(ONE, length=8, role=RELEASES)
    check = only(answer(world, name))
    assert (check.code, check.klass) == ("signer.agree", Class.ATTACK)
    assert check.actual == f"repository: {ONE} of 7 bytes, releases: {ONE} of 8 bytes"


@pytest.mark.parametrize(
    ("name", "signed", "remedy"),
    [
        (f":{TAG}", [], "spelling"),
        (f"@{ONE}", [], "verify the index by its tag or digest"),
        (f":{TAG}", [(TAG, ONE, ALICE)], "release it"),
        (f":{TAG}", [(TAG, None, "targets")], "with a sha256 digest"),
    ],
)
def test_what_to_do_fits_what_was_asked(name: str, signed: list[Signed], remedy: str) -> None:
    found = only(asked(name, *signed)).remedy
    assert remedy in found
    assert ("spelling" in found) == (remedy == "spelling")


SHA512 = Digest.of(b"one", "sha512")


@pytest.mark.parametrize(
    ("name", "signed"),
    [
        (f"@{SHA512}", [(TAG, ONE, "targets")]),
        (f"@{SHA512}", []),
        (f":{TAG}@{SHA512}", [(TAG, ONE, "targets")]),
    ],
)
def test_another_hash_than_authors_sign_is_not_compared_without_the_bytes(
    name: str, signed: list[Signed]
) -> None:
    verdict = asked(name, *signed)
    (check,) = verdict.gaps
    assert (verdict.decision, verdict.failures) == (Decision.UNDECIDED, ())
    assert (check.code, check.klass) == ("digest.algorithm.supported", Class.USAGE)
    assert (check.where, check.actual) == (f"{GUN}{name}", str(SHA512))
    assert "`crosstrust verify`" in check.remedy


def test_an_unsigned_tag_is_unsigned_whatever_hash_stands_beside_it() -> None:
    assert only(asked(f":{TAG}@{SHA512}")).code == "tuf.target.present"


@pytest.mark.parametrize("name", [f":{TAG}", f"@{ONE}"])
def test_unsigned_as_the_policy_expects_it(name: str) -> None:
    check = only(asked(name, demand=Demand(unsigned=True)))
    assert (check.code, check.klass and check.klass.value) == ("tuf.target.present", "N")
    assert (check.where, check.actual) == (f"{GUN}{name}", "unsigned, as the policy says")


@pytest.mark.parametrize("role", ["targets", RELEASES])
@pytest.mark.parametrize("name", [f":{TAG}", f"@{ONE}", f":{TAG}@{ONE}"])
def test_a_signature_that_counts(name: str, role: str) -> None:
    verdict = asked(name, ("other", TWO, "targets"), (TAG, ONE, role), (TAG, TWO, ALICE))
    assert verdict
    assert verdict.signed is not None
    assert (verdict.signed.tag, verdict.signed.digest, verdict.signed.length) == (TAG, ONE, 7)
    assert verdict.signed.roles == (role,)
    assert verdict.require() == f"{GUN}@{ONE}"
    assert [check.code for check in verdict.checks][-1] == "policy.rule"


@pytest.mark.parametrize(
    ("demand", "code", "actual"),
    [
        (Demand(ruled=False), "policy.rule", "none of the policy's rules matches it"),
        (Demand(unsigned=True), "policy.signature.expected", "signed"),
        (
            Demand(ruled=False, unsigned=True),
            "policy.rule",
            "none of the policy's rules matches it",
        ),
    ],
)
def test_a_signature_that_the_policy_does_not_want(demand: Demand, code: str, actual: str) -> None:
    check = only(asked(f":{TAG}", (TAG, ONE, "targets"), demand=demand))
    assert (check.code, check.klass and check.klass.value) == (code, "P")
    assert (check.where, check.actual) == (f"{GUN}:{TAG}", actual)


def test_a_tag_and_another_digest_than_its_own() -> None:
    check = only(asked(f":{TAG}@{TWO}", (TAG, ONE, "targets")))
    assert (check.code, check.klass and check.klass.value) == ("reference.tag.digest", "T")
    assert (check.where, check.expected, check.actual) == (
        f"{GUN}:{TAG}@{TWO}",
        f"{ONE}, signed as {TAG}",
        str(TWO),
    )
