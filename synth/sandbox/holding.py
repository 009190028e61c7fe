"""Tests without their expectations: what is compared with a literal is recorded, and compared on the host.

A process that never holds what is expected of it cannot make it up. In the text of every test the assertion
`assert X == 5` becomes `assert _held_(7, (X))`: the job notes the value of X under the number 7 and goes on, and
`Expectation.meets` decides afterwards. Line by line the text stays what it was.
"""

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Complex
from typing import Any, cast

from synth.records import CodeFile
from synth.sandbox.asserting import Assertion
from synth.sandbox.finding import Site, find
from synth.sandbox.literals import APPROX
from synth.sandbox.source import Edit, Source, dotted, edited, last_name, literal, parse

RECORDER = "_held_"
"""The name that the job gives a meaning to: `_held_(number, value) -> True`."""
_NONE = object()
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARK = "\ufeff"
_KINDS: dict[str, tuple[type, ...]] = {
    "assertEqual": (object,),
    "assertEquals": (object,),
    "assertListEqual": (list,),
    "assertTupleEqual": (tuple,),
    "assertDictEqual": (dict,),
    "assertSetEqual": (set,),
    "assertMultiLineEqual": (str,),
}
"""Assertions of equality, and the types they ask for."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one assertion expects of each value that is recorded under its number."""

    value: object
    identical: bool
    """Whether it must be the very same `True`, `False` or `None`."""
    relative: float | None
    """How far a number may be from `value`, as a share of it; with `absolute` the larger of the two holds."""
    absolute: float | None
    ids: frozenset[str]
    """The tests that the assertion is part of, without parameters."""
    certain: bool
    """Whether each passing run of each of these tests comes to it."""
    times: int = 1
    """How often at least, where that is certain."""

    def meets(self, value: object) -> bool:
        """Whether a value, made of Python's own types, is what the assertion asks for. Never raises."""
        try:
            if self.identical:
                return type(value) is type(self.value) and value == self.value
            if self.relative is None and self.absolute is None:
                return bool(value == self.value)
            return self._near(value, self.value)
        except Exception:  # noqa: BLE001 - a comparison of strange values may raise anything
            return False

    def _near(self, value: object, expected: object) -> bool:
        if isinstance(expected, dict):
            if not isinstance(value, dict) or value.keys() != expected.keys():
                return False
            return all(self._near(value[key], one) for key, one in expected.items())
        if isinstance(expected, list | tuple):
            if not isinstance(value, list | tuple) or len(value) != len(expected):
                return False
            return all(map(self._near, value, expected))
        if value == expected:
            return True
        if not isinstance(expected, int | float | complex) or not isinstance(value, Complex | Decimal):
            return False
        if math.isinf(abs(expected)):
            return False
        difference = abs(cast(Any, expected) - value)
        return bool(difference <= max((self.relative or 0.0) * abs(expected), self.absolute or 0.0))


