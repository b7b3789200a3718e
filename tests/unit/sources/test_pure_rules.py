"""Rules that need no server: challenges, waits, URLs, addresses, proxies, heads, places."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import certifi
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosstrust.chain.answer import Gap
from crosstrust.errors import InputError, MalformedError, StateError
from crosstrust.evidence.verdict import Notice
from crosstrust.sources import tls
from crosstrust.sources.address import is_reserved, names_reserved
from crosstrust.sources.budget import low_budget
from crosstrust.sources.challenge import Challenge, parse_challenges
from crosstrust.sources.endpoint import may_name_realm
from crosstrust.sources.gap import shown
from crosstrust.sources.head import parse_head
from crosstrust.sources.proxy import choose_proxy, is_exempt, shown_proxy
from crosstrust.sources.redirect import judge_redirect
from crosstrust.sources.request import Response
from crosstrust.sources.retry import delay_before, may_pass, parse_date, parse_retry_after
from crosstrust.sources.settings import Settings
from crosstrust.sources.tls import Authorities, choose_authorities, read_certificates
from crosstrust.sources.token import parse_token_answer
from crosstrust.sources.url import Url, parse_url, quote, resolve_url

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def written(challenge: Challenge, *, gap: str, equals: str = "=") -> str:
    escaped = {
        name: value.replace("\\", "\\\\").replace('"', '\\"')
        for name, value in challenge.parameters.items()
    }
    pairs = gap.join(f'{name}{equals}"{value}"' for name, value in escaped.items())
    return f"{challenge.scheme} {pairs}".strip()


CHALLENGES = st.builds(Challenge, NAMES, st.dictionaries(NAMES, VALUES, max_size=5))


@given(st.integers(0, 999))
def test_a_status_that_may_pass_is_a_gateway_s_or_a_plea_to_wait(status: int) -> None:
    """What is known to be no error of the server is final (registry-client, 4)."""
    final = 100 <= status < 500 or status == 501
    assert may_pass(status) == (not final or status in {408, 429})


@given(st.lists(CHALLENGES, min_size=1, max_size=4), st.sampled_from([",", ", ", " ,, \t"]))
def test_what_was_written_is_read(challenges: list[Challenge], gap: str) -> None:
    for equals in ("=", " =\t"):
        text = gap.join(written(c, gap=gap, equals=equals) for c in challenges)
        assert parse_challenges([text]) == challenges


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedError):
        for challenge in parse_challenges([text]):
            assert challenge.scheme == challenge.scheme.lower()
            assert all(value.isprintable() for value in challenge.parameters.values())


@pytest.mark.parametrize(
    ("text", "schemes"),
    [
        ("", []),
        (" , ,", []),
        ("Negotiate", ["negotiate"]),
        ("Negotiate, BEARER realm=a", ["negotiate", "bearer"]),
        ("NTLM TlRMTVNT==, Basic realm=x", ["ntlm", "basic"]),
        ('Bearer realm="a,b",service=c,scope="x y", Basic realm="z"', ["bearer", "basic"]),
    ],
)
def test_forms_of_challenges(text: str, schemes: list[str]) -> None:
    assert [challenge.scheme for challenge in parse_challenges([text])] == schemes


@pytest.mark.parametrize(
    "text",
    ['Bearer realm="a', "Bearer realm=a realm2=b", "Bearer realm=a,realm=b", "=a", "Bearer =a",
     'Bearer "a"', "Bearer a b", "Bearer realm=\u00e4", "Bearer realm=\x00", 'B r="a"b=c',
     "B " + ",".join(f"p{n}=1" for n in range(33)), ",".join(["B"] * 17), "B r=" + "x" * 17_000],
)  # fmt: skip
def test_challenges_that_are_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_challenges([text])
    assert caught.value.code == "http.answer.form"


def test_challenges_of_several_fields_are_counted_together() -> None:
    assert len(parse_challenges(["A"] * 16)) == 16
    with pytest.raises(MalformedError):
        parse_challenges(["A"] * 17)


@given(st.integers(min_value=0, max_value=10**10 - 1))
def test_seconds_to_wait(seconds: int) -> None:
    assert parse_retry_after(f" {seconds} ", None) == seconds


@given(st.integers(min_value=-(10**6), max_value=10**6))
def test_a_date_to_wait_for(seconds: int) -> None:
    text = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert parse_retry_after(text, NOW) == max(0, seconds)
    assert parse_retry_after(text, None) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30, 30", 30), ("5,30 , 7", 30), ("1" * 11, 1e10), ("9" * 5000, 1e10),
     ("Sun Nov 22 12:00:30 2026", 30), ("Sun Nov  1 12:00:30 2026", 0),
     ("Sunday, 22-Nov-26 12:00:30 GMT", 30)],
)  # fmt: skip
def test_further_forms_of_a_wait(text: str, seconds: float) -> None:
    """Fields that were made one, numbers of any length, and the old forms of a date."""
    assert parse_retry_after(text, NOW) == seconds


@given(st.text(max_size=40))
def test_any_wait_is_a_number_or_none(text: str) -> None:
    wait = parse_retry_after(text, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    "text",
    ["", "-5", "1.5", "1e3", "soon", "\u0661", "Sun, 99 Nov 2026 1:1 GMT", "Sun " * 30,
     "Sun, 22 Nov 2026 13:00:00", "30,", ", 30", "30 30", "Sun Nov 22 13:00 2026"],
)  # fmt: skip
def test_waits_that_cannot_be_read(text: str) -> None:
    assert parse_retry_after(text, NOW) is None
    assert parse_date(text) is None


@given(st.floats(min_value=0, max_value=1), st.integers(min_value=2, max_value=5))
def test_waits_grow_threefold(jitter: float, attempt: int) -> None:
    longest = 3 ** (attempt - 2)
    assert longest / 2 <= delay_before(attempt, jitter, base=1) <= longest


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://A.example", Url("https", "a.example", 443, "/")),
        ("HTTP://a.example:080/x?y#z", Url("http", "a.example", 80, "/x?y")),
        ("https://[::1]:5000?q", Url("https", "[::1]", 5000, "/?q")),
        ("https://a.example/%2e%2e/~x;y=1|2", Url("https", "a.example", 443, "/%2e%2e/~x;y=1|2")),
    ],
)
def test_urls(text: str, url: Url) -> None:
    assert parse_url(text) == url
    assert parse_url(str(url)) == url


@pytest.mark.parametrize(
    "text",
    ["", "a.example", "//a.example", "ftp://a.example", "https://", "https:///x", "https://u@a/",
     "https://u:s3cret@a.example/", "https://a.example:0/", "https://a.example:65536/",
     "https://a.example:x/", "https://a b/", "https://a.example/\\b", "https://a.example/\n",
     "https://\u00e4.example/", "https://a.example/<x>", "https://[::1", "https://[fe80::1%25eth0]/",
     "https://a.example/" + "x" * 9000, "https://a.example?token=s3cret\x00", "https://-a.example"],
)  # fmt: skip
def test_urls_that_are_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_url(text)
    assert "s3cret" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_url_is_read_as_written_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedError):
        url = parse_url(f"https://a.example/{text}")
        assert (url.origin, str(url)) == (
            "https://a.example",
            f"https://a.example/{text.partition('#')[0]}",
        )


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("/x?y", "https://a.example/x?y"),
        ("x", "https://a.example/v2/x"),
        ("../x", "https://a.example/x"),
        ("?y", "https://a.example/v2/y?y"),
        ("#z", "https://a.example/v2/y?z/1"),
        ("//b.example/x", "https://b.example/x"),
        ("HTTPS://b.example", "https://b.example/"),
    ],
)
def test_a_location_is_seen_from_its_base(location: str, found: str) -> None:
    assert str(resolve_url(parse_url("https://a.example/v2/y?z/1"), location)) == found


def test_quoting() -> None:
    assert quote("a/b c\u00e4%", "/") == "a/b%20c%C3%A4%25"
    assert quote("\ud800") == "%3F"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0",  # noqa: S104 - compared, never bound
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00:ec2::254", "ff02::1",
     "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::127.0.0.1", "fec0::1",
     "64:ff9b:1::a9fe:a9fe", "::ffff:0:7f00:1", "not an address", ""],
)  # fmt: skip
def test_reserved_addresses(address: str) -> None:
    assert is_reserved(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address: str) -> None:
    assert not is_reserved(address)


@pytest.mark.parametrize(
    ("host", "reserved"),
    [("localhost", True), ("a.localhost", True), ("localhost.", True), ("127.1", True),
     ("0x7f.1", True), ("2130706433", True), ("[::1]", True), ("[2606:4700::1111]", False),
     ("8.8.8.8", False), ("a.example", False), ("notlocalhost", False),
     ("10.0.0.1.example", False)],
)  # fmt: skip
def test_hosts_that_name_an_address(host: str, *, reserved: bool) -> None:
    assert names_reserved(host) is reserved


PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("scheme", "environ", "proxy"),
    [
        ("https", {}, ""),
        ("https", {"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, PROXY),
        ("https", {"HTTPS_PROXY": PROXY}, PROXY),
        ("https", {"HTTP_PROXY": PROXY, "http_proxy": PROXY}, ""),
        ("http", {"http_proxy": PROXY}, PROXY),
        ("http", {"HTTP_PROXY": PROXY}, ""),
        ("http", {"ALL_PROXY": "socks5h://proxy.example"}, "socks5h://proxy.example"),
        ("https", {"HTTPS_PROXY": "proxy.example:3128"}, PROXY),
        ("https", {"HTTPS_PROXY": PROXY, "NO_PROXY": "b.example, .example"}, ""),
    ],
)
def test_which_proxy(scheme: str, environ: dict[str, str], proxy: str) -> None:
    assert choose_proxy(parse_url(f"{scheme}://a.example/"), environ) == proxy


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("https://localhost:5000/", False),
        ("https://LOCALHOST/", False),
        ("https://127.0.0.1/", False),
        ("https://127.9.9.9:5000/", False),
        ("https://[::1]:5000/", False),
        ("https://localhost.example/", True),
        ("https://a.localhost1/", True),
        ("https://128.0.0.1/", True),
        ("https://[2001:db8::1]/", True),
        ("https://1.2.3.4.5/", True),
    ],
)
def test_this_machine_is_not_asked_through_a_proxy(url: str, *, proxied: bool) -> None:
    """As docker has it: to a proxy, that name is the proxy itself."""
    found = choose_proxy(parse_url(url), {"HTTPS_PROXY": "http://proxy.example:3128"})
    assert bool(found) is proxied


@pytest.mark.parametrize(
    "value", ["http://pr\u00f6xy.example", "http://u@h\udc80", "http://x:\u0661"]
)
def test_a_proxy_s_host_and_port_are_ascii(value: str) -> None:
    with pytest.raises(InputError, match="HTTPS_PROXY"):
        choose_proxy(parse_url("https://a.example/"), {"HTTPS_PROXY": value})


@pytest.mark.parametrize("value", ["ftp://x", "http://u:s3cret@", "http://a b", "http://x:123456"])
def test_a_proxy_that_is_none(value: str) -> None:
    with pytest.raises(InputError, match="HTTPS_PROXY") as caught:
        choose_proxy(parse_url("https://a.example/"), {"HTTPS_PROXY": value})
    assert "s3cret" not in str(caught.value)


def test_a_proxy_is_shown_without_its_password() -> None:
    assert shown_proxy("http://u:s3cret@proxy.example:3128/") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("url", "no_proxy", "exempt"),
    [
        ("https://a.example", "", False),
        ("https://a.example", "*", True),
        ("https://a.example", "a.example", True),
        ("https://a.example", "example", True),
        ("https://a.example", "*.example", True),
        ("https://a.example", "ample", False),
        ("https://a.example", "a.example:443", True),
        ("https://a.example", "a.example:444", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://11.1.2.3", "10.0.0.0/8 x/y", False),
        ("https://a.example", "10.0.0.0/8", False),
        ("https://[::1]:5", "::1", True),
        ("https://[::1]:5", "[::1]:5", True),
        ("https://[::1]:5", "[::1]:6", False),
    ],
)
def test_no_proxy(url: str, no_proxy: str, *, exempt: bool) -> None:
    assert is_exempt(parse_url(url), no_proxy) is exempt


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_head_is_read_or_refused(lines: list[bytes]) -> None:
    with contextlib.suppress(MalformedError):
        head = parse_head([b"HTTP/1.1 200 OK\r\n", *lines], "x")
        assert all(name == name.lower() for name, _ in head.fields)


def test_the_last_head_counts_and_trailers_do_not() -> None:
    lines = [b"HTTP/1.1 100 Continue\r\n", b"A: 1\r\n", b"\r\n",
             b"HTTP/2 204 \r\n", b"B:  2 \r\n", b"\r\n", b"C: 3\r\n"]  # fmt: skip
    head = parse_head(lines, "x")
    assert (head.status, head.fields, head.length) == (204, (("b", "2"),), None)


@pytest.mark.parametrize(
    "line",
    [
        b"A : 1",
        b" A: 1",
        b"A",
        b": 1",
        b"Content-Length: 1x",
        b"Content-Length: " + b"9" * 19,
        b"A: " + b"x" * 20_000,
    ],
)
def test_odd_lines_of_a_head(line: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_head([b"HTTP/1.1 200 OK\r\n", line + b"\r\n", b"\r\n"], "x")


@pytest.mark.parametrize("lines", [[], [b"A: 1\r\n"], [b"HTTP/1.1\r\n"], [b"HTTP/1.1 20 x\r\n"]])
def test_a_head_without_a_status(lines: list[bytes]) -> None:
    with pytest.raises(MalformedError):
        parse_head(lines, "x")


@given(st.binary(max_size=60))
def test_any_token_answer_is_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(MalformedError):
        token, life = parse_token_answer(raw, "x")
        assert token.isprintable()
        assert life >= 0


@pytest.mark.parametrize(
    ("raw", "token", "life"),
    [
        (b'{"token":"a"}', "a", 60),
        (b'{"access_token":"a","expires_in":300}', "a", 300),
        (b'{"token":"","access_token":"a","expires_in":-5}', "a", 0),
        (b'{"token":"a","expires_in":1e99}', "a", 60),
        (b'{"token":"a","expires_in":true}', "a", 60),
        (b'{"token":"a","expires_in":99999999999}', "a", 86400),
    ],
)
def test_token_answers(raw: bytes, token: str, life: int) -> None:
    assert parse_token_answer(raw, "x") == (token, life)


@given(st.sampled_from(["token", "access_token"]), st.text("ab~! \x7f\x00\né", max_size=4))
@example("access_token", "")
@example("token", "")
def test_a_token_is_visible_ascii_and_not_empty(name: str, text: str) -> None:
    raw = json.dumps({name: text}).encode()
    if text and all("!" <= character <= "~" for character in text):
        assert parse_token_answer(raw, "x")[0] == text
    else:
        with pytest.raises(MalformedError):
            parse_token_answer(raw, "x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_a_token_answer_is_utf_8(encoding: str) -> None:
    with pytest.raises(MalformedError):
        parse_token_answer('{"token":"a"}'.encode(encoding), "x")


@pytest.mark.parametrize(
    ("url", "realm", "allowed"),
    [
        ("https://r.example.test", "https://r.example.test/token", True),
        ("https://r.example.test:5000", "https://r.example.test:5000/token", True),
        ("https://r.example.test:5000", "https://r.example.test/token", True),
        ("https://r.example.test", "https://r.example.test:5001/token", True),
        ("https://r.example.test", "http://r.example.test:5001/token", False),
        ("http://r.example.test:5000", "https://r.example.test/token", False),
        ("https://r.example.test:5000", "https://example.test/token", False),
        ("https://r.example.test", "https://test/token", False),
        ("https://r.example.test", "https://xexample.test/token", False),
        ("https://example", "https://a.example/token", False),
        ("https://registry-1.docker.io", "https://auth.docker.io/token", True),
        ("https://registry-1.docker.io", "https://auth.docker.io/other", False),
        ("https://registry.hub.docker.com", "https://auth.docker.io/token", True),
        ("https://ecr-public.aws.com", "https://public.ecr.aws/token/", True),
        ("https://public.ecr.aws", "https://ecr-public.aws.com/token/", False),
        ("https://registry-1.docker.io:444", "https://auth.docker.io/token", False),
    ],
)
def test_who_may_name_which_realm(url: str, realm: str, *, allowed: bool) -> None:
    assert may_name_realm(parse_url(url), parse_url(realm), frozenset()) is allowed


@pytest.mark.parametrize(
    ("left", "limit", "text"),
    [
        ("9;w=21600", "100;w=21600", "9 requests left of 100 in 6 h; log in for more"),
        ("0;w=1800", "", "0 requests left in 0.5 h; log in for more"),
        ("3", "x", "3 requests left; log in for more"),
        ("10;w=21600", "100;w=21600", None),
        ("", "100;w=21600", None),
        ("few", "", None),
        ("-1", "", None),
        ("1;w=", "", None),
        ("\u0661", "", None),
    ],
)
def test_few_requests_left_are_said(left: str, limit: str, text: str | None) -> None:
    fields = (("ratelimit-limit", limit), ("ratelimit-remaining", left))
    found = low_budget(Response(200, fields, b"", "https://registry-1.docker.io", ""))
    place = "https://registry-1.docker.io"
    assert found == (text and Notice("registry.rate.limited", place, text))


def test_redirects_between_plain_hosts() -> None:
    base = parse_url("http://localhost:5000/x")
    same = judge_redirect(base, "/y", hops=0, guarded=False)
    other = judge_redirect(base, "http://localhost:5001/y", hops=0, guarded=False)
    up = judge_redirect(base, "https://cdn.example/y", hops=4, guarded=False)
    assert same == parse_url("http://localhost:5000/y")
    assert isinstance(other, Gap)
    assert isinstance(up, Url)


def test_foreign_text_is_shown_short_and_harmless() -> None:
    assert shown(b"a\x1b[31m\r\n b\xff" + b"x" * 5000).startswith("a [31m b\ufffdxxx")
    assert len(shown("\u202ex" * 5000)) <= 1024
    assert shown("\u202ea") == "a"


def test_authorities_that_the_environment_names(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("x")
    environ = {"SSL_CERT_FILE": str(file), "SSL_CERT_DIR": str(tmp_path)}
    assert choose_authorities(Settings(environ=environ)) == Authorities(str(file), str(tmp_path))
    with pytest.raises(StateError, match="SSL_CERT_FILE"):
        choose_authorities(Settings(environ={"SSL_CERT_FILE": str(tmp_path / "none")}))
    with pytest.raises(StateError, match="SSL_CERT_FILE"):
        choose_authorities(Settings(environ={"SSL_CERT_FILE": str(tmp_path)}))


def test_authorities_of_the_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, bundle = tmp_path / "certs", tmp_path / "bundle.pem"
    folder.mkdir()
    monkeypatch.setattr(tls, "_FOLDERS", (str(folder), str(tmp_path / "none")))
    monkeypatch.setattr(tls, "_BUNDLES", (str(bundle),))
    assert choose_authorities(Settings()) == Authorities(file=certifi.where())
    bundle.write_text("x")
    assert choose_authorities(Settings()) == Authorities(file=str(bundle))
    (folder / "9c8dfbd4.0").write_text("x")
    assert choose_authorities(Settings()) == Authorities(folder=str(folder))


def test_settings_from_dockers_variables() -> None:
    plain = Settings.from_environment({}, "/h", version="1")
    assert plain.docker_config == "/h/.docker"
    assert plain.user_agent == "crosstrust/1"
    assert "/h/.config/docker/certs.d" in plain.certificate_folders
    assert "/h/.docker/tls" in plain.certificate_folders
    environ = {"DOCKER_CONFIG": "/d", "XDG_CONFIG_HOME": "/c",
               "DOCKER_CONTENT_TRUST_SERVER": "https://t"}  # fmt: skip
    named = Settings.from_environment(environ, "")
    assert (named.docker_config, named.trust_server) == ("/d", "https://t")
    assert "/c/containers/certs.d" in named.certificate_folders
    assert Settings.from_environment({}, "").certificate_folders == (
        "/etc/docker/certs.d",
        "/etc/containers/certs.d",
    )


@pytest.mark.parametrize("place", ["a.example", "a.example:443"])
def test_the_usual_port_may_be_named_in_certs_d(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir()
    (tmp_path / place / "ca.crt").write_bytes(b"one")
    for url in ("https://a.example/", "https://a.example:443/"):
        assert read_certificates(parse_url(url), [str(tmp_path)]).authorities == b"one"
    other = parse_url("https://a.example:444/")
    assert read_certificates(other, [str(tmp_path)]).authorities == b""
