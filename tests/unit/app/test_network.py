"""Verifying over the real network code: loopback TLS behind a CONNECT proxy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crosstrust.app.compare import compare_images
from crosstrust.app.image import read_image
from crosstrust.app.option import Options
from crosstrust.app.verify import verify, verify_each
from crosstrust.errors import InputError, StateError
from crosstrust.evidence.check import Outcome
from crosstrust.evidence.verdict import Decision, Level
from crosstrust.sandbox.service import Service
from tests.canaries.planted import entry, write_auth_file
from tests.unit.app.desk import COPY, MIRROR, SIGNED, failed, options, unknown, warned
from tests.unit.app.loopback import FOREIGN, HOSTS, REPACKED, out_of_order
from tests.unit.sources.loopback import Ask, Say, Server
from tests.unit.sources.tls_authority import Authority

# --- verify ---


def test_a_copy_is_proved_over_the_network(user: Options, service: Service) -> None:
    before = len(service.requests)
    (verdict,) = verify(COPY, user)
    assert verdict.decision is Decision.TRUSTED
    assert verdict.require() == verdict.pinned
    assert {seen.host for seen in service.requests[before:]} == HOSTS
    assert verdict.traffic.count == len(service.requests) - before <= 22
    assert verdict.traffic.bytes > 0


def test_a_warm_cache_asks_less(user: Options) -> None:
    (cold,) = verify(COPY, user)
    (warm,) = verify(COPY, user)
    assert warm.decision is Decision.TRUSTED
    assert 0 < warm.traffic.count < cold.traffic.count
    assert warm.traffic.bytes < cold.traffic.bytes / 3


def test_several_images_share_what_was_fetched(user: Options) -> None:
    found = verify([COPY, f"{MIRROR}:nothing", COPY, REPACKED], replace(user, signed_by=SIGNED))
    assert [verdict.decision.value for verdict in found] == [
        *("trusted", "rejected", "trusted", "trusted")
    ]
    assert found[2].traffic.count < found[0].traffic.count / 2


def test_verdicts_come_as_soon_as_they_are_there(user: Options, service: Service) -> None:
    each = verify_each([COPY, SIGNED], user)
    before = len(service.requests)
    assert next(each)
    between = len(service.requests)
    assert next(each)
    assert before < between < len(service.requests)
    assert next(each, None) is None


def test_a_wrong_name_is_refused_before_anything_is_asked(user: Options, service: Service) -> None:
    before = len(service.requests)
    with pytest.raises(InputError):
        verify([COPY, "a b"], user)
    assert len(service.requests) == before


def test_the_default_options_trust_nothing(
    monkeypatch: pytest.MonkeyPatch, service: Service, tmp_path: Path
) -> None:
    for name, value in options(tmp_path, service.environment).environ.items():
        monkeypatch.setenv(name, value)
    (verdict,) = verify(SIGNED)
    assert verdict.decision is Decision.UNDECIDED
    assert unknown(verdict) == {"pin.present"}


# --- layers ---


def blobs(service: Service, since: int) -> int:
    """How many configs and layers were asked for."""
    return sum("/blobs/" in seen.target for seen in service.requests[since:])


def test_layers_of_other_bytes_are_unpacked_and_remembered(user: Options, service: Service) -> None:
    before = len(service.requests)
    chosen = replace(user, signed_by=SIGNED, cache=False)
    (cold,) = verify(REPACKED, chosen)
    assert cold.decision is Decision.TRUSTED
    assert {platform.level for platform in cold.platforms} == {Level.DIFF_IDS}
    assert {platform.fetched for platform in cold.platforms} == {5}
    # Two configs and eight layers, not ten: two are the same for both platforms.
    assert blobs(service, before) == 2 + 8
    before = len(service.requests)
    (warm,) = verify(REPACKED, chosen)
    assert warm.decision is Decision.TRUSTED
    assert blobs(service, before) == 2


def test_a_foreign_layer_is_found(user: Options) -> None:
    (verdict,) = verify(FOREIGN, replace(user, signed_by=SIGNED))
    assert failed(verdict) == {"image.layer.diff_id"}


def test_more_than_the_user_allows_is_not_fetched(user: Options, service: Service) -> None:
    before = len(service.requests)
    (verdict,) = verify(REPACKED, replace(user, signed_by=SIGNED, max_download=100))
    assert verdict.decision is Decision.UNDECIDED
    assert unknown(verdict) == {"image.layer.verified"}
    assert all("--max-download" in gap.remedy for gap in verdict.gaps)
    assert blobs(service, before) == 2


def test_progress_is_told_layer_by_layer(user: Options) -> None:
    class Heard:
        def __init__(self) -> None:
            self.steps: list[tuple[str, int, int]] = []

        def advance(self, name: str, done: int, total: int) -> None:
            self.steps.append((name, done, total))

    heard = Heard()
    verify(REPACKED, replace(user, signed_by=SIGNED, progress=heard))
    assert {name for name, done, total in heard.steps if done == total} == {
        name for name, _, _ in heard.steps
    }
    assert len({name for name, _, _ in heard.steps}) == 8


def test_layers_that_cannot_be_remembered_are_a_warning(user: Options, tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    (verdict,) = verify(REPACKED, replace(user, signed_by=SIGNED))
    assert verdict.decision is Decision.TRUSTED
    texts = " ".join(notice.text for notice in verdict.warnings)
    assert "no version floor was kept" in texts
    assert "a layer was not remembered" in texts


# --- servers that do not answer ---


@pytest.mark.parametrize("host", sorted(HOSTS - {"registry-1.docker.io"}))
def test_a_server_out_of_order_leaves_it_undecided(
    user: Options, service: Service, host: str
) -> None:
    assert verify(COPY, user)[0]
    out_of_order(service, host)
    (verdict,) = verify(COPY, replace(user, timeout=1.0))
    assert verdict.decision is Decision.UNDECIDED
    assert failed(verdict) == set()
    (offline,) = verify(COPY, replace(user, offline=True))
    assert offline.decision is Decision.TRUSTED
    assert "judged from the cache alone" in warned(offline)["notary.available"]


def test_what_was_signed_may_come_from_the_cache_by_its_digest(
    user: Options, service: Service
) -> None:
    """The signature names the bytes, so the author's registry is needed once."""
    out_of_order(service, "registry-1.docker.io")
    assert verify(COPY, replace(user, timeout=1.0))[0].decision is Decision.UNDECIDED
    service.recover()
    assert verify(COPY, user)[0]
    out_of_order(service, "registry-1.docker.io")
    assert verify(COPY, replace(user, timeout=1.0))[0].decision is Decision.TRUSTED


