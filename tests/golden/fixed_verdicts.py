"""Verdicts that never change, with the digests of the real Webdis 0.1.19 where they are public."""

from dataclasses import replace
from datetime import UTC, datetime

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step, staged
from crosstrust.evidence.trust_data import Key, Role, SignedTag, TrustData
from crosstrust.evidence.verdict import (
    Decision,
    Level,
    Notice,
    PinUse,
    PlatformResult,
    ProxyUse,
    SignedBy,
    Traffic,
    Verdict,
)
from crosstrust.oci.digest import Digest


def digest(digits: str) -> Digest:
    return Digest("sha256", digits)


GUN = "docker.io/nicolas/webdis"
COPY = "public.ecr.aws/nicolas/webdis"
ROOT = "40be21f47831d593892370a8e3fc5bfffb16887c707bd81a6aed2088dc8f4bef"
ROOT_BARE = Digest.of(b"the bare root key").hex
REPOSITORY = "fed0b56b8a8fd4d156fb2f47c2e8bd3eb61948b72a787c18e2fa3ea3233bba1a"
SIGNER = "dd0768b9d35d344bbd1681418d27052c4c896a59be214352448daa2b6925b95b"
SIGNED = digest("5de58646bae3ee52e05a65672532120b094682b79823291031ccb41533c21667")
AMD64 = digest("2ced2d99146e1bcaf10541d17dbac573cffd02237c3b268875be1868138d3b54")
ARM64 = digest("d026c5675552947b6a755439dfd58360e44a8860436f4eddfe9b26d050801248")
CONFIG_AMD64 = digest("010021e00e0910d0b73d0bfc9cb58ce583e96f3ad69fc6ee4a7a41baa707d7f7")
CONFIG_ARM64 = Digest.of(b"config arm64")
COPIED = Digest.of(b"the copy's index")
COPIED_AMD64 = Digest.of(b"the copy's amd64 manifest")
COPIED_ARM64 = Digest.of(b"the copy's arm64 manifest")
AT = datetime(2026, 5, 9, 7, 30, 12, 345678, UTC)
REWRITTEN = "manifest written by another serialiser: other bytes, same content"

GOAL = Claim("accepted", f"{COPY}:0.1.19", str(COPIED))
TAG = Claim("tag", f"{GUN}:0.1.19", str(SIGNED))
ACCEPTED = Claim("accepted", f"{GUN}:0.1.19", str(SIGNED))


def role(name: str, version: int, expires: datetime, *keys: Key, signed: str = "") -> Role:
    by = tuple(key.canonical for key in keys[:1])
    return Role(
        name,
        keys,
        1,
        (signed,) if signed else by,
        version,
        expires,
        Digest.of(name.encode()).hex,
        1200,
        ("",) if "/" in name else (),
    )


def key(key_id: str, keytype: str = "ecdsa", canonical: str = "") -> Key:
    return Key(key_id, canonical or key_id, keytype)


SERVER = key(Digest.of(b"timestamp key").hex, "ed25519")
ROLES = (
    role("root", 1, datetime(2031, 12, 22, 7, 3, tzinfo=UTC), key(ROOT, "ecdsa-x509", ROOT_BARE)),
    role("timestamp", 1203, datetime(2026, 5, 21, 18, 0, tzinfo=UTC), SERVER),
    role("snapshot", 41, datetime(2027, 1, 3, tzinfo=UTC), SERVER),
    role("targets", 23, datetime(2027, 1, 3, tzinfo=UTC), key(REPOSITORY)),
    role("targets/nicolasff", 9, datetime(2027, 1, 3, tzinfo=UTC), key(SIGNER)),
    role("targets/releases", 9, datetime(2027, 1, 3, tzinfo=UTC), key(SIGNER)),
)
TRUST_DATA = TrustData(GUN, ROLES, (SignedTag("0.1.19", SIGNED, 772, "targets"),), {ROOT: "scoped"})


def passed(code: str, where: str) -> Check:
    return Check.passed(code, where)


