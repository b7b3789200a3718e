"""A user of the lab: its environment, and the commands that are run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND_SECONDS = 120

Json = dict[str, Any]


@dataclass(frozen=True)
class Lab:
    """Where the running lab is. ``env.sh`` in its folder has the same defaults."""

    folder: Path
    hub_port: int
    ecr_port: int
    notary_port: int
    proxy_port: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Lab:
        """The lab that these variables name."""
        cache = environ.get("XDG_CACHE_HOME") or str(Path(environ["HOME"]) / ".cache")
        return cls(
            folder=Path(environ.get("LAB") or Path(cache) / "crosstrust-lab"),
            hub_port=int(environ.get("HUB_PORT", "5001")),
            ecr_port=int(environ.get("ECR_PORT", "5002")),
            notary_port=int(environ.get("NOTARY_PORT", "4443")),
            proxy_port=int(environ.get("PROXY_PORT", "3128")),
        )

    @property
    def is_up(self) -> bool:
        """Whether it is set up and its processes run; a peer that died fails the tests itself."""
        try:
            for name in ("hub", "ecr", "notary-server", "tap"):
                os.kill(int((self.folder / "run" / f"{name}.pid").read_text()), 0)
        except (OSError, ValueError):
            return False
        return (self.folder / "images.json").is_file()

    @property
    def ca_file(self) -> Path:
        """The authority that signed every server of the lab."""
        return self.folder / "pki" / "ca.crt"

    def images(self) -> dict[str, Json]:
        """What was pushed: digests of manifests and configs by tag, see lab/mkimages.py."""
        found: dict[str, Json] = json.loads((self.folder / "images.json").read_text())
        return found

    def environment(self, home: Path, *, proxy_port: int | None = None) -> dict[str, str]:
        """What a client needs: names go through the proxy, TLS is verified against the lab's CA."""
        proxy = f"http://127.0.0.1:{proxy_port or self.proxy_port}"
        own = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return {
            **own,
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "DOCKER_CONFIG": str(home / ".docker"),
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "NO_PROXY": "",
            "no_proxy": "",
            "SSL_CERT_FILE": str(self.ca_file),
        }


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode()


def crosstrust_command() -> list[str]:
    """The installed command of the environment that runs this, or else its module."""
    installed = Path(sys.executable).parent / "crosstrust"
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "crosstrust"]


@dataclass(frozen=True)
class Client:
    """Someone with a home of their own: the first run is cold, the second is warm."""

    lab: Lab
    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str) -> Done:
        """Run a program to its end, with nothing on its standard input."""
        self.home.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            command,
            env={**self.lab.environment(self.home), **self.environ},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def crosstrust(self, *arguments: str) -> Done:
        """Run our command; a traceback on stderr fails whatever test asked for it."""
        done = self.run(*crosstrust_command(), *arguments)
        assert "Traceback" not in done.err, done.err
        return done

    def docker_keys(self, repository: str) -> Keys:
        """The keys of a repository, as the real `docker trust inspect` shows them."""
        done = self.run("docker", "trust", "inspect", repository)
        assert done.code == 0, done.err
        (shown,) = json.loads(done.out)
        administrative = {role["Name"]: _ids(role) for role in shown["AdministrativeKeys"]}
        return Keys(
            root=administrative["Root"],
            repository=administrative["Repository"],
            signers={signer["Name"]: _ids(signer) for signer in shown["Signers"]},
        )


def _ids(named: Json) -> tuple[str, ...]:
    return tuple(key["ID"] for key in named.get("Keys", ()))


@dataclass(frozen=True)
class Keys:
    """The key IDs that an author would publish."""

    root: tuple[str, ...]
    repository: tuple[str, ...]
    signers: dict[str, tuple[str, ...]]

    def pins(self) -> list[str]:
        """All of them as ``--pin`` options."""
        named = [("root", self.root), ("repository", self.repository)]
        named += [(f"signer/{name}", ids) for name, ids in self.signers.items()]
        return [word for role, ids in named for i in ids for word in ("--pin", f"{role}={i}")]

    def policy(self, name: str, signed_by: str, *rules: str) -> str:
        """A policy file that pins all of them; each of ``rules`` is the body of one rule."""
        lines = [
            "[[image]]",
            f"name = {json.dumps(name)}",
            f"signed-by = {json.dumps(signed_by)}",
            f"keys.root = {_toml(self.root)}",
            f"keys.repository = {_toml(self.repository)}",
            *(f"keys.signers.{signer} = {_toml(ids)}" for signer, ids in self.signers.items()),
        ]
        for rule in rules:
            lines += ["", "[[image.rule]]", rule]
        return "\n".join(lines) + "\n"


def _toml(ids: Iterable[str]) -> str:
    return json.dumps(list(ids))
