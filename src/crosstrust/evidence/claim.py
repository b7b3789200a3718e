"""A claim: one statement that either follows from pinned keys or does not."""

from __future__ import annotations

from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """A statement about one thing, compared by value.

    ``kind``: "pinned-key", "root", "timestamp", "snapshot", "targets", "tag", "accepted",
    "platform", "image" ...
    ``subject``: what it is about, e.g. "docker.io/nicolas/webdis:0.1.19" or "linux/arm64/v8".
    ``value``: a digest, a key ID or a version: what is stated of the subject.
    """

    kind: str
    subject: str
    value: str

    @property
    def about(self) -> str:
        """The kind of claim: for a stage on the way to one, the kind of that one."""
        return self.subject.partition(" ")[0] if self.kind == "stage" else self.kind

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} = {self.value}"
