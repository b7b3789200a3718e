#!/bin/bash
# Install Debian packages that are not there yet, as root:  packages.sh NAME...
set -eu
. "$(cd "$(dirname "$0")" && pwd)/env.sh"
mkdir -p "$LAB/logs"
miss=""; for p in "$@"; do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || miss="$miss $p"; done
[ -n "$miss" ] || exit 0
echo "lab: installing$miss"
export DEBIAN_FRONTEND=noninteractive
# The packages' own services stay down: the lab runs its own, on loopback.
pol=/usr/sbin/policy-rc.d
if [ ! -e $pol ]; then trap 'rm -f $pol' EXIT; printf '#!/bin/sh\nexit 101\n' > $pol; chmod 755 $pol; fi
apt-get update -q >"$LAB/logs/apt.log" 2>&1 || { tail -n 20 "$LAB/logs/apt.log" >&2; exit 1; }
apt-get install -y -q --no-install-recommends $miss >>"$LAB/logs/apt.log" 2>&1 || { tail -n 20 "$LAB/logs/apt.log" >&2; exit 1; }
