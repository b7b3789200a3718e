from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.app.clock import now
from crosstrust.sandbox import Sandbox, publish_release
from tests.attacks.sample import some
from tests.attacks.trial import Trial
from tests.canaries.planted import proxied, write_auth_file

HERE = Path(__file__).parent
LONG_TABLE = 4


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note the rows of each test, and mark those that `make attacks` runs, before it chooses.

    A table of many parameters is a sample without it.
    """
    leave_out(items)
    for item in items:
        rows = [row for mark in item.iter_markers("row") for row in mark.args]
        item.user_properties.extend(("row", row) for row in rows)
        if rows or "trial" in getattr(item, "fixturenames", ()):
            item.add_marker("attack")


def leave_out(items: list[pytest.Item]) -> None:
    """Mark as long what the short form leaves out of tables of many parameters."""
    tables: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if HERE in item.path.parents:
            tables[item.nodeid.partition("[")[0]].append(item)
    for table in tables.values():
        if len(table) > LONG_TABLE and not any(item.get_closest_marker("long") for item in table):
            for item in set(table) - set(some(table)):
                item.add_marker("long")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty home of a user who works in ``home/work``."""
    found = tmp_path / "home"
    (found / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(found))
    monkeypatch.setenv("DOCKER_CONFIG", str(found / ".docker"))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    monkeypatch.chdir(found / "work")
    return found


@pytest.fixture
def trial(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Iterator[Trial]:
    """A world with one honest release, served on loopback, and a user who meets it.

    The user has passwords where docker keeps them too.
    """
    sandbox = Sandbox(at=now())
    release = publish_release(sandbox)
    write_auth_file(home / ".docker" / "config.json")
    with sandbox.serve() as service:
        for name, value in proxied(service.environment).items():
            monkeypatch.setenv(name, value)
        notes = request.node.user_properties
        yield Trial(sandbox, release, service, home, monkeypatch, capsys, notes)


@pytest.fixture
def anonymous(trial: Trial) -> None:
    """The user of the trial has no passwords after all."""
    (trial.home / ".docker" / "config.json").unlink()
    trial.patch.delenv("XDG_RUNTIME_DIR")
