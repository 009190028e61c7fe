"""How often each control-flow statement and boolean operation occurs (EpiCoder Table 13)."""

import ast
from collections import Counter
from collections.abc import Sequence

from synth.metrics.source import Source

_STATEMENTS: dict[type[ast.AST], str] = {
    ast.If: "if",
    ast.While: "while",
    ast.For: "for",
    ast.AsyncFor: "for",
    ast.ExceptHandler: "except",
    ast.Return: "return",
    ast.Break: "break",
    ast.Continue: "continue",
}

COLUMNS = ("if", "while", "for", "and", "or", "except", "return", "break", "continue", "bool_op")
"""The columns of Table 13, in its order."""


def control_flow(sources: Sequence[Source]) -> dict[str, float]:
    """Return `control_<column>` for each column, summed over the files.

    Statements count, so `elif` is an `if`, while a conditional expression and the loops and conditions of
    a comprehension are none. `except` counts handlers. `a and b and c` is two `and` and one `bool_op`.
    """
    counts: Counter[str] = Counter()
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.BoolOp):
                counts["bool_op"] += 1
                counts["and" if isinstance(node.op, ast.And) else "or"] += len(node.values) - 1
            elif type(node) in _STATEMENTS:
                counts[_STATEMENTS[type(node)]] += 1
    return {f"control_{column}": float(counts[column]) for column in COLUMNS}
