#!/bin/bash
# Record what the real tools print: golden.sh [REGEX...], see golden.py.
. "$(dirname "$0")/env.sh"; export LAB_SCRIPTS; lab_client_env
lab_python golden "$@"
