"""What it takes to push to a registry on loopback, byte for byte. Standard library alone."""

from __future__ import annotations

import http.client
import urllib.parse
from dataclasses import dataclass
from email.message import Message

from tests.interop.lab.image import Image, sha256


@dataclass(frozen=True)
class Answer:
    """What a registry said."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Registry:
    """A real registry of this lab, asked without the tap."""

    port: int

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, body)

    def get_manifest(self, repository: str, reference: str, accept: str) -> Answer:
        """A manifest as it is served."""
        path = f"/v2/{repository}/manifests/{reference}"
        return self.ask("GET", path, headers={"Accept": accept})

    def push_blob(self, repository: str, blob: bytes) -> str:
        """Push a blob unless it is there; return its digest."""
        digest = sha256(blob)
        if self.ask("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200:
            return digest
        begun = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"")
        assert begun.status == 202, begun
        url = urllib.parse.urlsplit(begun.headers["Location"])
        query = (url.query + "&" if url.query else "") + "digest=" + digest
        kind = {"Content-Type": "application/octet-stream"}
        ended = self.ask("PUT", f"{url.path}?{query}", blob, kind)
        assert ended.status == 201, ended
        return digest

    def push_manifest(
        self, repository: str, raw: bytes, media_type: str, *, tag: str | None = None
    ) -> str:
        """Push a manifest or a list under a tag, or by its digest alone; return the digest."""
        path = f"/v2/{repository}/manifests/{tag or sha256(raw)}"
        answer = self.ask("PUT", path, raw, {"Content-Type": media_type})
        assert answer.status == 201, answer
        return sha256(raw)

    def push_content(self, repository: str, image: Image) -> None:
        """Push the layers and the config of an image, in this order."""
        for layer in image.layers:
            self.push_blob(repository, layer.blob)
        self.push_blob(repository, image.config)
