"""One change of one assertion that an honest run must fail, made to look like what was written (see `canaries`)."""

import ast
import builtins
import random
import re
from collections.abc import Iterator, Sequence

from synth.sandbox.asserting import RAISES, WARNS, Assertion
from synth.sandbox.literals import APPROX, EXACT, Literals, Tolerance
from synth.sandbox.source import COMPARISONS, Edit, Function, Source, dotted, find_operator, last_name, literal

_NAMELESS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Call)
"""Parameters whose values are not part of a test's id, which must not tell what was altered."""
_CONTRARIES = {
    "assertEqual": "assertNotEqual",
    "assertTrue": "assertFalse",
    "assertIn": "assertNotIn",
    "assertIs": "assertIsNot",
    "assertIsNone": "assertIsNotNone",
    "assertIsInstance": "assertNotIsInstance",
    "assertAlmostEqual": "assertNotAlmostEqual",
    "assertRegex": "assertNotRegex",
    "assertGreater": "assertLessEqual",
    "assertLess": "assertGreaterEqual",
}
_CALLED_WITH = frozenset({"assert_called_with", "assert_called_once_with"})
_CONTRARIES |= {contrary: name for name, contrary in _CONTRARIES.items()}
_CONTRARIES |= {"assertListEqual": "assertNotEqual", "assertTupleEqual": "assertNotEqual"}
_CONTRARIES |= {"assertDictEqual": "assertNotEqual", "assertSetEqual": "assertNotEqual"}
_CONTRARIES |= {"assert_called": "assert_not_called", "assert_called_once": "assert_not_called"}
_CONTRARIES |= {"assert_not_called": "assert_called"}
_CONTRARIES |= {"assertMultiLineEqual": "assertNotEqual", "assertEquals": "assertNotEqual"}
_EQUALITIES = frozenset(
    {"assertEqual", "assertEquals", "assertListEqual", "assertTupleEqual", "assertDictEqual", "assertSetEqual"}
    | {"assertMultiLineEqual", "assertSequenceEqual", "assertCountEqual", "assert_equal", "assert_array_equal"}
)
_LIKELY = ("ZeroDivisionError", "IndexError", "FileNotFoundError", "ConnectionError")
_UNLIKELY = ("BufferError", "ReferenceError", "FloatingPointError", "UnboundLocalError", "BlockingIOError")
"""Exceptions that no class of a person derives from."""
_WARNINGS = ("BytesWarning", "ImportWarning", "UnicodeWarning", "EncodingWarning")
_ROOTS: tuple[type[BaseException], ...] = (Exception, BaseException, Warning)


