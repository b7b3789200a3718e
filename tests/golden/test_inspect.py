from collections.abc import Callable
from dataclasses import replace

import pytest

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step
from crosstrust.evidence.trust_data import SignedTag
from crosstrust.evidence.verdict import Decision
from crosstrust.oci.digest import Digest
from crosstrust.render.inspect_json import render_inspect_json
from crosstrust.render.inspection import Inspection
from crosstrust.render.table import render_table
from tests.golden.fixed_verdicts import (
    AMD64,
    GUN,
    HISTORIC,
    NOT_PINNED,
    ROLES,
    SIGNED,
    TRUST_DATA,
    TRUSTED,
    UNREACHABLE,
    key,
)

Golden = Callable[[str, str], None]

STRANGER = key(Digest.of(b"a key that only releases knows").hex)
DATA = replace(
    TRUST_DATA,
    roles=(
        *ROLES[:5],
        replace(ROLES[5], keys=(*ROLES[5].keys, STRANGER), threshold=2),
        replace(ROLES[4], name="targets/newcomer", version=0, expires=None, signed_by=()),
    ),
    tags=(
        SignedTag("0.1.9", AMD64, 1365, "targets/nicolasff"),
        SignedTag("0.1.19", SIGNED, 772, "targets"),
        SignedTag("0.1.18", AMD64, 1365, "targets/nicolasff"),
        SignedTag("0.1.18", AMD64, 1365, "targets/releases"),
        SignedTag("odd", None, 12, "targets/releases"),
    ),
)
WHOLE = Inspection(replace(TRUSTED, subject=GUN, signed_by=GUN, trust_data=DATA))
UNSIGNED = Step(
    (),
    Claim("none", f"{GUN}:9.9", ""),
    Check(
        "tuf.target.present",
        Outcome.FAILED,
        f"{GUN}:9.9",
        Class.UNSIGNED,
        "signed in targets or targets/releases",
        "no such tag",
        "check the tag; the tags that are signed are listed without one",
    ),
)
REJECTED = Inspection(
    replace(WHOLE.verdict, decision=Decision.REJECTED, evidence=Evidence((UNSIGNED,)))
)

ALL = {
    "repository": WHOLE,
    "tag": replace(WHOLE, tag="0.1.18"),
    "digest": replace(WHOLE, digest=SIGNED),
    "unknown-tag": replace(REJECTED, tag="9.9"),
    "unknown-digest": replace(REJECTED, digest=Digest.of(b"unknown")),
    "no-tags": Inspection(replace(WHOLE.verdict, trust_data=replace(DATA, tags=()))),
    "not-pinned": Inspection(replace(NOT_PINNED, subject=GUN, signed_by=GUN)),
    "historic": Inspection(replace(HISTORIC, subject=GUN, signed_by=GUN)),
    "unreachable": Inspection(replace(UNREACHABLE, subject=GUN, signed_by=GUN)),
}


@pytest.mark.parametrize("name", ALL)
def test_table(golden: Golden, name: str) -> None:
    golden(f"inspect-{name}.txt", render_table(ALL[name], color=False))


def test_table_in_ascii(golden: Golden) -> None:
    text = render_table(WHOLE, color=True, unicode=False)
    assert text.isascii()
    golden("inspect-ascii.txt", text)


@pytest.mark.parametrize("name", ["repository", "tag", "unreachable"])
def test_inspect_json(golden: Golden, name: str) -> None:
    golden(f"inspect-{name}.json", render_inspect_json([ALL[name]], version="0.1.0"))


def test_nothing_inspected_is_an_empty_array() -> None:
    assert render_inspect_json([]) == "[]\n"
