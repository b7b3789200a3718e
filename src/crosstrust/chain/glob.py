"""Patterns over names: ``*`` and ``?`` in tags, a trailing ``/*`` in repositories.

Written by hand, in linear space and without regular expressions, so that no pattern is slow.
"""

from __future__ import annotations

import re

# Distribution specification, "Pulling manifests": the grammar of a tag, with wildcards added.
_TAG_PATTERN = r"[a-zA-Z0-9_*?][a-zA-Z0-9._*?-]*"
_TAG_LENGTH = 128


def tag_matches(pattern: str, tag: str) -> bool:
    """Return True if ``tag`` fits ``pattern``: ``*`` is any run of characters, ``?`` is one."""
    p = t = 0
    # What follows the last star in the pattern, and where in the tag it is tried.
    again: tuple[int, int] | None = None
    while t < len(tag):
        if p < len(pattern) and pattern[p] == "*":
            p += 1
            again = p, t
        elif p < len(pattern) and pattern[p] in {"?", tag[t]}:
            p, t = p + 1, t + 1
        elif again is not None:
            p, t = again[0], again[1] + 1
            again = p, t
        else:
            return False
    return all(character == "*" for character in pattern[p:])


def tag_possible(pattern: str) -> bool:
    """Return True if some valid tag fits ``pattern``."""
    possible = re.fullmatch(_TAG_PATTERN, pattern, re.ASCII)
    return possible is not None and len(pattern.replace("*", "")) <= _TAG_LENGTH


def tag_literal(pattern: str) -> bool:
    """Return True if ``pattern`` has no wildcard."""
    return not set(pattern) & {"*", "?"}


def tag_covers(general: str, special: str) -> bool:
    """Return True if every tag that fits ``special`` surely fits ``general``."""
    if tag_literal(special):
        return tag_matches(general, special)
    return general in {"*", special}


def nearness(pattern: str) -> tuple[bool, int]:
    """Return how near a pattern that matches is: an exact name before all, then the longest."""
    return not pattern.endswith("/*"), len(pattern)


def repository_suffix(pattern: str, repository: str) -> str | None:
    """Return what ``*`` stands for in a pattern ``prefix/*``, or None if it does not match.

    The border is a slash: ``docker.io/nicolas/*`` has nothing to do with ``docker.io/nicolasx/a``.
    Without ``/*`` the names must be equal, and the suffix is "".
    """
    if not pattern.endswith("/*"):
        return "" if pattern == repository else None
    prefix = pattern[:-1]
    if repository.startswith(prefix) and len(repository) > len(prefix):
        return repository[len(prefix) :]
    return None
