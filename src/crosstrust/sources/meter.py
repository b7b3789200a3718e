"""How much one side may send in all: many documents of an allowed size are too much together."""

from __future__ import annotations

from crosstrust.errors import LimitError


class Meter:
    """Counts the bytes of ``where`` ("docker.io/nicolas/webdis") up to ``limit``.

    Bytes count as they arrive, whatever is under way at once. A meter that is ``exceeded``
    stays so: its side gets no more requests.
    """

    __slots__ = ("exceeded", "left", "limit", "where")

    def __init__(self, where: str, limit: int) -> None:
        self.where = where
        self.limit = limit
        self.left = limit
        self.exceeded = False

    def take(self, count: int) -> None:
        """Count bytes; raises ``LimitError``, code ``limit.exceeded``, beyond the limit."""
        self.left -= count
        self.exceeded = self.exceeded or self.left < 0
        if self.exceeded:
            raise self.error()

    def error(self) -> LimitError:
        """Return what is wrong with this side once its limit is exceeded."""
        expected = f"at most {self.limit} bytes in all documents"
        return LimitError("limit.exceeded", self.where, expected=expected)
