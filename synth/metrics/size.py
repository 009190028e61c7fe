"""Lines, functions, classes and files of a solution."""

import ast
from collections.abc import Sequence

from synth.metrics.source import Source


def size(sources: Sequence[Source]) -> dict[str, float]:
    """Return `lines`, `lines_code`, `functions`, `classes` and `files`, summed over the Python files.

    A line of code holds a token that does something: no blank line, comment or docstring. Methods and nested
    functions count as functions, lambdas do not.
    """
    nodes = [node for source in sources for node in ast.walk(source.tree)]
    return {
        "lines": float(sum(_lines(source.text) for source in sources)),
        "lines_code": float(sum(_code_lines(source) for source in sources)),
        "functions": float(sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)),
        "classes": float(sum(isinstance(node, ast.ClassDef) for node in nodes)),
        "files": float(len(sources)),
    }


def _lines(text: str) -> int:
    return text.count("\n") + (bool(text) and not text.endswith("\n"))


def _code_lines(source: Source) -> int:
    return len({line for token in source.tokens for line in range(token.line, token.end_line + 1)})
