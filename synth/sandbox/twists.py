"""One change of one test that an honest run must fail, made to look like the test itself (see `canaries`)."""

import ast
import builtins
import itertools
import random
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from synth.sandbox.literals import APPROX, EXACT, Tolerance, change
from synth.sandbox.source import Edit, Function, Source, dotted, find_operator, is_main_guard, literal, own_nodes

LEAVING = frozenset({"skip", "skipTest", "xfail", "importorskip", "exit", "quit", "_exit", "abort"})
"""Names of calls after which the rest of a test may not run."""
_RAISES = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
_NAMELESS = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Call)
"""Parameters whose values are not part of a test's id, which must not tell what was altered."""
_TRANSPARENT = frozenset({"subTest", "patch", "object", "open", "TemporaryDirectory", "catch_warnings", "localcontext"})
"""Context managers that let an exception pass."""
_OPERATORS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
"""The operator's text as a pattern, and its contrary."""
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
_CONTRARIES |= {contrary: name for name, contrary in _CONTRARIES.items()}
_CONTRARIES |= {"assertListEqual": "assertNotEqual", "assertTupleEqual": "assertNotEqual"}
_CONTRARIES |= {"assertDictEqual": "assertNotEqual", "assertSetEqual": "assertNotEqual"}
_CONTRARIES |= {"assertMultiLineEqual": "assertNotEqual", "assertEquals": "assertNotEqual"}
_EQUALITIES = frozenset({"assert_equal", "assert_array_equal", "assertCountEqual", "assertSequenceEqual"}) | {
    name for name in _CONTRARIES if name.endswith("Equal") and "Not" not in name and "Almost" not in name
}
_LIKELY = ("ZeroDivisionError", "IndexError", "FileNotFoundError", "ConnectionError")
_UNLIKELY = ("BufferError", "ReferenceError", "FloatingPointError", "UnboundLocalError", "BlockingIOError")
"""Exceptions that no class of a person derives from."""


