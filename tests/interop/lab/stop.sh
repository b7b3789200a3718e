#!/bin/bash
# End only the processes that start.sh started, by the ids it wrote: all of them, or those named.
. "$(dirname "$0")/env.sh"
for n in ${*:-$LAB_PEERS}; do
  f="$LAB/run/$n.pid"; [ -s "$f" ] || continue
  p="$(cat "$f")"; kill "$p" 2>/dev/null; for i in $(seq 30); do kill -0 "$p" 2>/dev/null || break; sleep 0.1; done; rm -f "$f"
done
