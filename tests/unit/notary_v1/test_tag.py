"""Signed tags: released, agreed, asked for. Catalogue A80 to A84."""

from __future__ import annotations

import pytest

from crosstrust.chain.pin import signed_tag
from crosstrust.evidence.check import Outcome
from crosstrust.oci.digest import Digest
from tests.unit.notary_v1.author import GUN, Author, digest, encode, entry
from tests.unit.notary_v1.trial import Trial, pin, run, serve, tried

ONE, TWO = digest("one"), digest("two")


@pytest.fixture
def author() -> Author:
    made = Author()
    made.delegate("targets/releases")
    made.sign("v1", "one", "targets", "targets/releases")
    made.sign("v2", "two")
    return made


def ask(author: Author, *tags: str) -> Trial:
    return run(serve(author), pin(author), tags=tags)


def test_one_digest_in_both_roles(author: Author) -> None:
    trial = tried(author)
    assert trial.tags == {"v1": ONE, "v2": TWO}
    shown = {c.where: c.actual for c in trial.checks if c.code == "tuf.target.released"}
    assert shown == {f"{GUN}:v1": "targets, targets/releases", f"{GUN}:v2": "targets"}


def test_evidence_for_the_tags_asked_for_alone(author: Author) -> None:
    trial = ask(author, "v2")
    assert trial.tags == {"v2": TWO}
    data = trial.judgement.trust_data
    assert data is not None
    assert [tag.tag for tag in data.tags] == ["v1", "v2", "v1"]
    assert ask(author).tags == {}


@pytest.mark.parametrize("difference", ["digest", "length"])
def test_two_roles_that_disagree(author: Author, difference: str) -> None:
    other = entry("other") if difference == "digest" else entry("one", 101)
    author.tags["targets"]["v1"] = other
    trial = ask(author, "v1", "v2")
    assert trial.failed == ["signer.agree T"]
    assert trial.check("signer.agree").where == f"{GUN}:v1"
    assert trial.tags == {"v2": TWO}
    # A tag that was not asked for says nothing about the others.
    assert ask(author, "v2").failed == []
    whole = tried(author)
    assert whole.failed == []
    assert whole.tags == {"v2": TWO}


@pytest.mark.parametrize("hashes", [{}, {"sha512": encode(bytes(64))}, {"sha256": "AAAA"}])
def test_a_tag_without_a_usable_sha256(author: Author, hashes: dict[str, str]) -> None:
    author.tags["targets"]["v3"] = {"hashes": hashes, "length": 5}
    trial = ask(author, "v3")
    assert trial.failed == []
    assert trial.tags == {}
    data = trial.judgement.trust_data
    assert data is not None
    (found,) = [tag for tag in data.tags if tag.tag == "v3"]
    assert (found.digest, found.length) == (None, 5)


def test_what_else_was_signed_of_a_tag_is_read(author: Author) -> None:
    long, odd = encode(bytes(64)), encode(bytes(3))
    stated = author.tags["targets"]["v2"]["hashes"]
    author.tags["targets"] |= {
        "v3": {"hashes": {**stated, "sha512": long, "md5": odd}, "length": 5},
        "v4": {"hashes": {**stated, "sha512": odd}, "length": 5},
    }
    data = ask(author, "v3").judgement.trust_data
    assert data is not None
    found = {tag.tag: tag.hashes for tag in data.tags if tag.tag in {"v2", "v3", "v4"}}
    assert found == {"v2": (), "v3": (("sha512", "00" * 64),), "v4": (("sha512", "000000"),)}


def test_two_roles_that_state_two_hashes_of_one_kind_disagree(author: Author) -> None:
    for role, raw in (("targets", bytes(64)), ("targets/releases", b"x" * 64)):
        author.tags[role]["v1"] = {**entry("one"), "hashes": {**entry("one")["hashes"]}}
        author.tags[role]["v1"]["hashes"]["sha512"] = encode(raw)
    trial = ask(author, "v1")
    assert trial.failed == ["signer.agree T"]
    assert f"sha512:{'00' * 64}" in trial.check("signer.agree").actual
    assert "v1" not in tried(author).tags
    author.tags["targets"]["v1"] = author.tags["targets/releases"]["v1"]
    assert ask(author, "v1").failed == []


