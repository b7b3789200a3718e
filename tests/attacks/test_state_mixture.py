"""Files of three honest states of one repository, mixed: only whole states are trusted.

Here each state with up to one file of another, and a sample of the rest; `make mixtures` tries
every mixture.
"""

from __future__ import annotations

import pytest

from tests.attacks.mixtures import (
    CLIENTS,
    KEEPERS,
    MIXTURES,
    ROLES,
    STATES,
    Client,
    Found,
    Mixture,
    history,
    try_mixtures,
)

STRIDE = 11


def strays(mixture: Mixture) -> int:
    """How many files are not of the state that most are of."""
    return len(ROLES) - max(map(mixture.count, STATES))


SAMPLE = tuple(
    mixture
    for number, mixture in enumerate(MIXTURES)
    if strays(mixture) < 2 or number % STRIDE == 0
)


def name_of(client: Client) -> str:
    keys = "replaced" if client.replaced else "same"
    return f"keys {keys}, seen {client.before}, roots {'kept' if client.kept else 'asked for'}"


@pytest.mark.parametrize("replaced", [True, False])
def test_every_file_differs_in_every_state(replaced: bool) -> None:
    past = history(replaced=replaced)
    versions = {role: len({state[role] for state in past.states}) for role in ROLES}
    assert versions == dict.fromkeys(ROLES, 3) | {"root": 3 if replaced else 1}


def test_the_sample_has_every_role_of_every_state_in_every_other() -> None:
    assert len(MIXTURES) == len(set(MIXTURES)) == 3**6
    for role in range(len(ROLES)):
        for state in STATES:
            whole = (state,) * len(ROLES)
            assert {(*whole[:role], other, *whole[role + 1 :]) for other in STATES} <= {*SAMPLE}


@pytest.mark.parametrize("client", [*CLIENTS, *KEEPERS], ids=name_of)
def test_the_whole_states_that_are_not_older_are_trusted(client: Client) -> None:
    assert client.expected().keys() <= {*SAMPLE}
    assert try_mixtures(client, SAMPLE) == Found(len(SAMPLE))


def test_a_client_expects_what_was_signed_and_no_older_than_what_he_saw() -> None:
    expected = Client(replaced=True, before=1).expected()
    assert list(expected) == [(1,) * len(ROLES), (2,) * len(ROLES)]
    assert len({*map(str, expected.values())}) == 2
    assert len(Client(replaced=False, before=1).expected()) == 2 * len(STATES)
    kept = Client(replaced=True, before=1, kept=True).expected()
    assert kept.keys() - expected.keys() == {(0, 1, 1, 1, 1, 1)}


def test_a_mixture_that_is_wrongly_judged_is_told() -> None:
    """Whoever has seen nothing trusts what one who has seen a later state must not."""
    forgetful = ForgetfulClient(replaced=True, before=1)
    found = try_mixtures(forgetful, [(0,) * len(ROLES), (1,) * len(ROLES)])
    assert (found.tried, len(found.trusted), found.refused) == (2, 1, [])
    assert found.forgotten


class ForgetfulClient(Client):
    def seen(self) -> bytes:
        return b""
