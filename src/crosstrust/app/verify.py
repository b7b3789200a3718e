"""Verify images: the main job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crosstrust.app.option import Options
from crosstrust.app.session import open_session
from crosstrust.evidence.verdict import Verdict


def verify(images: str | Iterable[str], options: Options | None = None) -> list[Verdict]:
    """Return a verdict for each image, in order.

    Raises ``InputError`` for an image or option that is none, ``StateError`` where the trust
    store cannot be read. The default options pin no key, so that nothing is trusted with them.
    """
    return list(verify_each(images, options))


def verify_each(images: str | Iterable[str], options: Options | None = None) -> Iterator[Verdict]:
    """Yield a verdict for each image as soon as it is there.

    All images are read first, so that a wrong one is refused before anything is fetched.
    """
    chosen = options if options is not None else Options()
    names = [images] if isinstance(images, str) else list(images)
    with open_session(chosen) as session:
        questions = [session.question(name) for name in names]
        for question in questions:
            yield session.answer(question)
