"""Certificates that do not prove who answers, old protocols, and hosts without TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.attacks.neighbour import Neighbour, neighbour, standing, trust
from tests.attacks.trial import Trial
from tests.unit.sources.tls_authority import Authority

TLS = "http.tls.valid"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return new_authority(tmp_path / "trusted")


def new_authority(folder: Path, *, days: int = 30) -> Authority:
    folder.mkdir()
    return Authority(folder, days=days)


@contextmanager
def behind(trial: Trial, found: Neighbour, context: ssl.SSLContext) -> Iterator[None]:
    """Let ``found`` answer with another certificate, at another port."""
    before = found.server
    with standing(trial, found, context):
        yield
    found.server = before


@pytest.mark.row("B59")
def test_a_certificate_of_an_authority_that_nobody_named_is_refused(
    trial: Trial, authority: Authority, tmp_path: Path
) -> None:
    with neighbour(trial, authority) as beside:
        trial.expect_trusted(trial.verify(image=beside.image), TLS)
        stranger = new_authority(tmp_path / "stranger")
        with behind(trial, beside, stranger.context()):
            trial.expect_refused(trial.verify(image=beside.image), TLS, "U", where=beside.place)
            assert beside.asks == []
        # An authority for one host is none for another one: certs.d has a folder for each.
        with behind(trial, beside, authority.context()):
            trial.expect_refused(trial.verify(image=beside.image), TLS, "U", where=beside.place)
            assert beside.asks == []


@pytest.mark.row("B59")
def test_a_certificate_that_has_run_out_or_names_another_host_is_refused(
    trial: Trial, authority: Authority, tmp_path: Path
) -> None:
    with neighbour(trial, authority) as beside:
        trial.expect_trusted(trial.verify(image=beside.image), TLS)
        old = new_authority(tmp_path / "old", days=-1)
        with behind(trial, beside, old.context()):
            trust(trial, beside.place, old.ca)
            trial.expect_refused(trial.verify(image=beside.image), TLS, "U", where=beside.place)
            assert beside.asks == []
    # The sandbox answers for every name, with a certificate for those that it has.
    outcome = trial.verify(image=trial.copy.replace("public.ecr.aws", "ghcr.io"))
    trial.expect_refused(outcome, TLS, "U", where="ghcr.io")
    assert "ghcr.io" not in {seen.host for seen in trial.service.requests}


def self_signed(folder: Path) -> ssl.SSLContext:
    """Return the context of a server whose certificate vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    valid = builder.not_valid_before(start).not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
    certificate = valid.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = folder / "self-signed.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.mark.row("B59")
def test_a_self_signed_certificate_is_refused(
    trial: Trial, authority: Authority, tmp_path: Path
) -> None:
    with neighbour(trial, authority) as beside:
        trial.expect_trusted(trial.verify(image=beside.image), TLS)
        with behind(trial, beside, self_signed(tmp_path)):
            trial.expect_refused(trial.verify(image=beside.image), TLS, "U", where=beside.place)
            # Not for a registry, nor where it is the trust server that is asked.
            trial.patch.setenv("DOCKER_CONTENT_TRUST_SERVER", f"https://{beside.place}")
            for more in ((), ("--plain-http", beside.place)):
                outcome = trial.verify("--no-cache", *more)
                trial.expect_refused(outcome, TLS, "U", where=beside.place)
            assert beside.asks == []


@pytest.mark.row("B59")
def test_a_protocol_that_is_too_old_is_refused(trial: Trial, authority: Authority) -> None:
    context = authority.context()
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with neighbour(trial, authority) as beside:
        trial.expect_trusted(trial.verify(image=beside.image), TLS)
        with behind(trial, beside, context):
            trust(trial, beside.place, authority.ca)
            outcome = trial.verify("--timeout", "2", image=beside.image)
            trial.expect_refused(outcome, TLS, "U", where=beside.place)
            assert beside.asks == []


@pytest.mark.row("B53")
def test_a_server_that_breaks_off_the_handshake_is_undecided(
    trial: Trial, authority: Authority
) -> None:
    with neighbour(trial, authority) as beside:
        trial.expect_trusted(trial.verify(image=beside.image), TLS)
        # It asks for a certificate of ours, and we have none: an alert in place of an answer.
        with behind(trial, beside, authority.context(ask_client=True)):
            trust(trial, beside.place, authority.ca)
            outcome = trial.verify("--timeout", "2", image=beside.image)
            assert outcome.code == 3
            (told, *_) = outcome.checks("unknown")
            assert (told["code"], told["class"]) in {(TLS, "U"), ("http.available", "U")}
            assert beside.asks == []


@pytest.mark.row("B59")
def test_a_host_without_tls_is_asked_only_by_name(trial: Trial, authority: Authority) -> None:
    with neighbour(trial, authority) as secure:
        trial.expect_trusted(trial.verify(image=secure.image), "http.plain")
    with neighbour(trial, None) as plain:
        outcome = trial.verify("--timeout", "2", image=plain.image)
        trial.expect_refused(outcome, "http.tls.required", "U", where=plain.place)
        other = ("--plain-http", "localhost:1")
        outcome = trial.verify("--timeout", "2", *other, image=plain.image)
        trial.expect_refused(outcome, "http.tls.required", "U", where=plain.place)
        assert plain.asks == []
        outcome = trial.verify("--plain-http", plain.place, image=plain.image)
        trial.expect_warned(outcome, "http.plain")
        assert plain.place in outcome.out


@pytest.mark.row("B59")
def test_the_registry_behind_a_plain_name_needs_a_name_of_its_own(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "http.tls.required")
    # docker.io is served by another host, which nobody has named.
    trial.expect_usage(trial.verify("--plain-http", "docker.io"), "http.tls.required")
