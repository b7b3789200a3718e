"""What docker and skopeo print, and what we print for them, byte for byte, from one server.

Where we are stricter is listed in docs/reference/docker-differences.md.
"""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.interop.client import Client, Done, Lab

REPOSITORIES = (
    "nicolas/webdis",
    *(f"lab/{name}" for name in ("onlyadmin", "multi", "revoked", "empty", "emptysigner")),
    *(f"lab/{name}" for name in ("rotated", "rootrotated", "big")),
)
ZEROS = "sha256:" + "0" * 64
REFERENCES = (
    *(f"nicolas/webdis:{tag}" for tag in ("0.1.18", "0.1.19", "0.1.20", "0.1.21", "latest", "9.9")),
    *("docker.io/nicolas/webdis:0.1.19", "index.docker.io/nicolas/webdis:0.1.19"),
    *("docker.io/nicolas/webdis", f"nicolas/webdis@{ZEROS}", f"nicolas/webdis:0.1.19@{ZEROS}"),
    *("lab/onlyadmin:1.0", "lab/multi:1.0", "lab/multi:1.9", "lab/multi:1.10", "lab/multi:x"),
    *("lab/multi:latest", "lab/revoked:1.0", "lab/revoked:1.1", "lab/empty:1", "lab/rotated:1.0"),
    *("lab/rootrotated:1.0", "lab/big:1"),
)
TOGETHER = (
    ("nicolas/webdis:0.1.19", "lab/multi:1.0"),
    ("nicolas/webdis:0.1.19", "nicolas/webdis:0.1.19"),
    ("lab/empty", "nicolas/webdis", "lab/onlyadmin:1.1"),
)
REFUSED = (
    ("lab/unsigned:1.0",),
    ("lab/nothing:1.0",),
    ("nicolas/webdis:0.1.19", "lab/nothing:1"),
    ("lab/nothing:1", "nicolas/webdis:0.1.19"),
    ("nicolas/webdis:0.1.19", "lab/unsigned:1.0", "lab/multi:1.0"),
)
FORMS = {"docker": (), "docker-pretty": ("--pretty",)}
ACCEPT = ", ".join(
    f"application/vnd.{name}+json"
    for name in (
        *("docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2"),
        *("oci.image.index.v1", "oci.image.manifest.v1"),
    )
)

each_form = pytest.mark.parametrize("form", FORMS)


def docker(client: Client, form: str, *references: str) -> Done:
    """What the real docker prints, from an empty trust directory of its own."""
    other = Client(client.lab, client.home.with_name("docker"))
    return other.run("docker", "trust", "inspect", *FORMS[form], *references)


def ours(client: Client, form: str, *references: str) -> Done:
    return client.crosstrust("inspect", *references, "--tofu", "--format", form)


def in_any_order(out: bytes) -> object:
    """Rows of one tag with two digests come out of docker in random order: a set of lines.

    In JSON the rows are the elements of SignedTags; all else keeps its order.
    """
    text = out.decode()
    if not text.startswith("["):
        return sorted(text.splitlines(keepends=True))
    return [
        {**image, "SignedTags": sorted(map(json.dumps, image["SignedTags"]))}
        for image in json.loads(text)
    ]


@each_form
@pytest.mark.parametrize("reference", [*REPOSITORIES, *REFERENCES])
def test_one_reference(client: Client, form: str, reference: str) -> None:
    expected = docker(client, form, reference)
    assert (expected.code, expected.err) == (0, "")
    found = ours(client, form, reference)
    if reference in {"lab/multi", "lab/multi:latest"}:
        assert in_any_order(found.out) == in_any_order(expected.out)
        assert len(found.out) == len(expected.out)
    else:
        assert found.out == expected.out


@each_form
@pytest.mark.parametrize("references", TOGETHER, ids=" ".join)
def test_several_references(client: Client, form: str, references: tuple[str, ...]) -> None:
    expected = docker(client, form, *references)
    assert expected.code == 0
    assert ours(client, form, *references).out == expected.out


