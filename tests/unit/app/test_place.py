"""Where the user's files are."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosstrust.app.option import Options, find_home
from crosstrust.app.place import find_config, find_places
from crosstrust.app.session import open_session
from crosstrust.errors import StateError

HOME = "/home/u"


def test_the_usual_places_are_below_the_home() -> None:
    found = find_places({}, HOME)
    assert found.cache == f"{HOME}/.cache/crosstrust"
    assert found.state == f"{HOME}/.local/state/crosstrust"
    assert find_config({}, HOME) == f"{HOME}/.config/crosstrust"


def test_the_environment_names_other_places() -> None:
    environ = {"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s", "XDG_CONFIG_HOME": "/k"}
    found = find_places(environ, None)
    assert (found.cache, found.state) == ("/c/crosstrust", "/s/crosstrust")
    assert find_config(environ, None) == "/k/crosstrust"
    assert find_config({}, None) is None


@pytest.mark.parametrize("named", ["", "relative", "./x", "~/x"])
def test_a_relative_place_is_ignored(named: str) -> None:
    assert find_places({"XDG_CACHE_HOME": named}, HOME) == find_places({}, HOME)


CACHE, STATE = "XDG_CACHE_HOME", "XDG_STATE_HOME"


@pytest.mark.parametrize(
    ("named", "cache", "state", "missing"),
    [
        ((), True, True, [CACHE, STATE]),
        ((CACHE,), True, True, [STATE]),
        ((STATE,), True, True, [CACHE]),
        ((), False, True, [STATE]),
        ((), True, False, [CACHE]),
    ],
)
def test_without_a_home_every_place_that_is_needed_is_named_at_once(
    named: tuple[str, ...], *, cache: bool, state: bool, missing: list[str]
) -> None:
    environ = dict.fromkeys(named, "/x")
    with pytest.raises(StateError) as caught:
        find_places(environ, None, cache=cache, state=state)
    assert (caught.value.code, caught.value.where) == (
        "local.state.writable",
        " and ".join(missing),
    )
    assert caught.value.actual == "HOME is not set"
    assert ("--no-cache" in caught.value.remedy) is (CACHE in missing)
    chosen = Options(environ=environ, home=None, cache=cache)
    with pytest.raises(StateError), open_session(chosen, remembers=state):
        pytest.fail("a session without a place that it needs")


def test_what_is_not_needed_is_nowhere() -> None:
    found = find_places({}, None, cache=False, state=False)
    for place in (found.cache, found.state):
        with pytest.raises(NotADirectoryError):
            Path(place).mkdir(parents=True)


def test_the_home_is_the_environment_s(isolated_environment: Path) -> None:
    assert find_home({}) is None
    assert find_home({"HOME": ""}) is None
    assert find_home({"HOME": "home"}) is None
    assert find_home({"HOME": "/home/u"}) == HOME
    assert Options().home == str(isolated_environment)


def test_a_home_may_be_a_path() -> None:
    assert find_places({}, Path(HOME)) == find_places({}, HOME)


def test_options_do_not_show_the_environment() -> None:
    assert "hunter2" not in repr(Options(environ={"TOKEN": "hunter2"}))
