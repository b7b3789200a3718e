"""The last look at each tag: what it shows, what it may be called, and when it is not taken."""

from __future__ import annotations

import pytest

from crosstrust.chain.answer import Absent, Answer, Gap, Reply
from crosstrust.chain.dossier import Dossier
from crosstrust.chain.pin import Pins
from crosstrust.chain.question import Demand, Question
from crosstrust.chain.side_reader import read_side
from crosstrust.chain.tag import judge_tags, last_looks
from crosstrust.chain.want import Look, ReadManifest, ResolveTag
from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.oci.digest import Digest
from crosstrust.oci.reference import parse_reference
from crosstrust.sandbox.image import DOCKER_LIST, write_list
from tests.unit.chain.world import AT, GUN, MIRROR, TAG

RAW = write_list([])
DIGEST = Digest.of(RAW)
FIRST = {name: ResolveTag(name, TAG) for name in (MIRROR, GUN)}
LAST = {name: ResolveTag(name, TAG, Look.LAST) for name in (MIRROR, GUN)}
ANSWER = Answer(RAW, DOCKER_LIST, str(DIGEST))
OTHER = Digest.of(b"other")
SHA512, OTHER_SHA512 = Digest.of(RAW, "sha512"), Digest.of(b"other", "sha512")
NOT_AGAIN = "the tag could not be looked at again"
WHY = Check("http.timeout", Outcome.UNKNOWN, "there", Class.UNREACHABLE)


def question(subject: str = f"{MIRROR}:{TAG}", signed: str = f"{GUN}:{TAG}") -> Question:
    reference = parse_reference(signed, default_tag=None)
    return Question(parse_reference(subject), reference, Pins(), Demand(), AT)


def judged(
    last: Reply | None, *, repository: str = MIRROR, subject: str = f"{MIRROR}:{TAG}"
) -> list[Check]:
    """The checks of one tag whose first look was answered and whose last look gave ``last``."""
    asked = question(subject)
    first = (FIRST[MIRROR], FIRST[GUN], ReadManifest(MIRROR, DIGEST))
    dossier = Dossier(dict.fromkeys(first, ANSWER))
    if last is not None:
        dossier = dossier.with_replies({LAST[repository]: last})
    copy = read_side(dossier, MIRROR, asked.top)
    assert copy.digest == DIGEST
    return list(judge_tags(asked, dossier, copy, [LAST[repository]]))


def shown(check: Check) -> str:
    return f"{check.code} {check.outcome.value} {check.klass.value if check.klass else '-'}"


