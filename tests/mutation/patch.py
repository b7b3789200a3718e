"""Put a mutant into the running process: the code of the function object itself is replaced.

So every name, decorator and cache that holds the function sees the mutant, and nothing is
imported anew.
"""

from __future__ import annotations

import gc
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType

Key = tuple[str, str, int]


def import_all(package: str) -> None:
    """Import every module below a package, also those that are imported late."""
    found = import_module(package)
    for module in pkgutil.walk_packages(found.__path__, f"{package}."):
        import_module(module.name)


def functions_in(root: Path) -> dict[Key, list[FunctionType]]:
    """Return the functions of files below ``root`` by file, qualified name and first line."""
    found: defaultdict[Key, list[FunctionType]] = defaultdict(list)
    for each in _objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(f"{root}/"):
            code = each.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(each)
    return dict(found)


def caches_of(package: str) -> list[_lru_cache_wrapper[object]]:
    """Return the caches around functions of a package: what they hold is not the mutant's."""
    return [
        each
        for each in _objects()
        if isinstance(each, _lru_cache_wrapper) and (each.__module__ or "").startswith(package)
    ]


def _objects() -> list[object]:
    """All that the collector tracks, with what tests/conftest.py has put out of its sight."""
    gc.unfreeze()
    return gc.get_objects()


def replace_code(functions: list[FunctionType], new: CodeType) -> None:
    """Raises ``ValueError`` where the mutant uses other variables of an outer scope."""
    for function in functions:
        function.__code__ = new


def code_of(module: CodeType, name: str, line: int) -> CodeType | None:
    """Return the code of one function of a compiled module."""
    return next(
        (
            code
            for code in nested(module)
            if (code.co_qualname, code.co_firstlineno) == (name, line)
        ),
        None,
    )


def nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from nested(constant)