def test_what_would_end_after_the_timeout_is_not_tried_again(
    user: Options, service: Service
) -> None:
    out_of_order(service)
    before = len(service.requests)
    (verdict,) = verify(COPY, replace(user, timeout=0.2))
    assert verdict.decision is Decision.UNDECIDED
    asked = [(seen.method, seen.host, seen.target) for seen in service.requests[before:]]
    assert len(asked) == len(set(asked)) > 0


def test_a_host_without_tls_is_asked_only_where_the_user_says_so(user: Options) -> None:
    environ = {name: user.environ[name] for name in user.environ if "proxy" not in name.lower()}
    image = "127.0.0.1:9/nicolas/webdis:1"
    plain = replace(user, signed_by=None, environ=environ, timeout=1.0)
    for hosts, scheme in (((), "https"), (("127.0.0.1:9",), "http")):
        found = read_image(image, replace(plain, plain_http=hosts)).side
        (problem,) = found.problems
        assert problem.outcome is Outcome.UNKNOWN
        assert f"{scheme}://127.0.0.1:9" in problem.where


def test_a_damaged_trust_store_is_told_before_anything_is_asked(
    user: Options, service: Service, tmp_path: Path
) -> None:
    assert verify(COPY, user)[0]
    (file,) = (tmp_path / "state" / "crosstrust").glob("state-seen*")
    file.write_bytes(file.read_bytes()[:-1])
    before = len(service.requests)
    with pytest.raises(StateError):
        verify(COPY, user)
    assert len(service.requests) == before


@pytest.mark.parametrize("named", [True, False])
def test_a_token_service_elsewhere_is_one_that_the_user_named(
    tmp_path: Path, *, named: bool
) -> None:
    """One registry and one token service, which are two hosts to whoever compares names."""
    authority, asked = Authority(tmp_path), []

    def registry(ask: Ask) -> Say:
        if "authorization" in ask.headers:
            return Say(404)
        realm = f"https://127.0.0.1:{desk.port}/token"
        return Say(401, (("WWW-Authenticate", f'Bearer realm="{realm}"'),))

    def issue(ask: Ask) -> Say:
        asked.append(ask.headers["authorization"])
        return Say(body=b'{"token":"t"}')

    context = authority.context
    with Server(issue, context()) as desk, Server(registry, context()) as server:
        realm = f"127.0.0.1:{desk.port}"
        write_auth_file(tmp_path / "auth.json", {"auths": {server.place: entry(realm)}})
        environ = {
            "SSL_CERT_FILE": str(authority.ca),
            "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        }
        chosen = ((server.place, realm),) if named else ()
        found = read_image(f"{server.place}/a:1", options(tmp_path, environ, realms=chosen))
    assert found.side.absent is named
    assert len(asked) == named
    codes = [problem.code for problem in found.side.problems]
    assert codes == ([] if named else ["registry.auth.realm"])


def test_each_verdict_has_the_warnings_of_its_own_hosts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with (
        Server(lambda _: Say(404), None) as plain,
        Server(lambda _: Say(404), authority.context()) as secure,
    ):
        chosen = options(
            tmp_path, {"SSL_CERT_FILE": str(authority.ca)}, plain_http=(plain.place,), timeout=5.0
        )
        images = [f"{server.place}/a:1" for server in (plain, secure, plain)]
        found = verify(images, chosen)
    told = [warned(verdict).get("http.plain") for verdict in found]
    said = "asked without TLS, as the user said"
    assert told == [said, None, said]


def test_looking_at_images_has_warnings_too(tmp_path: Path) -> None:
    with Server(lambda _: Say(404), None) as plain:
        chosen = options(tmp_path, plain_http=(plain.place,))
        image = f"{plain.place}/a:1"
        looks = (read_image(image, chosen), compare_images(image, image, chosen))
    for look in looks:
        assert [(one.code, one.where) for one in look.warnings] == [("http.plain", plain.origin)]