class Twister:
    """Alters the tests of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def twist(self, owner: Function | ast.Module, chance: random.Random) -> list[Edit]:
        """Edits with which the test, or the whole file where it is a script, certainly fails if it passes without."""
        for statement in reversed(list(_reached(owner.body, self._nonempty))):
            edits = self._alter(statement, owner, chance)
            if edits:
                return edits
        return [self._before(owner.body, chance)]

    def _alter(self, statement: ast.stmt, owner: Function | ast.Module, chance: random.Random) -> list[Edit] | None:
        match statement:
            case ast.Assert(test=test):
                return self._alter_condition(test, owner, chance)
            case ast.Expr(value=ast.Call(func=ast.Attribute() | ast.Name()) as call):
                return self._alter_call(call, owner, chance)
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as call)]):
                return self._alter_call(call, owner, chance)
        return None

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
            edit = self._alter_either(left, right, owner, chance)
            if edit is not None:
                return [edit]
        if isinstance(operator, ast.Is) and isinstance(right, ast.Constant) and isinstance(right.value, bool):
            return [Edit(*self._source.span(right), str(not right.value))]
        pattern, contrary = _OPERATORS[type(operator)]
        found = find_operator(self._source, left, pattern)
        return [Edit(*found, contrary)] if found else None

    def _alter_either(
        self,
        left: ast.expr,
        right: ast.expr,
        owner: Function | ast.Module,
        chance: random.Random,
        tolerance: Tolerance | None = None,
    ) -> Edit | None:
        """Change a literal on one side of an equality."""
        found = [side for side in (left, right) if _is_approx(side)]
        if tolerance is None and found:
            tolerance = _tolerance_of(found[0]) if len(found) == 1 else None
            if tolerance is None:
                return None
        for side in (right, left):
            inner = side.args[0] if isinstance(side, ast.Call) and _is_approx(side) and side.args else side
            for value in self._values(inner, owner, chance):
                edit = change(self._source, value, chance, tolerance or EXACT)
                if edit is not None:
                    return edit
        return None

    def _alter_call(self, call: ast.Call, owner: Function | ast.Module, chance: random.Random) -> list[Edit] | None:
        name = _last(call.func)
        if name in _RAISES and call.args:
            return self._alter_exception(call.args[0], chance)
        if len(call.args) >= 2 and (name in _EQUALITIES or name == "assertAlmostEqual"):
            tolerance = None if name in _EQUALITIES else _places_of(call)
            if name in _EQUALITIES or tolerance is not None:
                edit = self._alter_either(call.args[0], call.args[1], owner, chance, tolerance)
                if edit is not None:
                    return [edit]
        if name not in _CONTRARIES or not isinstance(call.func, ast.Attribute):
            return None
        end = self._source.span(call.func)[1]
        return [Edit(end - len(name), end, _CONTRARIES[name])]

    def _alter_exception(self, node: ast.expr, chance: random.Random) -> list[Edit] | None:
        """Expect exceptions that have nothing to do with those of the test."""
        nodes = node.elts if isinstance(node, ast.Tuple) else [node]
        names = [dotted(one) for one in nodes]
        if not names or not all(names):
            return None
        classes = [_exception(name) if name not in self._bound else None for name in names]
        known = [one for one in classes if one is not None and one not in (Exception, BaseException)]
        pool = _LIKELY if len(known) == len(names) else _UNLIKELY
        free = [name for name in pool if name not in self._bound and not any(_related(name, one) for one in known)]
        if len(free) < len(nodes):
            return None
        new = chance.sample(free, len(nodes))
        return [Edit(*self._source.span(one), name) for one, name in zip(nodes, new, strict=True)]

    def _values(self, node: ast.expr, owner: Function | ast.Module, chance: random.Random) -> list[ast.expr]:
        """Literals of which any one, changed, changes what `node` is when the test comes to it."""
        if not isinstance(node, ast.Name):
            return [node]
        uses = [one for one in ast.walk(owner) if isinstance(one, ast.Name) and one.id == node.id]
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

    def _parameter(self, owner: Function, name: str) -> Iterator[ast.expr]:
        """Values of a parameter that `parametrize` gives."""
        for call in (one for one in owner.decorator_list if isinstance(one, ast.Call)):
            other = [keyword for keyword in call.keywords if keyword.arg != "ids"]
            if other or _last(call.func) != "parametrize" or len(call.args) != 2:
                continue
            names = _names_of(call.args[0])
            rows = self._literal_rows(call.args[1])
            if name in names and rows is not None:
                found = rows if len(names) == 1 else list(_column(rows, names.index(name), len(names)))
                yield from (one for one in found if call.keywords or isinstance(one, _NAMELESS))

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

    def _nonempty(self, node: ast.expr) -> bool:
        """Whether a loop over it certainly has a first round."""
        match node:
            case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]):
                return not isinstance(first, ast.Starred)
            case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int() as times)]):
                return "range" not in self._bound and times > 0
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner]):
                return "enumerate" not in self._bound and self._nonempty(inner)
        return False

    @cached_property
    def _bound(self) -> set[str]:
        """Every name that the file gives a meaning to."""
        names: set[str] = set()
        for node in self._source.nodes:
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                    names.add(name)
                case ast.alias(name=name, asname=alias):
                    names.add((alias or name).partition(".")[0])
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
        return names

    def _before(self, body: Sequence[ast.stmt], chance: random.Random) -> Edit:
        """A failing assert before everything else; nothing earlier can keep it from being reached."""
        text = _failing(chance)
        opening = list(itertools.takewhile(_is_opening, body))
        if len(opening) == len(body):
            end = self._source.span(body[-1])[1]
            return Edit(end, end, f"; {text}")
        first = body[len(opening)]
        start = self._source.span(first)[0]
        if isinstance(first, Function | ast.ClassDef) and first.decorator_list:
            start = self._source.text.rfind("@", 0, self._source.span(first.decorator_list[0])[0])
        if not hasattr(first, "body") and not isinstance(first, ast.Match):
            return Edit(start, start, f"{text}; ")
        line = max(self._source.text.rfind(sign, 0, start) for sign in "\n\r") + 1
        indent = self._source.text[line:start].removeprefix("\ufeff")
        return Edit(start, start, f"{text}\n{indent}")


def _reached(body: Sequence[ast.stmt], nonempty: Callable[[ast.expr], bool]) -> Iterator[ast.stmt]:
    """Assertions, and what may be one, that every run comes to which passes all before."""
    for statement in body:
        if may_leave(statement):
            return
        match statement:
            case ast.Assert() | ast.Expr():
                yield statement
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=called))], body=inner):
                if _last(called) in _RAISES:
                    yield statement
                elif _last(called) in _TRANSPARENT:
                    yield from _reached(inner, nonempty)
            case ast.For(iter=rows, body=inner) if nonempty(rows) and not _is_cut_short(inner):
                yield from _reached(inner, nonempty)
            case ast.If(body=inner) if is_main_guard(statement):
                yield from _reached(inner, nonempty)


def may_leave(statement: ast.stmt) -> bool:
    """Whether what comes after the statement may not run though the test does not fail."""
    return any(
        isinstance(node, ast.Return | ast.Yield | ast.YieldFrom)
        or (isinstance(node, ast.Call) and _last(node.func) in LEAVING)
        or (isinstance(node, ast.Raise) and node.exc is not None and re.search("Skip|Exit", ast.dump(node.exc)))
        for node in own_nodes([statement])
    )


def _is_cut_short(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Break | ast.Continue) for node in own_nodes(body))


def _is_opening(statement: ast.stmt) -> bool:
    """Whether nothing may come before it: a docstring, or an import from the future."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _last(node: ast.expr) -> str:
    """`c` of `a.b.c`, also of `f().c`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_approx(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) == "approx"


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
    return bool((set(found.__mro__) & set(other.__mro__)) - {Exception, BaseException, object})


def _failing(chance: random.Random) -> str:
    word = "".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randint(3, 7)))
    numbers = chance.sample(range(1, 40), 3)
    off = chance.randint(1, 3)
    return chance.choice(
        [
            f'assert len("{word}") == {len(word) + off}',
            f"assert sum({numbers}) == {sum(numbers) + off}",
            f"assert max({numbers}) == {max(numbers) + off}",
            f'assert "{word}".upper() == "{word[::-1].upper()}Q"',
        ]
    )
