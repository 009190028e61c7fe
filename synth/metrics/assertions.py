"""How much test files check, counted from their text: whether corrected tests ask for less than those before.

A count is no proof, so corrected tests are tried on a stub besides; this catches what would make them weaker openly.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from synth.records import CodeFile

_Function = ast.FunctionDef | ast.AsyncFunctionDef

_EXACT = frozenset({
    "assertEqual", "assertEquals", "assertIs", "assertIsNone", "assertListEqual", "assertTupleEqual",
    "assertDictEqual", "assertSetEqual", "assertSequenceEqual", "assertMultiLineEqual", "assertCountEqual",
    "assertRaises", "assertRaisesRegex", "raises",
})  # fmt: skip
_CHECKS = frozenset({"fail", "warns", "deprecated_call"}) | _EXACT
_EVASIONS = frozenset({
    "skip", "skipif", "skipIf", "skipUnless", "skipTest", "SkipTest", "xfail", "importorskip", "expectedFailure",
    "pytestmark", "__test__", "collect_ignore", "collect_ignore_glob", "pytest_collection_modifyitems",
})  # fmt: skip
_VAGUE = frozenset({"Exception", "BaseException"})
_LEAST_KEPT = 0.5
"""Share of the tests that must stay."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What one test checks."""

    asserts: int
    """Times the rows of its `parametrize`, where those are written out."""
    exact: int
    """Those that ask for one value or one exception."""
    evasions: int
    """Ways in it not to fail: skips, expected failures, caught exceptions, early returns."""


def why_weaker(before: Sequence[CodeFile], after: Sequence[CodeFile], dropped: Mapping[str, str]) -> str | None:
    """In what the test files `after` ask for less than those `before`; None where they do not.

    `dropped` are tests, as `path::Class::name`, that are left out on purpose, with the reason. A file that does not
    parse had no tests before; afterwards it is a fault.
    """
    old: dict[str, Checks] = {}
    for file in before:
        old |= _checks_of(file) or {}
    new: dict[str, Checks] = {}
    for file in after:
        found = _checks_of(file)
        if found is None and file.path.endswith(".py"):
            return f"`{file.path}` is no Python that can be read"
        new |= found or {}
    return _unknown(old, dropped) or _fewer(old, new, dropped)


def _unknown(old: Mapping[str, Checks], dropped: Mapping[str, str]) -> str | None:
    for test in dropped:
        if test not in old:
            return f"there is no test `{test}` to drop; name it as path::name or path::Class::name"
    tests = [test for test in old if not test.endswith(_REST)]
    if len(tests) - len(dropped) < _LEAST_KEPT * len(tests):
        return f"{len(dropped)} of {len(tests)} tests are dropped; at least half must stay"
    return None


def _fewer(old: Mapping[str, Checks], new: Mapping[str, Checks], dropped: Mapping[str, str]) -> str | None:
    nothing = Checks(0, 0, 0)
    for test, was in old.items():
        now = new.get(test, None if not test.endswith(_REST) else nothing)
        if test in dropped:
            continue
        if now is None:
            return f"the test `{test}` is gone; keep it, or drop it with a reason"
        if now.asserts < was.asserts:
            return f"`{test}` has {now.asserts} assertions and had {was.asserts}; there may not be fewer"
        if now.exact < was.exact:
            return f"`{test}` compares exactly in {now.exact} places and did in {was.exact}; there may not be fewer"
    for test, now in new.items():
        if now.evasions > old.get(test, nothing).evasions:
            return f"`{test}` may be skipped, return early or catch an exception where it did not before"
    return None


_REST = "::(outside of tests)"


def _checks_of(file: CodeFile) -> dict[str, Checks] | None:
    """Test id, or the rest of the file -> what is checked there; None where the file is no Python."""
    if not file.path.endswith(".py"):
        return {}
    try:
        tree = ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    tests = dict(_tests_in(tree.body, file.path))
    inside = {id(node) for test in tests.values() for node in ast.walk(test)}
    rest = [node for node in ast.walk(tree) if id(node) not in inside]
    found = {name: _count(list(ast.walk(test)), _rows(test), in_test=True) for name, test in tests.items()}
    return {**found, f"{file.path}{_REST}": _count(rest, 1, in_test=False)}


def _tests_in(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[str, _Function]]:
    for node in body:
        if isinstance(node, _Function) and node.name.startswith("test"):
            yield f"{prefix}::{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _tests_in(node.body, f"{prefix}::{node.name}")


def _rows(test: _Function) -> int:
    """How many cases `parametrize` gives the test, as far as they are written out."""
    rows = 1
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and _last_name(mark.func) == "parametrize" and len(mark.args) > 1:
            values = mark.args[1]
            rows *= len(values.elts) if isinstance(values, ast.List | ast.Tuple) else 1
    return rows


def _count(nodes: Sequence[ast.AST], rows: int, *, in_test: bool) -> Checks:
    asserts = exact = evasions = 0
    for node in nodes:
        if isinstance(node, ast.Assert) and not _says_nothing(node.test):
            asserts += 1
            exact += _is_exact(node.test)
        elif isinstance(node, ast.Call) and _is_check(node):
            asserts += 1
            exact += _last_name(node.func) in _EXACT and not any(_last_name(one) in _VAGUE for one in node.args)
        elif _evades(node, in_test):
            evasions += 1
    return Checks(asserts * rows, exact * rows, evasions)


def _evades(node: ast.AST, in_test: bool) -> bool:
    if isinstance(node, ast.Name | ast.Attribute):
        return _last_name(node) in _EVASIONS
    if isinstance(node, ast.alias):
        return node.name in _EVASIONS
    return isinstance(node, ast.ExceptHandler) or (in_test and isinstance(node, ast.Return))


def _is_check(call: ast.Call) -> bool:
    name = _last_name(call.func)
    if name.startswith("assert") and all(isinstance(value, ast.Constant) for value in call.args):
        return False  # `assertTrue(True)`
    return (name.startswith("assert") or name in _CHECKS) and not _same_twice(call.args[:2])


def _is_exact(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and all(isinstance(operator, ast.Eq | ast.Is) for operator in test.ops)


def _says_nothing(test: ast.expr) -> bool:
    """True for what holds whatever the solution does: no name in it, or a thing compared with itself."""
    if not any(isinstance(node, ast.Name) for node in ast.walk(test)):
        return True
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_says_nothing(value) for value in test.values)
    return isinstance(test, ast.Compare) and _same_twice([test.left, *test.comparators])


def _same_twice(values: Sequence[ast.expr]) -> bool:
    return len(values) == 2 and ast.dump(values[0]) == ast.dump(values[1])


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_steering(path: str) -> bool:
    """True for a file that decides how tests run, and is none itself."""
    return PurePosixPath(path).name == "conftest.py" or not path.endswith(".py")
