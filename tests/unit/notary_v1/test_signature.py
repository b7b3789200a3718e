"""Keys that prove nothing: whoever holds them, one signature fits every message."""

from __future__ import annotations

import pytest

from crosstrust.schemes.notary_v1.signature import is_usable
from crosstrust.schemes.notary_v1.spki import BareKey

PRIME = 2**255 - 19
# RFC 8032, 5.1: the y of the points whose order divides 8, and their other writings.
ORDER_8 = (
    int.from_bytes(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
    ),
    int.from_bytes(
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
    ),
)


def ed25519(y: int, sign: int) -> BareKey:
    return BareKey("ed25519", (y | sign << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", [0, 1, PRIME - 1, PRIME, PRIME + 1, *ORDER_8])
def test_a_point_of_small_order_proves_nothing(y: int, sign: int) -> None:
    assert not is_usable(ed25519(y, sign))


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", [2, 3, PRIME - 2, ORDER_8[0] + 1, ORDER_8[1] - 1])
def test_its_neighbours_are_not_refused_for_it(y: int, sign: int) -> None:
    assert is_usable(ed25519(y, sign))
