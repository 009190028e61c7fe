"""What a test asserts, by the tree alone: all of it, and how often a passing run certainly comes to each assertion."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.sandbox.source import Function, Source, children, dotted, is_main_guard, last_name, own_nodes

RAISES = frozenset({"raises", "assertRaises", "assertRaisesRegex"})
WARNS = frozenset({"warns", "assertWarns", "assertWarnsRegex"})
_LEAVING = frozenset({"skip", "skipTest", "xfail", "importorskip", "exit", "quit", "_exit", "abort"})
"""Names of calls after which the rest of a test may not run."""
_MOST_TIMES = 1000
_TRANSPARENT = re.compile(
    r"open|io\.open|tempfile\.\w+|warnings\.catch_warnings|decimal\.localcontext"
    r"|unittest\.mock\.patch(\.\w+)?|mock\.patch(\.\w+)?"
    r"|contextlib\.(redirect_std(out|err)|closing|nullcontext|chdir)"
    r"|concurrent\.futures\.\w+|pytest\.(warns|deprecated_call)"
)
"""Context managers that let an exception pass, by their origin."""
_TRANSPARENT_METHODS = frozenset(
    {
        "self.subTest",
        "self.assertWarns",
        "self.assertWarnsRegex",
        "self.assertLogs",
        "monkeypatch.context",
        "capsys.disabled",
        "caplog.at_level",
        "subtests.test",
    }
)
_LENGTH_KEPT = frozenset({"enumerate", "sorted", "reversed", "list", "tuple"})
_READERS = _LENGTH_KEPT | {"len", "zip", "set", "range"}
"""Functions of Python that leave the list they are given as it is."""
_VIEWS = frozenset({"items", "keys", "values"})


@dataclass(slots=True, eq=False)
class Assertion:
    """A condition of an `assert`, each of those that `and` joins by itself; or a call that asserts."""

    node: ast.expr
    statement: ast.stmt
    times: int
    """How often at least a run of its test that passes comes to it; 0 where that is not sure."""
    guarded: bool = False
    """Whether the test may go on though it fails."""
    number: int | None = None
    """By which its value can be recorded."""


class Reader:
    """Finds the assertions in one file."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, owner: Function | ast.Module) -> list[Assertion]:
        """The assertions of a test, or of the whole file, in the order in which they are written."""
        certain = {id(node): times for node, times in self._reached(owner.body, 1)}
        found: dict[int, Assertion] = {}
        waiting: list[tuple[ast.AST, ast.stmt, bool]] = [(statement, statement, False) for statement in owner.body]
        while waiting:
            node, statement, guarded = waiting.pop()
            for each in _asserted(node):
                found.setdefault(id(each), Assertion(each, statement, certain.get(id(each), 0), guarded))
            swallowed = node.body if _swallows(node) and isinstance(node, ast.Try | ast.With | ast.AsyncWith) else ()
            for child in children(node):
                inner = child if isinstance(child, ast.stmt) else statement
                waiting.append((child, inner, guarded or child in swallowed))
        return sorted(found.values(), key=lambda one: (one.node.lineno, one.node.col_offset))

    def _reached(self, body: Sequence[ast.stmt], times: int) -> Iterator[tuple[ast.expr, int]]:
        """What every run comes to which passes all before."""
        for statement in body:
            if _may_leave(statement):
                return
            match statement:
                case ast.Assert():
                    for node in _asserted(statement):
                        yield node, times
                case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call):
                    yield call, times
                case ast.With(items=items, body=inner):
                    yield from self._reached_with(items, inner, times)
                case ast.For(iter=rows, body=inner):
                    yield from self._reached_for(rows, inner, times)
                case ast.If(body=inner) if is_main_guard(statement):
                    yield from self._reached(inner, times)
                case ast.Try(body=inner, handlers=[], finalbody=last):
                    yield from self._reached([*inner, *last], times)

    def _reached_with(
        self, items: Sequence[ast.withitem], body: Sequence[ast.stmt], times: int
    ) -> Iterator[tuple[ast.expr, int]]:
        for item in items:
            call = item.context_expr
            transparent = isinstance(call, ast.Call) and self._is_transparent(call)
            if last_name(call) in RAISES | WARNS:
                yield call, times
            if not transparent:
                return
        yield from self._reached(body, times)

    def _reached_for(self, rows: ast.expr, body: Sequence[ast.stmt], times: int) -> Iterator[tuple[ast.expr, int]]:
        rounds = self._length(rows)
        ways_out = [_is_cut_short(statement) for statement in body]
        if True in ways_out:
            body, rounds = body[: ways_out.index(True)], min(rounds, 1)
        if any(map(_may_leave, body)):
            rounds = min(rounds, 1)
        if rounds:
            yield from self._reached(body, min(times * rounds, _MOST_TIMES))

    def _is_transparent(self, call: ast.Call) -> bool:
        origin = self._source.origin(call.func)
        return bool(_TRANSPARENT.fullmatch(origin)) or dotted(call.func) in _TRANSPARENT_METHODS

    def _length(self, node: ast.expr) -> int:
        """How many rounds a loop over it has at least."""
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return sum(not isinstance(element, ast.Starred) for element in elements)
            case ast.Set(elts=[ast.Constant(), *_]) | ast.Dict(keys=[ast.expr(), *_]):
                return 1
            case ast.Constant(value=str() | bytes() as text):
                return len(text)
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _VIEWS:
                return self._length(inner)
            case ast.Call(func=ast.Name(id=name), args=[first, *rest], keywords=keywords):
                return self._length_of_call(name, [first, *rest], keywords) if name not in self._source.bound else 0
            case ast.Name():
                value = self._only_value(node)
                return self._length(value) if value is not None and not isinstance(value, ast.Name) else 0
        return 0

    def _length_of_call(self, name: str, given: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> int:
        if name in _LENGTH_KEPT:
            return self._length(given[0])
        if name == "zip":
            return min(map(self._length, given))
        values = [one.value for one in given if isinstance(one, ast.Constant)]
        if name != "range" or keywords or len(values) != len(given):
            return 0
        numbers = [value for value in values if type(value) is int]
        if len(numbers) != len(values) or not 1 <= len(numbers) <= 3 or 0 in numbers[2:]:
            return 0
        return min(len(range(*numbers)), _MOST_TIMES) if max(map(abs, numbers)) < 1 << 60 else 1

    def _only_value(self, name: ast.Name) -> ast.expr | None:
        """What a name is bound to, where that happens once and nothing may change the value."""
        scope: ast.AST = name
        while not isinstance(scope, Function | ast.Module):
            scope = self._source.parents[id(scope)]
        uses = self._uses(name.id, scope)
        if all(isinstance(node.ctx, ast.Load) for node in uses):
            scope = self._source.tree
            uses = self._uses(name.id, scope)
        stored = [node for node in uses if not isinstance(node.ctx, ast.Load)]
        others = name.id in self._source.imports or any(
            isinstance(node, ast.arg) and node.arg == name.id for node in ast.walk(scope)
        )
        if len(stored) != 1 or others or not all(map(self._only_reads, uses)):
            return None
        parent = self._source.parents[id(stored[0])]
        return parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None

    def _uses(self, name: str, scope: ast.AST) -> list[ast.Name]:
        nodes = self._source.nodes if isinstance(scope, ast.Module) else ast.walk(scope)
        return [node for node in nodes if isinstance(node, ast.Name) and node.id == name]

    def _only_reads(self, name: ast.Name) -> bool:
        if not isinstance(name.ctx, ast.Load):
            return True
        match self._source.parents[id(name)]:
            case ast.For(iter=rows):
                return rows is name
            case ast.Call(func=ast.Name(id=called)):
                return called in _READERS and called not in self._source.bound
            case ast.Attribute(attr=attribute):
                return attribute in _VIEWS
            case ast.Subscript(ctx=ast.Load()):
                return True
            case ast.Call(func=called, args=[*_, last]):
                return last_name(called) == "parametrize" and last is name
        return False


def _asserted(node: ast.AST) -> list[ast.expr]:
    """What the node itself asserts."""
    match node:
        case ast.Assert(test=test):
            return list(_conjuncts(test))
        case ast.Call() if _is_asserting(node):
            return [node]
        case ast.Raise(exc=ast.expr() as raised) if last_name(raised) == "AssertionError":
            return [raised]
    return []


def _conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _conjuncts(value)
    else:
        yield test


def _is_asserting(call: ast.Call) -> bool:
    name = last_name(call)
    if name in RAISES | WARNS or name == "deprecated_call" or re.match("assert(?!ions?$)", name):
        return True
    return dotted(call.func) in {"self.fail", "pytest.fail"}


def _swallows(node: ast.AST) -> bool:
    """Whether an assertion that fails in its body may be caught."""
    match node:
        case ast.Try(handlers=handlers):
            return any(handler.type is None or _catches(handler.type) for handler in handlers)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            calls = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
            catching = [call for call in calls if last_name(call) in RAISES | {"suppress"}]
            return any(not call.args or any(map(_catches, call.args)) for call in catching)
    return False


def _catches(node: ast.expr) -> bool:
    """Whether failed assertions are among such exceptions."""
    if isinstance(node, ast.Tuple):
        return any(map(_catches, node.elts))
    return dotted(node).rpartition(".")[2] in {"", "AssertionError", "Exception", "BaseException"}


def _may_leave(statement: ast.stmt) -> bool:
    """Whether what comes after the statement may not run though the test does not fail."""
    for node in own_nodes([statement]):
        match node:
            case ast.Return() | ast.Yield() | ast.YieldFrom():
                return True
            case ast.Call() if last_name(node) in _LEAVING:
                return True
            case ast.Raise(exc=ast.expr() as raised) if re.search("Skip|Exit", ast.dump(raised)):
                return True
    return False


def _is_cut_short(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Break | ast.Continue) for node in own_nodes([statement]))
