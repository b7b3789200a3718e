"""Calls that cannot be carried out: options, files, keys, pins, and a verdict that is demanded."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from crosstrust import NotTrustedError, Options, verify
from crosstrust.app.clock import now
from crosstrust.sandbox.key import bare, generate
from tests.attacks.repacked import push_copy
from tests.attacks.trial import Trial


def write(trial: Trial, name: str, content: bytes) -> str:
    """Write a file into the folder where the user works."""
    file = trial.home / "work" / name
    file.write_bytes(content)
    return str(file)


def test_a_command_is_one_of_ours(trial: Trial) -> None:
    assert trial.run("verify", "--help").code == 0
    trial.note_passed("usage.command")
    for words in (("verfy", trial.copy), ("policy", "chek"), (), ("-x",), ("verify-all",), ("",)):
        trial.expect_usage(trial.run(*words), "usage.command")


def test_options_are_those_of_the_command(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--timeout", "30"), "usage.option")
    for more in (
        ("--insecure",),
        ("--timeout", "0"),
        ("--timeout", "-1"),
        ("--timeout", "1e3"),
        ("--timeout", "nan"),
        ("--max-download", "2 GB or so"),
        ("--at", "yesterday"),
        ("--at", "2026-02-30"),
        ("--accept", "anything"),
        ("--plain-http", "https://docker.io"),
        ("--plain-http", "*"),
        ("--signed-by",),
        ("--policy", ""),
        # An abbreviation would change its meaning when an option is added.
        ("--off",),
    ):
        trial.expect_usage(trial.verify(*more), "usage.option")


@pytest.mark.parametrize(
    ("name", "value"), [("TIMEOUT", "soon"), ("OFFLINE", "maybe"), ("FORMAT", "xml")]
)
def test_options_from_the_environment_are_read_as_strictly(
    trial: Trial, name: str, value: str
) -> None:
    trial.expect_trusted(trial.verify(), "usage.option")
    trial.patch.setenv(f"CROSSTRUST_{name}", value)
    words = ("verify", trial.copy, "--pin", trial.root_pin, "--signed-by", trial.sandbox.origin)
    trial.expect_usage(trial.run(*words), "usage.option")


def test_a_file_that_is_named_must_be_there(trial: Trial) -> None:
    key = write(trial, "root.pem", trial.sandbox.author.keys("root")[0].certificate)
    trial.expect_trusted(trial.verify(pins=[f"root=@{key}"]), "usage.file", "key.form")
    for words in (
        ("verify", trial.copy, "--policy", "absent.toml"),
        ("verify", trial.copy, "--policy", "."),
        ("verify", trial.copy, "--pin", "root=@absent.pem"),
        ("verify", trial.copy, "--pin", "root=@."),
        ("key", "id", "absent.pem"),
        ("key", "id", "a\0b"),
        ("policy", "check", "absent.toml"),
        ("policy", "check"),
    ):
        trial.expect_usage(trial.run(*words), "usage.file")


def private_forms() -> list[bytes]:
    """Return private keys in the forms that notary and openssl write, with and without secrets."""
    private = generate("ecdsa", name="", at=now()).private
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    modern, old = (
        serialization.PrivateFormat.PKCS8,
        serialization.PrivateFormat.TraditionalOpenSSL,
    )
    plain = serialization.NoEncryption()
    locked = serialization.BestAvailableEncryption(b"canary-passphrase")
    return [
        private.private_bytes(pem, modern, plain),
        private.private_bytes(pem, modern, locked),
        private.private_bytes(der, modern, plain),
        private.private_bytes(der, modern, locked),
        private.private_bytes(pem, old, plain),
        private.private_bytes(der, old, plain),
    ]


def test_a_private_key_is_given_back_unused(trial: Trial) -> None:
    root = trial.sandbox.author.keys("root")[0]
    public = (
        bare(root)
        .private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    shown = trial.run("key", "id", write(trial, "root.pub", public))
    assert (shown.code, shown.out) == (0, f"{bare(root).scoped}\n")
    trial.note_passed("key.private", "key.form")
    for raw in private_forms():
        file = write(trial, "some.key", raw)
        for words in (("key", "id", file), ("verify", trial.copy, "--pin", f"root=@{file}")):
            outcome = trial.run(*words)
            trial.expect_usage(outcome, "key.private")
            assert base64.b64encode(raw).decode()[:40] not in outcome.err


def test_a_file_that_is_no_key_is_refused(trial: Trial) -> None:
    certificate = trial.sandbox.author.keys("root")[0].certificate
    trial.expect_trusted(
        trial.verify(pins=[f"root=@{write(trial, 'root.pem', certificate)}"]), "key.form"
    )
    lines = certificate.splitlines(keepends=True)
    for raw in (
        b"",
        b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH me@here\n",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"".join(lines[:3] + lines[-1:]),
        certificate.replace(b"-----END", b"text\n-----END", 1),
        b"\x30\x82\xff\xff",
        b"A" * (1024 * 1024 + 1),
    ):
        file = write(trial, "odd.pem", raw)
        trial.expect_usage(trial.run("key", "id", file), "key.form")


def test_a_pin_says_whose_key_it_is(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "pin.form")
    key_id = trial.root_pin.partition("=")[2]
    for pin in (
        key_id,
        "root",
        "root=",
        f"root={key_id}0",
        f"root={key_id[:-1]}g",
        f"root=sha256:{key_id}",
        f"signer/={key_id}",
        f"signer/releases={key_id}",
        f"signer/../x={key_id}",
    ):
        trial.expect_usage(trial.verify(pins=[pin]), "pin.form")


def test_a_platform_is_a_system_and_a_processor(trial: Trial) -> None:
    trial.expect_trusted(trial.verify("--platform", "linux/amd64, linux/arm64/v8"), "platform.form")
    for platform in ("linux", "linux/", "/amd64", "a/b/c/d", "linux/amd64,", "linux/am d64", "*/*"):
        trial.expect_usage(trial.verify("--platform", platform), "platform.form")


def test_a_notary_server_is_named_by_an_https_address(trial: Trial) -> None:
    trial.patch.setenv("DOCKER_CONTENT_TRUST_SERVER", "https://notary.docker.io")
    trial.expect_trusted(trial.verify(), "notary.server.form")
    for server in ("http://notary.docker.io", "notary.docker.io", "file:///etc", "https://", "x y"):
        trial.patch.setenv("DOCKER_CONTENT_TRUST_SERVER", server)
        trial.expect_usage(trial.verify("--no-cache"), "notary.server.form")


def test_what_is_demanded_as_a_value_is_given_only_where_it_is_trusted(
    trial: Trial, tmp_path: Path
) -> None:
    def options() -> Options:
        return Options(
            environ=trial.service.environment,
            home=tmp_path / "library",
            signed_by=trial.sandbox.origin,
            pins=trial.sandbox.author.pins(),
        )

    (verdict,) = verify(trial.copy, options())
    assert verdict.require() == verdict.pinned
    trial.note_passed("verdict.trusted")
    push_copy(trial, trial.release.images[:1])
    (verdict,) = verify(trial.copy, options())
    with pytest.raises(NotTrustedError) as raised:
        verdict.require()
    assert (raised.value.code, raised.value.verdict) == ("verdict.trusted", verdict)
    trial.note_failed("verdict.trusted")


POLICY = """
[[image]]
name = "public.ecr.aws/nicolas/webdis"
signed-by = "docker.io/nicolas/webdis"
keys.root = ["{root}"]

[[image.rule]]
tags = ["0.1.*"]
"""


def test_a_rule_that_no_tag_can_match_is_told(trial: Trial) -> None:
    policy = POLICY.format(root=trial.root_pin.partition("=")[2])
    file = write(trial, "crosstrust.toml", policy.encode())
    checked = trial.run("policy", "check", file)
    assert (checked.code, checked.err) == (0, "")
    trial.expect_trusted(trial.verify("--policy", file, pins=[]), "policy.rule.matches")
    for rule in ('tags = ["0.1.19"]', 'tags = ["0.2.0", "0.1.20"]'):
        idle = f"{policy}\n[[image.rule]]\n{rule}\n"
        told = trial.run("policy", "check", write(trial, "idle.toml", idle.encode()))
        assert (told.code, told.written) == (0, set())
        assert "(policy.rule.matches)" in told.err
    trial.note_failed("policy.rule.matches")
