"""Every kind of damage by name, with how often it is drawn; and the acts between two looks."""

from __future__ import annotations

import json
from dataclasses import replace as changed

from crosstrust.sandbox import NotaryServer
from tests.interop import damage_kind as d
from tests.interop import odd_kind as o
from tests.interop import random_kind as r
from tests.interop.damage_kind import CERTIFIED, Do, anywhere, edit, entry
from tests.interop.repository_maker import DIGESTS, RELEASES, Made, publish

RELEASED = ("targets", RELEASES)
DECLARING = ("root", "targets", RELEASES, "targets/alice")
BINDING = ("snapshot", "timestamp")
OLD = "2001-02-03T04:05:06Z"

KINDS: dict[str, Do] = {
    # Signatures.
    "no signature": anywhere(lambda made, damage: damage.drop_signatures()),
    "corrupt signature": anywhere(lambda made, damage: damage.corrupt_signature()),
    "foreign signature": anywhere(lambda made, damage: damage.sign_with(d.foreign(made))),
    "impersonated key": anywhere(
        lambda made, damage: damage.impersonate(made.author.keys(made.role)[0], d.foreign(made))
    ),
    "one signature too few": anywhere(d.too_few),
    "one signature repeated": anywhere(d.repeated),
    "one key listed twice": anywhere(d.twice_listed),
    "doubled signature": anywhere(d.doubled_signature),
    "foreign signature more": anywhere(d.extra_signature),
    "method of another key": anywhere(d.other_method),
    "method in capitals": anywhere(d.capital_method),
    "loose base64": anywhere(d.loose_base64),
    "short key": anywhere(d.short_key),
    "key on another curve": anywhere(d.odd_curve),
    "older RSA padding": anywhere(d.pkcs1),
    # Time.
    "expired": anywhere(d.expired),
    "expires without a zone": anywhere(d.set_random("expires", "2099-01-01T00:00:00")),
    "expires with an offset": anywhere(d.set_random("expires", "2099-01-01T00:00:00.5-08:00")),
    "expires is no time": anywhere(d.set_random("expires", "", "never", 0, None, OLD)),
    # Bindings.
    "flipped byte": anywhere(lambda made, damage: damage.flip_byte(made.rng.randrange(9, 300))),
    "cut off": anywhere(lambda made, damage: damage.replace(lambda raw: raw[:-40])),
    "byte more": anywhere(lambda made, damage: damage.replace(lambda raw: raw + b"\n")),
    "wrong sha256": anywhere(d.edited_parent(d.spoil_hash("sha256")), of=d.BOUND),
    "wrong sha512": anywhere(d.edited_parent(d.spoil_hash("sha512")), of=d.BOUND),
    "no sha256": anywhere(d.edited_parent(d.drop_hash("sha256")), of=d.BOUND),
    "no sha512": anywhere(d.edited_parent(d.drop_hash("sha512")), of=d.BOUND),
    "length too small": anywhere(d.edited_parent(d.add_length(-1)), of=d.BOUND),
    "length too large": anywhere(d.edited_parent(d.add_length(1)), of=d.BOUND),
    "withheld": anywhere(lambda made, damage: damage.withhold()),
    "unlisted": anywhere(lambda made, damage: damage.unlist(), of=d.BOUND),
    # Root certificates.
    "certificate anew": d.certificate(),
    "certificate of another name": d.certificate("docker.io/differential/other"),
    "certificate of a wildcard": d.certificate("docker.io/differential/*"),
    "certificate of a borderless wildcard": d.certificate("docker.io/diff*"),
    "certificate has run out": d.certificate(start=-100, days=1),
    "certificate begins too late": d.certificate(start=100),
    "certificate begins within a day": d.certificate(start=5),
    "root key without a certificate": d.bare_root,
    "pin of another key": d.foreign_pin,
    # Form.
    "wrong type": anywhere(d.set_random("_type", "targets", "Root ", "Mirror", None)),
    "odd version": anywhere(d.set_random("version", 0, -1, "1", 1.5, None)),
    "large version": anywhere(d.set_random("version", 1000, 2**31, 2**40)),
    "mutated": anywhere(r.mutate),
    "doubled member": anywhere(d.doubled_member),
    "twin member": anywhere(d.twin_member),
    "escaped": anywhere(d.escaped),
    "byte changed and bound": anywhere(r.bound_byte),
    "indented": anywhere(d.pretty),
    "more members": anywhere(d.more_members),
    "unknown key listed": entry(d.unknown_key),
    "key under another ID": entry(d.misnamed_key),
    "doubled key ID": entry(lambda one, signed, made: one["keyids"].append(one["keyids"][0])),
    "threshold of zero": entry(lambda one, signed, made: one.update(threshold=0)),
    "threshold out of reach": entry(lambda one, signed, made: one.update(threshold=9)),
    "no keys": entry(lambda one, signed, made: one.update(keyids=[])),
    # Delegations and tags.
    "odd child": d.child("targets/Odd Name"),
    "foreign child": d.child("targets/x/y"),
    "undeclared in the snapshot": d.extra_meta("targets/nobody"),
    "odd name in the snapshot": d.extra_meta("targets/../x"),
    "no tag of an image": anywhere(d.odd_target(lambda one: one, "a b/c"), of=RELEASED),
    "tag without sha256": anywhere(d.odd_target(d.hashes(sha512="AAAA")), of=RELEASED),
    "tag with a short sha256": anywhere(d.odd_target(d.hashes(sha256="AAAA")), of=RELEASED),
    "tag without anything": anywhere(d.odd_target(lambda one: {}), of=RELEASED),
    "targets are null": anywhere(
        edit(lambda signed, made: signed.update(targets=None)), of=RELEASED
    ),
    # What no verdict asks for.
    "hash of another kind": anywhere(o.odd(o.add_hash)),
    "sha512 of another size": anywhere(o.odd(o.resize_sha512)),
    "key of no role": anywhere(o.odd(o.add_key), of=DECLARING),
    "role more": anywhere(o.odd(o.add_role), of=("root",)),
    "file more": anywhere(o.odd(o.add_file), of=BINDING),
    "custom of any kind": anywhere(o.odd(o.set_custom)),
    "member of any kind": anywhere(o.odd(o.add_member)),
    "odd length": anywhere(o.odd(o.set_length)),
    "length with a point": anywhere(o.other_number(o.number_length)),
    "number with a point": anywhere(o.other_number(o.number_member)),
    "folded member": anywhere(o.odd(o.fold_member)),
    "folded member more": anywhere(o.odd(o.add_folded)),
    "expires in another form": anywhere(o.odd(o.set_time)),
    "odd signature": anywhere(o.odd_signature),
}


