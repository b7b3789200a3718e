from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.codec import encode_check, encode_keys, encode_time, encode_verdict
from crosstrust.evidence.codes import CODES
from crosstrust.evidence.graph import Evidence, Step
from crosstrust.evidence.trust_data import Role, TrustData
from crosstrust.evidence.verdict import Decision, PinUse, SignedBy, Verdict
from crosstrust.oci.digest import Digest

DIGEST = Digest.of(b"image")
VERDICT = Verdict(
    subject="x:1",
    signed_by="x:1",
    decision=Decision.TRUSTED,
    digest=DIGEST,
    pinned=f"x@{DIGEST}",
    at=datetime(2026, 5, 9, tzinfo=UTC),
    basis="clock",
    freshness="fresh",
    evidence=Evidence(),
)


def test_times_are_utc_with_their_fractions() -> None:
    at = datetime(2026, 5, 9, 1, 2, 3, 4, timezone(timedelta(hours=2)))
    assert encode_time(at) == "2026-05-08T23:02:03.000004Z"
    assert encode_time(at.replace(microsecond=0)) == "2026-05-08T23:02:03Z"


def test_a_digest_is_handed_out_only_when_trusted() -> None:
    for decision in Decision:
        encoded = encode_verdict(replace(VERDICT, decision=decision))
        trusted = decision is Decision.TRUSTED
        assert encoded["digest"] == (f"x@{DIGEST}" if trusted else None)
        assert encoded["seen"] == f"x@{DIGEST}"


def test_what_was_not_resolved_is_null() -> None:
    encoded = encode_verdict(replace(VERDICT, digest=None, pinned=""))
    assert (encoded["digest"], encoded["seen"]) == (None, None)


def test_what_did_not_pass_has_its_own_remedy_or_that_of_its_code() -> None:
    bare = Check("pin.match", Outcome.FAILED, "root", Class.ATTACK)
    assert encode_check(bare)["remedy"] == CODES["pin.match"].remedy
    assert encode_check(replace(bare, remedy="ask"))["remedy"] == "ask"
    assert encode_check(replace(bare, code="not.ours"))["remedy"] == ""
    assert encode_check(Check.passed("pin.match", "root"))["remedy"] == ""
    evidence = Evidence((Step((), Claim("none", "x", ""), replace(bare, outcome=Outcome.UNKNOWN)),))
    (gap,) = cast(
        "list[dict[str, object]]", encode_verdict(replace(VERDICT, evidence=evidence))["gaps"]
    )
    assert gap["remedy"] == CODES["pin.match"].remedy


def test_a_passed_check_has_no_class() -> None:
    assert encode_check(Check.passed("pin.match", "root"))["class"] is None


def test_keys_are_sorted_by_what_they_are_for() -> None:
    roles = ("root", "repository", "releases", "signer/a", "signer/a", "signer/b/ci")
    keys = encode_keys(PinUse(role, f"s{n}", f"c{n}", "") for n, role in enumerate(roles))
    expected = [{"scoped": f"s{n}", "canonical": f"c{n}", "pinned": None} for n in range(6)]
    assert keys == {
        "root": expected[:1],
        "repository": expected[1:2],
        "releases": expected[2:3],
        "signers": {"a": expected[3:5], "b/ci": expected[5:]},
    }


def test_a_role_without_its_file_still_counts_as_named() -> None:
    signed = SignedBy("1", DIGEST, 3, ("targets",))
    bare = encode_verdict(replace(VERDICT, signed=signed))["signed"]
    assert isinstance(bare, dict)
    assert bare["roles"] == [{"role": "targets", "signers": [], "threshold": None}]


def test_only_files_that_were_read_are_metadata() -> None:
    read = Role("targets", (), 1, (), 3, None, "ab", 10)
    declared = replace(read, name="targets/a", version=0, sha256="", size=0)
    data = TrustData("x", (read, declared), (), {})
    encoded = encode_verdict(replace(VERDICT, trust_data=data))
    assert encoded["metadata"] == [
        {"role": "targets", "version": 3, "expires": None, "sha256": "ab"}
    ]
