import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step, staged

A, B, C, D = (Claim("tag", "x", value) for value in "abcd")
GOOD = Check.passed("pin.match", "root", expected="1", actual="1")
FAILED = Check("pin.match", Outcome.FAILED, "root", Class.ATTACK)
UNKNOWN = Check("pin.present", Outcome.UNKNOWN, "root", Class.POLICY)

claims = st.sampled_from((A, B, C, D))
steps = st.builds(
    Step,
    premises=st.lists(claims, max_size=3).map(tuple),
    conclusion=claims,
    check=st.sampled_from((GOOD, FAILED, UNKNOWN)),
)
evidences = st.lists(steps, max_size=12).map(tuple).map(Evidence)


def test_a_passed_check_has_no_class_and_no_remedy() -> None:
    assert (GOOD.outcome, GOOD.klass, GOOD.remedy) == (Outcome.PASSED, None, "")
    assert (GOOD.expected, GOOD.actual) == ("1", "1")


def test_a_claim_reads_as_a_statement() -> None:
    assert str(Claim("tag", "x:1", "sha256:ab")) == "tag x:1 = sha256:ab"


def test_all_premises_are_needed_and_one_way_is_enough() -> None:
    both = Evidence((Step((A, B), C, GOOD),))
    assert C not in both.holding([A])
    assert C in both.holding([A, B])
    either = Evidence((Step((A,), C, GOOD), Step((B,), C, GOOD)))
    assert C in either.holding([B])


def test_steps_are_followed_in_any_order() -> None:
    evidence = Evidence((Step((B,), C, GOOD), Step((A,), B, GOOD)))
    assert evidence.holding([A]) == {A, B, C}


def test_what_holds_cannot_be_changed() -> None:
    held = Evidence((Step((A,), B, GOOD),)).holding([A])
    assert {held: "a key of a dictionary"}


@pytest.mark.parametrize("check", [FAILED, UNKNOWN])
def test_what_did_not_pass_proves_nothing(check: Check) -> None:
    assert Evidence((Step((A,), B, check),)).holding([A]) == {A}


def test_a_step_without_premises_proves_nothing() -> None:
    assert Evidence((Step((), B, GOOD),)).holding([A]) == {A}


def test_a_circle_does_not_hold_itself_up() -> None:
    assert Evidence((Step((A,), B, GOOD), Step((B,), A, GOOD))).holding([]) == frozenset()


@given(evidences)
def test_nothing_holds_without_axioms(evidence: Evidence) -> None:
    assert evidence.holding([]) == frozenset()


@given(evidences, st.integers(0, 11), st.sets(claims))
def test_removing_a_step_never_adds_a_claim(
    evidence: Evidence, number: int, axioms: set[Claim]
) -> None:
    fewer = Evidence(evidence.steps[:number] + evidence.steps[number + 1 :])
    assert fewer.holding(axioms) <= evidence.holding(axioms)


@given(evidences, evidences)
def test_evidence_adds_up_in_order(left: Evidence, right: Evidence) -> None:
    assert (left | right).checks == left.checks + right.checks


def test_stages_lead_to_the_conclusion_only_together() -> None:
    checks = [Check.passed(code, "root") for code in ("pin.match", "tuf.root.expiry")]
    assert B in Evidence(staged([A], B, checks)).holding([A])
    for spoiled in (0, 1):
        some = [FAILED if n == spoiled else check for n, check in enumerate(checks)]
        assert B not in Evidence(staged([A], B, some)).holding([A])


def test_no_stages_lead_nowhere() -> None:
    assert staged([A], B, []) == ()


def test_stages_of_two_conclusions_do_not_mix() -> None:
    first = staged([A], B, [GOOD, FAILED])
    second = staged([A], C, [FAILED, GOOD])
    assert Evidence((*first, *second)).holding([A]).isdisjoint({B, C})