def _rotated(made: Made) -> None:
    """Root rotations, honest: the pin stays on the first key."""
    for _ in range(made.rng.randint(1, 3)):
        made.author.assign("root", made.ring.several(made.rng, made.gun, 1, "ecdsa-x509"))
        publishable = made.author.roots()
        assert publishable


def _unfollowed(made: Made) -> None:
    """A root rotation that the old key did not sign."""
    made.author.files()
    keys = made.ring.several(made.rng, made.gun, 1, "ecdsa-x509")
    made.author.assign("root", keys)
    made.author.damage("root").sign_with(*keys)


def _rolled_back(made: Made, server: NotaryServer) -> None:
    server.roll_back(made.gun)


def _resigned(made: Made, server: NotaryServer) -> None:
    made.author.refresh(*made.rng.sample(CERTIFIED, 2))
    made.author.sign("again", DIGESTS[made.rng.randrange(6)], 10)
    made.tags.append("again")
    publish(made, server)


def _same_version(made: Made, server: NotaryServer) -> None:
    """Other bytes under the version that was seen."""
    made.role = made.rng.choice(["timestamp", "snapshot", "targets"])
    version = json.loads(made.author.files()[made.role])["signed"]["version"]
    made.author.damage(made.role).set_version(version).set_member("x", "other")
    publish(made, server)


def _lower_version(made: Made, server: NotaryServer) -> None:
    made.role = made.rng.choice(["timestamp", "snapshot", "targets"])
    made.author.damage(made.role).set_version(1)
    publish(made, server)


def _rotated_meanwhile(made: Made, server: NotaryServer) -> None:
    _rotated(made)
    made.author.assign("targets", made.ring.several(made.rng, made.gun, 1))
    publish(made, server)


def _unfollowed_meanwhile(made: Made, server: NotaryServer) -> None:
    _unfollowed(made)
    publish(made, server)


def _hidden_root(made: Made, server: NotaryServer) -> None:
    """Two rotations, and the root between them is not served."""
    before = max(made.author.roots())
    for _ in range(2):
        made.author.assign("root", made.ring.several(made.rng, made.gun, 1, "ecdsa-x509"))
        made.author.files()
    found = made.author.publication()
    kept = {number: raw for number, raw in found.roots.items() if number != before + 1}
    server.publish(made.gun, changed(found, roots=kept))


def _forgotten(made: Made, server: NotaryServer) -> None:
    server.forget(made.gun)


def _delegation_vanished(made: Made, server: NotaryServer) -> None:
    made.role = made.rng.choice(made.delegations() or ["targets"])
    made.author.damage(made.role).unlist()
    publish(made, server)


def prepare_act(made: Made, kind: str, server: NotaryServer) -> None:
    """Publish two honest states for a client to see, and note what happens after that."""
    publish(made, server)
    made.author.refresh(*CERTIFIED)
    publish(made, server)
    made.kind, made.act = kind, ACTS[kind]


KINDS |= {"root rotated": _rotated, "root not signed by the one before": _unfollowed}

# Between two looks; the client has seen an honest state.
ACTS = {
    "seen, rolled back": _rolled_back,
    "seen, signed again": _resigned,
    "seen, same version": _same_version,
    "seen, lower version": _lower_version,
    "seen, root rotated": _rotated_meanwhile,
    "seen, root not signed by the one before": _unfollowed_meanwhile,
    "seen, root hidden": _hidden_root,
    "seen, forgotten": _forgotten,
    "seen, unlisted": _delegation_vanished,
}

# Done to another role, any of these can come on top of any kind.
SECOND = (
    *("corrupt signature", "foreign signature", "expired", "method in capitals", "flipped byte"),
    *("wrong type", "indented", "more members", "foreign signature more"),
)
# Kinds with the most variety in them.
OFTEN = {"mutated": 16, "byte changed and bound": 6} | {
    **dict.fromkeys(("key of no role", "expires in another form"), 4),
    **dict.fromkeys(("hash of another kind", "role more", "file more"), 3),
    **dict.fromkeys(("member of any kind", "odd length", "folded member"), 2),
    **dict.fromkeys(("expired", "key on another curve"), 2),
}
