#!/usr/bin/env bash
# Bring the lab up, run the tests against the real peers, stop what was started. Debian 12, as root.
# Arguments go to pytest:  tests/interop/run.sh -k requests
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
lab="$root/tests/interop/lab"
. "$lab/env.sh"

fail() { echo "interop: $*" >&2; exit 1; }
[ -f /etc/debian_version ] || fail "this is not Debian, which it needs for its packages"
[ "$(id -u)" = 0 ] || fail "needs root, to install packages and start registries"
[ -x "$root/.venv/bin/crosstrust" ] || fail "run \`make dev\` first: .venv/bin/crosstrust is not there"

# A peer that ran before stays; what was started here ends, however this ends.
ours=()
for peer in $LAB_PEERS; do lab_alive "$peer" || ours+=("$peer"); done
stop() { [ "${#ours[@]}" -eq 0 ] || bash "$lab/stop.sh" "${ours[@]}"; }
trap stop EXIT
trap 'exit 130' INT TERM

bash "$lab/setup.sh" || fail "the lab did not start; its logs are in $LAB/logs"
cd "$root"
.venv/bin/python -m pytest tests/interop "$@"
