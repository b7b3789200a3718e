"""The Engine API calls of `docker trust sign`, so that the real CLI signs without an engine.

GET/HEAD /_ping, GET /images/<name>/json, POST /images/<name>/push?tag=T. Nothing is pushed: the
image is in the "hub" registry already, and the answer names the digest and size that the registry
has for the tag. Listens on the socket $ENGINE_SOCK. Runs on Python's standard library alone.
"""

from __future__ import annotations

import http.client
import http.server
import json
import os
import re
import socketserver
import urllib.parse
from pathlib import Path

SOCKET = Path(os.environ["ENGINE_SOCK"])
HUB = int(os.environ.get("HUB_PORT", "5001"))
ACCEPT = (
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.oci.image.manifest.v1+json"
)
IMAGE = re.compile(r"^(?:/v[\d.]+)?/images/(.+)/json$")
PUSH = re.compile(r"^(?:/v[\d.]+)?/images/(.+)/push$")


def resolve(repository: str, tag: str) -> tuple[str, int] | None:
    """Digest and size of what the hub has for a tag, or None."""
    hub = http.client.HTTPConnection("127.0.0.1", HUB, timeout=10)
    hub.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": ACCEPT})
    answer = hub.getresponse()
    answer.read()
    digest, size = answer.getheader("Docker-Content-Digest"), answer.getheader("Content-Length")
    if answer.status != 200 or digest is None or size is None:
        return None
    return digest, int(size)


def repository_of(name: str) -> str:
    """The path of a repository on its registry: `docker.io/a/b` and `a/b` are both `a/b`."""
    first, _, rest = name.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return rest
    return name if "/" in name else "library/" + name


def split_tag(name: str) -> tuple[str, str]:
    """A name without its tag, and the tag."""
    if ":" not in name.rsplit("/", 1)[-1]:
        return name, "latest"
    repository, tag = name.rsplit(":", 1)
    return repository, tag


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection of the CLI."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""

    def address_string(self) -> str:
        return "unix"

    def send(self, status: int, body: object, kind: str = "application/json") -> None:
        """Answer with bytes as they are, or with an object as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Api-Version", "1.50")
        self.send_header("Ostype", "linux")
        self.send_header("Docker-Experimental", "false")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def do_HEAD(self) -> None:
        self.send(200, b"OK", "text/plain")

    def do_GET(self) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if path.endswith("/_ping"):
            return self.send(200, b"OK", "text/plain")
        asked = IMAGE.match(path)
        if asked is None:
            return self.send(404, {"message": "page not found"})
        name, tag = split_tag(asked[1])
        found = resolve(repository_of(name), tag)
        if found is None:
            return self.send(404, {"message": f"No such image: {asked[1]}"})
        image = {"Id": found[0], "RepoTags": [asked[1]], "Os": "linux", "Architecture": "amd64"}
        return self.send(200, image)

    def do_POST(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = PUSH.match(urllib.parse.unquote(url.path))
        if asked is None:
            return self.send(404, {"message": "page not found"})
        tag = urllib.parse.parse_qs(url.query).get("tag", ["latest"])[0]
        found = resolve(repository_of(asked[1]), tag)
        if found is None:
            return self.send(404, {"message": "tag does not exist"})
        digest, size = found
        lines = (
            {"status": f"The push refers to repository [{asked[1]}]"},
            {"status": f"{tag}: digest: {digest} size: {size}"},
            {"progressDetail": {}, "aux": {"Tag": tag, "Digest": digest, "Size": size}},
        )
        return self.send(200, "".join(json.dumps(line) + "\r\n" for line in lines).encode())


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if __name__ == "__main__":
    SOCKET.unlink(missing_ok=True)
    Server(str(SOCKET), Handler).serve_forever()