class Twister:
    """Alters assertions of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._literals = Literals(source)
        self._used: dict[int, dict[str, list[ast.Name]]] = {}

    def twist(self, assertion: Assertion, owner: Function | ast.Module, chance: random.Random) -> list[Edit]:
        """Edits with which this assertion certainly fails where it holds without; none where that cannot be had."""
        node = assertion.node
        if isinstance(assertion.statement, ast.Assert):
            return self._alter_condition(node, owner, chance) or []
        if isinstance(node, ast.Call):
            return self._alter_call(node, owner, chance) or []
        return []

    def _alter_condition(
        self, test: ast.expr, owner: Function | ast.Module, chance: random.Random
    ) -> list[Edit] | None:
        start, end = self._source.span(test)
        match test:
            case ast.UnaryOp(op=ast.Not()):
                word = re.compile(r"not\b\s*").match(self._source.text, start)
                return [Edit(start, word.end(), "")] if word else None
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self._alter_comparison(left, operator, right, owner, chance)
            case ast.BoolOp() | ast.IfExp() | ast.Lambda() | ast.NamedExpr():
                return [Edit(start, start, "not ("), Edit(end, end, ")")]
        space = " " if self._source.text[max(start - 1, 0) : start].isalnum() else ""
        return [Edit(start, start, f"{space}not ")]

    def _alter_comparison(
        self, left: ast.expr, operator: ast.cmpop, right: ast.expr, owner: Function | ast.Module, chance: random.Random
    ) -> list[Edit] | None:
        if isinstance(operator, ast.Eq):
            edits = self._alter_either(left, right, owner, chance)
            if edits is not None:
                return edits
        if isinstance(operator, ast.Is) and isinstance(right, ast.Constant) and isinstance(right.value, bool):
            return [Edit(*self._source.span(right), str(not right.value))]
        pattern, contrary = COMPARISONS[type(operator)]
        found = find_operator(self._source, left, pattern)
        return [Edit(*found, contrary)] if found else None

    def _alter_either(
        self,
        left: ast.expr,
        right: ast.expr,
        owner: Function | ast.Module,
        chance: random.Random,
        tolerance: Tolerance | None = None,
    ) -> list[Edit] | None:
        """Change a literal on one side of an equality; of a parameter, that of every case."""
        found = [side for side in (left, right) if _is_approx(side)]
        if tolerance is None and found:
            tolerance = _tolerance_of(found[0]) if len(found) == 1 else None
            if tolerance is None:
                return None
        for side in (right, left):
            inner = side.args[0] if isinstance(side, ast.Call) and _is_approx(side) and side.args else side
            values = self._values(inner, owner, chance)
            edits = [self._literals.change(value, chance, tolerance or EXACT) for value in values]
            changed = [edit for edit in edits if edit is not None]
            cases = isinstance(inner, ast.Name) and isinstance(owner, Function) and inner.id in _parameters(owner)
            if changed and (not cases or len(changed) == len(edits)):
                return changed if cases else changed[:1]
        return None

    def _alter_call(self, call: ast.Call, owner: Function | ast.Module, chance: random.Random) -> list[Edit] | None:
        name = last_name(call.func)
        if name in RAISES | WARNS and call.args:
            return self._alter_exception(call.args[0], chance, _WARNINGS if name in WARNS else None)
        if name in _CALLED_WITH:
            return self._alter_arguments(call, chance)
        if len(call.args) >= 2 and (name in _EQUALITIES or name == "assertAlmostEqual"):
            tolerance = None if name in _EQUALITIES else _places_of(call)
            if name in _EQUALITIES or tolerance is not None:
                edits = self._alter_either(call.args[0], call.args[1], owner, chance, tolerance)
                if edits is not None:
                    return edits
        if name not in _CONTRARIES or not isinstance(call.func, ast.Attribute):
            return None
        end = self._source.span(call.func)[1]
        return [Edit(end - len(name), end, _CONTRARIES[name])]

    def _alter_arguments(self, call: ast.Call, chance: random.Random) -> list[Edit] | None:
        """Expect a mock to have been called with something else."""
        values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg)]
        for value in chance.sample(values, len(values)):
            edit = self._literals.change(value, chance)
            if edit is not None:
                return [edit]
        return None

    def _alter_exception(
        self, node: ast.expr, chance: random.Random, warnings: Sequence[str] | None = None
    ) -> list[Edit] | None:
        """Expect exceptions, or of these `warnings`, that have nothing to do with those of the test."""
        nodes = node.elts if isinstance(node, ast.Tuple) else [node]
        names = [dotted(one) for one in nodes]
        if not names or not all(names):
            return None
        classes = [_exception(name) if name not in self._source.bound else None for name in names]
        known = [one for one in classes if one is not None and one not in _ROOTS]
        pool = warnings or (_LIKELY if len(known) == len(names) else _UNLIKELY)
        free = [
            name for name in pool if name not in self._source.bound and not any(_related(name, one) for one in known)
        ]
        if len(free) < len(nodes):
            return None
        new = chance.sample(free, len(nodes))
        return [Edit(*self._source.span(one), name) for one, name in zip(nodes, new, strict=True)]

    def _values(self, node: ast.expr, owner: Function | ast.Module, chance: random.Random) -> list[ast.expr]:
        """Literals of which any one, changed, changes what `node` is when the test comes to it."""
        if not isinstance(node, ast.Name):
            return [node]
        uses = self._uses(owner)[node.id]
        if sum(isinstance(one.ctx, ast.Load) for one in uses) != 1:
            return []
        stored = sum(not isinstance(one.ctx, ast.Load) for one in uses)
        given = _parameters(owner) if isinstance(owner, Function) else set()
        found: list[ast.expr] = []
        if stored == 0 and node.id in given and isinstance(owner, Function):
            found = list(self._parameter(owner, node.id))
        elif stored == 1 and node.id not in given:
            found = list(_assigned(owner.body, node))
        return chance.sample(found, len(found))

    def _uses(self, owner: Function | ast.Module) -> dict[str, list[ast.Name]]:
        """Where each name stands in it."""
        if id(owner) not in self._used:
            found: dict[str, list[ast.Name]] = {}
            for one in ast.walk(owner):
                if isinstance(one, ast.Name):
                    found.setdefault(one.id, []).append(one)
            self._used[id(owner)] = found
        return self._used[id(owner)]

    def _parameter(self, owner: Function, name: str) -> Iterator[ast.expr]:
        """Values of a parameter that `parametrize` gives."""
        for call in (one for one in owner.decorator_list if isinstance(one, ast.Call)):
            other = [keyword for keyword in call.keywords if keyword.arg != "ids"]
            if other or last_name(call.func) != "parametrize" or len(call.args) != 2:
                continue
            names = _names_of(call.args[0])
            rows = self._literal_rows(call.args[1])
            if name in names and rows is not None:
                found = rows if len(names) == 1 else list(_column(rows, names.index(name), len(names)))
                if call.keywords or all(isinstance(one, _NAMELESS) for one in found):
                    yield from found

    def _literal_rows(self, node: ast.expr) -> list[ast.expr] | None:
        """The elements of a list display, also of one that a name of the module stands for that is used once."""
        if isinstance(node, ast.Name):
            uses = [one for one in self._source.nodes if isinstance(one, ast.Name) and one.id == node.id]
            values = [
                one.value
                for one in self._source.tree.body
                if isinstance(one, ast.Assign) and [dotted(target) for target in one.targets] == [node.id]
            ]
            return self._literal_rows(values[0]) if len(uses) == 2 and len(values) == 1 else None
        return node.elts if isinstance(node, ast.List | ast.Tuple) else None


def _is_approx(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == "approx"


def _tolerance_of(node: ast.expr) -> Tolerance | None:
    """Of a call of `approx`; None where it cannot be told or is too large."""
    assert isinstance(node, ast.Call)
    given = dict(zip(("expected", "rel", "abs"), node.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    relative, absolute = _size(given.get("rel"), APPROX.relative), _size(given.get("abs"), APPROX.absolute)
    if len(node.args) > 3 or relative is None or absolute is None or relative >= 0.5:
        return None
    return Tolerance(relative, absolute)


def _places_of(call: ast.Call) -> Tolerance | None:
    """Of a call of `assertAlmostEqual`."""
    given = dict(zip(("first", "second", "places", "msg", "delta"), call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    places, delta = _size(given.get("places"), 7), _size(given.get("delta"), 0.0)
    if places is None or delta is None:
        return None
    return Tolerance(0.0, max(delta, 10.0 ** -min(places, 100)))


def _size(node: ast.expr | None, default: float) -> float | None:
    """A number of at least 0 that is written out; `default` where nothing is given."""
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return default
    value = node.value if isinstance(node, ast.Constant) else None
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e15 else None


def _assigned(body: Sequence[ast.stmt], node: ast.Name) -> Iterator[ast.expr]:
    """Values of a variable set once on the way, or of the variable of a loop over literals in which `node` stands."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == node.id:
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == node.id:
                yield value
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.List() | ast.Tuple() as rows):
                if any(one is node for inside in statement.body for one in ast.walk(inside)):
                    places = [n for n, one in enumerate(targets) if isinstance(one, ast.Name) and one.id == node.id]
                    for place in places:
                        yield from _column(rows.elts, place, len(targets))


def _parameters(owner: Function) -> set[str]:
    return {node.arg for node in ast.walk(owner.args) if isinstance(node, ast.arg)}


def _names_of(node: ast.expr) -> list[str]:
    """Argument names as `parametrize` takes them."""
    try:
        value = literal(ast.unparse(node))
    except ValueError:
        return []
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | tuple) else []


def _column(rows: Sequence[ast.expr], place: int, width: int) -> Iterator[ast.expr]:
    for row in rows:
        if isinstance(row, ast.List | ast.Tuple) and len(row.elts) == width:
            yield row.elts[place]


def _exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def _related(name: str, other: type[BaseException]) -> bool:
    """Whether an exception could easily be both."""
    found = _exception(name)
    assert found is not None
    return bool((set(found.__mro__) & set(other.__mro__)) - {*_ROOTS, object})
