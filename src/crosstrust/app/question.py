"""From an image name and the options to a question: whose signature, which pins, what demands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from crosstrust.app.option import Options
from crosstrust.chain.glob import nearness
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.errors import InputError
from crosstrust.oci.reference import Reference, parse_reference
from crosstrust.value import replace

if TYPE_CHECKING:
    from crosstrust.chain.image_policy import ImagePolicy
    from crosstrust.chain.policy import Policy


def build_question(image: str, options: Options, *, at: datetime) -> Question:
    """Return the question that ``image`` and ``options`` ask; ``seen`` is filled in later.

    Raises ``InputError`` where the image or ``signed_by`` is no reference, or where no tag says
    which signature is meant.
    """
    subject = parse_reference(image)
    policy = policy_for(subject, options)
    signed = _signed(subject, policy, options)

    def demand(tag: str | None) -> Demand:
        return _demand(tag, policy, options)

    return Question(
        subject=subject,
        signed=signed,
        pins=_pins(policy, signed, options),
        demand=demand(signed.tag),
        demands=demand if signed.tag is None else None,
        at=options.at or at,
        historic=options.at is not None,
    )


def build_metadata_question(
    image: str, options: Options, *, at: datetime, own: bool = False
) -> Question:
    """Return the question whether the trust data for ``image`` holds.

    Of a policy only the keys are used and, unless only the image's ``own`` repository is meant,
    the repository that signs it; its rules are about images.
    """
    subject = parse_reference(image, default_tag=None)
    policy = policy_for(subject, options)
    signed = replace(subject, digest=None)
    if policy is not None and not own:
        repository = parse_reference(policy.signed_by, default_tag=None)
        signed = repository if subject.tag is None else repository.with_tag(subject.tag)
    return Question(
        subject=subject,
        signed=signed,
        pins=_pins(policy, signed, options),
        demand=Demand(),
        at=options.at or at,
        historic=options.at is not None,
    )


def policy_for(subject: Reference, options: Options) -> ImagePolicy | None:
    """Return what the policy says of ``subject``: by its own name, or as a signed repository."""
    if options.policy is None:
        return None
    return options.policy.image_for(subject.repository) or _signed_policy(
        options.policy, subject.repository
    )


def _signed_policy(policy: Policy, repository: str) -> ImagePolicy | None:
    """Return the policy of a copy that ``repository`` signs: an exact one over every pattern.

    Raises ``InputError`` where two are equally near and say different things.
    """
    found = [image for image in policy.images if image.signs(repository)]
    if not found:
        return None
    nearest = max(nearness(image.signed_by) for image in found)
    tied = [image for image in found if nearness(image.signed_by) == nearest]
    if any(image.terms != tied[0].terms for image in tied):
        raise InputError(
            "policy.form",
            repository,
            expected="one [[image]] that says what holds for it",
            actual=", ".join(image.name for image in tied),
            remedy=f'add an [[image]] with name = "{repository}"',
        )
    return tied[0].signed_at(repository)


def _signed(subject: Reference, policy: ImagePolicy | None, options: Options) -> Reference:
    repository = policy.signed_by if policy is not None else subject.repository
    chosen = parse_reference(options.signed_by or repository, default_tag=None)
    if chosen.digest is not None:
        raise InputError(
            "reference.form",
            f"--signed-by {options.signed_by}",
            expected="REPO or REPO:TAG",
            actual="a digest",
            remedy="name the tag that the author signed",
        )
    _refuse_foreign_pins(chosen, policy, options)
    if chosen.tag is None and subject.tag is not None:
        chosen = chosen.with_tag(subject.tag)
    if chosen.tag is None and chosen.repository != subject.repository:
        raise InputError(
            "reference.form",
            str(subject),
            expected="a tag that says which release this is",
            actual="a digest only",
            remedy=f"name the signed tag: --signed-by {chosen.repository}:TAG",
        )
    return chosen


def _refuse_foreign_pins(chosen: Reference, policy: ImagePolicy | None, options: Options) -> None:
    """Pins are one author's keys: the policy's do not speak for another repository."""
    if policy is None or chosen.repository == policy.signed_by or options.pins.root:
        return
    raise InputError(
        "policy.signed_by",
        f"--signed-by {options.signed_by}",
        expected=f"{policy.signed_by}, as the policy says",
        actual=chosen.repository,
        remedy="give this author's keys too: --pin root=KEYID",
    )


def _pins(policy: ImagePolicy | None, signed: Reference, options: Options) -> Pins:
    """The command line's pins take the place of the policy's, role by role.

    Of a policy for another author's signatures none is used.
    """
    if policy is not None and policy.signed_by != signed.repository:
        policy = None
    given, base = options.pins, policy.pins if policy is not None else Pins()
    wildcard = policy is not None and policy.allow_name_wildcard
    return replace(
        base,
        root=given.root or base.root,
        repository=given.repository or base.repository,
        signers={**base.signers, **given.signers},
        releases=given.releases or base.releases,
        tofu=options.tofu,
        name_wildcard=wildcard,
        of_prefix=policy is not None and policy.of_prefix and not given.root,
    )


def _demand(tag: str | None, policy: ImagePolicy | None, options: Options) -> Demand:
    """Return what is demanded of ``tag``; None: of an image whose tag is not known yet."""
    base = Demand()
    if policy is not None:
        base = policy.demand(tag) if tag is not None else replace(policy, rules=()).demand("")
    return replace(
        base,
        platforms=options.platforms or base.platforms,
        layers=options.layers,
        accept_config=options.accept_config or base.accept_config,
        allow_extra_platforms=options.allow_extra_platforms or base.allow_extra_platforms,
    )
