"""Layers from a registry on loopback: measured, resumed, refused, remembered."""

from __future__ import annotations

import gzip
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosstrust.chain.answer import Absent, Gap, Measured, Reply
from crosstrust.chain.want import MeasureLayer, ReadBlob
from crosstrust.evidence.check import Class, Outcome
from crosstrust.oci.descriptor import Descriptor
from crosstrust.oci.digest import Digest
from crosstrust.sources import layer_source
from crosstrust.sources.download import LAYERS_AT_ONCE
from crosstrust.sources.layer_source import LayerSource
from crosstrust.sources.remote import Remote
from crosstrust.sources.request import Timeouts
from crosstrust.sources.trust_store import TrustStore
from crosstrust.value import replace
from tests.unit.sources_local.blob_server import Shelf, blob_server, remote_for

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
PLAIN = "application/vnd.oci.image.layer.v1.tar"
NOISE = os.urandom(3_000_000)
BLOB = gzip.compress(NOISE, 1, mtime=0)
MEASURED = Measured(Digest.of(BLOB), len(BLOB), Digest.of(NOISE))


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with blob_server() as shelf:
        yield shelf


@pytest.fixture
def remote(shelf: Shelf) -> Iterator[Remote]:
    with remote_for(shelf) as remote:
        yield remote


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "trust")


@pytest.fixture
def source(remote: Remote, store: TrustStore) -> LayerSource:
    return LayerSource(remote, store, max_download=100_000_000)


def want_of(
    shelf: Shelf, raw: bytes, *, size: int | None = None, media_type: str = GZIP
) -> MeasureLayer:
    layer = Descriptor(media_type, Digest.of(raw), len(raw) if size is None else size)
    return MeasureLayer(shelf.repository, layer)


def ask(source: LayerSource, want: MeasureLayer) -> Reply:
    replies = source.fetch_all([want])
    assert list(replies) == [want]
    return replies[want]


def failure(reply: Reply) -> tuple[str, Outcome, Class | None]:
    assert isinstance(reply, Gap), reply
    assert reply.check.remedy
    return reply.check.code, reply.check.outcome, reply.check.klass


def test_a_layer_is_measured(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB)
    assert ask(source, want_of(shelf, BLOB)) == MEASURED
    assert source.troubles == []


def test_it_serves_layers_and_nothing_else(shelf: Shelf, source: LayerSource) -> None:
    blob = ReadBlob(shelf.repository, Digest.of(BLOB), len(BLOB))
    assert source.serves(want_of(shelf, BLOB))
    assert not source.serves(blob)
    assert source.fetch_all([blob]) == {}


def test_a_layer_is_fetched_once_ever(
    shelf: Shelf, source: LayerSource, remote: Remote, store: TrustStore
) -> None:
    shelf.add(BLOB)
    want = want_of(shelf, BLOB)
    assert source.fetch_all([want, want]) == {want: MEASURED}
    again = LayerSource(remote, TrustStore(store.directory), max_download=0)
    assert ask(again, want) == MEASURED
    assert len(shelf.asked) == 1


def test_a_layer_that_is_listed_twice_is_fetched_and_counted_once(
    shelf: Shelf, remote: Remote, store: TrustStore
) -> None:
    """Whatever annotations each entry of it has."""
    shelf.add(BLOB)
    want = want_of(shelf, BLOB)
    noted = [
        MeasureLayer(want.repository, replace(want.layer, annotations=(("n", str(number)),)))
        for number in range(3)
    ]
    source = LayerSource(remote, store, max_download=len(BLOB))
    assert source.fetch_all([want, *noted]) == dict.fromkeys([want, *noted], MEASURED)
    assert len(shelf.asked) == 1


def test_many_layers_come_a_few_at_once(shelf: Shelf, source: LayerSource) -> None:
    blobs = [gzip.compress(b"%d" % number * 1000) for number in range(3 * LAYERS_AT_ONCE)]
    for blob in blobs:
        shelf.add(blob)
    replies = source.fetch_all([want_of(shelf, blob) for blob in blobs])
    assert {str(reply.digest) for reply in replies.values() if isinstance(reply, Measured)} == {
        str(Digest.of(blob)) for blob in blobs
    }


def test_a_layer_that_is_cut_off_goes_on_where_it_was(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB)
    shelf.cut_at = [1_000_000, 1_000_000]
    assert ask(source, want_of(shelf, BLOB)) == MEASURED
    assert [bool(ranged) for _, ranged in shelf.asked] == [False, True, True]


def test_a_server_that_starts_anew_does_not_confuse_it(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB)
    shelf.cut_at = [1_000_000]
    shelf.whole = True
    assert ask(source, want_of(shelf, BLOB)) == MEASURED


