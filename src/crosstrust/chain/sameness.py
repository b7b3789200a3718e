"""How far one image of the copy is the signed one: the levels of sameness.

A level that is not reached is no failure: it is a reason. A failure is only what contradicts
"these are the same image": another config, another layer, a label that lies.
"""

from __future__ import annotations

from crosstrust.chain.dossier import Dossier
from crosstrust.chain.manifest_difference import manifest_differences
from crosstrust.chain.side import Member
from crosstrust.chain.structure import structure_checks
from crosstrust.chain.want import MeasureLayer
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.verdict import Level
from crosstrust.oci.config import ImageConfig
from crosstrust.oci.digest import Digest
from crosstrust.oci.manifest import Manifest
from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Sameness:
    """The level reached for one pair, the checks that were made, and what is still wanted."""

    level: Level
    checks: tuple[Check, ...]
    wants: tuple[MeasureLayer, ...] = ()
    fetched: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One image of the copy beside the signed image of the same platform."""

    repository: str
    copy: Member
    signed: Member

    @property
    def name(self) -> str:
        """The platform: as signed, else as the copy's label or config states it."""
        return self.signed.name if self.signed.platform is not None else self.copy.name

    @property
    def where(self) -> str:
        """The copy's image, for ``Check.where``."""
        return f"{self.repository}@{self.copy.digest} {self.name}"


def compare_pair(dossier: Dossier, pair: Pair, *, layers: bool, accept_config: bool) -> Sameness:
    """Return how far ``pair.copy`` is ``pair.signed``.

    Manifest bytes, then config digest, then ordered layer digests, then unpacked layers.
    """
    if pair.copy.digest == pair.signed.digest:
        check = Check.passed(Level.MANIFEST.value, pair.where, expected=str(pair.signed.digest))
        return Sameness(Level.MANIFEST, (check,))
    copied, signed, config = pair.copy.manifest, pair.signed.manifest, pair.copy.config
    if copied is None or signed is None:
        return Sameness(Level.NONE, (_unread(pair),))
    if not (copied.is_image and signed.is_image):
        return Sameness(Level.NONE, (_not_an_image(pair),))
    if copied.config.digest.algorithm != signed.config.digest.algorithm:
        return Sameness(Level.NONE, (_other_algorithm(pair, copied, signed),))
    if copied.config.digest != signed.config.digest:
        return Sameness(Level.NONE, (_other_config(pair, copied, signed),))
    if config is None:
        return Sameness(Level.NONE, (_unread(pair),))
    same = _compare_layers(dossier, pair, (copied, signed), config, layers=layers)
    if accept_config and same.level is Level.CONFIG:
        return _config_only(pair, signed, same.reasons)
    return same


def _compare_layers(
    dossier: Dossier,
    pair: Pair,
    manifests: tuple[Manifest, Manifest],
    config: ImageConfig,
    *,
    layers: bool,
) -> Sameness:
    """Compare two manifests that name one config, the copy's first."""
    copied, signed = manifests
    reasons = manifest_differences(copied, signed)
    structure = tuple(structure_checks(pair.where, copied, signed, config))
    if structure:
        return Sameness(Level.NONE, structure, reasons=reasons)
    if [layer.digest for layer in copied.layers] == [layer.digest for layer in signed.layers]:
        check = Check.passed(Level.CONTENT.value, pair.where, expected=str(signed.config.digest))
        return Sameness(Level.CONTENT, (check,), reasons=reasons)
    return _by_diff_id(dossier, pair, manifests, config, layers=layers)


def _unread(pair: Pair) -> Check:
    return Check(
        "image.content.same",
        Outcome.UNKNOWN,
        pair.where,
        Class.UNREACHABLE,
        str(pair.signed.digest),
        "not compared: a manifest or config of it was not read, or is refused",
        "mend what failed; where something could not be fetched, try again",
    )


def _not_an_image(pair: Pair) -> Check:
    return Check(
        "image.artifact.supported",
        Outcome.FAILED,
        pair.where,
        Class.POLICY,
        str(pair.signed.digest),
        str(pair.copy.digest),
        "an artifact is compared by its manifest's bytes alone: push the signed manifest itself",
    )


