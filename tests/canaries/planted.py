"""Where users keep their secrets: files of docker and podman, a helper program, the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from tests.canaries.search import own
from tests.canaries.secret import NOBODY, canary, in_base64, password

# By docker's name for the registry: the one host that its password may be shown to.
TOKEN_SERVICES = {
    "https://index.docker.io/v1/": "auth.docker.io",
    "public.ecr.aws": "public.ecr.aws",
    "notary.docker.io": "auth.docker.io",
    "cdn.example": "cdn.example",
    "elsewhere.example": "elsewhere.example",
}
# One host with an identity token (a refresh token), one whose password a helper program hands out.
IDENTITY_HOST = "identity.example"
HELPED_HOST = "helped.example"
HELPER = "canary"
# What docker, notary, cosign and helpers of clouds read there.
VARIABLES = (
    *(f"DOCKER_CONTENT_TRUST_{role}_PASSPHRASE" for role in ("ROOT", "REPOSITORY", "DELEGATION")),
    *(f"NOTARY_{role}_PASSPHRASE" for role in ("ROOT", "TARGETS", "SNAPSHOT", "DELEGATION")),
    *("NOTARY_AUTH", "COSIGN_PASSWORD", "REGISTRY_PASSWORD"),
    *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "DOCKER_PASSWORD", "GITHUB_TOKEN"),
)


def entry(place: str, name: str = "user") -> dict[str, str]:
    """The entry of a host in docker's or podman's file."""
    return {"auth": in_base64(name, password(place))}


def auth_document() -> dict[str, object]:
    """What docker and podman write after a login at every one of these hosts."""
    auths = {registry: entry(place) for registry, place in TOKEN_SERVICES.items()}
    auths[IDENTITY_HOST] = {"identitytoken": canary("identity", IDENTITY_HOST)}
    return {"auths": auths, "credHelpers": {HELPED_HOST: HELPER}}


def write_auth_file(file: Path, document: object = None) -> Path:
    """Write a file of credentials, where docker or podman looks for it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(json.dumps(document or auth_document()), encoding="utf-8")
    file.chmod(0o600)
    return own(file)


def write_helper(folder: Path, script: str, name: str = HELPER) -> Path:
    """Write a credential helper that runs ``script``."""
    program = folder / f"docker-credential-{name}"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return own(program)


def helper_answer(place: str, username: str = "user") -> str:
    return json.dumps({"ServerURL": place, "Username": username, "Secret": password(place)})


def plant(folder: Path) -> dict[str, str]:
    """Plant secrets below ``folder``. Return the environment that leads to them.

    The file is podman's, which counts beside whatever file of docker's a test may write.
    """
    write_auth_file(folder / "run" / "containers" / "auth.json")
    write_helper(folder / "bin", f"cat > /dev/null; echo '{helper_answer(HELPED_HOST)}'")
    passphrases = {name: canary("passphrase", NOBODY) for name in VARIABLES}
    path = os.pathsep.join([str(folder / "bin"), os.environ.get("PATH", os.defpath)])
    return {**passphrases, "XDG_RUNTIME_DIR": str(folder / "run"), "PATH": path}


def planted() -> dict[str, str]:
    """The part of this environment that leads to what was planted, for one made by hand."""
    names = (*VARIABLES, "XDG_RUNTIME_DIR")
    return {name: os.environ[name] for name in names if name in os.environ}


def proxied(environ: Mapping[str, str]) -> dict[str, str]:
    """The same with a password for the proxy, as companies have them."""
    return {name: _with_password(name, value) for name, value in environ.items()}


def _with_password(name: str, value: str) -> str:
    scheme, separator, place = value.partition("://")
    if not name.lower().endswith("_proxy") or not separator:
        return value
    return f"{scheme}://user:{canary('proxy', place)}@{place}"
