"""Everything that was fetched, and nothing that was concluded."""

from __future__ import annotations

from collections.abc import Mapping

from crosstrust.chain.answer import Absent, Answer, Gap, Measured, Reply
from crosstrust.chain.want import Want
from crosstrust.value import dataclass, field


@dataclass(frozen=True, slots=True)
class Dossier:
    """Untrusted replies, by the want that each one answers. Saved, it is the offline bundle."""

    replies: Mapping[Want, Reply] = field(default_factory=dict)

    def with_replies(self, more: Mapping[Want, Reply]) -> Dossier:
        """Return a dossier that also holds ``more``; what was answered before stays."""
        return Dossier({**more, **self.replies})

    def answer(self, want: Want) -> Answer | None:
        """Return the bytes that answer ``want``, or None if there are none (yet)."""
        reply = self.replies.get(want)
        return reply if isinstance(reply, Answer) else None

    def measured(self, want: Want) -> Measured | None:
        """Return what was measured of a layer, or None if it was not (yet)."""
        reply = self.replies.get(want)
        return reply if isinstance(reply, Measured) else None

    def absent(self, want: Want) -> bool:
        """Return True if the server said plainly that there is none."""
        return isinstance(self.replies.get(want), Absent)

    def gap(self, want: Want) -> Gap | None:
        """Return why ``want`` could not be answered, or None."""
        reply = self.replies.get(want)
        return reply if isinstance(reply, Gap) else None

    def asked(self, want: Want) -> bool:
        """Return True if ``want`` has any reply."""
        return want in self.replies
