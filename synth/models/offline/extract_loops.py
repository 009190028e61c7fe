"""Signs that a loop and what is inside it give together: a worklist, counting by key, binary search, chunks."""

import ast
from collections.abc import Callable, Iterator

Loop = ast.For | ast.While


def loop_signs(node: ast.AST) -> Iterator[str]:
    """What a loop does, as `idiom ...`."""
    for kind, idioms in _IDIOMS:
        if isinstance(node, kind):
            yield from (f"idiom {name}" for name, shows in idioms.items() if shows(node))


def calls_to(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    """The calls below a node of a function or method with one of the names."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and name_called(part) in names:
            yield part


def name_called(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def names_in(node: ast.AST) -> set[str]:
    """The names below a node."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _holds(node: ast.AST, *kinds: type[ast.AST]) -> bool:
    return any(isinstance(part, kinds) for part in ast.walk(node))


def _ifs(loop: Loop) -> list[ast.If]:
    return [part for part in loop.body if isinstance(part, ast.If)]


def _accumulates(loop: Loop) -> bool:
    return any(isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name) for part in loop.body)


def _filters(loop: Loop) -> bool:
    return any(True for branch in _ifs(loop) for _ in calls_to(branch, "append", "add"))


def _collects(loop: Loop) -> bool:
    return any(isinstance(part, ast.Expr) and any(calls_to(part, "append", "add", "extend")) for part in loop.body)


def _finds(loop: Loop) -> bool:
    return any(isinstance(branch.body[-1], (ast.Return, ast.Break)) for branch in _ifs(loop))


def _counts_by_key(loop: Loop) -> bool:
    for part in ast.walk(loop):
        if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Subscript) and isinstance(part.op, ast.Add):
            return True
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Subscript):
            value = part.value
            if isinstance(value, ast.BinOp) and any(len(call.args) == 2 for call in calls_to(value, "get")):
                return True
    return False


def _groups_by_key(loop: Loop) -> bool:
    for call in calls_to(loop, "append", "add"):
        target = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(target, ast.Subscript) or (isinstance(target, ast.Call) and name_called(target) == "setdefault"):
            return True
    return False


def _tracks(loop: Loop, *orders: type[ast.cmpop]) -> bool:
    for branch in _ifs(loop):
        test = branch.test
        if (
            isinstance(test, ast.Compare)
            and isinstance(test.ops[0], orders)
            and isinstance(test.comparators[0], ast.Name)
        ):
            best = test.comparators[0].id
            if any(isinstance(part, ast.Assign) and best in names_in(part.targets[0]) for part in branch.body):
                return True
    return False


def _over_index(loop: ast.For) -> bool:
    call = loop.iter
    return isinstance(call, ast.Call) and name_called(call) == "range" and any(calls_to(call, "len"))


def _over_lines(loop: ast.For) -> bool:
    source = loop.iter
    if isinstance(source, ast.Call) and name_called(source) in ("readlines", "splitlines"):
        return True
    return isinstance(loop.target, ast.Name) and loop.target.id in ("line", "row")


def _worklist(loop: ast.While) -> bool:
    return any(call.args == [] and names_in(loop.test) & names_in(call.func) for call in calls_to(loop, "pop"))


def _breadth_first(loop: ast.While) -> bool:
    first = any(
        call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
        for call in calls_to(loop, "pop")
    )
    return (first or any(calls_to(loop, "popleft"))) and any(calls_to(loop, "append", "extend"))


def _binary_search(loop: ast.While) -> bool:
    if not (isinstance(loop.test, ast.Compare) and isinstance(loop.test.ops[0], (ast.Lt, ast.LtE))):
        return False
    halves = (part for part in loop.body if isinstance(part, ast.Assign) and isinstance(part.value, ast.BinOp))
    return any(
        isinstance(part.value.op, (ast.FloorDiv, ast.RShift)) for part in halves if isinstance(part.value, ast.BinOp)
    )


def _chunked_read(loop: ast.While) -> bool:
    return any(call.args for call in calls_to(loop, "read", "recv", "readinto")) and (
        _holds(loop, ast.Break) or _holds(loop.test, ast.NamedExpr)
    )


def _retries(loop: Loop) -> bool:
    tries = (part for part in loop.body if isinstance(part, ast.Try))
    return any(
        isinstance(handler.body[-1], (ast.Continue, ast.Pass)) or any(calls_to(handler, "sleep"))
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
    halved = any(
        isinstance(part, ast.AugAssign) and isinstance(part.op, (ast.FloorDiv, ast.RShift)) for part in loop.body
    )
    return halved or any(calls_to(loop, "divmod"))


def _generates(loop: Loop) -> bool:
    return _holds(loop, ast.Yield)


def _removes_while_looping(loop: Loop) -> bool:
    return any(calls_to(loop, "remove", "discard", "popitem")) or any(
        isinstance(part, ast.Delete) for part in loop.body
    )


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
)
