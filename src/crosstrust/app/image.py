"""Look at an image without judging it: its manifest as served, its configs."""

from __future__ import annotations

from crosstrust.app.option import Options
from crosstrust.app.session import open_session
from crosstrust.app.survey import Survey, look
from crosstrust.oci.reference import parse_reference


def read_image(image: str, options: Options, *, depth: str = "config") -> Survey:
    """Return what is served for ``image``.

    ``depth``: "top" for the manifest or index alone, "manifest" for those below an index too,
    "config" for the configs. Raises ``InputError`` where ``image`` is no reference.
    """
    reference = parse_reference(image)
    with open_session(options, remembers=False) as session:
        return look(session, reference, depth=depth)