@pytest.mark.parametrize("whole", [True, False])
def test_a_layer_whose_answer_has_no_end_is_measured(
    shelf: Shelf, source: LayerSource, *, whole: bool
) -> None:
    """All its bytes are there: their hash decides, whatever the server says of the rest."""
    shelf.add(BLOB)
    shelf.endless = True
    shelf.whole = whole
    assert ask(source, want_of(shelf, BLOB)) == MEASURED


def test_other_bytes_in_an_answer_without_an_end_are_content(
    shelf: Shelf, source: LayerSource
) -> None:
    shelf.add(bytes(len(BLOB)), instead_of=BLOB)
    shelf.endless = True
    found = failure(ask(source, want_of(shelf, BLOB)))
    assert found == ("image.digest.match", Outcome.FAILED, Class.CONTENT)


def test_a_layer_that_never_arrives_whole_is_unknown(
    shelf: Shelf, source: LayerSource, store: TrustStore
) -> None:
    shelf.add(BLOB)
    shelf.cut_at = [1000] * 20
    found = failure(ask(source, want_of(shelf, BLOB)))
    assert found == ("http.body.complete", Outcome.UNKNOWN, Class.UNREACHABLE)
    assert store.measured(MEASURED.digest) is None


def test_a_layer_that_hardly_moves_is_not_waited_for(shelf: Shelf, store: TrustStore) -> None:
    """Its size, which buys time, is what the copy's manifest says."""
    shelf.add(BLOB)
    shelf.trickle = True
    began = time.monotonic()
    with remote_for(shelf, timeouts=Timeouts(idle=1)) as remote:
        want = want_of(shelf, BLOB, size=7 << 30)
        found = failure(ask(LayerSource(remote, store, max_download=8 << 30), want))
    assert found == ("http.timeout", Outcome.UNKNOWN, Class.UNREACHABLE)
    assert time.monotonic() - began < 10


def test_other_bytes_are_content(shelf: Shelf, source: LayerSource, store: TrustStore) -> None:
    other = bytearray(BLOB)
    other[len(other) // 2] ^= 1
    shelf.add(bytes(other), instead_of=BLOB)
    found = failure(ask(source, want_of(shelf, BLOB)))
    assert found == ("image.digest.match", Outcome.FAILED, Class.CONTENT)
    assert store.measured(MEASURED.digest) is None


def test_more_bytes_than_promised_stop_the_download(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB + bytes(30_000_000), instead_of=BLOB)
    found = failure(ask(source, want_of(shelf, BLOB)))
    assert found == ("image.size.match", Outcome.FAILED, Class.CONTENT)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_descriptor_that_lies_about_the_size_is_content(
    shelf: Shelf, source: LayerSource, change: int
) -> None:
    shelf.add(BLOB)
    found = failure(ask(source, want_of(shelf, BLOB, size=len(BLOB) + change)))
    assert found == ("image.size.match", Outcome.FAILED, Class.CONTENT)


def test_a_remembered_layer_does_not_hide_a_lie_about_its_size(
    shelf: Shelf, source: LayerSource
) -> None:
    shelf.add(BLOB)
    ask(source, want_of(shelf, BLOB))
    found = failure(ask(source, want_of(shelf, BLOB, size=len(BLOB) + 1)))
    assert found == ("image.size.match", Outcome.FAILED, Class.CONTENT)


def test_a_remembered_layer_does_not_hide_another_media_type(
    shelf: Shelf, source: LayerSource
) -> None:
    shelf.add(BLOB)
    ask(source, want_of(shelf, BLOB))
    found = failure(ask(source, want_of(shelf, BLOB, media_type=PLAIN)))
    assert found == ("image.layer.form", Outcome.FAILED, Class.ATTACK)


def test_bytes_behind_the_archive_are_an_attack(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB + b"more")
    found = failure(ask(source, want_of(shelf, BLOB + b"more")))
    assert found == ("image.layer.form", Outcome.FAILED, Class.ATTACK)


def test_a_layer_that_is_not_served_is_absent(shelf: Shelf, source: LayerSource) -> None:
    assert ask(source, want_of(shelf, BLOB)) == Absent(f"http://{shelf.host}")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (204, ("http.answer.form", Outcome.FAILED, Class.REMOTE)),
        (409, ("http.answer.form", Outcome.FAILED, Class.REMOTE)),
        (410, ("registry.auth.denied", Outcome.UNKNOWN, Class.CREDENTIALS)),
        (522, ("http.available", Outcome.UNKNOWN, Class.UNREACHABLE)),
        (503, ("http.available", Outcome.UNKNOWN, Class.UNREACHABLE)),
    ],
)
def test_other_answers_are_no_layer(
    shelf: Shelf, source: LayerSource, status: int, expected: tuple[str, Outcome, Class]
) -> None:
    shelf.add(BLOB)
    shelf.status = status
    assert failure(ask(source, want_of(shelf, BLOB))) == expected


