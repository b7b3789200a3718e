# Sourced by every script of the lab; all values can be overridden from outside.
export LAB="${LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/crosstrust-lab}"
export HUB_PORT="${HUB_PORT:-5001}" ECR_PORT="${ECR_PORT:-5002}" NOTARY_PORT="${NOTARY_PORT:-4443}"
export TLS_PORT="${TLS_PORT:-5440}" PROXY_PORT="${PROXY_PORT:-3128}"
export ENGINE_SOCK="${ENGINE_SOCK:-$LAB/run/engine.sock}"
export PY="${PY:-/usr/bin/python3}"

LAB_SCRIPTS="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
LAB_PEERS="hub ecr notary-server tap engine"

# What a client of the lab needs: names go through the CONNECT proxy, TLS is verified against the lab's CA.
lab_client_env() {
  export HTTPS_PROXY="http://127.0.0.1:$PROXY_PORT" https_proxy="http://127.0.0.1:$PROXY_PORT"
  export SSL_CERT_FILE="$LAB/pki/ca.crt"
  export NO_PROXY="" no_proxy=""
}

# Whether start.sh started this peer and it still runs.
lab_alive() { [ -s "$LAB/run/$1.pid" ] && kill -0 "$(cat "$LAB/run/$1.pid")" 2>/dev/null; }

# A script of the lab by its module's name. Without site-packages (-S): a package called `tests`
# that is installed there would hide this one.
lab_python() { (cd "$LAB_SCRIPTS/../../.." && PYTHONPATH=. exec "$PY" -S -m "tests.interop.lab.$1" "${@:2}"); }
