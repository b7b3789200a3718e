import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.app.clock import now
from crosstrust.cli.main import main
from crosstrust.sandbox.release import publish_release
from crosstrust.sandbox.sandbox import Sandbox
from crosstrust.sandbox.service import Service
from tests.canaries.planted import proxied
from tests.unit.cli.shell import Result, Run


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with an empty home, working in an empty folder of it."""
    home = tmp_path / "home"
    work = home / "work"
    work.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DOCKER_CONFIG", str(home / ".docker"))
    for name in ("CACHE", "CONFIG", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def home(folder: Path) -> Path:
    return folder.parent


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> Result:
        code = main(list(arguments))
        caught = capsys.readouterr()
        return Result(code, caught.out, caught.err)

    return call


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    found = Sandbox(at=now())
    publish_release(found)
    return found


@pytest.fixture(scope="session")
def served(sandbox: Sandbox) -> Iterator[Service]:
    with sandbox.serve() as service:
        yield service


@pytest.fixture
def service(served: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The sandbox on loopback, under the public names."""
    for name, value in proxied(served.environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("https_proxy", raising=False)
    assert os.environ["HTTPS_PROXY"]
    return served


@pytest.fixture
def root_pin(sandbox: Sandbox) -> str:
    return f"root={sandbox.author.pins().root[0]}"
