"""What the marks and lines of the tree say about single facts; whole trees are goldens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstrust.evidence.check import Check, Class, Outcome
from crosstrust.evidence.claim import Claim
from crosstrust.evidence.graph import Evidence, Step
from crosstrust.evidence.trust_data import Key
from crosstrust.evidence.verdict import (
    Decision,
    Level,
    Notice,
    PlatformResult,
    ProxyUse,
    SignedBy,
    Traffic,
    Verdict,
)
from crosstrust.oci.digest import Digest
from crosstrust.render.tree import render_tree
from tests.golden.fixed_verdicts import (
    ALL,
    AMD64,
    CONFIG_AMD64,
    COPIED_AMD64,
    COPY,
    FOREIGN_LAYER,
    GUN,
    PLATFORMS,
    ROLES,
    SIGNED,
    TRUST_DATA,
    TRUSTED,
    UNREACHABLE,
)

AMD64_PLACE = f"{COPY}@{COPIED_AMD64} linux/amd64"


def failed(code: str, where: str, klass: Class = Class.ATTACK) -> Check:
    return Check(code, Outcome.FAILED, where, klass)


def unknown(code: str, where: str) -> Check:
    return Check(code, Outcome.UNKNOWN, where, Class.UNREACHABLE)


def rejected(verdict: Verdict, *checks: Check) -> Verdict:
    return judged(verdict, Decision.REJECTED, *checks)


def judged(verdict: Verdict, decision: Decision, *checks: Check) -> Verdict:
    more = tuple(Step((), Claim("none", "", ""), check) for check in checks)
    return replace(verdict, decision=decision, evidence=Evidence((*verdict.evidence.steps, *more)))


def line(verdict: Verdict, text: str) -> str:
    """The first line of the chain that has ``text``, from its mark on."""
    lines = render_tree(verdict, color=False, width=200).splitlines()
    start = next(n for n, shown in enumerate(lines) if "root key" in shown)
    found = next(shown for shown in lines[start:] if text in shown)
    return found.strip("│├└─ ")


def roles(**changes: object) -> Verdict:
    """The trusted verdict with its targets role changed."""
    changed = tuple(
        replace(r, **changes) if r.name == "targets" else r  # type: ignore[arg-type]  # of any field
        for r in ROLES
    )
    return replace(TRUSTED, trust_data=replace(TRUST_DATA, roles=changed))


def platform(result: PlatformResult, decision: Decision, *checks: Check) -> str:
    evidence = replace(TRUSTED, evidence=Evidence(), platforms=(result,))
    return line(judged(evidence, decision, *checks), "linux/amd64")


@pytest.mark.parametrize("name", ALL)
def test_only_a_trusted_verdict_begins_so_and_offers_something_to_run(name: str) -> None:
    text = render_tree(ALL[name], color=False)
    assert text.startswith("TRUSTED") == bool(ALL[name])
    assert ("\n  run " in text) == bool(ALL[name])
    assert ("(do not run it)" in text) == (not ALL[name] and bool(ALL[name].pinned))


@pytest.mark.parametrize("name", ALL)
def test_lines_fit_but_for_what_must_be_whole(name: str) -> None:
    for shown in render_tree(ALL[name], color=False).splitlines():
        whole = ("sha256:", "https://", "--pin root=", "TRUSTED AS OF")
        assert len(shown) <= 80 or any(word in shown for word in whole)


def test_a_past_verdict_never_reads_as_a_present_one() -> None:
    for decision in Decision:
        text = render_tree(replace(TRUSTED, historic=True, decision=decision), color=False)
        assert text.startswith(f"{decision.value.upper()} AS OF 2026-05-09 07:30:12 UTC  ")


@given(st.text(st.characters(), min_size=1), st.booleans(), st.booleans())
def test_no_text_can_steer_the_terminal(text: str, color: bool, unicode: bool) -> None:
    check = Check("http.available", Outcome.UNKNOWN, text, Class.REMOTE, text, text, text)
    verdict = replace(
        judged(FOREIGN_LAYER, Decision.REJECTED, check),
        subject=text,
        signed_by=text,
        pinned=text,
        signed=SignedBy(text, SIGNED, 1, (text,)),
        platforms=(PlatformResult(text, Level.NONE, None, None, reasons=(text,)),),
        trust_data=replace(TRUST_DATA, gun=text, roles=(*ROLES, replace(ROLES[-1], name=text))),
        warnings=(Notice(text, text, text),),
    )
    shown = render_tree(verdict, color=color, unicode=unicode)
    for code in ("0", "1;31", "1;33", "2", "31", "32", "33"):
        shown = shown.replace(f"\x1b[{code}m", "") if color else shown
    assert shown.replace("\n", "").isprintable()
    assert unicode or shown.isascii()


def test_colours_only_where_asked_for() -> None:
    assert "\x1b" not in render_tree(FOREIGN_LAYER, color=False)
    assert "\x1b[1;31mREJECTED\x1b[0m" in render_tree(FOREIGN_LAYER, color=True)


def test_a_wrong_root_pin_marks_the_root_key() -> None:
    wrong = rejected(TRUSTED, failed("pin.match", "root"))
    assert line(wrong, "root key").startswith("✗ root key")


def test_a_wrong_signer_pin_leaves_the_root_key_alone() -> None:
    wrong = rejected(TRUSTED, failed("pin.match", "signer/nicolasff"))
    assert line(wrong, "root key").startswith("✓")
    assert line(wrong, "targets/nicolasff").startswith("✗")


@pytest.mark.parametrize(
    ("pinned", "text"),
    [
        ("canonical", "pinned by its canonical ID"),
        ("first seen", "first seen here, by --tofu"),
        ("", "not pinned"),
        ("by\x1bletter", "by?letter"),
    ],
)
def test_the_root_key_says_how_it_was_pinned(pinned: str, text: str) -> None:
    verdict = replace(TRUSTED, keys=(replace(TRUSTED.keys[0], pinned=pinned),))
    assert line(verdict, "root key") == f"{'✓' if pinned else '?'} root key 40be21f47831, {text}"


def test_a_role_that_was_not_read_never_passed() -> None:
    assert line(UNREACHABLE, "timestamp") == "? timestamp: not read"
    gap = judged(UNREACHABLE, Decision.UNDECIDED, unknown("notary.available", "timestamp"))
    assert line(gap, "timestamp") == "? timestamp: not read"
    broken = rejected(UNREACHABLE, failed("tuf.metadata.form", "timestamp: $.signed"))
    assert line(broken, "timestamp") == "✗ timestamp"


def test_a_chain_that_ended_early_shows_what_was_checked() -> None:
    early = replace(TRUSTED, decision=Decision.UNDECIDED, trust_data=None, signed=None)
    assert line(early, "snapshot") == "✓ snapshot"
    assert "checked: signatures, version, expiry" in render_tree(early, color=False)


def test_a_role_that_no_check_names_is_unknown() -> None:
    assert line(replace(TRUSTED, evidence=Evidence()), "snapshot v41").startswith("?")


def test_a_role_says_who_signed_it() -> None:
    key = Key("5" * 64, "6" * 64, "ecdsa-x509")
    two = roles(
        keys=(*ROLES[3].keys, key), threshold=2, signed_by=(ROLES[3].signed_by[0], "6" * 64)
    )
    assert line(two, "targets v23").endswith("keys fed0b56b8a8f, 555555555555 (2 needed)")
    assert line(roles(signed_by=()), "targets v23").endswith("2027-01-03, unsigned")
    assert line(roles(expires=None), "targets v23") == "✓ targets v23, key fed0b56b8a8f"


def test_a_declared_role_is_shown_where_something_is_wrong_with_it() -> None:
    declared = replace(ROLES[4], version=0, expires=None, signed_by=())
    data = replace(TRUST_DATA, roles=(*ROLES[:4], declared))
    verdict = rejected(
        replace(TRUSTED, trust_data=data),
        failed("tuf.delegation.published", "targets/nicolasff", Class.UNSIGNED),
    )
    assert line(verdict, "nicolasff") == "✗ targets/nicolasff: declared, not published"


def test_a_delegation_that_did_not_matter_is_left_out() -> None:
    assert "targets/nicolasff" not in render_tree(TRUSTED, color=False)


def test_an_absent_signature_is_told_from_an_unknown_one() -> None:
    bare = replace(TRUSTED, signed=None)
    absent = rejected(bare, failed("tuf.target.present", f"{GUN}:0.1.19", Class.UNSIGNED))
    assert line(absent, "signature that") == f"✗ no signature that counts for {GUN}:0.1.19"
    assert line(UNREACHABLE, "signature") == f"? signature of {GUN}:0.1.19: not known"


def test_a_policy_that_says_no_marks_the_tag() -> None:
    refused = rejected(TRUSTED, failed("signer.present", f"{GUN}:0.1.19", Class.POLICY))
    assert line(refused, "tag 0.1.19").startswith("✗")


def test_what_the_signed_side_serves_is_marked_there() -> None:
    broken = rejected(TRUSTED, failed("image.digest.match", f"{GUN}@{AMD64}"))
    assert line(broken, "signed index").startswith("✗")
    gap = judged(TRUSTED, Decision.UNDECIDED, unknown("http.available", f"{GUN}@{AMD64}"))
    assert line(gap, "signed index").startswith("?")
    unread = judged(replace(TRUSTED, platforms=()), Decision.UNDECIDED)
    assert line(unread, "signed image").startswith("?")
    alone = replace(PLATFORMS[0], signed_digest=None, level=Level.NONE)
    unread = judged(replace(TRUSTED, platforms=(alone,)), Decision.UNDECIDED)
    assert line(unread, "signed image").startswith("?")


def test_a_signed_manifest_is_no_index() -> None:
    single = replace(TRUSTED, signed=SignedBy("0.1.18", AMD64, 1365, ("targets",)))
    assert line(single, "signed manifest").startswith("✓ signed manifest sha256:2ced2d99146e")


def test_a_copy_that_was_not_read_is_unknown() -> None:
    verdict = replace(TRUSTED, digest=None, pinned="", platforms=(), trust_data=None)
    verdict = judged(verdict, Decision.UNDECIDED, unknown("http.available", f"{COPY}:0.1.19"))
    assert line(verdict, "copy") == f"? copy not read at {COPY}:0.1.19"
    assert line(verdict, "signed image").endswith(f"at {GUN}:0.1.19")


@pytest.mark.parametrize("subject", [f"{COPY}:0.1.19", f"{COPY}@{SIGNED}", f"{COPY}:1@{SIGNED}"])
def test_a_copy_that_is_not_there_is_no_unread_one(subject: str) -> None:
    verdict = replace(TRUSTED, subject=subject, digest=None, pinned="", platforms=())
    verdict = rejected(verdict, failed("image.tag.present", subject, Class.CONTENT))
    assert line(verdict, "copy") == f"✗ copy not there at {subject}"


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("image.platform.present", COPY),
        ("image.platform.extra", f"{COPY} linux/s390x"),
        ("image.platform.unique", f"{COPY} linux/amd64"),
        ("image.child.present", f"{COPY}@{AMD64}"),
        ("image.tag.stable", f"{COPY}:0.1.19"),
    ],
)
def test_what_is_wrong_with_the_copy_marks_the_copy(code: str, where: str) -> None:
    port = "localhost:5000/nicolas/webdis"
    for repository in (COPY, port):
        verdict = replace(
            TRUSTED, subject=f"{repository}:0.1.19", pinned=f"{repository}@{TRUSTED.digest}"
        )
        wrong = rejected(verdict, failed(code, where.replace(COPY, repository), Class.CONTENT))
        assert line(wrong, "copy sha256").startswith("✗ copy")
        beside = rejected(verdict, failed(code, f"{repository}x", Class.CONTENT))
        assert line(beside, "copy sha256").startswith("?")


def test_a_platform_that_nobody_asked_for_is_told_as_such_and_marks_nothing() -> None:
    aside = replace(PLATFORMS[1], level=Level.NONE, digest=None, config=None, asked=False)
    verdict = replace(TRUSTED, platforms=(PLATFORMS[0], aside), asked=("linux/amd64",))
    assert line(verdict, "linux/arm64") == "- linux/arm64/v8: not asked for"
    assert line(verdict, "copy sha256").startswith("✓")
    text = render_tree(verdict, color=False)
    assert "\n  platforms asked for: linux/amd64\n" in text
    assert "asked for" not in render_tree(TRUSTED, color=False)
    wrong = rejected(verdict, failed("image.platform.present", COPY, Class.CONTENT))
    assert line(wrong, "linux/arm64") == "- linux/arm64/v8: not asked for"


def test_a_root_key_that_was_not_read_is_not_said_to_be_pinned() -> None:
    early = replace(TRUSTED, decision=Decision.UNDECIDED, trust_data=None, signed=None, keys=())
    passed = Check.passed("pin.match", "root", actual=f"{'4' * 64} (canonical {'5' * 64})")
    shown = replace(early, evidence=Evidence((Step((), Claim("none", "", ""), passed),)))
    assert line(shown, "root key").startswith(f"✓ root key as pinned: {'4' * 64} (canonical")
    bare = replace(passed, actual="")
    unread = replace(early, evidence=Evidence((Step((), Claim("none", "", ""), bare),)))
    assert line(unread, "root key") == "? root key: none was read"
    wrong = rejected(early, failed("pin.match", "root"))
    assert line(wrong, "root key") == "✗ root key: none was read"


def test_a_moved_tag_marks_the_copy() -> None:
    moved = rejected(TRUSTED, failed("image.tag.stable", f"{COPY}:0.1.19"))
    assert line(moved, "copy").startswith("✗ copy")


@pytest.mark.parametrize("level", [Level.INDEX, Level.MANIFEST, Level.CONTENT, Level.DIFF_IDS])
def test_a_proved_platform_is_ok_unless_a_check_about_it_is_not(level: Level) -> None:
    result = replace(PLATFORMS[0], level=level)
    assert platform(result, Decision.TRUSTED).startswith("✓")
    for check, mark in ((unknown, "?"), (failed, "✗")):
        shown = platform(result, Decision.REJECTED, check("image.layer.verified", AMD64_PLACE))
        assert shown.startswith(mark)


def test_an_equal_config_alone_is_ok_only_where_it_was_accepted() -> None:
    result = replace(PLATFORMS[0], level=Level.CONFIG)
    assert platform(result, Decision.TRUSTED).startswith("✓ linux/amd64: the same config only")
    assert platform(result, Decision.UNDECIDED).startswith("?")


def test_a_platform_that_is_not_the_same_is_never_ok() -> None:
    none = replace(PLATFORMS[0], level=Level.NONE)
    alone = replace(none, signed_digest=None)
    absent = replace(none, digest=None, config=None)
    assert platform(none, Decision.UNDECIDED) == "? linux/amd64: not shown to be the same"
    assert platform(none, Decision.REJECTED).startswith("?")
    wrong = platform(none, Decision.REJECTED, failed("image.config.same", AMD64_PLACE))
    assert wrong == "✗ linux/amd64: not the signed image"
    assert platform(alone, Decision.REJECTED) == "✗ linux/amd64: on the copy, signed by nobody"
    assert platform(absent, Decision.REJECTED) == "✗ linux/amd64: signed, missing on the copy"
    assert platform(absent, Decision.UNDECIDED).startswith("?")


def test_a_missing_side_has_no_digest() -> None:
    absent = PlatformResult("linux/amd64", Level.NONE, None, AMD64)
    verdict = replace(TRUSTED, decision=Decision.REJECTED, platforms=(absent,))
    assert line(verdict, "signed sha256:2ced") == "signed sha256:2ced2d99146e → copy: none"
    assert CONFIG_AMD64.hex[:12] not in render_tree(verdict, color=False)


def test_a_check_on_either_manifest_marks_the_platform() -> None:
    for place in (f"{COPY}@{COPIED_AMD64}", f"{GUN}@{AMD64}"):
        shown = platform(PLATFORMS[0], Decision.REJECTED, failed("image.size.match", place))
        assert shown.startswith("✗")


def test_a_code_without_words_still_says_where() -> None:
    verdict = rejected(UNREACHABLE, failed("new.code.here", "somewhere"))
    assert "✗ new.code.here\n  where     somewhere\n\n" in render_tree(verdict, color=False)


def test_a_verdict_without_any_check_has_no_class() -> None:
    verdict = replace(UNREACHABLE, evidence=Evidence())
    assert render_tree(verdict, color=False).startswith(
        "UNDECIDED  public.ecr.aws/nicolas/webdis:0.1.19\n  signed as"
    )


def test_ten_problems_are_enough_for_a_terminal() -> None:
    checks = [failed("image.digest.match", f"place {n}") for n in range(12)]
    text = render_tree(rejected(UNREACHABLE, *checks), color=False)
    assert text.count("image.digest.match") == 10
    assert "\nand 4 more: --format json lists them all\n" in text


def test_a_problem_is_told_once() -> None:
    check = failed("image.digest.match", "place")
    text = render_tree(rejected(UNREACHABLE, check, check), color=False)
    assert text.count("image.digest.match") == 1


@pytest.mark.parametrize(
    ("traffic", "text"),
    [
        (Traffic(), "0 requests, 0.0 kB, 0.00 s"),
        (Traffic(1, 999_949, 1.005), "1 request, 999.9 kB, 1.00 s"),
        (Traffic(2, 1_000_000, 61.5), "2 requests, 1.0 MB, 61.50 s"),
    ],
)
def test_the_cost_in_units_for_people(traffic: Traffic, text: str) -> None:
    shown = render_tree(replace(TRUSTED, traffic=traffic), color=False)
    assert shown.endswith(f"  cost      {text}\n")


def test_each_proxy_has_a_line_of_its_own() -> None:
    uses = (ProxyUse("http://a.example:3128", 1), ProxyUse("socks5h://b.example:1080", 20))
    shown = render_tree(replace(TRUSTED, traffic=Traffic(21, 0, 1.0, uses)), color=False)
    assert shown.endswith(
        "  cost      21 requests, 0.0 kB, 1.00 s\n"
        "  proxy     http://a.example:3128, 1 request\n"
        "  proxy     socks5h://b.example:1080, 20 requests\n"
    )


def test_every_digest_in_a_problem_is_whole() -> None:
    digest = str(Digest.of(b"whole"))
    check = Check("image.digest.match", Outcome.FAILED, "x", Class.CONTENT, digest, digest, "")
    assert render_tree(rejected(UNREACHABLE, check), color=False).count(digest) == 2
