"""Delegations: any depth, paths, names, limits, and never stepped over. Catalogue A70 to A81."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crosstrust.evidence.check import Class
from crosstrust.oci import limits
from tests.unit.notary_v1.author import AT, Author, Json, bare, digest, root_key
from tests.unit.notary_v1.trial import Trial, tried

ONE, TWO = digest("one"), digest("two")


@pytest.fixture
def author() -> Author:
    made = Author()
    made.sign("v1", "one")
    return made


def listed(trial: Trial) -> dict[str, list[str]]:
    """The tags of each role in the trust data."""
    data = trial.judgement.trust_data
    assert data is not None
    found: dict[str, list[str]] = {}
    for tag in data.tags:
        found.setdefault(tag.role, []).append(tag.tag)
    return found


def test_releases_and_a_signer(author: Author) -> None:
    alice = bare()
    author.delegate("targets/alice", alice)
    author.delegate("targets/releases", alice)
    author.sign("v2", "two", "targets/alice", "targets/releases")
    trial = tried(author)
    assert trial.failed == []
    assert trial.tags == {"v1": ONE, "v2": TWO}
    assert listed(trial)["targets/alice"] == ["v2"]


def test_a_tag_of_a_signer_alone_does_not_follow(author: Author) -> None:
    author.delegate("targets/alice")
    author.sign("v2", "two", "targets/alice")
    assert tried(author).tags == {"v1": ONE}


def test_roles_come_breadth_first(author: Author) -> None:
    names = ["targets/b", "targets/a", "targets/b/c", "targets/a/d", "targets/b/c/e"]
    for name in names:
        author.delegate(name)
    author.sign("v2", "two", "targets/b/c/e")
    data = tried(author).judgement.trust_data
    assert data is not None
    order = ["root", "timestamp", "snapshot", "targets", *names]
    assert [role.name for role in data.roles] == order
    assert [tag.role for tag in data.tags] == ["targets", "targets/b/c/e"]


@pytest.mark.parametrize("role", ["targets/alice", "targets/alice/ci"])
@pytest.mark.parametrize("fault", ["expired", "unsigned"])
def test_a_bad_delegation_denies_every_tag(author: Author, role: str, fault: str) -> None:
    author.delegate("targets/alice")
    author.delegate("targets/alice/ci")
    if fault == "expired":
        author.expires[role] = AT - timedelta(days=1)
    else:
        author.signers[role] = [bare()]
    trial = tried(author)
    code = {"expired": "tuf.delegation.expiry S", "unsigned": "tuf.signature.threshold T"}[fault]
    assert trial.failed == [code]
    assert trial.tags == {}


def test_a_declared_delegation_without_a_file_is_no_fault(author: Author) -> None:
    author.delegate("targets/alice")
    author.unlisted.add("targets/alice")
    trial = tried(author)
    assert trial.failed == []
    assert trial.tags == {"v1": ONE}
    data = trial.judgement.trust_data
    assert data is not None
    role = data.role("targets/alice")
    assert role is not None
    assert (role.version, role.expires, role.sha256, len(role.keys)) == (0, None, "", 1)


def test_a_file_that_nobody_declares_is_not_read(author: Author) -> None:
    author.tags["targets/ghost"] = {}
    author.signers["targets/ghost"] = []
    assert tried(author).tags == {"v1": ONE}


@pytest.mark.parametrize(
    ("paths", "seen"),
    [
        (("",), ["a-1", "b-1"]),
        (("a",), ["a-1"]),
        (("a", "b"), ["a-1", "b-1"]),
        (("a-1", "c"), ["a-1"]),
        ((), []),
    ],
)
def test_paths_are_prefixes(author: Author, paths: tuple[str, ...], seen: list[str]) -> None:
    author.delegate("targets/releases", paths=paths)
    author.sign("b-1", "two", "targets/releases")
    author.sign("a-1", "two", "targets/releases")
    trial = tried(author)
    assert listed(trial).get("targets/releases", []) == seen
    assert trial.tags.keys() == {"v1", *seen}


@pytest.mark.parametrize(
    ("child", "kept"), [(("",), ()), (("a-b",), ("a-b",)), (("a-", "b"), ("a-",))]
)
def test_a_child_cannot_widen_its_parent(
    author: Author, child: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    author.delegate("targets/a", paths=("a-",))
    author.delegate("targets/a/b", paths=child)
    author.sign("a-b1", "two", "targets/a/b")
    author.sign("b1", "two", "targets/a/b")
    trial = tried(author)
    data = trial.judgement.trust_data
    assert data is not None
    role = data.role("targets/a/b")
    assert role is not None
    assert role.paths == kept
    assert listed(trial).get("targets/a/b", []) == (["a-b1"] if kept else [])


def test_a_threshold_of_two(author: Author) -> None:
    first, second = bare(), bare()
    author.delegate("targets/releases", first, second, threshold=2)
    author.sign("v2", "two", "targets/releases")
    assert tried(author).tags == {"v1": ONE, "v2": TWO}
    author.signers["targets/releases"] = [first]
    assert tried(author).failed == ["tuf.signature.threshold T"]


def test_a_certified_key_that_ran_out_still_counts(author: Author) -> None:
    author.delegate("targets/releases", root_key("alice", end=AT - timedelta(days=1)))
    author.sign("v2", "two", "targets/releases")
    assert tried(author).tags == {"v1": ONE, "v2": TWO}


def rename(author: Author, name: Any, where: str = "targets") -> None:
    def change(signed: Json) -> None:
        signed["delegations"]["roles"][0]["name"] = name

    author.delegate(f"{where}/x")
    author.edits[where] = change


@pytest.mark.parametrize(
    "name",
    [
        "root",
        "../x",
        "targets/../root",
        "targets/./x",
        "targets//x",
        "targets/",
        "targets",
        "targets/A",
        "targets/a b",
        "targets/%2f",
        "targets/x\n",
        "targets/\u0430",
        "targets/" + "a" * 300,
        "targets/x/y",
        "other/x",
        "",
        7,
    ],
)
def test_names_that_are_refused(author: Author, name: Any) -> None:
    rename(author, name)
    trial = tried(author)
    assert trial.failed == ["tuf.metadata.form T"]
    assert trial.tags == {}


@pytest.mark.parametrize("name", ["../x", "targets/../x", "targets/A", "x/y"])
def test_names_in_the_snapshot_that_are_refused(author: Author, name: str) -> None:
    def change(signed: Json) -> None:
        signed["meta"][name] = signed["meta"]["targets"]

    author.edits["snapshot"] = change
    trial = tried(author)
    assert trial.failed == ["tuf.metadata.form T"]
    assert all(want.role != name for each in trial.rounds for want in each)


def test_other_entries_of_the_snapshot_mean_nothing(author: Author) -> None:
    def change(signed: Json) -> None:
        signed["meta"]["timestamp"] = {"length": 1, "hashes": {}}

    author.edits["snapshot"] = change
    assert tried(author).tags == {"v1": ONE}


def test_one_role_declared_twice(author: Author) -> None:
    def change(signed: Json) -> None:
        signed["delegations"]["roles"] *= 2

    author.delegate("targets/x")
    author.edits["targets"] = change
    assert tried(author).failed == ["tuf.metadata.form T"]


def test_a_child_declared_elsewhere(author: Author) -> None:
    author.delegate("targets/x")
    rename(author, "targets/y/z", "targets/x")
    assert tried(author).failed == ["tuf.metadata.form T"]


def test_depth_has_a_limit(author: Author) -> None:
    name = "targets"
    for _ in range(limits.DELEGATION_DEPTH):
        name += "/a"
        author.delegate(name)
    assert tried(author).failed == []
    author.delegate(f"{name}/a")
    trial = tried(author)
    assert trial.failed == ["limit.exceeded R"]
    assert trial.check("limit.exceeded").klass is Class.REMOTE


def test_a_snapshot_with_too_many(author: Author) -> None:
    def change(signed: Json) -> None:
        one = signed["meta"]["targets"]
        signed["meta"] |= {f"targets/d{n}": one for n in range(limits.DELEGATIONS + 1)}

    author.edits["snapshot"] = change
    trial = tried(author)
    assert trial.failed == ["limit.exceeded R"]
    assert sum(map(len, trial.rounds)) < 10


def test_one_file_with_too_many(author: Author) -> None:
    def change(signed: Json) -> None:
        signed["delegations"]["roles"] *= limits.DELEGATIONS + 1

    author.delegate("targets/x")
    author.edits["targets"] = change
    assert tried(author).failed == ["limit.exceeded R"]


def test_too_many_in_all(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    key = bare()
    for name in ("targets/a", "targets/b", "targets/a/c", "targets/a/d"):
        author.delegate(name, key)
        author.unlisted.add(name)
    author.unlisted.discard("targets/a")
    monkeypatch.setattr(limits, "DELEGATIONS", 3)
    trial = tried(author)
    assert trial.failed == ["limit.exceeded R"]
    assert trial.tags == {}
