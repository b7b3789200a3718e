"""Every target by its name, which is also the name of its folder below corpus/."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.challenge import CHALLENGE, TOKEN
from tests.fuzz.image import CONFIG, INDEX, MANIFEST
from tests.fuzz.json_text import CANONICAL
from tests.fuzz.key import CERTIFICATE, KEY
from tests.fuzz.layer import GZIP, ZSTD
from tests.fuzz.policy import POLICY
from tests.fuzz.reference import REFERENCE
from tests.fuzz.role import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from tests.fuzz.target import Target

CORPUS = Path(__file__).parent / "corpus"

TABLE: dict[str, Target] = {
    "canonical": CANONICAL,
    "certificate": CERTIFICATE,
    "challenge": CHALLENGE,
    "config": CONFIG,
    "gzip": GZIP,
    "index": INDEX,
    "key": KEY,
    "manifest": MANIFEST,
    "policy": POLICY,
    "reference": REFERENCE,
    "root": ROOT,
    "snapshot": SNAPSHOT,
    "targets": TARGETS,
    "timestamp": TIMESTAMP,
    "token": TOKEN,
    "zstd": ZSTD,
}
