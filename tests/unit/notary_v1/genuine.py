"""The genuine chains of tests/vectors/notary-v1, as a server would serve them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.unit.notary_v1.serving import Server

VECTORS = Path(__file__).parents[2] / "vectors"
FOLDER = VECTORS / "notary-v1"
NAMES = sorted(path.name.removesuffix(".facts.json") for path in FOLDER.glob("docker*.facts.json"))


def facts(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.facts.json").read_text())
    return found


def genuine_server(name: str, gun: str = "") -> Server:
    """A server that has the chain ``name`` and nothing else."""
    folder = FOLDER / name
    files = {
        path.relative_to(folder).with_suffix("").as_posix(): path.read_bytes()
        for path in folder.rglob("*.json")
    }
    server = Server(gun or facts(name)["gun"])
    server.publish(files, {1: files["root"]})
    return server


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
