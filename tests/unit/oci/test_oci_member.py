from __future__ import annotations

from collections.abc import Callable

import pytest

from crosstrust.errors import LimitError, MalformedError
from crosstrust.oci.digest import Digest
from crosstrust.oci.member import Members
from crosstrust.oci.strict_json import JsonValue

DIGEST = str(Digest.of(b""))
SAMPLE: JsonValue = {
    "text": "t",
    "number": 5,
    "flag": True,
    "list": ["a", "b"],
    "objects": [{"n": 1}, {"n": 2}],
    "object": {"n": 3},
    "map": {"k": "v", "K": "w"},
    "digest": DIGEST,
    "digests": [DIGEST],
    "null": None,
}


def members(value: JsonValue = SAMPLE) -> Members:
    return Members(value, "some.form", "doc", remedy="mend it")


def test_members_are_read_by_type() -> None:
    given = members()
    assert given.text("text") == "t"
    assert given.integer("number") == 5
    assert given.boolean("flag") is True
    assert given.array("list", limit=2) == ["a", "b"]
    assert given.texts("list") == ("a", "b")
    assert [child.integer("n") for child in given.objects("objects")] == [1, 2]
    assert given.object("object").integer("n") == 3
    assert given.text_map("map") == {"k": "v", "K": "w"}
    assert given.digest("digest") == Digest.of(b"")
    assert given.digests("digests") == (Digest.of(b""),)
    assert given.value is SAMPLE


def test_present_optional_members_are_read_alike() -> None:
    given = members()
    child = given.optional_object("object")
    assert given.optional_text("text") == "t"
    assert given.optional_integer("number") == 5
    assert given.optional_boolean("flag") is True
    assert given.optional_array("list") == ["a", "b"]
    assert given.optional_texts("list") == ("a", "b")
    assert given.optional_text_map("map") == {"k": "v", "K": "w"}
    assert child is not None
    assert child.integer("n") == 3


OPTIONAL: list[Callable[[Members, str], object]] = [
    Members.optional_text,
    Members.optional_integer,
    Members.optional_boolean,
    Members.optional_array,
    Members.optional_texts,
    Members.optional_object,
    Members.optional_text_map,
]
REQUIRED: list[Callable[[Members, str], object]] = [
    Members.text,
    Members.integer,
    Members.boolean,
    Members.array,
    Members.texts,
    Members.object,
    Members.text_map,
    Members.digest,
    Members.digests,
]


@pytest.mark.parametrize("read", OPTIONAL)
@pytest.mark.parametrize("key", ["null", "absent"])
def test_absent_and_null_are_none(read: Callable[[Members, str], object], key: str) -> None:
    assert read(members(), key) is None


@pytest.mark.parametrize("read", [*REQUIRED, *OPTIONAL])
def test_another_case_of_the_name_is_refused(read: Callable[[Members, str], object]) -> None:
    with pytest.raises(MalformedError) as caught:
        read(members({"Layers": []}), "layers")
    assert caught.value.where == "doc $.layers"
    assert caught.value.actual == "Layers"


@pytest.mark.parametrize("read", REQUIRED)
@pytest.mark.parametrize(("key", "actual"), [("absent", "no such member"), ("null", "null")])
def test_a_required_member_must_be_there(
    read: Callable[[Members, str], object], key: str, actual: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        read(members(), key)
    error = caught.value
    assert (error.code, error.remedy, error.actual) == ("some.form", "mend it", actual)
    assert error.where == f"doc $.{key}"


@pytest.mark.parametrize(
    ("read", "key", "where", "actual"),
    [
        (Members.text, "number", "$.number", "an integer"),
        (Members.integer, "flag", "$.flag", "a boolean"),
        (Members.integer, "text", "$.text", "a string"),
        (Members.integer, "float", "$.float", "a number with a fraction"),
        (Members.boolean, "number", "$.number", "an integer"),
        (Members.array, "object", "$.object", "an object"),
        (Members.object, "list", "$.list", "an array"),
        (Members.texts, "mixed", "$.mixed[1]", "null"),
        (Members.text_map, "object", "$.object.n", "an integer"),
    ],
)
def test_a_wrong_type_is_named_with_its_path(
    read: Callable[[Members, str], object], key: str, where: str, actual: str
) -> None:
    assert isinstance(SAMPLE, dict)
    with pytest.raises(MalformedError) as caught:
        read(members({**SAMPLE, "float": 1.0, "mixed": ["a", None]}), key)
    assert (caught.value.where, caught.value.actual) == (f"doc {where}", actual)


def test_integers_have_bounds() -> None:
    given = members({"low": -1, "high": 2**53 + 1, "top": 2**53})
    assert given.integer("top") == 2**53
    assert given.integer("low", minimum=-1) == -1
    with pytest.raises(MalformedError, match="an integer from 0 to 9007199254740992; found -1"):
        given.integer("low")
    with pytest.raises(MalformedError, match="found 9007199254740993"):
        given.optional_integer("high")
    with pytest.raises(MalformedError, match="expected 2; found -1"):
        given.integer("low", minimum=2, maximum=2)


def test_lists_have_limits() -> None:
    with pytest.raises(LimitError) as caught:
        list(members().objects("objects", limit=1))
    error = caught.value
    assert (error.code, error.where, error.actual) == ("limit.exceeded", "doc $.objects", "2")


def test_children_know_their_path() -> None:
    nested = members({"a": [{"b": {"c d": 1}}]})
    child = next(nested.objects("a")).object("b")
    assert child.path == "$.a[0].b"
    with pytest.raises(MalformedError) as caught:
        child.text("c d")
    assert caught.value.where == 'doc $.a[0].b["c d"]'
    assert caught.value.remedy == "mend it"


def test_entries_whose_keys_are_data() -> None:
    entries = dict(members({"1.0": {"n": 1}, "V1": {"n": 2}, "v1": {"n": 3}}).items())
    assert {key: entry.integer("n") for key, entry in entries.items()} == {
        "1.0": 1,
        "V1": 2,
        "v1": 3,
    }
    with pytest.raises(MalformedError) as caught:
        dict(members({"1.0": 5}).items())
    assert caught.value.where == 'doc $["1.0"]'


def test_only_an_object_has_members() -> None:
    with pytest.raises(MalformedError, match=r"doc \$; expected an object; found an array"):
        members([])


def test_a_bad_digest_is_placed() -> None:
    given = members({"digest": "sha256:\x1b", "digests": [DIGEST, f"md5:{'a' * 32}"]})
    with pytest.raises(MalformedError) as caught:
        given.digest("digest")
    assert (caught.value.code, caught.value.where) == ("digest.form", "doc $.digest")
    assert str(caught.value).isprintable()
    with pytest.raises(MalformedError) as caught:
        given.digests("digests")
    assert caught.value.code == "digest.algorithm.supported"
    assert (caught.value.where, caught.value.remedy) == ("doc $.digests[1]", "mend it")


def test_membership_counts_null() -> None:
    assert "null" in members()
    assert "absent" not in members()
