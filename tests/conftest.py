"""What holds for every test: no network, no home, no settings of the person who runs it.

tests/interop talks to servers on loopback and may need its own environment: a fixture named
``isolated_environment`` in its conftest.py takes the place of the one here.
"""

import gc
import ipaddress
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A failed assert in a shared checker says what it compared, as one in a test does.
# Not those of tests/mutation: it has plugins, which are there before this file is.
pytest.register_assert_rewrite(
    *(
        f"tests.{folder.name}"
        for folder in Path(__file__).parent.iterdir()
        if folder.is_dir() and folder.name != "mutation"
    )
)

settings.register_profile("default", deadline=None, max_examples=100)
# The same examples each time: a gate does not close by chance on what did not change. The search
# for new ones is `make test` on anybody's machine.
settings.register_profile(
    "ci", deadline=None, max_examples=100, print_blob=True, derandomize=True, database=None
)
settings.register_profile(
    "thorough", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
# Shows which branches are reached by luck alone: the coverage gate must pass with it too.
settings.register_profile(
    "least", deadline=None, max_examples=1, suppress_health_check=list(HealthCheck)
)
# The same few examples each time: a mutant that one run kills, the next one kills too.
settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=20,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "default")
)

# Whatever a user's shell may say to us, to libcurl, or to docker's tools.
FOREIGN_PREFIXES = ("CROSSTRUST_", "DOCKER_", "NOTARY_", "XDG_", "AWS_")
FOREIGN_NAMES = frozenset(
    {
        *("ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
        *("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSLKEYLOGFILE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
        *("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "SOURCE_DATE_EPOCH", "TERM"),
        *("NETRC", "REGISTRY_AUTH_FILE"),
    }
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write what was rendered to tests/golden/files",
    )


def pytest_configure(config: pytest.Config) -> None:
    # After their asserts were registered above.
    from tests.attacks.ledger import keep_ledger
    from tests.canaries.plugin import keep_canaries

    keep_ledger(config)
    keep_canaries(config)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking thousands of tests again and again."""
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long bytes by their place: keys made for a run would name the test anew in each."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


def is_foreign(name: str) -> bool:
    """Whether a variable of the environment could steer what is tested."""
    upper = name.upper()
    return upper in FOREIGN_NAMES or upper.startswith(FOREIGN_PREFIXES)


@pytest.fixture(scope="session", autouse=True)
def isolated_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for the session that holds canaries alone, and nobody's settings."""
    from tests.canaries.planted import plant, write_auth_file

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if is_foreign(name):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("DOCKER_CONFIG", str(home / ".docker"))
        for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        write_auth_file(home / ".docker" / "config.json")
        for name, value in plant(home).items():
            patch.setenv(name, value)
        yield home


@pytest.fixture(scope="session", autouse=True)
def searched(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """In the end no folder of the session holds a secret, as no test's own does."""
    yield
    plugin: Any = request.config.pluginmanager.get_plugin("canaries")
    plugin.look_at_rest(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that runs us in the background has us ignore SIGINT; what we start inherits it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def is_loopback(host: object) -> bool:
    """Whether a host names this machine and nothing else."""
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name is None or name == "":
        return True
    if not isinstance(name, str):
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(host: object) -> None:
    """Fail the test at once. No code under test may take this for a network error."""
    if not is_loopback(host):
        pytest.fail(f"the network is cut off in tests, and this one asked for {host!r}")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every address and name but loopback in Python's own sockets.

    libcurl does not pass here: `make test` runs the tests in a network namespace as well.
    """
    connect, connect_ex, resolve = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def guarded_connect(self: socket.socket, address: Any, /) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            refuse(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any, /) -> int:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            refuse(address[0])
        return connect_ex(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        refuse(host)
        return resolve(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_resolve)
        yield


@pytest.fixture
def golden_folder() -> Path:
    """Where the expected outputs are."""
    return Path(__file__).parent / "golden" / "files"


@pytest.fixture
def golden_rewritten(request: pytest.FixtureRequest) -> bool:
    """Whether the expected outputs are to be written, not compared."""
    return bool(request.config.getoption("--rewrite-golden"))


@pytest.fixture
def golden(golden_folder: Path, *, golden_rewritten: bool) -> Callable[[str, str], None]:
    """``golden("tree.txt", text)`` compares with tests/golden/files, byte for byte."""

    def compare(name: str, text: str) -> None:
        file = golden_folder / name
        if golden_rewritten:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
            return
        if not file.exists():
            pytest.fail(f"{name} is not in tests/golden/files; `make golden` writes it")
        # Split for a readable difference; the ends of the lines are kept, so nothing is lost.
        expected = file.read_bytes().decode().splitlines(keepends=True)
        assert text.splitlines(keepends=True) == expected

    return compare
