"""A verification that is killed at any step leaves the old state or the new one.

Here every kind of step is met, and some places of it: before the step, after it, and with half
of a file written. `make kills` tries a thousand.
"""

from __future__ import annotations

import pytest

from tests.attacks.kill_scenario import SCENARIOS
from tests.attacks.kills import chosen, shares, start

KILLS = 320


@pytest.mark.row("A101")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_kill_leaves_the_old_state_or_the_new(scenario: str) -> None:
    kills = shares(KILLS)[scenario]
    found = start(scenario, kills)
    assert found.damaged == []
    assert found.kills == kills
    assert found.moments >= SCENARIOS[scenario]
    assert found.recovered == kills // 3
    assert found.missed == []


def test_kills_are_at_every_kind_of_moment_and_spread() -> None:
    found = ["open", "close"] * 20 + ["rename"] + ["close"] * 9
    assert chosen(found, 8) == [1, 2, 41, 3, 12, 21, 31, 40]
    assert sorted(chosen(found, 120)) == sorted([*range(1, 51), *range(1, 51), *chosen(found, 20)])
    for kills in (*range(1, 60), 1000):
        assert len(chosen(found, kills)) == kills
        assert len(set(chosen(found, kills))) == min(kills, len(found))
        assert sum(shares(kills).values()) == kills