@dataclass(frozen=True, slots=True)
class Held:
    """Test files that record, and what they have to record by number."""

    tests: tuple[CodeFile, ...]
    expected: Mapping[int, Expectation]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an assertion compares: the side that is recorded, and what the other side asks of it."""

    side: ast.expr
    value: object
    identical: bool = False
    relative: float | None = None
    absolute: float | None = None


def hold(tests: Sequence[CodeFile], runnable: Sequence[str]) -> Held:
    """Take the expectations out of the test files at the paths `runnable`.

    Numbers are those that `canaries.plan_rounds` counts by for the same files. Never raises.
    """
    texts: dict[str, str] = {}
    expected: dict[int, Expectation] = {}
    by_path: dict[str, list[Site]] = {}
    for site in find(tests, runnable):
        by_path.setdefault(site.source.path, []).append(site)
    for path, sites in by_path.items():
        source = sites[0].source
        if RECORDER in source.text:
            continue
        edits, found = _Holder(source).hold(sites)
        text = edited(source.text, edits)
        if edits and parse(text.removeprefix(_MARK)) is not None:
            texts[path] = text
            expected |= found
    held = tuple(file.model_copy(update={"text": texts.get(file.path, file.text)}) for file in tests)
    return Held(held, expected)


class _Holder:
    """Rewrites the assertions of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def hold(self, sites: Sequence[Site]) -> tuple[list[Edit], dict[int, Expectation]]:
        """The edits, which do not overlap, and what is expected then."""
        edits: list[Edit] = []
        expected: dict[int, Expectation] = {}
        open_: set[int] = set()
        asserts: dict[int, ast.Assert] = {}
        for site in sites:
            certain = site.fixed and bool(site.ids)
            for assertion in site.own:
                statement, number, asked = assertion.statement, assertion.number, self._asked(assertion)
                if asked is None or number is None:
                    open_.add(id(statement))
                    continue
                edits += self._rewrite(assertion, number, asked)
                if isinstance(statement, ast.Assert):
                    asserts[id(statement)] = statement
                expected[number] = _expectation(asked, site, assertion, certain=certain)
        edits += [edit for key, one in asserts.items() if key not in open_ for edit in self._silence(one)]
        return edits, expected

    def _asked(self, assertion: Assertion) -> _Asked | None:
        """What the assertion asks for; None where it does not compare with a literal."""
        statement, node = assertion.statement, assertion.node
        if assertion.guarded:
            return None
        match statement, node:
            case ast.Assert(), ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                return self._asked_by_equality(left, right)
            case ast.Assert(), ast.Compare(left=left, ops=[ast.Is()], comparators=[right]):
                return _asked_by_identity(left, right)
            case ast.Expr(value=value), ast.Call() if value is node:
                return self._asked_by_call(node)
        return None

    def _asked_by_equality(self, left: ast.expr, right: ast.expr) -> _Asked | None:
        for side, other in ((right, left), (left, right)):
            if last_name(other) == "approx":
                continue
            if isinstance(side, ast.Call) and self._source.origin(side.func) == "pytest.approx":
                return _asked_by_approx(side, other)
            value = self._literal(side)
            if value is not _NONE:
                return _Asked(other, value)
        return None

    def _asked_by_call(self, call: ast.Call) -> _Asked | None:
        """Of a call on the test case."""
        name, given = last_name(call), call.args
        if dotted(call.func) != f"self.{name}" or any(isinstance(one, ast.Starred) for one in given):
            return None
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if name == "assertIsNone" and given:
            return _Asked(given[0], None, identical=True) if named.keys() <= {"msg"} and len(given) <= 2 else None
        if len(given) < 2:
            return None
        if name == "assertAlmostEqual":
            return self._asked_by_places(given, named)
        if not named.keys() <= {"msg"} or len(given) > 3:
            return None
        if name == "assertIs":
            return _asked_by_identity(given[0], given[1])
        if name not in _KINDS:
            return None
        for side, other in ((given[1], given[0]), (given[0], given[1])):
            value = self._literal(side)
            if value is not _NONE and isinstance(value, _KINDS[name]):
                return _Asked(other, value)
        return None

    def _asked_by_places(self, given: Sequence[ast.expr], named: Mapping[str | None, ast.expr]) -> _Asked | None:
        """Of `assertAlmostEqual`."""
        sizes = dict(zip(("places", "msg", "delta"), given[2:], strict=False)) | dict(named)
        if len(given) > 5 or not sizes.keys() <= {"places", "msg", "delta"}:
            return None
        places, delta = _size(sizes.get("places")), _size(sizes.get("delta"))
        if _is_odd(places) or _is_odd(delta) or (places is not None and delta is not None):
            return None
        for side, other in ((given[1], given[0]), (given[0], given[1])):
            value = self._literal(side)
            if _is_number(value):
                near = _half(7.0 if places is None else places) if delta is None else delta
                return _Asked(other, value, absolute=near)
        return None

    def _literal(self, node: ast.expr) -> object:
        return _NONE if isinstance(node, ast.Call) and "set" in self._source.bound else _value(node)

    def _rewrite(self, assertion: Assertion, number: int, asked: _Asked) -> list[Edit]:
        """Record the side that is asked about; as many lines before it and after it as there were."""
        node, text = assertion.node, self._source.text
        start, end = self._source.span(node)
        first, last = self._source.span(asked.side)
        if not isinstance(assertion.statement, ast.Expr):
            space = " " if text[max(start - 1, 0) : start].isidentifier() else ""
            opening = f"{space}{RECORDER}({number}, ({_lines(text[start:first])}"
            return [Edit(start, first, opening), Edit(last, end, f"{_lines(text[last:end])}))")]
        assert isinstance(node, ast.Call)
        name_end = self._source.span(node.func)[1]
        opening = f"({RECORDER}({number}, ({_lines(text[name_end:first])}"
        return [
            Edit(name_end - len(last_name(node)), name_end, "assertTrue"),
            Edit(name_end, first, opening),
            Edit(last, end, f"{_lines(text[last:end])})))"),
        ]

    def _silence(self, statement: ast.Assert) -> list[Edit]:
        """Take the message out, which may tell what was expected."""
        if statement.msg is None:
            return []
        start, end = self._source.span(statement.msg)
        return [Edit(start, end, f'(""{_lines(self._source.text[start:end])})')]


def _expectation(asked: _Asked, site: Site, assertion: Assertion, *, certain: bool) -> Expectation:
    return Expectation(
        value=asked.value,
        identical=asked.identical,
        relative=asked.relative,
        absolute=asked.absolute,
        ids=frozenset(site.ids),
        certain=certain and assertion.times > 0,
        times=max(assertion.times, 1),
    )


def _asked_by_identity(left: ast.expr, right: ast.expr) -> _Asked | None:
    for side, other in ((right, left), (left, right)):
        if isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, bool)):
            return _Asked(other, side.value, identical=True)
    return None


def _asked_by_approx(call: ast.Call, other: ast.expr) -> _Asked | None:
    """Of `other == approx(...)`, where all that it is given is written out."""
    given = dict(zip(("expected", "rel", "abs"), call.args, strict=False))
    given |= {keyword.arg or "": keyword.value for keyword in call.keywords}
    if len(call.args) > 3 or not given.keys() <= {"expected", "rel", "abs"} or "expected" not in given:
        return None
    value = _value(given["expected"])
    relative, absolute = _size(given.get("rel")), _size(given.get("abs"))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
    if _is_odd(relative) or _is_odd(absolute) or not all(map(_is_number, inner)):
        return None
    if relative is None and absolute is None:
        relative = APPROX.relative
    return _Asked(other, value, relative=relative, absolute=APPROX.absolute if absolute is None else absolute)


def _value(node: ast.expr) -> object:
    """The value of a literal; `_NONE` where it is none."""
    try:
        return literal(node)
    except ValueError:
        return _NONE


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def _size(node: ast.expr | None) -> float | None:
    """A number of at least 0, as a float; None where nothing is given, NaN where it is something else."""
    value = None if node is None else _value(node)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e300:
        return math.nan
    return float(value)


def _is_odd(size: float | None) -> bool:
    return size is not None and math.isnan(size)


def _half(places: float) -> float:
    """How far numbers are apart at most that are the same when rounded to so many places."""
    return 0.5 * math.pow(10.0, -min(places, 300.0))


def _lines(text: str) -> str:
    """The ends of lines in a text."""
    return "".join(_LINE_END.findall(text))
