"""Signs that several statements give together: a swap, a memo lookup, a guard, a dispatch table."""

import ast
from collections.abc import Callable, Iterator

from synth.models.offline.extract_loops import calls_to, name_called, names_in
from synth.models.offline.extract_statements import Function


def idiom_signs(node: ast.AST) -> Iterator[str]:
    """What a statement and the ones inside it show together, as `idiom ...`."""
    for kind, idioms in _IDIOMS:
        if isinstance(node, kind):
            yield from (f"idiom {name}" for name, shows in idioms.items() if shows(node))


def _receiver(call: ast.Call) -> str:
    return ast.dump(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def _swaps(node: ast.Assign) -> bool:
    target, value = node.targets[0], node.value
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == 2):
        return False
    left = [ast.unparse(item) for item in target.elts]
    return left == [ast.unparse(item) for item in reversed(value.elts)]


def _or_default(node: ast.Assign) -> bool:
    return isinstance(node.value, ast.BoolOp) and isinstance(node.value.op, ast.Or)


def _dispatches(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Subscript) or (isinstance(node.func, ast.Call) and name_called(node.func) == "get")


def _calls_by_name(node: ast.Call) -> bool:
    built = len(node.args) > 1 and isinstance(node.args[1], (ast.BinOp, ast.JoinedStr))
    return name_called(node) == "getattr" and built


def _defaults_none(node: ast.If) -> bool:
    return _tests_none(node.test, ast.Name) and _assigns_tested(node)


def _initializes_lazily(node: ast.If) -> bool:
    return (_tests_none(node.test, ast.Attribute) or _is_not_attribute(node.test)) and _assigns_tested(node)


def _tests_none(test: ast.expr, kind: type[ast.expr]) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, kind) and isinstance(test.ops[0], ast.Is)


def _is_not_attribute(test: ast.expr) -> bool:
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and isinstance(test.operand, ast.Attribute)


def _assigns_tested(node: ast.If) -> bool:
    test = node.test
    tested = test.left if isinstance(test, ast.Compare) else test.operand if isinstance(test, ast.UnaryOp) else test
    wanted = ast.unparse(tested)
    return any(isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == wanted for part in node.body)


def _memo_lookup(node: ast.If) -> bool:
    test = node.test
    if not (isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In) and isinstance(node.body[0], ast.Return)):
        return False
    value = node.body[0].value
    return isinstance(value, ast.Subscript) and ast.unparse(value.value) == ast.unparse(test.comparators[0])


def _guards_by_raise(node: ast.If) -> bool:
    return isinstance(node.body[0], ast.Raise)


def _checks_type(node: ast.If) -> bool:
    return any(calls_to(node.test, "isinstance", "issubclass"))


def _checks_empty(node: ast.If) -> bool:
    return (
        isinstance(node.test, ast.UnaryOp)
        and isinstance(node.test.op, ast.Not)
        and isinstance(node.test.operand, ast.Name)
    )


def _branches_by_type(node: ast.If) -> bool:
    follows = node.orelse[0] if len(node.orelse) == 1 else None
    return _checks_type(node) and isinstance(follows, ast.If) and _checks_type(follows)


def _falls_back_on_import(node: ast.Try) -> bool:
    return any(isinstance(part, (ast.Import, ast.ImportFrom)) for part in node.body)


def _closes_finally(node: ast.Try) -> bool:
    return any(
        True for part in node.finalbody for _ in calls_to(part, "close", "release", "unlink", "remove", "shutdown")
    )


def _restores_finally(node: ast.Try) -> bool:
    return any(isinstance(part, ast.Assign) for part in node.finalbody)


def _translates(node: ast.ExceptHandler) -> bool:
    return any(isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call) for part in node.body)


def _logs_error(node: ast.ExceptHandler) -> bool:
    return any(calls_to(node, "warning", "error", "exception", "warn", "log", "print_exc", "handleError", "print"))


def _is_predicate(node: Function) -> bool:
    values = [part.value for part in ast.walk(node) if isinstance(part, ast.Return)]
    return bool(values) and all(map(_is_truth, values))


def _is_truth(value: ast.expr | None) -> bool:
    plain = isinstance(value, ast.Constant) and isinstance(value.value, bool)
    negated = isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    return plain or negated or isinstance(value, ast.Compare)


def _guards_by_return(node: Function) -> bool:
    return any(isinstance(part, ast.If) and isinstance(part.body[-1], ast.Return) for part in node.body[:-1])


def _returns_function(node: Function) -> bool:
    inner = {part.name for part in node.body if isinstance(part, Function)}
    last = node.body[-1]
    return isinstance(last, ast.Return) and isinstance(last.value, ast.Name) and last.value.id in inner


def _delegates(node: Function) -> bool:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return len(body) == 1 and isinstance(body[0], (ast.Return, ast.Expr)) and isinstance(body[0].value, ast.Call)


def _is_abstract(node: Function) -> bool:
    last = node.body[-1]
    return isinstance(last, ast.Raise) and "NotImplementedError" in names_in(last)


def _pushes_and_pops(node: Function) -> bool:
    pushed = {_receiver(call) for call in calls_to(node, "append", "push")}
    return bool(pushed & {_receiver(call) for call in calls_to(node, "pop")} - {""})


def _calls_super(node: Function) -> bool:
    return any(calls_to(node, "super"))


def _has_state(node: Function) -> bool:
    stored = (part for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store))
    return any(part.attr.strip("_") in ("state", "mode", "status", "phase", "stage") for part in stored)


_Shows = Callable[..., bool]
_IDIOMS: tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], dict[str, _Shows]], ...] = (
    (ast.Assign, {"swap": _swaps, "or default": _or_default}),
    (ast.Call, {"dispatch table": _dispatches, "method by name": _calls_by_name}),
    (
        ast.If,
        {
            "default when none": _defaults_none,
            "lazy initialization": _initializes_lazily,
            "memo lookup": _memo_lookup,
            "guard by raise": _guards_by_raise,
            "type check": _checks_type,
            "empty check": _checks_empty,
            "branch by type": _branches_by_type,
        },
    ),
    (
        ast.Try,
        {
            "import fallback": _falls_back_on_import,
            "close finally": _closes_finally,
            "restore finally": _restores_finally,
        },
    ),
    (ast.ExceptHandler, {"translate exception": _translates, "log exception": _logs_error}),
    (
        (ast.FunctionDef, ast.AsyncFunctionDef),
        {
            "predicate": _is_predicate,
            "guard by return": _guards_by_return,
            "return function": _returns_function,
            "delegate": _delegates,
            "abstract method": _is_abstract,
            "push and pop": _pushes_and_pops,
            "call super": _calls_super,
            "state attribute": _has_state,
        },
    ),
)
