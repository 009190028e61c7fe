"""Changes of literal values in program text: certainly another value, of the same type and look."""

import ast
import math
import random
import re
import string
from dataclasses import dataclass
from functools import cached_property

from synth.sandbox.source import Edit, Source, dotted, last_name, literal

_MOST_TRIED = 40
_LONG_NUMBER = 15
_LONG_TEXT = 200
_LINES = re.compile(r"[\r\n]")
_NONE = object()
_DISPLAYS: dict[type[ast.expr], type] = {ast.List: list, ast.Tuple: tuple, ast.Dict: dict, ast.Set: set}
_CONTAINERS = frozenset(_DISPLAYS.values())
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two numbers may be apart and still count as equal."""

    relative: float = 0.0
    absolute: float = 0.0

    def beyond(self, value: float) -> float:
        """How far a number must be from `value` so that nothing is equal to both."""
        return 2 * (self.relative * abs(value) + self.absolute) / (1 - self.relative)


APPROX = Tolerance(1e-6, 1e-12)
"""What `pytest.approx` allows by default."""
EXACT = Tolerance()


class Literals:
    """Changes literals of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def change(self, node: ast.expr, chance: random.Random, tolerance: Tolerance = EXACT) -> Edit | None:
        """An edit that makes the value of `node` another one, whatever it is compared with; None where not sure.

        tolerance: of the comparison; then only numbers are changed, and by more than that.
        """
        edit = self._exchange(node, chance, tolerance) or self._change(node, chance, tolerance)
        if edit is None:
            return None
        start, end = self._source.span(node)
        before = self._source.text[start:end]
        after = before[: edit.start - start] + edit.new + before[edit.end - start :]
        try:
            same = literal(before) == literal(after)
        except ValueError:
            return edit
        return None if same else edit

    def _exchange(self, node: ast.expr, chance: random.Random, tolerance: Tolerance) -> Edit | None:
        """Another value that the file expects elsewhere, which no look at the value alone tells from the right one."""
        kind = _kind(node)
        if kind is None or (tolerance != EXACT and kind not in (int, float)):
            return None
        value = _value(node)
        found = [text for text, other in self._expected.get(kind, {}).items() if _differ(value, other, tolerance)]
        if not found or len(_LINES.findall(self._source.cut(node))):
            return None
        return Edit(*self._source.span(node), chance.choice(found))

    @cached_property
    def _expected(self) -> dict[type, dict[str, object]]:
        """The literals that stand where a value is compared or a parameter is given: text and value by type."""
        found: dict[type, dict[str, object]] = {}
        waiting = [node for one in self._source.nodes for node in _expectations(one)]
        while waiting:
            node = waiting.pop()
            kind = _kind(node)
            if kind is not None and kind not in _CONTAINERS:
                found.setdefault(kind, {})[self._source.cut(node)] = _value(node)
            elif kind is not None and isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
                text = self._source.cut(node)
                if not _LINES.search(text) and (kind is not tuple or text.startswith("(")):
                    found.setdefault(kind, {})[text] = _value(node)
                waiting += node.values if isinstance(node, ast.Dict) else node.elts
        for texts in found.values():
            for text in [text for text in texts if len(text) > _LONG_TEXT or _LINES.search(text)]:
                del texts[text]
        return found

    def _change(self, node: ast.expr, chance: random.Random, tolerance: Tolerance) -> Edit | None:
        match node:
            case ast.Constant():
                new = _constant(self._source.cut(node), node.value, chance, tolerance)
                return None if new is None else Edit(*self._source.span(node), new)
            case ast.UnaryOp(
                op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float() as value) as number
            ):
                return None if isinstance(value, bool) else self._change(number, chance, tolerance)
            case ast.List() | ast.Tuple():
                return self._in_sequence(node, chance, tolerance)
            case ast.Set(elts=elements) if all(isinstance(element, ast.Constant) for element in elements):
                return self._in_any(elements, chance, tolerance)
            case ast.Dict():
                return self._in_dict(node, chance, tolerance)
            case ast.Call(args=[ast.Constant() as only], keywords=[]) if dotted(node.func).endswith("Decimal"):
                return self._in_decimal(only, chance, tolerance)
        return None

    def _in_any(self, nodes: list[ast.expr], chance: random.Random, tolerance: Tolerance) -> Edit | None:
        """Change one of the nodes."""
        for node in chance.sample(nodes, min(len(nodes), _MOST_TRIED)):
            edit = self.change(node, chance, tolerance)
            if edit is not None:
                return edit
        return None

    def _in_sequence(self, node: ast.List | ast.Tuple, chance: random.Random, tolerance: Tolerance) -> Edit | None:
        if any(isinstance(element, ast.Starred) for element in node.elts):
            return None
        edit = self._in_any(node.elts, chance, tolerance)
        if edit is not None or tolerance != EXACT:
            return edit
        if not node.elts:
            return Edit(*self._source.span(node), "[0]" if isinstance(node, ast.List) else "(0,)")
        last, end = self._source.cut(node.elts[-1]), self._source.span(node.elts[-1])[1]
        return Edit(end, end, f", {last}") if "\n" not in last else None

    def _in_dict(self, node: ast.Dict, chance: random.Random, tolerance: Tolerance) -> Edit | None:
        keys = [key for key in node.keys if isinstance(key, ast.Constant)]
        if len(keys) != len(node.keys) or len({key.value for key in keys}) != len(keys):
            return None
        if not keys and tolerance == EXACT:
            return Edit(*self._source.span(node), "{0: 1}")
        edit = self._in_any(node.values, chance, tolerance)
        return edit or (self._in_any([*keys], chance, EXACT) if tolerance == EXACT else None)

    def _in_decimal(self, node: ast.Constant, chance: random.Random, tolerance: Tolerance) -> Edit | None:
        text = self._source.cut(node)
        if not re.fullmatch(r"""(["']?)-?\d+(\.\d+)?\1""", text):
            return None
        try:
            value = float(text.strip("\"'"))
        except (ValueError, OverflowError):
            return None
        for new in _with_another_character(text, chance):
            if abs(float(new.strip("\"'")) - value) > max(tolerance.beyond(value), 1e-9 * abs(value)):
                return Edit(*self._source.span(node), new)
        return None