def chain(*, pinned: str = "scoped") -> tuple[Step, ...]:
    """The steps from the root key to the accepted tag, as the scheme and the judge make them."""
    below = Claim("pinned-key", GUN, ROOT)
    found: list[Step] = []
    pin = (
        passed("pin.match", "root")
        if pinned
        else Check(
            "pin.present",
            Outcome.UNKNOWN,
            "root",
            Class.POLICY,
            "a pinned root key",
            f"{ROOT} (scoped), {ROOT_BARE} (canonical)",
            f"compare with the key that the author publishes, then add\n--pin root={ROOT}",
        )
    )
    checks = {
        "root": (
            pin,
            passed("tuf.signature.threshold", "root"),
            passed("tuf.root.certificate", "root"),
            passed("tuf.root.expiry", "root"),
        ),
        "timestamp": (
            passed("tuf.signature.threshold", "timestamp"),
            passed("tuf.version.rollback", "timestamp"),
            passed("tuf.timestamp.expiry", "timestamp"),
        ),
        "snapshot": (
            passed("tuf.meta.hash", "snapshot"),
            passed("tuf.signature.threshold", "snapshot"),
            passed("tuf.snapshot.expiry", "snapshot"),
        ),
        "targets": (
            passed("tuf.meta.hash", "targets"),
            passed("tuf.signature.threshold", "targets"),
            passed("tuf.targets.expiry", "targets"),
        ),
    }
    for name, made in checks.items():
        claim = Claim(name, GUN, "v1")
        found += staged((below,), claim, made)
        below = claim
    found += staged((below,), TAG, (passed("tuf.target.released", f"{GUN}:0.1.19"),))
    found += staged((TAG,), ACCEPTED, (passed("key.expected", "repository"),))
    return tuple(found)


def platform_step(platform: str, manifest: Digest, check: Check) -> Step:
    return Step((ACCEPTED,), Claim("image", f"{COPY}:0.1.19 {platform}", str(manifest)), check)


def same(platform: str, manifest: Digest) -> Step:
    where = f"{COPY}@{manifest} {platform}"
    return platform_step(platform, manifest, passed("image.content.same", where))


KEYS = (
    PinUse("root", ROOT, ROOT_BARE, "scoped"),
    PinUse("repository", REPOSITORY, REPOSITORY, "canonical"),
    PinUse("signer/nicolasff", SIGNER, SIGNER, "canonical"),
    PinUse("releases", SIGNER, SIGNER, "canonical"),
)
PLATFORMS = (
    PlatformResult(
        "linux/amd64", Level.CONTENT, COPIED_AMD64, AMD64, CONFIG_AMD64, 5, 0, (REWRITTEN,)
    ),
    PlatformResult(
        "linux/arm64/v8", Level.CONTENT, COPIED_ARM64, ARM64, CONFIG_ARM64, 5, 0, (REWRITTEN,)
    ),
)
TRUSTED = Verdict(
    subject=f"{COPY}:0.1.19",
    signed_by=f"{GUN}:0.1.19",
    decision=Decision.TRUSTED,
    digest=COPIED,
    pinned=f"{COPY}@{COPIED}",
    at=AT,
    basis="clock",
    freshness="fresh",
    evidence=Evidence(
        (*chain(), same("linux/amd64", COPIED_AMD64), same("linux/arm64/v8", COPIED_ARM64))
    ),
    signed=SignedBy("0.1.19", SIGNED, 772, ("targets",)),
    keys=KEYS,
    platforms=PLATFORMS,
    trust_data=TRUST_DATA,
    traffic=Traffic(19, 41_207, 0.4231),
)

