"""What ``--tofu`` may leave behind: nothing of what was rejected, nothing for a pinned key."""

from __future__ import annotations

from typing import Any

from crosstrust.app.clock import now
from crosstrust.chain.pin import Pins
from crosstrust.evidence.verdict import Decision
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.release import swap_layer
from crosstrust.sources.trust_store import TrustStore
from tests.unit.app.desk import ORIGIN, Desk, failed

TOFU: dict[str, Any] = {"pins": Pins(), "tofu": True}


def first_seen(desk: Desk) -> tuple[str, ...]:
    return TrustStore(desk.state).first_seen(ORIGIN)


def test_a_rejected_image_is_no_first_sight(desk: Desk) -> None:
    swap_layer(desk.sandbox, desk.release)
    assert desk.ask(**TOFU).decision is Decision.REJECTED
    assert first_seen(desk) == ()


def test_a_rejected_image_leaves_no_floors_that_the_author_could_not_meet(desk: Desk) -> None:
    honest = desk.sandbox
    desk.sandbox = Sandbox(at=now())
    release = publish_release(desk.sandbox)
    swap_layer(desk.sandbox, release)
    assert desk.ask(**TOFU).decision is Decision.REJECTED
    desk.sandbox = honest
    assert desk.ask(**TOFU)


def test_a_trusted_image_is_one(desk: Desk) -> None:
    assert desk.ask(**TOFU)
    assert first_seen(desk) == tuple(key.scoped for key in desk.sandbox.author.keys("root"))


def test_floors_of_a_first_sight_do_not_bind_a_pinned_key(desk: Desk) -> None:
    honest = desk.sandbox
    desk.sandbox = Sandbox(at=now())
    publish_release(desk.sandbox)
    for _ in range(3):
        desk.sandbox.author.refresh("timestamp")
        desk.sandbox.publish()
    assert desk.ask(**TOFU)
    desk.sandbox = honest
    assert desk.ask()


def test_a_first_sight_does_not_lower_the_floors_of_a_pinned_key(desk: Desk) -> None:
    publish_release(desk.sandbox, "0.1.20")
    assert desk.ask()
    desk.sandbox.notary.roll_back(ORIGIN)
    desk.ask(**TOFU)
    assert "tuf.version.rollback" in failed(desk.ask())