def _expectations(node: ast.AST) -> list[ast.expr]:
    """Where in the node expected values stand."""
    match node:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            return [left, right]
        case ast.Call(args=[first, second, *_]) if "qual" in last_name(node):
            return [first, second]
        case ast.Call(args=[_, ast.List(elts=rows) | ast.Tuple(elts=rows)]) if last_name(node) == "parametrize":
            return rows
        case ast.Call(args=[only, *_]) if last_name(node) == "approx":
            return [only]
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return [value]
    return []


def _kind(node: ast.expr) -> type | None:
    """The type of a literal for which another may stand; None for what is none, and where there are too few values."""
    match node:
        case ast.Constant(value=value):
            return type(value) if type(value) in (int, float, str, bytes) else None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if type(value) in (int, float):
            return type(value)
    kind = next((kind for tree, kind in _DISPLAYS.items() if isinstance(node, tree)), None)
    return kind if kind is not None and _value(node) is not _NONE else None


def _value(node: ast.expr) -> object:
    """The value of a literal; `_NONE` where it is none."""
    try:
        return literal(node)
    except ValueError:
        return _NONE


def _differ(one: object, other: object, tolerance: Tolerance) -> bool:
    """Whether nothing is equal to both."""
    if tolerance == EXACT or not isinstance(one, int | float) or not isinstance(other, int | float):
        return one != other
    try:
        size = max(abs(float(one)), abs(float(other)))
        return abs(one - other) > tolerance.beyond(size) and math.isfinite(size) and tolerance.relative < 0.5
    except OverflowError:
        return False


def _constant(text: str, value: object, chance: random.Random, tolerance: Tolerance) -> str | None:
    """Another literal for the constant written as `text`."""
    if isinstance(value, bool):
        return str(not value) if tolerance == EXACT else None
    if isinstance(value, int | float):
        return _number(text, value, chance, tolerance)
    if isinstance(value, str | bytes) and tolerance == EXACT:
        return _letters(text, value, chance)
    return None


def _number(text: str, value: float, chance: random.Random, tolerance: Tolerance) -> str | None:
    try:
        size = abs(float(value))
    except OverflowError:
        size = math.inf
    if tolerance != EXACT and (not math.isfinite(size) or tolerance.relative >= 0.5):
        return None
    least = 0.0 if tolerance == EXACT else tolerance.beyond(size)
    if isinstance(value, int) and text.isdecimal() and len(text) <= _LONG_NUMBER:
        step = chance.randint(1, 3) + math.ceil(least)
        return str(value - step if value > step and chance.random() < 0.5 else value + step)
    for new in _with_another_character(text, chance):
        number = _number_of(new)
        if type(number) is type(value) and abs(number - value) > least:
            return new
    return None if tolerance == EXACT else _shifted(text, value, least + chance.randint(1, 3))


def _shifted(text: str, value: float, step: float) -> str:
    if isinstance(value, int):
        return str(value + math.ceil(step))
    if re.fullmatch(r"\d+\.\d+", text):
        return f"{value + step:.{len(text.partition('.')[2])}f}"
    return repr(value + step)


def _number_of(text: str) -> float:
    """The number that the text is; NaN where it is none."""
    try:
        value = literal(text)
    except (ValueError, OverflowError):
        return math.nan
    return value if isinstance(value, int | float) else math.nan


def _letters(text: str, value: str | bytes, chance: random.Random) -> str | None:
    if not value:
        opening = re.fullmatch(r"""([A-Za-z]{0,2})('{3}|"{3}|'|")\2""", text)
        return None if opening is None else f"{opening[1]}{opening[2]}{chance.choice('abcdex')}{opening[2]}"
    for new in _with_another_character(text, chance):
        try:
            other = literal(new)
        except ValueError:
            continue
        if type(other) is type(value) and _differ_once(value, other):
            return new
    return None


def _differ_once(one: str | bytes, other: object) -> bool:
    """Whether the two are as long as each other and differ in one place."""
    assert isinstance(other, str | bytes)
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _with_another_character(text: str, chance: random.Random) -> list[str]:
    """Texts in which one letter or digit, in random places, has become another of its kind."""
    places = [
        place
        for place, sign in enumerate(text)
        if sign.isascii() and sign.isalnum() and not (place and text[place - 1] == "\\")
    ]
    found = []
    for place in chance.sample(places, min(len(places), _MOST_TRIED)):
        alphabet = next(letters for letters in _ALPHABETS if text[place] in letters)
        others = [letter for letter in alphabet if letter != text[place]]
        found.append(text[:place] + chance.choice(others) + text[place + 1 :])
    return found
