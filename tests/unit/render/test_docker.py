import json
from dataclasses import replace

import pytest

from crosstrust.evidence.trust_data import Key, Role, SignedTag, TrustData
from crosstrust.oci.digest import Digest
from crosstrust.render.docker import Image, render_docker_json, render_docker_pretty
from tests.unit.render.recorded_trust import FOLDER, recorded

CASES = [
    (case, command.split()[3:])
    for case, _, command in (
        line.partition("\t") for line in (FOLDER / "commands.txt").read_text().splitlines()
    )
]
DIGEST = Digest.of(b"image")


def image(name: str) -> Image:
    """What docker takes from a name: the repository, and the tag unless there is a digest."""
    bare = name.removeprefix("index.").removeprefix("docker.io/")
    repository, _, tag = bare.partition("@")[0].partition(":")
    return name, recorded(repository), None if "@" in bare else tag or None


def rows_as_a_set(printed: str) -> object:
    """Docker leaves rows with one tag and two digests in random order."""
    if not printed.startswith("["):
        return sorted(printed.splitlines())
    shown = json.loads(printed)
    return [{**one, "SignedTags": sorted(map(str, one["SignedTags"]))} for one in shown]


def role(name: str, *keys: str) -> Role:
    listed = tuple(Key(key, key, "ecdsa") for key in keys)
    return Role(name, listed, 1, keys, 1, None, "", 0)


@pytest.mark.parametrize(("case", "arguments"), CASES, ids=[case for case, _ in CASES])
def test_prints_what_docker_prints(case: str, arguments: list[str]) -> None:
    printed = (FOLDER / f"{case}.out").read_bytes().decode()
    names = [a for a in arguments if a != "--pretty"]
    render = render_docker_pretty if "--pretty" in arguments else render_docker_json
    ours = render([image(name) for name in names])
    if "two-digests" in case:
        assert rows_as_a_set(ours) == rows_as_a_set(printed)
    else:
        assert ours == printed


def test_there_are_cases() -> None:
    assert len(CASES) == 58


def test_nothing_to_show_is_an_empty_array() -> None:
    assert render_docker_json([]) == "[]\n"


def test_names_are_escaped_as_go_escapes_them() -> None:
    data = TrustData("x", (), (), {})
    assert '"Name": "\\u003c\\u003e\\u0026 \\u2028é"' in render_docker_json(
        [("<>& \u2028é", data, None)]
    )


def test_a_role_without_keys_has_no_list_of_keys() -> None:
    data = TrustData("x", (role("targets"), role("targets/a")), (), {})
    shown = json.loads(render_docker_json([("x", data, None)]))
    assert shown[0]["Signers"] == [{"Name": "a"}]
    assert shown[0]["AdministrativeKeys"] == [{"Name": "Repository"}]


def test_a_tag_without_sha256_has_an_empty_digest() -> None:
    data = TrustData("x", (), (SignedTag("1", None, 3, "targets"),), {})
    assert json.loads(render_docker_json([("x", data, None)]))[0]["SignedTags"] == [
        {"SignedTag": "1", "Digest": "", "Signers": ["Repo Admin"]}
    ]
    assert "1            " + " " * 10 + "(Repo Admin)" in render_docker_pretty([("x", data, None)])


def test_nested_signers_keep_their_path_and_metadata_order() -> None:
    tags = [SignedTag("1", DIGEST, 3, f"targets{r}") for r in ("/releases", "/z/ci", "", "/a")]
    data = TrustData("x", (), tuple(tags), {})
    rows = json.loads(render_docker_json([("x", data, "1")]))[0]["SignedTags"]
    assert [row["Signers"] for row in rows] == [["z/ci", "a"]]


def test_another_digest_is_no_signature_of_this_one() -> None:
    other = SignedTag("1", Digest.of(b"other"), 3, "targets/a")
    data = TrustData("x", (), (SignedTag("1", DIGEST, 3, "targets"), other), {})
    rows = json.loads(render_docker_json([("x", data, None)]))[0]["SignedTags"]
    assert [row["Signers"] for row in rows] == [["Repo Admin"]]


def test_json_lists_signers_downwards_and_pretty_naturally_upwards() -> None:
    data = recorded("lab/multi")
    swapped = replace(data, roles=tuple(reversed(data.roles)))
    for same in (data, swapped):
        names = [
            s["Name"] for s in json.loads(render_docker_json([("x", same, "-")]))[0]["Signers"]
        ]
        assert names == ["carol9", "carol10", "bob", "alice"]
        pretty = render_docker_pretty([("x", same, "-")])
        assert pretty.index("carol9 ") < pretty.index("carol10 ")


def test_server_text_cannot_steer_the_terminal() -> None:
    tag = SignedTag("1\x1b[2J", DIGEST, 3, "targets")
    data = TrustData("x", (role("targets/\x9b31m", "k"),), (tag,), {})
    assert "\x1b" not in render_docker_pretty([("x\x1b", data, None)])
    assert "\x9b" not in render_docker_pretty([("x", data, None)])
    text = render_docker_json([("x\x1b\x7f\u202e\U000e0041é", data, None)])
    assert {c for c in text if not c.isprintable()} == {"\n"}
    (shown,) = json.loads(text)
    assert shown["Name"] == "x\x1b\x7f\u202e\U000e0041é"
    assert shown["Signers"][0]["Name"] == "\x9b31m"
    assert "é" in text


def test_tags_are_in_natural_order() -> None:
    tags = [SignedTag(tag, DIGEST, 3, "targets") for tag in ("0.1.12", "0.1.9", "latest")]
    data = TrustData("x", (), tuple(tags), {})
    rows = json.loads(render_docker_json([("x", data, None)]))[0]["SignedTags"]
    assert [row["SignedTag"] for row in rows] == ["0.1.9", "0.1.12", "latest"]
