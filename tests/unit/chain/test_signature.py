"""Which of several signed tags answers the question, where a digest alone was named."""

from __future__ import annotations

import pytest

from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.signature import Signature, find_signature
from crosstrust.evidence.trust_data import SignedTag, TrustData
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from tests.unit.chain.world import AT, GUN, REPOSITORY, ROOT, TableScheme

RAW = b"signed"
DIGEST = Digest.of(RAW)
PINS = Pins((ROOT,), (REPOSITORY,))


def found(
    allowed: str, *tags: str, name: str = f"{GUN}@{DIGEST}", held: Digest | None = None
) -> Signature | None:
    """The signature that is found for ``name`` where a rule allows the one tag."""
    entries = tuple(SignedTag(tag, DIGEST, 6, "targets") for tag in tags)
    data = TrustData(GUN, TableScheme().roles, entries, {ROOT: "scoped"})
    question = Question(
        parse_reference(name, default_tag=None),
        parse_reference(GUN, default_tag=None),
        PINS,
        Demand(),
        AT,
        demands=lambda tag: Demand(ruled=tag == allowed, form=tag),
    )
    return find_signature(question, data, held)


@pytest.mark.parametrize(
    ("allowed", "chosen", "fits"),
    [("a", "a", True), ("b", "b", True), ("c", "c", True), ("d", "a", False)],
)
def test_of_several_tags_one_that_the_rules_allow_is_chosen(
    allowed: str, chosen: str, *, fits: bool
) -> None:
    signature = found(allowed, "a", "b", "c")
    assert signature is not None
    assert (signature.tag, signature.fits) == (chosen, fits)
    # What is demanded of the image goes by the tag that was found.
    assert signature.demand == Demand(ruled=chosen == allowed, form=chosen)


def test_where_the_tag_was_named_the_demand_is_known() -> None:
    reference = parse_reference(f"{GUN}:a")
    demand = Demand(form="image")
    assert Question(reference, reference, PINS, demand, AT).demand_for("b") is demand


def test_another_hash_is_looked_for_by_the_bytes_that_it_names() -> None:
    name = f"{GUN}@{Digest.of(RAW, 'sha512')}"
    signature = found("a", "a", name=name, held=DIGEST)
    assert signature is not None
    assert (signature.tag, signature.digest) == ("a", DIGEST)
    assert found("a", "a", name=name) is None
    assert found("a", "a", name=name, held=Digest.of(b"other")) is None
    # What was read of the copy changes nothing for a digest that authors sign.
    assert found("a", "a", held=Digest.of(b"other")) is not None
