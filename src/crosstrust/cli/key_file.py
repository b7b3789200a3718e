"""A file with a public key or certificate, as the user names it."""

from __future__ import annotations

from crosstrust.app.named_file import read_named
from crosstrust.errors import InputError
from crosstrust.evidence.trust_data import Key
from crosstrust.oci.limits import KEY_FILE_SIZE


def read_key_file(name: str) -> Key:
    """Return the key IDs of the public key in the file ``name``. Raises ``InputError``."""
    from crosstrust.schemes.notary_v1.key_file import key_id_of_file

    try:
        raw = read_named(name, KEY_FILE_SIZE)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file name"
        raise InputError(
            "usage.file",
            name or '""',
            expected="a file with a public key or certificate",
            actual=reason or type(error).__name__,
            remedy="name a file that is there and that you may read",
        ) from error
    if len(raw) > KEY_FILE_SIZE:
        raise InputError("key.form", name, expected=f"at most {KEY_FILE_SIZE} bytes", actual="more")
    return key_id_of_file(raw, name)
