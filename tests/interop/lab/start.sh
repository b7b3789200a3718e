#!/bin/bash
# Start (or restart) the real peers: two docker-registry, one notary-server, the tap, the stand-in engine.
# Memory-backed notary: a restart of notary-server forgets every signature (run sign.sh again).
set -eu
H="$(cd "$(dirname "$0")" && pwd)"; . "$H/env.sh"
mkdir -p "$LAB"/{run,logs,conf,static,hub,ecr}
reg() { # name port
  cat > "$LAB/conf/$1.yml" <<Y
version: 0.1
log: {level: info, accesslog: {disabled: false}, fields: {service: $1}}
storage:
  filesystem: {rootdirectory: $LAB/$1}
  delete: {enabled: true}
  maintenance: {uploadpurging: {enabled: false}}
http: {addr: "127.0.0.1:$2", relativeurls: true}
compatibility: {schema1: {enabled: true}}
health: {storagedriver: {enabled: false}}
Y
}
reg hub "$HUB_PORT"; reg ecr "$ECR_PORT"
cat > "$LAB/conf/notary-server.json" <<J
{"server": {"http_addr": "127.0.0.1:$NOTARY_PORT", "tls_cert_file": "$LAB/pki/server.crt", "tls_key_file": "$LAB/pki/server.key"},
 "trust_service": {"type": "local"}, "storage": {"backend": "memory"}, "logging": {"level": "info"}}
J
up() { # name command...
  local n="$1"; shift
  lab_alive "$n" && return 0
  setsid "$@" </dev/null >>"$LAB/logs/$n.log" 2>&1 & echo $! > "$LAB/run/$n.pid"
}
REGISTRY="$(command -v docker-registry)"
up hub "$REGISTRY" serve "$LAB/conf/hub.yml"
up ecr "$REGISTRY" serve "$LAB/conf/ecr.yml"
up notary-server "$LAB/bin/notary-server" -config "$LAB/conf/notary-server.json"
up tap "$PY" -S "$H/tap.py"
up engine "$PY" -S "$H/fakeengine.py"
for i in $(seq 50); do
  curl --noproxy '*' -sf -o /dev/null "http://127.0.0.1:$HUB_PORT/v2/" && curl --noproxy '*' -sf -o /dev/null "http://127.0.0.1:$ECR_PORT/v2/" &&
  curl --noproxy '*' -sf --cacert "$LAB/pki/ca.crt" -o /dev/null "https://localhost:$NOTARY_PORT/v2/" &&
  curl --noproxy '*' -s --cacert "$LAB/pki/ca.crt" -o /dev/null "https://localhost:$TLS_PORT/" && [ -S "$ENGINE_SOCK" ] && { echo "lab: up"; exit 0; }
  sleep 0.1
done
echo "lab: something did not start; see $LAB/logs" >&2; tail -n 3 "$LAB"/logs/*.log >&2; exit 1
