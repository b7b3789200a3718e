"""Platforms: normalised as containerd does, compared exactly, never by fall-back.

A runtime may run arm/v6 on arm/v7; for trust they are two platforms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crosstrust.errors import InputError
from crosstrust.oci.excerpt import excerpt
from crosstrust.oci.member import Members
from crosstrust.value import dataclass, field

_OS = {"macos": "darwin"}
# What each name of an architecture stands for, with the variant that the name itself states.
_ARCHITECTURES = {
    "i386": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_VARIANTS = {
    "amd64": {"v1": ""},
    "arm64": {"": "v8", "8": "v8", "v8.0": "v8", "8.0": "v8", "9": "v9", "9.0": "v9", "v9.0": "v9"},
    "arm": {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"},
}
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_SYSTEM = r"([A-Za-z0-9_.-]+)(?:\(([A-Za-z0-9_.-]*)((?:\+[A-Za-z0-9_.-]+)*)\))?"


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system and a processor, in normal form; make one with ``Platform.of``.

    The default variant is written out: arm64 is arm64/v8, arm is arm/v7, amd64/v1 is amd64.
    ``os_version`` is kept for Windows alone; ``os_features`` are sorted. ``variant_stated``
    says that the variant stood there and was not filled in; it is no part of the identity.
    """

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()
    variant_stated: bool = field(default=True, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        *,
        os: str,
        architecture: str,
        variant: str = "",
        os_version: str = "",
        os_features: Iterable[str] = (),
    ) -> Platform:
        """Return the platform that these values name, in normal form."""
        system = _OS.get(os.lower(), os.lower())
        named = architecture.lower()
        processor, implied = _ARCHITECTURES.get(named, (named, ""))
        stated = implied or variant.lower()
        return cls(
            os=system,
            architecture=processor,
            variant=_VARIANTS.get(processor, {}).get(stated, stated),
            os_version=os_version if system == "windows" else "",
            os_features=tuple(sorted(set(os_features))),
            variant_stated=bool(stated),
        )

    @classmethod
    def of_members(cls, members: Members) -> Platform:
        """Return the platform of an index entry's ``platform``, or of a config."""
        return cls.of(
            os=_word(members, "os"),
            architecture=_word(members, "architecture"),
            variant=_optional_word(members, "variant"),
            os_version=_optional_word(members, "os.version"),
            os_features=_features(members),
        )

    def agrees_with_config(self, config: Platform) -> bool:
        """Return True unless the config contradicts this label.

        A config without a variant agrees with any, one without ``os.version`` likewise.
        """
        return (
            (self.os, self.architecture) == (config.os, config.architecture)
            and (not config.variant_stated or self.variant == config.variant)
            and (not (self.os_version and config.os_version) or self._has_version(config))
        )

    def matches(self, wanted: Platform) -> bool:
        """Return True if this is the platform that a user asked for.

        Without an ``os.version`` in ``wanted`` each will do; "10.0.17763" stands for every
        revision of that build. Features that ``wanted`` names must be there.
        """
        return (
            (self.os, self.architecture, self.variant)
            == (wanted.os, wanted.architecture, wanted.variant)
            and (not wanted.os_version or self._has_version(wanted))
            and set(wanted.os_features) <= set(self.os_features)
        )

    def _has_version(self, other: Platform) -> bool:
        return f"{self.os_version}.".startswith(f"{other.os_version}.")

    def __str__(self) -> str:
        extra = self.os_version + "".join(f"+{feature}" for feature in self.os_features)
        system = f"{self.os}({extra})" if extra else self.os
        return "/".join(part for part in (system, self.architecture, self.variant) if part)


UNKNOWN = Platform.of(os="unknown", architecture="unknown")


def parse_platform(text: str) -> Platform:
    """Return the platform of ``OS/ARCHITECTURE[/VARIANT]``, e.g. "linux/arm64/v8".

    Windows may name a version, "windows(10.0.17763)/amd64". Raises ``InputError`` with code
    ``platform.form``.
    """
    system, *processor = text.split("/")
    form = re.fullmatch(_SYSTEM, system, re.ASCII)
    if form is None or len(processor) not in {1, 2} or not all(map(_WORD.fullmatch, processor)):
        raise InputError(
            "platform.form",
            excerpt(text) or "an empty platform",
            expected="OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT",
            remedy="write linux/amd64 or linux/arm64/v8",
        )
    name, version, features = form.groups()
    return Platform.of(
        os=name,
        architecture=processor[0],
        variant=processor[1] if len(processor) == 2 else "",
        os_version=version or "",
        os_features=features.split("+")[1:] if features else (),
    )


def _word(members: Members, key: str) -> str:
    """Return a text that can be shown and compared: these come from untrusted documents."""
    text = members.text(key)
    if not _WORD.fullmatch(text):
        raise members.malformed(
            key, expected="letters, digits, '_', '.', '-'", actual=excerpt(text)
        )
    return text


def _optional_word(members: Members, key: str) -> str:
    return _word(members, key) if members.optional_text(key) else ""


def _features(members: Members) -> tuple[str, ...]:
    features = members.optional_texts("os.features") or ()
    for feature in features:
        if not _WORD.fullmatch(feature):
            raise members.malformed(
                "os.features", expected="letters, digits, '_', '.', '-'", actual=excerpt(feature)
            )
    return features
