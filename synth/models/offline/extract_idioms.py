"""Signs that several statements give together: a worklist loop, counting by key, binary search, a memo lookup."""

import ast
from collections.abc import Callable, Iterator

from synth.models.offline.extract_statements import Function

Loop = ast.For | ast.While


def idiom_signs(node: ast.AST) -> Iterator[str]:
    """What a statement and the ones inside it show together, as `idiom ...`."""
    for kind, idioms in _IDIOMS:
        if isinstance(node, kind):
            yield from (f"idiom {name}" for name, shows in idioms.items() if shows(node))


def _calls(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and _called(part) in names:
            yield part


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _receiver(call: ast.Call) -> str:
    return ast.dump(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def _holds(node: ast.AST, *kinds: type[ast.AST]) -> bool:
    return any(isinstance(part, kinds) for part in ast.walk(node))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _ifs(loop: Loop) -> list[ast.If]:
    return [part for part in loop.body if isinstance(part, ast.If)]


def _accumulates(loop: Loop) -> bool:
    return any(isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name) for part in loop.body)


def _filters(loop: Loop) -> bool:
    return any(True for branch in _ifs(loop) for _ in _calls(branch, "append", "add"))


def _collects(loop: Loop) -> bool:
    return any(isinstance(part, ast.Expr) and any(_calls(part, "append", "add", "extend")) for part in loop.body)


def _finds(loop: Loop) -> bool:
    return any(isinstance(branch.body[-1], (ast.Return, ast.Break)) for branch in _ifs(loop))


def _counts_by_key(loop: Loop) -> bool:
    for part in ast.walk(loop):
        if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Subscript) and isinstance(part.op, ast.Add):
            return True
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Subscript):
            value = part.value
            if isinstance(value, ast.BinOp) and any(len(call.args) == 2 for call in _calls(value, "get")):
                return True
    return False


def _groups_by_key(loop: Loop) -> bool:
    for call in _calls(loop, "append", "add"):
        target = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(target, ast.Subscript) or (isinstance(target, ast.Call) and _called(target) == "setdefault"):
            return True
    return False


def _tracks(loop: Loop, *orders: type[ast.cmpop]) -> bool:
    for branch in _ifs(loop):
        test = branch.test
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], orders) and isinstance(test.comparators[0], ast.Name):
            best = test.comparators[0].id
            if any(isinstance(part, ast.Assign) and best in _names(part.targets[0]) for part in branch.body):
                return True
    return False


def _over_index(loop: ast.For) -> bool:
    call = loop.iter
    return isinstance(call, ast.Call) and _called(call) == "range" and any(_calls(call, "len"))


def _over_lines(loop: ast.For) -> bool:
    source = loop.iter
    if isinstance(source, ast.Call) and _called(source) in ("readlines", "splitlines"):
        return True
    return isinstance(loop.target, ast.Name) and loop.target.id in ("line", "row")


def _worklist(loop: ast.While) -> bool:
    return any(call.args == [] and _names(loop.test) & _names(call.func) for call in _calls(loop, "pop"))


def _breadth_first(loop: ast.While) -> bool:
    first = any(call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0 for call in _calls(loop, "pop"))
    return (first or any(_calls(loop, "popleft"))) and any(_calls(loop, "append", "extend"))


def _binary_search(loop: ast.While) -> bool:
    if not (isinstance(loop.test, ast.Compare) and isinstance(loop.test.ops[0], (ast.Lt, ast.LtE))):
        return False
    halves = (part for part in loop.body if isinstance(part, ast.Assign) and isinstance(part.value, ast.BinOp))
    return any(isinstance(part.value.op, (ast.FloorDiv, ast.RShift)) for part in halves if isinstance(part.value, ast.BinOp))


def _chunked_read(loop: ast.While) -> bool:
    return any(call.args for call in _calls(loop, "read", "recv", "readinto")) and (
        _holds(loop, ast.Break) or _holds(loop.test, ast.NamedExpr)
    )


def _retries(loop: Loop) -> bool:
    tries = (part for part in loop.body if isinstance(part, ast.Try))
    return any(
        isinstance(handler.body[-1], (ast.Continue, ast.Pass)) or any(_calls(handler, "sleep"))
        for part in tries
        for handler in part.handlers
    )


