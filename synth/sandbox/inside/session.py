"""The driver's side of the link: asks the candidate, makes stand-ins of what it tells, and believes nothing."""

# ruff: noqa: ANN401 - values of every type pass through here

import collections.abc
import select
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NoReturn

from synth.sandbox.inside import errors, proxies, wire
from synth.sandbox.inside.codec import Codec, Unfit, identifier
from synth.sandbox.inside.names import COMPARE, FORWARDED
from synth.sandbox.inside.report import NotApart, cut
from synth.sandbox.inside.sharing import BY_TYPE
from synth.sandbox.inside.values import PATTERN, TYPES

MOST_TRACES = 50
BASES: dict[str, type] = {
    name: kind for name, kind in TYPES.items() if kind not in (bool, range, slice, type(None), object, type)
}
ABSTRACT = frozenset(collections.abc.__all__)
RUBBISH = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError, RecursionError)
"""What decoding raises for a message that no honest candidate sends."""


class Ended(BaseException):
    """The candidate's process ended or broke the protocol. Not an `Exception`: no test may expect it."""


class Session(Codec):
    """Everything that the driver knows about one candidate."""

    def __init__(self, link: int, modules: frozenset[str] = frozenset()) -> None:
        super().__init__(link, first=0)
        self.apart: str | None = None
        self.ended: str | None = None
        self.memory = False
        self.traces: dict[str, str] = {}
        """Where in the solution an exception came from, by the exception's own words."""
        self.modules: dict[str, proxies.ModuleProxy] = {}
        self.packages: set[str] = set()
        self._names = modules
        self._early = select.poll()
        self._early.register(link, select.POLLIN)
        self._things: dict[int, Any] = {}
        self._own: list[Any] = []
        self._own_numbers: dict[Any, int] = {}

    def ask(self, operation: str, handle: int, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Have the candidate do something; its value, or its exception raised. Raises `NotApart` and `Ended`."""
        __tracebackhide__ = True
        self._alive()
        if self._early.poll(0):
            self._end("it closed its end of the link, or spoke without being asked")
        try:
            given = [self.encode(part) for part in arguments]
            words = [part for key, value in named.items() for part in (self.encode(key), self.encode(value))]
            self.send([operation, handle, name, given, words])
        except Unfit as error:
            raise self.give_up(f"the tests and the solution exchange {error}") from None
        except wire.Broken as error:
            self._end(str(error))
        while True:
            kind, content = self._next()
            if kind == "ok":
                return content
            if kind == "callback":
                self._call_back(*content)
                continue
            if isinstance(content, StopIteration) and name not in ("__next__", "send", "throw"):
                # It would end a loop of the tests early, as if all had been well.
                content = RuntimeError("the solution raised StopIteration")
            raise content

    def give_up(self, reason: str) -> NotApart:
        """Note that the tests cannot be judged apart, and why; the exception to raise."""
        self.apart = self.apart or cut(reason)
        return NotApart(self.apart)

    def module(self, name: str) -> proxies.ModuleProxy:
        """Have the candidate import a module; raises what that raises."""
        found = self.ask("import", 0, name, (), {})
        if not isinstance(found, proxies.ModuleProxy) or found.__name__ != name:
            self._end("an import that gave no module")
        return found

    def encode_other(self, value: Any) -> Any:
        """Stand-ins as what they stand for; functions and sentinels of the tests by number."""
        kind = type(value)
        if kind is proxies.Method:
            return ["bm", proxies.handle_of(value.__self__), value.__name__]
        if isinstance(kind, proxies.ProxyMeta) or isinstance(value, (proxies.ProxyMeta, proxies.ModuleProxy)):
            return ["o", proxies.handle_of(value)]
        if isinstance(value, BaseException):
            return self._encode_error(value)
        if isinstance(value, type) and value in errors.NAMES:
            return ["X", errors.NAMES[value]]
        if kind is PATTERN:
            return ["re", self.encode(value.pattern), value.flags]
        named = _public(value)
        if named is not None:
            return ["N", *named]
        if kind is object:
            return ["own", self._number(id(value), value)]
        if kind in (FunctionType, MethodType, BuiltinFunctionType) or _is_made_function(value):
            return self._encode_function(value)
        raise Unfit(f"an object of type {kind.__name__}")

    def decode_other(self, tag: Any, value: list[Any]) -> Any:
        """What the candidate speaks of. Raises as `Codec.decode`."""
        if tag == "o":
            return self._things[value[1]]
        if tag == "own":
            return self._own[_natural(value[1])]
        if tag == "X":
            return errors.KNOWN[value[1]]
        if tag == "e":
            error = errors.from_value(value, self.decode)
            self.memory |= isinstance(error, MemoryError)
            return error
        if tag == "bm":
            owner = self._things[value[1]]
            return proxies.Method(owner, identifier(value[2]))
        raise ValueError("an unknown tag")

    def meet_class(self, facts: Any) -> None:
        """Make the stand-in of a class."""
        handle, name, full, module, bases, special, methods, hashed, meta, virtual, abstract, own = facts
        if type(handle) is not int or handle in self._things:
            raise ValueError("a class that is known")
        known = [self._base(base) for base in bases]
        space: dict[str, Any] = {**proxies.CORE, proxies.HANDLE: handle, " virtual": bool(virtual)}
        names = {part for part in special if type(part) is str}
        space |= {part: proxies.forward(part) for part in names & (FORWARDED | COMPARE)}
        if "__eq__" in names:
            space["__ne__"] = space["__eq__"]
            space["__hash__"] = proxies.forward("__hash__") if hashed else None
        if "__class_getitem__" in names:
            space["__class_getitem__"] = classmethod(lambda cls, key: proxies.ask("item", cls, "", (key,)))
        if name == "function" and module == "builtins":
            space["__get__"] = proxies.bind
        space[" methods"] = frozenset(exact_names(methods))
        space[" own"] = None if own is None else frozenset(exact_names(own))
        space["__module__"] = identifier(module.replace(".", "_")) if type(module) is not str else module
        space["__qualname__"] = full if type(full) is str else "Unnamed"
        made = _make_class(identifier(name), known, space, bool(meta))
        for base in abstract:
            if base in ABSTRACT:
                proxies.register(getattr(collections.abc, base), made)
        self._things[handle] = made

    def meet_object(self, facts: Any) -> None:
        """Make the stand-in of an object, a module or an exception."""
        handle, kind, content = facts
        if type(handle) is not int or handle in self._things:
            raise ValueError("an object that is known")
        if kind is None:
            name, package = content
            if type(name) is not str or name.partition(".")[0] not in self._names:
                raise ValueError("a module that is not the solution's")
            self._things[handle] = self.modules[name] = proxies.ModuleProxy(name, handle)
            if package:
                self.packages.add(name)
            return
        made = self._make(self._things[kind], content)
        object.__getattribute__(made, "__dict__")[proxies.HANDLE] = handle
        self._things[handle] = made

    def _make(self, kind: Any, content: Any) -> Any:
        if not issubclass(type(kind), proxies.ProxyMeta):
            raise ValueError("an object of no class")
        order = type.__getattribute__(kind, "__mro__")
        base: Any = next(base for base in order if not isinstance(base, proxies.ProxyMeta))
        if base is object:
            return base.__new__(kind)
        if issubclass(base, BaseException):
            made = base.__new__(kind)
            made.args = tuple([self.decode(part) for part in content])
            return made
        if base in BY_TYPE:
            made = base.__new__(kind)
            self.shared.adopt(content, "o", made)
            return made
        value = self.decode(content)
        if type(value) is not base:
            raise ValueError("a value of the wrong type")
        return base.__new__(kind, value)

    def _base(self, base: Any) -> type:
        if type(base) is int:
            found = self._things[base]
            if not isinstance(found, type):
                raise ValueError("a base that is no class")
            return found
        return errors.KNOWN[base] if base in errors.KNOWN else BASES[base]

    def _next(self) -> tuple[str, Any]:
        """The next message: `ok` with the value, `raise` with the exception, `callback` with its parts."""
        try:
            message = wire.receive(self.link)
            if message is None:
                self._end("its end of the link was closed")
            body = self.take(message)
            kind = body[0]
            if kind == "ok":
                return kind, self.decode(body[1])
            if kind == "raise":
                return kind, self._error(body)
            if kind == "callback":
                function = self._own[_natural(body[1])]
                given = [self.decode(part) for part in body[2]]
                words = {
                    self.decode(key): self.decode(value) for key, value in zip(body[3][::2], body[3][1::2], strict=True)
                }
                return kind, (function, given, words)
            if kind != "apart":
                raise ValueError("an unknown answer")
        except wire.Broken as error:
            self._end(str(error))
        except RUBBISH as error:
            self._end(f"it answered with rubbish: {error}")
        raise self.give_up(str(body[1]))

    def _error(self, body: list[Any]) -> BaseException:
        error = self.decode(body[1])
        if not isinstance(error, BaseException):
            raise ValueError("an exception that is none")
        last = error
        for part in body[2][:3]:
            cause = self.decode(part)
            if not isinstance(cause, BaseException) or cause is last:
                raise ValueError("a cause that is none")
            last.__cause__ = cause
            last = cause
        if len(self.traces) < MOST_TRACES and type(body[3]) is str and not isinstance(type(error), proxies.ProxyMeta):
            self.traces[f"{type(error).__name__}: {BaseException.__str__(error)}"[:200]] = cut(body[3])
        return error

    def _call_back(self, function: Any, given: list[Any], words: dict[str, Any]) -> None:
        try:
            try:
                answer = ["ok", self.encode(function(*given, **words))]
            except (NotApart, Ended, Unfit):
                raise
            except BaseException as error:  # noqa: BLE001 - it is the candidate's to handle, as in one process
                answer = ["raise", self._encode_error(error)]
            self._alive()
            self.send(answer)
        except Unfit as error:
            raise self.give_up(f"the tests and the solution exchange {error}") from None
        except wire.Broken as error:
            self._end(str(error))

    def _encode_error(self, error: BaseException) -> Any:
        kind = type(error)
        if isinstance(kind, proxies.ProxyMeta):
            return ["o", proxies.handle_of(error)]
        known = next(base for base in kind.__mro__ if base in errors.NAMES)
        number = self._number(id(error), error)
        # What an assertion says would tell the candidate what was expected.
        silent = isinstance(error, AssertionError) or not issubclass(kind, Exception)
        arguments = [] if silent and known is not SystemExit else [self.encode(part) for part in error.args]
        if kind is known and not silent and issubclass(kind, OSError):
            return ["te", number, kind.__name__, errors.by_value(error, self.encode), None]
        return ["te", number, kind.__name__, ["e", errors.NAMES[known], arguments, []], kind is not known]

    def _encode_function(self, value: Any) -> Any:
        code = getattr(value, "__code__", None)
        if code is not None and code.co_flags & 0x2A0:
            raise Unfit("a generator or coroutine of the tests")
        owner = getattr(value, "__self__", None)
        key = id(value) if owner is None else (id(owner), value.__name__)
        name = getattr(value, "__name__", "partial")
        return ["fn", self._number(key, value), name, _parameters(value)]

    def _number(self, key: Any, value: Any) -> int:
        number = self._own_numbers.get(key)
        if number is None:
            number = self._own_numbers[key] = len(self._own)
            self._own.append(value)
        return number

    def _alive(self) -> None:
        if self.apart is not None:
            raise NotApart(self.apart)
        if self.ended is not None:
            raise Ended(f"the solution's process ended while it was called ({self.ended})")

    def _end(self, reason: str) -> NoReturn:
        self.ended = self.ended or cut(reason)
        raise Ended(f"the solution's process ended while it was called ({self.ended})") from None


def exact_names(names: Any) -> list[str]:
    """Names that are strings. Raises ValueError."""
    if any(type(name) is not str for name in names):
        raise ValueError("names were due")
    found: list[str] = names
    return found


def _make_class(name: str, bases: list[type], space: dict[str, Any], container: bool) -> Any:
    meta = proxies.ContainerMeta if container else proxies.ProxyMeta
    meta = proxies.ContainerMeta if any(isinstance(base, proxies.ContainerMeta) for base in bases) else meta
    if not any(isinstance(base, proxies.ProxyMeta) for base in bases):
        bases = [proxies.Proxy, *bases]
    methods = space[" methods"].union(*(vars_of(base).get(" methods", ()) for base in bases))
    space[" methods"] = methods - ((space[" own"] or set()) - space[" methods"])
    inherited = [vars_of(base).get(" own") for base in bases if isinstance(base, proxies.ProxyMeta)]
    space[" own"] = None if None in (space[" own"], *inherited) else space[" own"].union(*inherited)
    create: Callable[..., Any] = type.__new__
    made = create(meta, name, tuple(bases), space)
    order = type.__getattribute__(made, "__mro__")
    base = next(base for base in order if not isinstance(base, proxies.ProxyMeta))
    if base is not object and not issubclass(base, BaseException) and space[" own"] is not None:
        type.__setattr__(made, " base", base)
    return made


def vars_of(kind: type) -> Any:
    """A class's own dict, never asked for across the link."""
    return type.__getattribute__(kind, "__dict__")


def _natural(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise ValueError("a number was due")
    return number


def _is_made_function(value: Any) -> bool:
    return getattr(type(value), "__module__", None) in ("functools", "operator") and callable(value)


def _public(value: Any) -> tuple[str, str] | None:
    """Module and name of a function or class of the standard library; None for the tests' own."""
    if isinstance(getattr(value, "__self__", None), (list, dict, set, bytearray, str, bytes, tuple)):
        return None
    owner = getattr(value, "__objclass__", None)
    name = getattr(value, "__qualname__", None)
    module = owner.__module__ if isinstance(owner, type) else getattr(value, "__module__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    if module.partition(".")[0] not in sys.stdlib_module_names or module == "__main__":
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is value else None


def _parameters(value: Any) -> Any:
    """Names and kinds of a plain function's parameters, so that the solution can count them; None for others."""
    if type(value) is MethodType:
        inner = _parameters(value.__func__)
        return inner[1:] if inner else None
    if type(value) is not FunctionType:
        return None
    code = value.__code__
    count = code.co_argcount
    names = code.co_varnames
    open_from = count - len(value.__defaults__ or ())
    found = [
        [name, 0 if place < code.co_posonlyargcount else 1, place >= open_from]
        for place, name in enumerate(names[:count])
    ]
    place = count + code.co_kwonlyargcount
    only = [[name, 3, name in (value.__kwdefaults__ or {})] for name in names[count:place]]
    if code.co_flags & 4:
        found.append([names[place], 2, False])
        place += 1
    rest = [[names[place], 4, False]] if code.co_flags & 8 else []
    return [*found, *only, *rest]
