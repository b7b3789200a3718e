"""Every check code: what is checked, in one sentence, and what to do where it does not pass.

Codes are public API: a code is never renamed and never takes another meaning. A check or an
error may state a better remedy of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crosstrust.value import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """``classes``: the letters of ``Class`` that the code occurs with where it does not pass."""

    title: str
    classes: str
    remedy: str


# Two lines each: the code, its classes and what is checked; then the remedy.
_TABLE = """
credential.form  X  a credential file has the form that docker and podman write
    mend or remove the file that is named
credential.helper  L  the credential helper that the configuration names answers
    install the helper, or correct credsStore and credHelpers in config.json
digest.algorithm.supported  RTNX  a digest uses an algorithm that is computed here
    ask the publisher for sha256 or sha512 digests
digest.form  T  a digest is an algorithm and its lower-case hex digits
    do not use what has such a digest; ask its publisher which tool wrote it
http.address.blocked  R  a server does not send us to a private address
    if that address is right, name the registry by it
http.answer.form  R  an answer follows the protocol
    see whether a proxy or a login page stands between; report it to the server's operator
http.available  U  the server answers
    check the network and the proxy settings, then try again
http.body.complete  U  an answer arrives whole
    try again
http.header.agrees  R  the digest in a header is that of the bytes served
    report it to the registry's operator
http.plain  R  a host is asked without TLS only where the user said so
    use https unless the host is on this machine
http.redirect.secure  R  a redirect leads to https
    report it to the server's operator
http.timeout  U  the server answers in time
    try again later
http.tls.authorities  L  the certificate authorities can be read
    correct SSL_CERT_FILE, SSL_CERT_DIR or docker's certs.d
http.tls.required  UR  a server speaks TLS unless the user named it as plain
    name the host with --plain-http if it really speaks plain http
http.tls.valid  UR  the server's certificate is valid for its name
    check the host name; add the server's authority to certs.d, or set SSL_CERT_FILE
image.artifact.supported  P  what is compared is an image, or the very same artifact
    push the signed manifest itself
image.attestation.counted  M  both sides carry the same number of build attestations
    nothing, unless you use the attestations: they are not compared
image.attestation.subject  M  each build attestation is about an image beside it
    nothing, unless you use the attestations: ask which tool copied the image
image.child.present  M  the registry serves every object that the index lists
    ask the registry's operator, or push the image again
image.config.consistent  T  the config has a diff_id for each layer
    do not run this image; ask its publisher which tool wrote it
image.config.form  T  the config is well-formed JSON without doubled keys
    do not run this image; ask its publisher which tool wrote its config
image.config.same  M  the copy's config is the signed config
    do not run this image; ask its publisher which push wrote it
image.content.same  MU  the copy has the signed config and the signed layers, in order
    do not run this image; ask its publisher which push wrote it
image.digest.match  MU  bytes hash to the digest by which they were asked for
    do not use the registry's answer; report it to the registry's operator
image.index.nested  M  an index lists its images itself
    list the images in one index: many clients do not look into one within it
image.index.same  M  the copy serves the very bytes of the signed index
    compare the platforms, which may still be the signed ones
image.layer.diff_id  M  each layer unpacks to what the signed config lists
    do not run this image: a foreign layer stands under an honest config
image.layer.foreign  M  the copy's layers come from the registry, not from a URL in the manifest
    push the image again without foreign layers
image.layer.form  T  a layer is one whole archive in the compression that it claims
    do not run this image; ask its publisher which tool wrote this layer
image.layer.media_type  RM  a layer's media type is one that can be unpacked
    ask the publisher to push layers as tar, gzip or zstd
image.layer.toc  M  a lazy runtime would mount the content that was signed
    do not run this image with a lazy snapshotter; push it again
image.layer.verified  PMU  layers with other digests were fetched and unpack to the signed config
    let them be fetched: leave out --no-layers, or raise --max-download
image.manifest.ambiguous  T  a document is a manifest or an index, never both
    do not run this image; ask its publisher which tool wrote it
image.manifest.form  T  a manifest is well-formed JSON without doubled keys
    do not run this image; ask its publisher which tool wrote it
image.manifest.same  M  the copy serves the very bytes of the signed manifest
    see the other levels: config and layers may still be the signed ones
image.manifest.type  R  a registry answers with a manifest or an index
    see whether the name is that of an image; report it to the registry's operator
image.media_type.agrees  MT  a document's own media type is the one that it is served under
    do not run this image: two readers could see two images
image.platform.agrees  T  the platform in the index is the one in the config
    do not run this image: the index points a platform to another one's image
