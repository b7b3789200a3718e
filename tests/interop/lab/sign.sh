#!/bin/bash
# Sign with the real `docker trust` and `notary` clients against the real notary-server.
set -eu
H="$(cd "$(dirname "$0")" && pwd)"; . "$H/env.sh"; lab_client_env
export DOCKER_CONFIG="$LAB/cfg-publisher" DOCKER_HOST="unix://$ENGINE_SOCK"
export DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE=rootpass DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE=repopass
export NOTARY_ROOT_PASSPHRASE=rootpass NOTARY_TARGETS_PASSPHRASE=repopass NOTARY_SNAPSHOT_PASSPHRASE=repopass NOTARY_DELEGATION_PASSPHRASE=repopass
mkdir -p "$DOCKER_CONFIG" "$LAB/keys"; cd "$LAB/keys"
N() { notary -s "https://localhost:$NOTARY_PORT" -d "$DOCKER_CONFIG/trust" --tlscacert "$LAB/pki/ca.crt" "$@"; }
dig() { curl -sI -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
        "http://127.0.0.1:$HUB_PORT/v2/$1/manifests/$2" | tr -d '\r' | awk 'tolower($1)=="docker-content-digest:"{d=$2} tolower($1)=="content-length:"{l=$2} END{sub("sha256:","",d); print l, d}'; }
addhash() { # repo tag role...   (role "targets" is the client's default)
  local repo="$1" tag="$2"; shift 2; local r; r="$(printf '%s,' "$@")"
  set -- $(dig "$repo" "$tag") "${r%,}"
  if [ "$3" = targets ]; then N addhash "docker.io/$repo" "$tag" "$1" --sha256 "$2"; else N addhash "docker.io/$repo" "$tag" "$1" --sha256 "$2" --roles "$3"; fi
}
key() { [ -s "$1.pub" ] || docker trust key generate "$1"; }
# lab/big is signed last: where it is, everything is. Not `notary list`: it answers from its cache.
if curl --noproxy '*' -sf -o /dev/null --cacert "$LAB/pki/ca.crt" "https://localhost:$NOTARY_PORT/v2/docker.io/lab/big/_trust/tuf/timestamp.json"; then
  echo "sign: already signed"; exit 0
fi
rm -rf "$DOCKER_CONFIG/trust" "$LAB"/keys/*.pub
for k in nicolasff alice alice2 bob carol10 carol9; do key $k; done
set -x
# the guide's repository: one signer, older tags signed by him, 0.1.19 by the Repo Admin (targets role)
docker trust signer add --key nicolasff.pub nicolasff nicolas/webdis
for t in 0.1.12 0.1.15 0.1.16 0.1.17 0.1.18 0.1.21 latest; do docker trust sign nicolas/webdis:$t; done
addhash nicolas/webdis 0.1.19 targets
addhash nicolas/webdis 0.1.20 targets/releases
N publish docker.io/nicolas/webdis
# no delegation at all, targets role only (what `docker push` with DCT=1 and no signer gives)
N init -p docker.io/lab/onlyadmin; N key rotate docker.io/lab/onlyadmin snapshot -r
addhash lab/onlyadmin 1.0 targets; addhash lab/onlyadmin 1.1 targets; N publish docker.io/lab/onlyadmin
# several signers, several keys, several tags, one tag with two digests
docker trust signer add --key alice.pub --key alice2.pub alice lab/multi
docker trust signer add --key bob.pub bob lab/multi
docker trust signer add --key carol10.pub carol10 lab/multi
docker trust signer add --key carol9.pub carol9 lab/multi
docker trust sign lab/multi:1.0                                            # every signer, and releases
addhash lab/multi 1.1 targets/alice targets/releases
addhash lab/multi 2.0 targets/bob targets/releases
addhash lab/multi 1.9 targets/bob                                          # signer only: not released
addhash lab/multi 1.10 targets/releases targets                            # both released roles, same digest
N addhash docker.io/lab/multi latest $(dig lab/multi 1.0 | awk '{print $1" --sha256 "$2}') --roles targets/releases,targets/bob
N addhash docker.io/lab/multi latest $(dig lab/multi 2.0 | awk '{print $1" --sha256 "$2}') # targets: another digest
N publish docker.io/lab/multi
# revoked
docker trust signer add --key nicolasff.pub nicolasff lab/revoked
docker trust sign lab/revoked:1.0; docker trust sign lab/revoked:1.1; docker trust revoke lab/revoked:1.1
# initialised and empty, with and without a signer
N init -p docker.io/lab/empty; N key rotate docker.io/lab/empty snapshot -r
docker trust signer add --key nicolasff.pub nicolasff lab/emptysigner
# repository (targets) key rotated after the first publication
N init -p docker.io/lab/rotated; N key rotate docker.io/lab/rotated snapshot -r
addhash lab/rotated 1.0 targets; N publish docker.io/lab/rotated
N key rotate docker.io/lab/rotated targets
# root key rotated twice: 3.root.json and 4.root.json, each signed by the old and the new key
N init -p docker.io/lab/rootrotated; N key rotate docker.io/lab/rootrotated snapshot -r
addhash lab/rootrotated 1.0 targets; N publish docker.io/lab/rootrotated
for i in 1 2; do yes | N key rotate docker.io/lab/rootrotated root || echo "rootrotated: rc $?"; done
# `docker trust sign` on a repository that does not exist yet (signer name = registry user name; none here)
docker trust sign lab/sole:1.0 || echo "sole: rc $?"
# one layer of 200 MB, which the mirror has in another gzip stream
N init -p docker.io/lab/big; N key rotate docker.io/lab/big snapshot -r
addhash lab/big 1 targets; N publish docker.io/lab/big
set +x
