"""An author, a Notary server and registries in one process: for demos, tests and users' own CI.

    sandbox = Sandbox(at=now)
    release = publish_release(sandbox)
    with sandbox.serve() as service:      # or sandbox.source(), without a socket
        run(["crosstrust", "verify", f"{sandbox.mirror}:{release.tag}"], env=service.environment)

Nothing here is for real signing: private keys live in memory and end with the process. The
folder of the authority's certificate goes when ``serve`` ends.
"""

from crosstrust.sandbox.author import Author
from crosstrust.sandbox.memory import MemorySource
from crosstrust.sandbox.notary import NotaryServer
from crosstrust.sandbox.registry import Registry
from crosstrust.sandbox.release import Release, publish_release
from crosstrust.sandbox.sandbox import Sandbox
from crosstrust.sandbox.service import Service

__all__ = [
    "Author",
    "MemorySource",
    "NotaryServer",
    "Registry",
    "Release",
    "Sandbox",
    "Service",
    "publish_release",
]
