"""Answers that end too early, or do not say where they end: on sockets without TLS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crosstrust.sandbox import Registry
from crosstrust.sandbox.exchange import Request
from crosstrust.sandbox.image import DOCKER_LIST, Producer, write_list, write_manifest
from tests.attacks.altered import Mirror
from tests.attacks.outcome import Outcome
from tests.attacks.trial import Trial
from tests.unit.sources.loopback import Ask, Say, Server

Change = Callable[[Ask, Say], Say]


class Copy:
    """A copy of the release at ``localhost:PORT``, spoken without TLS; ``change`` spoils it.

    One layer is packed anew, so that it is fetched.
    """

    def __init__(self, trial: Trial) -> None:
        mirror = Mirror(trial)
        self.image, first = mirror.recompress()
        others = trial.release.images[1:]
        manifests = [first, *(write_manifest(one, Producer.ENGINE) for one in others)]
        self.list = write_list(manifests)
        self.registry = Registry()
        for image in (self.image, *others):
            for raw in (image.config, *(layer.blob for layer in image.layers)):
                self.registry.put_blob(mirror.name, raw)
        for one in manifests:
            self.registry.put_manifest(mirror.name, one.raw, one.media_type)
        self.registry.put_manifest(mirror.name, self.list, DOCKER_LIST, trial.release.tag)
        self.change: Change = lambda _, say: say
        self.server = Server(self.answer, None)
        self.trial = trial

    def answer(self, ask: Ask) -> Say:
        request = Request(ask.method, ask.host, ask.path, ask.headers)
        response = self.registry.respond(request)
        say = Say(response.status, tuple(response.headers.items()), response.body)
        return self.change(ask, say)

    def verify(self, *more: str) -> Outcome:
        place = self.server.place
        image = f"{place}/{self.trial.sandbox.repository}:{self.trial.release.tag}"
        options = ("--plain-http", place, "--timeout", "10", "--no-cache")
        return self.trial.verify(*options, *more, image=image)

    def asked(self, part: str) -> list[Ask]:
        return [ask for ask in self.server.asks if part in ask.path]


def head_of(say: Say) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in say.headers)
    return f"HTTP/1.1 {say.status} OK\r\n{fields}".encode()


@pytest.mark.row("B05")
def test_a_body_that_ends_with_its_connection_is_read_and_hashed(trial: Trial) -> None:
    copy = Copy(trial)

    def unmeasured(ask: Ask, say: Say) -> Say:
        return Say(raw=head_of(say) + b"\r\n" + (say.body if ask.method != "HEAD" else b""))

    def cut(ask: Ask, say: Say) -> Say:
        return unmeasured(ask, Say(say.status, say.headers, say.body[:-1]))

    with copy.server:
        copy.change = unmeasured
        trial.expect_trusted(copy.verify(), "http.answer.form", "image.digest.match")
        copy.change = cut
        # Nothing tells a cut from an end here but the digest.
        trial.expect_refused(copy.verify(), "http.header.agrees", "R")


@pytest.mark.row("B05")
@pytest.mark.parametrize("second", [b"Content-Length: 7\r\n", b"Content-Length: %d, 7\r\n"])
def test_two_lengths_are_refused(trial: Trial, second: bytes) -> None:
    copy = Copy(trial)

    def doubled(ask: Ask, say: Say) -> Say:
        if not ask.path.endswith(f"/{trial.release.tag}"):
            return say
        size = len(say.body)
        lengths = b"Content-Length: %d\r\n" % size + second.replace(b"%d", b"%d" % size)
        return Say(raw=head_of(say) + lengths + b"\r\n" + say.body)

    with copy.server:
        trial.expect_trusted(copy.verify(), "http.answer.form")
        copy.change = doubled
        trial.expect_refused(copy.verify(), "http.answer.form", "R", where=copy.server.place)


@pytest.mark.row("B05")
def test_a_length_that_is_too_short_is_found_out_by_the_digest(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.size.match")
    copy = Copy(trial)
    named = str(copy.image.layers[-1].digest)

    def short(ask: Ask, say: Say) -> Say:
        if not ask.path.endswith(named):
            return say
        return Say(raw=head_of(say) + b"Content-Length: 9\r\n\r\n" + say.body)

    with copy.server:
        copy.change = short
        refused = copy.verify()
        trial.expect_refused(refused, "image.size.match", "M", where=named)
        assert copy.asked("/blobs/" + named)


@pytest.mark.row("B06")
@pytest.mark.parametrize("ranged", [True, False])
def test_a_layer_that_is_cut_goes_on_where_it_was(trial: Trial, *, ranged: bool) -> None:
    copy = Copy(trial)
    layer = copy.image.layers[-1]
    half = len(layer.blob) // 2

    def cut(ask: Ask, say: Say) -> Say:
        if not ask.path.endswith(str(layer.digest)):
            return say
        length = b"Content-Length: %d\r\n\r\n" % len(layer.blob)
        if "range" not in ask.headers:
            return Say(raw=head_of(say) + length + layer.blob[:half])
        if not ranged:
            return say
        rest = ("Content-Range", f"bytes {half}-{len(layer.blob) - 1}/{len(layer.blob)}")
        return Say(206, (*say.headers, rest), layer.blob[half:])

    with copy.server:
        copy.change = cut
        trial.expect_trusted(copy.verify(), "http.body.complete", "image.layer.verified")
    asked = [ask.headers.get("range") for ask in copy.asked(str(layer.digest))]
    assert asked == [None, f"bytes={half}-"]


@pytest.mark.row("B06")
def test_a_layer_that_is_cut_each_time_is_undecided_and_never_a_shorter_layer(
    trial: Trial,
) -> None:
    trial.expect_trusted(trial.verify(), "http.body.complete")
    copy = Copy(trial)
    layer = copy.image.layers[-1]

    def cut(ask: Ask, say: Say) -> Say:
        if not ask.path.endswith(str(layer.digest)):
            return say
        length = b"Content-Length: %d\r\n\r\n" % len(layer.blob)
        return Say(raw=head_of(say) + length + layer.blob[:-8])

    with copy.server:
        copy.change = cut
        trial.expect_refused(copy.verify(), "http.body.complete", "U", where=str(layer.digest))
        assert len(copy.asked(str(layer.digest))) == 3


@pytest.mark.row("B06")
def test_the_rest_of_another_layer_is_refused(trial: Trial) -> None:
    trial.expect_trusted(trial.verify(), "image.digest.match")
    copy = Copy(trial)
    layer = copy.image.layers[-1]
    half = len(layer.blob) // 2

    def cut(ask: Ask, say: Say) -> Say:
        if not ask.path.endswith(str(layer.digest)):
            return say
        length = b"Content-Length: %d\r\n\r\n" % len(layer.blob)
        if "range" not in ask.headers:
            return Say(raw=head_of(say) + length + layer.blob[:half])
        rest = ("Content-Range", f"bytes {half}-{len(layer.blob) - 1}/{len(layer.blob)}")
        return Say(206, (*say.headers, rest), bytes(len(layer.blob) - half))

    with copy.server:
        copy.change = cut
        refused = copy.verify()
    trial.expect_refused(refused, "image.digest.match", "M", where=str(layer.digest))
