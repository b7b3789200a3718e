"""Someone at the lab who runs our command and the tools that it replaces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from bench.sample import Case, run_once
from tests.interop.client import Client, Keys, Lab, crosstrust_command
from tests.interop.traffic import SCRIPTS

REPOSITORY, MIRROR, TAG = "nicolas/webdis", "public.ecr.aws/nicolas/webdis", "0.1.19"


@dataclass(frozen=True)
class User:
    """A user with homes below ``folder``, whose traffic goes to ``proxy_port``."""

    lab: Lab
    folder: Path
    proxy_port: int
    webdis: Keys
    big: Keys

    @classmethod
    def of(cls, lab: Lab, folder: Path, proxy_port: int) -> User:
        """A user who has the keys of both authors from the real docker."""
        docker = Client(lab, folder / "keys")
        keys = [docker.docker_keys(name) for name in (REPOSITORY, "lab/big")]
        return cls(lab, folder, proxy_port, *keys)

    def behind(self, port: int) -> User:
        """The same user, behind another proxy."""
        return replace(self, proxy_port=port)

    def verify(self, name: str, *, rounds: int, warm: bool = False) -> Case:
        """Our whole verification of the mirror's list."""
        arguments = [f"{MIRROR}:{TAG}", "--signed-by", f"docker.io/{REPOSITORY}"]
        command = [*crosstrust_command(), "verify", *arguments, *self.webdis.pins()]
        return Case(name, command, self._environment(warm=warm), rounds)

    def trust_inspect(self, name: str, *, rounds: int) -> Case:
        """The signature alone, by the real docker."""
        command = ["docker", "trust", "inspect", f"{REPOSITORY}:{TAG}"]
        return Case(name, command, self._environment(), rounds)

    def guide(self, name: str, *, rounds: int) -> Case:
        """The guide's own commands, one after another."""
        signers = [key for ids in self.webdis.signers.values() for key in ids]
        known = " ".join((*signers, *self.webdis.root, *self.webdis.repository))
        script = str(SCRIPTS / "guideproc.sh")
        command = ["bash", script, REPOSITORY, MIRROR, TAG, known]
        return Case(name, command, self._environment(), rounds)

    def verify_big(self, name: str, *, rounds: int) -> Case:
        """A copy whose one layer of 200 MB has another digest than the signed one."""
        registry = f"localhost:{self.lab.ecr_port}"
        arguments = [f"{registry}/lab/big:1", "--signed-by", "docker.io/lab/big:1"]
        arguments += ["--plain-http", registry, *self.big.pins()]
        command = [*crosstrust_command(), "verify", *arguments]
        return Case(name, command, self._environment(NO_PROXY="localhost"), rounds)

    def copy_big(self, name: str, *, rounds: int) -> Case:
        """The same layer to a folder, by skopeo."""
        source = f"docker://localhost:{self.lab.ecr_port}/lab/big:1"
        target = f"dir:{self.folder / 'copy'}"
        command = ["skopeo", "copy", "--quiet", "--src-tls-verify=false", source, target]
        return Case(name, command, self._environment(NO_PROXY="localhost"), rounds)

    def warm_up(self, case: Case) -> None:
        """Run a case once, unmeasured: programs are in memory then, and a warm home is filled."""
        run_once(case.command, case.environment())

    def _environment(self, *, warm: bool = False, **more: str) -> Callable[[], Mapping[str, str]]:
        def prepare() -> Mapping[str, str]:
            # Removed at the end, all at once: making files beside many that were just removed
            # takes ten times as long on ext4, whoever makes them.
            home = self.folder / "warm" if warm else Path(mkdtemp(prefix="home-", dir=self.folder))
            home.mkdir(exist_ok=True)
            own = self.lab.environment(home, proxy_port=self.proxy_port)
            return {**own, **more, **{name.lower(): text for name, text in more.items()}}

        return prepare
