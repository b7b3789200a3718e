"""A registry that answers otherwise than it should, and images that say other things than they do.

The sandbox's own registry stores and serves honestly; what stands here changes single answers
on their way out, or pushes documents that no honest tool writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from crosstrust.oci.digest import Digest
from crosstrust.sandbox import Registry
from crosstrust.sandbox.exchange import Request, Response, Site
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    Image,
    Manifest,
    Producer,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.layer import compress
from crosstrust.sandbox.sandbox import MIRROR, NOTARY_HOST
from crosstrust.sandbox.service import Service
from tests.attacks.trial import Trial
from tests.canaries.planted import TOKEN_SERVICES, entry, proxied, write_auth_file

Change = Callable[[Request, Response], Response]


def unchanged(_request: Request, response: Response) -> Response:
    return response


@dataclass
class Altered:
    """``site``, whose answers pass through ``change``; ``asked`` holds what came in, in full."""

    site: Site
    change: Change = unchanged
    asked: list[Request] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        self.asked.append(request)
        return self.change(request, self.site.respond(request))


@contextmanager
def serving(trial: Trial, sites: Mapping[str, Site]) -> Iterator[Service]:
    """Let the user meet ``sites``, by host, beside or instead of the sandbox's own."""
    with Service({**trial.sandbox.sites, **sites}, local=NOTARY_HOST) as service:
        for name, value in proxied(service.environment).items():
            trial.patch.setenv(name, value)
        trial.service = service
        yield service


def log_in(trial: Trial, *hosts: str) -> None:
    """Keep a password for ``hosts`` where docker does."""
    auths = {host: entry(TOKEN_SERVICES.get(host, host), "me") for host in hosts}
    document = {"auths": auths}
    write_auth_file(trial.home / ".docker" / "config.json", document)


def with_headers(response: Response, **headers: str | None) -> Response:
    """Set headers ("Content_Type"), or remove them (None)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in response.headers.items() if name not in named}
    given = {name: value for name, value in named.items() if value is not None}
    return replace(response, headers={**kept, **given})


@dataclass(frozen=True)
class Mirror:
    """Pushes to the copy: what one field says, what its bytes are, is up to the test."""

    trial: Trial

    @property
    def registry(self) -> Registry:
        return self.trial.sandbox.registries[MIRROR]

    @property
    def name(self) -> str:
        return self.trial.sandbox.repository

    @property
    def manifest(self) -> Manifest:
        """The first platform's manifest, as the copy has it."""
        return self.trial.release.mirror[0]

    @property
    def image(self) -> Image:
        """The first platform's config and layers."""
        return self.trial.release.images[0]

    def honest_list(self) -> bytes:
        return write_list(self.trial.release.mirror)

    def push_top(self, raw: bytes, media_type: str = DOCKER_LIST) -> Digest:
        """Point the tag at ``raw``."""
        return self.registry.put_manifest(self.name, raw, media_type, self.trial.release.tag)

    def push_child(self, raw: bytes) -> Digest:
        """Let ``raw`` be the first platform's manifest, under a list that names it honestly."""
        own = self.manifest
        self.registry.put_manifest(self.name, raw, own.media_type)
        first = Manifest(raw, own.media_type, own.platform)
        self.push_top(write_list([first, *self.trial.release.mirror[1:]]))
        return Digest.of(raw)

    def edit_child(self, old: str, new: str) -> Digest:
        """Push the first platform's manifest with one text in it replaced, once."""
        text = self.manifest.raw.decode()
        assert old in text
        return self.push_child(text.replace(old, new, 1).encode())

    def edit_top(self, old: str, new: str) -> Digest:
        """Push the list with one text in it replaced, once."""
        text = self.honest_list().decode()
        assert old in text
        return self.push_top(text.replace(old, new, 1).encode())

    def recompress(self) -> tuple[Image, Manifest]:
        """Push the first platform with its last layer packed anew, so that it must be fetched."""
        *others, last = self.image.layers
        image = replace(self.image, layers=(*others, compress(last.tar, level=1)))
        self.registry.put_blob(self.name, image.layers[-1].blob)
        manifest = write_manifest(image, Producer.ENGINE)
        self.push_child(manifest.raw)
        return image, manifest


class Shelf:
    """A second server, which answers everyone with the blob that a path ends with."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def respond(self, request: Request) -> Response:
        name = request.path.rpartition("/")[2]
        found = self._mirror.registry.blob(self._mirror.name, Digest.parse(name))
        return Response(404) if found is None else Response(200, {}, found.raw)
