"""Data classes that cost nothing to define: import ``dataclass`` from here.

``dataclasses`` writes source text for six methods of each frozen class and compiles it at every
start: half a millisecond a class, a quarter of a cold verification (``docs/adr/0012``). Type
checkers see the standard module; what runs is ``crosstrust.value_class``, which the tests hold
against it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from crosstrust.value_class import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
