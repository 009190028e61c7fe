"""Signs that statements give by their form alone: definitions, branches, loops, exceptions, assignments."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the code a node stands."""

    loops: int = 0
    conditions: int = 0
    functions: tuple[str, ...] = ()
    """Names of the functions around it, outermost first."""
    in_class: bool = False
    """Directly in the body of a class."""


_PLAIN: dict[type[ast.AST], str] = {
    ast.Assert: "assert",
    ast.Break: "break",
    ast.Continue: "continue",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.Delete: "delete",
    ast.AsyncFor: "async for",
    ast.AsyncWith: "async with",
    ast.Match: "match",
    ast.AnnAssign: "annotated variable",
}


def statement_signs(node: ast.AST, place: Place) -> Iterator[str]:
    """What a statement shows, as `syntax ...` and `parameter ...`."""
    kind = type(node)
    if kind in _PLAIN:
        yield f"syntax {_PLAIN[kind]}"
    if kind in _READERS:
        yield from _READERS[kind](node, place)


def _function(node: Function, place: Place) -> Iterator[str]:
    spec = node.args
    shapes = {
        "nested function": bool(place.functions),
        "method": place.in_class,
        "plain function": not place.in_class and not (spec.args and spec.args[0].arg in ("self", "cls")),
        "async function": isinstance(node, ast.AsyncFunctionDef),
        "default parameter": bool(spec.defaults),
        "keyword-only parameter": bool(spec.kwonlyargs),
        "positional-only parameter": bool(spec.posonlyargs),
        "variable arguments": spec.vararg is not None,
        "keyword arguments": spec.kwarg is not None,
        "parameter annotation": any(arg.annotation for arg in (*spec.args, *spec.kwonlyargs)),
        "return annotation": node.returns is not None,
        "docstring": ast.get_docstring(node, clean=False) is not None,
        "many statements": len(node.body) >= 8,
        "one statement": len(node.body) == 1 and not isinstance(node.body[0], ast.Pass),
    }
    yield from (f"syntax {name}" for name, there in shapes.items() if there)
    yield from (f"parameter {arg.arg}" for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))


def _class(node: ast.ClassDef, place: Place) -> Iterator[str]:
    yield "syntax class"
    plain = [base for base in node.bases if not (isinstance(base, ast.Name) and base.id == "object")]
    shapes = {
        "inheritance": bool(plain),
        "multiple inheritance": len(plain) > 1,
        "metaclass": any(word.arg == "metaclass" for word in node.keywords),
        "nested class": place.in_class or bool(place.functions),
        "class docstring": ast.get_docstring(node, clean=False) is not None,
        "class constant": any(isinstance(item, ast.Assign) for item in node.body),
        "class method table": sum(isinstance(item, Function) for item in node.body) >= 6,
    }
    yield from (f"syntax {name}" for name, there in shapes.items() if there)


def _if(node: ast.If, place: Place) -> Iterator[str]:
    yield "syntax if"
    if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        yield "syntax elif"
    elif node.orelse:
        yield "syntax else"
    if place.conditions > 1:
        yield "syntax nested condition"


def _loop(node: ast.For | ast.While, place: Place) -> Iterator[str]:
    endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
    yield "syntax for" if isinstance(node, ast.For) else "syntax endless loop" if endless else "syntax while"
    if place.loops:
        yield "syntax nested loop"
    if node.orelse:
        yield "syntax loop else"
    if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple):
        yield "syntax unpacking in loop"


def _try(node: ast.Try, place: Place) -> Iterator[str]:
    if node.handlers:
        yield "syntax try"
    shapes = {
        "finally": bool(node.finalbody),
        "try else": bool(node.orelse),
        "several handlers": len(node.handlers) > 1,
        "try in loop": place.loops > 0,
        "narrow try": len(node.body) == 1,
    }
    yield from (f"syntax {name}" for name, there in shapes.items() if there)


def _handler(node: ast.ExceptHandler, _: Place) -> Iterator[str]:
    names = [node.type.id] if isinstance(node.type, ast.Name) else []
    if node.type is None or names == ["Exception"] or names == ["BaseException"]:
        yield "syntax catch all"
    if isinstance(node.type, ast.Tuple):
        yield "syntax tuple of exceptions"
    first = node.body[0]
    if isinstance(first, ast.Pass):
        yield "syntax ignored exception"
    if isinstance(first, ast.Return):
        value = first.value
        empty = value is None or (isinstance(value, ast.Constant) and value.value is None)
        yield "syntax none on failure" if empty else "syntax value on failure"
    if isinstance(first, ast.Assign):
        yield "syntax default on failure"


def _raise(node: ast.Raise, _: Place) -> Iterator[str]:
    yield "syntax raise" if node.exc else "syntax re-raise"
    if node.cause is not None:
        yield "syntax exception chaining"
    if isinstance(node.exc, ast.Call) and any(isinstance(arg, (ast.JoinedStr, ast.BinOp)) for arg in node.exc.args):
        yield "syntax error message with values"


def _with(node: ast.With | ast.AsyncWith, _: Place) -> Iterator[str]:
    yield "syntax with"
    if len(node.items) > 1:
        yield "syntax several context managers"


def _return(node: ast.Return, place: Place) -> Iterator[str]:
    if node.value is not None:
        yield "syntax return value"
    if isinstance(node.value, ast.Tuple):
        yield "syntax return tuple"
    if place.loops:
        yield "syntax return in loop"


def _assign(node: ast.Assign, _: Place) -> Iterator[str]:
    if len(node.targets) > 1:
        yield "syntax chained assignment"
    for target in node.targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            yield "syntax unpacking"
            if any(isinstance(item, ast.Starred) for item in target.elts):
                yield "syntax starred unpacking"
        elif isinstance(target, ast.Subscript):
            yield "syntax slice assignment" if isinstance(target.slice, ast.Slice) else "syntax item assignment"
        elif isinstance(target, ast.Attribute):
            own = isinstance(target.value, ast.Name) and target.value.id == "self"
            yield "syntax own state" if own else "syntax attribute assignment"


_READERS: dict[type[ast.AST], Callable[..., Iterator[str]]] = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.If: _if,
    ast.For: _loop,
    ast.While: _loop,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.ExceptHandler: _handler,
    ast.Raise: _raise,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Return: _return,
    ast.Assign: _assign,
}