LAYER = Digest.of(b"the signed layer, unpacked")
FOREIGN = Digest.of(b"the foreign layer, unpacked")
FOREIGN_LAYER = replace(
    TRUSTED,
    decision=Decision.REJECTED,
    evidence=Evidence(
        (
            *chain(),
            same("linux/amd64", COPIED_AMD64),
            platform_step(
                "linux/arm64/v8",
                COPIED_ARM64,
                Check(
                    "image.layer.diff_id",
                    Outcome.FAILED,
                    f"{COPY}@{COPIED_ARM64} linux/arm64/v8 layer 5",
                    Class.CONTENT,
                    f"{LAYER} (diff_id in the signed config)",
                    f"{FOREIGN} (what {Digest.of(b'foreign blob')} unpacks to)",
                    "a foreign layer under an honest config: do not run it",
                ),
            ),
        )
    ),
    platforms=(
        PLATFORMS[0],
        replace(
            PLATFORMS[1],
            level=Level.NONE,
            fetched=1,
            reasons=("1 of 5 layers have other digests than the signed ones",),
        ),
    ),
    traffic=Traffic(20, 11_096_513, 1.93),
)
EXTRA_PLATFORM = replace(
    TRUSTED,
    decision=Decision.REJECTED,
    evidence=Evidence(
        (
            *chain(),
            same("linux/amd64", COPIED_AMD64),
            same("linux/arm64/v8", COPIED_ARM64),
            Step(
                (ACCEPTED,),
                Claim("platforms", f"{COPY}:0.1.19", str(COPIED)),
                Check(
                    "image.platform.extra",
                    Outcome.FAILED,
                    f"{COPY} linux/s390x",
                    Class.CONTENT,
                    "linux/amd64, linux/arm64/v8",
                    f"linux/s390x {Digest.of(b's390x')}",
                    "nobody signed this platform: remove it from the copy",
                ),
            ),
        )
    ),
    platforms=(
        *PLATFORMS,
        PlatformResult(
            "linux/s390x",
            Level.NONE,
            Digest.of(b"s390x"),
            None,
            Digest.of(b"s390x config"),
            5,
            0,
            ("two signed images or none for this platform",),
        ),
    ),
)
NOT_PINNED = replace(
    TRUSTED,
    decision=Decision.UNDECIDED,
    evidence=Evidence(
        (*chain(pinned=""), same("linux/amd64", COPIED_AMD64), same("linux/arm64/v8", COPIED_ARM64))
    ),
    keys=(replace(KEYS[0], pinned=""), *(replace(k, pinned="") for k in KEYS[1:])),
    trust_data=replace(TRUST_DATA, root_pins={ROOT: ""}),
    freshness="first-seen",
)
UNREACHABLE = Verdict(
    subject=f"{COPY}:0.1.19",
    signed_by=f"{GUN}:0.1.19",
    decision=Decision.UNDECIDED,
    digest=None,
    pinned="",
    at=AT,
    basis="clock",
    freshness="unknown",
    evidence=Evidence(
        (
            Step(
                (),
                Claim("none", GUN, ""),
                Check(
                    "notary.available",
                    Outcome.UNKNOWN,
                    f"https://notary.docker.io/v2/{GUN}/_trust/tuf/root.json",
                    Class.UNREACHABLE,
                    "an answer",
                    "connection refused by 127.0.0.1:3128",
                    "check the proxy settings (HTTPS_PROXY), then try again",
                ),
            ),
            Step(
                (),
                Claim("none", COPY, ""),
                Check(
                    "http.available",
                    Outcome.UNKNOWN,
                    f"{COPY}:0.1.19",
                    Class.UNREACHABLE,
                    "",
                    "connection refused by 127.0.0.1:3128",
                    "",
                ),
            ),
        )
    ),
    traffic=Traffic(2, 0, 3.01, (ProxyUse("http://127.0.0.1:3128", 2),)),
)
HISTORIC = replace(
    TRUSTED,
    historic=True,
    basis="user",
    at=datetime(2026, 5, 1, tzinfo=UTC),
    freshness="cached",
    warnings=(
        Notice(
            "image.attestation.counted",
            COPY,
            "2 build attestations on the copy, 0 on the signed side; they are not compared",
        ),
    ),
)
EXPIRED = replace(
    TRUSTED,
    decision=Decision.REJECTED,
    evidence=Evidence(
        (
            *chain()[:6],
            Step(
                (Claim("root", GUN, "v1"),),
                Claim("timestamp", GUN, "v1203"),
                Check(
                    "tuf.timestamp.expiry",
                    Outcome.FAILED,
                    "timestamp",
                    Class.STALE,
                    "2026-05-21T18:00:00Z or earlier",
                    "2026-06-01T00:00:00Z",
                    "ask again when the server has renewed it, or judge the past with --at",
                ),
            ),
        )
    ),
    signed=None,
    platforms=(),
    at=datetime(2026, 6, 1, tzinfo=UTC),
)
PLAIN_DCT = replace(
    TRUSTED,
    subject=f"{GUN}:0.1.18",
    signed_by=f"{GUN}:0.1.18",
    digest=AMD64,
    pinned=f"{GUN}@{AMD64}",
    signed=SignedBy("0.1.18", AMD64, 1365, ("targets/nicolasff", "targets/releases")),
    evidence=Evidence(
        (
            *chain(),
            *staged(
                (Claim("targets", GUN, "v1"),),
                Claim("targets/nicolasff", GUN, "v9"),
                (
                    passed("tuf.meta.hash", "targets/nicolasff"),
                    passed("tuf.signature.threshold", "targets/nicolasff"),
                ),
            ),
            *staged(
                (Claim("targets", GUN, "v1"),),
                Claim("targets/releases", GUN, "v9"),
                (
                    passed("tuf.meta.hash", "targets/releases"),
                    passed("tuf.signature.threshold", "targets/releases"),
                ),
            ),
            Step((ACCEPTED,), GOAL, passed("image.manifest.same", f"{GUN}:0.1.18")),
        )
    ),
    platforms=(PlatformResult("linux/amd64", Level.MANIFEST, AMD64, AMD64, CONFIG_AMD64, 5),),
)

ALL = {
    "trusted": TRUSTED,
    "foreign-layer": FOREIGN_LAYER,
    "extra-platform": EXTRA_PLATFORM,
    "not-pinned": NOT_PINNED,
    "unreachable": UNREACHABLE,
    "historic": HISTORIC,
    "expired": EXPIRED,
    "plain-dct": PLAIN_DCT,
}
