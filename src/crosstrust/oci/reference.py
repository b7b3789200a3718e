"""Image references, in the grammar of distribution/reference, normalised as docker does.

Three forms are kept apart: the text as typed, the canonical form (identity, policy, GUN) and
docker's familiar form. Which host serves a domain is not known here.
"""

from __future__ import annotations

import re
from typing import NoReturn

from crosstrust.errors import InputError, MalformedError
from crosstrust.oci.digest import Digest
from crosstrust.oci.excerpt import excerpt
from crosstrust.value import dataclass, field, replace

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"
NAME_LENGTH = 255

_CODE = "reference.form"
_OLD_DOMAIN = "index.docker.io"
_OFFICIAL = "library/"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[([a-fA-F0-9:]+)\])(?::([0-9]+))?", re.ASCII)
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*://"
_IMAGE_ID = r"[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository on a registry, with a tag, a digest, both or neither.

    ``domain`` is "docker.io", "localhost:5000" or "[::1]:5000", in lower case wherever that
    still reads as a domain; ``path`` is "library/nginx". ``typed`` is the text it was parsed
    from and no part of its identity. With a tag and a digest, the digest decides.
    """

    domain: str
    path: str
    tag: str | None = None
    digest: Digest | None = None
    typed: str = field(default="", compare=False)

    @property
    def repository(self) -> str:
        """The canonical name, "docker.io/library/nginx": the GUN, and the key of policies."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar(self) -> str:
        """Docker's short form, with tag and digest: "nginx:1.27".

        The canonical name stays where the short one would be read as something else
        ("docker.io/a.b/c").
        """
        short = self.path
        if short.count("/") == 1:
            short = short.removeprefix(_OFFICIAL)
        text = short + self._suffix()
        same = _split_domain(short) == (self.domain, self.path) and not _is_image_id(text)
        return text if same else str(self)

    def with_tag(self, tag: str) -> Reference:
        """Return the same with another tag; the digest stays. Raises ``InputError``."""
        return replace(self, tag=parse_tag(tag))

    def with_digest(self, digest: Digest) -> Reference:
        """Return the same with another digest; the tag stays."""
        return replace(self, digest=digest)

    def without_tag(self) -> Reference:
        """Return the same without a tag; the digest stays."""
        return replace(self, tag=None)

    def _suffix(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return tag + digest

    def __str__(self) -> str:
        return self.repository + self._suffix()


def parse_reference(text: str, *, default_tag: str | None = DEFAULT_TAG) -> Reference:
    """Return the reference that ``text`` writes.

    ``default_tag`` is set where ``text`` has neither tag nor digest. Beyond docker's rules,
    a port must be 1 to 65535, an IPv6 address must be one, and a digest's algorithm must be
    one we compute. Raises ``InputError`` with code ``reference.form``.
    """
    _refuse_foreign_text(text)
    named, at, digest = text.partition("@")
    domain, rest = _split_domain(named)
    path, colon, tag = rest.partition(":")
    _check_path(path, text)
    _check_domain(domain, text)
    if len(domain) + 1 + len(path) > NAME_LENGTH:
        _refuse(text, f"a name of at most {NAME_LENGTH} characters", "shorten the name")
    return Reference(
        domain=domain,
        path=path,
        tag=parse_tag(tag, where=text) if colon else (None if at else default_tag),
        digest=_parse_digest(digest, text) if at else None,
        typed=text,
    )


def parse_repository(text: str) -> Reference:
    """Return the repository that ``text`` names. A tag or a digest is an ``InputError``."""
    reference = parse_reference(text, default_tag=None)
    if reference.tag is not None or reference.digest is not None:
        _refuse(text, "a repository without tag and digest", f"write {reference.repository}")
    return reference


def parse_tag(text: str, *, where: str = "tag") -> str:
    """Return ``text`` if it is a tag, or raise ``InputError``."""
    if not _TAG.fullmatch(text):
        raise InputError(
            _CODE,
            excerpt(where),
            expected="a tag of 1 to 128 letters, digits, '_', '.', '-', not starting with . or -",
            actual=excerpt(text) or "an empty tag",
            remedy="check the part after the last ':'",
        )
    return text


def _split_domain(name: str) -> tuple[str, str]:
    """Split off the domain, docker's first-component rule; add what docker adds."""
    first, slash, rest = name.partition("/")
    if not slash or not _reads_as_domain(first):
        first, rest = DEFAULT_DOMAIN, name
    # Host names have no case. A single label must keep its: "Foo/x" is a domain, "foo/x" is not.
    domain = first.lower() if _reads_as_domain(first.lower()) else first
    if domain == _OLD_DOMAIN:
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in rest:
        rest = _OFFICIAL + rest
    return domain, rest


def _reads_as_domain(first: str) -> bool:
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _refuse_foreign_text(text: str) -> None:
    """Refuse what is no reference at all, in words that fit the mistake."""
    if not text.strip():
        _refuse("an empty reference", "the name of an image", "name one, as in nginx:1.27")
    odd = next((c for c in text if not "!" <= c <= "~"), "")
    if odd:
        _refuse(
            text,
            "printable ASCII without spaces",
            "type the name anew: letters of other scripts can look alike",
            actual=f"character U+{ord(odd):04X}",
        )
    if "://" in text and (scheme := re.match(_SCHEME, text, re.ASCII)):
        _refuse(text, "a name without a scheme", f"leave out {scheme.group()}")
    if _is_image_id(text):
        # Docker refuses this too: it looks like an image ID, which names no repository.
        _refuse(text, "a repository, not 64 hex digits", "write REPOSITORY@sha256:DIGEST")


def _is_image_id(text: str) -> bool:
    return re.fullmatch(_IMAGE_ID, text, re.ASCII) is not None


def _check_path(path: str, text: str) -> None:
    components = path.split("/")
    if "" in components:
        _refuse(text, "names between slashes", "remove the empty part of the name")
    if path != path.lower():
        _refuse(text, "a repository name in lower case", f"try {path.lower()}", actual=path)
    for component in components:
        if not _COMPONENT.fullmatch(component):
            _refuse(
                text,
                "letters and digits, joined by '.', '_', '__' or dashes",
                "correct this part of the name",
                actual=component,
            )


def _check_domain(domain: str, text: str) -> None:
    host = _HOST.fullmatch(domain)
    if host is None:
        _refuse(text, "a host name, optionally with a port", "correct the host", actual=domain)
    address, port = host.groups()
    if port is not None and not (len(port) <= 5 and 1 <= int(port) <= 65535):
        _refuse(text, "a port from 1 to 65535", "correct the port", actual=port)
    if address is not None and not _is_ipv6(address):
        _refuse(text, "an IPv6 address in the brackets", "correct the address", actual=address)


def _is_ipv6(address: str) -> bool:
    import ipaddress  # start-up time: hardly anyone writes an address

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def _parse_digest(digest: str, text: str) -> Digest:
    try:
        return Digest.parse(digest, where=text)
    except MalformedError as error:
        raise InputError(
            _CODE,
            excerpt(text),
            expected=error.expected,
            actual=error.actual or "an empty digest",
            remedy="copy the whole digest: sha256: and 64 lower-case hex digits",
        ) from error


def _refuse(text: str, expected: str, remedy: str, *, actual: str = "") -> NoReturn:
    raise InputError(_CODE, excerpt(text), expected=expected, actual=excerpt(actual), remedy=remedy)
