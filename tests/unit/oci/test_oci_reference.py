"""References as docker reads them. Accepted forms were compared with distribution/reference."""

from __future__ import annotations

import pytest

from crosstrust.errors import InputError
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import (
    Reference,
    parse_reference,
    parse_repository,
    parse_tag,
)

HEX = "5de58646bae3ee52e05a65672532120b094682b79823291031ccb41533c21667"
SHA256 = f"sha256:{HEX}"
SHA512 = "sha512:" + "ab" * 64


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("nicolas/webdis", "docker.io/nicolas/webdis:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("docker.io/library/nginx", "docker.io/library/nginx:latest"),
        ("library/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nicolas/webdis:x", "docker.io/nicolas/webdis:x"),
        ("DOCKER.IO/nginx", "docker.io/library/nginx:latest"),
        ("registry-1.docker.io/nicolas/webdis", "registry-1.docker.io/nicolas/webdis:latest"),
        ("docker.io:443/nginx", "docker.io:443/nginx:latest"),
        ("public.ecr.aws/nginx", "public.ecr.aws/nginx:latest"),
        ("public.ecr.aws/a/b/c/d:1_2-3.4", "public.ecr.aws/a/b/c/d:1_2-3.4"),
        ("localhost", "docker.io/library/localhost:latest"),
        ("localhost/x", "localhost/x:latest"),
        ("LOCALHOST/x", "localhost/x:latest"),
        ("localhost:5000/x:y", "localhost:5000/x:y"),
        ("example.com", "docker.io/library/example.com:latest"),
        ("host:5000", "docker.io/library/host:5000"),
        ("host:80/x", "host:80/x:latest"),
        ("a/b", "docker.io/a/b:latest"),
        ("a.b/c", "a.b/c:latest"),
        ("Foo/x", "Foo/x:latest"),
        ("127.0.0.1:1/x", "127.0.0.1:1/x:latest"),
        ("h:65535/x", "h:65535/x:latest"),
        ("[::1]/x", "[::1]/x:latest"),
        ("[2001:DB8::1]:5000/x:t", "[2001:db8::1]:5000/x:t"),
        ("a__b/c--d/e.f/g_h", "docker.io/a__b/c--d/e.f/g_h:latest"),
        (f"nginx@{SHA256}", f"docker.io/library/nginx@{SHA256}"),
        (f"nginx:1.27@{SHA256}", f"docker.io/library/nginx:1.27@{SHA256}"),
        (f"localhost:5000/x@{SHA512}", f"localhost:5000/x@{SHA512}"),
        (f"nginx:{'t' * 128}", f"docker.io/library/nginx:{'t' * 128}"),
        (f"x.y/{'n' * 251}", f"x.y/{'n' * 251}:latest"),
        (f"{HEX}:1", f"docker.io/library/{HEX}:1"),
    ],
)
def test_reads_as_docker_reads(text: str, canonical: str) -> None:
    reference = parse_reference(text)
    assert str(reference) == canonical
    assert reference.typed == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty reference"),
        ("/nginx", "remove the empty part"),
        ("nginx/", "remove the empty part"),
        ("docker.io/", "remove the empty part"),
        ("a//b", "remove the empty part"),
        (":tag", "remove the empty part"),
        (f"@{SHA256}", "remove the empty part"),
        (".nginx", "found .nginx"),
        ("nginx.", "found nginx."),
        ("_a/b", "found _a"),
        ("a/-b", "found -b"),
        ("a___b", "found a___b"),
        ("a..b", "found a..b"),
        ("x.y/../z", "found .."),
        ("a._b", "found a._b"),
        ("a/b%c", "found b%c"),
        ("user@host.x/y", "copy the whole digest"),
        ("nginx:", "an empty tag"),
        ("nginx:.a", "found .a"),
        ("nginx:-a", "found -a"),
        ("nginx:a:b", "found a:b"),
        ("host.x:1/a:b/c", "found b/c"),
        (f"nginx:{'t' * 129}", "1 to 128"),
        (f"x.y/{'n' * 252}", "at most 255 characters"),
        ("nginx@", "an empty digest"),
        ("nginx@sha256:abc", "64 lower-case hex digits"),
        (f"nginx@sha256:{HEX.upper()}", "64 lower-case hex digits"),
        (f"nginx@sha384:{'a' * 96}", "found sha384"),
        (f"nginx@{SHA256}@{SHA256}", "copy the whole digest"),
        (f"nginx@{SHA256}:tag", "copy the whole digest"),
        (HEX, "write REPOSITORY@sha256:DIGEST"),
        ("https://docker.io/nginx", "leave out https://"),
        ("docker://nginx", "leave out docker://"),
        ("nginx ", "character U+0020"),
        ("nginx\n", "character U+000A"),
        ("n\u0456colas/webdis", "character U+0456"),
        ("nicolas/Webdis", "try nicolas/webdis"),
        ("Webdis", "in lower case"),
        ("h:0/x", "a port from 1 to 65535; found 0"),
        ("h:65536/x", "found 65536"),
        ("h:000443/x", "found 000443"),
        ("h:/x", "correct the host"),
        ("h:a/x", "correct the host"),
        ("-h.x/y", "correct the host"),
        ("h_.x/y", "correct the host"),
        ("a..b/c", "correct the host"),
        ("[::1%25eth0]/x", "correct the host"),
        ("[::1/x", "correct the host"),
        ("[1:2]/x", "correct the address"),
    ],
)
def test_refuses_with_one_clear_remedy(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_reference(text)
    assert caught.value.code == "reference.form"
    assert said in str(caught.value)
    assert caught.value.remedy
    assert str(caught.value).isprintable()


def test_the_default_tag_is_for_neither_tag_nor_digest() -> None:
    assert parse_reference("x", default_tag="edge").tag == "edge"
    assert parse_reference("x", default_tag=None).tag is None
    assert parse_reference("x:1", default_tag="edge").tag == "1"
    assert parse_reference(f"x@{SHA256}").tag is None


@pytest.mark.parametrize(
    ("text", "familiar"),
    [
        ("docker.io/library/nginx:1", "nginx:1"),
        (f"docker.io/nicolas/webdis:1@{SHA256}", f"nicolas/webdis:1@{SHA256}"),
        ("docker.io/library/a/b:1", "library/a/b:1"),
        ("public.ecr.aws/nicolas/webdis:1", "public.ecr.aws/nicolas/webdis:1"),
        ("localhost:5000/library/x:1", "localhost:5000/library/x:1"),
        ("docker.io/a.b/c:1", "docker.io/a.b/c:1"),
        ("docker.io/localhost/c:1", "docker.io/localhost/c:1"),
        (f"docker.io/library/{HEX}:1", f"{HEX}:1"),
    ],
)
def test_the_familiar_form_reads_back_as_the_same(text: str, familiar: str) -> None:
    reference = parse_reference(text)
    assert reference.familiar == familiar
    assert parse_reference(familiar) == reference


def test_an_image_named_like_an_id_keeps_its_full_name() -> None:
    reference = parse_reference(f"docker.io/{HEX}", default_tag=None)
    assert reference.familiar == f"docker.io/library/{HEX}"


def test_what_was_typed_is_no_part_of_the_identity() -> None:
    assert parse_reference("nginx") == parse_reference("index.docker.io/library/nginx:latest")
    assert len({parse_reference("nginx"), parse_reference("docker.io/nginx")}) == 1
    assert parse_reference("nginx:1") != parse_reference("nginx:2")


def test_parts_can_be_exchanged() -> None:
    reference = parse_reference("nginx:1")
    digest = Digest("sha256", HEX)
    assert str(reference.with_tag("2")) == "docker.io/library/nginx:2"
    assert str(reference.with_digest(digest)) == f"docker.io/library/nginx:1@{SHA256}"
    assert str(reference.with_digest(digest).without_tag()) == f"docker.io/library/nginx@{SHA256}"
    assert reference.repository == "docker.io/library/nginx"
    with pytest.raises(InputError, match="a tag of 1 to 128"):
        reference.with_tag("a b")


def test_a_repository_has_no_tag_and_no_digest() -> None:
    assert parse_repository("nginx") == Reference("docker.io", "library/nginx")
    for text in ("nginx:1", f"nginx@{SHA256}"):
        with pytest.raises(InputError, match=r"write docker\.io/library/nginx"):
            parse_repository(text)


def test_a_tag_alone() -> None:
    assert parse_tag("_1.0-rc") == "_1.0-rc"
    with pytest.raises(InputError) as caught:
        parse_tag("1\x1b[2J")
    assert caught.value.code == "reference.form"
    assert str(caught.value).isprintable()
