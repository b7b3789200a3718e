"""The lab as every test here uses it: up, with a client of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.interop.client import Client, Keys, Lab

# Read before tests/conftest.py clears what a user's shell may say.
LAB = Lab.of(os.environ)


@pytest.fixture(scope="session", autouse=True)
def isolated_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home, and the lab's proxy and CA in place of the user's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("CROSSTRUST_", "DOCKER_", "NOTARY_", "XDG_")):
                patch.delenv(name)
        for name, value in LAB.environment(home).items():
            patch.setenv(name, value)
        yield home


@pytest.fixture(scope="session")
def lab() -> Lab:
    """The running lab."""
    if not LAB.is_up:
        pytest.fail(f"no lab runs in {LAB.folder}: use `make interop`, or tests/interop/run.sh")
    return LAB


@pytest.fixture
def client(lab: Lab, tmp_path: Path) -> Client:
    """A user without any state."""
    return Client(lab, tmp_path / "home")


@pytest.fixture(scope="session")
def keys_of(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Keys]:
    """The keys of a repository, as the real docker shows them; asked once per session."""
    docker = Client(lab, tmp_path_factory.mktemp("docker"))
    return cache(docker.docker_keys)
