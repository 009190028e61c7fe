"""Where tests may ask whether two objects are the same, although one process made them and another compares.

Objects of the solution's classes, classes themselves, sentinels and containers that change in place keep their identity
when they cross; numbers, strings and tuples do not. One such side of a comparison is enough: nothing else is the same.
"""

import ast
import builtins
from collections import Counter
from collections.abc import Callable, Iterable

from synth.sandbox.source import dotted

_SETTLED = (bool, type(None), type(...))
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_MAKERS = frozenset({"dict", "list", "object", "set"})


class Identity:
    """What keeps its identity in one test file."""

    def __init__(self, nodes: Iterable[ast.AST], of_solution: Callable[[ast.AST | None], bool]) -> None:
        """`nodes`: all of the file; `of_solution`: whether an expression is something imported from the solution."""
        self._nodes = list(nodes)
        self._of_solution = of_solution
        self._functions = [node for node in self._nodes if isinstance(node, ast.FunctionDef)]

    def holds(self, node: ast.expr) -> bool:
        """Whether the expression's value is the same object in both processes, for all that the text says."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, _SETTLED)
        if isinstance(node, ast.Call) and dotted(node.func) == "type" and len(node.args) == 1:
            return True
        if self._is_made(node) or self.is_class(node):
            return True
        name = dotted(node)
        is_member = "." in name and name.rpartition(".")[2].isupper()
        return name == "NotImplemented" or is_member or is_builtin_class(name) or self._is_always_made(name, node)

    def _is_made(self, node: ast.expr | None) -> bool:
        """Whether the expression makes an object that is changed in place, or one of a class of the solution."""
        if isinstance(node, ast.Call):
            return dotted(node.func) in _MAKERS or self.is_class(node.func)
        return isinstance(node, _DISPLAYS)

    def is_class(self, node: ast.expr) -> bool:
        """Whether it is named like a class of the solution, and not like a constant or a part of a class."""
        *modules, last = dotted(node).split(".")
        constant = last.isupper() and len(last) > 1
        named = last[:1].isupper() and not constant and not any(part[:1].isupper() for part in modules)
        return named and self._of_solution(node)

    def _is_always_made(self, name: str, where: ast.expr) -> bool:
        """Whether everything that the name is ever given is such an object: in its function, or else in the file."""
        if not name:
            return False
        around = next((one for one in self._functions if one.lineno <= where.lineno <= (one.end_lineno or 0)), None)
        local = _given(name, ast.walk(around), self._is_made) if around else None
        return bool(_given(name, self._nodes, self._is_made) if local is None else local)


def is_builtin_class(name: str) -> bool:
    """Whether it is the name of a builtin class."""
    return isinstance(getattr(builtins, name, None), type) if name else False


def _given(name: str, nodes: Iterable[ast.AST], good: Callable[[ast.expr | None], bool]) -> bool | None:
    """Whether all that a name is given there is good; None where it is given nothing."""
    counts: Counter[bool] = Counter()
    for node in nodes:
        if isinstance(node, ast.Assign):
            counts[True] += sum(dotted(target) == name for target in node.targets) if good(node.value) else 0
        elif isinstance(node, ast.AnnAssign):
            counts[True] += dotted(node.target) == name and good(node.value)
        elif isinstance(node, ast.arg):
            counts[False] += node.arg == name
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            counts[False] += dotted(node) == name
    return counts[True] == counts[False] if counts[False] else None
