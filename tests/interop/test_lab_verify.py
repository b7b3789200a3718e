"""`crosstrust verify` on the lab: real registries, a real Notary server, real signatures."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.client import Client, Done, Json, Keys, Lab
from tests.interop.traffic import free_port

HUB = "docker.io/nicolas/webdis"
MIRROR = "public.ecr.aws/nicolas/webdis"
TRUSTED, REJECTED, USAGE, UNDECIDED = 0, 1, 2, 3

AMD64, ARM64 = "linux/amd64", "linux/arm64/v8"
INDEX, MANIFEST = "image.index.same", "image.manifest.same"
CONTENT, DIFF_IDS = "image.content.same", "image.layer.verified"

KeysOf = Callable[[str], Keys]


@dataclass(frozen=True)
class Answer:
    """The exit code and the one verdict of a command."""

    code: int
    verdict: Json

    @classmethod
    def of(cls, done: Done) -> Answer:
        """Read what ``verify --format json`` printed for one image."""
        assert done.out, done.err
        (verdict,) = json.loads(done.out)
        return cls(done.code, verdict)

    def failed(self) -> dict[str, Json]:
        """The failed checks by code."""
        return {c["code"]: c for c in self.verdict["checks"] if c["outcome"] == "failed"}

    def levels(self) -> dict[str, str | None]:
        """The level that each platform reached."""
        return {p["platform"]: p["level"] for p in self.verdict["platforms"]}

    def gaps(self) -> set[str]:
        """The codes of what could not be looked at."""
        return {gap["code"] for gap in self.verdict["gaps"]}

    def assert_trusted(self) -> None:
        """Trusted, without anything that failed or was not looked at, and pinned by digest."""
        assert (self.code, self.verdict["decision"]) == (TRUSTED, "trusted"), self.explain()
        assert self.verdict["class"] is None
        assert not self.failed()
        assert not self.verdict["gaps"]
        assert "@sha256:" in self.verdict["digest"]

    def assert_rejected(self, klass: str, *codes: str) -> None:
        """Rejected for these codes and no others, with nothing to run."""
        assert (self.code, self.verdict["decision"]) == (REJECTED, "rejected"), self.explain()
        assert set(self.failed()) == set(codes), self.explain()
        assert self.verdict["class"] == klass
        assert self.verdict["digest"] is None

    def assert_undecided(self, klass: str, *codes: str) -> None:
        """Undecided for at least these codes, nothing failed, nothing to run."""
        assert (self.code, self.verdict["decision"]) == (UNDECIDED, "undecided"), self.explain()
        assert not self.failed(), self.explain()
        assert self.gaps() >= set(codes), self.explain()
        assert self.verdict["class"] == klass
        assert self.verdict["digest"] is None

    def explain(self) -> str:
        """What did not pass, for a failed assertion."""
        checks = [c for c in self.verdict["checks"] if c["outcome"] != "passed"]
        return json.dumps({"decision": self.verdict["decision"], "checks": checks}, indent=1)


@pytest.fixture
def policy(client: Client, keys_of: KeysOf) -> str:
    """A policy file for the mirror, with every key of the author pinned and no rules."""
    return write_policy(client, keys_of("nicolas/webdis").policy(MIRROR, HUB))


def write_policy(client: Client, text: str) -> str:
    client.home.mkdir(parents=True, exist_ok=True)
    file = client.home / "crosstrust.toml"
    file.write_text(text)
    return str(file)


def verify(client: Client, image: str, *arguments: str) -> Answer:
    return Answer.of(client.crosstrust("verify", image, "--format", "json", *arguments))


def verify_mirror(client: Client, suffix: str, policy: str, *arguments: str) -> Answer:
    """A mirror tag ``0.1.19-...``, which must hold what the author signed as 0.1.19."""
    signed = ("--signed-by", f"{HUB}:0.1.19", "--policy", policy)
    return verify(client, f"{MIRROR}:0.1.19-{suffix}", *signed, *arguments)


# ---- the mirror's releases -----------------------------------------------------------------------


def test_one_platform_of_the_same_manifest(client: Client, policy: str, lab: Lab) -> None:
    answer = verify(client, f"{MIRROR}:0.1.18", "--policy", policy)
    answer.assert_trusted()
    assert answer.levels() == {AMD64: MANIFEST}
    assert answer.verdict["digest"] == f"{MIRROR}@{lab.images()['0.1.18']['manifest']}"


@pytest.mark.parametrize("tag", ["0.1.19", "0.1.20", "latest"])
def test_a_list_of_other_bytes_and_the_same_content(
    client: Client, policy: str, lab: Lab, tag: str
) -> None:
    answer = verify(client, f"{MIRROR}:{tag}", "--policy", policy)
    answer.assert_trusted()
    assert answer.levels() == {AMD64: CONTENT, ARM64: CONTENT}
    facts = lab.images()
    version = "0.1.20" if tag == "latest" else tag
    for platform in answer.verdict["platforms"]:
        known = facts[f"{version}-{platform['platform'].split('/')[1]}"]
        assert platform["digest"] == known["ecr"]
        assert platform["signed_digest"] == known["hub"]
        assert platform["config"] == known["image"]
        assert platform["layers"] == {"compared": 3, "fetched": 0}


@pytest.mark.parametrize(
    ("tag", "roles"),
    [
        ("0.1.19", ["targets"]),
        ("0.1.20", ["targets/releases"]),
        ("latest", ["targets/nicolasff", "targets/releases"]),
    ],
)
def test_the_roles_that_signed_are_named(
    client: Client, policy: str, tag: str, roles: list[str]
) -> None:
    answer = verify(client, f"{MIRROR}:{tag}", "--policy", policy)
    answer.assert_trusted()
    assert sorted(role["role"] for role in answer.verdict["signed"]["roles"]) == roles


def test_another_image_for_one_platform(client: Client, policy: str, lab: Lab) -> None:
    answer = verify(client, f"{MIRROR}:0.1.21", "--policy", policy)
    answer.assert_rejected("M", "image.config.same")
    known = lab.images()["0.1.21-arm64"]
    check = answer.failed()["image.config.same"]
    assert ARM64 in check["where"]
    assert known["ecr"] in check["where"] + check["actual"]
    assert known["hub"] in check["expected"]
    assert known["image"] in check["expected"]
    assert check["remedy"]
    assert answer.levels() == {AMD64: CONTENT, ARM64: None}


def test_several_images_end_with_the_worst(client: Client, policy: str) -> None:
    images = [f"{MIRROR}:{tag}" for tag in ("0.1.19", "0.1.21", "0.1.18")]
    done = client.crosstrust("verify", *images, "--policy", policy, "--format", "json")
    assert done.code == REJECTED
    decisions = [verdict["decision"] for verdict in json.loads(done.out)]
    assert decisions == ["trusted", "rejected", "trusted"]


def test_a_reference_by_digest(client: Client, policy: str) -> None:
    by_tag = verify(client, f"{MIRROR}:0.1.19", "--policy", policy)
    signed = ("--signed-by", f"{HUB}:0.1.19", "--policy", policy)
    by_digest = verify(client, by_tag.verdict["digest"], *signed)
    by_digest.assert_trusted()
    assert by_digest.verdict["digest"] == by_tag.verdict["digest"]


def test_people_read_the_same(client: Client, policy: str) -> None:
    done = client.crosstrust("verify", f"{MIRROR}:0.1.19", "--policy", policy)
    assert done.code == TRUSTED
    for text in ("TRUSTED", MIRROR, AMD64, ARM64):
        assert text in done.text
    done = client.crosstrust("verify", f"{MIRROR}:0.1.21", "--policy", policy)
    assert done.code == REJECTED
    assert "REJECTED" in done.text + done.err


# ---- the mirror's tags that are wrong, or only look it -------------------------------------------


def test_a_mirror_that_lacks_a_platform(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "short", policy)
    answer.assert_rejected("M", "image.platform.present")
    check = answer.failed()["image.platform.present"]
    assert ARM64 in check["where"] + check["expected"]


def test_a_mirror_that_lacks_a_platform_nobody_asked_for(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "short", policy, "--platform", "linux/amd64")
    answer.assert_trusted()
    assert answer.levels()[AMD64] == CONTENT


def test_a_platform_that_was_asked_for_and_is_nowhere(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "short", policy, "--platform", "linux/s390x")
    answer.assert_rejected("P", "image.platform.present")
    assert "linux/s390x" in answer.failed()["image.platform.present"]["expected"]


def test_a_platform_that_nobody_signed(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "extra", policy)
    # The image behind the extra label says of itself that it is for another platform.
    answer.assert_rejected("T", "image.platform.extra", "image.platform.agrees")
    assert "linux/riscv64" in answer.failed()["image.platform.extra"]["where"]


def test_a_second_image_behind_a_variant(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "dup", policy)
    answer.assert_rejected("M", "image.platform.extra")
    assert "linux/amd64/v3" in answer.failed()["image.platform.extra"]["where"]


def test_swapped_platform_labels(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "swapped", policy)
    answer.assert_rejected("T", "image.platform.agrees", "image.config.same")
    check = answer.failed()["image.platform.agrees"]
    assert {AMD64, ARM64} <= set((check["expected"] + " " + check["actual"]).split())


@pytest.mark.parametrize("suffix", ["reordered", "oci"])
def test_another_form_of_the_same_content(client: Client, policy: str, suffix: str) -> None:
    answer = verify_mirror(client, suffix, policy)
    answer.assert_trusted()
    assert answer.levels() == {AMD64: CONTENT, ARM64: CONTENT}
    assert all(platform["reasons"] for platform in answer.verdict["platforms"])


def test_layers_compressed_anew(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "recompressed", policy)
    answer.assert_trusted()
    assert answer.levels() == {AMD64: DIFF_IDS, ARM64: DIFF_IDS}
    for platform in answer.verdict["platforms"]:
        assert platform["layers"] == {"compared": 3, "fetched": 3}


def test_layers_compressed_anew_and_not_looked_at(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "recompressed", policy, "--no-layers")
    answer.assert_undecided("P", "image.layer.verified")


def test_a_measured_layer_is_remembered(client: Client, policy: str) -> None:
    cold = verify_mirror(client, "recompressed", policy)
    warm = verify_mirror(client, "recompressed", policy)
    warm.assert_trusted()
    assert warm.verdict["requests"]["bytes"] < cold.verdict["requests"]["bytes"] / 10


def test_a_foreign_layer_under_an_honest_config(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "foreign", policy)
    answer.assert_rejected("M", "image.layer.diff_id")
    check = answer.failed()["image.layer.diff_id"]
    assert "layer 3" in check["where"]
    assert check["expected"].startswith("sha256:")
    assert check["actual"].startswith("sha256:")


def test_a_foreign_layer_is_not_known_to_be_one_unseen(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "foreign", policy, "--no-layers")
    answer.assert_undecided("P", "image.layer.verified")


def test_a_mirror_tag_that_is_absent(client: Client, policy: str) -> None:
    answer = verify_mirror(client, "nowhere", policy)
    answer.assert_rejected("M", "image.tag.present")


# ---- pins, policies, outages ---------------------------------------------------------------------


def test_no_pins(client: Client, keys_of: KeysOf) -> None:
    answer = verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB)
    answer.assert_undecided("P", "pin.present")
    root = keys_of("nicolas/webdis").root[0]
    assert [key["scoped"] for key in answer.verdict["keys"]["root"]] == [root]
    assert [key["pinned"] for key in answer.verdict["keys"]["root"]] == [None]
    shown = client.crosstrust("verify", f"{MIRROR}:0.1.19", "--signed-by", HUB)
    assert shown.code == UNDECIDED
    assert root in shown.text + shown.err


def test_pins_without_a_root(client: Client, keys_of: KeysOf) -> None:
    pin = f"repository={keys_of('nicolas/webdis').repository[0]}"
    answer = verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB, "--pin", pin)
    answer.assert_undecided("P", "pin.present")


def test_pins_on_the_command_line(client: Client, keys_of: KeysOf) -> None:
    pins = keys_of("nicolas/webdis").pins()
    verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB, *pins).assert_trusted()


def test_first_seen_keys(client: Client) -> None:
    answer = verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB, "--tofu")
    answer.assert_trusted()
    assert [key["pinned"] for key in answer.verdict["keys"]["root"]] == ["first seen"]
    again = verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB)
    again.assert_undecided("P", "pin.present")


def test_another_root_key_is_pinned(client: Client) -> None:
    pin = "root=" + "ab" * 32
    answer = verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB, "--pin", pin)
    answer.assert_rejected("T", "pin.match")


def test_a_signers_other_key_is_pinned(client: Client, keys_of: KeysOf) -> None:
    root = f"root={keys_of('nicolas/webdis').root[0]}"
    pins = ("--pin", root, "--pin", "signer/nicolasff=" + "ab" * 32)
    answer = verify(client, f"{MIRROR}:0.1.19", "--signed-by", HUB, *pins)
    assert answer.code == REJECTED
    assert {"key.expected", "pin.match"} <= set(answer.failed())


def test_a_key_file_as_a_pin(client: Client, lab: Lab, keys_of: KeysOf) -> None:
    root = f"root={keys_of('nicolas/webdis').root[0]}"
    signer = f"signer/nicolasff=@{lab.folder / 'keys' / 'nicolasff.pub'}"
    options = ("--signed-by", HUB, "--pin", root, "--pin", signer)
    verify(client, f"{MIRROR}:0.1.18", *options).assert_trusted()


def test_a_policy_that_demands_the_signer(client: Client, keys_of: KeysOf) -> None:
    rule = 'tags = ["*"]\nsigned-by = ["signer/nicolasff"]'
    file = write_policy(client, keys_of("nicolas/webdis").policy(MIRROR, HUB, rule))
    answer = verify(client, f"{MIRROR}:0.1.19", "--policy", file)
    answer.assert_rejected("P", "signer.present")
    check = answer.failed()["signer.present"]
    assert "signer/nicolasff" in check["expected"]
    assert "repository" in check["actual"]
    verify(client, f"{MIRROR}:latest", "--policy", file).assert_trusted()


def test_rules_as_the_guide_has_them(client: Client, keys_of: KeysOf) -> None:
    keys = keys_of("nicolas/webdis")
    single = 'versions = ">=0.1.12,<0.1.19"\nform = "image"\nsigned-by = ["signer/nicolasff"]'
    multi = 'versions = ">=0.1.19"\ntags = ["latest"]\nform = "index"'
    unsigned = 'versions = "<0.1.12"\nexpect = "unsigned"'
    file = write_policy(client, keys.policy(MIRROR, HUB, unsigned, single, multi))
    for tag in ("0.1.12", "0.1.18", "0.1.19", "latest"):
        verify(client, f"{MIRROR}:{tag}", "--policy", file).assert_trusted()
    old = verify(client, f"{MIRROR}:0.1.11", "--policy", file)
    assert (old.code, old.verdict["class"]) == (REJECTED, "N")


def test_a_dead_proxy(client: Client, policy: str) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    cut_off = Client(client.lab, client.home, {"HTTPS_PROXY": dead, "https_proxy": dead})
    answer = verify(cut_off, f"{MIRROR}:0.1.19", "--policy", policy)
    answer.assert_undecided("U", "http.available")


def test_a_server_with_another_certificate(client: Client, policy: str) -> None:
    other = str(client.lab.folder / "pki" / "otherca.crt")
    fooled = Client(client.lab, client.home, {"SSL_CERT_FILE": other})
    answer = verify(fooled, f"{MIRROR}:0.1.19", "--policy", policy)
    assert (answer.code, answer.verdict["decision"]) == (UNDECIDED, "undecided")
    assert "http.tls.valid" in answer.gaps(), answer.explain()


def test_a_warm_cache_does_not_hide_a_dead_server(client: Client, policy: str) -> None:
    verify(client, f"{MIRROR}:0.1.19", "--policy", policy).assert_trusted()
    test_a_dead_proxy(client, policy)


# ---- the signed repository itself ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "level"), [("0.1.18", MANIFEST), ("0.1.19", INDEX), ("latest", INDEX)]
)
def test_plain_content_trust(client: Client, keys_of: KeysOf, tag: str, level: str) -> None:
    answer = verify(client, f"nicolas/webdis:{tag}", *keys_of("nicolas/webdis").pins())
    answer.assert_trusted()
    assert set(answer.levels().values()) == {level}
    signed = answer.verdict["signed"]["digest"]
    assert answer.verdict["digest"] == f"{HUB}@{signed}"


@pytest.mark.parametrize("name", ["nicolas/webdis", HUB, "index.docker.io/nicolas/webdis"])
def test_every_spelling_of_the_name(client: Client, keys_of: KeysOf, name: str) -> None:
    answer = verify(client, f"{name}:0.1.18", *keys_of("nicolas/webdis").pins())
    answer.assert_trusted()
    assert answer.verdict["subject"] == f"{HUB}:0.1.18"


def verify_own(client: Client, keys_of: KeysOf, image: str) -> Answer:
    return verify(client, image, *keys_of(image.partition(":")[0]).pins())


@pytest.mark.parametrize(
    "image",
    [
        *("lab/multi:1.0", "lab/multi:1.1", "lab/multi:1.10", "lab/multi:2.0"),
        *("lab/onlyadmin:1.0", "lab/revoked:1.0", "lab/rotated:1.0", "lab/rootrotated:1.0"),
        "lab/big:1",
    ],
)
def test_signed_tags_of_the_lab(client: Client, keys_of: KeysOf, image: str) -> None:
    answer = verify_own(client, keys_of, image)
    answer.assert_trusted()
    assert answer.levels() == {AMD64: MANIFEST}


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("lab/revoked:1.1", "tuf.target.present"),
        ("lab/onlyadmin:9.9", "tuf.target.present"),
        ("lab/multi:1.9", "tuf.target.released"),
    ],
)
def test_a_tag_that_is_not_signed(client: Client, keys_of: KeysOf, image: str, code: str) -> None:
    answer = verify_own(client, keys_of, image)
    assert (answer.code, answer.verdict["class"]) == (REJECTED, "N"), answer.explain()
    assert code in answer.failed()


@pytest.mark.parametrize(
    ("repository", "more"),
    [("lab/empty", set()), ("lab/emptysigner", {"tuf.delegation.published"})],
)
def test_a_repository_without_any_signed_tag(
    client: Client, keys_of: KeysOf, repository: str, more: set[str]
) -> None:
    answer = verify(client, f"{repository}:1.0", *keys_of(repository).pins())
    assert (answer.code, answer.verdict["class"]) == (REJECTED, "N"), answer.explain()
    assert {"tuf.target.present", "image.tag.present"} | more == set(answer.failed())


@pytest.mark.parametrize(
    ("pins", "klass"), [(("--pin", "root=" + "ab" * 32), "T"), (("--tofu",), "N"), ((), "N")]
)
def test_an_unsigned_repository(client: Client, pins: tuple[str, ...], klass: str) -> None:
    answer = verify(client, "lab/unsigned:1.0", *pins)
    assert (answer.code, answer.verdict["class"]) == (REJECTED, klass), answer.explain()


def test_two_signed_digests_for_one_tag(client: Client, keys_of: KeysOf) -> None:
    answer = verify_own(client, keys_of, "lab/multi:latest")
    answer.assert_rejected("T", "signer.agree")
    found = answer.failed()["signer.agree"]["actual"]
    assert found.count("sha256:") == 2
    assert {said.split(": ")[0] for said in found.split(", ")} == {"targets", "targets/releases"}


# ---- rotated root keys ---------------------------------------------------------------------------


def root_key_id(lab: Lab, version: int) -> str:
    """The key of a version of the root role, asked of the real Notary server itself.

    Versions 3 and 4 brought new keys; version 2 another key for the snapshot.
    """
    gun = "docker.io/lab/rootrotated"
    url = f"https://localhost:{lab.notary_port}/v2/{gun}/_trust/tuf/{version}.root.json"
    trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=lab.ca_file))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)
    with direct.open(url) as answer:
        (key_id,) = json.load(answer)["signed"]["roles"]["root"]["keyids"]
    return str(key_id)


@pytest.mark.parametrize("version", [1, 3, 4])
def test_a_pin_on_any_root_of_the_chain(client: Client, lab: Lab, version: int) -> None:
    pin = f"root={root_key_id(lab, version)}"
    answer = verify(client, "lab/rootrotated:1.0", "--pin", pin)
    answer.assert_trusted()


def test_root_keys_differ_by_version(lab: Lab) -> None:
    assert len({root_key_id(lab, version) for version in (1, 3, 4)}) == 3


# ---- a layer of 200 MB ---------------------------------------------------------------------------


def test_a_big_layer_compressed_anew(client: Client, keys_of: KeysOf, tmp_path: Path) -> None:
    big = "public.ecr.aws/lab/big:1"
    pins = keys_of("lab/big").pins()
    answer = verify(client, big, "--signed-by", "docker.io/lab/big", *pins)
    answer.assert_trusted()
    assert answer.levels() == {AMD64: DIFF_IDS}
    assert answer.verdict["requests"]["bytes"] > 200_000_000
    kept = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert kept < 1_000_000


def test_a_big_layer_above_the_limit_of_the_user(client: Client, keys_of: KeysOf) -> None:
    pins = keys_of("lab/big").pins()
    options = ("--signed-by", "docker.io/lab/big", "--max-download", "1MB")
    answer = verify(client, "public.ecr.aws/lab/big:1", *options, *pins)
    assert (answer.code, answer.verdict["decision"]) == (UNDECIDED, "undecided"), answer.explain()
    assert answer.verdict["requests"]["bytes"] < 1_000_000
