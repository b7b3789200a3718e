"""What a check says beside its code: who, what and how many, and never without an end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from crosstrust.chain.pin import Pins
from crosstrust.errors import MalformedError
from crosstrust.evidence.check import Outcome
from crosstrust.schemes.notary_v1.envelope import parse_envelope
from crosstrust.schemes.notary_v1.finding import failed, refused
from tests.unit.notary_v1.author import AT, GUN, Author, Json, bare, digest, root_key
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import Trial, pin, run, serve, tried


@pytest.fixture
def author() -> Author:
    made = Author()
    made.sign("v1", "one")
    return made


def beside(*names: str) -> Callable[[bytes], bytes]:
    """Write members beside what is signed."""
    return lambda raw: json.dumps({**json.loads(raw), **dict.fromkeys(names, 1)}).encode()


def form_of(trial: Trial, role: str) -> str:
    (found,) = [c for c in trial.checks if (c.code, c.where) == ("tuf.metadata.form", role)]
    assert found.outcome is Outcome.PASSED
    return found.actual


def test_members_that_nothing_vouches_for_are_named_in_order(author: Author) -> None:
    author.written["targets"] = beside("b", "a", "x" * 41)
    trial = tried(author)
    assert form_of(trial, "targets") == f"beside what is signed: b, a, {'x' * 40}"
    assert form_of(trial, "snapshot") == ""
    assert trial.tags == {"v1": digest("one")}


def test_eight_of_them_are_named(author: Author) -> None:
    author.written["targets"] = beside(*"abcdefghi")
    assert form_of(tried(author), "targets") == f"beside what is signed: {', '.join('abcdefgh')}"


def test_roles_of_a_root_that_mean_nothing_are_named(author: Author) -> None:
    def more(signed: Json) -> None:
        signed["roles"]["mirrors"] = {"keyids": [], "threshold": 1}

    author.edits["root"] = more
    author.written["root"] = beside("note")
    said = "beside what is signed: note; roles that mean nothing: mirrors"
    assert form_of(tried(author), "root") == said


def test_a_tag_outside_the_paths_of_its_role(author: Author) -> None:
    paths = (*(f"p{number}" for number in range(8)), "q" * 50)
    author.delegate("targets/releases", paths=paths)
    author.sign("other", "two", "targets/releases")
    trial = run(serve(author), pin(author), tags=["other"])
    assert trial.failed == ["tuf.target.present N"]
    check = trial.check("tuf.target.present")
    assert check.where == f"{GUN}:other"
    allowed = ", ".join(paths[:8])
    assert check.actual == f"outside: targets/releases may sign {allowed}"


@pytest.mark.parametrize(
    ("paths", "said"), [((), "nothing"), (("q" * 50,), "q" * 40), (("a", "b"), "a, b")]
)
def test_the_paths_of_a_role(author: Author, paths: tuple[str, ...], said: str) -> None:
    author.delegate("targets/releases", paths=paths)
    author.sign("other", "two", "targets/releases")
    check = run(serve(author), pin(author), tags=["other"]).check("tuf.target.present")
    assert check.actual == f"outside: targets/releases may sign {said}"


def test_a_threshold_counts_keys_and_names_those_that_signed(author: Author) -> None:
    keys = [bare(), bare(), bare()]
    author.keys["targets"], author.thresholds["targets"] = keys, 2
    author.signers["targets"] = keys[:2]
    check = next(c for c in tried(author).checks if c.where == "targets" and "threshold" in c.code)
    assert (check.expected, check.actual) == ("2 of 3 keys", f"2: {keys[0].id}, {keys[1].id}")
    author.signers["targets"] = []
    refused_one = tried(author).check("tuf.signature.threshold")
    assert (refused_one.expected, refused_one.actual) == ("2 of 3 keys", "none")


@pytest.mark.parametrize(("method", "code"), [("eddsa", "tuf.signature.method"), ("x", "")])
def test_a_signature_that_counts_for_nothing_is_named(
    author: Author, method: str, code: str
) -> None:
    def other(made: list[Json]) -> list[Json]:
        return [{**made[0], "method": method}]

    author.signatures["targets"] = other
    check = tried(author).check(code or "tuf.signature.threshold")
    key = author.keys["targets"][0].id
    reason = "method eddsa with ecdsa" if code else "does not verify"
    assert check.actual == f"none; void: {key}, {reason}"


@pytest.mark.parametrize(("bits", "strong"), [(2048, True), (2047, False)])
def test_an_rsa_key_of_2048_bits_counts_and_a_shorter_one_does_not(
    author: Author, bits: int, *, strong: bool
) -> None:
    author.keys["targets"] = [bare(rsa.generate_private_key(65537, bits))]
    trial = tried(author)
    assert trial.failed == ([] if strong else ["tuf.signature.threshold T"])
    assert bool(trial.tags) is strong


def test_a_certificate_of_a_short_key_is_called_that(author: Author) -> None:
    private = rsa.generate_private_key(65537, 2047)  # noqa: S505 - it is to be refused
    key = root_key(private=private)
    author.keys["root"] = [type(key)(private, "rsa-x509", key.public)]
    check = tried(author).check("key.strength")
    assert check.actual.endswith("a certificate of a short RSA key")


def test_a_delegation_signed_with_a_certificate_that_ran_out_is_told(author: Author) -> None:
    late, good = (root_key(end=AT - timedelta(days=1)), root_key(end=AT))
    author.delegate("targets/late", late)
    author.delegate("targets/good", good)
    author.delegate("targets/bare")
    trial = tried(author)
    assert trial.failed == []
    (notice,) = trial.judgement.warnings
    assert (notice.code, notice.where) == ("tuf.delegation.certificate", f"{GUN} targets/late")
    assert late.id in notice.text


@pytest.mark.parametrize(
    ("code", "klass"),
    [
        ("limit.exceeded", "R"),
        ("notary.answer.form", "R"),
        ("tuf.metadata.form", "T"),
        ("tuf.key.id", "T"),
        ("digest.algorithm.supported", "T"),
    ],
)
def test_a_file_that_cannot_be_read_has_a_class(code: str, klass: str) -> None:
    for where, shown in (("targets keyid", "targets keyid"), ("keyid", "targets: keyid")):
        check = refused(MalformedError(code, where, expected="a", actual="b"), "targets")
        assert check.klass is not None
        assert (check.klass.value, check.where, check.outcome) == (klass, shown, Outcome.FAILED)
        assert check.remedy.startswith("do not trust this repository")
    own = refused(MalformedError(code, "targets", expected="", actual="", remedy="x"), "targets")
    assert own.remedy == "x"


def test_what_is_found_looks_like_an_attack_unless_a_class_is_given() -> None:
    check = failed("tuf.meta.hash", "targets", expected="a", actual="b", remedy="c")
    assert (check.klass and check.klass.value, check.expected, check.actual, check.remedy) == (
        "T",
        "a",
        "b",
        "c",
    )


@pytest.mark.parametrize("tofu", [True, False])
def test_a_root_that_nobody_pinned_shows_its_key(author: Author, *, tofu: bool) -> None:
    key = author.keys["root"][0]
    trial = run(serve(author), Pins(tofu=tofu))
    check = next(c for c in trial.checks if c.code in {"pin.match", "pin.present"})
    assert check.actual == f"{key.id} (canonical {key.canonical})"
    assert (check.code, check.expected) == (
        ("pin.match", "first seen") if tofu else ("pin.present", f"a pinned root key of {GUN}")
    )


def test_without_any_trust_data_it_is_unsigned_or_gone(author: Author) -> None:
    pins, empty = pin(author), Server(GUN)
    check = run(empty, replace(pins, of_prefix=True)).check("tuf.target.present")
    assert (check.where, check.klass and check.klass.value) == (GUN, "N")
    seen = run(serve(author), pins).judgement.state
    for case in (run(empty, pins), run(empty, replace(pins, of_prefix=True), seen=seen)):
        gone = case.check("notary.still_present")
        assert (gone.where, gone.klass and gone.klass.value) == (GUN, "T")


@pytest.mark.parametrize(
    ("raw", "where", "actual"),
    [
        (b"", "targets", "empty"),
        (b" \n", "targets", "empty"),
        (b"<html>", "targets", "no JSON object"),
        (b"{}", "targets", "another JSON object"),
        (b'{"signatures":[]}', "targets signed", "none"),
        (b'{"signed":[],"signatures":[]}', "targets signed", "none"),
    ],
)
def test_what_is_no_role_file_is_told_apart(raw: bytes, where: str, actual: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_envelope(raw, "targets")
    assert (caught.value.where, caught.value.actual) == (where, actual)
