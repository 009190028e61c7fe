"""Halstead's measures, twice (EpiCoder Tables 2 and 11): as radon counts them, and from the tokens.

radon counts arithmetic, boolean and comparison operators only; calls, assignments and keywords are nothing to
it, so its volume is 0 for much real code. The token count has no such gaps. The two are never mixed.
"""

import ast
import keyword
import math
from collections.abc import Sequence
from dataclasses import dataclass

from radon.visitors import HalsteadVisitor

from synth.metrics.source import Source, Token

_CONSTANTS = {"True", "False", "None", "..."}
_CLOSING = {")", "]", "}"}

COLUMNS = (
    "unique_operators",
    "unique_operands",
    "total_operators",
    "total_operands",
    "length",
    "vocabulary",
    "volume",
    "difficulty",
    "effort",
    "time",
    "bugs",
)
"""The four counts of Table 2, then the measures of Table 11."""


@dataclass(frozen=True, slots=True)
class Halstead:
    """The four counts, and the formulas of Table 11 over them."""

    unique_operators: int
    unique_operands: int
    total_operators: int
    total_operands: int

    @property
    def length(self) -> int:
        """N = N1 + N2."""
        return self.total_operators + self.total_operands

    @property
    def vocabulary(self) -> int:
        """n = n1 + n2."""
        return self.unique_operators + self.unique_operands

    @property
    def volume(self) -> float:
        """V = N log2 n, in bits; 0 where nothing is counted."""
        return self.length * math.log2(self.vocabulary) if self.vocabulary else 0.0

    @property
    def difficulty(self) -> float:
        """D = n1 / 2 x N2 / n2; 0 where there is no operand."""
        return self.unique_operators / 2 * self.total_operands / self.unique_operands if self.unique_operands else 0.0

    @property
    def effort(self) -> float:
        """E = D V."""
        return self.difficulty * self.volume

    @property
    def time(self) -> float:
        """T = E / 18, in seconds."""
        return self.effort / 18

    @property
    def bugs(self) -> float:
        """B = V / 3000."""
        return self.volume / 3000

    def values(self, prefix: str) -> dict[str, float]:
        """Every column under `<prefix>_<column>`."""
        return {f"{prefix}_{column}": float(getattr(self, column)) for column in COLUMNS}


def radon_halstead(sources: Sequence[Source]) -> Halstead:
    """Count as radon does, all files as one program: what two files share is one unique operator or operand.

    Raises `RecursionError` for code nested more deeply than radon can walk.
    """
    program = ast.Module(body=[statement for source in sources for statement in source.tree.body], type_ignores=[])
    visitor = HalsteadVisitor.from_ast(program)
    return Halstead(visitor.distinct_operators, visitor.distinct_operands, visitor.operators, visitor.operands)


def token_halstead(sources: Sequence[Source]) -> Halstead:
    """Count every token that does something, all files as one program.

    Operators: keywords (`def`, `return`, `in`, ...), operators and delimiters (`=`, `.`, `,`, `:`, `->`, ...),
    and brackets, a pair counted once. Operands: names (`match`, `case` and `type` too), numbers, strings,
    `True`, `False`, `None` and `...`. Neither: comments, docstrings, layout, and what is inside an f-string,
    which is one operand. Two tokens are the same operand where their text is the same.
    """
    tokens = [token for source in sources for token in source.tokens if token.text not in _CLOSING]
    operators = [token.text for token in tokens if _is_operator(token)]
    operands = [token.text for token in tokens if not _is_operator(token)]
    return Halstead(len(set(operators)), len(set(operands)), len(operators), len(operands))


def _is_operator(token: Token) -> bool:
    if token.text in _CONSTANTS:
        return False
    return token.kind == "OP" or (token.kind == "NAME" and keyword.iskeyword(token.text))
