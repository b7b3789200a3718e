"""What is said of the way: what was asked, who answered, with what."""

from __future__ import annotations

from typing import Any

from crosstrust.app.option import Options
from crosstrust.app.verify import verify
from crosstrust.sandbox.service import Service
from crosstrust.value import replace
from tests.canaries.planted import planted
from tests.unit.app.desk import COPY, MIRROR, ORIGIN, SIGNED, Desk
from tests.unit.app.loopback import REPACKED, out_of_order


def told(user: Options, image: str, **chosen: Any) -> list[str]:
    lines: list[str] = []
    verify(image, replace(user, narrate=lines.append, **chosen))
    return lines


def test_every_want_and_every_reply_is_told(desk: Desk) -> None:
    lines: list[str] = []
    assert desk.ask(narrate=lines.append)
    asked = [line for line in lines if line.startswith("asks for ")]
    assert len(asked) == len(desk.asked)
    assert len(lines) == 2 * len(asked)
    assert f"asks for {ORIGIN} timestamp" in asked
    assert asked[-1].endswith(" once more")


def test_who_answered_is_told(user: Options) -> None:
    lines = told(user, COPY)
    assert f"https://public.ecr.aws: {COPY}, 772 bytes" in lines
    assert f"https://notary.docker.io: {ORIGIN} root version 2, none there" in lines
    (digest,) = [line for line in lines if line.startswith(f"https://public.ecr.aws: {COPY} once")]
    assert digest.rpartition(", ")[2].startswith("sha256:")
    assert any(f": {ORIGIN} targets sha256:" in line for line in lines)
    assert not any(secret in line for secret in planted().values() for line in lines)


def test_layers_are_told_as_unpacked(user: Options) -> None:
    lines = told(user, REPACKED, signed_by=SIGNED)
    layers = [line for line in lines if line.startswith(f"unpacked: {MIRROR}@sha256:")]
    assert len(layers) == sum(line.endswith("(layer)") for line in lines) > 0
    assert all("(layer), " in line for line in layers)


def test_what_was_not_answered_is_told(user: Options, service: Service) -> None:
    out_of_order(service)
    (failed,) = [
        line for line in told(user, COPY, timeout=0.5) if line.startswith(f"no answer: {COPY}")
    ]
    assert failed.startswith(f"no answer: {COPY}, http.")


def test_nothing_is_told_of_what_nobody_is_asked_for(user: Options) -> None:
    told(user, COPY)
    assert told(user, COPY, offline=True) == []
