"""Registries: tags, manifests and small blobs (distribution specification 1.1, "Pull")."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crosstrust.chain.answer import Absent, Answer, Reply
from crosstrust.chain.want import Look, ReadBlob, ReadManifest, ResolveTag, Want
from crosstrust.oci.digest import Digest
from crosstrust.oci.limits import CONFIG_SIZE, MANIFEST_SIZE
from crosstrust.oci.media_type import ACCEPT
from crosstrust.sources.endpoint import registry_url, split_repository
from crosstrust.sources.gap import misbehaved
from crosstrust.sources.refusal import is_html, unexpected
from crosstrust.sources.request import Access, Request, Response
from crosstrust.sources.settings import Settings
from crosstrust.sources.url import quote

_CLAIMS = ("content-type", "docker-content-digest")


class Registry:
    """Asks with the full Accept list, always, so that no registry converts what it holds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def serves(self, want: Want) -> bool:
        """Return True for tags, manifests and blobs."""
        return isinstance(want, ResolveTag | ReadManifest | ReadBlob)

    def request_for(self, want: Want) -> Request | Reply:
        """Return the GET; a last look at a tag is a HEAD, which costs no pull."""
        if isinstance(want, ResolveTag):
            method = "HEAD" if want.look is Look.LAST else "GET"
            return self._manifest(want.repository, want.tag, method)
        if isinstance(want, ReadManifest):
            return self._manifest(want.repository, str(want.digest), "GET")
        if isinstance(want, ReadBlob):
            if want.size > CONFIG_SIZE:
                return misbehaved(
                    "limit.exceeded",
                    f"{want.repository}@{want.digest}",
                    expected=f"at most {CONFIG_SIZE} bytes",
                    actual=f"{want.size} bytes",
                )
            return self.blob_request(want.repository, want.digest, limit=CONFIG_SIZE)
        raise TypeError(want)

    def blob_request(
        self,
        repository: str,
        digest: Digest,
        *,
        limit: int,
        sink: Callable[[bytes], object] | None = None,
        on_progress: Callable[[int], object] | None = None,
    ) -> Request:
        """Return the GET for a blob, whole or streamed to ``sink``."""
        url, access = self._place(repository, f"blobs/{digest}")
        return Request(url, limit=limit, access=access, sink=sink, on_progress=on_progress)

    def reply_from(self, want: Want, response: Response, /) -> Reply | Request:
        """Return bytes and claims; 404 is "there is none"; a page for people is neither."""
        for name in _CLAIMS:
            # Readers differ in which of two they take.
            if len(set(response.headers(name))) > 1:
                return misbehaved("http.answer.form", response.url, expected=f"one {name}")
        declared = response.header("docker-content-digest")
        # The header is optional or of another algorithm than ours, and some servers know no HEAD:
        # a GET decides (B63).
        told = response.status == 200 and declared.startswith("sha256:")
        untold = response.status in {200, 404, 405, 501} and not told
        if untold and response.method == "HEAD" and isinstance(want, ResolveTag):
            return self._manifest(want.repository, want.tag, "GET")
        if response.status == 404 and not is_html(response):
            return Absent(response.origin)
        page = is_html(response) and not isinstance(want, ReadBlob)
        if response.status != 200 or page:
            return unexpected(response)
        return Answer(response.body, response.media_type, declared, response.origin, self._now())

    def _now(self) -> datetime | None:
        return self._settings.now() if self._settings.now is not None else None

    def _manifest(self, repository: str, reference: str, method: str) -> Request:
        url, access = self._place(repository, f"manifests/{quote(reference, ':')}")
        accept = (("Accept", ACCEPT),)
        return Request(url, method, accept, limit=MANIFEST_SIZE, access=access)

    def _place(self, repository: str, tail: str) -> tuple[str, Access]:
        domain, path = split_repository(repository)
        root = registry_url(domain, plain_http=self._settings.plain_http)
        access = Access(repository, f"repository:{path}:pull")
        return f"{root.origin}/v2/{quote(path, '/')}/{tail}", access
