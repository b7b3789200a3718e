"""Two registries and a signature, for asking the judge: what is served, what is signed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from crosstrust.app.collect import More, Replies, collect, pursue_in_rounds
from crosstrust.chain.answer import Absent, Answer, Gap, Measured, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.judge import Ruling
from crosstrust.chain.pin import Pins, pinned_key, signed_tag
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.scheme import Judgement
from crosstrust.chain.want import Look, MeasureLayer, ReadBlob, ReadManifest, ResolveTag, Want
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step, staged
from crosstrust.evidence.trust_data import Key, Role, SignedTag, TrustData
from crosstrust.evidence.verdict import Level, Verdict
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import (
    DOCKER_LIST,
    Image,
    Manifest,
    Producer,
    build_image,
    write_list,
    write_manifest,
)
from crosstrust.sandbox.layer import Layer, build_layer
from tests.unit.evidence.registered import check_registered

AT = datetime(2022, 1, 1, tzinfo=UTC)
GUN = "docker.io/nicolas/webdis"
MIRROR = "public.ecr.aws/nicolas/webdis"
TAG = "0.1.19"
ROOT = "a" * 64
REPOSITORY = "b" * 64
SIGNER = "c" * 64


def key(digits: str) -> Key:
    return Key(digits, digits, "ecdsa")


def role(name: str, *keys: str) -> Role:
    listed = tuple(key(digits) for digits in keys)
    return Role(name, listed, 1, keys, 1, AT, "0" * 64, 1)


@dataclass(slots=True)
class TableScheme:
    """A scheme whose metadata is a table: every released entry follows from the root pin."""

    tags: list[SignedTag] = field(default_factory=list)
    roles: tuple[Role, ...] = (
        role("root", ROOT),
        role("timestamp", "d" * 64),
        role("targets", REPOSITORY),
        role("targets/nicolasff", SIGNER),
        role("targets/releases", SIGNER),
    )
    readable: bool = True
    threshold: bool = True
    said: tuple[Check, ...] = ()
    name: str = "table"

    def wants(self, gun: str, dossier: Dossier, *, pins: Pins, seen: bytes) -> Sequence[Want]:
        return ()

    def judge(
        self,
        gun: str,
        dossier: Dossier,
        *,
        pins: Pins,
        at: datetime,
        seen: bytes,
        tags: Sequence[str] | None = None,
    ) -> Judgement:
        if not self.readable:
            return Judgement(Evidence(), seen, None, "unknown")
        targets = Claim("targets", gun, "sha256:" + "1" * 64)
        threshold = Check.passed("tuf.signature.threshold", "targets")
        if not self.threshold:
            threshold = replace(threshold, outcome=Outcome.FAILED, klass=Class.ATTACK)
        steps = [*staged((pinned_key(gun, ROOT),), targets, (threshold,))]
        for tag in self.tags:
            claim = signed_tag(gun, tag.tag, tag.digest)
            steps += staged((targets,), claim, (Check.passed("tuf.target.present", tag.role),))
        steps += [Step((), targets, check) for check in self.said]
        pinned = {ROOT: "scoped" if ROOT in pins.root else ""}
        data = TrustData(gun, self.roles, tuple(self.tags), pinned)
        return Judgement(Evidence(tuple(steps)), b"state", data, "fresh")

    def merge(self, gun: str, kept: bytes, new: bytes) -> bytes:
        return new


@dataclass(slots=True)
class World:
    """Registries as dictionaries; ``broken`` wants get a gap, ``wrong`` other replies."""

    scheme: TableScheme = field(default_factory=TableScheme)
    manifests: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    moved: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: set[Want] = field(default_factory=set)
    replies: dict[Want, Reply] = field(default_factory=dict)
    layers: dict[Digest, Layer] = field(default_factory=dict)
    asked: list[Want] = field(default_factory=list)

    def push(self, repository: str, raw: bytes, media_type: str, *tags: str) -> Digest:
        digest = Digest.of(raw)
        self.manifests[repository, str(digest)] = (raw, media_type)
        for tag in tags:
            self.tags[repository, tag] = str(digest)
        return digest

    def push_image(
        self, repository: str, image: Image, producer: Producer = Producer.BUILDKIT_2021
    ) -> Manifest:
        manifest = write_manifest(image, producer)
        self.blobs[repository, str(Digest.of(image.config))] = image.config
        for layer in image.layers:
            self.layers[Digest.of(layer.blob)] = layer
        self.push(repository, manifest.raw, manifest.media_type)
        return manifest

    def push_list(
        self,
        repository: str,
        tag: str,
        images: Sequence[Image],
        producer: Producer = Producer.BUILDKIT_2021,
    ) -> Digest:
        manifests = [self.push_image(repository, image, producer) for image in images]
        return self.push(repository, write_list(manifests), DOCKER_LIST, tag)

    def sign(
        self,
        digest: Digest | None,
        *,
        tag: str = TAG,
        role: str = "targets",
        length: int = -1,
        hashes: tuple[tuple[str, str], ...] = (),
    ) -> None:
        raw, _ = self.manifests.get((GUN, str(digest)), (b"", ""))
        size = len(raw) if length < 0 else length
        self.scheme.tags.append(SignedTag(tag, digest, size, role, hashes))

    def pursue(self, wants: Sequence[Want], more: More, *, meanwhile: object = None) -> None:
        pursue_in_rounds(self, wants, more)

    def fetch_all(self, wants: Sequence[Want]) -> Replies:
        self.asked += wants
        return {want: self._reply(want) for want in wants}

    def _reply(self, want: Want) -> Reply:
        if want in self.replies:
            return self.replies[want]
        if want in self.broken:
            return Gap(unreachable(want))
        match want:
            case ResolveTag(repository, tag, Look.LAST):
                return self._held(repository, tag)
            case ResolveTag(repository, tag):
                return self._manifest(repository, self.tags.get((repository, tag), ""))
            case ReadManifest(repository, digest):
                return self._manifest(repository, str(digest))
            case ReadBlob(repository, digest):
                raw = self.blobs.get((repository, str(digest)))
                return Absent() if raw is None else Answer(raw)
            case MeasureLayer(_, descriptor):
                return self._measure(descriptor.digest)
        raise AssertionError(want)

    def _held(self, repository: str, tag: str) -> Reply:
        held = self.moved.get((repository, tag), self.tags.get((repository, tag)))
        return Absent() if not held else Answer(b"", declared_digest=held)

    def _measure(self, digest: Digest) -> Reply:
        layer = self.layers.get(digest)
        return Absent() if layer is None else Measured(digest, len(layer.blob), layer.diff_id)

    def _manifest(self, repository: str, digest: str) -> Reply:
        found = self.manifests.get((repository, digest))
        return Absent() if found is None else Answer(found[0], found[1], digest)

    def ask(
        self,
        subject: str = f"{MIRROR}:{TAG}",
        *,
        signed: str = f"{GUN}:{TAG}",
        demand: Demand | None = None,
        pins: Pins | None = None,
    ) -> Verdict:
        return self.rule(subject, signed=signed, demand=demand, pins=pins).verdict

    def rule(
        self,
        subject: str = f"{MIRROR}:{TAG}",
        *,
        signed: str = f"{GUN}:{TAG}",
        demand: Demand | None = None,
        pins: Pins | None = None,
    ) -> Ruling:
        question = Question(
            parse_reference(subject),
            parse_reference(signed, default_tag=None),
            pins or Pins(root=(ROOT,)),
            demand or Demand(),
            AT,
        )
        ruling = collect(question, self.scheme, self)
        check_registered(ruling.verdict.checks)
        return ruling


def unreachable(want: Want) -> Check:
    return Check("http.available", Outcome.UNKNOWN, f"{want}", Class.UNREACHABLE)


def webdis(architecture: str, *, level: int = 6, last: bytes = b"x", variant: str = "") -> Image:
    layers = [
        build_layer({"etc/arch": architecture.encode()}, level=level),
        build_layer({"bin/webdis": last * 4000}, level=level),
    ]
    return build_image(layers, architecture=architecture, variant=variant)


BOTH = (webdis("amd64"), webdis("arm64", variant="v8"))


def release(images: Sequence[Image] = BOTH) -> World:
    """A world with a signed list on GUN and nothing on the mirror."""
    world = World()
    world.sign(world.push_list(GUN, TAG, images))
    return world


def mirrored(images: Sequence[Image] = BOTH) -> World:
    """A world whose mirror serves the same images under manifests of another serialiser."""
    world = release()
    world.push_list(MIRROR, TAG, images, Producer.ENGINE)
    return world


def failed(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.failures}


def unknown(verdict: Verdict) -> set[str]:
    return {check.code for check in verdict.gaps}


def edit(raw: bytes, **changes: Any) -> bytes:
    """A JSON document with some members replaced, three-space indent."""
    return json.dumps({**json.loads(raw), **changes}, indent=3).encode()


def forged(image: Image) -> Image:
    """The same config over a foreign last layer."""
    return replace(image, layers=(*image.layers[:-1], build_layer({"bin/webdis": b"evil"})))


def levels(verdict: Verdict) -> dict[str, Level]:
    return {platform.platform: platform.level for platform in verdict.platforms}
