"""Which test files are plain enough for `plain`, told from their text. What it does not know is not plain."""

import ast
from collections.abc import Iterable, Sequence

_PYTEST = {
    "approx",
    "deprecated_call",
    "fail",
    "importorskip",
    "main",
    "mark",
    "param",
    "raises",
    "RaisesExc",
    "RaisesGroup",
    "skip",
    "warns",
    "xfail",
}
"""What of pytest works without a session."""
_MARKS = {"parametrize", "skip", "skipif", "xfail"}
_SESSION_MARKS = {"filterwarnings", "usefixtures"}
_FOREIGN = {"_pytest", "hypothesis", "pluggy", "doctest", "twisted"}
"""Packages that work together with pytest."""


def not_plain(nodes: Sequence[ast.AST], any_mark: bool) -> str | None:
    """Why a test file, given as all its nodes, needs pytest; None where it does not.

    Args:
        nodes: As `ast.walk` gives them.
        any_mark: Whether marks that pytest itself does not know mean nothing, as without plugins.
    """
    pytests = {alias.asname or "pytest" for alias in _imported(nodes) if alias.name == "pytest"}
    for node in nodes:
        if reason := _import_reason(node) or _name_reason(node, pytests, any_mark) or _definition_reason(node):
            return reason
    return None


def _imported(nodes: Iterable[ast.AST]) -> Iterable[ast.alias]:
    return (alias for node in nodes if isinstance(node, ast.Import) for alias in node.names)


def _import_reason(node: ast.AST) -> str | None:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
        bad = [name for name in names if _top(name) in _FOREIGN or name.startswith(("pytest.", "pytest_"))]
        return f"imports {bad[0]}" if bad else None
    if not isinstance(node, ast.ImportFrom):
        return None
    module = node.module or ""
    if node.level:
        return "imports relatively"
    if _top(module) in _FOREIGN or module.startswith(("pytest.", "pytest_")):
        return f"imports {module}"
    if module == "pytest" and (bad := [alias.name for alias in node.names if alias.name not in _PYTEST]):
        return f"uses pytest.{bad[0]}"
    return None


def _name_reason(node: ast.AST, pytests: set[str], any_mark: bool) -> str | None:
    if isinstance(node, ast.Name) and node.id == "pytest_plugins":
        return "names plugins"
    if not isinstance(node, ast.Attribute):
        return None
    if isinstance(node.value, ast.Name) and node.value.id in pytests and node.attr not in _PYTEST:
        return f"uses pytest.{node.attr}"
    if _is_mark(node.value, pytests) and node.attr not in _MARKS and not (any_mark and node.attr not in _SESSION_MARKS):
        return f"uses the mark {node.attr}"
    return None


def _is_mark(node: ast.expr, pytests: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "mark"
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "mark"
        and isinstance(node.value, ast.Name)
        and node.value.id in pytests
    )


def _definition_reason(node: ast.AST) -> str | None:
    """Fixtures are arguments that no `parametrize` gives; which it gives is seen when the file is loaded."""
    if isinstance(node, ast.Module | ast.ClassDef):
        unittest = isinstance(node, ast.ClassDef) and any("TestCase" in ast.unparse(base) for base in node.bases)
        for child in node.body:
            if reason := _function_reason(child, isinstance(node, ast.ClassDef), unittest):
                return reason
    return None


def _function_reason(node: ast.stmt, method: bool, unittest: bool) -> str | None:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    if node.name.startswith("pytest_") and not method:
        return f"defines the hook {node.name}"
    if not node.name.startswith("test") or unittest:
        return None
    if isinstance(node, ast.AsyncFunctionDef):
        return f"{node.name} is asynchronous"
    wanted = len(node.args.posonlyargs) + len(node.args.args) - len(node.args.defaults)
    if (wanted > method or None in node.args.kw_defaults) and not node.decorator_list:
        return f"{node.name} wants fixtures"
    if _yields(node):
        return f"{node.name} yields"
    return None


def _yields(function: ast.FunctionDef) -> bool:
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(node)
    return False


def _top(module: str) -> str:
    return module.partition(".")[0]
