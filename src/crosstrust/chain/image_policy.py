"""What a policy says of one image, or of every repository below a prefix."""

from __future__ import annotations

from crosstrust.chain.glob import repository_suffix
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand
from crosstrust.chain.rule import Rule
from crosstrust.oci.platform import Platform
from crosstrust.oci.reference import parse_repository
from crosstrust.value import dataclass, replace

SCHEME = "notary-v1"


@dataclass(frozen=True, slots=True)
class ImagePolicy:
    """Whose signature counts for ``name``, under which keys, and what rules narrow that.

    ``name`` and ``signed_by`` are canonical repositories ("docker.io/nicolas/webdis"), or both
    patterns that end in ``/*`` and stand for every repository below. ``platforms``: the signed
    platforms that the copy must have, empty for all. Without ``rules`` any released role will
    do; with rules, a tag that none matches is rejected. ``of_prefix``: taken from a pattern.
    """

    name: str
    signed_by: str
    scheme: str = SCHEME
    pins: Pins = Pins()
    rules: tuple[Rule, ...] = ()
    platforms: tuple[Platform, ...] = ()
    accept_config: bool = False
    allow_extra_platforms: bool = False
    allow_name_wildcard: bool = False
    of_prefix: bool = False

    def at(self, repository: str) -> ImagePolicy | None:
        """Return this policy for ``repository`` itself, without pattern, or None: not for it."""
        suffix = repository_suffix(self.name, repository)
        if suffix is None:
            return None
        signed_by = self.signed_by
        if signed_by.endswith("/*"):
            # Docker Hub keeps "nginx" as "library/nginx", below whatever name it was mirrored.
            signed_by = parse_repository(signed_by[:-1] + suffix).repository
        return self._of(repository, signed_by)

    def signs(self, repository: str) -> bool:
        """Return True if the signatures of ``repository`` count for what this policy names."""
        return repository_suffix(self.signed_by, repository) is not None

    def signed_at(self, repository: str) -> ImagePolicy:
        """Return this policy for a copy that ``repository`` signs, without pattern."""
        name = self.name
        if name.endswith("/*"):
            name = name[:-1] + (repository_suffix(self.signed_by, repository) or "")
        return self._of(name, repository)

    @property
    def terms(self) -> ImagePolicy:
        """What holds, whatever it holds for and wherever in the file it stands."""
        rules = tuple(replace(rule, line=0) for rule in self.rules)
        return replace(self, name="", signed_by="", rules=rules)

    def _of(self, name: str, signed_by: str) -> ImagePolicy:
        of_prefix = self.of_prefix or self.name.endswith("/*")
        return replace(self, name=name, signed_by=signed_by, of_prefix=of_prefix)

    def rule_for(self, tag: str) -> Rule | None:
        """Return the first rule, in the order of the file, that is for ``tag``."""
        return next((rule for rule in self.rules if rule.matches(tag)), None)

    def demand(self, tag: str) -> Demand:
        """Return what must hold of ``tag``: the image's own demands, narrowed by its rule.

        A rule's platforms take the place of the image's; an opt-in of either counts.
        """
        rule = self.rule_for(tag)
        found = rule or Rule()
        return Demand(
            roles=found.roles,
            form=found.form,
            platforms=found.platforms or self.platforms,
            unsigned=found.expect == "unsigned",
            ruled=rule is not None or not self.rules,
            accept_config=self.accept_config or found.accept_config,
            allow_extra_platforms=self.allow_extra_platforms or found.allow_extra_platforms,
            allow_name_wildcard=self.allow_name_wildcard,
        )
