"""The pytest plugin of the first run: it times the tests."""

from __future__ import annotations

import pytest

from tests.mutation.lesson import Stopwatch


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Stopwatch(), "mutation-stopwatch")
