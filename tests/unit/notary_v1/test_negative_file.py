"""Single files that connaisseur's authors made to be refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.evidence.check import Outcome
from crosstrust.schemes.notary_v1.envelope import parse_envelope
from crosstrust.schemes.notary_v1.parse import parse_root, parse_snapshot, parse_targets
from crosstrust.schemes.notary_v1.threshold import count_signers, judge_threshold
from tests.unit.notary_v1.genuine import FOLDER
from tests.unit.notary_v1.serving import Server
from tests.unit.notary_v1.trial import run

AT = datetime(2025, 1, 1, tzinfo=UTC)
CHAIN = FOLDER / "negative-chain_hash-and-cn-mismatch"
GUN = "securesystems.de"


def file(name: str) -> bytes:
    (path,) = (FOLDER / "negative-single").glob(f"{name}_*.json")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "failed"),
    [
        # The certificate is an authority, which is told before the root's own expiry.
        ("01", ["tuf.metadata.form T", "tuf.root.expiry S"]),
        ("06", ["pin.match T", "tuf.signature.threshold T"]),
        ("07", ["tuf.metadata.form T"]),
    ],
)
def test_roots(name: str, failed: list[str]) -> None:
    raw = file(name)
    root = parse_root(parse_envelope(raw, "root").signed)
    pins = Pins(root=tuple(key.listed.scoped for key in root.signers["root"].keys))
    if name == "06":
        pins = Pins(root=("0" * 64,))
    trial = run(Server(GUN, files={"root": raw}, roots={1: raw}), pins, at=AT)
    assert trial.failed == failed
    assert trial.tags == {}


@pytest.mark.parametrize(
    ("name", "role", "signed", "expired"),
    [("02", "targets", False, False), ("03", "snapshot", True, True)],
)
def test_files_below_root(name: str, role: str, *, signed: bool, expired: bool) -> None:
    chain = parse_envelope((CHAIN / "root.json").read_bytes(), "root")
    signing = parse_root(chain.signed).signers[role]
    envelope = parse_envelope(file(name), role)
    check = judge_threshold(count_signers(envelope, signing), signing, role)
    assert (check.outcome is Outcome.PASSED) is signed
    body = (parse_targets if role == "targets" else parse_snapshot)(envelope.signed)
    assert (body.expires < AT) is expired


@pytest.mark.parametrize(("name", "signed"), [("04", False), ("05", True)])
def test_delegations(name: str, *, signed: bool) -> None:
    targets = parse_envelope((CHAIN / "targets.json").read_bytes(), "targets")
    outcomes = set()
    for delegation in parse_targets(targets.signed).delegations:
        envelope = parse_envelope(file(name), delegation.name)
        count = count_signers(envelope, delegation.signing)
        outcomes.add(judge_threshold(count, delegation.signing, "x").outcome)
    assert (Outcome.PASSED in outcomes) is signed
