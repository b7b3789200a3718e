"""Limits on untrusted input, checked before models are built. Sizes in bytes."""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

TIMESTAMP_SIZE = 1 * MIB
METADATA_SIZE = 16 * MIB
MANIFEST_SIZE = 4 * MIB
CONFIG_SIZE = 8 * MIB
# All that one side sends: a repository's manifests and configs, or its trust data.
SIDE_SIZE = 64 * MIB
TOKEN_SIZE = 1 * MIB
ERROR_SIZE = 8 * KIB
ERROR_SHOWN = 1 * KIB
KEY_FILE_SIZE = 1 * MIB
POLICY_SIZE = 1 * MIB

JSON_DEPTH = 64
JSON_KEYS = 100_000
NUMBER_DIGITS = 19

INDEX_DEPTH = 4
INDEX_CHILDREN = 256
DELEGATION_DEPTH = 8
DELEGATIONS = 256
ROOT_ROTATIONS = 256
SIGNATURES = 50

# A layer may unpack to this much whatever its size, and beyond that to this ratio.
UNPACKED_FLAT = 1 * GIB
UNPACKED_RATIO = 200
