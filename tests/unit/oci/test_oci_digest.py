from __future__ import annotations

import hashlib

import pytest

from crosstrust.errors import MalformedError
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt

HEX = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_digest_is_of_bytes(algorithm: str) -> None:
    digest = Digest.of(b"x", algorithm)
    assert str(digest) == f"{algorithm}:{hashlib.new(algorithm, b'x').hexdigest()}"
    assert Digest.parse(str(digest)) == digest
    assert digest.matches(b"x")
    assert not digest.matches(b"y")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "digest.form"),
        (HEX, "digest.form"),
        (f"sha256:{HEX.upper()}", "digest.form"),
        (f"sha256:{HEX[:-1]}", "digest.form"),
        (f"sha256:{HEX}0", "digest.form"),
        (f"sha256:{HEX}/..", "digest.form"),
        ("sha256:../../../../etc/passwd", "digest.form"),
        (f"SHA256:{HEX}", "digest.form"),
        (f"sha256:{HEX}\n", "digest.form"),
        (f"sha256:{'=' * 64}", "digest.form"),
        (f"sha512:{HEX}", "digest.form"),
        (f"sha1:{'a' * 40}", "digest.algorithm.supported"),
        (f"md5:{'a' * 32}", "digest.algorithm.supported"),
        (f"sha384:{'a' * 96}", "digest.algorithm.supported"),
        ("sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "digest.algorithm.supported"),
    ],
)
def test_other_texts_are_no_digest(text: str, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Digest.parse(text, "here")
    assert (caught.value.code, caught.value.where) == (code, "here")


def test_a_descriptor_gives_its_annotations_by_key() -> None:
    descriptor = Descriptor("a/b", Digest("sha256", HEX), 1, (("k", "v"),))
    assert descriptor.annotation("k") == "v"
    assert descriptor.annotation("other") == ""


def test_an_excerpt_is_short_and_printable() -> None:
    assert excerpt("plain") == "plain"
    assert excerpt("a" * 200) == "a" * 160 + "..."
    assert excerpt("a" * 5, 4) == "aaaa..."
    assert excerpt("\x1b[31m\n\u202e") == r"\x1b[31m\n\u202e"
