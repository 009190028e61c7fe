"""Serves the solution to the driver, in the solution's own process. Whatever it says is believed by nobody."""

# ruff: noqa: ANN401 - values of every type pass through here

import contextlib
import importlib
import inspect
import linecache
import mmap
import operator
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable
from types import AsyncGeneratorType, CoroutineType, MethodType, ModuleType
from typing import Any

from synth.sandbox.inside import errors, wire
from synth.sandbox.inside.codec import Codec, Unfit
from synth.sandbox.inside.describing import bases_of, facts_of, plain, value_base
from synth.sandbox.inside.sharing import BY_TYPE

MOST_FRAMES = 10
MOST_CAUSES = 3
_LATE = "a function, which the solution calls after its own call has ended"
_COPY = "a function, which the solution calls from another process"


class Candidate(Codec):
    """The solution's side of the link."""

    def __init__(self, link: int, folder: str) -> None:
        super().__init__(link, first=1)
        self._folder = os.path.realpath(folder)
        self._things: list[Any] = []
        self._handles: dict[int, int] = {}
        self._foreign: dict[int, Any] = {}
        self._foreign_ids: dict[int, list[Any]] = {}
        self._owner = os.getpid()
        self._turn = threading.RLock()
        self._asked = 0
        self._late = mmap.mmap(-1, 1)
        """Shared with processes that the solution forks: set where tests and solution cannot be apart."""

    def serve(self) -> None:
        """Answer until the driver closes its end."""
        while (message := wire.receive(self.link)) is not None:
            self._answer(message)

    def _answer(self, message: list[Any]) -> None:
        self._asked += 1
        kind, value = self._work(message)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        if os.getpid() != self._owner:
            os._exit(0)
        with self._turn:
            self._asked -= 1
            try:
                if self._late[0]:
                    raise Unfit(_COPY if self._late[0] == 1 else _LATE)
                self.send(self._raised(value) if kind == "raise" else ["ok", self._told(kind, value)])
            except Unfit as reason:
                self.shared = type(self.shared)(1)
                self.classes, self.objects = [], []
                self.send(["apart", f"the tests and the solution exchange {reason}"])

    def _work(self, message: list[Any]) -> tuple[str, Any]:
        operation, handle, name, given, words = self.take(message)
        arguments = [self.decode(part) for part in given]
        named = {self.decode(key): self.decode(value) for key, value in zip(words[::2], words[1::2], strict=True)}
        thing = self._things[handle] if operation != "import" else None
        try:
            return operation, OPERATIONS[operation](thing, name, arguments, named)
        except BaseException as error:  # noqa: BLE001 - the solution's exceptions are the driver's to raise
            return "raise", error

    def _told(self, operation: str, value: Any) -> Any:
        return self._module(value) if operation == "import" else self.encode(value)

    def call_back(self, number: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call a function of the tests, while the driver waits for an answer."""
        if os.getpid() != self._owner:
            self._late[0] = 1
            raise RuntimeError(_COPY)
        with self._turn:
            if not self._asked:
                self._late[0] = 2
                raise RuntimeError(_LATE)
            words = [part for key, value in named.items() for part in (self.encode(key), self.encode(value))]
            self.send(["callback", number, [self.encode(part) for part in arguments], words])
            while True:
                message = wire.receive(self.link)
                if message is None:
                    os._exit(0)
                if message[0][0] not in ("ok", "raise"):
                    self._answer(message)
                    continue
                kind, content = self.take(message)
                value = self.decode(content)
                if kind == "raise":
                    raise value
                return value

    def encode_other(self, value: Any) -> Any:
        """Things of the driver as its own, exceptions by value, everything else by handle."""
        if id(value) in self._foreign_ids:
            return self._foreign_ids[id(value)]
        kind = type(value)
        if kind in errors.NAMES:
            return errors.by_value(value, self.encode)
        if isinstance(value, type) and value in errors.NAMES:
            return ["X", errors.NAMES[value]]
        if (
            kind is MethodType
            and type(value.__self__) not in (type, ModuleType)
            and not isinstance(value.__self__, type)
        ):
            name = value.__name__
            if getattr(type(value.__self__), name, None) is value.__func__:
                return ["bm", self._handle(value.__self__), name]
        if kind in (CoroutineType, AsyncGeneratorType):
            raise Unfit("a coroutine")
        if kind is ModuleType and self._is_own(value):
            return self._module(value)
        return ["o", self._handle(value)]

    def decode_other(self, tag: Any, value: list[Any]) -> Any:
        """What the driver speaks of."""
        if tag == "o":
            return self._things[value[1]]
        if tag == "bm":
            return getattr(self._things[value[1]], value[2])
        if tag == "X":
            return errors.KNOWN[value[1]]
        if tag == "N":
            return operator.attrgetter(value[2])(importlib.import_module(value[1]))
        if tag == "re":
            return re.compile(self.decode(value[1]), value[2])
        number = value[1]
        if number not in self._foreign:
            made = self._make_foreign(tag, value)
            self._foreign[number] = made
            self._foreign_ids[id(made)] = ["own", number]
        return self._foreign[number]

    def _make_foreign(self, tag: str, value: list[Any]) -> Any:
        if tag == "own":
            return object()
        if tag == "fn":
            return _function(self, *value[1:])
        error = errors.from_value(value[3], self.decode)
        if value[4]:
            made = type(value[2], (type(error),), {"__module__": "tests"})
            error = made.__new__(made, *error.args)
        return error

    def _handle(self, value: Any) -> int:
        handle = self._handles.get(id(value))
        if handle is not None:
            return handle
        if isinstance(value, type):
            return self._tell_class(value)
        kind = self._handle(type(value))
        base = value_base(type(value))
        if base in BY_TYPE:
            handle = self._add(value)
            content: Any = self.shared.number(value, "o")
        elif base is not None:
            content = self.encode(plain(value, base))
            handle = self._add(value)
        elif isinstance(value, BaseException):
            handle = self._add(value)
            content = [self.encode(part) for part in value.args]
        else:
            handle = self._add(value)
            content = None
        self.objects.append([handle, kind, content])
        return handle

    def _tell_class(self, kind: type) -> int:
        bases = [base if isinstance(base, str) else self._handle(base) for base in bases_of(kind)]
        name, full, module, special, methods, hashed, container, virtual, abstract, own = facts_of(kind)
        handle = self._add(kind)
        facts = [handle, name, full, module, bases, special, methods, hashed, container, virtual, abstract, own]
        self.classes.append(facts)
        return handle

    def _add(self, value: Any) -> int:
        self._things.append(value)
        self._handles[id(value)] = len(self._things) - 1
        return len(self._things) - 1

    def _module(self, module: ModuleType) -> list[Any]:
        handle = self._handles.get(id(module))
        if handle is None:
            handle = self._add(module)
            self.objects.append([handle, None, [module.__name__, hasattr(module, "__path__")]])
        return ["o", handle]

    def _is_own(self, module: ModuleType) -> bool:
        place = getattr(module, "__file__", None)
        known = isinstance(place, str) and os.path.realpath(place).startswith(f"{self._folder}/")
        return known and sys.modules.get(module.__name__) is module and module.__name__ != "__main__"

    def _raised(self, error: BaseException) -> list[Any]:
        causes: list[Any] = []
        cause = error.__cause__
        while cause is not None and len(causes) < MOST_CAUSES:
            causes.append(self.encode(cause))
            cause = cause.__cause__
        trace = self._trace(error)
        error.__traceback__ = None
        return ["raise", self.encode(error), causes, trace]

    def _trace(self, error: BaseException) -> str:
        lines = []
        for frame, line in traceback.walk_tb(error.__traceback__):
            place = frame.f_code.co_filename
            if place.startswith(f"{self._folder}/"):
                source = linecache.getline(place, line).strip()[:200]
                lines.append(f"{os.path.relpath(place, self._folder)}:{line}: in {frame.f_code.co_name}\n    {source}")
        return "\n".join(lines[-MOST_FRAMES:])


def serve(link: int, folder: str) -> None:
    """Answer the driver on the socket `link` until it closes its end. Modules are imported when asked for."""
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    candidate = Candidate(link, folder)
    with contextlib.suppress(wire.Broken):
        candidate.serve()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _special(thing: Any, name: str, given: list[Any], named: dict[str, Any]) -> Any:
    if name == "__exit__" and given[1] is not None:
        given = [type(given[1]), given[1], None]
    if name == "__dir__":
        return dir(thing)
    return getattr(type(thing), name)(thing, *given, **named)


def _get(thing: Any, name: str, given: list[Any], named: dict[str, Any]) -> Any:
    if isinstance(thing, ModuleType) and name == "__all__" and not hasattr(thing, "__all__"):
        return [public for public in vars(thing) if not public.startswith("_")]
    return getattr(thing, name)


OPERATIONS: dict[str, Callable[[Any, str, list[Any], dict[str, Any]], Any]] = {
    "import": lambda thing, name, given, named: importlib.import_module(name),
    "get": _get,
    "set": lambda thing, name, given, named: setattr(thing, name, given[0]),
    "del": lambda thing, name, given, named: delattr(thing, name),
    "call": lambda thing, name, given, named: thing(*given, **named),
    "meth": lambda thing, name, given, named: getattr(thing, name)(*given, **named),
    "op": _special,
    "meta": lambda thing, name, given, named: getattr(type(thing), name)(thing, *given),
    "item": lambda thing, name, given, named: thing[given[0]],
    "dir": lambda thing, name, given, named: dir(thing),
}


def _function(candidate: Candidate, number: int, name: str, parameters: Any) -> Callable[..., Any]:
    """A function that calls one of the tests', and looks like it to whoever counts its parameters."""

    def callback(*arguments: Any, **named: Any) -> Any:
        return candidate.call_back(number, arguments, named)

    callback.__name__ = callback.__qualname__ = name
    callback.__module__ = "tests"
    if parameters is not None:
        kinds = list(inspect._ParameterKind)
        listed = [
            inspect.Parameter(n, kinds[k], default=None if d else inspect.Parameter.empty) for n, k, d in parameters
        ]
        callback.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    return callback