def _euclid(loop: ast.While) -> bool:
    return any(
        isinstance(part, ast.Assign)
        and isinstance(part.value, ast.Tuple)
        and any(isinstance(item, ast.BinOp) and isinstance(item.op, ast.Mod) for item in part.value.elts)
        for part in loop.body
    )


def _digits(loop: ast.While) -> bool:
    halved = any(isinstance(part, ast.AugAssign) and isinstance(part.op, (ast.FloorDiv, ast.RShift)) for part in loop.body)
    return halved or any(_calls(loop, "divmod"))


def _generates(loop: Loop) -> bool:
    return _holds(loop, ast.Yield)


def _removes_while_looping(loop: Loop) -> bool:
    return any(_calls(loop, "remove", "discard", "popitem")) or any(isinstance(part, ast.Delete) for part in loop.body)


def _swaps(node: ast.Assign) -> bool:
    target, value = node.targets[0], node.value
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == 2):
        return False
    left = [ast.unparse(item) for item in target.elts]
    return left == [ast.unparse(item) for item in reversed(value.elts)]


def _or_default(node: ast.Assign) -> bool:
    return isinstance(node.value, ast.BoolOp) and isinstance(node.value.op, ast.Or)


def _dispatches(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Subscript) or (isinstance(node.func, ast.Call) and _called(node.func) == "get")


def _calls_by_name(node: ast.Call) -> bool:
    built = len(node.args) > 1 and isinstance(node.args[1], (ast.BinOp, ast.JoinedStr))
    return _called(node) == "getattr" and built


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
    return any(_calls(node.test, "isinstance", "issubclass"))


def _checks_empty(node: ast.If) -> bool:
    return isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not) and isinstance(node.test.operand, ast.Name)


def _branches_by_type(node: ast.If) -> bool:
    follows = node.orelse[0] if len(node.orelse) == 1 else None
    return _checks_type(node) and isinstance(follows, ast.If) and _checks_type(follows)


def _falls_back_on_import(node: ast.Try) -> bool:
    return any(isinstance(part, (ast.Import, ast.ImportFrom)) for part in node.body)


def _closes_finally(node: ast.Try) -> bool:
    return any(True for part in node.finalbody for _ in _calls(part, "close", "release", "unlink", "remove", "shutdown"))


def _restores_finally(node: ast.Try) -> bool:
    return any(isinstance(part, ast.Assign) for part in node.finalbody)


def _translates(node: ast.ExceptHandler) -> bool:
    return any(isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call) for part in node.body)


def _logs_error(node: ast.ExceptHandler) -> bool:
    return any(_calls(node, "warning", "error", "exception", "warn", "log", "print_exc", "handleError", "print"))


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
    return isinstance(last, ast.Raise) and "NotImplementedError" in _names(last)


def _pushes_and_pops(node: Function) -> bool:
    pushed = {_receiver(call) for call in _calls(node, "append", "push")}
    return bool(pushed & {_receiver(call) for call in _calls(node, "pop")} - {""})


def _calls_super(node: Function) -> bool:
    return any(_calls(node, "super"))


def _has_state(node: Function) -> bool:
    stored = (part for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store))
    return any(part.attr.strip("_") in ("state", "mode", "status", "phase", "stage") for part in stored)


_Shows = Callable[..., bool]
_IDIOMS: tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], dict[str, _Shows]], ...] = (
    (
        (ast.For, ast.While),
        {
            "accumulate": _accumulates,
            "filter loop": _filters,
            "collect": _collects,
            "linear search": _finds,
            "count by key": _counts_by_key,
            "group by key": _groups_by_key,
            "track maximum": lambda node: _tracks(node, ast.Gt, ast.GtE),
            "track minimum": lambda node: _tracks(node, ast.Lt, ast.LtE),
            "retry": _retries,
            "generate": _generates,
            "remove in loop": _removes_while_looping,
        },
    ),
    (ast.For, {"index loop": _over_index, "line loop": _over_lines}),
    (
        ast.While,
        {
            "worklist": _worklist,
            "breadth first": _breadth_first,
            "binary search": _binary_search,
            "chunked read": _chunked_read,
            "euclid": _euclid,
            "digits": _digits,
        },
    ),
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
        {"import fallback": _falls_back_on_import, "close finally": _closes_finally, "restore finally": _restores_finally},
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
