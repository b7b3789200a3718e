from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.app.clock import now
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.service import Service
from tests.e2e.command import User


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    found = Sandbox(at=now())
    publish_release(found)
    return found


@pytest.fixture(scope="module")
def served(sandbox: Sandbox) -> Iterator[Service]:
    with sandbox.serve() as service:
        yield service


@pytest.fixture
def user(tmp_path: Path, served: Service) -> Iterator[User]:
    found = User(tmp_path / "home", served)
    found.work.mkdir(parents=True)
    yield found
    served.recover()


@pytest.fixture
def pinned(sandbox: Sandbox) -> tuple[str, ...]:
    """Options that name the author and the root key."""
    return ("--signed-by", "nicolas/webdis", "--pin", f"root={sandbox.author.pins().root[0]}")
