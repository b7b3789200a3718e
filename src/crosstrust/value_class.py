"""How ``crosstrust.value`` makes a data class: shared functions over the fields, no compiling.

Only what this project uses is supported: slots always, ``frozen``, ``order``, ``kw_only``,
defaults, and ``field(default=, default_factory=, compare=, repr=)``. ``dataclasses.fields``,
``asdict`` and ``replace`` of the standard library work on the instances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

_MISSING: Any = object()
_NOT_COPIED = frozenset({"__dict__", "__weakref__"})


class Field:
    """What is said of one field beside its type."""

    __slots__ = ("compare", "default", "factory", "shown")

    def __init__(self, default: Any, factory: Any, *, compare: bool, shown: bool) -> None:
        self.default = default
        self.factory = factory
        self.compare = compare
        self.shown = shown


def field(
    *,
    default: Any = _MISSING,
    default_factory: Any = _MISSING,
    compare: bool = True,
    repr: bool = True,  # noqa: A002 - the standard's name
) -> Any:
    """Say more of a field than its default."""
    return Field(default, default_factory, compare=compare, shown=repr)


def dataclass(
    *, frozen: bool = False, order: bool = False, slots: bool = True, kw_only: bool = False
) -> Callable[[type], type]:
    """Return a decorator that keeps a class's fields in slots and compares and shows by them."""
    if not slots:
        raise TypeError("a value class keeps its fields in slots")
    return lambda cls: _build(cls, frozen=frozen, order=order, kw_only=kw_only)


def replace(instance: Any, /, **changes: Any) -> Any:
    """Return a copy of ``instance`` with some fields changed."""
    for name in instance.__value_fields__:
        if name not in changes:
            changes[name] = getattr(instance, name)
    return type(instance)(**changes)


def _build(cls: type, *, frozen: bool, order: bool, kw_only: bool) -> type:
    own = {
        name: _field(cls.__dict__.get(name, _MISSING))
        for name in vars(cls).get("__annotations__", {})
    }
    fields: dict[str, Field] = {}
    for base in reversed(cls.__mro__[1:]):
        fields.update(base.__dict__.get("__value_fields__", {}))
    fields.update(own)
    space = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in own and name not in _NOT_COPIED
    }
    space["__slots__"] = tuple(own)
    space["__value_fields__"] = fields
    space["__match_args__"] = () if kw_only else tuple(fields)
    space["__dataclass_fields__"] = StandardFields()
    made = type(cls)(cls.__name__, cls.__bases__, space)
    made.__qualname__ = cls.__qualname__
    _equip(made, fields, order=order)
    _initialise(made, fields, positional=0 if kw_only else len(fields))
    if frozen:
        _freeze(made)
    else:
        made.__hash__ = None  # type: ignore[assignment] # what can change has no hash
    return made


def _field(stated: Any) -> Field:
    if isinstance(stated, Field):
        return stated
    return Field(stated, _MISSING, compare=True, shown=True)


def _equip(cls: Any, fields: Mapping[str, Field], *, order: bool) -> None:
    """Give ``cls`` what does not depend on whether it is frozen, unless it has its own."""
    values = _reader([name for name, one in fields.items() if one.compare])
    shown = [name for name, one in fields.items() if one.shown]
    cls.__value_key__ = staticmethod(values)
    _give(cls, "__repr__", _shower(shown))
    _give(cls, "__eq__", _comparer(values, tuple.__eq__))
    if order:
        _give(cls, "__lt__", _comparer(values, tuple.__lt__))
        _give(cls, "__le__", _comparer(values, tuple.__le__))
        _give(cls, "__gt__", _comparer(values, tuple.__gt__))
        _give(cls, "__ge__", _comparer(values, tuple.__ge__))


def _give(cls: type, name: str, function: Any) -> None:
    if name not in cls.__dict__:
        setattr(cls, name, function)


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function from an instance to the tuple of those fields."""
    if not names:
        return lambda _: ()
    read = attrgetter(*names)
    if len(names) > 1:
        return read
    return lambda instance: (read(instance),)


def _shower(names: list[str]) -> Callable[[Any], str]:
    def show(self: Any) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({shown})"

    return show


def _comparer(values: Any, compare: Any) -> Callable[[Any, object], Any]:
    def compare_values(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare(values(self), values(other))

    return compare_values


def _initialise(cls: Any, fields: Mapping[str, Field], *, positional: int) -> None:
    names = tuple(fields)
    # The slots themselves: a frozen class refuses everything else.
    setters = tuple(getattr(cls, name).__set__ for name in names)

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807 - it becomes that
        if len(args) > positional:
            raise TypeError(f"{cls.__name__} takes {positional} values by position")
        for setter, value in zip(setters, args, strict=False):
            setter(self, value)
        for place in range(len(args), len(names)):
            name = names[place]
            value = given.pop(name) if name in given else _default(cls, name, fields[name])
            setters[place](self, value)
        if given:
            raise TypeError(f"{cls.__name__}: {', '.join(given)} given twice or no field")

    cls.__init__ = __init__


def _default(cls: type, name: str, one: Field) -> Any:
    if one.factory is not _MISSING:
        return one.factory()
    if one.default is _MISSING:
        raise TypeError(f"{cls.__name__} needs a value for {name}")
    return one.default


def _freeze(cls: Any) -> None:
    # A class body with __eq__ of its own leaves None here.
    if cls.__dict__.get("__hash__") is None:
        key = cls.__value_key__
        cls.__hash__ = lambda self: hash(key(self))
    cls.__setattr__ = _refuse_change
    cls.__delattr__ = _refuse_change
    cls.__reduce__ = lambda self: (_restore, (type(self), _state(self)))


def _refuse_change(_self: object, name: str, _value: object = None) -> None:
    from dataclasses import FrozenInstanceError  # start-up time

    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(instance: Any) -> tuple[Any, ...]:
    return tuple(getattr(instance, name) for name in instance.__value_fields__)


def _restore(cls: Any, state: tuple[Any, ...]) -> Any:
    instance = cls.__new__(cls)
    for name, value in zip(cls.__value_fields__, state, strict=True):
        getattr(cls, name).__set__(instance, value)
    return instance


class StandardFields:
    """What ``dataclasses.fields``, ``asdict`` and ``replace`` read; made when first asked for."""

    def __get__(self, instance: object, cls: Any) -> Mapping[str, Any]:
        import dataclasses  # start-up time

        described = [(name, object, _standard(one)) for name, one in cls.__value_fields__.items()]
        made: Any = dataclasses.make_dataclass(cls.__name__, described, kw_only=True)
        fields: Mapping[str, Any] = made.__dataclass_fields__
        return fields


def _standard(one: Field) -> Any:
    import dataclasses  # start-up time

    stated: dict[str, Any] = {"compare": one.compare, "repr": one.shown}
    if one.factory is not _MISSING:
        stated["default_factory"] = one.factory
    elif one.default is not _MISSING:
        stated["default"] = one.default
    return dataclasses.field(**stated)
