"""Inspect trust data: who may sign a repository, and who signed what."""

from __future__ import annotations

from crosstrust.app.option import Options
from crosstrust.app.session import open_session
from crosstrust.evidence.verdict import Verdict
from crosstrust.value import replace


def inspect(images: list[str], options: Options, *, own: bool = False) -> list[Verdict]:
    """Return a verdict on the metadata of each repository; its ``trust_data`` is what it says.

    Each image is "REPO", "REPO:TAG" or "REPO@DIGEST". Of a copy that the policy names, the
    repository that signs it is meant, unless only its ``own`` metadata is. Raises ``InputError``
    for an image that is none of them.
    """
    plain = replace(options, signed_by=None)
    with open_session(plain) as session:
        questions = [session.metadata_question(image, own=own) for image in images]
        return [session.answer_metadata(question) for question in questions]
