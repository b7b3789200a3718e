#!/usr/bin/env bash
# Install docker's and notary's commands where they are not there, and compare them with ours.
# Debian 12; root only for what is missing. Arguments:  --repositories N  --seed FIRST
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"

packages=()
command -v notary >/dev/null || packages+=(notary)
command -v docker >/dev/null || packages+=(docker.io)
if [ "${#packages[@]}" -gt 0 ]; then
    if [ ! -f /etc/debian_version ] || [ "$(id -u)" != 0 ]; then
        echo "differential: install ${packages[*]} first (here it needs Debian and root)" >&2
        exit 1
    fi
    bash "$root/tests/interop/lab/packages.sh" "${packages[@]}"
fi
cd "$root"
exec .venv/bin/python -m tests.interop.differential_command "$@"
