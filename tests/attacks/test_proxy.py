"""Proxies: used where the user says so, told nothing that is not theirs, and no way around TLS."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.attacks.neighbour import neighbour
from tests.attacks.trial import Trial
from tests.canaries.search import SEARCH
from tests.canaries.secret import canary, in_base64, secrets_in
from tests.unit.sources.loopback import ConnectProxy, Listener
from tests.unit.sources.tls_authority import Authority

SECRET = canary("proxy", "proxy.example:21")


class Refusing(Listener):
    """A proxy that answers every CONNECT with ``answer``; ``heard`` holds their heads."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer
        self.heard: list[str] = []

    def talk(self, client: socket.socket, number: int) -> None:
        head = client.recv(65536)
        self.heard.append(head.decode())
        SEARCH.note("request", "to a proxy", head, place=f"127.0.0.1:{self.port}")
        client.sendall(self.answer)
        client.close()


def use(trial: Trial, proxy: str) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        trial.patch.setenv(name, proxy)


@pytest.mark.row("B60")
def test_a_proxy_hears_its_own_password_and_no_other(trial: Trial) -> None:
    with ConnectProxy(trial.service.port) as proxy:
        secret = canary("proxy", f"127.0.0.1:{proxy.port}")
        use(trial, f"http://me:{secret}@127.0.0.1:{proxy.port}")
        outcome = trial.verify()
        trial.expect_trusted(outcome, "proxy.form")
    assert secret not in outcome.out + outcome.err
    requests = outcome.verdict["requests"]
    shown = {"proxy": f"http://127.0.0.1:{proxy.port}", "count": requests["count"]}
    assert requests["proxies"] == [shown]
    own = in_base64("me", secret)
    targets = {head.split()[1] for head in proxy.heard}
    assert targets >= {"notary.docker.io:443", "registry-1.docker.io:443", "public.ecr.aws:443"}
    for head in proxy.heard:
        fields = [line for line in head.splitlines() if "uthorization" in line]
        assert fields == [f"Proxy-Authorization: Basic {own}"]
    # What is for the servers is inside TLS: tokens were used, and the proxy saw none of them.
    assert any(seen.authorized for seen in trial.service.requests)


@pytest.mark.row("B60")
def test_no_proxy_decides_host_by_host(trial: Trial, tmp_path: Path) -> None:
    with (
        neighbour(trial, Authority(tmp_path)) as beside,
        ConnectProxy(trial.service.port) as proxy,
    ):
        use(trial, f"http://127.0.0.1:{proxy.port}")
        outcome = trial.verify(image=beside.image)
        trial.expect_trusted(outcome, "http.available")
        (through,) = outcome.verdict["requests"]["proxies"]
        assert 0 < through["count"] < outcome.verdict["requests"]["count"]
        assert not any("localhost" in head for head in proxy.heard)
        assert any("notary.docker.io" in head for head in proxy.heard)
        # No name below "invalid" is anywhere: the proxy knows it alone.
        trial.patch.setenv("DOCKER_CONTENT_TRUST_SERVER", "https://notary.invalid")
        for exempt in ("elsewhere.example,notary.invalid:1", "notary.invalid"):
            for name in ("no_proxy", "NO_PROXY"):
                trial.patch.setenv(name, exempt)
            proxy.heard.clear()
            assert trial.verify("--timeout", "2").code != 0
            heard = any("CONNECT notary.invalid:443 " in head for head in proxy.heard)
            assert heard == (exempt != "notary.invalid")


@pytest.mark.row("B60")
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\nContent-Length: 0\r\n\r\n",
        b"",
    ],
    ids=["forbidden", "password", "portal", "silence"],
)
def test_a_proxy_that_refuses_leaves_it_undecided(trial: Trial, answer: bytes) -> None:
    trial.expect_trusted(trial.verify(), "http.available")
    with Refusing(answer) as proxy:
        use(trial, f"http://127.0.0.1:{proxy.port}")
        outcome = trial.verify("--timeout", "2")
    trial.expect_refused(outcome, "http.available", "U", where="auth.docker.io")
    # Nor is there a second way around it.
    assert proxy.heard
    assert not any("login.example" in head for head in proxy.heard)


@pytest.mark.row("B60")
def test_people_see_the_proxy_without_its_password(trial: Trial) -> None:
    asked = ("verify", trial.copy, "--signed-by", trial.sandbox.origin, "--pin", trial.root_pin)
    for name in ("https_proxy", "HTTPS_PROXY"):
        trial.patch.delenv(name)
    assert "  proxy  " not in trial.run(*asked, "--timeout", "2", "--offline").out
    with ConnectProxy(trial.service.port) as proxy:
        secret = canary("proxy", f"127.0.0.1:{proxy.port}")
        use(trial, f"http://me:{secret}@127.0.0.1:{proxy.port}/")
        outcome = trial.run(*asked, "--no-cache")
    (line,) = [line for line in outcome.out.splitlines() if "proxy" in line]
    assert line.startswith(f"  proxy     http://127.0.0.1:{proxy.port}, ")
    assert line.endswith(" requests")
    assert secret not in outcome.out


@pytest.mark.row("B60")
def test_a_proxy_that_answers_in_place_of_the_server_is_found_out_by_tls(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "http.tls.valid")
    with Refusing(
        b"HTTP/1.1 200 ok\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    ) as proxy:
        use(trial, f"http://127.0.0.1:{proxy.port}")
        outcome = trial.verify("--timeout", "2")
    trial.expect_refused(outcome, "http.tls.valid", "U", where="auth.docker.io")


@pytest.mark.row("B60")
def test_a_setting_that_is_no_proxy_is_wrong_usage(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "proxy.form")
    for value in (
        "file:///etc/proxy.pac",
        "pac+https://wpad.example/wpad.dat",
        f"http://me:{SECRET}@",
        f"ftp://me:{SECRET}@proxy.example:21",
        "http://proxy.example:8080/path",
        "http://proxy.example:8080\r\nX-Evil: 1",
    ):
        use(trial, value)
        outcome = trial.verify("--no-cache")
        trial.expect_usage(outcome, "proxy.form")
        assert secrets_in(outcome.err.encode()) == []
