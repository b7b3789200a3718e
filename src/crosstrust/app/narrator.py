"""A door that says what goes through it: what is asked, who answered, and with what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from crosstrust.chain.answer import Absent, Answer, Gap, Measured, Reply
from crosstrust.chain.want import Look, MeasureLayer, ReadRole, ResolveTag, Want, want_name

if TYPE_CHECKING:
    from crosstrust.app.collect import More, Replies
    from crosstrust.app.session import Door
    from crosstrust.evidence.verdict import Notice, Traffic


class Narrator:
    """Stands before ``door``; ``tell`` hears one line for each want and one for each reply.

    Names, digests and addresses alone are told: no header, no body and no credential.
    """

    def __init__(self, door: Door, tell: Callable[[str], None]) -> None:
        self._door = door
        self._tell = tell

    @property
    def traffic(self) -> Traffic:
        """What the door has cost so far."""
        return self._door.traffic

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the door has to say at the end."""
        return self._door.notices

    def forget_notices(self) -> None:
        """Let the door begin anew with what it has to say."""
        self._door.forget_notices()

    def pursue(
        self,
        wants: Sequence[Want],
        more: More,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        """Answer ``wants`` and what ``more`` returns, as the door does."""

        def heard(replies: Replies) -> Sequence[Want]:
            for want, reply in replies.items():
                self._tell(_answer(_name(want), reply))
            return self._asked(more(replies))

        self._door.pursue(self._asked(wants), heard, meanwhile=meanwhile)

    def _asked(self, wants: Sequence[Want]) -> Sequence[Want]:
        for want in wants:
            self._tell(f"asks for {_name(want)}")
        return wants

    def close(self) -> None:
        """Close the door."""
        self._door.close()


def _name(want: Want) -> str:
    match want:
        case ReadRole(gun, role, version, sha256):
            which = f" version {version}" if version is not None else ""
            which = f" sha256:{sha256}" if sha256 is not None else which
            return f"{gun} {role}{which}"
        case MeasureLayer(repository, layer):
            return f"{repository}@{layer.digest} (layer)"
        case ResolveTag(look=Look.LAST):
            return f"{want_name(want)} once more"
        case _:
            return want_name(want)


def _answer(name: str, reply: Reply) -> str:
    match reply:
        case Answer(raw, declared_digest=digest, origin=origin):
            return f"{origin}: {name}, {f'{len(raw)} bytes' if raw else digest}"
        case Measured(size=size):
            return f"unpacked: {name}, {size} bytes"
        case Absent(origin):
            return f"{origin}: {name}, none there"
        case Gap(check):
            return f"no answer: {name}, {check.code}"
