"""Cutting a file into units: functions and classes of a useful size, with their decorators."""

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_LINES = range(3, 121)
_MOST_CHARACTERS = 8_000

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Unit:
    """One function or class. Lines count from 1, the first decorator's line is the first."""

    name: str
    """Qualified inside the file."""
    kind: Literal["function", "class"]
    line: int
    end_line: int
    code: str
    """Moved to the left margin."""


def cut_units(text: str, tree: ast.Module) -> list[Unit]:
    """Return the units of a file in the order of their lines; `text` has line feeds only and gave `tree`.

    A class of up to 120 lines and 8,000 characters is one unit, its methods included; of a larger one the
    methods are units of their own. What is shorter than 3 lines, or does nothing, is left out. Functions
    inside functions belong to the outer one.
    """
    return list(_units(tree, "", text.split("\n")))


def _units(owner: ast.AST, prefix: str, lines: list[str]) -> Iterator[Unit]:
    for node in _definitions(owner):
        unit = _cut(node, prefix, lines)
        large = unit.end_line - unit.line + 1 >= _LINES.stop or len(unit.code) > _MOST_CHARACTERS
        if large and isinstance(node, ast.ClassDef):
            yield from _units(node, f"{unit.name}.", lines)
        elif not large and unit.end_line - unit.line + 1 >= _LINES.start and not _does_nothing(node):
            yield unit


def _definitions(owner: ast.AST) -> Iterator[Definition]:
    """The functions and classes of a body, those under `if`, `try` and the like included."""
    waiting = deque(ast.iter_child_nodes(owner))
    while waiting:
        node = waiting.popleft()
        if isinstance(node, Definition):
            yield node
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            waiting.extendleft(reversed(list(ast.iter_child_nodes(node))))


def _cut(node: Definition, prefix: str, lines: list[str]) -> Unit:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno or node.lineno
    indent = lines[first - 1][: node.col_offset]
    return Unit(
        name=f"{prefix}{node.name}",
        kind="class" if isinstance(node, ast.ClassDef) else "function",
        line=first,
        end_line=last,
        code="\n".join(line.removeprefix(indent) for line in lines[first - 1 : last]),
    )


def _does_nothing(node: Definition) -> bool:
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in node.body
    )