def _other_algorithm(pair: Pair, copied: Manifest, signed: Manifest) -> Check:
    """Two digests of two algorithms may be of one config: that is not known here."""
    return Check(
        "digest.algorithm.supported",
        Outcome.FAILED,
        pair.where,
        Class.REMOTE,
        f"{signed.config.digest} (config of {pair.signed.digest}, signed)",
        f"{copied.config.digest} (config of {pair.copy.digest}, the copy)",
        "push the image with digests of the algorithm that was signed",
    )


def _other_config(pair: Pair, copied: Manifest, signed: Manifest) -> Check:
    return Check(
        Level.CONFIG.value,
        Outcome.FAILED,
        pair.where,
        Class.CONTENT,
        f"{signed.config.digest} (config of {pair.signed.digest}, signed)",
        f"{copied.config.digest} (config of {pair.copy.digest}, the copy)",
        "another image: do not run it; ask the publisher which push wrote it",
    )


def _config_only(pair: Pair, signed: Manifest, reasons: tuple[str, ...]) -> Sameness:
    """The user accepts that nobody looked at the layers."""
    check = Check.passed(Level.CONFIG.value, pair.where, expected=str(signed.config.digest))
    return Sameness(Level.CONFIG, (check,), reasons=(*reasons, "layers not looked at"))


def _by_diff_id(
    dossier: Dossier,
    pair: Pair,
    manifests: tuple[Manifest, Manifest],
    config: ImageConfig,
    *,
    layers: bool,
) -> Sameness:
    """Compare the layers whose digests differ from the signed ones by what they unpack to."""
    copied, signed = manifests
    promised = zip(copied.layers, signed.layers, config.diff_ids, strict=True)
    others = [
        (number, MeasureLayer(pair.repository, ours), diff_id)
        for number, (ours, theirs, diff_id) in enumerate(promised, start=1)
        if ours.digest != theirs.digest
    ]
    checks = tuple(_layer_check(dossier, pair, *other) for other in others)
    wants = tuple(want for _, want, _ in others if layers and not dossier.asked(want))
    outcomes = {check.outcome for check in checks}
    level = Level.NONE if Outcome.FAILED in outcomes else Level.CONFIG
    if outcomes == {Outcome.PASSED}:
        level = Level.DIFF_IDS
    fetched = sum(dossier.measured(want) is not None for _, want, _ in others)
    return Sameness(level, checks, wants, fetched, manifest_differences(copied, signed))


def _layer_check(
    dossier: Dossier, pair: Pair, number: int, want: MeasureLayer, diff_id: Digest
) -> Check:
    where = f"{pair.where} layer {number}"
    measured = dossier.measured(want)
    if measured is None:
        return _unmeasured(dossier, where, want, diff_id)
    if measured.digest != want.layer.digest or measured.size != want.layer.size:
        return Check(
            "image.digest.match",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            f"{want.layer.digest}, {want.layer.size} bytes",
            f"{measured.digest}, {measured.size} bytes",
            "the registry serves another layer than its manifest names: do not run it",
        )
    if measured.diff_id.algorithm != diff_id.algorithm:
        return Check(
            "digest.algorithm.supported",
            Outcome.FAILED,
            where,
            Class.REMOTE,
            f"a {measured.diff_id.algorithm} diff_id in the signed config",
            str(diff_id),
            "only the signed layers themselves can be proved: push them with their digests",
        )
    if measured.diff_id != diff_id:
        return Check(
            "image.layer.diff_id",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            f"{diff_id} (diff_id in the signed config)",
            f"{measured.diff_id} (what {want.layer.digest} unpacks to)",
            "a foreign layer under an honest config: do not run it",
        )
    return Check.passed(
        Level.DIFF_IDS.value, where, expected=str(diff_id), actual=str(measured.diff_id)
    )


def _unmeasured(dossier: Dossier, where: str, want: MeasureLayer, diff_id: Digest) -> Check:
    gap = dossier.gap(want)
    if gap is not None:
        return gap.check
    if dossier.absent(want):
        return Check(
            "image.child.present",
            Outcome.FAILED,
            where,
            Class.CONTENT,
            str(want.layer.digest),
            "404",
            "the registry lists this layer but does not serve it: push it again",
        )
    return Check(
        Level.DIFF_IDS.value,
        Outcome.UNKNOWN,
        where,
        Class.POLICY,
        str(diff_id),
        "not looked at",
        'leave out --no-layers, or say `accept = "config"` in the policy',
    )
