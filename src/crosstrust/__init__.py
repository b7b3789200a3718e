"""Proves that a container image on one registry is the one its author signed on another.

    from crosstrust import Options, Policy, verify

    [verdict] = verify(["public.ecr.aws/nicolas/webdis:0.1.19"], Options(policy=policy))
    print(verdict.require())

Names are imported when they are first used, so that ``import crosstrust`` costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crosstrust.app.option import Options
    from crosstrust.app.verify import verify
    from crosstrust.chain.image_policy import ImagePolicy
    from crosstrust.chain.pin import Pins
    from crosstrust.chain.policy import Policy, parse_policy
    from crosstrust.chain.rule import Rule
    from crosstrust.errors import (
        CrosstrustError,
        InputError,
        LimitError,
        MalformedError,
        StateError,
    )
    from crosstrust.evidence.check import Check, Class, Outcome
    from crosstrust.evidence.verdict import (
        Decision,
        Level,
        NotTrustedError,
        PlatformResult,
        Verdict,
    )
    from crosstrust.oci.digest import Digest
    from crosstrust.oci.platform import Platform

__version__ = "0.1.0"

__all__ = [
    "Check",
    "Class",
    "CrosstrustError",
    "Decision",
    "Digest",
    "ImagePolicy",
    "InputError",
    "Level",
    "LimitError",
    "MalformedError",
    "NotTrustedError",
    "Options",
    "Outcome",
    "Pins",
    "Platform",
    "PlatformResult",
    "Policy",
    "Rule",
    "StateError",
    "Verdict",
    "__version__",
    "parse_policy",
    "verify",
]

_HOMES = {
    "crosstrust.app.option": ("Options",),
    "crosstrust.app.verify": ("verify",),
    "crosstrust.chain.image_policy": ("ImagePolicy",),
    "crosstrust.chain.pin": ("Pins",),
    "crosstrust.chain.policy": ("Policy", "parse_policy"),
    "crosstrust.chain.rule": ("Rule",),
    "crosstrust.errors": (
        *("CrosstrustError", "InputError", "LimitError", "MalformedError"),
        "StateError",
    ),
    "crosstrust.evidence.check": ("Check", "Class", "Outcome"),
    "crosstrust.evidence.verdict": (
        *("Decision", "Level", "NotTrustedError"),
        *("PlatformResult", "Verdict"),
    ),
    "crosstrust.oci.digest": ("Digest",),
    "crosstrust.oci.platform": ("Platform",),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            found: object = getattr(import_module(module), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
