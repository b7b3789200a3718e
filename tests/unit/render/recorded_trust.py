"""Trust data from the recorded role files of the lab, without any verification."""

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from crosstrust.evidence.trust_data import Key, Role, SignedTag, TrustData
from crosstrust.oci.digest import Digest

FOLDER = Path(__file__).parents[2] / "vectors" / "docker-trust"


def recorded(repository: str) -> TrustData:
    """The trust data of "lab/multi" and the like, in the order of the metadata."""
    files = json.loads((FOLDER / f"{repository.replace('/', '-')}.json").read_text("utf-8"))
    top = files["root"]["signed"]
    roles = [
        role(files, name, top["roles"][name], top["keys"])
        for name in ("root", "timestamp", "snapshot", "targets")
    ]
    names = ["targets"]
    for parent in names:
        delegations = files.get(parent, {}).get("signed", {}).get("delegations", {})
        for entry in delegations.get("roles") or []:
            roles.append(role(files, entry["name"], entry, delegations["keys"]))
            names.append(entry["name"])
    tags = [tag for name in names if name in files for tag in signed_tags(name, files[name])]
    return TrustData(f"docker.io/{repository}", tuple(roles), tuple(tags), {})


def role(files: dict[str, Any], name: str, entry: dict[str, Any], keys: dict[str, Any]) -> Role:
    file = files.get(name)
    raw = json.dumps(file).encode()
    return Role(
        name,
        tuple(key(key_id, keys[key_id]["keytype"]) for key_id in entry["keyids"]),
        entry["threshold"],
        tuple(s["keyid"] for s in file["signatures"]) if file else (),
        file["signed"]["version"] if file else 0,
        datetime.fromisoformat(file["signed"]["expires"]) if file else None,
        hashlib.sha256(raw).hexdigest() if file else "",
        len(raw) if file else 0,
        tuple(entry.get("paths", ())),
    )


def key(key_id: str, keytype: str) -> Key:
    """A key; the canonical ID of a certificate's key is a stand-in that differs."""
    bare = "x509" not in keytype
    return Key(key_id, key_id if bare else hashlib.sha256(key_id.encode()).hexdigest(), keytype)


def signed_tags(name: str, file: dict[str, Any]) -> list[SignedTag]:
    return [
        SignedTag(
            tag,
            Digest("sha256", base64.b64decode(entry["hashes"]["sha256"]).hex()),
            entry["length"],
            name,
        )
        for tag, entry in file["signed"]["targets"].items()
    ]