@pytest.mark.parametrize(
    ("media_type", "urls"),
    [
        (GZIP, ("https://elsewhere.example/layer",)),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ()),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", ()),
    ],
)
def test_a_foreign_layer_is_never_fetched(
    shelf: Shelf, source: LayerSource, media_type: str, urls: tuple[str, ...]
) -> None:
    shelf.add(BLOB)
    layer = Descriptor(media_type, Digest.of(BLOB), len(BLOB), urls=urls)
    found = failure(ask(source, MeasureLayer(shelf.repository, layer)))
    assert found == ("image.layer.foreign", Outcome.FAILED, Class.CONTENT)
    assert shelf.asked == []


def test_a_layer_of_an_unknown_kind_is_unknown(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB)
    found = failure(ask(source, want_of(shelf, BLOB, media_type="application/wasm")))
    assert found == ("image.layer.media_type", Outcome.UNKNOWN, Class.REMOTE)
    assert shelf.asked == []


def test_above_the_budget_nothing_is_fetched(
    shelf: Shelf, remote: Remote, store: TrustStore
) -> None:
    small = gzip.compress(b"small")
    shelf.add(BLOB)
    shelf.add(small)
    source = LayerSource(remote, store, max_download=len(BLOB) + len(small) - 1)
    wants = [want_of(shelf, BLOB), want_of(shelf, small)]
    replies = source.fetch_all(wants)
    for want in wants:
        reply = replies[want]
        assert failure(reply) == ("image.layer.verified", Outcome.UNKNOWN, Class.POLICY)
        assert isinstance(reply, Gap)
        assert str(len(BLOB) + len(small)) in reply.check.actual
        assert "--max-download" in reply.check.remedy
    assert shelf.asked == []


def test_the_budget_is_for_all_that_is_asked_together(
    shelf: Shelf, remote: Remote, store: TrustStore
) -> None:
    small = gzip.compress(b"small")
    shelf.add(BLOB)
    shelf.add(small)
    source = LayerSource(remote, store, max_download=len(BLOB))
    assert ask(source, want_of(shelf, BLOB)) == MEASURED
    code, _, _ = failure(ask(source, want_of(shelf, small)))
    assert code == "image.layer.verified"
    assert ask(source, want_of(shelf, BLOB)) == MEASURED


def test_progress_is_told_from_nothing_to_all(
    shelf: Shelf, remote: Remote, store: TrustStore
) -> None:
    told: list[tuple[str, int, int]] = []

    class Watcher:
        def advance(self, name: str, done: int, total: int) -> None:
            told.append((name, done, total))

    shelf.add(BLOB)
    source = LayerSource(remote, store, max_download=len(BLOB), progress=Watcher())
    ask(source, want_of(shelf, BLOB))
    name = MEASURED.digest.hex[:12]
    assert told[0] == (name, 0, len(BLOB))
    assert told[-1] == (name, len(BLOB), len(BLOB))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_damaged_memory_costs_a_download_and_is_told(
    shelf: Shelf, source: LayerSource, store: TrustStore
) -> None:
    shelf.add(BLOB)
    want = want_of(shelf, BLOB)
    ask(source, want)
    (file,) = Path(store.directory).glob("state-*")
    file.write_bytes(b"damaged")
    assert ask(source, want) == MEASURED
    assert [trouble.code for trouble in source.troubles] == ["local.state.intact"]


def test_a_store_that_cannot_be_written_is_told(
    shelf: Shelf, remote: Remote, tmp_path: Path
) -> None:
    (tmp_path / "home").write_bytes(b"")
    shelf.add(BLOB)
    source = LayerSource(remote, TrustStore(tmp_path / "home" / "t"), max_download=1 << 30)
    assert ask(source, want_of(shelf, BLOB)) == MEASURED
    assert {trouble.code for trouble in source.troubles} <= {
        "local.state.saved",
        "local.state.intact",
    }
    assert source.troubles


def test_no_thread_is_left_behind(shelf: Shelf, source: LayerSource) -> None:
    shelf.add(BLOB)
    shelf.add(BLOB + b"more")
    source.fetch_all([want_of(shelf, BLOB), want_of(shelf, BLOB + b"more")])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("layer")]


def test_what_was_measured_is_kept_when_a_later_round_fails(
    shelf: Shelf, source: LayerSource, store: TrustStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_source, "LAYERS_AT_ONCE", 1)
    small = gzip.compress(b"small")
    shelf.add(BLOB)
    replies = source.fetch_all([want_of(shelf, BLOB), want_of(shelf, small)])
    assert replies[want_of(shelf, small)] == Absent(f"http://{shelf.host}")
    assert store.measured(MEASURED.digest) == MEASURED
