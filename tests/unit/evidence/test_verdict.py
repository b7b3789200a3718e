from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step
from crosstrust.evidence.trust_data import Role, TrustData
from crosstrust.evidence.verdict import Decision, NotTrustedError, ProxyUse, Traffic, Verdict
from crosstrust.oci.digest import Digest

DIGEST = Digest.of(b"image")
PASSED = Check.passed("pin.match", "root")
GAP = Check("http.available", Outcome.UNKNOWN, "x", Class.UNREACHABLE)
FAULT = Check("image.digest.match", Outcome.FAILED, "x", Class.CONTENT)
ATTACK = Check("tuf.meta.hash", Outcome.FAILED, "targets", Class.ATTACK)


def verdict(decision: Decision, *checks: Check) -> Verdict:
    claim = Claim("tag", "x", "")
    return Verdict(
        subject="x:1",
        signed_by="x:1",
        decision=decision,
        digest=DIGEST,
        pinned=f"x@{DIGEST}",
        at=datetime(2026, 5, 9, tzinfo=UTC),
        basis="clock",
        freshness="fresh",
        evidence=Evidence(tuple(Step((claim,), claim, check) for check in checks)),
    )


def test_only_trusted_is_true_and_may_be_run() -> None:
    trusted = verdict(Decision.TRUSTED, PASSED)
    assert trusted
    assert trusted.require() == f"x@{DIGEST}"


@pytest.mark.parametrize("decision", [Decision.REJECTED, Decision.UNDECIDED])
def test_everything_else_is_refused(decision: Decision) -> None:
    refused = verdict(decision, PASSED)
    assert not refused
    with pytest.raises(NotTrustedError) as error:
        refused.require()
    assert error.value.verdict is refused
    assert decision.value in str(error.value)
    assert (error.value.code, error.value.where) == ("verdict.trusted", "x:1")


def test_without_a_digest_there_is_nothing_to_run() -> None:
    with pytest.raises(NotTrustedError):
        replace(verdict(Decision.TRUSTED), digest=None).require()


def test_failures_and_gaps_are_told_apart() -> None:
    mixed = verdict(Decision.REJECTED, PASSED, GAP, FAULT)
    assert mixed.checks == (PASSED, GAP, FAULT)
    assert mixed.failures == (FAULT,)
    assert mixed.gaps == (GAP,)


def test_the_class_is_that_of_the_gravest_check() -> None:
    assert verdict(Decision.TRUSTED, PASSED).klass is None
    assert verdict(Decision.UNDECIDED, GAP).klass is Class.UNREACHABLE
    assert verdict(Decision.REJECTED, GAP, FAULT).klass is Class.CONTENT
    assert verdict(Decision.REJECTED, FAULT, ATTACK).klass is Class.ATTACK
    assert verdict(Decision.UNDECIDED).klass is None


def test_a_role_is_found_by_name() -> None:
    role = Role("targets", (), 1, (), 1, None, "", 0)
    data = TrustData("x", (role,), (), {})
    assert data.role("targets") is role
    assert data.role("root") is None


def test_traffic_since_an_earlier_count_names_the_proxies_used_since() -> None:
    before = Traffic(3, 100, 1.0, (ProxyUse("http://a:1", 2), ProxyUse("http://b:2", 1)))
    after = Traffic(8, 500, 2.0, (*before.proxies[:1], ProxyUse("http://b:2", 4)))
    assert after.since(before, seconds=0.5) == Traffic(5, 400, 0.5, (ProxyUse("http://b:2", 3),))
    assert before.since(Traffic(), seconds=1.0) == before
