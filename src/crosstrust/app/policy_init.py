"""Write a policy from what is seen: a start that the user must check against published keys."""

from __future__ import annotations

from crosstrust.app.option import Options
from crosstrust.app.session import open_session
from crosstrust.chain.authority import RELEASES
from crosstrust.chain.image_policy import ImagePolicy
from crosstrust.chain.pin import Pins
from crosstrust.errors import InputError
from crosstrust.evidence.trust_data import Key, Role, TrustData
from crosstrust.evidence.verdict import Verdict
from crosstrust.oci.reference import Reference, parse_reference
from crosstrust.render.policy import render_policy
from crosstrust.value import dataclass, replace


@dataclass(frozen=True, slots=True)
class Proposal:
    """``text`` is the policy as TOML, "" where no keys could be read; ``verdict`` says why."""

    text: str
    verdict: Verdict


def propose_policy(image: str, options: Options) -> Proposal:
    """Return a policy for the repository of ``image``, with every key seen in the trust data.

    Nothing is trusted by this: the keys are what the server served, until the user has checked
    them. Raises ``InputError`` where ``image`` is no reference, or ``options.signed_by`` no
    repository.
    """
    subject = parse_reference(image)
    signed = _signed(options.signed_by or subject.repository)
    unpinned = replace(options, signed_by=None, policy=None, pins=Pins(), tofu=False)
    with open_session(unpinned) as session:
        verdict = session.answer_metadata(session.metadata_question(signed.repository))
    if verdict.trust_data is None or verdict.failures:
        return Proposal("", verdict)
    policy = ImagePolicy(
        name=subject.repository,
        signed_by=signed.repository,
        pins=_pins(verdict.trust_data),
    )
    return Proposal(render_policy([policy], _comments(signed.repository)), verdict)


def _signed(text: str) -> Reference:
    """A policy holds for every tag, so a tag or a digest here would be ignored."""
    found = parse_reference(text, default_tag=None)
    if found.tag is None and found.digest is None:
        return found
    raise InputError(
        "reference.form",
        f"--signed-by {text}",
        expected="REPO alone: a policy is for all tags",
        actual="a tag" if found.digest is None else "a digest",
        remedy=f"--signed-by {found.repository}",
    )


def _pins(data: TrustData) -> Pins:
    # A role below targets/releases releases nothing and is no signer: it has no name to pin.
    signers = {
        role.name.removeprefix("targets/"): _canonical(role.keys)
        for role in data.roles
        if role.name.startswith("targets/") and not f"{role.name}/".startswith(f"{RELEASES}/")
    }
    named = {key for keys in signers.values() for key in keys}
    released = tuple(k for k in _canonical(_keys(data.role(RELEASES))) if k not in named)
    return Pins(
        root=tuple(key.scoped for key in _keys(data.role("root"))),
        repository=_canonical(_keys(data.role("targets"))),
        signers={name: keys for name, keys in signers.items() if keys},
        releases=released,
    )


def _keys(role: Role | None) -> tuple[Key, ...]:
    return role.keys if role is not None else ()


def _canonical(keys: tuple[Key, ...]) -> tuple[str, ...]:
    """Each key once: a role may list one key bare and in a certificate."""
    return tuple(dict.fromkeys(key.canonical for key in keys))


def _comments(repository: str) -> tuple[str, ...]:
    return (
        f"Keys as the Notary server showed them for {repository}. Nobody has vouched",
        "for them: compare each with what the author publishes, then remove these lines.",
    )
