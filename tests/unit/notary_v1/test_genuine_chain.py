"""Genuine chains are trusted inside their window with their keys pinned, and nowhere else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from crosstrust.chain.pin import Pins, pinned_key, signed_tag
from crosstrust.chain.scheme import Judgement
from crosstrust.evidence.check import Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.oci.digest import Digest
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.notary_v1.genuine import NAMES, facts, genuine_server, moment
from tests.unit.notary_v1.serving import collect

NEGATIVE = "negative-chain_hash-and-cn-mismatch"
EXPIRY = {
    "timestamp": "tuf.timestamp.expiry",
    "root certificate": "tuf.root.certificate_expiry",
}

each_chain = pytest.mark.parametrize("name", NAMES)


def judge(name: str, pins: Pins, at: datetime, gun: str = "") -> Judgement:
    server = genuine_server(name, gun)
    dossier, _ = collect(server, pins=pins)
    return NotaryV1().judge(server.gun, dossier, pins=pins, at=at, seen=b"")


def tags_holding(judgement: Judgement) -> frozenset[Claim]:
    data = judgement.trust_data
    assert data is not None
    axioms = [pinned_key(data.gun, key) for key, how in data.root_pins.items() if how]
    held = judgement.evidence.holding(axioms)
    return frozenset(claim for claim in held if claim.kind == "tag")


def failed(judgement: Judgement) -> list[tuple[str, Class | None]]:
    checks = judgement.evidence.checks
    return [(check.code, check.klass) for check in checks if check.outcome is Outcome.FAILED]


def released(known: dict[str, Any]) -> frozenset[Claim]:
    return frozenset(
        signed_tag(known["gun"], tag, Digest("sha256", entry["sha256"]))
        for role in ("targets", "targets/releases")
        for tag, entry in known["targets"].get(role, {}).items()
    )


@each_chain
@pytest.mark.parametrize("kind", ["keyid", "canonical_id"])
def test_every_released_tag_follows_from_either_id(name: str, kind: str) -> None:
    known = facts(name)
    key = known["root_keys"][0]
    at = moment(known["verifies_until"]) - timedelta(hours=1)
    judgement = judge(name, Pins(root=(key[kind],)), at)
    assert {check.outcome for check in judgement.evidence.checks} == {Outcome.PASSED}
    assert tags_holding(judgement) == released(known)
    assert judgement.trust_data is not None
    how = {"keyid": "scoped", "canonical_id": "canonical"}[kind]
    assert judgement.trust_data.root_pins == {key["keyid"]: how}


@each_chain
def test_trust_data_is_what_the_files_say(name: str) -> None:
    known = facts(name)
    pins = Pins(root=(known["root_keys"][0]["keyid"],))
    data = judge(name, pins, moment(known["verifies_until"]) - timedelta(hours=1)).trust_data
    assert data is not None
    assert {role.name for role in data.roles} == known["roles"].keys()
    for role in data.roles:
        stated = known["roles"][role.name]
        assert [key.scoped for key in role.keys] == stated["role_keyids"]
        assert (role.version, role.sha256, role.size) == (
            stated["version"],
            stated["sha256"],
            stated["length"],
        )
        assert role.threshold == stated["threshold"]
        assert len(role.signed_by) == len(stated["signatures"])
        assert role.expires == moment(stated["expires"])
    assert {(entry.role, entry.tag, str(entry.digest), entry.length) for entry in data.tags} == {
        (role, tag, f"sha256:{entry['sha256']}", entry["length"])
        for role, tags in known["targets"].items()
        for tag, entry in tags.items()
    }


@each_chain
def test_one_second_after_the_window_nothing_follows(name: str) -> None:
    known = facts(name)
    at = moment(known["verifies_until"]) + timedelta(seconds=1)
    judgement = judge(name, Pins(root=(known["root_keys"][0]["keyid"],)), at)
    assert failed(judgement) == [(EXPIRY[known["first_to_expire"].split(" (")[0]], Class.STALE)]
    assert tags_holding(judgement) == frozenset()


@each_chain
def test_before_the_certificate_starts_nothing_follows(name: str) -> None:
    known = facts(name)
    at = moment(known["verifies_from"]) - timedelta(seconds=1)
    judgement = judge(name, Pins(root=(known["root_keys"][0]["keyid"],)), at)
    assert failed(judgement) == [("tuf.root.certificate_start", Class.STALE)]
    assert tags_holding(judgement) == frozenset()


@each_chain
def test_another_pin_is_refused_with_both_ids(name: str) -> None:
    known = facts(name)
    key = known["root_keys"][0]
    at = moment(known["verifies_until"]) - timedelta(hours=1)
    other = "0" * 64
    judgement = judge(name, Pins(root=(other,)), at)
    assert failed(judgement) == [("pin.match", Class.ATTACK)]
    check = judgement.evidence.checks[0]
    assert check.expected == other
    assert key["keyid"] in check.actual
    assert key["canonical_id"] in check.actual
    assert judgement.trust_data is not None
    assert judgement.trust_data.root_pins == {key["keyid"]: ""}
    assert tags_holding(judgement) == frozenset()


@pytest.mark.parametrize("gun", ["docker.io/some/image", "securesystems.de"])
def test_the_chain_that_does_not_bind_is_refused(gun: str) -> None:
    known = facts(NEGATIVE)
    pins = Pins(root=(known["root_keys"][0]["keyid"],))
    judgement = judge(NEGATIVE, pins, moment("2025-01-01T00:00:00+00:00"), gun)
    codes = [code for code, _ in failed(judgement)]
    # Its certificate names another subject and is an authority; its snapshot binds other bytes.
    certificate = {"docker.io/some/image": "tuf.root.certificate_name"}
    assert codes == [
        certificate.get(gun, "tuf.metadata.form"),
        "tuf.meta.length",
        "tuf.meta.length",
    ]
    assert judgement.trust_data is None
