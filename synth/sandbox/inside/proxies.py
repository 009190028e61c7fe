"""What the tests hold instead of the solution's modules, classes, functions and objects: stand-ins that ask for all.

Comparisons are never asked for: where a class has its own, the tests cannot be judged apart.
"""

# ruff: noqa: ANN401 - values of every type pass through here

import os
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any, Protocol

from synth.sandbox.inside.names import (
    COMPARE,
    CONTAINING,
    HIDDEN,
    LOCAL,
    OF_ERRORS,
    REMOTE,
    TAKEN_APART,
    TELLING,
    WAITING,
)

HANDLE = " handle"
"""Key of the number in a stand-in's own dict; no attribute can be asked for by a name with a space in tests."""


class Session(Protocol):
    """The driver's side of the link."""

    def ask(self, operation: str, handle: int, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Have the candidate do something; its value, or its exception raised."""

    def give_up(self, reason: str) -> BaseException:
        """Note that the tests cannot be judged apart, and why; the exception to raise."""


_sessions: list[Session] = []
_registering: list[type] = []


def use(session: Session) -> None:
    """Have all stand-ins ask this session from now on."""
    _sessions[:] = [session]


def ask(operation: str, thing: Any, name: str = "", arguments: tuple[Any, ...] = (), **named: Any) -> Any:
    """Have the candidate do something with what `thing` stands for."""
    __tracebackhide__ = True
    return _sessions[0].ask(operation, handle_of(thing), name, arguments, named)


def give_up(reason: str) -> BaseException:
    """The exception that ends a job that cannot be judged apart."""
    return _sessions[0].give_up(reason)


def register(abstract: Any, kind: type) -> None:
    """Make a stand-in a virtual subclass of one of `collections.abc`, which its class derives from."""
    _registering.append(kind)
    try:
        abstract.register(kind)
    finally:
        _registering.pop()


def handle_of(thing: Any) -> int:
    """The number of what a stand-in stands for."""
    if isinstance(thing, type):
        found: int = type.__getattribute__(thing, "__dict__")[HANDLE]
        return found
    found = object.__getattribute__(thing, "__dict__")[HANDLE]
    return found


class ProxyMeta(type):
    """The type of stand-ins for classes."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any], **named: Any) -> "ProxyMeta":
        """Refuse `class Mine(SolutionClass)` in the tests."""
        raise give_up("the tests derive a class from one of the solution")

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        """Make an object."""
        __tracebackhide__ = True
        return _sessions[0].ask("call", handle_of(cls), "", arguments, named)

    def __getattribute__(cls, name: str) -> Any:
        """Ask for the class's attribute; what Python needs of a type is at hand."""
        __tracebackhide__ = True
        if name[:2] == "__" and name not in REMOTE:
            try:
                return type.__getattribute__(cls, name)
            except AttributeError:
                if name in HIDDEN:
                    raise
        found = ask("get", cls, name)
        if name in TAKEN_APART:
            raise give_up("the tests take an object of the solution apart")
        return found

    def __setattr__(cls, name: str, value: Any) -> None:
        """Set the class's attribute."""
        if name in ("__abstractmethods__", "__module__"):
            type.__setattr__(cls, name, value)
            return
        ask("set", cls, name, (value,))

    def __delattr__(cls, name: str) -> None:
        """Delete the class's attribute."""
        ask("del", cls, name)

    def __instancecheck__(cls, instance: Any) -> bool:
        """By the order of bases; a class that decides it in its own way cannot be asked."""
        if type.__instancecheck__(cls, instance):
            return True
        if type.__getattribute__(cls, "__dict__").get(" virtual"):
            raise give_up("a class of the solution decides itself what its instances are")
        return False

    def __subclasscheck__(cls, subclass: type) -> bool:
        """By the order of bases."""
        if type.__subclasscheck__(cls, subclass):
            return True
        of_solution = isinstance(subclass, ProxyMeta)
        if of_solution and not _registering and type.__getattribute__(cls, "__dict__").get(" virtual"):
            raise give_up("a class of the solution decides itself what its instances are")
        return False


class ContainerMeta(ProxyMeta):
    """The type of stand-ins for classes that are containers themselves, such as enumerations."""

    def __iter__(cls) -> Any:
        """Iterate over the class."""
        return ask("meta", cls, "__iter__")

    def __len__(cls) -> int:
        """Length of the class."""
        length: int = ask("meta", cls, "__len__")
        return length

    def __getitem__(cls, key: Any) -> Any:
        """A member by name."""
        return ask("item", cls, "", (key,))

    def __contains__(cls, key: Any) -> bool:
        """Whether it is a member."""
        return bool(ask("meta", cls, "__contains__", (key,)))

    def __reversed__(cls) -> Any:
        """Iterate backwards."""
        return ask("meta", cls, "__reversed__")

    def __bool__(cls) -> bool:
        """Classes are true."""
        return True


class Method:
    """A method of a solution's object, looked up where it is called."""

    __slots__ = ("__name__", "__self__")

    def __init__(self, owner: Any, name: str) -> None:
        self.__self__ = owner
        self.__name__ = name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it."""
        __tracebackhide__ = True
        return _sessions[0].ask("meth", handle_of(self.__self__), self.__name__, arguments, named)

    def __eq__(self, other: object) -> bool:
        """Methods are alike where name and object are."""
        return isinstance(other, Method) and self.__self__ is other.__self__ and self.__name__ == other.__name__

    def __hash__(self) -> int:
        return hash((id(self.__self__), self.__name__))

    def __repr__(self) -> str:
        return f"<bound method {type(self.__self__).__qualname__}.{self.__name__}>"

    def __getattr__(self, name: str) -> Any:
        """What else the method has."""
        if name in HIDDEN:
            raise AttributeError(name)
        return getattr(ask("get", self.__self__, self.__name__), name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse to be copied or pickled."""
        raise give_up("the tests copy or pickle an object of the solution")


def _get(self: Any, name: str) -> Any:
    __tracebackhide__ = True
    if name in LOCAL and (name not in OF_ERRORS or isinstance(self, BaseException)):
        return object.__getattribute__(self, name)
    kind = type.__getattribute__(type(self), "__dict__")
    if name in kind[" methods"]:
        return Method(self, name)
    if name in HIDDEN:
        raise AttributeError(name)
    if " base" in kind and name not in kind[" own"] and name[:2] != "__" and hasattr(kind[" base"], name):
        return object.__getattribute__(self, name)
    found = ask("get", self, name)
    if name in TAKEN_APART:
        raise give_up("the tests take an object of the solution apart")
    return found


def _set(self: Any, name: str, value: Any) -> None:
    if isinstance(self, BaseException) and name in LOCAL:
        object.__setattr__(self, name, value)
    else:
        ask("set", self, name, (value,))


def _del(self: Any, name: str) -> None:
    ask("del", self, name)


def _reduce(self: Any, protocol: Any = 0) -> Any:
    raise give_up("the tests copy or pickle an object of the solution")


def _dir(self: Any) -> Any:
    return ask("op", self, "__dir__")


CORE: dict[str, Any] = {
    "__getattribute__": _get,
    "__setattr__": _set,
    "__delattr__": _del,
    "__reduce_ex__": _reduce,
    "__reduce__": _reduce,
    "__dir__": _dir,
}
"""In every stand-in's class itself, because a builtin base would come first."""

Proxy: Any = type.__new__(
    ProxyMeta, "Proxy", (object,), {**CORE, " methods": frozenset(), " own": frozenset(), HANDLE: -1}
)
"""The base of all stand-ins for objects."""


def forward(name: str) -> Callable[..., Any]:
    """A special method that asks the candidate."""
    if name in COMPARE or name == "__hash__":
        return _refused("the tests compare objects of the solution that define how they compare")
    if name in WAITING:
        return _refused("the tests wait for a coroutine of the solution")
    if name == "__exit__":
        return _leave
    if name == "__contains__":
        return _contains
    if name in TELLING:
        return _operator(name)

    def special(self: Any, *arguments: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        return _sessions[0].ask("op", handle_of(self), name, arguments, named)

    return special


def _contains(self: Any, item: Any) -> bool:
    """Whether the object says it holds `item`; one that also says it holds what nobody gave it is not believed."""
    __tracebackhide__ = True
    if not ask("op", self, "__contains__", (item,)):
        return False
    chance = os.urandom(12).hex()
    others: dict[type, Any] = {int: int(chance, 16), str: chance, bytes: chance.encode(), float: int(chance, 16) + 0.0}
    other = others.get(type(item))
    return other is None or not ask("op", self, "__contains__", (other,))


def _refused(reason: str) -> Callable[..., Any]:
    def refuse(self: Any, *arguments: Any) -> Any:
        raise give_up(reason)

    return refuse


def _operator(name: str) -> Callable[..., Any]:
    def operate(self: Any, other: Any, *more: Any) -> Any:
        __tracebackhide__ = True
        if not isinstance(type(other), ProxyMeta):
            # "result - expected == 0" is a comparison that the result's own class would decide.
            raise give_up("the tests reckon with an object of the solution and a value of their own")
        return ask("op", self, name, (other, *more))

    return operate


def _leave(self: Any, kind: Any, error: BaseException | None, trace: TracebackType | None) -> Any:
    __tracebackhide__ = True
    common = (Exception, SystemExit, KeyboardInterrupt, GeneratorExit)
    if error is None or (isinstance(error, common) and not isinstance(error, AssertionError)):
        return ask("op", self, "__exit__", (kind, error, None))
    # The solution may clean up after a failed assertion, but neither read it nor keep it from failing the test.
    ask("op", self, "__exit__", (AssertionError, AssertionError(), None))
    return False


def bind(self: Any, instance: Any, owner: Any = None) -> Any:
    """Refuse a function of the solution as a method of a class of the tests."""
    if instance is None or isinstance(type(instance), ProxyMeta):
        return self
    raise give_up("the tests use a function of the solution as a method")


class ModuleProxy(ModuleType):
    """Stands for a module of the solution."""

    def __init__(self, name: str, handle: int) -> None:
        super().__init__(name)
        object.__getattribute__(self, "__dict__")[HANDLE] = handle

    def __getattribute__(self, name: str) -> Any:
        """Ask for the attribute; what imports need is at hand."""
        __tracebackhide__ = True
        if name[:2] == "__" and name not in ("__all__", "__doc__", "__dict__"):
            try:
                return object.__getattribute__(self, name)
            except AttributeError:
                if name in HIDDEN or name in CONTAINING:
                    raise
        if name == "__dict__":
            raise give_up("the tests look into a module of the solution")
        return ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Let the import machinery do its work, and no one else."""
        if name[:2] == "__":
            object.__setattr__(self, name, value)
        elif not isinstance(value, ModuleProxy):
            raise give_up("the tests change a module of the solution")

    def __delattr__(self, name: str) -> None:
        raise give_up("the tests change a module of the solution")

    def __dir__(self) -> Any:
        return ask("dir", self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise give_up("the tests copy or pickle a module of the solution")