def test_a_hash_in_one_role_alone_is_no_disagreement(author: Author) -> None:
    author.tags["targets"]["v1"]["hashes"]["sha512"] = encode(bytes(64))
    assert ask(author, "v1").failed == []


def test_a_digest_in_one_role_and_none_in_the_other(author: Author) -> None:
    author.tags["targets"]["v1"] = {"hashes": {}, "length": 100}
    assert ask(author, "v1").failed == ["signer.agree T"]


def test_a_tag_that_its_role_may_not_sign_is_unsigned_and_says_so(author: Author) -> None:
    author.delegate("targets/releases", paths=("v",))
    author.sign("latest", "two", "targets/releases")
    trial = ask(author, "latest")
    assert trial.tags == {}
    assert trial.failed == ["tuf.target.present N"]
    assert trial.check("tuf.target.present").actual == "outside: targets/releases may sign v"
    assert ask(author, "v2").failed == []


def test_a_tag_that_another_role_has_is_not_called_out_of_bounds(author: Author) -> None:
    author.delegate("targets/alice")
    author.sign("other", "two", "targets/alice")
    author.delegate("targets/releases", paths=("w",))
    author.sign("other", "two", "targets/releases")
    trial = run(serve(author), pin(author), tags=["other"])
    assert (trial.failed, trial.tags) == ([], {})


def test_a_role_without_a_file_hides_no_tag_that_is_out_of_bounds(author: Author) -> None:
    author.delegate("targets/alice")
    author.unlisted.add("targets/alice")
    author.delegate("targets/releases", paths=("w",))
    author.sign("other", "two", "targets/releases")
    trial = run(serve(author), pin(author), tags=["other"])
    assert trial.check("tuf.target.present").actual.startswith("outside: targets/releases")
    data = trial.judgement.trust_data
    assert data is not None
    alice = data.role("targets/alice")
    assert alice is not None
    assert (alice.version, alice.expires, alice.sha256, alice.size) == (0, None, "", 0)


def test_an_unknown_tag_has_no_evidence(author: Author) -> None:
    trial = ask(author, "v9")
    assert trial.failed == []
    assert trial.tags == {}


def test_a_tag_that_only_an_unpublished_role_could_have(author: Author) -> None:
    author.unlisted.add("targets/releases")
    trial = ask(author, "v9")
    assert trial.failed == ["tuf.delegation.published N"]
    assert ask(author, "v2").tags == {"v2": TWO}


def test_case_makes_another_tag(author: Author) -> None:
    author.sign("V1", "two")
    assert tried(author).tags == {"v1": ONE, "V1": TWO, "v2": TWO}


@pytest.mark.parametrize("tag", ["a/b", "a\nb", "", ".a", "a" * 129, "\u00e4", "v1 ", "a+b"])
def test_names_that_are_no_tags(author: Author, tag: str) -> None:
    author.sign(tag, "one")
    trial = tried(author)
    assert trial.failed == ["tuf.metadata.form T"]
    assert trial.tags == {}


def test_custom_data_is_let_be(author: Author) -> None:
    author.tags["targets"]["v3"] = {**entry("three"), "custom": {"a\nb": ["\u2028", "<&>", None]}}
    author.tags["targets"]["v3"]["custom"]["t"] = "\t\x00\x7f"
    # The author's encoder escapes control characters, the dialect does not.
    assert tried(author).failed == ["tuf.signature.threshold T"]
    author.tags["targets"]["v3"]["custom"] = {"b": ["\u2028", "<&>", None, True], "A": 1}
    assert tried(author).tags["v3"] == digest("three")


def test_the_claim_is_the_contract_s(author: Author) -> None:
    trial = ask(author, "v2")
    conclusions = [step.conclusion for step in trial.judgement.evidence.steps]
    assert signed_tag(GUN, "v2", Digest("sha256", TWO)) in conclusions
    assert {check.outcome for check in trial.checks} == {Outcome.PASSED}
