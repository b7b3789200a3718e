"""libcurl's binding, without the rest of its package.

Since 7.46 ``import pycurl`` also loads its support for asyncio, which needs dataclasses and
inspect: more time than libcurl itself takes to load, for what is never used here.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    import pycurl

__all__ = ["load_binding", "pycurl"]

_NAME = "pycurl._pycurl"


def load_binding(package: ModuleSpec | None) -> ModuleType:
    """Return the extension module inside ``package``, or all of pycurl where it has none.

    Older releases are one extension module, and a package may be found by other means than a path.
    """
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    places = package and package.submodule_search_locations
    spec = PathFinder.find_spec(_NAME, places) if places else None
    if spec is None or spec.loader is None:
        import pycurl

        return pycurl
    from importlib.util import module_from_spec

    binding = module_from_spec(spec)
    spec.loader.exec_module(binding)
    # Whoever imports pycurl later gets this one, and so the same exceptions.
    sys.modules[_NAME] = binding
    return binding


if not TYPE_CHECKING:
    pycurl = load_binding(PathFinder.find_spec("pycurl"))
