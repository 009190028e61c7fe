"""What driver and candidate have in common: messages with values, shared containers and news about them.

A message is `[body, made, fills, gone, classes, objects]`: the request or answer, new containers, contents that
changed, containers to forget, and, from the candidate alone, classes and objects that are spoken of for the first time.
"""

# ruff: noqa: ANN401 - values of every type pass through here

import re
from typing import Any

from synth.sandbox.inside import arrays, wire
from synth.sandbox.inside.sharing import BY_TYPE, MOST_SHARED, Shared, empty
from synth.sandbox.inside.values import DECODERS, ENCODERS, MOST_DEEP, PLAIN_INTEGER, TYPE_NAMES, TYPES, number, text

ARRAY_TAGS = frozenset({"ns", "nd", "pn", "pt", "pd", "pi"})


class Unfit(Exception):
    """A value does not cross; the text says which."""


class Codec:
    """One side of the link."""

    def __init__(self, link: int, first: int) -> None:
        self.link = link
        self.shared = Shared(first)
        self.classes: list[Any] = []
        self.objects: list[Any] = []
        self._deep = 0

    def encode(self, value: Any) -> Any:
        """A value as JSON. Raises `Unfit`."""
        kind = type(value)
        if kind is str:
            return value if value.isascii() else text(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -PLAIN_INTEGER < value < PLAIN_INTEGER else ["i", hex(value)]
        if kind is float:
            return number(value)
        if kind in BY_TYPE:
            return ["r", self.shared.number(value, BY_TYPE[kind].name)]
        if self._deep > MOST_DEEP:
            raise Unfit("a value that is nested too deeply")
        self._deep += 1
        try:
            if kind is tuple:
                return ["t", *map(self.encode, value)]
            if kind in ENCODERS:
                return ENCODERS[kind](value, self.encode)
            return self._encode_array(value) or self._encode_type(value) or self.encode_other(value)
        except ValueError as error:
            raise Unfit(str(error)) from None
        finally:
            self._deep -= 1

    def decode(self, value: Any) -> Any:
        """The value of `encode`. Raises ValueError, TypeError, KeyError and the like for rubbish."""
        if type(value) is not list:
            if type(value) is dict:
                raise ValueError("an object of JSON")
            return value
        tag = value[0]
        if tag == "r":
            return self.shared.thing(value[1])
        if tag in DECODERS:
            return DECODERS[tag](value[1:], self.decode)
        if tag == "T":
            return TYPES[value[1]]
        if tag in ARRAY_TAGS:
            return arrays.unscalar(tag, value[1:], self.decode)
        return self.decode_other(tag, value)

    def encode_other(self, value: Any) -> Any:
        """A value that is not plain. Raises `Unfit`."""
        raise NotImplementedError

    def decode_other(self, tag: Any, value: list[Any]) -> Any:
        """The value of the other side's `encode_other`."""
        raise NotImplementedError

    def send(self, body: list[Any]) -> None:
        """Send one message, its values encoded already. Raises `Unfit` and `wire.Broken`."""
        try:
            made, fills, gone = self.shared.changes(self.encode)
        except ValueError as error:
            raise Unfit(str(error)) from None
        if len(self.shared) > MOST_SHARED:
            raise Unfit(f"more than {MOST_SHARED} lists, dicts and the like at a time")
        message = [body, made, fills, gone, self.classes, self.objects]
        self.classes, self.objects = [], []
        try:
            wire.send(self.link, message)
        except (wire.TooLarge, RecursionError) as error:
            raise Unfit(str(error)) from None

    def take(self, message: list[Any]) -> list[Any]:
        """Apply the news of a message; its body, values still encoded. Raises as `decode`."""
        body, made, fills, gone, classes, objects = message
        for place, kind, option in made:
            self.shared.adopt(place, kind, empty(kind, option))
        for facts in classes:
            self.meet_class(facts)
        for facts in objects:
            self.meet_object(facts)
        for whole in (True, False):
            for place, content in fills:
                if self.shared.whole(place) is whole:
                    self.shared.fill(place, content, self.decode)
        self.shared.forget(gone)
        if type(body) is not list or not body or type(body[0]) is not str:
            raise ValueError("a message without a body")
        return body

    def meet_class(self, facts: Any) -> None:
        """Learn about a class of the other side."""
        raise ValueError("a class from the wrong side")

    def meet_object(self, facts: Any) -> None:
        """Learn about an object of the other side."""
        raise ValueError("an object from the wrong side")

    def _encode_array(self, value: Any) -> Any:
        kind = arrays.container(value)
        if kind is not None:
            return ["r", self.shared.number(value, kind)]
        return arrays.scalar(value, self.encode)

    def _encode_type(self, value: Any) -> Any:
        if isinstance(value, type) and type(value) is type and value in TYPE_NAMES:
            return ["T", TYPE_NAMES[value]]
        return None


def identifier(name: Any) -> str:
    """A name fit for a class of ours. Raises ValueError for what is not a string."""
    if type(name) is not str:
        raise ValueError("a name was due")
    return name if len(name) < 200 and re.fullmatch(r"\w+", name) else "Unnamed"
