from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.app.clock import now
from crosstrust.app.option import Options
from crosstrust.chain.pin import Pins
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.service import Service
from tests.canaries.planted import proxied
from tests.unit.app.desk import ORIGIN, Desk, open_desk, options
from tests.unit.app.loopback import push_copies


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path)


@pytest.fixture(scope="module")
def shown() -> Sandbox:
    """A world with one release and copies of it that no test changes."""
    sandbox = Sandbox(at=now())
    publish_release(sandbox)
    push_copies(sandbox)
    return sandbox


@pytest.fixture(scope="module")
def service(shown: Sandbox) -> Iterator[Service]:
    """The same world on loopback."""
    with shown.serve() as served:
        yield served


@pytest.fixture
def user(tmp_path: Path, shown: Sandbox, service: Service) -> Iterator[Options]:
    """A user with the author's root key, who meets the sandbox under the public names."""
    pins = Pins(root=shown.author.pins().root)
    yield options(tmp_path, proxied(service.environment), signed_by=ORIGIN, pins=pins)
    service.recover()
