"""The guards of tests/conftest.py hold."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.in_memory import MEMORY
from tests.house.tree import ROOT

# An address of the block reserved for documentation.
FAR = "192.0.2.1"
IN_MEMORY = str(ROOT / "tests" / "house" / "in_memory.py")


@pytest.mark.parametrize("host", [FAR, "registry.example", "2001:db8::1", b"registry.example"])
def test_a_name_or_address_elsewhere_is_not_looked_up(host: str | bytes) -> None:
    with pytest.raises(pytest.fail.Exception, match="the network is cut off"):
        socket.getaddrinfo(host, 443)


def test_a_connection_elsewhere_is_not_opened() -> None:
    with socket.socket() as client:
        with pytest.raises(pytest.fail.Exception, match="the network is cut off"):
            client.connect((FAR, 443))
        with pytest.raises(pytest.fail.Exception, match="the network is cut off"):
            client.connect_ex((FAR, 443))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_works(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port), timeout=5) as client:
            assert client.getpeername() == ("127.0.0.1", port)


def test_home_is_empty_of_settings(isolated_environment: Path) -> None:
    assert Path.home() == isolated_environment
    assert os.environ["DOCKER_CONFIG"].startswith(str(isolated_environment))
    proxies = {name for name in os.environ if name.lower().endswith("_proxy")}
    assert proxies == set()


def test_temporary_files_are_gone_with_the_command() -> None:
    show = "import sys, tempfile; print(tempfile.mkdtemp()); sys.exit(7)"
    command = [sys.executable, IN_MEMORY, sys.executable, "-c", show]
    environ = {**os.environ, "TMPDIR": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert (done.returncode, done.stderr) == (7, "")
    folder = Path(done.stdout.strip())
    if folder.is_relative_to(MEMORY):
        assert not folder.parent.exists()
    else:
        # No room in memory: the folder is an ordinary one, and stays for whoever made it.
        folder.rmdir()
