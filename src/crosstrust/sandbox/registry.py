"""A registry that stores what it is given, byte for byte, and serves it. Registry sheet, 2."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crosstrust.errors import InputError
from crosstrust.oci.digest import Digest
from crosstrust.sandbox.exchange import Request, Response, answer_error, answer_json
from crosstrust.sandbox.token import Gate
from crosstrust.value import dataclass, replace

_ROUTE = re.compile(r"/v2/(?P<name>.+)/(?P<kind>manifests|blobs)/(?P<reference>[^/]+)")
_TAGS = re.compile(r"/v2/(?P<name>.+)/tags/list")
# Docker 20.10 does not talk to a registry whose ping is without it.
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes as they are served, with the type and digest that the registry claims for them."""

    raw: bytes
    media_type: str
    digest: Digest


class Registry:
    """Repositories by their name without the host: "nicolas/webdis".

    A manifest is served only to a client that accepts its type: this registry converts
    nothing. ``gate`` asks for tokens, where given.
    """

    def __init__(self, *, gate: Gate | None = None) -> None:
        self._gate = gate
        self._manifests: dict[tuple[str, Digest], Stored] = {}
        self._blobs: dict[tuple[str, Digest], Stored] = {}
        self._tags: dict[str, dict[str, Digest]] = {}

    def put_blob(self, name: str, raw: bytes) -> Digest:
        """Store a config or layer, and return its digest."""
        digest = Digest.of(raw)
        self._blobs[name, digest] = Stored(raw, "application/octet-stream", digest)
        return digest

    def put_manifest(self, name: str, raw: bytes, media_type: str, *tags: str) -> Digest:
        """Store a manifest or list, point ``tags`` at it, and return its digest."""
        digest = Digest.of(raw)
        self._manifests[name, digest] = Stored(raw, media_type, digest)
        self._tags.setdefault(name, {}).update(dict.fromkeys(tags, digest))
        return digest

    def replace_manifest(self, name: str, digest: Digest, raw: bytes) -> None:
        """Serve ``raw`` for a digest that it does not have: a registry that lies."""
        stored = self._manifests[name, digest]
        self._manifests[name, digest] = Stored(raw, stored.media_type, digest)

    def replace_blob(self, name: str, digest: Digest, raw: bytes) -> None:
        """Serve ``raw`` for a digest that it does not have: a registry that lies."""
        self._blobs[name, digest] = Stored(raw, "application/octet-stream", digest)

    def remove(self, name: str, digest: Digest) -> None:
        """Forget a manifest or blob; tags that point to it stay."""
        self._manifests.pop((name, digest), None)
        self._blobs.pop((name, digest), None)

    def remove_tag(self, name: str, tag: str) -> None:
        """Forget a tag; what it pointed to stays."""
        self._tags.get(name, {}).pop(tag, None)

    def tags(self, name: str) -> Mapping[str, Digest]:
        """Return what each tag of a repository points to."""
        return dict(self._tags.get(name, {}))

    def resolve(self, name: str, tag: str) -> Digest:
        """Return what ``tag`` points to, or raise ``InputError``."""
        digest = self._tags.get(name, {}).get(tag)
        if digest is None:
            raise InputError("sandbox.registry.tag", f"{name}:{tag}", expected="a tag that exists")
        return digest

    def manifest(self, name: str, reference: str) -> Stored | None:
        """Return the manifest that a tag or digest names, or None."""
        tagged = self._tags.get(name, {}).get(reference)
        return next(
            (
                stored
                for (owner, digest), stored in self._manifests.items()
                if owner == name and (digest == tagged or str(digest) == reference)
            ),
            None,
        )

    def blob(self, name: str, digest: Digest) -> Stored | None:
        """Return a config or layer, or None."""
        return self._blobs.get((name, digest))

    def respond(self, request: Request) -> Response:
        """Answer a request for the ping, a manifest, a blob or the list of tags."""
        found = self._answer(request)
        return replace(found, headers={**_VERSION, **found.headers})

    def _answer(self, request: Request) -> Response:
        route = _ROUTE.fullmatch(request.path)
        listing = _TAGS.fullmatch(request.path)
        name = route["name"] if route else listing["name"] if listing else ""
        refused = self._gate.refuse(request, name) if self._gate else None
        if refused:
            return refused
        if request.path == "/v2/":
            return answer_json({})
        if listing and name in self._tags:
            return answer_json({"name": name, "tags": sorted(self._tags[name])})
        if route is None:
            return answer_error(404, "NAME_UNKNOWN", "repository name not known to registry")
        if route["kind"] == "manifests":
            return self._answer_manifest(request, name, route["reference"])
        return self._answer_blob(name, route["reference"])

    def _answer_manifest(self, request: Request, name: str, reference: str) -> Response:
        stored = self.manifest(name, reference)
        if stored is None:
            return answer_error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        accepted = request.headers.get("accept", "").replace(" ", "").split(",")
        if stored.media_type not in accepted:
            return answer_error(
                404,
                "MANIFEST_UNKNOWN",
                f"{stored.media_type} found, but accept header does not support it",
            )
        return _serve(stored)

    def _answer_blob(self, name: str, reference: str) -> Response:
        stored = next(
            (
                s
                for (owner, digest), s in self._blobs.items()
                if owner == name and str(digest) == reference
            ),
            None,
        )
        if stored is None:
            return answer_error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        return _serve(stored)


def _serve(stored: Stored) -> Response:
    headers = {
        "Content-Type": stored.media_type,
        "Docker-Content-Digest": str(stored.digest),
    }
    return Response(200, headers, stored.raw)
