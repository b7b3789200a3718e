"""Trust data as ``docker trust inspect`` prints it, byte for byte.

Docker prints the whole repository where no tag is named, a digest is left out of account, and
the reader is not told which of ``targets`` and ``targets/releases`` released a tag. Nothing here
says that a tag is to be trusted: these are forms for tools that read docker's output.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from crosstrust.evidence.trust_data import Role, TrustData
from crosstrust.render.text import columns, natural_key, plain, short

Image = tuple[str, TrustData, str | None]

RELEASED_IN = frozenset({"targets", "targets/releases"})
NO_SIGNER = "Repo Admin"

# Docker's table writer makes no column narrower than this.
LEAST_COLUMN = 10

_ADMINISTRATIVE = (("root", "Root"), ("targets", "Repository"))
_NO_DELEGATIONS = frozenset({"root", "timestamp", "snapshot"}) | RELEASED_IN
# As Go's JSON encoder does for the sake of HTML and JavaScript.
_GO_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in ("<", ">", "&", "\u2028", "\u2029")})


def render_docker_json(images: Iterable[Image]) -> str:
    """Return what ``docker trust inspect`` prints for (name as typed, trust data, tag or None).

    No images: the empty array that docker prints when nothing could be shown.
    """
    shown = [_image(*image) for image in images]
    text = json.dumps(shown, indent=4, ensure_ascii=False).translate(_GO_ESCAPES)
    return "".join(f"{_escaped(line)}\n" for line in text.split("\n"))


def _escaped(line: str) -> str:
    """Return ``line`` with escapes, which mean the same in JSON, for what could steer a terminal.

    Docker prints DEL, C1 and bidirectional marks as they are.
    """
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def render_docker_pretty(images: Iterable[Image]) -> str:
    """Return what ``docker trust inspect --pretty`` prints for the same triples."""
    return "\n\n".join(_pretty(*image) for image in images)


def _image(name: str, data: TrustData, tag: str | None) -> dict[str, object]:
    signers = sorted(_signers(data), key=lambda pair: pair[0].encode(), reverse=True)
    roles = [(label, data.role(role)) for role, label in _ADMINISTRATIVE]
    return {
        "Name": name,
        "SignedTags": [
            {"SignedTag": row[0], "Digest": row[1], "Signers": row[2] or [NO_SIGNER]}
            for row in _rows(data, tag)
        ],
        "Signers": [_named(signer, ids) for signer, ids in signers],
        "AdministrativeKeys": [
            _named(label, [key.scoped for key in role.keys]) for label, role in roles if role
        ],
    }


def _named(name: str, ids: Sequence[str]) -> dict[str, object]:
    # An empty list of keys is left out, where all other empty lists are printed.
    return {"Name": name, **({"Keys": [{"ID": key_id} for key_id in ids]} if ids else {})}


def _rows(data: TrustData, tag: str | None) -> list[tuple[str, str, list[str]]]:
    """Released tags by (tag, digest) in natural order, each with the other roles that agree."""
    entries = [
        (entry.tag, entry.digest.hex if entry.digest else "", entry.role)
        for entry in data.tags
        if tag is None or entry.tag == tag
    ]
    released: dict[tuple[str, str], list[str]] = {
        (name, digest): [] for name, digest, role in entries if role in RELEASED_IN
    }
    for name, digest, role in entries:
        if role not in RELEASED_IN and (name, digest) in released:
            released[name, digest].append(_signer(role))
    # Rows of one tag come out in random order from docker; here by digest.
    order = sorted(released, key=lambda row: (natural_key(row[0]), row[1]))
    return [(*row, released[row]) for row in order]


def _signer(role: str) -> str:
    return role.removeprefix("targets/")


def _signers(data: TrustData) -> list[tuple[str, list[str]]]:
    roles: list[Role] = [role for role in data.roles if role.name not in _NO_DELEGATIONS]
    return [(_signer(role.name), [key.canonical for key in role.keys]) for role in roles]


def _pretty(name: str, data: TrustData, tag: str | None) -> str:
    name = plain(name)
    rows = _rows(data, tag)
    lines = ["", f"{'Signatures' if rows else 'No signatures'} for {name}", ""]
    if rows:
        table = [("SIGNED TAG", "DIGEST", "SIGNERS")]
        table += [
            (plain(shown), digest, plain(", ".join(sorted(by)) or f"({NO_SIGNER})"))
            for shown, digest, by in rows
        ]
        lines += columns(table, least=LEAST_COLUMN)
    lines += ["", *_pretty_signers(name, data)]
    lines += [f"Administrative keys for {name}", "", *_pretty_keys(data)]
    return "\n".join(lines) + "\n"


def _pretty_signers(name: str, data: TrustData) -> list[str]:
    signers = sorted(_signers(data), key=lambda pair: natural_key(pair[0]))
    if not signers:
        return []
    table = [("SIGNER", "KEYS")]
    table += [(plain(signer), ", ".join(short(i) for i in sorted(ids))) for signer, ids in signers]
    return [
        f"List of signers and their keys for {name}",
        "",
        *columns(table, least=LEAST_COLUMN),
        "",
    ]


def _pretty_keys(data: TrustData) -> list[str]:
    roles = [(label, data.role(role)) for role, label in reversed(_ADMINISTRATIVE)]
    return [
        f"  {label} Key:\t{', '.join(sorted(key.scoped for key in role.keys))}"
        for label, role in roles
        if role
    ]
