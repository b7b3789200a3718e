#!/bin/bash
# Build the whole lab on a new Debian 12 machine, as root, in one command; run again at will (idempotent).
#   setup.sh            packages, notary-server, certificates, peers, images, signatures
#   setup.sh golden     the same, then the outputs of the real tools ($LAB/golden)
# $LAB (default in env.sh) holds everything that is made. Traffic goes to loopback only, package downloads apart.
# notary-server comes from Debian's own source packages (golang-github-docker-notary-dev).
set -eu
H="$(cd "$(dirname "$0")" && pwd)"; . "$H/env.sh"
mkdir -p "$LAB"/{bin,logs,run,conf}
PKGS="docker-registry notary skopeo webdis openssl jq curl perl python3"
GOPK="golang-go golang-github-docker-notary-dev golang-github-docker-distribution-dev gcc libc6-dev pkg-config"
command -v docker >/dev/null || PKGS="$PKGS docker.io"      # 20.10: same trust output; no OCI in `docker manifest inspect`
[ -x "$LAB/bin/notary-server" ] || PKGS="$PKGS $GOPK"
bash "$H/packages.sh" $PKGS
[ -x "$LAB/bin/notary-server" ] || GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE="$LAB/gocache" \
  go build -o "$LAB/bin/notary-server" github.com/theupdateframework/notary/cmd/notary-server
bash "$H/pki.sh"
bash "$H/start.sh"
# Images of an older lab script are pushed again: they are deterministic, so that only what is new is added.
if [ ! "$LAB/images.json" -nt "$H/mkimages.py" ] || [ ! "$LAB/images.json" -nt "$H/image.py" ]; then
  lab_python mkimages; bash "$H/lists.sh" > "$LAB/logs/lists.log" 2>&1 || { tail -n 20 "$LAB/logs/lists.log" >&2; exit 1; }
fi
bash "$H/sign.sh" > "$LAB/logs/sign.log" 2>&1 || { tail -n 20 "$LAB/logs/sign.log" >&2; exit 1; }
case "${1:-}" in golden) bash "$H/golden.sh";; esac
echo "lab: ready in $LAB  (for a client: . $H/env.sh; lab_client_env)"