image.platform.all  M  every image of the copy is a signed one
    see which platform is not, and why
image.platform.covered  M  the copy has the platforms that it must, and none that nobody signed
    see which one is missing, doubled or extra
image.platform.extra  M  every platform of the copy was signed
    remove the platform from the copy, or run the others by digest
image.platform.known  UM  an image states its platform
    see what could not be read; ask the publisher to label the index
image.platform.present  MP  every signed or demanded platform is on the copy
    complete the push, or name the platforms that you run with --platform
image.platform.unique  MT  no platform occurs twice
    push the index again: which of the two runs is chance
image.schema1.refused  R  the image is not in the old schema 1 form
    ask the publisher to push it again with a current tool
image.signed.present  U  the signed bytes can be read where they were signed
    ask the publisher to push the signed image again
image.size.match  M  bytes are as long as their descriptor says
    do not run this image; report it to the registry's operator
image.tag.current  M  a tag that moves holds what is signed under it now
    push the tag to the copy again; until then its release is another one
image.tag.present  M  the registry has this tag
    check the name; if the signed repository has it, the copy was never pushed
image.tag.same  TM  a tag holds its own release, not that of another signed tag
    do not run this image: it is another release than its tag says
image.tag.signed  M  the tag holds what is signed under it
    do not run it; ask the publisher to sign what the tag holds, or to put it back
image.tag.stable  TU  the tag holds at the end what it held at the start
    verify again when nobody pushes
key.expected  T  every key in use is one that was pinned
    ask the author whether the key is theirs; if so, add it to the pins
key.form  X  a key file holds one public key or certificate
    give the file that the author published
key.private  X  a key file holds no private key
    give the public key, and keep this file to yourself
key.strength  T  a key is strong enough to prove anything
    ask the author for a stronger key
limit.exceeded  RTL  untrusted input stays within the limits
    do not retry unchanged; ask the publisher or the operator what it is
local.disk.space  L  there is room for what is kept
    make room, or name another folder
local.file.mode  L  files that decide about trust can be written by their owner alone
    correct the owner and mode of the file that is named
local.output.saved  L  the result can be written where it was asked for
    name a file in a directory that you may write, or free some space
local.process.limit  L  the system gives the process the files, threads and memory that it needs
    raise its limits (ulimit -n, -u, -v), or end other programs
local.state.intact  L  what was kept of earlier runs can be read
    restore the file, or remove it to start again without its floors
local.state.saved  L  what was seen can be kept for the next run
    make the folder writable; until then an older state is not noticed
local.state.writable  L  the folder for what is kept can be written
    make it writable, or name another folder
notary.answer.form  R  the Notary server answers with metadata
    see whether a proxy or a login page stands between; check the server's address
notary.available  U  the Notary server answers
    try again later; --offline judges from what is cached, and says so
notary.server.form  X  the setting of a Notary server is an https URL
    write https://HOST[:PORT]
notary.still_present  T  trust data that was seen before, or is pinned, is there
    ask the author whether the signatures were removed
pin.form  X  a pin is ROLE=KEYID or ROLE=@FILE
    write --pin root= and 64 hex digits
pin.length  X  a key ID has all of its 64 hex digits
    give the whole ID: twelve digits can be forged
pin.match  T  the keys in use include the pinned ones
    do not trust this repository; ask the author whether the key was changed
pin.present  P  a root key is pinned
    compare the key that was found with the author's, then add the line that is shown
platform.form  XT  a platform is OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT
    write linux/amd64 or linux/arm64/v8
policy.form  X  the policy is well-formed, and every key in it means something
    mend the line that is named
policy.form.match  P  the image has the form that the policy's rule demands
    have the author sign that form, or change the rule
policy.rule  P  a rule of the policy matches the tag
    add a rule for this tag, or correct the tag
policy.rule.matches  X  every rule of the policy can match some tag
    correct or remove the rule
policy.signature.expected  PN  the policy expects a signature for this tag
    nothing: unsigned, as the policy says
policy.signed_by  X  the pins are those of the repository whose signature counts
    give this author's keys: --pin root=KEYID
proxy.form  X  a proxy setting is the URL of a proxy
    correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY
reference.form  X  a reference is one that docker accepts
    write NAME:TAG or NAME@sha256:DIGEST
reference.tag.digest  XTM  a reference's tag holds the digest that stands beside it
    leave one of the two out, or correct it
registry.auth.denied  A  the registry lets these credentials read the image
    ask its owner for access, or log in as somebody else
registry.auth.downgrade  R  a server does not ask for credentials in a weaker way
    report it to the registry's operator
registry.auth.expired  A  the registry accepts the token that it gave
    log in again
