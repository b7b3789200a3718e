"""Root keys in certificates that are not right. Each is the root of a first contact, pinned."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from crosstrust.sandbox.key import SigningKey
from crosstrust.sandbox.metadata import Json
from tests.attacks.kept import FLOORS, lose_cache, lose_everything, read_floors
from tests.attacks.outcome import Outcome
from tests.attacks.root import (
    DAY,
    as_pem,
    begin_with,
    certificate,
    certified,
    root_key,
    serve_roots,
)
from tests.attacks.trial import Trial

NAME = "tuf.root.certificate_name"
SHA256_WITH_RSA, SHA1_WITH_RSA = (bytes.fromhex("2a864886f70d0101" + last) for last in ("0b", "05"))


def meet(trial: Trial, key: SigningKey, *more: str) -> Outcome:
    """Verify an image of a repository that begins with ``key``, pinned, as at a first contact."""
    begin_with(trial, key)
    return trial.verify(*more)


def expect_honest(trial: Trial, *codes: str) -> None:
    """With a certificate as notary writes it, the same is trusted."""
    trial.expect_trusted(meet(trial, trial.sandbox.author.new_key("ecdsa-x509")), *codes)


@pytest.mark.row("A17")
def test_one_that_has_run_out_is_refused_with_its_date(trial: Trial) -> None:
    code = "tuf.root.certificate_expiry"
    end = trial.sandbox.at - DAY
    key = root_key(trial, start=end - 30 * DAY, end=end)
    outcome = meet(trial, key)
    # The root itself was verified and is remembered (TUF 5.3.8), its keys are not in force.
    trial.expect_refused(outcome, code, "S", where=key.scoped, writes=FLOORS)
    assert end.strftime("%Y-%m-%d") in outcome.checks("failed")[0]["actual"]
    assert read_floors(trial.home, trial.sandbox.origin) == {"root": 1}
    # The author renews the certificate: the same key in a new one, under a root of its own.
    renewed = certified(
        key.private,
        as_pem(
            certificate(key.private, trial.sandbox.origin, trial.sandbox.at - DAY, end + 90 * DAY)
        ),
    )
    trial.sandbox.author.assign("root", [renewed])
    trial.sandbox.publish()
    trial.expect_trusted(trial.verify(pins=[f"root={key.scoped}"]), code)


@pytest.mark.row("A17")
def test_one_that_has_run_out_proves_what_was_signed_before(trial: Trial) -> None:
    end = trial.sandbox.at - DAY
    begin_with(trial, root_key(trial, start=end - 30 * DAY, end=end))
    historic = trial.verify("--at", (end - DAY).strftime("%Y-%m-%d"))
    trial.expect_trusted(historic, "tuf.root.certificate_expiry")
    assert historic.verdict["historic"] is True


@pytest.mark.row("A18")
def test_one_that_has_not_begun_is_refused_without_slack(trial: Trial) -> None:
    code = "tuf.root.certificate_start"
    expect_honest(trial, code)
    for later in (DAY / 24, 3 * DAY):
        key = root_key(trial, start=trial.sandbox.at + later, end=trial.sandbox.at + 9 * DAY)
        lose_everything(trial.home)
        trial.expect_refused(meet(trial, key), code, "S", where=key.scoped, writes=FLOORS)


@pytest.mark.row("A20")
def test_one_for_another_name_is_refused(trial: Trial) -> None:
    gun = trial.sandbox.origin
    for names in (
        "docker.io/other/webdis",
        gun.removeprefix("docker.io/"),
        gun + "/",
        gun[:-1],
        gun + "s",
        gun.upper(),
        f"public.ecr.aws/{trial.sandbox.repository}",
        [gun, gun],
        [gun, "docker.io/other/webdis"],
    ):
        trial.expect_refused(meet(trial, root_key(trial, names=names)), NAME, "T")
    expect_honest(trial, NAME)


@pytest.mark.row("A21")
def test_a_wildcard_covers_nothing_unless_the_policy_says_so(trial: Trial) -> None:
    refused = ("*", "/*", "docker.io/nicolas*", "docker.io/nicolas/web*", "d*")
    for name in (*refused, "docker.io/other/*", "docker.io/nicolas/*", "docker.io/*"):
        trial.expect_refused(meet(trial, root_key(trial, names=name)), NAME, "T")
    for name in (*refused, "docker.io/other/*", "docker.io/nicolas/webdis/*"):
        key = root_key(trial, names=name)
        trial.expect_refused(meet_with_wildcards(trial, key), NAME, "T")
    for name in ("docker.io/nicolas/*", "docker.io/*"):
        key = root_key(trial, names=name)
        trial.expect_trusted(meet_with_wildcards(trial, key), NAME)
        lose_everything(trial.home)


def meet_with_wildcards(trial: Trial, key: SigningKey) -> Outcome:
    begin_with(trial, key)
    (trial.home / "work/crosstrust.toml").write_text(
        f'[[image]]\nname = "{trial.sandbox.mirror}"\nsigned-by = "{trial.sandbox.origin}"\n'
        f'keys.root = ["{key.scoped}"]\nallow-name-wildcard = true\n',
        encoding="utf-8",
    )
    return trial.verify("--policy", "crosstrust.toml", pins=[])


def swap(der: bytes, one: bytes, other: bytes) -> bytes:
    """Let ``one`` and ``other`` change places; they are as long as each other."""
    gap = b"-" * len(one)
    return der.replace(one, gap).replace(other, one).replace(gap, other)


def weak_keys(trial: Trial) -> dict[str, SigningKey]:
    """Certificates that prove nothing, by what is wrong."""
    gun, start, end = trial.sandbox.origin, trial.sandbox.at - DAY, trial.sandbox.at + 90 * DAY
    long, short = (rsa.generate_private_key(65537, bits) for bits in (2048, 1024))
    written = [moment.strftime("%y%m%d%H%M%SZ").encode() for moment in (start, end)]
    sha1 = certificate(long, gun, start, end).replace(SHA256_WITH_RSA, SHA1_WITH_RSA)
    return {
        "sha1": certified(long, as_pem(sha1)),
        "short": certified(short, as_pem(certificate(short, gun, start, end))),
        "backwards": root_key(trial, start=start, end=end, change=lambda der: swap(der, *written)),
    }


@pytest.mark.row("A22")
def test_one_that_is_weak_is_refused(trial: Trial) -> None:
    for key in weak_keys(trial).values():
        trial.expect_refused(meet(trial, key), "key.strength", "T")
    expect_honest(trial, "key.strength")


@pytest.mark.row("A23")
def test_more_than_a_leaf_and_its_authorities_is_refused(trial: Trial) -> None:
    gun, start, end = trial.sandbox.origin, trial.sandbox.at - DAY, trial.sandbox.at + 90 * DAY
    private = ec.generate_private_key(ec.SECP256R1())
    leaf = as_pem(certificate(private, gun, start, end))
    authority = as_pem(certificate(private, gun, start, end, authority=True))
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for pems in (
        (leaf, leaf),
        (authority,),
        (authority, leaf),
        (leaf, authority, leaf),
        (leaf, secret),
        (secret, leaf),
        (secret,),
        (b"key of the author\n", leaf),
        (leaf[:-30],),
        (b"",),
    ):
        outcome = meet(trial, certified(private, *pems))
        trial.expect_refused(outcome, "tuf.metadata.form", "T", where="root")
    behind = certified(private, leaf, authority)
    trial.expect_trusted(meet(trial, behind), "tuf.metadata.form")


@pytest.mark.row("A23")
def test_a_root_that_gives_a_private_key_away_is_refused(trial: Trial) -> None:
    author = trial.sandbox.author
    key = author.keys("root")[0]

    def reveal(signed: Json) -> None:
        signed["keys"][key.scoped]["keyval"]["private"] = "MC4CAQAwBQYDK2VwBCIEIA=="

    trial.expect_trusted(trial.verify(), "tuf.metadata.form")
    author.damage("root").edit(reveal)
    trial.sandbox.publish()
    trial.expect_refused(trial.verify(), "tuf.metadata.form", "T", where="root 2")


@pytest.mark.row("A24")
def test_a_root_key_without_a_certificate_is_refused(trial: Trial) -> None:
    code = "tuf.root.certificate"
    for kind in ("ecdsa", "rsa", "ed25519"):
        key = trial.sandbox.author.new_key(kind)
        trial.expect_refused(meet(trial, key), code, "T", where=key.scoped)
        trial.expect_refused(trial.verify("--tofu", pins=[]), code, "T", where=key.scoped)
    expect_honest(trial, code)


@pytest.mark.row("A25")
def test_a_root_of_unknown_keys_is_refused_with_all_ids_in_full(trial: Trial) -> None:
    honest = trial.sandbox.author.keys("root")[0]
    thief = trial.sandbox.author.new_key("ecdsa-x509")
    begin_with(trial, thief)
    for pinned in (honest.scoped, honest.canonical):
        outcome = trial.verify(pins=[f"root={pinned}"])
        trial.expect_refused(outcome, "pin.match", "T", where="root")
        (check,) = [one for one in outcome.checks("failed") if one["code"] == "pin.match"]
        assert pinned in check["expected"]
        assert thief.scoped in check["actual"]
        assert thief.canonical in check["actual"]
        words = ("--pin", f"root={pinned}", "--signed-by", trial.sandbox.origin)
        shown = trial.run("verify", trial.copy, *words).out
        assert {pinned, thief.scoped, thief.canonical} <= set(re.findall(r"[0-9a-f]{64}", shown))
    for pinned in (thief.scoped, thief.canonical):
        trial.expect_trusted(trial.verify(pins=[f"root={pinned}"]), "pin.match")
        lose_everything(trial.home)


@pytest.mark.row("A25")
def test_another_root_than_the_one_seen_first_is_refused(trial: Trial) -> None:
    honest = trial.sandbox.author.keys("root")[0]
    trial.expect_trusted(trial.verify("--tofu", pins=[]), "pin.match")
    begin_with(trial, trial.sandbox.author.new_key("ecdsa-x509"))
    lose_cache(trial.home)
    outcome = trial.verify("--tofu", pins=[])
    trial.expect_refused(outcome, "pin.match", "T", where="root")
    (check,) = [one for one in outcome.checks("failed") if one["code"] == "pin.match"]
    assert honest.scoped in check["expected"]


@pytest.mark.row("A25")
def test_listing_the_pinned_key_beside_one_s_own_is_no_way_in(trial: Trial) -> None:
    honest = trial.sandbox.author.keys("root")[0]
    thief = trial.sandbox.author.new_key("ecdsa-x509")
    trial.expect_trusted(trial.verify(), "pin.match")
    lose_everything(trial.home)
    begin_with(trial, thief)

    def list_both(signed: Json) -> None:
        signed["keys"][honest.scoped] = honest.listed
        signed["roles"]["root"]["keyids"].append(honest.scoped)

    trial.sandbox.author.damage("root").edit(list_both)
    serve_roots(trial, {1: trial.sandbox.author.roots()[2]})
    outcome = trial.verify(pins=[f"root={honest.scoped}"])
    trial.expect_refused(outcome, "pin.match", "T", where="root")
