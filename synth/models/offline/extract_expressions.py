"""Signs that expressions give by their form alone: operators, literals, subscripts, comprehensions."""

import ast
import re
from collections.abc import Callable, Iterator

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "addition",
    ast.Sub: "subtraction",
    ast.Mult: "multiplication",
    ast.Div: "division",
    ast.FloorDiv: "floor division",
    ast.Mod: "remainder",
    ast.Pow: "power",
    ast.LShift: "left shift",
    ast.RShift: "right shift",
    ast.BitAnd: "bitwise and",
    ast.BitOr: "bitwise or",
    ast.BitXor: "bitwise xor",
    ast.MatMult: "matrix product",
    ast.USub: "minus sign",
    ast.Invert: "bit inversion",
    ast.Not: "not",
    ast.And: "and",
    ast.Or: "or",
    ast.Eq: "equality",
    ast.NotEq: "equality",
    ast.Lt: "order comparison",
    ast.LtE: "order comparison",
    ast.Gt: "order comparison",
    ast.GtE: "order comparison",
    ast.Is: "identity test",
    ast.IsNot: "identity test",
    ast.In: "membership test",
    ast.NotIn: "membership test",
}
_PLAIN: dict[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.IfExp: "conditional expression",
    ast.Yield: "yield",
    ast.YieldFrom: "yield from",
    ast.Await: "await",
    ast.NamedExpr: "assignment expression",
    ast.JoinedStr: "f-string",
    ast.ListComp: "list comprehension",
    ast.DictComp: "dict comprehension",
    ast.SetComp: "set comprehension",
    ast.GeneratorExp: "generator expression",
    ast.List: "list",
    ast.Dict: "dict",
    ast.Set: "set",
    ast.Starred: "star",
}
_LANGUAGES = (
    (
        "SQL",
        re.compile(
            r"\s*(?:SELECT\s.+\sFROM|INSERT\s+INTO|CREATE\s+(?:TABLE|INDEX)|UPDATE\s.+\sSET|DELETE\s+FROM)\s",
            re.S | re.I,
        ),
    ),
    ("XML", re.compile(r"\s*<\?xml|</?\w+:\w+[\s>]")),
    ("HTML", re.compile(r"<!doctype|</?(?:html|body|div|span|table|t[dr]|p|a|head|form|ul|li|pre)\b[^>]*>", re.I)),
    ("shell", re.compile(r"#!\s*/|\s*(?:rm|mkdir|chmod|tar|grep|sed|gcc|cc)\s+-\w")),
    ("C", re.compile(r"#include\s*[<\"]|\bint main\s*\(")),
)
_TELLING_NUMBERS = frozenset(
    (2**8, 255, 2**10, 2**12, 2**16, 0xFFFF, 2**20, 2**31, 2**32, 0xFFFFFFFF, 2**64, 60, 3600, 86400, 24, 365, 1000000)
)


def expression_signs(node: ast.AST) -> Iterator[str]:
    """What an expression shows, as `syntax ...`, `number ...` and `language ...`."""
    kind = type(node)
    if kind in _PLAIN:
        yield f"syntax {_PLAIN[kind]}"
    if kind in _READERS:
        yield from _READERS[kind](node)


def _augmented(node: ast.AugAssign) -> Iterator[str]:
    yield "syntax augmented assignment"
    yield from _operator(node.op)


def _binary(node: ast.BinOp) -> Iterator[str]:
    sides = (node.left, node.right)
    if isinstance(node.op, ast.Mod) and _is_text(node.left):
        yield "syntax percent formatting"
    elif isinstance(node.op, (ast.Add, ast.Mult)) and any(map(_is_text, sides)):
        yield "syntax text addition" if isinstance(node.op, ast.Add) else "syntax text repetition"
    elif isinstance(node.op, (ast.Add, ast.Mult)) and any(isinstance(side, ast.List) for side in sides):
        yield "syntax list addition" if isinstance(node.op, ast.Add) else "syntax list repetition"
    else:
        yield from _operator(node.op)


def _unary(node: ast.UnaryOp) -> Iterator[str]:
    if not (isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)):
        yield from _operator(node.op)


def _boolean(node: ast.BoolOp) -> Iterator[str]:
    yield from _operator(node.op)
    if len(node.values) > 2:
        yield "syntax compound condition"


def _compare(node: ast.Compare) -> Iterator[str]:
    if len(node.ops) > 1:
        yield "syntax chained comparison"
    for op, right in zip(node.ops, node.comparators, strict=True):
        against_none = isinstance(right, ast.Constant) and right.value is None
        if isinstance(op, (ast.In, ast.NotIn)) and _is_text(node.left):
            yield "syntax substring test"
        elif isinstance(op, (ast.Is, ast.IsNot)) and against_none:
            yield "syntax none test"
        else:
            yield from _operator(op)


def _subscript(node: ast.Subscript) -> Iterator[str]:
    match node.slice:
        case ast.Slice(step=ast.UnaryOp(op=ast.USub())):
            yield "syntax reversed slice"
        case ast.Slice(step=None):
            yield "syntax slice"
        case ast.Slice():
            yield "syntax stepped slice"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            yield "syntax last item"
        case ast.UnaryOp(op=ast.USub()):
            yield "syntax negative index"
        case ast.Constant(value=str()):
            yield "syntax text key"
        case ast.Constant(value=0):
            yield "syntax first item"
        case ast.Tuple():
            yield "syntax tuple index"
        case ast.BinOp():
            yield "syntax computed index"
        case _:
            yield "syntax item access"


def _constant(node: ast.Constant) -> Iterator[str]:
    value = node.value
    if isinstance(value, bytes):
        yield "syntax bytes"
    elif isinstance(value, float):
        yield "syntax float"
    elif isinstance(value, complex):
        yield "syntax complex"
    elif isinstance(value, int) and not isinstance(value, bool) and value in _TELLING_NUMBERS:
        yield f"number {value}"
    elif isinstance(value, str) and len(value) > 4:
        if "\n" in value.strip():
            yield "syntax text block"
        yield from (f"language {name}" for name, pattern in _LANGUAGES if pattern.search(value[:2000]))


def _comprehension(node: ast.comprehension) -> Iterator[str]:
    if node.ifs:
        yield "syntax filtered comprehension"


def _tuple(node: ast.Tuple) -> Iterator[str]:
    if isinstance(node.ctx, ast.Load):
        yield "syntax tuple"


def _dict_literal(node: ast.Dict) -> Iterator[str]:
    if None in node.keys:
        yield "syntax dict unpacking"
    if len(node.keys) >= 4:
        yield "syntax lookup table"


def _operator(op: ast.AST) -> Iterator[str]:
    if type(op) in _OPERATORS:
        yield f"syntax {_OPERATORS[type(op)]}"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


_READERS: dict[type[ast.AST], Callable[..., Iterator[str]]] = {
    ast.AugAssign: _augmented,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.Constant: _constant,
    ast.comprehension: _comprehension,
    ast.Tuple: _tuple,
    ast.Dict: _dict_literal,
}
