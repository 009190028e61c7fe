"""Mutable containers that driver and candidate both hold: each side's own object, kept alike by every message.

A container gets a number when it first crosses. With each message a side sends the contents that it changed, and the
receiver writes them into its own object, so that aliases and changes in place look as in one process. A container that
only the table itself still refers to is forgotten on both sides.
"""

# ruff: noqa: ANN401 - values of every type pass through here

import json
import operator
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from synth.sandbox.inside import arrays
from synth.sandbox.inside.values import TYPE_NAMES, TYPES, Decode, Encode, exact, packed, unpacked

MOST_SHARED = 5000

Parts = list[Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one type of container is taken apart and filled; `base` methods are called, never overridden ones."""

    name: str
    base: type
    parts: Callable[[Any], Parts]
    fill: Callable[[Any, Parts], None]


def _list_fill(thing: list[Any], parts: Parts) -> None:
    list.__setitem__(thing, slice(None), parts)


def _pairs(base: Any) -> Callable[[Any], Parts]:
    def parts(thing: Any) -> Parts:
        found: Parts = []
        for pair in base.items(thing):
            found += pair
        return found

    return parts


def _pairs_fill(base: Any) -> Callable[[Any, Parts], None]:
    def fill(thing: Any, parts: Parts) -> None:
        base.clear(thing)
        put = base.__setitem__
        for place in range(0, len(parts), 2):
            put(thing, parts[place], parts[place + 1])

    return fill


def _set_fill(thing: set[Any], parts: Parts) -> None:
    fresh = set(parts)
    set.clear(thing)
    set.update(thing, fresh)


def _deque_fill(thing: deque[Any], parts: Parts) -> None:
    deque.clear(thing)
    deque.extend(thing, parts)


def _bytes_fill(thing: bytearray, parts: Parts) -> None:
    bytearray.__setitem__(thing, slice(None), exact(parts[0], bytes))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("l", list, lambda thing: list(list.__iter__(thing)), _list_fill),
        Kind("m", dict, _pairs(dict), _pairs_fill(dict)),
        Kind("s", set, lambda thing: list(set.__iter__(thing)), _set_fill),
        Kind("q", deque, lambda thing: list(deque.__iter__(thing)), _deque_fill),
        Kind("b", bytearray, lambda thing: [bytes(memoryview(thing))], _bytes_fill),
        Kind("om", OrderedDict, _pairs(OrderedDict), _pairs_fill(OrderedDict)),
        Kind("cm", Counter, _pairs(dict), _pairs_fill(dict)),
        Kind("dm", defaultdict, _pairs(dict), _pairs_fill(dict)),
    )
}
BY_TYPE: dict[type, Kind] = {kind.base: kind for kind in KINDS.values()}


def options(thing: Any) -> Any:
    """What an empty copy needs beside its type. Raises `ValueError` where that cannot cross."""
    if type(thing) is deque:
        return thing.maxlen
    if type(thing) is defaultdict and thing.default_factory is not None:
        if thing.default_factory not in TYPE_NAMES:
            raise ValueError("a defaultdict with a factory of its own")
        return TYPE_NAMES[thing.default_factory]
    return None


def empty(name: str, option: Any) -> Any:
    """An empty container of the kind. Raises ValueError or KeyError for what no honest side sends."""
    if name in arrays.KINDS:
        return arrays.make(name)
    if name == "q":
        return deque(maxlen=exact(option, int, type(None)))
    if name == "dm":
        return defaultdict(None if option is None else TYPES[option])
    return KINDS[name].base()


class Entry:
    """One shared container, and its contents when both sides last had the same."""

    __slots__ = ("kind", "last", "number", "sent", "thing")

    def __init__(self, number: int, kind: str, thing: Any) -> None:
        self.number = number
        self.kind = kind
        self.thing = thing
        self.last: Any = None
        self.sent = -1
        """The message that last spoke of it."""


class Shared:
    """One side's table. `first` is 0 or 1, so that numbers of the two sides never meet."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._turn = 0
        self._by_number: dict[int, Entry] = {}
        self._by_id: dict[int, Entry] = {}
        self._fresh: list[Entry] = []
        lone = Entry(0, "l", [])
        self._alone = sys.getrefcount(lone.thing)

    def __len__(self) -> int:
        return len(self._by_number)

    def number(self, thing: Any, kind: str) -> int:
        """The container's number; it is sent with the message under way where it is new."""
        entry = self._by_id.get(id(thing))
        if entry is None:
            entry = self._add(self._next, kind, thing)
            self._next += 2
            self._fresh.append(entry)
        entry.sent = self._turn
        return entry.number

    def thing(self, number: int) -> Any:
        """The container of a number. Raises KeyError."""
        return self._by_number[number].thing

    def adopt(self, number: int, kind: str, thing: Any) -> None:
        """Note a container that the other side numbered. Raises ValueError where the number is not one of its own."""
        if type(number) is not int or number in self._by_number or number % 2 == self._next % 2:
            raise ValueError("a number of ours")
        self._add(number, kind, thing)

    def changes(self, encode: Encode) -> tuple[list[Any], list[Any], list[int]]:
        """Of the message under way: containers made, contents that changed, numbers that are forgotten."""
        made: list[Any] = []
        fills: list[Any] = []
        gone: list[int] = []
        for entry in list(self._by_number.values()):
            if entry.last is None:
                continue
            self._compare(entry, encode, fills)
            if entry.sent != self._turn and sys.getrefcount(entry.thing) <= self._alone:
                gone.append(entry.number)
        while self._fresh:
            entry = self._fresh.pop()
            if entry.kind != "o":
                made.append([entry.number, entry.kind, options(entry.thing)])
            self._compare(entry, encode, fills)
        # What a later container spoke of must stay.
        gone = [number for number in gone if self._by_number[number].sent != self._turn]
        self.forget(gone)
        self._turn += 1
        return made, fills, gone

    def fill(self, number: int, content: Any, decode: Decode) -> None:
        """Write what the other side sent into the container. Raises KeyError, ValueError and the like for rubbish."""
        entry = self._by_number[number]
        if entry.kind in arrays.KINDS:
            if entry.last is None:
                del self._by_id[id(entry.thing)]
                entry.thing = arrays.build(entry.kind, content, decode)
                self._by_id[id(entry.thing)] = entry
            else:
                arrays.fill(entry.thing, entry.kind, content, decode)
            entry.last = json.dumps(content)
            return
        kind = _kind(entry)
        if kind.name == "b":
            kind.fill(entry.thing, [unpacked(content[0])])
        else:
            kind.fill(entry.thing, [decode(part) for part in content])
        entry.last = kind.parts(entry.thing)

    def whole(self, number: int) -> bool:
        """Whether the container is kept alike as a whole, and made by its contents. Raises KeyError."""
        return self._by_number[number].kind in arrays.KINDS

    def forget(self, numbers: Iterable[int]) -> None:
        """Drop containers from the table."""
        for number in numbers:
            entry = self._by_number.pop(number, None)
            if entry is not None:
                del self._by_id[id(entry.thing)]

    def _add(self, number: int, kind: str, thing: Any) -> Entry:
        entry = Entry(number, kind, thing)
        self._by_number[number] = entry
        self._by_id[id(thing)] = entry
        return entry

    def _compare(self, entry: Entry, encode: Encode, fills: list[Any]) -> None:
        if entry.kind in arrays.KINDS:
            content = arrays.content(entry.thing, entry.kind, encode)
            written = json.dumps(content)
            if written != entry.last:
                fills.append([entry.number, content])
                entry.last = written
            return
        kind = _kind(entry)
        parts = kind.parts(entry.thing)
        last = entry.last
        if kind.name == "b":
            if parts != last:
                fills.append([entry.number, [packed(parts[0])]])
                entry.last = parts
        elif last is None or len(parts) != len(last) or not all(map(operator.is_, parts, last)):
            fills.append([entry.number, [encode(part) for part in parts]])
            entry.last = parts


def _kind(entry: Entry) -> Kind:
    if entry.kind != "o":
        return KINDS[entry.kind]
    for base in type.__dict__["__mro__"].__get__(type(entry.thing)):
        if base in BY_TYPE:
            return BY_TYPE[base]
    raise ValueError("an object without contents")
