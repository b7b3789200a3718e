"""Bits and members of genuine files: no change to what is signed is trusted.

All files but the timestamp are bound by hash, so that nothing at all may differ in them. What
may differ in a timestamp is listed in ``mutants``, by kind; it never changes what is trusted,
and whoever has seen the genuine file refuses it. Here each kind of change is tried, and a sample
of the places; `make mutants` tries all.
"""

from __future__ import annotations

import pytest

from tests.attacks.file_damage import Change, change_structure, change_text, flip_bits, sampled
from tests.attacks.genuine import FILES, genuine_chain
from tests.attacks.mutants import HARMLESS, Found, try_changes

# Odd, so that every bit of a byte is met.
STRIDE = 29

# Of the structural changes, so that none of them goes missing unnoticed.
COUNTS = {
    "docker.com_notary0.1_samplerepo root": 1163,
    "docker.com_notary0.1_samplerepo snapshot": 446,
    "docker.com_notary0.1_samplerepo targets": 421,
    "docker.com_notary0.1_samplerepo timestamp": 346,
    "docker.com_notary0.3_tst root": 1163,
    "docker.com_notary0.3_tst snapshot": 625,
    "docker.com_notary0.3_tst targets": 835,
    "docker.com_notary0.3_tst targets/releases": 445,
    "docker.com_notary0.3_tst timestamp": 371,
    "docker.io_library_alpine root": 1163,
    "docker.io_library_alpine snapshot": 495,
    "docker.io_library_alpine targets": 1877,
    "docker.io_library_alpine timestamp": 371,
    "docker.io_phbelitz_alice-image root": 1165,
    "docker.io_phbelitz_alice-image snapshot": 902,
    "docker.io_phbelitz_alice-image targets": 1043,
    "docker.io_phbelitz_alice-image targets/chamsen": 422,
    "docker.io_phbelitz_alice-image targets/phbelitz": 422,
    "docker.io_phbelitz_alice-image targets/releases": 515,
    "docker.io_phbelitz_alice-image timestamp": 371,
    "docker.io_phbelitz_sample-image root": 1163,
    "docker.io_phbelitz_sample-image snapshot": 495,
    "docker.io_phbelitz_sample-image targets": 519,
    "docker.io_phbelitz_sample-image timestamp": 371,
}

each_file = pytest.mark.parametrize(("name", "role"), FILES)
each_timestamp = pytest.mark.parametrize(
    "name", [name for name, role in FILES if role == "timestamp"]
)


@each_file
def test_no_flipped_bit_is_accepted(name: str, role: str) -> None:
    raw = genuine_chain(name).files[role]
    flips = list(flip_bits(raw))
    assert len({flip.raw for flip in flips}) == 8 * len(raw)
    found = try_changes(name, role, sampled(flips, STRIDE))
    assert found == Found(-(-len(flips) // STRIDE))


@each_file
def test_no_structural_change_is_trusted(name: str, role: str) -> None:
    changes = list(change_structure(genuine_chain(name).files[role]))
    assert len(changes) == COUNTS[f"{name} {role}"]
    found = try_changes(name, role, sampled(changes, STRIDE))
    assert found.wrong == []
    assert found.tried >= len({change.kind for change in changes})


@each_timestamp
def test_no_change_of_text_is_trusted(name: str) -> None:
    raw = genuine_chain(name).files["timestamp"]
    changes = list(change_text(raw))
    assert len(changes) == 9 * len(raw) + 7
    found = try_changes(name, "timestamp", sampled(changes, STRIDE))
    assert found.wrong == []
    assert found.harmless.keys() == {"character escaped", "white space added"}


def test_each_harmless_change_is_one_that_is_accepted() -> None:
    name, role = FILES[-1]
    raw = genuine_chain(name).files[role]
    changes = [*change_structure(raw), *sampled(change_text(raw), STRIDE)]
    found = try_changes(name, role, changes)
    assert (role, frozenset(found.harmless)) == ("timestamp", HARMLESS)


def test_a_sample_has_every_kind_and_every_place() -> None:
    changes = [Change("a" if place != 40 else "b", b"%d" % place) for place in range(100)]
    assert [change.raw for change in sampled(changes, 30)] == [b"0", b"30", b"40", b"60", b"90"]
