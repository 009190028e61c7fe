"""Test files that are plain scripts of asserts: which they are, and how one is run; how test files are compiled."""

import ast
import sys
from collections.abc import Iterable
from types import CodeType, ModuleType

from _pytest.assertion.rewrite import rewrite_asserts

NO_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing raises for text that is no program, or one nested too deeply."""


class ScriptEnded(AssertionError):
    """A script ended itself before its end."""


def is_script(nodes: Iterable[ast.AST]) -> bool:
    """Whether a file, given as all its nodes, defines no tests but asserts something."""
    asserts = False
    for node in nodes:
        if _defines_test(node):
            return False
        asserts = asserts or isinstance(node, ast.Assert)
    return asserts


_explained = [True]


def explain_asserts(wanted: bool) -> None:
    """Whether files compiled from now on have asserts that say what they compared, which takes most of the time."""
    _explained[0] = wanted


def compile_tests(tree: ast.Module, source: bytes, path: str) -> CodeType:
    """The code of a test file; see `explain_asserts`. Changes `tree`."""
    if _explained[0]:
        rewrite_asserts(tree, source, path)
    return compile(tree, path, "exec", dont_inherit=True)


def run_script(path: str) -> None:
    """Run the file as the main program.

    Raises:
        ScriptEnded: it ended itself; also for "success", because the asserts after that did not run.
        BaseException: whatever it raises.
    """
    with open(path, "rb") as file:
        source = file.read()
    code = compile_tests(ast.parse(source), source, path)
    module = ModuleType("__main__")
    module.__file__ = path
    module.__dict__["__builtins__"] = __builtins__
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    try:
        exec(code, module.__dict__)
    except SystemExit as end:
        raise ScriptEnded(f"the script ended itself with SystemExit({end.code!r})").with_traceback(
            end.__traceback__
        ) from end
    finally:
        sys.modules["__main__"] = before


def _defines_test(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name.startswith("test")
    if isinstance(node, ast.ClassDef):
        return "Test" in node.name or any("Test" in ast.unparse(base) for base in node.bases)
    if isinstance(node, ast.ImportFrom):
        return any(alias.name.startswith("test_") or alias.name == "*" for alias in node.names)
    return False