@pytest.mark.parametrize("repository", [MIRROR, GUN])
@pytest.mark.parametrize(
    ("last", "found", "actual"),
    [
        (ANSWER, "image.tag.stable passed -", str(DIGEST)),
        (Answer(RAW), "image.tag.stable passed -", str(DIGEST)),
        (Answer(b"", "", str(DIGEST)), "image.tag.stable passed -", str(DIGEST)),
        # The bytes count, whatever a header says of them.
        (Answer(RAW, "", str(OTHER)), "image.tag.stable passed -", str(DIGEST)),
        (Answer(b"other"), "image.tag.stable failed T", str(OTHER)),
        (Answer(b"", "", str(OTHER)), "image.tag.stable failed T", str(OTHER)),
        # A header may name another hash of the same bytes, or one that nobody here computes.
        (Answer(b"", "", str(SHA512)), "image.tag.stable passed -", str(DIGEST)),
        (Answer(b"", "", str(OTHER_SHA512)), "image.tag.stable failed T", str(OTHER_SHA512)),
        (Answer(b"", "", "sha512:12"), "image.tag.stable failed T", "sha512:12"),
        (Answer(b"", "", "sha256:12"), "image.tag.stable failed T", "sha256:12"),
        (Answer(b"", "", "md5:12"), "image.tag.stable unknown U", NOT_AGAIN),
        (Absent(), "image.tag.stable failed T", "gone (404)"),
        (Gap(WHY), "http.timeout unknown U", ""),
        (Answer(b""), "image.tag.stable unknown U", NOT_AGAIN),
        (None, "image.tag.stable unknown U", NOT_AGAIN),
    ],
)
def test_a_tag_holds_what_it_held(
    repository: str, last: Reply | None, found: str, actual: str
) -> None:
    (check,) = judged(last, repository=repository)
    assert (shown(check), check.actual) == (found, actual)
    if check is not WHY:
        assert (check.where, check.expected) == (f"{repository}:{TAG}", str(DIGEST))
        assert bool(check.remedy) is (check.outcome is not Outcome.PASSED)


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (ANSWER, "reference.tag.digest passed -"),
        (Answer(b"", "", str(OTHER)), "reference.tag.digest failed T"),
        (Answer(b"", "", str(SHA512)), "reference.tag.digest passed -"),
        (Answer(b"", "", str(OTHER_SHA512)), "reference.tag.digest failed T"),
        # No attack: the tag was never pushed, or was taken away.
        (Absent(), "reference.tag.digest failed M"),
        (Gap(WHY), "http.timeout unknown U"),
        (None, "image.tag.stable unknown U"),
    ],
)
def test_a_tag_beside_a_digest_holds_that_digest(last: Reply | None, found: str) -> None:
    (check,) = judged(last, subject=f"{MIRROR}:{TAG}@{DIGEST}")
    assert shown(check) == found
    if check is not WHY:
        assert (check.where, check.expected) == (f"{MIRROR}:{TAG}", str(DIGEST))


def test_the_authors_tag_beside_a_digest_of_the_copy_is_only_to_be_stable() -> None:
    (check,) = judged(ANSWER, repository=GUN, subject=f"{MIRROR}:{TAG}@{DIGEST}")
    assert shown(check) == "image.tag.stable passed -"


@pytest.mark.parametrize("repository", [MIRROR, GUN])
@pytest.mark.parametrize(
    ("media_type", "refused"),
    [
        (DOCKER_LIST, False),
        (f"{DOCKER_LIST}; charset=utf-8", False),
        ("", False),
        ("text/html", True),
        ("application/vnd.oci.image.index.v1+json", True),
    ],
)
def test_the_copys_bytes_are_not_called_another_kind(
    repository: str, media_type: str, *, refused: bool
) -> None:
    stable, *others = judged(Answer(RAW, media_type), repository=repository)
    assert shown(stable) == "image.tag.stable passed -"
    wanted = ["image.media_type.agrees failed T"] if refused and repository == MIRROR else []
    assert [shown(check) for check in others] == wanted
    assert [(c.expected, c.actual) for c in others] == [(DOCKER_LIST, media_type)] * len(wanted)


@pytest.mark.parametrize(
    ("subject", "signed", "answered", "looks"),
    [
        (f"{MIRROR}:{TAG}", f"{GUN}:{TAG}", True, [MIRROR, GUN]),
        (f"{MIRROR}:{TAG}", f"{GUN}:{TAG}", False, [MIRROR]),
        (f"{MIRROR}:{TAG}@{DIGEST}", f"{GUN}:{TAG}", True, [MIRROR, GUN]),
        (f"{MIRROR}@{DIGEST}", f"{GUN}:{TAG}", True, [GUN]),
        (f"{GUN}:{TAG}", f"{GUN}:{TAG}", True, [GUN]),
        (f"{GUN}@{DIGEST}", GUN, True, []),
        (f"{GUN}@{DIGEST}", f"{GUN}:{TAG}", True, []),
    ],
)
def test_which_tags_are_looked_at_again(
    subject: str, signed: str, looks: list[str], *, answered: bool
) -> None:
    dossier = Dossier({FIRST[GUN]: ANSWER if answered else Gap(WHY)})
    found = last_looks(question(subject, signed), dossier)
    assert list(found) == [LAST[name] for name in looks]