@pytest.mark.parametrize("references", REFUSED, ids=" ".join)
def test_json_with_what_docker_shows_nothing_of(
    client: Client, references: tuple[str, ...]
) -> None:
    expected = docker(client, "docker", *references)
    assert expected.code == 1
    found = ours(client, "docker", *references)
    assert (found.code, found.out) == (1, expected.out)
    for refused in set(references) & {"lab/unsigned:1.0", "lab/nothing:1", "lab/nothing:1.0"}:
        assert refused.partition(":")[0] in found.err


@pytest.mark.parametrize("references", REFUSED, ids=" ".join)
def test_pretty_goes_on_after_what_docker_shows_nothing_of(
    client: Client, references: tuple[str, ...]
) -> None:
    """Docker stops at the first of these."""
    assert docker(client, "docker-pretty", *references).code == 1
    good = [name for name in references if not name.startswith(("lab/unsigned", "lab/nothing"))]
    expected = docker(client, "docker-pretty", *good).out if good else b""
    found = ours(client, "docker-pretty", *references)
    assert (found.code, found.out) == (1, expected)


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        *(("nicolas/webdis:0.1.19", 0), ("nicolas/webdis", 0), ("lab/multi:1.0", 0)),
        *(("nicolas/webdis:9.9", 1), ("lab/revoked:1.1", 1), ("lab/multi:1.9", 1)),
        *(("lab/empty:1", 1), (f"nicolas/webdis@{ZEROS}", 1), ("lab/multi:latest", 1)),
    ],
)
def test_the_exit_code_is_our_own(client: Client, reference: str, code: int) -> None:
    """Docker ends with 0 for all of these."""
    assert docker(client, "docker", reference).code == 0
    assert ours(client, "docker", reference).code == code


# ---- bytes as served -----------------------------------------------------------------------------

SERVED = (
    *(("docker.io", "nicolas/webdis", tag) for tag in ("0.1.18", "0.1.19", "0.1.19-amd64")),
    *(("public.ecr.aws", "nicolas/webdis", tag) for tag in ("0.1.18", "0.1.19", "0.1.19-oci")),
    *(("docker.io", "lab/oci", tag) for tag in ("index", "index-nomt", "attest", "image")),
    *(("docker.io", "lab/odd", tag) for tag in ("compact", "newline", "osver", "dup", "extra")),
)


def served(lab: Lab, registry: str, repository: str, reference: str) -> bytes:
    """What the registry itself answers, asked without proxy and tap."""
    port = lab.hub_port if registry == "docker.io" else lab.ecr_port
    url = f"http://127.0.0.1:{port}/v2/{repository}/manifests/{reference}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(urllib.request.Request(url, headers={"Accept": ACCEPT})) as answer:
        raw: bytes = answer.read()
        return raw


@pytest.mark.parametrize(("registry", "repository", "tag"), SERVED)
def test_manifest_raw_is_what_is_served(
    client: Client, registry: str, repository: str, tag: str
) -> None:
    name = f"{registry}/{repository}:{tag}"
    found = client.crosstrust("manifest", "--raw", name)
    assert found.code == 0, found.err
    assert found.out == served(client.lab, registry, repository, tag)
    assert found.out == client.run("skopeo", "inspect", "--raw", f"docker://{name}").out


def test_manifest_raw_by_digest(client: Client) -> None:
    digest = client.lab.images()["0.1.19-arm64"]["hub"]
    found = client.crosstrust("manifest", "--raw", f"nicolas/webdis@{digest}")
    assert found.out == served(client.lab, "docker.io", "nicolas/webdis", digest)


def test_manifest_digest_is_what_the_registry_says(client: Client) -> None:
    known = client.lab.images()["0.1.18"]["manifest"]
    found = client.crosstrust("manifest", "--digest", "nicolas/webdis:0.1.18")
    assert found.text == known + "\n"


def test_manifest_of_an_absent_tag(client: Client) -> None:
    found = client.crosstrust("manifest", "--raw", "nicolas/webdis:9.9")
    assert (found.code, found.out) == (1, b"")