registry.auth.realm  R  credentials go only to token services that belong to the registry
    if the token service is right, name it with --realm; else report it to the registry's operator
registry.auth.required  A  the registry answers without credentials, or there are some
    log in with docker login or podman login
registry.rate.limited  U  the registry has not had too many requests
    wait, or log in for a higher limit
sandbox.key.type  X  the sandbox can make keys of this type
    choose one of the types that are named
sandbox.notary.state  X  the sandbox's Notary server had that state
    publish more often before rolling back
sandbox.registry.tag  X  the sandbox's registry has the tag
    push it first
sandbox.role.known  X  the sandbox's author has the role
    delegate the role first
signer.agree  T  all roles that release the tag give the same digest and length
    do not run this image; ask the author which one is meant
signer.present  P  the roles that the policy demands have signed
    have it signed by the demanded role, or change signed-by in the policy's rule
source.distinct  X  the copy is not the signed repository under another name
    name the copy on the other registry
time.clock.plausible  S  the clock is not before what was signed, give or take a day
    set the clock, then try again
time.reference.valid  S  the time that was chosen is not before what was signed
    choose a later time, or leave out --at
tuf.delegation.certificate  S  a signer's certificate has not run out, else there is a warning
    ask the signer to renew it; the signature counts, since the author lists the key
tuf.delegation.expiry  S  a signer's role has not run out
    ask the author to sign again, or judge the past with --at
tuf.delegation.published  N  a delegated role was published
    ask the author to publish it
tuf.key.id  T  a key ID is the hash of its key
    do not trust this repository now; ask its author
tuf.key.type  T  a key is of a type and curve that can be verified
    ask the author for a supported key
tuf.meta.hash  TM  bytes are the ones that signed metadata names
    do not trust this repository now; a server mixes old and new files
tuf.meta.length  TM  bytes are as long as the metadata says
    do not trust this repository now; ask its author
tuf.metadata.form  T  a role file is well-formed, and of the role that was asked for
    do not trust this repository now; the metadata is not what it claims
tuf.root.certificate  T  each root key comes in one certificate
    do not trust this repository now; ask its author
tuf.root.certificate_expiry  S  a root certificate has not run out
    ask the author to renew it, or judge the past with --at
tuf.root.certificate_name  T  a root certificate names this repository
    do not trust this repository: its root was made for another one
tuf.root.certificate_start  S  a root certificate was already valid
    check the clock, or choose a later time
tuf.root.consecutive  TU  every version of the root was seen, one after another
    try again; if it stays, ask the server's operator
tuf.root.expiry  S  the root has not run out
    ask the author to sign it again, or judge the past with --at
tuf.root.rotation  T  each root is signed by the keys of the one before, and by its own
    do not trust this repository; ask the author whether the root key was changed
tuf.signature.method  T  a signature's method fits its key
    do not trust this repository now; ask its author
tuf.signature.threshold  T  enough of a role's keys have signed it
    not signed by the author's keys: do not trust it, and tell the author
tuf.snapshot.expiry  S  the snapshot has not run out
    ask the author to sign again, or judge the past with --at
tuf.target.present  N  the tag, or the digest, is signed
    check the tag; ask the author to sign it
tuf.target.released  N  the tag is in targets or targets/releases
    ask the author to release what a signer has signed
tuf.targets.expiry  S  the targets role has not run out
    ask the author to sign again, or judge the past with --at
tuf.timestamp.expiry  S  the timestamp has not run out
    ask again when the server has renewed it, or judge the past with --at
tuf.version.rollback  TU  no role file is older than one that was seen before
    do not trust this server now: it serves the past
tuf.version.unique  T  one version of a role file has one content
    do not trust this server now: it shows two faces
usage.command  X  the command is one of crosstrust's
    `crosstrust --help` lists the commands
usage.file  X  the file that was named can be read
    name a file that is there and that you may read
usage.option  X  options and arguments are those of the command
    see `crosstrust COMMAND --help`
verdict.trusted  X  the verdict is trusted
    do not run this image; read the verdict's checks
"""


def _parse(table: str) -> dict[str, Code]:
    lines = table.strip().splitlines()
    codes = {}
    for head, remedy in zip(lines[::2], lines[1::2], strict=True):
        code, classes, title = head.split(maxsplit=2)
        codes[code] = Code(title, classes, remedy.strip())
    return codes


CODES: Mapping[str, Code] = MappingProxyType(_parse(_TABLE))


def remedy_of(code: str, own: str) -> str:
    """Return a check's own remedy, else that of its code; "" where neither is known."""
    if own or code not in CODES:
        return own
    return CODES[code].remedy
