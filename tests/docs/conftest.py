import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from crosstrust.app.clock import now
from crosstrust.sandbox.release import publish_release, swap_layer
from crosstrust.sandbox.sandbox import Sandbox
from crosstrust.sandbox.service import Service
from tests.canaries.planted import planted, proxied
from tests.docs.transcript import reader_environ, replaced
from tests.house.tree import TESTS

# What Webdis publishes, as the pages give it. The sandbox has keys of its own in their place.
ROOT_KEY = "40be21f47831d593892370a8e3fc5bfffb16887c707bd81a6aed2088dc8f4bef"
REPOSITORY_KEY = "fed0b56b8a8fd4d156fb2f47c2e8bd3eb61948b72a787c18e2fa3ea3233bba1a"
SIGNER_KEY = "dd0768b9d35d344bbd1681418d27052c4c896a59be214352448daa2b6925b95b"

# What the pages take as given: a policy that was reviewed, and a key that was published.
POLICY = f"""
[[image]]
name = "public.ecr.aws/nicolas/webdis"
signed-by = "docker.io/nicolas/webdis"
keys.root = ["{ROOT_KEY}"]
keys.repository = ["{REPOSITORY_KEY}"]
keys.signers.nicolasff = ["{SIGNER_KEY}"]
"""
VECTORS = TESTS / "vectors" / "webdis"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a page and types what it says, in ``folder``."""

    folder: Path
    environ: dict[str, str]
    names: dict[str, str]


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The pages' world: the release, and a copy with a foreign layer, as the tutorial has it."""
    found = Sandbox(at=now())
    release = publish_release(found)
    swap_layer(found, replace(release, tag=f"{release.tag}-foreign"))
    return found


@pytest.fixture(scope="session")
def service(sandbox: Sandbox) -> Iterator[Service]:
    with sandbox.serve() as served:
        yield served


@pytest.fixture
def reader(sandbox: Sandbox, service: Service, tmp_path: Path) -> Reader:
    folder = tmp_path / "crosstrust"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    _write_program(programs / "python", '"$@"')
    _write_program(programs / "crosstrust", '-m crosstrust "$@"')
    (folder / "ci").mkdir()
    shutil.copy(VECTORS / "nicolasff.pub", folder)
    published = write_keys(sandbox)
    (folder / "published-keys.txt").write_text(published, encoding="utf-8")
    environ = reader_environ(tmp_path, {**planted(), **proxied(service.environment)})
    environ["PATH"] = f"{programs}:{environ['PATH']}"
    pins = sandbox.author.pins()
    keys = (pins.root[0], pins.repository[0], pins.signers["nicolasff"][0])
    names = dict(zip((ROOT_KEY, REPOSITORY_KEY, SIGNER_KEY), keys, strict=True))
    (folder / "ci" / "crosstrust.toml").write_text(replaced(POLICY, names), encoding="utf-8")
    return Reader(folder, environ, names)


def write_keys(sandbox: Sandbox) -> str:
    """The keys as the tutorial's author publishes them."""
    pins = sandbox.author.pins()
    named = (("root", pins.root), ("repository", pins.repository), *pins.signers.items())
    return "".join(f"{name:<10}  {keys[0]}\n" for name, keys in named)


def _write_program(file: Path, arguments: str) -> None:
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}\n', encoding="utf-8")
    file.chmod(0o755)
