"""What the candidate tells the driver about its classes. None of it is trusted: the solution's process says it."""

# ruff: noqa: ANN401 - values of every type pass through here

import collections.abc
import enum
from types import FunctionType
from typing import Any

from synth.sandbox.inside.errors import NAMES
from synth.sandbox.inside.names import COMPARE, FORWARDED
from synth.sandbox.inside.sharing import BY_TYPE
from synth.sandbox.inside.values import TYPE_NAMES

VALUES = (int, float, str, bytes, tuple, complex, frozenset)
"""Builtin types whose subclasses cross with their value."""
BUILTIN = frozenset({*VALUES, *BY_TYPE})
_ABSTRACT = {getattr(collections.abc, name): name for name in collections.abc.__all__}


def bases_of(kind: type) -> list[Any]:
    """The bases of a class: names of those that both sides know, else the classes themselves."""
    found: list[Any] = []
    for base in kind.__bases__:
        if base in NAMES:
            found.append(NAMES[base])
        elif base in BUILTIN:
            found.append(TYPE_NAMES[base])
        elif base is not object:
            found.append(base)
    return found


def facts_of(kind: type) -> list[Any]:
    """Name, qualified name, module, special methods, methods and what else a stand-in must know, without the bases."""
    own = {name: value for name, value in vars(kind).items() if isinstance(name, str)}
    special = [name for name in own if name in FORWARDED | COMPARE or name == "__class_getitem__"]
    order = kind.__mro__
    hooked = any(
        "__getattribute__" in vars(base) for base in order[:-1] if isinstance(vars(base).get("__module__"), str)
    )
    methods = [] if hooked else [name for name, value in own.items() if type(value) is FunctionType]
    meta = type(kind)
    container = any(hasattr(meta, name) for name in ("__iter__", "__len__", "__getitem__", "__contains__"))
    virtual = meta.__instancecheck__ is not type.__instancecheck__ and not issubclass(meta, enum.EnumMeta)
    abstract = [_ABSTRACT[base] for base in order if base in _ABSTRACT]
    return [
        *(kind.__name__, kind.__qualname__, str(getattr(kind, "__module__", "builtins"))),
        *(sorted(name for name in special if own[name] is not None), [name for name in methods if name[:2] != "__"]),
        *(own.get("__hash__") is not None, container, virtual, abstract),
        None if hooked else [name for name in own if name[:2] != "__"],
    ]


def value_base(kind: type) -> type | None:
    """The builtin type whose value an object of this class holds; None where it holds none."""
    for base in kind.__mro__:
        if base in BUILTIN:
            return base
    return None


def plain(value: Any, base: type) -> Any:
    """The value of an object of a subclass of a builtin type, as exactly that type, by the builtin's own methods."""
    if base is int:
        return int.__add__(value, 0)
    if base is float:
        return float.__pos__(value) if float.__ne__(value, value) else float.__mul__(value, 1.0)
    if base is str:
        return str.__str__(value)
    if base is bytes:
        return bytes(memoryview(value))
    if base is complex:
        return complex.__pos__(value)
    if base is tuple:
        return tuple(tuple.__iter__(value))
    return frozenset(frozenset.__iter__(value))
