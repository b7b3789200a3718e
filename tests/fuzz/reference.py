"""Image references: what is read is written, in the long and in the short form."""

from __future__ import annotations

from crosstrust.errors import InputError
from crosstrust.oci.reference import NAME_LENGTH, Reference, parse_reference, parse_repository
from tests.fuzz.target import Target, outcome


def check_reference(raw: bytes) -> None:
    # As the command line hands over bytes that are no text.
    text = raw.decode("utf-8", "surrogateescape")
    for tag in (None, "latest"):
        found = outcome(lambda tag=tag: parse_reference(text, default_tag=tag))  # type: ignore[misc]  # default not inferred
        if isinstance(found, Reference):
            check_forms(found, text)
        else:
            assert isinstance(found, InputError)
            assert str(found).isprintable()


def check_forms(found: Reference, text: str) -> None:
    assert len(found.repository) <= NAME_LENGTH
    assert found.repository.isascii()
    for form in (str(found), found.familiar):
        assert parse_reference(form, default_tag=None) == found, form
    assert parse_repository(found.repository).repository == found.repository
    # Nothing of a digest or a tag is lost or made up.
    assert (found.digest is None) == ("@" not in text)
    if found.digest is not None:
        assert text.endswith(f"@{found.digest}")
    elif found.tag not in {None, "latest"}:
        assert text.endswith(f":{found.tag}")


REFERENCE = Target(
    check_reference,
    (
        *(b"docker.io/", b"index.docker.io/", b"library/", b"localhost:5000/", b"[::1]:5000/"),
        *(b"@sha256:", b"@sha512:", b"a" * 64, b":latest", b"https://", b"//", b"__"),
    ),
    longest=512,
)
