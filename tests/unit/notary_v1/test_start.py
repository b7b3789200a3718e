"""What a verification imports: the parts of cryptography that are slow to load are not among it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.notary_v1.genuine import NAMES

PROGRAM = """
import sys
from datetime import timedelta
from crosstrust.chain.pin import Pins
from crosstrust.schemes.notary_v1 import NotaryV1
from tests.unit.notary_v1.genuine import facts, genuine_server, moment
from tests.unit.notary_v1.serving import collect

name = sys.argv[1]
known, server = facts(name), genuine_server(name)
pins = Pins(root=(known["root_keys"][0]["canonical_id"],))
at = moment(known["verifies_until"]) - timedelta(hours=1)
dossier, _ = collect(server, pins=pins)
judgement = NotaryV1().judge(server.gun, dossier, pins=pins, at=at, seen=b"")
assert judgement.trust_data is not None
print(*{check.outcome.value for check in judgement.evidence.checks})
print(*sorted(name for name in sys.modules if name.startswith("cryptography.")))
"""


# Of the chains at hand the one with a key that is not ECDSA.
WITH_RSA = "docker.com_notary0.3_tst"
SLOW = (
    "cryptography.x509",
    "cryptography.hazmat.backends",
    "cryptography.hazmat.primitives.ciphers",
    "cryptography.hazmat.primitives.serialization",
)
RSA = "cryptography.hazmat.primitives.asymmetric.rsa"


@pytest.mark.parametrize("name", NAMES)
def test_keys_and_certificates_need_little_of_cryptography(name: str) -> None:
    command = [sys.executable, "-c", PROGRAM, name]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    outcomes, modules = run.stdout.splitlines()
    assert outcomes == "passed"
    imported = modules.split()
    assert "cryptography.hazmat.primitives.asymmetric.ec" in imported
    assert [module for module in imported if module.startswith(SLOW)] == []
    assert (RSA in imported) is (name == WITH_RSA)
